/*
 * The x87 unit as the engine sees it: one call for every D8..DF instruction,
 * and the state instructions of the 0F AE group.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_FPU_X87_H
#define TARGET_I386_FPU_X87_H

struct CPUArchState;

/*
 * Does one instruction of the D8..DF escapes, all checks (#NM, #MF, #UD)
 * included. @insn packs what the decoder saw, see X87_INSN(). For memory
 * forms @ea is the linear address; @seg_offset the offset part of it (goes to
 * the FPU's data pointer). May leave by an exception with nothing changed;
 * env->eip must be that of the instruction. Flags must be up to date in env
 * for FCMOV, and are written for FCOMI.
 */
void x87_exec(struct CPUArchState *env, uint32_t insn, uint64_t ea,
              uint64_t seg_offset);

/*
 * @escape: 0..7 for D8..DF; @modrm: the byte; @opsize: operand size in bytes
 * (2, 4 or 8), which selects the 16 or 32-bit environment image; @seg: index
 * of the data segment (R_DS...).
 */
#define X87_INSN(escape, modrm, opsize, seg) \
    ((uint32_t)(escape) | (modrm) << 8 | (opsize) << 16 | (seg) << 24)

/* True when the instruction reads or writes EFLAGS (FCMOVcc, FCOMI...). */
static inline bool x87_uses_eflags(unsigned escape, uint8_t modrm)
{
    unsigned reg = modrm >> 3 & 7;

    return modrm >= 0xc0 &&
           (((escape == 2 || escape == 3) && reg < 4) ||
            ((escape == 3 || escape == 7) && (reg == 5 || reg == 6)));
}

/* Raises #MF when an unmasked x87 exception is pending. */
void x87_check_pending(struct CPUArchState *env);

/* WAIT/FWAIT: raises #NM (CR0.MP and TS) or a pending #MF. */
void x87_wait(struct CPUArchState *env);

/* FXSAVE and FXRSTOR (0F AE /0, /1); @rexw selects the 64-bit pointers. */
void x87_fxsave(struct CPUArchState *env, uint64_t ea, bool rexw);
void x87_fxrstor(struct CPUArchState *env, uint64_t ea, bool rexw);

/* LDMXCSR and STMXCSR (0F AE /2, /3), checks included. */
void sse_ldmxcsr(struct CPUArchState *env, uint64_t ea);
void sse_stmxcsr(struct CPUArchState *env, uint64_t ea);

/* FNINIT: the state after it; also what reset starts from. */
void x87_init_state(struct CPUArchState *env);

#endif

/*
 * Instructions that the engine does not translate into micro-operations but
 * calls: segment loads, far transfers, system instructions, x87, SSE. Each is
 * described by an X86Insn, found by x86_sys_lookup() (sys-table.c), or by the
 * interfaces of fpu-x87.h and sse.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_HELPERS_H
#define TARGET_I386_HELPERS_H

#include "cpu.h"

typedef struct X86Insn X86Insn;

/*
 * Does the instruction. env->eip is its address, env->insn_len its length;
 * @ea is the linear address of the memory operand (0 without one), of which
 * neither limit nor canonicity has been checked beyond what cpu_ld and cpu_st do.
 */
typedef void X86InsnFn(CPUX86State *env, const X86Insn *insn, uint64_t ea);

enum {
    X86_MAP_1 = 0,          /* one-byte opcodes */
    X86_MAP_0F = 1,
    X86_MAP_0F38 = 2,
    X86_MAP_0F3A = 3,
};

enum {
    X86_PFX_66 = 1 << 0,
    X86_PFX_F3 = 1 << 1,    /* the last of F2 and F3 is recorded */
    X86_PFX_F2 = 1 << 2,
    X86_PFX_LOCK = 1 << 3,
    X86_PFX_67 = 1 << 4,
    X86_PFX_REX = 1 << 5,   /* any REX: byte registers are SPL, BPL... */
};

/* What the engine has to do around the call (X86Insn.flags). */
enum {
    /* Changes the mode, interrupt flag, translation or code: look around. */
    X86I_END = 1 << 0,
    /* fn always stores the address to go on at in env->eip (far jumps). */
    X86I_JUMP = 1 << 1,
    /* Reads or writes arithmetic flags, through cpu.h's accessors. */
    X86I_READS_CC = 1 << 2,
    X86I_WRITES_CC = 1 << 3,
    /* The operand is a code address or is not accessed: do not form @ea. */
    X86I_NO_EA = 1 << 4,
    /* LOCK is legal with a memory operand. */
    X86I_LOCK_OK = 1 << 5,
};

struct X86Insn {
    X86InsnFn *fn;
    uint8_t flags;          /* X86I_* */
    uint8_t map;            /* X86_MAP_* */
    uint8_t opcode;
    uint8_t prefixes;       /* X86_PFX_* */
    uint8_t modrm;          /* whole byte; 0 if the opcode has none */
    uint8_t reg;            /* ModRM.reg with REX.R: 0..15 */
    uint8_t rm;             /* ModRM.rm with REX.B: 0..15; register form only */
    bool has_mem;           /* memory form: @ea is its linear address */
    bool rexw;
    uint8_t opsize;         /* operand size in bytes: 2, 4, 8 */
    uint8_t adsize;         /* address size in bytes: 2, 4, 8 */
    uint8_t seg;            /* R_*: segment of the memory operand */
    uint8_t len;            /* length of the whole instruction */
    uint64_t imm;           /* immediate, sign extended; far pointer offset */
    uint16_t imm2;          /* far pointer selector; second immediate */
};

/*
 * Fills in->fn and in->flags for an instruction whose prefixes, opcode and
 * ModRM byte are in @in (immediates not yet), or returns false: #UD.
 * Features that the CPU model lacks are refused here; conditions that can
 * change at run time (CPL, CR0, CR4 bits) are for fn to check.
 *
 * Asked for (room cpusys):
 *   map 1:  07 17 1F (POP seg) 62 (BOUND) 63 (ARPL, not in 64-bit mode)
 *           8E (MOV seg) 9A EA (far immediate) 9B (WAIT) C4 C5 (LES, LDS)
 *           CA CB (RETF) CC CD CE F1 (INT) CF (IRET) FF /3 /5 (far indirect)
 *   map 0F: 00 01 (groups, all members) 02 03 05 06 07 08 09 0B B9 FF (UD)
 *           20-23 30-33 34 35 77 A1 A9 (POP FS, GS) A2 AA
 *           AE (group 15, memory and register forms but the fences)
 *           B2 B4 B5 (LSS, LFS, LGS) C7 /6 /7 (RDRAND, RDSEED, RDPID)
 * Everything else of integer kind is the engine's; x87 goes to x87_exec(),
 * what sse_lookup() knows to sse_exec().
 */
bool x86_sys_lookup(const CPUX86State *env, X86Insn *in);

/*
 * #GP(0) unless the current privilege may use @size ports from @port on
 * (IOPL, else the TSS bitmap). Called before every IN, OUT, INS, OUTS.
 */
void x86_check_io(CPUX86State *env, uint16_t port, unsigned size);

/* Sets a CPU's CPUID from its model and properties; false and @errp if bad. */
bool x86_cpu_init_cpuid(X86CPU *cpu, Error **errp);

/* Linear address of an offset in a segment, without a limit check. */
static inline uint64_t x86_linear(const CPUX86State *env, int seg,
                                  uint64_t offset)
{
    if (env->hflags & HF_CS64_MASK) {
        return seg >= R_FS ? env->segs[seg].base + offset : offset;
    }
    return (uint32_t)(env->segs[seg].base + offset);
}

#endif

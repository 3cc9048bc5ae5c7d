/*
 * The MMX and SSE instructions as a table: the decoder asks sse_lookup() for
 * the entry of an opcode and learns from it whether an immediate follows, how
 * wide the memory operand is and which register files are meant; sse_exec()
 * carries the instruction out. Decoding of prefixes and ModRM, and the fast
 * forms of plain moves, belong to the engine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_SSE_H
#define TARGET_I386_SSE_H

struct CPUArchState;

/* Opcode maps, by the bytes in front of the opcode. */
enum {
    SSE_MAP_0F = 0,
    SSE_MAP_0F38 = 1,
    SSE_MAP_0F3A = 2,
};

/* The mandatory prefix; F2 and F3 win over 66, the later one of F2/F3 wins. */
enum {
    SSE_PFX_NONE = 0,
    SSE_PFX_66 = 1,
    SSE_PFX_F3 = 2,
    SSE_PFX_F2 = 3,
};

/* What an operand is. */
typedef enum SseOperand {
    SSE_NONE = 0,
    SSE_XMM,            /* 16 bytes of an SSE register */
    SSE_MMX,            /* 8 bytes of an MMX register */
    SSE_GPR,            /* general register: 64 bits with REX.W, else 32 */
    SSE_MEM,            /* memory, SseOp.mem_bytes wide */
} SseOperand;

enum {
    SSE_F_IMM8 = 1 << 0,    /* an immediate byte ends the instruction */
    SSE_F_STORE = 1 << 1,   /* ModRM.rm is the destination, .reg the source */
    SSE_F_ALIGNED = 1 << 2, /* memory operand must be 16-byte aligned */
    SSE_F_COMPARE = 1 << 3, /* both operands are read; the result is EFLAGS */
    SSE_F_MMX = 1 << 4,     /* touches MMX state: #MF, tags, top of stack */
    SSE_F_FP = 1 << 5,      /* may raise SIMD floating-point exceptions */
    SSE_F_NO_XMM = 1 << 6,  /* no XMM state: CR4.OSFXSR does not matter */
    SSE_F_SPECIAL = 1 << 7, /* fn does its own operand access (MASKMOV) */
    SSE_F_NO_STATE = 1 << 8, /* neither XMM nor MMX (CRC32): never #NM */
};

/*
 * The work of one instruction. @dst and @src point to the operands, each in
 * at least 16 bytes that the instruction may read whole; bytes beyond a
 * narrower memory operand are zero. General registers come and go as
 * uint64_t. @src may equal @dst. May leave by raising #XM, with nothing
 * written.
 */
typedef void SseFn(struct CPUArchState *env, void *dst, const void *src,
                   unsigned imm);

typedef struct SseOp {
    SseFn *fn;
    uint8_t dst;        /* SseOperand */
    uint8_t src;        /* SseOperand */
    uint8_t mem_bytes;  /* width of the memory operand; 0 without one */
    uint16_t flags;     /* SSE_F_* */
} SseOp;

/*
 * The entry of an instruction, or NULL when the opcode is not one of ours or
 * the CPU model lacks it (then #UD). @rexw: REX.W was given. @modrm: the
 * whole byte (it tells register from memory forms, and the group member).
 * The entry lives for ever. When SSE_F_IMM8 is set the decoder must fetch one
 * more byte.
 */
const SseOp *sse_lookup(struct CPUArchState *env, unsigned map,
                        unsigned prefix, uint8_t opcode, bool rexw,
                        uint8_t modrm);

/*
 * Does the instruction, all checks (#UD, #NM, #MF, #GP for alignment)
 * included. @reg and @rm are register numbers with REX bits applied; @rm is
 * ignored for a memory form, and @ea then is the linear address (segment base
 * added). @rexw as in the lookup. May leave by an exception, with no state
 * changed except MXCSR flags for #XM; env->eip must be the instruction's.
 */
void sse_exec(struct CPUArchState *env, const SseOp *op, unsigned reg,
              unsigned rm, uint64_t ea, unsigned imm, bool rexw);

/*
 * The checks of sse_exec() alone, for engines that do moves themselves:
 * raises #UD or #NM as the manual says, or returns.
 */
void sse_check(struct CPUArchState *env, const SseOp *op);

/*
 * EMMS. LDMXCSR and STMXCSR, FXSAVE and FXRSTOR are in fpu-x87.h
 */
void sse_emms(struct CPUArchState *env);

#endif

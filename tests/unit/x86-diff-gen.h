/*
 * The generator's inner interface: an encoder for single instructions and the
 * choice of operands, used by the integer and the vector part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_UNIT_X86_DIFF_GEN_H
#define TESTS_UNIT_X86_DIFF_GEN_H

#include "x86-diff.h"

#define F_C 0x001u
#define F_P 0x004u
#define F_A 0x010u
#define F_Z 0x040u
#define F_S 0x080u
#define F_O 0x800u
#define F_ALL (F_C | F_P | F_A | F_Z | F_S | F_O)

typedef struct Gen {
    DiffRng rng;
    DiffProgram *p;
    unsigned pos;               /* in p->code */
    unsigned undefined;         /* flags without a defined value now */
    unsigned marks;
    uint64_t pointer[16];       /* values of the reserved registers */
    bool mode32;
    bool in_loop;               /* R11 (EDI) counts: not to be written */
    bool rex;                   /* this instruction may have a REX prefix */
} Gen;

/* A register or memory operand in the r/m place. */
typedef struct Rm {
    bool mem;
    uint8_t reg;                /* register form */
    uint8_t modrm;              /* memory form: mod and rm bits, REX below */
    bool has_sib;
    uint8_t sib;
    uint8_t rex;                /* X and B bits */
    uint8_t disp_bytes;
    int32_t disp;
    bool rip;                   /* disp is an absolute address yet */
    bool addr32;                /* 67 prefix */
} Rm;

typedef struct Insn {
    uint8_t prefix;             /* mandatory or repeat prefix, or 0 */
    bool opsize16;              /* 66 */
    bool lock;
    bool rexw;
    bool rex_empty;             /* REX without bits (SPL, SIL...) */
    uint8_t map;                /* 0 one byte, 1 0F, 2 0F38, 3 0F3A */
    uint8_t op;
    int reg;                    /* -1: no ModRM */
    Rm rm;
    uint8_t op_reg;             /* added to the opcode, with REX.B */
    bool has_op_reg;
    uint8_t imm_bytes;
    uint64_t imm;
} Insn;

void gen_emit(Gen *g, const Insn *in);

/* Plain bytes of code. */
void gen_put(Gen *g, uint8_t byte);
void gen_put_le(Gen *g, uint64_t value, unsigned bytes);

/* A destination that is not reserved; any register as a source. */
unsigned gen_dst(Gen *g);
unsigned gen_src(Gen *g);

/*
 * Byte registers as encoded, for instructions made with g->rex as it is:
 * with REX SIL and DIL, else AH, CH and DH.
 */
unsigned gen_dst8(Gen *g);
unsigned gen_src8(Gen *g);

/* Lets this instruction have REX prefixes, mostly, where they exist. */
void gen_choose_rex(Gen *g);

/* An address for @bytes, mostly inside the data area. */
uint64_t gen_address(Gen *g, unsigned bytes, bool aligned);

/* A memory operand of @bytes in or near the data area. */
Rm gen_mem(Gen *g, unsigned bytes, bool aligned);
Rm gen_reg_rm(unsigned reg);

/* Register (@reg) or memory, three to two. */
Rm gen_rm(Gen *g, unsigned reg, unsigned bytes);

uint64_t gen_value(Gen *g);

/* Flags: make sure @used are defined now; record what @in leaves. */
void gen_need_flags(Gen *g, unsigned used);
void gen_flags(Gen *g, unsigned defined, unsigned undefined);
/* What is undefined from here on; after each instruction. */
void gen_mark(Gen *g);

/* One instruction (or a short idiom) of a family. */
void gen_integer(Gen *g);
void gen_string(Gen *g);
void gen_misc(Gen *g);
/* An instruction that others may jump over or repeat. */
void gen_simple(Gen *g);
/* Flags that condition @cc looks at. */
unsigned gen_condition_flags(unsigned cc);
void gen_sse(Gen *g);
void gen_x87(Gen *g);
void gen_fp_state(Gen *g);

/* Random register contents of x87 and SSE. */
void gen_fx_state(Gen *g, DiffFx *fx, unsigned families);

#endif

/*
 * The translator's own state and the functions by which its parts emit
 * micro-operations: translate.c (blocks), translate-1.c (one-byte opcodes),
 * translate-0f.c (the others).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_TRANSLATE_H
#define TARGET_I386_TRANSLATE_H

#include "alu.h"
#include "decode.h"
#include "ops.h"
#include "uop.h"
#include "uop-call.h"

#define BLOCK_MAX_INSNS 64
#define BLOCK_MAX_UOPS  (2 * BLOCK_MAX_INSNS + 8)

/* Classes of arithmetic flags for liveness. */
enum {
    LIVE_C = 1,         /* CF */
    LIVE_R = 2,         /* the rest */
    LIVE_ALL = 3,
};

/* What is known of a micro-operation besides what it becomes. */
typedef struct UopMeta {
    uint8_t reads;      /* LIVE_*: flags it needs */
    uint8_t writes;     /* flags it sets whole */
    bool merges;        /* keeps some flags by computing them: reads all */
    UopFn *dead;        /* handler when nothing of what it writes is needed */
    UopFn *carry_dead;  /* handler when CF is not needed (INC, DEC) */
} UopMeta;

/* The last micro-operation is a comparison that a jump can swallow. */
typedef struct Fusable {
    UopFn *const *table;    /* [cond], or NULL: nothing to fuse with */
    int uop;                /* its index */
} Fusable;

typedef struct Translator {
    CPUX86State *env;
    unsigned mode;          /* X86_MODE_* */
    bool mode64;
    uint64_t eip;           /* of the block */
    unsigned off;           /* current instruction, from the block's start */
    unsigned next;          /* the one after it */
    unsigned insns;
    DecodedInsn d;
    bool ended;             /* the block cannot go on */
    bool lock_used;         /* LOCK is legal for what was emitted */
    bool bad;               /* #UD after all */
    unsigned cond_kind;     /* COND_*: of the flags after what was emitted */
    Fusable fuse;

    unsigned n;             /* micro-operations */
    MicroOp ops[BLOCK_MAX_UOPS];
    UopMeta meta[BLOCK_MAX_UOPS];
    /* How the block ends. */
    bool has_exit;
    int64_t target[2];      /* distance from the block's start */
    bool used[2];
} Translator;

/* Appends a micro-operation for the current instruction. */
MicroOp *tr_emit(Translator *t, UopFn *fn);

/* About the last one emitted. */
UopMeta *tr_meta(Translator *t);
void tr_may_fault(Translator *t);

/* Word and byte-offset names of registers. */
static inline unsigned tr_reg(const Translator *t, unsigned r, unsigned log2)
{
    if (log2 == 0) {
        if (r >= 4 && r < 8 && !(t->d.i.prefixes & X86_PFX_REX)) {
            return (r - 4) * 8 + 1;
        }
        return r * 8;
    }
    return r;
}

static inline unsigned tr_log2(unsigned bytes)
{
    return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
}

/* Fills in the memory operand; returns the cheapest form that can do it. */
unsigned tr_mem(Translator *t, MicroOp *op);

/*
 * Emits an "any" handler for ModRM.rm as operand of 1 << @log2 bytes, register
 * or memory, with LOCK if given and @lockable.
 */
MicroOp *tr_any(Translator *t, UopFn *fn, unsigned log2, bool lockable);

/* The current instruction raises #UD (or @vector). */
void tr_undefined(Translator *t);
void tr_raise(Translator *t, int vector);

/* The block ends behind the current instruction, by way of the run loop. */
void tr_end(Translator *t);

/* The last micro-operation has exits: to t->next, and to @target if given. */
void tr_exit_fall(Translator *t);
void tr_exit_jump(Translator *t, int64_t target);

/* Distance of a relative jump's target from the block's start. */
int64_t tr_branch_target(Translator *t);

/* Calls out: an X86Insn of the system table, SSE or x87; false: unknown. */
bool tr_system(Translator *t);
bool tr_sse(Translator *t);

/* ops-sse.c: a fast form to stand before the general one, if there is one. */
void tr_sse_fast(Translator *t);
void tr_x87(Translator *t);

/* Table entry of the cheapest address form that exists, from @form up. */
#define PICK(form, expr)                                                    \
    __extension__({                                                         \
        UopFn *fn_ = NULL;                                                  \
        for (unsigned f = (form); f < UOP_FORMS && !fn_; f++) {             \
            fn_ = (expr);                                                   \
        }                                                                   \
        fn_;                                                                \
    })

/* translate-alu.c */
enum { TR_COUNT_IMM, TR_COUNT_ONE, TR_COUNT_CL };
void tr_alu_rm_reg(Translator *t, unsigned alu, unsigned log2);
void tr_alu_rm_imm(Translator *t, unsigned alu, unsigned log2);
void tr_alu_reg_imm(Translator *t, unsigned alu, unsigned log2,
                    unsigned r0, int32_t imm);
void tr_classic(Translator *t, uint8_t opcode);
void tr_shift_group(Translator *t, unsigned log2, int count_from);
void tr_group_3(Translator *t, unsigned log2);
void tr_inc_dec(Translator *t, bool dec, unsigned log2);
void tr_imul_imm(Translator *t);

/* translate-mov.c */
void tr_mov_store(Translator *t, unsigned log2);
void tr_mov_load(Translator *t, unsigned log2);
void tr_mov_reg_imm(Translator *t, unsigned reg, unsigned log2);
void tr_mov_rm_imm(Translator *t, unsigned log2);
void tr_mov_moffs(Translator *t, uint8_t opcode);
void tr_mov_from_seg(Translator *t);
void tr_movsxd(Translator *t);
void tr_lea(Translator *t);
void tr_xchg(Translator *t, unsigned log2);

/* translate-1.c */
void tr_jcc(Translator *t, unsigned cond);
void tr_push_seg(Translator *t, unsigned seg);

/* One instruction of each map; unknown ones become #UD. */
void tr_map_1(Translator *t);
void tr_map_0f(Translator *t);
void tr_map_0f38(Translator *t);

/*
 * Makes the block for env->pc, decoded with @mode, and puts it into the block
 * cache. Raises what the fetch of the first instruction raises. blocks.c owns
 * the result; it may drop every other block to make room.
 */
Block *x86_translate(CPUX86State *env, uint64_t linear, unsigned mode);

#endif

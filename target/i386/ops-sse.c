/*
 * Fast forms of the SSE moves and bitwise operations that compilers and string
 * functions use most. Each stands in front of the general micro-operation of
 * the same instruction: it skips it, or, when anything is unusual (a fault, a
 * disabled unit, device memory), leaves the work to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "ops.h"
#include "translate.h"
#include "uop.h"

/* No #UD and no #NM ahead. */
static QEMU_ALWAYS_INLINE bool sse_ready(const CPUX86State *env)
{
    return (env->hflags & (HF_EM_MASK | HF_TS_MASK | HF_OSFXSR_MASK)) ==
           HF_OSFXSR_MASK;
}

#define SSE_HANDLER(name, body, ...)                                        \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        bool done = likely(sse_ready(env)) && body(env, op, __VA_ARGS__);   \
                                                                            \
        UOP_RUN(env, op + 1 + done);                                        \
    }

/* Host address of a 16-byte operand, or NULL. */
static QEMU_ALWAYS_INLINE void *operand16(CPUX86State *env,
                                          const MicroOp *op,
                                          const unsigned form,
                                          const bool aligned,
                                          const bool write)
{
    const SoftTLBEntry *e;
    uint64_t ea;

    if (!uop_ea(env, op, form, 4, write, false, &ea) ||
        (aligned && (ea & 15))) {
        return NULL;
    }
    e = softtlb_entry(env, ea);
    if (unlikely((write ? e->addr_write : e->addr_read) !=
                 ((ea + 15) & TARGET_PAGE_MASK))) {
        return NULL;
    }
    return (void *)(e->addend + ea);
}

static QEMU_ALWAYS_INLINE bool load16(CPUX86State *env, const MicroOp *op,
                                      const unsigned form, const bool aligned)
{
    const void *p = operand16(env, op, form, aligned, false);

    if (!p) {
        return false;
    }
    memcpy(&env->xmm_regs[op->r0], p, 16);
    return true;
}

static QEMU_ALWAYS_INLINE bool store16(CPUX86State *env, const MicroOp *op,
                                       const unsigned form,
                                       const bool aligned)
{
    void *p = operand16(env, op, form, aligned, true);

    if (!p) {
        return false;
    }
    memcpy(p, &env->xmm_regs[op->r0], 16);
    return true;
}

/* 4 or 8 bytes into the low part; the rest becomes zero. */
static QEMU_ALWAYS_INLINE bool load_low(CPUX86State *env, const MicroOp *op,
                                        const unsigned form,
                                        const unsigned log2)
{
    uint64_t ea, v;

    if (!uop_ea(env, op, form, log2, false, false, &ea) ||
        !uop_ld(env, ea, log2, false, &v)) {
        return false;
    }
    env->xmm_regs[op->r0].q[0] = v;
    env->xmm_regs[op->r0].q[1] = 0;
    return true;
}

static QEMU_ALWAYS_INLINE bool store_low(CPUX86State *env, const MicroOp *op,
                                         const unsigned form,
                                         const unsigned log2)
{
    uint64_t ea;

    return uop_ea(env, op, form, log2, true, false, &ea) &&
           uop_st(env, ea, log2, false, env->xmm_regs[op->r0].q[0]);
}

/* Between registers: xmm r0, xmm or general register r1. */
enum { REG_MOV, REG_XOR, REG_OR, REG_AND, REG_FROM_GPR, REG_TO_GPR };

static QEMU_ALWAYS_INLINE bool between(CPUX86State *env, const MicroOp *op,
                                       const int kind, const unsigned log2)
{
    X86XMMReg *a = &env->xmm_regs[op->r0];
    const X86XMMReg *b = &env->xmm_regs[op->r1];

    switch (kind) {
    case REG_MOV:
        *a = *b;
        break;
    case REG_XOR:
        a->x ^= b->x;
        break;
    case REG_OR:
        a->x |= b->x;
        break;
    case REG_AND:
        a->x &= b->x;
        break;
    case REG_FROM_GPR:
        a->x = (unsigned __int128)rd(env, op->r1, log2);
        break;
    default:
        wr(env, op->r1, log2, a->q[0]);
        break;
    }
    return true;
}

#define FORMS(name, body, arg) \
    SSE_HANDLER(name##_0, body, 0, arg) \
    SSE_HANDLER(name##_1, body, 1, arg) \
    SSE_HANDLER(name##_2, body, 2, arg) \
    static UopFn *const name[UOP_FORMS] = { name##_0, name##_1, name##_2 };
FORMS(load_aligned, load16, true)
FORMS(load_any, load16, false)
FORMS(store_aligned, store16, true)
FORMS(store_any, store16, false)
FORMS(load_4, load_low, 2)
FORMS(load_8, load_low, 3)
FORMS(store_4, store_low, 2)
FORMS(store_8, store_low, 3)
SSE_HANDLER(reg_mov, between, REG_MOV, 0)
SSE_HANDLER(reg_xor, between, REG_XOR, 0)
SSE_HANDLER(reg_or, between, REG_OR, 0)
SSE_HANDLER(reg_and, between, REG_AND, 0)
SSE_HANDLER(from_gpr_4, between, REG_FROM_GPR, 2)
SSE_HANDLER(from_gpr_8, between, REG_FROM_GPR, 3)
SSE_HANDLER(to_gpr_4, between, REG_TO_GPR, 2)
SSE_HANDLER(to_gpr_8, between, REG_TO_GPR, 3)

/* ---- Choosing --------------------------------------------------------- */

/*
 * Which instruction is what: by opcode, and by mandatory prefix (a set of
 * 1: none, 2: 66, 4: F3, 8: F2). @swapped: ModRM.rm is the destination.
 */
typedef struct FastSse {
    uint8_t opcode;
    uint8_t prefixes;
    bool swapped;
    UopFn *const *mem;      /* by address form, or NULL */
    UopFn *reg;             /* or NULL */
} FastSse;

enum { P_NONE = 1, P_66 = 2, P_F3 = 4, P_F2 = 8 };

static const FastSse fast[] = {
    { 0x10, P_NONE | P_66, false, load_any, reg_mov },
    { 0x10, P_F3, false, load_4, NULL },
    { 0x10, P_F2, false, load_8, NULL },
    { 0x11, P_NONE | P_66, true, store_any, reg_mov },
    { 0x11, P_F3, true, store_4, NULL },
    { 0x11, P_F2, true, store_8, NULL },
    { 0x13, P_NONE | P_66, true, store_8, NULL },
    { 0x28, P_NONE | P_66, false, load_aligned, reg_mov },
    { 0x29, P_NONE | P_66, true, store_aligned, reg_mov },
    { 0x2b, P_NONE | P_66, true, store_aligned, NULL },
    { 0x54, P_NONE | P_66, false, NULL, reg_and },
    { 0x56, P_NONE | P_66, false, NULL, reg_or },
    { 0x57, P_NONE | P_66, false, NULL, reg_xor },
    { 0x6f, P_66, false, load_aligned, reg_mov },
    { 0x6f, P_F3, false, load_any, reg_mov },
    { 0x7e, P_F3, false, load_8, NULL },
    { 0x7f, P_66, true, store_aligned, reg_mov },
    { 0x7f, P_F3, true, store_any, reg_mov },
    { 0xd6, P_66, true, store_8, NULL },
    { 0xdb, P_66, false, NULL, reg_and },
    { 0xe7, P_66, true, store_aligned, NULL },
    { 0xeb, P_66, false, NULL, reg_or },
    { 0xef, P_66, false, NULL, reg_xor },
};

static unsigned prefix_bit(const X86Insn *in)
{
    return in->prefixes & X86_PFX_F3 ? P_F3 : in->prefixes & X86_PFX_F2 ? P_F2
           : in->prefixes & X86_PFX_66 ? P_66 : P_NONE;
}

static void emit_mem(Translator *t, UopFn *const *handlers, unsigned reg)
{
    MicroOp *op = tr_emit(t, uop_nop);

    op->fn = handlers[tr_mem(t, op)];
    op->r0 = reg;
}

static void emit_reg(Translator *t, UopFn *handler, unsigned r0, unsigned r1)
{
    MicroOp *op = tr_emit(t, handler);

    op->r0 = r0;
    op->r1 = r1;
    tr_may_fault(t);
}

/* MOVD and MOVQ between xmm and general registers, or memory. */
static void movd(Translator *t)
{
    const X86Insn *in = &t->d.i;
    bool load = in->opcode == 0x6e;

    if (!in->has_mem) {
        emit_reg(t, load ? in->rexw ? from_gpr_8 : from_gpr_4
                         : in->rexw ? to_gpr_8 : to_gpr_4, in->reg, in->rm);
    } else if (load) {
        emit_mem(t, in->rexw ? load_8 : load_4, in->reg);
    } else {
        emit_mem(t, in->rexw ? store_8 : store_4, in->reg);
    }
}

void tr_sse_fast(Translator *t)
{
    const X86Insn *in = &t->d.i;
    unsigned prefix = prefix_bit(in);

    if (in->map != X86_MAP_0F) {
        return;
    }
    if ((in->opcode == 0x6e || in->opcode == 0x7e) && prefix == P_66) {
        movd(t);
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(fast); i++) {
        const FastSse *f = &fast[i];

        if (f->opcode != in->opcode || !(f->prefixes & prefix)) {
            continue;
        }
        if (in->has_mem && f->mem) {
            emit_mem(t, f->mem, in->reg);
        } else if (!in->has_mem && f->reg) {
            emit_reg(t, f->reg, f->swapped ? in->rm : in->reg,
                     f->swapped ? in->reg : in->rm);
        }
        return;
    }
}

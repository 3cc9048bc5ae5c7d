/*
 * Handlers of stack instructions in every width of operand and stack, and the
 * address forms that know about segments. The common 64-bit PUSH and POP are in
 * ops-mov.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "any.h"
#include "excp.h"
#include "ops.h"
#include "stack.h"

/* ---- Segmented addresses ---------------------------------------------- */

/* True when [@offset, @offset + @size) lies within the segment. */
static bool within_limit(const SegmentCache *sc, uint32_t offset,
                         unsigned size)
{
    uint32_t last = offset + size - 1;

    if (last < offset) {
        return false;
    }
    if ((sc->flags & (DESC_CS_MASK | DESC_E_MASK)) == DESC_E_MASK) {
        uint32_t top = sc->flags & DESC_B_MASK ? UINT32_MAX : 0xffff;

        return offset > sc->limit && last <= top;
    }
    return last <= sc->limit;
}

uint64_t uop_segment_address(CPUX86State *env, int seg, uint64_t offset,
                             unsigned size, bool write)
{
    const SegmentCache *sc = &env->segs[seg];
    bool bad;

    if (env->hflags & HF_CS64_MASK) {
        return seg >= R_FS ? sc->base + offset : offset;
    }
    bad = !within_limit(sc, offset, size);
    if (!x86_real_or_vm86(env)) {
        bool code = sc->flags & DESC_CS_MASK;

        bad |= !(sc->flags & DESC_P_MASK);
        bad |= write ? code || !(sc->flags & DESC_W_MASK)
                     : code && !(sc->flags & DESC_R_MASK);
    }
    if (bad) {
        raise_exception_err(env, seg == R_SS ? EXCP0C_STACK : EXCP0D_GPF, 0);
    }
    return (uint32_t)(sc->base + offset);
}

uint64_t uop_full_address_plus(CPUX86State *env, const MicroOp *op,
                               int64_t delta, unsigned size, bool write)
{
    uint64_t ea = W(op->r1) + (W(op->r2) << op->scale) + op->disp + delta;

    switch (op->aux & UOP_AM_SIZE) {
    case 1:
        ea = (uint16_t)ea;
        break;
    case 2:
        ea = (uint32_t)ea;
        break;
    }
    if (op->aux & UOP_AM_BASE) {
        return ea + env->segs[op->seg].base;
    }
    if (op->aux & UOP_AM_FLAT) {
        return ea;
    }
    return uop_segment_address(env, op->seg, ea, size, write);
}

uint64_t uop_full_address(CPUX86State *env, const MicroOp *op, unsigned size,
                          bool write)
{
    return uop_full_address_plus(env, op, 0, size, write);
}

/* ---- PUSH, POP -------------------------------------------------------- */

static QEMU_ALWAYS_INLINE void push_any(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    stack_push(env, log2, any_load(env, op, log2));
}

static QEMU_ALWAYS_INLINE void push_imm(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    stack_push(env, log2, (int64_t)op->imm);
}

static QEMU_ALWAYS_INLINE void push_seg(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    stack_push(env, log2, env->segs[op->imm].selector);
}

/* POP r/m: a memory address that uses rSP sees it already incremented. */
static QEMU_ALWAYS_INLINE void pop_any(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2)
{
    uint64_t v = stack_peek(env, log2, 0);

    if (op->aux & UOP_AM_REG) {
        stack_drop(env, 1u << log2);
        wr(env, op->r1, log2, v);
    } else {
        int64_t delta = op->r1 == R_ESP ? 1 << log2 : 0;
        uint64_t ea = uop_full_address_plus(env, op, delta, 1u << log2, true);

        uop_st(env, ea, log2, true, v);
        stack_drop(env, 1u << log2);
    }
}

static QEMU_ALWAYS_INLINE void pusha(CPUX86State *env, const MicroOp *op,
                                     const unsigned log2)
{
    unsigned size = 1u << log2;

    /* The lowest slot first: a fault there leaves nothing half done. */
    for (int i = 7; i >= 0; i--) {
        stack_poke(env, log2, -(int64_t)(i + 1) * size, env->regs[i]);
    }
    stack_drop(env, -8 * (int)size);
}

static QEMU_ALWAYS_INLINE void popa(CPUX86State *env, const MicroOp *op,
                                    const unsigned log2)
{
    uint64_t v[8];

    for (int i = 0; i < 8; i++) {
        v[7 - i] = stack_peek(env, log2, (int64_t)i << log2);
    }
    for (int i = 0; i < 8; i++) {
        if (i != R_ESP) {
            wr(env, i, log2, v[i]);
        }
    }
    stack_drop(env, 8u << log2);
}

/* ENTER: imm64 holds the frame size and, above it, the nesting level. */
static QEMU_ALWAYS_INLINE void enter(CPUX86State *env, const MicroOp *op,
                                     const unsigned log2)
{
    unsigned size = 1u << log2, bytes = op->disp & 0xffff;
    unsigned level = op->imm & 31;
    uint64_t sp = env->regs[R_ESP], frame = sp - size;
    uint64_t bp = env->regs[R_EBP];
    int64_t down = -(int64_t)size;

    stack_poke(env, log2, down, bp);
    if (level) {
        for (unsigned i = 1; i < level; i++) {
            uint64_t v = stack_load(env, log2, bp - i * size);

            down -= size;
            stack_poke(env, log2, down, v);
        }
        down -= size;
        stack_poke(env, log2, down, frame);
    }
    /* The final top of stack must be writable before anything changes. */
    cpu_probe(env, stack_address(env, sp + down - bytes, 1, true), 1,
              MMU_DATA_STORE);
    wr(env, R_EBP, stack_log2(env), frame);
    stack_drop(env, bytes - down);
}

static QEMU_ALWAYS_INLINE void leave_any(CPUX86State *env, const MicroOp *op,
                                         const unsigned log2)
{
    uint64_t bp = env->regs[R_EBP], v = stack_load(env, log2, bp);

    wr(env, R_ESP, stack_log2(env), bp);
    stack_drop(env, 1u << log2);
    wr(env, R_EBP, log2, v);
}

/* ---- PUSHF, POPF ------------------------------------------------------ */

static void check_vm86_iopl(CPUX86State *env)
{
    if ((env->hflags & HF_VM_MASK) && (env->eflags & IOPL_MASK) != IOPL_MASK) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

static QEMU_ALWAYS_INLINE void pushf(CPUX86State *env, const MicroOp *op,
                                     const unsigned log2)
{
    check_vm86_iopl(env);
    stack_push(env, log2,
               cpu_compute_eflags(env) & ~(uint64_t)(VM_MASK | RF_MASK));
}

static QEMU_ALWAYS_INLINE void popf(CPUX86State *env, const MicroOp *op,
                                    const unsigned log2)
{
    uint64_t mask = CC_ALL | TF_MASK | DF_MASK | NT_MASK | AC_MASK | ID_MASK |
                    RF_MASK, v;
    unsigned iopl = env->eflags >> IOPL_SHIFT & 3;

    check_vm86_iopl(env);
    v = stack_peek(env, log2, 0) & ~(uint64_t)RF_MASK;
    stack_drop(env, 1u << log2);
    if (env->hflags & HF_VM_MASK) {
        mask |= IF_MASK;
    } else {
        mask |= x86_cpl(env) == 0 ? IOPL_MASK : 0;
        mask |= x86_cpl(env) <= iopl ? IF_MASK : 0;
    }
    cpu_load_eflags(env, v, log2 == 1 ? mask & 0xffff : mask);
}

#define STACK(log2) \
    UOP_ANY_HANDLER(push_any_##log2, push_any, log2) \
    UOP_ANY_HANDLER(push_imm_##log2, push_imm, log2) \
    UOP_ANY_HANDLER(push_seg_##log2, push_seg, log2) \
    UOP_ANY_HANDLER(pop_any_##log2, pop_any, log2) \
    UOP_ANY_HANDLER(pusha_##log2, pusha, log2) \
    UOP_ANY_HANDLER(popa_##log2, popa, log2) \
    UOP_ANY_HANDLER(enter_##log2, enter, log2) \
    UOP_ANY_HANDLER(leave_##log2, leave_any, log2) \
    UOP_ANY_HANDLER(pushf_##log2, pushf, log2) \
    UOP_ANY_HANDLER(popf_##log2, popf, log2)
STACK(1)
STACK(2)
STACK(3)

#define ENTRY(name) { [1] = name##_1, [2] = name##_2, [3] = name##_3 }
UopFn *const uop_push_any[4] = ENTRY(push_any);
UopFn *const uop_push_imm[4] = ENTRY(push_imm);
UopFn *const uop_push_seg[4] = ENTRY(push_seg);
UopFn *const uop_pop_any[4] = ENTRY(pop_any);
UopFn *const uop_pusha[4] = ENTRY(pusha);
UopFn *const uop_popa[4] = ENTRY(popa);
UopFn *const uop_enter[4] = ENTRY(enter);
UopFn *const uop_leave[4] = ENTRY(leave);
UopFn *const uop_pushf[4] = ENTRY(pushf);
UopFn *const uop_popf[4] = ENTRY(popf);

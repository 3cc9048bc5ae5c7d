/*
 * Handlers of shifts and rotations. Counts arrive masked to 5 or 6 bits; a
 * count of zero changes neither operand nor flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "any.h"
#include "ops.h"
#include "uop.h"

/* Flags of a rotation: CF and OF new, the others as they were. */
static QEMU_ALWAYS_INLINE void rotate_flags(CPUX86State *env, unsigned carry,
                                            unsigned overflow)
{
    uint32_t cc = cpu_cc_compute(env) & ~(CC_C | CC_O);

    cpu_set_cc(env, cc | (carry ? CC_C : 0) | (overflow ? CC_O : 0));
}

/* Rotation by @count within the width plus CF. */
static QEMU_ALWAYS_INLINE uint64_t rotate_carry(CPUX86State *env,
                                                const bool right,
                                                const unsigned log2,
                                                uint64_t a, unsigned count)
{
    const unsigned width = 8u << log2;
    unsigned carry = cpu_cc_carry(env), top = width - 1;

    count = log2 < 2 ? count % (width + 1) : count;
    if (!count) {
        return a;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned out;

        if (right) {
            out = a & 1;
            a = zext(a >> 1 | (uint64_t)carry << top, log2);
        } else {
            out = a >> top & 1;
            a = zext(a << 1 | carry, log2);
        }
        carry = out;
    }
    rotate_flags(env, carry, right ? (a >> top ^ a >> (top - 1)) & 1
                                   : (a >> top & 1) ^ carry);
    return a;
}

/* The result of any of the eight for a count that is not zero; sets flags. */
static QEMU_ALWAYS_INLINE uint64_t shift(CPUX86State *env, const int kind,
                                         const unsigned log2,
                                         const bool flags, uint64_t a,
                                         unsigned count)
{
    const unsigned width = 8u << log2, top = width - 1;
    uint64_t r, last;

    switch (kind) {
    case SHIFT_ROL:
    case SHIFT_ROR:
        last = kind == SHIFT_ROL ? count % width : (width - count) % width;
        r = zext(last ? a << last | a >> (width - last) : a, log2);
        if (flags) {
            if (kind == SHIFT_ROL) {
                rotate_flags(env, r & 1, (r ^ r >> top) & 1);
            } else {
                rotate_flags(env, r >> top & 1, (r >> top ^ r >> (top - 1)) & 1);
            }
        }
        return r;
    case SHIFT_RCL:
    case SHIFT_RCR:
        return rotate_carry(env, kind == SHIFT_RCR, log2, a, count);
    case SHIFT_SHL:
    case SHIFT_SAL:
        last = zext(a << (count - 1), log2);
        r = zext(last << 1, log2);
        break;
    case SHIFT_SHR:
        last = a >> (count - 1);
        r = last >> 1;
        break;
    default:
        last = sext(a, log2) >> (count - 1);
        r = zext((int64_t)last >> 1, log2);
        last = zext(last, log2);
        break;
    }
    if (flags) {
        env->cc_dst = r;
        env->cc_src = last;
        env->cc_op = (kind == SHIFT_SHL || kind == SHIFT_SAL
                      ? CC_OP_SHL : CC_OP_SAR) + log2;
    }
    return r;
}

/* The count in CL as the operand width masks it. */
static QEMU_ALWAYS_INLINE unsigned count_cl(CPUX86State *env,
                                            const unsigned log2)
{
    return env->regs[R_ECX] & (log2 == 3 ? 63 : 31);
}

static QEMU_ALWAYS_INLINE void shift_ri(CPUX86State *env, const MicroOp *op,
                                        const int kind, const unsigned log2,
                                        const bool flags)
{
    wr(env, op->r0, log2,
       shift(env, kind, log2, flags, rd(env, op->r0, log2), op->imm));
}

static QEMU_ALWAYS_INLINE void shift_rc(CPUX86State *env, const MicroOp *op,
                                        const int kind, const unsigned log2)
{
    unsigned count = count_cl(env, log2);

    if (count) {
        wr(env, op->r0, log2,
           shift(env, kind, log2, true, rd(env, op->r0, log2), count));
    } else if (log2 == 2) {
        W(op->r0) = (uint32_t)W(op->r0);
    }
}

/* Memory, count in imm or CL. The flags follow a store that cannot fail. */
static QEMU_ALWAYS_INLINE void shift_mem(CPUX86State *env, const MicroOp *op,
                                         const bool cl, const int kind,
                                         const unsigned log2)
{
    unsigned count = cl ? count_cl(env, log2) : op->imm;
    AnyOperand o;
    uint64_t old;

    any_open(env, op, log2, &o);
    old = any_get(env, op, log2, &o);
    if (count) {
        any_put(env, op, log2, &o, old,
                shift(env, kind, log2, true, old, count));
    }
}

#define WIDTHS(X, kind) X(kind, 0) X(kind, 1) X(kind, 2) X(kind, 3)
#define KINDS(X) \
    WIDTHS(X, 0) WIDTHS(X, 1) WIDTHS(X, 2) WIDTHS(X, 3) WIDTHS(X, 4) \
    WIDTHS(X, 5) WIDTHS(X, 6) WIDTHS(X, 7)
#define DEAD(X) \
    X(0, 2) X(0, 3) X(1, 2) X(1, 3) X(4, 2) X(4, 3) X(5, 2) X(5, 3) \
    X(6, 2) X(6, 3) X(7, 2) X(7, 3)

#define RI(kind, log2) \
    UOP_REG_HANDLER(ri_##kind##_##log2, shift_ri, kind, log2, true)
#define RI_DEAD(kind, log2) \
    UOP_REG_HANDLER(rin_##kind##_##log2, shift_ri, kind, log2, false)
#define RC(kind, log2) \
    UOP_REG_HANDLER(rc_##kind##_##log2, shift_rc, kind, log2)
#define MEM(kind, log2) \
    UOP_ANY_HANDLER(mi_##kind##_##log2, shift_mem, false, kind, log2) \
    UOP_ANY_HANDLER(mc_##kind##_##log2, shift_mem, true, kind, log2)
KINDS(RI)
DEAD(RI_DEAD)
KINDS(RC)
KINDS(MEM)

#define RI_ENTRY(kind, log2) [0][kind][log2] = ri_##kind##_##log2,
#define RIN_ENTRY(kind, log2) [1][kind][log2] = rin_##kind##_##log2,
#define RC_ENTRY(kind, log2) [kind][log2] = rc_##kind##_##log2,
#define MEM_ENTRY(kind, log2) \
    [0][kind][log2] = mi_##kind##_##log2, [1][kind][log2] = mc_##kind##_##log2,
UopFn *const uop_shift_ri[2][8][4] = { KINDS(RI_ENTRY) DEAD(RIN_ENTRY) };
UopFn *const uop_shift_rc[8][4] = { KINDS(RC_ENTRY) };
UopFn *const uop_shift_mem[2][8][4] = { KINDS(MEM_ENTRY) };

/* ---- SHLD, SHRD ------------------------------------------------------- */

/* The operand takes @count bits of r0 in; 16-bit counts above 16 rotate on. */
static QEMU_ALWAYS_INLINE void shxd(CPUX86State *env, const MicroOp *op,
                                    const bool right, const bool cl,
                                    const unsigned log2)
{
    const unsigned width = 8u << log2;
    unsigned count = cl ? count_cl(env, log2)
                        : op->imm & (log2 == 3 ? 63 : 31);
    uint64_t in = rd(env, op->r0, log2), old, last, r;
    AnyOperand o;

    any_open(env, op, log2, &o);
    old = any_get(env, op, log2, &o);
    if (!count) {
        if (log2 == 2 && (op->aux & UOP_AM_REG)) {
            W(op->r1) = old;
        }
        return;
    }
    if (right) {
        unsigned __int128 both = (unsigned __int128)in << width | old;

        if (log2 == 1) {
            both |= (unsigned __int128)old << 32;
        }
        last = both >> (count - 1);
        r = both >> count;
    } else {
        unsigned __int128 both = (unsigned __int128)old << width | in;

        if (log2 == 1) {
            both = both << 16 | old;
            last = both >> (33 - count);
            r = both >> (32 - count);
        } else {
            last = both >> (width - count + 1);
            r = both >> (width - count);
        }
    }
    r = zext(r, log2);
    any_put(env, op, log2, &o, old, r);
    env->cc_dst = r;
    env->cc_src = zext(last, log2);
    env->cc_op = (right ? CC_OP_SAR : CC_OP_SHL) + log2;
}

#define SHXD_WIDTHS(X, right, cl) \
    X(right, cl, 1) X(right, cl, 2) X(right, cl, 3)
#define SHXDS(X) \
    SHXD_WIDTHS(X, 0, 0) SHXD_WIDTHS(X, 0, 1) \
    SHXD_WIDTHS(X, 1, 0) SHXD_WIDTHS(X, 1, 1)
#define SHXD(right, cl, log2) \
    UOP_ANY_HANDLER(shxd_##right##_##cl##_##log2, shxd, right, cl, log2)
SHXDS(SHXD)
#define SHXD_ENTRY(right, cl, log2) \
    [right][cl][log2] = shxd_##right##_##cl##_##log2,
UopFn *const uop_shxd[2][2][4] = { SHXDS(SHXD_ENTRY) };

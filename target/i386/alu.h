/*
 * The eight classic operations and TEST: results and lazy flags, written once
 * for all operand forms and widths. Everything here is inlined with constants.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_ALU_H
#define TARGET_I386_ALU_H

#include "uop.h"

/* As the opcodes number them; TEST behind. */
enum {
    ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP,
    ALU_TEST,
    ALU_OPS,
};

static QEMU_ALWAYS_INLINE bool alu_stores(const int alu)
{
    return alu != ALU_CMP && alu != ALU_TEST;
}

static QEMU_ALWAYS_INLINE bool alu_uses_carry(const int alu)
{
    return alu == ALU_ADC || alu == ALU_SBB;
}

/* CF as a number; the usual predecessors of ADC and SBB inline. */
static QEMU_ALWAYS_INLINE unsigned alu_carry_in(CPUX86State *env,
                                                const int alu)
{
    if (!alu_uses_carry(alu)) {
        return 0;
    }
    if (env->cc_op - CC_OP_ADD < 4) {
        return env->cc_dst < env->cc_src;
    }
    return cpu_cc_carry(env);
}

static QEMU_ALWAYS_INLINE uint64_t alu_result(const int alu,
                                              const unsigned log2,
                                              uint64_t a, uint64_t b,
                                              unsigned carry)
{
    uint64_t r;

    switch (alu) {
    case ALU_ADD:
        r = a + b;
        break;
    case ALU_ADC:
        r = a + b + carry;
        break;
    case ALU_OR:
        r = a | b;
        break;
    case ALU_SBB:
        r = a - b - carry;
        break;
    case ALU_AND:
    case ALU_TEST:
        r = a & b;
        break;
    case ALU_SUB:
    case ALU_CMP:
        r = a - b;
        break;
    default:
        r = a ^ b;
        break;
    }
    return zext(r, log2);
}

/* Records result and second operand (both of the operand's width). */
static QEMU_ALWAYS_INLINE void alu_flags(CPUX86State *env, const int alu,
                                         const unsigned log2, uint64_t res,
                                         uint64_t b, unsigned carry)
{
    env->cc_dst = res;
    switch (alu) {
    case ALU_ADD:
        env->cc_src = b;
        env->cc_op = CC_OP_ADD + log2;
        break;
    case ALU_ADC:
        env->cc_src = b;
        env->cc_op = CC_OP_ADD + log2 + 4 * carry;
        break;
    case ALU_SUB:
    case ALU_CMP:
        env->cc_src = b;
        env->cc_op = CC_OP_SUB + log2;
        break;
    case ALU_SBB:
        env->cc_src = b;
        env->cc_op = CC_OP_SUB + log2 + 4 * carry;
        break;
    default:
        env->cc_op = CC_OP_LOGIC + log2;
        break;
    }
}

/* An immediate as second operand. */
static QEMU_ALWAYS_INLINE uint64_t alu_imm(const MicroOp *op,
                                           const unsigned log2)
{
    return zext((int64_t)op->imm, log2);
}

/* reg op= b */
static QEMU_ALWAYS_INLINE void alu_reg(CPUX86State *env, const MicroOp *op,
                                       const int alu, const unsigned log2,
                                       const bool flags, uint64_t b)
{
    uint64_t a = rd(env, op->r0, log2);
    unsigned carry = alu_carry_in(env, alu);
    uint64_t r = alu_result(alu, log2, a, b, carry);

    if (alu_stores(alu)) {
        wr(env, op->r0, log2, r);
    }
    if (flags) {
        alu_flags(env, alu, log2, r, b, carry);
    }
}

static QEMU_ALWAYS_INLINE void alu_rr(CPUX86State *env, const MicroOp *op,
                                      const int alu, const unsigned log2,
                                      const bool flags)
{
    alu_reg(env, op, alu, log2, flags, rd(env, op->r1, log2));
}

static QEMU_ALWAYS_INLINE void alu_ri(CPUX86State *env, const MicroOp *op,
                                      const int alu, const unsigned log2,
                                      const bool flags)
{
    alu_reg(env, op, alu, log2, flags, alu_imm(op, log2));
}

/* reg op= [mem] */
static QEMU_ALWAYS_INLINE bool alu_rm(CPUX86State *env, const MicroOp *op,
                                      const int alu, const unsigned log2,
                                      const unsigned form, const bool flags,
                                      const bool slow)
{
    uint64_t ea, b;

    if (!uop_ea(env, op, form, log2, false, slow, &ea) ||
        !uop_ld(env, ea, log2, slow, &b)) {
        return false;
    }
    alu_reg(env, op, alu, log2, flags, b);
    return true;
}

/* [mem] op= b; CMP and TEST only read. */
static QEMU_ALWAYS_INLINE bool alu_mem(CPUX86State *env, const MicroOp *op,
                                       const int alu, const unsigned log2,
                                       const unsigned form, uint64_t b,
                                       const bool slow)
{
    uint64_t ea, a, r;
    unsigned carry;
    void *p = NULL;

    if (!uop_ea(env, op, form, log2, alu_stores(alu), slow, &ea)) {
        return false;
    }
    if (!alu_stores(alu)) {
        if (!uop_ld(env, ea, log2, slow, &a)) {
            return false;
        }
        r = alu_result(alu, log2, a, b, 0);
        alu_flags(env, alu, log2, r, b, 0);
        return true;
    }
    if (!uop_rmw(env, ea, log2, slow, &p)) {
        return false;
    }
    carry = alu_carry_in(env, alu);
    if (!slow || p) {
        r = alu_result(alu, log2, host_ld(p, log2), b, carry);
        host_st(p, log2, r);
        if (slow) {
            cpu_rmw_done(env, ea, 1u << log2);
        }
    } else {
        uop_ld(env, ea, log2, true, &a);
        r = alu_result(alu, log2, a, b, carry);
        uop_st(env, ea, log2, true, r);
    }
    alu_flags(env, alu, log2, r, b, carry);
    return true;
}

static QEMU_ALWAYS_INLINE bool alu_mr(CPUX86State *env, const MicroOp *op,
                                      const int alu, const unsigned log2,
                                      const unsigned form, const bool slow)
{
    return alu_mem(env, op, alu, log2, form, rd(env, op->r0, log2), slow);
}

static QEMU_ALWAYS_INLINE bool alu_mi(CPUX86State *env, const MicroOp *op,
                                      const int alu, const unsigned log2,
                                      const unsigned form, const bool slow)
{
    return alu_mem(env, op, alu, log2, form, alu_imm(op, log2), slow);
}

/* Tables: the translator picks handlers from these. NULL: use a wider form. */
extern UopFn *const uop_alu_rr[2][ALU_OPS][4];      /* [flags dead] */
extern UopFn *const uop_alu_ri[2][ALU_OPS][4];
extern UopFn *const uop_alu_rm[2][UOP_FORMS][ALU_OPS][4];
extern UopFn *const uop_alu_mr[UOP_FORMS][ALU_OPS][4];
extern UopFn *const uop_alu_mi[UOP_FORMS][ALU_OPS][4];

#endif

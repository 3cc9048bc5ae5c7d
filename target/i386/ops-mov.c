/*
 * Handlers that move data: MOV, MOVZX, MOVSX, LEA, PUSH and POP in 64-bit
 * mode, CMOV and SETcc.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cond.h"
#include "ops.h"
#include "uop.h"

/* ---- Registers and immediates ----------------------------------------- */

static QEMU_ALWAYS_INLINE void mov_rr(CPUX86State *env, const MicroOp *op,
                                      const unsigned log2)
{
    wr(env, op->r0, log2, rd(env, op->r1, log2));
}

static QEMU_ALWAYS_INLINE void mov_ri(CPUX86State *env, const MicroOp *op,
                                      const unsigned log2)
{
    wr(env, op->r0, log2, op->imm64);
}

/* The value of a narrow register, wider: 1 << @from to 1 << @to bytes. */
static QEMU_ALWAYS_INLINE void movx_rr(CPUX86State *env, const MicroOp *op,
                                       const unsigned from, const unsigned to,
                                       const bool sign)
{
    uint64_t v = rd(env, op->r1, from);

    wr(env, op->r0, to, sign ? (uint64_t)sext(v, from) : v);
}

UOP_REG_HANDLER(mov_rr_0, mov_rr, 0)
UOP_REG_HANDLER(mov_rr_1, mov_rr, 1)
UOP_REG_HANDLER(mov_rr_2, mov_rr, 2)
UOP_REG_HANDLER(mov_rr_3, mov_rr, 3)
UOP_REG_HANDLER(mov_ri_0, mov_ri, 0)
UOP_REG_HANDLER(mov_ri_1, mov_ri, 1)
UOP_REG_HANDLER(mov_ri_3, mov_ri, 3)

UopFn *const uop_mov_rr[4] = { mov_rr_0, mov_rr_1, mov_rr_2, mov_rr_3 };
/* 32-bit immediates are kept zero extended: the 64-bit handler serves. */
UopFn *const uop_mov_ri[4] = { mov_ri_0, mov_ri_1, mov_ri_3, mov_ri_3 };

/* ---- Loads ------------------------------------------------------------ */

/* reg = [mem], widened from 1 << @from to 1 << @to bytes. */
static QEMU_ALWAYS_INLINE bool mov_rm(CPUX86State *env, const MicroOp *op,
                                      const unsigned from, const unsigned to,
                                      const bool sign, const unsigned form,
                                      const bool slow)
{
    uint64_t ea, v;

    if (!uop_ea(env, op, form, from, false, slow, &ea) ||
        !uop_ld(env, ea, from, slow, &v)) {
        return false;
    }
    wr(env, op->r0, to, sign ? (uint64_t)sext(v, from) : v);
    return true;
}

#define LOADS(X) \
    X(0, 0, 0) X(1, 1, 0) X(2, 2, 0) X(3, 3, 0) \
    X(0, 1, 0) X(0, 2, 0) X(1, 2, 0) \
    X(0, 1, 1) X(0, 2, 1) X(0, 3, 1) X(1, 2, 1) X(1, 3, 1) X(2, 3, 1)

#define LOAD(from, to, sign) \
    UOP_MEM_HANDLER(ld_##from##_##to##_##sign##_0, mov_rm, from, to, sign, 0) \
    UOP_MEM_HANDLER(ld_##from##_##to##_##sign##_1, mov_rm, from, to, sign, 1) \
    UOP_MEM_HANDLER(ld_##from##_##to##_##sign##_2, mov_rm, from, to, sign, 2)
LOADS(LOAD)

#define LOAD_ENTRY(from, to, sign) \
    [0][sign][from][to] = ld_##from##_##to##_##sign##_0, \
    [1][sign][from][to] = ld_##from##_##to##_##sign##_1, \
    [2][sign][from][to] = ld_##from##_##to##_##sign##_2,
UopFn *const uop_load[UOP_FORMS][2][4][4] = {
    LOADS(LOAD_ENTRY)
};

#define WIDENINGS(X) \
    X(0, 1, 0) X(0, 2, 0) X(1, 2, 0) \
    X(0, 1, 1) X(0, 2, 1) X(0, 3, 1) X(1, 2, 1) X(1, 3, 1) X(2, 3, 1)
#define WIDEN(from, to, sign) \
    UOP_REG_HANDLER(movx_##from##_##to##_##sign, movx_rr, from, to, sign)
WIDENINGS(WIDEN)
#define WIDEN_ENTRY(from, to, sign) \
    [sign][from][to] = movx_##from##_##to##_##sign,
UopFn *const uop_movx_rr[2][4][4] = {
    WIDENINGS(WIDEN_ENTRY)
};

/* ---- Stores ----------------------------------------------------------- */

static QEMU_ALWAYS_INLINE bool mov_mr(CPUX86State *env, const MicroOp *op,
                                      const unsigned log2, const unsigned form,
                                      const bool slow)
{
    uint64_t ea;

    return uop_ea(env, op, form, log2, true, slow, &ea) &&
           uop_st(env, ea, log2, slow, rd(env, op->r0, log2));
}

static QEMU_ALWAYS_INLINE bool mov_mi(CPUX86State *env, const MicroOp *op,
                                      const unsigned log2, const unsigned form,
                                      const bool slow)
{
    uint64_t ea;

    return uop_ea(env, op, form, log2, true, slow, &ea) &&
           uop_st(env, ea, log2, slow, (int64_t)op->imm);
}

#define WIDTHS(X) X(0) X(1) X(2) X(3)
#define STORE(log2) \
    UOP_MEM_HANDLER(st_##log2##_0, mov_mr, log2, 0) \
    UOP_MEM_HANDLER(st_##log2##_1, mov_mr, log2, 1) \
    UOP_MEM_HANDLER(st_##log2##_2, mov_mr, log2, 2) \
    UOP_MEM_HANDLER(sti_##log2##_0, mov_mi, log2, 0) \
    UOP_MEM_HANDLER(sti_##log2##_1, mov_mi, log2, 1) \
    UOP_MEM_HANDLER(sti_##log2##_2, mov_mi, log2, 2)
WIDTHS(STORE)

#define STORE_ENTRY(log2) \
    [0][log2] = st_##log2##_0, [1][log2] = st_##log2##_1, \
    [2][log2] = st_##log2##_2,
#define STORE_IMM_ENTRY(log2) \
    [0][log2] = sti_##log2##_0, [1][log2] = sti_##log2##_1, \
    [2][log2] = sti_##log2##_2,
UopFn *const uop_store[UOP_FORMS][4] = { WIDTHS(STORE_ENTRY) };
UopFn *const uop_store_imm[UOP_FORMS][4] = { WIDTHS(STORE_IMM_ENTRY) };

/* ---- LEA -------------------------------------------------------------- */

static QEMU_ALWAYS_INLINE void lea(CPUX86State *env, const MicroOp *op,
                                   const unsigned form, const unsigned log2)
{
    uint64_t ea;

    if (form == UOP_F2) {
        ea = uop_offset(env, op);
    } else {
        uop_ea(env, op, form, 0, false, false, &ea);
    }
    wr(env, op->r0, log2, ea);
}

UOP_REG_HANDLER(lea_0_2, lea, 0, 2)
UOP_REG_HANDLER(lea_0_3, lea, 0, 3)
UOP_REG_HANDLER(lea_1_2, lea, 1, 2)
UOP_REG_HANDLER(lea_1_3, lea, 1, 3)
UOP_REG_HANDLER(lea_2_1, lea, 2, 1)
UOP_REG_HANDLER(lea_2_2, lea, 2, 2)
UOP_REG_HANDLER(lea_2_3, lea, 2, 3)

UopFn *const uop_lea[UOP_FORMS][4] = {
    [0] = { NULL, NULL, lea_0_2, lea_0_3 },
    [1] = { NULL, NULL, lea_1_2, lea_1_3 },
    [2] = { NULL, lea_2_1, lea_2_2, lea_2_3 },
};

/* ---- Stack, 64-bit mode ----------------------------------------------- */

static QEMU_ALWAYS_INLINE bool push_value(CPUX86State *env, uint64_t val,
                                          const bool slow)
{
    uint64_t sp = env->regs[R_ESP] - 8;

    if (!uop_st(env, sp, 3, slow, val)) {
        return false;
    }
    env->regs[R_ESP] = sp;
    return true;
}

static QEMU_ALWAYS_INLINE bool push_r(CPUX86State *env, const MicroOp *op,
                                      int unused, const bool slow)
{
    return push_value(env, W(op->r0), slow);
}

static QEMU_ALWAYS_INLINE bool push_i(CPUX86State *env, const MicroOp *op,
                                      int unused, const bool slow)
{
    return push_value(env, (int64_t)op->imm, slow);
}

static QEMU_ALWAYS_INLINE bool push_m(CPUX86State *env, const MicroOp *op,
                                      const unsigned form, const bool slow)
{
    uint64_t ea, v;

    return uop_ea(env, op, form, 3, false, slow, &ea) &&
           uop_ld(env, ea, 3, slow, &v) && push_value(env, v, slow);
}

static QEMU_ALWAYS_INLINE bool pop_r(CPUX86State *env, const MicroOp *op,
                                     int unused, const bool slow)
{
    uint64_t v;

    if (!uop_ld(env, env->regs[R_ESP], 3, slow, &v)) {
        return false;
    }
    env->regs[R_ESP] += 8;
    W(op->r0) = v;              /* POP RSP: the popped value stays */
    return true;
}

/* LEAVE: RSP = RBP, then POP RBP. */
static QEMU_ALWAYS_INLINE bool leave(CPUX86State *env, const MicroOp *op,
                                     int unused, const bool slow)
{
    uint64_t v;

    if (!uop_ld(env, env->regs[R_EBP], 3, slow, &v)) {
        return false;
    }
    env->regs[R_ESP] = env->regs[R_EBP] + 8;
    env->regs[R_EBP] = v;
    return true;
}

UOP_MEM_HANDLER(push64_r, push_r, 0)
UOP_MEM_HANDLER(push64_i, push_i, 0)
UOP_MEM_HANDLER(push64_m0, push_m, 0)
UOP_MEM_HANDLER(push64_m1, push_m, 1)
UOP_MEM_HANDLER(push64_m2, push_m, 2)
UOP_MEM_HANDLER(pop64_r, pop_r, 0)
UOP_MEM_HANDLER(leave64, leave, 0)

UopFn *const uop_push64_r = push64_r;
UopFn *const uop_push64_i = push64_i;
UopFn *const uop_push64_m[UOP_FORMS] = { push64_m0, push64_m1, push64_m2 };
UopFn *const uop_pop64_r = pop64_r;
UopFn *const uop_leave64 = leave64;

/* ---- Conditions ------------------------------------------------------- */

/*
 * @kind says what is known of the lazy flags: their form is that of a
 * comparison of 1 << @log2 bytes, or nothing.
 */
static QEMU_ALWAYS_INLINE void setcc(CPUX86State *env, const MicroOp *op,
                                     const int kind, const unsigned cond)
{
    wr(env, op->r0, 0, cond_value(env, kind, cond));
}

static QEMU_ALWAYS_INLINE void cmov(CPUX86State *env, const MicroOp *op,
                                    const int kind, const unsigned cond,
                                    const unsigned log2)
{
    uint64_t v = rd(env, op->r1, log2), old = rd(env, op->r0, log2);

    wr(env, op->r0, log2, cond_value(env, kind, cond) ? v : old);
}

#define CONDS(X, kind) \
    X(kind, 0) X(kind, 1) X(kind, 2) X(kind, 3) X(kind, 4) X(kind, 5) \
    X(kind, 6) X(kind, 7) X(kind, 8) X(kind, 9) X(kind, 10) X(kind, 11) \
    X(kind, 12) X(kind, 13) X(kind, 14) X(kind, 15)
#define COND_HANDLERS(kind, cond) \
    UOP_REG_HANDLER(setcc_##kind##_##cond, setcc, kind, cond) \
    UOP_REG_HANDLER(cmov_##kind##_##cond##_2, cmov, kind, cond, 2) \
    UOP_REG_HANDLER(cmov_##kind##_##cond##_3, cmov, kind, cond, 3)
CONDS(COND_HANDLERS, 0)
CONDS(COND_HANDLERS, 1)
CONDS(COND_HANDLERS, 2)
CONDS(COND_HANDLERS, 3)

#define SETCC_ENTRY(kind, cond) [kind][cond] = setcc_##kind##_##cond,
#define CMOV_ENTRY(kind, cond) \
    [kind][cond] = { cmov_##kind##_##cond##_2, cmov_##kind##_##cond##_3 },
UopFn *const uop_setcc_r[COND_KINDS][16] = {
    CONDS(SETCC_ENTRY, 0) CONDS(SETCC_ENTRY, 1)
    CONDS(SETCC_ENTRY, 2) CONDS(SETCC_ENTRY, 3)
};
UopFn *const uop_cmov_rr[COND_KINDS][16][2] = {
    CONDS(CMOV_ENTRY, 0) CONDS(CMOV_ENTRY, 1)
    CONDS(CMOV_ENTRY, 2) CONDS(CMOV_ENTRY, 3)
};

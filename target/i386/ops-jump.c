/*
 * Handlers that end a block: conditional jumps (fused with the comparison that
 * they test), calls, returns and indirect jumps, and the stepping stones
 * between blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "alu.h"
#include "any.h"
#include "excp.h"
#include "ops.h"
#include "stack.h"

/* ---- Within the page, and out of it ----------------------------------- */

static UOP(jump_handler)
{
    UOP_GOTO_EXIT(env, op, 1);
}

static UOP(fall_handler)
{
    UOP_GOTO_EXIT(env, op, 0);
}

/*
 * Stands behind a block whose jump leaves the page; env->pc is the target
 * already. The link remembers the block found last time, which is right as
 * long as the target's page is mapped to the same memory.
 */
static UOP(cross_handler)
{
    UopExit *x = (UopExit *)uop_exit(op);
    const MicroOp *to = x->link[0];
    const SoftTLBEntry *e = softtlb_entry(env, env->pc);

    if (likely(to) &&
        likely(e->addr_code == (env->pc & TARGET_PAGE_MASK)) &&
        likely((const uint8_t *)(e->addend + env->pc) ==
               container_of(to, Block, ops[0])->host)) {
        UOP_RUN(env, to);
    }
    to = uop_lookup64(env);
    if (to) {
        x->link[0] = to;
        UOP_RUN(env, to);
    }
    return NULL;
}

/* In the place of any micro-operation: back to the run loop at this point. */
static UOP(stale_handler)
{
    env->pc += op->off;
    return NULL;
}

/*
 * At the start of a block whose code was overwritten and decoded again: links
 * to it lead to the new one.
 */
static UOP(forward_handler)
{
    const MicroOp *to = op->ptr;

    if (unlikely(to->fn == forward_handler)) {
        to = to->ptr;
        ((MicroOp *)op)->ptr = to;
    }
    UOP_RUN(env, to);
}

/* Behind an instruction after which the run loop must look around. */
static UOP(end_handler)
{
    env->pc += uop_exit(op)->delta[0];
    uop_account(env, op->aux);
    return NULL;
}

UopFn *const uop_jump = jump_handler;
UopFn *const uop_fall = fall_handler;
UopFn *const uop_cross = cross_handler;
UopFn *const uop_stale = stale_handler;
UopFn *const uop_forward = forward_handler;
UopFn *const uop_end = end_handler;

/* ---- Conditional ------------------------------------------------------ */

#define JCC(kind, cond)                                                     \
    static const void *jcc_##kind##_##cond(CPUX86State *env,                \
                                           const MicroOp *op)               \
    {                                                                       \
        bool taken = cond_value(env, kind, cond);                           \
                                                                            \
        UOP_GOTO_EXIT(env, op, taken);                                      \
    }
#define ALL_CONDS(X, kind) \
    X(kind, 0) X(kind, 1) X(kind, 2) X(kind, 3) X(kind, 4) X(kind, 5) \
    X(kind, 6) X(kind, 7) X(kind, 8) X(kind, 9) X(kind, 10) X(kind, 11) \
    X(kind, 12) X(kind, 13) X(kind, 14) X(kind, 15)
ALL_CONDS(JCC, 0)
ALL_CONDS(JCC, 1)
ALL_CONDS(JCC, 2)
ALL_CONDS(JCC, 3)
#define JCC_ENTRY(kind, cond) [kind][cond] = jcc_##kind##_##cond,
UopFn *const uop_jcc[COND_KINDS][16] = {
    ALL_CONDS(JCC_ENTRY, 0) ALL_CONDS(JCC_ENTRY, 1)
    ALL_CONDS(JCC_ENTRY, 2) ALL_CONDS(JCC_ENTRY, 3)
};

/* ---- Fused with CMP or TEST ------------------------------------------- */

/* Where the two operands come from. */
enum { FUSE_RR, FUSE_RI, FUSE_RM, FUSE_MR, FUSE_MI };

static QEMU_ALWAYS_INLINE bool fused_operands(CPUX86State *env,
                                              const MicroOp *op,
                                              const int from,
                                              const unsigned log2,
                                              const bool slow,
                                              uint64_t *a, uint64_t *b)
{
    uint64_t ea;

    if (from >= FUSE_RM) {
        uop_ea(env, op, UOP_F0, log2, false, slow, &ea);
        if (!uop_ld(env, ea, log2, slow, from == FUSE_RM ? b : a)) {
            return false;
        }
    }
    if (from == FUSE_RR || from == FUSE_RI || from == FUSE_RM) {
        *a = rd(env, op->r0, log2);
    }
    if (from == FUSE_RR) {
        *b = rd(env, op->r1, log2);
    } else if (from == FUSE_MR) {
        *b = rd(env, op->r0, log2);
    } else if (from != FUSE_RM) {
        *b = alu_imm(op, log2);
    }
    return true;
}

static QEMU_ALWAYS_INLINE bool fused_condition(CPUX86State *env,
                                               const int alu,
                                               const unsigned log2,
                                               const unsigned cond,
                                               uint64_t a, uint64_t b)
{
    uint64_t r = alu_result(alu, log2, a, b, 0);

    alu_flags(env, alu, log2, r, b, 0);
    return alu == ALU_CMP ? cond_cmp(cond, log2, a, b)
                          : cond_logic(cond, log2, r);
}

#define FUSED_REG(name, alu, from, log2, cond)                              \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        uint64_t a, b;                                                      \
        bool taken;                                                         \
                                                                            \
        fused_operands(env, op, from, log2, false, &a, &b);                 \
        taken = fused_condition(env, alu, log2, cond, a, b);                \
        UOP_GOTO_EXIT(env, op, taken);                                      \
    }
#define FUSED_MEM(name, alu, from, log2, cond)                              \
    static QEMU_COLD const void *name##_slow(CPUX86State *env,              \
                                             const MicroOp *op)             \
    {                                                                       \
        uint64_t a, b;                                                      \
        bool taken;                                                         \
                                                                            \
        UOP_SYNC(env, op);                                                  \
        fused_operands(env, op, from, log2, true, &a, &b);                  \
        taken = fused_condition(env, alu, log2, cond, a, b);                \
        UOP_GOTO_EXIT(env, op, taken);                                      \
    }                                                                       \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        uint64_t a, b;                                                      \
        bool taken;                                                         \
                                                                            \
        if (unlikely(!fused_operands(env, op, from, log2, false,            \
                                     &a, &b))) {                            \
            UOP_TAIL name##_slow(env, op);                                  \
        }                                                                   \
        taken = fused_condition(env, alu, log2, cond, a, b);                \
        UOP_GOTO_EXIT(env, op, taken);                                      \
    }

#define CMP_CONDS(X, log2) \
    X(log2, 2) X(log2, 3) X(log2, 4) X(log2, 5) X(log2, 6) X(log2, 7) \
    X(log2, 8) X(log2, 9) X(log2, 12) X(log2, 13) X(log2, 14) X(log2, 15)
#define TEST_CONDS(X, log2) \
    X(log2, 4) X(log2, 5) X(log2, 8) X(log2, 9) X(log2, 12) X(log2, 13) \
    X(log2, 14) X(log2, 15)
#define CMPS(X) CMP_CONDS(X, 0) CMP_CONDS(X, 2) CMP_CONDS(X, 3)
#define TESTS(X) TEST_CONDS(X, 0) TEST_CONDS(X, 2) TEST_CONDS(X, 3)

#define CMP_HANDLERS(log2, cond) \
    FUSED_REG(cmp_rr_##log2##_##cond, ALU_CMP, FUSE_RR, log2, cond) \
    FUSED_REG(cmp_ri_##log2##_##cond, ALU_CMP, FUSE_RI, log2, cond) \
    FUSED_MEM(cmp_rm_##log2##_##cond, ALU_CMP, FUSE_RM, log2, cond) \
    FUSED_MEM(cmp_mr_##log2##_##cond, ALU_CMP, FUSE_MR, log2, cond) \
    FUSED_MEM(cmp_mi_##log2##_##cond, ALU_CMP, FUSE_MI, log2, cond)
CMPS(CMP_HANDLERS)
#define TEST_HANDLERS(log2, cond) \
    FUSED_REG(test_rr_##log2##_##cond, ALU_TEST, FUSE_RR, log2, cond) \
    FUSED_REG(test_ri_##log2##_##cond, ALU_TEST, FUSE_RI, log2, cond) \
    FUSED_MEM(test_mi_##log2##_##cond, ALU_TEST, FUSE_MI, log2, cond)
TESTS(TEST_HANDLERS)

#define CMP_RR(log2, cond) [log2][cond] = cmp_rr_##log2##_##cond,
#define CMP_RI(log2, cond) [log2][cond] = cmp_ri_##log2##_##cond,
#define CMP_RM(log2, cond) [log2][cond] = cmp_rm_##log2##_##cond,
#define CMP_MR(log2, cond) [log2][cond] = cmp_mr_##log2##_##cond,
#define CMP_MI(log2, cond) [log2][cond] = cmp_mi_##log2##_##cond,
#define TEST_RR(log2, cond) [log2][cond] = test_rr_##log2##_##cond,
#define TEST_RI(log2, cond) [log2][cond] = test_ri_##log2##_##cond,
#define TEST_MI(log2, cond) [log2][cond] = test_mi_##log2##_##cond,
UopFn *const uop_jcc_cmp_rr[4][16] = { CMPS(CMP_RR) };
UopFn *const uop_jcc_cmp_ri[4][16] = { CMPS(CMP_RI) };
UopFn *const uop_jcc_cmp_rm[4][16] = { CMPS(CMP_RM) };
UopFn *const uop_jcc_cmp_mr[4][16] = { CMPS(CMP_MR) };
UopFn *const uop_jcc_cmp_mi[4][16] = { CMPS(CMP_MI) };
UopFn *const uop_jcc_test_rr[4][16] = { TESTS(TEST_RR) };
UopFn *const uop_jcc_test_ri[4][16] = { TESTS(TEST_RI) };
UopFn *const uop_jcc_test_mi[4][16] = { TESTS(TEST_MI) };

/* ---- Calls, returns and indirect jumps in 64-bit mode ----------------- */

static QEMU_ALWAYS_INLINE bool push_return(CPUX86State *env, uint64_t ret,
                                           const bool slow)
{
    uint64_t sp = env->regs[R_ESP] - 8;

    if (!uop_st(env, sp, 3, slow, ret)) {
        return false;
    }
    env->regs[R_ESP] = sp;
    return true;
}

static QEMU_COLD UOP(call64_slow)
{
    uint64_t ret = env->pc + uop_exit(op)->delta[0];

    UOP_SYNC(env, op);
    push_return(env, ret, true);
    UOP_GOTO_EXIT(env, op, 1);
}

static UOP(call64)
{
    if (!push_return(env, env->pc + uop_exit(op)->delta[0], false)) {
        UOP_TAIL call64_slow(env, op);
    }
    UOP_GOTO_EXIT(env, op, 1);
}

UopFn *const uop_call64 = call64;

/*
 * The indirect ones count their instructions in r0; the return address of a
 * call is the fall-through distance of its exit record.
 */
enum { TARGET_REG, TARGET_MEM, TARGET_RET };

static QEMU_ALWAYS_INLINE bool indirect(CPUX86State *env, const MicroOp *op,
                                        const int from, const unsigned form,
                                        const bool call, const bool slow,
                                        uint64_t ret)
{
    uint64_t ea, target;

    if (from == TARGET_RET) {
        if (!uop_ld(env, env->regs[R_ESP], 3, slow, &target)) {
            return false;
        }
    } else if (from == TARGET_REG) {
        target = W(op->r1);
    } else if (!uop_ea(env, op, form, 3, false, slow, &ea) ||
               !uop_ld(env, ea, 3, slow, &target)) {
        return false;
    }
    /* A target that is not canonical is the jump's own fault. */
    if (unlikely(!x86_is_canonical(target))) {
        if (!slow) {
            return false;
        }
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (call && !push_return(env, ret, slow)) {
        return false;
    }
    if (from == TARGET_RET) {
        env->regs[R_ESP] += 8 + (uint16_t)op->imm;
    }
    env->pc = target;
    return true;
}

#define INDIRECT(name, from, form, call)                                    \
    static QEMU_COLD const void *name##_slow(CPUX86State *env,              \
                                             const MicroOp *op)             \
    {                                                                       \
        uint64_t ret = call ? env->pc + uop_exit(op)->delta[0] : 0;        \
                                                                            \
        UOP_SYNC(env, op);                                                  \
        indirect(env, op, from, form, call, true, ret);                     \
        UOP_GOTO_EIP64(env, op->r0);                                        \
    }                                                                       \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        uint64_t ret = call ? env->pc + uop_exit(op)->delta[0] : 0;        \
                                                                            \
        if (unlikely(!indirect(env, op, from, form, call, false, ret))) {   \
            UOP_TAIL name##_slow(env, op);                                  \
        }                                                                   \
        UOP_GOTO_EIP64(env, op->r0);                                        \
    }

INDIRECT(jump64_reg, TARGET_REG, 0, false)
INDIRECT(jump64_m0, TARGET_MEM, UOP_F0, false)
INDIRECT(jump64_m1, TARGET_MEM, UOP_F1, false)
INDIRECT(jump64_m2, TARGET_MEM, UOP_F2, false)
INDIRECT(call64_reg, TARGET_REG, 0, true)
INDIRECT(call64_m0, TARGET_MEM, UOP_F0, true)
INDIRECT(call64_m1, TARGET_MEM, UOP_F1, true)
INDIRECT(call64_m2, TARGET_MEM, UOP_F2, true)
INDIRECT(ret64, TARGET_RET, 0, false)

UopFn *const uop_jump64_r = jump64_reg;
UopFn *const uop_jump64_m[UOP_FORMS] = { jump64_m0, jump64_m1, jump64_m2 };
UopFn *const uop_call64_r = call64_reg;
UopFn *const uop_call64_m[UOP_FORMS] = { call64_m0, call64_m1, call64_m2 };
UopFn *const uop_ret64 = ret64;

/* ---- The same in 16 and 32-bit code ----------------------------------- */

/* A near jump beyond CS's limit is #GP of the jump itself. */
static void check_eip(CPUX86State *env, const unsigned log2, uint64_t target)
{
    bool bad = env->hflags & HF_CS64_MASK
               ? !x86_is_canonical(zext(target, log2))
               : zext(target, log2) > env->segs[R_CS].limit;

    if (bad) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

static void set_eip(CPUX86State *env, const unsigned log2, uint64_t target)
{
    check_eip(env, log2, target);
    env->pc = zext(target, log2);
}

static QEMU_ALWAYS_INLINE void jump_any(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    set_eip(env, log2, any_load(env, op, log2));
}

/* The return address of the instruction: it is the last one of its block. */
static uint64_t return_eip(CPUX86State *env, const MicroOp *op,
                           const unsigned log2)
{
    return zext(env->pc + uop_exit(op)->delta[0], log2);
}

static QEMU_ALWAYS_INLINE void call_any(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    uint64_t target = any_load(env, op, log2);

    check_eip(env, log2, target);
    stack_push(env, log2, return_eip(env, op, log2));
    env->pc = zext(target, log2);
}

/* Direct call: the target is known when the block is made (imm64). */
static QEMU_ALWAYS_INLINE void call_near(CPUX86State *env, const MicroOp *op,
                                         const unsigned log2)
{
    check_eip(env, log2, op->imm64);
    stack_push(env, log2, return_eip(env, op, log2));
    env->pc = zext(op->imm64, log2);
}

static QEMU_ALWAYS_INLINE void ret_near(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    uint64_t target = stack_peek(env, log2, 0);

    set_eip(env, log2, target);
    stack_drop(env, (1u << log2) + (uint16_t)op->imm);
}

static QEMU_ALWAYS_INLINE void jump_far_eip(CPUX86State *env,
                                            const MicroOp *op, int unused)
{
    set_eip(env, 3, op->imm64);
}

#define NEAR(name, body, ...)                                               \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        UOP_SYNC(env, op);                                                  \
        body(env, op, __VA_ARGS__);                                         \
        uop_account(env, op->r0);                                           \
        return NULL;                                                        \
    }
NEAR(jump_any_1, jump_any, 1)
NEAR(jump_any_2, jump_any, 2)
NEAR(jump_any_3, jump_any, 3)
NEAR(call_any_1, call_any, 1)
NEAR(call_any_2, call_any, 2)
NEAR(call_any_3, call_any, 3)
NEAR(call_near_1, call_near, 1)
NEAR(call_near_2, call_near, 2)
NEAR(ret_near_1, ret_near, 1)
NEAR(ret_near_2, ret_near, 2)
NEAR(ret_near_3, ret_near, 3)
NEAR(jump_far_eip_0, jump_far_eip, 0)

UopFn *const uop_jump_any[4] = { NULL, jump_any_1, jump_any_2, jump_any_3 };
UopFn *const uop_call_any[4] = { NULL, call_any_1, call_any_2, call_any_3 };
UopFn *const uop_call_near[4] = { NULL, call_near_1, call_near_2, NULL };
UopFn *const uop_ret_near[4] = { NULL, ret_near_1, ret_near_2, ret_near_3 };
UopFn *const uop_jump_far_eip = jump_far_eip_0;

/* ---- LOOP, JCXZ ------------------------------------------------------- */

/* Width of rCX in scale; exit 1 is the jump. */
static QEMU_ALWAYS_INLINE bool loop_taken(CPUX86State *env, const MicroOp *op,
                                          const int kind)
{
    uint64_t mask = op->scale == 3 ? ~0ull : op->scale == 2 ? UINT32_MAX
                                                            : 0xffff;
    uint64_t count = env->regs[R_ECX] & mask;

    if (kind == 3) {
        return count == 0;
    }
    count = (count - 1) & mask;
    if (op->scale == 1) {
        *(uint16_t *)&env->regs[R_ECX] = count;
    } else {
        env->regs[R_ECX] = count;
    }
    return count && (kind == 2 ||
                     !!(cpu_cc_compute(env) & CC_Z) == (kind == 1));
}

#define LOOP(kind)                                                          \
    static const void *loop_##kind(CPUX86State *env, const MicroOp *op)     \
    {                                                                       \
        bool taken = loop_taken(env, op, kind);                             \
                                                                            \
        UOP_GOTO_EXIT(env, op, taken);                                      \
    }
LOOP(0)
LOOP(1)
LOOP(2)
LOOP(3)
UopFn *const uop_loop[4] = { loop_0, loop_1, loop_2, loop_3 };

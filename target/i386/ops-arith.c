/*
 * Handlers of multiplication and division, INC and DEC, NOT and NEG, exchanges
 * and the LOCK forms of the classic operations, and decimal adjustment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "alu.h"
#include "any.h"
#include "excp.h"
#include "ops.h"

#define WIDTHS(X) X(0) X(1) X(2) X(3)
#define WIDE(X) X(1) X(2) X(3)

/* ---- Multiplication --------------------------------------------------- */

static QEMU_ALWAYS_INLINE void imul(CPUX86State *env, unsigned reg,
                                    const unsigned log2, const bool flags,
                                    uint64_t a, uint64_t b)
{
    uint64_t r, over;

    if (log2 == 3) {
        __int128 p = (__int128)(int64_t)a * (int64_t)b;

        r = p;
        over = flags && p != (int64_t)r;
    } else {
        int64_t p = sext(a, log2) * sext(b, log2);

        r = zext(p, log2);
        over = p != sext(r, log2);
    }
    wr(env, reg, log2, r);
    if (flags) {
        env->cc_dst = r;
        env->cc_src = over;
        env->cc_op = CC_OP_MUL + log2;
    }
}

static QEMU_ALWAYS_INLINE void imul_rr(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2, const bool flags)
{
    imul(env, op->r0, log2, flags, rd(env, op->r0, log2),
         rd(env, op->r1, log2));
}

static QEMU_ALWAYS_INLINE void imul_rri(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2, const bool flags)
{
    imul(env, op->r0, log2, flags, rd(env, op->r1, log2), (int64_t)op->imm);
}

static QEMU_ALWAYS_INLINE bool imul_rm(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2,
                                       const unsigned form, const bool slow)
{
    uint64_t ea, b;

    if (!uop_ea(env, op, form, log2, false, slow, &ea) ||
        !uop_ld(env, ea, log2, slow, &b)) {
        return false;
    }
    imul(env, op->r0, log2, true, rd(env, op->r0, log2), b);
    return true;
}

static QEMU_ALWAYS_INLINE void imul_rmi(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    imul(env, op->r0, log2, true, any_load(env, op, log2), (int64_t)op->imm);
}

#define IMUL(log2) \
    UOP_REG_HANDLER(imul_rr_##log2, imul_rr, log2, true) \
    UOP_REG_HANDLER(imul_rrn_##log2, imul_rr, log2, false) \
    UOP_REG_HANDLER(imul_rri_##log2, imul_rri, log2, true) \
    UOP_REG_HANDLER(imul_rrin_##log2, imul_rri, log2, false) \
    UOP_MEM_HANDLER(imul_rm_##log2##_0, imul_rm, log2, 0) \
    UOP_MEM_HANDLER(imul_rm_##log2##_1, imul_rm, log2, 1) \
    UOP_MEM_HANDLER(imul_rm_##log2##_2, imul_rm, log2, 2) \
    UOP_ANY_HANDLER(imul_rmi_##log2, imul_rmi, log2)
WIDE(IMUL)

#define ENTRY2(name) \
    { [1] = name##_1, [2] = name##_2, [3] = name##_3 }
UopFn *const uop_imul_rr[2][4] = { ENTRY2(imul_rr), ENTRY2(imul_rrn) };
UopFn *const uop_imul_rri[2][4] = { ENTRY2(imul_rri), ENTRY2(imul_rrin) };
#define IMUL_RM_ENTRY(log2) \
    [0][log2] = imul_rm_##log2##_0, [1][log2] = imul_rm_##log2##_1, \
    [2][log2] = imul_rm_##log2##_2,
UopFn *const uop_imul_rm[UOP_FORMS][4] = { WIDE(IMUL_RM_ENTRY) };
UopFn *const uop_imul_rmi[4] = ENTRY2(imul_rmi);

/* The double-width product goes to AX or to rDX:rAX. */
static QEMU_ALWAYS_INLINE void mul_wide(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2, const bool sign)
{
    uint64_t a = rd(env, X86_WORD(regs[R_EAX]), log2);
    uint64_t b, low, high, over;

    if (log2 == 0) {
        a = (uint8_t)env->regs[R_EAX];
    }
    b = any_load(env, op, log2);
    if (log2 == 3 && sign) {
        __int128 p = (__int128)(int64_t)a * (int64_t)b;

        low = p;
        high = p >> 64;
        over = p != (int64_t)low;
    } else if (log2 == 3) {
        unsigned __int128 p = (unsigned __int128)a * b;

        low = p;
        high = p >> 64;
        over = high;
    } else {
        uint64_t p = sign ? (uint64_t)(sext(a, log2) * sext(b, log2)) : a * b;

        low = zext(p, log2);
        high = zext(p >> (8u << log2), log2);
        over = sign ? (int64_t)p != sext(low, log2) : high != 0;
    }
    if (log2 == 0) {
        *(uint16_t *)&env->regs[R_EAX] = low | high << 8;
    } else {
        wr(env, R_EAX, log2, low);
        wr(env, R_EDX, log2, high);
    }
    env->cc_dst = low;
    env->cc_src = over;
    env->cc_op = CC_OP_MUL + log2;
}

#define MUL(log2) \
    UOP_ANY_HANDLER(mul_##log2, mul_wide, log2, false) \
    UOP_ANY_HANDLER(imul1_##log2, mul_wide, log2, true)
WIDTHS(MUL)
#define ENTRY(name) { name##_0, name##_1, name##_2, name##_3 }
UopFn *const uop_mul_any[4] = ENTRY(mul);
UopFn *const uop_imul1_any[4] = ENTRY(imul1);

/* ---- Division --------------------------------------------------------- */

/* The dividend in AX or rDX:rAX, up to 64 bits wide. */
static QEMU_ALWAYS_INLINE uint64_t dividend(CPUX86State *env,
                                            const unsigned log2)
{
    if (log2 == 0) {
        return (uint16_t)env->regs[R_EAX];
    }
    return rd(env, R_EAX, log2) | rd(env, R_EDX, log2) << (8u << log2);
}

static QEMU_ALWAYS_INLINE void div_result(CPUX86State *env,
                                          const unsigned log2,
                                          uint64_t quot, uint64_t rem)
{
    if (log2 == 0) {
        *(uint16_t *)&env->regs[R_EAX] = (uint8_t)quot | rem << 8;
    } else {
        wr(env, R_EAX, log2, quot);
        wr(env, R_EDX, log2, rem);
    }
}

static QEMU_ALWAYS_INLINE void div_any(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2)
{
    uint64_t d = any_load(env, op, log2);

    if (log2 == 3) {
        uint64_t high = env->regs[R_EDX];
        unsigned __int128 n;

        if (high >= d) {
            raise_exception(env, EXCP00_DIVZ);
        }
        if (high == 0) {
            n = env->regs[R_EAX];
            div_result(env, log2, (uint64_t)n / d, (uint64_t)n % d);
            return;
        }
        n = (unsigned __int128)high << 64 | env->regs[R_EAX];
        div_result(env, log2, n / d, n % d);
    } else {
        uint64_t n = dividend(env, log2);

        if (d == 0 || n / d != zext(n / d, log2)) {
            raise_exception(env, EXCP00_DIVZ);
        }
        div_result(env, log2, n / d, n % d);
    }
}

static QEMU_ALWAYS_INLINE void idiv_any(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    int64_t d = sext(any_load(env, op, log2), log2);

    if (d == 0) {
        raise_exception(env, EXCP00_DIVZ);
    }
    if (log2 == 3) {
        __int128 n = (__int128)((unsigned __int128)env->regs[R_EDX] << 64 |
                                env->regs[R_EAX]);
        __int128 q;

        /* The one quotient that 128 bits cannot hold. */
        if (d == -1 && n == (__int128)((unsigned __int128)1 << 127)) {
            raise_exception(env, EXCP00_DIVZ);
        }
        q = n / d;
        if (q != (int64_t)q) {
            raise_exception(env, EXCP00_DIVZ);
        }
        div_result(env, log2, q, n % d);
    } else {
        int64_t n = log2 == 2 ? (int64_t)dividend(env, 2)
                  : log2 == 1 ? (int32_t)dividend(env, 1)
                  : (int16_t)dividend(env, 0);
        int64_t q;

        if (d == -1 && n == INT64_MIN) {
            raise_exception(env, EXCP00_DIVZ);
        }
        q = n / d;
        if (q != sext(q, log2)) {
            raise_exception(env, EXCP00_DIVZ);
        }
        div_result(env, log2, q, n % d);
    }
}

#define DIV(log2) \
    UOP_ANY_HANDLER(div_##log2, div_any, log2) \
    UOP_ANY_HANDLER(idiv_##log2, idiv_any, log2)
WIDTHS(DIV)
UopFn *const uop_div_any[4] = ENTRY(div);
UopFn *const uop_idiv_any[4] = ENTRY(idiv);

/* ---- INC, DEC, NOT, NEG ----------------------------------------------- */


static QEMU_ALWAYS_INLINE void step_flags(CPUX86State *env,
                                          const unsigned log2,
                                          const int delta, uint64_t r)
{
    env->cc_src = cpu_cc_carry(env);
    env->cc_dst = r;
    env->cc_op = (delta > 0 ? CC_OP_INC : CC_OP_DEC) + log2;
}

static QEMU_ALWAYS_INLINE void step_r(CPUX86State *env, const MicroOp *op,
                                      const unsigned log2, const int delta,
                                      const bool flags)
{
    uint64_t r = zext(rd(env, op->r0, log2) + delta, log2);

    wr(env, op->r0, log2, r);
    if (flags) {
        step_flags(env, log2, delta, r);
    }
}

static QEMU_ALWAYS_INLINE void step_any(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2, const int delta)
{
    AnyOperand o;
    uint64_t old, r;

    any_open(env, op, log2, &o);
    do {
        old = any_get(env, op, log2, &o);
        r = zext(old + delta, log2);
    } while (!any_put(env, op, log2, &o, old, r));
    step_flags(env, log2, delta, r);
}

static QEMU_ALWAYS_INLINE void neg_flags(CPUX86State *env,
                                         const unsigned log2, uint64_t old,
                                         uint64_t r)
{
    alu_flags(env, ALU_SUB, log2, r, old, 0);
}

static QEMU_ALWAYS_INLINE void neg_r(CPUX86State *env, const MicroOp *op,
                                     const unsigned log2, const bool flags)
{
    uint64_t old = rd(env, op->r0, log2), r = zext(-old, log2);

    wr(env, op->r0, log2, r);
    if (flags) {
        neg_flags(env, log2, old, r);
    }
}

static QEMU_ALWAYS_INLINE void not_r(CPUX86State *env, const MicroOp *op,
                                     const unsigned log2)
{
    wr(env, op->r0, log2, ~rd(env, op->r0, log2));
}

static QEMU_ALWAYS_INLINE void neg_not_any(CPUX86State *env,
                                           const MicroOp *op,
                                           const unsigned log2,
                                           const bool neg)
{
    AnyOperand o;
    uint64_t old, r;

    any_open(env, op, log2, &o);
    do {
        old = any_get(env, op, log2, &o);
        r = zext(neg ? -old : ~old, log2);
    } while (!any_put(env, op, log2, &o, old, r));
    if (neg) {
        neg_flags(env, log2, old, r);
    }
}

#define UNARY(log2) \
    UOP_REG_HANDLER(inc_r_##log2, step_r, log2, 1, true) \
    UOP_REG_HANDLER(inc_rn_##log2, step_r, log2, 1, false) \
    UOP_REG_HANDLER(dec_r_##log2, step_r, log2, -1, true) \
    UOP_REG_HANDLER(dec_rn_##log2, step_r, log2, -1, false) \
    UOP_ANY_HANDLER(inc_any_##log2, step_any, log2, 1) \
    UOP_ANY_HANDLER(dec_any_##log2, step_any, log2, -1) \
    UOP_REG_HANDLER(neg_r_##log2, neg_r, log2, true) \
    UOP_REG_HANDLER(neg_rn_##log2, neg_r, log2, false) \
    UOP_REG_HANDLER(not_r_##log2, not_r, log2) \
    UOP_ANY_HANDLER(neg_any_##log2, neg_not_any, log2, true) \
    UOP_ANY_HANDLER(not_any_##log2, neg_not_any, log2, false)
WIDTHS(UNARY)
UopFn *const uop_inc_r[2][4] = { ENTRY(inc_r), ENTRY(inc_rn) };
UopFn *const uop_dec_r[2][4] = { ENTRY(dec_r), ENTRY(dec_rn) };
UopFn *const uop_inc_any[4] = ENTRY(inc_any);
UopFn *const uop_dec_any[4] = ENTRY(dec_any);
UopFn *const uop_neg_r[2][4] = { ENTRY(neg_r), ENTRY(neg_rn) };
UopFn *const uop_not_r[4] = ENTRY(not_r);
UopFn *const uop_neg_any[4] = ENTRY(neg_any);
UopFn *const uop_not_any[4] = ENTRY(not_any);

/* ---- Exchanges -------------------------------------------------------- */

static QEMU_ALWAYS_INLINE void xchg_rr(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2)
{
    uint64_t a = rd(env, op->r0, log2), b = rd(env, op->r1, log2);

    wr(env, op->r0, log2, b);
    wr(env, op->r1, log2, a);
}

/* XCHG with memory is always locked (the translator sets UOP_AM_LOCK). */
static QEMU_ALWAYS_INLINE void xchg_mem(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2)
{
    AnyOperand o;
    uint64_t old;

    any_open(env, op, log2, &o);
    do {
        old = any_get(env, op, log2, &o);
    } while (!any_put(env, op, log2, &o, old, rd(env, op->r0, log2)));
    wr(env, op->r0, log2, old);
}

static QEMU_ALWAYS_INLINE void xadd(CPUX86State *env, const MicroOp *op,
                                    const unsigned log2)
{
    uint64_t b = rd(env, op->r0, log2), old, r;
    AnyOperand o;

    any_open(env, op, log2, &o);
    do {
        old = any_get(env, op, log2, &o);
        r = zext(old + b, log2);
        if (op->aux & UOP_AM_REG) {
            wr(env, op->r0, log2, old);
        }
    } while (!any_put(env, op, log2, &o, old, r));
    if (!(op->aux & UOP_AM_REG)) {
        wr(env, op->r0, log2, old);
    }
    alu_flags(env, ALU_ADD, log2, r, b, 0);
}

static QEMU_ALWAYS_INLINE void cmpxchg(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2)
{
    uint64_t expect = zext(env->regs[R_EAX], log2), old;
    AnyOperand o;

    any_open(env, op, log2, &o);
    for (;;) {
        old = any_get(env, op, log2, &o);
        if (old != expect) {
            /* A register is left whole then: no zero extension to 64 bits. */
            wr(env, log2 ? R_EAX : 0, log2, old);
            break;
        }
        if (any_put(env, op, log2, &o, old, rd(env, op->r0, log2))) {
            break;
        }
    }
    alu_flags(env, ALU_SUB, log2, zext(expect - old, log2), old, 0);
}

#define XCHG(log2) \
    UOP_REG_HANDLER(xchg_rr_##log2, xchg_rr, log2) \
    UOP_ANY_HANDLER(xchg_mem_##log2, xchg_mem, log2) \
    UOP_ANY_HANDLER(xadd_##log2, xadd, log2) \
    UOP_ANY_HANDLER(cmpxchg_##log2, cmpxchg, log2)
WIDTHS(XCHG)
UopFn *const uop_xchg_rr[4] = ENTRY(xchg_rr);
UopFn *const uop_xchg_mem[4] = ENTRY(xchg_mem);
UopFn *const uop_xadd_any[4] = ENTRY(xadd);
UopFn *const uop_cmpxchg_any[4] = ENTRY(cmpxchg);

static void set_zf(CPUX86State *env, bool zf)
{
    cpu_set_cc(env, (cpu_cc_compute(env) & ~CC_Z) | (zf ? CC_Z : 0));
}

static void cmpxchg8b(CPUX86State *env, const MicroOp *op, int unused)
{
    uint64_t expect = (uint32_t)env->regs[R_EAX] | env->regs[R_EDX] << 32;
    uint64_t val = (uint32_t)env->regs[R_EBX] | env->regs[R_ECX] << 32, old;
    AnyOperand o;

    any_open(env, op, 3, &o);
    do {
        old = any_get(env, op, 3, &o);
    } while (old == expect && !any_put(env, op, 3, &o, old, val));
    if (old != expect) {
        env->regs[R_EAX] = (uint32_t)old;
        env->regs[R_EDX] = old >> 32;
    }
    set_zf(env, old == expect);
}

static bool cas16(void *p, uint64_t old[2], const uint64_t val[2])
{
    bool done;

    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(unsigned __int128 *)p),
                       "+a"(old[0]), "+d"(old[1])
                     : "b"(val[0]), "c"(val[1])
                     : "memory");
    return done;
}

static void cmpxchg16b(CPUX86State *env, const MicroOp *op, int unused)
{
    uint64_t old[2] = { env->regs[R_EAX], env->regs[R_EDX] };
    const uint64_t val[2] = { env->regs[R_EBX], env->regs[R_ECX] };
    uint64_t ea = uop_full_address(env, op, 16, true);
    void *host;
    bool done;

    if (ea & 15) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    host = cpu_rmw_ptr(env, ea, 16);
    if (host) {
        done = cas16(host, old, val);
        if (done) {
            cpu_rmw_done(env, ea, 16);
        }
    } else {
        uint64_t is[2];

        cpu_ld_bytes(env, ea, is, 16);
        done = is[0] == old[0] && is[1] == old[1];
        if (done) {
            cpu_st_bytes(env, ea, val, 16);
        }
        memcpy(old, is, 16);
    }
    if (!done) {
        env->regs[R_EAX] = old[0];
        env->regs[R_EDX] = old[1];
    }
    set_zf(env, done);
}

UOP_ANY_HANDLER(cmpxchg8b_any, cmpxchg8b, 0)
UOP_ANY_HANDLER(cmpxchg16b_any, cmpxchg16b, 0)
UopFn *const uop_cmpxchg_2[4] = { [2] = cmpxchg8b_any, [3] = cmpxchg16b_any };

/* ---- LOCK forms ------------------------------------------------------- */

static QEMU_ALWAYS_INLINE void lock_alu(CPUX86State *env, const MicroOp *op,
                                        const int alu, const unsigned log2,
                                        const bool imm)
{
    uint64_t b = imm ? alu_imm(op, log2) : rd(env, op->r0, log2), old, r;
    unsigned carry = alu_carry_in(env, alu);
    AnyOperand o;

    any_open(env, op, log2, &o);
    do {
        old = any_get(env, op, log2, &o);
        r = alu_result(alu, log2, old, b, carry);
    } while (!any_put(env, op, log2, &o, old, r));
    alu_flags(env, alu, log2, r, b, carry);
}

#define ALUS(X) \
    X(0, 0) X(0, 1) X(0, 2) X(0, 3) X(1, 0) X(1, 1) X(1, 2) X(1, 3) \
    X(2, 0) X(2, 1) X(2, 2) X(2, 3) X(3, 0) X(3, 1) X(3, 2) X(3, 3) \
    X(4, 0) X(4, 1) X(4, 2) X(4, 3) X(5, 0) X(5, 1) X(5, 2) X(5, 3) \
    X(6, 0) X(6, 1) X(6, 2) X(6, 3)
#define LOCKED(alu, log2) \
    UOP_ANY_HANDLER(lock_mr_##alu##_##log2, lock_alu, alu, log2, false) \
    UOP_ANY_HANDLER(lock_mi_##alu##_##log2, lock_alu, alu, log2, true)
ALUS(LOCKED)
#define MR_ENTRY(alu, log2) [alu][log2] = lock_mr_##alu##_##log2,
#define MI_ENTRY(alu, log2) [alu][log2] = lock_mi_##alu##_##log2,
UopFn *const uop_lock_alu_mr[8][4] = { ALUS(MR_ENTRY) };
UopFn *const uop_lock_alu_mi[8][4] = { ALUS(MI_ENTRY) };

/* ---- CBW and CWD families --------------------------------------------- */

static QEMU_ALWAYS_INLINE void convert_low(CPUX86State *env,
                                           const MicroOp *op,
                                           const unsigned log2)
{
    wr(env, R_EAX, log2, sext(env->regs[R_EAX], log2 - 1));
}

static QEMU_ALWAYS_INLINE void convert_high(CPUX86State *env,
                                            const MicroOp *op,
                                            const unsigned log2)
{
    wr(env, R_EDX, log2, sext(env->regs[R_EAX], log2) >> 63);
}

#define CONVERT(log2) \
    UOP_REG_HANDLER(cbw_##log2, convert_low, log2) \
    UOP_REG_HANDLER(cwd_##log2, convert_high, log2)
WIDE(CONVERT)
UopFn *const uop_convert[3][4] = { ENTRY2(cbw), ENTRY2(cwd) };

/* ---- Decimal adjustment, not in 64-bit mode --------------------------- */

static void set_al_szp(CPUX86State *env, uint32_t carry_and_aux)
{
    uint8_t al = env->regs[R_EAX];

    cpu_set_cc(env, carry_and_aux | (al ? 0 : CC_Z) | (al & 0x80 ? CC_S : 0) |
               (__builtin_parity(al) ? 0 : CC_P));
}

static void daa_das(CPUX86State *env, const MicroOp *op, const bool sub)
{
    uint32_t cc = cpu_cc_compute(env), out = 0;
    uint8_t al = env->regs[R_EAX], old = al;

    if ((al & 15) > 9 || (cc & CC_A)) {
        al += sub ? -6 : 6;
        out |= CC_A;
        out |= sub ? (old < 6 || (cc & CC_C) ? CC_C : 0) : 0;
    }
    if (old > 0x99 || (cc & CC_C)) {
        al += sub ? -0x60 : 0x60;
        out |= CC_C;
    }
    ((uint8_t *)env)[0] = al;
    set_al_szp(env, out);
}

static void aaa_aas(CPUX86State *env, const MicroOp *op, const bool sub)
{
    uint32_t cc = cpu_cc_compute(env), out = 0;
    uint16_t ax = env->regs[R_EAX];

    if ((ax & 15) > 9 || (cc & CC_A)) {
        ax += sub ? -0x106 : 0x106;
        out = CC_A | CC_C;
    }
    *(uint16_t *)&env->regs[R_EAX] = ax & 0xff0f;
    set_al_szp(env, out);
}

static void aam(CPUX86State *env, const MicroOp *op, int unused)
{
    uint8_t base = op->imm, al = env->regs[R_EAX];

    if (!base) {
        raise_exception(env, EXCP00_DIVZ);
    }
    *(uint16_t *)&env->regs[R_EAX] = (al / base) << 8 | al % base;
    set_al_szp(env, 0);
}

static void aad(CPUX86State *env, const MicroOp *op, int unused)
{
    uint16_t ax = env->regs[R_EAX];

    *(uint16_t *)&env->regs[R_EAX] =
        (uint8_t)((ax & 0xff) + (ax >> 8) * (uint8_t)op->imm);
    set_al_szp(env, 0);
}

UOP_ANY_HANDLER(daa_handler, daa_das, false)
UOP_ANY_HANDLER(das_handler, daa_das, true)
UOP_ANY_HANDLER(aaa_handler, aaa_aas, false)
UOP_ANY_HANDLER(aas_handler, aaa_aas, true)
UOP_ANY_HANDLER(aam_handler, aam, 0)
UOP_ANY_HANDLER(aad_handler, aad, 0)
UopFn *const uop_bcd[6] = {
    daa_handler, das_handler, aaa_handler, aas_handler,
    aam_handler, aad_handler,
};

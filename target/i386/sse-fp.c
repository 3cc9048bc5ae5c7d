/*
 * Floating-point arithmetic, comparison and conversion of SSE, SSE2 and SSE3:
 * the host's own instructions, under the guest's MXCSR (sse_fp_run()).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sse-internal.h"

/* Register to register, in the SSE register file. */
#define RAW(insn)                                                         \
    static Vec raw_##insn(Vec a, Vec b)                                   \
    {                                                                     \
        asm volatile(#insn " %1, %0" : "+x" (a) : "x" (b));               \
        return a;                                                         \
    }

#define FP(insn)                                                          \
    RAW(insn)                                                             \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        vec_store(d, sse_fp_run(env, raw_##insn, vec_load(d),             \
                                vec_load(s)));                            \
    }

#define FP4(op) FP(op##ps) FP(op##pd) FP(op##ss) FP(op##sd)

FP4(add) FP4(sub) FP4(mul) FP4(div) FP4(min) FP4(max) FP4(sqrt)
FP(addsubps) FP(addsubpd) FP(haddps) FP(haddpd) FP(hsubps) FP(hsubpd)
FP(cvtps2pd) FP(cvtpd2ps) FP(cvtss2sd) FP(cvtsd2ss)
FP(cvtdq2ps) FP(cvtps2dq) FP(cvttps2dq)
FP(cvtdq2pd) FP(cvtpd2dq) FP(cvttpd2dq)

/* Approximations: no exceptions, no MXCSR. */
#define PLAIN(insn)                                                       \
    RAW(insn)                                                             \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        vec_store(d, raw_##insn(vec_load(d), vec_load(s)));               \
    }

PLAIN(rsqrtps) PLAIN(rsqrtss) PLAIN(rcpps) PLAIN(rcpss)

/* CMPccPS...: the predicate is an immediate, so one body for each. */
#define CMP_ONE(suffix, n)                                                \
    static Vec raw_cmp##suffix##n(Vec a, Vec b)                           \
    {                                                                     \
        asm volatile("cmp" #suffix " $" #n ", %1, %0"                     \
                     : "+x" (a) : "x" (b));                               \
        return a;                                                         \
    }

#define CMP(suffix)                                                       \
    CMP_ONE(suffix, 0) CMP_ONE(suffix, 1) CMP_ONE(suffix, 2)              \
    CMP_ONE(suffix, 3) CMP_ONE(suffix, 4) CMP_ONE(suffix, 5)              \
    CMP_ONE(suffix, 6) CMP_ONE(suffix, 7)                                 \
    static void x_cmp##suffix(SSE_ARGS)                                   \
    {                                                                     \
        static VecRaw *const predicates[8] = {                            \
            raw_cmp##suffix##0, raw_cmp##suffix##1, raw_cmp##suffix##2,   \
            raw_cmp##suffix##3, raw_cmp##suffix##4, raw_cmp##suffix##5,   \
            raw_cmp##suffix##6, raw_cmp##suffix##7,                       \
        };                                                                \
                                                                          \
        vec_store(d, sse_fp_run(env, predicates[imm & 7], vec_load(d),    \
                                vec_load(s)));                            \
    }

CMP(ps) CMP(pd) CMP(ss) CMP(sd)

/* Comparisons into EFLAGS: ZF, PF and CF; OF, SF and AF become clear. */
#define COMPARE(insn)                                                     \
    static Vec raw_##insn(Vec a, Vec b)                                   \
    {                                                                     \
        bool zf, pf, cf;                                                  \
                                                                          \
        asm volatile(#insn " %4, %3"                                      \
                     : "=@ccz" (zf), "=@ccp" (pf), "=@ccc" (cf)           \
                     : "x" (a), "x" (b));                                 \
        return (Vec){ zf << 6 | pf << 2 | cf, 0 };                        \
    }                                                                     \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        Vec r = sse_fp_run(env, raw_##insn, vec_load(d), vec_load(s));    \
                                                                          \
        sse_set_eflags(env, r[0]);                                        \
    }

COMPARE(ucomiss) COMPARE(ucomisd) COMPARE(comiss) COMPARE(comisd)

/* From a general register or integer memory. */
#define FROM_INT(insn, name, type)                                        \
    static Vec raw_##name(Vec a, Vec b)                                   \
    {                                                                     \
        asm volatile(#insn " %1, %0" : "+x" (a) : "r" ((type)b[0]));      \
        return a;                                                         \
    }                                                                     \
    static void x_##name(SSE_ARGS)                                        \
    {                                                                     \
        vec_store(d, sse_fp_run(env, raw_##name, vec_load(d),             \
                                vec_load64(s)));                          \
    }

FROM_INT(cvtsi2ssl, si2ss_32, int32_t)
FROM_INT(cvtsi2ssq, si2ss_64, int64_t)
FROM_INT(cvtsi2sdl, si2sd_32, int32_t)
FROM_INT(cvtsi2sdq, si2sd_64, int64_t)

/* To a general register. */
#define TO_INT(insn, name, type)                                          \
    static Vec raw_##name(Vec a, Vec b)                                   \
    {                                                                     \
        type r;                                                           \
                                                                          \
        asm volatile(#insn " %1, %0" : "=r" (r) : "x" (b));               \
        return (Vec){ r, 0 };                                             \
    }                                                                     \
    static void x_##name(SSE_ARGS)                                        \
    {                                                                     \
        Vec r = sse_fp_run(env, raw_##name, (Vec){ 0, 0 }, vec_load(s));  \
                                                                          \
        vec_store64(d, r);                                                \
    }

TO_INT(cvtss2sil, ss2si_32, uint32_t)
TO_INT(cvtss2siq, ss2si_64, uint64_t)
TO_INT(cvtsd2sil, sd2si_32, uint32_t)
TO_INT(cvtsd2siq, sd2si_64, uint64_t)
TO_INT(cvttss2sil, tss2si_32, uint32_t)
TO_INT(cvttss2siq, tss2si_64, uint64_t)
TO_INT(cvttsd2sil, tsd2si_32, uint32_t)
TO_INT(cvttsd2siq, tsd2si_64, uint64_t)

/*
 * Between MMX and XMM. Two integers beside two zeroes convert as four do, and
 * zeroes raise nothing.
 */
static void x_cvtpi2ps(SSE_ARGS)
{
    Vec r = sse_fp_run(env, raw_cvtdq2ps, (Vec){ 0, 0 }, vec_load64(s));

    *(U64a *)d = r[0];
}

static void x_cvtpi2pd(SSE_ARGS)
{
    vec_store(d, raw_cvtdq2pd((Vec){ 0, 0 }, vec_load64(s)));
}

#define TO_MMX(name, raw, load)                                           \
    static void m_##name(SSE_ARGS)                                        \
    {                                                                     \
        vec_store64(d, sse_fp_run(env, raw, (Vec){ 0, 0 }, load(s)));     \
    }

TO_MMX(cvtps2pi, raw_cvtps2dq, vec_load64)
TO_MMX(cvttps2pi, raw_cvttps2dq, vec_load64)
TO_MMX(cvtpd2pi, raw_cvtpd2dq, vec_load)
TO_MMX(cvttpd2pi, raw_cvttpd2dq, vec_load)

/*
 * cvtps2pd and cvtdq2pd read eight bytes, scalar forms four or eight: what
 * lies above in the operand is not looked at by the instruction itself.
 */
#define P_NONE SSE_PFX_NONE
#define P_66 SSE_PFX_66
#define P_F3 SSE_PFX_F3
#define P_F2 SSE_PFX_F2

#define ROW(pfx, opc, function, r, m, bytes, ft, fl)                      \
    { .fn = function, .prefix = P_##pfx, .opcode = opc, .reg = SSE_##r,   \
      .rm = SSE_##m, .mem_bytes = bytes, .feature = SSE_FT_##ft,          \
      .flags = SSE_F_FP | (fl) }
#define ROW_W(pfx, opc, function, r, m, bytes, ft, width)                 \
    { .fn = function, .prefix = P_##pfx, .opcode = opc, .reg = SSE_##r,   \
      .rm = SSE_##m, .mem_bytes = bytes, .feature = SSE_FT_##ft,          \
      .flags = SSE_F_FP, .w = SSE_W_##width }
#define PACKED_SINGLE(opc, name) \
    ROW(NONE, opc, x_##name##ps, XMM, XMM, 16, SSE, SSE_F_ALIGNED)
#define PACKED_DOUBLE(opc, name) \
    ROW(66, opc, x_##name##pd, XMM, XMM, 16, SSE2, SSE_F_ALIGNED)
#define ARITH(opc, name)                                                  \
    PACKED_SINGLE(opc, name), PACKED_DOUBLE(opc, name),                   \
    ROW(F3, opc, x_##name##ss, XMM, XMM, 4, SSE, 0),                      \
    ROW(F2, opc, x_##name##sd, XMM, XMM, 8, SSE2, 0)

const SseRow sse_fp_rows[] = {
    /* From memory these leave the x87 state alone. */
    ROW(NONE, 0x2a, x_cvtpi2ps, XMM, MMX, 0, SSE, SSE_F_MMX),
    ROW(NONE, 0x2a, x_cvtpi2ps, XMM, NONE, 8, SSE, 0),
    ROW(66, 0x2a, x_cvtpi2pd, XMM, MMX, 0, SSE2, SSE_F_MMX),
    ROW(66, 0x2a, x_cvtpi2pd, XMM, NONE, 8, SSE2, 0),
    ROW_W(F3, 0x2a, x_si2ss_32, XMM, GPR, 4, SSE, 0),
    ROW_W(F3, 0x2a, x_si2ss_64, XMM, GPR, 8, SSE, 1),
    ROW_W(F2, 0x2a, x_si2sd_32, XMM, GPR, 4, SSE2, 0),
    ROW_W(F2, 0x2a, x_si2sd_64, XMM, GPR, 8, SSE2, 1),
    ROW(NONE, 0x2c, m_cvttps2pi, MMX, XMM, 8, SSE, SSE_F_MMX),
    ROW(66, 0x2c, m_cvttpd2pi, MMX, XMM, 16, SSE2,
        SSE_F_MMX | SSE_F_ALIGNED),
    ROW_W(F3, 0x2c, x_tss2si_32, GPR, XMM, 4, SSE, 0),
    ROW_W(F3, 0x2c, x_tss2si_64, GPR, XMM, 4, SSE, 1),
    ROW_W(F2, 0x2c, x_tsd2si_32, GPR, XMM, 8, SSE2, 0),
    ROW_W(F2, 0x2c, x_tsd2si_64, GPR, XMM, 8, SSE2, 1),
    ROW(NONE, 0x2d, m_cvtps2pi, MMX, XMM, 8, SSE, SSE_F_MMX),
    ROW(66, 0x2d, m_cvtpd2pi, MMX, XMM, 16, SSE2, SSE_F_MMX | SSE_F_ALIGNED),
    ROW_W(F3, 0x2d, x_ss2si_32, GPR, XMM, 4, SSE, 0),
    ROW_W(F3, 0x2d, x_ss2si_64, GPR, XMM, 4, SSE, 1),
    ROW_W(F2, 0x2d, x_sd2si_32, GPR, XMM, 8, SSE2, 0),
    ROW_W(F2, 0x2d, x_sd2si_64, GPR, XMM, 8, SSE2, 1),

    ROW(NONE, 0x2e, x_ucomiss, XMM, XMM, 4, SSE, SSE_F_COMPARE),
    ROW(66, 0x2e, x_ucomisd, XMM, XMM, 8, SSE2, SSE_F_COMPARE),
    ROW(NONE, 0x2f, x_comiss, XMM, XMM, 4, SSE, SSE_F_COMPARE),
    ROW(66, 0x2f, x_comisd, XMM, XMM, 8, SSE2, SSE_F_COMPARE),

    ARITH(0x51, sqrt),
    PACKED_SINGLE(0x52, rsqrt),
    ROW(F3, 0x52, x_rsqrtss, XMM, XMM, 4, SSE, 0),
    PACKED_SINGLE(0x53, rcp),
    ROW(F3, 0x53, x_rcpss, XMM, XMM, 4, SSE, 0),
    ARITH(0x58, add),
    ARITH(0x59, mul),
    ARITH(0x5c, sub),
    ARITH(0x5d, min),
    ARITH(0x5e, div),
    ARITH(0x5f, max),

    ROW(NONE, 0x5a, x_cvtps2pd, XMM, XMM, 8, SSE2, 0),
    ROW(66, 0x5a, x_cvtpd2ps, XMM, XMM, 16, SSE2, SSE_F_ALIGNED),
    ROW(F3, 0x5a, x_cvtss2sd, XMM, XMM, 4, SSE2, 0),
    ROW(F2, 0x5a, x_cvtsd2ss, XMM, XMM, 8, SSE2, 0),
    ROW(NONE, 0x5b, x_cvtdq2ps, XMM, XMM, 16, SSE2, SSE_F_ALIGNED),
    ROW(66, 0x5b, x_cvtps2dq, XMM, XMM, 16, SSE2, SSE_F_ALIGNED),
    ROW(F3, 0x5b, x_cvttps2dq, XMM, XMM, 16, SSE2, SSE_F_ALIGNED),
    ROW(66, 0xe6, x_cvttpd2dq, XMM, XMM, 16, SSE2, SSE_F_ALIGNED),
    ROW(F3, 0xe6, x_cvtdq2pd, XMM, XMM, 8, SSE2, 0),
    ROW(F2, 0xe6, x_cvtpd2dq, XMM, XMM, 16, SSE2, SSE_F_ALIGNED),

    ROW(66, 0x7c, x_haddpd, XMM, XMM, 16, SSE3, SSE_F_ALIGNED),
    ROW(F2, 0x7c, x_haddps, XMM, XMM, 16, SSE3, SSE_F_ALIGNED),
    ROW(66, 0x7d, x_hsubpd, XMM, XMM, 16, SSE3, SSE_F_ALIGNED),
    ROW(F2, 0x7d, x_hsubps, XMM, XMM, 16, SSE3, SSE_F_ALIGNED),
    ROW(66, 0xd0, x_addsubpd, XMM, XMM, 16, SSE3, SSE_F_ALIGNED),
    ROW(F2, 0xd0, x_addsubps, XMM, XMM, 16, SSE3, SSE_F_ALIGNED),

    ROW(NONE, 0xc2, x_cmpps, XMM, XMM, 16, SSE, SSE_F_ALIGNED | SSE_F_IMM8),
    ROW(66, 0xc2, x_cmppd, XMM, XMM, 16, SSE2, SSE_F_ALIGNED | SSE_F_IMM8),
    ROW(F3, 0xc2, x_cmpss, XMM, XMM, 4, SSE, SSE_F_IMM8),
    ROW(F2, 0xc2, x_cmpsd, XMM, XMM, 8, SSE2, SSE_F_IMM8),
};

const unsigned sse_fp_row_count = G_N_ELEMENTS(sse_fp_rows);

/*
 * SSE4.1, SSE4.2, AES and PCLMULQDQ, which only `-cpu max` shows, and only on
 * hosts that have them. Instructions whose immediate is part of the operation
 * run from a table of stubs, one per immediate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sse-internal.h"

#define PLAIN(insn)                                                       \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        Vec a = vec_load(d), b = vec_load(s);                             \
                                                                          \
        asm(#insn " %1, %0" : "+x" (a) : "x" (b));                        \
        vec_store(d, a);                                                  \
    }

PLAIN(pmovsxbw) PLAIN(pmovsxbd) PLAIN(pmovsxbq)
PLAIN(pmovsxwd) PLAIN(pmovsxwq) PLAIN(pmovsxdq)
PLAIN(pmovzxbw) PLAIN(pmovzxbd) PLAIN(pmovzxbq)
PLAIN(pmovzxwd) PLAIN(pmovzxwq) PLAIN(pmovzxdq)
PLAIN(pmuldq) PLAIN(pcmpeqq) PLAIN(packusdw) PLAIN(pcmpgtq)
PLAIN(pminsb) PLAIN(pminsd) PLAIN(pminuw) PLAIN(pminud)
PLAIN(pmaxsb) PLAIN(pmaxsd) PLAIN(pmaxuw) PLAIN(pmaxud)
PLAIN(pmulld) PLAIN(phminposuw)
PLAIN(aesimc) PLAIN(aesenc) PLAIN(aesenclast) PLAIN(aesdec) PLAIN(aesdeclast)

/* Lanes chosen by the top bits of XMM0. */
#define BLENDV(insn)                                                      \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        register Vec select asm("xmm0") = vec_load(&env->xmm_regs[0]);    \
        Vec a = vec_load(d), b = vec_load(s);                             \
                                                                          \
        asm(#insn " %%xmm0, %1, %0" : "+x" (a) : "x" (b), "x" (select));  \
        vec_store(d, a);                                                  \
    }

BLENDV(pblendvb) BLENDV(blendvps) BLENDV(blendvpd)

static void x_ptest(SSE_ARGS)
{
    bool zf, cf;

    asm("ptest %3, %2" : "=@ccz" (zf), "=@ccc" (cf)
        : "x" (vec_load(d)), "x" (vec_load(s)));
    sse_set_eflags(env, zf << 6 | cf);
}

static void x_movntdqa(SSE_ARGS)
{
    vec_store(d, vec_load(s));
}

/*
 * Stubs: `insn $n, %xmm2, %xmm1; ret` for n from 0 to 255, 8 bytes each. All
 * of these are 66 0F 3A opcodes.
 */
#define STUB_BYTES 8
#define STUBS(insn, opcode)                                               \
    asm(".pushsection .text\n.balign 16\nsse_stubs_" #insn ":\n"          \
        ".set n, 0\n.rept 256\n"                                          \
        ".byte 0x66, 0x0f, 0x3a, " #opcode ", 0xca, n, 0xc3, 0x90\n"      \
        ".set n, n + 1\n.endr\n.popsection\n");                           \
    extern const uint8_t sse_stubs_##insn[]

STUBS(roundps, 0x08);
STUBS(roundpd, 0x09);
STUBS(roundss, 0x0a);
STUBS(roundsd, 0x0b);
STUBS(blendps, 0x0c);
STUBS(blendpd, 0x0d);
STUBS(pblendw, 0x0e);
STUBS(insertps, 0x21);
STUBS(dpps, 0x40);
STUBS(dppd, 0x41);
STUBS(mpsadbw, 0x42);
STUBS(pclmulqdq, 0x44);
STUBS(pcmpestrm, 0x60);
STUBS(pcmpestri, 0x61);
STUBS(pcmpistrm, 0x62);
STUBS(pcmpistri, 0x63);
STUBS(aeskeygenassist, 0xdf);

/* The stub that raw_stub() runs: a VecRaw has no room for an immediate. */
static __thread const uint8_t *current_stub;

static Vec raw_stub(Vec a, Vec b)
{
    register Vec x1 asm("xmm1") = a;
    register Vec x2 asm("xmm2") = b;
    const uint8_t *stub = current_stub;

    asm volatile("sub $128, %%rsp\n\tcall *%2\n\tsub $-128, %%rsp"
                 : "+x" (x1) : "x" (x2), "r" (stub) : "cc", "memory");
    return x1;
}

#define STUB_PLAIN(insn)                                                  \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        current_stub = sse_stubs_##insn + imm * STUB_BYTES;               \
        vec_store(d, raw_stub(vec_load(d), vec_load(s)));                 \
    }
#define STUB_FP(insn)                                                     \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        current_stub = sse_stubs_##insn + imm * STUB_BYTES;               \
        vec_store(d, sse_fp_run(env, raw_stub, vec_load(d),               \
                                vec_load(s)));                            \
    }

STUB_FP(roundps) STUB_FP(roundpd) STUB_FP(roundss) STUB_FP(roundsd)
STUB_FP(dpps) STUB_FP(dppd)
STUB_PLAIN(blendps) STUB_PLAIN(blendpd) STUB_PLAIN(pblendw)
STUB_PLAIN(insertps) STUB_PLAIN(mpsadbw) STUB_PLAIN(pclmulqdq)
STUB_PLAIN(aeskeygenassist)

/* From memory there is one lane only; the lane selector does not count. */
static void x_insertps_mem(SSE_ARGS)
{
    current_stub = sse_stubs_insertps + (imm & 0x3f) * STUB_BYTES;
    vec_store(d, raw_stub(vec_load(d), vec_load(s)));
}

/* String comparisons. */

typedef struct StringResult {
    Vec mask;
    uint32_t index;
    uint32_t flags;
} StringResult;

#define ARITH_FLAGS 0x8d5u

static StringResult string_run(const uint8_t *stubs, unsigned imm,
                               const void *d, const void *s,
                               int32_t len_d, int32_t len_s)
{
    register Vec x0 asm("xmm0") = { 0, 0 };
    register Vec x1 asm("xmm1") = vec_load(d);
    register Vec x2 asm("xmm2") = vec_load(s);
    const uint8_t *stub = stubs + imm * STUB_BYTES;
    uint32_t index = 0;
    uint64_t flags;

    asm volatile("sub $128, %%rsp\n\tcall *%[stub]\n\tpushfq\n\t"
                 "pop %[flags]\n\tsub $-128, %%rsp"
                 : "+x" (x0), "+c" (index), [flags] "=&r" (flags)
                 : "x" (x1), "x" (x2), "a" (len_d), "d" (len_s),
                   [stub] "r" (stub)
                 : "cc", "memory");
    return (StringResult){ x0, index, flags & ARITH_FLAGS };
}

/* Lengths count up to 16; a 64-bit one beyond that says no more than 32. */
static int32_t explicit_length(CPUX86State *env, int reg, bool wide)
{
    int64_t v = env->regs[reg];

    return wide ? CLAMP(v, -32, 32) : (int32_t)v;
}

static void string_finish(CPUX86State *env, const StringResult *r, bool mask)
{
    if (mask) {
        vec_store(&env->xmm_regs[0], r->mask);
    } else {
        env->regs[R_ECX] = r->index;
    }
    sse_set_eflags(env, r->flags);
}

#define STRING_EXPLICIT(insn, name, wide, mask)                           \
    static void x_##name(SSE_ARGS)                                        \
    {                                                                     \
        StringResult r = string_run(sse_stubs_##insn, imm, d, s,          \
                                    explicit_length(env, R_EAX, wide),    \
                                    explicit_length(env, R_EDX, wide));   \
                                                                          \
        string_finish(env, &r, mask);                                     \
    }
#define STRING_IMPLICIT(insn, mask)                                       \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        StringResult r = string_run(sse_stubs_##insn, imm, d, s, 0, 0);   \
                                                                          \
        string_finish(env, &r, mask);                                     \
    }

STRING_EXPLICIT(pcmpestrm, estrm_32, false, true)
STRING_EXPLICIT(pcmpestrm, estrm_64, true, true)
STRING_EXPLICIT(pcmpestri, estri_32, false, false)
STRING_EXPLICIT(pcmpestri, estri_64, true, false)
STRING_IMPLICIT(pcmpistrm, true)
STRING_IMPLICIT(pcmpistri, false)

/* Inserts and extracts. */

static void x_pextrb(SSE_ARGS)
{
    *(U64a *)d = ((const U8a *)s)[imm & 15];
}

static void x_pextrw_store(SSE_ARGS)
{
    *(U64a *)d = ((const U16a *)s)[imm & 7];
}

static void x_pextrd(SSE_ARGS)
{
    *(U64a *)d = ((const U32a *)s)[imm & 3];
}

static void x_pextrq(SSE_ARGS)
{
    *(U64a *)d = ((const U64a *)s)[imm & 1];
}

static void x_pinsrb(SSE_ARGS)
{
    ((U8a *)d)[imm & 15] = *(const U8a *)s;
}

static void x_pinsrd(SSE_ARGS)
{
    ((U32a *)d)[imm & 3] = *(const U32a *)s;
}

static void x_pinsrq(SSE_ARGS)
{
    ((U64a *)d)[imm & 1] = *(const U64a *)s;
}

#define ROW(m, opc, function, r, rm_kind, bytes, ft, fl, ...)             \
    { .fn = function, .map = SSE_MAP_##m, .prefix = SSE_PFX_66,           \
      .opcode = opc, .reg = SSE_##r, .rm = SSE_##rm_kind,                 \
      .mem_bytes = bytes, .feature = SSE_FT_##ft, .flags = fl, __VA_ARGS__ }
#define OP38(opc, name, ft) \
    ROW(0F38, opc, x_##name, XMM, XMM, 16, ft, SSE_F_ALIGNED)
#define WIDEN(opc, name, bytes) \
    ROW(0F38, opc, x_##name, XMM, XMM, bytes, SSE41, 0)
#define OP3A(opc, name, ft, fl)                                           \
    ROW(0F3A, opc, x_##name, XMM, XMM, 16, ft,                            \
        SSE_F_ALIGNED | SSE_F_IMM8 | (fl))
#define IMM_STORE (SSE_F_IMM8 | SSE_F_STORE)

const SseRow sse_ext_rows[] = {
    OP38(0x10, pblendvb, SSE41),
    OP38(0x14, blendvps, SSE41),
    OP38(0x15, blendvpd, SSE41),
    ROW(0F38, 0x17, x_ptest, XMM, XMM, 16, SSE41,
        SSE_F_ALIGNED | SSE_F_COMPARE),
    WIDEN(0x20, pmovsxbw, 8),
    WIDEN(0x21, pmovsxbd, 4),
    WIDEN(0x22, pmovsxbq, 2),
    WIDEN(0x23, pmovsxwd, 8),
    WIDEN(0x24, pmovsxwq, 4),
    WIDEN(0x25, pmovsxdq, 8),
    OP38(0x28, pmuldq, SSE41),
    OP38(0x29, pcmpeqq, SSE41),
    ROW(0F38, 0x2a, x_movntdqa, XMM, NONE, 16, SSE41, SSE_F_ALIGNED),
    OP38(0x2b, packusdw, SSE41),
    WIDEN(0x30, pmovzxbw, 8),
    WIDEN(0x31, pmovzxbd, 4),
    WIDEN(0x32, pmovzxbq, 2),
    WIDEN(0x33, pmovzxwd, 8),
    WIDEN(0x34, pmovzxwq, 4),
    WIDEN(0x35, pmovzxdq, 8),
    OP38(0x37, pcmpgtq, SSE42),
    OP38(0x38, pminsb, SSE41),
    OP38(0x39, pminsd, SSE41),
    OP38(0x3a, pminuw, SSE41),
    OP38(0x3b, pminud, SSE41),
    OP38(0x3c, pmaxsb, SSE41),
    OP38(0x3d, pmaxsd, SSE41),
    OP38(0x3e, pmaxuw, SSE41),
    OP38(0x3f, pmaxud, SSE41),
    OP38(0x40, pmulld, SSE41),
    OP38(0x41, phminposuw, SSE41),
    OP38(0xdb, aesimc, AES),
    OP38(0xdc, aesenc, AES),
    OP38(0xdd, aesenclast, AES),
    OP38(0xde, aesdec, AES),
    OP38(0xdf, aesdeclast, AES),

    OP3A(0x08, roundps, SSE41, SSE_F_FP),
    OP3A(0x09, roundpd, SSE41, SSE_F_FP),
    ROW(0F3A, 0x0a, x_roundss, XMM, XMM, 4, SSE41, SSE_F_FP | SSE_F_IMM8),
    ROW(0F3A, 0x0b, x_roundsd, XMM, XMM, 8, SSE41, SSE_F_FP | SSE_F_IMM8),
    OP3A(0x0c, blendps, SSE41, 0),
    OP3A(0x0d, blendpd, SSE41, 0),
    OP3A(0x0e, pblendw, SSE41, 0),
    ROW(0F3A, 0x14, x_pextrb, XMM, GPR, 1, SSE41, IMM_STORE),
    ROW(0F3A, 0x15, x_pextrw_store, XMM, GPR, 2, SSE41, IMM_STORE),
    ROW(0F3A, 0x16, x_pextrd, XMM, GPR, 4, SSE41, IMM_STORE, .w = SSE_W_0),
    ROW(0F3A, 0x16, x_pextrq, XMM, GPR, 8, SSE41, IMM_STORE, .w = SSE_W_1),
    ROW(0F3A, 0x17, x_pextrd, XMM, GPR, 4, SSE41, IMM_STORE),
    ROW(0F3A, 0x20, x_pinsrb, XMM, GPR, 1, SSE41, SSE_F_IMM8),
    ROW(0F3A, 0x21, x_insertps, XMM, XMM, 0, SSE41, SSE_F_IMM8),
    ROW(0F3A, 0x21, x_insertps_mem, XMM, NONE, 4, SSE41, SSE_F_IMM8),
    ROW(0F3A, 0x22, x_pinsrd, XMM, GPR, 4, SSE41, SSE_F_IMM8, .w = SSE_W_0),
    ROW(0F3A, 0x22, x_pinsrq, XMM, GPR, 8, SSE41, SSE_F_IMM8, .w = SSE_W_1),
    OP3A(0x40, dpps, SSE41, SSE_F_FP),
    OP3A(0x41, dppd, SSE41, SSE_F_FP),
    OP3A(0x42, mpsadbw, SSE41, 0),
    OP3A(0x44, pclmulqdq, PCLMUL, 0),
    /* These read memory at any alignment. */
    ROW(0F3A, 0x60, x_estrm_32, XMM, XMM, 16, SSE42,
        SSE_F_IMM8 | SSE_F_COMPARE, .w = SSE_W_0),
    ROW(0F3A, 0x60, x_estrm_64, XMM, XMM, 16, SSE42,
        SSE_F_IMM8 | SSE_F_COMPARE, .w = SSE_W_1),
    ROW(0F3A, 0x61, x_estri_32, XMM, XMM, 16, SSE42,
        SSE_F_IMM8 | SSE_F_COMPARE, .w = SSE_W_0),
    ROW(0F3A, 0x61, x_estri_64, XMM, XMM, 16, SSE42,
        SSE_F_IMM8 | SSE_F_COMPARE, .w = SSE_W_1),
    ROW(0F3A, 0x62, x_pcmpistrm, XMM, XMM, 16, SSE42,
        SSE_F_IMM8 | SSE_F_COMPARE),
    ROW(0F3A, 0x63, x_pcmpistri, XMM, XMM, 16, SSE42,
        SSE_F_IMM8 | SSE_F_COMPARE),
    OP3A(0xdf, aeskeygenassist, AES, 0),
};

const unsigned sse_ext_row_count = G_N_ELEMENTS(sse_ext_rows);

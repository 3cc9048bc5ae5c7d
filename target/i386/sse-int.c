/*
 * Integer arithmetic, comparison, logic, packing and shifting of MMX, SSE,
 * SSE2 and SSSE3. One function per instruction and register file, each of them
 * the host's instruction; MMX forms are done in the low half of an SSE
 * register, so that the host's x87 state is never touched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sse-internal.h"

#define RAW(insn)                                                         \
    static inline Vec raw_##insn(Vec a, Vec b)                            \
    {                                                                     \
        asm(#insn " %1, %0" : "+x" (a) : "x" (b));                        \
        return a;                                                         \
    }

/* The XMM form. */
#define XMM_FORM(insn)                                                    \
    static void x_##insn(SSE_ARGS)                                        \
    {                                                                     \
        vec_store(d, raw_##insn(vec_load(d), vec_load(s)));               \
    }

/* The MMX form of instructions whose lanes stay within their quadword. */
#define MMX_LANES(insn)                                                   \
    static void m_##insn(SSE_ARGS)                                        \
    {                                                                     \
        vec_store64(d, raw_##insn(vec_load64(d), vec_load64(s)));         \
    }

/* The MMX form of those that put d's result below s's (pack, phadd). */
#define MMX_PACK(insn)                                                    \
    static void m_##insn(SSE_ARGS)                                        \
    {                                                                     \
        Vec both = { *(U64a *)d, *(const U64a *)s };                      \
                                                                          \
        vec_store64(d, raw_##insn(both, both));                           \
    }

#define LANES(insn) RAW(insn) XMM_FORM(insn) MMX_LANES(insn)
#define PACKS(insn) RAW(insn) XMM_FORM(insn) MMX_PACK(insn)
#define XMM_ONLY(insn) RAW(insn) XMM_FORM(insn)

LANES(paddb) LANES(paddw) LANES(paddd) LANES(paddq)
LANES(psubb) LANES(psubw) LANES(psubd) LANES(psubq)
LANES(paddsb) LANES(paddsw) LANES(paddusb) LANES(paddusw)
LANES(psubsb) LANES(psubsw) LANES(psubusb) LANES(psubusw)
LANES(pmullw) LANES(pmulhw) LANES(pmulhuw) LANES(pmuludq) LANES(pmaddwd)
LANES(pavgb) LANES(pavgw) LANES(psadbw)
LANES(pminub) LANES(pmaxub) LANES(pminsw) LANES(pmaxsw)
LANES(pcmpeqb) LANES(pcmpeqw) LANES(pcmpeqd)
LANES(pcmpgtb) LANES(pcmpgtw) LANES(pcmpgtd)
LANES(pand) LANES(pandn) LANES(por) LANES(pxor)
LANES(psrlw) LANES(psrld) LANES(psrlq) LANES(psraw) LANES(psrad)
LANES(psllw) LANES(pslld) LANES(psllq)
LANES(punpcklbw) LANES(punpcklwd) LANES(punpckldq)
PACKS(packsswb) PACKS(packssdw) PACKS(packuswb)
XMM_ONLY(punpcklqdq) XMM_ONLY(punpckhqdq)
XMM_ONLY(punpckhbw) XMM_ONLY(punpckhwd) XMM_ONLY(punpckhdq)

/* SSSE3 */
LANES(psignb) LANES(psignw) LANES(psignd)
LANES(pabsb) LANES(pabsw) LANES(pabsd)
LANES(pmaddubsw) LANES(pmulhrsw)
PACKS(phaddw) PACKS(phaddd) PACKS(phaddsw)
PACKS(phsubw) PACKS(phsubd) PACKS(phsubsw)
XMM_ONLY(pshufb)

/* The high halves: interleaving the low quadwords makes them all. */
#define MMX_UNPACK_HIGH(suffix)                                           \
    static void m_punpckh##suffix(SSE_ARGS)                               \
    {                                                                     \
        Vec r = raw_punpckl##suffix(vec_load64(d), vec_load64(s));        \
                                                                          \
        *(U64a *)d = r[1];                                                \
    }

MMX_UNPACK_HIGH(bw)
MMX_UNPACK_HIGH(wd)
MMX_UNPACK_HIGH(dq)

static void m_pshufb(SSE_ARGS)
{
    Vec select = { *(const U64a *)s & 0x8787878787878787ull, 0 };

    vec_store64(d, raw_pshufb(vec_load64(d), select));
}

static void x_palignr(SSE_ARGS)
{
    unsigned __int128 low, high, r = 0;
    unsigned bits = imm * 8;

    memcpy(&low, s, 16);
    memcpy(&high, d, 16);
    if (bits == 0) {
        r = low;
    } else if (bits < 128) {
        r = low >> bits | high << (128 - bits);
    } else if (bits < 256) {
        r = high >> (bits - 128);
    }
    memcpy(d, &r, 16);
}

static void m_palignr(SSE_ARGS)
{
    unsigned __int128 both = (unsigned __int128)*(U64a *)d << 64 |
                             *(const U64a *)s;

    *(U64a *)d = imm < 16 ? both >> (imm * 8) : 0;
}

/* The shift groups 71, 72, 73: the count is the immediate byte. */
#define SHIFT_IMM(insn)                                                   \
    static void xi_##insn(SSE_ARGS)                                       \
    {                                                                     \
        vec_store(d, raw_##insn(vec_load(d), (Vec){ imm, 0 }));           \
    }                                                                     \
    static void mi_##insn(SSE_ARGS)                                       \
    {                                                                     \
        vec_store64(d, raw_##insn(vec_load64(d), (Vec){ imm, 0 }));       \
    }

SHIFT_IMM(psrlw) SHIFT_IMM(psrld) SHIFT_IMM(psrlq)
SHIFT_IMM(psraw) SHIFT_IMM(psrad)
SHIFT_IMM(psllw) SHIFT_IMM(pslld) SHIFT_IMM(psllq)

static void xi_psrldq(SSE_ARGS)
{
    unsigned __int128 v;

    memcpy(&v, d, 16);
    v = imm < 16 ? v >> (imm * 8) : 0;
    memcpy(d, &v, 16);
}

static void xi_pslldq(SSE_ARGS)
{
    unsigned __int128 v;

    memcpy(&v, d, 16);
    v = imm < 16 ? v << (imm * 8) : 0;
    memcpy(d, &v, 16);
}

/* MMX register or m64, and XMM register or aligned m128, under one opcode. */
#define MMX_ROW(opc, name, ft)                                            \
    { .fn = m_##name, .prefix = SSE_PFX_NONE, .opcode = opc,              \
      .reg = SSE_MMX, .rm = SSE_MMX, .mem_bytes = 8,                      \
      .feature = SSE_FT_##ft, .flags = SSE_F_MMX | SSE_F_NO_XMM }
#define XMM_ROW(opc, name, ft)                                            \
    { .fn = x_##name, .prefix = SSE_PFX_66, .opcode = opc,                \
      .reg = SSE_XMM, .rm = SSE_XMM, .mem_bytes = 16,                     \
      .feature = SSE_FT_##ft, .flags = SSE_F_ALIGNED }
/* In MMX since the first day, in XMM since SSE2. */
#define BOTH(opc, name) MMX_ROW(opc, name, MMX), XMM_ROW(opc, name, SSE2)
/* In MMX since SSE, or since SSE2. */
#define BOTH_SSE(opc, name) MMX_ROW(opc, name, SSE), XMM_ROW(opc, name, SSE2)
#define BOTH_SSE2(opc, name) MMX_ROW(opc, name, SSE2), XMM_ROW(opc, name, SSE2)
/* Like BOTH, but the MMX form reads only four bytes of memory. */
#define BOTH_M32(opc, name)                                               \
    { .fn = m_##name, .prefix = SSE_PFX_NONE, .opcode = opc,              \
      .reg = SSE_MMX, .rm = SSE_MMX, .mem_bytes = 4,                      \
      .feature = SSE_FT_MMX, .flags = SSE_F_MMX | SSE_F_NO_XMM },         \
    XMM_ROW(opc, name, SSE2)
#define BOTH_SSSE3(opc, name)                                             \
    { .fn = m_##name, .map = SSE_MAP_0F38, .opcode = opc,                 \
      .reg = SSE_MMX, .rm = SSE_MMX, .mem_bytes = 8,                      \
      .feature = SSE_FT_SSSE3, .flags = SSE_F_MMX | SSE_F_NO_XMM },       \
    { .fn = x_##name, .map = SSE_MAP_0F38, .prefix = SSE_PFX_66,          \
      .opcode = opc, .reg = SSE_XMM, .rm = SSE_XMM, .mem_bytes = 16,      \
      .feature = SSE_FT_SSSE3, .flags = SSE_F_ALIGNED }
/* Shift by immediate: the register operand is ModRM.rm. */
#define XMM_SHIFT(opc, member, name)                                      \
    { .fn = xi_##name, .prefix = SSE_PFX_66, .opcode = opc,               \
      .group = 1 + (member), .rm = SSE_XMM, .feature = SSE_FT_SSE2,       \
      .flags = SSE_F_IMM8 | SSE_F_STORE }
#define BOTH_SHIFT(opc, member, name)                                     \
    { .fn = mi_##name, .prefix = SSE_PFX_NONE, .opcode = opc,             \
      .group = 1 + (member), .rm = SSE_MMX, .feature = SSE_FT_MMX,        \
      .flags = SSE_F_IMM8 | SSE_F_STORE | SSE_F_MMX | SSE_F_NO_XMM },     \
    XMM_SHIFT(opc, member, name)

const SseRow sse_int_rows[] = {
    BOTH_M32(0x60, punpcklbw),
    BOTH_M32(0x61, punpcklwd),
    BOTH_M32(0x62, punpckldq),
    BOTH(0x63, packsswb),
    BOTH(0x64, pcmpgtb),
    BOTH(0x65, pcmpgtw),
    BOTH(0x66, pcmpgtd),
    BOTH(0x67, packuswb),
    BOTH(0x68, punpckhbw),
    BOTH(0x69, punpckhwd),
    BOTH(0x6a, punpckhdq),
    BOTH(0x6b, packssdw),
    XMM_ROW(0x6c, punpcklqdq, SSE2),
    XMM_ROW(0x6d, punpckhqdq, SSE2),

    BOTH_SHIFT(0x71, 2, psrlw),
    BOTH_SHIFT(0x71, 4, psraw),
    BOTH_SHIFT(0x71, 6, psllw),
    BOTH_SHIFT(0x72, 2, psrld),
    BOTH_SHIFT(0x72, 4, psrad),
    BOTH_SHIFT(0x72, 6, pslld),
    BOTH_SHIFT(0x73, 2, psrlq),
    XMM_SHIFT(0x73, 3, psrldq),
    BOTH_SHIFT(0x73, 6, psllq),
    XMM_SHIFT(0x73, 7, pslldq),

    BOTH(0x74, pcmpeqb),
    BOTH(0x75, pcmpeqw),
    BOTH(0x76, pcmpeqd),
    BOTH(0xd1, psrlw),
    BOTH(0xd2, psrld),
    BOTH(0xd3, psrlq),
    BOTH_SSE2(0xd4, paddq),
    BOTH(0xd5, pmullw),
    BOTH(0xd8, psubusb),
    BOTH(0xd9, psubusw),
    BOTH_SSE(0xda, pminub),
    BOTH(0xdb, pand),
    BOTH(0xdc, paddusb),
    BOTH(0xdd, paddusw),
    BOTH_SSE(0xde, pmaxub),
    BOTH(0xdf, pandn),
    BOTH_SSE(0xe0, pavgb),
    BOTH(0xe1, psraw),
    BOTH(0xe2, psrad),
    BOTH_SSE(0xe3, pavgw),
    BOTH_SSE(0xe4, pmulhuw),
    BOTH(0xe5, pmulhw),
    BOTH(0xe8, psubsb),
    BOTH(0xe9, psubsw),
    BOTH_SSE(0xea, pminsw),
    BOTH(0xeb, por),
    BOTH(0xec, paddsb),
    BOTH(0xed, paddsw),
    BOTH_SSE(0xee, pmaxsw),
    BOTH(0xef, pxor),
    BOTH(0xf1, psllw),
    BOTH(0xf2, pslld),
    BOTH(0xf3, psllq),
    BOTH_SSE2(0xf4, pmuludq),
    BOTH(0xf5, pmaddwd),
    BOTH_SSE(0xf6, psadbw),
    BOTH(0xf8, psubb),
    BOTH(0xf9, psubw),
    BOTH(0xfa, psubd),
    BOTH_SSE2(0xfb, psubq),
    BOTH(0xfc, paddb),
    BOTH(0xfd, paddw),
    BOTH(0xfe, paddd),

    BOTH_SSSE3(0x00, pshufb),
    BOTH_SSSE3(0x01, phaddw),
    BOTH_SSSE3(0x02, phaddd),
    BOTH_SSSE3(0x03, phaddsw),
    BOTH_SSSE3(0x04, pmaddubsw),
    BOTH_SSSE3(0x05, phsubw),
    BOTH_SSSE3(0x06, phsubd),
    BOTH_SSSE3(0x07, phsubsw),
    BOTH_SSSE3(0x08, psignb),
    BOTH_SSSE3(0x09, psignw),
    BOTH_SSSE3(0x0a, psignd),
    BOTH_SSSE3(0x0b, pmulhrsw),
    BOTH_SSSE3(0x1c, pabsb),
    BOTH_SSSE3(0x1d, pabsw),
    BOTH_SSSE3(0x1e, pabsd),
    { .fn = m_palignr, .map = SSE_MAP_0F3A, .opcode = 0x0f,
      .reg = SSE_MMX, .rm = SSE_MMX, .mem_bytes = 8,
      .feature = SSE_FT_SSSE3,
      .flags = SSE_F_IMM8 | SSE_F_MMX | SSE_F_NO_XMM },
    { .fn = x_palignr, .map = SSE_MAP_0F3A, .prefix = SSE_PFX_66,
      .opcode = 0x0f, .reg = SSE_XMM, .rm = SSE_XMM, .mem_bytes = 16,
      .feature = SSE_FT_SSSE3, .flags = SSE_F_IMM8 | SSE_F_ALIGNED },
};

const unsigned sse_int_row_count = G_N_ELEMENTS(sse_int_rows);

/*
 * Moves, shuffles, inserts, extracts and masks of MMX, SSE and SSE2, with the
 * data-movement part of SSE3. Nothing here computes or raises SIMD exceptions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "sse-internal.h"
#include "mem-access.h"

static inline U64a *q(void *p)
{
    return p;
}

static inline const U64a *cq(const void *p)
{
    return p;
}

/* Whole registers, and loads that clear what they do not fill. */

static void move_16(SSE_ARGS)
{
    vec_store(d, vec_load(s));
}

static void move_8(SSE_ARGS)
{
    *q(d) = *cq(s);
}

static void move_4(SSE_ARGS)
{
    *(U32a *)d = *(const U32a *)s;
}

static void load_8_clear(SSE_ARGS)
{
    uint64_t low = *cq(s);

    q(d)[0] = low;
    q(d)[1] = 0;
}

static void load_4_clear(SSE_ARGS)
{
    uint32_t low = *(const U32a *)s;

    q(d)[0] = low;
    q(d)[1] = 0;
}

/* movd mm, r/m32 */
static void load_4_mmx(SSE_ARGS)
{
    *q(d) = *(const U32a *)s;
}

/* To a general register: the executor takes 32 or 64 bits of it. */
static void to_gpr_4(SSE_ARGS)
{
    *q(d) = *(const U32a *)s;
}

/* Halves. */

static void load_high(SSE_ARGS)             /* movhps xmm, m64; movlhps */
{
    q(d)[1] = cq(s)[0];
}

static void high_to_low(SSE_ARGS)           /* movhlps; movhps m64, xmm */
{
    q(d)[0] = cq(s)[1];
}

static void move_ddup(SSE_ARGS)
{
    uint64_t low = *cq(s);

    q(d)[0] = low;
    q(d)[1] = low;
}

/* Rearranging 32-bit lanes by a mask of two bits a lane. */

static void move_sldup(SSE_ARGS)
{
    const U32a *a = s;
    uint32_t even = a[0], odd = a[2];

    q(d)[0] = even | (uint64_t)even << 32;
    q(d)[1] = odd | (uint64_t)odd << 32;
}

static void move_shdup(SSE_ARGS)
{
    const U32a *a = s;
    uint32_t even = a[1], odd = a[3];

    q(d)[0] = even | (uint64_t)even << 32;
    q(d)[1] = odd | (uint64_t)odd << 32;
}

static void x_unpcklps(SSE_ARGS)
{
    Vec a = vec_load(d), b = vec_load(s);

    asm("unpcklps %1, %0" : "+x" (a) : "x" (b));
    vec_store(d, a);
}

static void x_unpckhps(SSE_ARGS)
{
    Vec a = vec_load(d), b = vec_load(s);

    asm("unpckhps %1, %0" : "+x" (a) : "x" (b));
    vec_store(d, a);
}

static void x_unpcklpd(SSE_ARGS)
{
    q(d)[1] = cq(s)[0];
}

static void x_unpckhpd(SSE_ARGS)
{
    uint64_t high = cq(s)[1];

    q(d)[0] = q(d)[1];
    q(d)[1] = high;
}

static void x_pshufd(SSE_ARGS)
{
    U32a a[4];
    U32a *out = d;

    memcpy(a, s, 16);
    for (int i = 0; i < 4; i++) {
        out[i] = a[imm >> (2 * i) & 3];
    }
}

static void x_shufps(SSE_ARGS)
{
    U32a a[4], b[4];
    U32a *out = d;

    memcpy(a, d, 16);
    memcpy(b, s, 16);
    out[0] = a[imm & 3];
    out[1] = a[imm >> 2 & 3];
    out[2] = b[imm >> 4 & 3];
    out[3] = b[imm >> 6 & 3];
}

static void x_shufpd(SSE_ARGS)
{
    uint64_t low = q(d)[imm & 1];
    uint64_t high = cq(s)[imm >> 1 & 1];

    q(d)[0] = low;
    q(d)[1] = high;
}

static uint64_t shuffle_words(uint64_t v, unsigned imm)
{
    uint64_t r = 0;

    for (int i = 0; i < 4; i++) {
        r |= (v >> (16 * (imm >> (2 * i) & 3)) & 0xffff) << (16 * i);
    }
    return r;
}

static void m_pshufw(SSE_ARGS)
{
    *q(d) = shuffle_words(*cq(s), imm);
}

static void x_pshuflw(SSE_ARGS)
{
    uint64_t high = cq(s)[1];

    q(d)[0] = shuffle_words(cq(s)[0], imm);
    q(d)[1] = high;
}

static void x_pshufhw(SSE_ARGS)
{
    uint64_t low = cq(s)[0];

    q(d)[1] = shuffle_words(cq(s)[1], imm);
    q(d)[0] = low;
}

/* Single words, and sign masks. */

static void m_pinsrw(SSE_ARGS)
{
    ((U16a *)d)[imm & 3] = *(const U16a *)s;
}

static void x_pinsrw(SSE_ARGS)
{
    ((U16a *)d)[imm & 7] = *(const U16a *)s;
}

static void m_pextrw(SSE_ARGS)
{
    *q(d) = ((const U16a *)s)[imm & 3];
}

static void x_pextrw(SSE_ARGS)
{
    *q(d) = ((const U16a *)s)[imm & 7];
}

static void x_movmskps(SSE_ARGS)
{
    const U32a *a = s;

    *q(d) = a[0] >> 31 | a[1] >> 31 << 1 | a[2] >> 31 << 2 | a[3] >> 31 << 3;
}

static void x_movmskpd(SSE_ARGS)
{
    *q(d) = cq(s)[0] >> 63 | cq(s)[1] >> 63 << 1;
}

static void x_pmovmskb(SSE_ARGS)
{
    uint32_t mask;

    asm("pmovmskb %1, %0" : "=r" (mask) : "x" (vec_load(s)));
    *q(d) = mask;
}

static void m_pmovmskb(SSE_ARGS)
{
    uint32_t mask;

    asm("pmovmskb %1, %0" : "=r" (mask) : "x" (vec_load64(s)));
    *q(d) = mask & 0xff;
}

/* Bitwise logic under its floating-point names. */

#define LOGIC(name, expression)                                           \
    static void x_##name(SSE_ARGS)                                        \
    {                                                                     \
        Vec a = vec_load(d), b = vec_load(s);                             \
                                                                          \
        vec_store(d, expression);                                         \
    }

LOGIC(andp, a & b)
LOGIC(andnp, ~a & b)
LOGIC(orp, a | b)
LOGIC(xorp, a ^ b)

/*
 * MASKMOVQ and MASKMOVDQU: @d is a SseMaskMove, @s the mask. The whole operand
 * has to be writable, whichever of its bytes are selected.
 */
static void mask_move(CPUX86State *env, const SseMaskMove *move,
                      const uint8_t *mask, unsigned count)
{
    const uint8_t *data = move->data;

    cpu_probe(env, move->ea, count, MMU_DATA_STORE);
    for (unsigned i = 0; i < count; i++) {
        if (mask[i] & 0x80) {
            cpu_stb(env, move->ea + i, data[i]);
        }
    }
}

static void m_maskmovq(SSE_ARGS)
{
    mask_move(env, d, s, 8);
}

static void x_maskmovdqu(SSE_ARGS)
{
    mask_move(env, d, s, 16);
}

#define P_NONE SSE_PFX_NONE
#define P_66 SSE_PFX_66
#define P_F3 SSE_PFX_F3
#define P_F2 SSE_PFX_F2

#define ROW(pfx, opc, function, r, m, bytes, ft, ...)                     \
    { .fn = function, .prefix = P_##pfx, .opcode = opc, .reg = SSE_##r,   \
      .rm = SSE_##m, .mem_bytes = bytes, .feature = SSE_FT_##ft, __VA_ARGS__ }
#define F(names) .flags = (names)
#define MMX_ONLY (SSE_F_MMX | SSE_F_NO_XMM)

const SseRow sse_move_rows[] = {
    ROW(NONE, 0x10, move_16, XMM, XMM, 16, SSE),
    ROW(66, 0x10, move_16, XMM, XMM, 16, SSE2),
    ROW(F3, 0x10, move_4, XMM, XMM, 0, SSE),
    ROW(F3, 0x10, load_4_clear, XMM, NONE, 4, SSE),
    ROW(F2, 0x10, move_8, XMM, XMM, 0, SSE2),
    ROW(F2, 0x10, load_8_clear, XMM, NONE, 8, SSE2),
    ROW(NONE, 0x11, move_16, XMM, XMM, 16, SSE, F(SSE_F_STORE)),
    ROW(66, 0x11, move_16, XMM, XMM, 16, SSE2, F(SSE_F_STORE)),
    ROW(F3, 0x11, move_4, XMM, XMM, 4, SSE, F(SSE_F_STORE)),
    ROW(F2, 0x11, move_8, XMM, XMM, 8, SSE2, F(SSE_F_STORE)),
    ROW(NONE, 0x12, high_to_low, XMM, XMM, 0, SSE),
    ROW(NONE, 0x12, move_8, XMM, NONE, 8, SSE),
    ROW(66, 0x12, move_8, XMM, NONE, 8, SSE2),
    ROW(F3, 0x12, move_sldup, XMM, XMM, 16, SSE3, F(SSE_F_ALIGNED)),
    ROW(F2, 0x12, move_ddup, XMM, XMM, 8, SSE3),
    ROW(NONE, 0x13, move_8, XMM, NONE, 8, SSE, F(SSE_F_STORE)),
    ROW(66, 0x13, move_8, XMM, NONE, 8, SSE2, F(SSE_F_STORE)),
    ROW(NONE, 0x14, x_unpcklps, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x14, x_unpcklpd, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x15, x_unpckhps, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x15, x_unpckhpd, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x16, load_high, XMM, XMM, 8, SSE),
    ROW(66, 0x16, load_high, XMM, NONE, 8, SSE2),
    ROW(F3, 0x16, move_shdup, XMM, XMM, 16, SSE3, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x17, high_to_low, XMM, NONE, 8, SSE, F(SSE_F_STORE)),
    ROW(66, 0x17, high_to_low, XMM, NONE, 8, SSE2, F(SSE_F_STORE)),
    ROW(NONE, 0x28, move_16, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x28, move_16, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x29, move_16, XMM, XMM, 16, SSE,
        F(SSE_F_STORE | SSE_F_ALIGNED)),
    ROW(66, 0x29, move_16, XMM, XMM, 16, SSE2,
        F(SSE_F_STORE | SSE_F_ALIGNED)),
    ROW(NONE, 0x2b, move_16, XMM, NONE, 16, SSE,
        F(SSE_F_STORE | SSE_F_ALIGNED)),
    ROW(66, 0x2b, move_16, XMM, NONE, 16, SSE2,
        F(SSE_F_STORE | SSE_F_ALIGNED)),

    ROW(NONE, 0x50, x_movmskps, GPR, XMM, 0, SSE),
    ROW(66, 0x50, x_movmskpd, GPR, XMM, 0, SSE2),
    ROW(NONE, 0x54, x_andp, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x54, x_andp, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x55, x_andnp, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x55, x_andnp, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x56, x_orp, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x56, x_orp, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(NONE, 0x57, x_xorp, XMM, XMM, 16, SSE, F(SSE_F_ALIGNED)),
    ROW(66, 0x57, x_xorp, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),

    ROW(NONE, 0x6e, load_4_mmx, MMX, GPR, 4, MMX, F(MMX_ONLY), .w = SSE_W_0),
    ROW(NONE, 0x6e, move_8, MMX, GPR, 8, MMX, F(MMX_ONLY), .w = SSE_W_1),
    ROW(66, 0x6e, load_4_clear, XMM, GPR, 4, SSE2, .w = SSE_W_0),
    ROW(66, 0x6e, load_8_clear, XMM, GPR, 8, SSE2, .w = SSE_W_1),
    ROW(NONE, 0x6f, move_8, MMX, MMX, 8, MMX, F(MMX_ONLY)),
    ROW(66, 0x6f, move_16, XMM, XMM, 16, SSE2, F(SSE_F_ALIGNED)),
    ROW(F3, 0x6f, move_16, XMM, XMM, 16, SSE2),
    ROW(NONE, 0x70, m_pshufw, MMX, MMX, 8, SSE, F(MMX_ONLY | SSE_F_IMM8)),
    ROW(66, 0x70, x_pshufd, XMM, XMM, 16, SSE2,
        F(SSE_F_ALIGNED | SSE_F_IMM8)),
    ROW(F3, 0x70, x_pshufhw, XMM, XMM, 16, SSE2,
        F(SSE_F_ALIGNED | SSE_F_IMM8)),
    ROW(F2, 0x70, x_pshuflw, XMM, XMM, 16, SSE2,
        F(SSE_F_ALIGNED | SSE_F_IMM8)),
    ROW(NONE, 0x7e, to_gpr_4, MMX, GPR, 4, MMX, F(MMX_ONLY | SSE_F_STORE),
        .w = SSE_W_0),
    ROW(NONE, 0x7e, move_8, MMX, GPR, 8, MMX, F(MMX_ONLY | SSE_F_STORE),
        .w = SSE_W_1),
    ROW(66, 0x7e, to_gpr_4, XMM, GPR, 4, SSE2, F(SSE_F_STORE), .w = SSE_W_0),
    ROW(66, 0x7e, move_8, XMM, GPR, 8, SSE2, F(SSE_F_STORE), .w = SSE_W_1),
    ROW(F3, 0x7e, load_8_clear, XMM, XMM, 8, SSE2),
    ROW(NONE, 0x7f, move_8, MMX, MMX, 8, MMX, F(MMX_ONLY | SSE_F_STORE)),
    ROW(66, 0x7f, move_16, XMM, XMM, 16, SSE2,
        F(SSE_F_STORE | SSE_F_ALIGNED)),
    ROW(F3, 0x7f, move_16, XMM, XMM, 16, SSE2, F(SSE_F_STORE)),

    ROW(NONE, 0xc3, to_gpr_4, GPR, NONE, 4, SSE2,
        F(SSE_F_STORE | SSE_F_NO_STATE), .w = SSE_W_0),
    ROW(NONE, 0xc3, move_8, GPR, NONE, 8, SSE2,
        F(SSE_F_STORE | SSE_F_NO_STATE), .w = SSE_W_1),
    ROW(NONE, 0xc4, m_pinsrw, MMX, GPR, 2, SSE, F(MMX_ONLY | SSE_F_IMM8)),
    ROW(66, 0xc4, x_pinsrw, XMM, GPR, 2, SSE2, F(SSE_F_IMM8)),
    ROW(NONE, 0xc5, m_pextrw, GPR, MMX, 0, SSE, F(MMX_ONLY | SSE_F_IMM8)),
    ROW(66, 0xc5, x_pextrw, GPR, XMM, 0, SSE2, F(SSE_F_IMM8)),
    ROW(NONE, 0xc6, x_shufps, XMM, XMM, 16, SSE,
        F(SSE_F_ALIGNED | SSE_F_IMM8)),
    ROW(66, 0xc6, x_shufpd, XMM, XMM, 16, SSE2,
        F(SSE_F_ALIGNED | SSE_F_IMM8)),
    ROW(66, 0xd6, load_8_clear, XMM, XMM, 0, SSE2, F(SSE_F_STORE)),
    ROW(66, 0xd6, move_8, XMM, NONE, 8, SSE2, F(SSE_F_STORE)),
    ROW(F3, 0xd6, load_8_clear, XMM, MMX, 0, SSE2, F(SSE_F_MMX)),
    ROW(F2, 0xd6, move_8, MMX, XMM, 0, SSE2, F(SSE_F_MMX)),
    ROW(NONE, 0xd7, m_pmovmskb, GPR, MMX, 0, SSE, F(MMX_ONLY)),
    ROW(66, 0xd7, x_pmovmskb, GPR, XMM, 0, SSE2),
    ROW(NONE, 0xe7, move_8, MMX, NONE, 8, SSE, F(MMX_ONLY | SSE_F_STORE)),
    ROW(66, 0xe7, move_16, XMM, NONE, 16, SSE2,
        F(SSE_F_STORE | SSE_F_ALIGNED)),
    ROW(F2, 0xf0, move_16, XMM, NONE, 16, SSE3),
    ROW(NONE, 0xf7, m_maskmovq, MMX, MMX, 0, SSE,
        F(MMX_ONLY | SSE_F_SPECIAL)),
    ROW(66, 0xf7, x_maskmovdqu, XMM, XMM, 0, SSE2, F(SSE_F_SPECIAL)),
};

const unsigned sse_move_row_count = G_N_ELEMENTS(sse_move_rows);

/*
 * Shared by the files of the SSE room (sse-*.c): the vector type, the table
 * row from which the lookup is built, and the one place where floating-point
 * work meets the guest's MXCSR.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_SSE_INTERNAL_H
#define TARGET_I386_SSE_INTERNAL_H

#include "cpu.h"
#include "sse.h"

/* An XMM register's worth, at any alignment. */
typedef long long Vec __attribute__((vector_size(16), may_alias, aligned(1)));
typedef uint64_t U64a __attribute__((may_alias, aligned(1)));
typedef uint32_t U32a __attribute__((may_alias, aligned(1)));
typedef uint16_t U16a __attribute__((may_alias, aligned(1)));
typedef uint8_t U8a __attribute__((may_alias));

#define SSE_ARGS CPUX86State *env, void *d, const void *s, unsigned imm

static inline Vec vec_load(const void *p)
{
    return *(const Vec *)p;
}

static inline Vec vec_load64(const void *p)
{
    return (Vec){ *(const U64a *)p, 0 };
}

static inline void vec_store(void *p, Vec v)
{
    *(Vec *)p = v;
}

static inline void vec_store64(void *p, Vec v)
{
    *(U64a *)p = v[0];
}

/* Which CPUID bit an instruction hangs on. */
typedef enum SseFeature {
    SSE_FT_MMX,
    SSE_FT_SSE,
    SSE_FT_SSE2,
    SSE_FT_SSE3,
    SSE_FT_SSSE3,
    SSE_FT_SSE41,
    SSE_FT_SSE42,
    SSE_FT_AES,
    SSE_FT_PCLMUL,
} SseFeature;

/* Does REX.W choose between two rows? */
enum { SSE_W_ANY, SSE_W_0, SSE_W_1 };

/*
 * One row of the opcode table. A row with both a register kind @rm and a
 * nonzero @mem_bytes stands for the register and the memory form; rows that
 * have only one may share an opcode.
 */
typedef struct SseRow {
    SseFn *fn;
    uint8_t map, prefix, opcode;
    uint8_t group;          /* 0, or 1 + ModRM.reg */
    uint8_t reg, rm;        /* SseOperand of ModRM.reg and .rm */
    uint8_t mem_bytes;
    uint8_t w;
    uint8_t feature;
    uint16_t flags;
} SseRow;

extern const SseRow sse_int_rows[], sse_move_rows[], sse_fp_rows[],
                    sse_ext_rows[];
extern const unsigned sse_int_row_count, sse_move_row_count, sse_fp_row_count,
                      sse_ext_row_count;

#define MXCSR_FLAGS 0x003fu         /* IE DE ZE OE UE PE */
#define MXCSR_DEFAULT 0x1f80u

/* What SSE_F_SPECIAL functions get for @d. */
typedef struct SseMaskMove {
    uint64_t ea;            /* linear address of DS:rDI */
    const void *data;       /* the register that is written out */
} SseMaskMove;

typedef Vec VecRaw(Vec a, Vec b);

/* Out of line: runs @raw under the guest's MXCSR, keeps flags, raises #XM. */
Vec sse_fp_slow(CPUX86State *env, VecRaw *raw, Vec a, Vec b);

/*
 * Runs @raw and keeps the sticky flags. With everything masked and rounding
 * to nearest, the host's own MXCSR serves and nothing is switched: only a
 * flag that the guest does not have yet (or an old one of the host's) sends
 * us the long way.
 */
static inline __attribute__((always_inline))
Vec sse_fp_run(CPUX86State *env, VecRaw *raw, Vec a, Vec b)
{
    if (likely((env->mxcsr & 0xffc0u) == MXCSR_DEFAULT)) {
        Vec r = raw(a, b);
        uint32_t csr;

        asm volatile("stmxcsr %0" : "=m" (csr) : "x" (r));
        if (likely(!(csr & ~env->mxcsr & MXCSR_FLAGS))) {
            return r;
        }
    }
    return sse_fp_slow(env, raw, a, b);
}

/* The six arithmetic flags become @flags (others of EFLAGS stay). */
void sse_set_eflags(CPUX86State *env, uint32_t flags);

#endif

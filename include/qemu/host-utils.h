/*
 * Integer helpers beyond the operators: counting bits, wide multiplication and
 * division, powers of two, checked arithmetic.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_HOST_UTILS_H
#define QEMU_HOST_UTILS_H

/* Leading and trailing zeros and ones; the width of the type for 0 (~0). */
static inline int clz32(uint32_t v)
{
    return v ? __builtin_clz(v) : 32;
}

static inline int clz64(uint64_t v)
{
    return v ? __builtin_clzll(v) : 64;
}

static inline int ctz32(uint32_t v)
{
    return v ? __builtin_ctz(v) : 32;
}

static inline int ctz64(uint64_t v)
{
    return v ? __builtin_ctzll(v) : 64;
}

static inline int clo32(uint32_t v)
{
    return clz32(~v);
}

static inline int clo64(uint64_t v)
{
    return clz64(~v);
}

static inline int cto32(uint32_t v)
{
    return ctz32(~v);
}

static inline int cto64(uint64_t v)
{
    return ctz64(~v);
}

/* Number of bits set. */
static inline int ctpop8(uint8_t v)
{
    return __builtin_popcount(v);
}

static inline int ctpop16(uint16_t v)
{
    return __builtin_popcount(v);
}

static inline int ctpop32(uint32_t v)
{
    return __builtin_popcount(v);
}

static inline int ctpop64(uint64_t v)
{
    return __builtin_popcountll(v);
}

/* The bits in reverse order. */
uint8_t revbit8(uint8_t v);
uint16_t revbit16(uint16_t v);
uint32_t revbit32(uint32_t v);
uint64_t revbit64(uint64_t v);

/* The 128-bit product of two 64-bit numbers. */
static inline void mulu64(uint64_t *low, uint64_t *high, uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;

    *low = p;
    *high = p >> 64;
}

static inline void muls64(uint64_t *low, uint64_t *high, int64_t a, int64_t b)
{
    __int128 p = (__int128)a * b;

    *low = p;
    *high = p >> 64;
}

/* a * b / c with a 128-bit product; c is not 0; the result is cut to 64 bits. */
static inline uint64_t muldiv64(uint64_t a, uint32_t b, uint32_t c)
{
    return (unsigned __int128)a * b / c;
}

/* The same, rounded up. */
static inline uint64_t muldiv64_round_up(uint64_t a, uint32_t b, uint32_t c)
{
    return ((unsigned __int128)a * b + c - 1) / c;
}

/* a * b / c for any 64-bit b and c. */
static inline uint64_t muldiv64_wide(uint64_t a, uint64_t b, uint64_t c)
{
    return (unsigned __int128)a * b / c;
}

/* Zero is not a power of two. */
static inline bool is_power_of_2(uint64_t v)
{
    return v && !(v & (v - 1));
}

/* The largest power of two not above @v; 0 for 0. */
static inline int64_t pow2floor(uint64_t v)
{
    return v ? (int64_t)(1ULL << (63 - clz64(v))) : 0;
}

/* The smallest power of two not below @v; 1 for 0; 0 if it has no 64 bits. */
static inline uint64_t pow2ceil(uint64_t v)
{
    int n = v <= 1 ? 0 : 64 - clz64(v - 1);

    return n < 64 ? 1ULL << n : 0;
}

/* The same on 32 bits. */
static inline uint32_t pow2roundup32(uint32_t v)
{
    return (uint32_t)pow2ceil(v);
}

/* Checked arithmetic: true if the result did not fit (it is then wrapped). */
#define uadd64_overflow(a, b, res)  __builtin_add_overflow(a, b, res)
#define usub64_overflow(a, b, res)  __builtin_sub_overflow(a, b, res)
#define umul64_overflow(a, b, res)  __builtin_mul_overflow(a, b, res)

#endif

/*
 * Sizes that may be 2^64: the compiler's 128-bit integer under the names that
 * the memory API uses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_INT128_H
#define QEMU_INT128_H

typedef __int128_t Int128;

/* 2^64: the size of a whole address space. */
static inline Int128 int128_2_64(void)
{
    return (Int128)1 << 64;
}

static inline Int128 int128_make64(uint64_t a)
{
    return a;
}

/* The low half; a caller that may hold 2^64 compares with int128_2_64() first. */
static inline uint64_t int128_get64(Int128 a)
{
    return (uint64_t)a;
}

static inline bool int128_eq(Int128 a, Int128 b)
{
    return a == b;
}

static inline bool int128_lt(Int128 a, Int128 b)
{
    return a < b;
}

static inline Int128 int128_add(Int128 a, Int128 b)
{
    return a + b;
}

static inline Int128 int128_sub(Int128 a, Int128 b)
{
    return a - b;
}

static inline Int128 int128_min(Int128 a, Int128 b)
{
    return a < b ? a : b;
}

#endif

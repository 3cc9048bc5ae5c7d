/*
 * Bitmaps: arrays of unsigned long of a given number of bits (see bitops.h).
 * Bits of the last word beyond that number are not touched by the range
 * functions and are ignored by the tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_BITMAP_H
#define QEMU_BITMAP_H

#include "qemu/bitops.h"

#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define BITMAP_LAST_WORD_MASK(nbits)  (~0UL >> (-(nbits) & (BITS_PER_LONG - 1)))

/* A cleared bitmap, to be freed with g_free(). */
static inline unsigned long *bitmap_new(long nbits)
{
    return g_new0(unsigned long, BITS_TO_LONGS(nbits));
}

static inline void bitmap_zero(unsigned long *map, long nbits)
{
    memset(map, 0, BITS_TO_LONGS(nbits) * sizeof(*map));
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src,
                               long nbits)
{
    memcpy(dst, src, BITS_TO_LONGS(nbits) * sizeof(*dst));
}

/* All of the first @nbits set; none set. */
bool bitmap_full(const unsigned long *map, long nbits);
bool bitmap_empty(const unsigned long *map, long nbits);
bool bitmap_equal(const unsigned long *a, const unsigned long *b, long nbits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
                       long nbits);
/* How many are set. */
long bitmap_count_one(const unsigned long *map, long nbits);
/* dst = a op b; bitmap_and() and bitmap_andnot() say whether dst is not empty. */
bool bitmap_and(unsigned long *dst, const unsigned long *a,
                const unsigned long *b, long nbits);
bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
                   const unsigned long *b, long nbits);
void bitmap_or(unsigned long *dst, const unsigned long *a,
               const unsigned long *b, long nbits);
void bitmap_xor(unsigned long *dst, const unsigned long *a,
                const unsigned long *b, long nbits);
void bitmap_complement(unsigned long *dst, const unsigned long *src,
                       long nbits);

/* Set or clear @nr bits from bit @start; the _atomic ones may race. */
void bitmap_set(unsigned long *map, long start, long nr);
void bitmap_clear(unsigned long *map, long start, long nr);
void bitmap_set_atomic(unsigned long *map, long start, long nr);
/* Clear @nr bits from @start with full order; true if one of them was set. */
bool bitmap_test_and_clear_atomic(unsigned long *map, long start, long nr);

#endif

/*
 * Bitmaps and searches for bits, a word at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"

/* The first bit from @offset on where the word xor @flip has a one. */
static unsigned long find_from(const unsigned long *addr, unsigned long size,
                               unsigned long offset, unsigned long flip)
{
    unsigned long w = BIT_WORD(offset);
    unsigned long mask = ~0UL << (offset % BITS_PER_LONG);

    for (; w * BITS_PER_LONG < size; w++, mask = ~0UL) {
        unsigned long word = (qatomic_read(&addr[w]) ^ flip) & mask;

        if (word) {
            return MIN(w * BITS_PER_LONG + ctz64(word), size);
        }
    }
    return size;
}

unsigned long find_next_bit(const unsigned long *addr, unsigned long size,
                            unsigned long offset)
{
    return offset < size ? find_from(addr, size, offset, 0) : size;
}

unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
                                 unsigned long offset)
{
    return offset < size ? find_from(addr, size, offset, ~0UL) : size;
}

unsigned long find_last_bit(const unsigned long *addr, unsigned long size)
{
    for (unsigned long w = BITS_TO_LONGS(size); w-- > 0; ) {
        unsigned long word = addr[w];

        if (w == BIT_WORD(size)) {
            word &= BITMAP_LAST_WORD_MASK(size);
        }
        if (word) {
            return w * BITS_PER_LONG + 63 - clz64(word);
        }
    }
    return size;
}

/* The bits of word @w that belong to a bitmap of @nbits. */
static unsigned long valid_mask(long w, long nbits)
{
    return (w + 1) * (long)BITS_PER_LONG <= nbits
           ? ~0UL : BITMAP_LAST_WORD_MASK(nbits);
}

#define FOR_EACH_WORD(w, nbits) \
    for (long w = 0; w < (long)BITS_TO_LONGS(nbits); w++)

bool bitmap_empty(const unsigned long *map, long nbits)
{
    return (long)find_first_bit(map, nbits) == nbits;
}

bool bitmap_full(const unsigned long *map, long nbits)
{
    return (long)find_first_zero_bit(map, nbits) == nbits;
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, long nbits)
{
    FOR_EACH_WORD(w, nbits) {
        if ((a[w] ^ b[w]) & valid_mask(w, nbits)) {
            return false;
        }
    }
    return true;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
                       long nbits)
{
    FOR_EACH_WORD(w, nbits) {
        if (a[w] & b[w] & valid_mask(w, nbits)) {
            return true;
        }
    }
    return false;
}

long bitmap_count_one(const unsigned long *map, long nbits)
{
    long count = 0;

    FOR_EACH_WORD(w, nbits) {
        count += ctpop64(map[w] & valid_mask(w, nbits));
    }
    return count;
}

bool bitmap_and(unsigned long *dst, const unsigned long *a,
                const unsigned long *b, long nbits)
{
    unsigned long any = 0;

    FOR_EACH_WORD(w, nbits) {
        dst[w] = a[w] & b[w];
        any |= dst[w] & valid_mask(w, nbits);
    }
    return any != 0;
}

bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
                   const unsigned long *b, long nbits)
{
    unsigned long any = 0;

    FOR_EACH_WORD(w, nbits) {
        dst[w] = a[w] & ~b[w];
        any |= dst[w] & valid_mask(w, nbits);
    }
    return any != 0;
}

void bitmap_or(unsigned long *dst, const unsigned long *a,
               const unsigned long *b, long nbits)
{
    FOR_EACH_WORD(w, nbits) {
        dst[w] = a[w] | b[w];
    }
}

void bitmap_xor(unsigned long *dst, const unsigned long *a,
                const unsigned long *b, long nbits)
{
    FOR_EACH_WORD(w, nbits) {
        dst[w] = a[w] ^ b[w];
    }
}

void bitmap_complement(unsigned long *dst, const unsigned long *src, long nbits)
{
    FOR_EACH_WORD(w, nbits) {
        dst[w] = ~src[w];
    }
}

/*
 * The part of the run [*start, *start + *nr) that lies in one word: its mask.
 * The run becomes what is left; *word is where the mask applies.
 */
static unsigned long take_word(long *start, long *nr, long *word)
{
    unsigned shift = *start % BITS_PER_LONG;
    long bits = MIN(*nr, (long)BITS_PER_LONG - (long)shift);

    *word = BIT_WORD(*start);
    *start += bits;
    *nr -= bits;
    return (~0UL >> (BITS_PER_LONG - bits)) << shift;
}

void bitmap_set(unsigned long *map, long start, long nr)
{
    long w;

    while (nr > 0) {
        unsigned long mask = take_word(&start, &nr, &w);

        map[w] |= mask;
    }
}

void bitmap_clear(unsigned long *map, long start, long nr)
{
    long w;

    while (nr > 0) {
        unsigned long mask = take_word(&start, &nr, &w);

        map[w] &= ~mask;
    }
}

void bitmap_set_atomic(unsigned long *map, long start, long nr)
{
    long w;

    while (nr > 0) {
        unsigned long mask = take_word(&start, &nr, &w);

        qatomic_or(&map[w], mask);
    }
}

bool bitmap_test_and_clear_atomic(unsigned long *map, long start, long nr)
{
    unsigned long dirty = 0;
    long w;

    while (nr > 0) {
        unsigned long mask = take_word(&start, &nr, &w);

        if (qatomic_read(&map[w]) & mask) {
            dirty |= qatomic_fetch_and(&map[w], ~mask) & mask;
        }
    }
    if (!dirty) {
        smp_mb();       /* the caller relies on full order either way */
    }
    return dirty != 0;
}

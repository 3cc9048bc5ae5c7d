/*
 * Single bits in words and arrays of words; fields of integers. Bit n of an
 * array of unsigned long is bit n % 64 of word n / 64. The _atomic variants may
 * race with each other; the plain ones need a lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_BITOPS_H
#define QEMU_BITOPS_H

#include "qemu/host-utils.h"
#include "qemu/atomic.h"

#define BITS_PER_BYTE           CHAR_BIT
#define BITS_PER_LONG           (sizeof(unsigned long) * BITS_PER_BYTE)
#define BITS_TO_LONGS(nr)       DIV_ROUND_UP(nr, BITS_PER_LONG)
#define BIT(nr)                 (1UL << (nr))
#define BIT_ULL(nr)             (1ULL << (nr))
#define BIT_MASK(nr)            (1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr)            ((nr) / BITS_PER_LONG)
/* @length ones from bit @shift up; length 1..64, shift + length <= 64. */
#define MAKE_64BIT_MASK(shift, length) \
    (((~0ULL) >> (64 - (length))) << (shift))
/* Ones in bits l..h, both included. */
#define GENMASK(h, l)           (((~0UL) << (l)) & (~0UL >> (63 - (h))))

static inline void set_bit(long nr, unsigned long *addr)
{
    addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void clear_bit(long nr, unsigned long *addr)
{
    addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline void change_bit(long nr, unsigned long *addr)
{
    addr[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

static inline void set_bit_atomic(long nr, unsigned long *addr)
{
    qatomic_or(&addr[BIT_WORD(nr)], BIT_MASK(nr));
}

static inline void clear_bit_atomic(long nr, unsigned long *addr)
{
    qatomic_and(&addr[BIT_WORD(nr)], ~BIT_MASK(nr));
}

static inline int test_bit(long nr, const unsigned long *addr)
{
    return (qatomic_read(&addr[BIT_WORD(nr)]) >> (nr % BITS_PER_LONG)) & 1;
}

/* Set, clear: give what the bit was before. */
static inline int test_and_set_bit(long nr, unsigned long *addr)
{
    int old = test_bit(nr, addr);

    set_bit(nr, addr);
    return old;
}

static inline int test_and_clear_bit(long nr, unsigned long *addr)
{
    int old = test_bit(nr, addr);

    clear_bit(nr, addr);
    return old;
}

/*
 * The number of the first (next from @offset) bit that is set (clear) in the
 * @size bits at @addr, or @size if there is none.
 */
unsigned long find_next_bit(const unsigned long *addr, unsigned long size,
                            unsigned long offset);
unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size,
                                 unsigned long offset);
/* The number of the last set bit, or @size if there is none. */
unsigned long find_last_bit(const unsigned long *addr, unsigned long size);

static inline unsigned long find_first_bit(const unsigned long *addr,
                                           unsigned long size)
{
    return find_next_bit(addr, size, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *addr,
                                                unsigned long size)
{
    return find_next_zero_bit(addr, size, 0);
}

/* Rotations; @shift below the width. */
static inline uint8_t rol8(uint8_t w, unsigned shift)
{
    return (w << shift) | (w >> ((8 - shift) & 7));
}

static inline uint8_t ror8(uint8_t w, unsigned shift)
{
    return (w >> shift) | (w << ((8 - shift) & 7));
}

static inline uint16_t rol16(uint16_t w, unsigned shift)
{
    return (w << shift) | (w >> ((16 - shift) & 15));
}

static inline uint16_t ror16(uint16_t w, unsigned shift)
{
    return (w >> shift) | (w << ((16 - shift) & 15));
}

static inline uint32_t rol32(uint32_t w, unsigned shift)
{
    return (w << shift) | (w >> ((32 - shift) & 31));
}

static inline uint32_t ror32(uint32_t w, unsigned shift)
{
    return (w >> shift) | (w << ((32 - shift) & 31));
}

static inline uint64_t rol64(uint64_t w, unsigned shift)
{
    return (w << shift) | (w >> ((64 - shift) & 63));
}

static inline uint64_t ror64(uint64_t w, unsigned shift)
{
    return (w >> shift) | (w << ((64 - shift) & 63));
}

/* The field of @length (1 or more) bits of @value that begins at bit @start. */
static inline uint32_t extract32(uint32_t value, int start, int length)
{
    return (value >> start) & (UINT32_MAX >> (32 - length));
}

static inline uint64_t extract64(uint64_t value, int start, int length)
{
    return (value >> start) & (UINT64_MAX >> (64 - length));
}

/* The same, sign-extended. */
static inline int32_t sextract32(uint32_t value, int start, int length)
{
    return (int32_t)(value << (32 - length - start)) >> (32 - length);
}

static inline int64_t sextract64(uint64_t value, int start, int length)
{
    return (int64_t)(value << (64 - length - start)) >> (64 - length);
}

/* @value with that field replaced by the low bits of @field. */
static inline uint32_t deposit32(uint32_t value, int start, int length,
                                 uint32_t field)
{
    uint32_t ones = (UINT32_MAX >> (32 - length)) << start;

    return ((field << start) & ones) | (value & ~ones);
}

static inline uint64_t deposit64(uint64_t value, int start, int length,
                                 uint64_t field)
{
    uint64_t ones = (UINT64_MAX >> (64 - length)) << start;

    return ((field << start) & ones) | (value & ~ones);
}

#endif

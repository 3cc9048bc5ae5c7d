/*
 * Closed ranges of 64-bit numbers, and overlap tests of offset and length.
 * An empty range has lob > upb by exactly one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_RANGE_H
#define QEMU_RANGE_H

typedef struct Range {
    uint64_t lob;       /* first number in it */
    uint64_t upb;       /* last number in it */
} Range;

static inline void range_make_empty(Range *r)
{
    *r = (Range){ .lob = 1, .upb = 0 };
}

static inline bool range_is_empty(const Range *r)
{
    return r->lob > r->upb;
}

static inline uint64_t range_lob(const Range *r)
{
    return r->lob;
}

static inline uint64_t range_upb(const Range *r)
{
    return r->upb;
}

/* Both bounds included; upb >= lob. */
static inline void range_set_bounds(Range *r, uint64_t lob, uint64_t upb)
{
    *r = (Range){ .lob = lob, .upb = upb };
}

static inline bool range_contains(const Range *r, uint64_t v)
{
    return v >= r->lob && v <= r->upb;
}

/* 0 stands for 2^64 when the range is everything. */
static inline uint64_t range_size(const Range *r)
{
    return r->upb - r->lob + 1;
}

/* The last of @len (1 or more) bytes from @offset. */
static inline uint64_t range_get_last(uint64_t offset, uint64_t len)
{
    return offset + len - 1;
}

/* Is @byte among the @len (1 or more) from @offset? */
static inline bool range_covers_byte(uint64_t offset, uint64_t len,
                                     uint64_t byte)
{
    return byte - offset < len;
}

/* Have two ranges of 1 or more bytes one in common? */
static inline bool ranges_overlap(uint64_t first1, uint64_t len1,
                                  uint64_t first2, uint64_t len2)
{
    return first2 - first1 < len1 || first1 - first2 < len2;
}

/* Grow @r until it holds @other too. */
static inline void range_extend(Range *r, const Range *other)
{
    if (range_is_empty(other)) {
        return;
    }
    if (range_is_empty(r)) {
        *r = *other;
        return;
    }
    r->lob = MIN(r->lob, other->lob);
    r->upb = MAX(r->upb, other->upb);
}

#endif

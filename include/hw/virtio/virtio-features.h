/*
 * A set of virtio feature bits: 128 of them, as VIRTIO 1.4 section 2.2 numbers
 * them. Only the arithmetic; which bits mean what stands with the devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_FEATURES_H
#define HW_VIRTIO_FEATURES_H

#include "qemu/osdep.h"

#define VIRTIO_FEATURE_BITS     128
#define VIRTIO_FEATURE_WORDS    2

/* Bit n is bit n % 64 of w[n / 64]. */
typedef struct VirtioFeatures {
    uint64_t w[VIRTIO_FEATURE_WORDS];
} VirtioFeatures;

/* The low 64 bits from one word: for sets that are written as a constant. */
#define VIRTIO_FEATURES_LOW(bits)   ((VirtioFeatures){ .w = { (bits), 0 } })
#define VIRTIO_FEATURES_NONE        ((VirtioFeatures){ .w = { 0, 0 } })

static inline bool virtio_features_test(const VirtioFeatures *set, unsigned bit)
{
    return bit < VIRTIO_FEATURE_BITS && (set->w[bit / 64] >> (bit % 64) & 1);
}

static inline void virtio_features_set(VirtioFeatures *set, unsigned bit)
{
    assert(bit < VIRTIO_FEATURE_BITS);
    set->w[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void virtio_features_clear(VirtioFeatures *set, unsigned bit)
{
    assert(bit < VIRTIO_FEATURE_BITS);
    set->w[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static inline VirtioFeatures virtio_features_and(VirtioFeatures a,
                                                 VirtioFeatures b)
{
    return (VirtioFeatures){ .w = { a.w[0] & b.w[0], a.w[1] & b.w[1] } };
}

static inline VirtioFeatures virtio_features_or(VirtioFeatures a,
                                                VirtioFeatures b)
{
    return (VirtioFeatures){ .w = { a.w[0] | b.w[0], a.w[1] | b.w[1] } };
}

/* What is in @a and not in @b. */
static inline VirtioFeatures virtio_features_without(VirtioFeatures a,
                                                     VirtioFeatures b)
{
    return (VirtioFeatures){ .w = { a.w[0] & ~b.w[0], a.w[1] & ~b.w[1] } };
}

static inline bool virtio_features_empty(VirtioFeatures set)
{
    return (set.w[0] | set.w[1]) == 0;
}

static inline bool virtio_features_subset(VirtioFeatures part,
                                          VirtioFeatures whole)
{
    return virtio_features_empty(virtio_features_without(part, whole));
}

/*
 * The 32 bits that a *_feature_select register shows; 0 beyond the set
 * (section 4.1.4.3.1).
 */
static inline uint32_t virtio_features_window(const VirtioFeatures *set,
                                              uint32_t select)
{
    return select < VIRTIO_FEATURE_BITS / 32 ?
           set->w[select / 2] >> (select % 2 * 32) : 0;
}

/* Replace these 32 bits; beyond the set nothing happens. */
static inline void virtio_features_set_window(VirtioFeatures *set,
                                              uint32_t select, uint32_t bits)
{
    unsigned shift = select % 2 * 32;

    if (select < VIRTIO_FEATURE_BITS / 32) {
        set->w[select / 2] &= ~(UINT64_C(0xffffffff) << shift);
        set->w[select / 2] |= (uint64_t)bits << shift;
    }
}

#endif

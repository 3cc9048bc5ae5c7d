/*
 * Guest memory for a test to use: handed out upwards, never given back; it is gone
 * with the emulator. The first megabyte is left alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_ALLOC_H
#define LIBQOS_ALLOC_H

#include "qemu/osdep.h"

typedef struct QGuestAllocator {
    uint64_t next, end;
} QGuestAllocator;

static inline void guest_alloc_init(QGuestAllocator *a, uint64_t start,
                                    uint64_t end)
{
    a->next = start;
    a->end = end;
}

/* @align is a power of two. */
static inline uint64_t guest_alloc_aligned(QGuestAllocator *a, size_t size,
                                           size_t align)
{
    uint64_t addr = (a->next + align - 1) & -(uint64_t)align;

    g_assert_cmpuint(addr + size, <=, a->end);
    a->next = addr + size;
    return addr;
}

static inline uint64_t guest_alloc(QGuestAllocator *a, size_t size)
{
    return guest_alloc_aligned(a, size, 64);
}

#endif

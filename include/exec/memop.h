/*
 * Size and byte order of one memory access in a single word.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef EXEC_MEMOP_H
#define EXEC_MEMOP_H

typedef enum MemOp {
    MO_8 = 0,
    MO_16 = 1,
    MO_32 = 2,
    MO_64 = 3,
    MO_SIZE = 3,                /* mask: log2 of the size in bytes */
    MO_LE = 0,
    MO_BSWAP = 16,
    MO_BE = MO_BSWAP,           /* the host is little-endian */
    MO_TE = MO_LE,              /* and so is the guest */
} MemOp;

/* Bytes that @op moves: 1, 2, 4 or 8. */
static inline unsigned memop_size(MemOp op)
{
    return 1u << (op & MO_SIZE);
}

/* The little-endian access of @size bytes (1, 2, 4 or 8). */
static inline MemOp size_memop(unsigned size)
{
    return (MemOp)__builtin_ctz(size);
}

#endif

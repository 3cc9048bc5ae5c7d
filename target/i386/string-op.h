/*
 * A string instruction packed into the immediate of its micro-operation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_STRING_OP_H
#define TARGET_I386_STRING_OP_H

#include <stdint.h>

typedef struct StringOp {
    uint8_t kind;       /* STR_* */
    uint8_t log2;       /* size of an element */
    uint8_t rep;        /* 0: once, 1: REP or REPE, 2: REPNE */
    uint8_t adsize;     /* address size in bytes */
    uint8_t seg;        /* of the source */
} StringOp;

static inline int64_t string_pack(StringOp s)
{
    return s.kind | s.log2 << 8 | s.rep << 16 | (int64_t)s.adsize << 24 |
           (int64_t)s.seg << 32;
}

static inline StringOp string_unpack(int64_t packed)
{
    return (StringOp){
        .kind = packed, .log2 = packed >> 8, .rep = packed >> 16,
        .adsize = packed >> 24, .seg = packed >> 32,
    };
}

#endif

/*
 * Conditions of translated code: where the translator knows which comparison
 * made the flags, the condition is a comparison of the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_COND_H
#define TARGET_I386_COND_H

#include "uop.h"

/* What is known of the lazy flags where a condition is used. */
enum {
    COND_UNKNOWN,
    COND_SUB32,         /* CMP or SUB of 32 bits */
    COND_SUB64,
    COND_RESULT,        /* cc_dst is the result (any kind but EFLAGS) */
    COND_KINDS,
};

/* Is @cond (the opcode's low bits) true after comparing @a with @b? */
static QEMU_ALWAYS_INLINE bool cond_cmp(const unsigned cond,
                                        const unsigned log2,
                                        uint64_t a, uint64_t b)
{
    int64_t sa = sext(a, log2), sb = sext(b, log2);
    bool r;

    switch (cond >> 1) {
    case 0:
        r = sext((a ^ b) & (a ^ (a - b)), log2) < 0;
        break;
    case 1:
        r = a < b;
        break;
    case 2:
        r = a == b;
        break;
    case 3:
        r = a <= b;
        break;
    case 4:
        r = sext(a - b, log2) < 0;
        break;
    case 5:
        r = !__builtin_parity((uint8_t)(a - b));
        break;
    case 6:
        r = sa < sb;
        break;
    default:
        r = sa <= sb;
        break;
    }
    return r ^ (cond & 1);
}

/* Is @cond true after a logical operation with result @r? */
static QEMU_ALWAYS_INLINE bool cond_logic(const unsigned cond,
                                          const unsigned log2, uint64_t r)
{
    return cond_cmp(cond, log2, r, 0);
}

static QEMU_ALWAYS_INLINE bool cond_value(CPUX86State *env, const int kind,
                                          const unsigned cond)
{
    if (kind == COND_SUB32 || kind == COND_SUB64) {
        const unsigned log2 = kind == COND_SUB32 ? 2 : 3;

        return cond_cmp(cond, log2, zext(env->cc_dst + env->cc_src, log2),
                        env->cc_src);
    }
    if (kind == COND_RESULT && (cond >> 1) == 2) {
        return (env->cc_dst == 0) ^ (cond & 1);
    }
    return cpu_condition(env, cond);
}

#endif

/*
 * The stack of any width: 64 bits in 64-bit mode, else 32 or 16 bits as SS
 * says, with SS's base and limit. All may raise; env->eip must be synced.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_STACK_H
#define TARGET_I386_STACK_H

#include "uop.h"

/* Width of rSP. */
static inline unsigned stack_log2(CPUX86State *env)
{
    return env->hflags & HF_CS64_MASK ? 3 : env->hflags & HF_SS32_MASK ? 2 : 1;
}

static inline uint64_t stack_address(CPUX86State *env, uint64_t sp,
                                     unsigned size, bool write)
{
    switch (stack_log2(env)) {
    case 3:
        return sp;
    case 2:
        sp = (uint32_t)sp;
        break;
    default:
        sp = (uint16_t)sp;
        break;
    }
    return uop_segment_address(env, R_SS, sp, size, write);
}

static QEMU_ALWAYS_INLINE uint64_t stack_load(CPUX86State *env,
                                              const unsigned log2,
                                              uint64_t sp)
{
    uint64_t v;

    uop_ld(env, stack_address(env, sp, 1u << log2, false), log2, true, &v);
    return v;
}

/* The value @offset bytes above the top of stack. */
static QEMU_ALWAYS_INLINE uint64_t stack_peek(CPUX86State *env,
                                              const unsigned log2,
                                              int64_t offset)
{
    return stack_load(env, log2, env->regs[R_ESP] + offset);
}

static QEMU_ALWAYS_INLINE void stack_poke(CPUX86State *env,
                                          const unsigned log2,
                                          int64_t offset, uint64_t val)
{
    uop_st(env, stack_address(env, env->regs[R_ESP] + offset, 1u << log2,
                              true), log2, true, val);
}

/* Moves rSP up by @bytes; cannot fail. */
static inline void stack_drop(CPUX86State *env, int64_t bytes)
{
    uint64_t sp = env->regs[R_ESP] + bytes;

    switch (stack_log2(env)) {
    case 3:
        env->regs[R_ESP] = sp;
        break;
    case 2:
        env->regs[R_ESP] = (uint32_t)sp;
        break;
    default:
        *(uint16_t *)&env->regs[R_ESP] = sp;
        break;
    }
}

static QEMU_ALWAYS_INLINE void stack_push(CPUX86State *env,
                                          const unsigned log2, uint64_t val)
{
    stack_poke(env, log2, -(int64_t)(1u << log2), val);
    stack_drop(env, -(int64_t)(1u << log2));
}

#endif

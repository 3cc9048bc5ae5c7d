/*
 * Operands of the less frequent instructions: one handler serves registers and
 * memory of every address form, locked or not. Handlers made from these are
 * bracketed in UOP_SYNC, since everything may raise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_ANY_H
#define TARGET_I386_ANY_H

#include "uop.h"

#define UOP_ANY_HANDLER(name, body, ...)                                    \
    static const void *name(CPUX86State *env, const MicroOp *op)            \
    {                                                                       \
        UOP_SYNC(env, op);                                                  \
        body(env, op, __VA_ARGS__);                                         \
        UOP_NEXT(env, op);                                                  \
    }

/* Where a read-modify-write operand is. */
typedef struct AnyOperand {
    uint64_t ea;
    void *host;         /* NULL: a register, or memory that needs ld and st */
} AnyOperand;

static QEMU_ALWAYS_INLINE uint64_t any_mem_load(CPUX86State *env, uint64_t ea,
                                                const unsigned log2)
{
    uint64_t v;

    uop_ld(env, ea, log2, true, &v);
    return v;
}

/* The value of the operand, which is only read. */
static QEMU_ALWAYS_INLINE uint64_t any_load(CPUX86State *env,
                                            const MicroOp *op,
                                            const unsigned log2)
{
    if (op->aux & UOP_AM_REG) {
        return rd(env, op->r1, log2);
    }
    return any_mem_load(env, uop_full_address(env, op, 1u << log2, false),
                        log2);
}

/* Stores into the operand, which is not read. */
static QEMU_ALWAYS_INLINE void any_store(CPUX86State *env, const MicroOp *op,
                                         const unsigned log2, uint64_t val)
{
    if (op->aux & UOP_AM_REG) {
        wr(env, op->r1, log2, val);
    } else {
        uop_st(env, uop_full_address(env, op, 1u << log2, true), log2, true,
               val);
    }
}

/* Opens the operand for reading and writing; raises unless both are allowed. */
static QEMU_ALWAYS_INLINE void any_open(CPUX86State *env, const MicroOp *op,
                                        const unsigned log2, AnyOperand *o)
{
    if (op->aux & UOP_AM_REG) {
        o->ea = 0;
        o->host = NULL;
        return;
    }
    o->ea = uop_full_address(env, op, 1u << log2, true);
    o->host = cpu_rmw_ptr(env, o->ea, 1u << log2);
}

static QEMU_ALWAYS_INLINE uint64_t any_get(CPUX86State *env,
                                           const MicroOp *op,
                                           const unsigned log2,
                                           const AnyOperand *o)
{
    if (op->aux & UOP_AM_REG) {
        return rd(env, op->r1, log2);
    }
    return o->host ? host_ld(o->host, log2) : any_mem_load(env, o->ea, log2);
}

static QEMU_ALWAYS_INLINE bool host_cas(void *p, const unsigned log2,
                                        uint64_t old, uint64_t val)
{
    switch (log2) {
    case 0:
        return __sync_bool_compare_and_swap((uint8_t *)p, (uint8_t)old,
                                            (uint8_t)val);
    case 1:
        return __sync_bool_compare_and_swap((uint16_t *)p, (uint16_t)old,
                                            (uint16_t)val);
    case 2:
        return __sync_bool_compare_and_swap((uint32_t *)p, (uint32_t)old,
                                            (uint32_t)val);
    default:
        return __sync_bool_compare_and_swap((uint64_t *)p, old, val);
    }
}

/*
 * Replaces @old, which any_get() returned, by @val. False when the operand is
 * locked and changed in between: get it again.
 */
static QEMU_ALWAYS_INLINE bool any_put(CPUX86State *env, const MicroOp *op,
                                       const unsigned log2,
                                       const AnyOperand *o,
                                       uint64_t old, uint64_t val)
{
    if (op->aux & UOP_AM_REG) {
        wr(env, op->r1, log2, val);
        return true;
    }
    if (!o->host) {
        uop_st(env, o->ea, log2, true, val);
        return true;
    }
    if (op->aux & UOP_AM_LOCK) {
        if (!host_cas(o->host, log2, old, val)) {
            return false;
        }
    } else {
        host_st(o->host, log2, val);
    }
    cpu_rmw_done(env, o->ea, 1u << log2);
    return true;
}

#endif

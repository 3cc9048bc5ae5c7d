/*
 * Atomic access to shared variables, over the compiler's builtins. qatomic_*
 * without a suffix are sequentially consistent where they modify, and relaxed
 * where they only read or set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_ATOMIC_H
#define QEMU_ATOMIC_H

#include "qemu/barrier.h"

/* Relaxed load and store of a scalar: no tearing, no order. */
#define qatomic_read(ptr)           __atomic_load_n(ptr, __ATOMIC_RELAXED)
#define qatomic_set(ptr, v)         __atomic_store_n(ptr, v, __ATOMIC_RELAXED)

/* Acquire load; release store. Each other's pair. */
#define qatomic_load_acquire(ptr)   __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define qatomic_store_release(ptr, v) __atomic_store_n(ptr, v, __ATOMIC_RELEASE)
/* Store followed by a full barrier. */
#define qatomic_set_mb(ptr, v)      ((void)qatomic_xchg(ptr, v))

/* Read a pointer under rcu_read_lock(); publish one for such readers. */
#define qatomic_rcu_read(ptr)       __atomic_load_n(ptr, __ATOMIC_CONSUME)
#define qatomic_rcu_set(ptr, v)     __atomic_store_n(ptr, v, __ATOMIC_RELEASE)

/* Exchange: gives the old value. */
#define qatomic_xchg(ptr, v)        __atomic_exchange_n(ptr, v, __ATOMIC_SEQ_CST)
/* Compare and exchange: gives the value found (equal to @old on success). */
#define qatomic_cmpxchg(ptr, old, new)                                  \
    (__extension__({                                                    \
        typeof(*(ptr)) found_ = (old);                                  \
        (void)__atomic_compare_exchange_n(ptr, &found_, new, false,     \
                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
        found_;                                                         \
    }))

/* Modify and give the old value. */
#define qatomic_fetch_add(p, n)     __atomic_fetch_add(p, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_sub(p, n)     __atomic_fetch_sub(p, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_and(p, n)     __atomic_fetch_and(p, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_or(p, n)      __atomic_fetch_or(p, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_xor(p, n)     __atomic_fetch_xor(p, n, __ATOMIC_SEQ_CST)
#define qatomic_fetch_inc(p)        qatomic_fetch_add(p, 1)
#define qatomic_fetch_dec(p)        qatomic_fetch_sub(p, 1)
/* Modify and give the new value. */
#define qatomic_add_fetch(p, n)     __atomic_add_fetch(p, n, __ATOMIC_SEQ_CST)
#define qatomic_sub_fetch(p, n)     __atomic_sub_fetch(p, n, __ATOMIC_SEQ_CST)
#define qatomic_inc_fetch(p)        qatomic_add_fetch(p, 1)
#define qatomic_dec_fetch(p)        qatomic_sub_fetch(p, 1)
/* Modify only. */
#define qatomic_add(p, n)           ((void)qatomic_fetch_add(p, n))
#define qatomic_sub(p, n)           ((void)qatomic_fetch_sub(p, n))
#define qatomic_inc(p)              ((void)qatomic_fetch_add(p, 1))
#define qatomic_dec(p)              ((void)qatomic_fetch_sub(p, 1))
#define qatomic_and(p, n)           ((void)qatomic_fetch_and(p, n))
#define qatomic_or(p, n)            ((void)qatomic_fetch_or(p, n))
#define qatomic_xor(p, n)           ((void)qatomic_fetch_xor(p, n))

#endif

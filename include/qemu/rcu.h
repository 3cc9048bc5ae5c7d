/*
 * Read-copy-update: liburcu's "memb" flavour, whose read side is a few plain
 * instructions (the writer pays, with membarrier(2)). Threads made by
 * qemu_thread_create() and the main thread are registered; any other thread
 * registers itself. A read side may nest and may block, but then holds up
 * writers; it must not be entered by a signal handler.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_RCU_H
#define QEMU_RCU_H

#define RCU_MEMB
#ifndef QEMU_SANITIZE_THREAD    /* there in the library, uninstrumented */
#define _LGPL_SOURCE            /* the read side inline: liburcu allows it */
#endif
#include <urcu/urcu-memb.h>
#undef rcu_read_lock
#undef rcu_read_unlock
#undef synchronize_rcu
#undef rcu_register_thread
#undef rcu_unregister_thread
#undef call_rcu
#undef rcu_init

#include "qemu/atomic.h"

#ifdef QEMU_SANITIZE_THREAD
/* liburcu is not instrumented: tell the sanitizer what a grace period orders. */
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
extern char rcu_tsan_read_side, rcu_tsan_grace;
#define RCU_TSAN(op, what) __tsan_##op(&rcu_tsan_##what)
#else
#define RCU_TSAN(op, what) ((void)0)
#endif

/* Begin and end a read side: what is reachable now is not freed before the end. */
static inline void rcu_read_lock(void)
{
    urcu_memb_read_lock();
    RCU_TSAN(acquire, grace);
}

static inline void rcu_read_unlock(void)
{
    RCU_TSAN(release, read_side);
    urcu_memb_read_unlock();
}

/* Is the calling thread inside a read side? For assertions. */
static inline bool rcu_read_ongoing(void)
{
    return urcu_memb_read_ongoing();
}

/* Make the calling thread known, forget it: once each, outside read sides. */
void rcu_register_thread(void);
void rcu_unregister_thread(void);

/*
 * Wait until all read sides that have begun are over. Takes milliseconds; not
 * from inside a read side. Holding the big lock is allowed only if no reader
 * takes it.
 */
void synchronize_rcu(void);

struct rcu_head;    /* liburcu's: put one in the object to be freed */
typedef void RCUCBFunc(struct rcu_head *head);

/*
 * Call @func(@head) after a grace period, in the RCU thread, holding the big
 * lock. Any thread; never blocks; starts the thread at the first use.
 */
void call_rcu1(struct rcu_head *head, RCUCBFunc *func);

/* g_free(@obj) after a grace period; no lock is taken for it. */
void g_free_rcu1(void *obj, struct rcu_head *head);

/*
 * Wait until everything given to call_rcu by now has run. The big lock, if
 * held, is given up meanwhile. Does nothing if call_rcu was never used.
 */
void drain_call_rcu(void);

/* call_rcu(obj, fn, member): fn(obj), where obj->member is a struct rcu_head. */
#define call_rcu(obj, fn, member)                                       \
    (__extension__({                                                    \
        void (*rcu_fn_)(typeof(obj)) = (fn);                            \
        QEMU_BUILD_BUG_ON(offsetof(typeof(*(obj)), member) != 0);       \
        call_rcu1(&(obj)->member, (RCUCBFunc *)rcu_fn_);                \
    }))

/* The member may stand anywhere in the object. */
#define g_free_rcu(obj, member) g_free_rcu1((obj), &(obj)->member)

/* Scopes. */
typedef struct RCUReadAuto {
    bool active;
} RCUReadAuto;

static inline RCUReadAuto rcu_read_auto_lock(void)
{
    rcu_read_lock();
    return (RCUReadAuto){ true };
}

static inline void rcu_read_auto_unlock(RCUReadAuto *held)
{
    if (held->active) {
        held->active = false;
        rcu_read_unlock();
    }
}

#define RCU_READ_AUTO_AS_(name)                                         \
    __attribute__((cleanup(rcu_read_auto_unlock), unused))              \
    RCUReadAuto name = rcu_read_auto_lock()
#define RCU_READ_LOCK_GUARD() RCU_READ_AUTO_AS_(glue(rcu_held_, __COUNTER__))
#define WITH_RCU_READ_LOCK_GUARD()                                      \
    for (RCU_READ_AUTO_AS_(with_rcu_); with_rcu_.active;                \
         rcu_read_auto_unlock(&with_rcu_))

#endif

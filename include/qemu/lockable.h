/*
 * Scopes that hold a lock: QEMU_LOCK_GUARD(&x) until the end of the block,
 * WITH_QEMU_LOCK_GUARD(&x) { … } for the block that follows. x is a QemuMutex,
 * QemuRecMutex or QemuSpin. Leaving by return, break or goto unlocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_LOCKABLE_H
#define QEMU_LOCKABLE_H

#include "qemu/thread.h"

typedef struct QemuLockable {
    void *object;
    void (*unlock)(void *object);
} QemuLockable;

static inline QemuLockable qemu_lockable_take(void *object,
                                              void (*lock)(void *),
                                              void (*unlock)(void *))
{
    lock(object);
    return (QemuLockable){ object, unlock };
}

static inline void qemu_lockable_auto_unlock(QemuLockable *held)
{
    if (held->object) {
        held->unlock(held->object);
        held->object = NULL;
    }
}

#define QEMU_LOCKABLE_FN_(x, op)                                        \
    (void (*)(void *))_Generic((x),                                     \
        QemuMutex *: qemu_mutex_##op,                                   \
        QemuRecMutex *: qemu_rec_mutex_##op,                            \
        QemuSpin *: qemu_spin_##op)

#define QEMU_LOCK_GUARD_AS_(name, x)                                    \
    __attribute__((cleanup(qemu_lockable_auto_unlock), unused))         \
    QemuLockable name = qemu_lockable_take((x),                         \
                                           QEMU_LOCKABLE_FN_(x, lock),  \
                                           QEMU_LOCKABLE_FN_(x, unlock))

#define QEMU_LOCK_GUARD(x) QEMU_LOCK_GUARD_AS_(glue(held_, __COUNTER__), x)

#define WITH_QEMU_LOCK_GUARD(x)                                         \
    for (QEMU_LOCK_GUARD_AS_(with_held_, x); with_held_.object;         \
         qemu_lockable_auto_unlock(&with_held_))

#endif

/*
 * QLIST operations for lists that are walked under rcu_read_lock() while one
 * writer at a time (under its own lock) changes them. A removed element may be
 * freed only after a grace period (call_rcu, g_free_rcu).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_RCU_QUEUE_H
#define QEMU_RCU_QUEUE_H

#include "qemu/queue.h"
#include "qemu/atomic.h"

#define QLIST_EMPTY_RCU(head)       (qatomic_read(&(head)->lh_first) == NULL)
#define QLIST_FIRST_RCU(head)       qatomic_rcu_read(&(head)->lh_first)
#define QLIST_NEXT_RCU(elm, field)  qatomic_rcu_read(&(elm)->field.le_next)

#define QLIST_INSERT_HEAD_RCU(head, elm, field)                         \
    do {                                                                \
        (elm)->field.le_prev = &(head)->lh_first;                       \
        (elm)->field.le_next = (head)->lh_first;                        \
        if ((head)->lh_first) {                                         \
            (head)->lh_first->field.le_prev = &(elm)->field.le_next;    \
        }                                                               \
        qatomic_rcu_set(&(head)->lh_first, (elm));                      \
    } while (0)

#define QLIST_INSERT_AFTER_RCU(at, elm, field)                          \
    do {                                                                \
        (elm)->field.le_prev = &(at)->field.le_next;                    \
        (elm)->field.le_next = (at)->field.le_next;                     \
        if ((at)->field.le_next) {                                      \
            (at)->field.le_next->field.le_prev = &(elm)->field.le_next; \
        }                                                               \
        qatomic_rcu_set(&(at)->field.le_next, (elm));                   \
    } while (0)

#define QLIST_INSERT_BEFORE_RCU(at, elm, field)                         \
    do {                                                                \
        (elm)->field.le_prev = (at)->field.le_prev;                     \
        (elm)->field.le_next = (at);                                    \
        qatomic_rcu_set((at)->field.le_prev, (elm));                    \
        (at)->field.le_prev = &(elm)->field.le_next;                    \
    } while (0)

/* Readers that stand on @elm still find their way on. */
#define QLIST_REMOVE_RCU(elm, field)                                    \
    do {                                                                \
        if ((elm)->field.le_next) {                                     \
            (elm)->field.le_next->field.le_prev = (elm)->field.le_prev; \
        }                                                               \
        qatomic_set((elm)->field.le_prev, (elm)->field.le_next);        \
    } while (0)

#define QLIST_FOREACH_RCU(var, head, field)                             \
    for ((var) = QLIST_FIRST_RCU(head); (var);                          \
         (var) = QLIST_NEXT_RCU(var, field))

#endif

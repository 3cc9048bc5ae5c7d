/*
 * Linked lists under the names that device code uses, over <sys/queue.h>:
 * QLIST (doubly linked), QSLIST (singly), QSIMPLEQ (singly, with a tail),
 * QTAILQ (doubly, with a tail). The element type is given as it is written in a
 * declaration: QLIST_ENTRY(Foo) or QLIST_ENTRY(struct foo). No locking; lists
 * read under RCU are in "qemu/rcu_queue.h".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_QUEUE_H
#define QEMU_QUEUE_H

#include <sys/queue.h>

/* Lists: remove without knowing the head; insert before, after, at the head. */
#define QLIST_HEAD(name, type)      struct name { type *lh_first; }
#define QLIST_ENTRY(type)           struct { type *le_next; type **le_prev; }
#define QLIST_HEAD_INITIALIZER(head) LIST_HEAD_INITIALIZER(head)
#define QLIST_INIT(head)            LIST_INIT(head)
#define QLIST_EMPTY(head)           LIST_EMPTY(head)
#define QLIST_FIRST(head)           LIST_FIRST(head)
#define QLIST_NEXT(elm, field)      LIST_NEXT(elm, field)
#define QLIST_INSERT_HEAD(head, elm, field) LIST_INSERT_HEAD(head, elm, field)
#define QLIST_INSERT_AFTER(at, elm, field)  LIST_INSERT_AFTER(at, elm, field)
#define QLIST_INSERT_BEFORE(at, elm, field) LIST_INSERT_BEFORE(at, elm, field)
#define QLIST_REMOVE(elm, field)    LIST_REMOVE(elm, field)
#define QLIST_FOREACH(var, head, field)     LIST_FOREACH(var, head, field)
/* In *_FOREACH_SAFE the body may remove and free @var. */
#define QLIST_FOREACH_SAFE(var, head, field, next)                      \
    for ((var) = QLIST_FIRST(head);                                     \
         (var) && ((next) = QLIST_NEXT(var, field), true);              \
         (var) = (next))
/* Remove that may be repeated and marks the element as in no list. */
#define QLIST_IS_INSERTED(elm, field)  ((elm)->field.le_prev != NULL)
#define QLIST_SAFE_REMOVE(elm, field)                                   \
    do {                                                                \
        if (QLIST_IS_INSERTED(elm, field)) {                            \
            QLIST_REMOVE(elm, field);                                   \
            (elm)->field.le_next = NULL;                                \
            (elm)->field.le_prev = NULL;                                \
        }                                                               \
    } while (0)

/* Singly linked. */
#define QSLIST_HEAD(name, type)     struct name { type *slh_first; }
#define QSLIST_ENTRY(type)          struct { type *sle_next; }
#define QSLIST_HEAD_INITIALIZER(head) SLIST_HEAD_INITIALIZER(head)
#define QSLIST_INIT(head)           SLIST_INIT(head)
#define QSLIST_EMPTY(head)          SLIST_EMPTY(head)
#define QSLIST_FIRST(head)          SLIST_FIRST(head)
#define QSLIST_NEXT(elm, field)     SLIST_NEXT(elm, field)
#define QSLIST_INSERT_HEAD(head, elm, field) SLIST_INSERT_HEAD(head, elm, field)
#define QSLIST_REMOVE_HEAD(head, field)      SLIST_REMOVE_HEAD(head, field)
#define QSLIST_FOREACH(var, head, field)     SLIST_FOREACH(var, head, field)
#define QSLIST_FOREACH_SAFE(var, head, field, next)                     \
    for ((var) = QSLIST_FIRST(head);                                    \
         (var) && ((next) = QSLIST_NEXT(var, field), true);             \
         (var) = (next))

/* Simple queues. */
#define QSIMPLEQ_HEAD(name, type) \
    struct name { type *stqh_first; type **stqh_last; }
#define QSIMPLEQ_ENTRY(type)        struct { type *stqe_next; }
#define QSIMPLEQ_HEAD_INITIALIZER(head) STAILQ_HEAD_INITIALIZER(head)
#define QSIMPLEQ_INIT(head)         STAILQ_INIT(head)
#define QSIMPLEQ_EMPTY(head)        STAILQ_EMPTY(head)
#define QSIMPLEQ_FIRST(head)        STAILQ_FIRST(head)
#define QSIMPLEQ_NEXT(elm, field)   STAILQ_NEXT(elm, field)
#define QSIMPLEQ_INSERT_HEAD(head, elm, field) \
    STAILQ_INSERT_HEAD(head, elm, field)
#define QSIMPLEQ_INSERT_TAIL(head, elm, field) \
    STAILQ_INSERT_TAIL(head, elm, field)
#define QSIMPLEQ_REMOVE_HEAD(head, field)    STAILQ_REMOVE_HEAD(head, field)
#define QSIMPLEQ_FOREACH(var, head, field)   STAILQ_FOREACH(var, head, field)
#define QSIMPLEQ_FOREACH_SAFE(var, head, field, next)                   \
    for ((var) = QSIMPLEQ_FIRST(head);                                  \
         (var) && ((next) = QSIMPLEQ_NEXT(var, field), true);           \
         (var) = (next))

/* Tail queues. */
#define QTAILQ_HEAD(name, type) \
    struct name { type *tqh_first; type **tqh_last; }
#define QTAILQ_ENTRY(type)          struct { type *tqe_next; type **tqe_prev; }
#define QTAILQ_HEAD_INITIALIZER(head) TAILQ_HEAD_INITIALIZER(head)
#define QTAILQ_INIT(head)           TAILQ_INIT(head)
#define QTAILQ_EMPTY(head)          TAILQ_EMPTY(head)
#define QTAILQ_FIRST(head)          TAILQ_FIRST(head)
#define QTAILQ_NEXT(elm, field)     TAILQ_NEXT(elm, field)
#define QTAILQ_INSERT_HEAD(head, elm, field) TAILQ_INSERT_HEAD(head, elm, field)
#define QTAILQ_INSERT_TAIL(head, elm, field) TAILQ_INSERT_TAIL(head, elm, field)
#define QTAILQ_INSERT_AFTER(head, at, elm, field) \
    TAILQ_INSERT_AFTER(head, at, elm, field)
#define QTAILQ_INSERT_BEFORE(at, elm, field) TAILQ_INSERT_BEFORE(at, elm, field)
#define QTAILQ_REMOVE(head, elm, field)      TAILQ_REMOVE(head, elm, field)
#define QTAILQ_FOREACH(var, head, field)     TAILQ_FOREACH(var, head, field)
#define QTAILQ_FOREACH_SAFE(var, head, field, next)                     \
    for ((var) = QTAILQ_FIRST(head);                                    \
         (var) && ((next) = QTAILQ_NEXT(var, field), true);             \
         (var) = (next))
#define QTAILQ_IN_USE(elm, field)   ((elm)->field.tqe_prev != NULL)

/*
 * A head and an entry have the same two words, so the way back from an entry is
 * to look at the "previous next" of the one before, as the tail pointer is for
 * the last one. @pp is such a tail or previous pointer.
 */
struct QTailQLink {
    void *next;
    struct QTailQLink *prev;
};
#define QTAILQ_BACK_(type, pp) \
    ((type)((struct QTailQLink *)(void *)(pp))->prev->next)
#define QTAILQ_LAST(head) \
    QTAILQ_BACK_(typeof((head)->tqh_first), (head)->tqh_last)
#define QTAILQ_PREV(elm, field) \
    QTAILQ_BACK_(typeof((elm)->field.tqe_next), (elm)->field.tqe_prev)
#define QTAILQ_FOREACH_REVERSE(var, head, field)                        \
    for ((var) = QTAILQ_LAST(head); (var); (var) = QTAILQ_PREV(var, field))
#define QTAILQ_FOREACH_REVERSE_SAFE(var, head, field, prev)             \
    for ((var) = QTAILQ_LAST(head);                                     \
         (var) && ((prev) = QTAILQ_PREV(var, field), true);             \
         (var) = (prev))

#endif

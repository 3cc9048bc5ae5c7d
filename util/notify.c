/*
 * Notifier lists. A walk keeps its next element in a record that removals see,
 * so that callbacks may remove any notifier, not only themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/notify.h"

/* The walks under way in this thread, innermost first. */
typedef struct Walk {
    void *next;                 /* Notifier or NotifierWithReturn */
    struct Walk *outer;
} Walk;

static __thread Walk *walks;

static void walks_skip(void *gone, void *after)
{
    for (Walk *w = walks; w; w = w->outer) {
        if (w->next == gone) {
            w->next = after;
        }
    }
}

void notifier_list_init(NotifierList *list)
{
    QLIST_INIT(&list->notifiers);
}

bool notifier_list_empty(NotifierList *list)
{
    return QLIST_EMPTY(&list->notifiers);
}

void notifier_list_add(NotifierList *list, Notifier *notifier)
{
    QLIST_INSERT_HEAD(&list->notifiers, notifier, node);
}

void notifier_remove(Notifier *notifier)
{
    if (QLIST_IS_INSERTED(notifier, node)) {
        walks_skip(notifier, QLIST_NEXT(notifier, node));
        QLIST_SAFE_REMOVE(notifier, node);
    }
}

void notifier_list_notify(NotifierList *list, void *data)
{
    Walk walk = { .outer = walks };
    Notifier *n = QLIST_FIRST(&list->notifiers);

    walks = &walk;
    while (n) {
        walk.next = QLIST_NEXT(n, node);
        n->notify(n, data);
        n = walk.next;
    }
    walks = walk.outer;
}

void notifier_with_return_remove(NotifierWithReturn *notifier)
{
    if (QLIST_IS_INSERTED(notifier, node)) {
        walks_skip(notifier, QLIST_NEXT(notifier, node));
        QLIST_SAFE_REMOVE(notifier, node);
    }
}

void notifier_with_return_list_add(NotifierWithReturnList *list,
                                   NotifierWithReturn *notifier)
{
    QLIST_INSERT_HEAD(&list->notifiers, notifier, node);
}

void notifier_with_return_list_init(NotifierWithReturnList *list)
{
    QLIST_INIT(&list->notifiers);
}

int notifier_with_return_list_notify(NotifierWithReturnList *list, void *data,
                                     Error **errp)
{
    Walk walk = { .outer = walks };
    NotifierWithReturn *n = QLIST_FIRST(&list->notifiers);
    int ret = 0;

    walks = &walk;
    while (n && ret == 0) {
        walk.next = QLIST_NEXT(n, node);
        ret = n->notify(n, data, errp);
        n = walk.next;
    }
    walks = walk.outer;
    return ret;
}

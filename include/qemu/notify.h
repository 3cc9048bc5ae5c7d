/*
 * Notifier lists: callbacks that one place runs and others join and leave.
 * No locking; a callback may remove itself, or any other, while the list runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NOTIFY_H
#define QEMU_NOTIFY_H

#include "qemu/queue.h"

struct Notifier {
    void (*notify)(Notifier *notifier, void *data);
    QLIST_ENTRY(Notifier) node;     /* le_prev is NULL when in no list */
};

struct NotifierList {
    QLIST_HEAD(, Notifier) notifiers;
};

#define NOTIFIER_LIST_INITIALIZER(head) { QLIST_HEAD_INITIALIZER((head).notifiers) }

void notifier_list_init(NotifierList *list);
/* The newest is run first. @notifier stays the caller's. */
void notifier_list_add(NotifierList *list, Notifier *notifier);
/* Nothing happens if it is in no list. */
void notifier_remove(Notifier *notifier);
/* Call each, with @data as the list's owner documents it. */
void notifier_list_notify(NotifierList *list, void *data);
bool notifier_list_empty(NotifierList *list);

/* The same with callbacks that can fail: the walk stops at the first. */
typedef struct NotifierWithReturn NotifierWithReturn;
struct NotifierWithReturn {
    /* 0 or negative errno with @errp set */
    int (*notify)(NotifierWithReturn *notifier, void *data, Error **errp);
    QLIST_ENTRY(NotifierWithReturn) node;
};

typedef struct NotifierWithReturnList {
    QLIST_HEAD(, NotifierWithReturn) notifiers;
} NotifierWithReturnList;

void notifier_with_return_list_init(NotifierWithReturnList *list);
void notifier_with_return_list_add(NotifierWithReturnList *list,
                                   NotifierWithReturn *notifier);
void notifier_with_return_remove(NotifierWithReturn *notifier);
int notifier_with_return_list_notify(NotifierWithReturnList *list, void *data,
                                     Error **errp);

#endif

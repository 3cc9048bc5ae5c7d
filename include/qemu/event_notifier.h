/*
 * An eventfd as a doorbell: any thread or the kernel rings, one loop listens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_EVENT_NOTIFIER_H
#define QEMU_EVENT_NOTIFIER_H

struct EventNotifier {
    int rfd;
    int wfd;
    bool initialized;
    QEMUBH *bell;               /* atomic; NULL: none */
};

typedef void EventNotifierHandler(EventNotifier *e);

/* 0 or -errno; @active: rung from the start. Non-blocking, close-on-exec. */
int event_notifier_init(EventNotifier *e, int active);
/* Use an eventfd that exists; it is closed by cleanup. */
void event_notifier_init_fd(EventNotifier *e, int fd);
/* Close it. May be repeated. */
void event_notifier_cleanup(EventNotifier *e);
int event_notifier_get_fd(const EventNotifier *e);
int event_notifier_get_wfd(const EventNotifier *e);
/* Ring: 0 or -errno. Any thread. */
int event_notifier_set(EventNotifier *e);
/*
 * From now on event_notifier_set() schedules @bell (NULL: not any more), which
 * costs no system call while its loop is awake. The kernel still rings the eventfd.
 * Who may ring at the same time must find the notifier under RCU, and @bell must
 * live for a grace period longer.
 */
void event_notifier_set_bell(EventNotifier *e, QEMUBH *bell);
/* Clear: 1 if it had been rung. */
int event_notifier_test_and_clear(EventNotifier *e);

#endif

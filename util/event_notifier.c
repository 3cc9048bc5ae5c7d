/*
 * Doorbells on eventfd(2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/eventfd.h>
#include "qemu/aio.h"
#include "qemu/atomic.h"

int event_notifier_init(EventNotifier *e, int active)
{
    int fd = eventfd(active ? 1 : 0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    event_notifier_init_fd(e, fd);
    return 0;
}

void event_notifier_init_fd(EventNotifier *e, int fd)
{
    *e = (EventNotifier){ .rfd = fd, .wfd = fd, .initialized = true };
}

void event_notifier_cleanup(EventNotifier *e)
{
    if (e->initialized) {
        close(e->rfd);
        *e = (EventNotifier){ .rfd = -1, .wfd = -1 };
    }
}

int event_notifier_get_fd(const EventNotifier *e)
{
    return e->rfd;
}

int event_notifier_get_wfd(const EventNotifier *e)
{
    return e->wfd;
}

void event_notifier_set_bell(EventNotifier *e, QEMUBH *bell)
{
    qatomic_store_release(&e->bell, bell);
}

int event_notifier_set(EventNotifier *e)
{
    QEMUBH *bell = qatomic_load_acquire(&e->bell);

    if (bell) {
        qemu_bh_schedule(bell);
        return 0;
    }
    if (!e->initialized) {
        return -EBADF;
    }
    /* EAGAIN: the counter is full, so that it has been rung anyway. */
    if (RETRY_ON_EINTR(eventfd_write(e->wfd, 1)) < 0 && errno != EAGAIN) {
        return -errno;
    }
    return 0;
}

int event_notifier_test_and_clear(EventNotifier *e)
{
    eventfd_t count;

    return e->initialized && RETRY_ON_EINTR(eventfd_read(e->rfd, &count)) == 0;
}

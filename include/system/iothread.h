/*
 * `-object iothread`: a thread with an event loop of its own, for queues that
 * devices give it. It never takes the big lock; what may be done in it is told in
 * docs/devel/threads.rst.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_IOTHREAD_H
#define SYSTEM_IOTHREAD_H

#include "qemu/aio.h"
#include "qemu/thread.h"
#include "qom/object.h"

#define TYPE_IOTHREAD "iothread"
#define IOTHREAD(obj) OBJECT_CHECK(IOThread, (obj), TYPE_IOTHREAD)

/* Properties are set in the main loop; the thread sees what it needs of them. */
struct IOThread {
    Object parent_obj;

    QemuThread thread;
    AioContext *ctx;                /* NULL until complete */
    bool stopping;                  /* atomic */
    QemuSemaphore started;
    int thread_id;                  /* of the host; -1 until it runs */
    unsigned users;                 /* devices; big lock */

    /* Properties. */
    int64_t poll_max_ns;            /* look so long before sleeping */
    int64_t poll_grow;
    int64_t poll_shrink;
    int64_t aio_max_batch;
    int64_t thread_pool_min;
    int64_t thread_pool_max;
};

/* The iothread of this id, or NULL. */
IOThread *iothread_by_id(const char *id);
/* Its id; to be freed. */
char *iothread_get_id(IOThread *iothread);
AioContext *iothread_get_aio_context(IOThread *iothread);

/*
 * A device begins, or ceases, to use the thread; while one does, the object
 * cannot be deleted. Big lock.
 */
void iothread_use(IOThread *iothread);
void iothread_unuse(IOThread *iothread);

/* Calls @fn for each iothread, in the order of their ids. */
void iothread_foreach(void (*fn)(IOThread *iothread, void *opaque),
                      void *opaque);

#endif

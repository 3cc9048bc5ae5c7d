/*
 * Inside of the event loop: aio.c (descriptors, sleeping), aio-bh.c (bottom
 * halves), aio-spin.c (polling before sleeping), aio-hold.c, main-loop.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTIL_AIO_INTERNAL_H
#define UTIL_AIO_INTERNAL_H

#include "qemu/aio.h"

/*
 * One registration. It is not changed once it is in a list, so that the loop
 * reads it without a lock: another registration for its descriptor takes its
 * place, and it waits in the graveyard until no round can hold it any more.
 */
typedef struct AioHandler AioHandler;
struct AioHandler {
    int fd;
    bool deleted;                   /* atomic */
    bool always_ready;              /* epoll cannot wait for this file */
    IOHandler *io_read;
    IOHandler *io_write;
    AioPollFn *io_poll;
    IOHandler *io_poll_ready;
    IOHandler *poll_begin;
    IOHandler *poll_end;
    void *opaque;
    QLIST_ENTRY(AioHandler) node;   /* handlers or graveyard */
};

struct AioContext {
    int refcnt;
    int epfd;
    EventNotifier notifier;

    /*
     * sleeping: the owner sleeps or is about to; whoever finds it set clears it
     * and rings. notified: ring or not, the next sleep shall not happen.
     */
    bool sleeping;                  /* atomic */
    bool notified;                  /* atomic */

    QEMUBH *bh_new;                 /* newest first; atomic; any thread pushes */
    QEMUBH *bh_ready, **bh_ready_end;   /* oldest first; owner's */

    QEMUTimerListGroup *tlg;
    QEMUTimerListGroup own_tlg;

    QemuMutex lock;                 /* of the two lists */
    QLIST_HEAD(, AioHandler) handlers;
    QLIST_HEAD(, AioHandler) graveyard;
    bool any_buried;                /* atomic */
    unsigned always_ready_count;    /* atomic */
    unsigned poller_count;          /* atomic */

    QemuMutex hold_lock;            /* aio-hold.c: of the two below */
    QemuCond hold_cond;
    unsigned holders;
    bool standing;
    bool retired;                   /* no thread any more; big lock */

    unsigned depth;                 /* rounds nested; owner's */
    unsigned rounds;                /* rounds begun; owner's */

    AioAnswers *awaiting;           /* of what was asked last; big lock */
    AioAnswers *watched;            /* its watch() is on; big lock */
    int64_t asked_at;
    int64_t poll_ns;                /* how long to spin now; owner's */
    int64_t poll_max_ns, poll_grow, poll_shrink;
};

/* Descriptors that a look found ready. */
#define AIO_EVENTS_MAX 64
typedef struct AioReady {
    int count;
    bool rung;
    struct {
        AioHandler *handler;
        uint32_t events;
    } ev[AIO_EVENTS_MAX];
} AioReady;

AioContext *aio_context_make(QEMUTimerListGroup *tlg, Error **errp);

/*
 * A round: begin; say how long may be slept (ns, -1 for ever); sleep, filling
 * *ready; run bottom halves, handlers, timers; end.
 */
void aio_round_begin(AioContext *ctx);
int64_t aio_round_timeout(AioContext *ctx, bool blocking);
void aio_round_wait(AioContext *ctx, int64_t timeout_ns, AioReady *ready);
bool aio_round_run(AioContext *ctx, AioReady *ready);
void aio_round_end(AioContext *ctx);

/* aio-bh.c */
void aio_bh_init(AioContext *ctx);
bool aio_bh_waiting(AioContext *ctx);
bool aio_bh_run(AioContext *ctx);
void aio_bh_free_all(AioContext *ctx);

/*
 * aio-spin.c: is an answer expected? Then look for it a while: begin and end with the
 * big lock, between them without it and not longer than *until, of get_clock(); true
 * if something came, and is in *ready.
 */
bool aio_await_begin(AioContext *ctx, int64_t timeout_ns, int64_t *until);
bool aio_await(AioContext *ctx, int64_t until, AioReady *ready);
void aio_await_end(AioContext *ctx);
/* Look at io_poll callbacks for a while; true: something ran. */
bool aio_spin(AioContext *ctx, int64_t timeout_ns);
/* The loop slept for @ns: adapt. */
void aio_spin_adapt(AioContext *ctx, int64_t ns);

#endif

/*
 * Bottom halves. A scheduled one is pushed on a stack that any thread may push
 * to and only the loop empties; it is turned round so that they run in order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "aio-internal.h"

enum {
    BH_QUEUED    = 1 << 0,      /* on the stack or in the ready queue */
    BH_SCHEDULED = 1 << 1,      /* to be called */
    BH_DELETED   = 1 << 2,      /* to be freed, not called */
    BH_ONESHOT   = 1 << 3,      /* to be freed when called */
};

struct QEMUBH {
    AioContext *ctx;
    QEMUBHFunc *cb;
    void *opaque;
    const char *name;
    MemReentrancyGuard *guard;
    QEMUBH *next;               /* whoever queued it, until it is taken out */
    unsigned flags;             /* atomic */
};

void aio_bh_init(AioContext *ctx)
{
    ctx->bh_ready_end = &ctx->bh_ready;
}

static QEMUBH *bh_make(AioContext *ctx, QEMUBHFunc *cb, void *opaque,
                       const char *name, MemReentrancyGuard *guard,
                       unsigned flags)
{
    QEMUBH *bh = g_new(QEMUBH, 1);

    *bh = (QEMUBH){
        .ctx = ctx, .cb = cb, .opaque = opaque, .name = name,
        .guard = guard, .flags = flags,
    };
    return bh;
}

/* Set @flags; whoever brings it from not queued to queued pushes it. */
static void bh_queue(QEMUBH *bh, unsigned flags)
{
    AioContext *ctx = bh->ctx;
    unsigned old = qatomic_fetch_or(&bh->flags, flags | BH_QUEUED);
    QEMUBH *top;

    if (old & BH_QUEUED) {
        return;
    }
    do {
        top = qatomic_read(&ctx->bh_new);
        bh->next = top;
    } while (qatomic_cmpxchg(&ctx->bh_new, top, bh) != top);
    aio_notify(ctx);
}

QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque,
                        const char *name, MemReentrancyGuard *guard)
{
    return bh_make(ctx, cb, opaque, name, guard, 0);
}

void aio_bh_schedule_oneshot_full(AioContext *ctx, QEMUBHFunc *cb,
                                  void *opaque, const char *name)
{
    bh_queue(bh_make(ctx, cb, opaque, name, NULL, BH_ONESHOT), BH_SCHEDULED);
}

void qemu_bh_schedule(QEMUBH *bh)
{
    bh_queue(bh, BH_SCHEDULED);
}

void qemu_bh_cancel(QEMUBH *bh)
{
    qatomic_and(&bh->flags, ~BH_SCHEDULED);
}

void qemu_bh_delete(QEMUBH *bh)
{
    if (bh) {
        bh_queue(bh, BH_DELETED);
    }
}

bool aio_bh_waiting(AioContext *ctx)
{
    return ctx->bh_ready || qatomic_read(&ctx->bh_new);
}

/* Move the stack to the end of the ready queue, oldest first. */
static void gather(AioContext *ctx)
{
    QEMUBH *bh = qatomic_xchg(&ctx->bh_new, NULL);
    QEMUBH *newest = bh, *turned = NULL;

    if (!bh) {
        return;
    }
    while (bh) {
        QEMUBH *next = bh->next;

        bh->next = turned;
        turned = bh;
        bh = next;
    }
    *ctx->bh_ready_end = turned;
    ctx->bh_ready_end = &newest->next;
}

static QEMUBH *take_first(AioContext *ctx)
{
    QEMUBH *bh = ctx->bh_ready;

    if (bh) {
        ctx->bh_ready = bh->next;
        if (!ctx->bh_ready) {
            ctx->bh_ready_end = &ctx->bh_ready;
        }
    }
    return bh;
}

/* True if it was called. */
static bool bh_call(QEMUBH *bh)
{
    MemReentrancyFrame frame;

    if (!bh->guard) {
        bh->cb(bh->opaque);
        return true;
    }
    if (!mem_reentrancy_enter(&frame, bh->guard)) {
        qemu_bh_schedule(bh);   /* a nested loop inside the device: later */
        return false;
    }
    bh->cb(bh->opaque);
    mem_reentrancy_leave(&frame);
    return true;
}

bool aio_bh_run(AioContext *ctx)
{
    bool progress = false;
    QEMUBH *bh;

    /* Those scheduled from now on wait for the next round. */
    gather(ctx);
    while ((bh = take_first(ctx))) {
        /*
         * After this it may be queued again by another thread. Acquires what
         * was written before it was scheduled.
         */
        unsigned old = qatomic_fetch_and(&bh->flags,
                                         ~(BH_QUEUED | BH_SCHEDULED));

        if ((old & (BH_SCHEDULED | BH_DELETED)) == BH_SCHEDULED) {
            progress |= bh_call(bh);
        }
        if (old & (BH_DELETED | BH_ONESHOT)) {
            g_free(bh);
        }
    }
    return progress;
}

void aio_bh_free_all(AioContext *ctx)
{
    QEMUBH *bh;

    gather(ctx);
    while ((bh = take_first(ctx))) {
        if (bh->flags & (BH_DELETED | BH_ONESHOT)) {
            g_free(bh);
        }
    }
}

/* --- waiting for one --- */

typedef struct WaitBH {
    QEMUBHFunc *cb;
    void *opaque;
    QemuEvent done;
} WaitBH;

static void wait_bh_run(void *opaque)
{
    WaitBH *w = opaque;

    w->cb(w->opaque);
    qemu_event_set(&w->done);
}

void aio_wait_bh_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque)
{
    WaitBH w = { .cb = cb, .opaque = opaque };
    bool locked = bql_locked();

    if (in_aio_context_home_thread(ctx)) {
        cb(opaque);
        return;
    }
    qemu_event_init(&w.done, false);
    aio_bh_schedule_oneshot(ctx, wait_bh_run, &w);
    if (locked) {
        bql_unlock();
    }
    qemu_event_wait(&w.done);
    if (locked) {
        bql_lock();
    }
    qemu_event_destroy(&w.done);
}

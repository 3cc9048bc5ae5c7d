/*
 * Looking before sleeping: for a while that adapts itself, the loop calls the
 * io_poll functions of its handlers instead of asking the kernel. Off unless
 * aio_context_set_poll_params() gave a limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "aio-internal.h"

#define POLLERS_MAX 64
#define FIRST_SPIN_NS 4000

void aio_context_set_poll_params(AioContext *ctx, int64_t max_ns,
                                 int64_t grow, int64_t shrink, Error **errp)
{
    if (max_ns < 0 || grow < 0 || shrink < 0) {
        error_setg(errp, "poll-max-ns, poll-grow and poll-shrink must not be"
                   " negative");
        return;
    }
    ctx->poll_max_ns = max_ns;
    ctx->poll_grow = grow ? grow : 2;
    ctx->poll_shrink = shrink;
    ctx->poll_ns = MIN(ctx->poll_ns, max_ns);
    aio_notify(ctx);
}

/* The handlers that can be polled. They live until the round is over. */
static unsigned collect_pollers(AioContext *ctx, AioHandler **pollers)
{
    unsigned count = 0;
    AioHandler *h;

    QEMU_LOCK_GUARD(&ctx->lock);
    QLIST_FOREACH(h, &ctx->handlers, node) {
        if (h->io_poll && count < POLLERS_MAX) {
            pollers[count++] = h;
        }
    }
    return count;
}

static bool poll_once(AioHandler **pollers, unsigned count)
{
    bool progress = false;

    for (unsigned i = 0; i < count; i++) {
        AioHandler *h = pollers[i];

        if (!qatomic_read(&h->deleted) && h->io_poll(h->opaque)) {
            h->io_poll_ready(h->opaque);
            progress = true;
        }
    }
    return progress;
}

static void call_each(AioHandler **pollers, unsigned count, bool begin)
{
    for (unsigned i = 0; i < count; i++) {
        AioHandler *h = pollers[i];
        IOHandler *fn = qatomic_read(begin ? &h->poll_begin : &h->poll_end);

        if (fn && !qatomic_read(&h->deleted)) {
            fn(h->opaque);
        }
    }
}

bool aio_spin(AioContext *ctx, int64_t timeout_ns)
{
    AioHandler *pollers[POLLERS_MAX];
    unsigned count;
    int64_t limit, until;
    bool progress;

    limit = timeout_ns < 0 ? ctx->poll_ns : MIN(ctx->poll_ns, timeout_ns);
    if (limit == 0 || aio_bh_waiting(ctx)) {
        return false;
    }
    count = collect_pollers(ctx, pollers);
    until = get_clock() + limit;
    call_each(pollers, count, true);
    do {
        progress = poll_once(pollers, count);
    } while (!progress && !qatomic_read(&ctx->notified) && get_clock() < until);
    call_each(pollers, count, false);
    /* What came between the last look and the end, when no bell was rung. */
    return poll_once(pollers, count) || progress;
}

void aio_spin_adapt(AioContext *ctx, int64_t ns)
{
    if (ns <= ctx->poll_ns) {
        return;                                 /* the spin would have done */
    }
    if (ns > ctx->poll_max_ns) {
        ctx->poll_ns = ctx->poll_shrink ? ctx->poll_ns / ctx->poll_shrink : 0;
    } else if (ctx->poll_ns == 0) {
        ctx->poll_ns = MIN(FIRST_SPIN_NS, ctx->poll_max_ns);
    } else {
        ctx->poll_ns = MIN(ctx->poll_ns * ctx->poll_grow, ctx->poll_max_ns);
    }
}

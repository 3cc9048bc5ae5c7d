/*
 * Holding a loop: its thread stands between two handlers while another one
 * changes what the handlers use. The rules are told in "qemu/aio.h".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "aio-internal.h"

/*
 * Does nobody need to be held? The main loop's handlers run under the big lock,
 * which the caller has, and nobody can wait for itself.
 */
static bool stands_anyway(AioContext *ctx)
{
    return ctx == qemu_get_aio_context() || ctx->retired ||
           in_aio_context_home_thread(ctx);
}

void aio_context_retire(AioContext *ctx)
{
    ctx->retired = true;
}

/* In the loop's thread; one that comes after its holder has gone does nothing. */
static void stand(void *opaque)
{
    AioContext *ctx = opaque;

    QEMU_LOCK_GUARD(&ctx->hold_lock);
    ctx->standing = true;
    qemu_cond_broadcast(&ctx->hold_cond);
    while (ctx->holders) {
        qemu_cond_wait(&ctx->hold_cond, &ctx->hold_lock);
    }
    ctx->standing = false;
}

void aio_context_hold(AioContext *ctx)
{
    if (stands_anyway(ctx)) {
        return;
    }
    QEMU_LOCK_GUARD(&ctx->hold_lock);
    /* One that still stands for the last holder sees the new one in time. */
    if (ctx->holders++ == 0 && !ctx->standing) {
        aio_bh_schedule_oneshot(ctx, stand, ctx);
    }
    while (!ctx->standing) {
        qemu_cond_wait(&ctx->hold_cond, &ctx->hold_lock);
    }
}

void aio_context_let_go(AioContext *ctx)
{
    if (stands_anyway(ctx)) {
        return;
    }
    QEMU_LOCK_GUARD(&ctx->hold_lock);
    if (--ctx->holders == 0) {
        qemu_cond_broadcast(&ctx->hold_cond);
    }
}

bool aio_context_is_mine(AioContext *ctx)
{
    if (in_aio_context_home_thread(ctx)) {
        return true;
    }
    QEMU_LOCK_GUARD(&ctx->hold_lock);
    return ctx->standing && ctx->holders && bql_locked();
}

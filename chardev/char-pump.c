/*
 * One descriptor in an event loop, on behalf of a chardev: reads while the
 * front end has room, says when writing is possible again, and moves along
 * when the front end goes to another loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev-internal.h"
#include "qemu/aio.h"

static void pump_apply(ChrPump *p);

static void pump_on_readable(void *opaque)
{
    ChrPump *p = opaque;

    if (qemu_chr_be_can_write(p->chr) == 0) {
        pump_apply(p);      /* quiet until accept_input */
        return;
    }
    p->readable(p->chr);
}

static void pump_on_writable(void *opaque)
{
    ChrPump *p = opaque;

    __atomic_store_n(&p->want_write, false, __ATOMIC_SEQ_CST);
    qemu_chr_be_writable(p->chr);
    pump_apply(p);
}

static void pump_apply(ChrPump *p)
{
    AioContext *ctx = qemu_chr_context(p->chr);
    bool reading, writing;

    if (p->fd < 0) {
        return;
    }
    if (p->ctx && p->ctx != ctx) {
        aio_set_fd_handler(p->ctx, p->fd, NULL, NULL, NULL, NULL, NULL);
    }
    p->ctx = ctx;
    reading = !p->write_only && qemu_chr_be_can_write(p->chr) > 0;
    writing = __atomic_load_n(&p->want_write, __ATOMIC_SEQ_CST);
    aio_set_fd_handler(ctx, p->fd, reading ? pump_on_readable : NULL,
                       writing ? pump_on_writable : NULL, NULL, NULL, p);
}

void chr_pump_init(ChrPump *p, Chardev *chr, void (*readable)(Chardev *chr))
{
    *p = (ChrPump) { .chr = chr, .fd = -1, .readable = readable };
}

void chr_pump_set_fd(ChrPump *p, int fd)
{
    if (p->fd >= 0 && p->ctx) {
        aio_set_fd_handler(p->ctx, p->fd, NULL, NULL, NULL, NULL, NULL);
    }
    p->ctx = NULL;
    p->fd = fd;
    pump_apply(p);
}

void chr_pump_update(ChrPump *p)
{
    pump_apply(p);
}

/* What waits to run in a chardev's loop. */
typedef struct LoopCall {
    Chardev *chr;
    ChrPump *pump;
    void (*fn)(Chardev *chr);
} LoopCall;

static void loop_call_run(void *opaque)
{
    g_autofree LoopCall *call = opaque;

    if (call->pump) {
        pump_apply(call->pump);
    } else {
        call->fn(call->chr);
    }
    object_unref(OBJECT(call->chr));
}

static void loop_call(Chardev *chr, ChrPump *pump, void (*fn)(Chardev *chr))
{
    LoopCall *call = g_new(LoopCall, 1);

    *call = (LoopCall) { .chr = chr, .pump = pump, .fn = fn };
    object_ref(OBJECT(chr));
    aio_bh_schedule_oneshot(qemu_chr_context(chr), loop_call_run, call);
}

void chr_run_in_loop(Chardev *chr, void (*fn)(Chardev *chr))
{
    loop_call(chr, NULL, fn);
}

void chr_pump_accept_input(ChrPump *p)
{
    /* without a loop of its own the big lock makes all threads equal */
    if (p->chr->ctx && !in_aio_context_home_thread(p->chr->ctx)) {
        loop_call(p->chr, p, NULL);
    } else {
        pump_apply(p);
    }
}

void chr_pump_watch_writable(ChrPump *p)
{
    if (!__atomic_exchange_n(&p->want_write, true, __ATOMIC_SEQ_CST)) {
        loop_call(p->chr, p, NULL);
    }
}

/*
 * The event loop: descriptors, waking and sleeping. Its parts are told in
 * aio-internal.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/epoll.h>
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "aio-internal.h"
#include "timer-internal.h"

static __thread AioContext *current_ctx;
static AioContext *main_ctx;
static QemuMutex main_ctx_lock = QEMU_MUTEX_INITIALIZER;

/* --- life --- */

static void aio_timer_notify(void *opaque, QEMUClockType type)
{
    aio_notify(opaque);
}

/* @tlg: lists that exist; NULL: make some. */
AioContext *aio_context_make(QEMUTimerListGroup *tlg, Error **errp)
{
    AioContext *ctx = g_new0(AioContext, 1);
    struct epoll_event ev = { .events = EPOLLIN };  /* data.ptr NULL: notifier */
    int ret;

    ctx->refcnt = 1;
    ctx->epfd = epoll_create1(EPOLL_CLOEXEC);
    if (ctx->epfd < 0) {
        error_setg_errno(errp, errno, "Cannot create an epoll instance");
        g_free(ctx);
        return NULL;
    }
    ret = event_notifier_init(&ctx->notifier, false);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Cannot create an event notifier");
        close(ctx->epfd);
        g_free(ctx);
        return NULL;
    }
    if (epoll_ctl(ctx->epfd, EPOLL_CTL_ADD,
                  event_notifier_get_fd(&ctx->notifier), &ev) < 0) {
        error_setg_errno(errp, errno, "Cannot wait for an event notifier");
        event_notifier_cleanup(&ctx->notifier);
        close(ctx->epfd);
        g_free(ctx);
        return NULL;
    }
    qemu_mutex_init(&ctx->lock);
    qemu_mutex_init(&ctx->hold_lock);
    qemu_cond_init(&ctx->hold_cond);
    aio_bh_init(ctx);
    if (tlg) {
        ctx->tlg = tlg;
    } else {
        ctx->tlg = &ctx->own_tlg;
        timerlistgroup_init(ctx->tlg, aio_timer_notify, ctx);
    }
    return ctx;
}

AioContext *aio_context_new(Error **errp)
{
    return aio_context_make(NULL, errp);
}

void aio_context_ref(AioContext *ctx)
{
    qatomic_inc(&ctx->refcnt);
}

static void free_graveyard(AioContext *ctx)
{
    AioHandler *h, *next;

    qatomic_set(&ctx->any_buried, false);
    QLIST_FOREACH_SAFE(h, &ctx->graveyard, node, next) {
        QLIST_REMOVE(h, node);
        g_free(h);
    }
}

void aio_context_unref(AioContext *ctx)
{
    AioHandler *h, *next;

    if (qatomic_fetch_dec(&ctx->refcnt) > 1) {
        return;
    }
    aio_bh_free_all(ctx);
    QLIST_FOREACH_SAFE(h, &ctx->handlers, node, next) {
        QLIST_REMOVE(h, node);
        g_free(h);
    }
    free_graveyard(ctx);
    if (ctx->tlg == &ctx->own_tlg) {
        timerlistgroup_deinit(&ctx->own_tlg);
    }
    event_notifier_cleanup(&ctx->notifier);
    close(ctx->epfd);
    qemu_cond_destroy(&ctx->hold_cond);
    qemu_mutex_destroy(&ctx->hold_lock);
    qemu_mutex_destroy(&ctx->lock);
    g_free(ctx);
}

AioContext *qemu_get_aio_context(void)
{
    AioContext *ctx = qatomic_load_acquire(&main_ctx);

    if (likely(ctx)) {
        return ctx;
    }
    QEMU_LOCK_GUARD(&main_ctx_lock);
    if (!main_ctx) {
        ctx = aio_context_make(&main_loop_tlg, &error_fatal);
        main_loop_tlg_set_notify(aio_timer_notify, ctx);
        qatomic_store_release(&main_ctx, ctx);
    }
    return main_ctx;
}

AioContext *qemu_get_current_aio_context(void)
{
    if (current_ctx) {
        return current_ctx;
    }
    return bql_locked() ? qemu_get_aio_context() : NULL;
}

void qemu_set_current_aio_context(AioContext *ctx)
{
    current_ctx = ctx;
}

bool in_aio_context_home_thread(AioContext *ctx)
{
    return ctx == qemu_get_current_aio_context();
}

QEMUTimerListGroup *aio_timer_group(AioContext *ctx)
{
    return ctx->tlg;
}

/* --- waking --- */

void aio_notify(AioContext *ctx)
{
    /*
     * What the caller did (a bottom half pushed, a deadline stored) before the
     * test of "sleeping". Pairs with the exchange in aio_round_timeout(): else
     * the owner could miss the work and we its going to sleep.
     */
    qatomic_set(&ctx->notified, true);
    smp_mb();
    if (qatomic_read(&ctx->sleeping) &&
        qatomic_xchg(&ctx->sleeping, false)) {
        event_notifier_set(&ctx->notifier);
    }
}

/* --- descriptors --- */

static AioHandler *find_handler(AioContext *ctx, int fd)
{
    AioHandler *h;

    QLIST_FOREACH(h, &ctx->handlers, node) {
        if (h->fd == fd) {
            return h;
        }
    }
    return NULL;
}

/* Take @h out; the caller has the lock and sees to epoll. */
static void bury_handler(AioContext *ctx, AioHandler *h)
{
    qatomic_set(&h->deleted, true);
    QLIST_REMOVE(h, node);
    QLIST_INSERT_HEAD(&ctx->graveyard, h, node);
    qatomic_set(&ctx->any_buried, true);
    if (h->always_ready) {
        qatomic_dec(&ctx->always_ready_count);
    }
    if (h->io_poll) {
        qatomic_dec(&ctx->poller_count);
    }
}

/* Tell the kernel what @h waits for. */
static void watch_handler(AioContext *ctx, AioHandler *h)
{
    struct epoll_event ev = {
        .events = (h->io_read ? EPOLLIN | EPOLLRDHUP : 0) |
                  (h->io_write ? EPOLLOUT : 0),
        .data.ptr = h,
    };

    if (epoll_ctl(ctx->epfd, EPOLL_CTL_MOD, h->fd, &ev) == 0 ||
        epoll_ctl(ctx->epfd, EPOLL_CTL_ADD, h->fd, &ev) == 0) {
        return;
    }
    /* A file without readiness, or a descriptor that its handler shall see. */
    h->always_ready = true;
    qatomic_inc(&ctx->always_ready_count);
}

/* Put @h (all but its lists filled) in the place of what its fd had. */
static void install_handler(AioContext *ctx, AioHandler *h)
{
    bool wake;

    WITH_QEMU_LOCK_GUARD(&ctx->lock) {
        AioHandler *old = find_handler(ctx, h->fd);

        if (old) {
            bury_handler(ctx, old);
        }
        if (h->io_poll) {
            qatomic_inc(&ctx->poller_count);
        }
        watch_handler(ctx, h);
        QLIST_INSERT_HEAD(&ctx->handlers, h, node);
        wake = h->always_ready || h->io_poll;
    }
    /*
     * epoll itself sees new descriptors; the rest needs another round.  Without
     * the lock @h may be gone: another thread may have taken its place.
     */
    if (wake) {
        aio_notify(ctx);
    }
}

static void remove_handler(AioContext *ctx, int fd)
{
    QEMU_LOCK_GUARD(&ctx->lock);
    AioHandler *h = find_handler(ctx, fd);

    if (h) {
        if (!h->always_ready) {
            /* May fail: the descriptor was closed first. */
            epoll_ctl(ctx->epfd, EPOLL_CTL_DEL, fd, NULL);
        }
        bury_handler(ctx, h);
    }
}

void aio_set_fd_handler(AioContext *ctx, int fd,
                        IOHandler *io_read, IOHandler *io_write,
                        AioPollFn *io_poll, IOHandler *io_poll_ready,
                        void *opaque)
{
    AioHandler *h;

    if (!io_read && !io_write) {
        remove_handler(ctx, fd);
        return;
    }
    h = g_new0(AioHandler, 1);
    h->fd = fd;
    h->io_read = io_read;
    h->io_write = io_write;
    h->io_poll = io_poll_ready ? io_poll : NULL;
    h->io_poll_ready = io_poll_ready;
    h->opaque = opaque;
    install_handler(ctx, h);
}

void aio_set_fd_poll(AioContext *ctx, int fd, IOHandler *io_poll_begin,
                     IOHandler *io_poll_end)
{
    QEMU_LOCK_GUARD(&ctx->lock);
    AioHandler *h = find_handler(ctx, fd);

    if (h) {
        qatomic_set(&h->poll_begin, io_poll_begin);
        qatomic_set(&h->poll_end, io_poll_end);
    }
}

void aio_set_event_notifier(AioContext *ctx, EventNotifier *notifier,
                            EventNotifierHandler *io_read,
                            AioPollFn *io_poll,
                            EventNotifierHandler *io_poll_ready)
{
    aio_set_fd_handler(ctx, event_notifier_get_fd(notifier),
                       (IOHandler *)io_read, NULL, io_poll,
                       (IOHandler *)io_poll_ready, notifier);
}

void aio_set_event_notifier_poll(AioContext *ctx, EventNotifier *notifier,
                                 EventNotifierHandler *io_poll_begin,
                                 EventNotifierHandler *io_poll_end)
{
    aio_set_fd_poll(ctx, event_notifier_get_fd(notifier),
                    (IOHandler *)io_poll_begin, (IOHandler *)io_poll_end);
}

/* --- a round --- */

void aio_round_begin(AioContext *ctx)
{
    ctx->depth++;
    ctx->rounds++;
}

int64_t aio_round_timeout(AioContext *ctx, bool blocking)
{
    if (!blocking || qatomic_read(&ctx->always_ready_count)) {
        return 0;
    }
    /*
     * "sleeping" before the look at the work: pairs with aio_notify(). The
     * exchange is a full barrier.
     */
    qatomic_set_mb(&ctx->sleeping, true);
    if (aio_bh_waiting(ctx) || qatomic_read(&ctx->notified)) {
        return 0;
    }
    return timerlistgroup_deadline_ns(ctx->tlg);
}

/* epoll with ns where the kernel has it (5.11), else rounded up to ms. */
static int epoll_wait_ns(int epfd, struct epoll_event *ev, int max, int64_t ns)
{
    static bool no_pwait2;

    if (ns > 0 && !qatomic_read(&no_pwait2)) {
        struct timespec t = {
            .tv_sec = ns / NANOSECONDS_PER_SECOND,
            .tv_nsec = ns % NANOSECONDS_PER_SECOND,
        };
        int n = epoll_pwait2(epfd, ev, max, &t, NULL);

        if (n >= 0 || errno != ENOSYS) {
            return n;
        }
        qatomic_set(&no_pwait2, true);
    }
    if (ns > 0) {
        ns = MIN(DIV_ROUND_UP(ns, SCALE_MS), INT_MAX);
    }
    return epoll_wait(epfd, ev, max, ns);
}

static void collect_always_ready(AioContext *ctx, AioReady *ready)
{
    AioHandler *h;

    QEMU_LOCK_GUARD(&ctx->lock);
    QLIST_FOREACH(h, &ctx->handlers, node) {
        if (h->always_ready && ready->count < AIO_EVENTS_MAX) {
            ready->ev[ready->count].handler = h;
            ready->ev[ready->count++].events = EPOLLIN | EPOLLOUT;
        }
    }
}

void aio_round_wait(AioContext *ctx, int64_t timeout_ns, AioReady *ready)
{
    struct epoll_event ev[AIO_EVENTS_MAX];
    int n;

    ready->count = 0;
    ready->rung = false;
    n = epoll_wait_ns(ctx->epfd, ev, AIO_EVENTS_MAX, timeout_ns);
    qatomic_set(&ctx->sleeping, false);
    for (int i = 0; i < n; i++) {
        if (ev[i].data.ptr) {
            ready->ev[ready->count].handler = ev[i].data.ptr;
            ready->ev[ready->count++].events = ev[i].events;
        } else {
            ready->rung = true;
        }
    }
    if (unlikely(qatomic_read(&ctx->always_ready_count))) {
        collect_always_ready(ctx, ready);
    }
}

/* Call what @h has for @events; true if something was called. */
static bool run_handler(AioHandler *h, uint32_t events)
{
    const uint32_t trouble = EPOLLERR | EPOLLHUP;
    bool ran = false;

    if (h->io_read && !qatomic_read(&h->deleted) &&
        (events & (EPOLLIN | EPOLLRDHUP | trouble))) {
        h->io_read(h->opaque);
        ran = true;
    }
    if (h->io_write && !qatomic_read(&h->deleted) &&
        (events & (EPOLLOUT | trouble))) {
        h->io_write(h->opaque);
        ran = true;
    }
    return ran;
}

bool aio_round_run(AioContext *ctx, AioReady *ready)
{
    unsigned round = ctx->rounds;
    bool progress;

    /* Cleared before the work is looked at: a later notify counts again. */
    qatomic_set_mb(&ctx->notified, false);
    if (ready->rung) {
        event_notifier_test_and_clear(&ctx->notifier);
    }
    progress = aio_bh_run(ctx);
    /* A handler that ran a nested round may have used up what we saw. */
    for (int i = 0; i < ready->count && ctx->rounds == round; i++) {
        progress |= run_handler(ready->ev[i].handler, ready->ev[i].events);
    }
    progress |= timerlistgroup_run_timers(ctx->tlg);
    return progress;
}

void aio_round_end(AioContext *ctx)
{
    qatomic_set(&ctx->sleeping, false);
    if (--ctx->depth == 0 && unlikely(qatomic_read(&ctx->any_buried))) {
        QEMU_LOCK_GUARD(&ctx->lock);
        free_graveyard(ctx);
    }
}

/*
 * An answer is expected: look for it a moment before sleeping. True if something came
 * and is in *ready; else *timeout_ns is what is left to sleep.
 */
static bool look_first(AioContext *ctx, int64_t *timeout_ns, AioReady *ready)
{
    int64_t until;
    bool came;

    if (*timeout_ns == 0 || !ctx->poll_max_ns ||
        !aio_await_begin(ctx, *timeout_ns, &until)) {
        return false;
    }
    came = aio_await(ctx, until, ready);
    aio_await_end(ctx);
    if (!came) {
        *timeout_ns = aio_round_timeout(ctx, true);
    }
    return came;
}

bool aio_poll(AioContext *ctx, bool blocking)
{
    int64_t timeout, slept_from = 0;
    bool progress = false;
    AioReady ready;

    aio_round_begin(ctx);
    if (blocking && ctx->poll_max_ns && qatomic_read(&ctx->poller_count)) {
        progress = aio_spin(ctx, timerlistgroup_deadline_ns(ctx->tlg));
        slept_from = progress ? 0 : get_clock();
    }
    timeout = aio_round_timeout(ctx, blocking && !progress);
    if (!look_first(ctx, &timeout, &ready)) {
        aio_round_wait(ctx, timeout, &ready);
    }
    if (slept_from) {
        aio_spin_adapt(ctx, get_clock() - slept_from);
    }
    progress |= aio_round_run(ctx, &ready);
    aio_round_end(ctx);
    return progress;
}

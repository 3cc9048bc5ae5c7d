/*
 * The main loop and the big lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/prctl.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "aio-internal.h"
#include "timer-internal.h"

/* --- the big lock --- */

/*
 * The main loop has it very often and shortly while it expects an answer. Who wants it
 * then gets it sooner by trying again than by being put to sleep.
 */
#define BQL_TRIES 64

static QemuMutex bql = QEMU_MUTEX_INITIALIZER;
static __thread bool bql_mine;
static __thread bool bql_never;
static pthread_t main_thread;
static bool main_thread_known;

bool bql_trylock(void)
{
    bql_mine = qemu_mutex_trylock(&bql) == 0;
    return bql_mine;
}

void bql_lock_impl(const char *file, int line)
{
    if (unlikely(bql_mine)) {
        fprintf(stderr, "%s:%d: the big lock is held already\n", file, line);
        abort();
    }
    if (unlikely(bql_never)) {
        fprintf(stderr, "%s:%d: the big lock is not for I/O threads\n", file,
                line);
        abort();
    }
    for (unsigned i = 0; i < BQL_TRIES; i++) {
        if (bql_trylock()) {
            return;
        }
        __builtin_ia32_pause();
    }
    qemu_mutex_lock(&bql);
    bql_mine = true;
}

void bql_unlock(void)
{
    g_assert(bql_mine);
    bql_mine = false;
    qemu_mutex_unlock(&bql);
}

bool bql_locked(void)
{
    return bql_mine;
}

void bql_forbid(void)
{
    bql_never = true;
}

bool bql_forbidden(void)
{
    return bql_never;
}

void qemu_cond_wait_bql(QemuCond *cond)
{
    bql_mine = false;
    qemu_cond_wait(cond, &bql);
    bql_mine = true;
}

void qemu_cond_timedwait_bql(QemuCond *cond, int ms)
{
    bql_mine = false;
    qemu_cond_timedwait(cond, &bql, ms);
    bql_mine = true;
}

bool qemu_in_main_thread(void)
{
    return main_thread_known && pthread_equal(pthread_self(), main_thread);
}

/* --- descriptors --- */

bool qemu_init_main_loop(Error **errp)
{
    main_thread = pthread_self();
    main_thread_known = true;
    /* Timers to the nanosecond: the kernel's slack is 50 us otherwise. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    qemu_set_current_aio_context(qemu_get_aio_context());
    return true;
}

void qemu_notify_event(void)
{
    aio_notify(qemu_get_aio_context());
}

void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write,
                         void *opaque)
{
    aio_set_fd_handler(qemu_get_aio_context(), fd, fd_read, fd_write,
                       NULL, NULL, opaque);
}

/* --- signals --- */

static struct {
    SignalHandler *handler;
    void *opaque;
} signal_slots[NSIG];
static sigset_t watched_signals;
static int signal_fd = -1;

static void signals_arrived(void *unused)
{
    struct signalfd_siginfo info;

    while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
        unsigned sig = info.ssi_signo;

        if (sig < NSIG && signal_slots[sig].handler) {
            signal_slots[sig].handler(&info, signal_slots[sig].opaque);
        }
    }
}

bool main_loop_set_signal(int sig, SignalHandler *handler, void *opaque,
                          Error **errp)
{
    sigset_t one;
    int fd;

    sigemptyset(&one);
    sigaddset(&one, sig);
    if (signal_fd < 0) {
        sigemptyset(&watched_signals);
    }
    signal_slots[sig].handler = handler;
    signal_slots[sig].opaque = opaque;
    if (handler) {
        sigaddset(&watched_signals, sig);
    } else {
        sigdelset(&watched_signals, sig);
    }
    fd = signalfd(signal_fd, &watched_signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Cannot watch for signals");
        return false;
    }
    if (signal_fd < 0) {
        signal_fd = fd;
        qemu_set_fd_handler(fd, signals_arrived, NULL, NULL);
    }
    pthread_sigmask(handler ? SIG_BLOCK : SIG_UNBLOCK, &one, NULL);
    return true;
}

/* --- other people's poll tables --- */

static NotifierList poll_notifiers =
    NOTIFIER_LIST_INITIALIZER(poll_notifiers);
static GArray *poll_fds;

void main_loop_poll_add_notifier(Notifier *notify)
{
    notifier_list_add(&poll_notifiers, notify);
}

void main_loop_poll_remove_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

/* Ask for tables; gives the time that may be slept. */
static int64_t poll_tables_fill(AioContext *ctx, int64_t timeout_ns)
{
    MainLoopPoll mlp = { .state = MAIN_LOOP_POLL_FILL, .timeout = UINT32_MAX };
    GPollFD own = { .fd = ctx->epfd, .events = G_IO_IN };

    if (!poll_fds) {
        poll_fds = g_array_new(false, false, sizeof(GPollFD));
    }
    g_array_set_size(poll_fds, 0);
    g_array_append_val(poll_fds, own);
    mlp.pollfds = poll_fds;
    notifier_list_notify(&poll_notifiers, &mlp);
    if (mlp.timeout == UINT32_MAX) {
        return timeout_ns;
    }
    return qemu_soonest_timeout(timeout_ns, (int64_t)mlp.timeout * SCALE_MS);
}

/* Sleep on all of them; our own descriptors are behind the first. */
static int poll_tables_wait(int64_t timeout_ns)
{
    struct timespec t = {
        .tv_sec = timeout_ns / NANOSECONDS_PER_SECOND,
        .tv_nsec = timeout_ns % NANOSECONDS_PER_SECOND,
    };

    QEMU_BUILD_BUG_ON(sizeof(GPollFD) != sizeof(struct pollfd));
    return ppoll((struct pollfd *)poll_fds->data, poll_fds->len,
                 timeout_ns < 0 ? NULL : &t, NULL);
}

static void poll_tables_done(int ret)
{
    MainLoopPoll mlp = {
        .state = ret < 0 ? MAIN_LOOP_POLL_ERR : MAIN_LOOP_POLL_OK,
        .timeout = UINT32_MAX,
        .pollfds = poll_fds,
    };

    notifier_list_notify(&poll_notifiers, &mlp);
}

/* --- the loop --- */

/*
 * Wait without the big lock, which is held before and after. When an answer does not
 * come soon, what was done to see it is undone before we sleep.
 */
static void wait_unlocked(AioContext *ctx, int64_t timeout_ns, AioReady *ready)
{
    bool came = false;
    int64_t until;

    if (timeout_ns != 0 && aio_await_begin(ctx, timeout_ns, &until)) {
        bql_unlock();
        came = aio_await(ctx, until, ready);
        bql_lock();
        aio_await_end(ctx);
        if (!came) {
            timeout_ns = aio_round_timeout(ctx, true);
        }
    }
    if (!came) {
        bql_unlock();
        aio_round_wait(ctx, timeout_ns, ready);
        bql_lock();
    }
}

bool main_loop_wait(int nonblocking)
{
    AioContext *ctx = qemu_get_aio_context();
    bool tables = !notifier_list_empty(&poll_notifiers);
    bool locked = bql_locked();
    bool progress;
    int64_t timeout;
    AioReady ready;
    int ret = 0;

    virtual_clock_warp();
    aio_round_begin(ctx);
    timeout = aio_round_timeout(ctx, !nonblocking);
    if (tables) {
        timeout = poll_tables_fill(ctx, timeout);
    }
    if (tables) {
        if (locked) {
            bql_unlock();
        }
        ret = poll_tables_wait(timeout);
        if (locked) {
            bql_lock();
        }
        timeout = 0;
    }
    if (locked) {
        wait_unlocked(ctx, timeout, &ready);
    } else {
        aio_round_wait(ctx, timeout, &ready);
    }
    if (tables) {
        poll_tables_done(ret);
    }
    progress = aio_round_run(ctx, &ready);
    aio_round_end(ctx);
    return progress || ret > 0;
}

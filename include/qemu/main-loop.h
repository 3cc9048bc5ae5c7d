/*
 * The main loop and the big lock (BQL) that guards devices and control. The
 * main loop holds it while it runs handlers and gives it up while it sleeps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_MAIN_LOOP_H
#define QEMU_MAIN_LOOP_H

#include <sys/signalfd.h>
#include "qemu/aio.h"

/* Set up the main loop in the calling thread. False with an error. */
bool qemu_init_main_loop(Error **errp);

/*
 * One round: sleep without the lock if nothing is ready (not if @nonblocking),
 * then run what is. True if something ran.
 */
bool main_loop_wait(int nonblocking);

/* Wake the main loop. Any thread, also signal handlers. */
void qemu_notify_event(void);

/* aio_set_fd_handler() on the main loop. */
void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write,
                         void *opaque);

/* Bottom halves of the main loop. */
#define qemu_bh_new(cb, opaque) \
    aio_bh_new(qemu_get_aio_context(), cb, opaque)
#define qemu_bh_new_guarded(cb, opaque, guard) \
    aio_bh_new_guarded(qemu_get_aio_context(), cb, opaque, guard)

/*
 * Signals by signalfd: @sig is blocked in the calling thread (call before other
 * threads exist) and @handler called in the main loop for each. NULL unblocks.
 */
typedef void SignalHandler(const struct signalfd_siginfo *info, void *opaque);
bool main_loop_set_signal(int sig, SignalHandler *handler, void *opaque,
                          Error **errp);

/*
 * For libraries that bring their own poll() table (libslirp): called with
 * state FILL before the loop sleeps, to append GPollFD to pollfds and lower
 * timeout (ms, UINT32_MAX never), and with OK or ERR after it.
 */
enum { MAIN_LOOP_POLL_FILL, MAIN_LOOP_POLL_ERR, MAIN_LOOP_POLL_OK };

typedef struct MainLoopPoll {
    int state;
    uint32_t timeout;
    GArray *pollfds;
} MainLoopPoll;

void main_loop_poll_add_notifier(Notifier *notify);
void main_loop_poll_remove_notifier(Notifier *notify);

/* --- the big lock --- */

void bql_lock_impl(const char *file, int line);
#define bql_lock() bql_lock_impl(__FILE__, __LINE__)
void bql_unlock(void);
/* False if somebody has it, at this moment. */
bool bql_trylock(void);
/* Does the calling thread hold it? */
bool bql_locked(void);
/*
 * The calling thread shall never take it: who holds the lock may wait for such a
 * thread (aio_context_hold()). What needs the lock is handed to the main loop.
 */
void bql_forbid(void);
bool bql_forbidden(void);
/* Wait for @cond giving the lock up. */
void qemu_cond_wait_bql(QemuCond *cond);
void qemu_cond_timedwait_bql(QemuCond *cond, int ms);

/* Is the calling thread the one of the main loop? */
bool qemu_in_main_thread(void);

typedef struct BQLLockAuto {
    bool taken;
    bool active;
} BQLLockAuto;

/* Takes the lock unless the thread has it. */
static inline BQLLockAuto bql_auto_lock(const char *file, int line)
{
    BQLLockAuto a = { .taken = !bql_locked(), .active = true };

    if (a.taken) {
        bql_lock_impl(file, line);
    }
    return a;
}

static inline void bql_auto_unlock(BQLLockAuto *a)
{
    if (a->active && a->taken) {
        bql_unlock();
    }
    a->active = false;
}

/* Hold the lock until the end of the block, whoever took it. */
#define BQL_LOCK_GUARD()                                                \
    __attribute__((cleanup(bql_auto_unlock), unused))                   \
    BQLLockAuto glue(bql_auto_, __COUNTER__) =                          \
        bql_auto_lock(__FILE__, __LINE__)

#endif

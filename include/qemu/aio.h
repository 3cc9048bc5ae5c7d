/*
 * AioContext: an event loop that any thread can own, on epoll. It has file
 * descriptors, event notifiers, bottom halves and timers. Handlers run in the
 * owner's thread, inside aio_poll(). Registering and removing handlers and
 * scheduling bottom halves is allowed from any thread; a handler may remove
 * itself or any other while it runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_AIO_H
#define QEMU_AIO_H

#include "qemu/event_notifier.h"
#include "qemu/reentrancy.h"
#include "qemu/timer.h"

typedef void IOHandler(void *opaque);
/* For readers that hand over bytes: how many are wanted; take them. */
typedef int IOCanReadHandler(void *opaque);
typedef void IOReadHandler(void *opaque, const uint8_t *buf, int size);
/* Poll without a system call: true if there is work. */
typedef bool AioPollFn(void *opaque);
typedef void QEMUBHFunc(void *opaque);

/* A new loop with one reference; NULL and an error if the host refuses. */
AioContext *aio_context_new(Error **errp);
void aio_context_ref(AioContext *ctx);
/* The last one frees it; no thread may be in it. */
void aio_context_unref(AioContext *ctx);

/* The loop of the main thread; exists from the first call on. */
AioContext *qemu_get_aio_context(void);
/* The loop that the calling thread said it runs; else the main loop's. */
AioContext *qemu_get_current_aio_context(void);
void qemu_set_current_aio_context(AioContext *ctx);
/* Is the calling thread the owner of @ctx? */
bool in_aio_context_home_thread(AioContext *ctx);

/*
 * One round: wait for something if @blocking and nothing is ready, then run
 * what is. True if a handler, a bottom half or a timer ran. Only by the owner;
 * may nest (a handler waits for something else). In the main loop's context it
 * keeps the big lock all the time: main_loop_wait() is what gives it up.
 */
bool aio_poll(AioContext *ctx, bool blocking);

/* Make a sleeping aio_poll() return. Any thread, also signal handlers. */
void aio_notify(AioContext *ctx);

/*
 * Call @io_read when @fd is readable, at end of file or in error, @io_write
 * when it is writable. NULL for both removes. @io_poll and @io_poll_ready, or
 * both NULL, are for busy polling before sleeping. Files that cannot be waited
 * for (regular ones, /dev/null) count as always ready.
 */
void aio_set_fd_handler(AioContext *ctx, int fd,
                        IOHandler *io_read, IOHandler *io_write,
                        AioPollFn *io_poll, IOHandler *io_poll_ready,
                        void *opaque);

/* Call @io_read when @notifier was rung; it clears it itself. NULL removes. */
void aio_set_event_notifier(AioContext *ctx, EventNotifier *notifier,
                            EventNotifierHandler *io_read,
                            AioPollFn *io_poll,
                            EventNotifierHandler *io_poll_ready);
/* Called before busy polling begins and after it ended (notifications off/on). */
void aio_set_event_notifier_poll(AioContext *ctx, EventNotifier *notifier,
                                 EventNotifierHandler *io_poll_begin,
                                 EventNotifierHandler *io_poll_end);
void aio_set_fd_poll(AioContext *ctx, int fd, IOHandler *io_poll_begin,
                     IOHandler *io_poll_end);

/*
 * The longest that aio_poll() looks before it sleeps, at io_poll callbacks and for
 * answers, in ns; 0 (the default) not at all. grow and shrink are factors for
 * callbacks, 0 for default.
 */
void aio_context_set_poll_params(AioContext *ctx, int64_t max_ns,
                                 int64_t grow, int64_t shrink, Error **errp);

/*
 * Answers of one kind; all zero at first. The loop that waits for them keeps the
 * numbers; see aio_expect_answer().
 */
typedef struct AioAnswers {
    int score;                  /* in time, less twice those that were late */
    unsigned pass;              /* not to wait for that many */
    unsigned pass_next;
    /*
     * Where answers can be seen in memory before anybody tells; all or none, set by
     * the owner, called with the big lock. watch: the loop looks from now on, or no
     * more; whatever came in between is then taken. seen: is something there?
     */
    void (*watch)(void *opaque, bool on);
    bool (*seen)(void *opaque);
    void *opaque;
} AioAnswers;

/*
 * For the main loop and I/O threads; by the loop's thread. The caller passed something
 * on that is mostly answered soon: until then, a moment long, the loop looks instead of
 * sleeping. The next call says that the answer came. @answers, which tells whether
 * looking pays, stays until aio_forget_answers().
 */
void aio_expect_answer(AioContext *ctx, AioAnswers *answers);
void aio_forget_answers(AioContext *ctx, AioAnswers *answers);

/*
 * Bottom halves: a call in the loop's thread, soon. Scheduling one that is
 * scheduled does nothing. With a guard the callback runs inside it.
 */
QEMUBH *aio_bh_new_full(AioContext *ctx, QEMUBHFunc *cb, void *opaque,
                        const char *name, MemReentrancyGuard *guard);
#define aio_bh_new(ctx, cb, opaque) \
    aio_bh_new_full(ctx, cb, opaque, stringify(cb), NULL)
#define aio_bh_new_guarded(ctx, cb, opaque, guard) \
    aio_bh_new_full(ctx, cb, opaque, stringify(cb), guard)

/* Call once, without an object to keep. */
void aio_bh_schedule_oneshot_full(AioContext *ctx, QEMUBHFunc *cb,
                                  void *opaque, const char *name);
#define aio_bh_schedule_oneshot(ctx, cb, opaque) \
    aio_bh_schedule_oneshot_full(ctx, cb, opaque, stringify(cb))

/* Any thread. What was written before is seen by the callback. */
void qemu_bh_schedule(QEMUBH *bh);
/* Do not call it; it may be scheduled again. Loop's thread. */
void qemu_bh_cancel(QEMUBH *bh);
/* Do not call it and free it, when nobody uses it any more. NULL allowed. */
void qemu_bh_delete(QEMUBH *bh);

/* Run @cb in the thread of @ctx and wait for it. Big lock given up if held. */
void aio_wait_bh_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque);

/*
 * Make the thread of @ctx stand, outside of all handlers, bottom halves and timer
 * callbacks, until as many let it go as held it: meanwhile the caller may do what
 * only that thread may do else. What either did is seen by the other. The caller
 * holds the big lock, keeps it, and must not wait for the thread by other means;
 * the thread never takes the big lock (bql_forbid()). Takes some microseconds;
 * nothing is done for the main loop and for the thread's own loop.
 */
void aio_context_hold(AioContext *ctx);
void aio_context_let_go(AioContext *ctx);
/* The thread of @ctx has ended: it stands for ever. Big lock. */
void aio_context_retire(AioContext *ctx);
/* For assertions: does the caller run the loop, or hold its thread? */
bool aio_context_is_mine(AioContext *ctx);

/* Timers of a loop: timer_* of "qemu/timer.h" on its own lists. */
QEMUTimerListGroup *aio_timer_group(AioContext *ctx);

static inline QEMUTimer *aio_timer_new(AioContext *ctx, QEMUClockType type,
                                       int scale, QEMUTimerCB *cb,
                                       void *opaque)
{
    return timer_new_full(aio_timer_group(ctx), type, scale, 0, cb, opaque);
}

static inline void aio_timer_init(AioContext *ctx, QEMUTimer *ts,
                                  QEMUClockType type, int scale,
                                  QEMUTimerCB *cb, void *opaque)
{
    timer_init_full(ts, aio_timer_group(ctx), type, scale, 0, cb, opaque);
}

#endif

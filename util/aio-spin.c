/*
 * Looking before sleeping. Falling asleep and being woken takes longer than many an
 * answer is on its way, so a loop that expects one looks for a moment.
 *
 * Loops of their own thread call, for a while that adapts itself, the io_poll
 * functions of their handlers instead of asking the kernel. Off unless
 * aio_context_set_poll_params() gave a limit.
 *
 * The main loop, with the big lock given up, and such a loop within its limit ask the
 * kernel again and again while something that was passed on is likely to be answered:
 * packets that go to and fro. Where they go one way only, they sleep: that gathers
 * them. They give up where answers do not come in time, and where the core is taken
 * from them meanwhile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
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

/* --- expecting answers --- */

/* An answer that takes longer is not waited for. */
#define ANSWER_NS       30000
/* Somebody else had the core, and needs it, if two looks are so far apart. */
#define TAKEN_NS        25000
#define SCORE_MAX       8
#define PASS_FIRST      64
#define PASS_MAX        8192

/* One more was late, or in time. Too many late: let some pass, more each time. */
static void answers_note(AioAnswers *answers, bool in_time)
{
    if (!in_time) {
        answers->score -= 2;
        if (answers->score < -SCORE_MAX) {
            answers->score = 0;
            answers->pass = MAX(answers->pass_next, PASS_FIRST);
            answers->pass_next = MIN(answers->pass * 2, PASS_MAX);
        }
    } else if (answers->score < SCORE_MAX) {
        answers->score++;
    } else {
        answers->pass_next = PASS_FIRST;
    }
}

void aio_expect_answer(AioContext *ctx, AioAnswers *answers)
{
    if (ctx->awaiting) {
        answers_note(ctx->awaiting, true);
        ctx->awaiting = NULL;
    }
    if (answers->pass > 0) {
        answers->pass--;
        return;
    }
    ctx->awaiting = answers;
    ctx->asked_at = get_clock();
}

void aio_forget_answers(AioContext *ctx, AioAnswers *answers)
{
    if (ctx->awaiting == answers) {
        ctx->awaiting = NULL;
    }
    if (ctx->watched == answers) {
        qatomic_set(&ctx->watched, NULL);
    }
}

bool aio_await_begin(AioContext *ctx, int64_t timeout_ns, int64_t *until)
{
    AioAnswers *answers = ctx->awaiting;

    *until = ctx->asked_at + (ctx->poll_max_ns ?
                              MIN(ctx->poll_max_ns, ANSWER_NS) : ANSWER_NS);
    if (timeout_ns > 0) {
        *until = MIN(*until, get_clock() + timeout_ns);
    }
    if (answers && answers->watch) {
        qatomic_set(&ctx->watched, answers);
        answers->watch(answers->opaque, true);
    }
    return answers;
}

void aio_await_end(AioContext *ctx)
{
    AioAnswers *answers = ctx->watched;

    if (answers) {
        qatomic_set(&ctx->watched, NULL);
        answers->watch(answers->opaque, false);
    }
    if (ctx->awaiting && get_clock() - ctx->asked_at >= ANSWER_NS) {
        answers_note(ctx->awaiting, false);
        ctx->awaiting = NULL;
    }
}

/*
 * Only while nobody else has the lock: what is watched may go away meanwhile. An I/O
 * thread is held before anything goes away.
 */
static bool answer_seen(AioContext *ctx)
{
    bool seen;

    if (bql_forbidden()) {
        return ctx->watched && ctx->watched->seen(ctx->watched->opaque);
    }
    if (!bql_trylock()) {
        return false;
    }
    seen = ctx->watched && ctx->watched->seen(ctx->watched->opaque);
    bql_unlock();
    return seen;
}

/*
 * The core is not offered to others between two looks: where they want it, to sleep is
 * what brings it back soonest.
 */
bool aio_await(AioContext *ctx, int64_t until, AioReady *ready)
{
    bool watched = qatomic_read(&ctx->watched);
    int64_t now = get_clock(), before;

    do {
        for (unsigned i = 0; i < 4; i++) {
            if (watched && answer_seen(ctx)) {
                aio_round_wait(ctx, 0, ready);
                return true;
            }
            __builtin_ia32_pause();
        }
        aio_round_wait(ctx, 0, ready);
        if (ready->count || ready->rung || qatomic_read(&ctx->notified)) {
            return true;
        }
        before = now;
        now = get_clock();
    } while (now < until && now - before < TAKEN_NS);
    return false;
}

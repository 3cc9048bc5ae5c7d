/*
 * Unit tests of the event loop: descriptors, notifiers, bottom halves, waking
 * from other threads, the main loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"

static AioContext *ctx;

static void count(void *opaque)
{
    ++*(int *)opaque;
}

static void bottom_halves_run_in_order_once(void)
{
    int a = 0, b = 0, once = 0;
    QEMUBH *bh_a = aio_bh_new(ctx, count, &a);
    QEMUBH *bh_b = aio_bh_new(ctx, count, &b);

    g_assert_false(aio_poll(ctx, false));
    qemu_bh_schedule(bh_a);
    qemu_bh_schedule(bh_a);
    qemu_bh_schedule(bh_b);
    qemu_bh_cancel(bh_b);
    aio_bh_schedule_oneshot(ctx, count, &once);
    g_assert_true(aio_poll(ctx, true));
    g_assert_false(aio_poll(ctx, false));
    g_assert_cmpint(a * 100 + b * 10 + once, ==, 101);
    qemu_bh_schedule(bh_a);
    qemu_bh_delete(bh_a);
    qemu_bh_delete(bh_b);
    g_assert_false(aio_poll(ctx, false));
    g_assert_cmpint(a, ==, 1);
}

typedef struct Again {
    QEMUBH *bh;
    int runs;
} Again;

static void schedule_again(void *opaque)
{
    Again *a = opaque;

    if (++a->runs < 3) {
        qemu_bh_schedule(a->bh);
    } else {
        qemu_bh_delete(a->bh);
    }
}

static void scheduling_from_itself_waits_for_the_next_round(void)
{
    Again a = { 0 };

    a.bh = aio_bh_new(ctx, schedule_again, &a);
    qemu_bh_schedule(a.bh);
    for (int i = 1; i <= 3; i++) {
        g_assert_true(aio_poll(ctx, true));
        g_assert_cmpint(a.runs, ==, i);
    }
    aio_poll(ctx, false);
}

static MemReentrancyGuard guard;

static void see_guard(void *opaque)
{
    *(bool *)opaque = mem_reentrancy_engaged(&guard);
}

static void guarded_bottom_half(void)
{
    MemReentrancyFrame frame;
    bool seen = false;
    QEMUBH *bh = aio_bh_new_guarded(ctx, see_guard, &seen, &guard);

    qemu_bh_schedule(bh);
    mem_reentrancy_enter(&frame, &guard);
    g_assert_false(aio_poll(ctx, false));
    mem_reentrancy_leave(&frame);
    g_assert_true(aio_poll(ctx, true));
    g_assert_true(seen);
    qemu_bh_delete(bh);
    aio_poll(ctx, false);
}

/* --- descriptors --- */

typedef struct Reader {
    int fd, other;
    int calls;
    bool remove_other;
} Reader;

static void read_one(void *opaque)
{
    Reader *r = opaque;
    char c;

    g_assert_cmpint(read(r->fd, &c, 1), ==, 1);
    r->calls++;
    if (r->remove_other) {
        aio_set_fd_handler(ctx, r->other, NULL, NULL, NULL, NULL, NULL);
    }
}

static void watch(Reader *r)
{
    aio_set_fd_handler(ctx, r->fd, read_one, NULL, NULL, NULL, r);
}

static void unwatch(int fd)
{
    aio_set_fd_handler(ctx, fd, NULL, NULL, NULL, NULL, NULL);
}

static void a_handler_may_remove_another(void)
{
    int p[2], q[2];
    Reader a, b;

    g_assert_true(qemu_pipe(p) && qemu_pipe(q));
    a = (Reader){ p[0], q[0], 0, true };
    b = (Reader){ q[0], p[0], 0, true };
    watch(&a);
    watch(&b);
    g_assert_cmpint(write(p[1], "x", 1) + write(q[1], "x", 1), ==, 2);
    while (aio_poll(ctx, false)) {
        ;
    }
    /* Whichever came first removed the other. */
    g_assert_cmpint(a.calls + b.calls, ==, 1);
    unwatch(p[0]);
    unwatch(q[0]);
    for (int i = 0; i < 2; i++) {
        close(p[i]);
        close(q[i]);
    }
}

static void nested(void *opaque)
{
    Reader *r = opaque;

    read_one(r);
    aio_poll(ctx, false);
}

static void nested_rounds_do_not_repeat_events(void)
{
    int p[2], q[2];
    Reader a, b;

    g_assert_true(qemu_pipe(p) && qemu_pipe(q));
    a = (Reader){ p[0], .calls = 0 };
    b = (Reader){ q[0], .calls = 0 };
    aio_set_fd_handler(ctx, p[0], nested, NULL, NULL, NULL, &a);
    aio_set_fd_handler(ctx, q[0], nested, NULL, NULL, NULL, &b);
    g_assert_cmpint(write(p[1], "x", 1) + write(q[1], "x", 1), ==, 2);
    /* Blocking reads: a stale event would hang here. */
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(a.calls, ==, 1);
    g_assert_cmpint(b.calls, ==, 1);
    unwatch(p[0]);
    unwatch(q[0]);
    for (int i = 0; i < 2; i++) {
        close(p[i]);
        close(q[i]);
    }
}

static void end_of_file_reaches_either_handler(void)
{
    int s[2], read_calls = 0, write_calls = 0;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, s), ==, 0);
    aio_set_fd_handler(ctx, s[0], count, NULL, NULL, NULL, &read_calls);
    g_assert_false(aio_poll(ctx, false));
    close(s[1]);
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(read_calls, ==, 1);
    aio_set_fd_handler(ctx, s[0], NULL, count, NULL, NULL, &write_calls);
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(write_calls, ==, 1);
    unwatch(s[0]);
    close(s[0]);
}

static void files_are_always_ready(void)
{
    int fd = open("/dev/null", O_RDWR), calls = 0;

    aio_set_fd_handler(ctx, fd, count, NULL, NULL, NULL, &calls);
    g_assert_true(aio_poll(ctx, true));
    g_assert_cmpint(calls, ==, 1);
    unwatch(fd);
    g_assert_false(aio_poll(ctx, false));
    close(fd);
}

static void ring(EventNotifier *e)
{
    g_assert_true(event_notifier_test_and_clear(e));
}

static void event_notifiers(void)
{
    EventNotifier e;

    g_assert_cmpint(event_notifier_init(&e, false), ==, 0);
    aio_set_event_notifier(ctx, &e, ring, NULL, NULL);
    g_assert_false(aio_poll(ctx, false));
    event_notifier_set(&e);
    event_notifier_set(&e);
    g_assert_true(aio_poll(ctx, true));
    g_assert_false(aio_poll(ctx, false));
    aio_set_event_notifier(ctx, &e, NULL, NULL, NULL);
    event_notifier_cleanup(&e);
    event_notifier_cleanup(&e);
    g_assert_cmpint(event_notifier_set(&e), <, 0);
}

/* --- threads --- */

typedef struct Loop {
    AioContext *ctx;
    QemuThread thread;
    bool stop;
    int bhs;                /* by the loop's thread */
    int timers;
} Loop;

static void *loop_run(void *opaque)
{
    Loop *l = opaque;

    qemu_set_current_aio_context(l->ctx);
    while (!qatomic_read(&l->stop)) {
        aio_poll(l->ctx, true);
    }
    return NULL;
}

static void loop_start(Loop *l)
{
    *l = (Loop){ .ctx = aio_context_new(&error_abort) };
    qemu_thread_create(&l->thread, "loop", loop_run, l, QEMU_THREAD_JOINABLE);
}

static void loop_end(Loop *l)
{
    qatomic_set(&l->stop, true);
    aio_notify(l->ctx);
    qemu_thread_join(&l->thread);
    aio_context_unref(l->ctx);
}

static void *hammer(void *opaque)
{
    Loop *l = opaque;

    for (int i = 0; i < 2000; i++) {
        aio_bh_schedule_oneshot(l->ctx, count, &l->bhs);
        if (i % 100 == 0) {
            g_usleep(50);
        }
    }
    return NULL;
}

static void nothing(void *opaque)
{
}

static void no_bottom_half_of_another_thread_is_lost(void)
{
    QemuThread t[2];
    Loop l;

    loop_start(&l);
    for (int i = 0; i < 2; i++) {
        qemu_thread_create(&t[i], "hammer", hammer, &l, QEMU_THREAD_JOINABLE);
    }
    for (int i = 0; i < 2; i++) {
        qemu_thread_join(&t[i]);
    }
    aio_wait_bh_oneshot(l.ctx, nothing, NULL);
    g_assert_cmpint(l.bhs, ==, 4000);
    loop_end(&l);
}

/* What the loop's handlers do all the time, and a holder changes: two equal values. */
typedef struct Twins {
    QEMUBH *bh;
    unsigned a, b;          /* not atomic: TSan watches */
    unsigned rounds;        /* atomic */
} Twins;

static void twins_bh(void *opaque)
{
    Twins *t = opaque;

    g_assert_cmpint(t->a, ==, t->b);
    t->a++;
    t->b++;
    qatomic_inc(&t->rounds);
    qemu_bh_schedule(t->bh);
}

static void a_held_loop_stands_between_handlers(void)
{
    Twins t = { 0 };
    Loop l;

    loop_start(&l);
    t.bh = aio_bh_new(l.ctx, twins_bh, &t);
    qemu_bh_schedule(t.bh);
    bql_lock();
    for (unsigned i = 0; i < 500; i++) {
        unsigned rounds;

        aio_context_hold(l.ctx);
        rounds = qatomic_read(&t.rounds);
        g_assert_true(aio_context_is_mine(l.ctx));
        t.a += i;
        aio_context_hold(l.ctx);
        aio_context_let_go(l.ctx);
        if (i % 16 == 0) {
            g_usleep(20);
        }
        t.b += i;
        g_assert_cmpint(qatomic_read(&t.rounds), ==, rounds);
        aio_context_let_go(l.ctx);
        if (i % 8 == 0) {
            while (qatomic_read(&t.rounds) == rounds) {
                g_usleep(5);
            }
        }
    }
    aio_context_hold(l.ctx);
    g_clear_pointer(&t.bh, qemu_bh_delete);
    aio_context_let_go(l.ctx);
    g_assert_false(aio_context_is_mine(l.ctx));
    bql_unlock();
    loop_end(&l);
}

static void timer_fires(void *opaque)
{
    qatomic_inc(&((Loop *)opaque)->timers);
}

static void timers_armed_from_outside_wake_the_loop(void)
{
    QEMUTimer *t;
    Loop l;

    loop_start(&l);
    t = aio_timer_new(l.ctx, QEMU_CLOCK_REALTIME, SCALE_NS, timer_fires, &l);
    timer_mod(t, get_clock() + 3600 * NANOSECONDS_PER_SECOND);
    g_usleep(1000);
    timer_mod(t, get_clock() + SCALE_MS);
    while (!qatomic_read(&l.timers)) {
        g_usleep(200);
    }
    timer_free(t);
    loop_end(&l);
}

static void handlers_change_from_outside(void)
{
    int p[2];
    Loop l;

    loop_start(&l);
    g_assert_true(qemu_pipe(p));
    for (int i = 0; i < 200; i++) {
        aio_set_fd_handler(l.ctx, p[1], NULL, timer_fires, NULL, NULL, &l);
        aio_set_fd_handler(l.ctx, p[1], NULL, NULL, NULL, NULL, NULL);
    }
    aio_wait_bh_oneshot(l.ctx, nothing, NULL);
    loop_end(&l);
    close(p[0]);
    close(p[1]);
}

static int64_t cpu_ns(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NANOSECONDS_PER_SECOND +
           (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static void an_idle_loop_sleeps(void)
{
    int64_t before;
    Loop l;

    loop_start(&l);
    aio_wait_bh_oneshot(l.ctx, nothing, NULL);
    before = cpu_ns();
    g_usleep(50000);
    g_assert_cmpint(cpu_ns() - before, <, 20 * SCALE_MS);
    loop_end(&l);
}

/* --- polling --- */

static bool polled_flag;
static int polled_ready;

static bool flag_is_set(void *opaque)
{
    return qatomic_xchg(&polled_flag, false);
}

static void flag_ready(EventNotifier *e)
{
    polled_ready++;
    event_notifier_test_and_clear(e);
}

static void spinning_finds_work_without_the_kernel(void)
{
    EventNotifier e;

    event_notifier_init(&e, false);
    aio_set_event_notifier(ctx, &e, flag_ready, flag_is_set, flag_ready);
    aio_context_set_poll_params(ctx, 50000, 0, 0, &error_abort);
    event_notifier_set(&e);
    aio_poll(ctx, true);
    polled_ready = 0;
    for (int i = 0; i < 100; i++) {
        qatomic_set(&polled_flag, true);
        event_notifier_set(&e);         /* in case the spin is short */
        g_assert_true(aio_poll(ctx, true));
    }
    g_assert_cmpint(polled_ready, >=, 100);
    aio_context_set_poll_params(ctx, 0, 0, 0, &error_abort);
    aio_set_event_notifier(ctx, &e, NULL, NULL, NULL);
    event_notifier_cleanup(&e);
}

/* --- the main loop --- */

static int usr1;

static void got_usr1(const struct signalfd_siginfo *info, void *opaque)
{
    g_assert_cmpint(info->ssi_signo, ==, SIGUSR1);
    usr1++;
}

static void signals_come_through_the_loop(void)
{
    g_assert_true(main_loop_set_signal(SIGUSR1, got_usr1, NULL,
                                       &error_abort));
    kill(getpid(), SIGUSR1);
    while (!usr1) {
        main_loop_wait(false);
    }
    g_assert_true(main_loop_set_signal(SIGUSR1, NULL, NULL, &error_abort));
}

/* What is expected, and what the loop did to see it. */
typedef struct Expected {
    AioAnswers answers;
    bool watched;
    unsigned watches, looks;
    unsigned there_at;          /* the look that finds it; 0: none */
} Expected;

static void expected_watch(void *opaque, bool on)
{
    Expected *e = opaque;

    g_assert_true(bql_locked());
    g_assert_true(e->watched != on);
    e->watched = on;
    e->watches += on;
}

static bool expected_seen(void *opaque)
{
    Expected *e = opaque;

    g_assert_true(bql_locked());
    g_assert_true(e->watched);
    return ++e->looks == e->there_at;
}

static void expected_timer(void *opaque)
{
    Expected *e = opaque;

    /* It is not slept while somebody was told not to wake us. */
    g_assert_false(e->watched);
}

static void answers_are_seen_without_a_bell(void)
{
    AioContext *main_ctx = qemu_get_aio_context();
    Expected e = {
        .answers = {
            .watch = expected_watch, .seen = expected_seen, .opaque = &e,
        },
        .there_at = 2,
    };
    QEMUTimer *timer = aio_timer_new(main_ctx, QEMU_CLOCK_REALTIME, SCALE_NS,
                                     expected_timer, &e);

    bql_lock();
    /* In case the first is late: this machine has other work. */
    for (unsigned i = 0; i < 200 && e.looks < 2; i++) {
        e.looks = 0;
        timer_mod(timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + SCALE_MS);
        aio_expect_answer(main_ctx, &e.answers);
        while (e.looks < 2 && timer_pending(timer)) {
            main_loop_wait(false);
        }
        g_assert_false(e.watched);
    }
    g_assert_cmpuint(e.looks, >=, 2);
    aio_forget_answers(main_ctx, &e.answers);
    timer_free(timer);
    bql_unlock();
}

/* Where they do not come in time they are not waited for any more, or seldom. */
static void late_answers_are_let_pass(void)
{
    AioContext *main_ctx = qemu_get_aio_context();
    Expected e = {
        .answers = {
            .watch = expected_watch, .seen = expected_seen, .opaque = &e,
        },
    };
    QEMUTimer *timer = aio_timer_new(main_ctx, QEMU_CLOCK_REALTIME, SCALE_NS,
                                     expected_timer, &e);

    bql_lock();
    for (unsigned i = 0; i < 60; i++) {
        aio_expect_answer(main_ctx, &e.answers);
        timer_mod(timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) +
                         200 * SCALE_US);
        while (timer_pending(timer)) {
            main_loop_wait(false);
        }
        g_assert_false(e.watched);
    }
    g_assert_cmpuint(e.watches, >, 0);
    g_assert_cmpuint(e.watches, <, 20);
    aio_forget_answers(main_ctx, &e.answers);
    timer_free(timer);
    bql_unlock();
}

static void *take_big_lock(void *opaque)
{
    bql_lock();
    *(bool *)opaque = true;
    qemu_notify_event();
    bql_unlock();
    return NULL;
}

static void big_lock_is_free_while_the_loop_sleeps(void)
{
    QemuThread t;
    bool taken = false;

    bql_lock();
    qemu_thread_create(&t, "taker", take_big_lock, &taken,
                       QEMU_THREAD_JOINABLE);
    while (!taken) {
        main_loop_wait(false);
    }
    g_assert_true(bql_locked());
    {
        BQL_LOCK_GUARD();
        g_assert_true(bql_locked());
    }
    bql_unlock();
    {
        BQL_LOCK_GUARD();
        g_assert_true(bql_locked());
    }
    g_assert_false(bql_locked());
    qemu_thread_join(&t);
}

static int table_pipe[2], table_index, table_seen;

static void poll_table(Notifier *n, void *data)
{
    MainLoopPoll *p = data;

    if (p->state == MAIN_LOOP_POLL_FILL) {
        GPollFD fd = { .fd = table_pipe[0], .events = G_IO_IN };

        table_index = p->pollfds->len;
        g_array_append_val(p->pollfds, fd);
        p->timeout = MIN(p->timeout, 1000);
    } else if (g_array_index(p->pollfds, GPollFD, table_index).revents &
               G_IO_IN) {
        table_seen++;
    }
}

static void foreign_poll_tables(void)
{
    Notifier n = { .notify = poll_table };
    int bhs = 0;

    g_assert_true(qemu_pipe(table_pipe));
    main_loop_poll_add_notifier(&n);
    aio_bh_schedule_oneshot(qemu_get_aio_context(), count, &bhs);
    main_loop_wait(false);
    g_assert_cmpint(bhs, ==, 1);
    g_assert_cmpint(table_seen, ==, 0);
    g_assert_cmpint(write(table_pipe[1], "x", 1), ==, 1);
    main_loop_wait(false);
    g_assert_cmpint(table_seen, ==, 1);
    main_loop_poll_remove_notifier(&n);
    close(table_pipe[0]);
    close(table_pipe[1]);
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    ctx = aio_context_new(&error_abort);
    g_test_add_func("/aio/bottom-halves-run-in-order-once",
                    bottom_halves_run_in_order_once);
    g_test_add_func("/aio/scheduling-from-itself-waits-for-the-next-round",
                    scheduling_from_itself_waits_for_the_next_round);
    g_test_add_func("/aio/guarded-bottom-half", guarded_bottom_half);
    g_test_add_func("/aio/a-handler-may-remove-another",
                    a_handler_may_remove_another);
    g_test_add_func("/aio/nested-rounds-do-not-repeat-events",
                    nested_rounds_do_not_repeat_events);
    g_test_add_func("/aio/end-of-file-reaches-either-handler",
                    end_of_file_reaches_either_handler);
    g_test_add_func("/aio/files-are-always-ready", files_are_always_ready);
    g_test_add_func("/aio/event-notifiers", event_notifiers);
    g_test_add_func("/aio/no-bottom-half-of-another-thread-is-lost",
                    no_bottom_half_of_another_thread_is_lost);
    g_test_add_func("/aio/a-held-loop-stands-between-handlers",
                    a_held_loop_stands_between_handlers);
    g_test_add_func("/aio/timers-armed-from-outside-wake-the-loop",
                    timers_armed_from_outside_wake_the_loop);
    g_test_add_func("/aio/handlers-change-from-outside",
                    handlers_change_from_outside);
    g_test_add_func("/aio/an-idle-loop-sleeps", an_idle_loop_sleeps);
    g_test_add_func("/aio/spinning-finds-work-without-the-kernel",
                    spinning_finds_work_without_the_kernel);
    g_test_add_func("/main-loop/signals-come-through-the-loop",
                    signals_come_through_the_loop);
    g_test_add_func("/aio/main-loop/answers-are-seen",
                    answers_are_seen_without_a_bell);
    g_test_add_func("/aio/main-loop/late-answers", late_answers_are_let_pass);
    g_test_add_func("/main-loop/big-lock-is-free-while-the-loop-sleeps",
                    big_lock_is_free_while_the_loop_sleeps);
    g_test_add_func("/main-loop/foreign-poll-tables", foreign_poll_tables);
    ret = g_test_run();
    aio_context_unref(ctx);
    return ret;
}

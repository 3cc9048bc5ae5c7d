/*
 * Unit tests of clocks and timers, without an event loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"

static GString *order;

static void note(void *opaque)
{
    g_string_append(order, opaque);
}

/* The first test must find the clock as it is at the start. */
static void virtual_clock_stands_until_started(void)
{
    int64_t t;

    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, 0);
    virtual_clock_start();
    g_usleep(1000);
    t = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(t, >=, 1000000);
    virtual_clock_stop();
    t = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    g_usleep(1000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, t);
    virtual_clock_set(5000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, 5000);
    virtual_clock_start();
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), >=, 5000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), <, 1000000000);
    virtual_clock_stop();
}

static void stopped_clock_fires_nothing(void)
{
    QEMUTimer t;

    order = g_string_new(NULL);
    timer_init_ns(&t, QEMU_CLOCK_VIRTUAL, note, (void *)"x");
    timer_mod(&t, 0);
    g_assert_false(qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL));
    g_assert_cmpint(timerlistgroup_deadline_ns(&main_loop_tlg), ==, -1);
    virtual_clock_start();
    g_assert_cmpint(timerlistgroup_deadline_ns(&main_loop_tlg), ==, 0);
    g_assert_true(qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL));
    virtual_clock_stop();
    g_assert_cmpstr(order->str, ==, "x");
    timer_deinit(&t);
    g_string_free(order, true);
}

static void fire_by_deadline_then_by_age(void)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
    static const int when[] = { 5, 3, 5, 1, 9, 3, 5 };
    QEMUTimer t[7];

    order = g_string_new(NULL);
    for (int i = 0; i < 7; i++) {
        timer_init_ns(&t[i], QEMU_CLOCK_REALTIME, note, (void *)names[i]);
        timer_mod(&t[i], when[i]);
    }
    timer_del(&t[6]);
    g_assert_false(timer_pending(&t[6]));
    timer_mod_anticipate(&t[4], 2);         /* e: earlier */
    timer_mod_anticipate(&t[0], 100);       /* a: stays */
    g_assert_cmpint(timer_expire_time_ns(&t[0]), ==, 5);
    g_assert_true(qemu_clock_run_all_timers());
    g_assert_cmpstr(order->str, ==, "debfac");
    g_assert_false(qemu_clock_has_timers(QEMU_CLOCK_REALTIME));
    g_string_free(order, true);
}

static void units_and_limits(void)
{
    QEMUTimer t;

    timer_init_ms(&t, QEMU_CLOCK_REALTIME, note, NULL);
    timer_mod(&t, 123456);
    g_assert_cmpint(timer_expire_time_ns(&t), ==, 123456000000);
    g_assert_cmpint(timer_expire_time(&t), ==, 123456);
    timer_mod(&t, INT64_MAX / 10);
    g_assert_cmpint(timer_expire_time_ns(&t), ==, INT64_MAX - 1);
    g_assert_false(timer_expired(&t, 1000));
    timer_del(&t);
    g_assert_cmpint(timer_expire_time(&t), ==, -1);
    timer_free(NULL);
}

static void many_timers_stay_in_order(void)
{
    enum { N = 500 };
    QEMUTimer t[N];
    GRand *rand = g_rand_new_with_seed(1);
    QEMUTimerListGroup tlg;
    int64_t last = -1;

    timerlistgroup_init(&tlg, NULL, NULL);
    for (int i = 0; i < N; i++) {
        timer_init_full(&t[i], &tlg, QEMU_CLOCK_REALTIME, SCALE_NS, 0,
                        note, (void *)"");
    }
    for (int i = 0; i < 5 * N; i++) {
        QEMUTimer *one = &t[g_rand_int_range(rand, 0, N)];

        if (g_rand_int_range(rand, 0, 4)) {
            timer_mod_ns(one, g_rand_int_range(rand, 0, 10000));
        } else {
            timer_del(one);
        }
    }
    QEMUTimerList *list = tlg.tl[QEMU_CLOCK_REALTIME];
    while (list->count) {
        QEMUTimer *first = list->heap[0];

        g_assert_cmpint(list->deadline, ==, first->expire_time);
        g_assert_cmpint(first->expire_time, >=, last);
        last = first->expire_time;
        timer_del(first);
    }
    timerlistgroup_deinit(&tlg);
    g_rand_free(rand);
}

typedef struct Self {
    QEMUTimer *t;
    int left;
} Self;

static void rearm_or_free(void *opaque)
{
    Self *s = opaque;

    if (--s->left) {
        timer_mod(s->t, 0);
    } else {
        timer_free(s->t);
    }
}

static void callbacks_may_rearm_and_free(void)
{
    Self s = { .left = 3 };

    s.t = timer_new_ns(QEMU_CLOCK_REALTIME, rearm_or_free, &s);
    timer_mod(s.t, 0);
    while (s.left) {
        g_assert_true(qemu_clock_run_all_timers());
    }
    g_assert_false(qemu_clock_run_all_timers());
}

static MemReentrancyGuard guard;

static void sees_guard(void *opaque)
{
    *(bool *)opaque = mem_reentrancy_engaged(&guard);
}

static void guard_surrounds_the_callback(void)
{
    MemReentrancyFrame frame;
    bool engaged = false;
    QEMUTimer t;

    timer_init_ns(&t, QEMU_CLOCK_REALTIME, sees_guard, &engaged);
    timer_set_guard(&t, &guard);
    timer_mod(&t, 0);
    mem_reentrancy_enter(&frame, &guard);
    g_assert_false(qemu_clock_run_all_timers());    /* waits, is not lost */
    mem_reentrancy_leave(&frame);
    g_assert_true(qemu_clock_run_all_timers());
    g_assert_true(engaged);
}

static void note_time(void *opaque)
{
    g_string_append_printf(order, "%s@%" PRId64 " ", (char *)opaque,
                           qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static QEMUTimer chained;

static void note_and_chain(void *opaque)
{
    note_time(opaque);
    timer_mod(&chained, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + 5);
}

/* The last test: the clock stays manual. */
static void manual_clock_steps_through_deadlines(void)
{
    QEMUTimer a, b;

    virtual_clock_set(0);
    virtual_clock_start();
    virtual_clock_set_manual();
    virtual_clock_set(100);
    order = g_string_new(NULL);
    timer_init_ns(&a, QEMU_CLOCK_VIRTUAL, note_and_chain, (void *)"a");
    timer_init_ns(&b, QEMU_CLOCK_VIRTUAL, note_time, (void *)"b");
    timer_init_ns(&chained, QEMU_CLOCK_VIRTUAL, note_time, (void *)"c");
    timer_mod(&a, 110);
    timer_mod(&b, 120);
    g_usleep(2000);
    g_assert_cmpint(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ==, 100);
    g_assert_cmpint(timerlistgroup_deadline_ns(&main_loop_tlg), ==, -1);
    g_assert_cmpint(qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL,
                                               QEMU_TIMER_ATTR_ALL), ==, 10);
    g_assert_cmpint(qemu_clock_advance_virtual_time(109), ==, 109);
    g_assert_cmpstr(order->str, ==, "");
    g_assert_cmpint(qemu_clock_advance_virtual_time(130), ==, 130);
    g_assert_cmpstr(order->str, ==, "a@110 c@115 b@120 ");
    g_assert_cmpint(qemu_clock_advance_virtual_time(5), ==, 130);
    g_string_free(order, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/virtual-clock-stands-until-started",
                    virtual_clock_stands_until_started);
    g_test_add_func("/clock/stopped-clock-fires-nothing",
                    stopped_clock_fires_nothing);
    g_test_add_func("/timer/fire-by-deadline-then-by-age",
                    fire_by_deadline_then_by_age);
    g_test_add_func("/timer/units-and-limits", units_and_limits);
    g_test_add_func("/timer/many-timers-stay-in-order",
                    many_timers_stay_in_order);
    g_test_add_func("/timer/callbacks-may-rearm-and-free",
                    callbacks_may_rearm_and_free);
    g_test_add_func("/timer/guard-surrounds-the-callback",
                    guard_surrounds_the_callback);
    g_test_add_func("/clock/manual-clock-steps-through-deadlines",
                    manual_clock_steps_through_deadlines);
    return g_test_run();
}

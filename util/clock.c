/*
 * Clocks: what time it is, and whether time passes. Timers are in timer.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "timer-internal.h"

/*
 * The virtual clock. While it runs, its time is the host's plus an offset; while
 * it stands, the offset is its time. Readers take both under a sequence count.
 */
static struct {
    unsigned seq;               /* odd while a writer is at work */
    bool running;
    int64_t offset;
} vclock;

static bool manual;             /* qtest: vclock is not looked at */
static int64_t manual_ns;
static int64_t (*source)(void);
static void (*warp_hook)(void);

static int64_t read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return t.tv_sec * NANOSECONDS_PER_SECOND + t.tv_nsec;
}

int64_t get_clock(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t get_clock_realtime(void)
{
    return read_clock(CLOCK_REALTIME);
}

static int64_t vclock_get(void)
{
    unsigned seq;
    int64_t ns;

    do {
        while ((seq = qatomic_load_acquire(&vclock.seq)) & 1) {
            cpu_relax();
        }
        ns = qatomic_read(&vclock.offset);
        if (qatomic_read(&vclock.running)) {
            ns += get_clock();
        }
        /* Values before the count. Pairs with the release in vclock_set(). */
        smp_rmb();
    } while (qatomic_read(&vclock.seq) != seq);
    return ns;
}

/* Go on from @ns, or stand there. Big lock held. */
static void vclock_set(bool running, int64_t ns)
{
    qatomic_set(&vclock.seq, vclock.seq + 1);
    /* The odd count before the values: pairs with the smp_rmb() above. */
    smp_wmb();
    qatomic_set(&vclock.running, running);
    qatomic_set(&vclock.offset, running ? ns - get_clock() : ns);
    qatomic_store_release(&vclock.seq, vclock.seq + 1);
}

int64_t qemu_clock_get_ns(QEMUClockType type)
{
    switch (type) {
    case QEMU_CLOCK_HOST:
        return get_clock_realtime();
    case QEMU_CLOCK_VIRTUAL:
        if (qatomic_read(&manual)) {
            return qatomic_read(&manual_ns);
        }
        if (source) {
            return source();
        }
        return vclock_get();
    case QEMU_CLOCK_VIRTUAL_RT:
        return vclock_get();
    default:
        return get_clock();
    }
}

void virtual_clock_start(void)
{
    if (!vclock.running) {
        vclock_set(true, vclock_get());
    }
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL_RT, true);
}

void virtual_clock_stop(void)
{
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, false);
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL_RT, false);
    if (vclock.running) {
        vclock_set(false, vclock_get());
    }
}

bool virtual_clock_running(void)
{
    return qatomic_read(&vclock.running);
}

void virtual_clock_set(int64_t ns)
{
    if (manual) {
        qatomic_set(&manual_ns, ns);
    }
    vclock_set(vclock.running, ns);
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL_RT);
}

void virtual_clock_set_manual(void)
{
    qatomic_set(&manual_ns, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    qatomic_set(&manual, true);
}

bool virtual_clock_is_manual(void)
{
    return qatomic_read(&manual);
}

int64_t qemu_clock_advance_virtual_time(int64_t dest)
{
    QEMUTimerList *list = main_loop_tlg.tl[QEMU_CLOCK_VIRTUAL];

    for (;;) {
        int64_t now = manual_ns;
        int64_t due = qatomic_read(&list->deadline);
        bool stop = due > dest || !clock_is_enabled(QEMU_CLOCK_VIRTUAL);

        qatomic_set(&manual_ns, MAX(now, stop ? dest : due));
        timerlist_run_timers(list);
        if (stop) {
            break;
        }
    }
    /* Other loops run theirs when they wake. */
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
    return manual_ns;
}

void virtual_clock_set_source(int64_t (*get_ns)(void))
{
    source = get_ns;
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
}

void virtual_clock_set_warp_hook(void (*hook)(void))
{
    warp_hook = hook;
}

void virtual_clock_warp(void)
{
    if (unlikely(warp_hook)) {
        warp_hook();
    }
}

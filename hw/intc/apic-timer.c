/*
 * The local APIC's timer: one-shot and periodic, on the virtual clock at 1 GHz
 * before division. TSC-deadline mode is not offered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apic-internal.h"

/* Shift for the divisor: 2, 4, … 128, then 1. */
static unsigned divide_shift(uint32_t divide)
{
    return (((divide & 3) | (divide >> 1 & 4)) + 1) & 7;
}

unsigned apic_timer_shift(const APICState *s)
{
    return divide_shift(s->timer.divide);
}

static int64_t period_ns(const APICState *s)
{
    return (int64_t)s->timer.initial_count << divide_shift(s->timer.divide);
}

static bool is_periodic(const APICState *s)
{
    return s->lvt[LVT_TIMER] & LVT_PERIODIC;
}

/* Arm for the first end of a period after now; timer.lock held. */
static void arm(APICState *s, int64_t now)
{
    ApicTimer *t = &s->timer;
    int64_t period = period_ns(s), next = -1;

    if (period > 0 && !(s->lvt[LVT_TIMER] & LVT_MASKED)) {
        if (is_periodic(s)) {
            next = t->loaded_ns + ((now - t->loaded_ns) / period + 1) * period;
        } else if (now - t->loaded_ns < period) {
            next = t->loaded_ns + period;
        }
    }
    t->next_ns = next;
    if (next < 0) {
        timer_del(&t->timer);
    } else {
        timer_mod(&t->timer, next);
    }
}

static void fire(void *opaque)
{
    APICState *s = opaque;
    ApicTimer *t = &s->timer;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    bool due;

    qemu_mutex_lock(&t->lock);
    due = t->next_ns >= 0 && now >= t->next_ns;
    if (due) {
        arm(s, now);
    }
    qemu_mutex_unlock(&t->lock);
    if (due) {
        apic_lvt_deliver(s, LVT_TIMER);
    }
}

void apic_timer_init(APICState *s)
{
    qemu_mutex_init(&s->timer.lock);
    timer_init_ns(&s->timer.timer, QEMU_CLOCK_VIRTUAL, fire, s);
    s->timer.next_ns = -1;
}

void apic_timer_reset(APICState *s)
{
    qemu_mutex_lock(&s->timer.lock);
    s->timer.initial_count = 0;
    s->timer.divide = 0;
    s->timer.next_ns = -1;
    timer_del(&s->timer.timer);
    qemu_mutex_unlock(&s->timer.lock);
}

void apic_timer_set_count(APICState *s, uint32_t count)
{
    qemu_mutex_lock(&s->timer.lock);
    s->timer.initial_count = count;
    s->timer.loaded_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    arm(s, s->timer.loaded_ns);
    qemu_mutex_unlock(&s->timer.lock);
}

void apic_timer_set_divide(APICState *s, uint32_t value)
{
    qemu_mutex_lock(&s->timer.lock);
    s->timer.divide = value & 0xb;
    arm(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    qemu_mutex_unlock(&s->timer.lock);
}

void apic_timer_update(APICState *s)
{
    qemu_mutex_lock(&s->timer.lock);
    arm(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    qemu_mutex_unlock(&s->timer.lock);
}

uint32_t apic_timer_current(APICState *s)
{
    int64_t gone = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->timer.loaded_ns;
    uint64_t ticks = gone >> divide_shift(s->timer.divide);
    uint32_t initial = s->timer.initial_count;

    if (initial == 0) {
        return 0;
    }
    if (is_periodic(s)) {
        return initial - ticks % initial;
    }
    return ticks < initial ? initial - ticks : 0;
}

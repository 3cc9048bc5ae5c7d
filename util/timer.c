/*
 * Timers: per clock and event loop a binary heap by deadline.
 *
 * A timer that is taken out of its heap to run is not armed any more, so that
 * its callback can arm or free it. Only the loop's thread runs callbacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "timer-internal.h"

#define NO_DEADLINE INT64_MAX

static struct {
    QLIST_HEAD(, QEMUTimerList) lists;      /* under lists_lock */
    bool disabled;                          /* atomic */
} clocks[QEMU_CLOCK_MAX] = {
    [QEMU_CLOCK_VIRTUAL].disabled = true,
    [QEMU_CLOCK_VIRTUAL_RT].disabled = true,
};
static QemuMutex lists_lock = QEMU_MUTEX_INITIALIZER;

QEMUTimerListGroup main_loop_tlg;

/* The list whose callback the thread is in; NULL if none. */
static __thread QEMUTimerList *running_list;

bool clock_is_enabled(QEMUClockType type)
{
    return !qatomic_read(&clocks[type].disabled);
}

/* --- the heap, under the list's lock --- */

static bool earlier(const QEMUTimer *a, const QEMUTimer *b)
{
    return a->expire_time < b->expire_time ||
           (a->expire_time == b->expire_time && a->seq < b->seq);
}

static void heap_put(QEMUTimerList *list, unsigned i, QEMUTimer *ts)
{
    list->heap[i] = ts;
    ts->heap_index = i;
}

static void heap_rise(QEMUTimerList *list, unsigned i, QEMUTimer *ts)
{
    while (i > 0) {
        unsigned parent = (i - 1) / 2;

        if (!earlier(ts, list->heap[parent])) {
            break;
        }
        heap_put(list, i, list->heap[parent]);
        i = parent;
    }
    heap_put(list, i, ts);
}

static void heap_sink(QEMUTimerList *list, unsigned i, QEMUTimer *ts)
{
    for (;;) {
        unsigned child = 2 * i + 1;

        if (child >= list->count) {
            break;
        }
        if (child + 1 < list->count &&
            earlier(list->heap[child + 1], list->heap[child])) {
            child++;
        }
        if (!earlier(list->heap[child], ts)) {
            break;
        }
        heap_put(list, i, list->heap[child]);
        i = child;
    }
    heap_put(list, i, ts);
}

static void publish_deadline(QEMUTimerList *list)
{
    qatomic_set(&list->deadline,
                list->count ? list->heap[0]->expire_time : NO_DEADLINE);
}

static void heap_remove(QEMUTimerList *list, QEMUTimer *ts)
{
    unsigned hole = ts->heap_index;
    QEMUTimer *last = list->heap[--list->count];

    qatomic_set(&ts->expire_time, -1);
    ts->heap_index = -1;
    if (last != ts) {
        if (hole > 0 && earlier(last, list->heap[(hole - 1) / 2])) {
            heap_rise(list, hole, last);
        } else {
            heap_sink(list, hole, last);
        }
    }
    publish_deadline(list);
}

/* Gives true if the first deadline came nearer. */
static bool heap_insert(QEMUTimerList *list, QEMUTimer *ts, int64_t expire_ns)
{
    int64_t before = list->deadline;

    if (list->count == list->alloc) {
        list->alloc = list->alloc ? 2 * list->alloc : 8;
        list->heap = g_renew(QEMUTimer *, list->heap, list->alloc);
    }
    qatomic_set(&ts->expire_time, MAX(expire_ns, 0));
    ts->seq = list->next_seq++;
    heap_rise(list, list->count++, ts);
    publish_deadline(list);
    return list->deadline < before;
}

/* --- lists --- */

static QEMUTimerList *timerlist_new(QEMUClockType type,
                                    QEMUTimerListNotifyCB *cb, void *opaque)
{
    QEMUTimerList *list = g_new0(QEMUTimerList, 1);

    qemu_mutex_init(&list->lock);
    qemu_cond_init(&list->idle);
    list->type = type;
    list->deadline = NO_DEADLINE;
    list->notify_cb = cb;
    list->notify_opaque = opaque;
    WITH_QEMU_LOCK_GUARD(&lists_lock) {
        QLIST_INSERT_HEAD(&clocks[type].lists, list, node);
    }
    return list;
}

static void timerlist_free(QEMUTimerList *list)
{
    WITH_QEMU_LOCK_GUARD(&lists_lock) {
        QLIST_REMOVE(list, node);
    }
    for (unsigned i = 0; i < list->count; i++) {
        list->heap[i]->expire_time = -1;
        list->heap[i]->heap_index = -1;
    }
    g_free(list->heap);
    qemu_cond_destroy(&list->idle);
    qemu_mutex_destroy(&list->lock);
    g_free(list);
}

void timerlistgroup_init(QEMUTimerListGroup *tlg, QEMUTimerListNotifyCB *cb,
                         void *opaque)
{
    for (int i = 0; i < QEMU_CLOCK_MAX; i++) {
        tlg->tl[i] = timerlist_new(i, cb, opaque);
    }
}

void timerlistgroup_deinit(QEMUTimerListGroup *tlg)
{
    for (int i = 0; i < QEMU_CLOCK_MAX; i++) {
        timerlist_free(tlg->tl[i]);
        tlg->tl[i] = NULL;
    }
}

static void __attribute__((constructor)) make_main_loop_lists(void)
{
    timerlistgroup_init(&main_loop_tlg, NULL, NULL);
}

void main_loop_tlg_set_notify(QEMUTimerListNotifyCB *cb, void *opaque)
{
    for (int i = 0; i < QEMU_CLOCK_MAX; i++) {
        main_loop_tlg.tl[i]->notify_cb = cb;
        main_loop_tlg.tl[i]->notify_opaque = opaque;
    }
}

static void timerlist_notify(QEMUTimerList *list)
{
    if (list->notify_cb) {
        list->notify_cb(list->notify_opaque, list->type);
    }
}

int64_t timerlist_deadline_ns(QEMUTimerList *list)
{
    int64_t deadline = qatomic_read(&list->deadline);
    int64_t left;

    if (deadline == NO_DEADLINE || !clock_is_enabled(list->type)) {
        return -1;
    }
    left = deadline - qemu_clock_get_ns(list->type);
    if (left <= 0) {
        return 0;
    }
    /* A clock that is moved by hand does not come nearer by waiting. */
    if (list->type == QEMU_CLOCK_VIRTUAL && virtual_clock_is_manual()) {
        return -1;
    }
    return left;
}

int64_t timerlistgroup_deadline_ns(QEMUTimerListGroup *tlg)
{
    int64_t soonest = -1;

    for (int i = 0; i < QEMU_CLOCK_MAX; i++) {
        soonest = qemu_soonest_timeout(soonest,
                                       timerlist_deadline_ns(tlg->tl[i]));
    }
    return soonest;
}

/* Call back for @ts, which is out of the heap; the lock is not held. */
static void timer_fire(QEMUTimerCB *cb, void *opaque,
                       MemReentrancyGuard *guard)
{
    MemReentrancyFrame frame;

    if (!guard) {
        cb(opaque);
    } else if (mem_reentrancy_enter(&frame, guard)) {
        cb(opaque);
        mem_reentrancy_leave(&frame);
    }
}

bool timerlist_run_timers(QEMUTimerList *list)
{
    QEMUTimerList *outer = running_list;
    bool progress = false;
    int64_t now;

    if (qatomic_read(&list->deadline) == NO_DEADLINE ||
        !clock_is_enabled(list->type)) {
        return false;
    }
    now = qemu_clock_get_ns(list->type);
    if (qatomic_read(&list->deadline) > now) {
        return false;
    }

    qemu_mutex_lock(&list->lock);
    list->running++;
    running_list = list;
    while (list->count && list->heap[0]->expire_time <= now &&
           clock_is_enabled(list->type)) {
        QEMUTimer *ts = list->heap[0];
        QEMUTimerCB *cb = ts->cb;
        void *opaque = ts->opaque;
        MemReentrancyGuard *guard = ts->guard;

        if (guard && mem_reentrancy_engaged(guard)) {
            break;      /* a nested loop inside the device: later */
        }
        heap_remove(list, ts);
        qemu_mutex_unlock(&list->lock);
        timer_fire(cb, opaque, guard);
        progress = true;
        qemu_mutex_lock(&list->lock);
    }
    running_list = outer;
    if (--list->running == 0) {
        qemu_cond_broadcast(&list->idle);
    }
    qemu_mutex_unlock(&list->lock);
    return progress;
}

bool timerlistgroup_run_timers(QEMUTimerListGroup *tlg)
{
    bool progress = false;

    for (int i = 0; i < QEMU_CLOCK_MAX; i++) {
        progress |= timerlist_run_timers(tlg->tl[i]);
    }
    return progress;
}

/* --- all lists of a clock --- */

void qemu_clock_notify(QEMUClockType type)
{
    QEMUTimerList *list;

    QEMU_LOCK_GUARD(&lists_lock);
    QLIST_FOREACH(list, &clocks[type].lists, node) {
        timerlist_notify(list);
    }
}

/* Wait until no other thread runs callbacks of @list. */
static void timerlist_quiesce(QEMUTimerList *list)
{
    if (running_list == list) {
        return;
    }
    qemu_mutex_lock(&list->lock);
    while (list->running) {
        qemu_cond_wait(&list->idle, &list->lock);
    }
    qemu_mutex_unlock(&list->lock);
}

void qemu_clock_enable(QEMUClockType type, bool enabled)
{
    QEMUTimerList *list;
    bool was = !qatomic_xchg(&clocks[type].disabled, !enabled);

    if (enabled && !was) {
        qemu_clock_notify(type);
    } else if (!enabled && was) {
        QEMU_LOCK_GUARD(&lists_lock);
        QLIST_FOREACH(list, &clocks[type].lists, node) {
            timerlist_quiesce(list);
        }
    }
}

bool qemu_clock_has_timers(QEMUClockType type)
{
    return qatomic_read(&main_loop_tlg.tl[type]->deadline) != NO_DEADLINE;
}

bool qemu_clock_expired(QEMUClockType type)
{
    return qatomic_read(&main_loop_tlg.tl[type]->deadline) <=
           qemu_clock_get_ns(type);
}

int64_t qemu_clock_deadline_ns_all(QEMUClockType type, int attr_mask)
{
    int64_t now = qemu_clock_get_ns(type);
    int64_t soonest = -1;
    QEMUTimerList *list;

    QEMU_LOCK_GUARD(&lists_lock);
    QLIST_FOREACH(list, &clocks[type].lists, node) {
        QEMU_LOCK_GUARD(&list->lock);
        for (unsigned i = 0; i < list->count; i++) {
            QEMUTimer *ts = list->heap[i];

            if (!(ts->attributes & ~attr_mask)) {
                soonest = qemu_soonest_timeout(soonest,
                                               MAX(ts->expire_time - now, 0));
            }
        }
    }
    return soonest;
}

bool qemu_clock_run_timers(QEMUClockType type)
{
    return timerlist_run_timers(main_loop_tlg.tl[type]);
}

bool qemu_clock_run_all_timers(void)
{
    return timerlistgroup_run_timers(&main_loop_tlg);
}

/* --- single timers --- */

void timer_init_full(QEMUTimer *ts, QEMUTimerListGroup *tlg,
                     QEMUClockType type, int scale, int attributes,
                     QEMUTimerCB *cb, void *opaque)
{
    *ts = (QEMUTimer){
        .timer_list = (tlg ? tlg : &main_loop_tlg)->tl[type],
        .cb = cb, .opaque = opaque, .scale = scale,
        .attributes = attributes, .expire_time = -1, .heap_index = -1,
    };
}

void timer_deinit(QEMUTimer *ts)
{
    timer_del(ts);
    ts->timer_list = NULL;
}

QEMUTimer *timer_new_full(QEMUTimerListGroup *tlg, QEMUClockType type,
                          int scale, int attributes,
                          QEMUTimerCB *cb, void *opaque)
{
    QEMUTimer *ts = g_new(QEMUTimer, 1);

    timer_init_full(ts, tlg, type, scale, attributes, cb, opaque);
    return ts;
}

void timer_free(QEMUTimer *ts)
{
    if (ts) {
        timer_del(ts);
        g_free(ts);
    }
}

void timer_set_guard(QEMUTimer *ts, MemReentrancyGuard *guard)
{
    ts->guard = guard;
}

void timer_del(QEMUTimer *ts)
{
    QEMUTimerList *list = ts->timer_list;

    if (!list) {
        return;
    }
    QEMU_LOCK_GUARD(&list->lock);
    if (ts->heap_index >= 0) {
        heap_remove(list, ts);
    }
}

/* Arm for @expire_ns; with @sooner only if that is earlier than it was. */
static void timer_arm(QEMUTimer *ts, int64_t expire_ns, bool sooner)
{
    QEMUTimerList *list = ts->timer_list;
    bool nearer = false;

    WITH_QEMU_LOCK_GUARD(&list->lock) {
        bool armed = ts->heap_index >= 0;

        if (armed && sooner && ts->expire_time <= expire_ns) {
            break;
        }
        if (armed) {
            heap_remove(list, ts);
        }
        nearer = heap_insert(list, ts, expire_ns);
    }
    if (nearer) {
        timerlist_notify(list);
    }
}

/* Units to ns, staying at the limit. */
static int64_t to_ns(const QEMUTimer *ts, int64_t when)
{
    int64_t ns;

    if (__builtin_mul_overflow(when, ts->scale, &ns)) {
        return when < 0 ? 0 : INT64_MAX - 1;
    }
    return MIN(ns, INT64_MAX - 1);
}

void timer_mod_ns(QEMUTimer *ts, int64_t expire_time)
{
    timer_arm(ts, MIN(expire_time, INT64_MAX - 1), false);
}

void timer_mod(QEMUTimer *ts, int64_t expire_time)
{
    timer_arm(ts, to_ns(ts, expire_time), false);
}

void timer_mod_anticipate_ns(QEMUTimer *ts, int64_t expire_time)
{
    timer_arm(ts, MIN(expire_time, INT64_MAX - 1), true);
}

void timer_mod_anticipate(QEMUTimer *ts, int64_t expire_time)
{
    timer_arm(ts, to_ns(ts, expire_time), true);
}

bool timer_pending(const QEMUTimer *ts)
{
    return qatomic_read(&ts->expire_time) >= 0;
}

bool timer_expired(const QEMUTimer *ts, int64_t current_time)
{
    int64_t expire = qatomic_read(&ts->expire_time);

    return expire >= 0 && expire <= to_ns(ts, current_time);
}

uint64_t timer_expire_time_ns(const QEMUTimer *ts)
{
    return qatomic_read(&ts->expire_time);
}

uint64_t timer_expire_time(const QEMUTimer *ts)
{
    int64_t expire = qatomic_read(&ts->expire_time);

    return expire < 0 ? -1 : expire / ts->scale;
}

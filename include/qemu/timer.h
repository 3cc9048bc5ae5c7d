/*
 * Clocks and timers. A timer belongs to one clock of one event loop and fires
 * in the thread of that loop; it may be armed and cancelled from any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_TIMER_H
#define QEMU_TIMER_H

#include "qemu/thread.h"
#include "qemu/host-utils.h"
#include "qemu/notify.h"
#include "qemu/reentrancy.h"

#define NANOSECONDS_PER_SECOND 1000000000LL

#define SCALE_MS 1000000
#define SCALE_US 1000
#define SCALE_NS 1

/*
 * REALTIME   host monotonic time, runs also while the VM is stopped
 * VIRTUAL    guest time: stops with the VM; in qtest moved by hand
 * HOST       host wall clock, may jump
 * VIRTUAL_RT like VIRTUAL, but never warped
 */
typedef enum {
    QEMU_CLOCK_REALTIME = 0,
    QEMU_CLOCK_VIRTUAL = 1,
    QEMU_CLOCK_HOST = 2,
    QEMU_CLOCK_VIRTUAL_RT = 3,
    QEMU_CLOCK_MAX
} QEMUClockType;

/* Fires although the guest cannot see it (no effect on replay). */
#define QEMU_TIMER_ATTR_EXTERNAL    (1 << 0)
#define QEMU_TIMER_ATTR_ALL         0xffffffff

typedef void QEMUTimerCB(void *opaque);
typedef void QEMUTimerListNotifyCB(void *opaque, QEMUClockType type);

/* The timers of one clock in one loop: a heap by deadline, FIFO when equal. */
struct QEMUTimerList {
    QemuMutex lock;
    QEMUClockType type;
    QEMUTimer **heap;               /* under lock */
    unsigned count, alloc;          /* under lock */
    uint64_t next_seq;              /* under lock */
    int64_t deadline;               /* of the first; INT64_MAX none; atomic */
    int running;                    /* callbacks under way; under lock */
    QemuCond idle;
    QEMUTimerListNotifyCB *notify_cb;
    void *notify_opaque;
    QLIST_ENTRY(QEMUTimerList) node;    /* all lists of the clock */
};

typedef struct QEMUTimerListGroup {
    QEMUTimerList *tl[QEMU_CLOCK_MAX];
} QEMUTimerListGroup;

/* May be embedded; opaque to users. */
struct QEMUTimer {
    int64_t expire_time;            /* ns, -1 when not armed */
    uint64_t seq;
    QEMUTimerList *timer_list;
    QEMUTimerCB *cb;
    void *opaque;
    MemReentrancyGuard *guard;
    int heap_index;
    int attributes;
    int scale;
};

/* The main loop's lists. */
extern QEMUTimerListGroup main_loop_tlg;

/* --- clocks --- */

/* Now, in ns. Any thread. */
int64_t qemu_clock_get_ns(QEMUClockType type);

static inline int64_t qemu_clock_get_us(QEMUClockType type)
{
    return qemu_clock_get_ns(type) / SCALE_US;
}

static inline int64_t qemu_clock_get_ms(QEMUClockType type)
{
    return qemu_clock_get_ns(type) / SCALE_MS;
}

/* Host monotonic and wall clock in ns; the emulator's own time measurements. */
int64_t get_clock(void);
int64_t get_clock_realtime(void);

/*
 * Let the timers of a clock fire, or not (VM stopped). Disabling waits until
 * callbacks of that clock in other threads have returned.
 */
void qemu_clock_enable(QEMUClockType type, bool enabled);

/* Wake all loops that have timers of @type: its notion of now jumped. */
void qemu_clock_notify(QEMUClockType type);

/* Is there an armed timer; has one expired; ns to the first one (-1: none). */
bool qemu_clock_has_timers(QEMUClockType type);
bool qemu_clock_expired(QEMUClockType type);
int64_t qemu_clock_deadline_ns_all(QEMUClockType type, int attr_mask);

/* Fire what has expired in the main loop's list(s); true if something did. */
bool qemu_clock_run_timers(QEMUClockType type);
bool qemu_clock_run_all_timers(void);

/*
 * The virtual clock. It begins stopped at 0. While it runs it follows host
 * monotonic time; stopped it stands still. Start and stop also enable and
 * disable its timers. Call with the big lock held.
 */
void virtual_clock_start(void);
void virtual_clock_stop(void);
bool virtual_clock_running(void);
/* Continue from @ns (state loaded). */
void virtual_clock_set(int64_t ns);
/* From now on the clock is moved by hand only (qtest). */
void virtual_clock_set_manual(void);
bool virtual_clock_is_manual(void);
/*
 * Move a manual clock forward to @dest ns, running on the way every timer of
 * the main loop at its own deadline. Gives the new time. Big lock held.
 */
int64_t qemu_clock_advance_virtual_time(int64_t dest);
/* Replace the running source (an instruction counter); NULL: the host's. */
void virtual_clock_set_source(int64_t (*get_ns)(void));
/* @hook is called by the main loop before it works out how long to sleep. */
void virtual_clock_set_warp_hook(void (*hook)(void));

/* --- timers --- */

/*
 * Initialise an embedded timer. @tlg NULL: the main loop's. @scale is the unit
 * of expire times in ns (SCALE_*).
 */
void timer_init_full(QEMUTimer *ts, QEMUTimerListGroup *tlg,
                     QEMUClockType type, int scale, int attributes,
                     QEMUTimerCB *cb, void *opaque);
/* Cancel and forget; timer_init again before further use. */
void timer_deinit(QEMUTimer *ts);

static inline void timer_init(QEMUTimer *ts, QEMUClockType type, int scale,
                              QEMUTimerCB *cb, void *opaque)
{
    timer_init_full(ts, NULL, type, scale, 0, cb, opaque);
}

static inline void timer_init_ns(QEMUTimer *ts, QEMUClockType type,
                                 QEMUTimerCB *cb, void *opaque)
{
    timer_init(ts, type, SCALE_NS, cb, opaque);
}

static inline void timer_init_us(QEMUTimer *ts, QEMUClockType type,
                                 QEMUTimerCB *cb, void *opaque)
{
    timer_init(ts, type, SCALE_US, cb, opaque);
}

static inline void timer_init_ms(QEMUTimer *ts, QEMUClockType type,
                                 QEMUTimerCB *cb, void *opaque)
{
    timer_init(ts, type, SCALE_MS, cb, opaque);
}

/* The same on the heap, to be freed with timer_free(). */
QEMUTimer *timer_new_full(QEMUTimerListGroup *tlg, QEMUClockType type,
                          int scale, int attributes,
                          QEMUTimerCB *cb, void *opaque);

static inline QEMUTimer *timer_new(QEMUClockType type, int scale,
                                   QEMUTimerCB *cb, void *opaque)
{
    return timer_new_full(NULL, type, scale, 0, cb, opaque);
}

static inline QEMUTimer *timer_new_ns(QEMUClockType type, QEMUTimerCB *cb,
                                      void *opaque)
{
    return timer_new(type, SCALE_NS, cb, opaque);
}

static inline QEMUTimer *timer_new_us(QEMUClockType type, QEMUTimerCB *cb,
                                      void *opaque)
{
    return timer_new(type, SCALE_US, cb, opaque);
}

static inline QEMUTimer *timer_new_ms(QEMUClockType type, QEMUTimerCB *cb,
                                      void *opaque)
{
    return timer_new(type, SCALE_MS, cb, opaque);
}

/* Cancel and free; NULL is allowed. */
void timer_free(QEMUTimer *ts);

/* The callback runs inside @guard: a device cannot enter itself from it. */
void timer_set_guard(QEMUTimer *ts, MemReentrancyGuard *guard);

/* Arm for @expire_time (absolute, in the timer's unit, or in ns). */
void timer_mod(QEMUTimer *ts, int64_t expire_time);
void timer_mod_ns(QEMUTimer *ts, int64_t expire_time);
/* The same unless it is armed for an earlier time already. */
void timer_mod_anticipate(QEMUTimer *ts, int64_t expire_time);
void timer_mod_anticipate_ns(QEMUTimer *ts, int64_t expire_time);
/* Cancel. A callback that runs in another thread is not waited for. */
void timer_del(QEMUTimer *ts);
bool timer_pending(const QEMUTimer *ts);
/* Is its time past @current_time (in its unit)? */
bool timer_expired(const QEMUTimer *ts, int64_t current_time);
/* When it is armed for, in its unit (_ns: in ns); -1 if it is not armed. */
uint64_t timer_expire_time(const QEMUTimer *ts);
uint64_t timer_expire_time_ns(const QEMUTimer *ts);

/* --- for event loops --- */

/* Four empty lists; @cb is called, any thread, when a first deadline nears. */
void timerlistgroup_init(QEMUTimerListGroup *tlg, QEMUTimerListNotifyCB *cb,
                         void *opaque);
void timerlistgroup_deinit(QEMUTimerListGroup *tlg);
/* Fire what has expired; true if something did. Loop's thread. */
bool timerlistgroup_run_timers(QEMUTimerListGroup *tlg);
bool timerlist_run_timers(QEMUTimerList *tl);
/* ns to the first deadline of an enabled clock: 0 past, -1 none. */
int64_t timerlistgroup_deadline_ns(QEMUTimerListGroup *tlg);
int64_t timerlist_deadline_ns(QEMUTimerList *tl);

/* The earlier of two timeouts where -1 means never. */
static inline int64_t qemu_soonest_timeout(int64_t a, int64_t b)
{
    return (uint64_t)a < (uint64_t)b ? a : b;
}

#endif

/*
 * The run state: which states there are and may follow each other, starting
 * and stopping the guest, requests to reset and end, the main loop's end.
 *
 * Who runs CPUs, resets a machine or speaks to clients stands above this file
 * and plugs itself in by tables (runstate.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "system/runstate.h"
#include "trace.h"

RebootAction reboot_action = REBOOT_ACTION_RESET;
ShutdownAction shutdown_action = SHUTDOWN_ACTION_POWEROFF;
PanicAction panic_action = PANIC_ACTION_SHUTDOWN;
int autostart = 1;

static RunState current_state = RUN_STATE_PRELAUNCH;
static const RunStateCpuOps *cpu_ops;
static const RunStateMachineOps *machine_ops;
static const RunStateEvents *events;

#define CALL(table, member, ...)                                            \
    do {                                                                    \
        if ((table) && (table)->member) {                                   \
            (table)->member(__VA_ARGS__);                                   \
        }                                                                   \
    } while (0)

void runstate_set_cpu_ops(const RunStateCpuOps *ops)
{
    cpu_ops = ops;
}

void runstate_set_machine_ops(const RunStateMachineOps *ops)
{
    machine_ops = ops;
}

void runstate_set_events(const RunStateEvents *table)
{
    events = table;
}

/* ---- states ---- */

#define S(name) (1u << RUN_STATE_##name)

/* What may follow any state in which the guest merely stands still. */
#define FROM_STILL (S(RUNNING) | S(SUSPENDED) | S(PRELAUNCH) | S(PAUSED) | \
                    S(FINISH_MIGRATE) | S(POSTMIGRATE) | S(SAVE_VM) | \
                    S(RESTORE_VM) | S(SHUTDOWN) | S(COLO))

static const struct {
    const char *name;
    uint32_t next;      /* states that may follow */
} states[RUN_STATE__MAX] = {
    [RUN_STATE_DEBUG] = { "debug", FROM_STILL },
    [RUN_STATE_INMIGRATE] = { "inmigrate",
                              FROM_STILL | S(INTERNAL_ERROR) | S(IO_ERROR) |
                              S(WATCHDOG) | S(GUEST_PANICKED) | S(DEBUG) },
    /* only a reset helps */
    [RUN_STATE_INTERNAL_ERROR] = { "internal-error",
                                   S(PAUSED) | S(FINISH_MIGRATE) |
                                   S(PRELAUNCH) | S(SHUTDOWN) },
    [RUN_STATE_IO_ERROR] = { "io-error", FROM_STILL },
    [RUN_STATE_PAUSED] = { "paused", FROM_STILL },
    [RUN_STATE_POSTMIGRATE] = { "postmigrate", FROM_STILL },
    [RUN_STATE_PRELAUNCH] = { "prelaunch", FROM_STILL | S(INMIGRATE) },
    [RUN_STATE_FINISH_MIGRATE] = { "finish-migrate",
                                   FROM_STILL | S(INTERNAL_ERROR) |
                                   S(IO_ERROR) | S(GUEST_PANICKED) |
                                   S(WATCHDOG) },
    [RUN_STATE_RESTORE_VM] = { "restore-vm", FROM_STILL },
    [RUN_STATE_RUNNING] = { "running",
                            FROM_STILL | S(DEBUG) | S(INTERNAL_ERROR) |
                            S(IO_ERROR) | S(WATCHDOG) | S(GUEST_PANICKED) },
    [RUN_STATE_SAVE_VM] = { "save-vm", FROM_STILL },
    [RUN_STATE_SHUTDOWN] = { "shutdown",
                             S(PAUSED) | S(FINISH_MIGRATE) | S(PRELAUNCH) },
    [RUN_STATE_SUSPENDED] = { "suspended", FROM_STILL },
    [RUN_STATE_WATCHDOG] = { "watchdog", FROM_STILL },
    [RUN_STATE_GUEST_PANICKED] = { "guest-panicked", FROM_STILL },
    [RUN_STATE_COLO] = { "colo", FROM_STILL },
};

#undef S

const char *RunState_str(RunState state)
{
    return state < RUN_STATE__MAX ? states[state].name : "invalid";
}

const char *ShutdownCause_str(ShutdownCause cause)
{
    static const char *const names[SHUTDOWN_CAUSE__MAX] = {
        "none", "host-error", "host-qmp-quit", "host-qmp-system-reset",
        "host-signal", "host-ui", "guest-shutdown", "guest-reset",
        "guest-panic", "subsystem-reset", "snapshot-load",
    };

    return cause < SHUTDOWN_CAUSE__MAX ? names[cause] : "invalid";
}

RunState runstate_get(void)
{
    return qatomic_read(&current_state);
}

bool runstate_check(RunState state)
{
    return runstate_get() == state;
}

void runstate_set(RunState new_state)
{
    g_assert(new_state < RUN_STATE__MAX);
    if (new_state == current_state) {
        return;
    }
    if (!(states[current_state].next & (1u << new_state))) {
        error_report("invalid run state transition: '%s' -> '%s'",
                     RunState_str(current_state), RunState_str(new_state));
        abort();
    }
    trace_runstate_set(current_state, RunState_str(current_state), new_state,
                       RunState_str(new_state));
    qatomic_set(&current_state, new_state);
}

bool runstate_is_running(void)
{
    return runstate_check(RUN_STATE_RUNNING);
}

bool runstate_needs_reset(void)
{
    return runstate_check(RUN_STATE_INTERNAL_ERROR) ||
           runstate_check(RUN_STATE_SHUTDOWN);
}

/* ---- those who want to know ---- */

struct VMChangeStateEntry {
    VMChangeStateHandler *cb;
    void *opaque;
    int priority;
    bool gone;              /* deleted while the list was walked */
    QTAILQ_ENTRY(VMChangeStateEntry) link;
};

static QTAILQ_HEAD(, VMChangeStateEntry) change_entries =
    QTAILQ_HEAD_INITIALIZER(change_entries);
static unsigned change_walks;

VMChangeStateEntry *qemu_add_vm_change_state_handler_prio(
    VMChangeStateHandler *cb, void *opaque, int priority)
{
    VMChangeStateEntry *e = g_new0(VMChangeStateEntry, 1), *other;

    e->cb = cb;
    e->opaque = opaque;
    e->priority = priority;
    QTAILQ_FOREACH(other, &change_entries, link) {
        if (other->priority > priority) {
            QTAILQ_INSERT_BEFORE(other, e, link);
            return e;
        }
    }
    QTAILQ_INSERT_TAIL(&change_entries, e, link);
    return e;
}

VMChangeStateEntry *qemu_add_vm_change_state_handler(VMChangeStateHandler *cb,
                                                     void *opaque)
{
    return qemu_add_vm_change_state_handler_prio(cb, opaque, 0);
}

void qemu_del_vm_change_state_handler(VMChangeStateEntry *e)
{
    if (!e) {
        return;
    }
    if (change_walks) {
        e->gone = true;
        return;
    }
    QTAILQ_REMOVE(&change_entries, e, link);
    g_free(e);
}

void vm_state_notify(bool running, RunState state)
{
    VMChangeStateEntry *e, *next;

    trace_vm_state_notify(running, state, RunState_str(state));
    change_walks++;
    if (running) {
        QTAILQ_FOREACH(e, &change_entries, link) {
            if (!e->gone) {
                e->cb(e->opaque, true, state);
            }
        }
    } else {
        QTAILQ_FOREACH_REVERSE(e, &change_entries, link) {
            if (!e->gone) {
                e->cb(e->opaque, false, state);
            }
        }
    }
    if (--change_walks == 0) {
        QTAILQ_FOREACH_SAFE(e, &change_entries, link, next) {
            if (e->gone) {
                qemu_del_vm_change_state_handler(e);
            }
        }
    }
}

static NotifierList powerdown_notifiers =
    NOTIFIER_LIST_INITIALIZER(powerdown_notifiers);
static NotifierList shutdown_notifiers =
    NOTIFIER_LIST_INITIALIZER(shutdown_notifiers);
static NotifierList suspend_notifiers =
    NOTIFIER_LIST_INITIALIZER(suspend_notifiers);
static NotifierList wakeup_notifiers =
    NOTIFIER_LIST_INITIALIZER(wakeup_notifiers);
static NotifierList exit_notifiers = NOTIFIER_LIST_INITIALIZER(exit_notifiers);

void qemu_register_powerdown_notifier(Notifier *notifier)
{
    notifier_list_add(&powerdown_notifiers, notifier);
}

void qemu_register_shutdown_notifier(Notifier *notifier)
{
    notifier_list_add(&shutdown_notifiers, notifier);
}

void qemu_register_suspend_notifier(Notifier *notifier)
{
    notifier_list_add(&suspend_notifiers, notifier);
}

void qemu_register_wakeup_notifier(Notifier *notifier)
{
    notifier_list_add(&wakeup_notifiers, notifier);
}

static void run_exit_notifiers(void)
{
    notifier_list_notify(&exit_notifiers, NULL);
}

void qemu_add_exit_notifier(Notifier *notify)
{
    static bool registered;

    if (!registered) {
        registered = true;
        atexit(run_exit_notifiers);
    }
    notifier_list_add(&exit_notifiers, notify);
}

void qemu_remove_exit_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

/* ---- starting and stopping ---- */

/* The stop that was asked for and is not done yet; MAX: none. */
static int vmstop_requested = RUN_STATE__MAX;

static void cpus_pause(void)
{
    if (cpu_ops) {
        cpu_ops->pause_all();
    } else {
        virtual_clock_stop();
    }
}

static void cpus_resume(void)
{
    if (cpu_ops) {
        cpu_ops->resume_all();
    } else {
        virtual_clock_start();
    }
}

int vm_prepare_start(bool step_pending)
{
    bool stop_pending = qatomic_xchg(&vmstop_requested, RUN_STATE__MAX) !=
                        RUN_STATE__MAX;

    if (runstate_is_running()) {
        if (stop_pending) {
            /* Never stopped, but who asked for it waits for both events. */
            CALL(events, stop);
            CALL(events, resume);
        }
        return -1;
    }
    CALL(events, resume);
    runstate_set(RUN_STATE_RUNNING);
    vm_state_notify(true, RUN_STATE_RUNNING);
    return 0;
}

void vm_start(void)
{
    if (vm_prepare_start(false) == 0) {
        cpus_resume();
    }
}

static void stop_now(RunState state, bool tell)
{
    if (!runstate_is_running()) {
        return;
    }
    cpus_pause();
    runstate_set(state);
    vm_state_notify(false, state);
    if (tell) {
        CALL(events, stop);
    }
}

int vm_stop(RunState state)
{
    if (cpu_ops && cpu_ops->in_cpu_thread && cpu_ops->in_cpu_thread()) {
        qemu_system_vmstop_request(state);
        return 0;
    }
    stop_now(state, true);
    return 0;
}

int vm_stop_force_state(RunState state)
{
    if (runstate_is_running()) {
        return vm_stop(state);
    }
    runstate_set(state);
    return 0;
}

int vm_shutdown(void)
{
    stop_now(RUN_STATE_SHUTDOWN, false);
    return 0;
}

/* ---- requests ---- */

static int reset_requested;         /* ShutdownCause, as are all of these */
static int shutdown_requested;
static int shutdown_exit_code;
static int shutdown_signal = -1;
static pid_t shutdown_pid;
static bool powerdown_requested;
static bool suspend_requested;
static bool debug_requested;
static int wakeup_requested;        /* WakeupReason */
static unsigned wakeup_mask = ~(1u << QEMU_WAKEUP_REASON_NONE);
static bool wakeup_supported;

/* The main loop has something to do; a CPU that asked waits for it. */
static void request_made(void)
{
    if (cpu_ops && cpu_ops->in_cpu_thread && cpu_ops->in_cpu_thread()) {
        CALL(cpu_ops, stop_current);
    }
    qemu_notify_event();
}

void qemu_system_vmstop_request(RunState state)
{
    qatomic_set(&vmstop_requested, state);
    request_made();
}

void qemu_system_reset_request(ShutdownCause reason)
{
    trace_qemu_system_reset_request(ShutdownCause_str(reason));
    if (reboot_action == REBOOT_ACTION_SHUTDOWN &&
        reason != SHUTDOWN_CAUSE_SUBSYSTEM_RESET) {
        qatomic_set(&shutdown_requested, reason);
    } else {
        qatomic_set(&reset_requested, reason);
    }
    request_made();
}

void qemu_system_shutdown_request(ShutdownCause reason)
{
    trace_qemu_system_shutdown_request(ShutdownCause_str(reason));
    qatomic_set(&shutdown_requested, reason);
    qemu_notify_event();
}

void qemu_system_shutdown_request_with_code(ShutdownCause reason,
                                            int exit_code)
{
    shutdown_exit_code = exit_code;
    qemu_system_shutdown_request(reason);
}

void qemu_system_killed(int signal, pid_t pid)
{
    shutdown_signal = signal;
    shutdown_pid = pid;
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    /* Nothing but async-signal-safe calls from here. */
    qatomic_set(&shutdown_requested, SHUTDOWN_CAUSE_HOST_SIGNAL);
    qemu_notify_event();
}

void qemu_system_powerdown_request(void)
{
    trace_qemu_system_powerdown_request();
    qatomic_set(&powerdown_requested, true);
    qemu_notify_event();
}

void qemu_system_suspend_request(void)
{
    if (!runstate_check(RUN_STATE_SUSPENDED)) {
        qatomic_set(&suspend_requested, true);
        request_made();
    }
}

void qemu_system_debug_request(void)
{
    qatomic_set(&debug_requested, true);
    qemu_notify_event();
}

void qemu_register_wakeup_support(void)
{
    wakeup_supported = true;
}

bool qemu_wakeup_suspend_enabled(void)
{
    return wakeup_supported;
}

void qemu_system_wakeup_enable(WakeupReason reason, bool enabled)
{
    if (enabled) {
        wakeup_mask |= 1u << reason;
    } else {
        wakeup_mask &= ~(1u << reason);
    }
}

void qemu_system_wakeup_request(WakeupReason reason, Error **errp)
{
    if (!runstate_check(RUN_STATE_SUSPENDED)) {
        error_setg(errp,
                   "Unable to wake up: guest is not in suspended state");
        return;
    }
    if (wakeup_mask & (1u << reason)) {
        runstate_set(RUN_STATE_RUNNING);
        qatomic_set(&wakeup_requested, reason);
        qemu_notify_event();
    }
}

void qemu_system_guest_panicked(void)
{
    CALL(events, guest_panicked);
    switch (panic_action) {
    case PANIC_ACTION_PAUSE:
        vm_stop(RUN_STATE_GUEST_PANICKED);
        break;
    case PANIC_ACTION_SHUTDOWN:
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_PANIC);
        break;
    case PANIC_ACTION_EXIT_FAILURE:
        qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_GUEST_PANIC,
                                               EXIT_FAILURE);
        break;
    case PANIC_ACTION_NONE:
        break;
    }
}

bool qemu_reset_requested(void)
{
    return qatomic_read(&reset_requested) != SHUTDOWN_CAUSE_NONE;
}

ShutdownCause qemu_reset_requested_get(void)
{
    return qatomic_read(&reset_requested);
}

ShutdownCause qemu_shutdown_requested_get(void)
{
    return qatomic_read(&shutdown_requested);
}

/* ---- carrying requests out ---- */

void qemu_system_reset(ShutdownCause reason)
{
    CALL(machine_ops, reset, reason);
    if (reason != SHUTDOWN_CAUSE_NONE &&
        reason != SHUTDOWN_CAUSE_SUBSYSTEM_RESET) {
        CALL(events, reset, shutdown_caused_by_guest(reason), reason);
    }
    CALL(cpu_ops, synchronize_reset);
}

static void do_reset(ShutdownCause cause)
{
    bool running = runstate_is_running();

    cpus_pause();
    qemu_system_reset(cause);
    if (running) {
        cpus_resume();
    } else if (!runstate_check(RUN_STATE_INMIGRATE) &&
               !runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        runstate_set(RUN_STATE_PRELAUNCH);
    }
}

static void do_suspend(void)
{
    cpus_pause();
    notifier_list_notify(&suspend_notifiers, NULL);
    runstate_set(RUN_STATE_SUSPENDED);
    CALL(events, suspend);
}

static void do_wakeup(WakeupReason reason)
{
    cpus_pause();
    CALL(machine_ops, wakeup);
    notifier_list_notify(&wakeup_notifiers, &reason);
    cpus_resume();
    CALL(events, wakeup);
}

static void report_killer(void)
{
    g_autofree char *path = NULL;
    g_autofree char *name = NULL;
    size_t len = 0;

    if (shutdown_signal < 0 || virtual_clock_is_manual()) {
        return;             /* test programs end us so every time */
    }
    if (shutdown_pid == 0) {
        error_report("terminating on signal %d", shutdown_signal);
    } else {
        path = g_strdup_printf("/proc/%d/comm", (int)shutdown_pid);
        if (!g_file_get_contents(path, &name, &len, NULL)) {
            name = g_strdup("<unknown process>");
        }
        error_report("terminating on signal %d from pid %d (%s)",
                     shutdown_signal, (int)shutdown_pid, g_strchomp(name));
    }
    shutdown_signal = -1;
}

/* True when the program is to end. */
static bool do_shutdown(ShutdownCause cause, int *status)
{
    report_killer();
    CALL(events, shutdown, shutdown_caused_by_guest(cause), cause);
    notifier_list_notify(&shutdown_notifiers, &cause);
    if (shutdown_action == SHUTDOWN_ACTION_PAUSE) {
        vm_stop(RUN_STATE_SHUTDOWN);
        return false;
    }
    *status = shutdown_exit_code;
    return true;
}

bool main_loop_should_exit(int *status)
{
    int cause, state, reason;

    if (qatomic_xchg(&debug_requested, false)) {
        vm_stop(RUN_STATE_DEBUG);
    }
    if (qatomic_xchg(&suspend_requested, false)) {
        do_suspend();
    }
    cause = qatomic_xchg(&shutdown_requested, SHUTDOWN_CAUSE_NONE);
    if (cause && do_shutdown(cause, status)) {
        return true;
    }
    /* While the state is saved nothing may change; the reset comes after it. */
    if (!runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        cause = qatomic_xchg(&reset_requested, SHUTDOWN_CAUSE_NONE);
        if (cause) {
            do_reset(cause);
        }
    }
    reason = qatomic_xchg(&wakeup_requested, QEMU_WAKEUP_REASON_NONE);
    if (reason) {
        do_wakeup(reason);
    }
    if (qatomic_xchg(&powerdown_requested, false)) {
        CALL(events, powerdown);
        notifier_list_notify(&powerdown_notifiers, NULL);
    }
    state = qatomic_xchg(&vmstop_requested, RUN_STATE__MAX);
    if (state != RUN_STATE__MAX) {
        vm_stop(state);
    }
    return false;
}

int qemu_main_loop(void)
{
    int status = EXIT_SUCCESS;

    while (!main_loop_should_exit(&status)) {
        main_loop_wait(false);
    }
    return status;
}

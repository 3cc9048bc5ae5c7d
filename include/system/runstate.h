/*
 * Whether the guest runs, and why not: states, requests to stop, reset and
 * end, and those who want to know.
 *
 * Requests may be made from any thread; they are carried out by the main
 * loop. All else: main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_RUNSTATE_H
#define SYSTEM_RUNSTATE_H

#include "qemu/notify.h"

typedef enum RunState {
    RUN_STATE_DEBUG,
    RUN_STATE_INMIGRATE,
    RUN_STATE_INTERNAL_ERROR,
    RUN_STATE_IO_ERROR,
    RUN_STATE_PAUSED,
    RUN_STATE_POSTMIGRATE,
    RUN_STATE_PRELAUNCH,
    RUN_STATE_FINISH_MIGRATE,
    RUN_STATE_RESTORE_VM,
    RUN_STATE_RUNNING,
    RUN_STATE_SAVE_VM,
    RUN_STATE_SHUTDOWN,
    RUN_STATE_SUSPENDED,
    RUN_STATE_WATCHDOG,
    RUN_STATE_GUEST_PANICKED,
    RUN_STATE_COLO,
    RUN_STATE__MAX,
} RunState;

typedef enum ShutdownCause {
    SHUTDOWN_CAUSE_NONE,
    SHUTDOWN_CAUSE_HOST_ERROR,
    SHUTDOWN_CAUSE_HOST_QMP_QUIT,
    SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET,
    SHUTDOWN_CAUSE_HOST_SIGNAL,
    SHUTDOWN_CAUSE_HOST_UI,
    SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
    SHUTDOWN_CAUSE_GUEST_RESET,
    SHUTDOWN_CAUSE_GUEST_PANIC,
    SHUTDOWN_CAUSE_SUBSYSTEM_RESET,
    SHUTDOWN_CAUSE_SNAPSHOT_LOAD,
    SHUTDOWN_CAUSE__MAX,
} ShutdownCause;

/* Did the guest ask for it? */
static inline bool shutdown_caused_by_guest(ShutdownCause cause)
{
    return cause >= SHUTDOWN_CAUSE_GUEST_SHUTDOWN &&
           cause < SHUTDOWN_CAUSE_SNAPSHOT_LOAD;
}

/* "guest-reset", as QMP says it. */
const char *ShutdownCause_str(ShutdownCause cause);
/* "running", "paused", "prelaunch", … */
const char *RunState_str(RunState state);

bool runstate_check(RunState state);
RunState runstate_get(void);
/* Only changes that make sense are allowed; others abort. */
void runstate_set(RunState new_state);
bool runstate_is_running(void);
bool runstate_needs_reset(void);

/*
 * Tells `cb` whenever the guest starts or stops running. When it starts, lower
 * priority is told first, when it stops, last (so a CPU stops before devices
 * whose priority is lower).
 */
typedef void VMChangeStateHandler(void *opaque, bool running, RunState state);
typedef int VMChangeStateHandlerWithRet(void *opaque, bool running,
                                        RunState state);
VMChangeStateEntry *qemu_add_vm_change_state_handler(VMChangeStateHandler *cb,
                                                     void *opaque);
VMChangeStateEntry *qemu_add_vm_change_state_handler_prio(
    VMChangeStateHandler *cb, void *opaque, int priority);
/* The priority is the depth of dev in the tree of devices: parents first when
 * starting. */
VMChangeStateEntry *qdev_add_vm_change_state_handler(DeviceState *dev,
                                                     VMChangeStateHandler *cb,
                                                     void *opaque);
/* Allowed from inside any handler, also its own. */
void qemu_del_vm_change_state_handler(VMChangeStateEntry *e);
void vm_state_notify(bool running, RunState state);

/* Starts the guest unless something keeps it stopped. */
void vm_start(void);
/* Stops it at once (all CPUs have left guest code on return) and enters
 * `state`; without effect, but 0, when it does not run. From a CPU thread it
 * is turned into a request. */
int vm_stop(RunState state);
/* The same, and enters `state` also when it was stopped already. */
int vm_stop_force_state(RunState state);
/* Everything but the CPUs: for migration. 0, or -1 if there is nothing to do. */
int vm_prepare_start(bool step_pending);
int vm_shutdown(void);

/*
 * What the CPUs do when the guest starts and stops: set by the machine before
 * the first CPU is made. Without it only the virtual clock starts and stops.
 */
typedef struct RunStateCpuOps {
    void (*resume_all)(void);           /* with the virtual clock */
    void (*pause_all)(void);
    bool (*in_cpu_thread)(void);
    void (*stop_current)(void);         /* the calling thread's CPU */
    void (*synchronize_reset)(void);    /* after a system reset; may be NULL */
} RunStateCpuOps;
void runstate_set_cpu_ops(const RunStateCpuOps *ops);

/* What a machine does when it is reset and woken; set with the machine. */
typedef struct RunStateMachineOps {
    void (*reset)(ShutdownCause cause);
    void (*wakeup)(void);
} RunStateMachineOps;
void runstate_set_machine_ops(const RunStateMachineOps *ops);

/* What the control interface wants to say; any member may be NULL. */
typedef struct RunStateEvents {
    void (*stop)(void);
    void (*resume)(void);
    void (*reset)(bool guest, ShutdownCause reason);
    void (*shutdown)(bool guest, ShutdownCause reason);
    void (*powerdown)(void);
    void (*suspend)(void);
    void (*suspend_disk)(void);
    void (*wakeup)(void);
    void (*guest_panicked)(void);
} RunStateEvents;
void runstate_set_events(const RunStateEvents *events);

/* ---- requests ---------------------------------------------------------- */

typedef enum WakeupReason {
    QEMU_WAKEUP_REASON_NONE = 0,
    QEMU_WAKEUP_REASON_RTC,
    QEMU_WAKEUP_REASON_PMTIMER,
    QEMU_WAKEUP_REASON_OTHER,
} WakeupReason;

void qemu_system_reset_request(ShutdownCause reason);
void qemu_system_shutdown_request(ShutdownCause reason);
void qemu_system_shutdown_request_with_code(ShutdownCause reason,
                                            int exit_code);
void qemu_system_powerdown_request(void);
void qemu_system_suspend_request(void);
void qemu_system_wakeup_request(WakeupReason reason, Error **errp);
void qemu_system_wakeup_enable(WakeupReason reason, bool enabled);
void qemu_system_vmstop_request(RunState state);
void qemu_system_debug_request(void);
void qemu_system_guest_panicked(void);
/* From a signal handler too. */
void qemu_system_killed(int signal, pid_t pid);
/* Resets now; SHUTDOWN_CAUSE_NONE tells nobody. */
void qemu_system_reset(ShutdownCause reason);

bool qemu_reset_requested(void);
ShutdownCause qemu_shutdown_requested_get(void);
ShutdownCause qemu_reset_requested_get(void);

/* Called with the ShutdownCause as data (shutdown) or NULL. */
void qemu_register_powerdown_notifier(Notifier *notifier);
void qemu_register_shutdown_notifier(Notifier *notifier);
void qemu_register_suspend_notifier(Notifier *notifier);
void qemu_register_wakeup_notifier(Notifier *notifier);
void qemu_register_wakeup_support(void);
bool qemu_wakeup_suspend_enabled(void);
void qemu_add_exit_notifier(Notifier *notify);
void qemu_remove_exit_notifier(Notifier *notify);

/* What -no-reboot, -no-shutdown and -action say. */
typedef enum RebootAction {
    REBOOT_ACTION_RESET,
    REBOOT_ACTION_SHUTDOWN,
} RebootAction;
typedef enum ShutdownAction {
    SHUTDOWN_ACTION_POWEROFF,
    SHUTDOWN_ACTION_PAUSE,
} ShutdownAction;
typedef enum PanicAction {
    PANIC_ACTION_PAUSE,
    PANIC_ACTION_SHUTDOWN,
    PANIC_ACTION_EXIT_FAILURE,
    PANIC_ACTION_NONE,
} PanicAction;
extern RebootAction reboot_action;
extern ShutdownAction shutdown_action;
extern PanicAction panic_action;

/* Carries out what was requested; true when the main loop is to end, *status
 * is the program's then. */
bool main_loop_should_exit(int *status);
/* Runs the main loop until then. */
int qemu_main_loop(void);
/* At the end of start-up, or with autostart off: PRELAUNCH to RUNNING. */
extern int autostart;

#endif

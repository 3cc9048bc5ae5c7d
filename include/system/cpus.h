/*
 * The threads of the virtual CPUs: starting, pausing and waking them, and the
 * table by which an accelerator plugs its own way of running them in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_CPUS_H
#define SYSTEM_CPUS_H

#include "qemu/main-loop.h"

/*
 * How an accelerator runs CPUs. One instance per accelerator, registered by
 * cpus_register_accel() when the accelerator is chosen.
 */
typedef struct AccelOpsClass {
    /* Makes (or joins) the thread that runs @cpu. Big lock. */
    void (*create_vcpu_thread)(CPUState *cpu);
    /* Makes that thread look at cpu->stop and the work list. Any thread. */
    void (*kick_vcpu_thread)(CPUState *cpu);
    /* True when the CPU's thread has nothing to do. Big lock; may be NULL. */
    bool (*cpu_thread_is_idle)(CPUState *cpu);
    /* Copies registers from and to the kernel; NULL when env is the truth. */
    void (*synchronize_state)(CPUState *cpu);
    void (*synchronize_post_reset)(CPUState *cpu);
    void (*synchronize_post_init)(CPUState *cpu);
} AccelOpsClass;

/* The accelerator's table; once, before the first CPU. */
void cpus_register_accel(const AccelOpsClass *ops);
const AccelOpsClass *cpus_get_accel(void);

/* Gives a realized CPU its thread and waits until it is there. Big lock. */
void qemu_init_vcpu(CPUState *cpu);

/* Ends the CPU's thread. Big lock. */
void cpu_remove_sync(CPUState *cpu);

/*
 * Stops all CPUs at a block boundary and the virtual clock with them; waits
 * until the last has stopped. Big lock (released while waiting).
 */
void pause_all_vcpus(void);

/* Lets them run again. Big lock. */
void resume_all_vcpus(void);
void cpu_resume(CPUState *cpu);

/* True when every CPU has stopped. Big lock. */
bool all_vcpus_paused(void);

/* On a CPU's thread: stops this CPU (a request from guest code). */
void cpu_stop_current(void);

/*
 * Sleeps until the CPU has something to do, then serves stop requests and
 * queued work. The CPU's thread, big lock held.
 */
void qemu_wait_io_event(CPUState *cpu);
void qemu_wait_io_event_common(CPUState *cpu);

/* True when the CPU's thread may sleep. Big lock. */
bool cpu_thread_is_idle(CPUState *cpu);

/* True when all CPUs may sleep. Big lock. */
bool all_cpu_threads_idle(void);

/* Registers current for every CPU (monitor, migration). Big lock. */
void cpu_synchronize_all_states(void);
void cpu_synchronize_all_post_reset(void);
void cpu_synchronize_all_post_init(void);
void cpu_synchronize_state(CPUState *cpu);

#endif

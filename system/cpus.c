/*
 * The threads of the CPUs as the rest sees them: kicking, pausing, resuming,
 * and functions run between two blocks of guest code. How a thread runs guest
 * code is the accelerator's business (AccelOpsClass).
 *
 * Everything is guarded by the big lock unless said otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/cpu-timers.h"
#include "system/cpus.h"
#include "system/runstate.h"

static const AccelOpsClass *accel_ops;

/* Signalled when a CPU has stopped, or has done queued work. */
static QemuCond pause_cond = { PTHREAD_COND_INITIALIZER };
static QemuCond work_cond = { PTHREAD_COND_INITIALIZER };

void cpus_register_accel(const AccelOpsClass *ops)
{
    accel_ops = ops;
}

const AccelOpsClass *cpus_get_accel(void)
{
    return accel_ops;
}

/* ---- Clock ---- */

void cpu_enable_ticks(void)
{
    if (!virtual_clock_running()) {
        virtual_clock_start();
    }
}

void cpu_disable_ticks(void)
{
    if (virtual_clock_running()) {
        virtual_clock_stop();
    }
}

int64_t cpu_get_clock(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

uint64_t cpu_clock_to_ticks(int64_t ns, uint64_t hz)
{
    /* A division of 128 bits is slow, and this the usual rate. */
    return hz == 1000000000u ? (uint64_t)ns
                             : (unsigned __int128)ns * hz / 1000000000u;
}

/* ---- Kicks ---- */

bool qemu_cpu_is_self(CPUState *cpu)
{
    return current_cpu == cpu ||
           (current_cpu && cpu->thread && qemu_thread_is_self(cpu->thread));
}

void qemu_cpu_kick(CPUState *cpu)
{
    cpu_exit(cpu);
    if (accel_ops && accel_ops->kick_vcpu_thread && cpu->created) {
        accel_ops->kick_vcpu_thread(cpu);
    }
}

/* ---- Queued work ---- */

struct qemu_work_item {
    QSIMPLEQ_ENTRY(struct qemu_work_item) node;
    run_on_cpu_func func;
    run_on_cpu_data data;
    bool free;                  /* nobody waits: the queue owns the item */
    bool done;
};

static void queue_work(CPUState *cpu, struct qemu_work_item *item)
{
    qemu_mutex_lock(&cpu->work_mutex);
    QSIMPLEQ_INSERT_TAIL(&cpu->work_list, item, node);
    item->done = false;
    qemu_mutex_unlock(&cpu->work_mutex);
    qemu_cpu_kick(cpu);
}

void run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data)
{
    struct qemu_work_item item = { .func = func, .data = data };

    if (qemu_cpu_is_self(cpu) || !cpu->created) {
        func(cpu, data);
        return;
    }
    queue_work(cpu, &item);
    while (!qatomic_load_acquire(&item.done)) {
        CPUState *self = current_cpu;

        qemu_cond_wait_bql(&work_cond);
        current_cpu = self;
    }
}

void async_run_on_cpu(CPUState *cpu, run_on_cpu_func func,
                      run_on_cpu_data data)
{
    struct qemu_work_item *item = g_new0(struct qemu_work_item, 1);

    item->func = func;
    item->data = data;
    item->free = true;
    queue_work(cpu, item);
}

void process_queued_cpu_work(CPUState *cpu)
{
    struct qemu_work_item *item;

    qemu_mutex_lock(&cpu->work_mutex);
    while ((item = QSIMPLEQ_FIRST(&cpu->work_list))) {
        QSIMPLEQ_REMOVE_HEAD(&cpu->work_list, node);
        qemu_mutex_unlock(&cpu->work_mutex);
        item->func(cpu, item->data);
        if (item->free) {
            g_free(item);
        } else {
            qatomic_store_release(&item->done, true);
        }
        qemu_mutex_lock(&cpu->work_mutex);
    }
    qemu_mutex_unlock(&cpu->work_mutex);
    qemu_cond_broadcast(&work_cond);
}

/* ---- Stopping ---- */

bool cpu_thread_is_idle(CPUState *cpu)
{
    if (cpu->stop || !QSIMPLEQ_EMPTY(&cpu->work_list)) {
        return false;
    }
    if (cpu->stopped) {
        return true;
    }
    if (!cpu->halted || cpu_has_work(cpu)) {
        return false;
    }
    return !accel_ops->cpu_thread_is_idle ||
           accel_ops->cpu_thread_is_idle(cpu);
}

bool all_cpu_threads_idle(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (!cpu_thread_is_idle(cpu)) {
            return false;
        }
    }
    return true;
}

static void stop_self(CPUState *cpu)
{
    cpu->stop = false;
    cpu->stopped = true;
    cpu_exit(cpu);
    qemu_cond_broadcast(&pause_cond);
}

void cpu_stop_current(void)
{
    if (current_cpu) {
        stop_self(current_cpu);
    }
}

void qemu_wait_io_event_common(CPUState *cpu)
{
    if (cpu->stop) {
        stop_self(cpu);
    }
    process_queued_cpu_work(cpu);
}

void qemu_wait_io_event(CPUState *cpu)
{
    while (cpu_thread_is_idle(cpu)) {
        qemu_cond_wait_bql(cpu->halt_cond);
    }
    qemu_wait_io_event_common(cpu);
}

bool all_vcpus_paused(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (!cpu->stopped) {
            return false;
        }
    }
    return true;
}

void pause_all_vcpus(void)
{
    CPUState *cpu, *self = current_cpu;

    cpu_disable_ticks();
    CPU_FOREACH(cpu) {
        if (!cpu->stopped) {
            cpu->stop = true;
            qemu_cpu_kick(cpu);
        }
    }
    if (self) {
        /* One thread runs them all: none of them is in guest code now. */
        CPU_FOREACH(cpu) {
            if (qemu_cpu_is_self(cpu)) {
                stop_self(cpu);
            }
        }
    }
    while (!all_vcpus_paused()) {
        qemu_cond_wait_bql(&pause_cond);
    }
    current_cpu = self;
}

void cpu_resume(CPUState *cpu)
{
    cpu->stopped = cpu->stop = false;
    qemu_cpu_kick(cpu);
}

void resume_all_vcpus(void)
{
    CPUState *cpu;

    if (runstate_is_running()) {
        cpu_enable_ticks();
        CPU_FOREACH(cpu) {
            cpu_resume(cpu);
        }
    }
}

/* ---- Threads ---- */

void qemu_init_vcpu(CPUState *cpu)
{
    cpu->stopped = true;
    if (accel_ops && accel_ops->create_vcpu_thread) {
        accel_ops->create_vcpu_thread(cpu);
    }
}

void cpu_remove_sync(CPUState *cpu)
{
    cpu->unplug = true;
    cpu->stop = true;
    qemu_cpu_kick(cpu);
    while (cpu->created && !cpu->stopped) {
        qemu_cond_wait_bql(&pause_cond);
    }
}

/* ---- State ------------------------------------------------------------ */

typedef void CpuSyncFn(CPUState *cpu);

/* Registers kept elsewhere than in the CPU object are copied by @sync. */
static void sync_all(CpuSyncFn *sync)
{
    CPUState *cpu;

    if (sync) {
        CPU_FOREACH(cpu) {
            sync(cpu);
        }
    }
}

void cpu_synchronize_state(CPUState *cpu)
{
    if (accel_ops && accel_ops->synchronize_state) {
        accel_ops->synchronize_state(cpu);
    }
}

void cpu_synchronize_all_states(void)
{
    sync_all(accel_ops ? accel_ops->synchronize_state : NULL);
}

void cpu_synchronize_all_post_reset(void)
{
    sync_all(accel_ops ? accel_ops->synchronize_post_reset : NULL);
}

void cpu_synchronize_all_post_init(void)
{
    sync_all(accel_ops ? accel_ops->synchronize_post_init : NULL);
}

/*
 * The accelerator "tcg": the software CPU. One thread, which is not the main
 * loop, runs all virtual CPUs by turns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "accel/accel-ops.h"
#include "hw/core/cpu.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/cpus.h"
#include "system/tcg.h"

bool tcg_allowed;

/*
 * Instructions that one CPU gets in a row: so many that the turn costs nothing,
 * so few that RCU and the other CPUs do not wait long.
 */
#define SLICE_ALONE     10000000
#define SLICE_SHARED    200000

static QemuThread cpu_thread;
static QemuCond halt_cond = { PTHREAD_COND_INITIALIZER };
static QemuEvent wake;          /* set by kicks, from any thread */
static bool thread_started;
static int thread_tid;          /* the kernel's number of cpu_thread */
static QemuEvent tid_known;

static bool cpu_can_run(CPUState *cpu)
{
    return !cpu->stop && !cpu->stopped && !cpu->unplug &&
           (!cpu->halted || cpu_has_work(cpu));
}

/* One turn of each CPU that has something to do. */
static void run_all_once(void)
{
    CPUState *cpu, *next;
    bool alone = !CPU_NEXT(first_cpu);

    CPU_FOREACH_SAFE(cpu, next) {
        if (!cpu_can_run(cpu)) {
            continue;
        }
        current_cpu = cpu;
        bql_unlock();
        CPU_GET_CLASS(cpu)->run_slice(cpu, alone ? SLICE_ALONE
                                                 : SLICE_SHARED);
        bql_lock();
    }
}

static void serve_all(void)
{
    CPUState *cpu, *next;

    CPU_FOREACH_SAFE(cpu, next) {
        current_cpu = cpu;
        cpu->thread_id = qemu_get_thread_id();
        qemu_wait_io_event_common(cpu);
    }
}

static void *cpu_thread_fn(void *opaque)
{
    thread_tid = qemu_get_thread_id();
    qemu_event_set(&tid_known);
    bql_lock();
    current_cpu = first_cpu;
    while (true) {
        /* Reset before looking: a kick in between makes the wait short. */
        qemu_event_reset(&wake);
        if (all_cpu_threads_idle()) {
            bql_unlock();
            qemu_event_wait(&wake);
            bql_lock();
        }
        serve_all();
        run_all_once();
    }
    return NULL;
}

static void tcg_create_vcpu_thread(CPUState *cpu)
{
    cpu->thread = &cpu_thread;
    cpu->halt_cond = &halt_cond;
    cpu->created = true;
    if (!thread_started) {
        thread_started = true;
        qemu_event_init(&wake, false);
        qemu_event_init(&tid_known, false);
        qemu_thread_create(&cpu_thread, "ALL CPUs/TCG", cpu_thread_fn, NULL,
                           QEMU_THREAD_DETACHED);
        qemu_event_wait(&tid_known);
    }
    cpu->thread_id = thread_tid;
}

static void tcg_kick_vcpu_thread(CPUState *cpu)
{
    qemu_event_set(&wake);
}

static const AccelOpsClass tcg_cpu_ops = {
    .create_vcpu_thread = tcg_create_vcpu_thread,
    .kick_vcpu_thread = tcg_kick_vcpu_thread,
};

static int tcg_init_machine(AccelState *as, MachineState *ms, Error **errp)
{
    cpus_register_accel(&tcg_cpu_ops);
    return 0;
}

static void tcg_accel_class_init(ObjectClass *oc, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "tcg";
    ac->init_machine = tcg_init_machine;
    ac->allowed = &tcg_allowed;
}

static const TypeInfo tcg_accel_types[] = {
    {
        .name = ACCEL_CLASS_NAME("tcg"),
        .parent = TYPE_ACCEL,
        .class_init = tcg_accel_class_init,
    },
};

DEFINE_TYPES(tcg_accel_types)

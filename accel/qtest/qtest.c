/*
 * The accelerator "qtest": CPUs exist but never run, and virtual time moves
 * only when a test says so.  No thread is made: what others ask of a CPU is
 * done by those who ask.  The test protocol is in system/qtest.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "accel/accel-ops.h"
#include "hw/core/cpu.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/qtest.h"

bool qtest_allowed;

static void qtest_create_vcpu(CPUState *cpu)
{
    cpu->thread_id = qemu_get_thread_id();
    cpu->created = true;
    cpu->stopped = true;
}

/* The CPU has no thread that could look: do what it would do. */
static void qtest_kick_vcpu(CPUState *cpu)
{
    if (!bql_locked()) {
        return;
    }
    if (cpu->stop) {
        cpu->stop = false;
        cpu->stopped = true;
    }
    process_queued_cpu_work(cpu);
}

static bool qtest_cpu_is_idle(CPUState *cpu)
{
    return true;
}

static const AccelOpsClass qtest_cpu_ops = {
    .create_vcpu_thread = qtest_create_vcpu,
    .kick_vcpu_thread = qtest_kick_vcpu,
    .cpu_thread_is_idle = qtest_cpu_is_idle,
};

static int qtest_init_accel(AccelState *as, MachineState *ms, Error **errp)
{
    cpus_register_accel(&qtest_cpu_ops);
    virtual_clock_set_manual();
    return 0;
}

static void qtest_accel_class_init(ObjectClass *oc, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "QTest";
    ac->init_machine = qtest_init_accel;
    ac->allowed = &qtest_allowed;
}

static const TypeInfo qtest_accel_type_infos[] = {
    {
        .name = ACCEL_CLASS_NAME("qtest"),
        .parent = TYPE_ACCEL,
        .class_init = qtest_accel_class_init,
    },
};

DEFINE_TYPES(qtest_accel_type_infos)

/*
 * The abstract CPU type: the list of CPUs, requests to them, and how -cpu finds
 * a model. Threads and queued work are in system/cpus.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "hw/core/qdev-properties.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "system/cpus.h"

CPUTailQ cpus_queue = QTAILQ_HEAD_INITIALIZER(cpus_queue);
__thread CPUState *current_cpu;

/* ---- The list --------------------------------------------------------- */

CPUState *qemu_get_cpu(int index)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->cpu_index == index) {
            return cpu;
        }
    }
    return NULL;
}

void cpu_list_add(CPUState *cpu)
{
    CPUState *other;
    int index = 0;

    CPU_FOREACH(other) {
        index = MAX(index, other->cpu_index + 1);
    }
    cpu->cpu_index = index;
    QTAILQ_INSERT_TAIL(&cpus_queue, cpu, node);
}

void cpu_list_remove(CPUState *cpu)
{
    QTAILQ_REMOVE(&cpus_queue, cpu, node);
}

uint64_t cpus_instruction_count(void)
{
    CPUState *cpu;
    uint64_t sum = 0;

    CPU_FOREACH(cpu) {
        CPUClass *cc = CPU_GET_CLASS(cpu);

        sum += cc->instruction_count ? cc->instruction_count(cpu) : 0;
    }
    return sum;
}

/* ---- Requests --------------------------------------------------------- */

void cpu_interrupt(CPUState *cpu, int mask)
{
    qatomic_or(&cpu->interrupt_request, mask);
    qemu_cpu_kick(cpu);
}

void cpu_reset_interrupt(CPUState *cpu, int mask)
{
    qatomic_and(&cpu->interrupt_request, ~(uint32_t)mask);
}

void cpu_exit(CPUState *cpu)
{
    /*
     * What the CPU is to see was stored before: pairs with the barrier between
     * its clearing of exit_request and its looking, lest a request sleep.
     */
    smp_mb();
    qatomic_set(&cpu->exit_request, 1);
}

bool cpu_has_work(CPUState *cpu)
{
    return CPU_GET_CLASS(cpu)->has_work(cpu);
}

void cpu_reset(CPUState *cpu)
{
    device_cold_reset(DEVICE(cpu));
}

/* ---- Models ----------------------------------------------------------- */

/* Any concrete CPU class that knows how to look a model up. */
static void find_class_by_name(ObjectClass *oc, void *opaque)
{
    ObjectClass **result = opaque;

    if (!*result && CPU_CLASS(oc)->class_by_name) {
        *result = oc;
    }
}

ObjectClass *cpu_class_by_name(const char *typename, const char *cpu_model)
{
    ObjectClass *base = object_class_by_name(typename);
    ObjectClass *oc;

    if (base && !CPU_CLASS(base)->class_by_name) {
        ObjectClass *found = NULL;

        object_class_foreach(find_class_by_name, typename, true, &found);
        base = found;
    }
    if (!base || !CPU_CLASS(base)->class_by_name) {
        return NULL;
    }
    oc = CPU_CLASS(base)->class_by_name(cpu_model);
    if (!oc || object_class_is_abstract(oc) ||
        !object_class_dynamic_cast(oc, typename)) {
        return NULL;
    }
    return oc;
}

const char *parse_cpu_option(const char *base, const char *cpu_option,
                             Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(cpu_option, ",", 2);
    ObjectClass *oc;
    const char *typename;
    Error *err = NULL;

    if (!parts[0] || !parts[0][0]) {
        error_setg(errp, "-cpu option cannot be empty");
        return NULL;
    }
    oc = cpu_class_by_name(base, parts[0]);
    if (!oc) {
        error_setg(errp, "unable to find CPU model '%s'", parts[0]);
        return NULL;
    }
    typename = object_class_get_name(oc);
    if (CPU_CLASS(oc)->parse_features) {
        CPU_CLASS(oc)->parse_features(typename, parts[1], &err);
        if (err) {
            error_propagate(errp, err);
            return NULL;
        }
    }
    return typename;
}

CPUState *cpu_create(const char *typename, Error **errp)
{
    CPUState *cpu = CPU(object_new(typename));

    if (!qdev_realize(DEVICE(cpu), NULL, errp)) {
        object_unref(OBJECT(cpu));
        return NULL;
    }
    return cpu;
}

/* ---- The type --------------------------------------------------------- */

static void cpu_base_realize(DeviceState *dev, Error **errp)
{
    cpu_list_add(CPU(dev));
}

static void cpu_base_unrealize(DeviceState *dev)
{
    cpu_list_remove(CPU(dev));
}

static void cpu_base_reset_hold(Object *obj, ResetType type)
{
    CPUState *cpu = CPU(obj);

    qatomic_set(&cpu->interrupt_request, 0);
    cpu->halted = 0;
}

static void get_instructions(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    CPUClass *cc = CPU_GET_CLASS(obj);
    uint64_t n = cc->instruction_count ? cc->instruction_count(CPU(obj)) : 0;

    visit_type_uint64(v, name, &n, errp);
}

static void cpu_base_init(Object *obj)
{
    CPUState *cpu = CPU(obj);

    cpu->cpu_index = -1;
    cpu->nr_cores = cpu->nr_threads = 1;
    qemu_mutex_init(&cpu->work_mutex);
    QSIMPLEQ_INIT(&cpu->work_list);
}

static void cpu_base_finalize(Object *obj)
{
    qemu_mutex_destroy(&CPU(obj)->work_mutex);
}

static void cpu_base_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    set_bit(DEVICE_CATEGORY_CPU, dc->categories);
    dc->realize = cpu_base_realize;
    dc->unrealize = cpu_base_unrealize;
    dc->user_creatable = false;
    RESETTABLE_CLASS(oc)->phases.hold = cpu_base_reset_hold;
    object_class_property_add(oc, "x-instructions", "uint64",
                              get_instructions, NULL, NULL, NULL);
}

static const TypeInfo cpu_types[] = {
    {
        .name = TYPE_CPU,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(CPUState),
        .instance_init = cpu_base_init,
        .instance_finalize = cpu_base_finalize,
        .class_size = sizeof(CPUClass),
        .class_init = cpu_base_class_init,
    },
};

DEFINE_TYPES(cpu_types)

/*
 * Control commands about the processors that a machine has or can have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/boards.h"
#include "hw/core/cpu.h"
#include "hw/core/numa.h"
#include "monitor-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"

/* What stands behind a model's name in its type's. */
#define MODEL_SUFFIX    "-x86_64-cpu"

/* Where CPU @index sits in the topology of -smp and -numa. */
static json_object *cpu_place(unsigned index)
{
    CpuPlace place = machine_cpu_place(current_machine, index);
    const CPUArchIdList *slots = current_machine->possible_cpus;
    json_object *props = json_object_new_object();

    json_put_int(props, "core-id", place.core_id);
    json_put_int(props, "thread-id", place.thread_id);
    if (current_machine->smp.dies > 1) {
        json_put_int(props, "die-id", place.die_id);
    }
    if (slots && slots->cpus[index].has_node) {
        json_put_int(props, "node-id", slots->cpus[index].node);
    }
    json_put_int(props, "socket-id", place.socket_id);
    return props;
}

json_object *qmp_query_cpus_fast(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        json_object *one = json_object_new_object();
        g_autofree char *path = object_get_canonical_path(OBJECT(cpu));

        json_put_int(one, "thread-id", cpu->thread_id);
        json_put(one, "props", cpu_place(cpu->cpu_index));
        json_put_str(one, "qom-path", path);
        json_put_int(one, "cpu-index", cpu->cpu_index);
        json_put_str(one, "target", "x86_64");
        json_object_array_add(list, one);
    }
    return list;
}

json_object *qmp_query_hotpluggable_cpus(json_object *args, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(current_machine);
    json_object *list = json_object_new_array();
    const CPUArchIdList *slots;

    if (!mc->possible_cpu_arch_ids) {
        return list;
    }
    slots = mc->possible_cpu_arch_ids(current_machine);
    for (int i = slots->len; i-- > 0;) {
        const CPUArchId *slot = &slots->cpus[i];
        json_object *one = json_object_new_object();

        json_put_str(one, "type", slot->type);
        json_put_int(one, "vcpus-count", slot->vcpus_count);
        json_put(one, "props", cpu_place(i));
        if (slot->cpu) {
            g_autofree char *path = object_get_canonical_path(slot->cpu);

            json_put_str(one, "qom-path", path);
        }
        json_object_array_add(list, one);
    }
    return list;
}

json_object *qmp_query_cpu_definitions(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();
    g_autoptr(GSList) types = object_class_get_list_sorted(TYPE_CPU, false);

    for (GSList *l = types; l; l = l->next) {
        const char *type = object_class_get_name(l->data);
        json_object *one;
        char *name;

        if (!g_str_has_suffix(type, MODEL_SUFFIX)) {
            continue;
        }
        name = g_strndup(type, strlen(type) - strlen(MODEL_SUFFIX));
        one = json_object_new_object();
        json_put_str(one, "name", name);
        json_put_str(one, "typename", type);
        json_put(one, "unavailable-features", json_object_new_array());
        json_put_bool(one, "static", false);
        /* "max" is what this host and program can do, and may be more elsewhere. */
        json_put_bool(one, "migration-safe", strcmp(name, "max") != 0);
        json_put_bool(one, "deprecated", false);
        json_object_array_add(list, one);
        g_free(name);
    }
    return list;
}

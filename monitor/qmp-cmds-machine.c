/*
 * QMP commands about the machine, its CPUs and memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "hw/core/boards.h"
#include "hw/core/cpu.h"
#include "hw/intc/intc.h"
#include "hw/pci/pci.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/cutils.h"
#include "qemu/rcu.h"
#include "qemu/uuid.h"
#include "system/balloon.h"
#include "system/address-spaces.h"
#include "system/hostmem.h"
#include "system/iothread.h"
#include "system/ram_addr.h"
#include "system/runstate.h"
#include "system/system.h"

/* --- machines --- */

static json_object *describe_machine(MachineClass *mc)
{
    json_object *one = json_object_new_object();

    json_put_str(one, "name", mc->name);
    if (mc->alias) {
        json_put_str(one, "alias", mc->alias);
    }
    if (mc->is_default) {
        json_put_bool(one, "is-default", true);
    }
    json_put_int(one, "cpu-max", mc->max_cpus ? mc->max_cpus : 1);
    json_put_bool(one, "hotpluggable-cpus", mc->has_hotpluggable_cpus);
    json_put_bool(one, "numa-mem-supported", mc->numa_mem_supported);
    json_put_bool(one, "deprecated", mc->deprecation_reason != NULL);
    if (mc->default_cpu_type) {
        json_put_str(one, "default-cpu-type", mc->default_cpu_type);
    }
    if (mc->default_ram_id) {
        json_put_str(one, "default-ram-id", mc->default_ram_id);
    }
    return one;
}

json_object *qmp_query_machines(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();
    g_autoptr(GSList) classes = object_class_get_list(TYPE_MACHINE, false);

    for (GSList *l = classes; l; l = l->next) {
        json_object_array_add(list, describe_machine(MACHINE_CLASS(l->data)));
    }
    return list;
}

json_object *qmp_query_current_machine(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();

    json_put_bool(info, "wakeup-suspend-support",
                  qemu_wakeup_suspend_enabled());
    return info;
}

/* --- who we are --- */

json_object *qmp_query_target(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();

    json_put_str(info, "arch", "x86_64");
    return info;
}

json_object *qmp_query_kvm(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();

    json_put_bool(info, "enabled", false);
    json_put_bool(info, "present", false);
    return info;
}

json_object *qmp_query_name(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();

    if (qemu_name) {
        json_put_str(info, "name", qemu_name);
    }
    return info;
}

json_object *qmp_query_uuid(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();
    char text[UUID_STR_LEN];

    qemu_uuid_unparse(&qemu_uuid, text);
    json_put_str(info, "UUID", text);
    return info;
}

static void add_iothread(IOThread *iothread, void *opaque)
{
    json_object *one = json_object_new_object();
    g_autofree char *id = iothread_get_id(iothread);

    json_put_int(one, "poll-shrink", iothread->poll_shrink);
    json_put_int(one, "thread-id", iothread->thread_id);
    json_put_int(one, "aio-max-batch", iothread->aio_max_batch);
    json_put_int(one, "poll-grow", iothread->poll_grow);
    json_put_int(one, "poll-max-ns", iothread->poll_max_ns);
    json_put_str(one, "id", id);
    json_object_array_add(opaque, one);
}

json_object *qmp_query_iothreads(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();

    iothread_foreach(add_iothread, list);
    return list;
}

/* --- memory --- */

static int add_memdev(Object *obj, void *opaque)
{
    HostMemoryBackend *m = (HostMemoryBackend *)
        object_dynamic_cast(obj, TYPE_MEMORY_BACKEND);
    json_object *one;

    if (!m) {
        return 0;
    }
    one = json_object_new_object();
    json_put_str(one, "id", object_get_canonical_path_component(obj));
    json_put_uint(one, "size", m->size);
    json_put_bool(one, "merge", m->merge);
    json_put_bool(one, "dump", m->dump);
    json_put_bool(one, "prealloc", m->prealloc);
    json_put_bool(one, "share", m->share);
    json_put_bool(one, "reserve", m->reserve);
    json_put(one, "host-nodes", json_object_new_array());
    json_put_str(one, "policy", "default");
    json_object_array_add(opaque, one);
    return 0;
}

json_object *qmp_query_memdev(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();

    object_child_foreach(object_get_objects_root(), add_memdev, list);
    return list;
}

json_object *qmp_query_memory_size_summary(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();

    json_put_uint(info, "base-memory",
                  current_machine ? current_machine->ram_size : 0);
    json_put_int(info, "plugged-memory", 0);
    return info;
}

json_object *qmp_balloon(json_object *args, Error **errp)
{
    int64_t value = json_get_int(args, "value", 0);

    if (value <= 0) {
        error_setg(errp, "Parameter 'value' is a number of bytes, at least 1, "
                   "not %" PRId64, value);
        return NULL;
    }
    balloon_set_target(value, errp);
    return NULL;
}

json_object *qmp_query_balloon(json_object *args, Error **errp)
{
    json_object *info;
    uint64_t bytes;

    if (!balloon_actual(&bytes, errp)) {
        return NULL;
    }
    info = json_object_new_object();
    json_put_uint(info, "actual", bytes);
    return info;
}

json_object *qmp_pmemsave(json_object *args, Error **errp)
{
    uint64_t addr = json_get_int(args, "val", 0);
    int64_t left = json_get_int(args, "size", 0);
    const char *path = json_get_str(args, "filename");
    FILE *f = fopen(path, "wbe");
    uint8_t buf[4096];

    if (!f) {
        error_setg_file_open(errp, errno, path);
        return NULL;
    }
    while (left > 0) {
        size_t n = MIN(left, (int64_t)sizeof(buf));

        address_space_read(&address_space_memory, addr,
                           MEMTXATTRS_UNSPECIFIED, buf, n);
        if (fwrite(buf, 1, n, f) != n) {
            error_setg_errno(errp, errno, "Could not write '%s'", path);
            break;
        }
        addr += n;
        left -= n;
    }
    fclose(f);
    return NULL;
}

/* --- tables as text --- */

static json_object *human_text(GString *text)
{
    json_object *info = json_object_new_object();

    json_put_str(info, "human-readable-text", text->str);
    g_string_free(text, true);
    return info;
}

json_object *qmp_x_query_irq(json_object *args, Error **errp)
{
    GString *text = g_string_new(NULL);

    intc_print_statistics(text);
    return human_text(text);
}

json_object *qmp_x_query_ramblock(json_object *args, Error **errp)
{
    GString *text = g_string_new(NULL);
    RAMBlock *block;
    RCU_READ_LOCK_GUARD();

    g_string_append_printf(text, "%24s %8s  %18s %18s %18s\n", "Block Name",
                           "PSize", "Offset", "Used", "Total");
    RAMBLOCK_FOREACH(block) {
        g_autofree char *page = size_to_str(block->page_size);

        g_string_append_printf(text, "%24s %8s  0x%016" PRIx64 " 0x%016" PRIx64
                               " 0x%016" PRIx64 "\n", block->idstr, page,
                               (uint64_t)block->offset,
                               (uint64_t)block->used_length,
                               (uint64_t)block->max_length);
    }
    return human_text(text);
}

/* --- block devices: there are none --- */

json_object *qmp_query_block(json_object *args, Error **errp)
{
    return json_object_new_array();
}

json_object *qmp_query_named_block_nodes(json_object *args, Error **errp)
{
    return json_object_new_array();
}

/* --- PCI --- */

json_object *qmp_query_pci(json_object *args, Error **errp)
{
    return pci_query();
}

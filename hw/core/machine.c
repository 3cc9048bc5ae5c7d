/*
 * Machines: their class, the object /machine with what the user asked of it,
 * and the steps from an empty machine to one that can run. Processor topology
 * is in machine-smp.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/core/boards.h"
#include "hw/core/cpu.h"
#include "hw/core/numa.h"
#include "hw/core/qdev-properties.h"
#include "hw/core/sysbus.h"
#include "qom/object_interfaces.h"
#include "system/cpus.h"
#include "system/hostmem.h"
#include "system/ram_addr.h"
#include "system/reset.h"
#include "system/runstate.h"

MachineState *current_machine;

/* ---- finding classes --------------------------------------------------- */

MachineClass *machine_class_by_name(const char *name)
{
    g_autofree char *type_name = g_strconcat(name, TYPE_MACHINE_SUFFIX, NULL);
    ObjectClass *oc = object_class_by_name(type_name);
    g_autoptr(GSList) list = NULL;

    if (oc && object_class_dynamic_cast(oc, TYPE_MACHINE) &&
        !object_class_is_abstract(oc)) {
        return MACHINE_CLASS(oc);
    }
    list = object_class_get_list(TYPE_MACHINE, false);
    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = MACHINE_CLASS(l->data);

        if (mc->alias && g_str_equal(mc->alias, name)) {
            return mc;
        }
    }
    return NULL;
}

MachineClass *machine_class_default(void)
{
    g_autoptr(GSList) list = object_class_get_list(TYPE_MACHINE, false);

    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = MACHINE_CLASS(l->data);

        if (mc->is_default) {
            return mc;
        }
    }
    return NULL;
}

/* ---- help -------------------------------------------------------------- */

/* By family, those without one last; in a family the newest first. */
static gint machine_compare(gconstpointer a, gconstpointer b)
{
    const MachineClass *x = a, *y = b;

    if (!x->family || !y->family) {
        if (!x->family && !y->family) {
            return strcmp(x->name, y->name);
        }
        return x->family ? -1 : 1;
    }
    if (strcmp(x->family, y->family)) {
        return strcmp(x->family, y->family);
    }
    return strverscmp(y->name, x->name);
}

void machine_print_help(void)
{
    GSList *list = object_class_get_list(TYPE_MACHINE, false);

    list = g_slist_sort(list, machine_compare);
    printf("Supported machines are:\n");
    for (GSList *l = list; l; l = l->next) {
        const MachineClass *mc = l->data;

        if (mc->alias) {
            printf("%-20s %s (alias of %s)\n", mc->alias, mc->desc, mc->name);
        }
        printf("%-20s %s%s%s\n", mc->name, mc->desc ? mc->desc : "",
               mc->is_default ? " (default)" : "",
               mc->deprecation_reason ? " (deprecated)" : "");
    }
    g_slist_free(list);
}

void machine_print_properties(MachineClass *mc)
{
    user_creatable_print_help(object_class_get_name(OBJECT_CLASS(mc)));
}

/* ---- what happens to a running machine --------------------------------- */

static void machine_system_reset(ShutdownCause cause)
{
    MachineClass *mc = MACHINE_GET_CLASS(current_machine);
    ResetType type = cause == SHUTDOWN_CAUSE_SNAPSHOT_LOAD
                     ? RESET_TYPE_SNAPSHOT_LOAD : RESET_TYPE_COLD;

    cpu_synchronize_all_states();
    if (mc->reset) {
        mc->reset(current_machine, type);
    } else {
        qemu_devices_reset(type);
    }
}

void machine_wakeup(MachineState *machine)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    cpu_synchronize_all_states();
    if (mc->wakeup) {
        mc->wakeup(machine);
    }
    cpu_synchronize_all_post_reset();
}

static void machine_system_wakeup(void)
{
    machine_wakeup(current_machine);
}

static bool in_cpu_thread(void)
{
    return current_cpu != NULL;
}

static const RunStateMachineOps machine_ops = {
    .reset = machine_system_reset,
    .wakeup = machine_system_wakeup,
};

static const RunStateCpuOps cpu_ops = {
    .resume_all = resume_all_vcpus,
    .pause_all = pause_all_vcpus,
    .in_cpu_thread = in_cpu_thread,
    .stop_current = cpu_stop_current,
    .synchronize_reset = cpu_synchronize_all_post_reset,
};

/* ---- making ------------------------------------------------------------ */

MachineState *machine_new(MachineClass *mc, Error **errp)
{
    Object *root = object_get_root();
    Object *obj;

    if (object_resolve_path_component(root, "machine")) {
        error_setg(errp, "there is a machine already");
        return NULL;
    }
    object_set_machine_compat_props(mc->compat_props);
    obj = object_new_with_class(OBJECT_CLASS(mc));
    object_property_add_child(root, "machine", obj);
    object_unref(obj);
    container_get(obj, "/unattached");
    container_get(obj, "/peripheral");
    container_get(obj, "/peripheral-anon");
    current_machine = MACHINE(obj);

    object_property_add_child(machine_get_container("unattached"), "sysbus",
                              OBJECT(sysbus_get_default()));
    runstate_set_machine_ops(&machine_ops);
    runstate_set_cpu_ops(&cpu_ops);
    return current_machine;
}

/* Guest RAM as an object of its own, named as the board names its RAM. */
static bool machine_make_ram(MachineState *ms, const char *mem_path,
                             Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    Object *obj = object_new(mem_path ? TYPE_MEMORY_BACKEND_FILE
                                      : TYPE_MEMORY_BACKEND_RAM);
    bool ok;

    ok = (!mem_path ||
          object_property_set_str(obj, "mem-path", mem_path, errp)) &&
         object_property_set_uint(obj, "size", ms->ram_size, errp) &&
         object_property_set_bool(obj, "prealloc", ms->mem_prealloc, errp) &&
         object_property_try_add_child(object_get_objects_root(),
                                       mc->default_ram_id, obj, errp);
    if (ok && !user_creatable_complete(USER_CREATABLE(obj), errp)) {
        object_unparent(obj);
        ok = false;
    }
    if (ok) {
        ms->memdev = MEMORY_BACKEND(obj);       /* with our reference */
    } else {
        object_unref(obj);
    }
    return ok;
}

/* What -machine says of all guest memory goes before what backends say. */
static void machine_advise(MachineState *ms, HostMemoryBackend *backend)
{
    MemoryRegion *mr = backend ? host_memory_backend_get_memory(backend)
                               : NULL;

    if (mr && !ms->dump_guest_core) {
        madvise(memory_region_get_ram_ptr(mr), backend->size, MADV_DONTDUMP);
    }
    if (mr && !ms->mem_merge) {
        madvise(memory_region_get_ram_ptr(mr), backend->size,
                MADV_UNMERGEABLE);
    }
}

static bool machine_take_ram(MachineState *ms, const char *mem_path,
                             Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    if (ms->numa) {
        ms->ram = machine_make_numa_ram(ms, mc->default_ram_id, errp);
        for (unsigned i = 0; ms->ram && i < ms->numa->count; i++) {
            machine_advise(ms, ms->numa->node[i].memdev);
        }
        return ms->ram != NULL;
    }
    if (!ms->memdev) {
        if (!mc->default_ram_id || !ms->ram_size) {
            return true;
        }
        if (!machine_make_ram(ms, mem_path, errp)) {
            return false;
        }
    } else if (host_memory_backend_is_mapped(ms->memdev)) {
        error_setg(errp, "memory backend %s can't be used multiple times",
                   object_get_canonical_path_component(OBJECT(ms->memdev)));
        return false;
    }
    ms->ram = host_memory_backend_get_memory(ms->memdev);
    if (!ms->ram) {
        error_setg(errp, "the memory backend has no memory");
        return false;
    }
    host_memory_backend_set_mapped(ms->memdev, true);
    machine_advise(ms, ms->memdev);
    vmstate_register_ram_global(ms->ram);
    return true;
}

static bool machine_check_cpu_type(MachineState *ms, Error **errp)
{
    const char *const *valid = MACHINE_GET_CLASS(ms)->valid_cpu_types;
    ObjectClass *oc;

    if (!valid || !ms->cpu_type) {
        return true;
    }
    oc = object_class_by_name(ms->cpu_type);
    for (unsigned i = 0; valid[i]; i++) {
        if (oc && object_class_dynamic_cast(oc, valid[i])) {
            return true;
        }
    }
    error_setg(errp, "Invalid CPU type: %s", ms->cpu_type);
    return false;
}

void machine_run_board_init(MachineState *machine, const char *mem_path,
                            Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if (!machine_take_ram(machine, mem_path, errp) ||
        !machine_check_cpu_type(machine, errp)) {
        return;
    }
    mc->init(machine);
}

/* ---- the end of start-up ----------------------------------------------- */

static NotifierList init_done_notifiers =
    NOTIFIER_LIST_INITIALIZER(init_done_notifiers);
static bool init_done;

bool machine_init_is_done(void)
{
    return init_done;
}

void qemu_add_machine_init_done_notifier(Notifier *notify)
{
    notifier_list_add(&init_done_notifiers, notify);
    if (init_done) {
        notify->notify(notify, NULL);
    }
}

void qemu_remove_machine_init_done_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

void qdev_machine_creation_finish(void)
{
    cpu_synchronize_all_post_init();
    qdev_machine_creation_done();
    qdev_prop_check_globals();
    init_done = true;
    notifier_list_notify(&init_done_notifiers, NULL);
    /* Behind all that machines registered: devices are reset last. */
    qemu_register_resettable(OBJECT(sysbus_get_default()));
    qemu_system_reset(SHUTDOWN_CAUSE_NONE);
}

/* ---- small questions --------------------------------------------------- */

bool machine_usb(MachineState *machine)
{
    return machine->usb;
}

bool machine_dump_guest_core(MachineState *machine)
{
    return machine->dump_guest_core;
}

bool machine_mem_merge(MachineState *machine)
{
    return machine->mem_merge;
}

void compat_props_add(GPtrArray *arr, GlobalProperty props[], size_t nelem)
{
    for (size_t i = 0; i < nelem; i++) {
        g_ptr_array_add(arr, &props[i]);
    }
}

void machine_class_allow_dynamic_sysbus_dev(MachineClass *mc, const char *type)
{
    mc->allowed_dynamic_sysbus_devices =
        g_slist_prepend(mc->allowed_dynamic_sysbus_devices, g_strdup(type));
}

bool device_is_dynamic_sysbus(MachineClass *mc, DeviceState *dev)
{
    for (GSList *l = mc->allowed_dynamic_sysbus_devices; l; l = l->next) {
        if (object_dynamic_cast(OBJECT(dev), l->data)) {
            return true;
        }
    }
    return false;
}

/* ---- properties -------------------------------------------------------- */

#define MACHINE_BOOL(field)                                                 \
static bool machine_get_##field(Object *obj, Error **errp)                  \
{                                                                           \
    return MACHINE(obj)->field;                                             \
}                                                                           \
static void machine_set_##field(Object *obj, bool value, Error **errp)      \
{                                                                           \
    MACHINE(obj)->field = value;                                            \
}

#define MACHINE_STR(field)                                                  \
static char *machine_get_##field(Object *obj, Error **errp)                 \
{                                                                           \
    return g_strdup(MACHINE(obj)->field);                                   \
}                                                                           \
static void machine_set_##field(Object *obj, const char *value,             \
                                Error **errp)                               \
{                                                                           \
    g_free(MACHINE(obj)->field);                                            \
    MACHINE(obj)->field = g_strdup(value);                                  \
}

MACHINE_BOOL(dump_guest_core)
MACHINE_BOOL(mem_merge)
MACHINE_BOOL(suppress_vmdesc)
MACHINE_BOOL(enable_graphics)
MACHINE_STR(accel)
MACHINE_STR(firmware)
MACHINE_STR(initrd_filename)
MACHINE_STR(kernel_cmdline)
MACHINE_STR(kernel_filename)

static bool machine_get_usb(Object *obj, Error **errp)
{
    return MACHINE(obj)->usb;
}

static void machine_set_usb(Object *obj, bool value, Error **errp)
{
    if (value) {
        error_setg(errp, "usb=on: there is no USB controller; legal is off");
        return;
    }
    MACHINE(obj)->usb_disabled = !value;    /* said, not only the default */
}

static const struct {
    const char *name;
    const char *description;
    char *(*get)(Object *, Error **);
    void (*set)(Object *, const char *, Error **);
} str_props[] = {
    { "accel", "Accelerator list", machine_get_accel, machine_set_accel },
    { "append", "Linux kernel command line",
      machine_get_kernel_cmdline, machine_set_kernel_cmdline },
    { "firmware", "Firmware image",
      machine_get_firmware, machine_set_firmware },
    { "initrd", "Linux initial ramdisk file",
      machine_get_initrd_filename, machine_set_initrd_filename },
    { "kernel", "Linux kernel image file",
      machine_get_kernel_filename, machine_set_kernel_filename },
};

static const struct {
    const char *name;
    const char *description;
    bool (*get)(Object *, Error **);
    void (*set)(Object *, bool, Error **);
} bool_props[] = {
    { "dump-guest-core", "Include guest memory in a core dump",
      machine_get_dump_guest_core, machine_set_dump_guest_core },
    { "graphics", "Set on/off to enable/disable graphics emulation",
      machine_get_enable_graphics, machine_set_enable_graphics },
    { "mem-merge", "Enable/disable memory merge support",
      machine_get_mem_merge, machine_set_mem_merge },
    { "suppress-vmdesc", "Accepted: the stream has no description",
      machine_get_suppress_vmdesc, machine_set_suppress_vmdesc },
    { "usb", "Set on/off to enable/disable usb",
      machine_get_usb, machine_set_usb },
};

static void machine_add_properties(ObjectClass *oc)
{
    for (unsigned i = 0; i < ARRAY_SIZE(str_props); i++) {
        object_class_property_add_str(oc, str_props[i].name, str_props[i].get,
                                      str_props[i].set)->description =
            g_strdup(str_props[i].description);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bool_props); i++) {
        object_class_property_add_bool(oc, bool_props[i].name,
                                       bool_props[i].get,
                                       bool_props[i].set)->description =
            g_strdup(bool_props[i].description);
    }
    object_class_property_add_link(oc, "memory-backend", TYPE_MEMORY_BACKEND,
                                   offsetof(MachineState, memdev),
                                   object_property_allow_set_link,
                                   OBJ_PROP_LINK_STRONG)->description =
        g_strdup("The object that is the guest's RAM");
}

/* ---- the type ---------------------------------------------------------- */

static void machine_class_init(ObjectClass *oc, const void *data)
{
    MACHINE_CLASS(oc)->default_ram_size = 128ull << 20;
    machine_add_properties(oc);
}

static void machine_class_base_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    const char *type_name = object_class_get_name(oc);

    mc->max_cpus = mc->max_cpus ? mc->max_cpus : 1;
    mc->min_cpus = mc->min_cpus ? mc->min_cpus : 1;
    mc->default_cpus = mc->default_cpus ? mc->default_cpus : 1;
    mc->alias = NULL;           /* these belong to one class alone */
    mc->is_default = false;
    mc->name = NULL;
    mc->compat_props = NULL;
    if (!object_class_is_abstract(oc)) {
        g_assert(g_str_has_suffix(type_name, TYPE_MACHINE_SUFFIX));
        mc->name = g_strndup(type_name, strlen(type_name) -
                                        strlen(TYPE_MACHINE_SUFFIX));
        mc->compat_props = g_ptr_array_new();
    }
}

static void machine_initfn(Object *obj)
{
    MachineState *ms = MACHINE(obj);
    MachineClass *mc = MACHINE_GET_CLASS(obj);

    ms->cpu_type = mc->default_cpu_type;
    ms->boot_config.order = g_strdup(mc->default_boot_order);
    ms->kernel_cmdline = g_strdup("");
    ms->ram_size = ms->maxram_size = mc->default_ram_size;
    ms->dump_guest_core = ms->mem_merge = ms->enable_graphics = true;
    ms->smp = (CpuTopology) {
        .cpus = mc->default_cpus, .max_cpus = mc->default_cpus,
        .sockets = 1, .dies = 1, .clusters = 1, .cores = 1, .threads = 1,
    };
}

static void machine_finalize(Object *obj)
{
    MachineState *ms = MACHINE(obj);
    void *owned[] = {
        ms->kernel_filename, ms->kernel_cmdline, ms->initrd_filename,
        ms->firmware, ms->accel, ms->possible_cpus,
        ms->boot_config.order, ms->boot_config.once, ms->boot_config.splash,
        ms->numa,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(owned); i++) {
        g_free(owned[i]);
    }
}

static const TypeInfo machine_types[] = {
    {
        .name = TYPE_MACHINE,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(MachineState),
        .class_size = sizeof(MachineClass),
        .class_base_init = machine_class_base_init,
        .class_init = machine_class_init,
        .instance_init = machine_initfn,
        .instance_finalize = machine_finalize,
    },
};

DEFINE_TYPES(machine_types)

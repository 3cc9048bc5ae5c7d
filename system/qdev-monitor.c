/*
 * Devices as users make and take them: -device, device_add, device_del. Help
 * and the texts of the trees are in qdev-help.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/boards.h"
#include "hw/core/sysbus.h"
#include "hw/pci/pci_device.h"
#include "migration/migration.h"
#include "monitor/qdev.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/visitor.h"
#include "qemu/config-file.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "qemu/timer.h"
#include "qdev-internal.h"

QemuOptsList qemu_device_opts = {
    .name = "device",
    .implied_opt_name = "driver",
    .head = QTAILQ_HEAD_INITIALIZER(qemu_device_opts.head),
    .desc = { { } },        /* any property */
};

/* ---- the class ---- */

/* Short names that people use; a type of the name itself comes first. */
static const struct {
    const char *alias;
    const char *type;
} aliases[] = {
    { "ac97", "AC97" },
    { "ahci", "ich9-ahci" },
    { "e1000-82540em", "e1000" },
    { "es1370", "ES1370" },
    { "lsi", "lsi53c895a" },
    { "virtio-9p", "virtio-9p-pci" },
    { "virtio-balloon", "virtio-balloon-pci" },
    { "virtio-blk", "virtio-blk-pci" },
    { "virtio-gpu", "virtio-gpu-pci" },
    { "virtio-input-host", "virtio-input-host-pci" },
    { "virtio-iommu", "virtio-iommu-pci" },
    { "virtio-keyboard", "virtio-keyboard-pci" },
    { "virtio-mouse", "virtio-mouse-pci" },
    { "virtio-net", "virtio-net-pci" },
    { "virtio-rng", "virtio-rng-pci" },
    { "virtio-scsi", "virtio-scsi-pci" },
    { "virtio-serial", "virtio-serial-pci" },
    { "virtio-tablet", "virtio-tablet-pci" },
};

const char *qdev_alias_resolve(const char *driver)
{
    if (object_class_by_name(driver)) {
        return driver;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (g_str_equal(aliases[i].alias, driver)) {
            return aliases[i].type;
        }
    }
    return driver;
}

const char *qdev_alias_of(const char *type)
{
    for (unsigned i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (g_str_equal(aliases[i].type, type)) {
            return aliases[i].alias;
        }
    }
    return NULL;
}

static bool sysbus_device_allowed(ObjectClass *oc)
{
    MachineState *ms = (MachineState *)object_dynamic_cast(qdev_get_machine(),
                                                           TYPE_MACHINE);
    GSList *l = ms ? MACHINE_GET_CLASS(ms)->allowed_dynamic_sysbus_devices
                   : NULL;

    for (; l; l = l->next) {
        if (object_class_dynamic_cast(oc, l->data)) {
            return true;
        }
    }
    return false;
}

static DeviceClass *device_class_find(const char *driver, Error **errp)
{
    ObjectClass *oc = object_class_by_name(qdev_alias_resolve(driver));
    DeviceClass *dc;

    if (!oc || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
        error_setg(errp, "'%s' is not a valid device model name", driver);
        return NULL;
    }
    if (object_class_is_abstract(oc)) {
        error_setg(errp, "Parameter 'driver' expects a non-abstract device "
                   "type");
        return NULL;
    }
    dc = DEVICE_CLASS(oc);
    if (!dc->user_creatable || (qdev_hotplug_active() && !dc->hotpluggable)) {
        error_setg(errp, "Parameter 'driver' expects a pluggable device type");
        return NULL;
    }
    if (object_class_dynamic_cast(oc, TYPE_SYS_BUS_DEVICE) &&
        !sysbus_device_allowed(oc)) {
        error_setg(errp, "Parameter 'driver' expects a dynamic sysbus device "
                   "type for the machine");
        return NULL;
    }
    return dc;
}

/* ---- the bus ---- */

typedef struct BusSearch {
    const char *name;       /* NULL: any */
    const char *type;       /* NULL: any */
    BusState *full;         /* the first that fits but has no room */
} BusSearch;

static bool bus_matches(BusState *bus, const BusSearch *search)
{
    return (!search->name || g_str_equal(bus->name, search->name)) &&
           (!search->type || object_dynamic_cast(OBJECT(bus), search->type));
}

/* The first bus that matches and has room. */
static BusState *bus_search(BusState *bus, BusSearch *search)
{
    BusChild *kid;
    BusState *child;

    if (bus_matches(bus, search)) {
        if (!qbus_is_full(bus)) {
            return bus;
        }
        if (!search->full) {
            search->full = bus;
        }
    }
    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        QLIST_FOREACH(child, &kid->child->child_bus, sibling) {
            BusState *found = bus_search(child, search);

            if (found) {
                return found;
            }
        }
    }
    return NULL;
}

static void hint_devices(Error *const *errp, BusState *bus)
{
    const char *sep = " ";
    BusChild *kid;

    error_append_hint(errp, "devices at \"%s\":", bus->name);
    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        error_append_hint(errp, "%s\"%s\"", sep,
                          kid->child->id
                          ? kid->child->id
                          : object_get_typename(OBJECT(kid->child)));
        sep = ", ";
    }
    error_append_hint(errp, "\n");
}

static void hint_buses(Error *const *errp, DeviceState *dev)
{
    const char *sep = " ";
    BusState *bus;

    error_append_hint(errp, "child buses at \"%s\":",
                      dev->id ? dev->id : object_get_typename(OBJECT(dev)));
    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        error_append_hint(errp, "%s\"%s\"", sep, bus->name);
        sep = ", ";
    }
    error_append_hint(errp, "\n");
}

/* The device that `name` means on a bus: by id, else by type or its alias. */
static DeviceState *bus_device_by_name(BusState *bus, const char *name)
{
    const char *type = qdev_alias_resolve(name);
    BusChild *kid;

    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        if (kid->child->id && g_str_equal(kid->child->id, name)) {
            return kid->child;
        }
    }
    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        if (g_str_equal(object_get_typename(OBJECT(kid->child)), type)) {
            return kid->child;
        }
    }
    return NULL;
}

/* One step of a path, "device" or "device/bus"; advances *part. */
static BusState *bus_step(BusState *bus, char ***part, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev = bus_device_by_name(bus, **part);
    BusState *child;

    if (!dev) {
        error_setg(errp, "Device '%s' not found", **part);
        hint_devices(errp, bus);
        return NULL;
    }
    ++*part;
    if (!**part) {
        child = QLIST_FIRST(&dev->child_bus);
        if (!child) {
            error_setg(errp, "Device '%s' has no child bus", (*part)[-1]);
        } else if (QLIST_NEXT(child, sibling)) {
            error_setg(errp, "Device '%s' has multiple child buses",
                       (*part)[-1]);
            hint_buses(errp, dev);
            child = NULL;
        }
        return child;
    }
    child = qdev_get_child_bus(dev, **part);
    if (!child) {
        error_setg(errp, "Bus '%s' not found", **part);
        hint_buses(errp, dev);
        return NULL;
    }
    ++*part;
    return child;
}

BusState *qbus_find(const char *path, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    char **part = parts;
    BusState *bus;

    if (*path == '/') {
        bus = sysbus_get_default();
        part++;
        if (*part && !**part) {
            part++;                 /* "/" alone */
        }
    } else {
        BusSearch search = { .name = *part ? *part : "" };

        bus = bus_search(sysbus_get_default(), &search);
        bus = bus ? bus : search.full;
        if (!bus) {
            error_setg(errp, "Bus '%s' not found", search.name);
            return NULL;
        }
        part++;
    }
    while (bus && *part) {
        bus = bus_step(bus, &part, errp);
    }
    return bus;
}

/* By path, or the first with room of the class's bus type. False: an error. */
static bool device_choose_bus(DeviceClass *dc, const char *path,
                              BusState **busp, Error **errp)
{
    const char *driver = object_class_get_name(OBJECT_CLASS(dc));
    BusSearch search = { .type = dc->bus_type };

    if (path) {
        *busp = qbus_find(path, errp);
        if (!*busp) {
            return false;
        }
        if (!dc->bus_type ||
            !object_dynamic_cast(OBJECT(*busp), dc->bus_type)) {
            error_setg(errp, "Device '%s' can't go on %s bus", driver,
                       object_get_typename(OBJECT(*busp)));
            return false;
        }
        if (qbus_is_full(*busp)) {
            error_setg(errp, "Bus '%s' is full", (*busp)->name);
            return false;
        }
    } else if (dc->bus_type) {
        *busp = bus_search(sysbus_get_default(), &search);
        if (!*busp) {
            error_setg(errp, "No '%s' bus found for device '%s'",
                       dc->bus_type, driver);
            return false;
        }
    }
    if (*busp && qdev_hotplug_active() && !qbus_is_hotpluggable(*busp)) {
        error_setg(errp, "Bus '%s' does not support hotplugging",
                   (*busp)->name);
        return false;
    }
    return true;
}

/* ---- making ---- */

static bool is_device_key(const char *key)
{
    return g_str_equal(key, "driver") || g_str_equal(key, "bus") ||
           g_str_equal(key, "id");
}

static bool device_set_properties(DeviceState *dev, struct json_object *props,
                                  bool from_json, Error **errp)
{
    g_autoptr(Visitor) v = from_json ? json_input_visitor_new(props)
                                     : json_input_visitor_new_keyval(props);
    bool ok = true;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    json_object_object_foreach(props, name, value) {
        (void)value;
        ok = object_property_set(OBJECT(dev), name, v, errp);
        if (!ok) {
            break;
        }
    }
    ok = ok && visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

/* A string member; missing is NULL without an error. */
static const char *device_key(struct json_object *opts, const char *key,
                              Error **errp)
{
    const char *text = json_get_str(opts, key);

    if (!text && json_haskey(opts, key)) {
        error_setg(errp, "Invalid parameter type for '%s', expected: string",
                   key);
    }
    return text;
}

/* The object with its name and properties, which could go on this bus. */
static DeviceState *device_prepare(DeviceClass *dc, BusState *bus,
                                   const char *id, struct json_object *opts,
                                   bool from_json, bool hotplug, Error **errp)
{
    DeviceState *dev = DEVICE(object_new_with_class(OBJECT_CLASS(dc)));
    g_json_auto struct json_object *props = json_object_new_object();

    json_object_object_foreach(opts, key, value) {
        if (!is_device_key(key)) {
            json_put(props, key, json_object_get(value));
        }
    }
    dev->opts = json_object_get(opts);
    dev->opts_from_json = from_json;
    if ((!hotplug || qdev_hotplug_allowed(dev, bus, errp)) &&
        qdev_set_id(dev, g_strdup(id), errp)) {
        if (device_set_properties(dev, props, from_json, errp)) {
            return dev;
        }
        object_unparent(OBJECT(dev));
    }
    object_unref(dev);
    return NULL;
}

static void device_discard(DeviceState *dev)
{
    object_unparent(OBJECT(dev));
    object_unref(dev);
}

/* The same, realized. */
static DeviceState *device_make(DeviceClass *dc, BusState *bus, const char *id,
                                struct json_object *opts, bool from_json,
                                Error **errp)
{
    DeviceState *dev = device_prepare(dc, bus, id, opts, from_json,
                                      qdev_hotplug_active(), errp);

    if (dev && !qdev_realize(dev, bus, errp)) {
        device_discard(dev);
        return NULL;
    }
    return dev;
}

/*
 * What is wrong with a device that is going to be hidden is said now, not when the
 * guest would see it.
 */
static bool device_check_hidden(DeviceClass *dc, BusState *bus, const char *id,
                                struct json_object *opts, bool from_json,
                                Error **errp)
{
    DeviceState *dev = device_prepare(dc, bus, id, opts, from_json, true,
                                      errp);
    bool ok = dev && pci_check_failover_primary(PCI_DEVICE(dev), PCI_BUS(bus),
                                                errp);

    if (dev) {
        device_discard(dev);
    }
    return ok;
}

/* Hidden or not, as @may_hide says; whether that may be now is not asked. */
static DeviceState *device_add(struct json_object *opts, bool from_json,
                               bool may_hide, Error **errp)
{
    ERRP_GUARD();
    const char *driver = device_key(opts, "driver", errp);
    const char *path = *errp ? NULL : device_key(opts, "bus", errp);
    const char *id = *errp ? NULL : device_key(opts, "id", errp);
    BusState *bus = NULL;
    DeviceClass *dc;

    if (*errp) {
        return NULL;
    }
    if (!driver) {
        error_setg(errp, "Parameter 'driver' is missing");
        return NULL;
    }
    dc = device_class_find(driver, errp);
    if (!dc || !device_choose_bus(dc, path, &bus, errp)) {
        return NULL;
    }
    if (may_hide && (qdev_should_hide_device(opts, from_json, errp) || *errp)) {
        if (!*errp && !device_check_hidden(dc, bus, id, opts, from_json,
                                           errp)) {
            qdev_forget_device(id);
        }
        return NULL;
    }
    return device_make(dc, bus, id, opts, from_json, errp);
}

DeviceState *qdev_device_add_from_json(const struct json_object *opts,
                                       bool from_json, Error **errp)
{
    if (!migration_allows("device_add", errp)) {
        return NULL;
    }
    return device_add((struct json_object *)opts, from_json, true, errp);
}

static DeviceState *add_hidden(const struct json_object *opts, bool from_json,
                               Error **errp)
{
    return device_add((struct json_object *)opts, from_json, false, errp);
}

static void device_opts_register(void)
{
    qemu_add_opts(&qemu_device_opts);
    qdev_set_add_hook(add_hidden);
}

opts_init(device_opts_register)

DeviceState *qdev_device_add(QemuOpts *opts, Error **errp)
{
    g_json_auto struct json_object *json = qemu_opts_to_json(opts);

    return qdev_device_add_from_json(json, false, errp);
}

int device_init_func(void *opaque, QemuOpts *opts, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev = qdev_device_add(opts, errp);

    object_unref(dev);
    return *errp ? -1 : 0;
}

bool device_init_json(struct json_object *opts, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev = qdev_device_add_from_json(opts, true, errp);

    object_unref(dev);
    return !*errp;
}

/* ---- taking away ---- */

DeviceState *qdev_find_by_id(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_at(machine_get_container("peripheral"),
                                         id);

    if (!obj || !*id) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found",
                  id);
        return NULL;
    }
    if (!object_dynamic_cast(obj, TYPE_DEVICE)) {
        error_setg(errp, "%s is not a hotpluggable device", id);
        return NULL;
    }
    return DEVICE(obj);
}

bool qdev_device_del(const char *id, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev;

    if (qdev_forget_device(id)) {
        qdev_report_hidden_deleted(id);
        return true;
    }
    dev = qdev_find_by_id(id, errp);
    if (!dev ||
        (!(dev->allow_unplug_during_migration && migration_waits_for_guest()) &&
         !migration_allows("device_del", errp))) {
        return false;
    }
    if (dev->pending_deleted_event &&
        (dev->pending_deleted_expires_ms == 0 ||
         dev->pending_deleted_expires_ms >
         qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL))) {
        error_setg(errp, "Device %s is already in the process of unplug", id);
        return false;
    }
    qdev_unplug(dev, errp);
    return !*errp;
}

/*
 * Devices: making, realizing and unrealizing them, their place on a bus and in
 * the tree. Hotplug at run time and listeners are in qdev-hotplug.c, lines in
 * gpio.c, properties in qdev-properties.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/atomic.h"
#include "qemu/id.h"
#include "qemu/module.h"
#include "hw/core/boards.h"
#include "hw/core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qdev-internal.h"
#include "trace.h"

static bool machine_ready;      /* new devices count as hotplugged */

/* ---- making ------------------------------------------------------------ */

DeviceState *qdev_new(const char *name)
{
    return DEVICE(object_new(name));
}

DeviceState *qdev_try_new(const char *name)
{
    return object_class_by_name(name) ? qdev_new(name) : NULL;
}

void qdev_machine_creation_done(void)
{
    machine_ready = true;
}

bool qdev_hotplug_active(void)
{
    return machine_ready;
}

/* ---- names ------------------------------------------------------------- */

Object *qdev_get_machine(void)
{
    return object_resolve_path_component(object_get_root(), "machine");
}

Object *machine_get_container(const char *name)
{
    return container_get(object_get_container("machine"), name);
}

const char *qdev_set_id(DeviceState *dev, char *id, Error **errp)
{
    static unsigned anonymous;
    g_autofree char *owned = id;
    g_autofree char *name = NULL;
    Object *home;

    g_assert(!dev->id);
    if (id) {
        if (!id_wellformed(id)) {
            error_setg(errp, "Parameter 'id' expects an identifier");
            return NULL;
        }
        home = machine_get_container("peripheral");
        if (object_property_find(home, id)) {
            error_setg(errp, "Duplicate ID '%s' for device", id);
            return NULL;
        }
        name = g_strdup(id);
    } else {
        home = machine_get_container("peripheral-anon");
        name = g_strdup_printf("device[%u]", anonymous++);
    }
    object_property_add_child(home, name, OBJECT(dev));
    dev->id = g_steal_pointer(&owned);
    return object_get_canonical_path_component(OBJECT(dev));
}

const char *qdev_fw_name(DeviceState *dev)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    return dc->fw_name ? dc->fw_name : object_get_typename(OBJECT(dev));
}

char *qdev_get_dev_path(DeviceState *dev)
{
    BusClass *bc;

    if (!dev || !dev->parent_bus) {
        return NULL;
    }
    bc = BUS_GET_CLASS(dev->parent_bus);
    return bc->get_dev_path ? bc->get_dev_path(dev) : NULL;
}

char *qdev_get_own_fw_dev_path_from_handler(BusState *bus, DeviceState *dev)
{
    BusClass *bc = BUS_GET_CLASS(bus);

    return bc->get_fw_dev_path ? bc->get_fw_dev_path(dev) : NULL;
}

char *qdev_get_fw_dev_path(DeviceState *dev)
{
    GString *path = g_string_new(NULL);

    while (dev && dev->parent_bus) {
        g_autofree char *part =
            qdev_get_own_fw_dev_path_from_handler(dev->parent_bus, dev);

        g_string_prepend(path, part ? part : object_get_typename(OBJECT(dev)));
        g_string_prepend_c(path, '/');
        dev = dev->parent_bus->parent;
    }
    if (!path->len) {
        g_string_append_c(path, '/');
    }
    return g_string_free(path, false);
}

char *qdev_get_human_name(DeviceState *dev)
{
    return dev->id ? g_strdup(dev->id)
                   : object_get_canonical_path(OBJECT(dev));
}

const VMStateDescription *qdev_get_vmsd(DeviceState *dev)
{
    return DEVICE_GET_CLASS(dev)->vmsd;
}

/* ---- the place on a bus ------------------------------------------------ */

BusState *qdev_get_parent_bus(const DeviceState *dev)
{
    return dev->parent_bus;
}

BusState *qdev_get_child_bus(DeviceState *dev, const char *name)
{
    BusState *bus;

    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        if (g_str_equal(bus->name, name)) {
            return bus;
        }
    }
    return NULL;
}

void device_leave_bus(DeviceState *dev)
{
    BusState *bus = g_steal_pointer(&dev->parent_bus);

    if (bus) {
        bus_remove_child(bus, dev);
        object_unref(bus);
    }
}

bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp)
{
    BusState *old = dev->parent_bus;
    DeviceClass *dc = DEVICE_GET_CLASS(dev);
    BusClass *bc;

    if (bus) {
        if (dc->bus_type && !object_dynamic_cast(OBJECT(bus), dc->bus_type)) {
            error_setg(errp, "Device '%s' can't go on %s bus",
                       object_get_typename(OBJECT(dev)),
                       object_get_typename(OBJECT(bus)));
            return false;
        }
        bc = BUS_GET_CLASS(bus);
        if (bc->check_address && !bc->check_address(bus, dev, errp)) {
            return false;
        }
    }
    object_ref(dev);
    if (old) {
        bus_remove_child(old, dev);
    }
    if (bus) {
        object_ref(bus);
        bus_add_child(bus, dev);
    }
    dev->parent_bus = bus;
    if (dev->realized) {
        resettable_change_parent(OBJECT(dev), OBJECT(bus), OBJECT(old));
    }
    object_unref(old);
    object_unref(dev);
    return true;
}

int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn,
                       qbus_walkerfn *pre_busfn, qdev_walkerfn *post_devfn,
                       qbus_walkerfn *post_busfn, void *opaque)
{
    int ret = pre_devfn ? pre_devfn(dev, opaque) : 0;
    BusState *bus;

    if (ret) {
        return ret;
    }
    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        ret = qbus_walk_children(bus, pre_devfn, pre_busfn, post_devfn,
                                 post_busfn, opaque);
        if (ret < 0) {
            return ret;
        }
    }
    return post_devfn ? post_devfn(dev, opaque) : 0;
}

/* ---- realize ----------------------------------------------------------- */

/*
 * Steps of realize, in order, and what each takes back. A step that fails
 * leaves nothing of itself; the steps before it are then undone from the last
 * to the first, which is also what unrealize does.
 */
typedef struct RealizeStep {
    bool (*go)(DeviceState *dev, Error **errp);
    void (*back)(DeviceState *dev);
} RealizeStep;

static bool realize_check(DeviceState *dev, Error **errp)
{
    if (dev->hotplugged && !DEVICE_GET_CLASS(dev)->hotpluggable) {
        error_setg(errp, "Device '%s' does not support hotplugging",
                   object_get_typename(OBJECT(dev)));
        return false;
    }
    return true;
}

static bool realize_pre_plug(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    HotplugHandler *handler = qdev_get_hotplug_handler(dev);

    if (handler) {
        hotplug_handler_pre_plug(handler, dev, errp);
    }
    return !*errp;
}

static bool realize_class(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    if (dc->realize) {
        dc->realize(dev, errp);
    }
    return !*errp;
}

static void unrealize_class(DeviceState *dev)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    if (dc->unrealize) {
        dc->unrealize(dev);
    }
}

static bool realize_listeners(DeviceState *dev, Error **errp)
{
    device_listeners_realize(dev);
    return true;
}

static bool realize_vmstate(DeviceState *dev, Error **errp)
{
    const VMStateDescription *vmsd = qdev_get_vmsd(dev);
    g_autofree char *path = NULL;

    /* Kept after unrealize: the news that the device is gone names it. */
    g_free(dev->canonical_path);
    dev->canonical_path = object_get_canonical_path(OBJECT(dev));
    if (!vmsd) {
        return true;
    }
    path = qdev_get_dev_path(dev);
    return vmstate_register_with_alias_id(path, VMSTATE_INSTANCE_ID_ANY, vmsd,
                                          dev, dev->instance_id_alias,
                                          dev->alias_required_for_version,
                                          errp) == 0;
}

static void unrealize_vmstate(DeviceState *dev)
{
    if (qdev_get_vmsd(dev)) {
        vmstate_unregister(NULL, qdev_get_vmsd(dev), dev);
    }
}

static void unrealize_buses(DeviceState *dev)
{
    BusState *bus;

    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        if (bus->realized) {
            qbus_unrealize(bus);
        }
    }
}

static bool realize_buses(DeviceState *dev, Error **errp)
{
    BusState *bus;

    QLIST_FOREACH(bus, &dev->child_bus, sibling) {
        if (!qbus_realize(bus, errp)) {
            unrealize_buses(dev);
            return false;
        }
    }
    return true;
}

static bool realize_reset(DeviceState *dev, Error **errp)
{
    if (dev->hotplugged) {
        /* Counted by hand so that a bus that is in reset keeps it there. */
        resettable_assert_reset(OBJECT(dev), RESET_TYPE_COLD);
        resettable_change_parent(OBJECT(dev), OBJECT(dev->parent_bus), NULL);
        resettable_release_reset(OBJECT(dev), RESET_TYPE_COLD);
    }
    dev->pending_deleted_event = false;
    return true;
}

static void unrealize_reset(DeviceState *dev)
{
    dev->reset = (ResettableState) { };
}

static bool realize_plug(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    HotplugHandler *handler = qdev_get_hotplug_handler(dev);

    if (handler) {
        hotplug_handler_plug(handler, dev, errp);
    }
    return !*errp;
}

static const RealizeStep realize_steps[] = {
    { realize_check },
    { realize_pre_plug },
    { realize_class, unrealize_class },
    { realize_listeners, device_listeners_unrealize },
    { realize_vmstate, unrealize_vmstate },
    { realize_buses, unrealize_buses },
    { realize_reset, unrealize_reset },
    { realize_plug },
};

static void device_steps_back(DeviceState *dev, unsigned done)
{
    while (done-- > 0) {
        if (realize_steps[done].back) {
            realize_steps[done].back(dev);
        }
    }
}

/* The device that loses a place given for a realize that failed. */
static DeviceState *device_going_back;

static bool device_realize(DeviceState *dev, Error **errp)
{
    static unsigned orphans;
    bool orphan = !OBJECT(dev)->parent;
    unsigned done;

    if (orphan) {
        g_autofree char *name = g_strdup_printf("device[%u]", orphans++);

        object_property_add_child(machine_get_container("unattached"), name,
                                  OBJECT(dev));
    }
    dev->reset = (ResettableState) { };
    trace_qdev_realize(dev, object_get_typename(OBJECT(dev)),
                       dev->id ? dev->id : "");
    for (done = 0; done < ARRAY_SIZE(realize_steps); done++) {
        if (!realize_steps[done].go(dev, errp)) {
            break;
        }
    }
    if (done == ARRAY_SIZE(realize_steps)) {
        qatomic_store_release(&dev->realized, true);
        return true;
    }
    trace_qdev_realize_failed(dev, object_get_typename(OBJECT(dev)));
    device_steps_back(dev, done);
    if (orphan) {
        device_going_back = dev;
        object_unparent(OBJECT(dev));
        device_going_back = NULL;
        orphans--;
    }
    return false;
}

/* What is inside a device that hides goes in the same silence. */
static bool owner_hides(const DeviceState *dev)
{
    return dev->parent_bus && dev->parent_bus->parent &&
           dev->parent_bus->parent->hides;
}

void device_set_realized(Object *obj, bool value, Error **errp)
{
    DeviceState *dev = DEVICE(obj);

    if (value && !dev->realized) {
        device_realize(dev, errp);
    } else if (!value && dev->realized) {
        trace_qdev_unrealize(dev, object_get_typename(obj),
                             dev->id ? dev->id : "");
        qatomic_store_release(&dev->realized, false);
        dev->hides |= owner_hides(dev);
        device_steps_back(dev, ARRAY_SIZE(realize_steps));
        dev->pending_deleted_event = true;
    }
}

bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp)
{
    BusState *before = dev->parent_bus;

    g_assert(!dev->realized);
    if (bus && bus != before && !qdev_set_parent_bus(dev, bus, errp)) {
        return false;
    }
    /* The bus may hold the only reference, and failure takes dev off it. */
    object_ref(dev);
    if (!object_property_set_bool(OBJECT(dev), "realized", true, errp)) {
        if (dev->parent_bus != before) {
            qdev_set_parent_bus(dev, before, NULL);
        }
        object_unref(dev);
        return false;
    }
    object_unref(dev);
    return true;
}

bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp)
{
    bool ok = qdev_realize(dev, bus, errp);

    object_unref(dev);
    return ok;
}

void qdev_unrealize(DeviceState *dev)
{
    object_property_set_bool(OBJECT(dev), "realized", false, &error_abort);
}

/* ---- reset ------------------------------------------------------------- */

void device_cold_reset(DeviceState *dev)
{
    resettable_reset(OBJECT(dev), RESET_TYPE_COLD);
}

bool device_is_in_reset(DeviceState *dev)
{
    return resettable_is_in_reset(OBJECT(dev));
}

static ResettableState *device_get_reset_state(Object *obj)
{
    return &DEVICE(obj)->reset;
}

static void device_reset_child_foreach(Object *obj, ResettableChildCallback cb,
                                       void *opaque, ResetType type)
{
    BusState *bus, *next;

    QLIST_FOREACH_SAFE(bus, &DEVICE(obj)->child_bus, sibling, next) {
        cb(OBJECT(bus), opaque, type);
    }
}

static void device_hold_by_legacy_reset(Object *obj, ResetType type)
{
    DEVICE_GET_CLASS(obj)->legacy_reset(DEVICE(obj));
}

/* ---- class helpers ----------------------------------------------------- */

void device_class_set_props_n(DeviceClass *dc, const Property *props,
                              size_t count)
{
    dc->props_ = props;
    dc->props_count_ = count;
    qdev_class_add_props(dc, props, count);
}

void device_class_set_parent_realize(DeviceClass *dc, DeviceRealize realize,
                                     DeviceRealize *parent_realize)
{
    *parent_realize = dc->realize;
    dc->realize = realize;
}

void device_class_set_parent_unrealize(DeviceClass *dc,
                                       DeviceUnrealize unrealize,
                                       DeviceUnrealize *parent_unrealize)
{
    *parent_unrealize = dc->unrealize;
    dc->unrealize = unrealize;
}

void device_class_set_legacy_reset(DeviceClass *dc, DeviceReset reset)
{
    dc->legacy_reset = reset;
    RESETTABLE_CLASS(dc)->phases.hold = device_hold_by_legacy_reset;
}

/* ---- the type ---------------------------------------------------------- */

static bool device_get_realized(Object *obj, Error **errp)
{
    return DEVICE(obj)->realized;
}

static bool device_get_hotpluggable(Object *obj, Error **errp)
{
    DeviceState *dev = DEVICE(obj);

    return DEVICE_GET_CLASS(dev)->hotpluggable &&
           (!dev->parent_bus || qbus_is_hotpluggable(dev->parent_bus));
}

static bool device_get_hotplugged(Object *obj, Error **errp)
{
    return DEVICE(obj)->hotplugged;
}

static void device_unparent(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    BusState *bus;

    if (dev == device_going_back) {
        return;
    }
    if (dev->realized) {
        qdev_unrealize(dev);
    }
    while ((bus = QLIST_FIRST(&dev->child_bus)) != NULL) {
        object_unparent(OBJECT(bus));
    }
    device_leave_bus(dev);
}

static void device_initfn(Object *obj)
{
    DeviceState *dev = DEVICE(obj);

    dev->hotplugged = machine_ready;
    dev->allow_unplug_during_migration = false;
    dev->instance_id_alias = -1;
    QLIST_INIT(&dev->gpios);
    QLIST_INIT(&dev->child_bus);
}

static void device_post_init(Object *obj)
{
    object_apply_compat_props(obj);
    qdev_apply_globals(DEVICE(obj));
}

static void device_finalize(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    NamedGPIOList *list, *next;

    QLIST_FOREACH_SAFE(list, &dev->gpios, node, next) {
        QLIST_REMOVE(list, node);
        g_free(list->in);
        g_free(list->name);
        g_free(list);
    }
    device_report_deleted(dev);
    json_object_put(dev->opts);
    g_free(dev->canonical_path);
    g_free(dev->id);
}

static void device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    klass->unparent = device_unparent;
    dc->hotpluggable = true;
    dc->user_creatable = true;
    rc->get_state = device_get_reset_state;
    rc->child_foreach = device_reset_child_foreach;

    object_class_property_add_bool(klass, "realized", device_get_realized,
                                   device_set_realized);
    object_class_property_add_bool(klass, "hotpluggable",
                                   device_get_hotpluggable, NULL);
    object_class_property_add_bool(klass, "hotplugged", device_get_hotplugged,
                                   NULL);
    object_class_property_add_link(klass, "parent_bus", TYPE_BUS,
                                   offsetof(DeviceState, parent_bus), NULL, 0);
}

static void device_class_base_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    /* Properties belong to the class that has them. */
    dc->props_ = NULL;
    dc->props_count_ = 0;
}

static const TypeInfo device_info = {
    .name = TYPE_DEVICE,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(DeviceState),
    .instance_init = device_initfn,
    .instance_post_init = device_post_init,
    .instance_finalize = device_finalize,
    .abstract = true,
    .class_size = sizeof(DeviceClass),
    .class_init = device_class_init,
    .class_base_init = device_class_base_init,
    .interfaces = (const InterfaceInfo[]) {
        { TYPE_RESETTABLE_INTERFACE },
        { }
    },
};

static void device_register_types(void)
{
    type_register_static(&device_info);
}

type_init(device_register_types)

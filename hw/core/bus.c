/*
 * Buses: making them, who sits on them, walking them, realizing them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/qdev.h"
#include "qdev-internal.h"

/* ---- members ----------------------------------------------------------- */

void bus_add_child(BusState *bus, DeviceState *child)
{
    BusChild *kid = g_new0(BusChild, 1);
    char name[32];

    kid->index = bus->max_index++;
    kid->child = child;
    object_ref(child);
    bus->num_children++;
    QTAILQ_INSERT_HEAD(&bus->children, kid, sibling);

    snprintf(name, sizeof(name), "child[%d]", kid->index);
    object_property_add_link(OBJECT(bus), name,
                             object_get_typename(OBJECT(child)),
                             (Object **)&kid->child, NULL, 0);
}

void bus_remove_child(BusState *bus, DeviceState *child)
{
    BusChild *kid;

    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        if (kid->child == child) {
            char name[32];

            snprintf(name, sizeof(name), "child[%d]", kid->index);
            object_property_del(OBJECT(bus), name);
            QTAILQ_REMOVE(&bus->children, kid, sibling);
            bus->num_children--;
            object_unref(kid->child);
            g_free(kid);
            return;
        }
    }
}

bool qbus_is_full(BusState *bus)
{
    int max_dev = BUS_GET_CLASS(bus)->max_dev;

    return bus->full || (max_dev && bus->num_children >= max_dev);
}

/* ---- walks ------------------------------------------------------------- */

int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn,
                       qbus_walkerfn *pre_busfn, qdev_walkerfn *post_devfn,
                       qbus_walkerfn *post_busfn, void *opaque)
{
    int ret = pre_busfn ? pre_busfn(bus, opaque) : 0;
    BusChild *kid;

    if (ret) {
        return ret;
    }
    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        ret = qdev_walk_children(kid->child, pre_devfn, pre_busfn, post_devfn,
                                 post_busfn, opaque);
        if (ret < 0) {
            return ret;
        }
    }
    return post_busfn ? post_busfn(bus, opaque) : 0;
}

DeviceState *qdev_find_recursive(BusState *bus, const char *id)
{
    BusChild *kid;

    QTAILQ_FOREACH(kid, &bus->children, sibling) {
        DeviceState *dev = kid->child;
        BusState *child;

        if (dev->id && g_str_equal(dev->id, id)) {
            return dev;
        }
        QLIST_FOREACH(child, &dev->child_bus, sibling) {
            DeviceState *found = qdev_find_recursive(child, id);

            if (found) {
                return found;
            }
        }
    }
    return NULL;
}

/* ---- making and ending ------------------------------------------------- */

static char *bus_pick_name(BusState *bus, DeviceState *parent,
                           const char *name)
{
    BusClass *bc = BUS_GET_CLASS(bus);
    g_autofree char *lower = NULL;

    if (name) {
        return g_strdup(name);
    }
    if (parent && parent->id) {
        return g_strdup_printf("%s.%d", parent->id, parent->num_child_bus);
    }
    lower = g_ascii_strdown(object_get_typename(OBJECT(bus)), -1);
    return g_strdup_printf("%s.%d", lower, bc->automatic_ids++);
}

static void bus_attach(BusState *bus, DeviceState *parent, const char *name)
{
    bus->parent = parent;
    bus->name = bus_pick_name(bus, parent, name);
    if (parent) {
        QLIST_INSERT_HEAD(&parent->child_bus, bus, sibling);
        parent->num_child_bus++;
        object_property_add_child(OBJECT(parent), bus->name, OBJECT(bus));
        object_unref(bus);
    }
}

void qbus_init(void *bus, size_t size, const char *type_name,
               DeviceState *parent, const char *name)
{
    object_initialize(bus, size, type_name);
    bus_attach(BUS(bus), parent, name);
}

BusState *qbus_new(const char *type_name, DeviceState *parent,
                   const char *name)
{
    BusState *bus = BUS(object_new(type_name));

    bus_attach(bus, parent, name);
    return bus;
}

bool qbus_realize(BusState *bus, Error **errp)
{
    return object_property_set_bool(OBJECT(bus), "realized", true, errp);
}

void qbus_unrealize(BusState *bus)
{
    object_property_set_bool(OBJECT(bus), "realized", false, &error_abort);
}

static bool bus_get_realized(Object *obj, Error **errp)
{
    return BUS(obj)->realized;
}

static void bus_set_realized(Object *obj, bool value, Error **errp)
{
    ERRP_GUARD();
    BusState *bus = BUS(obj);
    BusClass *bc = BUS_GET_CLASS(bus);

    if (value == bus->realized) {
        return;
    }
    if (value) {
        if (bc->realize) {
            bc->realize(bus, errp);
        }
        if (!*errp) {
            qatomic_store_release(&bus->realized, true);
        }
        return;
    }
    qatomic_store_release(&bus->realized, false);
    for (BusChild *kid = QTAILQ_FIRST(&bus->children); kid;
         kid = QTAILQ_NEXT(kid, sibling)) {
        qdev_unrealize(kid->child);
    }
    if (bc->unrealize) {
        bc->unrealize(bus);
    }
}

static void bus_unparent(Object *obj)
{
    BusState *bus = BUS(obj);
    BusChild *kid;

    /* The devices end first; each takes itself off the bus. */
    while ((kid = QTAILQ_FIRST(&bus->children)) != NULL) {
        DeviceState *dev = kid->child;

        object_ref(dev);
        object_unparent(OBJECT(dev));
        device_leave_bus(dev);          /* one that had no parent either */
        object_unref(dev);
    }
    if (bus->parent) {
        QLIST_REMOVE(bus, sibling);
        bus->parent->num_child_bus--;
        bus->parent = NULL;
    }
}

/* ---- hotplug and reset ------------------------------------------------- */

void qbus_set_hotplug_handler(BusState *bus, Object *handler)
{
    bus->hotplug_handler = HOTPLUG_HANDLER(handler);
}

void qbus_set_bus_hotplug_handler(BusState *bus)
{
    qbus_set_hotplug_handler(bus, OBJECT(bus));
}

void bus_cold_reset(BusState *bus)
{
    resettable_reset(OBJECT(bus), RESET_TYPE_COLD);
}

bool bus_is_in_reset(BusState *bus)
{
    return resettable_is_in_reset(OBJECT(bus));
}

static ResettableState *bus_get_reset_state(Object *obj)
{
    return &BUS(obj)->reset;
}

static void bus_reset_child_foreach(Object *obj, ResettableChildCallback cb,
                                    void *opaque, ResetType type)
{
    BusState *bus = BUS(obj);
    BusChild *kid, *next;

    QTAILQ_FOREACH_SAFE(kid, &bus->children, sibling, next) {
        cb(OBJECT(kid->child), opaque, type);
    }
}

static char *bus_default_fw_dev_path(DeviceState *dev)
{
    return g_strdup(qdev_fw_name(dev));
}

/* ---- the type ---------------------------------------------------------- */

static void bus_initfn(Object *obj)
{
    QTAILQ_INIT(&BUS(obj)->children);
}

static void bus_finalize(Object *obj)
{
    g_free(BUS(obj)->name);
}

static void bus_class_init(ObjectClass *klass, const void *data)
{
    BusClass *bc = BUS_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    klass->unparent = bus_unparent;
    bc->get_fw_dev_path = bus_default_fw_dev_path;
    rc->get_state = bus_get_reset_state;
    rc->child_foreach = bus_reset_child_foreach;
    object_class_property_add_bool(klass, "realized", bus_get_realized,
                                   bus_set_realized);
    object_class_property_add_link(klass, "hotplug-handler",
                                   TYPE_HOTPLUG_HANDLER,
                                   offsetof(BusState, hotplug_handler),
                                   object_property_allow_set_link, 0);
}

/* Each class counts the buses that it names by itself. */
static void bus_class_base_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->automatic_ids = 0;
}

static const TypeInfo bus_info = {
    .name = TYPE_BUS,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(BusState),
    .abstract = true,
    .class_size = sizeof(BusClass),
    .instance_init = bus_initfn,
    .instance_finalize = bus_finalize,
    .class_init = bus_class_init,
    .class_base_init = bus_class_base_init,
    .interfaces = (const InterfaceInfo[]) {
        { TYPE_RESETTABLE_INTERFACE },
        { }
    },
};

static void bus_register_types(void)
{
    type_register_static(&bus_info);
}

type_init(bus_register_types)

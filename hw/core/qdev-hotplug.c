/*
 * Devices that come and go at run time: who handles them, whether they may,
 * taking them away, and those who listen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/core/boards.h"
#include "qdev-internal.h"

/* ---- handlers ---------------------------------------------------------- */

static MachineState *the_machine(void)
{
    return (MachineState *)object_dynamic_cast(qdev_get_machine(),
                                               TYPE_MACHINE);
}

HotplugHandler *qdev_get_machine_hotplug_handler(DeviceState *dev)
{
    MachineState *machine = the_machine();
    MachineClass *mc = machine ? MACHINE_GET_CLASS(machine) : NULL;

    return mc && mc->get_hotplug_handler ? mc->get_hotplug_handler(machine, dev)
                                         : NULL;
}

HotplugHandler *qdev_get_bus_hotplug_handler(DeviceState *dev)
{
    return dev->parent_bus ? dev->parent_bus->hotplug_handler : NULL;
}

HotplugHandler *qdev_get_hotplug_handler(DeviceState *dev)
{
    HotplugHandler *handler = qdev_get_machine_hotplug_handler(dev);

    return handler ? handler : qdev_get_bus_hotplug_handler(dev);
}

/* ---- may it ------------------------------------------------------------ */

static bool bus_takes_hotplug(BusState *bus, Error **errp)
{
    if (bus && !qbus_is_hotpluggable(bus)) {
        error_setg(errp, "Bus '%s' does not support hotplugging", bus->name);
        return false;
    }
    return true;
}

static bool class_takes_hotplug(DeviceState *dev, Error **errp)
{
    if (!DEVICE_GET_CLASS(dev)->hotpluggable) {
        error_setg(errp, "Device '%s' does not support hotplugging",
                   object_get_typename(OBJECT(dev)));
        return false;
    }
    return true;
}

bool qdev_hotplug_allowed(DeviceState *dev, BusState *bus, Error **errp)
{
    MachineState *machine = the_machine();
    MachineClass *mc = machine ? MACHINE_GET_CLASS(machine) : NULL;

    if (!bus_takes_hotplug(bus, errp) || !class_takes_hotplug(dev, errp)) {
        return false;
    }
    return !mc || !mc->hotplug_allowed ||
           mc->hotplug_allowed(machine, dev, errp);
}

bool qdev_hotunplug_allowed(DeviceState *dev, Error **errp)
{
    return !qdev_unplug_blocked(dev, errp) &&
           bus_takes_hotplug(dev->parent_bus, errp) &&
           class_takes_hotplug(dev, errp);
}

bool qdev_add_unplug_blocker(DeviceState *dev, Error *reason)
{
    dev->unplug_blockers = g_slist_prepend(dev->unplug_blockers, reason);
    return true;
}

void qdev_del_unplug_blocker(DeviceState *dev, Error *reason)
{
    dev->unplug_blockers = g_slist_remove(dev->unplug_blockers, reason);
}

bool qdev_unplug_blocked(DeviceState *dev, Error **errp)
{
    if (!dev->unplug_blockers) {
        return false;
    }
    error_propagate(errp, error_copy(dev->unplug_blockers->data));
    return true;
}

/* ---- taking away ------------------------------------------------------- */

void qdev_unplug(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    HotplugHandler *handler;

    if (!qdev_hotunplug_allowed(dev, errp)) {
        return;
    }
    handler = qdev_get_hotplug_handler(dev);
    if (!handler) {
        error_setg(errp, "Device '%s' does not support hotplugging",
                   object_get_typename(OBJECT(dev)));
        return;
    }
    if (HOTPLUG_HANDLER_GET_CLASS(handler)->unplug_request) {
        hotplug_handler_unplug_request(handler, dev, errp);
        return;
    }
    hotplug_handler_unplug(handler, dev, errp);
    if (!*errp) {
        object_unparent(OBJECT(dev));
    }
}

void qdev_simple_device_unplug_cb(HotplugHandler *hotplug_dev,
                                  DeviceState *dev, Error **errp)
{
    qdev_unrealize(dev);
}

static QdevDeletedHook deleted_hook;

void qdev_set_deleted_hook(QdevDeletedHook hook)
{
    deleted_hook = hook;
}

static QdevDeletedHook unplug_refused_hook;

void qdev_set_unplug_refused_hook(QdevDeletedHook hook)
{
    unplug_refused_hook = hook;
}

void qdev_unplug_refused(DeviceState *dev)
{
    dev->pending_deleted_event = false;
    if (unplug_refused_hook) {
        unplug_refused_hook(dev->id, dev->canonical_path);
    }
}

void device_report_deleted(DeviceState *dev)
{
    if (dev->pending_deleted_event && !dev->hides && deleted_hook) {
        deleted_hook(dev->id, dev->canonical_path);
    }
}

void qdev_report_hidden_deleted(const char *id)
{
    g_autofree char *path = g_strconcat("/machine/peripheral/", id, NULL);

    if (deleted_hook) {
        deleted_hook(id, path);
    }
}

/* ---- devices that were hidden ------------------------------------------ */

static QdevAddHook add_hook;

void qdev_set_add_hook(QdevAddHook hook)
{
    add_hook = hook;
}

DeviceState *qdev_add_hidden(const struct json_object *opts, bool from_json,
                             Error **errp)
{
    return add_hook(opts, from_json, errp);
}

/* ---- listeners --------------------------------------------------------- */

static QTAILQ_HEAD(, DeviceListener) listeners =
    QTAILQ_HEAD_INITIALIZER(listeners);

void device_listeners_realize(DeviceState *dev)
{
    DeviceListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &listeners, link, next) {
        if (l->realize) {
            l->realize(l, dev);
        }
    }
}

void device_listeners_unrealize(DeviceState *dev)
{
    DeviceListener *l, *prev;

    QTAILQ_FOREACH_REVERSE_SAFE(l, &listeners, link, prev) {
        if (l->unrealize) {
            l->unrealize(l, dev);
        }
    }
}

static int tell_about_device(Object *obj, void *opaque)
{
    DeviceListener *listener = opaque;
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);

    if (dev && dev->realized) {
        listener->realize(listener, dev);
    }
    return 0;
}

void device_listener_register(DeviceListener *listener)
{
    QTAILQ_INSERT_TAIL(&listeners, listener, link);
    if (listener->realize) {
        object_child_foreach_recursive(object_get_root(), tell_about_device,
                                       listener);
    }
}

void device_listener_unregister(DeviceListener *listener)
{
    QTAILQ_REMOVE(&listeners, listener, link);
}

bool qdev_should_hide_device(const struct json_object *opts, bool from_json,
                             Error **errp)
{
    ERRP_GUARD();
    DeviceListener *l;

    QTAILQ_FOREACH(l, &listeners, link) {
        if (l->hide_device) {
            bool hide = l->hide_device(l, opts, from_json, errp);

            if (hide || *errp) {
                return hide && !*errp;
            }
        }
    }
    return false;
}

bool qdev_forget_device(const char *id)
{
    DeviceListener *l;

    QTAILQ_FOREACH(l, &listeners, link) {
        if (l->forget_device && l->forget_device(l, id)) {
            return true;
        }
    }
    return false;
}

/*
 * The interface of who accepts devices at run time: a bus's bridge, the
 * machine, an ACPI controller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HOTPLUG_H
#define HOTPLUG_H

#include "qom/object.h"

#define TYPE_HOTPLUG_HANDLER "hotplug-handler"

typedef struct HotplugHandlerClass HotplugHandlerClass;
DECLARE_CLASS_CHECKERS(HotplugHandlerClass, HOTPLUG_HANDLER,
                       TYPE_HOTPLUG_HANDLER)
#define HOTPLUG_HANDLER(obj) \
    INTERFACE_CHECK(HotplugHandler, (obj), TYPE_HOTPLUG_HANDLER)

typedef void (*hotplug_fn)(HotplugHandler *plug_handler,
                           DeviceState *plugged_dev, Error **errp);

/* Each may be NULL. Main thread, big lock held. */
struct HotplugHandlerClass {
    InterfaceClass parent_class;

    /* Before the device is realized: check and reserve; may refuse. */
    hotplug_fn pre_plug;
    /* After it is realized and its buses are. */
    hotplug_fn plug;
    /* Ask the guest to let it go; unplug follows when the guest did. */
    hotplug_fn unplug_request;
    /* Take it out now. */
    hotplug_fn unplug;
};

void hotplug_handler_pre_plug(HotplugHandler *plug_handler,
                              DeviceState *plugged_dev, Error **errp);
void hotplug_handler_plug(HotplugHandler *plug_handler,
                          DeviceState *plugged_dev, Error **errp);
void hotplug_handler_unplug_request(HotplugHandler *plug_handler,
                                    DeviceState *plugged_dev, Error **errp);
void hotplug_handler_unplug(HotplugHandler *plug_handler,
                            DeviceState *plugged_dev, Error **errp);

#endif

/*
 * The interface of hotplug handlers: calls that do nothing where the handler
 * has no function for them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/core/hotplug.h"

#define DEFINE_HOTPLUG_CALL(step)                                           \
void hotplug_handler_##step(HotplugHandler *plug_handler,                   \
                            DeviceState *plugged_dev, Error **errp)         \
{                                                                           \
    HotplugHandlerClass *hdc = HOTPLUG_HANDLER_GET_CLASS(plug_handler);     \
                                                                            \
    if (hdc->step) {                                                        \
        hdc->step(plug_handler, plugged_dev, errp);                         \
    }                                                                       \
}

DEFINE_HOTPLUG_CALL(pre_plug)
DEFINE_HOTPLUG_CALL(plug)
DEFINE_HOTPLUG_CALL(unplug_request)
DEFINE_HOTPLUG_CALL(unplug)

static const TypeInfo hotplug_handler_info = {
    .name = TYPE_HOTPLUG_HANDLER,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(HotplugHandlerClass),
};

static void hotplug_handler_register(void)
{
    type_register_static(&hotplug_handler_info);
}

type_init(hotplug_handler_register)

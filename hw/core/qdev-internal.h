/*
 * What qdev.c, bus.c and their siblings share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CORE_QDEV_INTERNAL_H
#define HW_CORE_QDEV_INTERNAL_H

#include "hw/core/qdev.h"

/* A bus's list of members; each membership holds a reference. */
void bus_add_child(BusState *bus, DeviceState *child);
void bus_remove_child(BusState *bus, DeviceState *child);
/* Takes dev off its bus and drops its reference to it; NULL bus: nothing. */
void device_leave_bus(DeviceState *dev);

/* Tell listeners, in the order of registering or the reverse. */
void device_listeners_realize(DeviceState *dev);
void device_listeners_unrealize(DeviceState *dev);
/* Says that a device is gone. */
void device_report_deleted(DeviceState *dev);

/* Makes the class's device properties properties of the class. */
void qdev_class_add_props(DeviceClass *dc, const Property *props,
                          size_t count);
/* Sets globals and compat values of a new device. */
void qdev_apply_globals(DeviceState *dev);

#endif

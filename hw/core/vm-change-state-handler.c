/*
 * Run-state handlers of devices, ordered by where the device stands in the
 * tree of buses: a bridge starts before and stops after what is behind it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev.h"
#include "system/runstate.h"

VMChangeStateEntry *qdev_add_vm_change_state_handler(DeviceState *dev,
                                                     VMChangeStateHandler *cb,
                                                     void *opaque)
{
    int depth = 0;

    for (; dev && dev->parent_bus; dev = dev->parent_bus->parent) {
        depth++;
    }
    return qemu_add_vm_change_state_handler_prio(cb, opaque, depth);
}

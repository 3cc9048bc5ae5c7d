/*
 * The order in which firmware tries devices to boot from: "bootindex".
 *
 * All functions are called with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CORE_BOOTDEVICE_H
#define HW_CORE_BOOTDEVICE_H

#include "hw/core/qdev.h"

/*
 * @dev, which is on its bus, takes place @index; @suffix is what firmware appends
 * to its path ("/ethernet-phy@0"), a constant. -1: no place, and true. False with an
 * error: less than that, or the place is taken.
 */
bool bootdevice_add(DeviceState *dev, int32_t index, const char *suffix,
                    Error **errp);
/* The device goes, or gives its place up; harmless if it had none. */
void bootdevice_remove(DeviceState *dev);

/*
 * Firmware paths in order of their places, one a line, the last with a NUL instead of
 * the end of line; *@bytes includes it. NULL and 0 if nothing has a place. With
 * @strict what is not in the list is not booted from.
 */
char *bootdevice_list(bool strict, size_t *bytes);

#endif

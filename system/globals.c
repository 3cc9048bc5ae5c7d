/*
 * Values that the command line sets and machines read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "system/system.h"

QemuUUID qemu_uuid;
bool qemu_uuid_set;

const char *qemu_name;
bool qemu_display_none;
bool qemu_has_defaults = true;

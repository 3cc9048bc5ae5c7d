/*
 * What the command line leaves for machines to pick up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_SYSTEM_H
#define QEMU_SYSTEM_H

#include "qemu/typedefs.h"
#include "qemu/uuid.h"

/* -uuid, all zeros unless qemu_uuid_set. */
extern QemuUUID qemu_uuid;
extern bool qemu_uuid_set;

/* -name guest=, or NULL. */
extern const char *qemu_name;

/* -display none or -nographic; and unless -nodefaults was given. */
extern bool qemu_display_none;
extern bool qemu_has_defaults;

#define MAX_SERIAL_PORTS 4
/* The chardev of the i-th -serial (0 up), or NULL. Main thread. */
Chardev *serial_hd(int i);

#endif

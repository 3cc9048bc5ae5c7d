/*
 * Devices as users make and take them: -device, device_add, device_del and
 * their help.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MONITOR_QDEV_H
#define MONITOR_QDEV_H

#include "hw/core/qdev.h"

/*
 * Makes, names, places, fills in and realizes one device from
 * {"driver": T, "id": I, "bus": B, property: value, …}. from_json false:
 * scalars are strings, as on a command line. `opts` is not changed; the device
 * keeps a reference. Answers the device (referenced by its bus and the tree; the
 * caller owns one reference, too) or NULL with an error, or NULL without one
 * when the device is hidden for now (failover). Nothing is left behind then.
 */
DeviceState *qdev_device_add_from_json(const struct json_object *opts,
                                       bool from_json, Error **errp);
/* The same from options of group "device". */
DeviceState *qdev_device_add(QemuOpts *opts, Error **errp);
/* One -device entry, for qemu_opts_foreach(): 0, or -1 with the error set. */
int device_init_func(void *opaque, QemuOpts *opts, Error **errp);
/* -device {json}: the same for a JSON text's object. */
bool device_init_json(struct json_object *opts, Error **errp);

/* Prints `-device help` (driver NULL) or `-device T,help` to standard output.
 * False if there is no such driver, with the error. */
bool qdev_device_help_driver(const char *driver, Error **errp);
/* If opts ask for help, prints it and answers 1; help on what is unknown is an
 * error and ends the program (command line only). */
int qdev_device_help(QemuOpts *opts);

/* device_del by id or path. */
bool qdev_device_del(const char *id, Error **errp);
/* The device called id, or at that path; else NULL and DeviceNotFound. */
DeviceState *qdev_find_by_id(const char *id, Error **errp);
/* A bus by path as bus= takes it ("pci.0", "/pci.0/x"); NULL and error. */
BusState *qbus_find(const char *path, Error **errp);
/* The real type name of a driver or of an alias of one. */
const char *qdev_alias_resolve(const char *driver);

/* "info qtree" and "info qom-tree" as text; the caller frees it. */
char *qdev_tree_text(void);
char *qom_tree_text(const char *path, Error **errp);

/* The group "device". */
extern QemuOptsList qemu_device_opts;

#endif

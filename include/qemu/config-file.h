/*
 * The registry of option groups, and -readconfig files:
 *
 *     # comment
 *     [group "id"]
 *       key = "value"
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_CONFIG_FILE_H
#define QEMU_CONFIG_FILE_H

#include "qemu/option.h"

/* Make a group known; its head is initialised if it was not. */
void qemu_add_opts(QemuOptsList *list);
/* By name; NULL, the first one after a message, the second with an error. */
QemuOptsList *qemu_find_opts(const char *group);
QemuOptsList *qemu_find_opts_err(const char *group, Error **errp);
/* The only list of a merging group, made if it is not there. */
QemuOpts *qemu_find_opts_singleton(const char *group);
void qemu_opts_groups_foreach(void (*fn)(QemuOptsList *list, void *opaque),
                              void *opaque);

/*
 * -set group.id.key=value: 0 or -1 with an error.
 */
int qemu_set_option(const char *str, Error **errp);

/*
 * A section: @opts has the strings of its keys and "id" if there is one.
 * Returns with @errp set to stop.
 */
typedef void QEMUConfigCB(const char *group, struct json_object *opts,
                          void *opaque, Error **errp);

/* Sections in order, each to @cb; -errno with an error, else their count. */
int qemu_config_foreach(FILE *fp, QEMUConfigCB *cb, void *opaque,
                        const char *fname, Error **errp);
/* @cb, or NULL: into the registered groups. */
int qemu_read_config_file(const char *fname, QEMUConfigCB *cb, Error **errp);
/* All registered groups in the same form (-writeconfig). */
void qemu_config_write(FILE *fp);

#endif

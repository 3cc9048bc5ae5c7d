/*
 * Between qemu-option.c, qemu-option-parse.c and config-file.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTIL_QEMU_OPTION_INTERNAL_H
#define UTIL_QEMU_OPTION_INTERNAL_H

#include "qemu/error-report.h"
#include "qemu/option.h"

struct QemuOpt {
    char *name;
    char *str;
    const QemuOptDesc *desc;        /* NULL in an open group */
    bool boolean;                   /* by desc->type */
    uint64_t number;
    QTAILQ_ENTRY(QemuOpt) next;
};

struct QemuOpts {
    char *id;
    QemuOptsList *list;
    Location loc;
    QTAILQ_HEAD(, QemuOpt) head;
    QTAILQ_ENTRY(QemuOpts) next;
};

/* Are all keys allowed? */
bool opts_accept_any(const QemuOptsList *list);
/* Check and add one. */
bool opts_append(QemuOpts *opts, const char *name, const char *value,
                 Error **errp);

#endif

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
    QTAILQ_ENTRY(QemuOpt) next;
    const QemuOptDesc *desc;        /* NULL in an open group */
    char *name;
    char *str;
    uint64_t number;                /* this or the next, by desc->type */
    bool boolean;
};

struct QemuOpts {
    QTAILQ_ENTRY(QemuOpts) next;
    QemuOptsList *list;
    QTAILQ_HEAD(, QemuOpt) head;
    Location loc;                   /* where the user wrote it */
    char *id;                       /* NULL: none */
};

/* Are all keys allowed? */
bool opts_accept_any(const QemuOptsList *list);
/* Check and add one. */
bool opts_append(QemuOpts *opts, const char *name, const char *value,
                 Error **errp);

#endif

/*
 * What qdev-monitor.c and qdev-help.c share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_QDEV_INTERNAL_H
#define SYSTEM_QDEV_INTERNAL_H

/* The short name of a type, or NULL. */
const char *qdev_alias_of(const char *type);

#endif

/*
 * Universally unique identifiers, kept in the order in which they are printed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_UUID_H
#define QEMU_UUID_H

typedef struct QemuUUID {
    uint8_t data[16];
} QemuUUID;

#define UUID_STR_LEN 37             /* with the NUL */
#define UUID_NONE "00000000-0000-0000-0000-000000000000"

/* A random one (version 4). */
void qemu_uuid_generate(QemuUUID *uuid);
int qemu_uuid_is_null(const QemuUUID *uuid);
int qemu_uuid_is_equal(const QemuUUID *a, const QemuUUID *b);
/* Lower case; @out has UUID_STR_LEN bytes. */
void qemu_uuid_unparse(const QemuUUID *uuid, char *out);
char *qemu_uuid_unparse_strdup(const QemuUUID *uuid);
/* 8-4-4-4-12 hex digits: 0 or -1. */
int qemu_uuid_parse(const char *str, QemuUUID *uuid);
/* The first three fields swapped: as SMBIOS and Microsoft store them. */
QemuUUID qemu_uuid_bswap(QemuUUID uuid);

#endif

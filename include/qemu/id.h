/*
 * Names that users give to things, and names made up for those that have none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_ID_H
#define QEMU_ID_H

typedef enum IdSubSystems {
    ID_QDEV,
    ID_BLOCK,
    ID_CHR,
    ID_NET,
    ID_MAX
} IdSubSystems;

/* A new "#net123"-like name, never well-formed as a user's; to be freed. */
char *id_generate(IdSubSystems id);

/* Begins with a letter; letters, digits, '-', '.', '_' follow. */
bool id_wellformed(const char *id);

#endif

/*
 * The chardev on two plain descriptors, for those that derive from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_CHAR_FD_H
#define CHARDEV_CHAR_FD_H

#include "chardev-internal.h"

typedef struct FDChardev {
    Chardev parent;
    int fd_in, fd_out;      /* -1: none; may be the same */
    bool regular;           /* fd_out never blocks */
    ChrPump in, out;        /* out only where fd_out is another than fd_in */
} FDChardev;

DECLARE_INSTANCE_CHECKER(FDChardev, FD_CHARDEV, TYPE_CHARDEV_FD)

#endif

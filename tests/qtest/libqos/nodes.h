/*
 * What the machine nodes give to device nodes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_NODES_H
#define LIBQOS_NODES_H

#include "virtio.h"

/* Interface "pci-bus": configuration space, and guest memory to use. */
typedef struct QPCIMachineBus {
    QPCIBus pci;
    QGuestAllocator alloc;
} QPCIMachineBus;

#endif

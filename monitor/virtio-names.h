/*
 * Names and meanings of virtio bits, for people.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MONITOR_VIRTIO_NAMES_H
#define MONITOR_VIRTIO_NAMES_H

#include "qemu/osdep.h"

typedef struct VirtioBitName {
    unsigned bit;
    const char *text;           /* "NAME: what it means" */
} VirtioBitName;

/* Each ends with a NULL text. */
extern const VirtioBitName virtio_status_names[];
extern const VirtioBitName virtio_core_names[];
extern const VirtioBitName vhost_protocol_names[];
/* Of the features of a device of this kind; an empty table if none is known. */
const VirtioBitName *virtio_device_names(uint16_t device_id);

#endif

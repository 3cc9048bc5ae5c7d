/*
 * The entropy device (VIRTIO 1.4 section 5.4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_RNG_H
#define HW_VIRTIO_RNG_H

#include "hw/virtio/virtio.h"
#include "qemu/timer.h"
#include "system/rng.h"

#define TYPE_VIRTIO_RNG "virtio-rng-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIORNG, VIRTIO_RNG)

struct VirtIORNG {
    VirtIODevice parent_obj;

    /* Properties. */
    RngBackend *source;         /* NULL: a source of its own is made */
    uint64_t max_bytes;         /* in a period */
    uint32_t period_ms;

    VirtQueue *vq;
    RngBackend *own_source;
    bool asked;                 /* bytes are on their way */
    uint64_t quota;             /* bytes left in this period */
    QEMUBH *look;
    QEMUTimer period;           /* runs from the first byte of it */
};

#endif

/*
 * The inside of virtio queues for people: x-query-virtio-queue-status and its kin.
 * Nothing here changes anything.
 *
 * Called with the big lock held. A queue that another loop owns may move on
 * meanwhile: members are right one by one, not together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_INSPECT_H
#define HW_VIRTIO_INSPECT_H

#include "hw/virtio/virtio.h"

typedef struct VirtQueueView {
    unsigned num, num_default;      /* descriptors; as the device was made */
    unsigned inuse;                 /* chains taken and not given back */
    hwaddr desc, driver, device;    /* areas; 0 while it is not set up */
    uint16_t last_avail;            /* counts; places on a packed ring */
    uint16_t shadow_avail;
    uint16_t used_idx;
    uint16_t signalled_used;        /* used_idx when the driver was last told */
    bool signalled_used_valid;
    uint64_t kicks, interrupts;     /* since the device was made */
    bool packed;
    bool enabled;
} VirtQueueView;

/* False: no such queue. */
bool virtio_queue_view(VirtIODevice *vdev, unsigned n, VirtQueueView *view);

#endif

/*
 * Rings that another process works on (vhost): what it must know of a ring, and how
 * the ring comes back. While it is outside, the driver's notifications go to the
 * eventfd that the other process listens to, and the device does not touch the ring.
 *
 * Main loop, big lock held; queues that belong to the main loop's context.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_HANDOVER_H
#define HW_VIRTIO_HANDOVER_H

#include "hw/virtio/virtio.h"

/* A ring as it is handed over. */
typedef struct VirtQueueHandover {
    unsigned num;
    bool packed;
    uint16_t avail, used;           /* counts, or places on a packed ring */
    bool avail_wrap, used_wrap;
    void *desc, *driver, *device;   /* as this process sees the areas */
    hwaddr device_addr;             /* as the guest does */
    int kick_fd;                    /* readable when the driver notified */
} VirtQueueHandover;

/*
 * Queue @n goes outside; what the device had taken goes back into it first. False:
 * it is not enabled, or its ring is not RAM (the driver is told), or there are no
 * eventfds.
 */
bool virtio_queue_hand_over(VirtIODevice *vdev, int n, VirtQueueHandover *to);
/* Is it? */
bool virtio_queue_is_outside(VirtIODevice *vdev, int n);
/* Where the ring is while it is outside, after the map of memory changed. */
bool virtio_queue_locate(VirtIODevice *vdev, int n, VirtQueueHandover *to);
/* The other process said where it stopped: at this count or place. */
void virtio_queue_set_place(VirtIODevice *vdev, int n, uint16_t place,
                            bool wrap);
/*
 * It did not say: find that out from the ring. May be repeated while the ring is
 * outside.
 */
void virtio_queue_recover(VirtIODevice *vdev, int n);
/* The ring comes back, at the place that was set or found. */
void virtio_queue_take_back(VirtIODevice *vdev, int n);
/* The other process used buffers: interrupt the driver. */
void virtio_queue_interrupt(VirtQueue *vq);

#endif

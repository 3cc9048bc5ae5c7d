/*
 * A look into queues, for the monitor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-inspect.h"
#include "hw/virtio/virtio-internal.h"

bool virtio_queue_view(VirtIODevice *vdev, unsigned n, VirtQueueView *view)
{
    const VirtQueue *vq = virtio_get_queue(vdev, n);
    VIRTIO_HOLD_GUARD(vdev);

    if (!vq) {
        return false;
    }
    *view = (VirtQueueView){
        .num = vq->num,
        .num_default = vq->num_max,
        .inuse = vq->inuse,
        .desc = vq->desc.addr,
        .driver = vq->driver.addr,
        .device = vq->device.addr,
        .last_avail = vq->last_avail,
        .shadow_avail = vq->ops->packed ? vq->last_avail : vq->shadow_avail,
        .used_idx = vq->used_idx,
        .signalled_used = vq->used_idx - vq->unsignalled,
        .signalled_used_valid = vq->enabled &&
                                vq->unsignalled < VIRTQUEUE_UNSIGNALLED_MAX,
        .kicks = virtio_queue_kicks(vq),
        .interrupts = virtio_queue_interrupts(vq),
        .packed = vq->ops->packed,
        .enabled = vq->enabled,
    };
    return true;
}

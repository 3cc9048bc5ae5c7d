/*
 * Rings that another process works on: out and back again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "hw/virtio/virtio-handover.h"
#include "hw/virtio/virtio-internal.h"

static bool mapped(VirtQueue *vq)
{
    RCU_READ_LOCK_GUARD();

    return vq->enabled && !vq->broken &&
           (vq->map_generation == qatomic_read(&vq->mem->generation) ||
            virtqueue_map(vq));
}

bool virtio_queue_locate(VirtIODevice *vdev, int n, VirtQueueHandover *to)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (!mapped(vq)) {
        return false;
    }
    *to = (VirtQueueHandover){
        .num = vq->num,
        .packed = vq->ops->packed,
        .avail = vq->last_avail,
        .used = vq->used_idx,
        .avail_wrap = vq->avail_wrap,
        .used_wrap = vq->used_wrap,
        .desc = vq->desc.host,
        .driver = vq->driver.host,
        .device = vq->device.host,
        .device_addr = vq->device.addr,
        .kick_fd = event_notifier_get_fd(&vq->side->host_notifier),
    };
    return true;
}

static bool has_eventfd(VirtQueue *vq)
{
    EventNotifier *e = &vq->side->host_notifier;

    return e->initialized || event_notifier_init(e, 0) == 0;
}

bool virtio_queue_hand_over(VirtIODevice *vdev, int n, VirtQueueHandover *to)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (!vq || !vq->enabled || !has_eventfd(vq)) {
        return false;
    }
    /* Out of our loop before anybody else listens to the same eventfd. */
    vq->outside = vq->quiet = true;
    virtio_queue_stop_listening(vq);
    virtqueue_rewind(vq, vq->inuse);
    if (!virtio_queue_locate(vdev, n, to)) {
        virtio_queue_take_back(vdev, n);
        return false;
    }
    /* There may be something in the ring already. */
    event_notifier_set(&vq->side->host_notifier);
    return true;
}

bool virtio_queue_is_outside(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    return vq && vq->outside;
}

void virtio_queue_set_place(VirtIODevice *vdev, int n, uint16_t place,
                            bool wrap)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    vq->last_avail = vq->shadow_avail = vq->used_idx = place;
    vq->avail_wrap = vq->used_wrap = wrap;
}

void virtio_queue_recover(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    RCU_READ_LOCK_GUARD();

    if (mapped(vq)) {
        vq->ops->recover(vq);
    }
}

void virtio_queue_take_back(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    vq->outside = false;
    vq->quiet = !virtio_may_run(vdev);
    /* Whether the driver was told of the last entries is not known: tell it. */
    vq->unsignalled = VIRTQUEUE_UNSIGNALLED_MAX;
    if (!vq->quiet) {
        virtio_queue_set_notification(vq, vq->notification);
    }
    virtio_queue_listen(vq);
}

/*
 * A virtio device whose rings another process works on (vhost-user): which rings it
 * has, the memory that it maps, interrupts, and taking everything back.
 *
 * A ring is ours, the peer's, or lost: the peer went without saying how far it
 * came. A lost ring stands still until a peer gets it again, which goes on where the
 * ring itself says, or the driver resets the device: a peer that only seems to be
 * gone does no harm that way.
 *
 * Main loop, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VHOST_H
#define HW_VIRTIO_VHOST_H

#include "hw/virtio/vhost-user.h"
#include "hw/virtio/virtio.h"

typedef struct VhostDev VhostDev;

/* For the queues 0 .. @max_queues - 1 of @vdev, whose realize calls it. */
VhostDev *vhost_dev_new(VirtIODevice *vdev, unsigned max_queues);
/* Nothing is with a peer any more. */
void vhost_dev_free(VhostDev *dev);

/*
 * Hand over those of queues 0 .. @queues - 1 that the driver has enabled. Of the
 * driver's features the peer must know those in @needed, and hears of those in @told
 * as well. Where it fails the connection is over.
 */
bool vhost_dev_start(VhostDev *dev, VhostUserConn *conn, unsigned queues,
                     uint64_t needed, uint64_t told);
/* All is said, and the rings of use are enabled: the peer may go on. */
bool vhost_dev_ready(VhostDev *dev);
/* Take back what the peer has; if it cannot be asked any more it is lost. */
void vhost_dev_stop(VhostDev *dev);
bool vhost_dev_started(const VhostDev *dev);
/* Lost rings: where do they stand now? For who looks at, or saves, the device. */
void vhost_dev_settle(VhostDev *dev);
/* Lost rings become ours: nobody will come any more, or the driver starts anew. */
void vhost_dev_give_up(VhostDev *dev);

/* Of a device that is started: the peer works on ring @n, or lets it rest. */
void vhost_dev_enable(VhostDev *dev, unsigned n, bool enable);
/* The driver resets ring @n, or has enabled it again (with @enable). */
void vhost_dev_queue_reset(VhostDev *dev, unsigned n);
void vhost_dev_queue_start(VhostDev *dev, unsigned n, bool enable);

/*
 * Called a little after the memory that the peer maps became another, while the
 * device is started: stop and start it.
 */
void vhost_dev_on_memory_change(VhostDev *dev, QEMUBHFunc *fn, void *opaque);

/* Can another process map the guest's memory? The error says what to do. */
bool vhost_memory_is_shared(Error **errp);

/* --- for the monitor --- */

typedef struct VhostView {
    uint64_t features, acked_features, protocol_features;
    unsigned mem_sections, nvqs, max_pairs;
} VhostView;

typedef struct VhostQueueView {
    int kick_fd, call_fd;
    uint64_t desc, avail, used;             /* in this process */
    unsigned num;
    uint64_t desc_addr, avail_addr, used_addr;  /* in the guest */
    uint32_t desc_bytes, avail_bytes, used_bytes;
} VhostQueueView;

/* False: it is not started. */
bool vhost_dev_view(const VhostDev *dev, VhostView *view);
bool vhost_dev_queue_view(const VhostDev *dev, unsigned n,
                          VhostQueueView *view);

#endif

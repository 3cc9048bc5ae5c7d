/*
 * What the files of a vhost device share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VHOST_INTERNAL_H
#define HW_VIRTIO_VHOST_INTERNAL_H

#include "hw/virtio/vhost.h"
#include "hw/virtio/virtio-handover.h"
#include "vhost-user-msg.h"

/* What the peer maps. */
typedef struct VhostTable {
    VhostRegion regions[VHOST_USER_MAX_REGIONS];
    unsigned count;
    bool complete;              /* else there are more than can be told */
} VhostTable;

typedef enum VhostQueueState {
    VHOST_QUEUE_OURS,
    VHOST_QUEUE_PEERS,
    VHOST_QUEUE_LOST,
} VhostQueueState;

typedef struct VhostQueue {
    VirtIODevice *vdev;
    VhostQueueState state;
    EventNotifier call;         /* the peer rings it; made when first needed */
    VhostRing ring;             /* as the peer was told */
    bool packed;
} VhostQueue;

struct VhostDev {
    VirtIODevice *vdev;
    VhostUserConn *conn;        /* while started */
    unsigned max_queues;
    VhostQueue *queues;
    uint64_t acked;             /* what the peer heard of the driver's features */
    VhostTable table;
    VhostTable told;            /* what the peer has */
    MemoryListener listener;
    QEMUBH *memory_bh;          /* NULL: nobody wants to know */
};

/* vhost-memory.c */
void vhost_memory_init(VhostDev *dev);
void vhost_memory_exit(VhostDev *dev);
/* Is all of it in a region that the peer maps? */
bool vhost_table_holds(const VhostTable *table, const void *host,
                       uint64_t bytes);

#endif

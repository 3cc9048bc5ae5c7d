/*
 * The inside of a virtqueue: shared by virtqueue.c, the layouts and the core's
 * files in this folder; unit tests drive it with a driver of their own on plain
 * memory. It knows rings and memory, no device and no transport.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VIRTQUEUE_INTERNAL_H
#define HW_VIRTIO_VIRTQUEUE_INTERNAL_H

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "hw/virtio/virtqueue.h"
#include "hw/virtio/virtio-numbers.h"

/* At most this much of one queue's buffers is not RAM at any time. */
#define VIRTQUEUE_BOUNCE_MAX    (64 * 1024)

/* vq->unsignalled when it is so many, or not known how many. */
#define VIRTQUEUE_UNSIGNALLED_MAX   0x10000u

/* A stretch of guest memory that is RAM, contiguous on the host. */
typedef struct VirtQueueRange {
    hwaddr base;
    uint64_t bytes;             /* 0: nothing */
    uint8_t *host;
    ram_addr_t ram;             /* of the first byte, for commits */
    bool writable;
} VirtQueueRange;

typedef struct VirtQueueMemory VirtQueueMemory;

/*
 * How a queue reaches guest memory. All are called inside an RCU read-side section,
 * by the queue's owner.
 */
typedef struct VirtQueueMemoryOps {
    /* The RAM around @addr; false when there is none there. */
    bool (*find)(VirtQueueMemory *mem, hwaddr addr, VirtQueueRange *range);
    /* Copy from and to what is not RAM; false when nobody answers. */
    bool (*read)(VirtQueueMemory *mem, hwaddr addr, void *buf, size_t bytes);
    bool (*write)(VirtQueueMemory *mem, hwaddr addr, const void *buf,
                  size_t bytes);
    /* The device wrote RAM: at a known RAM address, or by host pointer. */
    void (*commit)(VirtQueueMemory *mem, ram_addr_t ram, size_t bytes);
    void (*commit_host)(VirtQueueMemory *mem, void *host, size_t bytes);
    /* Keep the RAM under a host pointer until it is let go (may be NULL). */
    void (*hold)(VirtQueueMemory *mem, void *host, bool hold);
} VirtQueueMemoryOps;

struct VirtQueueMemory {
    const VirtQueueMemoryOps *ops;
    /*
     * Counts changes of the memory map, from 1. Written by the memory listener
     * before old RAM may go away; a queue that sees a new value translates its
     * addresses anew. Old pointers live until the reader's RCU section ends.
     */
    unsigned generation;
};

/* One of the three areas of a ring (section 2.6). */
typedef struct VirtQueueArea {
    hwaddr addr;
    uint8_t *host;              /* good for vq->map_generation */
    ram_addr_t ram;
} VirtQueueArea;

/* A piece of a chain that is not RAM; @data is in the chain's sg list. */
struct VirtQueueBounce {
    VirtQueueBounce *next;
    hwaddr addr;
    uint32_t bytes;
    bool is_write;
    size_t in_offset;           /* where it begins among the writable bytes */
    uint8_t data[];
};

/* What packed rings remember of a filled entry until it is flushed. */
typedef struct VirtQueueUsed {
    uint32_t len;
    uint16_t id;
    uint16_t ndescs;
} VirtQueueUsed;

/* In order: a chain that was taken and did not go back to the driver yet. */
typedef struct VirtQueueOrdered {
    VirtQueueUsed used;
    bool filled;
    bool whole;                 /* to the last byte that could be written */
} VirtQueueOrdered;

/*
 * A ring layout. All members are set, but recover for those in order. The caller has
 * seen that the queue is usable (mapped, enabled, not broken), but for sizes.
 */
typedef struct VirtQueueOps {
    const char *name;
    bool packed;                /* one ring that both sides write */
    bool in_order;              /* chains go back as they came */
    /* Bytes and alignment of descriptor, driver and device area (section 2.6). */
    void (*sizes)(const VirtQueue *vq, uint64_t bytes[3], unsigned align[3]);
    /* Is a chain available that was not taken? Reads the ring. */
    bool (*pending)(VirtQueue *vq);
    /* Append up to @max chains to the batch; fewer also on error (broken). */
    unsigned (*take)(VirtQueue *vq, VirtQueueBatch *batch, unsigned max);
    /* The @count chains taken last become available again. */
    void (*untake)(VirtQueue *vq, unsigned count);
    void (*fill)(VirtQueue *vq, const VirtQueueElement *elem, uint32_t len,
                 unsigned idx);
    /* Returns by how many places the ring went on. */
    unsigned (*flush)(VirtQueue *vq, unsigned count);
    /* Publish vq->notification to the driver. */
    void (*arm)(VirtQueue *vq);
    /* vq->unsignalled entries were published: does the driver want to know? */
    bool (*wants_notify)(VirtQueue *vq);
    /* Add the bytes of chains not taken until both are at least their maximum. */
    void (*measure)(VirtQueue *vq, uint64_t *in_bytes, uint64_t *out_bytes,
                    uint64_t max_in, uint64_t max_out);
    /*
     * Somebody else used the ring, in the order of the chains, and does not say how
     * far: find the first chain that is not used, from the ring alone.
     */
    void (*recover)(VirtQueue *vq);
} VirtQueueOps;

extern const VirtQueueOps virtqueue_split_ops;
extern const VirtQueueOps virtqueue_packed_ops;
extern const VirtQueueOps virtqueue_split_inorder_ops;
extern const VirtQueueOps virtqueue_packed_inorder_ops;

typedef void VirtQueueErrorFn(VirtQueue *vq, const char *message);

/*
 * State that the ring needs; the device side of a queue (handlers, notifiers,
 * vectors) stands in virtio-internal.h and embeds nothing of this.
 */
struct VirtQueue {
    /* Read and written for every batch. */
    const VirtQueueOps *ops;
    VirtQueueMemory *mem;
    VirtQueueArea desc, driver, device;
    VirtQueueRange hit;         /* the RAM that the last buffer was in */
    unsigned map_generation;    /* of mem, at translation; 0: not translated */
    unsigned inuse;             /* chains taken and not given back */
    unsigned unsignalled;       /* entries flushed since the last decision */
    uint16_t num;               /* ring size in descriptors */
    uint16_t last_avail;        /* next to take: a count (split), a place (packed) */
    uint16_t shadow_avail;      /* split: the driver's index as last read */
    uint16_t used_idx;          /* next to publish: a count or a place */
    bool avail_wrap;            /* packed: wrap counters, 1 at first */
    bool used_wrap;
    bool enabled;               /* the driver has set it up */
    bool broken;                /* the driver broke the rules */
    bool quiet;                 /* the device must not touch memory now */
    bool outside;               /* another process has the ring; so quiet */
    bool notification;          /* do we want to be notified? */
    bool event_idx;             /* negotiated */
    bool indirect;
    bool notify_on_empty;

    uint16_t *taken_ndescs;     /* packed: places of chains taken, by order */
    uint64_t taken_count;
    VirtQueueUsed *filled;      /* packed: entries waiting for flush */
    VirtQueueOrdered *ordered;  /* in order: chains taken, oldest to next */
    uint64_t order_oldest, order_next;
    size_t bounce_bytes;
    VirtQueueErrorFn *on_error;
    AioContext *ctx;            /* the event loop that owns the queue */

    /* The device's side: virtio.c and its siblings; the ring does not look. */
    VirtIODevice *vdev;
    struct VirtQueueSide *side;
    uint16_t queue_index;
    uint16_t num_max;           /* what the device allows; 0: no such queue */
    uint16_t vector;
};

/* Make a queue of at most @num_max descriptors, split, not enabled. */
void virtqueue_core_init(VirtQueue *vq, VirtQueueMemory *mem,
                         uint16_t num_max, VirtQueueErrorFn *on_error);
void virtqueue_core_destroy(VirtQueue *vq);
/* Back to what it was after init; the layout is split again. */
void virtqueue_core_reset(VirtQueue *vq);
/* Choose the layout; before the queue is enabled. */
void virtqueue_core_set_layout(VirtQueue *vq, const VirtQueueOps *ops);
/*
 * The driver enables the queue with these areas and vq->num. False: sizes or
 * alignment break the rules; nothing is changed.
 */
bool virtqueue_core_enable(VirtQueue *vq, hwaddr desc, hwaddr driver,
                           hwaddr device);

/* The driver broke the rules: report, and touch the ring no more. */
void virtqueue_fail(VirtQueue *vq, const char *fmt, ...) G_PRINTF(2, 3);
/* Translate the areas anew; false: not RAM (reported) or not usable. */
bool virtqueue_map(VirtQueue *vq);
/* Look up the RAM around @addr into vq->hit. */
bool virtqueue_find(VirtQueue *vq, hwaddr addr);
/* A buffer that is not RAM; NULL: refused (reported). */
VirtQueueBounce *virtqueue_bounce(VirtQueue *vq, VirtQueueElement *elem,
                                  hwaddr addr, uint32_t bytes, bool is_write,
                                  size_t in_offset);
void virtqueue_bounce_free(VirtQueue *vq, VirtQueueElement *elem);
/*
 * Copy an indirect table that is in several pieces of RAM; NULL: refused
 * (reported). The caller g_free()s it.
 */
uint8_t *virtqueue_copy_table(VirtQueue *vq, hwaddr addr, uint32_t bytes);

static inline bool virtqueue_usable(VirtQueue *vq)
{
    if (unlikely(!vq->enabled || vq->broken || vq->quiet)) {
        return false;
    }
    return likely(vq->map_generation == qatomic_read(&vq->mem->generation)) ||
           virtqueue_map(vq);
}

/* The device wrote @bytes at @offset of an area. */
static inline void virtqueue_commit_area(VirtQueue *vq,
                                         const VirtQueueArea *area,
                                         uint64_t offset, size_t bytes)
{
    if (vq->mem->ops->commit) {
        vq->mem->ops->commit(vq->mem, area->ram + offset, bytes);
    }
}

#endif

/*
 * The ring as a device sees it: take chains of buffers that the driver made
 * available, give them back used, decide about notifications. The same calls serve
 * every layout (VIRTIO 1.4 sections 2.7 and 2.8); docs/devel/virtqueue.rst has
 * the picture.
 *
 * Who may call: the event loop that owns the queue (virtio_queue_aio_context());
 * for a queue of the main loop also whoever holds the big lock. Debug builds
 * check it.
 *
 * Buffers are host pointers straight into guest memory. Those of a batch are good
 * inside the RCU read-side section in which virtqueue_pop_batch() was called and
 * no longer; a device that keeps a chain across events takes it by virtqueue_pop().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VIRTQUEUE_H
#define HW_VIRTIO_VIRTQUEUE_H

#include "qemu/osdep.h"

/* The largest ring, in descriptors, and the longest chain. */
#define VIRTQUEUE_MAX_SIZE  1024

typedef struct VirtQueueBounce VirtQueueBounce;

/*
 * One chain that the driver made available. @out_sg is what the device may read,
 * @in_sg what it may write, each in the driver's order. A descriptor that is not
 * contiguous on the host shows as several pieces.
 */
struct VirtQueueElement {
    unsigned int index;         /* the driver's name of it; goes back to it */
    unsigned int len;           /* bytes written, set by virtqueue_fill() */
    unsigned int ndescs;        /* places in the ring itself (packed layout) */
    unsigned int out_num;
    unsigned int in_num;
    struct iovec *out_sg;
    struct iovec *in_sg;
    size_t out_bytes;
    size_t in_bytes;
    VirtQueueBounce *bounce;    /* pieces that are not RAM, mostly none */
    uint64_t order;             /* place in time, with in-order rings */
    bool held;                  /* taken alone: its memory is kept */
};

/*
 * Storage for chains that the caller owns and reuses, so that nothing is allocated
 * per packet. virtqueue_batch_init() makes it; elems[0 .. count) are valid after
 * virtqueue_pop_batch().
 */
typedef struct VirtQueueBatch {
    VirtQueueElement *elems;
    struct iovec *iov;
    unsigned max_elems;
    unsigned max_iov;
    unsigned count;
    unsigned iov_used;
} VirtQueueBatch;

/*
 * Room for @max_elems chains with @extra_iov pieces beyond those of one longest
 * chain; pieces run out before chains do when chains are long, which only makes a
 * batch shorter.
 */
void virtqueue_batch_init(VirtQueueBatch *batch, unsigned max_elems,
                          unsigned extra_iov);
void virtqueue_batch_destroy(VirtQueueBatch *batch);
/* Forget what the batch holds (chains were filled or given back before). */
static inline void virtqueue_batch_clear(VirtQueueBatch *batch)
{
    batch->count = 0;
    batch->iov_used = 0;
}

/*
 * Take up to @max chains more into @batch, behind those it holds. Returns how many
 * were taken: fewer than @max when the ring is empty, the storage is full, or the
 * driver broke the rules (then the device is broken and needs a reset). With the
 * event index and notifications enabled, the driver is told once to notify of what
 * comes next.
 */
unsigned virtqueue_pop_batch(VirtQueue *vq, VirtQueueBatch *batch,
                             unsigned max);

/*
 * Give the last @count chains of the batch back untaken, as if they had not been
 * popped; the next pop finds them again. Nothing popped later may be outstanding.
 */
void virtqueue_unpop_batch(VirtQueue *vq, VirtQueueBatch *batch,
                           unsigned count);

/*
 * The device wrote to a chain of a batch that it is going to give back untaken: tell
 * the memory, as virtqueue_fill() does for those that go to the driver.
 */
void virtqueue_commit(VirtQueue *vq, const VirtQueueElement *elem);

/*
 * One chain in one allocation of at least @sz bytes that begins with a
 * VirtQueueElement; NULL when there is none. The memory behind it is held until
 * virtqueue_push/fill/unpop/detach_element; the caller g_free()s it after that.
 */
void *virtqueue_pop(VirtQueue *vq, size_t sz);

/*
 * Write the used entry of @elem, the @idx-th of this batch, with @len bytes written
 * to it. The driver sees none of them before virtqueue_flush().
 */
void virtqueue_fill(VirtQueue *vq, const VirtQueueElement *elem,
                    unsigned int len, unsigned int idx);
/* Publish @count filled entries at once: all of them or none is visible. */
void virtqueue_flush(VirtQueue *vq, unsigned int count);
/* Fill and flush one. */
void virtqueue_push(VirtQueue *vq, const VirtQueueElement *elem,
                    unsigned int len);

/* Let go of a chain without telling the driver (the device is being reset). */
void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem,
                              unsigned int len);
/* Give the chain popped last back untaken. */
void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem,
                     unsigned int len);
/* The last @num popped and detached chains become available again. */
bool virtqueue_rewind(VirtQueue *vq, unsigned int num);

/*
 * How many bytes are available to read and to write in chains not yet taken;
 * counting ends once both maxima are reached. Either pointer may be NULL.
 */
void virtqueue_get_avail_bytes(VirtQueue *vq, unsigned int *in_bytes,
                               unsigned int *out_bytes,
                               unsigned max_in_bytes, unsigned max_out_bytes);
/* Are these many bytes available? */
int virtqueue_avail_bytes(VirtQueue *vq, unsigned int in_bytes,
                          unsigned int out_bytes);

/* No chain available, or the queue cannot be used at present. */
bool virtio_queue_empty(VirtQueue *vq);
/* Has the driver set the queue up? */
bool virtio_queue_ready(VirtQueue *vq);
/*
 * Ask the driver for notifications, or tell it that they are not needed. After
 * enabling look at the ring once more: what came before is not notified.
 */
void virtio_queue_set_notification(VirtQueue *vq, int enable);
/*
 * Does the driver want to hear of what was flushed since this was last asked?
 * virtio_notify() asks; call it once per batch.
 */
bool virtqueue_should_notify(VirtQueue *vq);

#endif

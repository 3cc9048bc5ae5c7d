/*
 * In-order use of buffers (VIRTIO 1.4 sections 2.7.10 and 2.8.10), over either
 * layout: chains go back to the driver in the order in which it made them available,
 * whatever order the device finishes them in. Rings are written by the layout itself
 * (virtqueue-split.c, virtqueue-packed.c).
 *
 * Several chains may go back as one used entry, that of the last; the driver takes
 * those before it as used completely. So a run of chains that were filled to their
 * last byte costs one entry, and every transmitted one is such.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtqueue-internal.h"

static inline VirtQueueOrdered *slot_of(VirtQueue *vq, uint64_t order)
{
    return &vq->ordered[order % vq->num];
}

static QEMU_ALWAYS_INLINE unsigned ordered_take(VirtQueue *vq,
                                                VirtQueueBatch *batch,
                                                unsigned max,
                                                const VirtQueueOps *layout)
{
    unsigned room = vq->num - (vq->order_next - vq->order_oldest);
    unsigned first = batch->count;
    unsigned taken;

    if (room == 0) {
        /* Those that wait for their turn are the driver's no more than others. */
        if (layout->pending(vq)) {
            virtqueue_fail(vq, "more than %u chains at once", vq->num);
        }
        return 0;
    }
    taken = layout->take(vq, batch, MIN(max, room));
    for (unsigned i = 0; i < taken; i++) {
        VirtQueueElement *elem = &batch->elems[first + i];

        elem->order = vq->order_next++;
        *slot_of(vq, elem->order) = (VirtQueueOrdered){
            .used = { .id = elem->index, .ndescs = elem->ndescs },
        };
    }
    return taken;
}

static QEMU_ALWAYS_INLINE void ordered_untake(VirtQueue *vq, unsigned count,
                                              const VirtQueueOps *layout)
{
    layout->untake(vq, count);
    vq->order_next -= count;
}

static void ordered_fill(VirtQueue *vq, const VirtQueueElement *elem,
                         uint32_t len, unsigned idx)
{
    VirtQueueOrdered *slot = slot_of(vq, elem->order);

    slot->used.len = len;
    slot->whole = len == elem->in_bytes;
    slot->filled = true;
}

/*
 * The chains from the oldest on that one used entry can stand for. @entry gets it;
 * returns how many they are, 0 if the oldest is not finished.
 */
static unsigned next_run(VirtQueue *vq, VirtQueueElement *entry, uint32_t *len)
{
    unsigned places = 0;
    unsigned count = 0;

    while (vq->order_oldest + count != vq->order_next) {
        const VirtQueueOrdered *slot = slot_of(vq, vq->order_oldest + count);

        /* A hostile driver's chains may fill the ring more than once. */
        if (!slot->filled || places + slot->used.ndescs > vq->num) {
            break;
        }
        places += slot->used.ndescs;
        count++;
        entry->index = slot->used.id;
        entry->ndescs = places;
        *len = slot->used.len;
        if (!slot->whole) {
            break;
        }
    }
    return count;
}

/*
 * @by_chain: an entry's place in the ring counts chains (split), not entries; the
 * places that are skipped are not written.
 */
static QEMU_ALWAYS_INLINE unsigned ordered_flush(VirtQueue *vq,
                                                 const VirtQueueOps *layout,
                                                 const bool by_chain)
{
    unsigned chains = 0, entries = 0;
    VirtQueueElement entry = { 0 };
    uint32_t len = 0;
    unsigned run;

    while ((run = next_run(vq, &entry, &len)) > 0) {
        layout->fill(vq, &entry, len, by_chain ? chains : entries);
        vq->order_oldest += run;
        chains += run;
        entries++;
    }
    return entries ? layout->flush(vq, by_chain ? chains : entries) : 0;
}

/* --- over the split layout --- */

static void sizes_split(const VirtQueue *vq, uint64_t bytes[3],
                        unsigned align[3])
{
    virtqueue_split_ops.sizes(vq, bytes, align);
}

static bool pending_split(VirtQueue *vq)
{
    return virtqueue_split_ops.pending(vq);
}

static unsigned take_split(VirtQueue *vq, VirtQueueBatch *batch, unsigned max)
{
    return ordered_take(vq, batch, max, &virtqueue_split_ops);
}

static void untake_split(VirtQueue *vq, unsigned count)
{
    ordered_untake(vq, count, &virtqueue_split_ops);
}

static unsigned flush_split(VirtQueue *vq, unsigned count)
{
    return ordered_flush(vq, &virtqueue_split_ops, true);
}

static void arm_split(VirtQueue *vq)
{
    virtqueue_split_ops.arm(vq);
}

static bool wants_notify_split(VirtQueue *vq)
{
    return virtqueue_split_ops.wants_notify(vq);
}

static void measure_split(VirtQueue *vq, uint64_t *in_bytes,
                          uint64_t *out_bytes, uint64_t max_in,
                          uint64_t max_out)
{
    virtqueue_split_ops.measure(vq, in_bytes, out_bytes, max_in, max_out);
}

const VirtQueueOps virtqueue_split_inorder_ops = {
    .name = "split, in order",
    .in_order = true,
    .sizes = sizes_split,
    .pending = pending_split,
    .take = take_split,
    .untake = untake_split,
    .fill = ordered_fill,
    .flush = flush_split,
    .arm = arm_split,
    .wants_notify = wants_notify_split,
    .measure = measure_split,
};

/* --- over the packed layout --- */

static void sizes_packed(const VirtQueue *vq, uint64_t bytes[3],
                         unsigned align[3])
{
    virtqueue_packed_ops.sizes(vq, bytes, align);
}

static bool pending_packed(VirtQueue *vq)
{
    return virtqueue_packed_ops.pending(vq);
}

static unsigned take_packed(VirtQueue *vq, VirtQueueBatch *batch, unsigned max)
{
    return ordered_take(vq, batch, max, &virtqueue_packed_ops);
}

static void untake_packed(VirtQueue *vq, unsigned count)
{
    ordered_untake(vq, count, &virtqueue_packed_ops);
}

static unsigned flush_packed(VirtQueue *vq, unsigned count)
{
    return ordered_flush(vq, &virtqueue_packed_ops, false);
}

static void arm_packed(VirtQueue *vq)
{
    virtqueue_packed_ops.arm(vq);
}

static bool wants_notify_packed(VirtQueue *vq)
{
    return virtqueue_packed_ops.wants_notify(vq);
}

static void measure_packed(VirtQueue *vq, uint64_t *in_bytes,
                           uint64_t *out_bytes, uint64_t max_in,
                           uint64_t max_out)
{
    virtqueue_packed_ops.measure(vq, in_bytes, out_bytes, max_in, max_out);
}

const VirtQueueOps virtqueue_packed_inorder_ops = {
    .name = "packed, in order",
    .packed = true,
    .in_order = true,
    .sizes = sizes_packed,
    .pending = pending_packed,
    .take = take_packed,
    .untake = untake_packed,
    .fill = ordered_fill,
    .flush = flush_packed,
    .arm = arm_packed,
    .wants_notify = wants_notify_packed,
    .measure = measure_packed,
};

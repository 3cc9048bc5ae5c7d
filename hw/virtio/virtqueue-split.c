/*
 * The split layout (VIRTIO 1.4 section 2.7): descriptor table, available ring and
 * used ring. Chains are checked in virtqueue-chain.h.
 *
 * Indices are 16-bit counts that wrap by themselves; a place in a ring is the
 * count modulo the ring size, which is a power of two.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtqueue-chain.h"

/* Both rings begin with flags and index. */
#define RING_FLAGS      0
#define RING_IDX        2
#define RING_ENTRIES    4

static inline uint16_t *driver_u16(VirtQueue *vq, size_t offset)
{
    return (uint16_t *)(vq->driver.host + offset);
}

static inline uint16_t *device_u16(VirtQueue *vq, size_t offset)
{
    return (uint16_t *)(vq->device.host + offset);
}

/* used_event stands behind the available entries, avail_event behind the used. */
static inline size_t used_event_offset(const VirtQueue *vq)
{
    return RING_ENTRIES + sizeof(uint16_t) * vq->num;
}

static inline size_t avail_event_offset(const VirtQueue *vq)
{
    return RING_ENTRIES + sizeof(struct vring_used_elem) * vq->num;
}

static void split_sizes(const VirtQueue *vq, uint64_t bytes[3],
                        unsigned align[3])
{
    size_t event = vq->event_idx ? sizeof(uint16_t) : 0;

    bytes[0] = VQ_DESC_BYTES * (uint64_t)vq->num;
    bytes[1] = used_event_offset(vq) + event;
    bytes[2] = avail_event_offset(vq) + event;
    align[0] = VRING_DESC_ALIGN_SIZE;
    align[1] = VRING_AVAIL_ALIGN_SIZE;
    align[2] = VRING_USED_ALIGN_SIZE;
}

/* Read the driver's index; returns how many chains wait to be taken. */
static unsigned split_refresh(VirtQueue *vq)
{
    unsigned waiting;

    /*
     * Index before entries and descriptors. Pairs with the driver's write barrier
     * before it moves avail->idx; without it a chain could be read before it was
     * written.
     */
    vq->shadow_avail = qatomic_load_acquire(driver_u16(vq, RING_IDX));
    waiting = (uint16_t)(vq->shadow_avail - vq->last_avail);
    if (unlikely(waiting > vq->num)) {
        virtqueue_fail(vq, "available index moved from %u to %u in a ring of %u",
                       vq->last_avail, vq->shadow_avail, vq->num);
        return 0;
    }
    return waiting;
}

static bool split_pending(VirtQueue *vq)
{
    return vq->shadow_avail != vq->last_avail || split_refresh(vq) > 0;
}

static inline uint16_t split_head(VirtQueue *vq, uint16_t count)
{
    size_t place = count & (vq->num - 1);

    return qatomic_read(driver_u16(vq, RING_ENTRIES + place * 2));
}

static void split_arm(VirtQueue *vq)
{
    if (vq->event_idx) {
        /*
         * Off: leave the event where it is. The driver passed it already and will
         * not meet it again before 65536 chains.
         */
        if (vq->notification) {
            size_t offset = avail_event_offset(vq);

            qatomic_set(device_u16(vq, offset), vq->shadow_avail);
            virtqueue_commit_area(vq, &vq->device, offset, sizeof(uint16_t));
        }
    } else {
        qatomic_set(device_u16(vq, RING_FLAGS),
                    vq->notification ? 0 : VRING_USED_F_NO_NOTIFY);
        virtqueue_commit_area(vq, &vq->device, RING_FLAGS, sizeof(uint16_t));
    }
    if (vq->notification) {
        /*
         * Event before the look at avail->idx that the caller takes next. Pairs
         * with the driver's full barrier between its index and its look at the
         * event; without it both sides miss the other and the queue stands still.
         */
        smp_mb();
    }
}

static unsigned split_take(VirtQueue *vq, VirtQueueBatch *batch, unsigned max)
{
    unsigned waiting = (uint16_t)(vq->shadow_avail - vq->last_avail);
    unsigned taken = 0;

    if (waiting < max) {
        waiting = split_refresh(vq);
    }
    max = MIN(max, waiting);
    while (taken < max) {
        unsigned head = split_head(vq, vq->last_avail);

        if (unlikely(head >= vq->num)) {
            virtqueue_fail(vq, "available entry %u is outside of %u", head,
                           vq->num);
            break;
        }
        if (taken + 1 < max) {
            unsigned next = split_head(vq, vq->last_avail + 1) & (vq->num - 1);

            __builtin_prefetch(vq->desc.host + (size_t)next * VQ_DESC_BYTES);
        }
        if (vq_take_chain(vq, head, batch, false) != VQ_WALK_OK) {
            break;
        }
        vq->last_avail++;
        taken++;
    }
    if (taken > 0 && vq->event_idx && vq->notification && !vq->broken) {
        split_arm(vq);
    }
    return taken;
}

static void split_untake(VirtQueue *vq, unsigned count)
{
    vq->last_avail -= count;
}

static void split_fill(VirtQueue *vq, const VirtQueueElement *elem, uint32_t len,
                       unsigned idx)
{
    size_t place = (uint16_t)(vq->used_idx + idx) & (vq->num - 1);
    struct vring_used_elem entry = { .id = elem->index, .len = len };
    size_t offset = RING_ENTRIES + place * sizeof(entry);

    memcpy(vq->device.host + offset, &entry, sizeof(entry));
}

static unsigned split_flush(VirtQueue *vq, unsigned count)
{
    size_t first = vq->used_idx & (vq->num - 1);
    size_t straight = MIN(count, vq->num - first);

    /*
     * Entries and buffers before index. Pairs with the driver's read barrier
     * between used->idx and the entries; without it the driver could see stale
     * lengths or data.
     */
    vq->used_idx += count;
    qatomic_store_release(device_u16(vq, RING_IDX), vq->used_idx);

    virtqueue_commit_area(vq, &vq->device, RING_IDX, sizeof(uint16_t));
    virtqueue_commit_area(vq, &vq->device, RING_ENTRIES +
                          first * sizeof(struct vring_used_elem),
                          straight * sizeof(struct vring_used_elem));
    if (straight < count) {
        virtqueue_commit_area(vq, &vq->device, RING_ENTRIES,
                              (count - straight) *
                              sizeof(struct vring_used_elem));
    }
    return count;
}

static bool split_wants_notify(VirtQueue *vq)
{
    /*
     * Used index before the look at the driver's wish. Pairs with the driver's
     * full barrier between its wish and its look at used->idx; without it the
     * driver could sleep on a used entry.
     */
    smp_mb();
    if (vq->notify_on_empty && vq->inuse == 0 && !split_pending(vq)) {
        return true;
    }
    if (vq->event_idx) {
        uint16_t event = qatomic_read(driver_u16(vq, used_event_offset(vq)));

        /* Is entry `event` among those published since the last decision? */
        return (uint16_t)(vq->used_idx - event - 1) < vq->unsignalled;
    }
    return !(qatomic_read(driver_u16(vq, RING_FLAGS)) &
             VRING_AVAIL_F_NO_INTERRUPT);
}

static void split_measure(VirtQueue *vq, uint64_t *in_bytes,
                          uint64_t *out_bytes, uint64_t max_in,
                          uint64_t max_out)
{
    unsigned waiting = split_refresh(vq);

    for (unsigned i = 0; i < waiting; i++) {
        unsigned head = split_head(vq, vq->last_avail + i);
        VirtQueueElement elem;

        if (head >= vq->num) {
            virtqueue_fail(vq, "available entry %u is outside of %u", head,
                           vq->num);
            return;
        }
        if (vq_walk_chain(vq, head, &elem, NULL, 0, false, false) !=
            VQ_WALK_OK) {
            return;
        }
        *in_bytes += elem.in_bytes;
        *out_bytes += elem.out_bytes;
        if (*in_bytes >= max_in && *out_bytes >= max_out) {
            return;
        }
    }
}

/* The used ring's index counts all chains that were used. */
static void split_recover(VirtQueue *vq)
{
    vq->used_idx = qatomic_load_acquire(device_u16(vq, RING_IDX));
    vq->last_avail = vq->shadow_avail = vq->used_idx;
}

const VirtQueueOps virtqueue_split_ops = {
    .name = "split",
    .sizes = split_sizes,
    .pending = split_pending,
    .take = split_take,
    .untake = split_untake,
    .fill = split_fill,
    .flush = split_flush,
    .arm = split_arm,
    .wants_notify = split_wants_notify,
    .measure = split_measure,
    .recover = split_recover,
};

/*
 * The packed layout (VIRTIO 1.4 section 2.8): one ring of descriptors that both
 * sides write, and a small event structure for each. Chains are checked in
 * virtqueue-chain.h.
 *
 * Each side has a wrap counter that turns at the end of the ring; a descriptor is
 * available when its AVAIL flag equals the driver's counter and its USED flag
 * does not. Used entries overwrite descriptors in the order of completion.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtqueue-chain.h"

#define FLAG_AVAIL      (1u << VRING_PACKED_DESC_F_AVAIL)
#define FLAG_USED       (1u << VRING_PACKED_DESC_F_USED)

/* Members of a descriptor and of an event structure, in bytes. */
#define DESC_LEN        8
#define DESC_ID         12
#define DESC_FLAGS      14
#define EVENT_OFF_WRAP  0
#define EVENT_FLAGS     2
#define EVENT_BYTES     4

static inline uint16_t *desc_flags(VirtQueue *vq, unsigned place)
{
    return (uint16_t *)(vq->desc.host + (size_t)place * VQ_DESC_BYTES +
                        DESC_FLAGS);
}

static void packed_sizes(const VirtQueue *vq, uint64_t bytes[3],
                         unsigned align[3])
{
    bytes[0] = VQ_DESC_BYTES * (uint64_t)vq->num;
    bytes[1] = EVENT_BYTES;
    bytes[2] = EVENT_BYTES;
    align[0] = 16;
    align[1] = 4;
    align[2] = 4;
}

/* Move a place and its wrap counter on by @step, at most one ring. */
static inline void packed_advance(const VirtQueue *vq, uint16_t *place,
                                  bool *wrap, unsigned step)
{
    unsigned next = *place + step;

    if (next >= vq->num) {
        next -= vq->num;
        *wrap = !*wrap;
    }
    *place = next;
}

static bool packed_pending(VirtQueue *vq)
{
    /*
     * Flags before the rest of the descriptor. Pairs with the driver's write
     * barrier before it stores the first descriptor's flags; without it a chain
     * could be read before it was written.
     */
    uint16_t flags = qatomic_load_acquire(desc_flags(vq, vq->last_avail));

    return !!(flags & FLAG_AVAIL) == vq->avail_wrap &&
           !!(flags & FLAG_USED) != vq->avail_wrap;
}

static void packed_arm(VirtQueue *vq)
{
    uint16_t *event = (uint16_t *)vq->device.host;
    uint16_t flags = VRING_PACKED_EVENT_FLAG_DISABLE;

    if (vq->notification && vq->event_idx) {
        /*
         * Place before flags. Pairs with the driver's read barrier between flags
         * and place; without it the driver could use an old place.
         */
        qatomic_set(&event[EVENT_OFF_WRAP / 2], vq->last_avail |
                    vq->avail_wrap << VRING_PACKED_EVENT_F_WRAP_CTR);
        smp_wmb();
        flags = VRING_PACKED_EVENT_FLAG_DESC;
    } else if (vq->notification) {
        flags = VRING_PACKED_EVENT_FLAG_ENABLE;
    }
    qatomic_set(&event[EVENT_FLAGS / 2], flags);
    virtqueue_commit_area(vq, &vq->device, 0, EVENT_BYTES);
    if (vq->notification) {
        /*
         * Event before the caller's look at the ring. Pairs with the driver's full
         * barrier between its flags and its look at the event; without it both
         * sides miss the other.
         */
        smp_mb();
    }
}

static unsigned packed_take(VirtQueue *vq, VirtQueueBatch *batch, unsigned max)
{
    unsigned taken = 0;

    while (taken < max && packed_pending(vq)) {
        VirtQueueElement *elem = &batch->elems[batch->count];

        if (vq_take_chain(vq, vq->last_avail, batch, true) != VQ_WALK_OK) {
            break;
        }
        vq->taken_ndescs[vq->taken_count % vq->num] = elem->ndescs;
        vq->taken_count++;
        packed_advance(vq, &vq->last_avail, &vq->avail_wrap, elem->ndescs);
        taken++;
    }
    if (taken > 0 && vq->event_idx && vq->notification && !vq->broken) {
        packed_arm(vq);
    }
    return taken;
}

static void packed_untake(VirtQueue *vq, unsigned count)
{
    while (count-- > 0) {
        unsigned step = vq->taken_ndescs[--vq->taken_count % vq->num];

        if (step > vq->last_avail) {
            vq->last_avail += vq->num;
            vq->avail_wrap = !vq->avail_wrap;
        }
        vq->last_avail -= step;
    }
}

static void packed_fill(VirtQueue *vq, const VirtQueueElement *elem,
                        uint32_t len, unsigned idx)
{
    if (idx < vq->num) {
        vq->filled[idx] = (VirtQueueUsed){
            .id = elem->index,
            .len = len,
            .ndescs = elem->ndescs,
        };
    }
}

static void packed_store(VirtQueue *vq, const VirtQueueUsed *used,
                         unsigned place, bool wrap)
{
    uint8_t *desc = vq->desc.host + (size_t)place * VQ_DESC_BYTES;
    uint16_t flags = wrap ? FLAG_AVAIL | FLAG_USED : 0;

    if (used->len > 0) {
        flags |= VRING_DESC_F_WRITE;
    }
    memcpy(desc + DESC_LEN, &used->len, sizeof(used->len));
    memcpy(desc + DESC_ID, &used->id, sizeof(used->id));
    /*
     * Entry and buffers before flags. Pairs with the driver's read barrier after
     * it has seen the flags; without it the driver could see a stale length.
     */
    qatomic_store_release(desc_flags(vq, place), flags);
    virtqueue_commit_area(vq, &vq->desc, (uint64_t)place * VQ_DESC_BYTES,
                          VQ_DESC_BYTES);
}

static unsigned packed_flush(VirtQueue *vq, unsigned count)
{
    uint16_t first = vq->used_idx;
    bool first_wrap = vq->used_wrap;
    unsigned places = vq->filled[0].ndescs;

    /*
     * The first entry is written last: the driver reads in order, so that it sees
     * all of the batch or nothing (section 2.8.9).
     */
    packed_advance(vq, &vq->used_idx, &vq->used_wrap, vq->filled[0].ndescs);
    for (unsigned i = 1; i < count; i++) {
        packed_store(vq, &vq->filled[i], vq->used_idx, vq->used_wrap);
        packed_advance(vq, &vq->used_idx, &vq->used_wrap,
                       vq->filled[i].ndescs);
        places += vq->filled[i].ndescs;
    }
    packed_store(vq, &vq->filled[0], first, first_wrap);
    return places;
}

static bool packed_wants_notify(VirtQueue *vq)
{
    const uint16_t *event = (const uint16_t *)vq->driver.host;
    unsigned mode, place, end;
    bool wrap;

    /*
     * Used flags before the look at the driver's wish. Pairs with the driver's full
     * barrier between its wish and its look at the ring.
     */
    smp_mb();
    mode = qatomic_load_acquire(&event[EVENT_FLAGS / 2]) & 3;
    if (mode != VRING_PACKED_EVENT_FLAG_DESC || !vq->event_idx) {
        return mode != VRING_PACKED_EVENT_FLAG_DISABLE;
    }
    place = qatomic_read(&event[EVENT_OFF_WRAP / 2]);
    wrap = place >> VRING_PACKED_EVENT_F_WRAP_CTR;
    place &= (1u << VRING_PACKED_EVENT_F_WRAP_CTR) - 1;

    /*
     * Places count from the lap that the event is in: used_idx is in the same lap
     * or one further. Was the event among the places published last?
     */
    end = vq->used_idx + (wrap == vq->used_wrap ? 0 : vq->num);
    return place < end && end - place <= vq->unsignalled;
}

static void packed_measure(VirtQueue *vq, uint64_t *in_bytes,
                           uint64_t *out_bytes, uint64_t max_in,
                           uint64_t max_out)
{
    uint16_t place = vq->last_avail;
    bool wrap = vq->avail_wrap;
    unsigned passed = 0;

    while (passed < vq->num) {
        uint16_t flags = qatomic_load_acquire(desc_flags(vq, place));
        VirtQueueElement elem;

        if (!!(flags & FLAG_AVAIL) != wrap || !!(flags & FLAG_USED) == wrap ||
            vq_walk_chain(vq, place, &elem, NULL, 0, true, false) !=
            VQ_WALK_OK) {
            return;
        }
        *in_bytes += elem.in_bytes;
        *out_bytes += elem.out_bytes;
        if (*in_bytes >= max_in && *out_bytes >= max_out) {
            return;
        }
        packed_advance(vq, &place, &wrap, elem.ndescs);
        passed += elem.ndescs;
    }
}

/* --- finding the place again --- */

static uint16_t flags_at(VirtQueue *vq, unsigned place)
{
    return qatomic_load_acquire(desc_flags(vq, place));
}

static unsigned place_before(const VirtQueue *vq, unsigned place)
{
    return (place > 0 ? place : vq->num) - 1;
}

/* Made available and not used; or what is left of a chain that was used. */
static bool looks_available(VirtQueue *vq, unsigned place)
{
    uint16_t flags = flags_at(vq, place);

    return !!(flags & FLAG_AVAIL) != !!(flags & FLAG_USED);
}

static struct vring_packed_desc desc_at(VirtQueue *vq, unsigned place)
{
    struct vring_packed_desc desc;

    memcpy(&desc, vq->desc.host + (size_t)place * VQ_DESC_BYTES, sizeof(desc));
    return desc;
}

/*
 * What ends at @last, and would be written, may be the rest of the buffer that the
 * used entry at @used gave back. An entry of zeroes was never used.
 */
static bool is_rest(VirtQueue *vq, unsigned used, unsigned last)
{
    struct vring_packed_desc entry = desc_at(vq, used);

    return (flags_at(vq, last) & VRING_DESC_F_WRITE) &&
           !looks_available(vq, used) && entry.len > 0 &&
           entry.id == desc_at(vq, last).id;
}

/*
 * How many descriptors the available chain has that ends before @place, @max at
 * most; 0 if there is none.
 *
 * A used entry overwrites only the first descriptor of its chain. The others still
 * look like a chain of their own, which cannot always be told from one. They end
 * with the id of the entry before them; but a driver may have used that id
 * again, as Linux does when it fills an empty ring. To take a used buffer for an
 * available one makes a wrong packet when it is read, and spoils memory when it is
 * written; to miss an available one stops the queue. So the id counts where
 * several descriptors would be written, which drivers that use the id again do not
 * have: they post single ones.
 */
static unsigned chain_before(VirtQueue *vq, unsigned place, unsigned max)
{
    unsigned last = place_before(vq, place), first = last, count = 1;

    if (!looks_available(vq, last)) {
        return 0;
    }
    while (count < max && looks_available(vq, place_before(vq, first)) &&
           (flags_at(vq, place_before(vq, first)) & VRING_DESC_F_NEXT)) {
        first = place_before(vq, first);
        count++;
    }
    return count > 1 && count < max &&
           is_rest(vq, place_before(vq, first), last) ? 0 : count;
}

/* Where the driver's wrap counter changes is where it goes on (section 2.8.1). */
static unsigned driver_place(VirtQueue *vq, bool *wrap)
{
    uint16_t lap = flags_at(vq, 0) & FLAG_AVAIL;

    for (unsigned i = 1; i < vq->num; i++) {
        if ((flags_at(vq, i) & FLAG_AVAIL) != lap) {
            *wrap = lap;
            return i;
        }
    }
    *wrap = !lap;
    return 0;
}

/* All chains between what the driver wrote last and the first used entry. */
static void packed_recover(VirtQueue *vq)
{
    bool wrap;
    unsigned place = driver_place(vq, &wrap);
    unsigned left = vq->num, count;

    while (left > 0 && (count = chain_before(vq, place, left)) > 0) {
        place = (place + vq->num - count) % vq->num;
        left -= count;
    }
    if (left < vq->num) {
        wrap = flags_at(vq, place) & FLAG_AVAIL;
    }
    vq->last_avail = vq->used_idx = place;
    vq->avail_wrap = vq->used_wrap = wrap;
}

const VirtQueueOps virtqueue_packed_ops = {
    .name = "packed",
    .packed = true,
    .sizes = packed_sizes,
    .pending = packed_pending,
    .take = packed_take,
    .untake = packed_untake,
    .fill = packed_fill,
    .flush = packed_flush,
    .arm = packed_arm,
    .wants_notify = packed_wants_notify,
    .measure = packed_measure,
    .recover = packed_recover,
};

/*
 * The one place where a descriptor chain is checked and turned into pieces of host
 * memory (VIRTIO 1.4 sections 2.7.5 and 2.8.5 to 2.8.8). Each layout instantiates
 * it with constants, so that the compiler folds what does not apply.
 *
 * The guest may rewrite descriptors while we look: every descriptor is copied once,
 * the copy is checked, and the copy is used.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VIRTQUEUE_CHAIN_H
#define HW_VIRTIO_VIRTQUEUE_CHAIN_H

#include "hw/virtio/virtqueue-internal.h"

#define VQ_DESC_BYTES   16

typedef enum VqWalk {
    VQ_WALK_OK,
    VQ_WALK_BAD,                /* reported; the queue is broken */
    VQ_WALK_NO_ROOM,            /* the caller's storage is too small */
    VQ_WALK_INDIRECT,           /* goes on in a table */
} VqWalk;

typedef struct VqDesc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t link;              /* split: next; packed: buffer id */
} VqDesc;

static QEMU_ALWAYS_INLINE VqDesc vq_desc_load(const uint8_t *table,
                                              unsigned pos, const bool packed)
{
    uint64_t word[2];

    memcpy(word, table + (size_t)pos * VQ_DESC_BYTES, sizeof(word));
    /* From here on the compiler cannot read guest memory a second time. */
    asm volatile("" : "+r"(word[0]), "+r"(word[1]));
    return (VqDesc){
        .addr = word[0],
        .len = word[1],
        .flags = word[1] >> (packed ? 48 : 32),
        .link = word[1] >> (packed ? 32 : 48),
    };
}

/*
 * What a walk has found so far. It is kept apart from the element so that the
 * compiler can hold it in registers: nothing that is stored for one descriptor needs
 * to be loaded again for the next.
 */
typedef struct VqSum {
    uint64_t in_bytes, out_bytes;
    unsigned pieces;            /* of host memory */
    unsigned out_pieces;        /* those of readable descriptors, which come first */
    unsigned seen;              /* descriptors */
} VqSum;

/*
 * Append the host memory of one descriptor that is not in one piece of known RAM.
 * Out of line, as is vq_refuse(): what is rare must not cost the others registers.
 */
static __attribute__((noinline, cold))
VqWalk vq_add_pieces(VirtQueue *vq, VirtQueueElement *elem, VqSum *sum,
                     struct iovec *iov, unsigned room, const VqDesc *desc)
{
    bool is_write = desc->flags & VRING_DESC_F_WRITE;
    hwaddr addr = desc->addr;
    uint64_t left = desc->len;

    while (left > 0) {
        struct iovec *piece = &iov[sum->pieces];
        uint64_t offset = addr - vq->hit.base;
        uint64_t bytes;

        if (sum->pieces == room) {
            return VQ_WALK_NO_ROOM;
        }
        if (unlikely(offset >= vq->hit.bytes) && virtqueue_find(vq, addr)) {
            offset = addr - vq->hit.base;
        }
        if (likely(offset < vq->hit.bytes && (vq->hit.writable || !is_write))) {
            bytes = MIN(left, vq->hit.bytes - offset);
            piece->iov_base = vq->hit.host + offset;
        } else {
            size_t in_offset = sum->in_bytes + desc->len - left;
            VirtQueueBounce *bounce = virtqueue_bounce(vq, elem, addr, left,
                                                       is_write, in_offset);

            if (!bounce) {
                return VQ_WALK_BAD;
            }
            bytes = bounce->bytes;
            piece->iov_base = bounce->data;
        }
        piece->iov_len = bytes;
        sum->pieces++;
        addr += bytes;
        left -= bytes;
    }
    return VQ_WALK_OK;
}

/* Append the host memory of one descriptor to the chain's pieces. */
static QEMU_ALWAYS_INLINE VqWalk vq_add_buffer(VirtQueue *vq,
                                               VirtQueueElement *elem,
                                               VqSum *sum, struct iovec *iov,
                                               unsigned room,
                                               const VqDesc *desc)
{
    uint64_t offset = desc->addr - vq->hit.base;
    bool is_write = desc->flags & VRING_DESC_F_WRITE;
    VqWalk result = VQ_WALK_OK;

    /* As almost always: in the RAM that the last one was in. */
    if (likely(offset < vq->hit.bytes && desc->len <= vq->hit.bytes - offset &&
               sum->pieces < room && (!is_write || vq->hit.writable))) {
        iov[sum->pieces].iov_base = vq->hit.host + offset;
        iov[sum->pieces++].iov_len = desc->len;
    } else {
        VqSum copy = *sum;
        VqDesc desc_copy = *desc;

        result = vq_add_pieces(vq, elem, &copy, iov, room, &desc_copy);
        *sum = copy;
    }
    if (!is_write) {
        sum->out_pieces = sum->pieces;
    }
    return result;
}

/* The table that an indirect descriptor points to, in one piece. */
static QEMU_ALWAYS_INLINE const uint8_t *vq_indirect_table(VirtQueue *vq,
                                                           const VqDesc *desc,
                                                           uint8_t **copy)
{
    uint64_t offset = desc->addr - vq->hit.base;

    if (unlikely(offset >= vq->hit.bytes) && virtqueue_find(vq, desc->addr)) {
        offset = desc->addr - vq->hit.base;
    }
    if (likely(offset < vq->hit.bytes && desc->len <= vq->hit.bytes - offset)) {
        return vq->hit.host + offset;
    }
    *copy = virtqueue_copy_table(vq, desc->addr, desc->len);
    return *copy;
}

/* May an indirect descriptor stand here? */
static QEMU_ALWAYS_INLINE bool vq_indirect_ok(VirtQueue *vq, const VqDesc *desc,
                                              unsigned seen, const bool packed)
{
    if (!vq->indirect) {
        virtqueue_fail(vq, "indirect descriptor, which was not negotiated");
    } else if (desc->flags & VRING_DESC_F_NEXT) {
        virtqueue_fail(vq, "indirect descriptor with a next one");
    } else if (packed && seen > 0) {
        virtqueue_fail(vq, "indirect descriptor in a list of a packed ring");
    } else if (desc->len == 0 || desc->len % VQ_DESC_BYTES != 0) {
        virtqueue_fail(vq, "indirect table of %u bytes, not a multiple of %u",
                       desc->len, VQ_DESC_BYTES);
    } else {
        return true;
    }
    return false;
}

/* Say what is wrong with a descriptor that vq_buffer_ok() refuses. */
static __attribute__((noinline, cold))
void vq_refuse(VirtQueue *vq, VqSum sum, VqDesc desc)
{
    if (sum.seen > vq->num) {
        virtqueue_fail(vq, "chain longer than the queue of %u", vq->num);
    } else if (desc.len == 0) {
        virtqueue_fail(vq, "descriptor of zero length");
    } else if (desc.addr + (desc.len - 1) < desc.addr) {
        virtqueue_fail(vq, "descriptor at 0x%" PRIx64 " wraps around",
                       desc.addr);
    } else if (sum.in_bytes + sum.out_bytes + desc.len > UINT32_MAX) {
        virtqueue_fail(vq, "chain of more than 4 GiB");
    } else {
        virtqueue_fail(vq, "readable descriptor after a writable one");
    }
}

/* May this buffer follow what the chain has already? */
static QEMU_ALWAYS_INLINE bool vq_buffer_ok(VirtQueue *vq, const VqSum *sum,
                                            const VqDesc *desc)
{
    bool is_write = desc->flags & VRING_DESC_F_WRITE;

    /* One branch for what never happens, not one for each of its reasons. */
    if (unlikely((sum->seen > vq->num) | (desc->len == 0) |
                 (desc->addr + (desc->len - 1) < desc->addr) |
                 (sum->in_bytes + sum->out_bytes + desc->len > UINT32_MAX) |
                 (!is_write & (sum->in_bytes > 0)))) {
        vq_refuse(vq, *sum, *desc);
        return false;
    }
    return true;
}

/* Check one buffer, and with @map append its host memory. */
static QEMU_ALWAYS_INLINE VqWalk vq_take_buffer(VirtQueue *vq,
                                                VirtQueueElement *elem,
                                                VqSum *sum, struct iovec *iov,
                                                unsigned room,
                                                const VqDesc *desc,
                                                const bool map)
{
    sum->seen++;
    if (!vq_buffer_ok(vq, sum, desc)) {
        return VQ_WALK_BAD;
    }
    if (map) {
        VqWalk added = vq_add_buffer(vq, elem, sum, iov, room, desc);

        if (unlikely(added != VQ_WALK_OK)) {
            return added;
        }
    }
    if (desc->flags & VRING_DESC_F_WRITE) {
        sum->in_bytes += desc->len;
    } else {
        sum->out_bytes += desc->len;
    }
    return VQ_WALK_OK;
}

/* Where a walk is. */
typedef struct VqPlace {
    const uint8_t *table;
    unsigned entries, pos;
    unsigned id, ndescs;        /* packed: name of the chain, places in the ring */
} VqPlace;

/*
 * Follow a chain in the ring or, @nested, in an indirect table, to its end or to an
 * indirect descriptor (VQ_WALK_INDIRECT, which is in *@last).
 */
static QEMU_ALWAYS_INLINE VqWalk vq_walk_list(VirtQueue *vq, VqPlace *at,
                                              VirtQueueElement *elem,
                                              VqSum *sum, struct iovec *iov,
                                              unsigned room, VqDesc *last,
                                              const bool packed,
                                              const bool nested, const bool map)
{
    for (;;) {
        VqDesc desc = vq_desc_load(at->table, at->pos, packed);
        VqWalk result;

        if (packed && !nested) {
            at->id = desc.link;
            at->ndescs++;
        }
        /* In a packed table every flag but WRITE is reserved and ignored. */
        if ((desc.flags & VRING_DESC_F_INDIRECT) && !(packed && nested)) {
            *last = desc;
            return VQ_WALK_INDIRECT;
        }
        result = vq_take_buffer(vq, elem, sum, iov, room, &desc, map);
        if (unlikely(result != VQ_WALK_OK)) {
            return result;
        }
        if (packed && nested) {
            if (++at->pos == at->entries) {
                return VQ_WALK_OK;
            }
            continue;
        }
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            return VQ_WALK_OK;
        }
        if (packed) {
            at->pos = at->pos + 1 == at->entries ? 0 : at->pos + 1;
        } else {
            at->pos = desc.link;
            if (unlikely(at->pos >= at->entries)) {
                virtqueue_fail(vq, "next descriptor %u is outside of %u",
                               at->pos, at->entries);
                return VQ_WALK_BAD;
            }
        }
    }
}

/*
 * Go on in the table of an indirect descriptor. A function of its own, so that its
 * loop has the registers for itself.
 */
static __attribute__((noinline))
VqWalk vq_walk_table(VirtQueue *vq, const VqDesc *desc, VirtQueueElement *elem,
                     VqSum *sum, struct iovec *iov, unsigned room,
                     const bool packed, const bool map)
{
    uint8_t *copy = NULL;
    VqPlace at = { 0 };
    VqSum found = *sum;
    VqDesc last;
    VqWalk result;

    if (!vq_indirect_ok(vq, desc, sum->seen, packed)) {
        return VQ_WALK_BAD;
    }
    at.table = vq_indirect_table(vq, desc, &copy);
    if (!at.table) {
        return VQ_WALK_BAD;
    }
    at.entries = desc->len / VQ_DESC_BYTES;
    if (packed) {
        result = map ? vq_walk_list(vq, &at, elem, &found, iov, room, &last,
                                    true, true, true)
                     : vq_walk_list(vq, &at, elem, &found, iov, room, &last,
                                    true, true, false);
    } else {
        result = map ? vq_walk_list(vq, &at, elem, &found, iov, room, &last,
                                    false, true, true)
                     : vq_walk_list(vq, &at, elem, &found, iov, room, &last,
                                    false, true, false);
    }
    if (result == VQ_WALK_INDIRECT) {
        virtqueue_fail(vq, "indirect descriptor inside an indirect table");
        result = VQ_WALK_BAD;
    }
    *sum = found;
    if (unlikely(copy)) {
        g_free(copy);
    }
    return result;
}

/*
 * Follow the chain whose first descriptor is at @pos of the ring. With @map its
 * pieces go to iov[0 .. room): first the readable ones, then the writable ones.
 * Without, only bytes are counted. On anything but VQ_WALK_OK the element holds
 * nothing.
 */
static QEMU_ALWAYS_INLINE VqWalk vq_walk_chain(VirtQueue *vq, unsigned pos,
                                               VirtQueueElement *elem,
                                               struct iovec *iov, unsigned room,
                                               const bool packed,
                                               const bool map)
{
    VqPlace at = { vq->desc.host, vq->num, pos, pos, packed ? 0 : 1 };
    VqSum sum = { 0 };
    VqDesc desc;
    VqWalk result;

    elem->bounce = NULL;
    result = vq_walk_list(vq, &at, elem, &sum, iov, room, &desc, packed, false,
                          map);
    if (result == VQ_WALK_INDIRECT) {
        VqSum copy = sum;

        result = vq_walk_table(vq, &desc, elem, &copy, iov, room, packed, map);
        sum = copy;
    }
    if (likely(result == VQ_WALK_OK)) {
        *elem = (VirtQueueElement){
            .index = at.id, .ndescs = at.ndescs,
            .out_num = sum.out_pieces, .in_num = sum.pieces - sum.out_pieces,
            .out_sg = iov, .in_sg = map ? iov + sum.out_pieces : NULL,
            .out_bytes = sum.out_bytes, .in_bytes = sum.in_bytes,
            .bounce = elem->bounce,
        };
    } else if (unlikely(elem->bounce)) {
        virtqueue_bounce_free(vq, elem);
    }
    return result;
}

/*
 * Append the chain at @pos to the batch. NO_ROOM is only for batches that hold
 * something already: a chain that does not fit an empty one breaks the queue.
 */
static QEMU_ALWAYS_INLINE VqWalk vq_take_chain(VirtQueue *vq, unsigned pos,
                                               VirtQueueBatch *batch,
                                               const bool packed)
{
    VirtQueueElement *elem = &batch->elems[batch->count];
    VqWalk result;

    if (unlikely(vq->inuse >= vq->num)) {
        virtqueue_fail(vq, "more than %u chains at once", vq->num);
        return VQ_WALK_BAD;
    }
    result = vq_walk_chain(vq, pos, elem, batch->iov + batch->iov_used,
                           batch->max_iov - batch->iov_used, packed, true);
    if (likely(result == VQ_WALK_OK)) {
        batch->iov_used += elem->out_num + elem->in_num;
        batch->count++;
        vq->inuse++;
    } else if (result == VQ_WALK_NO_ROOM && batch->count == 0) {
        virtqueue_fail(vq, "chain in more than %u pieces", batch->max_iov);
        result = VQ_WALK_BAD;
    }
    return result;
}

#endif

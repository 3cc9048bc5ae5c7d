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

/* Append the host memory of one descriptor to the chain's pieces. */
static QEMU_ALWAYS_INLINE VqWalk vq_add_buffer(VirtQueue *vq,
                                               VirtQueueElement *elem,
                                               struct iovec *iov, unsigned room,
                                               const VqDesc *desc)
{
    bool is_write = desc->flags & VRING_DESC_F_WRITE;
    unsigned *count = is_write ? &elem->in_num : &elem->out_num;
    hwaddr addr = desc->addr;
    uint64_t left = desc->len;

    while (left > 0) {
        struct iovec *piece = &iov[elem->out_num + elem->in_num];
        uint64_t offset = addr - vq->hit.base;
        uint64_t bytes;

        if (elem->out_num + elem->in_num == room) {
            return VQ_WALK_NO_ROOM;
        }
        if (unlikely(offset >= vq->hit.bytes) && virtqueue_find(vq, addr)) {
            offset = addr - vq->hit.base;
        }
        if (likely(offset < vq->hit.bytes && (vq->hit.writable || !is_write))) {
            bytes = MIN(left, vq->hit.bytes - offset);
            piece->iov_base = vq->hit.host + offset;
        } else {
            size_t in_offset = elem->in_bytes + desc->len - left;
            VirtQueueBounce *bounce = virtqueue_bounce(vq, elem, addr, left,
                                                       is_write, in_offset);

            if (!bounce) {
                return VQ_WALK_BAD;
            }
            bytes = bounce->bytes;
            piece->iov_base = bounce->data;
        }
        piece->iov_len = bytes;
        (*count)++;
        addr += bytes;
        left -= bytes;
    }
    return VQ_WALK_OK;
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
                                              bool nested, unsigned seen,
                                              const bool packed)
{
    if (!vq->indirect) {
        virtqueue_fail(vq, "indirect descriptor, which was not negotiated");
    } else if (nested) {
        virtqueue_fail(vq, "indirect descriptor inside an indirect table");
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

/* May this buffer follow what the chain has already? */
static QEMU_ALWAYS_INLINE bool vq_buffer_ok(VirtQueue *vq,
                                            const VirtQueueElement *elem,
                                            const VqDesc *desc, unsigned seen)
{
    if (unlikely(seen > vq->num)) {
        virtqueue_fail(vq, "chain longer than the queue of %u", vq->num);
    } else if (unlikely(desc->len == 0)) {
        virtqueue_fail(vq, "descriptor of zero length");
    } else if (unlikely(desc->addr + (desc->len - 1) < desc->addr)) {
        virtqueue_fail(vq, "descriptor at 0x%" PRIx64 " wraps around",
                       desc->addr);
    } else if (unlikely(!(desc->flags & VRING_DESC_F_WRITE) &&
                        elem->in_bytes > 0)) {
        virtqueue_fail(vq, "readable descriptor after a writable one");
    } else if (unlikely(elem->in_bytes + elem->out_bytes + desc->len >
                        UINT32_MAX)) {
        virtqueue_fail(vq, "chain of more than 4 GiB");
    } else {
        return true;
    }
    return false;
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
    const uint8_t *table = vq->desc.host;
    unsigned entries = vq->num;
    unsigned seen = 0;
    bool nested = false;
    uint8_t *copy = NULL;
    VqWalk result = VQ_WALK_BAD;

    *elem = (VirtQueueElement){ .index = pos };
    for (;;) {
        VqDesc desc = vq_desc_load(table, pos, packed);

        if (packed && !nested) {
            elem->index = desc.link;
            elem->ndescs++;
        }
        /* In a packed table every flag but WRITE is reserved and ignored. */
        if ((desc.flags & VRING_DESC_F_INDIRECT) && !(packed && nested)) {
            if (!vq_indirect_ok(vq, &desc, nested, seen, packed)) {
                break;
            }
            table = vq_indirect_table(vq, &desc, &copy);
            if (!table) {
                break;
            }
            entries = desc.len / VQ_DESC_BYTES;
            pos = 0;
            nested = true;
            continue;
        }
        if (!vq_buffer_ok(vq, elem, &desc, ++seen)) {
            break;
        }
        if (map) {
            VqWalk added = vq_add_buffer(vq, elem, iov, room, &desc);

            if (unlikely(added != VQ_WALK_OK)) {
                result = added;
                break;
            }
        }
        if (desc.flags & VRING_DESC_F_WRITE) {
            elem->in_bytes += desc.len;
        } else {
            elem->out_bytes += desc.len;
        }

        if (packed && nested) {
            if (++pos == entries) {
                result = VQ_WALK_OK;
                break;
            }
            continue;
        }
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            result = VQ_WALK_OK;
            break;
        }
        if (packed) {
            pos = pos + 1 == entries ? 0 : pos + 1;
        } else {
            pos = desc.link;
            if (unlikely(pos >= entries)) {
                virtqueue_fail(vq, "next descriptor %u is outside of %u", pos,
                               entries);
                break;
            }
        }
    }

    if (unlikely(copy)) {
        g_free(copy);
    }
    if (likely(result == VQ_WALK_OK)) {
        if (map) {
            elem->out_sg = iov;
            elem->in_sg = iov + elem->out_num;
        }
        if (!packed) {
            elem->ndescs = 1;
        }
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

/*
 * The packed ring as a driver fills it (VIRTIO 1.4, 2.8), written piece by piece into
 * guest memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtio.h"

#define AVAIL_BIT   (1u << 7)
#define USED_BIT    (1u << 15)
/* Fields of a descriptor, and of both event areas. */
#define DESC_FLAGS  14
#define EVENT_FLAGS 2
enum { EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC };

static bool has_event(QVirtQueue *vq)
{
    return qvirtio_has(vq->dev, VIRTIO_RING_F_EVENT_IDX);
}

static void packed_setup(QVirtQueue *vq)
{
    QTestState *qts = vq->dev->qts;

    qtest_memset(qts, vq->desc, 0, 16 * vq->size);
    qtest_memset(qts, vq->driver, 0, 4);
    qtest_memset(qts, vq->device, 0, 4);
    vq->free_count = vq->size;
    vq->avail_idx = vq->used_idx = vq->published_idx = 0;
    vq->avail_wrap = vq->used_wrap = true;
    vq->added = 0;
    memset(vq->chain_length, 0, vq->size * sizeof(vq->chain_length[0]));
}

static uint16_t free_id(QVirtQueue *vq)
{
    for (uint16_t id = 0; id < vq->size; id++) {
        if (vq->chain_length[id] == 0) {
            return id;
        }
    }
    g_error("no free buffer id");
}

static uint16_t available_flags(const QVirtQueue *vq)
{
    return vq->avail_wrap ? AVAIL_BIT : USED_BIT;
}

static void write_desc(QTestState *qts, uint64_t addr, uint64_t buf_addr,
                       uint32_t len, uint16_t id)
{
    struct vring_packed_desc desc = {
        .addr = buf_addr, .len = len, .id = id,
    };

    qtest_memwrite(qts, addr, &desc, DESC_FLAGS);
}

/* Flags of the first descriptor that is not published wait for publish(). */
static void write_flags(QVirtQueue *vq, uint64_t addr, uint16_t flags,
                        bool first)
{
    if (first && vq->added == 0) {
        vq->held_addr = addr + DESC_FLAGS;
        vq->held_flags = flags;
    } else {
        qtest_writew(vq->dev->qts, addr + DESC_FLAGS, flags);
    }
}

static void advance(QVirtQueue *vq)
{
    vq->added++;
    vq->free_count--;
    if (++vq->avail_idx == vq->size) {
        vq->avail_idx = 0;
        vq->avail_wrap = !vq->avail_wrap;
    }
}

static void add_indirect(QVirtQueue *vq, uint16_t id, const QVirtBuf *bufs,
                         unsigned count)
{
    QTestState *qts = vq->dev->qts;
    uint64_t table = vq->indirect_tables + id * 16 * 32;
    uint64_t at = vq->desc + 16 * vq->avail_idx;

    g_assert_cmpint(count, <=, 32);
    for (unsigned i = 0; i < count; i++) {
        write_desc(qts, table + 16 * i, bufs[i].addr, bufs[i].len, 0);
        qtest_writew(qts, table + 16 * i + DESC_FLAGS,
                     bufs[i].device_writes ? VRING_DESC_F_WRITE : 0);
    }
    write_desc(qts, at, table, 16 * count, id);
    write_flags(vq, at, available_flags(vq) | VRING_DESC_F_INDIRECT, true);
    advance(vq);
    vq->chain_length[id] = 1;
}

static uint16_t packed_add(QVirtQueue *vq, const QVirtBuf *bufs, unsigned count)
{
    uint16_t id = free_id(vq);

    g_assert_cmpint(vq->free_count, >=, count);
    if (vq->dev->layout->indirect && count > 1) {
        add_indirect(vq, id, bufs, count);
        return id;
    }
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = vq->desc + 16 * vq->avail_idx;
        uint16_t flags = available_flags(vq) |
            (bufs[i].device_writes ? VRING_DESC_F_WRITE : 0) |
            (i + 1 < count ? VRING_DESC_F_NEXT : 0);

        write_desc(vq->dev->qts, at, bufs[i].addr, bufs[i].len, id);
        write_flags(vq, at, flags, i == 0);
        advance(vq);
    }
    vq->chain_length[id] = count;
    return id;
}

static void packed_publish(QVirtQueue *vq)
{
    if (vq->added) {
        qtest_writew(vq->dev->qts, vq->held_addr, vq->held_flags);
    }
    vq->published_idx = vq->added;
    vq->added = 0;
}

static bool packed_wants_kick(QVirtQueue *vq)
{
    QTestState *qts = vq->dev->qts;
    uint16_t flags = qtest_readw(qts, vq->device + EVENT_FLAGS);
    uint16_t off_wrap = qtest_readw(qts, vq->device);
    uint16_t event = off_wrap & 0x7fff;
    uint16_t added = vq->added ? vq->added : vq->published_idx;

    if (flags != EVENT_DESC) {
        return flags == EVENT_ENABLE;
    }
    if ((off_wrap >> 15) != vq->avail_wrap) {
        event -= vq->size;
    }
    return vring_need_event(event, vq->avail_idx, vq->avail_idx - added);
}

static bool packed_peek_used(QVirtQueue *vq, uint16_t *id, uint32_t *len)
{
    QTestState *qts = vq->dev->qts;
    uint64_t at = vq->desc + 16 * vq->used_idx;
    uint16_t flags = qtest_readw(qts, at + DESC_FLAGS);
    uint16_t wanted = vq->used_wrap ? AVAIL_BIT | USED_BIT : 0;
    struct vring_packed_desc desc;

    if ((flags & (AVAIL_BIT | USED_BIT)) != wanted) {
        return false;
    }
    qtest_memread(qts, at, &desc, DESC_FLAGS);
    *len = desc.len;
    *id = desc.id;
    g_assert_cmpint(*id, <, vq->size);
    g_assert_cmpint(vq->chain_length[*id], >, 0);
    return true;
}

static void packed_pass_used(QVirtQueue *vq, uint16_t id)
{
    QTestState *qts = vq->dev->qts;

    vq->free_count += vq->chain_length[id];
    vq->used_idx += vq->chain_length[id];
    vq->chain_length[id] = 0;
    if (vq->used_idx >= vq->size) {
        vq->used_idx -= vq->size;
        vq->used_wrap = !vq->used_wrap;
    }
    if (has_event(vq)) {
        qtest_writew(qts, vq->driver, vq->used_idx | vq->used_wrap << 15);
        qtest_writew(qts, vq->driver + EVENT_FLAGS, EVENT_DESC);
    }
}

static void packed_interrupts(QVirtQueue *vq, bool wanted)
{
    qtest_writew(vq->dev->qts, vq->driver + EVENT_FLAGS,
                 wanted ? EVENT_ENABLE : EVENT_DISABLE);
}

#define PACKED_FUNCTIONS                        \
    .setup = packed_setup,                      \
    .add = packed_add,                          \
    .publish = packed_publish,                  \
    .device_wants_kick = packed_wants_kick,     \
    .peek_used = packed_peek_used,              \
    .pass_used = packed_pass_used,              \
    .interrupts = packed_interrupts

const QVirtLayout qvirt_packed = {
    .name = "packed",
    .features = QVIRTIO_F(VIRTIO_F_RING_PACKED),
    PACKED_FUNCTIONS,
};

const QVirtLayout qvirt_packed_indirect = {
    .name = "packed-indirect",
    .features = QVIRTIO_F(VIRTIO_F_RING_PACKED) |
                QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC),
    .indirect = true,
    PACKED_FUNCTIONS,
};

const QVirtLayout qvirt_packed_event = {
    .name = "packed-event",
    .features = QVIRTIO_F(VIRTIO_F_RING_PACKED) |
                QVIRTIO_F(VIRTIO_RING_F_EVENT_IDX),
    PACKED_FUNCTIONS,
};

const QVirtLayout qvirt_packed_in_order = {
    .name = "packed-in-order",
    .features = QVIRTIO_F(VIRTIO_F_RING_PACKED) |
                QVIRTIO_F(VIRTIO_F_IN_ORDER),
    PACKED_FUNCTIONS,
};

/*
 * The split ring as a driver fills it (VIRTIO 1.4, 2.7), written piece by piece into
 * guest memory. Which descriptors are free the driver keeps to itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtio.h"

static bool has_event(QVirtQueue *vq)
{
    return qvirtio_has(vq->dev, VIRTIO_RING_F_EVENT_IDX);
}

static uint64_t avail_event_addr(QVirtQueue *vq)
{
    return vq->device + 4 + 8 * vq->size;
}

static uint64_t used_event_addr(QVirtQueue *vq)
{
    return vq->driver + 4 + 2 * vq->size;
}

static void write_desc(QTestState *qts, uint64_t addr, const QVirtBuf *buf,
                       uint16_t flags, uint16_t next)
{
    struct vring_desc desc = {
        .addr = buf->addr, .len = buf->len, .next = next,
        .flags = flags | (buf->device_writes ? VRING_DESC_F_WRITE : 0),
    };

    qtest_memwrite(qts, addr, &desc, sizeof(desc));
}

static void split_setup(QVirtQueue *vq)
{
    QTestState *qts = vq->dev->qts;

    qtest_memset(qts, vq->driver, 0, 6 + 2 * vq->size);
    qtest_memset(qts, vq->device, 0, 6 + 8 * vq->size);
    for (uint16_t i = 0; i < vq->size; i++) {
        vq->next[i] = (i + 1) % vq->size;
    }
    vq->free_head = 0;
    vq->free_count = vq->size;
    vq->avail_idx = vq->published_idx = vq->used_idx = 0;
}

static uint16_t take_free(QVirtQueue *vq)
{
    uint16_t taken = vq->free_head;

    g_assert_cmpint(vq->free_count, >, 0);
    vq->free_head = vq->next[taken];
    vq->free_count--;
    return taken;
}

static void add_indirect(QVirtQueue *vq, uint16_t head, const QVirtBuf *bufs,
                         unsigned count)
{
    QTestState *qts = vq->dev->qts;
    uint64_t table = vq->indirect_tables + head * 16 * 32;
    QVirtBuf whole = { table, 16 * count, false };

    g_assert_cmpint(count, <=, 32);
    for (unsigned i = 0; i < count; i++) {
        write_desc(qts, table + 16 * i, &bufs[i],
                   i + 1 < count ? VRING_DESC_F_NEXT : 0, i + 1);
    }
    write_desc(qts, vq->desc + 16 * head, &whole, VRING_DESC_F_INDIRECT, 0);
    vq->chain_length[head] = 1;
}

static uint16_t split_add(QVirtQueue *vq, const QVirtBuf *bufs, unsigned count)
{
    QTestState *qts = vq->dev->qts;
    uint16_t head = take_free(vq), at = head;

    if (vq->dev->layout->indirect && count > 1) {
        add_indirect(vq, head, bufs, count);
    } else {
        for (unsigned i = 0; i < count; i++) {
            bool last = i + 1 == count;
            uint16_t next = last ? 0 : take_free(vq);

            write_desc(qts, vq->desc + 16 * at, &bufs[i],
                       last ? 0 : VRING_DESC_F_NEXT, next);
            at = next;
        }
        vq->chain_length[head] = count;
    }
    qtest_writew(qts, vq->driver + 4 + 2 * (vq->avail_idx % vq->size), head);
    vq->avail_idx++;
    return head;
}

static void split_publish(QVirtQueue *vq)
{
    qtest_writew(vq->dev->qts, vq->driver + 2, vq->avail_idx);
    vq->published_idx = vq->avail_idx;
}

static bool split_wants_kick(QVirtQueue *vq)
{
    QTestState *qts = vq->dev->qts;
    uint16_t event;

    if (!has_event(vq)) {
        return !(qtest_readw(qts, vq->device) & VRING_USED_F_NO_NOTIFY);
    }
    /* Is the entry that it waits for among those not published, or the last? */
    event = qtest_readw(qts, avail_event_addr(vq));
    return (uint16_t)(vq->avail_idx - event - 1) < vq->size;
}

static bool split_peek_used(QVirtQueue *vq, uint16_t *id, uint32_t *len)
{
    QTestState *qts = vq->dev->qts;
    uint64_t at = vq->device + 4 + 8 * (vq->used_idx % vq->size);
    struct vring_used_elem entry;

    if (qtest_readw(qts, vq->device + 2) == vq->used_idx) {
        return false;
    }
    qtest_memread(qts, at, &entry, sizeof(entry));
    *id = entry.id;
    *len = entry.len;
    g_assert_cmpint(*id, <, vq->size);
    g_assert_cmpint(vq->chain_length[*id], >, 0);
    return true;
}

/* In order every descriptor's next is the one behind it (2.7.5). */
static bool in_order(const QVirtQueue *vq)
{
    return qvirtio_has(vq->dev, VIRTIO_F_IN_ORDER);
}

static void split_pass_used(QVirtQueue *vq, uint16_t id)
{
    uint16_t at = id;

    if (!in_order(vq)) {
        for (unsigned i = 1; i < vq->chain_length[id]; i++) {
            at = vq->next[at];
        }
        vq->next[at] = vq->free_head;
        vq->free_head = id;
    }
    vq->free_count += vq->chain_length[id];
    vq->chain_length[id] = 0;
    vq->used_idx++;
    if (has_event(vq)) {
        qtest_writew(vq->dev->qts, used_event_addr(vq), vq->used_idx);
    }
}

static void split_interrupts(QVirtQueue *vq, bool wanted)
{
    if (has_event(vq)) {
        qtest_writew(vq->dev->qts, used_event_addr(vq),
                     wanted ? vq->used_idx : vq->used_idx - 1);
    } else {
        qtest_writew(vq->dev->qts, vq->driver,
                     wanted ? 0 : VRING_AVAIL_F_NO_INTERRUPT);
    }
}

#define SPLIT_FUNCTIONS                         \
    .setup = split_setup,                       \
    .add = split_add,                           \
    .publish = split_publish,                   \
    .device_wants_kick = split_wants_kick,      \
    .peek_used = split_peek_used,               \
    .pass_used = split_pass_used,               \
    .interrupts = split_interrupts

const QVirtLayout qvirt_split = {
    .name = "split",
    SPLIT_FUNCTIONS,
};

const QVirtLayout qvirt_split_indirect = {
    .name = "split-indirect",
    .features = QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC),
    .indirect = true,
    SPLIT_FUNCTIONS,
};

const QVirtLayout qvirt_split_event = {
    .name = "split-event",
    .features = QVIRTIO_F(VIRTIO_RING_F_EVENT_IDX),
    SPLIT_FUNCTIONS,
};

const QVirtLayout qvirt_split_in_order = {
    .name = "split-in-order",
    .features = QVIRTIO_F(VIRTIO_F_IN_ORDER),
    SPLIT_FUNCTIONS,
};

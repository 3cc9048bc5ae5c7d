/*
 * virtio-net notification coalescing: the driver hears of received or sent packets
 * when enough of them have gathered, or when the first has waited long enough.
 * VIRTIO 1.4 section 5.1.6.5.9.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qemu/bswap.h"
#include "virtio-net-internal.h"

/* --- one queue --- */

static bool coal_used(const NotifyCoal *c)
{
    return c->limits.max_packets && c->limits.max_usecs;
}

static void coal_fire(NotifyCoal *c)
{
    timer_del(c->timer);
    c->notified = c->seen;
    if (virtio_queue_ready(c->vq)) {
        virtio_notify(VIRTIO_DEVICE(c->n), c->vq);
    }
}

static void coal_timer(void *opaque)
{
    NotifyCoal *c = opaque;
    VirtIONetQueue *q = virtio_net_pair_of(c->n, c->vq);

    virtio_net_rx_lock(q);
    coal_fire(c);
    virtio_net_rx_unlock(q);
}

void virtio_net_notify(NotifyCoal *c, uint64_t packets)
{
    if (!coal_used(c)) {
        c->seen = c->notified = packets;
        virtio_notify(VIRTIO_DEVICE(c->n), c->vq);
        return;
    }
    if (packets == c->seen) {
        return;
    }
    c->seen = packets;
    if (c->seen - c->notified >= c->limits.max_packets) {
        coal_fire(c);
    } else if (!timer_pending(c->timer)) {
        timer_mod(c->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  c->limits.max_usecs * INT64_C(1000));
    }
}

/* Other limits from now on; what they ask for now happens now. */
static void coal_set(NotifyCoal *c, const CoalLimits *limits)
{
    bool waits = c->seen != c->notified;

    c->limits = *limits;
    if (waits) {
        timer_del(c->timer);
        if (!coal_used(c) || c->seen - c->notified >= limits->max_packets) {
            coal_fire(c);
        } else {
            timer_mod(c->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                      limits->max_usecs * INT64_C(1000));
        }
    }
}

/* Nothing waits, and these limits hold. */
static void coal_forget(NotifyCoal *c, const CoalLimits *limits)
{
    timer_del(c->timer);
    c->notified = c->seen;
    c->limits = *limits;
}

void virtio_net_coal_init(NotifyCoal *c, VirtIONetQueue *q, VirtQueue *vq)
{
    c->n = q->n;
    c->vq = vq;
    c->timer = aio_timer_new(q->ctx, QEMU_CLOCK_VIRTUAL, SCALE_NS, coal_timer,
                             c);
}

void virtio_net_coal_exit(NotifyCoal *c)
{
    timer_free(c->timer);
    c->timer = NULL;
}

void virtio_net_coal_resume(NotifyCoal *c)
{
    if (coal_used(c)) {
        coal_fire(c);
    }
}

/* --- the device --- */

void virtio_net_coal_reset(VirtIONet *n)
{
    n->rx_coal = n->tx_coal = (CoalLimits){ 0 };
    for (unsigned i = 0; i < n->max_pairs; i++) {
        coal_forget(&n->pairs[i].rx_coal, &n->rx_coal);
        coal_forget(&n->pairs[i].tx_coal, &n->tx_coal);
    }
}

/* The queue of this number, if it carries packets and is enabled. */
static NotifyCoal *coal_of_queue(VirtIONet *n, unsigned number)
{
    unsigned known = n->multiqueue ? n->max_pairs * 2u : 2;

    if (number >= known || !virtio_queue_enabled(VIRTIO_DEVICE(n), number)) {
        return NULL;
    }
    return number % 2 ? &n->pairs[number / 2].tx_coal :
                        &n->pairs[number / 2].rx_coal;
}

void virtio_net_coal_queue_reset(VirtIONet *n, unsigned number)
{
    if (number < n->max_pairs * 2u) {
        VirtIONetQueue *q = &n->pairs[number / 2];

        if (number % 2) {
            coal_forget(&q->tx_coal, &n->tx_coal);
        } else {
            coal_forget(&q->rx_coal, &n->rx_coal);
        }
    }
}

/* --- commands --- */

static bool take_limits(CtrlArgs *args, CoalLimits *limits)
{
    uint32_t words[2];

    if (!ctrl_take(args, words, sizeof(words))) {
        return false;
    }
    limits->max_packets = le32_to_cpu(words[0]);
    limits->max_usecs = le32_to_cpu(words[1]);
    return true;
}

uint8_t virtio_net_ctrl_coal(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    bool tx = command == VIRTIO_NET_CTRL_NOTF_COAL_TX_SET;
    CoalLimits limits;

    if (!take_limits(args, &limits)) {
        return VIRTIO_NET_ERR;
    }
    *(tx ? &n->tx_coal : &n->rx_coal) = limits;
    for (unsigned i = 0; i < n->max_pairs; i++) {
        coal_set(tx ? &n->pairs[i].tx_coal : &n->pairs[i].rx_coal, &limits);
    }
    return VIRTIO_NET_OK;
}

/* The answer of VQ_GET is part of the command's data: before the status byte. */
uint8_t virtio_net_ctrl_coal_vq(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    bool set = command == VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET;
    uint32_t words[2] = { 0 };
    CoalLimits limits;
    uint16_t head[2];
    NotifyCoal *c = NULL;

    if (ctrl_take(args, head, sizeof(head)) &&
        (!set || take_limits(args, &limits))) {
        c = coal_of_queue(n, le16_to_cpu(head[0]));
    }
    if (c && set) {
        coal_set(c, &limits);
    } else if (c) {
        words[0] = cpu_to_le32(c->limits.max_packets);
        words[1] = cpu_to_le32(c->limits.max_usecs);
    }
    if (!set) {
        g_byte_array_append(args->data_in, (uint8_t *)words, sizeof(words));
    }
    return c ? VIRTIO_NET_OK : VIRTIO_NET_ERR;
}

/* --- state --- */

static bool coal_needed(void *opaque)
{
    const VirtIONet *n = opaque;

    return virtio_vdev_has_feature(VIRTIO_DEVICE(n), VIRTIO_NET_F_NOTF_COAL) ||
           virtio_vdev_has_feature(VIRTIO_DEVICE(n), VIRTIO_NET_F_VQ_NOTF_COAL);
}

static const VMStateDescription vmstate_coal_pair = {
    .name = "virtio-net/coalescing/pair",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(rx_coal.limits.max_packets, VirtIONetQueue),
        VMSTATE_UINT32(rx_coal.limits.max_usecs, VirtIONetQueue),
        VMSTATE_UINT32(tx_coal.limits.max_packets, VirtIONetQueue),
        VMSTATE_UINT32(tx_coal.limits.max_usecs, VirtIONetQueue),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_virtio_net_coal = {
    .name = "virtio-net/coalescing",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = coal_needed,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(rx_coal.max_packets, VirtIONet),
        VMSTATE_UINT32(rx_coal.max_usecs, VirtIONet),
        VMSTATE_UINT32(tx_coal.max_packets, VirtIONet),
        VMSTATE_UINT32(tx_coal.max_usecs, VirtIONet),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT16(pairs, VirtIONet, max_pairs,
                                             vmstate_coal_pair,
                                             struct VirtIONetQueue),
        VMSTATE_END_OF_LIST()
    },
};

/*
 * virtio-net transmit: takes batches of chains and hands them to the backend in one
 * call, straight from guest memory. VIRTIO 1.4 section 5.1.6.2.
 *
 * When the backend takes fewer packets than it was given, the others go back into
 * the ring untaken: nothing is kept, copied or reordered, and its callback makes
 * us look at the ring again. Checksums and segments that the backend cannot do are
 * made in virtio-net-software.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qemu/iov.h"
#include "qemu/rcu.h"
#include "virtio-net-internal.h"

/* Cut @bytes off the front of the pieces; there are at least as many. */
static void skip_front(NetPacket *packet, struct iovec *iov, unsigned count,
                       size_t bytes)
{
    while (count > 0 && bytes >= iov->iov_len) {
        bytes -= iov->iov_len;
        iov++;
        count--;
    }
    if (count > 0) {
        iov->iov_base = (uint8_t *)iov->iov_base + bytes;
        iov->iov_len -= bytes;
    }
    packet->iov = iov;
    packet->iovcnt = count;
}

/*
 * The backend's header is the beginning of the guest's longer one: leave out what
 * lies between it and the frame.
 */
static void cut_header(VirtIONetQueue *q, const VirtQueueElement *elem,
                       size_t keep, size_t drop, NetPacket *packet)
{
    struct iovec *iov = q->tx_iov + q->tx_iov_used;
    unsigned head = iov_copy(iov, elem->out_num + 1, elem->out_sg,
                             elem->out_num, 0, keep);
    unsigned rest = iov_copy(iov + head, elem->out_num + 1 - head,
                             elem->out_sg, elem->out_num, keep + drop,
                             SIZE_MAX);

    packet->iov = iov;
    packet->iovcnt = head + rest;
    packet->size = elem->out_bytes - drop;
    q->tx_iov_used += packet->iovcnt;
}

/*
 * The packet in a chain, as the backend wants it. False: the driver's fault, such
 * as a chain shorter than the longest header (CVE-2023-6693).
 */
static bool chain_to_packet(VirtIONetQueue *q, const VirtQueueElement *elem,
                            NetPacket *packet)
{
    const VirtIONet *n = q->n;
    size_t host_hdr = virtio_net_host_hdr_bytes(n);
    size_t skip = n->guest_hdr_bytes - host_hdr;

    if (elem->out_bytes < n->guest_hdr_bytes) {
        return false;
    }
    if (skip > 0 && host_hdr > 0) {
        cut_header(q, elem, host_hdr, skip, packet);
        return true;
    }
    skip_front(packet, elem->out_sg, elem->out_num, skip);
    packet->size = elem->out_bytes - skip;
    return true;
}

static void tx_complete(NetClientState *nc, ssize_t size);

/* What the headers of the first @sent chains asked for. */
static void count_requests(VirtIONetQueue *q, unsigned sent)
{
    const VirtIONet *n = q->n;
    size_t host_hdr = virtio_net_host_hdr_bytes(n);

    if (n->tx_software) {
        virtio_net_software_count(q, sent);
    } else if (n->peer_hdr) {
        for (unsigned i = 0; i < sent; i++) {
            const NetPacket *packet = &q->tx_packets[i];

            /* Split by a driver that is in no hurry: then it is not counted. */
            if (packet->iov[0].iov_len >= 2) {
                const uint8_t *hdr = packet->iov[0].iov_base;

                virtio_net_count_header(&q->tx, hdr[0], hdr[1],
                                        packet->size - host_hdr);
            }
        }
    }
}

/*
 * Send up to a batch. Returns how many chains were taken from the ring for good;
 * fewer than TX_BATCH: the ring is empty, or the queue is blocked or broken.
 */
static unsigned tx_send_batch(VirtIONetQueue *q)
{
    VirtIONet *n = q->n;
    VirtQueueBatch *batch = &q->tx_batch;
    unsigned count, sent;
    bool software;
    RCU_READ_LOCK_GUARD();

    virtqueue_batch_clear(batch);
    q->tx_iov_used = 0;
    count = virtqueue_pop_batch(q->tx_vq, batch, TX_BATCH);
    if (count == 0) {
        return 0;
    }
    software = n->tx_software && virtio_net_software_look(q, count);
    for (unsigned i = 0; i < count; i++) {
        if (!chain_to_packet(q, &batch->elems[i], &q->tx_packets[i])) {
            q->tx.drop_short++;
            virtio_error(VIRTIO_DEVICE(n), "transmit chain of %zu bytes, less "
                         "than its header", batch->elems[i].out_bytes);
            virtqueue_unpop_batch(q->tx_vq, batch, count);
            return 0;
        }
    }
    sent = software ?
           virtio_net_software_send(q, count, tx_complete) :
           qemu_send_burst(virtio_net_pair_client(q), q->tx_packets, count,
                           tx_complete);
    for (unsigned i = 0; i < sent; i++) {
        virtqueue_fill(q->tx_vq, &batch->elems[i], 0, i);
        q->tx.bytes += q->tx_packets[i].size;
    }
    q->tx.packets += sent;
    q->tx.bytes -= sent * virtio_net_host_hdr_bytes(n);
    count_requests(q, sent);
    virtqueue_flush(q->tx_vq, sent);
    if (sent < count) {
        q->tx_blocked = true;
        virtqueue_unpop_batch(q->tx_vq, batch, count - sent);
    }
    return sent;
}

/* Run the bottom half, or the timer, later. */
static void tx_schedule(VirtIONetQueue *q)
{
    q->tx_waiting = true;
    if (q->tx_timer) {
        timer_mod(q->tx_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  q->n->net_conf.txtimer_ns);
    } else {
        qemu_bh_schedule(q->tx_bh);
    }
}

/*
 * Send what the ring has, up to x-txburst packets, so that others get their turn.
 * While we are at it the driver need not notify; it may again once the ring was
 * seen empty.
 */
static void tx_flush(VirtIONetQueue *q)
{
    VirtIONet *n = q->n;
    int left = n->net_conf.txburst;
    unsigned sent;

    if (!virtio_net_pair_running(q) || q->tx_blocked) {
        return;
    }
    for (;;) {
        do {
            sent = tx_send_batch(q);
            left -= sent;
        } while (sent == TX_BATCH && left > 0);
        if (q->tx_blocked || !virtio_queue_ready(q->tx_vq)) {
            break;
        }
        if (left <= 0) {
            tx_schedule(q);
            break;
        }
        virtio_queue_set_notification(q->tx_vq, 1);
        if (virtio_queue_empty(q->tx_vq)) {
            break;
        }
        /* It filled up between the last look and the enabling. */
        virtio_queue_set_notification(q->tx_vq, 0);
    }
    virtio_net_notify(&q->tx_coal, q->tx.packets);
}

static void tx_bh(void *opaque)
{
    VirtIONetQueue *q = opaque;

    q->tx_waiting = false;
    tx_flush(q);
}

/* The backend takes packets again. */
static void tx_complete(NetClientState *nc, ssize_t size)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    VirtIONetQueue *q = &n->pairs[nc->queue_index];

    q->tx_blocked = false;
    if (virtio_net_pair_running(q) && !q->tx_waiting) {
        q->tx_waiting = true;
        qemu_bh_schedule(q->tx_bh);
    }
}

/* The timer only starts the bottom half, which enters the guard. */
static void tx_timer(void *opaque)
{
    VirtIONetQueue *q = opaque;

    qemu_bh_schedule(q->tx_bh);
}

void virtio_net_handle_tx(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONetQueue *q = virtio_net_pair_of(VIRTIO_NET(vdev), vq);

    if (!virtio_net_pair_running(q) || q->tx_blocked) {
        return;
    }
    if (!q->tx_waiting) {
        virtio_queue_set_notification(vq, 0);
        tx_schedule(q);
    } else if (q->tx_timer) {
        /* A second notification before the time is up: enough has gathered. */
        timer_del(q->tx_timer);
        qemu_bh_schedule(q->tx_bh);
    }
}

void virtio_net_tx_init(VirtIONetQueue *q, bool by_timer)
{
    MemReentrancyGuard *guard = virtio_reentrancy_guard(VIRTIO_DEVICE(q->n));

    virtqueue_batch_init(&q->tx_batch, TX_BATCH, TX_BATCH * 4);
    q->tx_packets = g_new0(NetPacket, TX_BATCH);
    if (virtio_features_test(&q->n->net_features, VIRTIO_NET_F_HASH_REPORT)) {
        q->tx_iov = g_new(struct iovec, q->tx_batch.max_iov + TX_BATCH);
    }
    q->tx_bh = aio_bh_new_guarded(q->ctx, tx_bh, q, guard);
    if (by_timer) {
        q->tx_timer = aio_timer_new(q->ctx, QEMU_CLOCK_VIRTUAL, SCALE_NS,
                                    tx_timer, q);
    }
}

void virtio_net_tx_exit(VirtIONetQueue *q)
{
    if (q->tx_timer) {
        timer_free(q->tx_timer);
        q->tx_timer = NULL;
    }
    g_clear_pointer(&q->tx_bh, qemu_bh_delete);
    g_clear_pointer(&q->tx_packets, g_free);
    g_clear_pointer(&q->tx_iov, g_free);
    virtio_net_software_exit(q);
    virtqueue_batch_destroy(&q->tx_batch);
}

void virtio_net_tx_start(VirtIONetQueue *q)
{
    if (!q->tx_waiting && !q->tx_blocked) {
        q->tx_waiting = true;
        qemu_bh_schedule(q->tx_bh);
    }
}

void virtio_net_tx_stop(VirtIONetQueue *q)
{
    if (q->tx_timer) {
        timer_del(q->tx_timer);
    }
    qemu_bh_cancel(q->tx_bh);
    virtio_net_software_forget(q);
    q->tx_waiting = false;
}

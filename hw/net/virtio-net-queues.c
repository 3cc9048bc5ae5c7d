/*
 * virtio-net queues: pairs of a receive and a transmit queue, each pair owned by
 * one event loop, and the control queue. What moves through them is in
 * virtio-net-rx.c, -tx.c and -ctrl.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "virtio-net-internal.h"
#include "trace.h"

NetClientState *virtio_net_pair_client(const VirtIONetQueue *q)
{
    return qemu_get_subqueue(q->n->nic, q->index);
}

VirtIONetQueue *virtio_net_pair_of(VirtIONet *n, VirtQueue *vq)
{
    return &n->pairs[virtio_get_queue_index(vq) / 2];
}

bool virtio_net_pair_running(const VirtIONetQueue *q)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(q->n);

    return vdev->started && vdev->vm_running && !qatomic_read(&vdev->broken) &&
           q->index < q->n->curr_pairs;
}

/* tx=bh or tx=timer; what is neither is named and means bh. */
static bool transmits_by_timer(const VirtIONet *n)
{
    const char *tx = n->net_conf.tx;

    if (tx && strcmp(tx, "timer") != 0 && strcmp(tx, "bh") != 0) {
        warn_report("virtio-net: unknown tx=%s means tx=bh; valid are 'bh' and"
                    " 'timer'", tx);
    }
    return tx && strcmp(tx, "timer") == 0;
}

/*
 * What the driver notified, on a queue that is for control if pairs are few. The
 * last one is nobody's for a driver that knows of no pairs.
 */
static void handle_even_queue(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONet *n = VIRTIO_NET(vdev);

    if (vq == n->ctrl_vq) {
        virtio_net_handle_ctrl(vdev, vq);
    } else if (virtio_get_queue_index(vq) < 2 * n->max_pairs) {
        virtio_net_handle_rx(vdev, vq);
    }
}

/*
 * The control queue stands behind all pairs, or behind the first one if the
 * driver knows of no others. That queue then is nobody's receive queue: the
 * second pair cannot be used.
 */
static void place_ctrl_queue(VirtIONet *n)
{
    n->ctrl_vq = virtio_get_queue(VIRTIO_DEVICE(n),
                                  n->multiqueue ? n->max_pairs * 2 : 2);
}

static void add_pair(VirtIONet *n, unsigned index, bool by_timer)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);
    VirtIONetQueue *q = &n->pairs[index];

    q->n = n;
    q->index = index;
    q->ctx = virtio_net_thread_of(n, index);
    q->rx_vq = virtio_add_queue(vdev, n->net_conf.rx_queue_size,
                                handle_even_queue);
    q->tx_vq = virtio_add_queue(vdev, n->net_conf.tx_queue_size,
                                virtio_net_handle_tx);
    virtio_queue_set_aio_context(q->rx_vq, q->ctx);
    virtio_queue_set_aio_context(q->tx_vq, q->ctx);
    virtio_net_wake_init(q);
    virtqueue_batch_init(&q->rx_batch, VIRTQUEUE_MAX_SIZE, 0);
    virtio_net_direct_init(&q->rx_direct);
    virtio_net_tx_init(q, by_timer);
    virtio_net_coal_init(&q->rx_coal, q, q->rx_vq);
    virtio_net_coal_init(&q->tx_coal, q, q->tx_vq);
}

bool virtio_net_queues_init(VirtIONet *n, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);
    bool by_timer = transmits_by_timer(n);
    unsigned pairs = MAX(n->nic_conf.peers.queues, 1);

    if (pairs * 2 + 1 > VIRTIO_QUEUE_MAX) {
        error_setg(errp, "Invalid number of queue pairs (= %u), must be at most"
                   " %d", pairs, (VIRTIO_QUEUE_MAX - 1) / 2);
        return false;
    }
    if (!virtio_net_threads_init(n, pairs, errp)) {
        return false;
    }
    n->max_pairs = pairs;
    n->curr_pairs = 1;
    n->pairs = g_aligned_alloc0(pairs, sizeof(VirtIONetQueue), 64);
    for (unsigned i = 0; i < pairs; i++) {
        add_pair(n, i, by_timer);
    }
    virtio_add_queue(vdev, CTRL_QUEUE_SIZE, handle_even_queue);
    place_ctrl_queue(n);
    n->ctrl_bh = qemu_bh_new_guarded(virtio_net_ctrl_bh, n,
                                     virtio_reentrancy_guard(vdev));
    return true;
}

void virtio_net_queues_exit(VirtIONet *n)
{
    virtio_del_queue(VIRTIO_DEVICE(n), n->max_pairs * 2);
    for (unsigned i = 0; i < n->max_pairs; i++) {
        VirtIONetQueue *q = &n->pairs[i];

        virtio_net_coal_exit(&q->rx_coal);
        virtio_net_coal_exit(&q->tx_coal);
        virtio_net_tx_exit(q);
        virtio_net_rsc_exit(q);
        virtio_net_direct_exit(&q->rx_direct);
        virtqueue_batch_destroy(&q->rx_batch);
        virtio_net_wake_exit(q);
        virtio_delete_queue(q->rx_vq);
        virtio_delete_queue(q->tx_vq);
    }
    g_clear_pointer(&n->pairs, g_aligned_free);
    virtio_net_threads_exit(n, n->max_pairs);
    n->max_pairs = n->curr_pairs = 0;
    g_clear_pointer(&n->ctrl_bh, qemu_bh_delete);
    n->ctrl_vq = NULL;
}

/* Both sides may have been waiting for this. */
static void start_pair(VirtIONetQueue *q)
{
    virtio_net_coal_resume(&q->rx_coal);
    virtio_net_coal_resume(&q->tx_coal);
    virtio_net_tx_start(q);
    virtio_net_rsc_wake(q);
    qemu_flush_queued_packets(virtio_net_pair_client(q));
}

/* Nothing is left to send, and the backend need not call us back. */
static void empty_pair(VirtIONetQueue *q)
{
    virtio_net_tx_stop(q);
    virtio_net_rsc_drop(q);
    qemu_purge_queued_packets(virtio_net_pair_client(q));
    q->tx_blocked = false;
}

void virtio_net_queues_set_running(VirtIONet *n, bool running)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        if (running && i < n->curr_pairs) {
            start_pair(&n->pairs[i]);
        } else {
            virtio_net_tx_stop(&n->pairs[i]);
        }
    }
}

void virtio_net_set_pairs(VirtIONet *n, unsigned count)
{
    unsigned before = n->curr_pairs;

    trace_virtio_net_set_pairs(n, before, count);
    n->curr_pairs = count;
    for (unsigned i = count; i < before; i++) {
        empty_pair(&n->pairs[i]);
        qemu_set_queue_enabled(virtio_net_pair_client(&n->pairs[i])->peer,
                               false);
    }
    for (unsigned i = before; i < count; i++) {
        VirtIONetQueue *q = &n->pairs[i];

        qemu_set_queue_enabled(virtio_net_pair_client(q)->peer, true);
        if (virtio_net_pair_running(q)) {
            start_pair(q);
        }
    }
    virtio_net_vhost_pairs(n);
}

void virtio_net_queues_apply_features(VirtIONet *n)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);

    n->multiqueue = virtio_vdev_has_feature(vdev, VIRTIO_NET_F_MQ) ||
                    virtio_vdev_has_feature(vdev, VIRTIO_NET_F_RSS);
    place_ctrl_queue(n);
}

void virtio_net_queues_reset(VirtIONet *n)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        empty_pair(&n->pairs[i]);
    }
    virtio_net_set_pairs(n, 1);
    virtio_net_coal_reset(n);
    qemu_bh_cancel(n->ctrl_bh);
    n->multiqueue = false;
    place_ctrl_queue(n);
}

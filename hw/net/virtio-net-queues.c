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

    return vdev->started && vdev->vm_running && !vdev->broken &&
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

bool virtio_net_queues_init(VirtIONet *n, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);
    bool by_timer = transmits_by_timer(n);

    n->max_pairs = 1;
    n->curr_pairs = 1;
    if (n->nic_conf.peers.queues * 2 + 1 > VIRTIO_QUEUE_MAX) {
        error_setg(errp, "Invalid number of queue pairs (= %d), must be at most"
                   " %d", n->nic_conf.peers.queues, (VIRTIO_QUEUE_MAX - 1) / 2);
        return false;
    }
    n->pairs = g_new0(VirtIONetQueue, n->max_pairs);
    for (unsigned i = 0; i < n->max_pairs; i++) {
        VirtIONetQueue *q = &n->pairs[i];

        q->n = n;
        q->index = i;
        q->ctx = qemu_get_aio_context();
        q->rx_vq = virtio_add_queue(vdev, n->net_conf.rx_queue_size,
                                    virtio_net_handle_rx);
        q->tx_vq = virtio_add_queue(vdev, n->net_conf.tx_queue_size,
                                    virtio_net_handle_tx);
        virtqueue_batch_init(&q->rx_batch, VIRTQUEUE_MAX_SIZE, 0);
        virtio_net_tx_init(q, by_timer);
    }
    n->ctrl_vq = virtio_add_queue(vdev, CTRL_QUEUE_SIZE,
                                  virtio_net_handle_ctrl);
    n->ctrl_bh = qemu_bh_new_guarded(virtio_net_ctrl_bh, n,
                                     virtio_reentrancy_guard(vdev));
    return true;
}

void virtio_net_queues_exit(VirtIONet *n)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        VirtIONetQueue *q = &n->pairs[i];

        virtio_net_tx_exit(q);
        virtqueue_batch_destroy(&q->rx_batch);
        virtio_delete_queue(q->rx_vq);
        virtio_delete_queue(q->tx_vq);
    }
    g_clear_pointer(&n->pairs, g_free);
    n->max_pairs = n->curr_pairs = 0;
    g_clear_pointer(&n->ctrl_bh, qemu_bh_delete);
    g_clear_pointer(&n->ctrl_vq, virtio_delete_queue);
}

void virtio_net_queues_set_running(VirtIONet *n, bool running)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        VirtIONetQueue *q = &n->pairs[i];

        if (!running || i >= n->curr_pairs) {
            virtio_net_tx_stop(q);
            continue;
        }
        /* Both sides may have been waiting for this. */
        virtio_net_tx_start(q);
        qemu_flush_queued_packets(virtio_net_pair_client(q));
    }
}

void virtio_net_queues_reset(VirtIONet *n)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        VirtIONetQueue *q = &n->pairs[i];

        virtio_net_tx_stop(q);
        /* The backend need not call us back: there is nothing left to send. */
        qemu_purge_queued_packets(virtio_net_pair_client(q));
        q->tx_blocked = false;
    }
    qemu_bh_cancel(n->ctrl_bh);
    n->curr_pairs = 1;
}

/*
 * virtio-net between receiving and sending: when the guest got packets it mostly sends
 * some soon. While the main loop looks for a moment before it sleeps, it looks at the
 * transmit ring too, and the driver need not notify. See aio_expect_answer().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtio-net-internal.h"

/* The ring may be looked at: nobody is going to do so anyway. */
static bool turn_possible(const VirtIONetQueue *q)
{
    return virtio_net_pair_running(q) && virtio_queue_ready(q->tx_vq) &&
           !q->tx_waiting && !q->tx_blocked;
}

static bool turn_seen(void *opaque)
{
    VirtIONetQueue *q = opaque;

    return q->tx_watched && turn_possible(q) && !virtio_queue_empty(q->tx_vq);
}

static void turn_watch(void *opaque, bool on)
{
    VirtIONetQueue *q = opaque;

    if (on) {
        q->tx_watched = turn_possible(q);
        if (q->tx_watched) {
            virtio_queue_set_notification(q->tx_vq, 0);
        }
        return;
    }
    if (!q->tx_watched || !turn_possible(q)) {
        q->tx_watched = false;  /* who sends meanwhile sees to notifications */
        return;
    }
    if (!turn_seen(q)) {
        virtio_queue_set_notification(q->tx_vq, 1);
    }
    /* Looked at once more: the driver may have been told too late. */
    if (turn_seen(q)) {
        virtio_net_handle_tx(VIRTIO_DEVICE(q->n), q->tx_vq);
    }
    q->tx_watched = false;
}

void virtio_net_turn_init(VirtIONetQueue *q)
{
    NetClientState *nc = virtio_net_pair_client(q);

    nc->answers.watch = turn_watch;
    nc->answers.seen = turn_seen;
    nc->answers.opaque = q;
}

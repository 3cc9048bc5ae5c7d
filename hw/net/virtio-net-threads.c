/*
 * virtio-net in I/O threads: which thread moves the packets of which pair, and the
 * backend's queues following them there. What such a thread may do is told in
 * docs/devel/threads.rst; that control stops it first is done by the virtio core
 * (virtio_hold()).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "hw/virtio/iothread-vq-mapping.h"
#include "hw/virtio/virtio-bus.h"
#include "virtio-net-internal.h"

/* --- choosing --- */

/* Can all queues of the backend leave the main loop? */
static bool backend_can_move(const VirtIONet *n, Error **errp)
{
    for (int i = 0; i < n->nic_conf.peers.queues; i++) {
        const NetClientState *nc = n->nic_conf.peers.ncs[i];

        if (nc && !nc->info->set_aio_context) {
            error_setg(errp, "netdev '%s' of type %s runs in the main loop only;"
                       " iothreads need one of type tap, dgram, stream or"
                       " socket", nc->name,
                       net_client_driver_name(nc->info->type));
            return false;
        }
    }
    return true;
}

/* The iothread of each queue that carries packets. */
static bool choose(const VirtIONet *n, IOThread **of_queue, unsigned queues,
                   Error **errp)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(n));

    if (n->net_conf.iothread && n->net_conf.vq_mapping) {
        error_setg(errp, "iothread and iothread-vq-mapping exclude each other");
        return false;
    }
    if (!virtio_bus_ioeventfd_enabled(VIRTIO_BUS(bus))) {
        error_setg(errp, "iothreads need ioeventfd=on");
        return false;
    }
    if (n->net_conf.vq_mapping) {
        return iothread_vq_mapping_apply(n->net_conf.vq_mapping, of_queue,
                                         queues, 2, errp);
    }
    for (unsigned i = 0; i < queues; i++) {
        of_queue[i] = n->net_conf.iothread;
    }
    return true;
}

bool virtio_net_threads_init(VirtIONet *n, unsigned pairs, Error **errp)
{
    g_autofree IOThread **of_queue = NULL;

    if (!n->net_conf.iothread && !n->net_conf.vq_mapping) {
        return true;
    }
    of_queue = g_new0(IOThread *, pairs * 2);
    if (!choose(n, of_queue, pairs * 2, errp) || !backend_can_move(n, errp)) {
        return false;
    }
    n->iothreads = g_new(IOThread *, pairs);
    for (unsigned i = 0; i < pairs; i++) {
        n->iothreads[i] = of_queue[i * 2];
        iothread_use(n->iothreads[i]);
    }
    return true;
}

void virtio_net_threads_exit(VirtIONet *n, unsigned pairs)
{
    for (unsigned i = 0; n->iothreads && i < pairs; i++) {
        iothread_unuse(n->iothreads[i]);
    }
    g_clear_pointer(&n->iothreads, g_free);
}

AioContext *virtio_net_thread_of(const VirtIONet *n, unsigned pair)
{
    return n->iothreads ? iothread_get_aio_context(n->iothreads[pair]) :
                          qemu_get_aio_context();
}

/* --- moving --- */

static void move_pair(VirtIONetQueue *q, AioContext *ctx)
{
    NetClientState *nc = virtio_net_pair_client(q);

    qemu_set_aio_context(nc, ctx);
    if (nc->peer) {
        qemu_set_aio_context(nc->peer, ctx);
    }
}

void virtio_net_threads_attach(VirtIONet *n)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        move_pair(&n->pairs[i], n->pairs[i].ctx);
    }
}

void virtio_net_threads_detach(VirtIONet *n)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        move_pair(&n->pairs[i], qemu_get_aio_context());
    }
}

/* --- packets for a pair of another thread --- */

void virtio_net_threads_share(VirtIONet *n)
{
    n->rx_shared = n->rss.steer && VIRTIO_DEVICE(n)->num_threads > 1;
}

static void wake_bh(void *opaque)
{
    VirtIONetQueue *q = opaque;

    virtio_net_rsc_wake(q);
    qemu_flush_queued_packets(virtio_net_pair_client(q));
}

void virtio_net_wake_init(VirtIONetQueue *q)
{
    qemu_mutex_init(&q->rx_lock);
    if (q->ctx != qemu_get_aio_context()) {
        q->wake_bh = aio_bh_new(q->ctx, wake_bh, q);
    }
}

void virtio_net_wake_exit(VirtIONetQueue *q)
{
    g_clear_pointer(&q->wake_bh, qemu_bh_delete);
    qemu_mutex_destroy(&q->rx_lock);
}

void virtio_net_wake(VirtIONetQueue *q)
{
    if (!bql_forbidden() || in_aio_context_home_thread(q->ctx)) {
        wake_bh(q);
    } else {
        qemu_bh_schedule(q->wake_bh);
    }
}

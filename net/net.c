/*
 * Net clients: their list, their links, and the way of packets from one to the
 * other. NICs are in nic.c, waiting packets in queue.c, options in netdev.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "net-internal.h"
#include "net/eth.h"
#include "trace.h"

NetClientList net_clients = QTAILQ_HEAD_INITIALIZER(net_clients);

static const char *const driver_names[NET_CLIENT_DRIVER__MAX] = {
    [NET_CLIENT_DRIVER_NONE] = "none",
    [NET_CLIENT_DRIVER_NIC] = "nic",
    [NET_CLIENT_DRIVER_USER] = "user",
    [NET_CLIENT_DRIVER_TAP] = "tap",
    [NET_CLIENT_DRIVER_L2TPV3] = "l2tpv3",
    [NET_CLIENT_DRIVER_SOCKET] = "socket",
    [NET_CLIENT_DRIVER_STREAM] = "stream",
    [NET_CLIENT_DRIVER_DGRAM] = "dgram",
    [NET_CLIENT_DRIVER_HUBPORT] = "hubport",
    [NET_CLIENT_DRIVER_VHOST_USER] = "vhost-user",
};

const char *net_client_driver_name(NetClientDriver driver)
{
    return driver_names[driver];
}

/* model.N, with the lowest N that no client of the model has. */
static char *default_name(const char *model)
{
    for (unsigned n = 0; ; n++) {
        g_autofree char *name = g_strdup_printf("%s.%u", model, n);
        const NetClientState *nc;

        QTAILQ_FOREACH(nc, &net_clients, next) {
            if (g_str_equal(nc->name, name)) {
                break;
            }
        }
        if (!nc) {
            return g_steal_pointer(&name);
        }
    }
}

void net_client_set_up(NetClientState *nc, const NetClientInfo *info,
                       NetClientState *peer, const char *model,
                       const char *name, unsigned queue_index,
                       void (*destructor)(NetClientState *))
{
    nc->info = info;
    nc->model = g_strdup(model);
    nc->name = name ? g_strdup(name) : default_name(model);
    nc->queue_index = queue_index;
    nc->ctx = qemu_get_aio_context();
    nc->destructor = destructor;
    nc->incoming_queue = qemu_new_net_queue(nc);
    if (peer) {
        nc->peer = peer;
        peer->peer = nc;
        net_filter_rewire(nc);
    }
    QTAILQ_INSERT_TAIL(&net_clients, nc, next);
    trace_net_client_new(nc->name, model, queue_index,
                         peer ? peer->name : "none");
}

static void free_client(NetClientState *nc)
{
    g_free(nc);
}

NetClientState *qemu_new_net_queue_client(const NetClientInfo *info,
                                          NetClientState *peer,
                                          const char *model, const char *name,
                                          unsigned queue_index)
{
    NetClientState *nc = g_malloc0(info->size);

    net_client_set_up(nc, info, peer, model, name, queue_index, free_client);
    return nc;
}

NetClientState *qemu_new_net_client(const NetClientInfo *info,
                                    NetClientState *peer, const char *model,
                                    const char *name)
{
    return qemu_new_net_queue_client(info, peer, model, name, 0);
}

void net_client_detach(NetClientState *nc)
{
    NetClientState *peer = nc->peer;

    QTAILQ_REMOVE(&net_clients, nc, next);
    aio_forget_answers(nc->ctx, &nc->answers);
    if (!peer) {
        return;
    }
    net_filter_unwire(nc);
    nc->peer = NULL;
    peer->peer = NULL;
    net_filter_rewire(nc);
    net_filter_rewire(peer);
    qemu_net_queue_purge(peer->incoming_queue, nc);
    /*
     * A peer that waits for us holds packets. Its wire is cut now, so when it is
     * called it sends them to nobody and goes on.
     */
    qemu_net_queue_close(nc->incoming_queue);
}

void net_client_release(NetClientState *nc)
{
    if (nc->info->cleanup) {
        nc->info->cleanup(nc);
    }
    qemu_del_net_queue(nc->incoming_queue);
    g_free(nc->name);
    g_free(nc->model);
    if (nc->destructor) {
        nc->destructor(nc);
    }
}

/* The NIC at the other end of a backend that goes: no carrier from now on. */
static void nic_lost_peer(NetClientState *nic_nc)
{
    NICState *nic = qemu_get_nic(nic_nc);

    nic->peer_deleted = true;
    nic->conf->peers.ncs[nic_nc->queue_index] = NULL;
    nic_nc->link_down = true;
    if (nic_nc->info->link_status_changed) {
        nic_nc->info->link_status_changed(nic_nc);
    }
}

void qemu_del_net_client(NetClientState *nc)
{
    g_autofree char *name = g_strdup(nc->name);
    NetClientDriver type = nc->info->type;
    NetClientState *queue, *next;

    net_filter_remove_all(nc);
    trace_net_client_del(name);
    QTAILQ_FOREACH_SAFE(queue, &net_clients, next, next) {
        NetClientState *peer = queue->peer;
        AioContext *ctx = queue->ctx;

        if (queue->info->type != type || !g_str_equal(queue->name, name)) {
            continue;
        }
        aio_context_hold(ctx);
        net_client_detach(queue);
        if (peer && peer->info->type == NET_CLIENT_DRIVER_NIC) {
            nic_lost_peer(peer);
        }
        net_client_release(queue);
        aio_context_let_go(ctx);
    }
}

NetClientState *qemu_find_netdev(const char *id)
{
    NetClientState *nc;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        if (nc->info->type != NET_CLIENT_DRIVER_NIC &&
            g_str_equal(nc->name, id)) {
            return nc;
        }
    }
    return NULL;
}

int qemu_find_net_clients_except(const char *id, NetClientState **ncs,
                                 NetClientDriver except, int max)
{
    NetClientState *nc;
    int found = 0;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        if (nc->info->type == except || (id && !g_str_equal(nc->name, id))) {
            continue;
        }
        if (found < max) {
            ncs[found] = nc;
        }
        found++;
    }
    return found;
}

/* --- packets --- */

bool qemu_can_send_packet(NetClientState *sender)
{
    NetClientState *peer = sender->peer;

    if (!peer || sender->link_down) {
        return true;
    }
    return !peer->receive_disabled &&
           (!peer->info->can_receive || peer->info->can_receive(peer));
}

unsigned qemu_send_burst(NetClientState *sender, const NetPacket *packets,
                         unsigned count, NetPacketSent *sent_cb)
{
    if (sender->link_down || !sender->peer) {
        return count;
    }
    return qemu_net_queue_burst(sender->peer->incoming_queue, sender, packets,
                                count, sent_cb);
}

int qemu_receive_direct(NetClientState *sender, NetReader *read, unsigned max)
{
    NetClientState *peer = sender->peer;

    if (!peer || !peer->info->receive_direct || sender->link_down ||
        peer->link_down) {
        return -1;
    }
    return qemu_net_queue_receive_direct(peer->incoming_queue, read, max);
}

ssize_t qemu_sendv_packet_async(NetClientState *sender, const struct iovec *iov,
                                int iovcnt, NetPacketSent *sent_cb)
{
    NetPacket packet = {
        .iov = iov, .iovcnt = iovcnt, .size = iov_size(iov, iovcnt),
    };

    if (sender->link_down || !sender->peer || packet.size > NET_BUFSIZE) {
        return packet.size;
    }
    return qemu_net_queue_send(sender->peer->incoming_queue, sender, &packet,
                               sent_cb);
}

ssize_t qemu_sendv_packet(NetClientState *sender, const struct iovec *iov,
                          int iovcnt)
{
    return qemu_sendv_packet_async(sender, iov, iovcnt, NULL);
}

ssize_t qemu_send_packet_async(NetClientState *sender, const uint8_t *buf,
                               int size, NetPacketSent *sent_cb)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };

    return qemu_sendv_packet_async(sender, &iov, 1, sent_cb);
}

ssize_t qemu_send_packet(NetClientState *sender, const uint8_t *buf, int size)
{
    return qemu_send_packet_async(sender, buf, size, NULL);
}

/* A client that takes one packet in one piece. */
static ssize_t deliver_linear(NetClientState *nc, const NetPacket *packet)
{
    bool pad = nc->info->type == NET_CLIENT_DRIVER_NIC && !nc->do_not_pad &&
               packet->size < ETH_ZLEN + (size_t)nc->vnet_hdr_len;
    size_t wire_size = pad ? ETH_ZLEN + nc->vnet_hdr_len : packet->size;
    g_autofree uint8_t *copy = NULL;
    ssize_t taken;

    if (packet->iovcnt == 1 && !pad) {
        return nc->info->receive(nc, packet->iov[0].iov_base, packet->size);
    }
    copy = g_malloc0(wire_size);
    iov_to_buf(packet->iov, packet->iovcnt, 0, copy, packet->size);
    taken = nc->info->receive(nc, copy, wire_size);
    return taken;
}

unsigned qemu_deliver_burst(NetClientState *nc, const NetPacket *packets,
                            unsigned count)
{
    unsigned done;

    if (nc->link_down) {
        return count;
    }
    if (nc->info->receive_burst) {
        done = nc->info->receive_burst(nc, packets, count);
        nc->receive_disabled = done < count;
        return done;
    }
    for (done = 0; done < count; done++) {
        const NetPacket *packet = &packets[done];
        ssize_t taken = packet->size == 0 ? -1 :
            nc->info->receive_iov ?
            nc->info->receive_iov(nc, packet->iov, packet->iovcnt) :
            deliver_linear(nc, packet);

        if (taken == 0) {
            nc->receive_disabled = true;
            break;
        }
    }
    return done;
}

void qemu_flush_queued_packets(NetClientState *nc)
{
    nc->receive_disabled = false;
    qemu_net_queue_flush(nc->incoming_queue);
}

bool qemu_set_aio_context(NetClientState *nc, AioContext *ctx)
{
    if (nc->ctx == ctx) {
        return true;
    }
    aio_forget_answers(nc->ctx, &nc->answers);
    if (nc->info->set_aio_context) {
        nc->info->set_aio_context(nc, ctx);
    } else if (nc->info->type != NET_CLIENT_DRIVER_NIC) {
        return false;
    }
    nc->ctx = ctx;
    qemu_net_queue_set_aio_context(nc->incoming_queue, ctx);
    net_filter_follow(nc);
    return true;
}

void qemu_purge_queued_packets(NetClientState *nc)
{
    if (nc->peer) {
        qemu_net_queue_purge(nc->peer->incoming_queue, nc);
    }
}

/* --- the vnet header --- */

bool qemu_has_vnet_hdr(NetClientState *nc)
{
    return nc && nc->info->has_vnet_hdr && nc->info->has_vnet_hdr(nc);
}

bool qemu_has_vnet_hdr_len(NetClientState *nc, int len)
{
    return nc && nc->info->has_vnet_hdr_len &&
           nc->info->has_vnet_hdr_len(nc, len);
}

void qemu_set_vnet_hdr_len(NetClientState *nc, int len)
{
    if (nc && nc->info->set_vnet_hdr_len) {
        nc->info->set_vnet_hdr_len(nc, len);
    }
}

int qemu_get_vnet_hdr_len(NetClientState *nc)
{
    return nc ? nc->vnet_hdr_len : 0;
}

bool qemu_has_ufo(NetClientState *nc)
{
    return nc && nc->info->has_ufo && nc->info->has_ufo(nc);
}

bool qemu_has_uso(NetClientState *nc)
{
    return nc && nc->info->has_uso && nc->info->has_uso(nc);
}

void qemu_set_offload(NetClientState *nc, const NetOffloads *offloads)
{
    if (nc && nc->info->set_offload) {
        nc->info->set_offload(nc, offloads);
    }
}

bool qemu_set_queue_enabled(NetClientState *nc, bool enabled)
{
    return !nc || !nc->info->set_queue_enabled ||
           nc->info->set_queue_enabled(nc, enabled);
}

void qemu_set_info_str(NetClientState *nc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(nc->info_str, sizeof(nc->info_str), fmt, ap);
    va_end(ap);
}

/*
 * The hub: every frame that comes in at one port goes out at all others. Between
 * two ports it is a wire that passes bursts and back pressure through.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "net-internal.h"

typedef struct NetHub NetHub;

typedef struct NetHubPort {
    NetClientState nc;
    NetHub *hub;
    QLIST_ENTRY(struct NetHubPort) next;
} NetHubPort;

struct NetHub {
    int id;
    unsigned port_count;
    QLIST_HEAD(, struct NetHubPort) ports;
    QLIST_ENTRY(struct NetHub) next;
};

static QLIST_HEAD(, struct NetHub) hubs = QLIST_HEAD_INITIALIZER(hubs);

static void hub_port_writable(NetClientState *nc, ssize_t size)
{
    NetHubPort *port = container_of(nc, NetHubPort, nc);
    NetHubPort *other;

    QLIST_FOREACH(other, &port->hub->ports, next) {
        if (other != port) {
            qemu_flush_queued_packets(&other->nc);
        }
    }
}

/* More than two ports: the slow one gets copies, the fast ones do not wait. */
static void hub_repeat(NetHubPort *port, const NetPacket *packets,
                       unsigned count)
{
    NetHubPort *other;

    QLIST_FOREACH(other, &port->hub->ports, next) {
        unsigned done;

        if (other == port) {
            continue;
        }
        done = qemu_send_burst(&other->nc, packets, count, NULL);
        for (; done < count; done++) {
            qemu_sendv_packet(&other->nc, packets[done].iov,
                              packets[done].iovcnt);
        }
    }
}

static unsigned hub_port_receive_burst(NetClientState *nc,
                                       const NetPacket *packets, unsigned count)
{
    NetHubPort *port = container_of(nc, NetHubPort, nc);

    if (port->hub->port_count == 2) {
        NetHubPort *other = QLIST_FIRST(&port->hub->ports);

        if (other == port) {
            other = QLIST_NEXT(port, next);
        }
        return qemu_send_burst(&other->nc, packets, count, hub_port_writable);
    }
    hub_repeat(port, packets, count);
    return count;
}

static void hub_port_cleanup(NetClientState *nc)
{
    NetHubPort *port = container_of(nc, NetHubPort, nc);
    NetHub *hub = port->hub;

    QLIST_REMOVE(port, next);
    hub->port_count--;
    if (hub->port_count == 0) {
        QLIST_REMOVE(hub, next);
        g_free(hub);
        return;
    }
    /* Whoever waited for this port goes on without it. */
    hub_port_writable(nc, 0);
}

static const NetClientInfo hub_port_info = {
    .type = NET_CLIENT_DRIVER_HUBPORT,
    .size = sizeof(NetHubPort),
    .receive_burst = hub_port_receive_burst,
    .cleanup = hub_port_cleanup,
};

static NetHub *hub_find_or_new(int id)
{
    NetHub *hub;

    QLIST_FOREACH(hub, &hubs, next) {
        if (hub->id == id) {
            return hub;
        }
    }
    hub = g_new0(NetHub, 1);
    hub->id = id;
    QLIST_INIT(&hub->ports);
    QLIST_INSERT_HEAD(&hubs, hub, next);
    return hub;
}

NetClientState *net_hub_add_port(int hub_id, const char *name,
                                 NetClientState *peer)
{
    NetHub *hub = hub_find_or_new(hub_id);
    g_autofree char *default_name =
        g_strdup_printf("hub%dport%u", hub_id, hub->port_count);
    NetClientState *nc = qemu_new_net_client(&hub_port_info, peer, "hub",
                                             name ? name : default_name);
    NetHubPort *port = container_of(nc, NetHubPort, nc);

    port->hub = hub;
    hub->port_count++;
    QLIST_INSERT_HEAD(&hub->ports, port, next);
    return nc;
}

int net_hub_id_of(const NetClientState *nc)
{
    if (!nc || nc->info != &hub_port_info) {
        return -1;
    }
    return container_of(nc, NetHubPort, nc)->hub->id;
}

void net_hub_check(void)
{
    NetHub *hub;
    NetHubPort *port;

    QLIST_FOREACH(hub, &hubs, next) {
        bool has_nic = false, has_host = false;

        QLIST_FOREACH(port, &hub->ports, next) {
            const NetClientState *peer = port->nc.peer;

            if (!peer) {
                warn_report("hub port %s has no peer", port->nc.name);
            } else if (peer->info->type == NET_CLIENT_DRIVER_NIC) {
                has_nic = true;
            } else {
                has_host = true;
            }
        }
        if (has_host && !has_nic) {
            warn_report("hub %d with no nics", hub->id);
        }
        if (has_nic && !has_host) {
            warn_report("hub %d is not connected to host network", hub->id);
        }
    }
}

void net_hub_info(GString *out)
{
    NetHub *hub;
    NetHubPort *port;

    QLIST_FOREACH(hub, &hubs, next) {
        g_string_append_printf(out, "hub %d\n", hub->id);
        QLIST_FOREACH(port, &hub->ports, next) {
            g_string_append_printf(out, " \\ %s", port->nc.name);
            if (port->nc.peer) {
                g_string_append(out, ": ");
                net_client_info_line(out, port->nc.peer);
            } else {
                g_string_append_c(out, '\n');
            }
        }
    }
}

static const NetdevOption hubport_options[] = {
    { "hubid", NETDEV_OPT_NUMBER, "number of the hub" },
    { "netdev", NETDEV_OPT_STRING, "connect the port to this netdev" },
    { NULL }
};

static bool hubport_init(const NetdevArgs *args, const char *id,
                         NetClientState *peer, Error **errp)
{
    const char *netdev = netdev_arg(args, "netdev");
    uint64_t hub_id = netdev_arg_number(args, "hubid", UINT64_MAX);

    if (hub_id == UINT64_MAX) {
        error_setg(errp, "Parameter 'hubid' is missing");
        return false;
    }
    if (hub_id > INT32_MAX) {
        error_setg(errp, "Parameter 'hubid' expects a number up to %d",
                   INT32_MAX);
        return false;
    }
    if (netdev) {
        peer = qemu_find_netdev(netdev);
        if (!peer) {
            error_setg(errp, "netdev '%s' not found", netdev);
            return false;
        }
        if (peer->peer) {
            error_setg(errp, "netdev '%s' is already connected to '%s'",
                       netdev, peer->peer->name);
            return false;
        }
    }
    net_hub_add_port(hub_id, id, peer);
    return true;
}

const NetdevType net_hubport_type = {
    .name = "hubport",
    .options = hubport_options,
    .init = hubport_init,
};

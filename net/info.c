/*
 * What the monitor shows and steers of net clients: `info network`, set_link,
 * query-rx-filter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "net-internal.h"
#include "trace.h"

void net_client_info_line(GString *out, const NetClientState *nc)
{
    g_string_append_printf(out, "%s: index=%u,type=%s,%s\n", nc->name,
                           nc->queue_index,
                           net_client_driver_name(nc->info->type),
                           nc->info_str);
    net_filter_info(out, nc);
}

/*
 * Hubs with their ports first, then every NIC with its backend below it, and the
 * backends that nobody uses.
 */
void net_info_network(GString *out)
{
    NetClientState *nc;

    net_hub_info(out);
    QTAILQ_FOREACH(nc, &net_clients, next) {
        NetClientState *peer = nc->peer;
        bool is_nic = nc->info->type == NET_CLIENT_DRIVER_NIC;

        if (nc->info->type == NET_CLIENT_DRIVER_HUBPORT ||
            (peer && peer->info->type == NET_CLIENT_DRIVER_HUBPORT)) {
            continue;
        }
        if (!peer || is_nic) {
            net_client_info_line(out, nc);
        }
        if (peer && is_nic) {
            g_string_append(out, " \\ ");
            net_client_info_line(out, peer);
        }
    }
}

static void link_changed(NetClientState *nc)
{
    if (nc->info->link_status_changed) {
        nc->info->link_status_changed(nc);
    }
}

/* A cable pulled at the backend is seen by the NIC at its other end. */
static void pass_link_on(NetClientState *nc)
{
    NetClientState *peer = nc->peer;

    if (peer && peer->info->type == NET_CLIENT_DRIVER_NIC) {
        peer->link_down = nc->link_down;
        link_changed(peer);
    }
}

void net_backend_set_link(NetClientState *nc, bool up)
{
    nc->link_down = !up;
    pass_link_on(nc);
}

bool qmp_set_link_name(const char *name, bool up, Error **errp)
{
    NetClientState *nc;
    bool found = false;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        if (!g_str_equal(nc->name, name)) {
            continue;
        }
        found = true;
        trace_net_set_link(name, up);
        aio_context_hold(nc->ctx);
        nc->link_down = !up;
        link_changed(nc);
        pass_link_on(nc);
        if (up) {
            qemu_flush_queued_packets(nc);
        }
        aio_context_let_go(nc->ctx);
    }
    if (!found) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found",
                  name);
    }
    return found;
}

struct json_object *net_query_rx_filter(const char *name, Error **errp)
{
    struct json_object *list = json_object_new_array();
    NetClientState *nc;
    bool known = false;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        if (name && !g_str_equal(nc->name, name)) {
            continue;
        }
        known = true;
        if (nc->info->type != NET_CLIENT_DRIVER_NIC) {
            if (name) {
                error_setg(errp, "net client(%s) isn't a NIC", name);
                break;
            }
        } else if (nc->info->query_rx_filter) {
            if (nc->queue_index == 0) {
                json_object_array_add(list, nc->info->query_rx_filter(nc));
            }
        } else if (name) {
            error_setg(errp, "net client(%s) doesn't support"
                       " rx-filter querying", name);
            break;
        }
    }
    if (name && !known) {
        error_setg(errp, "invalid net client name: %s", name);
    }
    if (name && json_object_array_length(list) == 0) {
        json_object_put(list);
        return NULL;
    }
    return list;
}

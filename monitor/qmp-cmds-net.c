/*
 * QMP commands about network back ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "net/announce.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"

json_object *qmp_netdev_add(json_object *args, Error **errp)
{
    netdev_add_json(args, errp);
    return NULL;
}

json_object *qmp_netdev_del(json_object *args, Error **errp)
{
    netdev_del(json_get_str(args, "id"), errp);
    return NULL;
}

json_object *qmp_set_link(json_object *args, Error **errp)
{
    qmp_set_link_name(json_get_str(args, "name"),
                      json_get_bool(args, "up", true), errp);
    return NULL;
}

json_object *qmp_query_rx_filter(json_object *args, Error **errp)
{
    return net_query_rx_filter(json_get_str(args, "name"), errp);
}

json_object *qmp_announce_self(json_object *args, Error **errp)
{
    NetAnnounceTimes times = {
        .initial_ms = json_get_int(args, "initial", 0),
        .max_ms = json_get_int(args, "max", 0),
        .rounds = json_get_int(args, "rounds", 0),
        .step_ms = json_get_int(args, "step", 0),
    };
    json_object *list = json_get(args, "interfaces");
    g_autoptr(GPtrArray) interfaces = g_ptr_array_new();

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        g_ptr_array_add(interfaces, (void *)json_object_get_string(
                                        json_object_array_get_idx(list, i)));
    }
    g_ptr_array_add(interfaces, NULL);
    net_announce_start(&times,
                       list ? (const char *const *)interfaces->pdata : NULL,
                       json_get_str(args, "id"), errp);
    return NULL;
}

json_object *qmp_x_query_netstats(json_object *args, Error **errp)
{
    return net_query_stats(json_get_str(args, "name"), errp);
}

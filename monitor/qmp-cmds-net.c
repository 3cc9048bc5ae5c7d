/*
 * QMP commands about network back ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
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

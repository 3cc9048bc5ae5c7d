/*
 * What a virtio-net device tells the monitor of its receive filter
 * (query-rx-filter). The filter itself is in virtio-net-filter.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/json.h"
#include "qapi/qmp-event.h"
#include <json-c/json.h>
#include "virtio-net-internal.h"

static struct json_object *mac_text(const uint8_t *mac)
{
    char text[18];

    snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
             mac[1], mac[2], mac[3], mac[4], mac[5]);
    return json_object_new_string(text);
}

static struct json_object *mac_list(const RxFilter *filter, unsigned from,
                                    unsigned to)
{
    struct json_object *list = json_object_new_array();

    for (unsigned i = from; i < to; i++) {
        json_object_array_add(list, mac_text(&filter->table[i * ETH_ALEN]));
    }
    return list;
}

static struct json_object *vlan_list(const RxFilter *filter)
{
    struct json_object *list = json_object_new_array();

    for (unsigned vid = 0; filter->vlan_filter && vid < MAX_VLAN; vid++) {
        if (filter->vlans[vid / 32] >> (vid % 32) & 1) {
            json_object_array_add(list, json_object_new_int(vid));
        }
    }
    return list;
}

static struct json_object *which(bool none, bool all)
{
    return json_object_new_string(none ? "none" : all ? "all" : "normal");
}

void virtio_net_filter_changed(VirtIONet *n)
{
    g_autofree char *path = NULL;
    struct json_object *data;

    if (n->filter_change_told) {
        return;
    }
    n->filter_change_told = true;
    path = object_get_canonical_path(OBJECT(n));
    data = json_object_new_object();
    if (n->netclient_name) {
        json_put_str(data, "name", n->netclient_name);
    }
    json_put_str(data, "path", path);
    qmp_event_emit("NIC_RX_FILTER_CHANGED", data);
}

struct json_object *virtio_net_query_rx_filter(NetClientState *nc)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    const RxFilter *filter = &n->filter;
    const struct {
        const char *name;
        struct json_object *value;
    } members[] = {
        { "name", json_object_new_string(nc->name) },
        { "promiscuous", json_object_new_boolean(filter->promisc) },
        { "multicast", which(filter->nomulti, filter->allmulti) },
        { "unicast", which(filter->nouni, filter->alluni) },
        { "vlan", which(false, !filter->vlan_filter) },
        { "broadcast-allowed", json_object_new_boolean(!filter->nobcast) },
        { "multicast-overflow",
          json_object_new_boolean(filter->multi_overflow) },
        { "unicast-overflow", json_object_new_boolean(filter->uni_overflow) },
        { "main-mac", mac_text(filter->mac) },
        { "vlan-table", vlan_list(filter) },
        { "unicast-table", mac_list(filter, 0, filter->first_multi) },
        { "multicast-table",
          mac_list(filter, filter->first_multi, filter->in_use) },
    };
    struct json_object *info = json_object_new_object();

    n->filter_change_told = false;
    for (unsigned i = 0; i < ARRAY_SIZE(members); i++) {
        json_object_object_add(info, members[i].name, members[i].value);
    }
    return info;
}

/*
 * The NIC's end of the wire: one client per queue pair, MAC addresses by default,
 * and what the rest of the house may ask about NICs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "net-internal.h"

NICState *qemu_new_nic(const NetClientInfo *info, NICConf *conf,
                       const char *model, const char *name,
                       struct MemReentrancyGuard *guard, void *opaque)
{
    unsigned queues = MAX(1, conf->peers.queues);
    NICState *nic = g_malloc0(info->size + queues * sizeof(NetClientState));

    g_assert(info->type == NET_CLIENT_DRIVER_NIC);
    nic->ncs = (void *)((char *)nic + info->size);
    nic->conf = conf;
    nic->reentrancy_guard = guard;
    nic->opaque = opaque;
    for (unsigned i = 0; i < queues; i++) {
        net_client_set_up(&nic->ncs[i], info, conf->peers.ncs[i], model, name,
                          i, NULL);
    }
    return nic;
}

void qemu_del_nic(NICState *nic)
{
    unsigned queues = MAX(1, nic->conf->peers.queues);

    for (unsigned i = 0; i < queues; i++) {
        net_client_detach(&nic->ncs[i]);
        net_client_release(&nic->ncs[i]);
    }
    g_free(nic);
}

NetClientState *qemu_get_subqueue(NICState *nic, int queue_index)
{
    return &nic->ncs[queue_index];
}

NetClientState *qemu_get_queue(NICState *nic)
{
    return qemu_get_subqueue(nic, 0);
}

NICState *qemu_get_nic(NetClientState *nc)
{
    NetClientState *first = nc - nc->queue_index;

    return (NICState *)((char *)first - nc->info->size);
}

void *qemu_get_nic_opaque(NetClientState *nc)
{
    return qemu_get_nic(nc)->opaque;
}

NetClientState *qemu_get_peer(NetClientState *nc, int queue_index)
{
    return nc ? (nc + queue_index)->peer : NULL;
}

void qemu_foreach_nic(qemu_nic_foreach func, void *opaque)
{
    NetClientState *nc, *next;

    QTAILQ_FOREACH_SAFE(nc, &net_clients, next, next) {
        if (nc->info->type == NET_CLIENT_DRIVER_NIC && nc->queue_index == 0) {
            func(qemu_get_nic(nc), opaque);
        }
    }
}

const MemReentrancyGuard *qemu_net_client_guard(NetClientState *nc)
{
    return nc->info->type == NET_CLIENT_DRIVER_NIC ?
           qemu_get_nic(nc)->reentrancy_guard : nc->guard;
}

bool qemu_net_client_entered(NetClientState *nc)
{
    return mem_reentrancy_engaged(qemu_net_client_guard(nc));
}

/* Last bytes of the default addresses that are in use, from 0x56 on. */
static uint8_t default_mac_used[256];

static bool is_default_range(const MACAddr *mac)
{
    static const uint8_t prefix[5] = { 0x52, 0x54, 0x00, 0x12, 0x34 };

    return memcmp(mac->a, prefix, sizeof(prefix)) == 0;
}

void qemu_macaddr_default_if_unset(MACAddr *macaddr)
{
    static const MACAddr unset;
    unsigned last = 0x56;

    if (memcmp(macaddr, &unset, sizeof(unset)) != 0) {
        if (is_default_range(macaddr)) {
            default_mac_used[macaddr->a[5]] = 1;
        }
        return;
    }
    while (last < 0x100 && default_mac_used[last]) {
        last++;
    }
    last &= 0xff;
    default_mac_used[last] = 1;
    *macaddr = (MACAddr) { { 0x52, 0x54, 0x00, 0x12, 0x34, last } };
}

void qemu_format_nic_info_str(NetClientState *nc, const uint8_t mac[6])
{
    qemu_set_info_str(nc, "model=%s,macaddr=%02x:%02x:%02x:%02x:%02x:%02x",
                      nc->model, mac[0], mac[1], mac[2], mac[3], mac[4],
                      mac[5]);
}

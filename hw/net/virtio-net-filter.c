/*
 * virtio-net receive filter: which frames the driver wants, by destination address
 * and VLAN. VIRTIO 1.4 section 5.1.6.5.1 to 5.1.6.5.3. Pure: knows the filter only;
 * the commands that change it are in virtio-net-ctrl.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "virtio-net-internal.h"

void rx_filter_reset(RxFilter *filter, const uint8_t *mac)
{
    memset(filter, 0, sizeof(*filter));
    memcpy(filter->mac, mac, ETH_ALEN);
    /* All frames, until the driver says otherwise: it may have no control queue. */
    filter->promisc = true;
}

void rx_filter_set_vlan(RxFilter *filter, unsigned vid, bool wanted)
{
    uint32_t bit = UINT32_C(1) << (vid % 32);

    assert(vid < MAX_VLAN);
    if (wanted) {
        filter->vlans[vid / 32] |= bit;
    } else {
        filter->vlans[vid / 32] &= ~bit;
    }
}

void rx_filter_use_vlans(RxFilter *filter, bool use)
{
    filter->vlan_filter = use;
}

static bool vlan_wanted(const RxFilter *filter, const uint8_t *frame,
                        size_t bytes)
{
    unsigned vid;

    if (!filter->vlan_filter || bytes < ETH_HLEN + ETH_VLAN_HLEN ||
        lduw_be_p(frame + 2 * ETH_ALEN) != ETH_P_VLAN) {
        return true;
    }
    vid = lduw_be_p(frame + ETH_HLEN) & (MAX_VLAN - 1);
    return filter->vlans[vid / 32] >> (vid % 32) & 1;
}

static bool in_table(const RxFilter *filter, const uint8_t *mac,
                     unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (memcmp(mac, &filter->table[i * ETH_ALEN], ETH_ALEN) == 0) {
            return true;
        }
    }
    return false;
}

bool rx_filter_accepts(const RxFilter *filter, const uint8_t *frame,
                       size_t bytes)
{
    if (filter->promisc) {
        return true;
    }
    if (!vlan_wanted(filter, frame, bytes)) {
        return false;
    }
    if (is_broadcast_ether_addr(frame)) {
        return !filter->nobcast;
    }
    if (is_multicast_ether_addr(frame)) {
        if (filter->nomulti) {
            return false;
        }
        return filter->allmulti || filter->multi_overflow ||
               in_table(filter, frame, filter->first_multi, filter->in_use);
    }
    if (filter->nouni) {
        return false;
    }
    return filter->alluni || filter->uni_overflow ||
           memcmp(frame, filter->mac, ETH_ALEN) == 0 ||
           in_table(filter, frame, 0, filter->first_multi);
}

/*
 * Names and meanings of virtio bits (VIRTIO 1.4 sections 2.1, 5.1.3 and 6).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-numbers.h"
#include "virtio-names.h"
#include <linux/virtio_balloon.h>
#include <linux/virtio_net.h>

/* Numbers of the bits of the status byte, which headers have as values. */
const VirtioBitName virtio_status_names[] = {
    { 0, "VIRTIO_CONFIG_S_ACKNOWLEDGE: the guest has seen the device" },
    { 1, "VIRTIO_CONFIG_S_DRIVER: it has a driver for it" },
    { 2, "VIRTIO_CONFIG_S_DRIVER_OK: the driver is at work" },
    { 3, "VIRTIO_CONFIG_S_FEATURES_OK: features are agreed on" },
    { 6, "VIRTIO_CONFIG_S_NEEDS_RESET: the driver broke the rules" },
    { 7, "VIRTIO_CONFIG_S_FAILED: the driver gave up" },
    { 0 }
};

/* Those that this side uses. */
const VirtioBitName vhost_protocol_names[] = {
    { 0, "VHOST_USER_PROTOCOL_F_MQ: several queue pairs" },
    { 2, "VHOST_USER_PROTOCOL_F_RARP: it announces the guest" },
    { 3, "VHOST_USER_PROTOCOL_F_REPLY_ACK: it says whether a request worked" },
    { 4, "VHOST_USER_PROTOCOL_F_NET_MTU: it is told the MTU" },
    { 16, "VHOST_USER_PROTOCOL_F_STATUS: it is told the device's status" },
    { 0 }
};

const VirtioBitName virtio_core_names[] = {
    { VIRTIO_F_NOTIFY_ON_EMPTY,
      "VIRTIO_F_NOTIFY_ON_EMPTY: interrupt when a ring is empty (legacy)" },
    { VIRTIO_F_ANY_LAYOUT,
      "VIRTIO_F_ANY_LAYOUT: headers may be cut anywhere (legacy)" },
    { VIRTIO_RING_F_INDIRECT_DESC,
      "VIRTIO_RING_F_INDIRECT_DESC: tables of descriptors" },
    { VIRTIO_RING_F_EVENT_IDX,
      "VIRTIO_RING_F_EVENT_IDX: each side says when to notify it" },
    { VIRTIO_F_VERSION_1, "VIRTIO_F_VERSION_1: not legacy" },
    { VIRTIO_F_ACCESS_PLATFORM,
      "VIRTIO_F_ACCESS_PLATFORM: addresses are those of the bus" },
    { VIRTIO_F_RING_PACKED, "VIRTIO_F_RING_PACKED: packed rings" },
    { VIRTIO_F_IN_ORDER,
      "VIRTIO_F_IN_ORDER: buffers are used in the order they came" },
    { VIRTIO_F_ORDER_PLATFORM,
      "VIRTIO_F_ORDER_PLATFORM: memory is ordered as the platform orders it" },
    { VIRTIO_F_SR_IOV, "VIRTIO_F_SR_IOV: virtual functions" },
    { VIRTIO_F_NOTIFICATION_DATA,
      "VIRTIO_F_NOTIFICATION_DATA: notifications say how far the driver is" },
    { VIRTIO_F_NOTIF_CONFIG_DATA,
      "VIRTIO_F_NOTIF_CONFIG_DATA: notifications carry the device's number" },
    { VIRTIO_F_RING_RESET, "VIRTIO_F_RING_RESET: one queue can be reset" },
    { VIRTIO_F_ADMIN_VQ, "VIRTIO_F_ADMIN_VQ: administration queues" },
    { VIRTIO_F_SUSPEND, "VIRTIO_F_SUSPEND: the device can be suspended" },
    { 0 }
};

#define NET(name, meaning) \
    { VIRTIO_NET_F_##name, "VIRTIO_NET_F_" #name ": " meaning }

static const VirtioBitName net_names[] = {
    NET(CSUM, "the device completes checksums"),
    NET(GUEST_CSUM, "the driver completes checksums"),
    NET(CTRL_GUEST_OFFLOADS, "the driver switches its offloads"),
    NET(MTU, "the device says the largest MTU"),
    NET(MAC, "the device has an address"),
    NET(GSO, "the device cuts segments of any kind (legacy)"),
    NET(GUEST_TSO4, "the driver takes large TCP segments on IPv4"),
    NET(GUEST_TSO6, "the driver takes large TCP segments on IPv6"),
    NET(GUEST_ECN, "and those with congestion marks"),
    NET(GUEST_UFO, "the driver takes UDP datagrams to be fragmented"),
    NET(HOST_TSO4, "the device cuts TCP segments on IPv4"),
    NET(HOST_TSO6, "the device cuts TCP segments on IPv6"),
    NET(HOST_ECN, "and those with congestion marks"),
    NET(HOST_UFO, "the device fragments UDP datagrams"),
    NET(MRG_RXBUF, "a packet may fill several receive buffers"),
    NET(STATUS, "the device says whether the link is up"),
    NET(CTRL_VQ, "there is a control queue"),
    NET(CTRL_RX, "it sets receive modes"),
    NET(CTRL_VLAN, "it sets the VLAN filter"),
    NET(CTRL_RX_EXTRA, "it sets more receive modes"),
    NET(GUEST_ANNOUNCE, "the driver announces itself when asked"),
    NET(MQ, "several queue pairs"),
    NET(CTRL_MAC_ADDR, "the control queue sets the address"),
    NET(DEVICE_STATS, "the driver gets the device's statistics"),
    NET(HASH_TUNNEL, "hashes of what is inside tunnels"),
    NET(VQ_NOTF_COAL, "interrupts are gathered queue by queue"),
    NET(NOTF_COAL, "interrupts are gathered"),
    NET(GUEST_USO4, "the driver takes large UDP segments on IPv4"),
    NET(GUEST_USO6, "the driver takes large UDP segments on IPv6"),
    NET(HOST_USO, "the device cuts UDP segments"),
    NET(HASH_REPORT, "packets come with their hash"),
    NET(GUEST_HDRLEN, "the driver says exact header lengths"),
    NET(RSS, "the hash chooses the receive queue"),
    NET(RSC_EXT, "the device says what it put together"),
    NET(STANDBY, "the device stands by for another one"),
    NET(SPEED_DUPLEX, "the device says its speed"),
    NET(RSS_CONTEXT, "several RSS configurations"),
    { 0 }
};

#define BALLOON(name, meaning) \
    { VIRTIO_BALLOON_F_##name, "VIRTIO_BALLOON_F_" #name ": " meaning }

static const VirtioBitName balloon_names[] = {
    BALLOON(MUST_TELL_HOST, "pages are used again only after the device knows"),
    BALLOON(STATS_VQ, "the driver says how memory is used"),
    BALLOON(DEFLATE_ON_OOM, "the driver takes pages back when it has no others"),
    BALLOON(FREE_PAGE_HINT, "the driver says which pages are free"),
    BALLOON(PAGE_POISON, "free pages are filled with a value"),
    BALLOON(REPORTING, "the driver reports free pages"),
    { 0 }
};

const VirtioBitName *virtio_device_names(uint16_t device_id)
{
    static const VirtioBitName none[] = { { 0 } };

    switch (device_id) {
    case VIRTIO_ID_NET:
        return net_names;
    case VIRTIO_ID_BALLOON:
        return balloon_names;
    default:
        return none;
    }
}

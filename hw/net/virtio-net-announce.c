/*
 * virtio-net announcing itself: a frame from its address for the switches, and to a
 * driver that can tell more of the guest's networks the request to do so. VIRTIO
 * 1.4 section 5.1.6.5.4. When it happens is decided in net/announce.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "net/announce.h"
#include "virtio-net-internal.h"
#include "trace.h"

void virtio_net_announce(NetClientState *nc)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    VirtIODevice *vdev = VIRTIO_DEVICE(n);

    net_announce_rarp(nc, n->filter.mac);
    if (vdev->started && !vdev->broken &&
        virtio_vdev_has_feature(vdev, VIRTIO_NET_F_GUEST_ANNOUNCE)) {
        /* Also where the bit is set already: that interrupt may be lost. */
        n->status |= VIRTIO_NET_S_ANNOUNCE;
        trace_virtio_net_announce_notify(n);
        virtio_notify_config(vdev);
    }
}

/* Without a request there is nothing to acknowledge, which harms nobody. */
uint8_t virtio_net_ctrl_announce(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    n->status &= ~VIRTIO_NET_S_ANNOUNCE;
    trace_virtio_net_handle_announce(n);
    return VIRTIO_NET_OK;
}

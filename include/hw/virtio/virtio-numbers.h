/*
 * Numbers of VIRTIO 1.4 that the <linux/virtio_*.h> of Linux 6.1 do not have,
 * and those headers that have the others.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_NUMBERS_H
#define HW_VIRTIO_NUMBERS_H

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

/* Section 6: reserved feature bits. */
#define VIRTIO_F_NOTIFICATION_DATA      38
#define VIRTIO_F_NOTIF_CONFIG_DATA      39
#define VIRTIO_F_ADMIN_VQ               41
#define VIRTIO_F_SUSPEND                43

/* Section 5.1.3: network device feature bits. */
#define VIRTIO_NET_F_DEVICE_STATS       50
#define VIRTIO_NET_F_HASH_TUNNEL        51
#define VIRTIO_NET_F_VQ_NOTF_COAL       52
#define VIRTIO_NET_F_GUEST_USO4         54
#define VIRTIO_NET_F_GUEST_USO6         55
#define VIRTIO_NET_F_HOST_USO           56
#define VIRTIO_NET_F_GUEST_HDRLEN       59
#define VIRTIO_NET_F_RSS_CONTEXT        64

/* Section 5.1.6.5.9: commands of class VIRTIO_NET_CTRL_NOTF_COAL. */
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET    2
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET    3

/* Section 5.1.6.5.11: class and commands of device statistics. */
#define VIRTIO_NET_CTRL_STATS               8
#define VIRTIO_NET_CTRL_STATS_QUERY         0
#define VIRTIO_NET_CTRL_STATS_GET           1

/* Section 5.1.6.5.6.4: inner header hash. */
#define VIRTIO_NET_CTRL_HASH_TUNNEL         7
#define VIRTIO_NET_CTRL_HASH_TUNNEL_SET     0

/* Section 4.1.5.1.2: no MSI-X vector mapped. */
#define VIRTIO_NO_VECTOR                0xffff

#endif

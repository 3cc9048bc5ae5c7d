/*
 * virtio-net whose rings another process works on (-netdev vhost-user): when it
 * gets them, when they come back, and what the device offers then. The control queue
 * stays here. How rings go and come is in hw/virtio/vhost.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/virtio/vhost.h"
#include "net/vhost-user.h"
#include "virtio-net-internal.h"

#define RING(number)    (UINT64_C(1) << (number))
#define NET(name)       RING(VIRTIO_NET_F_##name)

/* What the peer must do for it to be offered. */
#define PEERS_FEATURES                                                       \
    (NET(CSUM) | NET(GUEST_CSUM) | NET(GSO) | NET(GUEST_TSO4) |              \
     NET(GUEST_TSO6) | NET(GUEST_ECN) | NET(GUEST_UFO) | NET(GUEST_USO4) |   \
     NET(GUEST_USO6) | NET(HOST_TSO4) | NET(HOST_TSO6) | NET(HOST_ECN) |     \
     NET(HOST_UFO) | NET(HOST_USO) | NET(MRG_RXBUF) | NET(GUEST_HDRLEN) |    \
     RING(VIRTIO_RING_F_INDIRECT_DESC) | RING(VIRTIO_RING_F_EVENT_IDX) |       \
     RING(VIRTIO_F_NOTIFY_ON_EMPTY) | RING(VIRTIO_F_ANY_LAYOUT) |              \
     RING(VIRTIO_F_VERSION_1) | RING(VIRTIO_F_RING_PACKED))

/*
 * What this device does to packets or interrupts, which are not here now; and what
 * the peer is not told of (offloads that change). In order, a peer that died could
 * not be followed.
 */
#define NOT_WITH_PEER                                                        \
    (NET(RSS) | NET(HASH_REPORT) | NET(HASH_TUNNEL) | NET(RSC_EXT) |         \
     NET(NOTF_COAL) | NET(VQ_NOTF_COAL) | NET(DEVICE_STATS) |                \
     NET(CTRL_GUEST_OFFLOADS) | RING(VIRTIO_F_IN_ORDER))

/* What is done here and the peer hears of, if it knows the bit. */
#define ALSO_TOLD                                                            \
    (NET(MQ) | NET(CTRL_VQ) | NET(MTU) | NET(STATUS) | NET(MAC))

static NetClientState *vhost_peer(const VirtIONet *n)
{
    NetClientState *peer = qemu_get_queue(n->nic)->peer;

    return net_is_vhost_user(peer) ? peer : NULL;
}

/* --- features --- */

bool virtio_net_vhost_limit(VirtIONet *n, VirtioFeatures *features,
                            Error **errp)
{
    uint64_t offered;

    if (!n->vhost) {
        return true;
    }
    if (virtio_features_test(features, VIRTIO_F_ACCESS_PLATFORM)) {
        error_setg(errp, "vhost-user: iommu_platform=on is not possible: the"
                   " peer cannot translate addresses");
        return false;
    }
    offered = net_vhost_user_features(vhost_peer(n));
    features->w[0] &= ~NOT_WITH_PEER & (offered | ~PEERS_FEATURES);
    return true;
}

/* --- handing over --- */

static bool wanted(const VirtIONet *n)
{
    const VirtIODevice *vdev = VIRTIO_DEVICE(n);
    NetClientState *peer = vhost_peer(n);
    VhostUserConn *conn = peer ? net_vhost_user_conn(peer) : NULL;

    /* Legacy drivers may kick before DRIVER_OK, but fill rings after it. */
    return (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) &&
           virtio_device_started(vdev, vdev->status) && vdev->vm_running &&
           !vdev->disabled && !qemu_get_queue(n->nic)->link_down && conn &&
           vhost_user_alive(conn);
}

static void enable_pairs(VirtIONet *n)
{
    unsigned pairs = n->multiqueue ? n->max_pairs : 1;

    for (unsigned i = 0; i < pairs; i++) {
        vhost_dev_enable(n->vhost, 2 * i, i < n->curr_pairs);
        vhost_dev_enable(n->vhost, 2 * i + 1, i < n->curr_pairs);
    }
}

static void start(VirtIONet *n)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);
    NetClientState *peer = vhost_peer(n);
    VhostUserConn *conn = net_vhost_user_conn(peer);
    unsigned pairs = n->multiqueue ? n->max_pairs : 1;

    for (unsigned i = 0; i < n->max_pairs; i++) {
        virtio_net_tx_stop(&n->pairs[i]);
    }
    net_vhost_user_need_features(peer, vdev->guest_features.w[0] &
                                 PEERS_FEATURES);
    if (virtio_vdev_has_feature(vdev, VIRTIO_NET_F_MTU) &&
        !vhost_user_set_mtu(conn, n->net_conf.mtu)) {
        return;
    }
    if (vhost_dev_start(n->vhost, conn, 2 * pairs, PEERS_FEATURES, ALSO_TOLD)) {
        enable_pairs(n);
        vhost_dev_ready(n->vhost);
    }
}

void virtio_net_vhost_update(VirtIONet *n)
{
    bool want;

    if (!n->vhost || n->vhost_changing) {
        return;
    }
    /* What goes wrong on the way (the device breaks) is seen afterwards. */
    n->vhost_changing = true;
    do {
        want = wanted(n);
        if (want && !vhost_dev_started(n->vhost)) {
            start(n);
        } else if (!want) {
            vhost_dev_stop(n->vhost);
        }
    } while (want && !wanted(n));
    if (!vhost_peer(n)) {
        vhost_dev_give_up(n->vhost);
    }
    vhost_dev_settle(n->vhost);
    n->vhost_changing = false;
}

bool virtio_net_vhost_active(const VirtIONet *n)
{
    return n->vhost && vhost_dev_started(n->vhost);
}

void virtio_net_vhost_pairs(VirtIONet *n)
{
    if (virtio_net_vhost_active(n)) {
        enable_pairs(n);
    }
}

void virtio_net_vhost_reset(VirtIONet *n)
{
    NetClientState *peer = vhost_peer(n);

    if (n->vhost) {
        vhost_dev_give_up(n->vhost);
        if (peer) {
            net_vhost_user_need_features(peer, 0);
        }
    }
}

void virtio_net_vhost_queue_reset(VirtIONet *n, unsigned number)
{
    if (n->vhost) {
        vhost_dev_queue_reset(n->vhost, number);
    }
}

void virtio_net_vhost_queue_enable(VirtIONet *n, unsigned number)
{
    unsigned pairs = n->multiqueue ? n->max_pairs : 1;

    if (n->vhost && number < 2 * pairs) {
        vhost_dev_queue_start(n->vhost, number, number / 2 < n->curr_pairs);
    }
}

/* The peer maps other memory from now on. */
static void memory_changed(void *opaque)
{
    VirtIONet *n = opaque;

    if (virtio_net_vhost_active(n)) {
        vhost_dev_stop(n->vhost);
        virtio_net_vhost_update(n);
    }
}

bool virtio_net_vhost_init(VirtIONet *n, Error **errp)
{
    if (!net_is_vhost_user(n->nic_conf.peers.ncs[0])) {
        return true;
    }
    if (!vhost_memory_is_shared(errp)) {
        return false;
    }
    n->vhost = vhost_dev_new(VIRTIO_DEVICE(n), 2 * n->max_pairs);
    vhost_dev_on_memory_change(n->vhost, memory_changed, n);
    return true;
}

void virtio_net_vhost_exit(VirtIONet *n)
{
    g_clear_pointer(&n->vhost, vhost_dev_free);
}

struct VhostDev *virtio_net_get_vhost(VirtIODevice *vdev)
{
    return VIRTIO_NET(vdev)->vhost;
}

/*
 * virtio-net headers: the layout of what stands before each packet on the guest's
 * side and on the backend's, and the features that depend on the backend having
 * it. VIRTIO 1.4 section 5.1.6.
 *
 * A backend that carries such headers (tap) is told to use the guest's length, so
 * that packets pass through whole. For all others the header is taken off on the
 * way out, after virtio-net-software.c has done what it asks for, and made on the
 * way in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "virtio-net-internal.h"
#include "trace.h"

#define BIT_OF(feature) (UINT64_C(1) << VIRTIO_NET_F_##feature)

/* What is asked of us in packets that the guest sends, and what we may ask of it. */
#define HOST_SEGMENTS                                                        \
    (BIT_OF(HOST_TSO4) | BIT_OF(HOST_TSO6) | BIT_OF(HOST_ECN) |              \
     BIT_OF(HOST_UFO) | BIT_OF(HOST_USO) | BIT_OF(GSO))
#define COALESCED_SEGMENTS  (BIT_OF(GUEST_TSO4) | BIT_OF(GUEST_TSO6))
#define GUEST_SEGMENTS                                                       \
    (BIT_OF(GUEST_TSO4) | BIT_OF(GUEST_TSO6) | BIT_OF(GUEST_ECN) |           \
     BIT_OF(GUEST_UFO) | BIT_OF(GUEST_USO4) | BIT_OF(GUEST_USO6))

/*
 * What the guest asks for can be done in software, and finished packets suit a
 * guest that could finish them itself; but only a backend can make segments.
 */
void virtio_net_offload_limit(VirtIONet *n, VirtioFeatures *features)
{
    NetClientState *peer = qemu_get_queue(n->nic)->peer;
    uint64_t offered = features->w[0];

    if (!qemu_has_vnet_hdr(peer)) {
        /* Coalescing makes segments whatever the backend does. */
        offered &= virtio_features_test(&n->net_features,
                                        VIRTIO_NET_F_RSC_EXT) ?
                   ~(GUEST_SEGMENTS & ~COALESCED_SEGMENTS) : ~GUEST_SEGMENTS;
    }
    if (!qemu_has_ufo(peer)) {
        offered &= ~BIT_OF(GUEST_UFO);
    }
    if (!qemu_has_uso(peer)) {
        offered &= ~(BIT_OF(GUEST_USO4) | BIT_OF(GUEST_USO6));
    }
    /* What segments need (5.1.3.1). */
    if (!(offered & BIT_OF(CSUM))) {
        offered &= ~HOST_SEGMENTS;
    }
    if (!(offered & BIT_OF(GUEST_CSUM))) {
        offered &= ~GUEST_SEGMENTS;
    }
    if (!(offered & (BIT_OF(HOST_TSO4) | BIT_OF(HOST_TSO6)))) {
        offered &= ~BIT_OF(HOST_ECN);
    }
    if (!(offered & (BIT_OF(GUEST_TSO4) | BIT_OF(GUEST_TSO6)))) {
        offered &= ~BIT_OF(GUEST_ECN);
    }
    features->w[0] = offered;
}

void virtio_net_set_guest_offloads(VirtIONet *n, uint64_t offloads)
{
    trace_virtio_net_guest_offloads(n, offloads);
    n->guest_offloads = offloads & GUEST_OFFLOAD(CSUM) ? offloads : 0;
    n->rsc = (n->guest_offloads & COALESCED_SEGMENTS) &&
             virtio_vdev_has_feature(VIRTIO_DEVICE(n), VIRTIO_NET_F_RSC_EXT);
    if (n->peer_hdr) {
        offloads = n->guest_offloads;
        qemu_set_offload(qemu_get_queue(n->nic)->peer, &(NetOffloads){
            .csum = offloads & GUEST_OFFLOAD(CSUM),
            .tso4 = offloads & GUEST_OFFLOAD(TSO4),
            .tso6 = offloads & GUEST_OFFLOAD(TSO6),
            .ecn = offloads & GUEST_OFFLOAD(ECN),
            .ufo = offloads & GUEST_OFFLOAD(UFO),
            .uso4 = offloads & GUEST_OFFLOAD(USO4),
            .uso6 = offloads & GUEST_OFFLOAD(USO6),
        });
    }
}

void virtio_net_offload_apply(VirtIONet *n)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);
    NetClientState *peer = qemu_get_queue(n->nic)->peer;
    uint64_t chosen = vdev->guest_features.w[0];
    size_t host_hdr_bytes;

    n->mergeable = virtio_vdev_has_feature(vdev, VIRTIO_NET_F_MRG_RXBUF);
    /* Only a legacy driver without mergeable buffers leaves num_buffers out. */
    n->guest_hdr_bytes =
        n->mergeable || virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1) ?
        sizeof(struct virtio_net_hdr_mrg_rxbuf) : sizeof(struct virtio_net_hdr);
    host_hdr_bytes = n->guest_hdr_bytes;
    n->hash_report = virtio_vdev_has_feature(vdev, VIRTIO_NET_F_HASH_REPORT);
    if (n->hash_report) {
        n->guest_hdr_bytes = sizeof(struct virtio_net_hdr_v1_hash);
    }
    n->peer_hdr = peer && qemu_has_vnet_hdr(peer) &&
                  qemu_has_vnet_hdr_len(peer, host_hdr_bytes);
    if (n->peer_hdr) {
        qemu_set_vnet_hdr_len(peer, host_hdr_bytes);
    }
    virtio_net_set_guest_offloads(n, chosen & GUEST_OFFLOADS);
    virtio_net_software_configure(n);
}

void virtio_net_fill_header(const VirtIONet *n, const NetPacket *packet,
                            struct virtio_net_hdr_mrg_rxbuf *hdr)
{
    memset(hdr, 0, sizeof(*hdr));
    if (n->peer_hdr) {
        iov_to_buf(packet->iov, packet->iovcnt, 0, &hdr->hdr, sizeof(hdr->hdr));
    }
}

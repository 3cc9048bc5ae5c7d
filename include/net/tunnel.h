/*
 * Packets inside of packets: which encapsulation a frame has, and where the frame
 * or datagram inside begins. Pure functions; one level; nothing here trusts a
 * length that is inside the frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_TUNNEL_H
#define QEMU_NET_TUNNEL_H

#include "net/eth.h"

/* The bits are those of VIRTIO 1.4 section 5.1.6.5.6.4 (inner header hash). */
enum {
    NET_TUNNEL_GRE_2784 = 1 << 0,       /* GRE with at most a checksum */
    NET_TUNNEL_GRE_2890 = 1 << 1,       /* GRE with key or sequence number */
    NET_TUNNEL_GRE_7676 = 1 << 2,       /* GRE over, or of, IPv6 */
    NET_TUNNEL_GRE_UDP = 1 << 3,
    NET_TUNNEL_VXLAN = 1 << 4,
    NET_TUNNEL_VXLAN_GPE = 1 << 5,
    NET_TUNNEL_GENEVE = 1 << 6,
    NET_TUNNEL_IPIP = 1 << 7,           /* IPv4 in IPv4 */
    NET_TUNNEL_NVGRE = 1 << 8,
    NET_TUNNEL_ALL = (1 << 9) - 1,
};

/* As many bytes of a frame as are needed to see through every encapsulation. */
#define NET_TUNNEL_HEAD_BYTES   512

typedef struct NetTunnel {
    uint32_t types;             /* all that the encapsulation is one of; 0: none */
    size_t inner_offset;        /* from the start of the outer frame */
    uint16_t ethertype;         /* of what is inside; ETH_P_TEB: a whole frame */
} NetTunnel;

/*
 * @head: the first @seen bytes of a frame whose layout is @outer. False if it is
 * no encapsulation, or is too short to be one.
 */
bool net_tunnel_find(const uint8_t *head, size_t seen, const EthLayout *outer,
                     NetTunnel *tunnel);

/*
 * The layout of what is inside, with offsets from @tunnel->inner_offset on; a frame
 * of @size of which @seen bytes are at hand, as net_tunnel_find() had them. False if
 * it is too short for what it says it is.
 */
bool net_tunnel_parse_inner(const uint8_t *head, size_t seen, size_t size,
                            const NetTunnel *tunnel, EthLayout *inner);

#endif

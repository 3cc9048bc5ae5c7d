/*
 * Ethernet, IP, TCP and UDP headers as they stand on the wire, and the questions
 * that a NIC asks about a frame. Pure functions; no state; nothing here trusts a
 * length that is inside the frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_ETH_H
#define QEMU_NET_ETH_H

#include "qemu/osdep.h"
#include <linux/if_ether.h>     /* ETH_ALEN, ETH_HLEN, ETH_ZLEN, ETH_P_* */

#define ETH_VLAN_HLEN   4
#define ETH_MTU         1500

#define ETH_P_VLAN      ETH_P_8021Q
#define ETH_P_DVLAN     ETH_P_8021AD

struct eth_header {
    uint8_t h_dest[ETH_ALEN];
    uint8_t h_source[ETH_ALEN];
    uint16_t h_proto;           /* big endian */
} QEMU_PACKED;

static inline bool is_multicast_ether_addr(const uint8_t *addr)
{
    return addr[0] & 1;
}

static inline bool is_broadcast_ether_addr(const uint8_t *addr)
{
    return (addr[0] & addr[1] & addr[2] & addr[3] & addr[4] & addr[5]) == 0xff;
}

static inline bool is_zero_ether_addr(const uint8_t *addr)
{
    return !(addr[0] | addr[1] | addr[2] | addr[3] | addr[4] | addr[5]);
}

typedef enum EthL4 {
    ETH_L4_NONE, ETH_L4_TCP, ETH_L4_UDP, ETH_L4_OTHER,
} EthL4;

/*
 * Where the headers of a frame are, found without reading past @size. l3 and l4
 * offsets are from the start of the frame; 0 where there is none.
 */
typedef struct EthLayout {
    uint16_t ethertype;         /* behind up to two VLAN tags; host order */
    uint16_t l3_offset;
    uint16_t l4_offset;
    uint16_t payload_offset;    /* behind the TCP or UDP header */
    uint8_t ip_version;         /* 4, 6 or 0 */
    uint8_t l4_proto;           /* the IP protocol number */
    EthL4 l4;
    bool fragment;              /* not whole: no checksum or port can be trusted */
    uint32_t ip_end;            /* end of the datagram by its own length, ≤ size */
} EthLayout;

/* False if the frame is too short for what it says it is. */
bool eth_parse(const uint8_t *frame, size_t size, EthLayout *layout);
/*
 * The same where only the first @seen bytes of a frame of @size are at hand; its
 * headers must be among them.
 */
bool eth_parse_head(const uint8_t *head, size_t seen, size_t size,
                    EthLayout *layout);
/* The same for what stands behind an Ethernet header of @ethertype: l3_offset is 0. */
bool eth_parse_datagram(const uint8_t *head, size_t seen, size_t size,
                        uint16_t ethertype, EthLayout *layout);

#endif

/*
 * Seeing through encapsulations: GRE (RFC 2784, 2890, 7676), NVGRE (7637), GRE in
 * UDP (8086), VXLAN (7348) and its generic extension, Geneve (8926), IP in IP (2003).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/tunnel.h"

enum { PROTO_IPIP = 4, PROTO_GRE = 47 };
enum {
    PORT_GRE_UDP = 4754, PORT_VXLAN = 4789, PORT_VXLAN_GPE = 4790,
    PORT_GENEVE = 6081,
};
enum {
    GRE_CHECKSUM = 0x8000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000,
    GRE_KNOWN = GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE,
};

static bool is_payload(uint16_t ethertype)
{
    return ethertype == ETH_P_IP || ethertype == ETH_P_IPV6 ||
           ethertype == ETH_P_TEB;
}

/* The header at @at; version 0, and no routing as of long ago. */
static bool find_gre(const uint8_t *head, size_t seen, size_t at,
                     uint8_t outer_version, NetTunnel *tunnel)
{
    uint16_t flags;
    size_t length = 4;

    if (seen < at + length) {
        return false;
    }
    flags = lduw_be_p(head + at);
    if (flags & ~GRE_KNOWN) {
        return false;
    }
    for (unsigned bit = GRE_SEQUENCE; bit <= GRE_CHECKSUM; bit <<= 1) {
        length += flags & bit ? 4 : 0;
    }
    tunnel->ethertype = lduw_be_p(head + at + 2);
    tunnel->inner_offset = at + length;
    tunnel->types = flags & (GRE_KEY | GRE_SEQUENCE) ? NET_TUNNEL_GRE_2890
                                                     : NET_TUNNEL_GRE_2784;
    if (outer_version == 6 || tunnel->ethertype == ETH_P_IPV6) {
        tunnel->types |= NET_TUNNEL_GRE_7676;
    }
    if (flags == GRE_KEY && tunnel->ethertype == ETH_P_TEB) {
        tunnel->types |= NET_TUNNEL_NVGRE;
    }
    return is_payload(tunnel->ethertype);
}

/* Both have eight bytes, and say which of their fields are valid. */
static bool find_vxlan(const uint8_t *head, size_t seen, size_t at, bool generic,
                       NetTunnel *tunnel)
{
    enum { HAS_ID = 0x08, HAS_PROTOCOL = 0x04, VERSION = 0x30 };
    static const uint16_t next[] = { 0, ETH_P_IP, ETH_P_IPV6, ETH_P_TEB };
    uint8_t flags, protocol;

    if (seen < at + 8) {
        return false;
    }
    flags = head[at];
    protocol = head[at + 3];
    if (!(flags & HAS_ID)) {
        return false;
    }
    tunnel->inner_offset = at + 8;
    tunnel->ethertype = ETH_P_TEB;
    tunnel->types = generic ? NET_TUNNEL_VXLAN_GPE : NET_TUNNEL_VXLAN;
    if (generic && (flags & VERSION)) {
        return false;
    }
    if (generic && (flags & HAS_PROTOCOL)) {
        tunnel->ethertype = protocol < ARRAY_SIZE(next) ? next[protocol] : 0;
    }
    return tunnel->ethertype != 0;
}

static bool find_geneve(const uint8_t *head, size_t seen, size_t at,
                        NetTunnel *tunnel)
{
    if (seen < at + 8 || head[at] >> 6 != 0) {
        return false;
    }
    tunnel->types = NET_TUNNEL_GENEVE;
    tunnel->ethertype = lduw_be_p(head + at + 2);
    tunnel->inner_offset = at + 8 + (head[at] & 0x3f) * 4;
    return is_payload(tunnel->ethertype);
}

static bool find_in_udp(const uint8_t *head, size_t seen,
                        const EthLayout *outer, NetTunnel *tunnel)
{
    size_t at = outer->payload_offset;

    switch (lduw_be_p(head + outer->l4_offset + 2)) {
    case PORT_GRE_UDP:
        if (!find_gre(head, seen, at, outer->ip_version, tunnel)) {
            return false;
        }
        tunnel->types = NET_TUNNEL_GRE_UDP;
        return true;
    case PORT_VXLAN:
        return find_vxlan(head, seen, at, false, tunnel);
    case PORT_VXLAN_GPE:
        return find_vxlan(head, seen, at, true, tunnel);
    case PORT_GENEVE:
        return find_geneve(head, seen, at, tunnel);
    default:
        return false;
    }
}

bool net_tunnel_find(const uint8_t *head, size_t seen, const EthLayout *outer,
                     NetTunnel *tunnel)
{
    bool found = false;

    memset(tunnel, 0, sizeof(*tunnel));
    if (!outer->ip_version || outer->fragment) {
        return false;
    }
    seen = MIN(seen, outer->ip_end);
    if (outer->l4 == ETH_L4_UDP) {
        found = find_in_udp(head, seen, outer, tunnel);
    } else if (outer->l4_proto == PROTO_GRE) {
        found = find_gre(head, seen, outer->l4_offset, outer->ip_version,
                         tunnel);
    } else if (outer->l4_proto == PROTO_IPIP && outer->ip_version == 4) {
        tunnel->types = NET_TUNNEL_IPIP;
        tunnel->ethertype = ETH_P_IP;
        tunnel->inner_offset = outer->l4_offset;
        found = true;
    }
    if (!found || tunnel->inner_offset > seen) {
        tunnel->types = 0;
        return false;
    }
    return true;
}

bool net_tunnel_parse_inner(const uint8_t *head, size_t seen, size_t size,
                            const NetTunnel *tunnel, EthLayout *inner)
{
    size_t at = tunnel->inner_offset;

    if (tunnel->ethertype == ETH_P_TEB) {
        return eth_parse_head(head + at, seen - at, size - at, inner);
    }
    return eth_parse_datagram(head + at, seen - at, size - at,
                              tunnel->ethertype, inner);
}

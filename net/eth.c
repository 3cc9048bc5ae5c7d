/*
 * Where the headers of a frame are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/eth.h"

enum {
    IP_PROTO_HOPOPTS = 0, IP_PROTO_TCP = 6, IP_PROTO_UDP = 17,
    IP_PROTO_ROUTING = 43, IP_PROTO_FRAGMENT = 44, IP_PROTO_DSTOPTS = 60,
};

/* The largest number of IPv6 extension headers that anybody needs. */
#define IPV6_EXT_MAX 8

/* A frame whose first @seen bytes can be read, of @size in all. */
typedef struct FrameHead {
    const uint8_t *bytes;
    size_t seen, size;
} FrameHead;

static bool parse_ipv4(const FrameHead *f, EthLayout *l)
{
    const uint8_t *ip = f->bytes + l->l3_offset;
    size_t room = f->seen - l->l3_offset;
    size_t header, total;

    if (room < 20 || ip[0] >> 4 != 4) {
        return false;
    }
    header = (ip[0] & 15) * 4;
    total = lduw_be_p(ip + 2);
    if (header < 20 || header > room || total < header ||
        total > f->size - l->l3_offset) {
        return false;
    }
    l->ip_version = 4;
    l->l4_proto = ip[9];
    l->fragment = lduw_be_p(ip + 6) & 0x3fff;   /* more fragments, or offset */
    l->l4_offset = l->l3_offset + header;
    l->ip_end = l->l3_offset + total;
    return true;
}

static bool parse_ipv6(const FrameHead *f, EthLayout *l)
{
    const uint8_t *ip = f->bytes + l->l3_offset;
    size_t room = f->seen - l->l3_offset;
    size_t at = 40, total;
    uint8_t next;

    if (room < 40 || ip[0] >> 4 != 6) {
        return false;
    }
    total = 40 + lduw_be_p(ip + 4);
    if (total > f->size - l->l3_offset) {
        return false;
    }
    room = MIN(room, total);
    next = ip[6];
    for (unsigned i = 0; i < IPV6_EXT_MAX; i++) {
        size_t length;

        if (next != IP_PROTO_HOPOPTS && next != IP_PROTO_ROUTING &&
            next != IP_PROTO_DSTOPTS && next != IP_PROTO_FRAGMENT) {
            break;
        }
        if (room - at < 8) {
            return false;
        }
        length = next == IP_PROTO_FRAGMENT ? 8 : (ip[at + 1] + 1) * 8;
        if (length > room - at) {
            return false;
        }
        if (next == IP_PROTO_FRAGMENT && (lduw_be_p(ip + at + 2) & 0xfff9)) {
            l->fragment = true;
        }
        next = ip[at];
        at += length;
    }
    l->ip_version = 6;
    l->l4_proto = next;
    l->l4_offset = l->l3_offset + at;
    l->ip_end = l->l3_offset + total;
    return true;
}

static bool parse_l4(const FrameHead *f, EthLayout *l)
{
    const uint8_t *l4 = f->bytes + l->l4_offset;
    size_t room = MIN(f->seen, l->ip_end) - l->l4_offset;
    size_t header;

    l->l4 = ETH_L4_OTHER;
    l->payload_offset = l->l4_offset;
    if (l->fragment) {
        return true;
    }
    if (l->l4_proto == IP_PROTO_TCP) {
        header = room < 20 ? 0 : (l4[12] >> 4) * 4;
        if (header < 20 || header > room) {
            return false;
        }
        l->l4 = ETH_L4_TCP;
        l->payload_offset = l->l4_offset + header;
    } else if (l->l4_proto == IP_PROTO_UDP) {
        if (room < 8) {
            return false;
        }
        l->l4 = ETH_L4_UDP;
        l->payload_offset = l->l4_offset + 8;
    }
    return true;
}

static bool parse_l3(const FrameHead *f, EthLayout *l)
{
    switch (l->ethertype) {
    case ETH_P_IP:
        return parse_ipv4(f, l) && parse_l4(f, l);
    case ETH_P_IPV6:
        return parse_ipv6(f, l) && parse_l4(f, l);
    default:
        return true;
    }
}

bool eth_parse_head(const uint8_t *head, size_t seen, size_t size,
                    EthLayout *layout)
{
    FrameHead f = { .bytes = head, .seen = seen, .size = size };
    size_t at = ETH_HLEN;

    memset(layout, 0, sizeof(*layout));
    if (seen < ETH_HLEN) {
        return false;
    }
    layout->ethertype = lduw_be_p(head + 12);
    for (unsigned tags = 0; tags < 2 && (layout->ethertype == ETH_P_VLAN ||
                                         layout->ethertype == ETH_P_DVLAN);
         tags++) {
        if (seen - at < ETH_VLAN_HLEN) {
            return false;
        }
        layout->ethertype = lduw_be_p(head + at + 2);
        at += ETH_VLAN_HLEN;
    }
    layout->l3_offset = at;
    return parse_l3(&f, layout);
}

bool eth_parse_datagram(const uint8_t *head, size_t seen, size_t size,
                        uint16_t ethertype, EthLayout *layout)
{
    FrameHead f = { .bytes = head, .seen = seen, .size = size };

    memset(layout, 0, sizeof(*layout));
    layout->ethertype = ethertype;
    return parse_l3(&f, layout);
}

bool eth_parse(const uint8_t *frame, size_t size, EthLayout *layout)
{
    return eth_parse_head(frame, size, size, layout);
}

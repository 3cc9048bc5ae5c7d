/*
 * Segmentation and checksums in software: one large frame in, frames of the
 * network's size out. What is promised to callers is in net/gso.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "net/checksum.h"
#include "net/gso.h"

enum {
    IP4_TOTAL = 2, IP4_IDENT = 4, IP4_FRAGMENT = 6, IP4_CHECKSUM = 10,
    IP6_PAYLOAD = 4, IP6_NEXT = 6, IP6_BYTES = 40, IP6_FRAGMENT_BYTES = 8,
    IP_PROTO_FRAGMENT = 44,
    TCP_SEQ = 4, TCP_FLAGS = 13, TCP_CHECKSUM = 16,
    UDP_LENGTH = 4, UDP_CHECKSUM = 6, UDP_BYTES = 8,
};

#define IP4_MORE_FRAGMENTS  0x2000

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

/* --- the beginning: is the frame what its header says? --- */

/* Step over @bytes of the list. */
static void payload_skip(NetGso *g, size_t bytes)
{
    while (g->iovcnt && bytes >= g->iov->iov_len - g->iov_offset) {
        bytes -= g->iov->iov_len - g->iov_offset;
        g->iov++;
        g->iovcnt--;
        g->iov_offset = 0;
    }
    g->iov_offset += bytes;
}

static uint16_t checksum_field(const NetGso *g)
{
    return g->layout.l4 == ETH_L4_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
}

static bool start_checksum(NetGso *g, const struct virtio_net_hdr *hdr,
                           size_t seen, size_t size)
{
    g->start = hdr->csum_start;
    g->field = g->start + hdr->csum_offset;
    g->header_bytes = 0;
    g->count = 1;
    if (g->field + 2 > size) {
        return false;
    }
    if (g->field + 2 > seen) {
        g->kind = NET_GSO_FAR_CHECKSUM;
    } else {
        g->kind = NET_GSO_CHECKSUM;
        g->header_bytes = g->field + 2;
    }
    g->left = g->size = size - g->header_bytes;
    return true;
}

/* Which kind of segment, if the frame's own headers agree. */
static bool segment_kind(NetGso *g, const struct virtio_net_hdr *hdr)
{
    unsigned type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
    bool ecn = hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN;
    const EthLayout *l = &g->layout;

    switch (type) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
    case VIRTIO_NET_HDR_GSO_TCPV6:
        g->kind = NET_GSO_TCP;
        return l->l4 == ETH_L4_TCP &&
               l->ip_version == (type == VIRTIO_NET_HDR_GSO_TCPV4 ? 4 : 6);
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        g->kind = NET_GSO_UDP;
        return l->l4 == ETH_L4_UDP && !ecn;
    case VIRTIO_NET_HDR_GSO_UDP:
        g->kind = NET_GSO_FRAGMENTS;
        /* Behind other extension headers a fragment header has no place here. */
        return l->l4 == ETH_L4_UDP && !ecn &&
               (l->ip_version == 4 ||
                l->l4_offset == l->l3_offset + IP6_BYTES);
    default:
        return false;
    }
}

/*
 * The checksum of a datagram that goes in fragments is made before the first of
 * them, over all of it.
 */
static void fragments_checksum(NetGso *g)
{
    uint8_t *udp = g->headers + g->layout.l4_offset;
    uint32_t size = UDP_BYTES + g->left;
    uint64_t sum = net_checksum_pseudo(g->headers, &g->layout, size);

    stw_be_p(udp + UDP_CHECKSUM, 0);
    sum = net_checksum_add(sum, udp, UDP_BYTES);
    sum = net_checksum_add_iov(sum, g->iov, g->iovcnt, g->iov_offset, g->left);
    stw_be_p(udp + UDP_CHECKSUM, net_checksum_finish_nozero(sum));
}

static bool start_segments(NetGso *g, const struct virtio_net_hdr *hdr,
                           size_t seen, size_t size)
{
    bool asked = hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
    const EthLayout *l = &g->layout;

    if (!eth_parse_head(g->headers, seen, size, &g->layout) ||
        l->ip_version == 0 || l->fragment || !segment_kind(g, hdr)) {
        return false;
    }
    /* A checksum elsewhere belongs to a header that we do not know. */
    if (asked && (hdr->csum_start != l->l4_offset ||
                  hdr->csum_offset != checksum_field(g))) {
        return false;
    }
    g->size = hdr->gso_size;
    g->header_bytes = l->payload_offset;
    g->left = l->ip_end - l->payload_offset;
    g->checksum = asked || g->kind == NET_GSO_TCP ||
                  lduw_be_p(g->headers + l->l4_offset + UDP_CHECKSUM) != 0;
    payload_skip(g, g->header_bytes);
    if (g->kind == NET_GSO_FRAGMENTS) {
        /* Offsets count in eights; the UDP header goes with the first. */
        g->size = ROUND_DOWN(g->size, 8);
        if (g->size <= UDP_BYTES) {
            return false;
        }
        stw_be_p(g->headers + l->l4_offset + UDP_LENGTH, UDP_BYTES + g->left);
        if (asked) {
            fragments_checksum(g);
        }
        g->count = DIV_ROUND_UP(UDP_BYTES + g->left, g->size);
        return true;
    }
    if (g->size < NET_GSO_SIZE_MIN) {
        return false;
    }
    g->count = MAX(1, DIV_ROUND_UP(g->left, g->size));
    return true;
}

bool net_gso_start(NetGso *g, const struct virtio_net_hdr *hdr,
                   const struct iovec *iov, unsigned iovcnt, size_t size,
                   uint32_t ident)
{
    size_t seen = iov_to_buf(iov, iovcnt, 0, g->headers,
                             MIN(size, sizeof(g->headers)));

    g->next = 0;
    g->checksum = false;
    g->ident = ident;
    g->iov = iov;
    g->iovcnt = iovcnt;
    g->iov_offset = 0;
    if (seen < MIN(size, sizeof(g->headers)) || size > UINT32_MAX) {
        return false;
    }
    if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        return start_segments(g, hdr, seen, size);
    }
    if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
        !start_checksum(g, hdr, seen, size)) {
        return false;
    }
    payload_skip(g, g->header_bytes);
    return true;
}

/* --- the frames --- */

/*
 * List the next @bytes of payload, and add them to the checksum where there is
 * one, which has an odd number of bytes behind it or not.
 */
static unsigned take_payload(NetGso *g, size_t bytes, struct iovec *pieces,
                             uint64_t *sum, bool odd)
{
    unsigned n = 0;

    g->left -= bytes;
    while (bytes && g->iovcnt) {
        uint8_t *at = (uint8_t *)g->iov->iov_base + g->iov_offset;
        size_t here = MIN(bytes, g->iov->iov_len - g->iov_offset);

        if (here) {
            pieces[n++] = (struct iovec) { at, here };
        }
        if (sum) {
            *sum = odd ? net_checksum_add_odd(*sum, at, here)
                       : net_checksum_add(*sum, at, here);
            odd ^= here & 1;
        }
        payload_skip(g, here);
        bytes -= here;
    }
    return n;
}

static void write_ip4(const NetGso *g, uint8_t *ip, uint32_t total)
{
    unsigned header = g->layout.l4_offset - g->layout.l3_offset;

    stw_be_p(ip + IP4_TOTAL, total);
    stw_be_p(ip + IP4_CHECKSUM, 0);
    stw_be_p(ip + IP4_CHECKSUM,
             net_checksum_finish(net_checksum_add(0, ip, header)));
}

/* @bytes: behind the IP header (and, for IPv6, its extension headers). */
static void write_ip(const NetGso *g, uint8_t *headers, uint32_t bytes)
{
    uint8_t *ip = headers + g->layout.l3_offset;
    uint32_t total = g->layout.l4_offset - g->layout.l3_offset + bytes;

    if (g->layout.ip_version == 6) {
        stw_be_p(ip + IP6_PAYLOAD, total - IP6_BYTES);
        return;
    }
    if (g->kind != NET_GSO_FRAGMENTS) {
        stw_be_p(ip + IP4_IDENT, lduw_be_p(ip + IP4_IDENT) + g->next);
    }
    write_ip4(g, ip, total);
}

static void write_tcp(const NetGso *g, uint8_t *tcp, bool last)
{
    stl_be_p(tcp + TCP_SEQ, (uint32_t)ldl_be_p(tcp + TCP_SEQ) +
                            g->next * g->size);
    if (!last) {
        tcp[TCP_FLAGS] &= ~(TCP_FIN | TCP_PSH);
    }
    if (g->next) {
        /* The window was reduced once (RFC 3168, section 6.1.2). */
        tcp[TCP_FLAGS] &= ~TCP_CWR;
    }
}

static unsigned next_segment(NetGso *g, uint8_t *headers, struct iovec *pieces)
{
    const EthLayout *l = &g->layout;
    uint8_t *l4 = headers + l->l4_offset;
    unsigned l4_header = l->payload_offset - l->l4_offset;
    uint32_t bytes = MIN(g->left, g->size);
    uint8_t *field = l4 + checksum_field(g);
    uint64_t sum;
    unsigned n;

    memcpy(headers, g->headers, g->header_bytes);
    pieces[0] = (struct iovec) { headers, g->header_bytes };
    write_ip(g, headers, l4_header + bytes);
    if (g->kind == NET_GSO_TCP) {
        write_tcp(g, l4, g->next + 1 == g->count);
    } else {
        stw_be_p(l4 + UDP_LENGTH, UDP_BYTES + bytes);
    }
    if (!g->checksum) {
        return 1 + take_payload(g, bytes, pieces + 1, NULL, false);
    }
    stw_be_p(field, 0);
    sum = net_checksum_add(net_checksum_pseudo(headers, l, l4_header + bytes),
                           l4, l4_header);
    n = take_payload(g, bytes, pieces + 1, &sum, false);
    stw_be_p(field, g->kind == NET_GSO_TCP ? net_checksum_finish(sum)
                                           : net_checksum_finish_nozero(sum));
    return 1 + n;
}

static unsigned next_fragment(NetGso *g, uint8_t *headers, struct iovec *pieces)
{
    const EthLayout *l = &g->layout;
    uint8_t *ip = headers + l->l3_offset;
    uint32_t offset = g->next * g->size;
    uint32_t udp = g->next ? 0 : UDP_BYTES;
    uint32_t bytes = MIN(g->left, g->size - udp);
    bool more = bytes < g->left;
    size_t at = l->l4_offset;

    memcpy(headers, g->headers, at);
    if (l->ip_version == 4) {
        stw_be_p(ip + IP4_FRAGMENT, offset / 8 | (more ? IP4_MORE_FRAGMENTS : 0));
        write_ip(g, headers, udp + bytes);
    } else {
        uint8_t *fragment = headers + at;

        write_ip(g, headers, IP6_FRAGMENT_BYTES + udp + bytes);
        fragment[0] = ip[IP6_NEXT];
        fragment[1] = 0;
        stw_be_p(fragment + 2, offset | more);
        stl_be_p(fragment + 4, g->ident);
        ip[IP6_NEXT] = IP_PROTO_FRAGMENT;
        at += IP6_FRAGMENT_BYTES;
    }
    memcpy(headers + at, g->headers + l->l4_offset, udp);
    pieces[0] = (struct iovec) { headers, at + udp };
    return 1 + take_payload(g, bytes, pieces + 1, NULL, false);
}

static unsigned only_checksum(NetGso *g, uint8_t *headers, struct iovec *pieces)
{
    /* The field holds the pseudo header's sum already. */
    uint64_t sum = net_checksum_add(0, g->headers + g->start,
                                    g->header_bytes - g->start);
    unsigned n = take_payload(g, g->left, pieces + 1, &sum,
                              (g->header_bytes - g->start) & 1);

    memcpy(headers, g->headers, g->header_bytes);
    stw_be_p(headers + g->field, net_checksum_finish_nozero(sum));
    pieces[0] = (struct iovec) { headers, g->header_bytes };
    return 1 + n;
}

/* Nothing is copied: the field alone is ours, between two parts of the frame. */
static unsigned far_checksum(NetGso *g, uint8_t *field, struct iovec *pieces)
{
    uint64_t sum = net_checksum_add_iov(0, g->iov, g->iovcnt, g->start,
                                        g->left - g->start);
    unsigned n = take_payload(g, g->field, pieces, NULL, false);

    stw_be_p(field, net_checksum_finish_nozero(sum));
    pieces[n++] = (struct iovec) { field, 2 };
    payload_skip(g, 2);
    g->left -= 2;
    return n + take_payload(g, g->left, pieces + n, NULL, false);
}

unsigned net_gso_next(NetGso *g, uint8_t *headers, struct iovec *pieces,
                      size_t *size)
{
    unsigned n;

    if (g->next == g->count) {
        return 0;
    }
    n = g->kind == NET_GSO_CHECKSUM ? only_checksum(g, headers, pieces) :
        g->kind == NET_GSO_FAR_CHECKSUM ? far_checksum(g, headers, pieces) :
        g->kind == NET_GSO_FRAGMENTS ? next_fragment(g, headers, pieces) :
        next_segment(g, headers, pieces);
    g->next++;
    *size = iov_size(pieces, n);
    return n;
}

void net_gso_skip(NetGso *g, unsigned count)
{
    uint64_t bytes;

    count = MIN(count, g->count - g->next);
    if (count == 0) {
        return;
    }
    bytes = (uint64_t)count * g->size;
    if (g->kind == NET_GSO_FRAGMENTS && g->next == 0) {
        bytes -= UDP_BYTES;
    }
    bytes = MIN(bytes, g->left);
    payload_skip(g, bytes);
    g->left -= bytes;
    g->next += count;
}

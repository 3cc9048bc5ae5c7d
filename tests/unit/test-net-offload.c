/*
 * Offloads in software: large segments cut into frames, checksums, and what a
 * hostile guest may put into either.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "net/checksum.h"
#include "net/gso.h"

/* --- frames to cut --- */

typedef struct Sample {
    unsigned version;           /* of IP */
    EthL4 l4;
    unsigned vlan_tags, ip_extra, l4_extra;     /* bytes of options */
    size_t payload;
    uint8_t frame[70000];
    size_t size, l3, l4_at, payload_at;
} Sample;

static void sample_build(Sample *s)
{
    uint8_t *p = s->frame + 12;
    size_t l4_bytes = (s->l4 == ETH_L4_TCP ? 20 : 8) + s->l4_extra;
    uint8_t proto = s->l4 == ETH_L4_TCP ? 6 : 17;
    uint8_t *ip, *l4;

    memset(s->frame, 0x11, 12);
    for (unsigned i = 0; i < s->vlan_tags; i++, p += 4) {
        stw_be_p(p, ETH_P_VLAN);
        stw_be_p(p + 2, 5 + i);
    }
    stw_be_p(p, s->version == 4 ? ETH_P_IP : ETH_P_IPV6);
    ip = p + 2;
    s->l3 = ip - s->frame;
    memset(ip, 0, 200);
    if (s->version == 4) {
        ip[0] = 0x45 + s->ip_extra / 4;
        stw_be_p(ip + 2, 20 + s->ip_extra + l4_bytes + s->payload);
        stw_be_p(ip + 4, 0xfffe);               /* wraps */
        stw_be_p(ip + 6, 0x4000);
        ip[8] = 64;
        ip[9] = proto;
        stl_be_p(ip + 12, 0x0a000201);
        stl_be_p(ip + 16, 0x0a000202);
        memset(ip + 20, 1, s->ip_extra);
        l4 = ip + 20 + s->ip_extra;
    } else {
        ip[0] = 0x60;
        stw_be_p(ip + 4, s->ip_extra + l4_bytes + s->payload);
        ip[6] = proto;
        memset(ip + 8, 0xab, 32);
        l4 = ip + 40;
        if (s->ip_extra) {                      /* destination options */
            ip[6] = 60;
            l4[0] = proto;
            l4[1] = s->ip_extra / 8 - 1;
            l4[2] = 1;
            l4[3] = s->ip_extra - 4;
            l4 += s->ip_extra;
        }
    }
    s->l4_at = l4 - s->frame;
    stw_be_p(l4, 1234);
    stw_be_p(l4 + 2, 80);
    if (s->l4 == ETH_L4_TCP) {
        stl_be_p(l4 + 4, 0xfffffff0);           /* wraps */
        l4[12] = (20 + s->l4_extra) / 4 << 4;
        l4[13] = 0x80 | 0x10 | 0x08 | 0x01;     /* CWR ACK PSH FIN */
        memset(l4 + 20, 1, s->l4_extra);
    } else {
        stw_be_p(l4 + 4, 8 + s->payload);
    }
    s->payload_at = s->l4_at + l4_bytes;
    for (size_t i = 0; i < s->payload; i++) {
        s->frame[s->payload_at + i] = i * 7 + (i >> 8);
    }
    s->size = s->payload_at + s->payload;
}

static struct virtio_net_hdr sample_header(const Sample *s, uint8_t type,
                                           uint16_t size)
{
    return (struct virtio_net_hdr) {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = type,
        .hdr_len = s->payload_at, .gso_size = size, .csum_start = s->l4_at,
        .csum_offset = s->l4 == ETH_L4_TCP ? 16 : 6,
    };
}

/* The frame in random pieces, empty ones among them. */
static unsigned scatter(uint8_t *frame, size_t size, struct iovec *iov,
                        unsigned most)
{
    unsigned n = 0;
    size_t at = 0;

    while (at < size) {
        size_t some = g_random_int_range(0, MAX(2, 2 * size / most));
        size_t bytes = n + 1 == most ? size - at : MIN(size - at, some);

        iov[n++] = (struct iovec) { frame + at, bytes };
        at += bytes;
    }
    return n;
}

/* The slow and plain way. */
static uint16_t plain_sum(uint32_t sum, const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum += i % 2 ? p[i] : p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void check_l4_sum(const uint8_t *frame, const EthLayout *l)
{
    const uint8_t *ip = frame + l->l3_offset;
    uint32_t size = l->ip_end - l->l4_offset;
    uint32_t sum = l->l4_proto + size;

    sum = l->ip_version == 4 ? plain_sum(sum, ip + 12, 8)
                             : plain_sum(sum, ip + 8, 32);
    g_assert_cmphex(plain_sum(sum, frame + l->l4_offset, size), ==, 0xffff);
}

static void check_segment(const Sample *s, const uint8_t *frame, size_t size,
                          unsigned i, unsigned count, size_t at, size_t bytes,
                          bool summed)
{
    const uint8_t *ip = frame + s->l3, *l4 = frame + s->l4_at;
    EthLayout l;

    g_assert_true(eth_parse(frame, size, &l));
    g_assert_cmpint(l.l4, ==, s->l4);
    g_assert_cmpint(l.ip_end, ==, size);
    g_assert_cmpint(l.payload_offset, ==, s->payload_at);
    g_assert_cmpmem(frame + s->payload_at, size - s->payload_at,
                    s->frame + s->payload_at + at, bytes);
    g_assert_cmpmem(frame, s->l3, s->frame, s->l3);
    if (s->version == 4) {
        g_assert_cmphex(plain_sum(0, ip, l.l4_offset - l.l3_offset), ==,
                        0xffff);
        g_assert_cmphex(lduw_be_p(ip + 4), ==, (uint16_t)(0xfffe + i));
    }
    if (s->l4 == ETH_L4_TCP) {
        g_assert_cmphex((uint32_t)ldl_be_p(l4 + 4), ==,
                        (uint32_t)(0xfffffff0 + at));
        g_assert_cmphex(l4[13], ==, 0x10 | (i == 0 ? 0x80 : 0) |
                                    (i + 1 == count ? 0x09 : 0));
        g_assert_cmpmem(l4 + 20, s->l4_extra, s->frame + s->l4_at + 20,
                        s->l4_extra);
    } else {
        g_assert_cmpint(lduw_be_p(l4 + 4), ==, 8 + bytes);
    }
    if (summed) {
        check_l4_sum(frame, &l);
    } else {
        g_assert_cmphex(lduw_be_p(l4 + 6), ==, 0);
    }
}

static void cut_segments(Sample *s, uint8_t type, uint16_t mss, bool asked)
{
    struct virtio_net_hdr hdr = sample_header(s, type, mss);
    g_autofree uint8_t *copy = NULL;
    struct iovec iov[40], pieces[42];
    uint8_t headers[NET_GSO_HEADERS_ROOM], frame[70000];
    unsigned iovcnt, n, i = 0;
    size_t size, at = 0;
    NetGso g;

    if (!asked) {
        hdr.flags = 0;
    }
    sample_build(s);
    copy = g_memdup2(s->frame, s->size);
    iovcnt = scatter(copy, s->size, iov, ARRAY_SIZE(iov));
    hdr.csum_start = s->l4_at;
    g_assert_true(net_gso_start(&g, &hdr, iov, iovcnt, s->size, 0));
    g_assert_cmpuint(g.count, ==, MAX(1, (s->payload + mss - 1) / mss));
    while ((n = net_gso_next(&g, headers, pieces, &size))) {
        size_t bytes = MIN(s->payload - at, mss);

        g_assert_cmpuint(n, <=, iovcnt + 1);
        g_assert_cmpuint(iov_to_buf(pieces, n, 0, frame, sizeof(frame)), ==,
                         size);
        check_segment(s, frame, size, i++, g.count, at, bytes,
                      asked || s->l4 == ETH_L4_TCP);
        at += bytes;
    }
    g_assert_cmpuint(i, ==, g.count);
    g_assert_cmpuint(at, ==, s->payload);
    g_assert_cmpmem(copy, s->size, s->frame, s->size);
}

static const size_t payloads[] = { 0, 1, 1447, 1448, 1449, 2896, 10001, 65000 };

static void test_gso_tcp(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->l4 = ETH_L4_TCP;
    for (unsigned i = 0; i < ARRAY_SIZE(payloads); i++) {
        for (unsigned v = 0; v < 24; v++) {
            uint8_t ecn = v & 4 ? VIRTIO_NET_HDR_GSO_ECN : 0;

            s->version = v & 1 ? 6 : 4;
            s->vlan_tags = v & 2 ? v % 3 : 0;
            s->ip_extra = v & 8 ? 40 : 0;
            s->l4_extra = v & 16 ? 40 : 12;
            s->payload = payloads[i];
            cut_segments(s, ecn | (v & 1 ? VIRTIO_NET_HDR_GSO_TCPV6 :
                                           VIRTIO_NET_HDR_GSO_TCPV4),
                         v % 3 ? 1448 : 333, v & 1);
        }
    }
    s->payload = 60000;
    cut_segments(s, VIRTIO_NET_HDR_GSO_TCPV6, NET_GSO_SIZE_MIN, true);
}

static void test_gso_uso(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->l4 = ETH_L4_UDP;
    for (unsigned i = 0; i < ARRAY_SIZE(payloads); i++) {
        for (unsigned v = 0; v < 16; v++) {
            s->version = v & 1 ? 6 : 4;
            s->vlan_tags = v & 2 ? 1 : 0;
            s->ip_extra = v & 4 ? 24 : 0;
            s->payload = payloads[i];
            cut_segments(s, VIRTIO_NET_HDR_GSO_UDP_L4, v % 3 ? 1448 : 333,
                         v & 8);
        }
    }
}

/* Put the fragments together again, and the datagram must be the one sent. */
static void cut_fragments(Sample *s, uint16_t mtu_size, bool asked)
{
    struct virtio_net_hdr hdr;
    g_autofree uint8_t *copy = NULL;
    struct iovec iov[40], pieces[42];
    uint8_t headers[NET_GSO_HEADERS_ROOM], frame[70000];
    uint8_t *whole = g_malloc0(70000);
    unsigned iovcnt, n, count = 0;
    size_t size, at = 0;
    bool more = true;
    NetGso g;
    EthLayout l;

    sample_build(s);
    hdr = sample_header(s, VIRTIO_NET_HDR_GSO_UDP, mtu_size);
    hdr.flags = asked ? hdr.flags : 0;
    copy = g_memdup2(s->frame, s->size);
    iovcnt = scatter(copy, s->size, iov, ARRAY_SIZE(iov));
    g_assert_true(net_gso_start(&g, &hdr, iov, iovcnt, s->size, 0x12345678));
    memcpy(whole, s->frame, s->l4_at);
    while ((n = net_gso_next(&g, headers, pieces, &size))) {
        size_t head = s->l4_at + (s->version == 6 ? 8 : 0);
        const uint8_t *ip = frame + s->l3;

        g_assert_cmpuint(iov_to_buf(pieces, n, 0, frame, sizeof(frame)), ==,
                         size);
        g_assert_true(more);
        g_assert_cmpuint(size - head, <=, mtu_size);
        if (s->version == 4) {
            g_assert_cmphex(plain_sum(0, ip, head - s->l3), ==, 0xffff);
            g_assert_cmpint(lduw_be_p(ip + 2), ==, size - s->l3);
            g_assert_cmphex(lduw_be_p(ip + 4), ==, 0xfffe);
            g_assert_cmpint((lduw_be_p(ip + 6) & 0x1fff) * 8, ==, at);
            more = lduw_be_p(ip + 6) & 0x2000;
        } else {
            g_assert_cmpint(lduw_be_p(ip + 4), ==, size - s->l3 - 40);
            g_assert_cmpint(ip[6], ==, 44);
            g_assert_cmpint(ip[40], ==, 17);
            g_assert_cmpint(lduw_be_p(ip + 42) & 0xfff8, ==, at);
            g_assert_cmphex((uint32_t)ldl_be_p(ip + 44), ==, 0x12345678);
            more = lduw_be_p(ip + 42) & 1;
        }
        memcpy(whole + s->l4_at + at, frame + head, size - head);
        at += size - head;
        count++;
    }
    g_assert_false(more);
    g_assert_cmpuint(count, ==, g.count);
    g_assert_cmpuint(at, ==, 8 + s->payload);
    g_assert_cmpmem(whole + s->payload_at, s->payload,
                    s->frame + s->payload_at, s->payload);
    if (asked) {
        g_assert_true(eth_parse(whole, s->size, &l));
        check_l4_sum(whole, &l);
    }
    g_free(whole);
}

static void test_gso_ufo(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->l4 = ETH_L4_UDP;
    for (unsigned i = 0; i < ARRAY_SIZE(payloads); i++) {
        for (unsigned v = 0; v < 8; v++) {
            s->version = v & 1 ? 6 : 4;
            s->ip_extra = v == 2 ? 12 : 0;
            s->vlan_tags = v & 2 ? 1 : 0;
            s->payload = payloads[i];
            cut_fragments(s, v & 4 ? 1480 : 999, v != 3);
        }
    }
}

/* From any frame on the others are the same. */
static void test_gso_skip(void)
{
    static const struct { uint8_t type; bool tcp; } kinds[] = {
        { VIRTIO_NET_HDR_GSO_TCPV4, true }, { VIRTIO_NET_HDR_GSO_UDP, false },
        { VIRTIO_NET_HDR_GSO_UDP_L4, false }, { VIRTIO_NET_HDR_GSO_NONE, true },
    };
    g_autofree Sample *s = g_new0(Sample, 1);
    uint8_t headers[2][NET_GSO_HEADERS_ROOM], frames[2][2000];

    s->version = 4;
    s->payload = 12345;
    for (unsigned v = 0; v < 200; v++) {
        struct virtio_net_hdr hdr;
        struct iovec iov[40], pieces[2][42];
        unsigned iovcnt, n;
        size_t sizes[2];
        NetGso all, rest;

        s->l4 = kinds[v % 4].tcp ? ETH_L4_TCP : ETH_L4_UDP;
        sample_build(s);
        hdr = sample_header(s, kinds[v % 4].type, 1000);
        iovcnt = scatter(s->frame, s->size, iov, ARRAY_SIZE(iov));
        g_assert_true(net_gso_start(&all, &hdr, iov, iovcnt, s->size, 1));
        rest = all;
        for (unsigned i = 0; i < v / 4 % 15 && all.next < all.count; i++) {
            net_gso_next(&all, headers[0], pieces[0], &sizes[0]);
        }
        net_gso_skip(&rest, v / 4 % 15);
        while ((n = net_gso_next(&all, headers[0], pieces[0], &sizes[0]))) {
            iov_to_buf(pieces[0], n, 0, frames[0], sizeof(frames[0]));
            n = net_gso_next(&rest, headers[1], pieces[1], &sizes[1]);
            iov_to_buf(pieces[1], n, 0, frames[1], sizeof(frames[1]));
            g_assert_cmpmem(frames[1], MIN(sizes[1], 2000), frames[0],
                            MIN(sizes[0], 2000));
        }
        g_assert_cmpuint(net_gso_next(&rest, headers[1], pieces[1], &sizes[1]),
                         ==, 0);
    }
}

static void test_checksum_only(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    for (unsigned v = 0; v < 200; v++) {
        struct virtio_net_hdr hdr;
        struct iovec iov[40], pieces[42];
        uint8_t headers[NET_GSO_HEADERS_ROOM], frame[70000];
        uint8_t *ip, *field;
        unsigned iovcnt, n;
        size_t size, l4_size;
        uint32_t sum;
        NetGso g;
        EthLayout l;

        s->version = v & 1 ? 6 : 4;
        s->l4 = v & 2 ? ETH_L4_TCP : ETH_L4_UDP;
        s->payload = g_random_int_range(0, 3000);
        sample_build(s);
        hdr = sample_header(s, VIRTIO_NET_HDR_GSO_NONE, 0);
        l4_size = s->size - s->l4_at;
        ip = s->frame + s->l3;
        field = s->frame + s->l4_at + hdr.csum_offset;
        sum = (s->l4 == ETH_L4_TCP ? 6 : 17) + l4_size;
        stw_be_p(field, s->version == 4 ? plain_sum(sum, ip + 12, 8)
                                        : plain_sum(sum, ip + 8, 32));
        iovcnt = scatter(s->frame, s->size, iov, ARRAY_SIZE(iov));
        g_assert_true(net_gso_wanted(&hdr));
        g_assert_true(net_gso_start(&g, &hdr, iov, iovcnt, s->size, 0));
        n = net_gso_next(&g, headers, pieces, &size);
        g_assert_cmpuint(size, ==, s->size);
        iov_to_buf(pieces, n, 0, frame, sizeof(frame));
        g_assert_true(eth_parse(frame, size, &l));
        check_l4_sum(frame, &l);
        g_assert_cmpuint(net_gso_next(&g, headers, pieces, &size), ==, 0);
        /* In place it comes to the same. */
        g_assert_true(net_checksum_partial(s->frame, s->size, hdr.csum_start,
                                           hdr.csum_offset));
        g_assert_cmpmem(s->frame, s->size, frame, size);
    }
}

/* Anywhere in the frame, whatever stands there. */
static void test_checksum_far(void)
{
    uint8_t bytes[3000], want[3000], got[3000], field[NET_GSO_HEADERS_ROOM];

    for (unsigned round = 0; round < 500; round++) {
        size_t size = g_random_int_range(60, sizeof(bytes));
        struct virtio_net_hdr hdr = {
            .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
            .csum_start = g_random_int_range(14, size - 2),
        };
        struct iovec iov[40], pieces[42];
        unsigned iovcnt, n;
        size_t sum;
        NetGso g;

        hdr.csum_offset = g_random_int_range(0, size - 1 - hdr.csum_start);
        for (unsigned i = 0; i < size; i++) {
            want[i] = bytes[i] = g_random_int();
        }
        g_assert_true(net_checksum_partial(want, size, hdr.csum_start,
                                           hdr.csum_offset));
        iovcnt = scatter(bytes, size, iov, ARRAY_SIZE(iov));
        g_assert_true(net_gso_start(&g, &hdr, iov, iovcnt, size, 0));
        n = net_gso_next(&g, field, pieces, &sum);
        g_assert_cmpuint(n, <=, iovcnt + NET_GSO_PIECES_MORE);
        iov_to_buf(pieces, n, 0, got, sizeof(got));
        g_assert_cmpmem(got, sum, want, size);
        g_assert_cmpuint(net_gso_next(&g, field, pieces, &sum), ==, 0);
    }
}

/* --- what is refused --- */

static bool starts(const Sample *s, struct virtio_net_hdr hdr, size_t size)
{
    /* Exactly so many bytes, for the sanitizer to watch. */
    g_autofree uint8_t *copy = g_memdup2(s->frame, MAX(size, 1));
    struct iovec iov = { copy, size };
    struct iovec pieces[1 + NET_GSO_PIECES_MORE];
    uint8_t headers[NET_GSO_HEADERS_ROOM];
    NetGso g;

    if (!net_gso_start(&g, &hdr, &iov, 1, size, 0)) {
        return false;
    }
    for (unsigned n = 1, i = 0; n; i++) {
        size_t bytes = 0;

        n = net_gso_next(&g, headers, pieces, &bytes);
        g_assert_cmpuint(i, <=, 70000 / NET_GSO_SIZE_MIN);
        g_assert_cmpuint(bytes, <=, 70000);
    }
    return true;
}

static void test_gso_refuses(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);
    struct virtio_net_hdr good, hdr;

    s->version = 4;
    s->l4 = ETH_L4_TCP;
    s->payload = 5000;
    sample_build(s);
    good = sample_header(s, VIRTIO_NET_HDR_GSO_TCPV4, 1448);
    g_assert_true(starts(s, good, s->size));
    /* A size that would divide by zero, or make thousands of frames. */
    for (unsigned size = 0; size < NET_GSO_SIZE_MIN; size++) {
        hdr = good;
        hdr.gso_size = size;
        g_assert_false(starts(s, hdr, s->size));
    }
    /* Every type but the frame's own, with and without ECN. */
    for (unsigned type = 1; type < 256; type++) {
        hdr = good;
        hdr.gso_type = type;
        g_assert_cmpint(starts(s, hdr, s->size), ==,
                        type == VIRTIO_NET_HDR_GSO_TCPV4 ||
                        type == (VIRTIO_NET_HDR_GSO_TCPV4 |
                                 VIRTIO_NET_HDR_GSO_ECN));
    }
    /* A checksum that is not TCP's. */
    hdr = good;
    hdr.csum_start++;
    g_assert_false(starts(s, hdr, s->size));
    hdr = good;
    hdr.csum_offset = 6;
    g_assert_false(starts(s, hdr, s->size));
    /* A fragment already. */
    stw_be_p(s->frame + s->l3 + 6, 0x2000);
    g_assert_false(starts(s, good, s->size));
    sample_build(s);
    /* Less than the headers say. */
    for (size_t size = 0; size < s->size; size += 1 + size / 100) {
        g_assert_false(starts(s, good, size));
    }
    /* Partial checksums outside the frame. */
    hdr = good;
    hdr.gso_type = VIRTIO_NET_HDR_GSO_NONE;
    hdr.csum_start = NET_GSO_HEADERS_MAX - 2;
    hdr.csum_offset = 0;
    g_assert_true(starts(s, hdr, s->size));
    hdr.csum_offset = 1;
    g_assert_true(starts(s, hdr, s->size));
    hdr.csum_start = s->size - 2;
    g_assert_false(starts(s, hdr, s->size));
    hdr.csum_start = hdr.csum_offset = 0xffff;
    g_assert_false(starts(s, hdr, s->size));
    hdr.csum_start = 50;
    hdr.csum_offset = 0;
    g_assert_true(starts(s, hdr, 52));
    g_assert_false(starts(s, hdr, 51));
    hdr.flags = 0;
    g_assert_false(net_gso_wanted(&hdr));
    g_assert_false(starts(s, hdr, s->size));
}

/*
 * Segments and fragments of nothing, by which their number would be divided. Guards:
 * start_segments()'s least sizes of both.
 */
static void test_mss_0(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->payload = 1000;
    for (unsigned v = 0; v < 4; v++) {
        bool tcp = v & 1;
        uint8_t type = tcp ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_UDP;

        s->version = !tcp && v & 2 ? 6 : 4;
        s->l4 = tcp ? ETH_L4_TCP : ETH_L4_UDP;
        sample_build(s);
        for (unsigned mss = 0; mss < (tcp ? NET_GSO_SIZE_MIN : 16); mss++) {
            g_assert_false(starts(s, sample_header(s, type, mss), s->size));
        }
    }
}

/*
 * Headers of which only the beginning can be seen. Guards: parse_ipv4() and
 * parse_ipv6() hold theirs against that.
 */
static void test_cve_2016_2857_head(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->payload = 100;
    for (unsigned v = 0; v < 16; v++) {
        s->version = v & 1 ? 6 : 4;
        s->l4 = v & 2 ? ETH_L4_TCP : ETH_L4_UDP;
        s->ip_extra = v & 4 ? 40 : 0;
        s->l4_extra = v & 2 && v & 8 ? 40 : 0;
        sample_build(s);
        for (size_t seen = 0; seen <= s->size; seen++) {
            g_autofree uint8_t *copy = g_memdup2(s->frame, MAX(seen, 1));
            EthLayout l;

            g_assert_true(eth_parse_head(copy, seen, s->size, &l) ==
                          (seen >= s->payload_at));
        }
    }
}

/*
 * IP, TCP and UDP lengths that point outside the frame. Guards: parse_ipv4(),
 * parse_ipv6() and parse_l4() hold them against it, net_checksum_calculate() UDP's.
 */
static void test_cve_2016_2857(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    for (unsigned v = 0; v < 4; v++) {
        s->version = v & 1 ? 6 : 4;
        s->l4 = v & 2 ? ETH_L4_TCP : ETH_L4_UDP;
        s->payload = 20;
        sample_build(s);
        for (unsigned value = 0; value < 65536; value += 251) {
            g_autofree uint8_t *copy = g_memdup2(s->frame, s->size);

            stw_be_p(copy + s->l3 + (s->version == 4 ? 2 : 4), value);
            net_checksum_calculate(copy, s->size);
            copy[s->l3] = value;
            net_checksum_calculate(copy, s->size);
        }
        for (unsigned value = 0; value < 256; value++) {
            g_autofree uint8_t *copy = g_memdup2(s->frame, s->size);

            copy[s->l4_at + 12] = value;            /* TCP's header length */
            stw_be_p(copy + s->l4_at + 4, value * 255); /* UDP's length */
            net_checksum_calculate(copy, s->size);
        }
        for (size_t size = 0; size < s->size; size++) {
            g_autofree uint8_t *copy = g_memdup2(s->frame, MAX(size, 1));

            g_assert_false(net_checksum_calculate(copy, size));
            g_assert_cmpmem(copy, size, s->frame, size);
        }
    }
}

/*
 * A frame in odd pieces, some of them empty, and less in them than is said. Guards:
 * net_gso_start() wants headers that are there, take_payload() ends with the pieces.
 */
static void test_cve_2020_16092(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->version = 4;
    s->l4 = ETH_L4_TCP;
    for (unsigned round = 0; round < 2000; round++) {
        struct iovec iov[30], pieces[31];
        uint8_t headers[NET_GSO_HEADERS_ROOM];
        struct virtio_net_hdr hdr;
        unsigned iovcnt, n;
        size_t size, claimed;
        NetGso g;

        s->payload = g_random_int_range(0, 2000);
        sample_build(s);
        hdr = sample_header(s, VIRTIO_NET_HDR_GSO_TCPV4,
                            g_random_int_range(0, 3000));
        iovcnt = scatter(s->frame, s->size, iov, g_random_int_range(1, 30));
        /* Also a size that is not the sum of the pieces, and IP bears it out. */
        claimed = g_random_int_range(0, 2 * s->size);
        if (round & 1 && claimed > s->l3) {
            stw_be_p(s->frame + s->l3 + 2, claimed - s->l3);
        }
        if (!net_gso_start(&g, &hdr, iov, iovcnt, claimed, 0)) {
            continue;
        }
        g_assert_cmpuint(MIN(claimed, sizeof(g.headers)), <=, s->size);
        while ((n = net_gso_next(&g, headers, pieces, &size))) {
            g_assert_cmpuint(n, <=, iovcnt + NET_GSO_PIECES_MORE);
            g_assert_cmpuint(size, <=, claimed);
        }
    }
}

/*
 * Segments asked for behind a layer that is neither IPv4 nor IPv6. Guards:
 * start_segments()'s version of IP and segment_kind().
 */
static void test_cve_2020_27617(void)
{
    static const uint8_t types[] = {
        VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_UDP,
        VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP_L4,
    };
    g_autofree Sample *s = g_new0(Sample, 1);

    s->version = 4;
    s->l4 = ETH_L4_TCP;
    s->payload = 3000;
    sample_build(s);
    for (unsigned proto = 0; proto < 65536; proto++) {
        struct virtio_net_hdr hdr = sample_header(s, types[proto % 4], 1000);

        hdr.flags = proto & 1 ? hdr.flags : 0;
        stw_be_p(s->frame + 12, proto);
        if (proto == ETH_P_IP) {
            continue;
        }
        if (proto == ETH_P_VLAN || proto == ETH_P_DVLAN ||
            proto % 16 == 0) {
            g_assert_false(starts(s, hdr, s->size));
        } else {
            NetGso g;
            struct iovec iov = { s->frame, s->size };

            g_assert_false(net_gso_start(&g, &hdr, &iov, 1, s->size, 0));
        }
    }
}

/*
 * SCTP and other protocols with less behind IP than their header has. Guards:
 * parse_l4()'s room, and net_checksum_calculate() touches only TCP and UDP.
 */
static void test_cve_2024_3567(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    s->version = 4;
    s->l4 = ETH_L4_UDP;
    for (unsigned proto = 0; proto < 256; proto++) {
        for (unsigned bytes = 0; bytes < 24; bytes++) {
            g_autofree uint8_t *copy = NULL;
            struct virtio_net_hdr hdr;
            size_t size;

            s->payload = 40;
            sample_build(s);
            s->frame[s->l3 + 9] = proto;
            stw_be_p(s->frame + s->l3 + 2, 20 + bytes);
            size = s->l4_at + bytes;
            copy = g_memdup2(s->frame, size);
            net_checksum_calculate(copy, size);
            hdr = sample_header(s, VIRTIO_NET_HDR_GSO_TCPV4, 100);
            starts(s, hdr, size);
            hdr.gso_type = VIRTIO_NET_HDR_GSO_UDP;
            starts(s, hdr, size);
            hdr.gso_type = VIRTIO_NET_HDR_GSO_NONE;
            starts(s, hdr, size);
        }
    }
}

/* Any bytes at all as header and as frame. */
static void test_gso_any_bytes(void)
{
    g_autofree Sample *s = g_new0(Sample, 1);

    for (unsigned round = 0; round < 50000; round++) {
        struct virtio_net_hdr hdr;

        s->version = round & 1 ? 6 : 4;
        s->l4 = round & 2 ? ETH_L4_TCP : ETH_L4_UDP;
        s->ip_extra = round & 4 ? 8 : 0;
        s->payload = g_random_int_range(0, 300);
        sample_build(s);
        hdr = sample_header(s, g_random_int_range(0, 8), g_random_int() % 200);
        for (unsigned i = 0; i < round % 8; i++) {
            s->frame[g_random_int() % s->size] = g_random_int();
            s->frame[g_random_int() % 60] = g_random_int();
        }
        if (round % 16 == 0) {
            ((uint8_t *)&hdr)[g_random_int() % sizeof(hdr)] = g_random_int();
        }
        starts(s, hdr, g_random_int_range(0, s->size + 1));
    }
}

static void test_checksum_pieces(void)
{
    uint8_t bytes[300];

    for (unsigned round = 0; round < 2000; round++) {
        struct iovec iov[20];
        size_t size = g_random_int_range(0, sizeof(bytes) + 1);
        size_t from = g_random_int_range(0, size + 1);
        size_t count = g_random_int_range(0, size - from + 1);
        unsigned iovcnt;

        for (unsigned i = 0; i < sizeof(bytes); i++) {
            bytes[i] = g_random_int();
        }
        iovcnt = scatter(bytes, size, iov, ARRAY_SIZE(iov));
        g_assert_cmphex(net_checksum_finish(net_checksum_add_iov(
                            0x1234, iov, iovcnt, from, count)), ==,
                        (uint16_t)~plain_sum(0x1234, bytes + from, count));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/checksum/pieces", test_checksum_pieces);
    g_test_add_func("/gso/tcp", test_gso_tcp);
    g_test_add_func("/gso/uso", test_gso_uso);
    g_test_add_func("/gso/ufo", test_gso_ufo);
    g_test_add_func("/gso/skip", test_gso_skip);
    g_test_add_func("/gso/checksum-only", test_checksum_only);
    g_test_add_func("/gso/checksum-far", test_checksum_far);
    g_test_add_func("/gso/refuses", test_gso_refuses);
    g_test_add_func("/gso/any-bytes", test_gso_any_bytes);
    g_test_add_func("/attack/mss-0", test_mss_0);
    g_test_add_func("/attack/CVE-2016-2857", test_cve_2016_2857);
    g_test_add_func("/attack/CVE-2016-2857-head", test_cve_2016_2857_head);
    g_test_add_func("/attack/CVE-2020-16092", test_cve_2020_16092);
    g_test_add_func("/attack/CVE-2020-27617", test_cve_2020_27617);
    g_test_add_func("/attack/CVE-2024-3567", test_cve_2024_3567);
    return g_test_run();
}

/*
 * Frames that ask for something, and the frames that must come of them, made byte by
 * byte from the RFCs: IPv4 (791), TCP (9293), UDP (768), IPv6 (8200), ECN (3168).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqos/virtio.h"
#include "virtio-net-offload.h"

#define PIECES_MAX  28

enum { TCP_FIN = 1, TCP_PSH = 8, TCP_ACK = 16, TCP_CWR = 128 };

static void put16(uint8_t *to, unsigned value)
{
    to[0] = value >> 8;
    to[1] = value;
}

static unsigned get16(const uint8_t *from)
{
    return from[0] << 8 | from[1];
}

static void put32(uint8_t *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to + 2, value & 0xffff);
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)get16(from) << 16 | get16(from + 2);
}

uint16_t net_plain_sum(uint32_t sum, const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum += i % 2 ? p[i] : p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (sum & 0xffff) + (sum >> 16);
}

static unsigned checksum_at(const NetSample *s)
{
    return s->l4 + (s->tcp ? 16 : 6);
}

static uint16_t pseudo_sum(const NetSample *s, size_t l4_bytes)
{
    uint32_t sum = (s->tcp ? 6 : 17) + l4_bytes;

    return s->version == 4 ? net_plain_sum(sum, s->frame + s->l3 + 12, 8)
                           : net_plain_sum(sum, s->frame + s->l3 + 8, 32);
}

/* --- what the driver gives --- */

static uint8_t *build_ip4(const NetSample *s, uint8_t *ip, size_t l4_bytes)
{
    unsigned options = s->extra ? 8 : 0;

    ip[0] = 0x45 + options / 4;
    ip[1] = s->ecn ? 2 : 0;
    put16(ip + 2, 20 + options + l4_bytes);
    put16(ip + 4, 0xfffd);                      /* wraps soon */
    ip[8] = 64;
    ip[9] = s->tcp ? 6 : 17;
    put32(ip + 12, s->source ? s->source : 0x0a000201);
    put32(ip + 16, s->dest ? s->dest : 0x0a000202);
    memset(ip + 20, 1, options);
    put16(ip + 10, 0);
    put16(ip + 10, ~net_plain_sum(0, ip, 20 + options));
    return ip + 20 + options;
}

static uint8_t *build_ip6(const NetSample *s, uint8_t *ip, size_t l4_bytes)
{
    unsigned options = s->extra ? 16 : 0;

    put32(ip, 0x60012345);
    put16(ip + 4, options + l4_bytes);
    ip[6] = s->tcp ? 6 : 17;
    ip[7] = 64;
    for (unsigned i = 0; i < 32; i++) {
        ip[8 + i] = 0xfe ^ i;
    }
    if (options) {
        ip[40] = ip[6];
        ip[6] = 60;                             /* destination options */
        ip[41] = options / 8 - 1;
        ip[42] = 1;
        ip[43] = options - 4;
        memset(ip + 44, 0, options - 4);
    }
    return ip + 40 + options;
}

void net_sample_build(NetSample *s)
{
    static const uint8_t ends[12] = {
        0x02, 0, 0, 0, 0, 1, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
    };
    unsigned options = s->tcp && s->extra ? 12 : 0;
    size_t l4_bytes = (s->tcp ? 20 + options : 8) + s->payload;
    uint8_t *p = s->frame + 12, *l4;

    memcpy(s->frame, ends, sizeof(ends));
    if (s->vlan) {
        put32(p, 0x81000123);
        p += 4;
    }
    put16(p, s->version == 4 ? 0x0800 : 0x86dd);
    p += 2;
    s->l3 = p - s->frame;
    memset(p, 0, 200);
    l4 = s->version == 4 ? build_ip4(s, p, l4_bytes)
                         : build_ip6(s, p, l4_bytes);
    s->l4 = l4 - s->frame;
    put16(l4, 4321);
    put16(l4 + 2, s->dest_port ? s->dest_port : 80);
    if (s->tcp) {
        put32(l4 + 4, 0xffffff00);              /* wraps soon */
        put32(l4 + 8, 7);
        l4[12] = (20 + options) / 4 << 4;
        l4[13] = TCP_ACK | TCP_PSH | (s->goes_on ? 0 : TCP_FIN) |
                 (s->ecn ? TCP_CWR : 0);
        put16(l4 + 14, 512);
        memset(l4 + 20, 1, options);
    } else {
        put16(l4 + 4, l4_bytes);
    }
    put16(s->frame + checksum_at(s), pseudo_sum(s, l4_bytes));
    s->payload_at = s->l4 + l4_bytes - s->payload;
    for (size_t i = 0; i < s->payload; i++) {
        s->frame[s->payload_at + i] = i * 13 + (i >> 8) + s->mss;
    }
    s->size = s->payload_at + s->payload;
}

struct virtio_net_hdr net_sample_header(const NetSample *s)
{
    return (struct virtio_net_hdr) {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = s->type | (s->ecn ? VIRTIO_NET_HDR_GSO_ECN : 0),
        .hdr_len = s->payload_at, .gso_size = s->mss, .csum_start = s->l4,
        .csum_offset = s->tcp ? 16 : 6,
    };
}

/* The first pieces are small ones, so that headers lie across their ends. */
void net_offload_add(NetFixture *f, const struct virtio_net_hdr *hdr,
                     const uint8_t *frame, size_t size, unsigned pieces)
{
    QTestState *qts = f->d->qts;
    size_t total = f->hdr_bytes + size, at = 0;
    uint64_t addr = guest_alloc(f->d->alloc, total);
    QVirtBuf bufs[PIECES_MAX];
    unsigned n = 0;

    g_assert_cmpuint(pieces, <=, PIECES_MAX);
    qtest_memset(qts, addr, 0, f->hdr_bytes);
    qtest_memwrite(qts, addr, hdr, sizeof(*hdr));
    if (size) {
        qtest_memwrite(qts, addr + f->hdr_bytes, frame, size);
    }
    while (at < total) {
        size_t bytes = n + 1 >= pieces ? total - at :
                       MIN(total - at, pieces > 20 ? 1 : n * 3 + 1);

        bufs[n++] = (QVirtBuf) { addr + at, bytes, false };
        at += bytes;
    }
    qvirtqueue_add(f->tx, bufs, n);
}

void net_sample_add(NetFixture *f, const NetSample *s, unsigned pieces)
{
    struct virtio_net_hdr hdr = net_sample_header(s);

    net_offload_add(f, &hdr, s->frame, s->size, pieces);
}

void net_sample_send(NetFixture *f, const NetSample *s, unsigned pieces)
{
    net_sample_add(f, s, pieces);
    qvirtqueue_kick(f->tx);
}

/* --- what must come of it --- */

static void finish_ip4(const NetSample *s, uint8_t *frame, size_t size)
{
    uint8_t *ip = frame + s->l3;

    put16(ip + 2, size - s->l3);
    put16(ip + 10, 0);
    put16(ip + 10, ~net_plain_sum(0, ip, s->l4 - s->l3));
}

static void finish_l4(const NetSample *s, uint8_t *frame, size_t size)
{
    uint8_t *field = frame + checksum_at(s);
    uint16_t sum;

    put16(field, 0);
    sum = ~net_plain_sum(pseudo_sum(s, size - s->l4), frame + s->l4,
                         size - s->l4);
    put16(field, sum || s->tcp ? sum : 0xffff);
}

/* Frame @i, or 0 if there are no more. */
static size_t expected_segment(const NetSample *s, unsigned i, uint8_t *frame)
{
    size_t from = (size_t)i * s->mss;
    size_t bytes = MIN(s->mss, s->payload - MIN(from, s->payload));
    size_t size = s->payload_at + bytes;
    uint8_t *l4 = frame + s->l4;

    if (i > 0 && bytes == 0) {
        return 0;
    }
    memcpy(frame, s->frame, s->payload_at);
    memcpy(frame + s->payload_at, s->frame + s->payload_at + from, bytes);
    if (s->version == 4) {
        put16(frame + s->l3 + 4, get16(frame + s->l3 + 4) + i);
        finish_ip4(s, frame, size);
    } else {
        put16(frame + s->l3 + 4, size - s->l3 - 40);
    }
    if (s->tcp) {
        put32(l4 + 4, get32(l4 + 4) + from);
        if (from + bytes < s->payload) {
            l4[13] &= ~(TCP_FIN | TCP_PSH);
        }
        if (i > 0) {
            l4[13] &= ~TCP_CWR;
        }
    } else {
        put16(l4 + 4, 8 + bytes);
    }
    finish_l4(s, frame, size);
    return size;
}

static size_t expected_fragment(const NetSample *s, unsigned i, uint8_t *frame,
                                uint32_t ident)
{
    g_autofree uint8_t *whole = g_memdup2(s->frame, s->size);
    size_t step = s->mss & ~7u, from = i * step;
    size_t l4_bytes = s->size - s->l4, bytes, head = s->l4;
    bool more;

    if (from >= l4_bytes) {
        return 0;
    }
    bytes = MIN(step, l4_bytes - from);
    more = from + bytes < l4_bytes;
    finish_l4(s, whole, s->size);
    memcpy(frame, whole, head);
    if (s->version == 6) {
        frame[s->l3 + 6] = 44;
        frame[head] = 17;
        frame[head + 1] = 0;
        put16(frame + head + 2, from | more);
        put32(frame + head + 4, ident);
        head += 8;
        put16(frame + s->l3 + 4, head + bytes - s->l3 - 40);
    } else {
        put16(frame + s->l3 + 6, from / 8 | (more ? 0x2000 : 0));
        finish_ip4(s, frame, head + bytes);
    }
    memcpy(frame + head, whole + s->l4 + from, bytes);
    return head + bytes;
}

size_t net_sample_frame(const NetSample *s, unsigned i, uint8_t *frame,
                        uint32_t ident)
{
    switch (s->type) {
    case VIRTIO_NET_HDR_GSO_NONE:
        if (i > 0) {
            return 0;
        }
        memcpy(frame, s->frame, s->size);
        finish_l4(s, frame, s->size);
        return s->size;
    case VIRTIO_NET_HDR_GSO_UDP:
        return expected_fragment(s, i, frame, ident);
    default:
        return expected_segment(s, i, frame);
    }
}

/* A frame of the host's end; a stream has its length in front. */
static ssize_t next_frame(NetFixture *f, uint8_t *frame, size_t room)
{
    uint8_t length[4];
    size_t size, at = 0;

    if (!f->stream) {
        return net_host_receive(f, frame, room, 5000);
    }
    for (; at < 4; at++) {
        g_assert_cmpint(net_host_receive(f, length + at, 1, 5000), ==, 1);
    }
    size = get32(length);
    g_assert_cmpuint(size, <=, room);
    for (at = 0; at < size;) {
        ssize_t got = net_host_receive(f, frame + at, size - at, 5000);

        g_assert_cmpint(got, >, 0);
        at += got;
    }
    return size;
}

void net_sample_expect(NetFixture *f, const NetSample *s, unsigned first)
{
    g_autofree uint8_t *got = g_malloc(70000), *want = g_malloc(70000);
    uint32_t ident = 0;

    for (unsigned i = first;; i++) {
        size_t size = net_sample_frame(s, i, want, ident);
        ssize_t len;

        if (size == 0) {
            break;
        }
        len = next_frame(f, got, 70000);
        if (s->type == VIRTIO_NET_HDR_GSO_UDP && s->version == 6 &&
            i == first) {
            /* One number for all fragments; which, the device chooses. */
            ident = get32(got + s->l4 + 4);
            net_sample_frame(s, i, want, ident);
        }
        g_assert_cmpmem(got, len, want, size);
    }
}

void net_sample_passes(NetFixture *f, const NetSample *s, unsigned pieces)
{
    net_sample_send(f, s, pieces);
    net_sample_expect(f, s, 0);
    qvirtqueue_wait(f->tx, NULL);
}

/* --- starting --- */

static const struct { uint8_t type, feature; } needs[] = {
    { VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_F_HOST_TSO4 },
    { VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_F_HOST_TSO6 },
    { VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_F_HOST_ECN },
    { VIRTIO_NET_HDR_GSO_UDP, VIRTIO_NET_F_HOST_UFO },
    { NET_GSO_UDP_L4, NET_F_HOST_USO },
};

void net_offload_start(NetFixture *f, QVirtioDevice *d, const char *layout,
                       uint64_t features)
{
    features |= QVIRTIO_F(VIRTIO_NET_F_CSUM);
    for (unsigned i = 0; i < ARRAY_SIZE(needs); i++) {
        features |= QVIRTIO_F(needs[i].feature);
    }
    net_fixture_start(f, d, layout, features);
}

bool net_offload_has(NetFixture *f, uint8_t type)
{
    for (unsigned i = 0; i < ARRAY_SIZE(needs); i++) {
        if (needs[i].type == type) {
            return qvirtio_has(f->d, needs[i].feature);
        }
    }
    return false;
}

/*
 * virtio-net receive-side scaling and hash reports: the hash is calculated here
 * bit by bit from the specification's text (VIRTIO 1.4, 5.1.6.4.3), and must
 * choose the queue and stand in the header.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"
#include "virtio-net-tap.h"

#define TABLE   8

typedef struct QEMU_PACKED RssConfig {
    uint32_t hash_types;
    uint16_t mask;
    uint16_t unclassified;
    uint16_t table[TABLE];
    uint16_t max_tx;
    uint8_t key_bytes;
    uint8_t key[40];
} RssConfig;

typedef struct QEMU_PACKED HashConfig {
    uint32_t hash_types;
    uint16_t reserved[4];
    uint8_t key_bytes;
    uint8_t key[40];
} HashConfig;

static void make_key(uint8_t key[40])
{
    for (unsigned i = 0; i < 40; i++) {
        key[i] = i * 37 + 11;
    }
}

/* For each set bit of the input, the 32 key bits that begin at its place. */
static uint32_t toeplitz(const uint8_t *key, const uint8_t *input, unsigned size)
{
    uint32_t hash = 0;

    for (unsigned bit = 0; bit < size * 8; bit++) {
        if (input[bit / 8] & 0x80 >> bit % 8) {
            for (unsigned i = 0; i < 32; i++) {
                unsigned at = bit + i;

                if (key[at / 8] & 0x80 >> at % 8) {
                    hash ^= 0x80000000u >> i;
                }
            }
        }
    }
    return hash;
}

static RssConfig rss_config(uint32_t types)
{
    RssConfig c = {
        .hash_types = types, .mask = TABLE - 1, .unclassified = 1,
        .table = { 0, 1, 1, 0, 1, 0, 0, 1 }, .max_tx = NET_TAP_PAIRS,
        .key_bytes = 40,
    };

    make_key(c.key);
    return c;
}

static uint8_t set_rss(TapFixture *t, const RssConfig *c)
{
    return net_ctrl(&t->net, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS_CONFIG,
                    c, sizeof(*c));
}

static void start_rss(TapFixture *t, void *driver, const char *variant,
                      uint64_t features)
{
    net_tap_start(t, driver, variant, features | QVIRTIO_F(VIRTIO_NET_F_RSS));
    if (!qvirtio_has(t->net.d, VIRTIO_NET_F_RSS)) {
        qos_skip("RSS is not for legacy drivers");
    }
}

/* UDP over IPv4: addresses, ports, as they stand in the frame. */
static uint32_t udp_hash(const RssConfig *c, const uint8_t *frame)
{
    return toeplitz(c->key, frame + 26, 12);
}

static void rss_steers(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    TapFixture *t = data;
    RssConfig c = rss_config(VIRTIO_NET_RSS_HASH_TYPE_UDPv4);
    uint8_t frame[64];

    start_rss(t, driver, variant, 0);
    g_assert_cmpint(t->net.d->transport->config_read(t->net.d,
                    offsetof(struct virtio_net_config, rss_max_key_size), 1),
                    ==, 40);
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_OK);
    for (unsigned flow = 0; flow < 24; flow++) {
        net_tap_make_udp(frame, false, 1000 + flow);
        g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==,
                        c.table[udp_hash(&c, frame) & c.mask]);
    }
    /* No hash of this kind of frame: the queue that was named for it. */
    net_make_frame(frame, 64, 1);
    g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==, 1);
    /* The last command counts: all flows on one pair again. */
    g_assert_cmpint(net_tap_set_pairs(t, 1), ==, VIRTIO_NET_OK);
    for (unsigned flow = 0; flow < 8; flow++) {
        net_tap_make_udp(frame, false, 1000 + flow);
        g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==, 0);
    }
    net_fixture_stop(&t->net);
}

static void rss_reports(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    TapFixture *t = data;
    RssConfig c = rss_config(VIRTIO_NET_RSS_HASH_TYPE_UDPv4);
    struct virtio_net_hdr_v1_hash hdr;
    uint8_t frame[64], got[64];
    uint64_t addr;

    start_rss(t, driver, variant, QVIRTIO_F(VIRTIO_NET_F_HASH_REPORT));
    g_assert_cmpint(t->net.hdr_bytes, ==, sizeof(hdr));
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_OK);
    for (unsigned flow = 0; flow < 8; flow++) {
        net_tap_make_udp(frame, false, flow);
        g_assert_cmpint(net_tap_lands_on(t, frame, 64, &addr), ==,
                        c.table[udp_hash(&c, frame) & c.mask]);
        qtest_memread(qts, addr, &hdr, sizeof(hdr));
        g_assert_cmpint(hdr.hdr.num_buffers, ==, 1);
        g_assert_cmphex(hdr.hash_value, ==, udp_hash(&c, frame));
        g_assert_cmpint(hdr.hash_report, ==, VIRTIO_NET_HASH_REPORT_UDPv4);
        qtest_memread(qts, addr + sizeof(hdr), got, 64);
        g_assert_cmpmem(got, 64, frame, 64);
    }
    net_fixture_stop(&t->net);
}

/*
 * CVE-2024-6505: a table with queues that do not exist is refused, and reception
 * goes on as before. Guards: the comparison with max_pairs in take_queue().
 */
static void rss_refuses(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    TapFixture *t = data;
    RssConfig good = rss_config(VIRTIO_NET_RSS_HASH_TYPE_UDPv4), c;
    uint8_t frame[64];

    start_rss(t, driver, variant, 0);
    for (unsigned i = 0; i < TABLE; i++) {
        c = good;
        c.table[i] = NET_TAP_PAIRS;
        g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
        c.table[i] = 0xffff;
        g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    }
    c = good;
    c.unclassified = NET_TAP_PAIRS;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    c = good;
    c.hash_types = 1 << 9;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    c = good;
    c.mask = 5;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    c.mask = 0xffff;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    c = good;
    c.max_tx = NET_TAP_PAIRS + 1;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    c.max_tx = 0;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    c = good;
    c.key_bytes = 41;
    g_assert_cmpint(set_rss(t, &c), ==, VIRTIO_NET_ERR);
    for (unsigned cut = 0; cut < sizeof(c); cut += 5) {
        g_assert_cmpint(net_ctrl(&t->net, VIRTIO_NET_CTRL_MQ,
                                 VIRTIO_NET_CTRL_MQ_RSS_CONFIG, &good, cut), ==,
                        VIRTIO_NET_ERR);
    }
    net_tap_make_udp(frame, false, 1);
    g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==, 0);
    g_assert_true(qtest_alive(qts));
    net_fixture_stop(&t->net);
}

/* --- hash reports with one pair, over a backend without headers --- */

static void make_ip6(uint8_t frame[100], bool tcp, bool extended)
{
    memset(frame, 0, 100);
    frame[12] = 0x86;
    frame[13] = 0xdd;
    frame[14] = 0x60;
    frame[19] = (extended ? 8 : 0) + (tcp ? 20 : 8);
    frame[20] = extended ? 60 : tcp ? 6 : 17;
    for (unsigned i = 0; i < 32; i++) {
        frame[22 + i] = 0x20 + i;
    }
    if (extended) {
        frame[54] = tcp ? 6 : 17;
        frame[56] = 1;              /* padding of 4 bytes */
        frame[57] = 4;
    }
    frame += extended ? 62 : 54;
    frame[0] = 0x12;
    frame[3] = 0x34;
    if (tcp) {
        frame[12] = 0x50;
    } else {
        frame[5] = 8;
    }
}

static void expect_report(NetFixture *f, const uint8_t *frame, size_t size,
                          uint16_t report, uint32_t hash)
{
    struct virtio_net_hdr_v1_hash hdr;
    uint64_t addr = net_guest_post(f, 2048);
    uint32_t len;

    qvirtqueue_kick(f->rx);
    net_host_send(f, frame, size);
    qvirtqueue_wait(f->rx, &len);
    g_assert_cmpint(len, ==, sizeof(hdr) + size);
    qtest_memread(f->d->qts, addr, &hdr, sizeof(hdr));
    g_assert_cmpint(hdr.hash_report, ==, report);
    g_assert_cmphex(hdr.hash_value, ==, hash);
}

static uint8_t set_hash(NetFixture *f, const HashConfig *c)
{
    return net_ctrl(f, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH_CONFIG, c,
                    sizeof(*c));
}

static void start_hash(NetFixture *f, void *driver, const char *variant)
{
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF) |
                      QVIRTIO_F(VIRTIO_NET_F_HASH_REPORT));
    if (!qvirtio_has(f->d, VIRTIO_NET_F_HASH_REPORT)) {
        qos_skip("hash reports are not for legacy drivers");
    }
}

static void hash_kinds(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    NetFixture *f = data;
    HashConfig c = { .hash_types = 0x1ff, .key_bytes = 40 };
    uint8_t frame[100], input[36];

    start_hash(f, driver, variant);
    make_key(c.key);
    net_tap_make_udp(frame, false, 9);
    /* Nothing is calculated until the driver says what. */
    expect_report(f, frame, 64, VIRTIO_NET_HASH_REPORT_NONE, 0);
    g_assert_cmpint(set_hash(f, &c), ==, VIRTIO_NET_OK);
    expect_report(f, frame, 64, VIRTIO_NET_HASH_REPORT_UDPv4,
                  toeplitz(c.key, frame + 26, 12));
    frame[23] = 1;                  /* neither TCP nor UDP */
    expect_report(f, frame, 64, VIRTIO_NET_HASH_REPORT_IPv4,
                  toeplitz(c.key, frame + 26, 8));
    frame[23] = 17;
    frame[20] = 0x20;               /* a fragment has no ports to speak of */
    expect_report(f, frame, 64, VIRTIO_NET_HASH_REPORT_IPv4,
                  toeplitz(c.key, frame + 26, 8));
    for (unsigned i = 0; i < 4; i++) {
        bool tcp = i & 1, extended = i & 2;

        make_ip6(frame, tcp, extended);
        memcpy(input, frame + 22, 32);
        memcpy(input + 32, frame + (extended ? 62 : 54), 4);
        expect_report(f, frame, 100,
                      (extended ? VIRTIO_NET_HASH_REPORT_IPv6_EX :
                       VIRTIO_NET_HASH_REPORT_IPv6) + (tcp ? 1 : 2),
                      toeplitz(c.key, input, 36));
    }
    net_make_frame(frame, 64, 2);
    expect_report(f, frame, 64, VIRTIO_NET_HASH_REPORT_NONE, 0);

    c.hash_types = 1 << 9;
    g_assert_cmpint(set_hash(f, &c), ==, VIRTIO_NET_ERR);
    c.hash_types = 1;
    c.key_bytes = 41;
    g_assert_cmpint(set_hash(f, &c), ==, VIRTIO_NET_ERR);
    net_fixture_stop(f);
}

/*
 * CVE-2023-6693: chains of every length below that of the longest header. Guards:
 * the comparison with guest_hdr_bytes before the header is cut.
 */
static void hash_short_headers(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[64], got[100];
    uint64_t addr;

    for (unsigned bytes = 1; bytes < 20; bytes += 3) {
        start_hash(f, driver, variant);
        addr = guest_alloc(f->d->alloc, 64);
        qtest_memset(qts, addr, 0xff, 64);
        qvirtqueue_add1(f->tx, addr, bytes, false);
        qvirtqueue_kick(f->tx);
        qvirtio_wait_needs_reset(f->d);
        net_fixture_stop(f);
    }
    start_hash(f, driver, variant);
    net_make_frame(frame, 64, 3);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==, 64);
    g_assert_cmpmem(got, 64, frame, 64);
    net_fixture_stop(f);
}

/* --- hashes of what is inside of tunnels --- */

#define CTRL_HASH_TUNNEL    7
#define F_HASH_TUNNEL       51
#define ALL_TUNNELS         0x1ff
#define CONFIG_TUNNEL_TYPES 24
#define INNER_BYTES         64

/* The header of an encapsulation between IP, or UDP, and what it carries. */
typedef struct Tunnel {
    uint16_t types;             /* that it is one of */
    uint8_t protocol;           /* of IP; 17: */
    uint16_t port;
    bool datagram;              /* inside is IP, else a frame */
    uint8_t length;
    uint8_t header[16];
} Tunnel;

static const Tunnel tunnels[] = {
    { 1 << 0, 47, 0, true, 4, { 0, 0, 0x08, 0 } },
    { 1 << 0, 47, 0, false, 8, { 0x80, 0, 0x65, 0x58, 1, 2, 3, 4 } },
    { 1 << 1, 47, 0, true, 12,
      { 0x30, 0, 0x08, 0, 1, 2, 3, 4, 5, 6, 7, 8 } },
    { 1 << 1 | 1 << 8, 47, 0, false, 8, { 0x20, 0, 0x65, 0x58, 0, 0, 1, 7 } },
    { 1 << 3, 17, 4754, true, 4, { 0, 0, 0x08, 0 } },
    { 1 << 4, 17, 4789, false, 8, { 0x08, 0, 0, 0, 0, 0, 1, 0 } },
    { 1 << 5, 17, 4790, true, 8, { 0x0c, 0, 0, 1, 0, 0, 1, 0 } },
    { 1 << 5, 17, 4790, false, 8, { 0x0c, 0, 0, 3, 0, 0, 1, 0 } },
    { 1 << 6, 17, 6081, false, 16, { 0x02, 0, 0x65, 0x58, 0, 0, 1, 0 } },
    { 1 << 6, 17, 6081, true, 8, { 0x00, 0, 0x08, 0, 0, 0, 1, 0 } },
    { 1 << 7, 4, 0, true, 0, { 0 } },
};

/* Returns the frame's size; *inner is where the addresses inside are. */
static size_t make_tunnel(uint8_t frame[200], const Tunnel *t, uint16_t flow,
                          size_t *inner)
{
    uint8_t inside[INNER_BYTES];
    size_t at = 34, cut = t->datagram ? 14 : 0;

    memset(frame, 0, 200);
    net_tap_make_udp(inside, false, flow);
    net_tap_make_udp(frame, false, 4000);
    frame[23] = t->protocol;
    if (t->protocol == 17) {
        frame[at + 2] = t->port >> 8;
        frame[at + 3] = t->port & 0xff;
        at += 8;
    } else {
        memset(frame + at, 0, 8);
    }
    memcpy(frame + at, t->header, t->length);
    at += t->length;
    *inner = at + 26 - cut;
    memcpy(frame + at, inside + cut, sizeof(inside) - cut);
    at += sizeof(inside) - cut;
    frame[16] = (at - 14) >> 8;
    frame[17] = (at - 14) & 0xff;
    if (t->protocol == 17) {
        frame[38] = (at - 34) >> 8;
        frame[39] = (at - 34) & 0xff;
    }
    return at;
}

static uint8_t set_tunnels(NetFixture *f, uint32_t types)
{
    return net_ctrl(f, CTRL_HASH_TUNNEL, 0, &types, sizeof(types));
}

static void expect_outer(NetFixture *f, const HashConfig *c,
                         const uint8_t *frame, size_t size)
{
    bool udp = frame[23] == 17;

    expect_report(f, frame, size, udp ? VIRTIO_NET_HASH_REPORT_UDPv4 :
                                        VIRTIO_NET_HASH_REPORT_IPv4,
                  toeplitz(c->key, frame + 26, udp ? 12 : 8));
}

static bool start_tunnels(NetFixture *f, void *driver, const char *variant,
                          HashConfig *c)
{
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF) |
                      QVIRTIO_F(VIRTIO_NET_F_HASH_REPORT) |
                      QVIRTIO_F(F_HASH_TUNNEL));
    if (!qvirtio_has(f->d, F_HASH_TUNNEL)) {
        qos_skip("hashes are not for legacy drivers");
    }
    g_assert_cmphex(f->d->transport->config_read(f->d, CONFIG_TUNNEL_TYPES, 4),
                    ==, ALL_TUNNELS);
    *c = (HashConfig){ .hash_types = 0x1ff, .key_bytes = 40 };
    make_key(c->key);
    return set_hash(f, c) == VIRTIO_NET_OK;
}

static void tunnel_kinds(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    NetFixture *f = data;
    HashConfig c;
    uint8_t frame[200];
    size_t inner, size;

    g_assert_true(start_tunnels(f, driver, variant, &c));
    for (unsigned i = 0; i < ARRAY_SIZE(tunnels); i++) {
        size = make_tunnel(frame, &tunnels[i], 50 + i, &inner);
        /* The others do not matter; each of its own does. */
        g_assert_cmpint(set_tunnels(f, ALL_TUNNELS & ~tunnels[i].types), ==,
                        VIRTIO_NET_OK);
        expect_outer(f, &c, frame, size);
        for (unsigned bit = 0; bit < 9; bit++) {
            if (tunnels[i].types >> bit & 1) {
                g_assert_cmpint(set_tunnels(f, 1 << bit), ==, VIRTIO_NET_OK);
                expect_report(f, frame, size, VIRTIO_NET_HASH_REPORT_UDPv4,
                              toeplitz(c.key, frame + inner, 12));
            }
        }
    }
    /* A new key keeps what is looked into; 0 ends it. */
    size = make_tunnel(frame, &tunnels[0], 1, &inner);
    g_assert_cmpint(set_tunnels(f, ALL_TUNNELS), ==, VIRTIO_NET_OK);
    c.key[7] ^= 0x55;
    g_assert_cmpint(set_hash(f, &c), ==, VIRTIO_NET_OK);
    expect_report(f, frame, size, VIRTIO_NET_HASH_REPORT_UDPv4,
                  toeplitz(c.key, frame + inner, 12));
    g_assert_cmpint(set_tunnels(f, ALL_TUNNELS + 1), ==, VIRTIO_NET_ERR);
    g_assert_cmpint(net_ctrl(f, CTRL_HASH_TUNNEL, 0, "abc", 3), ==,
                    VIRTIO_NET_ERR);
    g_assert_cmpint(net_ctrl(f, CTRL_HASH_TUNNEL, 1, "abcd", 4), ==,
                    VIRTIO_NET_ERR);
    g_assert_cmpint(set_tunnels(f, 0), ==, VIRTIO_NET_OK);
    expect_outer(f, &c, frame, size);
    net_fixture_stop(f);
}

/*
 * Cut anywhere, with headers that say more than there is. Guards: the comparisons
 * with what is at hand in net/tunnel.c.
 */
static void tunnel_cut(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    NetFixture *f = data;
    HashConfig c;
    uint8_t frame[200];
    size_t inner;

    g_assert_true(start_tunnels(f, driver, variant, &c));
    g_assert_cmpint(set_tunnels(f, ALL_TUNNELS), ==, VIRTIO_NET_OK);
    for (unsigned i = 0; i < ARRAY_SIZE(tunnels); i++) {
        size_t size = make_tunnel(frame, &tunnels[i], i, &inner);

        for (size_t cut = 34; cut < size; cut += 3) {
            for (unsigned honest = 0; honest < 2; honest++) {
                frame[17] = honest ? cut - 14 : size - 14;
                net_guest_post(f, 2048);
                qvirtqueue_kick(f->rx);
                net_host_send(f, frame, cut);
                qvirtqueue_wait(f->rx, NULL);
            }
        }
    }
    /* Options of Geneve that end behind the frame. */
    make_tunnel(frame, &tunnels[8], 1, &inner);
    frame[42] = 0x3f;
    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    net_host_send(f, frame, 120);
    qvirtqueue_wait(f->rx, NULL);
    g_assert_true(qtest_alive(qts));
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts tunnel = {
        .variants = qvirt_layout_names,
        .device_args = ",hash=on,hash_tunnel=on",
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts dgram = {
        .variants = qvirt_layout_names, .device_args = ",hash=on",
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts tap = {
        .variants = qvirt_layout_names,
        .device_args = ",mq=on,rss=on,hash=on",
        .before = net_tap_before, .after = net_fixture_after,
    };

    qos_add_test("rss/steers", "virtio-net", rss_steers, &tap);
    qos_add_test("rss/reports", "virtio-net", rss_reports, &tap);
    qos_add_test("rss/refuses-what-cannot-be", "virtio-net", rss_refuses, &tap);
    qos_add_test("hash/kinds", "virtio-net", hash_kinds, &dgram);
    qos_add_test("hash/tunnel-kinds", "virtio-net", tunnel_kinds, &tunnel);
    qos_add_test("hash/tunnel-cut", "virtio-net", tunnel_cut, &tunnel);
    qos_add_test("hash/short-headers", "virtio-net", hash_short_headers,
                 &dgram);
}

libqos_init(register_tests)

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

static void register_tests(void)
{
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
    qos_add_test("hash/short-headers", "virtio-net", hash_short_headers,
                 &dgram);
}

libqos_init(register_tests)

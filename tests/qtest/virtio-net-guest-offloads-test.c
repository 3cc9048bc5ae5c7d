/*
 * virtio-net offloads of received packets, switched by the driver while it runs:
 * what the tap interface says of itself, and what the guest gets of a large TCP
 * segment. Skipped where the test may not make interfaces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-tap.h"

#define GUEST(name)     QVIRTIO_F(VIRTIO_NET_F_GUEST_##name)
#define HEADERS         (14 + 20 + 20)
#define PAYLOAD         4000
#define MSS             1000
#define BUF_BYTES       8192

static void start(TapFixture *t, void *driver, const char *variant)
{
    net_tap_open_host(t);
    net_fixture_start(&t->net, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) |
                      GUEST(CSUM) | GUEST(TSO4) | GUEST(TSO6));
    if (!qvirtio_has(t->net.d, VIRTIO_NET_F_GUEST_TSO4)) {
        qos_skip("this tap carries no large segments");
    }
}

static uint8_t set_offloads(TapFixture *t, uint64_t offloads, size_t bytes)
{
    return net_ctrl(&t->net, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
                    VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &offloads, bytes);
}

static bool interface_has(TapFixture *t, uint32_t what)
{
    struct ethtool_value value = { .cmd = what };
    struct ifreq req = { .ifr_data = (void *)&value };

    g_strlcpy(req.ifr_name, t->ifname, IFNAMSIZ);
    g_assert_cmpint(ioctl(t->net.host_fd, SIOCETHTOOL, &req), ==, 0);
    return value.data;
}

static void put_be16(uint8_t *to, unsigned value)
{
    to[0] = value >> 8;
    to[1] = value;
}

/* A TCP segment of PAYLOAD bytes for the host to cut, or not. */
static size_t make_large_segment(uint8_t *packet)
{
    static const uint8_t head[HEADERS] = {
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00,
        0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 9, 8, 2, 10, 9, 8, 1,
        0x12, 0x34, 0x30, 0x39, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0,
        0, 0, 0, 0,
    };
    struct virtio_net_hdr hdr = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .hdr_len = HEADERS,
        .gso_size = MSS, .csum_start = 34, .csum_offset = 16,
    };
    uint8_t *frame = packet + sizeof(hdr);
    uint32_t sum = 0;

    memcpy(packet, &hdr, sizeof(hdr));
    memcpy(frame, head, sizeof(head));
    memset(frame + HEADERS, 0x5a, PAYLOAD);
    put_be16(frame + 16, HEADERS - 14 + PAYLOAD);
    for (unsigned i = 14; i < 34; i += 2) {
        sum += frame[i] << 8 | frame[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    put_be16(frame + 24, ~((sum & 0xffff) + (sum >> 16)));
    return sizeof(hdr) + HEADERS + PAYLOAD;
}

/* Send it; the guest gets it in packets of these sizes. */
static void large_segment_comes_as(TapFixture *t, size_t payload,
                                   unsigned packets, uint8_t gso_type)
{
    NetFixture *f = &t->net;
    g_autofree uint8_t *packet = g_malloc(sizeof(struct virtio_net_hdr) +
                                          HEADERS + PAYLOAD);
    uint64_t addrs[PAYLOAD / MSS];
    size_t bytes = make_large_segment(packet);
    int on = 1;

    g_assert_cmpint(packets, <=, ARRAY_SIZE(addrs));
    g_assert_cmpint(setsockopt(f->host_fd, SOL_PACKET, PACKET_VNET_HDR, &on,
                               sizeof(on)), ==, 0);
    for (unsigned i = 0; i < packets; i++) {
        addrs[i] = net_guest_post(f, BUF_BYTES);
    }
    qvirtqueue_kick(f->rx);
    net_host_send(f, packet, bytes);
    for (unsigned i = 0; i < packets; i++) {
        uint32_t len;

        qvirtqueue_wait(f->rx, &len);
        g_assert_cmpint(len, ==, f->hdr_bytes + HEADERS + payload);
        g_assert_cmphex(qtest_readb(f->d->qts, addrs[i] + 1), ==, gso_type);
        if (gso_type != VIRTIO_NET_HDR_GSO_NONE) {
            /* hdr_len and gso_size (section 5.1.6.4). */
            g_assert_cmpint(qtest_readw(f->d->qts, addrs[i] + 2), >=, HEADERS);
            g_assert_cmpint(qtest_readw(f->d->qts, addrs[i] + 4), ==, MSS);
        }
    }
}

static void takes_effect(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    TapFixture *t = data;

    start(t, driver, variant);
    g_assert_true(interface_has(t, ETHTOOL_GTXCSUM));
    g_assert_true(interface_has(t, ETHTOOL_GTSO));
    large_segment_comes_as(t, PAYLOAD, 1, VIRTIO_NET_HDR_GSO_TCPV4);

    g_assert_cmpint(set_offloads(t, GUEST(CSUM), 8), ==, VIRTIO_NET_OK);
    g_assert_true(interface_has(t, ETHTOOL_GTXCSUM));
    g_assert_false(interface_has(t, ETHTOOL_GTSO));
    large_segment_comes_as(t, MSS, 4, VIRTIO_NET_HDR_GSO_NONE);

    g_assert_cmpint(set_offloads(t, 0, 8), ==, VIRTIO_NET_OK);
    g_assert_false(interface_has(t, ETHTOOL_GTXCSUM));
    large_segment_comes_as(t, MSS, 4, VIRTIO_NET_HDR_GSO_NONE);

    g_assert_cmpint(set_offloads(t, GUEST(CSUM) | GUEST(TSO4), 8), ==,
                    VIRTIO_NET_OK);
    large_segment_comes_as(t, PAYLOAD, 1, VIRTIO_NET_HDR_GSO_TCPV4);
    net_fixture_stop(&t->net);
}

static void bad_sets(void *driver, QTestState *qts, const char *variant,
                     void *data)
{
    static const uint64_t bad[] = {
        GUEST(UFO), GUEST(ECN), QVIRTIO_F(VIRTIO_NET_F_CSUM),
        QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ), QVIRTIO_F(VIRTIO_F_VERSION_1),
        QVIRTIO_F(63), UINT64_MAX,
    };
    TapFixture *t = data;

    start(t, driver, variant);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_assert_cmpint(set_offloads(t, bad[i], 8), ==, VIRTIO_NET_ERR);
        g_assert_cmpint(set_offloads(t, bad[i] | GUEST(CSUM), 8), ==,
                        VIRTIO_NET_ERR);
    }
    g_assert_cmpint(set_offloads(t, 0, 7), ==, VIRTIO_NET_ERR);
    g_assert_true(interface_has(t, ETHTOOL_GTSO));
    large_segment_comes_as(t, PAYLOAD, 1, VIRTIO_NET_HDR_GSO_TCPV4);
    net_fixture_stop(&t->net);
}

/* What one driver switched off the next one finds as its features say. */
static void reset(void *driver, QTestState *qts, const char *variant,
                  void *data)
{
    TapFixture *t = data;

    start(t, driver, variant);
    g_assert_cmpint(set_offloads(t, 0, 8), ==, VIRTIO_NET_OK);
    net_fixture_stop(&t->net);
    start(t, driver, variant);
    g_assert_true(interface_has(t, ETHTOOL_GTSO));
    large_segment_comes_as(t, PAYLOAD, 1, VIRTIO_NET_HDR_GSO_TCPV4);
    net_fixture_stop(&t->net);
}

/* Counters of one type of the receive queue (section 5.1.6.5.11). */
static void rx_stats(TapFixture *t, unsigned type, uint64_t counters[4])
{
    const uint64_t request[2] = { 0, UINT64_C(1) << type };
    uint64_t reply[5];
    uint32_t got;

    g_assert_cmpint(net_ctrl_result(&t->net, 8, 1, request, sizeof(request),
                                    reply, sizeof(reply), &got), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, sizeof(reply));
    memcpy(counters, reply + 1, 4 * sizeof(*counters));
}

/* What the statistics say of checksums and of segments that were received. */
static void counted(void *driver, QTestState *qts, const char *variant,
                    void *data)
{
    TapFixture *t = data;
    uint64_t csum[2][4], gso[2][4];

    net_tap_open_host(t);
    net_fixture_start(&t->net, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) | QVIRTIO_F(50) |
                      GUEST(CSUM) | GUEST(TSO4));
    if (!qvirtio_has(t->net.d, VIRTIO_NET_F_GUEST_TSO4)) {
        qos_skip("this tap carries no large segments");
    }
    rx_stats(t, 1, csum[0]);
    rx_stats(t, 2, gso[0]);
    for (unsigned i = 0; i < 3; i++) {
        large_segment_comes_as(t, PAYLOAD, 1, VIRTIO_NET_HDR_GSO_TCPV4);
    }
    rx_stats(t, 1, csum[1]);
    rx_stats(t, 2, gso[1]);
    g_assert_cmpint(csum[1][1] - csum[0][1], ==, 3);
    g_assert_cmpint(csum[1][2] - csum[0][2], ==, 0);
    g_assert_cmpint(gso[1][0] - gso[0][0], ==, 3);
    g_assert_cmpint(gso[1][1] - gso[0][1], ==, 3 * (HEADERS + PAYLOAD));
    net_fixture_stop(&t->net);
}

static void register_tests(void)
{
    static const QOSTestOpts opts = {
        .variants = qvirt_layout_names,
        .before = net_tap_offload_before, .after = net_fixture_after,
    };

    qos_add_test("guest-offloads/takes-effect", "virtio-net", takes_effect,
                 &opts);
    qos_add_test("guest-offloads/bad-sets", "virtio-net", bad_sets, &opts);
    qos_add_test("guest-offloads/reset", "virtio-net", reset, &opts);
    qos_add_test("stats/received-offloads", "virtio-net-modern", counted,
                 &opts);
}

libqos_init(register_tests)

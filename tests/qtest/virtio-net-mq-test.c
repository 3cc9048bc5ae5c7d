/*
 * virtio-net with several queue pairs, over a tap interface with as many queues
 * whose other end is a packet socket on that interface. Skipped where the test
 * may not make interfaces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"
#include "virtio-net-tap.h"

/* --- the fixture --- */

static bool tun_usable(void)
{
    struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    bool usable = fd >= 0 && ioctl(fd, TUNSETIFF, &req) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return usable;
}

static char *tap_netdev(void **data, unsigned pairs, const char *vnet_hdr)
{
    TapFixture *t = g_new0(TapFixture, 1);
    NetFixture *f = &t->net;
    static unsigned number;

    f->host_fd = f->guest_fd = -1;
    f->pairs = pairs;
    *data = t;
    if (!tun_usable()) {
        return g_strdup("-netdev hubport,id=hs0,hubid=0");
    }
    snprintf(t->ifname, sizeof(t->ifname), "qt%x.%x", getpid() & 0xffffff,
             number++ & 0xfff);
    return g_strdup_printf("-netdev tap,id=hs0,ifname=%s,queues=%u,script=no,"
                           "downscript=no,vnet_hdr=%s", t->ifname, pairs,
                           vnet_hdr);
}

char *net_tap_before(void **data)
{
    return tap_netdev(data, NET_TAP_PAIRS, "off");
}

char *net_tap_offload_before(void **data)
{
    return tap_netdev(data, 1, "on");
}

/* The interface goes up, and our socket sees and sends whole frames on it. */
void net_tap_open_host(TapFixture *t)
{
    struct sockaddr_ll addr = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = if_nametoindex(t->ifname),
    };
    struct ifreq req = { .ifr_flags = IFF_UP };
    g_autofree char *ipv6 =
        g_strdup_printf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", t->ifname);
    NetFixture *f = &t->net;
    int fd;

    if (!t->ifname[0]) {
        qos_skip("no tap interfaces here");
    }
    if (f->host_fd >= 0) {
        return;
    }
    /* Or the kernel would talk on it by itself. */
    fd = open(ipv6, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        g_assert_cmpint(write(fd, "1", 1), ==, 1);
        close(fd);
    }
    f->host_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (f->host_fd < 0) {
        qos_skip("no packet sockets here");
    }
    g_strlcpy(req.ifr_name, t->ifname, IFNAMSIZ);
    g_assert_cmpint(ioctl(f->host_fd, SIOCSIFFLAGS, &req), ==, 0);
    g_assert_cmpint(bind(f->host_fd, (struct sockaddr *)&addr, sizeof(addr)),
                    ==, 0);
}

void net_tap_start(TapFixture *t, QVirtioDevice *d, const char *layout,
                   uint64_t features)
{
    net_tap_open_host(t);
    net_fixture_start(&t->net, d, layout,
                      features | QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_MQ));
    for (unsigned pair = 0; pair < NET_TAP_PAIRS; pair++) {
        t->taken[pair] = 0;
        for (unsigned i = 0; i < NET_TAP_BUFFERS; i++) {
            t->posted[pair][i] = guest_alloc(d->alloc, 256);
            qvirtqueue_add1(net_tap_rx(t, pair), t->posted[pair][i], 256, true);
        }
        qvirtqueue_kick(net_tap_rx(t, pair));
    }
}

const QOSTestOpts net_tap_opts = {
    .variants = qvirt_layout_names,
    .device_args = ",mq=on",
    .before = net_tap_before, .after = net_fixture_after,
};

QVirtQueue *net_tap_rx(TapFixture *t, unsigned pair)
{
    return pair == 0 ? t->net.rx : t->net.more[2 * pair - 2];
}

QVirtQueue *net_tap_tx(TapFixture *t, unsigned pair)
{
    return pair == 0 ? t->net.tx : t->net.more[2 * pair - 1];
}

uint8_t net_tap_set_pairs(TapFixture *t, uint16_t pairs)
{
    return net_ctrl(&t->net, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET,
                    &pairs, sizeof(pairs));
}

/* An IPv4 UDP frame; the port tells its flow. */
void net_tap_make_udp(uint8_t frame[64], bool from_guest, uint16_t flow)
{
    static const uint8_t head[34] = {
        0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00,
        0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0,
        10, 9, 8, 2, 10, 9, 8, 1,
    };
    unsigned src = from_guest ? 36 : 34, dst = from_guest ? 34 : 36;

    memset(frame, 0, 64);
    memcpy(frame, head, sizeof(head));
    if (from_guest) {
        memcpy(frame, head + 6, 6);
        memcpy(frame + 6, head, 6);
        memcpy(frame + 26, head + 30, 4);
        memcpy(frame + 30, head + 26, 4);
    }
    frame[src] = flow >> 8;
    frame[src + 1] = flow;
    frame[dst] = 0x30;
    frame[dst + 1] = 0x39;
    frame[39] = 30;
}

unsigned net_tap_lands_on(TapFixture *t, const uint8_t *frame, size_t size,
                          uint64_t *addr)
{
    NetFixture *f = &t->net;
    gint64 end = g_get_monotonic_time() + QTEST_WAIT_US;
    uint16_t id;
    uint32_t len;

    net_host_send(f, frame, size);
    for (;;) {
        for (unsigned i = 0; i < NET_TAP_PAIRS; i++) {
            if (qvirtqueue_poll(net_tap_rx(t, i), &id, &len)) {
                g_assert_cmpint(len, ==, f->hdr_bytes + size);
                if (addr) {
                    *addr = t->posted[i][t->taken[i]];
                }
                t->taken[i]++;
                return i;
            }
        }
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(50);
    }
}

/* Sent by the guest on this pair, and seen on the wire. */
static void send_on_pair(TapFixture *t, unsigned pair, const uint8_t *frame)
{
    NetFixture *f = &t->net;
    QVirtQueue *tx = f->tx;
    uint8_t got[256];
    ssize_t len;

    f->tx = net_tap_tx(t, pair);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    f->tx = tx;
    do {
        len = net_host_receive(f, got, sizeof(got), 5000);
        g_assert_cmpint(len, >, 0);
    } while (len != 64 || memcmp(got, frame, 64) != 0);
}

/* --- what several pairs do --- */

static void pairs_carry_packets(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    TapFixture *t = data;
    uint8_t frame[64];

    net_tap_start(t, driver, variant, 0);
    g_assert_cmpint(t->net.d->transport->config_read(t->net.d,
                    offsetof(struct virtio_net_config, max_virtqueue_pairs), 2),
                    ==, NET_TAP_PAIRS);
    for (unsigned flow = 0; flow < 8; flow++) {
        net_tap_make_udp(frame, true, flow);
        send_on_pair(t, 0, frame);
        net_tap_make_udp(frame, false, flow);
        g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==, 0);
    }
    g_assert_cmpint(net_tap_set_pairs(t, NET_TAP_PAIRS), ==, VIRTIO_NET_OK);
    for (unsigned flow = 0; flow < 8; flow++) {
        unsigned pair = flow % NET_TAP_PAIRS;

        /* What is sent on a pair tells where its answers belong. */
        net_tap_make_udp(frame, true, flow);
        send_on_pair(t, pair, frame);
        net_tap_make_udp(frame, false, flow);
        g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==, pair);
    }
    net_fixture_stop(&t->net);
}

/* More and fewer pairs while frames come: each arrives, on a pair in use. */
static void pairs_change_under_traffic(void *driver, QTestState *qts,
                                       const char *variant, void *data)
{
    TapFixture *t = data;
    uint8_t frame[64];

    net_tap_start(t, driver, variant, 0);
    for (unsigned round = 0; round < 6; round++) {
        unsigned pairs = 1 + round % NET_TAP_PAIRS;

        g_assert_cmpint(net_tap_set_pairs(t, pairs), ==, VIRTIO_NET_OK);
        for (unsigned flow = 0; flow < 8; flow++) {
            net_tap_make_udp(frame, true, flow);
            send_on_pair(t, flow % pairs, frame);
            net_tap_make_udp(frame, false, flow);
            g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), <, pairs);
        }
    }
    net_fixture_stop(&t->net);
}

static void pairs_out_of_range(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    static const uint16_t wrong[] = { 0, NET_TAP_PAIRS + 1, 0x8000, 0xffff };
    TapFixture *t = data;
    uint8_t frame[64];

    net_tap_start(t, driver, variant, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_cmpint(net_tap_set_pairs(t, wrong[i]), ==, VIRTIO_NET_ERR);
    }
    g_assert_cmpint(net_ctrl(&t->net, VIRTIO_NET_CTRL_MQ,
                             VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, "\1", 1), ==,
                    VIRTIO_NET_ERR);
    net_tap_make_udp(frame, false, 1);
    g_assert_cmpint(net_tap_lands_on(t, frame, 64, NULL), ==, 0);
    net_fixture_stop(&t->net);
}

/* A driver that knows of one pair finds the control queue behind it. */
static void pairs_unknown_to_driver(void *driver, QTestState *qts,
                                    const char *variant, void *data)
{
    TapFixture *t = data;
    uint16_t pairs = NET_TAP_PAIRS;
    uint8_t frame[64];

    net_tap_start(t, driver, variant, 0);
    net_fixture_stop(&t->net);
    net_fixture_start(&t->net, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    g_assert_cmpint(net_ctrl(&t->net, VIRTIO_NET_CTRL_RX,
                             VIRTIO_NET_CTRL_RX_PROMISC, "\1", 1), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(net_ctrl(&t->net, VIRTIO_NET_CTRL_MQ,
                             VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &pairs, 2), ==,
                    VIRTIO_NET_ERR);
    net_tap_make_udp(frame, true, 7);
    send_on_pair(t, 0, frame);
    net_fixture_stop(&t->net);
}

/*
 * Queues beyond those that such a driver has, one of them behind all pairs, exist
 * and are nobody's. Guards: the queue belongs to a pair.
 */
static void queues_of_nobody(void *driver, QTestState *qts, const char *variant,
                             void *data)
{
    TapFixture *t = data;
    uint8_t frame[64];

    net_tap_start(t, driver, variant, 0);
    net_fixture_stop(&t->net);
    net_fixture_start(&t->net, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ));
    for (unsigned n = 3; n <= 2 * NET_TAP_PAIRS; n++) {
        QVirtQueue *vq = qvirtqueue_new(t->net.d, n, 0);
        uint64_t buffer = guest_alloc(t->net.d->alloc, 256);

        qvirtqueue_add1(vq, buffer, 256, true);
        qvirtqueue_kick(vq);
        t->net.d->transport->notify(vq);
        qvirtio_settle(t->net.d);
        qvirtqueue_free(vq);
    }
    net_tap_make_udp(frame, true, 7);
    send_on_pair(t, 0, frame);
    net_fixture_stop(&t->net);
}

static void register_tests(void)
{
    qos_add_test("mq/pairs-carry-packets", "virtio-net", pairs_carry_packets,
                 &net_tap_opts);
    qos_add_test("mq/pairs-change-under-traffic", "virtio-net",
                 pairs_change_under_traffic, &net_tap_opts);
    qos_add_test("mq/pairs-out-of-range", "virtio-net", pairs_out_of_range,
                 &net_tap_opts);
    qos_add_test("mq/unknown-to-driver", "virtio-net", pairs_unknown_to_driver,
                 &net_tap_opts);
    qos_add_test("attack/queues-of-nobody", "virtio-net", queues_of_nobody,
                 &net_tap_opts);
}

libqos_init(register_tests)

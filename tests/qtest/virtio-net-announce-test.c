/*
 * announce-self: the frames that come out of the NIC and when, and the request to a
 * driver that can announce itself. Announcements go by host time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-tap.h"

#define FRAME_BYTES     60
#define STATUS_OFFSET   6

static void expect_rarp(NetFixture *f, const uint8_t mac[6], int wait_ms)
{
    uint8_t want[FRAME_BYTES] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x80, 0x35,
        0, 1, 0x08, 0, 6, 4, 0, 3,
    };
    uint8_t got[2048];
    ssize_t len = net_host_receive(f, got, sizeof(got), wait_ms);

    memcpy(want + 6, mac, 6);
    memcpy(want + 22, mac, 6);
    memcpy(want + 32, mac, 6);
    g_assert_cmpint(len, >, 0);
    g_assert_cmpmem(got, len, want, sizeof(want));
}

static void expect_silence(NetFixture *f, int wait_ms)
{
    uint8_t got[2048];

    g_assert_cmpint(net_host_receive(f, got, sizeof(got), wait_ms), ==, -1);
}

static const uint8_t default_mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

static void announce(QTestState *qts, const char *arguments)
{
    g_autofree char *command =
        g_strdup_printf("{\"execute\":\"announce-self\",\"arguments\":{%s}}",
                        arguments);

    qtest_qmp_ok(qts, "%s", command);
}

/* Pauses of 40, 80, 100 and 100 ms; none earlier, and no sixth round. */
static void rounds(void *driver, QTestState *qts, const char *variant,
                   void *data)
{
    static const int due_ms[] = { 0, 40, 120, 220, 320 };
    NetFixture *f = data;
    gint64 begin = g_get_monotonic_time();

    announce(qts, "\"initial\":40,\"max\":100,\"rounds\":5,\"step\":40");
    for (unsigned i = 0; i < ARRAY_SIZE(due_ms); i++) {
        expect_rarp(f, default_mac, 5000);
        g_assert_cmpint(g_get_monotonic_time() - begin, >=,
                        due_ms[i] * 1000 - 1000);
    }
    expect_silence(f, 200);
}

static void announce_for_long(QTestState *qts, const char *id, bool on)
{
    g_autofree char *arguments =
        g_strdup_printf("\"initial\":20,\"max\":20,\"rounds\":%d,\"step\":0,"
                        "\"id\":\"%s\"", on ? 1000 : 0, id);

    announce(qts, arguments);
}

/* Each goes on until it is told to end; of the same id there is one. */
static void series(void *driver, QTestState *qts, const char *variant,
                   void *data)
{
    NetFixture *f = data;
    uint8_t got[2048];

    announce_for_long(qts, "a", true);
    announce_for_long(qts, "b", true);
    announce_for_long(qts, "b", true);
    announce_for_long(qts, "b", false);
    while (net_host_receive(f, got, sizeof(got), 0) > 0) {
        /* Those that were on their way. */
    }
    for (unsigned i = 0; i < 3; i++) {
        expect_rarp(f, default_mac, 5000);
    }
    announce_for_long(qts, "a", false);
    while (net_host_receive(f, got, sizeof(got), 0) > 0) {
        /* Likewise. */
    }
    expect_silence(f, 200);
    /* One that does not exist ends too. */
    announce_for_long(qts, "c", false);
    expect_silence(f, 20);
}

static void bad_arguments(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    static const char *const bad[] = {
        "\"initial\":-1,\"max\":1,\"rounds\":1,\"step\":1",
        "\"initial\":1,\"max\":100001,\"rounds\":1,\"step\":1",
        "\"initial\":1,\"max\":1,\"rounds\":1001,\"step\":1",
        "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":-1",
        "\"initial\":1,\"max\":1,\"rounds\":1",
        "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1,"
        "\"interfaces\":[\"nobody\"]",
        "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1,"
        "\"interfaces\":[\"hs0\"]",
    };
    NetFixture *f = data;

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree char *command = g_strdup_printf(
            "{\"execute\":\"announce-self\",\"arguments\":{%s}}", bad[i]);

        g_free(qtest_qmp_error(qts, "GenericError", "%s", command));
    }
    expect_silence(f, 50);
    announce(qts, "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1,"
             "\"interfaces\":[]");
    expect_silence(f, 50);
}

static uint16_t status(NetFixture *f)
{
    return f->d->transport->config_read(f->d, STATUS_OFFSET, 2);
}

/* The frame is from the address that the driver chose. */
static void driver_announces(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0, 9, 8, 7 };
    NetFixture *f = data;

    net_fixture_start(f, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_STATUS) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR) |
                      QVIRTIO_F(VIRTIO_NET_F_GUEST_ANNOUNCE));
    g_assert_true(qvirtio_has(f->d, VIRTIO_NET_F_GUEST_ANNOUNCE));
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, 6), ==,
                    VIRTIO_NET_OK);
    qvirtio_config_interrupted(f->d);
    for (unsigned i = 0; i < 2; i++) {
        announce(qts, "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1");
        expect_rarp(f, mac, 5000);
        qvirtio_wait_config_interrupt(f->d);
        g_assert_cmphex(status(f), ==,
                        VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
        g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_ANNOUNCE,
                                 VIRTIO_NET_CTRL_ANNOUNCE_ACK, NULL, 0), ==,
                        VIRTIO_NET_OK);
        g_assert_cmphex(status(f), ==, VIRTIO_NET_S_LINK_UP);
        g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_ANNOUNCE,
                                 VIRTIO_NET_CTRL_ANNOUNCE_ACK + 1, NULL, 0),
                        ==, VIRTIO_NET_ERR);
    }
    /* Reset forgets the request; a driver without the feature gets none. */
    announce(qts, "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1");
    expect_rarp(f, mac, 5000);
    net_fixture_stop(f);
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_STATUS));
    g_assert_cmphex(status(f), ==, VIRTIO_NET_S_LINK_UP);
    qvirtio_config_interrupted(f->d);
    announce(qts, "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1");
    expect_rarp(f, default_mac, 5000);
    g_assert_false(qvirtio_config_interrupted(f->d));
    g_assert_cmphex(status(f), ==, VIRTIO_NET_S_LINK_UP);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_ANNOUNCE,
                             VIRTIO_NET_CTRL_ANNOUNCE_ACK, NULL, 0), ==,
                    VIRTIO_NET_ERR);
    net_fixture_stop(f);
}

/* Where the backend carries virtio headers the frame has one too. */
static void over_tap(void *driver, QTestState *qts, const char *variant,
                     void *data)
{
    TapFixture *t = data;

    net_tap_open_host(t);
    net_fixture_start(&t->net, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_CSUM));
    announce(qts, "\"initial\":1,\"max\":1,\"rounds\":1,\"step\":1");
    expect_rarp(&t->net, default_mac, 5000);
    net_fixture_stop(&t->net);
}

static void register_tests(void)
{
    static const char *const split[] = { "split", NULL };
    static const QOSTestOpts tap = {
        .variants = split,
        .before = net_tap_offload_before, .after = net_fixture_after,
    };
    static const QOSTestOpts layouts = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts once = {
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("announce/rounds", "virtio-net", rounds, &once);
    qos_add_test("announce/series", "virtio-net", series, &once);
    qos_add_test("announce/bad-arguments", "virtio-net", bad_arguments, &once);
    qos_add_test("announce/driver-announces", "virtio-net", driver_announces,
                 &layouts);
    qos_add_test("announce/over-tap", "virtio-net", over_tap, &tap);
}

libqos_init(register_tests)

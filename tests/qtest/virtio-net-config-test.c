/*
 * virtio-net's configuration space and those features that change little: what the
 * properties say is what the driver reads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define ALLUNI_TO_NOBCAST   0x3c    /* bits of RX commands, CTRL_RX_EXTRA's */

static uint64_t config(NetFixture *f, unsigned offset, unsigned size)
{
    return f->d->transport->config_read(f->d, offset, size);
}

#define CONFIG(f, field)                                                     \
    config(f, offsetof(struct virtio_net_config, field),                     \
           sizeof(((struct virtio_net_config *)0)->field))

static void exchange(NetFixture *f, unsigned number)
{
    uint8_t frame[100], got[200];

    net_make_frame(frame, sizeof(frame), number);
    net_guest_send(f, frame, sizeof(frame));
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                    sizeof(frame));
    g_assert_cmpmem(got, sizeof(frame), frame, sizeof(frame));
    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    net_host_send(f, frame, sizeof(frame));
    qvirtqueue_wait(f->rx, NULL);
}

static void values(void *driver, QTestState *qts, const char *variant,
                   void *data)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc };
    NetFixture *f = data;
    bool modern;

    net_fixture_start(f, driver, variant,
                      QVIRTIO_F(VIRTIO_NET_F_MAC) |
                      QVIRTIO_F(VIRTIO_NET_F_STATUS) |
                      QVIRTIO_F(VIRTIO_NET_F_MTU) |
                      QVIRTIO_F(VIRTIO_NET_F_SPEED_DUPLEX));
    modern = qvirtio_has(f->d, VIRTIO_F_VERSION_1);
    g_assert_true(qvirtio_has(f->d, VIRTIO_NET_F_MAC));
    g_assert_true(qvirtio_has(f->d, VIRTIO_NET_F_MTU));
    g_assert_cmpint(qvirtio_has(f->d, VIRTIO_NET_F_SPEED_DUPLEX), ==, modern);
    for (unsigned i = 0; i < 6; i++) {
        g_assert_cmphex(config(f, i, 1), ==, mac[i]);
    }
    g_assert_cmphex(CONFIG(f, status), ==, VIRTIO_NET_S_LINK_UP);
    g_assert_cmpint(CONFIG(f, max_virtqueue_pairs), ==, 1);
    g_assert_cmpint(CONFIG(f, mtu), ==, 1400);
    g_assert_cmpint(CONFIG(f, speed), ==, 2500);
    g_assert_cmpint(CONFIG(f, duplex), ==, 1);
    exchange(f, 1);
    net_fixture_stop(f);
}

/* Without the properties these are not there. */
static void absent(void *driver, QTestState *qts, const char *variant,
                   void *data)
{
    NetFixture *f = data;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_MTU) |
                      QVIRTIO_F(VIRTIO_NET_F_SPEED_DUPLEX));
    g_assert_false(qvirtio_has(f->d, VIRTIO_NET_F_MTU));
    g_assert_false(qvirtio_has(f->d, VIRTIO_NET_F_SPEED_DUPLEX));
    net_fixture_stop(f);
}

/* --- VLANs and the extra modes --- */

/* Does a frame to @first_byte::, of this VLAN, get through? A probe follows it. */
static bool gets_through(NetFixture *f, uint8_t first_byte, int vlan)
{
    static unsigned number;
    uint8_t frame[64], probe[64];
    uint64_t addr[2] = { net_guest_post(f, 256), net_guest_post(f, 256) };
    uint32_t first;

    qvirtqueue_kick(f->rx);
    net_make_frame(frame, sizeof(frame), ++number);
    net_make_frame(probe, sizeof(probe), ++number);
    frame[0] = first_byte;
    if (vlan >= 0) {
        frame[12] = 0x81;
        frame[13] = 0x00;
        frame[14] = vlan >> 8;
        frame[15] = vlan;
        frame[16] = frame[17] = 0;
    }
    net_host_send(f, frame, sizeof(frame));
    net_host_send(f, probe, sizeof(probe));
    qvirtqueue_wait(f->rx, NULL);
    qtest_memread(f->d->qts, addr[0] + f->hdr_bytes + 18, &first, 1);
    if ((first & 0xff) == frame[18]) {
        qvirtqueue_wait(f->rx, NULL);
        return true;
    }
    /* The other buffer goes to a probe of its own. */
    net_host_send(f, probe, sizeof(probe));
    qvirtqueue_wait(f->rx, NULL);
    return false;
}

static uint8_t ctrl_byte(NetFixture *f, uint8_t class, uint8_t command,
                         uint8_t value)
{
    return net_ctrl(f, class, command, &value, 1);
}

static uint8_t vlan(NetFixture *f, bool add, uint16_t vid)
{
    return net_ctrl(f, VIRTIO_NET_CTRL_VLAN,
                    add ? VIRTIO_NET_CTRL_VLAN_ADD : VIRTIO_NET_CTRL_VLAN_DEL,
                    &vid, sizeof(vid));
}

static void vlans(void *driver, QTestState *qts, const char *variant,
                  void *data)
{
    NetFixture *f = data;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VLAN));
    g_assert_cmpint(ctrl_byte(f, VIRTIO_NET_CTRL_RX,
                              VIRTIO_NET_CTRL_RX_PROMISC, 0), ==,
                    VIRTIO_NET_OK);
    g_assert_false(gets_through(f, 0x52, 5));
    g_assert_cmpint(vlan(f, true, 5), ==, VIRTIO_NET_OK);
    g_assert_true(gets_through(f, 0x52, 5));
    g_assert_false(gets_through(f, 0x52, 6));
    g_assert_false(gets_through(f, 0x52, 0x105));
    g_assert_cmpint(vlan(f, true, 4095), ==, VIRTIO_NET_OK);
    g_assert_true(gets_through(f, 0x52, 4095));
    g_assert_cmpint(vlan(f, false, 5), ==, VIRTIO_NET_OK);
    g_assert_false(gets_through(f, 0x52, 5));
    g_assert_true(gets_through(f, 0x52, -1));
    g_assert_cmpint(vlan(f, true, 4096), ==, VIRTIO_NET_ERR);
    net_fixture_stop(f);
    /* Who did not take the feature gets all of them. */
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    g_assert_cmpint(ctrl_byte(f, VIRTIO_NET_CTRL_RX,
                              VIRTIO_NET_CTRL_RX_PROMISC, 0), ==,
                    VIRTIO_NET_OK);
    g_assert_true(gets_through(f, 0x52, 5));
    g_assert_cmpint(vlan(f, true, 5), ==, VIRTIO_NET_ERR);
    net_fixture_stop(f);
}

static void extra_modes(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    NetFixture *f = data;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX_EXTRA));
    ctrl_byte(f, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 0);
    g_assert_false(gets_through(f, 0x54, -1));
    g_assert_cmpint(ctrl_byte(f, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLUNI,
                              1), ==, VIRTIO_NET_OK);
    g_assert_true(gets_through(f, 0x54, -1));
    g_assert_cmpint(ctrl_byte(f, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLUNI,
                              0), ==, VIRTIO_NET_OK);
    g_assert_false(gets_through(f, 0x54, -1));
    net_fixture_stop(f);
    /* Without the feature these commands are unknown. */
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    for (unsigned command = 0; command < 6; command++) {
        g_assert_cmpint(ctrl_byte(f, VIRTIO_NET_CTRL_RX, command, 0), ==,
                        ALLUNI_TO_NOBCAST >> command & 1 ? VIRTIO_NET_ERR :
                                                           VIRTIO_NET_OK);
    }
    net_fixture_stop(f);
}

/* --- features of the core --- */

/* Addresses of the bus: without an IOMMU the same ones. */
static void access_platform(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    NetFixture *f = data;

    net_fixture_start(f, driver, variant,
                      QVIRTIO_F(VIRTIO_F_ACCESS_PLATFORM));
    g_assert_true(qvirtio_has(f->d, VIRTIO_F_ACCESS_PLATFORM));
    for (unsigned i = 0; i < 4; i++) {
        exchange(f, i);
    }
    net_fixture_stop(f);
}

/* A legacy driver that wants no interrupts has one when all was sent. */
static void notify_on_empty(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    NetFixture *f = data;

    for (unsigned on = 0; on < 2; on++) {
        uint8_t frame[100];

        net_fixture_start(f, driver, variant,
                          on ? QVIRTIO_F(VIRTIO_F_NOTIFY_ON_EMPTY) : 0);
        f->d->layout->interrupts(f->tx, false);
        qvirtqueue_interrupted(f->tx);
        net_make_frame(frame, sizeof(frame), on);
        net_guest_send(f, frame, sizeof(frame));
        qvirtqueue_kick(f->tx);
        qvirtqueue_wait(f->tx, NULL);
        g_assert_cmpint(net_host_receive(f, frame, sizeof(frame), 5000), ==,
                        sizeof(frame));
        qvirtio_settle(f->d);
        if (on) {
            qvirtqueue_wait_interrupt(f->tx);
        }
        g_assert_false(qvirtqueue_interrupted(f->tx));
        net_fixture_stop(f);
    }
}

static void register_tests(void)
{
    static const QOSTestOpts set = {
        .variants = qvirt_layout_names,
        .device_args = ",host_mtu=1400,speed=2500,duplex=full,"
                       "mac=52:54:00:aa:bb:cc",
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts all = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts platform = {
        .variants = qvirt_layout_names,
        .device_args = ",iommu_platform=on,disable-legacy=on",
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const char *const split[] = { "split", "split-indirect", NULL };
    static const QOSTestOpts legacy = {
        .variants = split,
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("config/values", "virtio-net", values, &set);
    qos_add_test("config/absent", "virtio-net", absent, &all);
    qos_add_test("ctrl/vlans", "virtio-net", vlans, &all);
    qos_add_test("ctrl/extra-modes", "virtio-net", extra_modes, &all);
    qos_add_test("access-platform", "virtio-net-modern", access_platform,
                 &platform);
    qos_add_test("notify-on-empty", "virtio-net-legacy", notify_on_empty,
                 &legacy);
}

libqos_init(register_tests)

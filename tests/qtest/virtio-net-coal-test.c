/*
 * virtio-net notification coalescing: the interrupt comes with the packet that
 * fills the measure, or when virtual time has gone far enough, and not before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define COAL_TX_SET     0
#define COAL_RX_SET     1
#define COAL_VQ_SET     2
#define COAL_VQ_GET     3
#define VQ_NOTF_COAL    52
#define NOTF_COAL       53

static void start(NetFixture *f, void *driver, const char *variant)
{
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(NOTF_COAL) | QVIRTIO_F(VQ_NOTF_COAL));
    if (!qvirtio_has(f->d, NOTF_COAL)) {
        qos_skip("coalescing is not for legacy drivers");
    }
}

static uint8_t set_all(NetFixture *f, uint8_t command, uint32_t packets,
                       uint32_t usecs)
{
    uint32_t body[2] = { packets, usecs };

    return net_ctrl(f, VIRTIO_NET_CTRL_NOTF_COAL, command, body, sizeof(body));
}

static uint8_t set_vq(NetFixture *f, uint16_t queue, uint32_t packets,
                      uint32_t usecs)
{
    uint32_t body[3] = { queue, packets, usecs };

    return net_ctrl(f, VIRTIO_NET_CTRL_NOTF_COAL, COAL_VQ_SET, body,
                    sizeof(body));
}

/* The answer stands before the status byte. */
static uint8_t get_vq(NetFixture *f, uint16_t queue, uint32_t answer[2])
{
    QTestState *qts = f->d->qts;
    uint64_t addr = guest_alloc(f->d->alloc, 64);
    QVirtBuf bufs[2] = { { addr, 6, false }, { addr + 16, 9, true } };

    qtest_writeb(qts, addr, VIRTIO_NET_CTRL_NOTF_COAL);
    qtest_writeb(qts, addr + 1, COAL_VQ_GET);
    qtest_writew(qts, addr + 2, queue);
    qtest_writew(qts, addr + 4, 0xffff);
    qvirtqueue_add(f->ctrl, bufs, 2);
    qvirtqueue_kick(f->ctrl);
    qvirtqueue_wait(f->ctrl, NULL);
    qtest_memread(qts, addr + 16, answer, 8);
    return qtest_readb(qts, addr + 24);
}

/*
 * The device decides on the interrupt after it has shown what is used: the driver does
 * not move its event before.
 */
static void take_one(NetFixture *f, QVirtQueue *vq)
{
    qvirtqueue_wait_untaken(vq);
    qvirtio_settle(f->d);
    qvirtqueue_wait(vq, NULL);
}

static void receive_one(NetFixture *f, unsigned number)
{
    uint8_t frame[64];

    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    net_make_frame(frame, 64, number);
    net_host_send(f, frame, 64);
    take_one(f, f->rx);
}

static void send_one(NetFixture *f, unsigned number)
{
    uint8_t frame[64];

    net_make_frame(frame, 64, number);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    take_one(f, f->tx);
    g_assert_cmpint(net_host_receive(f, frame, 64, 5000), ==, 64);
}

static void (*const move_one[])(NetFixture *, unsigned) = {
    receive_one, send_one,
};

static void by_count(void *driver, QTestState *qts, const char *variant,
                     void *data)
{
    NetFixture *f = data;

    for (unsigned side = 0; side < 2; side++) {
        QVirtQueue *vq;

        start(f, driver, variant);
        vq = side ? f->tx : f->rx;
        g_assert_cmpint(set_all(f, side ? COAL_TX_SET : COAL_RX_SET, 3, 1000),
                        ==, VIRTIO_NET_OK);
        qvirtqueue_interrupted(vq);
        for (unsigned i = 1; i <= 9; i++) {
            move_one[side](f, i);
            if (i % 3 == 0) {
                qvirtqueue_wait_interrupt(vq);
            }
            g_assert_false(qvirtqueue_interrupted(vq));
        }
        net_fixture_stop(f);
    }
}

static void by_time(void *driver, QTestState *qts, const char *variant,
                    void *data)
{
    NetFixture *f = data;

    for (unsigned side = 0; side < 2; side++) {
        QVirtQueue *vq;

        start(f, driver, variant);
        vq = side ? f->tx : f->rx;
        g_assert_cmpint(set_vq(f, side, 100, 50), ==, VIRTIO_NET_OK);
        qvirtqueue_interrupted(vq);
        for (unsigned round = 0; round < 3; round++) {
            move_one[side](f, round);
            qtest_clock_step(qts, 30 * 1000);
            g_assert_false(qvirtqueue_interrupted(vq));
            /* The clock began with the first packet, not with the last. */
            move_one[side](f, round);
            qtest_clock_step(qts, 19 * 1000);
            g_assert_false(qvirtqueue_interrupted(vq));
            qtest_clock_step(qts, 2 * 1000);
            qvirtio_settle(f->d);
            qvirtqueue_wait_interrupt(vq);
            qtest_clock_step(qts, 1000 * 1000);
            g_assert_false(qvirtqueue_interrupted(vq));
        }
        net_fixture_stop(f);
    }
}

/* Limits that what waits has already reached are met at once. */
static void limits_change(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    uint32_t got[2];

    start(f, driver, variant);
    g_assert_cmpint(set_all(f, COAL_RX_SET, 15, 1000), ==, VIRTIO_NET_OK);
    qvirtqueue_interrupted(f->rx);
    for (unsigned i = 0; i < 5; i++) {
        receive_one(f, i);
    }
    g_assert_false(qvirtqueue_interrupted(f->rx));
    g_assert_cmpint(set_all(f, COAL_RX_SET, 4, 1000), ==, VIRTIO_NET_OK);
    qvirtqueue_wait_interrupt(f->rx);

    g_assert_cmpint(get_vq(f, 0, got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got[0], ==, 4);
    g_assert_cmpint(got[1], ==, 1000);
    g_assert_cmpint(set_vq(f, 0, 7, 8), ==, VIRTIO_NET_OK);
    g_assert_cmpint(get_vq(f, 0, got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got[0], ==, 7);
    g_assert_cmpint(get_vq(f, 1, got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got[0], ==, 0);
    /* The control queue, and what is none. */
    g_assert_cmpint(get_vq(f, 2, got), ==, VIRTIO_NET_ERR);
    g_assert_cmpint(set_vq(f, 2, 1, 1), ==, VIRTIO_NET_ERR);
    g_assert_cmpint(set_vq(f, 0xffff, 1, 1), ==, VIRTIO_NET_ERR);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_NOTF_COAL, COAL_RX_SET, got, 7),
                    ==, VIRTIO_NET_ERR);
    /* Reset: every packet counts again. */
    net_fixture_stop(f);
    start(f, driver, variant);
    g_assert_cmpint(get_vq(f, 0, got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got[0], ==, 0);
    receive_one(f, 1);
    qvirtqueue_wait_interrupt(f->rx);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts all = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };

    /*
     * Here the driver takes packets before it is told of them; with the event
     * index it then no longer wants to be.
     */
    static const char *const layouts[] = {
        "split", "split-indirect", "packed", "packed-indirect", NULL
    };
    static const QOSTestOpts no_event = {
        .variants = layouts,
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("coalescing/by-count", "virtio-net", by_count, &all);
    qos_add_test("coalescing/by-time", "virtio-net", by_time, &no_event);
    qos_add_test("coalescing/limits-change", "virtio-net", limits_change,
                 &no_event);
}

libqos_init(register_tests)

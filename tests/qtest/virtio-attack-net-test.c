/*
 * Hostile drivers and peers of virtio-net: errors of the receive path again and
 * again, the device's own registers as buffers, ends of a connection that go while
 * packets move. Each case names the check that it guards.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <linux/pci_regs.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

static void start(NetFixture *f, void *driver, const char *variant,
                  uint64_t features)
{
    net_fixture_start(f, driver, variant, features);
}

/* It sends a frame, and the host gets it. */
static void sends(NetFixture *f)
{
    uint8_t frame[64], got[64];

    while (net_host_receive(f, got, sizeof(got), 0) >= 0) {
    }
    net_make_frame(frame, 64, 99);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==, 64);
    g_assert_cmpmem(got, 64, frame, 64);
}

/* --- receive errors --- */

#define SMALL       16
#define ERRORS      300

/*
 * CVE-2022-26353. All buffers together are too small for a frame, and one of them
 * is not RAM: the frame is lost, again and again, and the buffers are not. Guards:
 * what was taken for a frame that is not received goes back.
 */
static void mergeable_errors(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[9000];
    unsigned buffers;
    uint32_t len, total = 0;

    start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF));
    buffers = f->rx->size;
    for (unsigned i = 0; i < buffers; i++) {
        qvirtqueue_add1(f->rx, i == 7 ? 0xa0000 :
                        guest_alloc(f->d->alloc, SMALL), SMALL, true);
    }
    qvirtqueue_kick(f->rx);
    net_make_frame(frame, sizeof(frame), 1);
    for (unsigned i = 0; i < ERRORS; i++) {
        net_host_send(f, frame, sizeof(frame));
    }
    net_host_send(f, frame, 64);
    for (unsigned n = 0; n < (f->hdr_bytes + 64 + SMALL - 1) / SMALL; n++) {
        qvirtqueue_wait(f->rx, &len);
        total += len;
    }
    g_assert_cmpuint(total, ==, f->hdr_bytes + 64);
    sends(f);
    net_fixture_stop(f);
}

/* ROM as a receive buffer. Guards: only memory that can be written is written. */
static void rom_stays(void *driver, QTestState *qts, const char *variant,
                      void *data)
{
    static const uint64_t places[] = { 0xfffff000, 0xfffc0000, 0xf0000 };
    NetFixture *f = data;
    uint8_t frame[256], before[256], after[256];

    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        start(f, driver, variant, 0);
        qtest_memread(qts, places[i], before, sizeof(before));
        qvirtqueue_add1(f->rx, places[i], 2048, true);
        qvirtqueue_kick(f->rx);
        net_make_frame(frame, sizeof(frame), i);
        net_host_send(f, frame, sizeof(frame));
        qvirtqueue_wait(f->rx, NULL);
        qtest_memread(qts, places[i], after, sizeof(after));
        g_assert_cmpmem(after, sizeof(after), before, sizeof(before));
        net_fixture_stop(f);
    }
}

/*
 * CVE-2015-7295, receive filter 2026, where packets are copied: with hash reports
 * they are looked at first. Guards: a frame longer than the driver's buffers, or
 * shorter than an Ethernet header, is lost and holds up nothing.
 */
static void copied_long_and_short(void *driver, QTestState *qts,
                                  const char *variant, void *data)
{
    static const size_t sizes[] = { 4000, 1, 13, 0 };
    NetFixture *f = data;
    uint8_t frame[4000], got[64];

    for (unsigned i = 0; sizes[i]; i++) {
        uint64_t addr;
        uint32_t len;

        start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
              QVIRTIO_F(VIRTIO_NET_F_HASH_REPORT));
        addr = net_guest_post(f, 1526);
        qvirtqueue_kick(f->rx);
        net_make_frame(frame, sizes[i], 1);
        net_host_send(f, frame, sizes[i]);
        net_make_frame(frame, 64, 2);
        net_host_send(f, frame, 64);
        qvirtqueue_wait(f->rx, &len);
        g_assert_cmpuint(len, ==, f->hdr_bytes + 64);
        qtest_memread(qts, addr + f->hdr_bytes, got, 64);
        g_assert_cmpmem(got, 64, frame, 64);
        net_fixture_stop(f);
    }
}

/* --- the device's own registers --- */

/*
 * A frame's first byte, 0, lands on the status register, which would be a reset in
 * the middle of receiving. Guards: DMA of a device that is being entered by its
 * net queue does not enter it again.
 */
static void receive_into_status(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;
    uint8_t frame[64];

    start(f, driver, variant, 0);
    d = f->d;
    QVirtBuf bufs[3] = {
        { guest_alloc(d->alloc, 64), f->hdr_bytes, true },
        { d->common.addr + 20, 1, true },
        { guest_alloc(d->alloc, 2048), 2048, true },
    };
    qvirtqueue_add(f->rx, bufs, 3);
    qvirtqueue_kick(f->rx);
    net_make_frame(frame, 64, 3);
    frame[0] = 0;
    net_host_send(f, frame, 64);
    qvirtqueue_wait(f->rx, NULL);
    g_assert_cmphex(d->transport->get_status(d) & VIRTIO_CONFIG_S_DRIVER_OK,
                    ==, VIRTIO_CONFIG_S_DRIVER_OK);
    sends(f);
    net_fixture_stop(f);
}

/*
 * CVE-2024-3446. What is to be sent is in the device's own registers: it cannot be
 * read there while the device is at work. Guards: the bottom half that sends holds
 * the device's guard.
 */
static void send_own_registers(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;

    start(f, driver, variant, 0);
    d = f->d;
    QVirtBuf bufs[2] = {
        { guest_alloc(d->alloc, 64), f->hdr_bytes, false },
        { d->common.addr, 56, false },
    };
    qtest_memset(qts, bufs[0].addr, 0, f->hdr_bytes);
    qvirtqueue_add(f->tx, bufs, 2);
    qvirtqueue_kick(f->tx);
    qvirtio_wait_needs_reset(d);
    start(f, driver, variant, 0);
    sends(f);
    net_fixture_stop(f);
}

/*
 * The answer to a command, 0, likewise. Guards: whoever was told of a notification
 * holds the guard while a command runs.
 */
static void answer_into_status(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;

    start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
          QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    d = f->d;
    QVirtBuf bufs[2] = {
        { guest_alloc(d->alloc, 64), 3, false },
        { d->common.addr + 20, 1, true },
    };
    qtest_memset(qts, bufs[0].addr, 0, 3);
    qtest_writeb(qts, bufs[0].addr + 2, 1);     /* promiscuous, on */
    qvirtqueue_add(f->ctrl, bufs, 2);
    qvirtqueue_kick(f->ctrl);
    qvirtqueue_wait(f->ctrl, NULL);
    g_assert_cmphex(d->transport->get_status(d) & VIRTIO_CONFIG_S_DRIVER_OK,
                    ==, VIRTIO_CONFIG_S_DRIVER_OK);
    sends(f);
    net_fixture_stop(f);
}

/* --- who goes first --- */

#define PORT_ADDRESS    0x80001000u     /* 00:02.0 */

static uint32_t port_read(QTestState *qts, unsigned reg)
{
    qtest_outl(qts, 0xcf8, PORT_ADDRESS | reg);
    return qtest_inl(qts, 0xcfc);
}

/* Let the slot do what a guest does that was asked for the device. */
static void take_out(QTestState *qts)
{
    unsigned cap = port_read(qts, PCI_CAPABILITY_LIST) & 0xfc;

    while ((port_read(qts, cap) & 0xff) != PCI_CAP_ID_EXP) {
        cap = port_read(qts, cap) >> 8 & 0xfc;
        g_assert_cmpuint(cap, !=, 0);
    }
    qtest_outl(qts, 0xcf8, PORT_ADDRESS | (cap + PCI_EXP_SLTCTL));
    qtest_outw(qts, 0xcfc, PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_PCC);
}

/* Frames of both directions on their way. */
static void traffic(NetFixture *f)
{
    uint8_t frame[200];

    net_make_frame(frame, sizeof(frame), 5);
    for (unsigned i = 0; i < 50; i++) {
        net_guest_post(f, 512);
        net_guest_send(f, frame, sizeof(frame));
        send(f->host_fd, frame, sizeof(frame), MSG_DONTWAIT);
    }
    qvirtqueue_kick(f->rx);
    qvirtqueue_kick(f->tx);
}

static void delete_device(QTestState *qts)
{
    qtest_qmp_ok(qts, "{'execute':'device_del','arguments':{'id':'dev0'}}");
    take_out(qts);
    json_object_put(qtest_event(qts, "DEVICE_DELETED"));
}

static void delete_backend(QTestState *qts)
{
    qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'hs0'}}");
}

static void one_end_goes_first(NetFixture *f, QTestState *qts, void *driver,
                               const char *variant, bool device_first)
{
    uint8_t frame[64];

    if (port_read(qts, PCI_VENDOR_ID) != 0x000c1b36) {
        qos_skip("not behind a port");
    }
    start(f, driver, variant, 0);
    traffic(f);
    if (device_first) {
        delete_device(qts);
        net_make_frame(frame, sizeof(frame), 6);
        send(f->host_fd, frame, sizeof(frame), MSG_DONTWAIT);
        qtest_clock_step(qts, 1000000);
        delete_backend(qts);
    } else {
        delete_backend(qts);
        traffic(f);
        qtest_clock_step(qts, 1000000);
        delete_device(qts);
    }
    g_assert_true(qtest_alive(qts));
}

/* CVE-2023-3301. Guards: the cut of the wire at both ends. */
static void device_goes_first(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    one_end_goes_first(data, qts, driver, variant, true);
}

static void backend_then_device(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    one_end_goes_first(data, qts, driver, variant, false);
}

static void register_tests(void)
{
    static const char *const two[] = { "split", "packed", NULL };
    static const QOSTestOpts all = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts once = {
        .before = net_fixture_before, .after = net_fixture_after,
        .variants = two,
    };
    static const QOSTestOpts hash = {
        .before = net_fixture_before, .after = net_fixture_after,
        .variants = two, .device_args = ",hash=on",
    };

    qos_add_test("attack/copied-long-and-short", "virtio-net-modern",
                 copied_long_and_short, &hash);
    qos_add_test("attack/mergeable-errors", "virtio-net", mergeable_errors,
                 &all);
    qos_add_test("attack/rom-stays", "virtio-net", rom_stays, &once);
    qos_add_test("attack/receive-into-status", "virtio-net-modern",
                 receive_into_status, &once);
    qos_add_test("attack/answer-into-status", "virtio-net-modern",
                 answer_into_status, &once);
    qos_add_test("attack/send-own-registers", "virtio-net-modern",
                 send_own_registers, &once);
    qos_add_test("attack/device-goes-first", "virtio-net-modern",
                 device_goes_first, &once);
    qos_add_test("attack/backend-then-device", "virtio-net-modern",
                 backend_then_device, &once);
}

libqos_init(register_tests)

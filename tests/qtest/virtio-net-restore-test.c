/*
 * virtio-net saved at awkward moments and restored in a new process: the driver,
 * which is the test, does not notice. One body for every ring layout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define FRAME_BYTES 200
#define RARP_BYTES  60
#define NET_F_RING_RESET 40

static void send_to_guest(NetFixture *f, unsigned number)
{
    uint8_t frame[FRAME_BYTES];

    net_make_frame(frame, sizeof(frame), number);
    net_host_send(f, frame, sizeof(frame));
}

static void add_for_host(NetFixture *f, unsigned number)
{
    uint8_t frame[FRAME_BYTES];

    net_make_frame(frame, sizeof(frame), number);
    net_guest_send(f, frame, sizeof(frame));
}

static void host_gets(NetFixture *f, unsigned number)
{
    uint8_t frame[FRAME_BYTES], got[2 * FRAME_BYTES];

    ssize_t len;

    net_make_frame(frame, sizeof(frame), number);
    do {
        len = net_host_receive(f, got, sizeof(got), 5000);
    } while (len == RARP_BYTES);    /* the restored one announces itself */
    g_assert_cmpint(len, ==, sizeof(frame));
    g_assert_cmpmem(got, sizeof(frame), frame, sizeof(frame));
}

static void guest_gets(NetFixture *f, uint64_t addr, unsigned number)
{
    uint8_t frame[FRAME_BYTES], got[FRAME_BYTES];
    uint32_t len;

    net_make_frame(frame, sizeof(frame), number);
    qvirtqueue_wait(f->rx, &len);
    g_assert_cmpint(len, ==, f->hdr_bytes + sizeof(frame));
    qtest_memread(f->d->qts, addr + f->hdr_bytes, got, sizeof(got));
    g_assert_cmpmem(got, sizeof(got), frame, sizeof(frame));
}

/* Both ways, until both rings have wrapped. */
static void traffic_goes_on(NetFixture *f)
{
    for (unsigned i = 0; i < f->rx->size + 40u; i++) {
        uint64_t addr = net_guest_post(f, 2048);

        qvirtqueue_kick(f->rx);
        send_to_guest(f, i);
        guest_gets(f, addr, i);
        if (i % 4 == 0) {
            add_for_host(f, i);
            qvirtqueue_kick(f->tx);
            host_gets(f, i);
            qvirtqueue_wait(f->tx, NULL);
        }
    }
}

/* Frames used but not looked at, buffers not used, chains without a kick. */
static void rings_half_full(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    NetFixture *f = data;
    uint64_t addr[40];

    net_fixture_start(f, driver, variant, 0);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < ARRAY_SIZE(addr); i++) {
            addr[i] = net_guest_post(f, 2048);
        }
        qvirtqueue_kick(f->rx);
        for (unsigned i = 0; i < 20; i++) {
            send_to_guest(f, i);
            add_for_host(f, i);
        }
        qvirtqueue_kick(f->tx);
        for (unsigned i = 0; i < 20; i++) {
            host_gets(f, i);
        }
        qvirtio_settle(f->d);
        for (unsigned i = 20; i < 40; i++) {
            add_for_host(f, i);
        }
        f->d->layout->publish(f->tx);

        qtest_save_and_restore(qts);
        for (unsigned i = 20; i < 40; i++) {
            host_gets(f, i);
            send_to_guest(f, i);
        }
        for (unsigned i = 0; i < ARRAY_SIZE(addr); i++) {
            guest_gets(f, addr[i], i);
            qvirtqueue_wait(f->tx, NULL);
        }
        traffic_goes_on(f);
    }
    net_fixture_stop(f);
}

/* Every descriptor in flight, and none left for the device. */
static void rings_full(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    NetFixture *f = data;
    g_autofree uint64_t *addr = NULL;
    unsigned posted = 0;

    net_fixture_start(f, driver, variant, 0);
    addr = g_new(uint64_t, f->rx->size);
    while (f->rx->free_count) {
        addr[posted++] = net_guest_post(f, 512);
    }
    qvirtqueue_kick(f->rx);
    qtest_save_and_restore(qts);
    for (unsigned i = 0; i < posted; i++) {
        send_to_guest(f, i);
        if (i % 64 == 0) {
            qvirtio_settle(f->d);
        }
    }
    qvirtio_settle(f->d);
    /* All is used, and the used entries are still to be seen. */
    qtest_save_and_restore(qts);
    for (unsigned i = 0; i < posted; i++) {
        guest_gets(f, addr[i], i);
    }
    traffic_goes_on(f);
    net_fixture_stop(f);
}

/* A message that a masked vector owes is owed by the restored machine. */
static void masked_vector_pending(void *driver, QTestState *qts,
                                  const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtQueue *tx;
    QPCIDevice *pci;

    net_fixture_start(f, driver, variant, 0);
    pci = f->d->pci;
    tx = f->tx;
    qpci_msix_set_vector(pci, 2, tx->msix_addr, tx->msix_data, true);
    add_for_host(f, 1);
    qvirtqueue_kick(tx);
    host_gets(f, 1);
    qvirtqueue_wait(tx, NULL);
    qpci_wait_msix_pending(pci, 2);
    g_assert_cmphex(qtest_readl(qts, tx->msix_addr), ==, 0);
    qtest_save_and_restore(qts);
    g_assert_true(qpci_msix_pending(pci, 2));
    g_assert_cmphex(qtest_readl(qts, tx->msix_addr), ==, 0);
    qpci_msix_set_vector(pci, 2, tx->msix_addr, tx->msix_data, false);
    g_assert_cmphex(qtest_readl(qts, tx->msix_addr), ==, tx->msix_data);
    g_assert_false(qpci_msix_pending(pci, 2));
    traffic_goes_on(f);
    net_fixture_stop(f);
}

/* The pin is up; reading the ISR takes it down, there as here. */
static void pin_up(void *driver, QTestState *qts, const char *variant,
                   void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;

    f->d = d;
    qvirtio_negotiate(d, qvirt_layout(variant), 0);
    f->hdr_bytes = qvirtio_has(d, VIRTIO_F_VERSION_1) ? 12 : 10;
    f->rx = qvirtqueue_new(d, 0, 0);
    f->tx = qvirtqueue_new(d, 1, 0);
    qvirtio_driver_ok(d);
    add_for_host(f, 1);
    qvirtqueue_kick(f->tx);
    host_gets(f, 1);
    qvirtqueue_wait(f->tx, NULL);
    qpci_wait_intx(d->pci);
    qtest_save_and_restore(qts);
    g_assert_true(qpci_intx(d->pci));
    g_assert_cmphex(d->transport->get_isr(d) & 1, ==, 1);
    g_assert_false(qpci_intx(d->pci));
    traffic_goes_on(f);
    net_fixture_stop(f);
}

static void set_link(QTestState *qts, bool up)
{
    qtest_qmp_ok(qts, "{'execute':'set_link','arguments':"
                 "{'name':'dev0','up':%s}}", up ? "true" : "false");
}

static unsigned link_status(QVirtioDevice *d)
{
    return d->transport->config_read(d,
        offsetof(struct virtio_net_config, status), 2) & VIRTIO_NET_S_LINK_UP;
}

static void link_down_and_up(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    NetFixture *f = data;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_STATUS));
    set_link(qts, false);
    g_assert_cmpint(link_status(f->d), ==, 0);
    qvirtio_wait_config_interrupt(f->d);
    qtest_save_and_restore(qts);
    g_assert_cmpint(link_status(f->d), ==, 0);
    set_link(qts, true);
    g_assert_cmpint(link_status(f->d), ==, VIRTIO_NET_S_LINK_UP);
    qvirtio_wait_config_interrupt(f->d);
    traffic_goes_on(f);
    net_fixture_stop(f);
}

static void queue_in_reset(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;
    const unsigned queue_reset = sizeof(struct virtio_pci_common_cfg) + 2;
    const unsigned select = offsetof(struct virtio_pci_common_cfg,
                                     queue_select);

    net_fixture_start(f, d, variant, QVIRTIO_F(NET_F_RING_RESET));
    if (!qvirtio_has(d, NET_F_RING_RESET)) {
        qos_skip("no reset of single queues here");
    }
    traffic_goes_on(f);
    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    qpci_io_write(d->pci, d->common, select, 0, 2);
    qpci_io_write(d->pci, d->common, queue_reset, 1, 2);
    g_assert_cmpint(qpci_io_read(d->pci, d->common, queue_reset, 2), ==, 0);
    qtest_save_and_restore(qts);
    add_for_host(f, 7);
    qvirtqueue_kick(f->tx);
    host_gets(f, 7);
    qvirtqueue_wait(f->tx, NULL);
    qvirtqueue_free(f->rx);
    f->rx = qvirtqueue_new(d, 0, 0);
    traffic_goes_on(f);
    net_fixture_stop(f);
}

/* The command stands in the ring, and nobody has said so. */
static void control_command_pending(void *driver, QTestState *qts,
                                    const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;
    static const uint8_t promisc_off[] = {
        VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 0,
    };
    uint64_t addr = guest_alloc(d->alloc, 16);
    QVirtBuf bufs[] = { { addr, 3, false }, { addr + 8, 1, true } };
    uint32_t len;

    net_fixture_start(f, d, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                                     QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    qtest_memwrite(qts, addr, promisc_off, sizeof(promisc_off));
    qtest_writeb(qts, addr + 8, 0xff);
    qvirtqueue_add(f->ctrl, bufs, 2);
    d->layout->publish(f->ctrl);
    qtest_save_and_restore(qts);
    qvirtqueue_wait(f->ctrl, &len);
    g_assert_cmpint(len, ==, 1);
    g_assert_cmpint(qtest_readb(qts, addr + 8), ==, VIRTIO_NET_OK);
    traffic_goes_on(f);
    net_fixture_stop(f);
}

/* Before the driver has said what it can do, and in between. */
static void half_way_through_start(void *driver, QTestState *qts,
                                   const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;

    f->d = d;
    qpci_msix_enable(d->pci);
    qtest_save_and_restore(qts);
    qvirtio_negotiate(d, qvirt_layout(variant), 0);
    f->hdr_bytes = qvirtio_has(d, VIRTIO_F_VERSION_1) ? 12 : 10;
    f->rx = qvirtqueue_new(d, 0, 0);
    qtest_save_and_restore(qts);
    f->tx = qvirtqueue_new(d, 1, 0);
    qtest_save_and_restore(qts);
    qvirtio_driver_ok(d);
    traffic_goes_on(f);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts opts = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const struct {
        const char *name;
        QOSTestFunc *func;
    } tests[] = {
        { "restore/rings-half-full", rings_half_full },
        { "restore/rings-full", rings_full },
        { "restore/masked-vector-pending", masked_vector_pending },
        { "restore/pin-up", pin_up },
        { "restore/link-down-and-up", link_down_and_up },
        { "restore/queue-in-reset", queue_in_reset },
        { "restore/control-command-pending", control_command_pending },
        { "restore/half-way-through-start", half_way_through_start },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
        qos_add_test(tests[i].name, "virtio-net", tests[i].func, &opts);
    }
}

libqos_init(register_tests)

/*
 * The virtio PCI transport: identity, capabilities, the configuration window,
 * what status and features promise, MSI-X masking, INTx.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define COMMON(field) offsetof(struct virtio_pci_common_cfg, field)

static void identity(void *driver, QTestState *qts, const char *variant,
                     void *data)
{
    QPCIDevice *pci = driver;
    uint16_t id = qpci_config_readw(pci, PCI_DEVICE_ID);

    g_assert_cmphex(qpci_config_readw(pci, PCI_VENDOR_ID), ==, 0x1af4);
    g_assert_true(id == 0x1000 || id == 0x1041);
    g_assert_cmpint(qpci_config_readb(pci, PCI_REVISION_ID), ==, id == 0x1041);
    g_assert_cmphex(qpci_config_readw(pci, PCI_CLASS_DEVICE), ==, 0x0200);
    g_assert_cmphex(qpci_config_readw(pci, PCI_SUBSYSTEM_VENDOR_ID), ==, 0x1af4);
    if (id == 0x1000) {
        g_assert_cmphex(qpci_config_readw(pci, PCI_SUBSYSTEM_ID), ==, 1);
    } else {
        g_assert_cmphex(qpci_config_readw(pci, PCI_SUBSYSTEM_ID), >=, 0x40);
    }
    g_assert_cmpint(qpci_config_readb(pci, PCI_INTERRUPT_PIN), ==, 1);
}

/* Regions lie inside their BARs and do not overlap. */
static void capabilities(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    QPCIDevice *pci = driver;
    unsigned seen = 0;
    uint8_t cap = 0;

    while ((cap = qpci_find_capability(pci, PCI_CAP_ID_VNDR, cap))) {
        uint8_t len = qpci_config_readb(pci, cap + 2);
        uint8_t type = qpci_config_readb(pci, cap + 3);
        uint8_t bar = qpci_config_readb(pci, cap + 4);
        uint32_t offset = qpci_config_readl(pci, cap + 8);
        uint32_t length = qpci_config_readl(pci, cap + 12);

        g_assert_cmpint(len, >=, 16);
        if (type != VIRTIO_PCI_CAP_PCI_CFG) {
            g_assert_cmpint(bar, <=, 5);
            g_assert_cmpuint((uint64_t)offset + length, <=,
                             qpci_bar_size(pci, bar));
        }
        g_assert_cmpint(seen >> type & 1, ==, 0);
        seen |= 1 << type;
    }
    for (unsigned type = VIRTIO_PCI_CAP_COMMON_CFG;
         type <= VIRTIO_PCI_CAP_PCI_CFG; type++) {
        g_assert_cmpint(seen >> type & 1, ==, 1);
    }
    g_assert_cmpint(qpci_find_capability(pci, PCI_CAP_ID_MSIX, 0), !=, 0);
}

/* VIRTIO 1.4, 4.1.4.9: the window reaches what the BAR reaches. */
static void pci_cfg_window(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    QVirtioDevice *d = driver;
    uint8_t cap = 0, bar;
    uint32_t offset;

    while ((cap = qpci_find_capability(d->pci, PCI_CAP_ID_VNDR, cap)) &&
           qpci_config_readb(d->pci, cap + 3) != VIRTIO_PCI_CAP_PCI_CFG) {
    }
    g_assert_cmpint(cap, !=, 0);
    for (bar = 0; d->bar[bar].addr > d->device_cfg.addr ||
         d->bar[bar].addr + d->bar[bar].size <= d->device_cfg.addr; bar++) {
        g_assert_cmpint(bar, <, 6);
    }
    offset = d->device_cfg.addr - d->bar[bar].addr;
    qpci_config_writeb(d->pci, cap + 4, bar);
    for (unsigned size = 1; size <= 4; size *= 2) {
        uint32_t value;

        qpci_config_writel(d->pci, cap + 8, offset);
        qpci_config_writel(d->pci, cap + 12, size);
        value = size == 1 ? qpci_config_readb(d->pci, cap + 16) :
                size == 2 ? qpci_config_readw(d->pci, cap + 16) :
                qpci_config_readl(d->pci, cap + 16);
        g_assert_cmphex(value, ==, d->transport->config_read(d, 0, size));
    }
    /* What the window cannot reach does no harm. */
    for (unsigned i = 0; i < 6; i++) {
        static const uint32_t far[] = { 0xfffffffc, 0x100000, 0x4000, 3 };

        for (unsigned j = 0; j < ARRAY_SIZE(far); j++) {
            qpci_config_writeb(d->pci, cap + 4, i);
            qpci_config_writel(d->pci, cap + 8, far[j]);
            qpci_config_writel(d->pci, cap + 12, 4);
            qpci_config_readl(d->pci, cap + 16);
            qpci_config_writel(d->pci, cap + 16, 0xffffffff);
        }
    }
    qpci_config_writeb(d->pci, cap + 4, 200);
    qpci_config_readl(d->pci, cap + 16);
    g_assert_true(qtest_alive(qts));
}

/* VIRTIO 1.4, 2.2.1: features that were not offered end in no FEATURES_OK. */
static void features_not_offered(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    QVirtioDevice *d = driver;
    uint64_t offered;

    qvirtio_reset(d);
    d->transport->set_status(d, 3);
    offered = d->transport->get_features(d);
    g_assert_true(offered & QVIRTIO_F(VIRTIO_F_VERSION_1));
    d->transport->set_features(d, ~0ull);
    d->transport->set_status(d, 11);
    g_assert_cmphex(d->transport->get_status(d) &
                    VIRTIO_CONFIG_S_FEATURES_OK, ==, 0);
    qvirtio_reset(d);
    d->transport->set_status(d, 3);
    d->transport->set_features(d, QVIRTIO_F(VIRTIO_F_VERSION_1));
    d->transport->set_status(d, 11);
    g_assert_cmphex(d->transport->get_status(d) &
                    VIRTIO_CONFIG_S_FEATURES_OK, !=, 0);
    qvirtio_reset(d);
}

static void queues_after_reset(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    QVirtioDevice *d = driver;
    QVirtQueue *vq;

    qvirtio_negotiate(d, &qvirt_split, 0);
    vq = qvirtqueue_new(d, 1, 64);
    qvirtio_driver_ok(d);
    qvirtio_reset(d);
    g_assert_cmpint(d->transport->queue_max(d, 1), ==, 256);
    g_assert_cmpint(qpci_io_read(d->pci, d->common, COMMON(queue_enable), 2),
                    ==, 0);
    g_assert_cmphex(qpci_io_read(d->pci, d->common, COMMON(queue_desc_lo), 4),
                    ==, 0);
    g_assert_cmphex(qpci_io_read(d->pci, d->common,
                                 COMMON(queue_msix_vector), 2), ==,
                    VIRTIO_MSI_NO_VECTOR);
    qvirtqueue_free(vq);
}

static void system_reset(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    NetFixture *f = data;
    json_object *event;

    net_fixture_start(f, driver, "split", 0);
    qtest_qmp_ok(qts, "{'execute':'system_reset'}");
    event = qtest_event(qts, "RESET");
    json_object_put(event);
    qpci_bus_setup(f->d->pci->bus);
    /* BARs are gone with the reset. */
    g_assert_cmphex(qpci_config_readw(f->d->pci, PCI_COMMAND) & 7, ==, 0);
}

static void send_one(NetFixture *f)
{
    uint8_t frame[64], got[64];

    net_make_frame(frame, 64, 1);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    g_assert_cmpint(net_host_receive(f, got, 64, 5000), ==, 64);
    qvirtio_settle(f->d);
}

/* A masked vector is pending until it is unmasked, then it is sent. */
static void msix_mask(void *driver, QTestState *qts, const char *variant,
                      void *data)
{
    NetFixture *f = data;
    QPCIDevice *pci;

    net_fixture_start(f, driver, "split", 0);
    pci = f->d->pci;
    qpci_msix_set_vector(pci, 2, f->tx->msix_addr, f->tx->msix_data, true);
    send_one(f);
    qpci_wait_msix_pending(pci, 2);
    g_assert_cmphex(qtest_readl(qts, f->tx->msix_addr), ==, 0);
    qpci_msix_set_vector(pci, 2, f->tx->msix_addr, f->tx->msix_data, false);
    g_assert_cmphex(qtest_readl(qts, f->tx->msix_addr), ==, f->tx->msix_data);
    g_assert_false(qpci_msix_pending(pci, 2));
    net_fixture_stop(f);
}

static void intx(void *driver, QTestState *qts, const char *variant,
                 void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;

    f->d = d;
    f->hdr_bytes = sizeof(struct virtio_net_hdr_v1);
    qvirtio_negotiate(d, &qvirt_split, 0);
    f->rx = qvirtqueue_new(d, 0, 0);
    f->tx = qvirtqueue_new(d, 1, 0);
    qvirtio_driver_ok(d);
    g_assert_false(qpci_intx(d->pci));
    send_one(f);
    qpci_wait_intx(d->pci);
    g_assert_cmphex(d->transport->get_isr(d), ==, 1);
    g_assert_cmphex(d->transport->get_isr(d), ==, 0);
    g_assert_false(qpci_intx(d->pci));
    net_fixture_stop(f);
}

static void config_generation(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = driver;
    uint8_t before, after;

    net_fixture_start(f, d, "split", QVIRTIO_F(VIRTIO_NET_F_STATUS));
    before = qpci_io_read(d->pci, d->common, COMMON(config_generation), 1);
    d->transport->config_read(d, 0, 4);
    g_assert_cmpint(qpci_io_read(d->pci, d->common, COMMON(config_generation),
                                 1), ==, before);
    qtest_qmp_ok(qts, "{'execute':'set_link','arguments':"
                 "{'name':'dev0','up':false}}");
    d->transport->config_read(d, 6, 2);
    after = qpci_io_read(d->pci, d->common, COMMON(config_generation), 1);
    g_assert_cmpint(after, !=, before);
    net_fixture_stop(f);
}

/* Bus-master off: the device reads and writes nothing. */
static void bus_master_off(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    uint8_t frame[64], got[64];

    net_fixture_start(f, driver, "split", 0);
    qpci_config_writew(f->d->pci, PCI_COMMAND,
                       PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    net_make_frame(frame, 64, 1);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    qvirtio_settle(f->d);
    g_assert_cmpint(net_host_receive(f, got, 64, 50), ==, -1);
    g_assert_true(qtest_alive(qts));
    qpci_device_enable(f->d->pci);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts with_backend = {
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("identity", "pci-device", identity, NULL);
    qos_add_test("capabilities", "pci-device", capabilities, NULL);
    qos_add_test("pci-cfg-window", "virtio", pci_cfg_window, NULL);
    qos_add_test("features-not-offered", "virtio", features_not_offered, NULL);
    qos_add_test("queues-after-reset", "virtio", queues_after_reset, NULL);
    qos_add_test("system-reset", "virtio-net-modern", system_reset, &with_backend);
    qos_add_test("msix-mask", "virtio-net-modern", msix_mask, &with_backend);
    qos_add_test("intx", "virtio-net-modern", intx, &with_backend);
    qos_add_test("config-generation", "virtio-net-modern", config_generation,
                 &with_backend);
    qos_add_test("bus-master-off", "virtio-net-modern", bus_master_off,
                 &with_backend);
}

libqos_init(register_tests)

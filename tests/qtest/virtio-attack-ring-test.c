/*
 * Hostile drivers on the legacy interface and on packed rings; the modern interface
 * with split rings is in virtio-attack-test.c. Each case names the check that it
 * guards, and the device works again after a reset.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define AVAIL   (1u << 7)
#define USED    (1u << 15)
#define BUFFER  0x200000
#define TABLE   0x300000

/* --- the legacy interface --- */

static void legacy_write(NetFixture *f, unsigned at, uint32_t value,
                         unsigned size)
{
    qpci_io_write(f->d->pci, f->d->bar[0], at, value, size);
}

/* CVE-2011-2512. Guards: queue numbers in select and notify. */
static void legacy_queue_numbers(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    NetFixture *f = data;
    static const uint16_t numbers[] = { 3, 63, 64, 1023, 1024, 0x8000, 0xffff };

    net_fixture_start(f, driver, "split", 0);
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        g_assert_cmpint(f->d->transport->queue_max(f->d, numbers[i]), ==, 0);
        legacy_write(f, VIRTIO_PCI_QUEUE_PFN, 0x1234, 4);
        legacy_write(f, VIRTIO_MSI_QUEUE_VECTOR, 1, 2);
        legacy_write(f, VIRTIO_PCI_QUEUE_NOTIFY, numbers[i], 2);
        legacy_write(f, VIRTIO_PCI_QUEUE_NOTIFY, numbers[i], 4);
    }
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/*
 * CVE-2017-17381. Guards: the alignment is a constant, sizes are not the driver's;
 * page 0 takes the ring away, and none is used where there is no memory.
 */
static void legacy_ring_places(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    static const uint32_t pages[] = { 0, 0x7fff, 0x8000, 0xfee00, 0xfffff,
                                      0x7fffffff, 0xffffffff };

    for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
        uint16_t max;

        net_fixture_start(f, driver, "split", 0);
        legacy_write(f, VIRTIO_PCI_QUEUE_PFN, 0, 4);
        g_assert_cmphex(f->d->transport->get_status(f->d), ==, 0);
        max = f->d->transport->queue_max(f->d, 1);
        legacy_write(f, VIRTIO_PCI_QUEUE_NUM, 0, 2);
        g_assert_cmpint(f->d->transport->queue_max(f->d, 1), ==, max);
        legacy_write(f, VIRTIO_PCI_QUEUE_NUM, 0xffff, 2);
        g_assert_cmpint(f->d->transport->queue_max(f->d, 1), ==, max);
        qvirtio_reset(f->d);
        f->d->transport->queue_max(f->d, 1);
        legacy_write(f, VIRTIO_PCI_QUEUE_PFN, pages[i], 4);
        legacy_write(f, VIRTIO_PCI_STATUS, 7, 1);
        f->d->transport->notify(f->tx);
        qvirtio_settle(f->d);
        net_fixture_works_again(f, "split");
    }
    net_fixture_stop(f);
}

/* Guards: every register in every width, read and written, in any state. */
static void legacy_every_register(void *driver, QTestState *qts,
                                  const char *variant, void *data)
{
    NetFixture *f = data;

    net_fixture_start(f, driver, "split", 0);
    for (unsigned size = 1; size <= 4; size *= 2) {
        for (unsigned at = 0; at + size <= f->d->bar[0].size; at++) {
            qpci_io_read(f->d->pci, f->d->bar[0], at, size);
            legacy_write(f, at, 0xffffffff, size);
            legacy_write(f, at, 0, size);
        }
    }
    qvirtio_settle(f->d);
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* --- packed rings --- */

typedef struct PackedDesc {
    uint64_t addr;
    uint32_t len;
    uint16_t id, flags;
} PackedDesc;

typedef struct PackedCase {
    const char *what;
    PackedDesc ring[3];
    unsigned count;
    PackedDesc table[2];
    bool broken;                /* it is an error, not merely useless */
    bool unseen;                /* nothing is available at all */
} PackedCase;

static const PackedCase packed_cases[] = {
    { "length 0", { { BUFFER, 0, 0, AVAIL } }, 1, .broken = true },
    { "indirect, length 0",
      { { TABLE, 0, 0, AVAIL | VRING_DESC_F_INDIRECT } }, 1, .broken = true },
    { "indirect, half a descriptor",
      { { TABLE, 24, 0, AVAIL | VRING_DESC_F_INDIRECT } }, 1, .broken = true },
    { "indirect, larger than the ring",
      { { TABLE, 0xfffffff0, 0, AVAIL | VRING_DESC_F_INDIRECT } }, 1,
      .broken = true },
    { "indirect, entry of length 0",
      { { TABLE, 32, 0, AVAIL | VRING_DESC_F_INDIRECT } }, 1,
      { { BUFFER, 64, 0, 0 }, { BUFFER, 0, 0, 0 } }, .broken = true },
    { "indirect with NEXT",
      { { TABLE, 16, 0, AVAIL | VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT },
        { BUFFER, 64, 0, AVAIL } }, 2, { { BUFFER, 64, 0, 0 } },
      .broken = true },
    { "indirect in a list",
      { { BUFFER, 64, 0, AVAIL | VRING_DESC_F_NEXT },
        { TABLE, 16, 0, AVAIL | VRING_DESC_F_INDIRECT } }, 2,
      { { BUFFER, 64, 0, 0 } }, .broken = true },
    { "readable after writable",
      { { BUFFER, 64, 0, AVAIL | VRING_DESC_F_WRITE | VRING_DESC_F_NEXT },
        { BUFFER, 64, 0, AVAIL } }, 2, .broken = true },
    { "a list without end",
      { { BUFFER, 64, 0, AVAIL | VRING_DESC_F_NEXT },
        { BUFFER, 0, 0, 0 } }, 2, .broken = true },
    { "used, and not available", { { BUFFER, 64, 0, USED } }, 1,
      .unseen = true },
    { "both flags", { { BUFFER, 64, 0, AVAIL | USED } }, 1,
      .unseen = true },
    { "an id beyond the ring", { { BUFFER, 64, 0xffff, AVAIL } }, 1 },
    { "all flags", { { BUFFER, 64, 0, 0xffff & ~USED } }, 1, .broken = true },
    { "wraps around", { { UINT64_MAX - 3, 64, 0, AVAIL } }, 1, .broken = true },
};

/*
 * CVE-2026-16457, zero-length packed indirect. Guards: the rules for packed
 * descriptors; nothing that a ring holds makes the device look for ever.
 */
static void packed_descriptors(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;

    for (unsigned i = 0; i < ARRAY_SIZE(packed_cases); i++) {
        const PackedCase *c = &packed_cases[i];
        uint8_t status, got[64];

        g_test_message("%s", c->what);
        net_fixture_start(f, driver, variant,
                          QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC));
        qtest_memwrite(qts, TABLE, c->table, sizeof(c->table));
        qtest_memwrite(qts, f->tx->desc, c->ring, 16 * c->count);
        f->d->transport->notify(f->tx);
        if (c->broken) {
            qvirtio_wait_needs_reset(f->d);
            qvirtio_wait_config_interrupt(f->d);
        } else {
            qvirtio_settle(f->d);
            status = f->d->transport->get_status(f->d);
            g_assert_cmphex(status & VIRTIO_CONFIG_S_NEEDS_RESET, ==, 0);
        }
        if (c->unseen) {
            g_assert_cmpint(net_host_receive(f, got, sizeof(got), 50), ==, -1);
        }
        net_fixture_works_again(f, variant);
    }
    net_fixture_stop(f);
}

/* IN_ORDER size, 2026. Guards: a ring is never larger than what was made for it. */
static void sizes_in_order(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;
    static const uint16_t sizes[] = { 0, 257, 1024, 1025, 0x8000, 0xffff };
    unsigned at = offsetof(struct virtio_pci_common_cfg, queue_size);

    net_fixture_start(f, driver, variant, 0);
    d = f->d;
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        QVirtQueue saved = *f->tx;
        uint16_t max;

        qvirtio_negotiate(d, qvirt_layout(variant), 0);
        max = d->transport->queue_max(d, 1);
        f->tx->size = sizes[i];
        d->transport->queue_enable(f->tx, VIRTIO_MSI_NO_VECTOR);
        g_assert_cmpint(qpci_io_read(d->pci, d->common, at, 2), ==, max);
        qvirtio_driver_ok(d);
        d->transport->notify(f->tx);
        qvirtio_settle(d);
        *f->tx = saved;
        net_fixture_works_again(f, variant);
    }
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const char *const packed[] = { "packed", "packed-in-order", NULL };
    static const char *const in_order[] = {
        "split-in-order", "packed-in-order", NULL
    };
    static const QOSTestOpts opts = {
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const QOSTestOpts opts_packed = {
        .before = net_fixture_before, .after = net_fixture_after,
        .variants = packed,
    };
    static const QOSTestOpts opts_in_order = {
        .before = net_fixture_before, .after = net_fixture_after,
        .variants = in_order,
    };

    qos_add_test("attack/legacy-queue-numbers", "virtio-net-legacy",
                 legacy_queue_numbers, &opts);
    qos_add_test("attack/legacy-ring-places", "virtio-net-legacy",
                 legacy_ring_places, &opts);
    qos_add_test("attack/legacy-every-register", "virtio-net-legacy",
                 legacy_every_register, &opts);
    qos_add_test("attack/packed-descriptors", "virtio-net-modern",
                 packed_descriptors, &opts_packed);
    qos_add_test("attack/sizes-in-order", "virtio-net-modern", sizes_in_order,
                 &opts_in_order);
}

libqos_init(register_tests)

/*
 * What a hostile guest may do to a virtio device: rings that lie. "Holds" means that
 * the process lives, that the device at most asks for a reset, and that it works
 * again after one. Each case names the check that it guards.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define HDR sizeof(struct virtio_net_hdr_v1)

static void write_desc(QVirtQueue *vq, unsigned index, uint64_t addr,
                       uint32_t len, uint16_t flags, uint16_t next)
{
    struct vring_desc desc = { addr, len, flags, next };

    qtest_memwrite(vq->dev->qts, vq->desc + 16 * index, &desc, sizeof(desc));
}

/* Offer descriptor @head, without a thought for the book-keeping. */
static void offer(QVirtQueue *vq, uint16_t head)
{
    QTestState *qts = vq->dev->qts;

    qtest_writew(qts, vq->driver + 4 + 2 * (vq->avail_idx % vq->size), head);
    qtest_writew(qts, vq->driver + 2, ++vq->avail_idx);
    vq->dev->transport->notify(vq);
}

/* A broken ring: NEEDS_RESET, a config interrupt, then recovery. */
static void expect_broken(NetFixture *f)
{
    qvirtio_wait_needs_reset(f->d);
    qvirtio_wait_config_interrupt(f->d);
    net_fixture_works_again(f, "split");
}

static void start(NetFixture *f, void *driver, uint64_t features)
{
    net_fixture_start(f, driver, "split", features);
}

/* Guards: the bound on the length of a chain. */
static void chain_loop(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    NetFixture *f = data;

    start(f, driver, 0);
    write_desc(f->tx, 0, 0x200000, 16, VRING_DESC_F_NEXT, 1);
    write_desc(f->tx, 1, 0x200000, 16, VRING_DESC_F_NEXT, 0);
    offer(f->tx, 0);
    expect_broken(f);
    net_fixture_stop(f);
}

/* Guards: head < queue size. */
static void head_out_of_range(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    NetFixture *f = data;

    start(f, driver, 0);
    offer(f->tx, f->tx->size);
    expect_broken(f);
    start(f, driver, 0);
    offer(f->tx, 0xffff);
    expect_broken(f);
    net_fixture_stop(f);
}

/* Guards: next < queue size. */
static void next_out_of_range(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    NetFixture *f = data;

    start(f, driver, 0);
    write_desc(f->tx, 0, 0x200000, 16, VRING_DESC_F_NEXT, 0x7fff);
    offer(f->tx, 0);
    expect_broken(f);
    net_fixture_stop(f);
}

/* Guards: at most queue size entries may be pending. */
static void index_jumps(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    NetFixture *f = data;

    start(f, driver, 0);
    /* All of them are one frame that could be sent. */
    write_desc(f->tx, 0, 0x200000, HDR + 64, 0, 0);
    qtest_writew(qts, f->tx->driver + 2, f->tx->size + 1);
    f->d->transport->notify(f->tx);
    expect_broken(f);
    net_fixture_stop(f);
}

/* CVE-2016-6490. Guards: a zero length is refused or ends, never loops. */
static void zero_length(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    NetFixture *f = data;

    start(f, driver, QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC));
    write_desc(f->tx, 0, 0x200000, 0, 0, 0);
    offer(f->tx, 0);
    qvirtio_settle(f->d);
    net_fixture_works_again(f, "split");
    start(f, driver, QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC));
    write_desc(f->tx, 0, 0x200000, 0, VRING_DESC_F_INDIRECT, 0);
    offer(f->tx, 0);
    expect_broken(f);
    net_fixture_stop(f);
}

/* Guards: the rules for indirect tables (VIRTIO 1.4, 2.7.5.3). */
static void indirect_rules(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    struct vring_desc nested = {
        0x200000, 16, VRING_DESC_F_INDIRECT, 0,
    };
    static const struct { uint32_t len; uint16_t flags; } bad[] = {
        { 17, VRING_DESC_F_INDIRECT },
        { 16, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT },
        { 16, VRING_DESC_F_INDIRECT },          /* nested: see above */
        { 16 * 40000, VRING_DESC_F_INDIRECT },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        start(f, driver, QVIRTIO_F(VIRTIO_RING_F_INDIRECT_DESC));
        qtest_memwrite(qts, 0x300000, &nested, sizeof(nested));
        write_desc(f->tx, 0, 0x300000, bad[i].len, bad[i].flags, 1);
        write_desc(f->tx, 1, 0x200000, 64, 0, 0);
        offer(f->tx, 0);
        expect_broken(f);
    }
    net_fixture_stop(f);
}

/* Guards: pieces that the device reads stand before those that it writes. */
static void readable_after_writable(void *driver, QTestState *qts,
                                    const char *variant, void *data)
{
    NetFixture *f = data;

    start(f, driver, 0);
    write_desc(f->tx, 0, 0x200000, 16, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT,
               1);
    write_desc(f->tx, 1, 0x200000, 64, 0, 0);
    offer(f->tx, 0);
    expect_broken(f);
    net_fixture_stop(f);
}

/* Guards: a frame without a whole header is refused. */
static void short_header(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    NetFixture *f = data;

    for (uint32_t len = 1; len <= HDR; len++) {
        start(f, driver, 0);
        write_desc(f->tx, 0, 0x200000, len, 0, 0);
        offer(f->tx, 0);
        qvirtio_settle(f->d);
        net_fixture_works_again(f, "split");
    }
    net_fixture_stop(f);
}

/* CVE-2021-3748, CVE-2020-13659. Guards: buffers that are not RAM. */
static void buffers_outside_ram(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    NetFixture *f = data;
    static const uint64_t places[] = {
        0xfee00000, 0xa0000, 0x7fffff0, 0x8000000, 0xfffffffffffff000,
        0xffffffffffffffff, 1ull << 52,
    };
    uint8_t frame[64];

    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        start(f, driver, QVIRTIO_F(VIRTIO_NET_F_MRG_RXBUF));
        write_desc(f->rx, 0, places[i], 2048, VRING_DESC_F_WRITE, 0);
        offer(f->rx, 0);
        net_make_frame(frame, 64, i);
        net_host_send(f, frame, 64);
        write_desc(f->tx, 0, places[i], 2048, 0, 0);
        offer(f->tx, 0);
        qvirtio_settle(f->d);
        net_fixture_works_again(f, "split");
    }
    net_fixture_stop(f);
}

/* CVE-2020-27821. Guards: rings partly or wholly outside RAM. */
static void rings_outside_ram(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    NetFixture *f = data;
    static const uint64_t places[] = {
        0x7fff010, 0x7ffff00, 0x8000000, 0xfee00000, 0xfffffffffffff000,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        /* A ring at the end of all addresses cannot even be enabled. */
        bool wraps = places[i] + 4096 < places[i];
        QVirtQueue saved;

        start(f, driver, 0);
        saved = *f->tx;
        qvirtio_negotiate(f->d, &qvirt_split, 0);
        f->tx->desc = places[i];
        f->tx->driver = places[i] + 64;
        f->tx->device = places[i] + 128;
        f->d->transport->queue_enable(f->tx, VIRTIO_MSI_NO_VECTOR);
        qvirtio_driver_ok(f->d);
        /* The last descriptor, which is outside even if most are not. */
        qtest_writew(qts, places[i] + 64 + 4, f->tx->size - 1);
        qtest_writew(qts, places[i] + 64 + 2, 1);
        f->d->transport->notify(f->tx);
        if (wraps) {
            qvirtio_settle(f->d);
        } else {
            qvirtio_wait_needs_reset(f->d);
        }
        *f->tx = saved;
        net_fixture_works_again(f, "split");
    }
    net_fixture_stop(f);
}

/* Guards: re-entry of the device from its own DMA. */
static void buffers_in_own_bar(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[64];

    start(f, driver, 0);
    for (unsigned bar = 0; bar < 6; bar++) {
        QPCIBar place = f->d->bar[bar].size ? f->d->bar[bar]
                                            : f->d->pci->msix_table;

        if (place.is_io) {
            continue;
        }
        for (uint64_t at = 0; at < place.size; at += 0x1000) {
            start(f, driver, 0);
            write_desc(f->rx, 0, place.addr + at, 2048, VRING_DESC_F_WRITE, 0);
            offer(f->rx, 0);
            net_make_frame(frame, 64, at);
            net_host_send(f, frame, 64);
            write_desc(f->tx, 0, place.addr + at, 2048, 0, 0);
            offer(f->tx, 0);
            qvirtio_settle(f->d);
        }
    }
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* What the device says of a register after the driver wrote something else there. */
static void stays(QVirtioDevice *d, unsigned at, unsigned size, uint32_t other)
{
    uint32_t before = qpci_io_read(d->pci, d->common, at, size);

    g_assert_cmphex(before, !=, other);
    qpci_io_write(d->pci, d->common, at, other, size);
    g_assert_cmphex(qpci_io_read(d->pci, d->common, at, size), ==, before);
}

/* CVE-2026-5747. Guards: what may not change after the device is running. */
static void common_cfg_after_start(void *driver, QTestState *qts,
                                   const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d = f->d;
    uint8_t frame[64], got[64];

    start(f, driver, 0);
    d = f->d;
    for (unsigned at = 0; at < d->common.size && at < 64; at += 2) {
        if (at == offsetof(struct virtio_pci_common_cfg, device_status) ||
            at == offsetof(struct virtio_pci_common_cfg, queue_select) ||
            at >= sizeof(struct virtio_pci_common_cfg)) {
            continue;
        }
        qpci_io_write(d->pci, d->common,
                      offsetof(struct virtio_pci_common_cfg, queue_select), 1,
                      2);
        qpci_io_write(d->pci, d->common, at, 0xfffe, 2);
    }
    /* And what could be, were it not too late. */
    for (unsigned half = 0; half < 2; half++) {
        qpci_io_write(d->pci, d->common, VIRTIO_PCI_COMMON_GFSELECT, half, 4);
        stays(d, VIRTIO_PCI_COMMON_GF, 4, 1u << 5);
    }
    qpci_io_write(d->pci, d->common, VIRTIO_PCI_COMMON_Q_SELECT, 1, 2);
    stays(d, VIRTIO_PCI_COMMON_Q_SIZE, 2, 8);
    for (unsigned at = VIRTIO_PCI_COMMON_Q_DESCLO;
         at <= VIRTIO_PCI_COMMON_Q_USEDHI; at += 4) {
        stays(d, at, 4, 0x300000);
    }
    net_make_frame(frame, 64, 7);
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==, 64);
    g_assert_cmpmem(got, 64, frame, 64);
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* CVE-2011-2512. Guards: queue numbers in select and notify. */
static void queue_out_of_range(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;
    static const uint16_t numbers[] = { 3, 63, 64, 1023, 1024, 0x8000, 0xffff };

    start(f, driver, 0);
    d = f->d;
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        g_assert_cmpint(d->transport->queue_max(d, numbers[i]), ==, 0);
        for (unsigned at = 22; at < 56; at += 2) {
            qpci_io_write(d->pci, d->common, at, 0xffff, 2);
        }
        for (uint64_t at = 0; at < d->notify.size; at += 4) {
            qpci_io_write(d->pci, d->notify, at, numbers[i], 2);
        }
    }
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* Guards: queue_size above the maximum (also IN_ORDER size, 2026). */
static void queue_size_too_large(void *driver, QTestState *qts,
                                 const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;
    static const uint16_t sizes[] = { 0, 3, 1025, 2048, 0x8000, 0xffff };
    unsigned at = offsetof(struct virtio_pci_common_cfg, queue_size);

    start(f, driver, 0);
    d = f->d;
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint16_t max;

        qvirtio_negotiate(d, &qvirt_split, 0);
        max = d->transport->queue_max(d, 1);
        qpci_io_write(d->pci, d->common, at, sizes[i], 2);
        g_assert_cmpint(qpci_io_read(d->pci, d->common, at, 2), <=, max);
    }
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* Guards: MSI-X vectors beyond the table. */
static void vector_out_of_range(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    NetFixture *f = data;
    QVirtioDevice *d;
    static const uint16_t vectors[] = { 64, 1000, 0x7fff, 0xfffe };

    start(f, driver, 0);
    d = f->d;
    for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++) {
        static const unsigned fields[] = {
            offsetof(struct virtio_pci_common_cfg, msix_config),
            offsetof(struct virtio_pci_common_cfg, queue_msix_vector),
        };

        for (unsigned j = 0; j < ARRAY_SIZE(fields); j++) {
            qpci_io_write(d->pci, d->common, fields[j], vectors[i], 2);
            g_assert_cmphex(qpci_io_read(d->pci, d->common, fields[j], 2), ==,
                            VIRTIO_MSI_NO_VECTOR);
        }
    }
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* CVE-2020-13754. Guards: accesses at and past the end of the MSI-X table. */
static void msix_table_edges(void *driver, QTestState *qts,
                             const char *variant, void *data)
{
    NetFixture *f = data;
    QPCIDevice *pci;
    uint64_t end;

    start(f, driver, 0);
    pci = f->d->pci;
    end = pci->msix_table.size;
    for (uint64_t at = 0; at < end; at += at < 256 ? 1 : 61) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            if (at + size <= end) {
                qpci_io_read(pci, pci->msix_table, at, size);
                qpci_io_write(pci, pci->msix_table, at, -1, size);
            }
        }
    }
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* A reset in the middle of everything. */
static void reset_under_traffic(void *driver, QTestState *qts,
                                const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[200], got[256];

    for (unsigned round = 0; round < 20; round++) {
        start(f, driver, 0);
        net_make_frame(frame, 200, round);
        for (unsigned i = 0; i < 40; i++) {
            net_guest_post(f, 512);
            net_guest_send(f, frame, 200);
            send(f->host_fd, frame, 200, MSG_DONTWAIT);
        }
        qvirtqueue_kick(f->rx);
        qvirtqueue_kick(f->tx);
        qvirtio_reset(f->d);
        while (net_host_receive(f, got, sizeof(got), 0) >= 0) {
        }
    }
    start(f, driver, 0);
    net_fixture_works_again(f, "split");
    net_fixture_stop(f);
}

/* CVE-2023-3301: the backend goes first. Guards: the cut of the peers. */
static void backend_goes_first(void *driver, QTestState *qts,
                               const char *variant, void *data)
{
    NetFixture *f = data;
    uint8_t frame[64];

    start(f, driver, 0);
    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'hs0'}}");
    net_make_frame(frame, 64, 1);
    for (unsigned i = 0; i < 10; i++) {
        net_guest_send(f, frame, 64);
        qvirtqueue_kick(f->tx);
        qvirtqueue_wait(f->tx, NULL);
    }
    g_assert_true(qtest_alive(qts));
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts opts = {
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const struct { const char *name; QOSTestFunc *func; } tests[] = {
        { "attack/chain-loop", chain_loop },
        { "attack/head-out-of-range", head_out_of_range },
        { "attack/next-out-of-range", next_out_of_range },
        { "attack/index-jumps", index_jumps },
        { "attack/zero-length", zero_length },
        { "attack/indirect-rules", indirect_rules },
        { "attack/readable-after-writable", readable_after_writable },
        { "attack/short-header", short_header },
        { "attack/buffers-outside-ram", buffers_outside_ram },
        { "attack/rings-outside-ram", rings_outside_ram },
        { "attack/buffers-in-own-bar", buffers_in_own_bar },
        { "attack/common-cfg-after-start", common_cfg_after_start },
        { "attack/queue-out-of-range", queue_out_of_range },
        { "attack/queue-size-too-large", queue_size_too_large },
        { "attack/vector-out-of-range", vector_out_of_range },
        { "attack/msix-table-edges", msix_table_edges },
        { "attack/reset-under-traffic", reset_under_traffic },
        { "attack/backend-goes-first", backend_goes_first },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
        qos_add_test(tests[i].name, "virtio-net-modern", tests[i].func, &opts);
    }
}

libqos_init(register_tests)

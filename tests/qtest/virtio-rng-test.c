/*
 * The entropy device: bytes come, differ, are those of the file, come no faster
 * than allowed; and buffers that lie. VIRTIO 1.4 section 5.4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "libqos/nodes.h"

#define TEST(name) \
    static void name(void *driver, QTestState *qts, const char *variant, \
                     void *data)

typedef struct Rng {
    QVirtioDevice *d;
    QVirtQueue *vq;
    uint64_t buffer;
} Rng;

static void start(Rng *r, QVirtioDevice *d, const char *variant)
{
    r->d = d;
    qpci_msix_enable(d->pci);
    qvirtio_negotiate(d, qvirt_layout(variant ? variant : "split"), 0);
    r->vq = qvirtqueue_new(d, 0, 0);
    qvirtio_driver_ok(d);
    r->buffer = guest_alloc_aligned(d->alloc, 1 << 20, 4096);
}

static void stop(Rng *r)
{
    qvirtio_reset(r->d);
    qvirtqueue_free(r->vq);
}

/* Post @size bytes at @offset of the buffer. */
static void post(Rng *r, size_t offset, size_t size)
{
    qvirtqueue_add1(r->vq, r->buffer + offset, size, true);
    qvirtqueue_kick(r->vq);
}

static uint32_t take(Rng *r)
{
    uint32_t len;

    qvirtqueue_wait(r->vq, &len);
    return len;
}

TEST(bytes_differ)
{
    uint8_t a[64], b[64], zeros[64] = { 0 };
    Rng r;

    start(&r, driver, variant);
    for (unsigned i = 0; i < 20; i++) {
        qtest_memset(qts, r.buffer, 0, 256);
        post(&r, 0, 64);
        g_assert_cmpuint(take(&r), ==, 64);
        post(&r, 128, 64);
        g_assert_cmpuint(take(&r), ==, 64);
        qtest_memread(qts, r.buffer, a, 64);
        qtest_memread(qts, r.buffer + 128, b, 64);
        g_assert_cmpint(memcmp(a, b, 64), !=, 0);
        g_assert_cmpint(memcmp(a, zeros, 64), !=, 0);
        /* And nothing behind the buffer. */
        qtest_memread(qts, r.buffer + 64, a, 64);
        g_assert_cmpmem(a, 64, zeros, 64);
    }
    qvirtqueue_wait_interrupt(r.vq);
    stop(&r);
}

TEST(several_buffers_at_once)
{
    QVirtBuf pieces[3];
    uint32_t total = 0;
    Rng r;

    start(&r, driver, variant);
    for (unsigned i = 0; i < 3; i++) {
        pieces[i] = (QVirtBuf) { r.buffer + 100 * i, 10 + i, true };
    }
    for (unsigned i = 0; i < 2; i++) {
        qvirtqueue_add(r.vq, pieces, 3);
    }
    qvirtqueue_kick(r.vq);
    for (unsigned i = 0; i < 2; i++) {
        total += take(&r);
    }
    g_assert_cmpuint(total, ==, 66);
    stop(&r);
}

/* Guards: RNG_REQUEST_MAX, and fill_buffers() taking no more than came. */
TEST(hostile_buffers)
{
    QVirtioDevice *d = driver;
    QPCIBar own = d->common;
    Rng r;

    start(&r, d, variant);
    /* Far more than there is at once. */
    qvirtqueue_add1(r.vq, r.buffer, 1 << 20, true);
    qvirtqueue_kick(r.vq);
    g_assert_cmpuint(take(&r), ==, 65536);
    /* Nothing to write to, which the driver must not do. */
    for (unsigned i = 0; i < 4; i++) {
        qvirtqueue_add1(r.vq, r.buffer, 64, false);
    }
    qvirtqueue_kick(r.vq);
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmpuint(take(&r), ==, 0);
    }
    /* The device's own registers: refused, and it works on. */
    if (own.addr && !own.is_io) {
        qvirtqueue_add1(r.vq, own.addr, 56, true);
        qvirtqueue_kick(r.vq);
        take(&r);
        g_assert_cmphex(d->transport->get_status(d) & 4, ==, 4);
    }
    post(&r, 0, 32);
    g_assert_cmpuint(take(&r), ==, 32);
    stop(&r);
}

TEST(reset_with_bytes_on_their_way)
{
    Rng r;

    for (unsigned i = 0; i < 20; i++) {
        start(&r, driver, variant);
        post(&r, 0, 4096);
        stop(&r);
    }
    start(&r, driver, variant);
    post(&r, 0, 16);
    g_assert_cmpuint(take(&r), ==, 16);
    stop(&r);
}

TEST(stopped_machine_waits)
{
    Rng r;

    start(&r, driver, variant);
    qtest_qmp_ok(qts, "{'execute': 'stop'}");
    post(&r, 0, 16);
    qvirtio_settle(r.d);
    g_assert_false(qvirtqueue_poll(r.vq, NULL, NULL));
    qtest_qmp_ok(qts, "{'execute': 'cont'}");
    g_assert_cmpuint(take(&r), ==, 16);
    stop(&r);
}

/* 100 bytes in a second. */
TEST(rate_is_limited)
{
    Rng r;

    start(&r, driver, variant);
    post(&r, 0, 60);
    g_assert_cmpuint(take(&r), ==, 60);
    post(&r, 0, 60);
    g_assert_cmpuint(take(&r), ==, 40);
    for (unsigned i = 0; i < 3; i++) {
        post(&r, 0, 200);
        qtest_clock_step(qts, 990000000);
        qvirtio_settle(r.d);
        g_assert_false(qvirtqueue_poll(r.vq, NULL, NULL));
        qtest_clock_step(qts, 11000000);
        g_assert_cmpuint(take(&r), ==, 100);
    }
    /* A reset gives no more. */
    stop(&r);
    start(&r, driver, variant);
    post(&r, 0, 10);
    qvirtio_settle(r.d);
    g_assert_false(qvirtqueue_poll(r.vq, NULL, NULL));
    stop(&r);
}

/* --- a file with known bytes --- */

#define FILE_BYTES 150

static char *file_before(void **data)
{
    char *path = g_strdup_printf("%s/rng-%d", g_get_tmp_dir(), getpid());
    char bytes[FILE_BYTES];

    for (unsigned i = 0; i < FILE_BYTES; i++) {
        bytes[i] = i + 1;
    }
    g_assert_true(g_file_set_contents(path, bytes, FILE_BYTES, NULL));
    *data = path;
    return g_strdup_printf("-object rng-random,id=source,filename=%s", path);
}

static void file_after(void *data)
{
    g_unlink(data);
    g_free(data);
}

TEST(bytes_are_those_of_the_file)
{
    uint8_t got[100];
    Rng r;

    start(&r, driver, variant);
    for (unsigned round = 0; round < 2; round++) {
        post(&r, 0, 100);
        g_assert_cmpuint(take(&r), ==, round ? 50 : 100);
        qtest_memread(qts, r.buffer, got, 100);
        for (unsigned i = 0; i < (round ? 50 : 100); i++) {
            g_assert_cmpuint(got[i], ==, round * 100 + i + 1);
        }
    }
    /* The file has no more: the buffer waits, and nobody spins. */
    post(&r, 0, 100);
    qvirtio_settle(r.d);
    g_assert_false(qvirtqueue_poll(r.vq, NULL, NULL));
    stop(&r);
}

/* --- nodes --- */

typedef struct RngNode {
    QOSObject obj;
    QVirtioDevice virtio;
    QPCIDevice *pci;
} RngNode;

static void *node_get_driver(QOSObject *obj, const char *interface)
{
    return &container_of(obj, RngNode, obj)->virtio;
}

static void node_destroy(QOSObject *obj)
{
    RngNode *node = container_of(obj, RngNode, obj);

    g_free(node->pci);
    g_free(node);
}

static void node_start(QOSObject *obj)
{
    qpci_device_enable(container_of(obj, RngNode, obj)->pci);
}

static QOSObject *node_new(void *bus, bool legacy)
{
    QPCIMachineBus *machine_bus = bus;
    RngNode *node = g_new0(RngNode, 1);

    node->pci = qpci_device_find_id(&machine_bus->pci, 0x1af4, 0x1044);
    if (!node->pci) {
        node->pci = qpci_device_find_id(&machine_bus->pci, 0x1af4, 0x1005);
    }
    g_assert_nonnull(node->pci);
    if (legacy) {
        qvirtio_pci_legacy_init(&node->virtio, node->pci, &machine_bus->alloc);
    } else {
        qvirtio_pci_modern_init(&node->virtio, node->pci, &machine_bus->alloc);
    }
    node->obj.get_driver = node_get_driver;
    node->obj.start = node_start;
    node->obj.destroy = node_destroy;
    return &node->obj;
}

static QOSObject *modern_new(QTestState *qts, void *bus, const char *id)
{
    return node_new(bus, false);
}

static QOSObject *legacy_new(QTestState *qts, void *bus, const char *id)
{
    return node_new(bus, true);
}

static void register_tests(void)
{
    static const QOSTestOpts layouts = { .variants = qvirt_layout_names };
    static const QOSTestOpts limited = {
        .variants = qvirt_layout_names,
        .device_args = ",max-bytes=100,period=1000",
    };
    static const QOSTestOpts file = {
        .variants = qvirt_layout_names, .device_args = ",rng=source",
        .before = file_before, .after = file_after,
    };

    qos_add_device("virtio-rng-pci", "virtio-rng-pci,packed=on,in_order=on",
                   "pci-bus", modern_new);
    qos_node_produces("virtio-rng-pci", "virtio-rng");
    qos_add_device("virtio-rng-pci-transitional", "virtio-rng-pci-transitional",
                   "pci-bus", legacy_new);
    qos_device_lacks("virtio-rng-pci-transitional", "packed");
    qos_node_produces("virtio-rng-pci-transitional", "virtio-rng");

    qos_add_test("bytes-differ", "virtio-rng", bytes_differ, &layouts);
    qos_add_test("several-buffers-at-once", "virtio-rng",
                 several_buffers_at_once, &layouts);
    qos_add_test("hostile-buffers", "virtio-rng", hostile_buffers, &layouts);
    qos_add_test("reset-with-bytes-on-their-way", "virtio-rng",
                 reset_with_bytes_on_their_way, &layouts);
    qos_add_test("stopped-machine-waits", "virtio-rng", stopped_machine_waits,
                 &layouts);
    qos_add_test("rate-is-limited", "virtio-rng", rate_is_limited, &limited);
    qos_add_test("bytes-are-those-of-the-file", "virtio-rng",
                 bytes_are_those_of_the_file, &file);
}

libqos_init(register_tests)

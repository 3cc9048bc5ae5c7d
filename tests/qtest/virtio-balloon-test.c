/*
 * The memory balloon: pages that go back to the host and come again, statistics,
 * reporting, and drivers that lie. VIRTIO 1.4 section 5.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_balloon.h>
#include "libqos/virtio.h"
#include "libqos/qgraph.h"

#define PAGE        4096
#define AREA        (16u << 20)
#define AREA_PAGES  (AREA / PAGE)
#define CONFIG_NUM_PAGES    0
#define CONFIG_ACTUAL       4
#define CONFIG_POISON       12
#define DEVICE_PATH "/machine/peripheral/dev0"

typedef struct Balloon {
    QVirtioDevice *d;
    QVirtQueue *inflate, *deflate;
    uint64_t area;              /* guest memory that is the test's */
    uint64_t list;              /* room for page numbers */
} Balloon;

static void start(Balloon *b, QVirtioDevice *d, const char *variant,
                  uint64_t features)
{
    b->d = d;
    qvirtio_negotiate(d, qvirt_layout(variant ? variant : "split"), features);
    b->inflate = qvirtqueue_new(d, 0, 0);
    b->deflate = qvirtqueue_new(d, 1, 0);
    qvirtio_driver_ok(d);
    b->area = guest_alloc_aligned(d->alloc, AREA, PAGE);
    b->list = guest_alloc_aligned(d->alloc, AREA_PAGES * 4 + PAGE, PAGE);
}

static void stop(Balloon *b)
{
    qvirtio_reset(b->d);
    qvirtqueue_free(b->inflate);
    qvirtqueue_free(b->deflate);
}

/* Page numbers at @list: @count from the one of @addr on, @step apart. */
static void write_pfns(Balloon *b, uint64_t addr, unsigned count, int step)
{
    g_autofree uint32_t *pfns = g_new(uint32_t, count);

    for (unsigned i = 0; i < count; i++) {
        pfns[i] = GUINT32_TO_LE(addr / PAGE + (int)i * step);
    }
    qtest_memwrite(b->d->qts, b->list, pfns, count * 4);
}

static void give(Balloon *b, QVirtQueue *vq, size_t bytes)
{
    qvirtqueue_add1(vq, b->list, bytes, false);
    qvirtqueue_kick(vq);
    qvirtqueue_wait(vq, NULL);
}

/* Bytes of the emulator that are in memory. */
static uint64_t resident(QTestState *qts)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", qtest_pid(qts));
    g_autofree char *text = NULL;
    unsigned long size, pages;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%lu %lu", &size, &pages), ==, 2);
    return (uint64_t)pages * PAGE;
}

static void assert_pattern(QTestState *qts, uint64_t addr, size_t bytes,
                           uint8_t pattern)
{
    g_autofree uint8_t *got = g_malloc(bytes);

    qtest_memread(qts, addr, got, bytes);
    for (size_t i = 0; i < bytes; i++) {
        if (got[i] != pattern) {
            g_error("0x%" PRIx64 " holds %02x, not %02x", addr + i, got[i],
                    pattern);
        }
    }
}

/* Upwards and downwards; the pages beside them keep what they hold. */
static void inflate_deflate(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    Balloon b;

    start(&b, driver, variant, 0);
    for (int step = -1; step <= 1; step += 2) {
        unsigned count = AREA_PAGES - 2;
        uint64_t before, after;

        qtest_memset(qts, b.area, 0x5a, AREA);
        before = resident(qts);
        write_pfns(&b, b.area + (step > 0 ? PAGE : AREA - 2 * PAGE), count,
                   step);
        give(&b, b.inflate, count * 4);
        after = resident(qts);
        g_assert_cmpint(before - after, >, AREA * 3 / 4);
        assert_pattern(qts, b.area, PAGE, 0x5a);
        assert_pattern(qts, b.area + PAGE, AREA - 2 * PAGE, 0);
        assert_pattern(qts, b.area + AREA - PAGE, PAGE, 0x5a);
        give(&b, b.deflate, count * 4);
        qtest_memset(qts, b.area, 0xa5, AREA);
        assert_pattern(qts, b.area, AREA, 0xa5);
    }
    stop(&b);
}

/* What monitors ask for, the driver sees; what it says, they see. */
static void target_and_actual(void *driver, QTestState *qts,
                              const char *variant, void *data)
{
    uint32_t pages = (28u << 20) / PAGE;
    json_object *answer, *event;
    g_autofree char *text = NULL;
    QVirtioDevice *d = driver;
    Balloon b;

    start(&b, driver, NULL, 0);
    qvirtio_config_interrupted(d);
    qtest_qmp_ok(qts, "{'execute': 'balloon', 'arguments': "
                 "{'value': 104857600}}");
    qvirtio_settle(d);
    qvirtio_wait_config_interrupt(d);
    g_assert_cmpint(d->transport->config_read(d, CONFIG_NUM_PAGES, 4), ==,
                    pages);
    for (unsigned i = 0; i < 4; i++) {
        d->transport->config_write(d, CONFIG_ACTUAL + i,
                                   pages >> (8 * i) & 0xff, 1);
    }
    event = qtest_event(qts, "BALLOON_CHANGE");
    g_assert_cmpint(json_int(event, "data.actual"), ==, 100 << 20);
    json_object_put(event);
    answer = qtest_qmp_return(qts, "{'execute': 'query-balloon'}");
    g_assert_cmpint(json_int(answer, "actual"), ==, 100 << 20);
    json_object_put(answer);
    text = qtest_hmp(qts, "info balloon");
    g_assert_nonnull(strstr(text, "balloon: actual=100"));
    /* More than there is means all. */
    g_free(qtest_hmp(qts, "balloon 1T"));
    g_assert_cmpint(d->transport->config_read(d, CONFIG_NUM_PAGES, 4), ==, 0);
    g_free(qtest_qmp_error(qts, "GenericError", "{'execute': 'balloon', "
                           "'arguments': {'value': 0}}"));
    /* A driver that says more than the guest has. */
    d->transport->config_write(d, CONFIG_ACTUAL, 0xffffffff, 4);
    answer = qtest_qmp_return(qts, "{'execute': 'query-balloon'}");
    g_assert_cmpint(json_int(answer, "actual"), ==, 0);
    json_object_put(answer);
    stop(&b);
    /* A guest that begins anew has all its memory. */
    answer = qtest_qmp_return(qts, "{'execute': 'query-balloon'}");
    g_assert_cmpint(json_int(answer, "actual"), ==, 128 << 20);
    json_object_put(answer);
}

/* --- statistics --- */

static void write_stat(QTestState *qts, uint64_t at, uint16_t tag,
                       uint64_t value)
{
    qtest_writew(qts, at, tag);
    qtest_writeq(qts, at + 2, value);
}

static int64_t stat_of(QTestState *qts, const char *name, bool *updated)
{
    json_object *answer = qtest_qmp_return(
        qts, "{'execute': 'qom-get', 'arguments': {'path': '" DEVICE_PATH "', "
        "'property': 'guest-stats'}}");
    g_autofree char *path = g_strdup_printf("stats.%s", name);
    int64_t value;

    g_assert_true(json_has(json_member(answer, "stats"), name));
    value = json_object_get_uint64(json_member(answer, path));
    *updated = json_int(answer, "last-update") != 0;
    json_object_put(answer);
    return value;
}

static void statistics(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    QVirtQueue *vq;
    uint64_t at;
    bool updated;
    Balloon b;

    b.d = driver;
    qvirtio_negotiate(b.d, qvirt_layout(variant),
                      QVIRTIO_F(VIRTIO_BALLOON_F_STATS_VQ));
    b.inflate = qvirtqueue_new(b.d, 0, 0);
    b.deflate = qvirtqueue_new(b.d, 1, 0);
    vq = qvirtqueue_new(b.d, 2, 0);
    qvirtio_driver_ok(b.d);
    at = guest_alloc(b.d->alloc, 256);
    g_assert_cmpint(stat_of(qts, "stat-free-memory", &updated), ==, -1);
    g_assert_false(updated);

    /* Any order, unknown tags, and an entry that ends too early. */
    write_stat(qts, at, VIRTIO_BALLOON_S_MEMTOT, 1000);
    write_stat(qts, at + 10, 999, 1);
    write_stat(qts, at + 20, VIRTIO_BALLOON_S_MEMFREE, 1ull << 63);
    write_stat(qts, at + 30, VIRTIO_BALLOON_S_AVAIL, 5);
    qvirtqueue_add1(vq, at, 39, false);
    qvirtqueue_kick(vq);
    qvirtio_settle(b.d);
    g_assert_cmpint(stat_of(qts, "stat-total-memory", &updated), ==, 1000);
    g_assert_true(updated);
    g_assert_cmpint(stat_of(qts, "stat-free-memory", &updated), ==, INT64_MIN);
    g_assert_cmpint(stat_of(qts, "stat-available-memory", &updated), ==, -1);
    g_assert_false(qvirtqueue_poll(vq, NULL, NULL));

    /* Asked every two seconds; the same buffer is the answer. */
    qtest_qmp_ok(qts, "{'execute': 'qom-set', 'arguments': {'path': '"
                 DEVICE_PATH "', 'property': 'guest-stats-polling-interval', "
                 "'value': 2}}");
    for (unsigned round = 1; round <= 3; round++) {
        qtest_clock_step(qts, 1900 * 1000000ll);
        g_assert_false(qvirtqueue_poll(vq, NULL, NULL));
        qtest_clock_step(qts, 200 * 1000000ll);
        qvirtqueue_wait(vq, NULL);
        write_stat(qts, at, VIRTIO_BALLOON_S_CACHES, round);
        qvirtqueue_add1(vq, at, 10, false);
        qvirtqueue_kick(vq);
        qvirtio_settle(b.d);
        g_assert_cmpint(stat_of(qts, "stat-disk-caches", &updated), ==, round);
        g_assert_cmpint(stat_of(qts, "stat-total-memory", &updated), ==, -1);
    }
    /* The chain that the device holds outlives a stop. */
    qtest_qmp_ok(qts, "{'execute': 'stop'}");
    qtest_qmp_ok(qts, "{'execute': 'cont'}");
    qtest_clock_step(qts, 2100 * 1000000ll);
    qvirtqueue_wait(vq, NULL);
    /* Two at once: one comes back. */
    qvirtqueue_add1(vq, at, 10, false);
    qvirtqueue_add1(vq, at + 10, 10, false);
    qvirtqueue_kick(vq);
    qvirtqueue_wait(vq, NULL);
    g_free(qtest_qmp_error(qts, "GenericError", "{'execute': 'qom-set', "
                           "'arguments': {'path': '" DEVICE_PATH "', "
                           "'property': 'guest-stats-polling-interval', "
                           "'value': -1}}"));
    stop(&b);
    qvirtqueue_free(vq);
}

/* --- reporting --- */

/* In queue @index, beside @features: are @b's pages gone after a report? */
static void report_pages(QVirtioDevice *d, const char *variant, unsigned index,
                         uint64_t features, uint32_t poison, bool gone)
{
    QTestState *qts = d->qts;
    QVirtQueue *vq;
    QVirtBuf bufs[3];
    Balloon b;

    b.d = d;
    qvirtio_negotiate(d, qvirt_layout(variant), features |
                      QVIRTIO_F(VIRTIO_BALLOON_F_REPORTING));
    b.inflate = qvirtqueue_new(d, 0, 0);
    b.deflate = qvirtqueue_new(d, 1, 0);
    vq = qvirtqueue_new(d, index, 0);
    if (poison) {
        d->transport->config_write(d, CONFIG_POISON, poison, 4);
    }
    qvirtio_driver_ok(d);
    b.area = guest_alloc_aligned(d->alloc, 64 * PAGE, PAGE);
    qtest_memset(qts, b.area, 0x77, 64 * PAGE);
    bufs[0] = (QVirtBuf){ b.area + PAGE, 16 * PAGE, true };
    bufs[1] = (QVirtBuf){ b.area + 32 * PAGE, 8 * PAGE, true };
    bufs[2] = (QVirtBuf){ b.area + 50 * PAGE + 100, 200, true };
    qvirtqueue_add(vq, bufs, 3);
    qvirtqueue_kick(vq);
    qvirtqueue_wait(vq, NULL);
    assert_pattern(qts, b.area, PAGE, 0x77);
    assert_pattern(qts, b.area + PAGE, 16 * PAGE, gone ? 0 : 0x77);
    assert_pattern(qts, b.area + 17 * PAGE, 15 * PAGE, 0x77);
    assert_pattern(qts, b.area + 32 * PAGE, 8 * PAGE, gone ? 0 : 0x77);
    assert_pattern(qts, b.area + 40 * PAGE, 24 * PAGE, 0x77);
    stop(&b);
    qvirtqueue_free(vq);
}

#define STATS   QVIRTIO_F(VIRTIO_BALLOON_F_STATS_VQ)
#define HINT    QVIRTIO_F(VIRTIO_BALLOON_F_FREE_PAGE_HINT)
#define POISON  QVIRTIO_F(VIRTIO_BALLOON_F_PAGE_POISON)

static void reporting(void *driver, QTestState *qts, const char *variant,
                      void *data)
{
    report_pages(driver, variant, 4, STATS | HINT, 0, true);
    report_pages(driver, variant, 4, STATS | HINT | POISON, 0, true);
    report_pages(driver, variant, 4, STATS | HINT | POISON, 0xaaaaaaaa, false);
}

/* By the specification, and as Linux counts. */
static void queue_numbers(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    report_pages(driver, "split", 4, STATS, 0, true);
    report_pages(driver, "split", 3, STATS, 0, true);
    report_pages(driver, "split", 4, 0, 0, true);
    report_pages(driver, "split", 2, 0, 0, true);
    report_pages(driver, "split", 4, HINT, 0, true);
}

/* --- drivers that lie --- */

/*
 * Guards: page numbers may be anything, and lists of any length and piece; what
 * is not RAM is left alone (system/ram-discard.c).
 */
static void hostile_pages(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    static const uint32_t odd[] = {
        0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff, 0xfee00, 0xfec00,
        0xa0, 0xc0, 0xf0, 0xff, 0xe0000, 0x100000, 0xfffff,
    };
    Balloon b;

    start(&b, driver, variant, 0);
    qtest_memset(qts, b.area, 0x11, PAGE);
    for (unsigned i = 0; i < ARRAY_SIZE(odd); i++) {
        qtest_writel(qts, b.list + 4 * i, odd[i]);
    }
    give(&b, b.inflate, sizeof(odd));
    give(&b, b.deflate, sizeof(odd));
    for (size_t bytes = 1; bytes < 8; bytes++) {
        give(&b, b.inflate, bytes);
        give(&b, b.deflate, bytes);
    }
    /* A list as long as memory, of whatever is there. */
    qvirtqueue_add1(b.inflate, 4 << 20, 64 << 20, false);
    qvirtqueue_kick(b.inflate);
    qvirtio_settle(b.d);
    g_assert_true(qtest_alive(qts));
    stop(&b);
}

/* The balloon takes the pages of its own ring: a reset brings the device back. */
static void ring_in_balloon(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    Balloon b;

    start(&b, driver, variant, 0);
    write_pfns(&b, b.inflate->desc, 1, 1);
    write_pfns(&b, b.inflate->driver, 1, 1);
    qtest_writel(qts, b.list, b.inflate->desc / PAGE);
    qtest_writel(qts, b.list + 4, b.inflate->driver / PAGE);
    qtest_writel(qts, b.list + 8, b.inflate->device / PAGE);
    qtest_writel(qts, b.list + 12, b.list / PAGE);
    qvirtqueue_add1(b.inflate, b.list, 16, false);
    qvirtqueue_kick(b.inflate);
    qvirtio_settle(b.d);
    stop(&b);
    start(&b, driver, variant, 0);
    write_pfns(&b, b.area, 4, 1);
    give(&b, b.inflate, 16);
    stop(&b);
}

/* A second one has nothing to be for. */
static void only_one(void *driver, QTestState *qts, const char *variant,
                     void *data)
{
    g_autofree char *desc = qtest_qmp_error(
        qts, "GenericError", "{'execute': 'device_add', 'arguments': "
        "{'driver': 'virtio-balloon-pci', 'id': 'second'}}");

    if (strstr(desc, "does not support hotplugging")) {
        qos_skip("nothing can be plugged here");
    }
    g_assert_nonnull(strstr(desc, "one balloon"));
}

static void register_tests(void)
{
    static const QOSTestOpts layouts = {
        .variants = qvirt_layout_names, .ram_not_mapped = true,
    };
    static const QOSTestOpts once = { .ram_not_mapped = true };

    qos_add_test("inflate-deflate", "virtio-balloon", inflate_deflate,
                 &layouts);
    qos_add_test("target-and-actual", "virtio-balloon", target_and_actual,
                 &once);
    qos_add_test("statistics", "virtio-balloon", statistics, &layouts);
    qos_add_test("reporting", "virtio-balloon", reporting, &layouts);
    qos_add_test("queue-numbers", "virtio-balloon", queue_numbers, &once);
    qos_add_test("hostile-pages", "virtio-balloon", hostile_pages, &layouts);
    qos_add_test("ring-in-balloon", "virtio-balloon", ring_in_balloon,
                 &layouts);
    qos_add_test("only-one", "virtio-balloon-modern", only_one, &once);
}

libqos_init(register_tests)

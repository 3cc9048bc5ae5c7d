/*
 * virtio-net device statistics, as the driver gets them through the control queue
 * and as the monitor shows them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define DEVICE_STATS    50
#define CTRL_STATS      8
#define STATS_QUERY     0
#define STATS_GET       1

enum { RX_BASIC = 0, TX_BASIC = 16, CVQ = 32 };

typedef struct Request {
    uint16_t queue;
    uint16_t reserved[3];
    uint64_t types;
} Request;

typedef struct Reply {
    uint8_t type, reserved;
    uint16_t queue, reserved1, size;
    uint64_t counters[6];
} Reply;

static void start(NetFixture *f, void *driver, const char *variant)
{
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(DEVICE_STATS));
    if (!qvirtio_has(f->d, DEVICE_STATS)) {
        qos_skip("statistics are not for legacy drivers");
    }
}

static uint8_t stats(NetFixture *f, uint8_t command, const void *body,
                     size_t bytes, void *result, size_t room, uint32_t *got)
{
    return net_ctrl_result(f, CTRL_STATS, command, body, bytes, result, room,
                           got);
}

/* One type of one queue, which is there. */
static Reply get(NetFixture *f, uint16_t queue, unsigned type,
                 unsigned counters)
{
    Request request = { queue, { 0 }, UINT64_C(1) << type };
    Reply reply;
    uint32_t got;

    g_assert_cmpint(stats(f, STATS_GET, &request, sizeof(request), &reply,
                          sizeof(reply), &got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 8 + 8 * counters);
    g_assert_cmpint(reply.size, ==, got);
    g_assert_cmpint(reply.type, ==, type);
    g_assert_cmpint(reply.queue, ==, queue);
    return reply;
}

static void send_frames(NetFixture *f, unsigned count, size_t size)
{
    g_autofree uint8_t *frame = g_malloc(size);

    for (unsigned i = 0; i < count; i++) {
        net_make_frame(frame, size, i);
        net_guest_send(f, frame, size);
    }
    qvirtqueue_kick(f->tx);
    for (unsigned i = 0; i < count; i++) {
        qvirtqueue_wait(f->tx, NULL);
        g_assert_cmpint(net_host_receive(f, frame, size, 5000), ==, size);
    }
    qvirtio_settle(f->d);
}

static void receive_frames(NetFixture *f, unsigned count, size_t size)
{
    g_autofree uint8_t *frame = g_malloc(size);

    for (unsigned i = 0; i < count; i++) {
        net_guest_post(f, 2048);
    }
    qvirtqueue_kick(f->rx);
    for (unsigned i = 0; i < count; i++) {
        net_make_frame(frame, size, i);
        net_host_send(f, frame, size);
        qvirtqueue_wait(f->rx, NULL);
    }
    qvirtio_settle(f->d);
}

static void supported_types(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    NetFixture *f = data;
    uint64_t types, part = 0;
    uint32_t got;

    start(f, driver, variant);
    g_assert_cmpint(stats(f, STATS_QUERY, NULL, 0, &types, 8, &got), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 8);
    for (unsigned bit = 0; bit < 64; bit++) {
        Request request = { bit < 16 ? 0 : bit < 32 ? 1 : 2, { 0 },
                            UINT64_C(1) << bit };

        /* What is not supported is refused; the others may need features. */
        if (!(types >> bit & 1)) {
            g_assert_cmpint(stats(f, STATS_GET, &request, sizeof(request), NULL,
                                  0, NULL), ==, VIRTIO_NET_ERR);
        }
    }
    g_assert_true(types & QVIRTIO_F(CVQ));
    g_assert_true(types & QVIRTIO_F(RX_BASIC));
    g_assert_true(types & QVIRTIO_F(TX_BASIC));
    /* An answer that does not fit is cut. */
    g_assert_cmpint(stats(f, STATS_QUERY, NULL, 0, &part, 3, &got), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 3);
    g_assert_cmpint(part, ==, types & 0xffffff);
    net_fixture_stop(f);
}

static void basic(void *driver, QTestState *qts, const char *variant,
                  void *data)
{
    NetFixture *f = data;
    Reply before, after;

    start(f, driver, variant);
    before = get(f, 1, TX_BASIC, 6);
    qvirtqueue_interrupted(f->tx);
    send_frames(f, 5, 100);
    send_frames(f, 3, 1000);
    after = get(f, 1, TX_BASIC, 6);
    /* A thread may look at its queue for the first time only now. */
    g_assert_cmpint(after.counters[0] - before.counters[0], >=, 2);
    g_assert_cmpint(after.counters[0] - before.counters[0], <=, 3);
    g_assert_cmpint(after.counters[1] - before.counters[1], ==, 8);
    g_assert_cmpint(after.counters[2] - before.counters[2], ==, 3500);
    g_assert_cmpint(after.counters[3] - before.counters[3], >=, 1);
    g_assert_cmpint(after.counters[3] - before.counters[3], <=, 2);
    qvirtqueue_wait_interrupt(f->tx);
    g_assert_cmpint(after.counters[4], ==, before.counters[4]);

    before = get(f, 0, RX_BASIC, 6);
    receive_frames(f, 4, 200);
    after = get(f, 0, RX_BASIC, 6);
    g_assert_cmpint(after.counters[1] - before.counters[1], ==, 4);
    g_assert_cmpint(after.counters[2] - before.counters[2], ==, 800);
    g_assert_cmpint(after.counters[3] - before.counters[3], >=, 1);
    g_assert_cmpint(after.counters[4], ==, before.counters[4]);
    net_fixture_stop(f);
}

/* A frame that is none, and one that no buffer takes. */
static void drops(void *driver, QTestState *qts, const char *variant,
                  void *data)
{
    NetFixture *f = data;
    uint8_t frame[3000] = { 0 };
    Reply before, after;

    start(f, driver, variant);
    before = get(f, 0, RX_BASIC, 6);
    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    net_host_send(f, frame, 13);
    net_host_send(f, frame, sizeof(frame));
    net_host_send(f, frame, 60);
    qvirtqueue_wait(f->rx, NULL);
    after = get(f, 0, RX_BASIC, 6);
    g_assert_cmpint(after.counters[1] - before.counters[1], ==, 1);
    g_assert_cmpint(after.counters[4] - before.counters[4], ==, 2);
    g_assert_cmpint(after.counters[5], ==, 0);
    net_fixture_stop(f);
}

static void ctrl_queue(void *driver, QTestState *qts, const char *variant,
                       void *data)
{
    NetFixture *f = data;
    Reply before, after;

    start(f, driver, variant);
    before = get(f, 2, CVQ, 2);
    g_assert_cmpint(net_ctrl(f, 99, 0, NULL, 0), ==, VIRTIO_NET_ERR);
    after = get(f, 2, CVQ, 2);
    g_assert_cmpint(after.counters[0] - before.counters[0], ==, 2);
    g_assert_cmpint(after.counters[1] - before.counters[1], ==, 1);
    net_fixture_stop(f);
}

static void several_at_once(void *driver, QTestState *qts, const char *variant,
                            void *data)
{
    const Request requests[] = {
        { 2, { 0 }, QVIRTIO_F(CVQ) }, { 0, { 0 }, QVIRTIO_F(RX_BASIC) },
        { 1, { 0 }, QVIRTIO_F(TX_BASIC) }, { 0, { 0 }, 0 },
    };
    NetFixture *f = data;
    uint8_t answer[24 + 56 + 56 + 16];
    uint32_t got;

    start(f, driver, variant);
    memset(answer, 0xaa, sizeof(answer));
    g_assert_cmpint(stats(f, STATS_GET, requests, sizeof(requests), answer,
                          sizeof(answer), &got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 24 + 56 + 56);
    g_assert_cmpint(answer[0], ==, CVQ);
    g_assert_cmpint(answer[24], ==, RX_BASIC);
    g_assert_cmpint(answer[80], ==, TX_BASIC);
    g_assert_cmpint(answer[80 + 2], ==, 1);
    /* Cut in the middle of a reply. */
    g_assert_cmpint(stats(f, STATS_GET, requests, sizeof(requests), answer, 30,
                          &got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 30);
    g_assert_cmpint(stats(f, STATS_GET, requests, sizeof(requests), answer, 0,
                          &got), ==, VIRTIO_NET_OK);
    g_assert_cmpint(got, ==, 0);
    net_fixture_stop(f);
}

static void bad_requests(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    static const Request bad[] = {
        { 3, { 0 }, QVIRTIO_F(TX_BASIC) }, { 4, { 0 }, QVIRTIO_F(RX_BASIC) },
        { 0xffff, { 0 }, QVIRTIO_F(TX_BASIC) }, { 3, { 0 }, 0 },
        { 0, { 0 }, QVIRTIO_F(TX_BASIC) }, { 1, { 0 }, QVIRTIO_F(RX_BASIC) },
        { 2, { 0 }, QVIRTIO_F(RX_BASIC) }, { 1, { 0 }, QVIRTIO_F(CVQ) },
        { 0, { 0 }, QVIRTIO_F(RX_BASIC) | QVIRTIO_F(63) },
    };
    NetFixture *f = data;
    g_autofree Request *many = g_new0(Request, 100);

    start(f, driver, variant);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        const Request two[] = { { 0, { 0 }, QVIRTIO_F(RX_BASIC) }, bad[i] };
        uint64_t answer;
        uint32_t got;

        g_assert_cmpint(stats(f, STATS_GET, &bad[i], sizeof(bad[i]), &answer, 8,
                              &got), ==, VIRTIO_NET_ERR);
        g_assert_cmpint(got, ==, 0);
        g_assert_cmpint(stats(f, STATS_GET, two, sizeof(two), &answer, 8, &got),
                        ==, VIRTIO_NET_ERR);
        g_assert_cmpint(got, ==, 0);
    }
    g_assert_cmpint(stats(f, STATS_GET, bad, 15, NULL, 0, NULL), ==,
                    VIRTIO_NET_ERR);
    /* More than anybody needs. */
    g_assert_cmpint(stats(f, STATS_GET, many, 100 * sizeof(*many), NULL, 0,
                          NULL), ==, VIRTIO_NET_ERR);
    g_assert_cmpint(stats(f, 2, NULL, 0, NULL, 0, NULL), ==, VIRTIO_NET_ERR);
    net_fixture_stop(f);

    /* Not negotiated. */
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ));
    g_assert_cmpint(stats(f, STATS_QUERY, NULL, 0, NULL, 0, NULL), ==,
                    VIRTIO_NET_ERR);
    net_fixture_stop(f);
}

static json_object *member(json_object *obj, const char *key)
{
    json_object *value = NULL;

    g_assert_true(json_object_object_get_ex(obj, key, &value));
    return value;
}

static uint64_t monitor_number(QTestState *qts, unsigned queue,
                               const char *first, const char *second)
{
    json_object *list = qtest_qmp_return(qts, "{\"execute\":"
                                         "\"x-query-netstats\"}");
    json_object *queues = member(json_object_array_get_idx(list, 0), "queues");
    json_object *value = member(json_object_array_get_idx(queues, queue), first);
    uint64_t number = json_object_get_uint64(second ? member(value, second) :
                                                      value);

    json_object_put(list);
    return number;
}

static void monitor(void *driver, QTestState *qts, const char *variant,
                    void *data)
{
    NetFixture *f = data;
    uint8_t frame[3000] = { 0 };
    json_object *text;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    send_frames(f, 7, 300);
    receive_frames(f, 3, 100);
    g_assert_cmpint(monitor_number(qts, 0, "packets", NULL), ==, 3);
    g_assert_cmpint(monitor_number(qts, 0, "bytes", NULL), ==, 300);
    g_assert_cmpint(monitor_number(qts, 0, "kicks", NULL), >=, 1);
    g_assert_cmpint(monitor_number(qts, 0, "interrupts", NULL), >=, 1);
    g_assert_cmpint(monitor_number(qts, 1, "packets", NULL), ==, 7);
    g_assert_cmpint(monitor_number(qts, 1, "bytes", NULL), ==, 2100);
    g_assert_cmpint(monitor_number(qts, 1, "interrupts", NULL), >=, 1);

    net_guest_post(f, 2048);
    qvirtqueue_kick(f->rx);
    net_host_send(f, frame, 5);
    net_host_send(f, frame, sizeof(frame));
    qvirtio_settle(f->d);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC,
                             "", 1), ==, VIRTIO_NET_OK);
    net_host_send(f, frame, 60);
    qvirtio_settle(f->d);
    g_assert_cmpint(net_ctrl(f, 77, 7, NULL, 0), ==, VIRTIO_NET_ERR);
    g_assert_cmpint(monitor_number(qts, 0, "dropped", NULL), ==, 2);
    g_assert_cmpint(monitor_number(qts, 0, "drops", "short"), ==, 1);
    g_assert_cmpint(monitor_number(qts, 0, "drops", "long"), ==, 1);
    g_assert_cmpint(monitor_number(qts, 0, "drops", "filtered"), ==, 1);
    g_assert_cmpint(monitor_number(qts, 2, "commands", NULL), ==, 2);
    g_assert_cmpint(monitor_number(qts, 2, "refused", NULL), ==, 1);

    text = qtest_qmp_return(qts, "{\"execute\":\"human-monitor-command\","
                            "\"arguments\":{\"command-line\":"
                            "\"info netstats\"}}");
    g_assert_true(strstr(json_object_get_string(text),
                         "short 1, long 1, filtered 1"));
    json_object_put(text);
    g_free(qtest_qmp_error(qts, "GenericError", "{\"execute\":"
                           "\"x-query-netstats\",\"arguments\":"
                           "{\"name\":\"hs0\"}}"));
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts all = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const char *const layouts[] = { "split", "packed", NULL };
    static const QOSTestOpts two = {
        .variants = layouts,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    /* A buffer that is too short is one to drop for only without these. */
    static const QOSTestOpts no_merging = {
        .variants = layouts, .device_args = ",mrg_rxbuf=off",
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("stats/supported-types", "virtio-net", supported_types, &two);
    qos_add_test("stats/basic", "virtio-net", basic, &all);
    qos_add_test("stats/drops", "virtio-net", drops, &no_merging);
    qos_add_test("stats/ctrl-queue", "virtio-net", ctrl_queue, &all);
    qos_add_test("stats/several-at-once", "virtio-net", several_at_once, &all);
    qos_add_test("stats/bad-requests", "virtio-net", bad_requests, &two);
    qos_add_test("stats/monitor", "virtio-net", monitor, &two);
}

libqos_init(register_tests)

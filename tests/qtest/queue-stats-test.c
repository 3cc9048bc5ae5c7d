/*
 * What queues count, for people: x-query-netstats of a card with rings of its own,
 * x-query-virtio-stats of any virtio device.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/rtl8139.h"
#include "virtio-net-fixture.h"

#define WAIT_TRIES  2000

/* Member @key of queue @n of the only NIC; "drops.x" for causes. */
static uint64_t net_count(QTestState *qts, unsigned n, const char *key)
{
    json_object *list = qtest_qmp_return(qts, "{'execute':'x-query-netstats'}");
    json_object *nic = json_object_array_get_idx(list, 0);
    json_object *queue = json_object_array_get_idx(json_member(nic, "queues"),
                                                   n);
    uint64_t value = json_int(queue, key);

    json_object_put(list);
    return value;
}

/* A packet from the host comes when it comes. */
static void wait_count(QTestState *qts, unsigned n, const char *key,
                       uint64_t value)
{
    for (unsigned i = 0; net_count(qts, n, key) != value; i++) {
        if (i == WAIT_TRIES) {
            g_error("%s is %" PRIu64 ", not %" PRIu64, key,
                    net_count(qts, n, key), value);
        }
        g_usleep(1000);
    }
}

static void rtl8139_counts(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    static const uint8_t other[6] = { 2, 1, 1, 1, 1, 1 };
    QRtl8139 *d = qrtl_take(driver, data);
    uint8_t frame[9000] = { 0 };
    g_autofree char *text = NULL;

    qrtl_start_c(d, 0x0a);                  /* own address, broadcast */
    qrtl_write(d, R_IMR, I_TOK | I_ROK, 2);
    qrtl_make_frame(frame, 200, 0);
    qrtl_send_c(d, 0, frame, 200);
    qrtl_host_expect(d, frame, 200);
    qrtl_send_c(d, 1, frame, 20);           /* is padded to 60 */
    g_assert_cmpint(qrtl_host_receive(d, frame, sizeof(frame), 5000), ==, 60);
    qrtl_wait(d, I_TOK);
    g_assert_cmpuint(net_count(qts, 1, "packets"), ==, 2);
    g_assert_cmpuint(net_count(qts, 1, "bytes"), ==, 260);
    g_assert_cmpuint(net_count(qts, 1, "kicks"), ==, 2);
    g_assert_cmpuint(net_count(qts, 1, "interrupts"), ==, 1);
    g_assert_cmpuint(net_count(qts, 0, "interrupts"), ==, 0);
    qrtl_write(d, R_ISR, 0xffff, 2);

    memset(frame, 0xff, 6);
    qrtl_host_send(d, frame, 100);
    wait_count(qts, 0, "packets", 1);
    g_assert_cmpuint(net_count(qts, 0, "bytes"), ==, 100);
    g_assert_cmpuint(net_count(qts, 0, "interrupts"), ==, 1);
    memcpy(frame, other, 6);
    qrtl_host_send(d, frame, 100);
    wait_count(qts, 0, "drops.filtered", 1);
    memset(frame, 0xff, 6);
    qrtl_host_send(d, frame, 12);           /* comes padded, as from a wire */
    wait_count(qts, 0, "packets", 2);
    g_assert_cmpuint(net_count(qts, 0, "bytes"), ==, 160);
    qrtl_host_send(d, frame, sizeof(frame));
    wait_count(qts, 0, "drops.long", 1);
    qrtl_write(d, R_CAPR, 0, 2);
    g_assert_cmpuint(net_count(qts, 0, "kicks"), ==, 1);
    qrtl_write(d, R_CR, 0, 1);
    qrtl_host_send(d, frame, 100);
    wait_count(qts, 0, "drops.queue-off", 1);
    g_assert_cmpuint(net_count(qts, 0, "dropped"), ==, 2);
    g_assert_cmpuint(net_count(qts, 0, "packets"), ==, 2);

    text = qtest_hmp(qts, "info netstats");
    g_assert_nonnull(strstr(text, "long 1, filtered 1, queue-off 1"));
    /* A reset is the driver's matter and leaves what people see. */
    qrtl_reset(d);
    g_assert_cmpuint(net_count(qts, 1, "packets"), ==, 2);
}

/* --- any virtio device --- */

static uint64_t virtio_count(QTestState *qts, unsigned n, const char *key)
{
    json_object *list = qtest_qmp_return(qts, "{'execute':"
                                         "'x-query-virtio-stats'}");
    json_object *first = json_object_array_get_idx(list, 0);
    json_object *queues = json_member(first, "queues");
    uint64_t value = json_int(json_object_array_get_idx(queues, n), key);

    g_assert_cmpuint(json_object_array_length(queues), ==, 3);
    json_object_put(list);
    return value;
}

static void virtio_counts(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    uint8_t frame[64];
    uint64_t kicks, interrupts, ctrl_kicks, ctrl_interrupts;
    g_autofree char *text = NULL;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
    g_assert_cmpuint(virtio_count(qts, 1, "size"), ==, 256);
    net_make_frame(frame, 64, 1);
    /* A loop that begins looks at its queue once. */
    net_guest_send(f, frame, 64);
    qvirtqueue_kick(f->tx);
    qvirtqueue_wait(f->tx, NULL);
    qvirtio_settle(f->d);
    kicks = virtio_count(qts, 1, "kicks");
    interrupts = virtio_count(qts, 1, "interrupts");
    ctrl_kicks = virtio_count(qts, 2, "kicks");
    ctrl_interrupts = virtio_count(qts, 2, "interrupts");
    for (unsigned i = 0; i < 5; i++) {
        net_guest_send(f, frame, 64);
        qvirtqueue_kick(f->tx);
        qvirtqueue_wait(f->tx, NULL);
        qvirtio_settle(f->d);
    }
    g_assert_cmpuint(virtio_count(qts, 1, "kicks") - kicks, ==, 5);
    g_assert_cmpuint(virtio_count(qts, 1, "interrupts") - interrupts, ==, 5);
    g_assert_cmpuint(virtio_count(qts, 2, "kicks"), ==, ctrl_kicks);
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC,
                             "\1", 1), ==, VIRTIO_NET_OK);
    g_assert_cmpuint(virtio_count(qts, 2, "kicks"), ==, ctrl_kicks + 1);
    g_assert_cmpuint(virtio_count(qts, 2, "interrupts"), ==,
                     ctrl_interrupts + 1);
    text = qtest_hmp(qts, "info virtio-stats");
    g_assert_nonnull(strstr(text, "/virtio-backend [virtio-net]"));
    g_assert_nonnull(strstr(text, "kicks   interrupts"));
    g_free(qtest_qmp_error(qts, "GenericError", "{'execute':"
                           "'x-query-virtio-stats','arguments':"
                           "{'path':'/machine'}}"));
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts wired = {
        .before = qrtl_before, .after = qrtl_after,
    };
    static const char *const layouts[] = { "split", "packed", NULL };
    static const QOSTestOpts two = {
        .variants = layouts,
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("stats/counts", "rtl8139", rtl8139_counts, &wired);
    qos_add_test("stats/kicks-and-interrupts", "virtio-net", virtio_counts,
                 &two);
}

libqos_init(register_tests)

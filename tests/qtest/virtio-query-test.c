/*
 * What the monitor says of virtio devices: x-query-virtio and its kin, compared
 * with what the driver did; and the event that the receive filter changed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

static json_object *member(json_object *obj, const char *key)
{
    json_object *value = NULL;

    g_assert_true(json_object_object_get_ex(obj, key, &value));
    return value;
}

static uint64_t number(json_object *obj, const char *key)
{
    return json_object_get_uint64(member(obj, key));
}

static bool truth(json_object *obj, const char *key)
{
    return json_object_get_boolean(member(obj, key));
}

/* Does the list have a text that begins so? */
static bool lists(json_object *list, const char *prefix)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (g_str_has_prefix(json_object_get_string(
                                 json_object_array_get_idx(list, i)), prefix)) {
            return true;
        }
    }
    return false;
}

/* The path of the only device. */
static char *device_path(QTestState *qts)
{
    json_object *list = qtest_qmp_return(qts,
                                         "{\"execute\":\"x-query-virtio\"}");
    json_object *one = json_object_array_get_idx(list, 0);
    char *path = g_strdup(json_object_get_string(member(one, "path")));

    g_assert_cmpint(json_object_array_length(list), ==, 1);
    g_assert_cmpstr(json_object_get_string(member(one, "name")), ==,
                    "virtio-net");
    json_object_put(list);
    return path;
}

static json_object *query(QTestState *qts, const char *command,
                          const char *more)
{
    g_autofree char *path = device_path(qts);

    return qtest_qmp_return(qts, "{\"execute\":\"%s\",\"arguments\":"
                            "{\"path\":\"%s\"%s}}", command, path, more);
}

static void device_status(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    json_object *s = query(qts, "x-query-virtio-status", "");
    json_object *features;

    g_assert_cmpint(number(s, "device-id"), ==, 1);
    g_assert_cmpint(number(s, "num-vqs"), ==, 3);
    g_assert_false(truth(s, "started"));
    g_assert_true(lists(member(member(s, "host-features"), "dev-features"),
                        "VIRTIO_NET_F_MAC:"));
    g_assert_cmpint(json_object_array_length(
                        member(member(s, "status"), "statuses")), ==, 0);
    json_object_put(s);

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_STATUS));
    s = query(qts, "x-query-virtio-status", "");
    g_assert_true(truth(s, "started"));
    g_assert_false(truth(s, "broken"));
    g_assert_true(lists(member(member(s, "status"), "statuses"),
                        "VIRTIO_CONFIG_S_DRIVER_OK"));
    features = member(s, "guest-features");
    g_assert_true(lists(member(features, "dev-features"),
                        "VIRTIO_NET_F_CTRL_VQ:"));
    g_assert_true(lists(member(features, "dev-features"),
                        "VIRTIO_NET_F_STATUS:"));
    g_assert_false(lists(member(features, "dev-features"),
                         "VIRTIO_NET_F_MAC:"));
    g_assert_cmpint(lists(member(features, "transports"),
                          "VIRTIO_F_RING_PACKED:"), ==,
                    qvirtio_has(f->d, VIRTIO_F_RING_PACKED));
    g_assert_cmpint(lists(member(features, "transports"),
                          "VIRTIO_F_VERSION_1:"), ==,
                    qvirtio_has(f->d, VIRTIO_F_VERSION_1));
    json_object_put(s);
    net_fixture_stop(f);
}

static void queue_status(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    NetFixture *f = data;
    g_autofree char *path = device_path(qts);
    bool packed;
    json_object *s;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ));
    packed = qvirtio_has(f->d, VIRTIO_F_RING_PACKED);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t frame[64];

        net_make_frame(frame, 64, i);
        net_guest_send(f, frame, 64);
        qvirtqueue_kick(f->tx);
        qvirtqueue_wait(f->tx, NULL);
    }
    qvirtio_settle(f->d);
    s = query(qts, "x-query-virtio-queue-status", ",\"queue\":1");
    g_assert_cmpint(number(s, "queue-index"), ==, 1);
    g_assert_cmpint(number(s, "vring-num"), ==, 256);
    g_assert_cmphex(number(s, "vring-desc"), ==, f->tx->desc);
    g_assert_cmphex(number(s, "vring-avail"), ==, f->tx->driver);
    g_assert_cmphex(number(s, "vring-used"), ==, f->tx->device);
    g_assert_cmpint(number(s, "inuse"), ==, 0);
    if (!packed) {
        g_assert_cmpint(number(s, "last-avail-idx"), ==, 3);
        g_assert_cmpint(number(s, "used-idx"), ==, 3);
    }
    json_object_put(s);
    g_free(qtest_qmp_error(qts, "GenericError", "{\"execute\":"
                           "\"x-query-virtio-queue-status\",\"arguments\":"
                           "{\"path\":\"%s\",\"queue\":3}}",
                           path));
    net_fixture_stop(f);
}

/* Two pieces wait for a frame. */
static void queue_element(void *driver, QTestState *qts, const char *variant,
                          void *data)
{
    NetFixture *f = data;
    g_autofree char *path = device_path(qts);
    QVirtBuf bufs[2];
    json_object *e, *descs, *first;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ));
    for (unsigned i = 0; i < 2; i++) {
        bufs[i] = (QVirtBuf){ guest_alloc(f->d->alloc, 1024), 1000 + i, true };
    }
    qvirtqueue_add(f->rx, bufs, 2);
    qvirtqueue_kick(f->rx);
    if (qvirtio_has(f->d, VIRTIO_F_RING_PACKED)) {
        g_free(qtest_qmp_error(qts, "GenericError", "{\"execute\":"
                               "\"x-query-virtio-queue-element\",\"arguments\":"
                               "{\"path\":\"%s\",\"queue\":0}}", path));
        net_fixture_stop(f);
        return;
    }
    e = query(qts, "x-query-virtio-queue-element",
              ",\"queue\":0,\"index\":0");
    descs = member(e, "descs");
    g_assert_cmpint(number(e, "index"), ==, 0);
    g_assert_cmpint(number(member(e, "avail"), "idx"), ==, 1);
    g_assert_cmpint(number(member(e, "used"), "idx"), ==, 0);
    g_assert_cmpint(json_object_array_length(descs), ==, 2);
    for (unsigned i = 0; i < 2; i++) {
        json_object *one = json_object_array_get_idx(descs, i);

        g_assert_cmphex(number(one, "addr"), ==, bufs[i].addr);
        g_assert_cmpint(number(one, "len"), ==, bufs[i].len);
        g_assert_true(lists(member(one, "flags"), "write"));
        g_assert_cmpint(lists(member(one, "flags"), "next"), ==, i == 0);
    }
    json_object_put(e);

    /* A chain that bites its tail ends all the same. */
    if (!f->d->layout->indirect) {
        qtest_writew(qts, f->rx->desc + 14, 0);
        e = query(qts, "x-query-virtio-queue-element",
                  ",\"queue\":0,\"index\":0");
        first = json_object_array_get_idx(member(e, "descs"), 0);
        g_assert_cmphex(number(first, "addr"), ==, bufs[0].addr);
        g_assert_cmpint(json_object_array_length(member(e, "descs")), <=, 256);
        json_object_put(e);
    }
    net_fixture_stop(f);
}

static void errors(void *driver, QTestState *qts, const char *variant,
                   void *data)
{
    static const char *const bad[] = {
        "{\"execute\":\"x-query-virtio-status\",\"arguments\":"
        "{\"path\":\"/nowhere\"}}",
        "{\"execute\":\"x-query-virtio-status\",\"arguments\":"
        "{\"path\":\"/machine\"}}",
        "{\"execute\":\"x-query-virtio-status\"}",
    };
    g_autofree char *path = device_path(qts);

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_free(qtest_qmp_error(qts, "GenericError", "%s", bad[i]));
    }
    g_free(qtest_qmp_error(qts, "GenericError", "{\"execute\":"
                           "\"x-query-virtio-vhost-queue-status\","
                           "\"arguments\":{\"path\":\"%s\",\"queue\":0}}",
                           path));
    /* Not set up. */
    g_free(qtest_qmp_error(qts, "GenericError", "{\"execute\":"
                           "\"x-query-virtio-queue-element\","
                           "\"arguments\":{\"path\":\"%s\",\"queue\":0}}",
                           path));
}

static void human_readable(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    g_autofree char *path = device_path(qts);
    static const struct {
        const char *command, *has;
    } shows[] = {
        { "info virtio-status %s", "VIRTIO_CONFIG_S_DRIVER_OK" },
        { "info virtio-queue-status %s 1", "vring-num" },
        { "info virtio-queue-element %s 0 0", "avail:" },
        { "info virtio-vhost-queue-status %s 0", "vhost" },
    };
    g_autofree char *list = qtest_hmp(qts, "info virtio");

    g_assert_true(strstr(list, "[virtio-net]"));
    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ));
    net_guest_post(f, 2000);
    qvirtqueue_kick(f->rx);
    for (unsigned i = 0; i < ARRAY_SIZE(shows); i++) {
        g_auto(GStrv) parts = g_strsplit(shows[i].command, "%s", 2);
        g_autofree char *text = qtest_hmp(qts, "%s%s%s", parts[0], path,
                                          parts[1]);

        g_assert_true(strstr(text, shows[i].has));
    }
    net_fixture_stop(f);
}

/* --- the receive filter's event --- */

static uint8_t set_mode(NetFixture *f, uint8_t mode, uint8_t on)
{
    return net_ctrl(f, VIRTIO_NET_CTRL_RX, mode, &on, 1);
}

/* Events so far, up to a command's answer. */
static unsigned filter_events(QTestState *qts)
{
    unsigned count = 0;

    qtest_qmp_raw(qts, "{\"execute\":\"query-name\",\"id\":\"mark\"}");
    for (;;) {
        json_object *obj = qtest_qmp_receive(qts), *event;
        bool end = json_object_object_get_ex(obj, "id", NULL);

        if (json_object_object_get_ex(obj, "event", &event) &&
            g_str_equal(json_object_get_string(event),
                        "NIC_RX_FILTER_CHANGED")) {
            json_object *path = member(member(obj, "data"), "path");

            g_assert_true(g_str_has_suffix(json_object_get_string(path),
                                           "/virtio-backend"));
            count++;
        }
        json_object_put(obj);
        if (end) {
            return count;
        }
    }
}

static void filter_changed(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
    NetFixture *f = data;
    uint16_t vid = 7;

    net_fixture_start(f, driver, variant, QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_RX) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_VLAN) |
                      QVIRTIO_F(VIRTIO_NET_F_CTRL_MAC_ADDR));
    g_assert_cmpint(filter_events(qts), ==, 0);
    /* What is refused changes nothing. */
    g_assert_cmpint(set_mode(f, VIRTIO_NET_CTRL_RX_NOUNI, 1), ==,
                    VIRTIO_NET_ERR);
    g_assert_cmpint(filter_events(qts), ==, 0);
    g_assert_cmpint(set_mode(f, VIRTIO_NET_CTRL_RX_PROMISC, 0), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(filter_events(qts), ==, 1);
    /* Once, until somebody asks what it is now. */
    g_assert_cmpint(set_mode(f, VIRTIO_NET_CTRL_RX_ALLMULTI, 1), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(filter_events(qts), ==, 0);
    qtest_qmp_ok(qts, "{\"execute\":\"query-rx-filter\"}");
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_MAC,
                             VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, 6), ==,
                    VIRTIO_NET_OK);
    g_assert_cmpint(filter_events(qts), ==, 1);
    qtest_qmp_ok(qts, "{\"execute\":\"query-rx-filter\"}");
    g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD,
                             &vid, 2), ==, VIRTIO_NET_OK);
    g_assert_cmpint(filter_events(qts), ==, 1);
    net_fixture_stop(f);
}

static void register_tests(void)
{
    static const QOSTestOpts all = {
        .variants = qvirt_layout_names,
        .before = net_fixture_before, .after = net_fixture_after,
    };
    static const char *const split[] = { "split", NULL };
    static const QOSTestOpts once = {
        .variants = split,
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("query/device-status", "virtio-net", device_status, &all);
    qos_add_test("query/queue-status", "virtio-net", queue_status, &all);
    qos_add_test("query/queue-element", "virtio-net", queue_element, &all);
    qos_add_test("query/errors", "virtio-net", errors, &once);
    qos_add_test("query/human-readable", "virtio-net", human_readable, &once);
    qos_add_test("rx-filter/changed-event", "virtio-net", filter_changed, &all);
}

libqos_init(register_tests)

/*
 * What a driver's notifications carry: VIRTIO 1.4 sections 2.9 and 4.1.5.2, over
 * every ring layout, and words that lie. The device listens by eventfd.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "libqos/virtio.h"
#include "virtio-net-fixture.h"

#define DATA        QVIRTIO_F(VIRTIO_F_NOTIFICATION_DATA)
#define CONFIG_DATA QVIRTIO_F(VIRTIO_F_NOTIF_CONFIG_DATA)

static const uint64_t kinds[] = { 0, DATA, CONFIG_DATA, DATA | CONFIG_DATA };

static void exchange(NetFixture *f, unsigned number)
{
    uint8_t frame[200], got[256];

    net_make_frame(frame, sizeof(frame), number);
    net_guest_send(f, frame, sizeof(frame));
    qvirtqueue_kick(f->tx);
    g_assert_cmpint(net_host_receive(f, got, sizeof(got), 5000), ==,
                    sizeof(frame));
    g_assert_cmpmem(got, sizeof(frame), frame, sizeof(frame));
    qvirtqueue_wait(f->tx, NULL);
}

/* With data often enough that offset and wrap counter go round. */
static void carries_data(void *driver, QTestState *qts, const char *variant,
                         void *data)
{
    NetFixture *f = data;

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        net_fixture_start(f, driver, variant, kinds[i]);
        g_assert_cmphex(f->d->features & (DATA | CONFIG_DATA), ==, kinds[i]);
        for (unsigned n = 0; n < (kinds[i] & DATA ? 260 : 8); n++) {
            exchange(f, n);
        }
        net_fixture_stop(f);
    }
}

/* queue_notif_config_data is there if agreed on, and only for queues there are. */
static void config_data(void *driver, QTestState *qts, const char *variant,
                        void *data)
{
    NetFixture *f = data;

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        QVirtioDevice *d;

        net_fixture_start(f, driver, "split", kinds[i]);
        d = f->d;
        d->transport->queue_max(d, 1);
        g_assert_cmpint(qpci_io_read(d->pci, d->common, 56, 2) != 0, ==,
                        (kinds[i] & CONFIG_DATA) != 0);
        qpci_io_write(d->pci, d->common, 56, 7, 2);
        if (kinds[i] & CONFIG_DATA) {
            g_assert_cmphex(qpci_io_read(d->pci, d->common, 56, 2), ==,
                            f->tx->notify_value);
        }
        d->transport->queue_max(d, 1000);
        g_assert_cmphex(qpci_io_read(d->pci, d->common, 56, 2), ==, 0);
        exchange(f, i);
        net_fixture_stop(f);
    }
}

/* Guards: only the ring is believed, and the address says which queue it is. */
static void words_that_lie(void *driver, QTestState *qts, const char *variant,
                           void *data)
{
    NetFixture *f = data;
    static const uint32_t words[] = {
        0, 1, 0xffff, 0x4000, 0x7fff0001, 0x80000001, 0xffffffff, 0xfffe4001,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        QVirtioDevice *d;

        net_fixture_start(f, driver, variant, kinds[i]);
        d = f->d;
        for (unsigned w = 0; w < ARRAY_SIZE(words); w++) {
            for (unsigned at = 0; at < 32; at += 4) {
                qpci_io_write(d->pci, d->notify, at, words[w], 4);
                qpci_io_write(d->pci, d->notify, at, words[w] >> 16, 2);
                qpci_io_write(d->pci, d->notify, at, words[w], 1);
            }
            exchange(f, w);
        }
        g_assert_cmphex(d->transport->get_status(d) &
                        VIRTIO_CONFIG_S_NEEDS_RESET, ==, 0);
        net_fixture_stop(f);
    }
}

/* The queue is in the word that is written, for all queues at one port. */
static void by_port(void *driver, QTestState *qts, const char *variant,
                    void *data)
{
    static const uint32_t words[] = { 3, 0xffff, 0x8000, 1024, 0xffff0007 };
    NetFixture *f = data;

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        net_fixture_start(f, driver, variant, kinds[i] |
                          QVIRTIO_F(VIRTIO_NET_F_CTRL_VQ) |
                          QVIRTIO_F(VIRTIO_NET_F_CTRL_RX));
        g_assert_true(f->d->notify.is_io);
        for (unsigned n = 0; n < 8; n++) {
            exchange(f, n);
        }
        g_assert_cmpint(net_ctrl(f, VIRTIO_NET_CTRL_RX,
                                 VIRTIO_NET_CTRL_RX_PROMISC, "", 1), ==,
                        VIRTIO_NET_OK);
        /* Queues that do not exist. */
        for (unsigned w = 0; w < ARRAY_SIZE(words); w++) {
            qpci_io_write(f->d->pci, f->d->notify, 0, words[w], 4);
            qpci_io_write(f->d->pci, f->d->notify, 0, words[w], 2);
        }
        exchange(f, 9);
        net_fixture_stop(f);
    }
}

static void register_tests(void)
{
    static const QOSTestOpts layouts = {
        .before = net_fixture_before, .after = net_fixture_after,
        .variants = qvirt_layout_names,
    };
    static const QOSTestOpts once = {
        .before = net_fixture_before, .after = net_fixture_after,
    };

    qos_add_test("notify/carries-data", "virtio-net-modern", carries_data,
                 &layouts);
    qos_add_test("notify/words-that-lie", "virtio-net-modern", words_that_lie,
                 &layouts);
    qos_add_test("notify/by-port", "virtio-net-pio-notify", by_port, &layouts);
    qos_add_test("notify/config-data", "virtio-net-modern", config_data, &once);
}

libqos_init(register_tests)

/*
 * What a virtio-net device tells a backend of the offloads that its driver takes:
 * on feature negotiation, on command, on reset. The backend is a mock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "hw/net/virtio-net-internal.h"
#include "hw/pci/pci.h"
#include "system/address-spaces.h"
#include "pci-root.h"

static NetOffloads told;
static unsigned told_count;

static unsigned mock_receive(NetClientState *nc, const NetPacket *packets,
                             unsigned count)
{
    return count;
}

static bool mock_yes(NetClientState *nc)
{
    return true;
}

static bool mock_any_length(NetClientState *nc, int len)
{
    return true;
}

static void mock_set_length(NetClientState *nc, int len)
{
    nc->vnet_hdr_len = len;
}

static void mock_set_offload(NetClientState *nc, const NetOffloads *offloads)
{
    told = *offloads;
    told_count++;
}

static const NetClientInfo mock_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(NetClientState),
    .receive_burst = mock_receive,
    .has_vnet_hdr = mock_yes,
    .has_vnet_hdr_len = mock_any_length,
    .set_vnet_hdr_len = mock_set_length,
    .has_ufo = mock_yes,
    .has_uso = mock_yes,
    .set_offload = mock_set_offload,
};

static PCIBus *bus;

static VirtIONet *net_new(DeviceState **dev)
{
    qemu_new_net_client(&mock_info, NULL, "mock", "m0");
    *dev = DEVICE(pci_new(-1, "virtio-net-pci"));
    object_property_set_str(OBJECT(*dev), "romfile", "", &error_abort);
    object_property_parse(OBJECT(*dev), "netdev", "m0", &error_abort);
    g_assert_true(qdev_realize(*dev, BUS(bus), &error_abort));
    return VIRTIO_NET(object_resolve_path_component(OBJECT(*dev),
                                                    "virtio-backend"));
}

static void net_free(DeviceState *dev)
{
    qdev_unrealize(dev);
    object_unparent(OBJECT(dev));
    object_unref(dev);
    drain_call_rcu();
    qemu_del_net_client(qemu_find_netdev("m0"));
}

static void agree_on(VirtIONet *n, uint64_t features)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(n);

    g_assert_cmphex(features & ~vdev->host_features.w[0], ==, 0);
    vdev->guest_features.w[0] = features;
    VIRTIO_DEVICE_GET_CLASS(vdev)->set_features(vdev);
}

static uint8_t set_offloads(VirtIONet *n, uint64_t offloads)
{
    uint64_t body = cpu_to_le64(offloads);
    struct iovec iov = { &body, sizeof(body) };
    CtrlArgs args = { .iov = &iov, .count = 1, .left = sizeof(body) };

    return virtio_net_ctrl_offloads(n, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET,
                                    &args);
}

static void assert_told(bool csum, bool tso4, bool tso6, bool ecn, bool ufo,
                        bool uso)
{
    g_assert_cmpint(told.csum, ==, csum);
    g_assert_cmpint(told.tso4, ==, tso4);
    g_assert_cmpint(told.tso6, ==, tso6);
    g_assert_cmpint(told.ecn, ==, ecn);
    g_assert_cmpint(told.ufo, ==, ufo);
    g_assert_cmpint(told.uso4, ==, uso);
    g_assert_cmpint(told.uso6, ==, uso);
}

static void test_each_bit(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    uint64_t csum = GUEST_OFFLOAD(CSUM);

    agree_on(n, GUEST_OFFLOADS);
    assert_told(1, 1, 1, 1, 1, 1);
    g_assert_cmpint(set_offloads(n, csum), ==, VIRTIO_NET_OK);
    assert_told(1, 0, 0, 0, 0, 0);
    g_assert_cmpint(set_offloads(n, csum | GUEST_OFFLOAD(TSO4)), ==,
                    VIRTIO_NET_OK);
    assert_told(1, 1, 0, 0, 0, 0);
    g_assert_cmpint(set_offloads(n, csum | GUEST_OFFLOAD(TSO6) |
                                 GUEST_OFFLOAD(ECN)), ==, VIRTIO_NET_OK);
    assert_told(1, 0, 1, 1, 0, 0);
    g_assert_cmpint(set_offloads(n, csum | GUEST_OFFLOAD(UFO)), ==,
                    VIRTIO_NET_OK);
    assert_told(1, 0, 0, 0, 1, 0);
    g_assert_cmpint(set_offloads(n, csum | GUEST_OFFLOAD(USO4) |
                                 GUEST_OFFLOAD(USO6)), ==, VIRTIO_NET_OK);
    assert_told(1, 0, 0, 0, 0, 1);
    g_assert_cmpint(set_offloads(n, 0), ==, VIRTIO_NET_OK);
    assert_told(0, 0, 0, 0, 0, 0);
    net_free(dev);
}

/* A segment needs a checksum: without that offload there are no others. */
static void test_no_segments_without_checksum(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);

    agree_on(n, GUEST_OFFLOADS);
    g_assert_cmpint(set_offloads(n, GUEST_OFFLOADS & ~GUEST_OFFLOAD(CSUM)), ==,
                    VIRTIO_NET_OK);
    assert_told(0, 0, 0, 0, 0, 0);
    g_assert_cmphex(n->guest_offloads, ==, 0);
    net_free(dev);
}

static void test_refused(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);
    unsigned before;

    agree_on(n, GUEST_OFFLOAD(CSUM) | GUEST_OFFLOAD(TSO4));
    before = told_count;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t offload = UINT64_C(1) << bit;
        bool legal = bit == VIRTIO_NET_F_GUEST_CSUM ||
                     bit == VIRTIO_NET_F_GUEST_TSO4;

        if (!legal) {
            g_assert_cmpint(set_offloads(n, offload | GUEST_OFFLOAD(CSUM)), ==,
                            VIRTIO_NET_ERR);
        }
    }
    g_assert_cmpint(told_count, ==, before);
    assert_told(1, 1, 0, 0, 0, 0);
    net_free(dev);
}

static void test_reset(void)
{
    DeviceState *dev;
    VirtIONet *n = net_new(&dev);

    agree_on(n, GUEST_OFFLOADS);
    g_assert_cmpint(set_offloads(n, 0), ==, VIRTIO_NET_OK);
    virtio_reset(VIRTIO_DEVICE(n));
    agree_on(n, GUEST_OFFLOAD(CSUM) | GUEST_OFFLOAD(TSO6));
    assert_told(1, 0, 1, 0, 0, 0);
    net_free(dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bus = unit_pci_root_new();
    g_test_add_func("/virtio-net-offloads/each-bit", test_each_bit);
    g_test_add_func("/virtio-net-offloads/no-segments-without-checksum",
                    test_no_segments_without_checksum);
    g_test_add_func("/virtio-net-offloads/refused", test_refused);
    g_test_add_func("/virtio-net-offloads/reset", test_reset);
    return g_test_run();
}

/*
 * virtio-net-pci comes and goes: realize and unrealize over and over, and realize
 * that fails at each step of the chain. Nothing may stay behind: the next try
 * works, and object, listener and descriptor counts are what they were.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <dirent.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "hw/pci/pci.h"
#include "hw/virtio/virtio-pci.h"
#include "system/address-spaces.h"
#include "pci-root.h"

static PCIBus *bus;

static unsigned count_listeners(void)
{
    MemoryListener *listener;
    unsigned count = 0;

    QTAILQ_FOREACH(listener, &address_space_memory.listeners, link_as) {
        count++;
    }
    return count;
}

static unsigned count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

static DeviceState *new_device(const char *property, const char *value)
{
    DeviceState *dev = DEVICE(pci_new(-1, "virtio-net-pci"));

    object_property_set_str(OBJECT(dev), "romfile", "", &error_abort);
    if (property) {
        object_property_parse(OBJECT(dev), property, value, &error_abort);
    }
    return dev;
}

static void drop(DeviceState *dev)
{
    if (qdev_is_realized(dev)) {
        qdev_unrealize(dev);
    }
    object_unparent(OBJECT(dev));
    object_unref(dev);
    drain_call_rcu();
}

static void test_comes_and_goes(void)
{
    unsigned listeners = count_listeners();
    unsigned descriptors = 0;

    for (unsigned i = 0; i < 20; i++) {
        DeviceState *dev = new_device(NULL, NULL);

        g_assert_true(qdev_realize(dev, BUS(bus), &error_abort));
        g_assert_cmpuint(count_listeners(), ==, listeners + 1);
        drop(dev);
        g_assert_cmpuint(count_listeners(), ==, listeners);
        if (i == 0) {
            descriptors = count_descriptors();
        }
        g_assert_cmpuint(count_descriptors(), ==, descriptors);
    }
}

/* The same object: realized, unrealized, realized again. */
static void test_comes_back(void)
{
    DeviceState *dev = new_device(NULL, NULL);

    for (unsigned i = 0; i < 5; i++) {
        VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);

        g_assert_true(qdev_realize(dev, BUS(bus), &error_abort));
        g_assert_cmpuint(virtio_bus_get_vdev_id(&proxy->bus), ==,
                         VIRTIO_ID_NET);
        qdev_unrealize(dev);
    }
    drop(dev);
}

typedef struct Failure {
    const char *step;
    const char *property, *bad, *good;
} Failure;

/* In the order of the chain: proxy, device, features, plugging. */
static const Failure failures[] = {
    { "proxy", "disable-modern", "on", "off" },
    { "device", "rx_queue_size", "100", "256" },
    { "device-late", "host_mtu", "10", "1500" },
    { "plugging", "iommu_platform", "on", "off" },
};

static void test_fails(const void *opaque)
{
    const Failure *f = opaque;
    unsigned listeners = count_listeners();
    DeviceState *dev = new_device(f->property, f->bad);
    DeviceState *next;

    if (strcmp(f->step, "proxy") == 0) {
        object_property_parse(OBJECT(dev), "disable-legacy", "on",
                              &error_abort);
    }
    for (unsigned i = 0; i < 3; i++) {
        Error *err = NULL;

        g_assert_false(qdev_realize(dev, BUS(bus), &err));
        g_assert_nonnull(err);
        error_free(err);
        g_assert_false(qdev_is_realized(dev));
        g_assert_cmpuint(count_listeners(), ==, listeners);
    }
    /* Another one in its place, and this one once it is mended. */
    next = new_device(NULL, NULL);
    g_assert_true(qdev_realize(next, BUS(bus), &error_abort));
    drop(next);
    object_property_parse(OBJECT(dev), f->property, f->good, &error_abort);
    g_assert_true(qdev_realize(dev, BUS(bus), &error_abort));
    drop(dev);
    g_assert_cmpuint(count_listeners(), ==, listeners);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    bus = unit_pci_root_new();

    g_test_add_func("/virtio-net-pci/comes-and-goes", test_comes_and_goes);
    g_test_add_func("/virtio-net-pci/comes-back", test_comes_back);
    for (unsigned i = 0; i < ARRAY_SIZE(failures); i++) {
        g_autofree char *path = g_strdup_printf("/virtio-net-pci/fails-at/%s",
                                                failures[i].step);

        g_test_add_data_func(path, &failures[i], test_fails);
    }
    return g_test_run();
}

/*
 * The entropy device on PCI: the least that a proxy type needs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio-rng.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_RNG_PCI "virtio-rng-pci-base"
typedef struct VirtIORngPCI {
    VirtIOPCIProxy parent_obj;
    VirtIORNG vdev;             /* on the proxy's own virtio-bus */
} VirtIORngPCI;
#define VIRTIO_RNG_PCI(obj) \
    OBJECT_CHECK(VirtIORngPCI, (obj), TYPE_VIRTIO_RNG_PCI)

static const Property rng_pci_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED,
                       .description = "MSI-X vectors"),
};

static void rng_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIORngPCI *dev = VIRTIO_RNG_PCI(proxy);
    bool chosen = proxy->nvectors == DEV_NVECTORS_UNSPECIFIED;

    if (chosen) {
        proxy->nvectors = 2;    /* the queue's, and the config's */
    }
    if (!qdev_realize(DEVICE(&dev->vdev), BUS(&proxy->bus), errp) && chosen) {
        proxy->nvectors = DEV_NVECTORS_UNSPECIFIED;
    }
}

static void rng_pci_instance_init(Object *obj)
{
    VirtIORngPCI *dev = VIRTIO_RNG_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev),
                                TYPE_VIRTIO_RNG);
}

static void rng_pci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = rng_pci_realize;
    k->device_id = PCI_DEVICE_ID_VIRTIO_RNG;
    k->class_id = PCI_CLASS_OTHERS;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dc->desc = "virtio entropy device";
    device_class_set_props(dc, rng_pci_properties);
}

static void rng_pci_register(void)
{
    virtio_pci_types_register(&(VirtioPCIDeviceTypeInfo){
        .base_name = TYPE_VIRTIO_RNG_PCI,
        .non_transitional_name = "virtio-rng-pci-non-transitional",
        .transitional_name = "virtio-rng-pci-transitional",
        .generic_name = "virtio-rng-pci",
        .class_init = rng_pci_class_init,
        .instance_init = rng_pci_instance_init,
        .instance_size = sizeof(VirtIORngPCI),
    });
}

type_init(rng_pci_register)

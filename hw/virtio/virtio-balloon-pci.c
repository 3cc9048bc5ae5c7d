/*
 * The memory balloon on PCI.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-balloon.h"
#include "hw/virtio/virtio-pci.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_BALLOON_PCI "virtio-balloon-pci-base"
typedef struct VirtIOBalloonPCI {
    VirtIOPCIProxy parent_obj;
    VirtIOBalloon vdev;
} VirtIOBalloonPCI;
#define VIRTIO_BALLOON_PCI(obj) \
    OBJECT_CHECK(VirtIOBalloonPCI, (obj), TYPE_VIRTIO_BALLOON_PCI)

static const Property balloon_pci_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED,
                       .description = "MSI-X vectors; 0: none"),
};

static void balloon_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOBalloonPCI *dev = VIRTIO_BALLOON_PCI(proxy);
    bool chosen = proxy->nvectors == DEV_NVECTORS_UNSPECIFIED;

    if (chosen) {
        proxy->nvectors = BALLOON_ROLES + 1;    /* and one for the config */
    }
    if (!qdev_realize(DEVICE(&dev->vdev), BUS(&proxy->bus), errp) && chosen) {
        proxy->nvectors = DEV_NVECTORS_UNSPECIFIED;
    }
}

static void balloon_pci_instance_init(Object *obj)
{
    static const char *const also[] = {
        "guest-stats", "guest-stats-polling-interval",
    };
    VirtIOBalloonPCI *dev = VIRTIO_BALLOON_PCI(obj);
    Object *balloon = OBJECT(&dev->vdev);

    virtio_instance_init_common(obj, balloon, sizeof(dev->vdev),
                                TYPE_VIRTIO_BALLOON);
    for (unsigned i = 0; i < ARRAY_SIZE(also); i++) {
        object_property_add_alias(obj, also[i], balloon, also[i]);
    }
}

static void balloon_pci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = balloon_pci_realize;
    k->device_id = PCI_DEVICE_ID_VIRTIO_BALLOON;
    k->class_id = PCI_CLASS_OTHERS;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dc->desc = "virtio memory balloon";
    device_class_set_props(dc, balloon_pci_properties);
}

static void balloon_pci_register(void)
{
    virtio_pci_types_register(&(VirtioPCIDeviceTypeInfo){
        .base_name = TYPE_VIRTIO_BALLOON_PCI,
        .non_transitional_name = "virtio-balloon-pci-non-transitional",
        .transitional_name = "virtio-balloon-pci-transitional",
        .generic_name = "virtio-balloon-pci",
        .class_init = balloon_pci_class_init,
        .instance_init = balloon_pci_instance_init,
        .instance_size = sizeof(VirtIOBalloonPCI),
    });
}

type_init(balloon_pci_register)

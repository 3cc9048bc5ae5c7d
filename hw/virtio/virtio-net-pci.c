/*
 * virtio-net on PCI: the proxy type that embeds the network device, gives its net
 * client a name and realizes it on its bus.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-net.h"
#include "hw/virtio/virtio-pci.h"

#define TYPE_VIRTIO_NET_PCI "virtio-net-pci-base"
typedef struct VirtIONetPCI {
    VirtIOPCIProxy parent_obj;
    VirtIONet vdev;
} VirtIONetPCI;
#define VIRTIO_NET_PCI(obj) \
    OBJECT_CHECK(VirtIONetPCI, (obj), TYPE_VIRTIO_NET_PCI)

static const Property virtio_net_pci_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors,
                       DEV_NVECTORS_UNSPECIFIED,
                       .description = "MSI-X vectors; 0: none; default: two "
                       "for each queue pair and two more"),
};

static void QEMU_NOINLINE virtio_net_pci_realize(VirtIOPCIProxy *vpci_dev,
                                                 Error **errp)
{
    VirtIONetPCI *dev = VIRTIO_NET_PCI(vpci_dev);
    DeviceState *proxy = DEVICE(vpci_dev);
    bool vectors_chosen = vpci_dev->nvectors == DEV_NVECTORS_UNSPECIFIED;

    if (vectors_chosen) {
        /* One a queue, one for control, one for the config. */
        vpci_dev->nvectors = 2 * MAX(dev->vdev.nic_conf.peers.queues, 1) + 2;
    }
    virtio_net_set_netclient_name(&dev->vdev, proxy->id,
                                  object_get_typename(OBJECT(proxy)));
    if (!qdev_realize(DEVICE(&dev->vdev), BUS(&vpci_dev->bus), errp) &&
        vectors_chosen) {
        vpci_dev->nvectors = DEV_NVECTORS_UNSPECIFIED;
    }
}

static void virtio_net_pci_instance_init(Object *obj)
{
    VirtIONetPCI *dev = VIRTIO_NET_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev),
                                TYPE_VIRTIO_NET);
}

static void virtio_net_pci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = virtio_net_pci_realize;
    k->device_id = PCI_DEVICE_ID_VIRTIO_NET;
    k->class_id = PCI_CLASS_NETWORK_ETHERNET;
    k->romfile = "efi-virtio.rom";
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    dc->desc = "virtio network device";
    device_class_set_props(dc, virtio_net_pci_properties);
}

static void virtio_net_pci_register(void)
{
    virtio_pci_types_register(&(VirtioPCIDeviceTypeInfo){
        .base_name = TYPE_VIRTIO_NET_PCI,
        .non_transitional_name = "virtio-net-pci-non-transitional",
        .transitional_name = "virtio-net-pci-transitional",
        .generic_name = "virtio-net-pci",
        .class_init = virtio_net_pci_class_init,
        .instance_init = virtio_net_pci_instance_init,
        .instance_size = sizeof(VirtIONetPCI),
    });
}

type_init(virtio_net_pci_register)

/*
 * The legacy interface of the PCI proxy: one structure in I/O BAR 0, followed by
 * the device's config space. VIRTIO 1.4 section 4.1.4.10.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "hw/pci/msix.h"
#include "hw/virtio/virtio-pci-internal.h"

/* With MSI-X on, two vector registers stand before the config space. */
static uint32_t config_start(VirtIOPCIProxy *proxy)
{
    return VIRTIO_PCI_CONFIG_OFF(msix_enabled(&proxy->pci_dev));
}

static uint32_t read_register(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                              hwaddr addr)
{
    int n = vdev->queue_sel;
    hwaddr desc, driver, device;

    switch (addr) {
    case VIRTIO_PCI_HOST_FEATURES:
        return virtio_features_window(&vdev->host_features, 0);
    case VIRTIO_PCI_GUEST_FEATURES:
        return virtio_features_window(&vdev->guest_features, 0);
    case VIRTIO_PCI_QUEUE_PFN:
        virtio_queue_get_rings(vdev, n, &desc, &driver, &device);
        return desc >> VIRTIO_PCI_QUEUE_ADDR_SHIFT;
    case VIRTIO_PCI_QUEUE_NUM:
        return virtio_queue_get_num(vdev, n);
    case VIRTIO_PCI_QUEUE_SEL:
        return n;
    case VIRTIO_PCI_STATUS:
        return vdev->status;
    case VIRTIO_PCI_ISR:
        return virtio_pci_read_isr(proxy);
    case VIRTIO_MSI_CONFIG_VECTOR:
        return vdev->config_vector;
    case VIRTIO_MSI_QUEUE_VECTOR:
        return virtio_queue_vector(vdev, n);
    default:
        return UINT32_MAX;
    }
}

static uint64_t legacy_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    uint32_t config = config_start(proxy);

    if (!vdev) {
        return UINT64_MAX;
    }
    return addr < config ? read_register(proxy, vdev, addr) :
           virtio_config_read(vdev, addr - config, size);
}

/* The address of a queue: 0 resets the device, as old drivers expect. */
static void write_pfn(VirtIOPCIProxy *proxy, VirtIODevice *vdev, uint32_t pfn)
{
    hwaddr addr = (hwaddr)pfn << VIRTIO_PCI_QUEUE_ADDR_SHIFT;

    if (pfn == 0) {
        virtio_pci_set_status(proxy, 0);
        return;
    }
    virtio_set_legacy(vdev);
    virtio_queue_enable_legacy(vdev, vdev->queue_sel, addr,
                               VIRTIO_PCI_VRING_ALIGN);
}

static void write_register(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                           hwaddr addr, uint32_t val)
{
    switch (addr) {
    case VIRTIO_PCI_GUEST_FEATURES:
        virtio_set_legacy_features(vdev, val);
        break;
    case VIRTIO_PCI_QUEUE_PFN:
        write_pfn(proxy, vdev, val);
        break;
    case VIRTIO_PCI_QUEUE_SEL:
        vdev->queue_sel = val;
        break;
    case VIRTIO_PCI_QUEUE_NOTIFY:
        virtio_queue_notify(vdev, (uint16_t)val);
        break;
    case VIRTIO_PCI_STATUS:
        if (val & 0xff) {
            virtio_set_legacy(vdev);
        }
        virtio_pci_set_status(proxy, val);
        break;
    case VIRTIO_MSI_CONFIG_VECTOR:
        virtio_pci_set_config_vector(proxy, val);
        break;
    case VIRTIO_MSI_QUEUE_VECTOR:
        virtio_pci_set_queue_vector(proxy, vdev->queue_sel, val);
        break;
    default:
        break;
    }
}

static void legacy_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    VirtIOPCIProxy *proxy = opaque;
    VirtIODevice *vdev = virtio_pci_vdev(proxy);
    uint32_t config = config_start(proxy);

    if (!vdev) {
        return;
    }
    if (addr < config) {
        write_register(proxy, vdev, addr, val);
    } else {
        virtio_config_write(vdev, addr - config, val, size);
    }
}

static const MemoryRegionOps legacy_ops = {
    .read = legacy_read,
    .write = legacy_write,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void virtio_pci_legacy_init(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    uint64_t bytes = VIRTIO_PCI_CONFIG_OFF(true) + vdev->config_len;

    memory_region_init_io(&proxy->legacy_bar, OBJECT(proxy), &legacy_ops,
                          proxy, "virtio-pci-legacy", pow2ceil(bytes));
    pci_register_bar(&proxy->pci_dev, LEGACY_IO_BAR, PCI_BASE_ADDRESS_SPACE_IO,
                     &proxy->legacy_bar);
}

void virtio_pci_legacy_exit(VirtIOPCIProxy *proxy)
{
    if (memory_region_size(&proxy->legacy_bar) > 0) {
        object_unparent(OBJECT(&proxy->legacy_bar));
    }
}

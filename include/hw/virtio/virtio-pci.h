/*
 * The PCI proxy of a virtio device: VIRTIO 1.4 section 4.1. A device type for PCI
 * is a child of "virtio-pci" that embeds its virtio device and realizes it on the
 * proxy's bus in VirtioPCIClass.realize; see hw/virtio/virtio-net-pci.c.
 *
 * Big lock held, unless said otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_PCI_H
#define HW_VIRTIO_PCI_H

#include "hw/pci/pci_device.h"
#include "qapi/util.h"
#include "hw/virtio/virtio-bus.h"

#define TYPE_VIRTIO_PCI "virtio-pci"
typedef struct VirtIOPCIProxy VirtIOPCIProxy;
typedef struct VirtioPCIClass VirtioPCIClass;
#define VIRTIO_PCI(obj) OBJECT_CHECK(VirtIOPCIProxy, (obj), TYPE_VIRTIO_PCI)
#define VIRTIO_PCI_CLASS(klass) \
    OBJECT_CLASS_CHECK(VirtioPCIClass, (klass), TYPE_VIRTIO_PCI)
#define VIRTIO_PCI_GET_CLASS(obj) \
    OBJECT_GET_CLASS(VirtioPCIClass, (obj), TYPE_VIRTIO_PCI)

#define TYPE_VIRTIO_PCI_BUS "virtio-pci-bus"

/* Bits of VirtIOPCIProxy.flags. */
enum {
    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT,
    VIRTIO_PCI_FLAG_MIGRATE_EXTRA_BIT,
    VIRTIO_PCI_FLAG_MODERN_PIO_NOTIFY_BIT,
    VIRTIO_PCI_FLAG_DISABLE_PCIE_BIT,
    VIRTIO_PCI_FLAG_PAGE_PER_VQ_BIT,
    VIRTIO_PCI_FLAG_ATS_BIT,
    VIRTIO_PCI_FLAG_ATS_PAGE_ALIGNED_BIT,
    VIRTIO_PCI_FLAG_INIT_DEVERR_BIT,
    VIRTIO_PCI_FLAG_INIT_LNKCTL_BIT,
    VIRTIO_PCI_FLAG_INIT_PM_BIT,
    VIRTIO_PCI_FLAG_INIT_FLR_BIT,
    VIRTIO_PCI_FLAG_AER_BIT,
};

struct VirtioPCIClass {
    PCIDeviceClass parent_class;
    /* What DeviceClass.realize was before virtio_pci_dc_realize stood there. */
    DeviceRealize parent_dc_realize;
    /* Realize the virtio device on vpci_dev->bus. */
    void (*realize)(VirtIOPCIProxy *vpci_dev, Error **errp);
};

/* A structure of section 4.1.4 in a BAR, or none if @size is 0. */
typedef struct VirtIOPCIRegion {
    MemoryRegion mr;
    uint32_t offset;
    uint32_t size;
    uint8_t type;               /* VIRTIO_PCI_CAP_* */
    uint8_t bar;
} VirtIOPCIRegion;

struct VirtIOPCIProxy {
    PCIDevice pci_dev;

    MemoryRegion legacy_bar;
    MemoryRegion modern_bar;    /* holds common, isr, device, notify */
    MemoryRegion modern_io_bar; /* holds notify_pio */
    VirtIOPCIRegion common, isr, device, notify, notify_pio;
    uint8_t config_cap;         /* offset of the PCI_CFG capability; 0: none */
    bool plugged;

    /* properties */
    uint32_t flags;
    uint32_t class_code;
    uint32_t nvectors;          /* DEV_NVECTORS_UNSPECIFIED: the device chooses */
    bool disable_modern;
    OnOffAuto disable_legacy;
    bool legacy_on, modern_on;  /* what came of them */

    QEMUBH *intx_bh;            /* the line, for threads that have no lock */
    uint32_t device_feature_select;
    uint32_t driver_feature_select;
    VirtioBusState bus;
};

static inline bool virtio_pci_modern(const VirtIOPCIProxy *proxy)
{
    return proxy->modern_on;
}

static inline bool virtio_pci_legacy(const VirtIOPCIProxy *proxy)
{
    return proxy->legacy_on;
}

/* Bytes of the notification area for each queue. */
unsigned virtio_pci_notify_multiplier(const VirtIOPCIProxy *proxy);

/*
 * The types of one device. @base_name holds what all share and is abstract if it is
 * not also @generic_name; each of the others may be NULL.
 */
typedef struct VirtioPCIDeviceTypeInfo {
    const char *base_name;
    const char *generic_name;           /* chooses by bus and properties */
    const char *transitional_name;      /* legacy and modern */
    const char *non_transitional_name;  /* modern only */
    const char *parent;                 /* NULL: TYPE_VIRTIO_PCI */
    size_t instance_size;
    size_t class_size;
    void (*instance_init)(Object *obj);
    void (*class_init)(ObjectClass *klass, const void *data);
} VirtioPCIDeviceTypeInfo;

void virtio_pci_types_register(const VirtioPCIDeviceTypeInfo *t);

#endif

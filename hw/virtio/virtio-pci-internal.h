/*
 * What the files of the PCI proxy share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_PCI_INTERNAL_H
#define HW_VIRTIO_PCI_INTERNAL_H

#include "hw/virtio/virtio-pci.h"

/* Which BAR holds what. */
#define LEGACY_IO_BAR   0
#define MSIX_BAR        1
#define MODERN_IO_BAR   2
#define MODERN_MEM_BAR  4

/* The device on the proxy's bus; NULL while there is none. */
static inline VirtIODevice *virtio_pci_vdev(VirtIOPCIProxy *proxy)
{
    return virtio_bus_get_device(&proxy->bus);
}

static inline bool virtio_pci_flag(const VirtIOPCIProxy *proxy, unsigned bit)
{
    return proxy->flags >> bit & 1;
}

/* virtio-pci-modern.c: structures, BARs and capabilities of section 4.1.4. */
void virtio_pci_modern_init(VirtIOPCIProxy *proxy, VirtIODevice *vdev,
                            Error **errp);
void virtio_pci_modern_exit(VirtIOPCIProxy *proxy);
/* The PCI_CFG window, before a config read and after a config write. */
void virtio_pci_window_read(VirtIOPCIProxy *proxy, uint32_t addr, int len);
void virtio_pci_window_write(VirtIOPCIProxy *proxy, uint32_t addr, int len);

/* virtio-pci-legacy.c: the structure in BAR 0 of section 4.1.4.10. */
void virtio_pci_legacy_init(VirtIOPCIProxy *proxy, VirtIODevice *vdev);
void virtio_pci_legacy_exit(VirtIOPCIProxy *proxy);

/* virtio-pci-notify.c */
/*
 * What the driver writes to notify queue @n, in the low 16 bits: its index, or with
 * NOTIF_CONFIG_DATA a value of ours; and back, -1 for what is no queue.
 */
uint16_t virtio_pci_notification_of(const VirtIODevice *vdev, int n);
int virtio_pci_notified_queue(const VirtIODevice *vdev, uint16_t value);
void virtio_pci_intx_bh(void *opaque);
void virtio_pci_notify(DeviceState *d, uint16_t vector);
uint8_t virtio_pci_read_isr(VirtIOPCIProxy *proxy);
/* Map queue @n's or the config's interrupt; what cannot be becomes NO_VECTOR. */
void virtio_pci_set_queue_vector(VirtIOPCIProxy *proxy, int n, uint16_t vector);
void virtio_pci_set_config_vector(VirtIOPCIProxy *proxy, uint16_t vector);
bool virtio_pci_vectors_loaded(DeviceState *d);
int virtio_pci_query_nvectors(DeviceState *d);
bool virtio_pci_ioeventfd_enabled(DeviceState *d);
int virtio_pci_ioeventfd_assign(DeviceState *d, EventNotifier *notifier, int n,
                                bool assign);

/* virtio-pci.c: the driver wrote @status, in either interface. */
void virtio_pci_set_status(VirtIOPCIProxy *proxy, uint8_t status);

#endif

/*
 * Message-signalled interrupts (PCI Local Bus 3.0, section 6.8.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_MSI_H
#define HW_PCI_MSI_H

#include "hw/pci/pci.h"

/* The platform delivers messages; set by the interrupt controller. */
extern bool msi_nonbroken;

/*
 * Capability at @offset (0: anywhere) with @nr_vectors (a power of two up to 32).
 * 0 or -errno with @errp; -ENOTSUP when the platform has no MSI.
 */
int msi_init(PCIDevice *dev, uint8_t offset, unsigned nr_vectors,
             bool msi64bit, bool msi_per_vector_mask, Error **errp);
void msi_uninit(PCIDevice *dev);
void msi_reset(PCIDevice *dev);
bool msi_enabled(const PCIDevice *dev);
static inline bool msi_present(const PCIDevice *dev)
{
    return dev->cap_present & QEMU_PCI_CAP_MSI;
}
unsigned msi_nr_vectors_allocated(const PCIDevice *dev);
bool msi_is_masked(const PCIDevice *dev, unsigned vector);
MSIMessage msi_get_message(PCIDevice *dev, unsigned vector);
/* Sends vector @vector, or marks it pending while masked. */
void msi_notify(PCIDevice *dev, unsigned vector);
/* Sends @msg. Any thread. */
void msi_send_message(PCIDevice *dev, MSIMessage msg);
/* Follows a guest write of configuration space. */
void msi_write_config(PCIDevice *dev, uint32_t addr, uint32_t val, int len);

#endif

/*
 * MSI-X (PCI Local Bus 3.0, section 6.8.2): vector table, pending bits, masking.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_MSIX_H
#define HW_PCI_MSIX_H

#include "hw/pci/pci.h"

#define MSIX_CAP_LENGTH 12
#define MSIX_VECTORS_MAX (PCI_MSIX_FLAGS_QSIZE + 1)

/*
 * Puts a table of @nentries (1..2048) at @table_offset of @table_bar and the
 * pending bits at @pba_offset of @pba_bar (regions of BARs @table_bar_nr and
 * @pba_bar_nr), and a capability at @cap_pos (0: anywhere). 0, or -errno with
 * @errp: -ENOTSUP the platform has no MSI, -EINVAL bad layout.
 */
int msix_init(PCIDevice *dev, unsigned nentries, MemoryRegion *table_bar,
              uint8_t table_bar_nr, unsigned table_offset,
              MemoryRegion *pba_bar, uint8_t pba_bar_nr, unsigned pba_offset,
              uint8_t cap_pos, Error **errp);
/* The same in a BAR of its own. */
int msix_init_exclusive_bar(PCIDevice *dev, unsigned nentries, uint8_t bar_nr,
                            Error **errp);
void msix_uninit(PCIDevice *dev, MemoryRegion *table_bar,
                 MemoryRegion *pba_bar);
void msix_uninit_exclusive_bar(PCIDevice *dev);
void msix_reset(PCIDevice *dev);
void msix_write_config(PCIDevice *dev, uint32_t address, uint32_t val, int len);

int msix_present(PCIDevice *dev);
int msix_enabled(PCIDevice *dev);
unsigned msix_nr_vectors_allocated(const PCIDevice *dev);

/*
 * Raises vector @vector: sends its message, or sets its pending bit while masked.
 * A vector beyond the table or not in use is ignored. Any thread that owns the
 * vector; the table is read as one entry.
 */
void msix_notify(PCIDevice *dev, unsigned vector);
MSIMessage msix_get_message(PCIDevice *dev, unsigned vector);
void msix_set_message(PCIDevice *dev, int vector, MSIMessage msg);
bool msix_is_masked(PCIDevice *dev, unsigned vector);
int msix_is_pending(PCIDevice *dev, unsigned vector);
void msix_set_pending(PCIDevice *dev, unsigned vector);
void msix_clr_pending(PCIDevice *dev, int vector);

/* A device says which vectors it will raise; counted. < 0: no such vector. */
int msix_vector_use(PCIDevice *dev, unsigned vector);
void msix_vector_unuse(PCIDevice *dev, unsigned vector);
void msix_unuse_all_vectors(PCIDevice *dev);

/* Tells @use of all unmasked vectors in use, then of changes. 0 or -errno. */
int msix_set_vector_notifiers(PCIDevice *dev, MSIVectorUseNotifier use_notifier,
                              MSIVectorReleaseNotifier release_notifier,
                              MSIVectorPollNotifier poll_notifier);
void msix_unset_vector_notifiers(PCIDevice *dev);

/* Table and pending bits; state of a device, after vmstate_pci_device. */
extern const VMStateDescription vmstate_msix;
#define VMSTATE_MSIX(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_msix, PCIDevice)
void msix_save(PCIDevice *dev, QEMUFile *f);
void msix_load(PCIDevice *dev, QEMUFile *f);

#endif

/*
 * What the files of the PCI bus share among themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_INTERNAL_H
#define HW_PCI_PCI_INTERNAL_H

#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pci_host.h"

/* ---- pci-bar.c ---- */

/* Back to the value after power-on, unmapped. */
void pci_reset_regions(PCIDevice *d);

/* ---- pci-irq.c ---- */

/* The interrupt-disable bit of the command register changed from @was. */
void pci_update_irq_disabled(PCIDevice *d, bool was_disabled);
/* Counts the pins in @state of a device that was loaded; tells nobody. */
void pci_recount_irq(PCIDevice *d, uint8_t new_state);

/* ---- pci-rom.c ---- */

/* Adds the option ROM of the property or the class; nothing if there is none. */
bool pci_add_option_rom(PCIDevice *d, Error **errp);
void pci_del_option_rom(PCIDevice *d);

/* ---- pci-bus.c ---- */

/* Chooses or checks d->devfn on @bus; false with @errp. */
bool pci_bus_place(PCIBus *bus, PCIDevice *d, const char *name, Error **errp);

/* ---- pci.c ---- */

/* RST#: everything of configuration space that a reset clears. */
void pci_do_device_reset(PCIDevice *d);

/* ---- pci_host.c ---- */

PCIHostState *pci_host_first(void);
PCIHostState *pci_host_next(PCIHostState *host);

/* [start, start + len) of an access touches [reg, reg + size). */
static inline bool pci_touches(uint32_t start, int len, uint32_t reg,
                               uint32_t size)
{
    return start < reg + size && reg < start + len;
}

#endif

/*
 * PCI Express capability and extended configuration space
 * (PCI Express Base, section 7.5.3 and 7.6).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCIE_H
#define HW_PCI_PCIE_H

/* State of a device that has the capability. */
typedef struct PCIExpressDevice {
    uint8_t exp_cap;            /* offset; 0: none */
    bool flr;
    uint16_t aer_cap;
    uint16_t ats_cap;
    uint16_t acs_cap;
} PCIExpressDevice;

#include "hw/pci/pci.h"

/*
 * PCI Express capability, version 2, of device/port type @type
 * (PCI_EXP_TYPE_*) and port number @port at @offset (0: anywhere). Returns its
 * offset or -errno with @errp.
 */
int pcie_cap_init(PCIDevice *dev, uint8_t offset, uint8_t type, uint8_t port,
                  Error **errp);
/* An endpoint: root-complex integrated when it stands on the root bus. */
int pcie_endpoint_cap_init(PCIDevice *dev, uint8_t offset);
void pcie_cap_exit(PCIDevice *dev);
uint8_t pcie_cap_get_type(const PCIDevice *dev);

/* Device error reporting bits (correctable, non-fatal, fatal, unsupported). */
void pcie_cap_deverr_init(PCIDevice *dev);
void pcie_cap_deverr_reset(PCIDevice *dev);
/* Link control: common clock, extended synch. */
void pcie_cap_lnkctl_init(PCIDevice *dev);
void pcie_cap_lnkctl_reset(PCIDevice *dev);
/* Function level reset: announced, and done on a guest's write. */
void pcie_cap_flr_init(PCIDevice *dev);
void pcie_cap_flr_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                               int len);

/* Extended capability @cap_id, version @cap_ver, of @size bytes at @offset. */
void pcie_add_capability(PCIDevice *dev, uint16_t cap_id, uint8_t cap_ver,
                         uint16_t offset, uint16_t size);
uint16_t pcie_find_capability(PCIDevice *dev, uint16_t cap_id);
/* Address translation services at @offset; @aligned: page-aligned requests. */
void pcie_ats_init(PCIDevice *dev, uint16_t offset, bool aligned);
/* Alternative routing id at @offset, next function @nextfn. */
void pcie_ari_init(PCIDevice *dev, uint16_t offset);

#endif

/*
 * PCI Express capability and extended configuration space
 * (PCI Express Base, section 7.5.3 and 7.6). Ports and slots: pcie_port.h; error
 * reporting: pcie_aer.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCIE_H
#define HW_PCI_PCIE_H

#include "hw/pci/pcie_aer.h"

/* State of a device that has the capability. */
typedef struct PCIExpressDevice {
    uint8_t exp_cap;            /* offset; 0: none */
    bool flr;
    bool hpev_notified;         /* a slot's interrupt condition holds */
    uint16_t aer_cap;
    PCIEAERLog aer_log;
    uint16_t ats_cap;
    uint16_t acs_cap;
} PCIExpressDevice;

#include "hw/core/qdev-properties-system.h"
#include "hw/pci/pci.h"

/* ---- The capability --------------------------------------------------- */

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
uint8_t pcie_cap_get_version(const PCIDevice *dev);
/* A root port, or the downstream port of a switch: one link leads down. */
bool pcie_is_downstream_port(const PCIDevice *dev);

/* The interrupt message number of hot plug, power management and root errors. */
void pcie_cap_flags_set_vector(PCIDevice *dev, uint8_t vector);
uint8_t pcie_cap_flags_get_vector(PCIDevice *dev);

/* Device error reporting bits (correctable, non-fatal, fatal, unsupported). */
void pcie_cap_deverr_init(PCIDevice *dev);
void pcie_cap_deverr_reset(PCIDevice *dev);
/* Link control: common clock, extended synch. */
void pcie_cap_lnkctl_init(PCIDevice *dev);
void pcie_cap_lnkctl_reset(PCIDevice *dev);
/* The fastest and widest that the link of @dev can be. */
void pcie_cap_link_init(PCIDevice *dev, PCIExpLinkSpeed speed,
                        PCIExpLinkWidth width);
/* Link status of port @dev: what both ends can do, or down when nothing is there. */
void pcie_sync_bridge_lnk(PCIDevice *dev);
/* Function level reset: announced, and done on a guest's write. */
void pcie_cap_flr_init(PCIDevice *dev);
void pcie_cap_flr_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                               int len);

/* Root ports: which errors become system errors. */
void pcie_cap_root_init(PCIDevice *dev);
void pcie_cap_root_reset(PCIDevice *dev);

/* Forwarding by alternative routing ids, of downstream ports. */
void pcie_cap_arifwd_init(PCIDevice *dev);
void pcie_cap_arifwd_reset(PCIDevice *dev);
bool pcie_cap_is_arifwd_enabled(const PCIDevice *dev);

/* ---- Slots (pcie_slot.c); @dev is a downstream port -------------------- */

typedef struct PCIESlot PCIESlot;

void pcie_cap_slot_init(PCIDevice *dev, PCIESlot *s);
void pcie_cap_slot_reset(PCIDevice *dev);
/* Control and status before a write of configuration space, and what followed. */
void pcie_cap_slot_get(PCIDevice *dev, uint16_t *slt_ctl, uint16_t *slt_sta);
void pcie_cap_slot_write_config(PCIDevice *dev, uint16_t old_slt_ctl,
                                uint16_t old_slt_sta, uint32_t addr,
                                uint32_t val, int len);
int pcie_cap_slot_post_load(void *opaque, int version_id);
/* ACPI put a device into the slot, or took one out: power, presence, link. */
void pcie_cap_slot_acpi_changed(PCIDevice *dev);
/* As if somebody pressed the attention button. */
void pcie_cap_slot_push_attention_button(PCIDevice *dev);
/* The port as a hot plug handler; @hotplug_dev is the port. */
void pcie_cap_slot_pre_plug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                               Error **errp);
void pcie_cap_slot_plug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                           Error **errp);
void pcie_cap_slot_unplug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                             Error **errp);
void pcie_cap_slot_unplug_request_cb(HotplugHandler *hotplug_dev,
                                     DeviceState *dev, Error **errp);

/* ---- Extended capabilities -------------------------------------------- */

/* Extended capability @cap_id, version @cap_ver, of @size bytes at @offset. */
void pcie_add_capability(PCIDevice *dev, uint16_t cap_id, uint8_t cap_ver,
                         uint16_t offset, uint16_t size);
uint16_t pcie_find_capability(PCIDevice *dev, uint16_t cap_id);
/* Address translation services at @offset; @aligned: page-aligned requests. */
void pcie_ats_init(PCIDevice *dev, uint16_t offset, bool aligned);
/* Alternative routing id at @offset. */
void pcie_ari_init(PCIDevice *dev, uint16_t offset);
/* Access control services of a port, or of a function of several. */
void pcie_acs_init(PCIDevice *dev, uint16_t offset);
void pcie_acs_reset(PCIDevice *dev);
void pcie_dev_ser_num_init(PCIDevice *dev, uint16_t offset, uint64_t ser_num);

#define PCI_EXT_CAP_DSN_BYTES   0x0c
#define PCI_EXT_CAP_ACS_BYTES   8
#define PCI_EXT_CAP_ATS_BYTES   8
#define PCI_EXT_CAP_ARI_BYTES   8

#endif

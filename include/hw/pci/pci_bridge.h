/*
 * PCI-to-PCI bridges: a type 1 header, a secondary bus, and windows through which
 * accesses pass down (PCI-to-PCI Bridge Architecture 1.2).
 *
 * A kind of bridge is a child of TYPE_PCI_BRIDGE: it calls pci_bridge_initfn()
 * first in its realize and pci_bridge_exitfn() last in its exit, and
 * pci_bridge_write_config() from its config_write.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_BRIDGE_H
#define HW_PCI_PCI_BRIDGE_H

#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "qapi/util.h"

#define TYPE_PCI_BRIDGE "base-pci-bridge"
typedef struct PCIBridge PCIBridge;
#define PCI_BRIDGE(obj) OBJECT_CHECK(PCIBridge, (obj), TYPE_PCI_BRIDGE)

/* Room that firmware shall leave for devices to come; -1 (all ones): its choice. */
typedef struct PCIResReserve {
    uint32_t bus;
    uint64_t io;
    uint64_t mem_non_pref;
    uint64_t mem_pref_32;
    uint64_t mem_pref_64;
} PCIResReserve;

struct PCIBridge {
    PCIDevice parent_obj;

    PCIBus sec_bus;
    MemoryRegion address_space_mem;     /* where BARs behind it are mapped */
    MemoryRegion address_space_io;
    MemoryRegion window_io;             /* seen on the primary bus */
    MemoryRegion window_mem;
    MemoryRegion window_pref;
    pci_map_irq_fn map_irq;             /* NULL: the standard wiring */
    const char *bus_name;               /* NULL: the device's id */
    PCIResReserve reserve;              /* properties of some kinds */
};

/* The window of a bridge, both ends included; closed when base > limit. */
typedef struct PCIBridgeRange {
    uint64_t base, limit;
} PCIBridgeRange;

/*
 * @type: PCI_BASE_ADDRESS_SPACE_IO, PCI_BASE_ADDRESS_SPACE_MEMORY, or the latter
 * with PCI_BASE_ADDRESS_MEM_PREFETCH. What the registers say, whether or not the
 * command register lets accesses through.
 */
PCIBridgeRange pci_bridge_range(const PCIDevice *bridge, uint8_t type);
pcibus_t pci_bridge_get_base(const PCIDevice *bridge, uint8_t type);
pcibus_t pci_bridge_get_limit(const PCIDevice *bridge, uint8_t type);

/* True of a device with a type 1 header. */
bool pci_is_bridge(const PCIDevice *d);
/* The bus behind bridge @d, or NULL when it is no bridge. */
PCIBus *pci_bridge_secondary(PCIDevice *d);
PCIBus *pci_bridge_get_sec_bus(PCIBridge *br);
PCIDevice *pci_bridge_get_device(PCIBus *bus);

/* Windows follow the registers. */
void pci_bridge_update_mappings(PCIBridge *br);
void pci_bridge_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                             int len);
/* All windows closed, as a PCI Express port has them after reset. */
void pci_bridge_disable_base_limit(PCIDevice *dev);
/* The bridge's own registers; its buses are reset by who resets the tree. */
void pci_bridge_reset(DeviceState *qdev);

/* Makes the secondary bus, of type @typename. */
void pci_bridge_initfn(PCIDevice *pci_dev, const char *typename);
void pci_bridge_exitfn(PCIDevice *pci_dev);
/* A name and a wiring other than the usual; before pci_bridge_initfn(). */
void pci_bridge_map_irq(PCIBridge *br, const char *bus_name,
                        pci_map_irq_fn map_irq);

/* Subsystem ids, in a capability as type 1 headers have it; offset or -errno. */
int pci_bridge_ssvid_init(PCIDevice *dev, uint8_t offset, uint16_t svid,
                          uint16_t ssid, Error **errp);
/*
 * Tells firmware of @reserve by a vendor capability; nothing when all is left to
 * it. 0 or more, or -errno with @errp when the values make no sense.
 */
int pci_bridge_qemu_reserve_cap_init(PCIDevice *dev, int cap_offset,
                                     PCIResReserve reserve, Error **errp);
/* One message, if @msi is on, or auto and it fits; 0 or -errno. */
int pci_bridge_msi_init(PCIDevice *dev, OnOffAuto msi, Error **errp);

/* Rows of a property table: what is reserved. */
#define DEFINE_PROP_PCI_RESERVE(_state, _field)                              \
    DEFINE_PROP_UINT32("bus-reserve", _state, _field.bus, UINT32_MAX,        \
                       .description = "bus numbers that firmware keeps free " \
                       "behind it"),                                         \
    DEFINE_PROP_SIZE("io-reserve", _state, _field.io, UINT64_MAX,            \
                     .description = "port space that firmware keeps free "   \
                     "behind it"),                                           \
    DEFINE_PROP_SIZE("mem-reserve", _state, _field.mem_non_pref, UINT64_MAX, \
                     .description = "memory that firmware keeps free, not "  \
                     "prefetchable"),                                        \
    DEFINE_PROP_SIZE("pref32-reserve", _state, _field.mem_pref_32,           \
                     UINT64_MAX,                                             \
                     .description = "prefetchable memory below 4 GiB that "  \
                     "firmware keeps free"),                                 \
    DEFINE_PROP_SIZE("pref64-reserve", _state, _field.mem_pref_64, UINT64_MAX, \
                     .description = "prefetchable memory that firmware keeps " \
                     "free")

#endif

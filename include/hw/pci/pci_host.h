/*
 * A PCI host bridge: the ports through which a CPU reaches configuration space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_HOST_H
#define HW_PCI_PCI_HOST_H

#include "hw/core/sysbus.h"
#include "hw/pci/pci.h"

#define TYPE_PCI_HOST_BRIDGE "pci-host-bridge"

typedef struct PCIHostState PCIHostState;
typedef struct PCIHostBridgeClass PCIHostBridgeClass;

#define PCI_HOST_BRIDGE(obj) \
    OBJECT_CHECK(PCIHostState, (obj), TYPE_PCI_HOST_BRIDGE)
#define PCI_HOST_BRIDGE_CLASS(klass) \
    OBJECT_CLASS_CHECK(PCIHostBridgeClass, (klass), TYPE_PCI_HOST_BRIDGE)
#define PCI_HOST_BRIDGE_GET_CLASS(obj) \
    OBJECT_GET_CLASS(PCIHostBridgeClass, (obj), TYPE_PCI_HOST_BRIDGE)

#define PCI_HOST_PROP_PCI_HOLE_START    "pci-hole-start"
#define PCI_HOST_PROP_PCI_HOLE_END      "pci-hole-end"
#define PCI_HOST_PROP_PCI_HOLE64_START  "pci-hole64-start"
#define PCI_HOST_PROP_PCI_HOLE64_END    "pci-hole64-end"
#define PCI_HOST_PROP_PCI_HOLE64_SIZE   "pci-hole64-size"
/* Link properties of a PC's bridge; all four are set before realize. */
#define PCI_HOST_PROP_RAM_MEM       "ram-mem"       /* all of guest RAM */
#define PCI_HOST_PROP_PCI_MEM       "pci-mem"       /* where BARs are mapped */
#define PCI_HOST_PROP_SYSTEM_MEM    "system-mem"
#define PCI_HOST_PROP_IO_MEM        "io-mem"

#define PCI_HOST_BELOW_4G_MEM_SIZE      "below-4g-mem-size"
#define PCI_HOST_ABOVE_4G_MEM_SIZE      "above-4g-mem-size"

struct PCIHostState {
    SysBusDevice busdev;

    MemoryRegion conf_mem;      /* CONFIG_ADDRESS, e.g. port 0xcf8 */
    MemoryRegion data_mem;      /* CONFIG_DATA, e.g. port 0xcfc..0xcff */
    MemoryRegion mmcfg;
    uint32_t config_reg;
    bool mig_enabled;
    bool bypass_iommu;
    PCIBus *bus;
    QLIST_ENTRY(PCIHostState) next;
};

struct PCIHostBridgeClass {
    SysBusDeviceClass parent_class;

    const char *(*root_bus_path)(PCIHostState *host, PCIBus *bus);
};

/* One access of @len bytes to a device's space of @limit bytes; absent: ones. */
void pci_host_config_write_common(PCIDevice *pci_dev, uint32_t addr,
                                  uint32_t limit, uint32_t val, uint32_t len);
uint32_t pci_host_config_read_common(PCIDevice *pci_dev, uint32_t addr,
                                     uint32_t limit, uint32_t len);
/* By bus, devfn and register packed as in CONFIG_ADDRESS. */
void pci_data_write(PCIBus *s, uint32_t addr, uint32_t val, unsigned len);
uint32_t pci_data_read(PCIBus *s, uint32_t addr, unsigned len);

/* Registers of the two ports, opaque = PCIHostState. */
extern const MemoryRegionOps pci_host_conf_le_ops;
extern const MemoryRegionOps pci_host_data_le_ops;

#endif

/*
 * A PCI bus: 256 functions, their address spaces and interrupt wiring.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_BUS_H
#define HW_PCI_PCI_BUS_H

#include "hw/pci/pci.h"

typedef struct PCIBusClass PCIBusClass;

#define PCI_BUS(obj) OBJECT_CHECK(PCIBus, (obj), TYPE_PCI_BUS)
#define PCI_BUS_CLASS(klass) \
    OBJECT_CLASS_CHECK(PCIBusClass, (klass), TYPE_PCI_BUS)
#define PCI_BUS_GET_CLASS(obj) \
    OBJECT_GET_CLASS(PCIBusClass, (obj), TYPE_PCI_BUS)

struct PCIBusClass {
    BusClass parent_class;

    int (*bus_num)(PCIBus *bus);
    uint16_t (*numa_node)(PCIBus *bus);
};

enum PCIBusFlags {
    PCI_BUS_IS_ROOT = 0x0001,
    PCI_BUS_EXTENDED_CONFIG_SPACE = 0x0002,
};

struct PCIBus {
    BusState qbus;
    enum PCIBusFlags flags;
    const PCIIOMMUOps *iommu_ops;
    void *iommu_opaque;
    uint8_t devfn_min;
    uint32_t slot_reserved_mask;
    pci_set_irq_fn set_irq;
    pci_map_irq_fn map_irq;
    pci_route_irq_fn route_intx_to_irq;
    void *irq_opaque;
    PCIDevice *devices[PCI_DEVFN_MAX];
    PCIDevice *parent_dev;              /* the bridge; NULL for a root bus */
    MemoryRegion *address_space_mem;
    MemoryRegion *address_space_io;
    QLIST_HEAD(, PCIBus) child;
    QLIST_ENTRY(PCIBus) sibling;
    uint16_t hotplug_number;            /* what ACPI's registers call it, or … */
#define PCI_BUS_NO_NUMBER UINT16_MAX
    int nirq;
    int *irq_count;                     /* how many pins assert each line */
};

/* Devices cannot be put into a slot of @mask (bit n = slot n). */
void pci_bus_set_slot_reserved_mask(PCIBus *bus, uint32_t mask);
void pci_bus_clear_slot_reserved_mask(PCIBus *bus, uint32_t mask);
uint32_t pci_bus_get_slot_reserved_mask(PCIBus *bus);

#endif

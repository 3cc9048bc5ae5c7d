/*
 * A PCI Express host bridge: configuration space of all functions in memory
 * (PCI Express Base 4.0, section 7.2.2), beside the two ports of old.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCIE_HOST_H
#define HW_PCI_PCIE_HOST_H

#include "hw/pci/pci_host.h"

#define TYPE_PCIE_HOST_BRIDGE "pcie-host-bridge"
typedef struct PCIExpressHost PCIExpressHost;
#define PCIE_HOST_BRIDGE(obj) \
    OBJECT_CHECK(PCIExpressHost, (obj), TYPE_PCIE_HOST_BRIDGE)

#define PCIE_HOST_MCFG_BASE "MCFG"              /* property: where it may go */
#define PCIE_HOST_MCFG_SIZE "mcfg_size"         /* property: how large it is now */
#define PCIE_BASE_ADDR_UNMAPPED (~(hwaddr)0)

/* Each bus has a megabyte: 32 devices of 8 functions of 4 KiB. */
#define PCIE_MMCFG_SIZE_MIN     (1ull << 20)
#define PCIE_MMCFG_SIZE_MAX     (1ull << 28)

struct PCIExpressHost {
    PCIHostState pci;

    hwaddr base_addr;           /* PCIE_BASE_ADDR_UNMAPPED: nowhere */
    hwaddr size;
    MemoryRegion mmio;
};

/*
 * Shows the configuration space of the first @size / 1 MiB buses at @addr, or not
 * at all. @size is a power of two between the two above. Big lock held.
 */
void pcie_host_mmcfg_update(PCIExpressHost *e, bool enable, hwaddr addr,
                            uint64_t size);

#endif

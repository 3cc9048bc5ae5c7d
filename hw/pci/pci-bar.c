/*
 * Base address registers: declaring them, and mapping their regions where the
 * guest programmed them (PCI Local Bus 3.0, section 6.2.5). Any value is legal
 * there; one that makes no sense unmaps the region.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"
#include "trace.h"

/* Above RAM's alias nothing wins, among BARs the last one mapped is seen. */
#define BAR_PRIORITY 1

int pci_bar(PCIDevice *d, int reg)
{
    if (reg == PCI_ROM_SLOT) {
        return pci_is_bridge(d) ? PCI_ROM_ADDRESS1 : PCI_ROM_ADDRESS;
    }
    return PCI_BASE_ADDRESS_0 + reg * 4;
}

static bool is_64bit(const PCIIORegion *r)
{
    return !(r->type & PCI_BASE_ADDRESS_SPACE_IO) &&
        (r->type & PCI_BASE_ADDRESS_MEM_TYPE_64);
}

void pci_register_bar(PCIDevice *pci_dev, int region_num, uint8_t attr,
                      MemoryRegion *memory)
{
    PCIIORegion *r = &pci_dev->io_regions[region_num];
    uint64_t size = memory_region_size(memory);
    uint32_t at = pci_bar(pci_dev, region_num);
    uint64_t writable = ~(size - 1);

    g_assert(region_num >= 0 && region_num < PCI_NUM_REGIONS);
    g_assert(size && !(size & (size - 1)));
    g_assert(size >= (attr & PCI_BASE_ADDRESS_SPACE_IO ? 4 : 16));

    *r = (PCIIORegion) {
        .addr = PCI_BAR_UNMAPPED,
        .size = size,
        .type = attr,
        .memory = memory,
        .address_space = attr & PCI_BASE_ADDRESS_SPACE_IO
            ? pci_get_bus(pci_dev)->address_space_io
            : pci_get_bus(pci_dev)->address_space_mem,
    };
    if (region_num == PCI_ROM_SLOT) {
        writable |= PCI_ROM_ADDRESS_ENABLE;
    }
    pci_set_long(pci_dev->config + at, attr);
    if (is_64bit(r)) {
        pci_set_quad(pci_dev->wmask + at, writable);
        pci_set_quad(pci_dev->cmask + at, ~(uint64_t)0);
    } else {
        pci_set_long(pci_dev->wmask + at, writable & 0xffffffff);
        pci_set_long(pci_dev->cmask + at, 0xffffffff);
    }
}

pcibus_t pci_get_bar_addr(PCIDevice *pci_dev, int region_num)
{
    return pci_dev->io_regions[region_num].addr;
}

static pcibus_t io_bar_address(PCIDevice *d, int reg, pcibus_t size)
{
    pcibus_t addr = pci_get_long(d->config + pci_bar(d, reg)) & ~(size - 1);

    /* Port 0 means "not assigned"; the port space ends at 64 KiB. */
    return addr && addr + size - 1 <= UINT16_MAX ? addr : PCI_BAR_UNMAPPED;
}

static pcibus_t mem_bar_address(PCIDevice *d, int reg, uint8_t type,
                                pcibus_t size)
{
    const uint8_t *config = d->config + pci_bar(d, reg);
    bool wide = type & PCI_BASE_ADDRESS_MEM_TYPE_64;
    pcibus_t value = wide ? pci_get_quad(config) : pci_get_long(config);
    pcibus_t addr = value & ~(size - 1), last = addr + size - 1;

    if (reg == PCI_ROM_SLOT && !(value & PCI_ROM_ADDRESS_ENABLE)) {
        return PCI_BAR_UNMAPPED;
    }
    /* Sizing writes all ones: such a range reaches the end of the space. */
    if (!addr || last < addr || last == UINT64_MAX ||
        (!wide && last >= UINT32_MAX)) {
        return PCI_BAR_UNMAPPED;
    }
    return addr;
}

pcibus_t pci_bar_address(PCIDevice *d, int reg, uint8_t type, pcibus_t size)
{
    uint16_t command = pci_get_word(d->config + PCI_COMMAND);

    if (!d->has_power) {
        return PCI_BAR_UNMAPPED;
    }
    if (type & PCI_BASE_ADDRESS_SPACE_IO) {
        return command & PCI_COMMAND_IO ? io_bar_address(d, reg, size)
                                        : PCI_BAR_UNMAPPED;
    }
    return command & PCI_COMMAND_MEMORY ? mem_bar_address(d, reg, type, size)
                                        : PCI_BAR_UNMAPPED;
}

static void move_region(PCIDevice *d, int bar, pcibus_t addr)
{
    PCIIORegion *r = &d->io_regions[bar];

    if (r->addr == addr) {
        return;
    }
    memory_region_transaction_begin();
    if (r->addr != PCI_BAR_UNMAPPED) {
        trace_pci_update_mappings_del(d->name, pci_dev_bus_num(d),
                                      PCI_SLOT(d->devfn), PCI_FUNC(d->devfn),
                                      bar, r->addr, r->size);
        memory_region_del_subregion(r->address_space, r->memory);
    }
    r->addr = addr;
    if (addr != PCI_BAR_UNMAPPED) {
        trace_pci_update_mappings_add(d->name, pci_dev_bus_num(d),
                                      PCI_SLOT(d->devfn), PCI_FUNC(d->devfn),
                                      bar, addr, r->size);
        memory_region_add_subregion_overlap(r->address_space, addr, r->memory,
                                            BAR_PRIORITY);
    }
    memory_region_transaction_commit();
}

void pci_update_mappings(PCIDevice *d)
{
    memory_region_transaction_begin();
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &d->io_regions[i];

        if (r->size) {
            move_region(d, i, pci_bar_address(d, i, r->type, r->size));
        }
    }
    memory_region_transaction_commit();
}

void pci_unmap_regions(PCIDevice *d)
{
    memory_region_transaction_begin();
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        if (d->io_regions[i].size) {
            move_region(d, i, PCI_BAR_UNMAPPED);
        }
    }
    memory_region_transaction_commit();
}

void pci_reset_regions(PCIDevice *d)
{
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        const PCIIORegion *r = &d->io_regions[i];

        if (!r->size) {
            continue;
        }
        if (is_64bit(r)) {
            pci_set_quad(d->config + pci_bar(d, i), r->type);
        } else {
            pci_set_long(d->config + pci_bar(d, i), r->type);
        }
    }
}

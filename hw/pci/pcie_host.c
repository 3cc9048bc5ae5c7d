/*
 * Configuration space in memory. An access that crosses the end of a function's
 * space is cut there; where no function is, it reads as ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pcie_host.h"
#include "pci-internal.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

/* Above RAM, as the host bridge decodes it before memory. */
#define MMCFG_PRIORITY 1

/* Bus in bits 20..27, function in 12..19, register in 0..11. */
static PCIDevice *addressed(PCIExpressHost *e, hwaddr addr)
{
    return e->pci.bus ? pci_find_device(e->pci.bus, (addr >> 20) & 0xff,
                                        (addr >> 12) & 0xff)
                      : NULL;
}

static uint64_t mmcfg_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIDevice *d = addressed(opaque, addr);

    return d ? pci_host_config_read_common(d, addr & 0xfff,
                                           PCIE_CONFIG_SPACE_SIZE, len)
             : UINT64_MAX;
}

static void mmcfg_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIDevice *d = addressed(opaque, addr);

    if (d) {
        pci_host_config_write_common(d, addr & 0xfff, PCIE_CONFIG_SPACE_SIZE,
                                     val, len);
    }
}

static const MemoryRegionOps mmcfg_ops = {
    .read = mmcfg_read,
    .write = mmcfg_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

void pcie_host_mmcfg_update(PCIExpressHost *e, bool enable, hwaddr addr,
                            uint64_t size)
{
    g_assert(size >= PCIE_MMCFG_SIZE_MIN && size <= PCIE_MMCFG_SIZE_MAX &&
             is_power_of_2(size));
    memory_region_transaction_begin();
    if (e->base_addr != PCIE_BASE_ADDR_UNMAPPED) {
        memory_region_del_subregion(get_system_memory(), &e->mmio);
        e->base_addr = PCIE_BASE_ADDR_UNMAPPED;
        e->size = 0;
    }
    if (enable) {
        e->base_addr = addr;
        e->size = size;
        memory_region_set_size(&e->mmio, size);
        memory_region_add_subregion_overlap(get_system_memory(), addr, &e->mmio,
                                            MMCFG_PRIORITY);
    }
    memory_region_transaction_commit();
}

static void pcie_host_init(Object *obj)
{
    PCIExpressHost *e = PCIE_HOST_BRIDGE(obj);

    e->base_addr = PCIE_BASE_ADDR_UNMAPPED;
    memory_region_init_io(&e->mmio, obj, &mmcfg_ops, e, "pcie-mmcfg-mmio",
                          PCIE_MMCFG_SIZE_MAX);
    /* Configuring a device is an access by the bridge, not by that device. */
    e->mmio.disable_reentrancy_guard = true;
}

static const TypeInfo pcie_host_types[] = {
    {
        .name = TYPE_PCIE_HOST_BRIDGE,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .abstract = true,
        .instance_size = sizeof(PCIExpressHost),
        .instance_init = pcie_host_init,
    },
};

DEFINE_TYPES(pcie_host_types)

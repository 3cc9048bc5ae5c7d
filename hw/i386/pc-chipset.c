/*
 * What the chipsets of PCs are put together with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci-host/pam.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "pc-chipset.h"
#include "system/address-spaces.h"

/* ---- what firmware would do ---- */

void pc_write_config(PCMachineState *pcms, int devfn, unsigned reg,
                     uint32_t value, unsigned len)
{
    pci_data_write(pcms->pcibus, devfn << 8 | reg, value, len);
}

void pc_write_port(uint16_t port, uint8_t value)
{
    address_space_stb(&address_space_io, port, value, MEMTXATTRS_UNSPECIFIED,
                      NULL);
}

void pc_open_shadow_ram(PCMachineState *pcms, unsigned reg)
{
    memory_region_transaction_begin();
    pc_write_config(pcms, PCI_DEVFN(0, 0), reg, 0x30, 1);
    for (unsigned i = 1; i < PAM_REGISTERS; i++) {
        pc_write_config(pcms, PCI_DEVFN(0, 0), reg + i, 0x33, 1);
    }
    memory_region_transaction_commit();
}

void pc_set_up_pics(void)
{
    enum { ELCR2 = 0x4d1, LINES_10_11 = 0x0c };

    pc_write_port(ELCR2, LINES_10_11);
    pc_write_port(0x21, 0xff);
    pc_write_port(0xa1, 0xff);
}

PCIDevice *pc_root_function(PCIDevice *dev, int *pin)
{
    for (PCIBus *bus = pci_get_bus(dev); !pci_bus_is_root(bus);
         bus = pci_get_bus(dev)) {
        *pin = pci_swizzle_map_irq_fn(dev, *pin);
        dev = bus->parent_dev;
    }
    return dev;
}

/* ---- the board ---- */

Object *pc_make_host_bridge(PCMachineState *pcms, const char *type,
                            const char *name, const char *bus,
                            MemoryRegion *pci_memory)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    Object *host = OBJECT(qdev_new(type));
    const struct { const char *name; MemoryRegion *mr; } links[] = {
        { PCI_HOST_PROP_RAM_MEM, MACHINE(pcms)->ram },
        { PCI_HOST_PROP_PCI_MEM, pci_memory },
        { PCI_HOST_PROP_SYSTEM_MEM, get_system_memory() },
        { PCI_HOST_PROP_IO_MEM, get_system_io() },
    };

    object_property_add_child(OBJECT(pcms), name, host);
    for (unsigned i = 0; i < ARRAY_SIZE(links); i++) {
        object_property_set_link(host, links[i].name, OBJECT(links[i].mr),
                                 &error_fatal);
    }
    object_property_set_uint(host, PCI_HOST_BELOW_4G_MEM_SIZE,
                             x86ms->below_4g_mem_size, &error_fatal);
    object_property_set_uint(host, PCI_HOST_ABOVE_4G_MEM_SIZE,
                             x86ms->above_4g_mem_size, &error_fatal);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(host), &error_fatal);
    pcms->pcibus = PCI_BUS(qdev_get_child_bus(DEVICE(host), bus));
    return host;
}

/* ---- machine types ---- */

GlobalProperty pc_compat_7_1[1] = {
    { "virtio-device", "queue_reset", "false", .optional = true },
};

void pc_register_versions(const PCVersion *versions, size_t count,
                          void (*class_init)(ObjectClass *oc, const void *data))
{
    for (size_t i = 0; i < count; i++) {
        g_autofree char *name = g_strconcat(versions[i].name,
                                            TYPE_MACHINE_SUFFIX, NULL);
        const TypeInfo type = {
            .name = name,
            .parent = TYPE_PC_MACHINE,
            .class_init = class_init,
            .class_data = &versions[i],
        };

        type_register(&type);
    }
}

void pc_version_init(MachineClass *mc, const PCVersion *versions,
                     const PCVersion *version, const char *alias)
{
    mc->alias = version == versions ? alias : NULL;
    for (const PCVersion *v = versions; v <= version; v++) {
        compat_props_add(mc->compat_props, v->compat, v->compat_count);
    }
}

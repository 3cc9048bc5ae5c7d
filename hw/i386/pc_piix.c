/*
 * The PC with i440FX and PIIX: machine types "pc-i440fx-VERSION", of which the
 * newest is "pc". How the chips are wired together stands here; what every PC
 * has is in pc.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/acpi/piix4.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/i386/pc.h"
#include "hw/isa/piix3.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci/pci_bus.h"
#include "system/address-spaces.h"

#define LARGE_RAM_HOLE 0xc0000000u      /* for more RAM than the other allows */
#define SMALL_RAM_HOLE 0xe0000000u

enum { HOST_SLOT = 0, PIIX_SLOT = 1, PM_FUNCTION = 3 };

/* ---- what firmware would do ---- */

static void write_config(PCMachineState *pcms, int devfn, unsigned reg,
                         uint32_t value, unsigned len)
{
    pci_data_write(pcms->pcibus, devfn << 8 | reg, value, len);
}

static void write_port(uint16_t port, uint8_t value)
{
    address_space_stb(&address_space_io, port, value, MEMTXATTRS_UNSPECIFIED,
                      NULL);
}

/* Shadow RAM, readable and writable, in place of the ROM area. */
static void open_shadow_ram(PCMachineState *pcms)
{
    memory_region_transaction_begin();
    write_config(pcms, PCI_DEVFN(HOST_SLOT, 0), I440FX_PAM, 0x30, 1);
    for (unsigned i = 1; i < I440FX_PAM_SIZE; i++) {
        write_config(pcms, PCI_DEVFN(HOST_SLOT, 0), I440FX_PAM + i, 0x33, 1);
    }
    memory_region_transaction_commit();
}

/* PCI lines A and B to ISA line 10, C and D to 11, both level-triggered. */
static void route_interrupts(PCMachineState *pcms)
{
    static const uint8_t routes[PIIX_NUM_PIRQS] = { 10, 10, 11, 11 };
    enum { ELCR2 = 0x4d1, LINES_10_11 = 0x0c };

    for (unsigned i = 0; i < PIIX_NUM_PIRQS; i++) {
        write_config(pcms, PCI_DEVFN(PIIX_SLOT, 0), PIIX_PIRQCA + i, routes[i],
                     1);
    }
    write_port(ELCR2, LINES_10_11);
}

static void piix_firmware_setup(PCMachineState *pcms)
{
    int pm = PCI_DEVFN(PIIX_SLOT, PM_FUNCTION);

    open_shadow_ram(pcms);
    route_interrupts(pcms);
    write_port(0x21, 0xff);             /* the i8259s stay quiet */
    write_port(0xa1, 0xff);
    write_config(pcms, pm, PIIX4_PMBASE, PC_ACPI_PM_BASE, 4);
    write_config(pcms, pm, PIIX4_PMREGMISC, PIIX4_PMREGMISC_ENABLE, 1);
}

static int piix_pci_irq_line(PCMachineState *pcms, PCIDevice *dev, int pin)
{
    PCIDevice *piix3 = pci_find_device(pcms->pcibus, 0,
                                       PCI_DEVFN(PIIX_SLOT, 0));

    if (object_dynamic_cast(OBJECT(dev), TYPE_PIIX4_PM)) {
        return PC_ACPI_SCI_IRQ;
    }
    for (PCIBus *bus = pci_get_bus(dev); !pci_bus_is_root(bus);
         bus = pci_get_bus(dev)) {
        pin = pci_swizzle_map_irq_fn(dev, pin);
        dev = bus->parent_dev;
    }
    return piix3_pirq_route(PIIX3_DEVICE(piix3),
                            piix3_slot_get_pirq(dev, pin));
}

/* ---- the board ---- */

static Object *make_host_bridge(PCMachineState *pcms, MemoryRegion *pci_memory)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    Object *host = OBJECT(qdev_new(TYPE_I440FX_PCI_HOST_BRIDGE));
    const struct { const char *name; MemoryRegion *mr; } links[] = {
        { PCI_HOST_PROP_RAM_MEM, MACHINE(pcms)->ram },
        { PCI_HOST_PROP_PCI_MEM, pci_memory },
        { PCI_HOST_PROP_SYSTEM_MEM, get_system_memory() },
        { PCI_HOST_PROP_IO_MEM, get_system_io() },
    };

    object_property_add_child(OBJECT(pcms), "i440fx", host);
    for (unsigned i = 0; i < ARRAY_SIZE(links); i++) {
        object_property_set_link(host, links[i].name, OBJECT(links[i].mr),
                                 &error_fatal);
    }
    object_property_set_uint(host, PCI_HOST_BELOW_4G_MEM_SIZE,
                             x86ms->below_4g_mem_size, &error_fatal);
    object_property_set_uint(host, PCI_HOST_ABOVE_4G_MEM_SIZE,
                             x86ms->above_4g_mem_size, &error_fatal);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(host), &error_fatal);
    pcms->pcibus = PCI_BUS(qdev_get_child_bus(DEVICE(host), "pci.0"));
    return host;
}

static void make_isa_bridge(PCMachineState *pcms)
{
    PCIDevice *piix3 = pci_new_multifunction(PCI_DEVFN(PIIX_SLOT, 0),
                                             TYPE_PIIX3_DEVICE);

    for (unsigned i = 0; i < ISA_NUM_IRQS; i++) {
        qdev_connect_gpio_out_named(DEVICE(piix3), PIIX3_ISA_IRQS, i,
                                    X86_MACHINE(pcms)->gsi[i]);
    }
    pci_realize_and_unref(piix3, pcms->pcibus, &error_fatal);
    pcms->isa_bus = ISA_BUS(qdev_get_child_bus(DEVICE(piix3), "isa.0"));
}

static void make_power_management(PCMachineState *pcms)
{
    PCIDevice *pm = pci_create_simple(pcms->pcibus,
                                      PCI_DEVFN(PIIX_SLOT, PM_FUNCTION),
                                      TYPE_PIIX4_PM);

    qdev_connect_gpio_out(DEVICE(pm), 0,
                          X86_MACHINE(pcms)->gsi[PC_ACPI_SCI_IRQ]);
    pcms->pcihp = piix4_pm_pcihp(PIIX4_PM(pm));
}

static void pc_piix_init(MachineState *machine)
{
    PCMachineState *pcms = PC_MACHINE(machine);
    X86MachineState *x86ms = X86_MACHINE(machine);
    MemoryRegion *pci_memory;
    Object *host;

    x86_cpus_init(x86ms);
    pci_memory = pc_memory_init(pcms, machine->ram_size >= SMALL_RAM_HOLE
                                      ? LARGE_RAM_HOLE : SMALL_RAM_HOLE);
    x86_gsi_init(x86ms);
    host = make_host_bridge(pcms, pci_memory);
    make_isa_bridge(pcms);
    x86_ioapic_init(x86ms, host);
    pc_basic_device_init(pcms);
    make_power_management(pcms);
    pc_boot_init(pcms);
}

/* ---- machine types, the newest first ---- */

/* What devices did differently before a version; older ones have all of it. */
static GlobalProperty compat_7_1[] = {
    { "virtio-device", "queue_reset", "false", .optional = true },
};

typedef struct PiixVersion {
    const char *name;           /* of the machine, without suffix */
    GlobalProperty *compat;     /* against the next newer version */
    size_t compat_count;
} PiixVersion;

static const PiixVersion versions[] = {
    { "pc-i440fx-7.2", NULL, 0 },
    { "pc-i440fx-7.1", compat_7_1, ARRAY_SIZE(compat_7_1) },
    { "pc-i440fx-7.0", NULL, 0 },
    { "pc-i440fx-6.2", NULL, 0 },
    { "pc-i440fx-6.1", NULL, 0 },
    { "pc-i440fx-6.0", NULL, 0 },
    { "pc-i440fx-5.2", NULL, 0 },
    { "pc-i440fx-5.1", NULL, 0 },
    { "pc-i440fx-5.0", NULL, 0 },
};

static void pc_piix_class_init(ObjectClass *oc, const void *data)
{
    const PiixVersion *version = data;
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pcmc = PC_MACHINE_CLASS(oc);

    mc->family = "pc_piix";
    mc->desc = "Standard PC (i440FX + PIIX, 1996)";
    mc->init = pc_piix_init;
    mc->is_default = version == versions;
    mc->alias = mc->is_default ? "pc" : NULL;
    pcmc->firmware_setup = piix_firmware_setup;
    pcmc->pci_irq_line = piix_pci_irq_line;
    pcmc->acpi_chipset = &acpi_chipset_piix;
    for (const PiixVersion *v = versions; v <= version; v++) {
        compat_props_add(mc->compat_props, v->compat, v->compat_count);
    }
}

static void pc_piix_register_types(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(versions); i++) {
        g_autofree char *name = g_strconcat(versions[i].name,
                                            TYPE_MACHINE_SUFFIX, NULL);
        const TypeInfo type = {
            .name = name,
            .parent = TYPE_PC_MACHINE,
            .class_init = pc_piix_class_init,
            .class_data = &versions[i],
        };

        type_register(&type);
    }
}

type_init(pc_piix_register_types)

/*
 * The PC with Q35 and ICH9: machine types "pc-q35-VERSION", of which the newest is
 * "q35". How the chips are wired together stands here; what every PC has is in pc.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/i386/pc.h"
#include "hw/pci-host/pam.h"
#include "hw/pci-host/q35.h"
#include "hw/pci/pci_bus.h"
#include "hw/southbridge/ich9.h"
#include "system/address-spaces.h"

/* RAM ends at the first if all of it fits, else at the second. */
#define SMALL_RAM_HOLE MCH_PCIEXBAR_DEFAULT
#define LARGE_RAM_HOLE 0x80000000u

/* Where firmware puts the chip configuration block. */
#define RCBA_BASE 0xfed1c000u

enum { LPC = PCI_DEVFN(ICH9_LPC_DEV, ICH9_LPC_FUNC), MCH = PCI_DEVFN(0, 0) };

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

/* Shadow RAM in place of the ROM area, and configuration space in memory. */
static void set_up_mch(PCMachineState *pcms)
{
    memory_region_transaction_begin();
    write_config(pcms, MCH, MCH_PAM, 0x30, 1);
    for (unsigned i = 1; i < PAM_REGISTERS; i++) {
        write_config(pcms, MCH, MCH_PAM + i, 0x33, 1);
    }
    write_config(pcms, MCH, MCH_PCIEXBAR + 4, 0, 4);
    write_config(pcms, MCH, MCH_PCIEXBAR,
                 MCH_PCIEXBAR_DEFAULT | MCH_PCIEXBAR_ENABLE, 4);
    memory_region_transaction_commit();
}

/* Lines A, B, E, F to ISA line 10, the others to 11, both level-triggered. */
static void set_up_lpc(PCMachineState *pcms)
{
    static const uint8_t routes[] = { 10, 10, 11, 11 };
    enum { ELCR2 = 0x4d1, LINES_10_11 = 0x0c };

    for (unsigned i = 0; i < ARRAY_SIZE(routes); i++) {
        write_config(pcms, LPC, ICH9_LPC_PIRQA_ROUT + i, routes[i], 1);
        write_config(pcms, LPC, ICH9_LPC_PIRQE_ROUT + i, routes[i], 1);
    }
    write_port(ELCR2, LINES_10_11);
    write_config(pcms, LPC, ICH9_LPC_PMBASE, PC_ACPI_PM_BASE, 4);
    write_config(pcms, LPC, ICH9_LPC_ACPI_CTRL, ICH9_LPC_ACPI_CTRL_ACPI_EN, 1);
    write_config(pcms, LPC, ICH9_LPC_RCBA, RCBA_BASE | ICH9_LPC_RCBA_EN, 4);
}

static void q35_firmware_setup(PCMachineState *pcms)
{
    set_up_mch(pcms);
    set_up_lpc(pcms);
    write_port(0x21, 0xff);             /* the i8259s stay quiet */
    write_port(0xa1, 0xff);
}

static int q35_pci_irq_line(PCMachineState *pcms, PCIDevice *dev, int pin)
{
    PCIDevice *lpc = pci_find_device(pcms->pcibus, 0, LPC);

    for (PCIBus *bus = pci_get_bus(dev); !pci_bus_is_root(bus);
         bus = pci_get_bus(dev)) {
        pin = pci_swizzle_map_irq_fn(dev, pin);
        dev = bus->parent_dev;
    }
    return ich9_lpc_pirq_route(ICH9_LPC_DEVICE(lpc),
                               ich9_lpc_map_irq(dev, pin));
}

/* ---- the board ---- */

static Object *make_host_bridge(PCMachineState *pcms, MemoryRegion *pci_memory)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    Object *host = OBJECT(qdev_new(TYPE_Q35_HOST_DEVICE));
    const struct { const char *name; MemoryRegion *mr; } links[] = {
        { PCI_HOST_PROP_RAM_MEM, MACHINE(pcms)->ram },
        { PCI_HOST_PROP_PCI_MEM, pci_memory },
        { PCI_HOST_PROP_SYSTEM_MEM, get_system_memory() },
        { PCI_HOST_PROP_IO_MEM, get_system_io() },
    };

    object_property_add_child(OBJECT(pcms), "q35", host);
    for (unsigned i = 0; i < ARRAY_SIZE(links); i++) {
        object_property_set_link(host, links[i].name, OBJECT(links[i].mr),
                                 &error_fatal);
    }
    object_property_set_uint(host, PCI_HOST_BELOW_4G_MEM_SIZE,
                             x86ms->below_4g_mem_size, &error_fatal);
    object_property_set_uint(host, PCI_HOST_ABOVE_4G_MEM_SIZE,
                             x86ms->above_4g_mem_size, &error_fatal);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(host), &error_fatal);
    pcms->pcibus = PCI_BUS(qdev_get_child_bus(DEVICE(host), "pcie.0"));
    return host;
}

static void make_lpc(PCMachineState *pcms)
{
    PCIDevice *lpc = pci_new_multifunction(LPC, TYPE_ICH9_LPC_DEVICE);

    for (unsigned i = 0; i < ICH9_GSI_PINS; i++) {
        qdev_connect_gpio_out_named(DEVICE(lpc), ICH9_GPIO_GSI, i,
                                    X86_MACHINE(pcms)->gsi[i]);
    }
    pci_realize_and_unref(lpc, pcms->pcibus, &error_fatal);
    pcms->isa_bus = ISA_BUS(qdev_get_child_bus(DEVICE(lpc), "isa.0"));
    pcms->pcihp = ich9_lpc_pcihp(ICH9_LPC_DEVICE(lpc));
}

static void pc_q35_init(MachineState *machine)
{
    PCMachineState *pcms = PC_MACHINE(machine);
    X86MachineState *x86ms = X86_MACHINE(machine);
    MemoryRegion *pci_memory;
    Object *host;

    x86_cpus_init(x86ms);
    pci_memory = pc_memory_init(pcms, machine->ram_size > SMALL_RAM_HOLE
                                      ? LARGE_RAM_HOLE : SMALL_RAM_HOLE);
    pcms->mmcfg = (AcpiRange) {
        MCH_PCIEXBAR_DEFAULT, MCH_PCIEXBAR_DEFAULT + MCH_PCIEXBAR_SIZE - 1
    };
    x86_gsi_init(x86ms);
    host = make_host_bridge(pcms, pci_memory);
    make_lpc(pcms);
    x86_ioapic_init(x86ms, host);
    pc_basic_device_init(pcms);
    pc_boot_init(pcms);
}

/* ---- machine types, the newest first ---- */

/* What devices did differently before a version; older ones have all of it. */
static GlobalProperty compat_7_1[] = {
    { "virtio-device", "queue_reset", "false", .optional = true },
};

/* Ports were not to offer hot plug of their own beside ACPI's … */
static GlobalProperty compat_6_1[] = {
    { "pcie-root-port", "x-native-hotplug", "false", .optional = true },
};

/* … and before that, it was the only one. */
static GlobalProperty compat_6_0[] = {
    { "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", "false" },
    { "pcie-root-port", "x-native-hotplug", "true", .optional = true },
};

typedef struct Q35Version {
    const char *name;           /* of the machine, without suffix */
    GlobalProperty *compat;     /* against the next newer version */
    size_t compat_count;
} Q35Version;

static const Q35Version versions[] = {
    { "pc-q35-7.2", NULL, 0 },
    { "pc-q35-7.1", compat_7_1, ARRAY_SIZE(compat_7_1) },
    { "pc-q35-7.0", NULL, 0 },
    { "pc-q35-6.2", NULL, 0 },
    { "pc-q35-6.1", compat_6_1, ARRAY_SIZE(compat_6_1) },
    { "pc-q35-6.0", compat_6_0, ARRAY_SIZE(compat_6_0) },
    { "pc-q35-5.2", NULL, 0 },
    { "pc-q35-5.1", NULL, 0 },
    { "pc-q35-5.0", NULL, 0 },
};

static void pc_q35_class_init(ObjectClass *oc, const void *data)
{
    const Q35Version *version = data;
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pcmc = PC_MACHINE_CLASS(oc);

    mc->family = "pc_q35";
    mc->desc = "Standard PC (Q35 + ICH9, 2009)";
    mc->init = pc_q35_init;
    mc->alias = version == versions ? "q35" : NULL;
    pcmc->firmware_setup = q35_firmware_setup;
    pcmc->pci_irq_line = q35_pci_irq_line;
    pcmc->acpi_chipset = &acpi_chipset_ich9;
    for (const Q35Version *v = versions; v <= version; v++) {
        compat_props_add(mc->compat_props, v->compat, v->compat_count);
    }
}

static void pc_q35_register_types(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(versions); i++) {
        g_autofree char *name = g_strconcat(versions[i].name,
                                            TYPE_MACHINE_SUFFIX, NULL);
        const TypeInfo type = {
            .name = name,
            .parent = TYPE_PC_MACHINE,
            .class_init = pc_q35_class_init,
            .class_data = &versions[i],
        };

        type_register(&type);
    }
}

type_init(pc_q35_register_types)

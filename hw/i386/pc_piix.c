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
#include "hw/isa/piix3.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci/pci_bus.h"
#include "pc-chipset.h"

#define LARGE_RAM_HOLE 0xc0000000u      /* for more RAM than the other allows */
#define SMALL_RAM_HOLE 0xe0000000u

enum { PIIX_SLOT = 1, PM_FUNCTION = 3 };

/* ---- what firmware would do ---- */

/* PCI lines A and B to ISA line 10, C and D to 11. */
static void route_interrupts(PCMachineState *pcms)
{
    static const uint8_t routes[PIIX_NUM_PIRQS] = { 10, 10, 11, 11 };

    for (unsigned i = 0; i < PIIX_NUM_PIRQS; i++) {
        pc_write_config(pcms, PCI_DEVFN(PIIX_SLOT, 0), PIIX_PIRQCA + i,
                        routes[i], 1);
    }
}

static void piix_firmware_setup(PCMachineState *pcms)
{
    int pm = PCI_DEVFN(PIIX_SLOT, PM_FUNCTION);

    pc_open_shadow_ram(pcms, I440FX_PAM);
    route_interrupts(pcms);
    pc_set_up_pics();
    pc_write_config(pcms, pm, PIIX4_PMBASE, PC_ACPI_PM_BASE, 4);
    pc_write_config(pcms, pm, PIIX4_PMREGMISC, PIIX4_PMREGMISC_ENABLE, 1);
}

static int piix_pci_irq_line(PCMachineState *pcms, PCIDevice *dev, int pin)
{
    PCIDevice *piix3 = pci_find_device(pcms->pcibus, 0,
                                       PCI_DEVFN(PIIX_SLOT, 0));

    if (object_dynamic_cast(OBJECT(dev), TYPE_PIIX4_PM)) {
        return PC_ACPI_SCI_IRQ;
    }
    dev = pc_root_function(dev, &pin);
    return piix3_pirq_route(PIIX3_DEVICE(piix3),
                            piix3_slot_get_pirq(dev, pin));
}

/* ---- the board ---- */

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
    host = pc_make_host_bridge(pcms, TYPE_I440FX_PCI_HOST_BRIDGE, "i440fx",
                               "pci.0", pci_memory);
    make_isa_bridge(pcms);
    x86_ioapic_init(x86ms, host);
    pc_basic_device_init(pcms);
    make_power_management(pcms);
    pc_boot_init(pcms);
}

/* ---- machine types, the newest first ---- */

static const PCVersion versions[] = {
    { "pc-i440fx-7.2", NULL, 0 },
    { "pc-i440fx-7.1", pc_compat_7_1, ARRAY_SIZE(pc_compat_7_1) },
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
    const PCVersion *version = data;
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pcmc = PC_MACHINE_CLASS(oc);

    mc->family = "pc_piix";
    mc->desc = "Standard PC (i440FX + PIIX, 1996)";
    mc->init = pc_piix_init;
    mc->is_default = version == versions;
    pc_version_init(mc, versions, version, "pc");
    pcmc->firmware_setup = piix_firmware_setup;
    pcmc->pci_irq_line = piix_pci_irq_line;
    pcmc->acpi_chipset = &acpi_chipset_piix;
}

static void pc_piix_register_types(void)
{
    pc_register_versions(versions, ARRAY_SIZE(versions), pc_piix_class_init);
}

type_init(pc_piix_register_types)

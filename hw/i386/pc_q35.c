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
#include "hw/pci-host/q35.h"
#include "hw/pci/pci_bus.h"
#include "hw/southbridge/ich9.h"
#include "pc-chipset.h"

/* RAM ends at the first if all of it fits, else at the second. */
#define SMALL_RAM_HOLE MCH_PCIEXBAR_DEFAULT
#define LARGE_RAM_HOLE 0x80000000u

/* Where firmware puts the chip configuration block. */
#define RCBA_BASE 0xfed1c000u

enum { LPC = PCI_DEVFN(ICH9_LPC_DEV, ICH9_LPC_FUNC), MCH = PCI_DEVFN(0, 0) };

/* ---- what firmware would do ---- */

/* Shadow RAM in place of the ROM area, and configuration space in memory. */
static void set_up_mch(PCMachineState *pcms)
{
    pc_open_shadow_ram(pcms, MCH_PAM);
    pc_write_config(pcms, MCH, MCH_PCIEXBAR + 4, 0, 4);
    pc_write_config(pcms, MCH, MCH_PCIEXBAR,
                    MCH_PCIEXBAR_DEFAULT | MCH_PCIEXBAR_ENABLE, 4);
}

/* Lines A, B, E, F to ISA line 10, the others to 11. */
static void set_up_lpc(PCMachineState *pcms)
{
    static const uint8_t routes[] = { 10, 10, 11, 11 };

    for (unsigned i = 0; i < ARRAY_SIZE(routes); i++) {
        pc_write_config(pcms, LPC, ICH9_LPC_PIRQA_ROUT + i, routes[i], 1);
        pc_write_config(pcms, LPC, ICH9_LPC_PIRQE_ROUT + i, routes[i], 1);
    }
    pc_write_config(pcms, LPC, ICH9_LPC_PMBASE, PC_ACPI_PM_BASE, 4);
    pc_write_config(pcms, LPC, ICH9_LPC_ACPI_CTRL, ICH9_LPC_ACPI_CTRL_ACPI_EN,
                    1);
    pc_write_config(pcms, LPC, ICH9_LPC_RCBA, RCBA_BASE | ICH9_LPC_RCBA_EN, 4);
}

static void q35_firmware_setup(PCMachineState *pcms)
{
    set_up_mch(pcms);
    set_up_lpc(pcms);
    pc_set_up_pics();
}

static int q35_pci_irq_line(PCMachineState *pcms, PCIDevice *dev, int pin)
{
    PCIDevice *lpc = pci_find_device(pcms->pcibus, 0, LPC);

    dev = pc_root_function(dev, &pin);
    return ich9_lpc_pirq_route(ICH9_LPC_DEVICE(lpc),
                               ich9_lpc_map_irq(dev, pin));
}

/* ---- the board ---- */

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
    host = pc_make_host_bridge(pcms, TYPE_Q35_HOST_DEVICE, "q35", "pcie.0",
                               pci_memory);
    make_lpc(pcms);
    x86_ioapic_init(x86ms, host);
    pc_basic_device_init(pcms);
    pc_boot_init(pcms);
}

/* ---- machine types, the newest first ---- */

/* Ports were not to offer hot plug of their own beside ACPI's … */
static GlobalProperty compat_6_1[] = {
    { "pcie-root-port", "x-native-hotplug", "false", .optional = true },
};

/* … and before that, it was the only one. */
static GlobalProperty compat_6_0[] = {
    { "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", "false" },
    { "pcie-root-port", "x-native-hotplug", "true", .optional = true },
};

static const PCVersion versions[] = {
    { "pc-q35-7.2", NULL, 0 },
    { "pc-q35-7.1", pc_compat_7_1, ARRAY_SIZE(pc_compat_7_1) },
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
    const PCVersion *version = data;
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pcmc = PC_MACHINE_CLASS(oc);

    mc->family = "pc_q35";
    mc->desc = "Standard PC (Q35 + ICH9, 2009)";
    mc->init = pc_q35_init;
    pc_version_init(mc, versions, version, "q35");
    pcmc->firmware_setup = q35_firmware_setup;
    pcmc->pci_irq_line = q35_pci_irq_line;
    pcmc->acpi_chipset = &acpi_chipset_ich9;
}

static void pc_q35_register_types(void)
{
    pc_register_versions(versions, ARRAY_SIZE(versions), pc_q35_class_init);
}

type_init(pc_q35_register_types)

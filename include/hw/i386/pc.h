/*
 * The PC: what all its chipsets share. They are in hw/i386/pc_piix.c
 * and pc_q35.c.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_PC_H
#define HW_I386_PC_H

#include "hw/acpi/pcihp.h"
#include "hw/i386/acpi-build.h"
#include "hw/i386/x86.h"
#include "hw/intc/ioapic.h"
#include "hw/pci/pci.h"
#include "hw/rtc/mc146818rtc.h"

#define TYPE_PC_MACHINE "generic-pc-machine"
OBJECT_DECLARE_TYPE(PCMachineState, PCMachineClass, PC_MACHINE)

struct PCMachineClass {
    X86MachineClass parent_class;
    /*
     * What firmware does to the chipset before a kernel starts: shadow RAM,
     * interrupt routes, power management. BARs are done by pc.c.
     */
    void (*firmware_setup)(PCMachineState *pcms);
    /* The ISA interrupt that a PCI device's pin (0 = A) ends at. */
    int (*pci_irq_line)(PCMachineState *pcms, PCIDevice *dev, int pin);
    const AcpiChipset *acpi_chipset;
};

struct PCMachineState {
    X86MachineState parent_obj;
    PCIBus *pcibus;
    ISABus *isa_bus;
    MC146818RtcState *rtc;
    uint64_t hole_start;            /* RAM below 4 GiB ends here */
    AcpiRange mmcfg;                /* configuration space in memory, or empty */
    AcpiRange hole64;               /* and above 4 GiB */
    AcpiPciHp *pcihp;               /* hot plug by ACPI, or NULL */
    AcpiTables *acpi;               /* of this boot; NULL: not built yet */
    Notifier machine_done;
    bool started;                   /* the first reset is over */
};

/* The PCI memory hole ends where the interrupt controllers begin. */
#define PC_PCI_HOLE_LAST (IO_APIC_DEFAULT_ADDRESS - 1)

/*
 * Steps of a chipset's machine init, in this order: memory (RAM, firmware,
 * pci_memory as a background), then, with buses made, the devices of every PC,
 * then what the kernel and firmware are told.
 */
MemoryRegion *pc_memory_init(PCMachineState *pcms, uint64_t default_hole_start);
void pc_basic_device_init(PCMachineState *pcms);
void pc_boot_init(PCMachineState *pcms);

/* The windows for PCI resources of this machine. */
PCIAssignWindows pc_pci_windows(PCMachineState *pcms);

/* pc-fwcfg.c: what fw_cfg and CMOS say, from the machine's configuration. */
void pc_fw_cfg_init(PCMachineState *pcms);
/* Which devices firmware boots from, as it is now. */
void pc_fw_cfg_boot_order(PCMachineState *pcms);
void pc_cmos_init(PCMachineState *pcms);
/* At a system reset: -boot once= holds until the second. */
void pc_boot_order_reset(PCMachineState *pcms);

#endif

/*
 * What the x86 machines have in common: processors, the memory split at 4 GiB,
 * interrupt lines, and the direct boot of a Linux kernel.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_X86_H
#define HW_I386_X86_H

#include "hw/core/boards.h"
#include "hw/i386/e820.h"
#include "hw/intc/ioapic.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg.h"

#define TYPE_X86_MACHINE MACHINE_TYPE_NAME("x86")
OBJECT_DECLARE_TYPE(X86MachineState, X86MachineClass, X86_MACHINE)

#define X86_4GIB 0x100000000ull
#define GSI_NUM_PINS IOAPIC_NUM_PINS

/* A kernel, initrd and command line that wait for the guest's start. */
typedef struct X86LinuxBoot X86LinuxBoot;

struct X86MachineClass {
    MachineClass parent_class;
};

struct X86MachineState {
    MachineState parent_obj;
    FWCfgState *fw_cfg;
    qemu_irq *gsi;                      /* GSI_NUM_PINS interrupt lines */
    qemu_irq *i8259_irq;                /* where the first sixteen go, and … */
    qemu_irq ioapic_irq[GSI_NUM_PINS];  /* … where all go */
    uint64_t max_ram_below_4g;          /* property; 0: the machine's choice */
    uint64_t below_4g_mem_size, above_4g_mem_size;
    E820Table e820;
    bool no_acpi;                       /* tables are not given */
    X86LinuxBoot *linux_boot;           /* NULL: firmware boots */
};

/* Create machine->smp.cpus processors, each with its local APIC. */
void x86_cpus_init(X86MachineState *x86ms);
/* Fill machine->possible_cpus once. */
const CPUArchIdList *x86_possible_cpu_arch_ids(MachineState *ms);
/* Split the RAM and map it; hole_start is where it ends below 4 GiB. */
void x86_ram_init(X86MachineState *x86ms, uint64_t hole_start);
/* Make x86ms->gsi. */
void x86_gsi_init(X86MachineState *x86ms);
/* Make the I/O APIC, a child of parent, and connect it to the lines. */
void x86_ioapic_init(X86MachineState *x86ms, Object *parent);
/* A line that lets address line 20 of all CPUs through, or not. */
qemu_irq x86_a20_line(void);

/*
 * Map firmware ("-bios", else default_name from the firmware folders) below
 * 4 GiB and its last 128 KiB below 1 MiB of rom_memory. A file that the user
 * named and that is missing or too large ends the program; a missing default is
 * a warning unless quiet.
 */
void x86_bios_rom_init(X86MachineState *x86ms, const char *default_name,
                       MemoryRegion *rom_memory, bool quiet);

/* --- x86-boot.c: the 64-bit Linux boot protocol --- */

/* Bytes at the end of low RAM that the boot keeps for ACPI tables. */
#define X86_BOOT_ACPI_BYTES 0x40000
/* The extended BIOS data area, where an RSDP is searched for. */
#define X86_EBDA_BASE 0x9fc00

/*
 * Open and check kernel and initrd (may be NULL) and choose their places in the
 * RAM below 4 GiB. NULL with *errp if something is missing, malformed or does
 * not fit.
 */
X86LinuxBoot *x86_linux_boot_new(const char *kernel, const char *initrd,
                                 const char *cmdline, uint64_t below_4g,
                                 Error **errp);
void x86_linux_boot_free(X86LinuxBoot *boot);
/*
 * Put everything into guest memory and make the first CPU enter the kernel.
 * Called after each reset, with the CPUs reset and stopped. rsdp: the address
 * of the ACPI root pointer. hole_start: MTRRs make memory from there uncached.
 */
void x86_linux_boot_start(X86LinuxBoot *boot, const E820Table *e820,
                          uint64_t rsdp, uint64_t hole_start);

#endif

/*
 * The ACPI tables of a PC. They are built once for each boot, from
 * what is there, and reach the guest either by fw_cfg and its table loader or,
 * at a direct boot, as blobs that we place ourselves.
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_ACPI_BUILD_H
#define HW_I386_ACPI_BUILD_H

#include "hw/acpi/bios-linker-loader.h"
#include "hw/acpi/pcihp.h"
#include "hw/core/boards.h"
#include "hw/core/numa.h"
#include "hw/isa/isa.h"

#define ACPI_BUILD_TABLE_FILE "etc/acpi/tables"
#define ACPI_BUILD_RSDP_FILE "etc/acpi/rsdp"
#define ACPI_BUILD_LOADER_FILE "etc/table-loader"

/* Where firmware (ours at a direct boot) puts the ACPI registers. */
#define PC_ACPI_PM_BASE 0x600
#define PC_ACPI_SCI_IRQ 9

/* A range of addresses; empty when last < first. */
typedef struct AcpiRange {
    uint64_t first, last;
} AcpiRange;

typedef struct AcpiBoard AcpiBoard;

/* What depends on the chipset. */
typedef struct AcpiChipset {
    uint8_t acpi_enable, acpi_disable;  /* for the SMI command port */
    uint16_t gpe_port;                  /* general-purpose events: where, and … */
    uint8_t gpe_bytes;                  /* … bytes of status (as many of enable) */
    uint16_t pcihp_port;                /* hot plug of PCI devices */
    /* The definition block of the differentiated system description. */
    void (*build_dsdt)(GByteArray *tables, const AcpiBoard *board);
} AcpiChipset;

extern const AcpiChipset acpi_chipset_piix;     /* acpi-dsdt-piix.c */
extern const AcpiChipset acpi_chipset_ich9;     /* acpi-dsdt-ich9.c */

/* What the tables describe. */
struct AcpiBoard {
    const AcpiChipset *chipset;
    const CPUArchIdList *cpus;      /* those with a cpu are enabled */
    ISABus *isa_bus;                /* searched for serial ports; may be NULL */
    AcpiRange pci_hole, pci_hole64;
    AcpiRange mmcfg;                /* configuration space in memory */
    const NumaState *numa;          /* memory nodes; NULL: there are none */
    uint64_t ram_below_4g;          /* the rest begins at 4 GiB */
    PCIBus *pci_bus;                /* the root: slots are described */
    const AcpiPciHp *pcihp;         /* hot plug by ACPI, or NULL */
};

typedef struct AcpiTables {
    GByteArray *tables;             /* everything but the RSDP */
    GByteArray *rsdp;
    BIOSLinker *linker;             /* places both and links them */
} AcpiTables;

/* The tables of memory nodes (acpi-srat.c) behind a header of theirs. */
void acpi_build_srat(GByteArray *tables, const AcpiBoard *board);
void acpi_build_slit(GByteArray *tables, const NumaState *numa);

/* Build; free with acpi_tables_free(). */
AcpiTables *acpi_build(const AcpiBoard *board);
void acpi_tables_free(AcpiTables *t);

#endif

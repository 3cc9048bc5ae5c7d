/*
 * Pieces of a DSDT that every PC has. Each is written into the block that is open.
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_ACPI_DSDT_INTERNAL_H
#define HW_I386_ACPI_DSDT_INTERNAL_H

#include "hw/acpi/aml-build.h"
#include "hw/i386/acpi-build.h"
#include "hw/pci/pci.h"

/* _CRS of the host bridge: buses, ports and memory for devices. */
void acpi_dsdt_root_resources(Aml *a, const AcpiBoard *board);
/* The methods that links use; in \_SB, before them. */
void acpi_dsdt_link_helpers(Aml *a);
/* An interrupt link device; @route is the path of the register of its route. */
void acpi_dsdt_link(Aml *a, const char *name, unsigned uid, const char *route);
/* RTC, keyboard, mouse, serial ports; in the ISA bridge. */
void acpi_dsdt_isa_devices(Aml *a, const AcpiBoard *board);
/* In \_SB. */
void acpi_dsdt_processors(Aml *a, const CPUArchIdList *cpus);
/* Slots of all buses, and hot plug of them; outside of all blocks, after PCI0. */
void acpi_dsdt_slots(Aml *a, const AcpiBoard *board);
/* \_S5. */
void acpi_dsdt_soft_off(Aml *a, unsigned sleep_type);
/* Makes a table of what @a holds, and frees @a. */
void acpi_dsdt_append(GByteArray *tables, Aml *a);

#endif

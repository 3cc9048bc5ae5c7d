/*
 * PIIX4 function 3: power management. Its ACPI registers appear where PMBASE
 * says, its general-purpose events at a fixed place, and the SMI command ports at
 * 0xb2. Output line 0 is the SCI.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ACPI_PIIX4_H
#define HW_ACPI_PIIX4_H

#include "hw/acpi/pcihp.h"
#include "hw/pci/pci_device.h"

#define TYPE_PIIX4_PM "PIIX4_PM"
OBJECT_DECLARE_SIMPLE_TYPE(PIIX4PMState, PIIX4_PM)

/* Configuration: base of the ACPI registers (bit 0 reads 1), and its enable. */
#define PIIX4_PMBASE 0x40
#define PIIX4_PMREGMISC 0x80
#define PIIX4_PMREGMISC_ENABLE 0x01

#define PIIX4_GPE_BASE 0xafe0
#define PIIX4_GPE_BYTES 2           /* of status */
#define PIIX4_PCIHP_BASE 0xae00     /* hot plug, hw/acpi/pcihp.h */
#define PIIX4_APM_PORT 0xb2
/* Values of the SMI command port that switch modes. */
#define PIIX4_ACPI_ENABLE 0xf1
#define PIIX4_ACPI_DISABLE 0xf0
/* SLP_TYP of soft off. */
#define PIIX4_S5_TYPE 0

/* Hot plug by ACPI; NULL when both of its properties are off. */
AcpiPciHp *piix4_pm_pcihp(PIIX4PMState *s);

#endif

/*
 * Power management of ICH9: the ACPI registers, with the general-purpose events
 * and the SMI registers behind them, in one block of 128 ports.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ACPI_ICH9_H
#define HW_ACPI_ICH9_H

#include "hw/acpi/acpi-pm.h"

#define ICH9_PM_BYTES       128
#define ICH9_PM_GPE         0x20        /* offset of the events in the block */
#define ICH9_PM_GPE_BYTES   8           /* of status; as many of enable */
#define ICH9_PM_SMI         0x30
#define ICH9_PCIHP_BASE     0xcc0       /* hot plug, hw/acpi/pcihp.h */
#define ICH9_S5_TYPE        0           /* SLP_TYP of soft off */
/* Values of the SMI command port (0xb2) that switch modes. */
#define ICH9_APM_PORT       0xb2
#define ICH9_ACPI_ENABLE    0x02
#define ICH9_ACPI_DISABLE   0x03

typedef struct ICH9LPCPMRegs {
    AcpiPm acpi;
    MemoryRegion io;            /* the block */
    MemoryRegion smi_io, apm_io;
    uint32_t smi_en;
    uint8_t apm_control, apm_status;
} ICH9LPCPMRegs;

/* @sci is shown the interrupt. The block is put into @ports, at 0 and hidden. */
void ich9_pm_init(ICH9LPCPMRegs *pm, Object *owner, MemoryRegion *ports,
                  qemu_irq sci);
void ich9_pm_finish(ICH9LPCPMRegs *pm, MemoryRegion *ports);
void ich9_pm_reset(ICH9LPCPMRegs *pm);
/* Where the chip's registers put the block. */
void ich9_pm_map(ICH9LPCPMRegs *pm, uint16_t base, bool enabled);

extern const VMStateDescription vmstate_ich9_pm;

#endif

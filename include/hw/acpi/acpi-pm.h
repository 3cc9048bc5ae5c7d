/*
 * The ACPI fixed hardware registers: PM1a event and control, the PM timer and a
 * general-purpose event block. A chipset device embeds an AcpiPm, says where its
 * regions appear, and drives its SCI line with what sci() reports.
 *
 * ACPI 6.4, section 4.8. Main thread or CPU thread with the big lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ACPI_ACPI_PM_H
#define HW_ACPI_ACPI_PM_H

#include "hw/core/irq.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "system/memory.h"

#define ACPI_PM_TIMER_HZ 3579545
#define ACPI_PM_GPE_BYTES_MAX 8     /* of status; as many enable bytes follow */

/* Bits of the PM1 status and enable registers. */
enum {
    ACPI_PM1_TIMER = 1 << 0, ACPI_PM1_GLOBAL = 1 << 5,
    ACPI_PM1_POWER_BUTTON = 1 << 8, ACPI_PM1_SLEEP_BUTTON = 1 << 9,
    ACPI_PM1_RTC = 1 << 10, ACPI_PM1_WAKE = 1 << 15,
};
/* Bits of the PM1 control register. */
enum { ACPI_PM1_SCI_EN = 1 << 0, ACPI_PM1_SLP_EN = 1 << 13 };

typedef struct AcpiPm {
    MemoryRegion io;                /* 64 bytes: event 0, control 4, timer 8 */
    MemoryRegion event, control, timer_io, gpe;
    qemu_irq sci;
    uint8_t s5_type;                /* SLP_TYP that means soft off */
    uint16_t pm1_status, pm1_enable, pm1_control;
    uint8_t gpe_bytes;              /* of status; as many of enable */
    uint8_t gpe_status[ACPI_PM_GPE_BYTES_MAX];
    uint8_t gpe_enable[ACPI_PM_GPE_BYTES_MAX];
    uint64_t overflow_tick;         /* when bit 23 of the timer changes next */
    QEMUTimer timer;
    Notifier powerdown;
} AcpiPm;

/*
 * Initialise; the caller maps pm->io and pm->gpe. s5_type as in \_S5; gpe_bytes,
 * up to ACPI_PM_GPE_BYTES_MAX, of status and as many of enable.
 */
void acpi_pm_init(AcpiPm *pm, Object *owner, uint8_t s5_type,
                  unsigned gpe_bytes);
void acpi_pm_finish(AcpiPm *pm);
void acpi_pm_reset(AcpiPm *pm);
/* Switch between ACPI and legacy mode, as a write to the SMI command port. */
void acpi_pm_set_sci_enabled(AcpiPm *pm, bool enabled);
/* Raise GPE number bit, which the chip has. */
void acpi_pm_raise_gpe(AcpiPm *pm, unsigned bit);

extern const VMStateDescription vmstate_acpi_pm;

#endif

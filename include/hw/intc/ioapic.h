/*
 * The I/O APIC: 24 lines, each with an entry of a table that says what message
 * its interrupt becomes. Intel 82093AA data sheet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INTC_IOAPIC_H
#define HW_INTC_IOAPIC_H

#include "hw/core/sysbus.h"

#define IOAPIC_NUM_PINS 24
#define IO_APIC_DEFAULT_ADDRESS 0xfec00000u

#define TYPE_IOAPIC "ioapic"
OBJECT_DECLARE_SIMPLE_TYPE(IOAPICState, IOAPIC)

/* A CPU finished the level-triggered vector. Big lock held. */
void ioapic_eoi_broadcast(uint8_t vector);

#endif

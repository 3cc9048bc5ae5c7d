/*
 * PIIX3 function 0: the bridge from PCI to ISA, the routing of the four PCI
 * interrupt lines, and the reset control port 0xcf9.
 * Intel 290550 (82371SB), section 2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ISA_PIIX3_H
#define HW_ISA_PIIX3_H

#include "hw/isa/isa.h"
#include "hw/pci/pci_device.h"

#define TYPE_PIIX3_DEVICE "PIIX3"
OBJECT_DECLARE_SIMPLE_TYPE(PIIX3State, PIIX3_DEVICE)

#define PIIX_NUM_PIRQS 4
#define PIIX_PIRQCA 0x60            /* configuration: routes of A to D */
#define PIIX_PIRQ_OFF 0x80
#define PIIX_RCR_IOPORT 0xcf9

/*
 * The bridge's ISA lines are its gpio-out "isa-irqs" 0..15. Its ISA bus exists
 * once it is realized.
 */
#define PIIX3_ISA_IRQS "isa-irqs"

/* Which of the four lines pin 0..3 of a device on the root bus is wired to. */
int piix3_slot_get_pirq(PCIDevice *dev, int pin);
/* The ISA line that PCI line pirq is routed to, or -1. */
int piix3_pirq_route(PIIX3State *s, int pirq);

#endif

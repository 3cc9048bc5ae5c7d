/*
 * Intel I/O controller hub 9: the LPC bridge at 1f.0, that is the ISA bridge, the
 * routing of eight PCI interrupt lines, power management, the reset port and the
 * chip's configuration block.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_SOUTHBRIDGE_ICH9_H
#define HW_SOUTHBRIDGE_ICH9_H

#include "hw/acpi/ich9.h"
#include "hw/acpi/pcihp.h"
#include "hw/isa/isa.h"
#include "hw/pci/pci_device.h"

#define TYPE_ICH9_LPC_DEVICE "ICH9-LPC"
OBJECT_DECLARE_SIMPLE_TYPE(ICH9LPCState, ICH9_LPC_DEVICE)

#define ICH9_LPC_DEV            31
#define ICH9_LPC_FUNC           0
#define ICH9_LPC_NB_PIRQS       8       /* A to H */

/* Configuration registers. */
#define ICH9_LPC_PMBASE         0x40    /* of the ACPI block; bit 0 reads 1 */
#define ICH9_LPC_ACPI_CTRL      0x44
#define ICH9_LPC_ACPI_CTRL_ACPI_EN      0x80
#define ICH9_LPC_ACPI_CTRL_SCI_SEL      0x07
#define ICH9_LPC_PIRQA_ROUT     0x60    /* A to D */
#define ICH9_LPC_PIRQE_ROUT     0x68    /* E to H */
#define ICH9_LPC_PIRQ_ROUT_OFF  0x80
#define ICH9_LPC_RCBA           0xf0
#define ICH9_LPC_RCBA_EN        0x01

#define ICH9_RST_CNT_IOPORT     0xcf9

/* Lines of the interrupt controllers; gpio-out ICH9_GPIO_GSI 0..23 of the bridge. */
#define ICH9_GPIO_GSI           "gsi"
#define ICH9_GSI_PINS           24
#define ICH9_GSI_PIRQA          16      /* where the PCI lines end besides */

/* The PCI line (0 = A) that a pin of a device on the root bus is wired to. */
int ich9_lpc_map_irq(PCIDevice *pci_dev, int intx);
/* The ISA line that a PCI line is routed to, or -1. */
int ich9_lpc_pirq_route(ICH9LPCState *lpc, int pirq);
/* Hot plug by ACPI; NULL when its property is off. */
AcpiPciHp *ich9_lpc_pcihp(ICH9LPCState *lpc);

#endif

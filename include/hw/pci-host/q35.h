/*
 * Intel Q35 memory controller hub (3 Series): host bridge of the q35 machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_HOST_Q35_H
#define HW_PCI_HOST_Q35_H

#include "hw/pci/pcie_host.h"

#define TYPE_Q35_HOST_DEVICE    "q35-pcihost"
#define TYPE_MCH_PCI_DEVICE     "mch"

/* Configuration registers of 00.0. */
#define MCH_PCIEXBAR            0x60    /* 64 bits */
#define MCH_PCIEXBAR_ENABLE     0x01
#define MCH_PCIEXBAR_LENGTH     0x06    /* 0: 256 buses, 2: 128, 4: 64 */
#define MCH_PAM                 0x90
#define MCH_SMRAM               0x9d
#define MCH_ESMRAMC             0x9e

/* Where firmware (ours at a direct boot) puts configuration space. */
#define MCH_PCIEXBAR_DEFAULT    0xb0000000u
#define MCH_PCIEXBAR_SIZE       0x10000000u

/*
 * Machine code: makes the bridge, sets the links PCI_HOST_PROP_* and the memory
 * sizes, realizes it as a sysbus device. It puts PCI memory below RAM, makes the
 * bus "pcie.0" and the device at 00.0. The LPC bridge wires the interrupts.
 */

#endif

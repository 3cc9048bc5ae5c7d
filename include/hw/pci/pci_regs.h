/*
 * Register layout of configuration space: the system's own header, and the few
 * names that it lacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_REGS_H
#define HW_PCI_PCI_REGS_H

#include <linux/pci_regs.h>

#define PCI_PM_CAP_VER_1_1      0x0002
#define PCI_MSIX_FLAGS_VALID    (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)

#endif

/*
 * A PCI bus for unit tests, without a machine around it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_UNIT_PCI_ROOT_H
#define TESTS_UNIT_PCI_ROOT_H

#include "hw/pci/pci_bus.h"

/*
 * For main(): takes the big lock, makes types and system memory known, and returns a
 * root bus "pci.0" whose devices may have MSI.
 */
PCIBus *unit_pci_root_new(void);

#endif

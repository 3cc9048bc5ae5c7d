/*
 * Intel 82441FX (i440FX): host bridge of the pc machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_HOST_I440FX_H
#define HW_PCI_HOST_I440FX_H

#include "hw/pci/pci_host.h"

#define TYPE_I440FX_PCI_HOST_BRIDGE     "i440FX-pcihost"
#define TYPE_I440FX_PCI_DEVICE          "i440FX"

#define I440FX_PAM          0x59        /* PAM0..PAM6 */
#define I440FX_SMRAM        0x72

/* Type of the device at 00.0; TYPE_I440FX_PCI_DEVICE unless set. */
#define I440FX_HOST_PROP_PCI_TYPE   "pci-type"

/*
 * Machine code: makes the bridge, sets the links and PCI_HOST_BELOW_4G_MEM_SIZE,
 * PCI_HOST_ABOVE_4G_MEM_SIZE, realizes it as a sysbus device. It puts @pci-mem
 * below RAM into @system-mem, makes the bus "pci.0" (child bus of the bridge,
 * qdev_get_child_bus()), the device at 00.0, the PAM and SMRAM windows. The bus
 * gets its interrupt lines from the ISA bridge: pci_bus_irqs() and
 * pci_bus_map_irqs().
 */

#endif

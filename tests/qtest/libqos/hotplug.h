/*
 * The guest's part in the plugging of a device behind a port of Q35, by whichever way
 * the machine offers: the port's own registers, or those of ACPI.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LIBQOS_HOTPLUG_H
#define LIBQOS_HOTPLUG_H

#include "pci.h"

/* Take what has come behind the port @bdf: give it power, if that is its way. */
void qpci_take(QPCIBus *bus, uint16_t bdf);
/* Let go of what is behind the port @bdf, or of what ACPI was asked to eject. */
void qpci_let_go(QPCIBus *bus, uint16_t bdf);

#endif

/*
 * Taking functions out of their slots at run time. Who decides that they go is the
 * slot's port (pcie_slot.c) or ACPI (hw/acpi/pcihp.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "qapi/error.h"

void pci_device_take_out(PCIDevice *d)
{
    HotplugHandler *handler = qdev_get_hotplug_handler(DEVICE(d));

    if (handler) {
        hotplug_handler_unplug(handler, DEVICE(d), &error_abort);
        object_unparent(OBJECT(d));
    }
}

void pci_slot_take_out(PCIBus *bus, unsigned slot)
{
    for (unsigned func = 0; func < PCI_FUNC_MAX; func++) {
        PCIDevice *d = bus->devices[PCI_DEVFN(slot, func)];

        if (d) {
            pci_device_take_out(d);
        }
    }
}

bool pci_slot_removable(PCIBus *bus, unsigned slot)
{
    if (!qbus_is_hotpluggable(BUS(bus))) {
        return false;
    }
    for (unsigned func = 0; func < PCI_FUNC_MAX; func++) {
        PCIDevice *d = bus->devices[PCI_DEVFN(slot, func)];

        if (d && (!DEVICE_GET_CLASS(d)->hotpluggable ||
                  (pci_is_bridge(d) && !DEVICE(d)->hotplugged))) {
            return false;
        }
    }
    return true;
}

bool pci_slot_pending(PCIBus *bus, unsigned slot)
{
    for (unsigned func = 0; func < PCI_FUNC_MAX; func++) {
        PCIDevice *d = bus->devices[PCI_DEVFN(slot, func)];

        if (d && d->qdev.pending_deleted_event) {
            return true;
        }
    }
    return false;
}

void pci_bus_finish_unplug(PCIBus *bus)
{
    for (unsigned slot = 0; slot < PCI_SLOT_MAX; slot++) {
        if (pci_slot_pending(bus, slot)) {
            pci_slot_take_out(bus, slot);
        }
    }
    /* Bridges that stay: what is behind them. */
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *d = bus->devices[devfn];

        if (d && pci_is_bridge(d)) {
            pci_bus_finish_unplug(pci_bridge_secondary(d));
        }
    }
}

/*
 * A PCI bus for unit tests, without a machine around it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_host.h"
#include "pci-root.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

static const TypeInfo unit_host_info = {
    .name = "unit-test-host",
    .parent = TYPE_PCI_HOST_BRIDGE,
    .instance_size = sizeof(PCIHostState),
};

PCIBus *unit_pci_root_new(void)
{
    Object *host;
    PCIBus *bus;

    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    memory_map_init();
    msi_nonbroken = true;
    type_register_static(&unit_host_info);
    host = object_new(unit_host_info.name);
    object_property_add_child(object_get_root(), "host", host);
    bus = pci_root_bus_new(DEVICE(host), "pci.0", get_system_memory(),
                           get_system_io(), 0, TYPE_PCI_BUS);
    PCI_HOST_BRIDGE(host)->bus = bus;
    qbus_realize(BUS(bus), &error_abort);
    return bus;
}

/*
 * What the host bridges of PCs share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/intc/ioapic.h"
#include "hw/pci/pci_bus.h"
#include "pc-host.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/units.h"

#define HOLE64_ALIGN        GiB
#define PORT_ADDRESS        0xcf8
#define PORT_DATA           0xcfc

void pc_host_init(Object *obj)
{
    PCIHostState *host = PCI_HOST_BRIDGE(obj);

    memory_region_init_io(&host->conf_mem, obj, &pci_host_conf_le_ops, host,
                          "pci-conf-idx", 4);
    memory_region_init_io(&host->data_mem, obj, &pci_host_data_le_ops, host,
                          "pci-conf-data", 4);
}

bool pc_host_connect(PCIHostState *host, const PCHostMap *map, const char *bus,
                     const char *bus_type, Error **errp)
{
    if (!map->ram || !map->pci || !map->system || !map->io) {
        error_setg(errp, "%s needs its four memory regions",
                   object_get_typename(OBJECT(host)));
        return false;
    }
    /* By which firmware paths name the bus: pci@i0cf8. */
    sysbus_init_ioports(SYS_BUS_DEVICE(host), PORT_ADDRESS, 4);
    memory_region_add_subregion(map->io, PORT_ADDRESS, &host->conf_mem);
    memory_region_add_subregion(map->io, PORT_DATA, &host->data_mem);
    memory_region_add_subregion_overlap(map->system, 0, map->pci, -1);
    host->bus = pci_root_bus_new(DEVICE(host), bus, map->pci, map->io, 0,
                                 bus_type);
    return true;
}

/* ---- Holes ---- */

PCHostHoles pc_host_holes(const PCHostMap *map, uint64_t start)
{
    uint64_t start64 = ROUND_UP(4 * GiB + map->above_4g, HOLE64_ALIGN);

    return (PCHostHoles) {
        start, IO_APIC_DEFAULT_ADDRESS,
        start64, start64 + ROUND_UP(map->hole64_size, HOLE64_ALIGN),
    };
}

void pc_host_visit_hole(Visitor *v, const char *name, PCHostHoles holes,
                        void *opaque, Error **errp)
{
    uint64_t ends[] = { holes.start, holes.end, holes.start64, holes.end64 };

    visit_type_uint64(v, name, &ends[(uintptr_t)opaque], errp);
}

/* ---- The class ---- */

static const char *root_bus_path(PCIHostState *host, PCIBus *bus)
{
    return "0000:00";
}

void pc_host_class_init(ObjectClass *oc, ObjectPropertyAccessor *get)
{
    static const char *const names[] = {
        PCI_HOST_PROP_PCI_HOLE_START, PCI_HOST_PROP_PCI_HOLE_END,
        PCI_HOST_PROP_PCI_HOLE64_START, PCI_HOST_PROP_PCI_HOLE64_END,
    };
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->fw_name = "pci";
    dc->user_creatable = false;
    dc->hotpluggable = false;
    PCI_HOST_BRIDGE_CLASS(oc)->root_bus_path = root_bus_path;
    for (uintptr_t i = 0; i < ARRAY_SIZE(names); i++) {
        object_class_property_add(oc, names[i], "uint64", get, NULL, NULL,
                                  (void *)i);
    }
}

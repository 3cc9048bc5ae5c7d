/*
 * What the host bridges of PCs share: ports 0xcf8 and 0xcfc, the bus behind RAM,
 * and the holes in memory for BARs.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_HOST_PC_HOST_H
#define HW_PCI_HOST_PC_HOST_H

#include "hw/core/qdev-properties.h"
#include "hw/pci/pci_host.h"

/* Where the board's memory is, by properties. */
typedef struct PCHostMap {
    MemoryRegion *ram, *pci, *system, *io;
    uint64_t below_4g, above_4g;        /* bytes of RAM */
    uint64_t hole64_size;
} PCHostMap;

/* Rows of a property table. @_hole64: bytes of the hole above 4 GiB, if not told. */
#define DEFINE_PROPS_PC_HOST_MAP(_state, _field, _hole64)                    \
    DEFINE_PROP_LINK(PCI_HOST_PROP_RAM_MEM, _state, _field.ram,              \
                     TYPE_MEMORY_REGION, MemoryRegion *),                    \
    DEFINE_PROP_LINK(PCI_HOST_PROP_PCI_MEM, _state, _field.pci,              \
                     TYPE_MEMORY_REGION, MemoryRegion *),                    \
    DEFINE_PROP_LINK(PCI_HOST_PROP_SYSTEM_MEM, _state, _field.system,        \
                     TYPE_MEMORY_REGION, MemoryRegion *),                    \
    DEFINE_PROP_LINK(PCI_HOST_PROP_IO_MEM, _state, _field.io,                \
                     TYPE_MEMORY_REGION, MemoryRegion *),                    \
    DEFINE_PROP_SIZE(PCI_HOST_PROP_PCI_HOLE64_SIZE, _state,                  \
                     _field.hole64_size, _hole64),                           \
    DEFINE_PROP_SIZE(PCI_HOST_BELOW_4G_MEM_SIZE, _state, _field.below_4g,    \
                     0),                                                     \
    DEFINE_PROP_SIZE(PCI_HOST_ABOVE_4G_MEM_SIZE, _state, _field.above_4g, 0)

/* For instance_init: the regions of the two ports. */
void pc_host_init(Object *obj);
/*
 * For realize: makes the root bus @bus of type @bus_type, its memory behind all RAM
 * and chips of the system. False with @errp when a region is missing.
 */
bool pc_host_connect(PCIHostState *host, const PCHostMap *map, const char *bus,
                     const char *bus_type, Error **errp);

/* The window below 4 GiB is @start to @end, that above start64 to end64. */
typedef struct PCHostHoles {
    uint64_t start, end, start64, end64;
} PCHostHoles;

/* @start: of the lower one. */
PCHostHoles pc_host_holes(const PCHostMap *map, uint64_t start);
/*
 * For class_init: the four ends as read-only properties. @get has the number of an
 * end, in the order of PCHostHoles, as opaque, for pc_host_visit_hole().
 */
void pc_host_class_init(ObjectClass *oc, ObjectPropertyAccessor *get);
void pc_host_visit_hole(Visitor *v, const char *name, PCHostHoles holes,
                        void *opaque, Error **errp);

#endif

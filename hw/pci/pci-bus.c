/*
 * PCI buses: the type, root buses, which slot a device gets, and finding buses
 * and devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

/* ---- Where a device goes ---- */

static bool slot_reserved(const PCIBus *bus, int devfn)
{
    return bus->slot_reserved_mask & (1u << PCI_SLOT(devfn));
}

/* A link has one device at its other end, with slot number 0. */
static bool check_link(PCIBus *bus, PCIDevice *d, const char *name,
                       Error **errp)
{
    if (PCI_SLOT(d->devfn) && bus->parent_dev &&
        pcie_is_downstream_port(bus->parent_dev)) {
        error_setg(errp, "PCI: slot %d is not valid for %s, parent device only"
                   " allows plugging into slot 0.", PCI_SLOT(d->devfn), name);
        return false;
    }
    return true;
}

/* All functions of a slot need function 0 to say that there are several. */
static bool check_multifunction(PCIBus *bus, PCIDevice *d, Error **errp)
{
    int slot = PCI_SLOT(d->devfn);

    if (PCI_FUNC(d->devfn)) {
        PCIDevice *first = bus->devices[PCI_DEVFN(slot, 0)];

        if (first && !(first->cap_present & QEMU_PCI_CAP_MULTIFUNCTION)) {
            error_setg(errp, "PCI: single function device can't be populated "
                       "in function %x.%x", slot, PCI_FUNC(d->devfn));
            return false;
        }
        return true;
    }
    if (d->cap_present & QEMU_PCI_CAP_MULTIFUNCTION) {
        return true;
    }
    for (int func = 1; func < PCI_FUNC_MAX; func++) {
        if (bus->devices[PCI_DEVFN(slot, func)]) {
            error_setg(errp, "PCI: %x.0 indicates single function, but %x.%x "
                       "is already populated.", slot, slot, func);
            return false;
        }
    }
    return true;
}

static bool place_anywhere(PCIBus *bus, PCIDevice *d, const char *name,
                           Error **errp)
{
    for (int devfn = bus->devfn_min; devfn < PCI_DEVFN_MAX;
         devfn += PCI_FUNC_MAX) {
        if (!bus->devices[devfn] && !slot_reserved(bus, devfn)) {
            d->devfn = devfn;
            return true;
        }
    }
    error_setg(errp, "PCI: no slot/function available for %s, all in use or "
               "reserved", name);
    return false;
}

bool pci_bus_place(PCIBus *bus, PCIDevice *d, const char *name, Error **errp)
{
    PCIDevice *other;

    if (d->devfn < 0) {
        if (!place_anywhere(bus, d, name, errp)) {
            return false;
        }
        if (check_link(bus, d, name, errp) &&
            check_multifunction(bus, d, errp)) {
            return true;
        }
        d->devfn = -1;
        return false;
    }
    if (d->devfn >= PCI_DEVFN_MAX) {
        error_setg(errp, "PCI: there is no slot %d", d->devfn >> 3);
        return false;
    }
    other = bus->devices[d->devfn];
    if (other) {
        error_setg(errp, "PCI: slot %d function %d not available for %s, in "
                   "use by %s,id=%s", PCI_SLOT(d->devfn), PCI_FUNC(d->devfn),
                   name, other->name,
                   other->qdev.id ? other->qdev.id : "(null)");
        return false;
    }
    if (slot_reserved(bus, d->devfn)) {
        error_setg(errp, "PCI: slot %d function %d not available for %s, "
                   "reserved", PCI_SLOT(d->devfn), PCI_FUNC(d->devfn), name);
        return false;
    }
    return check_link(bus, d, name, errp) &&
        check_multifunction(bus, d, errp);
}

void pci_bus_set_slot_reserved_mask(PCIBus *bus, uint32_t mask)
{
    bus->slot_reserved_mask |= mask;
}

void pci_bus_clear_slot_reserved_mask(PCIBus *bus, uint32_t mask)
{
    bus->slot_reserved_mask &= ~mask;
}

uint32_t pci_bus_get_slot_reserved_mask(PCIBus *bus)
{
    return bus->slot_reserved_mask;
}

/* ---- What a bus is ---- */

bool pci_bus_is_express(const PCIBus *bus)
{
    return object_dynamic_cast(OBJECT(bus), TYPE_PCIE_BUS) != NULL;
}

bool pci_bus_is_root(const PCIBus *bus)
{
    return bus->flags & PCI_BUS_IS_ROOT;
}

bool pci_bus_bypass_iommu(PCIBus *bus)
{
    for (; bus->parent_dev; bus = pci_get_bus(bus->parent_dev)) {
    }
    return bus->qbus.parent && PCI_HOST_BRIDGE(bus->qbus.parent)->bypass_iommu;
}

PCIBus *pci_get_bus(const PCIDevice *dev)
{
    return PCI_BUS(qdev_get_parent_bus(&dev->qdev));
}

int pci_bus_num(PCIBus *bus)
{
    return PCI_BUS_GET_CLASS(bus)->bus_num(bus);
}

int pci_dev_bus_num(const PCIDevice *dev)
{
    return pci_bus_num(pci_get_bus(dev));
}

int pci_bus_numa_node(PCIBus *bus)
{
    return PCI_BUS_GET_CLASS(bus)->numa_node(bus);
}

void pci_bus_range(PCIBus *bus, int *min_bus, int *max_bus)
{
    *min_bus = *max_bus = pci_bus_num(bus);
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];

        if (d && (d->config[PCI_HEADER_TYPE] & 0x7f) ==
            PCI_HEADER_TYPE_BRIDGE) {
            *max_bus = MAX(*max_bus, d->config[PCI_SUBORDINATE_BUS]);
        }
    }
}

PCIBus *pci_device_root_bus(const PCIDevice *d)
{
    PCIBus *bus = pci_get_bus(d);

    while (!pci_bus_is_root(bus) && bus->parent_dev) {
        bus = pci_get_bus(bus->parent_dev);
    }
    return bus;
}

const char *pci_root_bus_path(PCIDevice *dev)
{
    PCIBus *bus = pci_device_root_bus(dev);
    PCIHostState *host = PCI_HOST_BRIDGE(bus->qbus.parent);
    PCIHostBridgeClass *hc = PCI_HOST_BRIDGE_GET_CLASS(host);

    return hc->root_bus_path ? hc->root_bus_path(host, bus) : bus->qbus.name;
}

void pci_setup_iommu(PCIBus *bus, const PCIIOMMUOps *ops, void *opaque)
{
    bus->iommu_ops = ops;
    bus->iommu_opaque = opaque;
}

AddressSpace *pci_device_iommu_address_space(PCIDevice *dev)
{
    PCIBus *bus = pci_device_root_bus(dev);

    if (!bus->iommu_ops || pci_bus_bypass_iommu(bus)) {
        return &address_space_memory;
    }
    return bus->iommu_ops->get_address_space(pci_get_bus(dev),
                                             bus->iommu_opaque, dev->devfn);
}

MemoryRegion *pci_address_space(PCIDevice *dev)
{
    return pci_get_bus(dev)->address_space_mem;
}

MemoryRegion *pci_address_space_io(PCIDevice *dev)
{
    return pci_get_bus(dev)->address_space_io;
}

bool pci_bus_hotplug_allowed(PCIBus *bus)
{
    return qbus_is_hotpluggable(BUS(bus));
}

/* ---- Finding ---- */

PCIBus *pci_find_bus_nr(PCIBus *bus, int bus_num)
{
    PCIBus *child, *found;

    if (pci_bus_num(bus) == bus_num) {
        return bus;
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        const uint8_t *config = child->parent_dev
            ? child->parent_dev->config : NULL;

        if (config && (bus_num < config[PCI_SECONDARY_BUS] ||
                       bus_num > config[PCI_SUBORDINATE_BUS])) {
            continue;
        }
        found = pci_find_bus_nr(child, bus_num);
        if (found) {
            return found;
        }
    }
    return NULL;
}

PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn)
{
    bus = pci_find_bus_nr(bus, bus_num);
    return bus ? bus->devices[devfn] : NULL;
}

void pci_for_each_device_under_bus(PCIBus *bus, pci_bus_dev_fn fn,
                                   void *opaque)
{
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        if (bus->devices[i]) {
            fn(bus, bus->devices[i], opaque);
        }
    }
}

void pci_for_each_device(PCIBus *bus, int bus_num, pci_bus_dev_fn fn,
                         void *opaque)
{
    bus = pci_find_bus_nr(bus, bus_num);
    if (bus) {
        pci_for_each_device_under_bus(bus, fn, opaque);
    }
}

void pci_for_each_bus_depth_first(PCIBus *bus,
                                  void *(*begin)(PCIBus *bus, void *parent),
                                  void (*end)(PCIBus *bus, void *state),
                                  void *parent_state)
{
    void *state = begin ? begin(bus, parent_state) : parent_state;
    PCIBus *child;

    QLIST_FOREACH(child, &bus->child, sibling) {
        pci_for_each_bus_depth_first(child, begin, end, state);
    }
    if (end) {
        end(bus, state);
    }
}

void pci_host_bridge_foreach(void (*fn)(DeviceState *host, PCIBus *bus,
                                        void *opaque), void *opaque)
{
    for (PCIHostState *h = pci_host_first(); h; h = pci_host_next(h)) {
        if (h->bus) {
            fn(DEVICE(h), h->bus, opaque);
        }
    }
}

static PCIDevice *find_by_id(PCIBus *bus, const char *id)
{
    PCIBus *child;

    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];

        if (d && d->qdev.id && !strcmp(d->qdev.id, id)) {
            return d;
        }
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        PCIDevice *d = find_by_id(child, id);

        if (d) {
            return d;
        }
    }
    return NULL;
}

int pci_qdev_find_device(const char *id, PCIDevice **pdev)
{
    for (PCIHostState *h = pci_host_first(); h; h = pci_host_next(h)) {
        PCIDevice *d = h->bus ? find_by_id(h->bus, id) : NULL;

        if (d) {
            *pdev = d;
            return 0;
        }
    }
    return -ENODEV;
}

/* ---- Root buses ---- */

static void root_bus_setup(PCIBus *bus, DeviceState *parent, MemoryRegion *mem,
                           MemoryRegion *io, uint8_t devfn_min)
{
    g_assert(PCI_FUNC(devfn_min) == 0);
    bus->devfn_min = devfn_min;
    bus->flags |= PCI_BUS_IS_ROOT;
    bus->address_space_mem = mem;
    bus->address_space_io = io;
    if (parent && object_dynamic_cast(OBJECT(parent), TYPE_PCI_HOST_BRIDGE)) {
        PCI_HOST_BRIDGE(parent)->bus = bus;
    }
}

void pci_root_bus_init(PCIBus *bus, size_t bus_size, DeviceState *parent,
                       const char *name, MemoryRegion *mem, MemoryRegion *io,
                       uint8_t devfn_min, const char *typename)
{
    qbus_init(bus, bus_size, typename, parent, name);
    root_bus_setup(bus, parent, mem, io, devfn_min);
}

PCIBus *pci_root_bus_new(DeviceState *parent, const char *name,
                         MemoryRegion *mem, MemoryRegion *io,
                         uint8_t devfn_min, const char *typename)
{
    PCIBus *bus = PCI_BUS(qbus_new(typename, parent, name));

    root_bus_setup(bus, parent, mem, io, devfn_min);
    return bus;
}

void pci_root_bus_cleanup(PCIBus *bus)
{
    pci_bus_irqs_cleanup(bus);
    if (bus->qbus.parent &&
        object_dynamic_cast(OBJECT(bus->qbus.parent), TYPE_PCI_HOST_BRIDGE)) {
        PCI_HOST_BRIDGE(bus->qbus.parent)->bus = NULL;
    }
    qbus_unrealize(BUS(bus));
}

PCIBus *pci_register_root_bus(DeviceState *parent, const char *name,
                              pci_set_irq_fn set_irq, pci_map_irq_fn map_irq,
                              void *irq_opaque, MemoryRegion *mem,
                              MemoryRegion *io, uint8_t devfn_min, int nirq,
                              const char *typename)
{
    PCIBus *bus = pci_root_bus_new(parent, name, mem, io, devfn_min, typename);

    pci_bus_irqs(bus, set_irq, irq_opaque, nirq);
    pci_bus_map_irqs(bus, map_irq);
    return bus;
}

/* ---- The types ---- */

static int bus_num_of(PCIBus *bus)
{
    return bus->parent_dev ? bus->parent_dev->config[PCI_SECONDARY_BUS] : 0;
}

static uint16_t no_numa_node(PCIBus *bus)
{
    return UINT16_MAX;
}

/* "domain:bus:slot.function", a bridge's slots before those of its bus. */
static char *get_dev_path(DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);
    g_autoptr(GString) path = g_string_new(NULL);

    for (PCIDevice *up = d; up; up = pci_get_bus(up)->parent_dev) {
        g_autofree char *part = g_strdup_printf(":%02x.%x",
                                                PCI_SLOT(up->devfn),
                                                PCI_FUNC(up->devfn));

        g_string_prepend(path, part);
    }
    g_string_prepend(path, pci_root_bus_path(d));
    return g_string_free(g_steal_pointer(&path), false);
}

/* Open Firmware names by class (PCI Bus Binding to IEEE 1275, section 2.5). */
static const struct {
    uint16_t class_id;
    const char *name;
} firmware_names[] = {
    { PCI_CLASS_STORAGE_SCSI, "scsi" },
    { PCI_CLASS_STORAGE_IDE, "ide" },
    { PCI_CLASS_NETWORK_ETHERNET, "ethernet" },
    { PCI_CLASS_DISPLAY_VGA, "display" },
    { PCI_CLASS_BRIDGE_HOST, "host" },
    { PCI_CLASS_BRIDGE_ISA, "isa" },
    { PCI_CLASS_BRIDGE_PCI, "pci-bridge" },
    { PCI_CLASS_COMMUNICATION_SERIAL, "serial" },
    { PCI_CLASS_SERIAL_USB, "usb" },
};

static char *get_fw_dev_path(DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);
    uint16_t class_id = pci_get_word(d->config + PCI_CLASS_DEVICE);
    g_autoptr(GString) path = g_string_new(NULL);

    for (unsigned i = 0; i < ARRAY_SIZE(firmware_names); i++) {
        if (firmware_names[i].class_id == class_id) {
            g_string_append(path, firmware_names[i].name);
        }
    }
    if (!path->len) {
        g_string_printf(path, "pci%04x,%04x",
                        pci_get_word(d->config + PCI_VENDOR_ID),
                        pci_get_word(d->config + PCI_DEVICE_ID));
    }
    g_string_append_printf(path, "@%x", PCI_SLOT(d->devfn));
    if (PCI_FUNC(d->devfn)) {
        g_string_append_printf(path, ",%x", PCI_FUNC(d->devfn));
    }
    return g_string_free(g_steal_pointer(&path), false);
}

/* No pin is up when chipsets forget how pins are wired. */
static void pci_bus_reset_enter(Object *obj, ResetType type)
{
    PCIBus *bus = PCI_BUS(obj);

    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        if (bus->devices[i]) {
            pci_device_deassert_intx(bus->devices[i]);
        }
    }
}

static void pci_bus_reset_hold(Object *obj, ResetType type)
{
    PCIBus *bus = PCI_BUS(obj);

    memory_region_transaction_begin();
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        if (bus->devices[i]) {
            pci_do_device_reset(bus->devices[i]);
        }
    }
    memory_region_transaction_commit();
}

static void pci_bus_instance_init(Object *obj)
{
    PCI_BUS(obj)->hotplug_number = PCI_BUS_NO_NUMBER;
}

static void pci_bus_finalize(Object *obj)
{
    g_free(PCI_BUS(obj)->irq_count);
}

static void pci_bus_class_init(ObjectClass *oc, const void *data)
{
    BusClass *k = BUS_CLASS(oc);
    PCIBusClass *pbc = PCI_BUS_CLASS(oc);

    k->get_dev_path = get_dev_path;
    k->get_fw_dev_path = get_fw_dev_path;
    k->print_dev = pci_print_dev;
    pbc->bus_num = bus_num_of;
    pbc->numa_node = no_numa_node;
    RESETTABLE_CLASS(oc)->phases.enter = pci_bus_reset_enter;
    RESETTABLE_CLASS(oc)->phases.hold = pci_bus_reset_hold;
}

static const TypeInfo pci_bus_types[] = {
    {
        .name = TYPE_PCI_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(PCIBus),
        .instance_init = pci_bus_instance_init,
        .instance_finalize = pci_bus_finalize,
        .class_size = sizeof(PCIBusClass),
        .class_init = pci_bus_class_init,
    }, {
        .name = TYPE_PCIE_BUS,
        .parent = TYPE_PCI_BUS,
    },
};

DEFINE_TYPES(pci_bus_types)

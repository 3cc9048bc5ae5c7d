/*
 * PCI hot plug by ACPI: the registers, and the hot plug handler behind them.
 *
 * A device comes: its slot's bit is set in UP, the event is raised, the guest reads
 * UP and looks at the slot. A device shall go: the same with DOWN, and when the
 * guest has let go of it, it writes the bit to EJECT, which takes it out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie_port.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/timer.h"
#include "system/runstate.h"

/* For so long a guest is not asked again; one that lost the event is, later. */
#define ASK_AGAIN_MS    5000

/* Fields of ACPI_PCIHP_OST, and values of ACPI 6.4, section 6.3.5. */
enum { OST_SLOT_MASK = 0x1f, OST_EVENT_SHIFT = 8, OST_STATUS_SHIFT = 16 };
enum { OST_EJECT_REQUEST = 0x03, OST_SUCCESS = 0x00, OST_IN_PROGRESS = 0x84 };

/* ---- Buses ---- */

static PCIBus *find_bus(PCIBus *bus, unsigned number)
{
    PCIBus *child;

    if (bus->hotplug_number == number) {
        return bus;
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        PCIBus *found = find_bus(child, number);

        if (found) {
            return found;
        }
    }
    return NULL;
}

static bool bus_selected(const AcpiPciHp *hp)
{
    return hp->select < ACPI_PCIHP_BUSES;
}

static PCIBus *selected_bus(AcpiPciHp *hp)
{
    return bus_selected(hp) ? find_bus(hp->root, hp->select) : NULL;
}

static unsigned free_number(AcpiPciHp *hp)
{
    unsigned number = 0;

    while (number < ACPI_PCIHP_BUSES && find_bus(hp->root, number)) {
        number++;
    }
    return number;
}

static void take_bus(AcpiPciHp *hp, PCIBus *bus)
{
    unsigned number = free_number(hp);

    if (number < ACPI_PCIHP_BUSES) {
        bus->hotplug_number = number;
        hp->up[number] = hp->down[number] = 0;
        qbus_set_hotplug_handler(BUS(bus), OBJECT(hp->handler));
    }
}

static bool is_ours(const AcpiPciHp *hp, PCIBus *bus)
{
    PCIDevice *bridge = bus->parent_dev;

    if (!bridge) {
        return hp->root_bus;
    }
    return hp->bridges && !(object_dynamic_cast(OBJECT(bridge), TYPE_PCIE_SLOT) &&
                            !PCIE_SLOT(bridge)->hotplug);
}

static void number_below(AcpiPciHp *hp, PCIBus *bus)
{
    PCIBus *child;

    if (bus->hotplug_number == PCI_BUS_NO_NUMBER && is_ours(hp, bus)) {
        take_bus(hp, bus);
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        number_below(hp, child);
    }
}

void acpi_pcihp_number_buses(AcpiPciHp *hp)
{
    number_below(hp, hp->root);
}

/* ---- Registers ---- */

static uint32_t removable_slots(PCIBus *bus)
{
    uint32_t slots = 0;

    for (unsigned slot = 0; bus && slot < PCI_SLOT_MAX; slot++) {
        slots |= (uint32_t)pci_slot_removable(bus, slot) << slot;
    }
    return slots;
}

/* The slot's object in the tables is its function 0. */
static uint32_t index_of_slot(PCIBus *bus, uint32_t slots)
{
    PCIDevice *d = bus && slots ? bus->devices[PCI_DEVFN(ctz32(slots), 0)]
                                : NULL;

    return d ? d->acpi_index : 0;
}

/* The guest may do so without having been asked, as with a button on the case. */
static void eject(AcpiPciHp *hp, PCIBus *bus, uint32_t slots)
{
    while (bus && slots) {
        unsigned slot = ctz32(slots);

        slots &= slots - 1;
        if (pci_slot_removable(bus, slot)) {
            pci_slot_take_out(bus, slot);
        }
    }
}

static void guest_status(AcpiPciHp *hp, PCIBus *bus, uint32_t value)
{
    unsigned slot = value & OST_SLOT_MASK;
    uint8_t event = value >> OST_EVENT_SHIFT;
    unsigned status = value >> OST_STATUS_SHIFT;
    bool known;

    if (!bus || event != OST_EJECT_REQUEST || status == OST_SUCCESS ||
        status == OST_IN_PROGRESS || !(hp->down[hp->select] & 1u << slot)) {
        return;
    }
    hp->down[hp->select] &= ~(1u << slot);
    /* A state that was loaded knows the slot, not which function was meant. */
    known = pci_slot_pending(bus, slot);
    for (unsigned func = 0; func < PCI_FUNC_MAX; func++) {
        PCIDevice *d = bus->devices[PCI_DEVFN(slot, func)];

        if (d && (d->qdev.pending_deleted_event || !known)) {
            qdev_unplug_refused(DEVICE(d));
        }
    }
}

static uint64_t pcihp_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPciHp *hp = opaque;
    uint32_t slots;

    switch (addr) {
    case ACPI_PCIHP_UP:
        if (!bus_selected(hp)) {
            return 0;
        }
        slots = hp->up[hp->select];
        hp->up[hp->select] = 0;
        return slots;
    case ACPI_PCIHP_DOWN:
        return bus_selected(hp) ? hp->down[hp->select] : 0;
    case ACPI_PCIHP_REMOVABLE:
        return removable_slots(selected_bus(hp));
    case ACPI_PCIHP_SELECT:
        return hp->select;
    case ACPI_PCIHP_INDEX:
        return hp->acpi_index;
    default:
        return 0;
    }
}

static void pcihp_write(void *opaque, hwaddr addr, uint64_t value,
                        unsigned size)
{
    AcpiPciHp *hp = opaque;

    switch (addr) {
    case ACPI_PCIHP_EJECT:
        eject(hp, selected_bus(hp), value);
        break;
    case ACPI_PCIHP_OST:
        guest_status(hp, selected_bus(hp), value);
        break;
    case ACPI_PCIHP_SELECT:
        hp->select = value;
        break;
    case ACPI_PCIHP_INDEX:
        hp->acpi_index = index_of_slot(selected_bus(hp), value);
        break;
    default:
        break;
    }
}

static const MemoryRegionOps pcihp_ops = {
    .read = pcihp_read,
    .write = pcihp_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- The hot plug handler ---- */

static void announce(AcpiPciHp *hp)
{
    acpi_pm_raise_gpe(hp->pm, ACPI_PCIHP_GPE);
}

/* A bridge that came at run time has no place in the tables yet. */
static bool check_numbered(PCIBus *bus, Error **errp)
{
    if (bus->hotplug_number >= ACPI_PCIHP_BUSES) {
        error_setg(errp, "Bus '%s' is not in the guest's ACPI tables: devices"
                   " can come and go there after the next reset",
                   BUS(bus)->name);
        return false;
    }
    return true;
}

void acpi_pcihp_pre_plug(AcpiPciHp *hp, DeviceState *dev, Error **errp)
{
    if (dev->hotplugged) {
        check_numbered(pci_get_bus(PCI_DEVICE(dev)), errp);
    }
}

static void tell_port(PCIBus *bus)
{
    if (bus->parent_dev && pcie_is_downstream_port(bus->parent_dev)) {
        pcie_cap_slot_acpi_changed(bus->parent_dev);
    }
}

void acpi_pcihp_plug(AcpiPciHp *hp, DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);
    PCIBus *bus = pci_get_bus(d);
    unsigned slot = PCI_SLOT(d->devfn);

    tell_port(bus);
    /* The guest finds functions by function 0, which may come last. */
    if (dev->hotplugged && bus->devices[PCI_DEVFN(slot, 0)]) {
        hp->up[bus->hotplug_number] |= 1u << slot;
        announce(hp);
    }
}

void acpi_pcihp_unplug_request(AcpiPciHp *hp, DeviceState *dev, Error **errp)
{
    PCIDevice *d = PCI_DEVICE(dev);
    PCIBus *bus = pci_get_bus(d);
    unsigned slot = PCI_SLOT(d->devfn);

    if (!check_numbered(bus, errp)) {
        return;
    }
    if (!pci_slot_removable(bus, slot)) {
        error_setg(errp, "Slot %u of bus '%s' holds a bridge or a device that"
                   " was there at start and stays", slot, BUS(bus)->name);
        return;
    }
    /* Nobody is there to ask, and nobody has seen the device. */
    if (runstate_check(RUN_STATE_PRELAUNCH)) {
        pci_device_take_out(d);
        return;
    }
    dev->pending_deleted_event = true;
    dev->pending_deleted_expires_ms =
        qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ASK_AGAIN_MS;
    hp->down[bus->hotplug_number] |= 1u << slot;
    announce(hp);
}

void acpi_pcihp_unplug(AcpiPciHp *hp, DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);
    PCIBus *bus = pci_get_bus(d);
    unsigned slot = PCI_SLOT(d->devfn), number = bus->hotplug_number;

    qdev_unrealize(dev);
    tell_port(bus);
    for (unsigned func = 0; func < PCI_FUNC_MAX; func++) {
        if (bus->devices[PCI_DEVFN(slot, func)]) {
            return;
        }
    }
    if (number < ACPI_PCIHP_BUSES) {
        hp->up[number] &= ~(1u << slot);
        hp->down[number] &= ~(1u << slot);
    }
}

/* ---- Life ---- */

void acpi_pcihp_finish_unplug(AcpiPciHp *hp)
{
    for (unsigned number = 0; number < ACPI_PCIHP_BUSES; number++) {
        if (hp->down[number]) {
            eject(hp, find_bus(hp->root, number), hp->down[number]);
            hp->down[number] = 0;
        }
    }
}

void acpi_pcihp_reset(AcpiPciHp *hp)
{
    hp->select = hp->acpi_index = 0;
    memset(hp->up, 0, sizeof(hp->up));
}

void acpi_pcihp_init(AcpiPciHp *hp, DeviceState *handler, PCIBus *root,
                     AcpiPm *pm, MemoryRegion *ports, uint16_t base)
{
    hp->root = root;
    hp->pm = pm;
    hp->handler = handler;
    memory_region_init_io(&hp->io, OBJECT(handler), &pcihp_ops, hp,
                          "acpi-pci-hotplug", ACPI_PCIHP_BYTES);
    memory_region_add_subregion(ports, base, &hp->io);
    acpi_pcihp_number_buses(hp);
}

void acpi_pcihp_exit(AcpiPciHp *hp, MemoryRegion *ports)
{
    memory_region_del_subregion(ports, &hp->io);
}

const VMStateDescription vmstate_acpi_pcihp = {
    .name = "acpi-pci-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(select, AcpiPciHp),
        VMSTATE_UINT32(acpi_index, AcpiPciHp),
        VMSTATE_UINT32_ARRAY(up, AcpiPciHp, ACPI_PCIHP_BUSES),
        VMSTATE_UINT32_ARRAY(down, AcpiPciHp, ACPI_PCIHP_BUSES),
        VMSTATE_END_OF_LIST()
    },
};

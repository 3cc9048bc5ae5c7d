/*
 * The slots of PCI buses in the DSDT: what a guest needs to see devices come and go
 * (registers: hw/acpi/pcihp.c), and what it names network cards by.
 *
 * Buses stand one after the other, by their full paths, however deep they nest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/i386/acpi-dsdt-internal.h"
#include "hw/pci/pci_bridge.h"

#define ROOT_PATH "\\_SB.PCI0"

/* Notifications (ACPI 6.4, 5.6.6). */
enum { NOTIFY_DEVICE_CHECK = 1, NOTIFY_EJECT_REQUEST = 3 };

/* {E5C937D0-3553-4D7A-9117-EA4D19C3434D} (PCI Firmware 3.2, section 4.6) */
static const uint8_t labeling_uuid[16] = {
    0xd0, 0x37, 0xc9, 0xe5, 0x53, 0x35, 0x7a, 0x4d,
    0x91, 0x17, 0xea, 0x4d, 0x19, 0xc3, 0x43, 0x4d,
};
enum { LABEL_REVISION = 2, LABEL_FUNCTION = 7 };

/* ---- Registers, and methods that everything uses; in PCI0 ---- */

static void dword_fields(Aml *a, const char *region, uint16_t port,
                         const char *first, const char *second)
{
    aml_op_region(a, region, AML_SYSTEM_IO, port, second ? 8 : 4);
    aml_field(a, region, AML_DWORD_ACC);
    aml_field_unit(a, first, 32);
    if (second) {
        aml_field_unit(a, second, 32);
    }
    aml_end(a);
}

static void registers(Aml *a, uint16_t port)
{
    aml_device(a, "PHPR");
    aml_name_eisaid(a, "_HID", "PNP0A06");
    aml_name_string(a, "_UID", "PCI Hotplug resources");
    aml_name_int(a, "_STA", 0x0b);
    aml_name(a, "_CRS");
    aml_resource_template(a);
    aml_io(a, port, 1, ACPI_PCIHP_BYTES);
    aml_end(a);
    aml_end(a);
    dword_fields(a, "PCST", port + ACPI_PCIHP_UP, "PCIU", "PCID");
    dword_fields(a, "SEJ", port + ACPI_PCIHP_EJECT, "B0EJ", "POST");
    dword_fields(a, "BNMR", port + ACPI_PCIHP_SELECT, "BNUM", "PIDX");
    aml_mutex(a, "BLCK");
}

static void store_arg(Aml *a, unsigned arg, const char *name)
{
    aml_op(a, AML_STORE);
    aml_arg(a, arg);
    aml_ref(a, name);
}

static void store_bit_of_arg(Aml *a, unsigned arg, const char *name)
{
    aml_op(a, AML_STORE);
    aml_op(a, AML_SHIFT_LEFT);
    aml_int(a, 1);
    aml_arg(a, arg);
    aml_no_target(a);
    aml_ref(a, name);
}

/* Methods of (bus, slot, …) that select the bus and use one more register. */
static void begin_locked(Aml *a, const char *name, unsigned args)
{
    aml_method(a, name, args, false);
    aml_acquire(a, "BLCK");
    store_arg(a, 0, "BNUM");
}

static void eject_method(Aml *a)
{
    begin_locked(a, "PCEJ", 2);
    store_bit_of_arg(a, 1, "B0EJ");
    aml_release(a, "BLCK");
    aml_end(a);
}

static void index_method(Aml *a)
{
    begin_locked(a, "AIDX", 2);
    store_bit_of_arg(a, 1, "PIDX");
    aml_op(a, AML_STORE);
    aml_ref(a, "PIDX");
    aml_local(a, 0);
    aml_release(a, "BLCK");
    aml_op(a, AML_RETURN);
    aml_local(a, 0);
    aml_end(a);
}

/* PCOS (bus, slot, event, status): POST = slot | event << 8 | status << 16 */
static void status_method(Aml *a)
{
    begin_locked(a, "PCOS", 4);
    aml_op(a, AML_STORE);
    aml_op(a, AML_OR);
    aml_arg(a, 1);
    aml_op(a, AML_OR);
    aml_op(a, AML_SHIFT_LEFT);
    aml_op(a, AML_AND);
    aml_arg(a, 2);
    aml_int(a, 0xff);
    aml_no_target(a);
    aml_int(a, 8);
    aml_no_target(a);
    aml_op(a, AML_SHIFT_LEFT);
    aml_op(a, AML_AND);
    aml_arg(a, 3);
    aml_int(a, 0xffff);
    aml_no_target(a);
    aml_int(a, 16);
    aml_no_target(a);
    aml_no_target(a);
    aml_no_target(a);
    aml_ref(a, "POST");
    aml_release(a, "BLCK");
    aml_end(a);
}

static void return_functions(Aml *a, uint8_t functions)
{
    aml_op(a, AML_RETURN);
    aml_buffer(a, &functions, 1);
}

/* PDSM (uuid, revision, function, index): a slot's _DSM, which tells its index. */
static void label_method(Aml *a)
{
    aml_method(a, "PDSM", 4, true);
    aml_if(a);
    aml_op(a, AML_LOR);
    aml_op(a, AML_LNOT);
    aml_op(a, AML_LEQUAL);
    aml_arg(a, 0);
    aml_buffer(a, labeling_uuid, sizeof(labeling_uuid));
    aml_op(a, AML_LOR);
    aml_op(a, AML_LLESS);
    aml_arg(a, 1);
    aml_int(a, LABEL_REVISION);
    aml_op(a, AML_LEQUAL);
    aml_arg(a, 3);
    aml_int(a, 0);
    return_functions(a, 0);
    aml_end(a);
    aml_if(a);
    aml_op(a, AML_LEQUAL);
    aml_arg(a, 2);
    aml_int(a, LABEL_FUNCTION);
    aml_name(a, "RSLT");
    aml_package(a, 2);
    aml_int(a, 0);
    aml_string(a, "");
    aml_end(a);
    aml_op(a, AML_STORE);
    aml_arg(a, 3);
    aml_op(a, AML_INDEX);
    aml_ref(a, "RSLT");
    aml_int(a, 0);
    aml_no_target(a);
    aml_op(a, AML_RETURN);
    aml_ref(a, "RSLT");
    aml_end(a);
    aml_if(a);
    aml_op(a, AML_LEQUAL);
    aml_arg(a, 2);
    aml_int(a, 0);
    return_functions(a, 1 | 1 << LABEL_FUNCTION);
    aml_end(a);
    return_functions(a, 0);
    aml_end(a);
}

/* ---- Slots ---- */

static bool has_number(const PCIBus *bus)
{
    return bus->hotplug_number < ACPI_PCIHP_BUSES;
}

/* As the DSDT names functions: S10 is slot 2, function 0. */
static void device_name(char name[4], unsigned devfn)
{
    snprintf(name, 4, "S%02X", devfn & 0xff);
}

static void label_of_slot(Aml *a, const PCIBus *bus, unsigned devfn)
{
    aml_method(a, "_DSM", 4, true);
    aml_op(a, AML_RETURN);
    aml_ref(a, "PDSM");
    aml_arg(a, 0);
    aml_arg(a, 1);
    aml_arg(a, 2);
    if (has_number(bus) && PCI_FUNC(devfn) == 0) {
        aml_ref(a, "AIDX");
        aml_int(a, bus->hotplug_number);
        aml_int(a, PCI_SLOT(devfn));
    } else {
        aml_int(a, bus->devices[devfn]->acpi_index);
    }
    aml_end(a);
}

static void hotplug_of_slot(Aml *a, const PCIBus *bus, unsigned slot)
{
    aml_name_int(a, "_SUN", slot);
    aml_method(a, "_EJ0", 1, false);
    aml_ref(a, "PCEJ");
    aml_int(a, bus->hotplug_number);
    aml_int(a, slot);
    aml_end(a);
    aml_method(a, "_OST", 3, false);
    aml_ref(a, "PCOS");
    aml_int(a, bus->hotplug_number);
    aml_int(a, slot);
    aml_arg(a, 0);
    aml_arg(a, 1);
    aml_end(a);
}

/* Slots in which devices can come and go: one behind a link, else all. */
static bool is_hot_slot(PCIBus *bus, unsigned slot)
{
    bool link = bus->parent_dev && pcie_is_downstream_port(bus->parent_dev);

    return has_number(bus) && (slot == 0 || !link) &&
        !(pci_bus_get_slot_reserved_mask(bus) & 1u << slot) &&
        pci_slot_removable(bus, slot);
}

/* The chipset's own description has the ISA bridge. */
static bool is_described(const PCIDevice *d)
{
    return d && pci_get_word(d->config + PCI_CLASS_DEVICE) ==
        PCI_CLASS_BRIDGE_ISA;
}

static void slot_device(Aml *a, PCIBus *bus, unsigned devfn)
{
    const PCIDevice *d = bus->devices[devfn];
    unsigned slot = PCI_SLOT(devfn), func = PCI_FUNC(devfn);
    bool hot = func == 0 && is_hot_slot(bus, slot);
    bool label = func == 0 && has_number(bus) ? hot || d : d && d->acpi_index;
    char name[4];

    if (is_described(d) || (!hot && !label && !(d && pci_is_bridge(d)))) {
        return;
    }
    device_name(name, devfn);
    aml_device(a, name);
    aml_name_int(a, "_ADR", slot << 16 | func);
    if (label) {
        label_of_slot(a, bus, devfn);
    }
    if (hot) {
        hotplug_of_slot(a, bus, slot);
    }
    aml_end(a);
}

/* DVNT (slots, notification) */
static void notify_method(Aml *a, PCIBus *bus)
{
    aml_method(a, "DVNT", 2, false);
    for (unsigned slot = 0; slot < PCI_SLOT_MAX; slot++) {
        char name[4];

        if (!is_hot_slot(bus, slot)) {
            continue;
        }
        device_name(name, PCI_DEVFN(slot, 0));
        aml_if(a);
        aml_op(a, AML_AND);
        aml_arg(a, 0);
        aml_int(a, 1u << slot);
        aml_no_target(a);
        aml_op(a, AML_NOTIFY);
        aml_ref(a, name);
        aml_arg(a, 1);
        aml_end(a);
    }
    aml_end(a);
}

static void notify_call(Aml *a, const char *field, unsigned notification)
{
    aml_ref(a, "DVNT");
    aml_ref(a, field);
    aml_int(a, notification);
}

/* PCNT of a bus: look at its slots, then at the buses behind it. */
static void scan_method(Aml *a, PCIBus *bus, const char *path)
{
    aml_method(a, "PCNT", 0, false);
    if (has_number(bus)) {
        aml_op(a, AML_STORE);
        aml_int(a, bus->hotplug_number);
        aml_ref(a, "BNUM");
        notify_call(a, "PCIU", NOTIFY_DEVICE_CHECK);
        notify_call(a, "PCID", NOTIFY_EJECT_REQUEST);
    }
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *d = bus->devices[devfn];

        if (d && pci_is_bridge(d)) {
            g_autofree char *method = g_strdup_printf("%s.S%02X.PCNT", path,
                                                      devfn);

            aml_ref(a, method);
        }
    }
    aml_end(a);
}

static void describe_bus(Aml *a, const AcpiBoard *board, PCIBus *bus,
                         const char *path)
{
    aml_scope(a, path);
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        slot_device(a, bus, devfn);
    }
    if (has_number(bus)) {
        notify_method(a, bus);
    }
    if (board->pcihp) {
        scan_method(a, bus, path);
    }
    aml_end(a);
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *d = bus->devices[devfn];

        if (d && pci_is_bridge(d)) {
            g_autofree char *below = g_strdup_printf("%s.S%02X", path, devfn);

            describe_bus(a, board, pci_bridge_secondary(d), below);
        }
    }
}

/* The event: BLCK keeps others from selecting another bus meanwhile. */
static void event_method(Aml *a)
{
    aml_scope(a, "\\_GPE");
    aml_method(a, "_E01", 0, false);
    aml_acquire(a, ROOT_PATH ".BLCK");
    aml_ref(a, ROOT_PATH ".PCNT");
    aml_release(a, ROOT_PATH ".BLCK");
    aml_end(a);
    aml_end(a);
}

void acpi_dsdt_slots(Aml *a, const AcpiBoard *board)
{
    aml_scope(a, ROOT_PATH);
    label_method(a);
    if (board->pcihp) {
        registers(a, board->chipset->pcihp_port);
        eject_method(a);
        index_method(a);
        status_method(a);
    }
    aml_end(a);
    describe_bus(a, board, board->pci_bus, ROOT_PATH);
    if (board->pcihp) {
        event_method(a);
    }
}

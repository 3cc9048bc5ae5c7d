/*
 * What the DSDTs of all PCs share: the windows of the PCI host bridge, interrupt
 * links, the devices on the ISA bus, processors, soft off. The chipsets' own parts
 * are in acpi-dsdt-piix.c and acpi-dsdt-ich9.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/acpi/aml-build.h"
#include "hw/char/serial.h"
#include "hw/i386/acpi-dsdt-internal.h"

/* ISA interrupts that a PCI line may be routed to. */
static const uint32_t link_choices[] = { 5, 10, 11 };

/* ---- PCI0 ---- */

void acpi_dsdt_root_resources(Aml *a, const AcpiBoard *board)
{
    const AcpiRange *hole = &board->pci_hole, *hole64 = &board->pci_hole64;

    aml_name(a, "_CRS");
    aml_resource_template(a);
    aml_word_range(a, AML_RES_BUS, 0x00, 0xff);
    aml_io(a, 0xcf8, 1, 8);
    aml_word_range(a, AML_RES_IO, 0x0000, 0x0cf7);
    aml_word_range(a, AML_RES_IO, 0x0d00, 0xffff);
    aml_dword_range(a, AML_RES_MEMORY, 0xa0000, 0xbffff);
    aml_dword_range(a, AML_RES_MEMORY, hole->first, hole->last);
    if (hole64->last >= hole64->first) {
        aml_qword_range(a, AML_RES_MEMORY, hole64->first, hole64->last);
    }
    aml_end(a);
}

/* ---- PCI interrupt links: routes in the bridge's configuration space ---- */

/* A route of this bit is off, in PIIX and ICH registers alike. */
enum { ROUTE_OFF = 0x80 };

/* IQCR (route): the current setting as a resource. */
static void link_current_helper(Aml *a)
{
    static const uint32_t none;

    aml_method(a, "IQCR", 1, true);
    aml_name(a, "BUFR");
    aml_resource_template(a);
    aml_interrupt(a, &none, 1);
    aml_end(a);
    aml_create_dword_field(a, "BUFR", 5, "LINE");
    aml_if(a);
    aml_op(a, AML_LLESS);
    aml_arg(a, 0);
    aml_int(a, ROUTE_OFF);
    aml_op(a, AML_STORE);
    aml_arg(a, 0);
    aml_ref(a, "LINE");
    aml_end(a);
    aml_op(a, AML_RETURN);
    aml_ref(a, "BUFR");
    aml_end(a);
}

/* IQST (route): present, and enabled unless it is off. */
static void link_status_helper(Aml *a)
{
    aml_method(a, "IQST", 1, false);
    aml_if(a);
    aml_op(a, AML_AND);
    aml_arg(a, 0);
    aml_int(a, ROUTE_OFF);
    aml_no_target(a);
    aml_op(a, AML_RETURN);
    aml_int(a, 0x09);
    aml_end(a);
    aml_op(a, AML_RETURN);
    aml_int(a, 0x0b);
    aml_end(a);
}

void acpi_dsdt_link_helpers(Aml *a)
{
    link_current_helper(a);
    link_status_helper(a);
}

/* A method without arguments that returns helper (route). */
static void link_query(Aml *a, const char *name, const char *helper,
                       const char *route)
{
    aml_method(a, name, 0, false);
    aml_op(a, AML_RETURN);
    aml_ref(a, helper);
    aml_ref(a, route);
    aml_end(a);
}

/* The first interrupt of the resource that is given becomes the route. */
static void link_set(Aml *a, const char *route)
{
    aml_method(a, "_SRS", 1, true);
    aml_op(a, AML_CREATE_DWORD_FIELD);
    aml_arg(a, 0);
    aml_int(a, 5);
    aml_ref(a, "LINE");
    aml_op(a, AML_STORE);
    aml_ref(a, "LINE");
    aml_ref(a, route);
    aml_end(a);
}

void acpi_dsdt_link(Aml *a, const char *name, unsigned uid, const char *route)
{
    aml_device(a, name);
    aml_name_eisaid(a, "_HID", "PNP0C0F");
    aml_name_int(a, "_UID", uid);
    aml_name(a, "_PRS");
    aml_resource_template(a);
    aml_interrupt(a, link_choices, ARRAY_SIZE(link_choices));
    aml_end(a);
    link_query(a, "_STA", "IQST", route);
    link_query(a, "_CRS", "IQCR", route);
    aml_method(a, "_DIS", 0, false);
    aml_op(a, AML_OR);
    aml_ref(a, route);
    aml_int(a, ROUTE_OFF);
    aml_ref(a, route);
    aml_end(a);
    link_set(a, route);
    aml_end(a);
}

/* ---- what is on the ISA bus ---- */

static void isa_device(Aml *a, const char *name, const char *id, int uid,
                       uint16_t port, uint8_t ports, unsigned irq)
{
    aml_device(a, name);
    aml_name_eisaid(a, "_HID", id);
    if (uid) {
        aml_name_int(a, "_UID", uid);
    }
    aml_name(a, "_CRS");
    aml_resource_template(a);
    if (ports) {
        aml_io(a, port, 1, ports);
    }
    if (port == 0x60) {
        aml_io(a, 0x64, 1, 1);
    }
    aml_irq(a, irq);
    aml_end(a);
    aml_end(a);
}

static unsigned property(DeviceState *dev, const char *name)
{
    return object_property_get_uint(OBJECT(dev), name, &error_abort);
}

static void serial_ports(Aml *a, ISABus *bus)
{
    BusChild *kid;

    if (!bus) {
        return;
    }
    QTAILQ_FOREACH(kid, &BUS(bus)->children, sibling) {
        g_autofree char *name = NULL;
        unsigned index;

        if (!object_dynamic_cast(OBJECT(kid->child), TYPE_ISA_SERIAL)) {
            continue;
        }
        index = property(kid->child, "index");
        if (index >= MAX_ISA_SERIAL_PORTS) {
            continue;
        }
        name = g_strdup_printf("COM%u", index + 1);
        isa_device(a, name, "PNP0501", index + 1,
                   property(kid->child, "iobase"), 8,
                   property(kid->child, "irq"));
    }
}

void acpi_dsdt_isa_devices(Aml *a, const AcpiBoard *board)
{
    isa_device(a, "RTC", "PNP0B00", 0, 0x70, 2, 8);
    isa_device(a, "KBD", "PNP0303", 0, 0x60, 1, 1);
    isa_device(a, "MOU", "PNP0F13", 0, 0, 0, 12);
    serial_ports(a, board->isa_bus);
}

/* ---- processors ---- */

void acpi_dsdt_processors(Aml *a, const CPUArchIdList *cpus)
{
    for (int i = 0; i < cpus->len; i++) {
        g_autofree char *name = g_strdup_printf("C%03X", i);

        aml_device(a, name);
        aml_name_string(a, "_HID", "ACPI0007");
        aml_name_int(a, "_UID", i);
        aml_end(a);
    }
}

void acpi_dsdt_soft_off(Aml *a, unsigned sleep_type)
{
    aml_name(a, "\\_S5");
    aml_package(a, 4);
    aml_int(a, sleep_type);
    aml_int(a, sleep_type);
    aml_int(a, 0);
    aml_int(a, 0);
    aml_end(a);
}

void acpi_dsdt_append(GByteArray *tables, Aml *a)
{
    guint at = acpi_table_begin(tables, "DSDT", 2);
    GByteArray *code = aml_steal(a);

    g_byte_array_append(tables, code->data, code->len);
    g_byte_array_unref(code);
    acpi_table_end(tables, at);
}

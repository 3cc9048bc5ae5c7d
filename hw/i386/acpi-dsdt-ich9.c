/*
 * The DSDT of the PC with Q35 and ICH9: a PCI Express host bridge, the ISA bridge at
 * 1f.0, and two wirings of PCI interrupts: links to ISA lines for a guest that uses
 * the i8259s, pins 16 to 23 for one that uses the I/O APIC.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/i386/acpi-dsdt-internal.h"
#include "hw/southbridge/ich9.h"

/* Slots that are wired by rotation; the others have one line for each pin. */
enum { ROTATED_SLOTS = 25, FIRST_SLOT = 1 };

/* What of the PCI Express features may be the guest's (PCI Firmware 3.2, 4.5.1). */
enum { OSC_HOTPLUG = 1 << 0, OSC_PME = 1 << 2, OSC_AER = 1 << 3,
       OSC_CAPABILITY = 1 << 4 };
enum { OSC_UNKNOWN_UUID = 1 << 2, OSC_UNKNOWN_REVISION = 1 << 3,
       OSC_MASKED = 1 << 4 };

static void link_name(char name[5], unsigned pirq)
{
    snprintf(name, 5, "LNK%c", 'A' + pirq);
}

static void field_name(char name[5], unsigned pirq)
{
    snprintf(name, 5, "PRQ%c", 'A' + pirq);
}

/* The same wiring as ich9_lpc_map_irq() has after reset. */
static unsigned pirq_of(unsigned slot, unsigned pin)
{
    return slot < ROTATED_SLOTS ? 4 + (slot + pin) % PCI_NUM_PINS : pin;
}

/* ---- _OSC ---- */

/* {33DB4D5B-1FF7-401C-9657-7441C03DD766} */
static const uint8_t osc_uuid[16] = {
    0x5b, 0x4d, 0xdb, 0x33, 0xf7, 0x1f, 0x1c, 0x40,
    0x96, 0x57, 0x74, 0x41, 0xc0, 0x3d, 0xd7, 0x66,
};

static void osc_dword(Aml *a, unsigned offset, const char *name)
{
    aml_op(a, AML_CREATE_DWORD_FIELD);
    aml_arg(a, 3);
    aml_int(a, offset);
    aml_ref(a, name);
}

/* Or (CDW1, bit, CDW1) */
static void osc_complain(Aml *a, unsigned bit)
{
    aml_op(a, AML_OR);
    aml_ref(a, "CDW1");
    aml_int(a, bit);
    aml_ref(a, "CDW1");
}

/* Ports' own hot plug is the guest's only where ACPI does not do it. */
static void osc_grant(Aml *a, bool native_hotplug)
{
    osc_dword(a, 4, "CDW2");
    osc_dword(a, 8, "CDW3");
    aml_op(a, AML_AND);
    aml_ref(a, "CDW3");
    aml_int(a, OSC_PME | OSC_AER | OSC_CAPABILITY |
            (native_hotplug ? OSC_HOTPLUG : 0));
    aml_local(a, 0);
    aml_if(a);
    aml_op(a, AML_LNOT);
    aml_op(a, AML_LEQUAL);
    aml_arg(a, 1);
    aml_int(a, 1);
    osc_complain(a, OSC_UNKNOWN_REVISION);
    aml_end(a);
    aml_if(a);
    aml_op(a, AML_LNOT);
    aml_op(a, AML_LEQUAL);
    aml_ref(a, "CDW3");
    aml_local(a, 0);
    osc_complain(a, OSC_MASKED);
    aml_end(a);
    aml_op(a, AML_STORE);
    aml_local(a, 0);
    aml_ref(a, "CDW3");
}

static void osc_method(Aml *a, bool native_hotplug)
{
    aml_method(a, "_OSC", 4, true);
    osc_dword(a, 0, "CDW1");
    aml_if(a);
    aml_op(a, AML_LEQUAL);
    aml_arg(a, 0);
    aml_buffer(a, osc_uuid, sizeof(osc_uuid));
    osc_grant(a, native_hotplug);
    aml_end(a);
    aml_else(a);
    osc_complain(a, OSC_UNKNOWN_UUID);
    aml_end(a);
    aml_op(a, AML_RETURN);
    aml_arg(a, 3);
    aml_end(a);
}

/* ---- Interrupts ---- */

/* PRTP (links) or PRTA (pins of the I/O APIC). */
static void routing_package(Aml *a, const char *name, bool apic)
{
    aml_name(a, name);
    aml_package(a, (PCI_SLOT_MAX - FIRST_SLOT) * PCI_NUM_PINS);
    for (unsigned slot = FIRST_SLOT; slot < PCI_SLOT_MAX; slot++) {
        for (unsigned pin = 0; pin < PCI_NUM_PINS; pin++) {
            unsigned pirq = pirq_of(slot, pin);
            char link[5];

            link_name(link, pirq);
            aml_package(a, 4);
            aml_int(a, slot << 16 | 0xffff);
            aml_int(a, pin);
            if (apic) {
                aml_int(a, 0);
                aml_int(a, ICH9_GSI_PIRQA + pirq);
            } else {
                aml_ref(a, link);
                aml_int(a, 0);
            }
            aml_end(a);
        }
    }
    aml_end(a);
}

static void interrupt_routing(Aml *a)
{
    routing_package(a, "PRTP", false);
    routing_package(a, "PRTA", true);
    aml_method(a, "_PRT", 0, false);
    aml_if(a);
    aml_ref(a, "\\PICF");
    aml_op(a, AML_RETURN);
    aml_ref(a, "PRTA");
    aml_end(a);
    aml_op(a, AML_RETURN);
    aml_ref(a, "PRTP");
    aml_end(a);
}

/* The guest says which controller it uses: 0 the i8259s, 1 the I/O APIC. */
static void interrupt_model(Aml *a)
{
    aml_name_int(a, "\\PICF", 0);
    aml_method(a, "\\_PIC", 1, false);
    aml_op(a, AML_STORE);
    aml_arg(a, 0);
    aml_ref(a, "\\PICF");
    aml_end(a);
}

static void route_registers(Aml *a, const char *region, unsigned reg,
                            unsigned first)
{
    aml_op_region(a, region, AML_PCI_CONFIG, reg, 4);
    aml_field(a, region, AML_BYTE_ACC);
    for (unsigned n = first; n < first + 4; n++) {
        char name[5];

        field_name(name, n);
        aml_field_unit(a, name, 8);
    }
    aml_end(a);
}

static void isa_bridge(Aml *a, const AcpiBoard *board)
{
    aml_device(a, "ISA");
    aml_name_int(a, "_ADR", ICH9_LPC_DEV << 16 | ICH9_LPC_FUNC);
    route_registers(a, "PIR0", ICH9_LPC_PIRQA_ROUT, 0);
    route_registers(a, "PIR1", ICH9_LPC_PIRQE_ROUT, 4);
    acpi_dsdt_isa_devices(a, board);
    aml_end(a);
}

static void links(Aml *a)
{
    acpi_dsdt_link_helpers(a);
    for (unsigned n = 0; n < ICH9_LPC_NB_PIRQS; n++) {
        g_autofree char *route = NULL;
        char field[5], link[5];

        field_name(field, n);
        link_name(link, n);
        route = g_strdup_printf("\\_SB.PCI0.ISA.%s", field);
        acpi_dsdt_link(a, link, n, route);
    }
}

/* ---- The table ---- */

/* Guests believe in configuration space in memory if it is somebody's. */
static void board_resources(Aml *a, const AcpiBoard *board)
{
    aml_device(a, "DRAC");
    aml_name_eisaid(a, "_HID", "PNP0C02");
    aml_name(a, "_CRS");
    aml_resource_template(a);
    aml_memory32_fixed(a, board->mmcfg.first,
                       board->mmcfg.last - board->mmcfg.first + 1, false);
    aml_end(a);
    aml_end(a);
}

static void build_dsdt(GByteArray *tables, const AcpiBoard *board)
{
    Aml *a = aml_new();

    interrupt_model(a);
    aml_scope(a, "\\_SB");
    aml_device(a, "PCI0");
    aml_name_eisaid(a, "_HID", "PNP0A08");
    aml_name_eisaid(a, "_CID", "PNP0A03");
    aml_name_int(a, "_ADR", 0);
    aml_name_int(a, "_UID", 0);
    osc_method(a, !board->pcihp);
    acpi_dsdt_root_resources(a, board);
    isa_bridge(a, board);
    interrupt_routing(a);
    aml_end(a);
    if (board->mmcfg.last > board->mmcfg.first) {
        board_resources(a, board);
    }
    links(a);
    acpi_dsdt_processors(a, board->cpus);
    aml_end(a);
    acpi_dsdt_slots(a, board);
    acpi_dsdt_soft_off(a, ICH9_S5_TYPE);
    acpi_dsdt_append(tables, a);
}

const AcpiChipset acpi_chipset_ich9 = {
    .acpi_enable = ICH9_ACPI_ENABLE,
    .acpi_disable = ICH9_ACPI_DISABLE,
    .gpe_port = PC_ACPI_PM_BASE + ICH9_PM_GPE,
    .gpe_bytes = ICH9_PM_GPE_BYTES,
    .pcihp_port = ICH9_PCIHP_BASE,
    .build_dsdt = build_dsdt,
};

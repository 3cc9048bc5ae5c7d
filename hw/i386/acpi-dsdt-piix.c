/*
 * The DSDT of the PC with i440FX and PIIX: its host bridge, ISA bridge, and the
 * wiring of PCI interrupts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/piix4.h"
#include "hw/i386/acpi-dsdt-internal.h"
#include "hw/isa/piix3.h"

static const char *const link_names[PIIX_NUM_PIRQS] = {
    "LNKA", "LNKB", "LNKC", "LNKD",
};
static const char *const pirq_fields[PIIX_NUM_PIRQS] = {
    "PRQ0", "PRQ1", "PRQ2", "PRQ3",
};

/* Each pin of each slot, by the same wiring as piix3_slot_get_pirq(). */
static void interrupt_routing(Aml *a)
{
    aml_name(a, "_PRT");
    aml_package(a, (PCI_SLOT_MAX - 1) * PCI_NUM_PINS);
    for (unsigned slot = 1; slot < PCI_SLOT_MAX; slot++) {
        for (unsigned pin = 0; pin < PCI_NUM_PINS; pin++) {
            aml_package(a, 4);
            aml_int(a, slot << 16 | 0xffff);
            aml_int(a, pin);
            aml_ref(a, link_names[(slot - 1 + pin) % PIIX_NUM_PIRQS]);
            aml_int(a, 0);
            aml_end(a);
        }
    }
    aml_end(a);
}

static void bridge_registers(Aml *a)
{
    aml_op_region(a, "P40C", AML_PCI_CONFIG, PIIX_PIRQCA, PIIX_NUM_PIRQS);
    aml_field(a, "P40C", AML_BYTE_ACC);
    for (unsigned n = 0; n < PIIX_NUM_PIRQS; n++) {
        aml_field_unit(a, pirq_fields[n], 8);
    }
    aml_end(a);
}

static void isa_bridge(Aml *a, const AcpiBoard *board)
{
    aml_device(a, "ISA");
    aml_name_int(a, "_ADR", 1 << 16);
    bridge_registers(a);
    acpi_dsdt_isa_devices(a, board);
    aml_end(a);
}

/* Links stand in _SB and refer to fields below the bridge. */
static void links(Aml *a)
{
    acpi_dsdt_link_helpers(a);
    for (unsigned n = 0; n < PIIX_NUM_PIRQS; n++) {
        g_autofree char *route = g_strdup_printf("\\_SB.PCI0.ISA.%s",
                                                 pirq_fields[n]);

        acpi_dsdt_link(a, link_names[n], n, route);
    }
}

static void build_dsdt(GByteArray *tables, const AcpiBoard *board)
{
    Aml *a = aml_new();

    aml_scope(a, "\\_SB");
    aml_device(a, "PCI0");
    aml_name_eisaid(a, "_HID", "PNP0A03");
    aml_name_int(a, "_ADR", 0);
    aml_name_int(a, "_UID", 0);
    acpi_dsdt_root_resources(a, board);
    isa_bridge(a, board);
    interrupt_routing(a);
    aml_end(a);
    links(a);
    acpi_dsdt_processors(a, board->cpus);
    aml_end(a);
    acpi_dsdt_slots(a, board);
    acpi_dsdt_soft_off(a, PIIX4_S5_TYPE);
    acpi_dsdt_append(tables, a);
}

const AcpiChipset acpi_chipset_piix = {
    .acpi_enable = PIIX4_ACPI_ENABLE,
    .acpi_disable = PIIX4_ACPI_DISABLE,
    .gpe_port = PIIX4_GPE_BASE,
    .gpe_bytes = PIIX4_GPE_BYTES,
    .pcihp_port = PIIX4_PCIHP_BASE,
    .build_dsdt = build_dsdt,
};

/*
 * The ACPI tables of a PC but for the DSDT (acpi-dsdt.c), SRAT and SLIT
 * (acpi-srat.c): FACS, FADT, MADT, MCFG, RSDT, XSDT, RSDP, and how they point to
 * each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/acpi/aml-build.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/i386/acpi-build.h"
#include "hw/intc/apic.h"
#include "hw/intc/ioapic.h"

/* ---- FACS and FADT (ACPI 6.4, 5.2.9 and 5.2.10) ---- */

static void zeros(GByteArray *t, unsigned count)
{
    guint old = t->len;

    g_byte_array_set_size(t, old + count);
    memset(t->data + old, 0, count);
}

static void build_facs(GByteArray *t)
{
    g_byte_array_append(t, (const guint8 *)"FACS", 4);
    acpi_append_int(t, 64, 4);
    zeros(t, 64 - 8);
}

/* A generic address: I/O space, width in bits. */
static void io_address(GByteArray *t, uint64_t port, unsigned bits)
{
    acpi_append_int(t, port ? 1 : 0, 1);
    acpi_append_int(t, bits, 1);
    acpi_append_int(t, 0, 1);
    acpi_append_int(t, 0, 1);
    acpi_append_int(t, port, 8);
}

enum {
    FADT_WBINVD = 1 << 0, FADT_C1 = 1 << 2, FADT_NO_SLEEP_BUTTON = 1 << 5,
    FADT_NO_FIXED_RTC = 1 << 6, FADT_RESET_REG = 1 << 10,
};
enum { BOOT_LEGACY_DEVICES = 1 << 0, BOOT_8042 = 1 << 1, BOOT_NO_VGA = 1 << 2 };
/* The same in PIIX and ICH. */
enum { SMI_COMMAND_PORT = 0xb2, RESET_PORT = 0xcf9, RESET_VALUE = 0x06 };

/* Offsets of pointers in the FADT, filled in by the linker. */
enum { FADT_FACS = 36, FADT_DSDT = 40, FADT_X_FACS = 132, FADT_X_DSDT = 140 };

/* Values in the order of the table, revision 3 (244 bytes). */
static void build_fadt(GByteArray *t, const AcpiChipset *chip)
{
    const struct { uint32_t value; uint8_t bytes; } fields[] = {
        { 0, 4 }, { 0, 4 },                 /* FACS, DSDT */
        { 0, 1 }, { 0, 1 },                 /* reserved, profile */
        { PC_ACPI_SCI_IRQ, 2 },
        { SMI_COMMAND_PORT, 4 }, { chip->acpi_enable, 1 },
        { chip->acpi_disable, 1 }, { 0, 1 }, { 0, 1 },
        { PC_ACPI_PM_BASE, 4 }, { 0, 4 },           /* PM1a, PM1b event */
        { PC_ACPI_PM_BASE + 4, 4 }, { 0, 4 },       /* PM1a, PM1b control */
        { 0, 4 }, { PC_ACPI_PM_BASE + 8, 4 },       /* PM2, timer */
        { chip->gpe_port, 4 }, { 0, 4 },            /* GPE0, GPE1 */
        { 4, 1 }, { 2, 1 }, { 0, 1 }, { 4, 1 },     /* their lengths */
        { 2 * chip->gpe_bytes, 1 }, { 0, 1 }, { 0, 1 }, { 0, 1 },
        { 0xfff, 2 }, { 0xfff, 2 },                 /* C2, C3: not there */
        { 0, 2 }, { 0, 2 }, { 0, 1 }, { 0, 1 },     /* flush, duty cycle */
        { 0, 1 }, { 0, 1 }, { 0x32, 1 },            /* RTC alarms, century */
        { BOOT_LEGACY_DEVICES | BOOT_8042 | BOOT_NO_VGA, 2 }, { 0, 1 },
        { FADT_WBINVD | FADT_C1 | FADT_NO_SLEEP_BUTTON | FADT_NO_FIXED_RTC |
          FADT_RESET_REG, 4 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        acpi_append_int(t, fields[i].value, fields[i].bytes);
    }
    io_address(t, RESET_PORT, 8);
    acpi_append_int(t, RESET_VALUE, 1);
    zeros(t, 3);
    zeros(t, 16);                           /* X_FACS, X_DSDT */
    io_address(t, PC_ACPI_PM_BASE, 32);
    io_address(t, 0, 0);
    io_address(t, PC_ACPI_PM_BASE + 4, 16);
    io_address(t, 0, 0);
    io_address(t, 0, 0);
    io_address(t, PC_ACPI_PM_BASE + 8, 32);
    io_address(t, chip->gpe_port, 16 * chip->gpe_bytes);
    io_address(t, 0, 0);
}

/* ---- MADT (5.2.12) ---- */

enum { MADT_LOCAL_APIC = 0, MADT_IO_APIC = 1, MADT_OVERRIDE = 2,
       MADT_LOCAL_NMI = 4 };
enum { ACTIVE_HIGH = 1, LEVEL_TRIGGERED = 3 << 2 };

static void build_override(GByteArray *t, unsigned irq, unsigned gsi,
                           unsigned flags)
{
    acpi_append_int(t, MADT_OVERRIDE, 1);
    acpi_append_int(t, 10, 1);
    acpi_append_int(t, 0, 1);               /* bus: ISA */
    acpi_append_int(t, irq, 1);
    acpi_append_int(t, gsi, 4);
    acpi_append_int(t, flags, 2);
}

static void build_madt(GByteArray *t, const AcpiBoard *board)
{
    static const uint8_t level_irqs[] = { 5, PC_ACPI_SCI_IRQ, 10, 11 };

    acpi_append_int(t, APIC_DEFAULT_ADDRESS, 4);
    acpi_append_int(t, 1, 4);               /* there are 8259s too */
    for (int i = 0; i < board->cpus->len; i++) {
        acpi_append_int(t, MADT_LOCAL_APIC, 1);
        acpi_append_int(t, 8, 1);
        acpi_append_int(t, i, 1);
        acpi_append_int(t, board->cpus->cpus[i].arch_id, 1);
        acpi_append_int(t, board->cpus->cpus[i].cpu != NULL, 4);
    }
    acpi_append_int(t, MADT_IO_APIC, 1);
    acpi_append_int(t, 12, 1);
    acpi_append_int(t, 0, 2);               /* id, reserved */
    acpi_append_int(t, IO_APIC_DEFAULT_ADDRESS, 4);
    acpi_append_int(t, 0, 4);               /* first GSI */
    build_override(t, 0, 2, 0);             /* the timer's pin */
    for (unsigned i = 0; i < ARRAY_SIZE(level_irqs); i++) {
        build_override(t, level_irqs[i], level_irqs[i],
                       ACTIVE_HIGH | LEVEL_TRIGGERED);
    }
    acpi_append_int(t, MADT_LOCAL_NMI, 1);
    acpi_append_int(t, 6, 1);
    acpi_append_int(t, 0xff, 1);            /* all processors */
    acpi_append_int(t, 0, 2);
    acpi_append_int(t, 1, 1);               /* LINT1 */
}

/* ---- MCFG (PCI Firmware 3.2, section 4.1.2) ---- */

static guint build_mcfg(GByteArray *tables, const AcpiRange *mmcfg)
{
    guint at = acpi_table_begin(tables, "MCFG", 1);

    zeros(tables, 8);
    acpi_append_int(tables, mmcfg->first, 8);
    acpi_append_int(tables, 0, 2);          /* segment */
    acpi_append_int(tables, 0, 1);          /* the first bus */
    acpi_append_int(tables, (mmcfg->last - mmcfg->first) >> 20, 1);
    zeros(tables, 4);
    acpi_table_end(tables, at);
    return at;
}

/* ---- SRAT and SLIT ---- */

static unsigned build_nodes(GByteArray *tables, const AcpiBoard *board,
                            guint *at)
{
    unsigned count = 0;

    if (board->numa) {
        at[count] = acpi_table_begin(tables, "SRAT", 1);
        acpi_build_srat(tables, board);
        acpi_table_end(tables, at[count++]);
    }
    if (board->numa && board->numa->distances_given) {
        at[count] = acpi_table_begin(tables, "SLIT", 1);
        acpi_build_slit(tables, board->numa);
        acpi_table_end(tables, at[count++]);
    }
    return count;
}

/* ---- pointers ---- */

/* Tables of the linked blob: the offset of each, and that of its checksum. */
typedef struct Linked {
    GByteArray *blob;
    BIOSLinker *linker;
} Linked;

static void point(const Linked *l, guint at, unsigned bytes, guint target)
{
    bios_linker_loader_add_pointer(l->linker, ACPI_BUILD_TABLE_FILE, at, bytes,
                                   ACPI_BUILD_TABLE_FILE, target);
}

/* Give the table its length, and let the linker make the checksum. */
static void finish(const Linked *l, guint at)
{
    acpi_table_end(l->blob, at);
    bios_linker_loader_add_checksum(l->linker, ACPI_BUILD_TABLE_FILE, at,
                                    l->blob->len - at, at + 9);
}

/* RSDT (4-byte pointers) or XSDT (8-byte). */
static guint build_root(const Linked *l, const char *signature, unsigned bytes,
                        const guint *targets, unsigned count)
{
    guint at = acpi_table_begin(l->blob, signature, 1);

    zeros(l->blob, count * bytes);
    for (unsigned i = 0; i < count; i++) {
        point(l, at + ACPI_TABLE_HEADER_BYTES + i * bytes, bytes, targets[i]);
    }
    finish(l, at);
    return at;
}

/* RSDP of revision 2 (5.2.5.3): 20 bytes of old, 36 in all. */
static GByteArray *build_rsdp(BIOSLinker *linker, guint rsdt, guint xsdt)
{
    GByteArray *t = g_byte_array_new();

    g_byte_array_append(t, (const guint8 *)"RSD PTR \0EMUSYS\2", 16);
    acpi_append_int(t, 0, 4);
    acpi_append_int(t, 36, 4);
    zeros(t, 12);                           /* XSDT, checksum, reserved */
    bios_linker_loader_alloc(linker, ACPI_BUILD_RSDP_FILE, t, 16, true);
    bios_linker_loader_add_pointer(linker, ACPI_BUILD_RSDP_FILE, 16, 4,
                                   ACPI_BUILD_TABLE_FILE, rsdt);
    bios_linker_loader_add_pointer(linker, ACPI_BUILD_RSDP_FILE, 24, 8,
                                   ACPI_BUILD_TABLE_FILE, xsdt);
    bios_linker_loader_add_checksum(linker, ACPI_BUILD_RSDP_FILE, 0, 20, 8);
    bios_linker_loader_add_checksum(linker, ACPI_BUILD_RSDP_FILE, 0, 36, 32);
    return t;
}

static guint build_fadt_table(const Linked *l, const AcpiChipset *chip,
                              guint facs, guint dsdt)
{
    guint at = acpi_table_begin(l->blob, "FACP", 3);

    build_fadt(l->blob, chip);
    point(l, at + FADT_FACS, 4, facs);
    point(l, at + FADT_DSDT, 4, dsdt);
    point(l, at + FADT_X_FACS, 8, facs);
    point(l, at + FADT_X_DSDT, 8, dsdt);
    finish(l, at);
    return at;
}

AcpiTables *acpi_build(const AcpiBoard *board)
{
    AcpiTables *t = g_new0(AcpiTables, 1);
    guint facs, dsdt, root[5], rsdt, xsdt;
    unsigned roots = 2;
    Linked l;

    t->tables = g_byte_array_new();
    t->linker = bios_linker_loader_init();
    l = (Linked) { t->tables, t->linker };
    bios_linker_loader_alloc(t->linker, ACPI_BUILD_TABLE_FILE, t->tables, 64,
                             false);
    facs = t->tables->len;
    build_facs(t->tables);
    dsdt = t->tables->len;
    board->chipset->build_dsdt(t->tables, board);
    root[0] = build_fadt_table(&l, board->chipset, facs, dsdt);
    root[1] = acpi_table_begin(t->tables, "APIC", 3);
    build_madt(t->tables, board);
    acpi_table_end(t->tables, root[1]);
    if (board->mmcfg.last > board->mmcfg.first) {
        root[roots++] = build_mcfg(t->tables, &board->mmcfg);
    }
    roots += build_nodes(t->tables, board, &root[roots]);
    rsdt = build_root(&l, "RSDT", 4, root, roots);
    xsdt = build_root(&l, "XSDT", 8, root, roots);
    t->rsdp = build_rsdp(t->linker, rsdt, xsdt);
    return t;
}

void acpi_tables_free(AcpiTables *t)
{
    if (t) {
        bios_linker_loader_cleanup(t->linker);
        g_byte_array_unref(t->tables);
        g_byte_array_unref(t->rsdp);
        g_free(t);
    }
}

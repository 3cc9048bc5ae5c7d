/*
 * What the x86 machines have in common. Which chips there are and how firmware's
 * tables describe them is up to pc.c and its like.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/datadir.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/core/cpu.h"
#include "hw/core/irq.h"
#include "hw/core/loader.h"
#include "hw/core/qdev-properties.h"
#include "hw/i386/x86.h"
#include "hw/intc/apic.h"
#include "system/address-spaces.h"
#include "target/i386/cpu.h"

#define BIOS_MAX_BYTES (16 * MiB)
#define BIOS_LOW_BYTES (128 * KiB)

/* ---- processors ---- */

/* Ids are dense: a CPU's APIC id is its index. */
const CPUArchIdList *x86_possible_cpu_arch_ids(MachineState *ms)
{
    unsigned count = ms->smp.max_cpus;

    if (!ms->possible_cpus) {
        ms->possible_cpus = g_malloc0(sizeof(CPUArchIdList) +
                                      count * sizeof(CPUArchId));
        ms->possible_cpus->len = count;
        for (unsigned i = 0; i < count; i++) {
            ms->possible_cpus->cpus[i] = (CPUArchId) {
                .arch_id = i, .vcpus_count = 1, .type = ms->cpu_type,
            };
        }
    }
    return ms->possible_cpus;
}

static void make_cpu(MachineState *ms, CPUArchId *slot, bool is_bsp)
{
    Object *obj = object_new(ms->cpu_type);
    X86CPU *cpu = X86_CPU(obj);
    CPUState *cs = CPU(obj);

    cpu->apic_id = slot->arch_id;
    cs->nr_cores = ms->smp.cores;
    cs->nr_threads = ms->smp.threads;
    cs->memory = get_system_memory();
    apic_create(cpu, slot->arch_id, is_bsp, &error_fatal);
    qdev_realize(DEVICE(obj), NULL, &error_fatal);
    slot->cpu = obj;
    object_unref(obj);
}

void x86_cpus_init(X86MachineState *x86ms)
{
    MachineState *ms = MACHINE(x86ms);
    CPUArchIdList *list = (CPUArchIdList *)x86_possible_cpu_arch_ids(ms);

    for (unsigned i = 0; i < ms->smp.cpus; i++) {
        make_cpu(ms, &list->cpus[i], i == 0);
    }
    apic_map(get_system_memory(), OBJECT(x86ms));
}

static void set_a20(void *opaque, int irq, int level)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        x86_cpu_set_a20(X86_CPU(cs), level);
    }
}

qemu_irq x86_a20_line(void)
{
    static qemu_irq line;

    if (!line) {
        line = qemu_allocate_irq(set_a20, NULL, 0);
    }
    return line;
}

/* ---- memory ---- */

static void map_ram(X86MachineState *x86ms, const char *name, uint64_t offset,
                    uint64_t address, uint64_t bytes)
{
    MemoryRegion *alias;

    if (bytes == 0) {
        return;
    }
    alias = g_new(MemoryRegion, 1);
    memory_region_init_alias(alias, OBJECT(x86ms), name,
                             MACHINE(x86ms)->ram, offset, bytes);
    memory_region_add_subregion(get_system_memory(), address, alias);
    e820_add(&x86ms->e820, address, bytes, E820_RAM);
}

void x86_ram_init(X86MachineState *x86ms, uint64_t hole_start)
{
    uint64_t ram = MACHINE(x86ms)->ram_size;

    x86ms->below_4g_mem_size = MIN(ram, hole_start);
    x86ms->above_4g_mem_size = ram - x86ms->below_4g_mem_size;
    map_ram(x86ms, "ram-below-4g", 0, 0, x86ms->below_4g_mem_size);
    map_ram(x86ms, "ram-above-4g", x86ms->below_4g_mem_size, X86_4GIB,
            x86ms->above_4g_mem_size);
}

/* ---- firmware ---- */

static char *find_bios(X86MachineState *x86ms, const char *default_name,
                       bool quiet)
{
    const char *asked = MACHINE(x86ms)->firmware;
    char *path = qemu_find_file(QEMU_FILE_TYPE_BIOS, asked ?: default_name);

    if (!path && asked) {
        error_report("could not find firmware '%s'", asked);
        exit(1);
    }
    if (!path && !quiet) {
        warn_report("no firmware '%s' found (package seabios, or -L DIR); "
                    "the guest has nothing to start with", default_name);
    }
    return path;
}

void x86_bios_rom_init(X86MachineState *x86ms, const char *default_name,
                       MemoryRegion *rom_memory, bool quiet)
{
    g_autofree char *path = find_bios(x86ms, default_name, quiet);
    int64_t bytes = path ? get_image_size(path) : 0;
    uint64_t low, size;
    MemoryRegion *bios, *isa_bios;

    if (!path) {
        return;
    }
    if (bytes <= 0 || bytes > (int64_t)BIOS_MAX_BYTES || bytes % (64 * KiB)) {
        error_report("firmware '%s' has %" PRId64 " bytes; a multiple of 64 "
                     "KiB up to %d MiB is needed", path, bytes,
                     (int)(BIOS_MAX_BYTES / MiB));
        exit(1);
    }
    size = bytes;
    bios = g_new(MemoryRegion, 1);
    memory_region_init_rom(bios, OBJECT(x86ms), "pc.bios", size, &error_fatal);
    if (load_image_mr(path, bios) != bytes) {
        error_report("could not read firmware '%s': %s", path, strerror(errno));
        exit(1);
    }
    low = MIN(size, BIOS_LOW_BYTES);
    isa_bios = g_new(MemoryRegion, 1);
    memory_region_init_alias(isa_bios, OBJECT(x86ms), "isa-bios", bios,
                             size - low, low);
    memory_region_add_subregion_overlap(rom_memory, 1 * MiB - low, isa_bios, 1);
    memory_region_add_subregion(rom_memory, X86_4GIB - size, bios);
}

/* ---- interrupt lines ---- */

/* A line goes to both controllers; the timer's to pin 2 of the I/O APIC. */
static void gsi_handler(void *opaque, int n, int level)
{
    X86MachineState *x86ms = opaque;

    if (n < ISA_NUM_IRQS && x86ms->i8259_irq) {
        qemu_set_irq(x86ms->i8259_irq[n], level);
    }
    qemu_set_irq(x86ms->ioapic_irq[n == 0 ? 2 : n], level);
}

void x86_gsi_init(X86MachineState *x86ms)
{
    x86ms->gsi = qemu_allocate_irqs(gsi_handler, x86ms, GSI_NUM_PINS);
}

void x86_ioapic_init(X86MachineState *x86ms, Object *parent)
{
    DeviceState *dev = qdev_new(TYPE_IOAPIC);

    object_property_add_child(parent, "ioapic", OBJECT(dev));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, IO_APIC_DEFAULT_ADDRESS);
    for (unsigned i = 0; i < IOAPIC_NUM_PINS; i++) {
        x86ms->ioapic_irq[i] = qdev_get_gpio_in(dev, i);
    }
    apic_set_eoi_listener(ioapic_eoi_broadcast);
}

/* ---- the machine type ---- */

static void get_max_ram(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    visit_type_size(v, name, &X86_MACHINE(obj)->max_ram_below_4g, errp);
}

static void set_max_ram(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value < 1 * MiB || value > 4 * GiB) {
        error_setg(errp, "max-ram-below-4g=%" PRIu64 " is not between 1 MiB "
                   "and 4 GiB", value);
        return;
    }
    X86_MACHINE(obj)->max_ram_below_4g = value;
}

/* Parts that other PCs have, and this one says that it has not. */
static const struct { const char *name, *what; } no_parts[] = {
    { "hpet", "HPET" }, { "vmport", "VMWare port" },
    { "smm", "system management mode" },
};

static char *get_no_part(Object *obj, Error **errp)
{
    return g_strdup("off");
}

static void set_no_part(Object *obj, const char *value, Error **errp)
{
    if (strcmp(value, "off") && strcmp(value, "auto")) {
        error_setg(errp, "'%s' cannot be had: there is no such part; legal "
                   "are off and auto", value);
    }
}

static char *get_acpi(Object *obj, Error **errp)
{
    return g_strdup(X86_MACHINE(obj)->no_acpi ? "off" : "on");
}

static void set_acpi(Object *obj, const char *value, Error **errp)
{
    bool off = !strcmp(value, "off");

    if (!off && strcmp(value, "on") && strcmp(value, "auto")) {
        error_setg(errp, "acpi=%s is not on, off or auto", value);
        return;
    }
    X86_MACHINE(obj)->no_acpi = off;
}

static void add_switches(ObjectClass *oc)
{
    object_class_property_add_str(oc, "acpi", get_acpi, set_acpi);
    object_class_property_set_description(oc, "acpi",
        "Give the guest ACPI tables: on, off or auto");
    for (unsigned i = 0; i < ARRAY_SIZE(no_parts); i++) {
        g_autofree char *text = g_strdup_printf("There is no %s: off or auto",
                                                no_parts[i].what);

        object_class_property_add_str(oc, no_parts[i].name, get_no_part,
                                      set_no_part);
        object_class_property_set_description(oc, no_parts[i].name, text);
    }
}

static void x86_machine_finalize(Object *obj)
{
    x86_linux_boot_free(X86_MACHINE(obj)->linux_boot);
}

static void x86_machine_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->possible_cpu_arch_ids = x86_possible_cpu_arch_ids;
    mc->max_cpus = APIC_MAX_CPUS;
    object_class_property_add(oc, "max-ram-below-4g", "size", get_max_ram,
                              set_max_ram, NULL, NULL);
    object_class_property_set_description(oc, "max-ram-below-4g",
        "Maximum ram below the 4G boundary (32bit boundary)");
    add_switches(oc);
}

static const TypeInfo x86_machine_types[] = {
    {
        .name = TYPE_X86_MACHINE,
        .parent = TYPE_MACHINE,
        .abstract = true,
        .instance_size = sizeof(X86MachineState),
        .instance_finalize = x86_machine_finalize,
        .class_size = sizeof(X86MachineClass),
        .class_init = x86_machine_class_init,
    },
};

DEFINE_TYPES(x86_machine_types)

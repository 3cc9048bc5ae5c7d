/*
 * The PC's common parts: memory map, the devices that every PC has, what happens
 * at a reset, and the place of ACPI tables. Chipsets: pc_piix.c, pc_q35.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/char/serial.h"
#include "hw/core/cpu.h"
#include "hw/core/irq.h"
#include "hw/firmware/smbios.h"
#include "hw/i386/pc.h"
#include "hw/input/i8042.h"
#include "hw/intc/apic.h"
#include "hw/intc/i8259.h"
#include "hw/timer/i8254.h"
#include "system/address-spaces.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/i386/cpu.h"

#define DEFAULT_BIOS "bios-256k.bin"
#define PCI_HOLE64_BYTES (32 * GiB)

/* ---- memory ---- */

/* RAM ends below 4 GiB where the user said, or where the chipset wants it. */
static uint64_t choose_hole_start(X86MachineState *x86ms, uint64_t chosen)
{
    uint64_t limit = x86ms->max_ram_below_4g;

    if (limit == 0) {
        return chosen;
    }
    if (limit > PC_PCI_HOLE_LAST || !QEMU_IS_ALIGNED(limit, 1 * MiB)) {
        error_report("max-ram-below-4g=%" PRIu64 " leaves no room for PCI; a "
                     "multiple of 1 MiB up to %u MiB is legal", limit,
                     (unsigned)(PC_PCI_HOLE_LAST / MiB));
        exit(1);
    }
    return MIN(limit, chosen);
}

/* The window above RAM, in the part of the address space that CPUs have. */
static AcpiRange choose_hole64(uint64_t above_4g)
{
    uint64_t first = ROUND_UP(X86_4GIB + above_4g, 1 * GiB);

    if (first > X86_PHYS_MASK) {
        error_report("guest memory (-m) reaches beyond the %d address bits of "
                     "the processor", X86_PHYS_BITS);
        exit(1);
    }
    return (AcpiRange) { first, MIN(first + PCI_HOLE64_BYTES - 1,
                                    X86_PHYS_MASK) };
}

MemoryRegion *pc_memory_init(PCMachineState *pcms, uint64_t default_hole_start)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    MachineState *ms = MACHINE(pcms);
    MemoryRegion *pci_memory = g_new(MemoryRegion, 1);

    memory_region_init(pci_memory, OBJECT(pcms), "pci", UINT64_MAX);
    pcms->hole_start = choose_hole_start(x86ms, default_hole_start);
    x86_ram_init(x86ms, pcms->hole_start);
    pcms->hole64 = choose_hole64(x86ms->above_4g_mem_size);
    if (!ms->kernel_filename || ms->firmware) {
        x86_bios_rom_init(x86ms, DEFAULT_BIOS, pci_memory, false);
    }
    return pci_memory;
}

/* Memory for devices below 4 GiB begins behind RAM and configuration space. */
static AcpiRange pci_hole(const PCMachineState *pcms)
{
    bool mmcfg = pcms->mmcfg.last > pcms->mmcfg.first;

    return (AcpiRange) {
        mmcfg ? pcms->mmcfg.last + 1 : pcms->hole_start, PC_PCI_HOLE_LAST
    };
}

PCIAssignWindows pc_pci_windows(PCMachineState *pcms)
{
    AcpiRange hole = pci_hole(pcms);

    return (PCIAssignWindows) {
        .io_base = 0xc000,
        .io_size = 0x3f00,
        .mem_base = hole.first,
        .mem_size = hole.last + 1 - hole.first,
        .mem64_base = pcms->hole64.first,
        .mem64_size = pcms->hole64.last - pcms->hole64.first + 1,
    };
}

/* ---- devices ---- */

static void pic_output(void *opaque, int n, int level)
{
    apic_set_pic_level(level);
}

/* Ports that are written for a delay (0x80) or to no effect (0xf0). */
static void ignore_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned size)
{
    /* Nothing listens. */
}

static uint64_t read_ones(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static const MemoryRegionOps no_device_ops = {
    .read = read_ones,
    .write = ignore_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void quiet_port(PCMachineState *pcms, const char *name, uint16_t port)
{
    MemoryRegion *mr = g_new(MemoryRegion, 1);

    memory_region_init_io(mr, OBJECT(pcms), &no_device_ops, NULL, name, 1);
    memory_region_enable_lockless_io(mr);
    memory_region_add_subregion(pcms->isa_bus->address_space_io, port, mr);
}

/* Devices whose line "a20" opens the gate. */
static void make_a20_device(PCMachineState *pcms, const char *type)
{
    ISADevice *dev = isa_create_simple(pcms->isa_bus, type);

    qdev_connect_gpio_out_named(DEVICE(dev), I8042_A20_LINE, 0,
                                x86_a20_line());
}

void pc_basic_device_init(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    ISABus *bus = pcms->isa_bus;
    ISADevice *pit;

    isa_bus_register_input_irqs(bus, x86ms->gsi);
    x86ms->i8259_irq = i8259_init(bus, qemu_allocate_irq(pic_output, NULL, 0));
    apic_set_extint_source(i8259_acknowledge);
    quiet_port(pcms, "ioport80", 0x80);
    quiet_port(pcms, "ioportF0", 0xf0);
    pcms->rtc = mc146818_rtc_init(bus, 0, x86ms->gsi[8]);
    pit = i8254_pit_init(bus, 0x40, x86ms->gsi[0]);
    pcspk_init(bus, pit);
    make_a20_device(pcms, TYPE_I8042);
    make_a20_device(pcms, TYPE_PORT92);
    serial_hds_isa_init(bus, 0, MAX_ISA_SERIAL_PORTS);
}

/* ---- ACPI ---- */

static void build_acpi(PCMachineState *pcms)
{
    MachineState *ms = MACHINE(pcms);
    AcpiBoard board = {
        .chipset = PC_MACHINE_GET_CLASS(pcms)->acpi_chipset,
        .cpus = x86_possible_cpu_arch_ids(ms),
        .isa_bus = pcms->isa_bus,
        .pci_hole = pci_hole(pcms),
        .pci_hole64 = pcms->hole64,
        .mmcfg = pcms->mmcfg,
        .numa = ms->numa,
        .ram_below_4g = X86_MACHINE(pcms)->below_4g_mem_size,
        .pci_bus = pcms->pcibus,
        .pcihp = pcms->pcihp,
    };

    acpi_tables_free(pcms->acpi);
    pcms->acpi = acpi_build(&board);
}

/* Firmware asks for files: now the tables are worth their while. */
static void provide_acpi(void *opaque)
{
    PCMachineState *pcms = opaque;
    FWCfgState *fw_cfg = X86_MACHINE(pcms)->fw_cfg;
    const GByteArray *script;

    pc_fw_cfg_boot_order(pcms);
    if (X86_MACHINE(pcms)->no_acpi) {
        return;
    }
    build_acpi(pcms);
    script = bios_linker_loader_script(pcms->acpi->linker);
    fw_cfg_modify_file(fw_cfg, ACPI_BUILD_TABLE_FILE, pcms->acpi->tables->data,
                       pcms->acpi->tables->len);
    fw_cfg_modify_file(fw_cfg, ACPI_BUILD_RSDP_FILE, pcms->acpi->rsdp->data,
                       pcms->acpi->rsdp->len);
    fw_cfg_modify_file(fw_cfg, ACPI_BUILD_LOADER_FILE, script->data,
                       script->len);
}

/* ---- SMBIOS ---- */

static SmbiosBoard smbios_board(PCMachineState *pcms)
{
    const MachineClass *mc = MACHINE_GET_CLASS(pcms);
    const MachineState *ms = MACHINE(pcms);
    const X86MachineState *x86ms = X86_MACHINE(pcms);
    CPUX86State *env = cpu_env(first_cpu);

    return (SmbiosBoard){
        .manufacturer = "QEMU",
        .product = mc->desc,
        .version = mc->name,
        .uuid = qemu_uuid_set ? qemu_uuid.data : NULL,
        .sockets = ms->smp.sockets,
        .cores = ms->smp.dies * ms->smp.cores,
        .threads = ms->smp.threads,
        .cpu_signature = env->cpuid_version,
        .cpu_features = env->features[FEAT_1_EDX],
        .ram_bytes = ms->ram_size,
        .ram = {
            { 0, x86ms->below_4g_mem_size },
            { X86_4GIB, X86_4GIB + x86ms->above_4g_mem_size },
        },
    };
}

/* The user may want to tell more than fits: then this is the place to say so. */
static void make_smbios(PCMachineState *pcms, uint32_t address,
                        GByteArray **tables, GByteArray **anchor)
{
    SmbiosBoard board = smbios_board(pcms);

    smbios_build(&board, address, tables, anchor, &error_fatal);
}

static void provide_smbios(PCMachineState *pcms)
{
    FWCfgState *fw_cfg = X86_MACHINE(pcms)->fw_cfg;
    GByteArray *tables, *anchor;

    make_smbios(pcms, 0, &tables, &anchor);
    fw_cfg_add_file(fw_cfg, SMBIOS_TABLES_FILE, tables->data, tables->len);
    fw_cfg_add_file(fw_cfg, SMBIOS_ANCHOR_FILE, anchor->data, anchor->len);
    g_byte_array_free(tables, false);
    g_byte_array_free(anchor, false);
}

/* Without firmware: where it is looked for, the tables behind the anchor. */
static void place_smbios(PCMachineState *pcms)
{
    enum { ANCHOR_AT = 0xf0000, TABLES_AT = ANCHOR_AT + 32 };
    g_autoptr(GByteArray) tables = NULL, anchor = NULL;

    make_smbios(pcms, TABLES_AT, &tables, &anchor);
    address_space_write(&address_space_memory, TABLES_AT,
                        MEMTXATTRS_UNSPECIFIED, tables->data, tables->len);
    address_space_write(&address_space_memory, ANCHOR_AT,
                        MEMTXATTRS_UNSPECIFIED, anchor->data, anchor->len);
}

static void place_blob(void *opaque, const char *file, uint64_t address,
                       const GByteArray *blob)
{
    uint64_t *rsdp = opaque;

    address_space_write(&address_space_memory, address, MEMTXATTRS_UNSPECIFIED,
                        blob->data, blob->len);
    if (!strcmp(file, ACPI_BUILD_RSDP_FILE)) {
        *rsdp = address;
    }
}

/* Tables at the end of low RAM, the root pointer where it is looked for. */
static uint64_t place_acpi(PCMachineState *pcms)
{
    uint64_t ram_end = X86_MACHINE(pcms)->below_4g_mem_size;
    BIOSLinkerZones zones = {
        .high_next = ram_end - X86_BOOT_ACPI_BYTES, .high_end = ram_end,
        .fseg_next = X86_EBDA_BASE + 16, .fseg_end = 0xa0000,
    };
    uint64_t rsdp = 0;

    build_acpi(pcms);
    if (!bios_linker_apply(pcms->acpi->linker, &zones, place_blob, &rsdp)) {
        error_report("ACPI tables are larger than %d KiB",
                     X86_BOOT_ACPI_BYTES / 1024);
    }
    return rsdp;
}

/* ---- the start of a kernel without firmware ---- */

static int assign_irq_line(PCIDevice *dev, int pin, void *opaque)
{
    return PC_MACHINE_GET_CLASS(opaque)->pci_irq_line(opaque, dev, pin);
}

static E820Table boot_memory_map(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    E820Table map = x86ms->e820;

    e820_add(&map, X86_EBDA_BASE, 0x100000 - X86_EBDA_BASE, E820_RESERVED);
    e820_add(&map, x86ms->below_4g_mem_size - X86_BOOT_ACPI_BYTES,
             X86_BOOT_ACPI_BYTES, E820_ACPI);
    if (pcms->mmcfg.last > pcms->mmcfg.first) {
        e820_add(&map, pcms->mmcfg.first,
                 pcms->mmcfg.last - pcms->mmcfg.first + 1, E820_RESERVED);
    }
    return map;
}

static void start_linux(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    PCIAssignWindows windows = pc_pci_windows(pcms);
    E820Table map = boot_memory_map(pcms);
    Error *err = NULL;

    PC_MACHINE_GET_CLASS(pcms)->firmware_setup(pcms);
    windows.irq_line = assign_irq_line;
    windows.opaque = pcms;
    if (!pci_assign_resources(pcms->pcibus, &windows, &err)) {
        warn_report_err(err);
    }
    place_smbios(pcms);
    x86_linux_boot_start(x86ms->linux_boot, &map,
                         x86ms->no_acpi ? 0 : place_acpi(pcms),
                         pcms->hole_start);
}

/* Nobody holds on to devices that shall go, and all buses get into the tables. */
static void settle_hotplug(PCMachineState *pcms)
{
    if (pcms->pcihp) {
        acpi_pcihp_finish_unplug(pcms->pcihp);
    }
    pci_bus_finish_unplug(pcms->pcibus);
    if (pcms->pcihp) {
        acpi_pcihp_number_buses(pcms->pcihp);
    }
}

static void pc_machine_reset(MachineState *ms, ResetType type)
{
    PCMachineState *pcms = PC_MACHINE(ms);

    if (type == RESET_TYPE_COLD) {
        settle_hotplug(pcms);
    }
    qemu_devices_reset(type);
    apic_reset_all();
    if (type == RESET_TYPE_COLD) {
        pc_boot_order_reset(pcms);
    }
    if (X86_MACHINE(pcms)->linux_boot && type == RESET_TYPE_COLD) {
        start_linux(pcms);
    }
}

/* Names of files that are made later are not for users. */
static void reserve_files(FWCfgState *fw_cfg)
{
    static const char *const names[] = {
        "bootorder", ACPI_BUILD_TABLE_FILE, ACPI_BUILD_RSDP_FILE,
        ACPI_BUILD_LOADER_FILE,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        fw_cfg_add_file(fw_cfg, names[i], NULL, 0);
    }
}

static void pc_machine_done(Notifier *notifier, void *data)
{
    PCMachineState *pcms = container_of(notifier, PCMachineState,
                                        machine_done);

    if (pcms->pcihp) {
        acpi_pcihp_number_buses(pcms->pcihp);
    }
    pc_cmos_init(pcms);
    pc_fw_cfg_init(pcms);
    provide_smbios(pcms);
    reserve_files(X86_MACHINE(pcms)->fw_cfg);
    fw_cfg_set_prepare(X86_MACHINE(pcms)->fw_cfg, provide_acpi, pcms);
}

void pc_boot_init(PCMachineState *pcms)
{
    MachineState *ms = MACHINE(pcms);
    X86MachineState *x86ms = X86_MACHINE(pcms);

    x86ms->fw_cfg = fw_cfg_init_io_dma(0x510, 0x514, &address_space_memory);
    if (ms->kernel_filename) {
        x86ms->linux_boot = x86_linux_boot_new(ms->kernel_filename,
                                               ms->initrd_filename,
                                               ms->kernel_cmdline,
                                               x86ms->below_4g_mem_size,
                                               &error_fatal);
    } else if (ms->initrd_filename) {
        error_report("-initrd needs -kernel");
        exit(1);
    }
    pcms->machine_done.notify = pc_machine_done;
    qemu_add_machine_init_done_notifier(&pcms->machine_done);
}

static void pc_machine_finalize(Object *obj)
{
    acpi_tables_free(PC_MACHINE(obj)->acpi);
}

static void pc_machine_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->reset = pc_machine_reset;
    mc->default_boot_order = "cad";
    mc->default_display = "none";
    mc->default_nic = "virtio-net-pci";
    mc->default_cpu_type = X86_CPU_TYPE_NAME("qemu64");
    mc->default_ram_id = "pc.ram";
    mc->default_ram_size = 128 * MiB;
    mc->no_floppy = true;
    mc->no_cdrom = true;
    mc->no_parallel = true;
    mc->has_hotpluggable_cpus = false;
}

static const TypeInfo pc_machine_types[] = {
    {
        .name = TYPE_PC_MACHINE,
        .parent = TYPE_X86_MACHINE,
        .abstract = true,
        .instance_size = sizeof(PCMachineState),
        .instance_finalize = pc_machine_finalize,
        .class_size = sizeof(PCMachineClass),
        .class_init = pc_machine_class_init,
    },
};

DEFINE_TYPES(pc_machine_types)

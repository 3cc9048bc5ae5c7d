/*
 * What firmware is told about a PC: fw_cfg items and CMOS bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "hw/core/bootdevice.h"
#include "hw/core/numa.h"
#include "hw/i386/pc.h"
#include "system/system.h"

/* Items that only x86 firmware knows. */
enum { FW_CFG_IRQ0_OVERRIDE = FW_CFG_ARCH_LOCAL + 2 };

/* -boot's letters as CMOS numbers; 0: no such device. */
static unsigned boot_device_number(char letter)
{
    static const char letters[] = "acdn";
    const char *at = letter ? strchr(letters, letter) : NULL;

    return at ? at - letters + 1 : 0;
}

static const char *boot_order(PCMachineState *pcms)
{
    MachineState *ms = MACHINE(pcms);

    return ms->boot_config.once ?: ms->boot_config.order ?:
           MACHINE_GET_CLASS(ms)->default_boot_order ?: "cad";
}

static void set_word(MC146818RtcState *rtc, int addr, uint64_t value)
{
    mc146818rtc_set_cmos_data(rtc, addr, value & 0xff);
    mc146818rtc_set_cmos_data(rtc, addr + 1, value >> 8 & 0xff);
}

static void set_memory(MC146818RtcState *rtc, const X86MachineState *x86ms)
{
    uint64_t low = x86ms->below_4g_mem_size, high = x86ms->above_4g_mem_size;
    uint64_t extended = low > MiB ? (low - MiB) / KiB : 0;
    uint64_t above_16m = low > 16 * MiB ? (low - 16 * MiB) / (64 * KiB) : 0;

    set_word(rtc, 0x15, 640);
    set_word(rtc, 0x17, MIN(extended, 0xffff));
    set_word(rtc, 0x30, MIN(extended, 0xffff));
    set_word(rtc, 0x34, MIN(above_16m, 0xffff));
    set_word(rtc, 0x5b, high / (64 * KiB));
    mc146818rtc_set_cmos_data(rtc, 0x5d, high / (64 * KiB) >> 16);
}

static void set_boot_order(PCMachineState *pcms, const char *order)
{
    size_t count = strlen(order);
    unsigned n[3] = { 0 };

    for (size_t i = 0; i < count; i++) {
        unsigned number = boot_device_number(order[i]);

        if (number == 0 || i >= ARRAY_SIZE(n)) {
            error_report("invalid boot order '%s': up to three of a (floppy), "
                         "c (disk), d (CD-ROM), n (network)", order);
            exit(1);
        }
        n[i] = number;
    }
    mc146818rtc_set_cmos_data(pcms->rtc, 0x3d, n[1] << 4 | n[0]);
    mc146818rtc_set_cmos_data(pcms->rtc, 0x38, n[2] << 4);
}

void pc_boot_order_reset(PCMachineState *pcms)
{
    BootConfiguration *boot = &MACHINE(pcms)->boot_config;

    if (boot->once && pcms->started) {
        g_clear_pointer(&boot->once, g_free);
        set_boot_order(pcms, boot_order(pcms));
        fw_cfg_modify_i16(X86_MACHINE(pcms)->fw_cfg, FW_CFG_BOOT_DEVICE,
                          boot_order(pcms)[0]);
    }
    pcms->started = true;
}

void pc_cmos_init(PCMachineState *pcms)
{
    set_memory(pcms->rtc, X86_MACHINE(pcms));
    set_boot_order(pcms, boot_order(pcms));
    mc146818rtc_set_cmos_data(pcms->rtc, 0x5f, MACHINE(pcms)->smp.cpus - 1);
    mc146818rtc_set_cmos_data(pcms->rtc, 0x14, 0x06);   /* FPU, mouse */
}

/* Number of nodes, each CPU's node, each node's memory. */
static void add_numa(FWCfgState *fw_cfg, MachineState *ms)
{
    const CPUArchIdList *cpus = x86_possible_cpu_arch_ids(ms);
    unsigned nodes = ms->numa ? ms->numa->count : 0;
    size_t bytes = (1 + cpus->len + nodes) * sizeof(uint64_t);
    uint64_t *item = g_malloc0(bytes);

    item[0] = cpu_to_le64(nodes);
    for (int i = 0; i < cpus->len; i++) {
        item[1 + i] = cpu_to_le64(cpus->cpus[i].node);
    }
    for (unsigned i = 0; i < nodes; i++) {
        item[1 + cpus->len + i] = cpu_to_le64(ms->numa->node[i].bytes);
    }
    fw_cfg_add_bytes(fw_cfg, FW_CFG_NUMA, item, bytes);
}

static void add_int_file(FWCfgState *fw_cfg, const char *name, uint64_t value,
                         size_t bytes)
{
    uint64_t le = cpu_to_le64(value);

    fw_cfg_add_file(fw_cfg, name, g_memdup2(&le, bytes), bytes);
}

/* A picture for the boot menu; firmware knows it by its name. */
static void add_splash(FWCfgState *fw_cfg, const char *path)
{
    g_autoptr(GError) why = NULL;
    const char *name = NULL;
    char *bytes;
    gsize count;

    if (!g_file_get_contents(path, &bytes, &count, &why)) {
        error_report("-boot splash: %s", why->message);
        exit(1);
    }
    if (count >= 2 && !memcmp(bytes, "BM", 2)) {
        name = "bootsplash.bmp";
    } else if (count >= 2 && !memcmp(bytes, "\xff\xd8", 2)) {
        name = "bootsplash.jpg";
    }
    if (!name) {
        error_report("-boot splash: '%s' is neither a BMP nor a JPEG picture",
                     path);
        exit(1);
    }
    fw_cfg_add_file(fw_cfg, name, bytes, count);
}

static void add_boot_options(FWCfgState *fw_cfg, const BootConfiguration *boot)
{
    if (boot->splash) {
        add_splash(fw_cfg, boot->splash);
    }
    if (boot->has_splash_time) {
        add_int_file(fw_cfg, "etc/boot-menu-wait", boot->splash_time, 2);
    }
    add_int_file(fw_cfg, "etc/boot-fail-wait",
                 boot->has_reboot_timeout ? boot->reboot_timeout : -1, 4);
    fw_cfg_add_i16(fw_cfg, FW_CFG_BOOT_MENU, boot->has_menu && boot->menu);
}

void pc_fw_cfg_init(PCMachineState *pcms)
{
    MachineState *ms = MACHINE(pcms);
    X86MachineState *x86ms = X86_MACHINE(pcms);
    FWCfgState *fw_cfg = x86ms->fw_cfg;

    fw_cfg_add_i16(fw_cfg, FW_CFG_NB_CPUS, ms->smp.cpus);
    fw_cfg_add_i16(fw_cfg, FW_CFG_MAX_CPUS, ms->smp.max_cpus);
    fw_cfg_add_i64(fw_cfg, FW_CFG_RAM_SIZE, ms->ram_size);
    fw_cfg_add_bytes(fw_cfg, FW_CFG_UUID, &qemu_uuid, sizeof(qemu_uuid));
    fw_cfg_add_i16(fw_cfg, FW_CFG_NOGRAPHIC, !ms->enable_graphics);
    fw_cfg_add_i16(fw_cfg, FW_CFG_BOOT_DEVICE, boot_order(pcms)[0]);
    fw_cfg_add_i32(fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1);
    add_numa(fw_cfg, ms);
    add_boot_options(fw_cfg, &ms->boot_config);
    fw_cfg_add_file(fw_cfg, "etc/e820", x86ms->e820.entry,
                    x86ms->e820.count * sizeof(E820Entry));
}

void pc_fw_cfg_boot_order(PCMachineState *pcms)
{
    const BootConfiguration *boot = &MACHINE(pcms)->boot_config;
    FWCfgState *fw_cfg = X86_MACHINE(pcms)->fw_cfg;
    size_t bytes;
    char *list = bootdevice_list(boot->has_strict && boot->strict, &bytes);

    g_free(fw_cfg_modify_file(fw_cfg, "bootorder", list, bytes));
}

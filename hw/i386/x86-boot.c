/*
 * Direct boot of a Linux kernel by the 64-bit boot protocol: what a boot loader
 * leaves in memory and in the first CPU's registers. The image's header is read
 * by bzimage.c.
 *
 * Documentation/arch/x86/boot.rst ("64-bit Boot Protocol") and zero-page.rst.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/guest-random.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/core/cpu.h"
#include "hw/core/loader.h"
#include "hw/i386/bzimage.h"
#include "hw/i386/x86.h"
#include "system/address-spaces.h"
#include "target/i386/cpu.h"

/* Low memory, all of it free once the kernel runs. */
enum {
    GDT_AT = 0x1000,
    PAGE_TABLES_AT = 0x2000,            /* six pages: identity map of 4 GiB */
    ZERO_PAGE_AT = 0x8000,
    SEED_AT = 0x9000,
    CMDLINE_AT = 0xa000,
    CMDLINE_ROOM = 0x10000,
};

/* Offsets in the zero page. */
enum {
    ZP_RSDP = 0x070, ZP_EXT_INITRD = 0x0c0, ZP_EXT_INITRD_SIZE = 0x0c4,
    ZP_E820_COUNT = 0x1e8, ZP_VID_MODE = 0x1fa, ZP_LOADER_TYPE = 0x210,
    ZP_LOAD_FLAGS = 0x211, ZP_CODE32_START = 0x214, ZP_INITRD = 0x218,
    ZP_INITRD_SIZE = 0x21c, ZP_HEAP_END = 0x224, ZP_CMDLINE = 0x228,
    ZP_SETUP_DATA = 0x250, ZP_E820 = 0x2d0, ZP_BYTES = 0x1000,
};
enum { LOADER_UNDEFINED = 0xff, CAN_USE_HEAP = 0x80, ENTRY_64 = 0x200 };
enum { SETUP_RNG_SEED = 9, SEED_BYTES = 32 };

#define BOOT_CS 0x10
#define BOOT_DS 0x18

struct X86LinuxBoot {
    ImageFile kernel, initrd;
    BzImage image;
    char *cmdline;
    uint64_t load_address;
    uint64_t initrd_address;            /* 0: none */
};

/* ---- before the start: files and places ---- */

static bool open_kernel(X86LinuxBoot *boot, const char *name, Error **errp)
{
    uint8_t head[BZIMAGE_HEAD_BYTES];
    const char *why;
    ssize_t n;

    if (!image_file_open(&boot->kernel, "kernel", name, errp)) {
        return false;
    }
    n = image_file_head(&boot->kernel, head, sizeof(head));
    if (n < 0) {
        error_setg_errno(errp, errno, "could not read kernel '%s'", name);
        return false;
    }
    if (!bzimage_parse(head, n, boot->kernel.bytes, &boot->image, &why)) {
        error_setg(errp, "kernel '%s': %s", name, why);
        return false;
    }
    return true;
}

static bool check_cmdline(const X86LinuxBoot *boot, Error **errp)
{
    size_t limit = MIN((size_t)boot->image.cmdline_max, CMDLINE_ROOM - 1);

    if (strlen(boot->cmdline) > limit) {
        error_setg(errp, "kernel command line has %zu characters; '%s' takes "
                   "%zu", strlen(boot->cmdline), boot->kernel.name, limit);
        return false;
    }
    return true;
}

static bool find_places(X86LinuxBoot *boot, uint64_t below_4g, Error **errp)
{
    uint64_t end = below_4g > X86_BOOT_ACPI_BYTES ?
                   below_4g - X86_BOOT_ACPI_BYTES : 0;

    boot->load_address = bzimage_load_address(&boot->image, end);
    if (!boot->load_address) {
        error_setg(errp, "kernel '%s' does not fit: it needs %" PRIu64
                   " MiB and guest memory has %" PRIu64 " (-m)",
                   boot->kernel.name,
                   (boot->image.run_bytes + MiB) / MiB + 1, below_4g / MiB);
        return false;
    }
    if (!boot->initrd.name || boot->initrd.bytes == 0) {
        return true;
    }
    boot->initrd_address = bzimage_initrd_address(&boot->image,
                                                  boot->load_address,
                                                  boot->initrd.bytes, end);
    if (!boot->initrd_address) {
        error_setg(errp, "initrd '%s' (%" PRIu64 " MiB) does not fit beside "
                   "the kernel in %" PRIu64 " MiB of guest memory (-m)",
                   boot->initrd.name, boot->initrd.bytes / MiB,
                   below_4g / MiB);
        return false;
    }
    return true;
}

X86LinuxBoot *x86_linux_boot_new(const char *kernel, const char *initrd,
                                 const char *cmdline, uint64_t below_4g,
                                 Error **errp)
{
    X86LinuxBoot *boot = g_new0(X86LinuxBoot, 1);

    boot->cmdline = g_strdup(cmdline ?: "");
    if (open_kernel(boot, kernel, errp) &&
        (!initrd || image_file_open(&boot->initrd, "initrd", initrd, errp)) &&
        check_cmdline(boot, errp) && find_places(boot, below_4g, errp)) {
        return boot;
    }
    x86_linux_boot_free(boot);
    return NULL;
}

void x86_linux_boot_free(X86LinuxBoot *boot)
{
    if (boot) {
        image_file_close(&boot->kernel);
        image_file_close(&boot->initrd);
        g_free(boot->cmdline);
        g_free(boot);
    }
}

/* ---- at the start: memory ---- */

static void put(hwaddr at, const void *bytes, size_t count)
{
    address_space_write(&address_space_memory, at, MEMTXATTRS_UNSPECIFIED,
                        bytes, count);
}

/* One seed for each start: the kernel has no other entropy so early. */
static void put_seed(void)
{
    struct QEMU_PACKED {
        uint64_t next;
        uint32_t type, len;
        uint8_t seed[SEED_BYTES];
    } node = { .type = SETUP_RNG_SEED, .len = SEED_BYTES };

    qemu_guest_getrandom_nofail(node.seed, sizeof(node.seed));
    put(SEED_AT, &node, sizeof(node));
}

static void put_zero_page(const X86LinuxBoot *boot, const E820Table *e820,
                          uint64_t rsdp)
{
    g_autofree uint8_t *zp = g_malloc0(ZP_BYTES);
    uint64_t initrd = boot->initrd_address;
    uint64_t initrd_bytes = initrd ? boot->initrd.bytes : 0;

    memcpy(zp + BZIMAGE_HEADER_AT, boot->image.header,
           boot->image.header_bytes);
    stq_le_p(zp + ZP_RSDP, rsdp);
    stw_le_p(zp + ZP_VID_MODE, 0xffff);
    zp[ZP_LOADER_TYPE] = LOADER_UNDEFINED;
    zp[ZP_LOAD_FLAGS] |= CAN_USE_HEAP;
    stw_le_p(zp + ZP_HEAP_END, 0xfe00);
    stl_le_p(zp + ZP_CODE32_START, boot->load_address);
    stl_le_p(zp + ZP_INITRD, initrd);
    stl_le_p(zp + ZP_EXT_INITRD, initrd >> 32);
    stl_le_p(zp + ZP_INITRD_SIZE, initrd_bytes);
    stl_le_p(zp + ZP_EXT_INITRD_SIZE, initrd_bytes >> 32);
    stl_le_p(zp + ZP_CMDLINE, CMDLINE_AT);
    stq_le_p(zp + ZP_SETUP_DATA, SEED_AT);
    zp[ZP_E820_COUNT] = e820->count;
    memcpy(zp + ZP_E820, e820->entry, e820->count * sizeof(E820Entry));
    put(ZERO_PAGE_AT, zp, ZP_BYTES);
}

/* PML4, PDPT and four directories of 2 MiB pages. */
static void put_page_tables(void)
{
    enum { ENTRIES = 512, PRESENT_WRITABLE = 0x03, LARGE = 0x80 };
    g_autofree uint64_t *t = g_new0(uint64_t, 6 * ENTRIES);

    t[0] = (PAGE_TABLES_AT + 0x1000) | PRESENT_WRITABLE;
    for (unsigned i = 0; i < 4; i++) {
        t[ENTRIES + i] = (PAGE_TABLES_AT + 0x2000 + i * 0x1000) |
                         PRESENT_WRITABLE;
    }
    for (uint64_t i = 0; i < 4 * ENTRIES; i++) {
        t[2 * ENTRIES + i] = i << 21 | PRESENT_WRITABLE | LARGE;
    }
    put(PAGE_TABLES_AT, t, 6 * ENTRIES * sizeof(*t));
}

static void put_gdt(void)
{
    static const uint64_t gdt[] = {
        0, 0,
        0x00af9b000000ffff,             /* BOOT_CS: 64-bit code */
        0x00cf93000000ffff,             /* BOOT_DS: flat data */
    };

    put(GDT_AT, gdt, sizeof(gdt));
}

/* What a BIOS keeps there: where low memory ends, and a row of kilobytes. */
static void put_bios_data(void)
{
    uint8_t ebda_kib = 1;
    uint16_t ebda_segment = X86_EBDA_BASE >> 4, low_kib = X86_EBDA_BASE / KiB;

    put(0x40e, &ebda_segment, sizeof(ebda_segment));
    put(0x413, &low_kib, sizeof(low_kib));
    put(X86_EBDA_BASE, &ebda_kib, sizeof(ebda_kib));
}

static bool put_files(const X86LinuxBoot *boot, Error **errp)
{
    return image_file_load(&boot->kernel, boot->image.kernel_at,
                           boot->image.kernel_bytes, &address_space_memory,
                           boot->load_address, errp) &&
           (!boot->initrd_address ||
            image_file_load(&boot->initrd, 0, boot->initrd.bytes,
                            &address_space_memory, boot->initrd_address,
                            errp));
}

/* ---- at the start: the first CPU ---- */

/* Write-back but for the legacy video range and what lies above RAM. */
static void set_mtrrs(CPUX86State *env, uint64_t hole_start)
{
    enum { FIXED_AND_ALL_ON = 0xc00, WRITE_BACK = 6, UNCACHED = 0,
           VALID = 0x800, VIDEO_RANGE = 2 };
    uint64_t at = hole_start;

    for (unsigned i = 0; i < ARRAY_SIZE(env->mtrr_fixed); i++) {
        env->mtrr_fixed[i] = i == VIDEO_RANGE ? 0
                                              : 0x0101010101010101 * WRITE_BACK;
    }
    /* Each range is a power of two bytes and aligned to them. */
    for (unsigned i = 0; i < ARRAY_SIZE(env->mtrr_var) && at < X86_4GIB; i++) {
        uint64_t bytes = 1ull << ctz64(at);

        env->mtrr_var[i].base = at | UNCACHED;
        env->mtrr_var[i].mask = (~(bytes - 1) & X86_PHYS_MASK) | VALID;
        at += bytes;
    }
    env->mtrr_deftype = FIXED_AND_ALL_ON | WRITE_BACK;
}

static void set_registers(CPUX86State *env, uint64_t entry)
{
    const uint32_t data = DESC_P_MASK | DESC_S_MASK | DESC_W_MASK |
                          DESC_A_MASK | DESC_G_MASK | DESC_B_MASK;
    const uint32_t code = DESC_P_MASK | DESC_S_MASK | DESC_CS_MASK |
                          DESC_R_MASK | DESC_A_MASK | DESC_G_MASK | DESC_L_MASK;

    env->gdt.base = GDT_AT;
    env->gdt.limit = 4 * sizeof(uint64_t) - 1;
    env->idt.base = env->idt.limit = 0;
    cpu_x86_update_cr4(env, CR4_PAE_MASK);
    cpu_x86_update_cr3(env, PAGE_TABLES_AT);
    env->efer = MSR_EFER_LME;
    cpu_x86_update_cr0(env, CR0_PG_MASK | CR0_NE_MASK | CR0_ET_MASK |
                       CR0_PE_MASK);
    cpu_x86_load_seg_cache(env, R_CS, BOOT_CS, 0, UINT32_MAX, code);
    for (int seg = R_ES; seg <= R_GS; seg++) {
        if (seg != R_CS) {
            cpu_x86_load_seg_cache(env, seg, BOOT_DS, 0, UINT32_MAX, data);
        }
    }
    memset(env->regs, 0, sizeof(env->regs));
    env->regs[R_ESI] = ZERO_PAGE_AT;
    env->regs[R_ESP] = ZERO_PAGE_AT;
    env->eip = entry;
}

void x86_linux_boot_start(X86LinuxBoot *boot, const E820Table *e820,
                          uint64_t rsdp, uint64_t hole_start)
{
    Error *err = NULL;
    CPUState *cs;

    put_bios_data();
    put_gdt();
    put_page_tables();
    put_seed();
    put_zero_page(boot, e820, rsdp);
    put(CMDLINE_AT, boot->cmdline, strlen(boot->cmdline) + 1);
    if (!put_files(boot, &err)) {
        error_report_err(err);          /* the guest starts into nothing */
    }
    CPU_FOREACH(cs) {
        set_mtrrs(cpu_env(cs), hole_start);
    }
    set_registers(cpu_env(first_cpu), boot->load_address + ENTRY_64);
}

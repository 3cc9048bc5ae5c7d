/*
 * Reading a bzImage: header checks and placement. Putting it into a guest is
 * x86-boot.c's work.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "hw/i386/bzimage.h"

/* Offsets in the file. */
enum {
    AT_SETUP_SECTS = 0x1f1, AT_SYSSIZE = 0x1f4, AT_BOOT_FLAG = 0x1fe,
    AT_HEADER_LENGTH = 0x201, AT_MAGIC = 0x202, AT_VERSION = 0x206,
    AT_LOADFLAGS = 0x211, AT_INITRD_MAX = 0x22c, AT_ALIGNMENT = 0x230,
    AT_RELOCATABLE = 0x234, AT_XLOADFLAGS = 0x236, AT_CMDLINE_SIZE = 0x238,
    AT_PREF_ADDRESS = 0x258, AT_INIT_SIZE = 0x260,
    HEADER_MIN_END = 0x264,
};

enum { LOADED_HIGH = 1 << 0 };
enum { XLF_KERNEL_64 = 1 << 0, XLF_ABOVE_4G = 1 << 1 };

#define SECTOR 512
#define MIN_VERSION 0x020c          /* the first with a 64-bit entry point */
#define LOWEST_LOAD 0x100000

static uint32_t u32(const uint8_t *p)
{
    return ldl_le_p(p);
}

/* What a file that is not a bzImage at all fails at. */
static const char *check_magic(const uint8_t *head, size_t head_bytes)
{
    if (head_bytes < HEADER_MIN_END) {
        return "too short to be a bzImage";
    }
    if (lduw_le_p(head + AT_BOOT_FLAG) != 0xaa55 ||
        memcmp(head + AT_MAGIC, "HdrS", 4)) {
        return "not a bzImage (no boot signature)";
    }
    return NULL;
}

static const char *check_version(const uint8_t *head)
{
    if (lduw_le_p(head + AT_VERSION) < MIN_VERSION ||
        !(lduw_le_p(head + AT_XLOADFLAGS) & XLF_KERNEL_64)) {
        return "not a 64-bit kernel (boot protocol 2.12 with a 64-bit entry "
               "is needed)";
    }
    if (!(head[AT_LOADFLAGS] & LOADED_HIGH)) {
        return "a zImage; only a bzImage can be loaded";
    }
    return NULL;
}

static const char *check_values(const BzImage *image, uint64_t sys_bytes)
{
    if (image->header_bytes < HEADER_MIN_END - BZIMAGE_HEADER_AT ||
        image->header_bytes > sizeof(image->header)) {
        return "invalid bzImage: bad header length";
    }
    /* The checksum that ends some images is not in the count of others. */
    if (image->kernel_bytes == 0 || image->kernel_bytes + 16 < sys_bytes) {
        return "truncated bzImage";
    }
    if (!is_power_of_2(image->alignment) || image->alignment > 1 << 30) {
        return "invalid bzImage: bad kernel alignment";
    }
    if (image->pref_address > UINT32_MAX) {
        return "invalid bzImage: bad load address";
    }
    return NULL;
}

bool bzimage_parse(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
                   BzImage *image, const char **why)
{
    unsigned sectors;

    *why = check_magic(head, head_bytes);
    *why = *why ?: check_version(head);
    if (*why) {
        return false;
    }
    sectors = head[AT_SETUP_SECTS] ?: 4;
    *image = (BzImage) {
        .version = lduw_le_p(head + AT_VERSION),
        .relocatable = head[AT_RELOCATABLE],
        .initrd_above_4g = lduw_le_p(head + AT_XLOADFLAGS) & XLF_ABOVE_4G,
        .kernel_at = (sectors + 1) * SECTOR,
        .alignment = u32(head + AT_ALIGNMENT),
        .pref_address = ldq_le_p(head + AT_PREF_ADDRESS),
        .initrd_max = u32(head + AT_INITRD_MAX),
        .cmdline_max = u32(head + AT_CMDLINE_SIZE),
        .header_bytes = AT_MAGIC + head[AT_HEADER_LENGTH] - BZIMAGE_HEADER_AT,
    };
    if (file_bytes > image->kernel_at) {
        image->kernel_bytes = file_bytes - image->kernel_at;
    }
    image->run_bytes = MAX(u32(head + AT_INIT_SIZE), image->kernel_bytes);
    *why = check_values(image, (uint64_t)u32(head + AT_SYSSIZE) * 16);
    if (*why) {
        return false;
    }
    image->header_bytes = MIN(image->header_bytes,
                              head_bytes - BZIMAGE_HEADER_AT);
    memcpy(image->header, head + BZIMAGE_HEADER_AT, image->header_bytes);
    return true;
}

uint64_t bzimage_load_address(const BzImage *image, uint64_t ram_end)
{
    uint64_t at = MAX(image->pref_address, LOWEST_LOAD);

    if (at <= ram_end && ram_end - at >= image->run_bytes) {
        return at;
    }
    at = ROUND_UP((uint64_t)LOWEST_LOAD, image->alignment);
    if (image->relocatable && at <= ram_end &&
        ram_end - at >= image->run_bytes) {
        return at;
    }
    return 0;
}

uint64_t bzimage_initrd_address(const BzImage *image, uint64_t load_address,
                                uint64_t bytes, uint64_t ram_end)
{
    uint64_t lowest = load_address + image->run_bytes;
    uint64_t end = ram_end;
    uint64_t at;

    if (!image->initrd_above_4g) {
        end = MIN(end, image->initrd_max + 1);
    }
    if (bytes > end) {
        return 0;
    }
    at = ROUND_DOWN(end - bytes, 4096);
    return at >= lowest ? at : 0;
}

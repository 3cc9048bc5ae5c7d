/*
 * Linux's x86 boot protocol, as far as a 64-bit direct boot needs it: reading a
 * bzImage's header and choosing where it goes. Pure: no guest, no files.
 *
 * Documentation/arch/x86/boot.rst of Linux ("The Real-Mode Kernel Header").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_BZIMAGE_H
#define HW_I386_BZIMAGE_H

/* As much of the file's beginning as bzimage_parse() wants to see. */
#define BZIMAGE_HEAD_BYTES 1024
/* Where the setup header stands, both in the file and in the zero page. */
#define BZIMAGE_HEADER_AT 0x1f1

typedef struct BzImage {
    uint16_t version;           /* 0x020c and later */
    bool relocatable;
    bool initrd_above_4g;       /* initrd and tables may lie above 4 GiB */
    uint64_t kernel_at;         /* offset in the file of the protected part */
    uint64_t kernel_bytes;
    uint64_t run_bytes;         /* memory it needs while it unpacks itself */
    uint64_t alignment;
    uint64_t pref_address;
    uint64_t initrd_max;        /* highest address of the initrd's last byte */
    uint32_t cmdline_max;       /* bytes without the terminator */
    unsigned header_bytes;
    uint8_t header[BZIMAGE_HEAD_BYTES - BZIMAGE_HEADER_AT];
} BzImage;

/*
 * Read and check a setup header. head: the file's first head_bytes bytes
 * (BZIMAGE_HEAD_BYTES of them, fewer if the file is shorter); file_bytes: size
 * of the whole file. On failure *why is a phrase that fits after "FILE: ".
 */
bool bzimage_parse(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
                   BzImage *image, const char **why);

/*
 * Where the kernel goes if RAM is usable from 1 MiB to ram_end: where it prefers,
 * else, if it can be moved, as low as it may. 0 if it does not fit.
 */
uint64_t bzimage_load_address(const BzImage *image, uint64_t ram_end);

/*
 * Where an initrd of bytes goes: as high as the kernel and ram_end allow,
 * page-aligned and behind the kernel at load_address. 0 if it does not fit.
 */
uint64_t bzimage_initrd_address(const BzImage *image, uint64_t load_address,
                                uint64_t bytes, uint64_t ram_end);

#endif

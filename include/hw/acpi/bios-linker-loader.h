/*
 * The table linker: blobs that hold pointers to each other and checksums, and
 * the script (fw_cfg "etc/table-loader") by which firmware places them. For a
 * direct boot the same script is run by bios_linker_apply().
 *
 * A script is a row of 128-byte entries, little-endian: a command, then names
 * of 56 bytes and numbers as docs/specs/fw_cfg describes. Main thread only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_ACPI_BIOS_LINKER_LOADER_H
#define HW_ACPI_BIOS_LINKER_LOADER_H

typedef struct BIOSLinker BIOSLinker;

#define BIOS_LINKER_NAME_BYTES 56
#define BIOS_LINKER_ENTRY_BYTES 128

BIOSLinker *bios_linker_loader_init(void);
/* Frees the script; blobs stay with who added them. */
void bios_linker_loader_cleanup(BIOSLinker *linker);
/* The script's bytes; valid until the next call that adds to it. */
const GByteArray *bios_linker_loader_script(const BIOSLinker *linker);

/*
 * Place blob (a fw_cfg file's contents) in guest memory, aligned to align (a
 * power of two); in_fseg: below 1 MiB, where an RSDP is searched for. The blob
 * must outlive the linker.
 */
void bios_linker_loader_alloc(BIOSLinker *linker, const char *file,
                              GByteArray *blob, uint32_t align, bool in_fseg);
/*
 * Add the address of file src to the size bytes (1, 2, 4, 8) at dest_offset of
 * file dest, which hold src_offset from here on.
 */
void bios_linker_loader_add_pointer(BIOSLinker *linker, const char *dest,
                                    uint32_t dest_offset, uint8_t size,
                                    const char *src, uint32_t src_offset);
/* Make length bytes from start sum to 0 by the byte at checksum_offset. */
void bios_linker_loader_add_checksum(BIOSLinker *linker, const char *file,
                                     uint32_t start, uint32_t length,
                                     uint32_t checksum_offset);

/* Where bios_linker_apply() may place blobs; both grow upwards. */
typedef struct BIOSLinkerZones {
    uint64_t high_next, high_end;
    uint64_t fseg_next, fseg_end;
} BIOSLinkerZones;

typedef void BIOSLinkerPlaced(void *opaque, const char *file, uint64_t address,
                              const GByteArray *blob);

/*
 * Do what firmware would: give each blob its address, patch copies of the blobs
 * and hand each one to placed(). False if a zone is too small.
 */
bool bios_linker_apply(const BIOSLinker *linker, BIOSLinkerZones *zones,
                       BIOSLinkerPlaced *placed, void *opaque);

#endif

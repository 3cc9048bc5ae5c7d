/*
 * What the files of SMBIOS share: structures being written, and what -smbios said.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_SMBIOS_INTERNAL_H
#define HW_SMBIOS_INTERNAL_H

#include "hw/firmware/smbios.h"

/* Structure types that we write. */
enum {
    SMBIOS_BIOS = 0,
    SMBIOS_SYSTEM = 1,
    SMBIOS_BOARD = 2,
    SMBIOS_CHASSIS = 3,
    SMBIOS_PROCESSOR = 4,
    SMBIOS_OEM_STRINGS = 11,
    SMBIOS_MEMORY_ARRAY = 16,
    SMBIOS_MEMORY_DEVICE = 17,
    SMBIOS_MEMORY_MAPPED = 19,
    SMBIOS_BOOT = 32,
    SMBIOS_END = 127,
};

/* smbios-options.c */
/* What -smbios said of @key of @type, or @otherwise. */
const char *smbios_said(unsigned type, const char *key, const char *otherwise);
bool smbios_said_any(unsigned type);
/* The @n-th string of a key that may be repeated, or NULL. */
const char *smbios_said_nth(unsigned type, const char *key, unsigned n);
/* Whole structures from files, one after the other; and how many. */
const GByteArray *smbios_file_structures(unsigned *count, unsigned *largest);

#endif

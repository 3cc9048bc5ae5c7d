/*
 * SMBIOS: tables in which a guest reads what machine it is on (System Management
 * BIOS reference specification 2.8). -smbios says what they tell beside, or in
 * place of, what the machine knows.
 *
 * Big lock held, or before the machine runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_FIRMWARE_SMBIOS_H
#define HW_FIRMWARE_SMBIOS_H

#include "qemu/osdep.h"

/* fw_cfg files; firmware puts the address of the tables into the anchor. */
#define SMBIOS_TABLES_FILE  "etc/smbios/smbios-tables"
#define SMBIOS_ANCHOR_FILE  "etc/smbios/smbios-anchor"

/* A range of guest memory; @end is the first byte behind it. */
typedef struct SmbiosRange {
    uint64_t start, end;
} SmbiosRange;

/* What the machine says of itself. */
typedef struct SmbiosBoard {
    const char *manufacturer, *product, *version;
    const uint8_t *uuid;            /* 16 bytes; NULL: not given */
    unsigned sockets, cores, threads;   /* cores of a socket, threads of a core */
    uint32_t cpu_signature;         /* CPUID 1: EAX, EDX */
    uint32_t cpu_features;
    uint64_t ram_bytes;
    SmbiosRange ram[4];             /* where they are; empty ones are left out */
} SmbiosBoard;

/*
 * An argument of -smbios: "type=1,serial=X,…" or "file=NAME". False: *errp says
 * what is legal. "help" prints the types and their keys, and sets *helped.
 */
bool smbios_add_option(const char *arg, bool *helped, Error **errp);

/*
 * The tables and the anchor that leads to them at @address (0 where firmware puts
 * them somewhere itself); both are the caller's. False: what the user wants told is
 * more than fits.
 */
bool smbios_build(const SmbiosBoard *board, uint32_t address,
                  GByteArray **tables, GByteArray **anchor, Error **errp);

#endif

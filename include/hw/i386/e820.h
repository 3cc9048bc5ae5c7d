/*
 * The guest's memory map as firmware reports it: an ordered row of ranges, for
 * the zero page of a direct boot and for fw_cfg "etc/e820".
 *
 * ACPI 6.4, 15.1 (the types). Main thread only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_E820_H
#define HW_I386_E820_H

typedef enum E820Type {
    E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3,
} E820Type;

/* Little-endian in the guest's view, as on the host that we support. */
typedef struct QEMU_PACKED E820Entry {
    uint64_t address;
    uint64_t length;
    uint32_t type;
} E820Entry;

#define E820_MAX_ENTRIES 32

typedef struct E820Table {
    unsigned count;
    E820Entry entry[E820_MAX_ENTRIES];
} E820Table;

/*
 * Say that length bytes from address are of that type. What was said before
 * about the same bytes is replaced. Nothing happens for length 0; false if the
 * table is full.
 */
bool e820_add(E820Table *table, uint64_t address, uint64_t length,
              E820Type type);

#endif

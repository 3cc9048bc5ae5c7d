/*
 * The memory map: ranges kept apart and in order of address. Who owns which
 * range is decided by the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/i386/e820.h"

static bool append(E820Table *table, uint64_t from, uint64_t to, uint32_t type)
{
    if (from >= to) {
        return true;
    }
    if (table->count == E820_MAX_ENTRIES) {
        return false;
    }
    table->entry[table->count++] = (E820Entry) { from, to - from, type };
    return true;
}

static int by_address(const void *a, const void *b)
{
    const E820Entry *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

bool e820_add(E820Table *table, uint64_t address, uint64_t length,
              E820Type type)
{
    uint64_t end = address + length;
    E820Table old = *table;
    bool ok = true;

    if (length == 0) {
        return true;
    }
    table->count = 0;
    for (unsigned i = 0; i < old.count; i++) {
        const E820Entry *e = &old.entry[i];
        uint64_t e_end = e->address + e->length;

        ok &= append(table, e->address, MIN(e_end, address), e->type);
        ok &= append(table, MAX(e->address, end), e_end, e->type);
    }
    ok &= append(table, address, end, type);
    qsort(table->entry, table->count, sizeof(table->entry[0]), by_address);
    return ok;
}

/*
 * The ACPI tables of memory nodes: which processors and ranges of memory are in
 * which (SRAT), and how far nodes are from each other (SLIT). Nodes themselves
 * are hw/core/numa.c's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "hw/acpi/aml-build.h"
#include "hw/i386/acpi-build.h"
#include "hw/i386/x86.h"

/* ---- SRAT (ACPI 6.4, 5.2.16) ---- */

enum { SRAT_PROCESSOR = 0, SRAT_MEMORY = 1 };
enum { SRAT_ENABLED = 1 };

/* 5.2.16.1: a local APIC; its node's number in two parts. */
static void put_processor(GByteArray *t, const CPUArchId *cpu)
{
    acpi_append_int(t, SRAT_PROCESSOR, 1);
    acpi_append_int(t, 16, 1);
    acpi_append_int(t, cpu->node & 0xff, 1);
    acpi_append_int(t, cpu->arch_id, 1);
    acpi_append_int(t, cpu->cpu ? SRAT_ENABLED : 0, 4);
    acpi_append_int(t, 0, 1);               /* SAPIC: none */
    acpi_append_int(t, cpu->node >> 8, 3);
    acpi_append_int(t, 0, 4);               /* one clock for all */
}

/* 5.2.16.2 */
static void put_memory(GByteArray *t, unsigned node, uint64_t from,
                       uint64_t to)
{
    if (from >= to) {
        return;
    }
    acpi_append_int(t, SRAT_MEMORY, 1);
    acpi_append_int(t, 40, 1);
    acpi_append_int(t, node, 4);
    acpi_append_int(t, 0, 2);
    acpi_append_int(t, from, 8);
    acpi_append_int(t, to - from, 8);
    acpi_append_int(t, 0, 4);
    acpi_append_int(t, SRAT_ENABLED, 4);
    acpi_append_int(t, 0, 8);
}

/* Bytes first..end of the RAM, which has a hole below 1 MiB and one below 4 GiB. */
static void put_node_memory(GByteArray *t, unsigned node, uint64_t first,
                            uint64_t end, uint64_t below_4g)
{
    const uint64_t low_end = 640 * KiB, high_start = 1 * MiB;

    put_memory(t, node, first, MIN(end, low_end));
    put_memory(t, node, MAX(first, high_start), MIN(end, below_4g));
    put_memory(t, node, X86_4GIB + MAX(first, below_4g) - below_4g,
               X86_4GIB + MAX(end, below_4g) - below_4g);
}

void acpi_build_srat(GByteArray *t, const AcpiBoard *board)
{
    uint64_t at = 0;

    acpi_append_int(t, 1, 4);               /* reserved, must be 1 */
    acpi_append_int(t, 0, 8);
    for (int i = 0; i < board->cpus->len; i++) {
        put_processor(t, &board->cpus->cpus[i]);
    }
    for (unsigned i = 0; i < board->numa->count; i++) {
        uint64_t bytes = board->numa->node[i].bytes;

        put_node_memory(t, i, at, at + bytes, board->ram_below_4g);
        at += bytes;
    }
}

/* ---- SLIT (5.2.17) ---- */

void acpi_build_slit(GByteArray *t, const NumaState *numa)
{
    acpi_append_int(t, numa->count, 8);
    for (unsigned i = 0; i < numa->count; i++) {
        for (unsigned j = 0; j < numa->count; j++) {
            acpi_append_int(t, numa->node[i].distance[j], 1);
        }
    }
}

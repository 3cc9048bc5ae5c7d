/*
 * The two address spaces that every machine has: memory and ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_ADDRESS_SPACES_H
#define SYSTEM_ADDRESS_SPACES_H

#include "system/memory.h"

/* Makes both; once, before the machine. Big lock held. */
void memory_map_init(void);

/* Root regions: 2^64 bytes of memory, 64 KiB of ports. */
MemoryRegion *get_system_memory(void);
MemoryRegion *get_system_io(void);

extern AddressSpace address_space_memory;
extern AddressSpace address_space_io;

/* A hole: reads all ones, ignores writes, MEMTX_DECODE_ERROR. */
extern MemoryRegion io_mem_unassigned;

#endif

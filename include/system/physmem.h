/*
 * Access to the system's physical memory without naming an address space, and
 * the RAM-side helpers of system/ram_addr.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_PHYSMEM_H
#define SYSTEM_PHYSMEM_H

#include "system/memory.h"
#include "system/ram_addr.h"

/* @len bytes at @addr of address_space_memory; errors are dropped. Any thread. */
void cpu_physical_memory_read(hwaddr addr, void *buf, hwaddr len);
void cpu_physical_memory_write(hwaddr addr, const void *buf, hwaddr len);
void physical_memory_read(hwaddr addr, void *buf, hwaddr len);
void physical_memory_write(hwaddr addr, const void *buf, hwaddr len);

/* address_space_map/unmap of address_space_memory. */
void *cpu_physical_memory_map(hwaddr addr, hwaddr *plen, bool is_write);
void cpu_physical_memory_unmap(void *buffer, hwaddr len, bool is_write,
                               hwaddr access_len);

/* True when the page of @addr is not RAM or ROM. */
bool cpu_physical_memory_is_io(hwaddr addr);

#endif

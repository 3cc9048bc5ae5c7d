/*
 * Guest memory that nobody has touched: it is zero, and to look at it would give it
 * pages of the host. The kernel knows it, by the holes of a file that is mapped
 * shared, and by the page map of anonymous memory.
 *
 * One thread; the guest is stopped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_RAM_HOLES_H
#define MIGRATION_RAM_HOLES_H

#include "system/ram_addr.h"

#define RAM_HOLE_PAGE   4096u

typedef struct RamHoles {
    int fd, pagemap;            /* at most one is there; the other is -1 */
    uint64_t fd_offset;
    uintptr_t host;
    uint64_t pages;
    uint64_t from, to;          /* pages of which something is known … */
    bool hole;                  /* … this */
} RamHoles;

/* For any number of blocks; -1 when there is none. */
int ram_pagemap_open(void);
/* What is found out holds as long as nobody writes to @block. */
void ram_holes_init(RamHoles *h, const RAMBlock *block, int pagemap);
/* True: @page, of 4 KiB, is zero. False says nothing. */
bool ram_holes_at(RamHoles *h, uint64_t page);

#endif

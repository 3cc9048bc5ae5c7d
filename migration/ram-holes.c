/*
 * Guest memory that nobody has touched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/stat.h>
#include "ram-holes.h"

/* An entry of the page map: the page has memory or a place in swap space. */
#define PAGEMAP_THERE   (3ull << 62)
#define PAGEMAP_LOOK    512

int ram_pagemap_open(void)
{
    return sysconf(_SC_PAGESIZE) == RAM_HOLE_PAGE
        ? open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) : -1;
}

/* Of a device's file the size may be 0, and then all of it would be a hole. */
static bool knows_holes(int fd)
{
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

void ram_holes_init(RamHoles *h, const RAMBlock *block, int pagemap)
{
    bool shared = block->flags & RAM_SHARED;
    bool own = !(block->flags & RAM_PREALLOC);

    *h = (RamHoles) {
        .fd = own && shared && knows_holes(block->fd) ? block->fd : -1,
        .fd_offset = block->fd_offset,
        .pagemap = own && !shared && block->fd < 0 ? pagemap : -1,
        .host = (uintptr_t)block->host,
        .pages = DIV_ROUND_UP(block->used_length, RAM_HOLE_PAGE),
    };
}

static void note(RamHoles *h, bool hole, uint64_t from, uint64_t to)
{
    h->hole = hole;
    h->from = from;
    h->to = MAX(to, from + 1);
}

static void look_at_file(RamHoles *h, uint64_t page)
{
    off_t at = h->fd_offset + page * RAM_HOLE_PAGE;
    off_t data = lseek(h->fd, at, SEEK_DATA);

    if (data < 0 && errno == ENXIO) {
        note(h, true, page, h->pages);
    } else if (data >= at + (off_t)RAM_HOLE_PAGE) {
        note(h, true, page, (data - h->fd_offset) / RAM_HOLE_PAGE);
    } else {
        off_t hole = data < 0 ? -1 : lseek(h->fd, data, SEEK_HOLE);

        note(h, false, page, hole < 0 ? h->pages
                                      : (hole - h->fd_offset) / RAM_HOLE_PAGE);
    }
}

static void look_at_pagemap(RamHoles *h, uint64_t page)
{
    uint64_t entries[PAGEMAP_LOOK], n = MIN(PAGEMAP_LOOK, h->pages - page);
    ssize_t got = pread(h->pagemap, entries, n * sizeof(entries[0]),
                        (h->host / RAM_HOLE_PAGE + page) * sizeof(entries[0]));
    bool there;
    uint64_t same = 1;

    if (got != (ssize_t)(n * sizeof(entries[0]))) {
        note(h, false, page, h->pages);
        return;
    }
    there = entries[0] & PAGEMAP_THERE;
    while (same < n && there == !!(entries[same] & PAGEMAP_THERE)) {
        same++;
    }
    note(h, !there, page, page + same);
}

bool ram_holes_at(RamHoles *h, uint64_t page)
{
    if (page >= h->from && page < h->to) {
        return h->hole;
    }
    if (h->fd >= 0) {
        look_at_file(h, page);
    } else if (h->pagemap >= 0) {
        look_at_pagemap(h, page);
    } else {
        note(h, false, 0, h->pages);
    }
    return h->hole;
}

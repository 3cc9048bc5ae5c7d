/*
 * Giving the host back what a guest does not need: the pages behind a part of a
 * RAM block go, and are there again, without their contents, when touched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ram_addr.h"

/* Ask the kernel; 0 or -errno. */
static int drop_pages(const RAMBlock *block, uint64_t start, size_t length)
{
    uint8_t *host = block->host + start;

    if (!(block->flags & RAM_SHARED)) {
        return madvise(host, length, MADV_DONTNEED) == 0 ? 0 : -errno;
    }
    if (block->fd < 0) {
        return madvise(host, length, MADV_REMOVE) == 0 ? 0 : -errno;
    }
    return fallocate(block->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     block->fd_offset + start, length) == 0 ? 0 : -errno;
}

int ram_block_discard_range(RAMBlock *block, uint64_t start, size_t length)
{
    int ret;

    if (start % block->page_size || length % block->page_size ||
        start > block->used_length || length > block->used_length - start) {
        return -EINVAL;
    }
    if (block->flags & (RAM_PREALLOC | RAM_PMEM | RAM_READONLY |
                        RAM_READONLY_FD)) {
        return -EOPNOTSUPP;
    }
    if (length == 0) {
        return 0;
    }
    ret = drop_pages(block, start, length);
    if (ret == 0) {
        ram_commit_write(block->offset + start, length);
    }
    return ret;
}

/* What of [*addr, end) stands in one block; moves *addr behind it. */
static size_t discard_piece(hwaddr *addr, hwaddr end)
{
    hwaddr length = end - *addr, offset;
    MemoryRegion *mr = address_space_translate(&address_space_memory, *addr,
                                               &offset, &length, true,
                                               MEMTXATTRS_UNSPECIFIED);
    hwaddr head;

    *addr += length;
    if (!memory_region_is_ram(mr) || memory_region_is_rom(mr) ||
        memory_region_is_ram_device(mr)) {
        return 0;
    }
    /* Whole pages of the host only. */
    head = ROUND_UP(offset, mr->ram_block->page_size) - offset;
    if (head >= length) {
        return 0;
    }
    length = ROUND_DOWN(length - head, mr->ram_block->page_size);
    if (ram_block_discard_range(mr->ram_block, offset + head, length) < 0) {
        return 0;
    }
    return length;
}

uint64_t physical_memory_discard(hwaddr addr, uint64_t length)
{
    hwaddr end = addr + length;
    uint64_t dropped = 0;
    RCU_READ_LOCK_GUARD();

    while (addr < end) {
        dropped += discard_piece(&addr, end);
    }
    return dropped;
}

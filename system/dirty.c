/*
 * Watch flags: one byte for each page of guest RAM. A set flag makes a write take
 * the slow path, which drops decoded code or makes a clean page dirty.
 *
 * A writer stores data, then reads the flag; a watcher sets the flag, then reads
 * the data. Both need a full barrier between their two steps. The writer is the
 * hot side and has only a compiler barrier: the watcher makes every thread pass a
 * barrier with membarrier(2) instead.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include "memory-internal.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"

/* Pages of 4 TiB; only what RAM blocks use is ever made accessible. */
#define WATCH_PAGES     ((size_t)1 << (42 - RAM_PAGE_BITS))

#define WATCH_DIRTY \
    ((1u << DIRTY_MEMORY_VGA) | (1u << DIRTY_MEMORY_MIGRATION))

uint8_t *ram_watch;

static const RamWatchOps *watch_ops;
static unsigned logging[DIRTY_MEMORY_NUM];
static bool have_membarrier;

static ram_addr_t page_of(ram_addr_t addr)
{
    return addr >> RAM_PAGE_BITS;
}

/* The page after the last of a range that is not empty. */
static ram_addr_t page_end(ram_addr_t start, ram_addr_t length)
{
    return page_of(start + length - 1) + 1;
}

/*
 * All other threads have passed a full barrier when it returns. Without the
 * system call, taking write permission from a page that is in use makes the
 * kernel interrupt every processor that runs this process, which is one, too.
 */
static void barrier_everywhere(void)
{
    static uint8_t *page;

    smp_mb();
    if (have_membarrier) {
        syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
        return;
    }
    if (!page) {
        page = mmap(NULL, RAM_PAGE_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (page != MAP_FAILED) {
        mprotect(page, RAM_PAGE_SIZE, PROT_READ | PROT_WRITE);
        *(volatile uint8_t *)page = 1;
        mprotect(page, RAM_PAGE_SIZE, PROT_READ);
    }
}

static void ram_watch_init(void)
{
    void *area = mmap(NULL, WATCH_PAGES, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (area == MAP_FAILED) {
        error_report("cannot reserve address space to watch guest memory: %s",
                     strerror(errno));
        exit(1);
    }
    madvise(area, WATCH_PAGES, MADV_NOHUGEPAGE);
    ram_watch = area;
    have_membarrier =
        syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
                0, 0) == 0;
}

bool ram_watch_add_range(ram_addr_t start, ram_addr_t length)
{
    uintptr_t mask = qemu_real_host_page_size() - 1;
    uintptr_t from, to;

    if (!ram_watch) {
        ram_watch_init();
    }
    if (page_end(start, length) > WATCH_PAGES) {
        return false;
    }
    from = (uintptr_t)(ram_watch + page_of(start)) & ~mask;
    to = ((uintptr_t)(ram_watch + page_end(start, length)) + mask) & ~mask;
    if (mprotect((void *)from, to - from, PROT_READ | PROT_WRITE) < 0) {
        return false;
    }
    return true;
}

void ram_watch_del_range(ram_addr_t start, ram_addr_t length)
{
    memset(ram_watch + page_of(start), 0,
           page_end(start, length) - page_of(start));
}

void ram_watch_register(const RamWatchOps *ops)
{
    watch_ops = ops;
}

/* ---- Writers ---- */

void ram_commit_write_slow(ram_addr_t addr, uint64_t len)
{
    ram_addr_t end = addr + len;

    while (addr < end) {
        ram_addr_t next = MIN((addr | (RAM_PAGE_SIZE - 1)) + 1, end);
        uint8_t flags = ram_page_flags(addr);

        if (flags & WATCH_DIRTY) {
            qatomic_and(&ram_watch[page_of(addr)], (uint8_t)~WATCH_DIRTY);
        }
        if ((flags & RAM_WATCH_CODE) && watch_ops) {
            watch_ops->code_written(addr, next - addr);
        }
        addr = next;
    }
}

/* ---- Code ---- */

void ram_page_set_code(ram_addr_t addr)
{
    uint8_t *flags = &ram_watch[page_of(addr)];

    if (!(qatomic_fetch_or(flags, RAM_WATCH_CODE) & RAM_WATCH_CODE)) {
        barrier_everywhere();
    }
}

void ram_page_clear_code(ram_addr_t addr)
{
    qatomic_and(&ram_watch[page_of(addr)], (uint8_t)~RAM_WATCH_CODE);
}

/* ---- Dirty logging ---- */

/* Takes the flag of @client from every page: all dirty, nothing watched. */
static void forget_clean_pages(unsigned client)
{
    uint8_t keep = ~(1u << client);
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH(block) {
        ram_addr_t end = page_end(block->offset, block->max_length);

        for (ram_addr_t p = page_of(block->offset); p < end; p++) {
            if (qatomic_read(&ram_watch[p]) & ~keep) {
                qatomic_and(&ram_watch[p], keep);
            }
        }
    }
}

bool ram_dirty_log_enabled(unsigned client)
{
    return qatomic_read(&logging[client]);
}

void ram_dirty_log_start(unsigned client)
{
    if (!logging[client]) {
        forget_clean_pages(client);
    }
    qatomic_set(&logging[client], logging[client] + 1);
}

void ram_dirty_log_stop(unsigned client)
{
    qatomic_set(&logging[client], logging[client] - 1);
    if (!logging[client]) {
        forget_clean_pages(client);
    }
}

bool physical_memory_get_dirty(ram_addr_t start, ram_addr_t length,
                               unsigned client)
{
    if (!length || !ram_dirty_log_enabled(client)) {
        return length != 0;
    }
    for (ram_addr_t p = page_of(start); p < page_end(start, length); p++) {
        if (!(qatomic_read(&ram_watch[p]) & (1u << client))) {
            return true;
        }
    }
    return false;
}

void physical_memory_set_dirty_range(ram_addr_t start, ram_addr_t length,
                                     uint8_t mask)
{
    mask &= WATCH_DIRTY;
    if (!length) {
        return;
    }
    for (ram_addr_t p = page_of(start); p < page_end(start, length); p++) {
        if (qatomic_read(&ram_watch[p]) & mask) {
            qatomic_and(&ram_watch[p], (uint8_t)~mask);
        }
    }
}

/*
 * Sets the client's flag on the dirty pages of the range and calls it clean; the
 * numbers of those pages, from the first of the range, go into @bitmap if given.
 */
static uint64_t make_clean(ram_addr_t start, ram_addr_t length,
                           unsigned client, unsigned long *bitmap)
{
    const uint64_t each = 0x0101010101010101ull << client;
    ram_addr_t first = page_of(start), end = page_end(start, length);
    uint64_t fresh = 0, cleaned = 0;

    for (ram_addr_t p = first; p < end; p++) {
        uint64_t eight;

        if (!(p & 7) && p + 8 <= end) {
            memcpy(&eight, &ram_watch[p], 8);
            if ((eight & each) == each) {
                p += 7;
                continue;
            }
        }
        if (qatomic_read(&ram_watch[p]) & (1u << client)) {
            continue;
        }
        qatomic_or(&ram_watch[p], (uint8_t)(1u << client));
        cleaned++;
        if (bitmap) {
            fresh += !test_and_set_bit(p - first, bitmap);
        }
    }
    if (cleaned) {
        barrier_everywhere();
        if (watch_ops && watch_ops->rearmed) {
            watch_ops->rearmed(start, length);
        }
    }
    return bitmap ? fresh : cleaned;
}

bool physical_memory_test_and_clear_dirty(ram_addr_t start, ram_addr_t length,
                                          unsigned client)
{
    return length && (!ram_dirty_log_enabled(client) ||
                      make_clean(start, length, client, NULL) > 0);
}

uint64_t ram_dirty_log_harvest(ram_addr_t start, ram_addr_t length,
                               unsigned client, unsigned long *bitmap)
{
    return length ? make_clean(start, length, client, bitmap) : 0;
}

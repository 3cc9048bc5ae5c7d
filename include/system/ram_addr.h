/*
 * RAM blocks and the per-page watch flags: decoded code and dirty tracking.
 *
 * Every RAM block has a range in one flat ram_addr_t space. For each 4 KiB page
 * of it there is one byte of watch flags, normally zero. A write into guest RAM
 * is complete when ram_commit_write() has seen its range: if a flag is set there
 * the slow path drops decoded code and takes the page out of the clean state.
 * A page is dirty for a client that logs when that client's flag is clear, so
 * there is no other bitmap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_RAM_ADDR_H
#define SYSTEM_RAM_ADDR_H

#include "qemu/atomic.h"
#include "qemu/queue.h"
#include "qemu/rcu.h"
#include "qemu/rcu_queue.h"

#define RAM_ADDR_INVALID (~(ram_addr_t)0)

/* Dirty-log clients; each has the flag 1 << client in a page's byte. */
#define DIRTY_MEMORY_VGA        0
#define DIRTY_MEMORY_CODE       1       /* "dirty" = has no decoded code */
#define DIRTY_MEMORY_MIGRATION  2
#define DIRTY_MEMORY_NUM        3
#define RAM_WATCH_CODE          (1u << DIRTY_MEMORY_CODE)

/* Flags of a RAM block and of the functions that make one. */
#define RAM_PREALLOC        (1u << 0)   /* memory is the caller's */
#define RAM_SHARED          (1u << 1)   /* mapped shared */
#define RAM_MIGRATABLE      (1u << 4)
#define RAM_PMEM            (1u << 5)
#define RAM_NORESERVE       (1u << 7)   /* no swap space reserved */
#define RAM_NAMED_FILE      (1u << 9)
#define RAM_READONLY        (1u << 10)  /* guest cannot write */
#define RAM_READONLY_FD     (1u << 11)  /* the descriptor cannot be written */

struct RAMBlock {
    struct rcu_head rcu;
    MemoryRegion *mr;
    uint8_t *host;
    ram_addr_t offset;          /* first ram_addr_t */
    ram_addr_t used_length;
    ram_addr_t max_length;
    uint32_t flags;
    char idstr[256];            /* name in a migration stream; may be empty */
    int fd;                     /* -1: anonymous */
    uint64_t fd_offset;
    size_t page_size;
    QLIST_ENTRY(RAMBlock) next;
};

typedef struct RAMList {
    QLIST_HEAD(, RAMBlock) blocks;      /* changed with the big lock, read by RCU */
    unsigned version;
} RAMList;
extern RAMList ram_list;

/* By any thread in an RCU read section, or with the big lock. */
#define RAMBLOCK_FOREACH(block) QLIST_FOREACH_RCU(block, &ram_list.blocks, next)

/* ---- Blocks ----------------------------------------------------------- */
/* Big lock held; NULL and @errp on failure. Freed memory goes by RCU. */
RAMBlock *qemu_ram_alloc(ram_addr_t size, uint32_t ram_flags, MemoryRegion *mr,
                         Error **errp);
RAMBlock *qemu_ram_alloc_from_ptr(ram_addr_t size, void *host,
                                  MemoryRegion *mr, Error **errp);
RAMBlock *qemu_ram_alloc_from_file(ram_addr_t size, MemoryRegion *mr,
                                   uint32_t ram_flags, uint64_t align,
                                   const char *path, uint64_t offset,
                                   Error **errp);
/* Takes @fd over on success. */
RAMBlock *qemu_ram_alloc_from_fd(ram_addr_t size, MemoryRegion *mr,
                                 uint32_t ram_flags, int fd, uint64_t offset,
                                 Error **errp);
void qemu_ram_free(RAMBlock *block);

/* The name for migration: "@name", or "<path of @dev>/@name". */
void qemu_ram_set_idstr(RAMBlock *block, const char *name, DeviceState *dev);
void qemu_ram_unset_idstr(RAMBlock *block);
const char *qemu_ram_get_idstr(RAMBlock *block);
/* NULL when there is none; big lock or RCU. */
RAMBlock *qemu_ram_block_by_name(const char *name);

/*
 * The block that holds host pointer @ptr, with *@offset in it, or NULL; with
 * @round_offset to the start of its page. Any thread, RCU read section.
 */
RAMBlock *qemu_ram_block_from_host(void *ptr, bool round_offset,
                                   ram_addr_t *offset);
/* ram_addr_t of a host pointer, RAM_ADDR_INVALID when it is not guest RAM. */
ram_addr_t qemu_ram_addr_from_host(void *ptr);
/* Host pointer of @addr in the space of all blocks, or NULL. RCU. */
void *qemu_ram_host_from_addr(ram_addr_t addr);
/*
 * The pages of [@start, @start + @length) of @block go back to the host; when
 * they are touched again they are zero, or what a private mapping's file has.
 * Multiples of the block's page size. 0, -EINVAL for a range that is none,
 * -EOPNOTSUPP for memory that is not ours to give, or -errno of the host. Any
 * thread, RCU read section.
 */
int ram_block_discard_range(RAMBlock *block, uint64_t start, size_t length);
/*
 * The same for guest physical addresses, whatever is there: only whole host
 * pages of RAM go. Bytes dropped. Any thread.
 */
uint64_t physical_memory_discard(hwaddr addr, uint64_t length);
/* Bytes of all blocks. */
ram_addr_t qemu_ram_total_bytes(void);
/* Registers a block of @mr for migration under the name that @dev gives. */
void vmstate_register_ram(MemoryRegion *mr, DeviceState *dev);
void vmstate_unregister_ram(MemoryRegion *mr, DeviceState *dev);
void vmstate_register_ram_global(MemoryRegion *mr);

/* ---- Watch flags ------------------------------------------------------ */

extern uint8_t *ram_watch;      /* one byte a page; set up before the first block */

/*
 * Flags of the page of @addr: zero = a store needs no commit. A CPU may let
 * stores to such a page bypass ram_commit_write() until rearm (RamWatchOps) or
 * its own ram_page_set_code() says otherwise.
 */
static inline uint8_t ram_page_flags(ram_addr_t addr)
{
    return qatomic_read(&ram_watch[addr >> 12]);
}

void ram_commit_write_slow(ram_addr_t addr, uint64_t len);

/*
 * Completes a write of @len bytes at @addr, after the bytes were stored. Any
 * thread, RCU read section. Nearly free when nothing watches the pages.
 */
static inline void ram_commit_write(ram_addr_t addr, uint64_t len)
{
    uint64_t first = addr >> 12, last = (addr + len - (len != 0)) >> 12;
    uint8_t any = 0;

    /*
     * Data before flag: paired with the membarrier in ram_page_set_code() and
     * in the dirty-log harvest, so the compiler's order is enough here.
     */
    barrier();
    do {
        any |= qatomic_read(&ram_watch[first]);
    } while (first++ < last);
    if (unlikely(any)) {
        ram_commit_write_slow(addr, len);
    }
}

/* What the CPU gives to be told; one instance, const, set at start-up. */
typedef struct RamWatchOps {
    /*
     * Bytes [@addr, @addr + @len) of a page with code were written. Any thread.
     * When no decoded code is left in the page the CPU calls
     * ram_page_clear_code(), under whatever lock orders that with its decoding.
     */
    void (*code_written)(ram_addr_t addr, uint64_t len);
    /*
     * Pages of the range got a flag that was clear: write permission cached for
     * them must go. Any thread; returns when no CPU uses the old permission.
     */
    void (*rearmed)(ram_addr_t addr, uint64_t len);
} RamWatchOps;
void ram_watch_register(const RamWatchOps *ops);

/* True when the page of @addr is flagged as having decoded code. */
static inline bool ram_page_has_code(ram_addr_t addr)
{
    return ram_page_flags(addr) & RAM_WATCH_CODE;
}

/*
 * Sets the flag before code of the page is read for decoding. When it was clear,
 * it returns after every other thread has passed a barrier: a writer either is
 * seen by the decoder or sees the flag. The caller drops its own cached write
 * permission of the page.
 */
void ram_page_set_code(ram_addr_t addr);
void ram_page_clear_code(ram_addr_t addr);

/* ---- Dirty logging ---------------------------------------------------- */

/* True while @client logs. Starting makes every page dirty for it. */
bool ram_dirty_log_enabled(unsigned client);
/* Counted: the last stop ends it. */
void ram_dirty_log_start(unsigned client);
void ram_dirty_log_stop(unsigned client);

/* True when any page of the range is dirty (always, if @client does not log). */
bool physical_memory_get_dirty(ram_addr_t start, ram_addr_t length,
                               unsigned client);
/* Marks pages dirty for the clients of @mask (1 << client). Any thread. */
void physical_memory_set_dirty_range(ram_addr_t start, ram_addr_t length,
                                     uint8_t mask);
/* Cleans the range and says whether any of it was dirty. */
bool physical_memory_test_and_clear_dirty(ram_addr_t start, ram_addr_t length,
                                          unsigned client);
/*
 * Ors the dirty pages of the range into @bitmap (bit 0 = page of @start, which is
 * page-aligned), cleans them, and returns how many were new in @bitmap. When it
 * returns, a page not in @bitmap holds what will be read from it.
 */
uint64_t ram_dirty_log_harvest(ram_addr_t start, ram_addr_t length,
                               unsigned client, unsigned long *bitmap);

#endif

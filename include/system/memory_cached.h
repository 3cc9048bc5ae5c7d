/*
 * Guest memory for the data path: look-up of host pointers with a last-hit entry,
 * and mappings that stay valid between uses. Included by system/memory.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_MEMORY_CACHED_H
#define SYSTEM_MEMORY_CACHED_H

#include "qemu/bswap.h"
#include "system/ram_addr.h"

/*
 * A virtqueue's (or any one caller's) memory of the last RAM range that it
 * used. Zero-initialize; used by one thread at a time; needs no clean-up and no
 * invalidation: a changed view is noticed by its generation.
 */
typedef struct AddressSpaceRamHit {
    uint64_t generation;
    hwaddr base;
    hwaddr last;
    uint8_t *host;
    ram_addr_t ram;
    bool readonly;
} AddressSpaceRamHit;

/* Fills @hit with the RAM range that holds @addr; false when it is not RAM. */
bool address_space_ram_hit_fill(AddressSpace *as, AddressSpaceRamHit *hit,
                                hwaddr addr);

/*
 * Host pointer for guest @addr, or NULL when it is not RAM (or is read-only and
 * @is_write). *@len goes in as the bytes wanted and comes out as those that are
 * contiguous from there (0 with NULL). What is written there must be committed:
 * ram_commit_write(*@ram, bytes). @ram may be NULL for reads.
 *
 * Any thread. The pointer is valid until the RCU read section, in which it must
 * be called, ends.
 */
static inline void *address_space_ram_lookup(AddressSpace *as,
                                             AddressSpaceRamHit *hit,
                                             hwaddr addr, hwaddr *len,
                                             bool is_write, ram_addr_t *ram)
{
    FlatView *view = qatomic_rcu_read(&as->current_map);

    if (unlikely(view->generation != hit->generation || addr < hit->base ||
                 addr > hit->last)) {
        if (!address_space_ram_hit_fill(as, hit, addr)) {
            *len = 0;
            return NULL;
        }
    }
    if (unlikely(is_write && hit->readonly)) {
        *len = 0;
        return NULL;
    }
    *len = MIN(*len, hit->last - addr + 1);
    if (ram) {
        *ram = hit->ram + (addr - hit->base);
    }
    return hit->host + (addr - hit->base);
}

/*
 * A guest RAM range mapped for longer than one RCU section: the rings of a
 * virtqueue. The owner renews it when a MemoryListener says that the view
 * changed. Only RAM can be mapped.
 */
struct MemoryRegionCache {
    uint8_t *ptr;               /* NULL: not mapped */
    hwaddr len;                 /* bytes that may be accessed */
    ram_addr_t ram;
    MemoryRegion *mr;           /* referenced */
    bool is_write;
};

#define MEMORY_REGION_CACHE_INVALID ((MemoryRegionCache) { .ptr = NULL })

static inline void address_space_cache_init_empty(MemoryRegionCache *cache)
{
    *cache = MEMORY_REGION_CACHE_INVALID;
}

/*
 * Maps @len bytes at @addr. Returns the bytes mapped (less than @len when the
 * RAM ends before), or -EFAULT with an empty cache when @addr is not RAM, or not
 * writable RAM for @is_write. Any thread.
 */
int64_t address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as,
                                 hwaddr addr, hwaddr len, bool is_write);

/* Commits @access_len bytes written through cache->ptr at @addr. */
void address_space_cache_invalidate(MemoryRegionCache *cache, hwaddr addr,
                                    hwaddr access_len);

/* Ends the mapping; the cache is empty then. Of an empty one: no-op. */
void address_space_cache_destroy(MemoryRegionCache *cache);

/* True when @size bytes at @addr lie inside the mapping. */
static inline bool memory_region_cache_covers(const MemoryRegionCache *cache,
                                              hwaddr addr, hwaddr size)
{
    return size <= cache->len && addr <= cache->len - size;
}

/* @len bytes at @addr of the mapping; outside it MEMTX_DECODE_ERROR and zeroes. */
static inline MemTxResult address_space_read_cached(MemoryRegionCache *cache,
                                                    hwaddr addr, void *buf,
                                                    hwaddr len)
{
    if (unlikely(!memory_region_cache_covers(cache, addr, len))) {
        memset(buf, 0, len);
        return MEMTX_DECODE_ERROR;
    }
    memcpy(buf, cache->ptr + addr, len);
    return MEMTX_OK;
}

static inline MemTxResult address_space_write_cached(MemoryRegionCache *cache,
                                                     hwaddr addr,
                                                     const void *buf,
                                                     hwaddr len)
{
    if (unlikely(!cache->is_write ||
                 !memory_region_cache_covers(cache, addr, len))) {
        return MEMTX_DECODE_ERROR;
    }
    memcpy(cache->ptr + addr, buf, len);
    ram_commit_write(cache->ram + addr, len);
    return MEMTX_OK;
}

/*
 * Single values in the mapping, {lduw,ldl,ldq}_{le,be}_phys_cached() and
 * {stw,stl,stq}_{le,be}_phys_cached(), and their address_space_*_cached() forms
 * with attributes and outcome. One host access when naturally aligned. Outside
 * the mapping a load gives 0 and a store is dropped (MEMTX_DECODE_ERROR).
 */
#define MEMORY_CACHED_DECLARE(sz, stsz, type, e, conv)                       \
    static inline type                                                       \
    address_space_ld##sz##e##_cached(MemoryRegionCache *cache, hwaddr addr,  \
                                     MemTxAttrs attrs, MemTxResult *result)  \
    {                                                                        \
        bool ok = memory_region_cache_covers(cache, addr, sizeof(type));     \
                                                                             \
        if (result) {                                                        \
            *result = ok ? MEMTX_OK : MEMTX_DECODE_ERROR;                    \
        }                                                                    \
        return likely(ok)                                                    \
            ? conv(*(const volatile type *)(cache->ptr + addr)) : 0;         \
    }                                                                        \
    static inline void                                                       \
    address_space_st##stsz##e##_cached(MemoryRegionCache *cache,             \
                                       hwaddr addr, type val,                \
                                       MemTxAttrs attrs,                     \
                                       MemTxResult *result)                  \
    {                                                                        \
        bool ok = cache->is_write &&                                         \
            memory_region_cache_covers(cache, addr, sizeof(type));           \
                                                                             \
        if (likely(ok)) {                                                    \
            *(volatile type *)(cache->ptr + addr) = conv(val);               \
            ram_commit_write(cache->ram + addr, sizeof(type));               \
        }                                                                    \
        if (result) {                                                        \
            *result = ok ? MEMTX_OK : MEMTX_DECODE_ERROR;                    \
        }                                                                    \
    }                                                                        \
    static inline type ld##sz##e##_phys_cached(MemoryRegionCache *cache,     \
                                               hwaddr addr)                  \
    {                                                                        \
        return address_space_ld##sz##e##_cached(                             \
            cache, addr, MEMTXATTRS_UNSPECIFIED, NULL);                      \
    }                                                                        \
    static inline void st##stsz##e##_phys_cached(MemoryRegionCache *cache,   \
                                                 hwaddr addr, type val)      \
    {                                                                        \
        address_space_st##stsz##e##_cached(cache, addr, val,                 \
                                           MEMTXATTRS_UNSPECIFIED, NULL);    \
    }
#define MEMORY_CACHED_SAME(x) (x)
MEMORY_CACHED_DECLARE(ub, b, uint8_t, , MEMORY_CACHED_SAME)
MEMORY_CACHED_DECLARE(uw, w, uint16_t, _le, MEMORY_CACHED_SAME)
MEMORY_CACHED_DECLARE(l, l, uint32_t, _le, MEMORY_CACHED_SAME)
MEMORY_CACHED_DECLARE(q, q, uint64_t, _le, MEMORY_CACHED_SAME)
MEMORY_CACHED_DECLARE(uw, w, uint16_t, _be, bswap16)
MEMORY_CACHED_DECLARE(l, l, uint32_t, _be, bswap32)
MEMORY_CACHED_DECLARE(q, q, uint64_t, _be, bswap64)

/*
 * ---- For a CPU: one page at TLB fill -----------------------------------
 */
#define RAM_PAGE_BITS   12
#define RAM_PAGE_SIZE   ((hwaddr)1 << RAM_PAGE_BITS)

typedef enum AddressSpacePageKind {
    PAGE_KIND_HOLE,             /* nothing there: reads all ones, writes ignored */
    PAGE_KIND_RAM,              /* host and ram valid; see ram_page_flags() */
    PAGE_KIND_ROM,              /* host and ram valid for reads; writes to mr */
    PAGE_KIND_IO,               /* mr and mr_offset: memory_region_dispatch_*() */
    PAGE_KIND_MIXED,            /* several ranges: address_space_rw() each time */
} AddressSpacePageKind;

typedef struct AddressSpacePage {
    AddressSpacePageKind kind;
    uint8_t *host;              /* of the page's first byte */
    ram_addr_t ram;
    MemoryRegion *mr;
    hwaddr mr_offset;           /* of the page's first byte in mr */
} AddressSpacePage;

/*
 * What stands in the 4 KiB page that holds @addr. Any thread, in an RCU read
 * section; pointers are valid until it ends. A CPU that keeps them in a TLB stays
 * in the section while it runs and registers a MemoryListener whose commit()
 * makes it flush before it goes on: old RAM is given back only by RCU.
 */
void address_space_lookup_page(AddressSpace *as, hwaddr addr,
                               AddressSpacePage *page);

#endif

/*
 * Access to an address space: bulk transfers and single values, straight to RAM
 * or through the region that stands there, and the CPU's look-up of a page.
 * Mappings that outlive a call are in memory-map.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "memory-internal.h"
#include "qemu/bswap.h"

/*
 * One stretch of an address space in which nothing changes. A device sees the
 * whole of an access that begins at its register, even where a part of the
 * register lies behind another region (the byte 0xcf9 inside the PCI bridge's
 * 0xcf8): so for it not the range counts but the region.
 */
typedef struct Stretch {
    const FlatRange *range;     /* NULL: a hole */
    hwaddr offset;              /* in the range's region */
    hwaddr in_range;            /* from the range's base */
    hwaddr len;                 /* bytes wanted that lie in the range */
    hwaddr in_region;           /* bytes wanted that lie in the region */
} Stretch;

static Stretch stretch_at(FlatView *view, hwaddr addr, hwaddr len)
{
    hwaddr left;
    Stretch s = { .range = flatview_lookup(view, addr, &left) };

    s.len = MIN(len, left);
    if (s.range) {
        s.in_range = addr - s.range->base;
        s.offset = s.range->offset_in_region + s.in_range;
        s.in_region = int128_min(len, s.range->mr->size - s.offset);
    }
    return s;
}

/* The size of the next device access of at most @len bytes: 1, 2, 4 or 8. */
static unsigned io_access_size(const MemoryRegion *mr, hwaddr addr, hwaddr len)
{
    unsigned max = 4, size;

    if (mr->ops && mr->ops->valid.max_access_size) {
        max = mr->ops->valid.max_access_size;
    }
    size = 1u << (31 - __builtin_clz((unsigned)MIN(len, 8)));
    size = MIN(size, MIN(max, 8));
    if ((!mr->ops || !mr->ops->impl.unaligned) && (addr & (size - 1))) {
        size = addr & -addr;
    }
    return size;
}

static MemTxResult read_stretch(Stretch *s, void *buf, MemTxAttrs attrs)
{
    uint64_t value;
    unsigned size;
    MemTxResult result;

    if (!s->range) {
        memset(buf, 0xff, s->len);
        return MEMTX_DECODE_ERROR;
    }
    if (flat_range_is_ram(s->range)) {
        host_copy(buf, s->range->host + s->in_range, s->len);
        return MEMTX_OK;
    }
    if (attrs.memory) {
        memset(buf, 0, s->len);
        return MEMTX_ACCESS_ERROR;
    }
    size = io_access_size(s->range->mr, s->offset, s->in_region);
    result = memory_region_dispatch_read(s->range->mr, s->offset, &value,
                                         size_memop(size), attrs);
    memcpy(buf, &value, size);
    s->len = size;
    return result;
}

static MemTxResult write_stretch(Stretch *s, const void *buf, MemTxAttrs attrs)
{
    uint64_t value = 0;
    unsigned size;

    if (!s->range) {
        return MEMTX_DECODE_ERROR;
    }
    if (flat_range_is_ram(s->range) && !s->range->readonly) {
        host_copy(s->range->host + s->in_range, buf, s->len);
        ram_commit_write(s->range->ram + s->in_range, s->len);
        return MEMTX_OK;
    }
    if (attrs.memory) {
        return MEMTX_ACCESS_ERROR;
    }
    if (!s->range->mr->ops) {
        return MEMTX_OK;        /* ROM: as the hardware, silently */
    }
    size = io_access_size(s->range->mr, s->offset, s->in_region);
    memcpy(&value, buf, size);
    s->len = size;
    return memory_region_dispatch_write(s->range->mr, s->offset, value,
                                        size_memop(size), attrs);
}

/* ---- Bulk ---- */

MemTxResult address_space_read(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                               void *buf, hwaddr len)
{
    MemTxResult result = MEMTX_OK;

    RCU_READ_LOCK_GUARD();
    FlatView *view = qatomic_rcu_read(&as->current_map);

    while (len) {
        Stretch s = stretch_at(view, addr, len);

        result |= read_stretch(&s, buf, attrs);
        buf = (uint8_t *)buf + s.len;
        addr += s.len;
        len -= s.len;
    }
    return result;
}

MemTxResult address_space_write(AddressSpace *as, hwaddr addr,
                                MemTxAttrs attrs, const void *buf, hwaddr len)
{
    MemTxResult result = MEMTX_OK;

    RCU_READ_LOCK_GUARD();
    FlatView *view = qatomic_rcu_read(&as->current_map);

    while (len) {
        Stretch s = stretch_at(view, addr, len);

        result |= write_stretch(&s, buf, attrs);
        buf = (const uint8_t *)buf + s.len;
        addr += s.len;
        len -= s.len;
    }
    return result;
}

MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                             void *buf, hwaddr len, bool is_write)
{
    return is_write ? address_space_write(as, addr, attrs, buf, len)
                    : address_space_read(as, addr, attrs, buf, len);
}

MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr,
                                    MemTxAttrs attrs, const void *buf,
                                    hwaddr len)
{
    RCU_READ_LOCK_GUARD();
    FlatView *view = qatomic_rcu_read(&as->current_map);

    while (len) {
        Stretch s = stretch_at(view, addr, len);
        RAMBlock *block = s.range && !s.range->mr->ram_device
            ? s.range->mr->ram_block : NULL;

        if (block) {
            memcpy(block->host + s.offset, buf, s.len);
            ram_commit_write(block->offset + s.offset, s.len);
        }
        buf = (const uint8_t *)buf + s.len;
        addr += s.len;
        len -= s.len;
    }
    return MEMTX_OK;
}

MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t c,
                              hwaddr len, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint8_t fill[512];

    memset(fill, c, sizeof(fill));
    while (len) {
        hwaddr l = MIN(len, sizeof(fill));

        result |= address_space_write(as, addr, attrs, fill, l);
        addr += l;
        len -= l;
    }
    return result;
}

bool address_space_access_valid(AddressSpace *as, hwaddr addr, hwaddr len,
                                bool is_write, MemTxAttrs attrs)
{
    RCU_READ_LOCK_GUARD();
    FlatView *view = qatomic_rcu_read(&as->current_map);

    while (len) {
        Stretch s = stretch_at(view, addr, len);

        if (!s.range) {
            return false;
        }
        if (!flat_range_is_ram(s.range) || (is_write && s.range->readonly)) {
            MemoryRegion *mr = s.range->mr;
            unsigned size = io_access_size(mr, s.offset, s.in_region);

            if (!mr->ops || (mr->ops->valid.accepts &&
                             !mr->ops->valid.accepts(mr->opaque, s.offset,
                                                     size, is_write, attrs))) {
                return false;
            }
            s.len = size;
        }
        addr += s.len;
        len -= s.len;
    }
    return true;
}

MemoryRegion *address_space_translate(AddressSpace *as, hwaddr addr,
                                      hwaddr *xlat, hwaddr *len, bool is_write,
                                      MemTxAttrs attrs)
{
    Stretch s = stretch_at(qatomic_rcu_read(&as->current_map), addr, *len);

    *len = s.len;
    *xlat = s.range ? s.offset : addr;
    return s.range ? s.range->mr : &io_mem_unassigned;
}

/* ---- Single values ---- */

/* The device takes the access as it is; else it is cut as bulk is. */
static bool is_single_io(const Stretch *s, unsigned size, MemTxAttrs attrs)
{
    const MemoryRegion *mr = s->range ? s->range->mr : NULL;
    unsigned max = mr && mr->ops ? mr->ops->valid.max_access_size : 0;

    return mr && !attrs.memory && s->in_region == size &&
        (!max || size <= max);
}

/*
 * Little-endian @size bytes. In RAM one host access if aligned; what straddles
 * ranges goes the long way.
 */
static uint64_t load(AddressSpace *as, hwaddr addr, unsigned size,
                     MemTxAttrs attrs, MemTxResult *result)
{
    uint64_t value = 0;
    MemTxResult outcome;

    RCU_READ_LOCK_GUARD();
    Stretch s = stretch_at(qatomic_rcu_read(&as->current_map), addr, size);

    if (likely(s.range && flat_range_is_ram(s.range) && s.len == size)) {
        host_copy(&value, s.range->host + s.in_range, size);
        outcome = MEMTX_OK;
    } else if (s.range && !flat_range_is_ram(s.range) &&
               is_single_io(&s, size, attrs)) {
        outcome = memory_region_dispatch_read(s.range->mr, s.offset, &value,
                                              size_memop(size), attrs);
    } else {
        outcome = address_space_read(as, addr, attrs, &value, size);
    }
    if (result) {
        *result = outcome;
    }
    return value;
}

static void store(AddressSpace *as, hwaddr addr, uint64_t value, unsigned size,
                  MemTxAttrs attrs, MemTxResult *result)
{
    MemTxResult outcome;

    RCU_READ_LOCK_GUARD();
    Stretch s = stretch_at(qatomic_rcu_read(&as->current_map), addr, size);

    if (s.range && !flat_range_is_ram(s.range) &&
        is_single_io(&s, size, attrs)) {
        outcome = memory_region_dispatch_write(s.range->mr, s.offset, value,
                                               size_memop(size), attrs);
    } else {
        outcome = address_space_write(as, addr, attrs, &value, size);
    }
    if (result) {
        *result = outcome;
    }
}

#define SAME_ORDER(x) (x)
#define DEFINE_LOAD(name, type, order)                                       \
    type address_space_##name(AddressSpace *as, hwaddr addr,                 \
                              MemTxAttrs attrs, MemTxResult *result)         \
    {                                                                        \
        return order((type)load(as, addr, sizeof(type), attrs, result));     \
    }
#define DEFINE_STORE(name, type, order)                                      \
    void address_space_##name(AddressSpace *as, hwaddr addr, type val,       \
                              MemTxAttrs attrs, MemTxResult *result)         \
    {                                                                        \
        store(as, addr, order(val), sizeof(type), attrs, result);            \
    }
DEFINE_LOAD(ldub, uint8_t, SAME_ORDER)
DEFINE_LOAD(lduw, uint16_t, SAME_ORDER)
DEFINE_LOAD(lduw_le, uint16_t, SAME_ORDER)
DEFINE_LOAD(lduw_be, uint16_t, bswap16)
DEFINE_LOAD(ldl, uint32_t, SAME_ORDER)
DEFINE_LOAD(ldl_le, uint32_t, SAME_ORDER)
DEFINE_LOAD(ldl_be, uint32_t, bswap32)
DEFINE_LOAD(ldq, uint64_t, SAME_ORDER)
DEFINE_LOAD(ldq_le, uint64_t, SAME_ORDER)
DEFINE_LOAD(ldq_be, uint64_t, bswap64)
DEFINE_STORE(stb, uint8_t, SAME_ORDER)
DEFINE_STORE(stw, uint16_t, SAME_ORDER)
DEFINE_STORE(stw_le, uint16_t, SAME_ORDER)
DEFINE_STORE(stw_be, uint16_t, bswap16)
DEFINE_STORE(stl, uint32_t, SAME_ORDER)
DEFINE_STORE(stl_le, uint32_t, SAME_ORDER)
DEFINE_STORE(stl_be, uint32_t, bswap32)
DEFINE_STORE(stq, uint64_t, SAME_ORDER)
DEFINE_STORE(stq_le, uint64_t, SAME_ORDER)
DEFINE_STORE(stq_be, uint64_t, bswap64)

/* ---- For the data path and the CPU ---- */

bool address_space_ram_hit_fill(AddressSpace *as, AddressSpaceRamHit *hit,
                                hwaddr addr)
{
    FlatView *view = qatomic_rcu_read(&as->current_map);
    hwaddr left;
    const FlatRange *range = flatview_lookup(view, addr, &left);

    if (!range || !flat_range_is_ram(range)) {
        hit->generation = 0;
        return false;
    }
    *hit = (AddressSpaceRamHit) {
        .generation = view->generation,
        .base = range->base,
        .last = range->last,
        .host = range->host,
        .ram = range->ram,
        .readonly = range->readonly,
    };
    return true;
}

void address_space_lookup_page(AddressSpace *as, hwaddr addr,
                               AddressSpacePage *page)
{
    hwaddr base = addr & ~(RAM_PAGE_SIZE - 1);
    Stretch s = stretch_at(qatomic_rcu_read(&as->current_map), base,
                           RAM_PAGE_SIZE);

    *page = (AddressSpacePage) { .ram = RAM_ADDR_INVALID };
    if (s.len < RAM_PAGE_SIZE) {
        page->kind = PAGE_KIND_MIXED;
        return;
    }
    if (!s.range) {
        page->kind = PAGE_KIND_HOLE;
        return;
    }
    page->mr = s.range->mr;
    page->mr_offset = s.offset;
    if (!flat_range_is_ram(s.range)) {
        page->kind = PAGE_KIND_IO;
        return;
    }
    page->kind = s.range->readonly ? PAGE_KIND_ROM : PAGE_KIND_RAM;
    page->host = s.range->host + s.in_range;
    page->ram = s.range->ram + s.in_range;
    if ((uintptr_t)page->host & 7 || page->ram & (RAM_PAGE_SIZE - 1)) {
        page->kind = PAGE_KIND_MIXED;   /* seen through a crooked alias */
    }
}

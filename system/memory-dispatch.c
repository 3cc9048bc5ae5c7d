/*
 * One access to an I/O region: is it legal, who may enter, and how it is cut into
 * the accesses that the region's callbacks can take.
 *
 * Inside, a value is in memory order: byte 0 of the access in the low bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev.h"
#include "memory-internal.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "trace.h"

static uint64_t low_bytes(uint64_t value, unsigned size)
{
    return size == 8 ? value : value & (((uint64_t)1 << (size * 8)) - 1);
}

static uint64_t swap_bytes(uint64_t value, unsigned size)
{
    return bswap64(value) >> (64 - size * 8);
}

static uint64_t device_order(const MemoryRegion *mr, uint64_t value,
                             unsigned size)
{
    return mr->ops->endianness == DEVICE_BIG_ENDIAN ? swap_bytes(value, size)
                                                    : value;
}

/* ---- The callbacks, with a size that they take ---- */

static MemTxResult call_read(MemoryRegion *mr, hwaddr addr, uint64_t *value,
                             unsigned size, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint64_t raw = UINT64_MAX;

    if (mr->ops->read) {
        raw = mr->ops->read(mr->opaque, addr, size);
    } else if (mr->ops->read_with_attrs) {
        raw = 0;
        result = mr->ops->read_with_attrs(mr->opaque, addr, &raw, size, attrs);
    }
    *value = device_order(mr, low_bytes(raw, size), size);
    return result;
}

static MemTxResult call_write(MemoryRegion *mr, hwaddr addr, uint64_t value,
                              unsigned size, MemTxAttrs attrs)
{
    value = device_order(mr, low_bytes(value, size), size);
    if (mr->ops->write) {
        mr->ops->write(mr->opaque, addr, value, size);
        return MEMTX_OK;
    }
    if (mr->ops->write_with_attrs) {
        return mr->ops->write_with_attrs(mr->opaque, addr, value, size, attrs);
    }
    return MEMTX_OK;
}

/* ---- Cutting ---- */

/* How many bytes at @addr go into the next callback, of @left bytes. */
static unsigned next_piece(const MemoryRegion *mr, hwaddr addr, unsigned left)
{
    unsigned max = mr->ops->impl.max_access_size;
    unsigned piece = MIN(max ? max : 4, 1u << (31 - __builtin_clz(left)));

    if (!mr->ops->impl.unaligned && (addr & (piece - 1))) {
        piece = addr & -addr;
    }
    return piece;
}

/* Reads @size bytes, a piece that is not too wide but perhaps too narrow. */
static MemTxResult read_piece(MemoryRegion *mr, hwaddr addr, uint64_t *value,
                              unsigned size, MemTxAttrs attrs)
{
    unsigned wide = mr->ops->impl.min_access_size;
    hwaddr base = addr & ~(hwaddr)(wide - 1);
    MemTxResult result;

    if (size >= wide) {
        return call_read(mr, addr, value, size, attrs);
    }
    result = call_read(mr, base, value, wide, attrs);
    *value = low_bytes(*value >> ((addr - base) * 8), size);
    return result;
}

static MemTxResult write_piece(MemoryRegion *mr, hwaddr addr, uint64_t value,
                               unsigned size, MemTxAttrs attrs)
{
    unsigned wide = mr->ops->impl.min_access_size;
    hwaddr base = addr & ~(hwaddr)(wide - 1);

    if (size >= wide) {
        return call_write(mr, addr, value, size, attrs);
    }
    value = low_bytes(value, size) << ((addr - base) * 8);
    return call_write(mr, base, value, wide, attrs);
}

static MemTxResult cut_read(MemoryRegion *mr, hwaddr addr, uint64_t *value,
                            unsigned size, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    unsigned piece;

    *value = 0;
    for (unsigned done = 0; done < size; done += piece) {
        uint64_t part;

        piece = next_piece(mr, addr + done, size - done);
        result |= read_piece(mr, addr + done, &part, piece, attrs);
        *value |= part << (done * 8);
    }
    return result;
}

static MemTxResult cut_write(MemoryRegion *mr, hwaddr addr, uint64_t value,
                             unsigned size, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    unsigned piece;

    for (unsigned done = 0; done < size; done += piece) {
        piece = next_piece(mr, addr + done, size - done);
        result |= write_piece(mr, addr + done, value >> (done * 8), piece,
                              attrs);
    }
    return result;
}

/* ---- Entering ---- */

static bool access_is_legal(MemoryRegion *mr, hwaddr addr, unsigned size,
                            bool is_write, MemTxAttrs attrs)
{
    const MemoryRegionOps *ops = mr->ops;
    unsigned min = ops->valid.min_access_size;
    unsigned max = ops->valid.max_access_size;

    if (!ops->valid.unaligned && (addr & (size - 1))) {
        return false;
    }
    if (max && (size > max || size < min)) {
        return false;
    }
    return !ops->valid.accepts ||
        ops->valid.accepts(mr->opaque, addr, size, is_write, attrs);
}

/* What an access holds while it is inside the region. */
typedef struct Entry {
    MemReentrancyFrame frame;
    bool took_bql;
} Entry;

/* False: not from this thread, or it is inside the device already. */
static bool enter(MemoryRegion *mr, Entry *entry)
{
    const MemReentrancyGuard *guard =
        mr->dev && !mr->disable_reentrancy_guard && !mr->ram_block
        ? &mr->dev->mem_reentrancy_guard : NULL;

    /* A thread that never takes the lock reaches RAM and lockless regions only. */
    if ((bql_forbidden() && !mr->lockless_io) ||
        !mem_reentrancy_enter(&entry->frame, guard)) {
        return false;
    }
    entry->took_bql = !mr->lockless_io && !bql_locked();
    if (entry->took_bql) {
        bql_lock();
    }
    return true;
}

static void leave(Entry *entry)
{
    if (entry->took_bql) {
        bql_unlock();
    }
    mem_reentrancy_leave(&entry->frame);
}

/* Aliases are resolved, and so is a region that has no callbacks. */
static MemoryRegion *io_target(MemoryRegion *mr, hwaddr *addr)
{
    while (mr->alias) {
        *addr += mr->alias_offset;
        mr = mr->alias;
    }
    return mr->ops ? mr : NULL;
}

MemTxResult memory_region_dispatch_read(MemoryRegion *mr, hwaddr addr,
                                        uint64_t *pval, MemOp op,
                                        MemTxAttrs attrs)
{
    unsigned size = memop_size(op);
    MemTxResult result;
    Entry entry;

    *pval = low_bytes(UINT64_MAX, size);
    mr = io_target(mr, &addr);
    if (!mr) {
        return MEMTX_DECODE_ERROR;
    }
    if (!access_is_legal(mr, addr, size, false, attrs) || !enter(mr, &entry)) {
        return MEMTX_ACCESS_ERROR;
    }
    result = cut_read(mr, addr, pval, size, attrs);
    leave(&entry);
    if (op & MO_BSWAP) {
        *pval = swap_bytes(*pval, size);
    }
    trace_memory_region_ops_read(mr->name, addr, *pval, size);
    return result;
}

MemTxResult memory_region_dispatch_write(MemoryRegion *mr, hwaddr addr,
                                         uint64_t data, MemOp op,
                                         MemTxAttrs attrs)
{
    unsigned size = memop_size(op);
    MemTxResult result;
    Entry entry;

    data = low_bytes(data, size);
    if (op & MO_BSWAP) {
        data = swap_bytes(data, size);
    }
    mr = io_target(mr, &addr);
    if (!mr) {
        return MEMTX_DECODE_ERROR;
    }
    if (!access_is_legal(mr, addr, size, true, attrs)) {
        return MEMTX_ACCESS_ERROR;
    }
    trace_memory_region_ops_write(mr->name, addr, data, size);
    if (unlikely(mr->ioeventfds) &&
        memory_region_signal_eventfd(mr, addr, device_order(mr, data, size),
                                     size)) {
        return MEMTX_OK;
    }
    if (!enter(mr, &entry)) {
        return MEMTX_ACCESS_ERROR;
    }
    result = cut_write(mr, addr, data, size, attrs);
    leave(&entry);
    return result;
}

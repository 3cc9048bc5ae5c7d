/*
 * Guest memory lent for longer than a call: address_space_map() with its bounce
 * buffers, and the cached mappings of rings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "memory-internal.h"
#include "qemu/aio.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"

/* Stands in for something that is not RAM, until it is unmapped. */
typedef struct BounceBuffer {
    AddressSpace *as;
    MemoryRegion *mr;           /* referenced: the space's root */
    hwaddr addr;
    size_t len;
    uint8_t *data;
    QLIST_ENTRY(struct BounceBuffer) next;
} BounceBuffer;

static QLIST_HEAD(, BounceBuffer) bounce_buffers =
    QLIST_HEAD_INITIALIZER(bounce_buffers);
/* Guards the list and the map clients of all spaces. */
static pthread_mutex_t bounce_lock = PTHREAD_MUTEX_INITIALIZER;

/* Bytes that @as may still have as a bounce buffer; with bounce_lock held. */
static size_t bounce_room(const AddressSpace *as)
{
    size_t used = 0;
    unsigned count = 0;
    BounceBuffer *b;

    QLIST_FOREACH(b, &bounce_buffers, next) {
        if (b->as == as) {
            used += b->len;
            count++;
        }
    }
    return count < MAX_BOUNCE_BUFFERS && used < as->max_bounce_buffer_size
        ? as->max_bounce_buffer_size - used : 0;
}

/* A buffer of up to @len bytes within the limits of @as, or NULL. */
static BounceBuffer *bounce_take(AddressSpace *as, hwaddr addr, hwaddr len)
{
    BounceBuffer *b = NULL;
    size_t room;

    pthread_mutex_lock(&bounce_lock);
    room = bounce_room(as);
    if (room) {
        b = g_new0(BounceBuffer, 1);
        b->as = as;
        b->mr = as->root;
        b->addr = addr;
        b->len = MIN(len, room);
        b->data = g_malloc0(b->len);
        QLIST_INSERT_HEAD(&bounce_buffers, b, next);
        memory_region_ref(b->mr);
    }
    pthread_mutex_unlock(&bounce_lock);
    return b;
}

static BounceBuffer *bounce_find(AddressSpace *as, void *data)
{
    BounceBuffer *b;

    pthread_mutex_lock(&bounce_lock);
    QLIST_FOREACH(b, &bounce_buffers, next) {
        if (b->as == as && b->data == data) {
            break;
        }
    }
    pthread_mutex_unlock(&bounce_lock);
    return b;
}

/* Wakes those who wait; with bounce_lock held. */
static void run_map_clients(AddressSpace *as)
{
    for (GSList *l = as->map_clients; l; l = l->next) {
        qemu_bh_schedule(l->data);
    }
    g_slist_free(as->map_clients);
    as->map_clients = NULL;
}

static void bounce_release(BounceBuffer *b)
{
    AddressSpace *as = b->as;

    pthread_mutex_lock(&bounce_lock);
    QLIST_REMOVE(b, next);
    run_map_clients(as);
    pthread_mutex_unlock(&bounce_lock);
    memory_region_unref(b->mr);
    g_free(b->data);
    g_free(b);
}

void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *plen,
                        bool is_write, MemTxAttrs attrs)
{
    BounceBuffer *b;
    hwaddr left;

    if (!*plen) {
        return NULL;
    }
    RCU_READ_LOCK_GUARD();
    const FlatRange *range =
        flatview_lookup(qatomic_rcu_read(&as->current_map), addr, &left);

    if (range && flat_range_is_ram(range) && !(is_write && range->readonly)) {
        *plen = MIN(*plen, left);
        memory_region_ref(range->mr);
        return range->host + (addr - range->base);
    }
    b = range && !attrs.memory ? bounce_take(as, addr, MIN(*plen, left)) : NULL;
    if (!b) {
        *plen = 0;
        return NULL;
    }
    *plen = b->len;
    if (!is_write) {
        address_space_read(as, addr, attrs, b->data, b->len);
    }
    return b->data;
}

void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len,
                         bool is_write, hwaddr access_len)
{
    ram_addr_t offset;
    RAMBlock *block;
    BounceBuffer *b;

    RCU_READ_LOCK_GUARD();
    block = qemu_ram_block_from_host(buffer, false, &offset);
    if (block) {
        if (is_write && access_len) {
            ram_commit_write(block->offset + offset, MIN(access_len, len));
        }
        memory_region_unref(block->mr);
        return;
    }
    b = bounce_find(as, buffer);
    if (b) {
        if (is_write) {
            address_space_write(as, b->addr, MEMTXATTRS_UNSPECIFIED, b->data,
                                MIN(access_len, b->len));
        }
        bounce_release(b);
    }
}

void address_space_register_map_client(AddressSpace *as, QEMUBH *bh)
{
    pthread_mutex_lock(&bounce_lock);
    as->map_clients = g_slist_prepend(as->map_clients, bh);
    if (bounce_room(as)) {
        run_map_clients(as);
    }
    pthread_mutex_unlock(&bounce_lock);
}

void address_space_unregister_map_client(AddressSpace *as, QEMUBH *bh)
{
    pthread_mutex_lock(&bounce_lock);
    as->map_clients = g_slist_remove(as->map_clients, bh);
    pthread_mutex_unlock(&bounce_lock);
}

/* ---- Cached mappings ---- */

int64_t address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as,
                                 hwaddr addr, hwaddr len, bool is_write)
{
    hwaddr left;

    *cache = MEMORY_REGION_CACHE_INVALID;
    RCU_READ_LOCK_GUARD();
    const FlatRange *range =
        flatview_lookup(qatomic_rcu_read(&as->current_map), addr, &left);

    if (!len || !range || !flat_range_is_ram(range) ||
        (is_write && range->readonly)) {
        return -EFAULT;
    }
    *cache = (MemoryRegionCache) {
        .ptr = range->host + (addr - range->base),
        .len = MIN(MIN(len, left), INT64_MAX),
        .ram = range->ram + (addr - range->base),
        .mr = range->mr,
        .is_write = is_write,
    };
    memory_region_ref(cache->mr);
    return cache->len;
}

void address_space_cache_invalidate(MemoryRegionCache *cache, hwaddr addr,
                                    hwaddr access_len)
{
    if (memory_region_cache_covers(cache, addr, access_len) && access_len) {
        ram_commit_write(cache->ram + addr, access_len);
    }
}

void address_space_cache_destroy(MemoryRegionCache *cache)
{
    memory_region_unref(cache->mr);
    *cache = MEMORY_REGION_CACHE_INVALID;
}

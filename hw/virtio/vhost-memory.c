/*
 * The memory that a vhost peer maps: guest RAM that has a descriptor and is shared.
 *
 * The map of memory has many small ranges where RAM is shadowed, or where registers
 * lie over it; and they change while firmware runs. The peer gets each block of RAM
 * from its first to its last visible byte, holes included, so that its table
 * seldom changes: what a hole hides is the guest's own memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "system/address-spaces.h"
#include "system/ram_addr.h"
#include "vhost-internal.h"

/* Can a peer have what is behind this range? */
static const RAMBlock *sharable_block(const FlatRange *fr)
{
    const RAMBlock *block = fr->mr->ram_block;

    return fr->host && !fr->readonly && block && block->fd >= 0 &&
           (block->flags & RAM_SHARED) ? block : NULL;
}

static VhostRegion region_of(const FlatRange *fr, const RAMBlock *block)
{
    uint64_t offset = fr->host - block->host;

    return (VhostRegion){
        .guest_addr = fr->base,
        .bytes = fr->last - fr->base + 1,
        .host = fr->host,
        .fd = block->fd,
        .fd_offset = block->fd_offset + offset,
    };
}

/* The same memory, as far from guest addresses: @last grows over @next. */
static bool join(VhostRegion *last, const VhostRegion *next)
{
    uint64_t apart = next->guest_addr - last->guest_addr;

    if (next->fd != last->fd ||
        (uint8_t *)next->host - (uint8_t *)last->host != (ptrdiff_t)apart) {
        return false;
    }
    last->bytes = apart + next->bytes;
    return true;
}

/* Ranges of a view stand in order of their addresses. */
static void fill_table(VhostTable *table, const FlatView *view)
{
    *table = (VhostTable){ .complete = true };
    for (unsigned i = 0; i < view->nr; i++) {
        const RAMBlock *block = sharable_block(&view->ranges[i]);
        VhostRegion next;

        if (!block) {
            continue;
        }
        next = region_of(&view->ranges[i], block);
        if (table->count > 0 &&
            join(&table->regions[table->count - 1], &next)) {
            continue;
        }
        if (table->count == VHOST_USER_MAX_REGIONS) {
            table->complete = false;
            return;
        }
        table->regions[table->count++] = next;
    }
}

static bool same_table(const VhostTable *a, const VhostTable *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (unsigned i = 0; i < a->count; i++) {
        const VhostRegion *x = &a->regions[i], *y = &b->regions[i];

        if (x->guest_addr != y->guest_addr || x->bytes != y->bytes ||
            x->host != y->host || x->fd != y->fd ||
            x->fd_offset != y->fd_offset) {
            return false;
        }
    }
    return true;
}

bool vhost_table_holds(const VhostTable *table, const void *host,
                       uint64_t bytes)
{
    for (unsigned i = 0; i < table->count; i++) {
        const VhostRegion *r = &table->regions[i];
        uint64_t offset = (const uint8_t *)host - (const uint8_t *)r->host;

        if (offset < r->bytes && bytes <= r->bytes - offset) {
            return true;
        }
    }
    return false;
}

static void map_changed(MemoryListener *listener)
{
    VhostDev *dev = container_of(listener, VhostDev, listener);

    fill_table(&dev->table, listener->address_space->current_map);
    /* Not now: somebody is in the middle of changing the map. */
    if (dev->conn && dev->memory_bh && !same_table(&dev->table, &dev->told)) {
        qemu_bh_schedule(dev->memory_bh);
    }
}

/*
 * The machine stands when it is saved, and then nothing is with the peer. Who wants
 * to know of written pages while it runs would not hear of the peer's.
 */
static bool refuse_log(MemoryListener *listener, Error **errp)
{
    VhostDev *dev = container_of(listener, VhostDev, listener);

    error_setg(errp, "%s: memory is written by a vhost-user peer, and which"
               " pages is not known", dev->vdev->name);
    return false;
}

void vhost_memory_init(VhostDev *dev)
{
    dev->listener = (MemoryListener){
        .name = "vhost",
        .priority = MEMORY_LISTENER_PRIORITY_DEV_BACKEND,
        .commit = map_changed,
        .log_global_start = refuse_log,
    };
    memory_listener_register(&dev->listener, &address_space_memory);
}

void vhost_memory_exit(VhostDev *dev)
{
    memory_listener_unregister(&dev->listener);
}

/* A range is RAM that the guest counts on, and the peer cannot have it. */
static bool hidden_ram(const FlatRange *fr)
{
    return fr->host && !fr->readonly && fr->mr->ram && !fr->mr->rom_device &&
           !fr->mr->ram_device && !sharable_block(fr);
}

bool vhost_memory_is_shared(Error **errp)
{
    const FlatView *view = address_space_memory.current_map;

    /* What begins at 0 is the machine's RAM, of which there is one. */
    if (view->nr == 0 || view->ranges[0].base != 0 ||
        !hidden_ram(&view->ranges[0])) {
        return true;
    }
    error_setg(errp, "vhost-user needs guest memory that its peer can map");
    error_append_hint(errp, "Use -object memory-backend-memfd,id=mem,size=SIZE,"
                      "share=on -machine memory-backend=mem\n");
    return false;
}

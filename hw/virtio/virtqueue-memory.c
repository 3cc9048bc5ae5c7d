/*
 * The way from a ring to guest memory: an address space behind the operations of
 * virtqueue-internal.h. A memory listener counts changes of the map; queues see the
 * count and translate anew, each in its own event loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-internal.h"
#include "system/ram_addr.h"

static bool memory_find(VirtQueueMemory *ring, hwaddr addr,
                        VirtQueueRange *range)
{
    VirtIOMemory *memory = container_of(ring, VirtIOMemory, ring);
    AddressSpaceRamHit hit = { 0 };

    if (!address_space_ram_hit_fill(memory->as, &hit, addr)) {
        return false;
    }
    *range = (VirtQueueRange){
        .base = hit.base,
        .bytes = hit.last - hit.base + 1,
        .host = hit.host,
        .ram = hit.ram,
        .writable = !hit.readonly,
    };
    return true;
}

static bool memory_read(VirtQueueMemory *ring, hwaddr addr, void *buf,
                        size_t bytes)
{
    VirtIOMemory *memory = container_of(ring, VirtIOMemory, ring);

    return address_space_read(memory->as, addr, MEMTXATTRS_UNSPECIFIED, buf,
                              bytes) == MEMTX_OK;
}

static bool memory_write(VirtQueueMemory *ring, hwaddr addr, const void *buf,
                         size_t bytes)
{
    VirtIOMemory *memory = container_of(ring, VirtIOMemory, ring);

    return address_space_write(memory->as, addr, MEMTXATTRS_UNSPECIFIED, buf,
                               bytes) == MEMTX_OK;
}

static void memory_commit(VirtQueueMemory *ring, ram_addr_t ram, size_t bytes)
{
    ram_commit_write(ram, bytes);
}

static void memory_commit_host(VirtQueueMemory *ring, void *host, size_t bytes)
{
    ram_addr_t ram = qemu_ram_addr_from_host(host);

    if (ram != RAM_ADDR_INVALID) {
        ram_commit_write(ram, bytes);
    }
}

static void memory_hold(VirtQueueMemory *ring, void *host, bool hold)
{
    ram_addr_t offset;
    MemoryRegion *mr = memory_region_from_host(host, &offset);

    if (!mr) {
        return;
    }
    if (hold) {
        memory_region_ref(mr);
    } else {
        memory_region_unref(mr);
    }
}

static const VirtQueueMemoryOps address_space_memory_ops = {
    .find = memory_find,
    .read = memory_read,
    .write = memory_write,
    .commit = memory_commit,
    .commit_host = memory_commit_host,
    .hold = memory_hold,
};

static void memory_map_changed(MemoryListener *listener)
{
    VirtIOMemory *memory = container_of(listener, VirtIOMemory, listener);
    unsigned next = memory->ring.generation + 1;

    /*
     * After the new view was published. Pairs with the acquire in virtqueue_map():
     * who sees this number translates by the new view or a later one.
     */
    qatomic_store_release(&memory->ring.generation, next ? next : 1);
}

VirtIOMemory *virtio_memory_new(AddressSpace *as)
{
    VirtIOMemory *memory = g_new0(VirtIOMemory, 1);

    memory->as = as;
    memory->ring.ops = &address_space_memory_ops;
    memory->ring.generation = 1;
    memory->listener.name = "virtio-rings";
    memory->listener.commit = memory_map_changed;
    memory_listener_register(&memory->listener, as);
    return memory;
}

void virtio_memory_free(VirtIOMemory *memory)
{
    if (memory) {
        memory_listener_unregister(&memory->listener);
        g_free(memory);
    }
}

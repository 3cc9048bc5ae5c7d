/*
 * Memory regions: making them, putting them into each other, changing them.
 * What a tree looks like from outside is in flatview.c, who is told of it in
 * memory-topology.c, what an access does in memory-dispatch.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev.h"
#include "memory-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* ---- The type ---- */

static void memory_region_instance_init(Object *obj)
{
    MemoryRegion *mr = (MemoryRegion *)obj;

    mr->enabled = true;
    mr->romd_mode = true;
    QTAILQ_INIT(&mr->subregions);
}

static void memory_region_instance_finalize(Object *obj)
{
    MemoryRegion *mr = (MemoryRegion *)obj;
    MemoryRegion *sub, *next;

    memory_region_transaction_begin();
    if (mr->container) {
        memory_region_del_subregion(mr->container, mr);
    }
    QTAILQ_FOREACH_SAFE(sub, &mr->subregions, subregions_link, next) {
        memory_region_del_subregion(mr, sub);
    }
    memory_region_transaction_commit();
    if (mr->ram_block) {
        qemu_ram_free(mr->ram_block);
        mr->ram_block = NULL;
    }
    g_free(mr->ioeventfds);
    g_free(mr->name);
}

static const TypeInfo memory_region_info = {
    .name = TYPE_MEMORY_REGION,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(MemoryRegion),
    .instance_init = memory_region_instance_init,
    .instance_finalize = memory_region_instance_finalize,
};

static void memory_register_types(void)
{
    type_register_static(&memory_region_info);
}

type_init(memory_register_types)

/* ---- Making regions ---- */

/* Slashes and brackets mean something in paths and property names. */
static char *child_name(const char *name)
{
    char *escaped = g_strdup_printf("%s[*]", name);

    for (char *c = escaped; c < escaped + strlen(name); c++) {
        if (*c == '/' || *c == '[' || *c == ']') {
            *c = '_';
        }
    }
    return escaped;
}

void memory_region_init(MemoryRegion *mr, Object *owner, const char *name,
                        uint64_t size)
{
    object_initialize(mr, sizeof(*mr), TYPE_MEMORY_REGION);
    mr->size = size == UINT64_MAX ? int128_2_64() : (Int128)size;
    mr->name = g_strdup(name);
    mr->owner = owner;
    mr->dev = (DeviceState *)object_dynamic_cast(owner, TYPE_DEVICE);
    if (owner && name) {
        g_autofree char *prop = child_name(name);

        object_property_add_child(owner, prop, OBJECT(mr));
        object_unref(OBJECT(mr));
    }
}

void memory_region_init_io(MemoryRegion *mr, Object *owner,
                           const MemoryRegionOps *ops, void *opaque,
                           const char *name, uint64_t size)
{
    static const MemoryRegionOps silent_ops = { .read = NULL };

    memory_region_init(mr, owner, name, size);
    mr->ops = ops ? ops : &silent_ops;
    mr->opaque = opaque;
    mr->terminates = true;
}

/* Gives @mr its memory; a region that got none stays a container of size 0. */
static bool adopt_ram(MemoryRegion *mr, RAMBlock *block)
{
    if (!block) {
        mr->size = 0;
        return false;
    }
    mr->ram = true;
    mr->terminates = true;
    mr->ram_block = block;
    return true;
}

bool memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner,
                                            const char *name, uint64_t size,
                                            uint32_t ram_flags, Error **errp)
{
    memory_region_init(mr, owner, name, size);
    return adopt_ram(mr, qemu_ram_alloc(size, ram_flags, mr, errp));
}

bool memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner,
                                      const char *name, uint64_t size,
                                      Error **errp)
{
    return memory_region_init_ram_flags_nomigrate(mr, owner, name, size, 0,
                                                  errp);
}

bool memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name,
                            uint64_t size, Error **errp)
{
    if (!memory_region_init_ram_nomigrate(mr, owner, name, size, errp)) {
        return false;
    }
    vmstate_register_ram(mr, mr->dev);
    return true;
}

bool memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner,
                                      const char *name, uint64_t size,
                                      uint64_t align, uint32_t ram_flags,
                                      const char *path, hwaddr offset,
                                      Error **errp)
{
    memory_region_init(mr, owner, name, size);
    mr->readonly = ram_flags & RAM_READONLY;
    return adopt_ram(mr, qemu_ram_alloc_from_file(size, mr, ram_flags, align,
                                                  path, offset, errp));
}

bool memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner,
                                    const char *name, uint64_t size,
                                    uint32_t ram_flags, int fd, hwaddr offset,
                                    Error **errp)
{
    memory_region_init(mr, owner, name, size);
    mr->readonly = ram_flags & RAM_READONLY;
    return adopt_ram(mr, qemu_ram_alloc_from_fd(size, mr, ram_flags, fd,
                                                offset, errp));
}

void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner,
                                const char *name, uint64_t size, void *ptr)
{
    memory_region_init(mr, owner, name, size);
    adopt_ram(mr, qemu_ram_alloc_from_ptr(size, ptr, mr, &error_abort));
}

static uint64_t ram_device_read(void *opaque, hwaddr addr, unsigned size)
{
    MemoryRegion *mr = opaque;
    uint64_t data = 0;

    host_copy(&data, mr->ram_block->host + addr, size);
    return data;
}

static void ram_device_write(void *opaque, hwaddr addr, uint64_t data,
                             unsigned size)
{
    MemoryRegion *mr = opaque;

    host_copy(mr->ram_block->host + addr, &data, size);
}

static const MemoryRegionOps ram_device_ops = {
    .read = ram_device_read,
    .write = ram_device_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner,
                                       const char *name, uint64_t size,
                                       void *ptr)
{
    memory_region_init_ram_ptr(mr, owner, name, size, ptr);
    mr->ram_device = true;
    mr->lockless_io = true;
    mr->ops = &ram_device_ops;
    mr->opaque = mr;
}

void memory_region_init_alias(MemoryRegion *mr, Object *owner,
                              const char *name, MemoryRegion *orig,
                              hwaddr offset, uint64_t size)
{
    memory_region_init(mr, owner, name, size);
    mr->alias = orig;
    mr->alias_offset = offset;
}

bool memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner,
                                      const char *name, uint64_t size,
                                      Error **errp)
{
    mr->readonly = false;
    if (!memory_region_init_ram_nomigrate(mr, owner, name, size, errp)) {
        return false;
    }
    mr->readonly = true;
    return true;
}

bool memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name,
                            uint64_t size, Error **errp)
{
    if (!memory_region_init_rom_nomigrate(mr, owner, name, size, errp)) {
        return false;
    }
    vmstate_register_ram(mr, mr->dev);
    return true;
}

bool memory_region_init_rom_device(MemoryRegion *mr, Object *owner,
                                   const MemoryRegionOps *ops, void *opaque,
                                   const char *name, uint64_t size,
                                   Error **errp)
{
    memory_region_init_io(mr, owner, ops, opaque, name, size);
    mr->ram_block = qemu_ram_alloc(size, 0, mr, errp);
    if (!mr->ram_block) {
        mr->size = 0;
        return false;
    }
    mr->rom_device = true;
    vmstate_register_ram(mr, mr->dev);
    return true;
}

/*
 * The owner is counted, not the region: an embedded region goes when the device
 * around it does. A region without an owner is never freed.
 */
void memory_region_ref(MemoryRegion *mr)
{
    if (mr && mr->owner) {
        object_ref(mr->owner);
    }
}

void memory_region_unref(MemoryRegion *mr)
{
    if (mr && mr->owner) {
        object_unref(mr->owner);
    }
}

/* ---- What a region is ---- */

uint64_t memory_region_size(const MemoryRegion *mr)
{
    return mr->size == int128_2_64() ? UINT64_MAX : (uint64_t)mr->size;
}

const char *memory_region_name(const MemoryRegion *mr)
{
    return mr->name ? mr->name : "";
}

Object *memory_region_owner(const MemoryRegion *mr)
{
    return mr->owner;
}

/* The region behind a chain of aliases, and how far into it @mr begins. */
static MemoryRegion *alias_target(MemoryRegion *mr, hwaddr *offset)
{
    *offset = 0;
    while (mr->alias) {
        *offset += mr->alias_offset;
        mr = mr->alias;
    }
    return mr;
}

void *memory_region_get_ram_ptr(MemoryRegion *mr)
{
    hwaddr offset;

    mr = alias_target(mr, &offset);
    return mr->ram_block ? mr->ram_block->host + offset : NULL;
}

ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr)
{
    hwaddr offset;

    mr = alias_target(mr, &offset);
    return mr->ram_block ? mr->ram_block->offset + offset : RAM_ADDR_INVALID;
}

int memory_region_get_fd(MemoryRegion *mr)
{
    hwaddr offset;

    mr = alias_target(mr, &offset);
    return mr->ram_block ? mr->ram_block->fd : -1;
}

MemoryRegion *memory_region_from_host(void *ptr, ram_addr_t *offset)
{
    RAMBlock *block = qemu_ram_block_from_host(ptr, false, offset);

    return block ? block->mr : NULL;
}

void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    ram_addr_t ram = memory_region_get_ram_addr(mr);

    if (ram != RAM_ADDR_INVALID) {
        ram_commit_write(ram + addr, size);
    }
}

bool memory_region_is_mapped(MemoryRegion *mr)
{
    return mr->container || mr->mapped_via_alias;
}

/* ---- Placing and changing regions ---- */

/* A container keeps foreign owners alive; its own would be a circle. */
static bool keeps_owner(const MemoryRegion *mr, const MemoryRegion *sub)
{
    return sub->owner && sub->owner != mr->owner;
}

/* In front of all of the same or a lower priority: the newest is seen. */
static void link_subregion(MemoryRegion *mr, MemoryRegion *sub)
{
    MemoryRegion *other;

    QTAILQ_FOREACH(other, &mr->subregions, subregions_link) {
        if (sub->priority >= other->priority) {
            QTAILQ_INSERT_BEFORE(other, sub, subregions_link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(&mr->subregions, sub, subregions_link);
}

static void count_alias_mapping(MemoryRegion *mr, int change)
{
    for (MemoryRegion *target = mr->alias; target; target = target->alias) {
        target->mapped_via_alias += change;
    }
}

void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset,
                                         MemoryRegion *sub, int priority)
{
    g_assert(!sub->container);
    memory_region_transaction_begin();
    if (keeps_owner(mr, sub)) {
        memory_region_ref(sub);
    }
    sub->container = mr;
    sub->addr = offset;
    sub->priority = priority;
    link_subregion(mr, sub);
    count_alias_mapping(sub, 1);
    if (mr->enabled && sub->enabled) {
        memory_region_update_pending();
    }
    memory_region_transaction_commit();
}

void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset,
                                 MemoryRegion *sub)
{
    memory_region_add_subregion_overlap(mr, offset, sub, 0);
}

void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *sub)
{
    g_assert(sub->container == mr);
    memory_region_transaction_begin();
    sub->container = NULL;
    QTAILQ_REMOVE(&mr->subregions, sub, subregions_link);
    count_alias_mapping(sub, -1);
    if (mr->enabled && sub->enabled) {
        memory_region_update_pending();
    }
    memory_region_transaction_commit();
    if (keeps_owner(mr, sub)) {
        memory_region_unref(sub);
    }
}

/* The common end of a change: visible at the outermost commit. */
static void region_changed(MemoryRegion *mr)
{
    memory_region_transaction_begin();
    if (mr->enabled) {
        memory_region_update_pending();
    }
    memory_region_transaction_commit();
}

void memory_region_set_enabled(MemoryRegion *mr, bool enabled)
{
    if (mr->enabled != enabled) {
        mr->enabled = enabled;
        memory_region_transaction_begin();
        memory_region_update_pending();
        memory_region_transaction_commit();
    }
}

void memory_region_set_address(MemoryRegion *mr, hwaddr addr)
{
    if (mr->addr != addr) {
        mr->addr = addr;
        if (mr->container) {
            MemoryRegion *container = mr->container;

            QTAILQ_REMOVE(&container->subregions, mr, subregions_link);
            link_subregion(container, mr);
        }
        region_changed(mr);
    }
}

void memory_region_set_size(MemoryRegion *mr, uint64_t size)
{
    Int128 wide = size == UINT64_MAX ? int128_2_64() : (Int128)size;

    if (mr->size != wide) {
        mr->size = wide;
        region_changed(mr);
    }
}

void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset)
{
    g_assert(mr->alias);
    if (mr->alias_offset != offset) {
        mr->alias_offset = offset;
        region_changed(mr);
    }
}

void memory_region_set_readonly(MemoryRegion *mr, bool readonly)
{
    if (mr->readonly != readonly) {
        mr->readonly = readonly;
        region_changed(mr);
    }
}

void memory_region_set_nonvolatile(MemoryRegion *mr, bool nonvolatile)
{
    if (mr->nonvolatile != nonvolatile) {
        mr->nonvolatile = nonvolatile;
        region_changed(mr);
    }
}

void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd_mode)
{
    if (mr->romd_mode != romd_mode) {
        mr->romd_mode = romd_mode;
        region_changed(mr);
    }
}

void memory_region_enable_lockless_io(MemoryRegion *mr)
{
    mr->lockless_io = true;
}

void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client)
{
    hwaddr offset;

    g_assert(client == DIRTY_MEMORY_VGA);
    mr = alias_target(mr, &offset);
    if (log ? mr->vga_logging_count++ : --mr->vga_logging_count) {
        return;
    }
    if (log) {
        ram_dirty_log_start(client);
    } else {
        ram_dirty_log_stop(client);
    }
    mr->dirty_log_mask = log ? 1u << client : 0;
    region_changed(mr);
}

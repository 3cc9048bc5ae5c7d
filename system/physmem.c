/*
 * RAM blocks: where guest RAM comes from (anonymous, a file, a descriptor, a
 * caller), its place in the ram_addr_t space, finding it by pointer or name; and
 * the physical memory functions that name no address space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/sysinfo.h>
#include "hw/core/qdev.h"
#include "memory-internal.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "system/physmem.h"

#define HUGE_PAGE_SIZE  ((size_t)2 << 20)
/* Blocks begin at multiples of it, so that none shares a page with another. */
#define BLOCK_ALIGN     ((ram_addr_t)256 << 10)

RAMList ram_list = { .blocks = QLIST_HEAD_INITIALIZER(ram_list.blocks) };

AddressSpace address_space_memory;
AddressSpace address_space_io;
MemoryRegion io_mem_unassigned;
static MemoryRegion *system_memory;
static MemoryRegion *system_io;

/* ---- The two spaces ---- */

static uint64_t unassigned_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static bool unassigned_accepts(void *opaque, hwaddr addr, unsigned size,
                               bool is_write, MemTxAttrs attrs)
{
    return false;
}

static const MemoryRegionOps unassigned_ops = {
    .read = unassigned_read,
    .valid.accepts = unassigned_accepts,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void memory_map_init(void)
{
    if (system_memory) {
        return;
    }
    memory_region_init_io(&io_mem_unassigned, NULL, &unassigned_ops, NULL,
                          "unassigned", UINT64_MAX);
    system_memory = g_new0(MemoryRegion, 1);
    memory_region_init(system_memory, NULL, "system", UINT64_MAX);
    address_space_init(&address_space_memory, system_memory, "memory");
    system_io = g_new0(MemoryRegion, 1);
    memory_region_init(system_io, NULL, "io", 65536);
    address_space_init(&address_space_io, system_io, "I/O");
}

MemoryRegion *get_system_memory(void)
{
    return system_memory;
}

MemoryRegion *get_system_io(void)
{
    return system_io;
}

/* ---- Blocks in the ram_addr_t space ---- */

/* Out of the list, but readers may still use their range of addresses. */
static GSList *leaving_blocks;

/* Moves *@at behind @block if [*@at, *@at + @size) touches it. */
static bool step_over(ram_addr_t *at, ram_addr_t size, const RAMBlock *block)
{
    ram_addr_t end = ROUND_UP(block->offset + block->max_length, BLOCK_ALIGN);

    if (*at < end && block->offset < *at + size) {
        *at = end;
        return true;
    }
    return false;
}

/* The lowest gap that holds @size bytes. */
static ram_addr_t find_gap(ram_addr_t size)
{
    ram_addr_t at = 0;
    bool moved;

    do {
        RAMBlock *block;

        moved = false;
        RAMBLOCK_FOREACH(block) {
            moved |= step_over(&at, size, block);
        }
        for (GSList *l = leaving_blocks; l; l = l->next) {
            moved |= step_over(&at, size, l->data);
        }
    } while (moved);
    return at;
}

/* Makes @block known; @host is mapped. False: too much RAM in all. */
static bool block_add(RAMBlock *block, Error **errp)
{
    block->offset = find_gap(block->max_length);
    if (!ram_watch_add_range(block->offset, block->max_length)) {
        error_setg(errp, "cannot set up guest memory '%s': more than 4 TiB "
                   "of guest memory in all", memory_region_name(block->mr));
        return false;
    }
    QLIST_INSERT_HEAD_RCU(&ram_list.blocks, block, next);
    qatomic_set(&ram_list.version, ram_list.version + 1);
    return true;
}

static RAMBlock *block_new(MemoryRegion *mr, ram_addr_t size, uint32_t flags)
{
    RAMBlock *block = g_new0(RAMBlock, 1);

    block->mr = mr;
    block->used_length = size;
    block->max_length = ROUND_UP(size, qemu_real_host_page_size());
    block->flags = flags;
    block->fd = -1;
    block->page_size = qemu_real_host_page_size();
    return block;
}

/* ---- Where memory comes from ---- */

/*
 * Maps @size bytes at a multiple of @align: a larger area is reserved, and the
 * part of it that is aligned is replaced. NULL with errno.
 */
static void *map_aligned(size_t size, size_t align, int fd, off_t offset,
                         int prot, int flags)
{
    size_t total = size + align;
    uint8_t *area = mmap(NULL, total, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *start;

    if (area == MAP_FAILED) {
        return NULL;
    }
    start = (uint8_t *)ROUND_UP((uintptr_t)area, align);
    if (mmap(start, size, prot, flags | MAP_FIXED, fd, offset) == MAP_FAILED) {
        int saved = errno;

        munmap(area, total);
        errno = saved;
        return NULL;
    }
    if (start > area) {
        munmap(area, start - area);
    }
    if (area + total > start + size) {
        munmap(start + size, area + total - (start + size));
    }
    return start;
}

/* False, with an error, when the host could never provide the memory. */
static bool host_can_hold(MemoryRegion *mr, ram_addr_t size, uint32_t flags,
                          Error **errp)
{
    g_autofree char *text = NULL;
    struct sysinfo info;

    if ((flags & RAM_NORESERVE) || sysinfo(&info) < 0 ||
        size / info.mem_unit <= (uint64_t)info.totalram + info.totalswap) {
        return true;
    }
    text = size_to_str(size);
    error_setg(errp, "cannot set up guest memory '%s': %s is more than the "
               "host's memory and swap", memory_region_name(mr), text);
    return false;
}

static bool block_map(RAMBlock *block, size_t align, Error **errp)
{
    bool anonymous = block->fd < 0;
    bool shared = block->flags & RAM_SHARED;
    int prot = PROT_READ;
    int flags = shared ? MAP_SHARED : MAP_PRIVATE;

    if (!(block->flags & RAM_READONLY) || !shared) {
        prot |= PROT_WRITE;
    }
    flags |= anonymous ? MAP_ANONYMOUS : 0;
    flags |= block->flags & RAM_NORESERVE ? MAP_NORESERVE : 0;
    if (block->max_length >= HUGE_PAGE_SIZE) {
        align = MAX(align, HUGE_PAGE_SIZE);
    }
    align = MAX(align, block->page_size);
    block->host = map_aligned(block->max_length, align, block->fd,
                              block->fd_offset, prot, flags);
    if (!block->host) {
        error_setg_errno(errp, errno, "cannot set up guest memory '%s'",
                         memory_region_name(block->mr));
        return false;
    }
    if (anonymous && block->max_length >= HUGE_PAGE_SIZE) {
        madvise(block->host, block->max_length, MADV_HUGEPAGE);
    }
    return true;
}

static void block_release_memory(RAMBlock *block)
{
    if (!(block->flags & RAM_PREALLOC)) {
        munmap(block->host, block->max_length);
    }
    if (block->fd >= 0) {
        close(block->fd);
    }
}

RAMBlock *qemu_ram_alloc(ram_addr_t size, uint32_t ram_flags, MemoryRegion *mr,
                         Error **errp)
{
    RAMBlock *block;

    if (!host_can_hold(mr, size, ram_flags, errp)) {
        return NULL;
    }
    block = block_new(mr, size, ram_flags);
    if (!block_map(block, 0, errp)) {
        g_free(block);
        return NULL;
    }
    if (!block_add(block, errp)) {
        block_release_memory(block);
        g_free(block);
        return NULL;
    }
    return block;
}

RAMBlock *qemu_ram_alloc_from_ptr(ram_addr_t size, void *host,
                                  MemoryRegion *mr, Error **errp)
{
    RAMBlock *block = block_new(mr, size, RAM_PREALLOC);

    block->host = host;
    if (!block_add(block, errp)) {
        g_free(block);
        return NULL;
    }
    return block;
}

/* The size of what is behind @fd, 0 when it cannot say. */
static int64_t fd_size(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

static RAMBlock *alloc_from_fd(ram_addr_t size, MemoryRegion *mr,
                               uint32_t ram_flags, uint64_t align, int fd,
                               uint64_t offset, Error **errp)
{
    int64_t have = fd_size(fd);
    RAMBlock *block;

    if (!(ram_flags & RAM_NAMED_FILE) &&
        !host_can_hold(mr, size, ram_flags, errp)) {
        return NULL;
    }
    if (have > 0 && (uint64_t)have < offset + size) {
        error_setg(errp, "backing store size 0x%" PRIx64
                   " does not match 'size' option 0x" RAM_ADDR_FMT,
                   have, size);
        return NULL;
    }
    if (!have && !(ram_flags & RAM_READONLY_FD) &&
        ftruncate(fd, offset + size) < 0 && errno != EINVAL) {
        error_setg_errno(errp, errno, "cannot give '%s' its size of 0x"
                         RAM_ADDR_FMT " bytes", memory_region_name(mr), size);
        return NULL;
    }
    block = block_new(mr, size, ram_flags);
    block->fd = fd;
    block->fd_offset = offset;
    if (!block_map(block, align, errp)) {
        g_free(block);
        return NULL;
    }
    if (!block_add(block, errp)) {
        munmap(block->host, block->max_length);
        g_free(block);
        return NULL;
    }
    return block;
}

RAMBlock *qemu_ram_alloc_from_fd(ram_addr_t size, MemoryRegion *mr,
                                 uint32_t ram_flags, int fd, uint64_t offset,
                                 Error **errp)
{
    return alloc_from_fd(size, mr, ram_flags, 0, fd, offset, errp);
}

/* Opens or makes @path; a directory gets a file without a name. */
static int open_backing(const char *path, bool readonly, bool *created)
{
    struct stat st;
    int fd;

    *created = false;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        g_autofree char *name = g_build_filename(path, "mem-XXXXXX", NULL);

        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0) {
            unlink(name);
        }
        return fd;
    }
    fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !readonly) {
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        *created = fd >= 0;
    }
    return fd;
}

RAMBlock *qemu_ram_alloc_from_file(ram_addr_t size, MemoryRegion *mr,
                                   uint32_t ram_flags, uint64_t align,
                                   const char *path, uint64_t offset,
                                   Error **errp)
{
    bool created;
    int fd = open_backing(path, ram_flags & RAM_READONLY_FD, &created);
    RAMBlock *block;

    if (fd < 0) {
        error_setg_errno(errp, errno, "can't open backing store %s for "
                         "guest RAM", path);
        return NULL;
    }
    block = alloc_from_fd(size, mr, ram_flags | RAM_NAMED_FILE, align, fd,
                          offset, errp);
    if (!block) {
        if (created) {
            unlink(path);
        }
        close(fd);
    }
    return block;
}

static void block_free(RAMBlock *block)
{
    leaving_blocks = g_slist_remove(leaving_blocks, block);
    ram_watch_del_range(block->offset, block->max_length);
    block_release_memory(block);
    g_free(block);
}

void qemu_ram_free(RAMBlock *block)
{
    if (block) {
        QLIST_REMOVE_RCU(block, next);
        leaving_blocks = g_slist_prepend(leaving_blocks, block);
        qatomic_set(&ram_list.version, ram_list.version + 1);
        call_rcu(block, block_free, rcu);
    }
}

/* ---- Names ---- */

void qemu_ram_set_idstr(RAMBlock *block, const char *name, DeviceState *dev)
{
    g_autofree char *path = dev ? qdev_get_dev_path(dev) : NULL;

    snprintf(block->idstr, sizeof(block->idstr), "%s%s%s", path ? path : "",
             path ? "/" : "", name);
}

void qemu_ram_unset_idstr(RAMBlock *block)
{
    if (block) {
        block->idstr[0] = '\0';
    }
}

const char *qemu_ram_get_idstr(RAMBlock *block)
{
    return block->idstr;
}

RAMBlock *qemu_ram_block_by_name(const char *name)
{
    RAMBlock *block;

    RAMBLOCK_FOREACH(block) {
        if (!strcmp(name, block->idstr)) {
            return block;
        }
    }
    return NULL;
}

void vmstate_register_ram(MemoryRegion *mr, DeviceState *dev)
{
    qemu_ram_set_idstr(mr->ram_block, memory_region_name(mr), dev);
    mr->ram_block->flags |= RAM_MIGRATABLE;
}

void vmstate_unregister_ram(MemoryRegion *mr, DeviceState *dev)
{
    qemu_ram_unset_idstr(mr->ram_block);
    mr->ram_block->flags &= ~RAM_MIGRATABLE;
}

void vmstate_register_ram_global(MemoryRegion *mr)
{
    vmstate_register_ram(mr, NULL);
}

/* ---- Finding ---- */

RAMBlock *qemu_ram_block_from_host(void *ptr, bool round_offset,
                                   ram_addr_t *offset)
{
    uint8_t *host = ptr;
    RAMBlock *block;

    RAMBLOCK_FOREACH(block) {
        if (host >= block->host &&
            (size_t)(host - block->host) < block->max_length) {
            *offset = host - block->host;
            if (round_offset) {
                *offset &= ~(RAM_PAGE_SIZE - 1);
            }
            return block;
        }
    }
    return NULL;
}

ram_addr_t qemu_ram_addr_from_host(void *ptr)
{
    ram_addr_t offset;
    RAMBlock *block = qemu_ram_block_from_host(ptr, false, &offset);

    return block ? block->offset + offset : RAM_ADDR_INVALID;
}

void *qemu_ram_host_from_addr(ram_addr_t addr)
{
    RAMBlock *block;

    RAMBLOCK_FOREACH(block) {
        if (addr - block->offset < block->max_length) {
            return block->host + (addr - block->offset);
        }
    }
    return NULL;
}

ram_addr_t qemu_ram_total_bytes(void)
{
    ram_addr_t total = 0;
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH(block) {
        total += block->used_length;
    }
    return total;
}

/* ---- Physical memory without a space ---- */

void physical_memory_read(hwaddr addr, void *buf, hwaddr len)
{
    address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, buf,
                       len);
}

void physical_memory_write(hwaddr addr, const void *buf, hwaddr len)
{
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED,
                        buf, len);
}

void cpu_physical_memory_read(hwaddr addr, void *buf, hwaddr len)
{
    physical_memory_read(addr, buf, len);
}

void cpu_physical_memory_write(hwaddr addr, const void *buf, hwaddr len)
{
    physical_memory_write(addr, buf, len);
}

void *cpu_physical_memory_map(hwaddr addr, hwaddr *plen, bool is_write)
{
    return address_space_map(&address_space_memory, addr, plen, is_write,
                             MEMTXATTRS_UNSPECIFIED);
}

void cpu_physical_memory_unmap(void *buffer, hwaddr len, bool is_write,
                               hwaddr access_len)
{
    address_space_unmap(&address_space_memory, buffer, len, is_write,
                        access_len);
}

bool cpu_physical_memory_is_io(hwaddr addr)
{
    AddressSpacePage page;

    RCU_READ_LOCK_GUARD();
    address_space_lookup_page(&address_space_memory, addr, &page);
    return page.kind == PAGE_KIND_IO || page.kind == PAGE_KIND_HOLE;
}

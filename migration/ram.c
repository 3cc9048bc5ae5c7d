/*
 * Guest memory in the stream: which blocks there are, and their pages in runs, of
 * zeros, as they are, or packed by zlib.
 *
 *     blocks  be16 count, then for each: a byte with the length of the name, the
 *             name, be64 bytes
 *     pages   be16 block, byte how (RUN_*), be32 pages, be64 first page, the bytes
 *
 * Every page of every block comes at least once; a later one replaces an earlier.
 * The last page of a block may be shorter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <zlib.h>
#include "migration-internal.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"
#include "ram-holes.h"
#include "system/balloon.h"
#include "system/ram_addr.h"

#define PAGE_BYTES      RAM_HOLE_PAGE
#define RUN_PAGES_MAX   64u         /* of pages that have bytes */
#define RUN_HEAD        15
#define BLOCKS_MAX      4096

enum { RUN_ZERO, RUN_PLAIN, RUN_ZLIB };

static uint64_t pages_of(uint64_t bytes)
{
    return DIV_ROUND_UP(bytes, PAGE_BYTES);
}

/* ---- saving ------------------------------------------------------------ */

typedef struct SaveBlock {
    char *name;
    const uint8_t *host;
    ram_addr_t offset;
    uint64_t bytes;
    RamHoles holes;
} SaveBlock;

struct RamSave {
    GArray *blocks;             /* of SaveBlock */
    int pagemap;
    MigrationOptions options;
    RamSaveStats stats;         /* each atomic */
    int64_t began_ns;
    MigrationChannel *ch;
    z_stream z;
    bool z_ready;
    uint8_t packed[RUN_PAGES_MAX * PAGE_BYTES];
};

static void free_save_block(void *opaque)
{
    SaveBlock *b = opaque;

    g_free(b->name);
}

RamSave *ram_save_new(const MigrationOptions *options)
{
    RamSave *ram = g_new0(RamSave, 1);
    RAMBlock *block;

    ram->options = *options;
    ram->pagemap = ram_pagemap_open();
    ram->blocks = g_array_new(false, false, sizeof(SaveBlock));
    g_array_set_clear_func(ram->blocks, free_save_block);
    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH(block) {
        SaveBlock b = { NULL, block->host, block->offset,
                        block->used_length };

        if (block->flags & RAM_MIGRATABLE) {
            b.name = g_strdup(block->idstr);
            ram_holes_init(&b.holes, block, ram->pagemap);
            g_array_append_val(ram->blocks, b);
            ram->stats.total += b.bytes;
        }
    }
    if (options->compress) {
        ram->z_ready = deflateInit(&ram->z, options->compress_level) == Z_OK;
    }
    return ram;
}

void ram_save_free(RamSave *ram)
{
    if (ram) {
        if (ram->z_ready) {
            deflateEnd(&ram->z);
        }
        g_array_unref(ram->blocks);
        if (ram->pagemap >= 0) {
            close(ram->pagemap);
        }
        g_free(ram);
    }
}

void ram_save_stats(const RamSave *ram, RamSaveStats *stats)
{
    const RamSaveStats *now = &ram->stats;

    *stats = (RamSaveStats) {
        .total = now->total,
        .done = qatomic_read(&now->done),
        .zero_pages = qatomic_read(&now->zero_pages),
        .normal_pages = qatomic_read(&now->normal_pages),
        .packed_pages = qatomic_read(&now->packed_pages),
        .packed_bytes = qatomic_read(&now->packed_bytes),
        .sent = qatomic_read(&now->sent),
    };
}

static void count(uint64_t *counter, uint64_t more)
{
    qatomic_set(counter, *counter + more);      /* one thread writes */
}

static void put_blocks(RamSave *ram)
{
    QEMUFile *mem = qemu_file_new_output_mem();
    const uint8_t *bytes;
    size_t size;

    qemu_put_be16(mem, ram->blocks->len);
    for (unsigned i = 0; i < ram->blocks->len; i++) {
        SaveBlock *b = &g_array_index(ram->blocks, SaveBlock, i);

        qemu_put_byte(mem, strlen(b->name));
        qemu_put_buffer(mem, (uint8_t *)b->name, strlen(b->name));
        qemu_put_be64(mem, b->bytes);
    }
    bytes = qemu_file_get_mem(mem, &size);
    stream_put_section(ram->ch->file, SECTION_BLOCKS, bytes, size, NULL, 0);
    qemu_fclose(mem);
}

static void put_run(RamSave *ram, unsigned block, int how, uint64_t first,
                    uint32_t pages, const void *body, size_t body_size)
{
    uint8_t head[RUN_HEAD];

    stw_be_p(head, block);
    head[2] = how;
    stl_be_p(head + 3, pages);
    stq_be_p(head + 7, first);
    stream_put_section(ram->ch->file, SECTION_PAGES, head, sizeof(head), body,
                       body_size);
    qatomic_set(&ram->stats.sent, qemu_file_transferred(ram->ch->file));
}

/* Bytes that @src takes packed; 0 if that is no less. */
static size_t pack(RamSave *ram, const uint8_t *src, size_t size)
{
    ram->z.next_in = (uint8_t *)src;
    ram->z.avail_in = size;
    ram->z.next_out = ram->packed;
    ram->z.avail_out = size - 1;
    if (deflateReset(&ram->z) != Z_OK ||
        deflate(&ram->z, Z_FINISH) != Z_STREAM_END) {
        return 0;
    }
    return size - 1 - ram->z.avail_out;
}

static void put_filled(RamSave *ram, unsigned block, const SaveBlock *b,
                       uint64_t first, uint32_t pages)
{
    const uint8_t *src = b->host + first * PAGE_BYTES;
    size_t size = MIN(b->bytes - first * PAGE_BYTES,
                      (uint64_t)pages * PAGE_BYTES);
    size_t packed = ram->z_ready ? pack(ram, src, size) : 0;

    if (packed) {
        put_run(ram, block, RUN_ZLIB, first, pages, ram->packed, packed);
        count(&ram->stats.packed_pages, pages);
        count(&ram->stats.packed_bytes, packed);
    } else {
        put_run(ram, block, RUN_PLAIN, first, pages, src, size);
    }
    count(&ram->stats.normal_pages, pages);
}

/* Is it zero, or may it be, since the guest does not need it? */
static bool page_is_zero(const RamSave *ram, SaveBlock *b, uint64_t page)
{
    uint64_t at = page * PAGE_BYTES;

    return balloon_page_unneeded(b->offset + at) ||
           (ram->options.leave_zero_pages &&
            (ram_holes_at(&b->holes, page) ||
             buffer_is_zero(b->host + at, MIN(PAGE_BYTES, b->bytes - at))));
}

/* Sleeps so that no more bytes a second go out than is allowed. */
static void keep_bandwidth(RamSave *ram)
{
    uint64_t limit = ram->options.max_bandwidth;
    uint64_t sent = qemu_file_transferred(ram->ch->file);
    struct pollfd cancel = { .fd = ram->ch->cancel_fd, .events = POLLIN };
    int64_t due_ms, now_ms;

    if (limit) {
        due_ms = (double)sent * 1000 / limit;
        now_ms = (get_clock() - ram->began_ns) / SCALE_MS;
        if (due_ms > now_ms) {
            poll(&cancel, 1, MIN(due_ms - now_ms, INT_MAX));
        }
    }
}

static bool save_block(RamSave *ram, unsigned n)
{
    SaveBlock *b = &g_array_index(ram->blocks, SaveBlock, n);
    uint64_t pages = pages_of(b->bytes), page = 0;

    while (page < pages) {
        bool zero = page_is_zero(ram, b, page);
        uint64_t first = page++;
        uint64_t most = zero ? UINT32_MAX : RUN_PAGES_MAX;

        while (page < pages && page - first < most &&
               page_is_zero(ram, b, page) == zero &&
               !qatomic_read(&ram->ch->cancelled)) {
            page++;
        }
        if (qatomic_read(&ram->ch->cancelled)) {
            qemu_file_set_error(ram->ch->file, -ECANCELED);
        }
        if (zero) {
            put_run(ram, n, RUN_ZERO, first, page - first, NULL, 0);
            count(&ram->stats.zero_pages, page - first);
        } else {
            put_filled(ram, n, b, first, page - first);
        }
        if (qemu_file_get_error(ram->ch->file)) {
            return false;
        }
        count(&ram->stats.done, MIN(b->bytes, page * PAGE_BYTES) -
                                first * PAGE_BYTES);
        keep_bandwidth(ram);
    }
    return true;
}

bool ram_save_all(RamSave *ram, MigrationChannel *ch)
{
    ram->ch = ch;
    ram->began_ns = get_clock();
    put_blocks(ram);
    for (unsigned i = 0; i < ram->blocks->len; i++) {
        if (!save_block(ram, i)) {
            return false;
        }
    }
    qatomic_set(&ram->stats.sent, qemu_file_transferred(ch->file));
    return !qemu_file_get_error(ch->file);
}

/* ---- loading ----------------------------------------------------------- */

typedef struct LoadBlock {
    RAMBlock *block;
    unsigned long *there;       /* pages that came */
} LoadBlock;

struct RamLoad {
    GArray *blocks;             /* of LoadBlock; NULL before their section */
    int pagemap;
    uint8_t unpacked[RUN_PAGES_MAX * PAGE_BYTES];
};

RamLoad *ram_load_new(void)
{
    RamLoad *load = g_new0(RamLoad, 1);

    load->pagemap = ram_pagemap_open();
    return load;
}

static void free_load_block(void *opaque)
{
    LoadBlock *b = opaque;

    g_free(b->there);
}

void ram_load_free(RamLoad *load)
{
    if (load->blocks) {
        g_array_unref(load->blocks);
    }
    if (load->pagemap >= 0) {
        close(load->pagemap);
    }
    g_free(load);
}

static bool have_block(RamLoad *load, const RAMBlock *block)
{
    for (unsigned i = 0; i < load->blocks->len; i++) {
        if (g_array_index(load->blocks, LoadBlock, i).block == block) {
            return true;
        }
    }
    return false;
}

static bool add_block(RamLoad *load, const char *name, uint64_t bytes,
                      Error **errp)
{
    g_autofree char *shown = g_strescape(name, NULL);
    RAMBlock *block = qemu_ram_block_by_name(name);
    LoadBlock b = { block };

    if (!block || !name[0] || !(block->flags & RAM_MIGRATABLE)) {
        error_setg(errp, "there is no memory '%s' here", shown);
        return false;
    }
    if (block->used_length != bytes) {
        error_setg(errp, "the memory '%s' has %" PRIu64 " bytes here, not %"
                   PRIu64, shown, (uint64_t)block->used_length, bytes);
        return false;
    }
    if (have_block(load, block)) {
        error_setg(errp, "the memory '%s' comes twice", shown);
        return false;
    }
    b.there = bitmap_new(pages_of(bytes));
    g_array_append_val(load->blocks, b);
    return true;
}

/* Is there something here of which the stream says nothing? */
static bool all_blocks_named(RamLoad *load, Error **errp)
{
    RAMBlock *block;

    RAMBLOCK_FOREACH(block) {
        if ((block->flags & RAM_MIGRATABLE) && !have_block(load, block)) {
            error_setg(errp, "the stream lacks the memory '%s'", block->idstr);
            return false;
        }
    }
    return true;
}

static bool read_blocks(RamLoad *load, QEMUFile *mem, Error **errp)
{
    unsigned blocks = qemu_get_be16(mem);

    for (unsigned i = 0; i < blocks; i++) {
        char name[UINT8_MAX + 1] = "";
        uint64_t bytes;

        qemu_get_buffer(mem, (uint8_t *)name, qemu_get_byte(mem));
        bytes = qemu_get_be64(mem);
        if (qemu_file_get_error(mem) || blocks > BLOCKS_MAX) {
            error_setg(errp, "the stream is damaged: its list of memory "
                       "blocks");
            return false;
        }
        if (!add_block(load, name, bytes, errp)) {
            return false;
        }
    }
    return all_blocks_named(load, errp);
}

bool ram_load_blocks(RamLoad *load, const uint8_t *data, size_t size,
                     Error **errp)
{
    QEMUFile *mem = qemu_file_new_input_mem(data, size);
    bool ok;

    if (load->blocks) {
        error_setg(errp, "the stream is damaged: two lists of memory blocks");
        qemu_fclose(mem);
        return false;
    }
    load->blocks = g_array_new(false, false, sizeof(LoadBlock));
    g_array_set_clear_func(load->blocks, free_load_block);
    WITH_RCU_READ_LOCK_GUARD() {
        ok = read_blocks(load, mem, errp);
    }
    qemu_fclose(mem);
    return ok;
}

/* Stores what is new; memory that nobody may write must be equal. */
static bool store(RAMBlock *block, uint64_t at, const uint8_t *src, size_t size,
                  Error **errp)
{
    uint8_t *host = block->host + at;
    bool same = src ? !memcmp(host, src, size) : buffer_is_zero(host, size);

    if (same) {
        return true;
    }
    if ((block->flags & RAM_READONLY) && (block->flags & RAM_SHARED)) {
        error_setg(errp, "the memory '%s' has other contents here and cannot "
                   "be written", block->idstr);
        return false;
    }
    if (src) {
        memcpy(host, src, size);
    } else {
        memset(host, 0, size);
    }
    ram_commit_write(block->offset + at, size);
    return true;
}

/* Zeros come in long runs; what is zero already must not be touched. */
static bool store_zeros(RAMBlock *block, int pagemap, uint64_t at, uint64_t size,
                        Error **errp)
{
    RamHoles holes;

    ram_holes_init(&holes, block, pagemap);
    holes.pages = pages_of(at + size);          /* no look beyond the run */
    for (uint64_t n; size; at += n, size -= n) {
        n = MIN(size, PAGE_BYTES);
        if (!ram_holes_at(&holes, at / PAGE_BYTES) &&
            !store(block, at, NULL, n, errp)) {
            return false;
        }
    }
    return true;
}

bool ram_load_pages(RamLoad *load, const uint8_t *data, size_t size,
                    Error **errp)
{
    unsigned index, how;
    uint64_t first, pages, bytes, all;
    uLongf unpacked;
    LoadBlock *b;

    RCU_READ_LOCK_GUARD();
    if (size < RUN_HEAD) {
        error_setg(errp, "the stream is damaged: a short run of pages");
        return false;
    }
    index = lduw_be_p(data);
    how = data[2];
    pages = ldl_be_p(data + 3) & UINT32_MAX;
    first = ldq_be_p(data + 7);
    data += RUN_HEAD;
    size -= RUN_HEAD;
    b = load->blocks && index < load->blocks->len
        ? &g_array_index(load->blocks, LoadBlock, index) : NULL;
    all = b ? pages_of(b->block->used_length) : 0;
    if (!b || !pages || first >= all || pages > all - first ||
        (how != RUN_ZERO && pages > RUN_PAGES_MAX) || how > RUN_ZLIB) {
        error_setg(errp, "the stream is damaged: pages %" PRIu64 " to %" PRIu64
                   " of block %u", first, first + pages, index);
        return false;
    }
    bytes = MIN(pages * PAGE_BYTES,
                b->block->used_length - first * PAGE_BYTES);
    bitmap_set(b->there, first, pages);
    if (how == RUN_ZERO && size == 0) {
        return store_zeros(b->block, load->pagemap, first * PAGE_BYTES, bytes,
                           errp);
    }
    if (how == RUN_ZLIB) {
        unpacked = sizeof(load->unpacked);
        if (uncompress(load->unpacked, &unpacked, data, size) == Z_OK) {
            data = load->unpacked;
            size = unpacked;
        } else {
            size = 0;
        }
    }
    if (size != bytes || how == RUN_ZERO) {
        error_setg(errp, "the stream is damaged: %zu bytes for %" PRIu64
                   " pages of '%s'", size, pages, b->block->idstr);
        return false;
    }
    return store(b->block, first * PAGE_BYTES, data, size, errp);
}

bool ram_load_complete(RamLoad *load, Error **errp)
{
    for (unsigned i = 0; load->blocks && i < load->blocks->len; i++) {
        LoadBlock *b = &g_array_index(load->blocks, LoadBlock, i);
        uint64_t pages = pages_of(b->block->used_length);

        if (find_next_zero_bit(b->there, pages, 0) < pages) {
            error_setg(errp, "the stream lacks pages of the memory '%s'",
                       b->block->idstr);
            return false;
        }
    }
    if (!load->blocks) {
        error_setg(errp, "the stream lacks the list of memory blocks");
    }
    return load->blocks != NULL;
}

/*
 * Guest RAM: where its blocks come from, and the watch flags of its pages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ram_addr.h"
#include "../../migration/ram-holes.h"

#define ANY         MEMTXATTRS_UNSPECIFIED
#define RAM_AT      0x10000
#define RAM_BYTES   0x8000

/* A space of its own with some RAM. */
typedef struct Fixture {
    MemoryRegion root, ram;
    AddressSpace as;
} Fixture;

static Fixture *fixture_new(void)
{
    Fixture *f = g_new0(Fixture, 1);

    memory_region_init(&f->root, NULL, "root", UINT64_MAX);
    memory_region_init_ram(&f->ram, NULL, "ram", RAM_BYTES, &error_abort);
    memory_region_add_subregion(&f->root, RAM_AT, &f->ram);
    address_space_init(&f->as, &f->root, "test");
    return f;
}

static void fixture_free(Fixture *f)
{
    memory_region_del_subregion(&f->root, &f->ram);
    address_space_destroy(&f->as);
    object_unref(OBJECT(&f->ram));
    object_unref(OBJECT(&f->root));
    drain_call_rcu();
    g_free(f);
}

/* ---- Watch flags ---- */

static unsigned code_drops, rearms;
static ram_addr_t dropped_at;
static uint64_t dropped_len;

static void drop_code(ram_addr_t addr, uint64_t len)
{
    code_drops++;
    dropped_at = addr;
    dropped_len = len;
    ram_page_clear_code(addr);
}

static void count_rearm(ram_addr_t addr, uint64_t len)
{
    rearms++;
}

static const RamWatchOps watch_ops = {
    .code_written = drop_code,
    .rearmed = count_rearm,
};

static void test_code(void)
{
    Fixture *f = fixture_new();
    ram_addr_t ram = memory_region_get_ram_addr(&f->ram);
    uint8_t bytes[0x2000] = { 0 };

    ram_watch_register(&watch_ops);
    code_drops = 0;
    ram_page_set_code(ram + 0x1000);
    g_assert_true(ram_page_has_code(ram + 0x1abc));
    g_assert_false(ram_page_has_code(ram + 0x2000));
    stl_le_phys(&f->as, RAM_AT + 0xffc, 0);
    g_assert_cmpuint(code_drops, ==, 0);
    address_space_write(&f->as, RAM_AT + 0x800, ANY, bytes, 0x1000);
    g_assert_cmpuint(code_drops, ==, 1);
    g_assert_cmphex(dropped_at, ==, ram + 0x1000);
    g_assert_cmphex(dropped_len, ==, 0x800);
    stl_le_phys(&f->as, RAM_AT + 0x1000, 0);
    g_assert_cmpuint(code_drops, ==, 1);
    ram_commit_write(ram, 0);
    fixture_free(f);
    ram_watch_register(NULL);
}

static void test_dirty(void)
{
    Fixture *f = fixture_new();
    ram_addr_t ram = memory_region_get_ram_addr(&f->ram);
    unsigned long bitmap[1] = { 0 };
    unsigned client = DIRTY_MEMORY_MIGRATION;

    ram_watch_register(&watch_ops);
    rearms = 0;
    g_assert_true(physical_memory_get_dirty(ram, RAM_BYTES, client));
    g_assert_true(memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION, NULL));
    g_assert_cmpuint(ram_dirty_log_harvest(ram, RAM_BYTES, client, bitmap), ==,
                     RAM_BYTES / 0x1000);
    g_assert_cmphex(bitmap[0], ==, 0xff);
    g_assert_cmpuint(rearms, ==, 1);
    g_assert_false(physical_memory_get_dirty(ram, RAM_BYTES, client));
    g_assert_cmpuint(ram_dirty_log_harvest(ram, RAM_BYTES, client, bitmap), ==,
                     0);
    g_assert_cmpuint(rearms, ==, 1);
    stb_phys(&f->as, RAM_AT + 0x2fff, 1);
    stw_le_phys(&f->as, RAM_AT + 0x4fff, 1);
    bitmap[0] = 0;
    g_assert_cmpuint(ram_dirty_log_harvest(ram, RAM_BYTES, client, bitmap), ==,
                     3);
    g_assert_cmphex(bitmap[0], ==, 0x34);
    physical_memory_set_dirty_range(ram + 0x1000, 1, 1u << client);
    g_assert_true(physical_memory_test_and_clear_dirty(ram, RAM_BYTES, client));
    g_assert_false(physical_memory_test_and_clear_dirty(ram, RAM_BYTES,
                                                        client));
    memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    g_assert_cmphex(ram_page_flags(ram), ==, 0);
    fixture_free(f);
    ram_watch_register(NULL);
}

/* ---- RAM blocks ---- */

static void test_ram_from_file(void)
{
    g_autofree char *path = g_strdup_printf("%s/mem-XXXXXX", g_get_tmp_dir());
    MemoryRegion mr;
    Error *err = NULL;
    int fd = g_mkstemp(path);
    char content[4] = "";

    g_assert_cmpint(ftruncate(fd, 0x1000), ==, 0);
    g_assert_false(memory_region_init_ram_from_file(&mr, NULL, "f", 0x2000, 0,
                                                    RAM_SHARED, path, 0, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "0x1000"));
    error_free(err);
    object_unref(OBJECT(&mr));
    memory_region_init_ram_from_file(&mr, NULL, "f", 0x1000, 0, RAM_SHARED,
                                     path, 0, &error_abort);
    memcpy(memory_region_get_ram_ptr(&mr), "abc", 3);
    g_assert_cmpint(pread(fd, content, 3, 0), ==, 3);
    g_assert_cmpstr(content, ==, "abc");
    object_unref(OBJECT(&mr));
    drain_call_rcu();
    close(fd);
    unlink(path);
}

static void test_ram_too_large(void)
{
    MemoryRegion mr;
    Error *err = NULL;

    g_assert_false(memory_region_init_ram(&mr, NULL, "pc.ram",
                                          (uint64_t)1 << 46, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "pc.ram"));
    g_assert_null(strchr(error_get_pretty(err), '\n'));
    error_free(err);
    object_unref(OBJECT(&mr));
}

static void test_blocks(void)
{
    MemoryRegion a, b;
    ram_addr_t offset, at;
    RAMBlock *block;

    memory_region_init_ram(&a, NULL, "a", 0x3000, &error_abort);
    memory_region_init_ram(&b, NULL, "b", 0x400000, &error_abort);
    rcu_read_lock();
    block = qemu_ram_block_from_host((uint8_t *)memory_region_get_ram_ptr(&b) +
                                     0x1234, true, &offset);
    g_assert_true(block == b.ram_block);
    g_assert_cmphex(offset, ==, 0x1000);
    g_assert_null(qemu_ram_block_from_host(&a, false, &offset));
    at = memory_region_get_ram_addr(&b);
    g_assert_true(qemu_ram_host_from_addr(at) == memory_region_get_ram_ptr(&b));
    g_assert_true(qemu_ram_block_by_name("a") == a.ram_block);
    rcu_read_unlock();
    object_unref(OBJECT(&a));
    object_unref(OBJECT(&b));
    drain_call_rcu();
}

/* ---- Holes ---- */

#define HOLE_PAGES  0x900       /* more than one look at the page map */

static char *holes_of(const RAMBlock *block, int pagemap)
{
    GString *pages = g_string_new(NULL);
    RamHoles h;

    ram_holes_init(&h, block, pagemap);
    for (uint64_t i = 0; i < HOLE_PAGES; i++) {
        if (!ram_holes_at(&h, i)) {
            g_string_append_printf(pages, "%" PRIx64 " ", i);
        }
    }
    return g_string_free(pages, false);
}

static void touch_and_look(MemoryRegion *mr)
{
    uint8_t *host = memory_region_get_ram_ptr(mr);
    int pagemap = ram_pagemap_open();
    g_autofree char *before = holes_of(mr->ram_block, pagemap);
    g_autofree char *after = NULL;

    g_assert_cmpint(pagemap, >=, 0);
    g_assert_cmpstr(before, ==, "");
    host[0] = host[0x2fff] = host[0x1ff000] = host[0x200000] = 1;
    host[(HOLE_PAGES - 1) * RAM_HOLE_PAGE] = 1;
    after = holes_of(mr->ram_block, pagemap);
    g_assert_cmpstr(after, ==, "0 2 1ff 200 8ff ");
    close(pagemap);
    object_unref(OBJECT(mr));
    drain_call_rcu();
}

static void test_holes(void)
{
    g_autofree char *path = g_strdup("/dev/shm/test-ram-XXXXXX");
    uint64_t bytes = HOLE_PAGES * RAM_HOLE_PAGE;
    g_autofree char *all = NULL;
    MemoryRegion mr;
    int fd;

    memory_region_init_ram(&mr, NULL, "anonymous", bytes, &error_abort);
    madvise(memory_region_get_ram_ptr(&mr), bytes, MADV_NOHUGEPAGE);
    touch_and_look(&mr);

    fd = g_mkstemp(path);
    g_assert_cmpint(ftruncate(fd, bytes), ==, 0);
    memory_region_init_ram_from_file(&mr, NULL, "shared", bytes, 0, RAM_SHARED,
                                     path, 0, &error_abort);
    touch_and_look(&mr);

    /* A private copy of a file is what the file says, touched or not. */
    memory_region_init_ram_from_file(&mr, NULL, "private", bytes, 0, 0, path, 0,
                                     &error_abort);
    all = holes_of(mr.ram_block, -1);
    g_assert_nonnull(strstr(all, "0 1 2 3 "));
    object_unref(OBJECT(&mr));
    drain_call_rcu();
    close(fd);
    unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    memory_map_init();
    g_test_add_func("/ram/commit/drops-code", test_code);
    g_test_add_func("/ram/dirty/harvest", test_dirty);
    g_test_add_func("/ram/from-file", test_ram_from_file);
    g_test_add_func("/ram/beyond-the-host", test_ram_too_large);
    g_test_add_func("/ram/blocks", test_blocks);
    g_test_add_func("/ram/holes", test_holes);
    return g_test_run();
}

/*
 * The memory API: dispatch, address spaces, listeners, eventfds, mappings. RAM
 * blocks and watch flags are in test-ram.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev.h"
#include "qapi/error.h"
#include "qemu/event_notifier.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/physmem.h"
#include "system/ram_addr.h"

#define ANY MEMTXATTRS_UNSPECIFIED

/* ---- A register file that notes how it was accessed ---- */

typedef struct Device {
    uint8_t regs[64];
    unsigned calls;
    unsigned last_size;
    hwaddr last_addr;
    bool big;
    bool had_bql;
} Device;

static void note(Device *d, hwaddr addr, unsigned size)
{
    d->calls++;
    d->last_addr = addr;
    d->last_size = size;
    d->had_bql = bql_locked();
}

static uint64_t device_read(void *opaque, hwaddr addr, unsigned size)
{
    Device *d = opaque;
    uint64_t value = 0;

    note(d, addr, size);
    for (unsigned i = 0; i < size; i++) {
        unsigned at = d->big ? size - 1 - i : i;

        value |= (uint64_t)d->regs[(addr + i) % 64] << (at * 8);
    }
    return value;
}

static void device_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned size)
{
    Device *d = opaque;

    note(d, addr, size);
    for (unsigned i = 0; i < size; i++) {
        unsigned at = d->big ? size - 1 - i : i;

        d->regs[(addr + i) % 64] = value >> (at * 8);
    }
}

/* A space of its own with one such device at 0x1000 and RAM at 0x10000. */
typedef struct Fixture {
    MemoryRegion root, regs, ram;
    AddressSpace as;
    MemoryRegionOps ops;
    Device dev;
} Fixture;

#define RAM_AT      0x10000
#define RAM_BYTES   0x8000

static Fixture *fixture_new(unsigned impl_min, unsigned impl_max)
{
    Fixture *f = g_new0(Fixture, 1);

    f->ops = (MemoryRegionOps) {
        .read = device_read,
        .write = device_write,
        .endianness = DEVICE_LITTLE_ENDIAN,
        .valid = { .min_access_size = 1, .max_access_size = 8 },
        .impl = { .min_access_size = impl_min, .max_access_size = impl_max },
    };
    for (unsigned i = 0; i < 64; i++) {
        f->dev.regs[i] = i + 1;
    }
    memory_region_init(&f->root, NULL, "root", UINT64_MAX);
    memory_region_init_io(&f->regs, NULL, &f->ops, &f->dev, "regs", 64);
    memory_region_init_ram(&f->ram, NULL, "ram", RAM_BYTES, &error_abort);
    memory_region_add_subregion(&f->root, 0x1000, &f->regs);
    memory_region_add_subregion(&f->root, RAM_AT, &f->ram);
    address_space_init(&f->as, &f->root, "test");
    return f;
}

static void fixture_free(Fixture *f)
{
    memory_region_del_subregion(&f->root, &f->regs);
    memory_region_del_subregion(&f->root, &f->ram);
    address_space_destroy(&f->as);
    object_unref(OBJECT(&f->regs));
    object_unref(OBJECT(&f->ram));
    object_unref(OBJECT(&f->root));
    drain_call_rcu();
    g_free(f);
}

/* ---- Dispatch ---- */

static void test_split(void)
{
    Fixture *f = fixture_new(1, 2);

    g_assert_cmphex(ldq_le_phys(&f->as, 0x1000), ==, 0x0807060504030201);
    g_assert_cmpuint(f->dev.calls, ==, 4);
    stl_le_phys(&f->as, 0x1004, 0xddccbbaa);
    g_assert_cmpuint(f->dev.calls, ==, 6);
    g_assert_cmphex(f->dev.regs[4], ==, 0xaa);
    g_assert_cmphex(f->dev.regs[7], ==, 0xdd);
    fixture_free(f);
}

static void test_widen(void)
{
    Fixture *f = fixture_new(4, 4);

    g_assert_cmphex(ldub_phys(&f->as, 0x1002), ==, 3);
    g_assert_cmpuint(f->dev.last_size, ==, 4);
    g_assert_cmphex(f->dev.last_addr, ==, 0);
    stb_phys(&f->as, 0x1005, 0x77);
    g_assert_cmphex(f->dev.last_addr, ==, 4);
    g_assert_cmphex(f->dev.regs[5], ==, 0x77);
    fixture_free(f);
}

static void test_endianness(void)
{
    Fixture *f = fixture_new(1, 4);

    f->ops.endianness = DEVICE_BIG_ENDIAN;
    f->dev.big = true;
    g_assert_cmphex(ldl_le_phys(&f->as, 0x1000), ==, 0x04030201);
    g_assert_cmphex(ldl_be_phys(&f->as, 0x1000), ==, 0x01020304);
    g_assert_cmphex(ldq_le_phys(&f->as, 0x1000), ==, 0x0807060504030201);
    stw_be_phys(&f->as, 0x1000, 0xabcd);
    g_assert_cmphex(f->dev.regs[0], ==, 0xab);
    g_assert_cmphex(f->dev.regs[1], ==, 0xcd);
    fixture_free(f);
}

static void test_unaligned(void)
{
    Fixture *f = fixture_new(1, 4);
    MemTxResult result;

    address_space_ldl_le(&f->as, 0x1001, ANY, &result);
    g_assert_cmpuint(result, ==, MEMTX_ACCESS_ERROR);
    f->ops.valid.unaligned = true;
    g_assert_cmphex(address_space_ldl_le(&f->as, 0x1001, ANY, &result), ==,
                    0x05040302);
    g_assert_cmpuint(result, ==, MEMTX_OK);
    g_assert_cmpuint(f->dev.calls, ==, 3);      /* 1 + 2 + 1 */
    f->ops.impl.unaligned = true;
    f->dev.calls = 0;
    g_assert_cmphex(ldl_le_phys(&f->as, 0x1001), ==, 0x05040302);
    g_assert_cmpuint(f->dev.calls, ==, 1);
    fixture_free(f);
}

static void test_refused(void)
{
    Fixture *f = fixture_new(4, 4);
    uint8_t bytes[4] = { 0 };
    MemTxResult result;

    f->ops.valid.min_access_size = 4;
    f->ops.valid.max_access_size = 4;
    address_space_ldub(&f->as, 0x1000, ANY, &result);
    g_assert_cmpuint(result, ==, MEMTX_ACCESS_ERROR);
    g_assert_cmpuint(f->dev.calls, ==, 0);
    /* Bulk comes in what the device takes. */
    g_assert_cmpuint(address_space_read(&f->as, 0x1000, ANY, bytes, 4), ==,
                     MEMTX_OK);
    g_assert_cmphex(bytes[3], ==, 4);
    /* A hole. */
    g_assert_cmphex(address_space_ldl_le(&f->as, 0x8000, ANY, &result), ==,
                    UINT32_MAX);
    g_assert_cmpuint(result, ==, MEMTX_DECODE_ERROR);
    address_space_stl_le(&f->as, 0x8000, 1, ANY, &result);
    g_assert_cmpuint(result, ==, MEMTX_DECODE_ERROR);
    fixture_free(f);
}

static void test_straddle(void)
{
    Fixture *f = fixture_new(1, 4);
    uint8_t bytes[64];

    /* 32 bytes of hole, then RAM. */
    memset(memory_region_get_ram_ptr(&f->ram), 0x5a, 64);
    g_assert_cmpuint(address_space_read(&f->as, RAM_AT - 32, ANY, bytes, 64),
                     ==, MEMTX_DECODE_ERROR);
    g_assert_cmphex(bytes[31], ==, 0xff);
    g_assert_cmphex(bytes[32], ==, 0x5a);
    g_assert_cmphex(ldl_le_phys(&f->as, RAM_AT - 2), ==, 0x5a5affff);
    stl_le_phys(&f->as, RAM_AT + RAM_BYTES - 2, 0x44332211);
    g_assert_cmphex(lduw_le_phys(&f->as, RAM_AT + RAM_BYTES - 2), ==, 0x2211);
    fixture_free(f);
}

/* As 0xcf9 lies inside 0xcf8: the wide access is all the bridge's. */
static void test_register_behind_another(void)
{
    Fixture *f = fixture_new(1, 4);
    Device inner = { .regs = { 0x99 } };
    MemoryRegion byte;

    memory_region_init_io(&byte, NULL, &f->ops, &inner, "byte", 1);
    memory_region_add_subregion_overlap(&f->root, 0x1001, &byte, 1);
    stl_le_phys(&f->as, 0x1000, 0x44332211);
    g_assert_cmpuint(inner.calls, ==, 0);
    g_assert_cmphex(f->dev.regs[1], ==, 0x22);
    g_assert_cmphex(ldl_le_phys(&f->as, 0x1000), ==, 0x44332211);
    g_assert_cmphex(ldub_phys(&f->as, 0x1001), ==, 0x99);
    /* What ends with the region goes on with what follows it. */
    g_assert_cmphex(lduw_le_phys(&f->as, 0x103f), ==, 0xff40);
    memory_region_del_subregion(&f->root, &byte);
    object_unref(OBJECT(&byte));
    fixture_free(f);
}

static void *access_from_thread(void *opaque)
{
    Fixture *f = opaque;

    rcu_register_thread();
    ldl_le_phys(&f->as, 0x1000);
    rcu_unregister_thread();
    return NULL;
}

static void test_big_lock(void)
{
    Fixture *f = fixture_new(1, 4);

    for (unsigned lockless = 0; lockless < 2; lockless++) {
        GThread *t;

        if (lockless) {
            memory_region_enable_lockless_io(&f->regs);
        }
        bql_unlock();
        t = g_thread_new("access", access_from_thread, f);
        g_thread_join(t);
        bql_lock();
        g_assert_true(f->dev.had_bql == !lockless);
    }
    fixture_free(f);
}

/* ---- RAM, ROM ---- */

static void test_rom(void)
{
    Fixture *f = fixture_new(1, 4);
    MemoryRegion rom;
    uint8_t byte = 0x42;

    memory_region_init_rom(&rom, NULL, "rom", 0x1000, &error_abort);
    memory_region_add_subregion(&f->root, 0x40000, &rom);
    stb_phys(&f->as, 0x40000, 1);
    g_assert_cmphex(ldub_phys(&f->as, 0x40000), ==, 0);
    address_space_write_rom(&f->as, 0x40000, ANY, &byte, 1);
    g_assert_cmphex(ldub_phys(&f->as, 0x40000), ==, 0x42);
    memory_region_del_subregion(&f->root, &rom);
    object_unref(OBJECT(&rom));
    fixture_free(f);
}

static void test_rom_device(void)
{
    Fixture *f = fixture_new(1, 4);
    MemoryRegion flash;

    memory_region_init_rom_device(&flash, NULL, &f->ops, &f->dev, "flash",
                                  0x1000, &error_abort);
    memory_region_add_subregion(&f->root, 0x40000, &flash);
    g_assert_cmphex(ldub_phys(&f->as, 0x40003), ==, 0);
    stb_phys(&f->as, 0x40003, 9);
    g_assert_cmpuint(f->dev.calls, ==, 1);
    memory_region_rom_device_set_romd(&flash, false);
    g_assert_cmphex(ldub_phys(&f->as, 0x40003), ==, 9);
    memory_region_del_subregion(&f->root, &flash);
    object_unref(OBJECT(&flash));
    fixture_free(f);
}

static void test_pages(void)
{
    Fixture *f = fixture_new(1, 4);
    AddressSpacePage page;

    WITH_RCU_READ_LOCK_GUARD() {
        address_space_lookup_page(&f->as, RAM_AT + 0x1234, &page);
        g_assert_cmpint(page.kind, ==, PAGE_KIND_RAM);
        g_assert_true(page.host == (uint8_t *)memory_region_get_ram_ptr(&f->ram)
                      + 0x1000);
        g_assert_cmphex(page.ram, ==,
                        memory_region_get_ram_addr(&f->ram) + 0x1000);
        address_space_lookup_page(&f->as, 0x1000, &page);
        g_assert_cmpint(page.kind, ==, PAGE_KIND_MIXED);
        address_space_lookup_page(&f->as, 0x3000, &page);
        g_assert_cmpint(page.kind, ==, PAGE_KIND_HOLE);
        memory_region_set_size(&f->regs, 0x1000);
        address_space_lookup_page(&f->as, 0x1fff, &page);
        g_assert_cmpint(page.kind, ==, PAGE_KIND_IO);
        g_assert_true(page.mr == &f->regs && page.mr_offset == 0);
        memory_region_set_readonly(&f->ram, true);
        address_space_lookup_page(&f->as, RAM_AT, &page);
        g_assert_cmpint(page.kind, ==, PAGE_KIND_ROM);
    }
    fixture_free(f);
}

static void test_ram_hit(void)
{
    Fixture *f = fixture_new(1, 4);
    uint8_t *ram = memory_region_get_ram_ptr(&f->ram);
    AddressSpaceRamHit hit = { 0 };
    ram_addr_t at = 0;
    hwaddr len;

    rcu_read_lock();
    for (unsigned twice = 0; twice < 2; twice++) {
        len = 0x100000;
        g_assert_true(address_space_ram_lookup(&f->as, &hit, RAM_AT + 0x10,
                                               &len, true, &at) == ram + 0x10);
        g_assert_cmphex(len, ==, RAM_BYTES - 0x10);
        g_assert_cmphex(at, ==, memory_region_get_ram_addr(&f->ram) + 0x10);
    }
    len = 4;
    g_assert_null(address_space_ram_lookup(&f->as, &hit, 0x1000, &len, false,
                                           NULL));
    g_assert_cmphex(len, ==, 0);
    len = 4;
    g_assert_nonnull(address_space_ram_lookup(&f->as, &hit, RAM_AT, &len, true,
                                              NULL));
    memory_region_set_address(&f->ram, RAM_AT * 2);
    g_assert_null(address_space_ram_lookup(&f->as, &hit, RAM_AT, &len, true,
                                           NULL));
    memory_region_set_readonly(&f->ram, true);
    len = 4;
    g_assert_nonnull(address_space_ram_lookup(&f->as, &hit, RAM_AT * 2, &len,
                                              false, NULL));
    g_assert_null(address_space_ram_lookup(&f->as, &hit, RAM_AT * 2, &len, true,
                                           NULL));
    rcu_read_unlock();
    fixture_free(f);
}

/* ---- Listeners and eventfds ---- */

typedef struct Spy {
    MemoryListener listener;
    GString *log;
} Spy;

static void spy_note(MemoryListener *l, const char *what,
                     MemoryRegionSection *s)
{
    Spy *spy = container_of(l, Spy, listener);

    g_string_append_printf(spy->log, "%s %" PRIx64 "+%" PRIx64 ";", what,
                           s->offset_within_address_space,
                           int128_get64(s->size));
}

static void spy_add(MemoryListener *l, MemoryRegionSection *s)
{
    spy_note(l, "add", s);
}

static void spy_del(MemoryListener *l, MemoryRegionSection *s)
{
    spy_note(l, "del", s);
}

static void spy_nop(MemoryListener *l, MemoryRegionSection *s)
{
    spy_note(l, "nop", s);
}

static void spy_commit(MemoryListener *l)
{
    g_string_append(container_of(l, Spy, listener)->log, "commit;");
}

static void spy_eventfd_add(MemoryListener *l, MemoryRegionSection *s,
                            bool match, uint64_t data, EventNotifier *e)
{
    spy_note(l, "fd+", s);
}

static void spy_eventfd_del(MemoryListener *l, MemoryRegionSection *s,
                            bool match, uint64_t data, EventNotifier *e)
{
    spy_note(l, "fd-", s);
}

static void spy_start(Spy *spy, AddressSpace *as)
{
    *spy = (Spy) {
        .listener = {
            .region_add = spy_add,
            .region_del = spy_del,
            .region_nop = spy_nop,
            .commit = spy_commit,
            .eventfd_add = spy_eventfd_add,
            .eventfd_del = spy_eventfd_del,
            .name = "spy",
        },
        .log = g_string_new(NULL),
    };
    memory_listener_register(&spy->listener, as);
}

static void spy_expect(Spy *spy, const char *expected)
{
    g_assert_cmpstr(spy->log->str, ==, expected);
    g_string_truncate(spy->log, 0);
}

static void test_listener(void)
{
    Fixture *f = fixture_new(1, 4);
    Spy spy;

    spy_start(&spy, &f->as);
    spy_expect(&spy, "add 1000+40;add 10000+8000;commit;");
    memory_region_set_address(&f->regs, 0x2000);
    spy_expect(&spy, "del 1000+40;add 2000+40;nop 10000+8000;commit;");
    memory_region_transaction_begin();
    memory_region_set_enabled(&f->regs, false);
    memory_region_set_enabled(&f->ram, false);
    memory_region_set_enabled(&f->ram, true);
    spy_expect(&spy, "");
    memory_region_transaction_commit();
    spy_expect(&spy, "del 2000+40;nop 10000+8000;commit;");
    /* Nothing that can be seen changed: nobody is told. */
    memory_region_set_address(&f->regs, 0x3000);
    spy_expect(&spy, "");
    memory_listener_unregister(&spy.listener);
    spy_expect(&spy, "del 10000+8000;commit;");
    memory_listener_unregister(&spy.listener);
    spy_expect(&spy, "");
    g_string_free(spy.log, true);
    fixture_free(f);
}

static void test_eventfd(void)
{
    Fixture *f = fixture_new(1, 4);
    EventNotifier any, matching;
    Spy spy;

    g_assert_cmpint(event_notifier_init(&any, 0), ==, 0);
    g_assert_cmpint(event_notifier_init(&matching, 0), ==, 0);
    spy_start(&spy, &f->as);
    spy_expect(&spy, "add 1000+40;add 10000+8000;commit;");
    memory_region_add_eventfd(&f->regs, 0x10, 2, true, 7, &matching);
    memory_region_add_eventfd(&f->regs, 0x20, 0, false, 0, &any);
    spy_expect(&spy, "fd+ 1010+2;fd+ 1020+0;");
    stw_le_phys(&f->as, 0x1010, 6);
    g_assert_false(event_notifier_test_and_clear(&matching));
    g_assert_cmpuint(f->dev.calls, ==, 1);
    stl_le_phys(&f->as, 0x1010, 7);
    g_assert_cmpuint(f->dev.calls, ==, 2);
    stw_le_phys(&f->as, 0x1010, 7);
    g_assert_true(event_notifier_test_and_clear(&matching));
    stl_le_phys(&f->as, 0x1020, 99);
    g_assert_true(event_notifier_test_and_clear(&any));
    g_assert_cmpuint(f->dev.calls, ==, 2);
    memory_region_set_address(&f->regs, 0x2000);
    spy_expect(&spy, "del 1000+40;add 2000+40;nop 10000+8000;"
               "fd- 1010+2;fd- 1020+0;fd+ 2010+2;fd+ 2020+0;commit;");
    memory_region_del_eventfd(&f->regs, 0x20, 0, false, 0, &any);
    spy_expect(&spy, "fd- 2020+0;");
    memory_listener_unregister(&spy.listener);
    spy_expect(&spy, "fd- 2010+2;del 10000+8000;del 2000+40;commit;");
    memory_region_del_eventfd(&f->regs, 0x10, 2, true, 7, &matching);
    g_string_free(spy.log, true);
    event_notifier_cleanup(&any);
    event_notifier_cleanup(&matching);
    fixture_free(f);
}

/* ---- Mappings ---- */

static void test_map_ram(void)
{
    Fixture *f = fixture_new(1, 4);
    hwaddr len = 0x100000;
    uint8_t *p = address_space_map(&f->as, RAM_AT + 0x100, &len, true, ANY);

    g_assert_true(p == (uint8_t *)memory_region_get_ram_ptr(&f->ram) + 0x100);
    g_assert_cmphex(len, ==, RAM_BYTES - 0x100);
    address_space_unmap(&f->as, p, len, true, UINT64_MAX);
    len = 16;
    g_assert_null(address_space_map(&f->as, 0x8000, &len, true, ANY));
    g_assert_cmphex(len, ==, 0);
    fixture_free(f);
}

/* attacks: CVE-2020-13659 (buffer in use), CVE-2024-8612 (length) */
static void test_bounce(void)
{
    Fixture *f = fixture_new(1, 4);
    void *taken[MAX_BOUNCE_BUFFERS];
    hwaddr len = 0x1000;
    uint8_t *p;

    p = address_space_map(&f->as, 0x1000, &len, false, ANY);
    g_assert_nonnull(p);
    g_assert_cmphex(len, ==, 64);
    g_assert_cmphex(p[10], ==, 11);
    address_space_unmap(&f->as, p, len, false, len);

    len = 4;
    p = address_space_map(&f->as, 0x1000, &len, true, ANY);
    memset(p, 0xee, 4);
    address_space_unmap(&f->as, p, len, true, 0x10000);
    g_assert_cmphex(f->dev.regs[3], ==, 0xee);
    g_assert_cmphex(f->dev.regs[4], ==, 5);
    address_space_unmap(&f->as, p, len, true, 4);       /* not lent: ignored */

    for (unsigned i = 0; i < MAX_BOUNCE_BUFFERS; i++) {
        len = 64;
        taken[i] = address_space_map(&f->as, 0x1000, &len, true, ANY);
        g_assert_nonnull(taken[i]);
    }
    len = 64;
    g_assert_null(address_space_map(&f->as, 0x1000, &len, true, ANY));
    for (unsigned i = 0; i < MAX_BOUNCE_BUFFERS; i++) {
        address_space_unmap(&f->as, taken[i], 64, true, 0);
    }
    f->as.max_bounce_buffer_size = 10;
    len = 64;
    p = address_space_map(&f->as, 0x1000, &len, true, ANY);
    g_assert_cmphex(len, ==, 10);
    address_space_unmap(&f->as, p, len, true, 0);
    fixture_free(f);
}

/* attacks: CVE-2020-27821 (beyond the cached range) */
static void test_cache(void)
{
    Fixture *f = fixture_new(1, 4);
    MemoryRegionCache cache;
    MemTxResult result;
    uint8_t buf[8];

    g_assert_cmpint(address_space_cache_init(&cache, &f->as, 0x1000, 8, true),
                    ==, -EFAULT);
    g_assert_cmphex(lduw_le_phys_cached(&cache, 0), ==, 0);
    address_space_cache_destroy(&cache);
    g_assert_cmpint(address_space_cache_init(&cache, &f->as,
                                             RAM_AT + RAM_BYTES - 16, 64, true),
                    ==, 16);
    stl_le_phys_cached(&cache, 12, 0x01020304);
    g_assert_cmphex(ldl_le_phys_cached(&cache, 12), ==, 0x01020304);
    g_assert_cmphex(lduw_be_phys_cached(&cache, 12), ==, 0x0403);
    g_assert_cmphex(ldl_le_phys(&f->as, RAM_AT + RAM_BYTES - 4), ==,
                    0x01020304);
    address_space_stl_le_cached(&cache, 14, 1, ANY, &result);
    g_assert_cmpuint(result, ==, MEMTX_DECODE_ERROR);
    g_assert_cmphex(ldq_le_phys_cached(&cache, UINT64_MAX - 2), ==, 0);
    g_assert_cmpuint(address_space_read_cached(&cache, 9, buf, 8), ==,
                     MEMTX_DECODE_ERROR);
    g_assert_cmpuint(address_space_write_cached(&cache, 8, buf, 8), ==,
                     MEMTX_OK);
    address_space_cache_destroy(&cache);
    address_space_cache_init(&cache, &f->as, RAM_AT, 16, false);
    g_assert_cmpuint(address_space_write_cached(&cache, 0, buf, 8), ==,
                     MEMTX_DECODE_ERROR);
    address_space_cache_destroy(&cache);
    fixture_free(f);
}

/* ---- Re-entry ---- */

static MemReentrancyGuard guard_a, guard_b;

static void *enter_from_thread(void *opaque)
{
    MemReentrancyFrame frame;
    bool entered = mem_reentrancy_enter(&frame, &guard_a);

    if (entered) {
        mem_reentrancy_leave(&frame);
    }
    return GINT_TO_POINTER(entered);
}

static void test_guard(void)
{
    MemReentrancyFrame a, b, none, again;

    g_assert_true(mem_reentrancy_enter(&a, &guard_a));
    g_assert_true(mem_reentrancy_enter(&none, NULL));
    g_assert_true(mem_reentrancy_enter(&b, &guard_b));
    g_assert_false(mem_reentrancy_enter(&again, &guard_a));
    g_assert_true(g_thread_join(g_thread_new("g", enter_from_thread, NULL)));
    mem_reentrancy_leave(&b);
    mem_reentrancy_leave(&none);
    mem_reentrancy_leave(&a);
    g_assert_true(mem_reentrancy_enter(&again, &guard_a));
    mem_reentrancy_leave(&again);
}

static void test_mtree(void)
{
    Fixture *f = fixture_new(1, 4);
    g_autoptr(GString) out = g_string_new(NULL);

    mtree_info(out, false, false, false, false);
    g_assert_nonnull(strstr(out->str, "address-space: test\n"
        "  0000000000000000-ffffffffffffffff (prio 0, i/o): root\n"
        "    0000000000001000-000000000000103f (prio 0, i/o): regs\n"
        "    0000000000010000-0000000000017fff (prio 0, ram): ram\n\n"));
    g_string_truncate(out, 0);
    mtree_info(out, true, false, false, false);
    g_assert_nonnull(strstr(out->str, " AS \"test\", root: root\n"
        " Root memory region: root\n"
        "  0000000000001000-000000000000103f (prio 0, i/o): regs\n"));
    fixture_free(f);
}

static void test_find(void)
{
    Fixture *f = fixture_new(1, 4);
    MemoryRegionSection s = memory_region_find(&f->root, 0x1010, 0x100);

    g_assert_true(s.mr == &f->regs);
    g_assert_cmphex(s.offset_within_region, ==, 0x10);
    g_assert_cmphex(int128_get64(s.size), ==, 0x30);
    memory_region_unref(s.mr);
    s = memory_region_find(&f->root, 0x2000, 0x10);
    g_assert_null(s.mr);
    fixture_free(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    memory_map_init();
    g_test_add_func("/memory/dispatch/wide-access-is-split", test_split);
    g_test_add_func("/memory/dispatch/narrow-access-is-widened", test_widen);
    g_test_add_func("/memory/dispatch/endianness", test_endianness);
    g_test_add_func("/memory/dispatch/unaligned", test_unaligned);
    g_test_add_func("/memory/dispatch/illegal-is-refused", test_refused);
    g_test_add_func("/memory/dispatch/big-lock-unless-lockless", test_big_lock);
    g_test_add_func("/memory/access/straddles-ranges", test_straddle);
    g_test_add_func("/memory/access/wide-register-behind-another",
                    test_register_behind_another);
    g_test_add_func("/memory/rom/guest-cannot-write", test_rom);
    g_test_add_func("/memory/rom-device/modes", test_rom_device);
    g_test_add_func("/memory/page/kinds", test_pages);
    g_test_add_func("/memory/ram-hit/follows-the-view", test_ram_hit);
    g_test_add_func("/memory/listener/is-told-the-difference", test_listener);
    g_test_add_func("/memory/eventfd/signals-and-follows", test_eventfd);
    g_test_add_func("/memory/map/ram-is-lent", test_map_ram);
    g_test_add_func("/memory/map/bounce-is-limited", test_bounce);
    g_test_add_func("/memory/cache/stays-inside", test_cache);
    g_test_add_func("/memory/reentrancy/same-chain-only", test_guard);
    g_test_add_func("/memory/mtree/text", test_mtree);
    g_test_add_func("/memory/find", test_find);
    return g_test_run();
}

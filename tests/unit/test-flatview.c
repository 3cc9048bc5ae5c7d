/*
 * Flat views: what is seen of a tree of regions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/memory-internal.h"

static const MemoryRegionOps no_ops = { .read = NULL };

/* What a test made, to be given back at its end. */
static GPtrArray *made;

static void container(MemoryRegion *mr, const char *name, uint64_t size)
{
    memory_region_init(mr, NULL, name, size);
    g_ptr_array_add(made, mr);
}

static void alias_of(MemoryRegion *mr, const char *name, MemoryRegion *target,
                     hwaddr offset, uint64_t size)
{
    memory_region_init_alias(mr, NULL, name, target, offset, size);
    g_ptr_array_add(made, mr);
}

static void give_back(void)
{
    while (made->len) {
        object_unref(OBJECT(g_ptr_array_steal_index(made, made->len - 1)));
    }
}

static void io(MemoryRegion *mr, const char *name, uint64_t size)
{
    memory_region_init_io(mr, NULL, &no_ops, NULL, name, size);
    g_ptr_array_add(made, mr);
}

/* Renders @root and compares with "base-last name@offset;…". */
static void assert_view(MemoryRegion *root, const char *expected)
{
    FlatView *view = flatview_new(root);
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < view->nr; i++) {
        FlatRange *r = &view->ranges[i];

        g_string_append_printf(text, "%" PRIx64 "-%" PRIx64 " %s@%" PRIx64
                               "%s;", r->base, r->last, r->mr->name,
                               r->offset_in_region, r->readonly ? " ro" : "");
    }
    g_assert_cmpstr(text->str, ==, expected);
    flatview_free(view);
}

static void test_overlap(void)
{
    MemoryRegion root, low, high, late;

    container(&root, "root", UINT64_MAX);
    io(&low, "low", 0x3000);
    io(&high, "high", 0x1000);
    io(&late, "late", 0x1800);
    memory_region_add_subregion(&root, 0, &low);
    memory_region_add_subregion_overlap(&root, 0x1000, &high, 1);
    assert_view(&root, "0-fff low@0;1000-1fff high@0;2000-2fff low@2000;");
    /* Of equal priority the newest is seen. */
    memory_region_add_subregion(&root, 0x1800, &late);
    assert_view(&root, "0-fff low@0;1000-1fff high@0;2000-2fff late@800;");
    memory_region_set_enabled(&high, false);
    assert_view(&root, "0-17ff low@0;1800-2fff late@0;");
    memory_region_del_subregion(&root, &late);
    assert_view(&root, "0-2fff low@0;");
    memory_region_set_address(&low, 0x10);
    memory_region_set_size(&low, 0x20);
    assert_view(&root, "10-2f low@0;");
    give_back();
}

static void test_whole_space(void)
{
    MemoryRegion root, all, top;
    FlatView *view;
    hwaddr left;

    container(&root, "root", UINT64_MAX);
    io(&all, "all", UINT64_MAX);
    io(&top, "top", 0x1000);
    memory_region_add_subregion_overlap(&root, 0, &all, -1);
    assert_view(&root, "0-ffffffffffffffff all@0;");
    memory_region_add_subregion(&root, UINT64_MAX - 0xfff, &top);
    assert_view(&root, "0-ffffffffffffefff all@0;"
                "fffffffffffff000-ffffffffffffffff top@0;");
    /* A region that would end beyond 2^64 is cut. */
    memory_region_set_address(&top, UINT64_MAX - 0x7ff);
    assert_view(&root, "0-fffffffffffff7ff all@0;"
                "fffffffffffff800-ffffffffffffffff top@0;");
    memory_region_del_subregion(&root, &top);
    view = flatview_new(&root);
    g_assert_nonnull(flatview_lookup(view, 0, &left));
    g_assert_cmphex(left, ==, UINT64_MAX);
    g_assert_nonnull(flatview_lookup(view, UINT64_MAX, &left));
    g_assert_cmphex(left, ==, 1);
    flatview_free(view);
    give_back();
}

static void test_alias(void)
{
    MemoryRegion root, target, inner, alias, negative;

    container(&root, "root", UINT64_MAX);
    container(&target, "target", 0x10000);
    io(&inner, "inner", 0x2000);
    memory_region_add_subregion(&target, 0x4000, &inner);
    alias_of(&alias, "alias", &target, 0x5000, 0x800);
    memory_region_add_subregion(&root, 0x100000, &alias);
    assert_view(&root, "100000-1007ff inner@1000;");
    /* The part before the target begins shows nothing. */
    alias_of(&negative, "negative", &target, 0, 0x5000);
    memory_region_add_subregion(&root, 0x2000, &negative);
    assert_view(&root, "6000-6fff inner@0;100000-1007ff inner@1000;");
    memory_region_set_alias_offset(&alias, 0x3c00);
    assert_view(&root, "6000-6fff inner@0;100400-1007ff inner@0;");
    memory_region_set_readonly(&alias, true);
    assert_view(&root, "6000-6fff inner@0;100400-1007ff inner@0 ro;");
    memory_region_set_enabled(&target, false);
    assert_view(&root, "");
    give_back();
}

static void test_join(void)
{
    MemoryRegion root, ram, first, second;

    container(&root, "root", UINT64_MAX);
    io(&ram, "ram", 0x4000);
    alias_of(&first, "first", &ram, 0, 0x1000);
    alias_of(&second, "second", &ram, 0x1000, 0x1000);
    memory_region_add_subregion(&root, 0, &first);
    memory_region_add_subregion(&root, 0x1000, &second);
    assert_view(&root, "0-1fff ram@0;");
    memory_region_set_address(&second, 0x1001);
    assert_view(&root, "0-fff ram@0;1001-2000 ram@1000;");
    give_back();
}

static void test_container_covers_by_child_only(void)
{
    MemoryRegion root, low, box, in_box;

    container(&root, "root", 0x10000);
    io(&low, "low", 0x10000);
    container(&box, "box", 0x1000);
    io(&in_box, "in-box", 0x4000);
    memory_region_add_subregion_overlap(&root, 0, &low, -1);
    memory_region_add_subregion_overlap(&root, 0x2000, &box, 5);
    assert_view(&root, "0-ffff low@0;");
    /* The child is cut by its container. */
    memory_region_add_subregion(&box, 0x800, &in_box);
    assert_view(&root, "0-27ff low@0;2800-2fff in-box@0;3000-ffff low@3000;");
    give_back();
}

static void test_lookup(void)
{
    MemoryRegion root, a, b;
    FlatView *view;
    hwaddr left;

    container(&root, "root", UINT64_MAX);
    io(&a, "a", 0x1000);
    io(&b, "b", 0x1000);
    memory_region_add_subregion(&root, 0x1000, &a);
    memory_region_add_subregion(&root, 0x4000, &b);
    view = flatview_new(&root);
    for (unsigned twice = 0; twice < 2; twice++) {
        g_assert_null(flatview_lookup(view, 0x800, &left));
        g_assert_cmphex(left, ==, 0x800);
        g_assert_true(flatview_lookup(view, 0x1000, &left)->mr == &a);
        g_assert_cmphex(left, ==, 0x1000);
        g_assert_true(flatview_lookup(view, 0x1fff, &left)->mr == &a);
        g_assert_cmphex(left, ==, 1);
        g_assert_null(flatview_lookup(view, 0x2000, &left));
        g_assert_cmphex(left, ==, 0x2000);
        g_assert_true(flatview_lookup(view, 0x4001, &left)->mr == &b);
        g_assert_null(flatview_lookup(view, 0x5000, &left));
        g_assert_cmphex(left, ==, UINT64_MAX - 0x5000 + 1);
    }
    flatview_free(view);
    give_back();
}

static void test_root_is_shared(void)
{
    MemoryRegion root, system, system_alias, piece;

    container(&system, "system", UINT64_MAX);
    io(&piece, "piece", 0x1000);
    memory_region_add_subregion(&system, 0x1000, &piece);
    container(&root, "bus master container", UINT64_MAX);
    alias_of(&system_alias, "bus master", &system, 0, UINT64_MAX);
    memory_region_add_subregion(&root, 0, &system_alias);
    g_assert_true(flatview_root(&root) == &system);
    memory_region_set_enabled(&system_alias, false);
    g_assert_null(flatview_root(&root));
    give_back();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    made = g_ptr_array_new();
    g_test_add_func("/flatview/overlap-goes-by-priority-then-age", test_overlap);
    g_test_add_func("/flatview/reaches-to-2^64", test_whole_space);
    g_test_add_func("/flatview/alias-shows-a-window", test_alias);
    g_test_add_func("/flatview/neighbours-of-one-piece-join", test_join);
    g_test_add_func("/flatview/container-clips-and-is-transparent",
                    test_container_covers_by_child_only);
    g_test_add_func("/flatview/lookup-says-how-far", test_lookup);
    g_test_add_func("/flatview/same-content-has-the-same-root",
                    test_root_is_shared);
    return g_test_run();
}

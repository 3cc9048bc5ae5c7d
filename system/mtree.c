/*
 * The text of "info mtree" and "info mtree -f".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "memory-internal.h"

#define MTREE_INDENT "  "

/* What one printing knows. */
typedef struct Mtree {
    GString *out;
    GPtrArray *targets;     /* of aliases: printed after the address spaces */
    bool owner;
    bool disabled;          /* regions that are off are shown, too */
} Mtree;

static const char *type_name(const MemoryRegion *mr)
{
    if (mr->alias) {
        return type_name(mr->alias);
    }
    return mr->ram_device ? "ramd" : mr->rom_device ? "romd"
        : mr->ram && mr->readonly ? "rom" : mr->ram ? "ram" : "i/o";
}

static const char *shown_name(const MemoryRegion *mr)
{
    return mr->name ? mr->name : "(none)";
}

static void print_range(Mtree *t, unsigned level, hwaddr base, Int128 size)
{
    for (unsigned i = 0; i < level; i++) {
        g_string_append(t->out, MTREE_INDENT);
    }
    g_string_append_printf(t->out, HWADDR_FMT_plx "-" HWADDR_FMT_plx, base,
                           base + (hwaddr)(size ? size - 1 : 0));
}

static void print_owner(Mtree *t, const MemoryRegion *mr)
{
    if (t->owner && mr->owner) {
        g_autofree char *path = object_get_canonical_path(mr->owner);

        g_string_append_printf(t->out, " owner:{%s path=%s}",
                               mr->dev ? "dev" : "obj",
                               path ? path : "(orphan)");
    }
}

static int by_address(gconstpointer a, gconstpointer b)
{
    const MemoryRegion *x = a, *y = b;

    if (x->addr != y->addr) {
        return x->addr < y->addr ? -1 : 1;
    }
    return y->priority - x->priority;
}

static void note_target(Mtree *t, MemoryRegion *mr)
{
    if (!g_ptr_array_find(t->targets, mr, NULL)) {
        g_ptr_array_add(t->targets, mr);
    }
}

static void print_line(Mtree *t, MemoryRegion *mr, unsigned level, hwaddr addr)
{
    print_range(t, level, addr, mr->size);
    g_string_append_printf(t->out, " (prio %d, %s%s): ", mr->priority,
                           mr->nonvolatile ? "nv-" : "", type_name(mr));
    if (mr->alias) {
        g_string_append_printf(t->out, "alias %s @%s ", shown_name(mr),
                               shown_name(mr->alias));
        print_range(t, 0, mr->alias_offset, mr->size);
    } else {
        g_string_append(t->out, shown_name(mr));
    }
    g_string_append(t->out, mr->enabled ? "" : " [disabled]");
    print_owner(t, mr);
    g_string_append_c(t->out, '\n');
}

static void print_tree(Mtree *t, MemoryRegion *mr, unsigned level, hwaddr base)
{
    hwaddr addr = base + mr->addr;
    GSList *sorted = NULL;
    MemoryRegion *sub;

    if (mr->alias) {
        note_target(t, mr->alias);
    }
    if (mr->enabled || t->disabled) {
        print_line(t, mr, level, addr);
    }
    QTAILQ_FOREACH(sub, &mr->subregions, subregions_link) {
        sorted = g_slist_insert_sorted(sorted, sub, by_address);
    }
    for (GSList *l = sorted; l; l = l->next) {
        print_tree(t, l->data, level + 1, addr);
    }
    g_slist_free(sorted);
}

/* The tree under each root once, below the names of all spaces that have it. */
static void print_trees(Mtree *t)
{
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    AddressSpace *as, *other;

    QTAILQ_FOREACH(as, &address_spaces, address_spaces_link) {
        if (!g_hash_table_add(done, as->root)) {
            continue;
        }
        QTAILQ_FOREACH(other, &address_spaces, address_spaces_link) {
            if (other->root == as->root) {
                g_string_append_printf(t->out, "address-space: %s\n",
                                       other->name);
            }
        }
        print_tree(t, as->root, 1, 0);
        g_string_append_c(t->out, '\n');
    }
    for (unsigned i = 0; i < t->targets->len; i++) {
        MemoryRegion *mr = g_ptr_array_index(t->targets, i);

        g_string_append_printf(t->out, "memory-region: %s\n", shown_name(mr));
        print_tree(t, mr, 1, 0);
        g_string_append_c(t->out, '\n');
    }
}

static void print_view(Mtree *t, FlatView *view)
{
    if (!view->nr) {
        g_string_append(t->out, MTREE_INDENT "No rendered FlatView\n\n");
        return;
    }
    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *r = &view->ranges[i];
        MemoryRegion *mr = r->mr;
        const char *type = mr->ram && !mr->ram_device && r->readonly
            ? "rom" : type_name(mr);

        print_range(t, 1, r->base, (Int128)(r->last - r->base) + 1);
        g_string_append_printf(t->out, " (prio %d, %s%s): %s", mr->priority,
                               r->nonvolatile ? "nv-" : "", type,
                               shown_name(mr));
        if (r->offset_in_region) {
            g_string_append_printf(t->out, " @" HWADDR_FMT_plx,
                                   r->offset_in_region);
        }
        print_owner(t, mr);
        g_string_append_c(t->out, '\n');
    }
    g_string_append_c(t->out, '\n');
}

/* Each view once, below the spaces that share it. */
static void print_views(Mtree *t)
{
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    AddressSpace *as, *other;
    unsigned nr = 0;

    QTAILQ_FOREACH(as, &address_spaces, address_spaces_link) {
        FlatView *view = as->current_map;

        if (!g_hash_table_add(done, view)) {
            continue;
        }
        g_string_append_printf(t->out, "FlatView #%u\n", nr++);
        QTAILQ_FOREACH(other, &address_spaces, address_spaces_link) {
            if (other->current_map == view) {
                g_string_append_printf(t->out, " AS \"%s\", root: %s\n",
                                       other->name, shown_name(other->root));
            }
        }
        g_string_append_printf(t->out, " Root memory region: %s\n",
                               view->root ? shown_name(view->root) : "(none)");
        print_view(t, view);
    }
}

void mtree_info(GString *out, bool flatview, bool dispatch_tree, bool owner,
                bool disabled)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new();
    Mtree t = {
        .out = out, .targets = targets, .owner = owner, .disabled = disabled,
    };

    if (flatview) {
        print_views(&t);
    } else {
        print_trees(&t);
    }
}

/*
 * Flat views: rendering a tree of regions into sorted ranges that do not
 * overlap, and looking an address up in them. Publishing them to address spaces
 * and telling listeners is in memory-topology.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "memory-internal.h"

static uint64_t flatview_generation;

/* What a region inherits from where it is seen. */
typedef struct Seen {
    Int128 origin;      /* address in the view of offset 0 of the container */
    Int128 from;        /* the part that may be seen: [from, to) */
    Int128 to;
    bool readonly;
    bool nonvolatile;
} Seen;

unsigned flatview_search(const FlatView *view, hwaddr addr)
{
    unsigned low = 0, high = view->nr;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (view->ranges[mid].last < addr) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void flatview_insert(FlatView *view, unsigned at, FlatRange range)
{
    if (view->nr == view->nr_allocated) {
        view->nr_allocated = MAX(16, view->nr_allocated * 2);
        view->ranges = g_renew(FlatRange, view->ranges, view->nr_allocated);
    }
    memmove(view->ranges + at + 1, view->ranges + at,
            (view->nr - at) * sizeof(FlatRange));
    view->ranges[at] = range;
    view->nr++;
}

/* Gives @mr, whose offset 0 is at @origin, all of [from, to) that is still free. */
static void fill_holes(FlatView *view, MemoryRegion *mr, Int128 origin,
                       const Seen *seen)
{
    Int128 at = seen->from;
    unsigned i = flatview_search(view, (hwaddr)at);

    while (at < seen->to) {
        Int128 next_base = i < view->nr ? (Int128)view->ranges[i].base
                                        : int128_2_64();
        Int128 end = int128_min(next_base, seen->to);

        if (at < end) {
            flatview_insert(view, i++, (FlatRange) {
                .base = (hwaddr)at,
                .last = (hwaddr)(end - 1),
                .mr = mr,
                .offset_in_region = (hwaddr)(at - origin),
                .readonly = seen->readonly,
                .romd_mode = mr->romd_mode,
                .nonvolatile = seen->nonvolatile,
                .dirty_log_mask = mr->dirty_log_mask,
            });
        }
        if (i >= view->nr) {
            break;
        }
        at = (Int128)view->ranges[i++].last + 1;
    }
}

/* Children before the region itself: what is drawn first stays on top. */
static void render(FlatView *view, MemoryRegion *mr, const Seen *outer)
{
    Seen seen = *outer;
    MemoryRegion *sub;

    if (!mr->enabled) {
        return;
    }
    seen.origin += mr->addr;
    seen.from = MAX(outer->from, seen.origin);
    seen.to = int128_min(outer->to, seen.origin + mr->size);
    if (seen.from >= seen.to) {
        return;
    }
    seen.readonly |= mr->readonly;
    seen.nonvolatile |= mr->nonvolatile;
    if (mr->alias) {
        /* The target is drawn as if it stood where the alias shows it. */
        seen.origin -= (Int128)mr->alias->addr + mr->alias_offset;
        render(view, mr->alias, &seen);
        return;
    }
    QTAILQ_FOREACH(sub, &mr->subregions, subregions_link) {
        render(view, sub, &seen);
    }
    if (mr->terminates) {
        fill_holes(view, mr, seen.origin, &seen);
    }
}

static bool continues(const FlatRange *a, const FlatRange *b)
{
    return a->last + 1 == b->base && b->base != 0 && a->mr == b->mr &&
        a->offset_in_region + (a->last - a->base) + 1 == b->offset_in_region &&
        a->readonly == b->readonly && a->romd_mode == b->romd_mode &&
        a->nonvolatile == b->nonvolatile &&
        a->dirty_log_mask == b->dirty_log_mask;
}

/* Joins neighbours that are one piece, and notes where memory is the answer. */
static void finish(FlatView *view)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < view->nr; i++) {
        if (kept && continues(&view->ranges[kept - 1], &view->ranges[i])) {
            view->ranges[kept - 1].last = view->ranges[i].last;
        } else {
            view->ranges[kept++] = view->ranges[i];
        }
    }
    view->nr = kept;
    for (unsigned i = 0; i < view->nr; i++) {
        FlatRange *r = &view->ranges[i];
        MemoryRegion *mr = r->mr;

        memory_region_ref(mr);
        r->ram = RAM_ADDR_INVALID;
        if (mr->ram_block && !mr->ram_device &&
            (!mr->rom_device || r->romd_mode)) {
            r->host = mr->ram_block->host + r->offset_in_region;
            r->ram = mr->ram_block->offset + r->offset_in_region;
            r->readonly |= mr->rom_device;
        }
    }
}

FlatView *flatview_new(MemoryRegion *root)
{
    FlatView *view = g_new0(FlatView, 1);
    Seen all = { .to = int128_2_64() };

    view->ref = 1;
    view->generation = ++flatview_generation;
    view->root = root;
    if (root) {
        all.origin = -(Int128)root->addr;
        render(view, root, &all);
        finish(view);
    }
    return view;
}

MemoryRegion *flatview_root(MemoryRegion *root)
{
    while (root && root->enabled && !root->terminates && !root->readonly &&
           !root->nonvolatile) {
        MemoryRegion *sub, *only = NULL;
        bool several = false;

        if (root->alias) {
            if (root->alias_offset || root->size < root->alias->size) {
                return root;
            }
            root = root->alias;
            continue;
        }
        QTAILQ_FOREACH(sub, &root->subregions, subregions_link) {
            if (sub->enabled && (Int128)sub->addr < root->size) {
                several |= only != NULL;
                only = sub;
            }
        }
        if (!only) {
            return NULL;
        }
        if (several || only->addr || only->size > root->size) {
            return root;
        }
        root = only;
    }
    return root && root->enabled ? root : NULL;
}

void flatview_ref(FlatView *view)
{
    qatomic_inc(&view->ref);
}

void flatview_free(FlatView *view)
{
    for (unsigned i = 0; i < view->nr; i++) {
        memory_region_unref(view->ranges[i].mr);
    }
    g_free(view->ranges);
    g_free(view);
}

void flatview_unref(FlatView *view)
{
    if (qatomic_fetch_dec(&view->ref) == 1) {
        call_rcu(view, flatview_free, rcu);
    }
}

static bool same_mapping(const FlatRange *a, const FlatRange *b)
{
    return a->base == b->base && a->last == b->last && a->mr == b->mr &&
        a->offset_in_region == b->offset_in_region && a->host == b->host &&
        a->readonly == b->readonly && a->romd_mode == b->romd_mode &&
        a->nonvolatile == b->nonvolatile;
}

bool flatview_equal(const FlatView *a, const FlatView *b)
{
    if (a->nr != b->nr) {
        return false;
    }
    for (unsigned i = 0; i < a->nr; i++) {
        if (!same_mapping(&a->ranges[i], &b->ranges[i]) ||
            a->ranges[i].dirty_log_mask != b->ranges[i].dirty_log_mask) {
            return false;
        }
    }
    return true;
}

const FlatRange *flatview_twin(const FlatView *view, const FlatRange *range)
{
    unsigned i = flatview_search(view, range->base);

    return i < view->nr && same_mapping(&view->ranges[i], range)
        ? &view->ranges[i] : NULL;
}

const FlatRange *flatview_lookup(FlatView *view, hwaddr addr, hwaddr *left)
{
    unsigned i = qatomic_read(&view->mru);
    const FlatRange *r = i < view->nr ? &view->ranges[i] : NULL;
    hwaddr last;

    if (!r || addr < r->base || addr > r->last) {
        i = flatview_search(view, addr);
        r = i < view->nr ? &view->ranges[i] : NULL;
        if (r && addr >= r->base) {
            qatomic_set(&view->mru, i);
        } else {
            last = r ? r->base - 1 : UINT64_MAX;
            *left = last - addr == UINT64_MAX ? UINT64_MAX : last - addr + 1;
            return NULL;
        }
    }
    *left = r->last - addr == UINT64_MAX ? UINT64_MAX : r->last - addr + 1;
    return r;
}

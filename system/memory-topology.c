/*
 * Address spaces and listeners: when a transaction ends, the views that changed
 * are rendered, published, and told to those who listen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "memory-internal.h"

struct AddressSpaceList address_spaces = QTAILQ_HEAD_INITIALIZER(address_spaces);
/* All listeners, by rising priority. */
static QTAILQ_HEAD(, MemoryListener) memory_listeners =
    QTAILQ_HEAD_INITIALIZER(memory_listeners);

static unsigned transaction_depth;
static bool topology_pending, ioeventfds_pending;
static unsigned global_dirty_tracking;
static FlatView *empty_view;

void memory_region_update_pending(void)
{
    topology_pending = true;
}

void ioeventfd_update_pending(void)
{
    ioeventfds_pending = true;
}

static FlatView *get_empty_view(void)
{
    if (!empty_view) {
        empty_view = flatview_new(NULL);
    }
    flatview_ref(empty_view);
    return empty_view;
}

/* ---- Telling listeners ---- */

#define TELL(listener, callback, ...)                                        \
    do {                                                                     \
        if ((listener)->callback) {                                          \
            (listener)->callback((listener), ##__VA_ARGS__);                 \
        }                                                                    \
    } while (0)

static void tell_addition(AddressSpace *as, FlatView *view,
                          const FlatRange *range)
{
    MemoryRegionSection section = memory_section_of(view, range);
    MemoryListener *l;

    QTAILQ_FOREACH(l, &as->listeners, link_as) {
        TELL(l, region_add, &section);
        if (range->dirty_log_mask) {
            TELL(l, log_start, &section, 0, range->dirty_log_mask);
        }
    }
}

static void tell_removal(AddressSpace *as, FlatView *view,
                         const FlatRange *range)
{
    MemoryRegionSection section = memory_section_of(view, range);
    MemoryListener *l;

    QTAILQ_FOREACH_REVERSE(l, &as->listeners, link_as) {
        if (range->dirty_log_mask) {
            TELL(l, log_stop, &section, range->dirty_log_mask, 0);
        }
        TELL(l, region_del, &section);
    }
}

static void tell_unchanged(AddressSpace *as, FlatView *view,
                           const FlatRange *range, uint8_t old_mask)
{
    MemoryRegionSection section = memory_section_of(view, range);
    uint8_t new_mask = range->dirty_log_mask;
    MemoryListener *l;

    QTAILQ_FOREACH(l, &as->listeners, link_as) {
        TELL(l, region_nop, &section);
        if (new_mask & ~old_mask) {
            TELL(l, log_start, &section, old_mask, new_mask);
        }
        if (old_mask & ~new_mask) {
            TELL(l, log_stop, &section, old_mask, new_mask);
        }
    }
}

/* Replaces the view of @as: what goes is told first, then what is there. */
static void publish_view(AddressSpace *as, FlatView *view)
{
    FlatView *old = as->current_map;

    if (QTAILQ_EMPTY(&as->listeners)) {
        qatomic_rcu_set(&as->current_map, view);
        flatview_unref(old);
        return;
    }
    for (unsigned i = old->nr; i-- > 0;) {
        if (!flatview_twin(view, &old->ranges[i])) {
            tell_removal(as, old, &old->ranges[i]);
        }
    }
    qatomic_rcu_set(&as->current_map, view);
    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *range = &view->ranges[i];
        const FlatRange *before = flatview_twin(old, range);

        if (before) {
            tell_unchanged(as, view, range, before->dirty_log_mask);
        } else {
            tell_addition(as, view, range);
        }
    }
    flatview_unref(old);
}

/* ---- Transactions ---- */

void memory_region_transaction_begin(void)
{
    transaction_depth++;
}

/*
 * The view of @root: rendered once a commit, and the one that @as has already if
 * nothing in it changed. *@views maps roots to views.
 */
static FlatView *view_for(AddressSpace *as, GHashTable *views)
{
    MemoryRegion *root = flatview_root(as->root);
    FlatView *view;

    if (!root) {
        return get_empty_view();
    }
    view = g_hash_table_lookup(views, root);
    if (!view) {
        view = flatview_new(root);
        if (as->current_map->root == root &&
            flatview_equal(as->current_map, view)) {
            flatview_free(view);
            view = as->current_map;
            flatview_ref(view);
        }
        g_hash_table_insert(views, root, view);
    }
    flatview_ref(view);
    return view;
}

static void drop_view(gpointer view)
{
    flatview_unref(view);
}

static void commit_topology(void)
{
    g_autoptr(GHashTable) views =
        g_hash_table_new_full(NULL, NULL, NULL, drop_view);
    g_autoptr(GPtrArray) fresh = g_ptr_array_new();
    MemoryListener *l;
    AddressSpace *as;
    unsigned i = 0;

    QTAILQ_FOREACH(as, &address_spaces, address_spaces_link) {
        FlatView *view = view_for(as, views);

        as->changed = view != as->current_map;
        g_ptr_array_add(fresh, view);
    }
    QTAILQ_FOREACH(l, &memory_listeners, link) {
        if (l->address_space->changed) {
            TELL(l, begin);
        }
    }
    QTAILQ_FOREACH(as, &address_spaces, address_spaces_link) {
        FlatView *view = g_ptr_array_index(fresh, i++);

        if (as->changed) {
            publish_view(as, view);
        } else {
            flatview_unref(view);
        }
        address_space_update_ioeventfds(as);
    }
    QTAILQ_FOREACH(l, &memory_listeners, link) {
        if (l->address_space->changed) {
            TELL(l, commit);
        }
    }
}

void memory_region_transaction_commit(void)
{
    AddressSpace *as;

    g_assert(transaction_depth);
    if (--transaction_depth) {
        return;
    }
    if (topology_pending) {
        topology_pending = ioeventfds_pending = false;
        commit_topology();
    } else if (ioeventfds_pending) {
        ioeventfds_pending = false;
        QTAILQ_FOREACH(as, &address_spaces, address_spaces_link) {
            address_space_update_ioeventfds(as);
        }
    }
}

/* ---- Address spaces ---- */

void address_space_init(AddressSpace *as, MemoryRegion *root, const char *name)
{
    memory_region_ref(root);
    as->root = root;
    as->name = g_strdup(name ? name : "anonymous");
    as->current_map = get_empty_view();
    as->changed = false;
    as->ioeventfd_nb = 0;
    as->ioeventfds = NULL;
    as->max_bounce_buffer_size = DEFAULT_MAX_BOUNCE_BUFFER_SIZE;
    as->map_clients = NULL;
    QTAILQ_INIT(&as->listeners);
    memory_region_transaction_begin();
    QTAILQ_INSERT_TAIL(&address_spaces, as, address_spaces_link);
    memory_region_update_pending();
    memory_region_transaction_commit();
}

/* Whose struct readers that came before the end may still use. */
typedef struct LateAddressSpace {
    struct rcu_head rcu;
    Object *owner;
} LateAddressSpace;

static void late_address_space_free(LateAddressSpace *late)
{
    object_unref(late->owner);
    g_free(late);
}

/*
 * The struct stays readable (it is inside the root's owner, which is kept until a
 * grace period is over) and shows nothing; it may be initialized again at once.
 */
void address_space_destroy(AddressSpace *as)
{
    LateAddressSpace *late = g_new0(LateAddressSpace, 1);
    FlatView *view = as->current_map;

    g_assert(QTAILQ_EMPTY(&as->listeners));
    QTAILQ_REMOVE(&address_spaces, as, address_spaces_link);
    qatomic_rcu_set(&as->current_map, get_empty_view());
    flatview_unref(view);
    g_free(as->ioeventfds);
    as->ioeventfds = NULL;
    as->ioeventfd_nb = 0;
    g_free(as->name);
    as->name = NULL;
    g_slist_free(as->map_clients);
    as->map_clients = NULL;
    late->owner = as->root->owner;
    as->root = NULL;
    call_rcu(late, late_address_space_free, rcu);
}

/* ---- Listeners ---- */

void memory_listener_register(MemoryListener *listener, AddressSpace *as)
{
    MemoryListener *other;
    FlatView *view = as->current_map;

    listener->address_space = as;
    QTAILQ_FOREACH(other, &memory_listeners, link) {
        if (other->priority > listener->priority) {
            break;
        }
    }
    if (other) {
        QTAILQ_INSERT_BEFORE(other, listener, link);
    } else {
        QTAILQ_INSERT_TAIL(&memory_listeners, listener, link);
    }
    QTAILQ_FOREACH(other, &as->listeners, link_as) {
        if (other->priority > listener->priority) {
            break;
        }
    }
    if (other) {
        QTAILQ_INSERT_BEFORE(other, listener, link_as);
    } else {
        QTAILQ_INSERT_TAIL(&as->listeners, listener, link_as);
    }

    TELL(listener, begin);
    if (global_dirty_tracking) {
        TELL(listener, log_global_start, NULL);
    }
    for (unsigned i = 0; i < view->nr; i++) {
        MemoryRegionSection section = memory_section_of(view, &view->ranges[i]);

        TELL(listener, region_add, &section);
        if (view->ranges[i].dirty_log_mask) {
            TELL(listener, log_start, &section, 0,
                 view->ranges[i].dirty_log_mask);
        }
    }
    address_space_replay_ioeventfds(as, listener, true);
    TELL(listener, commit);
}

void memory_listener_unregister(MemoryListener *listener)
{
    AddressSpace *as = listener->address_space;
    FlatView *view;

    if (!as) {
        return;
    }
    view = as->current_map;
    TELL(listener, begin);
    address_space_replay_ioeventfds(as, listener, false);
    for (unsigned i = view->nr; i-- > 0;) {
        MemoryRegionSection section = memory_section_of(view, &view->ranges[i]);

        if (view->ranges[i].dirty_log_mask) {
            TELL(listener, log_stop, &section, view->ranges[i].dirty_log_mask,
                 0);
        }
        TELL(listener, region_del, &section);
    }
    TELL(listener, commit);
    QTAILQ_REMOVE(&memory_listeners, listener, link);
    QTAILQ_REMOVE(&as->listeners, listener, link_as);
    listener->address_space = NULL;
}

/* ---- Global dirty logging ---- */

bool memory_global_dirty_log_start(unsigned flags, Error **errp)
{
    MemoryListener *l, *done;

    if (global_dirty_tracking) {
        global_dirty_tracking |= flags;
        return true;
    }
    QTAILQ_FOREACH(l, &memory_listeners, link) {
        if (l->log_global_start && !l->log_global_start(l, errp)) {
            for (done = QTAILQ_FIRST(&memory_listeners); done != l;
                 done = QTAILQ_NEXT(done, link)) {
                TELL(done, log_global_stop);
            }
            return false;
        }
    }
    global_dirty_tracking = flags;
    ram_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    return true;
}

void memory_global_dirty_log_stop(unsigned flags)
{
    MemoryListener *l;

    if (!global_dirty_tracking || (global_dirty_tracking &= ~flags)) {
        return;
    }
    QTAILQ_FOREACH_REVERSE(l, &memory_listeners, link) {
        TELL(l, log_global_stop);
    }
    ram_dirty_log_stop(DIRTY_MEMORY_MIGRATION);
}

void memory_global_dirty_log_sync(void)
{
    MemoryListener *l;

    QTAILQ_FOREACH(l, &memory_listeners, link) {
        FlatView *view = l->address_space->current_map;

        for (unsigned i = 0; l->log_sync && i < view->nr; i++) {
            MemoryRegionSection s = memory_section_of(view, &view->ranges[i]);

            l->log_sync(l, &s);
        }
    }
}

/* ---- Looking into a tree ---- */

MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr,
                                       uint64_t size)
{
    MemoryRegionSection section = { .mr = NULL };
    MemoryRegion *root = mr;
    AddressSpace *as;
    FlatView *view = NULL;
    Int128 from = addr, to;
    unsigned i;

    for (; root->container; root = root->container) {
        from += root->addr;
    }
    QTAILQ_FOREACH(as, &address_spaces, address_spaces_link) {
        if (as->root == root) {
            view = as->current_map;
        }
    }
    to = int128_min(from + size, int128_2_64());
    if (!view || from < 0 || from >= to) {
        return section;
    }
    i = flatview_search(view, (hwaddr)from);
    if (i < view->nr && view->ranges[i].base < to) {
        const FlatRange *range = &view->ranges[i];
        hwaddr skip = range->base < (hwaddr)from ? (hwaddr)from - range->base
                                                 : 0;

        section = memory_section_of(view, range);
        section.offset_within_region += skip;
        section.offset_within_address_space += skip;
        section.size = int128_min(section.size - skip,
                                  to - section.offset_within_address_space);
        section.offset_within_address_space -= (hwaddr)(from - addr);
        memory_region_ref(section.mr);
    }
    return section;
}

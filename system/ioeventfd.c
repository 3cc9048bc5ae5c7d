/*
 * I/O event descriptors: guest writes that only signal an eventfd. A region has a
 * list of them; each address space keeps those that are visible in it, and tells
 * its listeners (KVM, vhost) of the difference.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "memory-internal.h"
#include "qemu/event_notifier.h"

static int compare(const MemoryRegionIoeventfd *a,
                   const MemoryRegionIoeventfd *b)
{
    if (a->addr != b->addr) {
        return a->addr < b->addr ? -1 : 1;
    }
    if (a->size != b->size) {
        return a->size < b->size ? -1 : 1;
    }
    if (a->match_data != b->match_data) {
        return a->match_data ? -1 : 1;
    }
    if (a->match_data && a->data != b->data) {
        return a->data < b->data ? -1 : 1;
    }
    return a->e == b->e ? 0 : a->e < b->e ? -1 : 1;
}

static int compare_for_sort(const void *a, const void *b)
{
    return compare(a, b);
}

/* ---- Of a region ---- */

static void replace_list(MemoryRegion *mr, MemoryRegionIoeventfds *list)
{
    MemoryRegionIoeventfds *old = mr->ioeventfds;

    memory_region_transaction_begin();
    qatomic_rcu_set(&mr->ioeventfds, list);
    if (old) {
        g_free_rcu(old, rcu);
    }
    if (mr->enabled) {
        ioeventfd_update_pending();
    }
    memory_region_transaction_commit();
}

void memory_region_add_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size,
                               bool match_data, uint64_t data,
                               EventNotifier *e)
{
    MemoryRegionIoeventfd fd = { addr, size, match_data, data, e };
    MemoryRegionIoeventfds *old = mr->ioeventfds;
    unsigned nr = old ? old->nr : 0, at = 0;
    MemoryRegionIoeventfds *list =
        g_malloc0(sizeof(*list) + (nr + 1) * sizeof(fd));

    while (at < nr && compare(&old->fds[at], &fd) < 0) {
        at++;
    }
    list->nr = nr + 1;
    list->fds[at] = fd;
    if (nr) {
        memcpy(list->fds, old->fds, at * sizeof(fd));
        memcpy(list->fds + at + 1, old->fds + at, (nr - at) * sizeof(fd));
    }
    replace_list(mr, list);
}

void memory_region_del_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size,
                               bool match_data, uint64_t data,
                               EventNotifier *e)
{
    MemoryRegionIoeventfd fd = { addr, size, match_data, data, e };
    MemoryRegionIoeventfds *old = mr->ioeventfds, *list = NULL;
    unsigned at = 0;

    while (old && at < old->nr && compare(&old->fds[at], &fd)) {
        at++;
    }
    g_assert(old && at < old->nr);
    if (old->nr > 1) {
        list = g_malloc0(sizeof(*list) + (old->nr - 1) * sizeof(fd));
        list->nr = old->nr - 1;
        memcpy(list->fds, old->fds, at * sizeof(fd));
        memcpy(list->fds + at, old->fds + at + 1,
               (list->nr - at) * sizeof(fd));
    }
    replace_list(mr, list);
}

bool memory_region_signal_eventfd(MemoryRegion *mr, hwaddr addr, uint64_t data,
                                  unsigned size)
{
    MemoryRegionIoeventfds *list = qatomic_rcu_read(&mr->ioeventfds);
    unsigned low = 0, high = list ? list->nr : 0;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (list->fds[mid].addr < addr) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (; list && low < list->nr && list->fds[low].addr == addr; low++) {
        const MemoryRegionIoeventfd *fd = &list->fds[low];

        if ((!fd->size || fd->size == size) &&
            (!fd->match_data || fd->data == data)) {
            event_notifier_set(fd->e);
            return true;
        }
    }
    return false;
}

/* ---- Of an address space ---- */

/* Says that @fd is or is not there any more to @only, or to all of @as. */
static void tell(AddressSpace *as, MemoryListener *only,
                 const MemoryRegionIoeventfd *fd, bool add)
{
    MemoryRegionSection section = {
        .fv = as->current_map,
        .offset_within_address_space = fd->addr,
        .size = fd->size,
    };
    MemoryListener *l;

    QTAILQ_FOREACH(l, &as->listeners, link_as) {
        void (*told)(MemoryListener *, MemoryRegionSection *, bool, uint64_t,
                     EventNotifier *) = add ? l->eventfd_add : l->eventfd_del;

        if (told && (!only || only == l)) {
            told(l, &section, fd->match_data, fd->data, fd->e);
        }
    }
}

/* Those of the ranges of the view, at the addresses that the guest writes to. */
static GArray *collect(FlatView *view)
{
    GArray *all = NULL;

    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *r = &view->ranges[i];
        MemoryRegionIoeventfds *list = r->mr->ioeventfds;

        for (unsigned j = 0; list && j < list->nr; j++) {
            MemoryRegionIoeventfd fd = list->fds[j];

            if (fd.addr < r->offset_in_region ||
                fd.addr - r->offset_in_region > r->last - r->base) {
                continue;
            }
            fd.addr = fd.addr - r->offset_in_region + r->base;
            if (!all) {
                all = g_array_new(false, false, sizeof(fd));
            }
            g_array_append_val(all, fd);
        }
    }
    if (all) {
        g_array_sort(all, compare_for_sort);
    }
    return all;
}

/* Tells of each of the sorted @fds that is not among the sorted @others. */
static void tell_difference(AddressSpace *as, MemoryRegionIoeventfd *fds,
                            unsigned nr, MemoryRegionIoeventfd *others,
                            unsigned nr_others, bool add)
{
    unsigned j = 0;

    for (unsigned i = 0; i < nr; i++) {
        while (j < nr_others && compare(&others[j], &fds[i]) < 0) {
            j++;
        }
        if (j == nr_others || compare(&others[j], &fds[i])) {
            tell(as, NULL, &fds[i], add);
        }
    }
}

void address_space_update_ioeventfds(AddressSpace *as)
{
    GArray *all = collect(as->current_map);
    unsigned nr = all ? all->len : 0;
    MemoryRegionIoeventfd *fds = NULL;

    if (all) {
        fds = (MemoryRegionIoeventfd *)(void *)g_array_free(all, false);
    }
    /* What goes first: the kernel refuses two at the same place. */
    tell_difference(as, as->ioeventfds, as->ioeventfd_nb, fds, nr, false);
    tell_difference(as, fds, nr, as->ioeventfds, as->ioeventfd_nb, true);
    g_free(as->ioeventfds);
    as->ioeventfds = fds;
    as->ioeventfd_nb = nr;
}

void address_space_replay_ioeventfds(AddressSpace *as,
                                     MemoryListener *listener, bool add)
{
    for (unsigned i = 0; i < as->ioeventfd_nb; i++) {
        tell(as, listener, &as->ioeventfds[i], add);
    }
}

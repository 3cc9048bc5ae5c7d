/*
 * What the files of the memory API share among themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_MEMORY_INTERNAL_H
#define SYSTEM_MEMORY_INTERNAL_H

#include "system/address-spaces.h"
#include "system/memory.h"

/* ---- flatview.c ---- */

/* Renders the tree under @root (NULL: empty); the caller holds one reference. */
FlatView *flatview_new(MemoryRegion *root);
/* Skips containers and aliases that change nothing: equal roots, equal views. */
MemoryRegion *flatview_root(MemoryRegion *root);
void flatview_ref(FlatView *view);
/* The last one frees the view after a grace period. */
void flatview_unref(FlatView *view);
/* At once: of a view that nobody else has ever seen. */
void flatview_free(FlatView *view);
/* Same ranges in every respect. */
bool flatview_equal(const FlatView *a, const FlatView *b);
/* The range of @view that maps what @range maps, dirty logging aside, or NULL. */
const FlatRange *flatview_twin(const FlatView *view, const FlatRange *range);
/* The first range of @view that ends at or after @addr: its index, or nr. */
unsigned flatview_search(const FlatView *view, hwaddr addr);

static inline bool flat_range_is_ram(const FlatRange *range)
{
    return range->host != NULL;
}

static inline MemoryRegionSection
memory_section_of(FlatView *view, const FlatRange *range)
{
    return (MemoryRegionSection) {
        .mr = range->mr,
        .fv = view,
        .offset_within_region = range->offset_in_region,
        .offset_within_address_space = range->base,
        .size = (Int128)(range->last - range->base) + 1,
        .readonly = range->readonly,
        .nonvolatile = range->nonvolatile,
    };
}

/*
 * Copies as a device or CPU would: 1, 2, 4 and 8 aligned bytes in one access, which
 * another thread sees whole, and in the order that the guest's processor gives to
 * loads and stores (it costs nothing on this host).
 */
static inline void host_copy(void *to, const void *from, size_t len)
{
    bool aligned = (((uintptr_t)to | (uintptr_t)from) & (len - 1)) == 0;

    switch (aligned ? len : 0) {
    case 1:
        qatomic_store_release((uint8_t *)to,
                              qatomic_load_acquire((const uint8_t *)from));
        break;
    case 2:
        qatomic_store_release((uint16_t *)to,
                              qatomic_load_acquire((const uint16_t *)from));
        break;
    case 4:
        qatomic_store_release((uint32_t *)to,
                              qatomic_load_acquire((const uint32_t *)from));
        break;
    case 8:
        qatomic_store_release((uint64_t *)to,
                              qatomic_load_acquire((const uint64_t *)from));
        break;
    default:
        memcpy(to, from, len);
    }
}

/* ---- ioeventfd.c ---- */

struct MemoryRegionIoeventfd {
    hwaddr addr;                /* in the region, or in the address space */
    unsigned size;              /* 0: any */
    bool match_data;
    uint64_t data;
    EventNotifier *e;
};

struct MemoryRegionIoeventfds {
    struct rcu_head rcu;
    unsigned nr;
    MemoryRegionIoeventfd fds[];
};

/* Signals the event that the write matches; false when none does. RCU. */
bool memory_region_signal_eventfd(MemoryRegion *mr, hwaddr addr, uint64_t data,
                                  unsigned size);
/* Brings the list of @as up to date and tells its listeners what changed. */
void address_space_update_ioeventfds(AddressSpace *as);
/* Tells @listener of all eventfds of @as. */
void address_space_replay_ioeventfds(AddressSpace *as,
                                     MemoryListener *listener, bool add);

/* ---- memory-topology.c ---- */

/* Something changed: what the outermost commit has to do. */
void memory_region_update_pending(void);
void ioeventfd_update_pending(void);
extern QTAILQ_HEAD(AddressSpaceList, AddressSpace) address_spaces;

/* ---- dirty.c ---- */

/* Makes the watch flags of a new block usable, clear; false: too much RAM. */
bool ram_watch_add_range(ram_addr_t start, ram_addr_t length);
void ram_watch_del_range(ram_addr_t start, ram_addr_t length);

#endif

/*
 * The memory API: regions, address spaces, listeners, and access to them.
 *
 * A MemoryRegion is a piece of address space with a behaviour (I/O callbacks,
 * RAM, ROM) or a container of others. An AddressSpace is one root region as a
 * bus master sees it. The tree under a root is rendered into a FlatView: sorted
 * ranges, read by any thread under RCU without a lock.
 *
 * Threads: the region tree is changed with the big lock held, between
 * memory_region_transaction_begin() and _commit() or in one call that does both.
 * Accesses (address_space_*) may come from any thread.
 *
 * Mapped look-ups and cached ring access: system/memory_cached.h.
 * RAM blocks, dirty tracking and the commit call: system/ram_addr.h, physmem.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_MEMORY_H
#define SYSTEM_MEMORY_H

#include "exec/memattrs.h"
#include "exec/memop.h"
#include "qemu/int128.h"
#include "qemu/queue.h"
#include "qemu/rcu.h"
#include "qemu/reentrancy.h"
#include "qom/object.h"

#define TYPE_MEMORY_REGION "memory-region"
#define MEMORY_REGION(obj) OBJECT_CHECK(MemoryRegion, (obj), TYPE_MEMORY_REGION)

/* ---- I/O callbacks ---------------------------------------------------- */

typedef enum DeviceEndian {
    DEVICE_NATIVE_ENDIAN,
    DEVICE_BIG_ENDIAN,
    DEVICE_LITTLE_ENDIAN,
} DeviceEndian;

/*
 * How an I/O region answers. Either the plain or the _with_attrs callback of a
 * direction is set; a direction without any reads as all ones and ignores writes.
 */
struct MemoryRegionOps {
    /* Returns @size bytes at @addr (relative to the region), in the low bits. */
    uint64_t (*read)(void *opaque, hwaddr addr, unsigned size);
    void (*write)(void *opaque, hwaddr addr, uint64_t data, unsigned size);
    /* The same, seeing the initiator and able to fail. */
    MemTxResult (*read_with_attrs)(void *opaque, hwaddr addr, uint64_t *data,
                                   unsigned size, MemTxAttrs attrs);
    MemTxResult (*write_with_attrs)(void *opaque, hwaddr addr, uint64_t data,
                                    unsigned size, MemTxAttrs attrs);
    /* Byte order of the register file. */
    DeviceEndian endianness;
    /*
     * What a guest may do; anything else is MEMTX_ACCESS_ERROR. Zeroes: 1..8
     * bytes. Longer transfers come as accesses of the largest size (4 if 0).
     */
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
        /* A last word on an access of legal size; optional. */
        bool (*accepts)(void *opaque, hwaddr addr, unsigned size,
                        bool is_write, MemTxAttrs attrs);
    } valid;
    /*
     * What the callbacks can take; zeroes: 1..4 bytes. A wider access is split,
     * a narrower one becomes the aligned access around it (reads extract, writes
     * carry zeroes beside the data); without unaligned, all are aligned.
     */
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
    } impl;
};

/* The ioeventfds of a region, replaced as a whole under RCU; memory's own. */
typedef struct MemoryRegionIoeventfds MemoryRegionIoeventfds;

/*
 * Fields are the memory API's; a device embeds the struct and uses functions.
 */
struct MemoryRegion {
    Object parent_obj;

    bool ram;                   /* backed by ram_block: RAM, ROM or ROM device */
    bool readonly;
    bool rom_device;
    bool romd_mode;             /* ROM device reads straight from memory */
    bool ram_device;            /* memory of a host device: no bulk access */
    bool nonvolatile;
    bool terminates;            /* answers accesses; not a pure container */
    bool enabled;
    bool lockless_io;           /* dispatch without the big lock */
    bool disable_reentrancy_guard;
    uint8_t dirty_log_mask;     /* 1 << DIRTY_MEMORY_* wanted by clients */
    uint8_t vga_logging_count;
    int32_t priority;
    RAMBlock *ram_block;
    Object *owner;
    DeviceState *dev;           /* owner when it is a device: its guard applies */
    const MemoryRegionOps *ops;
    void *opaque;
    MemoryRegion *container;
    unsigned mapped_via_alias;
    Int128 size;
    hwaddr addr;                /* in the container */
    MemoryRegion *alias;
    hwaddr alias_offset;
    QTAILQ_HEAD(, MemoryRegion) subregions;
    QTAILQ_ENTRY(MemoryRegion) subregions_link;
    MemoryRegionIoeventfds *ioeventfds;
    char *name;
};

/* ---- Making regions --------------------------------------------------- */
/*
 * Common to all memory_region_init*(): @owner keeps the region alive (a region
 * becomes its child, named "@name[n]"); @owner may be NULL. @name is copied and
 * shown by info mtree. @size is in bytes; UINT64_MAX means 2^64. Those that take
 * @errp return false on failure, with nothing left to undo except what the
 * owner's finalization undoes. Big lock held.
 */

/* A pure container. */
void memory_region_init(MemoryRegion *mr, Object *owner, const char *name,
                        uint64_t size);

/* Registers: accesses call @ops (which must outlive the region) with @opaque. */
void memory_region_init_io(MemoryRegion *mr, Object *owner,
                           const MemoryRegionOps *ops, void *opaque,
                           const char *name, uint64_t size);

/* Fresh zeroed RAM, registered for migration. */
bool memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name,
                            uint64_t size, Error **errp);

/* RAM that migration does not know of; @ram_flags: RAM_* of system/ram_addr.h. */
bool memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner,
                                      const char *name, uint64_t size,
                                      Error **errp);
bool memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner,
                                            const char *name, uint64_t size,
                                            uint32_t ram_flags, Error **errp);

/*
 * RAM from a file (created when missing, sized up when empty) or from an open
 * descriptor, which the region then owns. @align: of the mapping, 0 = page.
 */
bool memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner,
                                      const char *name, uint64_t size,
                                      uint64_t align, uint32_t ram_flags,
                                      const char *path, hwaddr offset,
                                      Error **errp);
bool memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner,
                                    const char *name, uint64_t size,
                                    uint32_t ram_flags, int fd, hwaddr offset,
                                    Error **errp);

/* RAM that somebody else mapped at @ptr (page-aligned) and keeps. */
void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner,
                                const char *name, uint64_t size, void *ptr);

/* The same for a host device's memory: accessed only in the sizes asked for. */
void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner,
                                       const char *name, uint64_t size,
                                       void *ptr);

/* A window of @size bytes onto @orig from @offset. */
void memory_region_init_alias(MemoryRegion *mr, Object *owner,
                              const char *name, MemoryRegion *orig,
                              hwaddr offset, uint64_t size);

/* Memory that the guest cannot write; loaded through memory_region_get_ram_ptr. */
bool memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name,
                            uint64_t size, Error **errp);
bool memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner,
                                      const char *name, uint64_t size,
                                      Error **errp);

/* Reads come from memory while in ROM mode; writes (and reads otherwise) to @ops. */
bool memory_region_init_rom_device(MemoryRegion *mr, Object *owner,
                                   const MemoryRegionOps *ops, void *opaque,
                                   const char *name, uint64_t size,
                                   Error **errp);

/* Keeps @mr's owner (or, without one, @mr) alive; any thread. NULL is ignored. */
void memory_region_ref(MemoryRegion *mr);
void memory_region_unref(MemoryRegion *mr);

/* ---- What a region is ------------------------------------------------- */

/* Size in bytes; UINT64_MAX for 2^64. */
uint64_t memory_region_size(const MemoryRegion *mr);
const char *memory_region_name(const MemoryRegion *mr);
Object *memory_region_owner(const MemoryRegion *mr);

static inline bool memory_region_is_ram(const MemoryRegion *mr)
{
    return mr->ram;
}

static inline bool memory_region_is_rom(const MemoryRegion *mr)
{
    return mr->ram && mr->readonly;
}

static inline bool memory_region_is_romd(const MemoryRegion *mr)
{
    return mr->rom_device && mr->romd_mode;
}

static inline bool memory_region_is_ram_device(const MemoryRegion *mr)
{
    return mr->ram_device;
}

/* Host address of the first byte (aliases resolved). RAM kinds only. */
void *memory_region_get_ram_ptr(MemoryRegion *mr);

/* Its place in the space of RAM blocks; RAM_ADDR_INVALID when not RAM. */
ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr);

/* Descriptor behind RAM, -1 when anonymous. */
int memory_region_get_fd(MemoryRegion *mr);

/* The region that holds host pointer @ptr, or NULL; RCU read section. */
MemoryRegion *memory_region_from_host(void *ptr, ram_addr_t *offset);

/* Commits @size bytes written at @addr of RAM @mr other than through this API. */
void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size);

/* ---- Placing and changing regions ------------------------------------- */

/* Puts @sub at @offset of @mr; overlap not expected (priority 0). */
void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset,
                                 MemoryRegion *sub);
/* The same where it may overlap: the higher @priority is seen. */
void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset,
                                         MemoryRegion *sub, int priority);
void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *sub);

void memory_region_set_enabled(MemoryRegion *mr, bool enabled);
void memory_region_set_address(MemoryRegion *mr, hwaddr addr);
void memory_region_set_size(MemoryRegion *mr, uint64_t size);
void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset);
void memory_region_set_readonly(MemoryRegion *mr, bool readonly);
void memory_region_set_nonvolatile(MemoryRegion *mr, bool nonvolatile);
void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd_mode);

/* Callbacks of @mr are then called without the big lock; before it is mapped. */
void memory_region_enable_lockless_io(MemoryRegion *mr);

/* Clients 1 << DIRTY_MEMORY_* (system/ram_addr.h); only VGA is per region. */
void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client);

/* True when @mr stands in a container or an address space. */
bool memory_region_is_mapped(MemoryRegion *mr);

/*
 * A guest write of @size bytes at @addr (any size when 0), and of the value @data
 * when @match_data, signals @e instead of calling the region, without the big
 * lock. Every add is paired with a del of the same arguments.
 */
void memory_region_add_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size,
                               bool match_data, uint64_t data,
                               EventNotifier *e);
void memory_region_del_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size,
                               bool match_data, uint64_t data,
                               EventNotifier *e);

/* Changes between the two become visible together, at the outermost commit. */
void memory_region_transaction_begin(void);
void memory_region_transaction_commit(void);

/*
 * One access to an I/O region, already resolved: @op gives size and byte order.
 * Checks valid.*, splits or widens to impl.*, takes the big lock unless lockless
 * or held, refuses re-entry. Any thread; RCU read section.
 */
MemTxResult memory_region_dispatch_read(MemoryRegion *mr, hwaddr addr,
                                        uint64_t *pval, MemOp op,
                                        MemTxAttrs attrs);
MemTxResult memory_region_dispatch_write(MemoryRegion *mr, hwaddr addr,
                                         uint64_t data, MemOp op,
                                         MemTxAttrs attrs);

/* ---- Flat view -------------------------------------------------------- */

/*
 * One range of a rendered view: [@base, @last] maps @mr from @offset_in_region.
 * @host and @ram are set when reads can go straight to memory.
 */
typedef struct FlatRange {
    hwaddr base;
    hwaddr last;
    hwaddr offset_in_region;
    MemoryRegion *mr;
    uint8_t *host;
    ram_addr_t ram;
    bool readonly;              /* writes do not reach memory */
    bool romd_mode;
    bool nonvolatile;
    uint8_t dirty_log_mask;
} FlatRange;

/* Immutable once published; found under RCU; @ranges sorted, without overlap. */
struct FlatView {
    struct rcu_head rcu;
    uint64_t generation;        /* never used twice */
    unsigned ref;
    unsigned nr;
    unsigned nr_allocated;
    unsigned mru;               /* a hint: index of the last range found */
    FlatRange *ranges;
    MemoryRegion *root;
};

/*
 * The range that holds @addr, or NULL for a hole; *@left: bytes from @addr to its
 * end, at least 1, cut to 2^64 - 1. Any thread, RCU read section.
 */
const FlatRange *flatview_lookup(FlatView *view, hwaddr addr, hwaddr *left);

/* ---- Address spaces and listeners ------------------------------------- */

struct MemoryRegionSection {
    Int128 size;
    MemoryRegion *mr;           /* NULL: nothing there */
    FlatView *fv;
    hwaddr offset_within_region;
    hwaddr offset_within_address_space;
    bool readonly;
    bool nonvolatile;
};

/*
 * Told of every change of a view, with the big lock held. All callbacks are
 * optional. Additions go by rising priority, deletions by falling.
 */
struct MemoryListener {
    void (*begin)(MemoryListener *listener);
    void (*commit)(MemoryListener *listener);
    void (*region_add)(MemoryListener *listener, MemoryRegionSection *section);
    void (*region_del)(MemoryListener *listener, MemoryRegionSection *section);
    /* A range that is the same before and after. */
    void (*region_nop)(MemoryListener *listener, MemoryRegionSection *section);
    /* Dirty-log clients of a range changed from @old_mask to @new_mask. */
    void (*log_start)(MemoryListener *listener, MemoryRegionSection *section,
                      int old_mask, int new_mask);
    void (*log_stop)(MemoryListener *listener, MemoryRegionSection *section,
                     int old_mask, int new_mask);
    /* Bring dirt that only the listener knows (KVM, vhost) into physmem. */
    void (*log_sync)(MemoryListener *listener, MemoryRegionSection *section);
    void (*log_clear)(MemoryListener *listener, MemoryRegionSection *section);
    bool (*log_global_start)(MemoryListener *listener, Error **errp);
    void (*log_global_stop)(MemoryListener *listener);
    void (*eventfd_add)(MemoryListener *listener, MemoryRegionSection *section,
                        bool match_data, uint64_t data, EventNotifier *e);
    void (*eventfd_del)(MemoryListener *listener, MemoryRegionSection *section,
                        bool match_data, uint64_t data, EventNotifier *e);
    unsigned priority;
    const char *name;

    AddressSpace *address_space;
    QTAILQ_ENTRY(MemoryListener) link;
    QTAILQ_ENTRY(MemoryListener) link_as;
};

#define MEMORY_LISTENER_PRIORITY_MIN            0
#define MEMORY_LISTENER_PRIORITY_ACCEL          10
#define MEMORY_LISTENER_PRIORITY_DEV_BACKEND    10

typedef struct MemoryRegionIoeventfd MemoryRegionIoeventfd;

struct AddressSpace {
    char *name;
    MemoryRegion *root;
    FlatView *current_map;                  /* read under RCU */
    bool changed;                           /* inside a commit */
    unsigned ioeventfd_nb;
    MemoryRegionIoeventfd *ioeventfds;
    QTAILQ_HEAD(, MemoryListener) listeners;
    QTAILQ_ENTRY(AddressSpace) address_spaces_link;
    size_t max_bounce_buffer_size;
    GSList *map_clients;                    /* QEMUBH waiting for a bounce buffer */
};

#define DEFAULT_MAX_BOUNCE_BUFFER_SIZE  4096
#define MAX_BOUNCE_BUFFERS              64

/* Makes @as a view of @root; @name is copied. Big lock held. */
void address_space_init(AddressSpace *as, MemoryRegion *root, const char *name);

/* Ends @as: its listeners must be gone; readers end by RCU. Big lock held. */
void address_space_destroy(AddressSpace *as);

/* Adds a listener and tells it of everything that is mapped. Big lock held. */
void memory_listener_register(MemoryListener *listener, AddressSpace *as);

/* Removes it after telling it that everything goes. Unregistered: no-op. */
void memory_listener_unregister(MemoryListener *listener);

/* Dirty logging of all RAM for migration on and off; big lock held. */
bool memory_global_dirty_log_start(unsigned flags, Error **errp);
void memory_global_dirty_log_stop(unsigned flags);
void memory_global_dirty_log_sync(void);
#define GLOBAL_DIRTY_MIGRATION  (1U << 0)
#define GLOBAL_DIRTY_LIMIT      (1U << 1)

/*
 * What stands at @addr of region @mr for at most @size bytes: the section's mr
 * (with a reference; memory_region_unref) or NULL.
 */
MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr,
                                       uint64_t size);

/* ---- Access to an address space --------------------------------------- */
/*
 * Any thread. @len bytes; the access is split wherever the view changes. RAM
 * written is committed. Errors of all pieces are or-ed; a failing piece of a
 * read fills with what the device returned, or zeroes.
 */
MemTxResult address_space_read(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                               void *buf, hwaddr len);
MemTxResult address_space_write(AddressSpace *as, hwaddr addr,
                                MemTxAttrs attrs, const void *buf, hwaddr len);
MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                             void *buf, hwaddr len, bool is_write);

/* Writes even into ROM (loaders, debugger); I/O is skipped. */
MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr,
                                    MemTxAttrs attrs, const void *buf,
                                    hwaddr len);
MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t c,
                              hwaddr len, MemTxAttrs attrs);

/* True when all of the range would be accepted without being tried. */
bool address_space_access_valid(AddressSpace *as, hwaddr addr, hwaddr len,
                                bool is_write, MemTxAttrs attrs);

/*
 * The region at @addr, the offset in it in *@xlat, and *@len cut to what is
 * contiguous. A hole gives the unassigned region. RCU read section.
 */
MemoryRegion *address_space_translate(AddressSpace *as, hwaddr addr,
                                      hwaddr *xlat, hwaddr *len, bool is_write,
                                      MemTxAttrs attrs);

/*
 * A host pointer for up to *@plen bytes at @addr, or NULL with *@plen = 0. RAM is
 * lent directly; anything else through bounce buffers, of which one space has at
 * most MAX_BOUNCE_BUFFERS and max_bounce_buffer_size bytes in all; a hole never. *@plen says how
 * much was mapped. Paired with address_space_unmap(), of which @access_len says
 * how many bytes were really written (cut to what was mapped).
 */
void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *plen,
                        bool is_write, MemTxAttrs attrs);
void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len,
                         bool is_write, hwaddr access_len);

/* Schedules @bh once when a bounce buffer comes back (at once if one is free). */
void address_space_register_map_client(AddressSpace *as, QEMUBH *bh);
void address_space_unregister_map_client(AddressSpace *as, QEMUBH *bh);

/*
 * Single values: address_space_{ldub,lduw,ldl,ldq}[_le|_be]() and
 * address_space_{stb,stw,stl,stq}[_le|_be](); one naturally aligned host access
 * when in RAM. *@result (may be NULL) gets the outcome. *_phys() drop attributes
 * and outcome. Without suffix: guest order, which is little-endian.
 */
#define MEMORY_LDST_DECLARE(sz, type, e)                                     \
    type address_space_ld##sz##e(AddressSpace *as, hwaddr addr,              \
                                 MemTxAttrs attrs, MemTxResult *result);     \
    static inline type ld##sz##e##_phys(AddressSpace *as, hwaddr addr)       \
    {                                                                        \
        return address_space_ld##sz##e(as, addr, MEMTXATTRS_UNSPECIFIED,     \
                                       NULL);                                \
    }
#define MEMORY_ST_DECLARE(sz, type, e)                                       \
    void address_space_st##sz##e(AddressSpace *as, hwaddr addr, type val,    \
                                 MemTxAttrs attrs, MemTxResult *result);     \
    static inline void st##sz##e##_phys(AddressSpace *as, hwaddr addr,       \
                                        type val)                            \
    {                                                                        \
        address_space_st##sz##e(as, addr, val, MEMTXATTRS_UNSPECIFIED,       \
                                NULL);                                       \
    }
MEMORY_LDST_DECLARE(ub, uint8_t, )
MEMORY_LDST_DECLARE(uw, uint16_t, )
MEMORY_LDST_DECLARE(uw, uint16_t, _le)
MEMORY_LDST_DECLARE(uw, uint16_t, _be)
MEMORY_LDST_DECLARE(l, uint32_t, )
MEMORY_LDST_DECLARE(l, uint32_t, _le)
MEMORY_LDST_DECLARE(l, uint32_t, _be)
MEMORY_LDST_DECLARE(q, uint64_t, )
MEMORY_LDST_DECLARE(q, uint64_t, _le)
MEMORY_LDST_DECLARE(q, uint64_t, _be)
MEMORY_ST_DECLARE(b, uint8_t, )
MEMORY_ST_DECLARE(w, uint16_t, )
MEMORY_ST_DECLARE(w, uint16_t, _le)
MEMORY_ST_DECLARE(w, uint16_t, _be)
MEMORY_ST_DECLARE(l, uint32_t, )
MEMORY_ST_DECLARE(l, uint32_t, _le)
MEMORY_ST_DECLARE(l, uint32_t, _be)
MEMORY_ST_DECLARE(q, uint64_t, )
MEMORY_ST_DECLARE(q, uint64_t, _le)
MEMORY_ST_DECLARE(q, uint64_t, _be)

/* ---- Looking at it ---------------------------------------------------- */

/* Prints the trees (or, with @flatview, the views) as "info mtree [-f]" does. */
void mtree_info(GString *out, bool flatview, bool dispatch_tree, bool owner,
                bool disabled);

#include "system/memory_cached.h"

#endif

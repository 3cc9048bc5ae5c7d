/*
 * What firmware would do with the PCI buses: numbers, BARs, bridge windows,
 * interrupt lines, and decoding switched on. For machines that boot without it.
 *
 * Each bus needs, of each kind of space, one stretch: its BARs and the windows of
 * its bridges, the largest first, so that natural alignment wastes nothing. A
 * bridge's window is what the bus behind it needs, rounded up to its granularity.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/units.h"

#define HOTPLUG_BYTES   (2 * MiB)

typedef enum Kind {
    KIND_IO,
    KIND_MEM,           /* below 4 GiB: all that is not KIND_PREF */
    KIND_PREF,          /* 64-bit prefetchable */
    KIND_COUNT,
} Kind;

/* A BAR (@reg) or the window of a bridge (@child) that needs a place. */
typedef struct Need {
    PCIDevice *d;
    int reg;
    PCIBus *child;
    uint64_t size;
    uint64_t align;
} Need;

static void write_config(PCIDevice *d, uint32_t reg, uint32_t value, int len)
{
    d->config_write(d, reg, value, len);
}

/* ---- Numbers ---- */

/* Numbers all buses below @bus, depth first; @next is the first free number. */
static int number_buses(PCIBus *bus, int number, int next)
{
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];
        PCIBus *child = d && pci_is_bridge(d) ? pci_bridge_secondary(d) : NULL;

        if (!child || next >= PCI_BUS_MAX) {
            continue;
        }
        write_config(d, PCI_PRIMARY_BUS, number, 1);
        write_config(d, PCI_SECONDARY_BUS, next, 1);
        write_config(d, PCI_SUBORDINATE_BUS, 0xff, 1);
        next = number_buses(child, next, next + 1);
        if (PCI_BRIDGE(d)->reserve.bus != UINT32_MAX) {
            next = MIN(next + PCI_BRIDGE(d)->reserve.bus, PCI_BUS_MAX);
        }
        write_config(d, PCI_SUBORDINATE_BUS, next - 1, 1);
    }
    return next;
}

/* ---- Sizes ---- */

static Kind kind_of(const PCIIORegion *r)
{
    const uint8_t wide = PCI_BASE_ADDRESS_MEM_TYPE_64 |
        PCI_BASE_ADDRESS_MEM_PREFETCH;

    if (r->type & PCI_BASE_ADDRESS_SPACE_IO) {
        return KIND_IO;
    }
    return (r->type & wide) == wide ? KIND_PREF : KIND_MEM;
}

static uint64_t window_granularity(Kind kind)
{
    return kind == KIND_IO ? 4096 : 1 << 20;
}

static int largest_first(gconstpointer a, gconstpointer b)
{
    const Need *x = a, *y = b;

    if (x->align != y->align) {
        return x->align > y->align ? -1 : 1;
    }
    return (int)x->d->devfn - (int)y->d->devfn;
}

static uint64_t size_bus(PCIBus *bus, Kind kind, uint64_t *align);

/* Room for what may be plugged in later, in bytes. */
static uint64_t reserve_of(PCIDevice *d, PCIBus *child, Kind kind)
{
    const PCIResReserve *r = &PCI_BRIDGE(d)->reserve;
    uint64_t asked = kind == KIND_IO ? r->io :
                     kind == KIND_MEM ? r->mem_non_pref :
                     r->mem_pref_32 != UINT64_MAX ? r->mem_pref_32
                                                  : r->mem_pref_64;

    if (asked != UINT64_MAX) {
        return asked;
    }
    /* Ports are scarce, and devices behind a link do without. */
    return kind != KIND_IO && qbus_is_hotpluggable(BUS(child)) ? HOTPLUG_BYTES
                                                               : 0;
}

static void add_bridge(GArray *needs, PCIDevice *d, PCIBus *child, Kind kind)
{
    uint64_t granularity = window_granularity(kind);
    Need need = { .d = d, .child = child };

    need.size = MAX(size_bus(child, kind, &need.align),
                    reserve_of(d, child, kind));
    need.size = ROUND_UP(need.size, granularity);
    need.align = MAX(need.align, granularity);
    /* An empty one is kept, too: its window has to be closed. */
    g_array_append_val(needs, need);
}

static GArray *collect(PCIBus *bus, Kind kind)
{
    GArray *needs = g_array_new(false, false, sizeof(Need));

    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];
        PCIBus *child = d && pci_is_bridge(d) ? pci_bridge_secondary(d) : NULL;

        for (int reg = 0; d && reg < PCI_NUM_REGIONS; reg++) {
            const PCIIORegion *r = &d->io_regions[reg];
            Need need = { .d = d, .reg = reg, .size = r->size,
                          .align = r->size };

            if (r->size && kind_of(r) == kind) {
                g_array_append_val(needs, need);
            }
        }
        if (child) {
            add_bridge(needs, d, child, kind);
        }
    }
    g_array_sort(needs, largest_first);
    return needs;
}

/* How many bytes the bus needs from an address that is a multiple of *@align. */
static uint64_t size_bus(PCIBus *bus, Kind kind, uint64_t *align)
{
    g_autoptr(GArray) needs = collect(bus, kind);
    uint64_t at = 0;

    *align = 1;
    for (unsigned i = 0; i < needs->len; i++) {
        const Need *need = &g_array_index(needs, Need, i);

        if (need->size) {
            at = ROUND_UP(at, need->align) + need->size;
            *align = MAX(*align, need->align);
        }
    }
    return at;
}

/* ---- Places ---- */

static void program_bar(const Need *need, uint64_t addr)
{
    uint32_t reg = pci_bar(need->d, need->reg);
    uint8_t type = need->d->io_regions[need->reg].type;

    write_config(need->d, reg, (uint32_t)addr, 4);
    if (!(type & PCI_BASE_ADDRESS_SPACE_IO) &&
        (type & PCI_BASE_ADDRESS_MEM_TYPE_64)) {
        write_config(need->d, reg + 4, addr >> 32, 4);
    }
}

/* PCI-to-PCI Bridge 1.2, section 3.2.5; a base above the limit closes it. */
static void program_window(const Need *need, Kind kind, uint64_t addr)
{
    uint64_t last = addr + need->size - 1;
    PCIDevice *d = need->d;

    if (!need->size) {
        addr = kind == KIND_IO ? 0xf000 : 0xfff00000;
        last = 0;
    }
    switch (kind) {
    case KIND_IO:
        write_config(d, PCI_IO_BASE, (addr >> 8) & 0xf0, 1);
        write_config(d, PCI_IO_LIMIT, (last >> 8) & 0xf0, 1);
        write_config(d, PCI_IO_BASE_UPPER16, 0, 2);
        write_config(d, PCI_IO_LIMIT_UPPER16, 0, 2);
        break;
    case KIND_MEM:
        write_config(d, PCI_MEMORY_BASE, (addr >> 16) & 0xfff0, 2);
        write_config(d, PCI_MEMORY_LIMIT, (last >> 16) & 0xfff0, 2);
        break;
    default:
        write_config(d, PCI_PREF_MEMORY_BASE, (addr >> 16) & 0xfff0, 2);
        write_config(d, PCI_PREF_MEMORY_LIMIT, (last >> 16) & 0xfff0, 2);
        write_config(d, PCI_PREF_BASE_UPPER32, addr >> 32, 4);
        write_config(d, PCI_PREF_LIMIT_UPPER32, last >> 32, 4);
        break;
    }
}

static void place_bus(PCIBus *bus, Kind kind, uint64_t at)
{
    g_autoptr(GArray) needs = collect(bus, kind);

    for (unsigned i = 0; i < needs->len; i++) {
        const Need *need = &g_array_index(needs, Need, i);

        at = need->size ? ROUND_UP(at, need->align) : at;
        if (need->child) {
            program_window(need, kind, at);
            place_bus(need->child, kind, at);
        } else {
            program_bar(need, at);
        }
        at += need->size;
    }
}

/*
 * Places all of @kind in a window; *@base and *@size become what is left. False
 * when it does not fit: then nothing of that kind is programmed.
 */
static bool place_kind(PCIBus *root, Kind kind, uint64_t *base, uint64_t *size,
                       Error **errp)
{
    static const char *const names[KIND_COUNT] = {
        "I/O ports", "memory", "prefetchable memory",
    };
    uint64_t align, need = size_bus(root, kind, &align);
    uint64_t start = ROUND_UP(*base, align), end = start + need;

    if (need && (end < start || end > *base + *size)) {
        if (errp && !*errp) {
            error_setg(errp, "PCI devices need 0x%" PRIx64 " bytes of %s, the "
                       "window at 0x%" PRIx64 " has 0x%" PRIx64, need,
                       names[kind], *base, *size);
        }
        return false;
    }
    place_bus(root, kind, start);
    if (need) {
        *size -= end - *base;
        *base = end;
    }
    return true;
}

/* ---- Interrupt lines, decoding ---- */

static void enable_bus(PCIBus *bus, const PCIAssignWindows *w)
{
    PCIBus *child;

    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];
        int pin = d ? d->config[PCI_INTERRUPT_PIN] : 0;

        if (!d) {
            continue;
        }
        if (pin) {
            int line = w->irq_line ? w->irq_line(d, pin - 1, w->opaque) : 0xff;

            write_config(d, PCI_INTERRUPT_LINE, line, 1);
        }
        write_config(d, PCI_COMMAND, pci_get_word(d->config + PCI_COMMAND) |
                     PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
                     2);
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        enable_bus(child, w);
    }
}

bool pci_assign_resources(PCIBus *root, const PCIAssignWindows *windows,
                          Error **errp)
{
    PCIAssignWindows left = *windows;
    Error *err = NULL;

    memory_region_transaction_begin();
    number_buses(root, 0, 1);
    place_kind(root, KIND_IO, &left.io_base, &left.io_size, &err);
    place_kind(root, KIND_MEM, &left.mem_base, &left.mem_size, &err);
    /* Low memory is for all guests, high memory for what does not fit there. */
    if (!place_kind(root, KIND_PREF, &left.mem_base, &left.mem_size, NULL)) {
        place_kind(root, KIND_PREF, &left.mem64_base, &left.mem64_size, &err);
    }
    enable_bus(root, windows);
    memory_region_transaction_commit();
    if (err) {
        error_propagate(errp, err);
        return false;
    }
    return true;
}

/*
 * What all PCI-to-PCI bridges have: registers of a type 1 header, the bus behind
 * them, the windows in front of it (PCI-to-PCI Bridge Architecture 1.2, chapter
 * 3). Any values are legal in the windows; those that make no sense close them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define WINDOW_PRIORITY     1           /* among the BARs beside the bridge */
#define IO_SPACE_BYTES      (4 * GiB)

#define CONTROL_BITS                                                         \
    (PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR |                           \
     PCI_BRIDGE_CTL_MASTER_ABORT | PCI_BRIDGE_CTL_BUS_RESET)
#define SECONDARY_ERRORS                                                     \
    (PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |                       \
     PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |             \
     PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)

/* ---- Who is who ---- */

bool pci_is_bridge(const PCIDevice *d)
{
    return (d->config[PCI_HEADER_TYPE] & ~PCI_HEADER_TYPE_MULTI_FUNCTION) ==
        PCI_HEADER_TYPE_BRIDGE;
}

PCIBus *pci_bridge_get_sec_bus(PCIBridge *br)
{
    return &br->sec_bus;
}

PCIBus *pci_bridge_secondary(PCIDevice *d)
{
    PCIBus *child;

    QLIST_FOREACH(child, &pci_get_bus(d)->child, sibling) {
        if (child->parent_dev == d) {
            return child;
        }
    }
    return NULL;
}

PCIDevice *pci_bridge_get_device(PCIBus *bus)
{
    return bus->parent_dev;
}

void pci_bridge_map_irq(PCIBridge *br, const char *bus_name,
                        pci_map_irq_fn map_irq)
{
    br->map_irq = map_irq;
    br->bus_name = bus_name;
}

/* ---- Windows (section 3.2.5) ---- */

static PCIBridgeRange io_range(const uint8_t *c)
{
    PCIBridgeRange r = {
        .base = (uint64_t)(c[PCI_IO_BASE] & 0xf0) << 8,
        .limit = (uint64_t)(c[PCI_IO_LIMIT] & 0xf0) << 8 | 0xfff,
    };

    if ((c[PCI_IO_BASE] & PCI_IO_RANGE_TYPE_MASK) == PCI_IO_RANGE_TYPE_32) {
        r.base |= (uint64_t)pci_get_word(c + PCI_IO_BASE_UPPER16) << 16;
        r.limit |= (uint64_t)pci_get_word(c + PCI_IO_LIMIT_UPPER16) << 16;
    }
    return r;
}

/* Bits 20..31 of both kinds of memory window; @c is at the base's register. */
static PCIBridgeRange mem_range(const uint8_t *c)
{
    return (PCIBridgeRange) {
        .base = (uint64_t)(pci_get_word(c) & 0xfff0) << 16,
        .limit = (uint64_t)(pci_get_word(c + 2) & 0xfff0) << 16 | 0xfffff,
    };
}

static PCIBridgeRange pref_range(const uint8_t *c)
{
    PCIBridgeRange r = mem_range(c + PCI_PREF_MEMORY_BASE);

    if ((c[PCI_PREF_MEMORY_BASE] & PCI_PREF_RANGE_TYPE_MASK) ==
        PCI_PREF_RANGE_TYPE_64) {
        r.base |= (uint64_t)pci_get_long(c + PCI_PREF_BASE_UPPER32) << 32;
        r.limit |= (uint64_t)pci_get_long(c + PCI_PREF_LIMIT_UPPER32) << 32;
    }
    return r;
}

PCIBridgeRange pci_bridge_range(const PCIDevice *bridge, uint8_t type)
{
    if (type & PCI_BASE_ADDRESS_SPACE_IO) {
        return io_range(bridge->config);
    }
    return type & PCI_BASE_ADDRESS_MEM_PREFETCH
        ? pref_range(bridge->config)
        : mem_range(bridge->config + PCI_MEMORY_BASE);
}

pcibus_t pci_bridge_get_base(const PCIDevice *bridge, uint8_t type)
{
    return pci_bridge_range(bridge, type).base;
}

pcibus_t pci_bridge_get_limit(const PCIDevice *bridge, uint8_t type)
{
    return pci_bridge_range(bridge, type).limit;
}

static void place_window(MemoryRegion *window, PCIBridgeRange r, bool decodes)
{
    bool open = decodes && r.base <= r.limit;
    uint64_t size = r.limit - r.base + 1;

    if (open) {
        /* All of the 64-bit space is 2^64 bytes, which UINT64_MAX stands for. */
        memory_region_set_size(window, size ? size : UINT64_MAX);
        memory_region_set_alias_offset(window, r.base);
        memory_region_set_address(window, r.base);
    }
    memory_region_set_enabled(window, open);
}

void pci_bridge_update_mappings(PCIBridge *br)
{
    const PCIDevice *d = &br->parent_obj;
    uint16_t command = pci_get_word(d->config + PCI_COMMAND);
    bool io = d->has_power && (command & PCI_COMMAND_IO);
    bool mem = d->has_power && (command & PCI_COMMAND_MEMORY);

    memory_region_transaction_begin();
    place_window(&br->window_io, io_range(d->config), io);
    place_window(&br->window_mem, mem_range(d->config + PCI_MEMORY_BASE), mem);
    place_window(&br->window_pref, pref_range(d->config), mem);
    memory_region_transaction_commit();
}

void pci_bridge_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                             int len)
{
    PCIBridge *br = PCI_BRIDGE(d);
    const uint8_t *control = d->config + PCI_BRIDGE_CONTROL;
    uint16_t before = pci_get_word(control);

    memory_region_transaction_begin();
    pci_default_write_config(d, address, val, len);
    if (pci_touches(address, len, PCI_COMMAND, 2) ||
        pci_touches(address, len, PCI_IO_BASE, 2) ||
        pci_touches(address, len, PCI_MEMORY_BASE,
                    PCI_CAPABILITY_LIST - PCI_MEMORY_BASE)) {
        pci_bridge_update_mappings(br);
    }
    memory_region_transaction_commit();
    if (pci_get_word(control) & ~before & PCI_BRIDGE_CTL_BUS_RESET) {
        bus_cold_reset(BUS(&br->sec_bus));
    }
}

/* ---- Reset ---- */

void pci_bridge_disable_base_limit(PCIDevice *dev)
{
    uint8_t *c = dev->config;

    c[PCI_IO_BASE] |= 0xf0;
    c[PCI_IO_LIMIT] &= ~0xf0;
    pci_word_test_and_set_mask(c + PCI_MEMORY_BASE, 0xfff0);
    pci_word_test_and_clear_mask(c + PCI_MEMORY_LIMIT, 0xfff0);
    pci_word_test_and_set_mask(c + PCI_PREF_MEMORY_BASE, 0xfff0);
    pci_word_test_and_clear_mask(c + PCI_PREF_MEMORY_LIMIT, 0xfff0);
    pci_set_long(c + PCI_PREF_BASE_UPPER32, 0);
    pci_set_long(c + PCI_PREF_LIMIT_UPPER32, 0);
}

void pci_bridge_reset(DeviceState *qdev)
{
    PCIDevice *d = PCI_DEVICE(qdev);

    /* The bits that say what can be programmed stay. */
    for (unsigned i = PCI_PRIMARY_BUS; i < PCI_CAPABILITY_LIST; i++) {
        d->config[i] &= ~(d->wmask[i] | d->w1cmask[i]);
    }
    pci_word_test_and_clear_mask(d->config + PCI_BRIDGE_CONTROL,
                                 pci_get_word(d->wmask + PCI_BRIDGE_CONTROL));
}

/* ---- Life ---- */

static void set_masks(PCIDevice *d)
{
    uint8_t *c = d->config, *w = d->wmask;

    memset(w + PCI_PRIMARY_BUS, 0xff, pci_is_express(d) ? 3 : 4);
    w[PCI_IO_BASE] = w[PCI_IO_LIMIT] = 0xf0;
    pci_set_word(w + PCI_MEMORY_BASE, 0xfff0);
    pci_set_word(w + PCI_MEMORY_LIMIT, 0xfff0);
    pci_set_word(w + PCI_PREF_MEMORY_BASE, 0xfff0);
    pci_set_word(w + PCI_PREF_MEMORY_LIMIT, 0xfff0);
    memset(w + PCI_PREF_BASE_UPPER32, 0xff, 8);
    pci_set_word(w + PCI_BRIDGE_CONTROL, CONTROL_BITS);
    pci_set_word(d->w1cmask + PCI_SEC_STATUS, SECONDARY_ERRORS);

    pci_set_word(c + PCI_PREF_MEMORY_BASE, PCI_PREF_RANGE_TYPE_64);
    pci_set_word(c + PCI_PREF_MEMORY_LIMIT, PCI_PREF_RANGE_TYPE_64);
    pci_set_word(d->cmask + PCI_PREF_MEMORY_BASE, PCI_PREF_RANGE_TYPE_MASK);
    pci_set_word(d->cmask + PCI_PREF_MEMORY_LIMIT, PCI_PREF_RANGE_TYPE_MASK);
}

static void make_window(PCIBridge *br, MemoryRegion *window, const char *name,
                        MemoryRegion *behind, MemoryRegion *before)
{
    memory_region_init_alias(window, OBJECT(br), name, behind, 0, 1);
    memory_region_set_enabled(window, false);
    memory_region_add_subregion_overlap(before, 0, window, WINDOW_PRIORITY);
}

static void make_spaces(PCIBridge *br, PCIBus *parent)
{
    MemoryRegion *mem = &br->address_space_mem, *io = &br->address_space_io;

    memory_region_transaction_begin();
    memory_region_init(mem, OBJECT(br), "pci_bridge_pci", UINT64_MAX);
    memory_region_init(io, OBJECT(br), "pci_bridge_io", IO_SPACE_BYTES);
    make_window(br, &br->window_io, "pci_bridge_io_window", io,
                parent->address_space_io);
    make_window(br, &br->window_mem, "pci_bridge_mem", mem,
                parent->address_space_mem);
    make_window(br, &br->window_pref, "pci_bridge_pref_mem", mem,
                parent->address_space_mem);
    memory_region_transaction_commit();
}

static void drop_spaces(PCIBridge *br, PCIBus *parent)
{
    memory_region_transaction_begin();
    memory_region_del_subregion(parent->address_space_io, &br->window_io);
    memory_region_del_subregion(parent->address_space_mem, &br->window_mem);
    memory_region_del_subregion(parent->address_space_mem, &br->window_pref);
    memory_region_transaction_commit();
    object_unparent(OBJECT(&br->window_io));
    object_unparent(OBJECT(&br->window_mem));
    object_unparent(OBJECT(&br->window_pref));
    object_unparent(OBJECT(&br->address_space_io));
    object_unparent(OBJECT(&br->address_space_mem));
}

void pci_bridge_initfn(PCIDevice *pci_dev, const char *typename)
{
    PCIBridge *br = PCI_BRIDGE(pci_dev);
    PCIBus *parent = pci_get_bus(pci_dev), *sec = &br->sec_bus;

    set_masks(pci_dev);
    if (!pci_is_express(pci_dev)) {
        pci_set_word(pci_dev->config + PCI_STATUS,
                     PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK);
        pci_set_word(pci_dev->config + PCI_SEC_STATUS,
                     PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK);
    }
    qbus_init(sec, sizeof(*sec), typename, DEVICE(br),
              br->bus_name ? br->bus_name : DEVICE(br)->id);
    make_spaces(br, parent);
    sec->parent_dev = pci_dev;
    sec->map_irq = br->map_irq ? br->map_irq : pci_swizzle_map_irq_fn;
    sec->address_space_mem = &br->address_space_mem;
    sec->address_space_io = &br->address_space_io;
    QLIST_INSERT_HEAD(&parent->child, sec, sibling);
}

void pci_bridge_exitfn(PCIDevice *pci_dev)
{
    PCIBridge *br = PCI_BRIDGE(pci_dev);

    QLIST_REMOVE(&br->sec_bus, sibling);
    object_unparent(OBJECT(&br->sec_bus));
    drop_spaces(br, pci_get_bus(pci_dev));
}

/* ---- Capabilities ---- */

#define SSVID_BYTES     8
#define SSVID_SVID      4
#define SSVID_SSID      6

int pci_bridge_ssvid_init(PCIDevice *dev, uint8_t offset, uint16_t svid,
                          uint16_t ssid, Error **errp)
{
    int at = pci_add_capability(dev, PCI_CAP_ID_SSVID, offset, SSVID_BYTES,
                                errp);

    if (at >= 0) {
        pci_set_word(dev->config + at + SSVID_SVID, svid);
        pci_set_word(dev->config + at + SSVID_SSID, ssid);
    }
    return at;
}

/* The vendor capability that firmware for this emulator looks for. */
enum {
    RESERVE_LENGTH = 2, RESERVE_TYPE = 3, RESERVE_BUS = 4, RESERVE_IO = 8,
    RESERVE_MEM = 16, RESERVE_PREF32 = 20, RESERVE_PREF64 = 24,
    RESERVE_BYTES = 32,
};
enum { RESERVE_TYPE_RESOURCES = 1 };

#define PREF64_MAX  ((uint64_t)(64 * TiB))

static bool check_reserve(const PCIResReserve *r, Error **errp)
{
    if (r->mem_pref_32 != UINT64_MAX && r->mem_pref_64 != UINT64_MAX) {
        error_setg(errp, "pref32-reserve and pref64-reserve are the same "
                   "window: set one of them");
        return false;
    }
    if (r->mem_non_pref != UINT64_MAX && r->mem_non_pref >= 4 * GiB) {
        error_setg(errp, "mem-reserve=%" PRIu64 " does not fit below 4 GiB",
                   r->mem_non_pref);
        return false;
    }
    if (r->mem_pref_32 != UINT64_MAX && r->mem_pref_32 >= 4 * GiB) {
        error_setg(errp, "pref32-reserve=%" PRIu64 " does not fit below 4 GiB",
                   r->mem_pref_32);
        return false;
    }
    if (r->mem_pref_64 != UINT64_MAX && r->mem_pref_64 > PREF64_MAX) {
        error_setg(errp, "pref64-reserve=%" PRIu64 " is more than %" PRIu64,
                   r->mem_pref_64, PREF64_MAX);
        return false;
    }
    if (r->io != UINT64_MAX && r->io > 64 * KiB) {
        error_setg(errp, "io-reserve=%" PRIu64 " is more than all 65536 ports",
                   r->io);
        return false;
    }
    if (r->bus != UINT32_MAX && r->bus > 255) {
        error_setg(errp, "bus-reserve=%u is not between 0 and 255", r->bus);
        return false;
    }
    return true;
}

int pci_bridge_qemu_reserve_cap_init(PCIDevice *dev, int cap_offset,
                                     PCIResReserve reserve, Error **errp)
{
    uint8_t *c;
    int at;

    if (reserve.bus == UINT32_MAX && reserve.io == UINT64_MAX &&
        reserve.mem_non_pref == UINT64_MAX &&
        reserve.mem_pref_32 == UINT64_MAX &&
        reserve.mem_pref_64 == UINT64_MAX) {
        return 0;
    }
    if (!check_reserve(&reserve, errp)) {
        return -EINVAL;
    }
    at = pci_add_capability(dev, PCI_CAP_ID_VNDR, cap_offset, RESERVE_BYTES,
                            errp);
    if (at < 0) {
        return at;
    }
    c = dev->config + at;
    c[RESERVE_LENGTH] = RESERVE_BYTES;
    c[RESERVE_TYPE] = RESERVE_TYPE_RESOURCES;
    pci_set_long(c + RESERVE_BUS, reserve.bus);
    pci_set_quad(c + RESERVE_IO, reserve.io);
    pci_set_long(c + RESERVE_MEM, reserve.mem_non_pref);
    pci_set_long(c + RESERVE_PREF32, reserve.mem_pref_32);
    pci_set_quad(c + RESERVE_PREF64, reserve.mem_pref_64);
    return at;
}

/* ---- Interrupts of the bridge itself ---- */

int pci_bridge_msi_init(PCIDevice *dev, OnOffAuto msi, Error **errp)
{
    Error *err = NULL;

    if (msi == ON_OFF_AUTO_OFF || msi_init(dev, 0, 1, true, true, &err) >= 0) {
        return 0;
    }
    if (msi == ON_OFF_AUTO_AUTO) {
        error_free(err);
        return 0;
    }
    error_propagate(errp, err);
    return -EINVAL;
}

/* ---- The type ---- */

/* No room is asked for by kinds without such properties. */
static void pci_bridge_instance_init(Object *obj)
{
    PCI_BRIDGE(obj)->reserve = (PCIResReserve) {
        UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
    };
}

static void pci_bridge_class_init(ObjectClass *oc, const void *data)
{
    set_bit(DEVICE_CATEGORY_BRIDGE, DEVICE_CLASS(oc)->categories);
    PCI_DEVICE_CLASS(oc)->class_id = PCI_CLASS_BRIDGE_PCI;
}

static const TypeInfo pci_bridge_types[] = {
    {
        .name = TYPE_PCI_BRIDGE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCIBridge),
        .instance_init = pci_bridge_instance_init,
        .class_init = pci_bridge_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(pci_bridge_types)

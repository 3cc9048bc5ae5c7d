/*
 * The PCI bus: configuration space, BARs, interrupt wiring, buses and the
 * functions that devices, bridges and machines call. The device's and the bus's
 * own structures are in pci_device.h and pci_bus.h.
 *
 * Unless said otherwise functions are called with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H

#include "hw/core/qdev.h"
#include "hw/pci/pci_ids.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"
#include "system/dma.h"
#include "system/memory.h"

#define PCI_BUS_NUM(bdf)        (((bdf) >> 8) & 0xff)
#define PCI_DEVFN(slot, func)   ((((slot) & 0x1f) << 3) | ((func) & 0x07))
#define PCI_SLOT(devfn)         (((devfn) >> 3) & 0x1f)
#define PCI_FUNC(devfn)         ((devfn) & 0x07)
#define PCI_BUILD_BDF(bus, devfn) (((bus) << 8) | (devfn))
#define PCI_BUS_MAX             256
#define PCI_DEVFN_MAX           256
#define PCI_SLOT_MAX            32
#define PCI_FUNC_MAX            8

#define PCI_NUM_REGIONS         7
#define PCI_ROM_SLOT            6
#define PCI_NUM_PINS            4
#define PCI_BAR_UNMAPPED        (~(pcibus_t)0)
#define PCI_CONFIG_SPACE_SIZE   0x100
#define PCIE_CONFIG_SPACE_SIZE  0x1000
#define PCI_CONFIG_HEADER_SIZE  0x40
#define PCI_HEADER_TYPE_MULTI_FUNCTION 0x80

typedef uint64_t pcibus_t;

#define TYPE_PCI_DEVICE         "pci-device"
#define TYPE_PCI_BUS            "PCI"
#define TYPE_PCIE_BUS           "PCIE"
/* Which kind of bus a device class fits; a class implements one or both. */
#define INTERFACE_CONVENTIONAL_PCI_DEVICE   "conventional-pci-device"
#define INTERFACE_PCIE_DEVICE               "pci-express-device"

typedef void PCIConfigWriteFunc(PCIDevice *pci_dev, uint32_t address,
                                uint32_t data, int len);
typedef uint32_t PCIConfigReadFunc(PCIDevice *pci_dev, uint32_t address,
                                   int len);
typedef void PCIMapIORegionFunc(PCIDevice *pci_dev, int region_num,
                                pcibus_t addr, pcibus_t size, int type);
typedef void PCIUnregisterFunc(PCIDevice *pci_dev);

/* A message-signalled interrupt: a store of @data (32 bits) to @address. */
struct MSIMessage {
    uint64_t address;
    uint32_t data;
};

typedef void MSITriggerFunc(PCIDevice *dev, MSIMessage msg);
typedef MSIMessage MSIPrepareMessageFunc(PCIDevice *dev, unsigned vector);
/*
 * Who forwards vectors by other means (irqfd, vhost) is told of use and masking:
 * use: the vector is unmasked and will send @msg; < 0 refuses. release: no more.
 * poll: copy hardware state into pending bits of [start, end).
 */
typedef int (*MSIVectorUseNotifier)(PCIDevice *dev, unsigned vector,
                                    MSIMessage msg);
typedef void (*MSIVectorReleaseNotifier)(PCIDevice *dev, unsigned vector);
typedef void (*MSIVectorPollNotifier)(PCIDevice *dev, unsigned vector_start,
                                      unsigned vector_end);

/* One BAR. */
typedef struct PCIIORegion {
    pcibus_t addr;              /* where it is mapped, PCI_BAR_UNMAPPED if not */
    pcibus_t size;              /* a power of two; 0: the BAR is not used */
    uint8_t type;               /* PCI_BASE_ADDRESS_* flags */
    MemoryRegion *memory;
    MemoryRegion *address_space;
} PCIIORegion;

/* Bits of PCIDevice.cap_present. */
enum {
    QEMU_PCI_CAP_MSI = 0x1,
    QEMU_PCI_CAP_MSIX = 0x2,
    QEMU_PCI_CAP_EXPRESS = 0x4,
#define QEMU_PCI_CAP_MULTIFUNCTION_BITNR        3
    QEMU_PCI_CAP_MULTIFUNCTION = 1 << QEMU_PCI_CAP_MULTIFUNCTION_BITNR,
#define QEMU_PCI_CAP_SERR_BITNR                 4
    QEMU_PCI_CAP_SERR = 1 << QEMU_PCI_CAP_SERR_BITNR,
#define QEMU_PCIE_LNKSTA_DLLLA_BITNR            8
    QEMU_PCIE_LNKSTA_DLLLA = 1 << QEMU_PCIE_LNKSTA_DLLLA_BITNR,
#define QEMU_PCIE_EXTCAP_INIT_BITNR             9
    QEMU_PCIE_EXTCAP_INIT = 1 << QEMU_PCIE_EXTCAP_INIT_BITNR,
#define QEMU_PCIE_CAP_CXL_BITNR                 10
    QEMU_PCIE_CAP_CXL = 1 << QEMU_PCIE_CAP_CXL_BITNR,
};

/* ---- INTx ------------------------------------------------------------- */

/* Where an INTx pin ends up, for those who inject it themselves (irqfd). */
typedef struct PCIINTxRoute {
    enum {
        PCI_INTX_ENABLED,
        PCI_INTX_INVERTED,
        PCI_INTX_DISABLED,
    } mode;
    int irq;
} PCIINTxRoute;

typedef void (*PCIINTxRoutingNotifier)(PCIDevice *dev);
/* Drives interrupt line @irq_num of a root bus to @level. */
typedef void (*pci_set_irq_fn)(void *opaque, int irq_num, int level);
/* Which line of the parent the device's pin (0 = A) is wired to. */
typedef int (*pci_map_irq_fn)(PCIDevice *pci_dev, int irq_num);
typedef PCIINTxRoute (*pci_route_irq_fn)(void *opaque, int pin);

/* Asserts or deasserts the device's pin of PCI_INTERRUPT_PIN; level-triggered. */
void pci_set_irq(PCIDevice *pci_dev, int level);

static inline void pci_irq_assert(PCIDevice *pci_dev)
{
    pci_set_irq(pci_dev, 1);
}

static inline void pci_irq_deassert(PCIDevice *pci_dev)
{
    pci_set_irq(pci_dev, 0);
}

/* The same as a qemu_irq; qemu_free_irq() when done. */
qemu_irq pci_allocate_irq(PCIDevice *pci_dev);

/* Wires a root bus: @nirq lines driven by @set_irq, pins mapped by map_irq. */
void pci_bus_irqs(PCIBus *bus, pci_set_irq_fn set_irq, void *irq_opaque,
                  int nirq);
void pci_bus_map_irqs(PCIBus *bus, pci_map_irq_fn map_irq);
void pci_bus_irqs_cleanup(PCIBus *bus);
int pci_bus_get_irq_level(PCIBus *bus, int irq_num);
/* (slot + pin) % 4: the wiring below a bridge. */
int pci_swizzle_map_irq_fn(PCIDevice *pci_dev, int pin);
void pci_bus_set_route_irq_fn(PCIBus *bus, pci_route_irq_fn route_intx_to_irq);
PCIINTxRoute pci_device_route_intx_to_irq(PCIDevice *dev, int pin);
bool pci_intx_route_changed(PCIINTxRoute *old, PCIINTxRoute *new);
void pci_device_set_intx_routing_notifier(PCIDevice *dev,
                                          PCIINTxRoutingNotifier notifier);
/* The chipset calls it when guest code changed the routing. */
void pci_bus_fire_intx_routing_notifier(PCIBus *bus);

/* ---- BARs, capabilities, configuration space --------------------------- */

/*
 * Gives the device BAR @region_num (0..5, or PCI_ROM_SLOT): @type is
 * PCI_BASE_ADDRESS_SPACE_IO, or _SPACE_MEMORY with _MEM_TYPE_64 and
 * _MEM_PREFETCH; the size of @memory is a power of two. The region appears where
 * the guest programs it. Called from realize; the bus takes it back.
 */
void pci_register_bar(PCIDevice *pci_dev, int region_num, uint8_t attr,
                      MemoryRegion *memory);
/*
 * Takes all BARs out of the bus's spaces, for a class that drops their regions
 * before its exit function is called.
 */
void pci_unmap_regions(PCIDevice *d);
/* Where the BAR is mapped, or PCI_BAR_UNMAPPED. */
pcibus_t pci_get_bar_addr(PCIDevice *pci_dev, int region_num);
/* What the registers say, whether or not decoding is on. */
pcibus_t pci_bar_address(PCIDevice *d, int reg, uint8_t type, pcibus_t size);
/* Config offset of the BAR's register (0x30 or, for bridges, 0x38 for the ROM). */
int pci_bar(PCIDevice *d, int reg);
/* Maps BARs as registers and command bits say. */
void pci_update_mappings(PCIDevice *d);

/*
 * Puts a capability of @size bytes into the list: at @offset, or wherever there
 * is room when @offset is 0. Returns its offset or -errno with @errp set.
 */
int pci_add_capability(PCIDevice *pdev, uint8_t cap_id, uint8_t offset,
                       uint8_t size, Error **errp);
void pci_del_capability(PCIDevice *pci_dev, uint8_t cap_id, uint8_t cap_size);
/* Offset, or 0 when there is none. */
uint8_t pci_find_capability(PCIDevice *pci_dev, uint8_t cap_id);
/* Power-management capability at @offset (0: anywhere). */
int pci_pm_init(PCIDevice *pci_dev, uint8_t offset, Error **errp);

/*
 * What configuration accesses do unless the class says otherwise: @len 1, 2 or
 * 4; wmask, w1cmask applied; BARs, bus mastering, INTx disable, MSI and MSI-X
 * follow. Accesses that leave the device's space are cut.
 */
uint32_t pci_default_read_config(PCIDevice *d, uint32_t address, int len);
void pci_default_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                              int len);

/* Reset as RST# would do it: registers, BARs, MSI, INTx, then the class. */
void pci_device_reset(PCIDevice *dev);
void pci_device_deassert_intx(PCIDevice *dev);
/*
 * Slot power: without it a device decodes nothing, masters nothing and answers no
 * configuration cycle; it starts afresh when the power is back.
 */
void pci_set_power(PCIDevice *dev, bool on);

/* ---- Buses ------------------------------------------------------------ */

typedef struct PCIIOMMUOps {
    /* The address space in which device @devfn of @bus masters. */
    AddressSpace *(*get_address_space)(PCIBus *bus, void *opaque, int devfn);
} PCIIOMMUOps;

bool pci_bus_is_express(const PCIBus *bus);
bool pci_bus_is_root(const PCIBus *bus);
bool pci_bus_bypass_iommu(PCIBus *bus);
/* In place / allocated; @mem and @io are the spaces in which BARs are mapped. */
void pci_root_bus_init(PCIBus *bus, size_t bus_size, DeviceState *parent,
                       const char *name, MemoryRegion *mem, MemoryRegion *io,
                       uint8_t devfn_min, const char *typename);
PCIBus *pci_root_bus_new(DeviceState *parent, const char *name,
                         MemoryRegion *mem, MemoryRegion *io,
                         uint8_t devfn_min, const char *typename);
void pci_root_bus_cleanup(PCIBus *bus);
PCIBus *pci_register_root_bus(DeviceState *parent, const char *name,
                              pci_set_irq_fn set_irq, pci_map_irq_fn map_irq,
                              void *irq_opaque, MemoryRegion *mem,
                              MemoryRegion *io, uint8_t devfn_min, int nirq,
                              const char *typename);
void pci_setup_iommu(PCIBus *bus, const PCIIOMMUOps *ops, void *opaque);
AddressSpace *pci_device_iommu_address_space(PCIDevice *dev);

PCIBus *pci_get_bus(const PCIDevice *dev);
int pci_bus_num(PCIBus *bus);
int pci_dev_bus_num(const PCIDevice *dev);
/* The lowest and highest bus number at and below @bus. */
void pci_bus_range(PCIBus *bus, int *min_bus, int *max_bus);
int pci_bus_numa_node(PCIBus *bus);
PCIBus *pci_device_root_bus(const PCIDevice *d);
/* "0000:00" of the bus's root, a static string. */
const char *pci_root_bus_path(PCIDevice *dev);
/* The bus numbered @bus_num at or below @bus, or NULL. */
PCIBus *pci_find_bus_nr(PCIBus *bus, int bus_num);
PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn);
/* 0 and the device whose id is @id, or -errno. */
int pci_qdev_find_device(const char *id, PCIDevice **pdev);

typedef void (*pci_bus_dev_fn)(PCIBus *b, PCIDevice *d, void *opaque);
typedef void (*pci_bus_fn)(PCIBus *b, void *opaque);
/* Each device of bus number @bus_num / of @bus itself, by rising devfn. */
void pci_for_each_device(PCIBus *bus, int bus_num, pci_bus_dev_fn fn,
                         void *opaque);
void pci_for_each_device_under_bus(PCIBus *bus, pci_bus_dev_fn fn,
                                   void *opaque);
/* Depth first over the bus and all below. */
void pci_for_each_bus_depth_first(PCIBus *bus,
                                  void *(*begin)(PCIBus *bus, void *parent),
                                  void (*end)(PCIBus *bus, void *state),
                                  void *parent_state);
/* Each root bus's host bridge, in the order of creation. */
void pci_host_bridge_foreach(void (*fn)(DeviceState *host, PCIBus *bus,
                                        void *opaque), void *opaque);

MemoryRegion *pci_address_space(PCIDevice *dev);
MemoryRegion *pci_address_space_io(PCIDevice *dev);

/* Hot-plug handler of a bus; machine code. */
bool pci_bus_hotplug_allowed(PCIBus *bus);
/*
 * Takes @d, or all functions of a slot, out now, by the bus's hot plug handler;
 * nothing happens on a bus without one. Main thread or CPU with the big lock.
 */
void pci_device_take_out(PCIDevice *d);
void pci_slot_take_out(PCIBus *bus, unsigned slot);
/* Nothing that is there for good is in the slot; true of an empty one. */
bool pci_slot_removable(PCIBus *bus, unsigned slot);
/* A function of the slot waits for the guest to let it go. */
bool pci_slot_pending(PCIBus *bus, unsigned slot);
/* The guest is gone: slots below @bus that it was asked to release are emptied. */
void pci_bus_finish_unplug(PCIBus *bus);

/* ---- Making devices --------------------------------------------------- */

PCIDevice *pci_new(int devfn, const char *name);
PCIDevice *pci_new_multifunction(int devfn, const char *name);
bool pci_realize_and_unref(PCIDevice *dev, PCIBus *bus, Error **errp);
PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *name);
PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn,
                                           const char *name);
/* ---- Firmware's work, and looking at it -------------------------------- */

/* Where pci_assign_resources() may place things; sizes in bytes, 0 = none. */
typedef struct PCIAssignWindows {
    uint64_t io_base, io_size;
    uint64_t mem_base, mem_size;        /* below 4 GiB */
    uint64_t mem64_base, mem64_size;    /* above; for 64-bit prefetchable BARs */
    /* Interrupt line number to store for a device's pin; NULL leaves 0xff. */
    int (*irq_line)(PCIDevice *dev, int pin, void *opaque);
    void *opaque;
} PCIAssignWindows;

/*
 * Does what firmware would: numbers buses, sizes and programs all BARs and bridge
 * windows, interrupt lines, and sets I/O, memory and bus-master enable. False
 * with @errp when something did not fit (the rest is programmed).
 */
bool pci_assign_resources(PCIBus *root, const PCIAssignWindows *windows,
                          Error **errp);

/* The answer of query-pci, to be given back with json_object_put(). */
struct json_object *pci_query(void);
/* The text of "info pci". */
void pci_info(GString *out);
/* One line of a device for info qtree: address, class, ids, BARs. */
void pci_print_dev(GString *out, DeviceState *dev, int indent);

/* ---- Little-endian fields of configuration space ------------------------ */

static inline void pci_set_byte(uint8_t *config, uint8_t val)
{
    *config = val;
}

static inline uint8_t pci_get_byte(const uint8_t *config)
{
    return *config;
}

static inline void pci_set_word(uint8_t *config, uint16_t val)
{
    stw_le_p(config, val);
}

static inline uint16_t pci_get_word(const uint8_t *config)
{
    return lduw_le_p(config);
}

static inline void pci_set_long(uint8_t *config, uint32_t val)
{
    stl_le_p(config, val);
}

static inline uint32_t pci_get_long(const uint8_t *config)
{
    return ldl_le_p(config);
}

static inline void pci_set_quad(uint8_t *config, uint64_t val)
{
    stq_le_p(config, val);
}

static inline uint64_t pci_get_quad(const uint8_t *config)
{
    return ldq_le_p(config);
}

static inline void pci_config_set_vendor_id(uint8_t *config, uint16_t val)
{
    pci_set_word(config + PCI_VENDOR_ID, val);
}

static inline void pci_config_set_device_id(uint8_t *config, uint16_t val)
{
    pci_set_word(config + PCI_DEVICE_ID, val);
}

static inline void pci_config_set_revision(uint8_t *config, uint8_t val)
{
    config[PCI_REVISION_ID] = val;
}

static inline void pci_config_set_class(uint8_t *config, uint16_t val)
{
    pci_set_word(config + PCI_CLASS_DEVICE, val);
}

static inline void pci_config_set_prog_interface(uint8_t *config, uint8_t val)
{
    config[PCI_CLASS_PROG] = val;
}

/* @val: 0 none, 1..4 INTA..INTD. */
static inline void pci_config_set_interrupt_pin(uint8_t *config, uint8_t val)
{
    config[PCI_INTERRUPT_PIN] = val;
}

/* Clears or sets bits; give back those of @mask that were set before. */
static inline uint16_t pci_word_test_and_clear_mask(uint8_t *config,
                                                    uint16_t mask)
{
    uint16_t val = pci_get_word(config);

    pci_set_word(config, val & ~mask);
    return val & mask;
}

static inline uint16_t pci_word_test_and_set_mask(uint8_t *config,
                                                  uint16_t mask)
{
    uint16_t val = pci_get_word(config);

    pci_set_word(config, val | mask);
    return val & mask;
}

static inline uint32_t pci_long_test_and_clear_mask(uint8_t *config,
                                                    uint32_t mask)
{
    uint32_t val = pci_get_long(config);

    pci_set_long(config, val & ~mask);
    return val & mask;
}

static inline uint32_t pci_long_test_and_set_mask(uint8_t *config,
                                                  uint32_t mask)
{
    uint32_t val = pci_get_long(config);

    pci_set_long(config, val | mask);
    return val & mask;
}

#include "hw/pci/pci_device.h"
#include "hw/pci/pci_bus.h"

#endif

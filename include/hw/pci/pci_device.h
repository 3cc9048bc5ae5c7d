/*
 * A PCI function: its class and its state, and DMA as it does it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_PCI_DEVICE_H
#define HW_PCI_PCI_DEVICE_H

#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "migration/vmstate.h"
#include "qemu/thread.h"

typedef struct PCIDeviceClass PCIDeviceClass;

#define PCI_DEVICE(obj) OBJECT_CHECK(PCIDevice, (obj), TYPE_PCI_DEVICE)
#define PCI_DEVICE_CLASS(klass) \
    OBJECT_CLASS_CHECK(PCIDeviceClass, (klass), TYPE_PCI_DEVICE)
#define PCI_DEVICE_GET_CLASS(obj) \
    OBJECT_GET_CLASS(PCIDeviceClass, (obj), TYPE_PCI_DEVICE)

struct PCIDeviceClass {
    DeviceClass parent_class;

    /* Called with the device on its bus and its identity in config space. */
    void (*realize)(PCIDevice *dev, Error **errp);
    PCIUnregisterFunc *exit;            /* the mirror of realize */
    PCIConfigReadFunc *config_read;     /* default pci_default_read_config */
    PCIConfigWriteFunc *config_write;

    uint16_t vendor_id;
    uint16_t device_id;
    uint8_t revision;
    uint16_t class_id;
    uint16_t subsystem_vendor_id;       /* only in type-0 headers */
    uint16_t subsystem_id;              /* both 0: the emulator's own ids */

    const char *romfile;                /* option ROM unless the user says */
};

/* At most one bit of a device's life is changed by each; see pci.h for the API. */
struct PCIDevice {
    DeviceState qdev;
    bool has_power;

    /* Configuration space, its masks (all of config_size bytes). */
    uint8_t *config;
    uint8_t *cmask;             /* compared when a stream is loaded */
    uint8_t *wmask;             /* the guest can write */
    uint8_t *w1cmask;           /* the guest clears by writing 1 */
    uint8_t *used;              /* taken by a capability */

    int32_t devfn;              /* -1 until chosen */
    char name[64];
    PCIIORegion io_regions[PCI_NUM_REGIONS];
    AddressSpace bus_master_as; /* what it sees; empty without bus mastering */
    bool bus_master_as_ready;
    MemoryRegion bus_master_container_region;
    MemoryRegion bus_master_enable_region;
    PCIConfigReadFunc *config_read;
    PCIConfigWriteFunc *config_write;

    uint8_t irq_state;          /* bit n: INTx pin n is asserted */
    uint32_t cap_present;       /* QEMU_PCI_CAP_* */
    uint8_t pm_cap;

    /* msix.c */
    uint8_t msix_cap;
    unsigned msix_entries_nr;
    uint8_t *msix_table;
    uint8_t *msix_pba;
    MemoryRegion msix_exclusive_bar;
    MemoryRegion msix_table_mmio;
    MemoryRegion msix_pba_mmio;
    unsigned *msix_entry_used;
    QemuMutex *msix_locks;      /* one a vector: raisers without the big lock */
    bool msix_function_masked;
    MSIVectorUseNotifier msix_vector_use_notifier;
    MSIVectorReleaseNotifier msix_vector_release_notifier;
    MSIVectorPollNotifier msix_vector_poll_notifier;
    MSITriggerFunc *msi_trigger;
    MSIPrepareMessageFunc *msi_prepare_message;
    MSIPrepareMessageFunc *msix_prepare_message;

    /* msi.c */
    uint8_t msi_cap;

    /* pcie.c */
    PCIExpressDevice exp;

    /* option ROM, pci-rom.c */
    char *romfile;
    uint32_t romsize;           /* UINT32_MAX: as large as the file needs */
    uint32_t rom_bar;           /* property rombar */
    bool has_rom;
    MemoryRegion rom;

    PCIINTxRoutingNotifier intx_routing_notifier;
    uint32_t acpi_index;
    char *failover_pair_id;
};

static inline int pci_is_express(const PCIDevice *d)
{
    return d->cap_present & QEMU_PCI_CAP_EXPRESS;
}

static inline uint32_t pci_config_size(const PCIDevice *d)
{
    return pci_is_express(d) ? PCIE_CONFIG_SPACE_SIZE : PCI_CONFIG_SPACE_SIZE;
}

static inline bool pci_intx_disabled(const PCIDevice *d)
{
    return pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;
}

/* Bus, device, function as it stands on the wire. */
uint16_t pci_requester_id(PCIDevice *dev);

static inline uint16_t pci_get_bdf(PCIDevice *dev)
{
    return PCI_BUILD_BDF(pci_dev_bus_num(dev), dev->devfn);
}

/* What the device sees of memory: nothing unless bus mastering is on. */
static inline AddressSpace *pci_get_address_space(PCIDevice *dev)
{
    return &dev->bus_master_as;
}

/* Sends @msg through the device's address space. Any thread. */
void pci_msi_trigger(PCIDevice *dev, MSIMessage msg);

/* DMA; see system/dma.h. Any thread. */
static inline MemTxResult pci_dma_rw(PCIDevice *dev, dma_addr_t addr,
                                     void *buf, dma_addr_t len,
                                     DMADirection dir, MemTxAttrs attrs)
{
    return dma_memory_rw(pci_get_address_space(dev), addr, buf, len, dir,
                         attrs);
}

static inline MemTxResult pci_dma_read(PCIDevice *dev, dma_addr_t addr,
                                       void *buf, dma_addr_t len)
{
    return pci_dma_rw(dev, addr, buf, len, DMA_DIRECTION_TO_DEVICE,
                      MEMTXATTRS_UNSPECIFIED);
}

static inline MemTxResult pci_dma_write(PCIDevice *dev, dma_addr_t addr,
                                        const void *buf, dma_addr_t len)
{
    return pci_dma_rw(dev, addr, (void *)buf, len,
                      DMA_DIRECTION_FROM_DEVICE, MEMTXATTRS_UNSPECIFIED);
}

static inline void *pci_dma_map(PCIDevice *dev, dma_addr_t addr,
                                dma_addr_t *plen, DMADirection dir)
{
    return dma_memory_map(pci_get_address_space(dev), addr, plen, dir,
                          MEMTXATTRS_UNSPECIFIED);
}

static inline void pci_dma_unmap(PCIDevice *dev, void *buffer, dma_addr_t len,
                                 DMADirection dir, dma_addr_t access_len)
{
    dma_memory_unmap(pci_get_address_space(dev), buffer, len, dir, access_len);
}

/* ld*_pci_dma(dev, addr, &val, attrs) and st*_pci_dma(dev, addr, val, attrs). */
#define PCI_DMA_DEFINE_LDST(ld, st, type)                                    \
    static inline MemTxResult ld##_pci_dma(PCIDevice *dev, dma_addr_t addr,  \
                                           type *val, MemTxAttrs attrs)      \
    {                                                                        \
        return ld##_dma(pci_get_address_space(dev), addr, val, attrs);       \
    }                                                                        \
    static inline MemTxResult st##_pci_dma(PCIDevice *dev, dma_addr_t addr,  \
                                           type val, MemTxAttrs attrs)       \
    {                                                                        \
        return st##_dma(pci_get_address_space(dev), addr, val, attrs);       \
    }
PCI_DMA_DEFINE_LDST(ldub, stb, uint8_t)
PCI_DMA_DEFINE_LDST(lduw_le, stw_le, uint16_t)
PCI_DMA_DEFINE_LDST(ldl_le, stl_le, uint32_t)
PCI_DMA_DEFINE_LDST(ldq_le, stq_le, uint64_t)

/*
 * May @d, not yet on @bus, stand in the place of the device of failover_pair_id: an
 * Ethernet card with an id, alone in a slot of PCI Express? False with an error.
 */
bool pci_check_failover_primary(PCIDevice *d, PCIBus *bus, Error **errp);

/* Config space, interrupt state: first field of a PCI device's description. */
extern const VMStateDescription vmstate_pci_device;
#define VMSTATE_PCI_DEVICE(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_pci_device, PCIDevice)
#define VMSTATE_PCI_DEVICE_POINTER(_field, _state) \
    VMSTATE_STRUCT_POINTER(_field, _state, vmstate_pci_device, PCIDevice)

#endif

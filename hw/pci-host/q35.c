/*
 * Q35 memory controller hub: the bus "pcie.0", configuration space in ports and in
 * memory, holes for PCI, PAM and SMRAM (Intel 316966, chapter 5). Internal
 * graphics, the DMA remapping units and system management memory beyond the
 * compatible one are not there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci-host/pam.h"
#include "hw/pci-host/q35.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define IO_APIC_BASE        0xfec00000u
#define HOLE64_ALIGN        GiB
#define HOLE64_SIZE_DEFAULT (32 * GiB)

#define SMRAM_D_OPEN        0x40
#define SMRAM_D_CLS         0x20
#define SMRAM_D_LCK         0x10
#define SMRAM_ENABLE        0x08
#define SMRAM_BASE_SEG      0x02        /* fixed: 0xa0000 */
#define ESMRAMC_DEFAULT     0x38        /* TSEG and caching bits: fixed */

typedef struct MCHPCIState {
    PCIDevice parent_obj;

    PCIExpressHost *host;
    MemoryRegion *ram;
    MemoryRegion *pci_space;
    MemoryRegion *system;
    PamState pam;
} MCHPCIState;

typedef struct Q35PCIHost {
    PCIExpressHost parent_obj;

    MemoryRegion *ram_memory;
    MemoryRegion *pci_address_space;
    MemoryRegion *system_memory;
    MemoryRegion *io_memory;
    uint64_t mcfg_base;
    uint64_t below_4g;
    uint64_t above_4g;
    uint64_t hole64_size;
} Q35PCIHost;

#define MCH_PCI_DEVICE(obj) \
    OBJECT_CHECK(MCHPCIState, (obj), TYPE_MCH_PCI_DEVICE)
#define Q35_HOST_DEVICE(obj) \
    OBJECT_CHECK(Q35PCIHost, (obj), TYPE_Q35_HOST_DEVICE)

/* ---- The device at 00.0 ---- */

/* A length that the chip does not define shows nothing. */
static void update_mmconfig(MCHPCIState *s)
{
    uint64_t reg = pci_get_quad(s->parent_obj.config + MCH_PCIEXBAR);
    unsigned shift = (reg & MCH_PCIEXBAR_LENGTH) >> 1;
    uint64_t size = PCIE_MMCFG_SIZE_MAX >> (shift < 3 ? shift : 0);
    bool enable = (reg & MCH_PCIEXBAR_ENABLE) && shift < 3;

    pcie_host_mmcfg_update(s->host, enable,
                           reg & MAKE_64BIT_MASK(0, 36) & -size, size);
}

static void update_memory(MCHPCIState *s)
{
    uint8_t *config = s->parent_obj.config;

    if (config[MCH_SMRAM] & SMRAM_D_LCK) {
        config[MCH_SMRAM] &= ~SMRAM_D_OPEN;
    }
    memory_region_transaction_begin();
    pam_update(&s->pam, config + MCH_PAM);
    pam_show_smram(&s->pam, config[MCH_SMRAM] & SMRAM_D_OPEN);
    memory_region_transaction_commit();
}

static bool touches(uint32_t address, int len, uint32_t reg, uint32_t size)
{
    return address < reg + size && reg < address + len;
}

static void mch_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                             int len)
{
    MCHPCIState *s = MCH_PCI_DEVICE(d);
    uint8_t smram = d->config[MCH_SMRAM];

    memory_region_transaction_begin();
    pci_default_write_config(d, address, val, len);
    if (smram & SMRAM_D_LCK) {
        d->config[MCH_SMRAM] = smram;           /* until reset */
    }
    if (touches(address, len, MCH_PAM, PAM_REGISTERS) ||
        touches(address, len, MCH_SMRAM, 1)) {
        update_memory(s);
    }
    if (touches(address, len, MCH_PCIEXBAR, 8)) {
        update_mmconfig(s);
    }
    memory_region_transaction_commit();
}

static void set_defaults(PCIDevice *d)
{
    pci_set_quad(d->config + MCH_PCIEXBAR, MCH_PCIEXBAR_DEFAULT);
    memset(d->config + MCH_PAM, 0, PAM_REGISTERS);
    d->config[MCH_SMRAM] = SMRAM_BASE_SEG;
    d->config[MCH_ESMRAMC] = ESMRAMC_DEFAULT;
}

static void mch_realize(PCIDevice *d, Error **errp)
{
    MCHPCIState *s = MCH_PCI_DEVICE(d);

    if (!s->host) {
        error_setg(errp, "%s is made by its host bridge only",
                   TYPE_MCH_PCI_DEVICE);
        return;
    }
    pam_init(&s->pam, OBJECT(s), s->system, s->ram, s->pci_space);
    memset(d->wmask + PCI_CONFIG_HEADER_SIZE, 0,
           PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    memset(d->wmask + MCH_PAM, 0x33, PAM_REGISTERS);
    pci_set_quad(d->wmask + MCH_PCIEXBAR,
                 MAKE_64BIT_MASK(26, 10) | MCH_PCIEXBAR_LENGTH |
                 MCH_PCIEXBAR_ENABLE);
    d->wmask[MCH_SMRAM] = SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK |
        SMRAM_ENABLE;
    set_defaults(d);
    update_memory(s);
}

static void mch_exit(PCIDevice *d)
{
    MCHPCIState *s = MCH_PCI_DEVICE(d);

    pcie_host_mmcfg_update(s->host, false, 0, PCIE_MMCFG_SIZE_MAX);
    pam_exit(&s->pam);
}

static void mch_reset_hold(Object *obj, ResetType type)
{
    MCHPCIState *s = MCH_PCI_DEVICE(obj);

    set_defaults(&s->parent_obj);
    update_memory(s);
    update_mmconfig(s);
}

static int mch_post_load(void *opaque, int version_id)
{
    MCHPCIState *s = opaque;

    update_memory(s);
    update_mmconfig(s);
    return 0;
}

static const VMStateDescription vmstate_mch = {
    .name = "mch",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = mch_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, MCHPCIState),
        VMSTATE_END_OF_LIST()
    },
};

static void mch_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = mch_realize;
    k->exit = mch_exit;
    k->config_write = mch_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_Q35_MCH;
    k->class_id = PCI_CLASS_BRIDGE_HOST;
    RESETTABLE_CLASS(oc)->phases.hold = mch_reset_hold;
    dc->desc = "Host bridge";
    dc->vmsd = &vmstate_mch;
    dc->user_creatable = false;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

/* ---- The bridge ---- */

/* The window for BARs below 4 GiB begins behind RAM and configuration space. */
static uint64_t hole_start(Q35PCIHost *s)
{
    const PCIExpressHost *e = &s->parent_obj;

    if (e->base_addr != PCIE_BASE_ADDR_UNMAPPED &&
        e->base_addr >= s->below_4g && e->base_addr + e->size < IO_APIC_BASE) {
        return e->base_addr + e->size;
    }
    return s->below_4g;
}

/* opaque: which of the four ends of the holes. */
static void get_hole(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    Q35PCIHost *s = Q35_HOST_DEVICE(obj);
    uint64_t start64 = ROUND_UP(4 * GiB + s->above_4g, HOLE64_ALIGN);
    uint64_t ends[] = {
        hole_start(s), IO_APIC_BASE,
        start64, start64 + ROUND_UP(s->hole64_size, HOLE64_ALIGN),
    };

    visit_type_uint64(v, name, &ends[(uintptr_t)opaque], errp);
}

static void get_mcfg_size(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &PCIE_HOST_BRIDGE(obj)->size, errp);
}

static void make_mch(Q35PCIHost *s, Error **errp)
{
    PCIDevice *d = pci_new(PCI_DEVFN(0, 0), TYPE_MCH_PCI_DEVICE);
    MCHPCIState *mch = MCH_PCI_DEVICE(d);

    mch->host = &s->parent_obj;
    mch->ram = s->ram_memory;
    mch->pci_space = s->pci_address_space;
    mch->system = s->system_memory;
    pci_realize_and_unref(d, s->parent_obj.pci.bus, errp);
}

static void q35_host_realize(DeviceState *dev, Error **errp)
{
    Q35PCIHost *s = Q35_HOST_DEVICE(dev);
    PCIHostState *host = PCI_HOST_BRIDGE(dev);

    if (!s->ram_memory || !s->pci_address_space || !s->system_memory ||
        !s->io_memory) {
        error_setg(errp, "%s needs its four memory regions",
                   TYPE_Q35_HOST_DEVICE);
        return;
    }
    memory_region_transaction_begin();
    /* By which firmware paths name the bus: pci@i0cf8. */
    sysbus_init_ioports(SYS_BUS_DEVICE(host), 0xcf8, 4);
    memory_region_add_subregion(s->io_memory, 0xcf8, &host->conf_mem);
    memory_region_add_subregion(s->io_memory, 0xcfc, &host->data_mem);
    /* RAM and chips stand in front of whatever the guest maps on the bus. */
    memory_region_add_subregion_overlap(s->system_memory, 0,
                                        s->pci_address_space, -1);
    host->bus = pci_root_bus_new(dev, "pcie.0", s->pci_address_space,
                                 s->io_memory, 0, TYPE_PCIE_BUS);
    make_mch(s, errp);
    memory_region_transaction_commit();
}

static const char *q35_root_bus_path(PCIHostState *host, PCIBus *bus)
{
    return "0000:00";
}

static void q35_host_init(Object *obj)
{
    PCIHostState *host = PCI_HOST_BRIDGE(obj);

    memory_region_init_io(&host->conf_mem, obj, &pci_host_conf_le_ops, host,
                          "pci-conf-idx", 4);
    memory_region_init_io(&host->data_mem, obj, &pci_host_data_le_ops, host,
                          "pci-conf-data", 4);
}

static const Property q35_host_props[] = {
    DEFINE_PROP_UINT64(PCIE_HOST_MCFG_BASE, Q35PCIHost, mcfg_base,
                       PCIE_BASE_ADDR_UNMAPPED),
    DEFINE_PROP_LINK(PCI_HOST_PROP_RAM_MEM, Q35PCIHost, ram_memory,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK(PCI_HOST_PROP_PCI_MEM, Q35PCIHost, pci_address_space,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK(PCI_HOST_PROP_SYSTEM_MEM, Q35PCIHost, system_memory,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK(PCI_HOST_PROP_IO_MEM, Q35PCIHost, io_memory,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_SIZE(PCI_HOST_PROP_PCI_HOLE64_SIZE, Q35PCIHost, hole64_size,
                     HOLE64_SIZE_DEFAULT),
    DEFINE_PROP_SIZE(PCI_HOST_BELOW_4G_MEM_SIZE, Q35PCIHost, below_4g, 0),
    DEFINE_PROP_SIZE(PCI_HOST_ABOVE_4G_MEM_SIZE, Q35PCIHost, above_4g, 0),
};

static void q35_host_class_init(ObjectClass *oc, const void *data)
{
    static const char *const hole_names[] = {
        PCI_HOST_PROP_PCI_HOLE_START, PCI_HOST_PROP_PCI_HOLE_END,
        PCI_HOST_PROP_PCI_HOLE64_START, PCI_HOST_PROP_PCI_HOLE64_END,
    };
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = q35_host_realize;
    dc->fw_name = "pci";
    dc->user_creatable = false;
    dc->hotpluggable = false;
    device_class_set_props(dc, q35_host_props);
    PCI_HOST_BRIDGE_CLASS(oc)->root_bus_path = q35_root_bus_path;
    for (uintptr_t i = 0; i < ARRAY_SIZE(hole_names); i++) {
        object_class_property_add(oc, hole_names[i], "uint64", get_hole, NULL,
                                  NULL, (void *)i);
    }
    object_class_property_add(oc, PCIE_HOST_MCFG_SIZE, "uint64", get_mcfg_size,
                              NULL, NULL, NULL);
}

static const TypeInfo q35_types[] = {
    {
        .name = TYPE_MCH_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(MCHPCIState),
        .class_init = mch_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { }
        },
    }, {
        .name = TYPE_Q35_HOST_DEVICE,
        .parent = TYPE_PCIE_HOST_BRIDGE,
        .instance_size = sizeof(Q35PCIHost),
        .instance_init = q35_host_init,
        .class_init = q35_host_class_init,
    },
};

DEFINE_TYPES(q35_types)

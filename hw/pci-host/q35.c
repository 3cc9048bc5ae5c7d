/*
 * Q35 memory controller hub: the bus "pcie.0", configuration space in ports and in
 * memory, holes for PCI, PAM and SMRAM (Intel 316966, chapter 5). Internal
 * graphics, the DMA remapping units and system management memory beyond the
 * compatible one are not there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/intc/ioapic.h"
#include "hw/pci-host/pam.h"
#include "hw/pci-host/q35.h"
#include "migration/vmstate.h"
#include "pc-host.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define HOLE64_SIZE_DEFAULT (32 * GiB)

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

    PCHostMap map;
    uint64_t mcfg_base;
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
        e->base_addr >= s->map.below_4g &&
        e->base_addr + e->size < IO_APIC_DEFAULT_ADDRESS) {
        return e->base_addr + e->size;
    }
    return s->map.below_4g;
}

static void get_hole(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    Q35PCIHost *s = Q35_HOST_DEVICE(obj);

    pc_host_visit_hole(v, name, pc_host_holes(&s->map, hole_start(s)), opaque,
                       errp);
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
    mch->ram = s->map.ram;
    mch->pci_space = s->map.pci;
    mch->system = s->map.system;
    pci_realize_and_unref(d, s->parent_obj.pci.bus, errp);
}

static void q35_host_realize(DeviceState *dev, Error **errp)
{
    Q35PCIHost *s = Q35_HOST_DEVICE(dev);

    memory_region_transaction_begin();
    if (pc_host_connect(PCI_HOST_BRIDGE(dev), &s->map, "pcie.0", TYPE_PCIE_BUS,
                        errp)) {
        make_mch(s, errp);
    }
    memory_region_transaction_commit();
}

static const Property q35_host_props[] = {
    DEFINE_PROP_UINT64(PCIE_HOST_MCFG_BASE, Q35PCIHost, mcfg_base,
                       PCIE_BASE_ADDR_UNMAPPED),
    DEFINE_PROPS_PC_HOST_MAP(Q35PCIHost, map, HOLE64_SIZE_DEFAULT),
};

static void q35_host_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = q35_host_realize;
    device_class_set_props(dc, q35_host_props);
    pc_host_class_init(oc, get_hole);
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
        .instance_init = pc_host_init,
        .class_init = q35_host_class_init,
    },
};

DEFINE_TYPES(q35_types)

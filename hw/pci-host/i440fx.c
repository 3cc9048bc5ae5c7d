/*
 * Intel 82441FX host bridge: ports 0xcf8 and 0xcfc, the PCI bus of the pc
 * machine, its holes in memory, and the PAM and SMRAM registers that show RAM or
 * the bus below 1 MiB (Intel 290549-001, chapter 3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci-host/pam.h"
#include "migration/vmstate.h"
#include "pc-host.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define HOLE64_SIZE_DEFAULT (2 * GiB)

typedef struct PCII440FXState {
    PCIDevice parent_obj;

    MemoryRegion *ram;
    MemoryRegion *pci_space;
    MemoryRegion *system;
    PamState pam;
} PCII440FXState;

typedef struct I440FXState {
    PCIHostState parent_obj;

    PCHostMap map;
    char *pci_type;
} I440FXState;

#define I440FX_PCI_DEVICE(obj) \
    OBJECT_CHECK(PCII440FXState, (obj), TYPE_I440FX_PCI_DEVICE)
#define I440FX_PCI_HOST_BRIDGE(obj) \
    OBJECT_CHECK(I440FXState, (obj), TYPE_I440FX_PCI_HOST_BRIDGE)

/* ---- PAM and SMRAM ---- */

static void update_memory(PCII440FXState *s)
{
    uint8_t *smram = &s->parent_obj.config[I440FX_SMRAM];

    if (*smram & SMRAM_D_LCK) {
        *smram &= ~SMRAM_D_OPEN;
    }
    *smram |= SMRAM_BASE_SEG;
    memory_region_transaction_begin();
    pam_update(&s->pam, s->parent_obj.config + I440FX_PAM);
    pam_show_smram(&s->pam, *smram & SMRAM_D_OPEN);
    memory_region_transaction_commit();
}

static void i440fx_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                                int len)
{
    PCII440FXState *s = I440FX_PCI_DEVICE(d);
    uint8_t smram = d->config[I440FX_SMRAM];

    pci_default_write_config(d, address, val, len);
    if (smram & SMRAM_D_LCK) {
        d->config[I440FX_SMRAM] = smram;        /* until reset */
    }
    if (address < I440FX_SMRAM + 1u && I440FX_PAM < address + len) {
        update_memory(s);
    }
}

static void i440fx_realize(PCIDevice *d, Error **errp)
{
    PCII440FXState *s = I440FX_PCI_DEVICE(d);

    if (!s->ram || !s->pci_space || !s->system) {
        error_setg(errp, "%s is made by its host bridge only",
                   TYPE_I440FX_PCI_DEVICE);
        return;
    }
    pam_init(&s->pam, OBJECT(s), s->system, s->ram, s->pci_space);
    d->config[I440FX_SMRAM] = SMRAM_BASE_SEG;
    d->wmask[I440FX_SMRAM] = SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK |
        SMRAM_ENABLE;
    update_memory(s);
}

static void i440fx_exit(PCIDevice *d)
{
    pam_exit(&I440FX_PCI_DEVICE(d)->pam);
}

static void i440fx_reset(DeviceState *dev)
{
    PCII440FXState *s = I440FX_PCI_DEVICE(dev);
    uint8_t *config = s->parent_obj.config;

    memset(config + I440FX_PAM, 0, PAM_REGISTERS);
    config[I440FX_SMRAM] = SMRAM_BASE_SEG;
    update_memory(s);
}

static int i440fx_post_load(void *opaque, int version_id)
{
    update_memory(opaque);
    return 0;
}

static const VMStateDescription vmstate_i440fx = {
    .name = "I440FX",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = i440fx_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, PCII440FXState),
        VMSTATE_END_OF_LIST()
    },
};

static void i440fx_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = i440fx_realize;
    k->exit = i440fx_exit;
    k->config_write = i440fx_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_82441;
    k->revision = 0x02;
    k->class_id = PCI_CLASS_BRIDGE_HOST;
    device_class_set_legacy_reset(dc, i440fx_reset);
    dc->desc = "Host bridge";
    dc->vmsd = &vmstate_i440fx;
    dc->user_creatable = false;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

/* ---- The bridge ---- */

static void get_hole(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    I440FXState *s = I440FX_PCI_HOST_BRIDGE(obj);

    pc_host_visit_hole(v, name, pc_host_holes(&s->map, s->map.below_4g), opaque,
                       errp);
}

static void make_bridge_device(I440FXState *s, Error **errp)
{
    const char *type = s->pci_type ? s->pci_type : TYPE_I440FX_PCI_DEVICE;
    PCIDevice *d = pci_new(0, type);
    PCII440FXState *f = I440FX_PCI_DEVICE(d);

    f->ram = s->map.ram;
    f->pci_space = s->map.pci;
    f->system = s->map.system;
    pci_realize_and_unref(d, s->parent_obj.bus, errp);
}

static void i440fx_host_realize(DeviceState *dev, Error **errp)
{
    I440FXState *s = I440FX_PCI_HOST_BRIDGE(dev);

    memory_region_transaction_begin();
    if (pc_host_connect(&s->parent_obj, &s->map, "pci.0", TYPE_PCI_BUS, errp)) {
        make_bridge_device(s, errp);
    }
    memory_region_transaction_commit();
}

static const Property i440fx_host_props[] = {
    DEFINE_PROPS_PC_HOST_MAP(I440FXState, map, HOLE64_SIZE_DEFAULT),
    DEFINE_PROP_STRING(I440FX_HOST_PROP_PCI_TYPE, I440FXState, pci_type),
};

static void i440fx_host_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = i440fx_host_realize;
    device_class_set_props(dc, i440fx_host_props);
    pc_host_class_init(oc, get_hole);
}

static const TypeInfo i440fx_types[] = {
    {
        .name = TYPE_I440FX_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCII440FXState),
        .class_init = i440fx_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { }
        },
    }, {
        .name = TYPE_I440FX_PCI_HOST_BRIDGE,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(I440FXState),
        .instance_init = pc_host_init,
        .class_init = i440fx_host_class_init,
    },
};

DEFINE_TYPES(i440fx_types)

/*
 * Intel 82441FX host bridge: ports 0xcf8 and 0xcfc, the PCI bus of the pc
 * machine, its holes in memory, and the PAM and SMRAM registers that show RAM or
 * the bus below 1 MiB (Intel 290549-001, chapter 3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/qdev-properties.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci-host/pam.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define IO_APIC_BASE        0xfec00000u     /* the hole ends where chips begin */
#define HOLE64_ALIGN        GiB
#define HOLE64_SIZE_DEFAULT (2 * GiB)

#define SMRAM_D_OPEN        0x40
#define SMRAM_D_CLS         0x20
#define SMRAM_D_LCK         0x10
#define SMRAM_ENABLE        0x08
#define SMRAM_BASE_SEG      0x02            /* fixed: 0xa0000 */

typedef struct PCII440FXState {
    PCIDevice parent_obj;

    MemoryRegion *ram;
    MemoryRegion *pci_space;
    MemoryRegion *system;
    PamState pam;
} PCII440FXState;

typedef struct I440FXState {
    PCIHostState parent_obj;

    MemoryRegion *ram_memory;
    MemoryRegion *pci_address_space;
    MemoryRegion *system_memory;
    MemoryRegion *io_memory;
    uint64_t below_4g;
    uint64_t above_4g;
    uint64_t hole64_size;
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

    memset(config + I440FX_PAM, 0, I440FX_PAM_SIZE);
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

void i440fx_pci_hole(PCIHostState *host, uint64_t *start, uint64_t *end,
                     uint64_t *start64, uint64_t *end64)
{
    I440FXState *s = I440FX_PCI_HOST_BRIDGE(host);

    *start = s->below_4g;
    *end = IO_APIC_BASE;
    *start64 = ROUND_UP(4 * GiB + s->above_4g, HOLE64_ALIGN);
    *end64 = *start64 + ROUND_UP(s->hole64_size, HOLE64_ALIGN);
}

/* opaque: which of the four ends of the holes. */
static void get_hole(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    uint64_t ends[4];

    i440fx_pci_hole(PCI_HOST_BRIDGE(obj), &ends[0], &ends[1], &ends[2],
                    &ends[3]);
    visit_type_uint64(v, name, &ends[(uintptr_t)opaque], errp);
}

static void make_bridge_device(I440FXState *s, Error **errp)
{
    const char *type = s->pci_type ? s->pci_type : TYPE_I440FX_PCI_DEVICE;
    PCIDevice *d = pci_new(0, type);
    PCII440FXState *f = I440FX_PCI_DEVICE(d);

    f->ram = s->ram_memory;
    f->pci_space = s->pci_address_space;
    f->system = s->system_memory;
    pci_realize_and_unref(d, s->parent_obj.bus, errp);
}

static void i440fx_host_realize(DeviceState *dev, Error **errp)
{
    I440FXState *s = I440FX_PCI_HOST_BRIDGE(dev);
    PCIHostState *host = &s->parent_obj;

    if (!s->ram_memory || !s->pci_address_space || !s->system_memory ||
        !s->io_memory) {
        error_setg(errp, "%s needs its four memory regions",
                   TYPE_I440FX_PCI_HOST_BRIDGE);
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
    host->bus = pci_root_bus_new(dev, "pci.0", s->pci_address_space,
                                 s->io_memory, 0, TYPE_PCI_BUS);
    make_bridge_device(s, errp);
    memory_region_transaction_commit();
}

static const char *i440fx_root_bus_path(PCIHostState *host, PCIBus *bus)
{
    return "0000:00";
}

static void i440fx_host_init(Object *obj)
{
    PCIHostState *host = PCI_HOST_BRIDGE(obj);

    memory_region_init_io(&host->conf_mem, obj, &pci_host_conf_le_ops, host,
                          "pci-conf-idx", 4);
    memory_region_init_io(&host->data_mem, obj, &pci_host_data_le_ops, host,
                          "pci-conf-data", 4);
}

static const Property i440fx_host_props[] = {
    DEFINE_PROP_LINK(PCI_HOST_PROP_RAM_MEM, I440FXState, ram_memory,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK(PCI_HOST_PROP_PCI_MEM, I440FXState, pci_address_space,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK(PCI_HOST_PROP_SYSTEM_MEM, I440FXState, system_memory,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK(PCI_HOST_PROP_IO_MEM, I440FXState, io_memory,
                     TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_SIZE(PCI_HOST_PROP_PCI_HOLE64_SIZE, I440FXState, hole64_size,
                     HOLE64_SIZE_DEFAULT),
    DEFINE_PROP_SIZE(PCI_HOST_BELOW_4G_MEM_SIZE, I440FXState, below_4g, 0),
    DEFINE_PROP_SIZE(PCI_HOST_ABOVE_4G_MEM_SIZE, I440FXState, above_4g, 0),
    DEFINE_PROP_STRING(I440FX_HOST_PROP_PCI_TYPE, I440FXState, pci_type),
};

static void i440fx_host_class_init(ObjectClass *oc, const void *data)
{
    static const char *const hole_names[] = {
        PCI_HOST_PROP_PCI_HOLE_START, PCI_HOST_PROP_PCI_HOLE_END,
        PCI_HOST_PROP_PCI_HOLE64_START, PCI_HOST_PROP_PCI_HOLE64_END,
    };
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = i440fx_host_realize;
    dc->fw_name = "pci";
    dc->user_creatable = false;
    dc->hotpluggable = false;
    device_class_set_props(dc, i440fx_host_props);
    PCI_HOST_BRIDGE_CLASS(oc)->root_bus_path = i440fx_root_bus_path;
    for (uintptr_t i = 0; i < ARRAY_SIZE(hole_names); i++) {
        object_class_property_add(oc, hole_names[i], "uint64", get_hole, NULL,
                                  NULL, (void *)i);
    }
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
        .instance_init = i440fx_host_init,
        .class_init = i440fx_host_class_init,
    },
};

DEFINE_TYPES(i440fx_types)

/*
 * ICH9 LPC bridge (Intel 316972, chapter 13): interrupt routing, reset control, the
 * chip configuration block, and where power management (hw/acpi/ich9.c) appears.
 *
 * Each PCI line drives pin 16 + n of the I/O APIC, always, and the ISA line that
 * its route names; the system control interrupt is one more source of the latter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/southbridge/ich9.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/runstate.h"

/* The chip configuration block, and what of it has an effect. */
enum { RCBA_BYTES = 0x4000, CC_FIRST = 0x3100, CC_BYTES = 0x100 };
/* Routes of the pins of a slot, four bits each (10.1.29 and later). */
enum { CC_D31IR = 0x40, CC_D29IR = 0x44, CC_D28IR = 0x46, CC_D27IR = 0x48,
       CC_D26IR = 0x4c, CC_D25IR = 0x50 };
enum { CC_ROUTES_DEFAULT = 0x3210 };    /* INTA to A, …, INTD to D */

/* Slots below are wired in rotation to the lines E to H. */
enum { FIRST_ROUTED_SLOT = 25, ROTATION_FIRST = 4 };

enum { RST_SYSTEM = 1 << 1, RST_CPU = 1 << 2, RST_FULL = 1 << 3 };

struct ICH9LPCState {
    PCIDevice parent_obj;

    ICH9LPCPMRegs pm;
    AcpiPciHp pcihp;            /* of ports; the root bus does without */
    MemoryRegion reset_control;
    MemoryRegion rcba_mem;
    qemu_irq gsi[ICH9_GSI_PINS];
    qemu_irq sci;
    uint8_t chip_config[CC_BYTES];
    uint8_t pirq_levels;        /* bit n: PCI line n is up */
    bool sci_level;
    uint32_t gsi_levels;        /* what was last shown */
    uint8_t rst_cnt;
};

/* ---- Interrupts ---- */

static ICH9LPCState *bridge_of(PCIDevice *d)
{
    PCIDevice *lpc = pci_get_bus(d)->devices[PCI_DEVFN(ICH9_LPC_DEV,
                                                       ICH9_LPC_FUNC)];

    return ICH9_LPC_DEVICE(lpc);
}

int ich9_lpc_map_irq(PCIDevice *pci_dev, int intx)
{
    static const uint8_t registers[PCI_SLOT_MAX] = {
        [25] = CC_D25IR, [26] = CC_D26IR, [27] = CC_D27IR, [28] = CC_D28IR,
        [29] = CC_D29IR, [31] = CC_D31IR,
    };
    unsigned slot = PCI_SLOT(pci_dev->devfn), at = registers[slot];

    if (slot < FIRST_ROUTED_SLOT) {
        return ROTATION_FIRST + (slot + intx) % PCI_NUM_PINS;
    }
    if (!at) {
        return intx;            /* slot 30: pins go to A to D */
    }
    return lduw_le_p(bridge_of(pci_dev)->chip_config + at) >> (intx * 4) & 7;
}

static unsigned route_register(int pirq)
{
    return pirq < 4 ? ICH9_LPC_PIRQA_ROUT + pirq
                    : ICH9_LPC_PIRQE_ROUT + pirq - 4;
}

int ich9_lpc_pirq_route(ICH9LPCState *lpc, int pirq)
{
    uint8_t route = lpc->parent_obj.config[route_register(pirq)];

    return route & ICH9_LPC_PIRQ_ROUT_OFF ? -1 : route & 0xf;
}

/* Values that the chip reserves mean the first one. */
static int sci_line(const ICH9LPCState *lpc)
{
    static const uint8_t lines[] = { 9, 10, 11, 9, 20, 21, 9, 9 };

    return lines[lpc->parent_obj.config[ICH9_LPC_ACPI_CTRL] &
                 ICH9_LPC_ACPI_CTRL_SCI_SEL];
}

/* Sources that share a line are or-ed; only changes are passed on. */
static void update_lines(ICH9LPCState *lpc)
{
    uint32_t levels = 0, changed;

    for (int pirq = 0; pirq < ICH9_LPC_NB_PIRQS; pirq++) {
        int route = ich9_lpc_pirq_route(lpc, pirq);

        if (!(lpc->pirq_levels & 1 << pirq)) {
            continue;
        }
        levels |= 1u << (ICH9_GSI_PIRQA + pirq);
        if (route >= 0) {
            levels |= 1u << route;
        }
    }
    if (lpc->sci_level) {
        levels |= 1u << sci_line(lpc);
    }
    changed = levels ^ lpc->gsi_levels;
    lpc->gsi_levels = levels;
    while (changed) {
        int line = ctz32(changed);

        changed &= changed - 1;
        qemu_set_irq(lpc->gsi[line], levels >> line & 1);
    }
}

static void lpc_set_irq(void *opaque, int pirq, int level)
{
    ICH9LPCState *lpc = opaque;

    lpc->pirq_levels = level ? lpc->pirq_levels | 1 << pirq
                             : lpc->pirq_levels & ~(1 << pirq);
    update_lines(lpc);
}

static void lpc_set_sci(void *opaque, int n, int level)
{
    ICH9LPCState *lpc = opaque;

    lpc->sci_level = level;
    update_lines(lpc);
}

static PCIINTxRoute lpc_route_intx(void *opaque, int pirq)
{
    return (PCIINTxRoute) {
        .mode = PCI_INTX_ENABLED,
        .irq = ICH9_GSI_PIRQA + pirq,
    };
}

/* ---- The chip configuration block ---- */

static uint64_t cc_read(void *opaque, hwaddr addr, unsigned size)
{
    ICH9LPCState *lpc = opaque;
    uint32_t value = 0;

    if (addr >= CC_FIRST && addr + size <= CC_FIRST + CC_BYTES) {
        memcpy(&value, lpc->chip_config + addr - CC_FIRST, size);
    }
    return le32_to_cpu(value);
}

/*
 * The wiring of slots is read anew at each change of a pin: a line that is up
 * must go down where it went up, so routes change only while no pin is.
 */
static void cc_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ICH9LPCState *lpc = opaque;
    uint32_t le = cpu_to_le32(value);

    if (addr < CC_FIRST || addr + size > CC_FIRST + CC_BYTES ||
        lpc->pirq_levels) {
        return;
    }
    memcpy(lpc->chip_config + addr - CC_FIRST, &le, size);
    pci_bus_fire_intx_routing_notifier(pci_get_bus(&lpc->parent_obj));
}

static const MemoryRegionOps cc_ops = {
    .read = cc_read,
    .write = cc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void reset_chip_config(ICH9LPCState *lpc)
{
    static const uint8_t routes[] = { CC_D31IR, CC_D29IR, CC_D28IR, CC_D27IR,
                                      CC_D26IR, CC_D25IR };

    memset(lpc->chip_config, 0, CC_BYTES);
    for (unsigned i = 0; i < ARRAY_SIZE(routes); i++) {
        stw_le_p(lpc->chip_config + routes[i], CC_ROUTES_DEFAULT);
    }
}

/* ---- Reset control ---- */

static uint64_t rst_read(void *opaque, hwaddr addr, unsigned size)
{
    ICH9LPCState *lpc = opaque;

    return lpc->rst_cnt;
}

static void rst_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ICH9LPCState *lpc = opaque;

    if (value & RST_CPU) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        return;
    }
    lpc->rst_cnt = value & (RST_SYSTEM | RST_FULL);
}

static const MemoryRegionOps rst_ops = {
    .read = rst_read,
    .write = rst_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- Configuration space ---- */

/* Everything appears where the registers say, or not at all. */
static void update_mappings(ICH9LPCState *lpc)
{
    const uint8_t *config = lpc->parent_obj.config;
    uint32_t rcba = pci_get_long(config + ICH9_LPC_RCBA);

    memory_region_transaction_begin();
    ich9_pm_map(&lpc->pm, pci_get_word(config + ICH9_LPC_PMBASE) & 0xff80,
                config[ICH9_LPC_ACPI_CTRL] & ICH9_LPC_ACPI_CTRL_ACPI_EN);
    memory_region_set_enabled(&lpc->rcba_mem, rcba & ICH9_LPC_RCBA_EN);
    memory_region_set_address(&lpc->rcba_mem, rcba & -RCBA_BYTES);
    memory_region_transaction_commit();
}

static void lpc_write_config(PCIDevice *d, uint32_t address, uint32_t val,
                             int len)
{
    ICH9LPCState *lpc = ICH9_LPC_DEVICE(d);

    pci_default_write_config(d, address, val, len);
    update_mappings(lpc);
    update_lines(lpc);
    if (address < ICH9_LPC_PIRQE_ROUT + 4 &&
        address + len > ICH9_LPC_PIRQA_ROUT) {
        pci_bus_fire_intx_routing_notifier(pci_get_bus(d));
    }
}

static void set_masks(PCIDevice *d)
{
    uint8_t *w = d->wmask;

    memset(w + PCI_CONFIG_HEADER_SIZE, 0,
           PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_set_long(w + ICH9_LPC_PMBASE, 0xff80);
    w[ICH9_LPC_ACPI_CTRL] = ICH9_LPC_ACPI_CTRL_ACPI_EN |
        ICH9_LPC_ACPI_CTRL_SCI_SEL;
    memset(w + ICH9_LPC_PIRQA_ROUT, 0x8f, 4);
    memset(w + ICH9_LPC_PIRQE_ROUT, 0x8f, 4);
    pci_set_long(w + ICH9_LPC_RCBA, -RCBA_BYTES | ICH9_LPC_RCBA_EN);
    /* Always decoded: these bits are fixed. */
    pci_set_word(w + PCI_COMMAND, PCI_COMMAND_SERR);
}

static void lpc_reset_hold(Object *obj, ResetType type)
{
    ICH9LPCState *lpc = ICH9_LPC_DEVICE(obj);
    uint8_t *config = lpc->parent_obj.config;

    pci_set_long(config + ICH9_LPC_PMBASE, 1);
    config[ICH9_LPC_ACPI_CTRL] = 0;
    memset(config + ICH9_LPC_PIRQA_ROUT, ICH9_LPC_PIRQ_ROUT_OFF, 4);
    memset(config + ICH9_LPC_PIRQE_ROUT, ICH9_LPC_PIRQ_ROUT_OFF, 4);
    pci_set_long(config + ICH9_LPC_RCBA, 0);
    lpc->rst_cnt = 0;
    reset_chip_config(lpc);
    ich9_pm_reset(&lpc->pm);
    acpi_pcihp_reset(&lpc->pcihp);
    update_mappings(lpc);
    update_lines(lpc);
}

/* ---- Hot plug ---- */

static void lpc_pre_plug(HotplugHandler *handler, DeviceState *dev,
                       Error **errp)
{
    acpi_pcihp_pre_plug(&ICH9_LPC_DEVICE(handler)->pcihp, dev, errp);
}

static void lpc_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_pcihp_plug(&ICH9_LPC_DEVICE(handler)->pcihp, dev);
}

static void lpc_unplug_request(HotplugHandler *handler, DeviceState *dev,
                             Error **errp)
{
    acpi_pcihp_unplug_request(&ICH9_LPC_DEVICE(handler)->pcihp, dev, errp);
}

static void lpc_unplug(HotplugHandler *handler, DeviceState *dev,
                     Error **errp)
{
    acpi_pcihp_unplug(&ICH9_LPC_DEVICE(handler)->pcihp, dev);
}

static void lpc_handler_init(ObjectClass *klass)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    hc->pre_plug = lpc_pre_plug;
    hc->plug = lpc_plug;
    hc->unplug_request = lpc_unplug_request;
    hc->unplug = lpc_unplug;
}

AcpiPciHp *ich9_lpc_pcihp(ICH9LPCState *lpc)
{
    return lpc->pcihp.bridges ? &lpc->pcihp : NULL;
}

/* ---- Life ---- */

static void lpc_realize(PCIDevice *d, Error **errp)
{
    ICH9LPCState *lpc = ICH9_LPC_DEVICE(d);
    MemoryRegion *ports = pci_address_space_io(d);
    PCIBus *bus = pci_get_bus(d);

    if (!isa_bus_new(DEVICE(lpc), pci_address_space(d), ports, errp)) {
        return;
    }
    set_masks(d);
    pci_set_word(d->config + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                 PCI_COMMAND_MASTER);
    reset_chip_config(lpc);
    lpc->sci = qemu_allocate_irq(lpc_set_sci, lpc, 0);
    ich9_pm_init(&lpc->pm, OBJECT(lpc), ports, lpc->sci);
    memory_region_init_io(&lpc->rcba_mem, OBJECT(lpc), &cc_ops, lpc,
                          "lpc-rcrb-mmio", RCBA_BYTES);
    memory_region_set_enabled(&lpc->rcba_mem, false);
    memory_region_add_subregion_overlap(pci_address_space(d), 0,
                                        &lpc->rcba_mem, 1);
    memory_region_init_io(&lpc->reset_control, OBJECT(lpc), &rst_ops, lpc,
                          "lpc-reset-control", 1);
    memory_region_add_subregion_overlap(ports, ICH9_RST_CNT_IOPORT,
                                        &lpc->reset_control, 1);
    if (ich9_lpc_pcihp(lpc)) {
        acpi_pcihp_init(&lpc->pcihp, DEVICE(lpc), bus, &lpc->pm.acpi, ports,
                        ICH9_PCIHP_BASE);
    }
    pci_bus_irqs(bus, lpc_set_irq, lpc, ICH9_LPC_NB_PIRQS);
    pci_bus_map_irqs(bus, ich9_lpc_map_irq);
    pci_bus_set_route_irq_fn(bus, lpc_route_intx);
}

static void lpc_init(Object *obj)
{
    ICH9LPCState *lpc = ICH9_LPC_DEVICE(obj);

    qdev_init_gpio_out_named(DEVICE(obj), lpc->gsi, ICH9_GPIO_GSI,
                             ICH9_GSI_PINS);
}

static int lpc_post_load(void *opaque, int version_id)
{
    update_mappings(opaque);
    return 0;
}

static const VMStateDescription vmstate_lpc = {
    .name = "ICH9LPC",
    .version_id = 2,
    .minimum_version_id = 1,
    .priority = MIG_PRI_PCI_BUS,    /* pins that are up are counted by its routes */
    .post_load = lpc_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, ICH9LPCState),
        VMSTATE_STRUCT(pm, ICH9LPCState, 0, vmstate_ich9_pm, ICH9LPCPMRegs),
        VMSTATE_UINT8_ARRAY(chip_config, ICH9LPCState, CC_BYTES),
        VMSTATE_UINT8(pirq_levels, ICH9LPCState),
        VMSTATE_BOOL(sci_level, ICH9LPCState),
        VMSTATE_UINT32(gsi_levels, ICH9LPCState),
        VMSTATE_UINT8(rst_cnt, ICH9LPCState),
        VMSTATE_STRUCT(pcihp, ICH9LPCState, 2, vmstate_acpi_pcihp, AcpiPciHp),
        VMSTATE_END_OF_LIST()
    },
};

static const Property lpc_props[] = {
    DEFINE_PROP_BOOL("acpi-pci-hotplug-with-bridge-support", ICH9LPCState,
                     pcihp.bridges, true,
                     .description = "devices behind ports and bridges come and "
                     "go by ACPI; off: by the ports' own registers"),
};

static void lpc_class_init(ObjectClass *oc, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = lpc_realize;
    k->config_write = lpc_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_ICH9_LPC;
    k->revision = 0x02;
    k->class_id = PCI_CLASS_BRIDGE_ISA;
    RESETTABLE_CLASS(oc)->phases.hold = lpc_reset_hold;
    dc->desc = "ICH9 LPC bridge";
    dc->vmsd = &vmstate_lpc;
    device_class_set_props(dc, lpc_props);
    lpc_handler_init(oc);
    dc->user_creatable = false;     /* the machine wires it */
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo lpc_types[] = {
    {
        .name = TYPE_ICH9_LPC_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ICH9LPCState),
        .instance_init = lpc_init,
        .class_init = lpc_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { TYPE_HOTPLUG_HANDLER },
            { }
        },
    },
};

DEFINE_TYPES(lpc_types)

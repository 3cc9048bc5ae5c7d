/*
 * PIIX3: PCI-ISA bridge. IDE and USB functions of the chip are not there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/isa/piix3.h"
#include "migration/vmstate.h"
#include "system/runstate.h"

enum { RCR_HARD = 1 << 1, RCR_RESET_CPU = 1 << 2 };

struct PIIX3State {
    PCIDevice parent_obj;
    MemoryRegion reset_control;
    qemu_irq isa_irq[ISA_NUM_IRQS];
    uint8_t pirq_levels;        /* bit n: PCI line n is up */
    uint16_t isa_levels;        /* what was last shown on ISA lines */
    uint8_t rcr;
};

int piix3_slot_get_pirq(PCIDevice *dev, int pin)
{
    return (PCI_SLOT(dev->devfn) - 1 + pin) & (PIIX_NUM_PIRQS - 1);
}

int piix3_pirq_route(PIIX3State *s, int pirq)
{
    uint8_t route = s->parent_obj.config[PIIX_PIRQCA + pirq];

    return route < ISA_NUM_IRQS ? route : -1;
}

/* Lines that share an ISA interrupt are or-ed; only changes are passed on. */
static void update_isa_lines(PIIX3State *s)
{
    uint16_t levels = 0, changed;

    for (int pirq = 0; pirq < PIIX_NUM_PIRQS; pirq++) {
        int irq = piix3_pirq_route(s, pirq);

        if (irq >= 0 && (s->pirq_levels & 1 << pirq)) {
            levels |= 1 << irq;
        }
    }
    changed = levels ^ s->isa_levels;
    s->isa_levels = levels;
    while (changed) {
        int irq = __builtin_ctz(changed);

        changed &= changed - 1;
        qemu_set_irq(s->isa_irq[irq], levels >> irq & 1);
    }
}

static void piix3_set_irq(void *opaque, int pirq, int level)
{
    PIIX3State *s = opaque;

    s->pirq_levels = level ? s->pirq_levels | 1 << pirq
                           : s->pirq_levels & ~(1 << pirq);
    update_isa_lines(s);
}

static PCIINTxRoute piix3_route_intx(void *opaque, int pirq)
{
    int irq = piix3_pirq_route(opaque, pirq);

    return (PCIINTxRoute) {
        .mode = irq >= 0 ? PCI_INTX_ENABLED : PCI_INTX_DISABLED,
        .irq = irq,
    };
}

static void piix3_write_config(PCIDevice *dev, uint32_t address, uint32_t val,
                               int len)
{
    pci_default_write_config(dev, address, val, len);
    if (address < PIIX_PIRQCA + PIIX_NUM_PIRQS &&
        address + len > PIIX_PIRQCA) {
        update_isa_lines(PIIX3_DEVICE(dev));
        pci_bus_fire_intx_routing_notifier(pci_get_bus(dev));
    }
}

static uint64_t rcr_read(void *opaque, hwaddr addr, unsigned size)
{
    PIIX3State *s = opaque;

    return s->rcr;
}

static void rcr_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PIIX3State *s = opaque;

    if (value & RCR_RESET_CPU) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    } else {
        s->rcr = value & RCR_HARD;
    }
}

static const MemoryRegionOps rcr_ops = {
    .read = rcr_read,
    .write = rcr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void piix3_reset_hold(Object *obj, ResetType type)
{
    PIIX3State *s = PIIX3_DEVICE(obj);
    uint8_t *config = s->parent_obj.config;

    pci_set_word(config + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                 PCI_COMMAND_MASTER);
    pci_set_word(config + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    pci_set_byte(config + 0x4c, 0x4d);      /* ISA I/O recovery timer */
    pci_set_byte(config + 0x4e, 0x03);      /* X-bus chip selects */
    memset(config + PIIX_PIRQCA, PIIX_PIRQ_OFF, PIIX_NUM_PIRQS);
    pci_set_byte(config + 0x69, 0x02);      /* top of memory: 1 MiB */
    s->pirq_levels = 0;
    s->rcr = 0;
    update_isa_lines(s);
}

static void piix3_realize(PCIDevice *dev, Error **errp)
{
    PIIX3State *s = PIIX3_DEVICE(dev);
    PCIBus *bus = pci_get_bus(dev);

    if (!isa_bus_new(DEVICE(s), pci_address_space(dev),
                     pci_address_space_io(dev), errp)) {
        return;
    }
    memory_region_init_io(&s->reset_control, OBJECT(s), &rcr_ops, s,
                          "piix3-reset-control", 1);
    memory_region_add_subregion_overlap(pci_address_space_io(dev),
                                        PIIX_RCR_IOPORT, &s->reset_control, 1);
    memset(dev->wmask + 0x4c, 0xff, 0x84 - 0x4c);
    pci_bus_irqs(bus, piix3_set_irq, s, PIIX_NUM_PIRQS);
    pci_bus_map_irqs(bus, piix3_slot_get_pirq);
    pci_bus_set_route_irq_fn(bus, piix3_route_intx);
}

static void piix3_init(Object *obj)
{
    PIIX3State *s = PIIX3_DEVICE(obj);

    qdev_init_gpio_out_named(DEVICE(obj), s->isa_irq, PIIX3_ISA_IRQS,
                             ISA_NUM_IRQS);
}

static int piix3_post_load(void *opaque, int version_id)
{
    PIIX3State *s = opaque;

    s->pirq_levels &= (1 << PIIX_NUM_PIRQS) - 1;
    return 0;
}

static const VMStateDescription vmstate_piix3 = {
    .name = "PIIX3",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_PCI_BUS,    /* lines that are up go where it says */
    .post_load = piix3_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, PIIX3State),
        VMSTATE_UINT8(pirq_levels, PIIX3State),
        VMSTATE_UINT16(isa_levels, PIIX3State),
        VMSTATE_UINT8(rcr, PIIX3State),
        VMSTATE_END_OF_LIST()
    },
};

static void piix3_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = piix3_realize;
    k->config_write = piix3_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_82371SB_0;
    k->class_id = PCI_CLASS_BRIDGE_ISA;
    dc->desc = "ISA bridge";
    dc->user_creatable = false;     /* the machine wires it */
    dc->hotpluggable = false;
    dc->vmsd = &vmstate_piix3;
    RESETTABLE_CLASS(klass)->phases.hold = piix3_reset_hold;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo piix3_types[] = {
    {
        .name = TYPE_PIIX3_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PIIX3State),
        .instance_init = piix3_init,
        .class_init = piix3_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { INTERFACE_CONVENTIONAL_PCI_DEVICE },
            { },
        },
    },
};

DEFINE_TYPES(piix3_types)

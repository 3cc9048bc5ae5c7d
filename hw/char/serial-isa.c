/*
 * A 16550A on the ISA bus: COM1 to COM4 at their usual ports and lines. The
 * port itself is in serial.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/char/serial.h"
#include "hw/core/qdev-properties.h"
#include "hw/core/qdev-properties-system.h"
#include "hw/isa/isa.h"
#include "migration/vmstate.h"
#include "system/system.h"

OBJECT_DECLARE_SIMPLE_TYPE(ISASerialState, ISA_SERIAL)

struct ISASerialState {
    ISADevice parent_obj;
    uint32_t index;             /* UINT32_MAX: the next that is free */
    uint32_t port;              /* UINT32_MAX: by index */
    uint32_t line;              /* likewise */
    SerialState state;
};

static const struct { uint16_t port; uint8_t irq; }
usual_places[MAX_ISA_SERIAL_PORTS] = {
    { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 },
};

static unsigned next_index;

static void isa_serial_realize(DeviceState *dev, Error **errp)
{
    ISASerialState *isa = ISA_SERIAL(dev);
    SerialState *s = &isa->state;
    bool placed = isa->port != UINT32_MAX && isa->line != UINT32_MAX;

    if (isa->index == UINT32_MAX) {
        isa->index = next_index;
    }
    if (isa->index >= MAX_ISA_SERIAL_PORTS && !placed) {
        error_setg(errp, "index %u is not a serial port (0 to %d); or give "
                   "iobase and irq", isa->index, MAX_ISA_SERIAL_PORTS - 1);
        return;
    }
    if (isa->port == UINT32_MAX) {
        isa->port = usual_places[isa->index].port;
    }
    if (isa->line == UINT32_MAX) {
        isa->line = usual_places[isa->index].irq;
    }
    if (isa->line >= ISA_NUM_IRQS || isa->port > 0xfff8) {
        error_setg(errp, "iobase %#x, irq %u: legal are 0 to 0xfff8 and 0 to "
                   "%d", isa->port, isa->line, ISA_NUM_IRQS - 1);
        return;
    }
    if (!qdev_realize(DEVICE(s), NULL, errp)) {
        return;
    }
    next_index = isa->index + 1;
    s->irq = isa_get_irq(ISA_DEVICE(dev), isa->line);
    memory_region_init_io(&s->io, OBJECT(isa), &serial_io_ops, s, "serial", 8);
    isa_register_ioport(ISA_DEVICE(dev), &s->io, isa->port);
}

static void isa_serial_unrealize(DeviceState *dev)
{
    ISASerialState *isa = ISA_SERIAL(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)),
                                &isa->state.io);
    qdev_unrealize(DEVICE(&isa->state));
}

static void isa_serial_reset_hold(Object *obj, ResetType type)
{
    device_cold_reset(DEVICE(&ISA_SERIAL(obj)->state));
}

static const VMStateDescription vmstate_isa_serial = {
    .name = "isa-serial",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(state, ISASerialState, 0, vmstate_serial, SerialState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property isa_serial_properties[] = {
    DEFINE_PROP_UINT32("index", ISASerialState, index, UINT32_MAX,
                       .description = "which COM port, 0 to 3"),
    DEFINE_PROP_UINT32("iobase", ISASerialState, port, UINT32_MAX,
                       .description = "first port; default by index"),
    DEFINE_PROP_UINT32("irq", ISASerialState, line, UINT32_MAX,
                       .description = "interrupt line; default by index"),
};

static void isa_serial_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = isa_serial_realize;
    dc->unrealize = isa_serial_unrealize;
    dc->hotpluggable = false;
    dc->desc = "16550A serial port";
    dc->vmsd = &vmstate_isa_serial;
    RESETTABLE_CLASS(klass)->phases.hold = isa_serial_reset_hold;
    device_class_set_props(dc, isa_serial_properties);
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
}

static void isa_serial_init(Object *obj)
{
    ISASerialState *isa = ISA_SERIAL(obj);

    object_initialize_child(obj, "serial", &isa->state, TYPE_SERIAL);
    qdev_alias_all_properties(DEVICE(obj), OBJECT(&isa->state));
}

static void make_port(ISABus *bus, int index, Chardev *chr)
{
    ISADevice *dev = isa_new(TYPE_ISA_SERIAL);

    qdev_prop_set_uint32(DEVICE(dev), "index", index);
    object_property_set_str(OBJECT(dev), "chardev", chr->label, &error_abort);
    isa_realize_and_unref(dev, bus, &error_fatal);
}

void serial_hds_isa_init(ISABus *bus, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (serial_hd(i)) {
            make_port(bus, i, serial_hd(i));
        }
    }
}

static const TypeInfo isa_serial_types[] = {
    {
        .name = TYPE_ISA_SERIAL,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ISASerialState),
        .instance_init = isa_serial_init,
        .class_init = isa_serial_class_init,
    },
};

DEFINE_TYPES(isa_serial_types)

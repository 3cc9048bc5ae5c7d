/*
 * The pair of 8259A: ports, ELCR, cascade, and the line to the processors. What
 * one chip does stands in i8259-core.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/intc/i8259.h"
#include "hw/intc/intc.h"
#include "migration/vmstate.h"
#include "trace.h"


enum { CASCADE_LINE = 2, SPURIOUS_LINE = 7 };

struct PICState {
    ISADevice parent_obj;
    PICCore core;
    MemoryRegion io, elcr_io;
    qemu_irq output;
    uint32_t iobase, elcr_addr;
};

static PICState *the_master, *the_slave;
static uint64_t raised[ISA_NUM_IRQS];   /* of both, for people */

static void pic_update(PICState *s)
{
    qemu_set_irq(s->output, pic_core_pending(&s->core) >= 0);
}

static void pic_set_irq(void *opaque, int line, int level)
{
    PICState *s = opaque;

    if (level && !(s->core.lines >> line & 1)) {
        raised[line + (s->core.master ? 0 : 8)]++;
    }
    trace_pic_set_irq(s->core.master, line, level);
    pic_core_set_line(&s->core, line, level);
    pic_update(s);
}

static void pic_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PICState *s = opaque;

    pic_core_write(&s->core, addr, value);
    pic_update(s);
}

static uint64_t pic_read(void *opaque, hwaddr addr, unsigned size)
{
    PICState *s = opaque;
    uint8_t value = pic_core_read(&s->core, addr);

    pic_update(s);
    return value;
}

static void elcr_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PICState *s = opaque;

    s->core.elcr = value & s->core.elcr_mask;
}

static uint64_t elcr_read(void *opaque, hwaddr addr, unsigned size)
{
    PICState *s = opaque;

    return s->core.elcr;
}

static const MemoryRegionOps pic_ops = {
    .read = pic_read,
    .write = pic_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static const MemoryRegionOps elcr_ops = {
    .read = elcr_read,
    .write = elcr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* One chip's acknowledge cycle: its line, the last one if nothing asks. */
static unsigned chip_acknowledge(PICState *s)
{
    int line = pic_core_pending(&s->core);

    if (line < 0) {
        return SPURIOUS_LINE;
    }
    pic_core_ack(&s->core, line);
    return line;
}

int i8259_acknowledge(void)
{
    PICState *chip = the_master;
    unsigned line;

    if (!the_master) {
        return -1;
    }
    line = chip_acknowledge(the_master);
    if (line == CASCADE_LINE && the_slave) {
        chip = the_slave;
        line = chip_acknowledge(the_slave);
        pic_update(the_slave);
    }
    pic_update(the_master);
    trace_pic_interrupt(line + (chip == the_slave ? 8 : 0),
                        chip->core.vector_base + line);
    return chip->core.vector_base + line;
}

bool i8259_pending(void)
{
    return the_master && pic_core_pending(&the_master->core) >= 0;
}

static void pic_reset_hold(Object *obj, ResetType type)
{
    PICState *s = I8259(obj);

    pic_core_reset(&s->core);
    pic_update(s);
}

static void pic_realize(DeviceState *dev, Error **errp)
{
    PICState *s = I8259(dev);

    memory_region_init_io(&s->io, OBJECT(s), &pic_ops, s, "pic", 2);
    memory_region_init_io(&s->elcr_io, OBJECT(s), &elcr_ops, s, "elcr", 1);
    isa_register_ioport(ISA_DEVICE(s), &s->io, s->iobase);
    isa_register_ioport(ISA_DEVICE(s), &s->elcr_io, s->elcr_addr);
    qdev_init_gpio_in(dev, pic_set_irq, 8);
    qdev_init_gpio_out(dev, &s->output, 1);
    *(s->core.master ? &the_master : &the_slave) = s;
}

static void pic_finalize(Object *obj)
{
    the_master = (Object *)the_master == obj ? NULL : the_master;
    the_slave = (Object *)the_slave == obj ? NULL : the_slave;
}

/* The master answers for both: its lines 0..7, the slave's 8..15. */
static bool pic_get_statistics(Object *obj, const uint64_t **counts,
                               unsigned *nb_irqs)
{
    *counts = raised;
    *nb_irqs = ISA_NUM_IRQS;
    return I8259(obj)->core.master;
}

static void pic_print_info(Object *obj, GString *out)
{
    const PICCore *c = &I8259(obj)->core;

    g_string_append_printf(out, "pic%d: irr=%02x imr=%02x isr=%02x hprio=%d "
                           "irq_base=%02x rr_sel=%d elcr=%02x fnm=%d\n",
                           c->master ? 0 : 1, c->irr, c->imr, c->isr, c->top,
                           c->vector_base, c->read_isr, c->elcr,
                           c->special_nested);
}

/* Whoever is behind the output was not told yet. */
static int pic_post_load(void *opaque, int version_id)
{
    pic_update(opaque);
    return 0;
}

static const VMStateDescription vmstate_pic = {
    .name = "i8259",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_LOW,
    .post_load = pic_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(core.irr, PICState),
        VMSTATE_UINT8(core.imr, PICState),
        VMSTATE_UINT8(core.isr, PICState),
        VMSTATE_UINT8(core.lines, PICState),
        VMSTATE_UINT8(core.elcr, PICState),
        VMSTATE_UINT8(core.vector_base, PICState),
        VMSTATE_UINT8(core.top, PICState),
        VMSTATE_UINT8(core.init_step, PICState),
        VMSTATE_BOOL(core.init_icw4, PICState),
        VMSTATE_BOOL(core.single, PICState),
        VMSTATE_BOOL(core.read_isr, PICState),
        VMSTATE_BOOL(core.poll, PICState),
        VMSTATE_BOOL(core.special_mask, PICState),
        VMSTATE_BOOL(core.auto_eoi, PICState),
        VMSTATE_BOOL(core.rotate_on_auto_eoi, PICState),
        VMSTATE_BOOL(core.special_nested, PICState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property pic_properties[] = {
    DEFINE_PROP_UINT32("iobase", PICState, iobase, 0x20),
    DEFINE_PROP_UINT32("elcr_addr", PICState, elcr_addr, 0x4d0),
    DEFINE_PROP_UINT8("elcr_mask", PICState, core.elcr_mask, 0xf8),
    DEFINE_PROP_BOOL("master", PICState, core.master, false),
};

static void pic_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(klass);

    ic->get_statistics = pic_get_statistics;
    ic->print_info = pic_print_info;
    dc->realize = pic_realize;
    dc->user_creatable = false;     /* wired by i8259_init() */
    dc->vmsd = &vmstate_pic;
    RESETTABLE_CLASS(klass)->phases.hold = pic_reset_hold;
    device_class_set_props(dc, pic_properties);
}

static DeviceState *make_chip(ISABus *bus, bool master)
{
    ISADevice *isadev = isa_new(TYPE_I8259);
    DeviceState *dev = DEVICE(isadev);

    qdev_prop_set_uint32(dev, "iobase", master ? 0x20 : 0xa0);
    qdev_prop_set_uint32(dev, "elcr_addr", master ? 0x4d0 : 0x4d1);
    qdev_prop_set_uint8(dev, "elcr_mask", master ? 0xf8 : 0xde);
    qdev_prop_set_bit(dev, "master", master);
    isa_realize_and_unref(isadev, bus, &error_fatal);
    return dev;
}

qemu_irq *i8259_init(ISABus *bus, qemu_irq parent_irq)
{
    qemu_irq *inputs = g_new0(qemu_irq, ISA_NUM_IRQS);
    DeviceState *master = make_chip(bus, true);
    DeviceState *slave = make_chip(bus, false);

    qdev_connect_gpio_out(master, 0, parent_irq);
    qdev_connect_gpio_out(slave, 0, qdev_get_gpio_in(master, CASCADE_LINE));
    for (unsigned i = 0; i < ISA_NUM_IRQS; i++) {
        inputs[i] = qdev_get_gpio_in(i < 8 ? master : slave, i % 8);
    }
    return inputs;
}

static const TypeInfo pic_types[] = {
    {
        .name = TYPE_I8259,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PICState),
        .instance_finalize = pic_finalize,
        .class_init = pic_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_INTERRUPT_STATS_PROVIDER }, { }
        },
    },
};

DEFINE_TYPES(pic_types)

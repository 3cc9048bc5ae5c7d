/*
 * The 8254 as an ISA device: its four ports, the timer behind counter 0, and
 * its state. How a counter counts stands in i8254-core.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/timer/i8254.h"
#include "migration/vmstate.h"

enum { COUNTERS = 3, CONTROL_PORT = 3 };

struct PITState {
    ISADevice parent_obj;
    MemoryRegion io;
    uint32_t iobase;
    PITCounter counter[COUNTERS];
    QEMUTimer irq_timer;
    qemu_irq irq;
};

static uint64_t pit_now(void)
{
    return muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), PIT_FREQ,
                    NANOSECONDS_PER_SECOND);
}

/* Show counter 0's output; wake up when it rises next, and only then. */
static void pit_update_irq(PITState *s, uint64_t now)
{
    uint64_t rise = pit_counter_next_rise(&s->counter[0], now);

    qemu_set_irq(s->irq, pit_counter_out(&s->counter[0], now));
    if (rise == PIT_NEVER) {
        timer_del(&s->irq_timer);
    } else {
        timer_mod(&s->irq_timer, muldiv64_round_up(rise, NANOSECONDS_PER_SECOND,
                                                   PIT_FREQ));
    }
}

/* An edge: the output was low before, for however short a time. */
static void pit_irq_timer(void *opaque)
{
    PITState *s = opaque;

    qemu_set_irq(s->irq, 0);
    pit_update_irq(s, pit_now());
}

/* Latch what the bits ask for, of all counters that are named. */
static void read_back(PITState *s, uint8_t value, uint64_t now)
{
    for (unsigned i = 0; i < COUNTERS; i++) {
        if (!(value & 2 << i)) {
            continue;
        }
        if (!(value & 0x20)) {
            pit_counter_latch_count(&s->counter[i], now);
        }
        if (!(value & 0x10)) {
            pit_counter_latch_status(&s->counter[i], now);
        }
    }
}

static void pit_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PITState *s = opaque;
    uint64_t now = pit_now();
    unsigned select = addr & 3;
    bool latches_only = false;

    if (select != CONTROL_PORT) {
        pit_counter_write(&s->counter[select], value, now);
    } else if ((value >> 6 & 3) == COUNTERS) {
        read_back(s, value, now);
        latches_only = true;
    } else {
        select = value >> 6 & 3;
        latches_only = !(value & 0x30);
        pit_counter_control(&s->counter[select], value, now);
    }
    if (select == 0 && !latches_only) {
        pit_update_irq(s, now);
    }
}

static uint64_t pit_read(void *opaque, hwaddr addr, unsigned size)
{
    PITState *s = opaque;

    if ((addr & 3) == CONTROL_PORT) {
        return 0;
    }
    return pit_counter_read(&s->counter[addr & 3], pit_now());
}

static const MemoryRegionOps pit_ops = {
    .read = pit_read,
    .write = pit_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void pit_set_gate(ISADevice *dev, unsigned counter, bool gate)
{
    PITState *s = I8254(dev);
    uint64_t now = pit_now();

    pit_counter_set_gate(&s->counter[counter], gate, now);
    if (counter == 0) {
        pit_update_irq(s, now);
    }
}

bool pit_get_gate(ISADevice *dev, unsigned counter)
{
    return I8254(dev)->counter[counter].gate;
}

bool pit_get_out(ISADevice *dev, unsigned counter)
{
    return pit_counter_out(&I8254(dev)->counter[counter], pit_now());
}

static void pit_reset_hold(Object *obj, ResetType type)
{
    PITState *s = I8254(obj);

    for (unsigned i = 0; i < COUNTERS; i++) {
        pit_counter_reset(&s->counter[i], i != 2);
    }
    pit_update_irq(s, pit_now());
}

static void pit_realize(DeviceState *dev, Error **errp)
{
    PITState *s = I8254(dev);

    timer_init_ns(&s->irq_timer, QEMU_CLOCK_VIRTUAL, pit_irq_timer, s);
    qdev_init_gpio_out(dev, &s->irq, 1);
    memory_region_init_io(&s->io, OBJECT(s), &pit_ops, s, "pit", 4);
    isa_register_ioport(ISA_DEVICE(s), &s->io, s->iobase);
}

static void pit_unrealize(DeviceState *dev)
{
    timer_del(&I8254(dev)->irq_timer);
}

static bool counter_is_valid(void *opaque, int version_id)
{
    const PITCounter *c = opaque;

    return c->mode <= 5 && c->access >= 1 && c->access <= 3 &&
           c->count >= 1 && c->count <= 0x10000;
}

static const VMStateDescription vmstate_counter = {
    .name = "i8254/counter",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(start, PITCounter),
        VMSTATE_UINT64(held, PITCounter),
        VMSTATE_UINT32(count, PITCounter),
        VMSTATE_UINT16(latched, PITCounter),
        VMSTATE_UINT8(status_latch, PITCounter),
        VMSTATE_UINT8(mode, PITCounter),
        VMSTATE_UINT8(access, PITCounter),
        VMSTATE_UINT8(write_low, PITCounter),
        VMSTATE_BOOL(bcd, PITCounter),
        VMSTATE_BOOL(gate, PITCounter),
        VMSTATE_BOOL(loaded, PITCounter),
        VMSTATE_BOOL(count_latched, PITCounter),
        VMSTATE_BOOL(status_latched, PITCounter),
        VMSTATE_BOOL(read_high_next, PITCounter),
        VMSTATE_BOOL(write_high_next, PITCounter),
        VMSTATE_BOOL(latch_high_next, PITCounter),
        VMSTATE_VALIDATE("mode, access and count", counter_is_valid),
        VMSTATE_END_OF_LIST()
    },
};

static int pit_post_load(void *opaque, int version_id)
{
    pit_update_irq(opaque, pit_now());
    return 0;
}

static const VMStateDescription vmstate_pit = {
    .name = "i8254",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pit_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(counter, PITState, COUNTERS, 1, vmstate_counter,
                             PITCounter),
        VMSTATE_END_OF_LIST()
    },
};

static const Property pit_properties[] = {
    DEFINE_PROP_UINT32("iobase", PITState, iobase, 0x40),
};

static void pit_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pit_realize;
    dc->unrealize = pit_unrealize;
    dc->user_creatable = false;     /* its line is wired by the machine */
    dc->vmsd = &vmstate_pit;
    RESETTABLE_CLASS(klass)->phases.hold = pit_reset_hold;
    device_class_set_props(dc, pit_properties);
}

ISADevice *i8254_pit_init(ISABus *bus, uint16_t base, qemu_irq irq)
{
    ISADevice *pit = isa_new(TYPE_I8254);

    qdev_prop_set_uint32(DEVICE(pit), "iobase", base);
    isa_realize_and_unref(pit, bus, &error_fatal);
    qdev_connect_gpio_out(DEVICE(pit), 0, irq);
    return pit;
}

static const TypeInfo pit_types[] = {
    {
        .name = TYPE_I8254,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PITState),
        .class_init = pit_class_init,
    },
};

DEFINE_TYPES(pit_types)

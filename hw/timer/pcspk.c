/*
 * Port 0x61 of a PC: the gate and the output of timer counter 2 and the memory
 * refresh toggle, by which guests measure time. There is no sound.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "hw/core/qdev-properties.h"
#include "hw/timer/i8254.h"
#include "migration/vmstate.h"

OBJECT_DECLARE_SIMPLE_TYPE(PCSpkState, PC_SPEAKER)

enum { GATE = 1 << 0, SPEAKER = 1 << 1, REFRESH = 1 << 4, OUTPUT = 1 << 5 };
enum { SPEAKER_COUNTER = 2, REFRESH_NS = 15085 };

struct PCSpkState {
    ISADevice parent_obj;
    MemoryRegion io;
    ISADevice *pit;
    uint32_t iobase;
    bool speaker_on;
};

static uint64_t pcspk_read(void *opaque, hwaddr addr, unsigned size)
{
    PCSpkState *s = opaque;
    uint64_t refreshes = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / REFRESH_NS;

    return (pit_get_gate(s->pit, SPEAKER_COUNTER) ? GATE : 0) |
           (s->speaker_on ? SPEAKER : 0) |
           (refreshes & 1 ? REFRESH : 0) |
           (pit_get_out(s->pit, SPEAKER_COUNTER) ? OUTPUT : 0);
}

static void pcspk_write(void *opaque, hwaddr addr, uint64_t value,
                        unsigned size)
{
    PCSpkState *s = opaque;

    s->speaker_on = value & SPEAKER;
    pit_set_gate(s->pit, SPEAKER_COUNTER, value & GATE);
}

static const MemoryRegionOps pcspk_ops = {
    .read = pcspk_read,
    .write = pcspk_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void pcspk_reset_hold(Object *obj, ResetType type)
{
    PC_SPEAKER(obj)->speaker_on = false;
}

static void pcspk_realize(DeviceState *dev, Error **errp)
{
    PCSpkState *s = PC_SPEAKER(dev);

    memory_region_init_io(&s->io, OBJECT(s), &pcspk_ops, s, "pcspk", 1);
    isa_register_ioport(ISA_DEVICE(s), &s->io, s->iobase);
}

static const VMStateDescription vmstate_pcspk = {
    .name = "pcspk",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(speaker_on, PCSpkState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property pcspk_properties[] = {
    DEFINE_PROP_UINT32("iobase", PCSpkState, iobase, 0x61),
};

static void pcspk_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pcspk_realize;
    dc->user_creatable = false;     /* needs the timer that it belongs to */
    dc->vmsd = &vmstate_pcspk;
    RESETTABLE_CLASS(klass)->phases.hold = pcspk_reset_hold;
    device_class_set_props(dc, pcspk_properties);
}

ISADevice *pcspk_init(ISABus *bus, ISADevice *pit)
{
    ISADevice *dev = isa_new(TYPE_PC_SPEAKER);

    PC_SPEAKER(dev)->pit = pit;
    isa_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

static const TypeInfo pcspk_types[] = {
    {
        .name = TYPE_PC_SPEAKER,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PCSpkState),
        .class_init = pcspk_class_init,
    },
};

DEFINE_TYPES(pcspk_types)

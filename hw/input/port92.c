/*
 * Port 0x92, "system control port A": the fast ways to the A20 gate (bit 1) and
 * to a reset (bit 0).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/core/irq.h"
#include "hw/input/i8042.h"
#include "migration/vmstate.h"
#include "system/runstate.h"

OBJECT_DECLARE_SIMPLE_TYPE(Port92State, PORT92)

enum { FAST_RESET = 1 << 0, A20_OPEN = 1 << 1 };

struct Port92State {
    ISADevice parent_obj;
    MemoryRegion io;
    uint8_t value;
    qemu_irq a20;
};

static uint64_t port92_read(void *opaque, hwaddr addr, unsigned size)
{
    return PORT92(opaque)->value;
}

static void port92_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned size)
{
    Port92State *s = PORT92(opaque);
    bool reset_edge = (value & ~s->value) & FAST_RESET;

    s->value = value;
    qemu_set_irq(s->a20, !!(value & A20_OPEN));
    if (reset_edge) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static const MemoryRegionOps port92_ops = {
    .read = port92_read,
    .write = port92_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void port92_reset_hold(Object *obj, ResetType type)
{
    PORT92(obj)->value &= ~FAST_RESET;
}

static void port92_realize(DeviceState *dev, Error **errp)
{
    isa_register_ioport(ISA_DEVICE(dev), &PORT92(dev)->io, 0x92);
}

static void port92_init(Object *obj)
{
    Port92State *s = PORT92(obj);

    memory_region_init_io(&s->io, obj, &port92_ops, s, "port92", 1);
    qdev_init_gpio_out_named(DEVICE(obj), &s->a20, PORT92_A20_LINE, 1);
}

static const VMStateDescription vmstate_port92 = {
    .name = "port92",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(value, Port92State),
        VMSTATE_END_OF_LIST()
    },
};

static void port92_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = port92_realize;
    dc->user_creatable = false;     /* its A20 line is wired by the machine */
    dc->vmsd = &vmstate_port92;
    RESETTABLE_CLASS(klass)->phases.hold = port92_reset_hold;
}

static const TypeInfo port92_types[] = {
    {
        .name = TYPE_PORT92,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(Port92State),
        .instance_init = port92_init,
        .class_init = port92_class_init,
    },
};

DEFINE_TYPES(port92_types)

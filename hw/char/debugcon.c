/*
 * "isa-debugcon": one port (0xe9) that hands each byte written to a chardev and
 * reads as its own number, by which firmware finds it. And "isa-debug-exit":
 * one port whose write ends the program with status 2 × value + 1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "hw/core/qdev-properties-system.h"
#include "hw/isa/isa.h"
#include "system/runstate.h"

#define TYPE_ISA_DEBUGCON "isa-debugcon"
OBJECT_DECLARE_SIMPLE_TYPE(DebugconState, ISA_DEBUGCON)
#define TYPE_ISA_DEBUG_EXIT "isa-debug-exit"
OBJECT_DECLARE_SIMPLE_TYPE(DebugExitState, ISA_DEBUG_EXIT)

struct DebugconState {
    ISADevice parent_obj;
    MemoryRegion io;
    CharFrontend chr;
    uint32_t iobase, readback;
};

struct DebugExitState {
    ISADevice parent_obj;
    MemoryRegion io;
    uint32_t iobase, iosize;
};

static uint64_t debugcon_read(void *opaque, hwaddr addr, unsigned size)
{
    DebugconState *s = opaque;

    return s->readback;
}

static void debugcon_write(void *opaque, hwaddr addr, uint64_t value,
                           unsigned size)
{
    DebugconState *s = opaque;
    uint8_t byte = value;

    qemu_chr_fe_write_all(&s->chr, &byte, 1);
}

static const MemoryRegionOps debugcon_ops = {
    .read = debugcon_read,
    .write = debugcon_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

static void debugcon_realize(DeviceState *dev, Error **errp)
{
    DebugconState *s = ISA_DEBUGCON(dev);

    if (s->iobase > 0xffff) {
        error_setg(errp, "iobase %#x is not a port (0 to 0xffff)", s->iobase);
        return;
    }
    if (!qemu_chr_fe_backend_connected(&s->chr)) {
        error_setg(errp, "isa-debugcon needs a chardev");
        return;
    }
    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, s, NULL, true);
    memory_region_init_io(&s->io, OBJECT(s), &debugcon_ops, s, "debugcon", 1);
    isa_register_ioport(ISA_DEVICE(s), &s->io, s->iobase);
}

static const Property debugcon_properties[] = {
    DEFINE_PROP_UINT32("iobase", DebugconState, iobase, 0xe9,
                       .description = "the port"),
    DEFINE_PROP_CHR("chardev", DebugconState, chr),
    DEFINE_PROP_UINT32("readback", DebugconState, readback, 0xe9,
                       .description = "what reading the port gives"),
};

static void debugcon_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = debugcon_realize;
    dc->hotpluggable = false;
    dc->desc = "debug console port";
    device_class_set_props(dc, debugcon_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static uint64_t debug_exit_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void debug_exit_write(void *opaque, hwaddr addr, uint64_t value,
                             unsigned size)
{
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
                                           value << 1 | 1);
}

static const MemoryRegionOps debug_exit_ops = {
    .read = debug_exit_read,
    .write = debug_exit_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

static void debug_exit_realize(DeviceState *dev, Error **errp)
{
    DebugExitState *s = ISA_DEBUG_EXIT(dev);

    if (s->iobase > 0xffff || s->iosize < 1 || s->iosize > 0x100) {
        error_setg(errp, "iobase %#x, iosize %u: legal are 0 to 0xffff and 1 "
                   "to 256", s->iobase, s->iosize);
        return;
    }
    memory_region_init_io(&s->io, OBJECT(s), &debug_exit_ops, s,
                          TYPE_ISA_DEBUG_EXIT, s->iosize);
    isa_register_ioport(ISA_DEVICE(s), &s->io, s->iobase);
}

static const Property debug_exit_properties[] = {
    DEFINE_PROP_UINT32("iobase", DebugExitState, iobase, 0x501,
                       .description = "the first port"),
    DEFINE_PROP_UINT32("iosize", DebugExitState, iosize, 2,
                       .description = "how many ports"),
};

static void debug_exit_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = debug_exit_realize;
    dc->hotpluggable = false;
    dc->desc = "port that ends the emulator";
    device_class_set_props(dc, debug_exit_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo debugcon_types[] = {
    {
        .name = TYPE_ISA_DEBUGCON,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(DebugconState),
        .class_init = debugcon_class_init,
    }, {
        .name = TYPE_ISA_DEBUG_EXIT,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(DebugExitState),
        .class_init = debug_exit_class_init,
    },
};

DEFINE_TYPES(debugcon_types)

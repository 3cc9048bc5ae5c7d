/*
 * The i8042 keyboard controller: ports 0x60 and 0x64, its output port (A20 gate
 * and reset), and the commands by which firmware and kernels look for it. What
 * is plugged in, a keyboard and a mouse that answer commands and are never
 * touched, is in ps2-quiet.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties.h"
#include "hw/input/i8042.h"
#include "migration/vmstate.h"
#include "ps2-quiet.h"
#include "system/runstate.h"

OBJECT_DECLARE_SIMPLE_TYPE(KBDState, I8042)

enum { STATUS_OUTPUT_FULL = 0x01, STATUS_SELF_TEST_OK = 0x04,
       STATUS_COMMAND = 0x08, STATUS_UNLOCKED = 0x10, STATUS_FROM_AUX = 0x20 };
enum { MODE_IRQ_KBD = 0x01, MODE_IRQ_AUX = 0x02, MODE_SYSTEM = 0x04,
       MODE_KBD_OFF = 0x10, MODE_AUX_OFF = 0x20, MODE_TRANSLATE = 0x40 };
enum { OUT_NO_RESET = 0x01, OUT_A20 = 0x02, OUT_KBD_FULL = 0x10,
       OUT_AUX_FULL = 0x20, OUT_ALWAYS = 0xc0 };

/* Commands at port 0x64. */
enum {
    CMD_READ_RAM = 0x20, CMD_WRITE_RAM = 0x60, CMD_DISABLE_AUX = 0xa7,
    CMD_ENABLE_AUX = 0xa8, CMD_TEST_AUX = 0xa9, CMD_SELF_TEST = 0xaa,
    CMD_TEST_KBD = 0xab, CMD_DISABLE_KBD = 0xad, CMD_ENABLE_KBD = 0xae,
    CMD_READ_INPUT = 0xc0, CMD_READ_OUTPUT = 0xd0, CMD_WRITE_OUTPUT = 0xd1,
    CMD_WRITE_KBD_BUF = 0xd2, CMD_WRITE_AUX_BUF = 0xd3, CMD_WRITE_AUX = 0xd4,
    CMD_A20_OFF = 0xdd, CMD_A20_ON = 0xdf, CMD_PULSE = 0xf0,
};

enum { FROM_KBD, FROM_AUX, FROM_CONTROLLER };

struct KBDState {
    ISADevice parent_obj;
    MemoryRegion io_data, io_command;
    uint8_t kbd_irq, mouse_irq;
    uint8_t mode;               /* byte 0 of the controller's memory */
    uint8_t command;            /* waits for its data byte; 0: none */
    uint8_t outport;
    bool full;                  /* a byte stands at port 0x60 */
    uint8_t data, data_from;
    bool self_test_ok;
    bool last_was_command;
    PS2Quiet kbd, mouse;
    qemu_irq irq[2];            /* keyboard, mouse */
    qemu_irq a20;
};

static void update_irqs(KBDState *s)
{
    bool from_aux = s->full && s->data_from == FROM_AUX;
    bool from_kbd = s->full && !from_aux;

    qemu_set_irq(s->irq[0], from_kbd && (s->mode & MODE_IRQ_KBD));
    qemu_set_irq(s->irq[1], from_aux && (s->mode & MODE_IRQ_AUX));
}

static void put_byte(KBDState *s, uint8_t byte, int from)
{
    s->data = byte;
    s->data_from = from;
    s->full = true;
}

/* If the register is free, show the next byte that a device has to say. */
static void refill(KBDState *s)
{
    if (!s->full && !(s->mode & MODE_KBD_OFF) && ps2_pending(&s->kbd)) {
        put_byte(s, ps2_next(&s->kbd), FROM_KBD);
    }
    if (!s->full && !(s->mode & MODE_AUX_OFF) && ps2_pending(&s->mouse)) {
        put_byte(s, ps2_next(&s->mouse), FROM_AUX);
    }
    update_irqs(s);
}

static void write_outport(KBDState *s, uint8_t value)
{
    s->outport = value | OUT_ALWAYS;
    qemu_set_irq(s->a20, !!(value & OUT_A20));
    if (!(value & OUT_NO_RESET)) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static uint8_t read_outport(const KBDState *s)
{
    uint8_t full = !s->full ? 0 :
                   s->data_from == FROM_AUX ? OUT_AUX_FULL : OUT_KBD_FULL;

    return (s->outport & ~(OUT_KBD_FULL | OUT_AUX_FULL)) | full;
}

/* Commands that answer with a byte of the controller's own. */
static int command_answer(KBDState *s, uint8_t command)
{
    switch (command) {
    case CMD_READ_RAM:
        return s->mode;
    case CMD_READ_RAM + 1 ... CMD_READ_RAM + 0x1f:
    case CMD_TEST_AUX:
    case CMD_TEST_KBD:
        return 0x00;
    case CMD_SELF_TEST:
        s->self_test_ok = true;
        return 0x55;
    case CMD_READ_INPUT:
        return 0x80;            /* not locked by a key */
    case CMD_READ_OUTPUT:
        return read_outport(s);
    default:
        return -1;
    }
}

static void write_command(KBDState *s, uint8_t command)
{
    int answer = command_answer(s, command);

    s->last_was_command = true;
    s->command = 0;
    if (answer >= 0) {
        put_byte(s, answer, FROM_CONTROLLER);
        update_irqs(s);
        return;
    }
    switch (command) {
    case CMD_DISABLE_KBD:
        s->mode |= MODE_KBD_OFF;
        break;
    case CMD_ENABLE_KBD:
        s->mode &= ~MODE_KBD_OFF;
        break;
    case CMD_DISABLE_AUX:
        s->mode |= MODE_AUX_OFF;
        break;
    case CMD_ENABLE_AUX:
        s->mode &= ~MODE_AUX_OFF;
        break;
    case CMD_A20_OFF:
    case CMD_A20_ON:
        write_outport(s, command == CMD_A20_ON ? s->outport | OUT_A20
                                               : s->outport & ~OUT_A20);
        break;
    case CMD_PULSE ... CMD_PULSE + 0xf:
        if (!(command & OUT_NO_RESET)) {
            qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        }
        break;
    default:                    /* a data byte follows, or nothing happens */
        s->command = command;
        break;
    }
    refill(s);
}

static void write_data(KBDState *s, uint8_t value)
{
    uint8_t command = s->command;

    s->last_was_command = false;
    s->command = 0;
    switch (command) {
    case CMD_WRITE_RAM:
        s->mode = value;
        break;
    case CMD_WRITE_OUTPUT:
        write_outport(s, value);
        break;
    case CMD_WRITE_KBD_BUF:
        put_byte(s, value, FROM_KBD);
        break;
    case CMD_WRITE_AUX_BUF:
        put_byte(s, value, FROM_AUX);
        break;
    case CMD_WRITE_AUX:
        s->mode &= ~MODE_AUX_OFF;
        ps2_write(&s->mouse, value);
        break;
    default:
        s->mode &= ~MODE_KBD_OFF;
        ps2_write(&s->kbd, value);
        break;
    }
    refill(s);
}

static uint64_t kbd_read_data(void *opaque, hwaddr addr, unsigned size)
{
    KBDState *s = opaque;
    uint8_t value = s->data;

    if (s->full) {
        s->full = false;
        update_irqs(s);         /* the line falls between two bytes */
        refill(s);
    }
    return value;
}

static uint64_t kbd_read_status(void *opaque, hwaddr addr, unsigned size)
{
    KBDState *s = opaque;

    return STATUS_UNLOCKED |
           (s->full ? STATUS_OUTPUT_FULL : 0) |
           (s->full && s->data_from == FROM_AUX ? STATUS_FROM_AUX : 0) |
           (s->self_test_ok || (s->mode & MODE_SYSTEM) ? STATUS_SELF_TEST_OK
                                                       : 0) |
           (s->last_was_command ? STATUS_COMMAND : 0);
}

static void kbd_write_data(void *opaque, hwaddr addr, uint64_t value,
                           unsigned size)
{
    write_data(opaque, value);
}

static void kbd_write_command(void *opaque, hwaddr addr, uint64_t value,
                              unsigned size)
{
    write_command(opaque, value);
}

static const MemoryRegionOps data_ops = {
    .read = kbd_read_data,
    .write = kbd_write_data,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static const MemoryRegionOps command_ops = {
    .read = kbd_read_status,
    .write = kbd_write_command,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void kbd_reset_hold(Object *obj, ResetType type)
{
    KBDState *s = I8042(obj);

    s->mode = MODE_IRQ_KBD | MODE_IRQ_AUX;
    s->command = 0;
    s->full = s->self_test_ok = s->last_was_command = false;
    s->outport = OUT_NO_RESET | OUT_A20 | OUT_ALWAYS;
    ps2_reset(&s->kbd, false);
    ps2_reset(&s->mouse, true);
    update_irqs(s);
    qemu_set_irq(s->a20, 1);
}

static void kbd_realize(DeviceState *dev, Error **errp)
{
    KBDState *s = I8042(dev);

    if (s->kbd_irq >= ISA_NUM_IRQS || s->mouse_irq >= ISA_NUM_IRQS) {
        error_setg(errp, "kbd-irq %u, mouse-irq %u: legal are 0 to %d",
                   s->kbd_irq, s->mouse_irq, ISA_NUM_IRQS - 1);
        return;
    }
    s->irq[0] = isa_get_irq(ISA_DEVICE(dev), s->kbd_irq);
    s->irq[1] = isa_get_irq(ISA_DEVICE(dev), s->mouse_irq);
    isa_register_ioport(ISA_DEVICE(dev), &s->io_data, 0x60);
    isa_register_ioport(ISA_DEVICE(dev), &s->io_command, 0x64);
}

static void kbd_init(Object *obj)
{
    KBDState *s = I8042(obj);

    memory_region_init_io(&s->io_data, obj, &data_ops, s, "i8042-data", 1);
    memory_region_init_io(&s->io_command, obj, &command_ops, s, "i8042-cmd", 1);
    qdev_init_gpio_out_named(DEVICE(obj), &s->a20, I8042_A20_LINE, 1);
}

static const VMStateDescription vmstate_kbd = {
    .name = "pckbd",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(mode, KBDState),
        VMSTATE_UINT8(command, KBDState),
        VMSTATE_UINT8(outport, KBDState),
        VMSTATE_BOOL(full, KBDState),
        VMSTATE_UINT8(data, KBDState),
        VMSTATE_UINT8(data_from, KBDState),
        VMSTATE_BOOL(self_test_ok, KBDState),
        VMSTATE_BOOL(last_was_command, KBDState),
        VMSTATE_STRUCT(kbd, KBDState, 1, vmstate_ps2_quiet, PS2Quiet),
        VMSTATE_STRUCT(mouse, KBDState, 1, vmstate_ps2_quiet, PS2Quiet),
        VMSTATE_END_OF_LIST()
    },
};

static const Property kbd_properties[] = {
    DEFINE_PROP_UINT8("kbd-irq", KBDState, kbd_irq, 1),
    DEFINE_PROP_UINT8("mouse-irq", KBDState, mouse_irq, 12),
};

static void kbd_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = kbd_realize;
    dc->user_creatable = false;     /* its A20 line is wired by the machine */
    dc->vmsd = &vmstate_kbd;
    RESETTABLE_CLASS(klass)->phases.hold = kbd_reset_hold;
    device_class_set_props(dc, kbd_properties);
}

static const TypeInfo kbd_types[] = {
    {
        .name = TYPE_I8042,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(KBDState),
        .instance_init = kbd_init,
        .class_init = kbd_class_init,
    },
};

DEFINE_TYPES(kbd_types)

/*
 * The 16550A: registers, FIFOs, interrupts, modem lines. Bytes leave as fast as
 * the chardev takes them; line speed is told to it, not waited for. Where the
 * registers appear is up to serial-isa.c and its like.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "chardev/char-serial.h"
#include "hw/char/serial.h"
#include "hw/core/irq.h"
#include "hw/core/qdev-properties-system.h"
#include "migration/vmstate.h"

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR,
       REG_SCR };

enum { IER_RX = 0x01, IER_THR = 0x02, IER_LINE = 0x04, IER_MODEM = 0x08 };
enum { IIR_NONE = 0x01, IIR_MODEM = 0x00, IIR_THR = 0x02, IIR_RX = 0x04,
       IIR_LINE = 0x06, IIR_TIMEOUT = 0x0c, IIR_FIFO_ON = 0xc0 };
enum { FCR_ENABLE = 0x01, FCR_CLEAR_RX = 0x02, FCR_CLEAR_TX = 0x04 };
enum { LCR_BREAK = 0x40, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08,
       MCR_LOOP = 0x10 };
enum { LSR_DATA = 0x01, LSR_OVERRUN = 0x02, LSR_BREAK = 0x10, LSR_THRE = 0x20,
       LSR_TEMT = 0x40, LSR_ERRORS = 0x1e };
enum { MSR_DELTAS = 0x0f, MSR_TERI = 0x04, MSR_CTS = 0x10, MSR_DSR = 0x20,
       MSR_RI = 0x40, MSR_DCD = 0x80, MSR_LINES = 0xf0 };

/* ---- FIFOs ---- */

static bool fifo_push(SerialFifo *f, uint8_t byte, unsigned capacity)
{
    if (f->count >= capacity) {
        return false;
    }
    f->byte[(f->head + f->count++) % UART_FIFO_LENGTH] = byte;
    return true;
}

static uint8_t fifo_pop(SerialFifo *f)
{
    uint8_t byte = f->byte[f->head];

    f->head = (f->head + 1) % UART_FIFO_LENGTH;
    f->count--;
    return byte;
}

static void fifo_clear(SerialFifo *f)
{
    f->head = f->count = 0;
}

static unsigned capacity(const SerialState *s)
{
    return s->fcr & FCR_ENABLE ? UART_FIFO_LENGTH : 1;
}

/* ---- interrupts, the most urgent first ---- */

static uint8_t interrupt_cause(const SerialState *s)
{
    static const uint8_t triggers[4] = { 1, 4, 8, 14 };

    if ((s->ier & IER_LINE) && (s->lsr & LSR_ERRORS)) {
        return IIR_LINE;
    }
    if ((s->ier & IER_RX) && (s->lsr & LSR_DATA)) {
        /* Below its trigger level a FIFO times out, here without waiting. */
        bool below = (s->fcr & FCR_ENABLE) &&
                     s->rx.count < triggers[s->fcr >> 6];
        return below ? IIR_TIMEOUT : IIR_RX;
    }
    if ((s->ier & IER_THR) && s->thr_interrupt) {
        return IIR_THR;
    }
    if ((s->ier & IER_MODEM) && (s->msr & MSR_DELTAS)) {
        return IIR_MODEM;
    }
    return IIR_NONE;
}

static void update_irq(SerialState *s)
{
    qemu_set_irq(s->irq, interrupt_cause(s) != IIR_NONE);
}

/* ---- receiving ---- */

static int serial_can_receive(void *opaque)
{
    SerialState *s = opaque;
    int room = capacity(s) - MIN(s->rx.count, capacity(s));

    s->rx_refused = room == 0;
    return room;
}

static void receive_byte(SerialState *s, uint8_t byte)
{
    if (!fifo_push(&s->rx, byte, capacity(s))) {
        s->lsr |= LSR_OVERRUN;
    }
    s->lsr |= LSR_DATA;
}

static void serial_receive(void *opaque, const uint8_t *buf, int size)
{
    SerialState *s = opaque;

    for (int i = 0; i < size; i++) {
        receive_byte(s, buf[i]);
    }
    update_irq(s);
}

static void serial_event(void *opaque, QEMUChrEvent event)
{
    SerialState *s = opaque;

    if (event == CHR_EVENT_BREAK) {
        receive_byte(s, 0);
        s->lsr |= LSR_BREAK;
        update_irq(s);
    }
}

static uint8_t read_rbr(SerialState *s)
{
    uint8_t byte = s->rx.count ? fifo_pop(&s->rx) : 0;

    if (s->rx.count == 0) {
        s->lsr &= ~LSR_DATA;
    }
    update_irq(s);
    if (s->rx_refused && !(s->mcr & MCR_LOOP)) {
        s->rx_refused = false;
        qemu_chr_fe_accept_input(&s->chr);
    }
    return byte;
}

/* ---- transmitting ---- */

static gboolean transmit_more(void *unused, GIOCondition condition, void *data);

/* Empty as far as the chardev allows; wait for it if it takes no more. */
static void transmit(SerialState *s)
{
    while (s->tx.count) {
        uint8_t byte = s->tx.byte[s->tx.head];
        bool gone = true;

        if (s->mcr & MCR_LOOP) {
            receive_byte(s, byte);
        } else if (qemu_chr_fe_backend_connected(&s->chr)) {
            gone = qemu_chr_fe_write(&s->chr, &byte, 1) == 1;
        }
        if (!gone && !s->watch_tag) {
            s->watch_tag = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP,
                                                 transmit_more, s);
        }
        if (!gone && s->watch_tag) {
            return;
        }
        fifo_pop(&s->tx);       /* sent, or nobody will ever take it */
    }
    s->lsr |= LSR_THRE | LSR_TEMT;
    s->thr_interrupt = true;
}

static gboolean transmit_more(void *unused, GIOCondition condition, void *data)
{
    SerialState *s = data;

    s->watch_tag = 0;
    if (condition & G_IO_HUP) {
        fifo_clear(&s->tx);
    }
    transmit(s);
    update_irq(s);
    return G_SOURCE_REMOVE;
}

static void write_thr(SerialState *s, uint8_t byte)
{
    s->thr_interrupt = false;
    s->lsr &= ~(LSR_THRE | LSR_TEMT);
    fifo_push(&s->tx, byte, capacity(s));   /* lost if full, as on the part */
    transmit(s);
    update_irq(s);
}

/* ---- line parameters and modem lines ---- */

static void tell_parameters(SerialState *s)
{
    QEMUSerialSetParams params = {
        .speed = s->divider ? s->baudbase / s->divider : 0,
        .parity = !(s->lcr & 0x08) ? 'N' : s->lcr & 0x10 ? 'E' : 'O',
        .data_bits = (s->lcr & 3) + 5,
        .stop_bits = s->lcr & 0x04 ? 2 : 1,
    };

    if (params.speed > 0) {
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_PARAMS, &params);
    }
}

/* The lines that come in: the other end's, or our own in loopback. */
static uint8_t modem_lines(SerialState *s)
{
    int tiocm = 0;

    if (s->mcr & MCR_LOOP) {
        return (s->mcr & MCR_RTS ? MSR_CTS : 0) |
               (s->mcr & MCR_DTR ? MSR_DSR : 0) |
               (s->mcr & MCR_OUT1 ? MSR_RI : 0) |
               (s->mcr & MCR_OUT2 ? MSR_DCD : 0);
    }
    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) < 0) {
        return MSR_CTS | MSR_DSR | MSR_DCD;     /* no such lines: all ready */
    }
    return (tiocm & CHR_TIOCM_CTS ? MSR_CTS : 0) |
           (tiocm & CHR_TIOCM_DSR ? MSR_DSR : 0) |
           (tiocm & CHR_TIOCM_RI ? MSR_RI : 0) |
           (tiocm & CHR_TIOCM_CAR ? MSR_DCD : 0);
}

static void update_modem(SerialState *s)
{
    uint8_t lines = modem_lines(s);
    uint8_t changed = (s->msr ^ lines) & MSR_LINES;
    uint8_t deltas = changed >> 4;

    if (lines & MSR_RI) {       /* only the trailing edge of a ring counts */
        deltas &= ~MSR_TERI;
    }
    s->msr = lines | (s->msr & MSR_DELTAS) | deltas;
}

static void write_mcr(SerialState *s, uint8_t value)
{
    int tiocm;

    s->mcr = value & 0x1f;
    if (!(s->mcr & MCR_LOOP) &&
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) >= 0) {
        tiocm &= ~(CHR_TIOCM_RTS | CHR_TIOCM_DTR);
        tiocm |= (s->mcr & MCR_RTS ? CHR_TIOCM_RTS : 0) |
                 (s->mcr & MCR_DTR ? CHR_TIOCM_DTR : 0);
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_TIOCM, &tiocm);
    }
    update_modem(s);
    update_irq(s);
}

static void write_lcr(SerialState *s, uint8_t value)
{
    int sending = !!(value & LCR_BREAK);
    bool changed = (s->lcr ^ value) & LCR_BREAK;

    s->lcr = value;
    tell_parameters(s);
    if (changed) {
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &sending);
    }
}

static void write_fcr(SerialState *s, uint8_t value)
{
    bool switched = (s->fcr ^ value) & FCR_ENABLE;

    if (switched || (value & FCR_CLEAR_RX)) {
        fifo_clear(&s->rx);
        s->lsr &= ~(LSR_DATA | LSR_BREAK);
    }
    if (switched || (value & FCR_CLEAR_TX)) {
        fifo_clear(&s->tx);
        s->lsr |= LSR_THRE | LSR_TEMT;
        s->thr_interrupt = true;
    }
    s->fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
    update_irq(s);
    if (s->rx_refused) {
        s->rx_refused = false;
        qemu_chr_fe_accept_input(&s->chr);
    }
}

static void write_ier(SerialState *s, uint8_t value)
{
    /* Enabling it while the transmitter is empty raises the interrupt. */
    if ((value & ~s->ier & IER_THR) && (s->lsr & LSR_THRE)) {
        s->thr_interrupt = true;
    }
    if (value & ~s->ier & IER_MODEM) {
        update_modem(s);
    }
    s->ier = value & 0x0f;
    update_irq(s);
}

/* ---- registers ---- */

static void serial_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned size)
{
    SerialState *s = opaque;
    bool dlab = s->lcr & LCR_DLAB;

    switch (addr & 7) {
    case REG_DATA:
        if (dlab) {
            s->divider = (s->divider & 0xff00) | (uint8_t)value;
            tell_parameters(s);
        } else {
            write_thr(s, value);
        }
        break;
    case REG_IER:
        if (dlab) {
            s->divider = (s->divider & 0xff) | (value & 0xff) << 8;
            tell_parameters(s);
        } else {
            write_ier(s, value);
        }
        break;
    case REG_IIR_FCR:
        write_fcr(s, value);
        break;
    case REG_LCR:
        write_lcr(s, value);
        break;
    case REG_MCR:
        write_mcr(s, value);
        break;
    case REG_SCR:
        s->scr = value;
        break;
    }
}

/* Reading that the transmitter is empty is taking note of it. */
static uint8_t read_iir(SerialState *s)
{
    uint8_t cause = interrupt_cause(s);

    if (cause == IIR_THR) {
        s->thr_interrupt = false;
        update_irq(s);
    }
    return cause | (s->fcr & FCR_ENABLE ? IIR_FIFO_ON : 0);
}

static uint8_t read_lsr(SerialState *s)
{
    uint8_t value = s->lsr;

    if (value & LSR_ERRORS) {
        s->lsr &= ~LSR_ERRORS;
        update_irq(s);
    }
    return value;
}

static uint8_t read_msr(SerialState *s)
{
    uint8_t value;

    update_modem(s);
    value = s->msr;
    if (value & MSR_DELTAS) {
        s->msr &= ~MSR_DELTAS;
        update_irq(s);
    }
    return value;
}

static uint64_t serial_read(void *opaque, hwaddr addr, unsigned size)
{
    SerialState *s = opaque;
    bool dlab = s->lcr & LCR_DLAB;

    switch (addr & 7) {
    case REG_DATA:
        return dlab ? s->divider & 0xff : read_rbr(s);
    case REG_IER:
        return dlab ? s->divider >> 8 : s->ier;
    case REG_IIR_FCR:
        return read_iir(s);
    case REG_LCR:
        return s->lcr;
    case REG_MCR:
        return s->mcr;
    case REG_LSR:
        return read_lsr(s);
    case REG_MSR:
        return read_msr(s);
    default:
        return s->scr;
    }
}

const MemoryRegionOps serial_io_ops = {
    .read = serial_read,
    .write = serial_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- the device ---- */

static void serial_reset_hold(Object *obj, ResetType type)
{
    SerialState *s = SERIAL(obj);

    s->divider = 12;            /* 9600 baud */
    s->ier = s->fcr = s->lcr = s->scr = 0;
    s->mcr = MCR_OUT2;
    s->lsr = LSR_THRE | LSR_TEMT;
    s->thr_interrupt = false;
    fifo_clear(&s->rx);
    fifo_clear(&s->tx);
    s->msr = modem_lines(s);
    update_irq(s);
}

static int serial_be_change(void *opaque);

static void set_handlers(SerialState *s)
{
    qemu_chr_fe_set_handlers(&s->chr, serial_can_receive, serial_receive,
                             serial_event, serial_be_change, s, NULL, true);
}

/* The chardev behind the port was replaced. */
static int serial_be_change(void *opaque)
{
    SerialState *s = opaque;

    s->watch_tag = 0;
    set_handlers(s);
    tell_parameters(s);
    transmit(s);
    update_irq(s);
    return 0;
}

static void serial_realize(DeviceState *dev, Error **errp)
{
    set_handlers(SERIAL(dev));
}

static void serial_unrealize(DeviceState *dev)
{
    SerialState *s = SERIAL(dev);

    if (s->watch_tag) {
        qemu_chr_fe_remove_watch(&s->chr, s->watch_tag);
        s->watch_tag = 0;
    }
    qemu_chr_fe_deinit(&s->chr, false);
}

static int serial_post_load(void *opaque, int version_id)
{
    SerialState *s = opaque;

    s->rx.head %= UART_FIFO_LENGTH;
    s->tx.head %= UART_FIFO_LENGTH;
    if (s->rx.count > UART_FIFO_LENGTH || s->tx.count > UART_FIFO_LENGTH) {
        return -EINVAL;
    }
    tell_parameters(s);
    transmit(s);
    update_irq(s);
    return 0;
}

const VMStateDescription vmstate_serial = {
    .name = "serial",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = serial_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(divider, SerialState),
        VMSTATE_UINT8(ier, SerialState),
        VMSTATE_UINT8(fcr, SerialState),
        VMSTATE_UINT8(lcr, SerialState),
        VMSTATE_UINT8(mcr, SerialState),
        VMSTATE_UINT8(lsr, SerialState),
        VMSTATE_UINT8(msr, SerialState),
        VMSTATE_UINT8(scr, SerialState),
        VMSTATE_BOOL(thr_interrupt, SerialState),
        VMSTATE_UINT8_ARRAY(rx.byte, SerialState, UART_FIFO_LENGTH),
        VMSTATE_UINT8(rx.head, SerialState),
        VMSTATE_UINT8(rx.count, SerialState),
        VMSTATE_UINT8_ARRAY(tx.byte, SerialState, UART_FIFO_LENGTH),
        VMSTATE_UINT8(tx.head, SerialState),
        VMSTATE_UINT8(tx.count, SerialState),
        VMSTATE_END_OF_LIST()
    },
};

static const Property serial_properties[] = {
    DEFINE_PROP_CHR("chardev", SerialState, chr),
    DEFINE_PROP_UINT32("baudbase", SerialState, baudbase, 115200,
                       .description = "highest rate of the line"),
};

static void serial_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = serial_realize;
    dc->unrealize = serial_unrealize;
    dc->user_creatable = false;     /* embedded in a bus device */
    RESETTABLE_CLASS(klass)->phases.hold = serial_reset_hold;
    device_class_set_props(dc, serial_properties);
}

static const TypeInfo serial_types[] = {
    {
        .name = TYPE_SERIAL,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SerialState),
        .class_init = serial_class_init,
    },
};

DEFINE_TYPES(serial_types)

/*
 * The 16550A serial port: the part behind any bus. A bus device embeds a
 * SerialState, connects its irq and shows its eight registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_CHAR_SERIAL_H
#define HW_CHAR_SERIAL_H

#include "chardev/char-fe.h"
#include "hw/core/qdev.h"
#include "qom/object.h"
#include "system/memory.h"

#define UART_FIFO_LENGTH 16

#define TYPE_SERIAL "serial"
OBJECT_DECLARE_SIMPLE_TYPE(SerialState, SERIAL)

typedef struct SerialFifo {
    uint8_t byte[UART_FIFO_LENGTH];
    uint8_t head, count;
} SerialFifo;

struct SerialState {
    DeviceState parent_obj;
    MemoryRegion io;            /* the bus device initialises it */
    qemu_irq irq;
    CharFrontend chr;
    uint32_t baudbase;          /* divisor 1 means this many bits a second */

    uint16_t divider;
    uint8_t ier, fcr, lcr, mcr, lsr, msr, scr;
    bool thr_interrupt;         /* "transmitter empty" was not taken note of */
    bool rx_refused;            /* the chardev waits for room */
    SerialFifo rx, tx;
    unsigned watch_tag;
};

/* Registers 0..7, one byte each. Big lock held. */
extern const MemoryRegionOps serial_io_ops;
extern const VMStateDescription vmstate_serial;

#define TYPE_ISA_SERIAL "isa-serial"
#define MAX_ISA_SERIAL_PORTS 4

/* isa-serial ports for serial_hd(from) to serial_hd(to - 1) that exist. */
void serial_hds_isa_init(ISABus *bus, int from, int to);

#endif

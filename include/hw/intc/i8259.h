/*
 * The pair of 8259A interrupt controllers. The master's output ends at the
 * processors (APIC's LINT0); the slave hangs on the master's line 2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INTC_I8259_H
#define HW_INTC_I8259_H

#include "hw/isa/isa.h"

#define TYPE_I8259 "isa-i8259"
OBJECT_DECLARE_SIMPLE_TYPE(PICState, I8259)

/*
 * What one chip knows, without the bus around it. Bit n of a mask is line n;
 * the functions return nothing that a guest could make invalid.
 */
typedef struct PICCore {
    uint8_t irr, imr, isr;
    uint8_t lines;              /* the level of each input */
    uint8_t elcr, elcr_mask;    /* level triggered; which may be */
    uint8_t vector_base;        /* ICW2 */
    uint8_t top;                /* the line of highest priority */
    uint8_t init_step;          /* 0, or the number of the awaited ICW */
    bool init_icw4, single;
    bool read_isr, poll, special_mask;
    bool auto_eoi, rotate_on_auto_eoi, special_nested;
    bool master;
} PICCore;

void pic_core_reset(PICCore *core);
void pic_core_set_line(PICCore *core, unsigned line, bool level);
/* The line that deserves service now, or -1. */
int pic_core_pending(const PICCore *core);
/* Take line into service, as an acknowledge cycle does. */
void pic_core_ack(PICCore *core, unsigned line);
/* offset: 0 or 1. */
void pic_core_write(PICCore *core, unsigned offset, uint8_t value);
uint8_t pic_core_read(PICCore *core, unsigned offset);

/*
 * Make both chips on bus; the sum of them drives parent_irq. Returns their
 * sixteen inputs, which live as long as the program.
 */
qemu_irq *i8259_init(ISABus *bus, qemu_irq parent_irq);

/*
 * The acknowledge cycle of a processor: the vector to enter (that of line 7 if
 * the request has gone), or -1 when there is no such controller. Big lock held.
 */
int i8259_acknowledge(void);
/* True while the master asks for service. */
bool i8259_pending(void);

#endif

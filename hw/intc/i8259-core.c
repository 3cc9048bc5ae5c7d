/*
 * One 8259A: priorities, modes and command words. The pair, its ports and its
 * wiring are in i8259.c. Intel's data sheet 231468 names the words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/intc/i8259.h"

enum { CASCADE = 2 };

/* Steps of initialisation: which ICW the next write to port 1 is. */
enum { READY = 0, WANT_ICW2 = 2, WANT_ICW3 = 3, WANT_ICW4 = 4 };

/* Power-on: what a reset of the machine does, ELCR included. */
void pic_core_reset(PICCore *core)
{
    *core = (PICCore) {
        .lines = core->lines,
        .elcr_mask = core->elcr_mask,
        .master = core->master,
    };
}

/* Position of the most urgent set bit counted from the top line; 8: none. */
static unsigned urgency(const PICCore *core, uint8_t mask)
{
    unsigned rotated = (mask * 0x101u) >> (core->top & 7) & 0xff;

    return rotated ? __builtin_ctz(rotated) : 8;
}

int pic_core_pending(const PICCore *core)
{
    uint8_t serving = core->isr;
    unsigned request, current;

    request = urgency(core, core->irr & ~core->imr);
    if (request == 8) {
        return -1;
    }
    if (core->special_mask) {
        serving &= ~core->imr;
    }
    /* The slave may ask again while one of its lines is in service. */
    if (core->special_nested && core->master) {
        serving &= ~(1 << CASCADE);
    }
    current = urgency(core, serving);
    return request < current ? (int)((request + core->top) & 7) : -1;
}

void pic_core_set_line(PICCore *core, unsigned line, bool level)
{
    uint8_t bit = 1 << (line & 7);
    bool was = core->lines & bit;

    core->lines = level ? core->lines | bit : core->lines & ~bit;
    if (core->elcr & bit) {
        core->irr = level ? core->irr | bit : core->irr & ~bit;
    } else if (level && !was) {
        core->irr |= bit;       /* latched: sources may pulse */
    }
}

void pic_core_ack(PICCore *core, unsigned line)
{
    uint8_t bit = 1 << (line & 7);

    if (!(core->elcr & bit)) {
        core->irr &= ~bit;
    }
    if (!core->auto_eoi) {
        core->isr |= bit;
    } else if (core->rotate_on_auto_eoi) {
        core->top = (line + 1) & 7;
    }
}

static void write_icw1(PICCore *core, uint8_t value)
{
    uint8_t elcr = core->elcr;

    pic_core_reset(core);
    core->elcr = elcr;
    core->irr = core->lines & elcr;
    core->init_step = WANT_ICW2;
    core->init_icw4 = value & 1;
    core->single = value & 2;
}

static void write_ocw3(PICCore *core, uint8_t value)
{
    if (value & 4) {
        core->poll = true;
    }
    if (value & 2) {
        core->read_isr = value & 1;
    }
    if (value & 0x40) {
        core->special_mask = value & 0x20;
    }
}

/* Bits 7..5: rotate, specific, end of interrupt. */
static void write_ocw2(PICCore *core, uint8_t value)
{
    bool rotate = value & 0x80, specific = value & 0x40, eoi = value & 0x20;
    unsigned line = value & 7;

    if (!eoi) {
        if (specific) {
            core->top = rotate ? (line + 1) & 7 : core->top;
        } else {
            core->rotate_on_auto_eoi = rotate;
        }
        return;
    }
    if (!specific) {
        unsigned current = urgency(core, core->isr);

        if (current == 8) {
            return;
        }
        line = (current + core->top) & 7;
    }
    core->isr &= ~(1 << line);
    if (rotate) {
        core->top = (line + 1) & 7;
    }
}

static void write_port1(PICCore *core, uint8_t value)
{
    switch (core->init_step) {
    case WANT_ICW2:
        core->vector_base = value & 0xf8;
        core->init_step = !core->single ? WANT_ICW3 :
                          core->init_icw4 ? WANT_ICW4 : READY;
        break;
    case WANT_ICW3:             /* how they are cascaded is known */
        core->init_step = core->init_icw4 ? WANT_ICW4 : READY;
        break;
    case WANT_ICW4:
        core->special_nested = value & 0x10;
        core->auto_eoi = value & 0x02;
        core->init_step = READY;
        break;
    default:
        core->imr = value;
        break;
    }
}

void pic_core_write(PICCore *core, unsigned offset, uint8_t value)
{
    if (offset & 1) {
        write_port1(core, value);
    } else if (value & 0x10) {
        write_icw1(core, value);
    } else if (value & 0x08) {
        write_ocw3(core, value);
    } else {
        write_ocw2(core, value);
    }
}

/* The poll command makes the next read an acknowledge. */
static uint8_t poll_read(PICCore *core)
{
    int line = pic_core_pending(core);

    core->poll = false;
    if (line < 0) {
        return 0;
    }
    pic_core_ack(core, line);
    return 0x80 | line;
}

uint8_t pic_core_read(PICCore *core, unsigned offset)
{
    if (core->poll) {
        return poll_read(core);
    }
    if (offset & 1) {
        return core->imr;
    }
    return core->read_isr ? core->isr : core->irr;
}

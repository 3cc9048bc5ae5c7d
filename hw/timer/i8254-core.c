/*
 * One counter of an 8254 in its six modes, as a function of time: nothing runs
 * here. The device around it is in i8254.c. Intel's data sheet 231164.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/timer/i8254.h"

enum {
    TERMINAL_COUNT = 0, ONE_SHOT = 1, RATE = 2, SQUARE = 3,
    SOFT_STROBE = 4, HARD_STROBE = 5,
};

void pit_counter_reset(PITCounter *c, bool gate)
{
    *c = (PITCounter) { .mode = SQUARE, .access = 3, .count = 0x10000,
                        .gate = gate };
}

/* Modes that a gate starts, and those that it lets run. */
static bool starts_by_gate(const PITCounter *c)
{
    return c->mode == ONE_SHOT || c->mode == HARD_STROBE;
}

static bool is_periodic(const PITCounter *c)
{
    return c->mode == RATE || c->mode == SQUARE;
}

static bool is_stopped(const PITCounter *c)
{
    return !c->loaded || (!c->gate && !starts_by_gate(c));
}

static uint64_t elapsed(const PITCounter *c, uint64_t now)
{
    return is_stopped(c) ? c->held : now - c->start;
}

static unsigned to_bcd(unsigned value)
{
    return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 |
           value / 1000 % 10 << 12;
}

static unsigned from_bcd(unsigned value)
{
    return (value & 15) + (value >> 4 & 15) * 10 + (value >> 8 & 15) * 100 +
           (value >> 12 & 15) * 1000;
}

/* What the counting element shows. */
static uint16_t current_count(const PITCounter *c, uint64_t now)
{
    unsigned modulus = c->bcd ? 10000 : 0x10000;
    uint64_t gone = elapsed(c, now);
    unsigned value;

    switch (c->mode) {
    case RATE:
        value = c->count - gone % c->count;
        break;
    case SQUARE:                /* counts by two, twice in a period */
        value = (c->count & ~1u) - gone % c->count * 2 % c->count;
        value &= ~1u;
        break;
    default:
        value = (c->count + modulus - gone % modulus) % modulus;
        break;
    }
    value %= modulus;
    return c->bcd ? to_bcd(value) : value;
}

bool pit_counter_out(const PITCounter *c, uint64_t now)
{
    uint64_t gone = elapsed(c, now);

    if (!c->loaded) {
        return c->mode != TERMINAL_COUNT;
    }
    switch (c->mode) {
    case TERMINAL_COUNT:
    case ONE_SHOT:
        return gone >= c->count;
    case RATE:
        return !c->gate || gone % c->count != c->count - 1;
    case SQUARE:
        return !c->gate || gone % c->count < (c->count + 1) / 2;
    default:
        return gone != c->count;
    }
}

uint64_t pit_counter_next_rise(const PITCounter *c, uint64_t now)
{
    uint64_t gone = elapsed(c, now), rise;

    if (is_stopped(c)) {
        return PIT_NEVER;
    }
    switch (c->mode) {
    case RATE:
    case SQUARE:
        return c->start + (gone / c->count + 1) * c->count;
    case TERMINAL_COUNT:
    case ONE_SHOT:
        rise = c->count;
        break;
    default:                    /* low for one tick */
        rise = (uint64_t)c->count + 1;
        break;
    }
    return gone < rise ? c->start + rise : PIT_NEVER;
}

void pit_counter_latch_count(PITCounter *c, uint64_t now)
{
    if (!c->count_latched) {
        c->latched = current_count(c, now);
        c->count_latched = true;
        c->latch_high_next = c->access == 2;
    }
}

void pit_counter_latch_status(PITCounter *c, uint64_t now)
{
    if (!c->status_latched) {
        c->status_latch = pit_counter_out(c, now) << 7 | !c->loaded << 6 |
                          c->access << 4 | c->mode << 1 | c->bcd;
        c->status_latched = true;
    }
}

void pit_counter_control(PITCounter *c, uint8_t value, uint64_t now)
{
    static const uint8_t modes[8] = {
        TERMINAL_COUNT, ONE_SHOT, RATE, SQUARE,
        SOFT_STROBE, HARD_STROBE, RATE, SQUARE,
    };
    unsigned access = value >> 4 & 3;

    if (access == 0) {
        pit_counter_latch_count(c, now);
        return;
    }
    c->held = 0;
    c->loaded = false;
    c->access = access;
    c->mode = modes[value >> 1 & 7];
    c->bcd = value & 1;
    c->count_latched = c->status_latched = false;
    c->read_high_next = c->write_high_next = access == 2;
}

static void load(PITCounter *c, unsigned value, uint64_t now)
{
    unsigned count = c->bcd ? from_bcd(value) : value;

    c->count = count ?: c->bcd ? 10000 : 0x10000;
    /* A count of one is no period; real parts do not offer it either. */
    if (is_periodic(c) && c->count == 1) {
        c->count = 2;
    }
    if (starts_by_gate(c)) {
        if (!c->loaded) {       /* idle until the gate rises: count is over */
            c->start = now - c->count - 1;
        }
    } else {
        c->start = now;
        c->held = 0;
    }
    c->loaded = true;
}

void pit_counter_write(PITCounter *c, uint8_t value, uint64_t now)
{
    switch (c->access) {
    case 1:
        load(c, value, now);
        break;
    case 2:
        load(c, value << 8, now);
        break;
    default:
        if (c->write_high_next) {
            load(c, c->write_low | value << 8, now);
        } else {
            c->write_low = value;
            if (c->mode == TERMINAL_COUNT) {    /* the first byte stops it */
                c->held = elapsed(c, now);
                c->loaded = false;
            }
        }
        c->write_high_next = !c->write_high_next;
        break;
    }
}

static uint8_t read_latched(PITCounter *c)
{
    uint8_t value = c->latch_high_next ? c->latched >> 8 : c->latched;

    c->count_latched = c->access == 3 && !c->latch_high_next;
    c->latch_high_next = true;
    return value;
}

uint8_t pit_counter_read(PITCounter *c, uint64_t now)
{
    uint16_t value;
    bool high;

    if (c->status_latched) {
        c->status_latched = false;
        return c->status_latch;
    }
    if (c->count_latched) {
        return read_latched(c);
    }
    value = current_count(c, now);
    high = c->access == 2 || (c->access == 3 && c->read_high_next);
    c->read_high_next = c->access == 3 && !c->read_high_next;
    return high ? value >> 8 : value;
}

void pit_counter_set_gate(PITCounter *c, bool gate, uint64_t now)
{
    if (gate == c->gate) {
        return;
    }
    if (starts_by_gate(c) || is_periodic(c)) {
        if (gate) {             /* begins anew */
            c->start = now;
            c->held = 0;
        } else if (is_periodic(c)) {
            c->held = elapsed(c, now);
        }
    } else if (gate) {          /* goes on where it stopped */
        c->start = now - c->held;
    } else {
        c->held = elapsed(c, now);
    }
    c->gate = gate;
}

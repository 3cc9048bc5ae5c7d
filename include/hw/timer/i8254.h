/*
 * The 8254 interval timer: three counters at 1.193182 MHz on the virtual clock.
 * Counter 0 drives ISA line 0, counter 2 the speaker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_TIMER_I8254_H
#define HW_TIMER_I8254_H

#include "hw/isa/isa.h"

#define PIT_FREQ 1193182
#define PIT_NEVER UINT64_MAX

/*
 * One counter, without a clock: `now` is a count of PIT ticks that never goes
 * back. A counter that was not loaded since its mode was set does not count.
 */
typedef struct PITCounter {
    uint64_t start;             /* tick at which the running count began */
    uint64_t held;              /* ticks gone before the gate stopped it */
    uint32_t count;             /* 1..65536 (10000 in BCD) */
    uint16_t latched;
    uint8_t status_latch;
    uint8_t mode;               /* 0..5 */
    uint8_t access;             /* 1 low, 2 high, 3 low then high */
    uint8_t write_low;          /* low byte of a two-byte load */
    bool bcd, gate, loaded;
    bool count_latched, status_latched;
    bool read_high_next, write_high_next;
    bool latch_high_next;       /* of the latched value the low byte is read */
} PITCounter;

/* Power-on: mode 3, nothing loaded, the gate as given. */
void pit_counter_reset(PITCounter *c, bool gate);
/* value: a control word whose counter bits were decoded by the caller. */
void pit_counter_control(PITCounter *c, uint8_t value, uint64_t now);
void pit_counter_write(PITCounter *c, uint8_t value, uint64_t now);
uint8_t pit_counter_read(PITCounter *c, uint64_t now);
void pit_counter_latch_count(PITCounter *c, uint64_t now);
void pit_counter_latch_status(PITCounter *c, uint64_t now);
void pit_counter_set_gate(PITCounter *c, bool gate, uint64_t now);
/* The level of the output pin. */
bool pit_counter_out(const PITCounter *c, uint64_t now);
/* The first tick after now at which the output rises, PIT_NEVER if none. */
uint64_t pit_counter_next_rise(const PITCounter *c, uint64_t now);

#define TYPE_I8254 "isa-pit"
OBJECT_DECLARE_SIMPLE_TYPE(PITState, I8254)

/* Make the device at base; counter 0 drives irq. */
ISADevice *i8254_pit_init(ISABus *bus, uint16_t base, qemu_irq irq);
/* The gate and the output of a counter, for port 0x61. Big lock held. */
void pit_set_gate(ISADevice *dev, unsigned counter, bool gate);
bool pit_get_gate(ISADevice *dev, unsigned counter);
bool pit_get_out(ISADevice *dev, unsigned counter);

#define TYPE_PC_SPEAKER "isa-pcspk"
/* Port 0x61: gate and output of counter 2, the refresh toggle. */
ISADevice *pcspk_init(ISABus *bus, ISADevice *pit);

#endif

/*
 * A PS/2 keyboard or mouse at rest: it answers what a driver asks when it looks
 * for it, and says nothing by itself. Part of the i8042.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INPUT_PS2_QUIET_H
#define HW_INPUT_PS2_QUIET_H

#include "migration/vmstate.h"

#define PS2_QUEUE 16

typedef struct PS2Quiet {
    bool is_mouse;
    uint8_t command;            /* waits for its parameter; 0: none */
    uint8_t last;               /* for "resend" */
    uint8_t scancode_set;
    uint8_t rate, resolution;
    uint8_t queue[PS2_QUEUE];
    uint8_t head, count;
} PS2Quiet;

void ps2_reset(PS2Quiet *d, bool is_mouse);
/* A byte from the controller. */
void ps2_write(PS2Quiet *d, uint8_t value);
/* Does it have something to say, and what. */
bool ps2_pending(const PS2Quiet *d);
uint8_t ps2_next(PS2Quiet *d);

extern const VMStateDescription vmstate_ps2_quiet;

#endif

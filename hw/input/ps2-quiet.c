/*
 * A PS/2 keyboard or mouse that nobody touches: the command set, no events.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "ps2-quiet.h"

enum { ACK = 0xfa, SELF_TEST_PASSED = 0xaa };

/* Commands; a few mean different things to a keyboard (K) and a mouse (M). */
enum {
    M_SCALE_1 = 0xe6, M_SCALE_2 = 0xe7, M_RESOLUTION = 0xe8, M_STATUS = 0xe9,
    M_STREAM = 0xea, M_POLL = 0xeb, K_LEDS = 0xed, K_ECHO = 0xee,
    K_SCANCODES = 0xf0, IDENTIFY = 0xf2, SET_RATE = 0xf3, ENABLE = 0xf4,
    DISABLE = 0xf5, DEFAULTS = 0xf6, RESEND = 0xfe, RESET = 0xff,
};

static void say(PS2Quiet *d, uint8_t byte)
{
    if (d->count < PS2_QUEUE) {
        d->queue[(d->head + d->count++) % PS2_QUEUE] = byte;
    }
}

static void set_defaults(PS2Quiet *d)
{
    d->scancode_set = 2;
    d->rate = 100;
    d->resolution = 2;
    d->command = 0;
}

void ps2_reset(PS2Quiet *d, bool is_mouse)
{
    *d = (PS2Quiet) { .is_mouse = is_mouse };
    set_defaults(d);
}

bool ps2_pending(const PS2Quiet *d)
{
    return d->count > 0;
}

uint8_t ps2_next(PS2Quiet *d)
{
    uint8_t byte = d->queue[d->head];

    d->head = (d->head + 1) % PS2_QUEUE;
    d->count--;
    d->last = byte;
    return byte;
}

static void parameter(PS2Quiet *d, uint8_t value)
{
    uint8_t command = d->command;

    d->command = 0;
    say(d, ACK);
    if (command == SET_RATE) {
        d->rate = value;
    } else if (command == M_RESOLUTION) {
        d->resolution = value;
    } else if (command == K_SCANCODES) {
        if (value == 0) {
            say(d, d->scancode_set);
        } else if (value <= 3) {
            d->scancode_set = value;
        }
    }
}

static bool takes_parameter(const PS2Quiet *d, uint8_t value)
{
    return value == SET_RATE ||
           (d->is_mouse ? value == M_RESOLUTION
                        : value == K_LEDS || value == K_SCANCODES);
}

static void identify(PS2Quiet *d)
{
    if (d->is_mouse) {
        say(d, 0x00);           /* two buttons, no wheel */
    } else {
        say(d, 0xab);
        say(d, 0x83);
    }
}

/* What only a mouse is asked: where it stands, which is where it stood. */
static void mouse_report(PS2Quiet *d, uint8_t value)
{
    if (value == M_STATUS) {
        say(d, 0x00);
        say(d, d->resolution);
        say(d, d->rate);
    } else if (value == M_POLL) {
        say(d, 0x08);
        say(d, 0x00);
        say(d, 0x00);
    }
}

void ps2_write(PS2Quiet *d, uint8_t value)
{
    if (d->command) {
        parameter(d, value);
        return;
    }
    if (value == RESEND) {
        say(d, d->last);
        return;
    }
    d->count = 0;               /* a command ends what was being said */
    if (value == K_ECHO && !d->is_mouse) {
        say(d, K_ECHO);
        return;
    }
    say(d, ACK);
    if (takes_parameter(d, value)) {
        d->command = value;
    } else if (value == IDENTIFY) {
        identify(d);
    } else if (value == RESET) {
        set_defaults(d);
        say(d, SELF_TEST_PASSED);
        if (d->is_mouse) {
            say(d, 0x00);
        }
    } else if (value == DEFAULTS || value == DISABLE) {
        set_defaults(d);
    } else if (d->is_mouse) {
        mouse_report(d, value);
    }
}

static int ps2_post_load(void *opaque, int version_id)
{
    PS2Quiet *d = opaque;

    d->head %= PS2_QUEUE;
    return d->count <= PS2_QUEUE ? 0 : -EINVAL;
}

const VMStateDescription vmstate_ps2_quiet = {
    .name = "ps2",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ps2_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(command, PS2Quiet),
        VMSTATE_UINT8(last, PS2Quiet),
        VMSTATE_UINT8(scancode_set, PS2Quiet),
        VMSTATE_UINT8(rate, PS2Quiet),
        VMSTATE_UINT8(resolution, PS2Quiet),
        VMSTATE_UINT8_ARRAY(queue, PS2Quiet, PS2_QUEUE),
        VMSTATE_UINT8(head, PS2Quiet),
        VMSTATE_UINT8(count, PS2Quiet),
        VMSTATE_END_OF_LIST()
    },
};

/*
 * Telnet commands (RFC 854, 855) in the input of a socket chardev. Options that
 * the other side asks for are not negotiated: it got our greeting.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "char-telnet.h"

enum {
    IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250,
    BRK = 243, SE = 240,
};
enum { BINARY = 0, ECHO_INPUT = 1, SUPPRESS_GO_AHEAD = 3 };

const uint8_t *telnet_greeting(size_t *bytes)
{
    static const uint8_t greeting[] = {
        IAC, WILL, ECHO_INPUT, IAC, WILL, SUPPRESS_GO_AHEAD,
        IAC, WILL, BINARY, IAC, DO, BINARY,
    };

    *bytes = sizeof(greeting);
    return greeting;
}

/* A byte after IAC; true if it is data, an IAC that was doubled. */
static bool take_command(TelnetState *state, uint8_t byte, unsigned *breaks)
{
    *state = byte == SB ? TELNET_SUB
             : byte >= WILL && byte <= DONT ? TELNET_OPTION : TELNET_DATA;
    *breaks += byte == BRK;
    return byte == IAC;
}

static bool take_byte(TelnetState *state, uint8_t byte, unsigned *breaks)
{
    switch (*state) {
    case TELNET_DATA:
        if (byte == IAC) {
            *state = TELNET_COMMAND;
        }
        return byte != IAC;
    case TELNET_COMMAND:
        return take_command(state, byte, breaks);
    case TELNET_OPTION:
        *state = TELNET_DATA;
        return false;
    case TELNET_SUB:
        if (byte == IAC) {
            *state = TELNET_SUB_COMMAND;
        }
        return false;
    case TELNET_SUB_COMMAND:
        *state = byte == SE ? TELNET_DATA : TELNET_SUB;
        return false;
    }
    return false;
}

size_t telnet_filter(TelnetState *state, uint8_t *buf, size_t count,
                     unsigned *breaks)
{
    size_t kept = 0;

    *breaks = 0;
    for (size_t i = 0; i < count; i++) {
        if (take_byte(state, buf[i], breaks)) {
            buf[kept++] = buf[i];
        }
    }
    return kept;
}

/*
 * The telnet protocol (RFC 854) on a socket chardev: what is said when somebody
 * connects, and what has to be taken out of what comes in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_CHAR_TELNET_H
#define CHARDEV_CHAR_TELNET_H

/* Where in a command the input is. */
typedef enum TelnetState {
    TELNET_DATA, TELNET_COMMAND, TELNET_OPTION, TELNET_SUB, TELNET_SUB_COMMAND,
} TelnetState;

/*
 * What a server says first: it echoes, needs no go-ahead, and wants bytes as
 * they are. *bytes of constant data.
 */
const uint8_t *telnet_greeting(size_t *bytes);

/*
 * Takes commands out of @count bytes of @buf in place; returns how many are
 * left. *breaks counts the breaks among them.
 */
size_t telnet_filter(TelnetState *state, uint8_t *buf, size_t count,
                     unsigned *breaks);

#endif

/*
 * Requests for help in option values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_HELP_OPTION_H
#define QEMU_HELP_OPTION_H

/* "help" and, as ever, "?". */
static inline bool is_help_option(const char *s)
{
    return !strcmp(s, "help") || !strcmp(s, "?");
}

/* Has the list k=v,… the key "help" or "?" without a value? Sees ",,". */
bool has_help_option(const char *params);

#endif

/*
 * Whether the software CPU runs the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_TCG_H
#define SYSTEM_TCG_H

#include <stdbool.h>

extern bool tcg_allowed;

static inline bool tcg_enabled(void)
{
    return tcg_allowed;
}

#endif

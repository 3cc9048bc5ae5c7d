/*
 * Between clock.c, timer.c and the main loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTIL_TIMER_INTERNAL_H
#define UTIL_TIMER_INTERNAL_H

#include "qemu/timer.h"

/* May timers of this clock fire? Any thread. */
bool clock_is_enabled(QEMUClockType type);

/* Call the warp hook, if there is one. */
void virtual_clock_warp(void);

/* Make the main loop's lists call @cb. */
void main_loop_tlg_set_notify(QEMUTimerListNotifyCB *cb, void *opaque);

#endif

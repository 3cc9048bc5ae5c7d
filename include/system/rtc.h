/*
 * What time it is for the guest's clock: the -rtc option.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_RTC_H
#define SYSTEM_RTC_H

#include "qemu/timer.h"

/* The clock that the guest's calendar follows (-rtc clock=). */
extern QEMUClockType rtc_clock;

/*
 * Nanoseconds since 1970 in the guest's calendar: UTC, the host's local time, or
 * what runs on from the date given (-rtc base=). Big lock held.
 */
int64_t rtc_base_ns(void);

/* The guest's date `offset` seconds from now. Big lock held. */
void qemu_get_timedate(struct tm *tm, time_t offset);

/*
 * Take the options of one -rtc (base, clock, driftfix). A bad value ends the
 * program with a line that says what is legal. Main thread, before machines.
 */
void configure_rtc(QemuOpts *opts);

#endif

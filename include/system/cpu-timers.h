/*
 * The clock that the guest's processors count: the virtual clock and whether
 * its ticks run. The virtual clock's own arithmetic is in util/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_CPU_TIMERS_H
#define SYSTEM_CPU_TIMERS_H

/* Starts and stops the virtual clock; idempotent. Big lock. */
void cpu_enable_ticks(void);
void cpu_disable_ticks(void);

/* Nanoseconds of virtual time; any thread. */
int64_t cpu_get_clock(void);

/*
 * Ticks of a counter of @hz driven by the virtual clock, exact to the last
 * unit over 584 years. Any thread.
 */
uint64_t cpu_clock_to_ticks(int64_t ns, uint64_t hz);

#endif

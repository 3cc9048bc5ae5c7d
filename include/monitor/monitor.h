/*
 * Monitors as the rest of the program sees them: printing to the monitor in
 * whose name a command runs, and descriptors that clients handed in.  How
 * monitors work inside is in monitor/monitor-internal.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MONITOR_H
#define MONITOR_H

/*
 * Print to a human monitor; with NULL, or on a control monitor, nothing
 * happens and the answer is -1.  Any thread.
 */
int monitor_printf(Monitor *mon, const char *fmt, ...) G_PRINTF(2, 3);
int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap) G_PRINTF(2, 0);
int monitor_puts(Monitor *mon, const char *text);

/* The monitor whose command runs in this thread, NULL if none. */
Monitor *monitor_cur(void);
bool monitor_cur_is_qmp(void);

#include "chardev/fdset.h"

#endif

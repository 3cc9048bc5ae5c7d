/*
 * Test mode: a client drives memory, ports, interrupts and time by text
 * commands (-qtest), usually on the accelerator "qtest".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_QTEST_H
#define SYSTEM_QTEST_H

extern bool qtest_allowed;

/* Is the accelerator "qtest"? */
static inline bool qtest_enabled(void)
{
    return qtest_allowed;
}

/* Is there a -qtest client, whatever the accelerator? */
bool qtest_driver(void);

/*
 * Serve @chrdev ("unix:PATH", …).  @log: a file for what goes both ways, NULL
 * for standard error.  False with @errp set.
 */
bool qtest_server_init(const char *chrdev, const char *log, Error **errp);
void qtest_server_cleanup(void);

#endif

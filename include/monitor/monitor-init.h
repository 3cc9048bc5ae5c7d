/*
 * Making and ending monitors: for start-up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MONITOR_INIT_H
#define MONITOR_INIT_H

#include "qemu/option.h"
#include "chardev/char.h"

/* Once, before chardevs and monitors: hooks for events and messages. */
void monitor_init_globals(void);

/* A control (@qmp) or human monitor on @chr. False with @errp set. */
bool monitor_init_on(Chardev *chr, bool qmp, bool pretty, Error **errp);

/* One -mon entry of group "mon": mode=, chardev=, pretty=. */
bool monitor_init_opts(QemuOpts *opts, Error **errp);

/* Write what is left, then end all monitors and their thread. */
void monitor_cleanup(void);

#endif

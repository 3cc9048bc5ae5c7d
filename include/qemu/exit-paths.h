/*
 * Files that this process made and that must not outlive it, however it ends:
 * sockets, above all.
 *
 * Main thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_EXIT_PATHS_H
#define QEMU_EXIT_PATHS_H

/* Remove @path when the process ends, also after an error. */
void exit_path_add(const char *path);

/* Remove it now, if it was added, and forget it. */
void exit_path_remove(const char *path);

/* The process went on in a child (-daemonize): removing is now its task. */
void exit_paths_forked(void);

#endif

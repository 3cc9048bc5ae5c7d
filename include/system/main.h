/*
 * The three parts of the program's life.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_MAIN_H
#define SYSTEM_MAIN_H

/* From the command line to a machine that is ready; a mistake ends it here. */
void qemu_init(int argc, char **argv);

/* After the main loop: stop, tell, close, remove. */
void qemu_cleanup(int status);

#endif

/*
 * What start-up says about standard input and output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_CHAR_STDIO_H
#define CHARDEV_CHAR_STDIO_H

/* With -daemonize there is no terminal to use. */
extern bool qemu_chr_stdio_forbidden;

#endif

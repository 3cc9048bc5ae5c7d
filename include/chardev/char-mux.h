/*
 * What start-up tells multiplexers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_CHAR_MUX_H
#define CHARDEV_CHAR_MUX_H

/* What "x" after the escape byte does: end the emulator. */
void qemu_chr_mux_set_quit(void (*quit)(void));
/* -echr: the byte before a letter for the multiplexer; 1 (Ctrl-A) if not called. */
void qemu_chr_mux_set_escape(uint8_t byte);

#endif

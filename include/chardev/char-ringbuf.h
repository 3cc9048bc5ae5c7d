/*
 * Reading what a ring buffer chardev holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_CHAR_RINGBUF_H
#define CHARDEV_CHAR_RINGBUF_H

#include "chardev/char.h"

bool qemu_chr_is_ringbuf(Chardev *chr);

/* Take up to @len bytes out, oldest first; returns how many. */
size_t qemu_chr_ringbuf_read(Chardev *chr, uint8_t *buf, size_t len);
size_t qemu_chr_ringbuf_count(Chardev *chr);

#endif

/*
 * A driver of virtio-net for fuzz targets, which keeps the rules as far as its
 * input lets it: features, rings of either layout, chains, commands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_FUZZ_DRIVER_H
#define TESTS_FUZZ_DRIVER_H

#include "fuzz-scene.h"

/* Where the device's memory BAR is. */
#define DRIVER_BAR 0xe0000000u

/* At the beginning of an input. */
void driver_forget(bool page_per_vq);
/* Reset, features, queues, DRIVER_OK; the input says which of them. */
void driver_bring_up(FuzzInput *in);
void driver_queue_reset(unsigned queue);
void driver_notify(unsigned queue);

/* A chain in any queue, in the ring or in a table of its own; mostly right. */
void driver_add_chain(FuzzInput *in, bool indirect);
/* Some bytes of the input anywhere in the first 64 KiB of memory, rings and all. */
void driver_scribble(FuzzInput *in);
/* Some receive buffers of one size. */
void driver_post(FuzzInput *in);
/* A packet with its header, in pieces. */
void driver_send(unsigned queue, FuzzInput *in, const uint8_t *packet,
                 size_t bytes);
/* How long the header before a packet is. */
unsigned driver_header_bytes(void);
/* A command; @raw: all of it is the input's, else it has a class that exists. */
void driver_command(FuzzInput *in, bool raw);

#endif

/*
 * The Toeplitz hash that spreads packets over receive queues (VIRTIO 1.4 section
 * 5.1.6.4.3), from tables made once for a key. Pure; no state of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_TOEPLITZ_H
#define QEMU_NET_TOEPLITZ_H

#include "qemu/osdep.h"

#define NET_TOEPLITZ_KEY_BYTES      40
/* Two IPv6 addresses and two ports. */
#define NET_TOEPLITZ_INPUT_BYTES    36

/* By half byte of the input and its value: what it adds to the hash. */
typedef struct NetToeplitz {
    uint32_t table[2 * NET_TOEPLITZ_INPUT_BYTES][16];
} NetToeplitz;

/* @key has NET_TOEPLITZ_KEY_BYTES; a shorter one is filled up with zeroes. */
void net_toeplitz_init(NetToeplitz *t, const uint8_t *key);
/* Of up to NET_TOEPLITZ_INPUT_BYTES; more are left out. */
uint32_t net_toeplitz_hash(const NetToeplitz *t, const uint8_t *input,
                           size_t size);

#endif

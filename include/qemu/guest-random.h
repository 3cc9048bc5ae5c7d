/*
 * Random bytes for guests and for ourselves: from the kernel, or repeatable if
 * -seed was given.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_GUEST_RANDOM_H
#define QEMU_GUEST_RANDOM_H

/* -seed: a decimal or hex number; later bytes follow from it. 0 or -1. */
int qemu_guest_random_seed_main(const char *optarg, Error **errp);
/* Fill @buf: 0 or -1. Any thread. */
int qemu_guest_getrandom(void *buf, size_t len, Error **errp);
/* The same; ends the process if the kernel gives none. */
void qemu_guest_getrandom_nofail(void *buf, size_t len);

#endif

/*
 * The balloon of the machine: at most one device can give guest memory back and
 * take it again. It says so here, and monitors ask here.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_BALLOON_H
#define SYSTEM_BALLOON_H

#include "qemu/osdep.h"

/* What a balloon can do. */
typedef struct BalloonOps {
    /* Let the guest have @bytes, as soon as it agrees. */
    void (*set_target)(void *opaque, uint64_t bytes);
    /* Bytes that the guest has at present. */
    uint64_t (*actual)(void *opaque);
    /* Free page hinting, as balloon_hint_*() below. */
    bool (*hint_begin)(void *opaque);
    bool (*hint_done)(void *opaque);
    void (*hint_end)(void *opaque);
    bool (*page_unneeded)(void *opaque, ram_addr_t addr);
} BalloonOps;

/* @ops is const and outlives the device. False, with an error: there is one. */
bool balloon_register(const BalloonOps *ops, void *opaque, Error **errp);
/* Nothing happens if @opaque is not the one. */
void balloon_unregister(void *opaque);

/* False, with an error of class DeviceNotActive: there is no balloon. */
bool balloon_set_target(uint64_t bytes, Error **errp);
bool balloon_actual(uint64_t *bytes, Error **errp);

/*
 * Before a copy of the machine is made: ask the guest which pages it does not
 * need. False: it cannot say, and nothing else is to be called. The guest runs
 * on and writes to pages meanwhile; balloon_page_unneeded() knows.
 */
bool balloon_hint_begin(void);
/* Has it said all? Not waiting for it is allowed. */
bool balloon_hint_done(void);
/*
 * Need the contents of the page at @addr not be copied? Only between begin and
 * end, with the machine stopped.
 */
bool balloon_page_unneeded(ram_addr_t addr);
/* The copy is made, or given up: the guest has its pages again. */
void balloon_hint_end(void);

#endif

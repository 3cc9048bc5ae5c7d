/*
 * The far end of a network backend in a fuzz target: it takes as many packets as it
 * is told and looks whether each is as long as it says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_FUZZ_SINK_H
#define TESTS_FUZZ_SINK_H

#include "net/net.h"

typedef struct FuzzSink {
    NetClientState nc;
    unsigned room;              /* packets that it still takes */
} FuzzSink;

/* Without room; packets have a vnet header of @hdr_bytes. It ends with its nc. */
FuzzSink *fuzz_sink_new(const char *name, NetClientState *peer, int hdr_bytes);
/* It takes so many from now on, and what waits for it. */
void fuzz_sink_take(FuzzSink *sink, unsigned packets);
/* Let the main loop work until it has nothing to do. */
void fuzz_turn(void);

#endif

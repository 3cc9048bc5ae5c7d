/*
 * Frames on a byte stream, each behind its length (32 bits, big endian): the part
 * that every stream backend shares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_STREAM_LINK_H
#define NET_STREAM_LINK_H

#include "net-internal.h"

/* Why a stream ended; the link has been stopped when this is called. */
typedef void StreamClosed(NetClientState *nc);

typedef struct StreamLink {
    NetClientState *nc;
    int fd;                     /* -1: not connected */
    StreamClosed *closed;
    bool want_read, want_write;
    struct StreamRx *rx;
    GByteArray *pending;        /* the end of a frame whose start was sent */
    size_t pending_sent;
} StreamLink;

/* A client begins with its state and its link. */
typedef struct StreamClient {
    NetClientState nc;
    StreamLink link;
} StreamClient;

/* Serve the connected socket @fd, which must not block and now belongs to us. */
void stream_link_start(StreamLink *link, NetClientState *nc, int fd,
                       StreamClosed *closed);
void stream_link_stop(StreamLink *link);
/*
 * Send; returns how many were consumed. Fewer: flushed when writable again.
 * Without a connection packets are lost, as on a wire.
 */
unsigned stream_link_send(StreamLink *link, const NetPacket *packets,
                          unsigned count);

#endif

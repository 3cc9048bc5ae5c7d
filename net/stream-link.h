/*
 * Frames on a byte stream, each behind its length (32 bits, big endian): the part
 * that every stream backend shares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_STREAM_LINK_H
#define NET_STREAM_LINK_H

#include "net-internal.h"

/* The stream ended; the link has been stopped when this is called. Main loop. */
typedef void StreamClosed(NetClientState *nc);

typedef struct StreamLink {
    NetClientState *nc;
    int fd;                     /* -1: not connected */
    StreamClosed *closed;
    bool want_read, want_write;
    struct StreamRx *rx;
    GByteArray *pending;        /* the end of a frame whose start was sent */
    size_t pending_sent;
    QEMUBH *closed_bh;          /* while packets move in another loop */
} StreamLink;

/* A client begins with its state and its link. */
typedef struct StreamClient {
    NetClientState nc;
    StreamLink link;
} StreamClient;

/*
 * Serve the connected socket @fd, which must not block and now belongs to us. Main
 * loop; holds the loop of @nc if that is another one.
 */
void stream_link_start(StreamLink *link, NetClientState *nc, int fd,
                       StreamClosed *closed);
void stream_link_stop(StreamLink *link);
/* For NetClientInfo, connected or not; and at the end of the client. */
void stream_link_set_aio_context(StreamLink *link, NetClientState *nc,
                                 AioContext *ctx);
void stream_link_cleanup(StreamLink *link);
/*
 * Send; returns how many were consumed. Fewer: flushed when writable again.
 * Without a connection packets are lost, as on a wire.
 */
unsigned stream_link_send(StreamLink *link, const NetPacket *packets,
                          unsigned count);

#endif

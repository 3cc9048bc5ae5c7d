/*
 * One frame a datagram: the part that every datagram backend shares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_DGRAM_LINK_H
#define NET_DGRAM_LINK_H

#include "sockaddr.h"

typedef struct DgramLink {
    NetClientState *nc;
    int fd;
    NetSockaddr dest;           /* len 0: the socket is connected already */
    bool connected;             /* by us, to dest */
    bool used;                  /* since the last look of the timer */
    QEMUTimer *idle;            /* only where there is something to connect */
    bool want_read, want_write;
    size_t segments_below;      /* the kernel cuts datagrams shorter than this */
    struct DgramRx *rx;         /* made when the first datagram comes */
} DgramLink;

/* A client whose only state is its link. */
typedef struct DgramClient {
    NetClientState nc;
    DgramLink link;
} DgramClient;

/* Serve @fd, which must not block and now belongs to the link. */
void dgram_link_start(DgramLink *link, NetClientState *nc, int fd,
                      const NetSockaddr *dest);
void dgram_link_stop(DgramLink *link);
/* Send; returns how many were consumed. Fewer: flushed when writable again. */
unsigned dgram_link_send(DgramLink *link, const NetPacket *packets,
                         unsigned count);

/* For NetClientInfo of DgramClients. */
void dgram_set_aio_context(NetClientState *nc, AioContext *ctx);

#endif

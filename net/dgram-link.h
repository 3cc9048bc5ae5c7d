/*
 * One frame a datagram: the part that every datagram backend shares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_DGRAM_LINK_H
#define NET_DGRAM_LINK_H

#include "sockaddr.h"

typedef struct DgramLink DgramLink;

/* The longest envelope. */
#define DGRAM_ENVELOPE_MAX  320

/* What stands in front of every frame in its datagram, where something does. */
typedef struct DgramEnvelope {
    size_t sent_bytes;          /* both up to DGRAM_ENVELOPE_MAX, not 0 */
    size_t received_bytes;
    /* Fill in @head, of sent_bytes, for frame @number of those that were sent. */
    void (*write)(DgramLink *link, uint8_t *head, uint32_t number);
    /* Is @head, of received_bytes, that of a frame for us? Others are dropped. */
    bool (*check)(DgramLink *link, const uint8_t *head);
} DgramEnvelope;

struct DgramLink {
    NetClientState *nc;
    int fd;
    NetSockaddr dest;           /* len 0: the socket is connected already */
    const DgramEnvelope *envelope;  /* NULL: none */
    uint32_t sent_count;        /* frames, for the envelope's numbers */
    bool connected;             /* by us, to dest */
    bool used;                  /* since the last look of the timer */
    QEMUTimer *idle;            /* only where there is something to connect */
    bool want_read, want_write;
    size_t segments_below;      /* the kernel cuts datagrams shorter than this */
    struct DgramRx *rx;         /* made when the first datagram comes */
};

/* A client whose only state is its link. */
typedef struct DgramClient {
    NetClientState nc;
    DgramLink link;
} DgramClient;

/*
 * Serve @fd, which must not block and now belongs to the link. Who wants an envelope
 * sets it before.
 */
void dgram_link_start(DgramLink *link, NetClientState *nc, int fd,
                      const NetSockaddr *dest);
void dgram_link_stop(DgramLink *link);
/* Send; returns how many were consumed. Fewer: flushed when writable again. */
unsigned dgram_link_send(DgramLink *link, const NetPacket *packets,
                         unsigned count);

/* For NetClientInfo of DgramClients. */
void dgram_set_aio_context(NetClientState *nc, AioContext *ctx);

#endif

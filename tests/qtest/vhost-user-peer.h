/*
 * A vhost-user peer for tests: a thread that connects to the emulator's socket again
 * and again, maps the memory that it is told of, and works on rings, split and
 * packed. It can be told to misbehave. Written from the protocol's text, with nothing
 * of the emulator's in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_VHOST_USER_PEER_H
#define TESTS_VHOST_USER_PEER_H

#include "qemu/osdep.h"
#include <glib.h>

#define VU_RINGS        8
#define VU_FRAME_BYTES  2048
#define VU_HDR_BYTES    12

enum {
    VU_GET_FEATURES = 1, VU_SET_FEATURES, VU_SET_OWNER, VU_SET_MEM_TABLE = 5,
    VU_SET_VRING_NUM = 8, VU_SET_VRING_ADDR, VU_SET_VRING_BASE,
    VU_GET_VRING_BASE, VU_SET_VRING_KICK, VU_SET_VRING_CALL,
    VU_GET_PROTOCOL_FEATURES = 15, VU_SET_PROTOCOL_FEATURES, VU_GET_QUEUE_NUM,
    VU_SET_VRING_ENABLE, VU_SEND_RARP, VU_NET_SET_MTU, VU_SET_STATUS = 39,
    VU_REQUESTS = 41,
};

/* What is done instead of the right answer to one request. */
typedef enum VuFault {
    VU_NO_FAULT,
    VU_WRONG_REQUEST,           /* answer another one */
    VU_WRONG_SIZE,              /* eight bytes more than there should be */
    VU_HUGE_SIZE,               /* and 4 GiB of them */
    VU_NO_REPLY_FLAG,
    VU_WRONG_VERSION,
    VU_HALF_AND_GONE,           /* half of the header, and the end */
    VU_GONE,                    /* the end, without a word */
    VU_SILENT,
    VU_REFUSE,                  /* the acknowledgement says no */
    VU_EXTRA,                   /* the right one, and something behind it */
    VU_MANY_FDS,                /* the right one, and sixteen descriptors */
    VU_NONSENSE,                /* the right form, all bits set */
    VU_WRONG_RING,              /* GET_VRING_BASE of another ring */
} VuFault;

typedef struct VuFrame {
    size_t size;
    unsigned ring;
    uint8_t data[VU_FRAME_BYTES];       /* behind the header */
} VuFrame;

typedef struct VuPeer VuPeer;

/* Connects to @path as soon as somebody listens. */
VuPeer *vu_peer_new(const char *path);
void vu_peer_free(VuPeer *p);

/* What the next connection offers. */
void vu_peer_offer(VuPeer *p, uint64_t features, uint64_t protocol,
                   uint64_t pairs);
/* At request number @request (of VU_*), or at the @nth of all; once. */
void vu_peer_fault(VuPeer *p, unsigned request, VuFault fault);
void vu_peer_die_at(VuPeer *p, unsigned nth);
/* End the connection; it comes again only with @again, or vu_peer_come(). */
void vu_peer_die(VuPeer *p, bool again);
void vu_peer_come(VuPeer *p);
/* Say something that nobody asked for. */
void vu_peer_shout(VuPeer *p);

/* How often a request came since the peer was made; its last value. */
unsigned vu_peer_count(VuPeer *p, unsigned request);
uint64_t vu_peer_value(VuPeer *p, unsigned request);
unsigned vu_peer_connections(VuPeer *p);
/* Wait until a request came more often than @count; fails after 20 s. */
void vu_peer_wait(VuPeer *p, unsigned request, unsigned count);
/* Until ring @n may be worked on, or not. */
void vu_peer_wait_ring(VuPeer *p, unsigned n, bool runs);

/* The next frame that the guest sent, NULL after @wait_ms. */
VuFrame *vu_peer_receive(VuPeer *p, int wait_ms);
/* Into the receive ring @ring as soon as it has a buffer. */
void vu_peer_send(VuPeer *p, unsigned ring, const void *data, size_t size);

#endif

/*
 * Packets on their way into a net client that cannot take them right now.
 *
 * Two kinds of senders meet here. A sender that can wait (a NIC with a ring, a
 * socket backend that stops reading) hands over a burst; what is not taken stays
 * with it and its callback says when to come again: nothing is copied. A sender
 * that cannot wait (libslirp) hands over one packet, which is copied and kept in
 * order, up to a limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_QUEUE_H
#define QEMU_NET_QUEUE_H

#include "qemu/osdep.h"

typedef struct NetQueue NetQueue;
typedef struct NetPacket NetPacket;
typedef struct NetPlace NetPlace;

/* Called in the sender's event loop once its peer can take packets again. */
typedef void NetPacketSent(NetClientState *sender, ssize_t size);

/* At most this many packets are kept as copies; more are dropped. */
#define NET_QUEUE_MAX_PACKETS 10000

NetQueue *qemu_new_net_queue(NetClientState *receiver);
/* The receiver's packets move in @ctx from now on; called quiesced. */
void qemu_net_queue_set_aio_context(NetQueue *queue, AioContext *ctx);
void qemu_del_net_queue(NetQueue *queue);

/*
 * Deliver a burst to the queue's receiver. Returns how many of the @count packets
 * were consumed (delivered, or dropped because nobody wants them). If fewer, the
 * others stay with the caller and @sent_cb (may be NULL: they are simply not
 * taken) is called once after the receiver has become able to take packets.
 */
unsigned qemu_net_queue_burst(NetQueue *queue, NetClientState *sender,
                              const NetPacket *packets, unsigned count,
                              NetPacketSent *sent_cb);

/* A packet may lie in several places, one after the other. */
#define NET_READ_JOIN   0x1
/* A packet that is longer than its places is taken all the same; else it is lost. */
#define NET_READ_LONG   0x2

/*
 * Reads packets into @places, from the first one on and in order; returns how many.
 * @how: what of NET_READ_* is welcome. The reader neither sends anything to its peer
 * nor touches the places later.
 */
typedef unsigned NetReader(NetClientState *nc, NetPlace *places, unsigned count,
                           unsigned how);

/* For qemu_receive_direct(), which see. */
int qemu_net_queue_receive_direct(NetQueue *queue, NetReader *read,
                                  unsigned max);

/*
 * Deliver one packet, or keep a copy of it until it can be delivered. Returns its
 * size when delivered or dropped, 0 when it was kept.
 */
ssize_t qemu_net_queue_send(NetQueue *queue, NetClientState *sender,
                            const NetPacket *packet, NetPacketSent *sent_cb);

/* Forget all that came from @sender, without calling it back. */
void qemu_net_queue_purge(NetQueue *queue, NetClientState *sender);

/* Deliver what is kept, then wake a waiting sender. False: still blocked. */
bool qemu_net_queue_flush(NetQueue *queue);

/*
 * The wire is cut: forget what is kept and let the senders go on, whether the
 * receiver could have taken it or not.
 */
void qemu_net_queue_close(NetQueue *queue);

/* Packets dropped because the queue was full. */
uint64_t qemu_net_queue_dropped(const NetQueue *queue);

#endif

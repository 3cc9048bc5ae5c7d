/*
 * The queue in front of a net client: delivers at once where it can, keeps the
 * order where it cannot. Who the packets belong to while they wait is told in
 * net/queue.h; how a client takes them is in net.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qemu/iov.h"
#include "net/net.h"

/* A copied packet; its bytes follow. */
typedef struct QueuedPacket {
    QTAILQ_ENTRY(struct QueuedPacket) next;
    NetClientState *sender;
    NetPacketSent *sent_cb;
    struct iovec iov;
    uint8_t bytes[];
} QueuedPacket;

struct NetQueue {
    NetClientState *receiver;
    QTAILQ_HEAD(, struct QueuedPacket) kept;
    unsigned kept_count;
    uint64_t dropped;
    NetClientState *waiter;     /* holds packets of its own until called */
    NetPacketSent *waiter_cb;
    QEMUBH *bh;                 /* goes on when the receiver was on the call chain */
    bool delivering;
};

NetQueue *qemu_new_net_queue(NetClientState *receiver)
{
    NetQueue *queue = g_new0(NetQueue, 1);

    queue->receiver = receiver;
    QTAILQ_INIT(&queue->kept);
    return queue;
}

void qemu_del_net_queue(NetQueue *queue)
{
    QueuedPacket *packet;

    while ((packet = QTAILQ_FIRST(&queue->kept))) {
        QTAILQ_REMOVE(&queue->kept, packet, next);
        g_free(packet);
    }
    if (queue->bh) {
        qemu_bh_delete(queue->bh);
    }
    g_free(queue);
}

static void queue_bh(void *opaque)
{
    NetQueue *queue = opaque;

    if (!queue->receiver->receive_disabled) {
        qemu_net_queue_flush(queue);
    }
}

void qemu_net_queue_set_aio_context(NetQueue *queue, AioContext *ctx)
{
    if (queue->bh) {
        qemu_bh_delete(queue->bh);
        queue->bh = aio_bh_new(ctx, queue_bh, queue);
        qemu_bh_schedule(queue->bh);
    }
}

static void queue_continue_later(NetQueue *queue)
{
    if (!queue->bh) {
        queue->bh = aio_bh_new(queue->receiver->ctx, queue_bh, queue);
    }
    qemu_bh_schedule(queue->bh);
}

/*
 * May packets be delivered right now? When the receiver is in the middle of its
 * own work further up the call chain, they wait for a bottom half: it is never
 * entered from its own doing, and nothing is lost.
 */
static bool queue_may_deliver(NetQueue *queue)
{
    NetClientState *nc = queue->receiver;

    if (nc->receive_disabled) {
        return false;
    }
    if (queue->delivering || qemu_net_client_entered(nc)) {
        queue_continue_later(queue);
        return false;
    }
    return !nc->info->can_receive || nc->info->can_receive(nc);
}

/* Packets that go to and fro: each way is likely to be answered. */
static void queue_note_turn(NetClientState *nc)
{
    if (!nc->took_last) {
        nc->took_last = true;
        if (nc->peer) {
            nc->peer->took_last = false;
        }
        aio_expect_answer(nc->ctx, &nc->answers);
    }
}

static unsigned queue_deliver(NetQueue *queue, const NetPacket *packets,
                              unsigned count)
{
    const MemReentrancyGuard *guard = qemu_net_client_guard(queue->receiver);
    MemReentrancyFrame frame;
    unsigned taken = 0;

    /* First: some backends answer at once, from within. */
    queue_note_turn(queue->receiver);
    queue->delivering = true;
    if (mem_reentrancy_enter(&frame, guard)) {
        taken = qemu_deliver_burst(queue->receiver, packets, count);
        mem_reentrancy_leave(&frame);
    }
    queue->delivering = false;
    return taken;
}

unsigned qemu_net_queue_burst(NetQueue *queue, NetClientState *sender,
                              const NetPacket *packets, unsigned count,
                              NetPacketSent *sent_cb)
{
    unsigned taken = 0;

    if (QTAILQ_EMPTY(&queue->kept) && queue_may_deliver(queue)) {
        taken = queue_deliver(queue, packets, count);
    }
    if (taken < count && sent_cb) {
        queue->waiter = sender;
        queue->waiter_cb = sent_cb;
    }
    return taken;
}

int qemu_net_queue_receive_direct(NetQueue *queue, NetReader *read,
                                  unsigned max)
{
    NetClientState *nc = queue->receiver;
    MemReentrancyFrame frame;
    int taken = -1;

    if (!QTAILQ_EMPTY(&queue->kept) || !queue_may_deliver(queue)) {
        return -1;
    }
    queue->delivering = true;
    if (mem_reentrancy_enter(&frame, qemu_net_client_guard(nc))) {
        taken = nc->info->receive_direct(nc, read, max);
        mem_reentrancy_leave(&frame);
    }
    queue->delivering = false;
    if (taken > 0) {
        queue_note_turn(nc);
    }
    return taken;
}

static void queue_keep(NetQueue *queue, NetClientState *sender,
                       const NetPacket *packet, NetPacketSent *sent_cb)
{
    QueuedPacket *copy;

    /* A sender with a callback stops by itself: its packet is always kept. */
    if (queue->kept_count >= NET_QUEUE_MAX_PACKETS && !sent_cb) {
        queue->dropped++;
        return;
    }
    copy = g_malloc(sizeof(*copy) + packet->size);
    copy->sender = sender;
    copy->sent_cb = sent_cb;
    copy->iov.iov_base = copy->bytes;
    copy->iov.iov_len = iov_to_buf(packet->iov, packet->iovcnt, 0, copy->bytes,
                                   packet->size);
    QTAILQ_INSERT_TAIL(&queue->kept, copy, next);
    queue->kept_count++;
}

ssize_t qemu_net_queue_send(NetQueue *queue, NetClientState *sender,
                            const NetPacket *packet, NetPacketSent *sent_cb)
{
    if (QTAILQ_EMPTY(&queue->kept) && queue_may_deliver(queue) &&
        queue_deliver(queue, packet, 1) == 1) {
        return packet->size;
    }
    queue_keep(queue, sender, packet, sent_cb);
    return 0;
}

void qemu_net_queue_purge(NetQueue *queue, NetClientState *sender)
{
    QueuedPacket *packet, *next;

    QTAILQ_FOREACH_SAFE(packet, &queue->kept, next, next) {
        if (packet->sender == sender) {
            QTAILQ_REMOVE(&queue->kept, packet, next);
            queue->kept_count--;
            g_free(packet);
        }
    }
    if (queue->waiter == sender) {
        queue->waiter = NULL;
        queue->waiter_cb = NULL;
    }
}

/* Take the first @count kept packets off, and tell their senders. */
static void queue_retire(NetQueue *queue, unsigned count)
{
    while (count--) {
        QueuedPacket *packet = QTAILQ_FIRST(&queue->kept);

        QTAILQ_REMOVE(&queue->kept, packet, next);
        queue->kept_count--;
        if (packet->sent_cb) {
            packet->sent_cb(packet->sender, packet->iov.iov_len);
        }
        g_free(packet);
    }
}

bool qemu_net_queue_flush(NetQueue *queue)
{
    while (!QTAILQ_EMPTY(&queue->kept)) {
        NetPacket burst[32];
        QueuedPacket *packet;
        unsigned count = 0, taken;

        if (!queue_may_deliver(queue)) {
            return false;
        }
        QTAILQ_FOREACH(packet, &queue->kept, next) {
            burst[count++] = (NetPacket) {
                .iov = &packet->iov, .iovcnt = 1, .size = packet->iov.iov_len,
            };
            if (count == ARRAY_SIZE(burst)) {
                break;
            }
        }
        taken = queue_deliver(queue, burst, count);
        queue_retire(queue, taken);
        if (taken < count) {
            return false;
        }
    }
    if (queue->waiter_cb && queue_may_deliver(queue)) {
        NetPacketSent *cb = queue->waiter_cb;
        NetClientState *waiter = queue->waiter;

        queue->waiter = NULL;
        queue->waiter_cb = NULL;
        cb(waiter, 1);
    }
    return !queue->receiver->receive_disabled;
}

void qemu_net_queue_close(NetQueue *queue)
{
    NetPacketSent *cb = queue->waiter_cb;
    NetClientState *waiter = queue->waiter;

    queue_retire(queue, queue->kept_count);
    queue->waiter = NULL;
    queue->waiter_cb = NULL;
    if (cb) {
        cb(waiter, 1);
    }
}

uint64_t qemu_net_queue_dropped(const NetQueue *queue)
{
    return queue->dropped;
}

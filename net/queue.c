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
#include "net-internal.h"

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
    unsigned past_count;        /* of these, the first, filters have seen */
    NetFilterPath *path;        /* NULL: no filter is on the way */
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

    if (queue->path || !queue->receiver->receive_disabled) {
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

/* The same for who is delivering, past filters, at this very moment. */
static bool queue_receiver_ready(NetQueue *queue)
{
    NetClientState *nc = queue->receiver;

    if (nc->receive_disabled) {
        return false;
    }
    if (qemu_net_client_entered(nc)) {
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

unsigned qemu_net_queue_hand_over(NetQueue *queue, const NetPacket *packets,
                                  unsigned count)
{
    MemReentrancyFrame frame;
    unsigned taken = 0;

    /* First: some backends answer at once, from within. */
    queue_note_turn(queue->receiver);
    if (mem_reentrancy_enter(&frame, qemu_net_client_guard(queue->receiver))) {
        taken = qemu_deliver_burst(queue->receiver, packets, count);
        mem_reentrancy_leave(&frame);
    }
    return taken;
}

static unsigned queue_deliver(NetQueue *queue, const NetPacket *packets,
                              unsigned count)
{
    unsigned taken;

    queue->delivering = true;
    taken = qemu_net_queue_hand_over(queue, packets, count);
    queue->delivering = false;
    return taken;
}

/* Through the filters, when all that came before is there already. */
static unsigned queue_filter(NetQueue *queue, const NetPacket *packets,
                             unsigned count)
{
    unsigned taken;

    if (queue->kept_count > queue->past_count) {
        return 0;
    }
    if (!qemu_net_queue_enter(queue)) {
        return 0;
    }
    taken = net_filter_path_run(queue->path, 0, packets, count);
    qemu_net_queue_leave(queue);
    return taken;
}

unsigned qemu_net_queue_burst(NetQueue *queue, NetClientState *sender,
                              const NetPacket *packets, unsigned count,
                              NetPacketSent *sent_cb)
{
    unsigned taken = 0;

    if (unlikely(queue->path)) {
        taken = queue_filter(queue, packets, count);
    } else if (QTAILQ_EMPTY(&queue->kept) && queue_may_deliver(queue)) {
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

    if (!QTAILQ_EMPTY(&queue->kept) || queue->path ||
        !queue_may_deliver(queue)) {
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

static QueuedPacket *queued_packet_new(NetClientState *sender,
                                       const NetPacket *packet,
                                       NetPacketSent *sent_cb)
{
    QueuedPacket *copy = g_malloc(sizeof(*copy) + packet->size);

    copy->sender = sender;
    copy->sent_cb = sent_cb;
    copy->iov.iov_base = copy->bytes;
    copy->iov.iov_len = iov_to_buf(packet->iov, packet->iovcnt, 0, copy->bytes,
                                   packet->size);
    return copy;
}

static void queue_keep(NetQueue *queue, NetClientState *sender,
                       const NetPacket *packet, NetPacketSent *sent_cb)
{
    /* A sender with a callback stops by itself: its packet is always kept. */
    bool full = queue->kept_count >= NET_QUEUE_MAX_PACKETS && !sent_cb;
    QueuedPacket *copy;

    if (queue->path) {
        net_filter_path_refused(queue->path, full);
    }
    if (full) {
        queue->dropped++;
        return;
    }
    copy = queued_packet_new(sender, packet, sent_cb);
    QTAILQ_INSERT_TAIL(&queue->kept, copy, next);
    queue->kept_count++;
}

ssize_t qemu_net_queue_send(NetQueue *queue, NetClientState *sender,
                            const NetPacket *packet, NetPacketSent *sent_cb)
{
    unsigned taken = 0;

    if (unlikely(queue->path)) {
        taken = queue_filter(queue, packet, 1);
    } else if (QTAILQ_EMPTY(&queue->kept) && queue_may_deliver(queue)) {
        taken = queue_deliver(queue, packet, 1);
    }
    if (taken) {
        return packet->size;
    }
    queue_keep(queue, sender, packet, sent_cb);
    return 0;
}

void qemu_net_queue_purge(NetQueue *queue, NetClientState *sender)
{
    QueuedPacket *packet, *next;
    unsigned past = queue->past_count;

    QTAILQ_FOREACH_SAFE(packet, &queue->kept, next, next) {
        bool is_past = past && past--;

        if (packet->sender == sender) {
            QTAILQ_REMOVE(&queue->kept, packet, next);
            queue->kept_count--;
            queue->past_count -= is_past;
            g_free(packet);
        }
    }
    if (queue->waiter == sender) {
        queue->waiter = NULL;
        queue->waiter_cb = NULL;
    }
}

/*
 * Take @count kept packets off, or those that are still there, from @packet on, and
 * tell their senders, who may do with the queue what they like.
 */
static void queue_retire(NetQueue *queue, QueuedPacket *packet, unsigned count)
{
    QTAILQ_HEAD(, struct QueuedPacket) done = QTAILQ_HEAD_INITIALIZER(done);

    while (packet && count--) {
        QueuedPacket *next = QTAILQ_NEXT(packet, next);

        QTAILQ_REMOVE(&queue->kept, packet, next);
        queue->kept_count--;
        QTAILQ_INSERT_TAIL(&done, packet, next);
        packet = next;
    }
    while ((packet = QTAILQ_FIRST(&done))) {
        QTAILQ_REMOVE(&done, packet, next);
        if (packet->sent_cb) {
            packet->sent_cb(packet->sender, packet->iov.iov_len);
        }
        g_free(packet);
    }
}

#define FLUSH_BURST 32

/* A burst of kept packets, from @packet on and at most @max. */
static unsigned queue_gather(QueuedPacket *packet, unsigned max,
                             NetPacket *burst)
{
    unsigned count = 0;

    for (; packet && count < MIN(max, FLUSH_BURST);
         packet = QTAILQ_NEXT(packet, next)) {
        burst[count++] = (NetPacket) {
            .iov = &packet->iov, .iovcnt = 1, .size = packet->iov.iov_len,
        };
    }
    return count;
}

static void queue_wake_waiter(NetQueue *queue)
{
    NetPacketSent *cb = queue->waiter_cb;
    NetClientState *waiter = queue->waiter;

    queue->waiter = NULL;
    queue->waiter_cb = NULL;
    if (cb) {
        cb(waiter, 1);
    }
}

/* The first that no filter has seen. */
static QueuedPacket *queue_first_fresh(NetQueue *queue)
{
    QueuedPacket *packet = QTAILQ_FIRST(&queue->kept);

    for (unsigned i = 0; i < queue->past_count; i++) {
        packet = QTAILQ_NEXT(packet, next);
    }
    return packet;
}

/* What the filters let through and the receiver did not take. */
static void queue_flush_past(NetQueue *queue)
{
    while (queue->past_count && queue_receiver_ready(queue)) {
        NetPacket burst[FLUSH_BURST];
        unsigned count = queue_gather(QTAILQ_FIRST(&queue->kept),
                                      queue->past_count, burst);
        unsigned taken = qemu_net_queue_hand_over(queue, burst, count);

        queue->past_count -= MIN(taken, queue->past_count);
        queue_retire(queue, QTAILQ_FIRST(&queue->kept), taken);
        if (taken < count) {
            break;
        }
    }
}

/* From the receiver backwards: each makes room for those before it. */
static bool queue_flush_filtered(NetQueue *queue)
{
    if (!qemu_net_queue_enter(queue)) {
        return false;
    }
    queue_flush_past(queue);
    qemu_net_queue_leave(queue);
    net_filter_path_resume(queue->path);
    while (queue->kept_count > queue->past_count) {
        NetPacket burst[FLUSH_BURST];
        unsigned count = queue_gather(queue_first_fresh(queue), UINT_MAX,
                                      burst);
        unsigned taken;

        if (!qemu_net_queue_enter(queue)) {
            return false;
        }
        taken = net_filter_path_run(queue->path, 0, burst, count);
        qemu_net_queue_leave(queue);
        queue_retire(queue, queue_first_fresh(queue), taken);
        if (taken < count) {
            return false;
        }
    }
    if (net_filter_path_open(queue->path)) {
        queue_wake_waiter(queue);
    }
    return !queue->receiver->receive_disabled;
}

bool qemu_net_queue_flush(NetQueue *queue)
{
    if (unlikely(queue->path)) {
        return queue_flush_filtered(queue);
    }
    while (!QTAILQ_EMPTY(&queue->kept)) {
        NetPacket burst[FLUSH_BURST];
        unsigned count, taken;

        if (!queue_may_deliver(queue)) {
            return false;
        }
        count = queue_gather(QTAILQ_FIRST(&queue->kept), UINT_MAX, burst);
        taken = queue_deliver(queue, burst, count);
        queue_retire(queue, QTAILQ_FIRST(&queue->kept), taken);
        if (taken < count) {
            return false;
        }
    }
    if (queue->waiter_cb && queue_may_deliver(queue)) {
        queue_wake_waiter(queue);
    }
    return !queue->receiver->receive_disabled;
}

void qemu_net_queue_close(NetQueue *queue)
{
    queue->past_count = 0;
    queue_retire(queue, QTAILQ_FIRST(&queue->kept), queue->kept_count);
    queue_wake_waiter(queue);
}

/* --- for filters --- */

NetFilterPath *qemu_net_queue_path(NetQueue *queue)
{
    return queue->path;
}

void qemu_net_queue_set_path(NetQueue *queue, NetFilterPath *path)
{
    queue->path = path;
    if (!path) {
        queue->past_count = 0;
    }
}

NetClientState *qemu_net_queue_receiver(NetQueue *queue)
{
    return queue->receiver;
}

bool qemu_net_queue_enter(NetQueue *queue)
{
    if (queue->delivering) {
        queue_continue_later(queue);
        return false;
    }
    queue->delivering = true;
    return true;
}

void qemu_net_queue_leave(NetQueue *queue)
{
    queue->delivering = false;
}

bool qemu_net_queue_open(NetQueue *queue)
{
    return queue->past_count == 0 && queue_receiver_ready(queue);
}

void qemu_net_queue_keep_past(NetQueue *queue, const NetPacket *packet)
{
    QueuedPacket *fresh = queue_first_fresh(queue);
    QueuedPacket *copy = queued_packet_new(queue->receiver->peer, packet, NULL);

    if (fresh) {
        QTAILQ_INSERT_BEFORE(fresh, copy, next);
    } else {
        QTAILQ_INSERT_TAIL(&queue->kept, copy, next);
    }
    queue->kept_count++;
    queue->past_count++;
}

uint64_t qemu_net_queue_dropped(const NetQueue *queue)
{
    return queue->dropped;
}

/*
 * The way of packets through filters to a receiver, and how filters hold packets and
 * pass them on. Which filters there are, and their order, is filter.c.
 *
 * A packet is seen once by each filter of its path, even when the receiver has no
 * room for it: before the first filter sees a burst, all that stand in its way say
 * how many of it they would take, and the others stay with the sender. What the
 * receiver refuses after all waits in its queue, marked as past the filters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "net-internal.h"

#define PASS_BURST  32

struct NetFilterPath {
    NetQueue *queue;
    NetFilterSlot *blocker;     /* who refused last; NULL: nobody, the receiver */
    unsigned count;
    NetFilterSlot *hops[];      /* from the sender to the receiver */
};

static const NetFilterClass *class_of(const NetFilterSlot *slot)
{
    return NETFILTER_GET_CLASS(slot->nf);
}

/* --- running --- */

static unsigned path_admit(NetFilterPath *path, unsigned from,
                           const NetPacket *packets, unsigned count)
{
    path->blocker = NULL;
    for (unsigned i = from; i < path->count && count; i++) {
        NetFilterSlot *slot = path->hops[i];

        if (class_of(slot)->admit) {
            unsigned admitted = class_of(slot)->admit(slot, packets, count);

            if (admitted < count) {
                path->blocker = slot;
                count = admitted;
            }
        }
        if (slot->ends) {
            return count;
        }
    }
    return count && qemu_net_queue_open(path->queue) ? count : 0;
}

/* Without asking. @open: may the receiver be given any? */
static void path_push(NetFilterPath *path, unsigned from,
                      const NetPacket *packets, unsigned count, bool open)
{
    unsigned taken = 0;

    for (unsigned i = from; i < path->count; i++) {
        NetFilterSlot *slot = path->hops[i];

        class_of(slot)->take(slot, packets, count);
        if (slot->ends) {
            return;
        }
    }
    if (open) {
        taken = qemu_net_queue_hand_over(path->queue, packets, count);
    }
    for (; taken < count; taken++) {
        qemu_net_queue_keep_past(path->queue, &packets[taken]);
    }
}

unsigned net_filter_path_run(NetFilterPath *path, unsigned from,
                             const NetPacket *packets, unsigned count)
{
    unsigned admitted = path_admit(path, from, packets, count);

    if (admitted) {
        path_push(path, from, packets, admitted, true);
    }
    return admitted;
}

void net_filter_path_refused(NetFilterPath *path, bool dropped)
{
    if (path->blocker && class_of(path->blocker)->refused) {
        class_of(path->blocker)->refused(path->blocker, dropped);
    }
}

void net_filter_path_resume(NetFilterPath *path)
{
    for (unsigned i = path->count; i-- > 0;) {
        NetFilterSlot *slot = path->hops[i];

        if (class_of(slot)->resume) {
            class_of(slot)->resume(slot);
        }
    }
}

bool net_filter_path_open(NetFilterPath *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        if (path->hops[i]->ends) {
            return true;
        }
    }
    return qemu_net_queue_open(path->queue);
}

/* --- for filters --- */

/* Is there a wire behind the slot? */
static bool slot_is_connected(const NetFilterSlot *slot)
{
    const NetClientState *sender =
        slot->queue ? qemu_net_queue_receiver(slot->queue)->peer : NULL;

    return sender && !sender->link_down;
}

unsigned net_filter_pass(NetFilterSlot *slot, const NetPacket *packets,
                         unsigned count)
{
    unsigned taken;

    if (!slot_is_connected(slot)) {
        return count;
    }
    if (!qemu_net_queue_enter(slot->queue)) {
        return 0;
    }
    taken = net_filter_path_run(qemu_net_queue_path(slot->queue),
                                slot->hop + 1, packets, count);
    qemu_net_queue_leave(slot->queue);
    return taken;
}

void net_filter_pass_all(NetFilterSlot *slot, const NetPacket *packets,
                         unsigned count)
{
    if (!slot_is_connected(slot)) {
        return;
    }
    path_push(qemu_net_queue_path(slot->queue), slot->hop + 1, packets, count,
              false);
}

void net_filter_kick(NetFilterSlot *slot)
{
    if (slot->queue) {
        qemu_net_queue_flush(slot->queue);
    }
}

/* --- the store --- */

typedef struct NetFilterPacket {
    QTAILQ_ENTRY(struct NetFilterPacket) next;
    struct iovec iov;
    uint8_t bytes[];
} NetFilterPacket;

void net_filter_store_init(NetFilterStore *store)
{
    QTAILQ_INIT(&store->packets);
    store->count = 0;
    store->bytes = 0;
}

void net_filter_store_put(NetFilterStore *store, const NetPacket *packet)
{
    NetFilterPacket *copy = g_malloc(sizeof(*copy) + packet->size);

    copy->iov.iov_base = copy->bytes;
    copy->iov.iov_len = iov_to_buf(packet->iov, packet->iovcnt, 0, copy->bytes,
                                   packet->size);
    QTAILQ_INSERT_TAIL(&store->packets, copy, next);
    store->count++;
    store->bytes += copy->iov.iov_len;
}

static unsigned store_gather(NetFilterStore *store, NetPacket *burst,
                             unsigned max)
{
    NetFilterPacket *packet;
    unsigned count = 0;

    QTAILQ_FOREACH(packet, &store->packets, next) {
        if (count == MIN(max, PASS_BURST)) {
            break;
        }
        burst[count++] = (NetPacket) {
            .iov = &packet->iov, .iovcnt = 1, .size = packet->iov.iov_len,
        };
    }
    return count;
}

static void store_forget(NetFilterStore *store, unsigned count)
{
    while (count--) {
        NetFilterPacket *packet = QTAILQ_FIRST(&store->packets);

        QTAILQ_REMOVE(&store->packets, packet, next);
        store->count--;
        store->bytes -= packet->iov.iov_len;
        g_free(packet);
    }
}

unsigned net_filter_store_pass(NetFilterStore *store, NetFilterSlot *slot,
                               unsigned max)
{
    unsigned passed = 0;

    while (passed < max && store->count) {
        NetPacket burst[PASS_BURST];
        unsigned count = store_gather(store, burst, max - passed);
        unsigned taken = net_filter_pass(slot, burst, count);

        store_forget(store, taken);
        passed += taken;
        if (taken < count) {
            break;
        }
    }
    return passed;
}

void net_filter_store_pass_all(NetFilterStore *store, NetFilterSlot *slot)
{
    while (store->count) {
        NetPacket burst[PASS_BURST];
        unsigned count = store_gather(store, burst, UINT_MAX);

        net_filter_pass_all(slot, burst, count);
        store_forget(store, count);
    }
}

void net_filter_store_clear(NetFilterStore *store)
{
    store_forget(store, store->count);
}

/* --- making paths --- */

static bool slot_is_wanted(NetFilterState *nf, NetFilterDirection direction)
{
    NetFilterClass *klass = NETFILTER_GET_CLASS(nf);

    return nf->on &&
           (nf->direction == NET_FILTER_DIRECTION_ALL ||
            nf->direction == direction) &&
           (!klass->wants || klass->wants(nf, direction));
}

/* Those of @nc, in the order in which packets of @direction meet them. */
static void collect_hops(GPtrArray *hops, NetClientState *nc,
                         NetFilterDirection direction)
{
    NetFilterState *nf;

    if (!nc || !nc->filters) {
        return;
    }
    QTAILQ_FOREACH(nf, nc->filters, next) {
        if (slot_is_wanted(nf, direction)) {
            /* From the netdev: head first. To it: tail first. */
            g_ptr_array_insert(hops, direction == NET_FILTER_DIRECTION_TX ?
                               -1 : 0,
                               net_filter_slot(nf, nc->queue_index, direction));
        }
    }
}

static NetFilterPath *path_new(NetQueue *queue, GPtrArray *hops)
{
    NetFilterPath *path = g_malloc0(sizeof(*path) +
                                    hops->len * sizeof(path->hops[0]));

    path->queue = queue;
    path->count = hops->len;
    for (unsigned i = 0; i < hops->len; i++) {
        NetFilterSlot *slot = hops->pdata[i];
        const NetFilterClass *klass = class_of(slot);

        slot->queue = queue;
        slot->hop = i;
        slot->ends = klass->ends && klass->ends(slot->nf);
        path->hops[i] = slot;
    }
    return path;
}

/* Of what goes into @receiver. */
static void rewire_receiver(NetClientState *receiver)
{
    NetQueue *queue = receiver->incoming_queue;
    NetFilterPath *old = qemu_net_queue_path(queue);
    g_autoptr(GPtrArray) from_sender = g_ptr_array_new();
    g_autoptr(GPtrArray) hops = g_ptr_array_new();

    for (unsigned i = 0; old && i < old->count; i++) {
        old->hops[i]->queue = NULL;
    }
    g_free(old);
    if (receiver->peer) {
        collect_hops(from_sender, receiver->peer, NET_FILTER_DIRECTION_TX);
        collect_hops(hops, receiver, NET_FILTER_DIRECTION_RX);
        for (unsigned i = from_sender->len; i-- > 0;) {
            g_ptr_array_insert(hops, 0, from_sender->pdata[i]);
        }
    }
    qemu_net_queue_set_path(queue, hops->len ? path_new(queue, hops) : NULL);
}

void net_filter_rewire(NetClientState *nc)
{
    rewire_receiver(nc);
    if (nc->peer) {
        rewire_receiver(nc->peer);
    }
}

static void discard_slots(NetFilterPath *path)
{
    for (unsigned i = 0; path && i < path->count; i++) {
        const NetFilterClass *klass = class_of(path->hops[i]);

        if (klass->discard) {
            klass->discard(path->hops[i]);
        }
    }
}

void net_filter_unwire(NetClientState *nc)
{
    discard_slots(qemu_net_queue_path(nc->incoming_queue));
    if (nc->peer) {
        discard_slots(qemu_net_queue_path(nc->peer->incoming_queue));
    }
}

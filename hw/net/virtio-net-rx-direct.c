/*
 * virtio-net receive without a copy: the backend reads packets straight into posted
 * guest buffers, which are looked at afterwards and go to the driver with one
 * publication. All that this cannot do goes the way of virtio-net-rx.c.
 *
 *     chains      c0   c1   c2   c3   c4   c5        taken from the ring
 *     read        p0   p1   p2   p3                  by the backend
 *     unwanted         x                             by the filter
 *     used        p0   p2   p3                       c1 and c2 got a copy
 *     given back                 c3   c4   c5        untaken
 *
 * A packet that is longer than its place has its end in memory of the backend; it
 * and those behind it are completed there and come again as a burst.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/rcu.h"
#include "virtio-net-internal.h"

#define PLACES_MAX      256
#define PLACES_MIN      4
#define PLACES_IOV      (VIRTQUEUE_MAX_SIZE + PLACES_MAX)
/* Longer chains are left alone: the kernel takes 1024 pieces, the reader's with it. */
#define PIECES_MAX      1000
/* After packets that were too long for their places, the calls to let pass. */
#define PAUSE_CALLS     16

void virtio_net_direct_init(RxDirect *direct)
{
    *direct = (RxDirect){ .want = PLACES_MIN };
}

void virtio_net_direct_exit(RxDirect *direct)
{
    g_clear_pointer(&direct->places, g_free);
    g_clear_pointer(&direct->iov, g_free);
}

/*
 * May packets be read before anybody has looked at them? Not where their bytes choose
 * the queue or the header.
 */
static bool direct_open(VirtIONetQueue *q)
{
    const VirtIONet *n = q->n;
    RxDirect *direct = &q->rx_direct;

    if (!virtio_net_rx_ready(q) || n->rss.steer || n->hash_report || n->rsc) {
        return false;
    }
    if (direct->pause > 0) {
        direct->pause--;
        return false;
    }
    if (!direct->places) {
        direct->places = g_new(NetPlace, PLACES_MAX);
        direct->iov = g_new(struct iovec, PLACES_IOV);
    }
    return true;
}

/* Bytes of the guest's header that the backend does not bring. */
static size_t own_header_bytes(const VirtIONet *n)
{
    return n->guest_hdr_bytes - virtio_net_host_hdr_bytes(n);
}

/*
 * Places of the first chains of the batch; returns how many. The first chain that
 * cannot be one (a part of it is not RAM, it is too short for the header or in too
 * many pieces) ends them.
 */
static unsigned make_places(VirtIONetQueue *q, size_t skip)
{
    const VirtQueueBatch *batch = &q->rx_batch;
    RxDirect *direct = &q->rx_direct;
    struct iovec *iov = direct->iov;
    unsigned count;

    for (count = 0; count < batch->count; count++) {
        const VirtQueueElement *elem = &batch->elems[count];
        NetPlace *place = &direct->places[count];
        unsigned left = direct->iov + PLACES_IOV - iov;

        if (unlikely(elem->bounce || elem->in_bytes < q->n->guest_hdr_bytes ||
                     elem->in_num > PIECES_MAX || elem->in_num >= left)) {
            break;
        }
        *place = (NetPlace){
            .iov = iov, .iovcnt = 1, .room = elem->in_bytes - skip, .span = 1,
        };
        if (likely(elem->in_num == 1)) {
            iov->iov_base = (uint8_t *)elem->in_sg->iov_base + skip;
            iov->iov_len = elem->in_sg->iov_len - skip;
        } else {
            place->iovcnt = iov_copy(iov, left, elem->in_sg, elem->in_num, skip,
                                     SIZE_MAX);
        }
        iov += place->iovcnt + 1;
    }
    return count;
}

/* Is the packet at @place one that the driver wants? */
static bool direct_wanted(VirtIONetQueue *q, const NetPlace *place)
{
    size_t skip = virtio_net_host_hdr_bytes(q->n);
    uint8_t head[RX_PEEK_BYTES];
    size_t bytes;

    if (unlikely(place->size < skip + ETH_HLEN)) {
        /* The end of what did not fit is lost, and with it the rest. */
        *(place->size ? &q->rx.drop_short : &q->rx.drop_long) += 1;
        return false;
    }
    if (q->n->filter.promisc) {
        return true;
    }
    /* The driver may write there already: what is judged is this copy. */
    bytes = iov_to_buf(place->iov, place->iovcnt, skip, head,
                       MIN(sizeof(head), place->size - skip));
    if (bytes < ETH_HLEN || rx_filter_accepts(&q->n->filter, head, bytes)) {
        return true;
    }
    q->rx.filtered++;
    return false;
}

/* What the backend has not written of the header of a packet in @span chains. */
static void put_header(const VirtIONet *n, const VirtQueueElement *elem,
                       size_t skip, unsigned span)
{
    const struct virtio_net_hdr_mrg_rxbuf hdr = {
        .num_buffers = cpu_to_le16(span),
    };
    size_t from = skip ? 0 : offsetof(struct virtio_net_hdr_mrg_rxbuf,
                                      num_buffers);

    if (from < n->guest_hdr_bytes) {
        iov_from_buf(elem->in_sg, elem->in_num, from, (uint8_t *)&hdr + from,
                     n->guest_hdr_bytes - from);
    }
}

/* The packet of @size bytes lies in @span chains from @first on: they are used. */
static void use_chains(VirtIONetQueue *q, unsigned first, unsigned span,
                       size_t size, size_t skip)
{
    const VirtQueueElement *elems = &q->rx_batch.elems[first];
    size_t host_hdr = virtio_net_host_hdr_bytes(q->n);
    size_t left = skip + size;

    put_header(q->n, elems, skip, span);
    for (unsigned i = 0; i < span; i++) {
        size_t bytes = MIN(left, elems[i].in_bytes);

        virtqueue_fill(q->rx_vq, &elems[i], bytes, first + i);
        left -= bytes;
    }
    size -= host_hdr;
    q->rx.packets++;
    q->rx.bytes += size;
    if (host_hdr > 0 && elems[0].in_sg->iov_len >= 2) {
        const uint8_t *hdr = elems[0].in_sg->iov_base;

        /* The driver may have changed it since: a matter of its statistics. */
        virtio_net_count_header(&q->rx, hdr[0], hdr[1], size);
    }
}

/* Put together at home what the receiver cannot take from where it is. */
static void send_home(const NetPlace *place)
{
    size_t done = 0;

    for (unsigned i = 0; i < place->span && done < place->size; i++) {
        size_t bytes = MIN(place[i].room, place->size - done);

        iov_to_buf(place[i].iov, place[i].iovcnt, 0, place->home + done, bytes);
        done += bytes;
    }
}

static size_t span_room(const NetPlace *place)
{
    size_t room = 0;

    for (unsigned i = 0; i < place->span; i++) {
        room += place[i].room;
    }
    return room;
}

typedef struct Settled {
    unsigned packets;               /* consumed */
    unsigned read_to;               /* places that were written to */
    unsigned chains;                /* used; they are the first of the batch */
} Settled;

/*
 * Take packet after packet as far as they can stay in guest memory. One that follows
 * an unwanted one moves up, so that the chains that are left over are the last ones.
 */
static Settled settle(VirtIONetQueue *q, unsigned count, size_t skip,
                      unsigned how)
{
    bool checks = virtio_net_rx_checks(q->n);
    RxDirect *direct = &q->rx_direct;
    Settled at = { 0 };
    unsigned i;

    for (i = 0; i < count; i++) {
        NetPlace *place = &direct->places[at.read_to];
        NetPlace *target = &direct->places[at.chains];

        if (direct_wanted(q, place)) {
            if (checks &&
                !virtio_net_rx_suits(q->n, place->iov, place->iovcnt)) {
                break;              /* what it asks for is done elsewhere */
            }
            if (unlikely(place->size > span_room(place))) {
                if (how & NET_READ_JOIN) {
                    direct->want = PLACES_MAX;
                    break;
                }
                if (how & NET_READ_LONG) {
                    direct->pause = PAUSE_CALLS;
                    break;
                }
                q->rx.drop_long++;  /* too long for this driver's buffers */
            } else {
                if (unlikely(target != place)) {
                    if (place->span > 1 || place->size > target->room) {
                        break;
                    }
                    virtio_net_rx_copy(target->iov, target->iovcnt, place->iov,
                                       place->iovcnt, place->size);
                }
                use_chains(q, at.chains, place->span, place->size, skip);
                at.chains += place->span;
            }
        }
        at.read_to += place->span;
    }
    at.packets = i;
    for (; i < count; i++) {
        send_home(&direct->places[at.read_to]);
        at.read_to += direct->places[at.read_to].span;
    }
    return at;
}

int virtio_net_receive_direct(NetClientState *nc, NetReader *read, unsigned max)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    VirtIONetQueue *q = virtio_net_rx_home(n, nc);
    VirtQueueBatch *batch = &q->rx_batch;
    RxDirect *direct = &q->rx_direct;
    size_t skip = own_header_bytes(n);
    unsigned how = !n->mergeable ? 0 :
                   NET_READ_LONG | (skip == 0 ? NET_READ_JOIN : 0);
    unsigned offered, count;
    Settled end;
    RCU_READ_LOCK_GUARD();

    if (q->ctx != nc->ctx || !direct_open(q)) {
        return -1;
    }
    virtqueue_batch_clear(batch);
    virtqueue_pop_batch(q->rx_vq, batch, MIN(direct->want, max));
    offered = make_places(q, skip);
    if (offered == 0) {
        virtqueue_unpop_batch(q->rx_vq, batch, batch->count);
        return -1;
    }
    count = read(nc->peer, direct->places, offered, how);
    direct->want = PLACES_MIN;
    end = settle(q, count, skip, how);
    direct->want = MIN(MAX(direct->want, 2 * end.read_to), PLACES_MAX);
    for (unsigned i = end.chains; i < end.read_to; i++) {
        virtqueue_commit(q->rx_vq, &batch->elems[i]);
    }
    virtqueue_unpop_batch(q->rx_vq, batch, batch->count - end.chains);
    virtqueue_flush(q->rx_vq, end.chains);
    q->rx_touched = true;
    virtio_net_rx_notify(q);
    return end.packets;
}

/*
 * virtio-net receive: moves packets from the backend into guest buffers, many at a
 * time, published at once. VIRTIO 1.4 section 5.1.6.4. Which frames are wanted is
 * decided in virtio-net-filter.c, headers are made in virtio-net-offload.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/rcu.h"
#include "virtio-net-internal.h"

/* Packets for which chains are taken at one go. */
#define RX_SLICE    64

/* Where reading from a packet, or writing to chains, has got to. */
typedef struct Cursor {
    const struct iovec *iov;
    unsigned left;
    size_t offset;
} Cursor;

/* Copy @bytes, which both sides have. */
static void copy_pieces(Cursor *to, Cursor *from, size_t bytes)
{
    while (bytes > 0) {
        size_t room = to->iov->iov_len - to->offset;
        size_t have = from->iov->iov_len - from->offset;
        size_t step = MIN(bytes, MIN(room, have));

        /* Whoever sent it may have laid its buffers over the receiver's. */
        memmove((uint8_t *)to->iov->iov_base + to->offset,
                (const uint8_t *)from->iov->iov_base + from->offset, step);
        bytes -= step;
        to->offset += step;
        from->offset += step;
        if (to->offset == to->iov->iov_len && --to->left > 0) {
            to->iov++;
            to->offset = 0;
        }
        if (from->offset == from->iov->iov_len && --from->left > 0) {
            from->iov++;
            from->offset = 0;
        }
    }
}

/* A cursor @skip bytes into the pieces (there are more than that). */
static Cursor cursor_at(const struct iovec *iov, unsigned count, size_t skip)
{
    while (count > 1 && skip >= iov->iov_len) {
        skip -= iov->iov_len;
        iov++;
        count--;
    }
    return (Cursor){ iov, count, skip };
}

void virtio_net_rx_copy(const struct iovec *to, unsigned to_count,
                        const struct iovec *from, unsigned from_count,
                        size_t bytes)
{
    Cursor target = { to, to_count, 0 }, source = { from, from_count, 0 };

    copy_pieces(&target, &source, bytes);
}

typedef enum RxResult {
    RX_DONE,                    /* in the chains from @first to @next */
    RX_DROPPED,                 /* cannot be received, no chain used */
    RX_NO_BUFFERS,              /* later, when the driver has posted more */
    RX_BROKEN,
} RxResult;

/*
 * Take one more chain. An empty ring may fill up at any moment: only a chain that is
 * there and cannot be taken tells that our storage is too small for a packet, if
 * @alone has it.
 */
static RxResult rx_take_one(VirtIONetQueue *q, bool alone)
{
    VirtQueueBatch *batch = &q->rx_batch;

    if (virtqueue_pop_batch(q->rx_vq, batch, 1) == 1) {
        return RX_DONE;
    }
    if (!virtio_queue_ready(q->rx_vq)) {
        return RX_BROKEN;
    }
    if (virtio_queue_empty(q->rx_vq)) {
        return RX_NO_BUFFERS;
    }
    if (virtqueue_pop_batch(q->rx_vq, batch, 1) == 1) {
        return RX_DONE;
    }
    return !virtio_queue_ready(q->rx_vq) ? RX_BROKEN :
           alone ? RX_DROPPED : RX_NO_BUFFERS;
}

/*
 * Find chains for @bytes, header included, among those taken and not used, from
 * @first on; more are taken as needed. *@next: behind the last one.
 */
static RxResult rx_reserve(VirtIONetQueue *q, size_t bytes, unsigned first,
                           unsigned *next)
{
    VirtIONet *n = q->n;
    VirtQueueBatch *batch = &q->rx_batch;
    size_t room = 0;

    for (*next = first; room < bytes; (*next)++) {
        const VirtQueueElement *elem = &batch->elems[*next];

        if (*next == batch->count) {
            RxResult more = rx_take_one(q, first == 0);

            if (more != RX_DONE) {
                int num = virtio_queue_get_num(VIRTIO_DEVICE(n),
                                               virtio_get_queue_index(q->rx_vq));

                /* The whole ring is too small for it: waiting were for ever. */
                return more == RX_NO_BUFFERS && *next - first >= (unsigned)num ?
                       RX_DROPPED : more;
            }
        }
        if (elem->in_bytes < (*next == first ? n->guest_hdr_bytes : 1)) {
            virtio_error(VIRTIO_DEVICE(n), "receive chain of %zu bytes, less "
                         "than its header", elem->in_bytes);
            return RX_BROKEN;
        }
        room += elem->in_bytes;
        if (!n->mergeable && room < bytes) {
            /* Too long for a buffer of this driver; the buffer stays (5.1.6.4). */
            return RX_DROPPED;
        }
    }
    return RX_DONE;
}

/*
 * Fill chains [first, next) with the packet; they are not published yet. @class
 * may be NULL.
 */
static void rx_scatter(VirtIONetQueue *q, const NetPacket *packet,
                       const RxClass *class, unsigned first, unsigned next)
{
    VirtIONet *n = q->n;
    size_t hdr_bytes = n->guest_hdr_bytes;
    size_t skip = virtio_net_host_hdr_bytes(n);
    size_t left = packet->size - skip;
    Cursor from = cursor_at(packet->iov, packet->iovcnt, skip);
    union {
        struct virtio_net_hdr_mrg_rxbuf mrg;
        struct virtio_net_hdr_v1_hash hash;
    } hdr = { .hash.padding = 0 };

    virtio_net_fill_header(n, packet, &hdr.mrg);
    if (class && class->hdr) {
        hdr.mrg.hdr = *class->hdr;
    } else if (n->rsc) {
        virtio_net_rsc_mark(&hdr.mrg.hdr, left);
    }
    hdr.mrg.num_buffers = cpu_to_le16(next - first);
    hdr.hash.hash_value = class ? cpu_to_le32(class->hash) : 0;
    hdr.hash.hash_report = class ? cpu_to_le16(class->report) : 0;
    for (unsigned i = first; i < next; i++) {
        const VirtQueueElement *elem = &q->rx_batch.elems[i];
        size_t used = 0;
        size_t bytes;

        if (i == first) {
            iov_from_buf(elem->in_sg, elem->in_num, 0, &hdr, hdr_bytes);
            used = hdr_bytes;
        }
        bytes = MIN(left, elem->in_bytes - used);
        if (bytes > 0) {
            Cursor to = cursor_at(elem->in_sg, elem->in_num, used);

            copy_pieces(&to, &from, bytes);
        }
        left -= bytes;
        virtqueue_fill(q->rx_vq, elem, used + bytes, i);
    }
    q->rx.packets++;
    q->rx.bytes += packet->size - skip;
    virtio_net_count_header(&q->rx, hdr.mrg.hdr.flags, hdr.mrg.hdr.gso_type,
                            packet->size - skip);
}

static bool rx_wanted(VirtIONetQueue *q, const NetPacket *packet)
{
    uint8_t head[RX_PEEK_BYTES];
    size_t skip = virtio_net_host_hdr_bytes(q->n);
    size_t bytes;

    /* Nothing shorter than an Ethernet header is a frame. */
    if (packet->size < skip + ETH_HLEN) {
        q->rx.drop_short++;
        return false;
    }
    if (q->n->filter.promisc) {
        return true;
    }
    bytes = iov_to_buf(packet->iov, packet->iovcnt, skip, head, sizeof(head));
    if (!rx_filter_accepts(&q->n->filter, head, bytes)) {
        q->rx.filtered++;
        return false;
    }
    return true;
}

/* Up to a slice of packets; returns how many were consumed. */
static unsigned rx_slice(VirtIONetQueue *q, const NetPacket *packets,
                         const RxClass *classes, unsigned count)
{
    VirtQueueBatch *batch = &q->rx_batch;
    size_t extra = q->n->guest_hdr_bytes - virtio_net_host_hdr_bytes(q->n);
    bool checks = virtio_net_rx_checks(q->n);
    RxResult result = RX_DONE;
    unsigned filled = 0;
    unsigned i;
    RCU_READ_LOCK_GUARD();

    virtqueue_batch_clear(batch);
    virtqueue_pop_batch(q->rx_vq, batch, count);
    for (i = 0; i < count; i++) {
        const NetPacket *packet = &packets[i];
        unsigned next;

        if (!rx_wanted(q, packet)) {
            continue;
        }
        if (checks && !(packet = virtio_net_rx_finish(q, packet))) {
            q->rx.drops++;
            continue;
        }
        result = rx_reserve(q, packet->size + extra, filled, &next);
        if (result == RX_DROPPED) {
            q->rx.drop_long++;
        } else if (result == RX_DONE) {
            rx_scatter(q, packet, classes ? &classes[i] : NULL, filled,
                       next);
            filled = next;
        } else {
            break;
        }
    }
    virtqueue_unpop_batch(q->rx_vq, batch, batch->count - filled);
    virtqueue_flush(q->rx_vq, filled);
    return i;
}

bool virtio_net_rx_ready(const VirtIONetQueue *q)
{
    return virtio_net_pair_running(q) && virtio_queue_ready(q->rx_vq);
}

VirtIONetQueue *virtio_net_rx_home(VirtIONet *n, const NetClientState *nc)
{
    return &n->pairs[nc->queue_index % n->curr_pairs];
}

/*
 * What comes through a queue of the backend that is not in use, and belongs to
 * another thread than the pair that would get it, is lost.
 */
static bool rx_strays(const VirtIONetQueue *home, const NetClientState *nc)
{
    return unlikely(home->ctx != nc->ctx);
}

bool virtio_net_can_receive(NetClientState *nc)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    VirtIONetQueue *home = virtio_net_rx_home(n, nc);

    if (rx_strays(home, nc)) {
        return true;
    }
    return n->rss.steer ? virtio_net_pair_running(&n->pairs[0]) :
                          virtio_net_rx_ready(home);
}

/* Packets for one pair; how many were consumed. */
static unsigned rx_run(VirtIONetQueue *q, const NetPacket *packets,
                       const RxClass *classes, unsigned count)
{
    unsigned done = 0;
    bool asked = false;

    while (done < count && virtio_net_rx_ready(q)) {
        unsigned taken = rx_slice(q, packets + done,
                                  classes ? classes + done : NULL,
                                  MIN(count - done, RX_SLICE));

        done += taken;
        if (taken == 0 && asked) {
            break;
        }
        if ((taken == 0) != asked && virtio_net_rx_ready(q)) {
            /*
             * Out of buffers: we want to hear of new ones, and look once more for
             * those that came before the driver knew. Or they have come.
             */
            asked = !asked;
            virtio_queue_set_notification(q->rx_vq, asked);
        }
    }
    q->rx_touched = true;
    return done;
}

void virtio_net_rx_notify(VirtIONetQueue *q)
{
    if (q->rx_touched) {
        q->rx_touched = false;
        if (virtio_queue_ready(q->rx_vq)) {
            virtio_net_notify(&q->rx_coal, q->rx.packets);
        }
    }
}

/* A run of packets for one pair, which may be another thread's. */
static unsigned rx_steer_run(VirtIONetQueue *q, const NetPacket *packets,
                             const RxClass *classes, unsigned count)
{
    unsigned done = count;

    virtio_net_rx_lock(q);
    if (virtio_queue_ready(q->rx_vq)) {
        done = rx_run(q, packets, classes, count);
        if (q->n->rx_shared) {
            virtio_net_rx_notify(q);
        }
    } else {
        /* It is being reset: what was for it is lost (5.1.6.5.7.2). */
        q->rx.drop_queue_off += count;
    }
    virtio_net_rx_unlock(q);
    return done;
}

/* Each packet has its own pair: runs of the same one at a time. */
static unsigned rx_steer(VirtIONet *n, const NetPacket *packets,
                         const RxClass *classes, unsigned count)
{
    unsigned done = 0;

    while (done < count && virtio_net_pair_running(&n->pairs[0])) {
        VirtIONetQueue *q = &n->pairs[classes[done].pair];
        unsigned run = 1, taken;

        while (done + run < count &&
               classes[done + run].pair == classes[done].pair) {
            run++;
        }
        taken = rx_steer_run(q, packets + done, classes + done, run);
        done += taken;
        if (taken < run) {
            break;
        }
    }
    return done;
}

static unsigned rx_hashed_burst(VirtIONet *n, VirtIONetQueue *home,
                                const NetPacket *packets, unsigned count,
                                const struct virtio_net_hdr *hdr)
{
    unsigned done = 0;

    while (done < count) {
        RxClass classes[RX_SLICE];
        unsigned slice = MIN(count - done, RX_SLICE);
        unsigned taken;

        virtio_net_classify(n, home->index, packets + done, slice, classes);
        classes[0].hdr = hdr;
        taken = rx_steer(n, packets + done, classes, slice);
        done += taken;
        if (taken < slice) {
            break;
        }
    }
    for (unsigned i = 0; !n->rx_shared && i < n->curr_pairs; i++) {
        virtio_net_rx_notify(&n->pairs[i]);
    }
    return done;
}

unsigned virtio_net_receive_burst(NetClientState *nc, const NetPacket *packets,
                                  unsigned count)
{
    VirtIONet *n = qemu_get_nic_opaque(nc);
    VirtIONetQueue *q = virtio_net_rx_home(n, nc);
    unsigned done;

    if (rx_strays(q, nc)) {
        n->pairs[nc->queue_index].rx.drop_queue_off += count;
        return count;
    }
    if (n->rsc) {
        return virtio_net_rsc_receive(q, packets, count);
    }
    if (n->rss.steer || n->hash_report) {
        return rx_hashed_burst(n, q, packets, count, NULL);
    }
    done = rx_run(q, packets, NULL, count);
    virtio_net_rx_notify(q);
    return done;
}

bool virtio_net_receive_one(VirtIONetQueue *home, const NetPacket *packet,
                            const struct virtio_net_hdr *hdr)
{
    VirtIONet *n = home->n;
    RxClass class = { .hdr = hdr };
    unsigned done;

    if (n->rss.steer || n->hash_report) {
        return rx_hashed_burst(n, home, packet, 1, hdr) == 1;
    }
    done = rx_run(home, packet, &class, 1);
    virtio_net_rx_notify(home);
    return done == 1;
}

void virtio_net_rx_wake_all(VirtIONet *n)
{
    for (unsigned i = 0; i < n->max_pairs; i++) {
        virtio_net_wake(&n->pairs[i]);
    }
}

/* The driver posted buffers. */
void virtio_net_handle_rx(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONet *n = VIRTIO_NET(vdev);
    VirtIONetQueue *q = virtio_net_pair_of(n, vq);

    if (!virtio_net_rx_ready(q)) {
        return;
    }
    virtio_net_rx_lock(q);
    virtio_queue_set_notification(vq, 0);
    virtio_net_rx_unlock(q);
    if (n->rss.steer || n->curr_pairs < n->max_pairs) {
        /* Packets for this queue may wait anywhere. */
        virtio_net_rx_wake_all(n);
    } else {
        virtio_net_wake(q);
    }
}

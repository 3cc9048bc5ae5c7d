/*
 * What the files of the virtio network device share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_NET_VIRTIO_NET_INTERNAL_H
#define HW_NET_VIRTIO_NET_INTERNAL_H

#include "qemu/main-loop.h"
#include "hw/virtio/virtio-net.h"
#include <linux/virtio_net.h>

/* Chains taken, and packets sent, at one go. */
#define TX_BATCH            64
#define CTRL_QUEUE_SIZE     64

/* Offloads of received packets that the driver may switch: one bit each. */
#define GUEST_OFFLOAD(name) (UINT64_C(1) << VIRTIO_NET_F_GUEST_##name)
#define GUEST_OFFLOADS                                                       \
    (GUEST_OFFLOAD(CSUM) | GUEST_OFFLOAD(TSO4) | GUEST_OFFLOAD(TSO6) |       \
     GUEST_OFFLOAD(ECN) | GUEST_OFFLOAD(UFO) | GUEST_OFFLOAD(USO4) |         \
     GUEST_OFFLOAD(USO6))

/* virtio-net-queues.c */
bool virtio_net_queues_init(VirtIONet *n, Error **errp);
void virtio_net_queues_exit(VirtIONet *n);
/* The queues of all pairs start, or stop; the driver said so, or the machine. */
void virtio_net_queues_set_running(VirtIONet *n, bool running);
void virtio_net_queues_reset(VirtIONet *n);
/*
 * The driver's features are known: does it know of all pairs? The control queue
 * follows those it knows of (section 5.1.2).
 */
void virtio_net_queues_apply_features(VirtIONet *n);
/* Use pairs 0 .. @count - 1, 1 <= count <= max_pairs; may happen under traffic. */
void virtio_net_set_pairs(VirtIONet *n, unsigned count);
/* May pair @q move packets at this moment? */
bool virtio_net_pair_running(const VirtIONetQueue *q);
VirtIONetQueue *virtio_net_pair_of(VirtIONet *n, VirtQueue *vq);
/* The net client of a pair. */
NetClientState *virtio_net_pair_client(const VirtIONetQueue *q);

/*
 * virtio-net-threads.c: properties choose a thread for each of @pairs pairs; false
 * with an error where that cannot be.
 */
bool virtio_net_threads_init(VirtIONet *n, unsigned pairs, Error **errp);
void virtio_net_threads_exit(VirtIONet *n, unsigned pairs);
AioContext *virtio_net_thread_of(const VirtIONet *n, unsigned pair);
/* Clients of the NIC and of its backend go to their pair's loop, and back. Held. */
void virtio_net_threads_attach(VirtIONet *n);
void virtio_net_threads_detach(VirtIONet *n);
/* Steering began or ended: do threads receive for each other? Held. */
void virtio_net_threads_share(VirtIONet *n);
void virtio_net_wake_init(VirtIONetQueue *q);
void virtio_net_wake_exit(VirtIONetQueue *q);
/* Packets that wait in the pair's clients may go on. Any thread of the device. */
void virtio_net_wake(VirtIONetQueue *q);
/*
 * Around all that a thread does with the receive queue of @q. One that has the big
 * lock holds the threads instead.
 */
static inline void virtio_net_rx_lock(VirtIONetQueue *q)
{
    if (unlikely(q->n->rx_shared) && bql_forbidden()) {
        qemu_mutex_lock(&q->rx_lock);
    }
}

static inline void virtio_net_rx_unlock(VirtIONetQueue *q)
{
    if (unlikely(q->n->rx_shared) && bql_forbidden()) {
        qemu_mutex_unlock(&q->rx_lock);
    }
}

/* virtio-net-rx.c */
void virtio_net_handle_rx(VirtIODevice *vdev, VirtQueue *vq);
bool virtio_net_can_receive(NetClientState *nc);
unsigned virtio_net_receive_burst(NetClientState *nc, const NetPacket *packets,
                                  unsigned count);

/* May packets go to this queue now? */
bool virtio_net_rx_ready(const VirtIONetQueue *q);
/* Where packets of a backend's queue go that no hash sends elsewhere. */
VirtIONetQueue *virtio_net_rx_home(VirtIONet *n, const NetClientState *nc);
/* The driver hears of a burst once a queue, if rx_touched. */
void virtio_net_rx_notify(VirtIONetQueue *q);
/* Copy @bytes, which both sides have; they may overlap if a driver wants it so. */
void virtio_net_rx_copy(const struct iovec *to, unsigned to_count,
                        const struct iovec *from, unsigned from_count,
                        size_t bytes);
/* What the filter looks at: Ethernet header and VLAN tag. */
#define RX_PEEK_BYTES       (ETH_HLEN + ETH_VLAN_HLEN)

/*
 * One packet for the pair @home, or where its hash leads, with @hdr in place of what
 * the backend put before it (NULL: with that). False: no buffers now.
 */
bool virtio_net_receive_one(VirtIONetQueue *home, const NetPacket *packet,
                            const struct virtio_net_hdr *hdr);

/* virtio-net-rsc.c; from the queue's loop, or while it stands. */
unsigned virtio_net_rsc_receive(VirtIONetQueue *q, const NetPacket *packets,
                                unsigned count);
/* There may be buffers now; any thread. */
void virtio_net_rsc_wake(VirtIONetQueue *q);
/* What is held is lost. */
void virtio_net_rsc_drop(VirtIONetQueue *q);
void virtio_net_rsc_exit(VirtIONetQueue *q);
/* Say of a large segment of the backend's how many it is made of. */
void virtio_net_rsc_mark(struct virtio_net_hdr *hdr, size_t frame_bytes);

/* virtio-net-turn.c: what the guest sends after it got something is soon seen. */
void virtio_net_turn_init(VirtIONetQueue *q);

/* virtio-net-rx-direct.c */
void virtio_net_direct_init(RxDirect *direct);
void virtio_net_direct_exit(RxDirect *direct);
int virtio_net_receive_direct(NetClientState *nc, NetReader *read,
                              unsigned max);

/* Packets that had to wait may have another queue, or buffers, now. */
void virtio_net_rx_wake_all(VirtIONet *n);

/* virtio-net-info.c: for NetClientInfo; main loop. */
struct json_object *virtio_net_query_rx_filter(NetClientState *nc);
/* The driver changed its filter: whoever watches hears of it, once. */
void virtio_net_filter_changed(VirtIONet *n);

/* virtio-net-failover.c; nothing happens unless the property asks for it. */
void virtio_net_failover_init(VirtIONet *n);
void virtio_net_failover_exit(VirtIONet *n);
/* The driver's features are known. */
void virtio_net_failover_apply(VirtIONet *n);

/* virtio-net-announce.c: for NetClientInfo; main loop. */
void virtio_net_announce(NetClientState *nc);

/* virtio-net-stats.c: for NetClientInfo; main loop. */
struct json_object *virtio_net_query_stats(NetClientState *nc);

/* A packet of @bytes has a header with @flags and @gso_type. */
static inline void virtio_net_count_header(NetCounters *c, uint8_t flags,
                                           uint8_t gso_type, size_t bytes)
{
    if (flags | gso_type) {
        c->needs_csum += !!(flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
        c->data_valid += !!(flags & VIRTIO_NET_HDR_F_DATA_VALID);
        c->gso_packets += gso_type != VIRTIO_NET_HDR_GSO_NONE;
        c->gso_bytes += gso_type != VIRTIO_NET_HDR_GSO_NONE ? bytes : 0;
    }
}

/* virtio-net-coal.c */
void virtio_net_coal_init(NotifyCoal *c, VirtIONetQueue *q, VirtQueue *vq);
void virtio_net_coal_exit(NotifyCoal *c);
/*
 * The queue has used buffers, @packets of them since the device was made: the
 * driver hears of it, now or later. From the queue's loop.
 */
void virtio_net_notify(NotifyCoal *c, uint64_t packets);
/* The queue starts again; what the driver was told before is not known. */
void virtio_net_coal_resume(NotifyCoal *c);
void virtio_net_coal_reset(VirtIONet *n);
void virtio_net_coal_queue_reset(VirtIONet *n, unsigned number);
extern const VMStateDescription vmstate_virtio_net_coal;

/* virtio-net-rss.c */
#define RSS_HASH_TYPES                                                       \
    (VIRTIO_NET_RSS_HASH_TYPE_IPv4 | VIRTIO_NET_RSS_HASH_TYPE_TCPv4 |        \
     VIRTIO_NET_RSS_HASH_TYPE_UDPv4 | VIRTIO_NET_RSS_HASH_TYPE_IPv6 |        \
     VIRTIO_NET_RSS_HASH_TYPE_TCPv6 | VIRTIO_NET_RSS_HASH_TYPE_UDPv6 |       \
     VIRTIO_NET_RSS_HASH_TYPE_IP_EX | VIRTIO_NET_RSS_HASH_TYPE_TCP_EX |      \
     VIRTIO_NET_RSS_HASH_TYPE_UDP_EX)

/* What the hash says of one packet. */
typedef struct RxClass {
    uint32_t hash;
    uint16_t report;                /* VIRTIO_NET_HASH_REPORT_* */
    uint16_t pair;
    const struct virtio_net_hdr *hdr;   /* in place of the backend's; or NULL */
} RxClass;

void rss_reset(RssState *rss);
/* @head: the first @seen bytes of a frame of @size. Pure. */
void rss_classify(const RssState *rss, const uint8_t *head, size_t seen,
                  size_t size, RxClass *class);
/* The packets of a burst for pair @from, each with its own class. */
void virtio_net_classify(VirtIONet *n, unsigned from, const NetPacket *packets,
                         unsigned count, RxClass *classes);
extern const VMStateDescription vmstate_virtio_net_rss;
extern const VMStateDescription vmstate_virtio_net_hash_tunnel;

/* virtio-net-tx.c */
void virtio_net_handle_tx(VirtIODevice *vdev, VirtQueue *vq);
void virtio_net_tx_init(VirtIONetQueue *q, bool by_timer);
void virtio_net_tx_exit(VirtIONetQueue *q);
/* Look at the ring soon; what is there goes out. */
void virtio_net_tx_start(VirtIONetQueue *q);
void virtio_net_tx_stop(VirtIONetQueue *q);

/* virtio-net-software.c: what the backend cannot do; from the queue's loop. */
/* The headers and the driver's features are known: what is to be done here? */
void virtio_net_software_configure(VirtIONet *n);
/*
 * Copy the headers of @count chains in tx_batch. False: none of them asks for what
 * the backend cannot do, and all go as they are. Only with tx_software.
 */
bool virtio_net_software_look(VirtIONetQueue *q, unsigned count);
/*
 * Send the batch that was looked at, of which tx_packets is what the backend would
 * get, in finished frames. Returns how many chains are done with; the one behind
 * them goes on where it stopped when it comes out of the ring again.
 */
unsigned virtio_net_software_send(VirtIONetQueue *q, unsigned count,
                                  NetPacketSent *sent_cb);
/* Count what the first @done chains that were looked at asked for. */
void virtio_net_software_count(VirtIONetQueue *q, unsigned done);
/* What comes out of the ring next is not what was begun. */
void virtio_net_software_forget(VirtIONetQueue *q);
void virtio_net_software_exit(VirtIONetQueue *q);
/* Can the backend have packets that ask more of the guest than it does? */
static inline bool virtio_net_rx_checks(const VirtIONet *n)
{
    return n->peer_hdr && n->guest_offloads != GUEST_OFFLOADS;
}
/*
 * Does a received packet, its header first, ask no more of the guest than that
 * does? Only where virtio_net_rx_checks().
 */
bool virtio_net_rx_suits(const VirtIONet *n, const struct iovec *iov,
                         unsigned iovcnt);
/*
 * What of a received packet the guest gets: itself, if it suits, a copy that is good
 * until the next call with its checksum finished, or NULL: a segment of a kind
 * that the guest does not take (any more), or a header that makes no sense.
 */
const NetPacket *virtio_net_rx_finish(VirtIONetQueue *q,
                                      const NetPacket *packet);

/*
 * virtio-net-ctrl.c. The part of a command behind its header that is not read
 * yet, and where its result goes.
 */
typedef struct CtrlArgs {
    const struct iovec *iov;
    unsigned count;
    size_t offset;
    size_t left;
    GByteArray *data_in;            /* what goes before the acknowledgement */
    GByteArray *result;             /* behind the acknowledgement */
} CtrlArgs;

/* Copy @bytes out of the command; false: it has not so many left. */
bool ctrl_take(CtrlArgs *args, void *to, size_t bytes);
/* What a command does: VIRTIO_NET_OK, or _ERR with nothing changed. */
typedef uint8_t CtrlHandler(VirtIONet *n, uint8_t command, CtrlArgs *args);

CtrlHandler virtio_net_ctrl_announce;
CtrlHandler virtio_net_ctrl_offloads;
CtrlHandler virtio_net_ctrl_stats;
CtrlHandler virtio_net_ctrl_coal;
CtrlHandler virtio_net_ctrl_coal_vq;
CtrlHandler virtio_net_ctrl_rss;
CtrlHandler virtio_net_ctrl_hash;
CtrlHandler virtio_net_ctrl_hash_tunnel;
void virtio_net_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq);
void virtio_net_ctrl_bh(void *opaque);

/*
 * virtio-net-vhost.c: rings that another process works on. Main loop. init: after
 * the queues, before the clients; false with an error where that cannot be.
 */
bool virtio_net_vhost_init(VirtIONet *n, Error **errp);
void virtio_net_vhost_exit(VirtIONet *n);
/* What the peer cannot do is not offered; false with an error: nor is it without. */
bool virtio_net_vhost_limit(VirtIONet *n, VirtioFeatures *features,
                            Error **errp);
/* Status, link, or run state changed: rings go to the peer, or come back. */
void virtio_net_vhost_update(VirtIONet *n);
bool virtio_net_vhost_active(const VirtIONet *n);
/* The pairs in use are others now. */
void virtio_net_vhost_pairs(VirtIONet *n);
/* The driver reset the device, or one queue; or enabled that again. */
void virtio_net_vhost_reset(VirtIONet *n);
void virtio_net_vhost_queue_reset(VirtIONet *n, unsigned number);
void virtio_net_vhost_queue_enable(VirtIONet *n, unsigned number);
struct VhostDev *virtio_net_get_vhost(VirtIODevice *vdev);

/* virtio-net-filter.c: leaf functions on the filter alone. */
void rx_filter_reset(RxFilter *filter, const uint8_t *mac);
/* @frame: the first @bytes of it, at least 14; 18 are enough. */
bool rx_filter_accepts(const RxFilter *filter, const uint8_t *frame,
                       size_t bytes);
void rx_filter_set_vlan(RxFilter *filter, unsigned vid, bool wanted);
/* Without CTRL_VLAN all VLANs are wanted. */
void rx_filter_use_vlans(RxFilter *filter, bool use);

extern const VMStateDescription vmstate_virtio_net_guest_offloads;

/* virtio-net-offload.c: the header in front of packets. */
/* Features that need a backend with headers of this kind are taken away. */
void virtio_net_offload_limit(VirtIONet *n, VirtioFeatures *features);
/* The driver's features are known: choose headers, tell the backend. */
void virtio_net_offload_apply(VirtIONet *n);
/*
 * From now on received packets may leave to the guest what @offloads says, bits of
 * GUEST_* features (section 5.1.6.5.8). Segments without checksum are none.
 */
void virtio_net_set_guest_offloads(VirtIONet *n, uint64_t offloads);
/*
 * What stands before the frame in a received packet goes into the guest's header,
 * which says that the packet fills @num_buffers chains; guest_hdr_bytes of it.
 */
void virtio_net_fill_header(const VirtIONet *n, const NetPacket *packet,
                            struct virtio_net_hdr_mrg_rxbuf *hdr);
/* Bytes before the frame in packets of the backend. */
static inline size_t virtio_net_host_hdr_bytes(const VirtIONet *n)
{
    return n->peer_hdr ? MIN(n->guest_hdr_bytes,
                             sizeof(struct virtio_net_hdr_mrg_rxbuf)) : 0;
}

#endif

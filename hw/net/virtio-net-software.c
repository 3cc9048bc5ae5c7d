/*
 * virtio-net offloads done in software: packets of a driver that ask for a checksum
 * or for segments become finished frames where the backend cannot do it, so that
 * every driver works over every backend. VIRTIO 1.4 section 5.1.6.2. How a frame is
 * cut is in net/gso.c; when chains are taken and given back, in virtio-net-tx.c.
 *
 * The other way round, packets that a backend read under rules of before are
 * finished for a guest that could not, or dropped.
 *
 * Payload stays in guest memory: a frame is a header in our memory and pieces of the
 * guest's. A backend that takes only some of a chain's frames gets the others
 * when the chain comes out of the ring again; all we keep is how many went.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "net/checksum.h"
#include "net/gso.h"
#include "virtio-net-internal.h"

/* Frames for one call of the backend; large packets have some 45 of them. */
#define FRAMES_MAX      128
/* Pieces of payload that a frame has room for on average. */
#define FRAME_PIECES    3
#define VNET_HDR_MAX    sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define HEADER_ROOM     ROUND_UP(VNET_HDR_MAX + NET_GSO_HEADERS_ROOM, 16)

/* The chain of the batch that a frame belongs to, and its number in it. */
typedef struct FrameOrigin {
    uint16_t chain;
    uint16_t number;
} FrameOrigin;

struct TxSoftware {
    struct virtio_net_hdr headers[TX_BATCH];    /* of the batch, copied once */
    uint64_t dropped;               /* bit i: chain i of the batch cannot be */
    unsigned frames_sent;           /* of the chain that comes out next */
    uint32_t ident;                 /* IPv6 fragments of that chain */

    NetGso gso;                     /* the chain that is being cut */
    bool cutting;

    unsigned count;                 /* frames made and not handed on yet */
    unsigned iov_used, iov_max;
    NetPacket packets[FRAMES_MAX];
    FrameOrigin origins[FRAMES_MAX];
    uint8_t room[FRAMES_MAX][HEADER_ROOM];
    struct iovec iov[];
};

/* A received packet with its checksum finished. */
struct RxSoftware {
    NetPacket packet;
    struct iovec iov;
    uint8_t bytes[NET_BUFSIZE];
};

/* --- which headers ask for what we must do --- */

/* A bit for each type of segment, one for ECN, and one for all that is unknown. */
#define TYPE_BIT(type)  (1u << VIRTIO_NET_HDR_GSO_##type)
#define ECN_BIT         0x80u
#define UNKNOWN_BIT     0x100u

static unsigned requested(const struct virtio_net_hdr *hdr)
{
    unsigned type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

    return (type <= VIRTIO_NET_HDR_GSO_UDP_L4 ? 1u << type : UNKNOWN_BIT) |
           (hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN ? ECN_BIT : 0);
}

void virtio_net_software_configure(VirtIONet *n)
{
    static const struct {
        uint8_t feature;
        uint8_t types;
    } map[] = {
        { VIRTIO_NET_F_HOST_TSO4, TYPE_BIT(TCPV4) },
        { VIRTIO_NET_F_HOST_TSO6, TYPE_BIT(TCPV6) },
        { VIRTIO_NET_F_HOST_ECN, ECN_BIT },
        { VIRTIO_NET_F_HOST_UFO, TYPE_BIT(UDP) },
        { VIRTIO_NET_F_HOST_USO, TYPE_BIT(UDP_L4) },
        /* "Any type", as it was understood before there was a bit for each. */
        { VIRTIO_NET_F_GSO, TYPE_BIT(TCPV4) | TYPE_BIT(TCPV6) | ECN_BIT |
                            TYPE_BIT(UDP) },
    };
    VirtIODevice *vdev = VIRTIO_DEVICE(n);
    NetClientState *peer = qemu_get_queue(n->nic)->peer;

    n->tx_types = TYPE_BIT(NONE);
    for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
        if (virtio_vdev_has_feature(vdev, map[i].feature)) {
            n->tx_types |= map[i].types;
        }
    }
    n->tx_types_passed = 0;
    if (n->peer_hdr) {
        n->tx_types_passed = n->tx_types;
        if (!qemu_has_ufo(peer)) {
            n->tx_types_passed &= ~TYPE_BIT(UDP);
        }
        if (!qemu_has_uso(peer)) {
            n->tx_types_passed &= ~TYPE_BIT(UDP_L4);
        }
    }
    n->tx_software = virtio_vdev_has_feature(vdev, VIRTIO_NET_F_CSUM) &&
                     n->tx_types_passed != n->tx_types;
}

/* Is the packet not one that goes to the backend as it is? */
static bool wants_software(const VirtIONet *n, const struct virtio_net_hdr *hdr)
{
    return net_gso_wanted(hdr) && (requested(hdr) & ~n->tx_types_passed);
}

static TxSoftware *tx_software(VirtIONetQueue *q)
{
    TxSoftware *s = q->tx_software;

    if (!s) {
        unsigned iov_max = q->tx_batch.max_iov + FRAMES_MAX * FRAME_PIECES;

        s = q->tx_software = g_malloc(sizeof(*s) +
                                      iov_max * sizeof(struct iovec));
        s->iov_max = iov_max;
        s->frames_sent = 0;
        /* Others should not guess what it will be next (RFC 7739). */
        s->ident = g_random_int();
    }
    return s;
}

bool virtio_net_software_look(VirtIONetQueue *q, unsigned count)
{
    const VirtIONet *n = q->n;
    TxSoftware *s = tx_software(q);
    bool any = false;

    s->dropped = 0;
    for (unsigned i = 0; i < count; i++) {
        const VirtQueueElement *elem = &q->tx_batch.elems[i];
        struct virtio_net_hdr *hdr = &s->headers[i];

        if (iov_to_buf(elem->out_sg, elem->out_num, 0, hdr, sizeof(*hdr)) !=
            sizeof(*hdr)) {
            memset(hdr, 0, sizeof(*hdr));   /* it is refused for its length */
        }
        any |= wants_software(n, hdr);
    }
    if (!any) {
        s->frames_sent = 0;
    }
    return any;
}

/* --- frames --- */

static void add_frame(TxSoftware *s, const NetPacket *packet, unsigned chain,
                      unsigned number)
{
    s->packets[s->count] = *packet;
    s->origins[s->count] = (FrameOrigin) { chain, number };
    s->count++;
}

/* The frame in a packet as the backend would want it, without its header. */
static void skip_header(NetPacket *packet, size_t bytes)
{
    while (bytes > 0 && packet->iovcnt > 0) {
        struct iovec *first = (struct iovec *)packet->iov;
        size_t here = MIN(bytes, first->iov_len);

        first->iov_base = (uint8_t *)first->iov_base + here;
        first->iov_len -= here;
        bytes -= here;
        if (first->iov_len == 0) {
            packet->iov++;
            packet->iovcnt--;
        }
    }
}

/* Begin to cut a chain into frames. False: it cannot be, and is dropped. */
static bool begin_chain(VirtIONetQueue *q, unsigned chain)
{
    const VirtIONet *n = q->n;
    TxSoftware *s = q->tx_software;
    size_t host_hdr = virtio_net_host_hdr_bytes(n);
    NetPacket packet = q->tx_packets[chain];
    struct virtio_net_hdr hdr = s->headers[chain];

    if (requested(&hdr) & ~n->tx_types) {
        return false;
    }
    hdr.hdr_len = le16_to_cpu(hdr.hdr_len);
    hdr.gso_size = le16_to_cpu(hdr.gso_size);
    hdr.csum_start = le16_to_cpu(hdr.csum_start);
    hdr.csum_offset = le16_to_cpu(hdr.csum_offset);
    skip_header(&packet, host_hdr);
    if (!net_gso_start(&s->gso, &hdr, packet.iov, packet.iovcnt,
                       packet.size - host_hdr, s->ident + chain)) {
        return false;
    }
    /* A driver that promised exact lengths means another frame than we see. */
    return hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE ||
           !virtio_vdev_has_feature(VIRTIO_DEVICE(n),
                                    VIRTIO_NET_F_GUEST_HDRLEN) ||
           hdr.hdr_len == s->gso.layout.payload_offset;
}

/* Cut frames while there is room. True: that was the last of the chain. */
static bool cut_frames(VirtIONetQueue *q, unsigned chain)
{
    TxSoftware *s = q->tx_software;
    size_t host_hdr = virtio_net_host_hdr_bytes(q->n);

    while (s->gso.next < s->gso.count) {
        struct iovec *iov = s->iov + s->iov_used;
        uint8_t *room = s->room[s->count];
        unsigned number = s->gso.next;
        NetPacket packet = { .iov = iov };

        if (s->count == FRAMES_MAX ||
            s->iov_max - s->iov_used < s->gso.iovcnt + NET_GSO_PIECES_MORE) {
            return false;
        }
        packet.iovcnt = net_gso_next(&s->gso, room + VNET_HDR_MAX, iov,
                                     &packet.size);
        if (host_hdr > 0) {
            /* The frame is finished: its header asks for nothing. */
            iov[0].iov_base = memset(room + VNET_HDR_MAX - host_hdr, 0,
                                     host_hdr);
            iov[0].iov_len += host_hdr;
            packet.size += host_hdr;
        }
        s->iov_used += packet.iovcnt;
        add_frame(s, &packet, chain, number);
    }
    return true;
}

/*
 * Make frames of chains from @chain on, as many as there is room for. Returns the
 * first chain that has more to give; @count: none.
 */
static unsigned make_frames(VirtIONetQueue *q, unsigned chain, unsigned count)
{
    TxSoftware *s = q->tx_software;

    s->count = s->iov_used = 0;
    for (; chain < count; chain++) {
        if (!s->cutting) {
            unsigned sent = chain == 0 ? s->frames_sent : 0;

            if (!wants_software(q->n, &s->headers[chain])) {
                if (s->count == FRAMES_MAX) {
                    break;
                }
                add_frame(s, &q->tx_packets[chain], chain, 0);
                continue;
            }
            if (!begin_chain(q, chain)) {
                s->dropped |= UINT64_C(1) << chain;
                continue;
            }
            net_gso_skip(&s->gso, sent);
        }
        s->cutting = !cut_frames(q, chain);
        if (s->cutting) {
            break;
        }
    }
    return chain;
}

void virtio_net_software_count(VirtIONetQueue *q, unsigned done)
{
    const TxSoftware *s = q->tx_software;
    size_t host_hdr = virtio_net_host_hdr_bytes(q->n);

    for (unsigned i = 0; i < done; i++) {
        const struct virtio_net_hdr *hdr = &s->headers[i];
        size_t bytes = q->tx_packets[i].size - host_hdr;

        if (s->dropped >> i & 1) {
            q->tx.drops++;
            q->tx.bytes -= bytes;
            continue;
        }
        virtio_net_count_header(&q->tx, hdr->flags, hdr->gso_type, bytes);
        if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE &&
            wants_software(q->n, hdr)) {
            q->tx.cut_packets++;
            q->tx.cut_bytes += bytes;
        }
    }
}

/* The backend took the first @sent frames. */
static void count_segments(VirtIONetQueue *q, unsigned sent)
{
    const TxSoftware *s = q->tx_software;
    size_t host_hdr = virtio_net_host_hdr_bytes(q->n);

    for (unsigned i = 0; i < sent; i++) {
        const struct virtio_net_hdr *hdr = &s->headers[s->origins[i].chain];

        if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE &&
            wants_software(q->n, hdr)) {
            q->tx.segments++;
            q->tx.segment_bytes += s->packets[i].size - host_hdr;
        }
    }
}

unsigned virtio_net_software_send(VirtIONetQueue *q, unsigned count,
                                  NetPacketSent *sent_cb)
{
    TxSoftware *s = q->tx_software;
    unsigned chain = 0;

    QEMU_BUILD_BUG_ON(TX_BATCH > 64);
    s->cutting = false;
    while (chain < count) {
        unsigned sent;

        chain = make_frames(q, chain, count);
        sent = s->count == 0 ? 0 :
               qemu_send_burst(virtio_net_pair_client(q), s->packets, s->count,
                               sent_cb);
        count_segments(q, sent);
        if (sent < s->count) {
            s->frames_sent = s->origins[sent].number;
            s->ident += s->origins[sent].chain;
            return s->origins[sent].chain;
        }
    }
    s->frames_sent = 0;
    s->ident += count;
    return count;
}

/* --- received packets --- */

/* May a packet with this header go to the guest? */
static bool guest_takes_segment(const VirtIONet *n,
                                const struct virtio_net_hdr *hdr)
{
    static const uint64_t needs[] = {
        [VIRTIO_NET_HDR_GSO_TCPV4] = GUEST_OFFLOAD(TSO4),
        [VIRTIO_NET_HDR_GSO_TCPV6] = GUEST_OFFLOAD(TSO6),
        [VIRTIO_NET_HDR_GSO_UDP] = GUEST_OFFLOAD(UFO),
        [VIRTIO_NET_HDR_GSO_UDP_L4] = GUEST_OFFLOAD(USO4) |
                                      GUEST_OFFLOAD(USO6),
    };
    unsigned type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

    if (hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE) {
        return true;
    }
    if ((hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN) &&
        !(n->guest_offloads & GUEST_OFFLOAD(ECN))) {
        return false;
    }
    return type < ARRAY_SIZE(needs) && (n->guest_offloads & needs[type]);
}

bool virtio_net_rx_suits(const VirtIONet *n, const struct iovec *iov,
                         unsigned iovcnt)
{
    struct virtio_net_hdr hdr;

    /* A driver without checksums knows of no flags (5.1.6.4.1). */
    return iov_to_buf(iov, iovcnt, 0, &hdr, sizeof(hdr)) == sizeof(hdr) &&
           guest_takes_segment(n, &hdr) &&
           (hdr.flags == 0 || (n->guest_offloads & GUEST_OFFLOAD(CSUM)));
}

const NetPacket *virtio_net_rx_finish(VirtIONetQueue *q,
                                      const NetPacket *packet)
{
    const VirtIONet *n = q->n;
    size_t skip = virtio_net_host_hdr_bytes(n);
    RxSoftware *s = q->rx_software;
    struct virtio_net_hdr hdr;

    if (virtio_net_rx_suits(n, packet->iov, packet->iovcnt)) {
        return packet;
    }
    if (packet->size < skip || packet->size > sizeof(s->bytes)) {
        return NULL;
    }
    if (!s) {
        s = q->rx_software = g_malloc(sizeof(*s));
    }
    iov_to_buf(packet->iov, packet->iovcnt, 0, s->bytes, packet->size);
    memcpy(&hdr, s->bytes, sizeof(hdr));
    if (!guest_takes_segment(n, &hdr) ||
        ((hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
         !net_checksum_partial(s->bytes + skip, packet->size - skip,
                               le16_to_cpu(hdr.csum_start),
                               le16_to_cpu(hdr.csum_offset)))) {
        return NULL;
    }
    memset(s->bytes, 0, skip);
    s->iov = (struct iovec) { s->bytes, packet->size };
    s->packet = (NetPacket) { &s->iov, 1, packet->size };
    return &s->packet;
}

/* --- life --- */

void virtio_net_software_forget(VirtIONetQueue *q)
{
    if (q->tx_software) {
        q->tx_software->frames_sent = 0;
    }
}

void virtio_net_software_exit(VirtIONetQueue *q)
{
    g_clear_pointer(&q->tx_software, g_free);
    g_clear_pointer(&q->rx_software, g_free);
}

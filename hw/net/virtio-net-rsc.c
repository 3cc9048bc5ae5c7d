/*
 * virtio-net receive segment coalescing (RSC_EXT): segments of a TCP stream that
 * follow each other go to the driver as one large packet. VIRTIO 1.4 section
 * 5.1.6.4.
 *
 * Each queue keeps a few streams open; one ends when a segment comes that does not
 * continue it, is pushed or shorter than the others, or when rsc_interval is over.
 * Only segments that say nothing but "more data" are taken: no flags but ACK and
 * PSH, no IP options, the same TCP options as the first, a checksum that is right.
 * All others pass, behind what came before them in their stream. Acknowledgements
 * without data are never held, so none is a duplicate that needs counting.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "net/checksum.h"
#include "qemu/aio.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "virtio-net-internal.h"

#define STREAMS     8
/* Ethernet, two VLAN tags, IP and TCP with all options. */
#define HEAD_BYTES  (ETH_HLEN + 2 * ETH_VLAN_HLEN + 60 + 60)
#define IP_MAX      65535

enum { TCP_PSH = 0x08, TCP_ACK = 0x10 };
enum { TCP_SEQ_AT = 4, TCP_ACK_AT = 8, TCP_FLAGS_AT = 13, TCP_WINDOW_AT = 14,
       TCP_CHECKSUM_AT = 16, TCP_BYTES = 20 };
enum { IP4_LENGTH_AT = 2, IP4_ID_AT = 4, IP4_CHECKSUM_AT = 10, IP4_BYTES = 20 };
enum { IP6_LENGTH_AT = 4, IP6_BYTES = 40 };

/* A frame as it comes; @head is a copy of its beginning. */
typedef struct Segment {
    const NetPacket *packet;
    size_t skip;                    /* the backend's header before the frame */
    uint8_t head[HEAD_BYTES];
    EthLayout l;
    size_t payload;
    bool tcp;                       /* belongs to a stream */
    bool torn;                      /* to one that cannot be known: a fragment */
    bool plain;                     /* could be joined with others */
} Segment;

typedef struct Stream {
    uint8_t *bytes;                 /* backend's header and frame; NULL: never used */
    size_t skip, size;              /* of the first segment with its padding */
    size_t end;                     /* of the frame, without padding */
    EthLayout l;
    unsigned segments;              /* 0: free */
    size_t mss;
    bool closed;                    /* to be delivered */
} Stream;

struct RscState {
    VirtIONetQueue *q;
    Stream streams[STREAMS];
    unsigned oldest;                /* goes first when all are in use */
    QEMUTimer *timer;
    QEMUBH *bh;
    bool blocked;                   /* a closed stream found no buffers */
};

/* --- looking at frames --- */

static uint8_t *tcp_of(uint8_t *frame, const EthLayout *l)
{
    return frame + l->l4_offset;
}

static bool checksum_right(const Segment *s)
{
    const NetPacket *p = s->packet;
    size_t bytes = s->l.ip_end - s->l.l4_offset;
    struct virtio_net_hdr hdr;
    uint64_t sum;

    if (s->skip) {
        iov_to_buf(p->iov, p->iovcnt, 0, &hdr, sizeof(hdr));
        if (hdr.flags & VIRTIO_NET_HDR_F_DATA_VALID) {
            return true;
        }
    }
    sum = net_checksum_pseudo(s->head, &s->l, bytes);
    sum = net_checksum_add_iov(sum, p->iov, p->iovcnt, s->skip + s->l.l4_offset,
                               bytes);
    return net_checksum_finish(sum) == 0;
}

/* Headers that say nothing beside addresses, order and more data. */
static bool headers_plain(const VirtIONet *n, const Segment *s)
{
    const uint8_t *ip = s->head + s->l.l3_offset;
    const uint8_t *tcp = s->head + s->l.l4_offset;
    size_t ip_bytes = s->l.l4_offset - s->l.l3_offset;

    if ((tcp[TCP_FLAGS_AT] & ~TCP_PSH) != TCP_ACK || (tcp[12] & 0x0f)) {
        return false;
    }
    if (s->l.ip_version == 4) {
        return ip_bytes == IP4_BYTES && (ip[1] & 3) != 3 &&
               (n->guest_offloads & GUEST_OFFLOAD(TSO4));
    }
    return ip_bytes == IP6_BYTES && (ip[1] >> 4 & 3) != 3 &&
           (n->guest_offloads & GUEST_OFFLOAD(TSO6));
}

/* What the backend's header asks for (segments, a checksum) is left as it is. */
static bool backend_asks(const Segment *s)
{
    struct virtio_net_hdr hdr = { 0 };

    if (s->skip) {
        iov_to_buf(s->packet->iov, s->packet->iovcnt, 0, &hdr, sizeof(hdr));
    }
    return hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE ||
           (hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

static void look_at(const VirtIONet *n, const NetPacket *packet, Segment *s)
{
    size_t seen, size;

    s->packet = packet;
    s->skip = virtio_net_host_hdr_bytes(n);
    s->tcp = s->torn = s->plain = false;
    size = packet->size > s->skip ? packet->size - s->skip : 0;
    seen = iov_to_buf(packet->iov, packet->iovcnt, s->skip, s->head,
                      MIN(size, sizeof(s->head)));
    if (!eth_parse_head(s->head, seen, size, &s->l)) {
        return;
    }
    s->torn = s->l.fragment;
    if (s->l.l4 != ETH_L4_TCP) {
        return;
    }
    s->tcp = true;
    s->payload = s->l.ip_end - s->l.payload_offset;
    s->plain = s->payload > 0 && headers_plain(n, s) && !backend_asks(s) &&
               checksum_right(s);
}

/* --- streams --- */

/* The same Ethernet header, addresses and ports? */
static bool same_stream(const Stream *t, const Segment *s)
{
    size_t addresses = s->l.ip_version == 4 ? 12 : 8;
    size_t bytes = s->l.ip_version == 4 ? 8 : 32;
    const uint8_t *frame;

    if (!t->segments || t->l.l3_offset != s->l.l3_offset ||
        t->l.ip_version != s->l.ip_version) {
        return false;
    }
    frame = t->bytes + t->skip;
    return !memcmp(frame, s->head, s->l.l3_offset) &&
           !memcmp(frame + t->l.l3_offset + addresses,
                   s->head + s->l.l3_offset + addresses, bytes) &&
           !memcmp(frame + t->l.l4_offset, s->head + s->l.l4_offset, 4);
}

/* Bytes of the IP header that two segments of a stream have in common. */
static bool same_ip(const Stream *t, const Segment *s)
{
    const uint8_t *a = t->bytes + t->skip + t->l.l3_offset;
    const uint8_t *b = s->head + s->l.l3_offset;

    if (s->l.ip_version == 4) {
        /* Type of service; flags; time to live. */
        return a[1] == b[1] && a[6] == b[6] && a[8] == b[8];
    }
    return !memcmp(a, b, 4) && a[7] == b[7];
}

/* Does the segment continue the stream? */
static bool continues(const Stream *t, const Segment *s)
{
    uint8_t *a = tcp_of(t->bytes + t->skip, &t->l);
    const uint8_t *b = s->head + s->l.l4_offset;
    size_t tcp_bytes = s->l.payload_offset - s->l.l4_offset;
    uint32_t next = ldl_be_p(a + TCP_SEQ_AT) + (t->end - t->l.payload_offset);

    return !t->closed && t->l.l4_offset == s->l.l4_offset &&
           t->l.payload_offset == s->l.payload_offset &&
           s->payload <= t->mss && same_ip(t, s) &&
           ldl_be_p(b + TCP_SEQ_AT) == next &&
           (int32_t)(ldl_be_p(b + TCP_ACK_AT) - ldl_be_p(a + TCP_ACK_AT)) >= 0 &&
           !memcmp(a + TCP_BYTES, b + TCP_BYTES, tcp_bytes - TCP_BYTES) &&
           t->end + s->payload <= t->l.l3_offset + IP_MAX;
}

static void close_if_last(Stream *t, const Segment *s)
{
    if (s->payload < t->mss ||
        (s->head[s->l.l4_offset + TCP_FLAGS_AT] & TCP_PSH)) {
        t->closed = true;
    }
}

static void append(Stream *t, const Segment *s)
{
    uint8_t *a = tcp_of(t->bytes + t->skip, &t->l);
    const uint8_t *b = s->head + s->l.l4_offset;

    iov_to_buf(s->packet->iov, s->packet->iovcnt,
               s->skip + s->l.payload_offset, t->bytes + t->skip + t->end,
               s->payload);
    t->end += s->payload;
    t->segments++;
    memcpy(a + TCP_ACK_AT, b + TCP_ACK_AT, 4);
    a[TCP_FLAGS_AT] |= b[TCP_FLAGS_AT];
    memcpy(a + TCP_WINDOW_AT, b + TCP_WINDOW_AT, 2);
    close_if_last(t, s);
}

static void begin(Stream *t, const Segment *s)
{
    if (!t->bytes) {
        t->bytes = g_malloc(NET_BUFSIZE);
    }
    t->skip = s->skip;
    t->size = iov_to_buf(s->packet->iov, s->packet->iovcnt, 0, t->bytes,
                         MIN(s->packet->size, NET_BUFSIZE)) - s->skip;
    t->end = s->l.ip_end;
    t->l = s->l;
    t->segments = 1;
    t->mss = s->payload;
    t->closed = false;
}

/* Lengths and checksums of what several segments have become. */
static void seal(Stream *t, struct virtio_net_hdr *hdr)
{
    uint8_t *frame = t->bytes + t->skip;
    uint8_t *ip = frame + t->l.l3_offset;
    size_t tcp_bytes = t->end - t->l.l4_offset;
    uint64_t sum;

    if (t->l.ip_version == 4) {
        stw_be_p(ip + IP4_LENGTH_AT, t->end - t->l.l3_offset);
        stw_be_p(ip + IP4_CHECKSUM_AT, 0);
        sum = net_checksum_add(0, ip, IP4_BYTES);
        stw_be_p(ip + IP4_CHECKSUM_AT, net_checksum_finish(sum));
    } else {
        stw_be_p(ip + IP6_LENGTH_AT, t->end - t->l.l3_offset - IP6_BYTES);
    }
    /* The driver finishes it, if it wants to: what the pseudo header adds. */
    sum = net_checksum_pseudo(frame, &t->l, tcp_bytes);
    stw_be_p(tcp_of(frame, &t->l) + TCP_CHECKSUM_AT,
             (uint16_t)~net_checksum_finish(sum));
    *hdr = (struct virtio_net_hdr){
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_RSC_INFO,
        .gso_type = t->l.ip_version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 :
                                           VIRTIO_NET_HDR_GSO_TCPV6,
        .hdr_len = cpu_to_le16(t->l.payload_offset),
        .gso_size = cpu_to_le16(t->mss),
        .csum_start = cpu_to_le16(t->segments),    /* RSC_INFO makes it so */
    };
}

/* --- delivering --- */

/* False: no buffers now. */
static bool deliver(VirtIONetQueue *q, Stream *t)
{
    struct virtio_net_hdr hdr;
    size_t size = t->segments > 1 ? t->end : t->size;
    const struct iovec iov = { t->bytes, t->skip + size };
    const NetPacket packet = { .iov = &iov, .iovcnt = 1, .size = iov.iov_len };

    t->closed = true;
    if (t->segments > 1) {
        seal(t, &hdr);
    }
    if (!virtio_net_receive_one(q, &packet, t->segments > 1 ? &hdr : NULL)) {
        return false;
    }
    t->segments = 0;
    return true;
}

/* All that are closed, or all; false: the rest waits for buffers. */
static bool deliver_all(RscState *rsc, bool also_open)
{
    rsc->blocked = false;
    for (unsigned i = 0; i < STREAMS; i++) {
        Stream *t = &rsc->streams[(rsc->oldest + i) % STREAMS];

        if (t->segments && (t->closed || also_open) && !deliver(rsc->q, t)) {
            rsc->blocked = true;
            return false;
        }
    }
    return true;
}

static bool any_open(const RscState *rsc)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        if (rsc->streams[i].segments) {
            return true;
        }
    }
    return false;
}

static void interval_over(void *opaque)
{
    RscState *rsc = opaque;

    qemu_bh_schedule(rsc->bh);
}

static void rsc_bh(void *opaque)
{
    RscState *rsc = opaque;

    if (virtio_net_pair_running(rsc->q)) {
        timer_del(rsc->timer);
        deliver_all(rsc, true);
    }
}

static RscState *rsc_of(VirtIONetQueue *q)
{
    MemReentrancyGuard *guard = virtio_reentrancy_guard(VIRTIO_DEVICE(q->n));

    if (!q->rsc) {
        q->rsc = g_new0(RscState, 1);
        q->rsc->q = q;
        q->rsc->bh = aio_bh_new_guarded(q->ctx, rsc_bh, q->rsc, guard);
        q->rsc->timer = aio_timer_new(q->ctx, QEMU_CLOCK_VIRTUAL, SCALE_NS,
                                      interval_over, q->rsc);
    }
    return q->rsc;
}

/* A place for a new stream; NULL: the oldest cannot be delivered now. */
static Stream *find_place(RscState *rsc)
{
    Stream *t;

    for (unsigned i = 0; i < STREAMS; i++) {
        if (!rsc->streams[i].segments) {
            return &rsc->streams[i];
        }
    }
    t = &rsc->streams[rsc->oldest];
    if (!deliver(rsc->q, t)) {
        rsc->blocked = true;
        return NULL;
    }
    rsc->oldest = (rsc->oldest + 1) % STREAMS;
    return t;
}

static Stream *find_stream(RscState *rsc, const Segment *s)
{
    for (unsigned i = 0; s->tcp && i < STREAMS; i++) {
        if (same_stream(&rsc->streams[i], s)) {
            return &rsc->streams[i];
        }
    }
    return NULL;
}

/* Take one packet; false: not now. */
static bool take(RscState *rsc, const NetPacket *packet)
{
    Segment s;
    Stream *t;

    look_at(rsc->q->n, packet, &s);
    if (s.torn && !deliver_all(rsc, true)) {
        return false;
    }
    t = find_stream(rsc, &s);
    if (t && s.plain && continues(t, &s)) {
        append(t, &s);
        return true;
    }
    if (t && !deliver(rsc->q, t)) {
        rsc->blocked = true;
        return false;
    }
    if (!s.plain || (s.head[s.l.l4_offset + TCP_FLAGS_AT] & TCP_PSH)) {
        return virtio_net_receive_one(rsc->q, packet, NULL);
    }
    t = find_place(rsc);
    if (!t) {
        return false;
    }
    begin(t, &s);
    return true;
}

unsigned virtio_net_rsc_receive(VirtIONetQueue *q, const NetPacket *packets,
                                unsigned count)
{
    RscState *rsc = rsc_of(q);
    unsigned done = 0;

    while (done < count && deliver_all(rsc, false) &&
           take(rsc, &packets[done])) {
        done++;
    }
    deliver_all(rsc, false);
    if (any_open(rsc) && !timer_pending(rsc->timer)) {
        timer_mod(rsc->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                              q->n->rsc_interval);
    }
    return done;
}

void virtio_net_rsc_wake(VirtIONetQueue *q)
{
    if (q->rsc && q->rsc->blocked) {
        qemu_bh_schedule(q->rsc->bh);
    }
}

void virtio_net_rsc_drop(VirtIONetQueue *q)
{
    if (q->rsc) {
        timer_del(q->rsc->timer);
        qemu_bh_cancel(q->rsc->bh);
        for (unsigned i = 0; i < STREAMS; i++) {
            q->rsc->streams[i].segments = 0;
        }
        q->rsc->blocked = false;
    }
}

void virtio_net_rsc_exit(VirtIONetQueue *q)
{
    if (q->rsc) {
        virtio_net_rsc_drop(q);
        timer_free(q->rsc->timer);
        qemu_bh_delete(q->rsc->bh);
        for (unsigned i = 0; i < STREAMS; i++) {
            g_free(q->rsc->streams[i].bytes);
        }
        g_clear_pointer(&q->rsc, g_free);
    }
}

void virtio_net_rsc_mark(struct virtio_net_hdr *hdr, size_t frame_bytes)
{
    uint8_t kind = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
    size_t head = le16_to_cpu(hdr->hdr_len), mss = le16_to_cpu(hdr->gso_size);

    if ((kind == VIRTIO_NET_HDR_GSO_TCPV4 || kind == VIRTIO_NET_HDR_GSO_TCPV6) &&
        !(hdr->flags & VIRTIO_NET_HDR_F_RSC_INFO) && mss && frame_bytes > head) {
        hdr->flags |= VIRTIO_NET_HDR_F_RSC_INFO;
        hdr->csum_start = cpu_to_le16(DIV_ROUND_UP(frame_bytes - head, mss));
        hdr->csum_offset = 0;
    }
}

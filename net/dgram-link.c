/*
 * Frames as datagrams: bursts go out with one sendmmsg from where they are, and
 * come in with one recvmmsg. Over UDP packets of one size in a row go as one message
 * that the kernel cuts (UDP_SEGMENT), which costs a fraction. The socket is not
 * connected: it hears who sends to it, as ever. Nothing that the other side does, or its absence,
 * is an error: a datagram that cannot be sent is lost, as on a wire.
 *
 * A unix socket is connected to its destination while it sends, since only then
 * does the kernel tell when the other side's queue has room; a destination that is
 * not there yet is tried again with the next burst. It would also hear nobody else,
 * not even the other side made anew, so the connection is undone as soon as it has
 * not been used for a moment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <stdalign.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include "qemu/aio.h"
#include "qemu/iov.h"
#include "qemu/timer.h"
#include "dgram-link.h"

#define DGRAM_BURST 64
/* The kernel refuses messages of more pieces. */
#define DGRAM_IOV_MAX 1024
/* Datagrams passed on before others get their turn. */
#define DGRAM_BUDGET 512
/* What one message to a UDP socket may be: a datagram, or so many at once. */
#define UDP_PAYLOAD_MAX 65507
#define UDP_SEGMENTS_MAX 64
/* How long a connection stays that is not used. */
#define DGRAM_IDLE_MS 100

/*
 * Datagrams on their way. Each has its home in @frames, whose pages are touched only
 * when something is put there; where the peer lets us, they are read into its memory
 * and the homes stay empty.
 */
typedef struct DgramRx {
    unsigned asked;             /* for so many, when reading last */
    unsigned first, count;      /* not delivered yet */
    NetPacket packets[DGRAM_BURST];
    struct iovec iov[DGRAM_BURST];
    struct mmsghdr msgs[DGRAM_BURST];
    bool in_home[DGRAM_BURST];  /* read there, although there was a place */
    uint8_t *frames;            /* DGRAM_BURST × NET_BUFSIZE, mapped */
    uint8_t *heads;             /* DGRAM_BURST envelopes, if there are any */
    struct iovec *pieces;       /* DGRAM_IOV_MAX: envelopes and frames together */
} DgramRx;

static void dgram_readable(void *opaque);
static void dgram_writable(void *opaque);

static void dgram_update_handlers(DgramLink *link)
{
    aio_set_fd_handler(link->nc->ctx, link->fd,
                       link->want_read ? dgram_readable : NULL,
                       link->want_write ? dgram_writable : NULL,
                       NULL, NULL, link);
}

static void dgram_want_read(DgramLink *link, bool on)
{
    if (link->want_read != on) {
        link->want_read = on;
        dgram_update_handlers(link);
    }
}

static void dgram_want_write(DgramLink *link, bool on)
{
    if (link->want_write != on) {
        link->want_write = on;
        dgram_update_handlers(link);
    }
}

/* --- receive --- */

static DgramRx *dgram_rx_new(const DgramEnvelope *envelope)
{
    DgramRx *rx = g_new0(DgramRx, 1);

    rx->frames = mmap(NULL, DGRAM_BURST * NET_BUFSIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rx->frames == MAP_FAILED) {
        g_free(rx);
        return NULL;
    }
    for (unsigned i = 0; i < DGRAM_BURST; i++) {
        rx->iov[i].iov_base = rx->frames + i * NET_BUFSIZE;
        rx->packets[i].iov = &rx->iov[i];
        rx->packets[i].iovcnt = 1;
    }
    if (envelope) {
        rx->heads = g_malloc(DGRAM_BURST * envelope->received_bytes);
        rx->pieces = g_new(struct iovec, DGRAM_IOV_MAX);
    }
    return rx;
}

static void dgram_rx_free(DgramRx *rx)
{
    if (rx) {
        munmap(rx->frames, DGRAM_BURST * NET_BUFSIZE);
        g_free(rx->heads);
        g_free(rx->pieces);
        g_free(rx);
    }
}

static void dgram_peer_ready(NetClientState *nc, ssize_t size);

/* Pass on what was read; false when the peer takes no more for now. */
static bool dgram_deliver(DgramLink *link)
{
    DgramRx *rx = link->rx;

    while (rx->count) {
        const NetPacket *packets = &rx->packets[rx->first];
        unsigned taken = 1, run = 0;

        while (run < rx->count && packets[run].size) {
            run++;
        }
        if (run) {
            taken = qemu_send_burst(link->nc, packets, run, dgram_peer_ready);
        }
        rx->first += taken;     /* what is empty is no frame */
        rx->count -= taken;
        if (taken == 0) {
            break;
        }
    }
    dgram_want_read(link, rx->count == 0);
    return rx->count == 0;
}

static void dgram_peer_ready(NetClientState *nc, ssize_t size)
{
    DgramClient *client = container_of(nc, DgramClient, nc);

    if (client->link.rx) {
        dgram_deliver(&client->link);
    }
}

static uint8_t *dgram_rx_head(const DgramLink *link, unsigned i)
{
    return link->rx->heads + i * link->envelope->received_bytes;
}

/* The size of the frame in datagram @i; of one that was cut or is not for us, 0. */
static size_t dgram_frame_size(DgramLink *link, unsigned i)
{
    const DgramEnvelope *envelope = link->envelope;
    const struct mmsghdr *msg = &link->rx->msgs[i];

    if (msg->msg_hdr.msg_flags & MSG_TRUNC) {
        return 0;
    }
    if (!envelope) {
        return msg->msg_len;
    }
    return msg->msg_len > envelope->received_bytes &&
           envelope->check(link, dgram_rx_head(link, i)) ?
           msg->msg_len - envelope->received_bytes : 0;
}

/* Read up to @count datagrams into what rx->msgs says. */
static void dgram_read(DgramLink *link, unsigned count)
{
    DgramRx *rx = link->rx;
    int got = recvmmsg(link->fd, rx->msgs, count, MSG_DONTWAIT, NULL);

    rx->asked = count;
    rx->first = 0;
    rx->count = MAX(got, 0);
    for (unsigned i = 0; i < rx->count; i++) {
        rx->packets[i].size = rx->iov[i].iov_len = dgram_frame_size(link, i);
    }
}

/*
 * Datagram @i goes into @place, its end into the place's home if it may be long, and
 * its envelope, if there is one, in front of it. With more pieces than the kernel
 * takes all of it goes home. @pieces is where the next free ones are; false if there
 * are too few of them for another datagram.
 */
static bool dgram_use_place(DgramLink *link, unsigned i, NetPlace *place,
                            bool may_be_long, struct iovec **pieces)
{
    DgramRx *rx = link->rx;
    struct msghdr *hdr = &rx->msgs[i].msg_hdr;
    unsigned count = place->iovcnt + may_be_long;
    unsigned before = link->envelope ? 1 : 0;
    unsigned left = link->envelope ? rx->pieces + DGRAM_IOV_MAX - *pieces : 0;

    if (may_be_long) {
        place->iov[place->iovcnt] = (struct iovec) {
            place->home + place->room, NET_BUFSIZE - place->room,
        };
    }
    hdr->msg_iov = place->iov;
    rx->in_home[i] = before + count > DGRAM_IOV_MAX;
    if (rx->in_home[i]) {
        rx->iov[i].iov_len = NET_BUFSIZE;
        hdr->msg_iov = &rx->iov[i];
        count = 1;
    }
    hdr->msg_iovlen = before + count;
    if (!before) {
        return true;
    }
    if (before + count > left) {
        return false;
    }
    (*pieces)[0] = (struct iovec) {
        dgram_rx_head(link, i), link->envelope->received_bytes,
    };
    memcpy(*pieces + 1, hdr->msg_iov, count * sizeof(**pieces));
    hdr->msg_iov = *pieces;
    *pieces += before + count;
    return true;
}

/* A NetReader: into the peer's memory, what does not fit there into the homes. */
static unsigned dgram_read_places(NetClientState *nc, NetPlace *places,
                                  unsigned count, unsigned how)
{
    DgramLink *link = &container_of(nc, DgramClient, nc)->link;
    DgramRx *rx = link->rx;
    struct iovec *pieces = rx->pieces;
    unsigned used;

    for (used = 0; used < count; used++) {
        NetPlace *place = &places[used];
        bool may_be_long = (how & NET_READ_LONG) && place->room < NET_BUFSIZE;

        place->home = rx->iov[used].iov_base;
        if (!dgram_use_place(link, used, place, may_be_long, &pieces)) {
            break;
        }
    }
    dgram_read(link, used);
    for (unsigned i = 0; i < rx->count; i++) {
        NetPlace *place = &places[i];

        place->size = rx->packets[i].size;
        if (rx->in_home[i]) {
            iov_from_buf(place->iov, place->iovcnt, 0, place->home,
                         MIN(place->size, place->room));
        }
    }
    return rx->count;
}

/* Into our own memory. */
static void dgram_read_home(DgramLink *link)
{
    DgramRx *rx = link->rx;

    for (unsigned i = 0; i < DGRAM_BURST; i++) {
        struct msghdr *hdr = &rx->msgs[i].msg_hdr;

        rx->iov[i].iov_len = NET_BUFSIZE;
        hdr->msg_iov = &rx->iov[i];
        hdr->msg_iovlen = 1;
        if (link->envelope) {
            hdr->msg_iov = &rx->pieces[2 * i];
            hdr->msg_iovlen = 2;
            hdr->msg_iov[0] = (struct iovec) {
                dgram_rx_head(link, i), link->envelope->received_bytes,
            };
            hdr->msg_iov[1] = rx->iov[i];
        }
    }
    dgram_read(link, DGRAM_BURST);
}

/* Read until there is no more for now: fewer came than there was room for. */
static void dgram_readable(void *opaque)
{
    DgramLink *link = opaque;
    DgramRx *rx = link->rx;
    unsigned got, total = 0;

    if (rx && rx->count) {
        return;                 /* the peer said: not now */
    }
    if (!rx) {
        rx = link->rx = dgram_rx_new(link->envelope);
        if (!rx) {
            return;
        }
    }
    do {
        int taken = qemu_receive_direct(link->nc, dgram_read_places,
                                        DGRAM_BURST);

        if (taken < 0) {
            dgram_read_home(link);
            taken = 0;
        }
        got = rx->count;
        rx->first = taken;
        rx->count -= taken;
        total += got;
    } while ((rx->count == 0 || dgram_deliver(link)) && got == rx->asked &&
             total < DGRAM_BUDGET);
}

/* --- send --- */

static void dgram_writable(void *opaque)
{
    DgramLink *link = opaque;

    dgram_want_write(link, false);
    qemu_flush_queued_packets(link->nc);
}

static void dgram_watch_idle(DgramLink *link)
{
    link->used = false;
    timer_mod(link->idle, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                          DGRAM_IDLE_MS);
}

static void dgram_idle(void *opaque)
{
    const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    DgramLink *link = opaque;

    if (!link->connected) {
        return;
    }
    if (link->used || link->want_write) {
        dgram_watch_idle(link);
        return;
    }
    connect(link->fd, &nobody, sizeof(nobody));
    link->connected = false;
}

/* Is the socket able to send? A unix socket first finds its other side. */
static bool dgram_ready(DgramLink *link)
{
    link->used = true;
    if (link->connected || !link->idle) {
        return true;
    }
    link->connected = connect(link->fd, (struct sockaddr *)&link->dest.addr,
                              link->dest.len) == 0;
    if (link->connected) {
        dgram_watch_idle(link);
    }
    return link->connected;
}

static size_t dgram_head_bytes(const DgramLink *link)
{
    return link->envelope ? link->envelope->sent_bytes : 0;
}

/* More pieces than the kernel takes: put them into one. */
static bool dgram_send_linear(DgramLink *link, const NetPacket *packet)
{
    size_t head_bytes = dgram_head_bytes(link);
    size_t size = head_bytes + packet->size;
    g_autofree uint8_t *frame = g_malloc(size);
    struct iovec iov = { .iov_base = frame, .iov_len = size };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_name = link->connected || !link->dest.len ? NULL :
                    &link->dest.addr,
        .msg_namelen = link->connected ? 0 : link->dest.len,
    };

    if (head_bytes) {
        link->envelope->write(link, frame, link->sent_count);
    }
    iov_to_buf(packet->iov, packet->iovcnt, 0, frame + head_bytes,
               packet->size);
    return sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
           (errno != EAGAIN && errno != ENOBUFS);
}

/* What goes to the kernel in one call. */
typedef struct DgramOut {
    struct mmsghdr msgs[DGRAM_BURST];
    unsigned runs[DGRAM_BURST];             /* packets in each message */
    struct iovec iov[DGRAM_IOV_MAX];        /* of messages put together here */
    uint8_t heads[DGRAM_BURST * DGRAM_ENVELOPE_MAX];
    struct {
        alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
    } controls[DGRAM_BURST];
} DgramOut;

/*
 * How many packets, from the first one on, can go as one message that the kernel cuts
 * into datagrams: all of the size of the first, but for the last, which may be
 * shorter.
 */
static unsigned dgram_run(const DgramLink *link, const NetPacket *packets,
                          unsigned count)
{
    size_t size = packets->size, head_bytes = dgram_head_bytes(link);
    unsigned before = head_bytes ? 1 : 0;
    unsigned pieces = before + packets->iovcnt;
    unsigned n = 1;

    if (size == 0 || head_bytes + size >= link->segments_below) {
        return 1;
    }
    count = MIN(count, MIN(UDP_SEGMENTS_MAX,
                           UDP_PAYLOAD_MAX / (head_bytes + size)));
    while (n < count && packets[n - 1].size == size && packets[n].size > 0 &&
           packets[n].size <= size &&
           pieces + before + packets[n].iovcnt <= DGRAM_IOV_MAX) {
        pieces += before + packets[n++].iovcnt;
    }
    return n;
}

/* Ask for @hdr's bytes to be cut into datagrams of @size. */
static void dgram_ask_segments(struct msghdr *hdr, void *control, size_t size)
{
    const uint16_t bytes = size;
    struct cmsghdr *cmsg = control;

    cmsg->cmsg_level = SOL_UDP;
    cmsg->cmsg_type = UDP_SEGMENT;
    cmsg->cmsg_len = CMSG_LEN(sizeof(bytes));
    memcpy(CMSG_DATA(cmsg), &bytes, sizeof(bytes));
    hdr->msg_control = control;
    hdr->msg_controllen = CMSG_SPACE(sizeof(bytes));
}

/*
 * The pieces of @run packets, the first of which is the @at-th of the call, with their
 * envelopes. Returns how many there are; 0 if they are more than @left.
 */
static unsigned dgram_put_together(DgramLink *link, DgramOut *out, unsigned at,
                                   const NetPacket *packets, unsigned run,
                                   struct iovec *iov, unsigned left)
{
    size_t head_bytes = dgram_head_bytes(link);
    unsigned before = head_bytes ? 1 : 0, count = 0;

    for (unsigned i = 0; i < run; i++) {
        if (count + before + packets[i].iovcnt > left) {
            return 0;
        }
        if (before) {
            uint8_t *head = out->heads + (at + i) * head_bytes;

            link->envelope->write(link, head, link->sent_count + at + i);
            iov[count++] = (struct iovec) { head, head_bytes };
        }
        memcpy(iov + count, packets[i].iov, packets[i].iovcnt * sizeof(*iov));
        count += packets[i].iovcnt;
    }
    return count;
}

/* Messages of up to @count packets; returns how many messages. */
static unsigned dgram_make_messages(DgramLink *link, DgramOut *out,
                                    const NetPacket *packets, unsigned count)
{
    bool name = !link->connected && link->dest.len;
    size_t head_bytes = dgram_head_bytes(link);
    struct iovec *iov = out->iov;
    unsigned n, at = 0;

    if (head_bytes) {
        count = MIN(count, DGRAM_BURST);    /* for as many there are heads */
    }
    for (n = 0; n < DGRAM_BURST && at < count; n++) {
        const NetPacket *packet = &packets[at];
        unsigned run = dgram_run(link, packet, count - at);
        struct msghdr *hdr = &out->msgs[n].msg_hdr;

        if (packet->iovcnt > DGRAM_IOV_MAX) {
            break;
        }
        *hdr = (struct msghdr) {
            .msg_name = name ? &link->dest.addr : NULL,
            .msg_namelen = name ? link->dest.len : 0,
            .msg_iov = (struct iovec *)packet->iov,
            .msg_iovlen = packet->iovcnt,
        };
        if (run > 1 || head_bytes) {
            hdr->msg_iov = iov;
            hdr->msg_iovlen = dgram_put_together(
                link, out, at, packet, run, iov,
                out->iov + DGRAM_IOV_MAX - iov);
            if (hdr->msg_iovlen == 0) {
                break;
            }
            iov += hdr->msg_iovlen;
        }
        if (run > 1) {
            dgram_ask_segments(hdr, &out->controls[n],
                               head_bytes + packet->size);
        }
        out->runs[n] = run;
        at += run;
    }
    return n;
}

/*
 * Hand @count packets to the kernel. Returns how many it took before the first it
 * did not, with errno set if that was not the last.
 */
static unsigned dgram_send_some(DgramLink *link, const NetPacket *packets,
                                unsigned count)
{
    DgramOut out;
    unsigned n = dgram_make_messages(link, &out, packets, count);
    unsigned taken = 0;
    int sent;

    if (n == 0) {
        taken = dgram_send_linear(link, packets);
        link->sent_count += taken;
        return taken;
    }
    sent = sendmmsg(link->fd, out.msgs, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
        return 0;
    }
    if (sent < n) {
        errno = 0;              /* ask again to learn why */
    }
    for (int i = 0; i < sent; i++) {
        taken += out.runs[i];
    }
    link->sent_count += taken;
    return taken;
}

/*
 * Was it asked to cut, and refused? Datagrams that are to be fragmented cannot be cut
 * from one message, and on some ways nothing can. True: try again without.
 */
static bool dgram_cut_refused(DgramLink *link, const NetPacket *packets,
                              unsigned count, int err)
{
    if (dgram_run(link, packets, count) < 2) {
        return false;
    }
    switch (err) {
    case EINVAL:
    case EMSGSIZE:
        link->segments_below = dgram_head_bytes(link) + packets->size;
        return true;
    case EIO:
    case EOPNOTSUPP:
    case ENOPROTOOPT:
        link->segments_below = 0;
        return true;
    default:
        return false;
    }
}

unsigned dgram_link_send(DgramLink *link, const NetPacket *packets,
                         unsigned count)
{
    unsigned done = 0;

    if (link->want_write) {
        return 0;
    }
    if (!dgram_ready(link)) {
        return count;           /* nobody there: lost, as on a wire */
    }
    while (done < count) {
        unsigned sent;

        errno = 0;
        sent = dgram_send_some(link, packets + done, count - done);
        done += sent;
        if (sent || errno == EINTR || errno == 0) {
            continue;
        }
        if (errno == EAGAIN) {
            dgram_want_write(link, true);
            break;
        }
        if (dgram_cut_refused(link, packets + done, count - done, errno)) {
            continue;
        }
        if (link->connected && (errno == ECONNREFUSED || errno == ENOTCONN ||
                                errno == EPIPE || errno == ECONNRESET)) {
            link->connected = false;    /* the other side was made anew? */
            if (dgram_ready(link)) {
                continue;
            }
            return count;
        }
        done++;                 /* this one cannot be sent */
    }
    return done;
}

/* Is this a socket for which the kernel cuts messages into datagrams? */
static bool dgram_can_cut(const DgramLink *link)
{
    int value;
    socklen_t len = sizeof(value);

    if ((link->dest.len && net_sockaddr_is_multicast(&link->dest)) ||
        getsockopt(link->fd, SOL_SOCKET, SO_PROTOCOL, &value, &len) < 0 ||
        value != IPPROTO_UDP) {
        return false;
    }
    len = sizeof(value);
    return getsockopt(link->fd, SOL_UDP, UDP_SEGMENT, &value, &len) == 0;
}

/* Only a unix socket that we connect is ever idle. */
static void dgram_make_timer(DgramLink *link)
{
    if (link->dest.len && link->dest.addr.ss_family == AF_UNIX) {
        link->idle = aio_timer_new(link->nc->ctx, QEMU_CLOCK_REALTIME, SCALE_MS,
                                   dgram_idle, link);
    }
}

void dgram_link_start(DgramLink *link, NetClientState *nc, int fd,
                      const NetSockaddr *dest)
{
    int bytes = 4 * 1024 * 1024;

    link->nc = nc;
    link->fd = fd;
    link->connected = false;
    link->want_write = false;
    if (dest) {
        link->dest = *dest;
    } else {
        link->dest.len = 0;
    }
    link->segments_below = dgram_can_cut(link) ? UDP_PAYLOAD_MAX + 1 : 0;
    /* Room for bursts; the kernel caps it by its own limits. */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    link->idle = NULL;
    dgram_make_timer(link);
    link->want_read = true;
    dgram_update_handlers(link);
}

void dgram_link_stop(DgramLink *link)
{
    if (link->fd < 0) {
        return;
    }
    aio_set_fd_handler(link->nc->ctx, link->fd, NULL, NULL, NULL, NULL, NULL);
    close(link->fd);
    link->fd = -1;
    timer_free(link->idle);
    dgram_rx_free(link->rx);
    link->rx = NULL;
}

void dgram_set_aio_context(NetClientState *nc, AioContext *ctx)
{
    DgramLink *link = &container_of(nc, DgramClient, nc)->link;

    aio_set_fd_handler(nc->ctx, link->fd, NULL, NULL, NULL, NULL, NULL);
    timer_free(link->idle);
    link->idle = NULL;
    nc->ctx = ctx;
    dgram_make_timer(link);
    if (link->connected && link->idle) {
        dgram_watch_idle(link);
    }
    dgram_update_handlers(link);
}

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
    uint8_t *frames;            /* DGRAM_BURST × NET_BUFSIZE, mapped */
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

static DgramRx *dgram_rx_new(void)
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
    return rx;
}

static void dgram_rx_free(DgramRx *rx)
{
    if (rx) {
        munmap(rx->frames, DGRAM_BURST * NET_BUFSIZE);
        g_free(rx);
    }
}

static void dgram_peer_ready(NetClientState *nc, ssize_t size);

/* Pass on what was read; false when the peer takes no more for now. */
static bool dgram_deliver(DgramLink *link)
{
    DgramRx *rx = link->rx;

    while (rx->count) {
        unsigned taken = qemu_send_burst(link->nc, &rx->packets[rx->first],
                                         rx->count, dgram_peer_ready);

        rx->first += taken;
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

/* What is in rx->msgs to @count: their sizes. A datagram that was cut is nothing. */
static void dgram_take_sizes(DgramRx *rx, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool cut = rx->msgs[i].msg_hdr.msg_flags & MSG_TRUNC;

        rx->iov[i].iov_len = cut ? 0 : rx->msgs[i].msg_len;
        rx->packets[i].size = rx->iov[i].iov_len;
    }
    rx->first = 0;
    rx->count = count;
}

/* A NetReader: into the peer's memory, what does not fit there into the homes. */
static unsigned dgram_read_places(NetClientState *nc, NetPlace *places,
                                  unsigned count, unsigned how)
{
    DgramLink *link = &container_of(nc, DgramClient, nc)->link;
    DgramRx *rx = link->rx;
    int got;

    rx->asked = count;
    for (unsigned i = 0; i < count; i++) {
        NetPlace *place = &places[i];
        struct msghdr *hdr = &rx->msgs[i].msg_hdr;

        place->home = rx->iov[i].iov_base;
        hdr->msg_iov = place->iov;
        hdr->msg_iovlen = place->iovcnt;
        if ((how & NET_READ_LONG) && place->room < NET_BUFSIZE) {
            place->iov[place->iovcnt] = (struct iovec) {
                place->home + place->room, NET_BUFSIZE - place->room,
            };
            hdr->msg_iovlen++;
        }
    }
    got = recvmmsg(link->fd, rx->msgs, count, MSG_DONTWAIT, NULL);
    dgram_take_sizes(rx, MAX(got, 0));
    for (unsigned i = 0; i < rx->count; i++) {
        places[i].size = rx->packets[i].size;
    }
    return rx->count;
}

/* Into our own memory. */
static void dgram_read_home(DgramLink *link)
{
    DgramRx *rx = link->rx;
    int got;

    rx->asked = DGRAM_BURST;
    for (unsigned i = 0; i < DGRAM_BURST; i++) {
        rx->iov[i].iov_len = NET_BUFSIZE;
        rx->msgs[i].msg_hdr.msg_iov = &rx->iov[i];
        rx->msgs[i].msg_hdr.msg_iovlen = 1;
    }
    got = recvmmsg(link->fd, rx->msgs, DGRAM_BURST, MSG_DONTWAIT, NULL);
    dgram_take_sizes(rx, MAX(got, 0));
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
        rx = link->rx = dgram_rx_new();
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

/* More pieces than the kernel takes: put them into one. */
static bool dgram_send_linear(DgramLink *link, const NetPacket *packet)
{
    g_autofree uint8_t *frame = g_malloc(packet->size);
    struct iovec iov = { .iov_base = frame, .iov_len = packet->size };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_name = link->connected || !link->dest.len ? NULL :
                    &link->dest.addr,
        .msg_namelen = link->connected ? 0 : link->dest.len,
    };

    iov_to_buf(packet->iov, packet->iovcnt, 0, frame, packet->size);
    return sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
           (errno != EAGAIN && errno != ENOBUFS);
}

/* What goes to the kernel in one call. */
typedef struct DgramOut {
    struct mmsghdr msgs[DGRAM_BURST];
    unsigned runs[DGRAM_BURST];             /* packets in each message */
    struct iovec iov[DGRAM_IOV_MAX];        /* of messages of several packets */
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
    size_t size = packets->size;
    unsigned pieces = packets->iovcnt;
    unsigned n = 1;

    if (size == 0 || size >= link->segments_below) {
        return 1;
    }
    count = MIN(count, MIN(UDP_SEGMENTS_MAX, UDP_PAYLOAD_MAX / size));
    while (n < count && packets[n - 1].size == size && packets[n].size > 0 &&
           packets[n].size <= size &&
           pieces + packets[n].iovcnt <= DGRAM_IOV_MAX) {
        pieces += packets[n++].iovcnt;
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

/* Messages of up to @count packets; returns how many messages. */
static unsigned dgram_make_messages(DgramLink *link, DgramOut *out,
                                    const NetPacket *packets, unsigned count)
{
    bool name = !link->connected && link->dest.len;
    struct iovec *iov = out->iov;
    unsigned n, at = 0;

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
        if (run > 1) {
            hdr->msg_iov = iov;
            for (unsigned i = 0; i < run; i++) {
                if (iov + packet[i].iovcnt > out->iov + DGRAM_IOV_MAX) {
                    return n;
                }
                memcpy(iov, packet[i].iov, packet[i].iovcnt * sizeof(*iov));
                iov += packet[i].iovcnt;
            }
            hdr->msg_iovlen = iov - hdr->msg_iov;
            dgram_ask_segments(hdr, &out->controls[n], packet->size);
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
        return dgram_send_linear(link, packets);
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
        link->segments_below = packets->size;
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

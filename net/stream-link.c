/*
 * Frames on a byte stream: a burst goes out with one sendmsg, lengths and pieces
 * together, straight from where they are; what the kernel does not take of a
 * frame that it began is kept. Incoming frames are cut out of one buffer and
 * passed on in bursts without a further copy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include "qemu/aio.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "stream-link.h"

#define STREAM_BURST        64
#define STREAM_IOV          512     /* pieces in one sendmsg */
#define STREAM_RX_BYTES     (4 * NET_BUFSIZE)

typedef struct StreamRx {
    size_t head, tail;          /* bytes read and not passed on yet */
    unsigned first, count;      /* frames cut out and not taken yet */
    size_t taken_to;            /* where the head goes when they are */
    NetPacket packets[STREAM_BURST];
    struct iovec iov[STREAM_BURST];
    uint8_t *bytes;             /* STREAM_RX_BYTES, mapped */
} StreamRx;

static void stream_readable(void *opaque);
static void stream_writable(void *opaque);

static void stream_update_handlers(StreamLink *link)
{
    aio_set_fd_handler(link->nc->ctx, link->fd,
                       link->want_read ? stream_readable : NULL,
                       link->want_write ? stream_writable : NULL,
                       NULL, NULL, link);
}

static void stream_want_read(StreamLink *link, bool on)
{
    if (link->want_read != on) {
        link->want_read = on;
        stream_update_handlers(link);
    }
}

static void stream_want_write(StreamLink *link, bool on)
{
    if (link->want_write != on) {
        link->want_write = on;
        stream_update_handlers(link);
    }
}

static void stream_lost(StreamLink *link)
{
    NetClientState *nc = link->nc;
    StreamClosed *closed = link->closed;

    stream_link_stop(link);
    if (link->closed_bh) {
        qemu_bh_schedule(link->closed_bh);
    } else {
        closed(nc);
    }
    /* Who waits for room goes on; its packets are lost. */
    qemu_flush_queued_packets(nc);
}

/* --- receive --- */

static void stream_peer_ready(NetClientState *nc, ssize_t size);

/* Cut the next frames out of the buffer. False: the stream makes no sense. */
static bool stream_cut_frames(StreamRx *rx)
{
    size_t at = rx->head;

    rx->first = 0;
    rx->count = 0;
    while (rx->count < STREAM_BURST && rx->tail - at >= sizeof(uint32_t)) {
        uint32_t size;

        memcpy(&size, rx->bytes + at, sizeof(size));
        size = ntohl(size);
        if (size == 0 || size > NET_BUFSIZE) {
            return false;
        }
        if (rx->tail - at - sizeof(uint32_t) < size) {
            break;
        }
        rx->iov[rx->count] = (struct iovec) {
            .iov_base = rx->bytes + at + sizeof(uint32_t), .iov_len = size,
        };
        rx->packets[rx->count] = (NetPacket) {
            .iov = &rx->iov[rx->count], .iovcnt = 1, .size = size,
        };
        rx->count++;
        at += sizeof(uint32_t) + size;
    }
    rx->taken_to = at;
    return true;
}

/* Pass on all whole frames; stop reading while the peer takes no more. */
static void stream_deliver(StreamLink *link)
{
    StreamRx *rx = link->rx;

    for (;;) {
        while (rx->count) {
            unsigned taken = qemu_send_burst(link->nc, &rx->packets[rx->first],
                                             rx->count, stream_peer_ready);

            rx->first += taken;
            rx->count -= taken;
            if (taken == 0) {
                stream_want_read(link, false);
                return;
            }
        }
        rx->head = rx->taken_to;
        if (!stream_cut_frames(rx)) {
            warn_report("%s: the other side sent a frame of an impossible size;"
                        " connection closed", link->nc->name);
            stream_lost(link);
            return;
        }
        if (rx->count == 0) {
            break;
        }
    }
    /* Keep room for the largest frame behind what is left. */
    if (rx->head == rx->tail) {
        rx->head = rx->tail = rx->taken_to = 0;
    } else if (STREAM_RX_BYTES - rx->head < NET_BUFSIZE + sizeof(uint32_t)) {
        memmove(rx->bytes, rx->bytes + rx->head, rx->tail - rx->head);
        rx->tail -= rx->head;
        rx->head = rx->taken_to = 0;
    }
    stream_want_read(link, true);
}

static void stream_peer_ready(NetClientState *nc, ssize_t size)
{
    StreamClient *client = container_of(nc, StreamClient, nc);

    if (client->link.fd >= 0 && client->link.rx) {
        stream_deliver(&client->link);
    }
}

static bool stream_rx_prepare(StreamLink *link)
{
    StreamRx *rx = link->rx;

    if (rx) {
        return true;
    }
    rx = g_new0(StreamRx, 1);
    rx->bytes = mmap(NULL, STREAM_RX_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rx->bytes == MAP_FAILED) {
        g_free(rx);
        return false;
    }
    link->rx = rx;
    return true;
}

static void stream_readable(void *opaque)
{
    StreamLink *link = opaque;
    StreamRx *rx;
    ssize_t got;

    if (!stream_rx_prepare(link)) {
        return;
    }
    rx = link->rx;
    got = recv(link->fd, rx->bytes + rx->tail, STREAM_RX_BYTES - rx->tail,
               MSG_DONTWAIT);
    if (got > 0) {
        rx->tail += got;
        stream_deliver(link);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        stream_lost(link);
    }
}

/* --- send --- */

/* Try to finish what is pending. False: not all of it went. */
static bool stream_flush_pending(StreamLink *link)
{
    while (link->pending_sent < link->pending->len) {
        ssize_t sent = send(link->fd, link->pending->data + link->pending_sent,
                            link->pending->len - link->pending_sent,
                            MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno != EAGAIN) {
                /* The reading side learns that the stream has ended. */
                link->pending_sent = link->pending->len;
                break;
            }
            return false;
        }
        link->pending_sent += sent;
    }
    g_byte_array_set_size(link->pending, 0);
    link->pending_sent = 0;
    return true;
}

static void stream_writable(void *opaque)
{
    StreamLink *link = opaque;

    if (stream_flush_pending(link)) {
        stream_want_write(link, false);
        qemu_flush_queued_packets(link->nc);
    }
}

/* Keep the bytes of @packet, with its length in front, from @offset on. */
static void stream_keep_rest(StreamLink *link, const NetPacket *packet,
                             size_t offset)
{
    uint32_t length = htonl(packet->size);
    size_t at = link->pending->len;

    if (offset < sizeof(length)) {
        g_byte_array_append(link->pending, (uint8_t *)&length + offset,
                            sizeof(length) - offset);
        offset = sizeof(length);
        at = link->pending->len;
    }
    offset -= sizeof(length);
    g_byte_array_set_size(link->pending, at + packet->size - offset);
    iov_to_buf(packet->iov, packet->iovcnt, offset, link->pending->data + at,
               packet->size - offset);
}

static bool stream_can_carry(const NetPacket *packet)
{
    return packet->size > 0 && packet->size <= NET_BUFSIZE;
}

/*
 * One sendmsg for as many packets as fit. Returns how many are done with: sent,
 * or their rest kept; 0 with errno set when the kernel took nothing.
 */
static unsigned stream_send_some(StreamLink *link, const NetPacket *packets,
                                 unsigned count)
{
    struct iovec iov[STREAM_IOV];
    uint32_t lengths[STREAM_BURST];
    unsigned pieces = 0, n = 0, done = 0;
    struct msghdr msg = { .msg_iov = iov };
    ssize_t sent;

    while (n < MIN(count, STREAM_BURST) &&
           pieces + 1 + packets[n].iovcnt <= STREAM_IOV &&
           stream_can_carry(&packets[n])) {
        lengths[n] = htonl(packets[n].size);
        iov[pieces++] = (struct iovec) { &lengths[n], sizeof(lengths[n]) };
        memcpy(&iov[pieces], packets[n].iov,
               packets[n].iovcnt * sizeof(iov[0]));
        pieces += packets[n].iovcnt;
        n++;
    }
    if (n == 0) {
        stream_keep_rest(link, packets, 0);     /* too many pieces */
        return 1;
    }
    msg.msg_iovlen = pieces;
    sent = sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
        return 0;
    }
    for (; done < n && sent > 0; done++) {
        size_t wire_size = sizeof(uint32_t) + packets[done].size;

        if (sent < wire_size) {
            stream_keep_rest(link, &packets[done], sent);
        }
        sent -= MIN((size_t)sent, wire_size);
    }
    return done;
}

unsigned stream_link_send(StreamLink *link, const NetPacket *packets,
                          unsigned count)
{
    unsigned done = 0;

    if (link->fd < 0) {
        return count;
    }
    if (link->want_write) {
        return 0;
    }
    while (done < count) {
        unsigned n;

        if (!stream_can_carry(&packets[done])) {
            done++;
            continue;
        }
        n = stream_send_some(link, packets + done, count - done);
        done += n;
        if (n == 0 && errno == EINTR) {
            continue;
        }
        if (n == 0 && errno != EAGAIN) {
            return count;       /* broken; the reading side closes it */
        }
        if (n == 0 || !stream_flush_pending(link)) {
            stream_want_write(link, true);
            break;
        }
    }
    return done;
}

void stream_link_start(StreamLink *link, NetClientState *nc, int fd,
                       StreamClosed *closed)
{
    aio_context_hold(nc->ctx);
    link->nc = nc;
    link->closed = closed;
    link->pending = g_byte_array_new();
    link->pending_sent = 0;
    link->want_read = true;
    link->want_write = false;
    link->fd = fd;
    stream_update_handlers(link);
    aio_context_let_go(nc->ctx);
}

void stream_link_stop(StreamLink *link)
{
    if (link->fd < 0) {
        return;
    }
    aio_set_fd_handler(link->nc->ctx, link->fd, NULL, NULL, NULL, NULL, NULL);
    close(link->fd);
    link->fd = -1;
    g_byte_array_unref(link->pending);
    link->pending = NULL;
    if (link->rx) {
        munmap(link->rx->bytes, STREAM_RX_BYTES);
        g_clear_pointer(&link->rx, g_free);
    }
    link->want_write = false;
}

static void stream_closed_bh(void *opaque)
{
    StreamLink *link = opaque;

    link->closed(link->nc);
}

void stream_link_set_aio_context(StreamLink *link, NetClientState *nc,
                                 AioContext *ctx)
{
    bool at_home = ctx == qemu_get_aio_context();

    if (link->fd >= 0) {
        aio_set_fd_handler(nc->ctx, link->fd, NULL, NULL, NULL, NULL, NULL);
    }
    nc->ctx = ctx;
    /* Who makes connections lives in the main loop, whatever happens here. */
    if (!at_home && !link->closed_bh) {
        link->closed_bh = aio_bh_new(qemu_get_aio_context(), stream_closed_bh,
                                     link);
    }
    if (link->fd >= 0) {
        stream_update_handlers(link);
    }
}

void stream_link_cleanup(StreamLink *link)
{
    stream_link_stop(link);
    g_clear_pointer(&link->closed_bh, qemu_bh_delete);
}

/*
 * Frames from a tap. Long ones are read straight into the memory of the peer where it
 * lets us. Short ones are read into our own, always the same that is in the cache:
 * copying them costs less than a call that takes several pieces. Sending, and what
 * belongs to the interface, is in tap.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "qemu/error-report.h"
#include "net/checksum.h"
#include "tap-internal.h"

#define TAP_BURST       64
#define TAP_RX_BYTES    (4 * NET_BUFSIZE)
#define TAP_BUDGET      512                     /* frames a turn */
/* Places offered by the peer; the largest frame in buffers of 1526 takes 43. */
#define TAP_PLACES      256
#define TAP_FRAME_MAX   (65536 + 64)
/* Longer ones are worth it; they are expected until so many others have come. */
#define TAP_LONG        4096
#define TAP_LONG_MEMORY 64

/*
 * Frames read and not taken yet. They stand close together, not one a page. Those
 * that were read into the peer's memory have their homes here all the same.
 */
typedef struct TapRx {
    unsigned first, count;
    bool drained;                               /* there was no more to read */
    int error;                                  /* what reading came to, or 0 */
    unsigned long_memory;                       /* frames to be expected long */
    NetPacket packets[TAP_BURST];
    struct iovec iov[TAP_BURST];
    struct iovec joined[TAP_IOV_MAX];           /* of places in a row */
    uint8_t *bytes;                             /* TAP_RX_BYTES, mapped */
} TapRx;

/* The interface was deleted under us: quiet from now on. */
static void tap_lost(NetTap *s, int err)
{
    s->gone = true;
    tap_want(s, false, false);
    warn_report("%s: the interface %s is gone: %s", s->nc.name,
                s->dev->caps.ifname, strerror(err));
    qemu_flush_queued_packets(&s->nc);
}

static TapRx *tap_rx_new(void)
{
    TapRx *rx = g_new0(TapRx, 1);

    rx->bytes = mmap(NULL, TAP_RX_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rx->bytes == MAP_FAILED) {
        g_free(rx);
        return NULL;
    }
    for (unsigned i = 0; i < TAP_BURST; i++) {
        rx->packets[i].iov = &rx->iov[i];
        rx->packets[i].iovcnt = 1;
    }
    return rx;
}

static void tap_peer_ready(NetClientState *nc, ssize_t size);

/* Pass on what was read; stop reading while the peer takes no more (false). */
static bool tap_deliver(NetTap *s)
{
    TapRx *rx = s->rx;

    while (rx->count) {
        unsigned taken = qemu_send_burst(&s->nc, &rx->packets[rx->first],
                                         rx->count, tap_peer_ready);

        rx->first += taken;
        rx->count -= taken;
        if (taken == 0) {
            break;
        }
    }
    if (!s->gone) {
        tap_want(s, rx->count == 0 && s->enabled, s->want_write);
    }
    return rx->count == 0;
}

static void tap_peer_ready(NetClientState *nc, ssize_t size)
{
    NetTap *s = tap_of(nc);

    if (s->rx) {
        tap_deliver(s);
    }
}

/*
 * Take the header off for a NIC that does not know of it, and do what it asks.
 * Nobody asked for segments: one that comes all the same was under way when
 * that changed, and is lost. Returns the bytes to skip, or more than @size.
 */
static size_t tap_strip(const NetTap *s, uint8_t *frame, size_t size)
{
    size_t skip = s->dev->hdr_bytes;
    struct virtio_net_hdr hdr;

    if (skip == 0 || s->nc.vnet_hdr_len) {
        return 0;
    }
    if (size <= skip) {
        return SIZE_MAX;
    }
    memcpy(&hdr, frame, sizeof(hdr));
    if (hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE ||
        ((hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) &&
         !net_checksum_partial(frame + skip, size - skip, hdr.csum_start,
                               hdr.csum_offset))) {
        return SIZE_MAX;
    }
    return skip;
}

/* Read a frame; 0 when there is nothing to be had: rx->drained, perhaps rx->error. */
static size_t tap_read(NetTap *s, const struct iovec *iov, unsigned iovcnt)
{
    ssize_t got;

    do {
        got = iovcnt == 1 ? read(s->fd, iov->iov_base, iov->iov_len) :
                            readv(s->fd, iov, iovcnt);
    } while (got < 0 && errno == EINTR);
    if (got > TAP_LONG) {
        s->rx->long_memory = TAP_LONG_MEMORY;
    } else if (s->rx->long_memory > 0) {
        s->rx->long_memory--;
    }
    if (got > 0) {
        return got;
    }
    s->rx->drained = true;
    if (got < 0 && (errno == EBADFD || errno == EFAULT)) {
        s->rx->error = errno;
    }
    return 0;
}

static bool tap_home_left(const TapRx *rx, const uint8_t *at)
{
    return rx->count < TAP_BURST &&
           rx->bytes + TAP_RX_BYTES - at >= NET_BUFSIZE;
}

/* A frame of @size that begins at @frame is at home. */
static void tap_add(TapRx *rx, uint8_t *frame, size_t size)
{
    rx->iov[rx->count] = (struct iovec) { frame, size };
    rx->packets[rx->count++].size = size;
}

/* Read into our own memory until there is no more, or no more room. */
static void tap_read_home(NetTap *s)
{
    TapRx *rx = s->rx;
    uint8_t *at = rx->bytes;

    rx->count = 0;
    while (tap_home_left(rx, at)) {
        struct iovec iov = { at, NET_BUFSIZE };
        size_t got = tap_read(s, &iov, 1);
        size_t skip;

        if (got == 0) {
            break;
        }
        skip = tap_strip(s, at, got);
        if (skip <= got) {
            tap_add(rx, at + skip, got - skip);
            at += ROUND_UP(got, 64);
        }
    }
}

/*
 * One frame into the first of @count places, or several of them if it may be long;
 * what is longer goes on at @home. Its size, or 0.
 */
static size_t tap_read_place(NetTap *s, NetPlace *places, unsigned count,
                             uint8_t *home)
{
    TapRx *rx = s->rx;
    struct iovec *iov = places->iov;
    unsigned iovcnt = places->iovcnt, joined = 1;
    size_t room = places->room, got, covered = 0;

    if (count > 1 && room < TAP_FRAME_MAX && iovcnt < TAP_IOV_MAX - 1) {
        iov = rx->joined;
        memcpy(iov, places->iov, iovcnt * sizeof(*iov));
        while (joined < count && room < TAP_FRAME_MAX &&
               iovcnt + places[joined].iovcnt < TAP_IOV_MAX) {
            const NetPlace *next = &places[joined++];

            memcpy(iov + iovcnt, next->iov, next->iovcnt * sizeof(*iov));
            iovcnt += next->iovcnt;
            room += next->room;
        }
    }
    if (room < TAP_FRAME_MAX) {
        iov[iovcnt++] = (struct iovec) { home + room, NET_BUFSIZE - room };
    }
    got = tap_read(s, iov, iovcnt);
    places->span = 0;
    do {
        covered += places[places->span++].room;
    } while (covered < got && places->span < joined);
    return got;
}

static size_t tap_room(const NetPlace *places, unsigned count)
{
    size_t room = 0;

    for (unsigned i = 0; i < count && room < TAP_FRAME_MAX; i++) {
        room += places[i].room;
    }
    return room;
}

/* A NetReader: into the peer's memory. */
static unsigned tap_read_places(NetClientState *nc, NetPlace *places,
                                unsigned count, unsigned how)
{
    NetTap *s = tap_of(nc);
    TapRx *rx = s->rx;
    uint8_t *at = rx->bytes;
    unsigned used = 0;

    rx->count = 0;
    while (used < count && tap_home_left(rx, at)) {
        NetPlace *place = &places[used];
        bool join = how & NET_READ_JOIN;

        if (join && used > 0 &&
            tap_room(place, count - used) < TAP_FRAME_MAX) {
            break;              /* the next call finds more */
        }
        place->home = at;
        place->size = tap_read_place(s, place, join ? count - used : 1, at);
        if (place->size == 0) {
            break;
        }
        tap_add(rx, at, place->size);
        at += ROUND_UP(place->size, 64);
        used += place->span;
    }
    return rx->count;
}

/* Read until there is no more for now, so that the loop need not come back. */
void tap_readable(void *opaque)
{
    NetTap *s = opaque;
    TapRx *rx = s->rx;
    unsigned total = 0;

    if (!rx) {
        rx = s->rx = tap_rx_new();
    }
    if (!rx || rx->count) {
        return;
    }
    rx->drained = false;
    do {
        int taken = -1;

        /* A header that is to be taken off must be seen first. */
        if (rx->long_memory && s->nc.vnet_hdr_len == s->dev->hdr_bytes) {
            taken = qemu_receive_direct(&s->nc, tap_read_places, TAP_PLACES);
        }
        if (taken < 0) {
            tap_read_home(s);
            taken = 0;
        }
        total += rx->count;
        rx->first = taken;
        rx->count -= taken;
    } while (tap_deliver(s) && !rx->drained && total < TAP_BUDGET);
    if (rx->error) {
        tap_lost(s, rx->error);
        rx->error = 0;
    }
}

void tap_forget(NetTap *s)
{
    if (s->rx && s->rx->count) {
        s->rx->count = 0;
        if (!s->gone) {
            tap_want(s, s->enabled, s->want_write);
        }
    }
}

void tap_rx_free(NetTap *s)
{
    if (s->rx) {
        munmap(s->rx->bytes, TAP_RX_BYTES);
        g_free(s->rx);
    }
}

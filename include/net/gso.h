/*
 * What a struct virtio_net_hdr asks for, done in software: one frame with a
 * checksum to complete, or a large segment to cut into frames of the network's
 * size (VIRTIO 1.4 section 5.1.6.2). Pure functions.
 *
 * The frame comes in pieces that are only read: headers are copied once, checked,
 * and written anew for each frame; payload stays where it is. Nothing here trusts
 * a length that the frame or its header states.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_GSO_H
#define QEMU_NET_GSO_H

#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "net/eth.h"

/* Newer than the headers of Linux 6.1. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* The most bytes of headers that a frame may have, from Ethernet to TCP. */
#define NET_GSO_HEADERS_MAX     256
/* The room that net_gso_next() needs for those that it writes. */
#define NET_GSO_HEADERS_ROOM    (NET_GSO_HEADERS_MAX + 8)
/* Elements in the list of a frame's pieces, beside those of its payload. */
#define NET_GSO_PIECES_MORE     2
/* The smallest payload of a frame; a guest does not make us send millions. */
#define NET_GSO_SIZE_MIN        8

typedef enum NetGsoKind {
    NET_GSO_CHECKSUM,           /* one frame, a checksum to complete */
    NET_GSO_FAR_CHECKSUM,       /* the same, behind NET_GSO_HEADERS_MAX */
    NET_GSO_TCP,
    NET_GSO_UDP,                /* USO: datagrams of their own */
    NET_GSO_FRAGMENTS,          /* UFO: fragments of one datagram */
} NetGsoKind;

typedef struct NetGso {
    NetGsoKind kind;
    unsigned count;             /* frames in all */
    unsigned next;              /* the one that net_gso_next() makes */
    bool checksum;              /* TCP or UDP checksum to be made */
    EthLayout layout;
    uint16_t header_bytes;      /* of @headers that every frame repeats */
    uint32_t start, field;      /* of a checksum: sum from, store at */
    uint32_t size;              /* payload of every frame but the last */
    uint32_t left;              /* payload not sent yet */
    uint32_t ident;             /* of IPv6 fragments */
    const struct iovec *iov;    /* where the payload goes on */
    unsigned iovcnt;
    size_t iov_offset;
    uint8_t headers[NET_GSO_HEADERS_MAX];
} NetGso;

/* Does @hdr ask for anything? If not the frame goes as it is. */
static inline bool net_gso_wanted(const struct virtio_net_hdr *hdr)
{
    return hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE ||
           (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/*
 * Begin with a frame of @size bytes, without its virtio header, whose members are
 * in host byte order. @iov stays valid and unchanged until the last frame is made.
 * @ident numbers the fragments of one IPv6 datagram: the caller counts. False if
 * the header asks for what the frame is not: it is to be dropped.
 */
bool net_gso_start(NetGso *g, const struct virtio_net_hdr *hdr,
                   const struct iovec *iov, unsigned iovcnt, size_t size,
                   uint32_t ident);

/*
 * The next frame: @headers (NET_GSO_HEADERS_ROOM bytes, the caller's) is filled,
 * and @pieces lists it and the payload: at most NET_GSO_PIECES_MORE elements more
 * than g->iovcnt, for which there must be room. Returns how many; 0 after the last
 * frame. *@size gets the sum.
 */
unsigned net_gso_next(NetGso *g, uint8_t *headers, struct iovec *pieces,
                      size_t *size);

/* Leave out the next @count frames, or all that are left: they went before. */
void net_gso_skip(NetGso *g, unsigned count);

#endif

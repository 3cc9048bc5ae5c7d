/*
 * Frames that ask for a checksum or for segments, and what must become of them, for
 * tests of virtio-net.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VIRTIO_NET_OFFLOAD_H
#define VIRTIO_NET_OFFLOAD_H

#include "virtio-net-fixture.h"
#include <linux/virtio_net.h>

/* Newer than the headers of Linux 6.1, or left out of them. */
#define NET_F_GSO           6
#define NET_F_RING_RESET    40
#define NET_F_HOST_USO      56
#define NET_GSO_UDP_L4      5

typedef struct NetSample {
    unsigned version;           /* of IP */
    bool tcp;                   /* or UDP */
    bool vlan;                  /* a VLAN tag */
    bool extra;                 /* options: of IPv4 and TCP, an IPv6 header more */
    bool ecn;                   /* asks for ECN */
    bool goes_on;               /* TCP: the stream does not end here */
    unsigned payload;
    uint8_t type;               /* VIRTIO_NET_HDR_GSO_* without ECN */
    uint16_t mss;
    uint32_t source, dest;      /* of IPv4; 0: any */
    uint16_t dest_port;

    uint8_t frame[70000];       /* as the driver gives it */
    size_t size, l3, l4, payload_at;
} NetSample;

/* Fill in what follows from the upper members. */
void net_sample_build(NetSample *s);
struct virtio_net_hdr net_sample_header(const NetSample *s);
/* Add to the transmit queue in about so many pieces, up to 28; or with a kick. */
void net_sample_add(NetFixture *f, const NetSample *s, unsigned pieces);
void net_sample_send(NetFixture *f, const NetSample *s, unsigned pieces);
void net_offload_add(NetFixture *f, const struct virtio_net_hdr *hdr,
                     const uint8_t *frame, size_t size, unsigned pieces);
/*
 * What frame @i of those that it asks for must be, with @ident where there are IPv6
 * fragments; returns its size, 0 behind the last.
 */
size_t net_sample_frame(const NetSample *s, unsigned i, uint8_t *frame,
                        uint32_t ident);
/* The host gets all that the sample asks for, from the @first frame on. */
void net_sample_expect(NetFixture *f, const NetSample *s, unsigned first);
/* Send it, expect it, and get the chain back. */
void net_sample_passes(NetFixture *f, const NetSample *s, unsigned pieces);

/* Ones' complement sum of big-endian words, folded, not inverted. */
uint16_t net_plain_sum(uint32_t sum, const uint8_t *p, size_t size);

/* Start with CSUM, all that is HOST_*, and @features. */
void net_offload_start(NetFixture *f, QVirtioDevice *d, const char *layout,
                       uint64_t features);
/* Was this type of segment agreed on? */
bool net_offload_has(NetFixture *f, uint8_t type);

#endif

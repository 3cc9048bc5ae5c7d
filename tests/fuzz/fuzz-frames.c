/*
 * Frames for fuzz targets: VLAN tags, IPv4 or IPv6, TCP or UDP, a vnet header that
 * asks for what fits them; then some bytes become what the input says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "fuzz-frames.h"
#include "net/eth.h"
#include "qemu/bswap.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* Bits of the byte that says what is in a frame. */
enum { KIND_VLAN = 1, KIND_V6 = 2, KIND_UDP = 4, KIND_EXTENSION = 8,
       KIND_TO_US = 16, KIND_GSO = 32, KIND_CSUM = 64, KIND_FRAGMENT = 128 };

typedef struct Writer {
    uint8_t *at, *end;
} Writer;

static void put(Writer *w, const void *bytes, size_t count)
{
    count = MIN(count, (size_t)(w->end - w->at));
    memcpy(w->at, bytes, count);
    w->at += count;
}

static void put_u16(Writer *w, uint16_t value)
{
    uint8_t bytes[2];

    stw_be_p(bytes, value);
    put(w, bytes, 2);
}

static void put_ethernet(Writer *w, uint8_t kind)
{
    static const uint8_t addresses[2][12] = {
        { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1 },
        { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 2, 0, 0, 0, 0, 1 },
    };

    put(w, addresses[!!(kind & KIND_TO_US)], 12);
    if (kind & KIND_VLAN) {
        put_u16(w, ETH_P_VLAN);
        put_u16(w, 5);
    }
    put_u16(w, kind & KIND_V6 ? ETH_P_IPV6 : ETH_P_IP);
}

static void put_ipv4(Writer *w, uint8_t kind, size_t payload)
{
    uint8_t ip[20] = { 0x45, 0, 0, 0, 0, 1, 0, 0, 64,
                       kind & KIND_UDP ? 17 : 6, 0, 0,
                       10, 0, 0, 1, 10, 0, 0, 2 };

    stw_be_p(ip + 2, MIN(payload + 20, 0xffff));
    ip[6] = kind & KIND_FRAGMENT ? 0x20 : 0x40;
    put(w, ip, sizeof(ip));
}

static void put_ipv6(Writer *w, uint8_t kind, size_t payload)
{
    static const uint8_t routing[24] = { 60, 2, 2, 0, [8] = 0xfe, 0x80 };
    static const uint8_t home[24] = { 17, 2, 1, 0, 201, 16, 0xfe, 0x80 };
    uint8_t ip[40] = { 0x60, [7] = 64, [8] = 0xfe, [9] = 0x80, [23] = 1,
                       [24] = 0xfe, [25] = 0x80, [39] = 2 };
    bool extended = kind & KIND_EXTENSION;
    uint8_t last = kind & KIND_UDP ? 17 : 6;

    ip[6] = extended ? 43 : last;
    stw_be_p(ip + 4, MIN(payload + (extended ? 48 : 0), 0xffff));
    put(w, ip, sizeof(ip));
    if (extended) {
        put(w, routing, sizeof(routing));
        put(w, home, sizeof(home));
        w->at[-24] = last;
    }
}

static void put_transport(Writer *w, uint8_t kind, size_t payload)
{
    uint8_t tcp[20] = { 0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18 };
    uint8_t udp[8] = { 0x10, 0, 0x20, 0 };

    if (kind & KIND_UDP) {
        stw_be_p(udp + 4, MIN(payload, 0xffff));
        put(w, udp, sizeof(udp));
    } else {
        put(w, tcp, sizeof(tcp));
    }
}

static uint8_t gso_type(uint8_t kind, uint8_t choice)
{
    if (!(kind & KIND_UDP)) {
        return (kind & KIND_V6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
                VIRTIO_NET_HDR_GSO_TCPV4) |
               (choice & 1 ? VIRTIO_NET_HDR_GSO_ECN : 0);
    }
    return choice & 1 ? VIRTIO_NET_HDR_GSO_UDP : VIRTIO_NET_HDR_GSO_UDP_L4;
}

size_t fuzz_frame(FuzzInput *in, unsigned header, uint8_t *buffer, size_t max)
{
    uint8_t kind = fuzz_u8(in), choice = fuzz_u8(in), changes;
    unsigned transport = kind & KIND_UDP ? 8 : 20;
    /* Up to what a header of 16 bits can say, and a little over it. */
    size_t payload = fuzz_u16(in) >> (choice >> 4 & 7);
    Writer w = { buffer + header, buffer + max };
    struct virtio_net_hdr *vnet = (struct virtio_net_hdr *)buffer;
    uint8_t *l4;
    size_t bytes;

    memset(buffer, 0, header);
    put_ethernet(&w, kind);
    if (kind & KIND_V6) {
        put_ipv6(&w, kind, payload + transport);
    } else {
        put_ipv4(&w, kind, payload + transport);
    }
    l4 = w.at;
    put_transport(&w, kind, payload + transport);
    payload = MIN(payload, (size_t)(w.end - w.at));
    memset(w.at, choice, payload);
    bytes = w.at + payload - buffer;
    if (header >= sizeof(*vnet)) {
        vnet->flags = kind & KIND_CSUM ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0;
        vnet->csum_start = l4 - buffer - header;
        vnet->csum_offset = kind & KIND_UDP ? 6 : 16;
        vnet->gso_type = kind & KIND_GSO ? gso_type(kind, choice) : 0;
        vnet->gso_size = choice & 2 ? 1448 : choice >> 2;
        vnet->hdr_len = vnet->csum_start + transport;
    }
    for (changes = fuzz_u8(in) % 8; changes > 0; changes--) {
        uint8_t at = fuzz_u8(in), value = fuzz_u8(in);

        if (at < bytes) {
            buffer[at] = value;
        }
    }
    return choice & 8 ? MIN(bytes, (size_t)fuzz_u8(in)) : bytes;
}

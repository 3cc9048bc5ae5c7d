/*
 * Frames of the benchmark: Ethernet (or Ethernet, IPv4, TCP), a kind, a number, then
 * bytes that depend on the kind and the place, so that pieces of other frames, or of
 * other places, are found out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "bench.h"
#include <linux/if_ether.h>

#define KINDS       1024
#define ETHERTYPE   0x88b5              /* for local experiments */
#define TCP_HEAD    (14 + 20 + 20)
#define GSO_SIZE    1448
/* How much of both ends of a long frame is compared while the clock runs. */
#define END_BYTES   128

static uint8_t pattern[BENCH_FRAME_MAX + KINDS];
static uint8_t head[TCP_HEAD];
static unsigned head_bytes;
static unsigned frame_bytes;

static void put_be16(uint8_t *at, uint16_t value)
{
    at[0] = value >> 8;
    at[1] = value;
}

void frame_init(const Spec *spec)
{
    static const uint8_t eth[12] = {
        0x02, 0, 0, 0, 0, 0x99, 0x02, 0, 0, 0, 0, 0x01
    };
    uint32_t x = 12345;

    for (unsigned i = 0; i < sizeof(pattern); i++) {
        x = x * 1103515245 + 12345;
        pattern[i] = x >> 16;
    }
    frame_bytes = spec->bytes;
    memcpy(head, eth, sizeof(eth));
    put_be16(head + 12, spec->gso ? ETH_P_IP : ETHERTYPE);
    head_bytes = ETH_HLEN;
    if (spec->gso) {
        uint8_t *ip = head + ETH_HLEN, *tcp = ip + 20;

        ip[0] = 0x45;
        put_be16(ip + 2, frame_bytes - ETH_HLEN);
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = 6;
        memcpy(ip + 12, (uint8_t[]){ 10, 9, 9, 1, 10, 9, 9, 2 }, 8);
        put_be16(tcp, 1000);
        put_be16(tcp + 2, 2000);
        tcp[12] = 5 << 4;
        tcp[13] = 0x10;
        head_bytes = TCP_HEAD;
    }
}

void frame_gso_header(struct virtio_net_hdr_v1 *hdr)
{
    *hdr = (struct virtio_net_hdr_v1) {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
        .hdr_len = TCP_HEAD, .gso_size = GSO_SIZE,
        .csum_start = 34, .csum_offset = 16,
    };
}

void frame_write(uint8_t *at, unsigned kind)
{
    unsigned body = head_bytes + 10;

    memcpy(at, head, head_bytes);
    put_be16(at + head_bytes, kind % KINDS);
    memset(at + head_bytes + 2, 0, 8);
    memcpy(at + body, pattern + kind % KINDS, frame_bytes - body);
}

void frame_stamp(uint8_t *at, uint64_t number)
{
    memcpy(at + head_bytes + 2, &number, 8);
}

bool frame_is_ours(const uint8_t *at, size_t bytes, uint64_t *number)
{
    if (bytes != frame_bytes || memcmp(at, head, 14)) {
        return false;
    }
    memcpy(number, at + head_bytes + 2, 8);
    return true;
}

/* The TCP checksum is the one thing that the way may fill in. */
static bool head_is_right(const uint8_t *at)
{
    if (head_bytes == TCP_HEAD) {
        return !memcmp(at, head, ETH_HLEN + 20 + 16);
    }
    return !memcmp(at, head, head_bytes);
}

void frame_check(const uint8_t *at, size_t bytes, uint64_t number, bool timed)
{
    unsigned body = head_bytes + 10;
    unsigned kind = at[head_bytes] << 8 | at[head_bytes + 1];
    size_t rest = frame_bytes - body;
    uint64_t found;
    bool same;

    if (bytes != frame_bytes) {
        bench_fail("frame %" PRIu64 " came with %zu bytes, not %u", number,
                   bytes, frame_bytes);
    }
    memcpy(&found, at + head_bytes + 2, 8);
    if (found != number) {
        bench_fail("frame %" PRIu64 " came where %" PRIu64 " was due", found,
                   number);
    }
    if (timed && rest > 2048 && number % 16) {
        same = !memcmp(at + body, pattern + kind % KINDS, END_BYTES) &&
               !memcmp(at + frame_bytes - END_BYTES,
                       pattern + kind % KINDS + rest - END_BYTES, END_BYTES);
    } else {
        same = !memcmp(at + body, pattern + kind % KINDS, rest);
    }
    if (!same || !head_is_right(at)) {
        bench_fail("frame %" PRIu64 " came with other bytes", number);
    }
}

/*
 * Fuzz target: the pure functions on frames: header layout, checksums, segmentation
 * and the receive filter. Each gets its frame in an allocation of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "hw/net/virtio-net-internal.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "net/gso.h"

#define PIECES_MAX 5

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return 0;
}

static void try_layout(const uint8_t *frame, size_t size)
{
    EthLayout layout;

    if (eth_parse(frame, size, &layout)) {
        g_assert_cmpuint(layout.l3_offset, <=, size);
        g_assert_cmpuint(layout.l4_offset, <=, size);
        g_assert_cmpuint(layout.payload_offset, <=, size);
        g_assert_cmpuint(layout.ip_end, <=, size);
    }
    for (size_t seen = 0; seen <= MIN(size, 128); seen += 7) {
        g_autofree uint8_t *head = g_memdup2(frame, seen);

        eth_parse_head(head, seen, size, &layout);
    }
}

static void try_checksum(const uint8_t *frame, size_t size, FuzzInput *in)
{
    g_autofree uint8_t *copy = g_memdup2(frame, size);
    uint64_t whole = net_checksum_add(0, frame, size);
    size_t cut = size ? fuzz_u16(in) % size : 0;
    uint64_t first = net_checksum_add(0, frame, cut);

    first = cut & 1 ? net_checksum_add_odd(first, frame + cut, size - cut)
                    : net_checksum_add(first, frame + cut, size - cut);
    g_assert_cmphex(net_checksum_finish(whole), ==,
                    net_checksum_finish(first));
    net_checksum_calculate(copy, size);
    net_checksum_partial(copy, size, fuzz_u16(in), fuzz_u16(in));
}

static void try_gso(const uint8_t *frame, size_t size, FuzzInput *in)
{
    struct virtio_net_hdr hdr = {
        .flags = fuzz_u8(in), .gso_type = fuzz_u8(in),
        .hdr_len = fuzz_u16(in), .gso_size = fuzz_u16(in),
        .csum_start = fuzz_u16(in), .csum_offset = fuzz_u16(in),
    };
    struct iovec iov[PIECES_MAX], pieces[PIECES_MAX + NET_GSO_PIECES_MORE];
    uint8_t headers[NET_GSO_HEADERS_ROOM];
    unsigned count = 0, frames;
    size_t at = 0, total;
    NetGso gso;

    for (; at < size; count++) {
        size_t n = 1 + fuzz_u8(in);

        if (n > size - at || count == PIECES_MAX - 1) {
            n = size - at;
        }
        iov[count] = (struct iovec) { (void *)(frame + at), n };
        at += n;
    }
    if (!net_gso_wanted(&hdr) ||
        !net_gso_start(&gso, &hdr, iov, count, size, fuzz_u32(in))) {
        return;
    }
    /* Some frames went before, perhaps. */
    net_gso_skip(&gso, fuzz_u8(in) & 3);
    frames = gso.next;
    while (true) {
        unsigned n = net_gso_next(&gso, headers, pieces, &total);
        size_t sum = 0;

        if (n == 0) {
            break;
        }
        g_assert_cmpuint(n, <=, count + NET_GSO_PIECES_MORE);
        for (unsigned i = 0; i < n; i++) {
            /* Read all of it, for ASan. */
            sum += pieces[i].iov_len;
            net_checksum_add(0, pieces[i].iov_base, pieces[i].iov_len);
        }
        g_assert_cmpuint(sum, ==, total);
        frames++;
    }
    g_assert_cmpuint(frames, ==, gso.count);
}

static void try_filter(const uint8_t *frame, size_t size, FuzzInput *in)
{
    static const uint8_t mac[ETH_ALEN] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
    uint16_t modes = fuzz_u16(in);
    RxFilter filter = { };
    size_t table;
    const uint8_t *macs;

    rx_filter_reset(&filter, mac);
    filter.promisc = modes & 1;
    filter.allmulti = modes & 2;
    filter.alluni = modes & 4;
    filter.nomulti = modes & 8;
    filter.nouni = modes & 16;
    filter.nobcast = modes & 32;
    filter.uni_overflow = modes & 64;
    filter.multi_overflow = modes & 128;
    macs = fuzz_bytes(in, sizeof(filter.table), &table);
    if (table) {
        memcpy(filter.table, macs, table);
    }
    filter.in_use = table / ETH_ALEN;
    filter.first_multi = filter.in_use ? (modes >> 8) % (filter.in_use + 1)
                                       : 0;
    rx_filter_use_vlans(&filter, modes & 0x100);
    rx_filter_set_vlan(&filter, (modes >> 4) % MAX_VLAN, true);
    if (size >= ETH_HLEN) {
        rx_filter_accepts(&filter, frame, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    size_t bytes;
    const uint8_t *given = fuzz_bytes(&in, fuzz_u16(&in), &bytes);
    g_autofree uint8_t *frame = g_malloc(bytes + !bytes);

    if (bytes) {
        memcpy(frame, given, bytes);
    }
    try_layout(frame, bytes);
    try_checksum(frame, bytes, &in);
    try_gso(frame, bytes, &in);
    try_filter(frame, bytes, &in);
    return 0;
}

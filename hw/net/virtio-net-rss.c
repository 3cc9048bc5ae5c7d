/*
 * virtio-net hashes of received packets: what they are calculated over, which
 * queue they choose, and the commands that say so. VIRTIO 1.4 sections 5.1.6.4.3,
 * 5.1.6.5.6 and 5.1.6.5.7. The hash function itself is in net/toeplitz.c, the way
 * into guest buffers in virtio-net-rx.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "net/tunnel.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "virtio-net-internal.h"
#include "trace.h"

/* Enough for two VLAN tags, IPv6 with a few extension headers, and TCP. */
#define HEAD_BYTES      192
#define IPV6_HLEN       40
#define IPV6_ALEN       16

/* Header types behind IPv6, and what is looked for in them (RFC 6275). */
#define EXT_ROUTING     43
#define EXT_DEST        60
#define ROUTING_HOME    2
#define OPTION_PAD1     0
#define OPTION_HOME     201

/* --- what the hash is over --- */

/*
 * In the extension headers: the routing header of type 2 has the destination, the
 * home address option the source. The frame was parsed, so lengths are right.
 */
static void find_mobile_addresses(const uint8_t *frame, const EthLayout *l,
                                  const uint8_t **src, const uint8_t **dst)
{
    const uint8_t *at = frame + l->l3_offset + IPV6_HLEN;
    const uint8_t *end = frame + l->l4_offset;
    uint8_t type = frame[l->l3_offset + 6];

    while (end - at >= 8) {
        size_t bytes = type == 44 ? 8 : (at[1] + 1) * 8;

        if (bytes > (size_t)(end - at)) {
            return;
        }
        if (type == EXT_ROUTING && at[2] == ROUTING_HOME && bytes >= 24) {
            *dst = at + 8;
        }
        for (size_t i = 2; type == EXT_DEST && i + 2 <= bytes;) {
            if (at[i] == OPTION_PAD1) {
                i++;
                continue;
            }
            if (at[i] == OPTION_HOME && at[i + 1] == IPV6_ALEN &&
                i + 2 + IPV6_ALEN <= bytes) {
                *src = at + i + 2;
            }
            i += 2 + at[i + 1];
        }
        type = at[0];
        at += bytes;
    }
}

/* The first of three reports, with ports or without, whose type is enabled. */
static uint16_t choose_report(uint32_t types, const EthLayout *l,
                              uint16_t of_ip)
{
    uint16_t of_tcp = of_ip + 1, of_udp = of_ip + 2;

    if (l->l4 == ETH_L4_TCP && (types >> (of_tcp - 1) & 1)) {
        return of_tcp;
    }
    if (l->l4 == ETH_L4_UDP && (types >> (of_udp - 1) & 1)) {
        return of_udp;
    }
    return types >> (of_ip - 1) & 1 ? of_ip : VIRTIO_NET_HASH_REPORT_NONE;
}

/* Fills @input and says how many bytes it has; the kind of hash, or NONE. */
static uint16_t hash_input(uint32_t types, const uint8_t *frame,
                           const EthLayout *l, uint8_t *input, size_t *bytes)
{
    const uint8_t *ip = frame + l->l3_offset;
    size_t address_bytes = l->ip_version == 4 ? 4 : IPV6_ALEN;
    const uint8_t *src = ip + (l->ip_version == 4 ? 12 : 8);
    const uint8_t *dst = src + address_bytes;
    uint16_t report = VIRTIO_NET_HASH_REPORT_NONE;
    uint16_t plain;

    if (l->ip_version == 6 && l->l4_offset > l->l3_offset + IPV6_HLEN) {
        report = choose_report(types, l, VIRTIO_NET_HASH_REPORT_IPv6_EX);
    }
    if (report != VIRTIO_NET_HASH_REPORT_NONE) {
        find_mobile_addresses(frame, l, &src, &dst);
        plain = VIRTIO_NET_HASH_REPORT_IPv6_EX;
    } else {
        plain = l->ip_version == 4 ? VIRTIO_NET_HASH_REPORT_IPv4 :
                                     VIRTIO_NET_HASH_REPORT_IPv6;
        report = choose_report(types, l, plain);
    }
    memcpy(input, src, address_bytes);
    memcpy(input + address_bytes, dst, address_bytes);
    *bytes = 2 * address_bytes;
    if (report != plain && report != VIRTIO_NET_HASH_REPORT_NONE) {
        memcpy(input + *bytes, frame + l->l4_offset, 4);
        *bytes += 4;
    }
    return report;
}

/*
 * What a packet carries is hashed, and not what carries it, where the driver wants
 * it so for this kind of encapsulation (5.1.6.5.6.4). False: there is nothing to hash.
 */
static bool find_hashed(const RssState *rss, const uint8_t **head, size_t seen,
                        size_t size, EthLayout *layout)
{
    NetTunnel tunnel;

    if (!eth_parse_head(*head, seen, size, layout)) {
        return false;
    }
    if (unlikely(rss->tunnel_types) &&
        net_tunnel_find(*head, seen, layout, &tunnel) &&
        (tunnel.types & rss->tunnel_types)) {
        if (!net_tunnel_parse_inner(*head, seen, size, &tunnel, layout)) {
            return false;
        }
        *head += tunnel.inner_offset;
    }
    return layout->ip_version != 0;
}

void rss_classify(const RssState *rss, const uint8_t *head, size_t seen,
                  size_t size, RxClass *class)
{
    uint8_t input[NET_TOEPLITZ_INPUT_BYTES];
    EthLayout layout;
    size_t bytes;

    *class = (RxClass){ .pair = rss->unclassified };
    if (!find_hashed(rss, &head, seen, size, &layout)) {
        return;
    }
    class->report = hash_input(rss->hash_types, head, &layout, input, &bytes);
    if (class->report != VIRTIO_NET_HASH_REPORT_NONE) {
        class->hash = net_toeplitz_hash(&rss->toeplitz, input, bytes);
        class->pair = rss->table[class->hash & rss->table_mask];
    }
}

void virtio_net_classify(VirtIONet *n, unsigned from, const NetPacket *packets,
                         unsigned count, RxClass *classes)
{
    size_t skip = virtio_net_host_hdr_bytes(n);
    size_t looked_at = n->rss.tunnel_types ? NET_TUNNEL_HEAD_BYTES : HEAD_BYTES;

    for (unsigned i = 0; i < count; i++) {
        const NetPacket *p = &packets[i];
        uint8_t copy[NET_TUNNEL_HEAD_BYTES];
        const uint8_t *head = copy;
        size_t size = p->size > skip ? p->size - skip : 0;
        size_t seen = MIN(size, looked_at);

        if (p->iovcnt > 0 && p->iov[0].iov_len >= skip + seen) {
            head = (const uint8_t *)p->iov[0].iov_base + skip;
        } else {
            seen = iov_to_buf(p->iov, p->iovcnt, skip, copy, seen);
        }
        rss_classify(&n->rss, head, seen, size, &classes[i]);
        if (!n->rss.steer) {
            classes[i].pair = from;
        }
    }
}

/* --- commands --- */

void rss_reset(RssState *rss)
{
    memset(rss, 0, sizeof(*rss));
}

/* Length and key, at the end of both commands; a short key ends in zeroes. */
static bool take_key(CtrlArgs *args, RssState *rss)
{
    uint8_t bytes;

    memset(rss->key, 0, sizeof(rss->key));
    if (!ctrl_take(args, &bytes, sizeof(bytes)) || bytes > sizeof(rss->key) ||
        (bytes == 0 && rss->hash_types)) {
        return false;
    }
    return ctrl_take(args, rss->key, bytes);
}

static bool take_types(CtrlArgs *args, RssState *rss)
{
    uint32_t types;

    if (!ctrl_take(args, &types, sizeof(types))) {
        return false;
    }
    rss->hash_types = le32_to_cpu(types);
    return !(rss->hash_types & ~RSS_HASH_TYPES);
}

/*
 * A receive queue by its number in the pairs. CVE-2024-6505: what does not exist,
 * or was not enabled, never gets into the table.
 */
static bool take_queue(VirtIONet *n, CtrlArgs *args, uint16_t *queue,
                       unsigned *pairs)
{
    uint16_t number;

    if (!ctrl_take(args, &number, sizeof(number))) {
        return false;
    }
    number = le16_to_cpu(number);
    if (number >= n->max_pairs ||
        !virtio_queue_enabled(VIRTIO_DEVICE(n), number * 2)) {
        return false;
    }
    *queue = number;
    *pairs = MAX(*pairs, number + 1u);
    return true;
}

uint8_t virtio_net_ctrl_rss(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    g_autofree RssState *next = g_new0(RssState, 1);
    unsigned pairs = 1;
    uint16_t mask, max_tx;

    next->steer = true;
    if (!take_types(args, next) || !ctrl_take(args, &mask, sizeof(mask))) {
        return VIRTIO_NET_ERR;
    }
    next->table_mask = le16_to_cpu(mask);
    if (next->table_mask >= RSS_TABLE_MAX ||
        (next->table_mask & (next->table_mask + 1)) ||
        !take_queue(n, args, &next->unclassified, &pairs)) {
        return VIRTIO_NET_ERR;
    }
    for (unsigned i = 0; i <= next->table_mask; i++) {
        if (!take_queue(n, args, &next->table[i], &pairs)) {
            return VIRTIO_NET_ERR;
        }
    }
    if (!ctrl_take(args, &max_tx, sizeof(max_tx))) {
        return VIRTIO_NET_ERR;
    }
    max_tx = le16_to_cpu(max_tx);
    if (max_tx < 1 || max_tx > n->max_pairs || !take_key(args, next)) {
        return VIRTIO_NET_ERR;
    }
    net_toeplitz_init(&next->toeplitz, next->key);
    next->tunnel_types = n->rss.tunnel_types;
    n->rss = *next;
    trace_virtio_net_rss_enable(next->hash_types, next->table_mask + 1, pairs);
    virtio_net_threads_share(n);
    virtio_net_set_pairs(n, MAX(pairs, max_tx));
    virtio_net_rx_wake_all(n);
    return VIRTIO_NET_OK;
}

uint8_t virtio_net_ctrl_hash(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    g_autofree RssState *next = g_new0(RssState, 1);
    uint16_t reserved[4];

    /* Drivers have been seen that leave something in the reserved words. */
    if (!take_types(args, next) ||
        !ctrl_take(args, reserved, sizeof(reserved)) ||
        !take_key(args, next)) {
        return VIRTIO_NET_ERR;
    }
    net_toeplitz_init(&next->toeplitz, next->key);
    next->tunnel_types = n->rss.tunnel_types;
    n->rss = *next;
    virtio_net_threads_share(n);
    virtio_net_rx_wake_all(n);
    return VIRTIO_NET_OK;
}

uint8_t virtio_net_ctrl_hash_tunnel(VirtIONet *n, uint8_t command,
                                    CtrlArgs *args)
{
    uint32_t types;

    if (!ctrl_take(args, &types, sizeof(types)) ||
        (le32_to_cpu(types) & ~NET_TUNNEL_ALL)) {
        return VIRTIO_NET_ERR;
    }
    n->rss.tunnel_types = le32_to_cpu(types);
    return VIRTIO_NET_OK;
}

/* --- state --- */

static bool rss_needed(void *opaque)
{
    const VirtIONet *n = opaque;

    return n->rss.steer || n->rss.hash_types;
}

static bool rss_post_load(void *opaque, int version_id, Error **errp)
{
    VirtIONet *n = opaque;
    RssState *rss = &n->rss;
    bool possible = !(rss->hash_types & ~RSS_HASH_TYPES) &&
                    rss->table_mask < RSS_TABLE_MAX &&
                    rss->unclassified < n->max_pairs;

    for (unsigned i = 0; i < RSS_TABLE_MAX; i++) {
        possible &= rss->table[i] < n->max_pairs;
    }
    if (!possible) {
        error_setg(errp, "virtio-net: hash types 0x%x, table mask 0x%x or a "
                   "queue in the table cannot be, with %u pairs",
                   rss->hash_types, rss->table_mask, n->max_pairs);
        rss_reset(rss);
        return false;
    }
    net_toeplitz_init(&rss->toeplitz, rss->key);
    virtio_net_threads_share(n);
    return true;
}

const VMStateDescription vmstate_virtio_net_rss = {
    .name = "virtio-net/rss",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = rss_needed,
    .post_load_errp = rss_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(rss.steer, VirtIONet),
        VMSTATE_UINT32(rss.hash_types, VirtIONet),
        VMSTATE_UINT16(rss.table_mask, VirtIONet),
        VMSTATE_UINT16(rss.unclassified, VirtIONet),
        VMSTATE_UINT16_ARRAY(rss.table, VirtIONet, RSS_TABLE_MAX),
        VMSTATE_UINT8_ARRAY(rss.key, VirtIONet, NET_TOEPLITZ_KEY_BYTES),
        VMSTATE_END_OF_LIST()
    },
};

static bool hash_tunnel_needed(void *opaque)
{
    const VirtIONet *n = opaque;

    return n->rss.tunnel_types != 0;
}

static bool hash_tunnel_post_load(void *opaque, int version_id, Error **errp)
{
    VirtIONet *n = opaque;

    if (n->rss.tunnel_types & ~NET_TUNNEL_ALL) {
        error_setg(errp, "virtio-net: encapsulations 0x%x cannot be",
                   n->rss.tunnel_types);
        n->rss.tunnel_types = 0;
        return false;
    }
    return true;
}

const VMStateDescription vmstate_virtio_net_hash_tunnel = {
    .name = "virtio-net/hash-tunnel",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = hash_tunnel_needed,
    .post_load_errp = hash_tunnel_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(rss.tunnel_types, VirtIONet),
        VMSTATE_END_OF_LIST()
    },
};

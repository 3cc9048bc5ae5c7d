/*
 * virtio-net control queue: commands of the driver, by a table. VIRTIO 1.4 section
 * 5.1.6.5. What they change belongs to other files (the filter to
 * virtio-net-filter.c).
 *
 * A command is copied out of guest memory piece by piece, each piece once; nothing
 * changes unless all of the command is well-formed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "virtio-net-internal.h"
#include "trace.h"

bool ctrl_take(CtrlArgs *args, void *to, size_t bytes)
{
    if (args->left < bytes) {
        return false;
    }
    iov_to_buf(args->iov, args->count, args->offset, to, bytes);
    args->offset += bytes;
    args->left -= bytes;
    return true;
}

static bool skip_bytes(CtrlArgs *args, uint64_t bytes)
{
    if (args->left < bytes) {
        return false;
    }
    args->offset += bytes;
    args->left -= bytes;
    return true;
}

/* --- receive modes (5.1.6.5.1) --- */

static uint8_t ctrl_rx_mode(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    RxFilter *filter = &n->filter;
    bool *modes[] = {
        [VIRTIO_NET_CTRL_RX_PROMISC] = &filter->promisc,
        [VIRTIO_NET_CTRL_RX_ALLMULTI] = &filter->allmulti,
        [VIRTIO_NET_CTRL_RX_ALLUNI] = &filter->alluni,
        [VIRTIO_NET_CTRL_RX_NOMULTI] = &filter->nomulti,
        [VIRTIO_NET_CTRL_RX_NOUNI] = &filter->nouni,
        [VIRTIO_NET_CTRL_RX_NOBCAST] = &filter->nobcast,
    };
    uint8_t on;

    if (!ctrl_take(args, &on, sizeof(on))) {
        return VIRTIO_NET_ERR;
    }
    *modes[command] = on;
    return VIRTIO_NET_OK;
}

/* --- addresses (5.1.6.5.2) --- */

static uint8_t ctrl_mac_addr(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    uint8_t mac[ETH_ALEN];

    if (!ctrl_take(args, mac, sizeof(mac))) {
        return VIRTIO_NET_ERR;
    }
    memcpy(n->filter.mac, mac, sizeof(mac));
    qemu_format_nic_info_str(qemu_get_queue(n->nic), mac);
    return VIRTIO_NET_OK;
}

/*
 * One list of addresses behind those in @to. More than there is room for are not
 * kept; the filter then takes all of the kind.
 */
static bool take_mac_list(CtrlArgs *args, RxFilter *to, bool *overflow)
{
    uint64_t bytes;
    uint32_t entries;

    if (!ctrl_take(args, &entries, sizeof(entries))) {
        return false;
    }
    entries = le32_to_cpu(entries);
    bytes = (uint64_t)entries * ETH_ALEN;
    *overflow = entries > MAC_TABLE_ENTRIES - to->in_use;
    if (*overflow) {
        return skip_bytes(args, bytes);
    }
    if (!ctrl_take(args, &to->table[to->in_use * ETH_ALEN], bytes)) {
        return false;
    }
    to->in_use += entries;
    return true;
}

static uint8_t ctrl_mac_table(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    RxFilter next = n->filter;

    next.in_use = 0;
    if (!take_mac_list(args, &next, &next.uni_overflow)) {
        return VIRTIO_NET_ERR;
    }
    next.first_multi = next.in_use;
    if (!take_mac_list(args, &next, &next.multi_overflow)) {
        return VIRTIO_NET_ERR;
    }
    n->filter = next;
    return VIRTIO_NET_OK;
}

/* --- VLANs (5.1.6.5.3) --- */

static uint8_t ctrl_vlan(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    uint16_t vid;

    if (!ctrl_take(args, &vid, sizeof(vid))) {
        return VIRTIO_NET_ERR;
    }
    vid = le16_to_cpu(vid);
    if (vid >= MAX_VLAN) {
        return VIRTIO_NET_ERR;
    }
    rx_filter_set_vlan(&n->filter, vid, command == VIRTIO_NET_CTRL_VLAN_ADD);
    return VIRTIO_NET_OK;
}

/* --- queue pairs (5.1.6.5.5) --- */

static uint8_t ctrl_mq_pairs(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    uint16_t pairs;

    if (!ctrl_take(args, &pairs, sizeof(pairs))) {
        return VIRTIO_NET_ERR;
    }
    pairs = le16_to_cpu(pairs);
    if (pairs < VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MIN || pairs > n->max_pairs) {
        return VIRTIO_NET_ERR;
    }
    if (n->rss.steer) {
        trace_virtio_net_rss_disable();
    }
    n->rss.steer = false;
    virtio_net_threads_share(n);
    virtio_net_set_pairs(n, pairs);
    virtio_net_rx_wake_all(n);
    return VIRTIO_NET_OK;
}

/* --- offloads of received packets (5.1.6.5.8) --- */

uint8_t virtio_net_ctrl_offloads(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    uint64_t may = VIRTIO_DEVICE(n)->guest_features.w[0] & GUEST_OFFLOADS;
    uint64_t offloads;

    if (!ctrl_take(args, &offloads, sizeof(offloads))) {
        return VIRTIO_NET_ERR;
    }
    offloads = le64_to_cpu(offloads);
    if (offloads & ~may) {
        return VIRTIO_NET_ERR;
    }
    virtio_net_set_guest_offloads(n, offloads);
    return VIRTIO_NET_OK;
}

static bool guest_offloads_needed(void *opaque)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(opaque),
                                   VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);
}

static bool guest_offloads_post_load(void *opaque, int version_id, Error **errp)
{
    VirtIONet *n = opaque;
    uint64_t may = VIRTIO_DEVICE(n)->guest_features.w[0] & GUEST_OFFLOADS;

    if (n->guest_offloads & ~may) {
        error_setg(errp, "virtio-net: offloads 0x%" PRIx64 " are on, of 0x%"
                   PRIx64 " that the driver has", n->guest_offloads, may);
        return false;
    }
    virtio_net_set_guest_offloads(n, n->guest_offloads);
    return true;
}

const VMStateDescription vmstate_virtio_net_guest_offloads = {
    .name = "virtio-net/guest-offloads",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = guest_offloads_needed,
    .post_load_errp = guest_offloads_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(guest_offloads, VirtIONet),
        VMSTATE_END_OF_LIST()
    },
};

/* --- the table --- */

typedef struct CtrlCommand {
    uint8_t class;
    uint8_t command;
    uint8_t feature;            /* must have been negotiated */
    CtrlHandler *handler;
} CtrlCommand;

#define RX_MODE(mode, needs)                                                 \
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_##mode, needs, ctrl_rx_mode }

static const CtrlCommand ctrl_commands[] = {
    RX_MODE(PROMISC, VIRTIO_NET_F_CTRL_RX),
    RX_MODE(ALLMULTI, VIRTIO_NET_F_CTRL_RX),
    RX_MODE(ALLUNI, VIRTIO_NET_F_CTRL_RX_EXTRA),
    RX_MODE(NOMULTI, VIRTIO_NET_F_CTRL_RX_EXTRA),
    RX_MODE(NOUNI, VIRTIO_NET_F_CTRL_RX_EXTRA),
    RX_MODE(NOBCAST, VIRTIO_NET_F_CTRL_RX_EXTRA),
    { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET,
      VIRTIO_NET_F_CTRL_RX, ctrl_mac_table },
    { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET,
      VIRTIO_NET_F_CTRL_MAC_ADDR, ctrl_mac_addr },
    { VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD,
      VIRTIO_NET_F_CTRL_VLAN, ctrl_vlan },
    { VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_DEL,
      VIRTIO_NET_F_CTRL_VLAN, ctrl_vlan },
    { VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK,
      VIRTIO_NET_F_GUEST_ANNOUNCE, virtio_net_ctrl_announce },
    { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET,
      VIRTIO_NET_F_MQ, ctrl_mq_pairs },
    { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS_CONFIG,
      VIRTIO_NET_F_RSS, virtio_net_ctrl_rss },
    { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH_CONFIG,
      VIRTIO_NET_F_HASH_REPORT, virtio_net_ctrl_hash },
    { VIRTIO_NET_CTRL_HASH_TUNNEL, VIRTIO_NET_CTRL_HASH_TUNNEL_SET,
      VIRTIO_NET_F_HASH_TUNNEL, virtio_net_ctrl_hash_tunnel },
    { VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET,
      VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, virtio_net_ctrl_offloads },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_TX_SET,
      VIRTIO_NET_F_NOTF_COAL, virtio_net_ctrl_coal },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_RX_SET,
      VIRTIO_NET_F_NOTF_COAL, virtio_net_ctrl_coal },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET,
      VIRTIO_NET_F_VQ_NOTF_COAL, virtio_net_ctrl_coal_vq },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET,
      VIRTIO_NET_F_VQ_NOTF_COAL, virtio_net_ctrl_coal_vq },
    { VIRTIO_NET_CTRL_STATS, VIRTIO_NET_CTRL_STATS_QUERY,
      VIRTIO_NET_F_DEVICE_STATS, virtio_net_ctrl_stats },
    { VIRTIO_NET_CTRL_STATS, VIRTIO_NET_CTRL_STATS_GET,
      VIRTIO_NET_F_DEVICE_STATS, virtio_net_ctrl_stats },
};

static uint8_t run_command(VirtIONet *n, const VirtQueueElement *elem,
                           GByteArray *data_in, GByteArray *result)
{
    uint8_t ack = VIRTIO_NET_ERR;
    struct virtio_net_ctrl_hdr hdr;
    CtrlArgs args = {
        .iov = elem->out_sg, .count = elem->out_num, .left = elem->out_bytes,
        .data_in = data_in, .result = result,
    };

    /* The threads that move packets find all of a command done, or nothing. */
    VIRTIO_HOLD_GUARD(VIRTIO_DEVICE(n));

    if (!ctrl_take(&args, &hdr, sizeof(hdr))) {
        return VIRTIO_NET_ERR;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(ctrl_commands); i++) {
        const CtrlCommand *c = &ctrl_commands[i];

        if (c->class == hdr.class && c->command == hdr.cmd) {
            ack = virtio_vdev_has_feature(VIRTIO_DEVICE(n), c->feature) ?
                  c->handler(n, hdr.cmd, &args) : VIRTIO_NET_ERR;
            break;
        }
    }
    if (ack == VIRTIO_NET_OK && (hdr.class == VIRTIO_NET_CTRL_RX ||
                                 hdr.class == VIRTIO_NET_CTRL_MAC ||
                                 hdr.class == VIRTIO_NET_CTRL_VLAN)) {
        virtio_net_filter_changed(n);
    }
    trace_virtio_net_ctrl(n, hdr.class, hdr.cmd, elem->out_bytes, ack);
    return ack;
}

/* Run a command and write the answer; how many bytes that is. */
static size_t answer_command(VirtIONet *n, const VirtQueueElement *elem)
{
    g_autoptr(GByteArray) data_in = g_byte_array_new();
    g_autoptr(GByteArray) result = g_byte_array_new();
    uint8_t ack;
    size_t bytes;

    n->ctrl_commands++;
    ack = run_command(n, elem, data_in, result);
    bytes = data_in->len;
    if (elem->in_bytes <= bytes) {
        /* No room for what was asked: only say so. */
        ack = VIRTIO_NET_ERR;
        bytes = 0;
    }
    n->ctrl_refused += ack != VIRTIO_NET_OK;
    iov_from_buf(elem->in_sg, elem->in_num, 0, data_in->data, bytes);
    iov_from_buf(elem->in_sg, elem->in_num, bytes, &ack, sizeof(ack));
    bytes += sizeof(ack);
    if (ack == VIRTIO_NET_OK) {
        /* As much of the result as the driver left room for. */
        bytes += iov_from_buf(elem->in_sg, elem->in_num, bytes, result->data,
                              MIN(result->len, elem->in_bytes - bytes));
    }
    return bytes;
}

void virtio_net_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONet *n = VIRTIO_NET(vdev);
    unsigned done;

    /* At most a ring full at a time: the driver could go on for ever. */
    for (done = 0; done < CTRL_QUEUE_SIZE; done++) {
        g_autofree VirtQueueElement *elem = virtqueue_pop(vq, sizeof(*elem));

        if (!elem) {
            break;
        }
        if (elem->out_bytes < sizeof(struct virtio_net_ctrl_hdr) ||
            elem->in_bytes < 1) {
            virtio_error(vdev, "control command of %zu bytes, answer of %zu",
                         elem->out_bytes, elem->in_bytes);
            virtqueue_detach_element(vq, elem, 0);
            return;
        }
        virtqueue_push(vq, elem, answer_command(n, elem));
    }
    virtio_notify(vdev, vq);
    if (done == CTRL_QUEUE_SIZE) {
        qemu_bh_schedule(n->ctrl_bh);
    }
}

void virtio_net_ctrl_bh(void *opaque)
{
    VirtIONet *n = opaque;

    if (virtio_queue_ready(n->ctrl_vq)) {
        virtio_net_handle_ctrl(VIRTIO_DEVICE(n), n->ctrl_vq);
    }
}

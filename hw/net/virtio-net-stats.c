/*
 * virtio-net statistics: what each queue counted, for the driver (VIRTIO 1.4 section
 * 5.1.6.5.11) and for people (x-query-netstats). The counting itself is done by
 * the files that move packets, and by the core for notifications and interrupts.
 *
 * Counters are written by the loop that owns the queue, and read here while it is held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/json.h"
#include "qemu/bswap.h"
#include "virtio-net-internal.h"

#define BIT_OF(feature) (UINT64_C(1) << VIRTIO_NET_F_##feature)

/* --- the types --- */

#define COUNTERS_MAX    6

typedef enum QueueKind {
    QUEUE_RX,
    QUEUE_TX,
    QUEUE_CTRL,
} QueueKind;

static uint64_t drops_of(const NetCounters *c)
{
    return c->drops + c->drop_short + c->drop_long + c->drop_queue_off;
}

static void fill_ctrl(const VirtIONet *n, const VirtIONetQueue *q,
                      uint64_t *counters)
{
    counters[0] = n->ctrl_commands;
    /* The one that asks is among those that went well. */
    counters[1] = n->ctrl_commands - n->ctrl_refused;
}

static void fill_rx_basic(const VirtIONet *n, const VirtIONetQueue *q,
                          uint64_t *counters)
{
    counters[0] = virtio_queue_kicks(q->rx_vq);
    counters[1] = q->rx.packets;
    counters[2] = q->rx.bytes;
    counters[3] = virtio_queue_interrupts(q->rx_vq);
    counters[4] = drops_of(&q->rx);
    /* Without buffers packets wait in the backend: we drop none for that. */
    counters[5] = 0;
}

static void fill_tx_basic(const VirtIONet *n, const VirtIONetQueue *q,
                          uint64_t *counters)
{
    counters[0] = virtio_queue_kicks(q->tx_vq);
    /* Frames that went out, whatever the driver gave us to make them from. */
    counters[1] = q->tx.packets - q->tx.drops - q->tx.cut_packets +
                  q->tx.segments;
    counters[2] = q->tx.bytes - q->tx.cut_bytes + q->tx.segment_bytes;
    counters[3] = virtio_queue_interrupts(q->tx_vq);
    counters[4] = drops_of(&q->tx);
    counters[5] = q->tx.drop_short;
}

static void fill_rx_csum(const VirtIONet *n, const VirtIONetQueue *q,
                         uint64_t *counters)
{
    counters[0] = q->rx.data_valid;
    counters[1] = q->rx.needs_csum;
    counters[2] = q->rx.packets - q->rx.data_valid - q->rx.needs_csum;
    /* Whether a checksum is wrong nobody looks; the driver will. */
    counters[3] = 0;
}

static void fill_rx_gso(const VirtIONet *n, const VirtIONetQueue *q,
                        uint64_t *counters)
{
    counters[0] = q->rx.gso_packets;
    counters[1] = q->rx.gso_bytes;
    /* As they came; this device puts none together. */
    counters[2] = counters[3] = 0;
}

static void fill_tx_csum(const VirtIONet *n, const VirtIONetQueue *q,
                         uint64_t *counters)
{
    counters[0] = q->tx.packets - q->tx.drops - q->tx.needs_csum;
    counters[1] = q->tx.needs_csum;
}

static void fill_tx_gso(const VirtIONet *n, const VirtIONetQueue *q,
                        uint64_t *counters)
{
    counters[0] = q->tx.gso_packets;
    counters[1] = q->tx.gso_bytes;
    counters[2] = q->tx.segments;
    counters[3] = q->tx.segment_bytes;
    counters[4] = q->tx.gso_packets - q->tx.cut_packets;
    counters[5] = q->tx.gso_bytes - q->tx.cut_bytes;
}

typedef struct StatsType {
    uint8_t number;             /* VIRTIO_NET_STATS_TYPE_REPLY_* and bit */
    QueueKind kind;
    uint8_t counters;
    uint64_t features;          /* one of these was negotiated; 0: none needed */
    void (*fill)(const VirtIONet *n, const VirtIONetQueue *q,
                 uint64_t *counters);
} StatsType;

static const StatsType types[] = {
    { 32, QUEUE_CTRL, 2, 0, fill_ctrl },
    { 0, QUEUE_RX, 6, 0, fill_rx_basic },
    { 1, QUEUE_RX, 4, BIT_OF(GUEST_CSUM), fill_rx_csum },
    { 2, QUEUE_RX, 4, BIT_OF(GUEST_TSO4) | BIT_OF(GUEST_TSO6), fill_rx_gso },
    { 16, QUEUE_TX, 6, 0, fill_tx_basic },
    { 17, QUEUE_TX, 2, BIT_OF(CSUM), fill_tx_csum },
    { 18, QUEUE_TX, 6,
      BIT_OF(HOST_TSO4) | BIT_OF(HOST_TSO6) | BIT_OF(HOST_USO), fill_tx_gso },
};

/* --- commands --- */

/* Section 5.1.6.5.11.2; little-endian. */
typedef struct StatsRequest {
    uint16_t queue;
    uint16_t reserved[3];
    uint64_t types;
} QEMU_PACKED StatsRequest;

typedef struct StatsReply {
    uint8_t type;
    uint8_t reserved;
    uint16_t queue;
    uint16_t reserved1;
    uint16_t size;
    uint64_t counters[COUNTERS_MAX];
} QEMU_PACKED StatsReply;

/* The most entries that a command may have, for each queue there is. */
#define ENTRIES_PER_QUEUE   16

static bool kind_of_queue(const VirtIONet *n, unsigned queue, QueueKind *kind)
{
    unsigned known = n->multiqueue ? n->max_pairs * 2u : 2;

    if (queue > known) {
        return false;
    }
    *kind = queue == known ? QUEUE_CTRL : queue % 2 ? QUEUE_TX : QUEUE_RX;
    return true;
}

/* What may be asked of a queue of this kind. */
static uint64_t legal_types(const VirtIONet *n, QueueKind kind)
{
    const VirtIODevice *vdev = VIRTIO_DEVICE(n);
    uint64_t legal = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        if (types[i].kind == kind &&
            (!types[i].features ||
             (types[i].features & vdev->guest_features.w[0]))) {
            legal |= UINT64_C(1) << types[i].number;
        }
    }
    return legal;
}

static void reply_types(const VirtIONet *n, uint16_t queue, uint64_t wanted,
                        GByteArray *result)
{
    const VirtIONetQueue *q = &n->pairs[MIN(queue / 2u, n->max_pairs - 1u)];

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        StatsReply reply = {
            .type = types[i].number, .queue = cpu_to_le16(queue),
        };
        uint64_t counters[COUNTERS_MAX];
        unsigned bytes = offsetof(StatsReply, counters) +
                         types[i].counters * sizeof(uint64_t);

        if (!(wanted >> types[i].number & 1)) {
            continue;
        }
        types[i].fill(n, q, counters);
        for (unsigned c = 0; c < types[i].counters; c++) {
            reply.counters[c] = cpu_to_le64(counters[c]);
        }
        reply.size = cpu_to_le16(bytes);
        g_byte_array_append(result, (uint8_t *)&reply, bytes);
    }
}

static uint8_t stats_get(VirtIONet *n, CtrlArgs *args)
{
    unsigned queues = n->max_pairs * 2 + 1;

    if (args->left % sizeof(StatsRequest) ||
        args->left / sizeof(StatsRequest) > queues * ENTRIES_PER_QUEUE) {
        return VIRTIO_NET_ERR;
    }
    while (args->left) {
        StatsRequest request;
        QueueKind kind;
        uint64_t wanted;

        ctrl_take(args, &request, sizeof(request));
        wanted = le64_to_cpu(request.types);
        if (!kind_of_queue(n, le16_to_cpu(request.queue), &kind) ||
            (wanted & ~legal_types(n, kind))) {
            return VIRTIO_NET_ERR;
        }
        reply_types(n, le16_to_cpu(request.queue), wanted, args->result);
    }
    return VIRTIO_NET_OK;
}

static uint8_t stats_query(VirtIONet *n, CtrlArgs *args)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        all |= UINT64_C(1) << types[i].number;
    }
    all = cpu_to_le64(all);
    g_byte_array_append(args->result, (uint8_t *)&all, sizeof(all));
    return VIRTIO_NET_OK;
}

uint8_t virtio_net_ctrl_stats(VirtIONet *n, uint8_t command, CtrlArgs *args)
{
    return command == VIRTIO_NET_CTRL_STATS_QUERY ? stats_query(n, args) :
                                                    stats_get(n, args);
}

/* --- for people --- */

static struct json_object *queue_json(VirtQueue *vq, const char *kind)
{
    struct json_object *queue = json_object_new_object();

    json_put_int(queue, "index", virtio_get_queue_index(vq));
    json_put_str(queue, "kind", kind);
    json_put_uint(queue, "kicks", virtio_queue_kicks(vq));
    json_put_uint(queue, "interrupts", virtio_queue_interrupts(vq));
    return queue;
}

static struct json_object *packets_json(VirtQueue *vq, const char *kind,
                                        const NetCounters *c)
{
    struct json_object *queue = queue_json(vq, kind);
    struct json_object *drops = json_object_new_object();

    json_put_uint(queue, "packets", c->packets);
    json_put_uint(queue, "bytes", c->bytes);
    json_put_uint(queue, "dropped", drops_of(c));
    json_put_uint(drops, "short", c->drop_short);
    json_put_uint(drops, "long", c->drop_long);
    json_put_uint(drops, "filtered", c->filtered);
    json_put_uint(drops, "queue-off", c->drop_queue_off);
    json_put_uint(drops, "bad-request", c->drops);
    json_put(queue, "drops", drops);
    return queue;
}

struct json_object *virtio_net_query_stats(NetClientState *nc)
{
    const VirtIONet *n = qemu_get_nic_opaque(nc);
    struct json_object *queues = json_object_new_array();
    struct json_object *ctrl;
    VIRTIO_HOLD_GUARD(VIRTIO_DEVICE(n));

    for (unsigned i = 0; i < n->max_pairs; i++) {
        const VirtIONetQueue *q = &n->pairs[i];

        json_object_array_add(queues, packets_json(q->rx_vq, "rx", &q->rx));
        json_object_array_add(queues, packets_json(q->tx_vq, "tx", &q->tx));
    }
    ctrl = queue_json(n->ctrl_vq, "ctrl");
    json_put_uint(ctrl, "commands", n->ctrl_commands);
    json_put_uint(ctrl, "refused", n->ctrl_refused);
    json_object_array_add(queues, ctrl);
    return queues;
}

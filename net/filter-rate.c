/*
 * filter-rate-limit: so many bytes and packets a second, with bursts, each way. The
 * ways are the card's: tx is what the guest sends, rx what it receives.
 *
 * Nothing is held here. A packet over the limit stays with who sends it, a driver's
 * ring or a socket, which waits; senders that cannot wait have it kept as a copy in
 * the queue of the receiver, and when that is full it is dropped and counted. All
 * queues of a netdev share the limit.
 *
 * What counts is the frame without the vnet header; one that is still to be cut into
 * segments counts as so many packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/visitor.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/lockable.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "net/filter.h"
#include "net/token-bucket.h"

#define TYPE_FILTER_RATE "filter-rate-limit"
OBJECT_DECLARE_SIMPLE_TYPE(FilterRate, FILTER_RATE)

/* A burst that was not chosen: a tenth of a second's worth, at least this. */
#define BURST_PER_SECOND    10
#define BURST_BYTES_MIN     65536
#define BURST_PACKETS_MIN   1

typedef enum RateUnit {
    RATE_BYTES,
    RATE_PACKETS,
    RATE_UNITS,
} RateUnit;

typedef struct RateLimit {
    uint64_t rate, burst;       /* as the user set them */
    TokenBucket bucket;         /* locked */
} RateLimit;

/* One way; all of it that changes while packets move is locked. */
typedef struct RateWay {
    RateLimit limits[RATE_UNITS];
    uint64_t packets, bytes;    /* let through */
    uint64_t stops;             /* how often somebody had to wait */
    uint64_t stopped_ns;        /* for so long, all queues together */
    uint64_t kept, dropped;
} RateWay;

struct FilterRate {
    NetFilterState parent_obj;

    QemuMutex lock;
    RateWay tx, rx;
};

typedef struct RateSlot {
    NetFilterSlot slot;
    bool stopped;
    int64_t stopped_since_ns;
} RateSlot;

/* What the guest sends comes to the netdev. */
static RateWay *way_of(FilterRate *s, NetFilterDirection direction)
{
    return direction == NET_FILTER_DIRECTION_RX ? &s->tx : &s->rx;
}

static bool way_is_limited(const RateWay *way)
{
    return way->limits[RATE_BYTES].rate || way->limits[RATE_PACKETS].rate;
}

/* --- what a packet costs --- */

/* The packets that it will be: a header that makes no sense counts as one. */
static uint64_t segments_of(const NetPacket *packet, size_t hdr_bytes)
{
    struct virtio_net_hdr hdr;
    size_t payload;
    unsigned gso_size, hdr_len;

    if (hdr_bytes < sizeof(hdr) ||
        iov_to_buf(packet->iov, packet->iovcnt, 0, &hdr, sizeof(hdr)) !=
        sizeof(hdr) || hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
        return 1;
    }
    gso_size = le16_to_cpu(hdr.gso_size);
    hdr_len = le16_to_cpu(hdr.hdr_len);
    payload = packet->size - hdr_bytes;
    payload -= MIN(payload, hdr_len);
    return gso_size ? MAX(DIV_ROUND_UP(payload, gso_size), 1) : 1;
}

static uint64_t cost_of(const NetPacket *packet, size_t hdr_bytes, RateUnit unit)
{
    return unit == RATE_PACKETS ? segments_of(packet, hdr_bytes) :
           packet->size - MIN(packet->size, hdr_bytes);
}

/* --- packets --- */

/* Packets of this queue flow, or must wait, from now on. */
static void note_flows(RateSlot *rs, RateWay *way, int64_t now_ns)
{
    if (rs->stopped) {
        way->stopped_ns += MAX(now_ns - rs->stopped_since_ns, 0);
        rs->stopped = false;
    }
}

static void note_stops(RateSlot *rs, RateWay *way, int64_t now_ns)
{
    if (!rs->stopped) {
        way->stops++;
        rs->stopped = true;
        rs->stopped_since_ns = now_ns;
    }
}

static unsigned rate_admit(NetFilterSlot *slot, const NetPacket *packets,
                           unsigned count)
{
    FilterRate *s = FILTER_RATE(slot->nf);
    RateSlot *rs = container_of(slot, RateSlot, slot);
    RateWay *way = way_of(s, slot->direction);
    int64_t now_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), wait_ns = 0;
    unsigned admitted = count;
    QEMU_LOCK_GUARD(&s->lock);

    for (unsigned unit = 0; unit < RATE_UNITS; unit++) {
        TokenBucket bucket;
        unsigned n;

        token_bucket_refill(&way->limits[unit].bucket, now_ns);
        bucket = way->limits[unit].bucket;
        for (n = 0; n < admitted && token_bucket_open(&bucket); n++) {
            token_bucket_take(&bucket, cost_of(&packets[n],
                                               slot->nc->vnet_hdr_len, unit));
        }
        if (n < admitted) {
            admitted = n;
            wait_ns = MAX(wait_ns, token_bucket_wait_ns(&bucket));
        }
    }
    if (admitted) {
        note_flows(rs, way, now_ns);
    }
    if (admitted < count) {
        note_stops(rs, way, now_ns);
        timer_mod(slot->timer, now_ns + MIN(wait_ns, INT64_MAX - now_ns));
    }
    return admitted;
}

static void rate_take(NetFilterSlot *slot, const NetPacket *packets,
                      unsigned count)
{
    FilterRate *s = FILTER_RATE(slot->nf);
    RateWay *way = way_of(s, slot->direction);
    size_t hdr_bytes = slot->nc->vnet_hdr_len;
    QEMU_LOCK_GUARD(&s->lock);

    for (unsigned i = 0; i < count; i++) {
        uint64_t bytes = cost_of(&packets[i], hdr_bytes, RATE_BYTES);
        uint64_t segments = cost_of(&packets[i], hdr_bytes, RATE_PACKETS);

        token_bucket_take(&way->limits[RATE_BYTES].bucket, bytes);
        token_bucket_take(&way->limits[RATE_PACKETS].bucket, segments);
        way->bytes += bytes;
        way->packets += segments;
    }
}

static void rate_refused(NetFilterSlot *slot, bool dropped)
{
    FilterRate *s = FILTER_RATE(slot->nf);
    RateWay *way = way_of(s, slot->direction);
    QEMU_LOCK_GUARD(&s->lock);

    way->kept += !dropped;
    way->dropped += dropped;
}

/* Off, or changed: whoever waits is called and comes again. */
static void rate_release(NetFilterSlot *slot)
{
    FilterRate *s = FILTER_RATE(slot->nf);
    QEMU_LOCK_GUARD(&s->lock);

    note_flows(container_of(slot, RateSlot, slot),
               way_of(s, slot->direction),
               qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static bool rate_wants(NetFilterState *nf, NetFilterDirection direction)
{
    return way_is_limited(way_of(FILTER_RATE(nf), direction));
}

/* A limit that would never be met is a mistake. */
static bool rate_accepts(NetFilterState *nf, NetFilterDirection direction,
                         Error **errp)
{
    FilterRate *s = FILTER_RATE(nf);

    if (direction == NET_FILTER_DIRECTION_RX && way_is_limited(&s->rx)) {
        error_setg(errp, "queue=rx is what the guest sends: rx- limits need"
                   " queue=all or queue=tx");
        return false;
    }
    if (direction == NET_FILTER_DIRECTION_TX && way_is_limited(&s->tx)) {
        error_setg(errp, "queue=tx is what the guest receives: tx- limits need"
                   " queue=all or queue=rx");
        return false;
    }
    return true;
}

/* --- what it did --- */

static void rate_query_way(NetFilterState *nf, const char *name,
                           const RateWay *way, struct json_object *list)
{
    struct json_object *info = json_object_new_object();

    json_put_str(info, "id", object_get_canonical_path_component(OBJECT(nf)));
    json_put_str(info, "direction", name);
    json_put_uint(info, "packets", way->packets);
    json_put_uint(info, "bytes", way->bytes);
    json_put_uint(info, "stops", way->stops);
    json_put_uint(info, "stopped-ns", way->stopped_ns);
    json_put_uint(info, "kept", way->kept);
    json_put_uint(info, "dropped", way->dropped);
    json_object_array_add(list, info);
}

static void rate_query_limits(NetFilterState *nf, struct json_object *list)
{
    FilterRate *s = FILTER_RATE(nf);
    QEMU_LOCK_GUARD(&s->lock);

    rate_query_way(nf, "rx", &s->rx, list);
    rate_query_way(nf, "tx", &s->tx, list);
}

/* --- properties --- */

typedef struct RateProperty {
    const char *name, *type, *text;
    NetFilterDirection direction;
    RateUnit unit;
    bool is_burst;
} RateProperty;

#define GUEST_SENDS     NET_FILTER_DIRECTION_RX
#define GUEST_RECEIVES  NET_FILTER_DIRECTION_TX

static const RateProperty rate_properties[] = {
    { "tx-bytes-per-second", "size", "the guest may send; 0: any number",
      GUEST_SENDS, RATE_BYTES, false },
    { "tx-bytes-burst", "size", "at once, after a pause; 0: those of 100 ms, at"
      " least 64K", GUEST_SENDS, RATE_BYTES, true },
    { "tx-packets-per-second", "uint64", "the guest may send; 0: any number",
      GUEST_SENDS, RATE_PACKETS, false },
    { "tx-packets-burst", "uint64", "at once, after a pause; 0: those of 100 ms",
      GUEST_SENDS, RATE_PACKETS, true },
    { "rx-bytes-per-second", "size", "the guest may receive; 0: any number",
      GUEST_RECEIVES, RATE_BYTES, false },
    { "rx-bytes-burst", "size", "at once, after a pause; 0: those of 100 ms, at"
      " least 64K", GUEST_RECEIVES, RATE_BYTES, true },
    { "rx-packets-per-second", "uint64", "the guest may receive; 0: any number",
      GUEST_RECEIVES, RATE_PACKETS, false },
    { "rx-packets-burst", "uint64", "at once, after a pause; 0: those of 100 ms",
      GUEST_RECEIVES, RATE_PACKETS, true },
};

static void limit_apply(RateLimit *limit, RateUnit unit)
{
    uint64_t depth = limit->burst;

    if (depth == 0) {
        depth = MAX(limit->rate / BURST_PER_SECOND,
                    unit == RATE_BYTES ? BURST_BYTES_MIN : BURST_PACKETS_MIN);
    }
    token_bucket_set(&limit->bucket, limit->rate, depth,
                     qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static void get_limit(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const RateProperty *p = opaque;
    const RateLimit *limit =
        &way_of(FILTER_RATE(obj), p->direction)->limits[p->unit];
    uint64_t value = p->is_burst ? limit->burst : limit->rate;

    if (p->unit == RATE_BYTES) {
        visit_type_size(v, name, &value, errp);
    } else {
        visit_type_uint64(v, name, &value, errp);
    }
}

static void set_limit(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const RateProperty *p = opaque;
    NetFilterState *nf = NETFILTER(obj);
    RateLimit *limit =
        &way_of(FILTER_RATE(obj), p->direction)->limits[p->unit];
    uint64_t value, before = p->is_burst ? limit->burst : limit->rate;

    if (!(p->unit == RATE_BYTES ? visit_type_size(v, name, &value, errp) :
                                  visit_type_uint64(v, name, &value, errp))) {
        return;
    }
    if (value > TOKEN_BUCKET_MAX) {
        error_setg(errp, "Property 'filter-rate-limit.%s' doesn't take value %"
                   PRIu64 " (maximum: %" PRIu64 ")", name, value,
                   TOKEN_BUCKET_MAX);
        return;
    }
    if (!nf->slots) {
        *(p->is_burst ? &limit->burst : &limit->rate) = value;
        return;
    }
    net_filter_hold(nf);
    *(p->is_burst ? &limit->burst : &limit->rate) = value;
    if (!rate_accepts(nf, nf->direction, errp)) {
        *(p->is_burst ? &limit->burst : &limit->rate) = before;
    } else {
        limit_apply(limit, p->unit);
    }
    net_filter_let_go(nf);
    net_filter_changed(nf);
}

/* Buckets begin full. */
static bool rate_setup(NetFilterState *nf, Error **errp)
{
    FilterRate *s = FILTER_RATE(nf);

    for (unsigned unit = 0; unit < RATE_UNITS; unit++) {
        limit_apply(&s->tx.limits[unit], unit);
        limit_apply(&s->rx.limits[unit], unit);
    }
    return true;
}

/* --- the type --- */

static void filter_rate_init(Object *obj)
{
    qemu_mutex_init(&FILTER_RATE(obj)->lock);
}

static void rate_cleanup(NetFilterState *nf)
{
    qemu_mutex_destroy(&FILTER_RATE(nf)->lock);
}

static void filter_rate_class_init(ObjectClass *oc, const void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->slot_size = sizeof(RateSlot);
    nfc->setup = rate_setup;
    nfc->cleanup = rate_cleanup;
    nfc->accepts = rate_accepts;
    nfc->wants = rate_wants;
    nfc->admit = rate_admit;
    nfc->take = rate_take;
    nfc->refused = rate_refused;
    nfc->release = rate_release;
    nfc->timeout = net_filter_kick;
    nfc->query_limits = rate_query_limits;
    for (unsigned i = 0; i < ARRAY_SIZE(rate_properties); i++) {
        const RateProperty *p = &rate_properties[i];

        object_class_property_add(oc, p->name, p->type, get_limit, set_limit,
                                  NULL, (void *)p);
        object_class_property_set_description(oc, p->name, p->text);
    }
}

static const TypeInfo filter_rate_types[] = {
    {
        .name = TYPE_FILTER_RATE,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterRate),
        .instance_init = filter_rate_init,
        .class_init = filter_rate_class_init,
    },
};

DEFINE_TYPES(filter_rate_types)

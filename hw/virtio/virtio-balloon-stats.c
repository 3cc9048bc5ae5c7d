/*
 * The balloon's statistics queue: the device asks by giving back the one chain it
 * holds, the driver answers with the next. VIRTIO 1.4 section 5.5.6.3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-balloon-internal.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/timer.h"

/* More entries than this are not looked at: every tag has long been there. */
#define ENTRIES_MAX     256

/* The tags as monitors show them, in this order. */
static const struct {
    const char *name;
    unsigned tag;
} shown[] = {
    { "stat-total-memory", VIRTIO_BALLOON_S_MEMTOT },
    { "stat-free-memory", VIRTIO_BALLOON_S_MEMFREE },
    { "stat-available-memory", VIRTIO_BALLOON_S_AVAIL },
    { "stat-disk-caches", VIRTIO_BALLOON_S_CACHES },
    { "stat-major-faults", VIRTIO_BALLOON_S_MAJFLT },
    { "stat-minor-faults", VIRTIO_BALLOON_S_MINFLT },
    { "stat-swap-in", VIRTIO_BALLOON_S_SWAP_IN },
    { "stat-swap-out", VIRTIO_BALLOON_S_SWAP_OUT },
    { "stat-htlb-pgalloc", VIRTIO_BALLOON_S_HTLB_PGALLOC },
    { "stat-htlb-pgfail", VIRTIO_BALLOON_S_HTLB_PGFAIL },
};

static void forget_values(BalloonStats *stats)
{
    memset(stats->values, 0xff, sizeof(stats->values));
}

static void next_question(BalloonStats *stats)
{
    if (stats->timer && stats->interval > 0) {
        timer_mod(stats->timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                                stats->interval * INT64_C(1000));
    }
}

/* Time to ask. Without a chain the driver has not answered yet. */
static void ask(void *opaque)
{
    VirtIOBalloon *s = opaque;
    BalloonStats *stats = &s->stats;
    VirtQueue *vq = stats->held_from;

    if (!stats->held) {
        next_question(stats);
        return;
    }
    virtqueue_push(vq, stats->held, 0);
    g_clear_pointer(&stats->held, g_free);
    virtio_notify(VIRTIO_DEVICE(s), vq);
}

static void take_entries(BalloonStats *stats, const VirtQueueElement *elem)
{
    struct virtio_balloon_stat entry;
    size_t offset = 0;

    forget_values(stats);
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        unsigned tag;

        if (iov_to_buf(elem->out_sg, elem->out_num, offset, &entry,
                       sizeof(entry)) < sizeof(entry)) {
            break;
        }
        offset += sizeof(entry);
        tag = le16_to_cpu(entry.tag);
        if (tag < VIRTIO_BALLOON_S_NR) {
            stats->values[tag] = le64_to_cpu(entry.val);
        }
    }
}

void balloon_stats_receive(VirtIOBalloon *s, VirtQueue *vq)
{
    BalloonStats *stats = &s->stats;
    VirtQueueElement *elem;
    bool returned = false;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (stats->held) {
            /* One at a time is the rule: the older goes back. */
            virtqueue_push(vq, stats->held, 0);
            g_free(stats->held);
            returned = true;
        }
        stats->held = elem;
        stats->held_from = vq;
        if (stats->seen_before) {
            stats->seen_before = false;     /* it was kept while stopped */
            continue;
        }
        take_entries(stats, elem);
        stats->last_update = g_get_real_time() / G_USEC_PER_SEC;
        if (returned) {
            break;              /* a driver that does not stop has to kick */
        }
    }
    if (returned) {
        virtio_notify(VIRTIO_DEVICE(s), vq);
    }
    next_question(stats);
}

void balloon_stats_drop(VirtIOBalloon *s)
{
    BalloonStats *stats = &s->stats;

    if (stats->held) {
        virtqueue_detach_element(stats->held_from, stats->held, 0);
        g_clear_pointer(&stats->held, g_free);
    }
    stats->seen_before = false;
}

void balloon_stats_run(VirtIOBalloon *s, bool running)
{
    BalloonStats *stats = &s->stats;

    if (!running && stats->held) {
        virtqueue_unpop(stats->held_from, stats->held, 0);
        g_clear_pointer(&stats->held, g_free);
        stats->seen_before = true;
    }
}

/* --- properties --- */

static void get_stats(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    BalloonStats *stats = &VIRTIO_BALLOON(obj)->stats;
    bool ok = true;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (visit_start_struct(v, "stats", NULL, 0, errp)) {
        for (unsigned i = 0; i < ARRAY_SIZE(shown) && ok; i++) {
            ok = visit_type_uint64(v, shown[i].name,
                                   &stats->values[shown[i].tag], errp);
        }
        ok = ok && visit_check_struct(v, errp);
        visit_end_struct(v, NULL);
        if (ok && visit_type_int(v, "last-update", &stats->last_update,
                                 errp)) {
            visit_check_struct(v, errp);
        }
    }
    visit_end_struct(v, NULL);
}

static void get_interval(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    int64_t value = VIRTIO_BALLOON(obj)->stats.interval;

    visit_type_int(v, name, &value, errp);
}

static void set_interval(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    BalloonStats *stats = &VIRTIO_BALLOON(obj)->stats;
    int64_t value;

    if (!visit_type_int(v, name, &value, errp)) {
        return;
    }
    if (value < 0 || value > UINT32_MAX) {
        error_setg(errp, "Property '%s' is a number of seconds from 0 (never) "
                   "to %u, not %" PRId64, name, UINT32_MAX, value);
        return;
    }
    stats->interval = value;
    if (!stats->timer) {
        return;                 /* realize starts it */
    }
    if (value == 0) {
        timer_del(stats->timer);
    } else {
        next_question(stats);
    }
}

void balloon_stats_add_properties(Object *obj)
{
    forget_values(&VIRTIO_BALLOON(obj)->stats);
    object_property_add(obj, "guest-stats", "guest statistics", get_stats,
                        NULL, NULL, NULL);
    object_property_add(obj, "guest-stats-polling-interval", "int",
                        get_interval, set_interval, NULL, NULL);
    object_property_set_description(obj, "guest-stats-polling-interval",
                                    "seconds between questions; 0: none");
}

void balloon_stats_init(VirtIOBalloon *s)
{
    s->stats.timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, ask, s);
    next_question(&s->stats);
}

void balloon_stats_exit(VirtIOBalloon *s)
{
    balloon_stats_drop(s);
    g_clear_pointer(&s->stats.timer, timer_free);
}

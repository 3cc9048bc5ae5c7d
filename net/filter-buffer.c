/*
 * filter-buffer: holds the packets of an interval until it ends, and lets them go
 * all together.
 *
 * Intervals count from the making of the filter, on the virtual clock, and nothing
 * runs while nothing is held. When more comes than is to be held, senders wait.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "net/filter.h"

#define TYPE_FILTER_BUFFER "filter-buffer"
OBJECT_DECLARE_SIMPLE_TYPE(FilterBuffer, FILTER_BUFFER)

/* The most that is held of one queue in one direction. */
#define BUFFER_MAX_PACKETS  NET_QUEUE_MAX_PACKETS
#define BUFFER_MAX_BYTES    (64 << 20)

struct FilterBuffer {
    NetFilterState parent_obj;

    uint32_t interval_us;       /* 0: not given yet */
    int64_t start_ns;
};

typedef struct BufferSlot {
    NetFilterSlot slot;
    NetFilterStore held;        /* zeros until the first packet */
    unsigned due;               /* of these, their interval is over */
    bool ready;                 /* held is initialised */
} BufferSlot;

static BufferSlot *buffer_slot(NetFilterSlot *slot)
{
    BufferSlot *s = container_of(slot, BufferSlot, slot);

    if (!s->ready) {
        net_filter_store_init(&s->held);
        s->ready = true;
    }
    return s;
}

/* To the end of the interval that it is now. */
static void buffer_arm(BufferSlot *s)
{
    const FilterBuffer *b = FILTER_BUFFER(s->slot.nf);
    int64_t interval_ns = (int64_t)b->interval_us * SCALE_US;
    int64_t passed_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - b->start_ns;

    timer_mod(s->slot.timer, b->start_ns +
              (MAX(passed_ns, 0) / interval_ns + 1) * interval_ns);
}

static unsigned buffer_admit(NetFilterSlot *slot, const NetPacket *packets,
                             unsigned count)
{
    BufferSlot *s = buffer_slot(slot);

    if (s->held.bytes >= BUFFER_MAX_BYTES) {
        return 0;
    }
    return MIN(count, BUFFER_MAX_PACKETS -
                      MIN(s->held.count, BUFFER_MAX_PACKETS));
}

static void buffer_take(NetFilterSlot *slot, const NetPacket *packets,
                        unsigned count)
{
    BufferSlot *s = buffer_slot(slot);

    if (s->held.count == s->due) {
        buffer_arm(s);
    }
    for (unsigned i = 0; i < count; i++) {
        net_filter_store_put(&s->held, &packets[i]);
    }
}

static void buffer_resume(NetFilterSlot *slot)
{
    BufferSlot *s = buffer_slot(slot);

    s->due -= net_filter_store_pass(&s->held, slot, s->due);
}

static void buffer_timeout(NetFilterSlot *slot)
{
    BufferSlot *s = buffer_slot(slot);

    s->due = s->held.count;
    net_filter_kick(slot);
}

static void buffer_release(NetFilterSlot *slot)
{
    BufferSlot *s = buffer_slot(slot);

    net_filter_store_pass_all(&s->held, slot);
    s->due = 0;
}

static void buffer_discard(NetFilterSlot *slot)
{
    BufferSlot *s = buffer_slot(slot);

    net_filter_store_clear(&s->held);
    s->due = 0;
    timer_del(slot->timer);
}

static bool buffer_ends(NetFilterState *nf)
{
    return true;
}

static bool buffer_setup(NetFilterState *nf, Error **errp)
{
    FilterBuffer *b = FILTER_BUFFER(nf);

    if (b->interval_us == 0) {
        error_setg(errp, "Parameter 'interval' is missing");
        return false;
    }
    b->start_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    return true;
}

/* --- properties --- */

static void get_interval(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &FILTER_BUFFER(obj)->interval_us, errp);
}

/* What is held already keeps its time. */
static void set_interval(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value == 0) {
        error_setg(errp, "Property 'filter-buffer.interval' requires a positive"
                   " value");
        return;
    }
    net_filter_hold(NETFILTER(obj));
    FILTER_BUFFER(obj)->interval_us = value;
    net_filter_let_go(NETFILTER(obj));
}

static void filter_buffer_class_init(ObjectClass *oc, const void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->slot_size = sizeof(BufferSlot);
    nfc->setup = buffer_setup;
    nfc->ends = buffer_ends;
    nfc->admit = buffer_admit;
    nfc->take = buffer_take;
    nfc->resume = buffer_resume;
    nfc->release = buffer_release;
    nfc->discard = buffer_discard;
    nfc->timeout = buffer_timeout;
    object_class_property_add(oc, "interval", "uint32", get_interval,
                              set_interval, NULL, NULL);
    object_class_property_set_description(oc, "interval", "how long packets are"
                                          " gathered, in microseconds");
}

static const TypeInfo filter_buffer_types[] = {
    {
        .name = TYPE_FILTER_BUFFER,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterBuffer),
        .class_init = filter_buffer_class_init,
    },
};

DEFINE_TYPES(filter_buffer_types)

/*
 * A driver that polls: split and packed rings in shared memory, filled as fast as a
 * core can. Every chain is one descriptor of the ring: a buffer, or an indirect
 * table for frames in pieces. Rules are those of VIRTIO 1.4, 2.7 and 2.8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "bench.h"

#define AVAIL   (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED    (1u << VRING_PACKED_DESC_F_USED)

static struct vring_desc *split_desc(const Ring *r)
{
    return (void *)(r->ram + r->vq->desc);
}

static struct vring_avail *split_avail(const Ring *r)
{
    return (void *)(r->ram + r->vq->driver);
}

static struct vring_used *split_used(const Ring *r)
{
    return (void *)(r->ram + r->vq->device);
}

static struct vring_packed_desc *packed_desc(const Ring *r)
{
    return (void *)(r->ram + r->vq->desc);
}

static uint64_t buffer_of(const Ring *r, uint16_t slot)
{
    return r->buffers + (uint64_t)slot * r->buf_bytes;
}

static uint64_t table_of(const Ring *r, uint16_t slot)
{
    return r->tables + (uint64_t)slot * BENCH_PIECES * 16;
}

/* Header, then the frame in equal pieces. Flags are where each layout has them. */
static void write_table(Ring *r, uint16_t slot, uint32_t bytes)
{
    uint64_t at = buffer_of(r, slot);
    unsigned n = r->pieces - 1;

    for (unsigned i = 0; i < r->pieces; i++) {
        uint32_t from = i ? BENCH_HDR + bytes / n * (i - 1) : 0;
        uint32_t len = !i ? BENCH_HDR : i < n ? bytes / n :
                       bytes - bytes / n * (n - 1);

        if (r->packed) {
            struct vring_packed_desc *table = (void *)(r->ram +
                                                       table_of(r, slot));

            table[i] = (struct vring_packed_desc) { at + from, len, 0, 0 };
        } else {
            struct vring_desc *table = (void *)(r->ram + table_of(r, slot));

            table[i] = (struct vring_desc) {
                at + from, len, i < n ? VRING_DESC_F_NEXT : 0, i + 1,
            };
        }
    }
}

static void write_slot(Ring *r, uint16_t slot, const Spec *spec)
{
    uint8_t *buffer = r->ram + buffer_of(r, slot);

    if (!r->receive) {
        memset(buffer, 0, BENCH_HDR);
        if (spec->gso) {
            frame_gso_header((void *)buffer);
        }
        frame_write(buffer + BENCH_HDR, slot);
    }
    if (r->tables) {
        write_table(r, slot, spec->bytes);
    }
    if (!r->packed) {
        split_desc(r)[slot] = r->tables ? (struct vring_desc) {
            table_of(r, slot), r->pieces * 16, VRING_DESC_F_INDIRECT, 0,
        } : (struct vring_desc) {
            buffer_of(r, slot),
            r->receive ? r->buf_bytes : r->tx_bytes,
            r->receive ? VRING_DESC_F_WRITE : 0, 0,
        };
    }
}

void ring_init(Ring *r, QVirtioDevice *d, uint16_t index, uint8_t *ram,
               const Spec *spec, uint16_t size, bool receive)
{
    /* A receive buffer takes any frame; they do not share cache lines. */
    uint32_t bytes = ROUND_UP(BENCH_HDR + spec->bytes, 128);

    *r = (Ring){
        .ram = ram, .packed = spec->packed, .event_idx = spec->event_idx,
        .receive = receive, .size = size,
        .buf_bytes = MAX(bytes, 2048), .tx_bytes = BENCH_HDR + spec->bytes,
        .avail_wrap = true, .used_wrap = true,
    };
    r->vq = qvirtqueue_new(d, index, r->size);
    r->buffers = guest_alloc_aligned(d->alloc,
                                     (uint64_t)r->size * r->buf_bytes, 4096);
    if (!receive && spec->bytes > 4096) {
        r->pieces = BENCH_PIECES;
        r->tables = guest_alloc_aligned(d->alloc,
                                        r->size * BENCH_PIECES * 16, 64);
    }
    r->idle = g_new(uint16_t, r->size);
    for (uint16_t slot = 0; slot < r->size; slot++) {
        write_slot(r, slot, spec);
        r->idle[r->idle_count++] = slot;
    }
    ring_quiet(r);
}

uint32_t ring_idle(const Ring *r)
{
    return r->idle_count;
}

uint8_t *ring_next(Ring *r)
{
    return r->ram + buffer_of(r, r->idle[r->idle_count - 1]);
}

static void packed_put(Ring *r, uint16_t slot)
{
    struct vring_packed_desc *desc = &packed_desc(r)[r->avail];
    uint16_t flags = r->avail_wrap ? AVAIL : USED;

    if (r->tables) {
        desc->addr = table_of(r, slot);
        desc->len = r->pieces * 16;
        flags |= VRING_DESC_F_INDIRECT;
    } else {
        desc->addr = buffer_of(r, slot);
        desc->len = r->receive ? r->buf_bytes : r->tx_bytes;
        flags |= r->receive ? VRING_DESC_F_WRITE : 0;
    }
    desc->id = slot;
    if (r->held == 0) {
        r->held_place = r->avail;
        r->held_flags = flags;
    } else {
        desc->flags = flags;
    }
    if (++r->avail == r->size) {
        r->avail = 0;
        r->avail_wrap = !r->avail_wrap;
    }
}

void ring_put(Ring *r)
{
    uint16_t slot = r->idle[--r->idle_count];

    if (r->packed) {
        packed_put(r, slot);
    } else {
        split_avail(r)->ring[r->avail++ % r->size] = slot;
    }
    r->held++;
    r->offered++;
}

static bool split_wants_bell(const Ring *r, uint16_t before)
{
    struct vring_used *used = split_used(r);

    if (r->event_idx) {
        uint16_t event = __atomic_load_n((uint16_t *)&used->ring[r->size],
                                         __ATOMIC_RELAXED);

        return vring_need_event(event, r->avail, before);
    }
    return !(__atomic_load_n(&used->flags, __ATOMIC_RELAXED) &
             VRING_USED_F_NO_NOTIFY);
}

static bool packed_wants_bell(const Ring *r)
{
    struct vring_packed_desc_event *event = (void *)(r->ram + r->vq->device);
    uint16_t flags = __atomic_load_n(&event->flags, __ATOMIC_ACQUIRE);
    uint16_t place, event_place;

    if (flags != VRING_PACKED_EVENT_FLAG_DESC) {
        return flags == VRING_PACKED_EVENT_FLAG_ENABLE;
    }
    place = __atomic_load_n(&event->off_wrap, __ATOMIC_RELAXED);
    event_place = place & ~(1u << VRING_PACKED_EVENT_F_WRAP_CTR);
    if (place >> VRING_PACKED_EVENT_F_WRAP_CTR != r->avail_wrap) {
        event_place -= r->size;
    }
    return vring_need_event(event_place, r->avail, r->avail - r->held);
}

void ring_publish(Ring *r)
{
    uint16_t before = r->avail - r->held;
    bool wanted;

    if (r->held == 0) {
        return;
    }
    if (r->packed) {
        __atomic_store_n(&packed_desc(r)[r->held_place].flags, r->held_flags,
                         __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&split_avail(r)->idx, r->avail, __ATOMIC_RELEASE);
    }
    /* The ring before the look at the device's wish (2.7.13.4.1). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wanted = r->packed ? packed_wants_bell(r) : split_wants_bell(r, before);
    r->held = 0;
    if (wanted) {
        r->doorbells++;
        scene_bell(r->vq);
    }
}

uint8_t *ring_take(Ring *r, uint32_t *len)
{
    uint32_t id;

    if (r->packed) {
        struct vring_packed_desc *desc = &packed_desc(r)[r->used];
        uint16_t flags = __atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE);

        if (!!(flags & USED) != r->used_wrap ||
            !!(flags & AVAIL) != r->used_wrap || ring_idle(r) == r->size) {
            return NULL;
        }
        id = desc->id;
        *len = desc->len;
        if (++r->used == r->size) {
            r->used = 0;
            r->used_wrap = !r->used_wrap;
        }
    } else {
        struct vring_used *used = split_used(r);
        struct vring_used_elem *elem = &used->ring[r->used % r->size];

        if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == r->used) {
            return NULL;
        }
        id = elem->id;
        *len = elem->len;
        r->used++;
    }
    if (id >= r->size || ring_idle(r) == r->size) {
        bench_fail("buffer %u came back that the device did not have", id);
    }
    r->idle[r->idle_count++] = id;
    r->done++;
    return r->ram + buffer_of(r, id);
}

void ring_quiet(Ring *r)
{
    if (r->packed) {
        struct vring_packed_desc_event *event = (void *)(r->ram +
                                                         r->vq->driver);

        event->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
    } else if (r->event_idx) {
        /* An entry that is as far away as can be. */
        split_avail(r)->ring[r->size] = r->used + 0x8000;
    } else {
        split_avail(r)->flags = VRING_AVAIL_F_NO_INTERRUPT;
    }
}

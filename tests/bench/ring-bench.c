/*
 * What the ring core costs alone: chains taken, filled, published, decided about, on
 * plain memory, by a driver in the same thread. The driver's part is not counted.
 *
 *   ring-bench [NAME]     prints CPU nanoseconds a chain as JSON; with a name runs
 *                         that case alone, for as long as a profiler likes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "hw/virtio/virtqueue-internal.h"

#define RING        256
#define BATCH       64
#define PIECES      18
#define BUF_BYTES   2048
#define DESC_AT     0x0
#define DRIVER_AT   0x2000
#define DEVICE_AT   0x3000
#define TABLES_AT   0x10000
#define BUFFERS_AT  0x40000
#define RAM_BYTES   (BUFFERS_AT + RING * BUF_BYTES)
#define ROUNDS      20000
#define CALIBRATIONS 2000

typedef struct Case {
    const char *name;
    const VirtQueueOps *ops;
    bool packed, event_idx, indirect, receive;
} Case;

static const Case cases[] = {
    { "split-tx", &virtqueue_split_ops },
    { "split-rx", &virtqueue_split_ops, .receive = true },
    { "split-event-tx", &virtqueue_split_ops, .event_idx = true },
    { "split-indirect-18-tx", &virtqueue_split_ops, .indirect = true },
    { "split-in-order-tx", &virtqueue_split_inorder_ops },
    { "packed-tx", &virtqueue_packed_ops, .packed = true },
    { "packed-rx", &virtqueue_packed_ops, .packed = true, .receive = true },
    { "packed-event-tx", &virtqueue_packed_ops, .packed = true,
      .event_idx = true },
    { "packed-indirect-18-tx", &virtqueue_packed_ops, .packed = true,
      .indirect = true },
    { "packed-in-order-tx", &virtqueue_packed_inorder_ops, .packed = true },
};

typedef struct Mock {
    VirtQueueMemory mem;
    uint8_t *ram;
    VirtQueue vq;
    VirtQueueBatch batch;
    const Case *what;
    uint16_t avail;
    bool wrap;
    uint64_t committed;
} Mock;

static bool mock_find(VirtQueueMemory *mem, hwaddr addr, VirtQueueRange *range)
{
    Mock *m = container_of(mem, Mock, mem);

    *range = (VirtQueueRange){
        .base = 0, .bytes = RAM_BYTES, .host = m->ram, .writable = true,
    };
    return addr < RAM_BYTES;
}

static bool mock_read(VirtQueueMemory *mem, hwaddr addr, void *buf, size_t n)
{
    return false;
}

static bool mock_write(VirtQueueMemory *mem, hwaddr addr, const void *buf,
                       size_t n)
{
    return false;
}

static void mock_commit(VirtQueueMemory *mem, ram_addr_t ram, size_t bytes)
{
    container_of(mem, Mock, mem)->committed += bytes;
}

static void mock_commit_host(VirtQueueMemory *mem, void *host, size_t bytes)
{
    container_of(mem, Mock, mem)->committed += bytes;
}

static const VirtQueueMemoryOps mock_ops = {
    .find = mock_find, .read = mock_read, .write = mock_write,
    .commit = mock_commit, .commit_host = mock_commit_host,
};

static void mock_error(VirtQueue *vq, const char *message)
{
    g_error("%s", message);
}

/* Packed descriptors have id and flags where split ones have flags and next. */
static void write_desc(Mock *m, uint64_t table, unsigned pos, uint64_t addr,
                       uint32_t len, uint16_t flags, uint16_t link)
{
    struct vring_desc *desc = (void *)(m->ram + table);

    desc[pos] = (struct vring_desc) {
        addr, len, m->what->packed ? link : flags,
        m->what->packed ? flags : link,
    };
}

static void write_slot(Mock *m, unsigned place, unsigned slot, uint16_t flags)
{
    uint64_t at = BUFFERS_AT + slot * BUF_BYTES;
    uint64_t table = TABLES_AT + slot * PIECES * 16;

    if (!m->what->indirect) {
        write_desc(m, DESC_AT, place, at, BUF_BYTES, flags |
                   (m->what->receive ? VRING_DESC_F_WRITE : 0), slot);
        return;
    }
    for (unsigned i = 0; i < PIECES; i++) {
        write_desc(m, table, i, at + i * 64, 64,
                   i + 1 < PIECES ? VRING_DESC_F_NEXT : 0, i + 1);
    }
    write_desc(m, DESC_AT, place, table, PIECES * 16,
               flags | VRING_DESC_F_INDIRECT, slot);
}

static void offer_packed(Mock *m, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        write_slot(m, m->avail, m->avail,
                   1 << (m->wrap ? VRING_PACKED_DESC_F_AVAIL :
                                   VRING_PACKED_DESC_F_USED));
        if (++m->avail == RING) {
            m->avail = 0;
            m->wrap = !m->wrap;
        }
    }
}

static void offer_split(Mock *m, unsigned count)
{
    struct vring_avail *avail = (void *)(m->ram + DRIVER_AT);

    for (unsigned i = 0; i < count; i++) {
        avail->ring[m->avail % RING] = m->avail % RING;
        m->avail++;
    }
    avail->idx = m->avail;
}

static Mock *mock_new(const Case *what)
{
    Mock *m = g_new0(Mock, 1);

    m->what = what;
    m->ram = g_malloc0(RAM_BYTES);
    m->mem.ops = &mock_ops;
    m->mem.generation = 1;
    m->wrap = true;
    virtqueue_core_init(&m->vq, &m->mem, RING, mock_error);
    virtqueue_core_set_layout(&m->vq, what->ops);
    m->vq.event_idx = what->event_idx;
    m->vq.indirect = what->indirect;
    for (unsigned i = 0; !what->packed && i < RING; i++) {
        write_slot(m, i, i, 0);
    }
    if (!virtqueue_core_enable(&m->vq, DESC_AT, DRIVER_AT, DEVICE_AT)) {
        g_error("the ring was refused");
    }
    virtqueue_batch_init(&m->batch, BATCH, BATCH * PIECES);
    return m;
}

/* As virtio-net does it: until the ring is empty. */
static void consume(Mock *m)
{
    RCU_READ_LOCK_GUARD();

    virtio_queue_set_notification(&m->vq, 0);
    for (;;) {
        unsigned count;

        virtqueue_batch_clear(&m->batch);
        count = virtqueue_pop_batch(&m->vq, &m->batch, BATCH);
        if (count == 0) {
            break;
        }
        for (unsigned i = 0; i < count; i++) {
            virtqueue_fill(&m->vq, &m->batch.elems[i],
                           m->what->receive ? BUF_BYTES : 0, i);
        }
        virtqueue_flush(&m->vq, count);
        virtqueue_should_notify(&m->vq);
    }
    virtio_queue_set_notification(&m->vq, 1);
}

static double now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double run(const Case *what, bool for_profiler)
{
    Mock *m = mock_new(what);
    double spent = 0, overhead = now_ns();

    for (unsigned i = 0; i < CALIBRATIONS; i++) {
        now_ns();
    }
    overhead = (now_ns() - overhead) / CALIBRATIONS;
    for (unsigned i = 0; i < ROUNDS; i++) {
        double start;

        (what->packed ? offer_packed : offer_split)(m, RING);
        start = for_profiler ? 0 : now_ns();
        consume(m);
        spent += for_profiler ? 0 : now_ns() - start - overhead;
    }
    return spent / ROUNDS / RING;
}

int main(int argc, char **argv)
{
    const char *comma = "{";

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        if (argc > 1 && !g_str_equal(argv[1], cases[i].name)) {
            continue;
        }
        printf("%s\"%s\": %.2f", comma, cases[i].name,
               run(&cases[i], argc > 1));
        comma = ", ";
    }
    printf("}\n");
    return 0;
}

/*
 * The mock driver of virtqueue-mock.h: the driver's side of sections 2.7 and 2.8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtqueue-mock.h"

#define F_AVAIL (1u << VRING_PACKED_DESC_F_AVAIL)
#define F_USED  (1u << VRING_PACKED_DESC_F_USED)

const MockLayout mock_layouts[] = {
    { "split", &virtqueue_split_ops, false },
    { "split-event", &virtqueue_split_ops, true },
    { "packed", &virtqueue_packed_ops, false },
    { "packed-event", &virtqueue_packed_ops, true },
    { "split-in-order", &virtqueue_split_inorder_ops, false },
    { "split-in-order-event", &virtqueue_split_inorder_ops, true },
    { "packed-in-order", &virtqueue_packed_inorder_ops, false },
    { "packed-in-order-event", &virtqueue_packed_inorder_ops, true },
};
const unsigned mock_layout_count = ARRAY_SIZE(mock_layouts);

static bool is_packed(const Mock *m)
{
    return m->layout->ops->packed;
}

/* --- memory --- */

void *mock_ptr(Mock *m, hwaddr addr)
{
    g_assert(addr >= MOCK_RAM && addr < MOCK_RAM + MOCK_RAM_BYTES);
    return addr < MOCK_SPLIT ? m->ram[0] + (addr - MOCK_RAM) :
           m->ram[1] + (addr - MOCK_SPLIT);
}

static bool mem_find(VirtQueueMemory *mem, hwaddr addr, VirtQueueRange *range)
{
    Mock *m = container_of(mem, Mock, mem);
    unsigned half = addr >= MOCK_SPLIT;

    m->finds++;
    if (addr >= MOCK_ROM && addr < MOCK_ROM + MOCK_ROM_BYTES) {
        *range = (VirtQueueRange){
            .base = MOCK_ROM, .bytes = MOCK_ROM_BYTES, .host = m->rom,
            .ram = MOCK_RAM_BYTES,
        };
        return true;
    }
    if (addr < MOCK_RAM || addr >= MOCK_RAM + MOCK_RAM_BYTES) {
        return false;
    }
    *range = (VirtQueueRange){
        .base = half ? MOCK_SPLIT : MOCK_RAM,
        .bytes = MOCK_RAM_BYTES / 2,
        .host = m->ram[half],
        .ram = half * MOCK_RAM_BYTES / 2,
        .writable = true,
    };
    return true;
}

static bool mem_read(VirtQueueMemory *mem, hwaddr addr, void *buf, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (addr + i < MOCK_IO || addr + i >= MOCK_IO + MOCK_IO_BYTES) {
            return false;
        }
        ((uint8_t *)buf)[i] = addr + i - MOCK_IO;
    }
    return true;
}

static bool mem_write(VirtQueueMemory *mem, hwaddr addr, const void *buf,
                      size_t bytes)
{
    Mock *m = container_of(mem, Mock, mem);

    if (addr >= MOCK_IO && bytes <= MOCK_IO_BYTES &&
        addr - MOCK_IO <= MOCK_IO_BYTES - bytes) {
        memcpy(m->io + (addr - MOCK_IO), buf, bytes);
    }
    return true;
}

static void mem_commit(VirtQueueMemory *mem, ram_addr_t ram, size_t bytes)
{
    Mock *m = container_of(mem, Mock, mem);

    g_assert(ram + bytes <= MOCK_RAM_BYTES);
    memset(m->dirty + ram, 1, bytes);
    if (m->on_commit) {
        m->on_commit(m);
    }
}

static void mem_commit_host(VirtQueueMemory *mem, void *host, size_t bytes)
{
    Mock *m = container_of(mem, Mock, mem);
    uint8_t *p = host;

    for (unsigned half = 0; half < 2; half++) {
        if (p >= m->ram[half] && p < m->ram[half] + MOCK_RAM_BYTES / 2) {
            mem_commit(mem, p - m->ram[half] + half * MOCK_RAM_BYTES / 2,
                       bytes);
            return;
        }
    }
    g_assert_not_reached();
}

static void mem_hold(VirtQueueMemory *mem, void *host, bool hold)
{
    container_of(mem, Mock, mem)->held += hold ? 1 : -1;
}

static const VirtQueueMemoryOps mock_memory_ops = {
    .find = mem_find,
    .read = mem_read,
    .write = mem_write,
    .commit = mem_commit,
    .commit_host = mem_commit_host,
    .hold = mem_hold,
};

static void on_error(VirtQueue *vq, const char *message)
{
    Mock *m = container_of(vq, Mock, vq);

    m->errors++;
    g_free(m->error);
    m->error = g_strdup(message);
}

Mock *mock_new(const MockLayout *layout, unsigned num)
{
    Mock *m = g_new0(Mock, 1);

    g_assert(num <= MOCK_MAX);
    m->layout = layout;
    m->num = num;
    m->mem.ops = &mock_memory_ops;
    m->mem.generation = 1;
    m->ram[0] = g_malloc0(MOCK_RAM_BYTES / 2);
    m->ram[1] = g_malloc0(MOCK_RAM_BYTES / 2);
    m->dirty = g_malloc0(MOCK_RAM_BYTES);
    m->desc = MOCK_RAM;
    m->driver = MOCK_RAM + 0x1000;
    m->device = MOCK_RAM + 0x2000;
    m->heap = MOCK_RAM + 0x4000;
    m->avail_wrap = m->used_wrap = true;

    virtqueue_core_init(&m->vq, &m->mem, num, on_error);
    m->vq.event_idx = layout->event_idx;
    m->vq.indirect = true;
    virtqueue_core_set_layout(&m->vq, layout->ops);
    g_assert(virtqueue_core_enable(&m->vq, m->desc, m->driver, m->device));
    virtqueue_batch_init(&m->batch, MOCK_MAX, 0);
    mock_want_all(m);
    return m;
}

void mock_free(Mock *m)
{
    virtqueue_batch_destroy(&m->batch);
    virtqueue_core_destroy(&m->vq);
    g_assert_cmpint(m->held, ==, 0);
    g_free(m->ram[0]);
    g_free(m->ram[1]);
    g_free(m->dirty);
    g_free(m->error);
    g_free(m);
}

/* --- making chains available --- */

void mock_write_desc(Mock *m, hwaddr table, unsigned pos, uint64_t addr,
                     uint32_t len, uint16_t flags, uint16_t next)
{
    if (is_packed(m)) {
        struct vring_packed_desc desc = {
            .addr = addr, .len = len, .id = next, .flags = flags,
        };

        memcpy(mock_ptr(m, table + pos * sizeof(desc)), &desc, sizeof(desc));
    } else {
        struct vring_desc desc = {
            .addr = addr, .len = len, .flags = flags, .next = next,
        };

        memcpy(mock_ptr(m, table + pos * sizeof(desc)), &desc, sizeof(desc));
    }
}

static uint16_t add_split(Mock *m, const struct vring_desc *descs,
                          unsigned count)
{
    struct vring_avail *avail = mock_ptr(m, m->driver);
    unsigned head = m->free_desc;

    for (unsigned i = 0; i < count; i++) {
        unsigned next = (m->free_desc + 1) % m->num;

        mock_write_desc(m, m->desc, m->free_desc, descs[i].addr, descs[i].len,
                        descs[i].flags, next);
        m->free_desc = next;
    }
    avail->ring[m->avail_idx % m->num] = head;
    qatomic_store_release(&avail->idx, ++m->avail_idx);
    return head;
}

static uint16_t add_packed(Mock *m, const struct vring_desc *descs,
                           unsigned count)
{
    unsigned first = m->avail_idx;
    uint16_t id = m->next_id++ % MOCK_MAX;
    uint16_t first_flags = 0;

    m->places[id] = count;
    for (unsigned i = 0; i < count; i++) {
        uint16_t flags = descs[i].flags | (m->avail_wrap ? F_AVAIL : F_USED);

        /* All but the first are complete; it appears last. */
        if (i == 0) {
            first_flags = flags;
            flags ^= F_AVAIL | F_USED;
        }
        mock_write_desc(m, m->desc, m->avail_idx, descs[i].addr, descs[i].len,
                        flags, id);
        if (++m->avail_idx == m->num) {
            m->avail_idx = 0;
            m->avail_wrap = !m->avail_wrap;
        }
    }
    qatomic_store_release((uint16_t *)mock_ptr(m, m->desc + first * 16 + 14),
                          first_flags);
    return id;
}

/* A chain's writable bytes, of those given here or in an indirect table. */
static uint32_t writable_bytes(const struct vring_desc *descs, unsigned count)
{
    uint32_t bytes = 0;

    for (unsigned i = 0; i < count; i++) {
        bytes += descs[i].flags & VRING_DESC_F_WRITE ? descs[i].len : 0;
    }
    return bytes;
}

static uint16_t add_chain(Mock *m, const struct vring_desc *descs,
                          unsigned count, uint32_t in_bytes)
{
    MockPosted *posted = &m->posted[m->posted_count++ % MOCK_POSTED];
    uint16_t id;

    posted->in_bytes = in_bytes;
    id = is_packed(m) ? add_packed(m, descs, count) :
         add_split(m, descs, count);
    posted->id = id;
    return id;
}

uint16_t mock_add_raw(Mock *m, const struct vring_desc *descs, unsigned count)
{
    return add_chain(m, descs, count, writable_bytes(descs, count));
}

uint16_t mock_add(Mock *m, const MockBuf *bufs, unsigned count)
{
    struct vring_desc descs[MOCK_MAX * 2];

    g_assert(count <= ARRAY_SIZE(descs));
    for (unsigned i = 0; i < count; i++) {
        descs[i] = (struct vring_desc){
            .addr = bufs[i].addr,
            .len = bufs[i].len,
            .flags = (bufs[i].device_writes ? VRING_DESC_F_WRITE : 0) |
                     (i + 1 < count ? VRING_DESC_F_NEXT : 0),
        };
    }
    return mock_add_raw(m, descs, count);
}

uint16_t mock_add_indirect(Mock *m, const MockBuf *bufs, unsigned count)
{
    hwaddr table = m->heap;
    struct vring_desc desc = {
        .addr = table, .len = count * 16, .flags = VRING_DESC_F_INDIRECT,
    };
    uint32_t in_bytes = 0;

    for (unsigned i = 0; i < count; i++) {
        uint16_t flags = bufs[i].device_writes ? VRING_DESC_F_WRITE : 0;

        if (!is_packed(m) && i + 1 < count) {
            flags |= VRING_DESC_F_NEXT;
        }
        mock_write_desc(m, table, i, bufs[i].addr, bufs[i].len, flags, i + 1);
        in_bytes += bufs[i].device_writes ? bufs[i].len : 0;
    }
    m->heap = MOCK_RAM + 0x4000 + (m->heap + count * 16 - MOCK_RAM - 0x4000) %
              0x4000;
    return add_chain(m, &desc, 1, in_bytes);
}

uint16_t mock_add_out(Mock *m, hwaddr addr, uint32_t len)
{
    return mock_add(m, &(MockBuf){ addr, len, false }, 1);
}

uint16_t mock_add_in(Mock *m, hwaddr addr, uint32_t len)
{
    return mock_add(m, &(MockBuf){ addr, len, true }, 1);
}

/* --- used entries and notifications --- */

static bool used_entry(Mock *m, uint16_t *id, uint32_t *len)
{
    if (is_packed(m)) {
        struct vring_packed_desc *desc = mock_ptr(m, m->desc +
                                                  m->used_idx * 16);
        uint16_t flags = qatomic_load_acquire(&desc->flags);

        if (!!(flags & F_AVAIL) != !!(flags & F_USED) ||
            !!(flags & F_USED) != m->used_wrap) {
            return false;
        }
        *id = desc->id;
        *len = desc->len;
    } else {
        struct vring_used *used = mock_ptr(m, m->device);

        if (qatomic_load_acquire(&used->idx) == m->used_idx) {
            return false;
        }
        *id = used->ring[m->used_idx % m->num].id;
        *len = used->ring[m->used_idx % m->num].len;
    }
    return true;
}

/* The next used entry stands that many places on. */
static void pass_used(Mock *m, uint16_t id)
{
    if (!is_packed(m)) {
        m->used_idx++;
        return;
    }
    m->used_idx += m->places[id % MOCK_MAX];
    if (m->used_idx >= m->num) {
        m->used_idx -= m->num;
        m->used_wrap = !m->used_wrap;
    }
}

bool mock_used(Mock *m, uint16_t *id, uint32_t *len)
{
    const MockPosted *oldest = &m->posted[m->taken_back % MOCK_POSTED];

    if (!m->layout->ops->in_order) {
        if (!used_entry(m, id, len)) {
            return false;
        }
        pass_used(m, *id);
        return true;
    }
    if (!m->in_run) {
        if (!used_entry(m, &m->run_id, &m->run_len)) {
            return false;
        }
        m->in_run = true;
        m->entries++;
    }
    /* Chains up to the one that was named; those before it are full. */
    g_assert_cmpuint(m->taken_back, <, m->posted_count);
    *id = oldest->id;
    *len = oldest->in_bytes;
    m->taken_back++;
    if (*id == m->run_id) {
        *len = m->run_len;
        m->in_run = false;
    }
    pass_used(m, *id);
    return true;
}

bool mock_must_kick(Mock *m)
{
    if (is_packed(m)) {
        struct vring_packed_desc_event *event = mock_ptr(m, m->device);
        unsigned place = le16toh(event->off_wrap) & 0x7fff;
        bool wrap = event->off_wrap >> VRING_PACKED_EVENT_F_WRAP_CTR;

        if (event->flags != VRING_PACKED_EVENT_FLAG_DESC) {
            return event->flags == VRING_PACKED_EVENT_FLAG_ENABLE;
        }
        return place == m->avail_idx && wrap == m->avail_wrap;
    } else if (m->layout->event_idx) {
        uint16_t *event = mock_ptr(m, m->device + 4 + 8 * m->num);

        return *event == m->avail_idx;
    }
    return !(((struct vring_used *)mock_ptr(m, m->device))->flags &
             VRING_USED_F_NO_NOTIFY);
}

void mock_want_none(Mock *m)
{
    if (is_packed(m)) {
        ((struct vring_packed_desc_event *)mock_ptr(m, m->driver))->flags =
            VRING_PACKED_EVENT_FLAG_DISABLE;
    } else if (m->layout->event_idx) {
        /* A place passed long ago. */
        mock_want_event(m, 0x8000);
    } else {
        ((struct vring_avail *)mock_ptr(m, m->driver))->flags =
            VRING_AVAIL_F_NO_INTERRUPT;
    }
}

void mock_want_all(Mock *m)
{
    if (is_packed(m)) {
        ((struct vring_packed_desc_event *)mock_ptr(m, m->driver))->flags =
            VRING_PACKED_EVENT_FLAG_ENABLE;
    } else if (m->layout->event_idx) {
        mock_want_event(m, 0);
    } else {
        ((struct vring_avail *)mock_ptr(m, m->driver))->flags = 0;
    }
}

void mock_want_event(Mock *m, unsigned after)
{
    g_assert(m->layout->event_idx);
    if (is_packed(m)) {
        struct vring_packed_desc_event *event = mock_ptr(m, m->driver);
        unsigned place = m->used_idx + after;
        bool wrap = m->used_wrap;

        if (place >= m->num) {
            place -= m->num;
            wrap = !wrap;
        }
        event->off_wrap = place | wrap << VRING_PACKED_EVENT_F_WRAP_CTR;
        event->flags = VRING_PACKED_EVENT_FLAG_DESC;
    } else {
        uint16_t *event = mock_ptr(m, m->driver + 4 + 2 * m->num);

        *event = m->used_idx + after;
    }
}

/* --- tests --- */

void mock_expect_used(Mock *m, uint16_t want_id, uint32_t want_len)
{
    uint16_t id;
    uint32_t len;

    g_assert_true(mock_used(m, &id, &len));
    g_assert_cmpuint(id, ==, want_id);
    g_assert_cmpuint(len, ==, want_len);
}

void mock_expect_no_used(Mock *m)
{
    uint16_t id;
    uint32_t len;

    g_assert_false(mock_used(m, &id, &len));
}

void mock_use_all(Mock *m, uint32_t len)
{
    for (unsigned i = 0; i < m->batch.count; i++) {
        virtqueue_fill(&m->vq, &m->batch.elems[i], len, i);
    }
    virtqueue_flush(&m->vq, m->batch.count);
    virtqueue_batch_clear(&m->batch);
}

void mock_add_tests(const MockTest *tests, unsigned count)
{
    for (unsigned t = 0; t < count; t++) {
        for (unsigned l = 0; l < mock_layout_count; l++) {
            g_autofree char *path = g_strdup_printf("/virtqueue/%s/%s",
                                                    tests[t].name,
                                                    mock_layouts[l].name);

            g_test_add_data_func(path, &mock_layouts[l], tests[t].body);
        }
    }
}

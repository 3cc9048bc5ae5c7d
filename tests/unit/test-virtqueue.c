/*
 * The ring core with a mock driver on plain memory: one body for every layout, with
 * and without the event index. Drivers that break the rules are in
 * test-virtqueue-broken.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "virtqueue-mock.h"

#define BUF(i)  (MOCK_RAM + 0x10000 + (i) * 0x100)

/* --- order, wrap, pieces --- */

static void test_order(const void *layout)
{
    Mock *m = mock_new(layout, 16);
    uint16_t ids[10];

    g_assert_true(virtio_queue_empty(&m->vq));
    for (unsigned i = 0; i < 10; i++) {
        ids[i] = mock_add_out(m, BUF(i), 10 + i);
    }
    g_assert_false(virtio_queue_empty(&m->vq));
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 4), ==, 4);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 64), ==, 6);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 64), ==, 0);
    for (unsigned i = 0; i < 10; i++) {
        const VirtQueueElement *elem = &m->batch.elems[i];

        g_assert_cmpuint(elem->index, ==, ids[i]);
        g_assert_cmpuint(elem->out_num, ==, 1);
        g_assert_cmpuint(elem->in_num, ==, 0);
        g_assert(elem->out_sg[0].iov_base == mock_ptr(m, BUF(i)));
        g_assert_cmpuint(elem->out_sg[0].iov_len, ==, 10 + i);
        g_assert_cmpuint(elem->out_bytes, ==, 10 + i);
    }
    mock_use_all(m, 0);
    for (unsigned i = 0; i < 10; i++) {
        mock_expect_used(m, ids[i], 0);
    }
    mock_expect_no_used(m);
    g_assert_cmpuint(m->vq.inuse, ==, 0);
    mock_free(m);
}

static void test_out_of_order(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    uint16_t ids[3];

    for (unsigned i = 0; i < 3; i++) {
        ids[i] = mock_add_in(m, BUF(i), 64);
    }
    virtqueue_pop_batch(&m->vq, &m->batch, 3);
    virtqueue_push(&m->vq, &m->batch.elems[2], 7);
    if (m->layout->ops->in_order) {
        mock_expect_no_used(m);
        g_assert_false(virtqueue_should_notify(&m->vq));
    } else {
        mock_expect_used(m, ids[2], 7);
    }
    virtqueue_push(&m->vq, &m->batch.elems[0], 5);
    virtqueue_push(&m->vq, &m->batch.elems[1], 6);
    mock_expect_used(m, ids[0], 5);
    mock_expect_used(m, ids[1], 6);
    if (m->layout->ops->in_order) {
        mock_expect_used(m, ids[2], 7);
    }
    mock_expect_no_used(m);
    mock_free(m);
}

/* Chains without anything left to say go back as one entry. */
static void test_runs(const void *layout)
{
    Mock *m = mock_new(layout, 16);
    uint16_t ids[6];

    if (!m->layout->ops->in_order) {
        g_test_skip("needs in-order use");
        mock_free(m);
        return;
    }
    for (unsigned round = 0; round < 20; round++) {
        m->entries = 0;
        for (unsigned i = 0; i < 6; i++) {
            ids[i] = i < 3 ? mock_add_out(m, BUF(i), 10) :
                     mock_add_in(m, BUF(i), 10);
        }
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 6), ==, 6);
        for (unsigned i = 0; i < 6; i++) {
            virtqueue_fill(&m->vq, &m->batch.elems[i], i == 4 ? 9 : 10, i);
        }
        virtqueue_flush(&m->vq, 6);
        virtqueue_batch_clear(&m->batch);
        for (unsigned i = 0; i < 6; i++) {
            mock_expect_used(m, ids[i], i < 3 ? 0 : i == 4 ? 9 : 10);
        }
        /* Up to the fifth, which was not full; and the sixth. */
        g_assert_cmpuint(m->entries, ==, 2);
        g_assert_true(virtqueue_should_notify(&m->vq) ||
                      m->layout->event_idx);
        g_assert_cmpuint(m->vq.order_oldest, ==, m->vq.order_next);
    }
    mock_free(m);
}

/* The driver offers more than a ring while chains wait for their turn. */
static void test_run_is_bounded(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    for (unsigned i = 0; i < 8; i++) {
        mock_add_out(m, BUF(i), 4);
    }
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 8);
    for (unsigned i = 1; i < 8; i++) {
        virtqueue_push(&m->vq, &m->batch.elems[i], 0);
    }
    virtqueue_batch_clear(&m->batch);
    mock_add_out(m, BUF(0), 4);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==,
                     !m->layout->ops->in_order);
    g_assert_cmpint(m->vq.broken, ==, m->layout->ops->in_order);
    if (!m->vq.broken) {
        mock_use_all(m, 0);
    }
    mock_free(m);
}

static void test_wrap(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    for (unsigned round = 0; round < 30000; round++) {
        unsigned count = 1 + round % 4;
        uint16_t ids[4];

        for (unsigned i = 0; i < count; i++) {
            MockBuf bufs[2] = {
                { BUF(2 * i), 8, false }, { BUF(2 * i + 1), 16, true },
            };

            ids[i] = mock_add(m, bufs, 2);
        }
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, count);
        mock_use_all(m, 1 + round % 16);
        for (unsigned i = 0; i < count; i++) {
            mock_expect_used(m, ids[i], 1 + round % 16);
        }
        mock_expect_no_used(m);
    }
    g_assert_cmpuint(m->errors, ==, 0);
    mock_free(m);
}

/* Readable pieces come first, in order, direct and indirect alike. */
static void check_pieces(Mock *m, uint16_t id)
{
    const VirtQueueElement *elem = &m->batch.elems[0];

    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    g_assert_cmpuint(elem->index, ==, id);
    g_assert_cmpuint(elem->out_num, ==, 2);
    g_assert_cmpuint(elem->in_num, ==, 3);
    for (unsigned i = 0; i < 5; i++) {
        const struct iovec *piece = i < 2 ? &elem->out_sg[i] :
                                    &elem->in_sg[i - 2];

        g_assert(piece->iov_base == mock_ptr(m, BUF(i)));
        g_assert_cmpuint(piece->iov_len, ==, 20 + i);
    }
    g_assert_cmpuint(elem->out_bytes, ==, 41);
    g_assert_cmpuint(elem->in_bytes, ==, 69);
    mock_use_all(m, 69);
    mock_expect_used(m, id, 69);
}

static void test_pieces(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    MockBuf bufs[5];

    for (unsigned i = 0; i < 5; i++) {
        bufs[i] = (MockBuf){ BUF(i), 20 + i, i >= 2 };
    }
    for (unsigned round = 0; round < 100; round++) {
        check_pieces(m, mock_add(m, bufs, 5));
        check_pieces(m, mock_add_indirect(m, bufs, 5));
    }
    mock_free(m);
}

/* A chain as long as the queue is legal, direct and indirect. */
static void test_longest_chain(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    MockBuf bufs[8];
    uint16_t id;

    for (unsigned i = 0; i < 8; i++) {
        bufs[i] = (MockBuf){ BUF(i), 10, true };
    }
    for (unsigned round = 0; round < 3; round++) {
        id = mock_add(m, bufs, 8);
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 1);
        mock_use_all(m, 80);
        mock_expect_used(m, id, 80);
        for (unsigned i = 0; i < 8; i++) {
            mock_add_indirect(m, bufs, 8);
        }
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 8);
        mock_use_all(m, 80);
        for (unsigned i = 0; i < 8; i++) {
            uint32_t len;

            g_assert_true(mock_used(m, &id, &len));
        }
    }
    g_assert_cmpstr(m->error, ==, NULL);
    mock_free(m);
}

static void test_storage_full(const void *layout)
{
    Mock *m = mock_new(layout, 16);
    MockBuf bufs[3] = { { BUF(0), 1 }, { BUF(1), 1 }, { BUF(2), 1 } };

    for (unsigned i = 0; i < 4; i++) {
        mock_add(m, bufs, 3);
    }
    /* Room for two and a half: the third stays in the ring, whole. */
    m->batch.max_iov = 8;
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 4), ==, 2);
    mock_use_all(m, 0);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 4), ==, 2);
    mock_use_all(m, 0);
    g_assert_cmpuint(m->errors, ==, 0);
    mock_free(m);
}

/* --- publishing --- */

/* Looked at in the middle of publishing: nothing, or all of it. */
static void all_or_nothing(Mock *m)
{
    uint16_t used_idx = m->used_idx;
    bool used_wrap = m->used_wrap;
    unsigned taken_back = m->taken_back;
    unsigned visible = 0;
    uint16_t id;
    uint32_t len;

    while (mock_used(m, &id, &len)) {
        visible++;
    }
    g_assert_true(visible == 0 || visible == 5);
    g_assert_false(m->in_run);
    m->used_idx = used_idx;
    m->used_wrap = used_wrap;
    m->taken_back = taken_back;
}

static void test_flush_is_atomic(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    uint16_t ids[5];

    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 5; i++) {
            ids[i] = mock_add_in(m, BUF(i), 32);
        }
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 5), ==, 5);
        for (unsigned i = 0; i < 5; i++) {
            virtqueue_fill(&m->vq, &m->batch.elems[i], i + 1, i);
            mock_expect_no_used(m);
        }
        m->on_commit = all_or_nothing;
        virtqueue_flush(&m->vq, 5);
        m->on_commit = NULL;
        virtqueue_batch_clear(&m->batch);
        for (unsigned i = 0; i < 5; i++) {
            mock_expect_used(m, ids[i], i + 1);
        }
        mock_expect_no_used(m);
    }
    mock_free(m);
}

/* A length beyond what the driver offered is cut to it. */
static void test_used_length_is_bounded(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    uint16_t id = mock_add_in(m, BUF(0), 32);

    virtqueue_pop_batch(&m->vq, &m->batch, 1);
    mock_use_all(m, 33);
    mock_expect_used(m, id, 32);
    mock_free(m);
}

/* All bytes that the device wrote are committed, and no others of the buffers. */
static void test_commits(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    hwaddr last = MOCK_SPLIT - 4;
    MockBuf bufs[2] = { { last, 8, true }, { BUF(0), 100, true } };
    unsigned committed = 0;

    mock_add(m, bufs, 2);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    g_assert_cmpuint(m->batch.elems[0].in_num, ==, 3);
    memset(m->dirty, 0, MOCK_RAM_BYTES);
    mock_use_all(m, 58);
    for (unsigned i = 0; i < MOCK_RAM_BYTES; i++) {
        hwaddr addr = MOCK_RAM + i;
        bool wrote = (addr >= last && addr < last + 8) ||
                     (addr >= BUF(0) && addr < BUF(0) + 50);

        if (wrote) {
            g_assert_true(m->dirty[i]);
        } else if (addr >= MOCK_RAM + 0x4000) {
            g_assert_false(m->dirty[i]);
        }
        committed += m->dirty[i];
    }
    g_assert_cmpuint(committed, >, 58);     /* and the used entry */
    mock_free(m);
}

/* --- giving back --- */

static void test_unpop(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    MockBuf bufs[2] = { { BUF(0), 4 }, { BUF(1), 4 } };
    uint16_t ids[3];

    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 3; i++) {
            ids[i] = i == 1 ? mock_add_indirect(m, bufs, 2) :
                     mock_add(m, bufs, 2);
        }
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 3), ==, 3);
        virtqueue_unpop_batch(&m->vq, &m->batch, 2);
        g_assert_cmpuint(m->batch.count, ==, 1);
        g_assert_cmpuint(m->vq.inuse, ==, 1);
        mock_use_all(m, 0);
        mock_expect_used(m, ids[0], 0);
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 3), ==, 2);
        g_assert_cmpuint(m->batch.elems[0].index, ==, ids[1]);
        g_assert_cmpuint(m->batch.elems[1].index, ==, ids[2]);
        mock_use_all(m, 0);
        mock_expect_used(m, ids[1], 0);
        mock_expect_used(m, ids[2], 0);
    }
    mock_free(m);
}

typedef struct Request {
    VirtQueueElement elem;
    int more;
} Request;

static void test_single(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    MockBuf bufs[2] = { { BUF(0), 4, false }, { BUF(1), 8, true } };
    uint16_t id = mock_add(m, bufs, 2);
    Request *req = virtqueue_pop(&m->vq, sizeof(*req));

    g_assert_nonnull(req);
    req->more = 1;
    g_assert_null(virtqueue_pop(&m->vq, sizeof(*req)));
    g_assert_cmpint(m->held, ==, 2);
    g_assert(req->elem.in_sg[0].iov_base == mock_ptr(m, BUF(1)));
    virtqueue_unpop(&m->vq, &req->elem, 0);
    g_free(req);
    g_assert_cmpint(m->held, ==, 0);

    req = virtqueue_pop(&m->vq, sizeof(*req));
    virtqueue_push(&m->vq, &req->elem, 8);
    g_free(req);
    mock_expect_used(m, id, 8);

    mock_add(m, bufs, 2);
    req = virtqueue_pop(&m->vq, sizeof(*req));
    virtqueue_detach_element(&m->vq, &req->elem, 0);
    g_free(req);
    g_assert_cmpuint(m->vq.inuse, ==, 0);
    g_assert_false(virtqueue_rewind(&m->vq, 1));
    mock_free(m);
}

static void test_avail_bytes(const void *layout)
{
    Mock *m = mock_new(layout, 16);
    MockBuf bufs[3] = {
        { BUF(0), 10, false }, { BUF(1), 100, true }, { BUF(2), 200, true },
    };
    unsigned in, out;

    mock_add(m, bufs, 3);
    mock_add_indirect(m, bufs, 3);
    virtqueue_get_avail_bytes(&m->vq, &in, &out, UINT_MAX, UINT_MAX);
    g_assert_cmpuint(in, ==, 600);
    g_assert_cmpuint(out, ==, 20);
    virtqueue_get_avail_bytes(&m->vq, &in, NULL, 300, 0);
    g_assert_cmpuint(in, ==, 300);
    g_assert_true(virtqueue_avail_bytes(&m->vq, 600, 20));
    g_assert_false(virtqueue_avail_bytes(&m->vq, 601, 0));
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 2);
    mock_use_all(m, 0);
    mock_free(m);
}

/* --- notifications --- */

static void use_some(Mock *m, unsigned count)
{
    uint16_t id;
    uint32_t len;

    for (unsigned i = 0; i < count; i++) {
        mock_add_out(m, BUF(i), 4);
    }
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, count), ==, count);
    mock_use_all(m, 0);
    while (mock_used(m, &id, &len)) {
        continue;
    }
}

static void test_interrupts(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    g_assert_false(virtqueue_should_notify(&m->vq));
    for (unsigned round = 0; round < 50; round++) {
        mock_want_all(m);
        use_some(m, 1 + round % 8);
        g_assert_true(virtqueue_should_notify(&m->vq));
        g_assert_false(virtqueue_should_notify(&m->vq));
        mock_want_none(m);
        use_some(m, 3);
        g_assert_false(virtqueue_should_notify(&m->vq));
    }
    mock_free(m);
}

static void test_interrupt_events(const void *data)
{
    const MockLayout *layout = data;
    Mock *m;

    if (!layout->event_idx) {
        g_test_skip("needs the event index");
        return;
    }
    m = mock_new(layout, 8);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned after = 0; after < 6; after++) {
            for (unsigned count = 1; count < 8; count++) {
                mock_want_event(m, after);
                use_some(m, count);
                g_assert_cmpint(virtqueue_should_notify(&m->vq), ==,
                                after < count);
            }
        }
        use_some(m, 1 + round % 3);
        virtqueue_should_notify(&m->vq);
    }
    mock_free(m);
}

/* Several flushes, one decision: it counts them all. */
static void test_one_decision_a_batch(const void *data)
{
    const MockLayout *layout = data;
    Mock *m = mock_new(layout, 8);

    for (unsigned round = 0; round < 20 && layout->event_idx; round++) {
        mock_want_event(m, 1);
        use_some(m, 1);
        use_some(m, 1);
        use_some(m, 1);
        g_assert_true(virtqueue_should_notify(&m->vq));
    }
    mock_free(m);
}

static void test_notify_on_empty(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    if (!m->layout->ops->packed) {
        m->vq.notify_on_empty = true;
        mock_want_none(m);
        use_some(m, 2);
        g_assert_true(virtqueue_should_notify(&m->vq));
        mock_add_out(m, BUF(0), 1);
        mock_add_out(m, BUF(1), 1);
        virtqueue_pop_batch(&m->vq, &m->batch, 1);
        mock_use_all(m, 0);
        g_assert_false(virtqueue_should_notify(&m->vq));
    }
    mock_free(m);
}

static void test_kicks(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    for (unsigned round = 0; round < 100; round++) {
        virtio_queue_set_notification(&m->vq, true);
        g_assert_true(virtio_queue_empty(&m->vq));
        g_assert_true(mock_must_kick(m));

        virtio_queue_set_notification(&m->vq, false);
        mock_add_out(m, BUF(0), 4);
        if (!m->layout->event_idx) {
            g_assert_false(mock_must_kick(m));
        }
        virtqueue_pop_batch(&m->vq, &m->batch, 8);
        mock_use_all(m, 0);
        /* Off, and the ring was drained: the event was not moved. */
        g_assert_false(mock_must_kick(m));
        {
            uint16_t id;
            uint32_t len;

            g_assert_true(mock_used(m, &id, &len));
        }
    }
    /* On: taking a batch asks for what comes after it, by itself. */
    virtio_queue_set_notification(&m->vq, true);
    mock_add_out(m, BUF(0), 4);
    mock_add_out(m, BUF(1), 4);
    virtqueue_pop_batch(&m->vq, &m->batch, 8);
    g_assert_true(mock_must_kick(m));
    mock_use_all(m, 0);
    mock_free(m);
}

/* --- memory --- */

static void test_crosses_ram(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    const VirtQueueElement *elem = &m->batch.elems[0];

    mock_add_in(m, MOCK_SPLIT - 100, 300);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    g_assert_cmpuint(elem->in_num, ==, 2);
    g_assert(elem->in_sg[0].iov_base == mock_ptr(m, MOCK_SPLIT - 100));
    g_assert_cmpuint(elem->in_sg[0].iov_len, ==, 100);
    g_assert(elem->in_sg[1].iov_base == mock_ptr(m, MOCK_SPLIT));
    g_assert_cmpuint(elem->in_sg[1].iov_len, ==, 200);
    mock_use_all(m, 300);
    mock_free(m);
}

/* An indirect table across two stretches of RAM is read just the same. */
static void test_table_crosses_ram(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    MockBuf bufs[4];
    uint16_t id;

    for (unsigned i = 0; i < 4; i++) {
        bufs[i] = (MockBuf){ BUF(i), 5, true };
    }
    m->heap = MOCK_SPLIT - 32;
    id = mock_add_indirect(m, bufs, 4);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    g_assert_cmpuint(m->batch.elems[0].in_num, ==, 4);
    mock_use_all(m, 20);
    mock_expect_used(m, id, 20);
    mock_free(m);
}

static void test_bounce_read(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    const VirtQueueElement *elem = &m->batch.elems[0];
    const uint8_t *bytes;

    mock_add_out(m, MOCK_IO + 16, 8);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    bytes = elem->out_sg[0].iov_base;
    g_assert_cmpuint(bytes[0], ==, 16);
    g_assert_cmpuint(bytes[7], ==, 23);
    mock_use_all(m, 0);
    g_assert_cmpuint(m->vq.bounce_bytes, ==, 0);
    mock_free(m);
}

/* Only what the device wrote goes out, and nothing of ours shows. */
static void test_bounce_write(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    MockBuf bufs[2] = { { BUF(0), 10, true }, { MOCK_IO, 64, true } };
    const VirtQueueElement *elem = &m->batch.elems[0];
    uint8_t *bytes;

    memset(m->io, 0xee, sizeof(m->io));
    mock_add(m, bufs, 2);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    bytes = elem->in_sg[1].iov_base;
    for (unsigned i = 0; i < 64; i++) {
        g_assert_cmpuint(bytes[i], ==, 0);
    }
    bytes[0] = 1;
    mock_use_all(m, 10 + 32);
    g_assert_cmpuint(m->io[0], ==, 1);
    g_assert_cmpuint(m->io[31], ==, 0);
    g_assert_cmpuint(m->io[32], ==, 0xee);
    mock_free(m);
}

static void test_rom(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    m->rom[3] = 0x5a;
    mock_add_out(m, MOCK_ROM, 4);
    mock_add_in(m, MOCK_ROM, 4);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 2), ==, 2);
    g_assert(m->batch.elems[0].out_sg[0].iov_base == m->rom);
    /* Written ROM goes nowhere, and above all not into our copy. */
    g_assert(m->batch.elems[1].in_sg[0].iov_base != m->rom);
    memset(m->batch.elems[1].in_sg[0].iov_base, 0xff, 4);
    mock_use_all(m, 4);
    g_assert_cmpuint(m->rom[3], ==, 0x5a);
    mock_free(m);
}

/* The map changes: the same guest addresses lead elsewhere from then on. */
static void test_remap(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    uint8_t *old = m->ram[0];
    uint16_t id;

    mock_add_out(m, BUF(0), 4);
    virtqueue_pop_batch(&m->vq, &m->batch, 1);
    m->ram[0] = g_memdup2(old, MOCK_RAM_BYTES / 2);
    m->mem.generation++;
    mock_use_all(m, 0);
    id = mock_add_out(m, BUF(1), 4);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
    g_assert(m->batch.elems[0].out_sg[0].iov_base == mock_ptr(m, BUF(1)));
    g_assert_cmpuint(m->batch.elems[0].index, ==, id);
    g_free(old);
    mock_use_all(m, 0);
    mock_free(m);
}

static void test_ring_not_in_ram(const void *layout)
{
    for (unsigned area = 0; area < 3; area++) {
        Mock *m = mock_new(layout, 8);
        hwaddr bad[3] = { m->desc, m->driver, m->device };

        virtqueue_core_reset(&m->vq);
        m->vq.event_idx = m->layout->event_idx;
        virtqueue_core_set_layout(&m->vq, m->layout->ops);
        /* Its last bytes are beyond the RAM. */
        bad[area] = MOCK_RAM + MOCK_RAM_BYTES - (area == 0 ? 16 : 4);
        if (area > 0 && m->layout->ops->packed) {
            bad[area] += 4;
        }
        g_assert_true(virtqueue_core_enable(&m->vq, bad[0], bad[1], bad[2]));
        g_assert_true(virtio_queue_empty(&m->vq));
        g_assert_cmpuint(m->errors, ==, 1);
        g_assert_nonnull(strstr(m->error, "not in RAM"));
        g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 0);
        mock_free(m);
    }
}

/* What the device writes cannot lie in a ROM. */
static void test_ring_in_rom(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    virtqueue_core_reset(&m->vq);
    virtqueue_core_set_layout(&m->vq, m->layout->ops);
    g_assert_true(virtqueue_core_enable(&m->vq, m->desc, m->driver, MOCK_ROM));
    g_assert_true(virtio_queue_empty(&m->vq));
    g_assert_cmpuint(m->errors, ==, 1);
    mock_free(m);
}

/* A huge buffer outside of RAM is refused without being looked at piece by piece. */
static void test_huge_hole(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    mock_add_in(m, MOCK_IO, UINT32_MAX);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 0);
    g_assert_true(m->vq.broken);
    g_assert_cmpuint(m->finds, <, 32);
    mock_free(m);
}

static void test_enable_refused(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    bool packed = m->layout->ops->packed;

    virtqueue_core_reset(&m->vq);
    virtqueue_core_set_layout(&m->vq, m->layout->ops);
    g_assert_false(virtqueue_core_enable(&m->vq, m->desc + 8, m->driver,
                                         m->device));
    g_assert_false(virtqueue_core_enable(&m->vq, m->desc, m->driver + 1,
                                         m->device));
    g_assert_false(virtqueue_core_enable(&m->vq, m->desc, m->driver,
                                         m->device + 2));
    g_assert_false(virtqueue_core_enable(&m->vq, UINT64_MAX - 15, m->driver,
                                         m->device));
    m->vq.num = 16;
    g_assert_false(virtqueue_core_enable(&m->vq, m->desc, m->driver,
                                         m->device));
    m->vq.num = 0;
    g_assert_false(virtqueue_core_enable(&m->vq, m->desc, m->driver,
                                         m->device));
    m->vq.num = 7;
    g_assert_cmpint(virtqueue_core_enable(&m->vq, m->desc, m->driver,
                                          m->device), ==, packed);
    mock_free(m);
}

static const MockTest bodies[] = {
    { "pop/takes-in-order", test_order },
    { "pop/pieces-of-a-chain", test_pieces },
    { "pop/longest-chain", test_longest_chain },
    { "pop/storage-full-leaves-chains-whole", test_storage_full },
    { "push/out-of-order", test_out_of_order },
    { "in-order/one-entry-for-a-run", test_runs },
    { "in-order/waiting-chains-are-bounded", test_run_is_bounded },
    { "ring/wraps", test_wrap },
    { "flush/publishes-the-whole-batch", test_flush_is_atomic },
    { "flush/used-length-is-bounded", test_used_length_is_bounded },
    { "flush/commits-what-was-written", test_commits },
    { "unpop/gives-back", test_unpop },
    { "pop/one-that-is-kept", test_single },
    { "measure/available-bytes", test_avail_bytes },
    { "interrupt/as-the-driver-wishes", test_interrupts },
    { "interrupt/at-the-event", test_interrupt_events },
    { "interrupt/one-decision-a-batch", test_one_decision_a_batch },
    { "interrupt/on-empty", test_notify_on_empty },
    { "kick/as-the-device-wishes", test_kicks },
    { "memory/buffer-crosses-ram", test_crosses_ram },
    { "memory/table-crosses-ram", test_table_crosses_ram },
    { "memory/bounce-read", test_bounce_read },
    { "memory/bounce-write", test_bounce_write },
    { "memory/rom", test_rom },
    { "memory/map-changes", test_remap },
    { "memory/ring-not-in-ram", test_ring_not_in_ram },
    { "memory/ring-in-rom", test_ring_in_rom },
    { "broken/huge-hole", test_huge_hole },
    { "enable/refused", test_enable_refused },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mock_add_tests(bodies, ARRAY_SIZE(bodies));
    return g_test_run();
}

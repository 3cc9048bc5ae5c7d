/*
 * The ring core with a mock driver that breaks the rules, in every layout: each
 * case names the check that it guards by a word of its message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "virtqueue-mock.h"

#define BUF(i)  (MOCK_RAM + 0x10000 + (i) * 0x100)

#define NEXT    VRING_DESC_F_NEXT
#define WRITE   VRING_DESC_F_WRITE
#define IND     VRING_DESC_F_INDIRECT
#define TABLE   (MOCK_RAM + 0x8000)
#define GOOD    { BUF(0), 4, 0, 0 }

typedef struct Malformed {
    const char *name;
    const char *word;           /* of the message: which check it met */
    struct vring_desc ring[10];
    unsigned count;
    struct vring_desc table[10];    /* at TABLE, flags as given */
    unsigned table_count;
    bool no_indirect;           /* not negotiated */
    bool split_only, packed_only;
} Malformed;

static const Malformed malformed[] = {
    { "zero-length", "zero length", { { BUF(0), 0, 0 } }, 1 },
    { "zero-length-second", "zero length",
      { { BUF(0), 4, NEXT }, { BUF(0), 0, WRITE } }, 2 },
    { "address-wraps", "wraps around", { { UINT64_MAX - 2, 8, 0 } }, 1 },
    { "direction", "after a writable",
      { { BUF(0), 4, NEXT | WRITE }, { BUF(1), 4, 0 } }, 2 },
    { "over-4g", "4 GiB",
      { { MOCK_RAM, 0x1000, NEXT | WRITE },
        { MOCK_RAM, UINT32_MAX, WRITE } }, 2 },
    { "hole", "nothing answers", { { 0x800000, 4, 0 } }, 1 },
    { "large-not-ram", "not in RAM",
      { { MOCK_IO, VIRTQUEUE_BOUNCE_MAX + 1, WRITE } }, 1 },
    { "bounce-sum", "not in RAM",
      { { MOCK_IO, VIRTQUEUE_BOUNCE_MAX, NEXT | WRITE },
        { MOCK_IO, 1, WRITE } }, 2 },
    { "indirect-not-negotiated", "not negotiated",
      { { TABLE, 16, IND } }, 1, { GOOD }, 1, .no_indirect = true },
    { "indirect-and-next", "with a next one",
      { { TABLE, 16, IND | NEXT }, GOOD }, 2, { GOOD }, 1 },
    { "indirect-empty", "multiple", { { TABLE, 0, IND } }, 1, { GOOD }, 1 },
    { "indirect-odd", "multiple", { { TABLE, 24, IND } }, 1, { GOOD }, 1 },
    { "indirect-hole", "table at", { { 0x800000, 16, IND } }, 1 },
    { "indirect-leaves-ram", "table at",
      { { MOCK_RAM + MOCK_RAM_BYTES - 16, 32, IND } }, 1 },
    { "indirect-huge", "indirect table of",
      { { MOCK_RAM, 0x7fff0000, IND } }, 1 },
    { "indirect-zero-length", "zero length",
      { { TABLE, 16, IND } }, 1, { { BUF(0), 0, 0 } }, 1 },
    { "indirect-direction", "after a writable",
      { { TABLE, 32, IND } }, 1,
      { { BUF(0), 4, NEXT | WRITE, 1 }, { BUF(0), 4, 0 } }, 2 },
    { "indirect-nested", "inside an indirect",
      { { TABLE, 16, IND } }, 1, { { TABLE, 16, IND } }, 1,
      .split_only = true },
    { "indirect-loop", "longer than",
      { { TABLE, 32, IND } }, 1,
      { { BUF(0), 4, NEXT, 1 }, { BUF(0), 4, NEXT, 0 } }, 2,
      .split_only = true },
    { "indirect-next-outside", "outside of",
      { { TABLE, 32, IND } }, 1, { { BUF(0), 4, NEXT, 2 }, GOOD }, 2,
      .split_only = true },
    { "indirect-too-long", "longer than",
      { { TABLE, 160, IND } }, 1,
      { { BUF(0), 4, NEXT, 1 }, { BUF(0), 4, NEXT, 2 },
        { BUF(0), 4, NEXT, 3 }, { BUF(0), 4, NEXT, 4 },
        { BUF(0), 4, NEXT, 5 }, { BUF(0), 4, NEXT, 6 },
        { BUF(0), 4, NEXT, 7 }, { BUF(0), 4, NEXT, 8 },
        { BUF(0), 4, NEXT, 9 }, GOOD }, 10 },
    { "direct-then-indirect-too-long", "longer than",
      { { BUF(0), 4, NEXT }, { TABLE, 128, IND } }, 2,
      { { BUF(0), 4, NEXT, 1 }, { BUF(0), 4, NEXT, 2 },
        { BUF(0), 4, NEXT, 3 }, { BUF(0), 4, NEXT, 4 },
        { BUF(0), 4, NEXT, 5 }, { BUF(0), 4, NEXT, 6 },
        { BUF(0), 4, NEXT, 7 }, GOOD }, 8, .split_only = true },
    { "indirect-in-list", "list of a packed",
      { { BUF(0), 4, NEXT }, { TABLE, 16, IND } }, 2, { GOOD }, 1,
      .packed_only = true },
};

static void post_malformed(Mock *m, const Malformed *bad)
{
    for (unsigned i = 0; i < bad->table_count; i++) {
        const struct vring_desc *desc = &bad->table[i];

        mock_write_desc(m, TABLE, i, desc->addr, desc->len, desc->flags,
                        desc->next);
    }
    m->vq.indirect = !bad->no_indirect;
    mock_add_raw(m, bad->ring, bad->count);
}

/* Broken: nothing is taken or published, until reset; then all works again. */
static void expect_broken(Mock *m, const char *name, const char *word)
{
    if (m->errors != 1 || !strstr(m->error, word)) {
        g_test_message("%s: %u errors, last: %s", name, m->errors, m->error);
        g_test_fail();
    }
    g_assert_true(m->vq.broken);
    g_assert_cmpuint(m->batch.count, ==, 0);
    g_assert_true(virtio_queue_empty(&m->vq));
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    g_assert_null(virtqueue_pop(&m->vq, sizeof(VirtQueueElement)));
    g_assert_false(virtqueue_should_notify(&m->vq));
    g_assert_cmpuint(m->errors, ==, 1);
    mock_expect_no_used(m);
    g_assert_cmpuint(m->vq.bounce_bytes, ==, 0);
}

static void test_malformed(const void *data)
{
    const MockLayout *layout = data;
    bool packed = layout->ops->packed;

    for (unsigned i = 0; i < ARRAY_SIZE(malformed); i++) {
        const Malformed *bad = &malformed[i];

        if (bad->split_only ? packed : bad->packed_only && !packed) {
            continue;
        }
        for (unsigned good_first = 0; good_first < 2; good_first++) {
            Mock *m = mock_new(layout, 8);

            if (good_first) {
                /* Bounced, so that something hangs on what is dropped. */
                mock_add_out(m, MOCK_IO, 4);
            }
            post_malformed(m, bad);
            g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
            expect_broken(m, bad->name, bad->word);
            mock_free(m);
        }
    }
}

/* The same chains where bytes are only counted; those that need no memory. */
static void test_malformed_measured(const void *data)
{
    const MockLayout *layout = data;
    bool packed = layout->ops->packed;

    for (unsigned i = 0; i < ARRAY_SIZE(malformed); i++) {
        const Malformed *bad = &malformed[i];
        unsigned in, out;
        Mock *m;

        if ((bad->split_only ? packed : bad->packed_only && !packed) ||
            strstr(bad->word, "answers") || !strcmp(bad->word, "not in RAM")) {
            continue;
        }
        m = mock_new(layout, 8);
        post_malformed(m, bad);
        virtqueue_get_avail_bytes(&m->vq, &in, &out, UINT_MAX, UINT_MAX);
        g_assert_cmpuint(in + out, ==, 0);
        expect_broken(m, bad->name, bad->word);
        mock_free(m);
    }
}

/* A ring that is one endless chain. */
static void test_endless_chain(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    struct vring_desc descs[8];

    for (unsigned i = 0; i < 8; i++) {
        descs[i] = (struct vring_desc){ BUF(i), 4, NEXT };
    }
    mock_add_raw(m, descs, 8);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    expect_broken(m, "endless", "longer than");
    mock_free(m);
}

static void test_split_ring_lies(const void *data)
{
    const MockLayout *layout = data;
    struct vring_avail *avail;
    Mock *m;

    if (layout->ops->packed) {
        g_test_skip("split rings only");
        return;
    }
    m = mock_new(layout, 8);
    avail = mock_ptr(m, m->driver);
    avail->ring[0] = 8;
    avail->idx = 1;
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    expect_broken(m, "head", "entry 8 is outside");
    mock_free(m);

    m = mock_new(layout, 8);
    avail = mock_ptr(m, m->driver);
    avail->idx = 9;
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    expect_broken(m, "index", "index moved");
    mock_free(m);

    m = mock_new(layout, 8);
    mock_write_desc(m, m->desc, 0, BUF(0), 4, NEXT, 8);
    avail = mock_ptr(m, m->driver);
    avail->idx = 1;
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    expect_broken(m, "next", "next descriptor 8 is outside");
    mock_free(m);
}

/* More chains than places, none given back: CVE-2016-5403. */
static void test_too_many(const void *layout)
{
    Mock *m = mock_new(layout, 8);

    for (unsigned i = 0; i < 8; i++) {
        mock_add_out(m, BUF(i), 4);
    }
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 8);
    virtqueue_batch_clear(&m->batch);
    mock_add_out(m, BUF(0), 4);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    expect_broken(m, "too many", "more than 8 chains");
    mock_free(m);
}

static void test_reset_mends(const void *layout)
{
    Mock *m = mock_new(layout, 8);
    Mock *fresh;

    mock_add_raw(m, &(struct vring_desc){ BUF(0), 0, 0 }, 1);
    g_assert_cmpuint(virtqueue_pop_batch(&m->vq, &m->batch, 8), ==, 0);
    g_assert_true(m->vq.broken);
    virtqueue_core_reset(&m->vq);
    g_assert_false(m->vq.broken);
    g_assert_false(virtio_queue_ready(&m->vq));

    fresh = mock_new(layout, 8);
    fresh->vq.quiet = true;
    mock_add_out(fresh, BUF(0), 4);
    g_assert_cmpuint(virtqueue_pop_batch(&fresh->vq, &fresh->batch, 8), ==, 0);
    fresh->vq.quiet = false;
    g_assert_cmpuint(virtqueue_pop_batch(&fresh->vq, &fresh->batch, 8), ==, 1);
    mock_use_all(fresh, 0);
    mock_free(fresh);
    mock_free(m);
}

static const MockTest bodies[] = {
    { "broken/malformed-chains", test_malformed },
    { "broken/malformed-chains-measured", test_malformed_measured },
    { "broken/endless-chain", test_endless_chain },
    { "broken/split-ring-lies", test_split_ring_lies },
    { "broken/too-many-in-use", test_too_many },
    { "broken/reset-mends", test_reset_mends },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    mock_add_tests(bodies, ARRAY_SIZE(bodies));
    return g_test_run();
}

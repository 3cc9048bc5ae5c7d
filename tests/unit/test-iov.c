/*
 * Unit tests of scatter-gather lists, against a flat copy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"

#define TOTAL 100

/* 100 bytes in pieces of these lengths, some of them empty. */
static const size_t pieces[] = { 0, 7, 1, 0, 0, 30, 2, 60, 0 };
#define COUNT ARRAY_SIZE(pieces)

static uint8_t memory[TOTAL];

static void make(struct iovec *iov)
{
    size_t at = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        iov[i] = (struct iovec){ memory + at, pieces[i] };
        at += pieces[i];
    }
    for (int i = 0; i < TOTAL; i++) {
        memory[i] = i;
    }
}

static void copies_agree_with_flat_memory(void)
{
    struct iovec iov[COUNT];
    uint8_t buf[TOTAL + 10];

    make(iov);
    g_assert_cmpint(iov_size(iov, COUNT), ==, TOTAL);
    for (size_t off = 0; off <= TOTAL + 3; off++) {
        for (size_t len = 0; len <= TOTAL + 3; len++) {
            size_t expect = off >= TOTAL ? 0 : MIN(len, TOTAL - off);

            g_assert_cmpint(iov_to_buf(iov, COUNT, off, buf, len), ==, expect);
            g_assert_cmpmem(buf, expect, memory + MIN(off, TOTAL), expect);
        }
    }
    memset(buf, 0xee, sizeof(buf));
    g_assert_cmpint(iov_from_buf(iov, COUNT, 5, buf, 40), ==, 40);
    g_assert_cmphex(memory[4], ==, 4);
    g_assert_cmphex(memory[5], ==, 0xee);
    g_assert_cmphex(memory[44], ==, 0xee);
    g_assert_cmphex(memory[45], ==, 45);
    g_assert_cmpint(iov_memset(iov, COUNT, 90, 1, 50), ==, 10);
    g_assert_cmpint(iov_memcmp(iov, COUNT, 5, buf, 40), ==, 0);
    g_assert_cmpint(iov_memcmp(iov, COUNT, 4, buf, 40), <, 0);
}

static void constant_sizes_take_the_short_way(void)
{
    struct iovec iov = { memory, 16 };
    uint32_t v = 0;

    make((struct iovec[COUNT]){ });
    g_assert_cmpint(iov_to_buf(&iov, 1, 4, &v, sizeof(v)), ==, 4);
    g_assert_cmphex(v, ==, 0x07060504);
    g_assert_cmpint(iov_to_buf(&iov, 1, 14, &v, sizeof(v)), ==, 2);
    g_assert_cmpint(iov_to_buf(&iov, 1, SIZE_MAX, &v, sizeof(v)), ==, 0);
    g_assert_cmpint(iov_from_buf(&iov, 1, 17, &v, sizeof(v)), ==, 0);
}

static void parts_name_the_same_memory(void)
{
    struct iovec iov[COUNT], part[COUNT];
    unsigned n;

    make(iov);
    n = iov_copy(part, COUNT, iov, COUNT, 6, 5);
    g_assert_cmpint(n, ==, 3);
    g_assert_true(part[0].iov_base == memory + 6 && part[0].iov_len == 1);
    g_assert_true(part[2].iov_base == memory + 8 && part[2].iov_len == 3);
    g_assert_cmpint(iov_copy(part, 1, iov, COUNT, 6, 5), ==, 1);
    g_assert_cmpint(iov_copy(part, 1, iov, COUNT, TOTAL, 5), ==, 0);
}

static void discards_and_undo(void)
{
    for (size_t n = 0; n <= TOTAL + 1; n++) {
        struct iovec iov[COUNT], *p = iov;
        unsigned cnt = COUNT;
        IOVDiscardUndo undo;

        make(iov);
        g_assert_cmpint(iov_discard_front_undoable(&p, &cnt, n, &undo), ==,
                        MIN(n, TOTAL));
        g_assert_cmpint(iov_size(p, cnt), ==, TOTAL - MIN(n, TOTAL));
        if (n < TOTAL) {
            uint8_t first;

            iov_to_buf(p, cnt, 0, &first, 1);
            g_assert_cmpint(first, ==, n);
        }
        iov_discard_undo(&undo);
        g_assert_cmpint(iov_size(iov, COUNT), ==, TOTAL);

        cnt = COUNT;
        g_assert_cmpint(iov_discard_back_undoable(iov, &cnt, n, &undo), ==,
                        MIN(n, TOTAL));
        g_assert_cmpint(iov_size(iov, cnt), ==, TOTAL - MIN(n, TOTAL));
        iov_discard_undo(&undo);
        g_assert_cmpint(iov_size(iov, COUNT), ==, TOTAL);
    }
}

static void list_to_list(void)
{
    struct iovec src[COUNT];
    uint8_t out[50] = { 0 };
    struct iovec dst[] = { { out, 3 }, { out + 3, 0 }, { out + 3, 47 } };

    make(src);
    g_assert_cmpint(iov_to_iov(dst, 3, 1, src, COUNT, 6, 200), ==, 49);
    g_assert_cmpint(out[0], ==, 0);
    g_assert_cmpmem(out + 1, 49, memory + 6, 49);
    g_assert_cmpint(iov_to_iov(dst, 3, 50, src, COUNT, 6, 1), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/iov/copies-agree-with-flat-memory",
                    copies_agree_with_flat_memory);
    g_test_add_func("/iov/constant-sizes-take-the-short-way",
                    constant_sizes_take_the_short_way);
    g_test_add_func("/iov/parts-name-the-same-memory",
                    parts_name_the_same_memory);
    g_test_add_func("/iov/discards-and-undo", discards_and_undo);
    g_test_add_func("/iov/list-to-list", list_to_list);
    return g_test_run();
}

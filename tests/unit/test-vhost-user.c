/*
 * What a vhost-user peer says, byte by byte; and where a ring says that it is after
 * somebody else used it and did not tell.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "../../hw/virtio/vhost-user-msg.h"
#include "virtqueue-mock.h"

/* --- answers --- */

static VhostUserParse parse(const VhostUserMsg *m, size_t bytes, size_t *more,
                            char **why)
{
    VhostUserMsg reply;

    return vhost_user_parse_reply((const uint8_t *)m, bytes,
                                  VHOST_USER_GET_VRING_BASE, 8, &reply, more,
                                  why);
}

static VhostUserMsg good_answer(void)
{
    return (VhostUserMsg){
        .header = { VHOST_USER_GET_VRING_BASE,
                    VHOST_USER_VERSION | VHOST_USER_REPLY, 8 },
        .payload.state = { 3, 0x1234 },
    };
}

static void good_at_any_cut(void)
{
    VhostUserMsg m = good_answer(), reply;
    size_t more;
    char *why;

    for (size_t bytes = 0; bytes < 20; bytes++) {
        size_t edge = bytes < 12 ? 12 : 20;

        g_assert_cmpint(parse(&m, bytes, &more, &why), ==,
                        VHOST_USER_PARSE_MORE);
        g_assert_cmpint(more, ==, edge - bytes);
    }
    g_assert_cmpint(vhost_user_parse_reply((uint8_t *)&m, 20,
                                           VHOST_USER_GET_VRING_BASE, 8, &reply,
                                           &more, &why), ==,
                    VHOST_USER_PARSE_DONE);
    g_assert_cmpint(reply.payload.state.index, ==, 3);
    g_assert_cmphex(reply.payload.state.num, ==, 0x1234);
}

static void bad(uint32_t request, uint32_t flags, uint32_t size,
                const char *says)
{
    VhostUserMsg m = good_answer();
    size_t more;
    char *why = NULL;

    m.header = (VhostUserHeader){ request, flags, size };
    /* As soon as the header is there: a size is never waited for. */
    g_assert_cmpint(parse(&m, 12, &more, &why), ==, VHOST_USER_PARSE_BAD);
    g_assert_cmpstr(why, ==, says);
    g_free(why);
}

static void bad_headers(void)
{
    bad(1, 5, 8, "answered request 1 (GET_FEATURES) where GET_VRING_BASE was"
        " asked");
    bad(7777, 5, 8, "answered request 7777 (unknown request) where"
        " GET_VRING_BASE was asked");
    bad(11, 1, 8, "answered GET_VRING_BASE with flags 0x1, which is no reply"
        " of version 1");
    bad(11, 6, 8, "answered GET_VRING_BASE with flags 0x6, which is no reply"
        " of version 1");
    bad(11, 5, 0, "answered GET_VRING_BASE with 0 bytes, not 8");
    bad(11, 5, UINT32_MAX, "answered GET_VRING_BASE with 4294967295 bytes, not"
        " 8");
}

static void every_request_has_a_name(void)
{
    g_assert_cmpstr(vhost_user_request_name(VHOST_USER_GET_FEATURES), ==,
                    "GET_FEATURES");
    g_assert_cmpstr(vhost_user_request_name(VHOST_USER_GET_STATUS), ==,
                    "GET_STATUS");
    g_assert_cmpstr(vhost_user_request_name(UINT32_MAX), ==, "unknown request");
}

static void places(void)
{
    VhostRingBase b = { .avail = 200, .used = 190, .avail_wrap = true }, got;

    g_assert_cmphex(vhost_ring_base_encode(&b, false), ==, 200);
    g_assert_cmphex(vhost_ring_base_encode(&b, true), ==, 190u << 16 | 0x80c8);
    g_assert_true(vhost_ring_base_decode(190u << 16 | 0x80c8, true, 256, &got));
    g_assert_cmpint(got.avail, ==, 200);
    g_assert_true(got.avail_wrap);
    g_assert_cmpint(got.used, ==, 190);
    g_assert_false(got.used_wrap);
    /* A peer that says nothing of the used side has used all that it took. */
    g_assert_true(vhost_ring_base_decode(0x80c8, true, 256, &got));
    g_assert_cmpint(got.used, ==, 200);
    g_assert_true(got.used_wrap);
    g_assert_false(vhost_ring_base_decode(200, true, 200, &got));
    g_assert_false(vhost_ring_base_decode(200u << 16 | 1, true, 200, &got));
    g_assert_true(vhost_ring_base_decode(65535, false, 256, &got));
    g_assert_false(vhost_ring_base_decode(65536, false, 256, &got));
}

/* --- finding the place --- */

/* A device like ours, of which only what it wrote into the ring is known. */
static void expect_found(Mock *m)
{
    VirtQueue seen = m->vq;

    seen.last_avail = seen.used_idx = 0x77;
    seen.avail_wrap = seen.used_wrap = !m->vq.used_wrap;
    seen.ops->recover(&seen);
    g_assert_cmpint(seen.used_idx, ==, m->vq.used_idx);
    g_assert_cmpint(seen.last_avail, ==, m->vq.used_idx);
    if (seen.ops->packed) {
        g_assert_cmpint(seen.used_wrap, ==, m->vq.used_wrap);
        g_assert_cmpint(seen.avail_wrap, ==, m->vq.used_wrap);
    }
}

static const MockLayout *layout_of(const VirtQueueOps *ops)
{
    for (unsigned i = 0; i < mock_layout_count; i++) {
        if (mock_layouts[i].ops == ops && !mock_layouts[i].event_idx) {
            return &mock_layouts[i];
        }
    }
    g_assert_not_reached();
}

/* The driver adds, the device takes and uses, each as it likes. */
static void found_at_any_time(const VirtQueueOps *ops, unsigned num, bool write)
{
    Mock *m = mock_new(layout_of(ops), num);
    unsigned posted = 0, used = 0, seen = 0;
    uint16_t id;
    uint32_t len;

    /* Before the first look-up there is no mapping to read. */
    g_assert_true(virtio_queue_empty(&m->vq));
    expect_found(m);
    for (unsigned i = 0; i < 5000; i++) {
        switch (g_random_int_range(0, 3)) {
        case 0:
            if (posted - seen < num) {
                hwaddr addr = MOCK_RAM + 0x10000 + posted % 64 * 0x100;

                write ? mock_add_in(m, addr, 64) : mock_add_out(m, addr, 64);
                posted++;
            }
            break;
        case 1:
            if (virtqueue_pop_batch(&m->vq, &m->batch, 1) == 1) {
                expect_found(m);
                mock_use_all(m, write ? 64 : 0);
                used++;
            }
            break;
        default:
            if (seen < used) {
                g_assert_true(mock_used(m, &id, &len));
                seen++;
            }
        }
        expect_found(m);
    }
    g_assert_cmpint(used, >, 4 * num);
    mock_free(m);
}

static void split_is_found(void)
{
    found_at_any_time(&virtqueue_split_ops, 16, false);
    found_at_any_time(&virtqueue_split_ops, 16, true);
}

static void packed_is_found(void)
{
    found_at_any_time(&virtqueue_packed_ops, 16, false);
    found_at_any_time(&virtqueue_packed_ops, 7, false);
    found_at_any_time(&virtqueue_packed_ops, 1, false);
}

/* What is left of a used chain that was written is not written again. */
static void packed_rest_of_a_chain(void)
{
    MockBuf bufs[4] = {
        { MOCK_RAM + 0x10000, 64, true }, { MOCK_RAM + 0x10100, 64, true },
        { MOCK_RAM + 0x10200, 64, true }, { MOCK_RAM + 0x10300, 64, true },
    };
    Mock *m = mock_new(layout_of(&virtqueue_packed_ops), 16);

    for (unsigned i = 0; i < 40; i++) {
        uint16_t id;
        uint32_t len;

        mock_add(m, bufs, 3);
        mock_add(m, bufs, 4);
        g_assert_cmpint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
        expect_found(m);
        mock_use_all(m, 64);
        expect_found(m);
        g_assert_cmpint(virtqueue_pop_batch(&m->vq, &m->batch, 1), ==, 1);
        mock_use_all(m, 64);
        expect_found(m);
        g_assert_true(mock_used(m, &id, &len));
        g_assert_true(mock_used(m, &id, &len));
    }
    mock_free(m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vhost-user/answer/good-at-any-cut", good_at_any_cut);
    g_test_add_func("/vhost-user/answer/bad-headers", bad_headers);
    g_test_add_func("/vhost-user/request-names", every_request_has_a_name);
    g_test_add_func("/vhost-user/places", places);
    g_test_add_func("/vhost-user/found/split", split_is_found);
    g_test_add_func("/vhost-user/found/packed", packed_is_found);
    g_test_add_func("/vhost-user/found/packed-rest-of-a-chain",
                    packed_rest_of_a_chain);
    return g_test_run();
}

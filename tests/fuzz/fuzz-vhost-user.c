/*
 * Fuzz target: what a vhost-user peer answers, in pieces, and where it says that it
 * stopped a ring; and rings with any content in which the place is looked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "../../hw/virtio/vhost-user-msg.h"
#include "../unit/virtqueue-mock.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return 0;
}

/* As the connection reads: never more than is asked for. */
static void answer(FuzzInput *in)
{
    static const uint8_t requests[] = { 1, 5, 11, 15, 17, 40 };
    VhostUserRequest request = requests[fuzz_u8(in) % sizeof(requests)];
    uint8_t buf[sizeof(VhostUserMsg)];
    size_t have = 0, more = 0;
    VhostUserMsg reply;
    char *why = NULL;

    for (;;) {
        size_t got;
        const uint8_t *data;

        switch (vhost_user_parse_reply(buf, have, request, 8, &reply, &more,
                                       &why)) {
        case VHOST_USER_PARSE_DONE:
            g_assert_cmpint(have, ==, 20);
            g_assert_cmpint(reply.header.request, ==, request);
            return;
        case VHOST_USER_PARSE_BAD:
            g_assert_nonnull(why);
            g_free(why);
            return;
        case VHOST_USER_PARSE_MORE:
            g_assert_cmpint(more, <=, 20 - have);
            data = fuzz_bytes(in, 1 + fuzz_u8(in) % more, &got);
            if (got == 0) {
                return;
            }
            memcpy(buf + have, data, got);
            have += got;
        }
    }
}

static void place(FuzzInput *in)
{
    bool packed = fuzz_u8(in) & 1;
    unsigned num = 1 + fuzz_u16(in) % 1024;
    VhostRingBase base;

    if (vhost_ring_base_decode(fuzz_u32(in), packed, num, &base) && packed) {
        g_assert_cmpint(base.avail, <, num);
        g_assert_cmpint(base.used, <, num);
    }
}

/* A ring that the driver wrote as it likes: the place is in it, whatever it is. */
static void recover(FuzzInput *in)
{
    const MockLayout *layout = &mock_layouts[fuzz_u8(in) % mock_layout_count];
    Mock *m = mock_new(layout, layout->ops->packed ? 1 + fuzz_u8(in) % 16 : 16);
    size_t bytes;
    const uint8_t *data;

    virtio_queue_empty(&m->vq);
    data = fuzz_bytes(in, 16 * m->num, &bytes);
    for (size_t i = 0; i < bytes; i++) {
        *(uint8_t *)mock_ptr(m, m->desc + i) = data[i];
    }
    if (layout->ops->recover) {
        layout->ops->recover(&m->vq);
        g_assert(!layout->ops->packed || m->vq.used_idx < m->num);
        virtqueue_pop_batch(&m->vq, &m->batch, 4);
        for (unsigned i = 0; i < m->batch.count; i++) {
            virtqueue_detach_element(&m->vq, &m->batch.elems[i], 0);
        }
    }
    mock_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };

    answer(&in);
    place(&in);
    recover(&in);
    return 0;
}

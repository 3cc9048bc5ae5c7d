/*
 * Fuzz target: rings of every layout, with a driver that writes what it likes into
 * descriptors, tables and indices while the device takes, uses and gives back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "../unit/virtqueue-mock.h"

enum {
    OP_WRITE_DESC, OP_WRITE_DRIVER, OP_WRITE_RAM, OP_ADD, OP_ADD_INDIRECT,
    OP_TAKE, OP_USE, OP_PUSH_ONE, OP_UNPOP, OP_MEASURE, OP_EMPTY, OP_NOTIFY,
    OP_MAP, OP_RESET, OP_COUNT,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return 0;
}

static void write_ram(Mock *m, hwaddr addr, FuzzInput *in, size_t max)
{
    size_t bytes;
    const uint8_t *data = fuzz_bytes(in, max, &bytes);

    for (size_t i = 0; i < bytes; i++) {
        if (addr + i >= MOCK_RAM && addr + i < MOCK_RAM + MOCK_RAM_BYTES) {
            *(uint8_t *)mock_ptr(m, addr + i) = data[i];
        }
    }
}

/* Near the start of RAM, and now and then at places that are not RAM. */
static hwaddr take_addr(FuzzInput *in)
{
    uint16_t v = fuzz_u16(in);

    switch (v & 7) {
    case 0:
        return MOCK_SPLIT - 64 + (v >> 3) % 128;
    case 1:
        return MOCK_IO + (v >> 3);
    case 2:
        return MOCK_ROM + (v >> 3) % 0x1100;
    case 3:
        return fuzz_u64(in);
    default:
        return MOCK_RAM + 0x8000 + (v >> 3);
    }
}

/* A chain that keeps the rules but for where it points. */
static void add_chain(Mock *m, FuzzInput *in, bool indirect)
{
    MockBuf bufs[4];
    unsigned count = 1 + fuzz_u8(in) % ARRAY_SIZE(bufs);
    bool device_writes = false;

    for (unsigned i = 0; i < count; i++) {
        uint8_t kind = fuzz_u8(in);

        device_writes |= kind & 1;
        bufs[i] = (MockBuf) { take_addr(in), kind & 2 ? fuzz_u32(in) : kind,
                              device_writes };
    }
    if (indirect) {
        mock_add_indirect(m, bufs, count);
    } else if (count < m->num) {
        mock_add(m, bufs, count);
    }
}

static void take(Mock *m, unsigned max)
{
    unsigned before = m->batch.count;
    unsigned got = virtqueue_pop_batch(&m->vq, &m->batch, max);

    g_assert(m->batch.count == before + got);
    for (unsigned i = before; i < m->batch.count; i++) {
        const VirtQueueElement *elem = &m->batch.elems[i];

        /* The device may touch all of it: let ASan see. */
        for (unsigned s = 0; s < elem->in_num; s++) {
            memset(elem->in_sg[s].iov_base, 0x5a,
                   MIN(elem->in_sg[s].iov_len, 4096));
        }
        for (unsigned s = 0; s < elem->out_num; s++) {
            const volatile uint8_t *p = elem->out_sg[s].iov_base;

            if (elem->out_sg[s].iov_len) {
                (void)p[0];
                (void)p[elem->out_sg[s].iov_len - 1];
            }
        }
    }
}

/* Let go of what was taken, as on a reset. */
static void drop(Mock *m)
{
    for (unsigned i = 0; i < m->batch.count; i++) {
        virtqueue_detach_element(&m->vq, &m->batch.elems[i], 0);
    }
    virtqueue_batch_clear(&m->batch);
}

static void push_one(Mock *m, uint32_t len)
{
    VirtQueueElement *elem = virtqueue_pop(&m->vq, sizeof(*elem));

    if (elem) {
        virtqueue_push(&m->vq, elem, len);
        g_free(elem);
    }
}

static void one_op(Mock *m, FuzzInput *in)
{
    unsigned op = fuzz_u8(in) % OP_COUNT;
    unsigned in_bytes, out_bytes;

    switch (op) {
    case OP_WRITE_DESC:
        write_ram(m, m->desc + fuzz_u16(in) % (16 * m->num + 16), in, 16);
        break;
    case OP_WRITE_DRIVER:
        write_ram(m, m->driver + fuzz_u8(in) % (2 * m->num + 8), in, 2);
        break;
    case OP_WRITE_RAM:
        write_ram(m, take_addr(in), in, 32);
        break;
    case OP_ADD:
    case OP_ADD_INDIRECT:
        add_chain(m, in, op == OP_ADD_INDIRECT);
        break;
    case OP_TAKE:
        take(m, fuzz_u8(in));
        break;
    case OP_USE:
        mock_use_all(m, fuzz_u32(in));
        break;
    case OP_PUSH_ONE:
        if (m->batch.count == 0) {
            push_one(m, fuzz_u32(in));
        }
        break;
    case OP_UNPOP:
        if (m->batch.count) {
            virtqueue_unpop_batch(&m->vq, &m->batch,
                                  fuzz_u8(in) % (m->batch.count + 1));
        }
        break;
    case OP_MEASURE:
        virtqueue_get_avail_bytes(&m->vq, &in_bytes, &out_bytes, fuzz_u32(in),
                                  fuzz_u32(in));
        break;
    case OP_EMPTY:
        virtio_queue_empty(&m->vq);
        virtio_queue_set_notification(&m->vq, fuzz_u8(in) & 1);
        break;
    case OP_NOTIFY:
        virtqueue_should_notify(&m->vq);
        break;
    case OP_MAP:
        m->mem.generation++;
        break;
    case OP_RESET: {
        uint16_t size = fuzz_u16(in);

        drop(m);
        virtqueue_core_reset(&m->vq);
        m->vq.num = size & 1 ? m->num : MIN(size, MOCK_MAX);
        virtqueue_core_enable(&m->vq, size & 2 ? m->desc : fuzz_u64(in),
                              m->driver, m->device);
        break;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    const MockLayout *layout = &mock_layouts[fuzz_u8(&in) % mock_layout_count];
    Mock *m = mock_new(layout, 1u << (2 + fuzz_u8(&in) % 5));

    m->vq.quiet = false;
    for (unsigned ops = 0; in.left && ops < 500; ops++) {
        one_op(m, &in);
    }
    drop(m);
    mock_free(m);
    return 0;
}

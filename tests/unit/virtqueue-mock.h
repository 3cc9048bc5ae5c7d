/*
 * A driver and a guest's memory for unit tests of rings: plain memory in two
 * stretches of RAM that are not neighbours on the host, a ROM, a device, and
 * nothing elsewhere. The driver speaks every layout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_UNIT_VIRTQUEUE_MOCK_H
#define TESTS_UNIT_VIRTQUEUE_MOCK_H

#include "hw/virtio/virtqueue-internal.h"

#define MOCK_RAM        0x10000u            /* two stretches, end to end */
#define MOCK_RAM_BYTES  0x40000u
#define MOCK_SPLIT      (MOCK_RAM + MOCK_RAM_BYTES / 2)
#define MOCK_ROM        0x100000u
#define MOCK_ROM_BYTES  0x1000u
#define MOCK_IO         0xf0000000u         /* reads as its offset, keeps writes */
#define MOCK_IO_BYTES   0x20000u
#define MOCK_MAX        64
#define MOCK_POSTED     128

typedef struct MockLayout {
    const char *name;
    const VirtQueueOps *ops;
    bool event_idx;
} MockLayout;

extern const MockLayout mock_layouts[];
extern const unsigned mock_layout_count;

/* A buffer that the driver posts. */
typedef struct MockBuf {
    hwaddr addr;
    uint32_t len;
    bool device_writes;
} MockBuf;

/* A chain that was posted, as the driver remembers it. */
typedef struct MockPosted {
    uint16_t id;
    uint32_t in_bytes;
} MockPosted;

typedef struct Mock {
    VirtQueueMemory mem;
    const MockLayout *layout;
    VirtQueue vq;
    VirtQueueBatch batch;
    uint8_t *ram[2];            /* halves, each in its own allocation */
    uint8_t rom[MOCK_ROM_BYTES];
    uint8_t io[MOCK_IO_BYTES];
    uint8_t *dirty;             /* a byte for each of RAM: committed */
    int held;
    unsigned finds;             /* look-ups of RAM so far */
    void (*on_commit)(struct Mock *m);
    unsigned errors;
    char *error;

    /* the driver */
    unsigned num;
    hwaddr desc, driver, device;
    unsigned free_desc;         /* split: next descriptor to use, in turn */
    uint16_t avail_idx;         /* split: count; packed: place */
    uint16_t used_idx;
    bool avail_wrap, used_wrap;
    uint16_t next_id;
    unsigned places[MOCK_MAX * 4];  /* packed: places of each id */
    MockPosted posted[MOCK_POSTED];     /* in order: all since the start */
    unsigned posted_count, taken_back;
    bool in_run;                /* in order: entries of one used entry */
    uint16_t run_id;
    uint32_t run_len;
    unsigned entries;           /* in order: used entries seen */
    hwaddr heap;                /* where indirect tables go */
} Mock;

/* A queue of @num descriptors, enabled, of this layout. */
Mock *mock_new(const MockLayout *layout, unsigned num);
void mock_free(Mock *m);

/* Host memory of a RAM address; checks that it is one. */
void *mock_ptr(Mock *m, hwaddr addr);

/* Post a chain; returns the name by which it comes back. Made available at once. */
uint16_t mock_add(Mock *m, const MockBuf *bufs, unsigned count);
uint16_t mock_add_indirect(Mock *m, const MockBuf *bufs, unsigned count);
/* One readable or writable buffer. */
uint16_t mock_add_out(Mock *m, hwaddr addr, uint32_t len);
uint16_t mock_add_in(Mock *m, hwaddr addr, uint32_t len);
/* Post raw descriptors: flags without AVAIL and USED, which are added. */
uint16_t mock_add_raw(Mock *m, const struct vring_desc *descs, unsigned count);
/* Write one descriptor of a table in guest memory, in this layout. */
void mock_write_desc(Mock *m, hwaddr table, unsigned pos, uint64_t addr,
                     uint32_t len, uint16_t flags, uint16_t next);

/* The next used entry; false when there is none. */
bool mock_used(Mock *m, uint16_t *id, uint32_t *len);
/* Would the driver have to notify after making one more chain available? */
bool mock_must_kick(Mock *m);
/* The driver's wish: none, all, or (event index) at the @after-th from now. */
void mock_want_none(Mock *m);
void mock_want_all(Mock *m);
void mock_want_event(Mock *m, unsigned after);

/* The next used entry is this one; there is none. */
void mock_expect_used(Mock *m, uint16_t want_id, uint32_t want_len);
void mock_expect_no_used(Mock *m);
/* Give back the whole batch, each chain with @len bytes written. */
void mock_use_all(Mock *m, uint32_t len);

typedef struct MockTest {
    const char *name;
    void (*body)(const void *layout);
} MockTest;

/* Register each of @tests under /virtqueue for every layout. */
void mock_add_tests(const MockTest *tests, unsigned count);

#endif

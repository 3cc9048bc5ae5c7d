/*
 * The driver of fuzz-driver.h: rings at fixed places, each area a page, buffers
 * behind them. It forgets what it offered before: the device may find anything.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include "fuzz-driver.h"
#include "hw/virtio/virtio-numbers.h"
#include "qemu/bswap.h"

#define QUEUES      5
#define QUEUE_SIZE  16
#define DESC(q)     (0x1000u + (q) * 0x3000u)
#define DRIVER(q)   (DESC(q) + 0x1000u)
#define DEVICE(q)   (DESC(q) + 0x2000u)
#define BUFFERS     0x10000u
#define TABLES      (BUFFERS + 0x20000u)
#define COMMANDS    (TABLES + 0x8000u)
#define ANSWERS     (COMMANDS + 0x4000u)

#define F(bit)      (UINT64_C(1) << (bit))
#define AVAIL       (1u << VRING_PACKED_DESC_F_AVAIL)
#define USED        (1u << VRING_PACKED_DESC_F_USED)

/* Features that a driver does without, all of a row, if its input says so. */
static const uint64_t dropped[] = {
    F(VIRTIO_F_RING_PACKED),
    F(VIRTIO_F_IN_ORDER),
    F(VIRTIO_RING_F_EVENT_IDX),
    F(VIRTIO_RING_F_INDIRECT_DESC),
    F(VIRTIO_NET_F_MRG_RXBUF),
    F(VIRTIO_NET_F_RSS),
    F(VIRTIO_NET_F_HASH_REPORT),
    F(VIRTIO_NET_F_MQ),
    F(VIRTIO_NET_F_NOTF_COAL) | F(VIRTIO_NET_F_VQ_NOTF_COAL),
    F(VIRTIO_NET_F_GUEST_TSO4) | F(VIRTIO_NET_F_GUEST_TSO6) |
        F(VIRTIO_NET_F_GUEST_ECN) | F(VIRTIO_NET_F_GUEST_UFO) | F(54) | F(55),
    F(VIRTIO_NET_F_HOST_TSO4) | F(VIRTIO_NET_F_HOST_TSO6) |
        F(VIRTIO_NET_F_HOST_ECN) | F(VIRTIO_NET_F_HOST_UFO) | F(56),
    F(VIRTIO_F_NOTIFICATION_DATA) | F(VIRTIO_F_NOTIF_CONFIG_DATA),
    F(VIRTIO_F_RING_RESET),
    F(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS),
    F(VIRTIO_NET_F_CTRL_RX) | F(VIRTIO_NET_F_CTRL_VLAN),
};

typedef struct Ring {
    uint16_t avail_idx;         /* split */
    uint16_t place;             /* of the next descriptor */
    bool wrap;                  /* packed */
} Ring;

static struct {
    uint64_t features;
    unsigned notify_step;
    unsigned control;           /* the queue of commands */
    Ring rings[QUEUES];
} driver;

void driver_forget(bool page_per_vq)
{
    memset(&driver, 0, sizeof(driver));
    driver.notify_step = page_per_vq ? 0x1000 : 4;
    driver.control = 2;
}

static bool has(unsigned bit)
{
    return driver.features >> bit & 1;
}

static uint8_t *ram(uint32_t addr)
{
    return scene_get()->ram + addr;
}

unsigned driver_header_bytes(void)
{
    return has(VIRTIO_NET_F_HASH_REPORT) ? 20 :
           has(VIRTIO_F_VERSION_1) || has(VIRTIO_NET_F_MRG_RXBUF) ? 12 : 10;
}

/* --- registers --- */

static void common_write(unsigned field, uint64_t value, unsigned bytes)
{
    scene_write(false, DRIVER_BAR + field, value, bytes);
}

static uint64_t common_read(unsigned field, unsigned bytes)
{
    return scene_read(false, DRIVER_BAR + field, bytes);
}

void driver_notify(unsigned queue)
{
    bool data = has(VIRTIO_F_NOTIFICATION_DATA);

    scene_write(false, DRIVER_BAR + 0x3000 + driver.notify_step * queue,
                queue | (data ? 0x8001u << 16 : 0), data ? 4 : 2);
}

static void enable_queue(unsigned queue)
{
    common_write(VIRTIO_PCI_COMMON_Q_SELECT, queue, 2);
    common_write(VIRTIO_PCI_COMMON_Q_SIZE, QUEUE_SIZE, 2);
    common_write(VIRTIO_PCI_COMMON_Q_MSIX, queue, 2);
    common_write(VIRTIO_PCI_COMMON_Q_DESCLO, DESC(queue), 4);
    common_write(VIRTIO_PCI_COMMON_Q_AVAILLO, DRIVER(queue), 4);
    common_write(VIRTIO_PCI_COMMON_Q_USEDLO, DEVICE(queue), 4);
    memset(ram(DESC(queue)), 0, 0x3000);
    driver.rings[queue] = (Ring){ .wrap = true };
    common_write(VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
}

void driver_queue_reset(unsigned queue)
{
    queue %= QUEUES;
    common_write(VIRTIO_PCI_COMMON_Q_SELECT, queue, 2);
    common_write(VIRTIO_PCI_COMMON_Q_RESET, 1, 2);
    enable_queue(queue);
}

void driver_scribble(FuzzInput *in)
{
    uint8_t *to = scene_get()->ram + fuzz_u16(in);
    size_t bytes;
    const uint8_t *data = fuzz_bytes(in, fuzz_u8(in), &bytes);

    if (bytes) {
        memcpy(to, data, bytes);
    }
}

void driver_bring_up(FuzzInput *in)
{
    uint16_t drop = fuzz_u16(in);
    uint64_t features = 0;

    common_write(VIRTIO_PCI_COMMON_STATUS, 0, 1);
    common_write(VIRTIO_PCI_COMMON_STATUS, 3, 1);
    for (unsigned half = 0; half < 2; half++) {
        common_write(VIRTIO_PCI_COMMON_DFSELECT, half, 4);
        features |= common_read(VIRTIO_PCI_COMMON_DF, 4) << (32 * half);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(dropped); i++) {
        features &= drop >> i & 1 ? ~dropped[i] : UINT64_MAX;
    }
    if (drop >> 15) {
        features ^= fuzz_u64(in);
    }
    for (unsigned half = 0; half < 2; half++) {
        common_write(VIRTIO_PCI_COMMON_GFSELECT, half, 4);
        common_write(VIRTIO_PCI_COMMON_GF, features >> (32 * half), 4);
    }
    driver.features = features;
    common_write(VIRTIO_PCI_COMMON_STATUS, 11, 1);
    for (unsigned queue = 0; queue < QUEUES; queue++) {
        enable_queue(queue);
    }
    driver.control = has(VIRTIO_NET_F_MQ) || has(VIRTIO_NET_F_RSS) ?
                     (common_read(VIRTIO_PCI_COMMON_NUMQ, 2) - 1) % QUEUES : 2;
    common_write(VIRTIO_PCI_COMMON_STATUS, 15, 1);
}

/* --- rings --- */

typedef struct Piece {
    uint64_t addr;
    uint32_t bytes;
    uint16_t flags;             /* as for the split layout */
    uint16_t next;
} Piece;

static void write_desc(uint8_t *at, const Piece *p, uint16_t last, uint16_t flags)
{
    stq_le_p(at, p->addr);
    stl_le_p(at + 8, p->bytes);
    stw_le_p(at + 12, last);
    stw_le_p(at + 14, flags);
}

static void split_offer(unsigned queue, const Piece *pieces, unsigned count)
{
    Ring *ring = &driver.rings[queue];
    uint16_t head = ring->place;

    for (unsigned i = 0; i < count; i++) {
        unsigned place = (ring->place + i) % QUEUE_SIZE;

        write_desc(ram(DESC(queue)) + 16 * place, &pieces[i], pieces[i].flags,
                   pieces[i].next ? pieces[i].next : (place + 1) % QUEUE_SIZE);
    }
    ring->place = (ring->place + count) % QUEUE_SIZE;
    stw_le_p(ram(DRIVER(queue)) + 4 + 2 * (ring->avail_idx % QUEUE_SIZE), head);
    stw_le_p(ram(DRIVER(queue)) + 2, ++ring->avail_idx);
}

static void packed_offer(unsigned queue, const Piece *pieces, unsigned count)
{
    Ring *ring = &driver.rings[queue];
    uint16_t id = ring->place;

    for (unsigned i = 0; i < count; i++) {
        uint16_t flags = pieces[i].flags ^ (ring->wrap ? AVAIL : USED);

        write_desc(ram(DESC(queue)) + 16 * ring->place, &pieces[i], id, flags);
        if (++ring->place == QUEUE_SIZE) {
            ring->place = 0;
            ring->wrap = !ring->wrap;
        }
    }
}

static void offer(unsigned queue, const Piece *pieces, unsigned count)
{
    if (has(VIRTIO_F_RING_PACKED)) {
        packed_offer(queue, pieces, count);
    } else {
        split_offer(queue, pieces, count);
    }
}

/* The pieces as one that stands for them, in a table that the ring points at. */
static Piece to_table(unsigned queue, const Piece *pieces, unsigned count)
{
    uint32_t table = TABLES + queue * 0x1000 +
                     driver.rings[queue].place % QUEUE_SIZE * 256;

    for (unsigned i = 0; i < count; i++) {
        bool packed = has(VIRTIO_F_RING_PACKED);

        write_desc(ram(table) + 16 * i, &pieces[i],
                   packed ? 0 : pieces[i].flags,
                   packed ? pieces[i].flags & ~VRING_DESC_F_NEXT : i + 1);
    }
    return (Piece){ table, 16 * count, VRING_DESC_F_INDIRECT };
}

static uint64_t take_buffer(FuzzInput *in)
{
    uint8_t kind = fuzz_u8(in);

    switch (kind & 31) {
    case 0:
        return DRIVER_BAR + fuzz_u16(in);       /* the device itself */
    case 1:
        return SCENE_RAM_BYTES - (kind >> 4);   /* out of RAM */
    case 2:
        return DESC(0) + fuzz_u16(in) % (QUEUES * 0x3000);
    case 3:
        return fuzz_u64(in);
    default:
        return BUFFERS + kind * 0x200u;
    }
}

void driver_add_chain(FuzzInput *in, bool indirect)
{
    unsigned queue = fuzz_u8(in) % QUEUES;
    unsigned count = 1 + fuzz_u8(in) % 6;
    uint8_t writes_from = fuzz_u8(in) % 8, odd = fuzz_u8(in);
    Piece pieces[6];

    for (unsigned i = 0; i < count; i++) {
        uint16_t bytes = fuzz_u16(in);
        uint16_t flags = (i >= writes_from ? VRING_DESC_F_WRITE : 0) |
                         (i + 1 < count ? VRING_DESC_F_NEXT : 0);

        pieces[i] = (Piece){
            .addr = take_buffer(in),
            .bytes = bytes & 0x8000 ? fuzz_u32(in) : bytes & 0xfff,
            .flags = odd == 0xff ? fuzz_u16(in) : flags,
            .next = odd == 0xfe ? fuzz_u16(in) : 0,
        };
    }
    if (indirect) {
        pieces[0] = to_table(queue, pieces, count);
        pieces[0].bytes += odd == 0xfd;
        pieces[0].flags |= odd == 0xfc ? fuzz_u16(in) : 0;
        count = 1;
    }
    offer(queue, pieces, count);
    driver_notify(queue);
}

void driver_post(FuzzInput *in)
{
    unsigned queue = 2 * (fuzz_u8(in) & 1);
    unsigned count = 1 + fuzz_u8(in) % QUEUE_SIZE;
    uint16_t bytes = fuzz_u16(in);

    for (unsigned i = 0; i < count; i++) {
        Piece piece = { BUFFERS + i * 0x1000, bytes % 0x4000,
                        VRING_DESC_F_WRITE };

        offer(queue, &piece, 1);
    }
    driver_notify(queue);
}

void driver_send(unsigned queue, FuzzInput *in, const uint8_t *packet,
                 size_t bytes)
{
    uint8_t cut = fuzz_u8(in);
    Piece pieces[4];
    unsigned count = 0;
    size_t at = 0;

    bytes = MIN(bytes, 0x12000u);
    memcpy(ram(BUFFERS), packet, bytes);
    do {
        size_t n = count == 3 ? bytes - at : MIN(bytes - at, 1u + (cut & 63));

        if (cut & 0x80) {
            n = bytes - at;
        }
        pieces[count++] = (Piece){ BUFFERS + at, n, VRING_DESC_F_NEXT };
        at += n;
        cut = (cut * 5 + 3) & 0x7f;
    } while (at < bytes);
    pieces[count - 1].flags = 0;
    if (cut & 1 && has(VIRTIO_RING_F_INDIRECT_DESC)) {
        pieces[0] = to_table(queue, pieces, count);
        count = 1;
    }
    offer(queue, pieces, count);
    driver_notify(queue);
}

/* --- commands --- */

/* Class, command, and how many bytes a driver would send. */
static const struct {
    uint8_t class, command;
    uint8_t bytes;
} commands[] = {
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 1 },
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLMULTI, 1 },
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLUNI, 1 },
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_NOMULTI, 1 },
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_NOUNI, 1 },
    { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_NOBCAST, 1 },
    { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, 20 },
    { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 6 },
    { VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, 2 },
    { VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_DEL, 2 },
    { VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK, 0 },
    { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2 },
    { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS_CONFIG, 20 },
    { VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH_CONFIG, 53 },
    { VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, 8 },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_TX_SET, 8 },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_RX_SET, 8 },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET, 12 },
    { VIRTIO_NET_CTRL_NOTF_COAL, VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET, 4 },
    { 8, 0, 8 }, { 8, 1, 8 },                   /* statistics */
};

/* RSS as a driver would ask for it: the input says types, table and key. */
static size_t make_rss(FuzzInput *in, uint8_t *to)
{
    uint16_t entries = 1u << fuzz_u8(in) % 8;
    uint8_t choice = fuzz_u8(in);
    uint8_t *at = to;

    stl_le_p(at, choice & 1 ? 0x1ff : fuzz_u32(in));
    stw_le_p(at + 4, entries - 1);
    stw_le_p(at + 6, 0);
    at += 8;
    for (unsigned i = 0; i < entries; i++, at += 2) {
        stw_le_p(at, choice & 2 ? i & 1 : fuzz_u8(in) & 7);
    }
    stw_le_p(at, 1 + (choice >> 2 & 1));
    at[2] = choice & 8 ? 40 : fuzz_u8(in);
    memset(at + 3, choice, at[2]);
    return at + 3 + at[2] - to;
}

/* The answer goes behind the pieces; the statistics' may be long. */
static void offer_command(FuzzInput *in, size_t bytes)
{
    uint8_t cut = fuzz_u8(in);
    unsigned answer = 1 + (cut & 0x40 ? fuzz_u16(in) % 0x400 : 0);
    Piece pieces[4];
    unsigned count = 0;
    size_t at = 0;

    while (at < bytes) {
        size_t n = count == 2 || cut & 0x80 ? bytes - at :
                   MIN(bytes - at, 1u + (cut & 31));

        pieces[count++] = (Piece){ COMMANDS + at, n, VRING_DESC_F_NEXT };
        at += n;
        cut = (cut * 7 + 1) & 0x7f;
    }
    pieces[count++] = (Piece){ ANSWERS, answer, VRING_DESC_F_WRITE };
    offer(driver.control, pieces, count);
    driver_notify(driver.control);
}

void driver_command(FuzzInput *in, bool raw)
{
    uint8_t *to = ram(COMMANDS);
    const uint8_t *given;
    size_t bytes;

    if (raw) {
        given = fuzz_bytes(in, fuzz_u8(in), &bytes);
        if (bytes) {
            memcpy(to, given, bytes);
        }
    } else {
        unsigned which = fuzz_u8(in) % ARRAY_SIZE(commands);

        to[0] = commands[which].class;
        to[1] = commands[which].command;
        if (to[0] == VIRTIO_NET_CTRL_MQ &&
            to[1] == VIRTIO_NET_CTRL_MQ_RSS_CONFIG) {
            bytes = 2 + make_rss(in, to + 2);
        } else {
            memset(to + 2, 0, commands[which].bytes);
            given = fuzz_bytes(in, commands[which].bytes, &bytes);
            if (bytes) {
                memcpy(to + 2, given, bytes);
            }
            bytes = 2 + commands[which].bytes;
        }
    }
    offer_command(in, bytes);
}

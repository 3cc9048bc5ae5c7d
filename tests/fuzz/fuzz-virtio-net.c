/*
 * Fuzz target: a virtio-net device at work: the common registers, queues anywhere,
 * chains of every shape in the receive, transmit and control queue, frames from
 * the peer, resets in between. Operations that bring it up whole are among them,
 * so that an input gets far.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"

#define BAR_ADDR    0xe0000000u
#define LEGACY_PORT 0xc000u
#define QUEUES      3
#define QUEUE_SIZE  16
/* A queue's areas, a page each; buffers behind them. */
#define DESC(q)     (0x1000u + (q) * 0x3000u)
#define DRIVER(q)   (DESC(q) + 0x1000u)
#define DEVICE(q)   (DESC(q) + 0x2000u)
#define BUFFERS     0x10000u

enum {
    OP_REGISTER_WRITE, OP_REGISTER_READ, OP_BRING_UP, OP_CHAIN, OP_INDIRECT,
    OP_COMMAND, OP_RAM, OP_NOTIFY, OP_FRAME, OP_STEP, OP_LEGACY_WRITE,
    OP_LEGACY_READ, OP_MASTER, OP_RESET, OP_WINDOW, OP_COUNT,
};

static Scene *scene;
static uint16_t avail_idx[QUEUES];
static uint8_t free_desc[QUEUES];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    scene = scene_get();
    return 0;
}

static void common(unsigned field, uint64_t value, unsigned bytes)
{
    scene_write(false, BAR_ADDR + field, value, bytes);
}

static void bring_up(FuzzInput *in)
{
    uint64_t features = fuzz_u64(in);

    common(VIRTIO_PCI_COMMON_STATUS, 0, 1);
    common(VIRTIO_PCI_COMMON_STATUS, 3, 1);
    for (unsigned half = 0; half < 2; half++) {
        uint32_t offered;

        common(VIRTIO_PCI_COMMON_DFSELECT, half, 4);
        offered = scene_read(false, BAR_ADDR + VIRTIO_PCI_COMMON_DF, 4);
        common(VIRTIO_PCI_COMMON_GFSELECT, half, 4);
        common(VIRTIO_PCI_COMMON_GF,
               offered & ((features >> (32 * half)) | half), 4);
    }
    common(VIRTIO_PCI_COMMON_STATUS, 11, 1);
    for (unsigned q = 0; q < QUEUES; q++) {
        common(VIRTIO_PCI_COMMON_Q_SELECT, q, 2);
        common(VIRTIO_PCI_COMMON_Q_SIZE, QUEUE_SIZE, 2);
        common(VIRTIO_PCI_COMMON_Q_MSIX, q, 2);
        common(VIRTIO_PCI_COMMON_Q_DESCLO, DESC(q), 4);
        common(VIRTIO_PCI_COMMON_Q_AVAILLO, DRIVER(q), 4);
        common(VIRTIO_PCI_COMMON_Q_USEDLO, DEVICE(q), 4);
        common(VIRTIO_PCI_COMMON_Q_ENABLE, 1, 2);
        avail_idx[q] = free_desc[q] = 0;
        memset(scene->ram + DESC(q), 0, 0x3000);
    }
    common(VIRTIO_PCI_COMMON_STATUS, 15, 1);
}

static void notify(unsigned q)
{
    scene_write(false, BAR_ADDR + 0x3000 + 4 * q, q, 2);
}

static void offer(unsigned q, uint16_t head)
{
    stw_le_p(scene->ram + DRIVER(q) + 4 + 2 * (avail_idx[q] % QUEUE_SIZE),
             head);
    stw_le_p(scene->ram + DRIVER(q) + 2, ++avail_idx[q]);
}

static uint64_t take_buffer(FuzzInput *in)
{
    uint8_t kind = fuzz_u8(in);

    switch (kind & 15) {
    case 0:
        return BAR_ADDR + fuzz_u16(in);         /* the device itself */
    case 1:
        return SCENE_RAM_BYTES - (kind >> 4);   /* out of RAM */
    case 2:
        return DESC(0) + fuzz_u16(in) % (QUEUES * 0x3000);
    case 3:
        return fuzz_u64(in);
    default:
        return BUFFERS + kind * 0x400u;
    }
}

static void write_desc(uint8_t *at, FuzzInput *in, uint16_t flags,
                       uint16_t next)
{
    uint16_t len = fuzz_u16(in);

    stq_le_p(at, take_buffer(in));
    stl_le_p(at + 8, len & 0x8000 ? fuzz_u32(in) : len & 0xfff);
    stw_le_p(at + 12, flags);
    stw_le_p(at + 14, next);
}

/* A chain in the ring, or in a table; mostly well-formed. */
static void add_chain(FuzzInput *in, bool indirect)
{
    unsigned q = fuzz_u8(in) % QUEUES;
    unsigned count = 1 + fuzz_u8(in) % 6;
    uint8_t writes_from = fuzz_u8(in), odd = fuzz_u8(in);
    uint8_t head = free_desc[q]++ % QUEUE_SIZE;
    uint8_t *ring = scene->ram + DESC(q);
    uint8_t *table = scene->ram + BUFFERS + 0x20000 + head * 256;

    for (unsigned i = 0; i < count; i++) {
        uint16_t flags = i >= writes_from % 8 ? VRING_DESC_F_WRITE : 0;
        unsigned place = indirect ? i : (head + i) % QUEUE_SIZE;
        unsigned next = indirect ? i + 1 : (head + i + 1) % QUEUE_SIZE;

        if (i + 1 < count) {
            flags |= VRING_DESC_F_NEXT;
        }
        write_desc((indirect ? table : ring) + 16 * place, in,
                   odd == 0xff ? fuzz_u16(in) : flags,
                   odd == 0xfe ? fuzz_u16(in) : next);
    }
    if (indirect) {
        stq_le_p(ring + 16 * head, table - scene->ram);
        stl_le_p(ring + 16 * head + 8, 16 * count + (odd == 0xfd));
        stw_le_p(ring + 16 * head + 12, VRING_DESC_F_INDIRECT);
    } else {
        free_desc[q] += count - 1;
    }
    offer(q, head);
    notify(q);
}

/* A command of the driver, cut into pieces at will. */
static void add_command(FuzzInput *in)
{
    uint8_t head = free_desc[2], cut = fuzz_u8(in);
    uint8_t *ring = scene->ram + DESC(2);
    uint8_t *buffer = scene->ram + BUFFERS + 0x28000;
    size_t bytes;
    const uint8_t *command = fuzz_bytes(in, fuzz_u8(in), &bytes);
    size_t at = 0;
    unsigned d = head;

    if (bytes) {
        memcpy(buffer, command, bytes);
    }
    for (unsigned i = 0; i < 3 && at < bytes; i++, d++) {
        size_t n = i == 2 ? bytes - at : MIN(bytes - at, cut & 31u);
        uint8_t *desc = ring + 16 * (d % QUEUE_SIZE);

        stq_le_p(desc, buffer + at - scene->ram);
        stl_le_p(desc + 8, n);
        stw_le_p(desc + 12, VRING_DESC_F_NEXT);
        stw_le_p(desc + 14, (d + 1) % QUEUE_SIZE);
        at += n;
        cut = cut * 7 + 1;
    }
    stq_le_p(ring + 16 * (d % QUEUE_SIZE), BUFFERS + 0x29000);
    stl_le_p(ring + 16 * (d % QUEUE_SIZE) + 8, cut & 1);
    stl_le_p(ring + 16 * (d % QUEUE_SIZE) + 12, VRING_DESC_F_WRITE);
    free_desc[2] = d + 1;
    offer(2, head % QUEUE_SIZE);
    notify(2);
}

static void send_frame(FuzzInput *in)
{
    uint16_t repeat = fuzz_u8(in);
    uint8_t frame[2048] = { 0 };
    size_t bytes;
    const uint8_t *given = fuzz_bytes(in, fuzz_u8(in), &bytes);

    if (bytes) {
        memcpy(frame, given, bytes);
    }
    scene_receive(frame, MIN(bytes + repeat * 8, sizeof(frame)));
}

/* Through the window in configuration space (section 4.1.4.9). */
static void use_window(PCIDevice *dev, FuzzInput *in)
{
    uint8_t at = pci_find_capability(dev, PCI_CAP_ID_VNDR);

    while (at && scene_config_read(dev, at + 3, 1) != 5) {
        at = scene_config_read(dev, at + 1, 1);
    }
    if (at) {
        scene_config_write(dev, at + 4, fuzz_u8(in), 1);
        scene_config_write(dev, at + 8, fuzz_u16(in), 4);
        scene_config_write(dev, at + 12, fuzz_u8(in), 4);
        scene_config_write(dev, at + 16, fuzz_u32(in), 4);
        scene_config_read(dev, at + 16, 4);
    }
}

static void one_op(PCIDevice *dev, FuzzInput *in)
{
    unsigned op = fuzz_u8(in) % OP_COUNT;
    size_t bytes;
    const uint8_t *data;
    uint32_t at;

    switch (op) {
    case OP_REGISTER_WRITE:
        at = fuzz_u16(in) % 0x4000;
        scene_write(false, BAR_ADDR + (at & 0x2000 ? at : at & 0x3f),
                    fuzz_u64(in), 1u << (at >> 14 & 3));
        break;
    case OP_REGISTER_READ:
        at = fuzz_u16(in);
        scene_read(false, BAR_ADDR + at % 0x4000, 1u << (at >> 14));
        break;
    case OP_BRING_UP:
        bring_up(in);
        break;
    case OP_CHAIN:
    case OP_INDIRECT:
        add_chain(in, op == OP_INDIRECT);
        break;
    case OP_COMMAND:
        add_command(in);
        break;
    case OP_RAM:
        at = fuzz_u16(in);
        data = fuzz_bytes(in, fuzz_u8(in), &bytes);
        memcpy(scene->ram + at, bytes ? data : scene->ram, bytes);
        break;
    case OP_NOTIFY:
        notify(fuzz_u8(in));
        break;
    case OP_FRAME:
        send_frame(in);
        break;
    case OP_STEP:
        scene_step(fuzz_u32(in));
        break;
    case OP_LEGACY_WRITE:
        at = fuzz_u8(in) % 0x30;
        scene_write(true, LEGACY_PORT + at, fuzz_u32(in),
                    1u << (fuzz_u8(in) % 3));
        break;
    case OP_LEGACY_READ:
        at = fuzz_u8(in) % 0x30;
        scene_read(true, LEGACY_PORT + at, 1u << (fuzz_u8(in) % 3));
        break;
    case OP_MASTER:
        scene_config_write(dev, PCI_COMMAND, 3 | (fuzz_u8(in) & 4), 2);
        break;
    case OP_RESET:
        pci_device_reset(dev);
        scene_config_write(dev, PCI_BASE_ADDRESS_4, BAR_ADDR, 4);
        scene_config_write(dev, PCI_BASE_ADDRESS_0, LEGACY_PORT, 4);
        scene_config_write(dev, PCI_COMMAND, 7, 2);
        break;
    case OP_WINDOW:
        use_window(dev, in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    PCIDevice *dev = scene_nic_new("virtio-net-pci", 4, true);

    memset(avail_idx, 0, sizeof(avail_idx));
    memset(free_desc, 0, sizeof(free_desc));
    scene_config_write(dev, PCI_BASE_ADDRESS_0, LEGACY_PORT, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_1, 0xe0010000, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_4, BAR_ADDR, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_5, 0, 4);
    scene_config_write(dev, PCI_COMMAND, 7, 2);
    for (unsigned ops = 0; in.left && ops < 300; ops++) {
        one_op(dev, &in);
    }
    scene_step(1000000);
    scene_nic_end(dev);
    scene_wipe();
    return 0;
}

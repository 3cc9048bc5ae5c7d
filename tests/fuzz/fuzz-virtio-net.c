/*
 * Fuzz target: a virtio-net device at work: the common registers, queues anywhere,
 * chains of every shape in the receive, transmit and control queues, frames from
 * the peer, resets in between. The first byte chooses the peer; operations that
 * bring the device up whole, with a driver's wishes, are among the others, so that
 * an input gets far. What the driver writes into rings is in fuzz-driver.c, what
 * the frames are in fuzz-frames.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-driver.h"
#include "fuzz-frames.h"
#include <linux/virtio_pci.h>
#include "hw/pci/pci_regs.h"

#define LEGACY_PORT 0xc000u
#define FRAME_MAX   0x11000u

/* How an input begins: bits of its first byte. */
enum {
    SHAPE_VNET = 1, SHAPE_PAIRS = 2, SHAPE_TIMER = 4, SHAPE_PIO_NOTIFY = 8,
    SHAPE_PAGE_PER_VQ = 16, SHAPE_LARGE_RINGS = 32,
};

enum {
    OP_REGISTER_WRITE, OP_REGISTER_READ, OP_BRING_UP, OP_CHAIN, OP_INDIRECT,
    OP_RAW_COMMAND, OP_RAM, OP_NOTIFY, OP_RAW_FRAME, OP_STEP, OP_LEGACY_WRITE,
    OP_LEGACY_READ, OP_MASTER, OP_RESET, OP_WINDOW, OP_COMMAND, OP_POST,
    OP_FRAME, OP_SEND, OP_QUEUE_RESET, OP_LINK, OP_DIRECT, OP_COUNT,
};

static Scene *scene;
static uint8_t frame[FRAME_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    scene = scene_get();
    return 0;
}

/* From the peer: @raw bytes of the input, else a packet with a sane beginning. */
static void receive(FuzzInput *in, bool raw)
{
    unsigned queue = fuzz_u8(in);
    size_t bytes;

    if (raw) {
        uint16_t repeat = fuzz_u8(in);
        const uint8_t *given = fuzz_bytes(in, fuzz_u8(in), &bytes);

        memset(frame, 0, 2048 + 256);
        if (bytes) {
            memcpy(frame, given, bytes);
        }
        bytes += repeat * 8;
    } else {
        bytes = fuzz_frame(in, scene_vnet_bytes(), frame, sizeof(frame));
    }
    scene_receive(queue, frame, bytes);
}

/* From a peer that reads into the guest's memory. */
static void receive_direct(FuzzInput *in)
{
    unsigned queue = fuzz_u8(in);
    size_t bytes = fuzz_frame(in, scene_vnet_bytes(), frame, sizeof(frame));

    scene_receive_direct(queue, frame, bytes, queue >> 1);
}

/* From the guest, with the header that the driver agreed to. */
static void send_frame(FuzzInput *in)
{
    unsigned queue = 1 + 2 * (fuzz_u8(in) & 1);

    driver_send(queue, in, frame,
                fuzz_frame(in, driver_header_bytes(), frame, sizeof(frame)));
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

static void map_bars(PCIDevice *dev)
{
    scene_config_write(dev, PCI_BASE_ADDRESS_0, LEGACY_PORT, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_1, 0xe8000000, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_2, 0xd000, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_4, DRIVER_BAR, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_5, 0, 4);
    scene_config_write(dev, PCI_COMMAND, 7, 2);
}

/* Not at the driver's hands. */
static void set_link(bool down)
{
    NetClientState *nic = scene->peers[0] ? scene->peers[0]->peer : NULL;

    if (nic) {
        nic->link_down = down;
        nic->info->link_status_changed(nic);
    }
}

static void register_op(unsigned op, FuzzInput *in)
{
    uint32_t at = fuzz_u16(in);

    switch (op) {
    case OP_REGISTER_WRITE:
        scene_write(false, DRIVER_BAR + (at & 0x2000 ? at & 0x3fff : at & 0x3f),
                    fuzz_u64(in), 1u << (at >> 14 & 3));
        break;
    case OP_REGISTER_READ:
        scene_read(false, DRIVER_BAR + at % 0x4000, 1u << (at >> 14));
        break;
    case OP_LEGACY_WRITE:
        scene_write(true, LEGACY_PORT + at % 0x30, fuzz_u32(in),
                    1u << (at >> 8) % 3);
        break;
    case OP_LEGACY_READ:
        scene_read(true, LEGACY_PORT + at % 0x30, 1u << (at >> 8) % 3);
        break;
    }
}

static void one_op(PCIDevice *dev, FuzzInput *in)
{
    unsigned op = fuzz_u8(in) % OP_COUNT;

    switch (op) {
    case OP_REGISTER_WRITE:
    case OP_REGISTER_READ:
    case OP_LEGACY_WRITE:
    case OP_LEGACY_READ:
        register_op(op, in);
        break;
    case OP_BRING_UP:
        driver_bring_up(in);
        break;
    case OP_CHAIN:
    case OP_INDIRECT:
        driver_add_chain(in, op == OP_INDIRECT);
        break;
    case OP_COMMAND:
    case OP_RAW_COMMAND:
        driver_command(in, op == OP_RAW_COMMAND);
        break;
    case OP_POST:
        driver_post(in);
        break;
    case OP_RAM:
        driver_scribble(in);
        break;
    case OP_NOTIFY:
        driver_notify(fuzz_u8(in));
        break;
    case OP_FRAME:
    case OP_RAW_FRAME:
        receive(in, op == OP_RAW_FRAME);
        break;
    case OP_DIRECT:
        receive_direct(in);
        break;
    case OP_SEND:
        send_frame(in);
        break;
    case OP_STEP:
        scene_step(fuzz_u32(in));
        break;
    case OP_MASTER:
        scene_config_write(dev, PCI_COMMAND, 3 | (fuzz_u8(in) & 4), 2);
        break;
    case OP_RESET:
        pci_device_reset(dev);
        map_bars(dev);
        break;
    case OP_QUEUE_RESET:
        driver_queue_reset(fuzz_u8(in));
        break;
    case OP_LINK:
        set_link(fuzz_u8(in) & 1);
        break;
    case OP_WINDOW:
        use_window(dev, in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    uint8_t shape = fuzz_u8(&in);
    g_autofree char *properties = g_strdup_printf(
        "packed=on,in_order=on,notification_data=on,notif_config_data=on,mq=on,"
        "rss=on,hash=on%s%s%s%s", shape & SHAPE_TIMER ? ",tx=timer" : "",
        shape & SHAPE_PIO_NOTIFY ? ",modern-pio-notify=on" : "",
        shape & SHAPE_PAGE_PER_VQ ? ",page-per-vq=on" : "",
        shape & SHAPE_LARGE_RINGS ? ",rx_queue_size=1024,tx_queue_size=1024"
        : "");
    PCIDevice *dev;

    scene_peer_new(shape & SHAPE_PAIRS ? 2 : 1, shape & SHAPE_VNET);
    dev = scene_nic_new(NULL, "virtio-net-pci", 4, properties);
    driver_forget(shape & SHAPE_PAGE_PER_VQ);
    map_bars(dev);
    for (unsigned ops = 0; in.left && ops < 300; ops++) {
        one_op(dev, &in);
    }
    scene_step(1000000);
    scene_device_end(dev);
    scene_wipe();
    return 0;
}

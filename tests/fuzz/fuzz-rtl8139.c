/*
 * Fuzz target: an rtl8139 at work: any register by any width, rings of C and C+ mode
 * with descriptors of every shape, frames from the peer, time, power states. What
 * brings either mode up whole is among the operations, so that an input gets far.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bswap.h"

#define BAR_ADDR    0xe0000000u
#define PORT        0xc000u
#define TX_RING     0x1000u
#define HI_RING     0x1800u
#define RX_RING     0x2000u
#define RX_BUFFER   0x4000u
#define BUFFERS     0x18000u
#define DESCS       8

enum { CR = 0x37, TCR = 0x40, RCR = 0x44, TPPOLL = 0xd9, CPCR = 0xe0 };

enum {
    OP_WRITE, OP_READ, OP_C_MODE, OP_CPLUS, OP_TX_DESC, OP_RX_DESC, OP_TSD,
    OP_RAM, OP_FRAME, OP_IP_FRAME, OP_STEP, OP_EEPROM, OP_CONFIG, OP_RESET,
    OP_MANY, OP_COUNT,
};

static Scene *scene;
static uint8_t tx_at, rx_at;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    scene = scene_get();
    return 0;
}

static void reg(unsigned at, uint32_t value, unsigned bytes)
{
    scene_write(false, BAR_ADDR + at, value, bytes);
}

static void place(PCIDevice *dev)
{
    scene_config_write(dev, PCI_BASE_ADDRESS_0, PORT, 4);
    scene_config_write(dev, PCI_BASE_ADDRESS_1, BAR_ADDR, 4);
    scene_config_write(dev, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                       PCI_COMMAND_MASTER, 2);
}

static void start_c(FuzzInput *in)
{
    reg(CPCR, 0, 2);
    reg(0x30, RX_BUFFER, 4);
    for (unsigned i = 0; i < 4; i++) {
        reg(0x20 + 4 * i, BUFFERS + i * 0x800, 4);
    }
    reg(CR, 0x0c, 1);
    reg(RCR, fuzz_u32(in) | 0x0f, 4);
    reg(TCR, fuzz_u32(in), 4);
}

static void start_cplus(FuzzInput *in)
{
    uint16_t cpcr = fuzz_u16(in);

    reg(CPCR, cpcr | 3, 2);
    reg(0x20, TX_RING, 4);
    reg(0x24, 0, 4);
    reg(0x28, HI_RING, 4);
    reg(0x2c, 0, 4);
    reg(0xe4, RX_RING, 4);
    reg(0xe8, 0, 4);
    reg(CR, 0x0c, 1);
    reg(RCR, 0x0f, 4);
    reg(TCR, fuzz_u32(in), 4);
    tx_at = rx_at = 0;
    for (unsigned i = 0; i < DESCS; i++) {
        uint8_t *desc = scene->ram + RX_RING + 16 * i;

        stl_le_p(desc, 0x80000000u | (i == DESCS - 1) << 30 | 0x7f8);
        stl_le_p(desc + 4, 0);
        stq_le_p(desc + 8, RX_BUFFER + i * 0x800);
    }
}

static uint64_t take_buffer(FuzzInput *in)
{
    uint8_t kind = fuzz_u8(in);

    switch (kind & 15) {
    case 0:
        return BAR_ADDR + fuzz_u8(in);          /* the card itself */
    case 1:
        return SCENE_RAM_BYTES - (kind >> 4);   /* out of RAM */
    case 2:
        return TX_RING + fuzz_u16(in) % 0x2000;
    case 3:
        return fuzz_u64(in);
    default:
        return BUFFERS + kind * 0x100u;
    }
}

/* A descriptor; mostly one that belongs to the card, of a size that can be. */
static void put_desc(FuzzInput *in, uint32_t ring, uint8_t *at)
{
    uint8_t *desc = scene->ram + ring + 16 * (*at % DESCS);
    uint32_t status = fuzz_u32(in);

    if (status & 0x80000000u) {
        status &= 0xf7ff07ff;
    }
    status |= 0x80000000u;
    stl_le_p(desc, status | (*at % DESCS == DESCS - 1) << 30);
    stl_le_p(desc + 4, fuzz_u32(in));
    stq_le_p(desc + 8, take_buffer(in));
    (*at)++;
}

static void put_ram(FuzzInput *in, uint32_t at)
{
    size_t bytes;
    const uint8_t *given = fuzz_bytes(in, fuzz_u8(in), &bytes);

    if (bytes) {
        memcpy(scene->ram + at, given, bytes);
    }
}

static void frame(FuzzInput *in)
{
    static uint8_t bytes[70000];
    uint16_t size = fuzz_u16(in);
    size_t given_bytes;
    const uint8_t *given = fuzz_bytes(in, fuzz_u8(in), &given_bytes);

    memset(bytes, 0xff, 6);
    if (given_bytes) {
        memcpy(bytes + 6, given, given_bytes);
    }
    scene_receive(0, bytes, size & 0x8000 ? 60000 + size % 5536 : size % 1600);
}

/* Headers that hold, with some bytes changed: to the peer, or from it. */
static void ip_frame(FuzzInput *in)
{
    static const uint8_t good[54] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0,
        0x45, 0, 0, 186, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15,
        0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x18, 0, 64, 0, 0, 0, 0,
    };
    uint8_t bytes[200] = { 0 };
    uint8_t how = fuzz_u8(in);

    memcpy(bytes, good, sizeof(good));
    if (how & 1) {
        bytes[23] = 17;
        stw_be_p(bytes + 38, 166);
    }
    for (unsigned i = 0; i < (how >> 1 & 3); i++) {
        uint8_t at = fuzz_u8(in);

        bytes[at % sizeof(good)] = fuzz_u8(in);
    }
    if (how & 0x80) {
        scene_receive(0, bytes, 200 - (how >> 3 & 7) * 25);
    } else {
        memcpy(scene->ram + BUFFERS + 0x400, bytes, sizeof(bytes));
        stl_le_p(scene->ram + TX_RING + 16 * (tx_at % DESCS),
                 0xb0000000u | (tx_at % DESCS == DESCS - 1) << 30 |
                 (uint32_t)(fuzz_u16(in) & 0xfff) << 16 |
                 (200 - (how >> 3 & 7) * 25));
        stl_le_p(scene->ram + TX_RING + 16 * (tx_at % DESCS) + 4,
                 fuzz_u32(in));
        stq_le_p(scene->ram + TX_RING + 16 * (tx_at % DESCS) + 8,
                 BUFFERS + 0x400);
        tx_at++;
        reg(TPPOLL, 0x40, 1);
    }
}

static void one_op(PCIDevice *dev, FuzzInput *in)
{
    unsigned width;
    uint64_t addr;

    switch (fuzz_u8(in) % OP_COUNT) {
    case OP_WRITE:
    case OP_MANY:
        addr = fuzz_u8(in);
        width = 1u << fuzz_u8(in) % 3;
        scene_write(addr & 1, (addr & 1 ? PORT : BAR_ADDR) + addr,
                    fuzz_u32(in), width);
        break;
    case OP_READ:
        addr = fuzz_u8(in);
        scene_read(false, BAR_ADDR + addr, 1u << fuzz_u8(in) % 4);
        break;
    case OP_C_MODE:
        start_c(in);
        break;
    case OP_CPLUS:
        start_cplus(in);
        break;
    case OP_TX_DESC:
        put_desc(in, fuzz_u8(in) & 1 ? HI_RING : TX_RING, &tx_at);
        reg(TPPOLL, 0xc0, 1);
        break;
    case OP_RX_DESC:
        put_desc(in, RX_RING, &rx_at);
        break;
    case OP_TSD:
        addr = fuzz_u8(in) % 4;
        reg(0x20 + 4 * addr, take_buffer(in), 4);
        reg(0x10 + 4 * addr, fuzz_u16(in) & 0x1fff, 4);
        break;
    case OP_RAM:
        put_ram(in, fuzz_u32(in) % (SCENE_RAM_BYTES - 256));
        break;
    case OP_FRAME:
        frame(in);
        break;
    case OP_IP_FRAME:
        ip_frame(in);
        break;
    case OP_STEP:
        scene_step(fuzz_u32(in));
        break;
    case OP_EEPROM:
        for (unsigned i = fuzz_u8(in) & 31; i > 0; i--) {
            uint8_t wires = fuzz_u8(in);

            reg(0x50, 0x88 | (wires & 2), 1);
            reg(0x50, 0x8c | (wires & 2), 1);
        }
        break;
    case OP_CONFIG:
        addr = fuzz_u8(in);
        scene_config_write(dev, addr, fuzz_u32(in), 4);
        if (fuzz_u8(in) & 1) {
            place(dev);
        }
        break;
    case OP_RESET:
        if (fuzz_u8(in) & 1) {
            pci_device_reset(dev);
            place(dev);
        } else {
            reg(CR, 0x10, 1);
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    PCIDevice *dev;

    scene_peer_new(1, false);
    dev = scene_nic_new(NULL, "rtl8139", 4, NULL);
    place(dev);
    tx_at = rx_at = 0;
    for (unsigned ops = 0; in.left && ops < 300; ops++) {
        one_op(dev, &in);
        scene_step(0);
    }
    pci_device_reset(dev);
    g_assert_cmphex(scene_config_read(dev, PCI_VENDOR_ID, 4), ==, 0x813910ec);
    scene_device_end(dev);
    scene_wipe();
    return 0;
}

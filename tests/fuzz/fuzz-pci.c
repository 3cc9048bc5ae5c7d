/*
 * Fuzz target: configuration space and BARs of two virtio-net devices: any register
 * by any width, BARs over RAM, over each other and over the window of messages,
 * accesses to wherever they are then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include "hw/pci/pci_regs.h"

enum {
    OP_CONFIG_WRITE, OP_CONFIG_READ, OP_BAR, OP_COMMAND, OP_MEM_WRITE,
    OP_MEM_READ, OP_IO_WRITE, OP_IO_READ, OP_BAR_WRITE, OP_BAR_READ, OP_RESET,
    OP_STEP, OP_COUNT,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    scene_get();
    return 0;
}

static unsigned take_width(FuzzInput *in, unsigned max)
{
    unsigned width = 1u << (fuzz_u8(in) & 3);

    return MIN(width, max);
}

/* Where firmware could, or never should, put a BAR. */
static uint64_t take_place(FuzzInput *in)
{
    static const uint64_t places[] = {
        0, 0x1000, 0x3c000, SCENE_RAM_BYTES, 0xe0000000, 0xe0004000,
        0xfee00000, 0xfffff000, 0xc000, 0xcf8, 0xfff0, 0x8000000000,
        0xffffffff00000000,
    };
    uint8_t n = fuzz_u8(in);

    return n < ARRAY_SIZE(places) ? places[n] : fuzz_u64(in);
}

static void one_op(PCIDevice *dev, FuzzInput *in)
{
    unsigned op = fuzz_u8(in) % OP_COUNT;
    unsigned bar, width;
    uint64_t addr;

    switch (op) {
    case OP_CONFIG_WRITE:
        addr = fuzz_u16(in);
        width = take_width(in, 4);
        scene_config_write(dev, addr & 0x8000 ? addr : addr & 0xff,
                           fuzz_u32(in), width);
        break;
    case OP_CONFIG_READ:
        addr = fuzz_u16(in);
        scene_config_read(dev, addr, take_width(in, 4));
        break;
    case OP_BAR:
        bar = fuzz_u8(in) % 7;
        addr = take_place(in);
        scene_config_write(dev, PCI_BASE_ADDRESS_0 + 4 * bar, addr, 4);
        if (bar == 4) {
            scene_config_write(dev, PCI_BASE_ADDRESS_5, addr >> 32, 4);
        }
        break;
    case OP_COMMAND:
        scene_config_write(dev, PCI_COMMAND, fuzz_u16(in), 2);
        break;
    case OP_MEM_WRITE:
    case OP_IO_WRITE:
        addr = take_place(in) + fuzz_u16(in);
        width = take_width(in, 8);
        scene_write(op == OP_IO_WRITE, addr, fuzz_u64(in), width);
        break;
    case OP_MEM_READ:
    case OP_IO_READ:
        addr = take_place(in) + fuzz_u16(in);
        scene_read(op == OP_IO_READ, addr, take_width(in, 8));
        break;
    case OP_BAR_WRITE:
    case OP_BAR_READ:
        bar = fuzz_u8(in) % 6;
        addr = pci_get_bar_addr(dev, bar);
        if (addr == PCI_BAR_UNMAPPED) {
            break;
        }
        addr += fuzz_u16(in);
        width = take_width(in, 8);
        if (op == OP_BAR_WRITE) {
            scene_write(bar == 0, addr, fuzz_u64(in), width);
        } else {
            scene_read(bar == 0, addr, width);
        }
        break;
    case OP_RESET:
        pci_device_reset(dev);
        break;
    case OP_STEP:
        scene_step(fuzz_u32(in));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    PCIDevice *devs[2] = {
        scene_nic_new("virtio-net-pci", 4, true),
        scene_nic_new("virtio-net-pci-non-transitional", 5, false),
    };

    for (unsigned ops = 0; in.left && ops < 300; ops++) {
        one_op(devs[fuzz_u8(&in) & 1], &in);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(devs); i++) {
        /* Whatever was done, its identity stands and it can be reset. */
        pci_device_reset(devs[i]);
        g_assert_cmphex(scene_config_read(devs[i], PCI_VENDOR_ID, 2), ==,
                        0x1af4);
        scene_nic_end(devs[i]);
    }
    scene_wipe();
    return 0;
}

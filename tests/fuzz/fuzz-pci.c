/*
 * Fuzz target: configuration space and BARs of virtio-net devices on the root bus
 * and behind a PCIe root port, and of the port: any register by any width,
 * capabilities found by their number, BARs over RAM, over each other and over the
 * window of messages, accesses to wherever they are then, MSI-X, and interrupts
 * that the device wants to give meanwhile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include <linux/virtio_pci.h>
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_regs.h"
#include "hw/pci/pcie.h"

enum {
    OP_CONFIG_WRITE, OP_CONFIG_READ, OP_BAR, OP_COMMAND, OP_MEM_WRITE,
    OP_MEM_READ, OP_IO_WRITE, OP_IO_READ, OP_BAR_WRITE, OP_BAR_READ, OP_RESET,
    OP_STEP, OP_CAPABILITY, OP_EXTENDED, OP_MSIX_ENABLE, OP_MSIX_ENTRY,
    OP_VECTOR, OP_WORK, OP_COUNT,
};

/* The first byte chooses what there is; more than this would be slow. */
enum { SCENE_TRANSITIONAL, SCENE_MODERN, SCENE_EXPRESS, SCENE_KINDS };

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

/* A register of a capability: what drivers find, and not where it is today. */
static void capability_op(PCIDevice *dev, FuzzInput *in)
{
    static const uint8_t ids[] = { PCI_CAP_ID_PM, PCI_CAP_ID_MSI,
                                   PCI_CAP_ID_VNDR, PCI_CAP_ID_EXP,
                                   PCI_CAP_ID_MSIX, PCI_CAP_ID_SSVID };
    uint8_t id = ids[fuzz_u8(in) % ARRAY_SIZE(ids)];
    uint8_t at = pci_find_capability(dev, id), skip = fuzz_u8(in);
    uint8_t offset = fuzz_u8(in) % 64;
    unsigned width = take_width(in, 4);

    /* There are several vendor capabilities. */
    for (skip %= 6; at && skip > 0 && id == PCI_CAP_ID_VNDR; skip--) {
        at = scene_config_read(dev, at + PCI_CAP_LIST_NEXT, 1);
    }
    if (at) {
        scene_config_write(dev, at + offset, fuzz_u32(in), width);
        scene_config_read(dev, at + offset, width);
    }
}

static void extended_op(PCIDevice *dev, FuzzInput *in)
{
    static const uint16_t ids[] = { PCI_EXT_CAP_ID_ERR, PCI_EXT_CAP_ID_ATS,
                                    PCI_EXT_CAP_ID_ACS };
    uint16_t at = pcie_find_capability(dev, ids[fuzz_u8(in) % ARRAY_SIZE(ids)]);
    uint8_t offset = fuzz_u8(in) % 80;
    unsigned width = take_width(in, 4);

    if (at) {
        scene_config_write(dev, at + offset, fuzz_u32(in), width);
        scene_config_read(dev, at + offset, width);
    }
}

/* MSI-X on or off, all masked or not; the messages go where they do no harm. */
static void msix_enable(PCIDevice *dev, FuzzInput *in)
{
    uint8_t at = pci_find_capability(dev, PCI_CAP_ID_MSIX);

    if (at) {
        scene_config_write(dev, at + PCI_MSIX_FLAGS, fuzz_u8(in) << 8, 2);
    }
}

static void msix_entry(PCIDevice *dev, FuzzInput *in)
{
    uint64_t table = pci_get_bar_addr(dev, 1);
    unsigned entry = fuzz_u8(in) % 8;
    uint8_t choice = fuzz_u8(in);

    if (table == PCI_BAR_UNMAPPED) {
        return;
    }
    table += entry * PCI_MSIX_ENTRY_SIZE;
    scene_write(false, table, choice & 2 ? 0xfee00000 : take_place(in), 8);
    scene_write(false, table + PCI_MSIX_ENTRY_DATA, fuzz_u8(in), 4);
    scene_write(false, table + PCI_MSIX_ENTRY_VECTOR_CTRL, choice & 1, 4);
}

/* Vectors for configuration and queues, by the modern interface. */
static void choose_vector(PCIDevice *dev, FuzzInput *in)
{
    uint64_t common = pci_get_bar_addr(dev, 4);
    uint8_t queue = fuzz_u8(in), vector = fuzz_u8(in);

    if (common != PCI_BAR_UNMAPPED) {
        scene_write(false, common + VIRTIO_PCI_COMMON_MSIX, vector, 2);
        scene_write(false, common + VIRTIO_PCI_COMMON_Q_SELECT, queue & 3, 2);
        scene_write(false, common + VIRTIO_PCI_COMMON_Q_MSIX, vector >> 4, 2);
    }
}

/* Something that makes the device want an interrupt: it breaks, or its link does. */
static void let_it_work(PCIDevice *dev, FuzzInput *in)
{
    uint64_t common = pci_get_bar_addr(dev, 4);
    NetClientState *nic = scene_get()->peers[0] ? scene_get()->peers[0]->peer
                                                : NULL;
    uint8_t choice = fuzz_u8(in);

    if (choice & 1 && common != PCI_BAR_UNMAPPED) {
        scene_write(false, common + VIRTIO_PCI_COMMON_STATUS, 0, 1);
        scene_write(false, common + VIRTIO_PCI_COMMON_STATUS, 3, 1);
        scene_write(false, common + VIRTIO_PCI_COMMON_GFSELECT, 1, 4);
        scene_write(false, common + VIRTIO_PCI_COMMON_GF, 1, 4);
        scene_write(false, common + VIRTIO_PCI_COMMON_GFSELECT, 0, 4);
        scene_write(false, common + VIRTIO_PCI_COMMON_GF, 1u << 16, 4);
        scene_write(false, common + VIRTIO_PCI_COMMON_STATUS, 11, 1);
        scene_write(false, common + VIRTIO_PCI_COMMON_STATUS, 15, 1);
    }
    if (nic) {
        nic->link_down = choice & 2;
        nic->info->link_status_changed(nic);
    }
}

static void one_op(PCIDevice *dev, FuzzInput *in)
{
    unsigned op = fuzz_u8(in) % OP_COUNT;
    unsigned bar, width;
    uint64_t addr;

    switch (op) {
    case OP_CAPABILITY:
        capability_op(dev, in);
        break;
    case OP_EXTENDED:
        extended_op(dev, in);
        break;
    case OP_MSIX_ENABLE:
        msix_enable(dev, in);
        break;
    case OP_MSIX_ENTRY:
        msix_entry(dev, in);
        break;
    case OP_VECTOR:
        choose_vector(dev, in);
        break;
    case OP_WORK:
        let_it_work(dev, in);
        break;
    case OP_CONFIG_WRITE:
        addr = fuzz_u16(in);
        width = take_width(in, 4);
        scene_config_write(dev, addr & 0x8000 ? addr & 0xfff : addr & 0xff,
                           fuzz_u32(in), width);
        break;
    case OP_CONFIG_READ:
        addr = fuzz_u16(in);
        scene_config_read(dev, addr & 0xfff, take_width(in, 4));
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

/* Devices of the scene; returns how many, the innermost first. */
static unsigned make_devices(unsigned kind, PCIDevice *devs[2])
{
    PCIBus *below;

    scene_peer_new(1, true);
    switch (kind) {
    case SCENE_TRANSITIONAL:
        devs[0] = scene_nic_new(NULL, "virtio-net-pci", 4, NULL);
        return 1;
    case SCENE_MODERN:
        devs[0] = scene_nic_new(NULL, "virtio-net-pci-non-transitional", 5,
                                "modern-pio-notify=on");
        return 1;
    default:
        devs[1] = scene_device_new(NULL, "pcie-root-port", 6, "chassis=1");
        below = pci_bridge_get_sec_bus(PCI_BRIDGE(devs[1]));
        devs[0] = scene_nic_new(below, "virtio-net-pci", 0, "aer=on,ats=on");
        return 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    PCIDevice *devs[2];
    unsigned count = make_devices(fuzz_u8(&in) % SCENE_KINDS, devs);

    for (unsigned ops = 0; in.left && ops < 150; ops++) {
        PCIDevice *dev = devs[count == 1 ? 0 : fuzz_u8(&in) & 1];

        /* Who turns off the slot's power has taken the device out. */
        if (DEVICE(dev)->realized) {
            one_op(dev, &in);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (!DEVICE(devs[i])->realized || !devs[i]->has_power) {
            g_assert_cmpuint(count, ==, 2);
        } else {
            /* Whatever was done, its identity stands and it can be reset. */
            pci_device_reset(devs[i]);
            g_assert_cmphex(scene_config_read(devs[i], PCI_VENDOR_ID, 2), ==,
                            i == 0 ? 0x1af4 : 0x1b36);
        }
        scene_device_end(devs[i]);
    }
    scene_wipe();
    return 0;
}

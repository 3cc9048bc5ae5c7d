/*
 * Fuzz target: states of devices that a stream brings, and pages of memory. A
 * device is made, started by a driver or not, saved; bytes of what was saved are
 * changed as the input says, and all of it is loaded. Whether that is refused or
 * not, the device then works on packets and notifications, is reset and goes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_regs.h"
#include "hw/virtio/virtio.h"
#include "migration/migration-internal.h"
#include "migration/vmstate.h"
#include "system/runstate.h"

enum {
    KIND_NET, KIND_NET_PACKED, KIND_NET_PAIRS, KIND_TRANSITIONAL, KIND_BALLOON,
    KIND_RNG, KIND_RTL8139, KIND_ROOT_PORT, KIND_BRIDGE, KIND_MEMORY, KINDS,
};

/* What stands in the first byte beside the kind. */
#define KIND_MASK   0x0f
#define STARTED     0x10

#define CHANGES_MAX 32
#define RING_SIZE   64

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    scene_get();
    return 0;
}

/* ---- the device ---------------------------------------------------------- */

static PCIDevice *make_device(unsigned kind)
{
    switch (kind) {
    case KIND_NET:
        scene_peer_new(1, true);
        return scene_nic_new(NULL, "virtio-net-pci", 4, "hash=on,rss=on");
    case KIND_NET_PACKED:
        scene_peer_new(1, true);
        return scene_nic_new(NULL, "virtio-net-pci", 4,
                             "packed=on,in_order=on");
    case KIND_NET_PAIRS:
        scene_peer_new(2, true);
        return scene_nic_new(NULL, "virtio-net-pci", 4, "mq=on,rss=on");
    case KIND_TRANSITIONAL:
        scene_peer_new(1, false);
        return scene_nic_new(NULL, "virtio-net-pci-transitional", 4, NULL);
    case KIND_BALLOON:
        return scene_device_new(NULL, "virtio-balloon-pci", 4,
                                "free-page-hint=on,free-page-reporting=on");
    case KIND_RNG:
        return scene_device_new(NULL, "virtio-rng-pci", 4, NULL);
    case KIND_RTL8139:
        scene_peer_new(1, false);
        return scene_nic_new(NULL, "rtl8139", 4, NULL);
    case KIND_ROOT_PORT:
        return scene_device_new(NULL, "pcie-root-port", 4, "slot=3");
    case KIND_BRIDGE:
        return scene_device_new(NULL, "pci-bridge", 4, "chassis_nr=4");
    default:
        return NULL;
    }
}

static VirtIODevice *virtio_of(PCIDevice *dev)
{
    Object *child = object_resolve_path_component(OBJECT(dev),
                                                  "virtio-backend");

    return child ? VIRTIO_DEVICE(child) : NULL;
}

/* A driver that takes all features, with queues one behind the other. */
static void start(PCIDevice *dev, VirtIODevice *vdev)
{
    uint64_t at = 0x1000;

    scene_config_write(dev, PCI_COMMAND, 7, 2);
    if (!vdev) {
        return;
    }
    virtio_set_status(vdev, 1);
    virtio_set_status(vdev, 3);
    for (unsigned i = 0; i < 2 * VIRTIO_FEATURE_WORDS; i++) {
        virtio_set_features_window(vdev, i,
            vdev->host_features.w[i / 2] >> (i % 2 * 32));
    }
    virtio_set_status(vdev, 11);
    for (unsigned i = 0; i < virtio_get_num_queues(vdev); i++) {
        virtio_queue_set_num(vdev, i, RING_SIZE);
        virtio_queue_set_rings(vdev, i, at, at + 0x800, at + 0xc00);
        virtio_queue_enable(vdev, i);
        at += 0x1000;
    }
    virtio_set_status(vdev, 15);
}

static void work(VirtIODevice *vdev)
{
    uint8_t packet[100] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

    scene_step(1000);
    for (unsigned i = 0; vdev && i < virtio_get_num_queues(vdev); i++) {
        virtio_queue_notify(vdev, i);
    }
    for (unsigned i = 0; i < SCENE_PAIRS_MAX; i++) {
        scene_receive(i, packet, sizeof(packet));
    }
    scene_step(1000000);
}

/* ---- states -------------------------------------------------------------- */

static GByteArray *save(void)
{
    QEMUFile *f = qemu_file_new_output_mem();
    GByteArray *all = g_byte_array_new();
    const uint8_t *bytes;
    size_t size;

    vmstate_save_all(f, &error_abort);
    bytes = qemu_file_get_mem(f, &size);
    g_byte_array_append(all, bytes, size);
    qemu_fclose(f);
    return all;
}

/* Places, and what stands there then; a length may be cut from the end. */
static void change(GByteArray *state, FuzzInput *in)
{
    for (unsigned i = 0; in->left && i < CHANGES_MAX; i++) {
        uint32_t at = fuzz_u16(in) % state->len;
        uint8_t how = fuzz_u8(in);
        unsigned width = 1u << (how & 3);
        uint64_t value = fuzz_take(in, width);

        if (how == 0xff) {
            g_byte_array_set_size(state, MAX(at, 1));
            return;
        }
        for (unsigned b = 0; b < width && at + b < state->len; b++) {
            state->data[at + b] = value >> (8 * (width - 1 - b));
        }
    }
}

static void load(const GByteArray *state)
{
    QEMUFile *f = qemu_file_new_input_mem(state->data, state->len);
    Error *err = NULL;

    fuzz_expect(vmstate_load_all(f, &err) == 0, &err);
    qemu_fclose(f);
}

static void run_device(unsigned kind, bool started, FuzzInput *in)
{
    PCIDevice *dev = make_device(kind);
    VirtIODevice *vdev = virtio_of(dev);
    GByteArray *state;

    if (started) {
        start(dev, vdev);
    }
    vm_stop(RUN_STATE_PAUSED);
    state = save();
    change(state, in);
    load(state);
    g_byte_array_unref(state);
    vm_start();
    work(vdev);
    device_cold_reset(DEVICE(dev));
    work(vdev);
    scene_device_end(dev);
    scene_wipe();
}

/* ---- memory -------------------------------------------------------------- */

static void run_memory(FuzzInput *in)
{
    RamLoad *load = ram_load_new();
    Error *err = NULL;

    while (in->left) {
        bool blocks = fuzz_u8(in) & 1;
        size_t max = fuzz_u16(in), size;
        const uint8_t *data = fuzz_bytes(in, max, &size);

        if (blocks) {
            fuzz_expect(ram_load_blocks(load, data, size, &err), &err);
        } else {
            fuzz_expect(ram_load_pages(load, data, size, &err), &err);
        }
    }
    fuzz_expect(ram_load_complete(load, &err), &err);
    ram_load_free(load);
    scene_wipe();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    uint8_t first = fuzz_u8(&in);
    unsigned kind = (first & KIND_MASK) % KINDS;

    if (kind == KIND_MEMORY) {
        run_memory(&in);
    } else {
        run_device(kind, first & STARTED, &in);
    }
    return 0;
}

/*
 * The scene of fuzz-scene.h: a root bus on system memory, RAM at 0 and a peer that
 * swallows what it gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "net/net.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"

#define TYPE_SCENE_HOST "fuzz-pci-host"

static Scene scene;
static MemoryRegion pci_mem, pci_io, ram, msi_window;
static bool peer_is_full;

static uint64_t msi_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void msi_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static const MemoryRegionOps msi_ops = {
    .read = msi_read,
    .write = msi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void set_line(void *opaque, int n, int level)
{
    g_assert(level == 0 || level == 1);
}

static unsigned bytes_seen;     /* makes reading them matter */

/* Reads all of each frame; now and then it is full for one round. */
static unsigned peer_receive(NetClientState *nc, const NetPacket *packets,
                             unsigned count)
{
    unsigned taken = peer_is_full ? count / 2 : count;

    for (unsigned p = 0; p < taken; p++) {
        size_t sum = 0;

        for (unsigned i = 0; i < packets[p].iovcnt; i++) {
            const uint8_t *bytes = packets[p].iov[i].iov_base;

            for (size_t b = 0; b < packets[p].iov[i].iov_len; b += 64) {
                bytes_seen += bytes[b];
            }
            sum += packets[p].iov[i].iov_len;
        }
        g_assert_cmpuint(sum, ==, packets[p].size);
    }
    peer_is_full = !peer_is_full;
    return taken;
}

static const NetClientInfo peer_info = {
    .type = NET_CLIENT_DRIVER_HUBPORT,
    .size = sizeof(NetClientState),
    .receive_burst = peer_receive,
};

static const TypeInfo scene_types[] = {
    {
        .name = TYPE_SCENE_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(PCIHostState),
    },
};

DEFINE_TYPES(scene_types)

Scene *scene_get(void)
{
    PCIHostState *host;

    if (scene.bus) {
        return &scene;
    }
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    virtual_clock_set_manual();
    memory_map_init();
    msi_nonbroken = true;
    host = PCI_HOST_BRIDGE(object_new(TYPE_SCENE_HOST));
    memory_region_init(&pci_mem, NULL, "pci", UINT64_MAX);
    memory_region_init(&pci_io, NULL, "pci-io", 65536);
    memory_region_add_subregion_overlap(get_system_memory(), 0, &pci_mem, -1);
    memory_region_init_ram(&ram, NULL, "ram", SCENE_RAM_BYTES, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_init_io(&msi_window, NULL, &msi_ops, NULL, "msi", 0x1000);
    memory_region_add_subregion(get_system_memory(), 0xfee00000, &msi_window);
    memory_region_add_subregion(get_system_io(), 0, &pci_io);
    scene.ram = memory_region_get_ram_ptr(&ram);
    scene.bus = pci_register_root_bus(DEVICE(host), "pci.0", set_line,
                                      pci_swizzle_map_irq_fn, NULL, &pci_mem,
                                      &pci_io, 0, 4, TYPE_PCI_BUS);
    return &scene;
}

PCIDevice *scene_nic_new(const char *type, unsigned slot, bool connected)
{
    DeviceState *dev = qdev_new(type);
    g_autofree char *addr = g_strdup_printf("%x", slot);

    object_property_parse(OBJECT(dev), "addr", addr, &error_abort);
    object_property_parse(OBJECT(dev), "romfile", "", &error_abort);
    object_property_parse(OBJECT(dev), "mac", "52:54:00:12:34:56",
                          &error_abort);
    if (connected) {
        peer_is_full = false;
        scene.peer = qemu_new_net_client(&peer_info, NULL, "fuzz", "peer");
        object_property_parse(OBJECT(dev), "netdev", "peer", &error_abort);
    }
    qdev_realize(dev, BUS(scene.bus), &error_abort);
    return PCI_DEVICE(dev);
}

void scene_nic_end(PCIDevice *dev)
{
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    if (scene.peer) {
        qemu_del_net_client(scene.peer);
        scene.peer = NULL;
    }
    drain_call_rcu();
}

void scene_wipe(void)
{
    memset(scene.ram, 0, SCENE_RAM_BYTES);
}

void scene_config_write(PCIDevice *dev, uint32_t reg, uint32_t value,
                        unsigned bytes)
{
    pci_host_config_write_common(dev, reg, pci_config_size(dev), value, bytes);
}

uint32_t scene_config_read(PCIDevice *dev, uint32_t reg, unsigned bytes)
{
    return pci_host_config_read_common(dev, reg, pci_config_size(dev), bytes);
}

void scene_write(bool io, uint64_t addr, uint64_t value, unsigned bytes)
{
    address_space_write(io ? &address_space_io : &address_space_memory, addr,
                        MEMTXATTRS_UNSPECIFIED, &value, bytes);
}

uint64_t scene_read(bool io, uint64_t addr, unsigned bytes)
{
    uint64_t value = 0;

    address_space_read(io ? &address_space_io : &address_space_memory, addr,
                       MEMTXATTRS_UNSPECIFIED, &value, bytes);
    return value;
}

void scene_receive(const uint8_t *frame, size_t bytes)
{
    struct iovec iov = { (void *)frame, bytes };
    NetPacket packet = { &iov, 1, bytes };

    if (scene.peer && scene.peer->peer) {
        qemu_send_burst(scene.peer, &packet, 1, NULL);
    }
}

void scene_step(uint64_t ns)
{
    qemu_clock_advance_virtual_time(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                    ns);
    for (unsigned i = 0; i < 100; i++) {
        if (!aio_poll(qemu_get_aio_context(), false)) {
            break;
        }
    }
    if (scene.peer) {
        qemu_flush_queued_packets(scene.peer);
    }
}

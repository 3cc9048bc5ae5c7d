/*
 * The scene of fuzz-scene.h: a root bus on system memory, RAM at 0 and a peer that
 * swallows what it gets, after reading all of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-scene.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "net/net.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/runstate.h"

#define TYPE_SCENE_HOST "fuzz-pci-host"
#define SCENE_COPIES_MAX 4

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

static bool peer_has_vnet(NetClientState *nc)
{
    return true;
}

static bool peer_has_vnet_len(NetClientState *nc, int bytes)
{
    return true;
}

static void peer_set_vnet_len(NetClientState *nc, int bytes)
{
    for (unsigned i = 0; i < SCENE_PAIRS_MAX && scene.peers[i]; i++) {
        scene.peers[i]->vnet_hdr_len = bytes;
    }
}

static void peer_set_offload(NetClientState *nc, const NetOffloads *offloads)
{
}

static bool peer_set_queue_enabled(NetClientState *nc, bool enabled)
{
    return true;
}

static const NetClientInfo plain_peer = {
    .type = NET_CLIENT_DRIVER_HUBPORT,
    .size = sizeof(NetClientState),
    .receive_burst = peer_receive,
};

static const NetClientInfo vnet_peer = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(NetClientState),
    .receive_burst = peer_receive,
    .has_vnet_hdr = peer_has_vnet,
    .has_vnet_hdr_len = peer_has_vnet_len,
    .set_vnet_hdr_len = peer_set_vnet_len,
    .has_ufo = peer_has_vnet,
    .has_uso = peer_has_vnet,
    .set_offload = peer_set_offload,
    .set_queue_enabled = peer_set_queue_enabled,
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
                                      &pci_io, 0, 4, TYPE_PCIE_BUS);
    /* Devices do nothing for a machine that stands still. */
    runstate_set(RUN_STATE_PRELAUNCH);
    vm_start();
    g_assert_true(runstate_is_running());
    return &scene;
}

void scene_peer_new(unsigned pairs, bool vnet)
{
    peer_is_full = false;
    for (unsigned i = 0; i < pairs; i++) {
        scene.peers[i] = qemu_new_net_queue_client(
            vnet ? &vnet_peer : &plain_peer, NULL, "fuzz", "peer", i);
    }
}

static DeviceState *device_new(const char *type, unsigned slot,
                               const char *properties)
{
    DeviceState *dev = qdev_new(type);
    g_autofree char *addr = g_strdup_printf("%x", slot);
    g_auto(GStrv) each = g_strsplit(properties ? properties : "", ",", -1);

    object_property_parse(OBJECT(dev), "addr", addr, &error_abort);
    for (unsigned i = 0; each[i] && each[i][0]; i++) {
        g_auto(GStrv) pair = g_strsplit(each[i], "=", 2);

        object_property_parse(OBJECT(dev), pair[0], pair[1], &error_abort);
    }
    return dev;
}

static PCIDevice *device_realize(DeviceState *dev, PCIBus *bus)
{
    qdev_realize(dev, BUS(bus ? bus : scene.bus), &error_abort);
    return PCI_DEVICE(dev);
}

PCIDevice *scene_device_new(PCIBus *bus, const char *type, unsigned slot,
                            const char *properties)
{
    return device_realize(device_new(type, slot, properties), bus);
}

PCIDevice *scene_nic_new(PCIBus *bus, const char *type, unsigned slot,
                         const char *properties)
{
    DeviceState *dev = device_new(type, slot, properties);

    object_property_parse(OBJECT(dev), "romfile", "", &error_abort);
    object_property_parse(OBJECT(dev), "mac", "52:54:00:12:34:56",
                          &error_abort);
    if (scene.peers[0] && !scene.peers[0]->peer) {
        object_property_parse(OBJECT(dev), "netdev", "peer", &error_abort);
    }
    return device_realize(dev, bus);
}

void scene_device_end(PCIDevice *dev)
{
    if (DEVICE(dev)->realized) {
        object_unparent(OBJECT(dev));
    }
    object_unref(OBJECT(dev));
    if (scene.peers[0]) {
        qemu_del_net_client(scene.peers[0]);
        memset(scene.peers, 0, sizeof(scene.peers));
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

unsigned scene_vnet_bytes(void)
{
    return scene.peers[0] ? scene.peers[0]->vnet_hdr_len : 0;
}

void scene_receive(unsigned queue, const uint8_t *packet, size_t bytes)
{
    NetClientState *peer = scene.peers[queue % SCENE_PAIRS_MAX];
    /* In two pieces, so that nobody takes it for one. */
    size_t first = bytes / 3;
    struct iovec iov[2] = {
        { (void *)packet, first }, { (void *)(packet + first), bytes - first },
    };
    NetPacket whole = { iov, 2, bytes };

    if (peer && peer->peer && bytes >= scene_vnet_bytes()) {
        qemu_send_burst(peer, &whole, 1, NULL);
    }
}

/* What a reader reads, and the homes of packets that are not taken. */
static struct {
    const uint8_t *packet;
    size_t bytes;
    unsigned left, read;
    uint8_t homes[SCENE_COPIES_MAX][NET_BUFSIZE];
} source;

/* One packet into places; how many of them, as the sizes say. */
static unsigned read_packet(NetPlace *places, unsigned count, uint8_t *home)
{
    size_t at = 0;
    unsigned span = 0;

    do {
        const NetPlace *place = &places[span++];

        at += iov_from_buf(place->iov, place->iovcnt, 0, source.packet + at,
                           source.bytes - at);
    } while (at < source.bytes && span < count);
    memcpy(home + at, source.packet + at, source.bytes - at);
    places->home = home;
    places->span = span;
    return span;
}

static unsigned read_source(NetClientState *nc, NetPlace *places,
                            unsigned count, unsigned how)
{
    unsigned used = 0;

    for (source.read = 0; source.left && used < count; source.left--) {
        NetPlace *place = &places[used];
        bool join = how & NET_READ_JOIN;

        used += read_packet(place, join ? count - used : 1,
                            source.homes[source.read++]);
        place->size = how & NET_READ_LONG || source.bytes <= place->room ?
                      source.bytes : 0;
    }
    return source.read;
}

void scene_receive_direct(unsigned queue, const uint8_t *packet, size_t bytes,
                          unsigned copies)
{
    NetClientState *peer = scene.peers[queue % SCENE_PAIRS_MAX];
    int taken;

    if (!peer || !peer->peer || bytes < scene_vnet_bytes() || !bytes ||
        bytes > NET_BUFSIZE) {
        return;
    }
    source.packet = packet;
    source.bytes = bytes;
    source.left = 1 + copies % SCENE_COPIES_MAX;
    source.read = 0;
    taken = qemu_receive_direct(peer, read_source, 64);
    if (taken < 0) {
        g_assert_cmpuint(source.read, ==, 0);
        return;
    }
    g_assert_cmpuint(taken, <=, source.read);
    for (unsigned i = taken; i < source.read; i++) {
        struct iovec iov = { source.homes[i], bytes };
        NetPacket whole = { &iov, 1, bytes };

        qemu_send_burst(peer, &whole, 1, NULL);
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
    for (unsigned i = 0; i < SCENE_PAIRS_MAX && scene.peers[i]; i++) {
        qemu_flush_queued_packets(scene.peers[i]);
    }
}

/*
 * A virtio-net-pci whose realize fails at each step of the chain: bus, PCI, proxy,
 * transport, device, hotplug. Whatever failed, nothing may be left behind (objects
 * and their references, regions, listeners, states, net clients), and the same
 * device must realize once the cause is gone.
 *
 * A failure comes from a bad property or from a class's function that is replaced
 * for the time of one realize.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <json-c/json.h>
#include "hw/core/qdev.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "system/address-spaces.h"
#include "system/runstate.h"

#define TYPE_TEST_HOST      "test-pci-host"
#define TYPE_TEST_PLUGGER   "test-plugger"
#define TYPE_TEST_NIC       "virtio-net-pci"
#define TYPE_TEST_VNET      "virtio-net-device"
#define TYPE_TEST_VBUS      "virtio-pci-bus"

static PCIHostState *host;
static PCIBus *bus;
static MemoryRegion pci_mem, pci_io, ram;
static int devices_heard;       /* realized less unrealized, by a listener */

/* --- what there is --- */

static int describe_object(Object *obj, void *opaque)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_string_append_printf(opaque, "%s %s ref %u\n", path,
                           object_get_typename(obj), obj->ref);
    return 0;
}

static void describe_listeners(GString *out, AddressSpace *as)
{
    MemoryListener *l;

    QTAILQ_FOREACH(l, &as->listeners, link_as) {
        g_string_append_printf(out, "listener %s\n", l->name);
    }
}

static void describe_states(GString *out)
{
    QEMUFile *f = qemu_file_new_output_mem();
    g_autofree char *sum = NULL;
    const uint8_t *bytes;
    size_t size;

    g_assert_cmpint(vmstate_save_all(f, &error_abort), ==, 0);
    bytes = qemu_file_get_mem(f, &size);
    sum = g_compute_checksum_for_data(G_CHECKSUM_SHA1, bytes, size);
    g_string_append_printf(out, "states of %zu bytes, %s\n", size, sum);
    qemu_fclose(f);
}

/* All that a device could leave behind, as text. */
static char *describe(void)
{
    GString *out = g_string_new(NULL);

    drain_call_rcu();
    object_child_foreach_recursive(object_get_root(), describe_object, out);
    mtree_info(out, false, false, true, true);
    mtree_info(out, true, false, false, false);
    describe_listeners(out, &address_space_memory);
    describe_listeners(out, &address_space_io);
    describe_states(out);
    net_info_network(out);
    g_string_append_printf(out, "on the bus %d, heard of %d\n",
                           BUS(bus)->num_children, devices_heard);
    for (unsigned i = 0; i < ARRAY_SIZE(bus->devices); i++) {
        if (bus->devices[i]) {
            g_string_append_printf(out, "slot 0x%x\n", i);
        }
    }
    return g_string_free(out, false);
}

static void expect_same(const char *when, const char *before)
{
    g_autofree char *after = describe();
    g_auto(GStrv) was = g_strsplit(before, "\n", -1);
    g_auto(GStrv) is = g_strsplit(after, "\n", -1);

    for (unsigned i = 0; was[i] || is[i]; i++) {
        if (g_strcmp0(was[i], is[i]) != 0) {
            g_error("%s: line %u: was '%s', is '%s'", when, i, was[i], is[i]);
        }
    }
    /* Who is still called though it is gone is found by ASan. */
    vm_state_notify(true, RUN_STATE_RUNNING);
    vm_state_notify(false, RUN_STATE_PAUSED);
}

/* --- functions that fail --- */

static void fail_device(DeviceState *dev, Error **errp)
{
    error_setg(errp, "injected");
}

static void fail_bus(BusState *b, Error **errp)
{
    error_setg(errp, "injected");
}

static void fail_pci(PCIDevice *dev, Error **errp)
{
    error_setg(errp, "injected");
}

static void fail_proxy(VirtIOPCIProxy *proxy, Error **errp)
{
    error_setg(errp, "injected");
}

static bool fail_features(VirtIODevice *vdev, VirtioFeatures *features,
                          Error **errp)
{
    error_setg(errp, "injected");
    return false;
}

static void fail_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    error_setg(errp, "injected");
}

/* Leave so much room for capabilities, then go on as usual. */
static unsigned room_bytes;
static void (*usual_realize)(PCIDevice *dev, Error **errp);

static void realize_in_little_room(PCIDevice *dev, Error **errp)
{
    for (unsigned left = PCI_CONFIG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF;
         left > room_bytes; left -= 4) {
        pci_add_capability(dev, PCI_CAP_ID_VNDR, 0, 4, &error_abort);
    }
    usual_realize(dev, errp);
}

/* --- where they are put --- */

#define CLASS_OF(type)  object_class_by_name(type)

/* Each exchanges a slot with *fn. */
#define DEFINE_SWAP(name, class_cast, type_name, slot, fn_type, replacement) \
static void swap_##name(bool on)                                            \
{                                                                           \
    static fn_type usual;                                                   \
    fn_type *at = &class_cast(CLASS_OF(type_name))->slot;                   \
                                                                            \
    if (on) {                                                               \
        usual = *at;                                                        \
    }                                                                       \
    *at = on ? replacement : usual;                                         \
}

typedef void (*PCIRealize)(PCIDevice *dev, Error **errp);
typedef void (*ProxyRealize)(VirtIOPCIProxy *proxy, Error **errp);
typedef bool (*GetFeatures)(VirtIODevice *vdev, VirtioFeatures *features,
                            Error **errp);

DEFINE_SWAP(proxy_dc, DEVICE_CLASS, TYPE_TEST_NIC, realize, DeviceRealize,
            fail_device)
DEFINE_SWAP(parent_dc, VIRTIO_PCI_CLASS, TYPE_TEST_NIC, parent_dc_realize,
            DeviceRealize, fail_device)
DEFINE_SWAP(pci, PCI_DEVICE_CLASS, TYPE_TEST_NIC, realize, PCIRealize,
            fail_pci)
DEFINE_SWAP(proxy, VIRTIO_PCI_CLASS, TYPE_TEST_NIC, realize, ProxyRealize,
            fail_proxy)
DEFINE_SWAP(vdev_dc, DEVICE_CLASS, TYPE_TEST_VNET, realize, DeviceRealize,
            fail_device)
DEFINE_SWAP(vdev, VIRTIO_DEVICE_CLASS, TYPE_TEST_VNET, realize, DeviceRealize,
            fail_device)
DEFINE_SWAP(features, VIRTIO_DEVICE_CLASS, TYPE_TEST_VNET, get_features,
            GetFeatures, fail_features)
DEFINE_SWAP(pre_plugged, VIRTIO_BUS_CLASS, TYPE_TEST_VBUS, pre_plugged,
            DeviceRealize, fail_device)
DEFINE_SWAP(plugged, VIRTIO_BUS_CLASS, TYPE_TEST_VBUS, device_plugged,
            DeviceRealize, fail_device)
DEFINE_SWAP(bus, BUS_CLASS, TYPE_TEST_VBUS, realize, BusRealize, fail_bus)

static HotplugHandlerClass *plugger_class(void)
{
    return HOTPLUG_HANDLER_GET_CLASS(BUS(bus)->hotplug_handler);
}

static void swap_pre_plug(bool on)
{
    plugger_class()->pre_plug = on ? fail_plug : NULL;
}

static void swap_plug(bool on)
{
    plugger_class()->plug = on ? fail_plug : NULL;
}

static void swap_room(bool on)
{
    PCIDeviceClass *k = PCI_DEVICE_CLASS(CLASS_OF(TYPE_TEST_NIC));

    if (on) {
        usual_realize = k->realize;
    }
    k->realize = on ? realize_in_little_room : usual_realize;
}

typedef struct Injection {
    const char *name;
    void (*swap)(bool on);      /* a function that fails; or */
    const char *property, *bad, *good;
    unsigned room_bytes;        /* for swap_room */
} Injection;

static const Injection injections[] = {
    { "hotplug-pre-plug", swap_pre_plug },
    { "proxy-device-class", swap_proxy_dc },
    { "pci-device-class", swap_parent_dc },
    { "pci-rom-size", NULL, "romsize", "3", "4294967295" },
    { "pci-slot-taken", NULL, "addr", "6", "4" },
    { "pci-class", swap_pci },
    { "pci-rom-missing", NULL, "romfile", "/nosuch/rom", "" },
    { "pci-rom-empty", NULL, "romfile", "/dev/null", "" },
    { "proxy-no-interface", NULL, "disable-modern", "on", "off" },
    { "proxy-class", swap_proxy },
    { "virtio-device-class", swap_vdev_dc },
    { "virtio-class", swap_vdev },
    { "net-rx-queue-size", NULL, "rx_queue_size", "300", "256" },
    { "net-mtu", NULL, "host_mtu", "1", "1500" },
    { "net-duplex", NULL, "duplex", "both", "full" },
    { "net-speed", NULL, "speed", "-2", "1000" },
    { "transport-pre-plugged", swap_pre_plugged },
    { "features", swap_features },
    { "transport-plugged", swap_plugged },
    { "no-room-for-common", swap_room, .room_bytes = 12 },
    { "no-room-for-isr", swap_room, .room_bytes = 16 },
    { "no-room-for-device", swap_room, .room_bytes = 32 },
    { "no-room-for-notify", swap_room, .room_bytes = 48 },
    { "no-room-for-window", swap_room, .room_bytes = 68 },
    { "virtio-bus", swap_bus },
    { "hotplug-plug", swap_plug },
};

/* --- the test --- */

static void set(Object *obj, const char *name, const char *value)
{
    object_property_parse(obj, name, value, &error_abort);
}

static DeviceState *nic_new(const char *slot)
{
    DeviceState *dev = qdev_new(TYPE_TEST_NIC);

    set(OBJECT(dev), "addr", slot);
    set(OBJECT(dev), "romfile", "");
    set(OBJECT(dev), "mac", "52:54:00:12:34:56");
    set(OBJECT(dev), "disable-legacy", "on");
    return dev;
}

static void nic_end(DeviceState *dev)
{
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
}

static void inject(const Injection *in, DeviceState *dev, bool on)
{
    if (in->swap) {
        room_bytes = in->room_bytes;
        in->swap(on);
    } else {
        set(OBJECT(dev), in->property, on ? in->bad : in->good);
    }
}

static void test_failure(const void *opaque)
{
    const Injection *in = opaque;
    DeviceState *neighbour = nic_new("6"), *dev;
    NetClientState *peer = qemu_find_netdev("peer");
    g_autofree char *empty = NULL, *made = NULL;
    Error *err = NULL;

    qdev_realize(neighbour, BUS(bus), &error_abort);
    empty = describe();
    dev = nic_new("4");
    set(OBJECT(dev), "netdev", "peer");
    inject(in, dev, true);
    made = describe();
    for (unsigned i = 0; i < 3; i++) {
        g_assert_false(qdev_realize(dev, BUS(bus), &err));
        g_assert_nonnull(err);
        error_free(err);
        err = NULL;
        g_assert_false(qdev_is_realized(dev));
        g_assert_null(dev->parent_bus);
        expect_same(in->name, made);
    }
    inject(in, dev, false);

    qdev_realize(dev, BUS(bus), &error_abort);
    g_assert_nonnull(peer->peer);
    g_assert_true(msix_present(PCI_DEVICE(dev)));
    qdev_unrealize(dev);
    g_assert_null(peer->peer);
    nic_end(dev);
    expect_same("realized and gone", empty);

    /* Failed and given up. */
    dev = nic_new("4");
    inject(in, dev, true);
    g_assert_false(qdev_realize(dev, BUS(bus), &err));
    error_free_or_abort(&err);
    inject(in, dev, false);
    nic_end(dev);
    expect_same("failed and gone", empty);
    nic_end(neighbour);
}

/* More vectors than there can be: it works without. */
static void test_no_msix(void)
{
    g_autofree char *empty = describe();
    DeviceState *dev = nic_new("4");

    set(OBJECT(dev), "vectors", "5000");
    qdev_realize(dev, BUS(bus), &error_abort);
    g_assert_false(msix_present(PCI_DEVICE(dev)));
    nic_end(dev);
    expect_same("without MSI-X", empty);
}

/* It goes while its BARs are where the guest put them. */
static void test_goes_mapped(void)
{
    g_autofree char *empty = describe();

    for (unsigned legacy = 0; legacy < 2; legacy++) {
        DeviceState *dev = nic_new("4");
        PCIDevice *pci = PCI_DEVICE(dev);

        set(OBJECT(dev), "disable-legacy", legacy ? "off" : "on");
        qdev_realize(dev, BUS(bus), &error_abort);
        for (unsigned bar = 0; bar < 6; bar++) {
            pci_host_config_write_common(pci, PCI_BASE_ADDRESS_0 + 4 * bar,
                                         256, bar == 5 ? 0 : bar << 16 | 0xc000,
                                         4);
        }
        pci_host_config_write_common(pci, PCI_COMMAND, 256, 7, 2);
        g_assert_cmphex(pci_get_bar_addr(pci, 1), ==, 0x1c000);
        g_assert_cmphex(pci_get_bar_addr(pci, 4), ==, 0x4c000);
        nic_end(dev);
        expect_same("gone with its BARs", empty);
    }
}

/* The netdev goes first, or the device does; then both are back. */
static void test_peer_goes(void)
{
    g_autofree char *empty = describe();

    for (unsigned netdev_first = 0; netdev_first < 2; netdev_first++) {
        DeviceState *dev = nic_new("4");

        set(OBJECT(dev), "netdev", "peer");
        qdev_realize(dev, BUS(bus), &error_abort);
        if (netdev_first) {
            netdev_del("peer", &error_abort);
        }
        nic_end(dev);
        if (netdev_first) {
            json_object *args;

            json_parse("{'type':'hubport','id':'peer','hubid':0}", &args,
                       &error_abort);
            netdev_add_json(args, &error_abort);
            json_object_put(args);
        }
        expect_same("peer and device gone", empty);
    }
}

/* --- the scene --- */

static void heard_realize(DeviceListener *l, DeviceState *dev)
{
    devices_heard++;
}

static void heard_unrealize(DeviceListener *l, DeviceState *dev)
{
    devices_heard--;
}

static const TypeInfo test_types[] = {
    {
        .name = TYPE_TEST_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(PCIHostState),
    }, {
        .name = TYPE_TEST_PLUGGER,
        .parent = TYPE_OBJECT,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_HOTPLUG_HANDLER },
            { }
        },
    },
};

DEFINE_TYPES(test_types)

static void set_line(void *opaque, int n, int level)
{
}

static void bus_start(void)
{
    host = PCI_HOST_BRIDGE(object_new(TYPE_TEST_HOST));
    memory_region_init(&pci_mem, NULL, "pci", UINT64_MAX);
    memory_region_init(&pci_io, NULL, "pci-io", 65536);
    memory_region_add_subregion_overlap(get_system_memory(), 0, &pci_mem, -1);
    memory_region_init_ram(&ram, NULL, "ram", 0x100000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_add_subregion(get_system_io(), 0, &pci_io);
    bus = pci_register_root_bus(DEVICE(host), "pci.0", set_line,
                                pci_swizzle_map_irq_fn, NULL, &pci_mem,
                                &pci_io, 0, 4, TYPE_PCI_BUS);
    qbus_set_hotplug_handler(BUS(bus), object_new(TYPE_TEST_PLUGGER));
}

static void add_tests(const char *kind)
{
    for (unsigned i = 0; i < ARRAY_SIZE(injections); i++) {
        g_autofree char *path = g_strdup_printf("/realize-failure/%s/%s", kind,
                                                injections[i].name);

        g_test_add_data_func(path, &injections[i], test_failure);
    }
}

int main(int argc, char **argv)
{
    static DeviceListener listener = {
        .realize = heard_realize, .unrealize = heard_unrealize,
    };
    json_object *args;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    bql_lock();
    memory_map_init();
    msi_nonbroken = true;
    machine_get_container("unattached");
    bus_start();
    device_listener_register(&listener);
    json_parse("{'type':'hubport','id':'peer','hubid':0}", &args,
               &error_abort);
    netdev_add_json(args, &error_abort);
    json_object_put(args);
    add_tests("cold");
    g_test_add_func("/realize-failure/cold/no-msix", test_no_msix);
    g_test_add_func("/realize-failure/cold/peer-goes", test_peer_goes);
    g_test_add_func("/realize-failure/cold/goes-mapped", test_goes_mapped);
    g_test_add_func("/realize-failure/hotplugged/from-here-on",
                    qdev_machine_creation_done);
    add_tests("hotplugged");
    return g_test_run();
}

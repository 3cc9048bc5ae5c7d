/*
 * The machines and devices that tests can stand on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "nodes.h"

/* Tests may use what lies between these; -m is at least 128 MiB. */
#define GUEST_FREE_START    (2 << 20)
#define GUEST_FREE_END      (96 << 20)

typedef struct QPCMachine {
    QOSObject obj;
    QPCIMachineBus bus;
} QPCMachine;

static void *pc_get_driver(QOSObject *obj, const char *interface)
{
    QPCMachine *pc = container_of(obj, QPCMachine, obj);

    return g_str_has_prefix(interface, "pci-bus") ? &pc->bus : NULL;
}

static void pc_destroy(QOSObject *obj)
{
    g_free(container_of(obj, QPCMachine, obj));
}

static QOSObject *machine_new(QTestState *qts,
                              void (*init)(QPCIBus *bus, QTestState *qts))
{
    QPCMachine *pc = g_new0(QPCMachine, 1);

    pc->obj.get_driver = pc_get_driver;
    pc->obj.destroy = pc_destroy;
    init(&pc->bus.pci, qts);
    guest_alloc_init(&pc->bus.alloc, GUEST_FREE_START, GUEST_FREE_END);
    return &pc->obj;
}

static QOSObject *pc_new(QTestState *qts)
{
    return machine_new(qts, qpci_init_pc);
}

static QOSObject *q35_new(QTestState *qts)
{
    return machine_new(qts, qpci_init_q35);
}

static QOSObject *q35_port_new(QTestState *qts)
{
    return machine_new(qts, qpci_init_q35_port);
}

/* --- virtio devices on PCI --- */

typedef struct QVirtioPCINode {
    QOSObject obj;
    QVirtioDevice virtio;
    QPCIDevice *pci;
} QVirtioPCINode;

static void *virtio_pci_get_driver(QOSObject *obj, const char *interface)
{
    QVirtioPCINode *dev = container_of(obj, QVirtioPCINode, obj);

    return g_str_equal(interface, "pci-device") ? (void *)dev->pci
                                                : (void *)&dev->virtio;
}

static void virtio_pci_destroy(QOSObject *obj)
{
    QVirtioPCINode *dev = container_of(obj, QVirtioPCINode, obj);

    g_free(dev->pci);
    g_free(dev);
}

static void virtio_pci_start(QOSObject *obj)
{
    QVirtioPCINode *dev = container_of(obj, QVirtioPCINode, obj);

    qpci_device_enable(dev->pci);
}

/* @virtio_id as in section 5, @old_id that of a transitional device. */
static QOSObject *virtio_pci_new(QPCIMachineBus *bus, uint16_t virtio_id,
                                 uint16_t old_id, bool legacy)
{
    QVirtioPCINode *dev = g_new0(QVirtioPCINode, 1);

    if (!legacy) {
        dev->pci = qpci_device_find_id(&bus->pci, 0x1af4, 0x1040 + virtio_id);
    }
    if (!dev->pci) {
        dev->pci = qpci_device_find_id(&bus->pci, 0x1af4, old_id);
    }
    g_assert_nonnull(dev->pci);
    if (legacy) {
        qvirtio_pci_legacy_init(&dev->virtio, dev->pci, &bus->alloc);
    } else {
        qvirtio_pci_modern_init(&dev->virtio, dev->pci, &bus->alloc);
    }
    dev->obj.get_driver = virtio_pci_get_driver;
    dev->obj.start = virtio_pci_start;
    dev->obj.destroy = virtio_pci_destroy;
    return &dev->obj;
}

static QOSObject *virtio_net_pci_new(QTestState *qts, void *bus, const char *id)
{
    return virtio_pci_new(bus, 1, 0x1000, false);
}

/* Notified through a port. */
static QOSObject *virtio_net_pci_pio_new(QTestState *qts, void *bus,
                                         const char *id)
{
    QOSObject *obj = virtio_net_pci_new(qts, bus, id);

    qvirtio_pci_modern_notify_by_port(
        &container_of(obj, QVirtioPCINode, obj)->virtio);
    return obj;
}

static QOSObject *virtio_net_pci_legacy_new(QTestState *qts, void *bus,
                                            const char *id)
{
    return virtio_pci_new(bus, 1, 0x1000, true);
}

static QOSObject *virtio_balloon_pci_new(QTestState *qts, void *bus,
                                         const char *id)
{
    return virtio_pci_new(bus, 5, 0x1002, false);
}

static QOSObject *virtio_balloon_pci_legacy_new(QTestState *qts, void *bus,
                                                const char *id)
{
    return virtio_pci_new(bus, 5, 0x1002, true);
}

static void register_nodes(void)
{
    qos_add_machine("pc", "-M pc -nic none", 128, pc_new);
    qos_node_contains("pc", "pci-bus");
    /* For devices that need not be tried on every machine. */
    qos_node_contains("pc", "pci-bus-of-one");
    qos_add_machine("q35", "-M q35 -nic none", 128, q35_new);
    qos_node_contains("q35", "pci-bus");
    /* A machine whose devices stand behind a port. */
    qos_add_machine("q35-pcie-root-port", "-M q35 -nic none "
                    "-device pcie-root-port,id=port0,chassis=1,addr=2", 128,
                    q35_port_new);
    qos_node_contains("q35-pcie-root-port", "pci-bus");
    qos_machine_places("q35-pcie-root-port", ",bus=port0");

    qos_add_device("virtio-net-pci",
                   "virtio-net-pci,netdev=hs0,romfile=,packed=on,in_order=on,"
                   "notification_data=on,notif_config_data=on",
                   "pci-bus", virtio_net_pci_new);
    qos_device_needs("virtio-net-pci", "-netdev hubport,id=hs0,hubid=0");
    qos_node_produces("virtio-net-pci", "virtio-net");
    /* With backends of the main loop too. */
    qos_node_produces("virtio-net-pci", "virtio-net-any-backend");
    qos_node_produces("virtio-net-pci", "virtio-net-modern");
    qos_node_produces("virtio-net-pci", "virtio");
    qos_node_produces("virtio-net-pci", "pci-device");

    /* Each pair in a thread of its own. */
    qos_add_device("virtio-net-pci-threads",
                   "virtio-net-pci,netdev=hs0,romfile=,packed=on,in_order=on,"
                   "notification_data=on,notif_config_data=on",
                   "pci-bus-of-one", virtio_net_pci_new);
    qos_device_needs("virtio-net-pci-threads", "-netdev dgram,id=hs0,"
                     "local.type=inet,local.host=127.0.0.1,local.port=0,"
                     "remote.type=inet,remote.host=127.0.0.1,remote.port=9");
    qos_device_json("virtio-net-pci-threads",
                    "-object iothread,id=io0 -object iothread,id=io1",
                    "\"iothread-vq-mapping\":"
                    "[{\"iothread\":\"io0\"},{\"iothread\":\"io1\"}]");
    qos_node_produces("virtio-net-pci-threads", "virtio-net");
    qos_node_produces("virtio-net-pci-threads", "virtio-net-modern");

    qos_add_device("virtio-net-pci-pio-notify",
                   "virtio-net-pci,netdev=hs0,romfile=,packed=on,in_order=on,"
                   "notification_data=on,notif_config_data=on,"
                   "modern-pio-notify=on", "pci-bus", virtio_net_pci_pio_new);
    qos_device_needs("virtio-net-pci-pio-notify",
                     "-netdev hubport,id=hs0,hubid=0");
    qos_node_produces("virtio-net-pci-pio-notify", "virtio-net-pio-notify");

    qos_add_device("virtio-net-pci-legacy",
                   "virtio-net-pci,netdev=hs0,romfile=,"
                   "disable-modern=on,disable-legacy=off",
                   "pci-bus", virtio_net_pci_legacy_new);
    qos_device_needs("virtio-net-pci-legacy",
                     "-netdev hubport,id=hs0,hubid=0");
    qos_device_lacks("virtio-net-pci-legacy", "packed");
    qos_node_produces("virtio-net-pci-legacy", "virtio-net");
    qos_node_produces("virtio-net-pci-legacy", "virtio-net-any-backend");
    qos_node_produces("virtio-net-pci-legacy", "virtio-net-legacy");

    qos_add_device("virtio-balloon-pci",
                   "virtio-balloon-pci,packed=on,in_order=on,"
                   "free-page-reporting=on,free-page-hint=on,must-tell-host=on",
                   "pci-bus", virtio_balloon_pci_new);
    qos_node_produces("virtio-balloon-pci", "virtio-balloon");
    qos_node_produces("virtio-balloon-pci", "virtio-balloon-modern");
    qos_add_device("virtio-balloon-pci-legacy",
                   "virtio-balloon-pci,disable-modern=on,disable-legacy=off,"
                   "free-page-reporting=on,free-page-hint=on",
                   "pci-bus", virtio_balloon_pci_legacy_new);
    qos_device_lacks("virtio-balloon-pci-legacy", "packed");
    qos_node_produces("virtio-balloon-pci-legacy", "virtio-balloon");
}

libqos_init(register_nodes)

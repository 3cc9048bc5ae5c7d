/*
 * The virtio bus: plugs a device into its transport, step by step, and connects
 * queues to eventfds. What a transport does is in VirtioBusClass.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-internal.h"
#include "system/address-spaces.h"

VirtIODevice *virtio_bus_get_device(VirtioBusState *bus)
{
    BusChild *first = QTAILQ_FIRST(&BUS(bus)->children);

    return first ? VIRTIO_DEVICE(first->child) : NULL;
}

const char *virtio_bus_get_vdev_name(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);

    return vdev ? vdev->name : NULL;
}

uint16_t virtio_bus_get_vdev_id(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);

    return vdev ? vdev->device_id : 0;
}

size_t virtio_bus_get_vdev_config_len(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);

    return vdev ? vdev->config_len : 0;
}

/* What the device offers, out of properties, transport and device. */
static bool collect_features(VirtIODevice *vdev, Error **errp)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);

    return vdc->get_features(vdev, &vdev->host_features, errp);
}

/* Addresses are the bus's with ACCESS_PLATFORM, else plain guest memory. */
static AddressSpace *choose_address_space(VirtIODevice *vdev)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    if (k->get_dma_as &&
        virtio_host_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM)) {
        return k->get_dma_as(bus->parent);
    }
    return &address_space_memory;
}

void virtio_bus_device_plugged(VirtIODevice *vdev, Error **errp)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    Error *err = NULL;

    vdev->asked_features = vdev->host_features;
    if (k->pre_plugged) {
        k->pre_plugged(bus->parent, &err);
    }
    if (!err && collect_features(vdev, &err) && k->device_plugged) {
        k->device_plugged(bus->parent, &err);
    }
    if (err) {
        /* As the properties had it: realize may be tried again. */
        vdev->host_features = vdev->asked_features;
        error_propagate(errp, err);
        return;
    }
    vdev->dma_as = choose_address_space(vdev);
}

void virtio_bus_device_unplugged(VirtIODevice *vdev)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    if (k->device_unplugged) {
        k->device_unplugged(bus->parent);
    }
    vdev->dma_as = NULL;
    vdev->host_features = vdev->asked_features;
}

/* --- eventfds --- */

bool virtio_bus_ioeventfd_enabled(VirtioBusState *bus)
{
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    DeviceState *proxy = BUS(bus)->parent;

    return k->ioeventfd_assign && k->ioeventfd_enabled &&
           k->ioeventfd_enabled(proxy);
}

int virtio_bus_start_ioeventfd(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);
    int ret;

    if (bus->ioeventfd_started || !virtio_bus_ioeventfd_enabled(bus)) {
        return 0;
    }
    ret = VIRTIO_DEVICE_GET_CLASS(vdev)->start_ioeventfd(vdev);
    /* On failure notifications are trapped, which works as well. */
    bus->ioeventfd_started = ret == 0;
    return ret;
}

void virtio_bus_stop_ioeventfd(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);

    if (bus->ioeventfd_started) {
        bus->ioeventfd_started = false;
        VIRTIO_DEVICE_GET_CLASS(vdev)->stop_ioeventfd(vdev);
    }
}

int virtio_bus_set_host_notifier(VirtioBusState *bus, int n, bool assign)
{
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    DeviceState *proxy = BUS(bus)->parent;
    VirtQueue *vq = virtio_get_queue(virtio_bus_get_device(bus), n);
    VirtQueueSide *side = vq ? vq->side : NULL;
    int ret;

    if (!side || side->host_notifier_on == assign) {
        return side ? 0 : -EINVAL;
    }
    if (!assign) {
        /* The eventfd stays open: a CPU may be ringing it at this moment. */
        k->ioeventfd_assign(proxy, &side->host_notifier, n, false);
        side->host_notifier_on = false;
        return 0;
    }
    if (!side->host_notifier.initialized) {
        ret = event_notifier_init(&side->host_notifier, 0);
        if (ret < 0) {
            return ret;
        }
    }
    ret = k->ioeventfd_assign(proxy, &side->host_notifier, n, true);
    side->host_notifier_on = ret == 0;
    return ret;
}

/* --- type --- */

static char *virtio_bus_get_dev_path(DeviceState *dev)
{
    return qdev_get_dev_path(qdev_get_parent_bus(dev)->parent);
}

static void virtio_bus_class_init(ObjectClass *klass, const void *data)
{
    BusClass *bc = BUS_CLASS(klass);

    bc->get_dev_path = virtio_bus_get_dev_path;
    bc->max_dev = 1;
}

static const TypeInfo virtio_bus_info = {
    .name = TYPE_VIRTIO_BUS,
    .parent = TYPE_BUS,
    .instance_size = sizeof(VirtioBusState),
    .abstract = true,
    .class_size = sizeof(VirtioBusClass),
    .class_init = virtio_bus_class_init,
};

static void virtio_bus_register_types(void)
{
    type_register_static(&virtio_bus_info);
}

type_init(virtio_bus_register_types)

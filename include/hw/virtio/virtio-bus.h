/*
 * The virtio bus: one slot between a virtio device and the transport that carries
 * it. The transport's proxy has the bus and fills in VirtioBusClass.
 *
 * All functions are called with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_BUS_H
#define HW_VIRTIO_BUS_H

#include "hw/core/qdev.h"
#include "hw/virtio/virtio.h"

#define TYPE_VIRTIO_BUS "virtio-bus"
typedef struct VirtioBusClass VirtioBusClass;
typedef struct VirtioBusState VirtioBusState;
#define VIRTIO_BUS(obj) \
    OBJECT_CHECK(VirtioBusState, (obj), TYPE_VIRTIO_BUS)
#define VIRTIO_BUS_CLASS(klass) \
    OBJECT_CLASS_CHECK(VirtioBusClass, (klass), TYPE_VIRTIO_BUS)
#define VIRTIO_BUS_GET_CLASS(obj) \
    OBJECT_GET_CLASS(VirtioBusClass, (obj), TYPE_VIRTIO_BUS)

/* What a transport does; @d is its proxy. Members may be NULL but for notify. */
struct VirtioBusClass {
    BusClass parent_class;

    /* Interrupt the driver; VIRTIO_NO_VECTOR for events without a vector. Any
     * thread that owns a queue. */
    void (*notify)(DeviceState *d, uint16_t vector);
    /* Before features are collected: those of the transport are added here. */
    void (*pre_plugged)(DeviceState *d, Error **errp);
    /* Features are known: make capabilities and BARs. Undone by unplugged. */
    void (*device_plugged)(DeviceState *d, Error **errp);
    void (*device_unplugged)(DeviceState *d);
    /* MSI-X vectors there are. */
    int (*query_nvectors)(DeviceState *d);
    /* State was loaded: take up the vectors in it; false: they do not exist. */
    bool (*vectors_loaded)(DeviceState *d);
    /* Does the driver's notification reach an eventfd? */
    bool (*ioeventfd_enabled)(DeviceState *d);
    /* Connect or disconnect the notification of queue @n. */
    int (*ioeventfd_assign)(DeviceState *d, EventNotifier *notifier, int n,
                            bool assign);
    /* The bus's own address space, for ACCESS_PLATFORM. */
    AddressSpace *(*get_dma_as)(DeviceState *d);
};

struct VirtioBusState {
    BusState parent_obj;

    bool ioeventfd_started;
};

/* Plug @vdev: each step may fail, and what it did is undone. */
void virtio_bus_device_plugged(VirtIODevice *vdev, Error **errp);
void virtio_bus_device_unplugged(VirtIODevice *vdev);

/* The device on the bus, or NULL. */
VirtIODevice *virtio_bus_get_device(VirtioBusState *bus);
const char *virtio_bus_get_vdev_name(VirtioBusState *bus);
uint16_t virtio_bus_get_vdev_id(VirtioBusState *bus);
size_t virtio_bus_get_vdev_config_len(VirtioBusState *bus);

/* Let queues be notified by eventfd, if the transport can; 0, or -errno. */
int virtio_bus_start_ioeventfd(VirtioBusState *bus);
void virtio_bus_stop_ioeventfd(VirtioBusState *bus);
bool virtio_bus_ioeventfd_enabled(VirtioBusState *bus);
/* Make the eventfd of queue @n and connect it, or the reverse. */
int virtio_bus_set_host_notifier(VirtioBusState *bus, int n, bool assign);

/* The usual start and stop: every queue's handler in its own event loop. */
int virtio_device_start_ioeventfd_impl(VirtIODevice *vdev);
void virtio_device_stop_ioeventfd_impl(VirtIODevice *vdev);

#endif

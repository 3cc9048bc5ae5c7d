/*
 * Notifications of a virtio device: from the driver to a queue's handler (trapped
 * or by eventfd), from the device to the driver (through the transport).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "hw/virtio/virtio-handover.h"
#include "hw/virtio/virtio-internal.h"
#include "trace.h"

/* Bits of the ISR status (section 4.1.4.5). */
#define ISR_QUEUE   0x1
#define ISR_CONFIG  0x2

/* --- from the driver --- */

/* Only the owner writes; others may look. */
static void count(uint64_t *counter)
{
    qatomic_set(counter, *counter + 1);
}

uint64_t virtio_queue_kicks(const VirtQueue *vq)
{
    return qatomic_read(&vq->side->kicks);
}

uint64_t virtio_queue_interrupts(const VirtQueue *vq)
{
    return qatomic_read(&vq->side->interrupts);
}

void virtio_queue_run(VirtQueue *vq)
{
    if (virtio_queue_ready(vq)) {
        count(&vq->side->kicks);
        trace_virtio_queue_notify(vq->vdev, vq->queue_index, vq);
        vq->side->handle_output(vq->vdev, vq);
    }
}

void virtio_queue_notify(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (!vq || !vq->enabled || qatomic_read(&vdev->broken)) {
        return;
    }
    if (vdev->legacy && !(vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) &&
        !vdev->legacy_kicked && vdev->vm_running) {
        VIRTIO_HOLD_GUARD(vdev);

        /* Old drivers use queues before they say DRIVER_OK (section 3.1.2). */
        vdev->legacy_kicked = true;
        vdev->started = true;
        for (unsigned i = 0; i < vdev->num_queues; i++) {
            if (vdev->queues[i]) {
                vdev->queues[i]->quiet = vdev->disabled;
            }
        }
    }
    if (vq->side->handler_on || vq->outside) {
        /* Its loop, or another process, handles it, whatever way it came. */
        event_notifier_set(&vq->side->host_notifier);
    } else {
        VIRTIO_HOLD_GUARD(vdev);

        virtio_queue_run(vq);
    }
}

void virtio_queue_host_notifier_read(EventNotifier *e)
{
    VirtQueueSide *side = container_of(e, VirtQueueSide, host_notifier);
    VirtQueue *vq = side->vq;
    MemReentrancyFrame frame;

    if (!event_notifier_test_and_clear(e)) {
        return;
    }
    if (!mem_reentrancy_enter(&frame, virtio_reentrancy_guard(vq->vdev))) {
        /* A nested loop inside the device itself: once it is out again. */
        event_notifier_set(e);
        return;
    }
    virtio_queue_run(vq);
    mem_reentrancy_leave(&frame);
}

EventNotifier *virtio_queue_get_host_notifier(VirtQueue *vq)
{
    return &vq->side->host_notifier;
}

VirtQueue *virtio_queue_from_host_notifier(EventNotifier *e)
{
    return container_of(e, VirtQueueSide, host_notifier)->vq;
}

/* --- to the driver --- */

void virtio_notify_vector(VirtIODevice *vdev, uint16_t vector)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    k->notify(bus->parent, vector);
}

/* Set bits of the ISR; the locked write is for loads that most often find them. */
static void set_isr(VirtIODevice *vdev, uint8_t bits)
{
    if ((qatomic_read(&vdev->isr) & bits) != bits) {
        qatomic_or(&vdev->isr, bits);
    }
}

void virtio_queue_interrupt(VirtQueue *vq)
{
    count(&vq->side->interrupts);
    set_isr(vq->vdev, ISR_QUEUE);
    virtio_notify_vector(vq->vdev, vq->vector);
}

void virtio_notify(VirtIODevice *vdev, VirtQueue *vq)
{
    if (virtqueue_should_notify(vq)) {
        trace_virtio_notify(vdev, vq);
        virtio_queue_interrupt(vq);
    }
}

void virtio_notify_config(VirtIODevice *vdev)
{
    vdev->config_changed = true;
    /* Section 2.1.2: no notification before DRIVER_OK. */
    if (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) {
        trace_virtio_notify_config(vdev);
        set_isr(vdev, ISR_CONFIG);
        virtio_notify_vector(vdev, vdev->config_vector);
    }
}

uint16_t virtio_queue_vector(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    return vq ? vq->vector : VIRTIO_NO_VECTOR;
}

void virtio_queue_set_vector(VirtIODevice *vdev, int n, uint16_t vector)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (vq) {
        vq->vector = vector;
    }
}

/* --- eventfds --- */

void virtio_queue_listen(VirtQueue *vq)
{
    if (vq->outside || !vq->side->host_notifier_on) {
        return;
    }
    aio_set_event_notifier(vq->ctx, &vq->side->host_notifier,
                           virtio_queue_host_notifier_read, NULL, NULL);
    virtio_queue_bell_on(vq);
    vq->side->handler_on = true;
    /* What was made available before anybody listened. */
    event_notifier_set(&vq->side->host_notifier);
}

void virtio_queue_stop_listening(VirtQueue *vq)
{
    if (vq->side->handler_on) {
        vq->side->handler_on = false;
        virtio_queue_bell_off(vq);
        aio_set_event_notifier(vq->ctx, &vq->side->host_notifier, NULL, NULL,
                               NULL);
    }
}

int virtio_device_start_ioeventfd_impl(VirtIODevice *vdev)
{
    VirtioBusState *bus = VIRTIO_BUS(qdev_get_parent_bus(DEVICE(vdev)));
    unsigned n;
    int ret = 0;

    memory_region_transaction_begin();
    for (n = 0; n < vdev->num_queues; n++) {
        if (vdev->queues[n] && vdev->queues[n]->enabled) {
            ret = virtio_bus_set_host_notifier(bus, n, true);
            if (ret < 0) {
                break;
            }
        }
    }
    memory_region_transaction_commit();
    trace_virtio_ioeventfd(vdev, true, ret);
    if (ret < 0) {
        virtio_device_stop_ioeventfd_impl(vdev);
        return ret;
    }
    for (n = 0; n < vdev->num_queues; n++) {
        VirtQueue *vq = vdev->queues[n];

        if (vq) {
            virtio_queue_listen(vq);
        }
    }
    return 0;
}

void virtio_device_stop_ioeventfd_impl(VirtIODevice *vdev)
{
    VirtioBusState *bus = VIRTIO_BUS(qdev_get_parent_bus(DEVICE(vdev)));

    trace_virtio_ioeventfd(vdev, false, 0);
    memory_region_transaction_begin();
    for (unsigned n = 0; n < vdev->num_queues; n++) {
        VirtQueue *vq = vdev->queues[n];

        if (vq && vq->side->host_notifier_on) {
            virtio_queue_stop_listening(vq);
            virtio_bus_set_host_notifier(bus, n, false);
        }
    }
    memory_region_transaction_commit();
}

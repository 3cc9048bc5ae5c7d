/*
 * What the files of the virtio core share and devices do not see.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_INTERNAL_H
#define HW_VIRTIO_INTERNAL_H

#include "hw/virtio/virtio.h"
#include "hw/virtio/virtio-bus.h"
#include "hw/virtio/virtqueue-internal.h"

/* The device's side of a queue. */
typedef struct VirtQueueSide {
    struct rcu_head rcu;        /* a CPU may ring while the queue goes away */
    VirtQueue *vq;
    VirtIOHandleOutput handle_output;
    EventNotifier host_notifier;    /* once made, kept until then */
    uint64_t kicks, interrupts; /* written by the queue's owner */
    bool host_notifier_on;      /* connected by the transport */
    bool handler_on;            /* its handler is in the event loop */
    QEMUBH *bell;               /* rings it without the kernel */
    AioContext *bell_ctx;
} VirtQueueSide;

/* An address space as the rings of one device see it (virtqueue-memory.c). */
struct VirtIOMemory {
    VirtQueueMemory ring;
    AddressSpace *as;
    MemoryListener listener;
};

VirtIOMemory *virtio_memory_new(AddressSpace *as);
void virtio_memory_free(VirtIOMemory *memory);

/* Flow of a notification from the driver, in the queue's event loop. */
void virtio_queue_run(VirtQueue *vq);
/* The eventfd's handler. */
void virtio_queue_host_notifier_read(EventNotifier *e);

/*
 * virtio-notify.c: the eventfd's handler goes into the queue's loop, where the
 * transport has connected it and nobody else has the queue; and out of it.
 */
void virtio_queue_listen(VirtQueue *vq);
void virtio_queue_stop_listening(VirtQueue *vq);
/* virtio.c: may the queues move, as far as driver, machine and bus go? */
bool virtio_may_run(const VirtIODevice *vdev);

/* virtio-threads.c: a host notifier is rung by threads of ours, or not. */
void virtio_queue_bell_on(VirtQueue *vq);
void virtio_queue_bell_off(VirtQueue *vq);
/* RCU callback. */
void virtio_queue_side_free(VirtQueueSide *side);
void virtio_threads_forget(VirtIODevice *vdev);
/* virtio.c: a thread found the device broken. */
void virtio_error_bh(void *opaque);


/* Raise the interrupt of @vector through the transport. */
void virtio_notify_vector(VirtIODevice *vdev, uint16_t vector);

/* The features decide layout and options of all queues. */
void virtio_queues_apply_features(VirtIODevice *vdev);

#endif

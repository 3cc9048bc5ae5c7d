/*
 * The entropy device: fills the driver's buffers with bytes from a source that the
 * user chooses, so many in a period of guest time. VIRTIO 1.4 section 5.4.
 *
 * Buffers stay in the ring until bytes have come for them: nothing is held between
 * two events, so there is nothing to give back at reset and nothing to save.
 * docs/devel/adding-a-device.rst walks through this file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-rng.h"
#include "trace.h"

#define QUEUE_SIZE  8

/* --- from the source into buffers --- */

static bool can_run(VirtIORNG *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    return virtio_device_started(vdev, vdev->status) && vdev->vm_running;
}

/* The driver chooses the buffers: as many as the ring has, of any size. */
static void fill_buffers(VirtIORNG *s, const uint8_t *bytes, size_t size)
{
    VirtQueueElement *elem;
    bool used = false;

    for (unsigned n = 0; n < QUEUE_SIZE && size > 0; n++) {
        size_t part;

        elem = virtqueue_pop(s->vq, sizeof(*elem));
        if (!elem) {
            break;
        }
        part = iov_from_buf(elem->in_sg, elem->in_num, 0, bytes, size);
        virtqueue_push(s->vq, elem, part);
        trace_virtio_rng_pushed(s, part);
        g_free(elem);
        bytes += part;
        size -= part;
        s->quota -= part;
        used = true;
    }
    if (used) {
        virtio_notify(VIRTIO_DEVICE(s), s->vq);
    }
}

static void ask_for_bytes(VirtIORNG *s);

/* An entry into the device: a buffer may be its own registers. */
static void bytes_came(void *opaque, const void *bytes, size_t size)
{
    VirtIORNG *s = opaque;
    MemReentrancyFrame frame;

    s->asked = false;
    if (!mem_reentrancy_enter(&frame,
                              virtio_reentrancy_guard(VIRTIO_DEVICE(s)))) {
        return;
    }
    if (can_run(s) && size > 0) {
        fill_buffers(s, bytes, MIN(size, s->quota));
        ask_for_bytes(s);
    }
    mem_reentrancy_leave(&frame);
}

/* The first byte of a period starts its clock; without a limit there is none. */
static void count_period(VirtIORNG *s)
{
    if (s->max_bytes < INT64_MAX && !timer_pending(&s->period)) {
        timer_mod(&s->period, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                              s->period_ms);
    }
}

static void ask_for_bytes(VirtIORNG *s)
{
    unsigned room = 0;

    if (s->asked || s->quota == 0 || !can_run(s) || virtio_queue_empty(s->vq)) {
        return;
    }
    virtqueue_get_avail_bytes(s->vq, &room, NULL, RNG_REQUEST_MAX, 0);
    count_period(s);
    s->asked = true;
    trace_virtio_rng_request(s, room, s->quota);
    /* Buffers without room go back when the one byte comes. */
    rng_backend_request_entropy(s->source, MIN(MAX(room, 1), s->quota),
                                bytes_came, s);
}

static void handle_buffers(VirtIODevice *vdev, VirtQueue *vq)
{
    ask_for_bytes(VIRTIO_RNG(vdev));
}

static void period_ended(void *opaque)
{
    VirtIORNG *s = opaque;

    s->quota = s->max_bytes;
    ask_for_bytes(s);
}

/* --- what the core asks for --- */

static bool get_features(VirtIODevice *vdev, VirtioFeatures *features,
                         Error **errp)
{
    return true;                /* none but those of every device */
}

/* Buffers may wait in the ring since the machine stopped. */
static int set_status(VirtIODevice *vdev, uint8_t status)
{
    qemu_bh_schedule(VIRTIO_RNG(vdev)->look);
    return 0;
}

static void look_at_ring(void *opaque)
{
    ask_for_bytes(opaque);
}

static void reset(VirtIODevice *vdev)
{
    VirtIORNG *s = VIRTIO_RNG(vdev);

    rng_backend_cancel_requests(s->source, s);
    s->asked = false;
}

/* --- life --- */

static bool check_properties(VirtIORNG *s, Error **errp)
{
    if (s->period_ms == 0) {
        error_setg(errp, "'period' parameter expects a positive integer");
        return false;
    }
    if (s->max_bytes > INT64_MAX) {
        error_setg(errp, "'max-bytes' parameter must be non-negative, "
                   "and less than 2^63");
        return false;
    }
    return true;
}

static void virtio_rng_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIORNG *s = VIRTIO_RNG(dev);

    if (!check_properties(s, errp)) {
        return;
    }
    if (!s->source) {
        s->own_source = RNG_BACKEND(object_new(TYPE_RNG_BUILTIN));
        s->source = s->own_source;
    }
    virtio_init(vdev, VIRTIO_ID_RNG, 0);
    s->vq = virtio_add_queue(vdev, QUEUE_SIZE, handle_buffers);
    s->quota = s->max_bytes;
    s->look = qemu_bh_new_guarded(look_at_ring, s,
                                  virtio_reentrancy_guard(vdev));
    timer_init_ms(&s->period, QEMU_CLOCK_VIRTUAL, period_ended, s);
    timer_set_guard(&s->period, virtio_reentrancy_guard(vdev));
}

static void virtio_rng_unrealize(DeviceState *dev)
{
    VirtIORNG *s = VIRTIO_RNG(dev);

    rng_backend_cancel_requests(s->source, s);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    timer_deinit(&s->period);
    qemu_bh_delete(s->look);
    if (s->own_source) {
        s->source = NULL;
        object_unref(OBJECT(s->own_source));
        s->own_source = NULL;
    }
}

static const VMStateDescription vmstate_virtio_rng = {
    .name = "virtio-rng",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIORNG),
        VMSTATE_END_OF_LIST()
    },
};

static const Property virtio_rng_properties[] = {
    DEFINE_PROP_LINK("rng", VirtIORNG, source, TYPE_RNG_BACKEND, RngBackend *,
                     .description = "where the bytes come from; without it the "
                     "host's"),
    DEFINE_PROP_UINT64("max-bytes", VirtIORNG, max_bytes, INT64_MAX,
                       .description = "bytes that the guest gets in a period"),
    DEFINE_PROP_UINT32("period", VirtIORNG, period_ms, 1 << 16,
                       .description = "milliseconds of a period"),
};

static void virtio_rng_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_rng;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, virtio_rng_properties);
    vdc->realize = virtio_rng_realize;
    vdc->unrealize = virtio_rng_unrealize;
    vdc->get_features = get_features;
    vdc->set_status = set_status;
    vdc->reset = reset;
}

static const TypeInfo virtio_rng_info = {
    .name = TYPE_VIRTIO_RNG,
    .parent = TYPE_VIRTIO_DEVICE,
    .class_init = virtio_rng_class_init,
    .instance_size = sizeof(VirtIORNG),
};

static void virtio_rng_register(void)
{
    type_register_static(&virtio_rng_info);
}

type_init(virtio_rng_register)

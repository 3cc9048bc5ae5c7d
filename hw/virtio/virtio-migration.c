/*
 * The state of a virtio device and its rings in a stream. What comes in is checked
 * as if the guest had written it: sizes, indices, features and vectors that cannot
 * be are refused, and the machine that sent them goes on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/virtio/virtio-internal.h"

/* A queue as it stands in the stream. */
typedef struct VirtQueueSaved {
    uint64_t desc, driver, device;
    uint32_t inuse;
    uint16_t num;
    uint16_t num_max;
    uint16_t vector;
    uint16_t last_avail;
    uint16_t used_idx;
    bool avail_wrap;
    bool used_wrap;
    bool enabled;
    bool notification;
} VirtQueueSaved;

static const VMStateDescription vmstate_virtqueue = {
    .name = "virtqueue",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(desc, VirtQueueSaved),
        VMSTATE_UINT64(driver, VirtQueueSaved),
        VMSTATE_UINT64(device, VirtQueueSaved),
        VMSTATE_UINT32(inuse, VirtQueueSaved),
        VMSTATE_UINT16(num, VirtQueueSaved),
        VMSTATE_UINT16(num_max, VirtQueueSaved),
        VMSTATE_UINT16(vector, VirtQueueSaved),
        VMSTATE_UINT16(last_avail, VirtQueueSaved),
        VMSTATE_UINT16(used_idx, VirtQueueSaved),
        VMSTATE_BOOL(avail_wrap, VirtQueueSaved),
        VMSTATE_BOOL(used_wrap, VirtQueueSaved),
        VMSTATE_BOOL(enabled, VirtQueueSaved),
        VMSTATE_BOOL(notification, VirtQueueSaved),
        VMSTATE_END_OF_LIST()
    },
};

static void make_room(VirtIODevice *vdev)
{
    g_free(vdev->saved);
    vdev->saved_count = virtio_get_num_queues(vdev);
    vdev->saved = g_new0(VirtQueueSaved, vdev->saved_count);
}

static int virtio_state_pre_save(void *opaque)
{
    VirtIODevice *vdev = opaque;

    make_room(vdev);
    for (unsigned i = 0; i < vdev->saved_count; i++) {
        const VirtQueue *vq = vdev->queues[i];

        if (vq) {
            vdev->saved[i] = (VirtQueueSaved){
                .desc = vq->desc.addr,
                .driver = vq->driver.addr,
                .device = vq->device.addr,
                .inuse = vq->inuse,
                .num = vq->num,
                .num_max = vq->num_max,
                .vector = vq->vector,
                .last_avail = vq->last_avail,
                .used_idx = vq->used_idx,
                .avail_wrap = vq->avail_wrap,
                .used_wrap = vq->used_wrap,
                .enabled = vq->enabled,
                .notification = vq->notification,
            };
        }
    }
    return 0;
}

static int virtio_state_post_save(void *opaque)
{
    VirtIODevice *vdev = opaque;

    g_clear_pointer(&vdev->saved, g_free);
    return 0;
}

static int virtio_state_pre_load(void *opaque)
{
    make_room(opaque);
    return 0;
}

/* Can the ring have been in this state? */
static bool ring_possible(const VirtQueue *vq, const VirtQueueSaved *s)
{

    if (s->num == 0 || s->num > vq->num_max || s->inuse > s->num) {
        return false;
    }
    if (!vq->ops->packed) {
        return (s->num & (s->num - 1)) == 0 &&
               (uint16_t)(s->last_avail - s->used_idx) >= s->inuse;
    }
    return s->last_avail < s->num && s->used_idx < s->num;
}

static bool load_queue(VirtIODevice *vdev, unsigned n, const VirtQueueSaved *s,
                       Error **errp)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (!vq || s->num_max != vq->num_max || !ring_possible(vq, s)) {
        error_setg(errp, "%s: queue %u: size %u of %u, indices %u and %u, "
                   "%u in use cannot be", vdev->name, n, s->num, s->num_max,
                   s->last_avail, s->used_idx, s->inuse);
        return false;
    }
    vq->num = s->num;
    vq->desc.addr = s->desc;
    vq->driver.addr = s->driver;
    vq->device.addr = s->device;
    if (s->enabled &&
        !virtqueue_core_enable(vq, s->desc, s->driver, s->device)) {
        error_setg(errp, "%s: queue %u: areas at 0x%" PRIx64 ", 0x%" PRIx64
                   " and 0x%" PRIx64 " cannot be", vdev->name, n, s->desc,
                   s->driver, s->device);
        return false;
    }
    vq->vector = s->vector;
    vq->last_avail = vq->shadow_avail = s->last_avail;
    vq->used_idx = s->used_idx;
    vq->avail_wrap = s->avail_wrap;
    vq->used_wrap = s->used_wrap;
    vq->inuse = s->inuse;
    vq->notification = s->notification;
    vq->broken = vdev->broken;
    /* Whether the driver was told of the last entries is not known: tell it. */
    vq->unsignalled = VIRTQUEUE_UNSIGNALLED_MAX;
    return true;
}

/* Are the driver's features what the device works with? */
static bool features_valid(const VirtIODevice *vdev)
{
    return vdev->legacy || (vdev->status & VIRTIO_CONFIG_S_FEATURES_OK);
}

static bool features_possible(VirtIODevice *vdev, Error **errp)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    const VirtioFeatures *f = &vdev->guest_features;

    if (virtio_features_subset(*f, vdev->host_features) &&
        (!vdev->legacy || !(f->w[0] >> 32 || f->w[1])) &&
        (vdev->legacy || !vdc->validate_features ||
         vdc->validate_features(vdev, f) == 0)) {
        return true;
    }
    error_setg(errp, "%s: the features 0x%" PRIx64 "%016" PRIx64 " were not "
               "offered or do not go together", vdev->name, f->w[1], f->w[0]);
    return false;
}

static bool status_possible(const VirtIODevice *vdev, Error **errp)
{
    bool features_ok = vdev->status & VIRTIO_CONFIG_S_FEATURES_OK;
    bool driver_ok = vdev->status & VIRTIO_CONFIG_S_DRIVER_OK;

    if ((driver_ok && !features_ok && !vdev->legacy) ||
        (vdev->legacy_kicked && !vdev->legacy)) {
        error_setg(errp, "%s: the status 0x%02x cannot be", vdev->name,
                   vdev->status);
        return false;
    }
    return true;
}

static bool virtio_state_post_load(void *opaque, int version_id, Error **errp)
{
    VirtIODevice *vdev = opaque;
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    g_autofree VirtQueueSaved *saved = g_steal_pointer(&vdev->saved);
    VIRTIO_HOLD_GUARD(vdev);

    if (!status_possible(vdev, errp) ||
        (features_valid(vdev) && !features_possible(vdev, errp))) {
        return false;
    }
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        if (vdev->queues[i]) {
            virtqueue_core_reset(vdev->queues[i]);
        }
    }
    if (features_valid(vdev)) {
        virtio_queues_apply_features(vdev);
        if (vdc->set_features) {
            vdc->set_features(vdev);
        }
    }
    for (unsigned i = 0; i < vdev->saved_count; i++) {
        if (vdev->queues[i] && !load_queue(vdev, i, &saved[i], errp)) {
            return false;
        }
    }
    vdev->started = virtio_device_started(vdev, vdev->status);
    if (k->vectors_loaded && !k->vectors_loaded(bus->parent)) {
        error_setg(errp, "%s: interrupt vectors that do not exist", vdev->name);
        return false;
    }
    return true;
}

const VMStateDescription vmstate_virtio_device = {
    .name = "virtio",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = virtio_state_pre_save,
    .post_save = virtio_state_post_save,
    .pre_load = virtio_state_pre_load,
    .post_load_errp = virtio_state_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16_EQUAL(device_id, VirtIODevice, "another kind of device"),
        VMSTATE_UINT8(status, VirtIODevice),
        VMSTATE_UINT8(isr, VirtIODevice),
        VMSTATE_UINT16(queue_sel, VirtIODevice),
        VMSTATE_UINT64_ARRAY(guest_features.w, VirtIODevice,
                             VIRTIO_FEATURE_WORDS),
        VMSTATE_UINT16(config_vector, VirtIODevice),
        VMSTATE_UINT8(generation, VirtIODevice),
        VMSTATE_BOOL(config_changed, VirtIODevice),
        VMSTATE_BOOL(broken, VirtIODevice),
        VMSTATE_BOOL(legacy, VirtIODevice),
        VMSTATE_BOOL(legacy_kicked, VirtIODevice),
        VMSTATE_UINT32_EQUAL(saved_count, VirtIODevice,
                             "another number of queues"),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(saved, VirtIODevice, saved_count,
                                             vmstate_virtqueue,
                                             struct VirtQueueSaved),
        VMSTATE_END_OF_LIST()
    },
};

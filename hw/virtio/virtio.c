/*
 * The virtio device: queues, features, status, reset, errors, realize. Config space
 * is in virtio-config-io.c, notifications both ways in virtio-notify.c, state for
 * migration in virtio-migration.c, the rings in virtqueue*.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/virtio/virtio-internal.h"
#include "system/runstate.h"
#include "trace.h"

/* Status bits that the driver sets. */
#define DRIVER_STATUS   (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
                         VIRTIO_CONFIG_S_DRIVER_OK |                            \
                         VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_FAILED)

/* --- queues --- */

static void queue_broke_rules(VirtQueue *vq, const char *message)
{
    virtio_error(vq->vdev, "queue %u: %s", vq->queue_index, message);
}

VirtQueue *virtio_get_queue(VirtIODevice *vdev, int n)
{
    return n >= 0 && n < (int)vdev->num_queues ? vdev->queues[n] : NULL;
}

uint16_t virtio_get_queue_index(const VirtQueue *vq)
{
    return vq->queue_index;
}

unsigned virtio_get_num_queues(VirtIODevice *vdev)
{
    unsigned last = 0;

    for (unsigned i = 0; i < vdev->num_queues; i++) {
        last = vdev->queues[i] ? i + 1 : last;
    }
    return last;
}

int virtio_queue_get_num(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    return vq ? vq->num : 0;
}

int virtio_queue_get_max_num(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    return vq ? vq->num_max : 0;
}

bool virtio_queue_enabled(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    return vq && vq->enabled;
}

/* The first slot that is free; the table grows as it is used. */
static unsigned free_slot(VirtIODevice *vdev)
{
    unsigned slot = 0;

    while (slot < vdev->num_queues && vdev->queues[slot]) {
        slot++;
    }
    if (slot == vdev->num_queues) {
        unsigned slots = MIN(VIRTIO_QUEUE_MAX, MAX(4, slot * 2));

        vdev->queues = g_renew(VirtQueue *, vdev->queues, slots);
        memset(&vdev->queues[slot], 0,
               (slots - slot) * sizeof(vdev->queues[0]));
        vdev->num_queues = slots;
    }
    return slot;
}

VirtQueue *virtio_add_queue(VirtIODevice *vdev, int queue_size,
                            VirtIOHandleOutput handle_output)
{
    unsigned slot = free_slot(vdev);
    VirtQueue *vq = g_new0(VirtQueue, 1);

    assert(slot < VIRTIO_QUEUE_MAX);
    assert(queue_size > 0 && queue_size <= VIRTQUEUE_MAX_SIZE);
    virtqueue_core_init(vq, vdev->memory ? &vdev->memory->ring : NULL,
                        queue_size, queue_broke_rules);
    vq->vdev = vdev;
    vq->queue_index = slot;
    vq->vector = VIRTIO_NO_VECTOR;
    vq->ctx = qemu_get_aio_context();
    vq->quiet = true;
    vq->side = g_new0(VirtQueueSide, 1);
    vq->side->vq = vq;
    vq->side->handle_output = handle_output;
    vdev->queues[slot] = vq;
    return vq;
}

void virtio_delete_queue(VirtQueue *vq)
{
    assert(!vq->side->host_notifier_on);
    vq->vdev->queues[vq->queue_index] = NULL;
    virtqueue_core_destroy(vq);
    call_rcu(vq->side, virtio_queue_side_free, rcu);
    g_free(vq);
}

void virtio_del_queue(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (vq) {
        virtio_delete_queue(vq);
    }
}

bool virtio_queue_set_num(VirtIODevice *vdev, int n, unsigned num)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    bool packed = virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED);

    /* Section 4.1.4.3.2: any size on packed rings, else a power of two. */
    if (!vq || vq->enabled || num == 0 || num > vq->num_max ||
        (!packed && (num & (num - 1)))) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: queue %d: size %u refused\n",
                      vdev->name, n, num);
        return false;
    }
    vq->num = num;
    return true;
}

void virtio_queue_set_rings(VirtIODevice *vdev, int n, hwaddr desc,
                            hwaddr driver, hwaddr device)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (vq && !vq->enabled) {
        vq->desc.addr = desc;
        vq->driver.addr = driver;
        vq->device.addr = device;
    }
}

void virtio_queue_get_rings(VirtIODevice *vdev, int n, hwaddr *desc,
                            hwaddr *driver, hwaddr *device)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    *desc = vq ? vq->desc.addr : 0;
    *driver = vq ? vq->driver.addr : 0;
    *device = vq ? vq->device.addr : 0;
}

bool virtio_queue_enable(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    bool negotiated = vdev->legacy ||
                      (vdev->status & VIRTIO_CONFIG_S_FEATURES_OK);
    VIRTIO_HOLD_GUARD(vdev);

    if (!vq || vq->enabled || vdev->broken || !negotiated ||
        !virtqueue_core_enable(vq, vq->desc.addr, vq->driver.addr,
                               vq->device.addr)) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: queue %d: enabling refused\n",
                      vdev->name, n);
        return false;
    }
    trace_virtio_queue_enable(vdev, n, vq->num, vq->desc.addr, vq->driver.addr,
                              vq->device.addr);
    if (vdc->queue_enable && (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        vdc->queue_enable(vdev, n);
    }
    return true;
}

bool virtio_queue_enable_legacy(VirtIODevice *vdev, int n, hwaddr addr,
                                unsigned align)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    hwaddr driver, device;

    if (!vq) {
        return false;
    }
    /* The available ring has room for used_event, negotiated or not. */
    driver = addr + sizeof(struct vring_desc) * vq->num;
    device = ROUND_UP(driver + sizeof(uint16_t) * (3 + vq->num), align);
    virtio_queue_set_rings(vdev, n, addr, driver, device);
    return virtio_queue_enable(vdev, n);
}

/* Ring options follow from the features, for queues as they are reset. */
static void queue_apply_features(VirtIODevice *vdev, VirtQueue *vq)
{
    bool packed = virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED);

    vq->event_idx = virtio_vdev_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX);
    vq->indirect = virtio_vdev_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC);
    vq->notify_on_empty =
        virtio_vdev_has_feature(vdev, VIRTIO_F_NOTIFY_ON_EMPTY);
    if (virtio_vdev_has_feature(vdev, VIRTIO_F_IN_ORDER)) {
        virtqueue_core_set_layout(vq, packed ? &virtqueue_packed_inorder_ops :
                                  &virtqueue_split_inorder_ops);
    } else {
        virtqueue_core_set_layout(vq, packed ? &virtqueue_packed_ops :
                                  &virtqueue_split_ops);
    }
}

void virtio_queues_apply_features(VirtIODevice *vdev)
{
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        if (vdev->queues[i]) {
            queue_apply_features(vdev, vdev->queues[i]);
        }
    }
}

void virtio_queue_reset(VirtIODevice *vdev, int n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    bool broken = vdev->broken;
    VIRTIO_HOLD_GUARD(vdev);

    if (!vq) {
        return;
    }
    trace_virtio_queue_reset(vdev, n);
    if (vdc->queue_reset) {
        vdc->queue_reset(vdev, n);
    }
    virtqueue_core_reset(vq);
    vq->broken = broken;
    vq->vector = VIRTIO_NO_VECTOR;
    queue_apply_features(vdev, vq);
}

/* --- status --- */

bool virtio_may_run(const VirtIODevice *vdev)
{
    return vdev->started && vdev->vm_running && !vdev->disabled;
}

/*
 * May queues move, and are they notified by eventfd? Follows from status, run
 * state, bus mastering and errors; called after any of them changed.
 */
static void update_running(VirtIODevice *vdev)
{
    VirtioBusState *bus = VIRTIO_BUS(qdev_get_parent_bus(DEVICE(vdev)));
    bool may_run;

    vdev->started = virtio_device_started(vdev, vdev->status);
    may_run = virtio_may_run(vdev);
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        if (vdev->queues[i]) {
            vdev->queues[i]->quiet = !may_run || vdev->queues[i]->outside;
        }
    }
    if (may_run && (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
        virtio_bus_start_ioeventfd(bus);
    } else {
        virtio_bus_stop_ioeventfd(bus);
    }
}

static void device_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);

    if (vdc->set_status) {
        vdc->set_status(vdev, status);
    }
}

/* Section 3.1.1, step 5 and 6: can the device work with what was accepted? */
static bool features_acceptable(VirtIODevice *vdev)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    const char *why = NULL;

    if (!virtio_features_subset(vdev->guest_features, vdev->host_features)) {
        why = "features that were not offered";
    } else if (virtio_host_has_feature(vdev, VIRTIO_F_VERSION_1) &&
               !virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
        why = "no VERSION_1";
    } else if (virtio_host_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM) &&
               !virtio_vdev_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM)) {
        why = "no ACCESS_PLATFORM";
    } else if (vdc->validate_features &&
               vdc->validate_features(vdev, &vdev->guest_features) < 0) {
        why = "features that do not go together";
    }
    if (why) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: driver accepts %s\n", vdev->name,
                      why);
    }
    return !why;
}

static void take_features(VirtIODevice *vdev)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);

    trace_virtio_set_features(vdev, vdev->guest_features.w[0],
                              vdev->guest_features.w[1]);
    virtio_queues_apply_features(vdev);
    if (vdc->set_features) {
        vdc->set_features(vdev);
    }
}

void virtio_set_status(VirtIODevice *vdev, uint8_t status)
{
    uint8_t old = vdev->status;
    uint8_t added;
    VIRTIO_HOLD_GUARD(vdev);

    trace_virtio_set_status(vdev, status);
    if (status == 0) {
        virtio_reset(vdev);
        return;
    }
    status = (status & DRIVER_STATUS) | (old & VIRTIO_CONFIG_S_NEEDS_RESET);
    added = status & ~old;
    if (old & ~status) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: status 0x%x cannot become 0x%x\n",
                      vdev->name, old, status);
        return;
    }
    if (added & VIRTIO_CONFIG_S_FEATURES_OK) {
        if ((old & VIRTIO_CONFIG_S_DRIVER_OK) || !features_acceptable(vdev)) {
            status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
        } else {
            take_features(vdev);
        }
    }
    if ((added & VIRTIO_CONFIG_S_DRIVER_OK) && !vdev->legacy &&
        !(status & VIRTIO_CONFIG_S_FEATURES_OK)) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: DRIVER_OK without FEATURES_OK\n",
                      vdev->name);
        status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
    }
    if (status == old) {
        return;
    }
    vdev->status = status;
    update_running(vdev);
    device_set_status(vdev, status);
}

void virtio_set_features_window(VirtIODevice *vdev, uint32_t select,
                                uint32_t bits)
{
    if (vdev->status & (VIRTIO_CONFIG_S_FEATURES_OK |
                        VIRTIO_CONFIG_S_DRIVER_OK)) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: features written too late\n",
                      vdev->name);
        return;
    }
    virtio_features_set_window(&vdev->guest_features, select, bits);
}

void virtio_set_legacy(VirtIODevice *vdev)
{
    if (!(vdev->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
        vdev->legacy = true;
    }
}

void virtio_set_legacy_features(VirtIODevice *vdev, uint32_t bits)
{
    if (vdev->status & (VIRTIO_CONFIG_S_FEATURES_OK |
                        VIRTIO_CONFIG_S_DRIVER_OK)) {
        return;
    }
    VIRTIO_HOLD_GUARD(vdev);
    virtio_set_legacy(vdev);
    vdev->guest_features =
        virtio_features_and(VIRTIO_FEATURES_LOW(bits), vdev->host_features);
    take_features(vdev);
}

void virtio_reset(VirtIODevice *vdev)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);
    VIRTIO_HOLD_GUARD(vdev);

    trace_virtio_reset(vdev);
    vdev->status = 0;
    vdev->legacy_kicked = false;
    update_running(vdev);
    device_set_status(vdev, 0);
    if (vdc->reset) {
        vdc->reset(vdev);
    }
    vdev->legacy = false;
    qatomic_set(&vdev->broken, false);
    if (vdev->error_bh) {
        qemu_bh_cancel(vdev->error_bh);
    }
    vdev->guest_features = VIRTIO_FEATURES_NONE;
    vdev->queue_sel = 0;
    vdev->config_vector = VIRTIO_NO_VECTOR;
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        VirtQueue *vq = vdev->queues[i];

        if (vq) {
            virtqueue_core_reset(vq);
            vq->vector = VIRTIO_NO_VECTOR;
            queue_apply_features(vdev, vq);
        }
    }
    qatomic_set(&vdev->isr, 0);
    virtio_notify_vector(vdev, VIRTIO_NO_VECTOR);
}

void virtio_set_disabled(VirtIODevice *vdev, bool disable)
{
    if (vdev->disabled != disable) {
        VIRTIO_HOLD_GUARD(vdev);

        vdev->disabled = disable;
        update_running(vdev);
        if (vdev->started) {
            device_set_status(vdev, vdev->status);
        }
    }
}

static void vm_state_changed(void *opaque, bool running, RunState state)
{
    VirtIODevice *vdev = opaque;
    VIRTIO_HOLD_GUARD(vdev);

    vdev->vm_running = running;
    update_running(vdev);
    if (vdev->started) {
        device_set_status(vdev, vdev->status);
    }
}

/* The queues of one loop, or with NULL all. */
static void break_queues(VirtIODevice *vdev, const AioContext *ctx)
{
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        VirtQueue *vq = vdev->queues[i];

        if (vq && (!ctx || vq->ctx == ctx)) {
            vq->broken = true;
        }
    }
}

static bool any_queue_outside(const VirtIODevice *vdev)
{
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        if (vdev->queues[i] && vdev->queues[i]->outside) {
            return true;
        }
    }
    return false;
}

/* All queues stand still, and a driver that can know is told (section 2.1.2). */
static void device_broke(VirtIODevice *vdev)
{
    VIRTIO_HOLD_GUARD(vdev);

    break_queues(vdev, NULL);
    if (any_queue_outside(vdev)) {
        device_set_status(vdev, vdev->status);
    }
    if (virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
        vdev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
        virtio_notify_config(vdev);
    }
}

void virtio_error_bh(void *opaque)
{
    VirtIODevice *vdev = opaque;

    if (qatomic_read(&vdev->broken)) {
        device_broke(vdev);
    }
}

void virtio_error(VirtIODevice *vdev, const char *fmt, ...)
{
    g_autofree char *message = NULL;
    va_list ap;

    va_start(ap, fmt);
    message = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    qemu_log_mask(LOG_GUEST_ERROR, "%s: %s\n", vdev->name, message);
    trace_virtio_error(vdev, message);

    if (qatomic_xchg(&vdev->broken, true)) {
        return;
    }
    if (bql_forbidden()) {
        /* What is this thread's stops now, the rest a little later. */
        break_queues(vdev, qemu_get_current_aio_context());
        qemu_bh_schedule(vdev->error_bh);
    } else {
        device_broke(vdev);
    }
}

/* --- life --- */

void virtio_init(VirtIODevice *vdev, uint16_t device_id, size_t config_size)
{
    vdev->name = object_get_typename(OBJECT(vdev));
    vdev->device_id = device_id;
    vdev->status = 0;
    vdev->isr = 0;
    vdev->queue_sel = 0;
    vdev->config_vector = VIRTIO_NO_VECTOR;
    vdev->config_len = config_size;
    vdev->config = config_size ? g_malloc0(config_size) : NULL;
    vdev->guest_features = VIRTIO_FEATURES_NONE;
    vdev->broken = vdev->started = vdev->legacy = vdev->legacy_kicked = false;
    vdev->disabled = false;
    vdev->generation = 0;
    vdev->vm_running = runstate_is_running();
    vdev->vmstate = qdev_add_vm_change_state_handler(DEVICE(vdev),
                                                     vm_state_changed, vdev);
}

void virtio_cleanup(VirtIODevice *vdev)
{
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        virtio_del_queue(vdev, i);
    }
    g_clear_pointer(&vdev->queues, g_free);
    vdev->num_queues = 0;
    virtio_threads_forget(vdev);
    g_clear_pointer(&vdev->vmstate, qemu_del_vm_change_state_handler);
    g_clear_pointer(&vdev->config, g_free);
    g_clear_pointer(&vdev->saved, g_free);      /* of a load that failed */
    vdev->config_len = 0;
}

void virtio_instance_init_common(Object *proxy_obj, void *data,
                                 size_t vdev_size, const char *vdev_name)
{
    object_initialize_child_internal(proxy_obj, "virtio-backend", data,
                                     vdev_size, vdev_name);
    qdev_alias_all_properties(DEVICE(proxy_obj), OBJECT(data));
}

MemReentrancyGuard *virtio_reentrancy_guard(VirtIODevice *vdev)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(vdev));
    DeviceState *proxy = bus ? bus->parent : NULL;

    return &(proxy ? proxy : DEVICE(vdev))->mem_reentrancy_guard;
}

static void QEMU_NOINLINE virtio_device_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(dev);
    Error *err = NULL;

    if (vdc->realize) {
        vdc->realize(dev, &err);
        if (err) {
            error_propagate(errp, err);
            return;
        }
    }
    virtio_bus_device_plugged(vdev, &err);
    if (err) {
        if (vdc->unrealize) {
            vdc->unrealize(dev);
        }
        error_propagate(errp, err);
        return;
    }
    vdev->memory = virtio_memory_new(vdev->dma_as);
    for (unsigned i = 0; i < vdev->num_queues; i++) {
        if (vdev->queues[i]) {
            vdev->queues[i]->mem = &vdev->memory->ring;
        }
    }
    if (trace_event_enabled(virtio_init_device)) {
        g_autofree char *path = object_get_canonical_path(OBJECT(dev));

        trace_virtio_init_device(vdev, vdev->name, path);
    }
}

static void virtio_device_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(dev);

    /* The guest gets no further chance: as if it had reset the device. */
    virtio_reset(vdev);
    g_clear_pointer(&vdev->memory, virtio_memory_free);
    virtio_bus_device_unplugged(vdev);
    if (vdc->unrealize) {
        vdc->unrealize(dev);
    }
}

static const Property virtio_properties[] = {
    DEFINE_VIRTIO_COMMON_FEATURES(VirtIODevice, host_features),
};

static void virtio_device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->realize = virtio_device_realize;
    dc->unrealize = virtio_device_unrealize;
    dc->bus_type = TYPE_VIRTIO_BUS;
    device_class_set_props(dc, virtio_properties);
    vdc->start_ioeventfd = virtio_device_start_ioeventfd_impl;
    vdc->stop_ioeventfd = virtio_device_stop_ioeventfd_impl;
    vdc->legacy_features =
        VIRTIO_FEATURES_LOW(UINT64_C(1) << VIRTIO_F_NOTIFY_ON_EMPTY |
                            UINT64_C(1) << VIRTIO_F_ANY_LAYOUT);
}

static const TypeInfo virtio_device_info = {
    .name = TYPE_VIRTIO_DEVICE,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(VirtIODevice),
    .class_init = virtio_device_class_init,
    .abstract = true,
    .class_size = sizeof(VirtioDeviceClass),
};

static void virtio_register_types(void)
{
    type_register_static(&virtio_device_info);
}

type_init(virtio_register_types)

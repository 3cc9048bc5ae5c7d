/*
 * QMP commands that look into virtio devices: x-query-virtio and its kin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/virtio/vhost.h"
#include "hw/virtio/virtio-bus.h"
#include "hw/virtio/virtio-inspect.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/bswap.h"
#include "virtio-names.h"

/* What the legacy interface aligns the used ring to. */
#define RING_ALIGN      4096

/* "virtio-net" of virtio-net-device. */
static void put_name(json_object *info, const VirtIODevice *vdev)
{
    size_t len = strlen(vdev->name);
    bool suffix = g_str_has_suffix(vdev->name, "-device");
    g_autofree char *name = g_strndup(vdev->name,
                                      suffix ? len - strlen("-device") : len);

    json_put_str(info, "name", name);
}

static int add_device(Object *obj, void *list)
{
    VirtIODevice *vdev = (VirtIODevice *)
        object_dynamic_cast(obj, TYPE_VIRTIO_DEVICE);

    if (vdev && DEVICE(vdev)->realized) {
        g_autofree char *path = object_get_canonical_path(obj);
        json_object *info = json_object_new_object();

        json_put_str(info, "path", path);
        put_name(info, vdev);
        json_object_array_add(list, info);
    }
    return 0;
}

json_object *qmp_x_query_virtio(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();

    object_child_foreach_recursive(object_get_root(), add_device, list);
    return list;
}

static VirtIODevice *find_device(json_object *args, Error **errp)
{
    const char *path = json_get_str(args, "path");
    Object *obj = object_resolve_path(path, NULL);
    VirtIODevice *vdev = obj ? (VirtIODevice *)
        object_dynamic_cast(obj, TYPE_VIRTIO_DEVICE) : NULL;

    if (!vdev || !DEVICE(vdev)->realized) {
        error_setg(errp, "Path %s is not a VirtIODevice", path);
        return NULL;
    }
    return vdev;
}

/* --- counters --- */

static json_object *stats_json(VirtIODevice *vdev)
{
    g_autofree char *path = object_get_canonical_path(OBJECT(vdev));
    json_object *info = json_object_new_object();
    json_object *queues = json_object_new_array();
    VirtQueueView v;

    json_put_str(info, "path", path);
    put_name(info, vdev);
    for (unsigned n = 0; n < virtio_get_num_queues(vdev); n++) {
        json_object *queue;

        if (!virtio_queue_view(vdev, n, &v)) {
            continue;
        }
        queue = json_object_new_object();
        json_put_uint(queue, "index", n);
        json_put_uint(queue, "size", v.num);
        json_put_bool(queue, "enabled", v.enabled);
        json_put_uint(queue, "kicks", v.kicks);
        json_put_uint(queue, "interrupts", v.interrupts);
        json_object_array_add(queues, queue);
    }
    json_put(info, "queues", queues);
    return info;
}

static int add_stats(Object *obj, void *list)
{
    VirtIODevice *vdev = (VirtIODevice *)
        object_dynamic_cast(obj, TYPE_VIRTIO_DEVICE);

    if (vdev && DEVICE(vdev)->realized) {
        json_object_array_add(list, stats_json(vdev));
    }
    return 0;
}

json_object *qmp_x_query_virtio_stats(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();
    VirtIODevice *vdev;

    if (!json_haskey(args, "path")) {
        object_child_foreach_recursive(object_get_root(), add_stats, list);
        return list;
    }
    vdev = find_device(args, errp);
    if (!vdev) {
        json_object_put(list);
        return NULL;
    }
    json_object_array_add(list, stats_json(vdev));
    return list;
}

/* --- the device --- */

/* The texts of bits that are set, which leave @rest. */
static json_object *bit_texts(const VirtioBitName *names, VirtioFeatures *rest)
{
    json_object *list = json_object_new_array();

    for (; names->text; names++) {
        if (virtio_features_test(rest, names->bit)) {
            virtio_features_clear(rest, names->bit);
            json_object_array_add(list, json_object_new_string(names->text));
        }
    }
    return list;
}

static json_object *features_json(const VirtIODevice *vdev,
                                  VirtioFeatures features)
{
    json_object *info = json_object_new_object();

    json_put(info, "transports", bit_texts(virtio_core_names, &features));
    json_put(info, "dev-features",
             bit_texts(virtio_device_names(vdev->device_id), &features));
    if (features.w[0]) {
        json_put_uint(info, "unknown-dev-features", features.w[0]);
    }
    if (features.w[1]) {
        json_put_uint(info, "unknown-dev-features2", features.w[1]);
    }
    return info;
}

static json_object *status_json(const VirtIODevice *vdev)
{
    json_object *info = json_object_new_object();
    VirtioFeatures bits = VIRTIO_FEATURES_LOW(vdev->status);

    json_put(info, "statuses", bit_texts(virtio_status_names, &bits));
    if (bits.w[0]) {
        json_put_uint(info, "unknown-statuses", bits.w[0]);
    }
    return info;
}

/* --- who has the rings --- */

static struct VhostDev *vhost_of(VirtIODevice *vdev)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_GET_CLASS(vdev);

    return vdc->get_vhost ? vdc->get_vhost(vdev) : NULL;
}

static json_object *bits_json(uint64_t bits, const VirtioBitName *names)
{
    VirtioFeatures features = VIRTIO_FEATURES_LOW(bits);
    json_object *info = json_object_new_object();

    json_put(info, "protocols", bit_texts(names, &features));
    if (features.w[0]) {
        json_put_uint(info, "unknown-protocols", features.w[0]);
    }
    return info;
}

static json_object *vhost_json(const VirtIODevice *vdev, const VhostView *v)
{
    json_object *info = json_object_new_object();

    json_put_uint(info, "n-mem-sections", v->mem_sections);
    json_put_uint(info, "n-tmp-sections", v->mem_sections);
    json_put_uint(info, "nvqs", v->nvqs);
    json_put_int(info, "vq-index", 0);
    json_put(info, "features",
             features_json(vdev, VIRTIO_FEATURES_LOW(v->features)));
    json_put(info, "acked-features",
             features_json(vdev, VIRTIO_FEATURES_LOW(v->acked_features)));
    json_put(info, "backend-features",
             features_json(vdev, VIRTIO_FEATURES_NONE));
    json_put(info, "protocol-features",
             bits_json(v->protocol_features, vhost_protocol_names));
    json_put_uint(info, "max-queues", v->max_pairs);
    json_put_uint(info, "backend-cap", 0);
    json_put_bool(info, "log-enabled", false);
    json_put_uint(info, "log-size", 0);
    return info;
}

json_object *qmp_x_query_virtio_status(json_object *args, Error **errp)
{
    VirtIODevice *vdev = find_device(args, errp);
    VhostView vhost = { 0 };
    json_object *info;
    bool started;

    if (!vdev) {
        return NULL;
    }
    started = vhost_of(vdev) && vhost_dev_view(vhost_of(vdev), &vhost);
    info = json_object_new_object();
    put_name(info, vdev);
    json_put_uint(info, "device-id", vdev->device_id);
    json_put_bool(info, "vhost-started", started);
    if (started) {
        json_put(info, "vhost-dev", vhost_json(vdev, &vhost));
    }
    json_put(info, "guest-features", features_json(vdev, vdev->guest_features));
    json_put(info, "host-features", features_json(vdev, vdev->host_features));
    json_put(info, "backend-features",
             features_json(vdev, VIRTIO_FEATURES_LOW(vhost.features)));
    json_put_str(info, "device-endian", "little");
    json_put_int(info, "num-vqs", virtio_get_num_queues(vdev));
    json_put(info, "status", status_json(vdev));
    json_put_uint(info, "isr", qatomic_read(&vdev->isr));
    json_put_uint(info, "queue-sel", vdev->queue_sel);
    json_put_bool(info, "vm-running", vdev->vm_running);
    json_put_bool(info, "broken", vdev->broken);
    json_put_bool(info, "disabled", vdev->disabled);
    json_put_bool(info, "use-started", true);
    json_put_bool(info, "started", vdev->started);
    json_put_bool(info, "start-on-kick", vdev->legacy_kicked);
    json_put_bool(info, "disable-legacy-check", false);
    json_put_str(info, "bus-name", qdev_get_parent_bus(DEVICE(vdev))->name);
    json_put_bool(info, "use-guest-notifier-mask", false);
    return info;
}

/* --- queues --- */

static VirtIODevice *find_queue(json_object *args, VirtQueueView *view,
                                Error **errp)
{
    VirtIODevice *vdev = find_device(args, errp);
    uint16_t n = json_get_int(args, "queue", 0);

    if (vdev && !virtio_queue_view(vdev, n, view)) {
        error_setg(errp, "Invalid virtqueue number %u", n);
        return NULL;
    }
    return vdev;
}

json_object *qmp_x_query_virtio_queue_status(json_object *args, Error **errp)
{
    VirtQueueView v;
    VirtIODevice *vdev = find_queue(args, &v, errp);
    json_object *info;

    if (!vdev) {
        return NULL;
    }
    info = json_object_new_object();
    put_name(info, vdev);
    json_put_uint(info, "queue-index", json_get_int(args, "queue", 0));
    json_put_uint(info, "inuse", v.inuse);
    json_put_uint(info, "vring-num", v.num);
    json_put_uint(info, "vring-num-default", v.num_default);
    json_put_uint(info, "vring-align", RING_ALIGN);
    json_put_uint(info, "vring-desc", v.desc);
    json_put_uint(info, "vring-avail", v.driver);
    json_put_uint(info, "vring-used", v.device);
    json_put_uint(info, "last-avail-idx", v.last_avail);
    json_put_uint(info, "shadow-avail-idx", v.shadow_avail);
    json_put_uint(info, "used-idx", v.used_idx);
    json_put_uint(info, "signalled-used", v.signalled_used);
    json_put_bool(info, "signalled-used-valid", v.signalled_used_valid);
    return info;
}

json_object *qmp_x_query_virtio_vhost_queue_status(json_object *args,
                                                   Error **errp)
{
    VirtQueueView view;
    VirtIODevice *vdev = find_queue(args, &view, errp);
    VhostQueueView v;
    json_object *info;

    if (!vdev) {
        return NULL;
    }
    if (!vhost_of(vdev) ||
        !vhost_dev_queue_view(vhost_of(vdev), json_get_int(args, "queue", 0),
                              &v)) {
        error_setg(errp, "Error: vhost device has not started yet");
        return NULL;
    }
    info = json_object_new_object();
    put_name(info, vdev);
    json_put_int(info, "kick", v.kick_fd);
    json_put_int(info, "call", v.call_fd);
    json_put_uint(info, "desc", v.desc);
    json_put_uint(info, "avail", v.avail);
    json_put_uint(info, "used", v.used);
    json_put_int(info, "num", v.num);
    json_put_uint(info, "desc-phys", v.desc_addr);
    json_put_uint(info, "desc-size", v.desc_bytes);
    json_put_uint(info, "avail-phys", v.avail_addr);
    json_put_uint(info, "avail-size", v.avail_bytes);
    json_put_uint(info, "used-phys", v.used_addr);
    json_put_uint(info, "used-size", v.used_bytes);
    return info;
}

/* --- one element of a split ring --- */

static bool guest_read(VirtIODevice *vdev, hwaddr addr, void *to, size_t bytes)
{
    return address_space_read(vdev->dma_as, addr, MEMTXATTRS_UNSPECIFIED, to,
                              bytes) == MEMTX_OK;
}

static uint16_t guest_u16(VirtIODevice *vdev, hwaddr addr)
{
    uint16_t value = 0;

    guest_read(vdev, addr, &value, sizeof(value));
    return le16_to_cpu(value);
}

static json_object *flag_texts(unsigned flags)
{
    static const char *const names[] = { "next", "write", "indirect" };
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags >> i & 1) {
            json_object_array_add(list, json_object_new_string(names[i]));
        }
    }
    return list;
}

/* A chain, or as much of it as the driver made well; never longer than the ring. */
static json_object *chain_json(VirtIODevice *vdev, const VirtQueueView *v,
                               unsigned next)
{
    json_object *list = json_object_new_array();
    hwaddr table = v->desc;
    unsigned size = v->num;

    for (unsigned i = 0; i < v->num && next < size; i++) {
        struct vring_desc desc;
        unsigned flags;
        json_object *one;

        if (!guest_read(vdev, table + next * sizeof(desc), &desc,
                        sizeof(desc))) {
            break;
        }
        flags = le16_to_cpu(desc.flags);
        if ((flags & VRING_DESC_F_INDIRECT) && table == v->desc) {
            table = le64_to_cpu(desc.addr);
            size = le32_to_cpu(desc.len) / sizeof(desc);
            next = 0;
            continue;
        }
        one = json_object_new_object();
        json_put_uint(one, "addr", le64_to_cpu(desc.addr));
        json_put_uint(one, "len", le32_to_cpu(desc.len));
        json_put(one, "flags", flag_texts(flags));
        json_object_array_add(list, one);
        if (!(flags & VRING_DESC_F_NEXT)) {
            break;
        }
        next = le16_to_cpu(desc.next);
    }
    return list;
}

json_object *qmp_x_query_virtio_queue_element(json_object *args, Error **errp)
{
    VirtQueueView v;
    VirtIODevice *vdev = find_queue(args, &v, errp);
    json_object *info, *avail, *used;
    unsigned index;
    uint16_t head;

    if (!vdev) {
        return NULL;
    }
    if (v.packed || !v.enabled) {
        error_setg(errp, "Virtqueue %u has no available ring: %s",
                   (unsigned)json_get_int(args, "queue", 0),
                   v.packed ? "it is packed" : "it is not set up");
        return NULL;
    }
    index = json_get_int(args, "index", v.last_avail) % v.num;
    head = guest_u16(vdev, v.driver + 4 + 2 * index);
    avail = json_object_new_object();
    json_put_uint(avail, "flags", guest_u16(vdev, v.driver));
    json_put_uint(avail, "idx", guest_u16(vdev, v.driver + 2));
    json_put_uint(avail, "ring", head);
    used = json_object_new_object();
    json_put_uint(used, "flags", guest_u16(vdev, v.device));
    json_put_uint(used, "idx", guest_u16(vdev, v.device + 2));
    info = json_object_new_object();
    put_name(info, vdev);
    json_put_uint(info, "index", index);
    json_put(info, "descs", chain_json(vdev, &v, head));
    json_put(info, "avail", avail);
    json_put(info, "used", used);
    return info;
}

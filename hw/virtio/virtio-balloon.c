/*
 * The memory balloon: type, config space, and the queues on which pages come and
 * go (inflate, deflate, free page reporting). VIRTIO 1.4 section 5.5. Statistics
 * are in virtio-balloon-stats.c, hints in virtio-balloon-hint.c.
 *
 * A page that the guest gives is dropped at once; there is nothing to do when it
 * takes the page back, the host makes it again when it is touched. So the device
 * keeps no list of pages, and a driver that lies loses only its own data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/core/boards.h"
#include "hw/virtio/virtio-balloon-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qmp-event.h"
#include "qemu/aio.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "system/balloon.h"
#include "system/ram_addr.h"
#include "trace.h"

#define QUEUE_SIZE      128
/* Page numbers looked at, sorted and given back at one go. */
#define PAGE_SLICE      1024
/* Monitors hear of changes at most once in this time; the first soon. */
#define CHANGE_EVERY_MS 1000
#define CHANGE_SOON_MS  10

/* --- which queue is which --- */

static bool role_present(const VirtIOBalloon *s, BalloonRole role)
{
    static const unsigned features[BALLOON_ROLES] = {
        [BALLOON_STATS] = VIRTIO_BALLOON_F_STATS_VQ,
        [BALLOON_HINT] = VIRTIO_BALLOON_F_FREE_PAGE_HINT,
        [BALLOON_REPORT] = VIRTIO_BALLOON_F_REPORTING,
    };

    return role < BALLOON_STATS ||
           virtio_vdev_has_feature(&s->parent_obj, features[role]);
}

/*
 * The specification numbers queues by their role. Linux leaves those out whose
 * features it does not have and counts on: it is seen by its use of a number that
 * has no role.
 */
static bool driver_counts_on(VirtIOBalloon *s)
{
    for (unsigned i = BALLOON_STATS; i < BALLOON_ROLES; i++) {
        if (s->queues[i] && !role_present(s, i) &&
            virtio_queue_enabled(VIRTIO_DEVICE(s), i)) {
            return true;
        }
    }
    return false;
}

/* BALLOON_ROLES: none. */
static BalloonRole queue_role(VirtIOBalloon *s, unsigned index)
{
    unsigned number = 0;

    if (!driver_counts_on(s)) {
        return role_present(s, index) ? index : BALLOON_ROLES;
    }
    for (unsigned role = 0; role < BALLOON_ROLES; role++) {
        if (role_present(s, role) && number++ == index) {
            return role;
        }
    }
    return BALLOON_ROLES;
}

/* --- pages --- */

static int compare_pfns(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The fewest calls to the host: neighbours go together, in whatever order. */
static void drop_pfns(uint32_t *pfns, unsigned count)
{
    unsigned from = 0;

    qsort(pfns, count, sizeof(*pfns), compare_pfns);
    for (unsigned i = 1; i <= count; i++) {
        if (i == count || pfns[i] - pfns[i - 1] > 1) {
            uint64_t pages = (uint64_t)pfns[i - 1] - pfns[from] + 1;

            physical_memory_discard((hwaddr)pfns[from] <<
                                    VIRTIO_BALLOON_PFN_SHIFT,
                                    pages << VIRTIO_BALLOON_PFN_SHIFT);
            from = i;
        }
    }
}

static void inflate(VirtIOBalloon *s, const VirtQueueElement *elem)
{
    uint32_t pfns[PAGE_SLICE];
    size_t offset = 0;

    while (offset < elem->out_bytes) {
        unsigned count = iov_to_buf(elem->out_sg, elem->out_num, offset, pfns,
                                    sizeof(pfns)) / sizeof(*pfns);

        if (count == 0) {
            break;              /* what is left of a number */
        }
        for (unsigned i = 0; i < count; i++) {
            pfns[i] = le32_to_cpu(pfns[i]);
        }
        drop_pfns(pfns, count);
        offset += count * sizeof(*pfns);
    }
}

/* The pages themselves are the buffers. */
static void report(VirtIOBalloon *s, const VirtQueueElement *elem)
{
    RCU_READ_LOCK_GUARD();

    if (balloon_poisoned(s)) {
        return;                 /* they would come back as zero */
    }
    for (unsigned i = 0; i < elem->in_num; i++) {
        const struct iovec *iov = &elem->in_sg[i];
        ram_addr_t offset;
        RAMBlock *block = qemu_ram_block_from_host(iov->iov_base, false,
                                                   &offset);

        if (block && offset + iov->iov_len <= block->used_length) {
            ram_block_discard_range(block, offset, iov->iov_len);
        }
    }
}

/* --- queues --- */

/* False: there may be more chains. */
static bool handle_pages(VirtIOBalloon *s, VirtQueue *vq, BalloonRole role,
                         unsigned budget)
{
    VirtQueueElement *elem;
    bool any = false;

    while (budget > 0 && (elem = virtqueue_pop(vq, sizeof(*elem)))) {
        if (role == BALLOON_INFLATE) {
            inflate(s, elem);
        } else if (role == BALLOON_REPORT) {
            report(s, elem);
        }
        virtqueue_push(vq, elem, 0);
        g_free(elem);
        any = true;
        budget--;
    }
    if (any) {
        virtio_notify(VIRTIO_DEVICE(s), vq);
    }
    return budget > 0;
}

static bool balloon_running(const VirtIOBalloon *s)
{
    const VirtIODevice *vdev = &s->parent_obj;

    return vdev->vm_running && virtio_device_started(vdev, vdev->status);
}

static void balloon_handle(VirtIOBalloon *s, VirtQueue *vq)
{
    BalloonRole role = queue_role(s, virtio_get_queue_index(vq));
    bool done = true;

    switch (role) {
    case BALLOON_INFLATE:
    case BALLOON_DEFLATE:
    case BALLOON_REPORT:
        done = handle_pages(s, vq, role, QUEUE_SIZE);
        break;
    case BALLOON_STATS:
        balloon_stats_receive(s, vq);
        break;
    case BALLOON_HINT:
        done = balloon_hint_receive(s, vq, QUEUE_SIZE);
        break;
    default:
        break;
    }
    if (!done) {
        qemu_bh_schedule(s->more);      /* others have their turn first */
    }
}

static void balloon_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    if (balloon_running(s)) {
        balloon_handle(s, vq);
    }
}

static void balloon_handle_all(void *opaque)
{
    VirtIOBalloon *s = opaque;

    for (unsigned i = 0; i < BALLOON_ROLES && balloon_running(s); i++) {
        if (s->queues[i] && virtio_queue_ready(s->queues[i])) {
            balloon_handle(s, s->queues[i]);
        }
    }
}

/* --- what monitors ask and hear --- */

static uint64_t guest_bytes(const VirtIOBalloon *s)
{
    uint64_t taken = (uint64_t)s->actual << VIRTIO_BALLOON_PFN_SHIFT;

    return current_machine->ram_size - MIN(taken, current_machine->ram_size);
}

static uint64_t balloon_ops_actual(void *opaque)
{
    return guest_bytes(opaque);
}

static void balloon_ops_set_target(void *opaque, uint64_t bytes)
{
    VirtIOBalloon *s = opaque;
    uint64_t ram = current_machine->ram_size;

    s->num_pages = (ram - MIN(bytes, ram)) >> VIRTIO_BALLOON_PFN_SHIFT;
    trace_virtio_balloon_to_target(bytes, s->num_pages);
    virtio_notify_config(VIRTIO_DEVICE(s));
}

static const BalloonOps balloon_ops = {
    .set_target = balloon_ops_set_target,
    .actual = balloon_ops_actual,
    .hint_begin = balloon_hints_start,
    .hint_done = balloon_hints_complete,
    .hint_end = balloon_hints_stop,
    .page_unneeded = balloon_hints_have,
};

static void tell_change(void *opaque)
{
    VirtIOBalloon *s = opaque;
    json_object *data;

    if (s->told == s->actual) {
        return;
    }
    s->told = s->actual;
    s->changed_at = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    data = json_object_new_object();
    json_put_uint(data, "actual", guest_bytes(s));
    qmp_event_emit("BALLOON_CHANGE", data);
}

static void set_actual(VirtIOBalloon *s, uint32_t actual)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

    s->actual = actual;
    /* Old drivers write it byte by byte: the first look is not at once. */
    if (s->actual != s->told && !timer_pending(s->change)) {
        timer_mod(s->change, MAX(now + CHANGE_SOON_MS,
                                 s->changed_at + CHANGE_EVERY_MS));
    }
}

/* --- config space --- */

static void balloon_get_config(VirtIODevice *vdev, uint8_t *bytes)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);
    struct virtio_balloon_config config = {
        .num_pages = cpu_to_le32(s->num_pages),
        .actual = cpu_to_le32(s->actual),
        .free_page_hint_cmd_id = cpu_to_le32(s->hint.command),
        .poison_val = cpu_to_le32(s->poison_val),
    };

    trace_virtio_balloon_get_config(s->num_pages, s->actual);
    memcpy(bytes, &config, vdev->config_len);
}

static void balloon_set_config(VirtIODevice *vdev, const uint8_t *bytes)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);
    struct virtio_balloon_config config = { 0 };

    memcpy(&config, bytes, vdev->config_len);
    trace_virtio_balloon_set_config(le32_to_cpu(config.actual), s->actual);
    set_actual(s, le32_to_cpu(config.actual));
    if (virtio_vdev_has_feature(vdev, VIRTIO_BALLOON_F_PAGE_POISON)) {
        s->poison_val = le32_to_cpu(config.poison_val);
    }
}

static bool balloon_get_features(VirtIODevice *vdev, VirtioFeatures *features,
                                 Error **errp)
{
    *features = virtio_features_or(*features, VIRTIO_BALLOON(vdev)->features);
    virtio_features_set(features, VIRTIO_BALLOON_F_STATS_VQ);
    return true;
}

/* --- life --- */

static int balloon_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);
    bool running = virtio_device_started(vdev, status) && vdev->vm_running;

    balloon_stats_run(s, running);
    if (running) {
        balloon_hint_run(s);
        qemu_bh_schedule(s->more);
    } else {
        qemu_bh_cancel(s->more);
    }
    return 0;
}

static void balloon_reset(VirtIODevice *vdev)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    balloon_stats_drop(s);
    balloon_hint_reset(s);
    s->poison_val = 0;
    set_actual(s, 0);           /* what was in the balloon is forgotten */
}

static void balloon_queue_reset(VirtIODevice *vdev, uint32_t index)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    if (queue_role(s, index) == BALLOON_STATS) {
        balloon_stats_drop(s);
    }
}

static size_t config_bytes(const VirtIOBalloon *s)
{
    if (virtio_features_test(&s->features, VIRTIO_BALLOON_F_PAGE_POISON)) {
        return sizeof(struct virtio_balloon_config);
    }
    if (virtio_features_test(&s->features, VIRTIO_BALLOON_F_FREE_PAGE_HINT)) {
        return offsetof(struct virtio_balloon_config, poison_val);
    }
    return offsetof(struct virtio_balloon_config, free_page_hint_cmd_id);
}

static void balloon_device_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOBalloon *s = VIRTIO_BALLOON(dev);
    unsigned last = BALLOON_STATS;

    if (!balloon_register(&balloon_ops, s, errp)) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_BALLOON, config_bytes(s));
    if (virtio_features_test(&s->features, VIRTIO_BALLOON_F_REPORTING)) {
        last = BALLOON_REPORT;
    } else if (virtio_features_test(&s->features,
                                    VIRTIO_BALLOON_F_FREE_PAGE_HINT)) {
        last = BALLOON_HINT;
    }
    for (unsigned i = 0; i <= last; i++) {
        s->queues[i] = virtio_add_queue(vdev, QUEUE_SIZE,
                                        balloon_handle_output);
    }
    s->more = aio_bh_new_guarded(qemu_get_aio_context(), balloon_handle_all, s,
                                 virtio_reentrancy_guard(vdev));
    s->change = timer_new_ms(QEMU_CLOCK_REALTIME, tell_change, s);
    s->changed_at = INT64_MIN / 2;
    balloon_stats_init(s);
}

static void balloon_device_unrealize(DeviceState *dev)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(dev);

    balloon_unregister(s);
    balloon_stats_exit(s);
    balloon_hint_exit(s);
    g_clear_pointer(&s->more, qemu_bh_delete);
    g_clear_pointer(&s->change, timer_free);
    memset(s->queues, 0, sizeof(s->queues));
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

/* --- state --- */

static bool balloon_post_load(void *opaque, int version_id, Error **errp)
{
    balloon_hint_loaded(opaque);
    return true;
}

static const VMStateDescription vmstate_balloon = {
    .name = "virtio-balloon",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load_errp = balloon_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOBalloon),
        VMSTATE_UINT32(num_pages, VirtIOBalloon),
        VMSTATE_UINT32(actual, VirtIOBalloon),
        VMSTATE_UINT32(poison_val, VirtIOBalloon),
        VMSTATE_UINT32(hint.command, VirtIOBalloon),
        VMSTATE_UINT32(hint.last, VirtIOBalloon),
        VMSTATE_END_OF_LIST()
    },
};

/* --- type --- */

#define FEATURE_PROP(name, feature, on, help)                                \
    DEFINE_PROP_FEATURE_BIT(name, VirtIOBalloon, features,                   \
                            VIRTIO_BALLOON_F_##feature, on,                  \
                            .description = help)

static const Property balloon_properties[] = {
    FEATURE_PROP("must-tell-host", MUST_TELL_HOST, false,
                 "the driver says which pages it takes back, first"),
    FEATURE_PROP("deflate-on-oom", DEFLATE_ON_OOM, false,
                 "the guest takes pages back when it has no others"),
    FEATURE_PROP("free-page-hint", FREE_PAGE_HINT, false,
                 "the driver says on request which pages are free"),
    FEATURE_PROP("page-poison", PAGE_POISON, true,
                 "free pages are filled with a value that we are told"),
    FEATURE_PROP("free-page-reporting", REPORTING, false,
                 "the driver reports pages that become free"),
};

static void balloon_instance_init(Object *obj)
{
    balloon_stats_add_properties(obj);
}

static void balloon_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, balloon_properties);
    dc->vmsd = &vmstate_balloon;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    vdc->realize = balloon_device_realize;
    vdc->unrealize = balloon_device_unrealize;
    vdc->get_features = balloon_get_features;
    vdc->get_config = balloon_get_config;
    vdc->set_config = balloon_set_config;
    vdc->set_status = balloon_set_status;
    vdc->reset = balloon_reset;
    vdc->queue_reset = balloon_queue_reset;
}

static const TypeInfo balloon_info = {
    .name = TYPE_VIRTIO_BALLOON,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOBalloon),
    .instance_init = balloon_instance_init,
    .class_init = balloon_class_init,
};

static void balloon_register_types(void)
{
    type_register_static(&balloon_info);
}

type_init(balloon_register_types)

/*
 * The life of a device whose rings a vhost-user peer works on. Messages are in
 * vhost-user.c, the peer's memory table in vhost-memory.c, rings as such in
 * virtio-handover.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "vhost-internal.h"

/* --- interrupts --- */

/*
 * The peer rang: the message goes out at once, or waits as pending bit while the
 * vector is masked, which is up to the transport.
 */
static void peer_called(EventNotifier *e)
{
    VhostQueue *q = container_of(e, VhostQueue, call);

    if (event_notifier_test_and_clear(e)) {
        virtio_queue_interrupt(virtio_get_queue(q->vdev, q->ring.index));
    }
}

static bool listen_to_peer(VhostQueue *q)
{
    if (!q->call.initialized && event_notifier_init(&q->call, 0) < 0) {
        return false;
    }
    event_notifier_test_and_clear(&q->call);
    aio_set_event_notifier(qemu_get_aio_context(), &q->call, peer_called, NULL,
                           NULL);
    return true;
}

/* What the peer used before it stopped may not have been told. */
static void stop_listening(VhostQueue *q)
{
    aio_set_event_notifier(qemu_get_aio_context(), &q->call, NULL, NULL, NULL);
    event_notifier_test_and_clear(&q->call);
    virtio_queue_interrupt(virtio_get_queue(q->vdev, q->ring.index));
}

/* --- a ring goes --- */

static uint32_t base_of(const VirtQueueHandover *to)
{
    VhostRingBase base = {
        .avail = to->avail,
        .used = to->used,
        .avail_wrap = to->avail_wrap,
        .used_wrap = to->used_wrap,
    };

    return vhost_ring_base_encode(&base, to->packed);
}

static void describe(VhostQueue *q, const VirtQueueHandover *to)
{
    q->packed = to->packed;
    q->ring.num = to->num;
    q->ring.base = base_of(to);
    q->ring.desc = to->desc;
    q->ring.avail = to->driver;
    q->ring.used = to->device;
    q->ring.kick_fd = to->kick_fd;
    q->ring.call_fd = event_notifier_get_wfd(&q->call);
}

/* Rings must be where the peer has memory too. */
static bool peer_sees(const VhostDev *dev, const VhostQueue *q)
{
    const VhostRing *r = &q->ring;

    /* Each area is in one stretch of RAM, so that its first byte says it all. */
    return vhost_table_holds(&dev->told, r->desc, 1) &&
           vhost_table_holds(&dev->told, r->avail, 1) &&
           vhost_table_holds(&dev->told, r->used, 1);
}

static bool start_queue(VhostDev *dev, unsigned n)
{
    VhostQueue *q = &dev->queues[n];
    VirtQueueHandover to;
    bool ok;

    if (!virtio_queue_enabled(dev->vdev, n)) {
        return true;
    }
    if (q->state == VHOST_QUEUE_LOST) {
        /* It may have gone on for a while after it seemed lost. */
        virtio_queue_recover(dev->vdev, n);
        ok = virtio_queue_locate(dev->vdev, n, &to);
    } else {
        ok = virtio_queue_hand_over(dev->vdev, n, &to);
    }
    q->state = ok ? VHOST_QUEUE_PEERS : q->state;
    if (!ok || !listen_to_peer(q)) {
        vhost_user_refuse(dev->conn, "ring %u cannot be handed over", n);
        return false;
    }
    describe(q, &to);
    if (!peer_sees(dev, q)) {
        vhost_user_refuse(dev->conn, "ring %u is in memory that the peer"
                          " cannot map", n);
        return false;
    }
    if (!vhost_user_set_ring(dev->conn, &q->ring)) {
        return false;
    }
    event_notifier_set(virtio_queue_get_host_notifier(
                           virtio_get_queue(dev->vdev, n)));
    return true;
}

/* --- a ring comes back --- */

/* What the peer says must be a place in the ring that it can have come to. */
static bool take_answer(VhostDev *dev, unsigned n, uint32_t answer)
{
    VhostQueue *q = &dev->queues[n];
    VhostRingBase base;

    if (!vhost_ring_base_decode(answer, q->packed, q->ring.num, &base)) {
        vhost_user_refuse(dev->conn, "the peer says that it stopped ring %u at"
                          " 0x%x, which is no place in it", n, answer);
        return false;
    }
    if (q->packed) {
        virtio_queue_set_place(dev->vdev, n, base.used, base.used_wrap);
    } else {
        /*
         * Its count is of chains taken. Those that it did not use, it did not
         * finish either: they are taken again. The ring counts the used ones.
         */
        virtio_queue_recover(dev->vdev, n);
    }
    return true;
}

static void stop_queue(VhostDev *dev, unsigned n)
{
    VhostQueue *q = &dev->queues[n];
    uint32_t answer = 0;

    if (q->state != VHOST_QUEUE_PEERS) {
        return;
    }
    if (vhost_user_stop_ring(dev->conn, n, &answer) &&
        take_answer(dev, n, answer)) {
        q->state = VHOST_QUEUE_OURS;
        virtio_queue_take_back(dev->vdev, n);
    } else {
        q->state = VHOST_QUEUE_LOST;
        virtio_queue_recover(dev->vdev, n);
    }
    stop_listening(q);
}

/* --- the device --- */

static bool tell_memory(VhostDev *dev)
{
    if (!dev->table.complete) {
        vhost_user_refuse(dev->conn, "the guest's memory is in more than %d"
                          " pieces", VHOST_USER_MAX_REGIONS);
        return false;
    }
    dev->told = dev->table;
    return vhost_user_set_memory(dev->conn, dev->told.regions, dev->told.count);
}

static bool tell_features(VhostDev *dev, uint64_t needed, uint64_t told)
{
    uint64_t driver = dev->vdev->guest_features.w[0];
    uint64_t offered = vhost_user_features(dev->conn);
    uint64_t missing = driver & needed & ~offered;
    uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

    if (missing) {
        vhost_user_refuse(dev->conn, "the driver uses features that the peer"
                          " does not offer: 0x%" PRIx64, missing);
        return false;
    }
    dev->acked = driver & (needed | told) & offered;
    return vhost_user_set_status(dev->conn, status) &&
           vhost_user_set_features(dev->conn, dev->acked) &&
           vhost_user_set_status(dev->conn,
                                 status | VIRTIO_CONFIG_S_FEATURES_OK);
}

bool vhost_dev_start(VhostDev *dev, VhostUserConn *conn, unsigned queues,
                     uint64_t needed, uint64_t told)
{
    bool ok;

    assert(!dev->conn && queues <= dev->max_queues);
    dev->conn = conn;
    ok = tell_features(dev, needed, told) && tell_memory(dev);
    for (unsigned n = 0; ok && n < queues; n++) {
        ok = start_queue(dev, n);
    }
    if (!ok) {
        vhost_dev_stop(dev);
    }
    return ok;
}

bool vhost_dev_ready(VhostDev *dev)
{
    return vhost_user_set_status(dev->conn, VIRTIO_CONFIG_S_ACKNOWLEDGE |
                                 VIRTIO_CONFIG_S_DRIVER |
                                 VIRTIO_CONFIG_S_FEATURES_OK |
                                 VIRTIO_CONFIG_S_DRIVER_OK);
}

void vhost_dev_stop(VhostDev *dev)
{
    if (!dev->conn) {
        return;
    }
    for (unsigned n = 0; n < dev->max_queues; n++) {
        stop_queue(dev, n);
    }
    if (vhost_user_alive(dev->conn)) {
        vhost_user_set_status(dev->conn, 0);
    }
    dev->conn = NULL;
    dev->told = (VhostTable){ 0 };
}

bool vhost_dev_started(const VhostDev *dev)
{
    return dev->conn;
}

void vhost_dev_settle(VhostDev *dev)
{
    for (unsigned n = 0; n < dev->max_queues; n++) {
        if (dev->queues[n].state == VHOST_QUEUE_LOST) {
            virtio_queue_recover(dev->vdev, n);
        }
    }
}

void vhost_dev_give_up(VhostDev *dev)
{
    for (unsigned n = 0; n < dev->max_queues; n++) {
        if (dev->queues[n].state == VHOST_QUEUE_LOST) {
            dev->queues[n].state = VHOST_QUEUE_OURS;
            virtio_queue_take_back(dev->vdev, n);
        }
    }
}

void vhost_dev_enable(VhostDev *dev, unsigned n, bool enable)
{
    if (dev->conn && dev->queues[n].state == VHOST_QUEUE_PEERS) {
        vhost_user_enable_ring(dev->conn, n, enable);
    }
}

void vhost_dev_queue_reset(VhostDev *dev, unsigned n)
{
    if (n < dev->max_queues) {
        if (dev->conn) {
            stop_queue(dev, n);
        }
        if (dev->queues[n].state == VHOST_QUEUE_LOST) {
            dev->queues[n].state = VHOST_QUEUE_OURS;
            virtio_queue_take_back(dev->vdev, n);
        }
    }
}

void vhost_dev_queue_start(VhostDev *dev, unsigned n, bool enable)
{
    if (dev->conn && n < dev->max_queues && start_queue(dev, n)) {
        vhost_dev_enable(dev, n, enable);
    }
}

void vhost_dev_on_memory_change(VhostDev *dev, QEMUBHFunc *fn, void *opaque)
{
    dev->memory_bh = aio_bh_new(qemu_get_aio_context(), fn, opaque);
}

VhostDev *vhost_dev_new(VirtIODevice *vdev, unsigned max_queues)
{
    VhostDev *dev = g_new0(VhostDev, 1);

    dev->vdev = vdev;
    dev->max_queues = max_queues;
    dev->queues = g_new0(VhostQueue, max_queues);
    for (unsigned n = 0; n < max_queues; n++) {
        dev->queues[n].vdev = vdev;
        dev->queues[n].ring.index = n;
    }
    vhost_memory_init(dev);
    return dev;
}

void vhost_dev_free(VhostDev *dev)
{
    if (!dev) {
        return;
    }
    assert(!dev->conn);
    vhost_memory_exit(dev);
    g_clear_pointer(&dev->memory_bh, qemu_bh_delete);
    for (unsigned n = 0; n < dev->max_queues; n++) {
        event_notifier_cleanup(&dev->queues[n].call);
    }
    g_free(dev->queues);
    g_free(dev);
}

/* --- for the monitor --- */

bool vhost_dev_view(const VhostDev *dev, VhostView *view)
{
    if (!dev->conn) {
        return false;
    }
    *view = (VhostView){
        .features = vhost_user_features(dev->conn),
        .acked_features = dev->acked,
        .protocol_features = vhost_user_protocol_features(dev->conn),
        .mem_sections = dev->told.count,
        .nvqs = dev->max_queues,
        .max_pairs = vhost_user_max_pairs(dev->conn),
    };
    return true;
}

bool vhost_dev_queue_view(const VhostDev *dev, unsigned n,
                          VhostQueueView *view)
{
    const VhostQueue *q = n < dev->max_queues ? &dev->queues[n] : NULL;
    hwaddr desc, driver, device;
    unsigned num;

    if (!q || q->state != VHOST_QUEUE_PEERS) {
        return false;
    }
    num = q->ring.num;
    virtio_queue_get_rings(dev->vdev, n, &desc, &driver, &device);
    *view = (VhostQueueView){
        .kick_fd = q->ring.kick_fd,
        .call_fd = q->ring.call_fd,
        .desc = (uintptr_t)q->ring.desc,
        .avail = (uintptr_t)q->ring.avail,
        .used = (uintptr_t)q->ring.used,
        .num = num,
        .desc_addr = desc,
        .avail_addr = driver,
        .used_addr = device,
        .desc_bytes = 16 * num,
        .avail_bytes = q->packed ? 4 : 6 + 2 * num,
        .used_bytes = q->packed ? 4 : 6 + 8 * num,
    };
    return true;
}

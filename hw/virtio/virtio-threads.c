/*
 * Queues in I/O threads: which threads a device's queues belong to, and how the
 * big lock's owner makes them stand while it changes what they use. What such a
 * thread may not do itself (errors) is done by the main loop here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "hw/virtio/virtio-internal.h"

AioContext *virtio_queue_aio_context(VirtQueue *vq)
{
    return vq->ctx;
}

static bool is_known(const VirtIODevice *vdev, const AioContext *ctx)
{
    for (unsigned i = 0; i < vdev->num_threads; i++) {
        if (vdev->threads[i] == ctx) {
            return true;
        }
    }
    return false;
}

void virtio_queue_set_aio_context(VirtQueue *vq, AioContext *ctx)
{
    VirtIODevice *vdev = vq->vdev;

    assert(!vq->side->handler_on);
    vq->ctx = ctx;
    if (ctx == qemu_get_aio_context() || is_known(vdev, ctx)) {
        return;
    }
    if (!vdev->error_bh) {
        vdev->error_bh = aio_bh_new(qemu_get_aio_context(), virtio_error_bh,
                                    vdev);
    }
    vdev->threads = g_renew(AioContext *, vdev->threads, vdev->num_threads + 1);
    vdev->threads[vdev->num_threads++] = ctx;
}

void virtio_threads_forget(VirtIODevice *vdev)
{
    g_clear_pointer(&vdev->error_bh, qemu_bh_delete);
    g_clear_pointer(&vdev->threads, g_free);
    vdev->num_threads = 0;
}

void virtio_hold(VirtIODevice *vdev)
{
    for (unsigned i = 0; i < vdev->num_threads; i++) {
        aio_context_hold(vdev->threads[i]);
    }
}

void virtio_let_go(VirtIODevice *vdev)
{
    for (unsigned i = vdev->num_threads; i-- > 0;) {
        aio_context_let_go(vdev->threads[i]);
    }
}

/* --- the doorbell of a queue --- */

static void queue_rung(void *opaque)
{
    VirtQueueSide *side = opaque;

    /* Else it was rung by a CPU that had found it before it was taken away. */
    if (side->handler_on) {
        virtio_queue_run(side->vq);
    }
}

void virtio_queue_bell_on(VirtQueue *vq)
{
    VirtQueueSide *side = vq->side;

    if (!side->bell) {
        side->bell_ctx = vq->ctx;
        aio_context_ref(side->bell_ctx);
        side->bell = aio_bh_new_guarded(side->bell_ctx, queue_rung, side,
                                        virtio_reentrancy_guard(vq->vdev));
    }
    event_notifier_set_bell(&side->host_notifier, side->bell);
}

void virtio_queue_bell_off(VirtQueue *vq)
{
    event_notifier_set_bell(&vq->side->host_notifier, NULL);
    qemu_bh_cancel(vq->side->bell);
}

void virtio_queue_side_free(VirtQueueSide *side)
{
    if (side->bell) {
        /* Nobody finds it any more, but one may have rung while it could. */
        aio_context_hold(side->bell_ctx);
        qemu_bh_delete(side->bell);
        aio_context_let_go(side->bell_ctx);
        aio_context_unref(side->bell_ctx);
    }
    event_notifier_cleanup(&side->host_notifier);
    g_free(side);
}

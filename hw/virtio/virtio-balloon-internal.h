/*
 * What the files of the memory balloon share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_BALLOON_INTERNAL_H
#define HW_VIRTIO_BALLOON_INTERNAL_H

#include "hw/virtio/virtio-balloon.h"

/* The bytes that the driver wants a page to have are kept: see PAGE_POISON. */
static inline bool balloon_poisoned(const VirtIOBalloon *s)
{
    return virtio_vdev_has_feature(&s->parent_obj,
                                   VIRTIO_BALLOON_F_PAGE_POISON) &&
           s->poison_val != 0;
}

/* virtio-balloon-stats.c */
void balloon_stats_init(VirtIOBalloon *s);
void balloon_stats_exit(VirtIOBalloon *s);
/* The driver answered on @vq. */
void balloon_stats_receive(VirtIOBalloon *s, VirtQueue *vq);
/* The queue goes: the chain we hold is its no longer. */
void balloon_stats_drop(VirtIOBalloon *s);
/* The device starts, or stops with its state to be kept. */
void balloon_stats_run(VirtIOBalloon *s, bool running);
/* Properties guest-stats and guest-stats-polling-interval. */
void balloon_stats_add_properties(Object *obj);

/* virtio-balloon-hint.c */
/* Chains of @vq, at most @budget; false: there may be more. */
bool balloon_hint_receive(VirtIOBalloon *s, VirtQueue *vq, unsigned budget);
void balloon_hint_reset(VirtIOBalloon *s);
void balloon_hint_exit(VirtIOBalloon *s);
/* The state was saved in the middle of a round, which is over; and runs now. */
void balloon_hint_loaded(VirtIOBalloon *s);
void balloon_hint_run(VirtIOBalloon *s);
/* For BalloonOps. */
bool balloon_hints_start(void *opaque);
bool balloon_hints_complete(void *opaque);
void balloon_hints_stop(void *opaque);
bool balloon_hints_have(void *opaque, ram_addr_t addr);

#endif

/*
 * The memory balloon: VIRTIO 1.4 section 5.5. The guest gives pages to the device,
 * whose memory goes back to the host, and says how it is using the others.
 *
 * Everything happens in the main loop with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_BALLOON_H
#define HW_VIRTIO_BALLOON_H

#include "hw/virtio/virtio.h"
#include <linux/virtio_balloon.h>

#define TYPE_VIRTIO_BALLOON "virtio-balloon-device"
typedef struct VirtIOBalloon VirtIOBalloon;
#define VIRTIO_BALLOON(obj) \
    OBJECT_CHECK(VirtIOBalloon, (obj), TYPE_VIRTIO_BALLOON)

/* What a queue is for; its number, if all features are there. */
typedef enum BalloonRole {
    BALLOON_INFLATE,
    BALLOON_DEFLATE,
    BALLOON_STATS,
    BALLOON_HINT,
    BALLOON_REPORT,
    BALLOON_ROLES,
} BalloonRole;

/* virtio-balloon-stats.c: what the guest says of its memory. */
typedef struct BalloonStats {
    uint64_t values[VIRTIO_BALLOON_S_NR];   /* all ones: not said */
    int64_t last_update;            /* seconds since 1970; 0: never */
    uint32_t interval;              /* seconds between questions; 0: none */
    VirtQueueElement *held;         /* goes back to ask the next question */
    VirtQueue *held_from;
    bool seen_before;               /* the next chain was held before a stop */
    QEMUTimer *timer;               /* virtual clock */
} BalloonStats;

/* virtio-balloon-hint.c: pages that the guest does not need in a copy. */
typedef struct BalloonHint {
    uint32_t command;               /* free_page_hint_cmd_id */
    uint32_t last;                  /* the last number used for a round */
    bool matched;                   /* the driver answers the present command */
    bool finished;                  /* it has no more pages in this round */
    bool tell;                      /* a round ended while the state moved */
    unsigned long *pages;           /* bit n: page n of ram_addr_t; or NULL */
    uint64_t page_count;            /* bits there are */
    uint64_t hinted;                /* pages hinted in this round */
} BalloonHint;

struct VirtIOBalloon {
    VirtIODevice parent_obj;

    VirtQueue *queues[BALLOON_ROLES];   /* by number; NULL: not there */
    uint32_t num_pages;             /* the guest shall give these up, 4 KiB each */
    uint32_t actual;                /* and says that it gave these */
    uint32_t poison_val;
    QEMUBH *more;                   /* queues that were not seen empty */
    QEMUTimer *change;              /* tells monitors of a new actual */
    int64_t changed_at;             /* last told, ms */
    uint32_t told;                  /* what monitors know */
    BalloonStats stats;
    BalloonHint hint;
    VirtioFeatures features;        /* properties */
};

#endif

/*
 * The property iothread-vq-mapping: which queues of a device run in which I/O
 * threads. [{"iothread": "io0", "vqs": [0, 1]}, …], or without vqs for an even
 * spread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_IOTHREAD_VQ_MAPPING_H
#define HW_VIRTIO_IOTHREAD_VQ_MAPPING_H

#include "hw/core/qdev-properties.h"
#include "system/iothread.h"

/* As the user wrote it: nothing is checked yet. */
typedef struct IOThreadVirtQueueMapping {
    char *iothread;
    bool has_vqs;
    GArray *vqs;                    /* uint16_t */
} IOThreadVirtQueueMapping;

/* A field "GPtrArray *" of IOThreadVirtQueueMapping; NULL: not given. */
extern const PropertyInfo qdev_prop_iothread_vq_mapping_list;
#define DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST(_name, _state, _field)          \
    DEFINE_PROP(_name, _state, _field, qdev_prop_iothread_vq_mapping_list,   \
                GPtrArray *)

/*
 * Fill @of_queue[0 .. @queues - 1] by the mapping. Queues come in groups of @group
 * (2: a receive and a transmit queue) that cannot be split, and an even spread deals
 * out group after group. False with an error that names what is wrong. Big lock.
 */
bool iothread_vq_mapping_apply(const GPtrArray *mapping, IOThread **of_queue,
                               unsigned queues, unsigned group, Error **errp);

#endif

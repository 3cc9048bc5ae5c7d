/*
 * The hook between those who emit events and the monitors that send them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/qmp-event.h"
#include <json-c/json.h>

static QmpEventHandler *event_handler;

void qmp_event_set_handler(QmpEventHandler *handler)
{
    __atomic_store_n(&event_handler, handler, __ATOMIC_RELEASE);
}

void qmp_event_emit(const char *name, struct json_object *data)
{
    QmpEventHandler *handler = __atomic_load_n(&event_handler,
                                               __ATOMIC_ACQUIRE);

    if (handler) {
        handler(name, data);
    } else {
        json_object_put(data);
    }
}

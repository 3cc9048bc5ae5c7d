/*
 * Those who have something to do before the machine is saved.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "migration/listener.h"
#include "migration-internal.h"

static QTAILQ_HEAD(, MigrationListener) listeners =
    QTAILQ_HEAD_INITIALIZER(listeners);

void migration_listener_register(MigrationListener *listener)
{
    QTAILQ_INSERT_TAIL(&listeners, listener, link);
}

void migration_listener_unregister(MigrationListener *listener)
{
    QTAILQ_REMOVE(&listeners, listener, link);
    migration_listener_changed();
}

bool migration_listeners_begin(Error **errp)
{
    MigrationListener *l;

    QTAILQ_FOREACH(l, &listeners, link) {
        if (!l->begin(l, errp)) {
            return false;
        }
    }
    return true;
}

bool migration_listeners_pending(void)
{
    MigrationListener *l;

    QTAILQ_FOREACH(l, &listeners, link) {
        if (l->pending(l)) {
            return true;
        }
    }
    return false;
}

void migration_listeners_failed(void)
{
    MigrationListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &listeners, link, next) {
        l->failed(l);
    }
}

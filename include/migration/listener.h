/*
 * Those who must do something before the machine is saved, while the guest still
 * runs and can help: such as taking a device from it that cannot travel.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MIGRATION_LISTENER_H
#define MIGRATION_LISTENER_H

#include "qemu/queue.h"

/* All members are needed. */
typedef struct MigrationListener MigrationListener;
struct MigrationListener {
    /* A state is going to be saved. False, with an error: it cannot be, and
     * failed() follows. */
    bool (*begin)(MigrationListener *listener, Error **errp);
    /* Between begin() and the end: is something asked of the guest that it has
     * not done yet? Meanwhile nothing is saved ("wait-unplug"). */
    bool (*pending)(MigrationListener *listener);
    /* Nothing came of it: the machine goes on here. After begin() only; if the
     * user gave up, not before pending() is false or half a minute is over. */
    void (*failed)(MigrationListener *listener);
    QTAILQ_ENTRY(MigrationListener) link;
};

void migration_listener_register(MigrationListener *listener);
void migration_listener_unregister(MigrationListener *listener);
/* pending() of some listener may be false now. */
void migration_listener_changed(void);

#endif

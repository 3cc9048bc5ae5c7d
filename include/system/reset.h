/*
 * The list of what a system reset resets: everything on the system bus, and
 * whatever registered itself here.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_SYSTEM_RESET_H
#define QEMU_SYSTEM_RESET_H

#include "hw/core/resettable.h"
#include "qemu/notify.h"

typedef void QEMUResetHandler(void *opaque);

/* Objects with TYPE_RESETTABLE_INTERFACE; not referenced. */
void qemu_register_resettable(Object *obj);
void qemu_unregister_resettable(Object *obj);

/* A function, called in the hold phase in the order of registering. */
void qemu_register_reset(QEMUResetHandler *func, void *opaque);
/* The same, but not when a state is about to be loaded. */
void qemu_register_reset_nosnapshotload(QEMUResetHandler *func, void *opaque);
void qemu_unregister_reset(QEMUResetHandler *func, void *opaque);

/*
 * Called before anything is reset, the CPUs standing still, with a ResetType *:
 * devices may go here, which they must not while they are reset. Until
 * notifier_remove().
 */
void qemu_register_before_reset(Notifier *notifier);

/* Resets all of it. */
void qemu_devices_reset(ResetType type);
/* The container of all; for those who nest resets. */
Object *qemu_reset_container(void);

#endif

/*
 * Accelerators: what runs the guest's CPUs.  Each is a type "NAME-accel" below
 * TYPE_ACCEL; start-up makes one object of the chosen type, sets its properties
 * from -accel and lets it take the machine.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ACCEL_OPS_H
#define ACCEL_OPS_H

#include "qom/object.h"

#define TYPE_ACCEL "accel"
#define ACCEL_CLASS_SUFFIX "-" TYPE_ACCEL
#define ACCEL_CLASS_NAME(a) (a ACCEL_CLASS_SUFFIX)

typedef struct AccelState {
    Object parent_obj;
} AccelState;

typedef struct AccelClass {
    ObjectClass parent_class;

    const char *name;           /* for people: "QTest" */
    bool *allowed;              /* set to true when it was chosen, or NULL */
    /*
     * Get ready to run @ms: cpus_register_accel() and the like.  Before the
     * board is built.  0, or a negative errno with @errp set.
     */
    int (*init_machine)(AccelState *as, MachineState *ms, Error **errp);
    GPtrArray *compat_props;    /* of GlobalProperty, or NULL */
} AccelClass;

DECLARE_OBJ_CHECKERS(AccelState, AccelClass, ACCEL, TYPE_ACCEL)

/* The class that -accel NAME means; NULL if there is none. */
AccelClass *accel_find(const char *name);

/* Take @ms with @accel; from then on it is current_accel(). */
int accel_init_machine(AccelState *accel, MachineState *ms, Error **errp);
AccelState *current_accel(void);

#endif

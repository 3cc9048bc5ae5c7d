/*
 * Three-phase reset: an interface of devices, buses and containers of them.
 *
 * A reset of an object resets its children too. All objects first run `enter`
 * (put internal state back, touch nobody else), then all run `hold` (set
 * output lines), and when the reset is released all run `exit` (react to
 * inputs, start). Children run before their parent in each phase.
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_RESETTABLE_H
#define HW_RESETTABLE_H

#include "qom/object.h"

#define TYPE_RESETTABLE_INTERFACE "resettable"

typedef struct ResettableClass ResettableClass;
DECLARE_CLASS_CHECKERS(ResettableClass, RESETTABLE, TYPE_RESETTABLE_INTERFACE)

typedef enum ResetType {
    RESET_TYPE_COLD,            /* power on, or the reset button */
    RESET_TYPE_SNAPSHOT_LOAD,   /* a state is loaded next */
    RESET_TYPE_WAKEUP,          /* from suspend to RAM */
} ResetType;

/* Zero-initialised state of one resettable object. */
typedef struct ResettableState {
    unsigned count;             /* how many resets hold it at the moment */
    bool hold_phase_pending;
    bool exit_phase_in_progress;
} ResettableState;

typedef void (*ResettableEnterPhase)(Object *obj, ResetType type);
typedef void (*ResettableHoldPhase)(Object *obj, ResetType type);
typedef void (*ResettableExitPhase)(Object *obj, ResetType type);
typedef ResettableState *(*ResettableGetState)(Object *obj);
typedef void (*ResettableChildCallback)(Object *obj, void *opaque,
                                        ResetType type);
typedef void (*ResettableChildForeach)(Object *obj,
                                       ResettableChildCallback cb,
                                       void *opaque, ResetType type);

typedef struct ResettablePhases {
    ResettableEnterPhase enter;
    ResettableHoldPhase hold;
    ResettableExitPhase exit;
} ResettablePhases;

struct ResettableClass {
    InterfaceClass parent_class;

    ResettablePhases phases;            /* each may be NULL */
    ResettableGetState get_state;       /* must be there */
    ResettableChildForeach child_foreach;   /* NULL: no children */
};

/* A whole reset: assert, then release. */
void resettable_reset(Object *obj, ResetType type);
/* Enter and hold; the object stays in reset. Nests by counting. */
void resettable_assert_reset(Object *obj, ResetType type);
/* Exit, when nothing else holds it. Pairs with resettable_assert_reset(). */
void resettable_release_reset(Object *obj, ResetType type);
bool resettable_is_in_reset(Object *obj);
/* Keeps reset counts right while obj moves from oldp to newp (either may be
 * NULL): it enters or leaves the resets that its parents are in. */
void resettable_change_parent(Object *obj, Object *newp, Object *oldp);
/* A cold reset, as a callback for qemu_register_reset(). */
void resettable_cold_reset_fn(void *opaque);
/* Replaces the phases that are not NULL and stores what they replaced. */
void resettable_class_set_parent_phases(ResettableClass *rc,
                                        ResettableEnterPhase enter,
                                        ResettableHoldPhase hold,
                                        ResettableExitPhase exit,
                                        ResettablePhases *parent_phases);

#endif

/*
 * Three-phase reset over a tree of resettable objects. Who is in the tree is
 * said by each class's child_foreach (bus.c, qdev.c, system/reset.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/core/resettable.h"
#include "trace.h"

static void phase_enter(Object *obj, void *opaque, ResetType type);
static void phase_hold(Object *obj, void *opaque, ResetType type);
static void phase_exit(Object *obj, void *opaque, ResetType type);

static void each_child(Object *obj, ResettableClass *rc,
                       ResettableChildCallback cb, ResetType type)
{
    if (rc->child_foreach) {
        rc->child_foreach(obj, cb, NULL, type);
    }
}

static void phase_enter(Object *obj, void *opaque, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);
    ResettableState *s = rc->get_state(obj);

    each_child(obj, rc, phase_enter, type);
    if (s->count++ == 0) {
        s->hold_phase_pending = true;
        if (rc->phases.enter) {
            rc->phases.enter(obj, type);
        }
    }
}

static void phase_hold(Object *obj, void *opaque, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);
    ResettableState *s = rc->get_state(obj);

    each_child(obj, rc, phase_hold, type);
    if (s->hold_phase_pending) {
        s->hold_phase_pending = false;
        trace_resettable_phase_hold_exec(obj, object_get_typename(obj),
                                         rc->phases.hold != NULL);
        if (rc->phases.hold) {
            rc->phases.hold(obj, type);
        }
    }
}

static void phase_exit(Object *obj, void *opaque, ResetType type)
{
    ResettableClass *rc = RESETTABLE_GET_CLASS(obj);
    ResettableState *s = rc->get_state(obj);

    /* A child that joins now must not inherit the reset that is ending. */
    s->exit_phase_in_progress = true;
    each_child(obj, rc, phase_exit, type);
    g_assert(s->count > 0);
    if (--s->count == 0 && rc->phases.exit) {
        rc->phases.exit(obj, type);
    }
    s->exit_phase_in_progress = false;
}

void resettable_assert_reset(Object *obj, ResetType type)
{
    phase_enter(obj, NULL, type);
    phase_hold(obj, NULL, type);
}

void resettable_release_reset(Object *obj, ResetType type)
{
    phase_exit(obj, NULL, type);
}

void resettable_reset(Object *obj, ResetType type)
{
    trace_resettable_reset(obj, type);
    resettable_assert_reset(obj, type);
    resettable_release_reset(obj, type);
}

void resettable_cold_reset_fn(void *opaque)
{
    resettable_reset(opaque, RESET_TYPE_COLD);
}

bool resettable_is_in_reset(Object *obj)
{
    return RESETTABLE_GET_CLASS(obj)->get_state(obj)->count > 0;
}

/* How many resets a parent passes on to its children now. */
static unsigned resets_passed_on(Object *parent)
{
    ResettableState *s;

    if (!parent) {
        return 0;
    }
    s = RESETTABLE_GET_CLASS(parent)->get_state(parent);
    return s->count - (s->exit_phase_in_progress && s->count ? 1 : 0);
}

void resettable_change_parent(Object *obj, Object *newp, Object *oldp)
{
    unsigned now = resets_passed_on(oldp);
    unsigned then = resets_passed_on(newp);

    for (; now < then; now++) {
        resettable_assert_reset(obj, RESET_TYPE_COLD);
    }
    for (; now > then; now--) {
        resettable_release_reset(obj, RESET_TYPE_COLD);
    }
}

void resettable_class_set_parent_phases(ResettableClass *rc,
                                        ResettableEnterPhase enter,
                                        ResettableHoldPhase hold,
                                        ResettableExitPhase exit,
                                        ResettablePhases *parent_phases)
{
    const ResettablePhases before = rc->phases;

    rc->phases = (ResettablePhases) {
        .enter = enter ? enter : before.enter,
        .hold = hold ? hold : before.hold,
        .exit = exit ? exit : before.exit,
    };
    *parent_phases = before;
}

static const TypeInfo resettable_interface_info = {
    .name = TYPE_RESETTABLE_INTERFACE,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(ResettableClass),
};

static void resettable_register(void)
{
    type_register_static(&resettable_interface_info);
}

type_init(resettable_register)

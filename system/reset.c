/*
 * What a system reset resets: a container of resettable objects, and
 * functions, each of which is an object in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/notify.h"
#include "system/reset.h"

#define TYPE_RESET_CONTAINER "resettable-container"
#define TYPE_RESET_FUNCTION "reset-function"

OBJECT_DECLARE_SIMPLE_TYPE(ResetContainer, RESET_CONTAINER)
OBJECT_DECLARE_SIMPLE_TYPE(ResetFunction, RESET_FUNCTION)

struct ResetContainer {
    Object parent_obj;
    ResettableState state;
    GPtrArray *members;         /* Object *, in the order of registering */
};

struct ResetFunction {
    Object parent_obj;
    ResettableState state;
    QEMUResetHandler *func;
    void *opaque;
    bool skip_on_load;
};

/* ---- the container ---- */

Object *qemu_reset_container(void)
{
    static Object *container;

    if (!container) {
        container = object_new(TYPE_RESET_CONTAINER);
    }
    return container;
}

void qemu_register_resettable(Object *obj)
{
    Object *container = qemu_reset_container();

    g_ptr_array_add(RESET_CONTAINER(container)->members, obj);
    resettable_change_parent(obj, container, NULL);
}

void qemu_unregister_resettable(Object *obj)
{
    Object *container = qemu_reset_container();

    if (g_ptr_array_remove(RESET_CONTAINER(container)->members, obj)) {
        resettable_change_parent(obj, NULL, container);
    }
}

static ResettableState *container_get_state(Object *obj)
{
    return &RESET_CONTAINER(obj)->state;
}

static void container_foreach(Object *obj, ResettableChildCallback cb,
                              void *opaque, ResetType type)
{
    GPtrArray *members = RESET_CONTAINER(obj)->members;
    /* a copy, referenced: a member may leave while it is reset */
    g_autoptr(GPtrArray) now =
        g_ptr_array_copy(members, (GCopyFunc)object_ref, NULL);

    g_ptr_array_set_free_func(now, object_unref);
    for (unsigned i = 0; i < now->len; i++) {
        cb(now->pdata[i], opaque, type);
    }
}

static void resettable_container_init(Object *obj)
{
    RESET_CONTAINER(obj)->members = g_ptr_array_new();
}

static void resettable_container_class_init(ObjectClass *klass,
                                            const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->get_state = container_get_state;
    rc->child_foreach = container_foreach;
}

/* ---- functions ---- */

static ResettableState *function_get_state(Object *obj)
{
    return &RESET_FUNCTION(obj)->state;
}

static void function_hold(Object *obj, ResetType type)
{
    ResetFunction *f = RESET_FUNCTION(obj);

    if (!(type == RESET_TYPE_SNAPSHOT_LOAD && f->skip_on_load)) {
        f->func(f->opaque);
    }
}

static void reset_function_class_init(ObjectClass *klass, const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->get_state = function_get_state;
    rc->phases.hold = function_hold;
}

static void function_register(QEMUResetHandler *func, void *opaque,
                              bool skip_on_load)
{
    ResetFunction *f = RESET_FUNCTION(object_new(TYPE_RESET_FUNCTION));

    f->func = func;
    f->opaque = opaque;
    f->skip_on_load = skip_on_load;
    qemu_register_resettable(OBJECT(f));
}

void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
    function_register(func, opaque, false);
}

void qemu_register_reset_nosnapshotload(QEMUResetHandler *func, void *opaque)
{
    function_register(func, opaque, true);
}

void qemu_unregister_reset(QEMUResetHandler *func, void *opaque)
{
    GPtrArray *members = RESET_CONTAINER(qemu_reset_container())->members;

    for (unsigned i = 0; i < members->len; i++) {
        Object *obj = object_dynamic_cast(members->pdata[i],
                                          TYPE_RESET_FUNCTION);
        ResetFunction *f = obj ? RESET_FUNCTION(obj) : NULL;

        if (f && f->func == func && f->opaque == opaque) {
            qemu_unregister_resettable(obj);
            object_unref(obj);
            return;
        }
    }
}

static NotifierList before_reset = NOTIFIER_LIST_INITIALIZER(before_reset);

void qemu_register_before_reset(Notifier *notifier)
{
    notifier_list_add(&before_reset, notifier);
}

void qemu_devices_reset(ResetType type)
{
    notifier_list_notify(&before_reset, &type);
    resettable_reset(qemu_reset_container(), type);
}

static const TypeInfo reset_types[] = {
    {
        .name = TYPE_RESET_CONTAINER,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(ResetContainer),
        .instance_init = resettable_container_init,
        .class_init = resettable_container_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_RESETTABLE_INTERFACE },
            { }
        },
    }, {
        .name = TYPE_RESET_FUNCTION,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(ResetFunction),
        .class_init = reset_function_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_RESETTABLE_INTERFACE },
            { }
        },
    },
};

DEFINE_TYPES(reset_types)

/*
 * Objects: making, referencing and finalizing them. Their types are in type.c,
 * their properties in property.c, their tree in object-query.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qapi/error.h"
#include "qom/object_interfaces.h"
#include "qom-internal.h"

ObjectClass *object_get_class(const Object *obj)
{
    return obj->class;
}

const char *object_get_typename(const Object *obj)
{
    return obj->class->type->info.name;
}

static char *object_type_property(Object *obj, Error **errp)
{
    return g_strdup(object_get_typename(obj));
}

void object_root_class_init(ObjectClass *klass, const void *data)
{
    object_class_property_add_str(klass, "type", object_type_property, NULL);
}

/* ---- making ------------------------------------------------------------ */

static void object_run_init(Object *obj, Type type)
{
    if (type_get_parent(type)) {
        object_run_init(obj, type->parent);
    }
    if (type->info.instance_init) {
        type->info.instance_init(obj);
    }
}

static void object_run_post_init(Object *obj, Type type)
{
    if (type_get_parent(type)) {
        object_run_post_init(obj, type->parent);
    }
    if (type->info.instance_post_init) {
        type->info.instance_post_init(obj);
    }
}

/* The storage holds zeros. */
static void object_init_zeroed(Object *obj, Type type)
{
    obj->class = type->class;
    obj->ref = 1;
    object_init_class_properties(obj);
    object_run_init(obj, type);
    object_run_post_init(obj, type);
}

static Type type_for_instance(const char *type_name)
{
    Type type = type_by_name(type_name);

    if (!type) {
        fprintf(stderr, "object model: no type '%s'\n", type_name);
        abort();
    }
    type_ensure_class(type);
    if (type->info.abstract) {
        fprintf(stderr, "object model: type '%s' is abstract\n", type_name);
        abort();
    }
    return type;
}

static Object *object_new_of(Type type)
{
    size_t align = type->info.instance_align;
    Object *obj;

    if (align <= __alignof__(max_align_t)) {
        obj = g_malloc0(type->instance_size);
        object_init_zeroed(obj, type);
        obj->free = g_free;
    } else {
        obj = aligned_alloc(align, ROUND_UP(type->instance_size, align));
        if (!obj) {
            g_error("out of memory for an object of type '%s'",
                    type->info.name);
        }
        memset(obj, 0, type->instance_size);
        object_init_zeroed(obj, type);
        obj->free = free;
    }
    return obj;
}

Object *object_new(const char *type_name)
{
    return object_new_of(type_for_instance(type_name));
}

Object *object_new_with_class(ObjectClass *klass)
{
    return object_new_of(type_for_instance(object_class_get_name(klass)));
}

void object_initialize(void *obj, size_t size, const char *type_name)
{
    Type type = type_for_instance(type_name);

    if (size < type->instance_size) {
        fprintf(stderr, "object model: %zu bytes for an object of type '%s', "
                "which has %zu\n", size, type_name, type->instance_size);
        abort();
    }
    memset(obj, 0, type->instance_size);
    object_init_zeroed(obj, type);
}

bool object_set_propv(Object *obj, Error **errp, va_list vargs)
{
    const char *name, *value;

    while ((name = va_arg(vargs, const char *)) != NULL) {
        value = va_arg(vargs, const char *);
        if (!object_property_parse(obj, name, value, errp)) {
            return false;
        }
    }
    return true;
}

bool object_set_props(Object *obj, Error **errp, ...)
{
    va_list vargs;
    bool ok;

    va_start(vargs, errp);
    ok = object_set_propv(obj, errp, vargs);
    va_end(vargs);
    return ok;
}

/* Sets properties, gives the object its place and completes it. */
static bool object_furnish(Object *obj, Object *parent, const char *id,
                           Error **errp, va_list vargs)
{
    Object *uc;

    if (!object_set_propv(obj, errp, vargs)) {
        return false;
    }
    if (parent && !object_property_try_add_child(parent, id, obj, errp)) {
        return false;
    }
    uc = object_dynamic_cast(obj, TYPE_USER_CREATABLE);
    if (uc && !user_creatable_complete(USER_CREATABLE(uc), errp)) {
        object_unparent(obj);
        return false;
    }
    return true;
}

Object *object_new_with_propv(const char *type_name, Object *parent,
                              const char *id, Error **errp, va_list vargs)
{
    ObjectClass *klass = object_class_by_name_or_error(type_name, errp);
    Object *obj;

    if (!klass) {
        return NULL;
    }
    if (object_class_is_abstract(klass)) {
        error_setg(errp, "object type '%s' is abstract", type_name);
        return NULL;
    }
    obj = object_new_with_class(klass);
    if (!object_furnish(obj, parent, id, errp, vargs)) {
        object_unref(obj);
        return NULL;
    }
    if (parent) {
        object_unref(obj);
    }
    return obj;
}

Object *object_new_with_props(const char *type_name, Object *parent,
                              const char *id, Error **errp, ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv(type_name, parent, id, errp, vargs);
    va_end(vargs);
    return obj;
}

bool object_initialize_child_with_propsv(Object *parent, const char *propname,
                                         void *childobj, size_t size,
                                         const char *type, Error **errp,
                                         va_list vargs)
{
    bool ok;

    object_initialize(childobj, size, type);
    ok = object_furnish(childobj, parent, propname, errp, vargs);
    /* The tree has a reference of its own; without one the child ends here. */
    object_unref(childobj);
    return ok;
}

bool object_initialize_child_with_props(Object *parent, const char *propname,
                                        void *childobj, size_t size,
                                        const char *type, Error **errp, ...)
{
    va_list vargs;
    bool ok;

    va_start(vargs, errp);
    ok = object_initialize_child_with_propsv(parent, propname, childobj, size,
                                             type, errp, vargs);
    va_end(vargs);
    return ok;
}

void object_initialize_child_internal(Object *parent, const char *propname,
                                      void *child, size_t size,
                                      const char *type)
{
    object_initialize(child, size, type);
    object_property_add_child(parent, propname, child);
    object_unref(child);
}

/* ---- keeping and freeing ----------------------------------------------- */

Object *object_ref(void *objptr)
{
    Object *obj = objptr;

    if (obj) {
        qatomic_inc(&obj->ref);
    }
    return obj;
}

static void object_finalize(Object *obj)
{
    ObjectFree *free_storage = obj->free;

    object_drop_properties(obj);
    object_release_class_properties(obj);
    for (Type t = obj->class->type; t; t = type_get_parent(t)) {
        if (t->info.instance_finalize) {
            t->info.instance_finalize(obj);
        }
    }
    g_assert(obj->ref == 0 && !obj->parent);
    if (free_storage) {
        free_storage(obj);
    }
}

void object_unref(void *objptr)
{
    Object *obj = objptr;

    if (!obj) {
        return;
    }
    g_assert(qatomic_read(&obj->ref) > 0);
    if (qatomic_fetch_dec(&obj->ref) == 1) {
        object_finalize(obj);
    }
}

void object_unparent(Object *obj)
{
    if (obj->parent) {
        ObjectProperty *prop = object_find_child_property(obj->parent, obj);

        property_table_del(obj->parent->properties, prop, obj->parent);
    }
}

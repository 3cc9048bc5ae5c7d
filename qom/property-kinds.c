/*
 * The ready-made kinds of properties: bool, string, enum, pointers to
 * integers, children, links, aliases.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom-internal.h"

/* Frees the description of an instance's property. Class properties keep
 * theirs for ever, so they have no release function. */
static void release_opaque(Object *obj, const char *name, void *opaque)
{
    g_free(opaque);
}

/* ---- bool, string, enum ------------------------------------------------ */

typedef struct BoolKind {
    bool (*get)(Object *, Error **);
    void (*set)(Object *, bool, Error **);
} BoolKind;

static void bool_get(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    ERRP_GUARD();
    const BoolKind *kind = opaque;
    bool value = kind->get(obj, errp);

    if (!*errp) {
        visit_type_bool(v, name, &value, errp);
    }
}

static void bool_set(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    const BoolKind *kind = opaque;
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        kind->set(obj, value, errp);
    }
}

static BoolKind *bool_kind_new(bool (*get)(Object *, Error **),
                               void (*set)(Object *, bool, Error **))
{
    BoolKind *kind = g_new(BoolKind, 1);

    *kind = (BoolKind) { get, set };
    return kind;
}

ObjectProperty *object_property_add_bool(Object *obj, const char *name,
                                         bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **))
{
    return object_property_add(obj, name, "bool", get ? bool_get : NULL,
                               set ? bool_set : NULL, release_opaque,
                               bool_kind_new(get, set));
}

ObjectProperty *object_class_property_add_bool(
    ObjectClass *klass, const char *name, bool (*get)(Object *, Error **),
    void (*set)(Object *, bool, Error **))
{
    return object_class_property_add(klass, name, "bool",
                                     get ? bool_get : NULL,
                                     set ? bool_set : NULL, NULL,
                                     bool_kind_new(get, set));
}

typedef struct StrKind {
    char *(*get)(Object *, Error **);
    void (*set)(Object *, const char *, Error **);
} StrKind;

static void str_get(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    ERRP_GUARD();
    const StrKind *kind = opaque;
    g_autofree char *value = kind->get(obj, errp);

    if (!*errp) {
        visit_type_str(v, name, &value, errp);
    }
}

static void str_set(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    const StrKind *kind = opaque;
    g_autofree char *value = NULL;

    if (visit_type_str(v, name, &value, errp)) {
        kind->set(obj, value, errp);
    }
}

static StrKind *str_kind_new(char *(*get)(Object *, Error **),
                             void (*set)(Object *, const char *, Error **))
{
    StrKind *kind = g_new(StrKind, 1);

    *kind = (StrKind) { get, set };
    return kind;
}

ObjectProperty *object_property_add_str(Object *obj, const char *name,
                                        char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *,
                                                    Error **))
{
    return object_property_add(obj, name, "string", get ? str_get : NULL,
                               set ? str_set : NULL, release_opaque,
                               str_kind_new(get, set));
}

ObjectProperty *object_class_property_add_str(
    ObjectClass *klass, const char *name, char *(*get)(Object *, Error **),
    void (*set)(Object *, const char *, Error **))
{
    return object_class_property_add(klass, name, "string",
                                     get ? str_get : NULL,
                                     set ? str_set : NULL, NULL,
                                     str_kind_new(get, set));
}

typedef struct EnumKind {
    const QEnumLookup *lookup;
    int (*get)(Object *, Error **);
    void (*set)(Object *, int, Error **);
} EnumKind;

static void enum_get(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    ERRP_GUARD();
    const EnumKind *kind = opaque;
    int value = kind->get(obj, errp);

    if (!*errp) {
        visit_type_enum(v, name, &value, kind->lookup, errp);
    }
}

static void enum_set(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    const EnumKind *kind = opaque;
    int value;

    if (visit_type_enum(v, name, &value, kind->lookup, errp)) {
        kind->set(obj, value, errp);
    }
}

static EnumKind *enum_kind_new(const QEnumLookup *lookup,
                               int (*get)(Object *, Error **),
                               void (*set)(Object *, int, Error **))
{
    EnumKind *kind = g_new(EnumKind, 1);

    *kind = (EnumKind) { lookup, get, set };
    return kind;
}

ObjectProperty *object_property_add_enum(Object *obj, const char *name,
                                         const char *type_name,
                                         const QEnumLookup *lookup,
                                         int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **))
{
    return object_property_add(obj, name, type_name, get ? enum_get : NULL,
                               set ? enum_set : NULL, release_opaque,
                               enum_kind_new(lookup, get, set));
}

ObjectProperty *object_class_property_add_enum(
    ObjectClass *klass, const char *name, const char *type_name,
    const QEnumLookup *lookup, int (*get)(Object *, Error **),
    void (*set)(Object *, int, Error **))
{
    return object_class_property_add(klass, name, type_name,
                                     get ? enum_get : NULL,
                                     set ? enum_set : NULL, NULL,
                                     enum_kind_new(lookup, get, set));
}

int object_property_get_enum(Object *obj, const char *name,
                             const char *type_name, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);
    g_autofree char *text = NULL;

    if (!prop) {
        return -1;
    }
    if (strcmp(prop->type, type_name) || prop->get != enum_get) {
        error_setg(errp, "Property %s on %s is not '%s' enum type",
                   name, object_get_typename(obj), type_name);
        return -1;
    }
    text = object_property_get_str(obj, name, errp);
    if (!text) {
        return -1;
    }
    return qapi_enum_parse(((EnumKind *)prop->opaque)->lookup, text, -1, errp);
}

/* ---- pointers to integers ---------------------------------------------- */

#define DEFINE_UINT_PTR(bits)                                               \
static void uint##bits##_ptr_get(Object *obj, Visitor *v, const char *name, \
                                 void *opaque, Error **errp)                \
{                                                                           \
    uint##bits##_t value = *(const uint##bits##_t *)opaque;                 \
                                                                            \
    visit_type_uint##bits(v, name, &value, errp);                           \
}                                                                           \
static void uint##bits##_ptr_set(Object *obj, Visitor *v, const char *name, \
                                 void *opaque, Error **errp)                \
{                                                                           \
    uint##bits##_t value;                                                   \
                                                                            \
    if (visit_type_uint##bits(v, name, &value, errp)) {                     \
        *(uint##bits##_t *)opaque = value;                                  \
    }                                                                       \
}                                                                           \
ObjectProperty *object_property_add_uint##bits##_ptr(                       \
    Object *obj, const char *name, const uint##bits##_t *v,                 \
    ObjectPropertyFlags flags)                                              \
{                                                                           \
    return object_property_add(                                             \
        obj, name, "uint" #bits,                                            \
        flags & OBJ_PROP_FLAG_READ ? uint##bits##_ptr_get : NULL,           \
        flags & OBJ_PROP_FLAG_WRITE ? uint##bits##_ptr_set : NULL,          \
        NULL, (void *)v);                                                   \
}                                                                           \
ObjectProperty *object_class_property_add_uint##bits##_ptr(                 \
    ObjectClass *klass, const char *name, const uint##bits##_t *v,          \
    ObjectPropertyFlags flags)                                              \
{                                                                           \
    return object_class_property_add(                                       \
        klass, name, "uint" #bits,                                          \
        flags & OBJ_PROP_FLAG_READ ? uint##bits##_ptr_get : NULL,           \
        flags & OBJ_PROP_FLAG_WRITE ? uint##bits##_ptr_set : NULL,          \
        NULL, (void *)v);                                                   \
}

DEFINE_UINT_PTR(8)
DEFINE_UINT_PTR(16)
DEFINE_UINT_PTR(32)
DEFINE_UINT_PTR(64)

/* ---- children ---------------------------------------------------------- */

static void child_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    g_autofree char *path = object_get_canonical_path(opaque);

    visit_type_str(v, name, &path, errp);
}

static Object *child_resolve(Object *obj, void *opaque, const char *part)
{
    return opaque;
}

static void child_release(Object *obj, const char *name, void *opaque)
{
    Object *child = opaque;

    if (child->class->unparent) {
        child->class->unparent(child);
    }
    child->parent = NULL;
    object_unref(child);
}

bool object_property_is_child(const ObjectProperty *prop)
{
    return prop->get == child_get;
}

ObjectProperty *object_property_try_add_child(Object *obj, const char *name,
                                              Object *child, Error **errp)
{
    g_autofree char *type = g_strdup_printf("child<%s>",
                                            object_get_typename(child));
    ObjectProperty *prop;

    g_assert(!child->parent);
    prop = object_property_try_add(obj, name, type, child_get, NULL,
                                   child_release, child, errp);
    if (prop) {
        prop->resolve = child_resolve;
        object_ref(child);
        child->parent = obj;
    }
    return prop;
}

ObjectProperty *object_property_add_child(Object *obj, const char *name,
                                          Object *child)
{
    return object_property_try_add_child(obj, name, child, &error_abort);
}

/* ---- links ------------------------------------------------------------- */

typedef struct LinkKind {
    union {
        Object **targetp;       /* of one object */
        Object *target;         /* constant */
        ptrdiff_t offset;       /* of the pointer in every instance */
    };
    enum { LINK_POINTER, LINK_CONST, LINK_OFFSET } where;
    bool strong;
    ObjectPropertyLinkCheck *check;
    char *type;                 /* what it may point to */
} LinkKind;

static Object **link_slot(Object *obj, LinkKind *link)
{
    switch (link->where) {
    case LINK_POINTER:
        return link->targetp;
    case LINK_OFFSET:
        return (Object **)((char *)obj + link->offset);
    default:
        return &link->target;
    }
}

static void link_get(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    Object *target = *link_slot(obj, opaque);
    g_autofree char *path = target ? object_get_canonical_path(target) : NULL;

    if (!path) {
        path = g_strdup("");
    }
    visit_type_str(v, name, &path, errp);
}

/* The object meant by a path, which must be of the link's type. */
static Object *link_find_target(LinkKind *link, const char *name,
                                const char *path, Error **errp)
{
    bool ambiguous = false;
    Object *target = object_resolve_path_type(path, link->type, &ambiguous);

    if (target) {
        return target;
    }
    if (ambiguous) {
        error_setg(errp, "Path '%s' does not uniquely identify an object",
                   path);
    } else if (object_resolve_path(path, NULL)) {
        error_setg(errp, "Invalid parameter type for '%s', expected: %s",
                   name, link->type);
    } else {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                  "Device '%s' not found", path);
    }
    return NULL;
}

/* Points the link to target, which is of its type (or NULL). */
static bool link_assign(Object *obj, const char *name, LinkKind *link,
                        Object *target, Error **errp)
{
    ERRP_GUARD();
    Object **slot = link_slot(obj, link);
    Object *old = *slot;

    link->check(obj, name, target, errp);
    if (*errp) {
        return false;
    }
    *slot = target;
    if (link->strong) {
        object_ref(target);
        object_unref(old);
    }
    return true;
}

bool object_link_set_target(Object *obj, ObjectProperty *prop, Object *target,
                            Error **errp)
{
    LinkKind *link = prop->opaque;

    if (target && !object_dynamic_cast(target, link->type)) {
        error_setg(errp, "Invalid parameter type for '%s', expected: %s",
                   prop->name, link->type);
        return false;
    }
    return link_assign(obj, prop->name, link, target, errp);
}

Object *object_link_get_target(Object *obj, ObjectProperty *prop)
{
    return *link_slot(obj, prop->opaque);
}

static void link_set(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    LinkKind *link = opaque;
    Object *target = NULL;
    g_autofree char *path = NULL;

    if (!visit_type_str(v, name, &path, errp)) {
        return;
    }
    if (*path) {
        target = link_find_target(link, name, path, errp);
        if (!target) {
            return;
        }
    }
    link_assign(obj, name, link, target, errp);
}

static Object *link_resolve(Object *obj, void *opaque, const char *part)
{
    return *link_slot(obj, opaque);
}

static void link_release(Object *obj, const char *name, void *opaque)
{
    LinkKind *link = opaque;

    if (link->strong) {
        Object **slot = link_slot(obj, link);

        object_unref(g_steal_pointer(slot));
    }
    if (link->where != LINK_OFFSET) {
        g_free(link->type);
        g_free(link);
    }
}

void object_property_allow_set_link(const Object *obj, const char *name,
                                    Object *child, Error **errp)
{
    /* anything of the type will do */
}

bool object_property_is_link(const ObjectProperty *prop)
{
    return prop->get == link_get;
}

static LinkKind *link_kind_new(const char *type, ObjectPropertyLinkCheck *check,
                               ObjectPropertyLinkFlags flags)
{
    LinkKind *link = g_new0(LinkKind, 1);

    link->type = g_strdup(type);
    link->check = check;
    link->strong = flags & OBJ_PROP_LINK_STRONG;
    return link;
}

static ObjectProperty *link_add(Object *obj, const char *name, LinkKind *link)
{
    g_autofree char *type = g_strdup_printf("link<%s>", link->type);
    ObjectProperty *prop;

    prop = object_property_add(obj, name, type, link_get,
                               link->check ? link_set : NULL, link_release,
                               link);
    prop->resolve = link_resolve;
    return prop;
}

ObjectProperty *object_property_add_link(Object *obj, const char *name,
                                         const char *type, Object **targetp,
                                         ObjectPropertyLinkCheck *check,
                                         ObjectPropertyLinkFlags flags)
{
    LinkKind *link = link_kind_new(type, check, flags);

    link->where = LINK_POINTER;
    link->targetp = targetp;
    return link_add(obj, name, link);
}

ObjectProperty *object_property_add_const_link(Object *obj, const char *name,
                                               Object *target)
{
    LinkKind *link = link_kind_new(object_get_typename(target), NULL,
                                   OBJ_PROP_LINK_STRONG);

    link->where = LINK_CONST;
    link->target = object_ref(target);
    return link_add(obj, name, link);
}

ObjectProperty *object_class_property_add_link(
    ObjectClass *klass, const char *name, const char *type, ptrdiff_t offset,
    ObjectPropertyLinkCheck *check, ObjectPropertyLinkFlags flags)
{
    g_autofree char *full = g_strdup_printf("link<%s>", type);
    LinkKind *link = link_kind_new(type, check, flags);
    ObjectProperty *prop;

    link->where = LINK_OFFSET;
    link->offset = offset;
    prop = object_class_property_add(klass, name, full, link_get,
                                     check ? link_set : NULL, link_release,
                                     link);
    prop->resolve = link_resolve;
    return prop;
}

/* ---- aliases ----------------------------------------------------------- */

typedef struct AliasKind {
    Object *target;
    char *target_name;
} AliasKind;

/* The visitor goes on under the alias's name: that is what users said. */
static void alias_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    AliasKind *alias = opaque;
    ObjectProperty *prop = object_property_find_err(alias->target,
                                                    alias->target_name, errp);

    if (prop) {
        prop->get(alias->target, v, name, prop->opaque, errp);
    }
}

static void alias_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    AliasKind *alias = opaque;
    ObjectProperty *prop = object_property_find_err(alias->target,
                                                    alias->target_name, errp);

    if (prop) {
        prop->set(alias->target, v, name, prop->opaque, errp);
    }
}

static Object *alias_resolve(Object *obj, void *opaque, const char *part)
{
    AliasKind *alias = opaque;

    return object_resolve_path_component(alias->target, alias->target_name);
}

static void alias_release(Object *obj, const char *name, void *opaque)
{
    AliasKind *alias = opaque;

    g_free(alias->target_name);
    g_free(alias);
}

/* An alias of a child is a link to it. */
static char *alias_type_text(const ObjectProperty *target)
{
    if (object_property_is_child(target)) {
        return g_strdup_printf("link%s", target->type + strlen("child"));
    }
    return g_strdup(target->type);
}

ObjectProperty *object_property_add_alias(Object *obj, const char *name,
                                          Object *target_obj,
                                          const char *target_name)
{
    ObjectProperty *target = object_property_find_err(target_obj, target_name,
                                                      &error_abort);
    g_autofree char *type = alias_type_text(target);
    AliasKind *alias = g_new0(AliasKind, 1);
    ObjectProperty *prop;

    alias->target = target_obj;
    alias->target_name = g_strdup(target_name);
    prop = object_property_add(obj, name, type,
                               target->get ? alias_get : NULL,
                               target->set ? alias_set : NULL,
                               alias_release, alias);
    prop->resolve = target->resolve ? alias_resolve : NULL;
    prop->description = g_strdup(target->description);
    if (target->defval) {
        prop->defval = json_object_get(target->defval);
    }
    return prop;
}

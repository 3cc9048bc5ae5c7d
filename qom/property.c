/*
 * Properties: tables of them in objects and classes, reading and writing them
 * in all forms, defaults. The ready-made kinds are in property-kinds.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/visitor.h"
#include "qom-internal.h"

/* Below this many properties a walk is as fast as a hash. */
#define TABLE_HASH_FROM 9

/* ---- tables ------------------------------------------------------------ */

ObjectProperty *property_table_find(const PropertyTable *table,
                                    const char *name)
{
    if (!table) {
        return NULL;
    }
    if (table->by_name) {
        return g_hash_table_lookup(table->by_name, name);
    }
    for (unsigned i = 0; i < table->list->len; i++) {
        ObjectProperty *prop = table->list->pdata[i];

        if (g_str_equal(prop->name, name)) {
            return prop;
        }
    }
    return NULL;
}

static void property_table_add(PropertyTable **tablep, ObjectProperty *prop)
{
    PropertyTable *table = *tablep;

    if (!table) {
        table = *tablep = g_new0(PropertyTable, 1);
        table->list = g_ptr_array_new();
    }
    g_ptr_array_add(table->list, prop);
    if (table->by_name) {
        g_hash_table_insert(table->by_name, prop->name, prop);
    } else if (table->list->len == TABLE_HASH_FROM) {
        table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
        for (unsigned i = 0; i < table->list->len; i++) {
            ObjectProperty *p = table->list->pdata[i];

            g_hash_table_insert(table->by_name, p->name, p);
        }
    }
}

static void property_free(ObjectProperty *prop)
{
    json_object_put(prop->defval);
    g_free(prop->name);
    g_free(prop->type);
    g_free(prop->description);
    g_free(prop);
}

/* Stands in for release() while the real one runs. */
static void release_under_way(Object *obj, const char *name, void *opaque)
{
}

void property_table_del(PropertyTable *table, ObjectProperty *prop,
                        Object *obj)
{
    ObjectPropertyRelease *release = prop->release;

    if (release == release_under_way) {
        return;
    }
    prop->release = release_under_way;
    if (release) {
        release(obj, prop->name, prop->opaque);
    }
    if (table->by_name) {
        g_hash_table_remove(table->by_name, prop->name);
    }
    g_ptr_array_remove(table->list, prop);
    g_clear_pointer(&table->indexed_stem, g_free);  /* a lower one is free */
    property_free(prop);
}

void object_drop_properties(Object *obj)
{
    PropertyTable *table = obj->properties;

    if (!table) {
        return;
    }
    while (table->list->len) {
        property_table_del(table, table->list->pdata[table->list->len - 1],
                           obj);
    }
    if (table->by_name) {
        g_hash_table_destroy(table->by_name);
    }
    g_ptr_array_free(table->list, true);
    g_free(table->indexed_stem);
    g_free(table);
    obj->properties = NULL;
}

static ObjectProperty *property_new(const char *name, const char *type,
                                    ObjectPropertyAccessor *get,
                                    ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release,
                                    void *opaque)
{
    ObjectProperty *prop = g_new0(ObjectProperty, 1);

    prop->name = g_strdup(name);
    prop->type = g_strdup(type);
    prop->get = get;
    prop->set = set;
    prop->release = release;
    prop->opaque = opaque;
    return prop;
}

/* ---- adding, deleting, finding ----------------------------------------- */

/* "name[*]" with the first index that is free. */
static char *property_pick_index(Object *obj, const char *name)
{
    g_autofree char *stem = g_strndup(name, strlen(name) - 3);
    PropertyTable *table = obj->properties;
    unsigned i = 0;

    if (table && g_strcmp0(table->indexed_stem, stem) == 0) {
        i = table->next_index;      /* all below are taken */
    }
    for (; ; i++) {
        char *full = g_strdup_printf("%s[%u]", stem, i);

        if (!object_property_find(obj, full)) {
            if (table) {
                g_free(table->indexed_stem);
                table->indexed_stem = g_steal_pointer(&stem);
                table->next_index = i + 1;
            }
            return full;
        }
        g_free(full);
    }
}

ObjectProperty *object_property_try_add(Object *obj, const char *name,
                                        const char *type,
                                        ObjectPropertyAccessor *get,
                                        ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release,
                                        void *opaque, Error **errp)
{
    g_autofree char *indexed = NULL;
    ObjectProperty *prop;

    if (g_str_has_suffix(name, "[*]")) {
        name = indexed = property_pick_index(obj, name);
    } else if (object_property_find(obj, name)) {
        error_setg(errp, "attempt to add duplicate property '%s' to object "
                   "(type '%s')", name, object_get_typename(obj));
        return NULL;
    }
    prop = property_new(name, type, get, set, release, opaque);
    property_table_add(&obj->properties, prop);
    return prop;
}

ObjectProperty *object_property_add(Object *obj, const char *name,
                                    const char *type,
                                    ObjectPropertyAccessor *get,
                                    ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release,
                                    void *opaque)
{
    return object_property_try_add(obj, name, type, get, set, release, opaque,
                                   &error_abort);
}

ObjectProperty *object_class_property_add(ObjectClass *klass,
                                          const char *name, const char *type,
                                          ObjectPropertyAccessor *get,
                                          ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release,
                                          void *opaque)
{
    ObjectProperty *prop;

    if (object_class_property_find(klass, name)) {
        Error *err = NULL;

        error_setg(&err, "class '%s' has the property '%s' already",
                   object_class_get_name(klass), name);
        error_propagate(&error_abort, err);
    }
    prop = property_new(name, type, get, set, release, opaque);
    property_table_add(&klass->properties, prop);
    return prop;
}

void object_property_del(Object *obj, const char *name)
{
    ObjectProperty *prop = property_table_find(obj->properties, name);

    if (prop) {
        property_table_del(obj->properties, prop, obj);
    }
}

ObjectProperty *object_class_property_find(ObjectClass *klass,
                                           const char *name)
{
    for (Type t = klass->type; t; t = type_get_parent(t)) {
        ObjectProperty *prop = property_table_find(t->class->properties, name);

        if (prop) {
            return prop;
        }
    }
    return NULL;
}

/* What was found, or the error that nothing was. */
static ObjectProperty *found_or_error(ObjectProperty *prop, const char *owner,
                                      const char *name, Error **errp)
{
    if (!prop) {
        error_setg(errp, "Property '%s.%s' not found", owner, name);
    }
    return prop;
}

ObjectProperty *object_class_property_find_err(ObjectClass *klass,
                                               const char *name,
                                               Error **errp)
{
    return found_or_error(object_class_property_find(klass, name), "", name,
                          errp);
}

ObjectProperty *object_property_find(Object *obj, const char *name)
{
    ObjectProperty *prop = property_table_find(obj->properties, name);

    return prop ? prop : object_class_property_find(obj->class, name);
}

ObjectProperty *object_property_find_err(Object *obj, const char *name,
                                         Error **errp)
{
    return found_or_error(object_property_find(obj, name),
                          object_get_typename(obj), name, errp);
}

void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj)
{
    *iter = (ObjectPropertyIterator) {
        .next_class = obj->class,
        .table = obj->properties,
    };
}

void object_class_property_iter_init(ObjectPropertyIterator *iter,
                                     ObjectClass *klass)
{
    *iter = (ObjectPropertyIterator) { .next_class = klass };
}

ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter)
{
    while (!iter->table || iter->pos >= iter->table->list->len) {
        ObjectClass *klass = iter->next_class;

        if (!klass) {
            return NULL;
        }
        iter->table = klass->properties;
        iter->pos = 0;
        iter->next_class = object_class_get_parent(klass);
    }
    return iter->table->list->pdata[iter->pos++];
}

/* ---- defaults and descriptions ----------------------------------------- */

static void class_chain_init_properties(Object *obj, Type type)
{
    const PropertyTable *table = type->class->properties;

    if (type->parent) {
        class_chain_init_properties(obj, type->parent);
    }
    for (unsigned i = 0; table && i < table->list->len; i++) {
        ObjectProperty *prop = table->list->pdata[i];

        if (prop->init) {
            prop->init(obj, prop);
        }
    }
}

void object_init_class_properties(Object *obj)
{
    class_chain_init_properties(obj, obj->class->type);
}

void object_release_class_properties(Object *obj)
{
    for (Type t = obj->class->type; t; t = t->parent) {
        const PropertyTable *table = t->class->properties;

        for (unsigned i = 0; table && i < table->list->len; i++) {
            ObjectProperty *prop = table->list->pdata[i];

            if (prop->release) {
                prop->release(obj, prop->name, prop->opaque);
            }
        }
    }
}

static void property_init_from_default(Object *obj, ObjectProperty *prop)
{
    g_autoptr(Visitor) v = json_input_visitor_new(prop->defval);

    prop->set(obj, v, prop->name, prop->opaque, &error_abort);
}

static void property_set_default(ObjectProperty *prop,
                                 struct json_object *value)
{
    g_assert(!prop->defval && !prop->init && prop->set);
    prop->defval = value;
    prop->init = property_init_from_default;
}

void object_property_set_default_bool(ObjectProperty *prop, bool value)
{
    property_set_default(prop, json_object_new_boolean(value));
}

void object_property_set_default_str(ObjectProperty *prop, const char *value)
{
    property_set_default(prop, json_object_new_string(value));
}

void object_property_set_default_list(ObjectProperty *prop)
{
    property_set_default(prop, json_object_new_array());
}

void object_property_set_default_int(ObjectProperty *prop, int64_t value)
{
    property_set_default(prop, json_object_new_int64(value));
}

void object_property_set_default_uint(ObjectProperty *prop, uint64_t value)
{
    property_set_default(prop, json_object_new_uint64(value));
}

static void property_describe(ObjectProperty *prop, const char *description)
{
    g_free(prop->description);
    prop->description = g_strdup(description);
}

void object_property_set_description(Object *obj, const char *name,
                                     const char *description)
{
    property_describe(object_property_find_err(obj, name, &error_abort),
                      description);
}

void object_class_property_set_description(ObjectClass *klass,
                                           const char *name,
                                           const char *description)
{
    property_describe(object_class_property_find_err(klass, name,
                                                     &error_abort),
                      description);
}

/* ---- reading and writing ----------------------------------------------- */

bool object_property_get(Object *obj, const char *name, Visitor *v,
                         Error **errp)
{
    ERRP_GUARD();
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (!prop) {
        return false;
    }
    if (!prop->get) {
        error_setg(errp, "Property '%s.%s' is not readable",
                   object_get_typename(obj), name);
        return false;
    }
    prop->get(obj, v, name, prop->opaque, errp);
    return !*errp;
}

bool object_property_set(Object *obj, const char *name, Visitor *v,
                         Error **errp)
{
    ERRP_GUARD();
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (!prop) {
        return false;
    }
    if (!prop->set) {
        error_setg(errp, "Property '%s.%s' is not writable",
                   object_get_typename(obj), name);
        return false;
    }
    prop->set(obj, v, name, prop->opaque, errp);
    return !*errp;
}

const char *object_property_get_type(Object *obj, const char *name,
                                     Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop ? prop->type : NULL;
}

bool object_property_parse(Object *obj, const char *name, const char *string,
                           Error **errp)
{
    g_autoptr(Visitor) v = string_input_visitor_new(string);

    return object_property_set(obj, name, v, errp);
}

char *object_property_print(Object *obj, const char *name, bool human,
                            Error **errp)
{
    char *text = NULL;
    g_autoptr(Visitor) v = string_output_visitor_new(human, &text);

    if (object_property_get(obj, name, v, errp)) {
        visit_complete(v, &text);
    }
    return text;
}

bool object_property_set_qobject(Object *obj, const char *name,
                                 struct json_object *value, Error **errp)
{
    g_autoptr(Visitor) v = json_input_visitor_new(value);

    return object_property_set(obj, name, v, errp);
}

struct json_object *object_property_get_qobject(Object *obj, const char *name,
                                                Error **errp)
{
    struct json_object *value = NULL;
    g_autoptr(Visitor) v = json_output_visitor_new(&value);

    if (object_property_get(obj, name, v, errp)) {
        visit_complete(v, &value);
    }
    return value;
}

/* Sets from a value that is given away. */
static bool property_set_json(Object *obj, const char *name,
                              struct json_object *value, Error **errp)
{
    bool ok = object_property_set_qobject(obj, name, value, errp);

    json_object_put(value);
    return ok;
}

/* Reads a value of one of two JSON types; NULL and an error for others. */
static struct json_object *property_get_json(Object *obj, const char *name,
                                             enum json_type type,
                                             const char *type_text,
                                             Error **errp)
{
    ERRP_GUARD();
    struct json_object *value = object_property_get_qobject(obj, name, errp);

    if (!*errp && !json_object_is_type(value, type)) {
        error_setg(errp, "Invalid parameter type for '%s', expected: %s",
                   name, type_text);
    }
    if (*errp) {
        json_object_put(value);
        return NULL;
    }
    return value;
}

bool object_property_set_str(Object *obj, const char *name,
                             const char *value, Error **errp)
{
    return property_set_json(obj, name, json_object_new_string(value), errp);
}

char *object_property_get_str(Object *obj, const char *name, Error **errp)
{
    struct json_object *value = property_get_json(obj, name, json_type_string,
                                                  "string", errp);
    char *text = value ? g_strdup(json_object_get_string(value)) : NULL;

    json_object_put(value);
    return text;
}

bool object_property_set_bool(Object *obj, const char *name, bool value,
                              Error **errp)
{
    return property_set_json(obj, name, json_object_new_boolean(value), errp);
}

bool object_property_get_bool(Object *obj, const char *name, Error **errp)
{
    struct json_object *value = property_get_json(obj, name, json_type_boolean,
                                                  "boolean", errp);
    bool result = value && json_object_get_boolean(value);

    json_object_put(value);
    return result;
}

bool object_property_set_int(Object *obj, const char *name, int64_t value,
                             Error **errp)
{
    return property_set_json(obj, name, json_object_new_int64(value), errp);
}

int64_t object_property_get_int(Object *obj, const char *name, Error **errp)
{
    struct json_object *value = property_get_json(obj, name, json_type_int,
                                                  "int", errp);
    int64_t result = value ? json_object_get_int64(value) : -1;

    json_object_put(value);
    return result;
}

bool object_property_set_uint(Object *obj, const char *name, uint64_t value,
                              Error **errp)
{
    return property_set_json(obj, name, json_object_new_uint64(value), errp);
}

uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp)
{
    struct json_object *value = property_get_json(obj, name, json_type_int,
                                                  "uint", errp);
    uint64_t result = value ? json_object_get_uint64(value) : 0;

    json_object_put(value);
    return result;
}

bool object_property_set_link(Object *obj, const char *name, Object *value,
                              Error **errp)
{
    ObjectProperty *prop = object_property_find(obj, name);
    g_autofree char *path = NULL;

    if (prop && prop->set && object_property_is_link(prop)) {
        return object_link_set_target(obj, prop, value, errp);
    }
    /* an alias of a link, or a property that acts like one */
    path = value ? object_get_canonical_path(value) : g_strdup("");
    if (!path) {
        error_setg(errp, "object of type '%s' has no path for '%s'",
                   object_get_typename(value), name);
        return false;
    }
    return object_property_set_str(obj, name, path, errp);
}

Object *object_property_get_link(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find(obj, name);
    g_autofree char *path = NULL;
    Object *target = NULL;

    if (prop && object_property_is_link(prop)) {
        return object_link_get_target(obj, prop);
    }
    path = object_property_get_str(obj, name, errp);
    if (path && *path) {
        target = object_resolve_path(path, NULL);
        if (!target) {
            error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                      "Device '%s' not found", path);
        }
    }
    return target;
}

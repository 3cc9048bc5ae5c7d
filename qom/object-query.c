/*
 * The tree of objects: its root and containers, paths, walks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom-internal.h"

/* ---- the root and its containers --------------------------------------- */

Object *object_property_add_new_container(Object *obj, const char *name)
{
    Object *child = object_new(TYPE_CONTAINER);

    object_property_add_child(obj, name, child);
    object_unref(child);
    return child;
}

Object *object_get_root(void)
{
    static Object *root;

    if (!root) {
        root = object_new(TYPE_CONTAINER);
        object_property_add_new_container(root, "chardevs");
        object_property_add_new_container(root, "objects");
        object_property_add_new_container(root, "backend");
    }
    return root;
}

Object *object_get_container(const char *name)
{
    Object *root = object_get_root();
    Object *child = object_resolve_path_component(root, name);

    return child ? child : object_property_add_new_container(root, name);
}

Object *object_get_objects_root(void)
{
    return object_get_container("objects");
}

Object *container_get(Object *root, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    Object *obj = root;

    for (char **part = parts; *part; part++) {
        if (**part) {
            Object *child = object_resolve_path_component(obj, *part);

            obj = child ? child
                        : object_property_add_new_container(obj, *part);
        }
    }
    return obj;
}

/* ---- walks ------------------------------------------------------------- */

/* The children at the moment, referenced: callbacks may change the table. */
static GPtrArray *object_children(Object *obj)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(object_unref);
    const PropertyTable *table = obj->properties;

    for (unsigned i = 0; table && i < table->list->len; i++) {
        ObjectProperty *prop = table->list->pdata[i];

        if (object_property_is_child(prop)) {
            g_ptr_array_add(list, object_ref(prop->opaque));
        }
    }
    return list;
}

static int child_foreach(Object *obj, bool recurse,
                         int (*fn)(Object *child, void *opaque), void *opaque)
{
    g_autoptr(GPtrArray) list = object_children(obj);
    int ret = 0;

    for (unsigned i = 0; i < list->len && !ret; i++) {
        Object *child = list->pdata[i];

        if (child->parent != obj) {
            continue;           /* an earlier callback took it away */
        }
        ret = fn(child, opaque);
        if (!ret && recurse) {
            ret = child_foreach(child, true, fn, opaque);
        }
    }
    return ret;
}

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque),
                         void *opaque)
{
    return child_foreach(obj, false, fn, opaque);
}

int object_child_foreach_recursive(Object *obj,
                                   int (*fn)(Object *child, void *opaque),
                                   void *opaque)
{
    return child_foreach(obj, true, fn, opaque);
}

/* ---- paths ------------------------------------------------------------- */

ObjectProperty *object_find_child_property(Object *parent, const Object *child)
{
    const PropertyTable *table = parent->properties;

    for (unsigned i = table ? table->list->len : 0; i-- > 0; ) {
        ObjectProperty *prop = table->list->pdata[i];

        if (prop->opaque == child && object_property_is_child(prop)) {
            return prop;
        }
    }
    return NULL;
}

const char *object_get_canonical_path_component(const Object *obj)
{
    return obj->parent ? object_find_child_property(obj->parent, obj)->name
                       : NULL;
}

char *object_get_canonical_path(const Object *obj)
{
    const Object *root = object_get_root();
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    GString *path;

    for (; obj != root; obj = obj->parent) {
        if (!obj->parent) {
            return NULL;
        }
        g_ptr_array_add(parts,
                        (char *)object_get_canonical_path_component(obj));
    }
    if (!parts->len) {
        return g_strdup("/");
    }
    path = g_string_new(NULL);
    for (unsigned i = parts->len; i-- > 0; ) {
        g_string_append_c(path, '/');
        g_string_append(path, parts->pdata[i]);
    }
    return g_string_free(path, false);
}

Object *object_resolve_path_component(Object *parent, const char *part)
{
    ObjectProperty *prop = object_property_find(parent, part);

    return prop && prop->resolve ? prop->resolve(parent, prop->opaque, part)
                                 : NULL;
}

/* Follows all parts from obj; NULL if that leads nowhere, or not to a T. */
static Object *resolve_parts(Object *obj, char *const *parts,
                             const char *type_name)
{
    for (; obj && *parts; parts++) {
        if (**parts) {
            obj = object_resolve_path_component(obj, *parts);
        }
    }
    return obj && type_name ? object_dynamic_cast(obj, type_name) : obj;
}

typedef struct PartialSearch {
    char *const *parts;
    const char *type_name;
    Object *found;
    bool ambiguous;
} PartialSearch;

/* Tries the parts from every object of the tree as a start. */
static void partial_search(Object *obj, PartialSearch *search)
{
    Object *hit = resolve_parts(obj, search->parts, search->type_name);
    const PropertyTable *table = obj->properties;

    if (hit && hit != search->found) {
        search->ambiguous = search->found != NULL;
        search->found = hit;
    }
    for (unsigned i = 0; table && i < table->list->len && !search->ambiguous;
         i++) {
        ObjectProperty *prop = table->list->pdata[i];

        if (object_property_is_child(prop)) {
            partial_search(prop->opaque, search);
        }
    }
}

static Object *resolve_from(Object *start, const char *path,
                            const char *type_name, bool *ambiguous)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    PartialSearch search = { .parts = parts, .type_name = type_name };

    if (ambiguous) {
        *ambiguous = false;
    }
    if (!parts[0]) {
        return NULL;
    }
    if (!*parts[0]) {               /* absolute */
        return resolve_parts(object_get_root(), parts + 1, type_name);
    }
    partial_search(start, &search);
    if (ambiguous) {
        *ambiguous = search.ambiguous;
    }
    return search.ambiguous ? NULL : search.found;
}

Object *object_resolve_path_type(const char *path, const char *type_name,
                                 bool *ambiguous)
{
    return resolve_from(object_get_root(), path, type_name, ambiguous);
}

Object *object_resolve_path(const char *path, bool *ambiguous)
{
    return resolve_from(object_get_root(), path, NULL, ambiguous);
}

Object *object_resolve_path_from(Object *parent, const char *path,
                                 bool *ambiguous)
{
    return resolve_from(parent, path, NULL, ambiguous);
}

Object *object_resolve_path_at(Object *parent, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);

    if (*path == '/') {
        return resolve_parts(object_get_root(), parts + 1, NULL);
    }
    return resolve_parts(parent, parts, NULL);
}

typedef struct TypeSearch {
    const char *type_name;
    Object *found;
    unsigned count;
} TypeSearch;

static int type_search_one(Object *child, void *opaque)
{
    TypeSearch *search = opaque;

    if (object_dynamic_cast(child, search->type_name)) {
        search->found = child;
        search->count++;
    }
    return search->count > 1;
}

Object *object_resolve_type_unambiguous(const char *type_name, Error **errp)
{
    TypeSearch search = { .type_name = type_name };

    object_child_foreach_recursive(object_get_root(), type_search_one,
                                   &search);
    if (search.count == 0) {
        error_setg(errp, "No object of type '%s' found", type_name);
        return NULL;
    }
    if (search.count > 1) {
        error_setg(errp, "More than one object of type '%s' found", type_name);
        return NULL;
    }
    return search.found;
}

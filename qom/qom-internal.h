/*
 * What the files of the object model share: the registry's entry of a type and
 * the table of properties.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QOM_INTERNAL_H
#define QOM_INTERNAL_H

#include "qom/object.h"

/* One registered type. Its class is NULL until somebody asks for it. */
struct TypeImpl {
    TypeInfo info;
    Type parent;            /* resolved with the class */
    ObjectClass *class;
    size_t instance_size;   /* resolved with the class */
    size_t class_size;
    bool initializing;
};

Type type_by_name(const char *name);
/* The parent, NULL at the root; aborts if the parent was never registered. */
Type type_get_parent(Type type);
/* Does `type` derive from `ancestor`, or implement it, or equal it? */
bool type_is_a(Type type, Type ancestor);
/* class_init of the root: the property "type". */
void object_root_class_init(ObjectClass *klass, const void *data);
/* Makes the class, and those that it needs, if it is not there. */
ObjectClass *type_ensure_class(Type type);

/* Properties by name, in the order they were added. */
struct PropertyTable {
    GPtrArray *list;        /* ObjectProperty * */
    GHashTable *by_name;    /* NULL while the list is short */
    char *indexed_stem;     /* stem of the "name[*]" added last, and the */
    unsigned next_index;    /* index to try first for another one */
};

ObjectProperty *property_table_find(const PropertyTable *table,
                                    const char *name);
/* Deletes all properties of an instance, the newest first, and its table. */
void object_drop_properties(Object *obj);
/* Deletes one property that is in the table; again while that is under way
 * (its release may unparent what is going anyway) has no effect. */
void property_table_del(PropertyTable *table, ObjectProperty *prop,
                        Object *obj);

/* Sets defaults of a new instance. */
void object_init_class_properties(Object *obj);
/* Lets class properties release what they hold of an instance. */
void object_release_class_properties(Object *obj);

/* Is it the property of a child, and of a link? */
bool object_property_is_child(const ObjectProperty *prop);
bool object_property_is_link(const ObjectProperty *prop);
/* Set (a settable one) and get a link without going by a path. */
bool object_link_set_target(Object *obj, ObjectProperty *prop, Object *target,
                            Error **errp);
Object *object_link_get_target(Object *obj, ObjectProperty *prop);
/* The property of `parent` that holds `child`, or NULL. */
ObjectProperty *object_find_child_property(Object *parent,
                                           const Object *child);

#endif

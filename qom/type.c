/*
 * The registry of types and the making of their classes. Objects are in
 * object.c.
 *
 * Registering writes one table entry. A class is made when it is first asked
 * for: the parent's class is copied, so that a type inherits every function
 * that it does not replace, then the type's class_init fills in its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom-internal.h"

static GHashTable *types;       /* name -> TypeImpl */

static QEMU_COLD QEMU_NORETURN G_PRINTF(1, 2) void type_bug(const char *fmt,
                                                           ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("object model: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    abort();
}

/* ---- the registry ------------------------------------------------------ */

static void type_add(const TypeInfo *info)
{
    Type type = g_new0(struct TypeImpl, 1);

    if (!types) {
        types = g_hash_table_new(g_str_hash, g_str_equal);
    }
    type->info = *info;
    if (!g_hash_table_insert(types, (char *)type->info.name, type)) {
        type_bug("type '%s' is registered twice", info->name);
    }
}

static void types_add_builtin(void)
{
    static const TypeInfo builtin[] = {
        { .name = TYPE_OBJECT, .instance_size = sizeof(Object),
          .class_size = sizeof(ObjectClass), .abstract = true,
          .class_init = object_root_class_init },
        { .name = TYPE_INTERFACE, .class_size = sizeof(InterfaceClass),
          .abstract = true },
        { .name = TYPE_CONTAINER, .parent = TYPE_OBJECT },
    };
    static bool done;

    if (!done) {
        done = true;
        for (unsigned i = 0; i < ARRAY_SIZE(builtin); i++) {
            type_add(&builtin[i]);
        }
    }
}

void type_register_static(const TypeInfo *info)
{
    types_add_builtin();
    type_add(info);
}

void type_register_static_array(const TypeInfo *infos, int nr_infos)
{
    for (int i = 0; i < nr_infos; i++) {
        type_register_static(&infos[i]);
    }
}

void type_register(const TypeInfo *info)
{
    TypeInfo copy = *info;

    copy.name = g_strdup(info->name);
    copy.parent = g_strdup(info->parent);
    if (info->interfaces) {
        size_t count = 0;
        InterfaceInfo *list;

        while (info->interfaces[count].type) {
            count++;
        }
        list = g_new0(InterfaceInfo, count + 1);
        for (size_t i = 0; i < count; i++) {
            list[i].type = g_strdup(info->interfaces[i].type);
        }
        copy.interfaces = list;
    }
    type_register_static(&copy);
}

Type type_by_name(const char *name)
{
    types_add_builtin();
    return name ? g_hash_table_lookup(types, name) : NULL;
}

Type type_get_parent(Type type)
{
    if (!type->parent && type->info.parent) {
        type->parent = type_by_name(type->info.parent);
        if (!type->parent) {
            type_bug("type '%s' has the parent '%s', which is not there",
                     type->info.name, type->info.parent);
        }
    }
    return type->parent;
}

static bool type_derives_from(Type type, Type ancestor)
{
    for (; type; type = type_get_parent(type)) {
        if (type == ancestor) {
            return true;
        }
    }
    return false;
}

bool type_is_a(Type type, Type ancestor)
{
    if (type_derives_from(type, ancestor)) {
        return true;
    }
    for (Type t = type; t; t = type_get_parent(t)) {
        for (const InterfaceInfo *i = t->info.interfaces; i && i->type; i++) {
            Type iface = type_by_name(i->type);

            if (iface && type_derives_from(iface, ancestor)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- classes ----------------------------------------------------------- */

static void type_resolve_sizes(Type type)
{
    Type parent = type_get_parent(type);

    type->instance_size = type->info.instance_size;
    type->class_size = type->info.class_size;
    if (!parent) {
        return;
    }
    if (!type->instance_size) {
        type->instance_size = parent->instance_size;
    }
    if (!type->class_size) {
        type->class_size = parent->class_size;
    }
    if (type->class_size < parent->class_size ||
        type->instance_size < parent->instance_size) {
        type_bug("type '%s' is smaller than its parent '%s'",
                 type->info.name, parent->info.name);
    }
    if (!type->info.instance_align) {
        type->info.instance_align = parent->info.instance_align;
    }
    if (!type->instance_size) {
        type->info.abstract = true;     /* an interface */
    }
}

static InterfaceClass *interface_find(InterfaceClass *const *list, Type iface)
{
    for (; list && *list; list++) {
        if ((*list)->interface_type == iface) {
            return *list;
        }
    }
    return NULL;
}

/* The interface's part of a class: the parent's part, or the plain one. */
static InterfaceClass *interface_part_new(ObjectClass *concrete, Type iface,
                                          InterfaceClass *inherited)
{
    const ObjectClass *from = inherited ? &inherited->parent_class
                                        : type_ensure_class(iface);
    InterfaceClass *part = g_memdup2(from, iface->class_size);

    part->parent_class.type = iface;
    part->parent_class.interfaces = NULL;
    part->parent_class.properties = NULL;
    part->concrete_class = concrete;
    part->interface_type = iface;
    return part;
}

static void class_add_interfaces(ObjectClass *klass, Type type,
                                 ObjectClass *parent)
{
    InterfaceClass *const *theirs = parent ? parent->interfaces : NULL;
    g_autoptr(GPtrArray) parts = g_ptr_array_new();

    for (InterfaceClass *const *p = theirs; p && *p; p++) {
        g_ptr_array_add(parts, interface_part_new(klass, (*p)->interface_type,
                                                  *p));
    }
    for (const InterfaceInfo *i = type->info.interfaces; i && i->type; i++) {
        Type iface = type_by_name(i->type);

        if (!iface || !type_derives_from(iface, type_by_name(TYPE_INTERFACE))) {
            type_bug("type '%s' implements '%s', which is no interface",
                     type->info.name, i->type);
        }
        if (!interface_find(theirs, iface)) {
            g_ptr_array_add(parts, interface_part_new(klass, iface, NULL));
        }
    }
    if (parts->len) {
        g_ptr_array_add(parts, NULL);
        klass->interfaces = (InterfaceClass **)
            g_ptr_array_free(g_steal_pointer(&parts), false);
    }
}

ObjectClass *type_ensure_class(Type type)
{
    Type parent = type_get_parent(type);
    ObjectClass *klass, *parent_class;

    if (likely(type->class)) {
        return type->class;
    }
    if (type->initializing) {
        type_bug("type '%s' is its own ancestor", type->info.name);
    }
    type->initializing = true;
    parent_class = parent ? type_ensure_class(parent) : NULL;
    type_resolve_sizes(type);

    klass = g_malloc0(type->class_size);
    if (parent_class) {
        memcpy(klass, parent_class, parent->class_size);
    }
    klass->type = type;
    klass->interfaces = NULL;
    klass->properties = NULL;
    class_add_interfaces(klass, type, parent_class);

    /* From here on class_init may ask for this very class. */
    type->class = klass;
    for (Type t = parent; t; t = type_get_parent(t)) {
        if (t->info.class_base_init) {
            t->info.class_base_init(klass, type->info.class_data);
        }
    }
    if (type->info.class_init) {
        type->info.class_init(klass, type->info.class_data);
    }
    type->initializing = false;
    return klass;
}

ObjectClass *object_class_by_name(const char *type_name)
{
    Type type = type_by_name(type_name);

    return type ? type_ensure_class(type) : NULL;
}

ObjectClass *object_class_by_name_or_error(const char *type_name,
                                           Error **errp)
{
    ObjectClass *klass = object_class_by_name(type_name);

    if (!klass) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                  "'%s' is not a known object type",
                  type_name ? type_name : "(none)");
    }
    return klass;
}

const char *object_class_get_name(const ObjectClass *klass)
{
    return klass->type->info.name;
}

bool object_class_is_abstract(const ObjectClass *klass)
{
    return klass->type->info.abstract;
}

ObjectClass *object_class_get_parent(ObjectClass *klass)
{
    Type parent = type_get_parent(klass->type);

    return parent ? type_ensure_class(parent) : NULL;
}

size_t object_type_get_instance_size(const char *type_name)
{
    ObjectClass *klass = object_class_by_name(type_name);

    if (!klass) {
        type_bug("no type '%s'", type_name);
    }
    return klass->type->instance_size;
}

/* ---- casts ------------------------------------------------------------- */

ObjectClass *object_class_dynamic_cast(ObjectClass *klass,
                                       const char *type_name)
{
    Type target;

    if (!klass) {
        return NULL;
    }
    if (klass->type->info.name == type_name) {
        return klass;
    }
    target = type_by_name(type_name);
    if (!target) {
        return NULL;
    }
    if (type_derives_from(klass->type, target)) {
        return klass;
    }
    for (InterfaceClass **i = klass->interfaces; i && *i; i++) {
        if (type_derives_from((*i)->interface_type, target)) {
            return &(*i)->parent_class;
        }
    }
    return NULL;
}

Object *object_dynamic_cast(Object *obj, const char *type_name)
{
    if (obj && object_class_dynamic_cast(obj->class, type_name)) {
        return obj;
    }
    return NULL;
}

Object *object_dynamic_cast_assert(Object *obj, const char *type_name,
                                   const char *file, int line,
                                   const char *func)
{
    if (obj && !object_dynamic_cast(obj, type_name)) {
        type_bug("%s:%d: %s: an object of type '%s' is not a '%s'",
                 file, line, func, object_get_typename(obj), type_name);
    }
    return obj;
}

ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass,
                                              const char *type_name,
                                              const char *file, int line,
                                              const char *func)
{
    ObjectClass *to = object_class_dynamic_cast(klass, type_name);

    if (klass && !to) {
        type_bug("%s:%d: %s: the class '%s' is not a '%s'",
                 file, line, func, object_class_get_name(klass), type_name);
    }
    return to;
}

/* ---- walks ------------------------------------------------------------- */

void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque),
                          const char *implements_type, bool include_abstract,
                          void *opaque)
{
    Type target = type_by_name(implements_type);
    /* a copy: making a class may register types */
    g_autoptr(GList) all = NULL;

    if (implements_type && !target) {
        return;
    }
    types_add_builtin();
    all = g_hash_table_get_values(types);
    for (GList *l = all; l; l = l->next) {
        Type type = l->data;

        if (!target || type_is_a(type, target)) {
            ObjectClass *klass = type_ensure_class(type);

            if (include_abstract || !type->info.abstract) {
                fn(klass, opaque);
            }
        }
    }
}

static void class_list_add(ObjectClass *klass, void *opaque)
{
    GSList **list = opaque;

    *list = g_slist_prepend(*list, klass);
}

GSList *object_class_get_list(const char *implements_type,
                              bool include_abstract)
{
    GSList *list = NULL;

    object_class_foreach(class_list_add, implements_type, include_abstract,
                         &list);
    return list;
}

static gint class_compare(gconstpointer a, gconstpointer b)
{
    return g_ascii_strcasecmp(object_class_get_name(a),
                              object_class_get_name(b));
}

GSList *object_class_get_list_sorted(const char *implements_type,
                                     bool include_abstract)
{
    return g_slist_sort(object_class_get_list(implements_type,
                                              include_abstract),
                        class_compare);
}

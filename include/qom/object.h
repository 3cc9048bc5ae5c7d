/*
 * The object model: types, classes, interfaces, objects, their properties and
 * their tree. What devices add to it (realize, buses) is in "hw/core/qdev.h".
 *
 * A type is registered by name and costs one table entry until its class is
 * first asked for; then the parent's class is copied and class_init fills in
 * the rest. Unless said otherwise everything here runs in the main thread
 * with the big lock held; object_ref(), object_unref() and casts may be used
 * from any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_OBJECT_H
#define QEMU_OBJECT_H

struct json_object;
struct QEnumLookup;

#define TYPE_OBJECT     "object"
#define TYPE_INTERFACE  "interface"
#define TYPE_CONTAINER  "container"

typedef struct PropertyTable PropertyTable;

/* Accessor of one property; `opaque` is what the property was added with. */
typedef void (ObjectPropertyAccessor)(Object *obj, Visitor *v,
                                      const char *name, void *opaque,
                                      Error **errp);
/* The object that the path component `part` leads to, or NULL. */
typedef Object *(ObjectPropertyResolve)(Object *obj, void *opaque,
                                        const char *part);
/* Called when the property goes: frees what `opaque` holds. */
typedef void (ObjectPropertyRelease)(Object *obj, const char *name,
                                     void *opaque);
/* Called once for each new instance of a class that has the property. */
typedef void (ObjectPropertyInit)(Object *obj, ObjectProperty *prop);
typedef void (ObjectUnparent)(Object *obj);
typedef void (ObjectFree)(void *obj);

struct ObjectProperty {
    char *name;
    char *type;                     /* "bool", "uint32", "child<T>", "link<T>" */
    char *description;              /* one line for help, or NULL */
    ObjectPropertyAccessor *get;    /* NULL: cannot be read */
    ObjectPropertyAccessor *set;    /* NULL: cannot be written */
    ObjectPropertyResolve *resolve; /* NULL: not a step of a path */
    ObjectPropertyRelease *release;
    ObjectPropertyInit *init;
    void *opaque;
    struct json_object *defval;     /* default value shown in help, or NULL */
};

struct ObjectClass {
    Type type;
    InterfaceClass **interfaces;    /* NULL-terminated; NULL when none */
    PropertyTable *properties;      /* of this class only; NULL when none */
    ObjectUnparent *unparent;       /* called when an object leaves its parent */
};

struct Object {
    ObjectClass *class;
    ObjectFree *free;               /* NULL: embedded or static storage */
    PropertyTable *properties;      /* of this instance only; NULL when none */
    Object *parent;
    uint32_t ref;
};

/*
 * What a type is made of. Names must outlive the program (literals do).
 * Sizes of 0 mean "as the parent". Functions may be NULL.
 */
struct TypeInfo {
    const char *name;
    const char *parent;
    size_t instance_size;
    size_t instance_align;              /* 0: as malloc aligns */
    void (*instance_init)(Object *obj);         /* parents first */
    void (*instance_post_init)(Object *obj);    /* after all init, parents first */
    void (*instance_finalize)(Object *obj);     /* children first */
    bool abstract;
    size_t class_size;
    void (*class_init)(ObjectClass *klass, const void *data);
    /* as class_init, but also run for every type derived from this one */
    void (*class_base_init)(ObjectClass *klass, const void *data);
    const void *class_data;
    const InterfaceInfo *interfaces;    /* ends with an empty entry */
};

struct InterfaceInfo {
    const char *type;
};

/* The class part of an interface: one per class that implements it. */
struct InterfaceClass {
    ObjectClass parent_class;
    ObjectClass *concrete_class;        /* the class that implements it */
    Type interface_type;
};

/* ---- casts ------------------------------------------------------------- */

/* Slow halves of the casts below: abort with a clear text if it is not one. */
Object *object_dynamic_cast_assert(Object *obj, const char *type_name,
                                   const char *file, int line,
                                   const char *func);
ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass,
                                              const char *type_name,
                                              const char *file, int line,
                                              const char *func);

#define OBJECT(obj)             ((Object *)(obj))
#define OBJECT_CLASS(klass)     ((ObjectClass *)(klass))

/*
 * Checked cast of an object. NULL stays NULL. Each call site remembers the
 * last class that passed, so a repeated cast is a load and a compare.
 */
#define OBJECT_CHECK(type, obj, name)                                       \
    (__extension__({                                                        \
        static ObjectClass *passed_;                                        \
        Object *cast_ = OBJECT(obj);                                        \
        if (cast_ && unlikely(cast_->class !=                               \
                __atomic_load_n(&passed_, __ATOMIC_RELAXED))) {             \
            object_dynamic_cast_assert(cast_, (name), __FILE__, __LINE__,   \
                                       __func__);                           \
            __atomic_store_n(&passed_, cast_->class, __ATOMIC_RELAXED);     \
        }                                                                   \
        (type *)(void *)cast_;                                              \
    }))

/* Checked cast of a class; to an interface it answers the interface's part. */
#define OBJECT_CLASS_CHECK(class_type, klass, name)                         \
    (__extension__({                                                        \
        static ObjectClass *passed_;                                        \
        ObjectClass *cast_ = OBJECT_CLASS(klass);                           \
        if (cast_ && unlikely(cast_ !=                                      \
                __atomic_load_n(&passed_, __ATOMIC_RELAXED))) {             \
            ObjectClass *to_ = object_class_dynamic_cast_assert(            \
                cast_, (name), __FILE__, __LINE__, __func__);               \
            if (to_ == cast_) {                                             \
                __atomic_store_n(&passed_, cast_, __ATOMIC_RELAXED);        \
            }                                                               \
            cast_ = to_;                                                    \
        }                                                                   \
        (class_type *)(void *)cast_;                                        \
    }))

#define OBJECT_GET_CLASS(class, obj, name) \
    OBJECT_CLASS_CHECK(class, object_get_class(OBJECT(obj)), name)

/* The checked cast to an interface: the same object, another name for it. */
#define INTERFACE_CHECK(interface, obj, name) \
    OBJECT_CHECK(interface, obj, name)

#define INTERFACE_CLASS(klass) \
    OBJECT_CLASS_CHECK(InterfaceClass, klass, TYPE_INTERFACE)

/* FOO(obj): InstanceType pointer, checked. */
#define DECLARE_INSTANCE_CHECKER(InstanceType, OBJ_NAME, TYPENAME)          \
    static inline G_GNUC_UNUSED InstanceType *OBJ_NAME(const void *obj)     \
    {                                                                       \
        return OBJECT_CHECK(InstanceType, obj, TYPENAME);                   \
    }

/* FOO_CLASS(klass) and FOO_GET_CLASS(obj): ClassType pointers, checked. */
#define DECLARE_CLASS_CHECKERS(ClassType, OBJ_NAME, TYPENAME)               \
    static inline G_GNUC_UNUSED ClassType *                                 \
    OBJ_NAME##_CLASS(const void *klass)                                     \
    {                                                                       \
        return OBJECT_CLASS_CHECK(ClassType, klass, TYPENAME);              \
    }                                                                       \
    static inline G_GNUC_UNUSED ClassType *                                 \
    OBJ_NAME##_GET_CLASS(const void *obj)                                   \
    {                                                                       \
        return OBJECT_GET_CLASS(ClassType, obj, TYPENAME);                  \
    }

#define DECLARE_OBJ_CHECKERS(InstanceType, ClassType, OBJ_NAME, TYPENAME)   \
    DECLARE_INSTANCE_CHECKER(InstanceType, OBJ_NAME, TYPENAME)              \
    DECLARE_CLASS_CHECKERS(ClassType, OBJ_NAME, TYPENAME)

/* Typedefs, casts and g_autoptr() for a type with a class struct of its own. */
#define OBJECT_DECLARE_TYPE(InstanceType, ClassType, MODULE_OBJ_NAME)       \
    typedef struct InstanceType InstanceType;                               \
    typedef struct ClassType ClassType;                                     \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(InstanceType, object_unref)               \
    DECLARE_OBJ_CHECKERS(InstanceType, ClassType,                           \
                         MODULE_OBJ_NAME, TYPE_##MODULE_OBJ_NAME)

/* The same for a type that shares its parent's class struct. */
#define OBJECT_DECLARE_SIMPLE_TYPE(InstanceType, MODULE_OBJ_NAME)           \
    typedef struct InstanceType InstanceType;                               \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(InstanceType, object_unref)               \
    DECLARE_INSTANCE_CHECKER(InstanceType, MODULE_OBJ_NAME,                 \
                             TYPE_##MODULE_OBJ_NAME)

/*
 * Defines and registers a type whose functions are module_obj_name_init(),
 * _finalize() and _class_init(). Further arguments are interfaces.
 */
#define OBJECT_DEFINE_TYPE_EXTENDED(InstanceName, ClassSize, module_obj,    \
                                    MODULE_OBJ, PARENT_OBJ, Abstract, ...)  \
    static void module_obj##_finalize(Object *obj);                         \
    static void module_obj##_class_init(ObjectClass *oc, const void *data); \
    static void module_obj##_init(Object *obj);                             \
    static const TypeInfo module_obj##_info = {                             \
        .parent = TYPE_##PARENT_OBJ,                                        \
        .name = TYPE_##MODULE_OBJ,                                          \
        .instance_size = sizeof(InstanceName),                              \
        .instance_align = __alignof__(InstanceName),                        \
        .instance_init = module_obj##_init,                                 \
        .instance_finalize = module_obj##_finalize,                         \
        .class_size = ClassSize,                                            \
        .class_init = module_obj##_class_init,                              \
        .abstract = Abstract,                                               \
        .interfaces = (const InterfaceInfo[]) { __VA_ARGS__ },              \
    };                                                                      \
    static void module_obj##_register_types(void)                           \
    {                                                                       \
        type_register_static(&module_obj##_info);                           \
    }                                                                       \
    type_init(module_obj##_register_types)

#define OBJECT_DEFINE_TYPE_WITH_INTERFACES(InstanceName, ModuleClass,       \
                                           module_obj, MODULE_OBJ,          \
                                           PARENT_OBJ, ...)                 \
    OBJECT_DEFINE_TYPE_EXTENDED(InstanceName, sizeof(ModuleClass),          \
                                module_obj, MODULE_OBJ, PARENT_OBJ, false,  \
                                __VA_ARGS__)

#define OBJECT_DEFINE_TYPE(InstanceName, ModuleClass, module_obj,           \
                           MODULE_OBJ, PARENT_OBJ)                          \
    OBJECT_DEFINE_TYPE_EXTENDED(InstanceName, sizeof(ModuleClass),          \
                                module_obj, MODULE_OBJ, PARENT_OBJ, false,  \
                                { NULL })

#define OBJECT_DEFINE_ABSTRACT_TYPE(InstanceName, ModuleClass, module_obj,  \
                                    MODULE_OBJ, PARENT_OBJ)                 \
    OBJECT_DEFINE_TYPE_EXTENDED(InstanceName, sizeof(ModuleClass),          \
                                module_obj, MODULE_OBJ, PARENT_OBJ, true,   \
                                { NULL })

#define OBJECT_DEFINE_SIMPLE_TYPE_WITH_INTERFACES(InstanceName, module_obj, \
                                                  MODULE_OBJ, PARENT_OBJ,   \
                                                  ...)                      \
    OBJECT_DEFINE_TYPE_EXTENDED(InstanceName, 0, module_obj, MODULE_OBJ,    \
                                PARENT_OBJ, false, __VA_ARGS__)

#define OBJECT_DEFINE_SIMPLE_TYPE(InstanceName, module_obj, MODULE_OBJ,     \
                                  PARENT_OBJ)                               \
    OBJECT_DEFINE_TYPE_EXTENDED(InstanceName, 0, module_obj, MODULE_OBJ,    \
                                PARENT_OBJ, false, { NULL })

/* ---- types and classes ------------------------------------------------- */

/* Adds a type; `info` is used in place and must stay. A second type of the
 * same name is a programmer's error and aborts. */
void type_register_static(const TypeInfo *info);
void type_register_static_array(const TypeInfo *infos, int nr_infos);
/* The same, with the pieces of `info` copied: for types made at run time. */
void type_register(const TypeInfo *info);

/* Registers every element of an array of TypeInfo ("qemu/module.h" needed). */
#define DEFINE_TYPES(type_array)                                            \
    static void do_qemu_init_##type_array(void)                             \
    {                                                                       \
        type_register_static_array(type_array, ARRAY_SIZE(type_array));     \
    }                                                                       \
    type_init(do_qemu_init_##type_array)

ObjectClass *object_get_class(const Object *obj);
const char *object_get_typename(const Object *obj);
/* The class of a type, initialised; NULL if there is no such type. */
ObjectClass *object_class_by_name(const char *type_name);
/* The same, with an error that names the type. */
ObjectClass *object_class_by_name_or_error(const char *type_name,
                                           Error **errp);
const char *object_class_get_name(const ObjectClass *klass);
bool object_class_is_abstract(const ObjectClass *klass);
ObjectClass *object_class_get_parent(ObjectClass *klass);
/* The class, or its interface part, if it is of that type; else NULL. */
ObjectClass *object_class_dynamic_cast(ObjectClass *klass,
                                       const char *type_name);
/* The object itself if it is of that type (or implements it), else NULL. */
Object *object_dynamic_cast(Object *obj, const char *type_name);
/* Instance size in bytes of a type; the type must exist. */
size_t object_type_get_instance_size(const char *type_name);

/* Calls fn for every class that is an `implements_type` (NULL: any), abstract
 * ones if wanted. Order is unspecified. Initialises the classes it shows. */
void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque),
                          const char *implements_type, bool include_abstract,
                          void *opaque);
/* The same as a list that the caller frees with g_slist_free(). */
GSList *object_class_get_list(const char *implements_type,
                              bool include_abstract);
GSList *object_class_get_list_sorted(const char *implements_type,
                                     bool include_abstract);

/* ---- making, keeping and freeing --------------------------------------- */

/* A new object with one reference, owned by the caller. The type must exist
 * and not be abstract. */
Object *object_new(const char *type_name);
Object *object_new_with_class(ObjectClass *klass);
/* A new object with properties set ("name", "value", …, NULL), made a child
 * `id` of parent (with NULL no child: the caller owns it) and, if it is
 * user-creatable, completed. NULL and *errp when a step fails. The reference
 * returned belongs to the parent when there is one. */
Object *object_new_with_props(const char *type_name, Object *parent,
                              const char *id, Error **errp, ...)
    G_GNUC_NULL_TERMINATED;
Object *object_new_with_propv(const char *type_name, Object *parent,
                              const char *id, Error **errp, va_list vargs);
/* Sets properties given as "name", "value", …, NULL. */
bool object_set_props(Object *obj, Error **errp, ...) G_GNUC_NULL_TERMINATED;
bool object_set_propv(Object *obj, Error **errp, va_list vargs);

/* Makes an object in storage of the caller (`size` bytes, at least the
 * type's instance size); object_unref() finalizes it and frees nothing. */
void object_initialize(void *obj, size_t size, const char *type_name);

/* Embeds a child in its parent: initialises it in place, sets props and makes
 * it the child `propname`, which then holds the only reference. */
bool object_initialize_child_with_props(Object *parent, const char *propname,
                                        void *childobj, size_t size,
                                        const char *type, Error **errp, ...)
    G_GNUC_NULL_TERMINATED;
bool object_initialize_child_with_propsv(Object *parent, const char *propname,
                                         void *childobj, size_t size,
                                         const char *type, Error **errp,
                                         va_list vargs);
void object_initialize_child_internal(Object *parent, const char *propname,
                                      void *child, size_t size,
                                      const char *type);
#define object_initialize_child(parent, propname, child, type)              \
    object_initialize_child_internal((parent), (propname), (child),         \
                                     sizeof(*(child)), (type))

/* Any thread. The last unref finalizes. */
Object *object_ref(void *obj);
void object_unref(void *obj);
/* Takes the object out of its parent; its class's unparent runs first. The
 * parent's reference is dropped. Nothing happens without a parent. */
void object_unparent(Object *obj);

/* ---- properties -------------------------------------------------------- */

typedef struct ObjectPropertyIterator {
    ObjectClass *next_class;
    PropertyTable *table;
    unsigned pos;
} ObjectPropertyIterator;

/* Adds a property to one object. Names ending in "[*]" get the first free
 * index instead of the star. try_add answers NULL and an error when the name
 * is taken; add aborts then. */
ObjectProperty *object_property_try_add(Object *obj, const char *name,
                                        const char *type,
                                        ObjectPropertyAccessor *get,
                                        ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release,
                                        void *opaque, Error **errp);
ObjectProperty *object_property_add(Object *obj, const char *name,
                                    const char *type,
                                    ObjectPropertyAccessor *get,
                                    ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release,
                                    void *opaque);
/* Adds a property to a class, for all objects of it and derived ones. */
ObjectProperty *object_class_property_add(ObjectClass *klass,
                                          const char *name, const char *type,
                                          ObjectPropertyAccessor *get,
                                          ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release,
                                          void *opaque);
void object_property_del(Object *obj, const char *name);

/* Property by name, instance first, then class and its parents; or NULL. */
ObjectProperty *object_property_find(Object *obj, const char *name);
/* The same with the error "Property 'T.name' not found". */
ObjectProperty *object_property_find_err(Object *obj, const char *name,
                                         Error **errp);
ObjectProperty *object_class_property_find(ObjectClass *klass,
                                           const char *name);
ObjectProperty *object_class_property_find_err(ObjectClass *klass,
                                               const char *name,
                                               Error **errp);
/* Walks all properties: the object's own first, then class by class upwards,
 * each in the order they were added. Adding or deleting meanwhile is not
 * allowed. */
void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj);
void object_class_property_iter_init(ObjectPropertyIterator *iter,
                                     ObjectClass *klass);
ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter);

/* Defaults: shown in help and set when an instance is made. */
void object_property_set_default_bool(ObjectProperty *prop, bool value);
void object_property_set_default_str(ObjectProperty *prop, const char *value);
void object_property_set_default_list(ObjectProperty *prop);
void object_property_set_default_int(ObjectProperty *prop, int64_t value);
void object_property_set_default_uint(ObjectProperty *prop, uint64_t value);

void object_property_set_description(Object *obj, const char *name,
                                     const char *description);
void object_class_property_set_description(ObjectClass *klass,
                                           const char *name,
                                           const char *description);

/* Read through an output visitor, write through an input visitor. False and
 * *errp: no such property, not readable or writable, or the accessor said no. */
bool object_property_get(Object *obj, const char *name, Visitor *v,
                         Error **errp);
bool object_property_set(Object *obj, const char *name, Visitor *v,
                         Error **errp);
/* Type string of a property, NULL and error if there is none. */
const char *object_property_get_type(Object *obj, const char *name,
                                     Error **errp);
/* Set from text ("on", "0x10", "4k"); read as text for people, freed by the
 * caller with g_free(). */
bool object_property_parse(Object *obj, const char *name, const char *string,
                           Error **errp);
char *object_property_print(Object *obj, const char *name, bool human,
                            Error **errp);
/* Set from, or read as, a JSON value. The value read belongs to the caller
 * (json_object_put). */
bool object_property_set_qobject(Object *obj, const char *name,
                                 struct json_object *value, Error **errp);
struct json_object *object_property_get_qobject(Object *obj, const char *name,
                                                Error **errp);

bool object_property_set_str(Object *obj, const char *name,
                             const char *value, Error **errp);
char *object_property_get_str(Object *obj, const char *name, Error **errp);
/* `value` must be on the tree (it is named by its path); NULL clears. */
bool object_property_set_link(Object *obj, const char *name, Object *value,
                              Error **errp);
/* No reference is taken for the caller. */
Object *object_property_get_link(Object *obj, const char *name, Error **errp);
bool object_property_set_bool(Object *obj, const char *name, bool value,
                              Error **errp);
bool object_property_get_bool(Object *obj, const char *name, Error **errp);
bool object_property_set_int(Object *obj, const char *name, int64_t value,
                             Error **errp);
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);
bool object_property_set_uint(Object *obj, const char *name, uint64_t value,
                              Error **errp);
uint64_t object_property_get_uint(Object *obj, const char *name,
                                  Error **errp);
/* Value of an enum property as a number; `type_name` must be its type. */
int object_property_get_enum(Object *obj, const char *name,
                             const char *type_name, Error **errp);

/* Property kinds ready made. */
ObjectProperty *object_property_add_bool(Object *obj, const char *name,
                                         bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool,
                                                     Error **));
ObjectProperty *object_class_property_add_bool(
    ObjectClass *klass, const char *name, bool (*get)(Object *, Error **),
    void (*set)(Object *, bool, Error **));
/* get answers a string that the caller frees. */
ObjectProperty *object_property_add_str(Object *obj, const char *name,
                                        char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *,
                                                    Error **));
ObjectProperty *object_class_property_add_str(
    ObjectClass *klass, const char *name, char *(*get)(Object *, Error **),
    void (*set)(Object *, const char *, Error **));
ObjectProperty *object_property_add_enum(Object *obj, const char *name,
                                         const char *type_name,
                                         const struct QEnumLookup *lookup,
                                         int (*get)(Object *, Error **),
                                         void (*set)(Object *, int,
                                                     Error **));
ObjectProperty *object_class_property_add_enum(
    ObjectClass *klass, const char *name, const char *type_name,
    const struct QEnumLookup *lookup, int (*get)(Object *, Error **),
    void (*set)(Object *, int, Error **));

typedef enum {
    OBJ_PROP_FLAG_READ = 1,
    OBJ_PROP_FLAG_WRITE = 2,
    OBJ_PROP_FLAG_READWRITE = 3,
} ObjectPropertyFlags;

/* A property that reads and writes a variable directly. The pointer must live
 * as long as the object (class variant: as the program). */
ObjectProperty *object_property_add_uint8_ptr(Object *obj, const char *name,
                                              const uint8_t *v,
                                              ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint16_ptr(Object *obj, const char *name,
                                               const uint16_t *v,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint32_ptr(Object *obj, const char *name,
                                               const uint32_t *v,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint64_ptr(Object *obj, const char *name,
                                               const uint64_t *v,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_class_property_add_uint8_ptr(
    ObjectClass *klass, const char *name, const uint8_t *v,
    ObjectPropertyFlags flags);
ObjectProperty *object_class_property_add_uint16_ptr(
    ObjectClass *klass, const char *name, const uint16_t *v,
    ObjectPropertyFlags flags);
ObjectProperty *object_class_property_add_uint32_ptr(
    ObjectClass *klass, const char *name, const uint32_t *v,
    ObjectPropertyFlags flags);
ObjectProperty *object_class_property_add_uint64_ptr(
    ObjectClass *klass, const char *name, const uint64_t *v,
    ObjectPropertyFlags flags);

/* Another name for a property of (another) object. */
ObjectProperty *object_property_add_alias(Object *obj, const char *name,
                                          Object *target_obj,
                                          const char *target_name);

/* Makes `child` a child of obj under that name and takes a reference. The
 * child must have no parent yet. try_add fails when the name is taken. */
ObjectProperty *object_property_add_child(Object *obj, const char *name,
                                          Object *child);
ObjectProperty *object_property_try_add_child(Object *obj, const char *name,
                                              Object *child, Error **errp);

typedef enum {
    OBJ_PROP_LINK_STRONG = 0x1,     /* the link holds a reference */
} ObjectPropertyLinkFlags;

/* Refuses (or accepts) the object that a link is about to be set to. */
typedef void (ObjectPropertyLinkCheck)(const Object *obj, const char *name,
                                       Object *val, Error **errp);
/* For links that nobody may set. */
void object_property_allow_set_link(const Object *obj, const char *name,
                                    Object *child, Error **errp);
/* A pointer to another object; check NULL: read-only. */
ObjectProperty *object_property_add_link(Object *obj, const char *name,
                                         const char *type, Object **targetp,
                                         ObjectPropertyLinkCheck *check,
                                         ObjectPropertyLinkFlags flags);
/* offset: of the Object * in the instance. */
ObjectProperty *object_class_property_add_link(
    ObjectClass *klass, const char *name, const char *type, ptrdiff_t offset,
    ObjectPropertyLinkCheck *check, ObjectPropertyLinkFlags flags);
/* A read-only link whose target never changes; takes a reference. */
ObjectProperty *object_property_add_const_link(Object *obj, const char *name,
                                               Object *target);

/* ---- global properties ------------------------------------------------- */

/* One `-global driver.property=value` or compat entry. */
typedef struct GlobalProperty {
    const char *driver;     /* type name; derived types match too */
    const char *property;
    const char *value;
    bool used;              /* set when some object of that type was made */
    bool optional;          /* no error when the type lacks the property */
} GlobalProperty;

/* Sets the properties in `props` (GlobalProperty pointers, later ones win)
 * that match the object's type. Errors of entries that users gave are
 * warnings that name them. */
void object_apply_global_props(Object *obj, const GPtrArray *props,
                               Error **errp);
/* Properties of accelerator and machine, applied before `-global`. NULL: none. */
void object_set_machine_compat_props(GPtrArray *compat_props);
void object_set_accelerator_compat_props(GPtrArray *compat_props);
/* `-global` for objects that have no device lists (sugar as machine options
 * turn into them). Kept; "name" etc. are copied. */
void object_register_sugar_prop(const char *driver, const char *prop,
                                const char *value, bool optional);
void object_apply_compat_props(Object *obj);

/* ---- the tree ---------------------------------------------------------- */

/* The root, made at first use with its containers /objects, /chardevs and
 * /backend; /machine is added by machine start-up. */
Object *object_get_root(void);
Object *object_get_objects_root(void);
/* The container at `name` below the root, made if it is missing. */
Object *object_get_container(const char *name);
/* The container `name` of parent, made at first use. */
Object *object_property_add_new_container(Object *obj, const char *name);
/* Walks `path` ("/a/b") below root, making containers as needed. */
Object *container_get(Object *root, const char *path);

/* Name of the object in its parent (not a copy), NULL without parent. */
const char *object_get_canonical_path_component(const Object *obj);
/* "/machine/…"; caller frees. NULL when not connected to the root. */
char *object_get_canonical_path(const Object *obj);
/* Object at a path: absolute ("/machine/x") or partial ("x/y": the one object
 * whose path ends so). *ambiguous tells that several do; then NULL. The
 * pointer may be NULL. No reference is taken. */
Object *object_resolve_path(const char *path, bool *ambiguous);
Object *object_resolve_path_type(const char *path, const char *type_name,
                                 bool *ambiguous);
/* The same below `parent` only. */
Object *object_resolve_path_from(Object *parent, const char *path,
                                 bool *ambiguous);
Object *object_resolve_path_at(Object *parent, const char *path);
/* The one object of a type in the whole tree; an error if 0 or 2 and more. */
Object *object_resolve_type_unambiguous(const char *type_name, Error **errp);
Object *object_resolve_path_component(Object *parent, const char *part);

/* Calls fn for each child until it answers non-zero, which is returned. fn
 * may delete the child that it is shown. */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque),
                         void *opaque);
int object_child_foreach_recursive(Object *obj,
                                   int (*fn)(Object *child, void *opaque),
                                   void *opaque);

#endif

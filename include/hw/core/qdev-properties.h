/*
 * Tables of device properties: DEFINE_PROP_*() rows that say where in the
 * device's struct a property lives, its type, its default and its range.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_QDEV_PROPERTIES_H
#define QEMU_QDEV_PROPERTIES_H

#include "hw/core/qdev.h"

typedef struct PropertyInfo PropertyInfo;

/* One row. Rows are const and outlive the program. */
struct Property {
    const char *name;
    const PropertyInfo *info;
    ptrdiff_t offset;               /* of the field in the device's struct */
    uint8_t bitnr;                  /* of bit properties */
    bool set_default;               /* defval counts */
    union {
        int64_t i;
        uint64_t u;
        const char *s;
    } defval;
    /* legal values of integers; both 0: all that the type holds */
    int64_t min;
    uint64_t max;
    const char *description;        /* for help; NULL: the info's */
    const PropertyInfo *arrayinfo;  /* of an element */
    int arrayoffset;                /* of the pointer to the elements */
    int arrayfieldsize;
    const char *link_type;
};

/* A type of property. Accessors get the Property as opaque. */
struct PropertyInfo {
    const char *type;               /* as help and qom-list say it */
    const char *description;
    const struct QEnumLookup *enum_table;
    bool realized_set_allowed;      /* may change on a realized device */
    char *(*print)(Object *obj, const Property *prop);
    void (*set_default_value)(ObjectProperty *op, const Property *prop);
    /* adds the property to the class in a way of its own (links) */
    ObjectProperty *(*create)(ObjectClass *oc, const char *name,
                              const Property *prop);
    ObjectPropertyAccessor *get;
    ObjectPropertyAccessor *set;
    ObjectPropertyRelease *release;
};

extern const PropertyInfo qdev_prop_bit;
extern const PropertyInfo qdev_prop_bit64;
extern const PropertyInfo qdev_prop_feature_bit;
extern const PropertyInfo qdev_prop_bool;
extern const PropertyInfo qdev_prop_enum;
extern const PropertyInfo qdev_prop_uint8;
extern const PropertyInfo qdev_prop_uint16;
extern const PropertyInfo qdev_prop_uint32;
extern const PropertyInfo qdev_prop_usize;
extern const PropertyInfo qdev_prop_int32;
extern const PropertyInfo qdev_prop_uint64;
extern const PropertyInfo qdev_prop_int64;
extern const PropertyInfo qdev_prop_uint64_checkmask;
extern const PropertyInfo qdev_prop_string;
extern const PropertyInfo qdev_prop_on_off_auto;
extern const PropertyInfo qdev_prop_size32;
extern const PropertyInfo qdev_prop_size;
extern const PropertyInfo qdev_prop_array;
extern const PropertyInfo qdev_prop_link;

/* Further arguments are initialisers: .description = "…", .min = 1, .max = 9 */
#define DEFINE_PROP(_name, _state, _field, _prop, _type, ...) {             \
        .name = (_name),                                                    \
        .info = &(_prop),                                                   \
        .offset = offsetof(_state, _field) +                                \
            0 * sizeof((_type *)0 == &((_state *)0)->_field),               \
        ##__VA_ARGS__                                                       \
    }

#define DEFINE_PROP_SIGNED(_name, _state, _field, _defval, _prop, _type, ...) \
    DEFINE_PROP(_name, _state, _field, _prop, _type,                        \
                .set_default = true, .defval.i = (_type)(_defval),          \
                ##__VA_ARGS__)
#define DEFINE_PROP_SIGNED_NODEFAULT(_name, _state, _field, _prop, _type)   \
    DEFINE_PROP(_name, _state, _field, _prop, _type)
#define DEFINE_PROP_UNSIGNED(_name, _state, _field, _defval, _prop, _type, ...) \
    DEFINE_PROP(_name, _state, _field, _prop, _type,                        \
                .set_default = true, .defval.u = (_type)(_defval),          \
                ##__VA_ARGS__)
#define DEFINE_PROP_UNSIGNED_NODEFAULT(_name, _state, _field, _prop, _type) \
    DEFINE_PROP(_name, _state, _field, _prop, _type)

/* Bit _bit of a uint32_t. */
#define DEFINE_PROP_BIT(_name, _state, _field, _bit, _defval, ...)          \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bit, uint32_t,             \
                .bitnr = (_bit), .set_default = true,                       \
                .defval.u = (bool)(_defval), ##__VA_ARGS__)
/* Bit _bit of a uint64_t. */
#define DEFINE_PROP_BIT64(_name, _state, _field, _bit, _defval, ...)        \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bit64, uint64_t,           \
                .bitnr = (_bit), .set_default = true,                       \
                .defval.u = (bool)(_defval), ##__VA_ARGS__)
/* Bit _bit (0..127) of a set of words: _field is a struct that begins with
 * uint64_t words, bit 0 being the lowest of the first (VirtioFeatures). */
#define DEFINE_PROP_FEATURE_BIT(_name, _state, _field, _bit, _defval, ...)  \
    DEFINE_PROP(_name, _state, _field, qdev_prop_feature_bit,               \
                typeof(((_state *)0)->_field),                              \
                .bitnr = (_bit), .set_default = true,                       \
                .defval.u = (bool)(_defval), ##__VA_ARGS__)
#define DEFINE_PROP_BOOL(_name, _state, _field, _defval, ...)               \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bool, bool,                \
                .set_default = true, .defval.u = (bool)(_defval),           \
                ##__VA_ARGS__)

#define DEFINE_PROP_UINT8(_n, _s, _f, _d, ...)                              \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint8, uint8_t,          \
                         ##__VA_ARGS__)
#define DEFINE_PROP_UINT16(_n, _s, _f, _d, ...)                             \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint16, uint16_t,        \
                         ##__VA_ARGS__)
#define DEFINE_PROP_UINT32(_n, _s, _f, _d, ...)                             \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint32, uint32_t,        \
                         ##__VA_ARGS__)
#define DEFINE_PROP_INT32(_n, _s, _f, _d, ...)                              \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_int32, int32_t,            \
                       ##__VA_ARGS__)
#define DEFINE_PROP_UINT64(_n, _s, _f, _d, ...)                             \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint64, uint64_t,        \
                         ##__VA_ARGS__)
#define DEFINE_PROP_INT64(_n, _s, _f, _d, ...)                              \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_int64, int64_t,            \
                       ##__VA_ARGS__)
/* Only bits of _bitmask may be set. */
#define DEFINE_PROP_UINT64_CHECKMASK(_name, _state, _field, _bitmask)       \
    DEFINE_PROP(_name, _state, _field, qdev_prop_uint64_checkmask,          \
                uint64_t, .max = (_bitmask))
/* Sizes in bytes, with suffixes k, M, G, T. */
#define DEFINE_PROP_SIZE(_n, _s, _f, _d, ...)                               \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_size, uint64_t,          \
                         ##__VA_ARGS__)
#define DEFINE_PROP_SIZE32(_n, _s, _f, _d, ...)                             \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_size32, uint32_t,        \
                         ##__VA_ARGS__)
/* A char * that the device owns; freed with the object. */
#define DEFINE_PROP_STRING(_n, _s, _f, ...)                                 \
    DEFINE_PROP(_n, _s, _f, qdev_prop_string, char *, ##__VA_ARGS__)
#define DEFINE_PROP_ON_OFF_AUTO(_n, _s, _f, _d, ...)                        \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_on_off_auto, OnOffAuto,    \
                       ##__VA_ARGS__)
/* A list: _field is the uint32_t count, _arrayfield a pointer to elements of
 * _arraytype, handled by _arrayprop. Freed with the object. */
#define DEFINE_PROP_ARRAY(_name, _state, _field, _arrayfield, _arrayprop,   \
                          _arraytype, ...)                                  \
    DEFINE_PROP(_name, _state, _field, qdev_prop_array, uint32_t,           \
                .set_default = true, .defval.u = 0,                         \
                .arrayinfo = &(_arrayprop),                                 \
                .arrayfieldsize = sizeof(_arraytype),                       \
                .arrayoffset = offsetof(_state, _arrayfield), ##__VA_ARGS__)
/* A strong link to an object of type _type (a name). */
#define DEFINE_PROP_LINK(_name, _state, _field, _type, _ptr_type, ...)      \
    DEFINE_PROP(_name, _state, _field, qdev_prop_link, _ptr_type,           \
                .link_type = _type, ##__VA_ARGS__)

/* The field of a property in an object. */
void *object_field_prop_ptr(Object *obj, const Property *prop);
void qdev_property_add_static(DeviceState *dev, const Property *prop);
/* Adds alias properties to `target` for all device properties of `source`. */
void qdev_alias_all_properties(DeviceState *target, Object *source);

/* Accessors shared by all enum types of property (see enum_table). */
void qdev_propinfo_get_enum(Object *obj, Visitor *v, const char *name,
                            void *opaque, Error **errp);
void qdev_propinfo_set_enum(Object *obj, Visitor *v, const char *name,
                            void *opaque, Error **errp);
void qdev_propinfo_set_default_value_enum(ObjectProperty *op,
                                          const Property *prop);

/* For code that makes devices: set before realize, abort if refused. */
void qdev_prop_set_bit(DeviceState *dev, const char *name, bool value);
void qdev_prop_set_uint8(DeviceState *dev, const char *name, uint8_t value);
void qdev_prop_set_uint16(DeviceState *dev, const char *name, uint16_t value);
void qdev_prop_set_uint32(DeviceState *dev, const char *name, uint32_t value);
void qdev_prop_set_int32(DeviceState *dev, const char *name, int32_t value);
void qdev_prop_set_uint64(DeviceState *dev, const char *name, uint64_t value);
void qdev_prop_set_string(DeviceState *dev, const char *name,
                          const char *value);
void qdev_prop_set_enum(DeviceState *dev, const char *name, int value);
/* values is an array of integers, put as a JSON array; taken over. */
void qdev_prop_set_array(DeviceState *dev, const char *name,
                         struct json_object *values);

/* `-global`: later ones win. The struct must stay. */
void qdev_prop_register_global(GlobalProperty *prop);
/* The globals registered, GlobalProperty *. */
const GPtrArray *qdev_prop_global_list(void);
/* Warns of globals that no device used; 1 if there were any. */
int qdev_prop_check_globals(void);
void qdev_prop_set_globals(DeviceState *dev);

/* Turns -EEXIST, -EINVAL, -ENOENT of a property's setter into the usual text
 * with the device, the property and the value. */
void error_set_from_qdev_prop_error(Error **errp, int ret, Object *obj,
                                    const char *name, const char *value);
/* Refuses to set a property after realize; false and *errp. */
bool qdev_prop_allow_set(Object *obj, const char *name,
                         const PropertyInfo *info, Error **errp);

/* Calls fn for each property of a device class that users can set; NULL ends
 * of text are possible. Sorted by name. */
typedef void (*QdevPropertyFn)(const char *name, const char *type,
                               const char *description,
                               struct json_object *defval, void *opaque);
void qdev_class_foreach_property(ObjectClass *oc, QdevPropertyFn fn,
                                 void *opaque);

#endif

/*
 * Types of device properties that need nothing from outside, and their tables.
 * Names of back ends and of guest hardware are in qdev-properties-system.c;
 * setters for code and globals in qdev-prop-use.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/core/qdev-properties.h"
#include "qdev-internal.h"

void *object_field_prop_ptr(Object *obj, const Property *prop)
{
    return (char *)obj + prop->offset;
}

bool qdev_prop_allow_set(Object *obj, const char *name,
                         const PropertyInfo *info, Error **errp)
{
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);

    if (!dev || !dev->realized || info->realized_set_allowed) {
        return true;
    }
    if (dev->id) {
        error_setg(errp, "Attempt to set property '%s' on device '%s' "
                   "(type '%s') after it was realized", name, dev->id,
                   object_get_typename(obj));
    } else {
        error_setg(errp, "Attempt to set property '%s' on anonymous device "
                   "(type '%s') after it was realized", name,
                   object_get_typename(obj));
    }
    return false;
}

/* ---- bits -------------------------------------------------------------- */

static void prop_default_bool(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_bool(op, prop->defval.u);
}

static void bit_get(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    const Property *prop = opaque;
    const uint32_t *word = object_field_prop_ptr(obj, prop);
    bool value = *word >> prop->bitnr & 1;

    visit_type_bool(v, name, &value, errp);
}

static void bit_set(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    const Property *prop = opaque;
    uint32_t *word = object_field_prop_ptr(obj, prop);
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        *word = (*word & ~(1u << prop->bitnr)) |
                (uint32_t)value << prop->bitnr;
    }
}

/* The word that holds a bit of a set of 64-bit words. */
static uint64_t *bit_word(Object *obj, const Property *prop)
{
    return (uint64_t *)object_field_prop_ptr(obj, prop) + prop->bitnr / 64;
}

static void bit64_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const Property *prop = opaque;
    bool value = *bit_word(obj, prop) >> (prop->bitnr % 64) & 1;

    visit_type_bool(v, name, &value, errp);
}

static void bit64_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const Property *prop = opaque;
    uint64_t *word = bit_word(obj, prop);
    uint64_t mask = 1ull << (prop->bitnr % 64);
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        *word = value ? *word | mask : *word & ~mask;
    }
}

const PropertyInfo qdev_prop_bit = {
    .type = "bool",
    .description = "on/off",
    .get = bit_get,
    .set = bit_set,
    .set_default_value = prop_default_bool,
};

const PropertyInfo qdev_prop_bit64 = {
    .type = "bool",
    .description = "on/off",
    .get = bit64_get,
    .set = bit64_set,
    .set_default_value = prop_default_bool,
};

const PropertyInfo qdev_prop_feature_bit = {
    .type = "bool",
    .description = "on/off",
    .get = bit64_get,
    .set = bit64_set,
    .set_default_value = prop_default_bool,
};

static void boolean_get(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    bool value = *(bool *)object_field_prop_ptr(obj, opaque);

    visit_type_bool(v, name, &value, errp);
}

static void boolean_set(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    visit_type_bool(v, name, object_field_prop_ptr(obj, opaque), errp);
}

const PropertyInfo qdev_prop_bool = {
    .type = "bool",
    .get = boolean_get,
    .set = boolean_set,
    .set_default_value = prop_default_bool,
};

/* ---- integers ---------------------------------------------------------- */

static void prop_default_int(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_int(op, prop->defval.i);
}

static void prop_default_uint(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_uint(op, prop->defval.u);
}

/* A row without a range has 0 in both ends. */
static bool unsigned_in_range(Object *obj, const char *name,
                              const Property *prop, uint64_t value,
                              Error **errp)
{
    if ((!prop->min && !prop->max) ||
        (value >= (uint64_t)prop->min && value <= prop->max)) {
        return true;
    }
    error_setg(errp, "Property '%s.%s' doesn't take value %" PRIu64
               " (minimum: %" PRIu64 ", maximum: %" PRIu64 ")",
               object_get_typename(obj), name, value, (uint64_t)prop->min,
               prop->max);
    return false;
}

static bool signed_in_range(Object *obj, const char *name,
                            const Property *prop, int64_t value, Error **errp)
{
    if ((!prop->min && !prop->max) ||
        (value >= prop->min && value <= (int64_t)prop->max)) {
        return true;
    }
    error_setg(errp, "Property '%s.%s' doesn't take value %" PRId64
               " (minimum: %" PRId64 ", maximum: %" PRId64 ")",
               object_get_typename(obj), name, value, prop->min,
               (int64_t)prop->max);
    return false;
}

#define DEFINE_INTEGER(what, ctype, visit, vtype, in_range)                 \
static void what##_get(Object *obj, Visitor *v, const char *name,           \
                       void *opaque, Error **errp)                          \
{                                                                           \
    vtype value = *(ctype *)object_field_prop_ptr(obj, opaque);             \
                                                                            \
    visit(v, name, &value, errp);                                           \
}                                                                           \
static void what##_set(Object *obj, Visitor *v, const char *name,           \
                       void *opaque, Error **errp)                          \
{                                                                           \
    const Property *prop = opaque;                                          \
    vtype value;                                                            \
                                                                            \
    if (visit(v, name, &value, errp) &&                                     \
        in_range(obj, name, prop, value, errp)) {                           \
        *(ctype *)object_field_prop_ptr(obj, prop) = value;                 \
    }                                                                       \
}

#define DEFINE_INTEGER_INFO(what, text, setter)                             \
const PropertyInfo qdev_prop_##what = {                                     \
    .type = text,                                                           \
    .get = what##_get,                                                      \
    .set = what##_set,                                                      \
    .set_default_value = setter,                                            \
}

DEFINE_INTEGER(uint8, uint8_t, visit_type_uint8, uint8_t, unsigned_in_range)
DEFINE_INTEGER(uint16, uint16_t, visit_type_uint16, uint16_t,
               unsigned_in_range)
DEFINE_INTEGER(uint32, uint32_t, visit_type_uint32, uint32_t,
               unsigned_in_range)
DEFINE_INTEGER(uint64, uint64_t, visit_type_uint64, uint64_t,
               unsigned_in_range)
DEFINE_INTEGER(usize, size_t, visit_type_uint64, uint64_t, unsigned_in_range)
DEFINE_INTEGER(size, uint64_t, visit_type_size, uint64_t, unsigned_in_range)
DEFINE_INTEGER(int32, int32_t, visit_type_int32, int32_t, signed_in_range)
DEFINE_INTEGER(int64, int64_t, visit_type_int64, int64_t, signed_in_range)

DEFINE_INTEGER_INFO(uint8, "uint8", prop_default_uint);
DEFINE_INTEGER_INFO(uint16, "uint16", prop_default_uint);
DEFINE_INTEGER_INFO(uint32, "uint32", prop_default_uint);
DEFINE_INTEGER_INFO(uint64, "uint64", prop_default_uint);
DEFINE_INTEGER_INFO(usize, "usize", prop_default_uint);
DEFINE_INTEGER_INFO(size, "size", prop_default_uint);
DEFINE_INTEGER_INFO(int32, "int32", prop_default_int);
DEFINE_INTEGER_INFO(int64, "int64", prop_default_int);

static void size32_get(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    uint64_t value = *(uint32_t *)object_field_prop_ptr(obj, opaque);

    visit_type_size(v, name, &value, errp);
}

static void size32_set(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value > UINT32_MAX) {
        error_setg(errp, "Property %s.%s doesn't take value %" PRIu64
                   " (maximum: %u)", object_get_typename(obj), name, value,
                   UINT32_MAX);
        return;
    }
    if (unsigned_in_range(obj, name, prop, value, errp)) {
        *(uint32_t *)object_field_prop_ptr(obj, prop) = value;
    }
}

const PropertyInfo qdev_prop_size32 = {
    .type = "size",
    .get = size32_get,
    .set = size32_set,
    .set_default_value = prop_default_uint,
};

static void checkmask_set(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint64_t value;

    if (!visit_type_uint64(v, name, &value, errp)) {
        return;
    }
    if (value & ~prop->max) {
        error_setg(errp, "Property '%s.%s' doesn't take value 0x%" PRIx64
                   ": only bits of 0x%" PRIx64 " may be set",
                   object_get_typename(obj), name, value, prop->max);
        return;
    }
    *(uint64_t *)object_field_prop_ptr(obj, prop) = value;
}

const PropertyInfo qdev_prop_uint64_checkmask = {
    .type = "uint64",
    .get = uint64_get,
    .set = checkmask_set,
};

/* ---- strings and enums ------------------------------------------------- */

static void string_get(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    char **field = object_field_prop_ptr(obj, opaque);
    char *value = *field ? *field : (char *)"";

    visit_type_str(v, name, &value, errp);
}

static void string_set(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    char **field = object_field_prop_ptr(obj, opaque);
    char *value;

    if (visit_type_str(v, name, &value, errp)) {
        g_free(*field);
        *field = value;
    }
}

static void string_release(Object *obj, const char *name, void *opaque)
{
    g_clear_pointer((char **)object_field_prop_ptr(obj, opaque), g_free);
}

const PropertyInfo qdev_prop_string = {
    .type = "str",
    .get = string_get,
    .set = string_set,
    .release = string_release,
};

void qdev_propinfo_get_enum(Object *obj, Visitor *v, const char *name,
                            void *opaque, Error **errp)
{
    const Property *prop = opaque;
    int value = *(int *)object_field_prop_ptr(obj, prop);

    visit_type_enum(v, name, &value, prop->info->enum_table, errp);
}

void qdev_propinfo_set_enum(Object *obj, Visitor *v, const char *name,
                            void *opaque, Error **errp)
{
    const Property *prop = opaque;
    int value;

    if (visit_type_enum(v, name, &value, prop->info->enum_table, errp)) {
        *(int *)object_field_prop_ptr(obj, prop) = value;
    }
}

void qdev_propinfo_set_default_value_enum(ObjectProperty *op,
                                          const Property *prop)
{
    object_property_set_default_str(
        op, qapi_enum_lookup(prop->info->enum_table, prop->defval.i));
}

const PropertyInfo qdev_prop_on_off_auto = {
    .type = "OnOffAuto",
    .description = "on/off/auto",
    .enum_table = &OnOffAuto_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

const PropertyInfo qdev_prop_enum = {
    .type = "enum",
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

/* ---- arrays ------------------------------------------------------------ */

/* The row of element number i of an array whose storage is at `base`. */
static Property array_element(Object *obj, const Property *prop, char *base,
                              size_t i)
{
    return (Property) {
        .name = prop->name,
        .info = prop->arrayinfo,
        .offset = base + i * prop->arrayfieldsize - (char *)obj,
    };
}

static char **array_base(Object *obj, const Property *prop)
{
    return (char **)((char *)obj + prop->arrayoffset);
}

static void array_release_elements(Object *obj, const Property *prop,
                                   char *base, size_t count)
{
    for (size_t i = 0; prop->arrayinfo->release && i < count; i++) {
        Property element = array_element(obj, prop, base, i);

        prop->arrayinfo->release(obj, prop->name, &element);
    }
    g_free(base);
}

static void array_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    ERRP_GUARD();
    const Property *prop = opaque;
    uint32_t count = *(uint32_t *)object_field_prop_ptr(obj, prop);

    if (!visit_start_list(v, name, errp)) {
        return;
    }
    for (uint32_t i = 0; i < count && !*errp; i++) {
        Property element = array_element(obj, prop, *array_base(obj, prop), i);

        prop->arrayinfo->get(obj, v, NULL, &element, errp);
    }
    visit_end_list(v);
}

static void array_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    ERRP_GUARD();
    const Property *prop = opaque;
    uint32_t *countp = object_field_prop_ptr(obj, prop);
    size_t size = prop->arrayfieldsize, count = 0, room = 0;
    char *base = NULL;

    if (!visit_start_list(v, name, errp)) {
        return;
    }
    while (!*errp && visit_next_list(v)) {
        Property element;

        if (count == room) {
            room = room ? 2 * room : 8;
            base = g_realloc(base, room * size);
        }
        memset(base + count * size, 0, size);
        element = array_element(obj, prop, base, count++);
        prop->arrayinfo->set(obj, v, NULL, &element, errp);
    }
    visit_end_list(v);
    if (*errp) {
        array_release_elements(obj, prop, base, count);
        return;
    }
    array_release_elements(obj, prop, *array_base(obj, prop), *countp);
    *array_base(obj, prop) = base;
    *countp = count;
}

static void array_release(Object *obj, const char *name, void *opaque)
{
    const Property *prop = opaque;
    uint32_t *countp = object_field_prop_ptr(obj, prop);

    array_release_elements(obj, prop,
                           g_steal_pointer(array_base(obj, prop)), *countp);
    *countp = 0;
}

static void array_set_default(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_list(op);
}

const PropertyInfo qdev_prop_array = {
    .type = "list",
    .get = array_get,
    .set = array_set,
    .release = array_release,
    .set_default_value = array_set_default,
};

/* ---- links ------------------------------------------------------------- */

static void link_check_not_realized(const Object *obj, const char *name,
                                    Object *val, Error **errp)
{
    qdev_prop_allow_set((Object *)obj, name, &qdev_prop_link, errp);
}

static ObjectProperty *link_create(ObjectClass *oc, const char *name,
                                   const Property *prop)
{
    return object_class_property_add_link(oc, name, prop->link_type,
                                          prop->offset,
                                          link_check_not_realized,
                                          OBJ_PROP_LINK_STRONG);
}

const PropertyInfo qdev_prop_link = {
    .type = "link",
    .create = link_create,
};

/* ---- rows become properties -------------------------------------------- */

static void row_get(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    const Property *prop = opaque;

    prop->info->get(obj, v, name, opaque, errp);
}

static void row_set(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    const Property *prop = opaque;

    if (qdev_prop_allow_set(obj, name, prop->info, errp)) {
        prop->info->set(obj, v, name, opaque, errp);
    }
}

static void row_release(Object *obj, const char *name, void *opaque)
{
    const Property *prop = opaque;

    prop->info->release(obj, name, opaque);
}

/* Default and help text. */
static void row_furnish(ObjectProperty *op, const Property *prop)
{
    const char *text = prop->description ? prop->description
                                         : prop->info->description;

    if (prop->set_default && prop->info->set_default_value) {
        prop->info->set_default_value(op, prop);
    }
    if (text && !op->description) {
        op->description = g_strdup(text);
    }
}

void qdev_class_add_props(DeviceClass *dc, const Property *props, size_t count)
{
    ObjectClass *oc = OBJECT_CLASS(dc);

    for (size_t i = 0; i < count; i++) {
        const Property *prop = &props[i];
        const PropertyInfo *info = prop->info;
        ObjectProperty *op;

        if (info->create) {
            op = info->create(oc, prop->name, prop);
        } else {
            op = object_class_property_add(oc, prop->name, info->type,
                                           info->get ? row_get : NULL,
                                           info->set ? row_set : NULL,
                                           info->release ? row_release : NULL,
                                           (Property *)prop);
        }
        row_furnish(op, prop);
    }
}

void qdev_property_add_static(DeviceState *dev, const Property *prop)
{
    const PropertyInfo *info = prop->info;
    ObjectProperty *op;

    g_assert(!info->create);
    op = object_property_add(OBJECT(dev), prop->name, info->type,
                             info->get ? row_get : NULL,
                             info->set ? row_set : NULL,
                             info->release ? row_release : NULL,
                             (Property *)prop);
    row_furnish(op, prop);
    if (op->init) {
        op->init(OBJECT(dev), op);
    }
}

/*
 * Device properties as code uses them: setters that abort, globals, aliases,
 * error texts, the list for help.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/util.h"
#include "qemu/error-report.h"
#include "hw/core/qdev-properties.h"
#include "qdev-internal.h"

void error_set_from_qdev_prop_error(Error **errp, int ret, Object *obj,
                                    const char *name, const char *value)
{
    const char *type = object_get_typename(obj);

    switch (ret) {
    case 0:
        break;
    case -EEXIST:
        error_setg(errp, "Property '%s.%s' can't take value '%s', "
                   "it's in use", type, name, value);
        break;
    case -ENOENT:
        error_setg(errp, "Property '%s.%s' can't find value '%s'",
                   type, name, value);
        break;
    default:
        error_setg(errp, "Property '%s.%s' doesn't take value '%s'",
                   type, name, value);
        break;
    }
}

/* ---- setters ----------------------------------------------------------- */

void qdev_prop_set_bit(DeviceState *dev, const char *name, bool value)
{
    object_property_set_bool(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint8(DeviceState *dev, const char *name, uint8_t value)
{
    object_property_set_uint(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint16(DeviceState *dev, const char *name, uint16_t value)
{
    object_property_set_uint(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint32(DeviceState *dev, const char *name, uint32_t value)
{
    object_property_set_uint(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_int32(DeviceState *dev, const char *name, int32_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint64(DeviceState *dev, const char *name, uint64_t value)
{
    object_property_set_uint(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_string(DeviceState *dev, const char *name,
                          const char *value)
{
    object_property_set_str(OBJECT(dev), name, value, &error_abort);
}

/* The row behind a property that a class (or an ancestor) has by table. */
static const Property *find_row(ObjectClass *oc, const char *name)
{
    for (; oc && object_class_dynamic_cast(oc, TYPE_DEVICE);
         oc = object_class_get_parent(oc)) {
        DeviceClass *dc = DEVICE_CLASS(oc);

        for (unsigned i = 0; i < dc->props_count_; i++) {
            if (g_str_equal(dc->props_[i].name, name)) {
                return &dc->props_[i];
            }
        }
    }
    return NULL;
}

void qdev_prop_set_enum(DeviceState *dev, const char *name, int value)
{
    const Property *prop = find_row(object_get_class(OBJECT(dev)), name);

    g_assert(prop && prop->info->enum_table);
    object_property_set_str(OBJECT(dev), name,
                            qapi_enum_lookup(prop->info->enum_table, value),
                            &error_abort);
}

void qdev_prop_set_array(DeviceState *dev, const char *name,
                         struct json_object *values)
{
    object_property_set_qobject(OBJECT(dev), name, values, &error_abort);
    json_object_put(values);
}

/* ---- globals ----------------------------------------------------------- */

static GPtrArray *globals;

const GPtrArray *qdev_prop_global_list(void)
{
    if (!globals) {
        globals = g_ptr_array_new();
    }
    return globals;
}

void qdev_prop_register_global(GlobalProperty *prop)
{
    qdev_prop_global_list();
    g_ptr_array_add(globals, prop);
}

void qdev_apply_globals(DeviceState *dev)
{
    /* A device plugged later must not end the program for a bad -global. */
    if (globals) {
        object_apply_global_props(OBJECT(dev), globals,
                                  dev->hotplugged ? NULL : &error_fatal);
    }
}

void qdev_prop_set_globals(DeviceState *dev)
{
    qdev_apply_globals(dev);
}

int qdev_prop_check_globals(void)
{
    int ret = 0;

    for (unsigned i = 0; globals && i < globals->len; i++) {
        GlobalProperty *prop = globals->pdata[i];
        ObjectClass *oc;

        if (prop->used || prop->optional) {
            continue;
        }
        ret = 1;
        oc = object_class_by_name(prop->driver);
        if (!oc || !object_class_dynamic_cast(oc, TYPE_DEVICE)) {
            warn_report("global %s.%s has invalid class name", prop->driver,
                        prop->property);
        } else if (!DEVICE_CLASS(oc)->hotpluggable) {
            warn_report("global %s.%s=%s not used", prop->driver,
                        prop->property, prop->value);
        }
    }
    return ret;
}

/* ---- aliases and help -------------------------------------------------- */

void qdev_alias_all_properties(DeviceState *target, Object *source)
{
    ObjectClass *oc = object_get_class(source);

    for (; oc && object_class_dynamic_cast(oc, TYPE_DEVICE);
         oc = object_class_get_parent(oc)) {
        DeviceClass *dc = DEVICE_CLASS(oc);

        for (unsigned i = 0; i < dc->props_count_; i++) {
            const char *name = dc->props_[i].name;

            if (!object_property_find(OBJECT(target), name)) {
                object_property_add_alias(OBJECT(target), name, source, name);
            }
        }
    }
}

static gint property_compare(gconstpointer a, gconstpointer b)
{
    const ObjectProperty *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* Properties that every device has and nobody sets on a command line. */
static bool property_is_plumbing(const ObjectProperty *prop)
{
    static const char *const names[] = {
        "type", "realized", "hotpluggable", "hotplugged", "parent_bus",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (g_str_equal(prop->name, names[i])) {
            return true;
        }
    }
    return !prop->set || g_str_equal(prop->type, "link<irq>");
}

void qdev_class_foreach_property(ObjectClass *oc, QdevPropertyFn fn,
                                 void *opaque)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    Object *obj = NULL;
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    /* Some properties (aliases of an inner device) only an instance has. */
    if (!object_class_is_abstract(oc)) {
        obj = object_new_with_class(oc);
        object_property_iter_init(&iter, obj);
    } else {
        object_class_property_iter_init(&iter, oc);
    }
    while ((prop = object_property_iter_next(&iter))) {
        if (!property_is_plumbing(prop)) {
            g_ptr_array_add(list, prop);
        }
    }
    g_ptr_array_sort(list, property_compare);
    for (unsigned i = 0; i < list->len; i++) {
        prop = list->pdata[i];
        fn(prop->name, prop->type, prop->description, prop->defval, opaque);
    }
    object_unref(obj);
}

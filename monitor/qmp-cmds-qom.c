/*
 * QMP commands about the object tree, types and devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "hw/core/qdev.h"
#include "monitor/qdev.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qom/object_interfaces.h"

static Object *object_at(const char *path, Error **errp)
{
    bool ambiguous = false;
    Object *obj = object_resolve_path(path, &ambiguous);

    if (!obj) {
        if (ambiguous) {
            error_setg(errp, "Path '%s' is ambiguous", path);
        } else {
            error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                      "Device '%s' not found", path);
        }
    }
    return obj;
}

static json_object *describe_property(const ObjectProperty *prop, bool full)
{
    json_object *one = json_object_new_object();

    json_put_str(one, "name", prop->name);
    json_put_str(one, "type", prop->type);
    if (full && prop->description) {
        json_put_str(one, "description", prop->description);
    }
    if (full && prop->defval) {
        json_put(one, "default-value", json_object_get(prop->defval));
    }
    return one;
}

json_object *qmp_qom_list(json_object *args, Error **errp)
{
    Object *obj = object_at(json_get_str(args, "path"), errp);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    json_object *list;

    if (!obj) {
        return NULL;
    }
    list = json_object_new_array();
    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter))) {
        json_object_array_add(list, describe_property(prop, false));
    }
    return list;
}

json_object *qmp_qom_get(json_object *args, Error **errp)
{
    Object *obj = object_at(json_get_str(args, "path"), errp);

    return obj ? object_property_get_qobject(
                     obj, json_get_str(args, "property"), errp) : NULL;
}

json_object *qmp_qom_set(json_object *args, Error **errp)
{
    Object *obj = object_at(json_get_str(args, "path"), errp);

    if (obj) {
        object_property_set_qobject(obj, json_get_str(args, "property"),
                                    json_get(args, "value"), errp);
    }
    return NULL;
}

json_object *qmp_qom_list_types(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();
    g_autoptr(GSList) classes = object_class_get_list(
        json_get_str(args, "implements"),
        json_get_bool(args, "abstract", false));

    for (GSList *l = classes; l; l = l->next) {
        ObjectClass *oc = l->data;
        ObjectClass *parent = object_class_get_parent(oc);
        json_object *one = json_object_new_object();

        json_put_str(one, "name", object_class_get_name(oc));
        if (object_class_is_abstract(oc)) {
            json_put_bool(one, "abstract", true);
        }
        if (parent) {
            json_put_str(one, "parent", object_class_get_name(parent));
        }
        json_object_array_add(list, one);
    }
    return list;
}

/* Those of an object that exists, or only of its class. */
static json_object *list_properties(ObjectClass *oc, Object *obj,
                                    bool (*skip)(const char *name))
{
    json_object *list = json_object_new_array();
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (obj) {
        object_property_iter_init(&iter, obj);
    } else {
        object_class_property_iter_init(&iter, oc);
    }
    while ((prop = object_property_iter_next(&iter))) {
        if (!skip || !skip(prop->name)) {
            json_object_array_add(list, describe_property(prop, true));
        }
    }
    return list;
}

json_object *qmp_qom_list_properties(json_object *args, Error **errp)
{
    const char *name = json_get_str(args, "typename");
    ObjectClass *oc = object_class_by_name(name);
    json_object *list;
    Object *obj = NULL;

    if (!oc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Class '%s' not found",
                  name);
        return NULL;
    }
    /* machines and interfaces are not made just to be looked at */
    if (!object_class_is_abstract(oc) &&
        (object_class_dynamic_cast(oc, TYPE_DEVICE) ||
         object_class_dynamic_cast(oc, TYPE_USER_CREATABLE))) {
        obj = object_new(name);
    }
    list = list_properties(oc, obj, NULL);
    object_unref(obj);
    return list;
}

/* Properties of every device that users have no business with. */
static bool device_internal(const char *name)
{
    static const char *const internal[] = {
        "type", "realized", "hotpluggable", "hotplugged", "parent_bus",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(internal); i++) {
        if (strcmp(name, internal[i]) == 0) {
            return true;
        }
    }
    return false;
}

json_object *qmp_device_list_properties(json_object *args, Error **errp)
{
    const char *name = json_get_str(args, "typename");
    ObjectClass *oc = object_class_by_name(qdev_alias_resolve(name));
    json_object *list;
    Object *obj;

    if (!oc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found",
                  name);
        return NULL;
    }
    if (!object_class_dynamic_cast(oc, TYPE_DEVICE) ||
        object_class_is_abstract(oc)) {
        error_setg(errp, "Parameter 'typename' expects a non-abstract device "
                   "type");
        return NULL;
    }
    obj = object_new(object_class_get_name(oc));
    list = list_properties(oc, obj, device_internal);
    object_unref(obj);
    return list;
}

json_object *qmp_device_add(json_object *args, Error **errp)
{
    DeviceState *dev = qdev_device_add_from_json(args, true, errp);

    object_unref(dev);
    return NULL;
}

json_object *qmp_device_del(json_object *args, Error **errp)
{
    qdev_device_del(json_get_str(args, "id"), errp);
    return NULL;
}

json_object *qmp_object_add(json_object *args, Error **errp)
{
    user_creatable_add_qapi(args, false, errp);
    return NULL;
}

json_object *qmp_object_del(json_object *args, Error **errp)
{
    user_creatable_del(json_get_str(args, "id"), errp);
    return NULL;
}

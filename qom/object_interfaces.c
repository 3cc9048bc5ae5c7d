/*
 * Objects that users make and delete: `-object`, object-add, object-del.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/visitor.h"
#include "qemu/help_option.h"
#include "qemu/id.h"
#include "qemu/keyval.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "qom-internal.h"

bool user_creatable_complete(UserCreatable *uc, Error **errp)
{
    ERRP_GUARD();
    UserCreatableClass *ucc = USER_CREATABLE_GET_CLASS(uc);

    if (ucc->complete) {
        ucc->complete(uc, errp);
    }
    return !*errp;
}

bool user_creatable_can_be_deleted(UserCreatable *uc)
{
    UserCreatableClass *ucc = USER_CREATABLE_GET_CLASS(uc);

    return !ucc->can_be_deleted || ucc->can_be_deleted(uc);
}

/* ---- making ------------------------------------------------------------ */

static ObjectClass *creatable_class(const char *type, Error **errp)
{
    ObjectClass *klass = object_class_by_name(type);

    if (!klass || object_class_is_abstract(klass) ||
        !object_class_dynamic_cast(klass, TYPE_USER_CREATABLE)) {
        error_setg(errp, "Parameter 'qom-type' does not accept value '%s'; "
                   "-object help lists what is legal", type);
        return NULL;
    }
    return klass;
}

/* Hands each member of props to the property of that name. */
static bool creatable_set_props(Object *obj, struct json_object *props,
                                bool keyval, Error **errp)
{
    g_autoptr(Visitor) v = keyval ? json_input_visitor_new_keyval(props)
                                  : json_input_visitor_new(props);
    bool ok = true;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    json_object_object_foreach(props, name, value) {
        (void)value;
        if (!object_property_find(obj, name)) {
            error_setg(errp, keyval ? "Invalid parameter '%s'"
                                    : "Parameter '%s' is unexpected", name);
            ok = false;
        } else {
            ok = object_property_set(obj, name, v, errp);
        }
        if (!ok) {
            break;
        }
    }
    ok = ok && visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

Object *user_creatable_add_type(const char *type, const char *id,
                                struct json_object *props, bool keyval,
                                Error **errp)
{
    ObjectClass *klass = creatable_class(type, errp);
    Object *obj;

    if (!klass) {
        return NULL;
    }
    if (id && !id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        return NULL;
    }
    if (id && object_resolve_path_component(object_get_objects_root(), id)) {
        error_setg(errp, "Duplicate ID '%s' for object", id);
        return NULL;
    }
    obj = object_new_with_class(klass);
    object_apply_compat_props(obj);
    if ((props && !creatable_set_props(obj, props, keyval, errp)) ||
        (id && !object_property_try_add_child(object_get_objects_root(), id,
                                              obj, errp))) {
        object_unref(obj);
        return NULL;
    }
    if (!user_creatable_complete(USER_CREATABLE(obj), errp)) {
        object_unparent(obj);
        object_unref(obj);
        return NULL;
    }
    if (id) {
        object_unref(obj);
    }
    return obj;
}

/* A string member that must be there. */
static const char *required_str(struct json_object *options, const char *name,
                                Error **errp)
{
    const char *text = json_get_str(options, name);

    if (!json_haskey(options, name)) {
        error_setg(errp, "Parameter '%s' is missing", name);
    } else if (!text) {
        error_setg(errp, "Invalid parameter type for '%s', expected: string",
                   name);
    }
    return text;
}

bool user_creatable_add_qapi(struct json_object *options, bool keyval,
                             Error **errp)
{
    const char *type = required_str(options, "qom-type", errp);
    const char *id = type ? required_str(options, "id", errp) : NULL;
    g_json_auto struct json_object *props = NULL;

    if (!id || !creatable_class(type, errp)) {
        return false;
    }
    props = json_object_new_object();
    json_object_object_foreach(options, key, value) {
        if (strcmp(key, "qom-type") && strcmp(key, "id")) {
            json_put(props, key, json_object_get(value));
        }
    }
    return user_creatable_add_type(type, id, props, keyval, errp) != NULL;
}

struct json_object *user_creatable_parse_str(const char *str, bool *keyval,
                                             Error **errp)
{
    bool is_json = false, help = false;
    struct json_object *options;
    const char *type;

    options = opt_json_or_keyval(str, "qom-type", &is_json, &help, errp);
    if (!options) {
        return NULL;
    }
    *keyval = !is_json;
    if (!help) {
        return options;
    }
    type = json_get_str(options, "qom-type");
    if (!type) {
        user_creatable_print_types();
    } else if (creatable_class(type, errp)) {
        user_creatable_print_help(type);
    }
    json_object_put(options);
    return NULL;
}

bool user_creatable_add_from_str(const char *str, Error **errp)
{
    ERRP_GUARD();
    bool keyval;
    g_json_auto struct json_object *options =
        user_creatable_parse_str(str, &keyval, errp);

    return options && user_creatable_add_qapi(options, keyval, errp);
}

/* ---- help -------------------------------------------------------------- */

bool user_creatable_print_types(void)
{
    g_autoptr(GSList) list =
        object_class_get_list_sorted(TYPE_USER_CREATABLE, false);

    printf("List of user creatable objects:\n");
    for (GSList *l = list; l; l = l->next) {
        printf("  %s\n", object_class_get_name(l->data));
    }
    return true;
}

static gint help_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool user_creatable_print_help(const char *type)
{
    ObjectClass *klass = object_class_by_name(type);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (!klass || object_class_is_abstract(klass)) {
        return false;
    }
    object_class_property_iter_init(&iter, klass);
    while ((prop = object_property_iter_next(&iter))) {
        g_autofree char *head = NULL;

        if (!prop->set) {
            continue;
        }
        head = g_strdup_printf("  %s=<%s>", prop->name, prop->type);
        g_ptr_array_add(lines, prop->description
                        ? g_strdup_printf("%-24s - %s", head,
                                          prop->description)
                        : g_strdup(head));
    }
    g_ptr_array_sort(lines, help_compare);
    if (lines->len) {
        printf("%s options:\n", type);
    } else {
        printf("There are no options for %s.\n", type);
    }
    for (unsigned i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)lines->pdata[i]);
    }
    return true;
}

/* ---- deleting ---------------------------------------------------------- */

bool user_creatable_del(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj) {
        error_setg(errp, "object '%s' not found", id);
        return false;
    }
    if (!user_creatable_can_be_deleted(USER_CREATABLE(obj))) {
        error_setg(errp, "object '%s' is in use, can not be deleted", id);
        return false;
    }
    object_unparent(obj);
    return true;
}

void user_creatable_cleanup(void)
{
    object_unparent(object_get_objects_root());
}

static const TypeInfo user_creatable_info = {
    .name = TYPE_USER_CREATABLE,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(UserCreatableClass),
};

static void user_creatable_register(void)
{
    type_register_static(&user_creatable_info);
}

type_init(user_creatable_register)

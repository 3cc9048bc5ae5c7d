/*
 * The options of a network backend, from the command line or from JSON, brought
 * to one form and checked against the backend's own table.
 *
 * Members of nested objects get dotted names (local.type=unix), members of lists
 * are several values of one name; {"str": X} in a list means X.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/option.h"
#include "qapi/error.h"
#include "net-internal.h"

static NetdevArgs *args_new(const NetdevType *type)
{
    NetdevArgs *args = g_new0(NetdevArgs, 1);

    args->type = type;
    args->keys = g_ptr_array_new_with_free_func(g_free);
    args->values = g_ptr_array_new_with_free_func(g_free);
    return args;
}

void netdev_args_free(NetdevArgs *args)
{
    g_ptr_array_unref(args->keys);
    g_ptr_array_unref(args->values);
    g_free(args);
}

static const NetdevOption *find_option(const NetdevType *type, const char *key)
{
    for (const NetdevOption *o = type->options; o->name; o++) {
        if (g_str_equal(o->name, key)) {
            return o;
        }
    }
    return NULL;
}

static bool parse_switch(const char *value, bool *on)
{
    static const char *const yes[] = { "on", "yes", "true", "y", NULL };
    static const char *const no[] = { "off", "no", "false", "n", NULL };

    *on = g_strv_contains(yes, value);
    return *on || g_strv_contains(no, value);
}

static bool args_add(NetdevArgs *args, const char *key, const char *value,
                     Error **errp)
{
    const NetdevOption *option = find_option(args->type, key);
    uint64_t number;
    bool on;

    if (!option) {
        error_setg(errp, "Invalid parameter '%s'", key);
        return false;
    }
    if (option->kind == NETDEV_OPT_BOOL && !parse_switch(value, &on)) {
        error_setg(errp, "Parameter '%s' expects 'on' or 'off'", key);
        return false;
    }
    if (option->kind == NETDEV_OPT_NUMBER &&
        qemu_strtou64(value, NULL, 0, &number) < 0) {
        error_setg(errp, "Parameter '%s' expects a number, not '%s'", key,
                   value);
        return false;
    }
    if (option->kind == NETDEV_OPT_SIZE &&
        qemu_strtosz(value, NULL, &number) < 0) {
        error_setg(errp, "Parameter '%s' expects a size value, not '%s'", key,
                   value);
        return false;
    }
    if (option->kind != NETDEV_OPT_LIST) {
        guint at;

        for (at = 0; at < args->keys->len; at++) {
            if (g_str_equal(args->keys->pdata[at], key)) {
                g_free(args->values->pdata[at]);
                args->values->pdata[at] = g_strdup(value);
                return true;
            }
        }
    }
    g_ptr_array_add(args->keys, g_strdup(key));
    g_ptr_array_add(args->values, g_strdup(value));
    return true;
}

static int add_opt(void *opaque, const char *name, const char *value,
                   Error **errp)
{
    if (g_str_equal(name, "type") || g_str_equal(name, "id")) {
        return 0;
    }
    return args_add(opaque, name, value, errp) ? 0 : -1;
}

NetdevArgs *netdev_args_from_opts(const NetdevType *type, QemuOpts *opts,
                                  Error **errp)
{
    g_autoptr(NetdevArgs) args = args_new(type);

    if (qemu_opt_foreach(opts, add_opt, args, errp)) {
        return NULL;
    }
    return g_steal_pointer(&args);
}

static bool add_json(NetdevArgs *args, const char *key,
                     struct json_object *value, Error **errp);

static bool add_json_members(NetdevArgs *args, const char *prefix,
                             struct json_object *object, Error **errp)
{
    json_object_object_foreach(object, name, value) {
        g_autofree char *key =
            prefix ? g_strdup_printf("%s.%s", prefix, name) : g_strdup(name);

        if (!prefix && (g_str_equal(name, "type") || g_str_equal(name, "id"))) {
            continue;
        }
        if (!add_json(args, key, value, errp)) {
            return false;
        }
    }
    return true;
}

static bool add_json_list(NetdevArgs *args, const char *key,
                          struct json_object *list, Error **errp)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *value = json_object_array_get_idx(list, i);
        struct json_object *str;

        if (json_object_object_get_ex(value, "str", &str)) {
            value = str;
        }
        if (!add_json(args, key, value, errp)) {
            return false;
        }
    }
    return true;
}

static bool add_json(NetdevArgs *args, const char *key,
                     struct json_object *value, Error **errp)
{
    const NetdevOption *option = find_option(args->type, key);
    json_type type = json_object_get_type(value);

    if (type == json_type_object) {
        return add_json_members(args, key, value, errp);
    }
    if (type == json_type_array) {
        return add_json_list(args, key, value, errp);
    }
    if (option && (option->kind == NETDEV_OPT_BOOL) !=
                  (type == json_type_boolean)) {
        error_setg(errp, "Invalid parameter type for '%s', expected: %s", key,
                   option->kind == NETDEV_OPT_BOOL ? "boolean" : "string");
        return false;
    }
    return args_add(args, key, json_object_get_string(value), errp);
}

NetdevArgs *netdev_args_from_json(const NetdevType *type,
                                  struct json_object *json, Error **errp)
{
    g_autoptr(NetdevArgs) args = args_new(type);

    if (!add_json_members(args, NULL, json, errp)) {
        return NULL;
    }
    return g_steal_pointer(&args);
}

const char *netdev_arg_nth(const NetdevArgs *args, const char *key, unsigned n)
{
    for (guint i = 0; i < args->keys->len; i++) {
        if (g_str_equal(args->keys->pdata[i], key) && n-- == 0) {
            return args->values->pdata[i];
        }
    }
    return NULL;
}

const char *netdev_arg(const NetdevArgs *args, const char *key)
{
    return netdev_arg_nth(args, key, 0);
}

bool netdev_arg_bool(const NetdevArgs *args, const char *key, bool def)
{
    const char *value = netdev_arg(args, key);
    bool on = def;

    if (value) {
        parse_switch(value, &on);
    }
    return on;
}

uint64_t netdev_arg_number(const NetdevArgs *args, const char *key,
                           uint64_t def)
{
    const char *value = netdev_arg(args, key);
    uint64_t number = def;

    if (value && find_option(args->type, key)->kind == NETDEV_OPT_SIZE) {
        qemu_strtosz(value, NULL, &number);
    } else if (value) {
        qemu_strtou64(value, NULL, 0, &number);
    }
    return number;
}

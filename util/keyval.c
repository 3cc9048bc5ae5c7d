/*
 * Dotted keys to nested JSON.
 *
 * Reading first makes objects only; those whose keys are all numbers become
 * arrays when everything has been read, so that the order of keys is free.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/cutils.h"
#include "qemu/help_option.h"
#include "qemu/keyval.h"
#include "qemu/option.h"

#define LIST_INDEX_MAX 65535

static bool is_index(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* A name: a letter first. A place in a list: digits. */
static bool is_fragment(const char *s)
{
    if (is_index(s)) {
        return strlen(s) <= 5 && atoi(s) <= LIST_INDEX_MAX;
    }
    if (!g_ascii_isalpha(*s)) {
        return false;
    }
    for (; *s; s++) {
        if (!g_ascii_isalnum(*s) && *s != '-' && *s != '_') {
            return false;
        }
    }
    return true;
}

/* The object under @key in @obj, made if it is missing; NULL: a scalar. */
static struct json_object *descend(struct json_object *obj, const char *key)
{
    struct json_object *child = json_get(obj, key);

    if (!child) {
        child = json_object_new_object();
        json_put(obj, key, child);
        return child;
    }
    return json_object_is_type(child, json_type_object) ? child : NULL;
}

static bool put_dotted(struct json_object *obj, const char *key,
                       const char *value, Error **errp)
{
    g_auto(GStrv) part = g_strsplit(key, ".", -1);
    unsigned last = g_strv_length(part);

    if (last == 0 || is_index(part[0])) {
        error_setg(errp, "Invalid parameter '%s'", key);
        return false;
    }
    for (unsigned i = 0; i < last; i++) {
        if (!is_fragment(part[i])) {
            error_setg(errp, "Invalid parameter '%s'", key);
            return false;
        }
    }
    last--;
    for (unsigned i = 0; obj && i < last; i++) {
        obj = descend(obj, part[i]);
    }
    if (!obj || json_object_is_type(json_get(obj, part[last]),
                                    json_type_object)) {
        error_setg(errp, "Parameter '%s' is used both as a value and as a"
                   " group of parameters", key);
        return false;
    }
    json_put_str(obj, part[last], value);
    return true;
}

/* Read one item at @p; NULL with an error. */
static const char *read_one(struct json_object *obj, const char *p,
                            const char *implied_key, bool *help, Error **errp)
{
    size_t len = strcspn(p, "=,");
    g_autofree char *key = g_strndup(p, len);
    g_autofree char *value = NULL;

    if (p[len] == '=') {
        p = get_opt_value(p + len + 1, &value);
    } else if (help && is_help_option(key)) {
        *help = true;
        p += len;
    } else if (implied_key) {
        g_free(key);
        key = g_strdup(implied_key);
        p = get_opt_value(p, &value);
    } else if (!len) {
        error_setg(errp, "Expected parameter before '%.20s'", p);
        return NULL;
    } else {
        error_setg(errp, "Expected '=' after parameter '%s'", key);
        return NULL;
    }
    if (value && !put_dotted(obj, key, value, errp)) {
        return NULL;
    }
    return *p == ',' ? p + 1 : p;
}

static bool read_all(struct json_object *obj, const char *params,
                     const char *implied_key, bool *help, Error **errp)
{
    const char *p = params;

    if (help) {
        *help = false;
    }
    while (p && *p) {
        p = read_one(obj, p, implied_key, help, errp);
        implied_key = NULL;
    }
    return p != NULL;
}

/* --- arrays --- */

static char *join(const char *prefix, const char *key)
{
    return *prefix ? g_strconcat(prefix, ".", key, NULL) : g_strdup(key);
}

/* 1: all keys are numbers, 0: none is, -1: both. */
static int list_like(struct json_object *obj)
{
    bool numbers = false, names = false;

    json_object_object_foreach(obj, key, value) {
        (void)value;
        *(is_index(key) ? &numbers : &names) = true;
    }
    return numbers && names ? -1 : numbers;
}

static struct json_object *to_array(struct json_object *obj,
                                    const char *prefix, Error **errp)
{
    struct json_object *array = json_object_new_array();
    int count = json_object_object_length(obj);

    for (int i = 0; i < count; i++) {
        g_autofree char *key = g_strdup_printf("%d", i);
        struct json_object *value = json_get(obj, key);

        if (!value) {
            g_autofree char *name = join(prefix, key);

            error_setg(errp, "Parameter '%s' missing", name);
            json_object_put(array);
            return NULL;
        }
        json_object_array_add(array, json_object_get(value));
    }
    return array;
}

/* Make arrays inside @obj; gives what shall stand in its place, or NULL. */
static struct json_object *listify(struct json_object *obj, const char *prefix,
                                   Error **errp)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    int kind;

    json_object_object_foreach(obj, name, value) {
        if (json_object_is_type(value, json_type_object)) {
            g_ptr_array_add(keys, g_strdup(name));
        }
    }
    for (unsigned i = 0; i < keys->len; i++) {
        const char *key = keys->pdata[i];
        g_autofree char *path = join(prefix, key);
        struct json_object *made = listify(json_get(obj, key), path, errp);

        if (!made) {
            return NULL;
        }
        json_put(obj, key, made);
    }
    kind = list_like(obj);
    if (kind < 0) {
        error_setg(errp, "Parameters '%s.*' used inconsistently", prefix);
        return NULL;
    }
    return kind ? to_array(obj, prefix, errp) : json_object_get(obj);
}

struct json_object *keyval_parse(const char *params, const char *implied_key,
                                 bool *help, Error **errp)
{
    g_json_auto struct json_object *obj = json_object_new_object();

    if (!read_all(obj, params, implied_key, help, errp)) {
        return NULL;
    }
    return listify(obj, "", errp);
}

bool keyval_parse_into(struct json_object *obj, const char *params,
                       const char *implied_key, bool *help, Error **errp)
{
    g_json_auto struct json_object *more =
        keyval_parse(params, implied_key, help, errp);

    return more && keyval_merge(obj, more, errp);
}

bool keyval_merge(struct json_object *old, struct json_object *newer,
                  Error **errp)
{
    json_object_object_foreach(newer, key, value) {
        struct json_object *there = json_get(old, key);
        bool is_obj = json_object_is_type(value, json_type_object);

        if (!there || json_object_get_type(there) !=
                      json_object_get_type(value)) {
            if (there) {
                error_setg(errp, "Parameter '%s' used inconsistently", key);
                return false;
            }
            json_put(old, key, json_object_get(value));
        } else if (!is_obj) {
            json_put(old, key, json_object_get(value));
        } else if (!keyval_merge(there, value, errp)) {
            return false;
        }
    }
    return true;
}

struct json_object *opt_json_or_keyval(const char *arg,
                                       const char *implied_key, bool *is_json,
                                       bool *help, Error **errp)
{
    struct json_object *obj;

    *is_json = *arg == '{';
    if (!*is_json) {
        return keyval_parse(arg, implied_key, help, errp);
    }
    if (help) {
        *help = false;
    }
    /* What begins with a brace and is one value is an object. */
    return json_parse(arg, &obj, errp) ? obj : NULL;
}

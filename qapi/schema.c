/*
 * Checks JSON values against the tables that scripts/qapi-gen.py makes, and
 * turns command line strings into what those tables ask for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/schema.h"
#include "qemu/cutils.h"

/* What a message calls a member: "a.b" or "a[2]"; NULL stays at the top. */
static char *join_name(const char *outer, const char *member)
{
    return outer ? g_strdup_printf("%s.%s", outer, member) : g_strdup(member);
}

static bool wrong_type(const char *name, const char *expected, Error **errp)
{
    error_setg(errp, "Invalid parameter type for '%s', expected: %s",
               name ? name : "arguments", expected);
    return false;
}

int qapi_enum_index(const QapiType *type, const char *value)
{
    for (int i = 0; type->values[i]; i++) {
        if (strcmp(type->values[i], value) == 0) {
            return i;
        }
    }
    return -1;
}

static bool check_enum(const QapiType *type, json_object *value,
                       const char *name, Error **errp)
{
    const char *text = json_object_get_string(value);

    if (!json_object_is_type(value, json_type_string)) {
        return wrong_type(name, "string", errp);
    }
    if (qapi_enum_index(type, text) < 0) {
        error_setg(errp, "Parameter '%s' does not accept value '%s'",
                   name ? name : "arguments", text);
        return false;
    }
    return true;
}

/* json-c keeps integers as int64 or, above that, uint64. */
static bool check_int(const QapiType *type, json_object *value,
                      const char *name, Error **errp)
{
    int64_t s;

    if (!json_object_is_type(value, json_type_int)) {
        return wrong_type(name, "integer", errp);
    }
    s = json_object_get_int64(value);
    if (s < 0 ? s < type->min : json_object_get_uint64(value) > type->max) {
        error_setg(errp, "Parameter '%s' expects %s", name, type->name);
        return false;
    }
    return true;
}

static bool check_list(const QapiType *type, json_object *value,
                       const char *name, Error **errp)
{
    if (!json_object_is_type(value, json_type_array)) {
        return wrong_type(name, "array", errp);
    }
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        g_autofree char *item = g_strdup_printf("%s[%zu]", name ? name : "",
                                                i);

        if (!qapi_check(type->element, json_object_array_get_idx(value, i),
                        item, errp)) {
            return false;
        }
    }
    return true;
}

static const QapiMember *find_member(const QapiType *type, const char *key)
{
    for (const QapiMember *m = type->members; m && m->name; m++) {
        if (strcmp(m->name, key) == 0) {
            return m;
        }
    }
    return NULL;
}

/* The branch that the discriminator in @value chooses, NULL if none. */
static const QapiType *branch_of(const QapiType *type, json_object *value)
{
    json_object *tag;

    if (!type->tag || !json_object_object_get_ex(value, type->tag, &tag)) {
        return NULL;
    }
    for (const QapiVariant *v = type->variants; v->tag; v++) {
        if (strcmp(v->tag, json_object_get_string(tag)) == 0) {
            return v->type;
        }
    }
    return NULL;
}

static bool check_members(const QapiType *type, json_object *value,
                          const char *name, Error **errp)
{
    for (const QapiMember *m = type->members; m && m->name; m++) {
        g_autofree char *full = join_name(name, m->name);
        json_object *member;

        if (!json_object_object_get_ex(value, m->name, &member)) {
            if (m->optional) {
                continue;
            }
            error_setg(errp, "Parameter '%s' is missing", full);
            return false;
        }
        if (!qapi_check(m->type, member, full, errp)) {
            return false;
        }
    }
    return true;
}

static bool check_object(const QapiType *type, json_object *value,
                         const char *name, Error **errp)
{
    const QapiType *branch;

    if (!json_object_is_type(value, json_type_object)) {
        return wrong_type(name, "object", errp);
    }
    if (!check_members(type, value, name, errp)) {
        return false;
    }
    branch = branch_of(type, value);
    if (branch && !check_members(branch, value, name, errp)) {
        return false;
    }
    if (type->open || (branch && branch->open)) {
        return true;
    }
    json_object_object_foreach(value, key, member) {
        (void)member;
        if (!find_member(type, key) &&
            !(branch && find_member(branch, key))) {
            g_autofree char *full = join_name(name, key);

            error_setg(errp, "Parameter '%s' is unexpected", full);
            return false;
        }
    }
    return true;
}

static bool kind_takes(const QapiType *type, json_type json)
{
    switch (type->kind) {
    case QAPI_STR:
    case QAPI_ENUM:
        return json == json_type_string;
    case QAPI_INT:
        return json == json_type_int;
    case QAPI_NUMBER:
        return json == json_type_int || json == json_type_double;
    case QAPI_BOOL:
        return json == json_type_boolean;
    case QAPI_NULL:
        return json == json_type_null;
    case QAPI_LIST:
        return json == json_type_array;
    case QAPI_OBJECT:
        return json == json_type_object;
    default:
        return true;
    }
}

static bool check_alternate(const QapiType *type, json_object *value,
                            const char *name, Error **errp)
{
    for (const QapiVariant *v = type->variants; v->type; v++) {
        if (kind_takes(v->type, json_object_get_type(value))) {
            return qapi_check(v->type, value, name, errp);
        }
    }
    return wrong_type(name, type->name, errp);
}

bool qapi_check(const QapiType *type, json_object *value, const char *name,
                Error **errp)
{
    static const char *const expected[] = {
        [QAPI_STR] = "string", [QAPI_NUMBER] = "number",
        [QAPI_BOOL] = "boolean", [QAPI_NULL] = "null",
    };

    switch (type->kind) {
    case QAPI_ANY:
        return true;
    case QAPI_ENUM:
        return check_enum(type, value, name, errp);
    case QAPI_INT:
        return check_int(type, value, name, errp);
    case QAPI_LIST:
        return check_list(type, value, name, errp);
    case QAPI_OBJECT:
        return check_object(type, value, name, errp);
    case QAPI_ALTERNATE:
        return check_alternate(type, value, name, errp);
    default:
        return kind_takes(type, json_object_get_type(value)) ||
               wrong_type(name, expected[type->kind], errp);
    }
}

static json_object *number_from_text(const QapiType *type, const char *text,
                                     const char *name, Error **errp)
{
    uint64_t u;
    int64_t s;

    if (strcmp(type->name, "size") == 0) {
        if (qemu_strtosz(text, NULL, &u) < 0) {
            error_setg(errp, "Parameter '%s' expects a size", name);
            return NULL;
        }
        return json_object_new_uint64(u);
    }
    if (text[0] == '-' ? qemu_strtoi64(text, NULL, 0, &s) < 0
                       : qemu_strtou64(text, NULL, 0, &u) < 0) {
        error_setg(errp, "Parameter '%s' expects %s", name,
                   strcmp(type->name, "int") == 0 ? "integer" : type->name);
        return NULL;
    }
    return text[0] == '-' ? json_object_new_int64(s)
                          : json_object_new_uint64(u);
}

static json_object *bool_from_text(const char *text, const char *name,
                                   Error **errp)
{
    static const char *const words[] = {
        "off", "on", "no", "yes", "false", "true", "n", "y",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            return json_object_new_boolean(i & 1);
        }
    }
    error_setg(errp, "Parameter '%s' expects 'on' or 'off'", name);
    return NULL;
}

/* "hostfwd=TEXT" is short for a list with one element (or one {"str": TEXT}). */
static json_object *list_of_one(const QapiType *element, json_object *text,
                                const char *name, Error **errp)
{
    json_object *out, *item;

    if (element->kind == QAPI_OBJECT) {
        item = json_object_new_object();
        json_object_object_add(item, "str", json_object_get(text));
    } else {
        item = qapi_from_keyval(element, text, name, errp);
    }
    if (!item) {
        return NULL;
    }
    out = json_object_new_array();
    json_object_array_add(out, item);
    return out;
}

static json_object *list_from_keyval(const QapiType *type, json_object *value,
                                     const char *name, Error **errp)
{
    json_object *out;

    if (json_object_is_type(value, json_type_string)) {
        return list_of_one(type->element, value, name, errp);
    }
    if (!json_object_is_type(value, json_type_array)) {
        wrong_type(name, "array", errp);
        return NULL;
    }
    out = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        g_autofree char *item = g_strdup_printf("%s.%zu", name, i);
        json_object *v;

        v = qapi_from_keyval(type->element,
                             json_object_array_get_idx(value, i), item, errp);
        if (!v) {
            json_object_put(out);
            return NULL;
        }
        json_object_array_add(out, v);
    }
    return out;
}

static json_object *object_from_keyval(const QapiType *type,
                                       json_object *value, const char *name,
                                       Error **errp)
{
    const QapiType *branch;
    json_object *out;

    if (!json_object_is_type(value, json_type_object)) {
        wrong_type(name, "object", errp);
        return NULL;
    }
    branch = branch_of(type, value);
    out = json_object_new_object();
    json_object_object_foreach(value, key, member) {
        g_autofree char *full = join_name(name, key);
        const QapiMember *m = find_member(type, key);
        json_object *v;

        if (!m && branch) {
            m = find_member(branch, key);
        }
        v = m ? qapi_from_keyval(m->type, member, full, errp)
              : json_object_get(member);
        if (!v) {
            json_object_put(out);
            return NULL;
        }
        json_object_object_add(out, key, v);
    }
    return out;
}

json_object *qapi_from_keyval(const QapiType *type, json_object *value,
                              const char *name, Error **errp)
{
    const QapiType *t = type;

    if (t->kind == QAPI_LIST) {
        return list_from_keyval(t, value, name, errp);
    }
    if (t->kind == QAPI_OBJECT) {
        return object_from_keyval(t, value, name, errp);
    }
    if (t->kind == QAPI_ALTERNATE) {
        /* a string fits the first branch that is made of one */
        t = t->variants[0].type;
    }
    if (!json_object_is_type(value, json_type_string)) {
        return json_object_get(value);
    }
    switch (t->kind) {
    case QAPI_INT:
        return number_from_text(t, json_object_get_string(value), name, errp);
    case QAPI_BOOL:
        return bool_from_text(json_object_get_string(value), name, errp);
    default:
        return json_object_get(value);
    }
}

const QapiCommand *qapi_find_command(const QapiCommand *table, unsigned count,
                                     const char *name)
{
    unsigned low = 0, high = count;

    while (low < high) {
        unsigned mid = (low + high) / 2;
        int order = strcmp(name, table[mid].name);

        if (order == 0) {
            return &table[mid];
        }
        if (order < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return NULL;
}

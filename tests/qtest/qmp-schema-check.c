/*
 * What an emulator says over QMP, checked against its own schema: answers and
 * events hold the members that are declared, no others, of the declared types.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qmp-schema-check.h"

typedef struct json_object json_object;

struct QmpSchema {
    json_object *entries;
    GHashTable *by_name;        /* of the entries; keys are theirs */
};

/* The place in a value that is being looked at, for messages. */
typedef struct Place {
    const struct Place *outer;
    const char *member;         /* NULL: element @index of a list */
    size_t index;
} Place;

QmpSchema *qmp_schema_new(json_object *entries)
{
    QmpSchema *schema = g_new0(QmpSchema, 1);

    schema->entries = entries;
    schema->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < json_object_array_length(entries); i++) {
        json_object *entry = json_object_array_get_idx(entries, i);
        json_object *name = json_object_object_get(entry, "name");

        g_hash_table_insert(schema->by_name,
                            (char *)json_object_get_string(name), entry);
    }
    return schema;
}

void qmp_schema_free(QmpSchema *schema)
{
    if (schema) {
        g_hash_table_unref(schema->by_name);
        json_object_put(schema->entries);
        g_free(schema);
    }
}

/* --- messages --- */

static void print_place(GString *out, const Place *place)
{
    if (!place) {
        return;
    }
    print_place(out, place->outer);
    if (!place->member) {
        g_string_append_printf(out, "[%zu]", place->index);
    } else {
        g_string_append_printf(out, "%s%s", out->len ? "." : "",
                               place->member);
    }
}

static char *complaint(const Place *place, const char *fmt, ...)
    G_PRINTF(2, 3);
static char *complaint(const Place *place, const char *fmt, ...)
{
    GString *out = g_string_new(NULL);
    va_list ap;

    print_place(out, place);
    g_string_append(out, ": ");
    va_start(ap, fmt);
    g_string_append_vprintf(out, fmt, ap);
    va_end(ap);
    return g_string_free(out, false);
}

/* --- types --- */

static const char *text_of(json_object *entry, const char *key)
{
    json_object *value = NULL;

    json_object_object_get_ex(entry, key, &value);
    return value ? json_object_get_string(value) : NULL;
}

/* The entry of @list whose member @key is @name. */
static json_object *find_by(json_object *list, const char *key,
                            const char *name)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        if (g_strcmp0(text_of(one, key), name) == 0) {
            return one;
        }
    }
    return NULL;
}

static char *check_type(const QmpSchema *schema, const char *name,
                        json_object *value, const Place *place);

static char *check_builtin(json_object *type, json_object *value,
                           const Place *place)
{
    static const struct {
        const char *name;
        json_type types[2];
    } kinds[] = {
        { "string", { json_type_string, json_type_string } },
        { "int", { json_type_int, json_type_int } },
        { "number", { json_type_int, json_type_double } },
        { "boolean", { json_type_boolean, json_type_boolean } },
        { "null", { json_type_null, json_type_null } },
        { "object", { json_type_object, json_type_object } },
        { "array", { json_type_array, json_type_array } },
    };
    const char *name = text_of(type, "json-type");

    if (g_str_equal(name, "value")) {
        return NULL;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (g_str_equal(kinds[i].name, name) &&
            (json_object_is_type(value, kinds[i].types[0]) ||
             json_object_is_type(value, kinds[i].types[1]))) {
            return NULL;
        }
    }
    return complaint(place, "is not of type %s", name);
}

static char *check_enum(json_object *type, json_object *value,
                        const Place *place)
{
    json_object *members = json_object_object_get(type, "members");

    if (!json_object_is_type(value, json_type_string)) {
        return complaint(place, "is not a string");
    }
    if (!find_by(members, "name", json_object_get_string(value))) {
        return complaint(place, "'%s' is none of the values",
                         json_object_get_string(value));
    }
    return NULL;
}

static char *check_array(const QmpSchema *schema, json_object *type,
                         json_object *value, const Place *place)
{
    const char *element = text_of(type, "element-type");
    char *wrong = NULL;

    if (!json_object_is_type(value, json_type_array)) {
        return complaint(place, "is not a list");
    }
    for (size_t i = 0; !wrong && i < json_object_array_length(value); i++) {
        Place here = { place, NULL, i };

        wrong = check_type(schema, element,
                           json_object_array_get_idx(value, i), &here);
    }
    return wrong;
}

/* The type whose members a union has besides, NULL if it is none. */
static json_object *branch_of(const QmpSchema *schema, json_object *type,
                              json_object *value)
{
    const char *tag = text_of(type, "tag");
    json_object *variants = NULL, *branch;

    json_object_object_get_ex(type, "variants", &variants);
    branch = tag ? find_by(variants, "case", text_of(value, tag)) : NULL;
    return branch ? g_hash_table_lookup(schema->by_name,
                                        text_of(branch, "type")) : NULL;
}

static char *check_members(const QmpSchema *schema, json_object *type,
                           json_object *value, const Place *place)
{
    json_object *members = json_object_object_get(type, "members");
    char *wrong = NULL;

    for (size_t i = 0; !wrong && i < json_object_array_length(members); i++) {
        json_object *member = json_object_array_get_idx(members, i);
        const char *name = text_of(member, "name");
        Place here = { place, name };
        json_object *found;

        if (json_object_object_get_ex(value, name, &found)) {
            wrong = check_type(schema, text_of(member, "type"), found, &here);
        } else if (!json_object_object_get_ex(member, "default", NULL)) {
            wrong = complaint(&here, "is missing");
        }
    }
    return wrong;
}

static char *check_object(const QmpSchema *schema, json_object *type,
                          json_object *value, const Place *place)
{
    json_object *members = json_object_object_get(type, "members");
    json_object *branch, *more = NULL;
    char *wrong;

    if (!json_object_is_type(value, json_type_object)) {
        return complaint(place, "is not an object");
    }
    branch = branch_of(schema, type, value);
    if (branch) {
        more = json_object_object_get(branch, "members");
    }
    json_object_object_foreach(value, key, ignored) {
        Place here = { place, key };

        (void)ignored;
        if (!find_by(members, "name", key) && !find_by(more, "name", key)) {
            return complaint(&here, "is unknown");
        }
    }
    wrong = check_members(schema, type, value, place);
    return wrong || !branch ? wrong
                            : check_members(schema, branch, value, place);
}

static char *check_alternate(const QmpSchema *schema, json_object *type,
                             json_object *value, const Place *place)
{
    json_object *members = json_object_object_get(type, "members");

    for (size_t i = 0; i < json_object_array_length(members); i++) {
        json_object *member = json_object_array_get_idx(members, i);
        g_autofree char *wrong = check_type(schema, text_of(member, "type"),
                                            value, place);

        if (!wrong) {
            return NULL;
        }
    }
    return complaint(place, "is none of the alternatives");
}

static char *check_type(const QmpSchema *schema, const char *name,
                        json_object *value, const Place *place)
{
    json_object *type = g_hash_table_lookup(schema->by_name, name);
    const char *kind = type ? text_of(type, "meta-type") : NULL;

    if (g_strcmp0(kind, "builtin") == 0) {
        return check_builtin(type, value, place);
    }
    if (g_strcmp0(kind, "enum") == 0) {
        return check_enum(type, value, place);
    }
    if (g_strcmp0(kind, "array") == 0) {
        return check_array(schema, type, value, place);
    }
    if (g_strcmp0(kind, "object") == 0) {
        return check_object(schema, type, value, place);
    }
    if (g_strcmp0(kind, "alternate") == 0) {
        return check_alternate(schema, type, value, place);
    }
    return complaint(place, "type '%s' is not in the schema", name);
}

/* --- messages of the protocol --- */

/* The entry of a command or an event. */
static json_object *entry_of(const QmpSchema *schema, const char *name,
                             const char *kind)
{
    json_object *entry = g_hash_table_lookup(schema->by_name, name);

    return entry && g_str_equal(text_of(entry, "meta-type"), kind) ? entry
                                                                   : NULL;
}

static char *check_keys(json_object *message, const char *const *allowed)
{
    json_object_object_foreach(message, key, ignored) {
        (void)ignored;
        if (!g_strv_contains(allowed, key)) {
            return g_strdup_printf("%s: is unknown", key);
        }
    }
    return NULL;
}

static bool is_int(json_object *object, const char *key)
{
    return json_object_is_type(json_object_object_get(object, key),
                               json_type_int);
}

static char *check_event(const QmpSchema *schema, json_object *message)
{
    static const char *const allowed[] = {
        "event", "data", "timestamp", NULL
    };
    const char *name = text_of(message, "event");
    json_object *entry = entry_of(schema, name, "event");
    json_object *stamp = json_object_object_get(message, "timestamp");
    json_object *data = json_object_object_get(message, "data");
    Place place = { NULL, name };
    char *wrong;

    if (!entry) {
        return complaint(&place, "is an unknown event");
    }
    if (!json_object_is_type(stamp, json_type_object) ||
        !is_int(stamp, "seconds") || !is_int(stamp, "microseconds")) {
        return complaint(&place, "has no timestamp");
    }
    wrong = check_keys(message, allowed);
    if (wrong || data) {
        return wrong ? wrong : check_type(schema, text_of(entry, "arg-type"),
                                          data, &place);
    }
    data = json_object_new_object();
    wrong = check_type(schema, text_of(entry, "arg-type"), data, &place);
    json_object_put(data);
    return wrong;
}

static char *check_error(json_object *message)
{
    static const char *const allowed[] = { "error", "id", NULL };
    static const char *const members[] = { "class", "desc", NULL };
    static const char *const classes[] = {
        "GenericError", "CommandNotFound", "DeviceNotActive",
        "DeviceNotFound", "KVMMissingCap", NULL
    };
    json_object *error = json_object_object_get(message, "error");
    const char *text;
    char *wrong = check_keys(message, allowed);

    if (wrong) {
        return wrong;
    }
    if (!json_object_is_type(error, json_type_object)) {
        return g_strdup("error: is not an object");
    }
    text = text_of(error, "class");
    if (!text || !g_strv_contains(classes, text)) {
        return g_strdup_printf("error.class: '%s' is none", text);
    }
    text = text_of(error, "desc");
    if (!text || !text[0] || strchr(text, '\n')) {
        return g_strdup("error.desc: is not one line of text");
    }
    return check_keys(error, members);
}

static char *check_return(const QmpSchema *schema, const char *command,
                          json_object *message)
{
    static const char *const allowed[] = { "return", "id", NULL };
    json_object *entry = entry_of(schema, command, "command");
    Place place = { NULL, command };
    char *wrong = check_keys(message, allowed);

    if (wrong) {
        return wrong;
    }
    if (!entry) {
        return complaint(&place, "is an unknown command");
    }
    return check_type(schema, text_of(entry, "ret-type"),
                      json_object_object_get(message, "return"), &place);
}

char *qmp_schema_check(const QmpSchema *schema, const char *command,
                       json_object *message)
{
    if (json_object_object_get_ex(message, "event", NULL)) {
        return check_event(schema, message);
    }
    if (json_object_object_get_ex(message, "error", NULL)) {
        return check_error(message);
    }
    if (json_object_object_get_ex(message, "return", NULL)) {
        return command ? check_return(schema, command, message) : NULL;
    }
    return g_strdup("is neither event, error nor return");
}

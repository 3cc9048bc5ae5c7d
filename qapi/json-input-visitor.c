/*
 * Reading values out of JSON: strictly typed, or "keyval", where a scalar may
 * also be a string that says it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <math.h>
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/cutils.h"
#include "visitor-impl.h"

/* A struct or list that is being read. */
typedef struct Frame {
    struct json_object *obj;
    char *name;                 /* how its parent calls it; "" at the top */
    GHashTable *unread;         /* keys nobody asked for; NULL: a list */
    size_t index;               /* in a list: of the next element */
} Frame;

typedef struct JsonInput {
    Visitor v;
    struct json_object *root;
    bool keyval;
    GArray *frames;
} JsonInput;

static JsonInput *to_in(Visitor *v)
{
    return container_of(v, JsonInput, v);
}

static Frame *top_frame(JsonInput *in)
{
    return in->frames->len
           ? &g_array_index(in->frames, Frame, in->frames->len - 1) : NULL;
}

static void frame_clear(void *opaque)
{
    Frame *f = opaque;

    g_free(f->name);
    g_clear_pointer(&f->unread, g_hash_table_unref);
}

/* "server.addr.fds[2]" */
static char *in_place(Visitor *v, const char *name)
{
    JsonInput *in = to_in(v);
    GString *path = g_string_new(NULL);

    for (guint i = 0; i <= in->frames->len; i++) {
        bool leaf = i == in->frames->len;
        Frame *parent = i ? &g_array_index(in->frames, Frame, i - 1) : NULL;
        const char *part = leaf ? name
                           : g_array_index(in->frames, Frame, i).name;

        if (parent && !parent->unread) {
            g_string_append_printf(path, "[%zu]", leaf ? parent->index
                                                       : parent->index - 1);
        } else if (part && *part) {
            g_string_append_printf(path, "%s%s", path->len ? "." : "", part);
        }
    }
    return g_string_free(path, false);
}

static bool missing(Visitor *v, const char *name, Error **errp)
{
    g_autofree char *place = in_place(v, name);

    error_setg(errp, "Parameter '%s' is missing", place);
    return false;
}

static bool expects(Visitor *v, const char *name, const char *what,
                    struct json_object *got, Error **errp)
{
    g_autofree char *place = in_place(v, name);

    error_setg(errp, "Parameter '%s' expects %s, not %s",
               place, what, json_type_text(got));
    return false;
}

/* Is there a value, and which? It then counts as read if @take. */
static bool peek(JsonInput *in, const char *name, bool take,
                 struct json_object **value)
{
    Frame *f = top_frame(in);

    if (!f) {
        *value = in->root;
        return true;
    }
    if (f->unread) {
        if (!json_object_object_get_ex(f->obj, name, value)) {
            return false;
        }
        if (take) {
            g_hash_table_remove(f->unread, name);
        }
        return true;
    }
    if (f->index >= json_object_array_length(f->obj)) {
        return false;
    }
    *value = json_object_array_get_idx(f->obj, f->index);
    return true;
}

/* A value was accepted: in a list the next one comes. */
static bool accepted(JsonInput *in)
{
    Frame *f = top_frame(in);

    if (f && !f->unread) {
        f->index++;
    }
    return true;
}

static bool take(Visitor *v, const char *name, struct json_object **value,
                 Error **errp)
{
    return peek(to_in(v), name, true, value) || missing(v, name, errp);
}

/* --- structs and lists --- */

static void push(JsonInput *in, struct json_object *obj, const char *name,
                 bool is_struct)
{
    Frame f = { .obj = obj, .name = g_strdup(name ?: "") };

    accepted(in);
    if (is_struct) {
        f.unread = g_hash_table_new(g_str_hash, g_str_equal);
        json_object_object_foreach(obj, key, value) {
            (void)value;
            g_hash_table_add(f.unread, key);
        }
    }
    g_array_append_val(in->frames, f);
}

static void pop(Visitor *v)
{
    JsonInput *in = to_in(v);

    g_array_set_size(in->frames, in->frames->len - 1);
}

static bool in_start_struct(Visitor *v, const char *name, Error **errp)
{
    struct json_object *obj;

    if (!take(v, name, &obj, errp)) {
        return false;
    }
    if (!json_object_is_type(obj, json_type_object)) {
        return expects(v, name, "an object", obj, errp);
    }
    push(to_in(v), obj, name, true);
    return true;
}

static bool in_check_struct(Visitor *v, Error **errp)
{
    Frame *f = top_frame(to_in(v));

    json_object_object_foreach(f->obj, key, value) {
        (void)value;
        if (g_hash_table_contains(f->unread, key)) {
            g_autofree char *place = in_place(v, key);

            error_setg(errp, "Parameter '%s' is unexpected", place);
            return false;
        }
    }
    return true;
}

static bool in_start_list(Visitor *v, const char *name, Error **errp)
{
    struct json_object *obj;

    if (!take(v, name, &obj, errp)) {
        return false;
    }
    if (!json_object_is_type(obj, json_type_array)) {
        return expects(v, name, "an array", obj, errp);
    }
    push(to_in(v), obj, name, false);
    return true;
}

static bool in_next_list(Visitor *v)
{
    Frame *f = top_frame(to_in(v));

    return f->index < json_object_array_length(f->obj);
}

static bool in_check_list(Visitor *v, Error **errp)
{
    Frame *f = top_frame(to_in(v));

    if (in_next_list(v)) {
        error_setg(errp, "Only %zu list elements expected in '%s'",
                   f->index, f->name);
        return false;
    }
    return true;
}

static bool in_present(Visitor *v, const char *name)
{
    struct json_object *value;

    return peek(to_in(v), name, false, &value);
}

/* --- scalars --- */

/* The text of a scalar that is a string where strings are read; else NULL. */
static const char *text_form(Visitor *v, struct json_object *value)
{
    return to_in(v)->keyval && json_object_is_type(value, json_type_string)
           ? json_object_get_string(value) : NULL;
}

static bool in_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    struct json_object *value;
    const char *text;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    text = text_form(v, value);
    if (text) {
        g_autofree char *place = in_place(v, name);

        return qapi_bool_parse(place, text, obj, errp) && accepted(to_in(v));
    }
    if (!json_object_is_type(value, json_type_boolean)) {
        return expects(v, name, "a boolean", value, errp);
    }
    *obj = json_object_get_boolean(value);
    return accepted(to_in(v));
}

static bool in_type_int(Visitor *v, const char *name, int64_t *obj,
                        int64_t min, int64_t max, Error **errp)
{
    g_autofree char *place = NULL;
    struct json_object *value;
    const char *text;
    int64_t number;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    place = in_place(v, name);
    text = text_form(v, value);
    if (text) {
        return visitor_text_to_int(place, text, obj, min, max, errp) &&
               accepted(to_in(v));
    }
    if (!json_object_is_type(value, json_type_int)) {
        return expects(v, name, "an integer", value, errp);
    }
    number = json_object_get_int64(value);
    if (number < min || number > max ||
        (number >= 0 && json_object_get_uint64(value) > INT64_MAX)) {
        return visitor_int_range(place, json_object_to_json_string(value),
                                 min, max, errp);
    }
    *obj = number;
    return accepted(to_in(v));
}

static bool in_type_uint(Visitor *v, const char *name, uint64_t *obj,
                         uint64_t max, Error **errp)
{
    g_autofree char *place = NULL;
    struct json_object *value;
    const char *text;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    place = in_place(v, name);
    text = text_form(v, value);
    if (text) {
        return visitor_text_to_uint(place, text, obj, max, errp) &&
               accepted(to_in(v));
    }
    if (!json_object_is_type(value, json_type_int)) {
        return expects(v, name, "an integer", value, errp);
    }
    if (json_object_get_int64(value) < 0 ||
        json_object_get_uint64(value) > max) {
        return visitor_uint_range(place, json_object_to_json_string(value),
                                  max, errp);
    }
    *obj = json_object_get_uint64(value);
    return accepted(to_in(v));
}

static bool in_type_size(Visitor *v, const char *name, uint64_t *obj,
                         Error **errp)
{
    g_autofree char *place = NULL;
    struct json_object *value;
    const char *text;
    uint64_t size;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    text = text_form(v, value);
    if (!text) {
        return in_type_uint(v, name, obj, UINT64_MAX, errp);
    }
    place = in_place(v, name);
    if (qemu_strtosz(text, NULL, &size)) {
        error_setg(errp, "Parameter '%s' expects a size (a number below 2^64,"
                   " with suffix k, M, G, T, P or E), not '%s'", place, text);
        return false;
    }
    *obj = size;
    return accepted(to_in(v));
}

static bool in_type_number(Visitor *v, const char *name, double *obj,
                           Error **errp)
{
    struct json_object *value;
    const char *text;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    text = text_form(v, value);
    if (text) {
        double number;

        if (qemu_strtod_finite(text, NULL, &number)) {
            g_autofree char *place = in_place(v, name);

            error_setg(errp, "Parameter '%s' expects a number, not '%s'",
                       place, text);
            return false;
        }
        *obj = number;
        return accepted(to_in(v));
    }
    if (!json_object_is_type(value, json_type_double) &&
        !json_object_is_type(value, json_type_int)) {
        return expects(v, name, "a number", value, errp);
    }
    *obj = json_object_get_double(value);
    return accepted(to_in(v));
}

static bool in_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    struct json_object *value;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    if (!json_object_is_type(value, json_type_string)) {
        return expects(v, name, "a string", value, errp);
    }
    if (strlen(json_object_get_string(value)) !=
        (size_t)json_object_get_string_len(value)) {
        return expects(v, name, "a string without \\u0000", value, errp);
    }
    *obj = g_strdup(json_object_get_string(value));
    return accepted(to_in(v));
}

static bool in_type_null(Visitor *v, const char *name, Error **errp)
{
    struct json_object *value;
    const char *text;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    text = text_form(v, value);
    if (value && !(text && !*text)) {
        return expects(v, name, "null", value, errp);
    }
    return accepted(to_in(v));
}

static bool in_type_any(Visitor *v, const char *name, struct json_object **obj,
                        Error **errp)
{
    struct json_object *value;

    if (!take(v, name, &value, errp)) {
        return false;
    }
    *obj = json_object_get(value);
    return accepted(to_in(v));
}

static void in_free(Visitor *v)
{
    JsonInput *in = to_in(v);

    g_array_unref(in->frames);
    g_free(in);
}

static const VisitorOps json_input_ops = {
    .is_input = true,
    .start_struct = in_start_struct,
    .check_struct = in_check_struct,
    .end_struct = pop,
    .start_list = in_start_list,
    .next_list = in_next_list,
    .check_list = in_check_list,
    .end_list = pop,
    .present = in_present,
    .type_bool = in_type_bool,
    .type_int = in_type_int,
    .type_uint = in_type_uint,
    .type_size = in_type_size,
    .type_number = in_type_number,
    .type_str = in_type_str,
    .type_null = in_type_null,
    .type_any = in_type_any,
    .place = in_place,
    .free = in_free,
};

Visitor *json_input_visitor_new(struct json_object *obj)
{
    JsonInput *in = g_new0(JsonInput, 1);

    in->v.ops = &json_input_ops;
    in->root = obj;
    in->frames = g_array_new(false, false, sizeof(Frame));
    g_array_set_clear_func(in->frames, frame_clear);
    return &in->v;
}

Visitor *json_input_visitor_new_keyval(struct json_object *obj)
{
    Visitor *v = json_input_visitor_new(obj);

    to_in(v)->keyval = true;
    return v;
}

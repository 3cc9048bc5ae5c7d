/*
 * JSON text out, and short forms for members of objects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/json.h"

/* One character that is not printable ASCII, as one or two \u. */
static void append_escaped(GString *out, gunichar c)
{
    if (c > 0xffff) {
        c -= 0x10000;
        g_string_append_printf(out, "\\u%04X\\u%04X",
                               0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
    } else {
        g_string_append_printf(out, "\\u%04X", c);
    }
}

static void append_text(GString *out, const char *text, size_t len)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *end = text + len;

    g_string_append_c(out, '"');
    while (text < end) {
        unsigned char c = *text;
        const char *short_form = c ? strchr(plain, c) : NULL;

        if (short_form) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, letter[short_form - plain]);
            text++;
        } else if (c >= 0x20 && c < 0x7f) {
            g_string_append_c(out, c);
            text++;
        } else if (c < 0x80) {
            append_escaped(out, c);
            text++;
        } else {
            gunichar u = g_utf8_get_char_validated(text, end - text);
            bool bad = u == (gunichar)-1 || u == (gunichar)-2;

            append_escaped(out, bad ? 0xfffd : u);
            text = bad ? text + 1 : g_utf8_next_char(text);
        }
    }
    g_string_append_c(out, '"');
}

void json_append_quoted(GString *out, const char *text)
{
    append_text(out, text, strlen(text));
}

/* Between elements: ", ", or a new line with @indent levels. */
static void append_break(GString *out, bool first, bool pretty, int indent)
{
    if (pretty) {
        g_string_append_printf(out, "%s\n%*s", first ? "" : ",",
                               4 * indent, "");
    } else if (!first) {
        g_string_append(out, ", ");
    }
}

static void append_end(GString *out, bool empty, bool pretty, int indent)
{
    if (pretty && !empty) {
        g_string_append_printf(out, "\n%*s", 4 * indent, "");
    }
}

static void append_value(GString *out, struct json_object *value, bool pretty,
                         int indent)
{
    bool first = true;

    switch (json_object_get_type(value)) {
    case json_type_object:
        g_string_append_c(out, '{');
        json_object_object_foreach(value, key, member) {
            append_break(out, first, pretty, indent + 1);
            first = false;
            json_append_quoted(out, key);
            g_string_append(out, ": ");
            append_value(out, member, pretty, indent + 1);
        }
        append_end(out, first, pretty, indent);
        g_string_append_c(out, '}');
        break;
    case json_type_array:
        g_string_append_c(out, '[');
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            append_break(out, i == 0, pretty, indent + 1);
            append_value(out, json_object_array_get_idx(value, i), pretty,
                         indent + 1);
            first = false;
        }
        append_end(out, first, pretty, indent);
        g_string_append_c(out, ']');
        break;
    case json_type_string:
        append_text(out, json_object_get_string(value),
                    json_object_get_string_len(value));
        break;
    default:
        g_string_append(out, json_object_to_json_string(value));
    }
}

void json_append(GString *out, struct json_object *value)
{
    append_value(out, value, false, 0);
}

GString *json_to_gstring(struct json_object *value, bool pretty)
{
    GString *out = g_string_new(NULL);

    append_value(out, value, pretty, 0);
    return out;
}

char *json_to_text(struct json_object *value, bool pretty)
{
    return g_string_free(json_to_gstring(value, pretty), false);
}

/* --- members --- */

void json_put(struct json_object *obj, const char *key,
              struct json_object *val)
{
    json_object_object_add(obj, key, val);
}

void json_put_str(struct json_object *obj, const char *key, const char *val)
{
    json_put(obj, key, json_object_new_string(val));
}

void json_put_int(struct json_object *obj, const char *key, int64_t val)
{
    json_put(obj, key, json_object_new_int64(val));
}

void json_put_uint(struct json_object *obj, const char *key, uint64_t val)
{
    json_put(obj, key, json_object_new_uint64(val));
}

void json_put_bool(struct json_object *obj, const char *key, bool val)
{
    json_put(obj, key, json_object_new_boolean(val));
}

bool json_haskey(struct json_object *obj, const char *key)
{
    return json_object_object_get_ex(obj, key, NULL);
}

struct json_object *json_get(struct json_object *obj, const char *key)
{
    struct json_object *val = NULL;

    json_object_object_get_ex(obj, key, &val);
    return val;
}

const char *json_get_str(struct json_object *obj, const char *key)
{
    struct json_object *val = json_get(obj, key);

    return json_object_is_type(val, json_type_string)
           ? json_object_get_string(val) : NULL;
}

int64_t json_get_int(struct json_object *obj, const char *key, int64_t def)
{
    struct json_object *val = json_get(obj, key);

    return json_object_is_type(val, json_type_int)
           ? json_object_get_int64(val) : def;
}

bool json_get_bool(struct json_object *obj, const char *key, bool def)
{
    struct json_object *val = json_get(obj, key);

    return json_object_is_type(val, json_type_boolean)
           ? json_object_get_boolean(val) : def;
}

const char *json_type_text(struct json_object *obj)
{
    switch (json_object_get_type(obj)) {
    case json_type_null:
        return "null";
    case json_type_boolean:
        return "boolean";
    case json_type_double:
        return "number";
    case json_type_int:
        return "integer";
    case json_type_object:
        return "object";
    case json_type_array:
        return "array";
    default:
        return "string";
    }
}

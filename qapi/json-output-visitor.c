/*
 * Building JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/json.h"
#include "visitor-impl.h"

typedef struct JsonOutput {
    Visitor v;
    struct json_object *root;
    GPtrArray *open;            /* objects and arrays under way */
    struct json_object **result;
} JsonOutput;

static JsonOutput *to_out(Visitor *v)
{
    return container_of(v, JsonOutput, v);
}

/* Put @value where the visit stands; takes the reference. */
static bool put(Visitor *v, const char *name, struct json_object *value)
{
    JsonOutput *out = to_out(v);
    struct json_object *parent;

    if (!out->open->len) {
        json_object_put(out->root);
        out->root = value;
        return true;
    }
    parent = out->open->pdata[out->open->len - 1];
    if (json_object_is_type(parent, json_type_array)) {
        json_object_array_add(parent, value);
    } else {
        json_put(parent, name, value);
    }
    return true;
}

static bool out_start_struct(Visitor *v, const char *name, Error **errp)
{
    struct json_object *obj = json_object_new_object();

    put(v, name, obj);
    g_ptr_array_add(to_out(v)->open, obj);
    return true;
}

static bool out_start_list(Visitor *v, const char *name, Error **errp)
{
    struct json_object *array = json_object_new_array();

    put(v, name, array);
    g_ptr_array_add(to_out(v)->open, array);
    return true;
}

static void out_end(Visitor *v)
{
    g_ptr_array_set_size(to_out(v)->open, to_out(v)->open->len - 1);
}

static bool out_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return put(v, name, json_object_new_boolean(*obj));
}

static bool out_type_int(Visitor *v, const char *name, int64_t *obj,
                         int64_t min, int64_t max, Error **errp)
{
    return put(v, name, json_object_new_int64(*obj));
}

static bool out_type_uint(Visitor *v, const char *name, uint64_t *obj,
                          uint64_t max, Error **errp)
{
    return put(v, name, json_object_new_uint64(*obj));
}

static bool out_type_number(Visitor *v, const char *name, double *obj,
                            Error **errp)
{
    return put(v, name, json_object_new_double(*obj));
}

static bool out_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    return put(v, name, json_object_new_string(*obj ? *obj : ""));
}

static bool out_type_null(Visitor *v, const char *name, Error **errp)
{
    return put(v, name, NULL);
}

static bool out_type_any(Visitor *v, const char *name,
                         struct json_object **obj, Error **errp)
{
    return put(v, name, json_object_get(*obj));
}

static void out_complete(Visitor *v, void *opaque)
{
    JsonOutput *out = to_out(v);

    g_assert(!out->open->len && opaque == out->result);
    *out->result = g_steal_pointer(&out->root);
}

static void out_free(Visitor *v)
{
    JsonOutput *out = to_out(v);

    json_object_put(out->root);
    g_ptr_array_unref(out->open);
    g_free(out);
}

static const VisitorOps json_output_ops = {
    .start_struct = out_start_struct,
    .end_struct = out_end,
    .start_list = out_start_list,
    .end_list = out_end,
    .type_bool = out_type_bool,
    .type_int = out_type_int,
    .type_uint = out_type_uint,
    .type_number = out_type_number,
    .type_str = out_type_str,
    .type_null = out_type_null,
    .type_any = out_type_any,
    .complete = out_complete,
    .free = out_free,
};

Visitor *json_output_visitor_new(struct json_object **result)
{
    JsonOutput *out = g_new0(JsonOutput, 1);

    out->v.ops = &json_output_ops;
    out->open = g_ptr_array_new();
    out->result = result;
    *result = NULL;
    return &out->v;
}

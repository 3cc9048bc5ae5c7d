/*
 * Single values, and lists of them, from and to a string.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/cutils.h"
#include "visitor-impl.h"

/* --- in --- */

typedef struct StringInput {
    Visitor v;
    char *whole;
    bool in_list;
    char **word;                /* the words of a list, */
    unsigned at;                /* the next one of them, */
    int64_t done;               /* and how many numbers of "a-b" are read */
} StringInput;

static StringInput *to_sin(Visitor *v)
{
    return container_of(v, StringInput, v);
}

static bool no_struct(Visitor *v, const char *name, Error **errp)
{
    error_setg(errp, "Parameter '%s' cannot be given as a string", name);
    return false;
}

static void end_nothing(Visitor *v)
{
}

static bool sin_start_list(Visitor *v, const char *name, Error **errp)
{
    StringInput *in = to_sin(v);

    in->in_list = true;
    in->word = *in->whole ? g_strsplit(in->whole, ",", -1)
                          : g_new0(char *, 1);
    in->at = 0;
    in->done = 0;
    return true;
}

static bool sin_next_list(Visitor *v)
{
    return to_sin(v)->word[to_sin(v)->at] != NULL;
}

static void sin_end_list(Visitor *v)
{
    StringInput *in = to_sin(v);

    in->in_list = false;
    g_clear_pointer(&in->word, g_strfreev);
}

/* The text of the value; the end of a list is an empty one. */
static const char *current(StringInput *in)
{
    if (!in->in_list) {
        return in->whole;
    }
    return in->word[in->at] ? in->word[in->at] : "";
}

static bool next(StringInput *in)
{
    if (in->in_list && in->word[in->at]) {
        in->at++;
        in->done = 0;
    }
    return true;
}

static bool sin_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return qapi_bool_parse(name ?: "", current(to_sin(v)), obj, errp) &&
           next(to_sin(v));
}

/*
 * "a-b" in a list stands for all numbers of that range: gives the one whose
 * turn it is, and stays at the word until the last.
 */
static bool range_number(StringInput *in, int64_t *number)
{
    const char *end;
    int64_t low, high;

    if (!in->in_list ||
        qemu_strtoi64(current(in), &end, 0, &low) || *end != '-' ||
        qemu_strtoi64(end + 1, NULL, 0, &high) || low > high) {
        return false;
    }
    *number = low + in->done;
    if (*number == high) {
        next(in);
    } else {
        in->done++;
    }
    return true;
}

static bool sin_type_int(Visitor *v, const char *name, int64_t *obj,
                         int64_t min, int64_t max, Error **errp)
{
    StringInput *in = to_sin(v);
    int64_t number;

    if (range_number(in, &number)) {
        if (number < min || number > max) {
            return visitor_int_range(name ?: "", current(in), min, max, errp);
        }
        *obj = number;
        return true;
    }
    return visitor_text_to_int(name ?: "", current(in), obj, min, max, errp) &&
           next(in);
}

static bool sin_type_uint(Visitor *v, const char *name, uint64_t *obj,
                          uint64_t max, Error **errp)
{
    StringInput *in = to_sin(v);
    int64_t number;

    if (range_number(in, &number)) {
        if (number < 0 || (uint64_t)number > max) {
            return visitor_uint_range(name ?: "", current(in), max, errp);
        }
        *obj = number;
        return true;
    }
    return visitor_text_to_uint(name ?: "", current(in), obj, max, errp) &&
           next(in);
}

static bool sin_type_size(Visitor *v, const char *name, uint64_t *obj,
                          Error **errp)
{
    const char *text = current(to_sin(v));
    uint64_t size;

    if (qemu_strtosz(text, NULL, &size)) {
        error_setg(errp, "Parameter '%s' expects a size (a number below 2^64,"
                   " with suffix k, M, G, T, P or E), not '%s'",
                   name ?: "", text);
        return false;
    }
    *obj = size;
    return next(to_sin(v));
}

static bool sin_type_number(Visitor *v, const char *name, double *obj,
                            Error **errp)
{
    const char *text = current(to_sin(v));
    double number;

    if (qemu_strtod_finite(text, NULL, &number)) {
        error_setg(errp, "Parameter '%s' expects a number, not '%s'",
                   name ?: "", text);
        return false;
    }
    *obj = number;
    return next(to_sin(v));
}

static bool sin_type_str(Visitor *v, const char *name, char **obj,
                         Error **errp)
{
    *obj = g_strdup(current(to_sin(v)));
    return next(to_sin(v));
}

static bool sin_type_null(Visitor *v, const char *name, Error **errp)
{
    if (*current(to_sin(v))) {
        error_setg(errp, "Parameter '%s' expects an empty value", name ?: "");
        return false;
    }
    return next(to_sin(v));
}

static bool sin_type_any(Visitor *v, const char *name,
                         struct json_object **obj, Error **errp)
{
    *obj = json_object_new_string(current(to_sin(v)));
    return next(to_sin(v));
}

static void sin_free(Visitor *v)
{
    StringInput *in = to_sin(v);

    g_strfreev(in->word);
    g_free(in->whole);
    g_free(in);
}

static const VisitorOps string_input_ops = {
    .is_input = true,
    .start_struct = no_struct,
    .end_struct = end_nothing,
    .start_list = sin_start_list,
    .next_list = sin_next_list,
    .end_list = sin_end_list,
    .type_bool = sin_type_bool,
    .type_int = sin_type_int,
    .type_uint = sin_type_uint,
    .type_size = sin_type_size,
    .type_number = sin_type_number,
    .type_str = sin_type_str,
    .type_null = sin_type_null,
    .type_any = sin_type_any,
    .free = sin_free,
};

Visitor *string_input_visitor_new(const char *str)
{
    StringInput *in = g_new0(StringInput, 1);

    in->v.ops = &string_input_ops;
    in->whole = g_strdup(str);
    return &in->v;
}

/* --- out --- */

typedef struct StringOutput {
    Visitor v;
    bool human;
    GString *text;
    unsigned in_list;           /* how deep */
    char **result;
} StringOutput;

static StringOutput *to_sout(Visitor *v)
{
    return container_of(v, StringOutput, v);
}

/* The text to append to, with a comma where one is due. */
static GString *sout_text(Visitor *v)
{
    StringOutput *out = to_sout(v);

    if (out->in_list && out->text->len) {
        g_string_append(out->text, out->human ? ", " : ",");
    }
    return out->text;
}

static bool sout_start_struct(Visitor *v, const char *name, Error **errp)
{
    error_setg(errp, "Property '%s' has no form as a string", name ?: "");
    return false;
}

static bool sout_start_list(Visitor *v, const char *name, Error **errp)
{
    to_sout(v)->in_list++;
    return true;
}

static void sout_end_list(Visitor *v)
{
    to_sout(v)->in_list--;
}

static bool sout_type_bool(Visitor *v, const char *name, bool *obj,
                           Error **errp)
{
    g_string_append(sout_text(v), *obj ? "true" : "false");
    return true;
}

static bool sout_type_int(Visitor *v, const char *name, int64_t *obj,
                          int64_t min, int64_t max, Error **errp)
{
    GString *text = sout_text(v);

    g_string_append_printf(text, "%" PRId64, *obj);
    if (to_sout(v)->human) {
        g_string_append_printf(text, " (0x%" PRIx64 ")", *obj);
    }
    return true;
}

static bool sout_type_uint(Visitor *v, const char *name, uint64_t *obj,
                           uint64_t max, Error **errp)
{
    GString *text = sout_text(v);

    g_string_append_printf(text, "%" PRIu64, *obj);
    if (to_sout(v)->human) {
        g_string_append_printf(text, " (0x%" PRIx64 ")", *obj);
    }
    return true;
}

static bool sout_type_size(Visitor *v, const char *name, uint64_t *obj,
                           Error **errp)
{
    GString *text = sout_text(v);

    g_string_append_printf(text, "%" PRIu64, *obj);
    if (to_sout(v)->human) {
        g_autofree char *size = size_to_str(*obj);

        g_string_append_printf(text, " (%s)", size);
    }
    return true;
}

static bool sout_type_number(Visitor *v, const char *name, double *obj,
                             Error **errp)
{
    g_string_append_printf(sout_text(v), "%.17g", *obj);
    return true;
}

static bool sout_type_str(Visitor *v, const char *name, char **obj,
                          Error **errp)
{
    const char *str = *obj ? *obj : "";

    if (!to_sout(v)->human) {
        g_string_append(sout_text(v), str);
    } else if (*obj) {
        g_string_append_printf(sout_text(v), "\"%s\"", str);
    } else {
        g_string_append(sout_text(v), "<null>");
    }
    return true;
}

static bool sout_type_null(Visitor *v, const char *name, Error **errp)
{
    g_string_append(sout_text(v), to_sout(v)->human ? "<null>" : "");
    return true;
}

static bool sout_type_any(Visitor *v, const char *name,
                          struct json_object **obj, Error **errp)
{
    json_append(sout_text(v), *obj);
    return true;
}

static void sout_complete(Visitor *v, void *opaque)
{
    StringOutput *out = to_sout(v);

    g_assert(opaque == out->result);
    *out->result = g_string_free(g_steal_pointer(&out->text), false);
}

static void sout_free(Visitor *v)
{
    StringOutput *out = to_sout(v);

    if (out->text) {
        g_string_free(out->text, true);
    }
    g_free(out);
}

static const VisitorOps string_output_ops = {
    .start_struct = sout_start_struct,
    .end_struct = end_nothing,
    .start_list = sout_start_list,
    .end_list = sout_end_list,
    .type_bool = sout_type_bool,
    .type_int = sout_type_int,
    .type_uint = sout_type_uint,
    .type_size = sout_type_size,
    .type_number = sout_type_number,
    .type_str = sout_type_str,
    .type_null = sout_type_null,
    .type_any = sout_type_any,
    .complete = sout_complete,
    .free = sout_free,
};

Visitor *string_output_visitor_new(bool human, char **result)
{
    StringOutput *out = g_new0(StringOutput, 1);

    out->v.ops = &string_output_ops;
    out->human = human;
    out->text = g_string_new(NULL);
    out->result = result;
    *result = NULL;
    return &out->v;
}

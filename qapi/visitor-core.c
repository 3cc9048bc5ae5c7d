/*
 * What all visitors have in common: widths of integers, enumerations, dispatch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "visitor-impl.h"

bool visit_is_input(const Visitor *v)
{
    return v->ops->is_input;
}

bool visit_start_struct(Visitor *v, const char *name, void **obj, size_t size,
                        Error **errp)
{
    if (!v->ops->start_struct(v, name, errp)) {
        if (obj && v->ops->is_input) {
            *obj = NULL;
        }
        return false;
    }
    if (obj && v->ops->is_input) {
        *obj = g_malloc0(size);
    }
    return true;
}

bool visit_check_struct(Visitor *v, Error **errp)
{
    return !v->ops->check_struct || v->ops->check_struct(v, errp);
}

void visit_end_struct(Visitor *v, void **obj)
{
    v->ops->end_struct(v);
}

bool visit_start_list(Visitor *v, const char *name, Error **errp)
{
    return v->ops->start_list(v, name, errp);
}

bool visit_next_list(Visitor *v)
{
    return v->ops->next_list && v->ops->next_list(v);
}

bool visit_check_list(Visitor *v, Error **errp)
{
    return !v->ops->check_list || v->ops->check_list(v, errp);
}

void visit_end_list(Visitor *v)
{
    v->ops->end_list(v);
}

bool visit_optional(Visitor *v, const char *name, bool *present)
{
    if (v->ops->present) {
        *present = v->ops->present(v, name);
    }
    return *present;
}

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    return v->ops->type_bool(v, name, obj, errp);
}

/* Through the widest type, so that a value is stored only if it fits. */
#define VISIT_INTEGER(func, type, wide, op, ...)                            \
bool func(Visitor *v, const char *name, type *obj, Error **errp)            \
{                                                                           \
    wide value = *obj;                                                      \
                                                                            \
    if (!v->ops->op(v, name, &value, __VA_ARGS__, errp)) {                  \
        return false;                                                       \
    }                                                                       \
    *obj = value;                                                           \
    return true;                                                            \
}

VISIT_INTEGER(visit_type_int, int64_t, int64_t, type_int, INT64_MIN, INT64_MAX)
VISIT_INTEGER(visit_type_int64, int64_t, int64_t, type_int,
              INT64_MIN, INT64_MAX)
VISIT_INTEGER(visit_type_int32, int32_t, int64_t, type_int,
              INT32_MIN, INT32_MAX)
VISIT_INTEGER(visit_type_int16, int16_t, int64_t, type_int,
              INT16_MIN, INT16_MAX)
VISIT_INTEGER(visit_type_int8, int8_t, int64_t, type_int, INT8_MIN, INT8_MAX)
VISIT_INTEGER(visit_type_uint64, uint64_t, uint64_t, type_uint, UINT64_MAX)
VISIT_INTEGER(visit_type_uint32, uint32_t, uint64_t, type_uint, UINT32_MAX)
VISIT_INTEGER(visit_type_uint16, uint16_t, uint64_t, type_uint, UINT16_MAX)
VISIT_INTEGER(visit_type_uint8, uint8_t, uint64_t, type_uint, UINT8_MAX)

bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    return v->ops->type_size ? v->ops->type_size(v, name, obj, errp)
                             : visit_type_uint64(v, name, obj, errp);
}

bool visit_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    return v->ops->type_number(v, name, obj, errp);
}

bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    return v->ops->type_str(v, name, obj, errp);
}

static char *place_of(Visitor *v, const char *name)
{
    return v->ops->place ? v->ops->place(v, name) : g_strdup(name ?: "");
}

/* The names that may stand there: "auto, on, off". */
static char *legal_names(const QEnumLookup *lookup)
{
    GString *names = g_string_new(NULL);

    for (int i = 0; i < lookup->size; i++) {
        if (lookup->array[i]) {
            g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                                   lookup->array[i]);
        }
    }
    return g_string_free(names, false);
}

static bool read_enum(Visitor *v, const char *name, int *obj,
                      const QEnumLookup *lookup, Error **errp)
{
    g_autofree char *text = NULL;
    int value;

    if (!visit_type_str(v, name, &text, errp)) {
        return false;
    }
    value = qapi_enum_parse(lookup, text, -1, NULL);
    if (value < 0) {
        g_autofree char *place = place_of(v, name);
        g_autofree char *legal = legal_names(lookup);

        error_setg(errp, "Parameter '%s' does not accept value '%s'"
                   " (legal: %s)", place, text, legal);
        return false;
    }
    *obj = value;
    return true;
}

bool visit_type_enum(Visitor *v, const char *name, int *obj,
                     const QEnumLookup *lookup, Error **errp)
{
    char *text;

    if (v->ops->is_input) {
        return read_enum(v, name, obj, lookup, errp);
    }
    text = (char *)qapi_enum_lookup(lookup, *obj);
    return visit_type_str(v, name, &text, errp);
}

bool visit_type_null(Visitor *v, const char *name, Error **errp)
{
    return v->ops->type_null(v, name, errp);
}

bool visit_type_any(Visitor *v, const char *name, struct json_object **obj,
                    Error **errp)
{
    return v->ops->type_any(v, name, obj, errp);
}

void visit_complete(Visitor *v, void *opaque)
{
    if (v->ops->complete) {
        v->ops->complete(v, opaque);
    }
}

void visit_free(Visitor *v)
{
    if (v) {
        v->ops->free(v);
    }
}

/* --- for the kinds --- */

bool visitor_int_range(const char *place, const char *value, int64_t min,
                       int64_t max, Error **errp)
{
    error_setg(errp, "Parameter '%s' expects an integer from %" PRId64
               " to %" PRId64 ", not %s", place, min, max, value);
    return false;
}

bool visitor_uint_range(const char *place, const char *value, uint64_t max,
                        Error **errp)
{
    error_setg(errp, "Parameter '%s' expects an integer from 0 to %" PRIu64
               ", not %s", place, max, value);
    return false;
}

static bool not_integer(const char *place, const char *text, Error **errp)
{
    error_setg(errp, "Parameter '%s' expects an integer, not '%s'",
               place, text);
    return false;
}

bool visitor_text_to_int(const char *place, const char *text, int64_t *obj,
                         int64_t min, int64_t max, Error **errp)
{
    int64_t value;
    int ret = qemu_strtoi64(text, NULL, 0, &value);

    if (ret == -EINVAL) {
        return not_integer(place, text, errp);
    }
    if (ret || value < min || value > max) {
        return visitor_int_range(place, text, min, max, errp);
    }
    *obj = value;
    return true;
}

bool visitor_text_to_uint(const char *place, const char *text, uint64_t *obj,
                          uint64_t max, Error **errp)
{
    uint64_t value;
    int ret = qemu_strtou64(text, NULL, 0, &value);

    if (ret == -EINVAL) {
        return not_integer(place, text, errp);
    }
    if (ret || value > max || strchr(text, '-')) {
        return visitor_uint_range(place, text, max, errp);
    }
    *obj = value;
    return true;
}

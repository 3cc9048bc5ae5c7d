/*
 * Visitors: one piece of code that reads or writes a value, whatever the form.
 * An input visitor takes values out of JSON, out of strings in JSON (keyval) or
 * out of one string; an output visitor builds JSON or text.
 *
 *     if (!visit_start_struct(v, name, NULL, 0, errp)) {
 *         return;
 *     }
 *     ok = visit_type_uint32(v, "size", &s->size, errp) &&
 *          visit_check_struct(v, errp);
 *     visit_end_struct(v, NULL);
 *
 * All functions give false, with an error, where the input does not fit. Inside
 * a struct @name is the member's name, inside a list it is NULL, at the top it
 * only serves messages. Input functions leave *obj alone when they fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QAPI_VISITOR_H
#define QAPI_VISITOR_H

#include <json-c/json.h>
#include "qapi/util.h"

bool visit_is_input(const Visitor *v);

/*
 * Structs. @obj (may be NULL) gets @size zeroed bytes to be g_free()d when a
 * tree is read; pass NULL, 0 for fields that exist. visit_end_struct() belongs
 * to each start that gave true. visit_check_struct() refuses members of the
 * input that nobody asked for.
 */
bool visit_start_struct(Visitor *v, const char *name, void **obj, size_t size,
                        Error **errp);
bool visit_check_struct(Visitor *v, Error **errp);
void visit_end_struct(Visitor *v, void **obj);

/*
 * Lists. Reading: while (visit_next_list(v)) { visit_type_…(v, NULL, …); }.
 * Writing: visit the elements one by one; visit_next_list() is not called.
 * (Upstream's GenericList is not used here.)
 */
bool visit_start_list(Visitor *v, const char *name, Error **errp);
bool visit_next_list(Visitor *v);
/* Refuse elements that were not read. */
bool visit_check_list(Visitor *v, Error **errp);
void visit_end_list(Visitor *v);

/*
 * Is the optional member there? Reading: *@present says so. Writing: *@present
 * is the caller's. Gives *@present.
 */
bool visit_optional(Visitor *v, const char *name, bool *present);

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp);
bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_uint8(Visitor *v, const char *name, uint8_t *obj,
                      Error **errp);
bool visit_type_uint16(Visitor *v, const char *name, uint16_t *obj,
                       Error **errp);
bool visit_type_uint32(Visitor *v, const char *name, uint32_t *obj,
                       Error **errp);
bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj,
                       Error **errp);
bool visit_type_int8(Visitor *v, const char *name, int8_t *obj, Error **errp);
bool visit_type_int16(Visitor *v, const char *name, int16_t *obj,
                      Error **errp);
bool visit_type_int32(Visitor *v, const char *name, int32_t *obj,
                      Error **errp);
bool visit_type_int64(Visitor *v, const char *name, int64_t *obj,
                      Error **errp);
/* Bytes; strings may have a suffix ("16M"). */
bool visit_type_size(Visitor *v, const char *name, uint64_t *obj,
                     Error **errp);
bool visit_type_number(Visitor *v, const char *name, double *obj,
                       Error **errp);
/* Reading gives a new string to be freed; NULL writes as "". */
bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp);
bool visit_type_enum(Visitor *v, const char *name, int *obj,
                     const QEnumLookup *lookup, Error **errp);
bool visit_type_null(Visitor *v, const char *name, Error **errp);
/* Any value; reading gives a new reference. JSON null is *obj NULL. */
bool visit_type_any(Visitor *v, const char *name, struct json_object **obj,
                    Error **errp);

static inline bool visit_type_OnOffAuto(Visitor *v, const char *name,
                                        OnOffAuto *obj, Error **errp)
{
    int val = *obj;
    bool ok = visit_type_enum(v, name, &val, &OnOffAuto_lookup, errp);

    *obj = val;
    return ok;
}

/* --- making them; each is freed with visit_free() --- */

/* Read @obj, which must outlive the visitor; types must fit exactly. */
Visitor *json_input_visitor_new(struct json_object *obj);
/* The same where scalars are strings, as keyval_parse() makes them. */
Visitor *json_input_visitor_new_keyval(struct json_object *obj);
/* Read one scalar, or a list of integers "1,3-5", from @str (kept until free). */
Visitor *string_input_visitor_new(const char *str);
/* Build JSON; *@result is set by visit_complete() and is the caller's. */
Visitor *json_output_visitor_new(struct json_object **result);
/* Build text; @human: strings quoted, sizes and enums explained. */
Visitor *string_output_visitor_new(bool human, char **result);

/* Writing is over: hand out the result. @opaque is what was given to _new. */
void visit_complete(Visitor *v, void *opaque);
/* NULL allowed. Without visit_complete() the result is thrown away. */
void visit_free(Visitor *v);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Visitor, visit_free)

#endif

/*
 * What a kind of visitor has to do. Members are as the functions of
 * "qapi/visitor.h"; those that are NULL are not supported by the kind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QAPI_VISITOR_IMPL_H
#define QAPI_VISITOR_IMPL_H

#include "qapi/visitor.h"

typedef struct VisitorOps {
    bool is_input;
    bool (*start_struct)(Visitor *v, const char *name, Error **errp);
    bool (*check_struct)(Visitor *v, Error **errp);
    void (*end_struct)(Visitor *v);
    bool (*start_list)(Visitor *v, const char *name, Error **errp);
    bool (*next_list)(Visitor *v);
    bool (*check_list)(Visitor *v, Error **errp);
    void (*end_list)(Visitor *v);
    bool (*present)(Visitor *v, const char *name);
    bool (*type_bool)(Visitor *v, const char *name, bool *obj, Error **errp);
    /* These two get the legal range, for messages and checks. */
    bool (*type_int)(Visitor *v, const char *name, int64_t *obj,
                     int64_t min, int64_t max, Error **errp);
    bool (*type_uint)(Visitor *v, const char *name, uint64_t *obj,
                      uint64_t max, Error **errp);
    bool (*type_size)(Visitor *v, const char *name, uint64_t *obj,
                      Error **errp);
    bool (*type_number)(Visitor *v, const char *name, double *obj,
                        Error **errp);
    bool (*type_str)(Visitor *v, const char *name, char **obj, Error **errp);
    bool (*type_null)(Visitor *v, const char *name, Error **errp);
    bool (*type_any)(Visitor *v, const char *name, struct json_object **obj,
                     Error **errp);
    /* The name of a place for messages; NULL: the name alone. To be freed. */
    char *(*place)(Visitor *v, const char *name);
    void (*complete)(Visitor *v, void *opaque);
    void (*free)(Visitor *v);
} VisitorOps;

/* First member of each kind. */
struct Visitor {
    const VisitorOps *ops;
};

/* Checks of numbers that came as text; "Parameter 'x' expects …". */
bool visitor_text_to_int(const char *place, const char *text, int64_t *obj,
                         int64_t min, int64_t max, Error **errp);
bool visitor_text_to_uint(const char *place, const char *text, uint64_t *obj,
                          uint64_t max, Error **errp);
/* An integer of another range than is legal; gives false. */
bool visitor_int_range(const char *place, const char *value, int64_t min,
                       int64_t max, Error **errp);
bool visitor_uint_range(const char *place, const char *value, uint64_t max,
                        Error **errp);

#endif

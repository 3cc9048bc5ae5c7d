/*
 * Objects that users make: `-object`, object-add, object-del.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OBJECT_INTERFACES_H
#define OBJECT_INTERFACES_H

#include "qom/object.h"

#define TYPE_USER_CREATABLE "user-creatable"

typedef struct UserCreatableClass UserCreatableClass;
DECLARE_CLASS_CHECKERS(UserCreatableClass, USER_CREATABLE, TYPE_USER_CREATABLE)
#define USER_CREATABLE(obj) \
    INTERFACE_CHECK(UserCreatable, (obj), TYPE_USER_CREATABLE)

typedef struct UserCreatable UserCreatable;

struct UserCreatableClass {
    InterfaceClass parent_class;

    /* Called once when all properties are set; an error undoes the object. */
    void (*complete)(UserCreatable *uc, Error **errp);
    /* May object-del take it away now? NULL: yes. */
    bool (*can_be_deleted)(UserCreatable *uc);
};

bool user_creatable_complete(UserCreatable *uc, Error **errp);
bool user_creatable_can_be_deleted(UserCreatable *uc);

/*
 * Makes an object of `type` with the members of `props` (a JSON object without
 * qom-type and id) as properties, puts it at /objects/<id> and completes it.
 * `keyval`: scalars in props are strings as on a command line. Answers the
 * object (referenced by the tree only) or NULL and an error; nothing is left
 * behind then.
 */
Object *user_creatable_add_type(const char *type, const char *id,
                                struct json_object *props, bool keyval,
                                Error **errp);

/* The same from {"qom-type": T, "id": I, …}, which is not changed. */
bool user_creatable_add_qapi(struct json_object *options, bool keyval,
                             Error **errp);

/*
 * One `-object` argument: `T,id=I,k=v,…`, a JSON text, `help` or `T,help`.
 * user_creatable_parse_str answers a new JSON object (caller puts it) with
 * *keyval set, or NULL: with an error, or without one when help was printed.
 */
struct json_object *user_creatable_parse_str(const char *str, bool *keyval,
                                             Error **errp);
bool user_creatable_add_from_str(const char *str, Error **errp);

/* Prints help to standard output: all types, or one type's properties. */
bool user_creatable_print_types(void);
bool user_creatable_print_help(const char *type);

/* object-del: refused when unknown or in use. */
bool user_creatable_del(const char *id, Error **errp);
/* Takes all of /objects away, at the end of the program. */
void user_creatable_cleanup(void);

#endif

/*
 * "a.b=1,a.c=2,list.0=x" to a JSON object of strings: dots make objects, runs
 * of numbers from 0 make arrays. For json_input_visitor_new_keyval().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_KEYVAL_H
#define QEMU_KEYVAL_H

#include <json-c/json.h>

/*
 * Parse @params; a first word without '=' is the value of @implied_key (may be
 * NULL). *@help (may be NULL: then it is an error) is set if "help" or "?"
 * stands among them. NULL with an error; else to be put. A key given twice:
 * the last one counts.
 */
struct json_object *keyval_parse(const char *params, const char *implied_key,
                                 bool *help, Error **errp);

/* Add to what is there. False with an error; @obj then has a part of it. */
bool keyval_parse_into(struct json_object *obj, const char *params,
                       const char *implied_key, bool *help, Error **errp);

/* Copy @new over @old, deeply; false if an object meets a scalar. */
bool keyval_merge(struct json_object *old, struct json_object *newer,
                  Error **errp);

/*
 * An option argument that is JSON if it begins with '{', else keyval: NULL with
 * an error. *@is_json says which visitor fits.
 */
struct json_object *opt_json_or_keyval(const char *arg,
                                       const char *implied_key, bool *is_json,
                                       bool *help, Error **errp);

#endif

/*
 * The check of what an emulator says over QMP against its own
 * query-qmp-schema. Knows JSON and the form of the schema, and no sockets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_QMP_SCHEMA_CHECK_H
#define TESTS_QMP_SCHEMA_CHECK_H

#include <json-c/json.h>

typedef struct QmpSchema QmpSchema;

/* From the answer to query-qmp-schema, whose reference it takes. */
QmpSchema *qmp_schema_new(struct json_object *entries);
void qmp_schema_free(QmpSchema *schema);

/*
 * Is @message, an event or the answer to @command (NULL: not known which, only
 * its envelope is looked at), what the schema says? NULL if so, else what is
 * wrong with it, to be freed: members that are unknown or missing, values of
 * other types, enumeration values, events and commands that are not there.
 */
char *qmp_schema_check(const QmpSchema *schema, const char *command,
                       struct json_object *message);

#endif

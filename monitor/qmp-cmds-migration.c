/*
 * Commands of both kinds of monitors about saving and loading the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hmp-internal.h"
#include "migration/migration.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"

/* ---- QMP ---------------------------------------------------------------- */

/* "uri" or "channels", one of them. */
static MigrationAddress *address_of(json_object *args, Error **errp)
{
    const char *uri = json_get_str(args, "uri");
    json_object *channels = json_get(args, "channels");

    if (!uri == !channels) {
        error_setg(errp, "one of the arguments 'uri' and 'channels' must be "
                   "given");
        return NULL;
    }
    return uri ? migration_address_parse(uri, errp)
               : migration_address_from_channels(channels, errp);
}

json_object *qmp_migrate(json_object *args, Error **errp)
{
    MigrationAddress *addr;

    if (json_get_bool(args, "resume", false)) {
        error_setg(errp, "'resume' is not possible: memory goes before the "
                   "machine runs elsewhere");
        return NULL;
    }
    addr = address_of(args, errp);
    if (addr) {
        migration_start(addr, errp);
    }
    return NULL;
}

json_object *qmp_migrate_cancel(json_object *args, Error **errp)
{
    migration_cancel();
    return NULL;
}

json_object *qmp_migrate_incoming(json_object *args, Error **errp)
{
    MigrationAddress *addr = address_of(args, errp);

    if (addr) {
        migration_incoming_start(addr,
                                 json_get_bool(args, "exit-on-error", true),
                                 errp);
    }
    return NULL;
}

json_object *qmp_query_migrate(json_object *args, Error **errp)
{
    return migration_query();
}

json_object *qmp_query_migrate_capabilities(json_object *args, Error **errp)
{
    return migration_query_capabilities();
}

json_object *qmp_migrate_set_capabilities(json_object *args, Error **errp)
{
    migration_set_capabilities(json_get(args, "capabilities"), errp);
    return NULL;
}

json_object *qmp_query_migrate_parameters(json_object *args, Error **errp)
{
    return migration_query_parameters();
}

json_object *qmp_migrate_set_parameters(json_object *args, Error **errp)
{
    migration_set_parameters(args, errp);
    return NULL;
}

/* ---- HMP ---------------------------------------------------------------- */

void hmp_migrate(Monitor *mon, json_object *args)
{
    Error *err = NULL;

    json_object_put(qmp_migrate(args, &err));
    hmp_handle_error(mon, err);
}

void hmp_migrate_cancel(Monitor *mon, json_object *args)
{
    migration_cancel();
}

void hmp_migrate_incoming(Monitor *mon, json_object *args)
{
    Error *err = NULL;

    json_object_put(qmp_migrate_incoming(args, &err));
    hmp_handle_error(mon, err);
}

void hmp_migrate_set_capability(Monitor *mon, json_object *args)
{
    g_json_auto json_object *list = json_object_new_array();
    Error *err = NULL;

    json_object_array_add(list, json_object_get(args));
    if (qapi_enum_index(&qapi_type_MigrationCapability,
                        json_get_str(args, "capability")) < 0) {
        error_setg(&err, "Invalid parameter '%s'",
                   json_get_str(args, "capability"));
    } else {
        migration_set_capabilities(list, &err);
    }
    hmp_handle_error(mon, err);
}

void hmp_migrate_set_parameter(Monitor *mon, json_object *args)
{
    g_json_auto json_object *words = json_object_new_object();
    g_json_auto json_object *typed = NULL;
    Error *err = NULL;

    json_put_str(words, json_get_str(args, "parameter"),
                 json_get_str(args, "value"));
    typed = qapi_from_keyval(&qapi_type_MigrationParameters, words, NULL,
                             &err);
    if (typed && qapi_check(&qapi_type_MigrationParameters, typed, NULL,
                            &err)) {
        migration_set_parameters(typed, &err);
    }
    hmp_handle_error(mon, err);
}

/* Numbers and words of @obj, one a line; those of objects in it, too. */
static void print_members(Monitor *mon, json_object *obj)
{
    json_object_object_foreach(obj, key, value) {
        if (json_object_is_type(value, json_type_object)) {
            print_members(mon, value);
        } else {
            monitor_printf(mon, "%s: %s\n", key,
                           json_object_get_string(value));
        }
    }
}

void hmp_info_migrate(Monitor *mon, json_object *args)
{
    g_json_auto json_object *info = migration_query();

    print_members(mon, info);
}

void hmp_info_migrate_capabilities(Monitor *mon, json_object *args)
{
    g_json_auto json_object *list = migration_query_capabilities();

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        monitor_printf(mon, "%s: %s\n", json_get_str(one, "capability"),
                       json_get_bool(one, "state", false) ? "on" : "off");
    }
}

void hmp_info_migrate_parameters(Monitor *mon, json_object *args)
{
    g_json_auto json_object *all = migration_query_parameters();

    print_members(mon, all);
}

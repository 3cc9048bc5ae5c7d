/*
 * From a request to its answer: the envelope is checked, the command found,
 * its arguments checked against the schema, and the handler run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"

json_object *qmp_error_response(json_object *id, Error *err)
{
    json_object *answer = json_object_new_object();
    json_object *error = json_object_new_object();

    json_put_str(error, "class", QapiErrorClass_str(error_get_class(err)));
    json_put_str(error, "desc", error_get_pretty(err));
    json_put(answer, "error", error);
    if (id) {
        json_put(answer, "id", json_object_get(id));
    }
    error_free(err);
    return answer;
}

bool qmp_is_oob(json_object *request)
{
    return json_object_is_type(request, json_type_object) &&
           json_haskey(request, "exec-oob") && !json_haskey(request, "execute");
}

/* What the envelope holds. */
typedef struct Envelope {
    const char *command;
    json_object *args;      /* NULL: none */
    bool oob;
} Envelope;

static bool envelope_member(Envelope *env, const char *key, json_object *value,
                            Error **errp)
{
    bool oob = strcmp(key, "exec-oob") == 0;

    if (oob || strcmp(key, "execute") == 0) {
        if (!json_object_is_type(value, json_type_string)) {
            error_setg(errp, "QMP input member '%s' must be a string", key);
            return false;
        }
        if (env->command) {
            error_setg(errp, "QMP input member 'execute' clashes with "
                       "'exec-oob'");
            return false;
        }
        env->command = json_object_get_string(value);
        env->oob = oob;
    } else if (strcmp(key, "arguments") == 0) {
        if (!json_object_is_type(value, json_type_object)) {
            error_setg(errp, "QMP input member 'arguments' must be an object");
            return false;
        }
        env->args = value;
    } else if (strcmp(key, "id") != 0) {
        error_setg(errp, "QMP input member '%s' is unexpected", key);
        return false;
    }
    return true;
}

static bool open_envelope(Envelope *env, json_object *request, Error **errp)
{
    if (!json_object_is_type(request, json_type_object)) {
        error_setg(errp, "QMP input must be a JSON object");
        return false;
    }
    json_object_object_foreach(request, key, value) {
        if (!envelope_member(env, key, value, errp)) {
            return false;
        }
    }
    if (!env->command) {
        error_setg(errp, "QMP input lacks member 'execute'");
        return false;
    }
    return true;
}

static const QapiCommand *find_allowed(const QapiCommand *commands,
                                       unsigned count, const Envelope *env,
                                       bool ready, bool oob_ok, Error **errp)
{
    const QapiCommand *cmd = qapi_find_command(commands, count, env->command);
    bool negotiates = strcmp(env->command, "qmp_capabilities") == 0;

    if (env->oob && !oob_ok) {
        error_setg(errp, "QMP input member 'exec-oob' is unexpected");
        return NULL;
    }
    if (!ready && !negotiates) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "Expecting capabilities negotiation with "
                  "'qmp_capabilities'");
        return NULL;
    }
    if (!cmd) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "The command %s has not been found", env->command);
        return NULL;
    }
    if (ready && negotiates) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "Capabilities negotiation is already complete, command "
                  "ignored");
        return NULL;
    }
    if (env->oob && !cmd->allow_oob) {
        error_setg(errp, "The command %s does not support OOB", cmd->name);
        return NULL;
    }
    return cmd;
}

static json_object *run_command(const QapiCommand *cmd, json_object *args,
                                Error **errp)
{
    g_json_auto json_object *empty = json_object_new_object();
    Error *err = NULL;
    json_object *ret;

    if (!args) {
        args = empty;
    }
    if (!qapi_check(cmd->args, args, NULL, errp)) {
        return NULL;
    }
    ret = cmd->handler(args, &err);
    if (err) {
        json_object_put(ret);
        error_propagate(errp, err);
        return NULL;
    }
    return ret ? ret : json_object_new_object();
}

json_object *qmp_dispatch(const QapiCommand *commands, unsigned count,
                          json_object *request, bool ready, bool oob_ok)
{
    json_object *id = json_object_is_type(request, json_type_object)
                      ? json_get(request, "id") : NULL;
    Envelope env = { 0 };
    const QapiCommand *cmd;
    json_object *ret = NULL, *answer;
    Error *err = NULL;

    if (open_envelope(&env, request, &err)) {
        cmd = find_allowed(commands, count, &env, ready, oob_ok, &err);
        if (cmd) {
            ret = run_command(cmd, env.args, &err);
        }
    }
    if (err) {
        return qmp_error_response(id, err);
    }
    answer = json_object_new_object();
    json_put(answer, "return", ret);
    if (json_object_is_type(request, json_type_object) &&
        json_haskey(request, "id")) {
        json_put(answer, "id", json_object_get(id));
    }
    return answer;
}

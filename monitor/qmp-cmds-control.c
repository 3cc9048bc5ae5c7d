/*
 * QMP commands about the monitor and the process: introspection, descriptors,
 * running, stopping and ending.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "chardev/fdset.h"
#include "hw/core/cpu.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/config-file.h"
#include "qemu/trace.h"
#include "qom/object.h"
#include "system/runstate.h"

/* --- introspection --- */

json_object *qmp_query_commands(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < qapi_commands_count; i++) {
        json_object *one = json_object_new_object();

        json_put_str(one, "name", qapi_commands[i].name);
        json_object_array_add(list, one);
    }
    return list;
}

json_object *qmp_query_qmp_schema(json_object *args, Error **errp)
{
    GString *text = g_string_new(NULL);
    json_object *schema = NULL;

    for (unsigned i = 0; qapi_introspection[i]; i++) {
        g_string_append(text, qapi_introspection[i]);
    }
    json_parse(text->str, &schema, errp);
    g_string_free(text, true);
    return schema;
}

typedef struct OptionQuery {
    const char *only;       /* NULL: all */
    json_object *list;
} OptionQuery;

static json_object *describe_group(QemuOptsList *group)
{
    static const char *const types[] = {
        [QEMU_OPT_STRING] = "string", [QEMU_OPT_BOOL] = "boolean",
        [QEMU_OPT_NUMBER] = "number", [QEMU_OPT_SIZE] = "size",
    };
    json_object *one = json_object_new_object();
    json_object *params = json_object_new_array();

    for (const QemuOptDesc *d = group->desc; d->name; d++) {
        json_object *p = json_object_new_object();

        json_put_str(p, "name", d->name);
        if (d->help) {
            json_put_str(p, "help", d->help);
        }
        json_put_str(p, "type", types[d->type]);
        if (d->def_value_str) {
            json_put_str(p, "default", d->def_value_str);
        }
        json_object_array_add(params, p);
    }
    json_put_str(one, "option", group->name);
    json_put(one, "parameters", params);
    return one;
}

static void add_group(QemuOptsList *group, void *opaque)
{
    OptionQuery *q = opaque;

    if (!q->only || strcmp(q->only, group->name) == 0) {
        json_object_array_add(q->list, describe_group(group));
    }
}

/* -machine has no table: its parameters are the properties of machines. */
static void add_machine_option(OptionQuery *q)
{
    json_object *one = json_object_new_object();
    json_object *params = json_object_new_array();
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_class_property_iter_init(&iter, object_class_by_name("machine"));
    while ((prop = object_property_iter_next(&iter))) {
        json_object *p = json_object_new_object();

        json_put_str(p, "name", prop->name);
        if (prop->description) {
            json_put_str(p, "help", prop->description);
        }
        json_put_str(p, "type", strcmp(prop->type, "bool") == 0 ? "boolean"
                                                                : "string");
        json_object_array_add(params, p);
    }
    json_put_str(one, "option", "machine");
    json_put(one, "parameters", params);
    json_object_array_add(q->list, one);
}

json_object *qmp_query_command_line_options(json_object *args, Error **errp)
{
    OptionQuery q = { json_get_str(args, "option"), json_object_new_array() };

    qemu_opts_groups_foreach(add_group, &q);
    if (!q.only || strcmp(q.only, "machine") == 0) {
        add_machine_option(&q);
    }
    if (q.only && json_object_array_length(q.list) == 0) {
        error_setg(errp, "invalid option name: %s", q.only);
        json_object_put(q.list);
        return NULL;
    }
    return q.list;
}

json_object *qmp_human_monitor_command(json_object *args, Error **errp)
{
    int64_t cpu = json_get_int(args, "cpu-index", 0);
    g_autofree char *text = NULL;

    if (json_haskey(args, "cpu-index") && !qemu_get_cpu(cpu)) {
        error_setg(errp, "Parameter 'cpu-index' expects a CPU number");
        return NULL;
    }
    text = hmp_run_to_string(json_get_str(args, "command-line"), cpu);
    return json_object_new_string(text);
}

/* --- descriptors --- */

static int take_fd(Error **errp)
{
    Monitor *mon = monitor_cur();
    int fd = mon && mon->is_qmp ? monitor_qmp_take_fd(mon) : -1;

    if (fd < 0) {
        error_setg(errp, "No file descriptor supplied via SCM_RIGHTS");
    }
    return fd;
}

json_object *qmp_getfd(json_object *args, Error **errp)
{
    const char *name = json_get_str(args, "fdname");
    int fd = take_fd(errp);

    if (fd < 0) {
        return NULL;
    }
    if (g_ascii_isdigit(name[0])) {
        close(fd);
        error_setg(errp, "Parameter 'fdname' expects a name not starting "
                   "with a digit");
        return NULL;
    }
    named_fd_store(name, fd);
    return NULL;
}

json_object *qmp_closefd(json_object *args, Error **errp)
{
    const char *name = json_get_str(args, "fdname");
    int fd = named_fd_take(name);

    if (fd < 0) {
        error_setg(errp, "File descriptor named '%s' not found", name);
    } else {
        close(fd);
    }
    return NULL;
}

json_object *qmp_add_fd(json_object *args, Error **errp)
{
    int64_t id = json_get_int(args, "fdset-id", -1);
    json_object *info;
    int fd = take_fd(errp);

    if (fd < 0) {
        return NULL;
    }
    if (json_haskey(args, "fdset-id") && id < 0) {
        close(fd);
        error_setg(errp, "Parameter 'fdset-id' expects a non-negative value");
        return NULL;
    }
    id = fdset_add(id, fd, json_get_str(args, "opaque"), errp);
    if (id < 0) {
        close(fd);
        return NULL;
    }
    info = json_object_new_object();
    json_put_int(info, "fdset-id", id);
    json_put_int(info, "fd", fd);
    return info;
}

json_object *qmp_remove_fd(json_object *args, Error **errp)
{
    fdset_remove(json_get_int(args, "fdset-id", -1),
                 json_get_int(args, "fd", -1), errp);
    return NULL;
}

json_object *qmp_query_fdsets(json_object *args, Error **errp)
{
    return fdset_query();
}

/* --- run state --- */

json_object *qmp_query_status(json_object *args, Error **errp)
{
    json_object *info = json_object_new_object();

    json_put_str(info, "status", RunState_str(runstate_get()));
    json_put_bool(info, "singlestep", false);
    json_put_bool(info, "running", runstate_is_running());
    return info;
}

json_object *qmp_quit(json_object *args, Error **errp)
{
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
    return NULL;
}

json_object *qmp_stop(json_object *args, Error **errp)
{
    if (runstate_check(RUN_STATE_INMIGRATE)) {
        autostart = 0;
    } else {
        vm_stop(RUN_STATE_PAUSED);
    }
    return NULL;
}

json_object *qmp_cont(json_object *args, Error **errp)
{
    if (runstate_needs_reset()) {
        error_setg(errp, "Resetting the Virtual Machine is required");
    } else if (runstate_check(RUN_STATE_INMIGRATE)) {
        autostart = 1;
    } else if (runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        error_setg(errp, "Migration is not finalized yet");
    } else if (!runstate_check(RUN_STATE_SUSPENDED)) {
        vm_start();
    }
    return NULL;
}

json_object *qmp_system_reset(json_object *args, Error **errp)
{
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    return NULL;
}

json_object *qmp_system_powerdown(json_object *args, Error **errp)
{
    qemu_system_powerdown_request();
    return NULL;
}

json_object *qmp_inject_nmi(json_object *args, Error **errp)
{
    CPUState *cpu;
    bool done = false;

    CPU_FOREACH(cpu) {
        CPUClass *cc = CPU_GET_CLASS(cpu);

        if (cc->deliver_nmi) {
            cc->deliver_nmi(cpu);
            done = true;
        }
    }
    if (!done) {
        error_setg(errp, "machine does not provide NMIs");
    }
    return NULL;
}

json_object *qmp_set_action(json_object *args, Error **errp)
{
    static const char *const panic_names[] = {
        [PANIC_ACTION_PAUSE] = "pause",
        [PANIC_ACTION_SHUTDOWN] = "shutdown",
        [PANIC_ACTION_EXIT_FAILURE] = "exit-failure",
        [PANIC_ACTION_NONE] = "none",
    };
    const char *reboot = json_get_str(args, "reboot");
    const char *shutdown = json_get_str(args, "shutdown");
    const char *panic = json_get_str(args, "panic");

    if (reboot) {
        reboot_action = strcmp(reboot, "reset") == 0 ? REBOOT_ACTION_RESET
                                                     : REBOOT_ACTION_SHUTDOWN;
    }
    if (shutdown) {
        shutdown_action = strcmp(shutdown, "pause") == 0
                          ? SHUTDOWN_ACTION_PAUSE : SHUTDOWN_ACTION_POWEROFF;
    }
    for (unsigned i = 0; panic && i < ARRAY_SIZE(panic_names); i++) {
        if (strcmp(panic, panic_names[i]) == 0) {
            panic_action = i;
        }
    }
    return NULL;
}

/* --- trace events --- */

static void add_trace_state(TraceEvent *ev, void *opaque)
{
    json_object *one = json_object_new_object();

    json_put_str(one, "name", ev->name);
    json_put_str(one, "state", ev->enabled ? "enabled" : "disabled");
    json_put_bool(one, "vcpu", false);
    json_object_array_add(opaque, one);
}

json_object *qmp_trace_event_get_state(json_object *args, Error **errp)
{
    const char *name = json_get_str(args, "name");
    json_object *list;

    if (!trace_event_known(name, errp)) {
        return NULL;
    }
    list = json_object_new_array();
    trace_foreach_event(name, add_trace_state, list);
    return list;
}

static void switch_event(TraceEvent *ev, void *enable)
{
    qatomic_set(&ev->enabled, *(bool *)enable);
}

json_object *qmp_trace_event_set_state(json_object *args, Error **errp)
{
    const char *name = json_get_str(args, "name");
    bool enable = json_get_bool(args, "enable", false);

    if (trace_event_known(name, errp)) {
        trace_foreach_event(name, switch_event, &enable);
    }
    return NULL;
}

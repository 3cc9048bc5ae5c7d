/*
 * The human monitor's commands, except "info" and those that look at memory.
 * Most turn their words into the arguments of a QMP command.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hmp-internal.h"
#include "net/announce.h"
#include "net/net.h"
#include "monitor/qdev.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/cutils.h"
#include "qemu/keyval.h"
#include "qemu/log.h"
#include "qemu/option.h"
#include "qemu/trace.h"
#include "qom/object_interfaces.h"

/* --- running QMP commands --- */

/* Run @handler; print an error; NULL after one, else the answer. */
static json_object *run_qmp(Monitor *mon, QapiHandler *handler,
                            json_object *args)
{
    Error *err = NULL;
    json_object *answer = handler(args, &err);

    if (hmp_handle_error(mon, err)) {
        json_object_put(answer);
        return NULL;
    }
    return answer ? answer : json_object_new_object();
}

#define FORWARD(hmp_name, qmp_name)                         \
    static void hmp_name(Monitor *mon, json_object *args)   \
    {                                                       \
        json_object_put(run_qmp(mon, qmp_name, args));      \
    }

FORWARD(hmp_quit, qmp_quit)
FORWARD(hmp_stop, qmp_stop)
FORWARD(hmp_cont, qmp_cont)
FORWARD(hmp_system_reset, qmp_system_reset)
FORWARD(hmp_system_powerdown, qmp_system_powerdown)
FORWARD(hmp_nmi, qmp_inject_nmi)
FORWARD(hmp_device_del, qmp_device_del)
FORWARD(hmp_object_del, qmp_object_del)
FORWARD(hmp_netdev_del, qmp_netdev_del)
FORWARD(hmp_set_link, qmp_set_link)
FORWARD(hmp_chardev_remove, qmp_chardev_remove)
FORWARD(hmp_chardev_send_break, qmp_chardev_send_break)
FORWARD(hmp_ringbuf_write, qmp_ringbuf_write)
FORWARD(hmp_trace_event, qmp_trace_event_set_state)
FORWARD(hmp_closefd, qmp_closefd)
FORWARD(hmp_pmemsave, qmp_pmemsave)

/* --- the user network's ports: [netdev_id] rule --- */

static void hmp_hostfwd_add(Monitor *mon, json_object *args)
{
    const char *second = json_get_str(args, "arg2");
    const char *first = json_get_str(args, "arg1");
    Error *err = NULL;

    net_hostfwd_add(second ? first : NULL, second ? second : first, &err);
    hmp_handle_error(mon, err);
}

static void hmp_hostfwd_remove(Monitor *mon, json_object *args)
{
    const char *second = json_get_str(args, "arg2");
    const char *first = json_get_str(args, "arg1");
    const char *rule = second ? second : first;
    Error *err = NULL;
    int rc = net_hostfwd_remove(second ? first : NULL, rule, &err);

    if (!hmp_handle_error(mon, err)) {
        monitor_printf(mon, "host forwarding rule for %s %s\n", rule,
                       rc == 0 ? "removed" : "not found");
    }
}

/* --- announcing: [interface,interface…] [id], at the default times --- */

static void hmp_announce_self(Monitor *mon, json_object *args)
{
    const char *names = json_get_str(args, "interfaces");
    g_auto(GStrv) interfaces = names && *names ? g_strsplit(names, ",", -1) :
                               NULL;
    Error *err = NULL;

    net_announce_start(&net_announce_default_times,
                       (const char *const *)interfaces,
                       json_get_str(args, "id"), &err);
    hmp_handle_error(mon, err);
}

/* --- help and log --- */

static void hmp_help(Monitor *mon, json_object *args)
{
    hmp_print_help(mon, json_get_str(args, "name"));
}

static void hmp_log(Monitor *mon, json_object *args)
{
    const char *items = json_get_str(args, "items");
    int mask = qemu_str_to_log_mask(items);
    Error *err = NULL;

    if (g_str_has_prefix(items, "trace:") &&
        trace_is_help(items + strlen("trace:"))) {
        g_autoptr(GPtrArray) names = trace_event_names();

        for (unsigned i = 0; i < names->len; i++) {
            monitor_printf(mon, "%s\n", (char *)names->pdata[i]);
        }
        return;
    }
    if (!mask && strcmp(items, "none") != 0) {
        monitor_printf(mon, "Log items (comma separated):\n%-15s %s\n", "none",
                       "remove all logs");
        for (const QEMULogItem *i = qemu_log_items; i->mask; i++) {
            monitor_printf(mon, "%-15s %s\n", i->name, i->help);
        }
        monitor_printf(mon, "trace:PATTERN   enable trace events\n"
                       "\nUse \"log trace:help\" to get a list of trace "
                       "events.\n\n");
        return;
    }
    qemu_set_log(mask, &err);
    hmp_handle_error(mon, err);
}

static void hmp_logfile(Monitor *mon, json_object *args)
{
    Error *err = NULL;

    qemu_set_log_filename(json_get_str(args, "filename"), &err);
    hmp_handle_error(mon, err);
}

static void hmp_cpu(Monitor *mon, json_object *args)
{
    int64_t n = json_get_int(args, "index", 0);

    if (!hmp_cpu_exists(n)) {
        monitor_printf(mon, "invalid CPU index\n");
    } else {
        *hmp_cpu_index(mon) = n;
    }
}

/* --- devices and objects --- */

static void hmp_device_add(Monitor *mon, json_object *args)
{
    g_json_auto json_object *opts = NULL;
    Error *err = NULL;
    DeviceState *dev = NULL;

    opts = keyval_parse(json_get_str(args, "device"), "driver", NULL, &err);
    if (opts) {
        dev = qdev_device_add_from_json(opts, false, &err);
        object_unref(dev);
    }
    hmp_handle_error(mon, err);
}

static void hmp_object_add(Monitor *mon, json_object *args)
{
    Error *err = NULL;

    user_creatable_add_from_str(json_get_str(args, "object"), &err);
    hmp_handle_error(mon, err);
}

static void hmp_netdev_add(Monitor *mon, json_object *args)
{
    g_json_auto json_object *words = NULL;
    g_json_auto json_object *typed = NULL;
    Error *err = NULL;

    words = keyval_parse(json_get_str(args, "netdev"), "type", NULL, &err);
    if (words) {
        typed = qapi_from_keyval(&qapi_type_Netdev, words, NULL, &err);
    }
    if (typed && qapi_check(&qapi_type_Netdev, typed, NULL, &err)) {
        json_object_put(qmp_netdev_add(typed, &err));
    }
    hmp_handle_error(mon, err);
}

static void hmp_qom_list(Monitor *mon, json_object *args)
{
    g_json_auto json_object *list = NULL;

    if (!json_haskey(args, "path")) {
        monitor_printf(mon, "/\n");
        return;
    }
    list = run_qmp(mon, qmp_qom_list, args);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        monitor_printf(mon, "%s (%s)\n", json_get_str(one, "name"),
                       json_get_str(one, "type"));
    }
}

static void hmp_qom_get(Monitor *mon, json_object *args)
{
    Error *err = NULL;
    json_object *value = qmp_qom_get(args, &err);

    if (!hmp_handle_error(mon, err)) {
        g_autofree char *text = json_to_text(value, true);

        monitor_printf(mon, "%s\n", text);
    }
    json_object_put(value);
}

static void hmp_qom_set(Monitor *mon, json_object *args)
{
    const char *path = json_get_str(args, "path");
    const char *text = json_get_str(args, "value");
    json_object *value = NULL;
    Error *err = NULL;
    Object *obj;

    if (json_get_bool(args, "json", false)) {
        if (json_parse(text, &value, &err)) {
            json_put(args, "value", value);
            qmp_qom_set(args, &err);
        }
    } else {
        obj = object_resolve_path(path, NULL);
        if (!obj) {
            error_set(&err, ERROR_CLASS_DEVICE_NOT_FOUND,
                      "Device '%s' not found", path);
        } else {
            object_property_parse(obj, json_get_str(args, "property"), text,
                                  &err);
        }
    }
    hmp_handle_error(mon, err);
}

/* --- character devices --- */

static void hmp_chardev_add(Monitor *mon, json_object *args)
{
    QemuOptsList *list = qemu_find_opts("chardev");
    Error *err = NULL;
    QemuOpts *opts = qemu_opts_parse(list, json_get_str(args, "args"), true,
                                     &err);

    if (opts) {
        qemu_chr_new_from_opts(opts, &err);
        qemu_opts_del(opts);
    }
    hmp_handle_error(mon, err);
}

static void hmp_ringbuf_read(Monitor *mon, json_object *args)
{
    g_json_auto json_object *text = run_qmp(mon, qmp_ringbuf_read, args);

    if (text) {
        monitor_printf(mon, "%s\n", json_object_get_string(text));
    }
}

/* In MiB, or with a suffix. */
static void hmp_balloon(Monitor *mon, json_object *args)
{
    const char *value = json_get_str(args, "value");
    json_object *qmp;
    uint64_t bytes;

    if (qemu_strtosz_MiB(value, NULL, &bytes) < 0 || bytes > INT64_MAX) {
        monitor_printf(mon, "Error: '%s' is not a size in MiB (a suffix says "
                       "another unit: k, M, G, T)\n", value);
        return;
    }
    qmp = json_object_new_object();
    json_put_uint(qmp, "value", bytes);
    json_object_put(run_qmp(mon, qmp_balloon, qmp));
    json_object_put(qmp);
}

const HMPCommand hmp_commands[] = {
    { "announce_self", "interfaces:s?,id:s?", "[interfaces] [id]",
      "let NICs tell the network where they are", hmp_announce_self,
      .complete = hmp_complete_nics },
    { "balloon", "value:s", "target", "request VM to change its memory "
      "allocation (in MB)", hmp_balloon },
    { "chardev-add", "args:S", "args", "add chardev", hmp_chardev_add,
      .complete = hmp_complete_chardev_add },
    { "chardev-remove", "id:s", "id", "remove chardev", hmp_chardev_remove,
      .complete = hmp_complete_chardev_id },
    { "chardev-send-break", "id:s", "id", "send a break on chardev",
      hmp_chardev_send_break, .complete = hmp_complete_chardev_id },
    { "closefd", "fdname:s", "name", "close a file descriptor that getfd kept",
      hmp_closefd },
    { "cont|c", "", "", "resume emulation", hmp_cont },
    { "cpu", "index:i", "index", "set the CPU that x and registers look at",
      hmp_cpu },
    { "device_add", "device:S", "driver[,prop=value][,...]",
      "add device, like -device on the command line", hmp_device_add,
      .complete = hmp_complete_device_add },
    { "device_del", "id:s", "device", "remove device", hmp_device_del,
      .complete = hmp_complete_device_id },
    { "help|?", "name:S?", "[cmd]", "show the help", hmp_help },
    { "hostfwd_add", "arg1:s,arg2:s?",
      "[netdev_id] [tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport",
      "redirect TCP or UDP connections from host to guest", hmp_hostfwd_add },
    { "hostfwd_remove", "arg1:s,arg2:s?",
      "[netdev_id] [tcp|udp]:[hostaddr]:hostport",
      "remove host-to-guest TCP or UDP redirection", hmp_hostfwd_remove },
    { "i", "fmt:/,addr:i", "/fmt addr", "I/O port read", hmp_ioport_read },
    { "info", "", "[subcommand]", "show the state of the system",
      .sub = hmp_info_commands },
    { "log", "items:s", "item1[,...]", "activate logging of these items",
      hmp_log,
      .complete = hmp_complete_log },
    { "logfile", "filename:s", "filename", "log to this file", hmp_logfile },
    { "migrate", "detach:-d,resume:-r,uri:s", "[-d] uri",
      "save the state to uri (-d is understood; it never waits)",
      hmp_migrate },
    { "migrate_cancel", "", "", "give up the migration that is under way",
      hmp_migrate_cancel },
    { "migrate_incoming", "uri:s", "uri",
      "continue an incoming migration from an -incoming defer",
      hmp_migrate_incoming },
    { "migrate_set_capability", "capability:s,state:b", "capability state",
      "switch a migration capability on or off",
      hmp_migrate_set_capability,
      .complete = hmp_complete_capability },
    { "migrate_set_parameter", "parameter:s,value:s", "parameter value",
      "set a parameter of migration", hmp_migrate_set_parameter,
      .complete = hmp_complete_parameter },
    { "netdev_add", "netdev:S", "type,id=str[,prop=value][,...]",
      "add network back end", hmp_netdev_add,
      .complete = hmp_complete_netdev_add },
    { "netdev_del", "id:s", "id", "remove network back end", hmp_netdev_del,
      .complete = hmp_complete_netdev_id },
    { "nmi", "", "", "inject an NMI", hmp_nmi },
    { "o", "fmt:/,addr:i,val:i", "/fmt addr value", "I/O port write",
      hmp_ioport_write },
    { "object_add", "object:S", "type,id=str[,prop=value][,...]",
      "create an object", hmp_object_add,
      .complete = hmp_complete_object_add },
    { "object_del", "id:s", "id", "destroy an object", hmp_object_del,
      .complete = hmp_complete_object_id },
    { "pmemsave", "val:i,size:i,filename:s", "addr size file",
      "save physical memory to a file", hmp_pmemsave },
    { "print|p", "fmt:/,val:i", "/fmt expr",
      "print the value of an expression ($pc is a register)", hmp_print },
    { "qom-get", "path:s,property:s", "path property", "print a property",
      hmp_qom_get,
      .complete = hmp_complete_property },
    { "qom-list", "path:s?", "path", "list properties", hmp_qom_list,
      .complete = hmp_complete_qom_path },
    { "qom-set", "json:-j,path:s,property:s,value:S",
      "[-j] path property value", "set a property; -j: the value is JSON",
      hmp_qom_set,
      .complete = hmp_complete_property },
    { "quit|q", "", "", "quit the emulator", hmp_quit },
    { "ringbuf_read", "device:s,size:i", "device size",
      "read from a ring buffer character device", hmp_ringbuf_read,
      .complete = hmp_complete_chardev_id },
    { "ringbuf_write", "device:s,data:s", "device data",
      "write to a ring buffer character device", hmp_ringbuf_write,
      .complete = hmp_complete_chardev_id },
    { "set_link", "name:s,up:b", "name on|off",
      "change the link status of a network adapter", hmp_set_link,
      .complete = hmp_complete_link },
    { "stop|s", "", "", "stop emulation", hmp_stop },
    { "system_powerdown", "", "", "send system power down event",
      hmp_system_powerdown },
    { "system_reset", "", "", "reset the system", hmp_system_reset },
    { "trace-event", "name:s,enable:b", "name on|off",
      "switch a trace event; the name may have *", hmp_trace_event,
      .complete = hmp_complete_trace },
    { "x", "fmt:/,addr:i", "/fmt addr", "show memory at a virtual address",
      hmp_memory_virtual },
    { "xp", "fmt:/,addr:i", "/fmt addr", "show memory at a physical address",
      hmp_memory_physical },
    { 0 }
};

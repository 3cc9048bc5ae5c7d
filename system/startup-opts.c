/*
 * The option groups that start-up owns: which keys there are and what they
 * hold; and -readconfig, which fills them and others from a file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "accel/accel-ops.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/keyval.h"
#include "qemu/module.h"
#include "startup.h"
#include "startup-opts.h"

#define GROUP(var, group, implied, merge, ...)                  \
    QemuOptsList var = {                                        \
        .name = (group),                                        \
        .implied_opt_name = (implied),                          \
        .merge_lists = (merge),                                 \
        .head = QTAILQ_HEAD_INITIALIZER(var.head),              \
        .desc = { __VA_ARGS__ { 0 } },                          \
    }
#define STR(key, text)      { (key), QEMU_OPT_STRING, (text) },
#define FLAG(key, text)     { (key), QEMU_OPT_BOOL, (text) },
#define NUM(key, text)      { (key), QEMU_OPT_NUMBER, (text) },
#define BYTES(key, text)    { (key), QEMU_OPT_SIZE, (text) },

GROUP(startup_accel_opts, "accel", "accel", false, );
GROUP(startup_action_opts, "action", NULL, false,
      STR("reboot", "reset or shutdown")
      STR("shutdown", "poweroff or pause")
      STR("panic", "pause, shutdown, exit-failure or none"));
GROUP(startup_add_fd_opts, "add-fd", NULL, false,
      NUM("fd", "the open descriptor")
      NUM("set", "the set it goes into")
      STR("opaque", "any text"));
GROUP(startup_boot_opts, "boot-opts", "order", true,
      STR("order", "drive letters")
      STR("once", "drive letters for the first boot")
      FLAG("menu", "show a boot menu")
      STR("splash", "a picture")
      STR("splash-time", "how long, in milliseconds")
      STR("reboot-timeout", "milliseconds before trying again")
      FLAG("strict", "boot from nothing else"));
GROUP(startup_fw_cfg_opts, "fw_cfg", "name", false,
      STR("name", "the file's name, opt/...")
      STR("file", "take the contents from this file")
      STR("string", "the contents"));
GROUP(startup_global_opts, "global", NULL, false,
      STR("driver", "the device type")
      STR("property", "the property")
      STR("value", "its value"));
GROUP(startup_memory_opts, "memory", "size", true,
      STR("size", "guest memory at start")
      NUM("slots", "slots for memory devices")
      BYTES("maxmem", "guest memory at most"));
GROUP(startup_msg_opts, "msg", NULL, false,
      FLAG("timestamp", "the time before each message")
      FLAG("guest-name", "the guest's name before each message"));
GROUP(startup_name_opts, "name", "guest", false,
      STR("guest", "the guest's name")
      STR("process", "what ps and top call the emulator")
      FLAG("debug-threads", "give threads names"));
GROUP(startup_numa_opts, "numa", "type", false,
      STR("type", "node, dist or cpu")
      STR("nodeid", "node: its number")
      STR("cpus", "node: its CPUs, FIRST or FIRST-LAST")
      STR("memdev", "node: the backend of its memory")
      STR("mem", "node: its size, on machines of long ago")
      STR("src", "dist: from this node")
      STR("dst", "dist: to that one")
      STR("val", "dist: 10 and more")
      STR("node-id", "cpu: the node")
      STR("socket-id", "cpu: of this socket")
      STR("die-id", "cpu: of this die")
      STR("core-id", "cpu: of this core")
      STR("thread-id", "cpu: of this thread"));
GROUP(startup_overcommit_opts, "overcommit", NULL, false,
      FLAG("mem-lock", "keep memory out of swap")
      FLAG("cpu-pm", "accepted, without effect"));
GROUP(startup_rtc_opts, "rtc", "base", true,
      STR("base", "utc, localtime or a date")
      STR("clock", "host, rt or vm")
      STR("driftfix", "none or slew"));
GROUP(startup_sandbox_opts, "sandbox", "enable", true,
      FLAG("enable", "give system calls up")
      STR("obsolete", "allow or deny those of long ago")
      STR("elevateprivileges", "allow, deny or children")
      STR("spawn", "allow or deny new processes")
      STR("resourcecontrol", "allow or deny priorities and affinities"));
GROUP(startup_smp_opts, "smp-opts", "cpus", true,
      NUM("cpus", "CPUs at start")
      NUM("sockets", "sockets")
      NUM("dies", "dies in a socket")
      NUM("clusters", "clusters in a die")
      NUM("cores", "cores in a die")
      NUM("threads", "threads in a core")
      NUM("maxcpus", "CPUs at most"));

static void startup_opts_register(void)
{
    static QemuOptsList *const groups[] = {
        &startup_accel_opts, &startup_action_opts, &startup_add_fd_opts,
        &startup_boot_opts, &startup_fw_cfg_opts, &startup_global_opts,
        &startup_memory_opts, &startup_msg_opts, &startup_name_opts,
        &startup_numa_opts,
        &startup_overcommit_opts, &startup_rtc_opts,
        &startup_sandbox_opts, &startup_smp_opts,
        &qemu_device_opts, &qemu_netdev_opts, &qemu_nic_opts, &qemu_net_opts,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(groups); i++) {
        qemu_add_opts(groups[i]);
    }
}

opts_init(startup_opts_register);

/* --- -readconfig ---- */

static Startup *reading_into;

static void append_config(GArray **array, LateOption late)
{
    if (!*array) {
        *array = g_array_new(false, false, sizeof(LateOption));
    }
    loc_save(&late.loc);
    g_array_append_val(*array, late);
}

/* Groups that act at once; others are looked at when their turn comes. */
static void apply_now(const QemuOptsList *list, QemuOpts *opts, Error **errp)
{
    static const struct {
        const QemuOptsList *list;
        bool (*apply)(QemuOpts *opts, Error **errp);
    } acting[] = {
        { &startup_action_opts, startup_apply_action },
        { &startup_add_fd_opts, startup_apply_add_fd },
        { &startup_global_opts, startup_apply_global },
        { &startup_msg_opts, startup_apply_msg },
        { &startup_name_opts, startup_apply_name },
        { &startup_overcommit_opts, startup_apply_overcommit },
        { &startup_rtc_opts, startup_apply_rtc },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(acting); i++) {
        if (acting[i].list == list) {
            acting[i].apply(opts, errp);
        }
    }
}

/* A section: groups that start-up looks at in order are noted as well. */
static void take_section(const char *group, json_object *section, void *opaque,
                         Error **errp)
{
    Startup *s = reading_into;
    LateOption late = { .text = g_intern_string(group) };     /* for good */
    QemuOptsList *list;

    if (strcmp(group, "machine") == 0) {
        keyval_merge(s->machine, section, errp);
        return;
    }
    if (strcmp(group, "object") == 0) {
        late.json = json_object_get(section);
        append_config(&s->objects, late);
        return;
    }
    list = qemu_find_opts_err(group, errp);
    if (!list) {
        return;
    }
    late.opts = qemu_opts_from_json(list, section, errp);
    if (!late.opts) {
        return;
    }
    if (list == &qemu_device_opts) {
        append_config(&s->devices, late);
    } else if (list == &startup_memory_opts) {
        s->memory = late;
    } else if (list == &startup_smp_opts) {
        s->smp = late;
    } else if (list == &startup_accel_opts) {
        append_config(&s->accels, late);
    } else if (list == &startup_sandbox_opts) {
        sandbox_check(errp);
    } else {
        apply_now(list, late.opts, errp);
    }
}

bool startup_read_config(Startup *s, const char *path, Error **errp)
{
    reading_into = s;
    return qemu_read_config_file(path, take_section, errp) >= 0;
}

/* --- -accel help ---- */

void startup_print_accels(void)
{
    g_autoptr(GSList) list = object_class_get_list_sorted(TYPE_ACCEL, false);

    printf("Accelerators supported in QEMU binary:\n");
    for (GSList *l = list; l; l = l->next) {
        const char *name = object_class_get_name(l->data);
        g_autofree char *plain = g_strndup(name, strlen(name) -
                                           strlen(ACCEL_CLASS_SUFFIX));

        printf("%s\n", plain);
    }
}

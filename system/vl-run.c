/*
 * The options about character devices, monitors and display, about how the
 * program runs and how it is looked at. Those of the machine are in vl.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev/char.h"
#include "chardev/char-mux.h"
#include "chardev/fdset.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/cutils.h"
#include "qemu/help_option.h"
#include "qemu/keyval.h"
#include "qemu/log.h"
#include "qemu/trace.h"
#include "startup.h"
#include "startup-opts.h"
#include "system/runstate.h"
#include "system/system.h"

/* --- character devices, monitors, display ---- */

static bool add_chardev(Startup *s, const char *arg, Error **errp)
{
    QemuOptsList *list = qemu_find_opts("chardev");
    QemuOpts *opts = qemu_opts_parse(list, arg, true, errp);
    const char *kind = opts ? qemu_opt_get(opts, "backend") : NULL;

    if (kind && is_help_option(kind)) {
        qemu_chr_print_types();
        s->done = true;
    }
    return opts != NULL;
}

static void append_legacy(Startup *s, int use, const char *spec)
{
    LegacyChardev l = { .use = use, .spec = spec };

    loc_save(&l.loc);
    g_array_append_val(s->legacy, l);
}

static bool add_serial(Startup *s, const char *arg, Error **errp)
{
    s->serial_given = true;
    s->monitor_given |= g_str_has_prefix(arg, "mon:");
    append_legacy(s, LEGACY_SERIAL, arg);
    return true;
}

static bool add_monitor(Startup *s, const char *arg, Error **errp)
{
    s->monitor_given = true;
    if (strcmp(arg, "none") != 0) {
        append_legacy(s, LEGACY_MONITOR, arg);
    }
    return true;
}

static bool add_qmp(Startup *s, const char *arg, Error **errp)
{
    s->monitor_given = true;
    append_legacy(s, LEGACY_QMP, arg);
    return true;
}

static bool add_qmp_pretty(Startup *s, const char *arg, Error **errp)
{
    s->monitor_given = true;
    append_legacy(s, LEGACY_QMP_PRETTY, arg);
    return true;
}

static bool add_mon(Startup *s, const char *arg, Error **errp)
{
    s->monitor_given = true;
    return qemu_opts_parse(qemu_find_opts("mon"), arg, true, errp) != NULL;
}

static bool add_debugcon(Startup *s, const char *arg, Error **errp)
{
    append_legacy(s, LEGACY_DEBUGCON, arg);
    return true;
}

static bool set_escape(Startup *s, const char *arg, Error **errp)
{
    unsigned byte;

    if (qemu_strtoui(arg, NULL, 0, &byte) < 0 || byte > UINT8_MAX) {
        error_setg(errp, "'%s' is not the number of a byte, 0 to 255", arg);
        return false;
    }
    qemu_chr_mux_set_escape(byte);
    return true;
}

static bool only_none(const char *what, const char *arg, Error **errp)
{
    if (strcmp(arg, "none") == 0) {
        return true;
    }
    error_setg(errp, "%s '%s' is not there; only 'none' is", what, arg);
    return false;
}

static bool add_parallel(Startup *s, const char *arg, Error **errp)
{
    return only_none("parallel port", arg, errp);
}

static bool set_display(Startup *s, const char *arg, Error **errp)
{
    if (is_help_option(arg)) {
        printf("Available display backend types:\nnone\n");
        s->done = true;
        return true;
    }
    s->display_given = true;
    qemu_display_none = true;
    if (strcmp(arg, "none") != 0) {
        error_setg(errp, "Parameter 'type' does not accept value '%s'; "
                   "legal is 'none'", arg);
        return false;
    }
    return true;
}

static bool set_nographic(Startup *s, const char *arg, Error **errp)
{
    s->nographic = true;
    qemu_display_none = true;
    return true;
}

static bool set_vga(Startup *s, const char *arg, Error **errp)
{
    return only_none("vga type", arg, errp);
}

static bool set_vnc(Startup *s, const char *arg, Error **errp)
{
    s->display_given = true;
    qemu_display_none = true;
    return only_none("vnc display", arg, errp);
}

static bool set_audiodev(Startup *s, const char *arg, Error **errp)
{
    g_json_auto json_object *o = NULL;
    bool is_json = false;
    const char *driver;

    o = opt_json_or_keyval(arg, "driver", &is_json, NULL, errp);
    if (!o) {
        return false;
    }
    driver = json_get_str(o, "driver");
    if (!json_get_str(o, "id")) {
        error_setg(errp, "Parameter 'id' is missing");
        return false;
    }
    return only_none("audio driver", driver ? driver : "", errp);
}

/* --- running ---- */

static bool set_incoming(Startup *s, const char *arg, Error **errp)
{
    s->incoming = arg;
    return true;
}

static bool set_stopped(Startup *s, const char *arg, Error **errp)
{
    autostart = 0;
    return true;
}

static bool set_no_reboot(Startup *s, const char *arg, Error **errp)
{
    reboot_action = REBOOT_ACTION_SHUTDOWN;
    return true;
}

static bool set_no_shutdown(Startup *s, const char *arg, Error **errp)
{
    shutdown_action = SHUTDOWN_ACTION_PAUSE;
    return true;
}

static bool set_sandbox(Startup *s, const char *arg, Error **errp)
{
    return cli_merge_opts(&startup_sandbox_opts, arg, "enable", errp) &&
           sandbox_check(errp);
}

static bool set_user(Startup *s, const char *arg, Error **errp)
{
    return os_parse_user(arg, errp);
}

bool startup_apply_action(QemuOpts *opts, Error **errp)
{
    static const struct {
        const char *key, *value;
        int *target, number;
    } actions[] = {
        { "reboot", "reset", (int *)&reboot_action, REBOOT_ACTION_RESET },
        { "reboot", "shutdown", (int *)&reboot_action,
          REBOOT_ACTION_SHUTDOWN },
        { "shutdown", "poweroff", (int *)&shutdown_action,
          SHUTDOWN_ACTION_POWEROFF },
        { "shutdown", "pause", (int *)&shutdown_action,
          SHUTDOWN_ACTION_PAUSE },
        { "panic", "pause", (int *)&panic_action, PANIC_ACTION_PAUSE },
        { "panic", "shutdown", (int *)&panic_action, PANIC_ACTION_SHUTDOWN },
        { "panic", "exit-failure", (int *)&panic_action,
          PANIC_ACTION_EXIT_FAILURE },
        { "panic", "none", (int *)&panic_action, PANIC_ACTION_NONE },
    };

    for (const QemuOptDesc *d = startup_action_opts.desc; d->name; d++) {
        const char *value = qemu_opt_get(opts, d->name);
        bool known = !value;

        for (unsigned i = 0; i < ARRAY_SIZE(actions) && !known; i++) {
            if (strcmp(actions[i].key, d->name) == 0 &&
                strcmp(actions[i].value, value) == 0) {
                *actions[i].target = actions[i].number;
                known = true;
            }
        }
        if (!known) {
            error_setg(errp, "Parameter '%s' does not accept value '%s'; legal "
                       "are %s", d->name, value, d->help);
            return false;
        }
    }
    return true;
}

static bool set_action(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_action_opts, arg, false, errp);

    return opts && startup_apply_action(opts, errp);
}

static bool set_daemonize(Startup *s, const char *arg, Error **errp)
{
    s->daemonize = true;
    return true;
}

static bool set_pidfile(Startup *s, const char *arg, Error **errp)
{
    s->pidfile = arg;
    return true;
}

static bool set_nodefaults(Startup *s, const char *arg, Error **errp)
{
    s->nodefaults = true;
    qemu_has_defaults = false;
    return true;
}

static bool accept_nothing(Startup *s, const char *arg, Error **errp)
{
    return true;
}

static bool read_config(Startup *s, const char *arg, Error **errp)
{
    return startup_read_config(s, arg, errp);
}

bool startup_apply_add_fd(QemuOpts *opts, Error **errp)
{
    int64_t fd, set;
    int copy;

    fd = qemu_opt_get_number(opts, "fd", -1);
    set = qemu_opt_get_number(opts, "set", -1);
    if (fd < 0 || set < 0) {
        error_setg(errp, "%s option is required and must be non-negative",
                   fd < 0 ? "fd" : "set");
        return false;
    }
    if (fd <= 2 || fd > INT_MAX || fcntl(fd, F_GETFD) < 0) {
        error_setg(errp, "fd is not valid or already in use");
        return false;
    }
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        error_setg_errno(errp, errno, "error duplicating fd");
        return false;
    }
    return fdset_add(set, copy, qemu_opt_get(opts, "opaque"), errp) >= 0;
}

static bool add_fd(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_add_fd_opts, arg, false, errp);

    return opts && startup_apply_add_fd(opts, errp);
}

/* --- looking at it ---- */

static bool set_log_items(Startup *s, const char *arg, Error **errp)
{
    if (is_help_option(arg)) {
        qemu_print_log_usage(stdout);
        s->done = true;
    } else if (g_str_has_prefix(arg, "trace:") &&
               trace_is_help(arg + strlen("trace:"))) {
        trace_list_events(stdout);
        s->done = true;
    }
    s->log_items = arg;
    return true;
}

static bool set_log_file(Startup *s, const char *arg, Error **errp)
{
    s->log_file = arg;
    return true;
}

static bool set_trace(Startup *s, const char *arg, Error **errp)
{
    return trace_opt_parse(arg, &s->done, errp);
}

bool startup_apply_msg(QemuOpts *opts, Error **errp)
{
    message_with_timestamp = qemu_opt_get_bool(opts, "timestamp", true);
    error_with_guestname = qemu_opt_get_bool(opts, "guest-name", false);
    return true;
}

static bool set_msg(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_msg_opts, arg, false, errp);

    return opts && startup_apply_msg(opts, errp);
}

static bool set_qtest(Startup *s, const char *arg, Error **errp)
{
    s->qtest = arg;
    return true;
}

static bool set_qtest_log(Startup *s, const char *arg, Error **errp)
{
    s->qtest_log = arg;
    return true;
}

/* --- the table ---- */

const CliOption cli_run_options[] = {
    { .help = "Character devices, monitors, display:" },
    { "chardev", NULL, "KIND,id=ID[,key=value]...",
      "a character device; -chardev help lists kinds\n"
      "mux=on shares it, logfile=FILE[,logappend=on] copies its output",
      add_chardev },
    { "serial", NULL, "SPEC",
      "where the next serial port leads: null, none, stdio, pty, file:PATH,\n"
      "pipe:PATH, unix:PATH[,server=on][,wait=off], tcp:HOST:PORT[,...],\n"
      "telnet:HOST:PORT[,...], udp:[HOST]:PORT[@[ADDRESS]:PORT], ringbuf,\n"
      "chardev:ID, mon:SPEC to share it with a monitor", add_serial },
    { "parallel", NULL, "none", "there is no parallel port", add_parallel },
    { "debugcon", NULL, "SPEC",
      "where firmware's debug port (0xe9) leads; as -serial", add_debugcon },
    { "monitor", NULL, "SPEC", "a monitor for people, or none", add_monitor },
    { "qmp", NULL, "SPEC", "a control monitor (QMP)", add_qmp },
    { "qmp-pretty", NULL, "SPEC", "the same with answers over several lines",
      add_qmp_pretty },
    { "mon", NULL, "[chardev=]ID[,mode=readline|control][,pretty=on|off]",
      "a monitor on a -chardev", add_mon },
    { "nographic", NULL, NULL,
      "no display; the serial port and the monitor share the terminal",
      set_nographic },
    { "echr", NULL, "BYTE", "instead of Ctrl-A (1) with -nographic and "
      "multiplexed devices", set_escape },
    { "display", NULL, "none", "no display", set_display },
    { "vga", NULL, "none", "no graphics card", set_vga },
    { "vnc", NULL, "none", "no remote display", set_vnc },
    { "k", NULL, "LAYOUT", "accepted: no display takes keys",
      accept_nothing },
    { "audiodev", NULL, "none,id=ID or JSON",
      "accepted for management software; there is no sound", set_audiodev },

    { .help = "Running:" },
    { "S", NULL, NULL, "do not run the CPUs until a monitor says cont",
      set_stopped },
    { "incoming", NULL, "URI", "wait for the state of a machine and go on "
      "with it\nfile:PATH[,offset=N], exec:COMMAND, fd:N, unix:PATH, "
      "tcp:HOST:PORT;\ndefer: a monitor says later where from", set_incoming },
    { "no-reboot", NULL, NULL, "end instead of rebooting", set_no_reboot },
    { "no-shutdown", NULL, NULL, "stop, and do not end, when the guest is off",
      set_no_shutdown },
    { "action", NULL, "[reboot=reset|shutdown][,shutdown=poweroff|pause]"
      "[,panic=pause|shutdown|exit-failure|none]",
      "what to do when the guest does that; panic= is accepted, and no device\n"
      "here tells of one", set_action },
    { "daemonize", NULL, NULL, "go into the background when all is ready",
      set_daemonize },
    { "pidfile", NULL, "FILE", "write the process id there", set_pidfile },
    { "runas", NULL, "USER|UID:GID",
      "become this user before the guest runs", set_user },
    { "sandbox", NULL, "on[,obsolete=allow|deny]"
      "[,elevateprivileges=allow|deny|children][,spawn=allow|deny]"
      "[,resourcecontrol=allow|deny]",
      "give up system calls before the guest runs", set_sandbox },
    { "nodefaults", NULL, NULL, "no devices that were not asked for",
      set_nodefaults },
    { "no-user-config", NULL, NULL,
      "accepted: no configuration file is read anyway", accept_nothing },
    { "no-hpet", NULL, NULL, "accepted: there is no HPET", accept_nothing },
    { "readconfig", NULL, "FILE", "read options from a file", read_config },
    { "add-fd", NULL, "fd=N,set=N[,opaque=TEXT]",
      "make an open descriptor known as /dev/fdset/SET", add_fd },

    { .help = "Looking at it:" },
    { "d", NULL, "ITEM[,ITEM]...", "log these things; -d help lists them",
      set_log_items },
    { "D", NULL, "FILE", "log to a file instead of standard error",
      set_log_file },
    { "trace", NULL, "[enable=]PATTERN[,events=FILE][,file=FILE]",
      "switch trace events on; -trace help lists them", set_trace },
    { "msg", NULL, "[timestamp=on|off][,guest-name=on|off]",
      "what stands before messages", set_msg },
    { "qtest", NULL, "SPEC", "serve the qtest protocol", set_qtest },
    { "qtest-log", NULL, "FILE", "a copy of that protocol; none for none",
      set_qtest_log },
    { 0 }
};

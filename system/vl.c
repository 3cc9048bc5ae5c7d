/*
 * The options of the command line: what each one collects for start-up, and
 * the table from which they are read and explained.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev/char.h"
#include "chardev/fdset.h"
#include "hw/core/boards.h"
#include "hw/firmware/smbios.h"
#include "hw/core/qdev-properties.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/datadir.h"
#include "qemu/help_option.h"
#include "qemu/id.h"
#include "qemu/keyval.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/thread.h"
#include "qemu/trace.h"
#include "qom/object_interfaces.h"
#include "startup.h"
#include "startup-opts.h"
#include "system/rtc.h"
#include "system/runstate.h"
#include "system/system.h"

/* --- helpers ---- */

static LateOption late_option(const char *text)
{
    LateOption late = { .text = text };

    loc_save(&late.loc);
    return late;
}

static void append_late(GArray **array, LateOption late)
{
    if (!*array) {
        *array = g_array_new(false, false, sizeof(LateOption));
    }
    g_array_append_val(*array, late);
}

/* Options of a group that keeps all it was given in one list. */
static QemuOpts *merge_opts(QemuOptsList *list, const char *arg,
                            const char *implied, Error **errp)
{
    QemuOpts *opts = qemu_opts_find(list, NULL);

    if (!opts) {
        opts = qemu_opts_create(list, NULL, 0, errp);
    }
    return opts && qemu_opts_do_parse(opts, arg, implied, errp) ? opts : NULL;
}

/* --- the machine and its parts ---- */

static bool set_machine(Startup *s, const char *arg, Error **errp)
{
    g_json_auto json_object *more = NULL;
    bool help = false;
    const char *type;
    MachineClass *mc;

    loc_save(&s->machine_loc);
    more = keyval_parse(arg, "type", &help, errp);
    if (!more) {
        return false;
    }
    if (help) {
        type = json_get_str(more, "type");
        mc = type ? machine_class_by_name(type) : NULL;
        if (mc) {
            machine_print_properties(mc);
        } else {
            machine_print_help();
        }
        s->done = true;
        return true;
    }
    return keyval_merge(s->machine, more, errp);
}

static bool set_accel(Startup *s, const char *arg, Error **errp)
{
    LateOption late = late_option(arg);

    if (is_help_option(arg)) {
        startup_print_accels();
        s->done = true;
        return true;
    }
    late.opts = qemu_opts_parse(&startup_accel_opts, arg, true, errp);
    if (!late.opts) {
        return false;
    }
    append_late(&s->accels, late);
    return true;
}

static bool refuse_kvm(Startup *s, const char *arg, Error **errp)
{
    return set_accel(s, "kvm", errp);
}

static bool set_cpu(Startup *s, const char *arg, Error **errp)
{
    s->cpu = late_option(arg);
    return true;
}

static bool set_smp(Startup *s, const char *arg, Error **errp)
{
    s->smp = late_option(arg);
    s->smp.opts = merge_opts(&startup_smp_opts, arg, "cpus", errp);
    return s->smp.opts != NULL;
}

static bool add_numa(Startup *s, const char *arg, Error **errp)
{
    return qemu_opts_parse(&startup_numa_opts, arg, true, errp) != NULL;
}

static bool set_memory(Startup *s, const char *arg, Error **errp)
{
    s->memory = late_option(arg);
    s->memory.opts = merge_opts(&startup_memory_opts, arg, "size", errp);
    return s->memory.opts != NULL;
}

static bool set_mem_path(Startup *s, const char *arg, Error **errp)
{
    s->mem_path = arg;
    return true;
}

static bool set_boot(Startup *s, const char *arg, Error **errp)
{
    return merge_opts(&startup_boot_opts, arg, "order", errp) != NULL;
}

static bool set_rtc(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = merge_opts(&startup_rtc_opts, arg, "base", errp);

    if (!opts) {
        return false;
    }
    configure_rtc(opts);
    return true;
}

static bool set_name(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_name_opts, arg, true, errp);

    if (!opts) {
        return false;
    }
    qemu_name = qemu_opt_get(opts, "guest");
    error_guest_name = qemu_name;
    qemu_thread_naming(qemu_opt_get_bool(opts, "debug-threads", false));
    return true;
}

static bool set_uuid(Startup *s, const char *arg, Error **errp)
{
    if (qemu_uuid_parse(arg, &qemu_uuid) < 0) {
        error_setg(errp, "failed to parse UUID string: wrong format");
        return false;
    }
    qemu_uuid_set = true;
    return true;
}

static bool set_global(Startup *s, const char *arg, Error **errp)
{
    const char *dot = strchr(arg, '.'), *eq = strchr(arg, '=');
    GlobalProperty *g = g_new0(GlobalProperty, 1);
    QemuOpts *opts;

    if (dot && eq && dot < eq && !memchr(arg, ',', eq - arg)) {
        g->driver = g_strndup(arg, dot - arg);
        g->property = g_strndup(dot + 1, eq - dot - 1);
        g->value = g_strdup(eq + 1);
    } else {
        opts = qemu_opts_parse(&startup_global_opts, arg, false, errp);
        if (!opts) {
            g_free(g);
            return false;
        }
        g->driver = qemu_opt_get(opts, "driver");
        g->property = qemu_opt_get(opts, "property");
        g->value = qemu_opt_get(opts, "value");
    }
    if (!g->driver || !g->property || !g->value) {
        error_setg(errp, "expected driver.property=value or "
                   "driver=,property=,value=");
        g_free(g);
        return false;
    }
    qdev_prop_register_global(g);
    return true;
}

static bool set_config(Startup *s, const char *arg, Error **errp)
{
    return qemu_set_option(arg, errp) == 0;
}

static bool add_device(Startup *s, const char *arg, Error **errp)
{
    LateOption late = late_option(arg);

    if (arg[0] == '{') {
        if (!json_parse(arg, &late.json, errp)) {
            return false;
        }
    } else {
        late.opts = qemu_opts_parse(&qemu_device_opts, arg, true, errp);
        if (!late.opts) {
            return false;
        }
        if (qdev_device_help(late.opts)) {
            s->done = true;
        }
    }
    append_late(&s->devices, late);
    return true;
}

static bool add_object(Startup *s, const char *arg, Error **errp)
{
    LateOption late = late_option(arg);
    bool keyval = false;
    ERRP_GUARD();

    late.json = user_creatable_parse_str(arg, &keyval, errp);
    if (*errp) {
        return false;
    }
    if (!late.json) {
        s->done = true;     /* it was a question */
        return true;
    }
    append_late(&s->objects, late);
    return true;
}

/* --- booting ---- */

static bool set_kernel(Startup *s, const char *arg, Error **errp)
{
    s->kernel = arg;
    return true;
}

static bool set_initrd(Startup *s, const char *arg, Error **errp)
{
    s->initrd = arg;
    return true;
}

static bool set_append(Startup *s, const char *arg, Error **errp)
{
    s->append = arg;
    return true;
}

static bool set_bios(Startup *s, const char *arg, Error **errp)
{
    s->firmware = arg;
    return true;
}

static bool add_data_dir(Startup *s, const char *arg, Error **errp)
{
    if (is_help_option(arg)) {
        qemu_list_data_dirs();
        s->done = true;
    } else {
        qemu_add_data_dir(arg);
    }
    return true;
}

static bool add_fw_cfg(Startup *s, const char *arg, Error **errp)
{
    return qemu_opts_parse(&startup_fw_cfg_opts, arg, true, errp) != NULL;
}

static bool add_smbios(Startup *s, const char *arg, Error **errp)
{
    return smbios_add_option(arg, &s->done, errp);
}

/* --- network ---- */

static bool add_netdev(Startup *s, const char *arg, Error **errp)
{
    return net_client_parse_netdev(arg, &s->done, errp);
}

static bool add_nic(Startup *s, const char *arg, Error **errp)
{
    return net_parse_nic(arg, &s->done, errp);
}

static bool add_net(Startup *s, const char *arg, Error **errp)
{
    return net_parse_net(arg, &s->done, errp);
}

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
    return merge_opts(&startup_sandbox_opts, arg, "enable", errp) &&
           sandbox_check(errp);
}

static bool set_user(Startup *s, const char *arg, Error **errp)
{
    return os_parse_user(arg, errp);
}

static bool set_action(Startup *s, const char *arg, Error **errp)
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
    QemuOpts *opts = qemu_opts_parse(&startup_action_opts, arg, false, errp);

    for (const QemuOptDesc *d = startup_action_opts.desc; opts && d->name;
         d++) {
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
            error_setg(errp, "Parameter '%s' does not accept value '%s'",
                       d->name, value);
            return false;
        }
    }
    return opts != NULL;
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

static bool set_overcommit(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_overcommit_opts, arg, false,
                                     errp);

    if (!opts) {
        return false;
    }
    if (qemu_opt_get_bool(opts, "mem-lock", false) &&
        mlockall(MCL_CURRENT | MCL_FUTURE) < 0) {
        error_setg_errno(errp, errno, "cannot lock memory");
        return false;
    }
    return true;
}

static bool read_config(Startup *s, const char *arg, Error **errp)
{
    return startup_read_config(s, arg, errp);
}

static bool add_fd(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_add_fd_opts, arg, false, errp);
    int64_t fd, set;
    int copy;

    if (!opts) {
        return false;
    }
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

/* --- looking at it ---- */

static bool set_log_items(Startup *s, const char *arg, Error **errp)
{
    if (is_help_option(arg)) {
        qemu_print_log_usage(stdout);
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

static bool set_msg(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_msg_opts, arg, false, errp);

    if (opts) {
        message_with_timestamp = qemu_opt_get_bool(opts, "timestamp", true);
        error_with_guestname = qemu_opt_get_bool(opts, "guest-name", false);
    }
    return opts != NULL;
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

const CliOption cli_options[] = {
    { .help = "Questions:" },
    { "help", "h", NULL, "all options", cli_print_help },
    { "?", NULL, NULL, "the same as -help", cli_print_help },
    { "version", NULL, NULL, "which version this is", cli_print_version },

    { .help = "Machine:" },
    { "machine", "M", "[type=]NAME[,property=value]...",
      "the machine; given again, what it says is added\n"
      "-machine help lists the types, NAME,help the properties of one\n"
      "accel=A[:B] names accelerators, memory-backend=ID guest memory",
      set_machine },
    { "accel", NULL, "NAME[,property=value]...",
      "what runs the CPUs; given again, the next one to try\n"
      "-accel help lists them", set_accel },
    { "enable-kvm", NULL, NULL, "the same as -accel kvm", refuse_kvm },
    { "cpu", NULL, "MODEL[,feature=on|off]...",
      "the CPU model; -cpu help lists them", set_cpu },
    { "smp", NULL, "[cpus=]N[,maxcpus=][,sockets=][,dies=][,cores=][,threads=]",
      "how many CPUs, and how they are arranged", set_smp },
    { "m", NULL, "[size=]MEGABYTES[,slots=N,maxmem=SIZE]",
      "guest memory; suffixes M, G and so on are understood", set_memory },
    { "mem-path", NULL, "PATH", "guest memory in a file, or in a file made in "
      "a folder", set_mem_path },
    { "numa", NULL, "node[,nodeid=N][,cpus=FIRST[-LAST]][,memdev=ID]|\n"
      "dist,src=N,dst=N,val=N|\n"
      "cpu,node-id=N[,socket-id=][,die-id=][,core-id=][,thread-id=]",
      "memory nodes: what is near to each other, and how far others are",
      add_numa },
    { "overcommit", NULL, "[mem-lock=on|off][,cpu-pm=on|off]",
      "mem-lock=on keeps all memory out of swap\n"
      "cpu-pm is accepted and has no effect", set_overcommit },
    { "boot", NULL, "[order=LETTERS][,once=][,menu=on|off][,splash=]"
      "[,splash-time=MS][,reboot-timeout=MS][,strict=on|off]",
      "what firmware is told about booting", set_boot },
    { "name", NULL, "[guest=]TEXT[,debug-threads=on|off]",
      "a name for the guest, and names for threads", set_name },
    { "uuid", NULL, "UUID", "the machine's identity, 8-4-4-4-12 digits",
      set_uuid },
    { "rtc", NULL, "[base=utc|localtime|DATE][,clock=host|rt|vm]"
      "[,driftfix=none|slew]", "the guest's calendar", set_rtc },
    { "device", NULL, "TYPE[,property=value]... or JSON",
      "add a device; -device help lists types, TYPE,help its properties",
      add_device },
    { "object", NULL, "TYPE,id=ID[,property=value]... or JSON",
      "make an object that devices use; -object help lists types",
      add_object },
    { "global", NULL, "TYPE.PROPERTY=VALUE",
      "a default for a property of all devices of a type\n"
      "also: driver=TYPE,property=PROPERTY,value=VALUE", set_global },
    { "set", NULL, "GROUP.ID.KEY=VALUE",
      "change what an earlier option said", set_config },

    { .help = "Booting:" },
    { "kernel", NULL, "FILE", "a Linux kernel (bzImage) to start", set_kernel },
    { "initrd", NULL, "FILE", "its initial RAM disk", set_initrd },
    { "append", NULL, "TEXT", "its command line", set_append },
    { "bios", NULL, "FILE", "firmware", set_bios },
    { "L", NULL, "FOLDER", "look for firmware there first; -L help lists all",
      add_data_dir },
    { "fw_cfg", NULL, "[name=]NAME,file=FILE|string=TEXT",
      "a file for the guest to find in fw_cfg; names begin with opt/",
      add_fw_cfg },
    { "smbios", NULL, "type=N[,KEY=TEXT]...|file=NAME",
      "what the guest's SMBIOS tables say; -smbios help lists keys",
      add_smbios },

    { .help = "Network:" },
    { "netdev", NULL, "TYPE,id=ID[,key=value]... or JSON",
      "a network back end; -netdev help lists types", add_netdev },
    { "nic", NULL, "TYPE[,model=MODEL][,mac=][,key=value]...",
      "a back end and a NIC in one; -nic none: not even the usual NIC,\n"
      "which is there when nothing is said about the network", add_nic },
    { "net", NULL, "nic|none|TYPE[,key=value]...",
      "the old way to say the same", add_net },

    { .help = "Character devices, monitors, display:" },
    { "chardev", NULL, "KIND,id=ID[,key=value]...",
      "a character device; -chardev help lists kinds\n"
      "mux=on shares it, logfile=FILE[,logappend=on] copies its output",
      add_chardev },
    { "serial", NULL, "SPEC",
      "where the next serial port leads: null, none, stdio, pty, file:PATH,\n"
      "pipe:PATH, unix:PATH[,server=on][,wait=off], tcp:HOST:PORT[,...],\n"
      "chardev:ID, mon:SPEC to share it with a monitor", add_serial },
    { "parallel", NULL, "none", "there is no parallel port", add_parallel },
    { "monitor", NULL, "SPEC", "a monitor for people, or none", add_monitor },
    { "qmp", NULL, "SPEC", "a control monitor (QMP)", add_qmp },
    { "qmp-pretty", NULL, "SPEC", "the same with answers over several lines",
      add_qmp_pretty },
    { "mon", NULL, "[chardev=]ID[,mode=readline|control][,pretty=on|off]",
      "a monitor on a -chardev", add_mon },
    { "nographic", NULL, NULL,
      "no display; the serial port and the monitor share the terminal",
      set_nographic },
    { "display", NULL, "none", "no display", set_display },
    { "vga", NULL, "none", "no graphics card", set_vga },
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
      "what to do when the guest does that", set_action },
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

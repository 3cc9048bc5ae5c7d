/*
 * The options about the machine, its parts and its network: what each collects
 * for start-up, and the table from which they are read and explained. Other
 * options are in vl-run.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/prctl.h>
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
#include "qemu/keyval.h"
#include "qemu/thread.h"
#include "qom/object_interfaces.h"
#include "startup.h"
#include "startup-opts.h"
#include "system/rtc.h"
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

QemuOpts *cli_merge_opts(QemuOptsList *list, const char *arg,
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

static bool add_kvm(Startup *s, const char *arg, Error **errp)
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
    s->smp.opts = cli_merge_opts(&startup_smp_opts, arg, "cpus", errp);
    return s->smp.opts != NULL;
}

static bool add_numa(Startup *s, const char *arg, Error **errp)
{
    return qemu_opts_parse(&startup_numa_opts, arg, true, errp) != NULL;
}

static bool set_memory(Startup *s, const char *arg, Error **errp)
{
    s->memory = late_option(arg);
    s->memory.opts = cli_merge_opts(&startup_memory_opts, arg, "size", errp);
    return s->memory.opts != NULL;
}

static bool set_mem_path(Startup *s, const char *arg, Error **errp)
{
    s->mem_path = arg;
    return true;
}

bool startup_apply_overcommit(QemuOpts *opts, Error **errp)
{
    if (qemu_opt_get_bool(opts, "mem-lock", false) &&
        mlockall(MCL_CURRENT | MCL_FUTURE) < 0) {
        error_setg_errno(errp, errno, "cannot lock memory");
        return false;
    }
    return true;
}

static bool set_overcommit(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_overcommit_opts, arg, false,
                                     errp);

    return opts && startup_apply_overcommit(opts, errp);
}

static bool set_prealloc(Startup *s, const char *arg, Error **errp)
{
    s->mem_prealloc = true;
    return true;
}

static bool set_no_acpi(Startup *s, const char *arg, Error **errp)
{
    loc_save(&s->machine_loc);
    json_put_str(s->machine, "acpi", "off");
    return true;
}

static bool set_boot(Startup *s, const char *arg, Error **errp)
{
    loc_save(&s->boot_loc);
    return cli_merge_opts(&startup_boot_opts, arg, "order", errp) != NULL;
}

bool startup_apply_rtc(QemuOpts *opts, Error **errp)
{
    configure_rtc(opts);
    return true;
}

static bool set_rtc(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = cli_merge_opts(&startup_rtc_opts, arg, "base", errp);

    return opts && startup_apply_rtc(opts, errp);
}

bool startup_apply_name(QemuOpts *opts, Error **errp)
{
    qemu_name = qemu_opt_get(opts, "guest");
    error_guest_name = qemu_name;
    if (qemu_opt_get(opts, "process")) {
        prctl(PR_SET_NAME, qemu_opt_get(opts, "process"));
    }
    qemu_thread_naming(qemu_opt_get_bool(opts, "debug-threads", false));
    return true;
}

static bool set_name(Startup *s, const char *arg, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&startup_name_opts, arg, true, errp);

    return opts && startup_apply_name(opts, errp);
}

static bool set_uuid(Startup *s, const char *arg, Error **errp)
{
    if (qemu_uuid_parse(arg, &qemu_uuid) < 0) {
        error_setg(errp, "failed to parse UUID string: wrong format, not "
                   "8-4-4-4-12 hexadecimal digits");
        return false;
    }
    qemu_uuid_set = true;
    return true;
}

static void add_global(char *driver, char *property, const char *value)
{
    GlobalProperty *g = g_new0(GlobalProperty, 1);

    g->driver = driver;
    g->property = property;
    g->value = g_strdup(value);
    qdev_prop_register_global(g);
}

bool startup_apply_global(QemuOpts *opts, Error **errp)
{
    const char *driver = qemu_opt_get(opts, "driver");
    const char *property = qemu_opt_get(opts, "property");
    const char *value = qemu_opt_get(opts, "value");

    if (!driver || !property || !value) {
        error_setg(errp, "expected driver.property=value or "
                   "driver=,property=,value=");
        return false;
    }
    add_global(g_strdup(driver), g_strdup(property), value);
    return true;
}

static bool set_global(Startup *s, const char *arg, Error **errp)
{
    const char *dot = strchr(arg, '.'), *eq = strchr(arg, '=');
    QemuOpts *opts;

    if (dot && eq && dot < eq && !memchr(arg, ',', eq - arg)) {
        add_global(g_strndup(arg, dot - arg),
                   g_strndup(dot + 1, eq - dot - 1), eq + 1);
        return true;
    }
    opts = qemu_opts_parse(&startup_global_opts, arg, false, errp);
    return opts && startup_apply_global(opts, errp);
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

/* --- the table ---- */

const CliOption cli_machine_options[] = {
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
    { "no-acpi", NULL, NULL, "no ACPI tables for the guest", set_no_acpi },
    { "accel", NULL, "NAME[,property=value]...",
      "what runs the CPUs; given again, the next one to try\n"
      "-accel help lists them", set_accel },
    { "enable-kvm", NULL, NULL, "the same as -accel kvm", add_kvm },
    { "cpu", NULL, "MODEL[,feature=on|off]...",
      "the CPU model; -cpu help lists them", set_cpu },
    { "smp", NULL, "[cpus=]N[,maxcpus=][,sockets=][,dies=][,cores=][,threads=]",
      "how many CPUs, and how they are arranged", set_smp },
    { "m", NULL, "[size=]MEGABYTES[,slots=N,maxmem=SIZE]",
      "guest memory; suffixes M, G and so on are understood\n"
      "slots and maxmem are accepted; there are no memory devices to plug",
      set_memory },
    { "mem-path", NULL, "PATH", "guest memory in a file, or in a file made in "
      "a folder", set_mem_path },
    { "numa", NULL, "node[,nodeid=N][,cpus=FIRST[-LAST]][,memdev=ID]|\n"
      "dist,src=N,dst=N,val=N|\n"
      "cpu,node-id=N[,socket-id=][,die-id=][,core-id=][,thread-id=]",
      "memory nodes: what is near to each other, and how far others are",
      add_numa },
    { "mem-prealloc", NULL, NULL, "take all guest memory from the host at "
      "start", set_prealloc },
    { "overcommit", NULL, "[mem-lock=on|off][,cpu-pm=on|off]",
      "mem-lock=on keeps all memory out of swap\n"
      "cpu-pm is accepted and has no effect", set_overcommit },
    { "boot", NULL, "[order=LETTERS][,once=][,menu=on|off][,splash=]"
      "[,splash-time=MS][,reboot-timeout=MS][,strict=on|off]",
      "what firmware is told about booting: LETTERS a (floppy), c (disk),\n"
      "d (CD-ROM), n (network), up to three; once= until the first reset;\n"
      "splash= a BMP or JPEG file", set_boot },
    { "name", NULL, "[guest=]TEXT[,process=TEXT][,debug-threads=on|off]",
      "a name for the guest, for the process (15 characters), for threads",
      set_name },
    { "uuid", NULL, "UUID", "the machine's identity, 8-4-4-4-12 digits",
      set_uuid },
    { "rtc", NULL, "[base=utc|localtime|DATE][,clock=host|rt|vm]"
      "[,driftfix=none|slew]", "the guest's calendar: where it begins, and "
      "what moves it\ndriftfix is accepted and has no effect", set_rtc },
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

    { 0 }
};

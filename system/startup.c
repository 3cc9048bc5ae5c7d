/*
 * The stages of start-up, in order: command line, process, objects and
 * character devices, accelerator, board, devices, and the first run; and the
 * end of the program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev/char-mux.h"
#include "chardev/char-stdio.h"
#include "hw/core/boards.h"
#include "hw/nvram/fw_cfg.h"
#include "migration/migration.h"
#include "monitor/monitor-init.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/cutils.h"
#include "qemu/exit-paths.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qom/object_interfaces.h"
#include "startup.h"
#include "startup-opts.h"
#include "system/address-spaces.h"
#include "system/main.h"
#include "system/qtest.h"
#include "system/runstate.h"
#include "system/system.h"

static Chardev *serial_ports[MAX_SERIAL_PORTS];
static unsigned serial_count;

Chardev *serial_hd(int i)
{
    return i >= 0 && i < (int)serial_count ? serial_ports[i] : NULL;
}

void startup_fail(Error *err)
{
    error_report_err(err);
    exit(1);
}

/* --- the process ---- */

static void open_log(Startup *s)
{
    Error *err = NULL;
    int mask = 0;

    if (s->log_items) {
        mask = qemu_str_to_log_mask(s->log_items);
        if (!mask && strcmp(s->log_items, "none") != 0) {
            error_report("-d %s: unknown item; -d help lists them",
                         s->log_items);
            exit(1);
        }
    }
    if (s->log_file && !qemu_set_log_filename(s->log_file, &err)) {
        startup_fail(err);
    }
    if (!qemu_set_log(qemu_loglevel | mask, &err)) {
        startup_fail(err);
    }
}

static void prepare_process(Startup *s)
{
    Error *err = NULL;

    if (s->daemonize) {
        if (s->nographic && !s->nodefaults && !s->serial_given) {
            error_report("-nographic cannot be used with -daemonize "
                         "unless -serial says where to");
            exit(1);
        }
        qemu_chr_stdio_forbidden = true;
        os_daemonize();
        exit_paths_forked();
    }
    open_log(s);
    if (s->pidfile && !os_write_pidfile(s->pidfile, &err)) {
        startup_fail(err);
    }
    if (!qemu_init_main_loop(&err) || !os_setup_signals(&err)) {
        startup_fail(err);
    }
    bql_lock();                 /* let go of only while the main loop waits */
}

/* --- objects ---- */

/* Those that need a network back end or a character device come after them. */
static bool object_is_late(const char *type)
{
    static const char *const late[] = {
        "filter-", "colo-compare", "rng-egd", "cryptodev-vhost-user",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(late); i++) {
        if (g_str_has_prefix(type, late[i])) {
            return true;
        }
    }
    return false;
}

static void create_objects(Startup *s, bool late)
{
    Error *err = NULL;

    for (unsigned i = 0; s->objects && i < s->objects->len; i++) {
        LateOption *o = &g_array_index(s->objects, LateOption, i);
        const char *type = json_get_str(o->json, "qom-type");

        if (object_is_late(type ? type : "") != late) {
            continue;
        }
        loc_push_restore(&o->loc);
        if (!user_creatable_add_qapi(o->json, o->text[0] != '{', &err)) {
            startup_fail(err);
        }
        loc_pop(&o->loc);
    }
}

/* --- character devices and monitors ---- */

static int make_chardev(void *opaque, QemuOpts *opts, Error **errp)
{
    return qemu_chr_new_from_opts(opts, errp) ? 0 : -1;
}

static void make_chardevs(void)
{
    /* fatal at once, while messages still name the option */
    qemu_opts_foreach(qemu_find_opts("chardev"), make_chardev, NULL,
                      &error_fatal);
}

static void make_serial(LegacyChardev *l)
{
    g_autofree char *label = g_strdup_printf("serial%u", serial_count);
    Error *err = NULL;

    if (serial_count == MAX_SERIAL_PORTS) {
        error_report("there are only %d serial ports", MAX_SERIAL_PORTS);
        exit(1);
    }
    if (strcmp(l->spec, "none") == 0) {
        serial_count++;
        return;
    }
    serial_ports[serial_count++] = qemu_chr_new_legacy(label, l->spec, true,
                                                       &err);
    startup_check(err);
}

static void make_legacy_monitor(LegacyChardev *l, unsigned n)
{
    g_autofree char *label = g_strdup_printf("compat_monitor%u", n);
    bool qmp = l->use != LEGACY_MONITOR;
    Error *err = NULL;
    Chardev *chr = qemu_chr_new_legacy(label, l->spec, !qmp, &err);

    startup_check(err);
    if (!qmp && g_str_has_prefix(l->spec, "mon:")) {
        return;             /* it has its monitor already */
    }
    if (!monitor_init_on(chr, qmp, l->use == LEGACY_QMP_PRETTY, &err)) {
        startup_fail(err);
    }
}

static void make_serials(Startup *s)
{
    for (unsigned i = 0; i < s->legacy->len; i++) {
        LegacyChardev *l = &g_array_index(s->legacy, LegacyChardev, i);

        if (l->use == LEGACY_SERIAL) {
            loc_push_restore(&l->loc);
            make_serial(l);
            loc_pop(&l->loc);
        }
    }
}

/* -debugcon: its port 0xe9, as firmware writes to it. */
static void make_debugcon(LegacyChardev *l)
{
    g_json_auto json_object *opts = json_object_new_object();
    Error *err = NULL;
    Chardev *chr = qemu_chr_new_legacy("debugcon", l->spec, true, &err);

    startup_check(err);
    json_put_str(opts, "driver", "isa-debugcon");
    json_put_str(opts, "chardev", chr->label);
    json_put_int(opts, "iobase", 0xe9);
    device_init_json(opts, &err);
    startup_check(err);
}

static void make_debugcons(Startup *s)
{
    for (unsigned i = 0; i < s->legacy->len; i++) {
        LegacyChardev *l = &g_array_index(s->legacy, LegacyChardev, i);

        if (l->use == LEGACY_DEBUGCON) {
            loc_push_restore(&l->loc);
            make_debugcon(l);
            loc_pop(&l->loc);
        }
    }
}

static int make_monitor(void *opaque, QemuOpts *opts, Error **errp)
{
    return monitor_init_opts(opts, errp) ? 0 : -1;
}

static void make_monitors(Startup *s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < s->legacy->len; i++) {
        LegacyChardev *l = &g_array_index(s->legacy, LegacyChardev, i);

        if (l->use != LEGACY_SERIAL && l->use != LEGACY_DEBUGCON) {
            loc_push_restore(&l->loc);
            make_legacy_monitor(l, n++);
            loc_pop(&l->loc);
        }
    }
    qemu_opts_foreach(qemu_find_opts("mon"), make_monitor, NULL, &error_fatal);
}

/* What nobody asked for but is usual: a serial port, and on a terminal a
 * monitor beside it. */
static void add_default_chardevs(Startup *s)
{
    LegacyChardev serial = { .use = LEGACY_SERIAL, .spec = "null" };

    if (s->nodefaults || s->serial_given) {
        return;
    }
    loc_save(&serial.loc);
    if (s->nographic) {
        serial.spec = s->monitor_given ? "stdio" : "mon:stdio";
    }
    g_array_prepend_val(s->legacy, serial);
}

/* A NIC too, on machines that have a usual one; any -netdev, -nic or -net ends that. */
static void add_default_network(Startup *s)
{
    if (!s->nodefaults && net_nothing_asked() &&
        MACHINE_GET_CLASS(current_machine)->default_nic) {
        net_add_default();
    }
}

/* --- devices ---- */

static void make_devices(Startup *s)
{
    Error *err = NULL;

    for (unsigned i = 0; s->devices && i < s->devices->len; i++) {
        LateOption *d = &g_array_index(s->devices, LateOption, i);

        loc_push_restore(&d->loc);
        if (d->opts) {
            device_init_func(NULL, d->opts, &err);
        } else {
            device_init_json(d->json, &err);
        }
        startup_check(err);
        loc_pop(&d->loc);
    }
}

static void add_fw_cfg_files(void)
{
    QemuOptsList *list = &startup_fw_cfg_opts;

    if (!QTAILQ_EMPTY(&list->head)) {
        qemu_opts_foreach(list, parse_fw_cfg, fw_cfg_find(), &error_fatal);
    }
}

static void quit_now(void)
{
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_UI);
}

void startup_run(Startup *s)
{
    Error *err = NULL;

    prepare_process(s);
    memory_map_init();
    if (s->incoming) {
        migration_incoming_expect(s->incoming);
    }
    startup_create_machine(s);
    monitor_init_globals();
    qemu_chr_mux_set_quit(quit_now);
    add_default_chardevs(s);
    create_objects(s, false);
    make_chardevs();
    startup_configure_machine(s);
    startup_choose_accel(s);
    add_default_network(s);
    net_init_clients(&error_fatal);
    create_objects(s, true);
    make_serials(s);
    make_monitors(s);
    if (s->qtest && !qtest_server_init(s->qtest, s->qtest_log, &err)) {
        startup_fail(err);
    }
    machine_run_board_init(current_machine, s->mem_path, &err);
    startup_check(err);
    startup_make_nics();
    make_debugcons(s);
    make_devices(s);
    net_check_clients();
    qdev_machine_creation_finish();
    add_fw_cfg_files();         /* behind those of the machine */
}

void qemu_init(int argc, char **argv)
{
    static Startup s;
    Error *err = NULL;

    error_init(argv[0]);
    qemu_init_exec_dir(argv[0]);
    os_setup_early();
    module_call_init(MODULE_INIT_OPTS);
    module_call_init(MODULE_INIT_TRACE);
    module_call_init(MODULE_INIT_QOM);
    module_call_init(MODULE_INIT_MIGRATION);
    s.machine = json_object_new_object();
    s.legacy = g_array_new(false, false, sizeof(LegacyChardev));
    cli_parse(&s, argc, argv);
    startup_run(&s);
    if (!migration_incoming_begin_expected(&err)) {
        startup_fail(err);
    }
    if (!os_become_user(&err) || !sandbox_enter(&err)) {
        startup_fail(err);
    }
    os_ready();
    if (autostart && !migration_incoming_expected()) {
        vm_start();
    }
}

void qemu_cleanup(int status)
{
    migration_shutdown();
    vm_shutdown();
    net_cleanup();
    qtest_server_cleanup();
    monitor_cleanup();
    qemu_chr_cleanup();
    user_creatable_cleanup();
    qemu_log_close();
}

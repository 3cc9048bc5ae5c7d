/*
 * From the command line to the running machine: what the options collect
 * (vl.c), the table they stand in (cli.c), and the stages that carry them out
 * (startup.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_STARTUP_INTERNAL_H
#define SYSTEM_STARTUP_INTERNAL_H

#include <json-c/json.h>
#include "qemu/error-report.h"
#include "qemu/option.h"

/* An option whose turn comes later, with its place on the command line. */
typedef struct LateOption {
    Location loc;
    const char *text;           /* as given */
    QemuOpts *opts;             /* parsed, if it has a group */
    json_object *json;          /* parsed, if it was JSON */
} LateOption;

/* A chardev that -serial, -monitor or -qmp asks for. */
typedef struct LegacyChardev {
    enum { LEGACY_SERIAL, LEGACY_MONITOR, LEGACY_QMP, LEGACY_QMP_PRETTY,
           LEGACY_DEBUGCON } use;
    const char *spec;
    Location loc;
} LegacyChardev;

typedef struct Startup {
    json_object *machine;       /* merged -machine members, as strings */
    Location machine_loc;
    GArray *accels;             /* of LateOption: -accel */
    LateOption cpu;             /* text NULL: not given */
    LateOption memory, smp;
    Location boot_loc;          /* of -boot */
    GArray *devices;            /* of LateOption: -device */
    GArray *objects;            /* of LateOption: -object */
    GArray *legacy;             /* of LegacyChardev */
    bool monitor_given, serial_given, mem_prealloc;
    bool nographic, nodefaults, display_given;
    const char *kernel, *initrd, *append, *firmware, *mem_path;
    const char *qtest, *qtest_log;
    const char *incoming;
    const char *pidfile, *log_file, *log_items;
    bool daemonize;
    bool done;                  /* an option was a question: end with 0 */
} Startup;

/* --- cli.c --- */

typedef struct CliOption {
    const char *name;           /* without the dash; NULL: a heading */
    const char *alias;          /* another name, or NULL */
    const char *arg;            /* what -help calls its argument; NULL: none */
    const char *help;
    /* False with @errp set.  @arg is NULL where the option has none. */
    bool (*set)(Startup *s, const char *arg, Error **errp);
} CliOption;

/* vl.c and vl-run.c; each ends with an empty entry. */
extern const CliOption cli_machine_options[];
extern const CliOption cli_run_options[];

/* Options that act when they are read, from the command line or a file. */
bool startup_apply_action(QemuOpts *opts, Error **errp);
bool startup_apply_add_fd(QemuOpts *opts, Error **errp);
bool startup_apply_global(QemuOpts *opts, Error **errp);
bool startup_apply_msg(QemuOpts *opts, Error **errp);
bool startup_apply_name(QemuOpts *opts, Error **errp);
bool startup_apply_overcommit(QemuOpts *opts, Error **errp);
bool startup_apply_rtc(QemuOpts *opts, Error **errp);

/* Options of a group that keeps all it was given in one list. */
QemuOpts *cli_merge_opts(QemuOptsList *list, const char *arg,
                         const char *implied, Error **errp);

/* Take all of the command line; ends the program if something is wrong. */
void cli_parse(Startup *s, int argc, char **argv);
bool cli_print_help(Startup *s, const char *arg, Error **errp);
bool cli_print_version(Startup *s, const char *arg, Error **errp);

/* --- startup.c --- */

void startup_run(Startup *s);

/* --- startup-net.c --- */

/* The devices of -nic and -net nic; ends the program if one cannot be. */
void startup_make_nics(void);

/* --- os-posix.c --- */

/* -daemonize: go on in a child; the parent waits for os_ready(). */
void os_daemonize(void);
/* Start-up is over: the parent may end with 0, the terminal is let go of. */
void os_ready(void);
/* -runas: look the user up; and become it, when all is open that needs more. */
bool os_parse_user(const char *text, Error **errp);
bool os_become_user(Error **errp);
/* -sandbox: are its words legal; and give the system calls up. */
bool sandbox_check(Error **errp);
bool sandbox_enter(Error **errp);
/* Signals that end the program go to the main loop. */
bool os_setup_signals(Error **errp);
/* -pidfile, removed at exit. */
bool os_write_pidfile(const char *path, Error **errp);
/* Raise the limit of open files, ignore SIGPIPE. */
void os_setup_early(void);

/* --- startup-machine.c --- */

/* The class that -machine asks for; ends the program if there is none. */
void startup_create_machine(Startup *s);
void startup_configure_machine(Startup *s);
void startup_choose_accel(Startup *s);

/* Report @err and end with 1. */
void startup_fail(Error *err) QEMU_NORETURN;
#define startup_check(err) \
    do { \
        if (err) { \
            startup_fail(err); \
        } \
    } while (0)

#endif

/*
 * Reading the command line by the table of options, and -help from the same
 * table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "startup.h"

#define VERSION_LINE \
    "QEMU emulator version 7.2.0 (qemu-system 0.1.0, independent of QEMU)"

static const CliOption *const tables[] = {
    cli_machine_options, cli_run_options,
};

static const CliOption *find_option(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const CliOption *o = tables[i]; o->name || o->help; o++) {
            if (o->name && (strcmp(o->name, name) == 0 ||
                            (o->alias && strcmp(o->alias, name) == 0))) {
                return o;
            }
        }
    }
    return NULL;
}

bool cli_print_version(Startup *s, const char *arg, Error **errp)
{
    printf("%s\n", VERSION_LINE);
    s->done = true;
    return true;
}

static void print_option(const CliOption *o)
{
    g_autofree char *head = g_strdup_printf("-%s%s%s", o->name,
                                            o->arg ? " " : "",
                                            o->arg ? o->arg : "");
    g_auto(GStrv) lines = g_strsplit(o->help, "\n", -1);
    unsigned i = 0;

    if (strlen(head) < 16 && lines[0]) {
        printf("%-15s %s\n", head, lines[i++]);
    } else {
        printf("%s\n", head);
    }
    for (; lines[i]; i++) {
        printf("%-15s %s\n", "", lines[i]);
    }
    if (o->alias) {
        printf("%-15s short form: -%s\n", "", o->alias);
    }
}

static void print_table(const CliOption *table)
{
    for (const CliOption *o = table; o->name || o->help; o++) {
        if (o->name) {
            print_option(o);
        } else {
            printf("\n%s\n", o->help);
        }
    }
}

bool cli_print_help(Startup *s, const char *arg, Error **errp)
{
    printf("%s\nusage: %s [options]\n", VERSION_LINE, error_get_progname());
    print_table(cli_machine_options);
    print_table(cli_run_options);
    printf("\nWith -nographic or a multiplexed serial port, Ctrl-A h lists "
           "the keys.\n");
    s->done = true;
    return true;
}

/* One option and its argument; returns how many words it took. */
static int take_option(Startup *s, int argc, char **argv, int i)
{
    const char *name = argv[i] + 1;
    const CliOption *o;
    Error *err = NULL;

    if (name[0] == '-') {
        name++;             /* "--machine" is as good */
    }
    o = find_option(name);
    if (!o) {
        error_report("invalid option; -help lists what is legal");
        exit(1);
    }
    if (o->arg && i + 1 >= argc) {
        error_report("requires an argument");
        exit(1);
    }
    if (o->arg) {
        loc_set_cmdline(argv, i, 2);
    }
    if (!o->set(s, o->arg ? argv[i + 1] : NULL, &err)) {
        error_report_err(err);
        exit(1);
    }
    return o->arg ? 2 : 1;
}

void cli_parse(Startup *s, int argc, char **argv)
{
    Location loc = { 0 };

    loc_push_restore(&loc);
    for (int i = 1; i < argc;) {
        loc_set_cmdline(argv, i, 1);
        if (argv[i][0] != '-') {
            error_report("disk images are not supported; "
                         "options begin with '-'");
            exit(1);
        }
        i += take_option(s, argc, argv, i);
        if (s->done) {
            exit(0);
        }
    }
    loc_pop(&loc);
}

/*
 * Human monitors: a line comes in, its command is found in a table, and what
 * it prints goes out.  The tables are in hmp-cmds.c and hmp-info.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/error-report.h"
#include "trace.h"

typedef struct MonitorHMP {
    Monitor common;
    ReadLine *rl;           /* NULL: lines as they come */
    GString *line;          /* without editing: the line so far */
    int cpu_index;
    bool focus;             /* a multiplexer gives us the input */
    bool greeted;
} MonitorHMP;

int *hmp_cpu_index(Monitor *mon)
{
    static int without_monitor;

    return mon && !mon->is_qmp
           ? &container_of(mon, MonitorHMP, common)->cpu_index
           : &without_monitor;
}

GPtrArray *hmp_history(Monitor *mon)
{
    ReadLine *rl = container_of(mon, MonitorHMP, common)->rl;

    return rl ? readline_history(rl) : NULL;
}

bool hmp_handle_error(Monitor *mon, Error *err)
{
    if (!err) {
        return false;
    }
    error_reportf_err(err, "Error: ");
    return true;
}

/* --- finding and running --- */

static bool is_name(const char *names, const char *name, size_t len)
{
    while (names) {
        const char *bar = strchr(names, '|');
        size_t n = bar ? (size_t)(bar - names) : strlen(names);

        if (n == len && strncmp(names, name, len) == 0) {
            return true;
        }
        names = bar ? bar + 1 : NULL;
    }
    return false;
}

const HMPCommand *hmp_find(const HMPCommand *table, const char *name,
                           size_t len)
{
    for (; table->name; table++) {
        if (is_name(table->name, name, len)) {
            return table;
        }
    }
    return NULL;
}

static size_t word_length(const char *p)
{
    size_t n = 0;

    while (p[n] && !g_ascii_isspace(p[n]) && p[n] != '/') {
        n++;
    }
    return n;
}

static const char *after_space(const char *p)
{
    while (g_ascii_isspace(*p)) {
        p++;
    }
    return p;
}

void hmp_run_line(Monitor *mon, const char *line)
{
    const char *p = after_space(line), *start = p;
    const HMPCommand *cmd;
    json_object *args;
    Error *err = NULL;

    if (!*p) {
        return;
    }
    trace_handle_hmp_command(mon, line);
    cmd = hmp_find(hmp_commands, p, word_length(p));
    p += word_length(p);
    while (cmd && cmd->sub && *after_space(p)) {
        p = after_space(p);
        cmd = hmp_find(cmd->sub, p, word_length(p));
        p += word_length(p);
    }
    if (!cmd) {
        monitor_printf(mon, "unknown command: '%.*s'\n", (int)(p - start),
                       start);
        return;
    }
    if (!cmd->run) {
        hmp_print_help(mon, cmd->name);
        return;
    }
    args = hmp_parse_args(cmd->args, p, &err);
    if (!args) {
        monitor_printf(mon, "%.*s: %s\nTry \"help %.*s\" for more "
                       "information\n", (int)(p - start), start,
                       error_get_pretty(err), (int)(p - start), start);
        error_free(err);
        return;
    }
    cmd->run(mon, args);
    json_object_put(args);
}

/* --- help --- */

static void print_one(Monitor *mon, const char *prefix, const HMPCommand *cmd)
{
    monitor_printf(mon, "%s%s%s%s -- %s\n", prefix, cmd->name,
                   cmd->params && cmd->params[0] ? " " : "",
                   cmd->params ? cmd->params : "", cmd->help);
}

void hmp_print_help(Monitor *mon, const char *what)
{
    const char *p = what ? after_space(what) : "";
    const HMPCommand *cmd, *table = hmp_commands;
    GString *prefix = g_string_new(NULL);

    for (cmd = NULL; *p; p = after_space(p + word_length(p))) {
        if (cmd) {
            g_string_append_printf(prefix, "%s ", cmd->name);
        }
        cmd = table ? hmp_find(table, p, strcspn(p, " \t|")) : NULL;
        if (!cmd) {
            monitor_printf(mon, "unknown command: '%s'\n", what);
            g_string_free(prefix, true);
            return;
        }
        table = cmd->sub;
    }
    if (cmd && !cmd->sub) {
        print_one(mon, prefix->str, cmd);
    } else {
        if (cmd) {
            g_string_append_printf(prefix, "%s ", cmd->name);
        }
        for (; table->name; table++) {
            print_one(mon, prefix->str, table);
        }
    }
    g_string_free(prefix, true);
}

/* --- running for others --- */

char *hmp_run_to_string(const char *line, int cpu_index)
{
    MonitorHMP mon = { .cpu_index = cpu_index };
    Monitor *before;
    char *text;

    monitor_data_init(&mon.common, false);
    before = monitor_set_cur(&mon.common);
    hmp_run_line(&mon.common, line);
    monitor_set_cur(before);
    text = g_strdup(mon.common.out->str);
    monitor_data_destroy(&mon.common);
    return text;
}

/* --- a monitor on a chardev --- */

static void hmp_line_done(void *opaque, const char *line)
{
    MonitorHMP *mon = opaque;
    Monitor *before = monitor_set_cur(&mon->common);

    hmp_run_line(&mon->common, line);
    monitor_set_cur(before);
}

static void hmp_show(void *opaque, const char *text, size_t len)
{
    MonitorHMP *mon = opaque;

    monitor_write(&mon->common, text, len);
}

static GPtrArray *hmp_complete_line(void *opaque, const char *line)
{
    return hmp_complete(line);
}

static const ReadLineOps readline_ops = {
    .print = hmp_show,
    .line = hmp_line_done,
    .complete = hmp_complete_line,
};

static int hmp_can_read(void *opaque)
{
    MonitorHMP *mon = opaque;

    return monitor_may_read(&mon->common) ? CHR_READ_BUF_LEN : 0;
}

/* Without editing a line ends with either, and may be that long. */
#define PLAIN_LINE_MAX 65536

static void plain_byte(MonitorHMP *mon, uint8_t byte)
{
    if (byte != '\n' && byte != '\r') {
        if (mon->line->len < PLAIN_LINE_MAX) {
            g_string_append_c(mon->line, byte);
        }
        return;
    }
    hmp_line_done(mon, mon->line->str);
    g_string_truncate(mon->line, 0);
}

static void hmp_read(void *opaque, const uint8_t *buf, int size)
{
    MonitorHMP *mon = opaque;

    for (int i = 0; i < size; i++) {
        if (mon->rl) {
            readline_byte(mon->rl, buf[i]);
        } else {
            plain_byte(mon, buf[i]);
        }
    }
}

static void hmp_event(void *opaque, QEMUChrEvent event)
{
    MonitorHMP *mon = opaque;

    switch (event) {
    case CHR_EVENT_MUX_IN:
        mon->focus = true;
        break;
    case CHR_EVENT_MUX_OUT:
        mon->focus = false;
        return;
    case CHR_EVENT_OPENED:
        mon->greeted = false;
        break;
    default:
        return;
    }
    if (!mon->focus) {
        return;             /* a multiplexer's other user has the screen */
    }
    if (!mon->greeted) {
        mon->greeted = true;
        monitor_printf(&mon->common, "QEMU " EMU_QMP_VERSION " monitor - type "
                       "'help' for more information\n");
    } else {
        monitor_printf(&mon->common, "\n");
    }
    if (mon->rl) {
        readline_show(mon->rl);
    }
}

bool monitor_new_hmp(Chardev *chr, bool use_readline, Error **errp)
{
    MonitorHMP *mon = g_new0(MonitorHMP, 1);

    if (!qemu_chr_fe_init(&mon->common.chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    monitor_data_init(&mon->common, false);
    mon->focus = !object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_MUX);
    mon->line = g_string_new(NULL);
    if (use_readline) {
        mon->rl = readline_new(&readline_ops, mon, "(qemu) ");
    }
    monitor_list_append(&mon->common);
    /* on a multiplexer the others keep the input */
    qemu_chr_fe_set_handlers_full(&mon->common.chr, hmp_can_read, hmp_read,
                                  hmp_event, NULL, mon, NULL, true,
                                  mon->focus);
    return true;
}

void monitor_hmp_free(Monitor *common)
{
    MonitorHMP *mon = container_of(common, MonitorHMP, common);

    monitor_data_destroy(common);
    readline_free(mon->rl);
    g_string_free(mon->line, true);
    g_free(mon);
}

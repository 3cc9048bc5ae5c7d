/*
 * Trace events at run time: the list of groups, patterns, lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/help_option.h"
#include "qemu/log.h"
#include "qemu/option.h"
#include "qemu/thread.h"
#include "qemu/trace.h"

static TraceEventGroup *trace_groups;

void trace_register_group(TraceEventGroup *group)
{
    group->next = trace_groups;
    trace_groups = group;
}

void trace_emit(const TraceEvent *ev, const char *fmt, ...)
{
    g_autoptr(GString) line = g_string_new(ev->name);
    va_list ap;

    g_string_append_c(line, ' ');
    va_start(ap, fmt);
    g_string_append_vprintf(line, fmt, ap);
    va_end(ap);
    if (message_with_timestamp) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();

        qemu_log("%d@%" PRId64 ".%06d:%s\n", qemu_get_thread_id(),
                 g_date_time_to_unix(now), g_date_time_get_microsecond(now),
                 line->str);
    } else {
        qemu_log("%s\n", line->str);
    }
}

void trace_foreach_event(const char *pattern,
                         void (*fn)(TraceEvent *ev, void *opaque),
                         void *opaque)
{
    for (TraceEventGroup *g = trace_groups; g; g = g->next) {
        for (unsigned i = 0; i < g->count; i++) {
            if (!pattern ||
                g_pattern_match_simple(pattern, g->events[i]->name)) {
                fn(g->events[i], opaque);
            }
        }
    }
}

static void count_event(TraceEvent *ev, void *opaque)
{
    ++*(unsigned *)opaque;
}

bool trace_event_known(const char *name, Error **errp)
{
    unsigned count = 0;

    trace_foreach_event(name, count_event, &count);
    if (count == 0 && !strpbrk(name, "*?")) {
        error_setg(errp, "unknown event \"%s\"", name);
        return false;
    }
    return true;
}

typedef struct SetEvents {
    bool enable;
    unsigned count;
} SetEvents;

static void set_event(TraceEvent *ev, void *opaque)
{
    SetEvents *set = opaque;

    qatomic_set(&ev->enabled, set->enable);
    set->count++;
}

bool trace_is_help(const char *pattern)
{
    return is_help_option(pattern);
}

unsigned trace_enable_events(const char *pattern)
{
    SetEvents set = { .enable = *pattern != '-' };

    trace_foreach_event(pattern + !set.enable, set_event, &set);
    if (!set.count) {
        warn_report("trace event '%s' does not exist", pattern + !set.enable);
    }
    return set.count;
}

static void list_event(TraceEvent *ev, void *opaque)
{
    g_ptr_array_add(opaque, (char *)ev->name);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *trace_event_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    trace_foreach_event(NULL, list_event, names);
    g_ptr_array_sort(names, by_name);
    return names;
}

void trace_list_events(FILE *f)
{
    g_autoptr(GPtrArray) names = trace_event_names();

    for (unsigned i = 0; i < names->len; i++) {
        fprintf(f, "%s\n", (char *)names->pdata[i]);
    }
}

bool trace_enable_events_file(const char *fname, Error **errp)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) err = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(fname, &text, NULL, &err)) {
        error_setg(errp, "Cannot read trace events from '%s': %s",
                   fname, err->message);
        return false;
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_strstrip(*line);
        if (**line && **line != '#') {
            trace_enable_events(*line);
        }
    }
    return true;
}

bool trace_opt_parse(const char *optarg, bool *help, Error **errp)
{
    static QemuOptsList trace_opts = {
        .name = "trace",
        .implied_opt_name = "enable",
        .head = QTAILQ_HEAD_INITIALIZER(trace_opts.head),
        .desc = {
            { .name = "enable", .help = "events to turn on: a pattern" },
            { .name = "events", .help = "file of patterns" },
            { .name = "file", .help = "where to write" },
            { /* end */ }
        },
    };
    g_autoptr(QemuOpts) opts = NULL;
    const char *value;

    *help = has_help_option(optarg);
    if (*help) {
        trace_list_events(stdout);
        return true;
    }
    opts = qemu_opts_parse(&trace_opts, optarg, true, errp);
    if (!opts) {
        return false;
    }
    if ((value = qemu_opt_get(opts, "file")) &&
        !qemu_set_log_filename(value, errp)) {
        return false;
    }
    if ((value = qemu_opt_get(opts, "events")) &&
        !trace_enable_events_file(value, errp)) {
        return false;
    }
    if ((value = qemu_opt_get(opts, "enable"))) {
        trace_enable_events(value);
    }
    return true;
}

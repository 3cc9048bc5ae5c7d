/*
 * Messages to the user and the places they are about.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"

typedef enum { REPORT_ERROR, REPORT_WARNING, REPORT_INFO } ReportKind;

bool message_with_timestamp;
bool error_with_guestname;
const char *error_guest_name;
int (*error_vprintf_hook)(const char *fmt, va_list ap);
bool (*error_monitor_hook)(void);

static const char *progname;
static __thread Location bottom_loc;
static __thread Location *top_loc;      /* NULL: bottom_loc */

static Location *loc_top(void)
{
    return top_loc ? top_loc : &bottom_loc;
}

Location *loc_push_restore(Location *loc)
{
    loc->prev = loc_top();
    top_loc = loc;
    return loc;
}

Location *loc_push_none(Location *loc)
{
    *loc = (Location){ .kind = LOC_NONE };
    return loc_push_restore(loc);
}

Location *loc_pop(Location *loc)
{
    g_assert(top_loc == loc && loc->prev);
    top_loc = loc->prev;
    loc->prev = NULL;
    return loc;
}

Location *loc_save(Location *loc)
{
    *loc = *loc_top();
    loc->prev = NULL;
    return loc;
}

void loc_restore(Location *loc)
{
    Location *top = loc_top();
    Location *below = top->prev;

    *top = *loc;
    top->prev = below;
}

void loc_set_none(void)
{
    loc_restore(&(Location){ .kind = LOC_NONE });
}

void loc_set_cmdline(char **argv, int idx, int cnt)
{
    loc_restore(&(Location){
        .kind = LOC_CMDLINE, .num = cnt, .ptr = argv + idx,
    });
}

void loc_set_file(const char *fname, int lno)
{
    Location *top = loc_top();
    const void *name = fname;

    if (!name && top->kind == LOC_FILE) {
        name = top->ptr;
    }
    loc_restore(&(Location){ .kind = LOC_FILE, .num = lno, .ptr = name });
}

void error_init(const char *argv0)
{
    const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

    progname = slash ? slash + 1 : argv0;
}

const char *error_get_progname(void)
{
    return progname;
}

int error_vprintf(const char *fmt, va_list ap)
{
    if (error_vprintf_hook) {
        va_list again;
        int n;

        va_copy(again, ap);
        n = error_vprintf_hook(fmt, again);
        va_end(again);
        if (n >= 0) {
            return n;
        }
    }
    return vfprintf(stderr, fmt, ap);
}

int error_printf(const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = error_vprintf(fmt, ap);
    va_end(ap);
    return n;
}

static bool on_monitor(void)
{
    return error_monitor_hook && error_monitor_hook();
}

/* The words of a location: "-device foo: ", "file:3: ", or nothing. */
static void loc_append(GString *out, const Location *loc)
{
    const char *const *words = loc->ptr;

    switch (loc->kind) {
    case LOC_CMDLINE:
        for (int i = 0; i < loc->num; i++) {
            g_string_append_printf(out, i ? " %s" : "%s", words[i]);
        }
        g_string_append(out, ": ");
        break;
    case LOC_FILE:
        g_string_append_printf(out, "%s:", (const char *)loc->ptr);
        if (loc->num) {
            g_string_append_printf(out, "%d:", loc->num);
        }
        g_string_append_c(out, ' ');
        break;
    case LOC_NONE:
        break;
    }
}

static void prefix_append(GString *out)
{
    if (progname && !on_monitor()) {
        g_string_append_printf(out, "%s: ", progname);
    }
    loc_append(out, loc_top());
}

void error_print_loc(void)
{
    g_autoptr(GString) out = g_string_new(NULL);

    prefix_append(out);
    error_printf("%s", out->str);
}

static void stamp_append(GString *out)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");

    g_string_append_printf(out, "%s.%06dZ ", text,
                           g_date_time_get_microsecond(now));
}

/* One line, written by one call so that threads do not mix theirs. */
static void vreport(ReportKind kind, const char *fmt, va_list ap)
{
    static const char *const words[] = {
        [REPORT_ERROR] = "", [REPORT_WARNING] = "warning: ",
        [REPORT_INFO] = "info: ",
    };
    g_autoptr(GString) out = g_string_new(NULL);
    int keep_errno = errno;

    if (message_with_timestamp && !on_monitor()) {
        stamp_append(out);
    }
    if (error_with_guestname && error_guest_name && !on_monitor()) {
        g_string_append_printf(out, "%s ", error_guest_name);
    }
    prefix_append(out);
    g_string_append(out, words[kind]);
    errno = keep_errno;
    g_string_append_vprintf(out, fmt, ap);
    error_printf("%s\n", out->str);
    errno = keep_errno;
}

void error_vreport(const char *fmt, va_list ap)
{
    vreport(REPORT_ERROR, fmt, ap);
}

void warn_vreport(const char *fmt, va_list ap)
{
    vreport(REPORT_WARNING, fmt, ap);
}

void info_vreport(const char *fmt, va_list ap)
{
    vreport(REPORT_INFO, fmt, ap);
}

#define REPORT_BODY(kind)                       \
    do {                                        \
        va_list ap;                             \
                                                \
        va_start(ap, fmt);                      \
        vreport(kind, fmt, ap);                 \
        va_end(ap);                             \
    } while (0)

void error_report(const char *fmt, ...)
{
    REPORT_BODY(REPORT_ERROR);
}

void warn_report(const char *fmt, ...)
{
    REPORT_BODY(REPORT_WARNING);
}

void info_report(const char *fmt, ...)
{
    REPORT_BODY(REPORT_INFO);
}

bool error_report_once_cond(bool *printed, const char *fmt, ...)
{
    bool first = !*printed;

    *printed = true;
    if (first) {
        REPORT_BODY(REPORT_ERROR);
    }
    return first;
}

bool warn_report_once_cond(bool *printed, const char *fmt, ...)
{
    bool first = !*printed;

    *printed = true;
    if (first) {
        REPORT_BODY(REPORT_WARNING);
    }
    return first;
}

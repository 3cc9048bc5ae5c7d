/*
 * Unit tests of trace events and the log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "trace/trace-test.h"

static char *log_path;

static void log_start(void)
{
    int fd = g_file_open_tmp("log-XXXXXX", &log_path, NULL);

    close(fd);
    qemu_set_log_filename(log_path, &error_abort);
}

static void log_expect(const char *text)
{
    g_autofree char *got = NULL;

    qemu_log_close();
    g_assert_true(g_file_get_contents(log_path, &got, NULL, NULL));
    g_assert_cmpstr(got, ==, text);
    g_unlink(log_path);
    g_clear_pointer(&log_path, g_free);
}

static int evaluated;

static unsigned costly(void)
{
    return ++evaluated;
}

static void events_are_off_until_asked_for(void)
{
    log_start();
    trace_test_plain();
    g_assert_cmpint(trace_enable_events("test_*"), ==, 2);
    trace_test_plain();
    trace_test_args("x", 0x1000, 4);
    trace_test_disabled(costly());
    g_assert_cmpint(trace_enable_events("-test_plain"), ==, 1);
    trace_test_plain();
    trace_enable_events("-*");
    trace_test_args("y", 0, 0);
    log_expect("test_plain nothing to say\ntest_args x at 0x1000 size 4\n");
}

static void options_choose_events(void)
{
    Error *err = NULL;
    bool help;

    log_start();
    g_assert_true(trace_opt_parse("test_pl*", &help, &error_abort));
    g_assert_false(help);
    trace_test_plain();
    trace_enable_events("-*");
    log_expect("test_plain nothing to say\n");
    g_assert_false(trace_opt_parse("enable=x,foo=1", &help, &err));
    error_free_or_abort(&err);
    g_assert_false(trace_opt_parse("events=/nonexistent/file", &help, &err));
    error_free_or_abort(&err);
}

static void log_items(void)
{
    int mask = qemu_str_to_log_mask("unimp,guest_errors");

    g_assert_cmphex(mask, ==, LOG_UNIMP | LOG_GUEST_ERROR);
    g_assert_cmphex(qemu_str_to_log_mask("unimp,nonsense"), ==, 0);
    log_start();
    qemu_log_mask(LOG_GUEST_ERROR, "%u\n", costly());
    g_assert_cmpint(evaluated, ==, 1);      /* by the disabled event only */
    qemu_set_log(mask, &error_abort);
    qemu_log_mask(LOG_GUEST_ERROR, "bad %d\n", 5);
    qemu_log_mask(CPU_LOG_EXEC, "not this\n");
    qemu_set_log(0, &error_abort);
    log_expect("bad 5\n");
    g_assert_false(qemu_set_log_filename("a%d%d", NULL));
    g_assert_false(qemu_set_log_filename("/nonexistent/x", NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace/events-are-off-until-asked-for",
                    events_are_off_until_asked_for);
    g_test_add_func("/trace/options-choose-events", options_choose_events);
    g_test_add_func("/log/items", log_items);
    return g_test_run();
}

/*
 * Unit tests of errors, locations and reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

static GString *printed;

static int G_PRINTF(1, 0) capture(const char *fmt, va_list ap)
{
    g_string_append_vprintf(printed, fmt, ap);
    return 0;
}

static void capture_start(void)
{
    printed = g_string_new(NULL);
    error_vprintf_hook = capture;
}

static void capture_expect(const char *text)
{
    error_vprintf_hook = NULL;
    g_assert_cmpstr(printed->str, ==, text);
    g_string_free(printed, true);
}

static bool fail(const char *what, Error **errp)
{
    error_setg(errp, "%s is wrong", what);
    return false;
}

static bool fail_with_more(Error **errp)
{
    ERRP_GUARD();

    if (!fail("it", errp)) {
        error_prepend(errp, "foo: ");
        error_append_hint(errp, "Try %s\n", "again");
        return false;
    }
    return true;
}

static void set_and_ask(void)
{
    g_autoptr(Error) err = NULL;

    errno = EPERM;
    error_set(&err, ERROR_CLASS_DEVICE_NOT_FOUND, "no '%s'", "x");
    g_assert_cmpint(errno, ==, EPERM);
    g_assert_cmpstr(error_get_pretty(err), ==, "no 'x'");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    g_assert_cmpstr(QapiErrorClass_str(error_get_class(err)), ==,
                    "DeviceNotFound");
    g_assert_null(error_get_hint(err));
}

static void errno_is_appended(void)
{
    Error *err = NULL;

    error_setg_errno(&err, ENOENT, "open");
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "open: No such file or directory");
    error_free_or_abort(&err);
    error_setg_errno(&err, 0, "open");
    g_assert_cmpstr(error_get_pretty(err), ==, "open");
    error_free_or_abort(&err);
}

static void propagate_keeps_the_first(void)
{
    Error *first = NULL, *second = NULL;

    fail("a", &first);
    fail("b", &second);
    error_propagate(&first, second);
    g_assert_cmpstr(error_get_pretty(first), ==, "a is wrong");
    second = error_copy(first);
    error_free(first);
    first = NULL;
    error_propagate_prepend(&first, second, "%d: ", 7);
    g_assert_cmpstr(error_get_pretty(first), ==, "7: a is wrong");
    error_free(first);
    error_propagate(NULL, NULL);
}

static void guard_adds_to_what_the_caller_gets(void)
{
    Error *err = NULL;

    g_assert_false(fail_with_more(&err));
    g_assert_cmpstr(error_get_pretty(err), ==, "foo: it is wrong");
    g_assert_cmpstr(error_get_hint(err), ==, "Try again\n");
    error_free(err);
    g_assert_false(fail_with_more(NULL));
}

static void fatal_exits_with_status_1(void)
{
    if (g_test_subprocess()) {
        error_init("/usr/bin/emu");
        fail_with_more(&error_fatal);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("emu: foo: it is wrong\nTry again\n");
}

static void abort_names_the_place(void)
{
    if (g_test_subprocess()) {
        fail("it", &error_abort);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("Unexpected error in fail() at *test-error.c*\n"
                              "*it is wrong\n");
}

static void report_names_program_and_location(void)
{
    char *argv[] = { (char *)"x", (char *)"-device", (char *)"foo" };
    Location outer, inner, kept;

    error_init("/a/b/emu");
    capture_start();
    loc_push_none(&outer);
    loc_set_cmdline(argv, 1, 2);
    error_report("bad %d", 1);
    loc_push_none(&inner);
    loc_set_file("f.cfg", 3);
    loc_save(&kept);
    warn_report("odd");
    loc_set_file(NULL, 0);
    info_report("so");
    loc_pop(&inner);
    loc_restore(&kept);
    error_report("kept");
    loc_set_none();
    error_report("none");
    loc_pop(&outer);
    capture_expect("emu: -device foo: bad 1\n"
                   "emu: f.cfg:3: warning: odd\n"
                   "emu: f.cfg: info: so\n"
                   "emu: f.cfg:3: kept\n"
                   "emu: none\n");
    error_init(NULL);
}

static void once_is_once(void)
{
    capture_start();
    for (int i = 0; i < 3; i++) {
        warn_report_once("n %d", i);
    }
    capture_expect("warning: n 0\n");
}

static void timestamp_comes_first(void)
{
    capture_start();
    message_with_timestamp = true;
    error_report("x");
    message_with_timestamp = false;
    g_assert_true(g_regex_match_simple(
        "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z x\n$",
        printed->str, 0, 0));
    error_vprintf_hook = NULL;
    g_string_free(printed, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/set-and-ask", set_and_ask);
    g_test_add_func("/error/errno-is-appended", errno_is_appended);
    g_test_add_func("/error/propagate-keeps-the-first",
                    propagate_keeps_the_first);
    g_test_add_func("/error/guard-adds-to-what-the-caller-gets",
                    guard_adds_to_what_the_caller_gets);
    g_test_add_func("/error/fatal-exits-with-status-1",
                    fatal_exits_with_status_1);
    g_test_add_func("/error/abort-names-the-place", abort_names_the_place);
    g_test_add_func("/error/report-names-program-and-location",
                    report_names_program_and_location);
    g_test_add_func("/error/once-is-once", once_is_once);
    g_test_add_func("/error/timestamp-comes-first", timestamp_comes_first);
    return g_test_run();
}

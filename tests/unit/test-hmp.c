/*
 * Tests of the human monitor's parts that need no machine: arguments,
 * expressions, line editing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor/monitor-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"

static void expect_args(const char *spec, const char *line, const char *json)
{
    json_object *args = hmp_parse_args(spec, line, &error_abort);
    g_autofree char *text = json_to_text(args, false);

    g_assert_cmpstr(text, ==, json);
    json_object_put(args);
}

static void expect_bad_args(const char *spec, const char *line,
                            const char *message)
{
    Error *err = NULL;

    g_assert_null(hmp_parse_args(spec, line, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
}

static void test_args(void)
{
    expect_args("", "  ", "{}");
    expect_args("a:s,b:s?", " one", "{\"a\": \"one\"}");
    expect_args("a:s,b:s?", "\"o \\\"n\\\" e\" two ",
                "{\"a\": \"o \\\"n\\\" e\", \"b\": \"two\"}");
    expect_args("a:s,rest:S", "x y z=1", "{\"a\": \"x\", \"rest\": \"y z=1\"}");
    expect_args("f:-f,g:-g,p:s?", "-g path", "{\"g\": true, \"p\": \"path\"}");
    expect_args("up:b", "off", "{\"up\": false}");
    expect_args("fmt:/,addr:i", " /16xb 0x10+2*3",
                "{\"count\": 16, \"format\": \"x\", \"size\": \"b\", "
                "\"addr\": 22}");
    expect_bad_args("", "x", "extraneous characters at the end of line");
    expect_bad_args("a:s", "", "a is missing");
    expect_bad_args("up:b", "maybe", "Expected 'on' or 'off' for up");
    expect_bad_args("a:s", "\"open", "unterminated string");
    expect_bad_args("a:s", "\"\\q\"", "unsupported escape code: '\\q'");
    expect_bad_args("a:i", "zz", "invalid char 'z' in expression");
    expect_bad_args("a:i", "1/0", "division by zero");
    expect_bad_args("a:i", "(1", "')' expected");
}

static void expect_value(const char *text, int64_t expected)
{
    const char *end;
    int64_t value;

    g_assert_true(hmp_eval(text, &end, &value, &error_abort));
    g_assert_cmpstr(end, ==, "");
    g_assert_cmpint(value, ==, expected);
}

static void test_expressions(void)
{
    expect_value("1 + 2 * 3", 7);
    expect_value("(1 + 2) * 3", 9);
    expect_value("10 - 2 - 3", 5);
    expect_value("-(-5)", 5);
    expect_value("0xff & ~0xf", 0xf0);
    expect_value("1 | 6 ^ 2", 5);
    expect_value("17 % 5", 2);
    expect_value("0xffffffffffffffff", -1);
}

/* --- line editing --- */

static GString *screen;
static GPtrArray *lines;

static void show(void *opaque, const char *text, size_t len)
{
    g_string_append_len(screen, text, len);
}

static void take_line(void *opaque, const char *line)
{
    g_ptr_array_add(lines, g_strdup(line));
}

static GPtrArray *complete(void *opaque, const char *line)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    const char *space = strrchr(line, ' ');
    const char *word = space ? space + 1 : line;
    static const char *const all[] = { "network", "netdev", "qtree" };

    for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
        if (g_str_has_prefix(all[i], word)) {
            g_ptr_array_add(found, g_strdup(all[i]));
        }
    }
    return found;
}

static void type(const char *keys, const char *expected)
{
    static const ReadLineOps ops = { show, take_line, complete };
    ReadLine *rl = readline_new(&ops, NULL, "> ");

    screen = g_string_new(NULL);
    lines = g_ptr_array_new_with_free_func(g_free);
    for (const char *p = keys; *p; p++) {
        readline_byte(rl, *p);
    }
    g_assert_cmpuint(lines->len, >, 0);
    g_assert_cmpstr(g_ptr_array_index(lines, lines->len - 1), ==, expected);
    g_ptr_array_unref(lines);
    g_string_free(screen, true);
    readline_free(rl);
}

static void test_editing(void)
{
    type("abc\r", "abc");
    type("abc\177\177X\n", "aX");
    type("bc\001a\r", "abc");
    type("ac\033[Db\r", "abc");
    type("ac\002b\r", "abc");
    type("\033[D\033[C\177x\r", "x");
    type("abc\033[H\033[3~\r", "bc");
    type("one two\027three\r", "one three");
    type("abc\025xyz\r", "xyz");
    type("abc\001\013xyz\r", "xyz");
    type("\033[99;99qabc\033OD\033OFd\r", "abcd");
}

static void test_history(void)
{
    type("first\rsecond\r\033[A\033[A\r", "first");
    type("first\rsecond\r\020\020\016\r", "second");
    type("first\rty\033[A\033[Bped\r", "typed");
    type("a\ra\rb\r\033[A\033[A\r", "a");
    type("x\033[A\033[A\033[B\r", "x");
}

static void test_completion(void)
{
    type("info q\t\r", "info qtree ");
    type("info n\tw\t\r", "info network ");
    type("info netw\t\r", "info network ");
    type("zz\t\r", "zz");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hmp/arguments", test_args);
    g_test_add_func("/hmp/expressions", test_expressions);
    g_test_add_func("/readline/editing", test_editing);
    g_test_add_func("/readline/history", test_history);
    g_test_add_func("/readline/completion", test_completion);
    return g_test_run();
}

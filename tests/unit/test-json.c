/*
 * Unit tests of JSON streams and text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"

/* What a stream gives: texts of values, "!" for errors, one after another. */
static void collect(void *opaque, struct json_object *value, Error *err)
{
    GString *got = opaque;

    if (err) {
        g_test_message("%s", error_get_pretty(err));
        g_string_append(got, "!;");
        error_free(err);
        return;
    }
    json_append(got, value);
    g_string_append_c(got, ';');
    json_object_put(value);
}

static char *run(const char *text, size_t len, size_t step)
{
    GString *got = g_string_new(NULL);
    JsonStream *s = json_stream_new(collect, got);

    for (size_t at = 0; at < len; at += step) {
        json_stream_feed(s, text + at, MIN(step, len - at));
    }
    json_stream_flush(s);
    json_stream_free(s);
    return g_string_free(got, false);
}

static const struct {
    const char *text, *got;
} cases[] = {
    { "{}", "{};" },
    { "{\"a\":1}{\"b\":[2,3]}\r\n", "{\"a\": 1};{\"b\": [2, 3]};" },
    { "{'a':'it\\'s \"x\"'}", "{\"a\": \"it's \\\"x\\\"\"};" },
    { "[true,false,null,-1.5e3,\"\\u00e9\"]",
      "[true, false, null, -1.5e3, \"\\u00E9\"];" },
    { "{\n \"a\" :\n {\n }\n}\n", "{\"a\": {}};" },
    { "1 2\n'x'", "1;2;\"x\";" },
    { "null", "null;" },
    { "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\";" },
    { "18446744073709551615", "18446744073709551615;" },
    { "  \n\t\r ", "" },
    /* errors, and that the next line is read again */
    { "{]\n{}", "!;{};" },
    { "}\n{}", "!;{};" },
    { "{'a':1,}\n{}", "!;{};" },
    { "{'a':1,'a':2}\n{}", "!;{};" },
    { "{'a' 1}{}", "!;{};" },
    { "{1:2}{}", "!;{};" },
    { "[1 2]{}", "!;{};" },
    { "[,]{}", "!;{};" },
    { "{'a\n':1}\n{}", "!;!;{};" },
    { "True\n{}", "!;{};" },
    { "NaN\n{}", "!;{};" },
    { "[-Infinity]\n{}", "!;{};" },
    { "[1] /* c */\n{}", "[1];!;{};" },
    { "\xff{}", "!;{};" },
    { "{'a':\xff{}", "!;{};" },
    { "\a\n{}", "!;{};" },
    { "'\xc3\x28' {}", "!;{};" },
    { "{'unfinished': ", "!;" },
    { "nul", "!;" },
    { "a:b\n{}", "!;{};" },
    { "[01]\n{}", "!;{};" },
    { "'\\q'\n{}", "!;{};" },
};

static void values_and_errors(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t len = strlen(cases[i].text);
        g_autofree char *whole = run(cases[i].text, len, len ? len : 1);
        g_autofree char *bytes = run(cases[i].text, len, 1);
        g_autofree char *shown = g_strescape(cases[i].text, NULL);

        g_test_message("%s", shown);
        g_assert_cmpstr(whole, ==, cases[i].got);
        g_assert_cmpstr(bytes, ==, cases[i].got);
    }
}

static void depth_has_a_limit(void)
{
    for (int depth = JSON_MAX_DEPTH; depth <= JSON_MAX_DEPTH + 1; depth++) {
        GString *text = g_string_new(NULL);
        g_autofree char *got = NULL;

        for (int i = 0; i < depth; i++) {
            g_string_append_c(text, '[');
        }
        for (int i = 0; i < depth; i++) {
            g_string_append_c(text, ']');
        }
        g_string_append(text, "\n7");
        got = run(text->str, text->len, 100);
        g_assert_true(g_str_has_suffix(got, ";7;"));
        g_assert_cmpint(got[0], ==, depth <= JSON_MAX_DEPTH ? '[' : '!');
        g_string_free(text, true);
    }
}

static void one_value(void)
{
    struct json_object *obj = NULL;
    Error *err = NULL;

    g_assert_true(json_parse(" {'a': [1]} ", &obj, &error_abort));
    json_object_put(obj);
    g_assert_true(json_parse("null", &obj, &error_abort));
    g_assert_null(obj);
    g_assert_false(json_parse("", &obj, &err));
    error_free_or_abort(&err);
    g_assert_false(json_parse("1 2", &obj, &err));
    error_free_or_abort(&err);
    g_assert_false(json_parse("{'a':1} x", &obj, &err));
    error_free_or_abort(&err);
}

static void text_has_qmp_spacing(void)
{
    struct json_object *obj = NULL;
    g_autofree char *flat = NULL, *pretty = NULL;

    json_parse("{'return':{},'l':[],'t':'a\\tb\\u0001/','d':0.5}", &obj,
               &error_abort);
    flat = json_to_text(obj, false);
    pretty = json_to_text(obj, true);
    g_assert_cmpstr(flat, ==, "{\"return\": {}, \"l\": [],"
                    " \"t\": \"a\\tb\\u0001/\", \"d\": 0.5}");
    g_assert_cmpstr(pretty, ==, "{\n    \"return\": {},\n    \"l\": [],\n"
                    "    \"t\": \"a\\tb\\u0001/\",\n    \"d\": 0.5\n}");
    json_object_put(obj);
}

static void bad_utf8_is_replaced(void)
{
    GString *out = g_string_new(NULL);

    json_append_quoted(out, "a\xff\x7f\xe2\x82\xac");
    g_assert_cmpstr(out->str, ==, "\"a\\uFFFD\\u007F\\u20AC\"");
    g_string_free(out, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values-and-errors", values_and_errors);
    g_test_add_func("/json/depth-has-a-limit", depth_has_a_limit);
    g_test_add_func("/json/one-value", one_value);
    g_test_add_func("/json/text-has-qmp-spacing", text_has_qmp_spacing);
    g_test_add_func("/json/bad-utf8-is-replaced", bad_utf8_is_replaced);
    return g_test_run();
}

/*
 * Tests of the tables that scripts/qapi-gen.py makes: checks of arguments with
 * their messages, command line forms, dispatch, and the introspection text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/json.h"
#include "qapi/schema.h"
#include "monitor/monitor-internal.h"
#include "test_qapi-commands.h"

extern const QapiCommand test_qapi_commands[];
extern const unsigned test_qapi_commands_count;
extern const char *const test_qapi_events[];
extern const char *const test_qapi_introspection[];

json_object *qmp_draw(json_object *args, Error **errp)
{
    return NULL;
}

json_object *qmp_open(json_object *args, Error **errp)
{
    error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "no '%s'",
              json_get_str(args, "driver"));
    return NULL;
}

json_object *qmp_qmp_capabilities(json_object *args, Error **errp)
{
    return NULL;
}

json_object *qmp_quick(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();

    json_object_array_add(list, json_object_new_string("red"));
    return list;
}

static json_object *parse(const char *text)
{
    json_object *value = NULL;

    g_assert_true(json_parse(text, &value, &error_abort));
    return value;
}

/* The answer to @request as text. */
static char *ask(const char *request, bool ready, bool oob)
{
    json_object *req = parse(request);
    json_object *answer = qmp_dispatch(test_qapi_commands,
                                       test_qapi_commands_count, req, ready,
                                       oob);
    char *text = json_to_text(answer, false);

    json_object_put(answer);
    json_object_put(req);
    return text;
}

static void expect_answer(const char *request, bool ready, bool oob,
                          const char *expected)
{
    g_autofree char *text = ask(request, ready, oob);

    g_assert_cmpstr(text, ==, expected);
}

static void expect_error(const char *args, const char *desc)
{
    g_autofree char *request = g_strdup_printf(
        "{'execute': 'draw', 'arguments': %s}", args);
    g_autofree char *text = ask(request, true, false);
    json_object *answer = parse(text);
    json_object *error = json_get(answer, "error");

    g_assert_nonnull(error);
    g_assert_cmpstr(json_get_str(error, "class"), ==, "GenericError");
    g_assert_cmpstr(json_get_str(error, "desc"), ==, desc);
    json_object_put(answer);
}

static void test_arguments_that_fit(void)
{
    static const char *const good[] = {
        "{}",
        "{'points': []}",
        "{'points': [{'id': 'a', 'x': -1}, {'id': 'b', 'x': 1, 'y': 255}]}",
        "{'thing': {'colour': 'red', 'depth': 18446744073709551615}}",
        "{'thing': {'colour': 'green', 'note': 'n'}}",
        "{'alt': 'text'}",
        "{'alt': {'id': 'a', 'x': 1}}",
        "{'any': null, 'flag': true, 'num': 1.5}",
        "{'any': [1, {}], 'num': 1}",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
        g_autofree char *request = g_strdup_printf(
            "{'execute': 'draw', 'arguments': %s}", good[i]);

        expect_answer(request, true, false, "{\"return\": {}}");
    }
}

static void test_arguments_that_do_not_fit(void)
{
    expect_error("{'flag': 1}",
                 "Invalid parameter type for 'flag', expected: boolean");
    expect_error("{'num': 'a'}",
                 "Invalid parameter type for 'num', expected: number");
    expect_error("{'points': {}}",
                 "Invalid parameter type for 'points', expected: array");
    expect_error("{'points': [1]}",
                 "Invalid parameter type for 'points[0]', expected: object");
    expect_error("{'points': [{'x': 1}]}",
                 "Parameter 'points[0].id' is missing");
    expect_error("{'points': [{'id': 'a', 'x': 2147483648}]}",
                 "Parameter 'points[0].x' expects int32_t");
    expect_error("{'points': [{'id': 'a', 'x': 1, 'y': -1}]}",
                 "Parameter 'points[0].y' expects uint8_t");
    expect_error("{'points': [{'id': 'a', 'x': 1.5}]}",
                 "Invalid parameter type for 'points[0].x', expected: "
                 "integer");
    expect_error("{'points': [{'id': 'a', 'x': 1, 'z': 1}]}",
                 "Parameter 'points[0].z' is unexpected");
    expect_error("{'thing': {'colour': 'blue'}}",
                 "Parameter 'thing.colour' does not accept value 'blue'");
    expect_error("{'thing': {'colour': 'red'}}",
                 "Parameter 'thing.depth' is missing");
    expect_error("{'thing': {'colour': 'green', 'depth': 1}}",
                 "Parameter 'thing.depth' is unexpected");
    expect_error("{'thing': {}}", "Parameter 'thing.colour' is missing");
    expect_error("{'alt': 1}",
                 "Invalid parameter type for 'alt', expected: TextOrPoint");
    expect_error("{'more': 1}", "Parameter 'more' is unexpected");
}

static void test_envelope(void)
{
    expect_answer("[1]", true, false, "{\"error\": {\"class\": "
                  "\"GenericError\", \"desc\": \"QMP input must be a JSON "
                  "object\"}}");
    expect_answer("{'id': [1, {}]}", true, false, "{\"error\": {\"class\": "
                  "\"GenericError\", \"desc\": \"QMP input lacks member "
                  "'execute'\"}, \"id\": [1, {}]}");
    expect_answer("{'execute': 1}", true, false, "{\"error\": {\"class\": "
                  "\"GenericError\", \"desc\": \"QMP input member 'execute' "
                  "must be a string\"}}");
    expect_answer("{'execute': 'draw', 'arguments': 1}", true, false,
                  "{\"error\": {\"class\": \"GenericError\", \"desc\": \"QMP "
                  "input member 'arguments' must be an object\"}}");
    expect_answer("{'execute': 'draw', 'x': 1}", true, false,
                  "{\"error\": {\"class\": \"GenericError\", \"desc\": \"QMP "
                  "input member 'x' is unexpected\"}}");
    expect_answer("{'execute': 'nosuch', 'id': 7}", true, false,
                  "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
                  "\"The command nosuch has not been found\"}, \"id\": 7}");
}

static void test_negotiation(void)
{
    expect_answer("{'execute': 'draw'}", false, false,
                  "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
                  "\"Expecting capabilities negotiation with "
                  "'qmp_capabilities'\"}}");
    expect_answer("{'execute': 'qmp_capabilities'}", false, false,
                  "{\"return\": {}}");
    expect_answer("{'execute': 'qmp_capabilities'}", true, false,
                  "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
                  "\"Capabilities negotiation is already complete, command "
                  "ignored\"}}");
}

static void test_out_of_band(void)
{
    expect_answer("{'exec-oob': 'quick', 'id': null}", true, true,
                  "{\"return\": [\"red\"], \"id\": null}");
    expect_answer("{'exec-oob': 'draw'}", true, true,
                  "{\"error\": {\"class\": \"GenericError\", \"desc\": \"The "
                  "command draw does not support OOB\"}}");
    expect_answer("{'exec-oob': 'quick'}", true, false,
                  "{\"error\": {\"class\": \"GenericError\", \"desc\": \"QMP "
                  "input member 'exec-oob' is unexpected\"}}");
}

static void test_handler_errors(void)
{
    expect_answer("{'execute': 'open', 'arguments': {'driver': 'd', "
                  "'more': [1]}, 'id': 'i'}", true, false,
                  "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": "
                  "\"no 'd'\"}, \"id\": \"i\"}");
}

static void test_keyval(void)
{
    json_object *in = parse("{'points': [{'id': 'a', 'x': '0x10'}], "
                            "'flag': 'on', 'texts': 'one', "
                            "'thing': {'colour': 'red', 'depth': '4k'}}");
    const QapiCommand *draw = qapi_find_command(test_qapi_commands,
                                                test_qapi_commands_count,
                                                "draw");
    json_object *out = qapi_from_keyval(draw->args, in, NULL, &error_abort);
    g_autofree char *text = json_to_text(out, false);

    g_assert_cmpstr(text, ==, "{\"points\": [{\"id\": \"a\", \"x\": 16}], "
                    "\"flag\": true, \"texts\": [{\"str\": \"one\"}], "
                    "\"thing\": {\"colour\": \"red\", \"depth\": 4096}}");
    g_assert_true(qapi_check(draw->args, out, NULL, &error_abort));
    json_object_put(out);
    json_object_put(in);
}

static void test_introspection(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    GString *text = g_string_new(NULL);
    json_object *schema;

    for (unsigned i = 0; test_qapi_introspection[i]; i++) {
        g_string_append(text, test_qapi_introspection[i]);
    }
    schema = parse(text->str);
    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        json_object *e = json_object_array_get_idx(schema, i);

        g_assert_true(g_hash_table_add(names,
                                       (void *)json_get_str(e, "name")));
    }
    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        json_object *e = json_object_array_get_idx(schema, i);
        static const char *const refs[] = {
            "arg-type", "ret-type", "element-type",
        };

        for (unsigned r = 0; r < ARRAY_SIZE(refs); r++) {
            const char *ref = json_get_str(e, refs[r]);

            g_assert_true(!ref || g_hash_table_contains(names, ref));
        }
    }
    g_assert_true(g_hash_table_contains(names, "DRAWN"));
    g_assert_true(g_hash_table_contains(names, "draw"));
    json_object_put(schema);
    g_string_free(text, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schema/arguments-that-fit", test_arguments_that_fit);
    g_test_add_func("/schema/arguments-that-do-not-fit-are-named",
                    test_arguments_that_do_not_fit);
    g_test_add_func("/qmp/envelope-is-checked", test_envelope);
    g_test_add_func("/qmp/negotiation-comes-first", test_negotiation);
    g_test_add_func("/qmp/out-of-band-needs-both-sides", test_out_of_band);
    g_test_add_func("/qmp/handler-errors-keep-their-class",
                    test_handler_errors);
    g_test_add_func("/schema/keyval-strings-become-types", test_keyval);
    g_test_add_func("/schema/introspection-names-what-it-refers-to",
                    test_introspection);
    return g_test_run();
}

/*
 * Unit tests of visitors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/visitor.h"
#include "qemu/keyval.h"

typedef struct Thing {
    bool on;
    uint8_t small;
    int64_t number;
    uint64_t size;
    double real;
    char *str;
    OnOffAuto mode;
    bool has_opt;
    uint16_t opt;
    uint32_t list[8];
    unsigned count;
} Thing;

/* One body for reading and writing. */
static bool visit_thing(Visitor *v, Thing *t, Error **errp)
{
    bool ok;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    ok = visit_type_bool(v, "on", &t->on, errp) &&
         visit_type_uint8(v, "small", &t->small, errp) &&
         visit_type_int(v, "number", &t->number, errp) &&
         visit_type_size(v, "size", &t->size, errp) &&
         visit_type_number(v, "real", &t->real, errp) &&
         visit_type_str(v, "str", &t->str, errp) &&
         visit_type_OnOffAuto(v, "mode", &t->mode, errp) &&
         (!visit_optional(v, "opt", &t->has_opt) ||
          visit_type_uint16(v, "opt", &t->opt, errp)) &&
         visit_start_list(v, "list", errp);
    if (ok) {
        if (visit_is_input(v)) {
            while (ok && visit_next_list(v) && t->count < 8) {
                ok = visit_type_uint32(v, NULL, &t->list[t->count++], errp);
            }
        } else {
            for (unsigned i = 0; i < t->count; i++) {
                visit_type_uint32(v, NULL, &t->list[i], errp);
            }
        }
        ok = ok && visit_check_list(v, errp);
        visit_end_list(v);
    }
    ok = ok && visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

static const char *const thing_json =
    "{\"on\": true, \"small\": 200, \"number\": -5, \"size\": 4096, "
    "\"real\": 0.5, \"str\": \"x\", \"mode\": \"auto\", \"list\": [1, 2]}";

static void json_in_and_out(void)
{
    struct json_object *in, *out;
    g_autofree char *text = NULL;
    Thing t = { 0 };
    Visitor *v;

    json_parse(thing_json, &in, &error_abort);
    v = json_input_visitor_new(in);
    g_assert_true(visit_thing(v, &t, &error_abort));
    visit_free(v);
    g_assert_cmpint(t.small, ==, 200);
    g_assert_cmpint(t.list[1], ==, 2);
    g_assert_false(t.has_opt);

    v = json_output_visitor_new(&out);
    g_assert_true(visit_thing(v, &t, &error_abort));
    visit_complete(v, &out);
    visit_free(v);
    text = json_to_text(out, false);
    g_assert_cmpstr(text, ==, thing_json);
    json_object_put(in);
    json_object_put(out);
    g_free(t.str);
}

static void keyval_scalars_are_strings(void)
{
    struct json_object *in = keyval_parse(
        "on=yes,small=0x10,number=-7,size=2k,real=1e3,str=,mode=off,opt=9,"
        "list.0=5", NULL, NULL, &error_abort);
    Visitor *v = json_input_visitor_new_keyval(in);
    Thing t = { 0 };

    g_assert_true(visit_thing(v, &t, &error_abort));
    g_assert_true(t.on);
    g_assert_cmpint(t.small, ==, 16);
    g_assert_cmpint(t.number, ==, -7);
    g_assert_cmpint(t.size, ==, 2048);
    g_assert_cmpfloat(t.real, ==, 1000);
    g_assert_cmpint(t.mode, ==, ON_OFF_AUTO_OFF);
    g_assert_cmpint(t.opt, ==, 9);
    g_assert_cmpint(t.list[0], ==, 5);
    visit_free(v);
    json_object_put(in);
    g_free(t.str);
}

/* Change one member of the good thing and expect a message. */
static void expect_error(const char *key, const char *value,
                         const char *message)
{
    struct json_object *in, *member = NULL;
    Error *err = NULL;
    Thing t = { 0 };
    Visitor *v;

    json_parse(thing_json, &in, &error_abort);
    if (value) {
        json_parse(value, &member, &error_abort);
        json_put(in, key, member);
    } else {
        json_object_object_del(in, key);
    }
    v = json_input_visitor_new(in);
    g_assert_false(visit_thing(v, &t, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
    visit_free(v);
    json_object_put(in);
    g_free(t.str);
}

static void messages_say_what_is_legal(void)
{
    expect_error("on", "1", "Parameter 'on' expects a boolean, not integer");
    expect_error("on", "'on'", "Parameter 'on' expects a boolean, not string");
    expect_error("on", NULL, "Parameter 'on' is missing");
    expect_error("small", "256", "Parameter 'small' expects an integer from 0"
                 " to 255, not 256");
    expect_error("small", "-1", "Parameter 'small' expects an integer from 0"
                 " to 255, not -1");
    expect_error("number", "18446744073709551615",
                 "Parameter 'number' expects an integer from"
                 " -9223372036854775808 to 9223372036854775807,"
                 " not 18446744073709551615");
    expect_error("number", "1.0",
                 "Parameter 'number' expects an integer, not number");
    expect_error("str", "null", "Parameter 'str' expects a string, not null");
    expect_error("str", "'\\u0000'", "Parameter 'str' expects a string without"
                 " \\u0000, not string");
    expect_error("mode", "'x'", "Parameter 'mode' does not accept value 'x'"
                 " (legal: auto, on, off)");
    expect_error("list", "[1, 'a']",
                 "Parameter 'list[1]' expects an integer, not string");
    expect_error("list", "{}", "Parameter 'list' expects an array, not object");
    expect_error("list", "[1,2,3,4,5,6,7,8,9]",
                 "Only 8 list elements expected in 'list'");
    expect_error("extra", "{}", "Parameter 'extra' is unexpected");
}

static void places_are_paths(void)
{
    struct json_object *in;
    Error *err = NULL;
    Visitor *v;
    bool b;

    json_parse("{'a': {'l': [{'x': 1}, {'x': 2}]}}", &in, &error_abort);
    v = json_input_visitor_new(in);
    visit_start_struct(v, NULL, NULL, 0, &error_abort);
    visit_start_struct(v, "a", NULL, 0, &error_abort);
    visit_start_list(v, "l", &error_abort);
    visit_start_struct(v, NULL, NULL, 0, &error_abort);
    visit_end_struct(v, NULL);
    visit_start_struct(v, NULL, NULL, 0, &error_abort);
    g_assert_false(visit_type_bool(v, "x", &b, &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Parameter 'a.l[1].x' expects a boolean, not integer");
    error_free(err);
    visit_free(v);
    json_object_put(in);
}

static void strings_in(void)
{
    g_autoptr(Visitor) v = string_input_visitor_new("1,3-5,0x10");
    int64_t sum = 0;
    uint16_t n;

    visit_start_list(v, "l", &error_abort);
    while (visit_next_list(v)) {
        g_assert_true(visit_type_uint16(v, NULL, &n, &error_abort));
        sum = sum * 100 + n;
    }
    visit_end_list(v);
    g_assert_cmpint(sum, ==, 103040516);
}

static void string_scalars(void)
{
    g_autoptr(Visitor) size = string_input_visitor_new("4G");
    g_autoptr(Visitor) word = string_input_visitor_new("maybe");
    Error *err = NULL;
    uint64_t bytes;
    bool b;

    g_assert_true(visit_type_size(size, "s", &bytes, &error_abort));
    g_assert_cmpuint(bytes, ==, 4ULL << 30);
    g_assert_false(visit_type_bool(word, "b", &b, &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Parameter 'b' expects 'on' or 'off'");
    error_free(err);
}

static void strings_out(void)
{
    g_autofree char *human = NULL, *plain = NULL;
    char *text = (char *)"x";
    uint64_t size = 1 << 20;
    Visitor *v;

    v = string_output_visitor_new(true, &human);
    visit_type_str(v, NULL, &text, &error_abort);
    visit_complete(v, &human);
    visit_free(v);
    g_assert_cmpstr(human, ==, "\"x\"");

    v = string_output_visitor_new(false, &plain);
    visit_start_list(v, NULL, &error_abort);
    visit_type_size(v, NULL, &size, &error_abort);
    visit_type_size(v, NULL, &size, &error_abort);
    visit_end_list(v);
    visit_complete(v, &plain);
    visit_free(v);
    g_assert_cmpstr(plain, ==, "1048576,1048576");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/visitor/json-in-and-out", json_in_and_out);
    g_test_add_func("/visitor/keyval-scalars-are-strings",
                    keyval_scalars_are_strings);
    g_test_add_func("/visitor/messages-say-what-is-legal",
                    messages_say_what_is_legal);
    g_test_add_func("/visitor/places-are-paths", places_are_paths);
    g_test_add_func("/visitor/strings-in", strings_in);
    g_test_add_func("/visitor/string-scalars", string_scalars);
    g_test_add_func("/visitor/strings-out", strings_out);
    return g_test_run();
}

/*
 * Unit tests of options, config files and keyval.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/help_option.h"
#include "qemu/keyval.h"
#include "qemu/option.h"

static QemuOptsList typed = {
    .name = "typed",
    .implied_opt_name = "name",
    .head = QTAILQ_HEAD_INITIALIZER(typed.head),
    .desc = {
        { .name = "name", .type = QEMU_OPT_STRING, .help = "what it is" },
        { .name = "flag", .type = QEMU_OPT_BOOL },
        { .name = "node", .type = QEMU_OPT_BOOL },
        { .name = "num", .type = QEMU_OPT_NUMBER, .def_value_str = "7" },
        { .name = "size", .type = QEMU_OPT_SIZE },
        { /* end */ }
    },
};

static QemuOptsList open_group = {
    .name = "open",
    .implied_opt_name = "driver",
    .head = QTAILQ_HEAD_INITIALIZER(open_group.head),
    .desc = { { /* any */ } },
};

static QemuOptsList merged = {
    .name = "merged",
    .merge_lists = true,
    .head = QTAILQ_HEAD_INITIALIZER(merged.head),
    .desc = { { /* any */ } },
};

static void expect_error(QemuOptsList *list, const char *params,
                         const char *message)
{
    Error *err = NULL;

    g_assert_null(qemu_opts_parse(list, params, true, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
    g_assert_true(QTAILQ_EMPTY(&list->head));
}

static void values_have_types(void)
{
    QemuOpts *opts = qemu_opts_parse(&typed,
        "a,,b,id=x1,flag=on,size=1.5M,num=0x10,num=17", true, &error_abort);

    g_assert_cmpstr(qemu_opts_id(opts), ==, "x1");
    g_assert_cmpstr(qemu_opt_get(opts, "name"), ==, "a,b");
    g_assert_true(qemu_opt_get_bool(opts, "flag", false));
    g_assert_true(qemu_opt_get_bool(opts, "node", true));
    g_assert_cmpint(qemu_opt_get_size(opts, "size", 0), ==, 1536 * 1024);
    g_assert_cmpint(qemu_opt_get_number(opts, "num", 0), ==, 17);
    g_assert_cmpint(qemu_opt_unset(opts, "num"), ==, 2);
    g_assert_cmpint(qemu_opt_get_number(opts, "num", 0), ==, 7);
    g_assert_cmpstr(qemu_opt_get(opts, "num"), ==, "7");
    g_assert_true(qemu_opts_find(&typed, "x1") == opts);
    qemu_opts_del(opts);
}

static void flags_without_value(void)
{
    QemuOpts *opts = qemu_opts_parse(&typed, "name=x,noflag,node", true,
                                     &error_abort);

    g_assert_false(qemu_opt_get_bool(opts, "flag", true));
    g_assert_true(qemu_opt_get_bool(opts, "node", false));
    qemu_opts_del(opts);
}

static void errors_name_the_parameter(void)
{
    expect_error(&typed, "foo=1", "Invalid parameter 'foo'; legal are name,"
                 " flag, node, num, size");
    expect_error(&typed, "x,flag=maybe",
                 "Parameter 'flag' expects 'on' or 'off'");
    expect_error(&typed, "num=1x",
                 "Parameter 'num' expects a number, not '1x'");
    expect_error(&typed, "num=18446744073709551616",
                 "Value '18446744073709551616' is too large for parameter"
                 " 'num'");
    expect_error(&typed, "size=big",
                 "Parameter 'size' expects a non-negative number below 2^64,"
                 " not 'big'");
    expect_error(&typed, "id=1x",
                 "Parameter 'id' expects an identifier, not '1x'");
    expect_error(&merged, "id=x", "Invalid parameter 'id'");
}

static void ids_are_unique(void)
{
    Error *err = NULL;

    qemu_opts_parse(&open_group, "dev,id=a", true, &error_abort);
    g_assert_null(qemu_opts_parse(&open_group, "dev,id=a", true, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Duplicate ID 'a' for open");
    error_free(err);
    qemu_opts_reset(&open_group);
}

static void open_groups_take_anything(void)
{
    QemuOpts *opts = qemu_opts_parse(&open_group, "dev,help,k=on,n=3,nowait",
                                     true, &error_abort);

    g_assert_cmpstr(qemu_opt_get(opts, "driver"), ==, "dev");
    g_assert_true(qemu_opt_has_help_opt(opts));
    g_assert_true(qemu_opt_get_bool(opts, "k", false));
    g_assert_cmpint(qemu_opt_get_number(opts, "n", 0), ==, 3);
    g_assert_false(qemu_opt_get_bool(opts, "wait", true));
    g_assert_false(qemu_opts_validate(opts, typed.desc, NULL));
    qemu_opts_del(opts);
    g_assert_true(has_help_option("help"));
    g_assert_true(has_help_option("a=b,?"));
    g_assert_false(has_help_option("a=help"));
    g_assert_false(has_help_option("a,,help"));
}

static void merging_groups_are_one_list(void)
{
    QemuOpts *one = qemu_opts_parse(&merged, "a=1", false, &error_abort);
    QemuOpts *two = qemu_opts_parse(&merged, "b=2,a=3", false, &error_abort);
    Error *err = NULL;

    g_assert_true(one == two);
    g_assert_cmpstr(qemu_opt_get(one, "a"), ==, "3");
    g_assert_cmpstr(qemu_opt_get(one, "b"), ==, "2");
    g_assert_null(qemu_opts_parse(&merged, "id=z", false, &err));
    error_free_or_abort(&err);
    qemu_opts_reset(&merged);
}

static int count_and_delete(void *opaque, QemuOpts *opts, Error **errp)
{
    ++*(int *)opaque;
    qemu_opts_del(opts);
    return 0;
}

static void foreach_may_delete(void)
{
    int count = 0;

    qemu_opts_parse(&open_group, "a", true, &error_abort);
    qemu_opts_parse(&open_group, "b", true, &error_abort);
    qemu_opts_foreach(&open_group, count_and_delete, &count, NULL);
    g_assert_cmpint(count, ==, 2);
    g_assert_true(QTAILQ_EMPTY(&open_group.head));
}

static void json_and_back(void)
{
    struct json_object *obj, *back;
    g_autofree char *text = NULL;
    QemuOpts *opts;

    json_parse("{'id': 'j', 'driver': 'x', 'n': 5, 'b': true}", &obj,
               &error_abort);
    opts = qemu_opts_from_json(&open_group, obj, &error_abort);
    back = qemu_opts_to_json(opts);
    text = json_to_text(back, false);
    g_assert_cmpstr(text, ==,
        "{\"id\": \"j\", \"driver\": \"x\", \"n\": \"5\", \"b\": \"on\"}");
    json_object_put(obj);
    json_object_put(back);
    qemu_opts_reset(&open_group);
}

/* --- files --- */

static int read_text(const char *text, Error **errp)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("opts-XXXXXX", &path, NULL);
    int ret;

    close(fd);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    ret = qemu_read_config_file(path, NULL, errp);
    g_unlink(path);
    return ret;
}

static void config_files_fill_groups(void)
{
    QemuOpts *opts;

    g_assert_cmpint(read_text("# c\n\n[open \"o1\"]\n  driver = \"x y\"\n"
                              "\tk=\"a\\\"b\"\n[typed]\nnum = \"3\"\n",
                              &error_abort), ==, 2);
    opts = qemu_opts_find(&open_group, "o1");
    g_assert_cmpstr(qemu_opt_get(opts, "driver"), ==, "x y");
    g_assert_cmpint(qemu_set_option("open.o1.k=z", &error_abort), ==, 0);
    g_assert_cmpstr(qemu_opt_get(opts, "k"), ==, "z");
    g_assert_cmpint(qemu_set_option("open.nope.k=z", NULL), ==, -1);
    g_assert_cmpint(qemu_set_option("open.o1", NULL), ==, -1);
    qemu_opts_reset(&open_group);
    qemu_opts_reset(&typed);
}

static void expect_config_error(const char *text, const char *message)
{
    Error *err = NULL;

    g_assert_cmpint(read_text(text, &err), <, 0);
    g_test_message("%s", error_get_pretty(err));
    g_assert_true(g_str_has_suffix(error_get_pretty(err), message));
    error_free(err);
}

static void config_errors_name_the_line(void)
{
    expect_config_error("[open\n", ":1: parse error: expected [group] or"
                        " [group \"id\"]");
    expect_config_error("[nope \"x\"]\n", ": There is no option group 'nope'");
    expect_config_error("\n[open]\nk = v\n",
                        ":3: parse error: expected key = \"value\"");
    expect_config_error("\n\nk = \"v\"\n", ":3: no group defined for 'k'");
    expect_config_error("\n[typed]\nnum = \"x\"\n",
                        ":2: Parameter 'num' expects a number, not 'x'");
    qemu_opts_reset(&open_group);
}

/* --- keyval --- */

static void expect_keyval(const char *params, const char *implied,
                          const char *json)
{
    struct json_object *obj = keyval_parse(params, implied, NULL,
                                           &error_abort);
    g_autofree char *text = json_to_text(obj, false);

    g_assert_cmpstr(text, ==, json);
    json_object_put(obj);
}

static void expect_keyval_error(const char *params, const char *message)
{
    Error *err = NULL;

    g_assert_null(keyval_parse(params, NULL, NULL, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
}

static void keyval_nests(void)
{
    expect_keyval("", NULL, "{}");
    expect_keyval("a=1,b.c=x,,y,b.d=", NULL,
                  "{\"a\": \"1\", \"b\": {\"c\": \"x,y\", \"d\": \"\"}}");
    expect_keyval("l.1=b,l.0=a", NULL, "{\"l\": [\"a\", \"b\"]}");
    expect_keyval("l.0.x=1,l.1.x=2", NULL,
                  "{\"l\": [{\"x\": \"1\"}, {\"x\": \"2\"}]}");
    expect_keyval("user,id=n", "type", "{\"type\": \"user\", \"id\": \"n\"}");
    expect_keyval("a=1,a=2", NULL, "{\"a\": \"2\"}");
}

static void keyval_errors(void)
{
    bool help;

    expect_keyval_error("a", "Expected '=' after parameter 'a'");
    expect_keyval_error("=x", "Invalid parameter ''");
    expect_keyval_error("a..b=1", "Invalid parameter 'a..b'");
    expect_keyval_error("0=1", "Invalid parameter '0'");
    expect_keyval_error("l.0=a,l.2=b", "Parameter 'l.1' missing");
    expect_keyval_error("l.0=a,l.x=b", "Parameters 'l.*' used inconsistently");
    expect_keyval_error("a=1,a.b=2", "Parameter 'a.b' is used both as a value"
                        " and as a group of parameters");
    json_object_put(keyval_parse("x=1,help", NULL, &help, &error_abort));
    g_assert_true(help);
}

static void json_or_keyval(void)
{
    struct json_object *obj;
    bool is_json;

    obj = opt_json_or_keyval("{'a': 1}", NULL, &is_json, NULL, &error_abort);
    g_assert_true(is_json);
    g_assert_cmpint(json_get_int(obj, "a", 0), ==, 1);
    json_object_put(obj);
    obj = opt_json_or_keyval("t,a=1", "q", &is_json, NULL, &error_abort);
    g_assert_false(is_json);
    g_assert_cmpstr(json_get_str(obj, "q"), ==, "t");
    json_object_put(obj);
    g_assert_null(opt_json_or_keyval("{'a'", NULL, &is_json, NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_add_opts(&typed);
    qemu_add_opts(&open_group);
    qemu_add_opts(&merged);
    g_test_add_func("/opts/values-have-types", values_have_types);
    g_test_add_func("/opts/flags-without-value", flags_without_value);
    g_test_add_func("/opts/errors-name-the-parameter",
                    errors_name_the_parameter);
    g_test_add_func("/opts/ids-are-unique", ids_are_unique);
    g_test_add_func("/opts/open-groups-take-anything",
                    open_groups_take_anything);
    g_test_add_func("/opts/merging-groups-are-one-list",
                    merging_groups_are_one_list);
    g_test_add_func("/opts/foreach-may-delete", foreach_may_delete);
    g_test_add_func("/opts/json-and-back", json_and_back);
    g_test_add_func("/config/files-fill-groups", config_files_fill_groups);
    g_test_add_func("/config/errors-name-the-line",
                    config_errors_name_the_line);
    g_test_add_func("/keyval/nests", keyval_nests);
    g_test_add_func("/keyval/errors", keyval_errors);
    g_test_add_func("/keyval/json-or-keyval", json_or_keyval);
    return g_test_run();
}

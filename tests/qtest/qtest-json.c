/*
 * Members of JSON objects for tests, and what a request asks for. Whatever is not
 * as the test expects ends it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"

json_object *json_member(json_object *object, const char *path)
{
    g_auto(GStrv) names = g_strsplit(path, ".", -1);

    for (char **name = names; *name; name++) {
        json_object *next;

        if (!json_object_object_get_ex(object, *name, &next)) {
            g_error("no '%s' in %s", path, json_object_to_json_string(object));
        }
        object = next;
    }
    return object;
}

const char *json_string(json_object *object, const char *path)
{
    json_object *value = json_member(object, path);

    g_assert_true(json_object_is_type(value, json_type_string));
    return json_object_get_string(value);
}

int64_t json_int(json_object *object, const char *path)
{
    json_object *value = json_member(object, path);

    g_assert_true(json_object_is_type(value, json_type_int));
    return json_object_get_int64(value);
}

bool json_flag(json_object *object, const char *path)
{
    json_object *value = json_member(object, path);

    g_assert_true(json_object_is_type(value, json_type_boolean));
    return json_object_get_boolean(value);
}

bool json_has(json_object *object, const char *name)
{
    return json_object_object_get_ex(object, name, NULL);
}

char *qtest_qmp_command_of(const char *text)
{
    static const char *const keys[] = { "execute", "exec-oob" };
    json_object *request = json_tokener_parse(text), *name;
    char *command = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
        if (json_object_is_type(request, json_type_object) &&
            json_object_object_get_ex(request, keys[i], &name) && name) {
            g_free(command);
            command = g_strdup(json_object_get_string(name));
        }
    }
    json_object_put(request);
    return command;
}

/*
 * Fuzz target: the JSON reader as QMP uses it, whole and in pieces, and what comes
 * behind it: checking by the schema, writing, reading back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "qapi/json.h"
#include "qapi/schema.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return 0;
}

static void check_value(struct json_object *value)
{
    const char *name = json_object_is_type(value, json_type_object) ?
                       json_get_str(value, "execute") : NULL;
    const QapiCommand *command =
        name ? qapi_find_command(qapi_commands, qapi_commands_count, name)
             : NULL;
    g_autofree char *text = json_to_text(value, false);
    struct json_object *again = NULL;
    Error *err = NULL;

    if (command) {
        g_json_auto struct json_object *none = json_object_new_object();
        struct json_object *args = json_get(value, "arguments");

        fuzz_expect(qapi_check(command->args, args ? args : none, "arguments",
                               &err), &err);
    }
    /* What we write, we read. */
    json_parse(text, &again, &error_abort);
    json_object_put(again);
}

static void emit(void *opaque, struct json_object *value, Error *err)
{
    unsigned *count = opaque;

    (*count)++;
    if (err) {
        error_free(err);
    } else {
        check_value(value);
        json_object_put(value);
    }
}

static unsigned feed(const uint8_t *data, size_t size, size_t step)
{
    unsigned count = 0;
    JsonStream *s = json_stream_new(emit, &count);

    for (size_t at = 0; at < size; at += step) {
        json_stream_feed(s, (const char *)data + at, MIN(step, size - at));
    }
    json_stream_flush(s);
    json_stream_free(s);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    struct json_object *value = NULL;
    Error *err = NULL;

    g_assert_cmpuint(feed(data, size, size + 1), ==, feed(data, size, 1));
    fuzz_expect(json_parse(text, &value, &err), &err);
    json_object_put(value);
    return 0;
}

/*
 * JSON: values are json-c's "struct json_object *" (NULL is null); this is how
 * they come from text and become text.
 *
 * Text in is standard JSON and also allows 'single quotes'. Duplicate keys,
 * invalid UTF-8, control characters in strings, and what is deeper or longer
 * than the limits are errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QAPI_JSON_H
#define QAPI_JSON_H

#include <json-c/json.h>

/* Limits of the stream reader and of json_parse(). */
#define JSON_MAX_DEPTH  1024
#define JSON_MAX_BYTES  (64 * 1024 * 1024)

/* One value that is all of @text (a NUL-terminated string). False with @errp. */
bool json_parse(const char *text, struct json_object **value, Error **errp);

/*
 * A stream: values one after another, on one line or over many, cut into
 * pieces anyhow.
 */
typedef struct JsonStream JsonStream;
/* Either @err is NULL and @value is the callee's (NULL: null), or @err is the
 * callee's; after an error reading goes on behind the place of it. */
typedef void JsonStreamFn(void *opaque, struct json_object *value, Error *err);

JsonStream *json_stream_new(JsonStreamFn *emit, void *opaque);
void json_stream_free(JsonStream *s);
/* @emit may be called any number of times; it may not free the stream. */
void json_stream_feed(JsonStream *s, const char *buf, size_t len);
/* The end: an unfinished value is an error. The stream starts anew. */
void json_stream_flush(JsonStream *s);
/* Forget what is unfinished without a word. */
void json_stream_reset(JsonStream *s);

/* Text as QMP writes it: {"a": 1, "b": [2, 3]}; pretty: over lines. */
GString *json_to_gstring(struct json_object *value, bool pretty);
char *json_to_text(struct json_object *value, bool pretty);
void json_append(GString *out, struct json_object *value);
/* "text" with its quotes, and everything not ASCII as \uXXXX. */
void json_append_quoted(GString *out, const char *text);

/*
 * Members of objects. put_* replace; get_* give the default where the member
 * is missing or of another type; try_* say whether it is there and fits.
 */
void json_put_str(struct json_object *obj, const char *key, const char *val);
void json_put_int(struct json_object *obj, const char *key, int64_t val);
void json_put_uint(struct json_object *obj, const char *key, uint64_t val);
void json_put_bool(struct json_object *obj, const char *key, bool val);
/* Takes the reference. */
void json_put(struct json_object *obj, const char *key,
              struct json_object *val);
bool json_haskey(struct json_object *obj, const char *key);
struct json_object *json_get(struct json_object *obj, const char *key);
const char *json_get_str(struct json_object *obj, const char *key);
int64_t json_get_int(struct json_object *obj, const char *key, int64_t def);
bool json_get_bool(struct json_object *obj, const char *key, bool def);
/* A string is what it says; "object", "array", "integer", …: for messages. */
const char *json_type_text(struct json_object *obj);

static inline void json_auto_put(struct json_object **obj)
{
    json_object_put(*obj);
}

/* A reference that is dropped at the end of the block. */
#define g_json_auto __attribute__((cleanup(json_auto_put)))

#endif

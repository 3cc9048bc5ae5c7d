/*
 * JSON text in. A scanner cuts the stream into values, and brings each to the
 * strict form that json-c's tokener checks: 'text' becomes "text", blanks go.
 * The scanner sees to what json-c would let pass or could not recover from:
 * brackets, control characters, repeated keys, limits, and where to go on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"

typedef enum ScanState {
    SCAN_BETWEEN,           /* no value begun */
    SCAN_VALUE,             /* inside brackets, outside strings and words */
    SCAN_WORD,              /* a number, true, false, null */
    SCAN_STRING,
    SCAN_ESCAPE,            /* behind a backslash */
    SCAN_SKIP,              /* after an error: up to the end of the line */
} ScanState;

/* One open bracket. */
typedef struct Level {
    char close;
    bool want_key;          /* in an object, where a key comes next */
    GHashTable *keys;       /* those that were there */
} Level;

struct JsonStream {
    JsonStreamFn *emit;
    void *opaque;
    json_tokener *tok;
    ScanState state;
    char quote;
    size_t string_start;    /* in text, of the string under way */
    size_t word_start;
    GArray *levels;         /* of Level */
    GString *text;          /* the value under way, strict form */
};

static void level_clear(void *opaque)
{
    Level *l = opaque;

    g_clear_pointer(&l->keys, g_hash_table_unref);
}

JsonStream *json_stream_new(JsonStreamFn *emit, void *opaque)
{
    JsonStream *s = g_new0(JsonStream, 1);

    s->emit = emit;
    s->opaque = opaque;
    s->tok = json_tokener_new_ex(JSON_MAX_DEPTH + 1);
    json_tokener_set_flags(s->tok,
                           JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    s->levels = g_array_new(false, true, sizeof(Level));
    g_array_set_clear_func(s->levels, level_clear);
    s->text = g_string_new(NULL);
    return s;
}

void json_stream_free(JsonStream *s)
{
    if (s) {
        json_tokener_free(s->tok);
        g_array_unref(s->levels);
        g_string_free(s->text, true);
        g_free(s);
    }
}

void json_stream_reset(JsonStream *s)
{
    s->state = SCAN_BETWEEN;
    g_array_set_size(s->levels, 0);
    g_string_truncate(s->text, 0);
    if (s->text->allocated_len > 64 * 1024) {
        g_string_free(s->text, true);
        s->text = g_string_new(NULL);
    }
}

static void G_GNUC_PRINTF(2, 3) emit_error(JsonStream *s, const char *fmt, ...)
{
    g_autofree char *why = NULL;
    Error *err = NULL;
    va_list ap;

    va_start(ap, fmt);
    why = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    json_stream_reset(s);
    error_setg(&err, "Invalid JSON syntax: %s", why);
    s->emit(s->opaque, NULL, err);
}

/* An error after which the rest of the line makes no sense. */
#define SKIP_LINE(s, ...)               \
    do {                                \
        emit_error(s, __VA_ARGS__);     \
        (s)->state = SCAN_SKIP;         \
    } while (0)

/* The text of a value is complete. */
static void finish_value(JsonStream *s)
{
    struct json_object *value;
    enum json_tokener_error e;

    json_tokener_reset(s->tok);
    /* With the NUL, which ends numbers. */
    value = json_tokener_parse_ex(s->tok, s->text->str, s->text->len + 1);
    e = json_tokener_get_error(s->tok);
    if (e != json_tokener_success) {
        size_t at = json_tokener_get_parse_end(s->tok);

        emit_error(s, "%s near '%.20s'", json_tokener_error_desc(e),
                   s->text->str + MIN(at, s->text->len));
        return;
    }
    json_stream_reset(s);
    s->emit(s->opaque, value, NULL);
}

static Level *top_level(JsonStream *s)
{
    return s->levels->len
           ? &g_array_index(s->levels, Level, s->levels->len - 1) : NULL;
}

/* A value inside the brackets, or at the top, has ended. */
static void value_ended(JsonStream *s)
{
    if (s->levels->len) {
        s->state = SCAN_VALUE;
    } else {
        finish_value(s);
    }
}

static void open_bracket(JsonStream *s, char c)
{
    Level l = { .close = c == '{' ? '}' : ']', .want_key = c == '{' };

    if (s->levels->len == JSON_MAX_DEPTH) {
        SKIP_LINE(s, "nested deeper than %d", JSON_MAX_DEPTH);
        return;
    }
    g_array_append_val(s->levels, l);
    g_string_append_c(s->text, c);
    s->state = SCAN_VALUE;
}

static void close_bracket(JsonStream *s, char c)
{
    Level *l = top_level(s);

    if (!l || l->close != c) {
        SKIP_LINE(s, "stray '%c'", c);
        return;
    }
    g_string_append_c(s->text, c);
    g_array_set_size(s->levels, s->levels->len - 1);
    value_ended(s);
}

static void string_ended(JsonStream *s)
{
    Level *l = top_level(s);

    g_string_append_c(s->text, '"');
    if (l && l->close == '}' && l->want_key) {
        char *key = g_strndup(s->text->str + s->string_start,
                              s->text->len - s->string_start);

        l->want_key = false;
        if (!l->keys) {
            l->keys = g_hash_table_new_full(g_str_hash, g_str_equal,
                                            g_free, NULL);
        }
        if (g_hash_table_contains(l->keys, key)) {
            SKIP_LINE(s, "duplicate key %.40s", key);
            g_free(key);
            return;
        }
        g_hash_table_add(l->keys, key);
    }
    value_ended(s);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word_char(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '+' || c == '.' || c == '_';
}

/* json-c would take True and NaN. */
static bool word_is_legal(const char *word)
{
    return !strcmp(word, "true") || !strcmp(word, "false") ||
           !strcmp(word, "null") || g_ascii_isdigit(*word) || *word == '-';
}

/* False if the word is none of JSON's; it has then been reported. */
static bool word_ended(JsonStream *s)
{
    const char *word = s->text->str + s->word_start;

    if (!word_is_legal(word) || strchr(word, 'N') || strchr(word, 'I')) {
        g_autofree char *copy = g_strndup(word, 40);

        SKIP_LINE(s, "stray '%s'", copy);
        return false;
    }
    value_ended(s);
    return true;
}

/* A character where a value, a mark or a blank may stand. */
static void scan_plain(JsonStream *s, char c)
{
    if (is_blank(c)) {
        return;
    }
    switch (c) {
    case '{':
    case '[':
        open_bracket(s, c);
        break;
    case '}':
    case ']':
        close_bracket(s, c);
        break;
    case '"':
    case '\'':
        s->quote = c;
        s->string_start = s->text->len;
        s->state = SCAN_STRING;
        g_string_append_c(s->text, '"');
        break;
    case ',':
    case ':':
        if (!s->levels->len) {
            SKIP_LINE(s, "stray '%c'", c);
            break;
        }
        if (c == ',' && top_level(s)->close == '}') {
            top_level(s)->want_key = true;
        }
        g_string_append_c(s->text, c);
        break;
    default:
        if (is_word_char(c)) {
            /* Keeps apart what a blank kept apart: "1 2" shall not be 12. */
            if (s->text->len && is_word_char(s->text->str[s->text->len - 1])) {
                g_string_append_c(s->text, ' ');
            }
            s->word_start = s->text->len;
            g_string_append_c(s->text, c);
            s->state = SCAN_WORD;
        } else if (g_ascii_isprint(c)) {
            SKIP_LINE(s, "stray '%c'", c);
        } else {
            SKIP_LINE(s, "stray byte 0x%02x", (unsigned char)c);
        }
    }
}

static void scan_string(JsonStream *s, char c)
{
    if ((unsigned char)c < 0x20) {
        SKIP_LINE(s, "control character 0x%02x in a string", c);
    } else if (c == '\\') {
        s->state = SCAN_ESCAPE;
    } else if (c == s->quote) {
        string_ended(s);
    } else if (c == '"') {
        g_string_append(s->text, "\\\"");
    } else {
        g_string_append_c(s->text, c);
    }
}

static void scan_escape(JsonStream *s, char c)
{
    if ((unsigned char)c < 0x20) {
        SKIP_LINE(s, "control character 0x%02x in a string", c);
        return;
    }
    s->state = SCAN_STRING;
    if (c != '\'') {
        g_string_append_c(s->text, '\\');
    }
    g_string_append_c(s->text, c);
}

static void scan(JsonStream *s, char c)
{
    if (s->state == SCAN_WORD) {
        if (is_word_char(c)) {
            g_string_append_c(s->text, c);
            return;
        }
        if (!word_ended(s)) {
            return;
        }
    }
    switch (s->state) {
    case SCAN_STRING:
        scan_string(s, c);
        break;
    case SCAN_ESCAPE:
        scan_escape(s, c);
        break;
    case SCAN_SKIP:
        break;
    default:
        scan_plain(s, c);
    }
}

void json_stream_feed(JsonStream *s, const char *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = buf[i];

        if (c == '\xff') {
            /* Clients send it to have a clean start. */
            if (s->state != SCAN_SKIP) {
                emit_error(s, "stray byte 0xff");
            }
            s->state = SCAN_BETWEEN;
            continue;
        }
        scan(s, c);
        if (s->state == SCAN_SKIP && c == '\n') {
            s->state = SCAN_BETWEEN;
        } else if (s->text->len > JSON_MAX_BYTES) {
            SKIP_LINE(s, "a value of more than %d bytes", JSON_MAX_BYTES);
        }
    }
}

void json_stream_flush(JsonStream *s)
{
    if (s->state == SCAN_WORD && !word_ended(s)) {
        json_stream_reset(s);
        return;
    }
    if (s->state != SCAN_BETWEEN && s->state != SCAN_SKIP) {
        emit_error(s, "premature end");
    }
    json_stream_reset(s);
}

/* --- one value --- */

typedef struct OneValue {
    struct json_object *value;
    unsigned count;
    Error *err;
} OneValue;

static void take_value(void *opaque, struct json_object *value, Error *err)
{
    OneValue *one = opaque;

    if (err && !one->err) {
        one->err = err;
    } else if (err) {
        error_free(err);
    } else if (one->count++ == 0) {
        one->value = value;
    } else {
        json_object_put(value);
    }
}

bool json_parse(const char *text, struct json_object **value, Error **errp)
{
    OneValue one = { 0 };
    JsonStream *s = json_stream_new(take_value, &one);

    json_stream_feed(s, text, strlen(text));
    json_stream_flush(s);
    json_stream_free(s);
    if (!one.err && one.count != 1) {
        error_setg(&one.err, "Invalid JSON syntax: %s",
                   one.count ? "more than one value" : "there is no value");
    }
    if (one.err) {
        json_object_put(one.value);
        error_propagate(errp, one.err);
        return false;
    }
    *value = one.value;
    return true;
}

/*
 * Arguments of human monitor commands: words, quoted strings, numbers as
 * expressions, flags; from a line of text to a JSON object.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "hw/core/cpu.h"
#include "qapi/error.h"
#include "qapi/json.h"

static void skip_space(const char **p)
{
    while (g_ascii_isspace(**p)) {
        ++*p;
    }
}

/* --- words --- */

/* What a backslash and @code stand for in a string, 0 if nothing. */
static char unescape(char code)
{
    static const char codes[] = "nr\\'\"", meanings[] = "\n\r\\'\"";
    const char *at = code ? strchr(codes, code) : NULL;

    return at ? meanings[at - codes] : 0;
}

/* Behind an opening quote; stops behind the closing one. */
static bool quoted(const char **p, GString *out, Error **errp)
{
    const char *s = *p;

    while (*s != '"') {
        char c = *s++;

        if (c == '\\') {
            char code = *s ? *s++ : 0;

            c = unescape(code);
            if (!c) {
                error_setg(errp, "unsupported escape code: '\\%c'", code);
                return false;
            }
        }
        if (!c) {
            error_setg(errp, "unterminated string");
            return false;
        }
        g_string_append_c(out, c);
    }
    *p = s + 1;
    return true;
}

char *hmp_next_word(const char **p, Error **errp)
{
    GString *word;

    skip_space(p);
    if (!**p) {
        return NULL;
    }
    word = g_string_new(NULL);
    if (**p == '"') {
        ++*p;
        if (!quoted(p, word, errp)) {
            g_string_free(word, true);
            return NULL;
        }
    } else {
        while (**p && !g_ascii_isspace(**p)) {
            g_string_append_c(word, *(*p)++);
        }
    }
    return g_string_free(word, false);
}

/* --- expressions --- */

typedef struct Expr {
    const char *p;
    unsigned depth;         /* of parentheses */
} Expr;

static bool eval_level(Expr *e, unsigned level, int64_t *value, Error **errp);

static bool eval_register(Expr *e, int64_t *value, Error **errp)
{
    const char *start = ++e->p;
    CPUState *cpu = qemu_get_cpu(*hmp_cpu_index(monitor_cur()));
    CPUClass *cc = cpu ? CPU_GET_CLASS(cpu) : NULL;
    size_t len;

    while (g_ascii_isalnum(*e->p) || *e->p == '_') {
        e->p++;
    }
    len = e->p - start;
    if (cc && cc->get_pc && (strncmp(start, "pc", len) == 0 ||
                             strncmp(start, "rip", len) == 0 ||
                             strncmp(start, "eip", len) == 0)) {
        *value = cc->get_pc(cpu);
        return true;
    }
    error_setg(errp, "unknown register");
    return false;
}

static bool eval_primary(Expr *e, int64_t *value, Error **errp)
{
    char *end;
    char c;

    skip_space(&e->p);
    c = *e->p;
    if (c == '-' || c == '~' || c == '+') {
        e->p++;
        if (!eval_primary(e, value, errp)) {
            return false;
        }
        *value = c == '-' ? -(uint64_t)*value : c == '~' ? ~*value : *value;
        return true;
    }
    if (c == '(' && e->depth < 32) {
        e->p++;
        e->depth++;
        if (!eval_level(e, 0, value, errp)) {
            return false;
        }
        skip_space(&e->p);
        if (*e->p != ')') {
            error_setg(errp, "')' expected");
            return false;
        }
        e->p++;
        e->depth--;
        return true;
    }
    if (c == '$') {
        return eval_register(e, value, errp);
    }
    *value = g_ascii_strtoull(e->p, &end, 0);
    if (end == e->p) {
        error_setg(errp, "invalid char '%c' in expression", c ? c : ' ');
        return false;
    }
    e->p = end;
    return true;
}

static bool apply(char op, int64_t *a, int64_t b, Error **errp)
{
    uint64_t x = *a;

    switch (op) {
    case '+':
        *a = x + b;
        break;
    case '-':
        *a = x - b;
        break;
    case '&':
        *a = x & b;
        break;
    case '|':
        *a = x | b;
        break;
    case '^':
        *a = x ^ b;
        break;
    case '*':
        *a = x * b;
        break;
    default:
        if (b == 0) {
            error_setg(errp, "division by zero");
            return false;
        }
        *a = op == '/' ? x / (uint64_t)b : x % (uint64_t)b;
        break;
    }
    return true;
}

/* The operators from weak to strong; all group from the left. */
static bool eval_level(Expr *e, unsigned level, int64_t *value, Error **errp)
{
    static const char *const operators[] = { "+-", "&|^", "*/%" };
    int64_t right;
    char op;

    if (level == ARRAY_SIZE(operators)) {
        return eval_primary(e, value, errp);
    }
    if (!eval_level(e, level + 1, value, errp)) {
        return false;
    }
    for (;;) {
        skip_space(&e->p);
        op = *e->p;
        if (!op || !strchr(operators[level], op)) {
            return true;
        }
        e->p++;
        if (!eval_level(e, level + 1, &right, errp) ||
            !apply(op, value, right, errp)) {
            return false;
        }
    }
}

bool hmp_eval(const char *text, const char **end, int64_t *value,
              Error **errp)
{
    Expr e = { .p = text };

    if (!eval_level(&e, 0, value, errp)) {
        return false;
    }
    *end = e.p;
    return true;
}

/* --- "/8xb" of x, xp, i, o, print --- */

static void parse_format(const char **p, json_object *args)
{
    int count = 1;

    skip_space(p);
    if (**p != '/') {
        return;
    }
    ++*p;
    if (g_ascii_isdigit(**p)) {
        char *end;

        count = MIN(g_ascii_strtoull(*p, &end, 10), 1 << 20);
        *p = end;
        json_put_int(args, "count", count);
    }
    for (; **p && !g_ascii_isspace(**p); ++*p) {
        char text[2] = { **p };

        json_put_str(args, strchr("bhwlg", **p) ? "size" : "format", text);
    }
}

/* --- all arguments of a command --- */

typedef struct ArgSpec {
    char *name;
    char type;          /* s, S, i, b, '/', or the letter of a flag */
    bool flag, optional;
} ArgSpec;

static ArgSpec parse_spec(const char *item)
{
    const char *colon = strchr(item, ':');
    ArgSpec a = { .name = g_strndup(item, colon - item) };

    a.flag = colon[1] == '-';
    a.type = a.flag ? colon[2] : colon[1];
    a.optional = a.flag || g_str_has_suffix(item, "?");
    return a;
}

static bool take_bool(const char *word, const char *name, json_object *args,
                      Error **errp)
{
    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
        error_setg(errp, "Expected 'on' or 'off' for %s", name);
        return false;
    }
    json_put_bool(args, name, word[1] == 'n');
    return true;
}

static bool take_number(const char **p, const ArgSpec *a, json_object *args,
                        Error **errp)
{
    int64_t value;

    if (!hmp_eval(*p, p, &value, errp)) {
        return false;
    }
    json_put_int(args, a->name, value);
    return true;
}

static bool take_arg(const char **p, const ArgSpec *a, json_object *args,
                     Error **errp)
{
    g_autofree char *word = NULL;

    skip_space(p);
    if (a->flag) {
        if ((*p)[0] == '-' && (*p)[1] == a->type &&
            (!(*p)[2] || g_ascii_isspace((*p)[2]))) {
            json_put_bool(args, a->name, true);
            *p += 2;
        }
        return true;
    }
    if (a->type == '/') {
        parse_format(p, args);
        return true;
    }
    if (!**p) {
        if (!a->optional) {
            error_setg(errp, "%s is missing", a->name);
        }
        return a->optional;
    }
    if (a->type == 'i') {
        return take_number(p, a, args, errp);
    }
    if (a->type == 'S') {
        json_put_str(args, a->name, *p);
        *p += strlen(*p);
        return true;
    }
    word = hmp_next_word(p, errp);
    if (!word) {
        return false;
    }
    if (a->type == 'b') {
        return take_bool(word, a->name, args, errp);
    }
    json_put_str(args, a->name, word);
    return true;
}

json_object *hmp_parse_args(const char *spec, const char *line, Error **errp)
{
    json_object *args = json_object_new_object();
    g_auto(GStrv) items = g_strsplit(spec ? spec : "", ",", -1);
    const char *p = line;
    bool ok = true;

    for (unsigned i = 0; items[i] && ok; i++) {
        ArgSpec a = parse_spec(items[i]);

        ok = take_arg(&p, &a, args, errp);
        g_free(a.name);
    }
    skip_space(&p);
    if (ok && *p) {
        error_setg(errp, "extraneous characters at the end of line");
        ok = false;
    }
    if (!ok) {
        json_object_put(args);
        return NULL;
    }
    return args;
}

/*
 * Lists of options: getting, setting, checking. Reading them from the command
 * line is in qemu-option-parse.c, files in config-file.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/util.h"
#include "qemu/cutils.h"
#include "qemu/help_option.h"
#include "qemu/id.h"
#include "qemu/option.h"
#include "qemu-option-internal.h"

/* --- texts of values --- */

bool parse_option_number(const char *name, const char *value, uint64_t *ret,
                         Error **errp)
{
    int err = qemu_strtou64(value, NULL, 0, ret);

    if (err == -ERANGE) {
        error_setg(errp, "Value '%s' is too large for parameter '%s'",
                   value, name);
        return false;
    }
    if (err) {
        error_setg(errp, "Parameter '%s' expects a number, not '%s'",
                   name, value);
        return false;
    }
    return true;
}

bool parse_option_size(const char *name, const char *value, uint64_t *ret,
                       Error **errp)
{
    int err = qemu_strtosz(value, NULL, ret);

    if (err == -ERANGE) {
        error_setg(errp, "Value '%s' is out of range for parameter '%s'"
                   " (below 2^64)", value, name);
        return false;
    }
    if (err) {
        ERRP_GUARD();
        error_setg(errp, "Parameter '%s' expects a non-negative number below"
                   " 2^64, not '%s'", name, value);
        error_append_hint(errp, "Optional suffix k, M, G, T, P or E: times"
                          " 2^10, 2^20 and so on.\n");
        return false;
    }
    return true;
}

static const QemuOptDesc *find_desc(const QemuOptDesc *desc, const char *name)
{
    for (; desc->name; desc++) {
        if (!strcmp(desc->name, name)) {
            return desc;
        }
    }
    return NULL;
}

bool opts_accept_any(const QemuOptsList *list)
{
    return !list->desc[0].name;
}

/* Check the text of @opt against its description and keep the value. */
static bool opt_evaluate(QemuOpt *opt, Error **errp)
{
    if (!opt->desc) {
        return true;
    }
    switch (opt->desc->type) {
    case QEMU_OPT_BOOL:
        return qapi_bool_parse(opt->name, opt->str, &opt->boolean, errp);
    case QEMU_OPT_NUMBER:
        return parse_option_number(opt->name, opt->str, &opt->number, errp);
    case QEMU_OPT_SIZE:
        return parse_option_size(opt->name, opt->str, &opt->number, errp);
    default:
        return true;
    }
}

static void opt_free(QemuOpts *opts, QemuOpt *opt)
{
    QTAILQ_REMOVE(&opts->head, opt, next);
    g_free(opt->name);
    g_free(opt->str);
    g_free(opt);
}

/* The last value counts. */
static QemuOpt *opt_find(QemuOpts *opts, const char *name)
{
    QemuOpt *opt;

    QTAILQ_FOREACH_REVERSE(opt, &opts->head, next) {
        if (!strcmp(opt->name, name)) {
            return opt;
        }
    }
    return NULL;
}

static char *legal_keys(const QemuOptsList *list)
{
    GString *text = g_string_new(NULL);

    for (const QemuOptDesc *desc = list->desc; desc->name; desc++) {
        g_string_append_printf(text, "%s%s", text->len ? ", " : "",
                               desc->name);
    }
    return g_string_free(text, false);
}

bool opts_append(QemuOpts *opts, const char *name, const char *value,
                 Error **errp)
{
    const QemuOptDesc *desc = find_desc(opts->list->desc, name);
    QemuOpt *opt;

    if (!desc && !opts_accept_any(opts->list)) {
        g_autofree char *legal = legal_keys(opts->list);

        error_setg(errp, "Invalid parameter '%s'; legal are %s", name, legal);
        return false;
    }
    opt = g_new0(QemuOpt, 1);
    opt->name = g_strdup(name);
    opt->str = g_strdup(value);
    opt->desc = desc;
    QTAILQ_INSERT_TAIL(&opts->head, opt, next);
    if (!opt_evaluate(opt, errp)) {
        opt_free(opts, opt);
        return false;
    }
    return true;
}

/* --- one list --- */

static const char *default_text(QemuOpts *opts, const char *name)
{
    const QemuOptDesc *desc = find_desc(opts->list->desc, name);

    return desc ? desc->def_value_str : NULL;
}

const char *qemu_opt_get(QemuOpts *opts, const char *name)
{
    QemuOpt *opt = opts ? opt_find(opts, name) : NULL;

    if (!opts) {
        return NULL;
    }
    return opt ? opt->str : default_text(opts, name);
}

int qemu_opt_unset(QemuOpts *opts, const char *name)
{
    QemuOpt *opt, *prev;
    int count = 0;

    QTAILQ_FOREACH_REVERSE_SAFE(opt, &opts->head, next, prev) {
        if (!strcmp(opt->name, name)) {
            opt_free(opts, opt);
            count++;
        }
    }
    return count;
}

char *qemu_opt_get_del(QemuOpts *opts, const char *name)
{
    char *copy = g_strdup(qemu_opt_get(opts, name));

    if (opts) {
        qemu_opt_unset(opts, name);
    }
    return copy;
}

/* In an open group, or for a default: the text is evaluated now. */
static bool text_of(QemuOpts *opts, const char *name, QemuOpt **opt,
                    const char **text)
{
    *opt = opts ? opt_find(opts, name) : NULL;
    *text = *opt ? (*opt)->str : opts ? default_text(opts, name) : NULL;
    return *text != NULL;
}

bool qemu_opt_get_bool(QemuOpts *opts, const char *name, bool defval)
{
    const char *text;
    QemuOpt *opt;

    if (!text_of(opts, name, &opt, &text)) {
        return defval;
    }
    if (opt && opt->desc) {
        return opt->boolean;
    }
    qemu_parse_bool(text, &defval);
    return defval;
}

uint64_t qemu_opt_get_number(QemuOpts *opts, const char *name, uint64_t defval)
{
    const char *text;
    uint64_t value;
    QemuOpt *opt;

    if (!text_of(opts, name, &opt, &text)) {
        return defval;
    }
    if (opt && opt->desc) {
        return opt->number;
    }
    return qemu_strtou64(text, NULL, 0, &value) ? defval : value;
}

uint64_t qemu_opt_get_size(QemuOpts *opts, const char *name, uint64_t defval)
{
    const char *text;
    uint64_t value;
    QemuOpt *opt;

    if (!text_of(opts, name, &opt, &text)) {
        return defval;
    }
    if (opt && opt->desc) {
        return opt->number;
    }
    return qemu_strtosz(text, NULL, &value) ? defval : value;
}

bool qemu_opt_has_help_opt(QemuOpts *opts)
{
    QemuOpt *opt;

    QTAILQ_FOREACH(opt, &opts->head, next) {
        if (is_help_option(opt->name)) {
            return true;
        }
    }
    return false;
}

bool qemu_opt_set(QemuOpts *opts, const char *name, const char *value,
                  Error **errp)
{
    return opts_append(opts, name, value, errp);
}

bool qemu_opt_set_bool(QemuOpts *opts, const char *name, bool val,
                       Error **errp)
{
    return opts_append(opts, name, val ? "on" : "off", errp);
}

bool qemu_opt_set_number(QemuOpts *opts, const char *name, int64_t val,
                         Error **errp)
{
    g_autofree char *text = g_strdup_printf("%" PRId64, val);

    return opts_append(opts, name, text, errp);
}

int qemu_opt_foreach(QemuOpts *opts, qemu_opt_loopfunc func, void *opaque,
                     Error **errp)
{
    QemuOpt *opt;
    int ret = 0;

    QTAILQ_FOREACH(opt, &opts->head, next) {
        ret = func(opaque, opt->name, opt->str, errp);
        if (ret) {
            break;
        }
    }
    return ret;
}

void qemu_opt_iter_init(QemuOptsIter *iter, QemuOpts *opts, const char *name)
{
    *iter = (QemuOptsIter){
        .opts = opts, .name = name, .next = QTAILQ_FIRST(&opts->head),
    };
}

const char *qemu_opt_iter_next(QemuOptsIter *iter)
{
    for (QemuOpt *opt = iter->next; opt; opt = QTAILQ_NEXT(opt, next)) {
        if (!iter->name || !strcmp(opt->name, iter->name)) {
            iter->next = QTAILQ_NEXT(opt, next);
            return opt->str;
        }
    }
    iter->next = NULL;
    return NULL;
}

/* --- groups --- */

QemuOpts *qemu_opts_find(QemuOptsList *list, const char *id)
{
    QemuOpts *opts;

    QTAILQ_FOREACH(opts, &list->head, next) {
        if (!g_strcmp0(opts->id, id)) {
            return opts;
        }
    }
    return NULL;
}

QemuOpts *qemu_opts_create(QemuOptsList *list, const char *id,
                           int fail_if_exists, Error **errp)
{
    QemuOpts *opts = list->merge_lists || id ? qemu_opts_find(list, id) : NULL;

    if (id && list->merge_lists) {
        error_setg(errp, "Invalid parameter 'id'");
        return NULL;
    }
    if (id && !id_wellformed(id)) {
        ERRP_GUARD();
        error_setg(errp, "Parameter 'id' expects an identifier, not '%s'", id);
        error_append_hint(errp, "An identifier begins with a letter; letters,"
                          " digits, '-', '.' and '_' may follow.\n");
        return NULL;
    }
    if (opts) {
        if (fail_if_exists && !list->merge_lists) {
            error_setg(errp, "Duplicate ID '%s' for %s", id, list->name);
            return NULL;
        }
        return opts;
    }
    opts = g_new0(QemuOpts, 1);
    opts->id = g_strdup(id);
    opts->list = list;
    loc_save(&opts->loc);
    QTAILQ_INIT(&opts->head);
    QTAILQ_INSERT_TAIL(&list->head, opts, next);
    return opts;
}

void qemu_opts_del(QemuOpts *opts)
{
    QemuOpt *opt;

    if (!opts) {
        return;
    }
    while ((opt = QTAILQ_FIRST(&opts->head))) {
        opt_free(opts, opt);
    }
    QTAILQ_REMOVE(&opts->list->head, opts, next);
    g_free(opts->id);
    g_free(opts);
}

void qemu_opts_reset(QemuOptsList *list)
{
    QemuOpts *opts;

    while ((opts = QTAILQ_FIRST(&list->head))) {
        qemu_opts_del(opts);
    }
}

void qemu_opts_free(QemuOptsList *list)
{
    qemu_opts_reset(list);
    g_free(list);
}

void qemu_opts_loc_restore(QemuOpts *opts)
{
    loc_restore(&opts->loc);
}

bool qemu_opts_set(QemuOptsList *list, const char *name, const char *value,
                   Error **errp)
{
    QemuOpts *opts = qemu_opts_create(list, NULL, 1, errp);

    return opts && qemu_opt_set(opts, name, value, errp);
}

const char *qemu_opts_id(QemuOpts *opts)
{
    return opts->id;
}

void qemu_opts_set_id(QemuOpts *opts, char *id)
{
    g_free(opts->id);
    opts->id = id;
}

bool qemu_opts_validate(QemuOpts *opts, const QemuOptDesc *desc, Error **errp)
{
    QemuOpt *opt;

    QTAILQ_FOREACH(opt, &opts->head, next) {
        opt->desc = find_desc(desc, opt->name);
        if (!opt->desc) {
            error_setg(errp, "Invalid parameter '%s'", opt->name);
            return false;
        }
        if (!opt_evaluate(opt, errp)) {
            return false;
        }
    }
    return true;
}

int qemu_opts_foreach(QemuOptsList *list, qemu_opts_loopfunc func,
                      void *opaque, Error **errp)
{
    QemuOpts *opts, *next;
    Location loc;
    int ret = 0;

    loc_push_none(&loc);
    QTAILQ_FOREACH_SAFE(opts, &list->head, next, next) {
        qemu_opts_loc_restore(opts);
        ret = func(opaque, opts, errp);
        if (ret) {
            break;
        }
    }
    loc_pop(&loc);
    return ret;
}

/* --- showing --- */

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *desc_line(const QemuOptDesc *desc)
{
    static const char *const types[] = {
        [QEMU_OPT_STRING] = "str", [QEMU_OPT_BOOL] = "bool (on/off)",
        [QEMU_OPT_NUMBER] = "num", [QEMU_OPT_SIZE] = "size",
    };
    GString *line = g_string_new(NULL);

    g_string_printf(line, "  %s=<%s>", desc->name, types[desc->type]);
    if (desc->help) {
        g_string_append_printf(line, "%*s - %s",
                               MAX(0, 24 - (int)line->len), "", desc->help);
    }
    if (desc->def_value_str) {
        g_string_append_printf(line, " (default: %s)", desc->def_value_str);
    }
    return g_string_free(line, false);
}

void qemu_opts_print_help(QemuOptsList *list, bool print_caption)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (const QemuOptDesc *desc = list->desc; desc->name; desc++) {
        g_ptr_array_add(lines, desc_line(desc));
    }
    g_ptr_array_sort(lines, by_text);
    if (lines->len == 0) {
        printf("There are no options for %s.\n", list->name);
    } else if (print_caption) {
        printf("%s options:\n", list->name);
    }
    for (unsigned i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)lines->pdata[i]);
    }
}

/* A value with its commas doubled. */
static void print_value(const char *value)
{
    for (; *value; value++) {
        fputs(*value == ',' ? ",," : (char[]){ *value, 0 }, stdout);
    }
}

void qemu_opts_print(QemuOpts *opts, const char *separator)
{
    const char *between = "";
    QemuOpt *opt;

    if (opts->id) {
        printf("id=%s", opts->id);
        between = separator;
    }
    QTAILQ_FOREACH(opt, &opts->head, next) {
        printf("%s%s=", between, opt->name);
        print_value(opt->str);
        between = separator;
    }
}

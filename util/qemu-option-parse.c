/*
 * Options from text, from JSON, and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/help_option.h"
#include "qemu/option.h"
#include "qemu-option-internal.h"

const char *get_opt_value(const char *p, char **value)
{
    GString *text = g_string_new(NULL);

    for (; *p; p++) {
        if (*p == ',') {
            if (p[1] != ',') {
                break;
            }
            p++;
        }
        g_string_append_c(text, *p);
    }
    if (value) {
        *value = g_string_free(text, false);
    } else {
        g_string_free(text, true);
    }
    return p;
}

/* One "name=value", "flag" or "noflag" of a list. */
typedef struct Item {
    char *name;
    char *value;
    bool flag;              /* there was no '=' */
} Item;

static void item_clear(Item *item)
{
    g_free(item->name);
    g_free(item->value);
}

/*
 * Read an item at @p and give what follows its comma. @implied: the name of a
 * word without '=', if it may be left out here.
 */
static const char *read_item(const char *p, const char *implied, Item *item)
{
    size_t len = strcspn(p, "=,");

    *item = (Item){ 0 };
    if (p[len] == '=') {
        item->name = g_strndup(p, len);
        p = get_opt_value(p + len + 1, &item->value);
    } else if (implied) {
        item->name = g_strdup(implied);
        p = get_opt_value(p, &item->value);
    } else {
        item->flag = true;
        item->name = g_strndup(p, len);
        p += len;
        if (g_str_has_prefix(item->name, "no") &&
            !is_help_option(item->name)) {
            memmove(item->name, item->name + 2, len - 1);
            item->value = g_strdup("off");
        } else {
            item->value = g_strdup("on");
        }
    }
    return *p == ',' ? p + 1 : p;
}

/* "node" was taken for "no" and "de": not if the table has a "node". */
static void settle_flag(const QemuOptsList *list, Item *item)
{
    g_autofree char *whole = g_strconcat("no", item->name, NULL);

    if (!item->flag || strcmp(item->value, "off")) {
        return;
    }
    for (const QemuOptDesc *desc = list->desc; desc->name; desc++) {
        if (!strcmp(desc->name, whole)) {
            g_free(item->name);
            g_free(item->value);
            item->name = g_steal_pointer(&whole);
            item->value = g_strdup("on");
            return;
        }
    }
}

typedef struct ParseMode {
    const char *implied;
    bool skip_id;           /* "id=" has been dealt with */
    bool warn_flags;
    bool *help;             /* "help" asks for it, and is no key */
} ParseMode;

static bool add_items(QemuOpts *opts, const char *params,
                      const ParseMode *mode, Error **errp)
{
    const char *implied = mode->implied;
    const char *p = params;
    bool ok = true;

    while (*p && ok) {
        Item item;

        p = read_item(p, implied, &item);
        implied = NULL;
        settle_flag(opts->list, &item);
        if (item.flag && mode->help && is_help_option(item.name)) {
            *mode->help = true;
            ok = false;
        } else if (!(mode->skip_id && !item.flag && !strcmp(item.name, "id"))) {
            if (item.flag && mode->warn_flags && !is_help_option(item.name)) {
                bool off = !strcmp(item.value, "off");

                warn_report("short-form boolean option '%s%s' deprecated",
                            off ? "no" : "", item.name);
                error_printf("Please use %s=%s instead\n",
                             item.name, item.value);
            }
            ok = opts_append(opts, item.name, item.value, errp);
        }
        item_clear(&item);
    }
    return ok;
}

bool qemu_opts_do_parse(QemuOpts *opts, const char *params,
                        const char *firstname, Error **errp)
{
    ParseMode mode = { .implied = firstname };

    return add_items(opts, params, &mode, errp);
}

/* The value of the first "id=". */
static char *find_id(const char *params, const char *implied)
{
    const char *p = params;
    char *id = NULL;

    while (*p && !id) {
        Item item;

        p = read_item(p, implied, &item);
        implied = NULL;
        if (!item.flag && !strcmp(item.name, "id")) {
            id = g_steal_pointer(&item.value);
        }
        item_clear(&item);
    }
    return id;
}

static QemuOpts *parse_new(QemuOptsList *list, const char *params,
                           bool permit_abbrev, bool warn_flags, bool *help,
                           Error **errp)
{
    ParseMode mode = {
        .implied = permit_abbrev ? list->implied_opt_name : NULL,
        .skip_id = true,
        .warn_flags = warn_flags && !list->allow_flag_opts,
        .help = opts_accept_any(list) ? NULL : help,
    };
    g_autofree char *id = find_id(params, mode.implied);
    bool existed = list->merge_lists && qemu_opts_find(list, NULL);
    QemuOpts *opts = qemu_opts_create(list, id, !list->merge_lists, errp);

    if (opts && !add_items(opts, params, &mode, errp)) {
        if (!existed) {
            qemu_opts_del(opts);
        }
        return NULL;
    }
    return opts;
}

QemuOpts *qemu_opts_parse(QemuOptsList *list, const char *params,
                          bool permit_abbrev, Error **errp)
{
    return parse_new(list, params, permit_abbrev, false, NULL, errp);
}

QemuOpts *qemu_opts_parse_noisily(QemuOptsList *list, const char *params,
                                  bool permit_abbrev)
{
    Error *err = NULL;
    bool help = false;
    QemuOpts *opts = parse_new(list, params, permit_abbrev, true, &help, &err);

    if (help) {
        qemu_opts_print_help(list, true);
    } else if (err) {
        error_report_err(err);
    }
    return opts;
}

/* Help stands alone between commas, at the front, or after an implied key. */
bool has_help_option(const char *params)
{
    const char *p = params;

    while (*p) {
        g_autofree char *word = NULL;

        p = get_opt_value(p, &word);
        if (is_help_option(word)) {
            return true;
        }
        p += *p == ',';
    }
    return false;
}

/* --- JSON --- */

/* The text of a scalar; NULL for other values. */
static char *scalar_text(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        return g_strdup(json_object_get_string(value));
    case json_type_boolean:
        return g_strdup(json_object_get_boolean(value) ? "on" : "off");
    case json_type_int:
    case json_type_double:
        return g_strdup(json_object_to_json_string(value));
    default:
        return NULL;
    }
}

QemuOpts *qemu_opts_from_json(QemuOptsList *list, struct json_object *obj,
                              Error **errp)
{
    QemuOpts *opts = qemu_opts_create(list, json_get_str(obj, "id"), 1, errp);

    if (!opts) {
        return NULL;
    }
    json_object_object_foreach(obj, key, value) {
        g_autofree char *text = scalar_text(value);

        if (!text) {
            error_setg(errp, "Parameter '%s' expects a string, number or"
                       " boolean", key);
            qemu_opts_del(opts);
            return NULL;
        }
        if (strcmp(key, "id") && !opts_append(opts, key, text, errp)) {
            qemu_opts_del(opts);
            return NULL;
        }
    }
    return opts;
}

struct json_object *qemu_opts_to_json(QemuOpts *opts)
{
    struct json_object *obj = json_object_new_object();
    QemuOpt *opt;

    if (opts->id) {
        json_put_str(obj, "id", opts->id);
    }
    QTAILQ_FOREACH(opt, &opts->head, next) {
        json_put_str(obj, opt->name, opt->str);
    }
    return obj;
}

/*
 * The registry of option groups and the files that fill them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/cutils.h"
#include "qemu-option-internal.h"

static GPtrArray *groups;

void qemu_add_opts(QemuOptsList *list)
{
    if (!groups) {
        groups = g_ptr_array_new();
    }
    if (!list->head.tqh_last) {
        QTAILQ_INIT(&list->head);
    }
    g_ptr_array_add(groups, list);
}

QemuOptsList *qemu_find_opts_err(const char *group, Error **errp)
{
    for (unsigned i = 0; groups && i < groups->len; i++) {
        QemuOptsList *list = groups->pdata[i];

        if (!strcmp(list->name, group)) {
            return list;
        }
    }
    error_setg(errp, "There is no option group '%s'", group);
    return NULL;
}

QemuOptsList *qemu_find_opts(const char *group)
{
    Error *err = NULL;
    QemuOptsList *list = qemu_find_opts_err(group, &err);

    if (err) {
        error_report_err(err);
    }
    return list;
}

QemuOpts *qemu_find_opts_singleton(const char *group)
{
    QemuOptsList *list = qemu_find_opts(group);
    QemuOpts *opts = qemu_opts_find(list, NULL);

    return opts ? opts : qemu_opts_create(list, NULL, 0, &error_abort);
}

void qemu_opts_groups_foreach(void (*fn)(QemuOptsList *list, void *opaque),
                              void *opaque)
{
    for (unsigned i = 0; groups && i < groups->len; i++) {
        fn(groups->pdata[i], opaque);
    }
}

int qemu_set_option(const char *str, Error **errp)
{
    const char *equals = strchr(str, '=');
    g_autofree char *path = equals ? g_strndup(str, equals - str) : NULL;
    g_auto(GStrv) part = path ? g_strsplit(path, ".", 3) : NULL;
    QemuOptsList *list;
    QemuOpts *opts;

    if (!part || g_strv_length(part) != 3 || !*part[0] || !*part[1] ||
        !*part[2]) {
        error_setg(errp, "can't parse: \"%s\" (expected group.id.key=value)",
                   str);
        return -1;
    }
    list = qemu_find_opts_err(part[0], errp);
    if (!list) {
        return -1;
    }
    opts = qemu_opts_find(list, part[1]);
    if (!opts) {
        error_setg(errp, "there is no %s \"%s\" defined", part[0], part[1]);
        return -1;
    }
    return qemu_opt_set(opts, part[2], equals + 1, errp) ? 0 : -1;
}

/* --- files --- */

typedef struct ConfigReader {
    const char *fname;
    int line;
    char *group;                    /* of the section under way; or NULL */
    struct json_object *opts;
    int section_line;
    int error_line;
    int count;
    QEMUConfigCB *cb;
    void *opaque;
} ConfigReader;

/* Hand the section under way to the user. */
static bool section_end(ConfigReader *r, Error **errp)
{
    Error *err = NULL;

    if (!r->group) {
        return true;
    }
    loc_set_file(r->fname, r->section_line);
    r->cb(r->group, r->opts, r->opaque, &err);
    r->count++;
    g_clear_pointer(&r->group, g_free);
    json_object_put(g_steal_pointer(&r->opts));
    if (err) {
        r->error_line = r->section_line;
        error_propagate(errp, err);
        return false;
    }
    loc_set_file(r->fname, r->line);
    return true;
}

/* The text between quotes at @p, which must end the line but for @tail. */
static char *read_quoted(const char *p, const char *tail)
{
    const char *close = *p == '"' ? strrchr(p + 1, '"') : NULL;

    if (!close || strcmp(close + 1, tail)) {
        return NULL;
    }
    return g_strndup(p + 1, close - p - 1);
}

/* [group] or [group "id"]; the line has no blanks at its ends. */
static bool section_begin(ConfigReader *r, const char *line, Error **errp)
{
    size_t len = strcspn(line + 1, " \t]");
    const char *rest = line + 1 + len;
    g_autofree char *id = NULL;

    if (!section_end(r, errp)) {
        return false;
    }
    rest += strspn(rest, " \t");
    if (len == 0 ||
        (strcmp(rest, "]") && !(id = read_quoted(rest, "]")))) {
        error_setg(errp, "parse error: expected [group] or [group \"id\"]");
        return false;
    }
    r->group = g_strndup(line + 1, len);
    r->opts = json_object_new_object();
    r->section_line = r->line;
    if (id) {
        json_put_str(r->opts, "id", id);
    }
    return true;
}

/* key = "value" */
static bool section_key(ConfigReader *r, const char *line, Error **errp)
{
    size_t len = strcspn(line, " \t=");
    const char *rest = line + len + strspn(line + len, " \t");
    g_autofree char *key = g_strndup(line, len);
    g_autofree char *value = NULL;

    if (*rest == '=') {
        rest++;
        rest += strspn(rest, " \t");
        value = read_quoted(rest, "");
    }
    if (!len || !value) {
        error_setg(errp, "parse error: expected key = \"value\"");
        return false;
    }
    if (!r->group) {
        error_setg(errp, "no group defined for '%s'", key);
        return false;
    }
    json_put_str(r->opts, key, value);
    return true;
}

static bool read_line(ConfigReader *r, char *line, Error **errp)
{
    loc_set_file(r->fname, r->line);
    r->error_line = r->line;
    g_strstrip(line);
    switch (*line) {
    case 0:
    case '#':
        return true;
    case '[':
        return section_begin(r, line, errp);
    default:
        return section_key(r, line, errp);
    }
}

int qemu_config_foreach(FILE *fp, QEMUConfigCB *cb, void *opaque,
                        const char *fname, Error **errp)
{
    ConfigReader r = { .fname = fname, .cb = cb, .opaque = opaque };
    Location loc;
    char *line = NULL;
    size_t size = 0;
    bool ok = true;
    ERRP_GUARD();

    loc_push_none(&loc);
    while (ok && getline(&line, &size, fp) >= 0) {
        r.line++;
        ok = read_line(&r, line, errp);
    }
    if (ok && ferror(fp)) {
        error_setg_errno(errp, errno, "Cannot read");
        ok = false;
    }
    ok = ok && section_end(&r, errp);
    if (!ok) {
        /* The caller's report would not say where. */
        error_prepend(errp, "%s:%d: ", fname, r.error_line);
    }
    loc_pop(&loc);
    free(line);
    g_free(r.group);
    json_object_put(r.opts);
    return ok ? r.count : -EINVAL;
}

/* The callback for registered groups. */
static void add_to_group(const char *group, struct json_object *obj,
                         void *opaque, Error **errp)
{
    QemuOptsList *list = qemu_find_opts_err(group, errp);

    if (list) {
        qemu_opts_from_json(list, obj, errp);
    }
}

int qemu_read_config_file(const char *fname, QEMUConfigCB *cb, Error **errp)
{
    FILE *fp = fopen(fname, "re");
    int ret;

    if (!fp) {
        int err = errno;

        error_setg_file_open(errp, err, fname);
        return -err;
    }
    ret = qemu_config_foreach(fp, cb ? cb : add_to_group, NULL, fname, errp);
    fclose(fp);
    return ret;
}

void qemu_config_write(FILE *fp)
{
    fprintf(fp, "# configuration file\n\n");
    for (unsigned i = 0; groups && i < groups->len; i++) {
        QemuOptsList *list = groups->pdata[i];
        QemuOpts *opts;

        QTAILQ_FOREACH(opts, &list->head, next) {
            QemuOpt *opt;

            if (opts->id) {
                fprintf(fp, "[%s \"%s\"]\n", list->name, opts->id);
            } else {
                fprintf(fp, "[%s]\n", list->name);
            }
            QTAILQ_FOREACH(opt, &opts->head, next) {
                fprintf(fp, "  %s = \"%s\"\n", opt->name, opt->str);
            }
            fprintf(fp, "\n");
        }
    }
}

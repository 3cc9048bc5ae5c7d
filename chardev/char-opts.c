/*
 * How chardevs are asked for: the option group "chardev", the short forms of
 * -serial and the like, and QMP chardev-add and chardev-remove.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/config-file.h"
#include "qemu/error-report.h"
#include "qemu/help_option.h"
#include "qemu/id.h"
#include "qemu/module.h"
#include "qemu/option.h"

/* --- kinds --- */

static const struct { const char *alias, *kind; } kind_aliases[] = {
    { "unix", "socket" }, { "tcp", "socket" }, { "memory", "ringbuf" },
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_kind(ObjectClass *oc, void *opaque)
{
    if (!object_class_is_abstract(oc) && !CHARDEV_CLASS(oc)->internal) {
        g_ptr_array_add(opaque, (void *)(object_class_get_name(oc) +
                                         strlen("chardev-")));
    }
}

GPtrArray *qemu_chr_kinds(void)
{
    GPtrArray *kinds = g_ptr_array_new();

    object_class_foreach(add_kind, TYPE_CHARDEV, false, kinds);
    g_ptr_array_sort(kinds, by_name);
    return kinds;
}

static char *kinds_text(void)
{
    GPtrArray *kinds = qemu_chr_kinds();
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < kinds->len; i++) {
        g_string_append_printf(text, "%s%s", i ? ", " : "",
                               (const char *)kinds->pdata[i]);
    }
    g_ptr_array_unref(kinds);
    return g_string_free(text, false);
}

const ChardevClass *qemu_chr_get_class(const char *kind, Error **errp)
{
    g_autofree char *typename = NULL;
    ObjectClass *oc;

    for (unsigned i = 0; i < ARRAY_SIZE(kind_aliases); i++) {
        if (strcmp(kind, kind_aliases[i].alias) == 0) {
            kind = kind_aliases[i].kind;
        }
    }
    typename = g_strdup_printf("chardev-%s", kind);
    oc = object_class_by_name(typename);
    if (!oc || !object_class_dynamic_cast(oc, TYPE_CHARDEV) ||
        object_class_is_abstract(oc) || CHARDEV_CLASS(oc)->internal) {
        g_autofree char *legal = kinds_text();

        error_setg(errp, "'%s' is not a valid char driver name; legal are %s",
                   kind, legal);
        return NULL;
    }
    return CHARDEV_CLASS(oc);
}

void qemu_chr_print_types(void)
{
    GPtrArray *kinds = qemu_chr_kinds();

    printf("Available chardev backend types: \n");
    for (unsigned i = 0; i < kinds->len; i++) {
        printf("  %s\n", (char *)g_ptr_array_index(kinds, i));
    }
    g_ptr_array_unref(kinds);
}

/* --- options --- */

static QemuOptsList chardev_opts = {
    .name = "chardev",
    .implied_opt_name = "backend",
    .head = QTAILQ_HEAD_INITIALIZER(chardev_opts.head),
    .desc = {
        { .name = "backend", .type = QEMU_OPT_STRING },
        { .name = "path", .type = QEMU_OPT_STRING },
        { .name = "input-path", .type = QEMU_OPT_STRING },
        { .name = "host", .type = QEMU_OPT_STRING },
        { .name = "port", .type = QEMU_OPT_STRING },
        { .name = "fd", .type = QEMU_OPT_STRING },
        { .name = "to", .type = QEMU_OPT_NUMBER },
        { .name = "ipv4", .type = QEMU_OPT_BOOL },
        { .name = "ipv6", .type = QEMU_OPT_BOOL },
        { .name = "wait", .type = QEMU_OPT_BOOL },
        { .name = "server", .type = QEMU_OPT_BOOL },
        { .name = "delay", .type = QEMU_OPT_BOOL },
        { .name = "nodelay", .type = QEMU_OPT_BOOL },
        { .name = "reconnect", .type = QEMU_OPT_NUMBER },
        { .name = "abstract", .type = QEMU_OPT_BOOL },
        { .name = "tight", .type = QEMU_OPT_BOOL, .def_value_str = "on" },
        { .name = "telnet", .type = QEMU_OPT_BOOL },
        { .name = "localaddr", .type = QEMU_OPT_STRING },
        { .name = "localport", .type = QEMU_OPT_STRING },
        { .name = "mux", .type = QEMU_OPT_BOOL },
        { .name = "signal", .type = QEMU_OPT_BOOL },
        { .name = "size", .type = QEMU_OPT_SIZE },
        { .name = "chardev", .type = QEMU_OPT_STRING },
        { .name = "append", .type = QEMU_OPT_BOOL },
        { .name = "logfile", .type = QEMU_OPT_STRING },
        { .name = "logappend", .type = QEMU_OPT_BOOL },
        { /* end */ }
    },
};

static void chardev_opts_register(void)
{
    qemu_add_opts(&chardev_opts);
}

opts_init(chardev_opts_register);

/* What each kind has beside the options that all have. */
static const struct {
    const char *type;
    const char *keys[18];
} kind_keys[] = {
    { TYPE_CHARDEV_NULL, { NULL } },
    { TYPE_CHARDEV_PTY, { NULL } },
    { TYPE_CHARDEV_STDIO, { "signal" } },
    { TYPE_CHARDEV_FILE, { "path", "input-path", "append" } },
    { TYPE_CHARDEV_PIPE, { "path" } },
    { TYPE_CHARDEV_RINGBUF, { "size" } },
    { TYPE_CHARDEV_MUX, { "chardev" } },
    { TYPE_CHARDEV_UDP,
      { "host", "port", "localaddr", "localport", "ipv4", "ipv6" } },
    { TYPE_CHARDEV_SOCKET,
      { "path", "abstract", "tight", "host", "port", "to", "ipv4", "ipv6",
        "fd", "server", "wait", "telnet", "reconnect", "nodelay", "delay" } },
};
static const char *const common_keys[] = {
    "mux", "logfile", "logappend", NULL
};

static int check_key(void *opaque, const char *name, const char *value,
                     Error **errp)
{
    const char *const *keys = opaque;
    g_autofree char *own = NULL;
    g_autofree char *common = NULL;

    if (!strcmp(name, "backend") || g_strv_contains(common_keys, name) ||
        g_strv_contains(keys, name)) {
        return 0;
    }
    own = g_strjoinv(", ", (char **)keys);
    common = g_strjoinv(", ", (char **)common_keys);
    error_setg(errp, "Invalid parameter '%s' for this kind; legal are %s%s%s",
               name, own, *own ? ", " : "", common);
    return -1;
}

/* Options of another kind would be without effect. */
static bool check_keys(QemuOpts *opts, const char *type, Error **errp)
{
    for (unsigned i = 0; i < ARRAY_SIZE(kind_keys); i++) {
        if (strcmp(kind_keys[i].type, type) == 0) {
            return qemu_opt_foreach(opts, check_key,
                                    (void *)kind_keys[i].keys, errp) == 0;
        }
    }
    return true;
}

/* A multiplexer named @id on top of what was just made as "@id-base". */
static Chardev *mux_on_top(const char *id, Chardev *base, Error **errp)
{
    g_json_auto json_object *data = json_object_new_object();
    Chardev *mux;

    json_put_str(data, "chardev", base->label);
    mux = qemu_chardev_new(id, TYPE_CHARDEV_MUX, data, errp);
    if (!mux) {
        object_unparent(OBJECT(base));
    }
    return mux;
}

static Chardev *chr_new_checked(QemuOpts *opts, const ChardevClass *cc,
                                Error **errp)
{
    g_json_auto json_object *data = json_object_new_object();
    const char *id = qemu_opts_id(opts);
    bool mux = qemu_opt_get_bool(opts, "mux", false);
    g_autofree char *base_id = mux ? g_strdup_printf("%s-base", id) : NULL;
    const char *log = qemu_opt_get(opts, "logfile");
    Error *err = NULL;
    Chardev *chr;

    if (!check_keys(opts, object_class_get_name(OBJECT_CLASS(cc)), errp)) {
        return NULL;
    }
    if (log) {
        json_put_str(data, "logfile", log);
        json_put_bool(data, "logappend",
                      qemu_opt_get_bool(opts, "logappend", false));
    }
    if (cc->chr_parse) {
        cc->chr_parse(opts, data, &err);
        if (err) {
            error_propagate(errp, err);
            return NULL;
        }
    }
    chr = qemu_chardev_new(mux ? base_id : id,
                           object_class_get_name(OBJECT_CLASS(cc)), data,
                           errp);
    return chr && mux ? mux_on_top(id, chr, errp) : chr;
}

Chardev *qemu_chr_new_from_opts(QemuOpts *opts, Error **errp)
{
    const char *kind = qemu_opt_get(opts, "backend");
    const char *id = qemu_opts_id(opts);
    const ChardevClass *cc;

    if (kind && is_help_option(kind)) {
        qemu_chr_print_types();
        return NULL;
    }
    if (!kind) {
        error_setg(errp, "chardev: \"%s\" missing backend", id ? id : "");
        return NULL;
    }
    cc = qemu_chr_get_class(kind, errp);
    if (!cc) {
        return NULL;
    }
    if (!id) {
        error_setg(errp, "chardev: no id specified");
        return NULL;
    }
    if (qemu_chr_find(id)) {
        error_setg(errp, "Duplicate ID '%s' for chardev", id);
        return NULL;
    }
    return chr_new_checked(opts, cc, errp);
}

/* --- short forms --- */

/* "HOST:PORT[,more]" or, with an empty host, ":PORT". */
static bool parse_host_and_port(QemuOpts *opts, const char *p, Error **errp)
{
    const char *options = strchr(p, ',');
    const char *end = options ? options : p + strlen(p);
    const char *colon = g_strrstr_len(p, end - p, ":");
    g_autofree char *host = NULL, *port = NULL;

    if (!colon || colon + 1 == end) {
        error_setg(errp, "'%.*s' is not HOST:PORT", (int)(end - p), p);
        return false;
    }
    host = p[0] == '[' && colon > p + 1 && colon[-1] == ']'
           ? g_strndup(p + 1, colon - p - 2) : g_strndup(p, colon - p);
    port = g_strndup(colon + 1, end - colon - 1);
    return qemu_opt_set(opts, "backend", "socket", errp) &&
           qemu_opt_set(opts, "host", host, errp) &&
           qemu_opt_set(opts, "port", port, errp) &&
           (!options || qemu_opts_do_parse(opts, options + 1, NULL, errp));
}

/* "[HOST]:PORT[@[LOCALADDR]:LOCALPORT]" */
static bool parse_udp(QemuOpts *opts, const char *p, Error **errp)
{
    g_auto(GStrv) ends = g_strsplit(p, "@", 2);
    static const char *const keys[2][2] = {
        { "host", "port" }, { "localaddr", "localport" },
    };

    if (!qemu_opt_set(opts, "backend", "udp", errp)) {
        return false;
    }
    for (unsigned i = 0; ends[i]; i++) {
        char *colon = strrchr(ends[i], ':');

        if (!colon || !colon[1]) {
            error_setg(errp, "'%s' is not [HOST]:PORT[@[ADDRESS]:PORT]", p);
            return false;
        }
        *colon = 0;
        if ((*ends[i] && !qemu_opt_set(opts, keys[i][0], ends[i], errp)) ||
            !qemu_opt_set(opts, keys[i][1], colon + 1, errp)) {
            return false;
        }
    }
    return true;
}

static bool parse_path(QemuOpts *opts, const char *backend, const char *p,
                       Error **errp)
{
    return qemu_opt_set(opts, "backend", backend, errp) &&
           qemu_opts_do_parse(opts, p, "path", errp);
}

static bool parse_short(QemuOpts *opts, const char *spec, Error **errp)
{
    static const char *const plain[] = { "null", "pty", "stdio", "ringbuf" };
    const char *p;

    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
        if (strcmp(spec, plain[i]) == 0) {
            return qemu_opt_set(opts, "backend", spec, errp);
        }
    }
    if (g_str_has_prefix(spec, "unix:")) {
        return parse_path(opts, "socket", spec + 5, errp);
    }
    if (g_str_has_prefix(spec, "tcp:")) {
        return parse_host_and_port(opts, spec + 4, errp);
    }
    if (g_str_has_prefix(spec, "telnet:")) {
        return parse_host_and_port(opts, spec + 7, errp) &&
               qemu_opt_set(opts, "telnet", "on", errp);
    }
    if (g_str_has_prefix(spec, "udp:")) {
        return parse_udp(opts, spec + 4, errp);
    }
    if (g_str_has_prefix(spec, "file:")) {
        return qemu_opt_set(opts, "backend", "file", errp) &&
               qemu_opt_set(opts, "path", spec + 5, errp);
    }
    if (g_str_has_prefix(spec, "pipe:")) {
        return qemu_opt_set(opts, "backend", "pipe", errp) &&
               qemu_opt_set(opts, "path", spec + 5, errp);
    }
    p = strchr(spec, ',');
    if (p && strncmp(spec, "stdio", p - spec) == 0) {
        return qemu_opts_do_parse(opts, spec, "backend", errp);
    }
    error_setg(errp, "'%s' is not a valid char driver; legal are null, none, "
               "stdio, pty, ringbuf, chardev:ID, file:PATH, pipe:PATH, "
               "unix:PATH, tcp:HOST:PORT, telnet:HOST:PORT and udp:HOST:PORT",
               spec);
    return false;
}

QemuOpts *qemu_chr_parse_compat(const char *label, const char *spec,
                                bool permit_mux_mon, Error **errp)
{
    bool mux = permit_mux_mon && g_str_has_prefix(spec, "mon:");
    QemuOpts *opts = qemu_opts_create(&chardev_opts, label, 1, errp);

    if (!opts) {
        return NULL;
    }
    if (mux) {
        spec += strlen("mon:");
    }
    if (!parse_short(opts, spec, errp) ||
        (mux && !qemu_opt_set(opts, "mux", "on", errp)) ||
        (mux && strcmp(spec, "stdio") == 0 &&
         !qemu_opt_set(opts, "signal", "off", errp))) {
        qemu_opts_del(opts);
        return NULL;
    }
    return opts;
}

static void (*mux_monitor_hook)(Chardev *mux);

void qemu_chr_set_mux_monitor(void (*add)(Chardev *mux))
{
    mux_monitor_hook = add;
}

Chardev *qemu_chr_new_legacy(const char *label, const char *spec,
                             bool permit_mux_mon, Error **errp)
{
    QemuOpts *opts;
    Chardev *chr;

    if (g_str_has_prefix(spec, "chardev:")) {
        chr = qemu_chr_find(spec + strlen("chardev:"));
        if (!chr) {
            error_setg(errp, "chardev \"%s\" not found",
                       spec + strlen("chardev:"));
        }
        return chr;
    }
    opts = qemu_chr_parse_compat(label, spec, permit_mux_mon, errp);
    if (!opts) {
        return NULL;
    }
    chr = qemu_chr_new_from_opts(opts, errp);
    if (chr && chr_is_mux(chr) && mux_monitor_hook) {
        mux_monitor_hook(chr);
    }
    qemu_opts_del(opts);
    return chr;
}

static Chardev *chr_new_reporting(const char *label, const char *spec,
                                  bool permit_mux_mon)
{
    Error *err = NULL;
    Chardev *chr = qemu_chr_new_legacy(label, spec, permit_mux_mon, &err);

    if (err) {
        error_report_err(err);
    }
    return chr;
}

Chardev *qemu_chr_new(const char *label, const char *spec)
{
    return chr_new_reporting(label, spec, false);
}

Chardev *qemu_chr_new_mux_mon(const char *label, const char *spec)
{
    return chr_new_reporting(label, spec, true);
}

/* --- QMP --- */

json_object *qemu_chr_qmp_add(const char *id, json_object *backend,
                              Error **errp)
{
    const ChardevClass *cc = qemu_chr_get_class(json_get_str(backend, "type"),
                                                errp);
    json_object *answer;
    Chardev *chr;

    if (!cc) {
        return NULL;
    }
    if (!id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        return NULL;
    }
    if (qemu_chr_find(id)) {
        error_setg(errp, "Chardev with id '%s' already exists", id);
        return NULL;
    }
    chr = qemu_chardev_new(id, object_class_get_name(OBJECT_CLASS(cc)),
                           json_get(backend, "data"), errp);
    if (!chr) {
        return NULL;
    }
    answer = json_object_new_object();
    if (chr->filename && g_str_has_prefix(chr->filename, "pty:")) {
        json_put_str(answer, "pty", chr->filename + strlen("pty:"));
    }
    return answer;
}

bool qemu_chr_qmp_remove(const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "Chardev '%s' not found", id);
        return false;
    }
    if (chr_is_mux(chr) ? qemu_chr_mux_used(chr) : chr->fe != NULL) {
        error_setg(errp, "Chardev '%s' is busy", id);
        return false;
    }
    object_unparent(OBJECT(chr));
    return true;
}

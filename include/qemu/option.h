/*
 * Options: lists of "key=value,…" by group (-device, -netdev, -machine …), each
 * group with its table of parameters or open to any. In a value ",," stands for
 * a comma. "key" alone means key=on and "nokey" key=off, for bools; the first
 * word without '=' is the value of the group's implied key.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_OPTION_H
#define QEMU_OPTION_H

#include <json-c/json.h>
#include "qemu/queue.h"

enum QemuOptType {
    QEMU_OPT_STRING = 0,
    QEMU_OPT_BOOL,          /* on off true false yes no y n */
    QEMU_OPT_NUMBER,        /* unsigned 64 bits, decimal or 0x hex */
    QEMU_OPT_SIZE,          /* bytes, or with suffix */
};

typedef struct QemuOptDesc {
    const char *name;
    enum QemuOptType type;
    const char *help;
    const char *def_value_str;
} QemuOptDesc;

struct QemuOptsList {
    const char *name;                   /* the group */
    const char *implied_opt_name;
    bool merge_lists;                   /* equal ids are one list */
    bool allow_flag_opts;               /* "key" for a string: no warning */
    QTAILQ_HEAD(, QemuOpts) head;       /* initialise it */
    QemuOptDesc desc[];                 /* ends with { }; empty: any key */
};

/* --- one list of options --- */

/* The value as given, else the table's default, else NULL; stays the opts'. */
const char *qemu_opt_get(QemuOpts *opts, const char *name);
/* The same as a copy, and the option is taken away. */
char *qemu_opt_get_del(QemuOpts *opts, const char *name);
/* Typed; @defval if it is neither given nor in the table. */
bool qemu_opt_get_bool(QemuOpts *opts, const char *name, bool defval);
uint64_t qemu_opt_get_number(QemuOpts *opts, const char *name,
                             uint64_t defval);
uint64_t qemu_opt_get_size(QemuOpts *opts, const char *name, uint64_t defval);
bool qemu_opt_has_help_opt(QemuOpts *opts);
int qemu_opt_unset(QemuOpts *opts, const char *name);

/* Add a value (the last one counts). False with an error. */
bool qemu_opt_set(QemuOpts *opts, const char *name, const char *value,
                  Error **errp);
bool qemu_opt_set_bool(QemuOpts *opts, const char *name, bool val,
                       Error **errp);
bool qemu_opt_set_number(QemuOpts *opts, const char *name, int64_t val,
                         Error **errp);

/* Call for each in order until one gives not 0 and, or sets @errp; gives it. */
typedef int (*qemu_opt_loopfunc)(void *opaque, const char *name,
                                 const char *value, Error **errp);
int qemu_opt_foreach(QemuOpts *opts, qemu_opt_loopfunc func, void *opaque,
                     Error **errp);
typedef struct {
    QemuOpts *opts;
    const char *name;
    void *next;
} QemuOptsIter;
/* All values of one key in order; NULL at the end. */
void qemu_opt_iter_init(QemuOptsIter *iter, QemuOpts *opts, const char *name);
const char *qemu_opt_iter_next(QemuOptsIter *iter);

/* --- groups --- */

QemuOpts *qemu_opts_find(QemuOptsList *list, const char *id);
/*
 * A new list of options with @id (NULL: none). If there is one with that id: it
 * is given when the group merges, else an error if @fail_if_exists.
 */
QemuOpts *qemu_opts_create(QemuOptsList *list, const char *id,
                           int fail_if_exists, Error **errp);
void qemu_opts_reset(QemuOptsList *list);
/* Make messages name the place that @opts came from. */
void qemu_opts_loc_restore(QemuOpts *opts);
bool qemu_opts_set(QemuOptsList *list, const char *name, const char *value,
                   Error **errp);
const char *qemu_opts_id(QemuOpts *opts);
void qemu_opts_set_id(QemuOpts *opts, char *id);
void qemu_opts_del(QemuOpts *opts);
/* Check an open list against a table later. */
bool qemu_opts_validate(QemuOpts *opts, const QemuOptDesc *desc, Error **errp);

/*
 * Read @params into @opts; into a new list of @list. "id=" is the id.
 * @permit_abbrev: the first word may be without key. NULL (false) with an
 * error; the _noisily form reports it (and, for "help", prints the table, with
 * *@help… by has_help_option()).
 */
bool qemu_opts_do_parse(QemuOpts *opts, const char *params,
                        const char *firstname, Error **errp);
QemuOpts *qemu_opts_parse(QemuOptsList *list, const char *params,
                          bool permit_abbrev, Error **errp);
QemuOpts *qemu_opts_parse_noisily(QemuOptsList *list, const char *params,
                                  bool permit_abbrev);
/* Scalars of an object into a new list; "id" is the id. And back (strings). */
QemuOpts *qemu_opts_from_json(QemuOptsList *list, struct json_object *obj,
                              Error **errp);
struct json_object *qemu_opts_to_json(QemuOpts *opts);

typedef int (*qemu_opts_loopfunc)(void *opaque, QemuOpts *opts, Error **errp);
/*
 * Call for each list of a group, with its place as the location of messages,
 * until one gives not 0; gives that. @func may delete what it is given.
 */
int qemu_opts_foreach(QemuOptsList *list, qemu_opts_loopfunc func,
                      void *opaque, Error **errp);
/* "  name=<bool>  - help (default: x)" for each parameter, sorted. */
void qemu_opts_print_help(QemuOptsList *list, bool print_caption);
void qemu_opts_print(QemuOpts *opts, const char *separator);
void qemu_opts_free(QemuOptsList *list);

/* Read up to @delim (not doubled): gives what follows; *@val to be freed. */
const char *get_opt_value(const char *p, char **value);

/* The texts of values; false with "Parameter 'x' expects …". */
bool parse_option_number(const char *name, const char *value, uint64_t *ret,
                         Error **errp);
bool parse_option_size(const char *name, const char *value, uint64_t *ret,
                       Error **errp);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuOpts, qemu_opts_del)

#endif

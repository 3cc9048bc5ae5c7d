/*
 * Descriptors that were handed in: sets of them, opened as /dev/fdset/N, and
 * those that have a name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <json-c/json.h>
#include "chardev/fdset.h"
#include "qapi/error.h"
#include "qemu/sockets.h"
#include "qemu/thread.h"

typedef struct FdsetFd {
    int fd;
    char *opaque;
} FdsetFd;

typedef struct Fdset {
    int64_t id;
    GArray *fds;        /* of FdsetFd */
} Fdset;

static GArray *fdsets;  /* of Fdset, in ascending order of id */

static Fdset *fdset_find(int64_t id)
{
    for (unsigned i = 0; fdsets && i < fdsets->len; i++) {
        Fdset *set = &g_array_index(fdsets, Fdset, i);

        if (set->id == id) {
            return set;
        }
    }
    return NULL;
}

static void fdset_fd_clear(void *data)
{
    FdsetFd *f = data;

    close(f->fd);
    g_free(f->opaque);
}

static Fdset *fdset_new(int64_t id)
{
    Fdset set = { .id = id, .fds = g_array_new(false, false, sizeof(FdsetFd)) };
    unsigned at = 0;

    if (!fdsets) {
        fdsets = g_array_new(false, false, sizeof(Fdset));
    }
    while (at < fdsets->len && (set.id < 0 ||
           g_array_index(fdsets, Fdset, at).id < set.id)) {
        if (set.id < 0 && g_array_index(fdsets, Fdset, at).id != at) {
            break;          /* the first free number */
        }
        at++;
    }
    if (set.id < 0) {
        set.id = at;
    }
    g_array_set_clear_func(set.fds, fdset_fd_clear);
    g_array_insert_val(fdsets, at, set);
    return &g_array_index(fdsets, Fdset, at);
}

/* What "/dev/fdset/N" opens: a duplicate of one whose access mode fits. */
static int fdset_dup(int64_t id, int flags)
{
    Fdset *set = fdset_find(id);

    if (!set) {
        errno = ENOENT;
        return -1;
    }
    for (unsigned i = 0; i < set->fds->len; i++) {
        int fd = g_array_index(set->fds, FdsetFd, i).fd;
        int has = fcntl(fd, F_GETFL);

        if (has >= 0 && (has & O_ACCMODE) == (flags & O_ACCMODE)) {
            return fcntl(fd, F_DUPFD_CLOEXEC, 3);
        }
    }
    errno = EACCES;
    return -1;
}

int64_t fdset_add(int64_t id, int fd, const char *opaque, Error **errp)
{
    FdsetFd f = { .fd = fd, .opaque = g_strdup(opaque) };
    Fdset *set = id >= 0 ? fdset_find(id) : NULL;

    if (!set) {
        set = fdset_new(id);
        qemu_fdset_open = fdset_dup;
    }
    g_array_append_val(set->fds, f);
    return set->id;
}

static void fdset_drop_empty(int64_t id)
{
    for (unsigned i = 0; i < fdsets->len; i++) {
        Fdset *set = &g_array_index(fdsets, Fdset, i);

        if (set->id == id && set->fds->len == 0) {
            g_array_unref(set->fds);
            g_array_remove_index(fdsets, i);
            return;
        }
    }
}

bool fdset_remove(int64_t id, int64_t fd, Error **errp)
{
    Fdset *set = fdset_find(id);
    bool found = false;

    for (int i = set ? (int)set->fds->len - 1 : -1; i >= 0; i--) {
        if (fd < 0 || g_array_index(set->fds, FdsetFd, i).fd == fd) {
            g_array_remove_index(set->fds, i);
            found = true;
        }
    }
    if (!found) {
        if (fd < 0) {
            error_setg(errp, "File descriptor named 'fdset-id:%" PRId64
                       "' not found", id);
        } else {
            error_setg(errp, "File descriptor named 'fdset-id:%" PRId64
                       ", fd:%" PRId64 "' not found", id, fd);
        }
        return false;
    }
    fdset_drop_empty(id);
    return true;
}

json_object *fdset_query(void)
{
    json_object *all = json_object_new_array();

    for (unsigned i = 0; fdsets && i < fdsets->len; i++) {
        Fdset *set = &g_array_index(fdsets, Fdset, i);
        json_object *one = json_object_new_object();
        json_object *fds = json_object_new_array();

        for (unsigned j = 0; j < set->fds->len; j++) {
            FdsetFd *f = &g_array_index(set->fds, FdsetFd, j);
            json_object *o = json_object_new_object();

            json_object_object_add(o, "fd", json_object_new_int(f->fd));
            if (f->opaque) {
                json_object_object_add(o, "opaque",
                                       json_object_new_string(f->opaque));
            }
            json_object_array_add(fds, o);
        }
        json_object_object_add(one, "fdset-id",
                               json_object_new_int64(set->id));
        json_object_object_add(one, "fds", fds);
        json_object_array_add(all, one);
    }
    return all;
}

/* --- by name; monitors of several threads store --- */

static QemuMutex names_lock = QEMU_MUTEX_INITIALIZER;
static GHashTable *names;   /* name -> fd */

int named_fd_take(const char *name)
{
    gpointer value;
    int fd = -1;

    qemu_mutex_lock(&names_lock);
    if (names && g_hash_table_lookup_extended(names, name, NULL, &value)) {
        fd = GPOINTER_TO_INT(value);
        g_hash_table_remove(names, name);
        if (g_hash_table_size(names) == 0) {
            g_clear_pointer(&names, g_hash_table_unref);
        }
    }
    qemu_mutex_unlock(&names_lock);
    return fd;
}

void named_fd_store(const char *name, int fd)
{
    int old = named_fd_take(name);

    if (old >= 0) {
        close(old);
    }
    qemu_mutex_lock(&names_lock);
    if (!names) {
        names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    g_hash_table_insert(names, g_strdup(name), GINT_TO_POINTER(fd));
    qemu_mutex_unlock(&names_lock);
}

int monitor_fd_param(Monitor *mon, const char *fdname, Error **errp)
{
    int fd;

    if (g_ascii_isdigit(fdname[0])) {
        return fd_parse(fdname, errp);
    }
    fd = named_fd_take(fdname);
    if (fd < 0) {
        error_setg(errp, "File descriptor named '%s' has not been found",
                   fdname);
    }
    return fd;
}

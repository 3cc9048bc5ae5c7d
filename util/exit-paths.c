/*
 * Removing, at exit, the files that this process made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/exit-paths.h"

static GPtrArray *paths;
static pid_t owner;

static void remove_all(void)
{
    if (owner != getpid()) {
        return;             /* a forked child must not */
    }
    for (unsigned i = 0; paths && i < paths->len; i++) {
        unlink(g_ptr_array_index(paths, i));
    }
    g_clear_pointer(&paths, g_ptr_array_unref);
}

void exit_path_add(const char *path)
{
    static bool registered;

    if (!registered) {
        atexit(remove_all);
        registered = true;
    }
    if (!paths) {
        paths = g_ptr_array_new_with_free_func(g_free);
    }
    owner = getpid();
    /* the working folder may change later */
    g_ptr_array_add(paths, g_canonicalize_filename(path, NULL));
}

void exit_path_remove(const char *path)
{
    g_autofree char *full = g_canonicalize_filename(path, NULL);

    for (unsigned i = 0; paths && i < paths->len; i++) {
        if (strcmp(g_ptr_array_index(paths, i), full) == 0) {
            unlink(full);
            g_ptr_array_remove_index(paths, i);
            return;
        }
    }
}

void exit_paths_forked(void)
{
    owner = getpid();
}

/*
 * Where firmware files are looked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/datadir.h"

static GPtrArray *user_dirs;

/* Folders of Debian's packages: qemu-system-data, seabios, ipxe-qemu, ovmf. */
static const char *const system_dirs[] = {
    "/usr/share/qemu", "/usr/share/seabios", "/usr/lib/ipxe/qemu",
    "/usr/share/OVMF", NULL
};

void qemu_add_data_dir(const char *dir)
{
    if (!user_dirs) {
        user_dirs = g_ptr_array_new();
    }
    g_ptr_array_add(user_dirs, g_strdup(dir));
}

static const char *const *user_list(void)
{
    static const char *const nothing[] = { NULL };

    if (!user_dirs) {
        return nothing;
    }
    g_ptr_array_add(user_dirs, NULL);
    g_ptr_array_set_size(user_dirs, user_dirs->len - 1);
    return (const char *const *)user_dirs->pdata;
}

char *qemu_find_file(int type, const char *name)
{
    char *path;

    if (access(name, R_OK) == 0) {
        return g_strdup(name);
    }
    path = qemu_find_file_in(user_list(), name);
    return path ? path : qemu_find_file_in(system_dirs, name);
}

void qemu_list_data_dirs(void)
{
    for (unsigned i = 0; user_dirs && i < user_dirs->len; i++) {
        printf("%s\n", (char *)g_ptr_array_index(user_dirs, i));
    }
    for (unsigned i = 0; system_dirs[i]; i++) {
        printf("%s\n", system_dirs[i]);
    }
}

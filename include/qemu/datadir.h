/*
 * Files that come with firmware packages: BIOS images, option ROMs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_DATADIR_H
#define QEMU_DATADIR_H

#define QEMU_FILE_TYPE_BIOS   0
#define QEMU_FILE_TYPE_KEYMAP 1

/*
 * The path of file @name, which is looked for as it is, then in the folders of
 * -L, then in those of the distribution; a new string, NULL if there is none.
 */
char *qemu_find_file(int type, const char *name);

/* -L: a folder to look in first; earlier ones before later ones. */
void qemu_add_data_dir(const char *dir);

/* -L help: all folders, one a line, on standard output. */
void qemu_list_data_dirs(void);

#endif

/*
 * The walk through the options of -help: what its parts share. A command line
 * that a case starts is noted, and the last case asks of each option and key in
 * -help whether it was among them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_QTEST_OPTIONS_H
#define TESTS_QTEST_OPTIONS_H

#include "libqtest.h"

/* Like qtest_initf() and qtest_run(); the arguments are noted as used. */
QTestState *options_start(const char *fmt, ...)
    G_PRINTF(1, 2) G_GNUC_WARN_UNUSED_RESULT;
int options_run(char **output, const char *fmt, ...) G_PRINTF(2, 3);
/* For those that are started by other means. */
void options_note(const char *args);

/* A folder for this run, and a path in it (to be freed). */
char *options_path(const char *name);
/* The same with a file of these bytes. */
char *options_file(const char *name, const void *bytes, size_t count);

/* /proc/PID/NAME; to be freed. */
char *options_proc(pid_t pid, const char *name);
/* Does @text come into the file within some seconds? */
void options_wait_for(const char *path, const char *text);

/* fw_cfg: @count bytes of an item; number of a file (0: none) and its size. */
void options_fw_cfg(QTestState *s, uint16_t key, void *data, size_t count);
uint16_t options_fw_cfg_file(QTestState *s, const char *name, uint32_t *size);
uint8_t options_cmos(QTestState *s, uint8_t reg);

/* The parts. */
void options_machine_cases(void);
void options_run_cases(void);
void options_chardev_cases(void);

#endif

/*
 * The option groups that start-up owns, and reading them from files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_STARTUP_OPTS_H
#define SYSTEM_STARTUP_OPTS_H

#include "qemu/option.h"

struct Startup;

extern QemuOptsList startup_accel_opts;
extern QemuOptsList startup_action_opts;
extern QemuOptsList startup_add_fd_opts;
extern QemuOptsList startup_boot_opts;
extern QemuOptsList startup_fw_cfg_opts;
extern QemuOptsList startup_global_opts;
extern QemuOptsList startup_memory_opts;
extern QemuOptsList startup_msg_opts;
extern QemuOptsList startup_name_opts;
extern QemuOptsList startup_numa_opts;
extern QemuOptsList startup_overcommit_opts;
extern QemuOptsList startup_rtc_opts;
extern QemuOptsList startup_sandbox_opts;
extern QemuOptsList startup_smp_opts;

/* -readconfig. */
bool startup_read_config(struct Startup *s, const char *path, Error **errp);

/* -accel help. */
void startup_print_accels(void);

#endif

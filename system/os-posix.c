/*
 * The process among others: going into the background, its pid file, signals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/resource.h>
#include "qapi/error.h"
#include "qemu/exit-paths.h"
#include "qemu/main-loop.h"
#include "startup.h"
#include "system/runstate.h"

static int ready_pipe = -1;     /* to the waiting parent */

void os_setup_early(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct rlimit files;

    sigaction(SIGPIPE, &ignore, NULL);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* --- background ---- */

void os_daemonize(void)
{
    int fds[2];
    char status = 1;
    pid_t pid;

    if (!qemu_pipe(fds)) {
        error_report("cannot make a pipe: %s", g_strerror(errno));
        exit(1);
    }
    pid = fork();
    if (pid < 0) {
        error_report("cannot fork: %s", g_strerror(errno));
        exit(1);
    }
    if (pid > 0) {
        close(fds[1]);
        /* end of file without a byte: the child died, having said why */
        if (RETRY_ON_EINTR(read(fds[0], &status, 1)) != 1) {
            status = 1;
        }
        _exit(status);
    }
    close(fds[0]);
    ready_pipe = fds[1];
    setsid();
    umask(027);
}

void os_ready(void)
{
    char status = 0;
    int null;

    if (ready_pipe < 0) {
        return;
    }
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || chdir("/") < 0) {
        error_report("cannot go into the background: %s", g_strerror(errno));
        exit(1);
    }
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);              /* who reads a pipe to it would wait for us */
    close(null);
    if (RETRY_ON_EINTR(write(ready_pipe, &status, 1)) != 1) {
        exit(1);
    }
    close(ready_pipe);
    ready_pipe = -1;
}

/* --- pid file ---- */

bool os_write_pidfile(const char *path, Error **errp)
{
    ERRP_GUARD();

    if (!qemu_write_pidfile(path, errp)) {
        error_prepend(errp, "cannot create PID file: ");
        return false;
    }
    exit_path_add(path);
    return true;
}

/* --- signals ---- */

static void on_signal(const struct signalfd_siginfo *info, void *opaque)
{
    qemu_system_killed(info->ssi_signo, info->ssi_pid);
}

bool os_setup_signals(Error **errp)
{
    static const int ending[] = { SIGINT, SIGHUP, SIGTERM };

    for (unsigned i = 0; i < ARRAY_SIZE(ending); i++) {
        if (!main_loop_set_signal(ending[i], on_signal, NULL, errp)) {
            return false;
        }
    }
    return true;
}

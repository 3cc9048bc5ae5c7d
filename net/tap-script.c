/*
 * Programs that go with a tap: the scripts that set it up and take it down, and
 * the helper that opens one for a user who may not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "qemu/sockets.h"
#include "qapi/error.h"
#include "tap-internal.h"

/* Where the distributions have it. */
static const char *const usual_helpers[] = {
    "/usr/lib/qemu/qemu-bridge-helper", "/usr/libexec/qemu-bridge-helper",
    "/usr/local/libexec/qemu-bridge-helper",
};

/*
 * Start a program with no signal blocked and none ignored. @keep_fd, or -1, stays
 * open in it; all others but 0 to 2 are close-on-exec anyway.
 */
static int start(char *const argv[], int keep_fd, pid_t *pid)
{
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t actions;
    sigset_t none, all;
    int err;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                    POSIX_SPAWN_SETSIGDEF);
    if (keep_fd >= 0) {
        /* Onto itself: takes close-on-exec off, in the child only. */
        posix_spawn_file_actions_adddup2(&actions, keep_fd, keep_fd);
    }
    err = posix_spawn(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return err;
}

static bool finish(pid_t pid, const char *what, const char *name, Error **errp)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            error_setg_errno(errp, errno, "%s %s", what, name);
            return false;
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    if (WIFEXITED(status)) {
        error_setg(errp, "%s %s failed with status %d", what, name,
                   WEXITSTATUS(status));
    } else {
        error_setg(errp, "%s %s was ended by signal %d", what, name,
                   WTERMSIG(status));
    }
    return false;
}

bool tap_run_script(const char *script, const char *ifname, Error **errp)
{
    char *argv[] = { (char *)script, (char *)ifname, NULL };
    pid_t pid;
    int err = start(argv, -1, &pid);

    if (err) {
        error_setg(errp, "could not launch network script %s: %s", script,
                   strerror(err));
        return false;
    }
    return finish(pid, "network script", script, errp);
}

static const char *find_helper(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(usual_helpers); i++) {
        if (access(usual_helpers[i], X_OK) == 0) {
            return usual_helpers[i];
        }
    }
    return usual_helpers[0];
}

/* The one descriptor that the helper sends, or -1. */
static int take_tap(int sock)
{
    char byte;
    struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
    int *fds = NULL;
    unsigned count = 0;
    ssize_t got = socket_recv_fds(sock, &iov, 1, &fds, &count);
    int fd = got >= 0 && count ? fds[0] : -1;

    for (unsigned i = 1; i < count; i++) {
        close(fds[i]);
    }
    g_free(fds);
    return fd;
}

/* A helper with blanks is a shell command, which gets what it does not have. */
static char **helper_argv(const char *program, int fd, const char *bridge)
{
    g_autofree char *fd_arg = g_strdup_printf("--fd=%d", fd);
    g_autofree char *br_arg = g_strdup_printf("--br=%s", bridge);
    g_autofree char *command = NULL;

    if (!strpbrk(program, " \t")) {
        const char *argv[] = { program, "--use-vnet", fd_arg, br_arg, NULL };

        return g_strdupv((char **)argv);
    }
    /* The bridge's name is an argument of the shell, not part of its text. */
    command = g_strdup_printf("%s%s %s%s", program,
                              strstr(program, "--use-vnet") ? "" :
                              " --use-vnet",
                              strstr(program, "--fd=") ? "" : fd_arg,
                              strstr(program, "--br=") ? "" : " \"$0\"");
    const char *argv[] = { "/bin/sh", "-c", command, br_arg, NULL };

    return g_strdupv((char **)argv);
}

/* Wait for the program; what it sent is only good if it says so. */
static int finish_helper(pid_t pid, const char *program, int fd, Error **errp)
{
    if (!finish(pid, "bridge helper", program, errp)) {
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    if (fd < 0) {
        error_setg(errp, "bridge helper %s sent no descriptor", program);
    }
    return fd;
}

int tap_run_helper(const char *helper, const char *bridge, Error **errp)
{
    const char *program = helper ? helper : find_helper();
    g_auto(GStrv) argv = NULL;
    int pair[2], err, fd;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        error_setg_errno(errp, errno, "net: tap: no socket for the helper");
        return -1;
    }
    argv = helper_argv(program, pair[1], bridge);
    err = start(argv, pair[1], &pid);
    close(pair[1]);
    if (err) {
        error_setg(errp, "could not launch bridge helper %s: %s", program,
                   strerror(err));
        close(pair[0]);
        return -1;
    }
    fd = take_tap(pair[0]);
    close(pair[0]);
    return finish_helper(pid, program, fd, errp);
}

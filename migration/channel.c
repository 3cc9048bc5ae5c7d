/*
 * Where a stream goes to or comes from: files, commands, descriptors that
 * clients handed in, sockets. Listening and connecting are the jobs' business.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include "chardev/fdset.h"
#include "migration-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu-file-internal.h"
#include "qemu/cutils.h"

/* ---- addresses --------------------------------------------------------- */

static MigrationAddress *address_new(int kind)
{
    MigrationAddress *addr = g_new0(MigrationAddress, 1);

    addr->kind = kind;
    return addr;
}

void migration_address_free(MigrationAddress *addr)
{
    if (addr) {
        g_free(addr->path);
        g_strfreev(addr->argv);
        socket_address_free(addr->socket);
        g_free(addr);
    }
}

static MigrationAddress *parse_file(const char *text, Error **errp)
{
    g_autoptr(MigrationAddress) addr = address_new(MIGRATION_FILE);
    const char *option = strstr(text, ",offset=");
    const char *number = option ? option + strlen(",offset=") : NULL;

    addr->path = option ? g_strndup(text, option - text) : g_strdup(text);
    if (number && (qemu_strtosz(number, NULL, &addr->offset) < 0 ||
                   addr->offset > INT64_MAX)) {
        error_setg(errp, "file URI has bad offset %s", number);
        return NULL;
    }
    if (!addr->path[0]) {
        error_setg(errp, "file URI has no path");
        return NULL;
    }
    return g_steal_pointer(&addr);
}

static MigrationAddress *address_of_socket(SocketAddress *socket)
{
    MigrationAddress *addr = NULL;

    if (socket) {
        addr = address_new(MIGRATION_SOCKET);
        addr->socket = socket;
    }
    return addr;
}

MigrationAddress *migration_address_parse(const char *uri, Error **errp)
{
    MigrationAddress *addr;
    const char *rest;

    if (strstart(uri, "file:", &rest)) {
        return parse_file(rest, errp);
    }
    if (strstart(uri, "exec:", &rest)) {
        const char *argv[] = { "/bin/sh", "-c", rest, NULL };

        addr = address_new(MIGRATION_EXEC);
        addr->argv = g_strdupv((char **)argv);
        return addr;
    }
    if (strstart(uri, "fd:", &rest)) {
        addr = address_new(MIGRATION_FD);
        addr->path = g_strdup(rest);
        return addr;
    }
    if (strstart(uri, "tcp:", NULL) || strstart(uri, "unix:", NULL)) {
        return address_of_socket(socket_parse(uri, errp));
    }
    error_setg(errp, "unknown migration protocol: '%s'; legal are file:, "
               "exec:, fd:, unix: and tcp:", uri);
    return NULL;
}

static MigrationAddress *channel_exec(json_object *args, Error **errp)
{
    size_t n = json_object_array_length(args);
    MigrationAddress *addr;

    if (!n) {
        error_setg(errp, "a command needs at least its name in 'args'");
        return NULL;
    }
    addr = address_new(MIGRATION_EXEC);
    addr->argv = g_new0(char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        addr->argv[i] = g_strdup(json_object_get_string(
            json_object_array_get_idx(args, i)));
    }
    return addr;
}

static MigrationAddress *channel_socket(json_object *at, Error **errp)
{
    const char *type = json_get_str(at, "type");
    SocketAddress *sa;
    MigrationAddress *addr;

    if (strcmp(type, "fd") == 0) {
        addr = address_new(MIGRATION_FD);
        addr->path = g_strdup(json_get_str(at, "str"));
        return addr;
    }
    sa = g_new0(SocketAddress, 1);
    if (strcmp(type, "unix") == 0) {
        sa->type = SOCKET_ADDRESS_TYPE_UNIX;
        sa->u.q_unix.path = g_strdup(json_get_str(at, "path"));
        sa->u.q_unix.has_abstract = json_haskey(at, "abstract");
        sa->u.q_unix.abstract = json_get_bool(at, "abstract", false);
    } else {
        sa->type = SOCKET_ADDRESS_TYPE_INET;
        sa->u.inet.host = g_strdup(json_get_str(at, "host"));
        sa->u.inet.port = g_strdup(json_get_str(at, "port"));
        sa->u.inet.has_to = json_haskey(at, "to");
        sa->u.inet.to = json_get_int(at, "to", 0);
        sa->u.inet.has_ipv4 = json_haskey(at, "ipv4");
        sa->u.inet.ipv4 = json_get_bool(at, "ipv4", false);
        sa->u.inet.has_ipv6 = json_haskey(at, "ipv6");
        sa->u.inet.ipv6 = json_get_bool(at, "ipv6", false);
    }
    return address_of_socket(sa);
}

MigrationAddress *migration_address_from_channels(json_object *channels,
                                                  Error **errp)
{
    json_object *at = json_get(json_object_array_get_idx(channels, 0), "addr");
    MigrationAddress *addr;
    const char *transport;

    if (json_object_array_length(channels) != 1) {
        error_setg(errp, "'channels' needs exactly one main channel, not %zu",
                   json_object_array_length(channels));
        return NULL;
    }
    transport = json_get_str(at, "transport");
    if (strcmp(transport, "exec") == 0) {
        return channel_exec(json_get(at, "args"), errp);
    }
    if (strcmp(transport, "file") == 0) {
        addr = address_new(MIGRATION_FILE);
        addr->path = g_strdup(json_get_str(at, "filename"));
        addr->offset = json_get_int(at, "offset", 0) & INT64_MAX;
        return addr;
    }
    return channel_socket(at, errp);
}

/* ---- opening ----------------------------------------------------------- */

MigrationChannel *migration_channel_on_fd(int fd, bool writing)
{
    MigrationChannel *ch = g_new0(MigrationChannel, 1);

    ch->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    qemu_mutex_init(&ch->child_lock);
    ch->file = writing ? qemu_file_new_output_fd(fd)
                       : qemu_file_new_input_fd(fd);
    qemu_file_set_cancel_fd(ch->file, ch->cancel_fd);
    return ch;
}

static int open_file(const MigrationAddress *addr, bool writing, Error **errp)
{
    int flags = writing ? O_WRONLY | O_CREAT : O_RDONLY;
    int fd = open(addr->path, flags | O_CLOEXEC | O_NONBLOCK, 0660);
    struct stat st;

    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot open '%s' to %s the machine's "
                         "state", addr->path, writing ? "write" : "read");
        return -1;
    }
    if (writing && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        ftruncate(fd, addr->offset) < 0) {
        error_setg_errno(errp, errno, "cannot give '%s' %" PRIu64 " bytes",
                         addr->path, addr->offset);
        close(fd);
        return -1;
    }
    if (addr->offset && lseek(fd, addr->offset, SEEK_SET) < 0) {
        error_setg_errno(errp, errno, "cannot go to offset %" PRIu64
                         " of '%s'", addr->offset, addr->path);
        close(fd);
        return -1;
    }
    return fd;
}

/* Starts the command in a group of its own; our end of the pipe to or from it, or -1. */
static int spawn(char **argv, bool writing, pid_t *pid, Error **errp)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int ends[2], theirs, ours, ret;

    if (pipe2(ends, O_CLOEXEC) < 0) {
        error_setg_errno(errp, errno, "cannot make a pipe");
        return -1;
    }
    theirs = ends[writing ? 0 : 1];
    ours = ends[writing ? 1 : 0];
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs, writing ? 0 : 1);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                    POSIX_SPAWN_SETSIGDEF |
                                    POSIX_SPAWN_SETPGROUP);
    ret = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    close(theirs);
    if (ret) {
        error_setg_errno(errp, ret, "cannot run '%s'", argv[0]);
        close(ours);
        return -1;
    }
    return ours;
}

MigrationChannel *migration_channel_open(const MigrationAddress *addr,
                                         bool writing, Error **errp)
{
    MigrationChannel *ch;
    pid_t child = 0;
    int fd;

    switch (addr->kind) {
    case MIGRATION_FILE:
        fd = open_file(addr, writing, errp);
        break;
    case MIGRATION_EXEC:
        fd = spawn(addr->argv, writing, &child, errp);
        break;
    default:
        fd = monitor_fd_param(NULL, addr->path, errp);
        break;
    }
    if (fd < 0) {
        return NULL;
    }
    ch = migration_channel_on_fd(fd, writing);
    ch->child = child;
    return ch;
}

/* ---- ending ------------------------------------------------------------ */

void migration_channel_cancel(MigrationChannel *ch)
{
    qatomic_set(&ch->cancelled, true);
    eventfd_write(ch->cancel_fd, 1);
    qemu_mutex_lock(&ch->child_lock);
    if (ch->child) {
        kill(-ch->child, SIGKILL);      /* with what it has started */
    }
    qemu_mutex_unlock(&ch->child_lock);
}

/* Waits for the command, so that who cancels can still end it. */
static bool reap(MigrationChannel *ch, Error **errp)
{
    siginfo_t info;
    int status = 0;
    bool ok;

    if (!ch->child) {
        return true;
    }
    RETRY_ON_EINTR(waitid(P_PID, ch->child, &info, WEXITED | WNOWAIT));
    qemu_mutex_lock(&ch->child_lock);
    RETRY_ON_EINTR(waitpid(ch->child, &status, 0));
    ch->child = 0;
    qemu_mutex_unlock(&ch->child_lock);
    ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status)) {
        error_setg(errp, "the command was ended by signal %d",
                   WTERMSIG(status));
    } else if (!ok) {
        error_setg(errp, "the command ended with status %d",
                   WEXITSTATUS(status));
    }
    return ok;
}

bool migration_channel_finish(MigrationChannel *ch, Error **errp)
{
    int ret = qemu_fclose(g_steal_pointer(&ch->file));
    bool ok = reap(ch, ret < 0 ? NULL : errp);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "the stream failed");
    }
    return ok && ret == 0;
}

void migration_channel_free(MigrationChannel *ch)
{
    if (ch) {
        if (ch->file) {
            migration_channel_cancel(ch);
            migration_channel_finish(ch, NULL);
        }
        close(ch->cancel_fd);
        qemu_mutex_destroy(&ch->child_lock);
        g_free(ch);
    }
}

/*
 * Socket system calls with their usual flags, options, and descriptors that
 * travel over unix sockets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/sockets.h"

int qemu_socket(int domain, int type, int protocol)
{
    return socket(domain, type | SOCK_CLOEXEC, protocol);
}

int qemu_accept(int s, struct sockaddr *addr, socklen_t *addrlen)
{
    return RETRY_ON_EINTR(accept4(s, addr, addrlen, SOCK_CLOEXEC));
}

/* 0 or -errno. */
static int set_nonblock(int fd, bool nonblock)
{
    int flags = fcntl(fd, F_GETFL);
    int wanted = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;

    if (flags < 0 || (flags != wanted && fcntl(fd, F_SETFL, wanted) < 0)) {
        return -errno;
    }
    return 0;
}

bool qemu_set_blocking(int fd, bool block, Error **errp)
{
    int ret = set_nonblock(fd, !block);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Cannot make descriptor %d %sblocking",
                         fd, block ? "" : "non-");
    }
    return ret == 0;
}

int qemu_socket_try_set_nonblock(int fd)
{
    return set_nonblock(fd, true);
}

void qemu_socket_set_nonblock(int fd)
{
    g_assert(set_nonblock(fd, true) == 0);
}

static int set_int_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

int socket_set_nodelay(int fd)
{
    return set_int_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int socket_set_cork(int fd, int v)
{
    return set_int_option(fd, IPPROTO_TCP, TCP_CORK, v);
}

int socket_set_fast_reuse(int fd)
{
    return set_int_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

bool fd_is_socket(int fd)
{
    socklen_t len = sizeof(int);
    int type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

int fd_parse(const char *str, Error **errp)
{
    int fd;

    if (qemu_strtoi(str, NULL, 10, &fd) || fd < 0) {
        error_setg(errp, "'%s' is not the number of a file descriptor", str);
        return -1;
    }
    if (fcntl(fd, F_GETFD) < 0) {
        error_setg(errp, "File descriptor %d is not open", fd);
        return -1;
    }
    return fd;
}

int socket_fd_parse(const char *str, Error **errp)
{
    int fd = fd_parse(str, errp);

    if (fd >= 0 && !fd_is_socket(fd)) {
        error_setg(errp, "File descriptor %d is not a socket", fd);
        return -1;
    }
    return fd;
}

/* --- descriptors --- */

typedef union FdsMessage {
    char room[CMSG_SPACE(SOCKET_MAX_FDS * sizeof(int))];
    struct cmsghdr align;
} FdsMessage;

ssize_t socket_send_fds(int sock, const struct iovec *iov, unsigned niov,
                        const int *fds, unsigned nfds)
{
    struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = niov };
    FdsMessage control = { 0 };
    ssize_t n;

    if (nfds > SOCKET_MAX_FDS) {
        return -EINVAL;
    }
    if (nfds) {
        struct cmsghdr *cmsg;

        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
    }
    n = RETRY_ON_EINTR(sendmsg(sock, &msg, MSG_NOSIGNAL));
    return n < 0 ? -errno : n;
}

/* Append those of one control message. */
static void take_fds(const struct cmsghdr *cmsg, int **fds, unsigned *nfds)
{
    unsigned count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (unsigned i = 0; i < count; i++) {
        int fd;

        memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
        if (fds) {
            *fds = g_renew(int, *fds, *nfds + 1);
            (*fds)[(*nfds)++] = fd;
        } else {
            close(fd);
        }
    }
}

ssize_t socket_recv_fds(int sock, struct iovec *iov, unsigned niov,
                        int **fds, unsigned *nfds)
{
    FdsMessage control;
    struct msghdr msg = {
        .msg_iov = iov, .msg_iovlen = niov,
        .msg_control = &control, .msg_controllen = sizeof(control),
    };
    ssize_t n;

    if (fds) {
        *fds = NULL;
        *nfds = 0;
    }
    n = RETRY_ON_EINTR(recvmsg(sock, &msg, MSG_CMSG_CLOEXEC));
    if (n < 0) {
        return -errno;
    }
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg;
         cmsg = CMSG_NXTHDR(&msg, cmsg)) {
        if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
            take_fds(cmsg, fds, nfds);
        }
    }
    return n;
}

/*
 * Sockets from addresses: listening, connecting. Descriptors over sockets and
 * socket options are in socket-util.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <netdb.h>
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/cutils.h"
#include "qemu/sockets.h"
#include "trace.h"

/* --- addresses of the kernel --- */

static bool to_sockaddr_un(const UnixSocketAddress *addr,
                           struct sockaddr_un *un, socklen_t *len,
                           Error **errp)
{
    bool abstract = addr->has_abstract && addr->abstract;
    bool tight = !addr->has_tight || addr->tight;
    size_t n = strlen(addr->path);

    *un = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!n || n + abstract >= sizeof(un->sun_path)) {
        error_setg(errp, "UNIX socket path '%s' must have 1 to %zu bytes",
                   addr->path, sizeof(un->sun_path) - 1);
        return false;
    }
    memcpy(un->sun_path + abstract, addr->path, n);
    *len = sizeof(*un);
    if (abstract && tight) {
        *len = offsetof(struct sockaddr_un, sun_path) + 1 + n;
    }
    return true;
}

/* ipv4=on alone excludes IPv6, ipv4=off leaves it, and so on. */
static int inet_family(const InetSocketAddress *addr, Error **errp)
{
    bool four = !addr->has_ipv4 || addr->ipv4;
    bool six = !addr->has_ipv6 || addr->ipv6;

    if (!four && !six) {
        error_setg(errp, "Cannot disable IPv4 and IPv6 at same time");
        return -1;
    }
    if (addr->has_ipv4 && addr->ipv4 && !addr->has_ipv6) {
        six = false;
    }
    if (addr->has_ipv6 && addr->ipv6 && !addr->has_ipv4) {
        four = false;
    }
    return four && six ? AF_UNSPEC : four ? AF_INET : AF_INET6;
}

static struct addrinfo *resolve(const InetSocketAddress *addr, int type,
                                int flags, Error **errp)
{
    struct addrinfo hints = { .ai_socktype = type, .ai_flags = flags };
    const char *host = addr->host && *addr->host ? addr->host : NULL;
    struct addrinfo *found;
    int ret;

    hints.ai_family = inet_family(addr, errp);
    if (hints.ai_family < 0) {
        return NULL;
    }
    ret = getaddrinfo(host, addr->port, &hints, &found);
    if (ret) {
        error_setg(errp, "address resolution failed for %s:%s: %s",
                   host ? host : "", addr->port, gai_strerror(ret));
        return NULL;
    }
    return found;
}

/* --- listening --- */

static void set_port(struct sockaddr *sa, uint16_t port)
{
    if (sa->sa_family == AF_INET6) {
        ((struct sockaddr_in6 *)sa)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)sa)->sin_port = htons(port);
    }
}

static uint16_t get_port(const struct sockaddr *sa)
{
    return ntohs(sa->sa_family == AF_INET6
                 ? ((const struct sockaddr_in6 *)sa)->sin6_port
                 : ((const struct sockaddr_in *)sa)->sin_port);
}

/* A socket that listens at @sa, or -1 with errno. */
static int listen_at(const struct sockaddr *sa, socklen_t len, int backlog)
{
    int fd = qemu_socket(sa->sa_family, SOCK_STREAM, 0);

    if (fd < 0) {
        return -1;
    }
    if (sa->sa_family != AF_UNIX) {
        socket_set_fast_reuse(fd);
    }
    if (bind(fd, sa, len) == 0 && listen(fd, backlog) == 0) {
        return fd;
    }
    int err = errno;
    close(fd);
    errno = err;
    return -1;
}

static int inet_listen(const InetSocketAddress *addr, int backlog,
                       Error **errp)
{
    struct addrinfo *found = resolve(addr, SOCK_STREAM, AI_PASSIVE, errp);
    int fd = -1, err = 0;

    if (!found) {
        return -1;
    }
    for (struct addrinfo *ai = found; ai && fd < 0; ai = ai->ai_next) {
        unsigned first = get_port(ai->ai_addr);
        unsigned last = addr->has_to ? MAX(addr->to, first) : first;

        for (unsigned port = first; port <= last && fd < 0; port++) {
            set_port(ai->ai_addr, port);
            fd = listen_at(ai->ai_addr, ai->ai_addrlen, backlog);
            err = errno;
        }
    }
    freeaddrinfo(found);
    if (fd < 0) {
        error_setg_errno(errp, err, "Failed to listen at %s:%s",
                         addr->host ? addr->host : "", addr->port);
    }
    return fd;
}

bool unix_socket_is_served(const struct sockaddr *sa, socklen_t len)
{
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        int fd = qemu_socket(AF_UNIX, types[i] | SOCK_NONBLOCK, 0);
        int rc, err;

        if (fd < 0) {
            continue;
        }
        rc = connect(fd, sa, len);
        err = errno;
        close(fd);
        if (rc == 0 || err == EAGAIN || err == EINPROGRESS) {
            return true;
        }
    }
    return false;
}

static int unix_listen_at(const UnixSocketAddress *addr, int backlog,
                          Error **errp)
{
    bool abstract = addr->has_abstract && addr->abstract;
    struct sockaddr_un un;
    struct stat st;
    socklen_t len;
    int fd;

    if (!to_sockaddr_un(addr, &un, &len, errp)) {
        return -1;
    }
    /* A socket that an earlier process left; anything else stays. */
    if (!abstract && lstat(addr->path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        if (unix_socket_is_served((struct sockaddr *)&un, len)) {
            error_setg(errp, "Failed to listen at UNIX socket '%s': "
                       "somebody listens there; end that process, or give "
                       "another path", addr->path);
            return -1;
        }
        unlink(addr->path);
    }
    fd = listen_at((struct sockaddr *)&un, len, backlog);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to listen at UNIX socket '%s'",
                         addr->path);
    }
    return fd;
}

int socket_listen(const SocketAddress *addr, int backlog, Error **errp)
{
    int fd;

    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        return inet_listen(&addr->u.inet, backlog, errp);
    case SOCKET_ADDRESS_TYPE_UNIX:
        return unix_listen_at(&addr->u.q_unix, backlog, errp);
    case SOCKET_ADDRESS_TYPE_FD:
        fd = socket_fd_parse(addr->u.fd.str, errp);
        if (fd >= 0 && listen(fd, backlog) < 0) {
            error_setg_errno(errp, errno, "Failed to listen at descriptor %d",
                             fd);
            return -1;
        }
        return fd;
    default:
        error_setg(errp, "Cannot listen at addresses of type vsock");
        return -1;
    }
}

/* --- connecting --- */

/*
 * The sockaddrs that an address may mean, tried one after the other. A list of
 * getaddrinfo(), or a single one.
 */
typedef struct Targets {
    struct addrinfo *found, *next;
    struct addrinfo single;
    struct sockaddr_un un;
} Targets;

static bool targets_find(Targets *t, const SocketAddress *addr, Error **errp)
{
    *t = (Targets){ 0 };
    if (addr->type == SOCKET_ADDRESS_TYPE_INET) {
        t->next = t->found = resolve(&addr->u.inet, SOCK_STREAM, 0, errp);
        return t->found;
    }
    if (!to_sockaddr_un(&addr->u.q_unix, &t->un, &t->single.ai_addrlen,
                        errp)) {
        return false;
    }
    t->single.ai_family = AF_UNIX;
    t->single.ai_addr = (struct sockaddr *)&t->un;
    t->next = &t->single;
    return true;
}

static void targets_free(Targets *t)
{
    if (t->found) {
        freeaddrinfo(t->found);
    }
}

static void connect_failed(Error **errp, const SocketAddress *addr, int err)
{
    g_autofree char *uri = socket_uri(addr);

    error_setg_errno(errp, err, "Failed to connect to '%s'", uri);
}

/* What a connected socket shall have. */
static void connect_options(int fd, const SocketAddress *addr)
{
    int on = 1;

    if (addr->type != SOCKET_ADDRESS_TYPE_INET) {
        return;
    }
    socket_set_nodelay(fd);
    if (addr->u.inet.keep_alive) {
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
}

int socket_connect(const SocketAddress *addr, Error **errp)
{
    int fd = -1, err = 0;
    Targets t;

    if (addr->type == SOCKET_ADDRESS_TYPE_FD) {
        return socket_fd_parse(addr->u.fd.str, errp);
    }
    if (addr->type == SOCKET_ADDRESS_TYPE_VSOCK) {
        error_setg(errp, "Cannot connect to addresses of type vsock");
        return -1;
    }
    if (!targets_find(&t, addr, errp)) {
        return -1;
    }
    for (; t.next && fd < 0; t.next = t.next->ai_next) {
        fd = qemu_socket(t.next->ai_family, SOCK_STREAM, 0);
        if (fd >= 0 &&
            RETRY_ON_EINTR(connect(fd, t.next->ai_addr,
                                   t.next->ai_addrlen)) == 0) {
            break;
        }
        err = errno;
        if (fd >= 0) {
            close(fd);
            fd = -1;
        }
    }
    targets_free(&t);
    if (fd < 0) {
        connect_failed(errp, addr, err);
    } else {
        connect_options(fd, addr);
    }
    return fd;
}

/* --- connecting without waiting --- */

struct SocketConnect {
    AioContext *ctx;
    SocketAddress *addr;
    SocketConnectDone *done;
    void *opaque;
    Targets targets;
    int fd;                 /* connecting; -1: none */
    int last_errno;
    QEMUBH *bh;             /* tells the end */
};

static void connect_free(SocketConnect *c)
{
    targets_free(&c->targets);
    socket_address_free(c->addr);
    qemu_bh_delete(c->bh);
    g_free(c);
}

void socket_connect_cancel(SocketConnect *c)
{
    if (c->fd >= 0) {
        aio_set_fd_handler(c->ctx, c->fd, NULL, NULL, NULL, NULL, NULL);
        close(c->fd);
    }
    connect_free(c);
}

/* In the loop: everything has been tried, or one worked. */
static void connect_finish(void *opaque)
{
    SocketConnect *c = opaque;
    SocketConnectDone *done = c->done;
    void *done_opaque = c->opaque;
    Error *err = NULL;
    int fd = c->fd;

    trace_socket_connect_done(fd, c->last_errno);
    if (fd < 0) {
        connect_failed(&err, c->addr, c->last_errno);
    } else {
        connect_options(fd, c->addr);
    }
    connect_free(c);
    done(fd, err, done_opaque);
}

static void connect_next(SocketConnect *c);

static void connect_ready(void *opaque)
{
    SocketConnect *c = opaque;
    socklen_t len = sizeof(int);
    int err = 0;

    aio_set_fd_handler(c->ctx, c->fd, NULL, NULL, NULL, NULL, NULL);
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0) {
        err = errno;
    }
    if (!err) {
        connect_finish(c);
        return;
    }
    c->last_errno = err;
    close(c->fd);
    c->fd = -1;
    connect_next(c);
}

/* Begin with the next sockaddr that does not fail at once. */
static void connect_next(SocketConnect *c)
{
    while (c->targets.next) {
        struct addrinfo *ai = c->targets.next;

        c->targets.next = ai->ai_next;
        c->fd = qemu_socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (c->fd < 0) {
            c->last_errno = errno;
            continue;
        }
        if (RETRY_ON_EINTR(connect(c->fd, ai->ai_addr, ai->ai_addrlen)) == 0) {
            break;
        }
        if (errno == EINPROGRESS) {
            aio_set_fd_handler(c->ctx, c->fd, NULL, connect_ready,
                               NULL, NULL, c);
            return;
        }
        c->last_errno = errno;
        close(c->fd);
        c->fd = -1;
    }
    qemu_bh_schedule(c->bh);
}

SocketConnect *socket_connect_async(AioContext *ctx, const SocketAddress *addr,
                                    SocketConnectDone *done, void *opaque,
                                    Error **errp)
{
    SocketConnect *c = g_new0(SocketConnect, 1);

    c->fd = -1;
    if (addr->type == SOCKET_ADDRESS_TYPE_FD) {
        c->fd = socket_fd_parse(addr->u.fd.str, errp);
        if (c->fd < 0) {
            g_free(c);
            return NULL;
        }
    } else if (addr->type == SOCKET_ADDRESS_TYPE_VSOCK) {
        error_setg(errp, "Cannot connect to addresses of type vsock");
        g_free(c);
        return NULL;
    } else if (!targets_find(&c->targets, addr, errp)) {
        g_free(c);
        return NULL;
    }
    c->ctx = ctx;
    c->addr = socket_address_copy(addr);
    c->done = done;
    c->opaque = opaque;
    c->bh = aio_bh_new(ctx, connect_finish, c);
    connect_next(c);
    return c;
}

/* --- datagrams --- */

static int inet_dgram(const InetSocketAddress *remote,
                      const InetSocketAddress *local, Error **errp)
{
    struct addrinfo *peer = NULL, *me = NULL;
    int fd = -1;

    if (remote && !(peer = resolve(remote, SOCK_DGRAM, 0, errp))) {
        return -1;
    }
    if (local && !(me = resolve(local, SOCK_DGRAM, AI_PASSIVE, errp))) {
        goto out;
    }
    fd = qemu_socket((peer ? peer : me)->ai_family, SOCK_DGRAM, 0);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to create a datagram socket");
        goto out;
    }
    socket_set_fast_reuse(fd);
    if (me && bind(fd, me->ai_addr, me->ai_addrlen) < 0) {
        error_setg_errno(errp, errno, "Failed to bind to %s:%s",
                         local->host ? local->host : "", local->port);
        close(fd);
        fd = -1;
    } else if (peer && connect(fd, peer->ai_addr, peer->ai_addrlen) < 0) {
        error_setg_errno(errp, errno, "Failed to connect to %s:%s",
                         remote->host ? remote->host : "", remote->port);
        close(fd);
        fd = -1;
    }
out:
    if (peer) {
        freeaddrinfo(peer);
    }
    if (me) {
        freeaddrinfo(me);
    }
    return fd;
}

static int unix_dgram(const UnixSocketAddress *remote,
                      const UnixSocketAddress *local, Error **errp)
{
    int fd = qemu_socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un un;
    socklen_t len;

    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to create a datagram socket");
        return -1;
    }
    if (local && !to_sockaddr_un(local, &un, &len, errp)) {
        goto fail;
    }
    if (local && bind(fd, (struct sockaddr *)&un, len) < 0) {
        error_setg_errno(errp, errno, "Failed to bind to '%s'", local->path);
        goto fail;
    }
    if (remote && !to_sockaddr_un(remote, &un, &len, errp)) {
        goto fail;
    }
    if (remote && connect(fd, (struct sockaddr *)&un, len) < 0) {
        error_setg_errno(errp, errno, "Failed to connect to '%s'",
                         remote->path);
        goto fail;
    }
    return fd;
fail:
    close(fd);
    return -1;
}

int socket_dgram(const SocketAddress *remote, const SocketAddress *local,
                 Error **errp)
{
    const SocketAddress *any = remote ? remote : local;

    if (remote && local && remote->type != local->type) {
        error_setg(errp, "Local and remote address must be of the same type");
        return -1;
    }
    switch (any->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        return inet_dgram(remote ? &remote->u.inet : NULL,
                          local ? &local->u.inet : NULL, errp);
    case SOCKET_ADDRESS_TYPE_UNIX:
        return unix_dgram(remote ? &remote->u.q_unix : NULL,
                          local ? &local->u.q_unix : NULL, errp);
    case SOCKET_ADDRESS_TYPE_FD:
        return socket_fd_parse(any->u.fd.str, errp);
    default:
        error_setg(errp, "Datagrams need an address of type inet, unix or fd");
        return -1;
    }
}

/* --- short forms --- */

int unix_listen(const char *path, Error **errp)
{
    UnixSocketAddress addr = { .path = (char *)path };

    return unix_listen_at(&addr, 1, errp);
}

int unix_connect(const char *path, Error **errp)
{
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_UNIX, .u.q_unix.path = (char *)path,
    };

    return socket_connect(&addr, errp);
}

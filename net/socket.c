/*
 * -netdev socket: two emulators joined by a stream (listen=, connect=, fd=) or by
 * datagrams (udp=, mcast=, fd= of a datagram socket). What it does with the bytes
 * is in stream-link.c and dgram-link.c; here are the connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "qemu/exit-paths.h"
#include "qemu/main-loop.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "dgram-link.h"
#include "sockaddr.h"
#include "stream-link.h"

typedef struct NetSocketStream {
    StreamClient client;
    int listen_fd;              /* -1: not a server */
    int connect_fd;             /* a connect that is under way, or -1 */
    char *unix_path;            /* to be removed at the end */
    NetSockaddr target;         /* of connect= */
} NetSocketStream;

static NetSocketStream *socket_stream(NetClientState *nc)
{
    return container_of(nc, NetSocketStream, client.nc);
}

static void socket_accept(void *opaque);

static void socket_listen(NetSocketStream *s, bool on)
{
    qemu_set_fd_handler(s->listen_fd, on ? socket_accept : NULL, NULL, s);
}

static void socket_closed(NetClientState *nc)
{
    NetSocketStream *s = socket_stream(nc);

    qemu_set_info_str(nc, "%s", "");
    if (s->listen_fd >= 0) {
        socket_listen(s, true);
    }
}

static void socket_stream_up(NetSocketStream *s, int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stream_link_start(&s->client.link, &s->client.nc, fd, socket_closed);
}

/* One peer at a time: while it is there nobody else is let in. */
static void socket_accept(void *opaque)
{
    NetSocketStream *s = opaque;
    NetSockaddr from = { .len = sizeof(from.addr) };
    int fd = accept4(s->listen_fd, (struct sockaddr *)&from.addr, &from.len,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) {
        return;
    }
    socket_listen(s, false);
    if (from.addr.ss_family == AF_UNIX) {
        qemu_set_info_str(&s->client.nc, "socket: connection from unix:%s",
                          s->unix_path);
    } else {
        g_autofree char *name = net_sockaddr_str(&from);

        qemu_set_info_str(&s->client.nc, "socket: connection from %s", name);
    }
    socket_stream_up(s, fd);
}

static unsigned socket_stream_receive(NetClientState *nc,
                                      const NetPacket *packets, unsigned count)
{
    return stream_link_send(&socket_stream(nc)->client.link, packets, count);
}

static void socket_stream_cleanup(NetClientState *nc)
{
    NetSocketStream *s = socket_stream(nc);

    stream_link_cleanup(&s->client.link);
    if (s->listen_fd >= 0) {
        socket_listen(s, false);
        close(s->listen_fd);
    }
    if (s->connect_fd >= 0) {
        qemu_set_fd_handler(s->connect_fd, NULL, NULL, NULL);
        close(s->connect_fd);
    }
    if (s->unix_path) {
        exit_path_remove(s->unix_path);
        g_free(s->unix_path);
    }
}

static void socket_stream_set_aio_context(NetClientState *nc, AioContext *ctx)
{
    stream_link_set_aio_context(&socket_stream(nc)->client.link, nc, ctx);
}

static const NetClientInfo socket_stream_info = {
    .type = NET_CLIENT_DRIVER_SOCKET,
    .size = sizeof(NetSocketStream),
    .receive_burst = socket_stream_receive,
    .cleanup = socket_stream_cleanup,
    .set_aio_context = socket_stream_set_aio_context,
};

static NetSocketStream *socket_stream_new(const char *id, NetClientState *peer)
{
    NetSocketStream *s = socket_stream(
        qemu_new_net_client(&socket_stream_info, peer, "socket", id));

    s->client.link.fd = -1;
    s->listen_fd = -1;
    s->connect_fd = -1;
    return s;
}

/* --- datagrams --- */

static unsigned socket_dgram_receive(NetClientState *nc,
                                     const NetPacket *packets, unsigned count)
{
    return dgram_link_send(&container_of(nc, DgramClient, nc)->link, packets,
                           count);
}

static void socket_dgram_cleanup(NetClientState *nc)
{
    dgram_link_stop(&container_of(nc, DgramClient, nc)->link);
}

static const NetClientInfo socket_dgram_info = {
    .type = NET_CLIENT_DRIVER_SOCKET,
    .size = sizeof(DgramClient),
    .receive_burst = socket_dgram_receive,
    .cleanup = socket_dgram_cleanup,
    .set_aio_context = dgram_set_aio_context,
};

static NetClientState *socket_dgram_new(const char *id, NetClientState *peer,
                                        int fd, const NetSockaddr *dest)
{
    NetClientState *nc = qemu_new_net_client(&socket_dgram_info, peer,
                                             "socket", id);

    dgram_link_start(&container_of(nc, DgramClient, nc)->link, nc, fd, dest);
    return nc;
}

/* --- the forms of the option --- */

static bool socket_init_fd(const char *text, const char *id,
                           NetClientState *peer, Error **errp)
{
    int type;
    int fd = net_socket_from_arg(text, id, &type, errp);
    NetClientState *nc;

    if (fd < 0) {
        return false;
    }
    if (type == SOCK_DGRAM) {
        nc = socket_dgram_new(id, peer, fd, NULL);
        qemu_set_info_str(nc, "socket: fd=%d %s", fd,
                          net_socket_family_name(fd));
    } else {
        NetSocketStream *s = socket_stream_new(id, peer);

        nc = &s->client.nc;
        qemu_set_info_str(nc, "socket: fd=%d", fd);
        socket_stream_up(s, fd);
    }
    return true;
}

static bool socket_init_listen(const char *text, const char *id,
                               NetClientState *peer, Error **errp)
{
    NetSocketStream *s;
    NetSockaddr sa;
    int fd;

    if (!net_sockaddr_parse(text, &sa, errp)) {
        return false;
    }
    fd = net_socket_new(&sa, SOCK_STREAM, errp);
    if (fd < 0) {
        return false;
    }
    if (!net_socket_bind(fd, &sa, errp)) {
        close(fd);
        return false;
    }
    if (listen(fd, 1) < 0) {
        error_setg_errno(errp, errno, "can't listen at '%s'", text);
        close(fd);
        return false;
    }
    s = socket_stream_new(id, peer);
    s->listen_fd = fd;
    if (sa.addr.ss_family == AF_UNIX) {
        s->unix_path = net_sockaddr_str(&sa);
        exit_path_add(s->unix_path);
    }
    socket_listen(s, true);
    return true;
}

static void socket_connected(NetSocketStream *s, int fd)
{
    g_autofree char *name = net_sockaddr_str(&s->target);

    qemu_set_info_str(&s->client.nc, "socket: connect to %s", name);
    socket_stream_up(s, fd);
}

static void socket_connect_done(void *opaque)
{
    NetSocketStream *s = opaque;
    int fd = s->connect_fd, err = 0;
    socklen_t len = sizeof(err);

    s->connect_fd = -1;
    qemu_set_fd_handler(fd, NULL, NULL, NULL);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err) {
        g_autofree char *name = net_sockaddr_str(&s->target);

        warn_report("%s: can't connect to %s: %s", s->client.nc.name, name,
                    strerror(err));
        close(fd);
        return;
    }
    socket_connected(s, fd);
}

static bool socket_init_connect(const char *text, const char *id,
                                NetClientState *peer, Error **errp)
{
    NetSocketStream *s;
    NetSockaddr sa;
    int fd;

    if (!net_sockaddr_parse(text, &sa, errp)) {
        return false;
    }
    fd = net_socket_new(&sa, SOCK_STREAM, errp);
    if (fd < 0) {
        return false;
    }
    if (connect(fd, (struct sockaddr *)&sa.addr, sa.len) == 0) {
        s = socket_stream_new(id, peer);
        s->target = sa;
        socket_connected(s, fd);
        return true;
    }
    if (errno != EINPROGRESS && sa.addr.ss_family == AF_UNIX) {
        error_setg_errno(errp, errno, "can't connect to '%s'", text);
        close(fd);
        return false;
    }
    s = socket_stream_new(id, peer);
    s->target = sa;
    s->connect_fd = fd;
    qemu_set_fd_handler(fd, NULL, socket_connect_done, s);
    return true;
}

static bool socket_init_udp(const char *text, const char *local,
                            const char *id, NetClientState *peer, Error **errp)
{
    NetSockaddr remote, here;
    g_autofree char *name = NULL;
    NetClientState *nc;
    int fd;

    if (!net_sockaddr_parse(text, &remote, errp) ||
        !net_sockaddr_parse(local, &here, errp)) {
        return false;
    }
    fd = net_socket_new(&here, SOCK_DGRAM, errp);
    if (fd < 0) {
        return false;
    }
    if (!net_socket_bind(fd, &here, errp)) {
        close(fd);
        return false;
    }
    nc = socket_dgram_new(id, peer, fd, &remote);
    name = net_sockaddr_str(&remote);
    qemu_set_info_str(nc, "socket: udp=%s", name);
    return true;
}

static bool socket_init_mcast(const char *text, const char *local,
                              const char *id, NetClientState *peer,
                              Error **errp)
{
    NetSockaddr group;
    NetClientState *nc;
    struct in_addr from;
    int fd;

    if (!net_sockaddr_parse(text, &group, errp)) {
        return false;
    }
    if (group.addr.ss_family != AF_INET || !net_sockaddr_is_multicast(&group)) {
        error_setg(errp, "specified mcastaddr '%s' does not contain a"
                   " multicast address (224.0.0.0 to 239.255.255.255)", text);
        return false;
    }
    if (local && inet_pton(AF_INET, local, &from) != 1) {
        error_setg(errp, "localaddr '%s' is not a valid IPv4 address", local);
        return false;
    }
    fd = net_socket_new(&group, SOCK_DGRAM, errp);
    if (fd < 0) {
        return false;
    }
    if (!net_socket_join(fd, &group, local ? &from : NULL, errp)) {
        close(fd);
        return false;
    }
    nc = socket_dgram_new(id, peer, fd, &group);
    qemu_set_info_str(nc, "socket: mcast=%s", text);
    return true;
}

static const NetdevOption socket_options[] = {
    { "fd", NETDEV_OPT_STRING, "an open socket, by number or getfd name" },
    { "listen", NETDEV_OPT_STRING, "wait at [HOST]:PORT or unix:PATH" },
    { "connect", NETDEV_OPT_STRING, "connect to HOST:PORT or unix:PATH" },
    { "mcast", NETDEV_OPT_STRING, "multicast group ADDR:PORT" },
    { "localaddr", NETDEV_OPT_STRING, "own address for mcast= and udp=" },
    { "udp", NETDEV_OPT_STRING, "send datagrams to HOST:PORT" },
    { NULL }
};

static bool socket_init(const NetdevArgs *args, const char *id,
                        NetClientState *peer, Error **errp)
{
    const char *fd = netdev_arg(args, "fd");
    const char *at = netdev_arg(args, "listen");
    const char *to = netdev_arg(args, "connect");
    const char *mcast = netdev_arg(args, "mcast");
    const char *udp = netdev_arg(args, "udp");
    const char *local = netdev_arg(args, "localaddr");

    if (!!fd + !!at + !!to + !!mcast + !!udp != 1) {
        error_setg(errp, "exactly one of listen=, connect=, mcast=, udp= or"
                   " fd= is required");
        return false;
    }
    if (local && !mcast && !udp) {
        error_setg(errp, "localaddr= is only valid with mcast= or udp=");
        return false;
    }
    if (udp && !local) {
        error_setg(errp, "localaddr= is mandatory with udp=");
        return false;
    }
    return fd ? socket_init_fd(fd, id, peer, errp) :
           at ? socket_init_listen(at, id, peer, errp) :
           to ? socket_init_connect(to, id, peer, errp) :
           udp ? socket_init_udp(udp, local, id, peer, errp) :
           socket_init_mcast(mcast, local, id, peer, errp);
}

const NetdevType net_socket_type = {
    .name = "socket",
    .options = socket_options,
    .init = socket_init,
};

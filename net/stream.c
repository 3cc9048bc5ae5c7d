/*
 * -netdev stream: frames over one connection, made by us or by the other side.
 * What travels on it is in stream-link.c; here are addresses, listening,
 * connecting, trying again, and telling the monitors about it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <json-c/json.h>
#include "qemu/aio.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/exit-paths.h"
#include "qemu/main-loop.h"
#include "qemu/sockets.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/qmp-event.h"
#include "sockaddr.h"
#include "stream-link.h"
#include "trace.h"

typedef struct NetStream {
    StreamClient client;
    SocketAddress *addr;        /* as given */
    int listen_fd;              /* -1: a client */
    SocketConnect *connecting;
    QEMUTimer *retry;           /* NULL: one attempt only */
    uint64_t retry_ms;
} NetStream;

static void stream_accept(void *opaque);

static NetStream *stream_of(NetClientState *nc)
{
    return container_of(nc, NetStream, client.nc);
}

/* --- telling --- */

static struct json_object *address_to_json(const SocketAddress *addr)
{
    struct json_object *json = json_object_new_object();

    if (addr->type == SOCKET_ADDRESS_TYPE_INET) {
        const InetSocketAddress *inet = &addr->u.inet;

        json_object_object_add(json, "type", json_object_new_string("inet"));
        json_object_object_add(json, "host",
                               json_object_new_string(inet->host));
        json_object_object_add(json, "port",
                               json_object_new_string(inet->port));
        json_object_object_add(json, strchr(inet->host, ':') ? "ipv6" : "ipv4",
                               json_object_new_boolean(true));
    } else {
        json_object_object_add(json, "type", json_object_new_string("unix"));
        json_object_object_add(json, "path",
                               json_object_new_string(addr->u.q_unix.path));
    }
    return json;
}

static void emit(NetStream *s, const char *event, const SocketAddress *addr)
{
    struct json_object *data = json_object_new_object();

    json_object_object_add(data, "netdev-id",
                           json_object_new_string(s->client.nc.name));
    if (addr) {
        json_object_object_add(data, "addr", address_to_json(addr));
    }
    qmp_event_emit(event, data);
}

/* --- a connection --- */

/* The other side of a TCP connection has a name; that of a unix socket is ours. */
static SocketAddress *other_side(const NetStream *s, int fd)
{
    SocketAddress *remote = socket_remote_address(fd, NULL);

    if (s->addr->type == SOCKET_ADDRESS_TYPE_UNIX || !remote) {
        socket_address_free(remote);
        remote = socket_address_copy(s->addr);
    }
    return remote;
}

/*
 * One peer at a time: who knocks while one is there waits in the kernel's queue,
 * and is let in when the place is free.
 */
static void stream_listen(NetStream *s, bool on)
{
    qemu_set_fd_handler(s->listen_fd, on ? stream_accept : NULL, NULL, s);
}

static void stream_closed(NetClientState *nc)
{
    NetStream *s = stream_of(nc);

    qemu_set_info_str(nc, "%s", "");
    trace_net_stream_disconnected(nc->name);
    emit(s, "NETDEV_STREAM_DISCONNECTED", NULL);
    if (s->listen_fd >= 0) {
        stream_listen(s, true);
    } else if (s->retry) {
        timer_mod(s->retry, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                            s->retry_ms);
    }
}

static void stream_up(NetStream *s, int fd)
{
    g_autoptr(SocketAddress) other = other_side(s, fd);

    qemu_socket_try_set_nonblock(fd);
    socket_set_nodelay(fd);
    if (other->type == SOCKET_ADDRESS_TYPE_INET) {
        g_autofree char *host = strchr(other->u.inet.host, ':') ?
            g_strdup_printf("[%s]", other->u.inet.host) :
            g_strdup(other->u.inet.host);

        qemu_set_info_str(&s->client.nc, "tcp:%s:%s", host,
                          other->u.inet.port);
    } else if (other->type == SOCKET_ADDRESS_TYPE_UNIX) {
        qemu_set_info_str(&s->client.nc, "unix:%s", other->u.q_unix.path);
    }
    stream_link_start(&s->client.link, &s->client.nc, fd, stream_closed);
    trace_net_stream_connected(s->client.nc.name);
    emit(s, "NETDEV_STREAM_CONNECTED", other);
}

static void stream_accept(void *opaque)
{
    NetStream *s = opaque;
    int fd = qemu_accept(s->listen_fd, NULL, NULL);
    const InetSocketAddress *inet = &s->addr->u.inet;
    int on = 1;

    if (fd < 0) {
        return;
    }
    if (s->addr->type == SOCKET_ADDRESS_TYPE_INET && inet->has_keep_alive &&
        inet->keep_alive) {
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    stream_listen(s, false);
    stream_up(s, fd);
}

static void stream_connect_done(int fd, Error *err, void *opaque)
{
    NetStream *s = opaque;

    s->connecting = NULL;
    if (fd >= 0) {
        stream_up(s, fd);
    } else if (s->retry) {
        error_free(err);
        timer_mod(s->retry, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                            s->retry_ms);
    } else {
        qemu_set_info_str(&s->client.nc, "connection error");
        warn_reportf_err(err, "%s: ", s->client.nc.name);
    }
}

static void stream_connect(NetStream *s)
{
    Error *err = NULL;

    s->connecting = socket_connect_async(qemu_get_aio_context(), s->addr,
                                         stream_connect_done, s, &err);
    if (!s->connecting) {
        stream_connect_done(-1, err, s);
    }
}

static void stream_retry(void *opaque)
{
    stream_connect(opaque);
}

/* --- the net client --- */

static unsigned stream_receive(NetClientState *nc, const NetPacket *packets,
                               unsigned count)
{
    return stream_link_send(&stream_of(nc)->client.link, packets, count);
}

static void stream_cleanup(NetClientState *nc)
{
    NetStream *s = stream_of(nc);

    stream_link_cleanup(&s->client.link);
    if (s->connecting) {
        socket_connect_cancel(s->connecting);
    }
    timer_free(s->retry);
    if (s->listen_fd >= 0) {
        stream_listen(s, false);
        close(s->listen_fd);
        if (s->addr->type == SOCKET_ADDRESS_TYPE_UNIX &&
            !s->addr->u.q_unix.abstract) {
            exit_path_remove(s->addr->u.q_unix.path);
        }
    }
    socket_address_free(s->addr);
}

/* Frames move there; listening and connecting stay in the main loop. */
static void stream_set_aio_context(NetClientState *nc, AioContext *ctx)
{
    stream_link_set_aio_context(&stream_of(nc)->client.link, nc, ctx);
}

static const NetClientInfo stream_info = {
    .type = NET_CLIENT_DRIVER_STREAM,
    .size = sizeof(NetStream),
    .receive_burst = stream_receive,
    .cleanup = stream_cleanup,
    .set_aio_context = stream_set_aio_context,
};

static NetStream *stream_new(const char *id, NetClientState *peer,
                             SocketAddress **addr)
{
    NetStream *s = stream_of(qemu_new_net_client(&stream_info, peer, "stream",
                                                 id));

    s->client.link.fd = -1;
    s->listen_fd = -1;
    s->addr = g_steal_pointer(addr);
    return s;
}

/* --- options --- */

static const NetdevOption stream_options[] = {
    { "addr.type", NETDEV_OPT_STRING, "inet, unix or fd" },
    { "addr.host", NETDEV_OPT_STRING, "inet: address or name" },
    { "addr.port", NETDEV_OPT_STRING, "inet: port" },
    { "addr.numeric", NETDEV_OPT_BOOL, "inet: do not look names up" },
    { "addr.to", NETDEV_OPT_NUMBER, "inet: a server tries ports up to this" },
    { "addr.ipv4", NETDEV_OPT_BOOL, "inet: with IPv4" },
    { "addr.ipv6", NETDEV_OPT_BOOL, "inet: with IPv6" },
    { "addr.keep-alive", NETDEV_OPT_BOOL, "inet: TCP keep-alive" },
    { "addr.path", NETDEV_OPT_STRING, "unix: path" },
    { "addr.abstract", NETDEV_OPT_BOOL, "unix: not in a folder" },
    { "addr.tight", NETDEV_OPT_BOOL, "unix: abstract name without padding" },
    { "addr.str", NETDEV_OPT_STRING, "fd: an open socket" },
    { "server", NETDEV_OPT_BOOL, "wait for the other side (default off)" },
    { "reconnect", NETDEV_OPT_NUMBER, "seconds between attempts, 0: never" },
    { "reconnect-ms", NETDEV_OPT_NUMBER, "the same in milliseconds" },
    { NULL }
};

/* Which members belong to which type of address. */
static const struct {
    const char *key;
    SocketAddressType type;
    bool needed;
} address_members[] = {
    { "addr.host", SOCKET_ADDRESS_TYPE_INET, true },
    { "addr.port", SOCKET_ADDRESS_TYPE_INET, true },
    { "addr.numeric", SOCKET_ADDRESS_TYPE_INET },
    { "addr.to", SOCKET_ADDRESS_TYPE_INET },
    { "addr.ipv4", SOCKET_ADDRESS_TYPE_INET },
    { "addr.ipv6", SOCKET_ADDRESS_TYPE_INET },
    { "addr.keep-alive", SOCKET_ADDRESS_TYPE_INET },
    { "addr.path", SOCKET_ADDRESS_TYPE_UNIX, true },
    { "addr.abstract", SOCKET_ADDRESS_TYPE_UNIX },
    { "addr.tight", SOCKET_ADDRESS_TYPE_UNIX },
    { "addr.str", SOCKET_ADDRESS_TYPE_FD, true },
};

static bool address_type(const NetdevArgs *args, SocketAddressType *type,
                         Error **errp)
{
    const char *name = netdev_arg(args, "addr.type");

    if (!name) {
        error_setg(errp, "Parameter '%s' is missing",
                   args->keys->len ? "addr.type" : "addr");
        return false;
    }
    if (g_str_equal(name, "inet")) {
        *type = SOCKET_ADDRESS_TYPE_INET;
    } else if (g_str_equal(name, "unix")) {
        *type = SOCKET_ADDRESS_TYPE_UNIX;
    } else if (g_str_equal(name, "fd")) {
        *type = SOCKET_ADDRESS_TYPE_FD;
    } else {
        error_setg(errp, "Parameter 'addr.type' does not accept value '%s':"
                   " expected inet, unix or fd", name);
        return false;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(address_members); i++) {
        const char *key = address_members[i].key;
        bool given = netdev_arg(args, key);

        if (address_members[i].type == *type && address_members[i].needed &&
            !given) {
            error_setg(errp, "Parameter '%s' is missing", key);
            return false;
        }
        if (address_members[i].type != *type && given) {
            error_setg(errp, "Parameter '%s' is unexpected", key);
            return false;
        }
    }
    return true;
}

static bool address_inet(const NetdevArgs *args, InetSocketAddress *inet,
                         Error **errp)
{
    const char *port = netdev_arg(args, "addr.port");
    uint64_t to = netdev_arg_number(args, "addr.to", 0);
    unsigned number;

    if ((qemu_strtoui(port, NULL, 10, &number) == 0 && number > 65535) ||
        to > 65535) {
        error_setg(errp, "port '%s' is out of range (0..65535)",
                   to > 65535 ? netdev_arg(args, "addr.to") : port);
        return false;
    }
    inet->host = g_strdup(netdev_arg(args, "addr.host"));
    inet->port = g_strdup(port);
    inet->has_to = netdev_arg(args, "addr.to");
    inet->to = to;
    inet->has_ipv4 = netdev_arg(args, "addr.ipv4");
    inet->ipv4 = netdev_arg_bool(args, "addr.ipv4", false);
    inet->has_ipv6 = netdev_arg(args, "addr.ipv6");
    inet->ipv6 = netdev_arg_bool(args, "addr.ipv6", false);
    inet->has_keep_alive = netdev_arg(args, "addr.keep-alive");
    inet->keep_alive = netdev_arg_bool(args, "addr.keep-alive", false);
    return true;
}

static SocketAddress *parse_address(const NetdevArgs *args, Error **errp)
{
    g_autoptr(SocketAddress) addr = NULL;
    SocketAddressType type;
    UnixSocketAddress *un;

    if (!address_type(args, &type, errp)) {
        return NULL;
    }
    addr = g_new0(SocketAddress, 1);
    addr->type = type;
    switch (type) {
    case SOCKET_ADDRESS_TYPE_INET:
        if (!address_inet(args, &addr->u.inet, errp)) {
            return NULL;
        }
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        un = &addr->u.q_unix;
        un->path = g_strdup(netdev_arg(args, "addr.path"));
        un->has_abstract = un->has_tight = true;
        un->abstract = netdev_arg_bool(args, "addr.abstract", false);
        un->tight = netdev_arg_bool(args, "addr.tight", true);
        break;
    default:
        addr->u.fd.str = g_strdup(netdev_arg(args, "addr.str"));
    }
    return g_steal_pointer(&addr);
}

/* Milliseconds between attempts, 0 for none. */
static bool parse_retry(const NetdevArgs *args, bool can_retry, uint64_t *ms,
                        Error **errp)
{
    const char *key = netdev_arg(args, "reconnect") ? "reconnect" :
                                                      "reconnect-ms";

    *ms = netdev_arg_number(args, key, 0);
    if (netdev_arg(args, "reconnect") && netdev_arg(args, "reconnect-ms")) {
        error_setg(errp, "'reconnect' and 'reconnect-ms' are mutually"
                   " exclusive");
        return false;
    }
    if (*ms > UINT32_MAX) {
        error_setg(errp, "Parameter '%s' expects a number up to %u", key,
                   UINT32_MAX);
        return false;
    }
    if (*ms && !can_retry) {
        error_setg(errp, "'%s' needs a client with an address of type inet or"
                   " unix (server=off)", key);
        return false;
    }
    *ms *= g_str_equal(key, "reconnect") ? 1000 : 1;
    return true;
}

/* A descriptor: of a connection, or, with server=on, one that listens. */
static bool stream_init_fd(SocketAddress *addr, bool is_server, const char *id,
                           NetClientState *peer, Error **errp)
{
    NetStream *s;
    int type, listens = 0;
    socklen_t len = sizeof(listens);
    int fd = net_socket_from_arg(addr->u.fd.str, id, &type, errp);

    if (fd < 0) {
        return false;
    }
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
    if (type != SOCK_STREAM) {
        error_setg(errp, "%s: file descriptor %d is not a stream socket", id,
                   fd);
    } else if (listens != is_server) {
        error_setg(errp, "%s: file descriptor %d %s: expected server=%s", id,
                   fd, listens ? "listens" : "does not listen",
                   listens ? "on" : "off");
    }
    if (type != SOCK_STREAM || listens != is_server) {
        net_fd_give_back(addr->u.fd.str, fd);
        return false;
    }
    addr = socket_address_copy(addr);
    g_free(addr->u.fd.str);
    addr->u.fd.str = g_strdup_printf("%d", fd);
    s = stream_new(id, peer, &addr);
    if (is_server) {
        s->listen_fd = fd;
        stream_listen(s, true);
    } else {
        /* From the loop: the event is for monitors, which come later. */
        stream_connect(s);
    }
    return true;
}

static bool stream_init(const NetdevArgs *args, const char *id,
                        NetClientState *peer, Error **errp)
{
    bool is_server = netdev_arg_bool(args, "server", false);
    g_autoptr(SocketAddress) addr = parse_address(args, errp);
    uint64_t retry_ms;
    NetStream *s;
    int fd = -1;

    if (!addr || !parse_retry(args, !is_server &&
                              addr->type != SOCKET_ADDRESS_TYPE_FD, &retry_ms,
                              errp)) {
        return false;
    }
    if (addr->type == SOCKET_ADDRESS_TYPE_FD) {
        return stream_init_fd(addr, is_server, id, peer, errp);
    }
    if (is_server) {
        fd = socket_listen(addr, 1, errp);
        if (fd < 0) {
            return false;
        }
        qemu_socket_try_set_nonblock(fd);
    }
    s = stream_new(id, peer, &addr);
    if (is_server) {
        s->listen_fd = fd;
        stream_listen(s, true);
        if (s->addr->type == SOCKET_ADDRESS_TYPE_UNIX &&
            !s->addr->u.q_unix.abstract) {
            exit_path_add(s->addr->u.q_unix.path);
        }
        return true;
    }
    if (retry_ms) {
        s->retry_ms = retry_ms;
        s->retry = timer_new_ms(QEMU_CLOCK_REALTIME, stream_retry, s);
    }
    stream_connect(s);
    return true;
}

const NetdevType net_stream_type = {
    .name = "stream",
    .options = stream_options,
    .init = stream_init,
};

/*
 * Socket addresses: their forms as text, structure and sockaddr. Making sockets
 * of them is in qemu-sockets.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <netdb.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/option.h"
#include "qemu/sockets.h"

static const char *const type_names[] = {
    [SOCKET_ADDRESS_TYPE_INET] = "inet",
    [SOCKET_ADDRESS_TYPE_UNIX] = "unix",
    [SOCKET_ADDRESS_TYPE_VSOCK] = "vsock",
    [SOCKET_ADDRESS_TYPE_FD] = "fd",
};

const QEnumLookup SocketAddressType_lookup = {
    .array = type_names, .size = SOCKET_ADDRESS_TYPE__MAX,
};

void inet_address_clear(InetSocketAddress *addr)
{
    g_free(addr->host);
    g_free(addr->port);
    *addr = (InetSocketAddress){ 0 };
}

void socket_address_free(SocketAddress *addr)
{
    if (!addr) {
        return;
    }
    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        inet_address_clear(&addr->u.inet);
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        g_free(addr->u.q_unix.path);
        break;
    case SOCKET_ADDRESS_TYPE_FD:
        g_free(addr->u.fd.str);
        break;
    default:
        break;
    }
    g_free(addr);
}

SocketAddress *socket_address_copy(const SocketAddress *addr)
{
    SocketAddress *copy = g_new(SocketAddress, 1);

    *copy = *addr;
    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        copy->u.inet.host = g_strdup(addr->u.inet.host);
        copy->u.inet.port = g_strdup(addr->u.inet.port);
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        copy->u.q_unix.path = g_strdup(addr->u.q_unix.path);
        break;
    case SOCKET_ADDRESS_TYPE_FD:
        copy->u.fd.str = g_strdup(addr->u.fd.str);
        break;
    default:
        break;
    }
    return copy;
}

/* --- from text --- */

/* "HOST:PORT" or "[HOST]:PORT" of @len bytes. */
static bool split_host_port(const char *str, size_t len, char **host,
                            char **port, Error **errp)
{
    g_autofree char *text = g_strndup(str, len);
    char *colon;

    if (*text == '[') {
        char *close = strchr(text, ']');

        colon = close && close[1] == ':' ? close + 1 : NULL;
        if (colon) {
            *host = g_strndup(text + 1, close - text - 1);
        }
    } else {
        colon = strchr(text, ':');
        if (colon && strchr(colon + 1, ':')) {
            colon = NULL;           /* IPv6 needs brackets */
        }
        if (colon) {
            *host = g_strndup(text, colon - text);
        }
    }
    if (!colon || !colon[1]) {
        error_setg(errp, "Address '%s' is not HOST:PORT ([HOST]:PORT for"
                   " IPv6)", text);
        g_clear_pointer(host, g_free);
        return false;
    }
    *port = g_strdup(colon + 1);
    return true;
}

static bool inet_options(InetSocketAddress *addr, const char *text,
                         Error **errp)
{
    static QemuOptsList inet_opts = {
        .name = "inet",
        .allow_flag_opts = true,
        .head = QTAILQ_HEAD_INITIALIZER(inet_opts.head),
        .desc = {
            { .name = "to", .type = QEMU_OPT_NUMBER },
            { .name = "ipv4", .type = QEMU_OPT_BOOL },
            { .name = "ipv6", .type = QEMU_OPT_BOOL },
            { .name = "keep-alive", .type = QEMU_OPT_BOOL },
            { /* end */ }
        },
    };
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&inet_opts, text, false, errp);
    uint64_t to;

    if (!opts) {
        return false;
    }
    to = qemu_opt_get_number(opts, "to", 0);
    if (to > UINT16_MAX) {
        error_setg(errp, "Parameter 'to' expects a port from 1 to 65535,"
                   " not %" PRIu64, to);
        return false;
    }
    addr->has_to = to != 0;
    addr->to = to;
    addr->has_ipv4 = qemu_opt_get(opts, "ipv4") != NULL;
    addr->ipv4 = qemu_opt_get_bool(opts, "ipv4", false);
    addr->has_ipv6 = qemu_opt_get(opts, "ipv6") != NULL;
    addr->ipv6 = qemu_opt_get_bool(opts, "ipv6", false);
    addr->has_keep_alive = qemu_opt_get(opts, "keep-alive") != NULL;
    addr->keep_alive = qemu_opt_get_bool(opts, "keep-alive", false);
    return true;
}

int inet_parse(InetSocketAddress *addr, const char *str, Error **errp)
{
    size_t len = strcspn(str, ",");

    *addr = (InetSocketAddress){ 0 };
    if (!split_host_port(str, len, &addr->host, &addr->port, errp)) {
        return -1;
    }
    if (str[len] && !inet_options(addr, str + len + 1, errp)) {
        inet_address_clear(addr);
        return -1;
    }
    return 0;
}

SocketAddress *socket_parse(const char *str, Error **errp)
{
    g_autoptr(SocketAddress) addr = g_new0(SocketAddress, 1);
    const char *rest = str;

    if (strstart(str, "unix:", &rest) || strstart(str, "fd:", &rest)) {
        bool is_unix = *str == 'u';

        if (!*rest) {
            error_setg(errp, "Address '%s' has no %s", str,
                       is_unix ? "path" : "descriptor");
            return NULL;
        }
        addr->type = is_unix ? SOCKET_ADDRESS_TYPE_UNIX
                             : SOCKET_ADDRESS_TYPE_FD;
        *(is_unix ? &addr->u.q_unix.path : &addr->u.fd.str) = g_strdup(rest);
        return g_steal_pointer(&addr);
    }
    strstart(str, "tcp:", &rest);
    addr->type = SOCKET_ADDRESS_TYPE_INET;
    if (inet_parse(&addr->u.inet, rest, errp) < 0) {
        return NULL;
    }
    return g_steal_pointer(&addr);
}

int parse_host_port(struct sockaddr_in *saddr, const char *str, Error **errp)
{
    g_autofree char *host = NULL;
    g_autofree char *port = NULL;
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM,
                              .ai_flags = AI_PASSIVE };
    struct addrinfo *found;
    int ret;

    if (!split_host_port(str, strlen(str), &host, &port, errp)) {
        return -1;
    }
    ret = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (ret) {
        error_setg(errp, "Cannot resolve '%s': %s", str, gai_strerror(ret));
        return -1;
    }
    memcpy(saddr, found->ai_addr, sizeof(*saddr));
    freeaddrinfo(found);
    return 0;
}

/* --- to text --- */

char *socket_uri(const SocketAddress *addr)
{
    const InetSocketAddress *inet = &addr->u.inet;

    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        return g_strdup_printf(inet->host && strchr(inet->host, ':')
                               ? "tcp:[%s]:%s" : "tcp:%s:%s",
                               inet->host ? inet->host : "", inet->port);
    case SOCKET_ADDRESS_TYPE_UNIX:
        return g_strdup_printf("unix:%s", addr->u.q_unix.path);
    case SOCKET_ADDRESS_TYPE_FD:
        return g_strdup_printf("fd:%s", addr->u.fd.str);
    default:
        return g_strdup("unknown address");
    }
}

/* An address of the kernel as a structure. */
static SocketAddress *from_sockaddr(const struct sockaddr *sa, socklen_t len,
                                    Error **errp)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    if (sa->sa_family == AF_UNIX) {
        const struct sockaddr_un *un = (const void *)sa;
        int n = (int)len - (int)offsetof(struct sockaddr_un, sun_path);

        addr->type = SOCKET_ADDRESS_TYPE_UNIX;
        if (n > 0 && !un->sun_path[0]) {
            addr->u.q_unix.has_abstract = addr->u.q_unix.abstract = true;
            addr->u.q_unix.path = g_strndup(un->sun_path + 1, n - 1);
        } else {
            addr->u.q_unix.path = g_strndup(un->sun_path, MAX(n, 0));
        }
    } else if (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) {
        char host[NI_MAXHOST], port[NI_MAXSERV];

        getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
        addr->type = SOCKET_ADDRESS_TYPE_INET;
        addr->u.inet.host = g_strdup(host);
        addr->u.inet.port = g_strdup(port);
    } else {
        error_setg(errp, "Address family %d is not supported", sa->sa_family);
        g_clear_pointer(&addr, g_free);
    }
    return addr;
}

char *socket_sockaddr_to_string(const struct sockaddr *sa, socklen_t salen)
{
    g_autoptr(SocketAddress) addr = from_sockaddr(sa, salen, NULL);
    g_autofree char *uri = addr ? socket_uri(addr) : g_strdup(":unknown");

    return g_strdup(strchr(uri, ':') + 1);
}

typedef int NameFn(int fd, struct sockaddr *sa, socklen_t *len);

static SocketAddress *address_by(NameFn *fn, int fd, Error **errp)
{
    struct sockaddr_storage ss = { 0 };
    socklen_t len = sizeof(ss);

    if (fn(fd, (struct sockaddr *)&ss, &len) < 0) {
        error_setg_errno(errp, errno, "Unable to query socket address");
        return NULL;
    }
    return from_sockaddr((struct sockaddr *)&ss, len, errp);
}

SocketAddress *socket_local_address(int fd, Error **errp)
{
    return address_by(getsockname, fd, errp);
}

SocketAddress *socket_remote_address(int fd, Error **errp)
{
    return address_by(getpeername, fd, errp);
}

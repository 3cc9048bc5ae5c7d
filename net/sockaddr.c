/*
 * Socket addresses of network backends: from option text to sockaddr and back,
 * and the few things that every socket backend does with one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include "qemu/cutils.h"
#include "qemu/sockets.h"
#include "qapi/error.h"
#include "chardev/fdset.h"
#include "sockaddr.h"

bool net_sockaddr_inet(const char *host, const char *port, int family,
                       NetSockaddr *sa, Error **errp)
{
    struct addrinfo hints = {
        .ai_family = family, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE,
    };
    struct addrinfo *found;
    unsigned number;
    int rc;

    if (qemu_strtoui(port, NULL, 10, &number) == 0 && number > 65535) {
        error_setg(errp, "port '%s' is out of range (0..65535)", port);
        return false;
    }
    if (host && host[0] == '\0') {
        host = NULL;
    }
    if (!host && family == AF_UNSPEC) {
        hints.ai_family = AF_INET;
    }
    rc = getaddrinfo(host, port, &hints, &found);
    if (rc) {
        error_setg(errp, "address resolution failed for %s:%s: %s",
                   host ? host : "", port, gai_strerror(rc));
        return false;
    }
    memcpy(&sa->addr, found->ai_addr, found->ai_addrlen);
    sa->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool net_sockaddr_unix(const char *path, NetSockaddr *sa, Error **errp)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&sa->addr;
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(un->sun_path)) {
        error_setg(errp, "UNIX socket path '%s' has %zu characters,"
                   " expected 1 to %zu", path, len, sizeof(un->sun_path) - 1);
        return false;
    }
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, len);
    sa->len = sizeof(*un);
    return true;
}

bool net_sockaddr_parse(const char *text, NetSockaddr *sa, Error **errp)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *host = NULL;

    if (g_str_has_prefix(text, "unix:")) {
        return net_sockaddr_unix(text + strlen("unix:"), sa, errp);
    }
    if (!colon) {
        error_setg(errp, "host address '%s' doesn't contain ':' separating"
                   " host from port", text);
        return false;
    }
    host = g_strndup(text, colon - text);
    if (host[0] == '[' && g_str_has_suffix(host, "]")) {
        host[strlen(host) - 1] = '\0';
        memmove(host, host + 1, strlen(host));
    }
    return net_sockaddr_inet(host, colon + 1, AF_UNSPEC, sa, errp);
}

char *net_sockaddr_str(const NetSockaddr *sa)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (sa->addr.ss_family == AF_UNIX) {
        return g_strdup(((const struct sockaddr_un *)&sa->addr)->sun_path);
    }
    if (getnameinfo((const struct sockaddr *)&sa->addr, sa->len, host,
                    sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        return g_strdup("?");
    }
    return g_strdup_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int net_socket_new(const NetSockaddr *sa, int type, Error **errp)
{
    int fd = socket(sa->addr.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        error_setg_errno(errp, errno, "can't create a socket");
    }
    return fd;
}

bool net_socket_bind(int fd, const NetSockaddr *sa, Error **errp)
{
    g_autofree char *name = net_sockaddr_str(sa);
    int on = 1;

    if (sa->addr.ss_family == AF_UNIX) {
        struct stat st;

        if (lstat(name, &st) == 0 && S_ISSOCK(st.st_mode)) {
            if (unix_socket_is_served((const struct sockaddr *)&sa->addr,
                                      sa->len)) {
                error_setg(errp, "can't bind unix=%s to socket: %s", name,
                           strerror(EADDRINUSE));
                return false;
            }
            unlink(name);
        }
    } else {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (bind(fd, (const struct sockaddr *)&sa->addr, sa->len) < 0) {
        error_setg_errno(errp, errno, "can't bind %s%s to socket",
                         sa->addr.ss_family == AF_UNIX ? "unix=" : "ip=", name);
        return false;
    }
    return true;
}

bool net_sockaddr_is_multicast(const NetSockaddr *sa)
{
    if (sa->addr.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&sa->addr;

        return IN_MULTICAST(ntohl(in->sin_addr.s_addr));
    }
    if (sa->addr.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&sa->addr;

        return IN6_IS_ADDR_MULTICAST(&in6->sin6_addr);
    }
    return false;
}

bool net_socket_join(int fd, const NetSockaddr *group,
                     const struct in_addr *from, Error **errp)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&group->addr;
    struct ip_mreq join = { .imr_multiaddr = in->sin_addr };
    char name[INET_ADDRSTRLEN], local[INET_ADDRSTRLEN] = "";
    int on = 1, err;

    if (from) {
        join.imr_interface = *from;
        inet_ntop(AF_INET, from, local, sizeof(local));
    }
    if (!net_socket_bind(fd, group, errp)) {
        return false;
    }
    if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
                   sizeof(join)) == 0 &&
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof(on)) == 0 &&
        (!from || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF,
                             &join.imr_interface,
                             sizeof(join.imr_interface)) == 0)) {
        return true;
    }
    err = errno;
    inet_ntop(AF_INET, &in->sin_addr, name, sizeof(name));
    error_setg(errp, "can't add socket to multicast group %s%s%s: %s%s", name,
               from ? " at " : "", local, strerror(err),
               err != ENODEV ? "" : from ? "; expected the address of an interface"
               " of this host" : "; there is no route to it, name an interface");
    return false;
}

int net_fd_from_arg(const char *text, const char *id, Error **errp)
{
    int fd;

    if (g_ascii_isdigit(text[0])) {
        unsigned number;

        if (qemu_strtoui(text, NULL, 10, &number) < 0 || number > INT_MAX) {
            error_setg(errp, "%s: '%s' is not a file descriptor", id, text);
            return -1;
        }
        fd = number;
    } else {
        fd = monitor_fd_param(NULL, text, errp);
        if (fd < 0) {
            return -1;
        }
    }
    if (fcntl(fd, F_GETFL) < 0) {
        error_setg_errno(errp, errno, "%s: Can't use file descriptor %d", id,
                         fd);
        return -1;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

void net_fd_give_back(const char *text, int fd)
{
    if (fd >= 0 && !g_ascii_isdigit(text[0])) {
        close(fd);
    }
}

int net_socket_from_arg(const char *text, const char *id, int *type,
                        Error **errp)
{
    socklen_t len = sizeof(*type);
    int fd = net_fd_from_arg(text, id, errp);

    if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &len) < 0) {
        error_setg_errno(errp, errno, "%s: file descriptor %d is not a socket",
                         id, fd);
        net_fd_give_back(text, fd);
        return -1;
    }
    return fd;
}

const char *net_socket_family_name(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);

    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
        return "";
    }
    return addr.ss_family == AF_UNIX ? "unix" : "inet";
}

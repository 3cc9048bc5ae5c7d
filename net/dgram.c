/*
 * -netdev dgram: one frame a datagram over unix or inet sockets, to one other side or
 * to a multicast group, or over a descriptor that was handed to us. Moving the frames
 * is dgram-link.c's work.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "qemu/exit-paths.h"
#include "qapi/error.h"
#include "dgram-link.h"
#include "sockaddr.h"

typedef struct NetDgram {
    DgramClient client;
    char *unix_path;            /* to be removed at the end */
} NetDgram;

static unsigned dgram_receive_burst(NetClientState *nc,
                                    const NetPacket *packets, unsigned count)
{
    return dgram_link_send(&container_of(nc, DgramClient, nc)->link, packets,
                           count);
}

static void dgram_cleanup(NetClientState *nc)
{
    NetDgram *s = container_of(nc, NetDgram, client.nc);

    dgram_link_stop(&s->client.link);
    if (s->unix_path) {
        exit_path_remove(s->unix_path);
        g_free(s->unix_path);
    }
}

static const NetClientInfo dgram_info = {
    .type = NET_CLIENT_DRIVER_DGRAM,
    .size = sizeof(NetDgram),
    .receive_burst = dgram_receive_burst,
    .cleanup = dgram_cleanup,
    .set_aio_context = dgram_set_aio_context,
};

static NetDgram *dgram_new(const char *id, NetClientState *peer, int fd,
                           const NetSockaddr *dest)
{
    NetClientState *nc = qemu_new_net_client(&dgram_info, peer, "dgram", id);
    NetDgram *s = container_of(nc, NetDgram, client.nc);

    dgram_link_start(&s->client.link, nc, fd, dest);
    return s;
}

/* The members of an address that its type needs: dgram has two, local and remote. */
static const char *address_member(const NetdevArgs *args, const char *side,
                                  const char *member, Error **errp)
{
    g_autofree char *key = g_strdup_printf("%s.%s", side, member);
    const char *value = netdev_arg(args, key);

    if (!value && errp) {
        error_setg(errp, "Parameter '%s' is missing", key);
    }
    return value;
}

static bool parse_address(const NetdevArgs *args, const char *side,
                          NetSockaddr *sa, Error **errp)
{
    const char *type = address_member(args, side, "type", NULL);
    const char *host, *port, *path;
    int family = AF_UNSPEC;
    g_autofree char *key = NULL;

    if (g_str_equal(type, "unix")) {
        path = address_member(args, side, "path", errp);
        return path && net_sockaddr_unix(path, sa, errp);
    }
    if (!g_str_equal(type, "inet")) {
        error_setg(errp, "Parameter '%s.type' does not accept value '%s':"
                   " expected inet, unix or fd", side, type);
        return false;
    }
    host = address_member(args, side, "host", errp);
    if (!host) {
        return false;
    }
    port = address_member(args, side, "port", errp);
    if (!port) {
        return false;
    }
    key = g_strdup_printf("%s.ipv4", side);
    if (netdev_arg_bool(args, key, false)) {
        family = AF_INET;
    }
    g_free(key);
    key = g_strdup_printf("%s.ipv6", side);
    if (netdev_arg_bool(args, key, false)) {
        family = AF_INET6;
    }
    return net_sockaddr_inet(host, port, family, sa, errp);
}

/* @dest: the multicast group to send to, or NULL. */
static bool dgram_init_fd(const NetdevArgs *args, const NetSockaddr *dest,
                          const char *id, NetClientState *peer, Error **errp)
{
    const char *text = address_member(args, "local", "str", errp);
    NetDgram *s;
    int type, fd;

    if (!text) {
        return false;
    }
    if (netdev_arg(args, "remote.type") && !dest) {
        error_setg(errp, "don't set remote with local.fd, but for a multicast"
                   " group");
        return false;
    }
    fd = net_socket_from_arg(text, id, &type, errp);
    if (fd < 0) {
        return false;
    }
    if (type != SOCK_DGRAM) {
        error_setg(errp, "%s: file descriptor %d is not a datagram socket", id,
                   fd);
        net_fd_give_back(text, fd);
        return false;
    }
    s = dgram_new(id, peer, fd, dest);
    if (dest) {
        g_autofree char *name = net_sockaddr_str(dest);

        qemu_set_info_str(&s->client.nc, "fd=%d (cloned mcast=%s)", fd, name);
    } else {
        qemu_set_info_str(&s->client.nc, "fd=%d %s", fd,
                          net_socket_family_name(fd));
    }
    return true;
}

/*
 * Multicast: the socket is bound to the group; local.host names an interface by its
 * address, and local.port, which clients give with it, has no meaning.
 */
static bool dgram_init_mcast(const NetdevArgs *args, const NetSockaddr *group,
                             const char *id, NetClientState *peer, Error **errp)
{
    g_autofree char *name = net_sockaddr_str(group);
    const char *local = netdev_arg(args, "local.type");
    const char *host = netdev_arg(args, "local.host");
    struct in_addr from;
    NetDgram *s;
    int fd;

    if (group->addr.ss_family != AF_INET) {
        error_setg(errp, "multicast group %s: expected one of IPv4 (224.0.0.0 to"
                   " 239.255.255.255)", name);
        return false;
    }
    if (local && g_str_equal(local, "fd")) {
        return dgram_init_fd(args, group, id, peer, errp);
    }
    if (local && !g_str_equal(local, "inet")) {
        error_setg(errp, "multicast: local.type=%s: only support inet or fd type"
                   " for local", local);
        return false;
    }
    if (local && !address_member(args, "local", "host", errp)) {
        return false;
    }
    if (host && inet_pton(AF_INET, host, &from) != 1) {
        error_setg(errp, "localaddr '%s' is not a valid IPv4 address", host);
        return false;
    }
    fd = net_socket_new(group, SOCK_DGRAM, errp);
    if (fd < 0) {
        return false;
    }
    if (!net_socket_join(fd, group, host ? &from : NULL, errp)) {
        close(fd);
        return false;
    }
    s = dgram_new(id, peer, fd, group);
    qemu_set_info_str(&s->client.nc, "mcast=%s", name);
    return true;
}

/* One other side, at @there. */
static bool dgram_init_pair(const NetdevArgs *args, const NetSockaddr *there,
                            const char *id, NetClientState *peer, Error **errp)
{
    g_autofree char *here_name = NULL, *there_name = net_sockaddr_str(there);
    NetSockaddr here;
    NetDgram *s;
    bool is_unix;
    int fd;

    if (!parse_address(args, "local", &here, errp)) {
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
    is_unix = here.addr.ss_family == AF_UNIX;
    here_name = net_sockaddr_str(&here);
    s = dgram_new(id, peer, fd, there);
    if (is_unix) {
        s->unix_path = g_strdup(here_name);
        exit_path_add(here_name);
    }
    qemu_set_info_str(&s->client.nc, "udp=%s%c%s", here_name,
                      is_unix ? ':' : '/', there_name);
    return true;
}

static bool dgram_init(const NetdevArgs *args, const char *id,
                       NetClientState *peer, Error **errp)
{
    const char *local = netdev_arg(args, "local.type");
    const char *remote = netdev_arg(args, "remote.type");
    NetSockaddr there = { .len = 0 };

    if (remote && g_str_equal(remote, "inet")) {
        if (!parse_address(args, "remote", &there, errp)) {
            return false;
        }
        if (net_sockaddr_is_multicast(&there)) {
            return dgram_init_mcast(args, &there, id, peer, errp);
        }
    }
    if (!local) {
        error_setg(errp, "dgram requires local= parameter");
        return false;
    }
    if (g_str_equal(local, "fd")) {
        return dgram_init_fd(args, NULL, id, peer, errp);
    }
    if (!remote) {
        error_setg(errp, "dgram requires remote= parameter");
        return false;
    }
    if (!g_str_equal(remote, local)) {
        error_setg(errp, "local.type '%s' and remote.type '%s' must be the"
                   " same", local, remote);
        return false;
    }
    return (there.len || parse_address(args, "remote", &there, errp)) &&
           dgram_init_pair(args, &there, id, peer, errp);
}

static const NetdevOption dgram_options[] = {
    { "local.type", NETDEV_OPT_STRING, "inet, unix or fd; may be left out for"
      " multicast" },
    { "local.host", NETDEV_OPT_STRING, "inet: own address; multicast: that of the"
      " interface" },
    { "local.port", NETDEV_OPT_STRING, "inet: own port" },
    { "local.ipv4", NETDEV_OPT_BOOL, "inet: IPv4 only" },
    { "local.ipv6", NETDEV_OPT_BOOL, "inet: IPv6 only" },
    { "local.path", NETDEV_OPT_STRING, "unix: own path" },
    { "local.str", NETDEV_OPT_STRING, "fd: an open datagram socket" },
    { "remote.type", NETDEV_OPT_STRING, "as local.type; with fd a multicast group only" },
    { "remote.host", NETDEV_OPT_STRING, "inet: the other side's address, or a group's" },
    { "remote.port", NETDEV_OPT_STRING, "inet: the other side's port" },
    { "remote.ipv4", NETDEV_OPT_BOOL, "inet: IPv4 only" },
    { "remote.ipv6", NETDEV_OPT_BOOL, "inet: IPv6 only" },
    { "remote.path", NETDEV_OPT_STRING, "unix: the other side's path" },
    { NULL }
};

const NetdevType net_dgram_type = {
    .name = "dgram",
    .options = dgram_options,
    .init = dgram_init,
};

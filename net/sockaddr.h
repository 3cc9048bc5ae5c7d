/*
 * Socket addresses as the network backends take them from their options.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_SOCKADDR_H
#define NET_SOCKADDR_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "net-internal.h"

typedef struct NetSockaddr {
    struct sockaddr_storage addr;
    socklen_t len;
} NetSockaddr;

/*
 * Resolve a host name or address (NULL or "": any) and a port or service name.
 * @family AF_UNSPEC takes what the resolver has first.
 */
bool net_sockaddr_inet(const char *host, const char *port, int family,
                       NetSockaddr *sa, Error **errp);
bool net_sockaddr_unix(const char *path, NetSockaddr *sa, Error **errp);
/* "[HOST]:PORT", "[IPV6]:PORT" or "unix:PATH". */
bool net_sockaddr_parse(const char *text, NetSockaddr *sa, Error **errp);
/* "127.0.0.1:80", "[::1]:80" or the path; the caller frees it. */
char *net_sockaddr_str(const NetSockaddr *sa);

/* A non-blocking socket of the address's family; -1 with an error. */
int net_socket_new(const NetSockaddr *sa, int type, Error **errp);
bool net_sockaddr_is_multicast(const NetSockaddr *sa);
/*
 * Bind to the IPv4 multicast @group and join it; others on this host hear what we
 * send, and so do we. @from, or NULL, is the address of the interface.
 */
bool net_socket_join(int fd, const NetSockaddr *group,
                     const struct in_addr *from, Error **errp);
/* Bind; a unix socket's file that nobody listens at is replaced. */
bool net_socket_bind(int fd, const NetSockaddr *sa, Error **errp);

/*
 * A descriptor given as number or by a name that getfd knows; from now on it does
 * not block and is not inherited. -1 with an error.
 */
int net_fd_from_arg(const char *text, const char *id, Error **errp);
/* It was of no use: a number stays its owner's, a named one is closed. */
void net_fd_give_back(const char *text, int fd);
/* net_fd_from_arg() for a socket; its type (SOCK_STREAM, …) goes to *type. */
int net_socket_from_arg(const char *text, const char *id, int *type,
                        Error **errp);
const char *net_socket_family_name(int fd);

#endif

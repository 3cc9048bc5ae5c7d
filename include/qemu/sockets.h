/*
 * Sockets: addresses from text, listening and connecting without surprises
 * (close-on-exec, IPv6 and IPv4), descriptors over unix sockets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_SOCKETS_H
#define QEMU_SOCKETS_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include "qapi/util.h"

typedef enum SocketAddressType {
    SOCKET_ADDRESS_TYPE_INET,
    SOCKET_ADDRESS_TYPE_UNIX,
    SOCKET_ADDRESS_TYPE_VSOCK,      /* named in schemas; not supported */
    SOCKET_ADDRESS_TYPE_FD,
    SOCKET_ADDRESS_TYPE__MAX
} SocketAddressType;

extern const QEnumLookup SocketAddressType_lookup;

typedef struct InetSocketAddress {
    char *host;                     /* "" or NULL: any (listen), local (connect) */
    char *port;                     /* number or service name */
    bool has_to;
    uint16_t to;                    /* try ports up to this one (listen) */
    bool has_ipv4, ipv4;
    bool has_ipv6, ipv6;
    bool has_keep_alive, keep_alive;
} InetSocketAddress;

typedef struct UnixSocketAddress {
    char *path;
    bool has_abstract, abstract;    /* in the abstract name space */
    bool has_tight, tight;          /* without NUL padding (default) */
} UnixSocketAddress;

typedef struct FdSocketAddress {
    char *str;                      /* a number, or a name given by getfd */
} FdSocketAddress;

typedef struct SocketAddress {
    SocketAddressType type;
    union {
        InetSocketAddress inet;
        UnixSocketAddress q_unix;
        FdSocketAddress fd;
    } u;
} SocketAddress;

void socket_address_free(SocketAddress *addr);
SocketAddress *socket_address_copy(const SocketAddress *addr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketAddress, socket_address_free)

/* "unix:PATH", "fd:N", "tcp:HOST:PORT" or "HOST:PORT"; [::1]:80 for IPv6. */
SocketAddress *socket_parse(const char *str, Error **errp);
/* "HOST:PORT[,to=N][,ipv4=on|off][,ipv6=on|off]" into *@addr (strings owned). */
int inet_parse(InetSocketAddress *addr, const char *str, Error **errp);
void inet_address_clear(InetSocketAddress *addr);
/* Text that socket_parse() reads back; of a socket's own or peer's name. */
char *socket_uri(const SocketAddress *addr);
SocketAddress *socket_local_address(int fd, Error **errp);
SocketAddress *socket_remote_address(int fd, Error **errp);
/* "A.B.C.D:PORT" (IPv6 in brackets, unix: the path); to be freed. */
char *socket_sockaddr_to_string(const struct sockaddr *sa, socklen_t salen);
/* Resolve for datagrams: 0 or -1. */
int parse_host_port(struct sockaddr_in *saddr, const char *str, Error **errp);

/* A listening (connected) stream socket, or -1 with an error. Blocking. */
int socket_listen(const SocketAddress *addr, int backlog, Error **errp);
int socket_connect(const SocketAddress *addr, Error **errp);
/* A datagram socket bound to @local, connected to @remote (each may be NULL). */
int socket_dgram(const SocketAddress *remote, const SocketAddress *local,
                 Error **errp);

/*
 * Connect without blocking, in the loop @ctx: @done is called there once with
 * fd >= 0, or with -1 and @err (the callee's). The name look-up itself blocks.
 * The result, until @done, can be cancelled. NULL with @errp if it failed at
 * once; @done is then not called.
 */
typedef struct SocketConnect SocketConnect;
typedef void SocketConnectDone(int fd, Error *err, void *opaque);
SocketConnect *socket_connect_async(AioContext *ctx, const SocketAddress *addr,
                                    SocketConnectDone *done, void *opaque,
                                    Error **errp);
void socket_connect_cancel(SocketConnect *c);

/* Short forms. */
int unix_listen(const char *path, Error **errp);
int unix_connect(const char *path, Error **errp);
/* The number of an inherited descriptor from its text; checks that it is open
 * (and, _socket, that it is one). -1 with an error. */
int fd_parse(const char *str, Error **errp);
int socket_fd_parse(const char *str, Error **errp);

/* socket(2), accept(2) with close-on-exec. */
int qemu_socket(int domain, int type, int protocol);
int qemu_accept(int s, struct sockaddr *addr, socklen_t *addrlen);
bool qemu_set_blocking(int fd, bool block, Error **errp);
/* The same ending the process if the descriptor is none. */
void qemu_socket_set_nonblock(int fd);
int qemu_socket_try_set_nonblock(int fd);
int socket_set_nodelay(int fd);
int socket_set_cork(int fd, int v);
int socket_set_fast_reuse(int fd);
/*
 * Does somebody listen, or receive datagrams, at this unix address? He sees a
 * connection that ends at once.
 */
bool unix_socket_is_served(const struct sockaddr *sa, socklen_t len);
bool fd_is_socket(int fd);

/*
 * sendmsg(2), recvmsg(2) with descriptors (SCM_RIGHTS). Received ones are
 * close-on-exec and in *@fds (g_malloc'd; *@nfds of them), which may be NULL if
 * none are wanted: they are then closed. Retry on EINTR. -errno on failure.
 */
#define SOCKET_MAX_FDS 16
ssize_t socket_send_fds(int sock, const struct iovec *iov, unsigned niov,
                        const int *fds, unsigned nfds);
ssize_t socket_recv_fds(int sock, struct iovec *iov, unsigned niov,
                        int **fds, unsigned *nfds);

#endif

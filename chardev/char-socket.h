/*
 * The state of a socket chardev, shared by its life (char-socket.c) and its
 * options (char-socket-opts.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_CHAR_SOCKET_H
#define CHARDEV_CHAR_SOCKET_H

#include "chardev-internal.h"
#include "char-telnet.h"
#include "qemu/aio.h"
#include "qemu/sockets.h"

typedef struct SocketChardev {
    Chardev parent;
    SocketAddress *addr;
    bool is_server, nodelay, telnet;
    TelnetState telnet_state;       /* of the input */
    int64_t reconnect_ms;           /* 0: no second attempt */
    bool warned;                    /* the user knows that connecting fails */

    int fd;                         /* the connection; under chr_write_lock */
    bool broken;                    /* writing failed; under chr_write_lock */
    ChrPump pump;

    int listen_fd;                  /* server; -1 for clients */
    AioContext *listen_ctx;         /* where it is watched, NULL: it is not */
    char *unlink_path;

    SocketConnect *connecting;      /* client with reconnect */
    QEMUTimer *retry;
    AioContext *retry_ctx;

    int *in_fds;                    /* came with the last bytes */
    unsigned in_fds_count;
    int out_fds[SOCKET_MAX_FDS];    /* go with the next; under the lock */
    unsigned out_fds_count;
} SocketChardev;

DECLARE_INSTANCE_CHECKER(SocketChardev, SOCKET_CHARDEV, TYPE_CHARDEV_SOCKET)

/* Command line to QMP form. */
void chr_socket_parse(QemuOpts *opts, json_object *data, Error **errp);
/* The address of the QMP form {"type": …, "data": {…}}; NULL with @errp. */
SocketAddress *chr_socket_address(json_object *legacy, Error **errp);
/* Take server=, wait=, … into @s; false if they contradict each other. */
bool chr_socket_check(SocketChardev *s, json_object *data, Error **errp);

#endif

/*
 * A net backend in another process: the part of it that has no packets. The
 * backend (net/vhost-user.c) owns the chardev, the queues' clients and whether the
 * link is up; a NIC that can hand over its rings asks it for the connection. What
 * is said over it is up to the floor above, which fills in NetVhostUserOps.
 *
 * All functions: main loop, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_VHOST_USER_H
#define NET_VHOST_USER_H

#include "net/net.h"
#include "chardev/char-fe.h"

/* One life of the socket, from the greeting to its end. */
typedef struct VhostUserConn VhostUserConn;

typedef struct NetVhostUserOps {
    /*
     * The peer of @chr is there: greet it, see that it has @pairs queue pairs.
     * NULL with an error; *@gone is set if that is because it went away. @id is
     * the backend's, for messages.
     */
    VhostUserConn *(*open)(CharFrontend *chr, const char *id, unsigned pairs,
                           bool *gone, Error **errp);
    /* The peer sent what nobody asked for. */
    void (*spoke)(VhostUserConn *conn);
    /* The chardev is closed: nothing can be asked any more. Then comes close(). */
    void (*lost)(VhostUserConn *conn);
    /* The NIC has let go already. */
    void (*close)(VhostUserConn *conn);
    /* What the peer offers: device features of VIRTIO, bits 0 to 63. */
    uint64_t (*features)(const VhostUserConn *conn);
    /* The guest is here now, with this address: let the network learn it. */
    void (*announce)(VhostUserConn *conn, const uint8_t mac[6]);
} NetVhostUserOps;

void net_vhost_user_set_ops(const NetVhostUserOps *ops);

/* Is @nc (may be NULL) a backend of this kind? */
bool net_is_vhost_user(const NetClientState *nc);
/* Its connection, or NULL while there is none. */
VhostUserConn *net_vhost_user_conn(NetClientState *nc);
/* What its peer offers, or offered when it was there last. */
uint64_t net_vhost_user_features(NetClientState *nc);
/*
 * The guest uses these features of the peer's: a later peer without them is
 * refused. 0 while no driver uses the device.
 */
void net_vhost_user_need_features(NetClientState *nc, uint64_t features);

#endif

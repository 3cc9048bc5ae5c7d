/*
 * A connection to a vhost-user peer: one function for each message. The peer is not
 * trusted, and no call waits for it longer than VHOST_USER_TIMEOUT_MS.
 *
 * The first call that fails, for whatever reason, ends the connection: it says why
 * on standard error, all later calls fail at once, and the chardev is closed a
 * little later from the main loop. Callers only ask whether it worked.
 *
 * Main loop, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VHOST_USER_H
#define HW_VIRTIO_VHOST_USER_H

#include "net/vhost-user.h"

#define VHOST_USER_TIMEOUT_MS   5000

/* A stretch of guest memory that the peer maps. */
typedef struct VhostRegion {
    uint64_t guest_addr;
    uint64_t bytes;
    void *host;
    int fd;
    uint64_t fd_offset;
} VhostRegion;

/* Everything that the peer must know of a ring. */
typedef struct VhostRing {
    unsigned index;
    unsigned num;
    uint32_t base;              /* as messages have it */
    void *desc, *avail, *used;  /* packed: ring, driver's and device's events */
    int kick_fd, call_fd;
} VhostRing;

bool vhost_user_alive(const VhostUserConn *conn);
/* Features and protocol features that both sides know. */
uint64_t vhost_user_features(const VhostUserConn *conn);
uint64_t vhost_user_protocol_features(const VhostUserConn *conn);
unsigned vhost_user_max_pairs(const VhostUserConn *conn);
/* What no message said but the answers showed: end the connection. */
void vhost_user_refuse(VhostUserConn *conn, const char *fmt, ...)
    G_PRINTF(2, 3);

/* The driver's features, of those that the peer offers; before any ring. */
bool vhost_user_set_features(VhostUserConn *conn, uint64_t features);
/* VIRTIO status bits, where the peer wants to know (F_STATUS). */
bool vhost_user_set_status(VhostUserConn *conn, uint8_t status);
/* At most VHOST_USER_MAX_REGIONS. */
bool vhost_user_set_memory(VhostUserConn *conn, const VhostRegion *regions,
                           unsigned count);
/* All of a ring, which is not enabled by that. */
bool vhost_user_set_ring(VhostUserConn *conn, const VhostRing *ring);
bool vhost_user_enable_ring(VhostUserConn *conn, unsigned index, bool enable);
/* The peer stops the ring and says how far it came. */
bool vhost_user_stop_ring(VhostUserConn *conn, unsigned index, uint32_t *base);
/* Where the peer can hear of it (F_NET_MTU). */
bool vhost_user_set_mtu(VhostUserConn *conn, uint16_t mtu);

#endif

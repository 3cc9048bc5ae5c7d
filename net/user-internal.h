/*
 * What the files of the user network share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_USER_INTERNAL_H
#define NET_USER_INTERNAL_H

#include <slirp/libslirp.h>
#include "net-internal.h"

typedef struct GuestFwd GuestFwd;
typedef struct UserFrags UserFrags;

typedef struct NetUserState {
    NetClientState nc;
    Slirp *slirp;
    MemReentrancyGuard guard;   /* held while libslirp works */
    struct UserPoll *poll;      /* user.c */
    UserFrags *frags;           /* user-frag.c */
    GSList *guest_fwds;         /* user-fwd.c */
    size_t fwd_bytes;           /* user-fwd.c: what chardevs have not taken yet */
    QLIST_ENTRY(struct NetUserState) next;
    uint8_t frame[];            /* NET_BUFSIZE: a frame in one piece for slirp */
} NetUserState;

/* Forward every hostfwd= and guestfwd= of @args; false with an error. */
bool net_user_forward(NetUserState *s, const NetdevArgs *args, Error **errp);
void net_user_forward_cleanup(NetUserState *s);
/*
 * Have the chardevs of guestfwd= so much to take that the guest has to wait? The
 * queue is flushed when that is over.
 */
bool net_user_forward_full(const NetUserState *s);

/* For datagrams of which some is missing. */
UserFrags *net_user_frags_new(void);
void net_user_frags_free(UserFrags *f);
/* Is this frame, of any size, a fragment of an IPv4 datagram? */
bool net_user_is_fragment(const uint8_t *frame, size_t size);
/*
 * One more fragment. When its datagram is whole now it is put into @whole as one
 * frame (at most NET_BUFSIZE; may be @frame) and its size returned, otherwise 0.
 */
size_t net_user_frags_add(UserFrags *f, const uint8_t *frame, size_t size,
                          uint8_t *whole);

/* The user network @id; with NULL the first. NULL with an error. */
NetUserState *net_user_find(const char *id, Error **errp);

/* Slirp has something new to wait for: look before the loop sleeps again. */
void net_user_changed(NetUserState *s);

#endif

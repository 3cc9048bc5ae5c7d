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

typedef struct NetUserState {
    NetClientState nc;
    Slirp *slirp;
    MemReentrancyGuard guard;   /* held while libslirp works */
    struct UserPoll *poll;      /* user.c */
    GSList *guest_fwds;         /* user-fwd.c */
    QLIST_ENTRY(struct NetUserState) next;
    uint8_t frame[];            /* NET_BUFSIZE: a frame in one piece for slirp */
} NetUserState;

/* Forward every hostfwd= and guestfwd= of @args; false with an error. */
bool net_user_forward(NetUserState *s, const NetdevArgs *args, Error **errp);
void net_user_forward_cleanup(NetUserState *s);

/* The user network @id; with NULL the first. NULL with an error. */
NetUserState *net_user_find(const char *id, Error **errp);

/* Slirp has something new to wait for: look before the loop sleeps again. */
void net_user_changed(NetUserState *s);

#endif

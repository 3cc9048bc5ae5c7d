/*
 * Telling the network where NICs are now: announce-self, and after a migration.
 * Switches learn an address from frames that come from it, so each NIC sends one,
 * a few times, since frames get lost.
 *
 * All functions are called in the main loop with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_ANNOUNCE_H
#define NET_ANNOUNCE_H

#include "net/net.h"

/* Milliseconds of host time. */
typedef struct NetAnnounceTimes {
    int64_t initial_ms;         /* between the first announcement and the second */
    int64_t max_ms;             /* the longest pause */
    int64_t rounds;             /* how often in all; 0: stop announcing */
    int64_t step_ms;            /* by so much each pause is longer than the last */
} NetAnnounceTimes;

#define NET_ANNOUNCE_MS_MAX     100000
#define NET_ANNOUNCE_STEP_MAX   10000
#define NET_ANNOUNCE_ROUNDS_MAX 1000

/*
 * The times that announce_self and net_announce_start_default() use; migration
 * parameters (announce-initial and so on) change them. All in range.
 */
extern NetAnnounceTimes net_announce_default_times;

/* Are all four in range? False with an error that names the first that is not. */
bool net_announce_check(const NetAnnounceTimes *times, Error **errp);

/*
 * Announce now, and again as @times say. @interfaces: names of NICs, ending with
 * NULL, or NULL for all; @id names the series: one with the same id (NULL is one
 * too) ends, and with rounds 0 nothing takes its place. False with an error, and
 * nothing changed, if the times are out of range or a name is not a NIC's.
 */
bool net_announce_start(const NetAnnounceTimes *times,
                        const char *const *interfaces, const char *id,
                        Error **errp);

/*
 * All NICs, at the default times: for who took over a running guest (incoming
 * migration), once its devices have their state and the machine runs.
 */
void net_announce_start_default(void);

/* Ends all series; for the end of the process. */
void net_announce_cleanup(void);

/*
 * What NICs without an announce() of their own do, and those with one may use:
 * send a RARP request from @mac to all, from queue 0, as a frame of the NIC.
 */
void net_announce_rarp(NetClientState *nc, const uint8_t mac[6]);

#endif

/*
 * What the files of the tap backend share: the kernel's side of a tap
 * (tap-linux.c) and the programs that go with one (tap-script.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_TAP_INTERNAL_H
#define NET_TAP_INTERNAL_H

#include <net/if.h>
#include "net-internal.h"

/* What the kernel said about a tap. */
typedef struct TapCaps {
    bool vnet_hdr;              /* a struct virtio_net_hdr before each frame */
    bool ufo, uso;              /* those segments can be asked for */
    char ifname[IFNAMSIZ];
} TapCaps;

/*
 * A queue of the interface @ifname, which may be empty: its name is filled in.
 * A descriptor that does not block, or -1 with an error.
 */
int tap_open(char ifname[IFNAMSIZ], bool vnet_hdr, bool multi_queue,
             Error **errp);
/* Ask the kernel what @fd can do. False with an error if it is no tap. */
bool tap_probe(int fd, TapCaps *caps, Error **errp);
/* The length of the header; 10 or more. Of the whole interface. */
bool tap_set_header(int fd, int bytes);
/* Which requests the kernel may leave to the reader. Of the whole interface. */
void tap_set_requests(int fd, const NetOffloads *offloads);
/* Do packets go to this queue? */
bool tap_attach_queue(int fd, bool on);
bool tap_set_sndbuf(int fd, uint64_t bytes, Error **errp);

/* Run @script with @ifname as its only argument, to its end. */
bool tap_run_script(const char *script, const char *ifname, Error **errp);
/*
 * The descriptor of a tap in the bridge @bridge that @helper opens for us, or -1.
 * A @helper with blanks is a shell command. NULL: the usual one.
 */
int tap_run_helper(const char *helper, const char *bridge, Error **errp);

#endif

/*
 * What the files of the tap backend share: its state (tap.c), receiving (tap-rx.c),
 * the kernel's side of a tap (tap-linux.c) and the programs that go with one
 * (tap-script.c).
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

/* The kernel's IOV_MAX. */
#define TAP_IOV_MAX     1024

typedef struct NetTap NetTap;

/* The interface, which all its queues share. */
typedef struct TapDevice {
    unsigned refs;
    TapCaps caps;
    int hdr_bytes;              /* what the kernel puts before frames, or 0 */
    char *down_script;          /* to be run once, before the first queue goes */
    GPtrArray *queues;          /* of NetTap */
} TapDevice;

struct NetTap {
    NetClientState nc;
    TapDevice *dev;
    int fd;
    bool enabled;               /* attached; the others are out of use */
    bool gone;                  /* somebody deleted the interface */
    bool want_read, want_write;
    struct TapRx *rx;           /* tap-rx.c; made when the first frame comes */
};

static inline NetTap *tap_of(NetClientState *nc)
{
    return container_of(nc, NetTap, nc);
}

/* What of the descriptor the loop waits for. */
void tap_want(NetTap *s, bool read, bool write);

/* tap-rx.c */
void tap_readable(void *opaque);
/* What was read under other rules is not for the guest any more. */
void tap_forget(NetTap *s);
void tap_rx_free(NetTap *s);

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

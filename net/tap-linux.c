/*
 * The kernel's side of a tap: opening /dev/net/tun and the ioctls on it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include "qapi/error.h"
#include "tap-internal.h"

#define TUN_DEVICE "/dev/net/tun"

/* Newer than the headers of Linux 6.1. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static const char *open_hint(int err)
{
    return err == ENOENT ? "; load the module tun, or pass fd=" :
                           "; run as root, or pass fd=";
}

int tap_open(char ifname[IFNAMSIZ], bool vnet_hdr, bool multi_queue,
             Error **errp)
{
    struct ifreq ifr = {
        .ifr_flags = IFF_TAP | IFF_NO_PI | (vnet_hdr ? IFF_VNET_HDR : 0) |
                     (multi_queue ? IFF_MULTI_QUEUE : 0),
    };
    int fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int err;

    if (fd < 0) {
        err = errno;
        error_setg(errp, "net: tap: cannot open " TUN_DEVICE ": %s%s",
                   strerror(err), open_hint(err));
        return -1;
    }
    memcpy(ifr.ifr_name, ifname, IFNAMSIZ);
    if (ioctl(fd, TUNSETIFF, &ifr) == 0) {
        memcpy(ifname, ifr.ifr_name, IFNAMSIZ);
        return fd;
    }
    err = errno;
    close(fd);
    error_setg(errp, "net: tap: cannot make interface %s: %s%s",
               ifname[0] ? ifname : "tap%d", strerror(err),
               err == EPERM ? open_hint(err) :
               err == EBUSY ? "; another program uses it" :
               err == E2BIG ? "; the kernel has fewer queues" :
               err == EINVAL ? "; it exists and is of another kind, or was made"
               " with another vnet_hdr or number of queues" : "");
    return -1;
}

bool tap_probe(int fd, TapCaps *caps, Error **errp)
{
    struct ifreq ifr = { 0 };

    *caps = (TapCaps) { 0 };
    if (ioctl(fd, TUNGETIFF, &ifr) < 0) {
        error_setg(errp, "net: tap: file descriptor %d is not a tap: %s", fd,
                   strerror(errno));
        return false;
    }
    if (!(ifr.ifr_flags & IFF_TAP) || !(ifr.ifr_flags & IFF_NO_PI)) {
        error_setg(errp, "net: tap: file descriptor %d (%s) was opened with"
                   " other flags than IFF_TAP and IFF_NO_PI", fd, ifr.ifr_name);
        return false;
    }
    memcpy(caps->ifname, ifr.ifr_name, IFNAMSIZ);
    caps->vnet_hdr = ifr.ifr_flags & IFF_VNET_HDR;
    if (caps->vnet_hdr) {
        caps->ufo = ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_UFO) == 0;
        caps->uso = ioctl(fd, TUNSETOFFLOAD,
                          TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6) == 0;
    }
    /* Until somebody asks for more. Not all relatives of tap know it. */
    ioctl(fd, TUNSETOFFLOAD, 0);
    return true;
}

bool tap_set_header(int fd, int bytes)
{
    return ioctl(fd, TUNSETVNETHDRSZ, &bytes) == 0;
}

void tap_set_requests(int fd, const NetOffloads *o)
{
    unsigned segments = 0;

    if (!o->csum) {
        ioctl(fd, TUNSETOFFLOAD, 0);
        return;
    }
    segments |= o->tso4 ? TUN_F_TSO4 : 0;
    segments |= o->tso6 ? TUN_F_TSO6 : 0;
    segments |= (o->tso4 || o->tso6) && o->ecn ? TUN_F_TSO_ECN : 0;
    segments |= o->ufo ? TUN_F_UFO : 0;
    /* The kernel takes both or none of these. */
    segments |= o->uso4 && o->uso6 ? TUN_F_USO4 | TUN_F_USO6 : 0;
    if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | segments) < 0) {
        segments &= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
        ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | segments);
    }
}

bool tap_attach_queue(int fd, bool on)
{
    struct ifreq ifr = {
        .ifr_flags = on ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE,
    };

    return ioctl(fd, TUNSETQUEUE, &ifr) == 0;
}

bool tap_set_sndbuf(int fd, uint64_t bytes, Error **errp)
{
    int most = bytes == 0 || bytes > INT_MAX ? INT_MAX : bytes;

    if (ioctl(fd, TUNSETSNDBUF, &most) < 0) {
        error_setg_errno(errp, errno, "net: tap: cannot set sndbuf=%" PRIu64,
                         bytes);
        return false;
    }
    return true;
}

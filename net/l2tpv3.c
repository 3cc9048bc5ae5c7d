/*
 * -netdev l2tpv3: Ethernet pseudowires of RFC 3931 (and RFC 4719) over UDP or straight
 * over IP, without control connections: addresses, sessions and cookies are given to
 * both sides by hand. Here are the options and the header; moving the frames is
 * dgram-link.c's work.
 *
 * In front of a frame stand, in this order:
 *
 *   over UDP (4.1.2.1)   16 bits  T = 0 (data), Ver = 3; 16 bits reserved
 *   4.1.1.1, 4.1.2.1     32 bits  session, as the side that receives knows it
 *                        0, 32 or 64 bits of cookie, likewise
 *   counter=on           32 bits  default L2-specific sublayer (4.6): S and number
 *   offset=N             N bytes that mean nothing
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <netinet/in.h>
#include <netinet/ip.h>
#include "qemu/bswap.h"
#include "qapi/error.h"
#include "dgram-link.h"

#ifndef IPPROTO_L2TP
#define IPPROTO_L2TP        115
#endif

#define L2TP_CONTROL        0x8000      /* T */
#define L2TP_VERSION_MASK   0x000f
#define L2TP_VERSION        3
#define SUBLAYER_SEQUENCED  0x40000000  /* S */
#define SUBLAYER_NUMBER     0x00ffffff
#define OFFSET_MAX          255

/* What both sides agreed on. */
typedef struct L2tpv3Wire {
    bool udp, ipv4_header;      /* what stands before the session on receive */
    bool counter, pincounter;
    unsigned cookie_bytes;      /* 0, 4 or 8 */
    unsigned offset;
    uint32_t tx_session, rx_session;
    uint64_t tx_cookie, rx_cookie;
} L2tpv3Wire;

typedef struct NetL2tpv3 {
    DgramClient client;
    DgramEnvelope envelope;
    L2tpv3Wire wire;
} NetL2tpv3;

static const L2tpv3Wire *wire_of(DgramLink *link)
{
    return &container_of(link, NetL2tpv3, client.link)->wire;
}

static void put_cookie(uint8_t *at, uint64_t cookie, unsigned bytes)
{
    if (bytes == 8) {
        stq_be_p(at, cookie);
    } else if (bytes == 4) {
        stl_be_p(at, cookie);
    }
}

static void l2tpv3_write(DgramLink *link, uint8_t *head, uint32_t number)
{
    const L2tpv3Wire *w = wire_of(link);

    if (w->udp) {
        stl_be_p(head, L2TP_VERSION << 16);
        head += 4;
    }
    stl_be_p(head, w->tx_session);
    head += 4;
    put_cookie(head, w->tx_cookie, w->cookie_bytes);
    head += w->cookie_bytes;
    if (w->counter) {
        /* S = 0 says that the number is none (4.6). */
        stl_be_p(head, w->pincounter ? 0 :
                       SUBLAYER_SEQUENCED | (number & SUBLAYER_NUMBER));
        head += 4;
    }
    memset(head, 0, w->offset);
}

/*
 * Numbers are not looked at: a frame that comes late or twice is the guest's to judge,
 * as on any network, and the other side may begin anew at any moment.
 */
static bool l2tpv3_check(DgramLink *link, const uint8_t *head)
{
    const L2tpv3Wire *w = wire_of(link);
    uint8_t cookie[8];

    if (w->ipv4_header) {
        /* Behind IP options everything would lie elsewhere; nobody sends any. */
        if (head[0] != (4 << 4 | sizeof(struct iphdr) / 4)) {
            return false;
        }
        head += sizeof(struct iphdr);
    }
    if (w->udp) {
        uint16_t flags = lduw_be_p(head);

        if ((flags & L2TP_CONTROL) ||
            (flags & L2TP_VERSION_MASK) != L2TP_VERSION) {
            return false;
        }
        head += 4;
    }
    put_cookie(cookie, w->rx_cookie, w->cookie_bytes);
    return ldl_be_p(head) == w->rx_session &&
           memcmp(head + 4, cookie, w->cookie_bytes) == 0;
}

static unsigned l2tpv3_receive_burst(NetClientState *nc,
                                     const NetPacket *packets, unsigned count)
{
    return dgram_link_send(&container_of(nc, DgramClient, nc)->link, packets,
                           count);
}

static void l2tpv3_cleanup(NetClientState *nc)
{
    dgram_link_stop(&container_of(nc, DgramClient, nc)->link);
}

static const NetClientInfo l2tpv3_info = {
    .type = NET_CLIENT_DRIVER_L2TPV3,
    .size = sizeof(NetL2tpv3),
    .receive_burst = l2tpv3_receive_burst,
    .cleanup = l2tpv3_cleanup,
    .set_aio_context = dgram_set_aio_context,
};

/* --- options --- */

/* The number of option @key, @least if it is not given; up to @most. */
static bool take_number(const NetdevArgs *args, const char *key, uint64_t least,
                        uint64_t most, uint64_t *number, Error **errp)
{
    *number = netdev_arg_number(args, key, least);
    if (*number < least || *number > most) {
        error_setg(errp, "l2tpv3: %s=%s is out of range: expected %" PRIu64
                   " to %" PRIu64 "%s", key, netdev_arg(args, key), least, most,
                   g_str_has_suffix(key, "cookie") ? ", with cookie64=on more" :
                   "");
        return false;
    }
    return true;
}

/* Session 0 is that of control messages (4.1). */
static bool take_sessions(const NetdevArgs *args, L2tpv3Wire *w, Error **errp)
{
    uint64_t tx, rx;

    if (!netdev_arg(args, "txsession")) {
        error_setg(errp, "Parameter 'txsession' is missing");
        return false;
    }
    if (!take_number(args, "txsession", 1, UINT32_MAX, &tx, errp) ||
        !take_number(args, "rxsession", 1, UINT32_MAX, &rx, errp)) {
        return false;
    }
    w->tx_session = tx;
    w->rx_session = netdev_arg(args, "rxsession") ? rx : tx;
    return true;
}

static bool take_cookies(const NetdevArgs *args, L2tpv3Wire *w, Error **errp)
{
    bool is_long = netdev_arg_bool(args, "cookie64", false);
    uint64_t most = is_long ? UINT64_MAX : UINT32_MAX;
    bool tx = netdev_arg(args, "txcookie"), rx = netdev_arg(args, "rxcookie");

    if (tx != rx || (is_long && !tx)) {
        error_setg(errp, "l2tpv3: %s expected both rxcookie= and txcookie=%s",
                   is_long ? "cookie64=on:" : tx ? "txcookie= alone:" :
                                                   "rxcookie= alone:",
                   is_long ? "" : ", or neither");
        return false;
    }
    w->cookie_bytes = !tx ? 0 : is_long ? 8 : 4;
    return take_number(args, "txcookie", 0, most, &w->tx_cookie, errp) &&
           take_number(args, "rxcookie", 0, most, &w->rx_cookie, errp);
}

static bool take_header(const NetdevArgs *args, L2tpv3Wire *w, Error **errp)
{
    uint64_t offset;

    w->udp = netdev_arg_bool(args, "udp", false);
    w->counter = netdev_arg_bool(args, "counter", false);
    w->pincounter = netdev_arg_bool(args, "pincounter", false);
    if (w->pincounter && !w->counter) {
        error_setg(errp, "l2tpv3: pincounter=on needs counter=on");
        return false;
    }
    if (!take_sessions(args, w, errp) || !take_cookies(args, w, errp) ||
        !take_number(args, "offset", 0, OFFSET_MAX, &offset, errp)) {
        return false;
    }
    w->offset = offset;
    return true;
}

/* One end: @host at its port; straight over IP there is none. */
static bool take_end(const NetdevArgs *args, const char *host_key,
                     const char *port_key, bool udp, NetSockaddr *sa,
                     Error **errp)
{
    ERRP_GUARD();
    const char *host = netdev_arg(args, host_key);
    const char *port = netdev_arg(args, port_key);
    int family = netdev_arg_bool(args, "ipv6", false) ? AF_INET6 : AF_INET;

    if (!host || host[0] == '\0') {
        error_setg(errp, "Parameter '%s' is missing", host_key);
        return false;
    }
    if (udp && !port) {
        error_setg(errp, "need both src and dst port for udp: %s= is missing",
                   port_key);
        return false;
    }
    if (!udp && port) {
        error_setg(errp, "l2tpv3: %s= is only valid with udp=on", port_key);
        return false;
    }
    if (!net_sockaddr_inet(host, port ? port : "0", family, sa, errp)) {
        error_prepend(errp, "l2tpv3: %s=%s: ", host_key, host);
        return false;
    }
    return true;
}

/* A socket at @here; -1 with an error. */
static int open_socket(const NetSockaddr *here, bool udp, Error **errp)
{
    int fd = socket(here->addr.ss_family,
                    (udp ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    udp ? IPPROTO_UDP : IPPROTO_L2TP);

    if (fd < 0) {
        error_setg(errp, "l2tpv3: cannot open a socket for %s: %s%s",
                   udp ? "UDP" : "IP protocol 115", strerror(errno),
                   !udp && errno == EPERM ? "; run as root, or use udp=on" : "");
        return -1;
    }
    if (!net_socket_bind(fd, here, errp)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void set_envelope(NetL2tpv3 *s)
{
    const L2tpv3Wire *w = &s->wire;
    size_t bytes = (w->udp ? 8 : 4) + w->cookie_bytes + (w->counter ? 4 : 0) +
                   w->offset;

    s->envelope = (DgramEnvelope) {
        .sent_bytes = bytes,
        .received_bytes = bytes + (w->ipv4_header ? sizeof(struct iphdr) : 0),
        .write = l2tpv3_write,
        .check = l2tpv3_check,
    };
    s->client.link.envelope = &s->envelope;
}

static bool l2tpv3_init(const NetdevArgs *args, const char *id,
                        NetClientState *peer, Error **errp)
{
    L2tpv3Wire wire = { 0 };
    NetSockaddr here, there;
    NetClientState *nc;
    NetL2tpv3 *s;
    int fd;

    if (!take_header(args, &wire, errp) ||
        !take_end(args, "src", "srcport", wire.udp, &here, errp) ||
        !take_end(args, "dst", "dstport", wire.udp, &there, errp)) {
        return false;
    }
    /* A raw socket shows the header of IPv4, not that of IPv6: raw(7), ipv6(7). */
    wire.ipv4_header = !wire.udp && here.addr.ss_family == AF_INET;
    fd = open_socket(&here, wire.udp, errp);
    if (fd < 0) {
        return false;
    }
    nc = qemu_new_net_client(&l2tpv3_info, peer, "l2tpv3", id);
    s = container_of(nc, NetL2tpv3, client.nc);
    s->wire = wire;
    set_envelope(s);
    dgram_link_start(&s->client.link, nc, fd, &there);
    qemu_set_info_str(nc, "l2tpv3: connected");
    return true;
}

static const NetdevOption l2tpv3_options[] = {
    { "src", NETDEV_OPT_STRING, "own address" },
    { "dst", NETDEV_OPT_STRING, "the other side's address" },
    { "srcport", NETDEV_OPT_STRING, "udp: own port" },
    { "dstport", NETDEV_OPT_STRING, "udp: the other side's port" },
    { "ipv6", NETDEV_OPT_BOOL, "src and dst are of IPv6 (default off)" },
    { "udp", NETDEV_OPT_BOOL, "in UDP; off: straight in IP, for root" },
    { "cookie64", NETDEV_OPT_BOOL, "cookies of 64 bits, not 32" },
    { "counter", NETDEV_OPT_BOOL, "with the L2-specific sublayer" },
    { "pincounter", NETDEV_OPT_BOOL, "which says that frames have no number" },
    { "txcookie", NETDEV_OPT_NUMBER, "cookie of what is sent" },
    { "rxcookie", NETDEV_OPT_NUMBER, "cookie that is expected" },
    { "txsession", NETDEV_OPT_NUMBER, "session of what is sent" },
    { "rxsession", NETDEV_OPT_NUMBER, "session that is expected (txsession)" },
    { "offset", NETDEV_OPT_NUMBER, "unused bytes behind the header (0)" },
    { NULL }
};

const NetdevType net_l2tpv3_type = {
    .name = "l2tpv3",
    .options = l2tpv3_options,
    .init = l2tpv3_init,
};

/*
 * The user network: the guest's frames end in libslirp, which speaks to the host
 * through ordinary sockets. This file joins libslirp to a net client and to an
 * event loop, and reads the network's layout from the options; forwarded ports
 * are in user-fwd.c, fragments in user-frag.c.
 *
 * libslirp wants to be asked before every sleep what to wait for. Its sockets
 * stand in an epoll set of their own that is one descriptor for the event loop;
 * the set is brought up to date by a bottom half after anything that may have
 * changed it, and costs nothing while nothing happens.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/epoll.h>
#include "qemu/aio.h"
#include "qemu/cutils.h"
#include "qemu/iov.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "net/eth.h"
#include "user-internal.h"

typedef struct UserPollEntry {
    int fd;
    int events;                 /* SLIRP_POLL_*, as asked last */
    int revents;
} UserPollEntry;

struct UserPoll {
    int epoll_fd;
    QEMUBH *bh;
    QEMUTimer *timer;
    GArray *wanted;             /* of UserPollEntry, in the order slirp asks */
    GArray *registered;         /* of uint32_t: by fd, the epoll events set */
};

static QLIST_HEAD(, struct NetUserState) user_stacks =
    QLIST_HEAD_INITIALIZER(user_stacks);

/* --- what slirp waits for --- */

static uint32_t epoll_from_slirp(int events)
{
    return (events & SLIRP_POLL_IN ? EPOLLIN : 0) |
           (events & SLIRP_POLL_OUT ? EPOLLOUT : 0) |
           (events & SLIRP_POLL_PRI ? EPOLLPRI : 0);
}

static int slirp_from_epoll(uint32_t events)
{
    return (events & EPOLLIN ? SLIRP_POLL_IN : 0) |
           (events & EPOLLOUT ? SLIRP_POLL_OUT : 0) |
           (events & EPOLLPRI ? SLIRP_POLL_PRI : 0) |
           (events & EPOLLERR ? SLIRP_POLL_ERR : 0) |
           (events & EPOLLHUP ? SLIRP_POLL_HUP : 0);
}

static int user_add_poll(int fd, int events, void *opaque)
{
    struct UserPoll *poll = opaque;
    UserPollEntry entry = { .fd = fd, .events = events };

    g_array_append_val(poll->wanted, entry);
    return poll->wanted->len - 1;
}

static int user_get_revents(int idx, void *opaque)
{
    struct UserPoll *poll = opaque;

    if (idx < 0 || idx >= poll->wanted->len) {
        return 0;
    }
    return g_array_index(poll->wanted, UserPollEntry, idx).revents;
}

static void user_set_events(struct UserPoll *poll, int fd, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.fd = fd };
    uint32_t *registered;

    if (fd >= poll->registered->len) {
        g_array_set_size(poll->registered, fd + 1);
    }
    registered = &g_array_index(poll->registered, uint32_t, fd);
    if (*registered == events) {
        return;
    }
    if (events == 0) {
        epoll_ctl(poll->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    } else if (epoll_ctl(poll->epoll_fd, EPOLL_CTL_MOD, fd, &ev) < 0) {
        epoll_ctl(poll->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
    }
    *registered = events;
}

/* Bring the epoll set to what slirp wants to wait for now. */
static void user_update(NetUserState *s)
{
    struct UserPoll *poll = s->poll;
    g_autofree bool *seen = NULL;
    uint32_t timeout_ms = UINT32_MAX;
    unsigned fds;

    g_array_set_size(poll->wanted, 0);
    slirp_pollfds_fill(s->slirp, &timeout_ms, user_add_poll, poll);
    fds = poll->registered->len;
    seen = g_new0(bool, MAX(fds, 1));
    for (unsigned i = 0; i < poll->wanted->len; i++) {
        UserPollEntry *e = &g_array_index(poll->wanted, UserPollEntry, i);

        user_set_events(poll, e->fd, epoll_from_slirp(e->events));
        if (e->fd < fds) {
            seen[e->fd] = true;
        }
    }
    for (unsigned fd = 0; fd < fds; fd++) {
        if (!seen[fd]) {
            user_set_events(poll, fd, 0);
        }
    }
    if (timeout_ms == UINT32_MAX) {
        timer_del(poll->timer);
    } else {
        timer_mod(poll->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                               timeout_ms);
    }
}

static void user_update_bh(void *opaque)
{
    user_update(opaque);
}

void net_user_changed(NetUserState *s)
{
    if (s->poll && s->poll->bh) {
        qemu_bh_schedule(s->poll->bh);
    }
}

/*
 * Something is ready, or a time has come: let slirp work. It walks along lists of
 * its connections and sends while it does; an answer that came in at once could end
 * the connection under its feet. So the guard is held, here and wherever else slirp
 * is called, and the net queue keeps the answer until a bottom half.
 */
static void user_work(void *opaque)
{
    NetUserState *s = opaque;
    struct UserPoll *poll = s->poll;
    struct epoll_event ready[64];
    MemReentrancyFrame frame;
    int count;

    count = epoll_wait(poll->epoll_fd, ready, ARRAY_SIZE(ready), 0);
    for (unsigned i = 0; i < poll->wanted->len; i++) {
        g_array_index(poll->wanted, UserPollEntry, i).revents = 0;
    }
    for (int n = 0; n < count; n++) {
        for (unsigned i = 0; i < poll->wanted->len; i++) {
            UserPollEntry *e = &g_array_index(poll->wanted, UserPollEntry, i);

            if (e->fd == ready[n].data.fd) {
                e->revents = slirp_from_epoll(ready[n].events);
            }
        }
    }
    if (mem_reentrancy_enter(&frame, &s->guard)) {
        slirp_pollfds_poll(s->slirp, 0, user_get_revents, poll);
        mem_reentrancy_leave(&frame);
    }
    net_user_changed(s);
}

/* --- what slirp asks of us --- */

static ssize_t user_send_packet(const void *frame, size_t size, void *opaque)
{
    NetUserState *s = opaque;
    uint8_t padded[ETH_ZLEN];

    if (size < ETH_ZLEN) {
        memcpy(padded, frame, size);
        memset(padded + size, 0, sizeof(padded) - size);
        frame = padded;
        size = sizeof(padded);
    }
    qemu_send_packet(&s->nc, frame, size);
    return size;
}

static void user_guest_error(const char *msg, void *opaque)
{
    qemu_log_mask(LOG_GUEST_ERROR, "user network: %s\n", msg);
}

static int64_t user_clock_get_ns(void *opaque)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

typedef struct UserTimer {
    NetUserState *s;
    QEMUTimer *timer;
    SlirpTimerId id;
    void *cb_opaque;
} UserTimer;

static void user_timer_expired(void *opaque)
{
    UserTimer *t = opaque;
    MemReentrancyFrame frame;

    if (mem_reentrancy_enter(&frame, &t->s->guard)) {
        slirp_handle_timer(t->s->slirp, t->id, t->cb_opaque);
        mem_reentrancy_leave(&frame);
    }
    net_user_changed(t->s);
}

static void *user_timer_new(SlirpTimerId id, void *cb_opaque, void *opaque)
{
    UserTimer *t = g_new0(UserTimer, 1);

    t->s = opaque;
    t->id = id;
    t->cb_opaque = cb_opaque;
    t->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, user_timer_expired, t);
    return t;
}

static void user_timer_free(void *timer, void *opaque)
{
    UserTimer *t = timer;

    timer_free(t->timer);
    g_free(t);
}

static void user_timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    UserTimer *t = timer;

    timer_mod(t->timer, expire_ms);
}

static void user_register_fd(int fd, void *opaque)
{
    net_user_changed(opaque);
}

/*
 * The descriptor is about to be closed, and its number may come again before the
 * set is looked at: what is known of it must go now.
 */
static void user_unregister_fd(int fd, void *opaque)
{
    NetUserState *s = opaque;

    if (s->poll && fd < s->poll->registered->len) {
        user_set_events(s->poll, fd, 0);
        net_user_changed(s);
    }
}

static void user_notify(void *opaque)
{
    net_user_changed(opaque);
}

static const SlirpCb user_callbacks = {
    .send_packet = user_send_packet,
    .guest_error = user_guest_error,
    .clock_get_ns = user_clock_get_ns,
    .timer_new_opaque = user_timer_new,
    .timer_free = user_timer_free,
    .timer_mod = user_timer_mod,
    .register_poll_fd = user_register_fd,
    .unregister_poll_fd = user_unregister_fd,
    .notify = user_notify,
};

/* --- the net client --- */

static void user_input(NetUserState *s, const uint8_t *frame, size_t size)
{
    if (net_user_is_fragment(frame, size)) {
        size = net_user_frags_add(s->frags, frame, size, s->frame);
        frame = s->frame;
    }
    if (size) {
        slirp_input(s->slirp, frame, size);
    }
}

/*
 * The guest's frames, of any size and in any pieces. slirp wants one piece, and
 * what it gets is no larger than the room for that.
 */
static unsigned user_receive_burst(NetClientState *nc, const NetPacket *packets,
                                   unsigned count)
{
    NetUserState *s = container_of(nc, NetUserState, nc);
    unsigned i;

    for (i = 0; i < count && !net_user_forward_full(s); i++) {
        const NetPacket *p = &packets[i];

        if (p->size > NET_BUFSIZE) {
            continue;
        }
        if (p->iovcnt == 1) {
            user_input(s, p->iov[0].iov_base, p->size);
        } else {
            iov_to_buf(p->iov, p->iovcnt, 0, s->frame, p->size);
            user_input(s, s->frame, p->size);
        }
    }
    net_user_changed(s);
    return i;
}

/* ---- state ---- */

/* Leases and what guestfwd= has under way; sockets of the host end with us. */
#define STATE_BYTES_MAX (1 << 20)

static ssize_t state_write(const void *buf, size_t len, void *opaque)
{
    g_byte_array_append(opaque, buf, len);
    return len;
}

static int user_state_put(QEMUFile *f, void *pv, size_t size,
                          const VMStateField *field)
{
    NetUserState *s = pv;
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    slirp_state_save(s->slirp, state_write, bytes);
    if (bytes->len > STATE_BYTES_MAX) {
        return -EFBIG;
    }
    qemu_put_be32(f, slirp_state_version());
    qemu_put_be32(f, bytes->len);
    qemu_put_buffer(f, bytes->data, bytes->len);
    return 0;
}

typedef struct StateBytes {
    const uint8_t *at;
    size_t left;
    bool too_short;
} StateBytes;

/* The library expects what it asks for: what is not there reads as zeros. */
static ssize_t state_read(void *buf, size_t len, void *opaque)
{
    StateBytes *in = opaque;
    size_t there = MIN(len, in->left);

    memcpy(buf, in->at, there);
    memset((uint8_t *)buf + there, 0, len - there);
    in->at += there;
    in->left -= there;
    in->too_short |= there < len;
    return len;
}

static int user_state_get(QEMUFile *f, void *pv, size_t size,
                          const VMStateField *field)
{
    NetUserState *s = pv;
    uint32_t version = qemu_get_be32(f);
    uint32_t length = qemu_get_be32(f);
    g_autofree uint8_t *bytes = NULL;
    StateBytes in;

    if (version > INT_MAX || (int)version > slirp_state_version() ||
        length > STATE_BYTES_MAX) {
        return -EINVAL;
    }
    bytes = g_malloc(length);
    if (qemu_get_buffer(f, bytes, length) != length) {
        return -EINVAL;
    }
    in = (StateBytes) { .at = bytes, .left = length };
    return slirp_state_load(s->slirp, version, state_read, &in) < 0 ||
           in.left || in.too_short ? -EINVAL : 0;
}

static const VMStateInfo user_state_info = {
    .name = "slirp", .get = user_state_get, .put = user_state_put,
};

static const VMStateDescription vmstate_user = {
    .name = "slirp",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        {
            .name = "state", .info = &user_state_info, .flags = VMS_SINGLE,
            .size = sizeof(NetUserState),
        },
        VMSTATE_END_OF_LIST()
    },
};

static void user_cleanup(NetClientState *nc)
{
    NetUserState *s = container_of(nc, NetUserState, nc);
    struct UserPoll *poll = s->poll;

    QLIST_REMOVE(s, next);
    net_user_forward_cleanup(s);
    vmstate_unregister(NULL, &vmstate_user, s);
    if (s->slirp) {
        slirp_cleanup(s->slirp);
    }
    net_user_frags_free(s->frags);
    aio_set_fd_handler(nc->ctx, poll->epoll_fd, NULL, NULL, NULL, NULL, NULL);
    close(poll->epoll_fd);
    qemu_bh_delete(poll->bh);
    timer_free(poll->timer);
    g_array_unref(poll->wanted);
    g_array_unref(poll->registered);
    g_free(poll);
}

static const NetClientInfo user_info = {
    .type = NET_CLIENT_DRIVER_USER,
    .size = sizeof(NetUserState) + NET_BUFSIZE,
    .receive_burst = user_receive_burst,
    .cleanup = user_cleanup,
};

/* --- options --- */

static const NetdevOption user_options[] = {
    { "restrict", NETDEV_OPT_BOOL, "the guest reaches only forwarded ports" },
    { "ipv4", NETDEV_OPT_BOOL, "serve IPv4 (default on)" },
    { "net", NETDEV_OPT_STRING, "guest network, ADDR[/MASK] (10.0.2.0/24)" },
    { "host", NETDEV_OPT_STRING, "the host as the guest sees it (net + 2)" },
    { "dhcpstart", NETDEV_OPT_STRING, "first address given out (net + 15)" },
    { "dns", NETDEV_OPT_STRING, "name server as the guest sees it (net + 3)" },
    { "ipv6", NETDEV_OPT_BOOL, "serve IPv6 (default on)" },
    { "ipv6-prefix", NETDEV_OPT_STRING, "IPv6 network (fec0::)" },
    { "ipv6-prefixlen", NETDEV_OPT_NUMBER, "length of its prefix, 0..126 (64)" },
    { "ipv6-host", NETDEV_OPT_STRING, "the host's IPv6 address (prefix::2)" },
    { "ipv6-dns", NETDEV_OPT_STRING, "IPv6 name server (prefix::3)" },
    { "hostname", NETDEV_OPT_STRING, "host name that DHCP reports" },
    { "dnssearch", NETDEV_OPT_LIST, "domain for the search list, repeatable" },
    { "domainname", NETDEV_OPT_STRING, "domain name that DHCP reports" },
    { "tftp", NETDEV_OPT_STRING, "folder to serve by TFTP" },
    { "tftp-server-name", NETDEV_OPT_STRING, "RFC 2132 server name in DHCP" },
    { "bootfile", NETDEV_OPT_STRING, "boot file in DHCP" },
    { "hostfwd", NETDEV_OPT_LIST,
      "[tcp|udp]:[HOST]:PORT-[GUEST]:PORT, repeatable" },
    { "guestfwd", NETDEV_OPT_LIST,
      "tcp:ADDR:PORT-CHARDEV or -cmd:COMMAND, repeatable" },
    { NULL }
};

typedef struct UserNet {
    struct in_addr net, mask, host, dhcp, dns;
    struct in6_addr prefix6, host6, dns6;
    uint8_t prefix6_len;
} UserNet;

static bool parse_ipv4(const char *text, struct in_addr *addr, const char *what,
                       Error **errp)
{
    if (inet_pton(AF_INET, text, addr) == 1) {
        return true;
    }
    error_setg(errp, "Failed to parse %s '%s': expected an IPv4 address", what,
               text);
    return false;
}

/* ADDR, ADDR/BITS or ADDR/MASK; a bare address has its class's mask. */
static bool parse_net(const char *text, UserNet *n, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    uint32_t net, mask = 0;
    unsigned bits;

    if (!parts[0] || !parse_ipv4(parts[0], &n->net, "network", errp)) {
        return false;
    }
    net = ntohl(n->net.s_addr);
    if (!parts[1]) {
        mask = net < 0x80000000u ? 0xff000000u :
               net < 0xc0000000u ? 0xffff0000u : 0xffffff00u;
    } else if (strchr(parts[1], '.')) {
        struct in_addr given;

        if (!parse_ipv4(parts[1], &given, "netmask", errp)) {
            return false;
        }
        mask = ntohl(given.s_addr);
    } else if (qemu_strtoui(parts[1], NULL, 10, &bits) == 0 && bits <= 32) {
        mask = bits ? UINT32_MAX << (32 - bits) : 0;
    } else {
        error_setg(errp, "Failed to parse netmask '%s': expected 4 to 30 bits",
                   parts[1]);
        return false;
    }
    if ((mask & (~mask >> 1)) || mask < 0xf0000000u || mask > 0xfffffffcu) {
        error_setg(errp, "Invalid netmask in '%s': expected 4 to 30 bits", text);
        return false;
    }
    n->mask.s_addr = htonl(mask);
    n->net.s_addr = htonl(net & mask);
    return true;
}

/* An address of the network: the option's value, or the default host number. */
static bool net_address(const NetdevArgs *args, const char *key,
                        uint32_t number, const UserNet *n,
                        struct in_addr *addr, Error **errp)
{
    const char *text = netdev_arg(args, key);
    static const char *const names[][2] = {
        { "host", "Host" }, { "dhcpstart", "DHCP" }, { "dns", "DNS" },
    };

    if (!text) {
        addr->s_addr = n->net.s_addr | (htonl(number) & ~n->mask.s_addr);
        return true;
    }
    if (!parse_ipv4(text, addr, key, errp)) {
        return false;
    }
    if ((addr->s_addr & n->mask.s_addr) == n->net.s_addr) {
        return true;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (g_str_equal(names[i][0], key)) {
            error_setg(errp, "%s doesn't belong to network", names[i][1]);
        }
    }
    return false;
}

static bool net_ipv4(const NetdevArgs *args, UserNet *n, Error **errp)
{
    const char *net = netdev_arg(args, "net");

    if (!parse_net(net ? net : "10.0.2.0/24", n, errp) ||
        !net_address(args, "host", 0x0202, n, &n->host, errp) ||
        !net_address(args, "dhcpstart", 0x020f, n, &n->dhcp, errp) ||
        !net_address(args, "dns", 0x0203, n, &n->dns, errp)) {
        return false;
    }
    if (n->dhcp.s_addr == n->host.s_addr || n->dhcp.s_addr == n->dns.s_addr) {
        error_setg(errp, "DHCP must be different from host and DNS");
        return false;
    }
    if (n->dns.s_addr == n->host.s_addr) {
        error_setg(errp, "DNS must be different from host");
        return false;
    }
    return true;
}

static bool parse_ipv6(const NetdevArgs *args, const char *key, const char *def,
                       struct in6_addr *addr, Error **errp)
{
    const char *text = netdev_arg(args, key);

    if (inet_pton(AF_INET6, text ? text : def, addr) == 1) {
        return true;
    }
    error_setg(errp, "Failed to parse %s '%s': expected an IPv6 address", key,
               text);
    return false;
}

static bool net_ipv6(const NetdevArgs *args, UserNet *n, Error **errp)
{
    uint64_t len = netdev_arg_number(args, "ipv6-prefixlen", 64);

    if (len > 126) {
        error_setg(errp, "Invalid IPv6 prefix length %" PRIu64
                   " provided (range 0..126)", len);
        return false;
    }
    n->prefix6_len = len;
    if (!parse_ipv6(args, "ipv6-prefix", "fec0::", &n->prefix6, errp)) {
        return false;
    }
    n->host6 = n->prefix6;
    n->host6.s6_addr[15] |= 2;
    n->dns6 = n->prefix6;
    n->dns6.s6_addr[15] |= 3;
    return (!netdev_arg(args, "ipv6-host") ||
            parse_ipv6(args, "ipv6-host", NULL, &n->host6, errp)) &&
           (!netdev_arg(args, "ipv6-dns") ||
            parse_ipv6(args, "ipv6-dns", NULL, &n->dns6, errp));
}

/* DHCP and TFTP carry these in fields of fixed size. */
static bool check_lengths(const NetdevArgs *args, Error **errp)
{
    static const struct { const char *key; size_t most; } limits[] = {
        { "bootfile", 127 }, { "tftp-server-name", 255 },
        { "domainname", 255 }, { "hostname", 255 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(limits); i++) {
        const char *text = netdev_arg(args, limits[i].key);

        if (text && strlen(text) > limits[i].most) {
            error_setg(errp, "Parameter '%s' takes at most %zu characters",
                       limits[i].key, limits[i].most);
            return false;
        }
    }
    return true;
}

static const char **search_list(const NetdevArgs *args)
{
    GPtrArray *list = g_ptr_array_new();
    const char *domain;

    for (unsigned i = 0; (domain = netdev_arg_nth(args, "dnssearch", i)); i++) {
        g_ptr_array_add(list, (char *)domain);
    }
    g_ptr_array_add(list, NULL);
    return (const char **)g_ptr_array_free(list, list->len == 1);
}

static NetUserState *user_new(const NetdevArgs *args, const char *id,
                              NetClientState *peer, SlirpConfig *cfg)
{
    NetClientState *nc = qemu_new_net_client(&user_info, peer, "user", id);
    NetUserState *s = container_of(nc, NetUserState, nc);
    struct UserPoll *poll = g_new0(struct UserPoll, 1);

    poll->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    poll->wanted = g_array_new(false, true, sizeof(UserPollEntry));
    poll->registered = g_array_new(false, true, sizeof(uint32_t));
    poll->bh = aio_bh_new(nc->ctx, user_update_bh, s);
    poll->timer = timer_new_ms(QEMU_CLOCK_REALTIME, user_work, s);
    s->poll = poll;
    s->frags = net_user_frags_new();
    nc->guard = &s->guard;
    QLIST_INSERT_HEAD(&user_stacks, s, next);
    aio_set_fd_handler(nc->ctx, poll->epoll_fd, user_work, NULL, NULL, NULL, s);
    s->slirp = slirp_new(cfg, &user_callbacks, s);
    if (s->slirp) {
        vmstate_register_any(NULL, &vmstate_user, s);
    }
    return s;
}

static bool user_init(const NetdevArgs *args, const char *id,
                      NetClientState *peer, Error **errp)
{
    bool ipv4 = netdev_arg_bool(args, "ipv4", true);
    bool ipv6 = netdev_arg_bool(args, "ipv6", true);
    bool restricted = netdev_arg_bool(args, "restrict", false);
    g_autofree const char **search = search_list(args);
    UserNet n = { 0 };
    NetUserState *s;
    SlirpConfig cfg;

    if (!ipv4 && !ipv6) {
        error_setg(errp, "IPv4 and IPv6 disabled");
        return false;
    }
    if (!net_ipv4(args, &n, errp) || !net_ipv6(args, &n, errp) ||
        !check_lengths(args, errp)) {
        return false;
    }
    cfg = (SlirpConfig) {
        .version = 4,
        .restricted = restricted,
        .in_enabled = ipv4,
        .vnetwork = n.net, .vnetmask = n.mask, .vhost = n.host,
        .in6_enabled = ipv6,
        .vprefix_addr6 = n.prefix6, .vprefix_len = n.prefix6_len,
        .vhost6 = n.host6,
        .vhostname = netdev_arg(args, "hostname"),
        .tftp_server_name = netdev_arg(args, "tftp-server-name"),
        .tftp_path = netdev_arg(args, "tftp"),
        .bootfile = netdev_arg(args, "bootfile"),
        .vdhcp_start = n.dhcp,
        .vnameserver = n.dns, .vnameserver6 = n.dns6,
        .vdnssearch = search,
        .vdomainname = netdev_arg(args, "domainname"),
    };
    s = user_new(args, id, peer, &cfg);
    if (!s->slirp) {
        error_setg(errp, "libslirp does not take this configuration");
        qemu_del_net_client(&s->nc);
        return false;
    }
    qemu_set_info_str(&s->nc, "net=%s,restrict=%s", inet_ntoa(n.net),
                      restricted ? "on" : "off");
    if (!net_user_forward(s, args, errp)) {
        qemu_del_net_client(&s->nc);
        return false;
    }
    net_user_changed(s);
    return true;
}

/* --- for the monitor --- */

NetUserState *net_user_find(const char *id, Error **errp)
{
    NetUserState *s;

    QLIST_FOREACH(s, &user_stacks, next) {
        if (!id || g_str_equal(s->nc.name, id)) {
            return s;
        }
    }
    if (id) {
        error_setg(errp, "unrecognized netdev id '%s'", id);
    } else {
        error_setg(errp, "user mode network stack not in use");
    }
    return NULL;
}

void net_info_usernet(GString *out)
{
    NetUserState *s;

    QLIST_FOREACH(s, &user_stacks, next) {
        g_autofree char *text = slirp_connection_info(s->slirp);

        g_string_append_printf(out, "Hub %d (%s):\n%s",
                               net_hub_id_of(s->nc.peer), s->nc.name, text);
    }
}

const NetdevType net_user_type = {
    .name = "user",
    .options = user_options,
    .init = user_init,
};

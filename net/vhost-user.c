/*
 * -netdev vhost-user: packets are moved by another process, which maps the guest's
 * memory and works on its rings. Here are the chardev to that process, one client
 * for each queue pair, and the link, which is up while the process is there. The
 * messages are made by the floor above (net/vhost-user.h, hw/virtio/vhost-user.c),
 * and the NIC decides when it hands its rings over.
 *
 * No packet passes through these clients. What the card sends while its rings are
 * its own is dropped, but for announcements, which become a message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "hw/core/qdev.h"
#include "net/eth.h"
#include "net/vhost-user.h"
#include "net-internal.h"

/* How long netdev_add waits for a process; the command line waits for ever. */
#define WAIT_MS     5000

#define ETH_RARP    0x8035

/* One backend. */
typedef struct NetVhostUser {
    CharFrontend chr;
    char *id;
    unsigned pairs, clients;
    NetClientState **ncs;       /* by queue pair */
    VhostUserConn *conn;        /* NULL: nobody is there */
    QEMUBH *hang_up;
    uint64_t features;          /* what the last peer offered */
    uint64_t needed;            /* what the driver uses */
    bool down;                  /* the link is, because nobody is there */
    char *complaint;            /* said last */
} NetVhostUser;

typedef struct NetVhostUserClient {
    NetClientState nc;
    NetVhostUser *s;
} NetVhostUserClient;

static const NetVhostUserOps *ops;

void net_vhost_user_set_ops(const NetVhostUserOps *table)
{
    ops = table;
}

static NetVhostUser *state_of(NetClientState *nc)
{
    return container_of(nc, NetVhostUserClient, nc)->s;
}

bool net_is_vhost_user(const NetClientState *nc)
{
    return nc && nc->info->type == NET_CLIENT_DRIVER_VHOST_USER;
}

VhostUserConn *net_vhost_user_conn(NetClientState *nc)
{
    return state_of(nc)->conn;
}

uint64_t net_vhost_user_features(NetClientState *nc)
{
    return state_of(nc)->features;
}

void net_vhost_user_need_features(NetClientState *nc, uint64_t features)
{
    state_of(nc)->needed = features;
}

/* --- the process comes and goes --- */

/* A peer that is refused tends to come again, and be refused again. */
static void complain_once(NetVhostUser *s, Error *err)
{
    const char *text = error_get_pretty(err);

    if (g_strcmp0(s->complaint, text) != 0) {
        g_free(s->complaint);
        s->complaint = g_strdup(text);
        error_report("%s", text);
    }
    error_free(err);
}

static void set_link(NetVhostUser *s, bool up)
{
    for (unsigned i = 0; i < s->pairs; i++) {
        if (s->ncs[i]) {
            net_backend_set_link(s->ncs[i], up);
        }
    }
}

static bool offers_enough(const NetVhostUser *s, const VhostUserConn *conn,
                          Error **errp)
{
    uint64_t missing = s->needed & ~ops->features(conn);

    if (missing) {
        error_setg(errp, "vhost-user %s: the driver uses features that the peer"
                   " does not offer: 0x%" PRIx64, s->id, missing);
    }
    return !missing;
}

static void peer_came(NetVhostUser *s)
{
    VhostUserConn *conn;
    Error *err = NULL;
    bool gone = false;

    conn = ops->open(&s->chr, s->id, s->pairs, &gone, &err);
    if (conn && !offers_enough(s, conn, &err)) {
        ops->close(conn);
        conn = NULL;
    }
    if (!conn) {
        complain_once(s, err);
        qemu_bh_schedule(s->hang_up);
        return;
    }
    g_clear_pointer(&s->complaint, g_free);
    s->conn = conn;
    s->features = ops->features(conn);
    if (s->down) {
        s->down = false;
        set_link(s, true);
    }
}

static void peer_went(NetVhostUser *s)
{
    VhostUserConn *conn = g_steal_pointer(&s->conn);

    if (!conn) {
        return;
    }
    ops->lost(conn);
    /* Whoever took the link down himself has to bring it up himself. */
    s->down = !s->ncs[0]->link_down;
    set_link(s, false);
    ops->close(conn);
}

static void hang_up_bh(void *opaque)
{
    NetVhostUser *s = opaque;

    qemu_chr_fe_disconnect(&s->chr);
}

static void on_event(void *opaque, QEMUChrEvent event)
{
    NetVhostUser *s = opaque;

    if (event == CHR_EVENT_OPENED && !s->conn) {
        peer_came(s);
    } else if (event == CHR_EVENT_CLOSED) {
        peer_went(s);
    }
}

static int on_can_read(void *opaque)
{
    /* Reading is also how the end is seen. */
    return 1;
}

static void on_read(void *opaque, const uint8_t *buf, int size)
{
    NetVhostUser *s = opaque;

    /* Answers are read by who asks. */
    if (s->conn) {
        ops->spoke(s->conn);
    }
}

/* --- clients --- */

/* The card has its rings, so nobody sees its packets; but a RARP has a message. */
static ssize_t vhost_user_receive(NetClientState *nc, const uint8_t *buf,
                                  size_t size)
{
    NetVhostUser *s = state_of(nc);
    const uint8_t *frame = buf + nc->vnet_hdr_len;

    if (s->conn && size >= (size_t)nc->vnet_hdr_len + ETH_HLEN &&
        lduw_be_p(frame + 2 * ETH_ALEN) == ETH_RARP) {
        ops->announce(s->conn, frame + ETH_ALEN);
    }
    return size;
}

/* Nobody is at the other end: the link cannot be up, only wanted. */
static void vhost_user_link_changed(NetClientState *nc)
{
    NetVhostUser *s = state_of(nc);

    if (!s->conn) {
        s->down = !nc->link_down;
        nc->link_down = true;
    }
}

static void destroy(NetVhostUser *s)
{
    VhostUserConn *conn = g_steal_pointer(&s->conn);

    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, NULL, NULL, true);
    if (conn) {
        ops->close(conn);
    }
    /* The chardev is ours alone, and goes with us. */
    qemu_chr_fe_deinit(&s->chr, true);
    qemu_bh_delete(s->hang_up);
    g_free(s->complaint);
    g_free(s->ncs);
    g_free(s->id);
    g_free(s);
}

static void vhost_user_cleanup(NetClientState *nc)
{
    NetVhostUser *s = state_of(nc);

    s->ncs[nc->queue_index] = NULL;
    if (--s->clients == 0) {
        destroy(s);
    }
}

static bool vhost_user_accepts_nic(const char *type, Error **errp)
{
    if (!g_str_has_prefix(type, "virtio-net-")) {
        error_setg(errp, "vhost-user requires frontend driver virtio-net-*");
        return false;
    }
    return true;
}

/* The peer knows all lengths that there are. */
static bool vhost_user_has_vnet_hdr(NetClientState *nc)
{
    return true;
}

static bool vhost_user_has_vnet_hdr_len(NetClientState *nc, int len)
{
    return true;
}

static void vhost_user_set_vnet_hdr_len(NetClientState *nc, int len)
{
    NetVhostUser *s = state_of(nc);

    for (unsigned i = 0; i < s->pairs; i++) {
        if (s->ncs[i]) {
            s->ncs[i]->vnet_hdr_len = len;
        }
    }
}

static const NetClientInfo net_vhost_user_info = {
    .type = NET_CLIENT_DRIVER_VHOST_USER,
    .size = sizeof(NetVhostUserClient),
    .receive = vhost_user_receive,
    .cleanup = vhost_user_cleanup,
    .link_status_changed = vhost_user_link_changed,
    .accepts_nic = vhost_user_accepts_nic,
    .has_vnet_hdr = vhost_user_has_vnet_hdr,
    .has_vnet_hdr_len = vhost_user_has_vnet_hdr_len,
    .set_vnet_hdr_len = vhost_user_set_vnet_hdr_len,
    .has_ufo = vhost_user_has_vnet_hdr,
    .has_uso = vhost_user_has_vnet_hdr,
};

/* --- making one --- */

static Chardev *find_chardev(const NetdevArgs *args, Error **errp)
{
    const char *name = netdev_arg(args, "chardev");
    Chardev *chr;

    if (!name) {
        error_setg(errp, "Parameter 'chardev' is missing");
        return NULL;
    }
    chr = qemu_chr_find(name);
    if (!chr) {
        error_setg(errp, "chardev \"%s\" not found", name);
    } else if (!qemu_chr_has_feature(chr, QEMU_CHAR_FEATURE_RECONNECTABLE)) {
        error_setg(errp, "chardev \"%s\" is not reconnectable", name);
    } else if (!qemu_chr_has_feature(chr, QEMU_CHAR_FEATURE_FD_PASS)) {
        error_setg(errp, "chardev \"%s\" does not support FD passing", name);
    } else {
        return chr;
    }
    return NULL;
}

/* What can be offered to a guest is not known before somebody is there. */
static bool await_peer(NetVhostUser *s, Error **errp)
{
    int wait_ms = qdev_hotplug_active() ? WAIT_MS : -1;

    for (;;) {
        Error *err = NULL;
        bool gone = false;

        if (qemu_chr_fe_wait_connected(&s->chr, wait_ms, errp) < 0) {
            return false;
        }
        s->conn = ops->open(&s->chr, s->id, s->pairs, &gone, &err);
        if (s->conn) {
            s->features = ops->features(s->conn);
            return true;
        }
        qemu_chr_fe_disconnect(&s->chr);
        if (!gone) {
            error_propagate(errp, err);
            return false;
        }
        complain_once(s, err);
    }
}

static void add_clients(NetVhostUser *s, NetClientState *peer)
{
    for (unsigned i = 0; i < s->pairs; i++) {
        NetClientState *nc = qemu_new_net_queue_client(
            &net_vhost_user_info, i == 0 ? peer : NULL, "vhost_user", s->id, i);

        container_of(nc, NetVhostUserClient, nc)->s = s;
        qemu_set_info_str(nc, "vhost-user%u to %s", i,
                          qemu_chr_fe_get_driver(&s->chr)->label);
        s->ncs[i] = nc;
        s->clients++;
    }
}

static bool vhost_user_init(const NetdevArgs *args, const char *id,
                            NetClientState *peer, Error **errp)
{
    uint64_t pairs = netdev_arg_number(args, "queues", 1);
    Chardev *chr = find_chardev(args, errp);
    NetVhostUser *s;

    if (!chr) {
        return false;
    }
    if (pairs < 1 || pairs > MAX_QUEUE_NUM) {
        error_setg(errp, "vhost-user number of queues must be in range [1, %d]",
                   MAX_QUEUE_NUM);
        return false;
    }
    s = g_new0(NetVhostUser, 1);
    if (!qemu_chr_fe_init(&s->chr, chr, errp)) {
        g_free(s);
        return false;
    }
    s->id = g_strdup(id);
    s->pairs = pairs;
    s->ncs = g_new0(NetClientState *, pairs);
    s->hang_up = aio_bh_new(qemu_get_aio_context(), hang_up_bh, s);
    if (!await_peer(s, errp)) {
        /* The chardev stays: the user may try again. */
        qemu_chr_fe_deinit(&s->chr, false);
        destroy(s);
        return false;
    }
    add_clients(s, peer);
    qemu_chr_fe_set_handlers_full(&s->chr, on_can_read, on_read, on_event, NULL,
                                  s, NULL, true, false);
    return true;
}

static const NetdevOption vhost_user_options[] = {
    { "chardev", NETDEV_OPT_STRING, "a socket to the process, unix:" },
    { "queues", NETDEV_OPT_NUMBER, "queue pairs, 1 to 1024 (default 1)" },
    { "vhostforce", NETDEV_OPT_BOOL, "changes nothing: it is always in use" },
    { NULL }
};

const NetdevType net_vhost_user_type = {
    .name = "vhost-user",
    .options = vhost_user_options,
    .init = vhost_user_init,
};

/*
 * A connection to a vhost-user peer: greeting, requests, answers, and its end. What
 * messages look like is in vhost-user-msg.c, when rings are handed over in
 * vhost.c.
 *
 * Requests go one after the other, and an answer is awaited where the protocol has
 * one: between them the peer has nothing to say, so that whatever comes then
 * ends the connection (net/vhost-user.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "hw/virtio/vhost-user.h"
#include "vhost-user-msg.h"

QEMU_BUILD_BUG_ON(VHOST_USER_MAX_REGIONS > SOCKET_MAX_FDS);

/* The numbers of rings have a byte. */
#define MAX_PAIRS       ((VHOST_USER_VRING_INDEX_MASK + 1) / 2)

#define BIT_OF(feature) (UINT64_C(1) << VHOST_USER_PROTOCOL_F_##feature)

/* What this side makes use of. */
#define OUR_PROTOCOL_FEATURES                                                \
    (BIT_OF(MQ) | BIT_OF(RARP) | BIT_OF(REPLY_ACK) | BIT_OF(NET_MTU) |       \
     BIT_OF(STATUS))

struct VhostUserConn {
    CharFrontend *chr;
    char *id;
    uint64_t features;
    uint64_t protocol;
    unsigned max_pairs;
    bool greeting;              /* what goes wrong is told to who opens */
    bool gone;                  /* the peer closed its end */
    int64_t patience_ms;        /* left, when it answered last */
    int64_t answered_ms;
    char *why;                  /* the connection is over, because */
    QEMUBH *hang_up;
};

/* --- the end --- */

static void hang_up_bh(void *opaque)
{
    VhostUserConn *conn = opaque;

    /* The chardev's event closes the connection: it is not there any more. */
    qemu_chr_fe_disconnect(conn->chr);
}

static void end(VhostUserConn *conn, char *why)
{
    if (conn->why) {
        g_free(why);
        return;
    }
    conn->why = why;
    if (!conn->greeting) {
        error_report("vhost-user %s: %s; the connection is closed", conn->id,
                     why);
        qemu_bh_schedule(conn->hang_up);
    }
}

void vhost_user_refuse(VhostUserConn *conn, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    end(conn, g_strdup_vprintf(fmt, ap));
    va_end(ap);
}

bool vhost_user_alive(const VhostUserConn *conn)
{
    return !conn->why;
}

/* --- messages --- */

static bool knows(const VhostUserConn *conn, unsigned protocol_feature)
{
    return conn->protocol >> protocol_feature & 1;
}

static bool send_msg(VhostUserConn *conn, const VhostUserMsg *msg,
                     const int *fds, unsigned nfds)
{
    int bytes = vhost_user_msg_bytes(msg);
    int ret = -ENOTCONN;

    if (conn->why) {
        return false;
    }
    if (nfds == 0 ||
        qemu_chr_fe_set_msgfds(conn->chr, (int *)fds, nfds) == 0) {
        ret = qemu_chr_fe_write_within(conn->chr, (const uint8_t *)msg, bytes,
                                       VHOST_USER_TIMEOUT_MS);
    }
    if (ret < 0) {
        vhost_user_refuse(conn, "the peer does not take %s: %s",
                          vhost_user_request_name(msg->header.request),
                          strerror(-ret));
    }
    return ret >= 0;
}

/*
 * A peer that is slow each time may make the machine stand for half of the time at
 * most: what it is waited for has to come back between the requests.
 */
static int64_t patience_with(const VhostUserConn *conn)
{
    int64_t rest_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) -
                      conn->answered_ms;

    return MIN(conn->patience_ms + rest_ms, 2 * VHOST_USER_TIMEOUT_MS);
}

static void answered(VhostUserConn *conn, int64_t since_ms, int64_t patience_ms)
{
    conn->answered_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    conn->patience_ms = patience_ms - (conn->answered_ms - since_ms);
}

/* Read up to @bytes of an answer; false: the connection is over. */
static bool receive_some(VhostUserConn *conn, VhostUserRequest request,
                         uint8_t *buf, size_t *have, size_t bytes,
                         int64_t deadline_ms)
{
    int64_t left = deadline_ms - qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    int n = qemu_chr_fe_read_within(conn->chr, buf + *have, bytes, left);

    if (n > 0) {
        *have += n;
        return true;
    }
    if (n == -ETIMEDOUT) {
        vhost_user_refuse(conn, "the peer did not answer %s in time",
                          vhost_user_request_name(request));
        return false;
    }
    conn->gone = true;
    vhost_user_refuse(conn, "the peer went away instead of answering %s",
                      vhost_user_request_name(request));
    return false;
}

static bool receive_reply(VhostUserConn *conn, VhostUserRequest request,
                          uint32_t payload_bytes, VhostUserMsg *reply)
{
    int64_t now_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    int64_t patience_ms = patience_with(conn);
    int64_t deadline_ms = now_ms + MIN(patience_ms, VHOST_USER_TIMEOUT_MS);
    uint8_t buf[sizeof(VhostUserMsg)];
    size_t have = 0, more = 0;
    char *why = NULL;

    for (;;) {
        switch (vhost_user_parse_reply(buf, have, request, payload_bytes, reply,
                                       &more, &why)) {
        case VHOST_USER_PARSE_DONE:
            answered(conn, now_ms, patience_ms);
            return true;
        case VHOST_USER_PARSE_BAD:
            vhost_user_refuse(conn, "the peer %s", why);
            g_free(why);
            return false;
        case VHOST_USER_PARSE_MORE:
            if (!receive_some(conn, request, buf, &have, more, deadline_ms)) {
                return false;
            }
            break;
        }
    }
}

static VhostUserMsg new_msg(VhostUserRequest request, uint32_t payload_bytes)
{
    return (VhostUserMsg){
        .header = {
            .request = request,
            .flags = VHOST_USER_VERSION,
            .size = payload_bytes,
        },
    };
}

/* Send; and where the peer acknowledges, see that it could do it. */
static bool send_checked(VhostUserConn *conn, VhostUserMsg *msg,
                         const int *fds, unsigned nfds)
{
    VhostUserRequest request = msg->header.request;
    VhostUserMsg reply;

    if (!knows(conn, VHOST_USER_PROTOCOL_F_REPLY_ACK)) {
        return send_msg(conn, msg, fds, nfds);
    }
    msg->header.flags |= VHOST_USER_NEED_REPLY;
    if (!send_msg(conn, msg, fds, nfds) ||
        !receive_reply(conn, request, sizeof(reply.payload.u64), &reply)) {
        return false;
    }
    if (reply.payload.u64 != 0) {
        vhost_user_refuse(conn, "the peer refused %s",
                          vhost_user_request_name(request));
        return false;
    }
    return true;
}

static bool send_u64(VhostUserConn *conn, VhostUserRequest request,
                     uint64_t value)
{
    VhostUserMsg msg = new_msg(request, sizeof(msg.payload.u64));

    msg.payload.u64 = value;
    return send_msg(conn, &msg, NULL, 0);
}

static bool get_u64(VhostUserConn *conn, VhostUserRequest request,
                    uint64_t *value)
{
    VhostUserMsg msg = new_msg(request, 0), reply;

    if (!send_msg(conn, &msg, NULL, 0) ||
        !receive_reply(conn, request, sizeof(reply.payload.u64), &reply)) {
        return false;
    }
    *value = reply.payload.u64;
    return true;
}

static VhostUserMsg state_msg(VhostUserRequest request, unsigned index,
                              uint32_t num)
{
    VhostUserMsg msg = new_msg(request, sizeof(msg.payload.state));

    msg.payload.state.index = index;
    msg.payload.state.num = num;
    return msg;
}

/* --- what the device's life asks for --- */

uint64_t vhost_user_features(const VhostUserConn *conn)
{
    return conn->features;
}

uint64_t vhost_user_protocol_features(const VhostUserConn *conn)
{
    return conn->protocol;
}

unsigned vhost_user_max_pairs(const VhostUserConn *conn)
{
    return conn->max_pairs;
}

bool vhost_user_set_features(VhostUserConn *conn, uint64_t features)
{
    VhostUserMsg msg = new_msg(VHOST_USER_SET_FEATURES,
                               sizeof(msg.payload.u64));

    /* Said or not, the protocol features stay; the bit keeps rings disabled. */
    msg.payload.u64 = features | (conn->features &
                                  UINT64_C(1) << VHOST_USER_F_PROTOCOL_FEATURES);
    return send_checked(conn, &msg, NULL, 0);
}

bool vhost_user_set_status(VhostUserConn *conn, uint8_t status)
{
    return !knows(conn, VHOST_USER_PROTOCOL_F_STATUS) ||
           send_u64(conn, VHOST_USER_SET_STATUS, status);
}

bool vhost_user_set_memory(VhostUserConn *conn, const VhostRegion *regions,
                           unsigned count)
{
    size_t bytes = offsetof(VhostUserMemory, regions) +
                   count * sizeof(VhostUserRegion);
    VhostUserMsg msg = new_msg(VHOST_USER_SET_MEM_TABLE, bytes);
    int fds[VHOST_USER_MAX_REGIONS];

    assert(count <= VHOST_USER_MAX_REGIONS);
    msg.payload.memory.count = count;
    for (unsigned i = 0; i < count; i++) {
        msg.payload.memory.regions[i] = (VhostUserRegion){
            .guest_addr = regions[i].guest_addr,
            .size = regions[i].bytes,
            .user_addr = (uintptr_t)regions[i].host,
            .mmap_offset = regions[i].fd_offset,
        };
        fds[i] = regions[i].fd;
    }
    return send_checked(conn, &msg, fds, count);
}

static bool send_ring_addr(VhostUserConn *conn, const VhostRing *ring)
{
    VhostUserMsg msg = new_msg(VHOST_USER_SET_VRING_ADDR,
                               sizeof(msg.payload.addr));

    msg.payload.addr = (struct vhost_vring_addr){
        .index = ring->index,
        .desc_user_addr = (uintptr_t)ring->desc,
        .avail_user_addr = (uintptr_t)ring->avail,
        .used_user_addr = (uintptr_t)ring->used,
    };
    return send_checked(conn, &msg, NULL, 0);
}

static bool send_ring_fd(VhostUserConn *conn, VhostUserRequest request,
                         unsigned index, int fd)
{
    VhostUserMsg msg = new_msg(request, sizeof(msg.payload.u64));

    msg.payload.u64 = index & VHOST_USER_VRING_INDEX_MASK;
    return send_msg(conn, &msg, &fd, 1);
}

bool vhost_user_set_ring(VhostUserConn *conn, const VhostRing *ring)
{
    VhostUserMsg num = state_msg(VHOST_USER_SET_VRING_NUM, ring->index,
                                 ring->num);
    VhostUserMsg base = state_msg(VHOST_USER_SET_VRING_BASE, ring->index,
                                  ring->base);

    /* The kick comes last: with it the ring counts as started. */
    return send_msg(conn, &num, NULL, 0) && send_msg(conn, &base, NULL, 0) &&
           send_ring_addr(conn, ring) &&
           send_ring_fd(conn, VHOST_USER_SET_VRING_CALL, ring->index,
                        ring->call_fd) &&
           send_ring_fd(conn, VHOST_USER_SET_VRING_KICK, ring->index,
                        ring->kick_fd);
}

bool vhost_user_enable_ring(VhostUserConn *conn, unsigned index, bool enable)
{
    VhostUserMsg msg = state_msg(VHOST_USER_SET_VRING_ENABLE, index, enable);

    /* Without protocol features rings are enabled from their start. */
    return !(conn->features >> VHOST_USER_F_PROTOCOL_FEATURES & 1) ||
           send_checked(conn, &msg, NULL, 0);
}

bool vhost_user_stop_ring(VhostUserConn *conn, unsigned index, uint32_t *base)
{
    VhostUserMsg msg = state_msg(VHOST_USER_GET_VRING_BASE, index, 0), reply;

    if (!send_msg(conn, &msg, NULL, 0) ||
        !receive_reply(conn, VHOST_USER_GET_VRING_BASE,
                       sizeof(reply.payload.state), &reply)) {
        return false;
    }
    if (reply.payload.state.index != index) {
        vhost_user_refuse(conn, "the peer answered GET_VRING_BASE of ring %u"
                          " for ring %u", reply.payload.state.index, index);
        return false;
    }
    *base = reply.payload.state.num;
    return true;
}

bool vhost_user_set_mtu(VhostUserConn *conn, uint16_t mtu)
{
    VhostUserMsg msg = new_msg(VHOST_USER_NET_SET_MTU, sizeof(msg.payload.u64));

    msg.payload.u64 = mtu;
    return !knows(conn, VHOST_USER_PROTOCOL_F_NET_MTU) ||
           send_checked(conn, &msg, NULL, 0);
}

/* --- the greeting --- */

static bool agree_on_protocol(VhostUserConn *conn)
{
    uint64_t offered;

    if (!(conn->features >> VHOST_USER_F_PROTOCOL_FEATURES & 1)) {
        return true;
    }
    if (!get_u64(conn, VHOST_USER_GET_PROTOCOL_FEATURES, &offered)) {
        return false;
    }
    offered &= OUR_PROTOCOL_FEATURES;
    if (!send_u64(conn, VHOST_USER_SET_PROTOCOL_FEATURES, offered)) {
        return false;
    }
    conn->protocol = offered;
    return true;
}

static bool greet(VhostUserConn *conn, unsigned pairs)
{
    VhostUserMsg owner = new_msg(VHOST_USER_SET_OWNER, 0);
    uint64_t queues = 1;

    if (pairs > MAX_PAIRS) {
        vhost_user_refuse(conn, "queues=%u is more than the %d pairs that the"
                          " protocol has numbers for", pairs, MAX_PAIRS);
        return false;
    }
    if (!get_u64(conn, VHOST_USER_GET_FEATURES, &conn->features) ||
        !agree_on_protocol(conn) ||
        (knows(conn, VHOST_USER_PROTOCOL_F_MQ) &&
         !get_u64(conn, VHOST_USER_GET_QUEUE_NUM, &queues)) ||
        !send_msg(conn, &owner, NULL, 0)) {
        return false;
    }
    conn->max_pairs = MIN(queues, UINT16_MAX);
    if (queues < pairs) {
        vhost_user_refuse(conn, "the peer has %" PRIu64 " queue pairs, not the"
                          " %u that queues= asks for", queues, pairs);
    }
    return vhost_user_alive(conn);
}

static void conn_close(VhostUserConn *conn)
{
    qemu_bh_delete(conn->hang_up);
    g_free(conn->why);
    g_free(conn->id);
    g_free(conn);
}

static VhostUserConn *conn_open(CharFrontend *chr, const char *id,
                                unsigned pairs, bool *gone, Error **errp)
{
    VhostUserConn *conn = g_new0(VhostUserConn, 1);

    conn->chr = chr;
    conn->id = g_strdup(id);
    conn->hang_up = aio_bh_new(qemu_get_aio_context(), hang_up_bh, conn);
    conn->greeting = true;
    conn->patience_ms = 2 * VHOST_USER_TIMEOUT_MS;
    conn->answered_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    if (!greet(conn, pairs)) {
        error_setg(errp, "vhost-user %s: %s", id, conn->why);
        *gone = conn->gone;
        conn_close(conn);
        return NULL;
    }
    conn->greeting = false;
    return conn;
}

static uint64_t conn_features(const VhostUserConn *conn)
{
    return conn->features;
}

static void conn_announce(VhostUserConn *conn, const uint8_t mac[6])
{
    uint64_t value = 0;

    if (knows(conn, VHOST_USER_PROTOCOL_F_RARP)) {
        memcpy(&value, mac, 6);
        send_u64(conn, VHOST_USER_SEND_RARP, value);
    }
}

static void conn_spoke(VhostUserConn *conn)
{
    vhost_user_refuse(conn, "the peer sent something that nobody asked for");
}

static void conn_lost(VhostUserConn *conn)
{
    if (!conn->why) {
        conn->why = g_strdup("the peer went away");
        info_report("vhost-user %s: %s; the link is down until it is back",
                    conn->id, conn->why);
    }
}

static const NetVhostUserOps conn_ops = {
    .open = conn_open,
    .spoke = conn_spoke,
    .lost = conn_lost,
    .close = conn_close,
    .features = conn_features,
    .announce = conn_announce,
};

static void vhost_user_init(void)
{
    net_vhost_user_set_ops(&conn_ops);
}

type_init(vhost_user_init)

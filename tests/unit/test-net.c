/*
 * Net clients without a machine: bursts and back pressure, hubs, streams, headers,
 * checksums.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "net/net-internal.h"

/* A client that takes as many packets as it is told to. */
typedef struct Sink {
    NetClientState nc;
    unsigned room;
    GByteArray *got;            /* the first byte of each packet */
    unsigned calls;
} Sink;

static unsigned sink_receive(NetClientState *nc, const NetPacket *packets,
                             unsigned count)
{
    Sink *sink = container_of(nc, Sink, nc);
    unsigned n;

    sink->calls++;
    for (n = 0; n < count && sink->room > 0; n++, sink->room--) {
        uint8_t first;

        iov_to_buf(packets[n].iov, packets[n].iovcnt, 0, &first, 1);
        g_byte_array_append(sink->got, &first, 1);
    }
    return n;
}

static void sink_cleanup(NetClientState *nc)
{
    g_byte_array_unref(container_of(nc, Sink, nc)->got);
}

static const NetClientInfo sink_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(Sink),
    .receive_burst = sink_receive,
    .cleanup = sink_cleanup,
};

static Sink *sink_new(NetClientState *peer, unsigned room)
{
    Sink *sink = container_of(qemu_new_net_client(&sink_info, peer, "sink",
                                                  NULL), Sink, nc);

    sink->room = room;
    sink->got = g_byte_array_new();
    return sink;
}

static void make_packets(NetPacket *packets, struct iovec *iov, uint8_t *bytes,
                         unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[i] = i;
        iov[i] = (struct iovec) { &bytes[i], 1 };
        packets[i] = (NetPacket) { &iov[i], 1, 1 };
    }
}

static unsigned woken;

static void note_sent(NetClientState *sender, ssize_t size)
{
    woken++;
}

static void test_burst_back_pressure(void)
{
    Sink *a = sink_new(NULL, 0), *b = sink_new(&a->nc, 5);
    NetPacket packets[8];
    struct iovec iov[8];
    uint8_t bytes[8];

    woken = 0;
    make_packets(packets, iov, bytes, 8);
    g_assert_cmpuint(qemu_send_burst(&a->nc, packets, 8, note_sent), ==, 5);
    /* Blocked: not even asked. */
    g_assert_cmpuint(b->calls, ==, 1);
    g_assert_cmpuint(qemu_send_burst(&a->nc, packets + 5, 3, note_sent), ==, 0);
    g_assert_cmpuint(b->calls, ==, 1);
    g_assert_cmpuint(woken, ==, 0);
    b->room = 100;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpuint(woken, ==, 1);
    g_assert_cmpuint(qemu_send_burst(&a->nc, packets + 5, 3, note_sent), ==, 3);
    g_assert_cmpmem(b->got->data, b->got->len, bytes, 8);
    qemu_del_net_client(&a->nc);
    qemu_del_net_client(&b->nc);
}

/* Copies of those that cannot wait stay in front of what comes later. */
static void test_copies_keep_order(void)
{
    Sink *a = sink_new(NULL, 0), *b = sink_new(&a->nc, 0);
    NetPacket packets[4];
    struct iovec iov[4];
    uint8_t bytes[4];

    make_packets(packets, iov, bytes, 4);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpint(qemu_send_packet(&a->nc, &bytes[i], 1), ==, 0);
    }
    b->nc.receive_disabled = false;
    b->room = 2;
    g_assert_cmpuint(qemu_send_burst(&a->nc, packets + 3, 1, NULL), ==, 0);
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpuint(b->got->len, ==, 2);
    b->room = 10;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpuint(qemu_send_burst(&a->nc, packets + 3, 1, NULL), ==, 1);
    g_assert_cmpmem(b->got->data, b->got->len, bytes, 4);
    qemu_del_net_client(&a->nc);
    qemu_del_net_client(&b->nc);
}

static void test_queue_is_bounded(void)
{
    Sink *a = sink_new(NULL, 0), *b = sink_new(&a->nc, 0);
    uint8_t byte = 7;

    for (unsigned i = 0; i < NET_QUEUE_MAX_PACKETS + 50; i++) {
        qemu_send_packet(&a->nc, &byte, 1);
    }
    g_assert_cmpuint(qemu_net_queue_dropped(b->nc.incoming_queue), ==, 50);
    b->room = UINT_MAX;
    qemu_flush_queued_packets(&b->nc);
    g_assert_cmpuint(b->got->len, ==, NET_QUEUE_MAX_PACKETS);
    qemu_del_net_client(&a->nc);
    qemu_del_net_client(&b->nc);
}

/* A sender that waits for a peer which goes is woken, and loses its packets. */
static void test_peer_goes(void)
{
    Sink *a = sink_new(NULL, 0), *b = sink_new(&a->nc, 0);
    NetPacket packet;
    struct iovec iov;
    uint8_t byte;

    woken = 0;
    make_packets(&packet, &iov, &byte, 1);
    g_assert_cmpuint(qemu_send_burst(&a->nc, &packet, 1, note_sent), ==, 0);
    /* Clients of one name go together: give them different ones. */
    g_free(b->nc.name);
    b->nc.name = g_strdup("other");
    qemu_del_net_client(&b->nc);
    g_assert_cmpuint(woken, ==, 1);
    g_assert_null(a->nc.peer);
    g_assert_cmpuint(qemu_send_burst(&a->nc, &packet, 1, note_sent), ==, 1);
    qemu_del_net_client(&a->nc);
}

static bool never(NetClientState *nc)
{
    return false;
}

/* A sender that waits for a NIC without buffers goes on when the NIC goes. */
static void test_blocked_peer_goes(void)
{
    NetClientInfo blocked_info = sink_info;
    NetClientState *b;
    Sink *a;
    NetPacket packet;
    struct iovec iov;
    uint8_t byte;

    blocked_info.can_receive = never;
    blocked_info.cleanup = NULL;
    woken = 0;
    make_packets(&packet, &iov, &byte, 1);
    a = sink_new(NULL, 0);
    b = qemu_new_net_client(&blocked_info, &a->nc, "blocked", NULL);
    g_assert_cmpint(qemu_send_packet(&a->nc, &byte, 1), ==, 0);
    g_assert_cmpuint(qemu_send_burst(&a->nc, &packet, 1, note_sent), ==, 0);
    qemu_flush_queued_packets(b);
    g_assert_cmpuint(woken, ==, 0);
    qemu_del_net_client(b);
    g_assert_cmpuint(woken, ==, 1);
    qemu_del_net_client(&a->nc);
}

static void test_link_down(void)
{
    Sink *a = sink_new(NULL, 9), *b = sink_new(&a->nc, 9);
    Error *err = NULL;
    uint8_t byte = 1;

    g_assert_true(qmp_set_link_name(b->nc.name, false, &error_abort));
    g_assert_cmpint(qemu_send_packet(&a->nc, &byte, 1), ==, 1);
    g_assert_cmpuint(b->got->len, ==, 0);
    g_assert_true(qmp_set_link_name(b->nc.name, true, &error_abort));
    g_assert_cmpint(qemu_send_packet(&a->nc, &byte, 1), ==, 1);
    g_assert_cmpuint(b->got->len, ==, 1);
    g_assert_false(qmp_set_link_name("nosuch", true, &err));
    error_free(err);
    qemu_del_net_client(&a->nc);
    qemu_del_net_client(&b->nc);
}

static void test_hub(void)
{
    NetClientState *ports[3];
    Sink *sinks[3];
    NetPacket packets[4];
    struct iovec iov[4];
    uint8_t bytes[4];
    g_autoptr(GString) info = g_string_new(NULL);

    make_packets(packets, iov, bytes, 4);
    for (unsigned i = 0; i < 2; i++) {
        ports[i] = net_hub_add_port(3, NULL, NULL);
        sinks[i] = sink_new(ports[i], 100);
    }
    /* Two ports: back pressure passes through. */
    sinks[1]->room = 1;
    g_assert_cmpuint(qemu_send_burst(&sinks[0]->nc, packets, 4, NULL), ==, 1);
    sinks[1]->room = 100;
    qemu_flush_queued_packets(&sinks[1]->nc);
    g_assert_cmpuint(qemu_send_burst(&sinks[0]->nc, packets + 1, 3, NULL), ==,
                     3);
    g_assert_cmpmem(sinks[1]->got->data, sinks[1]->got->len, bytes, 4);
    /* Three: the slow one gets copies. */
    ports[2] = net_hub_add_port(3, NULL, NULL);
    sinks[2] = sink_new(ports[2], 0);
    g_assert_cmpuint(qemu_send_burst(&sinks[0]->nc, packets, 4, NULL), ==, 4);
    g_assert_cmpuint(sinks[1]->got->len, ==, 8);
    g_assert_cmpuint(sinks[2]->got->len, ==, 0);
    sinks[2]->room = 100;
    qemu_flush_queued_packets(&sinks[2]->nc);
    g_assert_cmpmem(sinks[2]->got->data, sinks[2]->got->len, bytes, 4);
    net_info_network(info);
    g_assert_nonnull(strstr(info->str, "hub 3\n \\ hub3port2: sink."));
    for (unsigned i = 0; i < 3; i++) {
        qemu_del_net_client(ports[i]);
        qemu_del_net_client(&sinks[i]->nc);
    }
}

static void turn(void)
{
    for (unsigned i = 0; i < 20; i++) {
        main_loop_wait(true);
    }
}

/* Frames cut at every place come whole out of a stream. */
static void test_stream_in_pieces(void)
{
    int fds[2];
    g_autofree char *arg = NULL;
    bool helped;
    NetClientState *nc;
    Sink *sink;
    uint8_t wire[3 * (4 + 100)];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    arg = g_strdup_printf("socket,id=s0,fd=%d", fds[0]);
    g_assert_true(net_client_parse_netdev(arg, &helped, &error_abort));
    g_assert_true(net_init_clients(&error_abort));
    nc = qemu_find_netdev("s0");
    g_assert_nonnull(nc);
    sink = sink_new(nc, 1000);
    for (unsigned i = 0; i < 3; i++) {
        stl_be_p(wire + i * 104, 100);
        memset(wire + i * 104 + 4, i, 100);
    }
    for (size_t cut = 1; cut < sizeof(wire); cut += 13) {
        g_assert_cmpint(write(fds[1], wire, cut), ==, cut);
        turn();
        g_assert_cmpint(write(fds[1], wire + cut, sizeof(wire) - cut), ==,
                        sizeof(wire) - cut);
        turn();
    }
    g_assert_cmpuint(sink->got->len, ==, 3 * ((sizeof(wire) + 11) / 13));
    /* A length that cannot be ends the connection, not the process. */
    stl_be_p(wire, 0x7fffffff);
    g_assert_cmpint(write(fds[1], wire, 104), ==, 104);
    turn();
    g_assert_cmpint(read(fds[1], wire, 1), ==, 0);
    close(fds[1]);
    qemu_del_net_client(&sink->nc);
    net_cleanup();
}

/* A backend's frames move in another loop, and back again; and it ends there. */
static void move_backend(const char *type, int socket_type, const char *option,
                         size_t prefix)
{
    AioContext *other = aio_context_new(&error_abort);
    g_autofree char *text = NULL;
    struct json_object *args;
    uint8_t wire[64] = { 0 }, back[64];
    NetClientState *nc;
    Sink *sink;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, socket_type, 0, fds), ==, 0);
    text = g_strdup_printf("{'type': '%s', 'id': 'm0', %s'%d'%s}", type, option,
                           fds[0], strchr(option, '{') ? "}" : "");
    args = json_tokener_parse(text);
    g_assert_true(netdev_add_json(args, &error_abort));
    json_object_put(args);
    nc = qemu_find_netdev("m0");
    sink = sink_new(nc, 1000);
    turn();                     /* a stream is connected by the loop */
    if (prefix) {
        stl_be_p(wire, sizeof(wire) - prefix);
    }
    for (unsigned lap = 0; lap < 4; lap++) {
        AioContext *ctx = lap % 2 ? qemu_get_aio_context() : other;

        sink->got->len = 0;
        g_assert_true(qemu_set_aio_context(nc, ctx));
        g_assert_true(nc->ctx == ctx);
        g_assert_cmpint(write(fds[1], wire, sizeof(wire)), ==, sizeof(wire));
        while (aio_poll(lap % 2 ? other : qemu_get_aio_context(), false)) {
        }
        g_assert_cmpuint(sink->got->len, ==, 0);
        while (aio_poll(ctx, false)) {
        }
        g_assert_cmpuint(sink->got->len, ==, 1);
        qemu_send_packet(&sink->nc, wire, sizeof(wire) - prefix);
        g_assert_cmpint(read(fds[1], back, sizeof(back)), ==, sizeof(back));
    }
    g_assert_true(qemu_set_aio_context(nc, other));
    close(fds[1]);
    while (aio_poll(other, false)) {
    }
    turn();
    g_assert_true(qemu_set_aio_context(nc, qemu_get_aio_context()));
    qemu_del_net_client(&sink->nc);
    g_assert_true(netdev_del("m0", &error_abort));
    aio_context_unref(other);
}

static void test_move_backend(void)
{
    move_backend("dgram", SOCK_DGRAM, "'local': {'type': 'fd', 'str': ", 0);
    move_backend("socket", SOCK_DGRAM, "'fd': ", 0);
    move_backend("socket", SOCK_STREAM, "'fd': ", 4);
    move_backend("stream", SOCK_STREAM, "'server': false, 'addr': {'type': 'fd',"
                 " 'str': ", 4);
}

static void test_checksum(void)
{
    uint8_t data[64];
    /* RFC 1071's own example. */
    static const uint8_t rfc[] = { 0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7 };

    g_assert_cmphex(net_checksum_finish(net_checksum_add(0, rfc, 8)), ==,
                    0x220d);
    for (unsigned size = 0; size <= sizeof(data); size++) {
        uint32_t sum = 0;

        for (unsigned i = 0; i < size; i++) {
            data[i] = g_random_int();
            sum += i % 2 ? data[i] : data[i] << 8;
        }
        while (sum >> 16) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        g_assert_cmphex(net_checksum_finish(net_checksum_add(0, data, size)),
                        ==, (uint16_t)~sum);
    }
}

static void test_headers(void)
{
    uint8_t frame[14 + 4 + 20 + 8 + 10] = { 0 };
    uint8_t *ip = frame + 18, *udp = ip + 20;
    EthLayout l;

    stw_be_p(frame + 12, ETH_P_VLAN);
    stw_be_p(frame + 16, ETH_P_IP);
    ip[0] = 0x45;
    stw_be_p(ip + 2, 38);
    ip[9] = 17;
    stw_be_p(udp + 4, 18);
    g_assert_true(eth_parse(frame, sizeof(frame), &l));
    g_assert_cmpint(l.l4, ==, ETH_L4_UDP);
    g_assert_cmpint(l.payload_offset, ==, 14 + 4 + 20 + 8);
    g_assert_true(net_checksum_calculate(frame, sizeof(frame)));
    g_assert_cmphex(lduw_be_p(udp + 6), !=, 0);
    /* Every cut and every value of the length fields is survived. */
    for (size_t size = 0; size <= sizeof(frame); size++) {
        for (unsigned value = 0; value < 256; value++) {
            g_autofree uint8_t *copy = g_memdup2(frame, MAX(size, 1));

            if (size > 20) {
                copy[18] = value;
                copy[size - 1] = value;
            }
            eth_parse(copy, size, &l);
            net_checksum_calculate(copy, size);
            net_checksum_partial(copy, size, value, value / 2);
        }
    }
}

static void test_mac(void)
{
    uint8_t mac[6];

    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34:56"), ==, 0);
    g_assert_cmphex(mac[5], ==, 0x56);
    g_assert_cmpint(net_parse_macaddr(mac, "52-54-0-12-34-56"), ==, 0);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34"), ==, -1);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34:56:78"), ==, -1);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34:5g"), ==, -1);
    g_assert_cmpint(net_parse_macaddr(mac, "52:54:00:12:34:156"), ==, -1);
    g_assert_cmpint(net_parse_macaddr(mac, ""), ==, -1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/net/burst-back-pressure", test_burst_back_pressure);
    g_test_add_func("/net/copies-keep-order", test_copies_keep_order);
    g_test_add_func("/net/queue-is-bounded", test_queue_is_bounded);
    g_test_add_func("/net/peer-goes", test_peer_goes);
    g_test_add_func("/net/blocked-peer-goes", test_blocked_peer_goes);
    g_test_add_func("/net/link-down", test_link_down);
    g_test_add_func("/net/hub", test_hub);
    g_test_add_func("/net/stream-in-pieces", test_stream_in_pieces);
    g_test_add_func("/net/move-backend", test_move_backend);
    g_test_add_func("/net/checksum", test_checksum);
    g_test_add_func("/net/headers", test_headers);
    g_test_add_func("/net/mac", test_mac);
    return g_test_run();
}

/*
 * The other side of a backend ends at any moment, a hundred times: that costs
 * frames and nothing else. Afterwards frames go both ways, whole and in order, and
 * the emulator holds no more descriptors and no more memory than before.
 *
 * NETDEV_PEER_ROUNDS=1000 does it more often.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "mapped-net.h"

#define ROUNDS      100
#define PROOF       200         /* frames each way, at the end */
/* Their numbers, to the other side and to the guest: none before has such. */
#define PROOF_OUT   1000000
#define PROOF_IN    2000000
#define HEAD_MAX    64
/* What memory may grow by from the tenth round on. */
#define GROWTH_MAX  (2 << 20)

/* How to be the other side. */
typedef struct Peer {
    bool stream;                /* frames behind their lengths */
    bool listens;               /* the emulator connects to us */
    bool comes_and_goes;        /* a datagram socket: bound anew each time */
    bool group;                 /* theirs is a multicast group, which we join */
    const uint8_t *head;        /* in front of each datagram, both ways */
    size_t head_bytes;
    int family;
    int listen_fd;
    union {
        struct sockaddr sa;
        struct sockaddr_un un;
        struct sockaddr_in in;
    } own, theirs;
} Peer;

static socklen_t address_bytes(const Peer *peer)
{
    return peer->family == AF_UNIX ? sizeof(peer->own.un) :
                                     sizeof(peer->own.in);
}

static void wait_for(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    g_assert_cmpint(poll(&p, 1, 20000), >, 0);
}

static void peer_join(const Peer *peer, int fd)
{
    const struct ip_mreq join = {
        .imr_multiaddr = peer->theirs.in.sin_addr,
        .imr_interface.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    g_assert_cmpint(bind(fd, &peer->theirs.sa, address_bytes(peer)), ==, 0);
    g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
                               sizeof(join)), ==, 0);
    g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF,
                               &join.imr_interface,
                               sizeof(join.imr_interface)), ==, 0);
}

/* A socket that the emulator's frames come to. */
static int peer_open(Peer *peer)
{
    int type = (peer->stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
    int fd;

    if (peer->listens) {
        wait_for(peer->listen_fd, POLLIN);
        fd = accept4(peer->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        return fd;
    }
    fd = socket(peer->family, type, 0);
    if (peer->group) {
        peer_join(peer, fd);
        return fd;
    }
    if (peer->comes_and_goes) {
        if (peer->family == AF_UNIX) {
            g_unlink(peer->own.un.sun_path);
        }
        g_assert_cmpint(bind(fd, &peer->own.sa, address_bytes(peer)), ==, 0);
        return fd;
    }
    g_assert_cmpint(connect(fd, &peer->theirs.sa, address_bytes(peer)), ==, 0);
    return fd;
}

static void peer_close(Peer *peer, int fd)
{
    struct linger abrupt = { .l_onoff = 1 };

    if (g_random_boolean() && peer->family == AF_INET && peer->stream) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abrupt, sizeof(abrupt));
    }
    close(fd);
}

/* Send frame @number, or only its first @cut bytes; false if it does not go. */
static bool peer_send(const Peer *peer, int fd, unsigned number, size_t cut)
{
    uint8_t wire[HEAD_MAX + MAPPED_FRAME_BYTES];
    size_t head = peer->stream ? 4 : peer->head_bytes;
    uint32_t size = mapped_net_frame(wire + head, number);
    uint32_t length = htonl(size);

    if (head) {
        memcpy(wire, peer->stream ? (const uint8_t *)&length : peer->head, head);
    }
    return sendto(fd, wire, MIN(cut, head + size), MSG_NOSIGNAL | MSG_DONTWAIT,
                  peer->stream ? NULL : &peer->theirs.sa,
                  peer->stream ? 0 : address_bytes(peer)) > 0;
}

/* One round: frames in both directions, and the end somewhere among them. */
static unsigned disturb(MappedNet *side, Peer *peer, unsigned next)
{
    int fd = peer_open(peer);
    uint8_t junk[8192], frame[MAPPED_FRAME_BYTES];
    unsigned from_guest = g_random_int_range(0, 400);
    unsigned to_guest = g_random_int_range(0, 100);
    unsigned reads = g_random_int_range(0, 20);

    next = mapped_net_send(side, next, next + from_guest);
    for (unsigned i = 0; i < to_guest; i++) {
        peer_send(peer, fd, i, SIZE_MAX);
    }
    if (peer->stream || peer->head) {
        peer_send(peer, fd, 1, g_random_int_range(1, 100));
    }
    for (unsigned i = 0; i < reads; i++) {
        recv(fd, junk, g_random_int_range(1, sizeof(junk)), MSG_DONTWAIT);
    }
    if (g_random_boolean()) {
        g_usleep(g_random_int_range(0, 2000));
    }
    peer_close(peer, fd);
    while (mapped_net_receive(side, frame)) {
        /* whatever came */
    }
    mapped_net_rx_kick(side);
    return next;
}

static unsigned open_files(const MappedNet *side)
{
    g_autofree char *path =
        g_strdup_printf("/proc/%d/fd", (int)qtest_pid(side->qts));
    GDir *dir = g_dir_open(path, 0, NULL);
    unsigned count = 0;

    g_assert_nonnull(dir);
    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

/* Bytes of memory that are the emulator's own; the guest's lie in a file. */
static int64_t own_memory(const MappedNet *side)
{
    g_autofree char *path =
        g_strdup_printf("/proc/%d/statm", (int)qtest_pid(side->qts));
    g_autofree char *text = NULL;
    long all, resident, shared;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%ld %ld %ld", &all, &resident, &shared), ==,
                    3);
    return (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
}

static void read_whole(int fd, void *to, size_t bytes)
{
    uint8_t *p = to;

    while (bytes) {
        ssize_t got;

        wait_for(fd, POLLIN);
        got = recv(fd, p, bytes, 0);
        g_assert_cmpint(got, >, 0);
        p += got;
        bytes -= got;
    }
}

/* The next frame that the guest sent, of those that count now. */
static void expect_from_guest(const Peer *peer, int fd, unsigned number)
{
    uint8_t expected[MAPPED_FRAME_BYTES], wire[HEAD_MAX + MAPPED_FRAME_BYTES];
    uint32_t size = mapped_net_frame(expected, number);
    uint8_t *frame = wire + peer->head_bytes;

    for (;;) {
        uint32_t got, seen;

        if (peer->stream) {
            read_whole(fd, &got, sizeof(got));
            got = ntohl(got);
            g_assert_cmpuint(got, <=, MAPPED_FRAME_BYTES);
            read_whole(fd, frame, got);
        } else {
            wait_for(fd, POLLIN);
            got = recv(fd, wire, sizeof(wire), 0);
            g_assert_cmpmem(wire, MIN(got, peer->head_bytes), peer->head,
                            peer->head_bytes);
            got -= peer->head_bytes;
        }
        g_assert_cmpuint(got, >=, 60);
        memcpy(&seen, frame + 14, sizeof(seen));
        if (seen >= PROOF_OUT && seen < PROOF_IN) {
            g_assert_cmpmem(frame, got, expected, size);
            return;
        }
    }
}

static void expect_at_guest(MappedNet *side, unsigned number)
{
    uint8_t expected[MAPPED_FRAME_BYTES], frame[MAPPED_FRAME_BYTES];
    uint32_t size = mapped_net_frame(expected, number);
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    for (;;) {
        uint32_t got = mapped_net_receive(side, frame), seen;

        if (got == 0) {
            mapped_net_rx_kick(side);
            g_assert_cmpint(g_get_monotonic_time(), <, deadline);
            continue;
        }
        memcpy(&seen, frame + 14, sizeof(seen));
        if (got >= 60 && seen >= PROOF_IN) {
            g_assert_cmpmem(frame, got, expected, size);
            return;
        }
    }
}

static void wait_until_sent(MappedNet *side)
{
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    while (mapped_net_tx_pending(side)) {
        g_usleep(100);
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    }
}

/* The emulator has seen us when a frame of its guest comes. */
static void wait_until_joined(MappedNet *side, int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    unsigned i = 0;

    do {
        mapped_net_send(side, 0, 1);
        g_assert_cmpuint(i++, <, 1000);
    } while (poll(&p, 1, 20) == 0);
}

static void prove(MappedNet *side, Peer *peer, int fd)
{
    for (unsigned i = 0; i < PROOF; i++) {
        g_assert_cmpuint(mapped_net_send(side, PROOF_OUT + i,
                                         PROOF_OUT + i + 1), ==,
                         PROOF_OUT + i + 1);
        expect_from_guest(peer, fd, PROOF_OUT + i);
        g_assert_true(peer_send(peer, fd, PROOF_IN + i, SIZE_MAX));
        expect_at_guest(side, PROOF_IN + i);
    }
}

static unsigned round_count(void)
{
    const char *text = g_getenv("NETDEV_PEER_ROUNDS");

    return text ? MAX(atoi(text), 10) : ROUNDS;
}

static void run(Peer *peer, const char *netdev)
{
    unsigned next = 0, files, rounds = round_count();
    int64_t memory = 0;
    MappedNet side;
    int fd;

    mapped_net_start(&side, "peer", netdev);
    fd = peer_open(peer);
    wait_until_joined(&side, fd);
    files = open_files(&side);
    close(fd);
    for (unsigned i = 0; i < rounds; i++) {
        next = disturb(&side, peer, next);
        g_assert_true(qtest_alive(side.qts));
        if (i % 10 == 9) {
            /* Events that nobody reads stay with the emulator. */
            json_object_put(qtest_qmp_return(side.qts,
                                             "{'execute':'query-status'}"));
        }
        if (i == 9) {
            memory = own_memory(&side);
        }
    }
    /* What has nobody to go to is lost, and does not stay with the device. */
    if (!peer->listens) {
        wait_until_sent(&side);
    }
    fd = peer_open(peer);
    wait_until_joined(&side, fd);
    wait_until_sent(&side);
    prove(&side, peer, fd);
    g_assert_cmpuint(open_files(&side), ==, files);
    g_test_message("%u rounds: %u descriptors, memory %+" PRId64 " KiB", rounds,
                   files, (own_memory(&side) - memory) / 1024);
    g_assert_cmpint(own_memory(&side) - memory, <, GROWTH_MAX);
    close(fd);
    if (peer->listens) {
        close(peer->listen_fd);
    }
    mapped_net_stop(&side);
}

/* --- the backends --- */

static char *temp_path(const char *name)
{
    return g_strdup_printf("%s/peer-%d-%s.sock", g_get_tmp_dir(), getpid(),
                           name);
}

static void set_unix(struct sockaddr_un *un, const char *path)
{
    un->sun_family = AF_UNIX;
    g_strlcpy(un->sun_path, path, sizeof(un->sun_path));
}

/* A port of this machine that nobody uses now. */
static void set_inet(struct sockaddr_in *in, int type)
{
    socklen_t len = sizeof(*in);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    g_assert_cmpint(bind(fd, (struct sockaddr *)in, len), ==, 0);
    getsockname(fd, (struct sockaddr *)in, &len);
    close(fd);
}

static void start_listening(Peer *peer)
{
    int on = 1;

    peer->listens = true;
    peer->listen_fd = socket(peer->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(peer->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    g_assert_cmpint(bind(peer->listen_fd, &peer->own.sa, address_bytes(peer)),
                    ==, 0);
    g_assert_cmpint(listen(peer->listen_fd, 1), ==, 0);
}

static void test_dgram_unix(void)
{
    g_autofree char *a = temp_path("a"), *b = temp_path("b");
    g_autofree char *netdev = g_strdup_printf(
        "dgram,id=n0,local.type=unix,local.path=%s,"
        "remote.type=unix,remote.path=%s", a, b);
    Peer peer = { .family = AF_UNIX, .comes_and_goes = true };

    set_unix(&peer.theirs.un, a);
    set_unix(&peer.own.un, b);
    run(&peer, netdev);
    g_unlink(b);
}

/* A new other side is heard although the guest has nothing to send to it. */
static void test_dgram_silent_guest(void)
{
    g_autofree char *a = temp_path("qa"), *b = temp_path("qb");
    g_autofree char *netdev = g_strdup_printf(
        "dgram,id=n0,local.type=unix,local.path=%s,"
        "remote.type=unix,remote.path=%s", a, b);
    Peer peer = { .family = AF_UNIX, .comes_and_goes = true };
    MappedNet side;
    int fd;

    set_unix(&peer.theirs.un, a);
    set_unix(&peer.own.un, b);
    mapped_net_start(&side, "peer", netdev);
    fd = peer_open(&peer);
    mapped_net_send(&side, PROOF_OUT, PROOF_OUT + 1);
    expect_from_guest(&peer, fd, PROOF_OUT);
    close(fd);
    fd = peer_open(&peer);
    for (unsigned i = 0; !peer_send(&peer, fd, PROOF_IN, SIZE_MAX); i++) {
        g_usleep(10000);
        g_assert_cmpuint(i, <, 1000);
    }
    expect_at_guest(&side, PROOF_IN);
    close(fd);
    g_unlink(b);
    mapped_net_stop(&side);
}

static void test_dgram_udp(void)
{
    g_autofree char *netdev = NULL;
    Peer peer = { .family = AF_INET, .comes_and_goes = true };

    set_inet(&peer.theirs.in, SOCK_DGRAM);
    set_inet(&peer.own.in, SOCK_DGRAM);
    netdev = g_strdup_printf(
        "dgram,id=n0,local.type=inet,local.host=127.0.0.1,local.port=%u,"
        "remote.type=inet,remote.host=127.0.0.1,remote.port=%u",
        ntohs(peer.theirs.in.sin_port), ntohs(peer.own.in.sin_port));
    run(&peer, netdev);
}

static void test_socket_udp(void)
{
    g_autofree char *netdev = NULL;
    Peer peer = { .family = AF_INET, .comes_and_goes = true };

    set_inet(&peer.theirs.in, SOCK_DGRAM);
    set_inet(&peer.own.in, SOCK_DGRAM);
    netdev = g_strdup_printf(
        "socket,id=n0,localaddr=127.0.0.1:%u,udp=127.0.0.1:%u",
        ntohs(peer.theirs.in.sin_port), ntohs(peer.own.in.sin_port));
    run(&peer, netdev);
}

static void test_l2tpv3(void)
{
    static const uint8_t head[] = {
        0, 3, 0, 0,  0, 0, 0, 7,  1, 2, 3, 4, 5, 6, 7, 8,  0, 0, 0, 0,
    };
    g_autofree char *netdev = NULL;
    Peer peer = {
        .family = AF_INET, .comes_and_goes = true, .head = head,
        .head_bytes = sizeof(head),
    };

    set_inet(&peer.theirs.in, SOCK_DGRAM);
    set_inet(&peer.own.in, SOCK_DGRAM);
    netdev = g_strdup_printf(
        "l2tpv3,id=n0,src=127.0.0.1,dst=127.0.0.1,udp=on,srcport=%u,"
        "dstport=%u,txsession=7,cookie64=on,txcookie=0x0102030405060708,"
        "rxcookie=0x0102030405060708,counter=on,pincounter=on",
        ntohs(peer.theirs.in.sin_port), ntohs(peer.own.in.sin_port));
    run(&peer, netdev);
}

static void mcast(const char *fmt)
{
    g_autofree char *netdev = NULL;
    Peer peer = { .family = AF_INET, .group = true };

    set_inet(&peer.theirs.in, SOCK_DGRAM);
    inet_pton(AF_INET, "230.0.0.1", &peer.theirs.in.sin_addr);
    netdev = g_strdup_printf("%s%u", fmt, ntohs(peer.theirs.in.sin_port));
    run(&peer, netdev);
}

static void test_socket_mcast(void)
{
    mcast("socket,id=n0,localaddr=127.0.0.1,mcast=230.0.0.1:");
}

static void test_dgram_mcast(void)
{
    mcast("dgram,id=n0,local.type=inet,local.host=127.0.0.1,"
          "remote.type=inet,remote.host=230.0.0.1,remote.port=");
}

static void test_socket_listen_unix(void)
{
    g_autofree char *path = temp_path("l");
    g_autofree char *netdev = g_strdup_printf("socket,id=n0,listen=unix:%s",
                                              path);
    Peer peer = { .family = AF_UNIX, .stream = true };

    set_unix(&peer.theirs.un, path);
    run(&peer, netdev);
}

static void test_socket_listen_tcp(void)
{
    g_autofree char *netdev = NULL;
    Peer peer = { .family = AF_INET, .stream = true };

    set_inet(&peer.theirs.in, SOCK_STREAM);
    netdev = g_strdup_printf("socket,id=n0,listen=127.0.0.1:%u",
                             ntohs(peer.theirs.in.sin_port));
    run(&peer, netdev);
}

static void test_stream_server_unix(void)
{
    g_autofree char *path = temp_path("s");
    g_autofree char *netdev = g_strdup_printf(
        "stream,id=n0,server=on,addr.type=unix,addr.path=%s", path);
    Peer peer = { .family = AF_UNIX, .stream = true };

    set_unix(&peer.theirs.un, path);
    run(&peer, netdev);
}

static void test_stream_server_tcp(void)
{
    g_autofree char *netdev = NULL;
    Peer peer = { .family = AF_INET, .stream = true };

    set_inet(&peer.theirs.in, SOCK_STREAM);
    netdev = g_strdup_printf(
        "stream,id=n0,server=on,addr.type=inet,addr.host=127.0.0.1,"
        "addr.port=%u", ntohs(peer.theirs.in.sin_port));
    run(&peer, netdev);
}

static void test_stream_client_unix(void)
{
    g_autofree char *path = temp_path("c");
    g_autofree char *netdev = g_strdup_printf(
        "stream,id=n0,server=off,reconnect-ms=1,addr.type=unix,addr.path=%s",
        path);
    Peer peer = { .family = AF_UNIX, .stream = true };

    set_unix(&peer.own.un, path);
    start_listening(&peer);
    run(&peer, netdev);
    g_unlink(path);
}

static void test_stream_client_tcp(void)
{
    g_autofree char *netdev = NULL;
    Peer peer = { .family = AF_INET, .stream = true };

    set_inet(&peer.own.in, SOCK_STREAM);
    start_listening(&peer);
    netdev = g_strdup_printf(
        "stream,id=n0,server=off,reconnect-ms=1,addr.type=inet,"
        "addr.host=127.0.0.1,addr.port=%u", ntohs(peer.own.in.sin_port));
    run(&peer, netdev);
}

/* A pair of sockets cannot be made anew: it ends once, under traffic. */
static void test_fd_ends(void)
{
    static const char *const netdevs[] = {
        "socket,id=n0,fd=%d", "dgram,id=n0,local.type=fd,local.str=%d",
        "socket,id=n0,fd=%d", "stream,id=n0,addr.type=fd,addr.str=%d",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(netdevs); i++) {
        int type = i < 2 ? SOCK_DGRAM : SOCK_STREAM;
        g_autofree char *netdev = NULL;
        MappedNet side;
        int pair[2];

        g_assert_cmpint(socketpair(AF_UNIX, type, 0, pair), ==, 0);
        fcntl(pair[0], F_SETFD, FD_CLOEXEC);
        netdev = g_strdup_printf(netdevs[i], pair[1]);
        mapped_net_start(&side, "peer", netdev);
        close(pair[1]);
        mapped_net_send(&side, 0, 200);
        close(pair[0]);
        wait_until_sent(&side);
        mapped_net_send(&side, 0, 200);
        wait_until_sent(&side);
        g_assert_true(qtest_alive(side.qts));
        mapped_net_stop(&side);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("peer-ends/dgram-unix", test_dgram_unix);
    qtest_add_func("peer-ends/dgram-silent-guest", test_dgram_silent_guest);
    qtest_add_func("peer-ends/dgram-udp", test_dgram_udp);
    qtest_add_func("peer-ends/socket-udp", test_socket_udp);
    qtest_add_func("peer-ends/l2tpv3", test_l2tpv3);
    qtest_add_func("peer-ends/socket-mcast", test_socket_mcast);
    qtest_add_func("peer-ends/dgram-mcast", test_dgram_mcast);
    qtest_add_func("peer-ends/socket-listen-unix", test_socket_listen_unix);
    qtest_add_func("peer-ends/socket-listen-tcp", test_socket_listen_tcp);
    qtest_add_func("peer-ends/stream-server-unix", test_stream_server_unix);
    qtest_add_func("peer-ends/stream-server-tcp", test_stream_server_tcp);
    qtest_add_func("peer-ends/stream-client-unix", test_stream_client_unix);
    qtest_add_func("peer-ends/stream-client-tcp", test_stream_client_tcp);
    qtest_add_func("peer-ends/fd", test_fd_ends);
    return g_test_run();
}

/*
 * The user network's own half: what libslirp is handed and when, what it waits for,
 * and what comes out of it. A test client stands where the guest's card would be.
 * Each case names the check that it guards; hostile packets are sent to the whole
 * program by tests/qtest/user-attack-test.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <json-c/json.h>
#include <sys/socket.h>
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "net/net-internal.h"

#define ARP_BYTES   42
enum { UDP_HEADERS = ETH_HLEN + 20 + 8 };

/* The guest: keeps the last frame, and may answer from within. */
typedef struct Guest {
    NetClientState nc;
    unsigned count;
    uint8_t last[2048];
    size_t size;
    bool answers;               /* the next frame, with a question */
    ssize_t answer_taken;
} Guest;

static const uint8_t guest_mac[] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

/* Who has 10.0.2.@whom? */
static void make_arp(uint8_t *frame, unsigned whom)
{
    memset(frame, 0, ARP_BYTES);
    memset(frame, 0xff, 6);
    memcpy(frame + 6, guest_mac, 6);
    stw_be_p(frame + 12, 0x0806);
    stw_be_p(frame + 14, 1);
    stw_be_p(frame + 16, ETH_P_IP);
    stw_be_p(frame + 18, 0x0604);
    stw_be_p(frame + 20, 1);
    memcpy(frame + 22, guest_mac, 6);
    stl_be_p(frame + 28, 0x0a00020f);
    stl_be_p(frame + 38, 0x0a000200 + whom);
}

static ssize_t guest_receive(NetClientState *nc, const uint8_t *buf, size_t size)
{
    Guest *g = container_of(nc, Guest, nc);
    uint8_t question[ARP_BYTES];

    g->count++;
    g->size = MIN(size, sizeof(g->last));
    memcpy(g->last, buf, g->size);
    if (g->answers) {
        g->answers = false;
        make_arp(question, 3);
        g->answer_taken = qemu_send_packet(nc, question, sizeof(question));
    }
    return size;
}

static const NetClientInfo guest_info = {
    .type = NET_CLIENT_DRIVER_SOCKET,
    .size = sizeof(Guest),
    .receive = guest_receive,
};

static void turn(void)
{
    for (unsigned i = 0; i < 20; i++) {
        main_loop_wait(true);
    }
}

static Guest *start(const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "{'type':'user','id':'u0','ipv6':false%s}", more);
    struct json_object *json;
    NetClientState *nc;

    g_strdelimit(text, "'", '"');
    json = json_tokener_parse(text);
    g_assert_true(netdev_add_json(json, &error_abort));
    json_object_put(json);
    nc = qemu_new_net_client(&guest_info, qemu_find_netdev("u0"), "guest", "g");
    return container_of(nc, Guest, nc);
}

static void stop(Guest *g)
{
    qemu_del_net_client(&g->nc);
    g_assert_true(netdev_del("u0", &error_abort));
    turn();
}

/* The network still answers, and knows the guest's address. */
static void answers_arp(Guest *g)
{
    uint8_t frame[ARP_BYTES];
    unsigned before = g->count;

    make_arp(frame, 2);
    qemu_send_packet(&g->nc, frame, sizeof(frame));
    turn();
    g_assert_cmpuint(g->count, ==, before + 1);
    g_assert_cmphex(lduw_be_p(g->last + 20), ==, 2);
    g_assert_cmphex((uint32_t)ldl_be_p(g->last + 28), ==, 0x0a000202);
}

static int host_socket(int type, uint16_t *port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&addr, len), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&addr, &len), ==, 0);
    *port = ntohs(addr.sin_port);
    return fd;
}

/* Ethernet and IP in front of @size bytes of a datagram to the host. */
static void put_ip(uint8_t *frame, size_t size, uint16_t ident, uint16_t field)
{
    uint8_t *ip = frame + ETH_HLEN;

    memset(frame, 0x52, 6);
    memcpy(frame + 6, guest_mac, 6);
    stw_be_p(frame + 12, ETH_P_IP);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    stw_be_p(ip + 2, 20 + size);
    stw_be_p(ip + 4, ident);
    stw_be_p(ip + 6, field);
    ip[8] = 64;
    ip[9] = 17;
    stl_be_p(ip + 12, 0x0a00020f);
    stl_be_p(ip + 16, 0x0a000202);
    stw_be_p(ip + 10, net_checksum_finish(net_checksum_add(0, ip, 20)));
}

/* A datagram of one byte to the host; where its answer goes. */
static void send_datagram(Guest *g, int fd, uint16_t port,
                          struct sockaddr_in *from)
{
    uint8_t frame[UDP_HEADERS + 1] = { 0 }, *ip = frame + ETH_HLEN;
    socklen_t len = sizeof(*from);
    uint8_t byte;

    put_ip(frame, 9, 0, 0);
    stw_be_p(ip + 20, 1234);
    stw_be_p(ip + 22, port);
    stw_be_p(ip + 24, 9);
    qemu_send_packet(&g->nc, frame, sizeof(frame));
    turn();
    g_assert_cmpint(recvfrom(fd, &byte, 1, 0, (struct sockaddr *)from, &len),
                    ==, 1);
}

/*
 * libslirp walks along its connections while it sends. Guards: the guard that
 * user_work() holds; a frame that comes in meanwhile waits.
 */
static void test_answer_waits(void)
{
    Guest *g = start("");
    struct sockaddr_in from;
    uint16_t port;
    int fd = host_socket(SOCK_DGRAM, &port);
    unsigned before;

    answers_arp(g);
    send_datagram(g, fd, port, &from);
    before = g->count;
    g->answers = true;
    g->answer_taken = -1;
    g_assert_cmpint(sendto(fd, "x", 1, 0, (struct sockaddr *)&from,
                           sizeof(from)), ==, 1);
    turn();
    g_assert_cmpint(g->answer_taken, ==, 0);
    /* The datagram, and then what the guest asked. */
    g_assert_cmpuint(g->count, ==, before + 2);
    g_assert_cmphex((uint32_t)ldl_be_p(g->last + 28), ==, 0x0a000203);
    close(fd);
    stop(g);
}

/*
 * Guards: user_receive_burst()'s limit by NET_BUFSIZE: what comes in pieces is put
 * together in so much room.
 */
static void test_frames_too_large(void)
{
    g_autofree uint8_t *bytes = g_malloc0(4 * NET_BUFSIZE);
    Guest *g = start("");

    make_arp(bytes, 2);
    for (unsigned i = 0; i < 8; i++) {
        size_t half = (NET_BUFSIZE - 2) / 2 + (1 << 2 * i) * (i > 0);
        struct iovec iov[3] = {
            { bytes, half }, { NULL, 0 }, { bytes + half, half },
        };
        NetPacket packets[2] = {
            { iov, 3, 2 * half }, { iov, 1, half },
        };

        g_assert_cmpuint(qemu_send_burst(&g->nc, packets, 2, NULL), ==, 2);
        turn();
    }
    answers_arp(g);
    stop(g);
}

/* Ends in the middle of any header, in any pieces, and all of it in pieces. */
static void test_frames_in_pieces(void)
{
    uint8_t frame[ARP_BYTES + 1] = { 0 };
    Guest *g = start("");
    unsigned before;

    make_arp(frame, 2);
    for (size_t size = 0; size <= ARP_BYTES; size++) {
        for (size_t first = 0; first <= size; first++) {
            g_autofree uint8_t *a = g_memdup2(frame, MAX(first, 1));
            g_autofree uint8_t *b = g_memdup2(frame + first,
                                              MAX(size - first, 1));
            struct iovec iov[3] = {
                { a, first }, { NULL, 0 }, { b, size - first },
            };
            NetPacket packet = { iov, first == size ? 1 : 3, size };

            before = g->count;
            g_assert_cmpuint(qemu_send_burst(&g->nc, &packet, 1, NULL), ==, 1);
            g_assert_cmpuint(g->count, ==, before + (size == ARP_BYTES));
        }
    }
    stop(g);
}

/* Guards: user_send_packet() pads with zeros. */
static void test_short_frames_padded(void)
{
    static const uint8_t zeros[ETH_ZLEN - UDP_HEADERS - 1];
    Guest *g = start("");
    struct sockaddr_in from;
    uint16_t port;
    int fd = host_socket(SOCK_DGRAM, &port);

    answers_arp(g);
    send_datagram(g, fd, port, &from);
    memset(g->last, 0xa5, sizeof(g->last));
    g_assert_cmpint(sendto(fd, "x", 1, 0, (struct sockaddr *)&from,
                           sizeof(from)), ==, 1);
    turn();
    g_assert_cmpuint(g->size, ==, ETH_ZLEN);
    g_assert_cmpint(g->last[UDP_HEADERS], ==, 'x');
    g_assert_cmpmem(g->last + UDP_HEADERS + 1, sizeof(zeros), zeros,
                    sizeof(zeros));
    close(fd);
    stop(g);
}

/*
 * A descriptor is closed and its number comes again before the loop looks. Guards:
 * user_unregister_fd() forgets what was waited for; else nothing would come of the
 * new one.
 */
static void test_descriptor_comes_again(void)
{
    g_autofree char *first = NULL, *rule = NULL;
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    uint16_t ports[2];
    int fds[2], fd;
    unsigned before;
    Guest *g;

    for (unsigned i = 0; i < 2; i++) {
        fds[i] = host_socket(SOCK_STREAM, &ports[i]);
    }
    close(fds[0]);
    close(fds[1]);
    first = g_strdup_printf("tcp:127.0.0.1:%u", ports[0]);
    rule = g_strdup_printf("%s-:22", first);
    g = start("");
    answers_arp(g);
    g_assert_true(net_hostfwd_add("u0", rule, &error_abort));
    turn();
    g_assert_cmpint(net_hostfwd_remove("u0", first, &error_abort), ==, 0);
    g_free(rule);
    rule = g_strdup_printf("tcp:127.0.0.1:%u-:22", ports[1]);
    g_assert_true(net_hostfwd_add("u0", rule, &error_abort));
    turn();
    before = g->count;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    addr.sin_port = htons(ports[1]);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    turn();
    g_assert_cmpuint(g->count, >, before);
    g_assert_cmpint(g->last[ETH_HLEN + 9], ==, 6);      /* the SYN */
    g_assert_cmphex(lduw_be_p(g->last + ETH_HLEN + 22), ==, 22);
    close(fd);
    stop(g);
}

/* --- fragments --- */

#define PAYLOAD     100
/* A fragment of the datagram: its bytes from @offset on. */
typedef struct Piece {
    unsigned offset, bytes;
    bool more;
} Piece;

static void send_piece(Guest *g, uint16_t ident, uint16_t port, const Piece *p)
{
    uint8_t datagram[8 + PAYLOAD] = { 0 }, frame[ETH_HLEN + 20 + PAYLOAD + 20];

    stw_be_p(datagram, 1234);
    stw_be_p(datagram + 2, port);
    stw_be_p(datagram + 4, sizeof(datagram));
    for (unsigned i = 0; i < PAYLOAD; i++) {
        datagram[8 + i] = i + ident;
    }
    memset(frame, 0xee, sizeof(frame));
    if (p->offset < sizeof(datagram)) {
        memcpy(frame + ETH_HLEN + 20, datagram + p->offset,
               MIN(p->bytes, sizeof(datagram) - p->offset));
    }
    put_ip(frame, p->bytes, ident, p->offset / 8 | (p->more ? 0x2000 : 0));
    qemu_send_packet(&g->nc, frame, ETH_HLEN + 20 + p->bytes);
}

/* Does the host get datagram @ident, and nothing else? */
static bool host_gets(int fd, uint16_t ident)
{
    uint8_t got[2 * PAYLOAD];
    ssize_t n;

    turn();
    n = recv(fd, got, sizeof(got), 0);
    if (n < 0) {
        return false;
    }
    g_assert_cmpint(n, ==, PAYLOAD);
    for (unsigned i = 0; i < PAYLOAD; i++) {
        g_assert_cmphex(got[i], ==, (uint8_t)(i + ident));
    }
    g_assert_cmpint(recv(fd, got, sizeof(got), 0), ==, -1);
    return true;
}

/* Guards: user_input() hands no fragment to libslirp, whose order it would be. */
static void test_fragments_in_any_order(void)
{
    static const Piece pieces[4] = {
        { 0, 40, true }, { 40, 8, true }, { 48, 40, true }, { 88, 20, false },
    };
    Guest *g = start("");
    uint16_t port;
    int fd = host_socket(SOCK_DGRAM, &port);

    answers_arp(g);
    for (unsigned order = 0; order < 256; order++) {
        unsigned seen = 0;

        for (unsigned i = 0; i < 4; i++) {
            seen |= 1 << (order >> 2 * i & 3);
        }
        for (unsigned i = 0; i < 4; i++) {
            send_piece(g, order, port, &pieces[order >> 2 * i & 3]);
            /* What is there already is no news. */
            if (seen == 15 && i < 3) {
                send_piece(g, order, port, &pieces[order >> 2 * i & 3]);
            }
        }
        g_assert_true(host_gets(fd, order) == (seen == 15));
    }
    close(fd);
    stop(g);
}

/* Guards: parse() holds the lengths of IP against the frame. */
static void test_fragments_cut_short(void)
{
    uint8_t frame[ETH_HLEN + 20 + PAYLOAD] = { 0 };
    Guest *g = start("");

    for (size_t size = ETH_HLEN + 20; size <= sizeof(frame); size++) {
        for (unsigned words = 0; words < 16; words++) {
            g_autofree uint8_t *copy = NULL;

            put_ip(frame, PAYLOAD - size % 2 * 90, size, size & 4 ? 0x2000 : 5);
            frame[ETH_HLEN] = 0x40 | words;
            stw_be_p(frame + ETH_HLEN + 10, 0);
            stw_be_p(frame + ETH_HLEN + 10, net_checksum_finish(
                         net_checksum_add(0, frame + ETH_HLEN, 4 * words)));
            copy = g_memdup2(frame, size);
            qemu_send_packet(&g->nc, copy, size);
        }
    }
    answers_arp(g);
    stop(g);
}

/*
 * Guards: fit_in(): what overlaps, goes beyond the end, or ends twice, ends the
 * datagram; parse()'s limits.
 */
static void test_fragments_that_do_not_fit(void)
{
    static const Piece lies[][3] = {
        { { 0, 48, true }, { 40, 68, false } },                 /* overlap */
        { { 40, 68, false }, { 0, 48, true } },
        { { 0, 40, true }, { 48, 40, true }, { 40, 68, false } },
        { { 48, 60, false }, { 112, 16, true }, { 0, 48, true } },  /* beyond */
        { { 112, 16, true }, { 48, 60, false }, { 0, 48, true } },
        { { 48, 60, false }, { 0, 40, true }, { 40, 8, false } },   /* twice */
        { { 0, 44, true }, { 48, 60, false } },                 /* not by 8 */
        { { 65528, 60, false }, { 0, 48, true } },              /* too long */
        { { 65472, 8, false }, { 0, 48, true } },
    };
    static const Piece whole[2] = { { 0, 48, true }, { 48, 60, false } };
    Guest *g = start("");
    uint16_t port;
    int fd = host_socket(SOCK_DGRAM, &port);

    answers_arp(g);
    for (unsigned i = 0; i < ARRAY_SIZE(lies); i++) {
        for (unsigned n = 0; n < 3 && lies[i][n].bytes; n++) {
            send_piece(g, i, port, &lies[i][n]);
        }
        g_assert_false(host_gets(fd, i));
    }
    /* Many of which some is missing: the oldest goes. */
    for (unsigned i = 1000; i < 1100; i++) {
        send_piece(g, i, port, &whole[i & 1]);
    }
    send_piece(g, 1000, port, &whole[1]);
    g_assert_false(host_gets(fd, 1000));
    send_piece(g, 1099, port, &whole[0]);
    g_assert_true(host_gets(fd, 1099));
    close(fd);
    stop(g);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    g_test_add_func("/user/answer-waits", test_answer_waits);
    g_test_add_func("/user/frames-too-large", test_frames_too_large);
    g_test_add_func("/user/frames-in-pieces", test_frames_in_pieces);
    g_test_add_func("/user/short-frames-padded", test_short_frames_padded);
    g_test_add_func("/user/descriptor-comes-again",
                    test_descriptor_comes_again);
    g_test_add_func("/user/fragments-in-any-order",
                    test_fragments_in_any_order);
    g_test_add_func("/user/fragments-cut-short", test_fragments_cut_short);
    g_test_add_func("/user/fragments-that-do-not-fit",
                    test_fragments_that_do_not_fit);
    return g_test_run();
}

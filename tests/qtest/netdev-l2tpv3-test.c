/*
 * L2TPv3 on the wire: the header that goes out is that of RFC 3931 for each option, and
 * nothing but frames of the session comes in, whatever the other side sends.
 *
 * The emulator has no guest here: a hub joins the tunnel to a socket of the test, the
 * inner one; the outer one is the tunnel's other end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "libqtest.h"

#define FRAME       200
#define QUIET_MS    50          /* nothing came */
#define L2TP        115         /* the IP protocol */

static const char *skip_reason;

typedef struct Tunnel {
    QTestState *qts;
    int inner, outer;
    struct sockaddr_storage far;    /* of the emulator */
    socklen_t far_len;
    bool raw;
    size_t ip_bytes;            /* that the outer socket shows in front */
} Tunnel;

static socklen_t loopback(struct sockaddr_storage *addr, int family)
{
    struct sockaddr_in *in = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

    memset(addr, 0, sizeof(*addr));
    addr->ss_family = family;
    if (family == AF_INET) {
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(*in);
    }
    in6->sin6_addr = in6addr_loopback;
    return sizeof(*in6);
}

/* A socket of this host, and the port of its address where it has one. */
static int open_at(struct sockaddr_storage *addr, socklen_t len, int type,
                   unsigned *port)
{
    int fd = socket(addr->ss_family, type | SOCK_CLOEXEC,
                    type == SOCK_RAW ? L2TP : 0);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)addr, len), ==, 0);
    getsockname(fd, (struct sockaddr *)addr, &len);
    *port = ntohs(((struct sockaddr_in *)addr)->sin_port);
    return fd;
}

static void start(Tunnel *t, int family, int type, const char *options)
{
    const char *host = family == AF_INET ? "127.0.0.1" : "::1";
    struct sockaddr_storage near;
    g_autofree char *ports = NULL, *args = NULL;
    unsigned near_port, far_port;
    int pair[2], fd;

    *t = (Tunnel) { 0 };
    t->far_len = loopback(&t->far, family);
    loopback(&near, family);
    t->outer = open_at(&near, t->far_len, type, &near_port);
    fd = open_at(&t->far, t->far_len, type, &far_port);
    close(fd);
    t->raw = type == SOCK_RAW;
    if (t->raw) {
        t->ip_bytes = family == AF_INET ? sizeof(struct iphdr) : 0;
        ports = g_strdup("udp=off");
    } else {
        ports = g_strdup_printf("udp=on,srcport=%u,dstport=%u", far_port,
                                near_port);
    }
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    t->inner = pair[0];
    args = g_strdup_printf(
        "-M none -nodefaults -netdev dgram,id=in,local.type=fd,local.str=%d"
        " -netdev hubport,id=p0,hubid=0,netdev=in"
        " -netdev l2tpv3,id=out,src=%s,dst=%s,ipv6=%s,%s,%s"
        " -netdev hubport,id=p1,hubid=0,netdev=out", pair[1], host, host,
        family == AF_INET ? "off" : "on", ports, options);
    t->qts = qtest_init_with_fds(args, NULL, 0);
    close(pair[1]);
}

static void stop(Tunnel *t)
{
    g_assert_true(qtest_alive(t->qts));
    qtest_quit(t->qts);
    close(t->inner);
    close(t->outer);
}

static unsigned make_frame(uint8_t *frame, unsigned number)
{
    memset(frame, number, FRAME);
    memcpy(frame + 14, &number, sizeof(number));
    return FRAME;
}

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t n;

    for (n = 0; hex[2 * n]; n++) {
        bytes[n] = g_ascii_xdigit_value(hex[2 * n]) << 4 |
                   g_ascii_xdigit_value(hex[2 * n + 1]);
    }
    return n;
}

/* The bytes of a datagram; 0 if none comes. */
static size_t receive(int fd, uint8_t *bytes, size_t room, int wait_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    if (poll(&p, 1, wait_ms) == 0) {
        return 0;
    }
    return recv(fd, bytes, room, 0);
}

static void send_out(const Tunnel *t, const uint8_t *bytes, size_t size)
{
    g_assert_cmpint(sendto(t->outer, bytes, size, 0, (struct sockaddr *)&t->far,
                           t->far_len), ==, size);
}

/* Frame @number behind @head comes in from the tunnel. */
static void send_frame(const Tunnel *t, const char *head, unsigned number)
{
    uint8_t wire[512];
    size_t bytes = from_hex(head, wire);

    send_out(t, wire, bytes + make_frame(wire + bytes, number));
    if (t->raw) {
        /* On one host each side also hears itself. */
        g_assert_cmpuint(receive(t->outer, wire, sizeof(wire), 20000), >, 0);
    }
}

static void expect_inside(const Tunnel *t, unsigned number)
{
    uint8_t frame[2048], expected[FRAME];

    make_frame(expected, number);
    g_assert_cmpmem(frame, receive(t->inner, frame, sizeof(frame), 20000),
                    expected, FRAME);
}

static void expect_outside(const Tunnel *t, const char *head, unsigned number)
{
    uint8_t got[2048], expected[512];
    size_t bytes = from_hex(head, expected);
    size_t size = receive(t->outer, got, sizeof(got), 20000);

    bytes += make_frame(expected + bytes, number);
    g_assert_cmpuint(size, >, t->ip_bytes);
    g_assert_cmpmem(got + t->ip_bytes, size - t->ip_bytes, expected, bytes);
}

/* Both ways: what goes out, and what comes in behind what the options say. */
static void both_ways(Tunnel *t, const char *tx_head, const char *rx_head)
{
    uint8_t frame[FRAME];

    for (unsigned i = 0; i < 3; i++) {
        make_frame(frame, i);
        g_assert_cmpint(send(t->inner, frame, FRAME, 0), ==, FRAME);
        expect_outside(t, tx_head, i);
        send_frame(t, rx_head, i);
        expect_inside(t, i);
    }
}

/* Some hosts have no IPv6. */
static bool have_ipv6(void)
{
    struct sockaddr_storage addr;
    socklen_t len = loopback(&addr, AF_INET6);
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool have = fd >= 0 && bind(fd, (struct sockaddr *)&addr, len) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return have;
}

/* --- over UDP --- */

static const struct {
    const char *options, *tx, *rx;
} heads[] = {
    { "txsession=5", "0003000000000005", "0003000000000005" },
    { "txsession=0x01020304,rxsession=0xffffffff", "0003000001020304",
      "00030000ffffffff" },
    { "txsession=5,txcookie=0x11223344,rxcookie=0",
      "000300000000000511223344", "000300000000000500000000" },
    { "txsession=5,cookie64=on,txcookie=0x1122334455667788,rxcookie=0x99",
      "00030000000000051122334455667788", "00030000000000050000000000000099" },
    { "txsession=5,counter=on,pincounter=on", "000300000000000500000000",
      "000300000000000540abcdef" },
    { "txsession=5,offset=3", "0003000000000005000000",
      "0003000000000005aabbcc" },
    { "txsession=5,cookie64=on,txcookie=1,rxcookie=2,counter=on,pincounter=on,"
      "offset=1", "0003000000000005000000000000000100000000" "00",
      "0003ffff0000000500000000000000020123456789" },
};

static void test_heads(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(heads); i++) {
        g_autofree char *info = NULL;
        Tunnel t;

        start(&t, i % 2 && have_ipv6() ? AF_INET6 : AF_INET, SOCK_DGRAM, heads[i].options);
        info = qtest_hmp(t.qts, "info network");
        g_assert_nonnull(strstr(info, "out: index=0,type=l2tpv3,l2tpv3:"
                                      " connected\r\n"));
        both_ways(&t, heads[i].tx, heads[i].rx);
        stop(&t);
    }
}

/*
 * Numbers go up by one, with the bit that says that they are some; also in bursts of
 * one size, which the kernel cuts out of one message.
 */
static void test_numbers(void)
{
    uint8_t frame[FRAME];
    unsigned sent = 0, got = 0;
    Tunnel t;

    start(&t, AF_INET, SOCK_DGRAM, "txsession=5,counter=on");
    while (got < 5000) {
        for (; sent < MIN(5000, got + 100); sent++) {
            make_frame(frame, sent);
            if (send(t.inner, frame, FRAME, MSG_DONTWAIT) < 0) {
                break;
            }
        }
        while (got < sent) {
            g_autofree char *head = g_strdup_printf("00030000000000054%07x",
                                                    got);

            expect_outside(&t, head, got++);
        }
    }
    stop(&t);
}

/* Guards l2tpv3_check(). */
static void test_strangers(void)
{
    static const char *const strangers[] = {
        "", "00", "000300", "00030000000000", "0003000000000005112233",
        "000300000000000511223344",         /* and no frame: cut below */
        "000300000000000411223344",         /* another session */
        "000300000000000011223344",         /* that of control messages */
        "000300000000000511223345",         /* another cookie */
        "000300000000000591223344",
        "800300000000000511223344",         /* a control message */
        "000200000000000511223344",         /* L2TPv2 */
        "000000000000000511223344",
    };
    uint8_t wire[512];
    Tunnel t;

    start(&t, AF_INET, SOCK_DGRAM,
          "txsession=5,txcookie=0x11223344,rxcookie=0x11223344");
    for (unsigned i = 0; i < ARRAY_SIZE(strangers); i++) {
        size_t bytes = from_hex(strangers[i], wire);
        bool whole = i > 5;

        /* So that the header of a short one is that of a right one before. */
        send_frame(&t, "000300000000000511223344", i);
        expect_inside(&t, i);
        send_out(&t, wire, bytes + (whole ? make_frame(wire + bytes, i) : 0));
    }
    g_assert_cmpuint(receive(t.inner, wire, sizeof(wire), QUIET_MS), ==, 0);
    send_frame(&t, "000300000000000511223344", 77);
    expect_inside(&t, 77);
    stop(&t);
}

/* Whatever comes, of any length: what gets through is what stood behind the header. */
static void test_junk(void)
{
    static const uint8_t head[] = { 0, 3, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4 };
    g_autofree uint8_t *wire = g_malloc0(65536);
    g_autofree uint8_t *got = g_malloc(70000);
    Tunnel t;

    start(&t, AF_INET, SOCK_DGRAM,
          "txsession=5,txcookie=0x01020304,rxcookie=0x01020304,counter=on,"
          "offset=255");
    for (unsigned i = 0; i < 20000; i++) {
        size_t size = g_random_int_range(0, i % 100 ? 600 : 65507);

        memcpy(wire, head, sizeof(head));
        wire[g_random_int_range(0, 16)] ^= 1 << g_random_int_range(0, 16);
        send_out(&t, wire, size);
        while (receive(t.inner, got, 70000, 0)) {
            /* some are right, if the change was to what does not count */
        }
    }
    send_frame(&t, "000300000000000501020304", 1);
    while (receive(t.inner, got, 70000, QUIET_MS)) {
        /* until all have come */
    }
    memset(wire, 0, 512);
    memcpy(wire, head, sizeof(head));
    send_out(&t, wire, sizeof(head) + 4 + 255 +
                       make_frame(wire + sizeof(head) + 4 + 255, 99));
    expect_inside(&t, 99);
    stop(&t);
}

/* --- straight over IP --- */

static void lo_up(void)
{
    struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    ioctl(fd, SIOCSIFFLAGS, &ifr);
    close(fd);
}

static void test_ip(void)
{
    /* Three times "no operation" and the end: the number of our session. */
    static const uint8_t ip_options[4] = { 1, 1, 1, 0 };
    uint8_t bytes[2048];
    Tunnel t;

    if (skip_reason) {
        g_test_skip(skip_reason);
        return;
    }
    for (unsigned i = 0; i < (have_ipv6() ? 2 : 1); i++) {
        start(&t, i ? AF_INET6 : AF_INET, SOCK_RAW,
              "txsession=5,rxsession=0x01010100,txcookie=1,rxcookie=2");
        both_ways(&t, "0000000500000001", "0101010000000002");
        send_frame(&t, "0000000500000002", 1);
        send_frame(&t, "0101010000000003", 2);
        send_out(&t, (const uint8_t *)"\1\1\1\0\0\0", 6);
        if (!i) {
            /* Guards the look at the header's length in l2tpv3_check(). */
            setsockopt(t.outer, IPPROTO_IP, IP_OPTIONS, ip_options,
                       sizeof(ip_options));
            send_frame(&t, "0101010000000002", 3);
            send_frame(&t, "00000002", 4);
            setsockopt(t.outer, IPPROTO_IP, IP_OPTIONS, NULL, 0);
        }
        g_assert_cmpuint(receive(t.inner, bytes, sizeof(bytes), QUIET_MS), ==,
                         0);
        send_frame(&t, "0101010000000002", 5);
        expect_inside(&t, 5);
        stop(&t);
    }
}

/* --- over QMP --- */

static void test_qmp(void)
{
    QTestState *qts = qtest_init("-M none -nodefaults");
    g_autofree char *info = NULL, *none = NULL, *missing = NULL, *range = NULL;

    missing = qtest_qmp_error(qts, "GenericError", "{'execute':'netdev_add',"
                              "'arguments':{'type':'l2tpv3','id':'t','src':"
                              "'127.0.0.1','dst':'127.0.0.1'}}");
    g_assert_nonnull(strstr(missing, "txsession"));
    range = qtest_qmp_error(qts, "GenericError", "{'execute':'netdev_add',"
                            "'arguments':{'type':'l2tpv3','id':'t','src':"
                            "'127.0.0.1','dst':'127.0.0.1','txsession':0}}");
    g_assert_nonnull(strstr(range, "txsession=0 is out of range"));
    for (unsigned i = 0; i < 3; i++) {
        qtest_qmp_ok(qts, "{'execute':'netdev_add','arguments':{'type':"
                     "'l2tpv3','id':'t','src':'127.0.0.1','dst':'127.0.0.1',"
                     "'udp':true,'srcport':'0','dstport':'1701','cookie64':true,"
                     "'txcookie':18446744073709551615,'rxcookie':1,"
                     "'txsession':4294967295,'counter':true,'offset':255}}");
        g_free(info);
        info = qtest_hmp(qts, "info network");
        g_assert_cmpstr(info, ==,
                        "t: index=0,type=l2tpv3,l2tpv3: connected\r\n");
        qtest_qmp_ok(qts, "{'execute':'netdev_del','arguments':{'id':'t'}}");
    }
    none = qtest_hmp(qts, "info network");
    g_assert_cmpstr(none, ==, "");
    qtest_quit(qts);
}

/* --- errors --- */

#define ENDS    "-netdev l2tpv3,id=a,src=127.0.0.1,dst=127.0.0.1,"
#define UDP     ENDS "udp=on,srcport=1701,dstport=1702,"

static const struct {
    const char *args, *text;
} mistakes[] = {
    { "-netdev l2tpv3,id=a", "Parameter 'txsession' is missing" },
    { "-netdev l2tpv3,id=a,txsession=1", "Parameter 'src' is missing" },
    { "-netdev l2tpv3,id=a,txsession=1,src=127.0.0.1",
      "Parameter 'dst' is missing" },
    { ENDS "udp=on,txsession=1,dstport=5",
      "need both src and dst port for udp: srcport= is missing" },
    { ENDS "udp=on,txsession=1,srcport=5",
      "need both src and dst port for udp: dstport= is missing" },
    { ENDS "txsession=1,srcport=5", "srcport= is only valid with udp=on" },
    { UDP "txsession=0", "txsession=0 is out of range: expected 1 to 4294967295" },
    { UDP "txsession=1,rxsession=0x100000000",
      "rxsession=0x100000000 is out of range: expected 1 to 4294967295" },
    { UDP "txsession=1,txcookie=1",
      "txcookie= alone: expected both rxcookie= and txcookie=, or neither" },
    { UDP "txsession=1,rxcookie=1", "rxcookie= alone: expected both" },
    { UDP "txsession=1,cookie64=on",
      "cookie64=on: expected both rxcookie= and txcookie=" },
    { UDP "txsession=1,rxcookie=1,txcookie=0x100000000",
      "expected 0 to 4294967295, with cookie64=on more" },
    { UDP "txsession=1,offset=256",
      "offset=256 is out of range: expected 0 to 255" },
    { UDP "txsession=1,pincounter=on", "pincounter=on needs counter=on" },
    { "-netdev l2tpv3,id=a,src=127.0.0.1,dst=::1,ipv6=on,txsession=1",
      "l2tpv3: src=127.0.0.1: address resolution failed" },
    { "-netdev l2tpv3,id=a,src=192.0.2.1,dst=127.0.0.1,udp=on,srcport=5,"
      "dstport=5,txsession=1", "can't bind ip=192.0.2.1:5 to socket" },
    { UDP "txsession=1,txsessions=2", "Invalid parameter 'txsessions'" },
};

static void test_mistakes(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(mistakes); i++) {
        g_autofree char *output = NULL;
        int status = qtest_run(mistakes[i].args, &output);

        g_assert_cmpint(status, ==, 1);
        if (!strstr(output, mistakes[i].text) ||
            strchr(output, '\n') != output + strlen(output) - 1) {
            g_error("%s: not the one line '%s': %s", mistakes[i].args,
                    mistakes[i].text, output);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (unshare(CLONE_NEWNET) < 0) {
        skip_reason = "may not make a network namespace";
    } else {
        lo_up();
    }
    qtest_add_func("l2tpv3/heads", test_heads);
    qtest_add_func("l2tpv3/numbers", test_numbers);
    qtest_add_func("l2tpv3/strangers", test_strangers);
    qtest_add_func("l2tpv3/junk", test_junk);
    qtest_add_func("l2tpv3/ip", test_ip);
    qtest_add_func("l2tpv3/qmp", test_qmp);
    qtest_add_func("l2tpv3/mistakes", test_mistakes);
    return g_test_run();
}

/*
 * The distribution's emulator at the other end of each wire: frames cross both ways,
 * whole and in order, whichever of the two has which end, and `info network` says the
 * same in both. Skipped, and says so, where there is none (QTEST_OTHER_BINARY, or
 * /usr/bin/qemu-system-x86_64).
 *
 * Neither has a guest: in each a hub joins the wire to a socket of the test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "libqtest.h"

#define FRAMES      500
#define WINDOW      8           /* under way, less than a unix socket queues */
#define FRAME_MAX   1600
#define FIND        0xffffffff  /* a frame that only asks: are you there? */

typedef struct Wire {
    const char *name;
    const char *ends[2];        /* @1 and @2: ports; @p: a path */
    bool udp, root;
} Wire;

#define INET(own, other)    "local.type=inet,local.host=127.0.0.1,local.port=" \
                            own ",remote.type=inet,remote.host=127.0.0.1,"   \
                            "remote.port=" other
#define UNIX(own, other)    "local.type=unix,local.path=" own                \
                            ",remote.type=unix,remote.path=" other
#define L2TP(own, other)    "l2tpv3,src=127.0.0.1,dst=127.0.0.1,udp=on,"     \
                            "srcport=" own ",dstport=" other
#define COOKIES(tx, rx)     "cookie64=on,txcookie=" tx ",rxcookie=" rx
#define GROUP               "remote.type=inet,remote.host=230.0.0.1,"        \
                            "remote.port=@1,local.type=inet,"                \
                            "local.host=127.0.0.1,local.port=0"

static const Wire wires[] = {
    { "socket-tcp", { "socket,listen=127.0.0.1:@1",
                      "socket,connect=127.0.0.1:@1" } },
    { "socket-udp", { "socket,udp=127.0.0.1:@1,localaddr=127.0.0.1:@2",
                      "socket,udp=127.0.0.1:@2,localaddr=127.0.0.1:@1" },
      .udp = true },
    { "socket-mcast", { "socket,mcast=230.0.0.1:@1,localaddr=127.0.0.1",
                        "socket,mcast=230.0.0.1:@1,localaddr=127.0.0.1" },
      .udp = true },
    { "dgram-mcast", { "dgram," GROUP, "dgram," GROUP }, .udp = true },
    { "dgram-udp", { "dgram," INET("@1", "@2"), "dgram," INET("@2", "@1") },
      .udp = true },
    { "dgram-unix", { "dgram," UNIX("@p.a", "@p.b"),
                      "dgram," UNIX("@p.b", "@p.a") } },
    { "stream-tcp", { "stream,server=on,addr.type=inet,addr.host=127.0.0.1,"
                      "addr.port=@1",
                      "stream,server=off,addr.type=inet,addr.host=127.0.0.1,"
                      "addr.port=@1" } },
    { "stream-unix", { "stream,server=on,addr.type=unix,addr.path=@p",
                       "stream,server=off,addr.type=unix,addr.path=@p" } },
    { "stream-and-socket", { "socket,listen=127.0.0.1:@1",
                             "stream,server=off,addr.type=inet,"
                             "addr.host=127.0.0.1,addr.port=@1" } },
    { "l2tpv3", { L2TP("@1", "@2") ",txsession=1,rxsession=2",
                  L2TP("@2", "@1") ",txsession=2,rxsession=1" }, .udp = true },
    { "l2tpv3-all", { L2TP("@1", "@2") ",txsession=7,counter=on,offset=5,"
                      COOKIES("0x1122334455667788", "3"),
                      L2TP("@2", "@1") ",txsession=7,counter=on,offset=5,"
                      COOKIES("3", "0x1122334455667788") }, .udp = true },
    { "l2tpv3-ip", { "l2tpv3,src=127.0.0.1,dst=127.0.0.2,txsession=3",
                     "l2tpv3,src=127.0.0.2,dst=127.0.0.1,txsession=3" },
      .root = true },
};

typedef struct Side {
    QTestState *qts;
    char *monitor;              /* its socket */
    int inner;
} Side;

static const char *ours, *other;

static unsigned free_port(int type)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (void *)&addr, sizeof(addr)), ==, 0);
    getsockname(fd, (void *)&addr, &len);
    close(fd);
    return ntohs(addr.sin_port);
}

static void start(Side *side, const char *binary, const char *netdev)
{
    g_autofree char *args = NULL;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    side->monitor = g_strdup_printf("%s/mixed-%d-%d.mon", g_get_tmp_dir(),
                                    getpid(), pair[0]);
    args = g_strdup_printf(
        "-M none -nodefaults -monitor unix:%s,server=on,wait=off"
        " -netdev dgram,id=in,local.type=fd,local.str=%d"
        " -netdev hubport,id=p0,hubid=0,netdev=in -netdev %s,id=out"
        " -netdev hubport,id=p1,hubid=0,netdev=out", side->monitor, pair[1], netdev);
    side->qts = qtest_init_bare(binary, args);
    side->inner = pair[0];
    close(pair[1]);
}

static void stop(Side *side)
{
    g_assert_true(qtest_alive(side->qts));
    qtest_quit(side->qts);
    close(side->inner);
    unlink(side->monitor);
    g_free(side->monitor);
}

static unsigned make_frame(uint8_t *frame, unsigned number)
{
    unsigned size = 60 + number * 7 % 1455;

    memset(frame, number * 31, size);
    memcpy(frame + 14, &number, sizeof(number));
    return size;
}

static bool send_frame(const Side *side, unsigned number)
{
    uint8_t frame[FRAME_MAX];

    return send(side->inner, frame, make_frame(frame, number),
                MSG_DONTWAIT) > 0;
}

/* The size of a frame that comes within @ms, or 0. */
static unsigned receive(const Side *side, uint8_t *frame, int ms)
{
    struct pollfd p = { .fd = side->inner, .events = POLLIN };

    return poll(&p, 1, ms) > 0 ? recv(side->inner, frame, FRAME_MAX, 0) : 0;
}

static void drain(const Side *side)
{
    uint8_t frame[FRAME_MAX];

    while (receive(side, frame, 20)) {
        /* questions, and in a group what one sent itself */
    }
}

/* A stream finds its other end; so does a group. */
static void find(const Side *from, const Side *to)
{
    uint8_t frame[FRAME_MAX];
    unsigned tries = 0;

    do {
        g_assert_cmpuint(tries++, <, 400);
        send_frame(from, FIND);
    } while (!receive(to, frame, 50));
    drain(from);
    drain(to);
}

static void cross(const Side *from, const Side *to)
{
    uint8_t frame[FRAME_MAX], expected[FRAME_MAX];
    unsigned sent = 0;

    find(from, to);
    for (unsigned got = 0; got < FRAMES; got++) {
        while (sent < MIN(FRAMES, got + WINDOW) && send_frame(from, sent)) {
            sent++;
        }
        g_assert_cmpmem(frame, receive(to, frame, 20000), expected,
                        make_frame(expected, got));
        while (receive(from, frame, 0)) {
            /* what one sent itself */
        }
    }
}

/* What comes behind @mark on a line of the monitor, once it is whole. */
static char *monitor_line(const Side *side, const char *command,
                          const char *mark)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_autoptr(GString) text = g_string_new(NULL);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(addr.sun_path, side->monitor, sizeof(addr.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(write(fd, command, strlen(command)), >, 0);
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        const char *found = strstr(text->str, mark);
        char chunk[4096];
        ssize_t got;

        if (found && strchr(found, '\r')) {
            close(fd);
            return g_strndup(found, strcspn(found, "\r"));
        }
        if (poll(&p, 1, 20000) <= 0 || (got = read(fd, chunk, 4096)) <= 0) {
            g_error("no '%s' in: %s", mark, text->str);
        }
        g_string_append_len(text, chunk, got);
    }
}

/* What `info network` says of the wire; ports that the kernel chose are left out. */
static char *info_of(const Side *side)
{
    g_autofree char *line = monitor_line(side, "info network\n", "out: index=");
    g_autoptr(GRegex) ports = g_regex_new(":[0-9]+", 0, 0, NULL);

    return g_regex_replace(ports, line, -1, 0, ":PORT", 0, NULL);
}

static char *fill_in(const char *netdev, const unsigned *ports, const char *path)
{
    GString *text = g_string_new(netdev);

    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *name = g_strdup_printf("@%u", i + 1);
        g_autofree char *port = g_strdup_printf("%u", ports[i]);

        g_string_replace(text, name, port, 0);
    }
    g_string_replace(text, "@p", path, 0);
    return g_string_free(text, false);
}

static void test_wire(const void *data)
{
    const Wire *wire = data;
    int type = wire->udp ? SOCK_DGRAM : SOCK_STREAM;
    g_autofree char *path = g_strdup_printf("%s/mixed-%d", g_get_tmp_dir(),
                                            getpid());
    char *info[2][2];

    if (wire->root && geteuid() != 0) {
        g_test_skip("only for root");
        return;
    }
    for (unsigned turn = 0; turn < 2; turn++) {
        const unsigned ports[] = { free_port(type), free_port(type) };
        Side sides[2];

        for (unsigned i = 0; i < 2; i++) {
            g_autofree char *netdev = fill_in(wire->ends[i], ports, path);

            start(&sides[i], i == turn ? ours : other, netdev);
        }
        cross(&sides[0], &sides[1]);
        cross(&sides[1], &sides[0]);
        for (unsigned i = 0; i < 2; i++) {
            info[turn][i] = info_of(&sides[i]);
        }
        stop(&sides[1]);
        stop(&sides[0]);
        /* The other one leaves its sockets behind. */
        for (const char *const *end = (const char *[]) { "", ".a", ".b", NULL };
             *end; end++) {
            g_autofree char *left = g_strconcat(path, *end, NULL);

            unlink(left);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpstr(info[0][i], ==, info[1][i]);
        g_free(info[0][i]);
        g_free(info[1][i]);
    }
}

/* Is it an emulator that knows these backends? */
static bool other_is_useful(void)
{
    g_autofree char *command = g_strdup_printf("%s -M none -display none"
                                               " -netdev help", other);
    g_autofree char *text = NULL;
    int status;

    return g_spawn_command_line_sync(command, &text, NULL, &status, NULL) &&
           status == 0 && strstr(text, "\ndgram\n") && strstr(text, "\nl2tpv3\n");
}

static void test_skipped(void)
{
    g_test_skip("no other emulator that has dgram and l2tpv3");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ours = g_strdup(g_getenv("QTEST_QEMU_BINARY"));
    other = g_getenv("QTEST_OTHER_BINARY");
    other = other ? other : "/usr/bin/qemu-system-x86_64";
    if (!other_is_useful()) {
        qtest_add_func("mixed", test_skipped);
        return g_test_run();
    }
    for (unsigned i = 0; i < ARRAY_SIZE(wires); i++) {
        g_autofree char *name = g_strdup_printf("mixed/%s", wires[i].name);

        qtest_add_data_func(name, &wires[i], test_wire);
    }
    return g_test_run();
}

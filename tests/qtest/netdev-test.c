/*
 * Network backends from outside: what `info network` and the events say, the short
 * forms -nic and -net, and the errors. The texts are those that clients of other
 * emulators compare with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "libqtest.h"

static char *info_network(QTestState *qts)
{
    g_autofree char *text = qtest_hmp(qts, "info network");
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

    return g_strjoinv("\n", lines);
}

static void expect_info(QTestState *qts, const char *expected)
{
    g_autofree char *text = info_network(qts);

    g_assert_cmpstr(text, ==, expected);
}

/* The text may take a moment to come true. */
static void await_info(QTestState *qts, const char *expected)
{
    for (unsigned i = 0; i < 500; i++) {
        g_autofree char *text = info_network(qts);

        if (g_str_equal(text, expected)) {
            return;
        }
        g_usleep(10000);
    }
    expect_info(qts, expected);
}

static QTestState *start(const char *fmt, ...) G_PRINTF(1, 2);

static QTestState *start(const char *fmt, ...)
{
    g_autofree char *netdev = NULL, *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    netdev = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    args = g_strdup_printf("-nodefaults -M none %s", netdev);
    return qtest_init(args);
}

static char *temp_path(const char *name)
{
    return g_strdup_printf("%s/netdev-%d-%s.sock", g_get_tmp_dir(), getpid(),
                           name);
}

static unsigned free_port(int family, int type)
{
    struct sockaddr_in6 addr = { .sin6_family = family };
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) :
                                        sizeof(addr);
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&addr, len) < 0) {
        close(fd);
        return 0;
    }
    getsockname(fd, (struct sockaddr *)&addr, &len);
    close(fd);
    return ntohs(addr.sin6_port);       /* at the same place in both */
}

static void test_stream_inet(void)
{
    unsigned port = free_port(AF_INET, SOCK_STREAM);
    QTestState *a = start("-netdev stream,id=st0,server=on,addr.type=inet,"
                          "addr.host=127.0.0.1,addr.port=%u,addr.ipv4=on",
                          port);
    g_autofree char *expected =
        g_strdup_printf("st0: index=0,type=stream,tcp:127.0.0.1:%u\n", port);
    g_autofree char *client = NULL;
    json_object *event;
    QTestState *b;

    expect_info(a, "st0: index=0,type=stream,\n");
    b = start("-netdev stream,id=st0,server=off,addr.type=inet,"
              "addr.host=127.0.0.1,addr.port=%u", port);
    await_info(b, expected);
    event = qtest_event(a, "NETDEV_STREAM_CONNECTED");
    g_assert_cmpstr(json_string(event, "data.netdev-id"), ==, "st0");
    g_assert_cmpstr(json_string(event, "data.addr.type"), ==, "inet");
    g_assert_cmpstr(json_string(event, "data.addr.host"), ==, "127.0.0.1");
    client = g_strdup_printf("st0: index=0,type=stream,tcp:127.0.0.1:%s\n",
                             json_string(event, "data.addr.port"));
    json_object_put(event);
    await_info(a, client);
    qtest_quit(b);
    event = qtest_event(a, "NETDEV_STREAM_DISCONNECTED");
    g_assert_cmpstr(json_string(event, "data.netdev-id"), ==, "st0");
    json_object_put(event);
    expect_info(a, "st0: index=0,type=stream,\n");
    qtest_quit(a);
}

static void test_stream_ipv6(void)
{
    unsigned port = free_port(AF_INET6, SOCK_STREAM);
    g_autofree char *expected =
        g_strdup_printf("st0: index=0,type=stream,tcp:[::1]:%u\n", port);
    QTestState *a, *b;

    if (!port) {
        g_test_skip("no IPv6");
        return;
    }
    a = start("-netdev stream,id=st0,server=on,addr.type=inet,addr.host=::1,"
              "addr.port=%u,addr.ipv6=on", port);
    b = start("-netdev stream,id=st0,addr.type=inet,addr.host=::1,"
              "addr.port=%u", port);
    await_info(b, expected);
    qtest_quit(b);
    qtest_quit(a);
}

static void test_stream_unix(void)
{
    g_autofree char *path = temp_path("su");
    g_autofree char *expected =
        g_strdup_printf("st0: index=0,type=stream,unix:%s\n", path);
    QTestState *a = start("-netdev stream,id=st0,server=on,addr.type=unix,"
                          "addr.path=%s", path);
    QTestState *b;
    json_object *event;

    expect_info(a, "st0: index=0,type=stream,\n");
    b = start("-netdev stream,id=st0,addr.type=unix,addr.path=%s", path);
    await_info(b, expected);
    await_info(a, expected);
    event = qtest_event(a, "NETDEV_STREAM_CONNECTED");
    g_assert_cmpstr(json_string(event, "data.addr.type"), ==, "unix");
    g_assert_cmpstr(json_string(event, "data.addr.path"), ==, path);
    json_object_put(event);
    qtest_quit(b);
    qtest_quit(a);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_stream_abstract(void)
{
    g_autofree char *name = g_strdup_printf("netdev-test-%d", getpid());
    const char *fmt = "-netdev stream,id=st0,server=%s,addr.type=unix,"
        "addr.path=%s,addr.abstract=on,addr.tight=%s";
    static const char *const tight[] = { "on", "off" };

    for (unsigned i = 0; i < 2; i++) {
        QTestState *a = start(fmt, "on", name, tight[i]);
        QTestState *b = start(fmt, "off", name, tight[i]);
        json_object *event = qtest_event(a, "NETDEV_STREAM_CONNECTED");

        json_object_put(event);
        qtest_quit(b);
        qtest_quit(a);
    }
}

/* A client that is told to finds a server that comes later, and comes again. */
static void test_stream_reconnect(void)
{
    g_autofree char *path = temp_path("sr");
    g_autofree char *expected =
        g_strdup_printf("st0: index=0,type=stream,unix:%s\n", path);
    QTestState *a = start("-netdev stream,id=st0,server=off,reconnect-ms=10,"
                          "addr.type=unix,addr.path=%s", path);

    for (unsigned i = 0; i < 3; i++) {
        QTestState *b = start("-netdev stream,id=s,server=on,addr.type=unix,"
                              "addr.path=%s", path);

        await_info(a, expected);
        qtest_quit(b);
        await_info(a, "st0: index=0,type=stream,\n");
    }
    qtest_quit(a);
}

static void test_stream_fd(void)
{
    int pair[2];
    QTestState *qts;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    qts = start("-netdev stream,id=st0,addr.type=fd,addr.str=%d", pair[1]);
    close(pair[1]);
    await_info(qts, "st0: index=0,type=stream,unix:\n");
    close(pair[0]);
    await_info(qts, "st0: index=0,type=stream,\n");
    qtest_quit(qts);
}

static void test_dgram(void)
{
    unsigned a = free_port(AF_INET, SOCK_DGRAM);
    unsigned b = free_port(AF_INET, SOCK_DGRAM);
    g_autofree char *path_a = temp_path("da"), *path_b = temp_path("db");
    g_autofree char *inet = g_strdup_printf(
        "st0: index=0,type=dgram,udp=127.0.0.1:%u/127.0.0.1:%u\n", a, b);
    g_autofree char *un = g_strdup_printf(
        "st0: index=0,type=dgram,udp=%s:%s\n", path_a, path_b);
    g_autofree char *fd = NULL;
    QTestState *qts;
    int pair[2];

    qts = start("-netdev dgram,id=st0,local.type=inet,local.host=127.0.0.1,"
                "local.port=%u,remote.type=inet,remote.host=127.0.0.1,"
                "remote.port=%u", a, b);
    expect_info(qts, inet);
    qtest_quit(qts);
    qts = start("-netdev dgram,id=st0,local.type=unix,local.path=%s,"
                "remote.type=unix,remote.path=%s", path_a, path_b);
    expect_info(qts, un);
    qtest_quit(qts);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    qts = start("-netdev dgram,id=st0,local.type=fd,local.str=%d", pair[1]);
    fd = g_strdup_printf("st0: index=0,type=dgram,fd=%d unix\n", pair[1]);
    close(pair[1]);
    expect_info(qts, fd);
    close(pair[0]);
    qtest_quit(qts);
}

/* The group's address is what is shown; the interface is not. */
static void test_mcast(void)
{
    unsigned port = free_port(AF_INET, SOCK_DGRAM);
    g_autofree char *dgram = g_strdup_printf(
        "st0: index=0,type=dgram,mcast=230.0.0.1:%u\n", port);
    g_autofree char *old = g_strdup_printf(
        "st0: index=0,type=socket,socket: mcast=230.0.0.1:%u\n", port);
    g_autofree char *fd = NULL;
    int sock = socket(AF_INET, SOCK_DGRAM, 0);
    QTestState *qts;

    for (unsigned i = 0; i < 2; i++) {
        /* Two of them share the port. */
        QTestState *other = start("-netdev socket,id=st0,mcast=230.0.0.1:%u,"
                                  "localaddr=127.0.0.1", port);

        qts = start("-netdev dgram,id=st0,remote.type=inet,"
                    "remote.host=230.0.0.1,remote.port=%u,local.type=inet,"
                    "local.host=127.0.0.1%s", port,
                    i ? ",local.port=1" : "");
        expect_info(other, old);
        expect_info(qts, dgram);
        qtest_quit(qts);
        qtest_quit(other);
    }
    qts = start("-netdev dgram,id=st0,remote.type=inet,remote.host=230.0.0.1,"
                "remote.port=%u,local.type=fd,local.str=%d", port, sock);
    fd = g_strdup_printf("st0: index=0,type=dgram,fd=%d (cloned"
                         " mcast=230.0.0.1:%u)\n", sock, port);
    expect_info(qts, fd);
    close(sock);
    qtest_quit(qts);
}

/* One attempt only: that it failed stays to be seen. */
static void test_stream_nobody(void)
{
    g_autofree char *path = temp_path("nobody");
    QTestState *qts = start("-netdev stream,id=st0,server=off,addr.type=unix,"
                            "addr.path=%s", path);

    await_info(qts, "st0: index=0,type=stream,connection error\n");
    qtest_quit(qts);
}

/* --- -nic and -net --- */

static void test_nic(void)
{
    QTestState *qts = qtest_init("-nodefaults -nic user,id=n0,"
                                 "model=virtio-net-pci,mac=52:54:00:11:22:33");

    expect_info(qts,
                "virtio-net-pci.0: index=0,type=nic,model=virtio-net-pci,"
                "macaddr=52:54:00:11:22:33\n"
                " \\ n0: index=0,type=user,net=10.0.2.0,restrict=off\n");
    qtest_quit(qts);
    qts = qtest_init("-nodefaults -nic none");
    expect_info(qts, "");
    qtest_quit(qts);
}

static void test_net(void)
{
    g_autofree char *usernet = NULL;
    QTestState *qts = qtest_init("-nodefaults -net nic,model=virtio,id=nic0"
                                 " -net user,id=n0");

    expect_info(qts,
                "hub 0\n"
                " \\ hub0port1: n0: index=0,type=user,net=10.0.2.0,"
                "restrict=off\n"
                " \\ hub0port0: nic0: index=0,type=nic,model=virtio-net-pci,"
                "macaddr=52:54:00:12:34:56\n");
    usernet = qtest_hmp(qts, "info usernet");
    g_assert_true(g_str_has_prefix(usernet, "Hub 0 (n0):\r\n"));
    qtest_quit(qts);
    qts = qtest_init("-nodefaults -netdev user,id=n0"
                     " -net nic,netdev=n0,macaddr=52:54:00:11:22:33");
    expect_info(qts,
                "virtio-net-pci.0: index=0,type=nic,model=virtio-net-pci,"
                "macaddr=52:54:00:11:22:33\n"
                " \\ n0: index=0,type=user,net=10.0.2.0,restrict=off\n");
    qtest_quit(qts);
}

/* A NIC that nobody asked for: only where nothing was said about the network. */
static void test_default(void)
{
    static const char *const none[] = {
        "-nodefaults", "-nic none", "-net none", "-M none", "-M q35 -nodefaults",
        "-device virtio-rng-pci -nic none",
    };
    static const char *const usual[] = { "", "-M q35", "-device virtio-rng-pci" };

    for (unsigned i = 0; i < ARRAY_SIZE(usual); i++) {
        QTestState *qts = qtest_init(usual[i]);
        g_autofree char *text = info_network(qts);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        g_assert_cmpuint(g_strv_length(lines), ==, 4);
        g_assert_cmpstr(lines[0], ==, "hub 0");
        g_assert_true(g_str_has_prefix(lines[1], " \\ hub0port1: #net"));
        g_assert_true(g_str_has_suffix(lines[1], ": index=0,type=user,"
                                       "net=10.0.2.0,restrict=off"));
        g_assert_cmpstr(lines[2], ==, " \\ hub0port0: virtio-net-pci.0: index=0,"
                        "type=nic,model=virtio-net-pci,"
                        "macaddr=52:54:00:12:34:56");
        qtest_quit(qts);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
        QTestState *qts = qtest_init(none[i]);

        expect_info(qts, "");
        qtest_quit(qts);
    }
    for (unsigned i = 0; i < 2; i++) {
        QTestState *qts = qtest_init(i ? "-netdev user,id=n0" :
                                     "-netdev '{\"type\":\"user\","
                                     "\"id\":\"n0\"}'");

        expect_info(qts, "n0: index=0,type=user,net=10.0.2.0,restrict=off\n");
        qtest_quit(qts);
    }
}

static void test_help(void)
{
    static const char *const types[] = {
        "socket", "stream", "dgram", "hubport", "tap", "user", "l2tpv3",
        "bridge",
    };
    g_autofree char *list = NULL, *models = NULL;

    g_assert_cmpint(qtest_run("-netdev help", &list), ==, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        g_autofree char *args = g_strdup_printf("-netdev %s,help", types[i]);
        g_autofree char *line = g_strdup_printf("\n%s\n", types[i]);
        g_autofree char *options = NULL;

        g_assert_nonnull(strstr(list, line));
        g_assert_cmpint(qtest_run(args, &options), ==, 0);
        g_assert_nonnull(strstr(options, "options:\n"));
    }
    g_assert_cmpint(qtest_run("-nic model=help", &models), ==, 0);
    g_assert_nonnull(strstr(models, "Supported NIC models:\n"));
    g_assert_nonnull(strstr(models, "\nvirtio-net-pci\n"));
}

/* --- errors --- */

static const struct {
    const char *args, *text;
} mistakes[] = {
    { "-netdev stream,id=a", "Parameter 'addr' is missing" },
    { "-netdev stream,id=a,addr.type=inet,addr.host=h",
      "Parameter 'addr.port' is missing" },
    { "-netdev stream,id=a,addr.type=vsock",
      "Parameter 'addr.type' does not accept value 'vsock': expected inet,"
      " unix or fd" },
    { "-netdev stream,id=a,addr.type=unix,addr.path=p,addr.port=5",
      "Parameter 'addr.port' is unexpected" },
    { "-netdev stream,id=a,server=on,reconnect=1,addr.type=unix,addr.path=p",
      "'reconnect' needs a client" },
    { "-netdev stream,id=a,addr.type=inet,addr.host=h,addr.port=65536",
      "port '65536' is out of range (0..65535)" },
    { "-netdev stream,id=a,addr.type=fd,addr.str=0",
      "file descriptor 0 is not a socket" },
    { "-netdev dgram,id=a,remote.type=inet,remote.host=127.0.0.1,remote.port=5",
      "dgram requires local= parameter" },
    { "-netdev dgram,id=a,remote.type=inet,remote.host=230.0.0.1,remote.port=5,"
      "local.type=unix,local.path=p", "only support inet or fd type for local" },
    { "-netdev dgram,id=a,remote.type=inet,remote.host=230.0.0.1,remote.port=5,"
      "local.type=inet,local.host=::1",
      "localaddr '::1' is not a valid IPv4 address" },
    { "-netdev dgram,id=a,remote.type=inet,remote.host=230.0.0.1,remote.port=5,"
      "local.type=inet,local.host=192.0.2.1",
      "group 230.0.0.1 at 192.0.2.1: No such device; expected the address of"
      " an interface" },
    { "-netdev dgram,id=a,remote.type=inet,remote.host=ff02::5,remote.port=5",
      "expected one of IPv4 (224.0.0.0 to 239.255.255.255)" },
    { "-netdev dgram,id=a,local.type=fd,local.str=0,remote.type=inet,"
      "remote.host=127.0.0.1,remote.port=5", "don't set remote with local.fd" },
    { "-netdev socket,id=a,mcast=127.0.0.1:5",
      "'127.0.0.1:5' does not contain a multicast address (224.0.0.0 to" },
    { "-netdev socket,id=a,mcast=230.0.0.1:5,localaddr=here",
      "localaddr 'here' is not a valid IPv4 address" },
    { "-netdev socket,id=a,udp=127.0.0.1:5", "localaddr= is mandatory" },
    { "-netdev socket,id=a,udp=127.0.0.1:5,connect=127.0.0.1:5",
      "exactly one of listen=, connect=, mcast=, udp= or fd= is required" },
    { "-netdev tap,id=a,vhost=on", "net: tap: vhost-net is not there" },
    { "-netdev tap,id=a,br=br7", "br=br7 is only valid with helper=" },
    { "-netdev tap,id=a,fd=77", "a: Can't use file descriptor 77" },
    { "-netdev nosuch,id=a", "does not accept value 'nosuch' (expected socket" },
    { "-nic user,model=nosuch",
      "Unsupported NIC model: nosuch (expected " },
    { "-nic user,mac=1:2", "invalid MAC address '1:2'" },
    { "-net nic,netdev=nosuch", "netdev 'nosuch' not found" },
    { "-net nic,nosuch=1", "Invalid parameter 'nosuch'" },
};

static void test_mistakes(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(mistakes); i++) {
        g_autofree char *output = NULL;
        int status = qtest_run(mistakes[i].args, &output);

        g_assert_cmpint(status, ==, 1);
        if (!strstr(output, mistakes[i].text)) {
            g_error("%s: no '%s' in: %s", mistakes[i].args, mistakes[i].text,
                    output);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("netdev/stream-inet", test_stream_inet);
    qtest_add_func("netdev/stream-ipv6", test_stream_ipv6);
    qtest_add_func("netdev/stream-unix", test_stream_unix);
    qtest_add_func("netdev/stream-abstract", test_stream_abstract);
    qtest_add_func("netdev/stream-reconnect", test_stream_reconnect);
    qtest_add_func("netdev/stream-fd", test_stream_fd);
    qtest_add_func("netdev/dgram", test_dgram);
    qtest_add_func("netdev/mcast", test_mcast);
    qtest_add_func("netdev/stream-nobody", test_stream_nobody);
    qtest_add_func("netdev/nic", test_nic);
    qtest_add_func("netdev/net", test_net);
    qtest_add_func("netdev/default", test_default);
    qtest_add_func("netdev/help", test_help);
    qtest_add_func("netdev/mistakes", test_mistakes);
    return g_test_run();
}

/*
 * Two emulators joined by a backend: frames that one guest sends are those that the
 * other receives, byte for byte, all of them, in order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include "mapped-net.h"

static unsigned receive_some(MappedNet *side, unsigned next)
{
    uint8_t frame[MAPPED_FRAME_BYTES], expected[MAPPED_FRAME_BYTES];
    unsigned first = next;
    uint32_t size;

    while ((size = mapped_net_receive(side, frame))) {
        g_assert_cmpint(size, ==, mapped_net_frame(expected, next));
        g_assert_cmpmem(frame, size, expected, size);
        next++;
    }
    if (next != first) {
        mapped_net_rx_kick(side);
    }
    return next;
}

static void exchange(MappedNet *from, MappedNet *to, unsigned total)
{
    unsigned sent = 0, received = 0;
    gint64 deadline = g_get_monotonic_time() + 90 * G_USEC_PER_SEC;

    while (received < total) {
        unsigned before = received;

        /* No more under way than any socket keeps. */
        if (sent - received < 64) {
            sent = mapped_net_send(from, sent, MIN(total, received + 128));
        }
        received = receive_some(to, received);
        if (received == before) {
            g_usleep(20);
        }
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
    }
    g_assert_cmpint(received, ==, total);
}

static void run_pair(const char *netdev_a, const char *netdev_b)
{
    const unsigned total = 100000;
    MappedNet a, b;

    mapped_net_start(&a, "a", netdev_a);
    mapped_net_start(&b, "b", netdev_b);
    g_usleep(100000);           /* a stream finds its other end */
    exchange(&a, &b, total);
    mapped_net_stop(&a);
    mapped_net_stop(&b);
}

static char *temp_path(const char *name)
{
    return g_strdup_printf("%s/two-%d-%s.sock", g_get_tmp_dir(), getpid(),
                           name);
}

static void test_dgram_unix(void)
{
    g_autofree char *a = temp_path("da"), *b = temp_path("db");
    g_autofree char *netdev_a = g_strdup_printf(
        "dgram,id=n0,local.type=unix,local.path=%s,"
        "remote.type=unix,remote.path=%s", a, b);
    g_autofree char *netdev_b = g_strdup_printf(
        "dgram,id=n0,local.type=unix,local.path=%s,"
        "remote.type=unix,remote.path=%s", b, a);

    run_pair(netdev_a, netdev_b);
    g_assert_false(g_file_test(a, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(b, G_FILE_TEST_EXISTS));
}

static void test_socket_unix(void)
{
    g_autofree char *path = temp_path("s");
    g_autofree char *netdev_a = g_strdup_printf("socket,id=n0,listen=unix:%s",
                                                path);
    g_autofree char *netdev_b = g_strdup_printf("socket,id=n0,connect=unix:%s",
                                                path);

    run_pair(netdev_a, netdev_b);
}

/* A port that nobody uses at this moment. */
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

static void test_socket_tcp(void)
{
    unsigned port = free_port(SOCK_STREAM);
    g_autofree char *netdev_a =
        g_strdup_printf("socket,id=n0,listen=127.0.0.1:%u", port);
    g_autofree char *netdev_b =
        g_strdup_printf("socket,id=n0,connect=127.0.0.1:%u", port);

    run_pair(netdev_a, netdev_b);
}

static void test_dgram_udp(void)
{
    unsigned a = free_port(SOCK_DGRAM), b = free_port(SOCK_DGRAM);
    const char *fmt = "dgram,id=n0,local.type=inet,local.host=127.0.0.1,"
        "local.port=%u,remote.type=inet,remote.host=127.0.0.1,remote.port=%u";
    g_autofree char *netdev_a = g_strdup_printf(fmt, a, b);
    g_autofree char *netdev_b = g_strdup_printf(fmt, b, a);

    run_pair(netdev_a, netdev_b);
}

static void test_stream_unix(void)
{
    g_autofree char *path = temp_path("st");
    const char *fmt = "stream,id=n0,server=%s,addr.type=unix,addr.path=%s";
    g_autofree char *netdev_a = g_strdup_printf(fmt, "on", path);
    g_autofree char *netdev_b = g_strdup_printf(fmt, "off", path);

    run_pair(netdev_a, netdev_b);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* The client is there first, and tries until it finds the server. */
static void test_stream_tcp(void)
{
    unsigned port = free_port(SOCK_STREAM);
    const char *fmt = "stream,id=n0,%s,addr.type=inet,addr.host=127.0.0.1,"
        "addr.port=%u";
    g_autofree char *netdev_a = g_strdup_printf(
        fmt, "server=off,reconnect-ms=10", port);
    g_autofree char *netdev_b = g_strdup_printf(fmt, "server=on", port);

    run_pair(netdev_a, netdev_b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("two-emulators/dgram-unix", test_dgram_unix);
    qtest_add_func("two-emulators/dgram-udp", test_dgram_udp);
    qtest_add_func("two-emulators/socket-unix", test_socket_unix);
    qtest_add_func("two-emulators/socket-tcp", test_socket_tcp);
    qtest_add_func("two-emulators/stream-unix", test_stream_unix);
    qtest_add_func("two-emulators/stream-tcp", test_stream_tcp);
    return g_test_run();
}

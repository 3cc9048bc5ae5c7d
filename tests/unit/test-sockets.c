/*
 * Unit tests of sockets and their addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/sockets.h"

static void addresses_from_text(void)
{
    static const struct {
        const char *text, *uri;
    } good[] = {
        { "unix:/a/b", "unix:/a/b" }, { "fd:3", "fd:3" },
        { "localhost:80", "tcp:localhost:80" }, { ":5", "tcp::5" },
        { "tcp:1.2.3.4:5", "tcp:1.2.3.4:5" }, { "[::1]:7", "tcp:[::1]:7" },
        { "h:1,to=9,ipv4=on", "tcp:h:1" },
    };
    static const char *const bad[] = {
        "", "unix:", "fd:", "host", "host:", "::1:80", "[::1]", "h:1,x=2",
        "h:1,to=70000",
    };

    for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
        g_autoptr(SocketAddress) a = socket_parse(good[i].text, &error_abort);
        g_autoptr(SocketAddress) b = socket_address_copy(a);
        g_autofree char *uri = socket_uri(b);

        g_assert_cmpstr(uri, ==, good[i].uri);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        Error *err = NULL;

        g_assert_null(socket_parse(bad[i], &err));
        g_test_message("%s", error_get_pretty(err));
        error_free_or_abort(&err);
    }
}

static void exchange(int listener, int client)
{
    int server = qemu_accept(listener, NULL, NULL);
    char c = 0;

    g_assert_cmpint(server, >=, 0);
    g_assert_cmpint(write(client, "x", 1), ==, 1);
    g_assert_cmpint(read(server, &c, 1), ==, 1);
    g_assert_cmpint(c, ==, 'x');
    close(server);
}

static void inet_listen_and_connect(void)
{
    g_autoptr(SocketAddress) any = socket_parse("127.0.0.1:0", &error_abort);
    int listener = socket_listen(any, 1, &error_abort);
    g_autoptr(SocketAddress) at = socket_local_address(listener, &error_abort);
    int client = socket_connect(at, &error_abort);
    Error *err = NULL;

    exchange(listener, client);
    close(client);
    /* The port is in use. */
    g_assert_cmpint(socket_listen(at, 1, &err), ==, -1);
    g_test_message("%s", error_get_pretty(err));
    error_free_or_abort(&err);
    close(listener);
    g_assert_cmpint(socket_connect(at, &err), ==, -1);
    g_test_message("%s", error_get_pretty(err));
    error_free_or_abort(&err);
}

static void unix_listen_replaces_a_dead_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("sock-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "s", NULL);
    int listener = unix_listen(path, &error_abort);
    Error *err = NULL;
    int client;

    close(listener);
    g_assert_cmpint(unix_connect(path, &err), ==, -1);
    error_free_or_abort(&err);
    listener = unix_listen(path, &error_abort);
    client = unix_connect(path, &error_abort);
    exchange(listener, client);
    close(client);
    close(listener);
    g_unlink(path);
    g_assert_true(g_file_set_contents(path, "file", -1, NULL));
    g_assert_cmpint(unix_listen(path, &err), ==, -1);
    error_free_or_abort(&err);
    g_unlink(path);
    g_rmdir(dir);
}

static void unix_listen_leaves_a_living_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("sock-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "s", NULL);
    int listener = unix_listen(path, &error_abort);
    Error *err = NULL;
    int client, probe;

    g_assert_cmpint(unix_listen(path, &err), ==, -1);
    g_assert_nonnull(strstr(error_get_pretty(err), "somebody listens there"));
    error_free_or_abort(&err);
    probe = qemu_accept(listener, NULL, NULL);
    g_assert_cmpint(probe, >=, 0);
    close(probe);
    client = unix_connect(path, &error_abort);
    exchange(listener, client);
    close(client);
    close(listener);
    g_unlink(path);
    g_rmdir(dir);
}

typedef struct Outcome {
    bool done;
    int fd;
    Error *err;
} Outcome;

static void connect_done(int fd, Error *err, void *opaque)
{
    *(Outcome *)opaque = (Outcome){ true, fd, err };
}

static void connect_in_the_loop(void)
{
    g_autoptr(SocketAddress) any = socket_parse("127.0.0.1:0", &error_abort);
    int listener = socket_listen(any, 1, &error_abort);
    g_autoptr(SocketAddress) at = socket_local_address(listener, &error_abort);
    AioContext *ctx = qemu_get_aio_context();
    Outcome o = { 0 };
    SocketConnect *c;

    socket_connect_async(ctx, at, connect_done, &o, &error_abort);
    g_assert_false(o.done);
    while (!o.done) {
        aio_poll(ctx, true);
    }
    g_assert_null(o.err);
    qemu_set_blocking(o.fd, true, &error_abort);
    exchange(listener, o.fd);
    close(o.fd);

    c = socket_connect_async(ctx, at, connect_done, &o, &error_abort);
    o.done = false;
    socket_connect_cancel(c);
    aio_poll(ctx, false);
    g_assert_false(o.done);

    close(listener);
    socket_connect_async(ctx, at, connect_done, &o, &error_abort);
    while (!o.done) {
        aio_poll(ctx, true);
    }
    g_assert_cmpint(o.fd, ==, -1);
    g_test_message("%s", error_get_pretty(o.err));
    error_free_or_abort(&o.err);
    aio_poll(ctx, false);
}

static void descriptors_travel(void)
{
    int s[2], p[2], *fds;
    struct iovec iov = { (char[4]){ "abc" }, 3 };
    unsigned nfds;
    char c;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, s), ==, 0);
    g_assert_true(qemu_pipe(p));
    g_assert_cmpint(socket_send_fds(s[0], &iov, 1, p, 2), ==, 3);
    g_assert_cmpint(socket_recv_fds(s[1], &iov, 1, &fds, &nfds), ==, 3);
    g_assert_cmpint(nfds, ==, 2);
    g_assert_cmpint(write(fds[1], "y", 1), ==, 1);
    g_assert_cmpint(read(p[0], &c, 1), ==, 1);
    g_assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    close(fds[0]);
    close(fds[1]);
    g_free(fds);

    /* Nobody wants them: closed. */
    g_assert_cmpint(socket_send_fds(s[0], &iov, 1, &p[1], 1), ==, 3);
    close(p[1]);
    g_assert_cmpint(socket_recv_fds(s[1], &iov, 1, NULL, NULL), ==, 3);
    g_assert_cmpint(read(p[0], &c, 1), ==, 0);
    close(p[0]);
    close(s[0]);
    close(s[1]);
}

static void descriptors_by_number(void)
{
    g_autofree char *text = NULL;
    int s = qemu_socket(AF_UNIX, SOCK_STREAM, 0);
    Error *err = NULL;

    text = g_strdup_printf("%d", s);
    g_assert_cmpint(socket_fd_parse(text, &error_abort), ==, s);
    close(s);
    g_assert_cmpint(fd_parse(text, &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_cmpint(fd_parse("x", &err), ==, -1);
    error_free_or_abort(&err);
    s = open("/dev/null", O_RDONLY);
    g_free(text);
    text = g_strdup_printf("%d", s);
    g_assert_cmpint(socket_fd_parse(text, &err), ==, -1);
    error_free_or_abort(&err);
    close(s);
}

static void datagrams(void)
{
    g_autoptr(SocketAddress) any = socket_parse("127.0.0.1:0", &error_abort);
    int a = socket_dgram(NULL, any, &error_abort);
    g_autoptr(SocketAddress) at = socket_local_address(a, &error_abort);
    int b = socket_dgram(at, any, &error_abort);
    char c;

    g_assert_cmpint(send(b, "z", 1, 0), ==, 1);
    g_assert_cmpint(recv(a, &c, 1, 0), ==, 1);
    g_assert_cmpint(c, ==, 'z');
    close(a);
    close(b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sockets/addresses-from-text", addresses_from_text);
    g_test_add_func("/sockets/inet-listen-and-connect",
                    inet_listen_and_connect);
    g_test_add_func("/sockets/unix-listen-replaces-a-dead-socket",
                    unix_listen_replaces_a_dead_socket);
    g_test_add_func("/sockets/unix-listen-leaves-a-living-socket",
                    unix_listen_leaves_a_living_socket);
    g_test_add_func("/sockets/connect-in-the-loop", connect_in_the_loop);
    g_test_add_func("/sockets/descriptors-travel", descriptors_travel);
    g_test_add_func("/sockets/descriptors-by-number", descriptors_by_number);
    g_test_add_func("/sockets/datagrams", datagrams);
    return g_test_run();
}

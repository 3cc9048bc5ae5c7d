/*
 * Tests of chardevs as a front end sees them: sockets, multiplexer, ring
 * buffer, pty, files, and the options that make them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <glib/gstdio.h>
#include "chardev/char-fe.h"
#include "chardev/char-ringbuf.h"
#include "chardev/fdset.h"
#include "qapi/error.h"
#include "qemu/config-file.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "qemu/sockets.h"
#include "chardev-listener.h"

static void expect_refusal(const char *options, const char *message)
{
    Error *err = NULL;

    g_assert_null(make(options, &err));
    g_assert_nonnull(err);
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
}

static void test_bad_options(void)
{
    expect_refusal("nosuch,id=a", "'nosuch' is not a valid char driver name; "
                   "legal are file, mux, null, pipe, pty, ringbuf, socket, "
                   "stdio, udp");
    expect_refusal("pty,id=a,port=1", "Invalid parameter 'port' for this kind; "
                   "legal are mux, logfile, logappend");
    expect_refusal("udp,id=a,host=h",
                   "chardev: udp: remote port not specified");
    expect_refusal("null", "chardev: no id specified");
    expect_refusal("file,id=a", "chardev: file: no filename given");
    expect_refusal("socket,id=a,host=h", "chardev: socket: no port given");
    expect_refusal("socket,id=a,path=p,wait=off",
                   "'wait' option is incompatible with socket in client "
                   "connect mode");
    expect_refusal("socket,id=a,path=/nonexistent/x,server=on,reconnect=1",
                   "'reconnect' option is incompatible with socket in server "
                   "listen mode");
    expect_refusal("ringbuf,id=a,size=1000",
                   "size of ringbuf chardev must be power of two");
    expect_refusal("mux,id=a,chardev=zz", "mux: base chardev zz not found");
    expect_refusal("socket,id=a", "one of 'path', 'host' or 'fd' option "
                   "required.");
    g_assert_null(qemu_chr_find("a"));
}

static void test_ringbuf(void)
{
    Chardev *chr = make("ringbuf,id=rb,size=8", &error_abort);
    uint8_t buf[16] = { 0 };

    qemu_chr_write_all(chr, (const uint8_t *)"abc", 3);
    g_assert_cmpuint(qemu_chr_ringbuf_read(chr, buf, 2), ==, 2);
    g_assert_cmpmem(buf, 2, "ab", 2);
    qemu_chr_write_all(chr, (const uint8_t *)"0123456789", 10);
    g_assert_cmpuint(qemu_chr_ringbuf_count(chr), ==, 8);
    g_assert_cmpuint(qemu_chr_ringbuf_read(chr, buf, 16), ==, 8);
    g_assert_cmpmem(buf, 8, "23456789", 8);
    g_assert_cmpuint(qemu_chr_ringbuf_read(chr, buf, 16), ==, 0);
    object_unparent(OBJECT(chr));
    g_assert_null(qemu_chr_find("rb"));
}

static char *temp_dir(void)
{
    return g_dir_make_tmp("chardev-XXXXXX", NULL);
}

static void test_unix_server(void)
{
    g_autofree char *dir = temp_dir();
    g_autofree char *path = g_build_filename(dir, "sock", NULL);
    g_autofree char *options = g_strdup_printf(
        "socket,id=s,path=%s,server=on,wait=off", path);
    Chardev *chr = make(options, &error_abort);
    char buf[8];
    Listener l;
    int fd;

    g_assert_true(g_str_has_prefix(chr->filename, "disconnected:unix:"));
    listener_init(&l, chr);
    g_assert_cmpuint(l.opened, ==, 0);
    for (unsigned round = 1; round <= 3; round++) {
        fd = unix_connect(path, &error_abort);
        WAIT_UNTIL(l.opened == round);
        g_assert_true(g_str_has_prefix(chr->filename, "unix:"));
        g_assert_cmpint(write(fd, "hello", 5), ==, 5);
        WAIT_UNTIL(l.got->len == 5 * round);
        qemu_chr_fe_write_all(&l.fe, (const uint8_t *)"world", 5);
        g_assert_cmpint(read(fd, buf, 8), ==, 5);
        close(fd);
        WAIT_UNTIL(l.closed == round);
    }
    listener_end(&l, true);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_rmdir(dir);
}

static void test_no_room(void)
{
    int fds[2];
    g_autofree char *options = NULL;
    Chardev *chr;
    Listener l;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    options = g_strdup_printf("socket,id=s,fd=%d", fds[0]);
    chr = make(options, &error_abort);
    listener_init(&l, chr);
    l.room = 0;
    g_assert_cmpint(write(fds[1], "abcdef", 6), ==, 6);
    for (unsigned i = 0; i < 20; i++) {
        aio_poll(qemu_get_aio_context(), false);
    }
    /* nothing to do: the loop sleeps instead of spinning */
    g_assert_false(aio_poll(qemu_get_aio_context(), false));
    g_assert_cmpuint(l.got->len, ==, 0);
    l.room = 3;
    qemu_chr_fe_accept_input(&l.fe);
    WAIT_UNTIL(l.got->len == 6);
    g_assert_cmpstr(l.got->str, ==, "abcdef");
    listener_end(&l, true);
    close(fds[1]);
}

static gboolean note_writable(void *unused, GIOCondition cond, void *opaque)
{
    ++*(unsigned *)opaque;
    return false;
}

static void test_watch(void)
{
    g_autofree char *block = g_malloc0(65536);
    g_autofree char *options = NULL;
    unsigned writable = 0;
    Chardev *chr;
    Listener l;
    int fds[2], n;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    options = g_strdup_printf("socket,id=s,fd=%d", fds[0]);
    chr = make(options, &error_abort);
    listener_init(&l, chr);
    do {
        n = qemu_chr_fe_write(&l.fe, (uint8_t *)block, 65536);
    } while (n > 0);
    g_assert_cmpint(n, ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpuint(qemu_chr_fe_add_watch(&l.fe, G_IO_OUT, note_writable,
                                           &writable), !=, 0);
    aio_poll(qemu_get_aio_context(), false);
    g_assert_cmpuint(writable, ==, 0);
    while (recv(fds[1], block, 65536, MSG_DONTWAIT) > 0) {
        continue;
    }
    WAIT_UNTIL(writable == 1);
    close(fds[1]);
    WAIT_UNTIL(l.closed == 1);
    g_assert_cmpint(qemu_chr_fe_write(&l.fe, (uint8_t *)block, 10), ==, 10);
    listener_end(&l, true);
}

static void test_descriptors_come_along(void)
{
    struct iovec iov = { .iov_base = (void *)"x", .iov_len = 1 };
    g_autofree char *options = NULL;
    Chardev *chr;
    Listener l;
    int fds[2], other[2], got;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    g_assert_cmpint(pipe(other), ==, 0);
    options = g_strdup_printf("socket,id=s,fd=%d", fds[0]);
    chr = make(options, &error_abort);
    listener_init(&l, chr);
    g_assert_cmpint(qemu_chr_fe_get_msgfd(&l.fe), ==, -1);
    g_assert_cmpint(socket_send_fds(fds[1], &iov, 1, &other[1], 1), ==, 1);
    WAIT_UNTIL(l.got->len == 1);
    got = qemu_chr_fe_get_msgfd(&l.fe);
    g_assert_cmpint(got, >=, 0);
    g_assert_cmpint(write(got, "y", 1), ==, 1);
    g_assert_cmpint(qemu_chr_fe_get_msgfd(&l.fe), ==, -1);
    close(got);
    close(other[0]);
    close(other[1]);
    listener_end(&l, true);
    close(fds[1]);
}

static void test_reconnect(void)
{
    g_autofree char *dir = temp_dir();
    g_autofree char *path = g_build_filename(dir, "sock", NULL);
    g_autofree char *options = g_strdup_printf(
        "socket,id=s,path=%s,reconnect=1", path);
    int listen_fd = unix_listen(path, &error_abort), fd;
    Chardev *chr = make(options, &error_abort);
    Listener l;

    listener_init(&l, chr);
    WAIT_UNTIL(l.opened == 1);
    fd = qemu_accept(listen_fd, NULL, NULL);
    close(fd);
    WAIT_UNTIL(l.closed == 1);
    WAIT_UNTIL(l.opened == 2);
    listener_end(&l, true);
    close(listen_fd);
    g_unlink(path);
    g_rmdir(dir);
}

static void test_bounded_waits(void)
{
    g_autofree char *dir = temp_dir();
    g_autofree char *path = g_build_filename(dir, "sock", NULL);
    g_autofree char *options = g_strdup_printf(
        "socket,id=s,path=%s,server=on,wait=off", path);
    g_autofree uint8_t *block = g_malloc0(4 << 20);
    Chardev *chr = make(options, &error_abort);
    Error *err = NULL;
    uint8_t buf[8];
    Listener l;
    int fd;

    listener_init(&l, chr);
    g_assert_cmpint(qemu_chr_fe_read_within(&l.fe, buf, 8, 0), ==, -ENOTCONN);
    g_assert_cmpint(qemu_chr_fe_wait_connected(&l.fe, 20, &err), <, 0);
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "nobody connected to s within 20 ms");
    error_free(err);
    /* It goes on listening: who comes now is found by waiting. */
    fd = unix_connect(path, &error_abort);
    g_assert_cmpint(qemu_chr_fe_wait_connected(&l.fe, 2000, &error_abort), ==,
                    0);
    g_assert_cmpint(l.opened, ==, 1);
    g_assert_cmpint(qemu_chr_fe_read_within(&l.fe, buf, 8, 20), ==,
                    -ETIMEDOUT);
    g_assert_cmpint(write(fd, "hello", 5), ==, 5);
    g_assert_cmpint(qemu_chr_fe_read_within(&l.fe, buf, 8, 2000), ==, 5);
    g_assert_cmpint(qemu_chr_fe_write_within(&l.fe, block, 100, 20), ==, 100);
    g_assert_cmpint(qemu_chr_fe_write_within(&l.fe, block, 4 << 20, 20), ==,
                    -ETIMEDOUT);
    close(fd);
    WAIT_UNTIL(l.closed == 1);
    /* And again for whoever comes next. */
    fd = unix_connect(path, &error_abort);
    WAIT_UNTIL(l.opened == 2);
    g_assert_cmpint(qemu_chr_fe_write_within(&l.fe, block, 100, 20), ==, 100);
    close(fd);
    listener_end(&l, true);
    g_rmdir(dir);
}

static void test_in_use(void)
{
    Chardev *chr = make("null,id=n", &error_abort);
    CharFrontend other;
    Error *err = NULL;
    Listener l;

    listener_init(&l, chr);
    g_assert_cmpuint(l.opened, ==, 1);
    g_assert_true(qemu_chr_is_busy(chr));
    g_assert_false(qemu_chr_fe_init(&other, chr, &err));
    error_free_or_abort(&err);
    g_assert_false(qemu_chr_qmp_remove("n", &err));
    error_free_or_abort(&err);
    listener_end(&l, false);
    g_assert_true(qemu_chr_qmp_remove("n", &error_abort));
}

static void test_mux(void)
{
    g_autofree char *options = NULL;
    Chardev *chr;
    Listener a, b;
    char text[16];
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    options = g_strdup_printf("socket,id=m,fd=%d,mux=on", fds[0]);
    chr = make(options, &error_abort);
    g_assert_nonnull(qemu_chr_find("m-base"));
    listener_init(&a, chr);
    listener_init(&b, chr);
    g_assert_cmpuint(b.mux_in, ==, 1);
    g_assert_cmpint(write(fds[1], "to-b", 4), ==, 4);
    WAIT_UNTIL(b.got->len == 4);
    g_assert_cmpint(write(fds[1], "\001c" "to-a\001\001!", 9), ==, 9);
    WAIT_UNTIL(a.got->len == 6);
    g_assert_cmpmem(a.got->str, 6, "to-a\001!", 6);
    g_assert_cmpuint(b.mux_out, ==, 1);
    g_assert_cmpint(write(fds[1], "\001b", 2), ==, 2);
    WAIT_UNTIL(a.breaks == 1);
    qemu_chr_fe_write_all(&a.fe, (const uint8_t *)"A", 1);
    qemu_chr_fe_write_all(&b.fe, (const uint8_t *)"B", 1);
    g_assert_cmpint(read(fds[1], text, 16), ==, 2);
    g_assert_cmpmem(text, 2, "AB", 2);
    /* without room input is held back, but the escape byte gets through */
    a.room = 0;
    g_assert_cmpint(write(fds[1], "hold\001b", 6), ==, 6);
    WAIT_UNTIL(a.breaks == 2);
    g_assert_cmpuint(a.got->len, ==, 6);
    a.room = 16;
    qemu_chr_fe_accept_input(&a.fe);
    WAIT_UNTIL(a.got->len == 10);
    listener_end(&a, false);
    listener_end(&b, true);
    object_unparent(OBJECT(qemu_chr_find("m-base")));
    close(fds[1]);
}

/* A pty says on standard output where it is; ours is read by the test runner. */
static Chardev *make_pty(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int out;
    Chardev *chr;

    fflush(stdout);
    out = dup(STDOUT_FILENO);
    dup2(null, STDOUT_FILENO);
    chr = make("pty,id=p", &error_abort);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(null);
    return chr;
}

static void test_pty(void)
{
    Chardev *chr = make_pty();
    const char *path = chr->filename + strlen("pty:");
    char buf[8];
    Listener l;
    int fd;

    g_assert_true(g_str_has_prefix(chr->filename, "pty:/dev/"));
    listener_init(&l, chr);
    for (unsigned i = 0; i < 20; i++) {
        aio_poll(qemu_get_aio_context(), false);
    }
    g_assert_false(aio_poll(qemu_get_aio_context(), false));
    g_assert_cmpuint(l.opened, ==, 0);
    g_assert_cmpint(qemu_chr_fe_write(&l.fe, (const uint8_t *)"lost", 4), ==,
                    4);
    for (unsigned round = 1; round <= 2; round++) {
        fd = open(path, O_RDWR | O_NOCTTY);
        g_assert_cmpint(fd, >=, 0);
        WAIT_UNTIL(l.opened == round);
        g_assert_cmpint(write(fd, "in", 2), ==, 2);
        WAIT_UNTIL(l.got->len == 2 * round);
        qemu_chr_fe_write_all(&l.fe, (const uint8_t *)"out", 3);
        g_assert_cmpint(read(fd, buf, 8), ==, 3);
        close(fd);
        WAIT_UNTIL(l.closed == round);
    }
    listener_end(&l, true);
}

static void test_file_and_fdset(void)
{
    g_autofree char *dir = temp_dir();
    g_autofree char *path = g_build_filename(dir, "out", NULL);
    g_autofree char *log = g_build_filename(dir, "log", NULL);
    g_autofree char *options = NULL;
    g_autofree char *text = NULL;
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    Chardev *chr;

    fdset_add(7, fd, NULL, &error_abort);
    options = g_strdup_printf("file,id=f,path=/dev/fdset/7,append=on,"
                              "logfile=%s", log);
    chr = make(options, &error_abort);
    qemu_chr_write_all(chr, (const uint8_t *)"data", 4);
    object_unparent(OBJECT(chr));
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "data");
    g_clear_pointer(&text, g_free);
    g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "data");
    g_assert_true(fdset_remove(7, -1, &error_abort));
    g_unlink(path);
    g_unlink(log);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_OPTS);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    g_test_add_func("/chardev/bad-options-are-named", test_bad_options);
    g_test_add_func("/chardev/ringbuf-keeps-the-last-bytes", test_ringbuf);
    g_test_add_func("/chardev/unix-server-serves-one-after-another",
                    test_unix_server);
    g_test_add_func("/chardev/no-room-stops-reading-without-spinning",
                    test_no_room);
    g_test_add_func("/chardev/watch-tells-when-there-is-room", test_watch);
    g_test_add_func("/chardev/descriptors-come-along",
                    test_descriptors_come_along);
    g_test_add_func("/chardev/client-reconnects", test_reconnect);
    g_test_add_func("/chardev/waits-no-longer-than-asked", test_bounded_waits);
    g_test_add_func("/chardev/one-front-end-at-a-time", test_in_use);
    g_test_add_func("/chardev/mux-switches-by-escape", test_mux);
    g_test_add_func("/chardev/pty-comes-and-goes", test_pty);
    g_test_add_func("/chardev/file-log-and-descriptor-set",
                    test_file_and_fdset);
    return g_test_run();
}

/*
 * Options of character devices, monitors and display: bytes go where they say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "options.h"

#define COM1 0x3f8

static void serial_say(QTestState *s, const char *text)
{
    for (; *text; text++) {
        while (!(qtest_inb(s, COM1 + 5) & 0x20)) {
            g_usleep(1000);
        }
        qtest_outb(s, COM1, *text);
    }
}

static void serial_expect(QTestState *s, const char *text)
{
    for (; *text; text++) {
        for (unsigned i = 0; !(qtest_inb(s, COM1 + 5) & 1); i++) {
            g_assert_cmpuint(i, <, 5000);
            g_usleep(1000);
        }
        g_assert_cmpint(qtest_inb(s, COM1), ==, *text);
    }
}

/* ---- the other side ---- */

static int connect_path(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    g_assert_cmpint(connect(fd, (void *)&addr, sizeof(addr)), ==, 0);
    return fd;
}

static int bound(int type, unsigned *port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (void *)&addr, len), ==, 0);
    getsockname(fd, (void *)&addr, &len);
    *port = ntohs(addr.sin_port);
    return fd;
}

/* Read until @text has come; all of it, to be freed. */
static char *read_until(int fd, const char *text)
{
    GString *all = g_string_new(NULL);
    char chunk[4096];

    while (!strstr(all->str, text)) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (poll(&pfd, 1, 10000) <= 0 ||
            (n = read(fd, chunk, sizeof(chunk))) <= 0) {
            g_error("'%s' did not come, but '%s'", text, all->str);
        }
        g_string_append_len(all, chunk, n);
    }
    return g_string_free(all, false);
}

static void expect_from(int fd, const char *text)
{
    g_free(read_until(fd, text));
}

static void say_to(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
}

/* In first: what goes out before the emulator has noticed the client is lost. */
static void both_ways(QTestState *s, int fd)
{
    say_to(fd, "in");
    serial_expect(s, "in");
    serial_say(s, "out");
    expect_from(fd, "out");
}

/* Where the chardev @label leads, as query-chardev tells; to be freed. */
static char *where(QTestState *s, const char *label)
{
    json_object *all = qtest_qmp_return(s, "{'execute':'query-chardev'}");
    char *name = NULL;

    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *one = json_object_array_get_idx(all, i);

        if (!strcmp(json_string(one, "label"), label)) {
            name = g_strdup(json_string(one, "filename"));
        }
    }
    json_object_put(all);
    return name;
}

/* Runs with @input on a pipe; its output, to be freed. Status 0 is required. */
static char *piped(const char *input, const char *args)
{
    g_autofree char *line = g_strdup_printf(
        "printf '%s' | %s -accel qtest %s", input,
        g_getenv("QTEST_QEMU_BINARY"), args);
    const char *argv[] = { "/bin/sh", "-c", line, NULL };
    char *output;
    int status;

    options_note(args);
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT,
                               NULL, NULL, &output, NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
    return output;
}

static void expect_piped(const char *input, const char *args,
                         const char *text)
{
    g_autofree char *output = piped(input, args);

    if (!strstr(output, text)) {
        g_error("%s: no '%s' in: %s", args, text, output);
    }
}

/* ---- -serial and its short forms ---- */

static void test_serial_files(void)
{
    g_autofree char *path = options_path("serial");
    g_autofree char *pipe_base = options_path("pipe");
    g_autofree char *in = g_strconcat(pipe_base, ".in", NULL);
    g_autofree char *out = g_strconcat(pipe_base, ".out", NULL);
    QTestState *s = options_start("-serial file:%s", path);
    int fds[2];

    serial_say(s, "to a file");
    options_wait_for(path, "to a file");
    qtest_quit(s);

    g_assert_cmpint(mkfifo(in, 0600) | mkfifo(out, 0600), ==, 0);
    fds[0] = open(out, O_RDWR | O_CLOEXEC);
    fds[1] = open(in, O_RDWR | O_CLOEXEC);
    s = options_start("-serial pipe:%s", pipe_base);
    serial_say(s, "out");
    expect_from(fds[0], "out");
    say_to(fds[1], "in");
    serial_expect(s, "in");
    qtest_quit(s);
    close(fds[0]);
    close(fds[1]);

    s = options_start("-serial none -serial null -serial ringbuf");
    g_assert_cmphex(qtest_inb(s, COM1 + 5), ==, 0xff);      /* no COM1 */
    g_assert_cmphex(qtest_inb(s, 0x2f8 + 5), ==, 0x60);     /* COM2 */
    qtest_outb(s, 0x3e8, 'R');                              /* COM3 */
    {
        json_object *text = qtest_qmp_return(
            s, "{'execute':'ringbuf-read','arguments':{'device':'serial2',"
            "'size':10}}");

        g_assert_cmpstr(json_object_get_string(text), ==, "R");
        json_object_put(text);
    }
    qtest_quit(s);
}

static void test_serial_sockets(void)
{
    g_autofree char *path = options_path("serial.sock");
    g_autofree char *tcp G_GNUC_UNUSED = NULL, *pty = NULL;
    unsigned port, own;
    QTestState *s;
    int fd, udp;

    s = options_start("-serial unix:%s,server=on,wait=off", path);
    for (unsigned round = 0; round < 2; round++) {
        fd = connect_path(path);
        both_ways(s, fd);
        close(fd);
    }
    qtest_quit(s);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));

    fd = bound(SOCK_STREAM, &port);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    s = options_start("-serial tcp:127.0.0.1:%u", port);
    own = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    both_ways(s, own);
    qtest_quit(s);
    close(own);
    s = options_start("-serial telnet:127.0.0.1:%u", port);
    own = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    expect_from(own, "\377\373\001");
    both_ways(s, own);
    qtest_quit(s);
    close(own);
    close(fd);

    udp = bound(SOCK_DGRAM, &port);
    fd = bound(SOCK_DGRAM, &own);
    close(fd);
    s = options_start("-serial udp:127.0.0.1:%u@127.0.0.1:%u", port, own);
    {
        struct sockaddr_in to = {
            .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons(own),
        };

        g_assert_cmpint(connect(udp, (void *)&to, sizeof(to)), ==, 0);
    }
    serial_say(s, "o");
    expect_from(udp, "o");
    say_to(udp, "in");
    serial_expect(s, "in");
    qtest_quit(s);
    close(udp);

    s = options_start("-serial pty");
    pty = where(s, "serial0");
    g_assert_true(g_str_has_prefix(pty, "pty:/dev/"));
    fd = open(pty + 4, O_RDWR | O_NOCTTY | O_CLOEXEC);
    say_to(fd, "in");
    serial_expect(s, "in");
    serial_say(s, "out");
    expect_from(fd, "out");
    close(fd);
    qtest_quit(s);
}

static void test_debugcon(void)
{
    g_autofree char *path = options_path("debug");
    QTestState *s = options_start("-debugcon file:%s", path);

    g_assert_cmphex(qtest_inb(s, 0xe9), ==, 0xe9);
    qtest_outb(s, 0xe9, 'D');
    options_wait_for(path, "D");
    qtest_quit(s);
}

/* ---- -chardev ---- */

static void test_chardev_options(void)
{
    g_autofree char *log = options_path("log");
    g_autofree char *path = options_path("chardev.sock");
    g_autofree char *old = options_file("appended", "old ", 4);
    unsigned port;
    QTestState *s;
    int fd, listener, fds[2];

    for (unsigned round = 0; round < 2; round++) {
        s = options_start("-chardev null,id=c,logfile=%s,logappend=%s"
                          " -serial chardev:c", log, round ? "on" : "off");
        serial_say(s, round ? "second" : "first ");
        qtest_quit(s);
    }
    options_wait_for(log, "first second");
    s = options_start("-chardev file,id=c,path=%s,append=on -serial chardev:c",
                      old);
    serial_say(s, "new");
    qtest_quit(s);
    options_wait_for(old, "old new");

    /* an inherited connection, and one that listens */
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    {
        g_autofree char *args = g_strdup_printf(
            "-chardev socket,id=c,fd=%d -serial chardev:c", fds[1]);

        options_note(args);
        s = qtest_init_with_fds(args, &fds[1], 1);
    }
    close(fds[1]);
    both_ways(s, fds[0]);
    qtest_quit(s);
    close(fds[0]);

    /* a client that waits for its server, which comes, goes, and comes */
    s = options_start("-chardev socket,id=c,path=%s,reconnect=1"
                      " -serial chardev:c", path);
    for (unsigned round = 0; round < 2; round++) {
        struct sockaddr_un addr = { .sun_family = AF_UNIX };

        g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(listener, (void *)&addr, sizeof(addr)), ==, 0);
        g_assert_cmpint(listen(listener, 1), ==, 0);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        both_ways(s, fd);
        close(fd);
        close(listener);
        g_unlink(path);
    }
    qtest_quit(s);

    listener = bound(SOCK_STREAM, &port);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    s = options_start("-chardev socket,id=c,host=127.0.0.1,port=%u,nodelay=on,"
                      "ipv4=on -device isa-serial,chardev=c,index=1", port);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    qtest_outb(s, 0x2f8, '2');
    expect_from(fd, "2");
    qtest_quit(s);
    close(fd);
    close(listener);
}

/* A serial port and a monitor on one socket, switched by the escape byte. */
static void test_mux(void)
{
    g_autofree char *path = options_path("mux.sock");
    QTestState *s = options_start(
        "-chardev socket,id=c,path=%s,server=on,wait=off,mux=on"
        " -serial chardev:c -mon c,mode=readline -name guest=muxed", path);
    int fd = connect_path(path);

    serial_say(s, "from the port");
    expect_from(fd, "from the port");
    say_to(fd, "keys\001c");
    serial_expect(s, "keys");
    expect_from(fd, "(qemu)");
    say_to(fd, "info name\r");
    expect_from(fd, "muxed");
    say_to(fd, "\001c" "more");
    serial_expect(s, "more");
    qtest_quit(s);
    close(fd);
}

/* ---- monitors ---- */

static void expect_qmp(const char *path, const char *greeting,
                       const char *answer)
{
    int fd = connect_path(path);

    expect_from(fd, greeting);
    say_to(fd, "{'execute':'qmp_capabilities','id':1}\n");
    expect_from(fd, answer);
    close(fd);
}

static void test_monitors(void)
{
    g_autofree char *a = options_path("a.sock");
    g_autofree char *b = options_path("b.sock");
    g_autofree char *c = options_path("c.sock");
    g_autofree char *d = options_path("d.sock");
    QTestState *s = options_start(
        "-name guest=watched -monitor unix:%s,server=on,wait=off"
        " -qmp unix:%s,server=on,wait=off -qmp-pretty unix:%s,server,nowait"
        " -chardev socket,id=d,path=%s,server=on,wait=off"
        " -mon chardev=d,mode=control,pretty=on", a, b, c, d);
    int fd = connect_path(a);

    expect_from(fd, "(qemu)");
    say_to(fd, "info name\r");
    expect_from(fd, "watched");
    close(fd);
    expect_qmp(b, "{\"QMP\": {\"version\"", "{\"return\": {}, \"id\": 1}\r\n");
    expect_qmp(c, "{\r\n    \"QMP\"", "\"id\": 1\r\n}");
    expect_qmp(d, "{\r\n    \"QMP\"", "\"id\": 1\r\n}");
    qtest_quit(s);
    s = options_start("-monitor none");
    g_assert_null(where(s, "compat_monitor0"));
    qtest_quit(s);
}

/* ---- the terminal ---- */

static void test_terminal(void)
{
    expect_piped("info name\\nquit\\n", "-M none -display none -monitor stdio "
                 "-name guest=shown", "shown");
    expect_piped("\\001cinfo name\\nquit\\n", "-M pc -nographic "
                 "-name guest=shown", "shown");
    expect_piped("\\001cinfo name\\nquit\\n", "-M pc -display none "
                 "-serial mon:stdio -name guest=shown", "shown");
    expect_piped("\\024cinfo name\\n\\024x", "-M pc -nographic -echr 20 "
                 "-name guest=shown", "shown");
    expect_piped("\\001h\\001x", "-M pc -nographic", "C-a x");
}

/* What is not there can be said not to be. */
static void test_nothing_to_see(void)
{
    QTestState *s = options_start(
        "-display none -vga none -vnc none -parallel none -k de"
        " -audiodev none,id=a -audiodev '{\"driver\":\"none\",\"id\":\"b\"}'");
    g_autofree char *tree = qtest_hmp(s, "info qtree");
    g_autofree char *help = NULL;

    g_assert_null(strstr(tree, "VGA"));
    g_assert_null(strstr(tree, "parallel"));
    qtest_quit(s);
    g_assert_cmpint(options_run(&help, "-display help"), ==, 0);
    g_assert_nonnull(strstr(help, "none"));
}

void options_chardev_cases(void)
{
    qtest_add_func("options/serial-files", test_serial_files);
    qtest_add_func("options/serial-sockets", test_serial_sockets);
    qtest_add_func("options/debugcon", test_debugcon);
    qtest_add_func("options/chardev", test_chardev_options);
    qtest_add_func("options/chardev-mux", test_mux);
    qtest_add_func("options/monitors", test_monitors);
    qtest_add_func("options/terminal", test_terminal);
    qtest_add_func("options/nothing-to-see", test_nothing_to_see);
}

/*
 * Chardevs and the other side: peers that come and go a hundred times, that
 * never read, that say nonsense; front ends that go while they are written to;
 * telnet and UDP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <termios.h>
#include <glib/gstdio.h>
#include "chardev/char-ringbuf.h"
#include "qapi/json.h"
#include "qemu/module.h"
#include "qemu/sockets.h"
#include "chardev-listener.h"

#define ROUNDS 100

static unsigned open_descriptors(void)
{
    GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

static void run_loop(unsigned times)
{
    while (times--) {
        aio_poll(qemu_get_aio_context(), false);
    }
}

/* A connection that is reset, not closed: what was sent is thrown away. */
static void reset_and_close(int fd)
{
    struct linger now = { .l_onoff = 1 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

static int connect_to(Chardev *chr)
{
    const char *own = strstr(chr->filename, "127.0.0.1:");
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_INET,
        .u.inet = { .host = (char *)"127.0.0.1" },
    };
    int port = atoi(own + strlen("127.0.0.1:")), fd;

    addr.u.inet.port = g_strdup_printf("%d", port);
    fd = socket_connect(&addr, &error_abort);
    g_free(addr.u.inet.port);
    return fd;
}

static void test_killed_server_peers(void)
{
    Chardev *chr = make("socket,id=s,host=127.0.0.1,port=0,server=on,wait=off",
                        &error_abort);
    g_autofree uint8_t *block = g_malloc0(65536);
    unsigned before;
    Listener l;

    listener_init(&l, chr);
    before = open_descriptors();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        int fd = connect_to(chr);

        WAIT_UNTIL(l.opened == round);
        g_assert_cmpint(send(fd, "abc", 3, 0), ==, 3);
        if (round % 2) {
            qemu_chr_fe_write(&l.fe, block, 65536);
        }
        if (round % 3) {
            reset_and_close(fd);
        } else {
            close(fd);
        }
        /* half of the time a writer finds out first */
        qemu_chr_fe_write(&l.fe, block, 65536);
        WAIT_UNTIL(l.closed == round);
    }
    g_assert_cmpuint(open_descriptors(), ==, before);
    listener_end(&l, true);
}

/* More than one at a time: the others wait their turn. */
static void test_storm(void)
{
    Chardev *chr = make("socket,id=s,host=127.0.0.1,port=0,server=on,wait=off",
                        &error_abort);
    Listener l;

    listener_init(&l, chr);
    for (unsigned round = 0; round < ROUNDS; round++) {
        int a = connect_to(chr), b;

        WAIT_UNTIL(chr->be_open);
        b = connect_to(chr);
        reset_and_close(a);
        run_loop(3);
        reset_and_close(b);
        WAIT_UNTIL(!chr->be_open);
    }
    g_assert_cmpuint(l.opened, ==, l.closed);
    g_assert_cmpuint(l.opened, >=, ROUNDS);
    listener_end(&l, true);
}

/* A write to it says EAGAIN, and nothing is kept for it in the meantime. */
static void test_peer_that_never_reads(void)
{
    g_autofree uint8_t *block = g_malloc0(65536);
    g_autofree char *options = NULL;
    uint64_t taken = 0;
    int fds[2], n;
    Listener l;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    options = g_strdup_printf("socket,id=s,fd=%d", fds[0]);
    listener_init(&l, make(options, &error_abort));
    for (unsigned i = 0; i < 1000; i++) {
        n = qemu_chr_fe_write(&l.fe, block, 65536);
        taken += MAX(n, 0);
        run_loop(1);
    }
    g_assert_cmpint(n, ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpuint(taken, <, 8 << 20);        /* what the kernel takes */
    close(fds[1]);
    WAIT_UNTIL(l.closed == 1);
    listener_end(&l, true);
}

/* The front end goes while the chardev waits for room for it. */
static void test_front_end_goes_with_a_watch(void)
{
    g_autofree uint8_t *block = g_malloc0(65536);

    for (unsigned round = 0; round < ROUNDS; round++) {
        g_autofree char *options = NULL;
        unsigned called = 0;
        int fds[2];
        Listener l;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
        options = g_strdup_printf("socket,id=s,fd=%d", fds[0]);
        listener_init(&l, make(options, &error_abort));
        while (qemu_chr_fe_write(&l.fe, block, 65536) > 0) {
            continue;
        }
        qemu_chr_fe_add_watch(&l.fe, G_IO_OUT, (FEWatchFunc)abort, &called);
        if (round % 2) {
            listener_end(&l, true);
            close(fds[1]);
        } else {
            close(fds[1]);
            listener_end(&l, true);
        }
        run_loop(3);
    }
    g_assert_null(qemu_chr_find("s"));
}

static void test_pty_hang_ups(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), out;
    g_autofree char *path = NULL;
    unsigned before;
    Chardev *chr;
    Listener l;

    fflush(stdout);
    out = dup(STDOUT_FILENO);
    dup2(null, STDOUT_FILENO);
    chr = make("pty,id=p", &error_abort);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(null);
    path = g_strdup(chr->filename + strlen("pty:"));
    listener_init(&l, chr);
    before = open_descriptors();
    for (unsigned round = 1; round <= ROUNDS; round++) {
        int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

        WAIT_UNTIL(l.opened == round);
        qemu_chr_fe_write(&l.fe, (const uint8_t *)"text", 4);
        close(fd);              /* with "text" unread */
        qemu_chr_fe_write(&l.fe, (const uint8_t *)"more", 4);
        WAIT_UNTIL(l.closed == round);
    }
    g_assert_cmpuint(open_descriptors(), ==, before);
    listener_end(&l, true);
}

static void test_mux_of_four(void)
{
    g_autofree char *options = NULL;
    CharFrontend fifth;
    Listener l[4];
    Error *err = NULL;
    int fds[2];
    Chardev *chr;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    options = g_strdup_printf("socket,id=m,fd=%d,mux=on", fds[0]);
    chr = make(options, &error_abort);
    for (unsigned i = 0; i < 4; i++) {
        listener_init(&l[i], chr);
    }
    g_assert_false(qemu_chr_fe_init(&fifth, chr, &err));
    error_free_or_abort(&err);
    g_assert_false(qemu_chr_qmp_remove("m", &err));
    error_free_or_abort(&err);
    /* the last has the input; it goes, with input under way, to the next */
    for (int i = 3; i > 0; i--) {
        size_t had = l[i].got->len;

        g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
        WAIT_UNTIL(l[i].got->len == had + 1);
        g_assert_cmpint(write(fds[1], "\001", 1), ==, 1);
        listener_end(&l[i], false);
        /* the escape byte came before: "c" switches, or is alone and stays */
        g_assert_cmpint(write(fds[1], "c", 1), ==, 1);
        run_loop(5);
        while (chr->fe != &l[i - 1].fe) {
            g_assert_cmpint(write(fds[1], "\001c", 2), ==, 2);
            run_loop(5);
        }
    }
    listener_end(&l[0], true);
    object_unparent(OBJECT(qemu_chr_find("m-base")));
    close(fds[1]);
}

/* What is under the multiplexer is not taken away from it. */
static void test_mux_base_is_in_use(void)
{
    Chardev *chr = make("null,id=n,mux=on", &error_abort);
    Error *err = NULL;

    g_assert_false(qemu_chr_qmp_remove("n-base", &err));
    error_free_or_abort(&err);
    object_unparent(OBJECT(chr));
    g_assert_true(qemu_chr_qmp_remove("n-base", &error_abort));
}

/* Against a plain model: any sizes, in any order. */
static void test_ringbuf_wraps(void)
{
    Chardev *chr = make("ringbuf,id=rb,size=64", &error_abort);
    g_autoptr(GString) model = g_string_new(NULL);
    uint8_t next = 0, buf[200];

    for (unsigned i = 0; i < 10000; i++) {
        unsigned n = g_test_rand_int_range(0, 150);

        if (g_test_rand_bit()) {
            for (unsigned k = 0; k < n; k++) {
                buf[k] = next++;
            }
            qemu_chr_write_all(chr, buf, n);
            g_string_append_len(model, (char *)buf, n);
            if (model->len > 64) {
                g_string_erase(model, 0, model->len - 64);
            }
        } else {
            size_t got = qemu_chr_ringbuf_read(chr, buf, n);

            g_assert_cmpuint(got, ==, MIN(n, model->len));
            g_assert_true(memcmp(buf, model->str, got) == 0);
            g_string_erase(model, 0, got);
        }
        g_assert_cmpuint(qemu_chr_ringbuf_count(chr), ==, model->len);
    }
    object_unparent(OBJECT(chr));
}

/* --- telnet --- */

/* Commands are taken out wherever the input is cut. */
static void test_telnet(void)
{
    static const uint8_t greeting[] = {
        255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0,
    };
    static const uint8_t input[] = {
        'a', 255, 253, 1, 'b', 255, 255, 'c', 255, 243,
        255, 250, 24, 1, 255, 255, 9, 255, 240, 'd', 255, 241, 'e',
    };
    Chardev *chr = make("socket,id=t,host=127.0.0.1,port=0,server=on,wait=off,"
                        "telnet=on", &error_abort);
    Listener l;

    listener_init(&l, chr);
    for (unsigned cut = 0; cut < sizeof(input); cut++) {
        int fd = connect_to(chr);
        uint8_t buf[32];

        socket_set_nodelay(fd);
        g_string_truncate(l.got, 0);
        l.breaks = 0;
        WAIT_UNTIL(chr->be_open);
        g_assert_cmpint(recv(fd, buf, sizeof(greeting), MSG_WAITALL), ==,
                        sizeof(greeting));
        g_assert_cmpmem(buf, sizeof(greeting), greeting, sizeof(greeting));
        g_assert_cmpint(send(fd, input, cut, 0), ==, cut);
        run_loop(5);
        g_assert_cmpint(send(fd, input + cut, sizeof(input) - cut, 0), ==,
                        sizeof(input) - cut);
        WAIT_UNTIL(l.got->len == 6);
        g_assert_cmpmem(l.got->str, 6, "ab\377cde", 6);
        g_assert_cmpuint(l.breaks, ==, 1);
        close(fd);
        WAIT_UNTIL(!chr->be_open);
    }
    listener_end(&l, true);
}

/* --- UDP --- */

static void test_udp(void)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    }, from;
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_autofree char *options = NULL;
    char buf[64];
    Listener l;

    g_assert_cmpint(bind(fd, (void *)&addr, len), ==, 0);
    getsockname(fd, (void *)&addr, &len);
    options = g_strdup_printf("udp,id=u,host=127.0.0.1,port=%u,"
                              "localaddr=127.0.0.1", ntohs(addr.sin_port));
    listener_init(&l, make(options, &error_abort));
    qemu_chr_fe_write_all(&l.fe, (const uint8_t *)"out", 3);
    g_assert_cmpint(recvfrom(fd, buf, sizeof(buf), 0, (void *)&from, &len), ==,
                    3);
    /* a front end with little room gets a datagram in pieces, none lost */
    l.room = 0;
    g_assert_cmpint(sendto(fd, "0123456789", 10, 0, (void *)&from, len), ==,
                    10);
    run_loop(5);
    g_assert_cmpuint(l.got->len, ==, 0);
    l.once = true;
    for (unsigned taken = 3; taken <= 12; taken += 3) {
        l.room = 3;
        qemu_chr_fe_accept_input(&l.fe);
        WAIT_UNTIL(l.got->len == MIN(taken, 10));
    }
    g_assert_cmpstr(l.got->str, ==, "0123456789");
    /* nobody there any more: what is written is lost, and no more happens */
    close(fd);
    for (unsigned i = 0; i < ROUNDS; i++) {
        qemu_chr_fe_write_all(&l.fe, (const uint8_t *)"lost", 4);
        run_loop(2);
    }
    g_assert_cmpuint(l.closed, ==, 0);
    listener_end(&l, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_OPTS);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    g_test_add_func("/chardev/peers-killed-100-times",
                    test_killed_server_peers);
    g_test_add_func("/chardev/storm-of-connections", test_storm);
    g_test_add_func("/chardev/peer-that-never-reads-costs-nothing",
                    test_peer_that_never_reads);
    g_test_add_func("/chardev/front-end-goes-with-its-watch",
                    test_front_end_goes_with_a_watch);
    g_test_add_func("/chardev/pty-hangs-up-100-times", test_pty_hang_ups);
    g_test_add_func("/chardev/mux-of-four", test_mux_of_four);
    g_test_add_func("/chardev/mux-base-is-in-use", test_mux_base_is_in_use);
    g_test_add_func("/chardev/ringbuf-wraps", test_ringbuf_wraps);
    g_test_add_func("/chardev/telnet-commands-anywhere", test_telnet);
    g_test_add_func("/chardev/udp-both-ways", test_udp);
    return g_test_run();
}

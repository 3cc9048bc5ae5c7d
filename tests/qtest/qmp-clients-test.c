/*
 * Several clients of QMP at once, of which some do not behave: they do not read, or
 * go in the middle of an answer. The others must not notice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/socket.h>
#include "libqtest.h"

static void expect_return(int fd, const char *text)
{
    json_object *answer = qmp_socket_answer(fd, text);

    if (!json_has(answer, "return")) {
        g_error("%s: %s", text, json_object_to_json_string(answer));
    }
    json_object_put(answer);
}


static int start_client(const char *path)
{
    int fd = qmp_socket_connect(path);

    json_object_put(qmp_socket_answer(fd, NULL));
    expect_return(fd, "{'execute':'qmp_capabilities'}");
    return fd;
}

static uint64_t resident_kib(QTestState *s)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", qtest_pid(s));
    g_autofree char *text = NULL;
    unsigned long all, resident;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%lu %lu", &all, &resident), ==, 2);
    return (uint64_t)resident * sysconf(_SC_PAGESIZE) / 1024;
}

/* 0 in a build with ASan, which keeps what was freed. */
static uint64_t growth_kib(QTestState *s, uint64_t before)
{
    uint64_t now = resident_kib(s);

#ifdef __SANITIZE_ADDRESS__
    return 0;
#endif
    return now > before ? now - before : 0;
}

/* Write until nothing more is taken; how many commands that were. */
static unsigned flood(int fd, GString *rest)
{
    unsigned count = 0;

    for (; count < 100000; count++) {
        g_autofree char *text = g_strdup_printf(
            "{'execute':'query-commands','id':%u}\n", count);
        ssize_t done = send(fd, text, strlen(text), MSG_DONTWAIT);

        if (done < 0) {
            struct pollfd pfd = { .fd = fd, .events = POLLOUT };

            if (poll(&pfd, 1, 200) == 0) {
                return count;
            }
            count--;
            continue;
        }
        g_string_assign(rest, text + done);
        if (rest->len) {
            return count + 1;
        }
    }
    g_error("everything is taken from a client that does not read");
}

/*
 * One asks and does not read: it is not listened to any more, costs no memory, and
 * nobody else waits for it. When it reads, all its answers are there, in order.
 */
static void test_slow_reader(void)
{
    g_autofree char *path = g_strdup_printf("%s/qmp-slow-%d", g_get_tmp_dir(),
                                            getpid());
    QTestState *s = qtest_initf("-M none -qmp unix:%s,server=on,wait=off",
                                path);
    int fd = start_client(path);
    g_autoptr(GString) rest = g_string_new(NULL);
    uint64_t before = resident_kib(s);
    unsigned asked = flood(fd, rest);

    qtest_qmp_ok(s, "{'execute':'query-name'}");
    g_assert_cmpuint(growth_kib(s, before), <, 8192);
    for (unsigned i = 0; i < asked; i++) {
        json_object *answer = qmp_socket_answer(fd, NULL);

        g_assert_cmpint(json_int(answer, "id"), ==, i);
        json_object_put(answer);
        if (i == 20) {
            g_assert_cmpint(write(fd, rest->str, rest->len), ==, rest->len);
        }
    }
    expect_return(fd, "{'execute':'query-name'}");
    close(fd);
    qtest_quit(s);
}

/* Events for a client that does not read are lost some time; commands are not. */
static void test_events_for_nobody(void)
{
    g_autofree char *path = g_strdup_printf("%s/qmp-events-%d",
                                            g_get_tmp_dir(), getpid());
    QTestState *s = qtest_initf("-M none -qmp unix:%s,server=on,wait=off",
                                path);
    int fd = start_client(path);
    uint64_t before = resident_kib(s);
    g_autoptr(GString) batch = g_string_new(NULL);
    unsigned events = 0, seen = 0;

    for (unsigned i = 0; i < 50; i++) {
        g_string_append(batch, "{'execute':'stop'}{'execute':'cont'}");
    }
    while (events < 16000) {
        qtest_qmp_raw(s, batch->str);
        for (unsigned i = 0; i < 200; i++) {
            json_object *message = qtest_qmp_receive(s);

            events += json_has(message, "event");
            json_object_put(message);
        }
    }
    g_assert_cmpuint(growth_kib(s, before), <, 8192);
    g_assert_cmpint(write(fd, "{'execute':'query-name'}", 24), ==, 24);
    for (;;) {
        json_object *answer = qmp_socket_answer(fd, NULL);
        bool event = json_has(answer, "event");

        seen += event;
        qtest_qmp_check("query-name", answer);
        json_object_put(answer);
        if (!event) {
            break;
        }
    }
    /* A mebibyte of them, and what the socket holds. */
    g_assert_cmpuint(seen, >, 8000);
    g_assert_cmpuint(seen, <, events);
    /* It reads again: nothing is lost any more. */
    qtest_qmp_ok(s, "{'execute':'stop'}");
    for (bool found = false; !found; ) {
        json_object *answer = qmp_socket_answer(fd, NULL);

        found = g_str_equal(json_string(answer, "event"), "STOP");
        json_object_put(answer);
    }
    close(fd);
    qtest_quit(s);
}

/* It goes while its answer is being written; the next one begins anew. */
static void test_gone_in_mid_answer(void)
{
    g_autofree char *path = g_strdup_printf("%s/qmp-gone-%d", g_get_tmp_dir(),
                                            getpid());
    QTestState *s = qtest_initf("-M none -qmp unix:%s,server=on,wait=off",
                                path);
    char some[100];

    for (unsigned i = 0; i < 20; i++) {
        int fd = start_client(path);

        for (unsigned n = 0; n < 10; n++) {
            g_assert_cmpint(write(fd, "{'execute':'query-qmp-schema'}", 30),
                            ==, 30);
        }
        if (i & 1) {
            g_assert_cmpint(read(fd, some, sizeof(some)), ==, sizeof(some));
        }
        close(fd);
        qtest_qmp_ok(s, "{'execute':'query-name'}");
    }
    qtest_quit(s);
}

/* Events go to all who negotiated, answers to the one who asked. */
static void test_several(void)
{
    g_autofree char *a = g_strdup_printf("%s/qmp-a-%d", g_get_tmp_dir(),
                                         getpid());
    g_autofree char *b = g_strdup_printf("%s/qmp-b-%d", g_get_tmp_dir(),
                                         getpid());
    QTestState *s = qtest_initf(
        "-M none -qmp unix:%s,server=on,wait=off"
        " -chardev socket,id=b,path=%s,server=on,wait=off"
        " -mon b,mode=control,pretty=off", a, b);
    int fd_a = start_client(a), fd_b = qmp_socket_connect(b);
    json_object *answer;

    json_object_put(qmp_socket_answer(fd_b, NULL));
    qtest_qmp_ok(s, "{'execute':'stop'}");
    answer = qmp_socket_answer(fd_a, NULL);
    g_assert_cmpstr(json_string(answer, "event"), ==, "STOP");
    json_object_put(answer);
    /* The other had not negotiated: the next it hears is its answer. */
    expect_return(fd_b, "{'execute':'qmp_capabilities'}");
    qtest_qmp_ok(s, "{'execute':'cont'}");
    for (unsigned i = 0; i < 2; i++) {
        answer = qmp_socket_answer(i ? fd_b : fd_a, NULL);
        g_assert_cmpstr(json_string(answer, "event"), ==, "RESUME");
        json_object_put(answer);
    }
    json_object_put(qtest_event(s, "STOP"));
    json_object_put(qtest_event(s, "RESUME"));
    expect_return(fd_a, "{'execute':'query-name'}");
    expect_return(fd_b, "{'execute':'query-name'}");
    close(fd_a);
    close(fd_b);
    qtest_quit(s);
}

/* --- out of band --- */

static void send_text(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
}

static void expect_id(int fd, const char *id)
{
    json_object *answer = qmp_socket_answer(fd, NULL);

    g_assert_true(json_has(answer, "return"));
    g_assert_cmpstr(json_string(answer, "id"), ==, id);
    json_object_put(answer);
}

static bool quiet(int fd, int wait_ms)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };

    return poll(&pfd, 1, wait_ms) == 0;
}

/*
 * The main loop waits for somebody to connect to a character device. Out of band is
 * answered meanwhile; more than eight commands in band are not read ahead, and what
 * stands behind them waits with them.
 */
static void test_out_of_band(void)
{
    g_autofree char *path = g_strdup_printf("%s/qmp-oob-%d", g_get_tmp_dir(),
                                            getpid());
    g_autofree char *sock = g_strconcat(path, "-wait", NULL);
    g_autofree char *slow = g_strdup_printf(
        "{'execute':'chardev-add','id':'slow','arguments':{'id':'c','backend':"
        "{'type':'socket','data':{'server':true,'wait':true,'addr':"
        "{'type':'unix','data':{'path':'%s'}}}}}}", sock);
    QTestState *s = qtest_initf("-M none -qmp unix:%s,server=on,wait=off",
                                path);
    int fd = qmp_socket_connect(path), other;

    json_object_put(qmp_socket_answer(fd, NULL));
    expect_return(fd, "{'execute':'qmp_capabilities','arguments':"
                  "{'enable':['oob']}}");
    send_text(fd, slow);
    while (!g_file_test(sock, G_FILE_TEST_EXISTS)) {
        g_usleep(1000);
    }
    for (unsigned i = 0; i < 6; i++) {
        send_text(fd, "{'execute':'query-name','id':'in-band'}");
    }
    send_text(fd, "{'exec-oob':'query-status','id':'now'}");
    expect_id(fd, "now");
    g_assert_true(quiet(fd, 50));
    for (unsigned i = 0; i < 10; i++) {
        send_text(fd, "{'execute':'query-name','id':'in-band'}");
    }
    g_assert_true(quiet(fd, 50));
    send_text(fd, "{'exec-oob':'query-status','id':'behind'}");
    g_assert_true(quiet(fd, 100));

    other = qmp_socket_connect(sock);
    expect_id(fd, "slow");
    for (unsigned i = 0, behind = 0; i < 17; i++) {
        json_object *answer = qmp_socket_answer(fd, NULL);

        behind += g_str_equal(json_string(answer, "id"), "behind");
        g_assert_cmpuint(behind, <=, 1);
        json_object_put(answer);
    }
    close(other);
    expect_return(fd, "{'execute':'chardev-remove','arguments':{'id':'c'}}");
    close(fd);
    qtest_quit(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("qmp-clients/several", test_several);
    qtest_add_func("qmp-clients/slow-reader", test_slow_reader);
    qtest_add_func("qmp-clients/events-for-nobody", test_events_for_nobody);
    qtest_add_func("qmp-clients/gone-in-mid-answer", test_gone_in_mid_answer);
    qtest_add_func("qmp-clients/out-of-band", test_out_of_band);
    return g_test_run();
}

/*
 * The human monitor on a terminal: a pty, keys as a person presses them, and what
 * then stands on the screen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <termios.h>
#include "libqtest.h"

#define WAIT_MS 10000

typedef struct Terminal {
    QTestState *qts;
    int fd;
    GString *seen;              /* since the last key */
} Terminal;

/* Opens the pty that is the monitor, as screen or minicom do. */
static void terminal_open(Terminal *t, const char *args)
{
    json_object *list;

    t->qts = qtest_initf("-chardev pty,id=term -mon term,mode=readline %s",
                         args);
    t->seen = g_string_new(NULL);
    list = qtest_qmp_return(t->qts, "{'execute':'query-chardev'}");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);
        const char *name = json_string(one, "filename");

        if (g_str_equal(json_string(one, "label"), "term")) {
            struct termios raw;

            g_assert_true(g_str_has_prefix(name, "pty:"));
            t->fd = open(name + 4, O_RDWR | O_NOCTTY | O_CLOEXEC);
            g_assert_cmpint(t->fd, >=, 0);
            g_assert_cmpint(tcgetattr(t->fd, &raw), ==, 0);
            cfmakeraw(&raw);
            g_assert_cmpint(tcsetattr(t->fd, TCSANOW, &raw), ==, 0);
        }
    }
    json_object_put(list);
}

static void terminal_close(Terminal *t)
{
    close(t->fd);
    g_string_free(t->seen, true);
    qtest_quit(t->qts);
}

/* Wait until @text is on the screen; what is before it is forgotten. */
static void see(Terminal *t, const char *text)
{
    char *at;

    while (!(at = strstr(t->seen->str, text))) {
        struct pollfd pfd = { .fd = t->fd, .events = POLLIN };
        char chunk[4096];
        ssize_t got;

        if (poll(&pfd, 1, WAIT_MS) == 0) {
            g_error("'%s' does not come: %s", text,
                    g_strescape(t->seen->str, NULL));
        }
        got = read(t->fd, chunk, sizeof(chunk));
        g_assert_cmpint(got, >, 0);
        g_string_append_len(t->seen, chunk, got);
    }
    g_string_erase(t->seen, 0, at + strlen(text) - t->seen->str);
}

static void press(Terminal *t, const char *keys)
{
    g_assert_cmpint(write(t->fd, keys, strlen(keys)), ==, strlen(keys));
}

/* Complete @typed; the line then is @line. Leaves an empty line. */
static void completes(Terminal *t, const char *typed, const char *line)
{

    press(t, typed);
    see(t, typed);
    press(t, "\t");
    g_assert_true(g_str_has_prefix(line, typed));
    see(t, line + strlen(typed));
    press(t, "\025");                       /* ^U */
    see(t, "(qemu) \033[K");
}

/* A second tab lists what there is; @has and @also are in the list. */
static void lists(Terminal *t, const char *typed, const char *has,
                  const char *also)
{
    press(t, typed);
    see(t, typed);
    press(t, "\t");
    see(t, has);
    see(t, also);
    see(t, "(qemu) ");
    press(t, "\025");
    see(t, "(qemu) \033[K");
}

static void test_completion(void)
{
    Terminal t;

    terminal_open(&t, "-M pc -netdev hubport,id=wire0,hubid=0"
                  " -device virtio-net-pci,id=card0,netdev=wire0"
                  " -object iothread,id=worker0 -chardev null,id=sink0");
    press(&t, "\r");
    see(&t, "(qemu) ");
    completes(&t, "info netw", "info network ");
    completes(&t, "system_p", "system_powerdown ");
    completes(&t, "help info qom", "help info qom-tree ");
    completes(&t, "device_add virtio-rn", "device_add virtio-rng-");
    completes(&t, "device_add rtl8139,netd", "device_add rtl8139,netdev=");
    completes(&t, "device_add rtl8139,netdev=w",
              "device_add rtl8139,netdev=wire0 ");
    completes(&t, "device_add rtl8139,bus=pci", "device_add rtl8139,bus=pci.0 ");
    completes(&t, "device_del c", "device_del card0 ");
    completes(&t, "object_add rng-b", "object_add rng-builtin ");
    completes(&t, "object_add iothread,id=x,poll-m",
              "object_add iothread,id=x,poll-max-ns=");
    completes(&t, "object_del w", "object_del worker0 ");
    completes(&t, "netdev_add hubport,hub", "netdev_add hubport,hubid=");
    completes(&t, "netdev_del w", "netdev_del wire0 ");
    completes(&t, "set_link ca", "set_link card0 ");
    completes(&t, "set_link card0 of", "set_link card0 off ");
    completes(&t, "chardev-remove si", "chardev-remove sink0 ");
    completes(&t, "qom-get /machine/per", "qom-get /machine/peripheral");
    completes(&t, "qom-get /machine/peripheral/card0 disable",
              "qom-get /machine/peripheral/card0 disable-");
    completes(&t, "qom-set -j /machine/peripheral/ca",
              "qom-set -j /machine/peripheral/card0 ");
    completes(&t, "info virtio-status /m",
              "info virtio-status /machine/peripheral/card0/virtio-backend ");
    completes(&t, "trace-event virtio_no", "trace-event virtio_notify");
    completes(&t, "migrate_set_capability ev", "migrate_set_capability events ");
    completes(&t, "log guest_errors,unim", "log guest_errors,unimp ");
    lists(&t, "info m", "memdev", "mtree");
    lists(&t, "device_add rtl8139,rom", "rombar=", "romfile=");
    terminal_close(&t);
}

static void test_editing_and_history(void)
{
    Terminal t;

    terminal_open(&t, "-M none -name guest=somebody");
    press(&t, "\r");
    see(&t, "(qemu) ");
    press(&t, "info nam\r");
    see(&t, "unknown command: 'info nam'");
    see(&t, "(qemu) ");
    press(&t, "\033[Ae\r");                 /* up, and what was missing */
    see(&t, "somebody\r\n");
    see(&t, "(qemu) ");
    press(&t, "info vers\001\013help name\033[D\033[D\033[D\033[D\033[C\b\r");
    see(&t, "unknown command: 'ame'");      /* "help ame" */
    see(&t, "(qemu) ");
    press(&t, "\020\020\020\r");            /* three lines back */
    see(&t, "unknown command: 'info nam'");
    see(&t, "(qemu) ");
    press(&t, "info history\r");
    see(&t, "0: 'info nam'\r\n1: 'info name'\r\n");
    see(&t, "info history'\r\n");
    see(&t, "(qemu) ");
    /* The same for all monitors of the program, and QMP sees it too. */
    press(&t, "stop\r");
    json_object_put(qtest_event(t.qts, "STOP"));
    terminal_close(&t);
}

/* Who hangs up and comes back finds the monitor working. */
static void test_hang_up(void)
{
    Terminal t;
    json_object *list;
    g_autofree char *name = NULL;

    terminal_open(&t, "-M none");
    press(&t, "info mtr");
    see(&t, "mtr");
    list = qtest_qmp_return(t.qts, "{'execute':'query-chardev'}");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        if (g_str_equal(json_string(one, "label"), "term")) {
            name = g_strdup(json_string(one, "filename") + 4);
        }
    }
    json_object_put(list);
    close(t.fd);
    qtest_qmp_ok(t.qts, "{'execute':'query-name'}");
    t.fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    g_assert_cmpint(t.fd, >=, 0);
    press(&t, "\025info version\r");
    see(&t, "7.2.0");
    terminal_close(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("hmp-terminal/completion", test_completion);
    qtest_add_func("hmp-terminal/editing-and-history",
                   test_editing_and_history);
    qtest_add_func("hmp-terminal/hang-up", test_hang_up);
    return g_test_run();
}

/*
 * A QMP socket of a test's own, without what libqtest does for its one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include <sys/un.h>
#include "libqtest.h"

int qmp_socket_connect(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    for (int tries = 0; connect(fd, (struct sockaddr *)&addr, sizeof(addr));
         tries++) {
        g_assert_cmpint(tries, <, 500);
        g_usleep(10000);
    }
    return fd;
}

/* Not a byte beyond the end of the line is taken. */
static char *read_line(int fd)
{
    GString *line = g_string_new(NULL);
    char chunk[4096], *end = NULL;

    while (!end) {
        ssize_t there = recv(fd, chunk, sizeof(chunk), MSG_PEEK);

        g_assert_cmpint(there, >, 0);
        end = memchr(chunk, '\n', there);
        there = recv(fd, chunk, end ? end + 1 - chunk : there, 0);
        g_string_append_len(line, chunk, there);
    }
    return g_string_free(line, false);
}

json_object *qmp_socket_answer(int fd, const char *text)
{
    g_autofree char *command = text ? qtest_qmp_command_of(text) : NULL;
    g_autofree char *line = NULL;
    json_object *answer;

    if (text) {
        g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    }
    line = read_line(fd);
    g_assert_true(g_str_has_suffix(line, "\r\n"));
    answer = json_tokener_parse(line);
    if (!json_object_object_get_ex(answer, "QMP", NULL)) {
        qtest_qmp_check(command, answer);
    }
    return answer;
}

/*
 * Starting the emulator and speaking qtest and QMP to it. The buses and devices
 * behind it are libqos's matter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <poll.h>
#include "libqtest.h"
#include "qmp-schema-check.h"

#define CONNECT_SECONDS 60
#define ANSWER_SECONDS  120
#define IRQ_MAX         256

typedef struct LineReader {
    int fd;
    GString *buffer;
} LineReader;

struct QTestState {
    pid_t pid;
    LineReader qtest;
    LineReader qmp;
    GQueue *events;             /* of json_object *, in the order they came */
    GQueue *asked;              /* names of commands without an answer yet */
    bool asked_unclear;         /* something was sent that is no command */
    bool irq_level[IRQ_MAX];
    unsigned owed;              /* answers that nobody has looked at yet */
    char *args;                 /* as given; NULL: cannot be started again */
    int *fds;                   /* that are inherited */
    unsigned fd_count;
    size_t ram_bytes;           /* of guest RAM that is mapped here, or 0 */
    uint8_t *ram;
};

/* What the binary says of itself; all emulators of a process are of one. */
static QmpSchema *qmp_schema;

static const char *binary(void)
{
    const char *path = g_getenv("QTEST_QEMU_BINARY");

    if (!path) {
        g_error("QTEST_QEMU_BINARY must name the emulator");
    }
    return path;
}

/* --- lines --- */

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t done = send(fd, data, size, MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            g_error("the emulator is gone: %s", g_strerror(errno));
        }
        data += done;
        size -= done;
    }
}

/* The next line without its end; fails the test at EOF or after a while. */
static char *read_line(LineReader *r, const char *what)
{
    for (;;) {
        char *end = memchr(r->buffer->str, '\n', r->buffer->len);
        char chunk[65536];
        ssize_t got;

        if (end) {
            size_t len = end - r->buffer->str;
            char *line = g_strndup(r->buffer->str, len);

            g_string_erase(r->buffer, 0, len + 1);
            g_strchomp(line);
            return line;
        }
        got = RETRY_ON_EINTR(recv(r->fd, chunk, sizeof(chunk), 0));
        if (got < 0 && errno == EAGAIN) {
            g_error("no answer from %s within %d s", what, ANSWER_SECONDS);
        }
        if (got <= 0) {
            g_error("the emulator closed %s", what);
        }
        g_string_append_len(r->buffer, chunk, got);
    }
}

/* --- starting and ending --- */

static int listen_at(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    unlink(path);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1)) {
        g_error("cannot listen at %s: %s", path, g_strerror(errno));
    }
    return fd;
}

static int accept_from(int listen_fd, pid_t pid)
{
    for (int tries = 0; tries < CONNECT_SECONDS * 10; tries++) {
        struct pollfd pfd = { .fd = listen_fd, .events = POLLIN };
        int status;

        if (poll(&pfd, 1, 100) == 1) {
            struct timeval wait = { .tv_sec = ANSWER_SECONDS };
            int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
            return fd;
        }
        if (waitpid(pid, &status, WNOHANG) == pid) {
            g_error("the emulator ended with status 0x%x before it connected",
                    status);
        }
    }
    g_error("the emulator did not connect within %d s", CONNECT_SECONDS);
}

static char **arguments(const char *fmt, ...) G_PRINTF(1, 2);
static char **arguments(const char *fmt, ...)
{
    g_autofree char *line = NULL;
    g_autoptr(GError) err = NULL;
    char **argv;
    va_list ap;

    va_start(ap, fmt);
    line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (!g_shell_parse_argv(line, NULL, &argv, &err)) {
        g_error("%s: %s", line, err->message);
    }
    return argv;
}

static pid_t spawn(char **argv, const int *fds, unsigned fd_count, int out_fd)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        for (unsigned i = 0; i < fd_count; i++) {
            fcntl(fds[i], F_SETFD, 0);
        }
        if (out_fd >= 0) {
            dup2(out_fd, STDOUT_FILENO);
            dup2(out_fd, STDERR_FILENO);
            dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        } else {
            dup2(STDERR_FILENO, STDOUT_FILENO);
        }
        execv(argv[0], argv);
        _exit(127);
    }
    return pid;
}

static json_object *receive_json(QTestState *s)
{
    g_autofree char *line = read_line(&s->qmp, "the QMP socket");
    json_object *object = json_tokener_parse(line);

    if (!json_object_is_type(object, json_type_object)) {
        g_error("not a JSON object from QMP: %s", line);
    }
    return object;
}

/* --- guest RAM --- */

/* Below are the windows to ROM and video memory, whatever RAM is behind them. */
#define RAM_FIRST   0x100000

/* New RAM, as a descriptor for the emulator and mapped; -1 if it has its own. */
static int make_ram(QTestState *s, GString *args)
{
    int fd;

    if (s->ram_bytes == 0) {
        return -1;
    }
    fd = memfd_create("guest-ram", MFD_CLOEXEC);
    g_assert_cmpint(ftruncate(fd, s->ram_bytes), ==, 0);
    s->ram = mmap(NULL, s->ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert_true(s->ram != MAP_FAILED);
    g_string_append_printf(args, " -object memory-backend-file,id=qtest-ram,"
                           "mem-path=/proc/self/fd/%d,share=on,size=%zu"
                           " -machine memory-backend=qtest-ram", fd,
                           s->ram_bytes);
    return fd;
}

void *qtest_ram_at(QTestState *s, uint64_t addr, size_t size)
{
    return addr >= RAM_FIRST && addr < s->ram_bytes &&
           size <= s->ram_bytes - addr ? s->ram + addr : NULL;
}

/* --- processes --- */

static pid_t spawn_with_ram(QTestState *s, char **argv, int ram_fd)
{
    g_autofree int *fds = g_new(int, s->fd_count + 1);
    unsigned count = s->fd_count;

    if (count > 0) {
        memcpy(fds, s->fds, count * sizeof(*fds));
    }
    if (ram_fd >= 0) {
        fds[count++] = ram_fd;
    }
    return spawn(argv, fds, count, -1);
}

/* Starts the emulator for s->args and what is said beside them. */
static void start(QTestState *s, const char *more)
{
    static unsigned count;
    g_autofree char *base = g_strdup_printf("%s/qtest-%d-%u", g_get_tmp_dir(),
                                            getpid(), count++);
    g_autofree char *qtest_path = g_strconcat(base, ".sock", NULL);
    g_autofree char *qmp_path = g_strconcat(base, ".qmp", NULL);
    int qtest_fd = listen_at(qtest_path), qmp_fd = listen_at(qmp_path);
    g_autoptr(GString) ram_args = g_string_new(NULL);
    int ram_fd = make_ram(s, ram_args);
    g_auto(GStrv) argv = arguments(
        "%s -qtest unix:%s -qtest-log /dev/null"
        " -chardev socket,path=%s,id=char0 -mon chardev=char0,mode=control"
        " -display none %s%s %s -accel qtest",
        binary(), qtest_path, qmp_path, s->args, ram_args->str, more);

    s->events = g_queue_new();
    s->asked = g_queue_new();
    s->asked_unclear = false;
    s->owed = 0;
    s->pid = spawn_with_ram(s, argv, ram_fd);
    if (ram_fd >= 0) {
        close(ram_fd);
    }
    s->qtest.fd = accept_from(qtest_fd, s->pid);
    s->qmp.fd = accept_from(qmp_fd, s->pid);
    s->qtest.buffer = g_string_new(NULL);
    s->qmp.buffer = g_string_new(NULL);
    close(qtest_fd);
    close(qmp_fd);
    unlink(qtest_path);
    unlink(qmp_path);
    json_object_put(receive_json(s));           /* the greeting */
    qtest_qmp_ok(s, "{'execute':'qmp_capabilities'}");
    if (!qmp_schema) {
        qmp_schema = qmp_schema_new(qtest_qmp_return(
            s, "{'execute':'query-qmp-schema'}"));
    }
}

static QTestState *start_new(const char *args, const int *fds,
                             unsigned fd_count, size_t ram_bytes)
{
    QTestState *s = g_new0(QTestState, 1);

    s->args = g_strdup(args);
    s->fds = g_memdup2(fds, fd_count * sizeof(*fds));
    s->fd_count = fd_count;
    s->ram_bytes = ram_bytes;
    start(s, "");
    return s;
}

QTestState *qtest_init_with_fds(const char *args, const int *fds,
                                unsigned fd_count)
{
    return start_new(args, fds, fd_count, 0);
}

QTestState *qtest_init_mapped(const char *args, size_t ram_bytes)
{
    return start_new(args, NULL, 0, ram_bytes);
}

void qtest_learn_schema(void)
{
    if (!qmp_schema) {
        qtest_quit(qtest_init("-machine none"));
    }
}

QTestState *qtest_init_bare(const char *path, const char *args)
{
    static unsigned count;
    QTestState *s = g_new0(QTestState, 1);
    g_autofree char *sock = g_strdup_printf("%s/qtest-bare-%d-%u",
                                            g_get_tmp_dir(), getpid(), count++);
    int listen_fd = listen_at(sock);
    g_auto(GStrv) argv = arguments("%s -qtest unix:%s -qtest-log /dev/null"
                                   " -display none %s", path, sock, args);

    s->events = g_queue_new();
    s->asked = g_queue_new();
    s->pid = spawn(argv, NULL, 0, -1);
    s->qtest.fd = accept_from(listen_fd, s->pid);
    s->qtest.buffer = g_string_new(NULL);
    s->qmp.fd = -1;
    s->qmp.buffer = g_string_new(NULL);
    close(listen_fd);
    unlink(sock);
    return s;
}

QTestState *qtest_init(const char *args)
{
    return qtest_init_with_fds(args, NULL, 0);
}

QTestState *qtest_initf(const char *fmt, ...)
{
    g_autofree char *args = NULL;
    va_list ap;

    va_start(ap, fmt);
    args = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    return qtest_init(args);
}

/* The process ends by itself, or was told to; its status. */
static int reap(QTestState *s)
{
    int status;

    close(s->qtest.fd);
    if (s->qmp.fd >= 0) {
        close(s->qmp.fd);
    }
    g_string_free(s->qtest.buffer, true);
    g_string_free(s->qmp.buffer, true);
    g_queue_free_full(s->events, (GDestroyNotify)json_object_put);
    g_queue_free_full(s->asked, g_free);
    if (s->ram) {
        munmap(s->ram, s->ram_bytes);
        s->ram = NULL;
    }
    RETRY_ON_EINTR(waitpid(s->pid, &status, 0));
    if (WIFSIGNALED(status)) {
        g_error("the emulator died of signal %d", WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}

int qtest_wait(QTestState *s)
{
    int status = reap(s);

    g_free(s->args);
    g_free(s->fds);
    g_free(s);
    return status;
}

void qtest_restart(QTestState *s, const char *more)
{
    int status;

    kill(s->pid, SIGTERM);
    status = reap(s);
    if (status != 0) {
        g_error("the emulator ended with status %d", status);
    }
    memset(s->irq_level, 0, sizeof(s->irq_level));
    start(s, more);
}

void qtest_migration_wait(QTestState *s)
{
    gint64 end = g_get_monotonic_time() + ANSWER_SECONDS * G_USEC_PER_SEC;

    for (;;) {
        json_object *info = qtest_qmp_return(s, "{'execute':'query-migrate'}");
        const char *status = json_has(info, "status")
            ? json_string(info, "status") : "none";
        bool done = g_str_equal(status, "completed");

        if (g_str_equal(status, "failed") || g_str_equal(status, "cancelled")) {
            g_error("migration: %s", json_object_to_json_string(info));
        }
        json_object_put(info);
        if (done) {
            return;
        }
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(1000);
    }
}

void qtest_save_and_restore(QTestState *s)
{
    static unsigned count;
    g_autofree char *path = g_strdup_printf("%s/qtest-%d-%u.state",
                                            g_get_tmp_dir(), getpid(), count++);
    g_autofree char *more = g_strdup_printf("-incoming file:%s", path);

    qtest_qmp_ok(s, "{'execute':'migrate','arguments':{'uri':'file:%s'}}",
                 path);
    qtest_migration_wait(s);
    qtest_restart(s, more);
    qtest_migration_wait(s);
    unlink(path);
}

void qtest_quit(QTestState *s)
{
    int status;

    if (!s) {
        return;
    }
    kill(s->pid, SIGTERM);
    status = qtest_wait(s);
    if (status != 0) {
        g_error("the emulator ended with status %d", status);
    }
}

pid_t qtest_pid(QTestState *s)
{
    return s->pid;
}

int qtest_fd(QTestState *s)
{
    return s->qtest.fd;
}

bool qtest_alive(QTestState *s)
{
    return kill(s->pid, 0) == 0 && waitpid(s->pid, NULL, WNOHANG) == 0;
}

int qtest_run(const char *args, char **output)
{
    g_auto(GStrv) argv = arguments("%s %s", binary(), args);
    g_autoptr(GString) text = g_string_new(NULL);
    int pipe_fd[2], status;
    char chunk[4096];
    ssize_t got;
    pid_t pid;

    g_assert_cmpint(pipe2(pipe_fd, O_CLOEXEC), ==, 0);
    pid = spawn(argv, NULL, 0, pipe_fd[1]);
    close(pipe_fd[1]);
    while ((got = read(pipe_fd[0], chunk, sizeof(chunk))) > 0) {
        g_string_append_len(text, chunk, got);
    }
    close(pipe_fd[0]);
    RETRY_ON_EINTR(waitpid(pid, &status, 0));
    if (output) {
        *output = g_string_free(g_steal_pointer(&text), false);
    }
    if (!WIFEXITED(status)) {
        g_error("'%s' died of signal %d", args, WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}

/* --- QMP --- */

void qtest_qmp_check(const char *command, json_object *message)
{
    g_autofree char *wrong = NULL;

    if (qmp_schema) {
        wrong = qmp_schema_check(qmp_schema, command, message);
    }
    if (wrong) {
        g_error("against the schema: %s: in %s", wrong,
                json_object_to_json_string(message));
    }
}

char *qtest_qmp_mismatch(const char *command, json_object *message)
{
    g_assert_nonnull(qmp_schema);
    return qmp_schema_check(qmp_schema, command, message);
}

void qtest_qmp_raw(QTestState *s, const char *text)
{
    char *command = qtest_qmp_command_of(text);

    if (command) {
        g_queue_push_tail(s->asked, command);
    } else {
        s->asked_unclear = true;
    }
    write_all(s->qmp.fd, text, strlen(text));
}

json_object *qtest_qmp_receive(QTestState *s)
{
    json_object *object = receive_json(s);
    g_autofree char *command = NULL;

    if (!json_has(object, "event")) {
        command = g_queue_pop_head(s->asked);
    }
    qtest_qmp_check(s->asked_unclear ? NULL : command, object);
    return object;
}

static json_object *qmp_v(QTestState *s, const char *fmt, va_list ap)
{
    g_autofree char *text = g_strdup_vprintf(fmt, ap);
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    /* In one piece: after a quit nobody may be there for the rest. */
    qtest_qmp_raw(s, line);
    for (;;) {
        json_object *answer = qtest_qmp_receive(s);

        if (!json_has(answer, "event")) {
            return answer;
        }
        g_queue_push_tail(s->events, answer);
    }
}

json_object *qtest_qmp(QTestState *s, const char *fmt, ...)
{
    json_object *answer;
    va_list ap;

    va_start(ap, fmt);
    answer = qmp_v(s, fmt, ap);
    va_end(ap);
    return answer;
}

static json_object *must_return(json_object *answer)
{
    json_object *result;

    if (!json_object_object_get_ex(answer, "return", &result)) {
        g_error("unexpected answer: %s", json_object_to_json_string(answer));
    }
    json_object_get(result);
    json_object_put(answer);
    return result;
}

json_object *qtest_qmp_return(QTestState *s, const char *fmt, ...)
{
    json_object *answer;
    va_list ap;

    va_start(ap, fmt);
    answer = qmp_v(s, fmt, ap);
    va_end(ap);
    return must_return(answer);
}

void qtest_qmp_ok(QTestState *s, const char *fmt, ...)
{
    json_object *answer;
    va_list ap;

    va_start(ap, fmt);
    answer = qmp_v(s, fmt, ap);
    va_end(ap);
    json_object_put(must_return(answer));
}

char *qtest_qmp_error(QTestState *s, const char *class, const char *fmt, ...)
{
    json_object *answer;
    char *desc;
    va_list ap;

    va_start(ap, fmt);
    answer = qmp_v(s, fmt, ap);
    va_end(ap);
    if (!json_has(answer, "error")) {
        g_error("expected an error: %s", json_object_to_json_string(answer));
    }
    g_assert_cmpstr(json_string(answer, "error.class"), ==, class);
    desc = g_strdup(json_string(answer, "error.desc"));
    json_object_put(answer);
    return desc;
}

json_object *qtest_event(QTestState *s, const char *name)
{
    for (GList *l = s->events->head; l; l = l->next) {
        json_object *event = l->data;

        if (g_str_equal(json_string(event, "event"), name)) {
            g_queue_delete_link(s->events, l);
            return event;
        }
    }
    for (;;) {
        json_object *object = qtest_qmp_receive(s);

        if (!json_has(object, "event")) {
            g_error("expected event %s, got %s", name,
                    json_object_to_json_string(object));
        }
        if (g_str_equal(json_string(object, "event"), name)) {
            return object;
        }
        g_queue_push_tail(s->events, object);
    }
}

bool qtest_event_came(QTestState *s, const char *name)
{
    for (GList *l = s->events->head; l; l = l->next) {
        if (g_str_equal(json_string(l->data, "event"), name)) {
            return true;
        }
    }
    return false;
}

char *qtest_hmp(QTestState *s, const char *fmt, ...)
{
    g_autofree char *line = NULL;
    json_object *text, *quoted;
    char *copy;
    va_list ap;

    va_start(ap, fmt);
    line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    quoted = json_object_new_string(line);
    text = qtest_qmp_return(s, "{'execute':'human-monitor-command',"
                            "'arguments':{'command-line':%s}}",
                            json_object_to_json_string(quoted));
    copy = g_strdup(json_object_get_string(text));
    json_object_put(text);
    json_object_put(quoted);
    return copy;
}

void qtest_device_add(QTestState *s, const char *driver, const char *id,
                      const char *json_members)
{
    qtest_qmp_ok(s, "{'execute':'device_add','arguments':"
                 "{'driver':'%s','id':'%s'%s%s}}", driver, id,
                 json_members ? "," : "", json_members ? json_members : "");
}

void qtest_device_del(QTestState *s, const char *id)
{
    json_object *event;

    qtest_qmp_ok(s, "{'execute':'device_del','arguments':{'id':'%s'}}", id);
    event = qtest_event(s, "DEVICE_DELETED");
    json_object_put(event);
}

/* --- qtest --- */

/* An interrupt line that changed, told between the answers. */
static bool note_irq(QTestState *s, const char *line)
{
    int number;
    char word[8];

    if (sscanf(line, "IRQ %7s %d", word, &number) != 2) {
        return false;
    }
    g_assert_cmpint(number, >=, 0);
    g_assert_cmpint(number, <, IRQ_MAX);
    s->irq_level[number] = g_str_equal(word, "raise");
    return true;
}

/* In one piece: what comes in two wakes the emulator twice. */
static void send_line(QTestState *s, const char *line)
{
    g_autofree char *ended = g_strconcat(line, "\n", NULL);

    write_all(s->qtest.fd, ended, strlen(ended));
}

static char *receive_answer(QTestState *s)
{
    for (;;) {
        char *answer = read_line(&s->qtest, "the qtest socket");

        if (!note_irq(s, answer)) {
            return answer;
        }
        g_free(answer);
    }
}

char *qtest_raw(QTestState *s, const char *line)
{
    send_line(s, line);
    for (; s->owed; s->owed--) {
        g_autofree char *answer = receive_answer(s);

        if (!g_str_has_prefix(answer, "OK")) {
            g_error("a word before '%s' was answered with '%s'", line, answer);
        }
    }
    return receive_answer(s);
}

void qtest_raw_later(QTestState *s, const char *line)
{
    send_line(s, line);
    s->owed++;
}

bool qtest_get_irq(QTestState *s, int number)
{
    g_free(qtest_raw(s, "endianness"));     /* what happened before is told */
    return s->irq_level[number];
}

void qtest_add_func(const char *path, void (*func)(void))
{
    g_autofree char *full = g_strdup_printf("/x86_64/%s", path);

    g_test_add_func(full, func);
}

void qtest_add_data_func(const char *path, const void *data,
                         void (*func)(const void *))
{
    g_autofree char *full = g_strdup_printf("/x86_64/%s", path);

    g_test_add_data_func(full, data, func);
}

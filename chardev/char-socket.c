/*
 * The "socket" chardev: unix, TCP or inherited sockets, as server or client.
 * What its options mean is in char-socket-opts.c.
 *
 * One connection at a time.  A server listens again when it ends; a client
 * with reconnect= tries again after that many seconds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "char-socket.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/error-report.h"
#include "qemu/exit-paths.h"
#include "chardev/fdset.h"

static void socket_start(SocketChardev *s);

/* --- the text that query-chardev shows --- */

static void socket_name(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);
    g_autoptr(SocketAddress) peer = NULL;
    g_autofree char *own = socket_uri(s->addr);
    g_autofree char *theirs = NULL;

    if (s->fd >= 0 && s->addr->type != SOCKET_ADDRESS_TYPE_UNIX) {
        peer = socket_remote_address(s->fd, NULL);
        if (peer && peer->type == SOCKET_ADDRESS_TYPE_INET) {
            theirs = socket_uri(peer);
        }
    }
    g_free(chr->filename);
    chr->filename = g_strdup_printf(
        "%s%s%s%s%s%s", s->fd >= 0 ? "" : "disconnected:",
        s->addr->type == SOCKET_ADDRESS_TYPE_INET &&
        !g_str_has_prefix(own, "tcp:") ? "tcp:" : "", own,
        s->is_server ? ",server=on" : "", theirs ? " <-> " : "",
        theirs ? theirs : "");
}

/* --- a connection --- */

static void forget_fds(SocketChardev *s)
{
    for (unsigned i = 0; i < s->in_fds_count; i++) {
        close(s->in_fds[i]);
    }
    g_clear_pointer(&s->in_fds, g_free);
    s->in_fds_count = 0;
}

static void socket_disconnect(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (s->fd < 0) {
        return;
    }
    chr_pump_set_fd(&s->pump, -1);
    qemu_mutex_lock(&chr->chr_write_lock);
    close(s->fd);
    s->fd = -1;
    s->broken = false;
    s->out_fds_count = 0;
    qemu_mutex_unlock(&chr->chr_write_lock);
    forget_fds(s);
    socket_name(s);
    qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    qemu_chr_be_writable(chr);
    socket_start(s);
}

/* A write failed in some thread: end the connection in the loop's. */
static void socket_check_broken(Chardev *chr)
{
    if (SOCKET_CHARDEV(chr)->broken) {
        socket_disconnect(chr);
    }
}

/* A new connection has room for so little. */
static void socket_greet(SocketChardev *s)
{
    size_t bytes;
    const uint8_t *greeting = telnet_greeting(&bytes);

    s->telnet_state = TELNET_DATA;
    send(s->fd, greeting, bytes, MSG_NOSIGNAL);
}

/* Bytes that are data; a break is one for the front end. */
static size_t socket_take_telnet(SocketChardev *s, uint8_t *buf, size_t count)
{
    unsigned breaks;
    size_t kept = telnet_filter(&s->telnet_state, buf, count, &breaks);

    while (breaks-- > 0) {
        qemu_chr_be_event(CHARDEV(s), CHR_EVENT_BREAK);
    }
    return kept;
}

static void socket_connected(SocketChardev *s, int fd)
{
    Chardev *chr = CHARDEV(s);

    qemu_socket_try_set_nonblock(fd);
    if (s->nodelay) {
        socket_set_nodelay(fd);
    }
    qemu_mutex_lock(&chr->chr_write_lock);
    s->fd = fd;
    s->broken = false;
    qemu_mutex_unlock(&chr->chr_write_lock);
    socket_name(s);
    if (s->telnet) {
        socket_greet(s);
    }
    chr_pump_set_fd(&s->pump, fd);
    qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    chr_pump_update(&s->pump);
}

static void socket_readable(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    uint8_t buf[CHR_READ_BUF_LEN];
    struct iovec iov = {
        .iov_base = buf,
        .iov_len = MIN(qemu_chr_be_can_write(chr), (int)sizeof(buf)),
    };
    int *fds = NULL;
    unsigned nfds = 0;
    ssize_t n = socket_recv_fds(s->fd, &iov, 1, &fds, &nfds);

    if (n == -EAGAIN || n == -EWOULDBLOCK) {
        return;
    }
    if (n <= 0) {
        socket_disconnect(chr);
        return;
    }
    if (nfds > 0) {
        forget_fds(s);
        s->in_fds = fds;
        s->in_fds_count = nfds;
    }
    if (s->telnet) {
        n = socket_take_telnet(s, buf, n);
    }
    qemu_chr_be_write(chr, buf, n);
    if (s->fd >= 0 && qemu_chr_be_can_write(chr) == 0) {
        chr_pump_update(&s->pump);
    }
}

static int socket_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
    ssize_t n;

    if (s->fd < 0 || s->broken) {
        return len;         /* nobody is there: it is lost */
    }
    n = socket_send_fds(s->fd, &iov, 1, s->out_fds, s->out_fds_count);
    if (n >= 0) {
        s->out_fds_count = 0;
        return n;
    }
    if (n == -EAGAIN || n == -EWOULDBLOCK) {
        errno = EAGAIN;
        return -1;
    }
    s->broken = true;
    chr_run_in_loop(chr, socket_check_broken);
    return len;
}

static int socket_chr_write_fd(Chardev *chr)
{
    return SOCKET_CHARDEV(chr)->fd;
}

static void socket_chr_watch_writable(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (s->fd >= 0) {
        chr_pump_watch_writable(&s->pump);
    } else {
        chr_run_in_loop(chr, qemu_chr_be_writable);
    }
}

static int socket_chr_sync_read(Chardev *chr, uint8_t *buf, int len)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int n;

    if (s->fd < 0) {
        return 0;
    }
    qemu_set_blocking(s->fd, true, NULL);
    n = RETRY_ON_EINTR(read(s->fd, buf, len));
    qemu_set_blocking(s->fd, false, NULL);
    return n;
}

static int socket_chr_get_msgfds(Chardev *chr, int *fds, int num)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int n = MIN(num, (int)s->in_fds_count);

    if (n == 0) {
        return 0;
    }
    memcpy(fds, s->in_fds, n * sizeof(int));
    for (unsigned i = n; i < s->in_fds_count; i++) {
        close(s->in_fds[i]);
    }
    g_clear_pointer(&s->in_fds, g_free);
    s->in_fds_count = 0;
    return n;
}

static int socket_chr_set_msgfds(Chardev *chr, int *fds, int num)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (num > SOCKET_MAX_FDS || s->fd < 0) {
        return -1;
    }
    qemu_mutex_lock(&chr->chr_write_lock);
    memcpy(s->out_fds, fds, num * sizeof(int));
    s->out_fds_count = num;
    qemu_mutex_unlock(&chr->chr_write_lock);
    return 0;
}

/* --- getting connected --- */

static void socket_stop_listening(SocketChardev *s)
{
    if (s->listen_ctx) {
        aio_set_fd_handler(s->listen_ctx, s->listen_fd, NULL, NULL, NULL, NULL,
                           NULL);
        s->listen_ctx = NULL;
    }
}

static void socket_on_connection(void *opaque)
{
    SocketChardev *s = opaque;
    int fd = qemu_accept(s->listen_fd, NULL, NULL);

    if (fd < 0) {
        return;
    }
    socket_stop_listening(s);
    socket_connected(s, fd);
}

static void socket_connect_done(int fd, Error *err, void *opaque)
{
    SocketChardev *s = opaque;

    s->connecting = NULL;
    if (fd >= 0) {
        s->warned = false;
        socket_connected(s, fd);
        return;
    }
    if (!s->warned) {
        warn_reportf_err(err, "Unable to connect character device %s: ",
                         CHARDEV(s)->label);
        s->warned = true;
    } else {
        error_free(err);
    }
    socket_start(s);
}

static void socket_retry(void *opaque)
{
    SocketChardev *s = opaque;
    Error *err = NULL;

    if (s->fd >= 0 || s->connecting) {
        return;
    }
    s->connecting = socket_connect_async(qemu_chr_context(CHARDEV(s)), s->addr,
                                         socket_connect_done, s, &err);
    if (!s->connecting) {
        socket_connect_done(-1, err, s);
    }
}

/* Without a connection: wait for one, or for the time of the next attempt. */
static void socket_start(SocketChardev *s)
{
    AioContext *ctx = qemu_chr_context(CHARDEV(s));

    if (s->fd >= 0) {
        return;
    }
    if (s->listen_fd >= 0 && s->listen_ctx != ctx) {
        socket_stop_listening(s);
        s->listen_ctx = ctx;
        aio_set_fd_handler(ctx, s->listen_fd, socket_on_connection, NULL, NULL,
                           NULL, s);
    }
    if (s->reconnect_ms > 0 && !s->connecting) {
        if (!s->retry || s->retry_ctx != ctx) {
            timer_free(s->retry);
            s->retry = aio_timer_new(ctx, QEMU_CLOCK_REALTIME, SCALE_MS,
                                     socket_retry, s);
            s->retry_ctx = ctx;
        }
        timer_mod(s->retry,
                  qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + s->reconnect_ms);
    }
}

static void socket_chr_update(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    chr_pump_update(&s->pump);
    socket_start(s);
}

static void socket_chr_accept_input(Chardev *chr)
{
    chr_pump_accept_input(&SOCKET_CHARDEV(chr)->pump);
}

static int socket_accept_now(SocketChardev *s, Error **errp)
{
    int fd;

    info_report("QEMU waiting for connection on: %s", CHARDEV(s)->filename);
    fd = qemu_accept(s->listen_fd, NULL, NULL);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Unable to accept connection");
        return -1;
    }
    socket_connected(s, fd);
    return 0;
}

/* Somebody knocks within @timeout_ms, or not. */
static bool socket_awaited(SocketChardev *s, int timeout_ms, Error **errp)
{
    struct pollfd p = { .fd = s->listen_fd, .events = POLLIN };

    if (timeout_ms < 0 || RETRY_ON_EINTR(poll(&p, 1, timeout_ms)) > 0) {
        return true;
    }
    error_setg(errp, "nobody connected to %s within %d ms", CHARDEV(s)->label,
               timeout_ms);
    return false;
}

static int socket_wait_client(SocketChardev *s, int timeout_ms, Error **errp)
{
    int ret = -1;

    socket_stop_listening(s);
    if (socket_awaited(s, timeout_ms, errp)) {
        /* It does not block where it is watched in a loop. */
        qemu_set_blocking(s->listen_fd, true, NULL);
        ret = socket_accept_now(s, errp);
        qemu_socket_try_set_nonblock(s->listen_fd);
    }
    socket_start(s);
    return ret;
}

/* Without reconnect= there is one attempt, else one each so many seconds. */
static int socket_wait_server(SocketChardev *s, int timeout_ms, Error **errp)
{
    int64_t end = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + timeout_ms;

    if (s->connecting) {
        socket_connect_cancel(g_steal_pointer(&s->connecting));
    }
    for (;;) {
        Error *err = NULL;
        int fd = socket_connect(s->addr, &err);
        int64_t left = end - qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

        if (fd >= 0) {
            error_free(err);
            socket_connected(s, fd);
            return 0;
        }
        if (s->reconnect_ms == 0 || (timeout_ms >= 0 && left <= 0)) {
            error_propagate(errp, err);
            socket_start(s);
            return -1;
        }
        if (!s->warned) {
            warn_reportf_err(err, "Unable to connect character device %s: ",
                             CHARDEV(s)->label);
            s->warned = true;
        } else {
            error_free(err);
        }
        g_usleep(1000 * (timeout_ms < 0 ? s->reconnect_ms
                                        : MIN(s->reconnect_ms, left)));
    }
}

static int socket_chr_wait_connected(Chardev *chr, int timeout_ms,
                                     Error **errp)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (s->fd >= 0) {
        return 0;
    }
    return s->is_server ? socket_wait_client(s, timeout_ms, errp) :
           socket_wait_server(s, timeout_ms, errp);
}

/* --- opening --- */

/* "fd": a number, or a name given by getfd; the descriptor becomes ours. */
static int socket_take_fd(SocketChardev *s, Error **errp)
{
    int fd = monitor_fd_param(NULL, s->addr->u.fd.str, errp);

    if (fd >= 0 && !fd_is_socket(fd)) {
        error_setg(errp, "File descriptor '%s' is not a socket",
                   s->addr->u.fd.str);
        return -1;
    }
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

static int socket_open_listener(SocketChardev *s, Error **errp)
{
    int fd = -1;

    if (s->addr->type == SOCKET_ADDRESS_TYPE_FD) {
        g_autoptr(SocketAddress) real = NULL;

        fd = socket_take_fd(s, errp);
        real = fd >= 0 ? socket_local_address(fd, NULL) : NULL;
        if (real) {
            socket_address_free(s->addr);
            s->addr = g_steal_pointer(&real);
        }
        return fd;
    }
    fd = socket_listen(s->addr, 1, errp);
    if (fd >= 0 && s->addr->type == SOCKET_ADDRESS_TYPE_UNIX &&
        !s->addr->u.q_unix.abstract) {
        s->unlink_path = g_strdup(s->addr->u.q_unix.path);
        exit_path_add(s->unlink_path);
    }
    if (fd >= 0 && s->addr->type == SOCKET_ADDRESS_TYPE_INET) {
        SocketAddress *real = socket_local_address(fd, NULL);

        if (real) {     /* port 0 has become a real one */
            socket_address_free(s->addr);
            s->addr = real;
        }
    }
    return fd;
}

static void socket_open_client(SocketChardev *s, Error **errp)
{
    int fd;

    if (s->reconnect_ms > 0) {
        socket_retry(s);
        return;
    }
    fd = s->addr->type == SOCKET_ADDRESS_TYPE_FD
         ? socket_take_fd(s, errp) : socket_connect(s->addr, errp);
    if (fd >= 0) {
        socket_connected(s, fd);
    }
}

static void socket_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                            Error **errp)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    *be_opened = false;
    s->addr = chr_socket_address(json_get(data, "addr"), errp);
    if (!s->addr || !chr_socket_check(s, data, errp)) {
        return;
    }
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_RECONNECTABLE);
    if (s->addr->type != SOCKET_ADDRESS_TYPE_INET) {
        qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_FD_PASS);
    }
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT);
    if (!s->is_server) {
        socket_name(s);
        socket_open_client(s, errp);
        return;
    }
    s->listen_fd = socket_open_listener(s, errp);
    if (s->listen_fd < 0) {
        return;
    }
    socket_name(s);
    if (json_get_bool(data, "wait", false)) {
        socket_accept_now(s, errp);
    } else {
        qemu_socket_try_set_nonblock(s->listen_fd);
        socket_start(s);
    }
}

static void socket_chr_init(Object *obj)
{
    SocketChardev *s = SOCKET_CHARDEV(obj);

    s->fd = s->listen_fd = -1;
    chr_pump_init(&s->pump, CHARDEV(obj), socket_readable);
}

static void socket_chr_finalize(Object *obj)
{
    SocketChardev *s = SOCKET_CHARDEV(obj);

    chr_pump_set_fd(&s->pump, -1);
    socket_stop_listening(s);
    timer_free(s->retry);
    if (s->connecting) {
        socket_connect_cancel(s->connecting);
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    if (s->listen_fd >= 0) {
        close(s->listen_fd);
    }
    if (s->unlink_path) {
        exit_path_remove(s->unlink_path);
        g_free(s->unlink_path);
    }
    forget_fds(s);
    socket_address_free(s->addr);
}

static void socket_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_parse = chr_socket_parse;
    cc->chr_open = socket_chr_open;
    cc->chr_write = socket_chr_write;
    cc->chr_write_fd = socket_chr_write_fd;
    cc->chr_watch_writable = socket_chr_watch_writable;
    cc->chr_sync_read = socket_chr_sync_read;
    cc->chr_update_read_handler = socket_chr_update;
    cc->chr_accept_input = socket_chr_accept_input;
    cc->chr_wait_connected = socket_chr_wait_connected;
    cc->chr_disconnect = socket_disconnect;
    cc->chr_get_msgfds = socket_chr_get_msgfds;
    cc->chr_set_msgfds = socket_chr_set_msgfds;
}

static const TypeInfo socket_type_infos[] = {
    {
        .name = TYPE_CHARDEV_SOCKET,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(SocketChardev),
        .instance_init = socket_chr_init,
        .instance_finalize = socket_chr_finalize,
        .class_init = socket_chr_class_init,
    },
};

DEFINE_TYPES(socket_type_infos)

/*
 * What a front end calls: attaching to a chardev, handlers, writing, watches.
 * The back end's side is in char.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <poll.h>
#include "chardev-internal.h"
#include "qapi/error.h"

/* --- attaching --- */

bool qemu_chr_fe_init(CharFrontend *c, Chardev *chr, Error **errp)
{
    *c = (CharFrontend) { .chr = chr };
    if (!chr) {
        return true;
    }
    if (chr_is_mux(chr)) {
        if (!mux_chr_attach(chr, c, errp)) {
            c->chr = NULL;
            return false;
        }
        return true;
    }
    if (chr->fe) {
        error_setg(errp, "chardev '%s' is already in use",
                   chr->label ? chr->label : "");
        c->chr = NULL;
        return false;
    }
    chr->fe = c;
    return true;
}

void qemu_chr_fe_deinit(CharFrontend *c, bool del)
{
    Chardev *chr = c->chr;

    if (!chr) {
        return;
    }
    qemu_chr_fe_set_handlers(c, NULL, NULL, NULL, NULL, NULL, NULL, true);
    if (chr_is_mux(chr)) {
        mux_chr_detach(chr, c);
    } else if (chr->fe == c) {
        chr->fe = NULL;
    }
    c->chr = NULL;
    c->watch = NULL;
    if (del) {
        if (chr->label) {
            object_unparent(OBJECT(chr));
        } else {
            object_unref(OBJECT(chr));
        }
    }
}

Chardev *qemu_chr_fe_get_driver(CharFrontend *c)
{
    return c->chr;
}

bool qemu_chr_fe_backend_connected(CharFrontend *c)
{
    return c->chr != NULL;
}

bool qemu_chr_fe_backend_open(CharFrontend *c)
{
    return c->chr && c->chr->be_open;
}

/* --- handlers --- */

static void chr_handlers_changed(Chardev *chr, CharFrontend *c,
                                 AioContext *context)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);

    if (chr_is_mux(chr)) {
        mux_chr_handlers_changed(chr, c);
        return;
    }
    chr->ctx = context;
    if (cc->chr_update_read_handler) {
        cc->chr_update_read_handler(chr);
    }
}

void qemu_chr_fe_set_handlers_full(CharFrontend *c,
                                   IOCanReadHandler *fd_can_read,
                                   IOReadHandler *fd_read,
                                   IOEventHandler *fd_event,
                                   BackendChangeHandler *be_change,
                                   void *opaque, AioContext *context,
                                   bool set_open, bool sync_state)
{
    Chardev *chr = c->chr;
    bool listens = fd_can_read || fd_read || fd_event || opaque;

    if (!chr) {
        return;
    }
    c->chr_can_read = fd_can_read;
    c->chr_read = fd_read;
    c->chr_event = fd_event;
    c->chr_be_change = be_change;
    c->opaque = opaque;
    chr_handlers_changed(chr, c, context);
    if (set_open) {
        qemu_chr_fe_set_open(c, listens);
    }
    if (listens && sync_state) {
        qemu_chr_fe_take_focus(c);
        if (chr->be_open && c->chr_event) {
            c->chr_event(c->opaque, CHR_EVENT_OPENED);
        }
    }
}

void qemu_chr_fe_set_handlers(CharFrontend *c, IOCanReadHandler *fd_can_read,
                              IOReadHandler *fd_read, IOEventHandler *fd_event,
                              BackendChangeHandler *be_change, void *opaque,
                              AioContext *context, bool set_open)
{
    qemu_chr_fe_set_handlers_full(c, fd_can_read, fd_read, fd_event, be_change,
                                  opaque, context, set_open, true);
}

void qemu_chr_fe_take_focus(CharFrontend *c)
{
    if (c->chr && chr_is_mux(c->chr)) {
        mux_chr_take_focus(c->chr, c);
    }
}

void qemu_chr_fe_accept_input(CharFrontend *c)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    if (cc && cc->chr_accept_input) {
        cc->chr_accept_input(c->chr);
    }
}

void qemu_chr_fe_disconnect(CharFrontend *c)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    if (cc && cc->chr_disconnect) {
        cc->chr_disconnect(c->chr);
    }
}

int qemu_chr_fe_wait_connected(CharFrontend *c, int timeout_ms, Error **errp)
{
    if (!c->chr) {
        error_setg(errp, "missing associated backend");
        return -1;
    }
    return qemu_chr_wait_connected(c->chr, timeout_ms, errp);
}

void qemu_chr_fe_set_echo(CharFrontend *c, bool echo)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    if (cc && cc->chr_set_echo) {
        cc->chr_set_echo(c->chr, echo);
    }
}

void qemu_chr_fe_set_open(CharFrontend *c, bool is_open)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    if (!cc || c->fe_is_open == is_open) {
        return;
    }
    c->fe_is_open = is_open;
    if (cc->chr_set_fe_open) {
        cc->chr_set_fe_open(c->chr, is_open);
    }
}

/* --- bytes --- */

int qemu_chr_fe_write(CharFrontend *c, const uint8_t *buf, int len)
{
    return c->chr ? qemu_chr_write(c->chr, buf, len, false) : 0;
}

int qemu_chr_fe_write_all(CharFrontend *c, const uint8_t *buf, int len)
{
    return c->chr ? qemu_chr_write(c->chr, buf, len, true) : len;
}

void qemu_chr_fe_printf(CharFrontend *c, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    qemu_chr_fe_write_all(c, (const uint8_t *)text, strlen(text));
}

int qemu_chr_fe_read_all(CharFrontend *c, uint8_t *buf, int len)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;
    int done = 0;

    if (!cc || !cc->chr_sync_read) {
        return 0;
    }
    while (done < len) {
        int n = cc->chr_sync_read(c->chr, buf + done, len - done);

        if (n == 0) {
            break;
        }
        if (n < 0) {
            return -errno;
        }
        done += n;
    }
    return done;
}

/* 0 once the descriptor is ready for @events, or -errno. */
static int wait_for_fd(CharFrontend *c, short events, int timeout_ms)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;
    struct pollfd p = {
        .fd = cc && cc->chr_write_fd ? cc->chr_write_fd(c->chr) : -1,
        .events = events,
    };
    int ready;

    if (p.fd < 0) {
        return -ENOTCONN;
    }
    ready = RETRY_ON_EINTR(poll(&p, 1, MAX(timeout_ms, 0)));
    return ready > 0 ? 0 : ready == 0 ? -ETIMEDOUT : -errno;
}

int qemu_chr_fe_read_within(CharFrontend *c, uint8_t *buf, int len,
                            int timeout_ms)
{
    int ret = wait_for_fd(c, POLLIN, timeout_ms);

    if (ret < 0) {
        return ret;
    }
    ret = CHARDEV_GET_CLASS(c->chr)->chr_sync_read(c->chr, buf, len);
    return ret < 0 ? -errno : ret;
}

int qemu_chr_fe_write_within(CharFrontend *c, const uint8_t *buf, int len,
                             int timeout_ms)
{
    int64_t end = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + timeout_ms;
    int done = 0;

    if (!c->chr) {
        return -ENOTCONN;
    }
    while (done < len) {
        int n = qemu_chr_fe_write(c, buf + done, len - done);
        int ret;

        if (n > 0) {
            done += n;
            continue;
        }
        if (errno != EAGAIN) {
            return -errno;
        }
        ret = wait_for_fd(c, POLLOUT,
                          end - qemu_clock_get_ms(QEMU_CLOCK_REALTIME));
        if (ret < 0) {
            return ret;
        }
    }
    return len;
}

int qemu_chr_fe_ioctl(CharFrontend *c, int cmd, void *arg)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    return cc && cc->chr_ioctl ? cc->chr_ioctl(c->chr, cmd, arg) : -ENOTSUP;
}

/* --- watches and descriptors --- */

unsigned qemu_chr_fe_add_watch(CharFrontend *c, GIOCondition condition,
                               FEWatchFunc func, void *data)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    if (!cc || !cc->chr_watch_writable) {
        return 0;
    }
    c->watch_data = data;
    c->watch = func;
    cc->chr_watch_writable(c->chr);
    return 1;
}

void qemu_chr_fe_remove_watch(CharFrontend *c, unsigned tag)
{
    if (tag) {
        c->watch = NULL;
    }
}

int qemu_chr_fe_get_msgfds(CharFrontend *c, int *fds, int num)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    return cc && cc->chr_get_msgfds ? cc->chr_get_msgfds(c->chr, fds, num) : -1;
}

int qemu_chr_fe_get_msgfd(CharFrontend *c)
{
    int fd = -1;

    return qemu_chr_fe_get_msgfds(c, &fd, 1) == 1 ? fd : -1;
}

int qemu_chr_fe_set_msgfds(CharFrontend *c, int *fds, int num)
{
    ChardevClass *cc = c->chr ? CHARDEV_GET_CLASS(c->chr) : NULL;

    return cc && cc->chr_set_msgfds ? cc->chr_set_msgfds(c->chr, fds, num) : -1;
}

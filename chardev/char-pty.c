/*
 * The "pty" chardev: a pseudo terminal for others to open.  While nobody has
 * it open, output is dropped; inotify says when somebody comes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/inotify.h>
#include <termios.h>
#include "chardev-internal.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qemu/aio.h"

typedef struct PtyChardev {
    Chardev parent;
    int fd;                 /* our side */
    int watch_fd;           /* inotify on the other side */
    AioContext *watch_ctx;
    ChrPump pump;
    bool connected;
} PtyChardev;

DECLARE_INSTANCE_CHECKER(PtyChardev, PTY_CHARDEV, TYPE_CHARDEV_PTY)

static bool pty_is_open(PtyChardev *s)
{
    struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

    return poll(&pfd, 1, 0) >= 0 && !(pfd.revents & POLLHUP);
}

static void pty_set_connected(PtyChardev *s, bool connected)
{
    Chardev *chr = CHARDEV(s);

    if (s->connected == connected) {
        return;
    }
    s->connected = connected;
    chr_pump_set_fd(&s->pump, connected ? s->fd : -1);
    qemu_chr_be_event(chr, connected ? CHR_EVENT_OPENED : CHR_EVENT_CLOSED);
    if (!connected) {
        qemu_chr_be_writable(chr);      /* whoever waits for room: give up */
    }
}

static void pty_look(Chardev *chr)
{
    PtyChardev *s = PTY_CHARDEV(chr);

    pty_set_connected(s, pty_is_open(s));
}

static void pty_on_inotify(void *opaque)
{
    PtyChardev *s = opaque;
    char events[1024];

    while (read(s->watch_fd, events, sizeof(events)) > 0) {
        continue;
    }
    pty_look(CHARDEV(s));
}

static void pty_chr_readable(Chardev *chr)
{
    PtyChardev *s = PTY_CHARDEV(chr);
    uint8_t buf[CHR_READ_BUF_LEN];
    int room = MIN(qemu_chr_be_can_write(chr), (int)sizeof(buf));
    ssize_t n = RETRY_ON_EINTR(read(s->fd, buf, room));

    if (n > 0) {
        qemu_chr_be_write(chr, buf, n);
        if (qemu_chr_be_can_write(chr) == 0) {
            chr_pump_update(&s->pump);
        }
    } else if (n == 0 || errno == EIO) {
        pty_look(chr);
    }
}

static int pty_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    PtyChardev *s = PTY_CHARDEV(chr);

    if (!s->connected) {
        if (!pty_is_open(s)) {
            return len;
        }
        chr_run_in_loop(chr, pty_look);
    }
    return RETRY_ON_EINTR(write(s->fd, buf, len));
}

static int pty_chr_write_fd(Chardev *chr)
{
    return PTY_CHARDEV(chr)->fd;
}

static void pty_chr_watch_writable(Chardev *chr)
{
    PtyChardev *s = PTY_CHARDEV(chr);

    if (s->connected) {
        chr_pump_watch_writable(&s->pump);
    } else {
        chr_run_in_loop(chr, qemu_chr_be_writable);
    }
}

static void pty_chr_update(Chardev *chr)
{
    PtyChardev *s = PTY_CHARDEV(chr);
    AioContext *ctx = qemu_chr_context(chr);

    if (s->watch_ctx && s->watch_ctx != ctx) {
        aio_set_fd_handler(s->watch_ctx, s->watch_fd, NULL, NULL, NULL, NULL,
                           NULL);
        s->watch_ctx = NULL;
    }
    if (!s->watch_ctx && s->watch_fd >= 0) {
        s->watch_ctx = ctx;
        aio_set_fd_handler(ctx, s->watch_fd, pty_on_inotify, NULL, NULL, NULL,
                           s);
    }
    pty_look(chr);
    chr_pump_update(&s->pump);
}

static void pty_accept_input(Chardev *chr)
{
    chr_pump_accept_input(&PTY_CHARDEV(chr)->pump);
}

/* The other side starts in raw mode: bytes, not lines. */
static bool pty_make_raw(const char *name)
{
    struct termios mode;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ok;

    if (fd < 0) {
        return false;
    }
    ok = tcgetattr(fd, &mode) == 0;
    cfmakeraw(&mode);
    ok = ok && tcsetattr(fd, TCSANOW, &mode) == 0;
    close(fd);
    return ok;
}

static void pty_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                         Error **errp)
{
    PtyChardev *s = PTY_CHARDEV(chr);
    char name[64];

    *be_opened = false;
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT);
    s->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0 || grantpt(s->fd) < 0 || unlockpt(s->fd) < 0 ||
        ptsname_r(s->fd, name, sizeof(name)) != 0 || !pty_make_raw(name)) {
        error_setg_errno(errp, errno, "Failed to create PTY");
        return;
    }
    s->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (s->watch_fd < 0 ||
        inotify_add_watch(s->watch_fd, name, IN_OPEN | IN_CLOSE) < 0) {
        error_setg_errno(errp, errno, "Cannot watch %s", name);
        return;
    }
    chr->filename = g_strdup_printf("pty:%s", name);
    if (chr->label) {
        printf("char device redirected to %s (label %s)\n", name, chr->label);
        fflush(stdout);
    }
    pty_chr_update(chr);
}

static void pty_chr_init(Object *obj)
{
    PtyChardev *s = PTY_CHARDEV(obj);

    s->fd = s->watch_fd = -1;
    chr_pump_init(&s->pump, CHARDEV(obj), pty_chr_readable);
}

static void pty_chr_finalize(Object *obj)
{
    PtyChardev *s = PTY_CHARDEV(obj);

    chr_pump_set_fd(&s->pump, -1);
    if (s->watch_ctx) {
        aio_set_fd_handler(s->watch_ctx, s->watch_fd, NULL, NULL, NULL, NULL,
                           NULL);
    }
    if (s->watch_fd >= 0) {
        close(s->watch_fd);
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
}

static void pty_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_open = pty_chr_open;
    cc->chr_write = pty_chr_write;
    cc->chr_write_fd = pty_chr_write_fd;
    cc->chr_watch_writable = pty_chr_watch_writable;
    cc->chr_update_read_handler = pty_chr_update;
    cc->chr_accept_input = pty_accept_input;
}

static const TypeInfo pty_type_infos[] = {
    {
        .name = TYPE_CHARDEV_PTY,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(PtyChardev),
        .instance_init = pty_chr_init,
        .instance_finalize = pty_chr_finalize,
        .class_init = pty_chr_class_init,
    },
};

DEFINE_TYPES(pty_type_infos)

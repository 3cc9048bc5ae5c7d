/*
 * Chardevs on plain descriptors: "file", "pipe" and the base that "stdio"
 * stands on.  Terminal modes are in char-stdio.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "char-fd.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/option.h"

static void fd_chr_readable(Chardev *chr)
{
    FDChardev *s = FD_CHARDEV(chr);
    uint8_t buf[CHR_READ_BUF_LEN];
    int room = MIN(qemu_chr_be_can_write(chr), (int)sizeof(buf));
    ssize_t n = RETRY_ON_EINTR(read(s->fd_in, buf, room));

    if (n > 0) {
        qemu_chr_be_write(chr, buf, n);
    } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        chr_pump_set_fd(&s->in, -1);
        qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
        return;
    }
    if (qemu_chr_be_can_write(chr) == 0) {
        chr_pump_update(&s->in);
    }
}

/*
 * Descriptors that others share (a shell's terminal) keep their blocking mode:
 * write only when poll() says so, and no more than fits at once.
 */
static int fd_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    FDChardev *s = FD_CHARDEV(chr);
    struct pollfd pfd = { .fd = s->fd_out, .events = POLLOUT };

    if (s->fd_out < 0) {
        return len;
    }
    if (!s->regular) {
        if (RETRY_ON_EINTR(poll(&pfd, 1, 0)) == 0) {
            errno = EAGAIN;
            return -1;
        }
        len = MIN(len, 4096);
    }
    return RETRY_ON_EINTR(write(s->fd_out, buf, len));
}

static int fd_chr_write_fd(Chardev *chr)
{
    return FD_CHARDEV(chr)->fd_out;
}

static void fd_chr_watch_writable(Chardev *chr)
{
    FDChardev *s = FD_CHARDEV(chr);

    if (s->regular) {
        chr_run_in_loop(chr, qemu_chr_be_writable);
    } else {
        chr_pump_watch_writable(s->fd_out == s->fd_in ? &s->in : &s->out);
    }
}

static int fd_chr_sync_read(Chardev *chr, uint8_t *buf, int len)
{
    return RETRY_ON_EINTR(read(FD_CHARDEV(chr)->fd_in, buf, len));
}

static void fd_chr_update(Chardev *chr)
{
    FDChardev *s = FD_CHARDEV(chr);

    chr_pump_update(&s->in);
    chr_pump_update(&s->out);
}

static void fd_chr_accept_input(Chardev *chr)
{
    chr_pump_accept_input(&FD_CHARDEV(chr)->in);
}

/* Writing to these never blocks for long: no need to ask before. */
static bool is_regular(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

static void out_never_reads(Chardev *chr)
{
}

void fd_chr_open_fds(Chardev *chr, int fd_in, int fd_out)
{
    FDChardev *s = FD_CHARDEV(chr);

    s->fd_in = fd_in;
    s->fd_out = fd_out;
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_GCONTEXT);
    s->regular = fd_out >= 0 && is_regular(fd_out);
    chr_pump_init(&s->in, chr, fd_chr_readable);
    chr_pump_init(&s->out, chr, out_never_reads);
    s->out.write_only = true;
    if (fd_in >= 0) {
        chr_pump_set_fd(&s->in, fd_in);
    }
    if (fd_out >= 0 && fd_out != fd_in && !s->regular) {
        chr_pump_set_fd(&s->out, fd_out);
    }
}

static void fd_chr_init(Object *obj)
{
    FDChardev *s = FD_CHARDEV(obj);

    s->fd_in = s->fd_out = -1;
    chr_pump_init(&s->in, CHARDEV(obj), fd_chr_readable);
    chr_pump_init(&s->out, CHARDEV(obj), out_never_reads);
}

static void fd_chr_finalize(Object *obj)
{
    FDChardev *s = FD_CHARDEV(obj);

    chr_pump_set_fd(&s->in, -1);
    chr_pump_set_fd(&s->out, -1);
    if (s->fd_in > 2) {
        close(s->fd_in);
    }
    if (s->fd_out > 2 && s->fd_out != s->fd_in) {
        close(s->fd_out);
    }
}

static void fd_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = true;
    cc->chr_write = fd_chr_write;
    cc->chr_write_fd = fd_chr_write_fd;
    cc->chr_watch_writable = fd_chr_watch_writable;
    cc->chr_sync_read = fd_chr_sync_read;
    cc->chr_update_read_handler = fd_chr_update;
    cc->chr_accept_input = fd_chr_accept_input;
}

/* --- file --- */

static void file_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                          Error **errp)
{
    const char *path = json_get_str(data, "out");
    const char *in = json_get_str(data, "in");
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
    int fd_in = -1, fd_out;

    flags |= json_get_bool(data, "append", false) ? O_APPEND : O_TRUNC;
    fd_out = qemu_create(path, flags, 0666, errp);
    if (fd_out < 0) {
        return;
    }
    if (in) {
        fd_in = qemu_open(in, O_RDONLY, errp);
        if (fd_in < 0) {
            close(fd_out);
            return;
        }
    }
    fd_chr_open_fds(chr, fd_in, fd_out);
}

static void file_chr_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");
    const char *in = qemu_opt_get(opts, "input-path");

    if (!path) {
        error_setg(errp, "chardev: file: no filename given");
        return;
    }
    json_object_object_add(data, "out", json_object_new_string(path));
    if (in) {
        json_object_object_add(data, "in", json_object_new_string(in));
    }
    if (qemu_opt_get(opts, "append")) {
        json_object_object_add(data, "append", json_object_new_boolean(
                                   qemu_opt_get_bool(opts, "append", false)));
    }
}

static void file_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = false;
    cc->chr_parse = file_chr_parse;
    cc->chr_open = file_chr_open;
}

/* --- pipe: PATH.in and PATH.out, or PATH both ways --- */

static void pipe_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                          Error **errp)
{
    const char *path = json_get_str(data, "device");
    g_autofree char *in = g_strdup_printf("%s.in", path);
    g_autofree char *out = g_strdup_printf("%s.out", path);
    int fd_in = open(in, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int fd_out = open(out, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd_in >= 0 && fd_out >= 0) {
        fd_chr_open_fds(chr, fd_in, fd_out);
        return;
    }
    if (fd_in >= 0) {
        close(fd_in);
    }
    if (fd_out >= 0) {
        close(fd_out);
    }
    fd_in = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd_in < 0) {
        error_setg_errno(errp, errno, "Could not open '%s'", path);
        return;
    }
    fd_chr_open_fds(chr, fd_in, fd_in);
}

static void pipe_chr_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");

    if (!path) {
        error_setg(errp, "chardev: pipe: no device path given");
        return;
    }
    json_object_object_add(data, "device", json_object_new_string(path));
}

static void pipe_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = false;
    cc->chr_parse = pipe_chr_parse;
    cc->chr_open = pipe_chr_open;
}

static const TypeInfo fd_type_infos[] = {
    {
        .name = TYPE_CHARDEV_FD,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(FDChardev),
        .instance_init = fd_chr_init,
        .instance_finalize = fd_chr_finalize,
        .class_init = fd_chr_class_init,
        .abstract = true,
    }, {
        .name = TYPE_CHARDEV_FILE,
        .parent = TYPE_CHARDEV_FD,
        .class_init = file_chr_class_init,
    }, {
        .name = TYPE_CHARDEV_PIPE,
        .parent = TYPE_CHARDEV_FD,
        .class_init = pipe_chr_class_init,
    },
};

DEFINE_TYPES(fd_type_infos)

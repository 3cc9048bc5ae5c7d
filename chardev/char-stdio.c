/*
 * The "stdio" chardev: standard input and output, and the terminal's mode,
 * which is restored at exit and after a stop by job control.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <termios.h>
#include "char-fd.h"
#include "qemu/module.h"
#include "chardev/char-stdio.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/option.h"

bool qemu_chr_stdio_forbidden;

static struct termios mode_before, mode_raw;
static bool stdio_in_use, is_terminal, raw_now;
static bool stdio_signal = true;

static void stdio_restore(void)
{
    if (is_terminal && raw_now) {
        tcsetattr(0, TCSANOW, &mode_before);
        raw_now = false;
    }
}

/* Back from a stop: the shell has set its own mode meanwhile. */
static void stdio_continued(int sig)
{
    if (raw_now) {
        tcsetattr(0, TCSANOW, &mode_raw);
    }
}

static void stdio_chr_set_echo(Chardev *chr, bool echo)
{
    if (!is_terminal) {
        return;
    }
    mode_raw = mode_before;
    if (!echo) {
        mode_raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR |
                              IGNCR | ICRNL | IXON);
        mode_raw.c_oflag |= OPOST;
        mode_raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
        mode_raw.c_cflag &= ~(CSIZE | PARENB);
        mode_raw.c_cflag |= CS8;
        mode_raw.c_cc[VMIN] = 1;
        mode_raw.c_cc[VTIME] = 0;
    }
    if (!stdio_signal) {
        mode_raw.c_lflag &= ~ISIG;
    }
    raw_now = true;
    tcsetattr(0, TCSANOW, &mode_raw);
}

static void stdio_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                           Error **errp)
{
    struct sigaction act = { .sa_handler = stdio_continued };

    if (qemu_chr_stdio_forbidden) {
        error_setg(errp, "cannot use stdio with -daemonize");
        return;
    }
    if (stdio_in_use) {
        error_setg(errp, "cannot use stdio by multiple character devices");
        return;
    }
    stdio_in_use = true;
    stdio_signal = json_get_bool(data, "signal", true);
    is_terminal = tcgetattr(0, &mode_before) == 0;
    if (is_terminal) {
        atexit(stdio_restore);
        sigaction(SIGCONT, &act, NULL);
    }
    fd_chr_open_fds(chr, 0, 1);
    stdio_chr_set_echo(chr, false);
}

static void stdio_chr_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    if (qemu_opt_get(opts, "signal")) {
        json_object_object_add(data, "signal", json_object_new_boolean(
                                   qemu_opt_get_bool(opts, "signal", true)));
    }
}

static void stdio_chr_finalize(Object *obj)
{
    if (FD_CHARDEV(obj)->fd_in == 0) {
        stdio_restore();
        stdio_in_use = false;
    }
}

static void stdio_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = false;
    cc->chr_parse = stdio_chr_parse;
    cc->chr_open = stdio_chr_open;
    cc->chr_set_echo = stdio_chr_set_echo;
}

static const TypeInfo stdio_type_infos[] = {
    {
        .name = TYPE_CHARDEV_STDIO,
        .parent = TYPE_CHARDEV_FD,
        .instance_finalize = stdio_chr_finalize,
        .class_init = stdio_chr_class_init,
    },
};

DEFINE_TYPES(stdio_type_infos)

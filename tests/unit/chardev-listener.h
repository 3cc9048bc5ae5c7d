/*
 * A front end that notes what happens to it, for tests of chardevs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_CHARDEV_LISTENER_H
#define TESTS_CHARDEV_LISTENER_H

#include "chardev/char-fe.h"
#include "qapi/error.h"
#include "qemu/config-file.h"
#include "qemu/main-loop.h"
#include "qemu/option.h"

typedef struct Listener {
    CharFrontend fe;
    GString *got;
    int room;               /* what can_read says */
    bool once;              /* after a read there is no more room */
    unsigned opened, closed, mux_in, mux_out, breaks;
} Listener;

static inline int on_can_read(void *opaque)
{
    return ((Listener *)opaque)->room;
}

static inline void on_read(void *opaque, const uint8_t *buf, int size)
{
    Listener *l = opaque;

    g_string_append_len(l->got, (const char *)buf, size);
    l->room = l->once ? 0 : l->room;
}

static inline void on_event(void *opaque, QEMUChrEvent event)
{
    Listener *l = opaque;
    unsigned *counts[] = {
        [CHR_EVENT_BREAK] = &l->breaks, [CHR_EVENT_OPENED] = &l->opened,
        [CHR_EVENT_MUX_IN] = &l->mux_in, [CHR_EVENT_MUX_OUT] = &l->mux_out,
        [CHR_EVENT_CLOSED] = &l->closed,
    };

    ++*counts[event];
}

static inline void listener_init(Listener *l, Chardev *chr)
{
    *l = (Listener) { .got = g_string_new(NULL), .room = 4096 };
    qemu_chr_fe_init(&l->fe, chr, &error_abort);
    qemu_chr_fe_set_handlers(&l->fe, on_can_read, on_read, on_event, NULL, l,
                             NULL, true);
}

static inline void listener_end(Listener *l, bool del)
{
    qemu_chr_fe_deinit(&l->fe, del);
    g_string_free(l->got, true);
}

/* Run the loop until @cond; fail after two seconds. */
#define WAIT_UNTIL(cond)                                            \
    do {                                                            \
        gint64 end_ = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;  \
        while (!(cond)) {                                           \
            g_assert_cmpint(g_get_monotonic_time(), <, end_);       \
            if (!aio_poll(qemu_get_aio_context(), false)) {         \
                g_usleep(500);                                      \
            }                                                       \
        }                                                           \
    } while (0)

static inline Chardev *make(const char *options, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(qemu_find_opts("chardev"), options, true,
                                     errp);
    Chardev *chr = opts ? qemu_chr_new_from_opts(opts, errp) : NULL;

    if (opts) {
        qemu_opts_del(opts);
    }
    return chr;
}

#endif

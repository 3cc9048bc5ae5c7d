/*
 * What the files of chardev/ share: the pump that moves bytes between a
 * descriptor and a front end, the multiplexer's hooks, socket addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_INTERNAL_H
#define CHARDEV_INTERNAL_H

#include <json-c/json.h>
#include "chardev/char-fe.h"

/* --- char-pump.c: one descriptor in an event loop --- */

typedef struct ChrPump {
    Chardev *chr;
    int fd;                     /* -1: none */
    AioContext *ctx;            /* where fd is registered now */
    bool write_only;            /* never look for input */
    bool want_write;            /* somebody waits for room */
    void (*readable)(Chardev *chr);
} ChrPump;

/* @readable runs when there is input and the front end has room. */
void chr_pump_init(ChrPump *p, Chardev *chr, void (*readable)(Chardev *chr));
/* Take @fd (kept, not owned) or, with -1, let go of the present one. */
void chr_pump_set_fd(ChrPump *p, int fd);
/* Look again at the front end's room and at chr->ctx. In the loop's thread. */
void chr_pump_update(ChrPump *p);
/* The same for chr_accept_input: any thread. */
void chr_pump_accept_input(ChrPump *p);
/* qemu_chr_be_writable() when there is room; any thread. */
void chr_pump_watch_writable(ChrPump *p);
/* Run @fn in the loop that serves @chr; @chr lives until then. */
void chr_run_in_loop(Chardev *chr, void (*fn)(Chardev *chr));

/* --- char-mux.c --- */

bool chr_is_mux(Chardev *chr);
bool mux_chr_attach(Chardev *chr, CharFrontend *fe, Error **errp);
void mux_chr_detach(Chardev *chr, CharFrontend *fe);
bool mux_chr_is_full(Chardev *chr);
bool qemu_chr_mux_used(Chardev *chr);
void mux_chr_take_focus(Chardev *chr, CharFrontend *fe);
void mux_chr_handlers_changed(Chardev *chr, CharFrontend *fe);

/* --- char-fd.c: the base of file, stdio, pipe --- */

/* Use these descriptors from now on (either may be -1); they become ours. */
void fd_chr_open_fds(Chardev *chr, int fd_in, int fd_out);

#endif

/*
 * Character devices, the side that uses them: a serial port, a monitor or a
 * net back end embeds a CharFrontend, attaches it to a chardev, and from then
 * on gets bytes and events through its handlers.
 *
 * Flow control: a back end asks can_read before it reads.  When that returned
 * 0 it stops reading until qemu_chr_fe_accept_input() is called: a front end
 * that ever returns 0 must call it when it has room again.
 *
 * Writing is allowed from any thread; everything else happens in the loop
 * that serves the chardev (the main loop unless set_handlers named another),
 * with the big lock held if that is the main loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_CHAR_FE_H
#define QEMU_CHAR_FE_H

#include "chardev/char.h"
#include "qemu/main-loop.h"

typedef void IOEventHandler(void *opaque, QEMUChrEvent event);
typedef int BackendChangeHandler(void *opaque);

/*
 * Runs when a blocked chardev can be written again (G_IO_OUT) or is gone
 * (G_IO_HUP).  Return true to be called again next time.  The first argument
 * is always NULL.
 */
typedef gboolean (*FEWatchFunc)(void *unused, GIOCondition condition,
                                void *data);

struct CharFrontend {
    Chardev *chr;                       /* NULL: not attached */
    IOEventHandler *chr_event;
    IOCanReadHandler *chr_can_read;
    IOReadHandler *chr_read;
    BackendChangeHandler *chr_be_change;
    void *opaque;
    unsigned tag;                       /* its number at a multiplexer */
    bool fe_is_open;
    FEWatchFunc watch;                  /* see qemu_chr_fe_add_watch() */
    void *watch_data;
};

/*
 * Attach @c to @chr; fails if @chr is in use.  @chr may be NULL (output goes
 * nowhere).  True on success.
 */
bool qemu_chr_fe_init(CharFrontend *c, Chardev *chr, Error **errp);

/* Detach; with @del the chardev goes too.  Harmless when not attached. */
void qemu_chr_fe_deinit(CharFrontend *c, bool del);

Chardev *qemu_chr_fe_get_driver(CharFrontend *c);

/* Attached at all; attached and the other side is there. */
bool qemu_chr_fe_backend_connected(CharFrontend *c);
bool qemu_chr_fe_backend_open(CharFrontend *c);

/*
 * Set or (all NULL) remove the handlers.  @context is the event loop to serve
 * them, NULL the main loop.  With @set_open the other side sees us open or
 * closed accordingly; OPENED is delivered at once if the other side is there.
 */
void qemu_chr_fe_set_handlers(CharFrontend *c, IOCanReadHandler *fd_can_read,
                              IOReadHandler *fd_read, IOEventHandler *fd_event,
                              BackendChangeHandler *be_change, void *opaque,
                              AioContext *context, bool set_open);

/* The same; without @sync_state OPENED is not delivered at once. */
void qemu_chr_fe_set_handlers_full(CharFrontend *c,
                                   IOCanReadHandler *fd_can_read,
                                   IOReadHandler *fd_read,
                                   IOEventHandler *fd_event,
                                   BackendChangeHandler *be_change,
                                   void *opaque, AioContext *context,
                                   bool set_open, bool sync_state);

/* Take a multiplexer's input. */
void qemu_chr_fe_take_focus(CharFrontend *c);

/* There is room again after can_read returned 0. */
void qemu_chr_fe_accept_input(CharFrontend *c);

/* End the connection of a socket; a client may reconnect. */
void qemu_chr_fe_disconnect(CharFrontend *c);

/*
 * Wait for the other side, at most @timeout_ms (-1: for ever); 0, or -1 with
 * @errp set. A client that may reconnect tries until then.
 */
int qemu_chr_fe_wait_connected(CharFrontend *c, int timeout_ms, Error **errp);

void qemu_chr_fe_set_echo(CharFrontend *c, bool echo);
void qemu_chr_fe_set_open(CharFrontend *c, bool is_open);

/*
 * Write @len bytes.  Returns the bytes taken (possibly fewer), or -1 with
 * errno; write_all waits instead of taking fewer.  Without a chardev the
 * answer is 0 resp. @len.  Any thread.
 */
int qemu_chr_fe_write(CharFrontend *c, const uint8_t *buf, int len);
int qemu_chr_fe_write_all(CharFrontend *c, const uint8_t *buf, int len);
void qemu_chr_fe_printf(CharFrontend *c, const char *fmt, ...)
    G_PRINTF(2, 3);

/* Read exactly @len bytes, blocking; what was read, or -errno. */
int qemu_chr_fe_read_all(CharFrontend *c, uint8_t *buf, int len);

/*
 * Read what is there, at most @len bytes, waiting no longer than @timeout_ms for
 * the first. How many; 0 at the end; -ETIMEDOUT or another -errno. Descriptors
 * that come along are closed.
 */
int qemu_chr_fe_read_within(CharFrontend *c, uint8_t *buf, int len,
                            int timeout_ms);
/* Write @len bytes within @timeout_ms: @len, or -errno with some written. */
int qemu_chr_fe_write_within(CharFrontend *c, const uint8_t *buf, int len,
                             int timeout_ms);

int qemu_chr_fe_ioctl(CharFrontend *c, int cmd, void *arg);

/*
 * Be told by @func when a write that took too little can go on.  One watch
 * for each front end; a new one replaces it.  Returns a tag (not 0), or 0 if
 * the chardev never blocks.  @condition: G_IO_OUT, with or without G_IO_HUP.
 */
unsigned qemu_chr_fe_add_watch(CharFrontend *c, GIOCondition condition,
                               FEWatchFunc func, void *data);
/* Give the watch up (where others write g_source_remove). */
void qemu_chr_fe_remove_watch(CharFrontend *c, unsigned tag);

/* Descriptors received with the last bytes; -1 resp. a count. */
int qemu_chr_fe_get_msgfd(CharFrontend *c);
int qemu_chr_fe_get_msgfds(CharFrontend *c, int *fds, int num);
/* Descriptors to go with the next write; 0 or -1. */
int qemu_chr_fe_set_msgfds(CharFrontend *c, int *fds, int num);

#endif

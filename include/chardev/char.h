/*
 * Character devices, the side that makes them: the back end ("chardev") with
 * its class, its name, its place under /chardevs and the calls by which it
 * hands bytes and events to whatever front end is attached.  What a front end
 * (a serial port, a monitor, a net back end) calls is in chardev/char-fe.h.
 *
 * Unless a function says otherwise it is called with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_CHAR_H
#define QEMU_CHAR_H

#include "qom/object.h"
#include "qemu/bitmap.h"
#include "qemu/thread.h"

struct json_object;

/* What a back end tells its front end besides bytes. */
typedef enum {
    CHR_EVENT_BREAK,    /* a serial break */
    CHR_EVENT_OPENED,   /* the other side is there */
    CHR_EVENT_MUX_IN,   /* this front end now has the multiplexer's input */
    CHR_EVENT_MUX_OUT,  /* this front end lost the multiplexer's input */
    CHR_EVENT_CLOSED,   /* the other side is gone */
} QEMUChrEvent;

#define CHR_READ_BUF_LEN 4096

typedef enum {
    QEMU_CHAR_FEATURE_RECONNECTABLE,    /* may come back after CLOSED */
    QEMU_CHAR_FEATURE_FD_PASS,          /* carries file descriptors */
    QEMU_CHAR_FEATURE_REPLAY,
    QEMU_CHAR_FEATURE_GCONTEXT,         /* can serve another event loop */
    QEMU_CHAR_FEATURE_LAST,
} ChardevFeature;

struct Chardev {
    Object parent_obj;

    QemuMutex chr_write_lock;   /* one write at a time, from any thread */
    CharFrontend *fe;           /* who listens, NULL if nobody */
    char *label;                /* the id */
    char *filename;             /* for people: "pty:/dev/pts/3" */
    int logfd;                  /* logfile=, -1 if none */
    int be_open;                /* the other side is there */
    unsigned features;          /* one bit for each ChardevFeature */
    AioContext *ctx;            /* the loop that serves it, NULL: main */
};

#define TYPE_CHARDEV "chardev"
OBJECT_DECLARE_TYPE(Chardev, ChardevClass, CHARDEV)

#define TYPE_CHARDEV_NULL "chardev-null"
#define TYPE_CHARDEV_MUX "chardev-mux"
#define TYPE_CHARDEV_RINGBUF "chardev-ringbuf"
#define TYPE_CHARDEV_PTY "chardev-pty"
#define TYPE_CHARDEV_FD "chardev-fd"
#define TYPE_CHARDEV_FILE "chardev-file"
#define TYPE_CHARDEV_STDIO "chardev-stdio"
#define TYPE_CHARDEV_PIPE "chardev-pipe"
#define TYPE_CHARDEV_SOCKET "chardev-socket"
#define TYPE_CHARDEV_UDP "chardev-udp"

struct ChardevClass {
    ObjectClass parent_class;

    bool internal;      /* not for the command line or chardev-add */
    bool supports_yank;

    /*
     * Turn command line options into the members of the QMP form of this
     * kind, added to @data.  NULL: the kind has no members.
     */
    void (*chr_parse)(QemuOpts *opts, struct json_object *data, Error **errp);

    /*
     * Start with @data, the QMP form (never NULL).  @be_opened is true on
     * entry; cleared, OPENED is not sent by the caller.
     */
    void (*chr_open)(Chardev *chr, struct json_object *data, bool *be_opened,
                     Error **errp);

    /*
     * Write; chr_write_lock held, any thread.  Returns the bytes taken, or -1
     * with errno set (EAGAIN: ask for a watch).
     */
    int (*chr_write)(Chardev *chr, const uint8_t *buf, int len);

    /* Read now, blocking; bytes read, 0 at the end, -1 with errno. */
    int (*chr_sync_read)(Chardev *chr, uint8_t *buf, int len);

    /*
     * The descriptor to wait on (POLLOUT) when chr_write said EAGAIN, -1 if
     * there is none.  NULL: a write never says EAGAIN.
     */
    int (*chr_write_fd)(Chardev *chr);

    /*
     * Call qemu_chr_be_writable() once, when a write may succeed again or can
     * no longer succeed at all.  NULL: a write always succeeds.
     */
    void (*chr_watch_writable)(Chardev *chr);

    /* The front end changed, or the loop chr->ctx: look at both anew. */
    void (*chr_update_read_handler)(Chardev *chr);

    /* Terminal ioctls, CHR_IOCTL_*; -ENOTSUP if unknown. */
    int (*chr_ioctl)(Chardev *chr, int cmd, void *arg);

    /* Descriptors that came along with bytes; @fds is @num long. */
    int (*chr_get_msgfds)(Chardev *chr, int *fds, int num);
    /* Descriptors that go along with the next write. */
    int (*chr_set_msgfds)(Chardev *chr, int *fds, int num);

    /* Wait for the other side, -1: for ever; 0 or -1 with @errp. */
    int (*chr_wait_connected)(Chardev *chr, int timeout_ms, Error **errp);
    void (*chr_disconnect)(Chardev *chr);

    /* The front end has room again. */
    void (*chr_accept_input)(Chardev *chr);

    void (*chr_set_echo)(Chardev *chr, bool echo);
    void (*chr_set_fe_open)(Chardev *chr, int fe_open);
    void (*chr_be_event)(Chardev *chr, QEMUChrEvent event);
};

/*
 * Make a chardev from command line options of the group "chardev" (id=,
 * backend=, mux=, logfile=, … ).  NULL with @errp set on failure; also NULL
 * without an error after "help" was answered on standard output.
 */
Chardev *qemu_chr_new_from_opts(QemuOpts *opts, Error **errp);

/*
 * Make a chardev from the short form that -serial, -monitor and -qmp take
 * ("stdio", "unix:PATH,server=on", "chardev:ID", "mon:…", …).  With
 * @permit_mux_mon a leading "mon:" makes a multiplexer and calls
 * the hook of qemu_chr_set_mux_monitor().  NULL with @errp set on failure.
 */
Chardev *qemu_chr_new_legacy(const char *label, const char *spec,
                             bool permit_mux_mon, Error **errp);

/* As above, for callers without an Error: the failure is reported. */
Chardev *qemu_chr_new(const char *label, const char *spec);
Chardev *qemu_chr_new_mux_mon(const char *label, const char *spec);

/* Options of the group "chardev" for a short form; NULL with @errp set. */
QemuOpts *qemu_chr_parse_compat(const char *label, const char *spec,
                                bool permit_mux_mon, Error **errp);

/*
 * Make a chardev of QOM type @typename from its QMP members @data (kept by
 * the caller, may be NULL).  @id may be NULL for one without a name, which is
 * then not under /chardevs and belongs to the caller.
 */
Chardev *qemu_chardev_new(const char *id, const char *typename,
                          struct json_object *data, Error **errp);

/* What "mon:" and -nographic attach to a multiplexer: a human monitor. */
void qemu_chr_set_mux_monitor(void (*add)(Chardev *mux));

/* The chardev named @name, or NULL. */
Chardev *qemu_chr_find(const char *name);

/* Call @fn for each named chardev in the order of their making. */
void qemu_chr_foreach(void (*fn)(Chardev *chr, void *opaque), void *opaque);

/* Lines "  NAME" of all kinds that -chardev takes, on standard output. */
void qemu_chr_print_types(void);

/* Those names, sorted; the strings are not the caller's. */
GPtrArray *qemu_chr_kinds(void);

/* The class of kind "socket", "unix", … ; NULL with @errp set. */
const ChardevClass *qemu_chr_get_class(const char *kind, Error **errp);

/* Close all at exit; sockets that we made are removed. */
void qemu_chr_cleanup(void);

/* Whether a front end is attached, or (mux) all its places are taken. */
bool qemu_chr_is_busy(Chardev *chr);

/*
 * QMP chardev-add and chardev-remove.  @backend is {"type": kind, "data":
 * {…}}; the answer is {} or {"pty": path}.
 */
struct json_object *qemu_chr_qmp_add(const char *id,
                                     struct json_object *backend,
                                     Error **errp);
bool qemu_chr_qmp_remove(const char *id, Error **errp);

bool qemu_chr_has_feature(Chardev *chr, ChardevFeature feature);
void qemu_chr_set_feature(Chardev *chr, ChardevFeature feature);

/*
 * Write from inside a chardev or straight to one; any thread.  Returns the
 * bytes taken or -1; with @write_all it waits until all are taken.
 */
int qemu_chr_write(Chardev *chr, const uint8_t *buf, int len, bool write_all);
#define qemu_chr_write_all(chr, buf, len) qemu_chr_write(chr, buf, len, true)
int qemu_chr_wait_connected(Chardev *chr, int timeout_ms, Error **errp);

/* Back end to front end: how many bytes it takes now, bytes, events. */
int qemu_chr_be_can_write(Chardev *chr);
void qemu_chr_be_write(Chardev *chr, const uint8_t *buf, int len);
void qemu_chr_be_event(Chardev *chr, QEMUChrEvent event);

/* The back end can be written again (or is gone): runs the front's watch. */
void qemu_chr_be_writable(Chardev *chr);

/* The loop that serves @chr. */
AioContext *qemu_chr_context(Chardev *chr);

#endif

/*
 * The base class of character devices: naming, writing with a log, handing
 * bytes and events to the front end, and cleaning up.  Options are read in
 * char-opts.c; the front end's calls are in char-fe.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "chardev-internal.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/aio.h"
#include "trace.h"

/* --- names --- */

static Object *chardevs_root;

static Object *chardevs_get_root(void)
{
    if (!chardevs_root) {
        chardevs_root = object_get_container("chardevs");
    }
    return chardevs_root;
}

Chardev *qemu_chr_find(const char *name)
{
    Object *obj = object_resolve_path_component(chardevs_get_root(), name);

    return obj ? (Chardev *)object_dynamic_cast(obj, TYPE_CHARDEV) : NULL;
}

typedef struct EachChardev {
    void (*fn)(Chardev *chr, void *opaque);
    void *opaque;
} EachChardev;

static int each_chardev(Object *child, void *opaque)
{
    EachChardev *each = opaque;

    if (object_dynamic_cast(child, TYPE_CHARDEV)) {
        each->fn(CHARDEV(child), each->opaque);
    }
    return 0;
}

void qemu_chr_foreach(void (*fn)(Chardev *chr, void *opaque), void *opaque)
{
    EachChardev each = { fn, opaque };

    object_child_foreach(chardevs_get_root(), each_chardev, &each);
}

/* --- features and loops --- */

bool qemu_chr_has_feature(Chardev *chr, ChardevFeature feature)
{
    return chr->features & (1u << feature);
}

void qemu_chr_set_feature(Chardev *chr, ChardevFeature feature)
{
    chr->features |= 1u << feature;
}

AioContext *qemu_chr_context(Chardev *chr)
{
    return chr->ctx ? chr->ctx : qemu_get_aio_context();
}

bool qemu_chr_is_busy(Chardev *chr)
{
    return chr_is_mux(chr) ? mux_chr_is_full(chr) : chr->fe != NULL;
}

/* --- back end to front end --- */

int qemu_chr_be_can_write(Chardev *chr)
{
    CharFrontend *fe = chr->fe;

    return fe && fe->chr_can_read && fe->chr_read
           ? fe->chr_can_read(fe->opaque) : 0;
}

void qemu_chr_be_write(Chardev *chr, const uint8_t *buf, int len)
{
    CharFrontend *fe = chr->fe;

    if (fe && fe->chr_read && len > 0) {
        fe->chr_read(fe->opaque, buf, len);
    }
}

static void chr_pass_event(Chardev *chr, QEMUChrEvent event)
{
    CharFrontend *fe = chr->fe;

    if (fe && fe->chr_event) {
        fe->chr_event(fe->opaque, event);
    }
}

void qemu_chr_be_event(Chardev *chr, QEMUChrEvent event)
{
    trace_chr_event(chr->label ? chr->label : "", event);
    if (event == CHR_EVENT_OPENED || event == CHR_EVENT_CLOSED) {
        chr->be_open = event == CHR_EVENT_OPENED;
    }
    CHARDEV_GET_CLASS(chr)->chr_be_event(chr, event);
}

void qemu_chr_be_writable(Chardev *chr)
{
    CharFrontend *fe = chr->fe;
    FEWatchFunc watch = fe ? fe->watch : NULL;
    GIOCondition why = chr->be_open ? G_IO_OUT : G_IO_OUT | G_IO_HUP;

    if (!watch) {
        return;
    }
    fe->watch = NULL;
    if (watch(NULL, why, fe->watch_data) && !fe->watch) {
        qemu_chr_fe_add_watch(fe, G_IO_OUT, watch, fe->watch_data);
    }
}

/* --- writing --- */

static void chr_log(Chardev *chr, const uint8_t *buf, int len)
{
    while (chr->logfd >= 0 && len > 0) {
        ssize_t n = RETRY_ON_EINTR(write(chr->logfd, buf, len));

        if (n <= 0) {
            return;         /* a full disk must not stop the guest */
        }
        buf += n;
        len -= n;
    }
}

/* Sleep until a chardev that said EAGAIN can take more. */
static void chr_wait_room(Chardev *chr, ChardevClass *cc)
{
    struct pollfd pfd = {
        .fd = cc->chr_write_fd ? cc->chr_write_fd(chr) : -1,
        .events = POLLOUT,
    };

    poll(&pfd, 1, pfd.fd < 0 ? 1 : 1000);
}

int qemu_chr_write(Chardev *chr, const uint8_t *buf, int len, bool write_all)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);
    int done = 0, n = 0;

    qemu_mutex_lock(&chr->chr_write_lock);
    while (done < len) {
        n = cc->chr_write(chr, buf + done, len - done);
        if (n < 0 && errno == EAGAIN && write_all) {
            chr_wait_room(chr, cc);
            continue;
        }
        if (n <= 0) {
            break;
        }
        done += n;
        if (!write_all) {
            break;
        }
    }
    chr_log(chr, buf, done);
    qemu_mutex_unlock(&chr->chr_write_lock);
    return done > 0 ? done : n;
}

int qemu_chr_wait_connected(Chardev *chr, int timeout_ms, Error **errp)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);

    return cc->chr_wait_connected ?
           cc->chr_wait_connected(chr, timeout_ms, errp) : 0;
}

/* --- making and ending --- */

static bool chr_open_log(Chardev *chr, json_object *data, Error **errp)
{
    const char *path = json_get_str(data, "logfile");
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC;

    if (!path) {
        return true;
    }
    flags |= json_get_bool(data, "logappend", false) ? O_APPEND : O_TRUNC;
    chr->logfd = open(path, flags, 0666);
    if (chr->logfd < 0) {
        error_setg_errno(errp, errno, "Unable to open logfile %s", path);
        return false;
    }
    return true;
}

static bool chr_open(Chardev *chr, json_object *data, Error **errp)
{
    ChardevClass *cc = CHARDEV_GET_CLASS(chr);
    Error *err = NULL;
    bool be_opened = true;

    if (!chr_open_log(chr, data, errp)) {
        return false;
    }
    if (cc->chr_open) {
        cc->chr_open(chr, data, &be_opened, &err);
        if (err) {
            error_propagate(errp, err);
            return false;
        }
    }
    if (!chr->filename) {
        chr->filename = g_strdup(object_get_typename(OBJECT(chr)) +
                                 strlen("chardev-"));
    }
    trace_chr_open(chr->label ? chr->label : "", chr->filename);
    if (be_opened) {
        qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    }
    return true;
}

Chardev *qemu_chardev_new(const char *id, const char *typename,
                          json_object *data, Error **errp)
{
    json_object *members = data ? json_object_get(data)
                                : json_object_new_object();
    Chardev *chr = CHARDEV(object_new(typename));
    bool ok;

    chr->label = g_strdup(id);
    ok = chr_open(chr, members, errp);
    json_object_put(members);
    if (ok && id) {
        ok = object_property_try_add_child(chardevs_get_root(), id,
                                           OBJECT(chr), errp) != NULL;
        if (ok) {
            object_unref(OBJECT(chr));      /* the tree holds it now */
        }
    }
    if (!ok) {
        object_unref(OBJECT(chr));
        return NULL;
    }
    return chr;
}

static int unparent_chardev(Object *child, void *opaque)
{
    GPtrArray *all = opaque;

    g_ptr_array_add(all, child);
    return 0;
}

void qemu_chr_cleanup(void)
{
    GPtrArray *all = g_ptr_array_new();

    if (chardevs_root) {
        object_child_foreach(chardevs_root, unparent_chardev, all);
    }
    /* multiplexers were made after what they stand on: go backwards */
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < all->len; i++) {
            Object *obj = g_ptr_array_index(all, i);

            if (obj && chr_is_mux(CHARDEV(obj)) == (pass == 0)) {
                object_unparent(obj);
                g_ptr_array_index(all, i) = NULL;
            }
        }
    }
    g_ptr_array_unref(all);
}

static void char_init(Object *obj)
{
    Chardev *chr = CHARDEV(obj);

    chr->logfd = -1;
    qemu_mutex_init(&chr->chr_write_lock);
}

static void char_finalize(Object *obj)
{
    Chardev *chr = CHARDEV(obj);

    if (chr->fe) {
        chr->fe->chr = NULL;
    }
    if (chr->logfd >= 0) {
        close(chr->logfd);
    }
    g_free(chr->filename);
    g_free(chr->label);
    qemu_mutex_destroy(&chr->chr_write_lock);
}

static int null_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    return len;
}

static void char_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_write = null_chr_write;
    cc->chr_be_event = chr_pass_event;
}

static const TypeInfo char_type_infos[] = {
    {
        .name = TYPE_CHARDEV,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .class_size = sizeof(ChardevClass),
        .class_init = char_class_init,
        .instance_size = sizeof(Chardev),
        .instance_init = char_init,
        .instance_finalize = char_finalize,
    }, {
        .name = TYPE_CHARDEV_NULL,
        .parent = TYPE_CHARDEV,
    },
};

DEFINE_TYPES(char_type_infos)

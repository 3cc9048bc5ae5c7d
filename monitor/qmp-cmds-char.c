/*
 * QMP commands about character devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "chardev/char-ringbuf.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"

static void add_chardev(Chardev *chr, void *opaque)
{
    json_object *one = json_object_new_object();

    json_put_bool(one, "frontend-open", chr->fe && chr->fe->fe_is_open);
    json_put_str(one, "filename", chr->filename ? chr->filename : "");
    json_put_str(one, "label", chr->label);
    json_object_array_add(opaque, one);
}

json_object *qmp_query_chardev(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();

    qemu_chr_foreach(add_chardev, list);
    return list;
}

json_object *qmp_query_chardev_backends(json_object *args, Error **errp)
{
    json_object *list = json_object_new_array();
    GPtrArray *kinds = qemu_chr_kinds();

    for (unsigned i = 0; i < kinds->len; i++) {
        json_object *one = json_object_new_object();

        json_put_str(one, "name", g_ptr_array_index(kinds, i));
        json_object_array_add(list, one);
    }
    g_ptr_array_unref(kinds);
    return list;
}

json_object *qmp_chardev_add(json_object *args, Error **errp)
{
    return qemu_chr_qmp_add(json_get_str(args, "id"),
                            json_get(args, "backend"), errp);
}

json_object *qmp_chardev_remove(json_object *args, Error **errp)
{
    qemu_chr_qmp_remove(json_get_str(args, "id"), errp);
    return NULL;
}

json_object *qmp_chardev_send_break(json_object *args, Error **errp)
{
    const char *id = json_get_str(args, "id");
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "Chardev '%s' not found", id);
    } else {
        qemu_chr_be_event(chr, CHR_EVENT_BREAK);
    }
    return NULL;
}

static Chardev *ringbuf_named(const char *name, Error **errp)
{
    Chardev *chr = qemu_chr_find(name);

    if (!chr) {
        error_setg(errp, "Device '%s' not found", name);
        return NULL;
    }
    if (!qemu_chr_is_ringbuf(chr)) {
        error_setg(errp, "%s is not a ringbuf device", name);
        return NULL;
    }
    return chr;
}

static bool wants_base64(json_object *args)
{
    const char *format = json_get_str(args, "format");

    return format && strcmp(format, "base64") == 0;
}

json_object *qmp_ringbuf_write(json_object *args, Error **errp)
{
    Chardev *chr = ringbuf_named(json_get_str(args, "device"), errp);
    const char *data = json_get_str(args, "data");
    g_autofree uint8_t *bytes = NULL;
    size_t len = strlen(data);

    if (!chr) {
        return NULL;
    }
    if (wants_base64(args)) {
        bytes = g_base64_decode(data, &len);
        data = (const char *)bytes;
    }
    qemu_chr_write_all(chr, (const uint8_t *)data, MIN(len, INT_MAX));
    return NULL;
}

json_object *qmp_ringbuf_read(json_object *args, Error **errp)
{
    Chardev *chr = ringbuf_named(json_get_str(args, "device"), errp);
    int64_t size = json_get_int(args, "size", 0);
    g_autofree uint8_t *bytes = NULL;
    g_autofree char *text = NULL;
    size_t n;

    if (!chr) {
        return NULL;
    }
    if (size <= 0) {
        error_setg(errp, "size must be greater than zero");
        return NULL;
    }
    n = MIN((size_t)size, qemu_chr_ringbuf_count(chr));
    bytes = g_malloc(n + 1);
    n = qemu_chr_ringbuf_read(chr, bytes, n);
    /* what is not UTF-8 becomes the replacement character */
    text = wants_base64(args) ? g_base64_encode(bytes, n)
                              : g_utf8_make_valid((char *)bytes, n);
    return json_object_new_string(text);
}

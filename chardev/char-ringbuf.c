/*
 * A chardev that keeps the last bytes written to it; ringbuf-read takes them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "chardev-internal.h"
#include "qemu/module.h"
#include "chardev/char-ringbuf.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/option.h"

struct RingBufChardev {
    Chardev parent;
    uint8_t *bytes;
    size_t size;            /* a power of two */
    size_t written, taken;  /* counts; written - taken <= size */
};
typedef struct RingBufChardev RingBufChardev;

DECLARE_INSTANCE_CHECKER(RingBufChardev, RINGBUF_CHARDEV, TYPE_CHARDEV_RINGBUF)

static int ringbuf_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    RingBufChardev *r = RINGBUF_CHARDEV(chr);

    for (int i = 0; i < len; i++) {
        r->bytes[r->written++ & (r->size - 1)] = buf[i];
    }
    if (r->written - r->taken > r->size) {
        r->taken = r->written - r->size;    /* the oldest are lost */
    }
    return len;
}

bool qemu_chr_is_ringbuf(Chardev *chr)
{
    return object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_RINGBUF) != NULL;
}

size_t qemu_chr_ringbuf_read(Chardev *chr, uint8_t *buf, size_t len)
{
    RingBufChardev *r = RINGBUF_CHARDEV(chr);
    size_t n;

    qemu_mutex_lock(&chr->chr_write_lock);
    for (n = 0; n < len && r->taken != r->written; n++) {
        buf[n] = r->bytes[r->taken++ & (r->size - 1)];
    }
    qemu_mutex_unlock(&chr->chr_write_lock);
    return n;
}

size_t qemu_chr_ringbuf_count(Chardev *chr)
{
    RingBufChardev *r = RINGBUF_CHARDEV(chr);

    return r->written - r->taken;
}

static void ringbuf_chr_open(Chardev *chr, json_object *data, bool *be_opened,
                             Error **errp)
{
    RingBufChardev *r = RINGBUF_CHARDEV(chr);
    int64_t size = json_get_int(data, "size", 65536);

    if (size <= 0 || (size & (size - 1)) || size > 1 << 30) {
        error_setg(errp, "size of ringbuf chardev must be power of two");
        return;
    }
    r->size = size;
    r->bytes = g_malloc(size);
}

static void ringbuf_chr_parse(QemuOpts *opts, json_object *data, Error **errp)
{
    uint64_t size = qemu_opt_get_size(opts, "size", 0);

    if (size) {
        json_object_object_add(data, "size", json_object_new_int64(size));
    }
}

static void ringbuf_chr_finalize(Object *obj)
{
    g_free(RINGBUF_CHARDEV(obj)->bytes);
}

static void ringbuf_chr_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_parse = ringbuf_chr_parse;
    cc->chr_open = ringbuf_chr_open;
    cc->chr_write = ringbuf_chr_write;
}

static const TypeInfo ringbuf_type_infos[] = {
    {
        .name = TYPE_CHARDEV_RINGBUF,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(RingBufChardev),
        .instance_finalize = ringbuf_chr_finalize,
        .class_init = ringbuf_chr_class_init,
    },
};

DEFINE_TYPES(ringbuf_type_infos)

/*
 * rng-random: random bytes from a file of the host, /dev/urandom unless the user
 * says which. It is read when somebody asks and there is something to read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/rng.h"

OBJECT_DECLARE_SIMPLE_TYPE(RngRandom, RNG_RANDOM)

struct RngRandom {
    RngBackend parent_obj;
    char *path;                 /* NULL: the usual one */
    int fd;                     /* -1 until opened */
};

static void file_readable(void *opaque)
{
    RngRandom *s = opaque;
    size_t size = rng_backend_wanted(RNG_BACKEND(s));
    g_autofree uint8_t *bytes = g_malloc(size);
    ssize_t got;

    got = RETRY_ON_EINTR(read(s->fd, bytes, size));
    if (got < 0 && errno == EAGAIN) {
        return;
    }
    rng_backend_answer(RNG_BACKEND(s), bytes, MAX(got, 0));
}

static void rng_random_start(RngBackend *b)
{
    RngRandom *s = RNG_RANDOM(b);

    qemu_set_fd_handler(s->fd, file_readable, NULL, s);
}

static void rng_random_stop(RngBackend *b)
{
    qemu_set_fd_handler(RNG_RANDOM(b)->fd, NULL, NULL, NULL);
}

static const char *path_of(const RngRandom *s)
{
    return s->path ? s->path : "/dev/urandom";
}

static void rng_random_opened(RngBackend *b, Error **errp)
{
    RngRandom *s = RNG_RANDOM(b);

    s->fd = open(path_of(s), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0) {
        error_setg_file_open(errp, errno, path_of(s));
    }
}

static char *get_filename(Object *obj, Error **errp)
{
    return g_strdup(path_of(RNG_RANDOM(obj)));
}

static void set_filename(Object *obj, const char *path, Error **errp)
{
    RngRandom *s = RNG_RANDOM(obj);

    if (s->fd >= 0) {
        error_setg(errp, "rng-random reads from '%s' already; 'filename' can "
                   "only be set when it is made", path_of(s));
        return;
    }
    g_free(s->path);
    s->path = g_strdup(path);
}

static void rng_random_init(Object *obj)
{
    RNG_RANDOM(obj)->fd = -1;
}

static void rng_random_finalize(Object *obj)
{
    RngRandom *s = RNG_RANDOM(obj);

    if (s->fd >= 0) {
        rng_random_stop(RNG_BACKEND(s));
        close(s->fd);
    }
    g_free(s->path);
}

static void rng_random_class_init(ObjectClass *oc, const void *data)
{
    RngBackendClass *rbc = RNG_BACKEND_CLASS(oc);

    object_class_property_add_str(oc, "filename", get_filename, set_filename);
    object_class_property_set_description(oc, "filename",
                                          "File to read random bytes from");
    rbc->opened = rng_random_opened;
    rbc->start = rng_random_start;
    rbc->stop = rng_random_stop;
}

static const TypeInfo rng_random_info = {
    .name = TYPE_RNG_RANDOM,
    .parent = TYPE_RNG_BACKEND,
    .class_init = rng_random_class_init,
    .instance_size = sizeof(RngRandom),
    .instance_init = rng_random_init,
    .instance_finalize = rng_random_finalize,
};

static void rng_random_register(void)
{
    type_register_static(&rng_random_info);
}

type_init(rng_random_register)

/*
 * rng-builtin: random bytes of the emulator's own, which come from the kernel, or
 * from -seed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/guest-random.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/rng.h"

OBJECT_DECLARE_SIMPLE_TYPE(RngBuiltin, RNG_BUILTIN)

struct RngBuiltin {
    RngBackend parent_obj;
    QEMUBH *bh;
};

static void answer_one(void *opaque)
{
    RngBuiltin *s = opaque;
    size_t size = rng_backend_wanted(RNG_BACKEND(s));
    g_autofree uint8_t *bytes = g_malloc(size);

    if (size == 0) {
        return;
    }
    qemu_guest_getrandom_nofail(bytes, size);
    qemu_bh_schedule(s->bh);    /* for the next; stop() cancels */
    rng_backend_answer(RNG_BACKEND(s), bytes, size);
}

static void rng_builtin_start(RngBackend *b)
{
    qemu_bh_schedule(RNG_BUILTIN(b)->bh);
}

static void rng_builtin_stop(RngBackend *b)
{
    qemu_bh_cancel(RNG_BUILTIN(b)->bh);
}

static void rng_builtin_init(Object *obj)
{
    RNG_BUILTIN(obj)->bh = qemu_bh_new(answer_one, obj);
}

static void rng_builtin_finalize(Object *obj)
{
    qemu_bh_delete(RNG_BUILTIN(obj)->bh);
}

static void rng_builtin_class_init(ObjectClass *oc, const void *data)
{
    RngBackendClass *rbc = RNG_BACKEND_CLASS(oc);

    rbc->start = rng_builtin_start;
    rbc->stop = rng_builtin_stop;
}

static const TypeInfo rng_builtin_info = {
    .name = TYPE_RNG_BUILTIN,
    .parent = TYPE_RNG_BACKEND,
    .class_init = rng_builtin_class_init,
    .instance_size = sizeof(RngBuiltin),
    .instance_init = rng_builtin_init,
    .instance_finalize = rng_builtin_finalize,
};

static void rng_builtin_register(void)
{
    type_register_static(&rng_builtin_info);
}

type_init(rng_builtin_register)

/*
 * Sources of random bytes: the queue of requests that all of them have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/rng.h"

void rng_backend_request_entropy(RngBackend *s, size_t size,
                                 EntropyReceiveFunc *receive, void *opaque)
{
    RngRequest *request = g_new0(RngRequest, 1);
    bool first = QTAILQ_EMPTY(&s->requests);

    request->receive = receive;
    request->opaque = opaque;
    request->size = MIN(size, RNG_REQUEST_MAX);
    QTAILQ_INSERT_TAIL(&s->requests, request, next);
    if (first) {
        RNG_BACKEND_GET_CLASS(s)->start(s);
    }
}

static void stop_when_idle(RngBackend *s)
{
    if (QTAILQ_EMPTY(&s->requests)) {
        RNG_BACKEND_GET_CLASS(s)->stop(s);
    }
}

void rng_backend_cancel_requests(RngBackend *s, void *opaque)
{
    RngRequest *request, *next;

    QTAILQ_FOREACH_SAFE(request, &s->requests, next, next) {
        if (request->opaque == opaque) {
            QTAILQ_REMOVE(&s->requests, request, next);
            g_free(request);
        }
    }
    stop_when_idle(s);
}

size_t rng_backend_wanted(const RngBackend *s)
{
    const RngRequest *request = QTAILQ_FIRST(&s->requests);

    return request ? request->size : 0;
}

/* The receiver may ask again, or take the source's last reference. */
void rng_backend_answer(RngBackend *s, const void *data, size_t size)
{
    g_autofree RngRequest *request = QTAILQ_FIRST(&s->requests);

    QTAILQ_REMOVE(&s->requests, request, next);
    stop_when_idle(s);
    object_ref(OBJECT(s));
    request->receive(request->opaque, data, size);
    object_unref(OBJECT(s));
}

static void rng_backend_complete(UserCreatable *uc, Error **errp)
{
    RngBackendClass *klass = RNG_BACKEND_GET_CLASS(uc);

    if (klass->opened) {
        klass->opened(RNG_BACKEND(uc), errp);
    }
}

static void rng_backend_init(Object *obj)
{
    QTAILQ_INIT(&RNG_BACKEND(obj)->requests);
}

/* Devices that ask hold a reference, so there is nobody left to answer. */
static void rng_backend_finalize(Object *obj)
{
    RngBackend *s = RNG_BACKEND(obj);
    RngRequest *request;

    while ((request = QTAILQ_FIRST(&s->requests))) {
        QTAILQ_REMOVE(&s->requests, request, next);
        g_free(request);
    }
}

static void rng_backend_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = rng_backend_complete;
}

static const TypeInfo rng_backend_info = {
    .name = TYPE_RNG_BACKEND,
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(RngBackend),
    .instance_init = rng_backend_init,
    .instance_finalize = rng_backend_finalize,
    .class_size = sizeof(RngBackendClass),
    .class_init = rng_backend_class_init,
    .interfaces = (const InterfaceInfo[]) {
        { TYPE_USER_CREATABLE },
        { }
    },
};

static void rng_backend_register(void)
{
    type_register_static(&rng_backend_info);
}

type_init(rng_backend_register)

/*
 * Sources of random bytes that users make by -object, for devices that pass them
 * to a guest. Requests are answered in order, from the main loop and never from
 * within rng_backend_request_entropy(). Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SYSTEM_RNG_H
#define SYSTEM_RNG_H

#include "qemu/queue.h"
#include "qom/object.h"

#define TYPE_RNG_BACKEND    "rng-backend"
#define TYPE_RNG_BUILTIN    "rng-builtin"
#define TYPE_RNG_RANDOM     "rng-random"
OBJECT_DECLARE_TYPE(RngBackend, RngBackendClass, RNG_BACKEND)

/* @size bytes at @data, good during the call; 0: the source has no more. */
typedef void (EntropyReceiveFunc)(void *opaque, const void *data, size_t size);

typedef struct RngRequest {
    QTAILQ_ENTRY(struct RngRequest) next;
    EntropyReceiveFunc *receive;
    void *opaque;
    size_t size;                /* at most this many bytes are wanted */
} RngRequest;

struct RngBackendClass {
    ObjectClass parent_class;

    /* Make ready, once, with all properties set; may be NULL. */
    void (*opened)(RngBackend *s, Error **errp);
    /* The first request came in: see that rng_backend_answer() is called. */
    void (*start)(RngBackend *s);
    /* The last one is gone. */
    void (*stop)(RngBackend *s);
};

struct RngBackend {
    Object parent_obj;
    QTAILQ_HEAD(, struct RngRequest) requests;
};

/* The most that one request is answered with. */
#define RNG_REQUEST_MAX     65536

/*
 * Ask for at most @size bytes (from 1; more than RNG_REQUEST_MAX counts as that);
 * @receive is called once unless the request is cancelled.
 */
void rng_backend_request_entropy(RngBackend *s, size_t size,
                                 EntropyReceiveFunc *receive, void *opaque);
/* Forget the requests of @opaque. */
void rng_backend_cancel_requests(RngBackend *s, void *opaque);

/* For sources: the size of the first request, 0 without one; answer it. */
size_t rng_backend_wanted(const RngBackend *s);
void rng_backend_answer(RngBackend *s, const void *data, size_t size);

#endif

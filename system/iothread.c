/*
 * The type "iothread": see "system/iothread.h".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/iothread.h"

/* Enough to meet an answer that is on its way, little enough not to be seen. */
#define POLL_MAX_NS_DEFAULT     32768
#define THREAD_POOL_MAX_DEFAULT 64

/* ---- the thread ---- */

static void *iothread_run(void *opaque)
{
    IOThread *iothread = opaque;

    bql_forbid();
    qemu_set_current_aio_context(iothread->ctx);
    iothread->thread_id = qemu_get_thread_id();
    qemu_sem_post(&iothread->started);
    while (!qatomic_read(&iothread->stopping)) {
        aio_poll(iothread->ctx, true);
    }
    return NULL;
}

static void apply_poll_params(IOThread *iothread, Error **errp)
{
    if (iothread->ctx) {
        aio_context_hold(iothread->ctx);
        aio_context_set_poll_params(iothread->ctx, iothread->poll_max_ns,
                                    iothread->poll_grow,
                                    iothread->poll_shrink, errp);
        aio_context_let_go(iothread->ctx);
    }
}

static bool pool_is_possible(const IOThread *iothread, Error **errp)
{
    if (iothread->thread_pool_max == 0 ||
        iothread->thread_pool_min > iothread->thread_pool_max) {
        error_setg(errp, "thread-pool-min=%" PRId64 " and thread-pool-max=%"
                   PRId64 ": the second must be at least the first, and 1",
                   iothread->thread_pool_min, iothread->thread_pool_max);
        return false;
    }
    return true;
}

static void iothread_complete(UserCreatable *uc, Error **errp)
{
    IOThread *iothread = IOTHREAD(uc);
    g_autofree char *id = NULL, *name = NULL;

    if (!pool_is_possible(iothread, errp)) {
        return;
    }
    iothread->ctx = aio_context_new(errp);
    if (!iothread->ctx) {
        return;
    }
    aio_context_set_poll_params(iothread->ctx, iothread->poll_max_ns,
                                iothread->poll_grow, iothread->poll_shrink,
                                &error_abort);
    id = iothread_get_id(iothread);
    name = g_strdup_printf("IO %s", id);
    qemu_thread_create(&iothread->thread, name, iothread_run, iothread,
                       QEMU_THREAD_JOINABLE);
    qemu_sem_wait(&iothread->started);
}

static void iothread_finalize(Object *obj)
{
    IOThread *iothread = IOTHREAD(obj);

    if (iothread->ctx) {
        qatomic_set(&iothread->stopping, true);
        aio_notify(iothread->ctx);
        qemu_thread_join(&iothread->thread);
        aio_context_retire(iothread->ctx);
        aio_context_unref(iothread->ctx);
    }
    qemu_sem_destroy(&iothread->started);
}

/* ---- for devices ---- */

IOThread *iothread_by_id(const char *id)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    return (IOThread *)object_dynamic_cast(obj, TYPE_IOTHREAD);
}

char *iothread_get_id(IOThread *iothread)
{
    return g_strdup(object_get_canonical_path_component(OBJECT(iothread)));
}

AioContext *iothread_get_aio_context(IOThread *iothread)
{
    return iothread->ctx;
}

void iothread_use(IOThread *iothread)
{
    object_ref(OBJECT(iothread));
    iothread->users++;
}

void iothread_unuse(IOThread *iothread)
{
    iothread->users--;
    object_unref(OBJECT(iothread));
}

static bool iothread_can_be_deleted(UserCreatable *uc)
{
    return IOTHREAD(uc)->users == 0;
}

static int collect_iothread(Object *obj, void *opaque)
{
    if (object_dynamic_cast(obj, TYPE_IOTHREAD)) {
        g_ptr_array_add(opaque, obj);
    }
    return 0;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    g_autofree char *id_a = iothread_get_id(*(IOThread *const *)a);
    g_autofree char *id_b = iothread_get_id(*(IOThread *const *)b);

    return strcmp(id_a, id_b);
}

void iothread_foreach(void (*fn)(IOThread *iothread, void *opaque),
                      void *opaque)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    object_child_foreach(object_get_objects_root(), collect_iothread, all);
    g_ptr_array_sort(all, by_id);
    for (unsigned i = 0; i < all->len; i++) {
        fn(all->pdata[i], opaque);
    }
}

/* ---- properties ---- */

typedef struct IOThreadParam {
    const char *name;
    size_t offset;
    bool polling;               /* the loop is told of a change */
    const char *description;
} IOThreadParam;

static const IOThreadParam params[] = {
    { "poll-max-ns", offsetof(IOThread, poll_max_ns), true,
      "longest look for answers before sleeping, in ns; 0: none" },
    { "poll-grow", offsetof(IOThread, poll_grow), true,
      "taken for others' sake: looking adapts by itself" },
    { "poll-shrink", offsetof(IOThread, poll_shrink), true,
      "taken for others' sake: looking adapts by itself" },
    { "aio-max-batch", offsetof(IOThread, aio_max_batch), false,
      "most requests of a block device in one call; no device here has any" },
    { "thread-pool-min", offsetof(IOThread, thread_pool_min), false,
      "fewest helpers for block requests; no device here has any" },
    { "thread-pool-max", offsetof(IOThread, thread_pool_max), false,
      "most helpers for block requests; no device here has any" },
};

static int64_t *param_of(Object *obj, const IOThreadParam *param)
{
    return (int64_t *)(void *)((char *)obj + param->offset);
}

static void get_param(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    visit_type_int64(v, name, param_of(obj, opaque), errp);
}

static void set_param(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const IOThreadParam *param = opaque;
    IOThread *iothread = IOTHREAD(obj);
    int64_t *field = param_of(obj, param);
    int64_t before = *field, value;

    if (!visit_type_int64(v, name, &value, errp)) {
        return;
    }
    if (value < 0 || (!param->polling && value > INT_MAX)) {
        error_setg(errp, "%s value must be in range [0, %" PRId64 "]", name,
                   param->polling ? INT64_MAX : (int64_t)INT_MAX);
        return;
    }
    *field = value;
    if (param->polling) {
        apply_poll_params(iothread, errp);
    } else if (iothread->ctx && !pool_is_possible(iothread, errp)) {
        *field = before;
    }
}

/* ---- the type ---- */

static void iothread_instance_init(Object *obj)
{
    IOThread *iothread = IOTHREAD(obj);

    qemu_sem_init(&iothread->started, 0);
    iothread->thread_id = -1;
    iothread->poll_max_ns = POLL_MAX_NS_DEFAULT;
    iothread->thread_pool_max = THREAD_POOL_MAX_DEFAULT;
}

static void iothread_class_init(ObjectClass *klass, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(klass);

    ucc->complete = iothread_complete;
    ucc->can_be_deleted = iothread_can_be_deleted;
    for (unsigned i = 0; i < ARRAY_SIZE(params); i++) {
        object_class_property_add(klass, params[i].name, "int", get_param,
                                  set_param, NULL, (void *)&params[i]);
        object_class_property_set_description(klass, params[i].name,
                                              params[i].description);
    }
}

static const TypeInfo iothread_types[] = {
    {
        .name = TYPE_IOTHREAD,
        .parent = TYPE_OBJECT,
        .class_init = iothread_class_init,
        .instance_size = sizeof(IOThread),
        .instance_init = iothread_instance_init,
        .instance_finalize = iothread_finalize,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_USER_CREATABLE },
            { }
        },
    },
};

DEFINE_TYPES(iothread_types)

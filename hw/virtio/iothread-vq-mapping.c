/*
 * The property iothread-vq-mapping, see "hw/virtio/iothread-vq-mapping.h".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/virtio/iothread-vq-mapping.h"

/* --- the property --- */

static void free_item(void *opaque)
{
    IOThreadVirtQueueMapping *item = opaque;

    g_free(item->iothread);
    g_array_unref(item->vqs);
    g_free(item);
}

static IOThreadVirtQueueMapping *new_item(void)
{
    IOThreadVirtQueueMapping *item = g_new0(IOThreadVirtQueueMapping, 1);

    item->vqs = g_array_new(false, false, sizeof(uint16_t));
    return item;
}

static bool read_vqs(Visitor *v, GArray *vqs, Error **errp)
{
    bool ok = true;

    if (!visit_start_list(v, "vqs", errp)) {
        return false;
    }
    while (ok && visit_next_list(v)) {
        uint16_t vq;

        ok = visit_type_uint16(v, NULL, &vq, errp);
        if (ok) {
            g_array_append_val(vqs, vq);
        }
    }
    ok = ok && visit_check_list(v, errp);
    visit_end_list(v);
    return ok;
}

static bool read_item(Visitor *v, IOThreadVirtQueueMapping *item, Error **errp)
{
    bool ok;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    ok = visit_type_str(v, "iothread", &item->iothread, errp);
    if (ok && visit_optional(v, "vqs", &item->has_vqs)) {
        ok = read_vqs(v, item->vqs, errp);
    }
    ok = ok && visit_check_struct(v, errp);
    visit_end_struct(v, NULL);
    return ok;
}

static void set_mapping(Object *obj, Visitor *v, const char *name, void *opaque,
                        Error **errp)
{
    GPtrArray **field = object_field_prop_ptr(obj, opaque);
    g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func(free_item);
    bool ok = true;

    if (!visit_start_list(v, name, errp)) {
        return;
    }
    while (ok && visit_next_list(v)) {
        g_ptr_array_add(read, new_item());
        ok = read_item(v, read->pdata[read->len - 1], errp);
    }
    ok = ok && visit_check_list(v, errp);
    visit_end_list(v);
    if (ok) {
        g_clear_pointer(field, g_ptr_array_unref);
        *field = g_steal_pointer(&read);
    }
}

static bool write_item(Visitor *v, IOThreadVirtQueueMapping *item, Error **errp)
{
    bool ok;

    if (!visit_start_struct(v, NULL, NULL, 0, errp)) {
        return false;
    }
    ok = visit_type_str(v, "iothread", &item->iothread, errp);
    if (ok && item->has_vqs && visit_start_list(v, "vqs", errp)) {
        for (unsigned i = 0; ok && i < item->vqs->len; i++) {
            ok = visit_type_uint16(v, NULL,
                                   &g_array_index(item->vqs, uint16_t, i), errp);
        }
        visit_end_list(v);
    }
    visit_end_struct(v, NULL);
    return ok;
}

static void get_mapping(Object *obj, Visitor *v, const char *name, void *opaque,
                        Error **errp)
{
    GPtrArray *mapping = *(GPtrArray **)object_field_prop_ptr(obj, opaque);
    bool ok = true;

    if (!visit_start_list(v, name, errp)) {
        return;
    }
    for (unsigned i = 0; ok && mapping && i < mapping->len; i++) {
        ok = write_item(v, mapping->pdata[i], errp);
    }
    visit_end_list(v);
}

static void release_mapping(Object *obj, const char *name, void *opaque)
{
    GPtrArray **field = object_field_prop_ptr(obj, opaque);

    g_clear_pointer(field, g_ptr_array_unref);
}

const PropertyInfo qdev_prop_iothread_vq_mapping_list = {
    .type = "IOThreadVirtQueueMappingList",
    .description = "Queues by I/O thread: "
                   "[{\"iothread\": ID, \"vqs\": [N, ...]}, ...]",
    .get = get_mapping,
    .set = set_mapping,
    .release = release_mapping,
};

/* --- what it means --- */

#define WHOSE "iothread-vq-mapping: "

/* The iothreads, which exist and are different. */
static bool find_iothreads(const GPtrArray *mapping, IOThread **found,
                           Error **errp)
{
    for (unsigned i = 0; i < mapping->len; i++) {
        const IOThreadVirtQueueMapping *item = mapping->pdata[i];
        const IOThreadVirtQueueMapping *first = mapping->pdata[0];

        found[i] = iothread_by_id(item->iothread);
        if (!found[i]) {
            error_setg(errp, WHOSE "there is no iothread '%s'", item->iothread);
            return false;
        }
        for (unsigned j = 0; j < i; j++) {
            if (found[j] == found[i]) {
                error_setg(errp, WHOSE "iothread '%s' is there twice",
                           item->iothread);
                return false;
            }
        }
        if (item->has_vqs != first->has_vqs) {
            error_setg(errp, WHOSE "iothread '%s' has vqs and '%s' has none; "
                       "give them to all or to none",
                       item->has_vqs ? item->iothread : first->iothread,
                       item->has_vqs ? first->iothread : item->iothread);
            return false;
        }
    }
    return true;
}

static bool take_vqs(const IOThreadVirtQueueMapping *item, IOThread *iothread,
                     IOThread **of_queue, unsigned queues, Error **errp)
{
    for (unsigned i = 0; i < item->vqs->len; i++) {
        unsigned vq = g_array_index(item->vqs, uint16_t, i);

        if (vq >= queues) {
            error_setg(errp, WHOSE "vq %u of iothread '%s' is not in the range"
                       " 0 to %u", vq, item->iothread, queues - 1);
            return false;
        }
        if (of_queue[vq]) {
            error_setg(errp, WHOSE "vq %u is there twice", vq);
            return false;
        }
        of_queue[vq] = iothread;
    }
    return true;
}

static bool check_groups(IOThread *const *of_queue, unsigned queues,
                         unsigned group, Error **errp)
{
    for (unsigned vq = 0; vq < queues; vq++) {
        unsigned first = vq - vq % group;

        if (!of_queue[vq]) {
            error_setg(errp, WHOSE "vq %u has no iothread; all of 0 to %u need"
                       " one", vq, queues - 1);
            return false;
        }
        if (of_queue[vq] != of_queue[first]) {
            error_setg(errp, WHOSE "vqs %u and %u are a pair and must be in the"
                       " same iothread", first, vq);
            return false;
        }
    }
    return true;
}

bool iothread_vq_mapping_apply(const GPtrArray *mapping, IOThread **of_queue,
                               unsigned queues, unsigned group, Error **errp)
{
    g_autofree IOThread **threads = g_new(IOThread *, mapping->len + 1);
    const IOThreadVirtQueueMapping *first;

    if (mapping->len == 0) {
        error_setg(errp, WHOSE "the list is empty, expected an iothread");
        return false;
    }
    if (!find_iothreads(mapping, threads, errp)) {
        return false;
    }
    first = mapping->pdata[0];
    memset(of_queue, 0, queues * sizeof(*of_queue));
    if (!first->has_vqs) {
        for (unsigned vq = 0; vq < queues; vq++) {
            of_queue[vq] = threads[vq / group % mapping->len];
        }
        return true;
    }
    for (unsigned i = 0; i < mapping->len; i++) {
        if (!take_vqs(mapping->pdata[i], threads[i], of_queue, queues, errp)) {
            return false;
        }
    }
    return check_groups(of_queue, queues, group, errp);
}

/*
 * "info virtio…": what the x-query-virtio commands answer, as text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hmp-internal.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"

static json_object *ask(Monitor *mon, QapiHandler *handler, json_object *args)
{
    Error *err = NULL;
    json_object *answer = handler(args, &err);

    return hmp_handle_error(mon, err) ? NULL : answer;
}

void hmp_info_virtio(Monitor *mon, json_object *args)
{
    g_json_auto json_object *list = ask(mon, qmp_x_query_virtio, args);

    if (json_object_array_length(list) == 0) {
        monitor_printf(mon, "No VirtIO devices\n");
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        monitor_printf(mon, "%s [%s]\n", json_get_str(one, "path"),
                       json_get_str(one, "name"));
    }
}

static void print_queue_stats(Monitor *mon, json_object *queues)
{
    monitor_printf(mon, "  queue   size %12s %12s\n", "kicks", "interrupts");
    for (size_t i = 0; i < json_object_array_length(queues); i++) {
        json_object *q = json_object_array_get_idx(queues, i);

        monitor_printf(mon, "  %5" PRId64 " %6" PRId64 " %12" PRId64
                       " %12" PRId64 "%s\n", json_get_int(q, "index", 0),
                       json_get_int(q, "size", 0), json_get_int(q, "kicks", 0),
                       json_get_int(q, "interrupts", 0),
                       json_get_bool(q, "enabled", false) ? "" : "  off");
    }
}

void hmp_info_virtio_stats(Monitor *mon, json_object *args)
{
    g_json_auto json_object *list = ask(mon, qmp_x_query_virtio_stats, args);

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        monitor_printf(mon, "%s [%s]\n", json_get_str(one, "path"),
                       json_get_str(one, "name"));
        print_queue_stats(mon, json_get(one, "queues"));
    }
}

static void print_texts(Monitor *mon, json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        monitor_printf(mon, "    %s\n", json_object_get_string(
                           json_object_array_get_idx(list, i)));
    }
}

static void print_bits(Monitor *mon, const char *title, json_object *bits)
{
    monitor_printf(mon, "  %s:\n", title);
    json_object_object_foreach(bits, key, value) {
        if (json_object_is_type(value, json_type_array)) {
            print_texts(mon, value);
        } else {
            monitor_printf(mon, "    %s: 0x%" PRIx64 "\n", key,
                           json_object_get_uint64(value));
        }
    }
}

/* One member a line; addresses in hexadecimal. */
static void print_members(Monitor *mon, json_object *answer)
{
    json_object_object_foreach(answer, key, value) {
        bool address = strstr(key, "vring-") && !strstr(key, "num") &&
                       !strstr(key, "align");

        if (json_object_is_type(value, json_type_object)) {
            continue;
        }
        monitor_printf(mon, "  %-24s ", key);
        if (address) {
            monitor_printf(mon, "0x%016" PRIx64 "\n",
                           json_object_get_uint64(value));
        } else {
            monitor_printf(mon, "%s\n", json_object_get_string(value));
        }
    }
}

void hmp_info_virtio_status(Monitor *mon, json_object *args)
{
    g_json_auto json_object *s = ask(mon, qmp_x_query_virtio_status, args);

    if (s) {
        monitor_printf(mon, "%s:\n", json_get_str(args, "path"));
        print_members(mon, s);
        print_bits(mon, "status", json_get(s, "status"));
        print_bits(mon, "Guest features", json_get(s, "guest-features"));
        print_bits(mon, "Host features", json_get(s, "host-features"));
        print_bits(mon, "Backend features", json_get(s, "backend-features"));
    }
}

void hmp_info_virtio_queue_status(Monitor *mon, json_object *args)
{
    g_json_auto json_object *s = ask(mon, qmp_x_query_virtio_queue_status,
                                     args);

    if (s) {
        monitor_printf(mon, "%s:\n", json_get_str(args, "path"));
        print_members(mon, s);
    }
}

void hmp_info_virtio_vhost_queue_status(Monitor *mon, json_object *args)
{
    g_json_auto json_object *s = ask(mon, qmp_x_query_virtio_vhost_queue_status,
                                     args);

    if (s) {
        print_members(mon, s);
    }
}

static void print_ring(Monitor *mon, const char *title, json_object *ring)
{
    monitor_printf(mon, "  %s:\n", title);
    json_object_object_foreach(ring, key, value) {
        monitor_printf(mon, "    %-8s %s\n", key, json_object_get_string(value));
    }
}

void hmp_info_virtio_queue_element(Monitor *mon, json_object *args)
{
    g_json_auto json_object *e = ask(mon, qmp_x_query_virtio_queue_element,
                                     args);
    json_object *descs = e ? json_get(e, "descs") : NULL;

    if (!e) {
        return;
    }
    monitor_printf(mon, "%s:\n", json_get_str(args, "path"));
    print_members(mon, e);
    for (size_t i = 0; i < json_object_array_length(descs); i++) {
        json_object *d = json_object_array_get_idx(descs, i);

        monitor_printf(mon, "    addr 0x%" PRIx64 " len %" PRIu64 " %s\n",
                       json_object_get_uint64(json_get(d, "addr")),
                       json_object_get_uint64(json_get(d, "len")),
                       json_object_get_string(json_get(d, "flags")));
    }
    print_ring(mon, "avail", json_get(e, "avail"));
    print_ring(mon, "used", json_get(e, "used"));
}

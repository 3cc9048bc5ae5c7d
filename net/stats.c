/*
 * What NICs counted, as x-query-netstats and `info netstats` show it. The counters
 * are the devices' own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "net-internal.h"

static bool counts(const NetClientState *nc)
{
    return nc->info->type == NET_CLIENT_DRIVER_NIC && nc->queue_index == 0 &&
           nc->info->query_stats;
}

struct json_object *net_query_stats(const char *name, Error **errp)
{
    struct json_object *list = json_object_new_array();
    NetClientState *nc;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        struct json_object *info, *limits;

        if (!counts(nc) || (name && !g_str_equal(nc->name, name))) {
            continue;
        }
        info = json_object_new_object();
        json_put_str(info, "name", nc->name);
        json_put_str(info, "model", nc->model);
        json_put(info, "queues", nc->info->query_stats(nc));
        limits = nc->peer ? net_filter_query_limits(nc->peer) : NULL;
        if (limits) {
            json_put(info, "limits", limits);
        }
        json_object_array_add(list, info);
    }
    if (name && json_object_array_length(list) == 0) {
        error_setg(errp, "Invalid name '%s', must be the name of a NIC that has"
                   " statistics, as 'info network' shows it", name);
        json_object_put(list);
        return NULL;
    }
    return list;
}

/* "short 3, filtered 10": the causes that there were. */
static void append_causes(GString *out, struct json_object *drops)
{
    const char *separator = "  ";

    json_object_object_foreach(drops, cause, number) {
        if (json_object_get_uint64(number)) {
            g_string_append_printf(out, "%s%s %" PRIu64, separator, cause,
                                   json_object_get_uint64(number));
            separator = ", ";
        }
    }
}

static uint64_t number(struct json_object *queue, const char *key)
{
    return json_object_get_uint64(json_get(queue, key));
}

static void append_queue(GString *out, struct json_object *queue)
{
    bool ctrl = json_haskey(queue, "commands");

    g_string_append_printf(out, "%5" PRIu64 " %-4s %12" PRIu64 " %15" PRIu64
                           " %10" PRIu64 " %10" PRIu64 " %8" PRIu64,
                           number(queue, "index"), json_get_str(queue, "kind"),
                           number(queue, ctrl ? "commands" : "packets"),
                           number(queue, "bytes"), number(queue, "kicks"),
                           number(queue, "interrupts"),
                           number(queue, ctrl ? "refused" : "dropped"));
    if (!ctrl) {
        append_causes(out, json_get(queue, "drops"));
    }
    g_string_append_c(out, '\n');
}

static void append_limit(GString *out, struct json_object *limit)
{
    g_string_append_printf(out, "limit %s %s: %" PRIu64 " packets, %" PRIu64
                           " bytes; stopped %" PRIu64 " times, %.3f s; kept %"
                           PRIu64 ", dropped %" PRIu64 "\n",
                           json_get_str(limit, "id"),
                           json_get_str(limit, "direction"),
                           number(limit, "packets"), number(limit, "bytes"),
                           number(limit, "stops"),
                           number(limit, "stopped-ns") / 1e9,
                           number(limit, "kept"), number(limit, "dropped"));
}

void net_info_stats(GString *out)
{
    struct json_object *list = net_query_stats(NULL, NULL);

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *nic = json_object_array_get_idx(list, i);
        struct json_object *queues = json_get(nic, "queues");
        struct json_object *limits = json_get(nic, "limits");

        g_string_append_printf(out, "%s: %s\n%5s %-4s %12s %15s %10s %10s %8s\n",
                               json_get_str(nic, "name"),
                               json_get_str(nic, "model"), "queue", "", "packets",
                               "bytes", "kicks", "interrupts", "dropped");
        for (size_t q = 0; q < json_object_array_length(queues); q++) {
            append_queue(out, json_object_array_get_idx(queues, q));
        }
        for (size_t l = 0; limits && l < json_object_array_length(limits); l++) {
            append_limit(out, json_object_array_get_idx(limits, l));
        }
    }
    json_object_put(list);
}

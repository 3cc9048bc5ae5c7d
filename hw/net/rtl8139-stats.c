/*
 * RTL8139C+: what the two directions counted, for people (x-query-netstats). The
 * counters that the card itself has, for drivers, are RTLStats: a reset clears those
 * and leaves these.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/json.h"
#include <json-c/json.h>
#include "rtl8139-internal.h"

static struct json_object *queue_json(unsigned index, const char *kind,
                                      const RTLCounters *c)
{
    struct json_object *queue = json_object_new_object();
    struct json_object *drops = json_object_new_object();

    json_put_int(queue, "index", index);
    json_put_str(queue, "kind", kind);
    json_put_uint(queue, "packets", c->packets);
    json_put_uint(queue, "bytes", c->bytes);
    json_put_uint(queue, "kicks", c->kicks);
    json_put_uint(queue, "interrupts", c->interrupts);
    json_put_uint(queue, "dropped", c->drop_short + c->drop_long +
                  c->drop_off + c->drop_no_room + c->drop_bad);
    json_put_uint(drops, "short", c->drop_short);
    json_put_uint(drops, "long", c->drop_long);
    json_put_uint(drops, "filtered", c->filtered);
    json_put_uint(drops, "queue-off", c->drop_off);
    json_put_uint(drops, "bad-request", c->drop_bad);
    json_put_uint(drops, "no-room", c->drop_no_room);
    json_put(queue, "drops", drops);
    return queue;
}

struct json_object *rtl8139_query_stats(NetClientState *nc)
{
    const RTL8139State *s = qemu_get_nic_opaque(nc);
    struct json_object *queues = json_object_new_array();

    json_object_array_add(queues, queue_json(0, "rx", &s->rx_count));
    json_object_array_add(queues, queue_json(1, "tx", &s->tx_count));
    return queues;
}

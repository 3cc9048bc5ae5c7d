/*
 * Filters as objects: what all kinds have in common, which netdev they are on, and
 * their order. How packets go through them is filter-path.c; what a kind does to
 * packets is in its own file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/util.h"
#include "qemu/aio.h"
#include "qemu/module.h"
#include "net-internal.h"

static const char *const direction_names[NET_FILTER_DIRECTION__MAX] = {
    [NET_FILTER_DIRECTION_ALL] = "all",
    [NET_FILTER_DIRECTION_RX] = "rx",
    [NET_FILTER_DIRECTION_TX] = "tx",
};

static const QEnumLookup direction_lookup = {
    .array = direction_names, .size = NET_FILTER_DIRECTION__MAX,
};

static const NetFilterDirection both_directions[] = {
    NET_FILTER_DIRECTION_RX, NET_FILTER_DIRECTION_TX,
};

/* --- slots --- */

NetFilterSlot *net_filter_slot(NetFilterState *nf, unsigned queue,
                               NetFilterDirection direction)
{
    size_t bytes = NETFILTER_GET_CLASS(nf)->slot_size;
    unsigned i = queue * 2 + (direction == NET_FILTER_DIRECTION_TX);

    return (NetFilterSlot *)(void *)((char *)nf->slots + i * bytes);
}

static void for_each_slot(NetFilterState *nf, void (*fn)(NetFilterSlot *slot))
{
    for (unsigned q = 0; fn && q < nf->queues; q++) {
        for (unsigned d = 0; d < ARRAY_SIZE(both_directions); d++) {
            fn(net_filter_slot(nf, q, both_directions[d]));
        }
    }
}

void net_filter_hold(NetFilterState *nf)
{
    for (unsigned q = 0; q < nf->queues; q++) {
        aio_context_hold(nf->ncs[q]->ctx);
    }
}

void net_filter_let_go(NetFilterState *nf)
{
    for (unsigned q = nf->queues; q-- > 0;) {
        aio_context_let_go(nf->ncs[q]->ctx);
    }
}

static void slot_timeout(void *opaque)
{
    NetFilterSlot *slot = opaque;

    NETFILTER_GET_CLASS(slot->nf)->timeout(slot);
}

static void slot_make_timer(NetFilterSlot *slot)
{
    if (NETFILTER_GET_CLASS(slot->nf)->timeout) {
        slot->timer = aio_timer_new(slot->nc->ctx, QEMU_CLOCK_VIRTUAL, SCALE_NS,
                                    slot_timeout, slot);
    }
}

static void make_slots(NetFilterState *nf)
{
    nf->slots = g_malloc0(NETFILTER_GET_CLASS(nf)->slot_size * 2 * nf->queues);
    for (unsigned q = 0; q < nf->queues; q++) {
        for (unsigned d = 0; d < ARRAY_SIZE(both_directions); d++) {
            NetFilterSlot *slot = net_filter_slot(nf, q, both_directions[d]);

            slot->nf = nf;
            slot->nc = nf->ncs[q];
            slot->direction = both_directions[d];
            slot_make_timer(slot);
        }
    }
}

static void free_slot(NetFilterSlot *slot)
{
    const NetFilterClass *klass = NETFILTER_GET_CLASS(slot->nf);

    if (klass->discard) {
        klass->discard(slot);
    }
    timer_free(slot->timer);
}

static void slot_follow(NetFilterSlot *slot)
{
    int64_t expires;

    if (!slot->timer) {
        return;
    }
    expires = timer_pending(slot->timer) ? timer_expire_time_ns(slot->timer) :
                                           -1;
    timer_free(slot->timer);
    slot_make_timer(slot);
    if (expires >= 0) {
        timer_mod_ns(slot->timer, expires);
    }
}

void net_filter_follow(NetClientState *nc)
{
    NetFilterState *nf;

    if (!nc->filters) {
        return;
    }
    QTAILQ_FOREACH(nf, nc->filters, next) {
        for (unsigned d = 0; d < ARRAY_SIZE(both_directions); d++) {
            slot_follow(net_filter_slot(nf, nc->queue_index,
                                        both_directions[d]));
        }
    }
}

/* --- being on a netdev --- */

static void rewire_queues(NetFilterState *nf)
{
    for (unsigned q = 0; q < nf->queues; q++) {
        net_filter_rewire(nf->ncs[q]);
    }
}

/* Senders that waited for what is not so any more try again. */
static void flush_queues(NetFilterState *nf)
{
    for (unsigned q = 0; q < nf->queues; q++) {
        NetClientState *nc = nf->ncs[q];

        qemu_net_queue_flush(nc->incoming_queue);
        if (nc->peer) {
            qemu_net_queue_flush(nc->peer->incoming_queue);
        }
    }
}

static void release_slot(NetFilterSlot *slot)
{
    const NetFilterClass *klass = NETFILTER_GET_CLASS(slot->nf);

    if (slot->queue && klass->release) {
        klass->release(slot);
    }
    if (slot->timer) {
        timer_del(slot->timer);
    }
}

void net_filter_changed(NetFilterState *nf)
{
    const NetFilterClass *klass = NETFILTER_GET_CLASS(nf);

    net_filter_hold(nf);
    for_each_slot(nf, release_slot);
    rewire_queues(nf);
    flush_queues(nf);
    net_filter_let_go(nf);
    if (nf->slots && klass->changed) {
        klass->changed(nf);
    }
}

static void attach(NetFilterState *nf, NetFilterState *neighbour)
{
    NetFilterList *list = nf->ncs[0]->filters;

    net_filter_hold(nf);
    if (!list) {
        list = g_new(NetFilterList, 1);
        QTAILQ_INIT(list);
        for (unsigned q = 0; q < nf->queues; q++) {
            nf->ncs[q]->filters = list;
        }
    }
    if (neighbour && nf->insert_before) {
        QTAILQ_INSERT_BEFORE(neighbour, nf, next);
    } else if (neighbour) {
        QTAILQ_INSERT_AFTER(list, neighbour, nf, next);
    } else if (g_str_equal(nf->position, "head")) {
        QTAILQ_INSERT_HEAD(list, nf, next);
    } else {
        QTAILQ_INSERT_TAIL(list, nf, next);
    }
    rewire_queues(nf);
    net_filter_let_go(nf);
}

static void detach(NetFilterState *nf)
{
    NetFilterList *list;

    if (!nf->slots) {
        return;
    }
    list = nf->ncs[0]->filters;
    net_filter_hold(nf);
    for_each_slot(nf, release_slot);
    QTAILQ_REMOVE(list, nf, next);
    if (QTAILQ_EMPTY(list)) {
        for (unsigned q = 0; q < nf->queues; q++) {
            nf->ncs[q]->filters = NULL;
        }
        g_free(list);
    }
    rewire_queues(nf);
    flush_queues(nf);
    for_each_slot(nf, free_slot);
    net_filter_let_go(nf);
    g_clear_pointer(&nf->slots, g_free);
    g_clear_pointer(&nf->ncs, g_free);
    nf->queues = 0;
}

void net_filter_remove_all(NetClientState *nc)
{
    while (nc->filters) {
        NetFilterState *nf = QTAILQ_FIRST(nc->filters);

        object_ref(OBJECT(nf));
        detach(nf);
        object_unparent(OBJECT(nf));
        object_unref(OBJECT(nf));
    }
}

/* The filter that position=id=ID names; it must be on the same netdev. */
static NetFilterState *find_neighbour(NetFilterState *nf, Error **errp)
{
    const char *id = nf->position + strlen("id=");
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);
    NetFilterState *other =
        obj ? (NetFilterState *)object_dynamic_cast(obj, TYPE_NETFILTER) : NULL;

    if (!other || !other->slots) {
        error_setg(errp, "filter '%s' not found", id);
        return NULL;
    }
    if (other->ncs[0] != nf->ncs[0]) {
        error_setg(errp, "filter '%s' is on netdev '%s', not on '%s'", id,
                   other->netdev_id, nf->netdev_id);
        return NULL;
    }
    return other;
}

static bool find_netdev(NetFilterState *nf, Error **errp)
{
    int queues;

    if (!nf->netdev_id) {
        error_setg(errp, "Parameter 'netdev' is missing");
        return false;
    }
    nf->ncs = g_new0(NetClientState *, MAX_QUEUE_NUM);
    queues = qemu_find_net_clients_except(nf->netdev_id, nf->ncs,
                                          NET_CLIENT_DRIVER_NIC, MAX_QUEUE_NUM);
    if (queues == 0) {
        error_setg(errp, "Parameter 'netdev' expects a network backend id, not"
                   " '%s'", nf->netdev_id);
        return false;
    }
    if (nf->ncs[0]->info->type == NET_CLIENT_DRIVER_VHOST_USER) {
        error_setg(errp, "Parameter 'netdev': packets of '%s' are moved by another"
                   " process (vhost-user), where no filter sees them",
                   nf->netdev_id);
        return false;
    }
    nf->ncs = g_renew(NetClientState *, nf->ncs, queues);
    nf->queues = queues;
    return true;
}

static bool accepts(NetFilterState *nf, NetFilterDirection direction,
                    Error **errp)
{
    NetFilterClass *klass = NETFILTER_GET_CLASS(nf);

    return !klass->accepts || klass->accepts(nf, direction, errp);
}

static void netfilter_complete(UserCreatable *uc, Error **errp)
{
    NetFilterState *nf = NETFILTER(uc);
    NetFilterClass *klass = NETFILTER_GET_CLASS(nf);
    NetFilterState *neighbour = NULL;

    if (!find_netdev(nf, errp)) {
        return;
    }
    if (g_str_has_prefix(nf->position, "id=")) {
        neighbour = find_neighbour(nf, errp);
        if (!neighbour) {
            return;
        }
    }
    if (!accepts(nf, nf->direction, errp) ||
        (klass->setup && !klass->setup(nf, errp))) {
        return;
    }
    make_slots(nf);
    attach(nf, neighbour);
}

bool net_filter_is_made(NetFilterState *nf, const char *name, Error **errp)
{
    if (nf->slots) {
        error_setg(errp, "Property '%s.%s' can only be set when the filter is"
                   " made", object_get_typename(OBJECT(nf)), name);
    }
    return nf->slots;
}

/* --- for the monitor --- */

void net_filter_info(GString *out, const NetClientState *nc)
{
    NetFilterState *nf;

    if (!nc->filters) {
        return;
    }
    g_string_append(out, "filters:\n");
    QTAILQ_FOREACH(nf, nc->filters, next) {
        ObjectPropertyIterator iter;
        ObjectProperty *prop;

        g_string_append_printf(out, "  - %s: type=%s",
                               object_get_canonical_path_component(OBJECT(nf)),
                               object_get_typename(OBJECT(nf)));
        object_property_iter_init(&iter, OBJECT(nf));
        while ((prop = object_property_iter_next(&iter))) {
            g_autofree char *value = NULL;

            if (prop->get && prop->set) {
                value = object_property_print(OBJECT(nf), prop->name, false,
                                              NULL);
                g_string_append_printf(out, ",%s=%s", prop->name,
                                       value ? value : "");
            }
        }
        g_string_append_c(out, '\n');
    }
}

struct json_object *net_filter_query_limits(NetClientState *nc)
{
    struct json_object *list = json_object_new_array();
    NetFilterState *nf;

    if (nc->filters) {
        QTAILQ_FOREACH(nf, nc->filters, next) {
            NetFilterClass *klass = NETFILTER_GET_CLASS(nf);

            if (klass->query_limits) {
                klass->query_limits(nf, list);
            }
        }
    }
    if (json_object_array_length(list) == 0) {
        json_object_put(list);
        return NULL;
    }
    return list;
}

/* --- properties --- */

static char *get_netdev(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->netdev_id);
}

static void set_netdev(Object *obj, const char *value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);

    if (!net_filter_is_made(nf, "netdev", errp)) {
        g_free(nf->netdev_id);
        nf->netdev_id = g_strdup(value);
    }
}

static int get_queue(Object *obj, Error **errp)
{
    return NETFILTER(obj)->direction;
}

static void set_queue(Object *obj, int value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);

    if (nf->slots && !accepts(nf, value, errp)) {
        return;
    }
    nf->direction = value;
    net_filter_changed(nf);
}

static char *get_status(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->on ? "on" : "off");
}

static void set_status(Object *obj, const char *value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);
    bool on = g_str_equal(value, "on");

    if (!on && !g_str_equal(value, "off")) {
        error_setg(errp, "Invalid value '%s' for netfilter status, should be"
                   " 'on' or 'off'", value);
        return;
    }
    if (nf->on != on) {
        nf->on = on;
        net_filter_changed(nf);
    }
}

static char *get_position(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->position);
}

static void set_position(Object *obj, const char *value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);

    if (!g_str_equal(value, "head") && !g_str_equal(value, "tail") &&
        (!g_str_has_prefix(value, "id=") || !value[3])) {
        error_setg(errp, "Parameter 'position' expects 'head', 'tail' or"
                   " 'id=<id>', not '%s'", value);
        return;
    }
    if (!net_filter_is_made(nf, "position", errp)) {
        g_free(nf->position);
        nf->position = g_strdup(value);
    }
}

static char *get_insert(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->insert_before ? "before" : "behind");
}

static void set_insert(Object *obj, const char *value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);
    bool before = g_str_equal(value, "before");

    if (!before && !g_str_equal(value, "behind")) {
        error_setg(errp, "Parameter 'insert' does not accept value '%s'"
                   " (expected before, behind)", value);
        return;
    }
    if (!net_filter_is_made(nf, "insert", errp)) {
        nf->insert_before = before;
    }
}

/* --- the type --- */

static void netfilter_init(Object *obj)
{
    NetFilterState *nf = NETFILTER(obj);

    nf->on = true;
    nf->position = g_strdup("tail");
}

static void netfilter_finalize(Object *obj)
{
    NetFilterState *nf = NETFILTER(obj);
    NetFilterClass *klass = NETFILTER_GET_CLASS(nf);

    detach(nf);
    if (klass->cleanup) {
        klass->cleanup(nf);
    }
    g_free(nf->ncs);
    g_free(nf->netdev_id);
    g_free(nf->position);
}

static void netfilter_class_init(ObjectClass *oc, const void *data)
{
    static const struct {
        const char *name, *text;
    } descriptions[] = {
        { "position", "head, tail or id=ID: where among the netdev's filters"
          " (default tail)" },
        { "status", "on or off (default on)" },
        { "insert", "before or behind the filter that position names (default"
          " behind)" },
        { "netdev", "id of the network backend" },
        { "queue", "all, rx (what the netdev receives, from the guest) or tx"
          " (default all)" },
    };

    USER_CREATABLE_CLASS(oc)->complete = netfilter_complete;
    object_class_property_add_str(oc, "position", get_position, set_position);
    object_class_property_add_str(oc, "status", get_status, set_status);
    object_class_property_add_str(oc, "insert", get_insert, set_insert);
    object_class_property_add_str(oc, "netdev", get_netdev, set_netdev);
    object_class_property_add_enum(oc, "queue", "NetFilterDirection",
                                   &direction_lookup, get_queue, set_queue);
    for (unsigned i = 0; i < ARRAY_SIZE(descriptions); i++) {
        object_class_property_set_description(oc, descriptions[i].name,
                                              descriptions[i].text);
    }
}

static const TypeInfo netfilter_types[] = {
    {
        .name = TYPE_NETFILTER,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(NetFilterState),
        .instance_init = netfilter_init,
        .instance_finalize = netfilter_finalize,
        .class_size = sizeof(NetFilterClass),
        .class_init = netfilter_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_USER_CREATABLE },
            { }
        },
    },
};

DEFINE_TYPES(netfilter_types)

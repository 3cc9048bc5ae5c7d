/*
 * Completion for human monitors: names of commands, and of what their arguments
 * may be. The tables of commands say which function knows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hmp-internal.h"
#include "chardev/char.h"
#include "monitor/qdev.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/qapi-commands.h"
#include "qemu/log.h"
#include "qemu/trace.h"
#include "qom/object_interfaces.h"

struct HMPCompletion {
    GPtrArray *found;
    GPtrArray *args;        /* before the word; flags are not among them */
    const char *word;       /* what was typed of it */
    const char *before;     /* goes in front of what is offered, mostly "" */
};

static unsigned nth(const HMPCompletion *c)
{
    return c->args->len;
}

static void offer(HMPCompletion *c, const char *candidate)
{
    if (g_str_has_prefix(candidate, c->word)) {
        g_ptr_array_add(c->found, g_strconcat(c->before, candidate, NULL));
    }
}

static void offer_on_off(HMPCompletion *c)
{
    offer(c, "on");
    offer(c, "off");
}

static void offer_values(HMPCompletion *c, const QapiType *type)
{
    for (unsigned i = 0; type->values[i]; i++) {
        offer(c, type->values[i]);
    }
}

/* --- objects --- */

static int offer_child(Object *child, void *opaque)
{
    offer(opaque, object_get_canonical_path_component(child));
    return 0;
}

static void offer_children(HMPCompletion *c, const char *path)
{
    Object *obj = object_resolve_path(path, NULL);

    if (obj) {
        object_child_foreach(obj, offer_child, c);
    }
}

static void offer_types(HMPCompletion *c, const char *parent)
{
    g_autoptr(GSList) list = object_class_get_list(parent, false);

    for (GSList *l = list; l; l = l->next) {
        offer(c, object_class_get_name(l->data));
    }
}

static int offer_bus(Object *obj, void *c)
{
    if (object_dynamic_cast(obj, TYPE_BUS)) {
        offer(c, BUS(obj)->name);
    }
    return 0;
}

void hmp_complete_device_id(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_children(c, "/machine/peripheral");
    }
}

void hmp_complete_object_id(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_children(c, "/objects");
    }
}

void hmp_complete_chardev_id(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_children(c, "/chardevs");
    }
}

/* Paths of the object tree, one component at a time. */
void hmp_complete_qom_path(HMPCompletion *c)
{
    const char *slash = strrchr(c->word, '/');
    g_autofree char *dir = g_strndup(c->word, slash ? slash - c->word : 0);
    g_autofree char *before = g_strconcat(dir, "/", NULL);
    HMPCompletion inside = *c;

    if (nth(c) == 0) {
        inside.before = before;
        inside.word = slash ? slash + 1 : "";
        offer_children(&inside, dir[0] ? dir : "/");
    }
}

void hmp_complete_property(HMPCompletion *c)
{
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    Object *obj;

    if (nth(c) != 1) {
        hmp_complete_qom_path(c);
        return;
    }
    obj = object_resolve_path(g_ptr_array_index(c->args, 0), NULL);
    if (obj) {
        object_property_iter_init(&iter, obj);
        while ((prop = object_property_iter_next(&iter))) {
            offer(c, prop->name);
        }
    }
}

void hmp_complete_virtio(HMPCompletion *c)
{
    g_json_auto json_object *list = qmp_x_query_virtio(NULL, NULL);

    for (size_t i = 0; nth(c) == 0 && i < json_object_array_length(list); i++) {
        offer(c, json_get_str(json_object_array_get_idx(list, i), "path"));
    }
}

/* --- network --- */

static void offer_clients(HMPCompletion *c, bool nics, bool backends)
{
    NetClientState *ncs[256];
    int count = qemu_find_net_clients_except(NULL, ncs,
                                             nics ? NET_CLIENT_DRIVER_NONE :
                                             NET_CLIENT_DRIVER_NIC,
                                             ARRAY_SIZE(ncs));

    for (int i = 0; i < MIN(count, (int)ARRAY_SIZE(ncs)); i++) {
        bool nic = ncs[i]->info->type == NET_CLIENT_DRIVER_NIC;

        if (ncs[i]->queue_index == 0 && (nic ? nics : backends)) {
            offer(c, ncs[i]->name);
        }
    }
}

void hmp_complete_netdev_id(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_clients(c, false, true);
    }
}

void hmp_complete_nics(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_clients(c, true, false);
    }
}

void hmp_complete_link(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_clients(c, true, true);
    } else if (nth(c) == 1) {
        offer_on_off(c);
    }
}

/* --- "type,key=value,…" --- */

/* What users of a key mostly mean. */
static void offer_for_key(HMPCompletion *c, const char *key, const char *type)
{
    if (strcmp(type, "bool") == 0) {
        offer_on_off(c);
    } else if (strcmp(key, "bus") == 0) {
        object_child_foreach_recursive(object_get_root(), offer_bus, c);
    } else if (strcmp(key, "netdev") == 0) {
        offer_clients(c, false, true);
    } else if (strcmp(key, "chardev") == 0) {
        offer_children(c, "/chardevs");
    } else if (strcmp(key, "memdev") == 0 || strcmp(key, "rng") == 0 ||
               strcmp(key, "iothread") == 0) {
        offer_children(c, "/objects");
    }
}

/* A key of the option list @at begins with, or the value of a whole one. */
static void offer_key(HMPCompletion *c, const char *at, const char *key,
                      const char *type)
{
    size_t len = strlen(key);
    HMPCompletion inside = *c;
    g_autofree char *before = NULL;

    if (strncmp(at, key, len) == 0 && at[len] == '=') {
        before = g_strndup(c->word, at + len + 1 - c->word);
        inside.before = before;
        inside.word = at + len + 1;
        offer_for_key(&inside, key, type);
    } else if (g_str_has_prefix(key, at)) {
        before = g_strndup(c->word, at - c->word);
        g_ptr_array_add(c->found, g_strconcat(before, key, "=", NULL));
    }
}

/* Where in the word the option begins that is being typed; NULL: the type. */
static const char *option_at(const HMPCompletion *c)
{
    const char *comma = strrchr(c->word, ',');

    return comma ? comma + 1 : NULL;
}

void hmp_complete_device_add(HMPCompletion *c)
{
    const char *at = option_at(c);
    g_json_auto json_object *args = NULL, *list = NULL;
    g_autofree char *type = NULL;

    if (nth(c) != 0) {
        return;
    }
    if (!at) {
        offer_types(c, TYPE_DEVICE);
        return;
    }
    type = g_strndup(c->word, strcspn(c->word, ","));
    args = json_object_new_object();
    json_put_str(args, "typename", type);
    list = qmp_device_list_properties(args, NULL);
    offer_key(c, at, "bus", "str");
    offer_key(c, at, "id", "str");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i);

        offer_key(c, at, json_get_str(one, "name"), json_get_str(one, "type"));
    }
}

/* Members of a flat union, of which @tag is the type that comes first. */
static void offer_union(HMPCompletion *c, const QapiType *type)
{
    const char *at = option_at(c);
    const QapiVariant *v = type->variants;

    if (!at) {
        for (; v->type; v++) {
            offer(c, v->tag);
        }
        return;
    }
    while (v->type && (strncmp(c->word, v->tag, strlen(v->tag)) != 0 ||
                       c->word[strlen(v->tag)] != ',')) {
        v++;
    }
    for (const QapiMember *m = type->members; m->name; m++) {
        if (strcmp(m->name, type->tag) != 0) {
            offer_key(c, at, m->name, m->type->name);
        }
    }
    for (const QapiMember *m = v->type ? v->type->members : NULL;
         m && m->name; m++) {
        offer_key(c, at, m->name, m->type->name);
    }
}

void hmp_complete_netdev_add(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_union(c, &qapi_type_Netdev);
    }
}

void hmp_complete_object_add(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_union(c, &qapi_type_ObjectOptions);
    }
}

void hmp_complete_chardev_add(HMPCompletion *c)
{
    g_autoptr(GPtrArray) kinds = qemu_chr_kinds();

    for (unsigned i = 0; nth(c) == 0 && i < kinds->len; i++) {
        offer(c, g_ptr_array_index(kinds, i));
    }
}

/* --- the rest --- */

void hmp_complete_capability(HMPCompletion *c)
{
    if (nth(c) == 0) {
        offer_values(c, &qapi_type_MigrationCapability);
    } else if (nth(c) == 1) {
        offer_on_off(c);
    }
}

void hmp_complete_parameter(HMPCompletion *c)
{
    const QapiMember *m = qapi_type_MigrationParameters.members;

    for (; nth(c) == 0 && m->name; m++) {
        offer(c, m->name);
    }
}

void hmp_complete_trace(HMPCompletion *c)
{
    g_autoptr(GPtrArray) names = trace_event_names();

    for (unsigned i = 0; nth(c) == 0 && i < names->len; i++) {
        offer(c, g_ptr_array_index(names, i));
    }
    if (nth(c) == 1) {
        offer_on_off(c);
    }
}

void hmp_complete_log(HMPCompletion *c)
{
    const char *at = option_at(c);
    g_autofree char *before = g_strndup(c->word, at ? at - c->word : 0);
    HMPCompletion inside = *c;

    inside.before = before;
    inside.word = at ? at : c->word;
    for (const QEMULogItem *i = qemu_log_items; nth(c) == 0 && i->mask; i++) {
        offer(&inside, i->name);
    }
    if (nth(c) == 0 && !at) {
        offer(c, "none");
    }
}

static void offer_commands(HMPCompletion *c, const HMPCommand *table)
{
    for (; table->name; table++) {
        g_auto(GStrv) names = g_strsplit(table->name, "|", -1);

        for (unsigned i = 0; names[i]; i++) {
            offer(c, names[i]);
        }
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *hmp_complete(const char *line)
{
    const HMPCommand *table = hmp_commands, *cmd = NULL;
    g_auto(GStrv) parts = g_strsplit_set(line, " \t", -1);
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    unsigned n = g_strv_length(parts);
    HMPCompletion c = {
        .found = g_ptr_array_new_with_free_func(g_free), .args = args,
        .word = n ? parts[n - 1] : "", .before = "",
    };

    for (unsigned i = 0; i + 1 < n; i++) {
        if (!parts[i][0]) {
            continue;
        }
        if (table) {
            cmd = hmp_find(table, parts[i], strlen(parts[i]));
            if (!cmd) {
                return c.found;
            }
            table = strcmp(cmd->name, "help|?") == 0 ? hmp_commands : cmd->sub;
        } else if (parts[i][0] != '-') {
            g_ptr_array_add(args, parts[i]);
        }
    }
    if (table) {
        offer_commands(&c, table);
    } else if (cmd && cmd->complete) {
        cmd->complete(&c);
    }
    g_ptr_array_sort(c.found, by_text);
    return c.found;
}

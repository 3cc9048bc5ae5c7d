/*
 * Backends by name: -netdev, -nic and -net on the command line, netdev_add and
 * netdev_del while running. What the options mean is each backend's own matter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qemu/config-file.h"
#include "qemu/error-report.h"
#include "qemu/help_option.h"
#include "qemu/id.h"
#include "qemu/option.h"
#include "qapi/error.h"
#include "system/runstate.h"
#include "net-internal.h"
#include "net/announce.h"

static const NetdevType *const netdev_types[] = {
    &net_socket_type,
    &net_stream_type,
    &net_dgram_type,
    &net_hubport_type,
    &net_tap_type,
    &net_user_type,
    &net_l2tpv3_type,
    &net_bridge_type,
    &net_vhost_user_type,
};

/* Groups that -readconfig can fill as well. */
QemuOptsList qemu_netdev_opts = {
    .name = "netdev",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(qemu_netdev_opts.head),
    .desc = { { NULL } },
};

QemuOptsList qemu_nic_opts = {
    .name = "nic",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(qemu_nic_opts.head),
    .desc = { { NULL } },
};

QemuOptsList qemu_net_opts = {
    .name = "net",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(qemu_net_opts.head),
    .desc = { { NULL } },
};

/* -netdev '{…}', in the order given. */
typedef struct NetdevJson {
    struct json_object *args;
    Location loc;
} NetdevJson;

static GSList *json_netdevs;

NICInfo nd_table[MAX_NICS];
int nb_nics;
static VMChangeStateEntry *vm_change_entry;

/* --- help --- */

static void print_types(void)
{
    printf("Available netdev backend types:\n");
    for (unsigned i = 0; i < ARRAY_SIZE(netdev_types); i++) {
        printf("%s\n", netdev_types[i]->name);
    }
}

static void print_options(const NetdevType *type)
{
    static const char *const kinds[] = {
        [NETDEV_OPT_STRING] = "str", [NETDEV_OPT_BOOL] = "bool",
        [NETDEV_OPT_NUMBER] = "num", [NETDEV_OPT_LIST] = "str",
        [NETDEV_OPT_SIZE] = "size",
    };

    printf("%s options:\n", type->name);
    for (const NetdevOption *o = type->options; o->name; o++) {
        g_autofree char *left =
            g_strdup_printf("%s=<%s>", o->name, kinds[o->kind]);

        printf("  %-26s - %s\n", left, o->help);
    }
}

static const NetdevType *find_type(const char *name, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (unsigned i = 0; i < ARRAY_SIZE(netdev_types); i++) {
        if (g_str_equal(netdev_types[i]->name, name)) {
            return netdev_types[i];
        }
        g_string_append_printf(known, "%s%s", i ? ", " : "",
                               netdev_types[i]->name);
    }
    error_setg(errp, "Parameter 'type' does not accept value '%s'"
               " (expected %s)", name, known->str);
    return NULL;
}

/* "help", or "TYPE,help". */
static bool wants_help(const char *optarg)
{
    const char *comma = strrchr(optarg, ',');
    g_autofree char *name = NULL;
    const NetdevType *type;

    if (is_help_option(optarg)) {
        print_types();
        return true;
    }
    if (!comma || !is_help_option(comma + 1)) {
        return false;
    }
    name = g_strndup(optarg, strcspn(optarg, ","));
    type = find_type(name, NULL);
    if (type) {
        print_options(type);
    } else {
        print_types();
    }
    return true;
}

/* --- making --- */

static bool check_id(const char *id, Error **errp)
{
    if (!id) {
        error_setg(errp, "Parameter 'id' is missing");
        return false;
    }
    if (!id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier, not '%s'", id);
        error_append_hint(errp, "Identifiers consist of letters, digits,"
                          " '-', '.', '_', starting with a letter.\n");
        return false;
    }
    if (qemu_find_netdev(id)) {
        error_setg(errp, "Duplicate ID '%s' for netdev", id);
        return false;
    }
    return true;
}

static bool make_client(const NetdevType *type, const NetdevArgs *args,
                        const char *id, NetClientState *peer, Error **errp)
{
    NetClientState *nc;

    if (!type->init(args, id, peer, errp)) {
        return false;
    }
    nc = qemu_find_netdev(id);
    if (nc) {
        nc->is_netdev = true;
    }
    return true;
}

static bool make_from_opts(QemuOpts *opts, NetClientState *peer,
                           const char *id, Error **errp)
{
    const char *name = qemu_opt_get(opts, "type");
    const NetdevType *type;
    g_autoptr(NetdevArgs) args = NULL;

    if (!name) {
        error_setg(errp, "Parameter 'type' is missing");
        return false;
    }
    type = find_type(name, errp);
    if (!type) {
        return false;
    }
    args = netdev_args_from_opts(type, opts, errp);
    return args && make_client(type, args, id, peer, errp);
}

bool netdev_add_json(struct json_object *json, Error **errp)
{
    struct json_object *name = NULL, *id = NULL;
    const NetdevType *type;
    g_autoptr(NetdevArgs) args = NULL;

    json_object_object_get_ex(json, "type", &name);
    json_object_object_get_ex(json, "id", &id);
    if (!name || !json_object_is_type(name, json_type_string)) {
        error_setg(errp, "Parameter 'type' is missing");
        return false;
    }
    type = find_type(json_object_get_string(name), errp);
    if (!type || !check_id(id ? json_object_get_string(id) : NULL, errp)) {
        return false;
    }
    args = netdev_args_from_json(type, json, errp);
    return args && make_client(type, args, json_object_get_string(id), NULL,
                               errp);
}

bool netdev_del(const char *id, Error **errp)
{
    NetClientState *nc = qemu_find_netdev(id);
    QemuOpts *opts;

    if (!nc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found",
                  id);
        return false;
    }
    if (!nc->is_netdev) {
        error_setg(errp, "Device '%s' is not a netdev", id);
        return false;
    }
    qemu_del_net_client(nc);
    opts = qemu_opts_find(&qemu_netdev_opts, id);
    if (opts) {
        qemu_opts_del(opts);
    }
    return true;
}

/* --- the command line --- */

bool net_client_parse_netdev(const char *optarg, bool *helped, Error **errp)
{
    NetdevJson *entry;

    *helped = false;
    if (optarg[0] != '{') {
        *helped = wants_help(optarg);
        return *helped || qemu_opts_parse(&qemu_netdev_opts, optarg, true,
                                          errp);
    }
    entry = g_new0(NetdevJson, 1);
    entry->args = json_tokener_parse(optarg);
    loc_save(&entry->loc);
    if (!json_object_is_type(entry->args, json_type_object)) {
        error_setg(errp, "'%s' is not a JSON object", optarg);
        json_object_put(entry->args);
        g_free(entry);
        return false;
    }
    json_netdevs = g_slist_append(json_netdevs, entry);
    return true;
}

bool net_parse_nic(const char *optarg, bool *helped, Error **errp)
{
    *helped = wants_help(optarg);
    if (*helped) {
        printf("and model=<str>, mac=<str>, id=<str>, addr=<str>,"
               " vectors=<num> for the NIC; or none\n");
        return true;
    }
    return qemu_opts_parse(&qemu_nic_opts, optarg, true, errp);
}

bool net_parse_net(const char *optarg, bool *helped, Error **errp)
{
    *helped = wants_help(optarg);
    if (*helped) {
        printf("or nic with model=<str>, macaddr=<str>, netdev=<str>,"
               " addr=<str>, vectors=<num>; or none\n");
        return true;
    }
    return qemu_opts_parse(&qemu_net_opts, optarg, true, errp);
}

/* Take the NIC's own options out of @opts into a new entry for the machine. */
static NICInfo *new_nic_request(QemuOpts *opts, Error **errp)
{
    g_autofree char *mac = qemu_opt_get_del(opts, "mac");
    g_autofree char *macaddr = qemu_opt_get_del(opts, "macaddr");
    g_autofree char *vectors = qemu_opt_get_del(opts, "vectors");
    const char *text = mac ? mac : macaddr;
    NICInfo *nd = &nd_table[nb_nics];

    if (nb_nics >= MAX_NICS) {
        error_setg(errp, "too many NICs: at most %d", MAX_NICS);
        return NULL;
    }
    memset(nd, 0, sizeof(*nd));
    nd->nvectors = -1;
    if (text && net_parse_macaddr(nd->macaddr.a, text) < 0) {
        error_setg(errp, "invalid MAC address '%s': expected six bytes like"
                   " 52:54:00:12:34:56", text);
        return NULL;
    }
    if (text && (nd->macaddr.a[0] & 1)) {
        error_setg(errp, "NIC cannot have multicast MAC address '%s'"
                   " (odd 1st byte)", text);
        return NULL;
    }
    if (vectors) {
        uint64_t count;

        if (!parse_option_number("vectors", vectors, &count, errp)) {
            return NULL;
        }
        if (count > 0x7ffffff) {
            error_setg(errp, "invalid # of vectors: %" PRIu64, count);
            return NULL;
        }
        nd->nvectors = count;
    }
    nd->model = qemu_opt_get_del(opts, "model");
    nd->devaddr = qemu_opt_get_del(opts, "addr");
    nd->used = true;
    nb_nics++;
    return nd;
}

/* The backend of a -nic or -net; without an id it gets one. */
static NetClientState *make_backend(QemuOpts *opts, Error **errp)
{
    const char *given = qemu_opts_id(opts);
    g_autofree char *id = given ? g_strdup(given) : id_generate(ID_NET);

    if ((given && !check_id(id, errp)) ||
        !make_from_opts(opts, NULL, id, errp)) {
        return NULL;
    }
    return qemu_find_netdev(id);
}

/* -nic TYPE,…: a NIC and its backend in one; the id is the backend's. */
static bool make_nic(QemuOpts *opts, Error **errp)
{
    const char *type = qemu_opt_get(opts, "type");
    NICInfo *nd;

    if (!type) {
        type = "user";
        qemu_opt_set(opts, "type", type, NULL);
    }
    if (g_str_equal(type, "none")) {
        return true;
    }
    nd = new_nic_request(opts, errp);
    if (!nd) {
        return false;
    }
    nd->netdev = make_backend(opts, errp);
    return nd->netdev;
}

static int refuse_opt(void *opaque, const char *name, const char *value,
                      Error **errp)
{
    if (g_str_equal(name, "type")) {
        return 0;
    }
    error_setg(errp, "Invalid parameter '%s'", name);
    return -1;
}

/* -net nic: at hub 0, or at the netdev that it names. */
static bool make_net_nic(QemuOpts *opts, Error **errp)
{
    g_autofree char *netdev = qemu_opt_get_del(opts, "netdev");
    NICInfo *nd = new_nic_request(opts, errp);

    if (!nd || qemu_opt_foreach(opts, refuse_opt, NULL, errp)) {
        return false;
    }
    nd->name = g_strdup(qemu_opts_id(opts));
    if (!netdev) {
        nd->netdev = net_hub_add_port(0, NULL, NULL);
        return true;
    }
    nd->netdev = qemu_find_netdev(netdev);
    if (!nd->netdev) {
        error_setg(errp, "netdev '%s' not found", netdev);
    } else if (nd->netdev->peer) {
        error_setg(errp, "netdev '%s' is already connected to '%s'", netdev,
                   nd->netdev->peer->name);
    } else {
        return true;
    }
    return false;
}

/* -net nic and -net TYPE: ports of hub 0. */
static bool make_net(QemuOpts *opts, Error **errp)
{
    const char *type = qemu_opt_get(opts, "type");
    NetClientState *backend;

    if (!type || g_str_equal(type, "none")) {
        return true;
    }
    if (g_str_equal(type, "nic")) {
        return make_net_nic(opts, errp);
    }
    if (g_str_equal(type, "hubport")) {
        error_setg(errp, "-net hubport is not there: -net TYPE is a port of hub"
                   " 0 already; use -netdev hubport for others");
        return false;
    }
    backend = make_backend(opts, errp);
    if (backend) {
        net_hub_add_port(0, NULL, backend);
    }
    return backend;
}

static int init_one(void *opaque, QemuOpts *opts, Error **errp)
{
    bool (*make)(QemuOpts *, Error **) = opaque;

    return make(opts, errp) ? 0 : -1;
}

static bool make_netdev(QemuOpts *opts, Error **errp)
{
    const char *id = qemu_opts_id(opts);

    return check_id(id, errp) && make_from_opts(opts, NULL, id, errp);
}

/* NICs and sources follow the machine; what waited moves on when it runs again. */
static void net_vm_changed(void *opaque, bool running, RunState state)
{
    NetClientState *nc, *next;

    QTAILQ_FOREACH_SAFE(nc, &net_clients, next, next) {
        aio_context_hold(nc->ctx);
        if (nc->info->vm_state_changed) {
            nc->info->vm_state_changed(nc, running);
        }
        if (running) {
            qemu_flush_queued_packets(nc);
        }
        aio_context_let_go(nc->ctx);
    }
}

static bool init_all(QemuOptsList *list, bool (*make)(QemuOpts *, Error **),
                     Error **errp)
{
    return qemu_opts_foreach(list, init_one, make, errp) == 0;
}

static bool init_json(Error **errp)
{
    for (GSList *l = json_netdevs; l; l = l->next) {
        NetdevJson *entry = l->data;
        bool ok;

        loc_push_restore(&entry->loc);
        ok = netdev_add_json(entry->args, errp);
        loc_pop(&entry->loc);
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool net_init_clients(Error **errp)
{
    vm_change_entry = qemu_add_vm_change_state_handler(net_vm_changed, NULL);
    return init_all(&qemu_netdev_opts, make_netdev, errp) &&
           init_json(errp) && init_all(&qemu_nic_opts, make_nic, errp) &&
           init_all(&qemu_net_opts, make_net, errp);
}

bool net_nothing_asked(void)
{
    return !json_netdevs && QTAILQ_EMPTY(&qemu_netdev_opts.head) &&
           QTAILQ_EMPTY(&qemu_nic_opts.head) &&
           QTAILQ_EMPTY(&qemu_net_opts.head);
}

void net_add_default(void)
{
    qemu_opts_parse(&qemu_net_opts, "nic", true, &error_abort);
    qemu_opts_parse(&qemu_net_opts, "user", true, &error_abort);
}

void net_check_clients(void)
{
    NetClientState *nc;

    net_hub_check();
    QTAILQ_FOREACH(nc, &net_clients, next) {
        bool is_nic = nc->info->type == NET_CLIENT_DRIVER_NIC;

        /* A NIC may use fewer queues than its backend has. */
        if (!nc->peer && nc->info->type != NET_CLIENT_DRIVER_HUBPORT &&
            (is_nic || nc->queue_index == 0)) {
            warn_report("%s %s has no peer", is_nic ? "nic" : "netdev",
                        nc->name);
        }
    }
    for (int i = 0; i < nb_nics; i++) {
        const NICInfo *nd = &nd_table[i];

        if (nd->used && !nd->instantiated) {
            warn_report("requested NIC (%s, model %s) was not created (not"
                        " supported by this machine?)",
                        nd->name ? nd->name : "anonymous",
                        nd->model ? nd->model : "unspecified");
        }
    }
}

void net_cleanup(void)
{
    NetClientState *nc, *next;

    net_announce_cleanup();
    /* Backends go now; NICs belong to their devices. */
    for (nc = QTAILQ_FIRST(&net_clients); nc; nc = next) {
        next = QTAILQ_NEXT(nc, next);
        if (nc->info->type == NET_CLIENT_DRIVER_NIC) {
            continue;
        }
        qemu_del_net_client(nc);
        /* Other queues of the same client went with it. */
        next = QTAILQ_FIRST(&net_clients);
        while (next && next->info->type == NET_CLIENT_DRIVER_NIC) {
            next = QTAILQ_NEXT(next, next);
        }
    }
    while (json_netdevs) {
        NetdevJson *entry = json_netdevs->data;

        json_object_put(entry->args);
        g_free(entry);
        json_netdevs = g_slist_delete_link(json_netdevs, json_netdevs);
    }
    g_clear_pointer(&vm_change_entry, qemu_del_vm_change_state_handler);
}

/*
 * What the files of net/ share among themselves: the list of clients and the
 * description of a backend type for the command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include "net/net.h"
#include "net/filter.h"

typedef QTAILQ_HEAD(NetClientList, struct NetClientState) NetClientList;
extern NetClientList net_clients;

/* A client is gone for good: its link, its queue, its memory. */
void net_client_set_up(NetClientState *nc, const NetClientInfo *info,
                       NetClientState *peer, const char *model,
                       const char *name, unsigned queue_index,
                       void (*destructor)(NetClientState *));
/* Take the client off its peer and off the list; what waits is given back. */
void net_client_detach(NetClientState *nc);
void net_client_release(NetClientState *nc);

/* --- options of a backend (net/netdev-args.c) --- */

typedef enum NetdevOptKind {
    NETDEV_OPT_STRING,
    NETDEV_OPT_BOOL,
    NETDEV_OPT_NUMBER,
    NETDEV_OPT_SIZE,            /* bytes, with K, M, G */
    NETDEV_OPT_LIST,            /* may be given several times */
} NetdevOptKind;

typedef struct NetdevOption {
    const char *name;
    NetdevOptKind kind;
    const char *help;
} NetdevOption;

/* Options of one -netdev, checked against the type's table; dotted names. */
typedef struct NetdevArgs {
    const struct NetdevType *type;
    GPtrArray *keys;            /* of char *; parallel to values */
    GPtrArray *values;          /* of char * */
} NetdevArgs;

typedef struct NetdevType {
    const char *name;
    const NetdevOption *options;    /* ends with a NULL name */
    /* Make the client @id, on @peer if not NULL. */
    bool (*init)(const NetdevArgs *args, const char *id, NetClientState *peer,
                 Error **errp);
} NetdevType;

extern const NetdevType net_user_type;
extern const NetdevType net_socket_type;
extern const NetdevType net_dgram_type;
extern const NetdevType net_hubport_type;
extern const NetdevType net_l2tpv3_type;
extern const NetdevType net_stream_type;
extern const NetdevType net_tap_type;
extern const NetdevType net_bridge_type;
extern const NetdevType net_vhost_user_type;

/*
 * Collect the options of a QemuOpts or a JSON object. NULL with an error if one
 * is unknown to @type or of the wrong kind.
 */
NetdevArgs *netdev_args_from_opts(const NetdevType *type, QemuOpts *opts,
                                  Error **errp);
NetdevArgs *netdev_args_from_json(const NetdevType *type,
                                  struct json_object *json, Error **errp);
void netdev_args_free(NetdevArgs *args);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetdevArgs, netdev_args_free)

/* The value, or NULL if it was not given. */
const char *netdev_arg(const NetdevArgs *args, const char *key);
bool netdev_arg_bool(const NetdevArgs *args, const char *key, bool def);
/* Of numbers and sizes. */
uint64_t netdev_arg_number(const NetdevArgs *args, const char *key,
                           uint64_t def);
/* The @n-th value of a list option, or NULL. */
const char *netdev_arg_nth(const NetdevArgs *args, const char *key, unsigned n);

/* --- the hub (net/hub.c) --- */
NetClientState *net_hub_add_port(int hub_id, const char *name,
                                 NetClientState *peer);
void net_hub_info(GString *out);
/* Of the hub that @nc is a port of, or -1. */
int net_hub_id_of(const NetClientState *nc);
/* Warn of hubs that lead nowhere. */
void net_hub_check(void);

/*
 * The wire of a backend's queue is there, or not any more; the NIC at its other end
 * sees it. set_link does this for all queues of a name.
 */
void net_backend_set_link(NetClientState *nc, bool up);

/* One line of `info network`, and the filters of the client. */
void net_client_info_line(GString *out, const NetClientState *nc);

/* --- filters (net/filter.c, net/filter-path.c) --- */

typedef QTAILQ_HEAD(NetFilterList, struct NetFilterState) NetFilterList;

/* Filters that are on a netdev go with it. */
void net_filter_remove_all(NetClientState *nc);
/*
 * Make the paths of @nc and of its peer anew: they were connected, or filters
 * changed. Held; nothing is passed on.
 */
void net_filter_rewire(NetClientState *nc);
/* @nc is about to lose its peer: what filters hold on that wire is lost. */
void net_filter_unwire(NetClientState *nc);
/* The packets of @nc move in nc->ctx from now on; called quiesced. */
void net_filter_follow(NetClientState *nc);
void net_filter_info(GString *out, const NetClientState *nc);
/* An array of NetLimitStats of the filters of @nc; NULL if none limits. */
struct json_object *net_filter_query_limits(NetClientState *nc);

/*
 * Take packets through the path from hop @from on. Returns how many were taken; of
 * these all have been seen by all filters, and those that the receiver refused are
 * kept as "past". Between enter and leave of its queue.
 */
unsigned net_filter_path_run(NetFilterPath *path, unsigned from,
                             const NetPacket *packets, unsigned count);
/* A packet that came when the path was closed is kept, or dropped. */
void net_filter_path_refused(NetFilterPath *path, bool dropped);
/* Filters pass on what is due, the last one first. */
void net_filter_path_resume(NetFilterPath *path);
/* Can packets come to an end? Else it is no use to call a sender. */
bool net_filter_path_open(NetFilterPath *path);

/* --- what the path needs of its queue (net/queue.c) --- */

NetFilterPath *qemu_net_queue_path(NetQueue *queue);
void qemu_net_queue_set_path(NetQueue *queue, NetFilterPath *path);
NetClientState *qemu_net_queue_receiver(NetQueue *queue);
/* One at a time; who finds it taken is called by flushing the queue, later. */
bool qemu_net_queue_enter(NetQueue *queue);
void qemu_net_queue_leave(NetQueue *queue);
/* Does the receiver take packets that are past the filters? Inside. */
bool qemu_net_queue_open(NetQueue *queue);
unsigned qemu_net_queue_hand_over(NetQueue *queue, const NetPacket *packets,
                                  unsigned count);
/* Keep a copy for the receiver, before those that no filter has seen. */
void qemu_net_queue_keep_past(NetQueue *queue, const NetPacket *packet);

#endif

/*
 * What the files of net/ share among themselves: the list of clients and the
 * description of a backend type for the command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include "net/net.h"

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
extern const NetdevType net_stream_type;
extern const NetdevType net_tap_type;
extern const NetdevType net_bridge_type;

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

/* One line of `info network`. */
void net_client_info_line(GString *out, const NetClientState *nc);

#endif

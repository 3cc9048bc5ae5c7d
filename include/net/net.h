/*
 * Net clients: what stands at each end of a virtual wire. A NIC is one, a backend
 * (user, socket, tap, …) is one, a port of a hub is one. Each has at most one peer.
 *
 * A client with several queues is an array of NetClientStates of one name, told
 * apart by queue_index; pair i of a NIC is peer of queue i of the backend. Each
 * queue belongs to one event loop (nc->ctx); all functions that move packets are
 * called from that loop only. Everything else is called with the big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_H
#define QEMU_NET_H

#include "qemu/osdep.h"
#include "qemu/aio.h"
#include "qemu/queue.h"
#include "qemu/reentrancy.h"
#include "net/queue.h"
#include <json-c/json.h>

#define MAX_QUEUE_NUM   1024
#define MAX_NICS        8
/* The largest frame: 64 KiB of IP datagram, Ethernet and VLAN header, vnet header. */
#define NET_BUFSIZE     (4096 + 65536)

struct MACAddr {
    uint8_t a[6];
};

typedef struct NICPeers {
    NetClientState *ncs[MAX_QUEUE_NUM];
    int32_t queues;
} NICPeers;

/* What the properties "mac", "netdev" and "bootindex" of a NIC fill in. */
struct NICConf {
    MACAddr macaddr;
    NICPeers peers;
    int32_t bootindex;
};

#define DEFINE_NIC_PROPERTIES(_state, _conf)                                 \
    DEFINE_PROP_MACADDR("mac", _state, _conf.macaddr,                        \
                        .description = "address of the card; default "       \
                        "52:54:00:12:34:56 and following"),                  \
    DEFINE_PROP_NETDEV("netdev", _state, _conf.peers,                        \
                       .description = "id of the -netdev that it is connected " \
                       "to")

typedef enum NetClientDriver {
    NET_CLIENT_DRIVER_NONE,
    NET_CLIENT_DRIVER_NIC,
    NET_CLIENT_DRIVER_USER,
    NET_CLIENT_DRIVER_TAP,
    NET_CLIENT_DRIVER_L2TPV3,
    NET_CLIENT_DRIVER_SOCKET,
    NET_CLIENT_DRIVER_STREAM,
    NET_CLIENT_DRIVER_DGRAM,
    NET_CLIENT_DRIVER_HUBPORT,
    NET_CLIENT_DRIVER_VHOST_USER,
    NET_CLIENT_DRIVER__MAX,
} NetClientDriver;

/* One frame in pieces; with a vnet header in front when both ends agreed on one. */
struct NetPacket {
    const struct iovec *iov;
    unsigned iovcnt;
    size_t size;                /* the sum of the pieces */
};

/*
 * A place in a receiver's memory into which a packet may be read. The reader may add
 * one piece of its own: iov[iovcnt] is free for it.
 */
struct NetPlace {
    struct iovec *iov;
    unsigned iovcnt;
    size_t room;                /* the sum of the pieces */
    /* The reader fills in: */
    unsigned span;              /* places that the packet lies in, mostly 1 */
    size_t size;                /* of the packet; 0: a part of it was lost */
    /*
     * Memory of the reader for all of the packet, where those bytes are already
     * that did not find room; the others are put there when the receiver cannot
     * take the packet where it lies.
     */
    uint8_t *home;
};

/*
 * What a kind of client can do. Instances are const; every member but type and
 * size may be NULL, and one of the receive functions is needed.
 */
struct NetOffloads;

typedef struct NetClientInfo {
    NetClientDriver type;
    size_t size;                /* of the client's state, NetClientState first */

    /*
     * Take packets. receive_burst returns how many of @count were consumed; fewer
     * than @count means blocked: nobody calls again before the client has called
     * qemu_flush_queued_packets(). The single forms return the size consumed,
     * 0 when blocked. A client that has receive_burst is never called otherwise.
     */
    unsigned (*receive_burst)(NetClientState *nc, const NetPacket *packets,
                              unsigned count);
    ssize_t (*receive)(NetClientState *nc, const uint8_t *buf, size_t size);
    ssize_t (*receive_iov)(NetClientState *nc, const struct iovec *iov,
                           int iovcnt);

    /*
     * Let @read, a function of the peer, read packets straight into this client's
     * memory, with up to @max places. Returns how many packets were consumed,
     * -1 if this cannot be done now and nothing was read.
     */
    int (*receive_direct)(NetClientState *nc, NetReader *read, unsigned max);

    /* May packets be delivered now? Without it: always. */
    bool (*can_receive)(NetClientState *nc);
    /* The peer can, or cannot, take packets: start or stop reading the source. */
    void (*poll)(NetClientState *nc, bool enable);
    void (*cleanup)(NetClientState *nc);
    /* A backend: can a device of this type use it? */
    bool (*accepts_nic)(const char *type, Error **errp);
    /* The link of this client or of its peer went up or down. */
    void (*link_status_changed)(NetClientState *nc);
    /* The virtual machine starts or stops (NICs and sources that must be quiet). */
    void (*vm_state_changed)(NetClientState *nc, bool running);
    /* Move the queue to another event loop; called in the main loop, quiesced. */
    void (*set_aio_context)(NetClientState *nc, AioContext *ctx);

    /* The vnet header and offloads of the backend (struct virtio_net_hdr*). */
    bool (*has_vnet_hdr)(NetClientState *nc);
    bool (*has_vnet_hdr_len)(NetClientState *nc, int len);
    /* Sets vnet_hdr_len of all queues; 0: the NIC has no header. */
    void (*set_vnet_hdr_len)(NetClientState *nc, int len);
    bool (*has_ufo)(NetClientState *nc);
    bool (*has_uso)(NetClientState *nc);
    void (*set_offload)(NetClientState *nc, const struct NetOffloads *offloads);
    /*
     * Put this queue of a backend with several to use, or out of use: the kernel
     * spreads packets over the queues that are in use. Queue 0 begins in use, the
     * others out of it. False if the backend refuses.
     */
    bool (*set_queue_enabled)(NetClientState *nc, bool enabled);

    /* query-rx-filter: a NIC describes its filter; caller owns the object. */
    struct json_object *(*query_rx_filter)(NetClientState *nc);
    /* x-query-netstats: a NIC lists its queues (NetQueueStats); caller owns it. */
    struct json_object *(*query_stats)(NetClientState *nc);
    /* announce-self: a NIC tells the network where it is now. */
    void (*announce)(NetClientState *nc);
} NetClientInfo;

/* Which offloads the guest takes on receive. */
typedef struct NetOffloads {
    bool csum, tso4, tso6, ecn, ufo, uso4, uso6;
} NetOffloads;

struct NetClientState {
    const NetClientInfo *info;
    NetClientState *peer;
    QTAILQ_ENTRY(struct NetClientState) next;
    NetQueue *incoming_queue;
    struct NetFilterList *filters;  /* of all queues; NULL: none, or a NIC */
    AioContext *ctx;            /* the event loop that moves packets */
    /* Of a backend that can be entered again, or NULL; a NIC's is its device's. */
    const MemReentrancyGuard *guard;
    char *model;
    char *name;                 /* the id; the same for all queues of a client */
    char info_str[256];         /* what `info network` shows behind type= */
    bool link_down;
    bool receive_disabled;      /* the client said "blocked" */
    bool is_netdev;             /* made by -netdev or netdev_add */
    bool do_not_pad;            /* takes frames shorter than 60 bytes */
    unsigned queue_index;
    bool took_last;             /* of this client and its peer */
    AioAnswers answers;         /* to what this client took */
    int vnet_hdr_len;
    void (*destructor)(NetClientState *nc);
};

/* A NIC: one NetClientState per queue pair. */
struct NICState {
    NetClientState *ncs;
    NICConf *conf;
    MemReentrancyGuard *reentrancy_guard;
    void *opaque;
    bool peer_deleted;
};

/* --- making and finding clients (net/net.c, net/nic.c) --- */

/* Made with one reference to nothing: qemu_del_net_client() frees it. */
NetClientState *qemu_new_net_client(const NetClientInfo *info,
                                    NetClientState *peer, const char *model,
                                    const char *name);
/* For clients with several queues: @queue_index tells them apart. */
NetClientState *qemu_new_net_queue_client(const NetClientInfo *info,
                                          NetClientState *peer,
                                          const char *model, const char *name,
                                          unsigned queue_index);
/* Deletes all queues of the client; a NIC at the other end loses its link. */
void qemu_del_net_client(NetClientState *nc);

/*
 * A NIC with conf->peers.queues queue pairs (at least one). @guard is the device's
 * re-entrancy guard: a packet that would enter the device while it is on the call
 * chain is delivered from a bottom half instead.
 */
NICState *qemu_new_nic(const NetClientInfo *info, NICConf *conf,
                       const char *model, const char *name,
                       MemReentrancyGuard *guard, void *opaque);
void qemu_del_nic(NICState *nic);
NetClientState *qemu_get_subqueue(NICState *nic, int queue_index);
NetClientState *qemu_get_queue(NICState *nic);
NICState *qemu_get_nic(NetClientState *nc);
void *qemu_get_nic_opaque(NetClientState *nc);
NetClientState *qemu_get_peer(NetClientState *nc, int queue_index);

NetClientState *qemu_find_netdev(const char *id);
/*
 * Up to @max clients of the name @id that are not of @except; returns how many
 * there are in all.
 */
int qemu_find_net_clients_except(const char *id, NetClientState **ncs,
                                 NetClientDriver except, int max);
typedef void (*qemu_nic_foreach)(NICState *nic, void *opaque);
void qemu_foreach_nic(qemu_nic_foreach func, void *opaque);
const char *net_client_driver_name(NetClientDriver driver);

/* 52:54:00:12:34:56 and following, for a NIC that was given none. */
void qemu_macaddr_default_if_unset(MACAddr *macaddr);
void qemu_format_nic_info_str(NetClientState *nc, const uint8_t macaddr[6]);
/* Fills info_str, printf-like. */
void qemu_set_info_str(NetClientState *nc, const char *fmt, ...)
    G_PRINTF(2, 3);

/* --- moving packets; from the client's event loop --- */

/* Does the peer take packets at this moment? A missing peer takes (drops) all. */
bool qemu_can_send_packet(NetClientState *sender);

/*
 * Send a burst to the peer, straight from the caller's memory. Returns how many
 * were consumed; the rest stays with the caller, and @sent_cb tells when to send
 * it again. Packets are consumed in order.
 */
unsigned qemu_send_burst(NetClientState *sender, const NetPacket *packets,
                         unsigned count, NetPacketSent *sent_cb);

/*
 * Have @read called with places in the peer's memory, up to @max. Returns how many
 * of the packets that it read were consumed; the others are in their homes, and the
 * sender sends them before it reads again. -1: this way is not open now, nothing
 * was read; the sender reads into its own memory.
 */
int qemu_receive_direct(NetClientState *sender, NetReader *read, unsigned max);

/*
 * Send one packet; one that cannot be delivered is copied and kept. 0: kept, and
 * @sent_cb (may be NULL) is called when the sender may go on.
 */
ssize_t qemu_sendv_packet_async(NetClientState *sender, const struct iovec *iov,
                                int iovcnt, NetPacketSent *sent_cb);
ssize_t qemu_sendv_packet(NetClientState *sender, const struct iovec *iov,
                          int iovcnt);
ssize_t qemu_send_packet_async(NetClientState *sender, const uint8_t *buf,
                               int size, NetPacketSent *sent_cb);
ssize_t qemu_send_packet(NetClientState *sender, const uint8_t *buf, int size);

/* The client can take packets again (the guest posted buffers, the fd is writable). */
void qemu_flush_queued_packets(NetClientState *nc);
/* Forget what waits to go into @nc's peer from @nc. */
void qemu_purge_queued_packets(NetClientState *nc);
/*
 * Packets of @nc move in @ctx from now on; main loop, quiesced. False, and nothing
 * is changed, if this client, which is no NIC, cannot leave its loop.
 */
bool qemu_set_aio_context(NetClientState *nc, AioContext *ctx);
/* Deliver to @nc's own functions; used by the queue. Returns packets consumed. */
unsigned qemu_deliver_burst(NetClientState *nc, const NetPacket *packets,
                            unsigned count);
/*
 * Is the device behind this NIC, or what is behind this backend, on the current call
 * chain? Only the queue asks.
 */
bool qemu_net_client_entered(NetClientState *nc);
/* Its guard, or NULL if the client has none. */
const MemReentrancyGuard *qemu_net_client_guard(NetClientState *nc);

/* --- the vnet header --- */

bool qemu_has_vnet_hdr(NetClientState *nc);
bool qemu_has_vnet_hdr_len(NetClientState *nc, int len);
void qemu_set_vnet_hdr_len(NetClientState *nc, int len);
int qemu_get_vnet_hdr_len(NetClientState *nc);
bool qemu_has_ufo(NetClientState *nc);
bool qemu_has_uso(NetClientState *nc);
void qemu_set_offload(NetClientState *nc, const NetOffloads *offloads);
/*
 * A NIC says which queues of its backend it uses, at start, at reset and when the
 * driver changes the number of pairs; main loop. True where @nc is NULL or where
 * queues of this kind need no telling.
 */
bool qemu_set_queue_enabled(NetClientState *nc, bool enabled);

/* --- the command line and the monitor (net/netdev.c, net/info.c) --- */

/*
 * -netdev and netdev_add. The string forms take "TYPE,id=ID,k=v,…" or a JSON
 * object; "help" prints and returns true with *helped set.
 */
bool net_client_parse_netdev(const char *optarg, bool *helped, Error **errp);
bool netdev_add_json(struct json_object *args, Error **errp);
bool netdev_del(const char *id, Error **errp);
/* -nic and -net, in the order given; they are made by net_init_clients(). */
extern QemuOptsList qemu_netdev_opts;
extern QemuOptsList qemu_nic_opts;
extern QemuOptsList qemu_net_opts;
bool net_parse_nic(const char *optarg, bool *helped, Error **errp);
bool net_parse_net(const char *optarg, bool *helped, Error **errp);
/*
 * Did the command line, or a file that it names, say nothing about the network? Then
 * net_add_default() has the machine's usual NIC and a user network made, as
 * "-net nic -net user" would.
 */
bool net_nothing_asked(void);
void net_add_default(void);
/*
 * Make all that the command line asked for, before devices are made. With
 * &error_fatal the message names the option.
 */
bool net_init_clients(Error **errp);
/* Warn of netdevs without peer and NICs without backend, after devices are made. */
void net_check_clients(void);
void net_cleanup(void);

/* The NICs that -nic and -net asked for; the machine makes the devices. */
typedef struct NICInfo {
    MACAddr macaddr;
    char *model;
    char *name;
    char *devaddr;
    NetClientState *netdev;
    bool used;
    bool instantiated;
    int nvectors;
} NICInfo;
extern NICInfo nd_table[MAX_NICS];
extern int nb_nics;

/* set_link: @name is a device id or a netdev id. */
bool qmp_set_link_name(const char *name, bool up, Error **errp);
/* The text of `info network`. */
void net_info_network(GString *out);
/* The text of `info usernet`. */
void net_info_usernet(GString *out);
/*
 * Forwarded ports of the user network @netdev (NULL: the first). The rules are
 * those of hostfwd=, to remove without the guest's half. net_hostfwd_remove()
 * returns 0, -ENOENT if there is no such rule, -EINVAL with an error.
 */
bool net_hostfwd_add(const char *netdev, const char *rule, Error **errp);
int net_hostfwd_remove(const char *netdev, const char *rule, Error **errp);
/* query-rx-filter: of one NIC, or of all with @name NULL; NULL on error. */
struct json_object *net_query_rx_filter(const char *name, Error **errp);

/* x-query-netstats: of one NIC, or of all with @name NULL; NULL on error. */
struct json_object *net_query_stats(const char *name, Error **errp);
/* The text of `info netstats`. */
void net_info_stats(GString *out);

/* Parses "52:54:00:12:34:56", also with '-'; returns 0 or -1. */
int net_parse_macaddr(uint8_t *macaddr, const char *p);

#endif

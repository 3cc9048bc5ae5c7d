/*
 * The virtio network device: VIRTIO 1.4 section 5.1. Transport bindings embed
 * VirtIONet, name its net client and realize it on their bus.
 *
 * Each part of the state belongs to the file that is named beside it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_NET_H
#define HW_VIRTIO_NET_H

#include "hw/virtio/virtio.h"
#include "migration/listener.h"
#include "net/eth.h"
#include "net/net.h"
#include "net/toeplitz.h"
#include "qemu/notify.h"
#include "qemu/thread.h"
#include "qemu/timer.h"

#define TYPE_VIRTIO_NET "virtio-net-device"
typedef struct VirtIONet VirtIONet;
#define VIRTIO_NET(obj) OBJECT_CHECK(VirtIONet, (obj), TYPE_VIRTIO_NET)

#define MAC_TABLE_ENTRIES   64
#define MAX_VLAN            (1 << 12)

/* virtio-net-filter.c: which frames the driver wants. */
typedef struct RxFilter {
    uint8_t mac[ETH_ALEN];          /* the device's address */
    bool promisc, allmulti, alluni;
    bool nomulti, nouni, nobcast;
    bool uni_overflow, multi_overflow;  /* more than fit: take them all */
    uint32_t in_use;                /* addresses in the table */
    uint32_t first_multi;           /* unicast below it, multicast from it on */
    uint8_t table[MAC_TABLE_ENTRIES * ETH_ALEN];
    uint32_t vlans[MAX_VLAN / 32];  /* bit n: VLAN n is wanted */
    bool vlan_filter;               /* CTRL_VLAN was negotiated */
} RxFilter;

#define RSS_TABLE_MAX       128

/* virtio-net-rss.c: what is hashed of received packets, and what for. */
typedef struct RssState {
    uint32_t hash_types;            /* bits of RSS_HASH_TYPES */
    uint32_t tunnel_types;          /* NET_TUNNEL_*: hash what is inside of these */
    bool steer;                     /* the hash chooses the queue */
    uint16_t table_mask;
    uint16_t unclassified;          /* the pair of packets without hash */
    uint16_t table[RSS_TABLE_MAX];  /* pairs */
    uint8_t key[NET_TOEPLITZ_KEY_BYTES];
    NetToeplitz toeplitz;           /* from the key */
} RssState;

/*
 * Packets and bytes of one direction, since the device was made. Written by the
 * queue's loop alone; what they mean to the driver is in virtio-net-stats.c.
 */
typedef struct NetCounters {
    uint64_t packets;               /* received; taken from the driver to be sent */
    uint64_t bytes;                 /* of these but drops, without virtio headers */
    uint64_t filtered;              /* the driver did not want them */
    /* By cause; the first: the header asks for what cannot be done. */
    uint64_t drops;
    uint64_t drop_short;            /* no Ethernet header, or no virtio header */
    uint64_t drop_long;             /* do not fit the driver's buffers */
    uint64_t drop_queue_off;        /* the hash chose a queue that is being reset */
    /* What headers say of the packets above. */
    uint64_t needs_csum, data_valid;
    uint64_t gso_packets, gso_bytes;
    /* Of these, cut into frames by ourselves, and those frames. */
    uint64_t cut_packets, cut_bytes;
    uint64_t segments, segment_bytes;
} NetCounters;

/* Notify after so many packets, or so long after the first; either 0: at once. */
typedef struct CoalLimits {
    uint32_t max_packets;
    uint32_t max_usecs;
} CoalLimits;

/* virtio-net-coal.c: what of one queue the driver was not told yet. */
typedef struct NotifyCoal {
    VirtIONet *n;
    VirtQueue *vq;
    CoalLimits limits;
    uint64_t seen;                  /* packets used so far */
    uint64_t notified;              /* those that the driver heard of */
    QEMUTimer *timer;               /* runs while the two differ */
} NotifyCoal;

/* virtio-net-rx-direct.c: guest buffers that the backend reads into. */
typedef struct RxDirect {
    NetPlace *places;
    struct iovec *iov;              /* of the places */
    unsigned want;                  /* places to be offered next time */
    unsigned pause;                 /* calls to let pass before the next offer */
} RxDirect;
/* virtio-net-software.c */
typedef struct TxSoftware TxSoftware;
typedef struct RxSoftware RxSoftware;
/* virtio-net-rsc.c */
typedef struct RscState RscState;

/*
 * One receive and one transmit queue; owned by one event loop. Pairs of different
 * threads share no cache line.
 */
typedef struct QEMU_ALIGNED(64) VirtIONetQueue {
    VirtIONet *n;
    AioContext *ctx;
    unsigned index;

    /* virtio-net-threads.c */
    QemuMutex rx_lock;              /* of the receive side where it is shared */
    QEMUBH *wake_bh;                /* packets may go on; NULL in the main loop */

    /* virtio-net-rx.c */
    VirtQueue *rx_vq;
    VirtQueueBatch rx_batch;
    NetCounters rx;
    NotifyCoal rx_coal;
    RxDirect rx_direct;
    bool rx_touched;                /* something was used in this burst */
    RxSoftware *rx_software;        /* NULL until used */
    RscState *rsc;                  /* NULL until used */

    /* virtio-net-tx.c */
    VirtQueue *tx_vq;
    VirtQueueBatch tx_batch;
    NetPacket *tx_packets;          /* of the chains in tx_batch */
    struct iovec *tx_iov;           /* where headers differ in length */
    unsigned tx_iov_used;
    QEMUBH *tx_bh;
    QEMUTimer *tx_timer;            /* tx=timer, else NULL */
    bool tx_waiting;                /* bottom half or timer is on its way */
    bool tx_blocked;                /* the backend said: not now */
    bool tx_watched;                /* virtio-net-turn.c: seen without notification */
    TxSoftware *tx_software;        /* NULL until used */
    NetCounters tx;
    NotifyCoal tx_coal;
} VirtIONetQueue;

/* virtio-net-failover.c */
typedef struct FailoverState {
    bool on;                        /* property failover */
    bool news;                      /* features were accepted, nobody told yet */
    bool plugging;
    bool away;                      /* the machine is, or was, saved: no primary */
    DeviceState *primary;           /* while it is plugged */
    struct json_object *opts;       /* of the primary, plugged or not; or NULL */
    bool from_json;                 /* how to read them */
    QEMUBH *bh;                     /* NULL: off, or not realized */
    DeviceListener devices;
    MigrationListener saving;
    VMChangeStateEntry *runs;
    Notifier reset;
} FailoverState;

/* What the properties say; virtio-net.c. */
typedef struct VirtIONetConf {
    uint32_t txtimer_ns;
    int32_t txburst;
    char *tx;
    char *duplex_str;
    int32_t speed;
    uint16_t rx_queue_size;
    uint16_t tx_queue_size;
    uint16_t mtu;
    IOThread *iothread;
    GPtrArray *vq_mapping;          /* of IOThreadVirtQueueMapping */
} VirtIONetConf;

struct VirtIONet {
    VirtIODevice parent_obj;

    VirtIONetConf net_conf;
    NICConf nic_conf;
    VirtioFeatures net_features;    /* asked for by properties */
    uint8_t duplex;
    uint16_t status;                /* VIRTIO_NET_S_* */
    uint8_t configured_mac[ETH_ALEN];
    char *netclient_name;
    char *netclient_type;
    NICState *nic;

    /* virtio-net-threads.c */
    IOThread **iothreads;           /* of each pair; NULL: all in the main loop */
    bool rx_shared;                 /* a thread may receive for another's pair */

    /* virtio-net-queues.c */
    VirtIONetQueue *pairs;
    uint16_t max_pairs;
    uint16_t curr_pairs;            /* 1 .. max_pairs: those that move packets */
    VirtQueue *ctrl_vq;             /* virtio-net-ctrl.c */
    uint64_t ctrl_commands, ctrl_refused;
    bool multiqueue;                /* the driver knows of more pairs than one */
    QEMUBH *ctrl_bh;

    /* virtio-net-vhost.c */
    struct VhostDev *vhost;         /* the backend is another process; or NULL */
    bool vhost_changing;            /* rings are on their way */

    RxFilter filter;
    bool filter_change_told;        /* and nobody has asked since */
    RssState rss;
    CoalLimits rx_coal, tx_coal;    /* of queues that are enabled anew */

    FailoverState failover;

    /* virtio-net-offload.c */
    size_t guest_hdr_bytes;         /* of the header in front of each packet */
    bool hash_report;               /* the header has the hash at its end */
    bool mergeable;                 /* a packet may fill several chains */
    bool peer_hdr;                  /* the backend carries the same header */
    uint64_t guest_offloads;        /* bits of GUEST_* features that are on now */
    bool rsc;                       /* segments are joined: virtio-net-rsc.c */
    uint32_t rsc_interval;          /* ns; property */

    /* virtio-net-software.c: requests in headers of packets that are sent */
    bool tx_software;               /* some are for us: headers must be read */
    uint16_t tx_types;              /* of segments that the driver may ask for */
    uint16_t tx_types_passed;       /* those that the backend cuts by itself */
};

/* For the transport binding, before realize. The strings are copied. */
void virtio_net_set_netclient_name(VirtIONet *n, const char *name,
                                   const char *type);

#endif

/*
 * Filters: objects that stand on a netdev and see, keep, divert or delay the packets
 * between it and its peer.
 *
 * A filter is on all queues of its netdev, with a NetFilterSlot for each queue and
 * direction. The filters that packets of one receiver pass make a NetFilterPath,
 * which is in front of the receiver and behind its NetQueue; a queue without a path
 * knows nothing of filters. Paths are made anew, by the main loop while the thread
 * that moves the packets is held, when anything about them changes; the functions
 * of a filter that get a slot run where the packets of the slot's queue move.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_NET_FILTER_H
#define QEMU_NET_FILTER_H

#include "net/net.h"
#include "qom/object.h"
#include "qom/object_interfaces.h"

#define TYPE_NETFILTER "netfilter"
OBJECT_DECLARE_TYPE(NetFilterState, NetFilterClass, NETFILTER)

/* As the netdev sees it: RX comes to it (from the guest), TX comes from it. */
typedef enum NetFilterDirection {
    NET_FILTER_DIRECTION_ALL,
    NET_FILTER_DIRECTION_RX,
    NET_FILTER_DIRECTION_TX,
    NET_FILTER_DIRECTION__MAX,
} NetFilterDirection;

typedef struct NetFilterPath NetFilterPath;

/* One filter, one queue of the netdev, one direction. */
typedef struct NetFilterSlot {
    NetFilterState *nf;
    NetClientState *nc;         /* the netdev's queue */
    NetFilterDirection direction;   /* RX or TX */
    NetQueue *queue;            /* in front of the receiver; NULL: in no path */
    unsigned hop;               /* the place in its path */
    bool ends;                  /* no packet goes further than here */
    QEMUTimer *timer;           /* of timeout(), in the loop of the packets */
} NetFilterSlot;

struct NetFilterState {
    Object parent_obj;

    char *netdev_id;
    NetFilterDirection direction;
    bool on;
    char *position;             /* "head", "tail" or "id=ID" */
    bool insert_before;

    NetClientState **ncs;       /* queues of the netdev; NULL: not on one yet */
    unsigned queues;
    void *slots;                /* 2 × queues, slot_size bytes each */
    QTAILQ_ENTRY(struct NetFilterState) next;
};

/* What a kind of filter does; all but slot_size may be NULL. */
struct NetFilterClass {
    ObjectClass parent_class;

    size_t slot_size;           /* NetFilterSlot first; the rest is zeros */

    /* The object is made, its netdev known: open what is needed. Main loop. */
    bool (*setup)(NetFilterState *nf, Error **errp);
    /* The opposite, also when setup() failed or was never called. Main loop. */
    void (*cleanup)(NetFilterState *nf);
    /* Can it do its work with queue=@direction? NULL: yes. */
    bool (*accepts)(NetFilterState *nf, NetFilterDirection direction,
                    Error **errp);
    /* Is it needed in this direction? net_filter_changed() asks anew. */
    bool (*wants)(NetFilterState *nf, NetFilterDirection direction);
    /* Do packets end here? Else they go on to the next filter. */
    bool (*ends)(NetFilterState *nf);

    /*
     * How many of the packets, from the first on, would be taken now? What waits
     * stays with the sender, and net_filter_kick() makes it try again.
     */
    unsigned (*admit)(NetFilterSlot *slot, const NetPacket *packets,
                      unsigned count);
    /* The packets are here. Any number, if they come by net_filter_pass_all(). */
    void (*take)(NetFilterSlot *slot, const NetPacket *packets, unsigned count);
    /* A packet that was not admitted is kept as a copy, or was dropped. */
    void (*refused)(NetFilterSlot *slot, bool dropped);
    /* Those behind may take packets again: pass on what is due. */
    void (*resume)(NetFilterSlot *slot);
    /* The slot leaves its path: pass on all that is held. Main loop, held. */
    void (*release)(NetFilterSlot *slot);
    /* The wire is cut: forget what is held. */
    void (*discard)(NetFilterSlot *slot);
    void (*timeout)(NetFilterSlot *slot);
    /* It was switched on or off, or its direction changed. Main loop. */
    void (*changed)(NetFilterState *nf);

    /* Appends to an array of NetLimitStats for x-query-netstats. */
    void (*query_limits)(NetFilterState *nf, struct json_object *list);
};

/* --- for filters (net/filter-path.c) --- */

/*
 * Pass packets on to what is behind the slot. Returns how many were taken; for the
 * others wait for resume(). Where nothing is connected they are lost. From the
 * loop of the packets, or main loop with that held.
 */
unsigned net_filter_pass(NetFilterSlot *slot, const NetPacket *packets,
                         unsigned count);
/* The same; those behind take all, whether they want or not. */
void net_filter_pass_all(NetFilterSlot *slot, const NetPacket *packets,
                         unsigned count);
/* The slot may admit or pass on more than before: let the path go on. */
void net_filter_kick(NetFilterSlot *slot);

/* --- packets that a filter holds, as copies in their order --- */

typedef struct NetFilterStore {
    QTAILQ_HEAD(, struct NetFilterPacket) packets;
    unsigned count;
    size_t bytes;
} NetFilterStore;

void net_filter_store_init(NetFilterStore *store);
void net_filter_store_put(NetFilterStore *store, const NetPacket *packet);
/* Pass on up to @max by net_filter_pass(), until one is not taken; how many? */
unsigned net_filter_store_pass(NetFilterStore *store, NetFilterSlot *slot,
                               unsigned max);
/* Pass on all by net_filter_pass_all(). */
void net_filter_store_pass_all(NetFilterStore *store, NetFilterSlot *slot);
void net_filter_store_clear(NetFilterStore *store);

/* --- the objects (net/filter.c); main loop --- */

/* The slot of the netdev's queue @queue. */
NetFilterSlot *net_filter_slot(NetFilterState *nf, unsigned queue,
                               NetFilterDirection direction);
/* Make the threads of all queues stand while something is changed. */
void net_filter_hold(NetFilterState *nf);
void net_filter_let_go(NetFilterState *nf);
/* wants() or ends() may answer differently now. */
void net_filter_changed(NetFilterState *nf);
/* Is it on its netdev? Then @errp says that @name cannot be set any more. */
bool net_filter_is_made(NetFilterState *nf, const char *name, Error **errp);

#endif

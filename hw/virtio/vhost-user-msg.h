/*
 * Messages of the vhost-user protocol: layouts, numbers, and the check of what a
 * peer answers. Pure: no socket and no device; unit-tested and fuzzed.
 *
 * All numbers are in the host's byte order, as the protocol has it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_VIRTIO_VHOST_USER_MSG_H
#define HW_VIRTIO_VHOST_USER_MSG_H

#include "qemu/osdep.h"
#include <linux/vhost_types.h>

/* Requests that this side makes ("Front-end message types"). */
typedef enum VhostUserRequest {
    VHOST_USER_GET_FEATURES = 1,
    VHOST_USER_SET_FEATURES = 2,
    VHOST_USER_SET_OWNER = 3,
    VHOST_USER_SET_MEM_TABLE = 5,
    VHOST_USER_SET_VRING_NUM = 8,
    VHOST_USER_SET_VRING_ADDR = 9,
    VHOST_USER_SET_VRING_BASE = 10,
    VHOST_USER_GET_VRING_BASE = 11,
    VHOST_USER_SET_VRING_KICK = 12,
    VHOST_USER_SET_VRING_CALL = 13,
    VHOST_USER_GET_PROTOCOL_FEATURES = 15,
    VHOST_USER_SET_PROTOCOL_FEATURES = 16,
    VHOST_USER_GET_QUEUE_NUM = 17,
    VHOST_USER_SET_VRING_ENABLE = 18,
    VHOST_USER_SEND_RARP = 19,
    VHOST_USER_NET_SET_MTU = 20,
    VHOST_USER_SET_STATUS = 39,
    VHOST_USER_GET_STATUS = 40,
} VhostUserRequest;

/* The feature bit that says that there are protocol features. */
#define VHOST_USER_F_PROTOCOL_FEATURES      30

/* Protocol features that this side knows. */
#define VHOST_USER_PROTOCOL_F_MQ            0
#define VHOST_USER_PROTOCOL_F_RARP          2
#define VHOST_USER_PROTOCOL_F_REPLY_ACK     3
#define VHOST_USER_PROTOCOL_F_NET_MTU       4
#define VHOST_USER_PROTOCOL_F_STATUS        16

/* Header flags: bits 0 and 1 are the version. */
#define VHOST_USER_VERSION                  0x1
#define VHOST_USER_VERSION_MASK             0x3
#define VHOST_USER_REPLY                    0x4
#define VHOST_USER_NEED_REPLY               0x8

/* Without ADD_MEM_REG a table has no more regions. */
#define VHOST_USER_MAX_REGIONS              8
/* The index of a ring in messages that carry a descriptor. */
#define VHOST_USER_VRING_INDEX_MASK         0xff

typedef struct VhostUserHeader {
    uint32_t request;
    uint32_t flags;
    uint32_t size;              /* of the payload */
} VhostUserHeader;

typedef struct VhostUserRegion {
    uint64_t guest_addr;
    uint64_t size;
    uint64_t user_addr;         /* where this process has it */
    uint64_t mmap_offset;       /* in the descriptor that comes along */
} VhostUserRegion;

typedef struct VhostUserMemory {
    uint32_t count;
    uint32_t padding;
    VhostUserRegion regions[VHOST_USER_MAX_REGIONS];
} VhostUserMemory;

typedef struct VhostUserMsg {
    VhostUserHeader header;
    union {
        uint64_t u64;
        struct vhost_vring_state state;
        struct vhost_vring_addr addr;
        VhostUserMemory memory;
    } payload;
} QEMU_PACKED VhostUserMsg;
QEMU_BUILD_BUG_ON(offsetof(VhostUserMsg, payload) != 12);

/* "SET_MEM_TABLE", for messages; never NULL. */
const char *vhost_user_request_name(uint32_t request);

/* The bytes on the wire of a message whose header is filled in. */
static inline size_t vhost_user_msg_bytes(const VhostUserMsg *msg)
{
    return sizeof(msg->header) + msg->header.size;
}

typedef enum VhostUserParse {
    VHOST_USER_PARSE_MORE,      /* *@more bytes at least are missing */
    VHOST_USER_PARSE_DONE,
    VHOST_USER_PARSE_BAD,       /* *@why says what is wrong; the caller frees */
} VhostUserParse;

/*
 * The first @bytes of an answer to @request, into @reply; an answer has exactly
 * @payload_bytes of payload, which is at most sizeof(reply->payload). Never asks
 * for more bytes than belong to it.
 */
VhostUserParse vhost_user_parse_reply(const uint8_t *buf, size_t bytes,
                                      VhostUserRequest request,
                                      uint32_t payload_bytes,
                                      VhostUserMsg *reply, size_t *more,
                                      char **why);

/*
 * The place in a ring that a GET_VRING_BASE answer names. Packed rings: place in
 * bits 0 to 14, wrap counter in bit 15; the used side in the upper half, where
 * peers that have nothing under way may leave zero.
 */
typedef struct VhostRingBase {
    uint16_t avail, used;
    bool avail_wrap, used_wrap;
} VhostRingBase;

uint32_t vhost_ring_base_encode(const VhostRingBase *base, bool packed);
/* False: a ring of @num descriptors has no such place. */
bool vhost_ring_base_decode(uint32_t value, bool packed, unsigned num,
                            VhostRingBase *base);

#endif

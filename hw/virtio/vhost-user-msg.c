/*
 * Messages of the vhost-user protocol: the check of what a peer answers, and
 * places in rings as they stand in messages. The peer is hostile: sizes, numbers and
 * flags are compared with what was asked before anything is used.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "vhost-user-msg.h"

const char *vhost_user_request_name(uint32_t request)
{
    static const char *const names[] = {
#define NAME(request) [VHOST_USER_##request] = #request
        NAME(GET_FEATURES), NAME(SET_FEATURES), NAME(SET_OWNER),
        NAME(SET_MEM_TABLE), NAME(SET_VRING_NUM),
        NAME(SET_VRING_ADDR), NAME(SET_VRING_BASE), NAME(GET_VRING_BASE),
        NAME(SET_VRING_KICK), NAME(SET_VRING_CALL), NAME(GET_PROTOCOL_FEATURES),
        NAME(SET_PROTOCOL_FEATURES), NAME(GET_QUEUE_NUM), NAME(SET_VRING_ENABLE),
        NAME(SEND_RARP), NAME(NET_SET_MTU), NAME(SET_STATUS), NAME(GET_STATUS),
#undef NAME
    };

    return request < ARRAY_SIZE(names) && names[request] ? names[request] :
           "unknown request";
}

static char *header_fault(VhostUserHeader h, VhostUserRequest request,
                          uint32_t payload_bytes)
{
    const char *name = vhost_user_request_name(request);

    if (h.request != request) {
        return g_strdup_printf("answered request %u (%s) where %s was asked",
                               h.request, vhost_user_request_name(h.request),
                               name);
    }
    if ((h.flags & VHOST_USER_VERSION_MASK) != VHOST_USER_VERSION ||
        !(h.flags & VHOST_USER_REPLY)) {
        return g_strdup_printf("answered %s with flags 0x%x, which is no reply"
                               " of version 1", name, h.flags);
    }
    if (h.size != payload_bytes) {
        return g_strdup_printf("answered %s with %u bytes, not %u", name,
                               h.size, payload_bytes);
    }
    return NULL;
}

VhostUserParse vhost_user_parse_reply(const uint8_t *buf, size_t bytes,
                                      VhostUserRequest request,
                                      uint32_t payload_bytes,
                                      VhostUserMsg *reply, size_t *more,
                                      char **why)
{
    size_t whole = sizeof(reply->header) + payload_bytes;

    assert(payload_bytes <= sizeof(reply->payload));
    if (bytes < sizeof(reply->header)) {
        *more = sizeof(reply->header) - bytes;
        return VHOST_USER_PARSE_MORE;
    }
    memcpy(&reply->header, buf, sizeof(reply->header));
    *why = header_fault(reply->header, request, payload_bytes);
    if (*why) {
        return VHOST_USER_PARSE_BAD;
    }
    if (bytes < whole) {
        *more = whole - bytes;
        return VHOST_USER_PARSE_MORE;
    }
    memcpy(&reply->payload, buf + sizeof(reply->header), payload_bytes);
    return VHOST_USER_PARSE_DONE;
}

/* --- places in rings --- */

#define PLACE_MASK  0x7fff
#define WRAP_SHIFT  15

uint32_t vhost_ring_base_encode(const VhostRingBase *base, bool packed)
{
    uint32_t avail, used;

    if (!packed) {
        return base->avail;
    }
    avail = base->avail | (uint32_t)base->avail_wrap << WRAP_SHIFT;
    used = base->used | (uint32_t)base->used_wrap << WRAP_SHIFT;
    return avail | used << 16;
}

bool vhost_ring_base_decode(uint32_t value, bool packed, unsigned num,
                            VhostRingBase *base)
{
    uint16_t upper = value >> 16;

    if (!packed) {
        *base = (VhostRingBase){ .avail = value, .used = value };
        return upper == 0;
    }
    base->avail = value & PLACE_MASK;
    base->avail_wrap = value >> WRAP_SHIFT & 1;
    if (upper == 0) {
        base->used = base->avail;
        base->used_wrap = base->avail_wrap;
    } else {
        base->used = upper & PLACE_MASK;
        base->used_wrap = upper >> WRAP_SHIFT;
    }
    return base->avail < num && base->used < num;
}

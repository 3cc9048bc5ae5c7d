/*
 * Packets on a character device: see filter-stream.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/lockable.h"
#include "filter-stream.h"

/* More than this of a reader that is too slow does not wait in memory. */
#define OUT_BACKLOG_MAX (4 << 20)
/* struct virtio_net_hdr_v1_hash_tunnel and whatever may come. */
#define VNET_HDR_MAX    128

/* --- cutting --- */

void net_frame_parser_init(NetFrameParser *parser, bool vnet_hdr)
{
    *parser = (NetFrameParser) {
        .vnet_hdr = vnet_hdr, .frame = g_byte_array_new(),
    };
}

void net_frame_parser_reset(NetFrameParser *parser)
{
    parser->head_bytes = 0;
    g_byte_array_set_size(parser->frame, 0);
}

void net_frame_parser_free(NetFrameParser *parser)
{
    g_clear_pointer(&parser->frame, g_byte_array_unref);
}

/* The numbers are here. */
static bool parse_head(NetFrameParser *parser)
{
    uint32_t numbers[2] = { 0 };

    memcpy(numbers, parser->head, parser->head_bytes);
    parser->size = ntohl(numbers[0]);
    parser->vnet_hdr_len = ntohl(numbers[1]);
    return parser->size <= NET_BUFSIZE && parser->vnet_hdr_len <= VNET_HDR_MAX &&
           parser->vnet_hdr_len <= parser->size;
}

bool net_frame_parser_feed(NetFrameParser *parser, const uint8_t *bytes,
                           size_t count, NetFrameParsed *parsed, void *opaque)
{
    unsigned head_bytes = parser->vnet_hdr ? 8 : 4;

    while (count) {
        size_t take;

        if (parser->head_bytes < head_bytes) {
            take = MIN(count, head_bytes - parser->head_bytes);
            memcpy(parser->head + parser->head_bytes, bytes, take);
            parser->head_bytes += take;
            if (parser->head_bytes == head_bytes && !parse_head(parser)) {
                return false;
            }
        } else {
            take = MIN(count, parser->size - parser->frame->len);
            g_byte_array_append(parser->frame, bytes, take);
        }
        bytes += take;
        count -= take;
        if (parser->head_bytes == head_bytes &&
            parser->frame->len == parser->size) {
            /* An empty one is nothing, and no reason to stop. */
            if (parser->size) {
                parsed(opaque, parser->frame->data, parser->size,
                       parser->vnet_hdr_len);
            }
            net_frame_parser_reset(parser);
        }
    }
    return true;
}

/* --- writing; main loop --- */

static void out_forget(NetFilterOut *out)
{
    g_byte_array_set_size(out->writing, 0);
    out->written = 0;
    WITH_QEMU_LOCK_GUARD(&out->lock) {
        g_byte_array_set_size(out->waiting, 0);
        out->backlog = 0;
    }
}

static gboolean out_writable(void *unused, GIOCondition condition, void *opaque)
{
    NetFilterOut *out = opaque;

    out->watch = 0;
    qemu_bh_schedule(out->bh);
    return false;
}

/* Write what is in out->writing; false if it cannot all be written now. */
static bool out_write(NetFilterOut *out)
{
    while (out->written < out->writing->len) {
        int n = qemu_chr_fe_write(&out->chr, out->writing->data + out->written,
                                  out->writing->len - out->written);

        if (n <= 0) {
            if (n < 0 && errno != EAGAIN) {
                out_forget(out);        /* it will tell that it is closed */
                return false;
            }
            out->watch = qemu_chr_fe_add_watch(&out->chr, G_IO_OUT,
                                               out_writable, out);
            if (!out->watch) {
                out_forget(out);
            }
            return false;
        }
        out->written += n;
        WITH_QEMU_LOCK_GUARD(&out->lock) {
            out->backlog -= MIN((size_t)n, out->backlog);
        }
    }
    g_byte_array_set_size(out->writing, 0);
    out->written = 0;
    return true;
}

/* Is there anything left in out->waiting? It is in out->writing now. */
static bool out_fetch(NetFilterOut *out)
{
    GByteArray *empty = out->writing;
    QEMU_LOCK_GUARD(&out->lock);

    out->writing = out->waiting;
    out->waiting = empty;
    return out->writing->len;
}

static void out_bh(void *opaque)
{
    NetFilterOut *out = opaque;
    bool room = false;

    if (!out->watch) {
        while (out_write(out) && out_fetch(out)) {
        }
    }
    WITH_QEMU_LOCK_GUARD(&out->lock) {
        if (out->was_full && out->backlog < OUT_BACKLOG_MAX) {
            out->was_full = false;
            room = true;
        }
    }
    if (room && out->room) {
        out->room(out->opaque);
    }
}

static void out_event(void *opaque, QEMUChrEvent event)
{
    NetFilterOut *out = opaque;

    if (event != CHR_EVENT_OPENED && event != CHR_EVENT_CLOSED) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&out->lock) {
        out->open = event == CHR_EVENT_OPENED;
    }
    qemu_chr_fe_remove_watch(&out->chr, out->watch);
    out->watch = 0;
    out_forget(out);
    qemu_bh_schedule(out->bh);
}

bool net_filter_chardev(CharFrontend *c, const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found",
                  id);
        return false;
    }
    if (qemu_chr_is_busy(chr)) {
        error_setg(errp, "Device '%s' is in use", id);
        return false;
    }
    return qemu_chr_fe_init(c, chr, errp);
}

bool net_filter_out_init(NetFilterOut *out, const char *id, bool vnet_hdr,
                         void (*room)(void *opaque), void *opaque, Error **errp)
{
    if (!net_filter_chardev(&out->chr, id, errp)) {
        return false;
    }
    out->vnet_hdr = vnet_hdr;
    out->room = room;
    out->opaque = opaque;
    out->writing = g_byte_array_new();
    out->waiting = g_byte_array_new();
    qemu_mutex_init(&out->lock);
    out->bh = qemu_bh_new(out_bh, out);
    qemu_chr_fe_set_handlers(&out->chr, NULL, NULL, out_event, NULL, out, NULL,
                             true);
    return true;
}

void net_filter_out_cleanup(NetFilterOut *out)
{
    if (!out->bh) {
        return;
    }
    if (out->open && !out->watch) {
        while (out_write(out) && out_fetch(out)) {
        }
    }
    qemu_chr_fe_deinit(&out->chr, false);
    g_clear_pointer(&out->bh, qemu_bh_delete);
    g_byte_array_unref(out->writing);
    g_byte_array_unref(out->waiting);
    qemu_mutex_destroy(&out->lock);
}

/* --- putting; any thread --- */

bool net_filter_out_full(NetFilterOut *out)
{
    QEMU_LOCK_GUARD(&out->lock);

    if (out->open && out->backlog >= OUT_BACKLOG_MAX) {
        out->was_full = true;
        return true;
    }
    return false;
}

static void out_append(NetFilterOut *out, const NetPacket *packet,
                       uint32_t hdr_bytes)
{
    uint32_t head[2] = { htonl(packet->size), htonl(hdr_bytes) };
    size_t head_bytes = out->vnet_hdr ? 8 : 4;
    size_t at = out->waiting->len;

    g_byte_array_set_size(out->waiting, at + head_bytes + packet->size);
    memcpy(out->waiting->data + at, head, head_bytes);
    iov_to_buf(packet->iov, packet->iovcnt, 0,
               out->waiting->data + at + head_bytes, packet->size);
    out->backlog += head_bytes + packet->size;
}

void net_filter_out_put(NetFilterOut *out, const NetPacket *packets,
                        unsigned count, uint32_t hdr_bytes, bool all)
{
    WITH_QEMU_LOCK_GUARD(&out->lock) {
        for (unsigned i = 0; out->open && i < count; i++) {
            if (!all && out->backlog >= OUT_BACKLOG_MAX) {
                out->dropped++;
            } else if (packets[i].size && packets[i].size <= NET_BUFSIZE) {
                out_append(out, &packets[i], hdr_bytes);
            }
        }
    }
    qemu_bh_schedule(out->bh);
}

/*
 * Packets on a character device, as filter-mirror and filter-redirector write and
 * read them: each behind its length, 32 bits big endian, and with vnet_hdr_support
 * behind a second such number, the length of the vnet header that it begins with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef NET_FILTER_STREAM_H
#define NET_FILTER_STREAM_H

#include "chardev/char-fe.h"
#include "qemu/thread.h"
#include "net-internal.h"

/* --- cutting a stream into packets: pure --- */

typedef struct NetFrameParser {
    bool vnet_hdr;              /* two numbers are in front */
    uint8_t head[8];
    unsigned head_bytes;        /* of it there are so many */
    uint32_t size, vnet_hdr_len;
    GByteArray *frame;          /* grows as bytes come, not as announced */
} NetFrameParser;

/* @frame stays the parser's; @vnet_hdr_len is at most @size. */
typedef void NetFrameParsed(void *opaque, const uint8_t *frame, uint32_t size,
                            uint32_t vnet_hdr_len);

void net_frame_parser_init(NetFrameParser *parser, bool vnet_hdr);
/* A new stream begins. */
void net_frame_parser_reset(NetFrameParser *parser);
void net_frame_parser_free(NetFrameParser *parser);
/* False: the stream makes no sense from here on. */
bool net_frame_parser_feed(NetFrameParser *parser, const uint8_t *bytes,
                           size_t count, NetFrameParsed *parsed, void *opaque);

/* --- writing --- */

/*
 * Any thread puts packets in; the main loop writes them. Who is connected anew gets
 * whole packets from the first byte on.
 */
typedef struct NetFilterOut {
    CharFrontend chr;
    bool vnet_hdr;
    void (*room)(void *opaque);     /* main loop: it is not full any more */
    void *opaque;
    QEMUBH *bh;                 /* of the main loop: write */
    GByteArray *writing;        /* main loop only; the first written are gone */
    size_t written;
    unsigned watch;

    QemuMutex lock;             /* of what follows */
    GByteArray *waiting;
    size_t backlog;             /* in writing and waiting */
    bool open;                  /* somebody is there */
    bool was_full;              /* room() is expected */
    uint64_t dropped;
} NetFilterOut;

/* Takes the character device @id for @name=; @room may be NULL. Main loop. */
bool net_filter_out_init(NetFilterOut *out, const char *id, bool vnet_hdr,
                         void (*room)(void *opaque), void *opaque,
                         Error **errp);
void net_filter_out_cleanup(NetFilterOut *out);
/* Is there no room now? Then room() will be called. Any thread. */
bool net_filter_out_full(NetFilterOut *out);
/*
 * Write packets whose vnet header has @hdr_bytes; all of them with @all, else those
 * for which there is room: others are dropped and counted. Any thread.
 */
void net_filter_out_put(NetFilterOut *out, const NetPacket *packets,
                        unsigned count, uint32_t hdr_bytes, bool all);

/* Takes the character device @id for @c, in the words of @c's users. */
bool net_filter_chardev(CharFrontend *c, const char *id, Error **errp);

#endif

/*
 * The far end of a network backend, see "fuzz-sink.h".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz-sink.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"

static unsigned sink_receive(NetClientState *nc, const NetPacket *packets,
                             unsigned count)
{
    FuzzSink *sink = container_of(nc, FuzzSink, nc);
    unsigned taken = MIN(count, sink->room);

    for (unsigned i = 0; i < taken; i++) {
        g_assert_cmpuint(iov_size(packets[i].iov, packets[i].iovcnt), ==,
                         packets[i].size);
        g_assert_cmpuint(packets[i].size, >, nc->vnet_hdr_len);
        g_assert_cmpuint(packets[i].size, <=, NET_BUFSIZE);
    }
    sink->room -= taken;
    return taken;
}

static const NetClientInfo sink_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(FuzzSink),
    .receive_burst = sink_receive,
};

FuzzSink *fuzz_sink_new(const char *name, NetClientState *peer, int hdr_bytes)
{
    NetClientState *nc = qemu_new_net_client(&sink_info, peer, "sink", name);

    nc->vnet_hdr_len = hdr_bytes;
    return container_of(nc, FuzzSink, nc);
}

void fuzz_sink_take(FuzzSink *sink, unsigned packets)
{
    sink->room = packets;
    qemu_flush_queued_packets(&sink->nc);
}

void fuzz_turn(void)
{
    while (aio_poll(qemu_get_aio_context(), false)) {
    }
}

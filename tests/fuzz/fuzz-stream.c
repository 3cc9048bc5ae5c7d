/*
 * Fuzz target: frames on a byte stream, as a peer of -netdev socket may cut and
 * forge them. The input is pieces, each behind a byte with its length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include <sys/socket.h>
#include "net/net-internal.h"
#include "qapi/json.h"
#include "qemu/main-loop.h"

typedef struct Sink {
    NetClientState nc;
    unsigned room;
} Sink;

static unsigned sink_receive(NetClientState *nc, const NetPacket *packets,
                             unsigned count)
{
    Sink *sink = container_of(nc, Sink, nc);
    unsigned taken = MIN(count, sink->room);

    for (unsigned p = 0; p < taken; p++) {
        size_t sum = 0;

        for (unsigned i = 0; i < packets[p].iovcnt; i++) {
            sum += packets[p].iov[i].iov_len;
        }
        g_assert_cmpuint(sum, ==, packets[p].size);
    }
    sink->room -= taken;
    return taken;
}

static const NetClientInfo sink_info = {
    .type = NET_CLIENT_DRIVER_TAP,
    .size = sizeof(Sink),
    .receive_burst = sink_receive,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    qemu_init_main_loop(&error_abort);
    bql_lock();
    return 0;
}

static void turn(void)
{
    while (aio_poll(qemu_get_aio_context(), false)) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    g_autofree char *text = NULL;
    struct json_object *args;
    NetClientState *nc;
    Sink *sink;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        g_error("socketpair: %s", g_strerror(errno));
    }
    text = g_strdup_printf("{'type':'socket','id':'s0','fd':'%d'}", fds[0]);
    json_parse(text, &args, &error_abort);
    netdev_add_json(args, &error_abort);
    json_object_put(args);
    nc = qemu_find_netdev("s0");
    sink = container_of(qemu_new_net_client(&sink_info, nc, "sink", NULL),
                        Sink, nc);
    while (in.left) {
        uint8_t what = fuzz_u8(&in);
        size_t bytes;
        const uint8_t *piece = fuzz_bytes(&in, what >> 1, &bytes);

        if (bytes && send(fds[1], piece, bytes,
                          MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            break;              /* it hung up on us */
        }
        if (what & 1) {
            sink->room = 3;
            qemu_flush_queued_packets(&sink->nc);
            turn();
        }
    }
    sink->room = UINT_MAX;
    qemu_flush_queued_packets(&sink->nc);
    turn();
    close(fds[1]);
    turn();
    qemu_del_net_client(&sink->nc);
    net_cleanup();
    return 0;
}

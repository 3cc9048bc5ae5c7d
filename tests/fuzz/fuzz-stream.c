/*
 * Fuzz target: frames on a byte stream, as a peer of -netdev socket may cut and
 * forge them. The input is pieces, each behind a byte with its length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "fuzz-sink.h"
#include <sys/socket.h>
#include "net/net-internal.h"
#include "qapi/json.h"
#include "qemu/main-loop.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    qemu_init_main_loop(&error_abort);
    bql_lock();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    g_autofree char *text = NULL;
    struct json_object *args;
    FuzzSink *sink;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        g_error("socketpair: %s", g_strerror(errno));
    }
    text = g_strdup_printf("{'type':'socket','id':'s0','fd':'%d'}", fds[0]);
    json_parse(text, &args, &error_abort);
    netdev_add_json(args, &error_abort);
    json_object_put(args);
    sink = fuzz_sink_new(NULL, qemu_find_netdev("s0"), 0);
    while (in.left) {
        uint8_t what = fuzz_u8(&in);
        size_t bytes;
        const uint8_t *piece = fuzz_bytes(&in, what >> 1, &bytes);

        if (bytes && send(fds[1], piece, bytes,
                          MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            break;              /* it hung up on us */
        }
        if (what & 1) {
            fuzz_sink_take(sink, 3);
            fuzz_turn();
        }
    }
    fuzz_sink_take(sink, UINT_MAX);
    fuzz_turn();
    close(fds[1]);
    fuzz_turn();
    qemu_del_net_client(&sink->nc);
    net_cleanup();
    return 0;
}

/*
 * Fuzz target: what comes to a filter-redirector through its character device, and
 * what the filters behind it make of that. The input is a byte that chooses them,
 * then pieces of the stream, each behind a byte with its length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "fuzz.h"
#include "fuzz-sink.h"
#include <sys/socket.h>
#include "net/filter-stream.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

#define HDR_BYTES   12

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bql_lock();
    virtual_clock_set_manual();
    virtual_clock_start();
    return 0;
}

static void add(const char *fmt, ...) G_PRINTF(1, 2);

static void add(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    user_creatable_add_from_str(text, &error_abort);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    uint8_t what = fuzz_u8(&in);
    int hdr_bytes = what & 1 ? HDR_BYTES : 0;
    g_autofree char *backend = NULL;
    struct json_object *json;
    FuzzSink *ends[2];
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
        g_error("socketpair: %s", g_strerror(errno));
    }
    ends[0] = fuzz_sink_new("a", NULL, hdr_bytes);
    ends[1] = fuzz_sink_new("b", &ends[0]->nc, hdr_bytes);
    backend = g_strdup_printf("{'type':'socket','data':{'addr':{'type':'fd',"
                              "'data':{'str':'%d'}},'server':false}}", fds[0]);
    json_parse(backend, &json, &error_abort);
    json_object_put(qemu_chr_qmp_add("c", json, &error_abort));
    json_object_put(json);
    add("filter-redirector,id=r,netdev=a,indev=c,vnet_hdr_support=%s",
        what & 2 ? "on" : "off");
    add("filter-dump,id=d,netdev=a,file=/dev/null,maxlen=%u",
        what & 4 ? 20 : 65536);
    if (what & 8) {
        add("filter-rate-limit,id=l,netdev=a,tx-packets-per-second=1000,"
            "rx-bytes-per-second=100000,rx-bytes-burst=1");
    }
    if (what & 16) {
        add("filter-buffer,id=b,netdev=a,interval=1000");
    }
    while (in.left) {
        uint8_t next = fuzz_u8(&in);
        size_t bytes;
        const uint8_t *piece = fuzz_bytes(&in, next >> 1, &bytes);

        if (bytes && send(fds[1], piece, bytes,
                          MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            break;
        }
        if (next & 1) {
            for (unsigned i = 0; i < 2; i++) {
                fuzz_sink_take(ends[i], 3);
            }
            qemu_clock_advance_virtual_time(
                qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + 1500000);
        }
        fuzz_turn();
    }
    close(fds[1]);
    fuzz_turn();
    qemu_del_net_client(&ends[0]->nc);
    qemu_del_net_client(&ends[1]->nc);
    qemu_chr_qmp_remove("c", &error_abort);
    fuzz_turn();
    return 0;
}

/*
 * Series of announcements: when, and for which NICs. What a NIC does to announce
 * itself is its own (NetClientInfo.announce); here is what all can do, a RARP frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/aio.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "net-internal.h"
#include "net/announce.h"
#include "net/eth.h"
#include "trace.h"

typedef struct Series {
    NetAnnounceTimes times;
    int64_t done;               /* rounds so far */
    char **interfaces;          /* NULL: all */
    QEMUTimer *timer;
} Series;

/* By id; the series without one is "". NULL while there are none. */
static GHashTable *all_series;

NetAnnounceTimes net_announce_default_times = {
    .initial_ms = 50, .max_ms = 550, .rounds = 5, .step_ms = 100,
};

/* --- one announcement --- */

void net_announce_rarp(NetClientState *nc, const uint8_t mac[6])
{
    /* Ethernet header, RFC 903 request for one's own address, padding. */
    struct {
        uint8_t to[ETH_ALEN], from[ETH_ALEN];
        uint16_t ethertype, hardware, protocol;
        uint8_t hardware_bytes, protocol_bytes;
        uint16_t operation;
        uint8_t sender[ETH_ALEN], sender_ip[4];
        uint8_t target[ETH_ALEN], target_ip[4];
        uint8_t padding[18];
    } QEMU_PACKED frame = {
        .to = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
        .ethertype = cpu_to_be16(0x8035),
        .hardware = cpu_to_be16(1), .hardware_bytes = ETH_ALEN,
        .protocol = cpu_to_be16(0x0800), .protocol_bytes = 4,
        .operation = cpu_to_be16(3),
    };
    uint8_t no_header[64] = { 0 };
    struct iovec iov[2] = {
        { no_header, qemu_get_vnet_hdr_len(nc->peer) },
        { &frame, sizeof(frame) },
    };
    bool header = iov[0].iov_len > 0;

    QEMU_BUILD_BUG_ON(sizeof(frame) != ETH_ZLEN);
    assert(iov[0].iov_len <= sizeof(no_header));
    memcpy(frame.from, mac, ETH_ALEN);
    memcpy(frame.sender, mac, ETH_ALEN);
    memcpy(frame.target, mac, ETH_ALEN);
    qemu_sendv_packet(nc, header ? iov : iov + 1, header ? 2 : 1);
}

/* In place of the loop that owns the NIC's first queue. */
static void announce_nic(NetClientState *nc)
{
    aio_context_hold(nc->ctx);
    if (nc->info->announce) {
        nc->info->announce(nc);
    } else {
        net_announce_rarp(nc, qemu_get_nic(nc)->conf->macaddr.a);
    }
    aio_context_let_go(nc->ctx);
}

static NetClientState *find_nic(const char *name)
{
    NetClientState *nc;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        if (nc->info->type == NET_CLIENT_DRIVER_NIC && nc->queue_index == 0 &&
            g_str_equal(nc->name, name)) {
            return nc;
        }
    }
    return NULL;
}

static void announce_all(const Series *series)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    NetClientState *nc;

    QTAILQ_FOREACH(nc, &net_clients, next) {
        if (nc->info->type == NET_CLIENT_DRIVER_NIC && nc->queue_index == 0 &&
            (!series->interfaces ||
             g_strv_contains((const char *const *)series->interfaces,
                             nc->name))) {
            g_ptr_array_add(names, g_strdup(nc->name));
        }
    }
    for (unsigned i = 0; i < names->len; i++) {
        nc = find_nic(g_ptr_array_index(names, i));
        if (nc) {
            trace_qemu_announce_self_iter(nc->name, series->done);
            announce_nic(nc);
        }
    }
}

/* --- series --- */

static void series_free(void *opaque)
{
    Series *series = opaque;

    timer_free(series->timer);
    g_strfreev(series->interfaces);
    g_free(series);
}

static int64_t pause_ms(const NetAnnounceTimes *times, int64_t number)
{
    return MIN(times->initial_ms + number * times->step_ms, times->max_ms);
}

static gboolean is_this(void *id, void *series, void *wanted)
{
    return series == wanted;
}

static void series_round(void *opaque)
{
    Series *series = opaque;

    announce_all(series);
    series->done++;
    if (series->done < series->times.rounds) {
        timer_mod(series->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                  pause_ms(&series->times, series->done - 1));
    } else {
        g_hash_table_foreach_remove(all_series, is_this, series);
    }
}

static bool in_range(const char *name, int64_t value, int64_t most,
                     Error **errp)
{
    if (value < 0 || value > most) {
        error_setg(errp, "Invalid %s (= %" PRId64 "), must be between 0 and %"
                   PRId64, name, value, most);
        return false;
    }
    return true;
}

bool net_announce_check(const NetAnnounceTimes *times, Error **errp)
{
    return in_range("initial", times->initial_ms, NET_ANNOUNCE_MS_MAX, errp) &&
           in_range("max", times->max_ms, NET_ANNOUNCE_MS_MAX, errp) &&
           in_range("rounds", times->rounds, NET_ANNOUNCE_ROUNDS_MAX, errp) &&
           in_range("step", times->step_ms, NET_ANNOUNCE_STEP_MAX, errp);
}

bool net_announce_start(const NetAnnounceTimes *times,
                        const char *const *interfaces, const char *id,
                        Error **errp)
{
    Series *series;

    if (!net_announce_check(times, errp)) {
        return false;
    }
    for (unsigned i = 0; interfaces && interfaces[i]; i++) {
        if (!find_nic(interfaces[i])) {
            error_setg(errp, "Invalid interface '%s', must be the name of a"
                       " NIC, as 'info network' shows it", interfaces[i]);
            return false;
        }
    }
    if (!all_series) {
        all_series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                           series_free);
    }
    if (times->rounds == 0) {
        g_hash_table_remove(all_series, id ? id : "");
        return true;
    }
    series = g_new0(Series, 1);
    series->times = *times;
    series->interfaces = g_strdupv((char **)interfaces);
    series->timer = timer_new_ms(QEMU_CLOCK_REALTIME, series_round, series);
    g_hash_table_replace(all_series, g_strdup(id ? id : ""), series);
    series_round(series);
    return true;
}

void net_announce_start_default(void)
{
    net_announce_start(&net_announce_default_times, NULL, NULL, &error_abort);
}

void net_announce_cleanup(void)
{
    g_clear_pointer(&all_series, g_hash_table_destroy);
}

/*
 * A virtio-net device with several queue pairs over a tap interface.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VIRTIO_NET_TAP_H
#define VIRTIO_NET_TAP_H

#include "virtio-net-fixture.h"
#include <net/if.h>

#define NET_TAP_PAIRS       2
#define NET_TAP_BUFFERS     64

typedef struct TapFixture {
    NetFixture net;
    char ifname[IFNAMSIZ];
    /* Buffers of each receive queue, in order, and how many came back. */
    uint64_t posted[NET_TAP_PAIRS][NET_TAP_BUFFERS];
    unsigned taken[NET_TAP_PAIRS];
} TapFixture;

extern const QOSTestOpts net_tap_opts;
char *net_tap_before(void **data);
/* One queue, and a backend that carries virtio headers. */
char *net_tap_offload_before(void **data);
/* The interface is up and net.host_fd is on it; or the case is skipped. */
void net_tap_open_host(TapFixture *t);

/* As net_fixture_start(), with CTRL_VQ and MQ, and buffers in all receive queues. */
void net_tap_start(TapFixture *t, QVirtioDevice *d, const char *layout,
                   uint64_t features);
QVirtQueue *net_tap_rx(TapFixture *t, unsigned pair);
QVirtQueue *net_tap_tx(TapFixture *t, unsigned pair);
uint8_t net_tap_set_pairs(TapFixture *t, uint16_t pairs);
/* An IPv4 frame with 10.9.8.1, UDP port 12345, at the guest's end; @flow: ours. */
void net_tap_make_udp(uint8_t frame[64], bool from_guest, uint16_t flow);
/* Send it; on which pair does the guest get it? Its buffer goes to *@addr. */
unsigned net_tap_lands_on(TapFixture *t, const uint8_t *frame, size_t size,
                          uint64_t *addr);

#endif

/*
 * A virtio-net device whose backend's other end the test holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VIRTIO_NET_FIXTURE_H
#define VIRTIO_NET_FIXTURE_H

#include "libqos/virtio.h"

typedef struct NetFixture {
    int host_fd, guest_fd;
    bool stream;                /* the socket is a stream */
    QVirtioDevice *d;
    QVirtQueue *rx, *tx, *ctrl;
    unsigned pairs;             /* of the device; 0 means 1 */
    QVirtQueue *more[2 * 3];    /* receive and transmit queues of other pairs */
    uint8_t own_mac[6];
    unsigned hdr_bytes;         /* 20, 12, or 10 on the legacy interface */
} NetFixture;

/* For QOSTestOpts. */
char *net_fixture_before(void **data);
void net_fixture_after(void *data);

/* Agree on the features, make the queues with MSI-X, start; and reset. */
void net_fixture_start(NetFixture *f, QVirtioDevice *d, const char *layout,
                       uint64_t features);
void net_fixture_stop(NetFixture *f);

/* The device comes back from a reset, with no features, and sends a frame. */
void net_fixture_works_again(NetFixture *f, const char *layout);
/* -1 when nothing came in time. */
ssize_t net_host_receive(NetFixture *f, void *frame, size_t size, int wait_ms);
void net_host_send(NetFixture *f, const void *frame, size_t size);
void net_make_frame(uint8_t *frame, size_t size, unsigned number);
/* Add a frame to the transmit queue, a buffer to the receive queue; no kick. */
uint64_t net_guest_send(NetFixture *f, const void *frame, size_t size);
uint64_t net_guest_post(NetFixture *f, size_t size);
/* One command; what the device wrote into the status byte. */
uint8_t net_ctrl(NetFixture *f, uint8_t class, uint8_t cmd, const void *body,
                 size_t size);
/*
 * The same with room for a result behind the status byte; *@got (may be NULL):
 * how much of it the device wrote.
 */
uint8_t net_ctrl_result(NetFixture *f, uint8_t class, uint8_t cmd,
                        const void *body, size_t size, void *result,
                        size_t room, uint32_t *got);

#endif

/*
 * One emulator with a virtio NIC whose rings and buffers lie in a file of guest
 * memory that the test maps: frames go in and out without a qtest command for each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_MAPPED_NET_H
#define TESTS_MAPPED_NET_H

#include "libqos/nodes.h"

#define MAPPED_RAM_BYTES    (64 << 20)
#define MAPPED_QUEUE_SIZE   256
#define MAPPED_FRAME_BYTES  1600

/* A ring in mapped memory, as the driver uses it. */
typedef struct MappedRing {
    uint64_t desc, avail, used, buffers;    /* guest addresses */
    uint16_t used_seen;
    QVirtQueue *vq;
} MappedRing;

typedef struct MappedNet {
    QTestState *qts;
    char *path;
    uint8_t *ram;
    QPCIMachineBus bus;
    QPCIDevice *pci;
    QVirtioDevice dev;
    MappedRing rx, tx;
} MappedNet;

/*
 * For tests with devices of their own: start with @devices, one of which is a virtio
 * NIC without legacy interface, with @port in the slot "port0" of a Q35, from which it
 * can be taken; it is found and enabled. Then the test negotiates,
 * makes the rings of a pair, says DRIVER_OK and posts all receive buffers.
 */
void mapped_net_boot(MappedNet *side, const char *name, bool port,
                     const char *devices);
void mapped_net_find(MappedNet *side);
void mapped_net_rings(MappedNet *side, unsigned pair);
void mapped_net_begin(MappedNet *side);
/* The device's used index. */
uint16_t mapped_net_used(MappedNet *side, MappedRing *ring);

/* Start with -netdev @netdev, whose id is n0; all receive buffers are posted. */
void mapped_net_start(MappedNet *side, const char *name, const char *netdev);
void mapped_net_stop(MappedNet *side);

/* Frame @number of a sequence that both ends know; returns its size. */
uint32_t mapped_net_frame(uint8_t *frame, unsigned number);
/* Send frames @next to @total - 1, as many as fit; returns the next to send. */
unsigned mapped_net_send(MappedNet *side, unsigned next, unsigned total);
/*
 * Send one frame of the caller's, for which there must be room; @hdr is its header of
 * 12 bytes, NULL for one that asks for nothing.
 */
void mapped_net_send_bytes(MappedNet *side, const void *hdr, const void *frame,
                           size_t size);
/* Transmit buffers that the device has not given back. */
unsigned mapped_net_tx_pending(MappedNet *side);
/*
 * The next frame received, copied to @frame (MAPPED_FRAME_BYTES); its size, or 0.
 * Its buffer is posted again; mapped_net_rx_kick() tells the device of all.
 */
uint32_t mapped_net_receive(MappedNet *side, uint8_t *frame);
void mapped_net_rx_kick(MappedNet *side);

#endif

/*
 * A PCI bus with RAM and virtio-net devices for fuzz targets: what a guest can
 * reach, and nothing of the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_FUZZ_SCENE_H
#define TESTS_FUZZ_SCENE_H

#include "fuzz.h"
#include "hw/pci/pci_device.h"
#include "net/net.h"

#define SCENE_RAM_BYTES 0x40000u
#define SCENE_PAIRS_MAX 2

typedef struct Scene {
    PCIBus *bus;                /* a root bus with extended config space */
    uint8_t *ram;               /* at guest address 0 */
    /* Queues of the NIC's peer, while one is there. */
    NetClientState *peers[SCENE_PAIRS_MAX];
} Scene;

/* Once. The virtual clock moves by scene_step() only. */
Scene *scene_get(void);
/*
 * The peer of the next NIC, with that many queues; @vnet: it knows the vnet header
 * and all offloads.
 */
void scene_peer_new(unsigned pairs, bool vnet);
/* A device in @slot of @bus, or of the root bus; "name=value,…" or NULL. */
PCIDevice *scene_device_new(PCIBus *bus, const char *type, unsigned slot,
                            const char *properties);
/* A NIC likewise; the peer's if there is one without a NIC. */
PCIDevice *scene_nic_new(PCIBus *bus, const char *type, unsigned slot,
                         const char *properties);
/* The device goes, and the peer. */
void scene_device_end(PCIDevice *dev);
/* Zero RAM, at the end of an input. */
void scene_wipe(void);

void scene_config_write(PCIDevice *dev, uint32_t reg, uint32_t value,
                        unsigned bytes);
uint32_t scene_config_read(PCIDevice *dev, uint32_t reg, unsigned bytes);
/* @io: ports, else memory; 1, 2, 4 or 8 bytes. */
void scene_write(bool io, uint64_t addr, uint64_t value, unsigned bytes);
uint64_t scene_read(bool io, uint64_t addr, unsigned bytes);
/* A packet from a queue of the peer, behind the vnet header that it may want. */
void scene_receive(unsigned queue, const uint8_t *packet, size_t bytes);
/*
 * Likewise, some copies of it, read straight into the NIC's memory where the NIC
 * can have that.
 */
void scene_receive_direct(unsigned queue, const uint8_t *packet, size_t bytes,
                          unsigned copies);
/* How long that header is now, or 0. */
unsigned scene_vnet_bytes(void);
/* Let the event loop work, after moving the virtual clock by @ns. */
void scene_step(uint64_t ns);

#endif

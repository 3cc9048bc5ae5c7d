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

typedef struct Scene {
    PCIBus *bus;
    uint8_t *ram;               /* at guest address 0 */
    NetClientState *peer;       /* of the NIC, while one is there */
} Scene;

/* Once. The virtual clock moves by scene_step() only. */
Scene *scene_get(void);
/* A NIC of this type in @slot, with the peer if @connected. */
PCIDevice *scene_nic_new(const char *type, unsigned slot, bool connected);
void scene_nic_end(PCIDevice *dev);
/* Zero RAM, at the end of an input. */
void scene_wipe(void);

void scene_config_write(PCIDevice *dev, uint32_t reg, uint32_t value,
                        unsigned bytes);
uint32_t scene_config_read(PCIDevice *dev, uint32_t reg, unsigned bytes);
/* @io: ports, else memory; 1, 2, 4 or 8 bytes. */
void scene_write(bool io, uint64_t addr, uint64_t value, unsigned bytes);
uint64_t scene_read(bool io, uint64_t addr, unsigned bytes);
/* A frame from the peer. */
void scene_receive(const uint8_t *frame, size_t bytes);
/* Let the event loop work, after moving the virtual clock by @ns. */
void scene_step(uint64_t ns);

#endif

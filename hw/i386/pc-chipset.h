/*
 * What the chipsets of PCs are put together with: pc_piix.c and pc_q35.c alone.
 *
 * Main thread, big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_I386_PC_CHIPSET_H
#define HW_I386_PC_CHIPSET_H

#include "hw/i386/pc.h"

/* ---- what firmware would do ---- */

/* Writes @len bytes of configuration space of the root bus. */
void pc_write_config(PCMachineState *pcms, int devfn, unsigned reg,
                     uint32_t value, unsigned len);
void pc_write_port(uint16_t port, uint8_t value);
/* PAM registers from @reg of 00.0 on: RAM to read and write for the ROM area. */
void pc_open_shadow_ram(PCMachineState *pcms, unsigned reg);
/*
 * ISA lines 10 and 11, where PCI's end, become level-triggered, and both i8259s
 * are masked.
 */
void pc_set_up_pics(void);
/* The function on the root bus that *@pin of @dev comes out at, and its pin there. */
PCIDevice *pc_root_function(PCIDevice *dev, int *pin);

/* ---- the board ---- */

/* Makes the host bridge of @type as child @name; its bus @bus is the machine's. */
Object *pc_make_host_bridge(PCMachineState *pcms, const char *type,
                            const char *name, const char *bus,
                            MemoryRegion *pci_memory);

/* ---- machine types ---- */

typedef struct PCVersion {
    const char *name;           /* of the machine, without suffix */
    GlobalProperty *compat;     /* against the next newer version */
    size_t compat_count;
} PCVersion;

/* Registers @count machine types, the newest first; each is its class_data. */
void pc_register_versions(const PCVersion *versions, size_t count,
                          void (*class_init)(ObjectClass *oc, const void *data));
/* For that class_init: the newest has the alias, older ones what they lack. */
void pc_version_init(MachineClass *mc, const PCVersion *versions,
                     const PCVersion *version, const char *alias);

/* What virtio devices did differently in 7.1. */
extern GlobalProperty pc_compat_7_1[1];

#endif

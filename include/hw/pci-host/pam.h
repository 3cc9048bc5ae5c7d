/*
 * Programmable attribute map: what Intel host bridges show between 640 KiB and
 * 1 MiB, RAM or the PCI bus, by segments; and the VGA window that hides SMRAM.
 *
 * Big lock held.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_PCI_HOST_PAM_H
#define HW_PCI_HOST_PAM_H

#include "system/memory.h"

/* The SMRAM register. */
#define SMRAM_D_OPEN        0x40
#define SMRAM_D_CLS         0x20
#define SMRAM_D_LCK         0x10
#define SMRAM_ENABLE        0x08
#define SMRAM_BASE_SEG      0x02            /* fixed: 0xa0000 */

#define PAM_REGISTERS   7
/* A register's high half is 0xf0000..0xfffff, each later half 16 KiB from 0xc0000. */
#define PAM_SEGMENTS    13

typedef struct PamSegment {
    MemoryRegion pci;           /* on top of RAM: the bus is seen */
    MemoryRegion rom;           /* on top of RAM: RAM that cannot be written */
} PamSegment;

typedef struct PamState {
    MemoryRegion *system;
    PamSegment segment[PAM_SEGMENTS];
    MemoryRegion smram_region;  /* on top of RAM: the bus's VGA window */
} PamState;

/* Puts the windows into @system; the bus is seen in all of them. */
void pam_init(PamState *s, Object *owner, MemoryRegion *system,
              MemoryRegion *ram, MemoryRegion *pci);
void pam_exit(PamState *s);
/* Shows what the registers PAM0..PAM6 at @registers say. */
void pam_update(PamState *s, const uint8_t *registers);
/* Whether software sees SMRAM (RAM) or the bus at 0xa0000. */
void pam_show_smram(PamState *s, bool open);

#endif

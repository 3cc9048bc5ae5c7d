/*
 * Programmable attribute map (Intel 290549-001, section 3.2.18; the same in later
 * host bridges).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci-host/pam.h"

#define PAM_READ        1               /* reads come from RAM */
#define PAM_WRITE       2               /* writes go to RAM */
#define SMRAM_BASE      0xa0000
#define SMRAM_BYTES     0x20000
/* Above RAM in the system's space; nothing else is there. */
#define PRIORITY        1

static void init_segment(PamState *s, Object *owner, unsigned i,
                         MemoryRegion *ram, MemoryRegion *pci)
{
    PamSegment *segment = &s->segment[i];
    hwaddr base = i ? 0xc0000 + (i - 1) * 0x4000 : 0xf0000;
    hwaddr size = i ? 0x4000 : 0x10000;

    memory_region_init_alias(&segment->pci, owner, "pam-pci", pci, base, size);
    memory_region_add_subregion_overlap(s->system, base, &segment->pci,
                                        PRIORITY);
    memory_region_init_alias(&segment->rom, owner, "pam-rom", ram, base, size);
    memory_region_set_readonly(&segment->rom, true);
    memory_region_set_enabled(&segment->rom, false);
    memory_region_add_subregion_overlap(s->system, base, &segment->rom,
                                        PRIORITY);
}

void pam_init(PamState *s, Object *owner, MemoryRegion *system,
              MemoryRegion *ram, MemoryRegion *pci)
{
    s->system = system;
    memory_region_transaction_begin();
    for (unsigned i = 0; i < PAM_SEGMENTS; i++) {
        init_segment(s, owner, i, ram, pci);
    }
    memory_region_init_alias(&s->smram_region, owner, "smram-region", pci,
                             SMRAM_BASE, SMRAM_BYTES);
    memory_region_add_subregion_overlap(system, SMRAM_BASE, &s->smram_region,
                                        PRIORITY);
    memory_region_transaction_commit();
}

void pam_exit(PamState *s)
{
    memory_region_transaction_begin();
    for (unsigned i = 0; i < PAM_SEGMENTS; i++) {
        memory_region_del_subregion(s->system, &s->segment[i].pci);
        memory_region_del_subregion(s->system, &s->segment[i].rom);
    }
    memory_region_del_subregion(s->system, &s->smram_region);
    memory_region_transaction_commit();
}

/* PAM0's low half is reserved. */
static unsigned segment_mode(const uint8_t *registers, unsigned segment)
{
    unsigned half = segment + 1;

    return (registers[half / 2] >> (half % 2 * 4)) & (PAM_READ | PAM_WRITE);
}

/*
 * Write-only RAM (mode 2) would need reads and writes to part ways; software
 * uses it to copy a ROM onto itself, which reading RAM serves as well once the
 * copy is there; the bus is shown, as after reset.
 */
void pam_update(PamState *s, const uint8_t *registers)
{
    memory_region_transaction_begin();
    for (unsigned i = 0; i < PAM_SEGMENTS; i++) {
        unsigned mode = segment_mode(registers, i);

        memory_region_set_enabled(&s->segment[i].pci, !(mode & PAM_READ));
        memory_region_set_enabled(&s->segment[i].rom, mode == PAM_READ);
    }
    memory_region_transaction_commit();
}

void pam_show_smram(PamState *s, bool open)
{
    memory_region_set_enabled(&s->smram_region, !open);
}

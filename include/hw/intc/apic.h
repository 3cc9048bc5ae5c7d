/*
 * The local APICs: one device per CPU, and the region at 0xfee00000 by which
 * CPUs reach their own and devices send messages to all.
 * Intel SDM volume 3, chapter 11 ("Advanced Programmable Interrupt Controller").
 *
 * Threads: messages and interrupts may come from any thread without a lock.
 * Registers belong to the CPU's own thread. The rest needs the big lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INTC_APIC_H
#define HW_INTC_APIC_H

#include "hw/core/qdev.h"
#include "qom/object.h"
#include "system/memory.h"
#include "target/i386/apic-ops.h"

#define APIC_DEFAULT_ADDRESS 0xfee00000
#define APIC_SPACE_SIZE 0x100000
#define APIC_MAX_CPUS 255

/* Delivery modes of an interrupt message, of the ICR and of an LVT entry. */
typedef enum ApicDeliveryMode {
    APIC_DM_FIXED = 0, APIC_DM_LOWPRI = 1, APIC_DM_SMI = 2, APIC_DM_NMI = 4,
    APIC_DM_INIT = 5, APIC_DM_SIPI = 6, APIC_DM_EXTINT = 7,
} ApicDeliveryMode;

/* An interrupt on its way to one or more CPUs. */
typedef struct ApicMessage {
    uint8_t dest;
    uint8_t vector;
    ApicDeliveryMode mode;
    bool logical;               /* dest is a set, not an APIC id */
    bool level;
} ApicMessage;

#define TYPE_APIC "apic"
OBJECT_DECLARE_SIMPLE_TYPE(APICState, APIC)

typedef struct X86CPU X86CPU;

/*
 * Make the local APIC of cpu, child "lapic" of it, and connect both. Called
 * before the CPU is realized. False with *errp if the id is taken.
 */
bool apic_create(X86CPU *cpu, uint32_t apic_id, bool is_bsp, Error **errp);
/* Put the register and message region into the system's memory; once. */
void apic_map(MemoryRegion *system_memory, Object *owner);

/* Send an interrupt. Any thread. */
void apic_deliver(const ApicMessage *message);
/* What a device's store to 0xfeexxxxx means. Any thread. */
void apic_deliver_msi(uint64_t address, uint32_t data);

/* The output of the i8259 pair, as seen by LINT0 of all CPUs. */
void apic_set_pic_level(bool level);
/* Who answers an acknowledge cycle for ExtINT: the vector, or -1. */
void apic_set_extint_source(int (*acknowledge)(void));
/* Who is told that the handler of a level-triggered vector is done. */
void apic_set_eoi_listener(void (*eoi)(uint8_t vector));

/* The state after power-on of all APICs. */
void apic_reset_all(void);
/* One of its own pins: 0 = LINT0, 1 = LINT1 (the NMI button). */
void apic_local_deliver(APICState *s, unsigned pin);
APICState *apic_of_cpu(X86CPU *cpu);
/* Its registers as text. Big lock; a CPU that runs may change them meanwhile. */
void apic_print(APICState *s, GString *out);

#endif

/*
 * How the processor reaches its interrupt controller. hw/intc/apic.c (or the
 * machine, when there is no local APIC) fills one constant table and stores
 * it in X86CPU.apic_ops with its own device in X86CPU.apic_state.
 *
 * In the other direction the controller calls cpu_interrupt(cs, mask) and
 * cpu_reset_interrupt() of hw/core/cpu.h with CPU_INTERRUPT_HARD (a level:
 * set while get_vector() would return something), _NMI, _SMI, and
 * x86_cpu_send_init(), x86_cpu_send_sipi() of cpu.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_APIC_OPS_H
#define TARGET_I386_APIC_OPS_H

#include <stdbool.h>
#include <stdint.h>
#include "qemu/typedefs.h"

/* Every member is called on the CPU's thread with the big lock held. */
typedef struct X86ApicOps {
    /*
     * Acknowledges the interrupt of highest priority (ExtINT from the i8259
     * included) and returns its vector, or -1 when there is none any more.
     * Lowers CPU_INTERRUPT_HARD when nothing else is pending.
     */
    int (*get_vector)(DeviceState *apic);
    /* CR8: task priority, 0..15. */
    uint8_t (*get_tpr)(DeviceState *apic);
    void (*set_tpr)(DeviceState *apic, uint8_t cr8);
    /* MSR IA32_APIC_BASE; set_base returns false for an illegal value (#GP). */
    uint64_t (*get_base)(DeviceState *apic);
    bool (*set_base)(DeviceState *apic, uint64_t value);
    /* MSR IA32_TSC_DEADLINE, in TSC ticks; may be NULL. */
    uint64_t (*get_tsc_deadline)(DeviceState *apic);
    void (*set_tsc_deadline)(DeviceState *apic, uint64_t value);
    /* An INIT reached the CPU: back to the state after INIT; may be NULL. */
    void (*init_reset)(DeviceState *apic);
    /* True for the bootstrap processor. */
    bool (*is_bsp)(DeviceState *apic);
} X86ApicOps;

#endif

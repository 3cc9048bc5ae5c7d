/*
 * What the files of the local APIC share: apic.c (registers and the CPU's side),
 * apic-deliver.c (messages between them), apic-timer.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INTC_APIC_INTERNAL_H
#define HW_INTC_APIC_INTERNAL_H

#include "hw/intc/apic.h"
#include "qemu/atomic.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "target/i386/cpu.h"

enum {
    LVT_TIMER, LVT_THERMAL, LVT_PERFORM, LVT_LINT0, LVT_LINT1, LVT_ERROR,
    LVT_COUNT,
};

enum {
    LVT_MASKED = 1 << 16, LVT_LEVEL = 1 << 15, LVT_REMOTE_IRR = 1 << 14,
    LVT_PERIODIC = 1 << 17,
};

enum { SVR_ENABLED = 1 << 8 };
enum { ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVE_ILLEGAL = 1 << 6,
       ESR_ILLEGAL_REGISTER = 1 << 7 };

#define APIC_BASE_ENABLED (1u << 11)
#define APIC_BASE_BSP (1u << 8)

/* 256 bits, one per vector. */
typedef struct ApicVectors {
    uint64_t word[4];
} ApicVectors;

/* The timer; its lock orders the CPU's thread and the main loop's. */
typedef struct ApicTimer {
    QemuMutex lock;
    QEMUTimer timer;
    uint32_t initial_count;
    uint32_t divide;            /* the divide configuration register */
    int64_t loaded_ns;          /* when counting began */
    int64_t next_ns;            /* when the timer fires, -1: never */
} ApicTimer;

struct APICState {
    DeviceState parent_obj;
    X86CPU *cpu;
    uint32_t id;                /* as the guest reads it, 0..254 */
    uint32_t initial_id;
    bool is_bsp;
    uint64_t base;              /* MSR */
    uint8_t tpr, logical_id, dest_format;
    uint32_t spurious;
    uint32_t esr, esr_pending;
    uint32_t icr[2];
    uint32_t lvt[LVT_COUNT];
    ApicVectors irr, tmr;       /* written by any thread, atomically */
    ApicVectors isr;            /* own thread */
    ApicTimer timer;
};

/* All realized APICs by position; NULL where there is none. Big lock to change. */
extern APICState *local_apics[APIC_MAX_CPUS];
extern unsigned local_apic_count;

static inline bool vectors_test(const ApicVectors *v, unsigned n)
{
    return qatomic_read(&v->word[n >> 6]) >> (n & 63) & 1;
}

static inline void vectors_set(ApicVectors *v, unsigned n)
{
    qatomic_or(&v->word[n >> 6], 1ull << (n & 63));
}

static inline void vectors_clear(ApicVectors *v, unsigned n)
{
    qatomic_and(&v->word[n >> 6], ~(1ull << (n & 63)));
}

/* The highest vector in the set, or -1. */
static inline int vectors_highest(const ApicVectors *v)
{
    for (int i = 3; i >= 0; i--) {
        uint64_t word = qatomic_read(&v->word[i]);

        if (word) {
            return i * 64 + 63 - __builtin_clzll(word);
        }
    }
    return -1;
}

static inline bool apic_is_enabled(const APICState *s)
{
    return (s->base & APIC_BASE_ENABLED) && (s->spurious & SVR_ENABLED);
}

/* Make a vector pending at s and wake its CPU. Any thread. */
void apic_set_irq(APICState *s, unsigned vector, bool level);
/* An LVT entry's event happened. Any thread. */
void apic_lvt_deliver(APICState *s, unsigned entry);
/* Record an error and raise the error interrupt. Own thread. */
void apic_raise_error(APICState *s, uint32_t error);
/* The priority that a vector must exceed. */
unsigned apic_processor_priority(const APICState *s);
/* The write of the low half of the ICR. Own thread. */
void apic_send_icr(APICState *s);

/* apic-timer.c: all on the CPU's thread or under the big lock. */
void apic_timer_init(APICState *s);
void apic_timer_reset(APICState *s);
void apic_timer_set_count(APICState *s, uint32_t count);
void apic_timer_set_divide(APICState *s, uint32_t value);
/* The LVT entry changed: mask or mode. */
void apic_timer_update(APICState *s);
uint32_t apic_timer_current(APICState *s);
/* By how many bits the clock is divided. */
unsigned apic_timer_shift(const APICState *s);

#endif

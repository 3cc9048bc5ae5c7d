/*
 * Interrupts on their way to local APICs: who is meant, and what arrives. From
 * devices (messages), from the I/O APIC, and between CPUs (the ICR). Runs on any
 * thread: arrivals are atomic bits and a wake-up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apic-internal.h"
#include "trace.h"

APICState *local_apics[APIC_MAX_CPUS];
unsigned local_apic_count;

#define BROADCAST 0xff

void apic_set_irq(APICState *s, unsigned vector, bool level)
{
    if (level) {
        vectors_set(&s->tmr, vector);
    } else {
        vectors_clear(&s->tmr, vector);
    }
    vectors_set(&s->irr, vector);
    /* Whether it is urgent enough is decided by the CPU, which asks. */
    cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_HARD);
}

static bool is_dest(const APICState *s, const ApicMessage *m)
{
    if (!m->logical) {
        return m->dest == s->id || m->dest == BROADCAST;
    }
    if (m->dest == BROADCAST) {
        return true;
    }
    if (s->dest_format == 0xf) {            /* flat: a bit each */
        return m->dest & s->logical_id;
    }
    return (m->dest >> 4) == (s->logical_id >> 4) &&
           (m->dest & s->logical_id & 0xf);
}

/* One arrival at one APIC. */
static void arrive(APICState *s, const ApicMessage *m)
{
    switch (m->mode) {
    case APIC_DM_FIXED:
    case APIC_DM_LOWPRI:
        if (m->vector >= 16 && apic_is_enabled(s)) {
            apic_set_irq(s, m->vector, m->level);
        }
        break;
    case APIC_DM_SMI:
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_SMI);
        break;
    case APIC_DM_NMI:
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_NMI);
        break;
    case APIC_DM_INIT:
        x86_cpu_send_init(s->cpu);
        break;
    case APIC_DM_SIPI:
        x86_cpu_send_sipi(s->cpu, m->vector);
        break;
    case APIC_DM_EXTINT:
        cpu_interrupt(CPU(s->cpu), CPU_INTERRUPT_HARD);
        break;
    }
}

/* Lowest priority: the candidate with the lowest task priority, first wins. */
static void deliver_to_one(const ApicMessage *m)
{
    APICState *best = NULL;

    for (unsigned i = 0; i < local_apic_count; i++) {
        APICState *s = local_apics[i];

        if (is_dest(s, m) && apic_is_enabled(s) &&
            (!best || s->tpr < best->tpr)) {
            best = s;
        }
    }
    if (best) {
        arrive(best, m);
    }
}

void apic_deliver(const ApicMessage *m)
{
    trace_apic_deliver_irq(m->dest, m->logical, m->mode, m->vector, m->level);
    if (m->mode == APIC_DM_LOWPRI) {
        deliver_to_one(m);
        return;
    }
    for (unsigned i = 0; i < local_apic_count; i++) {
        if (is_dest(local_apics[i], m)) {
            arrive(local_apics[i], m);
        }
    }
}

/* SDM 11.11: the fields of address and data of a message. */
void apic_deliver_msi(uint64_t address, uint32_t data)
{
    ApicMessage m = {
        .dest = address >> 12,
        .vector = data,
        .mode = data >> 8 & 7,
        .logical = address >> 2 & 1,
        .level = data >> 15 & 1,
    };

    apic_deliver(&m);
}

enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };
enum { ICR_LOGICAL = 1 << 11, ICR_ASSERT = 1 << 14, ICR_LEVEL = 1 << 15 };

void apic_send_icr(APICState *s)
{
    uint32_t low = s->icr[0];
    unsigned shorthand = low >> 18 & 3;
    ApicMessage m = {
        .dest = s->icr[1] >> 24,
        .vector = low,
        .mode = low >> 8 & 7,
        .logical = low & ICR_LOGICAL,
    };

    if (m.mode <= APIC_DM_LOWPRI && m.vector < 16) {
        apic_raise_error(s, ESR_SEND_ILLEGAL);
        return;
    }
    /* INIT level de-assert only synchronised the arbitration of old parts. */
    if (m.mode == APIC_DM_INIT && (low & ICR_LEVEL) && !(low & ICR_ASSERT)) {
        return;
    }
    switch (shorthand) {
    case SHORTHAND_NONE:
        apic_deliver(&m);
        break;
    case SHORTHAND_SELF:
        if (m.mode == APIC_DM_FIXED) {
            arrive(s, &m);
        }
        break;
    default:
        for (unsigned i = 0; i < local_apic_count; i++) {
            if (local_apics[i] != s || shorthand == SHORTHAND_ALL) {
                arrive(local_apics[i], &m);
            }
        }
        break;
    }
}

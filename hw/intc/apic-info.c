/*
 * A local APIC's registers as text (`info lapic`).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "apic-internal.h"

static const char *const delivery_names[] = {
    "Fixed", "LowPri", "SMI", "...", "NMI", "INIT", "SIPI", "ExtINT",
};

static void print_lvt(GString *out, const char *name, uint32_t lvt, bool timer)
{
    unsigned mode = lvt >> 8 & 7;

    g_string_append_printf(out, "%s\t 0x%08x %s %-5s %-6s %-7s %-12s %-6s",
                           name, lvt,
                           lvt & 1 << 13 ? "active-lo" : "active-hi",
                           lvt & LVT_LEVEL ? "level" : "edge",
                           lvt & LVT_MASKED ? "masked" : "",
                           lvt & 1 << 12 ? "pending" : "",
                           !timer ? "" : lvt & LVT_PERIODIC ? "periodic"
                                                            : "one-shot",
                           delivery_names[mode]);
    if (mode != APIC_DM_NMI) {
        g_string_append_printf(out, " (vec %u)", lvt & 0xff);
    }
    g_string_append_c(out, '\n');
}

static void print_lvts(GString *out, const APICState *s)
{
    print_lvt(out, "LVT0", s->lvt[LVT_LINT0], false);
    print_lvt(out, "LVT1", s->lvt[LVT_LINT1], false);
    print_lvt(out, "LVTPC", s->lvt[LVT_PERFORM], false);
    print_lvt(out, "LVTERR", s->lvt[LVT_ERROR], false);
    print_lvt(out, "LVTTHMR", s->lvt[LVT_THERMAL], false);
    print_lvt(out, "LVTT", s->lvt[LVT_TIMER], true);
}

static void print_timer(GString *out, APICState *s)
{
    unsigned shift = apic_timer_shift(s);

    g_string_append_printf(out, "Timer\t DCR=0x%x (divide by %u) "
                           "initial_count = %u current_count = %u\n",
                           s->timer.divide, 1u << shift,
                           s->timer.initial_count, apic_timer_current(s));
}

static void print_icr(GString *out, const APICState *s)
{
    static const char *const shorthands[] = {
        "no-shorthand", "self", "all-self", "all",
    };
    uint32_t low = s->icr[0], high = s->icr[1];

    g_string_append_printf(out, "ICR\t 0x%08x %s %s %s %s\n", low,
                           low & 1 << 11 ? "logical" : "physical",
                           low & 1 << 15 ? "level" : "edge",
                           low & 1 << 14 ? "assert" : "de-assert",
                           shorthands[low >> 18 & 3]);
    g_string_append_printf(out, "ICR2\t 0x%08x", high);
    if (!(low >> 18 & 3)) {
        g_string_append_printf(out, low & 1 << 11 ? " mask %08x" :
                               " cpu %u (APIC ID)", high >> 24);
    }
    g_string_append_c(out, '\n');
}

/* The vectors that are set, with "(level)" where @levels says so. */
static void print_vectors(GString *out, const char *name,
                          const ApicVectors *set, const ApicVectors *levels)
{
    bool any = false;

    g_string_append_printf(out, "%s\t ", name);
    for (unsigned i = 0; i < 256; i++) {
        if (vectors_test(set, i)) {
            g_string_append_printf(out, "%u%s ", i, vectors_test(levels, i)
                                   ? "(level)" : "");
            any = true;
        }
    }
    g_string_append(out, any ? "\n" : "(none)\n");
}

void apic_print(APICState *s, GString *out)
{
    g_string_append_printf(out, "dumping local APIC state for CPU %-2u\n\n",
                           s->initial_id);
    print_lvts(out, s);
    print_timer(out, s);
    g_string_append_printf(out, "SPIV\t 0x%08x APIC %s, focus=%s, spurious vec "
                           "%u\n", s->spurious,
                           s->spurious & SVR_ENABLED ? "enabled" : "disabled",
                           s->spurious & 1 << 9 ? "on" : "off",
                           s->spurious & 0xff);
    print_icr(out, s);
    g_string_append_printf(out, "ESR\t 0x%08x\n", s->esr);
    print_vectors(out, "ISR", &s->isr, &s->tmr);
    print_vectors(out, "IRR", &s->irr, &s->tmr);
    g_string_append_printf(out, "\nAPR 0x00 TPR 0x%02x DFR 0x%02x LDR 0x%02x "
                           "PPR 0x%02x\n", s->tpr, s->dest_format,
                           s->logical_id, apic_processor_priority(s));
}

/*
 * What interrupt controllers tell people: an interface that `info irq` and
 * `info pic` ask. Counters live from the start of the program and are no part
 * of the machine's state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_INTC_INTC_H
#define HW_INTC_INTC_H

#include "qom/object.h"

#define TYPE_INTERRUPT_STATS_PROVIDER "intctrl"

typedef struct InterruptStatsProviderClass InterruptStatsProviderClass;
DECLARE_CLASS_CHECKERS(InterruptStatsProviderClass, INTERRUPT_STATS_PROVIDER,
                       TYPE_INTERRUPT_STATS_PROVIDER)

struct InterruptStatsProviderClass {
    InterfaceClass parent;
    /*
     * How often each line was raised: @counts (the provider's memory) and how
     * many there are. False: another object answers for this one. Big lock.
     */
    bool (*get_statistics)(Object *obj, const uint64_t **counts,
                           unsigned *nb_irqs);
    /* Registers as text, whole lines. Big lock. */
    void (*print_info)(Object *obj, GString *out);
};

/* All controllers of the machine, for `info irq` and for `info pic`. */
void intc_print_statistics(GString *out);
void intc_print_registers(GString *out);

#endif

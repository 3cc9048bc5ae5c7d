/*
 * Interrupt controllers as people see them: the interface, and the walk over all
 * that implement it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/intc/intc.h"
#include "qemu/module.h"

static int print_statistics(Object *obj, void *out)
{
    InterruptStatsProviderClass *k;
    const uint64_t *counts;
    unsigned nb_irqs;

    if (!object_dynamic_cast(obj, TYPE_INTERRUPT_STATS_PROVIDER)) {
        return 0;
    }
    k = INTERRUPT_STATS_PROVIDER_GET_CLASS(obj);
    if (!k->get_statistics || !k->get_statistics(obj, &counts, &nb_irqs)) {
        return 0;
    }
    g_string_append_printf(out, "IRQ statistics for %s:\n",
                           object_get_typename(obj));
    for (unsigned i = 0; i < nb_irqs; i++) {
        if (counts[i]) {
            g_string_append_printf(out, "%2u: %" PRIu64 "\n", i, counts[i]);
        }
    }
    return 0;
}

void intc_print_statistics(GString *out)
{
    object_child_foreach_recursive(object_get_root(), print_statistics, out);
}

static int print_registers(Object *obj, void *out)
{
    if (object_dynamic_cast(obj, TYPE_INTERRUPT_STATS_PROVIDER)) {
        InterruptStatsProviderClass *k =
            INTERRUPT_STATS_PROVIDER_GET_CLASS(obj);

        if (k->print_info) {
            k->print_info(obj, out);
        }
    }
    return 0;
}

void intc_print_registers(GString *out)
{
    object_child_foreach_recursive(object_get_root(), print_registers, out);
}

static const TypeInfo intc_types[] = {
    {
        .name = TYPE_INTERRUPT_STATS_PROVIDER,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(InterruptStatsProviderClass),
    },
};

DEFINE_TYPES(intc_types)

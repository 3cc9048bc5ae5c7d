/*
 * Interrupt lines as objects. How devices name and connect theirs is in gpio.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/core/irq.h"

static qemu_irq irq_aim(IRQState *irq, qemu_irq_handler handler, void *opaque,
                        int n)
{
    irq->handler = handler;
    irq->opaque = opaque;
    irq->n = n;
    return irq;
}

void qemu_init_irq(IRQState *irq, qemu_irq_handler handler, void *opaque,
                   int n)
{
    object_initialize(irq, sizeof(*irq), TYPE_IRQ);
    irq_aim(irq, handler, opaque, n);
}

void qemu_init_irq_child(Object *parent, const char *propname, IRQState *irq,
                         qemu_irq_handler handler, void *opaque, int n)
{
    object_initialize_child(parent, propname, irq, TYPE_IRQ);
    irq_aim(irq, handler, opaque, n);
}

void qemu_init_irqs(IRQState irq[], size_t count, qemu_irq_handler handler,
                    void *opaque)
{
    for (size_t i = 0; i < count; i++) {
        qemu_init_irq(&irq[i], handler, opaque, i);
    }
}

qemu_irq qemu_allocate_irq(qemu_irq_handler handler, void *opaque, int n)
{
    return irq_aim(IRQ(object_new(TYPE_IRQ)), handler, opaque, n);
}

qemu_irq *qemu_extend_irqs(qemu_irq *old, int n_old, qemu_irq_handler handler,
                           void *opaque, int n)
{
    qemu_irq *lines = g_renew(qemu_irq, old, n_old + n);

    for (int i = n_old; i < n_old + n; i++) {
        lines[i] = qemu_allocate_irq(handler, opaque, i);
    }
    return lines;
}

qemu_irq *qemu_allocate_irqs(qemu_irq_handler handler, void *opaque, int n)
{
    return qemu_extend_irqs(NULL, 0, handler, opaque, n);
}

void qemu_free_irq(qemu_irq irq)
{
    object_unref(irq);
}

void qemu_free_irqs(qemu_irq *s, int n)
{
    for (int i = 0; i < n; i++) {
        qemu_free_irq(s[i]);
    }
    g_free(s);
}

static void set_opposite(void *opaque, int n, int level)
{
    qemu_set_irq(opaque, !level);
}

qemu_irq qemu_irq_invert(qemu_irq irq)
{
    /* The new line is low, so what it drives is high. */
    qemu_irq_raise(irq);
    return qemu_allocate_irq(set_opposite, irq, 0);
}

/* ---- a line that drives two -------------------------------------------- */

#define TYPE_IRQ_PAIR "irq-pair"

typedef struct IRQPair {
    IRQState parent_obj;
    qemu_irq out[2];
} IRQPair;

DECLARE_INSTANCE_CHECKER(IRQPair, IRQ_PAIR, TYPE_IRQ_PAIR)

static void set_both(void *opaque, int n, int level)
{
    IRQPair *pair = opaque;

    qemu_set_irq(pair->out[0], level);
    qemu_set_irq(pair->out[1], level);
}

qemu_irq qemu_irq_split(qemu_irq irq1, qemu_irq irq2)
{
    IRQPair *pair = IRQ_PAIR(object_new(TYPE_IRQ_PAIR));

    pair->out[0] = irq1;
    pair->out[1] = irq2;
    return irq_aim(&pair->parent_obj, set_both, pair, 0);
}

void qemu_irq_intercept_in(qemu_irq *gpio_in, qemu_irq_handler handler, int n)
{
    for (int i = 0; i < n; i++) {
        qemu_irq line = gpio_in[i];
        qemu_irq before = qemu_allocate_irq(line->handler, line->opaque,
                                            line->n);

        /* It lives as long as the line that it was. */
        object_property_add_child(OBJECT(line), "intercepted[*]",
                                  OBJECT(before));
        object_unref(before);
        line->handler = handler;
        line->opaque = before;
    }
}

static const TypeInfo irq_types[] = {
    {
        .name = TYPE_IRQ,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(IRQState),
    }, {
        .name = TYPE_IRQ_PAIR,
        .parent = TYPE_IRQ,
        .instance_size = sizeof(IRQPair),
    },
};

DEFINE_TYPES(irq_types)

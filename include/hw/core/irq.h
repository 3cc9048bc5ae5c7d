/*
 * One interrupt (or signal) line: a handler that is told the level.
 *
 * A line has one receiver. NULL is an unconnected line: setting it does
 * nothing. Lines are set with the big lock held, unless both ends say
 * otherwise.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_IRQ_H
#define QEMU_IRQ_H

#include "qom/object.h"

#define TYPE_IRQ "irq"

typedef struct IRQState IRQState;
DECLARE_INSTANCE_CHECKER(IRQState, IRQ, TYPE_IRQ)

/* n: which of the receiver's lines; level: 0 low, else high (or a value). */
typedef void (*qemu_irq_handler)(void *opaque, int n, int level);

struct IRQState {
    Object parent_obj;
    qemu_irq_handler handler;
    void *opaque;
    int n;
};

static inline void qemu_set_irq(qemu_irq irq, int level)
{
    if (irq) {
        irq->handler(irq->opaque, irq->n, level);
    }
}

static inline void qemu_irq_raise(qemu_irq irq)
{
    qemu_set_irq(irq, 1);
}

static inline void qemu_irq_lower(qemu_irq irq)
{
    qemu_set_irq(irq, 0);
}

static inline void qemu_irq_pulse(qemu_irq irq)
{
    qemu_set_irq(irq, 1);
    qemu_set_irq(irq, 0);
}

/* A line embedded in a device; freed with object_unref() or by its parent. */
void qemu_init_irq(IRQState *irq, qemu_irq_handler handler, void *opaque,
                   int n);
/* The same, made a child of parent. */
void qemu_init_irq_child(Object *parent, const char *propname, IRQState *irq,
                         qemu_irq_handler handler, void *opaque, int n);
void qemu_init_irqs(IRQState irq[], size_t count, qemu_irq_handler handler,
                    void *opaque);

/* n lines numbered from 0 to one handler; an array that qemu_free_irqs()
 * takes back. */
qemu_irq *qemu_allocate_irqs(qemu_irq_handler handler, void *opaque, int n);
qemu_irq qemu_allocate_irq(qemu_irq_handler handler, void *opaque, int n);
/* Appends n lines, numbered on, to an array of n_old. */
qemu_irq *qemu_extend_irqs(qemu_irq *old, int n_old, qemu_irq_handler handler,
                           void *opaque, int n);
void qemu_free_irqs(qemu_irq *s, int n);
void qemu_free_irq(qemu_irq irq);

/* A new line that sets `irq` to the opposite level, and does so at once. */
qemu_irq qemu_irq_invert(qemu_irq irq);
/* A new line that sets both. The caller owns it (qemu_free_irq). */
qemu_irq qemu_irq_split(qemu_irq irq1, qemu_irq irq2);

/* Puts `handler` in front of n input lines: it is called with opaque = the
 * line as it was (an IRQState), to pass on to. For qtest; never undone. */
void qemu_irq_intercept_in(qemu_irq *gpio_in, qemu_irq_handler handler, int n);

static inline bool qemu_irq_is_connected(qemu_irq irq)
{
    return irq != NULL;
}

#endif

/*
 * The lists of start-up functions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/module.h"

static ModuleInit *first[MODULE_INIT_MAX];
static ModuleInit *last[MODULE_INIT_MAX];

void register_module_init(ModuleInit *m, module_init_type type)
{
    m->next = NULL;
    if (first[type]) {
        last[type]->next = m;
    } else {
        first[type] = m;
    }
    last[type] = m;
}

void module_call_init(module_init_type type)
{
    ModuleInit *m;

    while ((m = first[type])) {
        first[type] = m->next;
        m->fn();
    }
}

/*
 * The CPU's state as a stream, and as text for people.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_VMSTATE_CPU_H
#define TARGET_I386_VMSTATE_CPU_H

#include "cpu.h"

extern const VMStateDescription vmstate_x86_cpu;

/* CPUClass.dump_state */
void x86_cpu_dump_state(CPUState *cs, GString *out);

#endif

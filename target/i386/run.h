/*
 * The run loop of a CPU and the events that it serves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TARGET_I386_RUN_H
#define TARGET_I386_RUN_H

#include "cpu.h"

/* CPUClass.run_slice, has_work, instruction_count. */
void x86_run_slice(CPUState *cs, int64_t slice);
bool x86_cpu_has_work(CPUState *cs);
uint64_t x86_instruction_count(CPUState *cs);

/* cpu.c: INIT and SIPI arrive. Big lock (INIT); CPU's thread. */
void x86_cpu_do_init(X86CPU *cpu);
void x86_cpu_do_sipi(X86CPU *cpu);

#endif
